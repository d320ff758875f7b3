//! What the standing of a task carries in its state file: claim, block, submission, landing,
//! completion, cancellation, resume.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use super::session::SessionEntry;
use crate::domain::id::{
    AgentName, BranchName, LaneName, ObjectId, RequestId, TaskId, WorkstationName,
};
use crate::domain::session::Session;
use crate::domain::state::{
    Adoption, Block, Claim, Completion, Epoch, Hindrance, Landing, Resume, Standing, Submission,
};
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// Ownership of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimEntry {
    /// Who.
    pub agent: Text<AgentName>,
    /// Where.
    pub workstation: Text<WorkstationName>,
    /// In which lane.
    pub lane: Text<LaneName>,
    /// On which branch.
    pub branch: Text<BranchName>,
    /// Since when.
    pub claimed_at: Text<Timestamp>,
    /// Until when without renewal.
    pub expires_at: Text<Timestamp>,
    /// The commit the lane branch started from.
    pub base: Text<ObjectId>,
    /// The id of the claiming request; makes a retry idempotent.
    pub id: Text<RequestId>,
    /// Whether time is counted, where it is not so since `claimed_at`, or, of a task that is blocked
    /// or in review, not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionEntry>,
}

/// Why a task stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockEntry {
    /// What for.
    pub reason: String,
    /// The task that must land first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Text<TaskId>>,
    /// Since when.
    pub since: Text<Timestamp>,
    /// The commit that holds the work so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text<ObjectId>>,
    /// Who holds it up, where it is a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Text<AgentName>>,
    /// Whether its scope waited for a go, and still does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unscoped: bool,
}

/// What was handed off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionEntry {
    /// The branch tip.
    pub commit: Text<ObjectId>,
    /// Its merge base with the target.
    pub base: Text<ObjectId>,
    /// The stable patch id of base..commit.
    pub change_key: String,
    /// When.
    pub at: Text<Timestamp>,
}

/// A merge under way: the merge slot and its crash record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandingEntry {
    /// What will be the target.
    pub commit: Text<ObjectId>,
    /// The target it extends.
    pub onto: Text<ObjectId>,
    /// When it was taken.
    pub at: Text<Timestamp>,
    /// By whom.
    pub by: Text<AgentName>,
    /// On which host.
    pub host: String,
    /// Until when it holds without renewal.
    pub until: Text<Timestamp>,
    /// Every gate holds, and the checks that ran for it are on record.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub gated: bool,
}

/// How a task landed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionEntry {
    /// The commit on the target.
    pub commit: Text<ObjectId>,
    /// The target before it.
    pub onto: Text<ObjectId>,
    /// When.
    pub at: Text<Timestamp>,
    /// Who did the work.
    pub agent: Text<AgentName>,
    /// Where.
    pub workstation: Text<WorkstationName>,
    /// In which lane.
    pub lane: Text<LaneName>,
    /// Under which claim.
    pub claim: Text<RequestId>,
    /// Under which epoch: that of the task.
    pub epoch: u32,
}

/// Work that was done before the task was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptionEntry {
    /// The commit on the target that counts as its landing.
    pub commit: Text<ObjectId>,
    /// Whether the source named no commit of the target, so that the importer vouches.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_word: bool,
    /// When it was imported.
    pub at: Text<Timestamp>,
    /// Who imported it.
    pub by: Text<AgentName>,
}

/// Who gave a task up, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationEntry {
    /// When.
    pub at: Text<Timestamp>,
    /// By whom.
    pub by: Text<AgentName>,
    /// Why.
    pub reason: String,
}

/// Work that the next claim goes on from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeEntry {
    /// Who had it.
    pub agent: Text<AgentName>,
    /// In which lane.
    pub lane: Text<LaneName>,
    /// Where, if it is to be gone on with by the same agent at the same place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workstation: Option<Text<WorkstationName>>,
    /// The commit that holds the work so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text<ObjectId>>,
    /// Whether its scope was confirmed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scoped: bool,
}

