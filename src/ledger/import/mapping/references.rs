//! The ids of the entries, and what a reference to one means.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Known, Mapping, MappingOptions, origin_of};
use crate::domain::id::TaskId;
use crate::domain::task::Task;
use crate::ledger::format::v1::request::define;
use crate::ledger::import::{AnomalyKind, Candidate, ids, words};

/// The ids of candidates, and what references mean.
///
/// A reference means an entry of this source, or a task that an earlier import made of one. That
/// there is a task of the same id here is no proof: every project has an `A-1`.
pub(super) struct Ids<'a> {
    /// By candidate; none for a bad one.
    pub(super) of: Vec<Option<(TaskId, bool)>>,
    /// Every id that an entry has there, whether it becomes a task or not.
    named: HashSet<String>,
    /// The ids of the entries without the number at their end, where that is not all.
    heads: HashSet<String>,
    /// Every task that an entry becomes.
    given: BTreeSet<TaskId>,
    exact: HashMap<String, TaskId>,
    /// By folded text, where only one candidate has it.
    close: BTreeMap<String, Option<TaskId>>,
    known: &'a Known<'a>,
    options: &'a MappingOptions,
}

/// What a reference means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meant {
    /// The task of the entry with this very id.
    Same(TaskId),
    /// The task of the one entry whose id is like it, but for case and marks.
    Like(TaskId),
    /// None of the source, though a task has the id here.
    Stranger,
    /// Nothing that is there.
    Nothing,
}

impl Meant {
    /// The task, if it is one.
    pub(super) fn task(self) -> Option<TaskId> {
        match self {
            Self::Same(id) | Self::Like(id) => Some(id),
            Self::Stranger | Self::Nothing => None,
        }
    }
}

impl<'a> Ids<'a> {
    pub(super) fn assign(
        candidates: &[Candidate],
        known: &'a Known<'a>,
        options: &'a MappingOptions,
        mapping: &mut Mapping,
    ) -> Self {
        let pattern = ids::pattern(known.policy.task_id_pattern.as_deref());
        let mut all = Self {
            of: Vec::with_capacity(candidates.len()),
            named: candidates.iter().map(|one| one.id.clone()).collect(),
            heads: candidates
                .iter()
                .filter_map(|one| Some(head_of(&one.id)?.to_owned()))
                .collect(),
            given: BTreeSet::new(),
            exact: HashMap::new(),
            close: BTreeMap::new(),
            known,
            options,
        };
        for candidate in candidates {
            if candidate.bad.is_some() {
                all.of.push(None);
                continue;
            }
            let same = || same_of_own(candidate, known, options);
            let origin = origin_of(&options.name, &candidate.id);
            let there = known.by_origin.get(&origin).cloned().or_else(same);
            let (id, old) = match there {
                Some(id) => (Some(id), true),
                None => {
                    let legal = ids::legal(&candidate.id, &options.prefix, pattern.as_ref());
                    (legal, false)
                }
            };
            let Some(mut id) = id else {
                all.of.push(None);
                continue;
            };
            let plain = format!("{}{}", options.prefix, candidate.id);
            if !old && id.as_str() != plain {
                let what = format!("the id `{}` is not legal here", candidate.id);
                let made = format!("`{id}`; references follow");
                mapping.note(AnomalyKind::IdChanged, &candidate.at, what, made);
            }
            if !old && all.given.contains(&id) {
                let what = format!("`{}` becomes `{id}`, as another id does", candidate.id);
                id = another(&id, &all.given).unwrap_or(id);
                let made = format!("`{id}`; references follow");
                mapping.note(AnomalyKind::IdCollision, &candidate.at, what, made);
            }
            all.given.insert(id.clone());
            all.exact.entry(candidate.id.clone()).or_insert(id.clone());
            let folded = words::folded(&candidate.id);
            all.close
                .entry(folded)
                .and_modify(|known| *known = None)
                .or_insert(Some(id.clone()));
            all.of.push(Some((id, old)));
        }
        all
    }

    /// What a reference means that stands in an entry of which `there` is the task, if there is one:
    /// what that depends on by now needs no other proof.
    pub(super) fn find(&self, reference: &str, there: Option<&Task>) -> Meant {
        let whole = reference.trim();
        let bare = whole.trim_start_matches('#');
        if let Some(id) = self.same(whole).or_else(|| self.same(bare)) {
            return Meant::Same(id);
        }
        let here = |text: &str| {
            let id = TaskId::new(text).ok()?;
            self.known.tasks.contains_key(&id).then_some(id)
        };
        let prefixed = format!("{}{bare}", self.options.prefix);
        let here = here(&prefixed).or_else(|| here(whole));
        let taken = |id: &TaskId| {
            there.is_some_and(|task| {
                task.depends_on.contains(id) || task.parent.as_ref() == Some(id)
            })
        };
        if let Some(id) = here.clone().filter(taken) {
            return Meant::Same(id);
        }
        // An entry of this id is there, and becomes no task.
        if self.named.contains(whole) || self.named.contains(bare) {
            return Meant::Nothing;
        }
        // Whoever wrote this very id may have meant that one.
        if here.is_some() {
            return Meant::Stranger;
        }
        match self.close.get(&words::folded(bare)) {
            Some(Some(id)) => Meant::Like(id.clone()),
            _ => Meant::Nothing,
        }
    }

    /// The task of the entry with this very id, in this source or in an earlier import of it.
    fn same(&self, id: &str) -> Option<TaskId> {
        let earlier = || self.known.by_origin.get(&origin_of(&self.options.name, id));
        self.exact.get(id).or_else(earlier).cloned()
    }

    /// Whether a word differs from the id of some entry in the number at its end only.
    pub(super) fn is_kin(&self, word: &str) -> bool {
        head_of(word).is_some_and(|head| self.heads.contains(head))
    }

    /// Whether a task is that of an entry of this very source.
    pub(super) fn has(&self, task: &TaskId) -> bool {
        self.given.contains(task)
    }
}

/// What stands before the number at the end of an id.
fn head_of(id: &str) -> Option<&str> {
    let head = id.trim_end_matches(|c: char| c.is_ascii_digit());
    (!head.is_empty() && head.len() < id.len()).then_some(head)
}

/// The task that an entry of one of our own exports is, if it is there. That ids are alike is no
/// proof: every project has an `A-1`. Where it came from must be the same, or all that does not hang
/// on other tasks.
fn same_of_own(
    candidate: &Candidate,
    known: &Known<'_>,
    options: &MappingOptions,
) -> Option<TaskId> {
    candidate.own.as_ref()?;
    let id = TaskId::new(format!("{}{}", options.prefix, candidate.id)).ok()?;
    let here = *known.tasks.get(&id)?;
    let mut definition = candidate.fields.clone();
    definition.insert("id".to_owned(), id.as_str().into());
    let there = define(&serde_json::Value::Object(definition)).ok()?.task;
    let alone = |task: &Task| Task {
        depends_on: Vec::new(),
        parent: None,
        parked: false,
        // One that came in without its package names none.
        package: task.package.clone().filter(|_| here.package.is_some()),
        ..task.clone()
    };
    let same = match (&here.origin_ask_ref, &there.origin_ask_ref) {
        (Some(here), Some(there)) => here == there,
        (None, None) => alone(here) == alone(&there),
        _ => false,
    };
    same.then_some(id)
}

fn another(id: &TaskId, given: &BTreeSet<TaskId>) -> Option<TaskId> {
    (2..10_000)
        .filter_map(|n| TaskId::new(format!("{id}-{n}")).ok())
        .find(|id| !given.contains(id))
}
