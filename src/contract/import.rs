//! `import` as programs see it (X16).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::FileChangeView;
use crate::ledger::import::Anomaly;
use crate::ops::import::{Action, ImportOutcome, ImportRow, kinds};

/// `data` of `import`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportView {
    /// The form of the source: `playbook`, `items`, `jsonl`, `csv` or `laneway-json`.
    pub form: String,
    /// What the source is called; a part of `origin_ask_ref`.
    pub source: String,
    /// Whether the ledger has it now.
    pub carried_out: bool,
    /// New tasks, written or, in a plan, to be written.
    pub new: usize,
    /// Tasks that were there before, unchanged.
    pub there: usize,
    /// Tasks that were there before and whose source says something else by now.
    pub changed: usize,
    /// Entries that cannot become tasks.
    pub bad: usize,
    /// Entries left out because they are closed in the source.
    pub left_out: usize,
    /// Every entry, in the order of the source.
    pub tasks: Vec<ImportedView>,
    /// Whatever was not taken over as it was, by file and line.
    pub anomalies: Vec<AnomalyView>,
    /// How many anomalies of each kind.
    pub kinds: BTreeMap<String, usize>,
    /// What would change on the ledger, with `--dry-run`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChangeView>,
}

/// One entry of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportedView {
    /// Its id there.
    pub source_id: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Its id here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What becomes of it: `new`, `there`, `changed` or `bad`.
    pub action: String,
    /// Its status there; empty where it has none.
    pub status: String,
    /// Its status here right after the import: `todo`, `blocked`, `done` or `cancelled`.
    pub standing: String,
    /// Whether it is parked.
    pub parked: bool,
    /// Its landing, as far as it is a commit of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The words of the source, each with the field that it became.
    pub fields: Vec<FieldView>,
    /// Keys under which the rest is kept.
    pub kept: Vec<String>,
    /// Words of the source that were left out, because the field map says so.
    pub lost: Vec<String>,
    /// What its history here begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Fields that differ by now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Why it cannot become a task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<String>,
}

/// A word of the source, and the field it became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldView {
    /// The word of the source.
    pub from: String,
    /// The field.
    pub to: String,
}

/// Something that was not taken over as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnomalyView {
    /// What sort of thing.
    pub kind: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The fact.
    pub what: String,
    /// What was made of it.
    pub made: String,
}

impl From<&Anomaly> for AnomalyView {
    fn from(anomaly: &Anomaly) -> Self {
        Self {
            kind: anomaly.kind.word().to_owned(),
            file: anomaly.at.file.clone(),
            line: anomaly.at.line,
            what: anomaly.what.clone(),
            made: anomaly.made.clone(),
        }
    }
}

impl From<&ImportRow> for ImportedView {
    fn from(row: &ImportRow) -> Self {
        let mapped = &row.mapped;
        let (action, changed) = match &row.action {
            Action::New => ("new", Vec::new()),
            Action::There => ("there", Vec::new()),
            Action::Changed(fields) => {
                ("changed", fields.iter().map(|f| (*f).to_owned()).collect())
            }
            Action::Bad => ("bad", Vec::new()),
        };
        Self {
            source_id: mapped.source_id.clone(),
            file: mapped.at.file.clone(),
            line: mapped.at.line,
            id: mapped.id.as_ref().map(ToString::to_string),
            action: action.to_owned(),
            status: mapped.status.clone(),
            standing: mapped.standing.word().to_string(),
            parked: mapped.task.as_ref().is_some_and(|task| task.parked),
            commit: row.commit.map(|commit| commit.to_string()),
            fields: mapped
                .fields
                .iter()
                .map(|(from, to)| FieldView {
                    from: from.clone(),
                    to: (*to).to_owned(),
                })
                .collect(),
            kept: mapped.kept.clone(),
            lost: mapped.lost.clone(),
            remark: mapped.remark.clone(),
            changed,
            bad: mapped.bad.clone(),
        }
    }
}

impl From<&ImportOutcome> for ImportView {
    fn from(outcome: &ImportOutcome) -> Self {
        let mutation = outcome.mutation.as_ref();
        let kinds = kinds(&outcome.anomalies).into_iter();
        Self {
            form: outcome.kind.word().to_owned(),
            source: outcome.name.clone(),
            carried_out: mutation.is_some_and(|mutation| mutation.carried_out),
            new: outcome.count(|action| *action == Action::New),
            there: outcome.count(|action| *action == Action::There),
            changed: outcome.count(|action| matches!(action, Action::Changed(_))),
            bad: outcome.count(|action| *action == Action::Bad),
            left_out: outcome.left_out,
            tasks: outcome.rows.iter().map(ImportedView::from).collect(),
            anomalies: outcome.anomalies.iter().map(AnomalyView::from).collect(),
            kinds: kinds.map(|(kind, n)| (kind.word().to_owned(), n)).collect(),
            files: mutation
                .map(|mutation| mutation.files.iter().map(FileChangeView::from).collect())
                .unwrap_or_default(),
        }
    }
}
