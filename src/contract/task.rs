//! Tasks, claims and readiness as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::UnmetView;
use super::evidence::DoubtView;
use super::handoff::ReturnView;
use super::review::{LateReviewView, VerdictView};
use super::routing::{RoutedView, RoutingView};
use super::session::SessionView;
use crate::audit::Written;
use crate::domain::contract_request::Decision;
use crate::domain::evidence::CheckClass;
use crate::domain::record::{CheckRun, Handoff, Proof, Record, RecordBody};
use crate::domain::state::{Claim, Standing, TaskState};
use crate::domain::task::Task;
use crate::ops::claim::ClaimOutcome;
use crate::ops::look::{ListOutcome, ReadyOutcome, Row, ShowOutcome};
use crate::ops::session::Worked;

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskView {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// Whose work.
    pub role: String,
    /// Where it is in its life.
    pub status: String,
    /// 1 is highest.
    pub priority: u8,
    /// Routing key.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// Epoch of the last claim; 0 before the first.
    pub epoch: u32,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// In which lane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// Tasks it depends on.
    pub depends_on: Vec<String>,
    /// It waits too long for a verdict; looked for by `list` and `show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<LateReviewView>,
}

impl From<&Row> for TaskView {
    fn from(row: &Row) -> Self {
        Self {
            review: row.late.as_ref().map(LateReviewView::from),
            ..Self::of(&row.task, &row.state)
        }
    }
}

impl TaskView {
    /// A task with its state.
    #[must_use]
    pub fn of(task: &Task, state: &TaskState) -> Self {
        let (agent, lane) = match &state.standing {
            Standing::Done(done) => (Some(&done.agent), Some(&done.lane)),
            _ => (
                state.claim().map(|c| &c.agent),
                state.claim().map(|c| &c.lane),
            ),
        };
        Self {
            id: task.id.to_string(),
            title: task.title.clone(),
            role: task.role.to_string(),
            status: state.status().word().to_owned(),
            priority: task.priority,
            task_type: task.task_type.as_ref().map(ToString::to_string),
            epoch: state.epoch.0,
            agent: agent.map(ToString::to_string),
            lane: lane.map(ToString::to_string),
            depends_on: task.depends_on.iter().map(ToString::to_string).collect(),
            review: None,
        }
    }
}

/// `data` of `ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadyView {
    /// What can start, first come first.
    pub tasks: Vec<TaskView>,
    /// Whether there are more than the limit.
    pub more: bool,
    /// The agent it was judged for, in an enforced map that one acts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// With `--explain`: every other open task, with what stands against it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingView>,
    /// With `--explain`: how many tasks wait, by what holds each back first, most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held_back: Vec<HeldBackView>,
}

/// How many tasks a gate holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldBackView {
    /// The gate.
    pub gate: String,
    /// The number of tasks.
    pub tasks: usize,
}

/// An open task that cannot start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingView {
    /// The task.
    #[serde(flatten)]
    pub task: TaskView,
    /// What stands against it.
    pub unmet: Vec<UnmetView>,
}

impl From<&ReadyOutcome> for ReadyView {
    fn from(outcome: &ReadyOutcome) -> Self {
        let waiting = outcome.waiting.iter().map(|(row, unmet)| WaitingView {
            task: row.into(),
            unmet: unmet.iter().map(UnmetView::from).collect(),
        });
        Self {
            tasks: outcome.ready.iter().map(TaskView::from).collect(),
            more: outcome.more,
            agent: outcome.agent.as_ref().map(ToString::to_string),
            waiting: waiting.collect(),
            held_back: outcome
                .held_back()
                .into_iter()
                .map(|(gate, tasks)| HeldBackView {
                    gate: gate.to_owned(),
                    tasks,
                })
                .collect(),
        }
    }
}

/// `data` of `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListView {
    /// The tasks, by id.
    pub tasks: Vec<TaskView>,
    /// How many there are, before the limit.
    pub total: usize,
}

impl From<&ListOutcome> for ListView {
    fn from(outcome: &ListOutcome) -> Self {
        Self {
            tasks: outcome.rows.iter().map(TaskView::from).collect(),
            total: outcome.total,
        }
    }
}

/// Ownership of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimView {
    /// Who.
    pub agent: String,
    /// Where.
    pub workstation: String,
    /// In which lane.
    pub lane: String,
    /// On which branch.
    pub branch: String,
    /// Fencing token.
    pub epoch: u32,
    /// Since when (RFC 3339).
    pub claimed_at: String,
    /// Until when without renewal (RFC 3339).
    pub expires_at: String,
    /// The commit the lane starts from.
    pub base: String,
    /// Id of the claim.
    pub id: String,
}

