//! The records of a state file: one mapping each, its keys told by `kind`.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::attestation::{AnchorEntry, AttestedFileEntry};
use super::contract_request::{ContractRequestEntry, DecisionEntry};
use super::exception::{ExceptionEntry, OverrideEntry};
use super::is_default;
use super::progress::{GapRecordEntry, StageRecordEntry};
use super::routing::RoutingDecisionEntry;
use super::session::{ScopeEntry, SessionRecordEntry};
use crate::domain::id::{AgentName, ObjectId, WorkstationName};
use crate::domain::record::{
    Anchor, Attestation, AttestedFile, CheckRun, Evidence, Finding, Handoff, Proof, Record,
    RecordBody, Review, RootCause, Severity, Verdict,
};
use crate::domain::state::Epoch;
use crate::domain::task::{Tier, words};
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::Place;
use crate::ledger::format::shape::{self, Shape};
use crate::ledger::format::text::{Text, texts};

words! {
    /// What a record is.
    RecordKind {
        /// Work handed off.
        Handoff = "handoff",
        /// Checks that ran.
        Evidence = "evidence",
        /// What somebody says they saw.
        Attestation = "attestation",
        /// A verdict.
        Review = "review",
        /// The workstation that a claim got.
        Routing = "routing",
        /// A remark.
        Note = "note",
        /// A contract change that is asked for.
        Request = "request",
        /// What was decided about it.
        Decision = "decision",
        /// A stage passed or approved.
        Stage = "stage",
        /// A pause, or its end.
        Gap = "gap",
        /// What was said about the scope.
        Scope = "scope",
        /// A work session that ended.
        Session = "session",
        /// A step of an exception.
        Exception = "exception",
        /// A gate that was lifted.
        Override = "override",
        /// Something that happened, and why.
        Event = "event",
    }
}