/// The session of a claim that says nothing of it.
fn usual(frozen: bool, claimed_at: Timestamp) -> Session {
    match frozen {
        true => Session::Paused,
        false => Session::Since(claimed_at),
    }
}

impl ClaimEntry {
    /// The claim of a task that is blocked or in review (`frozen`), or worked on.
    pub(super) fn convert(self, at: &Place<'_>, frozen: bool) -> Option<Claim> {
        let given = self.session.is_some();
        let agent = at.text("agent", self.agent);
        let workstation = at.text("workstation", self.workstation);
        let lane = at.text("lane", self.lane);
        let branch = at.text("branch", self.branch);
        let claimed_at = at.text("claimed_at", self.claimed_at);
        let expires_at = at.text("expires_at", self.expires_at);
        let base = at.text("base", self.base);
        let id = at.text("id", self.id);
        let usual = usual(frozen, claimed_at?);
        let session = match self.session {
            None => usual,
            Some(entry) => entry.convert(&at.key("session"))?,
        };
        if given && session == usual {
            at.key("session").refuse("`session` says what is so anyway");
        }
        Some(Claim {
            agent: agent?,
            workstation: workstation?,
            lane: lane?,
            branch: branch?,
            claimed_at: claimed_at?,
            expires_at: expires_at?,
            base: base?,
            id: id?,
            session,
        })
    }
}

impl BlockEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Block> {
        let by = at.maybe("by", self.by);
        let since = at.text("since", self.since);
        let commit = at.maybe("commit", self.commit);
        let hold = at.maybe("hold", self.hold);
        Some(Block {
            reason: self.reason,
            by,
            since: since?,
            commit,
            hold,
            unscoped: self.unscoped,
        })
    }
}

impl BlockEntry {
    /// The block of a task that nobody has: it keeps no work, and nobody holds it up.
    pub(super) fn hindrance(self, at: &Place<'_>) -> Option<Hindrance> {
        for (key, there) in [
            ("commit", self.commit.is_some()),
            ("hold", self.hold.is_some()),
            ("unscoped", self.unscoped),
        ] {
            if there {
                at.key(key)
                    .refuse(format!("a block without a claim has no `{key}`"));
                return None;
            }
        }
        let since = at.text("since", self.since);
        let by = at.maybe("by", self.by);
        Some(Hindrance {
            reason: self.reason,
            by,
            since: since?,
        })
    }
}

impl SubmissionEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Submission> {
        let commit = at.text("commit", self.commit);
        let base = at.text("base", self.base);
        let moment = at.text("at", self.at);
        Some(Submission {
            commit: commit?,
            base: base?,
            change_key: self.change_key,
            at: moment?,
        })
    }
}

impl LandingEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Landing> {
        let commit = at.text("commit", self.commit);
        let onto = at.text("onto", self.onto);
        let moment = at.text("at", self.at);
        let by = at.text("by", self.by);
        let until = at.text("until", self.until);
        Some(Landing {
            commit: commit?,
            onto: onto?,
            at: moment?,
            by: by?,
            host: self.host,
            until: until?,
            gated: self.gated,
        })
    }
}

impl CompletionEntry {
    pub(super) fn convert(
        self,
        at: &Place<'_>,
        submission: Option<Submission>,
    ) -> Option<Completion> {
        let commit = at.text("commit", self.commit);
        let onto = at.text("onto", self.onto);
        let moment = at.text("at", self.at);
        let agent = at.text("agent", self.agent);
        let workstation = at.text("workstation", self.workstation);
        let lane = at.text("lane", self.lane);
        let claim = at.text("claim", self.claim);
        Some(Completion {
            commit: commit?,
            onto: onto?,
            at: moment?,
            agent: agent?,
            workstation: workstation?,
            lane: lane?,
            claim: claim?,
            submission: submission?,
        })
    }
}

