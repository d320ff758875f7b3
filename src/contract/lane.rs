//! The lanes of a machine as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::lane::{LaneAdded, LaneSynced};
use crate::workspace::{LaneStatus, Stands, Synced};

/// `data` of `lane add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneAddedView {
    /// The lane.
    pub lane: String,
    /// Path of its worktree.
    pub path: String,
    /// Whether it was made now, or would be by what was rehearsed; `false` when it was there.
    pub created: bool,
}

impl From<&LaneAdded> for LaneAddedView {
    fn from(added: &LaneAdded) -> Self {
        Self {
            lane: added.lane.to_string(),
            path: added.path.display().to_string(),
            created: added.created,
        }
    }
}

/// `data` of `lane list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneListView {
    /// The lanes that have a worktree on this machine.
    pub lanes: Vec<LaneView>,
}

impl From<&[LaneStatus]> for LaneListView {
    fn from(lanes: &[LaneStatus]) -> Self {
        Self {
            lanes: lanes.iter().map(LaneView::from).collect(),
        }
    }
}

/// A lane's worktree as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneView {
    /// The lane; none of policy has it when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// Path of the worktree.
    pub path: String,
    /// The branch that is checked out; none when detached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// First line of that commit's message.
    pub subject: String,
    /// The task whose claim it works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Who works in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Tracked paths that differ from the commit.
    pub dirty: Vec<String>,
    /// Number of files neither tracked nor ignored.
    pub untracked: usize,
    /// Commits that the target does not have.
    pub ahead: usize,
    /// Commits of the target that the lane does not have.
    pub behind: usize,
    /// A git operation that was begun and not ended, such as `rebase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Why it is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
    /// Whether no lane of policy has it, or its directory is gone.
    pub orphan: bool,
    /// Whether its directory is gone.
    pub missing: bool,
    /// What stands in its directory, where that is not the worktree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// Why the file that says whose claim it works for does not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding_error: Option<String>,
}

impl From<&LaneStatus> for LaneView {
    fn from(lane: &LaneStatus) -> Self {
        let (bound, unreadable) = match &lane.binding {
            Ok(bound) => (bound.as_ref(), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            lane: lane.lane.as_ref().map(ToString::to_string),
            path: lane.path.display().to_string(),
            branch: lane.branch.clone(),
            head: lane.head.map(|head| head.to_string()),
            subject: lane.subject.clone(),
            task: bound.map(|bound| bound.task.to_string()),
            agent: bound.map(|bound| bound.agent.to_string()),
            dirty: lane.dirty.clone(),
            untracked: lane.untracked,
            ahead: lane.ahead,
            behind: lane.behind,
            operation: lane.operation.map(|operation| operation.to_string()),
            locked: lane.locked.clone(),
            orphan: lane.orphan,
            missing: lane.stands == Stands::Gone,
            instead: match &lane.stands {
                Stands::Worktree | Stands::Gone => None,
                Stands::Unfinished => Some("a worktree that is being made".to_owned()),
                Stands::Other(what) => Some(what.clone()),
            },
            binding_error: unreadable,
        }
    }
}

/// `data` of `lane sync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneSyncedView {
    /// Path of the worktree.
    pub path: String,
    /// `rebased`, `current` (it stood on the target already) or `conflict` (nothing was changed).
    pub result: String,
    /// The tip of the lane; none after a conflict, or where only a rehearsal rebased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The paths in conflict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// Whether it was only rehearsed (`--dry-run`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rehearsed: bool,
}

impl From<&LaneSynced> for LaneSyncedView {
    fn from(outcome: &LaneSynced) -> Self {
        let (result, commit, conflicts) = match &outcome.synced {
            // Its id would be another.
            Synced::Rebased(_) if outcome.rehearsed => ("rebased", None, Vec::new()),
            Synced::Rebased(tip) => ("rebased", Some(tip), Vec::new()),
            Synced::Current(tip) => ("current", Some(tip), Vec::new()),
            Synced::Conflict { paths } => ("conflict", None, paths.clone()),
        };
        Self {
            path: outcome.path.display().to_string(),
            result: result.to_owned(),
            commit: commit.map(ToString::to_string),
            conflicts,
            rehearsed: outcome.rehearsed,
        }
    }
}

/// `data` of `lane remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneRemovedView {
    /// Path of the worktree.
    pub path: String,
    /// Whether it is gone; a rehearsal (`--dry-run`) leaves it.
    pub removed: bool,
}
