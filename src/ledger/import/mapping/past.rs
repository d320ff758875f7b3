//! What a task was in its source: its status, who had it, how it ended, what was written about it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::AnomalyKind;
use super::super::words::{self, Meaning};
use super::Mapping;
use super::fields::{Draft, Setting, Words, one_line};
use crate::domain::import::FirstStanding;

impl<'a> Draft<'a> {
    pub(super) fn status(
        &mut self,
        sorted: &Words<'a>,
        setting: &Setting<'_>,
        mapping: &mut Mapping,
    ) {
        let id = &self.candidate.id;
        let said = self.one(sorted, "status").and_then(|(key, value)| {
            let word = words::text(value)?;
            self.became(key, "status");
            Some(word)
        });
        let meaning_of = |word: &str| match setting.fields.value("status", word) {
            Some(value) => words::status(&words::text(value)?),
            None => words::status(word),
        };
        let place = self.place(&meaning_of);
        let word = said.as_deref().or(place).unwrap_or_default();
        let mut meaning = meaning_of(word);
        if let (Some(said), Some(place)) = (&said, place)
            && let (Some(one), Some(other)) = (meaning_of(said), meaning_of(place))
            && one != other
        {
            // What is put away is closed, whatever it says; else the file knows better than its place.
            let closed = |m: Meaning| matches!(m, Meaning::Done | Meaning::Cancelled);
            let wins = if closed(other) && !closed(one) {
                other
            } else {
                one
            };
            let what = format!("`{id}` says `{said}` and lies in `{place}/`");
            let made = format!("read as {}", wins.word());
            self.note(mapping, AnomalyKind::StatusDisagrees, what, &made);
            meaning = Some(wins);
        }
        if said.is_none() && words::folded(word).starts_with("archive") {
            let what = format!("`{id}` lies in `{word}/` and does not say how it ended");
            self.note(mapping, AnomalyKind::ValueChanged, what, "read as done");
        }
        self.mapped.status = word.to_owned();
        self.meaning = meaning.unwrap_or(Meaning::Todo);
        if meaning.is_none() && !word.is_empty() {
            let what = match &said {
                None if !self.candidate.dirs.is_empty() => {
                    format!("`{id}` lies in `{word}/`, which is no status here")
                }
                _ => format!("`{id}` is `{word}`, which means nothing here"),
            };
            let made = "todo, parked until a person unparks it; `--map` can say what it means";
            self.note(mapping, AnomalyKind::StatusUnknown, what, made);
            self.parked = Some(format!("its status `{word}` means nothing here"));
        }
        if let Some((key, value)) = self.one(sorted, "state_reason") {
            let reason = words::text(value).unwrap_or_default();
            self.keep(key, value.clone());
            if self.meaning == Meaning::Done && words::status(&reason) == Some(Meaning::Cancelled) {
                self.meaning = Meaning::Cancelled;
                self.mapped.status = format!("{word}, {reason}");
            }
        }
        self.mapped.standing = match self.meaning {
            Meaning::Done => FirstStanding::Done,
            Meaning::Cancelled => FirstStanding::Cancelled { reason: None },
            _ => FirstStanding::Todo,
        };
        if !self.mapped.status.is_empty() {
            let status = self.mapped.status.clone();
            self.keep("status", status.into());
        }
    }

    /// The status that its place says: the nearest directory whose name means something, else the
    /// nearest, since somebody may have meant something by it. The source's own name is no status
    /// unless it means one.
    fn place(&self, meaning_of: &impl Fn(&str) -> Option<Meaning>) -> Option<&'a str> {
        let candidate = self.candidate;
        let dirs = candidate.dirs.iter().map(String::as_str);
        let meant = dirs.clone().find(|dir| meaning_of(dir).is_some());
        let below = candidate.dirs.split_last().map(|(_, below)| below);
        let nearest = || below?.first().map(String::as_str);
        candidate.place_status.as_deref().or(meant).or_else(nearest)
    }

    /// Who had it and how it ended: kept, and told in its history.
    pub(super) fn history(&mut self, sorted: &Words<'a>, mapping: &mut Mapping) {
        let mut said: BTreeMap<&str, String> = BTreeMap::new();
        for ours in ["owner", "branch", "commit", "completed_at", "reason"] {
            if let Some((key, value)) = self.one(sorted, ours) {
                self.keep(key, value.clone());
                let text = words::list(value).join(", ");
                said.insert(ours, one_line(&text));
            }
        }
        let by = said
            .get("owner")
            .map(|owner| format!(" by {owner}"))
            .unwrap_or_default();
        let on = said
            .get("branch")
            .map(|branch| format!(" on {branch}"))
            .unwrap_or_default();
        let why = said
            .get("reason")
            .map(|why| format!(": {why}"))
            .unwrap_or_default();
        let id = &self.candidate.id;
        match self.meaning {
            Meaning::InProgress | Meaning::InReview => {
                let what = format!("`{id}` is {}{by}{on}", self.meaning.word());
                let made = "todo: nobody holds a claim that was not made here";
                self.note(mapping, AnomalyKind::ClaimLost, what, made);
                self.remarks
                    .push(format!("it was held{by}{on}; nobody holds it here"));
            }
            Meaning::Blocked => {
                self.remarks.push(format!("it was blocked{by}{why}"));
                self.parked = Some(format!("it was blocked{why}"));
            }
            Meaning::Done => {
                let at = said
                    .get("completed_at")
                    .map(|at| format!(" at {at}"))
                    .unwrap_or_default();
                let commit = said
                    .get("commit")
                    .map(|c| format!(" in {c}"))
                    .unwrap_or_default();
                self.remarks
                    .push(format!("it was done there{at}{by}{commit}"));
                self.mapped.commit = said.remove("commit");
            }
            Meaning::Cancelled | Meaning::Todo if !why.is_empty() => {
                self.remarks.push(format!("it said{why}"));
            }
            Meaning::Cancelled | Meaning::Todo => {}
        }
    }

    /// The body and the other long texts, one after the other.
    pub(super) fn texts(&mut self, sorted: &Words<'a>) {
        let several =
            sorted.get("notes").map_or(0, Vec::len) + usize::from(self.candidate.body.is_some());
        for (_, key, value) in sorted.get("notes").into_iter().flatten() {
            let text = match value {
                Value::String(text) => text.trim_end().to_owned(),
                Value::Array(_) => {
                    let items = words::list(value);
                    items
                        .iter()
                        .map(|item| format!("- {item}"))
                        .collect::<Vec<_>>()
                        .join("\n")
                }
                other => other.to_string(),
            };
            self.became(key, "notes");
            let heading = match (several, *key) {
                (1, _) | (_, "notes" | "body" | "description") => String::new(),
                _ => format!("## {}\n\n", key.replace('_', " ")),
            };
            self.notes.push(format!("{heading}{text}"));
        }
        if let Some(body) = &self.candidate.body {
            self.mapped.fields.push(("body".to_owned(), "notes"));
            self.notes.push(body.clone());
        }
    }
}
