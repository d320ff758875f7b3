//! What is asked of the ledger: a value that goes into the commit message, from which the
//! decision can be executed again.

use std::collections::BTreeMap;

use super::archive::{Closed, Recalled};
use super::contract_request::Decision;
use super::exception::ExceptAct;
use super::id::{
    AgentName, ContractName, LaneName, ObjectId, RequestId, RoleName, TaskId, WorkstationName,
};
use super::import::{ImportFile, ImportedTask};
use super::marker::Marker;
use super::progress::Proposal;
use super::record::{AttestedFile, Evidence, Finding, Proof, RootCause, Verdict};
use super::scope::ScopeRecord;
use super::session::SessionAct;
use super::stage::Stage;
use super::state::Epoch;
use super::task::{Task, Tier};
use super::time::Timestamp;
use super::workstation::{Readiness, StationAct};

/// One mutation, complete: with the rules and the ledger at its parent it gives one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Unique; a repeated id is the same request.
    pub id: RequestId,
    /// When it was made.
    pub at: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// What.
    pub verb: Verb,
}

/// Who asks, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The executor.
    pub agent: AgentName,
    /// The host it runs on.
    pub host: String,
    /// The epoch it holds, from the lane's binding, `LANEWAY_CLAIM` or `--epoch`.
    pub epoch: Option<Epoch>,
    /// How far the wall clock of the host has jumped against its boot clock since it was last
    /// trusted, in seconds; none where it has not (P11). Observed when expiry may be judged.
    pub clock_jump: Option<i64>,
}

/// A task definition on its way into the plan: what rules read, and the definition as it will be
/// written. The codec makes both from one text, so they agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// What rules read.
    pub task: Task,
    /// The whole definition as canonical JSON; `decide` hands it on unread.
    pub definition: String,
}

/// A field of a definition, set or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldEdit {
    /// The key in the plan file.
    pub key: String,
    /// The new value; none removes the key.
    pub value: Option<FieldValue>,
}

/// A value of a definition's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A list of texts.
    List(Vec<String>),
    /// A list of texts, changed: items put in and taken out of whatever it is by then, so that two
    /// edits at once lose nothing.
    Changed {
        /// Items to put in, unless they are there.
        add: Vec<String>,
        /// Items to take out.
        remove: Vec<String>,
    },
}

/// What happens to the dependents of a cancelled task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependents {
    /// There must be none.
    None,
    /// They keep the dependency, which is never met.
    Keep,
    /// They lose the dependency.
    DropEdge,
}

