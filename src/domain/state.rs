//! Who owns a task and how far it is: the state file's values (DESIGN §2).
//!
//! A claim exists exactly in the standings that carry one, so a task with two owners, or a done
//! task without its completion, cannot be written down.

use std::fmt;

use super::exception::Waiver;
use super::id::{AgentName, BranchName, LaneName, ObjectId, RequestId, TaskId, WorkstationName};
use super::progress::{NO_PROGRESS, Passage, Progress};
use super::session::Session;
use super::task::words;
use super::time::Timestamp;

/// Fencing token: grows with every claim of a task, never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The epoch of the next claim.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

words! {
    /// Where a task is in its life.
    Status {
        /// Nobody has it.
        Todo = "todo",
        /// Claimed; its scope waits for a go.
        AwaitingScope = "awaiting_scope",
        /// Claimed and worked on.
        InProgress = "in_progress",
        /// Claimed and stopped; lane free.
        Blocked = "blocked",
        /// Handed off; lane free.
        InReview = "in_review",
        /// On the target.
        Done = "done",
        /// Given up.
        Cancelled = "cancelled",
    }
}

/// The state of one task, without its records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskState {
    /// The epoch of the last claim; 0 before the first.
    pub epoch: Epoch,
    /// Where it is, with what that carries.
    pub standing: Standing,
    /// How far it is in its stage contract; none where nothing was passed, approved or missed.
    pub stages: Option<Box<Progress>>,
    /// Approved exceptions, in the order of approval; what has expired lifts nothing.
    pub waivers: Vec<Waiver>,
}

/// Where a task is, with what that carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has it. `resume` names work to go on from; such a task comes first in order.
    Todo {
        /// Work to go on from.
        resume: Option<Resume>,
    },
    /// Claimed; its scope waits for a go.
    AwaitingScope(Claim),
    /// Claimed and worked on.
    InProgress(Claim),
    /// Claimed and stopped.
    Blocked {
        /// Kept through the block; frozen.
        claim: Claim,
        /// Why.
        block: Block,
    },
    /// Blocked before the task came here (X16): nobody has it.
    Withheld(Hindrance),
    /// Handed off.
    InReview {
        /// Whose work it is; frozen.
        claim: Claim,
        /// What was handed off.
        submission: Submission,
        /// A merge under way.
        landing: Option<Landing>,
    },
    /// On the target.
    Done(Completion),
    /// Done before the task came here (X16).
    Adopted(Adoption),
    /// Given up.
    Cancelled {
        /// When.
        at: Timestamp,
        /// By whom.
        by: AgentName,
        /// Why.
        reason: String,
    },
}

impl Default for Standing {
    fn default() -> Self {
        Self::Todo { resume: None }
    }
}

impl TaskState {
    /// The state once the task comes to `standing`: the epoch stays, and so does every stage that
    /// need not be done again.
    #[must_use]
    pub fn with(&self, standing: Standing) -> Self {
        let mut next = Self {
            epoch: self.epoch,
            standing,
            stages: None,
            waivers: self.waivers.clone(),
        };
        let kept = self.stages.as_ref().map(|known| known.kept(next.status()));
        next.stages = kept.filter(|kept| !kept.is_empty()).map(Box::new);
        next
    }

    /// How far it is in its stage contract.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        self.stages.as_deref().unwrap_or(&NO_PROGRESS)
    }

    /// The same with another progress.
    #[must_use]
    pub fn progressed(self, progress: Progress) -> Self {
        let stages = Some(progress).filter(|progress| !progress.is_empty());
        Self {
            stages: stages.map(Box::new),
            ..self
        }
    }

    /// The same with a stage passed.
    #[must_use]
    pub fn passing(self, passage: Passage) -> Self {
        let progress = self.progress().clone().with(passage);
        self.progressed(progress)
    }

    /// The status word of the standing.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.standing {
            Standing::Todo { .. } => Status::Todo,
            Standing::AwaitingScope(_) => Status::AwaitingScope,
            Standing::InProgress(_) => Status::InProgress,
            Standing::Blocked { .. } | Standing::Withheld(_) => Status::Blocked,
            Standing::InReview { .. } => Status::InReview,
            Standing::Done(_) | Standing::Adopted(_) => Status::Done,
            Standing::Cancelled { .. } => Status::Cancelled,
        }
    }

    /// The claim, in the standings that have one.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        match &self.standing {
            Standing::AwaitingScope(claim)
            | Standing::InProgress(claim)
            | Standing::Blocked { claim, .. }
            | Standing::InReview { claim, .. } => Some(claim),
            Standing::Todo { .. }
            | Standing::Withheld(_)
            | Standing::Done(_)
            | Standing::Adopted(_)
            | Standing::Cancelled { .. } => None,
        }
    }

    /// Why it is stopped, and by which task.
    #[must_use]
    pub fn hindrance(&self) -> Option<(&str, Option<&TaskId>)> {
        match &self.standing {
            Standing::Blocked { block, .. } => Some((&block.reason, block.by.as_ref())),
            Standing::Withheld(hindrance) => Some((&hindrance.reason, hindrance.by.as_ref())),
            _ => None,
        }
    }

    /// Who goes on with work that came back, and where it was done (I19): of a block and after a
    /// review or a reopening. Work that was given away is anybody's.
    #[must_use]
    pub fn rerun(&self) -> Option<(&AgentName, &WorkstationName)> {
        match &self.standing {
            Standing::Todo {
                resume: Some(resume),
            } => Some((&resume.agent, resume.workstation.as_ref()?)),
            Standing::Blocked { claim, .. } => Some((&claim.agent, &claim.workstation)),
            _ => None,
        }
    }

    /// The claim while it occupies its lane, groups and paths: not once blocked or handed off.
    #[must_use]
    pub fn occupying(&self) -> Option<&Claim> {
        match &self.standing {
            Standing::AwaitingScope(claim) | Standing::InProgress(claim) => Some(claim),
            _ => None,
        }
    }
}