impl ClaimView {
    /// A claim under an epoch.
    #[must_use]
    pub fn of(claim: &Claim, state: &TaskState) -> Self {
        Self {
            agent: claim.agent.to_string(),
            workstation: claim.workstation.to_string(),
            lane: claim.lane.to_string(),
            branch: claim.branch.to_string(),
            epoch: state.epoch.0,
            claimed_at: claim.claimed_at.to_string(),
            expires_at: claim.expires_at.to_string(),
            base: claim.base.to_string(),
            id: claim.id.to_string(),
        }
    }
}

/// `data` of `claim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimedView {
    /// The task.
    pub task: TaskView,
    /// The claim.
    pub claim: ClaimView,
    /// Path of the lane's worktree; none in a rehearsal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worktree: Option<String>,
    /// The claim it was taken over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// Why this workstation, where the map routes or something was observed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutedView>,
}

impl From<&ClaimOutcome> for ClaimedView {
    fn from(outcome: &ClaimOutcome) -> Self {
        Self {
            task: TaskView::of(&outcome.task, &outcome.state),
            claim: ClaimView::of(&outcome.claim, &outcome.state),
            worktree: outcome
                .worktree
                .as_ref()
                .map(|path| path.display().to_string()),
            taken_from: outcome
                .taken_from
                .as_ref()
                .map(|claim| claim.agent.to_string()),
            routing: outcome.routing.as_ref().map(RoutedView::from),
        }
    }
}

/// `data` of `show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShowView {
    /// The task with everything known about it.
    pub task: TaskDetail,
    /// With `--routing`: the workstation that a claim would get, and why not another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutingView>,
    /// With `--return`: the return artifact, Markdown with YAML front matter.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
}

/// Everything about one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskDetail {
    /// What lists show.
    #[serde(flatten)]
    pub task: TaskView,
    /// `target` or `ledger`: where it is planned.
    pub planned_on: String,
    /// The period of the archive that holds it; none: it is in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
    /// What sort of work.
    pub kind: String,
    /// What is at stake.
    pub risk: String,
    /// The parent task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Merge stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_stage: Option<String>,
    /// Merge order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_order: Option<i64>,
    /// The lane it is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_lane: Option<String>,
    /// Earliest start (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Estimate, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// Whether it is laid aside until a person unparks it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parked: bool,
    /// Paths it may touch.
    pub owned_paths: Vec<String>,
    /// Paths it must not touch.
    pub forbidden_paths: Vec<String>,
    /// Contract files that it touches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contract_touchpoints: Vec<String>,
    /// Exclusive groups.
    pub exclusive: Vec<String>,
    /// Commands that must pass.
    pub acceptance_checks: Vec<String>,
    /// Commands that must pass too, by the class of evidence that they show.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub evidence_checks: std::collections::BTreeMap<String, Vec<String>>,
    /// The evidence tier that it owes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Notes of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whether its work is on the target.
    pub landed: bool,
    /// The claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    /// Why it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockView>,
    /// The commit that was handed off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted: Option<String>,
    /// How it landed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<CompletionView>,
    /// That it was done before it was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption: Option<AdoptionView>,
    /// How it ended, as the last resolution tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// What was worked on it, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionView>,
    /// Seconds of all its sessions.
    pub worked_seconds: u64,
    /// What stands against a claim now.
    pub unmet: Vec<UnmetView>,
    /// What of its evidence a reader should not believe without looking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<DoubtView>,
    /// Tasks that land before it.
    pub predecessors: Vec<String>,
    /// Tasks that depend on it.
    pub dependents: Vec<String>,
    /// What happened, oldest first.
    pub records: Vec<RecordView>,
}

/// Why a task is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BlockView {
    /// Why.
    pub reason: String,
    /// The task that must land first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when (RFC 3339).
    pub since: String,
    /// Who holds it up, where it is a hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
}

/// How a task landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CompletionView {
    /// The commit on the target.
    pub commit: String,
    /// The target before it.
    pub onto: String,
    /// When (RFC 3339).
    pub at: String,
    /// Who did the work.
    pub agent: String,
    /// Where.
    pub workstation: String,
}

/// Work that was done before the task was imported: nobody claimed it here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdoptionView {
    /// The commit on the target that counts as its landing.
    pub commit: String,
    /// Whether the source named no commit of the target, so that the importer vouches.
    pub on_word: bool,
    /// When it was imported (RFC 3339).
    pub at: String,
    /// Who imported it.
    pub by: String,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordView {
    /// Counts from 1.
    pub n: u32,
    /// `handoff`, `evidence`, `attestation`, `review`, `routing`, `note`, `request`, `decision`, `stage`, `gap`,
    /// `scope`, `session`, `exception`, `override`, `event`.
    pub kind: String,
    /// When (RFC 3339).
    pub at: String,
    /// By whom.
    pub by: String,
    /// What shows that they did: `unsigned`, `committer`, `signed`, `verified`; none where history
    /// is cut off before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The ledger commit that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_commit: Option<String>,
    /// Under which epoch.
    pub epoch: u32,
    /// The commit it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What it says, in one or a few lines.
    pub text: String,
    /// Files changed, of a handoff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Checks, of evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckView>,
    /// What a worker returned, of a handoff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handoff: Option<ReturnView>,
    /// The verdict, of a review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<VerdictView>,
    /// The workstation that a claim got, of routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutedView>,
}

