//! Checks of a task by the class of evidence that they show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::evidence::EvidenceChecks;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::{Command, Text};

/// Shell commands by the class of evidence that their passing shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceChecksEntry {
    /// Static analysis.
    #[serde(rename = "static", skip_serializing_if = "Vec::is_empty")]
    pub analysis: Vec<Text<Command>>,
    /// Runs of the thing itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runtime: Vec<Text<Command>>,
    /// Runs under load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stress: Vec<Text<Command>>,
}

impl EvidenceChecksEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> EvidenceChecks {
        let list = |key, texts| {
            let commands: Vec<Command> = at.list(key, texts);
            commands.into_iter().map(String::from).collect()
        };
        EvidenceChecks {
            analysis: list("static", self.analysis),
            runtime: list("runtime", self.runtime),
            stress: list("stress", self.stress),
        }
    }
}

impl From<&EvidenceChecks> for EvidenceChecksEntry {
    fn from(checks: &EvidenceChecks) -> Self {
        let texts = |commands: &[String]| {
            let commands = commands.iter().cloned();
            commands.map(|text| Command(text).into()).collect()
        };
        Self {
            analysis: texts(&checks.analysis),
            runtime: texts(&checks.runtime),
            stress: texts(&checks.stress),
        }
    }
}