/// The keys of each kind, beyond `n`, `kind`, `at`, `by` and `epoch`.
const SHAPES: &[Shape] = &[
    Shape {
        word: "handoff",
        required: &["commit", "base", "change_key", "next"],
        optional: &[
            "commits",
            "files",
            "risks",
            "not_proven",
            "root_cause",
            "proof",
            "outside",
            "host",
        ],
    },
    Shape {
        word: "evidence",
        required: &["commit", "content_key", "host"],
        optional: &["checks", "workstation", "clean"],
    },
    Shape {
        word: "attestation",
        required: &["commit", "change_key", "changed_at", "class", "text"],
        optional: &["anchors", "attested", "observed_at"],
    },
    Shape {
        word: "review",
        required: &["change_key", "verdict"],
        optional: &[
            "findings",
            "residual",
            "approves",
            "design_only",
            "workstation",
            "host",
        ],
    },
    Shape {
        word: "routing",
        required: &["routing"],
        optional: &[],
    },
    Shape {
        word: "note",
        required: &["text"],
        optional: &["resolution"],
    },
    Shape {
        word: "request",
        required: &["request"],
        optional: &[],
    },
    Shape {
        word: "decision",
        required: &["decision"],
        optional: &[],
    },
    Shape {
        word: "stage",
        required: &["stage"],
        optional: &[],
    },
    Shape {
        word: "gap",
        required: &["gap"],
        optional: &[],
    },
    Shape {
        word: "scope",
        required: &["scope"],
        optional: &[],
    },
    Shape {
        word: "session",
        required: &["session"],
        optional: &[],
    },
    Shape {
        word: "exception",
        required: &["exception"],
        optional: &[],
    },
    Shape {
        word: "override",
        required: &["override"],
        optional: &[],
    },
    Shape {
        word: "event",
        required: &["event", "reason"],
        optional: &[],
    },
];

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = by_kind)]
pub struct RecordEntry {
    /// Counts from 1 within the task, without gaps.
    #[schemars(range(min = 1))]
    pub n: u32,
    /// What the record is; decides its other keys.
    pub kind: Text<RecordKind>,
    /// When.
    pub at: Text<Timestamp>,
    /// By whom.
    pub by: Text<AgentName>,
    /// Under which epoch.
    pub epoch: u32,
    /// The commit handed off, or the one that checks ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text<ObjectId>>,
    /// The merge base of the commit with the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Text<ObjectId>>,
    /// The stable patch id of base..commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_key: Option<String>,
    /// The tree of the commit without `governance/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_key: Option<Text<ObjectId>>,
    /// The commits handed off, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Text<ObjectId>>,
    /// The files changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The next slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Risks and blockers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<String>,
    /// The root cause of a defect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootCauseEntry>,
    /// What the proof command of the root cause did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofEntry>,
    /// What the work does not prove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_proven: Vec<String>,
    /// Changed files that no finding names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// The host that it happened on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The checks that ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckEntry>,
    /// The workstation that it happened on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workstation: Option<Text<WorkstationName>>,
    /// Whether checks ran in a temporary worktree.
    #[serde(default, skip_serializing_if = "is_default")]
    pub clean: bool,
    /// The class of evidence that an attestation names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Text<Tier>>,
    /// Lines of the commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<AnchorEntry>,
    /// Files that show something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attested: Vec<AttestedFileEntry>,
    /// When the commit was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Text<Timestamp>>,
    /// When it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Text<Timestamp>>,
    /// The verdict of a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Text<Verdict>>,
    /// Whether only the design of the work is there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub design_only: bool,
    /// What a review found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingEntry>,
    /// Risks that are left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub residual: Vec<String>,
    /// Paths whose change is approved by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approves: Vec<String>,
    /// The workstation that a claim got, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutingDecisionEntry>,
    /// The remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the remark tells how the task ended.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resolution: bool,
    /// The contract change that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ContractRequestEntry>,
    /// What was decided about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionEntry>,
    /// The stage that was passed or approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageRecordEntry>,
    /// The pause, or its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapRecordEntry>,
    /// What was said about the scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeEntry>,
    /// The session that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionRecordEntry>,
    /// The step of an exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ExceptionEntry>,
    /// The gate that was lifted.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub lifted: Option<OverrideEntry>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Why it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a defect owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootCauseEntry {
    /// One sentence.
    pub text: String,
    /// The owning layer or file.
    pub layer: String,
    /// A command that shows the fault before and its absence after.
    pub proof: String,
}

/// One command that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckEntry {
    /// The command as planned.
    pub command: String,
    /// Its exit code; none when a signal or the time limit ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The milliseconds it took.
    pub millis: u64,
    /// The SHA-256 of its output.
    pub digest: String,
    /// The end of its output.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tail: String,
}

/// One finding of a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingEntry {
    /// How bad it is.
    pub severity: Text<Severity>,
    /// Where.
    pub file: String,
    /// What.
    pub text: String,
    /// What it does to users or to the work of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// What would mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// What the proof command of a root cause did: two runs, or the reason why there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProofEntry {
    /// It ran.
    Ran {
        /// On the base of the change.
        before: CheckEntry,
        /// On the change.
        after: CheckEntry,
    },
    /// It could not be run.
    NotRun {
        /// Why.
        reason: String,
    },
}

fn by_kind(schema: &mut Schema) {
    schema.insert("allOf".to_owned(), shape::by_tag("kind", SHAPES));
}

