//! Append-only records of a task: what happened and what was found.

use std::collections::BTreeMap;

use super::contract_request::{ContractRequest, Decision};
use super::exception::{ExceptionRecord, Override};
use super::id::{AgentName, ObjectId, WorkstationName};
use super::policy::Strategy;
use super::progress::Gap;
use super::scope::ScopeRecord;
use super::session::SessionRecord;
use super::stage::Stage;
use super::state::Epoch;
use super::task::{Tier, words};
use super::time::Timestamp;

/// One record of a task's state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts from 1 within the task.
    pub n: u32,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: AgentName,
    /// Under which epoch.
    pub epoch: Epoch,
    /// What.
    pub body: RecordBody,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordBody {
    /// Work handed off (P42).
    Handoff(Handoff),
    /// Checks that ran (P36).
    Evidence(Evidence),
    /// What somebody says they saw of a change (G22).
    Attestation(Attestation),
    /// A verdict (P47).
    Review(Review),
    /// The workstation that a claim got, and why not another (I1, S10).
    Routing(Routing),
    /// A remark.
    Note {
        /// The remark.
        text: String,
        /// It tells how the task ended (T10).
        resolution: bool,
    },
    /// A contract change that is asked for (P28).
    Request(ContractRequest),
    /// What was decided about it (P28).
    Decision(Decision),
    /// A stage that was passed or approved by hand (S2).
    Stage(StageRecord),
    /// A pause, or its end (S9).
    Gap(GapRecord),
    /// What was said about the scope (G4).
    Scope(ScopeRecord),
    /// A work session that ended (T8).
    Session(SessionRecord),
    /// A step of an exception (P23).
    Exception(ExceptionRecord),
    /// A gate that was lifted (G19).
    Override(Override),
    /// A task that was given back, taken over, reopened, conflicted, …: the reason stays.
    Event {
        /// The event's word.
        event: String,
        /// Why.
        reason: String,
    },
}

impl RecordBody {
    /// The word used in files.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Handoff(_) => "handoff",
            Self::Evidence(_) => "evidence",
            Self::Attestation(_) => "attestation",
            Self::Review(_) => "review",
            Self::Routing(_) => "routing",
            Self::Note { .. } => "note",
            Self::Request(_) => "request",
            Self::Decision(_) => "decision",
            Self::Stage(_) => "stage",
            Self::Gap(_) => "gap",
            Self::Scope(_) => "scope",
            Self::Session(_) => "session",
            Self::Exception(_) => "exception",
            Self::Override(_) => "override",
            Self::Event { .. } => "event",
        }
    }
}

/// Which workstation a claim got, and what it went by. It stands in the ledger commit of the claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// How was chosen.
    pub strategy: Strategy,
    /// Which it got.
    pub workstation: WorkstationName,
    /// Why this one.
    pub why: String,
    /// The others that it could have got, in the order of the map.
    pub rejected: Vec<PassedOver>,
    /// What the probes of the workstation gave.
    pub readiness: Vec<ProbeSeen>,
    /// What the agent had left of what it may use, as it said; advice only.
    pub quota: BTreeMap<String, String>,
    /// The evidence that the work was handed over to another host.
    pub remote: Option<String>,
}

/// A workstation that a claim could have got, and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Which.
    pub workstation: WorkstationName,
    /// Why not.
    pub reason: String,
}

/// What a probe gave, as a record keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSeen {
    /// The probe.
    pub name: String,
    /// Whether what it looks at was ready.
    pub ready: bool,
    /// What was seen.
    pub detail: String,
}

/// The return of a worker (P42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// The branch tip.
    pub commit: ObjectId,
    /// Its merge base with the target.
    pub base: ObjectId,
    /// Stable patch id of base..commit.
    pub change_key: String,
    /// Commits handed off, oldest first.
    pub commits: Vec<ObjectId>,
    /// Files changed.
    pub files: Vec<String>,
    /// Next slice.
    pub next: String,
    /// Risks and blockers.
    pub risks: Vec<String>,
    /// What the work does not prove (G22).
    pub not_proven: Vec<String>,
    /// Root cause of a defect (P43).
    pub root_cause: Option<RootCause>,
    /// What the proof command of the root cause did before and after the change.
    pub proof: Option<Proof>,
    /// Changed files that no finding of the review names that sent the work back (G5).
    pub outside: Vec<String>,
    /// The host it was handed off on.
    pub host: Option<String>,
}

/// Whether the proof command of a root cause shows the fault, and its absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It ran on the base of the change and on the change.
    Ran {
        /// On the base: it fails where the fault is.
        before: CheckRun,
        /// On the change: it passes.
        after: CheckRun,
    },
    /// It could not be run.
    NotRun {
        /// Why.
        reason: String,
    },
}

/// What a defect owes (P43).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCause {
    /// One sentence.
    pub text: String,
    /// Owning layer or file.
    pub layer: String,
    /// Command that shows the fault before and its absence after.
    pub proof: String,
}

