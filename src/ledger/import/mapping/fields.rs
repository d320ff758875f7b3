//! One candidate as a draft: its words sorted into fields, each field read as what it is here.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::words::{self, Meaning};
use super::super::{Anomaly, AnomalyKind, Candidate, FieldMap, Spot};
use super::references::Ids;
use super::waiting::Holds;
use super::{Known, Mapped, Mapping, MappingOptions, origin_of};
use crate::domain::id::TaskId;
use crate::domain::import::FirstStanding;
use crate::domain::task::Task;

/// What all drafts of a source share.
pub(super) struct Setting<'a> {
    pub fields: &'a FieldMap,
    pub known: &'a Known<'a>,
    pub options: &'a MappingOptions,
    pub ids: &'a Ids<'a>,
    /// What entries say of what waits for them.
    pub holds: &'a Holds,
    /// What is added to every numeric priority.
    pub shift: i64,
}

/// A definition under construction.
pub(super) struct Draft<'a> {
    pub candidate: &'a Candidate,
    pub mapped: Mapped,
    /// Why it is parked, if it is.
    pub parked: Option<String>,
    /// Whether something holds it up that is no task here.
    pub held: bool,
    /// Whether a list says what it waits for.
    pub says_needs: bool,
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
            held: false,
            says_needs: false,
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
                if let (Some(other), false) = (setting.known.tasks.get(id), known) {
                    let from = other.origin_ask_ref.as_ref();
                    let from = from.map_or("from nowhere else".to_owned(), |from| {
                        format!("from {from}")
                    });
                    draft.mapped.bad.push(format!(
                        "the id `{id}` is taken by another task, {from}: `--prefix` gives new ids"
                    ));
                }
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
        self.mapped.standing = own.standing.clone();
        for loss in &own.lost {
            let what = format!("`{}` {}", self.candidate.id, loss.what);
            self.note(mapping, loss.kind, what, loss.made);
        }
        self.mapped.commit = own.commit.clone();
        self.remarks.extend(own.remark.clone());
        self.meaning = match &own.standing {
            FirstStanding::Done => Meaning::Done,
            FirstStanding::Cancelled { .. } => Meaning::Cancelled,
            FirstStanding::Blocked(_) => Meaning::Blocked,
            FirstStanding::Todo => Meaning::Todo,
        };
        let mut definition = self.candidate.fields.clone();
        if let Some(id) = &self.mapped.id {
            definition.insert("id".to_owned(), id.as_str().into());
        }
        let whole = plain_value(Value::Object(definition.clone()), DEPTH);
        if let Value::Object(whole) = whole {
            if whole != definition {
                let what = format!(
                    "`{}` has values that are nested too deep",
                    self.candidate.id
                );
                self.note(mapping, AnomalyKind::ValueChanged, what, "text");
            }
            self.mapped.definition = whole;
        }
        super::links::read_own(self, setting, mapping);
    }

    fn read(&mut self, setting: &Setting<'_>, mapping: &mut Mapping) {
        let candidate = self.candidate;
        let mut sorted: Words<'a> = BTreeMap::new();
        let mut foreign: Vec<(&str, &Value)> = Vec::new();
        for (key, value) in &candidate.fields {
            if words::is_nothing(value) {
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
        super::links::read(self, &sorted, setting, mapping);
        self.stages(&sorted, setting, mapping);
        self.history(&sorted, mapping);
        self.texts(&sorted);
        self.origin(&sorted, setting);
        // Why it is blocked, of what is not said to be.
        let reasons = values(&sorted, "reason").iter();
        let reasons = reasons.filter(|_| self.meaning != Meaning::Blocked);
        let reasons = reasons.map(|(_, key, value)| (*key, *value));
        let doubtful: Vec<(&str, &Value)> = reasons.chain(foreign.iter().copied()).collect();
        super::waiting::unread(self, &doubtful, mapping);
        for (key, value) in foreign {
            self.keep(key, value.clone());
        }
    }

    /// The task that it is already, if it is one.
    pub(super) fn there<'k>(&self, setting: &Setting<'k>) -> Option<&'k Task> {
        let id = self.mapped.id.as_ref().filter(|_| self.mapped.known)?;
        setting.known.tasks.get(id).copied()
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
        if name.len() > KEY {
            let why = format!("it has a key of {} bytes", name.len());
            self.mapped.bad.push(why);
            return;
        }
        if !self.mapped.kept.contains(&name) {
            self.mapped.kept.push(name.clone());
        }
        let value = plain_value(value, DEPTH);
        self.mapped.definition.insert(name, value);
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
pub(super) fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Deepest nesting of what is kept, and longest key in bytes: well below what a plan file may have.
const DEPTH: usize = 32;
const KEY: usize = 500;

/// A value as a plan file can hold it: what is nested too deep or has too long a key becomes text.
fn plain_value(value: Value, depth: usize) -> Value {
    let long = |map: &Map<String, Value>| map.keys().any(|key| key.len() > KEY);
    match value {
        Value::Array(_) if depth == 0 => value.to_string().into(),
        Value::Object(map) if depth == 0 || long(&map) => Value::from(map).to_string().into(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| plain_value(item, depth - 1))
            .collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, plain_value(value, depth - 1)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// The values of one field.
pub(super) fn values<'w>(sorted: &'w Words<'_>, ours: &str) -> &'w [(usize, &'w str, &'w Value)] {
    sorted.get(ours).map_or(&[], Vec::as_slice)
}
