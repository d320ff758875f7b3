//! `governance/state/<xx>/<ID>.yaml` on the ledger branch: who owns a task and how far it is.
//!
//! One value has one file: keys follow from the status, empty ones are left out, and `submission`
//! is written only where the last handoff record of the epoch does not say the same.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::record::RecordEntry;
use crate::domain::id::{
    AgentName, BranchName, LaneName, ObjectId, RequestId, TaskId, WorkstationName,
};
use crate::domain::record::{Record, RecordBody};
use crate::domain::state::{
    Block, Claim, Completion, Epoch, Landing, Resume, Standing, Status, Submission, TaskState,
};
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, VERSION, check_version};
use crate::ledger::format::shape::{self, Shape};
use crate::ledger::format::text::Text;

/// The keys of each status, beyond `version`, `id`, `status`, `epoch` and `records`.
const SHAPES: [Shape; 7] = [
    Shape {
        word: "todo",
        required: &[],
        optional: &["resume"],
    },
    Shape {
        word: "awaiting_scope",
        required: &["claim"],
        optional: &[],
    },
    Shape {
        word: "in_progress",
        required: &["claim"],
        optional: &[],
    },
    Shape {
        word: "blocked",
        required: &["claim", "block"],
        optional: &[],
    },
    Shape {
        word: "in_review",
        required: &["claim"],
        optional: &["submission", "landing"],
    },
    Shape {
        word: "done",
        required: &["completion"],
        optional: &["submission"],
    },
    Shape {
        word: "cancelled",
        required: &["cancellation"],
        optional: &[],
    },
];

/// What a state file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskHistory {
    /// Whose state.
    pub id: TaskId,
    /// Where the task is.
    pub state: TaskState,
    /// What happened to it, oldest first.
    pub records: Vec<Record>,
}

/// The state of one task. Written by the tool only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = by_status)]
pub struct StateFile {
    /// Version of the format.
    pub version: u32,
    /// Whose state.
    pub id: Text<TaskId>,
    /// Where the task is in its life; decides which keys follow.
    pub status: Text<Status>,
    /// Fencing token: grows with every claim, never goes back.
    pub epoch: u32,
    /// Who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimEntry>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockEntry>,
    /// What was handed off, where the last handoff record does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<SubmissionEntry>,
    /// A merge under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing: Option<LandingEntry>,
    /// How it landed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<CompletionEntry>,
    /// Who gave it up, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationEntry>,
    /// Work that the next claim goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumeEntry>,
    /// What happened, oldest first; only ever appended to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordEntry>,
}

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
    /// The commit that holds the work so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text<ObjectId>>,
}

fn by_status(schema: &mut Schema) {
    schema.insert("allOf".to_owned(), shape::by_tag("status", &SHAPES));
}

impl File for StateFile {
    type Domain = TaskHistory;

    fn into_domain(self) -> Result<TaskHistory, Vec<Problem>> {
        collect(|at| self.convert(at))
    }
}

impl StateFile {
    pub(super) fn convert(mut self, at: &Place<'_>) -> Option<TaskHistory> {
        check_version(at, self.version);
        let entries = std::mem::take(&mut self.records);
        let count = entries.len();
        let records: Vec<Record> = at.items("records", entries, |at, record| record.convert(at));
        if records.len() == count {
            check_records(&at.key("records"), &records, self.epoch);
        }
        let id = at.text("id", self.id.clone());
        let status = at.text("status", self.status.clone())?;
        let shape = SHAPES.iter().find(|shape| shape.word == status.word())?;
        if !shape.check(at, &self.present()) {
            return None;
        }
        self.check_epoch(at, status);
        let epoch = Epoch(self.epoch);
        let standing = self.standing(at, status, &records);
        Some(TaskHistory {
            id: id?,
            state: TaskState {
                epoch,
                standing: standing?,
            },
            records,
        })
    }

