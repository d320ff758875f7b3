//! From candidates to definitions: ids first, since everything refers to them, then each task.

mod assignment;
mod fields;
mod gone;
mod link_lists;
mod links;
mod past;
mod plain;
mod prose;
mod references;
mod salvage;
mod secret;
mod twins;
mod waiting;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use self::fields::Draft;
use self::references::Ids;
use super::{Anomaly, AnomalyKind, Candidate, FieldMap, Gathered, PackageText, Spot};
use crate::domain::cycles::{cycles, path};
use crate::domain::id::TaskId;
use crate::domain::import::FirstStanding;
use crate::domain::policy::Policy;
use crate::domain::task::Task;

/// What is there already.
pub struct Known<'a> {
    /// The rules' policy.
    pub policy: &'a Policy,
    /// The tasks that are there, archived ones included.
    pub tasks: &'a HashMap<TaskId, &'a Task>,
    /// The same, by where they came from.
    pub by_origin: &'a HashMap<String, TaskId>,
    /// Whether a file is there below `governance/`.
    pub has_file: &'a dyn Fn(&str) -> bool,
    /// Whether a workstation is registered.
    pub has_workstation: &'a dyn Fn(&str) -> bool,
}

/// How to map.
#[derive(Debug, Clone, Default)]
pub struct MappingOptions {
    /// What people call the source; part of where a task came from.
    pub name: String,
    /// Goes before every new id.
    pub prefix: String,
    /// The role of tasks that name none.
    pub role: Option<String>,
    /// Leave out what is done or cancelled in the source.
    pub open_only: bool,
}

/// A candidate, and what becomes of it.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// Where it stands.
    pub at: Spot,
    /// Its id in the source.
    pub source_id: String,
    /// Its id here.
    pub id: Option<TaskId>,
    /// Its status there; empty where it has none.
    pub status: String,
    /// What it is here right after the import.
    pub standing: FirstStanding,
    /// The landing that the source names, as it is written there.
    pub commit: Option<String>,
    /// What its history here begins with.
    pub remark: Option<String>,
    /// Their word, and the field it became.
    pub fields: Vec<(String, &'static str)>,
    /// Their words that are kept under `x-` keys.
    pub kept: Vec<String>,
    /// Their words that were left out because the map says so.
    pub lost: Vec<String>,
    /// The definition.
    pub definition: Map<String, Value>,
    /// What rules read of it; none where it cannot become a task.
    pub task: Option<Task>,
    /// Why it cannot.
    pub bad: Vec<String>,
    /// Whether the task is there already.
    pub known: bool,
}

/// Everything that a source becomes.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// Its entries, in the order of the source.
    pub tasks: Vec<Mapped>,
    /// What was not taken over as it was.
    pub anomalies: Vec<Anomaly>,
    /// Entries left out because they are closed in the source.
    pub left_out: usize,
    /// The work packages that the source brings.
    pub packages: Vec<PackageText>,
}

impl Mapping {
    fn note(&mut self, kind: AnomalyKind, at: &Spot, what: String, made: impl Into<String>) {
        self.anomalies.push(Anomaly {
            kind,
            at: at.clone(),
            what,
            made: made.into(),
            entry: None,
        });
    }
}

/// Where a task came from, as `origin_ask_ref` says it.
#[must_use]
pub fn origin_of(name: &str, source_id: &str) -> String {
    let id: String = source_id
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("import:{name}:{}", id.trim())
}

