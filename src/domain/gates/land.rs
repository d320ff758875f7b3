//! What a landing gate looks at.

use super::waiver::stays;
use super::{Page, generated_files};
use crate::domain::evidence::{recorded, runs};
use crate::domain::policy::Owed;
use crate::domain::record::{CheckRun, Evidence};
use crate::domain::refusal::{RefusalKind, Unmet};
use crate::domain::snapshot::{RangeFacts, Replayed, Snapshot};
use crate::domain::state::{Claim, Submission};
use crate::domain::task::Task;
use crate::domain::time::Timestamp;

/// A submission that is to land.
#[derive(Debug, Clone, Copy)]
pub struct LandCase<'a> {
    /// The ledger and its rules.
    pub snapshot: &'a Snapshot,
    /// The task.
    pub task: &'a Task,
    /// Whose work it is.
    pub claim: &'a Claim,
    /// What was handed off.
    pub submission: &'a Submission,
    /// What git says about it.
    pub range: &'a RangeFacts,
    /// Checks that ran for this landing.
    pub evidence: Option<&'a Evidence>,
    /// Evidence is asked for now; a landing that still has to run its checks leaves it out.
    pub evidence_due: bool,
    /// The moment.
    pub now: Timestamp,
}

/// A condition of a landing.
#[derive(Debug, Clone, Copy)]
pub struct LandGate {
    /// What people read about it.
    pub page: Page,
    /// What is unmet.
    pub check: fn(&LandCase<'_>) -> Vec<Unmet>,
}

impl LandCase<'_> {
    /// Everything that stands against the landing.
    #[must_use]
    pub fn unmet(&self) -> Vec<Unmet> {
        super::LAND
            .iter()
            .flat_map(|gate| self.asked(gate))
            .collect()
    }

    /// What a gate says, but for what an exception lifts of it.
    fn asked(&self, gate: &LandGate) -> Vec<Unmet> {
        let mut unmet = (gate.check)(self);
        if !unmet.is_empty() && self.waived(gate) {
            unmet.retain(stays);
        }
        unmet
    }

    /// Whether it is judged on what the target will be, not on the branch alone.
    #[must_use]
    pub fn lands(&self) -> bool {
        matches!(self.range.replayed, Replayed::Commit { .. })
    }

    /// The last run of each command on the content that is judged: that of the landing, or, before
    /// there is one, that of the branch's tip. With each, whether nothing else stood beside it.
    #[must_use]
    pub fn runs(&self) -> Vec<(&CheckRun, bool)> {
        let content_key = match self.range.replayed {
            Replayed::Commit { content_key, .. } => content_key,
            Replayed::Unknown | Replayed::Conflict(_) => self.range.content_key,
        };
        let recorded = recorded(self.snapshot.records_of(&self.task.id));
        runs(recorded.chain(self.evidence), content_key)
    }

    /// What stands against a handoff: what of the branch could never land as it is.
    #[must_use]
    pub fn unfit(&self) -> Vec<Unmet> {
        super::HANDOFF
            .iter()
            .flat_map(|gate| self.asked(gate))
            .filter(|unmet| unmet.kind == RefusalKind::Rule)
            .collect()
    }
}

/// The commands that must pass on what lands: of the task, of its role, of the paths it changes, of
/// the generated files that it touches.
#[must_use]
pub fn checks_owed<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    files: &'a [String],
) -> Vec<&'a str> {
    let policy = &snapshot.rules.policy;
    let role = policy
        .roles
        .get(&task.role)
        .into_iter()
        .flat_map(|role| &role.required_checks);
    let by_path = policy
        .path_rules
        .iter()
        .filter(|rule| {
            files
                .iter()
                .any(|file| rule.when.iter().any(|glob| glob.matches(file)))
        })
        .flat_map(|rule| &rule.checks);
    let generated = generated_files::checks(snapshot, task, files);
    let all = role
        .chain(&task.acceptance_checks)
        .chain(task.evidence_checks.iter())
        .chain(by_path);
    let mut owed: Vec<&str> = Vec::new();
    for check in all.chain(generated) {
        if !owed.contains(&check.as_str()) {
            owed.push(check);
        }
    }
    owed
}

/// Those of the owed commands that a landing asks for: all of them, or, where policy asks for no
/// evidence, those of generated files.
#[must_use]
pub fn checks_due<'a>(snapshot: &'a Snapshot, task: &'a Task, files: &'a [String]) -> Vec<&'a str> {
    if snapshot.rules.policy.gates.evidence == Owed::None {
        return generated_files::checks(snapshot, task, files)
            .map(String::as_str)
            .collect();
    }
    checks_owed(snapshot, task, files)
}
