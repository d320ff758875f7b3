//! What describes laneway itself to programs: schemas, manual pages, completions.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// `data` of `schema`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SchemaView {
    /// The names that `schema` knows; empty when one was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The JSON Schema that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Value>,
    /// The files written, with `--write`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// `data` of `man`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ManualView {
    /// The main page in roff; none when files were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The files written, with `--dir`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// `data` of `completions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CompletionsView {
    /// The shell.
    pub shell: String,
    /// The script to source.
    pub script: String,
}