impl RecordEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Record> {
        let kind = at.text("kind", self.kind.clone())?;
        let shape = SHAPES.iter().find(|shape| shape.word == kind.word())?;
        if !shape.check(at, &self.present()) {
            return None;
        }
        let n = self.n;
        let epoch = Epoch(self.epoch);
        let moment = at.text("at", self.at.clone());
        let by = at.text("by", self.by.clone());
        let body = self.body(at, kind)?;
        Some(Record {
            n,
            at: moment?,
            by: by?,
            epoch,
            body,
        })
    }

    /// Every key that depends on the kind, and whether it is there.
    fn present(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("commit", self.commit.is_some()),
            ("base", self.base.is_some()),
            ("change_key", self.change_key.is_some()),
            ("content_key", self.content_key.is_some()),
            ("commits", !self.commits.is_empty()),
            ("files", !self.files.is_empty()),
            ("next", self.next.is_some()),
            ("risks", !self.risks.is_empty()),
            ("root_cause", self.root_cause.is_some()),
            ("not_proven", !self.not_proven.is_empty()),
            ("proof", self.proof.is_some()),
            ("outside", !self.outside.is_empty()),
            ("host", self.host.is_some()),
            ("workstation", self.workstation.is_some()),
            ("clean", self.clean),
            ("class", self.class.is_some()),
            ("anchors", !self.anchors.is_empty()),
            ("attested", !self.attested.is_empty()),
            ("changed_at", self.changed_at.is_some()),
            ("observed_at", self.observed_at.is_some()),
            ("residual", !self.residual.is_empty()),
            ("approves", !self.approves.is_empty()),
            ("checks", !self.checks.is_empty()),
            ("verdict", self.verdict.is_some()),
            ("design_only", self.design_only),
            ("findings", !self.findings.is_empty()),
            ("routing", self.routing.is_some()),
            ("text", self.text.is_some()),
            ("resolution", self.resolution),
            ("request", self.request.is_some()),
            ("decision", self.decision.is_some()),
            ("stage", self.stage.is_some()),
            ("gap", self.gap.is_some()),
            ("scope", self.scope.is_some()),
            ("session", self.session.is_some()),
            ("exception", self.exception.is_some()),
            ("override", self.lifted.is_some()),
            ("event", self.event.is_some()),
            ("reason", self.reason.is_some()),
        ]
    }

    /// The body, once the shape has been checked.
    fn body(self, at: &Place<'_>, kind: RecordKind) -> Option<RecordBody> {
        let commit = at.maybe("commit", self.commit);
        let workstation = at.maybe("workstation", self.workstation);
        Some(match kind {
            RecordKind::Handoff => {
                let base = at.maybe("base", self.base);
                let commits = at.list("commits", self.commits);
                RecordBody::Handoff(Handoff {
                    commit: commit?,
                    base: base?,
                    change_key: self.change_key?,
                    commits,
                    files: self.files,
                    next: self.next?,
                    risks: self.risks,
                    not_proven: self.not_proven,
                    root_cause: self.root_cause.map(RootCause::from),
                    proof: self.proof.map(Proof::from),
                    outside: self.outside,
                    host: self.host,
                })
            }
            RecordKind::Evidence => {
                let content_key = at.maybe("content_key", self.content_key);
                RecordBody::Evidence(Evidence {
                    commit: commit?,
                    content_key: content_key?,
                    checks: self.checks.into_iter().map(CheckRun::from).collect(),
                    host: self.host?,
                    workstation,
                    clean: self.clean,
                })
            }
            RecordKind::Attestation => {
                let class = at.maybe("class", self.class);
                let changed_at = at.maybe("changed_at", self.changed_at);
                let observed_at = at.maybe("observed_at", self.observed_at);
                RecordBody::Attestation(Attestation {
                    class: class?,
                    commit: commit?,
                    change_key: self.change_key?,
                    changed_at: changed_at?,
                    text: self.text?,
                    anchors: self.anchors.into_iter().map(Anchor::from).collect(),
                    files: self.attested.into_iter().map(AttestedFile::from).collect(),
                    observed_at,
                })
            }
            RecordKind::Review => {
                let verdict = at.maybe("verdict", self.verdict);
                let findings =
                    at.items("findings", self.findings, |at, finding| finding.convert(at));
                RecordBody::Review(Review {
                    verdict: verdict?,
                    change_key: self.change_key?,
                    findings,
                    residual: self.residual,
                    approves: self.approves,
                    design_only: self.design_only,
                    workstation,
                    host: self.host,
                })
            }
            RecordKind::Routing => RecordBody::Routing(self.routing?.convert(&at.key("routing"))?),
            RecordKind::Note => RecordBody::Note {
                text: self.text?,
                resolution: self.resolution,
            },
            RecordKind::Request => RecordBody::Request(self.request?.convert(&at.key("request"))?),
            RecordKind::Decision => {
                RecordBody::Decision(self.decision?.convert(&at.key("decision"))?)
            }
            RecordKind::Stage => RecordBody::Stage(self.stage?.convert(&at.key("stage"))?),
            RecordKind::Gap => RecordBody::Gap(self.gap?.convert(&at.key("gap"))?),
            RecordKind::Scope => RecordBody::Scope(self.scope?.into()),
            RecordKind::Session => RecordBody::Session(self.session?.convert(&at.key("session"))?),
            RecordKind::Exception => {
                RecordBody::Exception(self.exception?.convert(&at.key("exception"))?)
            }
            RecordKind::Override => {
                RecordBody::Override(self.lifted?.convert(&at.key("override"))?)
            }
            RecordKind::Event => RecordBody::Event {
                event: self.event?,
                reason: self.reason?,
            },
        })
    }

    /// The head of a record, with the keys of no kind.
    fn head(record: &Record, kind: RecordKind) -> Self {
        Self {
            n: record.n,
            kind: kind.into(),
            at: record.at.into(),
            by: record.by.clone().into(),
            epoch: record.epoch.0,
            commit: None,
            base: None,
            change_key: None,
            content_key: None,
            commits: Vec::new(),
            files: Vec::new(),
            next: None,
            risks: Vec::new(),
            root_cause: None,
            proof: None,
            not_proven: Vec::new(),
            outside: Vec::new(),
            host: None,
            workstation: None,
            clean: false,
            class: None,
            anchors: Vec::new(),
            attested: Vec::new(),
            changed_at: None,
            observed_at: None,
            checks: Vec::new(),
            verdict: None,
            design_only: false,
            findings: Vec::new(),
            residual: Vec::new(),
            approves: Vec::new(),
            routing: None,
            text: None,
            resolution: false,
            request: None,
            decision: None,
            stage: None,
            gap: None,
            scope: None,
            session: None,
            exception: None,
            lifted: None,
            event: None,
            reason: None,
        }
    }
}

