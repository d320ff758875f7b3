//! `post-receive`: the server says which ledger commits it has judged (X8, the level `verified`).

use super::receive::{Push, When};
use super::received;
use crate::audit::verify_line;
use crate::domain::id::ObjectId;
use crate::domain::push::VERIFIED;
use crate::env::Env;
use crate::git::{Cas, Durability, Expect, RefEdit, Repo};
use crate::ledger::served;
use crate::ops::{OpError, site};

/// What is judged now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The ref that says so.
    pub name: String,
    /// The ledger commit up to which all were judged.
    pub commit: ObjectId,
}

/// Moves `refs/laneway/verified/<ledger>` to the ledger's tip that this push made, where there is
/// one. All since the last time is judged here: `pre-receive` may have been off.
///
/// # Errors
/// When it cannot be written, or a ledger commit does not hold.
pub fn post_receive(env: &Env, input: &str) -> Result<Option<Verified>, OpError> {
    let updates = received(input)?;
    let (repo, _) = site::repository(env, None)?;
    let Some(marker) = served(&repo, env)? else {
        return Ok(None);
    };
    let ledger = marker.branch.full();
    let moved = updates.iter().find(|update| update.name == ledger);
    let Some((old, tip)) = moved.and_then(|update| Some((update.old, update.new?))) else {
        return Ok(None);
    };
    let name = format!("{VERIFIED}{}", marker.branch);
    let known = repo.tip(&name)?;
    if let Some(known) = known
        && repo.is_ancestor(tip, known)?
    {
        // Two pushes end at once, and the later one was told first.
        return Ok(None);
    }
    // What was there before the first word is taken for what it replays to.
    if let (None, Some(old)) = (known, old) {
        replay(&repo, old)?;
    }
    let push = Push::of(&repo, env, marker, &updates)?;
    if let Some(denied) = push.judge_line(&ledger, (known.or(old), tip), When::After)? {
        let at = denied.commit.map(|at| format!(" {at}")).unwrap_or_default();
        let fact = format!(
            "ledger commit{at} does not hold ({}): {}",
            denied.rule, denied.fact
        );
        return Err(OpError::Usage(fact));
    }
    let edit = RefEdit {
        name: name.clone(),
        expect: known.map_or(Expect::Absent, Expect::At),
        new: Some(tip),
    };
    match repo.cas(&[edit], "laneway: judged", Durability::Full)? {
        Cas::Moved => Ok(Some(Verified { name, commit: tip })),
        Cas::Lost { .. } => Ok(None),
    }
}

fn replay(repo: &Repo, tip: ObjectId) -> Result<(), OpError> {
    let line = verify_line(repo, None, tip).map_err(|error| match error {
        crate::audit::AuditError::Ledger(error) => OpError::Ledger(error),
        other => OpError::Usage(other.to_string()),
    })?;
    for verdict in line {
        if let Some(difference) = verdict.difference {
            let fact = format!(
                "ledger commit {} does not hold: {difference}",
                verdict.commit
            );
            return Err(OpError::Usage(fact));
        }
    }
    Ok(())
}