/// The mutations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Creates the ledger.
    Init(Marker),
    /// Adds definitions.
    Add(Vec<NewTask>),
    /// Adds the definitions of a whole plan file, kept to the byte.
    AddFile {
        /// Its path on the ledger branch.
        path: String,
        /// Blob id of its content.
        blob: ObjectId,
        /// What it defines.
        tasks: Vec<Task>,
    },
    /// Brings in tasks from another tracker, as whole plan files (X16).
    Import {
        /// What people call the source.
        source: String,
        /// The plan files.
        files: Vec<ImportFile>,
        /// What they define, and what was said of it there.
        tasks: Vec<ImportedTask>,
    },
    /// Changes a definition of the ledger's plan.
    Edit {
        /// Which.
        task: TaskId,
        /// How.
        fields: Vec<FieldEdit>,
    },
    /// Goes on with a target that was rewritten on purpose (DESIGN §4).
    AcceptTarget {
        /// The target from now on.
        target: ObjectId,
        /// The tip that was seen of it and that it does not descend from, where one was: work may
        /// be lost although the rules are not.
        given_up: Option<ObjectId>,
        /// Why.
        reason: String,
    },
    /// Takes a workstation out of service, or back into it.
    Workstation {
        /// Which.
        name: WorkstationName,
        /// What is done to it.
        act: StationAct,
        /// Why.
        reason: String,
    },
    /// Takes a task.
    Claim(ClaimWish),
    /// Extends leases of the actor.
    Renew {
        /// Which tasks, each with the epoch held.
        tasks: Vec<(TaskId, Epoch)>,
    },
    /// Gives a task back.
    Release {
        /// Which.
        task: TaskId,
        /// Someone else's, by someone who may.
        force: bool,
        /// Why.
        reason: Option<String>,
        /// The commit that holds the work so far.
        saved: Option<ObjectId>,
    },
    /// Gives back all claims that have expired.
    Expire {
        /// The clock is right although it contradicts the ledger.
        trust_clock: bool,
    },
    /// Stops a task.
    Block {
        /// Which.
        task: TaskId,
        /// Why.
        reason: String,
        /// The task that must land first.
        by: Option<TaskId>,
        /// The commit that holds the work so far.
        saved: Option<ObjectId>,
    },
    /// Holds a task up, as its holder or as who plans (G6).
    Hold {
        /// Which.
        task: TaskId,
        /// Why.
        reason: String,
        /// The commit that holds the work so far.
        saved: Option<ObjectId>,
    },
    /// Says what was understood to be the scope, as the holder, or agrees (G4).
    Scope {
        /// Of which task.
        task: TaskId,
        /// What is said.
        act: ScopeRecord,
    },
    /// Starts or stops counting time (T8).
    Session {
        /// For which task.
        task: TaskId,
        /// Which of both.
        act: SessionAct,
    },
    /// Asks for an exception, or decides one (P23).
    Except {
        /// For which task.
        task: TaskId,
        /// What is asked.
        act: ExceptAct,
    },
    /// Ends a block.
    Unblock {
        /// Which.
        task: TaskId,
    },
    /// Gives a task up.
    Cancel {
        /// Which.
        task: TaskId,
        /// Why.
        reason: String,
        /// What happens to those that depend on it.
        dependents: Dependents,
    },
    /// Puts closed tasks into the archive.
    Archive(Closed),
    /// Takes tasks out of the archive.
    Restore(Recalled),
    /// Takes a closed task up again.
    Reopen {
        /// Which.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Gives a task back as it is: too large, or wrong.
    Return {
        /// Which.
        task: TaskId,
        /// Why.
        reason: String,
        /// The commit that holds the work so far.
        saved: Option<ObjectId>,
    },
    /// Adds a remark.
    Note {
        /// To which task.
        task: TaskId,
        /// The remark.
        text: String,
        /// It tells how the task ended (T10).
        resolution: bool,
    },
    /// Records checks that ran.
    Evidence {
        /// For which task.
        task: TaskId,
        /// What ran.
        evidence: Evidence,
    },
    /// Says what was seen of a change.
    Attest {
        /// Of which task.
        task: TaskId,
        /// What is said.
        attest: AttestWish,
    },
    /// Moves a task along its stage contract, or stops it there.
    Stage {
        /// Which task.
        task: TaskId,
        /// How.
        act: StageAct,
    },
    /// Submits a commit.
    Handoff {
        /// Of which task.
        task: TaskId,
        /// What is said with it.
        handoff: HandoffWish,
    },
    /// Judges a submission.
    Review {
        /// Of which task.
        task: TaskId,
        /// The judgement.
        review: ReviewWish,
    },
    /// Asks for a change of a contract.
    Request {
        /// In the name of which task.
        task: TaskId,
        /// Of which contract.
        contract: ContractName,
        /// What is needed, and why.
        text: String,
    },
    /// Decides a contract request.
    Decide {
        /// The task that asked.
        task: TaskId,
        /// What is decided.
        decision: Decision,
    },
    /// Takes or renews the merge slot.
    Landing {
        /// For which task.
        task: TaskId,
        /// The target to extend.
        onto: ObjectId,
        /// What will be the target.
        result: ObjectId,
        /// Until when the slot holds.
        until: Timestamp,
        /// The checks that ran for it: with them every gate must hold, and the target may move.
        evidence: Option<Evidence>,
    },
    /// Gives the merge slot back.
    DropLanding {
        /// Of which task.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Lands a submission; travels with the target.
    Land {
        /// Which.
        task: TaskId,
        /// The target it extends.
        onto: ObjectId,
        /// The new target.
        result: ObjectId,
        /// Checks that ran for this landing, where no gated landing has brought them before.
        evidence: Option<Evidence>,
    },
    /// A submission does not apply to the target any more: back to its lane.
    Conflict {
        /// Which.
        task: TaskId,
        /// The target it was replayed onto.
        onto: ObjectId,
    },
    /// A landing turned out not to be on the target.
    Unland {
        /// Of which task.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Work that reached the target by another way.
    Complete {
        /// Which task.
        task: TaskId,
        /// The commit on the target.
        commit: ObjectId,
        /// On the word of the actor, who may merge.
        on_my_word: bool,
    },
}

/// What is done about the stages of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageAct {
    /// Passes a stage that is passed by hand.
    Pass {
        /// Which.
        stage: Stage,
        /// Where it was done.
        workstation: Option<WorkstationName>,
        /// What shows it.
        note: Option<String>,
    },
    /// Approves a stage, as a person.
    Approve {
        /// Which.
        stage: Stage,
        /// Why.
        note: Option<String>,
    },
    /// Stops the task: something is missing (S9).
    Pause {
        /// What for.
        reason: String,
        /// The way on, if one is known.
        proposal: Option<Proposal>,
    },
    /// Goes on.
    Resume {
        /// Why.
        reason: Option<String>,
        /// With the machine that was proposed.
        accept: bool,
    },
}

/// What somebody says they saw of a change (G22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestWish {
    /// The class of evidence that it names.
    pub class: Tier,
    /// The commit it speaks of.
    pub commit: ObjectId,
    /// What was seen.
    pub text: String,
    /// Lines of the commit, as path and number from 1; git says what stands there.
    pub anchors: Vec<(String, u32)>,
    /// Files that show it.
    pub files: Vec<AttestedFile>,
    /// When it was seen, if that is said.
    pub observed_at: Option<Timestamp>,
}

