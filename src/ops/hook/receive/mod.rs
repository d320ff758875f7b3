//! `pre-receive`: the guard of a server (X7, X8, P25).
//!
//! Invariants:
//! - All refs of a push are judged together, as the repository will be after it: `done` counts the
//!   target that comes with it. Rules count as they were *before* it: who changes the identity map
//!   and claims by it in one push is judged by the old one, and refused.
//! - Everything is read from objects, the pushed ones included. Nothing is written but objects of a
//!   scratch directory, no program of the repository runs, no network is used, no cache is believed.
//! - What a ref does not concern is not looked at.
//!
//! Two pushes at once are judged each on what it saw. Git moves every ref from its old value only,
//! and both refs that are judged only ever go forward, so what held then holds after either.

mod ledger;
mod target;
mod work;

use std::path::PathBuf;

use super::{Judged, received};
use crate::domain::id::ObjectId;
use crate::domain::marker::Marker;
use crate::domain::push::{Denied, OWN, Update, VERIFIED, WORK};
use crate::env::Env;
use crate::git::{GitError, Repo};
use crate::ledger::{LedgerError, Loader, marker_at, served};
use crate::ops::OpError;
use crate::process::Runner;

/// Judges a push: `input` is what git writes to the hook.
///
/// # Errors
/// When the repository, or the ledger that it has already, cannot be read: nothing is let in then.
pub fn pre_receive(env: &Env, input: &str) -> Result<Judged, OpError> {
    let updates = received(input)?;
    let repo = quarantined(env)?;
    let (marker, mut denied) = match served(&repo, env)? {
        Some(marker) => (Some(marker), Vec::new()),
        None => created(&repo, &updates),
    };
    let Some(marker) = marker else {
        denied.extend(updates.iter().filter_map(unowned));
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

/// What nobody pushes, ledger or not.
fn unowned(update: &Update) -> Option<Denied> {
    update.name.starts_with(VERIFIED).then(|| {
        let fact = "the server alone says what it has judged";
        Denied::new("ref-reserved", &update.name, fact, "leave this ref out")
    })
}

/// A push to a repository with a ledger.
struct Push<'r> {
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
    fn of(
        repo: &'r Repo,
        env: &'r Env,
        marker: Marker,
        updates: &'r [Update],
    ) -> Result<Self, LedgerError> {
        let moved = |name: String| -> Result<Moved, LedgerError> {
            let update = updates.iter().find(|update| update.name == name);
            Ok(match update {
                Some(update) => Moved {
                    before: update.old,
                    after: update.new,
                },
                None => {
                    let tip = repo.tip(&name)?;
                    Moved {
                        before: tip,
                        after: tip,
                    }
                }
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
        } else if name.starts_with(OWN) {
            unowned(update).or_else(|| Some(self.reserved(update)))
        } else {
            begins(self.repo, update).map(|_| self.second(update))
        };
        judged.denied.extend(denied);
        Ok(())
    }

    fn reserved(&self, update: &Update) -> Denied {
        let fact = format!("{OWN} belongs to laneway, which writes no such ref to a server");
        Denied::new("ref-reserved", &update.name, fact, "use another name")
    }

    fn second(&self, update: &Update) -> Denied {
        let fact = format!(
            "the ledger here is `{}`; a second one would own every task again",
            self.marker.branch
        );
        let hint = "a copy may stand under a name that its marker does not say";
        Denied::new("ledger-second", &update.name, fact, hint)
    }
}
