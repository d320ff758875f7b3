//! Running the proof of a defect's root cause: on the base of the change, where it must fail, and
//! on the change, where it must pass (P43).

use super::OpError;
use super::check::run_clean;
use super::site::Site;
use super::trust::require_trust;
use crate::checks::Progress;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::policy::Owed;
use crate::domain::record::{CheckRun, Proof, RootCause};
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Kind;

/// What a handoff does about the proof of its root cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProofOptions {
    /// Why it cannot be run; none: it is run where policy asks for it.
    pub not_run: Option<String>,
    /// Run it although nobody trusted it on this machine.
    pub trust: bool,
}

/// A proof that is still to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due<'a> {
    cause: &'a RootCause,
    commit: ObjectId,
}

/// What a rehearsal, and the judgement before the run, put in the place of the runs.
const LATER: &str = "the handoff runs it";

/// What goes into the request before anything runs, and what is to be run for it.
pub(super) fn planned<'a>(
    snapshot: &Snapshot,
    id: &TaskId,
    cause: Option<&'a RootCause>,
    options: &ProofOptions,
    commit: ObjectId,
) -> (Option<Proof>, Option<Due<'a>>) {
    let not_run = |reason: &str| {
        Some(Proof::NotRun {
            reason: reason.to_owned(),
        })
    };
    let Some(cause) = cause else {
        return (None, None);
    };
    if let Some(reason) = &options.not_run {
        return (not_run(reason), None);
    }
    let defect = snapshot
        .plan
        .get(id)
        .is_some_and(|task| task.kind == Kind::Defect);
    if !defect || snapshot.rules.policy.gates.proof == Owed::None {
        return (None, None);
    }
    (not_run(LATER), Some(Due { cause, commit }))
}

/// Runs the proof on the base and on the change, each in a temporary worktree.
///
/// # Errors
/// An untrusted command; a worktree that cannot be made, or that moved meanwhile.
pub(super) fn run(
    site: &Site,
    snapshot: &Snapshot,
    id: &TaskId,
    due: &Due<'_>,
    trust: bool,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Proof, OpError> {
    let commands = [due.cause.proof.clone()];
    require_trust(site, id, &commands, trust)?;
    let base = site.repo().merge_base(snapshot.rules.at, due.commit)?;
    let base = base.unwrap_or(snapshot.rules.at);
    let mut at = |commit| -> Result<CheckRun, OpError> {
        let mut runs = run_clean(site, snapshot, id, commit, &commands, progress)?.counting()?;
        runs.pop()
            .ok_or_else(|| OpError::Usage("the proof is no command".to_owned()))
    };
    Ok(Proof::Ran {
        before: at(base)?,
        after: at(due.commit)?,
    })
}