impl AdoptionEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Adoption> {
        let commit = at.text("commit", self.commit);
        let moment = at.text("at", self.at);
        let by = at.text("by", self.by);
        Some(Adoption {
            commit: commit?,
            on_word: self.on_word,
            at: moment?,
            by: by?,
        })
    }
}

impl CancellationEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Standing> {
        let moment = at.text("at", self.at);
        let by = at.text("by", self.by);
        Some(Standing::Cancelled {
            at: moment?,
            by: by?,
            reason: self.reason,
        })
    }
}

impl ResumeEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Resume> {
        let agent = at.text("agent", self.agent);
        let lane = at.text("lane", self.lane);
        let workstation = at.maybe("workstation", self.workstation);
        let commit = at.maybe("commit", self.commit);
        Some(Resume {
            agent: agent?,
            lane: lane?,
            workstation,
            commit,
            scoped: self.scoped,
        })
    }
}

impl ClaimEntry {
    /// The entry of a claim of a task that is blocked or in review (`frozen`), or worked on.
    pub(super) fn of(claim: &Claim, frozen: bool) -> Self {
        let usual = usual(frozen, claim.claimed_at);
        Self {
            session: (claim.session != usual).then(|| claim.session.into()),
            agent: claim.agent.clone().into(),
            workstation: claim.workstation.clone().into(),
            lane: claim.lane.clone().into(),
            branch: claim.branch.clone().into(),
            claimed_at: claim.claimed_at.into(),
            expires_at: claim.expires_at.into(),
            base: claim.base.into(),
            id: claim.id.clone().into(),
        }
    }
}

impl From<&Block> for BlockEntry {
    fn from(block: &Block) -> Self {
        Self {
            reason: block.reason.clone(),
            by: block.by.clone().map(Text::from),
            since: block.since.into(),
            commit: block.commit.map(Text::from),
            hold: block.hold.clone().map(Text::from),
            unscoped: block.unscoped,
        }
    }
}

impl From<&Hindrance> for BlockEntry {
    fn from(hindrance: &Hindrance) -> Self {
        Self {
            reason: hindrance.reason.clone(),
            by: hindrance.by.clone().map(Text::from),
            since: hindrance.since.into(),
            commit: None,
            hold: None,
            unscoped: false,
        }
    }
}

impl From<&Submission> for SubmissionEntry {
    fn from(submission: &Submission) -> Self {
        Self {
            commit: submission.commit.into(),
            base: submission.base.into(),
            change_key: submission.change_key.clone(),
            at: submission.at.into(),
        }
    }
}

impl From<&Landing> for LandingEntry {
    fn from(landing: &Landing) -> Self {
        Self {
            commit: landing.commit.into(),
            onto: landing.onto.into(),
            at: landing.at.into(),
            by: landing.by.clone().into(),
            host: landing.host.clone(),
            until: landing.until.into(),
            gated: landing.gated,
        }
    }
}

impl CompletionEntry {
    pub(super) fn new(completion: &Completion, epoch: Epoch) -> Self {
        Self {
            commit: completion.commit.into(),
            onto: completion.onto.into(),
            at: completion.at.into(),
            agent: completion.agent.clone().into(),
            workstation: completion.workstation.clone().into(),
            lane: completion.lane.clone().into(),
            claim: completion.claim.clone().into(),
            epoch: epoch.0,
        }
    }
}

impl From<&Adoption> for AdoptionEntry {
    fn from(adoption: &Adoption) -> Self {
        Self {
            commit: adoption.commit.into(),
            on_word: adoption.on_word,
            at: adoption.at.into(),
            by: adoption.by.clone().into(),
        }
    }
}

impl From<&Resume> for ResumeEntry {
    fn from(resume: &Resume) -> Self {
        Self {
            agent: resume.agent.clone().into(),
            lane: resume.lane.clone().into(),
            workstation: resume.workstation.clone().map(Text::from),
            commit: resume.commit.map(Text::from),
            scoped: resume.scoped,
        }
    }
}
