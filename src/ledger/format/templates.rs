//! The files that `init` writes, with their comments for people.

use crate::domain::id::{BranchName, ProjectName, RoleName};
use crate::domain::policy::Authority;

const POLICY: &str = include_str!("../../../templates/governance/policy.yaml");
const QUEUE: &str = include_str!("../../../templates/governance/queue.yaml");
const IDENTITY_MAP: &str = include_str!("../../../templates/governance/identity-map.yaml");
const WORKSTATIONS: &str = include_str!("../../../templates/governance/workstations.yaml");

/// What a new project says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginnings {
    /// Its name.
    pub project: ProjectName,
    /// Its integration branch.
    pub target: BranchName,
    /// Where mutations of its ledger are decided.
    pub authority: Authority,
    /// Its roles, each with its number of lanes (from 1).
    pub roles: Vec<(RoleName, u16)>,
}

impl Beginnings {
    /// The files under `governance/` of the target: name and text.
    #[must_use]
    pub fn files(&self) -> [(&'static str, String); 4] {
        [
            ("policy.yaml", self.policy()),
            ("queue.yaml", QUEUE.to_owned()),
            ("identity-map.yaml", IDENTITY_MAP.to_owned()),
            ("workstations.yaml", WORKSTATIONS.to_owned()),
        ]
    }

    // Checked names need no quotes, except those that YAML takes for something else: `"…"`
    // around all of them in the template settles it.
    fn policy(&self) -> String {
        POLICY
            .replace("{project}", self.project.as_str())
            .replace("{target}", self.target.as_str())
            .replace("{authority}", &self.authority())
            .replace("{roles}", &self.roles())
    }

    fn authority(&self) -> String {
        match &self.authority {
            Authority::Local => "{mode: local}".to_owned(),
            Authority::Remote(remote) => format!("{{mode: remote, remote: \"{remote}\"}}"),
        }
    }

    fn roles(&self) -> String {
        if self.roles.is_empty() {
            return " []".to_owned();
        }
        let roles = self.roles.iter();
        let lines =
            roles.map(|(name, lanes)| format!("\n  - {{name: \"{name}\", lanes: {lanes}}}"));
        lines.collect()
    }
}
