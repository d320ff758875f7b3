//! The agents and machines of other trackers' assignment fields, as stages.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::AnomalyKind;
use super::super::words;
use super::Mapping;
use super::fields::{Draft, Setting, Words};
use crate::domain::id::AgentName;

impl<'a> Draft<'a> {
    /// The agents and machines of the old assignment fields, as stages.
    pub(super) fn stages(
        &mut self,
        sorted: &Words<'a>,
        setting: &Setting<'_>,
        mapping: &mut Mapping,
    ) {
        if let Some((key, value)) = self.one(sorted, "stages") {
            self.became(key, "stages");
            self.put("stages", value.clone());
            return;
        }
        let mut stages: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for (ours, stage, term) in [
            ("orchestrator", "plan", "agent"),
            ("provider", "execute", "agent"),
            ("provider_secondary", "execute", "secondary"),
            ("computer", "execute", "workstation"),
            ("provider_review", "review", "agent"),
        ] {
            let Some((key, value)) = self.one(sorted, ours) else {
                continue;
            };
            self.keep(key, value.clone());
            let named = words::list(value);
            let names: Option<Vec<String>> = named
                .iter()
                .map(|name| match term {
                    "workstation" => (setting.known.has_workstation)(name).then(|| name.clone()),
                    _ => {
                        let name = format!("@{}", name.trim_start_matches('@').replace(' ', "-"));
                        AgentName::new(name.to_lowercase())
                            .ok()
                            .map(|name| name.to_string())
                    }
                })
                .collect();
            let value_of = |names: Vec<String>| match (term, names.as_slice()) {
                ("agent", [one]) => Some(Value::from(one.as_str())),
                ("agent", _) | (_, []) => None,
                _ => Some(Value::from(names)),
            };
            // A contract given by file says all of it.
            let by_file = self.mapped.definition.contains_key("stages_ref");
            match names.and_then(value_of).filter(|_| !by_file) {
                Some(value) => {
                    self.became(key, "stages");
                    stages
                        .entry(stage)
                        .or_default()
                        .insert(term.to_owned(), value);
                }
                None => {
                    let what = format!(
                        "`{key}` of `{}` is `{}`, which names no {term} here",
                        self.candidate.id,
                        named.join(", ")
                    );
                    let made = format!("kept as `x-{key}`");
                    self.note(mapping, AnomalyKind::ValueRefused, what, &made);
                }
            }
        }
        if !stages.is_empty() {
            let stages: Map<String, Value> = ["plan", "execute", "review"]
                .into_iter()
                .filter_map(|stage| Some((stage.to_owned(), stages.remove(stage)?.into())))
                .collect();
            self.put("stages", stages);
        }
    }
}