/// Makes definitions of what a reader found.
#[must_use]
pub fn map(
    gathered: Gathered,
    fields: &FieldMap,
    known: &Known<'_>,
    options: &MappingOptions,
) -> Mapping {
    let mut mapping = Mapping {
        anomalies: gathered.anomalies,
        packages: gathered.packages,
        ..Mapping::default()
    };
    let candidates = gathered.candidates.into_iter().map(Candidate::bounded);
    let candidates = twins::told_apart(candidates.collect(), fields, known, options, &mut mapping);
    unused(&candidates, fields, &mut mapping);
    let shift = counts_from_zero(&candidates, fields, &mut mapping);
    let ids = Ids::assign(&candidates, known, options, &mut mapping);
    let holds = waiting::Holds::of(&candidates, fields, &ids);
    let mut drafts: Vec<Draft<'_>> = Vec::with_capacity(candidates.len());
    for (candidate, id) in candidates.iter().zip(&ids.of) {
        let setting = fields::Setting {
            fields,
            known,
            options,
            ids: &ids,
            holds: &holds,
            shift,
        };
        drafts.push(Draft::of(candidate, id.clone(), &setting, &mut mapping));
    }
    links::settle(&mut drafts, &mut mapping);
    let mut left_out = HashMap::new();
    for draft in drafts {
        let standing = draft.mapped.standing.clone();
        if options.open_only && standing.is_closed() {
            mapping.left_out += 1;
            if let (Some(id), false) = (draft.mapped.id, draft.mapped.known) {
                left_out.insert(id, gone::Gone::LeftOut(standing.word()));
            }
            continue;
        }
        let own = draft.candidate.own.is_some();
        let mapped = salvage::finish(draft, known, &mut mapping);
        let mapped = secret::refuse(mapped, own, &mut mapping);
        mapping.tasks.push(mapped);
    }
    circles(&mut mapping);
    gone::detach(&mut mapping, left_out);
    mapping
}

/// A word that is misspelt in the field map would change nothing, and nobody would know.
fn unused(candidates: &[Candidate], fields: &FieldMap, mapping: &mut Mapping) {
    let Some(first) = candidates.first() else {
        return;
    };
    let said = candidates.iter().flat_map(|one| one.fields.keys());
    let said: BTreeSet<String> = said.map(|key| super::words::folded(key)).collect();
    for (key, names) in fields.unused(&said) {
        let names = names.join("`, `");
        let what = format!("`{key}` names `{names}` in the field map, and no entry says it");
        let made = "it changes nothing here";
        mapping.note(AnomalyKind::MapUnused, &first.at, what, made);
    }
}

/// Some trackers count priorities from 0: then all numbers of the source are one less than ours.
fn counts_from_zero(candidates: &[Candidate], fields: &FieldMap, mapping: &mut Mapping) -> i64 {
    let zero = candidates.iter().find(|candidate| {
        candidate.own.is_none()
            && candidate.fields.iter().any(|(key, value)| {
                let priority = fields.ours(key).is_some_and(|(ours, _)| ours == "priority");
                priority && super::words::ranked(value) == Some(0)
            })
    });
    let Some(zero) = zero else { return 0 };
    let at = zero.at.clone();
    let what = format!("`{}` has priority 0, which is none here", zero.id);
    let made = "all priorities of the source count one more: 0 is 1";
    mapping.note(AnomalyKind::PriorityShifted, &at, what, made);
    1
}

/// Tasks in a circle of dependencies can never start: they are no tasks until somebody opens it.
fn circles(mapping: &mut Mapping) {
    let edges: HashMap<TaskId, Vec<TaskId>> = mapping
        .tasks
        .iter()
        .filter_map(|mapped| Some((mapped.id.clone()?, mapped.task.as_ref()?.depends_on.clone())))
        .collect();
    let edges_of = |id: &TaskId| edges.get(id).map_or(&[][..], Vec::as_slice);
    // What is too much to be told is refused by the ledger.
    let circles = cycles(edges.keys(), edges_of).told;
    let mut places: HashMap<TaskId, Vec<usize>> = HashMap::new();
    for (nth, mapped) in mapping.tasks.iter().enumerate() {
        if let Some(id) = &mapped.id {
            places.entry(id.clone()).or_default().push(nth);
        }
    }
    // One reason is enough for a task, of however many circles it is a part (P23).
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for circle in circles {
        let what = format!("the dependencies go in a circle: {}", path(&circle));
        let members = circle.iter().filter_map(|id| places.get(*id)).flatten();
        let members: BTreeSet<usize> = members.copied().collect();
        for nth in &members {
            let mapped = &mut mapping.tasks[*nth];
            mapped.task = None;
            if told.insert(*nth) {
                mapped.bad.push(what.clone());
            }
        }
        if let Some(first) = members.first() {
            let at = mapping.tasks[*first].at.clone();
            let made = "no tasks; open the circle in the source";
            mapping.note(AnomalyKind::DependencyCycle, &at, what, made);
        }
    }
}
