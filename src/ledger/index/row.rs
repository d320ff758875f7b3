//! Tasks and states as they stand in a cache. Private to it: the format may change with any build,
//! and its version with it.

use serde::{Deserialize, Serialize};

use super::stage::{self, ContractRow, ProgressRow};
use crate::domain::evidence::EvidenceChecks;
use crate::domain::exception::Waiver;
use crate::domain::glob::Glob;
use crate::domain::id::{
    AgentName, BranchName, GroupName, LaneName, ObjectId, RequestId, RoleName, StageName, TaskId,
    TaskType, WorkstationName,
};
use crate::domain::session::Session;
use crate::domain::state::{
    Adoption, Block, Claim, Completion, Epoch, Hindrance, Landing, Resume, Standing, Submission,
    TaskState,
};
use crate::domain::task::{Kind, Requires, Risk, Task, Tier};
use crate::domain::time::Timestamp;

/// A task.
#[derive(Debug, Serialize, Deserialize)]
pub struct TaskRow {
    id: String,
    title: String,
    task_type: Option<String>,
    kind: String,
    role: String,
    lane: Option<u16>,
    priority: u8,
    sequence: i64,
    parent: Option<String>,
    slice: Option<String>,
    merge_order: Option<i64>,
    merge_stage: Option<String>,
    risk: String,
    depends_on: Vec<String>,
    exclusive: Vec<String>,
    owned_paths: Vec<String>,
    forbidden_paths: Vec<String>,
    contract_touchpoints: Vec<String>,
    acceptance_checks: Vec<String>,
    evidence_checks: [Vec<String>; 3],
    evidence: Option<String>,
    tools: Vec<String>,
    licenses: Vec<String>,
    not_before: Option<i64>,
    parked: bool,
    effort: Option<String>,
    origin_ask_ref: Option<String>,
    stages: Option<ContractRow>,
    stages_ref: Option<String>,
    package: Option<String>,
    created_at: Option<i64>,
    notes: Option<String>,
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn each<T>(list: Vec<String>, make: fn(String) -> T) -> Vec<T> {
    list.into_iter().map(make).collect()
}

impl From<&Task> for TaskRow {
    fn from(task: &Task) -> Self {
        Self {
            id: task.id.to_string(),
            title: task.title.clone(),
            task_type: task.task_type.as_ref().map(ToString::to_string),
            kind: task.kind.word().to_owned(),
            role: task.role.to_string(),
            lane: task.lane.as_ref().map(LaneName::number),
            priority: task.priority,
            sequence: task.sequence,
            parent: task.parent.as_ref().map(ToString::to_string),
            slice: task.slice.clone(),
            merge_order: task.merge_order,
            merge_stage: task.merge_stage.as_ref().map(ToString::to_string),
            risk: task.risk.word().to_owned(),
            depends_on: texts(&task.depends_on),
            exclusive: texts(&task.exclusive),
            owned_paths: texts(&task.owned_paths),
            forbidden_paths: texts(&task.forbidden_paths),
            contract_touchpoints: texts(&task.contract_touchpoints),
            acceptance_checks: task.acceptance_checks.clone(),
            evidence_checks: [
                task.evidence_checks.analysis.clone(),
                task.evidence_checks.runtime.clone(),
                task.evidence_checks.stress.clone(),
            ],
            evidence: task.evidence.map(|tier| tier.word().to_owned()),
            tools: task.requires.tools.clone(),
            licenses: task.requires.licenses.clone(),
            not_before: task.not_before.map(Timestamp::seconds),
            parked: task.parked,
            effort: task.effort.clone(),
            origin_ask_ref: task.origin_ask_ref.clone(),
            stages: task.stages.as_ref().map(stage::contract_row),
            stages_ref: task.stages_ref.clone(),
            package: task.package.clone(),
            created_at: task.created_at.map(Timestamp::seconds),
            notes: task.notes.clone(),
        }
    }
}

impl TaskRow {
    /// The task; `None` when the row was not written by this build's format after all.
    pub fn into_task(self) -> Option<Task> {
        let role = RoleName::accepted_before(self.role);
        let lane = match self.lane {
            None => None,
            Some(number) => Some(LaneName::new(role.clone(), number).ok()?),
        };
        let [analysis, runtime, stress] = self.evidence_checks;
        Some(Task {
            id: TaskId::accepted_before(self.id),
            title: self.title,
            task_type: self.task_type.map(TaskType::accepted_before),
            kind: Kind::from_word(&self.kind)?,
            role,
            lane,
            priority: self.priority,
            sequence: self.sequence,
            parent: self.parent.map(TaskId::accepted_before),
            slice: self.slice,
            merge_order: self.merge_order,
            merge_stage: self.merge_stage.map(StageName::accepted_before),
            risk: Risk::from_word(&self.risk)?,
            depends_on: each(self.depends_on, TaskId::accepted_before),
            exclusive: each(self.exclusive, GroupName::accepted_before),
            owned_paths: each(self.owned_paths, Glob::accepted_before),
            forbidden_paths: each(self.forbidden_paths, Glob::accepted_before),
            contract_touchpoints: each(self.contract_touchpoints, Glob::accepted_before),
            acceptance_checks: self.acceptance_checks,
            evidence_checks: EvidenceChecks {
                analysis,
                runtime,
                stress,
            },
            evidence: match self.evidence {
                None => None,
                Some(word) => Some(Tier::from_word(&word)?),
            },
            requires: Requires {
                tools: self.tools,
                licenses: self.licenses,
            },
            not_before: self.not_before.map(Timestamp::from_seconds),
            parked: self.parked,
            effort: self.effort,
            origin_ask_ref: self.origin_ask_ref,
            stages: match self.stages {
                None => None,
                Some(row) => Some(stage::contract_of(row)?),
            },
            stages_ref: self.stages_ref,
            package: self.package,
            created_at: self.created_at.map(Timestamp::from_seconds),
            notes: self.notes,
        })
    }
}

/// An object id.
pub type IdRow = Vec<u8>;

/// Writes an object id.
pub fn id_row(id: ObjectId) -> IdRow {
    id.as_bytes().to_vec()
}

fn id_of(row: &IdRow) -> Option<ObjectId> {
    ObjectId::from_bytes(row)
}

/// A state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StateRow {
    epoch: u32,
    standing: StandingRow,
    stages: Option<ProgressRow>,
    waivers: Vec<(String, u32, String, i64)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum StandingRow {
    Todo(Option<ResumeRow>),
    AwaitingScope(ClaimRow),
    InProgress(ClaimRow),
    Blocked(ClaimRow, BlockRow),
    InReview(ClaimRow, SubmissionRow, Option<LandingRow>),
    Done(CompletionRow),
    Cancelled(i64, String, String),
    /// Commit, whether on the importer's word, when, by whom.
    Adopted(IdRow, bool, i64, String),
    /// Reason, blocker, since.
    Withheld(String, Option<String>, i64),
}

type LaneRow = (String, u16);

/// Agent, lane, workstation, commit, whether its scope was confirmed.
type ResumeRow = (String, LaneRow, Option<String>, Option<IdRow>, bool);

/// Reason, blocker, since, commit, who holds it up, whether its scope waits.
type BlockRow = (
    String,
    Option<String>,
    i64,
    Option<IdRow>,
    Option<String>,
    bool,
);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ClaimRow {
    agent: String,
    workstation: String,
    lane: LaneRow,
    branch: String,
    claimed_at: i64,
    expires_at: i64,
    base: IdRow,
    id: String,
    /// Since when time is counted; none while it is not.
    session: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SubmissionRow {
    commit: IdRow,
    base: IdRow,
    change_key: String,
    at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct LandingRow {
    commit: IdRow,
    onto: IdRow,
    at: i64,
    by: String,
    host: String,
    until: i64,
    gated: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct CompletionRow {
    commit: IdRow,
    onto: IdRow,
    at: i64,
    agent: String,
    workstation: String,
    lane: LaneRow,
    claim: String,
    submission: SubmissionRow,
}

fn lane_row(lane: &LaneName) -> LaneRow {
    (lane.role.to_string(), lane.number())
}

fn lane_of((role, number): LaneRow) -> Option<LaneName> {
    LaneName::new(RoleName::accepted_before(role), number).ok()
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

impl From<&Claim> for ClaimRow {
    fn from(claim: &Claim) -> Self {
        Self {
            agent: claim.agent.to_string(),
            workstation: claim.workstation.to_string(),
            lane: lane_row(&claim.lane),
            branch: claim.branch.to_string(),
            claimed_at: claim.claimed_at.seconds(),
            expires_at: claim.expires_at.seconds(),
            base: id_row(claim.base),
            id: claim.id.to_string(),
            session: match claim.session {
                Session::Since(since) => Some(since.seconds()),
                Session::Paused => None,
            },
        }
    }
}

impl ClaimRow {
    fn into_claim(self) -> Option<Claim> {
        Some(Claim {
            agent: AgentName::accepted_before(self.agent),
            workstation: WorkstationName::accepted_before(self.workstation),
            lane: lane_of(self.lane)?,
            branch: BranchName::accepted_before(self.branch),
            claimed_at: time(self.claimed_at),
            expires_at: time(self.expires_at),
            base: id_of(&self.base)?,
            id: RequestId::accepted_before(self.id),
            session: self
                .session
                .map_or(Session::Paused, |since| Session::Since(time(since))),
        })
    }
}

impl From<&Submission> for SubmissionRow {
    fn from(submission: &Submission) -> Self {
        Self {
            commit: id_row(submission.commit),
            base: id_row(submission.base),
            change_key: submission.change_key.clone(),
            at: submission.at.seconds(),
        }
    }
}

impl SubmissionRow {
    fn into_submission(self) -> Option<Submission> {
        Some(Submission {
            commit: id_of(&self.commit)?,
            base: id_of(&self.base)?,
            change_key: self.change_key,
            at: time(self.at),
        })
    }
}

impl From<&Landing> for LandingRow {
    fn from(landing: &Landing) -> Self {
        Self {
            commit: id_row(landing.commit),
            onto: id_row(landing.onto),
            at: landing.at.seconds(),
            by: landing.by.to_string(),
            host: landing.host.clone(),
            until: landing.until.seconds(),
            gated: landing.gated,
        }
    }
}

impl LandingRow {
    fn into_landing(self) -> Option<Landing> {
        Some(Landing {
            commit: id_of(&self.commit)?,
            onto: id_of(&self.onto)?,
            at: time(self.at),
            by: AgentName::accepted_before(self.by),
            host: self.host,
            until: time(self.until),
            gated: self.gated,
        })
    }
}

impl From<&Completion> for CompletionRow {
    fn from(done: &Completion) -> Self {
        Self {
            commit: id_row(done.commit),
            onto: id_row(done.onto),
            at: done.at.seconds(),
            agent: done.agent.to_string(),
            workstation: done.workstation.to_string(),
            lane: lane_row(&done.lane),
            claim: done.claim.to_string(),
            submission: (&done.submission).into(),
        }
    }
}

impl CompletionRow {
    fn into_completion(self) -> Option<Completion> {
        Some(Completion {
            commit: id_of(&self.commit)?,
            onto: id_of(&self.onto)?,
            at: time(self.at),
            agent: AgentName::accepted_before(self.agent),
            workstation: WorkstationName::accepted_before(self.workstation),
            lane: lane_of(self.lane)?,
            claim: RequestId::accepted_before(self.claim),
            submission: self.submission.into_submission()?,
        })
    }
}

impl From<&TaskState> for StateRow {
    fn from(state: &TaskState) -> Self {
        let standing = match &state.standing {
            Standing::Todo { resume } => StandingRow::Todo(resume.as_ref().map(|resume| {
                let Resume {
                    agent,
                    lane,
                    workstation,
                    commit,
                    scoped,
                } = resume;
                let workstation = workstation.as_ref().map(ToString::to_string);
                (
                    agent.to_string(),
                    lane_row(lane),
                    workstation,
                    commit.map(id_row),
                    *scoped,
                )
            })),
            Standing::AwaitingScope(claim) => StandingRow::AwaitingScope(claim.into()),
            Standing::InProgress(claim) => StandingRow::InProgress(claim.into()),
            Standing::Blocked { claim, block } => StandingRow::Blocked(
                claim.into(),
                (
                    block.reason.clone(),
                    block.by.as_ref().map(ToString::to_string),
                    block.since.seconds(),
                    block.commit.map(id_row),
                    block.hold.as_ref().map(ToString::to_string),
                    block.unscoped,
                ),
            ),
            Standing::InReview {
                claim,
                submission,
                landing,
            } => StandingRow::InReview(
                claim.into(),
                submission.into(),
                landing.as_ref().map(LandingRow::from),
            ),
            Standing::Done(done) => StandingRow::Done(done.into()),
            Standing::Adopted(Adoption {
                commit,
                on_word,
                at,
                by,
            }) => StandingRow::Adopted(id_row(*commit), *on_word, at.seconds(), by.to_string()),
            Standing::Withheld(Hindrance { reason, by, since }) => StandingRow::Withheld(
                reason.clone(),
                by.as_ref().map(ToString::to_string),
                since.seconds(),
            ),
            Standing::Cancelled { at, by, reason } => {
                StandingRow::Cancelled(at.seconds(), by.to_string(), reason.clone())
            }
        };
        Self {
            epoch: state.epoch.0,
            standing,
            stages: state.stages.as_deref().map(ProgressRow::from),
            waivers: state
                .waivers
                .iter()
                .map(|waiver| {
                    let Waiver {
                        gate,
                        exception,
                        by,
                        until,
                    } = waiver;
                    (gate.clone(), *exception, by.to_string(), until.seconds())
                })
                .collect(),
        }
    }
}

impl StateRow {
    /// The state; `None` when the row was not written by this build's format after all.
    pub fn into_state(self) -> Option<TaskState> {
        let standing = match self.standing {
            StandingRow::Todo(None) => Standing::Todo { resume: None },
            StandingRow::Todo(Some((agent, lane, workstation, commit, scoped))) => Standing::Todo {
                resume: Some(Resume {
                    agent: AgentName::accepted_before(agent),
                    lane: lane_of(lane)?,
                    workstation: workstation.map(WorkstationName::accepted_before),
                    commit: optional(commit)?,
                    scoped,
                }),
            },
            StandingRow::AwaitingScope(claim) => Standing::AwaitingScope(claim.into_claim()?),
            StandingRow::InProgress(claim) => Standing::InProgress(claim.into_claim()?),
            StandingRow::Blocked(claim, (reason, by, since, commit, hold, unscoped)) => {
                Standing::Blocked {
                    claim: claim.into_claim()?,
                    block: Block {
                        reason,
                        by: by.map(TaskId::accepted_before),
                        since: time(since),
                        commit: optional(commit)?,
                        hold: hold.map(AgentName::accepted_before),
                        unscoped,
                    },
                }
            }
            StandingRow::InReview(claim, submission, landing) => Standing::InReview {
                claim: claim.into_claim()?,
                submission: submission.into_submission()?,
                landing: match landing {
                    None => None,
                    Some(landing) => Some(landing.into_landing()?),
                },
            },
            StandingRow::Done(done) => Standing::Done(done.into_completion()?),
            StandingRow::Adopted(commit, on_word, at, by) => Standing::Adopted(Adoption {
                commit: id_of(&commit)?,
                on_word,
                at: time(at),
                by: AgentName::accepted_before(by),
            }),
            StandingRow::Withheld(reason, by, since) => Standing::Withheld(Hindrance {
                reason,
                by: by.map(TaskId::accepted_before),
                since: time(since),
            }),
            StandingRow::Cancelled(at, by, reason) => Standing::Cancelled {
                at: time(at),
                by: AgentName::accepted_before(by),
                reason,
            },
        };
        Some(TaskState {
            epoch: Epoch(self.epoch),
            standing,
            stages: match self.stages {
                None => None,
                Some(row) => Some(Box::new(row.into_progress()?)),
            },
            waivers: self
                .waivers
                .into_iter()
                .map(|(gate, exception, by, until)| Waiver {
                    gate,
                    exception,
                    by: AgentName::accepted_before(by),
                    until: time(until),
                })
                .collect(),
        })
    }
}

/// An object id that may be missing; a bad one makes the whole row bad.
#[expect(clippy::option_option, reason = "missing and unreadable are different")]
fn optional(row: Option<IdRow>) -> Option<Option<ObjectId>> {
    match row {
        None => Some(None),
        Some(row) => id_of(&row).map(Some),
    }
}
