//! `pre-receive`: the guard of a server (X7, X8, P25).
//!
//! Invariants:
//! - Nothing that the pusher says of the repository is believed: where refs stand is read here, and
//!   a push that says otherwise is refused as a whole.
//! - All refs of a push are judged together, as the repository will be after it: `done` counts the
//!   target that comes with it. Rules count as they were *before* it: who changes the identity map
//!   and claims by it in one push is judged by the old one, and refused.
//! - Everything is read from objects, the pushed ones included. Nothing is written but objects of a
//!   scratch directory, no program of the repository runs, no network is used, no cache is believed.
//! - What a ref does not concern is not looked at.
//!
//! Whether git moves all refs of a push or none, the hook is not told; laneway's own pushes ask for
//! it. Of a push that did not, a lock or a race can keep one ref back. `done` without its target is
//! finished by the next merge, or undone (DESIGN §5.4). A target without its `done` holds work that
//! passed every gate, whose task stays in review: the same push again, or `laneway complete`.
//!
//! Two pushes at once are judged each on what it saw. Git moves every ref from its old value only,
//! and both refs that are judged only ever go forward, so what held then holds after either.

mod ledger;
mod standing;
mod target;
mod work;

pub(super) use ledger::When;

use std::path::PathBuf;

use super::{Judged, received};
use crate::domain::id::ObjectId;
use crate::domain::marker::Marker;
use crate::domain::push::{Denied, Update, WORK};
use crate::env::Env;
use crate::git::{GitError, Repo};
use crate::ledger::{LedgerError, Loader, marker_at, paths, served};
use crate::ops::OpError;
use crate::process::Runner;

/// Judges a push: `input` is what git writes to the hook.
///
/// # Errors
/// When the repository, or the ledger that it has already, cannot be read: nothing is let in then.
pub fn pre_receive(env: &Env, input: &str) -> Result<Judged, OpError> {
    let updates = received(input)?;
    let repo = quarantined(env)?;
    let denied = standing::compared(&repo, &updates)?;
    if !denied.is_empty() {
        return Ok(Judged {
            denied,
            ..Judged::default()
        });
    }
    let (marker, mut denied) = match served(&repo, env)? {
        Some(marker) => (Some(marker), Vec::new()),
        None => created(&repo, &updates),
    };
    let Some(marker) = marker else {
        denied.extend(updates.iter().filter_map(standing::reserved));
        denied.extend(updates.iter().filter_map(|update| unread(&repo, update)));
        return Ok(Judged {
            denied,
            ..Judged::default()
        });
    };
    let push = Push::of(&repo, env, marker, &updates)?;
    let mut judged = Judged {
        denied,
        ..Judged::default()
    };
    for update in &updates {
        push.judge(update, &mut judged)?;
    }
    Ok(judged)
}

/// The repository as git shows it to the hook: with the pushed objects where there are any.
fn quarantined(env: &Env) -> Result<Repo, GitError> {
    let runner = Runner::new(env.vars.clone());
    let git_dir = match env.var("GIT_DIR") {
        Some(dir) => env.dir.join(dir),
        None => Repo::discover(&env.dir, &runner)?.git_dir(),
    };
    let variable = |name| env.var(name).map(|path| env.dir.join(path));
    let pushed: Option<PathBuf> =
        variable("GIT_QUARANTINE_PATH").or_else(|| variable("GIT_OBJECT_DIRECTORY"));
    match pushed {
        Some(pushed) => Repo::open_quarantined(&git_dir, &pushed, &runner),
        None => Repo::open(&git_dir, &runner),
    }
}

/// The ledger that a push begins, where the server has none; of two, the second is refused.
fn created(repo: &Repo, updates: &[Update]) -> (Option<Marker>, Vec<Denied>) {
    let mut begun = updates.iter().filter_map(|update| begins(repo, update));
    let first = begun.next();
    let second = begun.map(|marker| {
        let fact = "one push begins two ledgers";
        Denied::new("ledger-second", marker.branch.full(), fact, "push one")
    });
    let denied = second.collect();
    (first, denied)
}