/// What a worker says when it hands work off (P42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffWish {
    /// The branch tip.
    pub commit: ObjectId,
    /// Next slice.
    pub next: String,
    /// Risks and blockers.
    pub risks: Vec<String>,
    /// What the work does not prove.
    pub not_proven: Vec<String>,
    /// Owed by defects.
    pub root_cause: Option<RootCause>,
    /// What the proof command of the root cause did.
    pub proof: Option<Proof>,
}

impl HandoffWish {
    /// A handoff that says what comes next and no more.
    #[must_use]
    pub fn new(commit: ObjectId, next: impl Into<String>) -> Self {
        Self {
            commit,
            next: next.into(),
            risks: Vec::new(),
            not_proven: Vec::new(),
            root_cause: None,
            proof: None,
        }
    }
}

/// What a reviewer says (P47).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewWish {
    /// The submitted commit that was judged.
    pub commit: ObjectId,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Risks that are left although nothing was found.
    pub residual: Vec<String>,
    /// Paths whose change is approved by name.
    pub approves: Vec<String>,
    /// Only a design is there.
    pub design_only: bool,
    /// Where it was judged.
    pub workstation: Option<WorkstationName>,
}

impl ReviewWish {
    /// A bare verdict.
    #[must_use]
    pub fn new(commit: ObjectId, verdict: Verdict) -> Self {
        Self {
            commit,
            verdict,
            findings: Vec::new(),
            residual: Vec::new(),
            approves: Vec::new(),
            design_only: false,
            workstation: None,
        }
    }
}

/// What a claimer wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimWish {
    /// This task; none: the next ready one.
    pub task: Option<TaskId>,
    /// Work of this role.
    pub role: Option<RoleName>,
    /// In this lane.
    pub lane: Option<LaneName>,
    /// On this workstation; none: as the map routes.
    pub workstation: Option<WorkstationName>,
    /// The clock is right although it contradicts the ledger.
    pub trust_clock: bool,
    /// What the probes of the workstations that came into question gave.
    pub readiness: Vec<Readiness>,
    /// What the claimer knows of its quotas, by name: advice on record, which nothing judges (S10).
    pub quota: BTreeMap<String, String>,
    /// The work is done on another host than this one, with this reference as evidence that it
    /// was handed over there (S8).
    pub remote: Option<String>,
}

