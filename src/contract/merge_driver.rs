//! `merge-driver` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ledger::plan_merge::Clash;
use crate::ops::merge_driver::{DriverOutcome, Setup};

/// `data` of `merge-driver`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MergeDriverView {
    /// The file.
    pub path: Option<String>,
    /// Nothing is in conflict.
    pub clean: bool,
    /// Why git's textual merge was taken; none: it went by tasks and fields.
    pub textual_because: Option<String>,
    /// What is in conflict, of a merge by tasks.
    pub conflicts: Vec<ClashView>,
}

/// A field or task in conflict.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ClashView {
    /// The task.
    pub task: String,
    /// The field; none: one side removed the task.
    pub field: Option<String>,
    /// Our value; none: it is not there.
    pub ours: Option<serde_json::Value>,
    /// The value before.
    pub base: Option<serde_json::Value>,
    /// Their value.
    pub theirs: Option<serde_json::Value>,
}

impl From<&Clash> for ClashView {
    fn from(clash: &Clash) -> Self {
        Self {
            task: clash.task.clone(),
            field: clash.field.clone(),
            ours: clash.ours.clone(),
            base: clash.base.clone(),
            theirs: clash.theirs.clone(),
        }
    }
}

impl From<&DriverOutcome> for MergeDriverView {
    fn from(outcome: &DriverOutcome) -> Self {
        Self {
            path: outcome.path.clone(),
            clean: !outcome.conflicts,
            textual_because: outcome.textual.clone(),
            conflicts: outcome.clashes.iter().map(ClashView::from).collect(),
        }
    }
}

/// `data` of `merge-driver install` and `merge-driver status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergeSetupView {
    /// Plan files are merged by tasks in this clone.
    pub works: bool,
    /// The attributes name the driver.
    pub attributes: bool,
    /// The configuration names the current command.
    pub registered: bool,
    /// The command in the configuration.
    pub command: Option<String>,
    /// Where the driver is found on the path.
    pub program: Option<String>,
}

impl From<&Setup> for MergeSetupView {
    fn from(setup: &Setup) -> Self {
        Self {
            works: setup.works(),
            attributes: setup.named(),
            registered: setup.registered(),
            command: setup.command.clone(),
            program: setup
                .program
                .as_ref()
                .map(|path| path.display().to_string()),
        }
    }
}