/// Ownership of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub agent: AgentName,
    /// Where.
    pub workstation: WorkstationName,
    /// In which lane.
    pub lane: LaneName,
    /// On which branch.
    pub branch: BranchName,
    /// Since when.
    pub claimed_at: Timestamp,
    /// Until when without renewal.
    pub expires_at: Timestamp,
    /// Commit the lane branch started from.
    pub base: ObjectId,
    /// Id of the claiming request; makes a retry idempotent.
    pub id: RequestId,
    /// Since when time is counted for it.
    pub session: Session,
}

/// Why a task stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What for.
    pub reason: String,
    /// The task that must land first, if it is one.
    pub by: Option<TaskId>,
    /// Since when.
    pub since: Timestamp,
    /// The commit that holds the work so far.
    pub commit: Option<ObjectId>,
    /// Who holds the task up, where it is a hold (G6).
    pub hold: Option<AgentName>,
    /// The scope waited for a go, and still does (G4).
    pub unscoped: bool,
}

/// Why a task that nobody has was stopped before it came here: no more than the import knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// What for.
    pub reason: String,
    /// The task that must land first, if it is one.
    pub by: Option<TaskId>,
    /// Since when, as the source says; else since the import.
    pub since: Timestamp,
}

/// Work that the next claim goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Who had it.
    pub agent: AgentName,
    /// In which lane.
    pub lane: LaneName,
    /// Where, if the work is to be gone on with by the same agent at the same place (I19): after a
    /// block, a review or a reopening, not after it was given away.
    pub workstation: Option<WorkstationName>,
    /// The commit that holds the work so far.
    pub commit: Option<ObjectId>,
    /// Its scope was confirmed: the same agent needs no new go (G4).
    pub scoped: bool,
}

/// What was handed off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The branch tip.
    pub commit: ObjectId,
    /// Merge base with the target at handoff.
    pub base: ObjectId,
    /// Stable patch id of base..commit; survives a rebase.
    pub change_key: String,
    /// When.
    pub at: Timestamp,
}

/// A merge under way: the merge slot and its crash record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// What will be the target.
    pub commit: ObjectId,
    /// The target it extends.
    pub onto: ObjectId,
    /// When it was taken.
    pub at: Timestamp,
    /// By whom.
    pub by: AgentName,
    /// On which host.
    pub host: String,
    /// Until when it holds without renewal.
    pub until: Timestamp,
    /// Every gate holds, and the ledger has the checks that ran for it: the target may move.
    pub gated: bool,
}

impl Landing {
    /// Whether the target shows this landing on `reachable` commits. One whose checks have not
    /// passed yet moved no target: its commit came there by another way. One that leaves the
    /// target where it is shows nothing there: it is finished only by the ledger.
    #[must_use]
    pub fn shown_by(&self, reachable: &std::collections::HashSet<ObjectId>) -> bool {
        self.gated && self.commit != self.onto && reachable.contains(&self.commit)
    }
}

/// How a task landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The commit on the target.
    pub commit: ObjectId,
    /// The target before it.
    pub onto: ObjectId,
    /// When.
    pub at: Timestamp,
    /// Who did the work.
    pub agent: AgentName,
    /// Where.
    pub workstation: WorkstationName,
    /// In which lane.
    pub lane: LaneName,
    /// Under which claim.
    pub claim: RequestId,
    /// What had been handed off, so that an `unland` can go back to it.
    pub submission: Submission,
}

/// Work that was done before the task was imported: nobody claimed it here, and no gate judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The commit on the target that counts as its landing.
    pub commit: ObjectId,
    /// Whether the source named no commit of the target: the importer vouches, and `commit` is the
    /// target as it was at the import.
    pub on_word: bool,
    /// When it was imported.
    pub at: Timestamp,
    /// Who imported it.
    pub by: AgentName,
}