impl Verb {
    /// The word of the verb, as on the command line and in `Laneway-Op`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Add(_) | Self::AddFile { .. } => "add",
            Self::Import { .. } => "import",
            Self::Edit { .. } => "edit",
            Self::AcceptTarget { .. } => "accept-target",
            Self::Workstation { act, .. } => match act {
                StationAct::Quarantine => "workstation quarantine",
                StationAct::Retire => "workstation retire",
                StationAct::Restore => "workstation restore",
            },
            Self::Claim(_) => "claim",
            Self::Renew { .. } => "renew",
            Self::Release { .. } => "release",
            Self::Expire { .. } => "expire",
            Self::Block { .. } => "block",
            Self::Hold { .. } => "hold",
            Self::Scope { act, .. } => match act {
                ScopeRecord::Confirmed { .. } => "scope confirm",
                ScopeRecord::Go { .. } => "scope go",
            },
            Self::Session { act, .. } => match act {
                SessionAct::Start => "session start",
                SessionAct::Stop => "session stop",
            },
            Self::Except { .. } => "except",
            Self::Unblock { .. } => "unblock",
            Self::Cancel { .. } => "cancel",
            Self::Archive(_) => "archive",
            Self::Restore(_) => "restore",
            Self::Reopen { .. } => "reopen",
            Self::Return { .. } => "return",
            Self::Note { .. } => "note",
            Self::Evidence { .. } => "evidence",
            Self::Attest { .. } => "attest",
            Self::Stage { .. } => "stage",
            Self::Handoff { .. } => "handoff",
            Self::Review { .. } => "review",
            Self::Request { .. } => "request",
            Self::Decide { .. } => "decide",
            Self::Landing { .. } => "landing",
            Self::DropLanding { .. } => "drop-landing",
            Self::Land { .. } => "land",
            Self::Conflict { .. } => "conflict",
            Self::Unland { .. } => "unland",
            Self::Complete { .. } => "complete",
        }
    }

    /// What the verb is about to do, for people: `cannot hand off A-1`.
    #[must_use]
    pub fn intent(&self) -> &'static str {
        match self {
            Self::AcceptTarget { .. } => "accept the target",
            Self::Workstation { act, .. } => act.word(),
            Self::Note { .. } => "add a note to",
            Self::Evidence { .. } | Self::Attest { .. } => "record evidence for",
            Self::Scope { act, .. } => match act {
                ScopeRecord::Confirmed { .. } => "confirm the scope of",
                ScopeRecord::Go { .. } => "give the go for",
            },
            Self::Session { act, .. } => match act {
                SessionAct::Start => "start a session of",
                SessionAct::Stop => "stop the session of",
            },
            Self::Except { act, .. } => match act {
                ExceptAct::Ask { .. } => "ask for an exception for",
                ExceptAct::Approve { .. } => "approve an exception for",
                ExceptAct::Reject { .. } => "reject an exception for",
                ExceptAct::Revoke { .. } => "revoke an exception for",
            },
            Self::Stage { act, .. } => match act {
                StageAct::Pass { .. } => "pass a stage of",
                StageAct::Approve { .. } => "approve a stage of",
                StageAct::Pause { .. } => "pause",
                StageAct::Resume { .. } => "resume",
            },
            Self::Handoff { .. } => "hand off",
            Self::Request { .. } => "ask for a contract change in the name of",
            Self::Decide { .. } => "decide a request of",
            Self::Landing { .. } | Self::Land { .. } | Self::Conflict { .. } => "merge",
            Self::DropLanding { .. } => "free the merge slot of",
            Self::Unland { .. } => "undo the landing of",
            _ => self.word(),
        }
    }

    /// The one task that the verb names, if it names one.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Claim(wish) => wish.task.as_ref(),
            Self::Edit { task, .. }
            | Self::Release { task, .. }
            | Self::Block { task, .. }
            | Self::Hold { task, .. }
            | Self::Scope { task, .. }
            | Self::Session { task, .. }
            | Self::Except { task, .. }
            | Self::Unblock { task }
            | Self::Cancel { task, .. }
            | Self::Reopen { task, .. }
            | Self::Return { task, .. }
            | Self::Note { task, .. }
            | Self::Evidence { task, .. }
            | Self::Attest { task, .. }
            | Self::Stage { task, .. }
            | Self::Handoff { task, .. }
            | Self::Review { task, .. }
            | Self::Request { task, .. }
            | Self::Decide { task, .. }
            | Self::Landing { task, .. }
            | Self::DropLanding { task, .. }
            | Self::Land { task, .. }
            | Self::Conflict { task, .. }
            | Self::Unland { task, .. }
            | Self::Complete { task, .. } => Some(task),
            Self::Add(new) => match new.as_slice() {
                [only] => Some(&only.task.id),
                _ => None,
            },
            Self::Renew { tasks } => match tasks.as_slice() {
                [(only, _)] => Some(only),
                _ => None,
            },
            Self::Archive(Closed::Tasks(tasks)) | Self::Restore(Recalled::Tasks(tasks)) => {
                match tasks.as_slice() {
                    [only] => Some(only),
                    _ => None,
                }
            }
            Self::Init(_)
            | Self::Archive(_)
            | Self::Restore(_)
            | Self::AddFile { .. }
            | Self::Import { .. }
            | Self::AcceptTarget { .. }
            | Self::Workstation { .. }
            | Self::Expire { .. } => None,
        }
    }

    /// The places of the plan files that the verb brings to the ledger.
    pub fn plan_files(&self) -> impl Iterator<Item = &str> {
        let (one, many): (Option<&String>, &[ImportFile]) = match self {
            Self::AddFile { path, .. } => (Some(path), &[]),
            Self::Import { files, .. } => (None, files),
            _ => (None, &[]),
        };
        let many = many.iter().map(|file| &file.path);
        one.into_iter().chain(many).map(String::as_str)
    }

    /// The range of commits that the decision asks git about.
    #[must_use]
    pub fn range(&self) -> Option<RangeWanted> {
        match self {
            Self::Handoff { handoff, .. } => Some(RangeWanted::Submitted {
                tip: handoff.commit,
            }),
            Self::Attest { attest, .. } => Some(RangeWanted::Submitted { tip: attest.commit }),
            Self::Landing { onto, .. } | Self::Land { onto, .. } | Self::Conflict { onto, .. } => {
                Some(RangeWanted::Landing { onto: *onto })
            }
            Self::Complete { commit, .. } => Some(RangeWanted::Completed { commit: *commit }),
            _ => None,
        }
    }
}

/// Which facts about a range the decision asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeWanted {
    /// A commit to be handed off, against the target.
    Submitted {
        /// The branch tip.
        tip: ObjectId,
    },
    /// The task's submission, replayed onto a target.
    Landing {
        /// The target.
        onto: ObjectId,
    },
    /// The task's submission, replayed onto the parent of a commit of the target.
    Completed {
        /// The commit on the target.
        commit: ObjectId,
    },
}