impl From<&Record> for RecordEntry {
    fn from(record: &Record) -> Self {
        match &record.body {
            RecordBody::Handoff(handoff) => Self {
                commit: Some(handoff.commit.into()),
                base: Some(handoff.base.into()),
                change_key: Some(handoff.change_key.clone()),
                commits: texts(&handoff.commits),
                files: handoff.files.clone(),
                next: Some(handoff.next.clone()),
                risks: handoff.risks.clone(),
                root_cause: handoff.root_cause.as_ref().map(RootCauseEntry::from),
                proof: handoff.proof.as_ref().map(ProofEntry::from),
                not_proven: handoff.not_proven.clone(),
                outside: handoff.outside.clone(),
                host: handoff.host.clone(),
                ..Self::head(record, RecordKind::Handoff)
            },
            RecordBody::Evidence(evidence) => Self {
                commit: Some(evidence.commit.into()),
                content_key: Some(evidence.content_key.into()),
                host: Some(evidence.host.clone()),
                checks: evidence.checks.iter().map(CheckEntry::from).collect(),
                workstation: evidence.workstation.clone().map(Text::from),
                clean: evidence.clean,
                ..Self::head(record, RecordKind::Evidence)
            },
            RecordBody::Attestation(said) => Self {
                class: Some(said.class.into()),
                commit: Some(said.commit.into()),
                change_key: Some(said.change_key.clone()),
                text: Some(said.text.clone()),
                anchors: said.anchors.iter().map(AnchorEntry::from).collect(),
                attested: said.files.iter().map(AttestedFileEntry::from).collect(),
                changed_at: Some(said.changed_at.into()),
                observed_at: said.observed_at.map(Text::from),
                ..Self::head(record, RecordKind::Attestation)
            },
            RecordBody::Review(review) => Self {
                change_key: Some(review.change_key.clone()),
                verdict: Some(review.verdict.into()),
                design_only: review.design_only,
                findings: review.findings.iter().map(FindingEntry::from).collect(),
                residual: review.residual.clone(),
                approves: review.approves.clone(),
                workstation: review.workstation.clone().map(Text::from),
                host: review.host.clone(),
                ..Self::head(record, RecordKind::Review)
            },
            RecordBody::Routing(routing) => Self {
                routing: Some(routing.into()),
                ..Self::head(record, RecordKind::Routing)
            },
            RecordBody::Note { text, resolution } => Self {
                text: Some(text.clone()),
                resolution: *resolution,
                ..Self::head(record, RecordKind::Note)
            },
            RecordBody::Request(request) => Self {
                request: Some(request.into()),
                ..Self::head(record, RecordKind::Request)
            },
            RecordBody::Decision(decision) => Self {
                decision: Some(decision.into()),
                ..Self::head(record, RecordKind::Decision)
            },
            RecordBody::Stage(stage) => Self {
                stage: Some(stage.into()),
                ..Self::head(record, RecordKind::Stage)
            },
            RecordBody::Gap(gap) => Self {
                gap: Some(gap.into()),
                ..Self::head(record, RecordKind::Gap)
            },
            RecordBody::Scope(scope) => Self {
                scope: Some(scope.into()),
                ..Self::head(record, RecordKind::Scope)
            },
            RecordBody::Session(session) => Self {
                session: Some(session.into()),
                ..Self::head(record, RecordKind::Session)
            },
            RecordBody::Exception(exception) => Self {
                exception: Some(exception.into()),
                ..Self::head(record, RecordKind::Exception)
            },
            RecordBody::Override(used) => Self {
                lifted: Some(used.into()),
                ..Self::head(record, RecordKind::Override)
            },
            RecordBody::Event { event, reason } => Self {
                event: Some(event.clone()),
                reason: Some(reason.clone()),
                ..Self::head(record, RecordKind::Event)
            },
        }
    }
}

