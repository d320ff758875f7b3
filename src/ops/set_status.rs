//! `set-status`: the playbook's words, mapped to the operations (P17, P59). Statuses change only
//! through those, so a word that no operation leads to is refused.

use super::OpError;
use super::claim::{self, ClaimOptions, ClaimOutcome};
use super::handoff::{HandoffOptions, HandoffOutcome, handoff};
use super::merge::{self, MergeOptions, MergeOutcome};
use super::own::{self, ReleaseOptions, TaskOutcome};
use super::site::Site;
use crate::checks::Progress;
use crate::domain::id::TaskId;
use crate::domain::request::{ClaimWish, Dependents};
use crate::domain::state::Status;

/// What `set-status` is told.
#[derive(Debug, Clone, Default)]
pub struct SetStatusOptions {
    /// Why; owed by `blocked` and `cancelled`, and by `todo` from a closed task.
    pub reason: Option<String>,
    /// The blocking task.
    pub by: Option<TaskId>,
    /// Next slice, for `in_review`.
    pub next: Option<String>,
    /// Trust the checks that must be run, for `done`.
    pub trust: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// Which operation it was, and how that ended.
#[derive(Debug, Clone)]
pub enum SetStatusOutcome {
    /// `in_progress`.
    Claimed(Box<ClaimOutcome>),
    /// `todo`, `blocked`, `cancelled`, or `in_progress` from a block.
    Changed(Box<TaskOutcome>),
    /// `in_review`.
    HandedOff(Box<HandoffOutcome>),
    /// `done`.
    Merged(Box<MergeOutcome>),
}

/// The playbook's spellings of the statuses.
#[must_use]
pub fn status_of(word: &str) -> Option<Status> {
    let word = word.to_lowercase().replace(['-', ' '], "_");
    match word.as_str() {
        "open" | "ready" | "available" => Some(Status::Todo),
        "claimed" | "active" | "wip" => Some(Status::InProgress),
        "review" => Some(Status::InReview),
        "complete" | "completed" | "merged" => Some(Status::Done),
        "canceled" => Some(Status::Cancelled),
        word => Status::from_word(word),
    }
}

/// Brings a task to a status through the operation that leads there.
///
/// # Errors
/// The operation's; [`OpError::Usage`] where a reason is owed, or no operation leads there.
pub fn set_status(
    site: &Site,
    task: &TaskId,
    status: Status,
    options: &SetStatusOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<SetStatusOutcome, OpError> {
    let now = super::look::snapshot(site)?.states.get(task).status();
    let dry_run = options.dry_run;
    let reason = || {
        let missing = || OpError::Usage(format!("`{status}` owes a reason: `--reason …`"));
        options.reason.clone().ok_or_else(missing)
    };
    let changed = |outcome: TaskOutcome| SetStatusOutcome::Changed(Box::new(outcome));
    match (now, status) {
        (Status::Blocked, Status::InProgress) => {
            own::unblock(site, Some(task), dry_run).map(changed)
        }
        (_, Status::InProgress) => {
            let wish = ClaimWish {
                task: Some(task.clone()),
                ..ClaimWish::default()
            };
            let how = ClaimOptions {
                trust: options.trust,
                dry_run,
                ..ClaimOptions::default()
            };
            let outcome = claim::claim(site, wish, how)?;
            Ok(SetStatusOutcome::Claimed(Box::new(outcome)))
        }
        (Status::Done | Status::Cancelled, Status::Todo) => {
            own::reopen(site, task, &reason()?, dry_run).map(changed)
        }
        (_, Status::Todo) => {
            let release = ReleaseOptions {
                task: Some(task.clone()),
                reason: options.reason.clone(),
                dry_run,
                ..ReleaseOptions::default()
            };
            own::release(site, &release).map(changed)
        }
        (_, Status::Blocked) => {
            own::block(site, Some(task), &reason()?, options.by.as_ref(), dry_run).map(changed)
        }
        (_, Status::Cancelled) => {
            own::cancel(site, task, &reason()?, Dependents::None, dry_run).map(changed)
        }
        (_, Status::InReview) => {
            let next = options.next.clone().ok_or_else(|| {
                OpError::Usage("`in_review` owes what comes next: `--next …`".to_owned())
            })?;
            let options = HandoffOptions {
                task: Some(task.clone()),
                next,
                dry_run,
                ..Default::default()
            };
            Ok(SetStatusOutcome::HandedOff(Box::new(handoff(
                site, &options, progress,
            )?)))
        }
        (_, Status::Done) => {
            let options = MergeOptions {
                task: Some(task.clone()),
                all: false,
                trust: options.trust,
                dry_run,
            };
            Ok(SetStatusOutcome::Merged(Box::new(merge::merge(
                site, &options, progress,
            )?)))
        }
        (_, Status::AwaitingScope) => {
            let message = "a claim of a package with scope confirmation leads to `awaiting_scope`";
            Err(OpError::Usage(message.to_owned()))
        }
    }
}