/// The marker of the ledger that an update would make of its ref: one under its own name.
fn begins(repo: &Repo, update: &Update) -> Option<Marker> {
    let marker = marker_at(repo, update.new?).ok().flatten()?;
    (marker.branch.full() == update.name).then_some(marker)
}

/// A branch with a marker that does not read: whoever looks for the ledger would stumble on it, and
/// a later law may call it one.
fn unread(repo: &Repo, update: &Update) -> Option<Denied> {
    let new = update
        .new
        .filter(|_| update.name.starts_with("refs/heads/"))?;
    let error = marker_at(repo, new).err()?;
    let theirs = match &error {
        LedgerError::BadFile(_) => true,
        LedgerError::Git(error) => matches!(error, GitError::TooLarge { .. }),
        _ => false,
    };
    let hint = format!("leave {} out", paths::MARKER);
    let denied = || Denied::new("ledger-unreadable", &update.name, error.to_string(), hint);
    theirs.then(|| denied().at(new))
}

/// A push to a repository with a ledger.
pub(super) struct Push<'r> {
    repo: &'r Repo,
    env: &'r Env,
    loader: Loader<'r>,
    marker: Marker,
    updates: &'r [Update],
    /// Ledger and target, before and after.
    ledger: Moved,
    target: Moved,
}

/// Where a ref stands before and after the push.
#[derive(Debug, Clone, Copy)]
struct Moved {
    before: Option<ObjectId>,
    after: Option<ObjectId>,
}

impl<'r> Push<'r> {
    pub(super) fn of(
        repo: &'r Repo,
        env: &'r Env,
        marker: Marker,
        updates: &'r [Update],
    ) -> Result<Self, LedgerError> {
        let moved = |name: String| -> Result<Moved, LedgerError> {
            let update = updates.iter().find(|update| update.name == name);
            let tip = repo.tip(&name)?;
            Ok(Moved {
                // Git has moved the ref already where it is asked after the push.
                before: update.map_or(tip, |update| update.old),
                after: update.map_or(tip, |update| update.new),
            })
        };
        Ok(Self {
            ledger: moved(marker.branch.full())?,
            target: moved(marker.target.full())?,
            loader: Loader::new(repo),
            repo,
            env,
            marker,
            updates,
        })
    }

    /// Where a ref stands after the push.
    fn after(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        let update = self.updates.iter().find(|update| update.name == name);
        update.map_or_else(|| self.repo.tip(name), |update| Ok(update.new))
    }

    fn judge(&self, update: &Update, judged: &mut Judged) -> Result<(), OpError> {
        let name = update.name.as_str();
        let denied = if name == self.marker.branch.full() {
            self.judge_ledger(update)?
        } else if name == self.marker.target.full() {
            self.judge_target(update, &mut judged.notes)?
        } else if name.starts_with(WORK) {
            self.judge_work(update)?
        } else {
            standing::reserved(update)
                .or_else(|| self.another(update))
                .or_else(|| unread(self.repo, update))
        };
        judged.denied.extend(denied);
        Ok(())
    }

    /// A second ledger, or a branch that looks like one.
    fn another(&self, update: &Update) -> Option<Denied> {
        let ledger = &self.marker.branch;
        let name = update.name.as_str();
        if begins(self.repo, update).is_some() {
            let fact =
                format!("the ledger here is `{ledger}`; a second one would own every task again");
            return Some(Denied::new("ledger-second", name, fact, "leave it out"));
        }
        let branch = name.starts_with("refs/heads/");
        let copy = marker_at(self.repo, update.new?).ok().flatten();
        (branch && copy.is_some_and(|copy| copy.branch == *ledger)).then(|| {
            let fact = format!(
                "it is a copy of the ledger `{ledger}`, which nobody judges under this name"
            );
            let hint = "leave it out; a copy may go to another remote than this one";
            Denied::new("ledger-copy", name, fact, hint)
        })
    }
}