impl From<RootCauseEntry> for RootCause {
    fn from(RootCauseEntry { text, layer, proof }: RootCauseEntry) -> Self {
        Self { text, layer, proof }
    }
}

impl From<&RootCause> for RootCauseEntry {
    fn from(cause: &RootCause) -> Self {
        let RootCause { text, layer, proof } = cause.clone();
        Self { text, layer, proof }
    }
}

impl From<ProofEntry> for Proof {
    fn from(proof: ProofEntry) -> Self {
        match proof {
            ProofEntry::Ran { before, after } => Self::Ran {
                before: before.into(),
                after: after.into(),
            },
            ProofEntry::NotRun { reason } => Self::NotRun { reason },
        }
    }
}

impl From<&Proof> for ProofEntry {
    fn from(proof: &Proof) -> Self {
        match proof {
            Proof::Ran { before, after } => Self::Ran {
                before: before.into(),
                after: after.into(),
            },
            Proof::NotRun { reason } => Self::NotRun {
                reason: reason.clone(),
            },
        }
    }
}

impl From<CheckEntry> for CheckRun {
    fn from(check: CheckEntry) -> Self {
        Self {
            command: check.command,
            exit: check.exit,
            millis: check.millis,
            digest: check.digest,
            tail: check.tail,
        }
    }
}

impl From<&CheckRun> for CheckEntry {
    fn from(check: &CheckRun) -> Self {
        Self {
            command: check.command.clone(),
            exit: check.exit,
            millis: check.millis,
            digest: check.digest.clone(),
            tail: check.tail.clone(),
        }
    }
}

impl FindingEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Finding> {
        Some(Finding {
            severity: at.text("severity", self.severity)?.word().to_owned(),
            file: self.file,
            text: self.text,
            impact: self.impact,
            fix: self.fix,
        })
    }
}

impl From<&Finding> for FindingEntry {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: Text::written(&finding.severity),
            file: finding.file.clone(),
            text: finding.text.clone(),
            impact: finding.impact.clone(),
            fix: finding.fix.clone(),
        }
    }
}