    /// Every key that depends on the status, and whether it is there.
    fn present(&self) -> [(&'static str, bool); 7] {
        [
            ("claim", self.claim.is_some()),
            ("block", self.block.is_some()),
            ("submission", self.submission.is_some()),
            ("landing", self.landing.is_some()),
            ("completion", self.completion.is_some()),
            ("cancellation", self.cancellation.is_some()),
            ("resume", self.resume.is_some()),
        ]
    }

    fn check_epoch(&self, at: &Place<'_>, status: Status) {
        if self.epoch == 0 && (self.claim.is_some() || self.resume.is_some()) {
            at.key("epoch").refuse(format!(
                "a `{status}` task that was claimed has an epoch from 1"
            ));
        }
        if let Some(completion) = &self.completion
            && completion.epoch != self.epoch
        {
            let at = at.key("completion");
            at.key("epoch").refuse(format!(
                "completed under epoch {}, but the epoch of the task is {}",
                completion.epoch, self.epoch
            ));
        }
    }

    /// The standing, once the shape has been checked.
    fn standing(self, at: &Place<'_>, status: Status, records: &[Record]) -> Option<Standing> {
        let epoch = Epoch(self.epoch);
        let claim = self.claim.map(|claim| claim.convert(&at.key("claim")));
        let submission = match (status, self.submission) {
            (Status::InReview | Status::Done, given) => Some(submission(
                &at.key("submission"),
                given,
                submitted(records, epoch),
            )),
            _ => None,
        };
        Some(match status {
            Status::Todo => {
                let resume = self.resume.map(|resume| resume.convert(&at.key("resume")));
                Standing::Todo {
                    resume: match resume {
                        None => None,
                        Some(read) => Some(read?),
                    },
                }
            }
            Status::AwaitingScope => Standing::AwaitingScope(claim??),
            Status::InProgress => Standing::InProgress(claim??),
            Status::Blocked => {
                let block = self.block?.convert(&at.key("block"));
                Standing::Blocked {
                    claim: claim??,
                    block: block?,
                }
            }
            Status::InReview => {
                let landing = self
                    .landing
                    .map(|landing| landing.convert(&at.key("landing")));
                Standing::InReview {
                    claim: claim??,
                    submission: submission??,
                    landing: match landing {
                        None => None,
                        Some(read) => Some(read?),
                    },
                }
            }
            Status::Done => {
                let at = at.key("completion");
                Standing::Done(self.completion?.convert(&at, submission?)?)
            }
            Status::Cancelled => self.cancellation?.convert(&at.key("cancellation"))?,
        })
    }
}

fn check_records(at: &Place<'_>, records: &[Record], epoch: u32) {
    for (index, record) in records.iter().enumerate() {
        let at = at.item(index);
        if usize::try_from(record.n).ok() != Some(index + 1) {
            at.key("n").refuse(format!(
                "record {} stands in the place of record {}",
                record.n,
                index + 1
            ));
        }
        if record.epoch.0 > epoch {
            at.key("epoch").refuse(format!(
                "record of epoch {} in a task of epoch {epoch}",
                record.epoch
            ));
        }
    }
}

/// What the last handoff of `epoch` submitted.
fn submitted(records: &[Record], epoch: Epoch) -> Option<Submission> {
    records.iter().rev().find_map(|record| match &record.body {
        RecordBody::Handoff(handoff) if record.epoch == epoch => Some(Submission {
            commit: handoff.commit,
            base: handoff.base,
            change_key: handoff.change_key.clone(),
            at: record.at,
        }),
        _ => None,
    })
}

/// The submission: as given, else as recorded; never both with one content.
fn submission(
    at: &Place<'_>,
    given: Option<SubmissionEntry>,
    recorded: Option<Submission>,
) -> Option<Submission> {
    match (given, recorded) {
        (None, Some(recorded)) => Some(recorded),
        (None, None) => {
            at.refuse("no handoff of this epoch is on record, and no `submission` stands for it");
            None
        }
        (Some(given), recorded) => {
            let given = given.convert(at)?;
            if recorded.as_ref() == Some(&given) {
                at.refuse("`submission` repeats the last handoff record");
            }
            Some(given)
        }
    }
}

impl ClaimEntry {
    fn convert(self, at: &Place<'_>) -> Option<Claim> {
        let agent = at.text("agent", self.agent);
        let workstation = at.text("workstation", self.workstation);
        let lane = at.text("lane", self.lane);
        let branch = at.text("branch", self.branch);
        let claimed_at = at.text("claimed_at", self.claimed_at);
        let expires_at = at.text("expires_at", self.expires_at);
        let base = at.text("base", self.base);
        let id = at.text("id", self.id);
        Some(Claim {
            agent: agent?,
            workstation: workstation?,
            lane: lane?,
            branch: branch?,
            claimed_at: claimed_at?,
            expires_at: expires_at?,
            base: base?,
            id: id?,
        })
    }
}

impl BlockEntry {
    fn convert(self, at: &Place<'_>) -> Option<Block> {
        let by = at.maybe("by", self.by);
        let since = at.text("since", self.since);
        let commit = at.maybe("commit", self.commit);
        Some(Block {
            reason: self.reason,
            by,
            since: since?,
            commit,
        })
    }
}

impl SubmissionEntry {
    fn convert(self, at: &Place<'_>) -> Option<Submission> {
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
    fn convert(self, at: &Place<'_>) -> Option<Landing> {
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
        })
    }
}