/// Checks that ran on one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The commit they ran on.
    pub commit: ObjectId,
    /// Tree id of that commit without `governance/`.
    pub content_key: ObjectId,
    /// Each command.
    pub checks: Vec<CheckRun>,
    /// On which host.
    pub host: String,
    /// On which workstation, as the claim says.
    pub workstation: Option<WorkstationName>,
    /// In a temporary worktree that holds the commit and nothing else.
    pub clean: bool,
}

impl Evidence {
    /// Evidence of checks that ran in a lane's worktree.
    #[must_use]
    pub fn new(commit: ObjectId, content_key: ObjectId, host: impl Into<String>) -> Self {
        Self {
            commit,
            content_key,
            checks: Vec::new(),
            host: host.into(),
            workstation: None,
            clean: false,
        }
    }
}

/// One command that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// The command as planned.
    pub command: String,
    /// Its exit code; none when a signal or the time limit ended it.
    pub exit: Option<i32>,
    /// Milliseconds it took.
    pub millis: u64,
    /// SHA-256 of its output.
    pub digest: String,
    /// The end of its output.
    pub tail: String,
}

impl CheckRun {
    /// Whether it passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.exit == Some(0)
    }
}

/// What somebody says they saw of a change. What it counts as is for
/// [`worth`](super::evidence::worth) to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The class of evidence that it names.
    pub class: Tier,
    /// The commit it speaks of.
    pub commit: ObjectId,
    /// The change it is bound to.
    pub change_key: String,
    /// When that commit was made, by its own word.
    pub changed_at: Timestamp,
    /// What was seen.
    pub text: String,
    /// Lines of that commit.
    pub anchors: Vec<Anchor>,
    /// Files that show it.
    pub files: Vec<AttestedFile>,
    /// When it was seen, if that is said.
    pub observed_at: Option<Timestamp>,
}

/// A line of a commit, as git has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// What stands there; a long line is cut.
    pub text: String,
}

/// A file that shows something, as the tool measured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedFile {
    /// Its path, as it was given.
    pub path: String,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A verdict on handed-off work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The verdict.
    pub verdict: Verdict,
    /// The change it judges.
    pub change_key: String,
    /// What was found; empty only when `no_findings` was said.
    pub findings: Vec<Finding>,
    /// Risks that are left although nothing was found (P47).
    pub residual: Vec<String>,
    /// Paths whose change is approved by name: deleted or shrunk tests, changed checks (P61).
    pub approves: Vec<String>,
    /// Whether the work is there or only its design (P39).
    pub design_only: bool,
    /// Where it was judged, as the reviewer says (I18).
    pub workstation: Option<WorkstationName>,
    /// On which host it was judged.
    pub host: Option<String>,
}

impl Review {
    /// A bare verdict on a change.
    #[must_use]
    pub fn new(change_key: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            verdict,
            change_key: change_key.into(),
            findings: Vec::new(),
            residual: Vec::new(),
            approves: Vec::new(),
            design_only: false,
            workstation: None,
            host: None,
        }
    }
}

words! {
    /// A reviewer's verdict (G12).
    Verdict {
        /// It may land.
        Accept = "accept",
        /// It goes back with findings.
        Revise = "revise",
        /// It goes back to the queue.
        Reject = "reject",
        /// It stops.
        Block = "block",
    }
}

/// One finding of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad: `critical`, `major`, `minor`, `note`.
    pub severity: String,
    /// Where.
    pub file: String,
    /// What.
    pub text: String,
    /// What it does to users or to the work of others.
    pub impact: Option<String>,
    /// What would mend it.
    pub fix: Option<String>,
}

impl Finding {
    /// A finding that says no more than what was found.
    #[must_use]
    pub fn new(severity: Severity, file: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            severity: severity.word().to_owned(),
            file: file.into(),
            text: text.into(),
            impact: None,
            fix: None,
        }
    }
}

words! {
    /// How bad a finding is, worst first (P47).
    Severity {
        /// It must not land.
        Critical = "critical",
        /// It should not land.
        Major = "major",
        /// It may land and be mended later.
        Minor = "minor",
        /// A remark.
        Note = "note",
    }
}

words! {
    /// What was done about a stage.
    StageDeed {
        /// It was passed.
        Passed = "passed",
        /// A person approved it.
        Approved = "approved",
    }
}

/// A stage that was passed or approved by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRecord {
    /// Which.
    pub stage: Stage,
    /// What was done.
    pub deed: StageDeed,
    /// Where.
    pub workstation: Option<WorkstationName>,
    /// Whether somebody stood in for the agent named.
    pub fallback: bool,
    /// What shows it.
    pub note: Option<String>,
}

/// A pause, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapRecord {
    /// What is missing since.
    Opened(Gap),
    /// It is gone on.
    Closed {
        /// Why.
        reason: Option<String>,
        /// The proposed machine that was accepted.
        admitted: Option<WorkstationName>,
    },
}
