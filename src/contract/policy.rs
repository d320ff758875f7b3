//! `policy show` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::ledger::settings::Since;
use crate::ledger::yaml::Tree;
use crate::ops::policy::{Deciding, GateInForce, InForce, PolicyOutcome};

/// `data` of `policy show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyView {
    /// The ref of the target.
    pub target: String,
    /// The commit whose rules are shown.
    pub commit: String,
    /// The gates, those of claims first.
    pub gates: Vec<GateView>,
    /// The settings, in the order of the files; empty when only gates were asked for.
    pub settings: Vec<SettingView>,
}

/// A gate by these rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GateView {
    /// Its id.
    pub id: String,
    /// `claim` or `landing`.
    pub of: String,
    /// Its rule in one sentence.
    pub about: String,
    /// Whether the rules switch it on.
    pub in_force: bool,
    /// What decides.
    pub keys: Vec<DecidingView>,
}

/// A key that decides about a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DecidingView {
    /// `policy: path_reservations`, or `task: depends_on` for what each task says itself.
    pub key: String,
    /// Its values by these rules; none of a task's key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingView>,
}

/// What a rule file says under one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SettingView {
    /// `policy`, `identity-map` or `workstations`.
    pub file: String,
    /// The key, `lease.ttl`; entries of lists by their names, `roles.A-backend`.
    pub key: String,
    /// The value in force; null where nothing is set.
    pub value: Value,
    /// Whether the file leaves the key out, and this is what takes its place.
    pub default: bool,
    /// The commit that brought the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<SinceView>,
}

/// The commit of the target that brought a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SinceView {
    /// The commit.
    pub commit: String,
    /// When it was made (RFC 3339).
    pub at: String,
    /// Who made it: by the identity map, else the author's name.
    pub by: String,
    /// Why: the first line of its message.
    pub subject: String,
    /// History is cut off there, as in a shallow clone: the value may be older.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub or_earlier: bool,
}

impl From<&PolicyOutcome> for PolicyView {
    fn from(outcome: &PolicyOutcome) -> Self {
        Self {
            target: outcome.target.clone(),
            commit: outcome.at.to_string(),
            gates: outcome.gates.iter().map(GateView::from).collect(),
            settings: outcome.settings.iter().map(SettingView::from).collect(),
        }
    }
}

impl From<&GateInForce> for GateView {
    fn from(gate: &GateInForce) -> Self {
        Self {
            id: gate.id.to_owned(),
            of: gate.of.to_owned(),
            about: gate.about.to_owned(),
            in_force: gate.in_force,
            keys: gate.keys.iter().map(DecidingView::from).collect(),
        }
    }
}

impl From<&Deciding> for DecidingView {
    fn from(deciding: &Deciding) -> Self {
        Self {
            key: deciding.name.to_owned(),
            settings: deciding.settings.iter().map(SettingView::from).collect(),
        }
    }
}

impl From<&InForce> for SettingView {
    fn from(one: &InForce) -> Self {
        let setting = &one.setting;
        let by = one.by.clone().unwrap_or_default();
        Self {
            file: setting.file.word().to_owned(),
            key: setting.key.clone(),
            value: setting.value.as_ref().map_or(Value::Null, json),
            default: !setting.written,
            since: one.since.as_ref().map(|since| told(since, by)),
        }
    }
}

fn told(since: &Since, by: String) -> SinceView {
    SinceView {
        commit: since.commit.to_string(),
        at: since.at.to_string(),
        by,
        subject: since.subject.clone(),
        or_earlier: since.or_earlier,
    }
}

fn json(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Bool(value) => Value::from(*value),
        Tree::Int(value) => Value::from(*value),
        Tree::Number(value) | Tree::Text(value) => Value::from(value.as_str()),
        Tree::List(items) => items.iter().map(json).collect(),
        Tree::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), json(value)));
            Value::Object(entries.collect())
        }
    }
}
