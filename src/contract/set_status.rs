//! `set-status` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::id::TaskId;
use crate::domain::state::Status;
use crate::ops::merge::Landed;
use crate::ops::set_status::SetStatusOutcome;

/// `data` of `set-status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetStatusView {
    /// The task.
    pub task: String,
    /// The status that was asked for.
    pub status: String,
    /// Whether the task has it now; a rehearsal (`--dry-run`) or a merge that did not land has
    /// not led there.
    pub reached: bool,
    /// Path of the lane's worktree, after a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worktree: Option<String>,
    /// The commit that was handed off, or that is on the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl SetStatusView {
    /// What became of bringing `task` to `status`.
    #[must_use]
    pub fn of(task: &TaskId, status: Status, outcome: &SetStatusOutcome) -> Self {
        let (mut worktree, mut commit) = (None, None);
        let reached = match outcome {
            SetStatusOutcome::Claimed(claimed) => {
                let path = claimed.worktree.as_ref();
                worktree = path.map(|path| path.display().to_string());
                claimed.mutation.carried_out
            }
            SetStatusOutcome::Changed(changed) => changed.mutation.carried_out,
            SetStatusOutcome::HandedOff(handoff) => {
                commit = Some(handoff.commit.to_string());
                handoff.mutation.carried_out
            }
            SetStatusOutcome::Merged(merged) => {
                let done = merged.landed.iter().find_map(|(_, landed)| match landed {
                    Landed::Done { commit, .. } => Some(commit.to_string()),
                    _ => None,
                });
                commit.clone_from(&done);
                done.is_some()
            }
        };
        Self {
            task: task.to_string(),
            status: status.word().to_owned(),
            reached,
            worktree,
            commit,
        }
    }
}
