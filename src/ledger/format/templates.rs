//! The files that `init` writes, with their comments for people.

use crate::domain::id::{BranchName, ProjectName, RoleName};
use crate::domain::policy::Authority;

const POLICY: &str = include_str!("../../../templates/governance/policy.yaml");
const QUEUE: &str = include_str!("../../../templates/governance/queue.yaml");
const IDENTITY_MAP: &str = include_str!("../../../templates/governance/identity-map.yaml");
const ATTRIBUTES: &str = include_str!("../../../templates/governance/gitattributes");
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
    pub fn files(&self) -> [(&'static str, String); 5] {
        [
            ("policy.yaml", self.policy()),
            ("queue.yaml", QUEUE.to_owned()),
            ("identity-map.yaml", IDENTITY_MAP.to_owned()),
            ("workstations.yaml", WORKSTATIONS.to_owned()),
            (".gitattributes", ATTRIBUTES.to_owned()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::IdentityMap;
    use crate::ledger::format::v1::{IdentityMapFile, PolicyFile, QueueFile, WorkstationsFile};
    use crate::ledger::format::{File, read};
    use crate::ledger::yaml::{self, Limits};

    fn beginnings(authority: Authority, roles: Vec<(RoleName, u16)>) -> Beginnings {
        Beginnings {
            project: "gpuas".parse().unwrap(),
            target: "main".parse().unwrap(),
            authority,
            roles,
        }
    }

    #[test]
    fn every_file_names_its_schema_and_keeps_no_placeholder() {
        let remote = Authority::Remote("origin".parse().unwrap());
        let roles = vec![("A-backend".parse().unwrap(), 2)];
        for (name, text) in beginnings(remote, roles).files() {
            let stem = name.trim_end_matches(".yaml");
            let home = "# yaml-language-server: $schema=https://laneway.dev/schemas/ledger/v1/";
            if name.ends_with(".yaml") {
                assert!(
                    text.starts_with(&format!("{home}{stem}.schema.json\n")),
                    "{name}"
                );
            }
            for placeholder in ["{project}", "{target}", "{authority}", "{roles}"] {
                assert!(!text.contains(placeholder), "{name}: {placeholder}");
            }
        }
    }

    fn parsed<F: File>(text: &str) -> F::Domain {
        let node = yaml::parse(text, Limits::PLAN).unwrap();
        read::<F, _>(&node).unwrap()
    }

    #[test]
    fn every_file_means_what_it_should() {
        let roles = vec![
            ("A-backend".parse().unwrap(), 2),
            ("no".parse().unwrap(), 1),
        ];
        let mut beginnings = beginnings(Authority::Local, roles);
        // Names that YAML takes for something else.
        beginnings.project = "1.10".parse().unwrap();
        beginnings.target = "true".parse().unwrap();
        let [policy, queue, map, workstations, _] = beginnings.files().map(|(_, text)| text);
        let policy = parsed::<PolicyFile>(&policy);
        assert_eq!(
            (policy.project.as_str(), policy.target.as_str()),
            ("1.10", "true")
        );
        assert_eq!(
            policy
                .roles
                .values()
                .map(|role| role.lanes)
                .collect::<Vec<_>>(),
            [2, 1]
        );
        assert_eq!(parsed::<QueueFile>(&queue), []);
        assert_eq!(parsed::<IdentityMapFile>(&map), IdentityMap::open());
        let registry = parsed::<WorkstationsFile>(&workstations);
        assert_eq!(registry.default.unwrap().as_str(), "ws-local-01");
        let local = registry.workstations.values().next().unwrap();
        assert_eq!((local.wip_limit, local.probes.len()), (None, 0));
    }

    #[test]
    fn the_policy_says_what_was_asked_for() {
        let remote = Authority::Remote("origin".parse().unwrap());
        let policy = beginnings(remote, vec![("A-backend".parse().unwrap(), 2)]).policy();
        assert!(
            policy.contains("\nauthority: {mode: remote, remote: \"origin\"}"),
            "{policy}"
        );
        assert!(
            policy.contains("\nroles:\n  - {name: \"A-backend\", lanes: 2}\n"),
            "{policy}"
        );
        let policy = beginnings(Authority::Local, Vec::new()).policy();
        assert!(policy.contains("\nroles: []\n"), "{policy}");
    }
}