impl CompletionEntry {
    fn convert(self, at: &Place<'_>, submission: Option<Submission>) -> Option<Completion> {
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

impl CancellationEntry {
    fn convert(self, at: &Place<'_>) -> Option<Standing> {
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
    fn convert(self, at: &Place<'_>) -> Option<Resume> {
        let agent = at.text("agent", self.agent);
        let lane = at.text("lane", self.lane);
        let commit = at.maybe("commit", self.commit);
        Some(Resume {
            agent: agent?,
            lane: lane?,
            commit,
        })
    }
}

impl StateFile {
    /// The file that says this state.
    #[must_use]
    pub fn of(id: &TaskId, state: &TaskState, records: &[Record]) -> Self {
        let mut file = Self {
            version: VERSION,
            id: id.clone().into(),
            status: state.status().into(),
            epoch: state.epoch.0,
            claim: state.claim().map(ClaimEntry::from),
            block: None,
            submission: None,
            landing: None,
            completion: None,
            cancellation: None,
            resume: None,
            records: records.iter().map(RecordEntry::from).collect(),
        };
        let unrecorded = |submission: &Submission| {
            let recorded = submitted(records, state.epoch);
            (recorded.as_ref() != Some(submission)).then(|| SubmissionEntry::from(submission))
        };
        match &state.standing {
            Standing::Todo { resume } => file.resume = resume.as_ref().map(ResumeEntry::from),
            Standing::AwaitingScope(_) | Standing::InProgress(_) => {}
            Standing::Blocked { block, .. } => file.block = Some(BlockEntry::from(block)),
            Standing::InReview {
                submission,
                landing,
                ..
            } => {
                file.submission = unrecorded(submission);
                file.landing = landing.as_ref().map(LandingEntry::from);
            }
            Standing::Done(completion) => {
                file.submission = unrecorded(&completion.submission);
                file.completion = Some(CompletionEntry::new(completion, state.epoch));
            }
            Standing::Cancelled { at, by, reason } => {
                file.cancellation = Some(CancellationEntry {
                    at: (*at).into(),
                    by: by.clone().into(),
                    reason: reason.clone(),
                });
            }
        }
        file
    }
}

impl From<&TaskHistory> for StateFile {
    fn from(history: &TaskHistory) -> Self {
        Self::of(&history.id, &history.state, &history.records)
    }
}

impl From<&Claim> for ClaimEntry {
    fn from(claim: &Claim) -> Self {
        Self {
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
        }
    }
}

impl CompletionEntry {
    fn new(completion: &Completion, epoch: Epoch) -> Self {
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

impl From<&Resume> for ResumeEntry {
    fn from(resume: &Resume) -> Self {
        Self {
            agent: resume.agent.clone().into(),
            lane: resume.lane.clone().into(),
            commit: resume.commit.map(Text::from),
        }
    }
}
