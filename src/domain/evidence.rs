//! What evidence is worth: the class of each check and of each attestation, and what a task has
//! reached on the ladder of [`Tier`] (G22).
//!
//! The class is computed whenever it is judged, from the plan and from who said it; it is never
//! stored, so nobody can write a higher one down.

use super::id::{AgentName, ObjectId};
use super::identity::Capability;
use super::record::{Attestation, CheckRun, Evidence, Record, RecordBody};
use super::review::authors;
use super::snapshot::Snapshot;
use super::task::{Task, Tier, words};

words! {
    /// The classes of evidence that a check can be planned for (G22).
    CheckClass {
        /// Static analysis.
        Static = "static",
        /// Seen at run time.
        Runtime = "runtime",
        /// Under load.
        Stress = "stress",
    }
}

impl CheckClass {
    /// Where it stands on the ladder.
    #[must_use]
    pub fn tier(self) -> Tier {
        match self {
            Self::Static => Tier::Static,
            Self::Runtime => Tier::Runtime,
            Self::Stress => Tier::Stress,
        }
    }
}

/// Shell commands by the class of evidence that their passing shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EvidenceChecks {
    /// Static analysis.
    pub analysis: Vec<String>,
    /// Runs of the thing itself.
    pub runtime: Vec<String>,
    /// Runs under load.
    pub stress: Vec<String>,
}

impl EvidenceChecks {
    /// The commands of a class.
    #[must_use]
    pub fn of(&self, class: CheckClass) -> &[String] {
        match class {
            CheckClass::Static => &self.analysis,
            CheckClass::Runtime => &self.runtime,
            CheckClass::Stress => &self.stress,
        }
    }

    /// Every command, weakest class first.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        CheckClass::ALL.iter().flat_map(|class| self.of(*class))
    }

    /// Whether nothing is planned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// The class that a pass of `command` shows for `task`: that of the plan, at least
/// `local_command` for a command that stands anywhere else.
#[must_use]
pub fn class_of(task: &Task, command: &str) -> Tier {
    let planned = CheckClass::ALL
        .iter()
        .rev()
        .find(|class| {
            task.evidence_checks
                .of(**class)
                .iter()
                .any(|c| c == command)
        })
        .map_or(Tier::LocalCommand, |class| class.tier());
    if planned == Tier::Static && task.acceptance_checks.iter().any(|c| c == command) {
        return Tier::LocalCommand;
    }
    planned
}

/// The tier that a task owes: its own, or that of policy for its risk.
#[must_use]
pub fn owed_tier(snapshot: &Snapshot, task: &Task) -> Option<Tier> {
    let by_risk = &snapshot.rules.policy.gates.tier;
    task.evidence.or_else(|| by_risk.get(&task.risk).copied())
}

/// The last run of each command on this content, with whether it ran in a worktree that held
/// nothing else.
#[must_use]
pub fn runs<'a>(
    recorded: impl Iterator<Item = &'a Evidence>,
    content_key: ObjectId,
) -> Vec<(&'a CheckRun, bool)> {
    let mut last: Vec<(&CheckRun, bool)> = Vec::new();
    for evidence in recorded.filter(|one| one.content_key == content_key) {
        for run in &evidence.checks {
            match last
                .iter_mut()
                .find(|(known, _)| known.command == run.command)
            {
                Some(known) => *known = (run, evidence.clean),
                None => last.push((run, evidence.clean)),
            }
        }
    }
    last
}

/// The evidence among records.
pub fn recorded(records: &[Record]) -> impl Iterator<Item = &Evidence> {
    records.iter().filter_map(|record| match &record.body {
        RecordBody::Evidence(evidence) => Some(evidence),
        _ => None,
    })
}

/// The attestations of a change among records.
pub fn attested<'a>(
    records: &'a [Record],
    change_key: &'a str,
) -> impl Iterator<Item = (&'a Record, &'a Attestation)> {
    records.iter().filter_map(move |record| match &record.body {
        RecordBody::Attestation(attestation) if attestation.change_key == change_key => {
            Some((record, attestation))
        }
        _ => None,
    })
}

/// What an attestation counts as, whatever class it names: what its author says of their own work
/// is `self_reported`, or `source_trace` where git proves lines of the source; somebody else who
/// may review is believed (G22).
#[must_use]
pub fn worth(
    snapshot: &Snapshot,
    records: &[Record],
    holder: Option<&AgentName>,
    record: &Record,
    attestation: &Attestation,
) -> Tier {
    let own = authors(records, holder).contains(&record.by);
    let may = snapshot.rules.identity.may(&record.by, Capability::Review);
    if !own && may {
        return attestation.class;
    }
    let proved = if attestation.anchors.is_empty() {
        Tier::SelfReported
    } else {
        Tier::SourceTrace
    };
    proved.min(attestation.class)
}

#[cfg(test)]
mod tests;
