//! The request of a ledger commit, one line of JSON in its message (DESIGN §4).
//!
//! Field order is fixed by these types, so the same request gives the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attestation::AttestEntry;
use super::contract_request::DecisionEntry;
use super::exception::ExceptActEntry;
use super::import::{FileTask, ImportFileEntry, file_at, imported};
use super::marker::MarkerFile;
use super::progress::{proposal, proposed};
use super::queue::TaskEntry;
use super::readiness::ReadinessEntry;
use super::record::{CheckEntry, FindingEntry, ProofEntry, RootCauseEntry};
use super::session::ScopeEntry;
use crate::domain::archive::{Closed, Period, Recalled};
use crate::domain::id::{
    AgentName, ContractName, LaneName, ObjectId, RequestId, RoleName, TaskId, WorkstationName,
};
use crate::domain::record::{CheckRun, Evidence, Proof, RootCause, Verdict};
use crate::domain::request::{
    Actor, ClaimWish, Dependents, FieldEdit, FieldValue, HandoffWish, NewTask, Request, ReviewWish,
    StageAct, Verb,
};
use crate::domain::session::SessionAct;
use crate::domain::stage::Stage;
use crate::domain::state::Epoch;
use crate::domain::task::words;
use crate::domain::time::Timestamp;
use crate::domain::workstation::StationAct;
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::File as _;
use crate::ledger::format::text::Text;
use crate::ledger::write;

/// A request as it stands in a commit message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestEntry {
    id: Text<RequestId>,
    at: Text<Timestamp>,
    agent: Text<AgentName>,
    host: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock_jump: Option<i64>,
    verb: VerbEntry,
}

