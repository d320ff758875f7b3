//! Paths with terms of their own in `governance/policy.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::glob::Glob;
use crate::domain::guarded_paths::{CoEdited, Contract, Generated};
use crate::domain::id::{ContractName, RoleName};
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::{Command, Text};

/// An interface that others build on: only tasks of its owner change it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractEntry {
    /// Its name, such as `api`.
    pub name: Text<ContractName>,
    /// Its files.
    #[schemars(length(min = 1))]
    pub paths: Vec<Text<Glob>>,
    /// The role that changes it and decides what others ask for.
    pub owner: Text<RoleName>,
}

/// Files that several roles edit: the owner's changes come first, others rebase on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoEditedEntry {
    /// The files.
    #[schemars(length(min = 1))]
    pub paths: Vec<Text<Glob>>,
    /// The role whose files they are.
    pub owner: Text<RoleName>,
    /// The roles that may edit them too; left out: every role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Vec<Text<RoleName>>>,
}

/// Files that a command makes from others, and that nobody edits by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratedEntry {
    /// The files that are made.
    #[schemars(length(min = 1))]
    pub paths: Vec<Text<Glob>>,
    /// What they are made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Text<Glob>>,
    /// The shell command that makes them.
    pub command: Text<Command>,
}

impl ContractEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<(ContractName, Contract)> {
        some_paths(at, &self.paths);
        let name = at.text("name", self.name);
        let owner = at.text("owner", self.owner);
        let paths = at.list("paths", self.paths);
        let contract = Contract {
            paths,
            owner: owner?,
        };
        Some((name?, contract))
    }
}

impl CoEditedEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<CoEdited> {
        some_paths(at, &self.paths);
        let owner = at.text("owner", self.owner);
        let paths = at.list("paths", self.paths);
        let with = self.with.map(|with| at.list("with", with));
        Some(CoEdited {
            paths,
            owner: owner?,
            with,
        })
    }
}

impl GeneratedEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Generated> {
        some_paths(at, &self.paths);
        let paths = at.list("paths", self.paths);
        let from = at.list("from", self.from);
        let command = at.text("command", self.command);
        Some(Generated::new(paths, from, command?.into()))
    }
}

fn some_paths(at: &Place<'_>, paths: &[Text<Glob>]) {
    if paths.is_empty() {
        at.key("paths")
            .refuse("an entry without paths does nothing");
    }
}
