//! The envelope around every answer (DESIGN §6).

use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::NewCommand;
use crate::domain::id::ObjectId;
use crate::domain::refusal::{Alternative, Holder, RefusalKind, Unmet};

/// Name and version of the contract.
pub const SCHEMA: &str = "laneway/v1";

/// Every answer of laneway to a program.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Envelope<T> {
    /// `laneway/v1`.
    pub schema: &'static str,
    /// The command that was run, such as `claim`.
    pub command: String,
    /// Whether it did what was asked; `false` goes with an exit code other than 0.
    pub ok: bool,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// The ledger that was read or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerView>,
}

/// Which ledger, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LedgerView {
    /// The ref that was read.
    #[serde(rename = "ref")]
    pub name: String,
    /// Its commit; of a mutation the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl LedgerView {
    /// A ledger at a commit.
    #[must_use]
    pub fn new(name: &str, commit: Option<ObjectId>) -> Self {
        Self {
            name: name.to_owned(),
            commit: commit.map(|commit| commit.to_string()),
        }
    }
}

/// Why an answer is no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErrorView {
    /// The exit code (DESIGN §6).
    pub code: u8,
    /// The sort of error, such as `conflict`, `refused`, `unreadable`.
    pub kind: String,
    /// What was refused, and because of which fact.
    pub message: String,
    /// The task it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Who holds what stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderView>,
    /// The epoch in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// The gate that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// All conditions that do not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<UnmetView>,
    /// Commands that nobody trusted here and that are like one that was, with what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ChangedCommandView>,
    /// What to do next.
    pub hints: Vec<String>,
}

/// A command that is like one that was trusted before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedCommandView {
    /// The command.
    pub command: String,
    /// The trusted one.
    pub was: String,
    /// What differs, word by word: `make [-test-]{+check+} all`.
    pub difference: String,
}

impl ChangedCommandView {
    /// Those of the commands that are like a trusted one.
    pub fn among<'a>(commands: impl IntoIterator<Item = &'a NewCommand>) -> Vec<Self> {
        let changed = |new: &NewCommand| {
            Some(Self {
                command: new.command.clone(),
                was: new.was.clone()?,
                difference: new.difference()?,
            })
        };
        commands.into_iter().filter_map(changed).collect()
    }
}

/// Who holds what stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolderView {
    /// The task in whose name it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The lane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// Until when (RFC 3339), if it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A condition that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnmetView {
    /// The gate.
    pub gate: String,
    /// `conflict` (waiting may help) or `rule`.
    pub kind: String,
    /// Whether it only warns.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub warning: bool,
    /// The fact.
    pub message: String,
    /// What sort of fact it is: `missing` (no such workstation), `map` (the identity map does not
    /// give it), `readiness` (the workstation cannot take work), `sequencing` (something else comes
    /// first), `occupied` (somebody else has it) or `other`.
    pub class: String,
    /// The workstation it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderView>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Machines that could do the work instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<AlternativeView>,
}

/// A machine that could do the work instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AlternativeView {
    /// The machine.
    pub workstation: String,
    /// The command that leads there.
    pub command: String,
}

impl From<&Alternative> for AlternativeView {
    fn from(alternative: &Alternative) -> Self {
        Self {
            workstation: alternative.workstation.to_string(),
            command: alternative.command.clone(),
        }
    }
}

impl From<&Holder> for HolderView {
    fn from(holder: &Holder) -> Self {
        Self {
            task: holder.task.as_ref().map(ToString::to_string),
            agent: holder.agent.as_ref().map(ToString::to_string),
            lane: holder.lane.as_ref().map(ToString::to_string),
            until: holder.until.map(|until| until.to_string()),
        }
    }
}

impl From<&Unmet> for UnmetView {
    fn from(unmet: &Unmet) -> Self {
        let kind = match unmet.kind {
            RefusalKind::Nothing => "nothing",
            RefusalKind::Conflict => "conflict",
            RefusalKind::Rule => "rule",
        };
        Self {
            gate: unmet.gate.to_owned(),
            kind: kind.to_owned(),
            warning: unmet.warning,
            message: unmet.message.clone(),
            class: unmet.class().word().to_owned(),
            workstation: unmet.workstation.as_ref().map(ToString::to_string),
            holder: unmet.holder.as_ref().map(HolderView::from),
            hint: unmet.hint.clone(),
            alternatives: unmet
                .alternatives
                .iter()
                .map(AlternativeView::from)
                .collect(),
        }
    }
}
