//! Fields that need no more than to be read as what they are.

use serde_json::Value;

use super::super::AnomalyKind;
use super::super::field_map::{NUMBERS, WORDS};
use super::super::words;
use super::Mapping;
use super::fields::{Draft, Setting, Words, one_line};
use super::links;
use crate::domain::time::Timestamp;

impl<'a> Draft<'a> {
    pub(super) fn title(&mut self, sorted: &Words<'a>, mapping: &mut Mapping) {
        let given = self.one(sorted, "title").and_then(|(key, value)| {
            let text = words::text(value)?;
            self.became(key, "title");
            Some((key, text))
        });
        let id = &self.candidate.id;
        let Some((key, text)) = given else {
            let heading = self.candidate.body.as_deref().and_then(|body| {
                let line = body.lines().find(|line| line.starts_with('#'))?;
                Some(line.trim_start_matches('#').trim().to_owned())
            });
            let title = heading.filter(|line| !line.is_empty());
            let what = format!("`{id}` has no title");
            let made = match title {
                Some(_) => "its first heading",
                None => "its id",
            };
            self.note(mapping, AnomalyKind::NoTitle, what, made);
            let title = title.unwrap_or_else(|| id.clone());
            self.put("title", one_line(&title));
            return;
        };
        let line = one_line(&text);
        if line != text {
            let what = format!("the title of `{id}` has line breaks or control characters");
            let made = "blanks; as it was under `x-title`";
            self.note(mapping, AnomalyKind::TitleChanged, what, made);
            self.keep(&format!("x-{key}"), text.into());
        }
        self.put("title", line);
    }

    /// Fields that need no more than to be read as what they are.
    pub(super) fn plain(
        &mut self,
        sorted: &Words<'a>,
        setting: &Setting<'_>,
        mapping: &mut Mapping,
    ) {
        for ours in WORDS {
            let given = self.one(sorted, ours);
            let default = setting.fields.default_of(ours).and_then(words::text);
            let default = default.or_else(|| match ours {
                "role" => setting.options.role.clone(),
                _ => None,
            });
            let Some((key, value)) = given else {
                if let Some(default) = default {
                    self.put(ours, default);
                }
                continue;
            };
            let Some(word) = words::text(value) else {
                self.refused(mapping, key, value, "it is no text");
                continue;
            };
            let meant = match setting.fields.value(ours, &word) {
                Some(meant) => words::text(meant),
                None => match ours {
                    "kind" => words::kind(&word).map(str::to_owned),
                    "risk" => words::risk(&word).map(str::to_owned),
                    _ => Some(word.clone()),
                },
            };
            match meant {
                Some(meant) => {
                    if meant != word {
                        self.keep(key, value.clone());
                    }
                    self.became(key, ours);
                    self.put(ours, meant);
                }
                None => self.refused(mapping, key, value, "the word means nothing here"),
            }
        }
        for ours in NUMBERS {
            match self.one(sorted, ours) {
                Some((key, value)) => self.number(ours, key, value, setting, mapping),
                None => {
                    if let Some(default) = setting.fields.default_of(ours) {
                        self.put(ours, default.clone());
                    }
                }
            }
        }
        for ours in [
            "exclusive",
            "owned_paths",
            "forbidden_paths",
            "contract_touchpoints",
            "acceptance_checks",
        ] {
            let Some((key, value)) = self.one(sorted, ours) else {
                continue;
            };
            // A command may hold commas.
            let items = match value {
                Value::String(one) if ours == "acceptance_checks" => one
                    .lines()
                    .map(|line| line.trim().to_owned())
                    .filter(|l| !l.is_empty())
                    .collect(),
                _ => words::list(value),
            };
            self.became(key, ours);
            self.put(ours, items);
        }
        for ours in ["evidence_checks", "requires"] {
            match self.one(sorted, ours) {
                Some((key, value @ Value::Object(_))) => {
                    self.became(key, ours);
                    self.put(ours, value.clone());
                }
                Some((key, value)) if ours == "requires" => {
                    let entries = links::entries_in(setting, value);
                    let mut tools = words::list(value);
                    tools.retain(|tool| !entries.contains(tool));
                    if !entries.is_empty() {
                        self.became(key, "depends_on");
                    }
                    if !tools.is_empty() {
                        self.became(key, ours);
                        self.put(ours, serde_json::json!({"tools": tools}));
                    }
                }
                Some((key, value)) => self.refused(mapping, key, value, "it is no mapping"),
                None => {}
            }
        }
        for ours in ["not_before", "created_at"] {
            if let Some((key, value)) = self.one(sorted, ours) {
                match words::text(value).and_then(|text| moment(&text)) {
                    Some(at) => {
                        self.became(key, ours);
                        self.put(ours, at.to_string());
                    }
                    None => self.refused(mapping, key, value, "it is no time"),
                }
            }
        }
        for ours in ["package", "stages_ref"] {
            let Some((key, value)) = self.one(sorted, ours) else {
                continue;
            };
            match words::text(value).filter(|path| (setting.known.has_file)(path)) {
                Some(path) => {
                    self.became(key, ours);
                    self.put(ours, path);
                }
                None => self.refused(
                    mapping,
                    key,
                    value,
                    "there is no such file below governance/",
                ),
            }
        }
        match self.one(sorted, "parked") {
            Some((key, Value::Bool(parked))) => {
                self.became(key, "parked");
                if *parked {
                    self.parked = Some("it was parked".to_owned());
                }
            }
            Some((key, value)) => self.refused(mapping, key, value, "it is neither true nor false"),
            None => {}
        }
    }

    pub(super) fn number(
        &mut self,
        ours: &'static str,
        key: &str,
        value: &Value,
        setting: &Setting<'_>,
        mapping: &mut Mapping,
    ) {
        let word = words::text(value).unwrap_or_default();
        let meant = setting.fields.value(ours, &word).and_then(words::ranked);
        let read = || match ours {
            "priority" => words::priority(&word)
                .or_else(|| words::ranked(value).map(|n| n.saturating_add(setting.shift))),
            _ => words::ranked(value),
        };
        let Some(number) = meant.or_else(read) else {
            self.refused(mapping, key, value, "it is no number");
            return;
        };
        let fit = match ours {
            "priority" => number.clamp(1, 9),
            _ => number,
        };
        if fit != number {
            let what = format!("`{}` has the {ours} {word}", self.candidate.id);
            let made = format!("{fit}; as it was under `x-{key}`");
            self.note(mapping, AnomalyKind::ValueChanged, what, &made);
        }
        if value.as_i64() != Some(fit) {
            self.keep(key, value.clone());
        }
        self.became(key, ours);
        self.put(ours, fit);
    }

    /// Keeps a value that the format here does not take.
    pub(super) fn refused(&mut self, mapping: &mut Mapping, key: &str, value: &Value, why: &str) {
        let shown: String = match value {
            Value::String(text) => text.chars().take(60).collect(),
            other => other.to_string().chars().take(60).collect(),
        };
        let what = format!("`{key}` of `{}` is `{shown}`: {why}", self.candidate.id);
        let name = key.trim_start_matches("x-");
        let made = format!("kept as `x-{name}`");
        self.note(mapping, AnomalyKind::ValueRefused, what, &made);
        self.keep(key, value.clone());
    }
}

/// A time in one of the forms that trackers write.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let spaced = text.replacen(' ', "T", 1);
    let attempts = [text.to_owned(), spaced.clone(), format!("{spaced}Z")];
    attempts.iter().find_map(|attempt| attempt.parse().ok())
}
