//! `pre-push`: what the server would refuse, said before anything is sent.

use super::landed;
use super::reviewed::Reviews;
use super::{Judged, pushed};
use crate::domain::id::ObjectId;
use crate::domain::push::{Denied, OWN, Update};
use crate::env::Env;
use crate::git::Repo;
use crate::ledger::{Ledger, LedgerError, Loader};
use crate::ops::{OpError, SiteOptions, site};

/// Judges a push by hand: `remote` and `url` are what git gives to the hook, `input` what it
/// writes. laneway's own pushes run no hook.
///
/// The deciding remote's ledger and refs are laneway's alone. Elsewhere (a backup, a mirror) a copy
/// of the ledger may go, forward only.
///
/// # Errors
/// When the ledger cannot be read.
pub fn pre_push(
    env: &Env,
    options: &SiteOptions,
    (remote, url): (&str, &str),
    input: &str,
) -> Result<Judged, OpError> {
    let updates = pushed(input)?;
    let (repo, _) = site::repository(env, options.dir.as_deref())?;
    let ledger = match Ledger::open(repo, env, options.ledger.as_ref()) {
        Ok(ledger) => ledger,
        Err(LedgerError::NoLedger) => return Ok(Judged::default()),
        Err(error) => return Err(error.into()),
    };
    let decides = ledger.remote().is_some_and(|name| {
        let known = ledger.repo.remote_url(name);
        name.as_str() == remote || known.is_some_and(|known| known == url)
    });
    let mut judged = Judged::default();
    for update in &updates {
        let denied = if update.name == ledger.marker.branch.full() {
            of_ledger(&ledger, update, decides)?
        } else if update.name == ledger.marker.target.full() {
            of_target(env, &ledger, update, &mut judged.notes)?
        } else if decides && update.name.starts_with(OWN) {
            let fact = "refs below refs/laneway/ are written by laneway's verbs";
            let hint = "`laneway handoff` saves work there";
            Some(Denied::new("ref-reserved", &update.name, fact, hint))
        } else {
            None
        };
        judged.denied.extend(denied);
    }
    Ok(judged)
}

fn of_ledger(ledger: &Ledger, update: &Update, decides: bool) -> Result<Option<Denied>, OpError> {
    let no = |fact: &str, hint: &str| Some(Denied::new("ledger-by-hand", &update.name, fact, hint));
    if decides {
        let hint = "every verb pushes it; `laneway init --push` makes the first one";
        return Ok(no("the ledger is written by laneway alone", hint));
    }
    let forward = match (update.old, update.new) {
        (None, Some(_)) => true,
        (Some(old), Some(new)) => goes_forward(&ledger.repo, old, new)?,
        (_, None) => false,
    };
    let hint = "look at both before you decide which one is right: `laneway doctor`";
    Ok(match forward {
        true => None,
        false => no("a copy of the ledger only goes forward", hint),
    })
}

fn of_target(
    env: &Env,
    ledger: &Ledger,
    update: &Update,
    notes: &mut Vec<String>,
) -> Result<Option<Denied>, OpError> {
    let name = update.name.as_str();
    let (old, new) = match (update.old, update.new) {
        (_, None) => {
            let fact = "the target is what all work lands on; it is never deleted";
            return Ok(Some(Denied::new("target-deleted", name, fact, "leave it")));
        }
        (None, Some(_)) => return Ok(None),
        (Some(old), Some(new)) => (old, new),
    };
    if !goes_forward(&ledger.repo, old, new)? {
        let fact = format!(
            "{} does not descend from {}, which stands there",
            new.short(),
            old.short()
        );
        let hint = "fetch, and bring your commits on top; a target is only fast-forwarded";
        return Ok(Some(
            Denied::new("target-rewound", name, fact, hint).at(new),
        ));
    }
    let loader = Loader::new(&ledger.repo);
    if let Some(denied) = landed::unreadable(&loader, name, (old, new)) {
        return Ok(Some(denied));
    }
    // Where the rules before do not read, a commit that mends them must go out.
    let Ok(rules) = loader.rules(old) else {
        return Ok(None);
    };
    let Some(tip) = ledger.tip()? else {
        return Ok(None);
    };
    let reviews = Reviews {
        repo: &ledger.repo,
        env,
        loader: &loader,
        rules: &rules,
        ledger: Some(tip),
        states: &loader.states(tip)?,
    };
    let added = landed::added(&reviews, name, (old, new))?;
    notes.extend(added.listed);
    Ok(added.denied)
}

/// Whether `new` descends from `old`; what was never fetched is not descended from.
fn goes_forward(repo: &Repo, old: ObjectId, new: ObjectId) -> Result<bool, OpError> {
    Ok(repo.exists(old) && repo.is_ancestor(old, new)?)
}
