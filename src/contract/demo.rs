//! `demo` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

/// `data` of `demo`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DemoView {
    /// Where it was played, with `--keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// What was played.
    pub steps: Vec<StepView>,
}

/// A step of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepView {
    /// What it shows.
    pub title: String,
    /// The commands, in order.
    pub commands: Vec<CommandView>,
}

/// A command that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CommandView {
    /// The directory, below the demo's own.
    pub dir: String,
    /// What was typed.
    pub line: String,
    /// Its exit code; none when a signal or the time limit ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// What it said.
    pub output: String,
}