/// A check that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckView {
    /// The command.
    pub command: String,
    /// Whether it passed.
    pub passed: bool,
    /// Its exit code; none when a signal or the time limit ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Milliseconds.
    pub millis: u64,
    /// SHA-256 of the output.
    pub digest: String,
    /// End of the output.
    pub tail: String,
}

impl From<&CheckRun> for CheckView {
    fn from(run: &CheckRun) -> Self {
        Self {
            command: run.command.clone(),
            passed: run.passed(),
            exit: run.exit,
            millis: run.millis,
            digest: run.digest.clone(),
            tail: run.tail.clone(),
        }
    }
}

impl RecordView {
    /// A record, with the ledger commit that wrote it.
    fn of(record: &Record, written: Option<Written>) -> Self {
        let (commit, text) = match &record.body {
            RecordBody::Handoff(handoff) => (
                Some(handoff.commit),
                format!("{}{}", handoff.next, proof_line(handoff)),
            ),
            RecordBody::Evidence(evidence) => {
                let passed = evidence.checks.iter().filter(|run| run.passed()).count();
                let text = format!("{passed} of {} checks passed", evidence.checks.len());
                (Some(evidence.commit), text)
            }
            RecordBody::Attestation(said) => {
                let mut text = format!("{}: {}", said.class, said.text);
                for anchor in &said.anchors {
                    text.push_str(&format!(
                        "\n{}:{} {}",
                        anchor.path, anchor.line, anchor.text
                    ));
                }
                for file in &said.files {
                    let digest: String = file.sha256.chars().take(12).collect();
                    text.push_str(&format!("\n{} ({} bytes, {digest})", file.path, file.size));
                }
                (Some(said.commit), text)
            }
            RecordBody::Review(review) => {
                let found = match review.findings.len() {
                    0 => "no findings".to_owned(),
                    1 => "1 finding".to_owned(),
                    more => format!("{more} findings"),
                };
                (None, format!("{}: {found}", review.verdict))
            }
            RecordBody::Routing(routing) => {
                (None, format!("{}: {}", routing.workstation, routing.why))
            }
            RecordBody::Note { text, .. } => (None, text.clone()),
            RecordBody::Request(request) => (
                None,
                format!("contract {}: {}", request.contract, request.text),
            ),
            RecordBody::Decision(decision) => (None, decided(decision)),
            RecordBody::Stage(stage) => (None, super::stage::stage_line(stage)),
            RecordBody::Gap(gap) => (None, super::stage::gap_line(gap)),
            RecordBody::Scope(scope) => (None, super::scope::scope_line(scope)),
            RecordBody::Session(session) => (None, super::session::session_line(session)),
            RecordBody::Exception(step) => (None, super::except::step_line(step)),
            RecordBody::Override(used) => (None, super::except::override_line(used)),
            RecordBody::Event { event, reason } => (None, format!("{event}: {reason}")),
        };
        let files = match &record.body {
            RecordBody::Handoff(handoff) => handoff.files.clone(),
            _ => Vec::new(),
        };
        let checks = match &record.body {
            RecordBody::Evidence(evidence) => evidence.checks.iter().map(CheckView::from).collect(),
            _ => Vec::new(),
        };
        Self {
            n: record.n,
            kind: record.body.kind().to_owned(),
            at: record.at.to_string(),
            by: record.by.to_string(),
            level: written.map(|written| written.level.to_string()),
            ledger_commit: written.map(|written| written.commit.to_string()),
            epoch: record.epoch.0,
            commit: commit.map(|commit| commit.to_string()),
            text,
            files,
            checks,
            handoff: match &record.body {
                RecordBody::Handoff(handoff) => Some(handoff.into()),
                _ => None,
            },
            review: match &record.body {
                RecordBody::Review(review) => Some(review.into()),
                _ => None,
            },
            routing: match &record.body {
                RecordBody::Routing(routing) => Some(routing.into()),
                _ => None,
            },
        }
    }
}

/// The root cause of a defect and what its proof did, in a line of their own.
fn proof_line(handoff: &Handoff) -> String {
    let Some(cause) = &handoff.root_cause else {
        return String::new();
    };
    let shown = match &handoff.proof {
        Some(Proof::Ran { .. }) => format!("failed before and passes now: {}", cause.proof),
        Some(Proof::NotRun { reason }) => format!("not proven: {reason}"),
        None => format!("proof: {}", cause.proof),
    };
    format!("\nroot cause in {}: {}\n{shown}", cause.layer, cause.text)
}

