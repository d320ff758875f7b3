//! One candidate as a draft: its words sorted into fields, each field read as what it is here.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::words::{self, Meaning};
use super::super::{Anomaly, AnomalyKind, Candidate, FieldMap, Spot, items};
use super::{Ids, Known, Mapped, Mapping, MappingOptions, origin_of};
use crate::domain::id::{AgentName, TaskId};
use crate::domain::import::FirstStanding;
use crate::domain::time::Timestamp;

/// What all drafts of a source share.
pub(super) struct Setting<'a> {
    pub fields: &'a FieldMap,
    pub known: &'a Known<'a>,
    pub options: &'a MappingOptions,
    pub ids: &'a Ids,
    /// What is added to every numeric priority.
    pub shift: i64,
}

/// A definition under construction.
pub(super) struct Draft<'a> {
    pub candidate: &'a Candidate,
    pub mapped: Mapped,
    /// Why it is parked, if it is.
    pub parked: Option<String>,
    pub meaning: Meaning,
    /// What its history begins with.
    pub remarks: Vec<String>,
    /// Paragraphs of the notes.
    pub notes: Vec<String>,
}

/// The values of one field, each with the word of the source, in the order in which they count.
pub(super) type Words<'a> = BTreeMap<&'static str, Vec<(usize, &'a str, &'a Value)>>;

impl<'a> Draft<'a> {
    pub(super) fn of(
        candidate: &'a Candidate,
        id: Option<(TaskId, bool)>,
        setting: &Setting<'_>,
        mapping: &mut Mapping,
    ) -> Self {
        let known = id.as_ref().is_some_and(|(_, old)| *old);
        let id = id.map(|(id, _)| id);
        let mut draft = Self {
            candidate,
            mapped: Mapped {
                at: candidate.at.clone(),
                source_id: candidate.id.clone(),
                known,
                status: String::new(),
                standing: FirstStanding::Todo,
                commit: None,
                remark: None,
                fields: Vec::new(),
                kept: Vec::new(),
                lost: Vec::new(),
                definition: Map::new(),
                task: None,
                bad: candidate.bad.clone().into_iter().collect(),
                id,
            },
            parked: None,
            meaning: Meaning::Todo,
            remarks: Vec::new(),
            notes: Vec::new(),
        };
        if candidate.bad.is_some() {
            return draft;
        }
        match &draft.mapped.id {
            None => draft
                .mapped
                .bad
                .push("no legal id can be made of its own".to_owned()),
            Some(id) => {
                let id = id.to_string();
                draft.put("id", id);
            }
        }
        if candidate.own.is_some() {
            draft.take_own(setting, mapping);
        } else {
            draft.read(setting, mapping);
        }
        draft
    }

    /// A definition of our own is taken word for word.
    fn take_own(&mut self, setting: &Setting<'_>, mapping: &mut Mapping) {
        let Some(own) = &self.candidate.own else {
            return;
        };
        self.mapped.status = self.candidate.place_status.clone().unwrap_or_default();
        self.mapped.standing = own.standing;
        self.mapped.commit = own.commit.clone();
        self.remarks.extend(own.remark.clone());
        let id = self.mapped.id.as_ref().map(ToString::to_string);
        let mut definition = self.candidate.fields.clone();
        // References follow where a prefix changed the ids.
        let renamed = |value: &Value| {
            let text = value.as_str()?;
            let id = setting.ids.find(text, setting.known)?;
            Some(Value::from(id.as_str()))
        };
        if let (Some(id), false) = (id, setting.options.prefix.is_empty()) {
            definition.insert("id".to_owned(), id.into());
            if let Some(parent) = definition.get_mut("parent") {
                *parent = renamed(parent).unwrap_or_else(|| parent.clone());
            }
            let needs = definition
                .get_mut("depends_on")
                .and_then(Value::as_array_mut);
            for need in needs.into_iter().flatten() {
                *need = renamed(need).unwrap_or_else(|| need.clone());
            }
        }
        let whole = without_fractions(Value::Object(definition.clone()));
        if let Value::Object(whole) = whole {
            if whole != definition {
                let what = format!("`{}` has fractions under `x-` keys", self.candidate.id);
                self.note(mapping, AnomalyKind::ValueChanged, what, "text");
            }
            self.mapped.definition = whole;
        }
    }

    fn read(&mut self, setting: &Setting<'_>, mapping: &mut Mapping) {
        let candidate = self.candidate;
        let mut sorted: Words<'a> = BTreeMap::new();
        let mut foreign: Vec<(&str, &Value)> = Vec::new();
        for (key, value) in &candidate.fields {
            if key == items::PROSE || words::is_nothing(value) {
                continue;
            }
            match setting.fields.ours(key) {
                _ if setting.fields.ignores(key) => self.mapped.lost.push(key.clone()),
                Some((ours, rank)) => {
                    sorted.entry(ours).or_default().push((rank, key, value));
                }
                None => foreign.push((key, value)),
            }
        }
        for list in sorted.values_mut() {
            list.sort_by_key(|(rank, _, _)| *rank);
        }
        self.status(&sorted, setting, mapping);
        self.title(&sorted, mapping);
        self.plain(&sorted, setting, mapping);
        self.dependencies(&sorted, setting, mapping);
        self.stages(&sorted, setting, mapping);
        self.history(&sorted, mapping);
        self.texts(&sorted);
        self.origin(&sorted, setting);
        for (key, value) in foreign {
            self.keep(key, value.clone());
        }
    }

