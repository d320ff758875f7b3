//! `governance/state/<xx>/<ID>.yaml` on the ledger branch: who owns a task and how far it is.
//!
//! One value has one file: keys follow from the status, empty ones are left out, and `submission`
//! is written only where the last handoff record of the epoch does not say the same.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::exception::WaiverEntry;
use super::progress::ProgressEntry;
use super::record::RecordEntry;
use super::standing::{
    AdoptionEntry, BlockEntry, CancellationEntry, ClaimEntry, CompletionEntry, LandingEntry,
    ResumeEntry, SubmissionEntry,
};
use crate::domain::id::TaskId;
use crate::domain::record::{Record, RecordBody};
use crate::domain::state::{Epoch, Standing, Status, Submission, TaskState};
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

/// A task that was done before it was imported.
const ADOPTED: Shape = Shape {
    word: "done",
    required: &["adoption"],
    optional: &[],
};

/// A task that was blocked before it was imported: nobody has it, so there is no claim to keep.
const WITHHELD: Shape = Shape {
    word: "blocked",
    required: &["block"],
    optional: &[],
};

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
    /// That it was done before it was imported; stands in the place of `completion`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption: Option<AdoptionEntry>,
    /// Who gave it up, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationEntry>,
    /// Work that the next claim goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<ResumeEntry>,
    /// How far it is in its stage contract, whatever the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<ProgressEntry>,
    /// Approved exceptions, whatever the status, in the order of approval.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverEntry>,
    /// What happened, oldest first; only ever appended to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordEntry>,
}

fn by_status(schema: &mut Schema) {
    // `done` and `blocked` have one of two shapes.
    let imported = [ADOPTED, WITHHELD];
    let shapes: Vec<Shape> = SHAPES.into_iter().chain(imported).collect();
    let mut branches = shape::by_tag("status", &shapes);
    if let Some(list) = branches.as_array_mut() {
        for imported in list.split_off(SHAPES.len()) {
            let same = |branch: &&mut Value| branch.pointer("/if") == imported.pointer("/if");
            if let Some(branch) = list.iter_mut().find(same) {
                let either = json!({"anyOf": [branch["then"], imported["then"]]});
                branch["then"] = either;
            }
        }
    }
    schema.insert("allOf".to_owned(), branches);
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
        let adopted =
            status == Status::Done && self.adoption.is_some() && self.completion.is_none();
        let withheld = status == Status::Blocked && self.claim.is_none();
        let shape = match status {
            Status::Done if adopted => &ADOPTED,
            Status::Blocked if withheld => &WITHHELD,
            _ => SHAPES.iter().find(|shape| shape.word == status.word())?,
        };
        if !shape.check(at, &self.present()) {
            return None;
        }
        self.check_epoch(at, status);
        let epoch = Epoch(self.epoch);
        let stages = self.stages.take();
        let stages = stages.map(|entry| entry.convert(&at.key("stages")));
        let entries = std::mem::take(&mut self.waivers);
        let waivers = at.items("waivers", entries, |at, entry| entry.convert(at));
        let standing = self.standing(at, status, &records);
        Some(TaskHistory {
            id: id?,
            state: TaskState {
                epoch,
                standing: standing?,
                stages: match stages {
                    None => None,
                    Some(read) => Some(Box::new(read?)),
                },
                waivers,
            },
            records,
        })
    }

    /// Every key that depends on the status, and whether it is there.
    fn present(&self) -> [(&'static str, bool); 8] {
        [
            ("claim", self.claim.is_some()),
            ("block", self.block.is_some()),
            ("submission", self.submission.is_some()),
            ("landing", self.landing.is_some()),
            ("completion", self.completion.is_some()),
            ("adoption", self.adoption.is_some()),
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
        let frozen = is_frozen(status);
        let claim = self.claim;
        let claim = claim.map(|claim| claim.convert(&at.key("claim"), frozen));
        let adopted = self.adoption.is_some();
        let submission = match (status, self.submission) {
            (Status::Done, None) if adopted => None,
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
                let at = at.key("block");
                let block = self.block?;
                match claim {
                    Some(claim) => Standing::Blocked {
                        block: block.convert(&at)?,
                        claim: claim?,
                    },
                    None => Standing::Withheld(block.hindrance(&at)?),
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
            Status::Done => match (self.completion, self.adoption) {
                (Some(completion), None) => {
                    Standing::Done(completion.convert(&at.key("completion"), submission?)?)
                }
                (None, Some(adoption)) if submission.is_none() => {
                    Standing::Adopted(adoption.convert(&at.key("adoption"))?)
                }
                _ => {
                    at.refuse("a `done` task has either `completion` or `adoption`");
                    return None;
                }
            },
            Status::Cancelled => self.cancellation?.convert(&at.key("cancellation"))?,
        })
    }
}

/// Whether the claim of a task in this status counts no time.
fn is_frozen(status: Status) -> bool {
    matches!(status, Status::Blocked | Status::InReview)
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

impl StateFile {
    /// The file that says this state.
    #[must_use]
    pub fn of(id: &TaskId, state: &TaskState, records: &[Record]) -> Self {
        let mut file = Self {
            version: VERSION,
            id: id.clone().into(),
            status: state.status().into(),
            epoch: state.epoch.0,
            claim: state
                .claim()
                .map(|claim| ClaimEntry::of(claim, is_frozen(state.status()))),
            block: None,
            submission: None,
            landing: None,
            completion: None,
            adoption: None,
            cancellation: None,
            resume: None,
            stages: state.stages.as_deref().map(ProgressEntry::from),
            waivers: state.waivers.iter().map(WaiverEntry::from).collect(),
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
            Standing::Withheld(hindrance) => file.block = Some(BlockEntry::from(hindrance)),
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
            Standing::Adopted(adoption) => file.adoption = Some(AdoptionEntry::from(adoption)),
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