/// The verbs, by their words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum VerbEntry {
    Init(MarkerFile),
    Add(Vec<Value>),
    AddFile {
        path: String,
        blob: Text<ObjectId>,
    },
    Import {
        source: String,
        files: Vec<ImportFileEntry>,
    },
    Edit {
        task: Text<TaskId>,
        fields: Vec<FieldEntry>,
    },
    AcceptTarget {
        target: Text<ObjectId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given_up: Option<Text<ObjectId>>,
        reason: String,
    },
    Workstation {
        name: Text<WorkstationName>,
        act: Text<StationAct>,
        reason: String,
    },
    Claim {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<Text<TaskId>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Text<RoleName>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lane: Option<Text<LaneName>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workstation: Option<Text<WorkstationName>>,
        #[serde(default, skip_serializing_if = "super::is_default")]
        trust_clock: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        readiness: Vec<ReadinessEntry>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        quota: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remote: Option<String>,
    },
    Renew(Vec<RenewEntry>),
    Release {
        task: Text<TaskId>,
        #[serde(default, skip_serializing_if = "super::is_default")]
        force: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saved: Option<Text<ObjectId>>,
    },
    Expire {
        #[serde(default, skip_serializing_if = "super::is_default")]
        trust_clock: bool,
    },
    Block {
        task: Text<TaskId>,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Text<TaskId>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saved: Option<Text<ObjectId>>,
    },
    Hold {
        task: Text<TaskId>,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saved: Option<Text<ObjectId>>,
    },
    Scope {
        task: Text<TaskId>,
        act: ScopeEntry,
    },
    Session {
        task: Text<TaskId>,
        act: Text<SessionAct>,
    },
    Except {
        task: Text<TaskId>,
        act: ExceptActEntry,
    },
    Unblock {
        task: Text<TaskId>,
    },
    Cancel {
        task: Text<TaskId>,
        reason: String,
        dependents: Text<DependentsWord>,
    },
    Archive(SelectionEntry),
    Restore(SelectionEntry),
    Reopen {
        task: Text<TaskId>,
        reason: String,
    },
    Return {
        task: Text<TaskId>,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saved: Option<Text<ObjectId>>,
    },
    Note {
        task: Text<TaskId>,
        text: String,
        #[serde(default, skip_serializing_if = "super::is_default")]
        resolution: bool,
    },
    Evidence {
        task: Text<TaskId>,
        evidence: EvidenceEntry,
    },
    Attest {
        task: Text<TaskId>,
        attest: AttestEntry,
    },
    Stage {
        task: Text<TaskId>,
        act: StageActEntry,
    },
    Handoff {
        task: Text<TaskId>,
        commit: Text<ObjectId>,
        next: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        risks: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_cause: Option<RootCauseEntry>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_proven: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<ProofEntry>,
    },
    Review {
        task: Text<TaskId>,
        verdict: Text<Verdict>,
        commit: Text<ObjectId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<FindingEntry>,
        #[serde(default, skip_serializing_if = "super::is_default")]
        design_only: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        residual: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        approves: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workstation: Option<Text<WorkstationName>>,
    },
    Request {
        task: Text<TaskId>,
        contract: Text<ContractName>,
        text: String,
    },
    Decide {
        task: Text<TaskId>,
        decision: DecisionEntry,
    },
    Landing {
        task: Text<TaskId>,
        onto: Text<ObjectId>,
        result: Text<ObjectId>,
        until: Text<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<EvidenceEntry>,
    },
    DropLanding {
        task: Text<TaskId>,
        reason: String,
    },
    Land {
        task: Text<TaskId>,
        onto: Text<ObjectId>,
        result: Text<ObjectId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<EvidenceEntry>,
    },
    Conflict {
        task: Text<TaskId>,
        onto: Text<ObjectId>,
    },
    Unland {
        task: Text<TaskId>,
        reason: String,
    },
    Complete {
        task: Text<TaskId>,
        commit: Text<ObjectId>,
        #[serde(default, skip_serializing_if = "super::is_default")]
        on_my_word: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StageActEntry {
    Pass {
        stage: Text<Stage>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workstation: Option<Text<WorkstationName>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Approve {
        stage: Text<Stage>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Pause {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workstation: Option<Text<WorkstationName>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Text<Timestamp>>,
    },
    Resume {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(default, skip_serializing_if = "super::is_default")]
        accept: bool,
    },
}

words! {
    /// What happens to the dependents of a cancelled task.
    DependentsWord {
        /// There are none.
        None = "none",
        /// They keep the dependency.
        Keep = "keep",
        /// They lose it.
        DropEdge = "drop_edge",
    }
}

/// Which tasks go into the archive or come out of it; exactly one of the keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SelectionEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Text<Timestamp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<Text<Period>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<Text<TaskId>>,
}

impl SelectionEntry {
    fn closed(self, at: &Place<'_>) -> Option<Closed> {
        let at = at.key("archive");
        let before = at.maybe("before", self.before);
        let period = at.maybe("period", self.period);
        match (before, period, self.tasks.is_empty()) {
            (Some(before), None, true) => Some(Closed::Before(before)),
            (None, Some(period), true) => Some(Closed::In(period)),
            (None, None, false) => Some(Closed::Tasks(at.list("tasks", self.tasks))),
            _ => {
                at.refuse("one of `before`, `period` and `tasks` is owed");
                None
            }
        }
    }

    fn recalled(self, at: &Place<'_>) -> Option<Recalled> {
        let at = at.key("restore");
        let period = at.maybe("period", self.period);
        match (self.before, period, self.tasks.is_empty()) {
            (None, Some(period), true) => Some(Recalled::Of(period)),
            (None, None, false) => Some(Recalled::Tasks(at.list("tasks", self.tasks))),
            _ => {
                at.refuse("one of `period` and `tasks` is owed");
                None
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewEntry {
    task: Text<TaskId>,
    epoch: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<ValueEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum ValueEntry {
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<String>),
    Changed {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        add: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remove: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceEntry {
    commit: Text<ObjectId>,
    content_key: Text<ObjectId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckEntry>,
    host: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workstation: Option<Text<WorkstationName>>,
    #[serde(default, skip_serializing_if = "super::is_default")]
    clean: bool,
}

impl RequestEntry {
    /// The request that the line stands for. `file` gives the tasks of a plan file that the
    /// request names by path and blob.
    ///
    /// # Errors
    /// All problems at once.
    pub fn into_domain(
        self,
        file: impl Fn(&str, ObjectId) -> Option<Vec<FileTask>>,
    ) -> Result<Request, Vec<Problem>> {
        collect(|at| {
            let actor = Actor {
                agent: at.text("agent", self.agent)?,
                host: self.host,
                epoch: self.epoch.map(Epoch),
                clock_jump: self.clock_jump,
            };
            let id = at.text("id", self.id)?;
            let moment = at.text("at", self.at)?;
            let verb = self.verb.convert(&at.key("verb"), &file)?;
            Some(Request {
                id,
                at: moment,
                actor,
                verb,
            })
        })
    }

    /// The path and blob of the plan file that the request adds, if it does.
    #[must_use]
    pub fn added_file(&self) -> Option<(&str, ObjectId)> {
        match &self.verb {
            VerbEntry::AddFile { path, blob } => Some((path, *blob.value()?)),
            _ => None,
        }
    }
}

impl VerbEntry {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm a verb, each a plain conversion"
    )]
    fn convert(
        self,
        at: &Place<'_>,
        file: &impl Fn(&str, ObjectId) -> Option<Vec<FileTask>>,
    ) -> Option<Verb> {
        Some(match self {
            Self::Init(marker) => match marker.into_domain() {
                Ok(marker) => Verb::Init(marker),
                Err(problems) => {
                    for problem in problems {
                        at.refuse(problem.message);
                    }
                    return None;
                }
            },
            Self::Add(definitions) => Verb::Add(at.items("add", definitions, |at, definition| {
                new_task(at, &definition)
            })),
            Self::AddFile { path, blob } => {
                let blob = at.text("blob", blob)?;
                let tasks = file_at(at, &path, (blob, write::file_path(blob)), file)?;
                let tasks = tasks.into_iter().map(|known| known.task).collect();
                Verb::AddFile { path, blob, tasks }
            }
            Self::Import { source, files } => imported(at, source, files, file)?,
            Self::Edit { task, fields } => Verb::Edit {
                task: at.text("task", task)?,
                fields: fields.into_iter().map(FieldEdit::from).collect(),
            },
            Self::Workstation { name, act, reason } => Verb::Workstation {
                name: at.text("name", name)?,
                act: at.text("act", act)?,
                reason,
            },
            Self::Claim {
                task,
                role,
                lane,
                workstation,
                trust_clock,
                readiness,
                quota,
                remote,
            } => Verb::Claim(ClaimWish {
                task: at.maybe("task", task),
                role: at.maybe("role", role),
                lane: at.maybe("lane", lane),
                workstation: at.maybe("workstation", workstation),
                trust_clock,
                readiness: at.items("readiness", readiness, |at, entry| entry.convert(at)),
                quota,
                remote,
            }),
            Self::Renew(tasks) => Verb::Renew {
                tasks: at.items("renew", tasks, |at, entry| {
                    Some((at.text("task", entry.task)?, Epoch(entry.epoch)))
                }),
            },
            Self::Release {
                task,
                force,
                reason,
                saved,
            } => Verb::Release {
                task: at.text("task", task)?,
                force,
                reason,
                saved: at.maybe("saved", saved),
            },
            Self::AcceptTarget {
                target,
                given_up,
                reason,
            } => Verb::AcceptTarget {
                target: at.text("target", target)?,
                given_up: at.maybe("given_up", given_up),
                reason,
            },
            Self::Expire { trust_clock } => Verb::Expire { trust_clock },
            Self::Block {
                task,
                reason,
                by,
                saved,
            } => Verb::Block {
                task: at.text("task", task)?,
                reason,
                by: at.maybe("by", by),
                saved: at.maybe("saved", saved),
            },
            Self::Hold {
                task,
                reason,
                saved,
            } => Verb::Hold {
                task: at.text("task", task)?,
                reason,
                saved: at.maybe("saved", saved),
            },
            Self::Scope { task, act } => Verb::Scope {
                task: at.text("task", task)?,
                act: act.into(),
            },
            Self::Session { task, act } => Verb::Session {
                task: at.text("task", task)?,
                act: at.text("act", act)?,
            },
            Self::Except { task, act } => Verb::Except {
                task: at.text("task", task)?,
                act: act.convert(&at.key("act"))?,
            },
            Self::Unblock { task } => Verb::Unblock {
                task: at.text("task", task)?,
            },
            Self::Cancel {
                task,
                reason,
                dependents,
            } => Verb::Cancel {
                task: at.text("task", task)?,
                reason,
                dependents: match at.text("dependents", dependents)? {
                    DependentsWord::None => Dependents::None,
                    DependentsWord::Keep => Dependents::Keep,
                    DependentsWord::DropEdge => Dependents::DropEdge,
                },
            },
            Self::Archive(which) => Verb::Archive(which.closed(at)?),
            Self::Restore(which) => Verb::Restore(which.recalled(at)?),
            Self::Reopen { task, reason } => Verb::Reopen {
                task: at.text("task", task)?,
                reason,
            },
            Self::Return {
                task,
                reason,
                saved,
            } => Verb::Return {
                task: at.text("task", task)?,
                reason,
                saved: at.maybe("saved", saved),
            },
            Self::Note {
                task,
                text,
                resolution,
            } => Verb::Note {
                task: at.text("task", task)?,
                text,
                resolution,
            },
            Self::Evidence { task, evidence } => Verb::Evidence {
                task: at.text("task", task)?,
                evidence: evidence.convert(&at.key("evidence"))?,
            },
            Self::Attest { task, attest } => Verb::Attest {
                task: at.text("task", task)?,
                attest: attest.convert(&at.key("attest"))?,
            },
            Self::Stage { task, act } => Verb::Stage {
                task: at.text("task", task)?,
                act: act.convert(&at.key("act"))?,
            },
            Self::Handoff {
                task,
                commit,
                next,
                risks,
                root_cause,
                not_proven,
                proof,
            } => Verb::Handoff {
                task: at.text("task", task)?,
                handoff: HandoffWish {
                    commit: at.text("commit", commit)?,
                    next,
                    risks,
                    not_proven,
                    root_cause: root_cause.map(RootCause::from),
                    proof: proof.map(Proof::from),
                },
            },
            Self::Review {
                task,
                verdict,
                commit,
                findings,
                design_only,
                residual,
                approves,
                workstation,
            } => Verb::Review {
                task: at.text("task", task)?,
                review: ReviewWish {
                    commit: at.text("commit", commit)?,
                    verdict: at.text("verdict", verdict)?,
                    findings: at.items("findings", findings, |at, finding| finding.convert(at)),
                    residual,
                    approves,
                    design_only,
                    workstation: at.maybe("workstation", workstation),
                },
            },
            Self::Request {
                task,
                contract,
                text,
            } => Verb::Request {
                task: at.text("task", task)?,
                contract: at.text("contract", contract)?,
                text,
            },
            Self::Decide { task, decision } => Verb::Decide {
                task: at.text("task", task)?,
                decision: decision.convert(&at.key("decision"))?,
            },
            Self::Landing {
                task,
                onto,
                result,
                until,
                evidence,
            } => Verb::Landing {
                task: at.text("task", task)?,
                onto: at.text("onto", onto)?,
                result: at.text("result", result)?,
                until: at.text("until", until)?,
                evidence: match evidence {
                    None => None,
                    Some(evidence) => Some(evidence.convert(&at.key("evidence"))?),
                },
            },
            Self::DropLanding { task, reason } => Verb::DropLanding {
                task: at.text("task", task)?,
                reason,
            },
            Self::Land {
                task,
                onto,
                result,
                evidence,
            } => Verb::Land {
                task: at.text("task", task)?,
                onto: at.text("onto", onto)?,
                result: at.text("result", result)?,
                evidence: match evidence {
                    None => None,
                    Some(evidence) => Some(evidence.convert(&at.key("evidence"))?),
                },
            },
            Self::Conflict { task, onto } => Verb::Conflict {
                task: at.text("task", task)?,
                onto: at.text("onto", onto)?,
            },
            Self::Unland { task, reason } => Verb::Unland {
                task: at.text("task", task)?,
                reason,
            },
            Self::Complete {
                task,
                commit,
                on_my_word,
            } => Verb::Complete {
                task: at.text("task", task)?,
                commit: at.text("commit", commit)?,
                on_my_word,
            },
        })
    }
}

impl From<&Request> for RequestEntry {
    fn from(request: &Request) -> Self {
        Self {
            id: request.id.clone().into(),
            at: request.at.into(),
            agent: request.actor.agent.clone().into(),
            host: request.actor.host.clone(),
            epoch: request.actor.epoch.map(|epoch| epoch.0),
            clock_jump: request.actor.clock_jump,
            verb: VerbEntry::from(&request.verb),
        }
    }
}

impl From<&Verb> for VerbEntry {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm a verb, each a plain conversion"
    )]
    fn from(verb: &Verb) -> Self {
        match verb.clone() {
            Verb::Init(marker) => Self::Init(MarkerFile::from(&marker)),
            Verb::Add(new) => Self::Add(
                new.iter()
                    .map(|new| serde_json::from_str(&new.definition).unwrap_or_default())
                    .collect(),
            ),
            Verb::AddFile { path, blob, .. } => Self::AddFile {
                path,
                blob: blob.into(),
            },
            Verb::Import { source, files, .. } => Self::Import {
                source,
                files: files.into_iter().map(ImportFileEntry::from).collect(),
            },
            Verb::Edit { task, fields } => Self::Edit {
                task: task.into(),
                fields: fields.into_iter().map(FieldEntry::from).collect(),
            },
            Verb::Workstation { name, act, reason } => Self::Workstation {
                name: name.into(),
                act: act.into(),
                reason,
            },
            Verb::Claim(wish) => Self::Claim {
                task: wish.task.map(Text::from),
                role: wish.role.map(Text::from),
                lane: wish.lane.map(Text::from),
                workstation: wish.workstation.map(Text::from),
                trust_clock: wish.trust_clock,
                readiness: wish.readiness.iter().map(ReadinessEntry::from).collect(),
                quota: wish.quota,
                remote: wish.remote,
            },
            Verb::Renew { tasks } => Self::Renew(
                tasks
                    .into_iter()
                    .map(|(task, epoch)| RenewEntry {
                        task: task.into(),
                        epoch: epoch.0,
                    })
                    .collect(),
            ),
            Verb::Release {
                task,
                force,
                reason,
                saved,
            } => Self::Release {
                task: task.into(),
                force,
                reason,
                saved: saved.map(Text::from),
            },
            Verb::AcceptTarget {
                target,
                given_up,
                reason,
            } => Self::AcceptTarget {
                target: target.into(),
                given_up: given_up.map(Text::from),
                reason,
            },
            Verb::Expire { trust_clock } => Self::Expire { trust_clock },
            Verb::Block {
                task,
                reason,
                by,
                saved,
            } => Self::Block {
                task: task.into(),
                reason,
                by: by.map(Text::from),
                saved: saved.map(Text::from),
            },
            Verb::Hold {
                task,
                reason,
                saved,
            } => Self::Hold {
                task: task.into(),
                reason,
                saved: saved.map(Text::from),
            },
            Verb::Scope { task, act } => Self::Scope {
                task: task.into(),
                act: (&act).into(),
            },
            Verb::Session { task, act } => Self::Session {
                task: task.into(),
                act: act.into(),
            },
            Verb::Except { task, act } => Self::Except {
                task: task.into(),
                act: act.into(),
            },
            Verb::Unblock { task } => Self::Unblock { task: task.into() },
            Verb::Cancel {
                task,
                reason,
                dependents,
            } => Self::Cancel {
                task: task.into(),
                reason,
                dependents: match dependents {
                    Dependents::None => DependentsWord::None,
                    Dependents::Keep => DependentsWord::Keep,
                    Dependents::DropEdge => DependentsWord::DropEdge,
                }
                .into(),
            },
            Verb::Archive(closed) => Self::Archive(match closed {
                Closed::Before(moment) => SelectionEntry {
                    before: Some(moment.into()),
                    ..SelectionEntry::default()
                },
                Closed::In(period) => SelectionEntry {
                    period: Some(period.into()),
                    ..SelectionEntry::default()
                },
                Closed::Tasks(tasks) => SelectionEntry {
                    tasks: tasks.into_iter().map(Text::from).collect(),
                    ..SelectionEntry::default()
                },
            }),
            Verb::Restore(recalled) => Self::Restore(match recalled {
                Recalled::Of(period) => SelectionEntry {
                    period: Some(period.into()),
                    ..SelectionEntry::default()
                },
                Recalled::Tasks(tasks) => SelectionEntry {
                    tasks: tasks.into_iter().map(Text::from).collect(),
                    ..SelectionEntry::default()
                },
            }),
            Verb::Reopen { task, reason } => Self::Reopen {
                task: task.into(),
                reason,
            },
            Verb::Return {
                task,
                reason,
                saved,
            } => Self::Return {
                task: task.into(),
                reason,
                saved: saved.map(Text::from),
            },
            Verb::Note {
                task,
                text,
                resolution,
            } => Self::Note {
                task: task.into(),
                text,
                resolution,
            },
            Verb::Evidence { task, evidence } => Self::Evidence {
                task: task.into(),
                evidence: (&evidence).into(),
            },
            Verb::Attest { task, attest } => Self::Attest {
                task: task.into(),
                attest: (&attest).into(),
            },
            Verb::Stage { task, act } => Self::Stage {
                task: task.into(),
                act: StageActEntry::from(act),
            },
            Verb::Handoff { task, handoff } => Self::Handoff {
                task: task.into(),
                commit: handoff.commit.into(),
                next: handoff.next,
                risks: handoff.risks,
                root_cause: handoff.root_cause.as_ref().map(RootCauseEntry::from),
                not_proven: handoff.not_proven,
                proof: handoff.proof.as_ref().map(ProofEntry::from),
            },
            Verb::Review { task, review } => Self::Review {
                task: task.into(),
                verdict: review.verdict.into(),
                commit: review.commit.into(),
                findings: review.findings.iter().map(FindingEntry::from).collect(),
                design_only: review.design_only,
                residual: review.residual,
                approves: review.approves,
                workstation: review.workstation.map(Text::from),
            },
            Verb::Request {
                task,
                contract,
                text,
            } => Self::Request {
                task: task.into(),
                contract: contract.into(),
                text,
            },
            Verb::Decide { task, decision } => Self::Decide {
                task: task.into(),
                decision: (&decision).into(),
            },
            Verb::Landing {
                task,
                onto,
                result,
                until,
                evidence,
            } => Self::Landing {
                task: task.into(),
                onto: onto.into(),
                result: result.into(),
                until: until.into(),
                evidence: evidence.as_ref().map(EvidenceEntry::from),
            },
            Verb::DropLanding { task, reason } => Self::DropLanding {
                task: task.into(),
                reason,
            },
            Verb::Land {
                task,
                onto,
                result,
                evidence,
            } => Self::Land {
                task: task.into(),
                onto: onto.into(),
                result: result.into(),
                evidence: evidence.as_ref().map(EvidenceEntry::from),
            },
            Verb::Conflict { task, onto } => Self::Conflict {
                task: task.into(),
                onto: onto.into(),
            },
            Verb::Unland { task, reason } => Self::Unland {
                task: task.into(),
                reason,
            },
            Verb::Complete {
                task,
                commit,
                on_my_word,
            } => Self::Complete {
                task: task.into(),
                commit: commit.into(),
                on_my_word,
            },
        }
    }
}

/// A definition on its way into the plan, from its JSON. `x-` keys are kept in the definition and
/// not looked at.
fn new_task(at: &Place<'_>, definition: &Value) -> Option<NewTask> {
    match define(definition) {
        Ok(new) => Some(new),
        Err(problems) => {
            for problem in problems {
                at.refuse(format!("{}: {}", problem.pointer, problem.message));
            }
            None
        }
    }
}

/// Reads a task definition given as JSON.
///
/// # Errors
/// All problems at once.
pub fn define(definition: &Value) -> Result<NewTask, Vec<Problem>> {
    let mut known = definition.clone();
    if let Value::Object(keys) = &mut known {
        keys.retain(|key, _| !key.starts_with("x-"));
    }
    let entry: TaskEntry = serde_json::from_value(known).map_err(|error| {
        vec![Problem {
            rule: "meaning",
            pointer: String::new(),
            message: error.to_string(),
            hint: None,
        }]
    })?;
    let task = entry.into_domain()?;
    Ok(NewTask {
        task,
        definition: definition.to_string(),
    })
}

impl StageActEntry {
    fn convert(self, at: &Place<'_>) -> Option<StageAct> {
        Some(match self {
            Self::Pass {
                stage,
                workstation,
                note,
            } => StageAct::Pass {
                stage: at.text("stage", stage)?,
                workstation: at.maybe("workstation", workstation),
                note,
            },
            Self::Approve { stage, note } => StageAct::Approve {
                stage: at.text("stage", stage)?,
                note,
            },
            Self::Pause {
                reason,
                workstation,
                until,
            } => StageAct::Pause {
                reason,
                proposal: proposal(at, workstation, until),
            },
            Self::Resume { reason, accept } => StageAct::Resume { reason, accept },
        })
    }
}

impl From<StageAct> for StageActEntry {
    fn from(act: StageAct) -> Self {
        match act {
            StageAct::Pass {
                stage,
                workstation,
                note,
            } => Self::Pass {
                stage: stage.into(),
                workstation: workstation.map(Text::from),
                note,
            },
            StageAct::Approve { stage, note } => Self::Approve {
                stage: stage.into(),
                note,
            },
            StageAct::Pause {
                reason,
                proposal: way,
            } => {
                let (workstation, until) = proposed(way.as_ref());
                Self::Pause {
                    reason,
                    workstation,
                    until,
                }
            }
            StageAct::Resume { reason, accept } => Self::Resume { reason, accept },
        }
    }
}

impl EvidenceEntry {
    fn convert(self, at: &Place<'_>) -> Option<Evidence> {
        Some(Evidence {
            commit: at.text("commit", self.commit)?,
            content_key: at.text("content_key", self.content_key)?,
            checks: self.checks.into_iter().map(CheckRun::from).collect(),
            host: self.host,
            workstation: at.maybe("workstation", self.workstation),
            clean: self.clean,
        })
    }
}

impl From<&Evidence> for EvidenceEntry {
    fn from(evidence: &Evidence) -> Self {
        Self {
            commit: evidence.commit.into(),
            content_key: evidence.content_key.into(),
            checks: evidence.checks.iter().map(CheckEntry::from).collect(),
            host: evidence.host.clone(),
            workstation: evidence.workstation.clone().map(Text::from),
            clean: evidence.clean,
        }
    }
}

impl From<FieldEntry> for FieldEdit {
    fn from(entry: FieldEntry) -> Self {
        let value = entry.value.map(|value| match value {
            ValueEntry::Flag(flag) => FieldValue::Flag(flag),
            ValueEntry::Number(number) => FieldValue::Number(number),
            ValueEntry::Text(text) => FieldValue::Text(text),
            ValueEntry::List(list) => FieldValue::List(list),
            ValueEntry::Changed { add, remove } => FieldValue::Changed { add, remove },
        });
        Self {
            key: entry.key,
            value,
        }
    }
}

impl From<FieldEdit> for FieldEntry {
    fn from(edit: FieldEdit) -> Self {
        let value = edit.value.map(|value| match value {
            FieldValue::Flag(flag) => ValueEntry::Flag(flag),
            FieldValue::Number(number) => ValueEntry::Number(number),
            FieldValue::Text(text) => ValueEntry::Text(text),
            FieldValue::List(list) => ValueEntry::List(list),
            FieldValue::Changed { add, remove } => ValueEntry::Changed { add, remove },
        });
        Self {
            key: edit.key,
            value,
        }
    }
}