    pub(super) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.mapped.definition.insert(key.to_owned(), value.into());
    }

    /// Keeps a value under the source's own name.
    pub(super) fn keep(&mut self, key: &str, value: Value) {
        let name = match key.starts_with("x-") {
            true => key.to_owned(),
            false => format!("x-{key}"),
        };
        if !self.mapped.kept.contains(&name) {
            self.mapped.kept.push(name.clone());
        }
        self.mapped
            .definition
            .insert(name, without_fractions(value));
    }

    pub(super) fn became(&mut self, theirs: &str, ours: &'static str) {
        self.mapped.fields.push((theirs.to_owned(), ours));
    }

    /// The one value of a field; others are kept.
    pub(super) fn one(
        &mut self,
        sorted: &Words<'a>,
        ours: &'static str,
    ) -> Option<(&'a str, &'a Value)> {
        let list = sorted.get(ours)?;
        for (_, key, value) in list.iter().skip(1) {
            self.keep(key, (*value).clone());
        }
        list.first().map(|(_, key, value)| (*key, *value))
    }

    pub(super) fn note(&self, mapping: &mut Mapping, kind: AnomalyKind, what: String, made: &str) {
        self.note_at(mapping, kind, self.mapped.at.line, what, made);
    }

    /// Notes something at another line than that of the entry.
    pub(super) fn note_at(
        &self,
        mapping: &mut Mapping,
        kind: AnomalyKind,
        line: usize,
        what: String,
        made: &str,
    ) {
        mapping.anomalies.push(Anomaly {
            kind,
            at: Spot::new(&self.mapped.at.file, line),
            what,
            made: made.to_owned(),
            entry: Some(self.candidate.id.clone()),
        });
    }

    fn status(&mut self, sorted: &Words<'a>, setting: &Setting<'_>, mapping: &mut Mapping) {
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
        let place = self.candidate.place_status.as_deref();
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
            let what = format!("`{id}` is `{word}`, which means nothing here");
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
            Meaning::Cancelled => FirstStanding::Cancelled,
            _ => FirstStanding::Todo,
        };
        if !self.mapped.status.is_empty() {
            let status = self.mapped.status.clone();
            self.keep("status", status.into());
        }
    }

    fn title(&mut self, sorted: &Words<'a>, mapping: &mut Mapping) {
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
    fn plain(&mut self, sorted: &Words<'a>, setting: &Setting<'_>, mapping: &mut Mapping) {
        for ours in [
            "type",
            "kind",
            "role",
            "lane",
            "risk",
            "slice",
            "merge_stage",
            "evidence",
            "effort",
        ] {
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
        for ours in ["priority", "sequence", "merge_order"] {
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
                    let tools = serde_json::json!({"tools": words::list(value)});
                    self.became(key, ours);
                    self.put(ours, tools);
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

    fn number(
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

    fn dependencies(&mut self, sorted: &Words<'a>, setting: &Setting<'_>, mapping: &mut Mapping) {
        super::links::read(self, sorted, setting, mapping);
    }

    /// The agents and machines of the old assignment fields, as stages.
    fn stages(&mut self, sorted: &Words<'a>, setting: &Setting<'_>, mapping: &mut Mapping) {
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

    /// Who had it and how it ended: kept, and told in its history.
    fn history(&mut self, sorted: &Words<'a>, mapping: &mut Mapping) {
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
    fn texts(&mut self, sorted: &Words<'a>) {
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

    /// Where the task came from: its own ask where it names one, else the source.
    fn origin(&mut self, sorted: &Words<'a>, setting: &Setting<'_>) {
        if let Some((key, value)) = self.one(sorted, "origin_ask_ref") {
            self.keep(key, value.clone());
        }
        let origin = origin_of(&setting.options.name, &self.candidate.id);
        self.put("origin_ask_ref", origin);
    }
}

/// Text in one line, without characters that steer.
fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A time in one of the forms that trackers write.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let spaced = text.replacen(' ', "T", 1);
    let attempts = [text.to_owned(), spaced.clone(), format!("{spaced}Z")];
    attempts.iter().find_map(|attempt| attempt.parse().ok())
}

/// Plan files have no fractions: they become text.
fn without_fractions(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() => number.to_string().into(),
        Value::Array(items) => items.into_iter().map(without_fractions).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, without_fractions(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// The values of one field.
pub(super) fn values<'w>(sorted: &'w Words<'_>, ours: &str) -> &'w [(usize, &'w str, &'w Value)] {
    sorted.get(ours).map_or(&[], Vec::as_slice)
}