/// A decision in one line.
fn decided(decision: &Decision) -> String {
    let Decision {
        request,
        ruling,
        reason,
        task,
    } = decision;
    let by = task.as_ref().map(|task| format!(", carried out by {task}"));
    format!(
        "request {request}: {ruling}{}: {reason}",
        by.unwrap_or_default()
    )
}

fn resolution(record: &Record) -> Option<String> {
    match &record.body {
        RecordBody::Note {
            text,
            resolution: true,
        } => Some(text.clone()),
        _ => None,
    }
}

impl From<&ShowOutcome> for ShowView {
    fn from(outcome: &ShowOutcome) -> Self {
        let (task, state) = (&outcome.row.task, &outcome.row.state);
        let texts =
            |globs: &[crate::domain::glob::Glob]| globs.iter().map(ToString::to_string).collect();
        let block = match &state.standing {
            Standing::Blocked { block, .. } => Some(BlockView {
                reason: block.reason.clone(),
                by: block.by.as_ref().map(ToString::to_string),
                since: block.since.to_string(),
                hold: block.hold.as_ref().map(ToString::to_string),
            }),
            Standing::Withheld(hindrance) => Some(BlockView {
                reason: hindrance.reason.clone(),
                by: hindrance.by.as_ref().map(ToString::to_string),
                since: hindrance.since.to_string(),
                hold: None,
            }),
            _ => None,
        };
        let completion = match &state.standing {
            Standing::Done(done) => Some(CompletionView {
                commit: done.commit.to_string(),
                onto: done.onto.to_string(),
                at: done.at.to_string(),
                agent: done.agent.to_string(),
                workstation: done.workstation.to_string(),
            }),
            _ => None,
        };
        let adoption = match &state.standing {
            Standing::Adopted(adoption) => Some(AdoptionView {
                commit: adoption.commit.to_string(),
                on_word: adoption.on_word,
                at: adoption.at.to_string(),
                by: adoption.by.to_string(),
            }),
            _ => None,
        };
        let submitted = match &state.standing {
            Standing::InReview { submission, .. } => Some(submission.commit.to_string()),
            _ => None,
        };
        let planned_on = match outcome.origin {
            crate::domain::snapshot::Origin::Target => "target",
            crate::domain::snapshot::Origin::Ledger => "ledger",
        };
        Self {
            task: TaskDetail {
                task: TaskView::from(&outcome.row),
                planned_on: planned_on.to_owned(),
                archived: outcome.archived.as_ref().map(ToString::to_string),
                kind: task.kind.word().to_owned(),
                risk: task.risk.word().to_owned(),
                parent: task.parent.as_ref().map(ToString::to_string),
                merge_stage: task.merge_stage.as_ref().map(ToString::to_string),
                merge_order: task.merge_order,
                pinned_lane: task.lane.as_ref().map(ToString::to_string),
                not_before: task.not_before.map(|at| at.to_string()),
                effort: task.effort.clone(),
                parked: task.parked,
                owned_paths: texts(&task.owned_paths),
                forbidden_paths: texts(&task.forbidden_paths),
                contract_touchpoints: texts(&task.contract_touchpoints),
                exclusive: task.exclusive.iter().map(ToString::to_string).collect(),
                acceptance_checks: task.acceptance_checks.clone(),
                evidence_checks: CheckClass::ALL
                    .iter()
                    .map(|class| (class.word().to_owned(), task.evidence_checks.of(*class)))
                    .filter(|(_, commands)| !commands.is_empty())
                    .map(|(class, commands)| (class, commands.to_vec()))
                    .collect(),
                evidence: task.evidence.map(|tier| tier.word().to_owned()),
                notes: task.notes.clone(),
                landed: outcome.landed,
                claim: state.claim().map(|claim| ClaimView::of(claim, state)),
                block,
                submitted,
                completion,
                adoption,
                resolution: outcome.records.iter().rev().find_map(resolution),
                sessions: outcome.sessions.iter().map(SessionView::from).collect(),
                worked_seconds: outcome.sessions.iter().map(Worked::seconds).sum(),
                unmet: outcome.unmet.iter().map(UnmetView::from).collect(),
                doubts: outcome.doubts.iter().map(DoubtView::from).collect(),
                predecessors: outcome
                    .predecessors
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                dependents: outcome.dependents.iter().map(ToString::to_string).collect(),
                records: outcome
                    .records
                    .iter()
                    .map(|record| RecordView::of(record, outcome.authorship.of(&task.id, record.n)))
                    .collect(),
            },
            routing: None,
            returned: None,
        }
    }
}
