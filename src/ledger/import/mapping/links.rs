//! What tasks say of each other: dependencies and parents, however they are written.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::super::field_map::NEEDS;
use super::super::words::{self, Meaning};
use super::fields::{Draft, Setting, Words, values};
use super::link_lists::{Called, Links};
use super::references::Meant;
use super::{AnomalyKind, Mapping, prose, waiting};
use crate::domain::id::TaskId;
use crate::domain::import::FirstStanding;
use crate::domain::policy::ParentRule;
use crate::domain::shell::quoted;

/// Reads the dependencies and the parent of a draft.
pub(super) fn read(
    draft: &mut Draft<'_>,
    sorted: &Words<'_>,
    setting: &Setting<'_>,
    mapping: &mut Mapping,
) {
    let mut needs: Vec<String> = Vec::new();
    let mut odd: Vec<Value> = Vec::new();
    let mut parent = None;
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    for ours in NEEDS {
        for (_, key, value) in values(sorted, ours) {
            let links = Links::of(value, Called::Needs);
            if !links.loose.is_empty() {
                draft.keep(key, Value::from(links.loose));
            }
            odd.extend(links.odd);
            parent = parent.or(links.parent);
            draft.became(key, "depends_on");
            if ours != "blocked_by" {
                lists.push(((*key).to_owned(), links.needs.clone()));
            }
            needs.extend(links.needs);
        }
    }
    for (_, _, value) in values(sorted, "links") {
        let links = Links::of(value, Called::Links);
        odd.extend(links.odd);
        parent = parent.or(links.parent);
        needs.extend(links.needs);
    }
    for (_, _, value) in values(sorted, "requires") {
        needs.extend(entries_in(setting, value));
    }
    draft.says_needs = NEEDS
        .into_iter()
        .any(|ours| !values(sorted, ours).is_empty());
    waiting::told(draft, sorted, setting, mapping);
    differing(draft, &lists, mapping);
    for (_, key, value) in values(sorted, "parent") {
        match words::text(value) {
            Some(id) => {
                parent = Some(id);
                draft.became(key, "parent");
            }
            None => draft.refused(mapping, key, value, "it is no id"),
        }
    }
    let mut missed = Missed::default();
    let mut found: Vec<TaskId> = Vec::new();
    for need in &needs {
        if let Some(id) = meant(draft, setting, need, &mut missed, mapping) {
            take(draft, &mut found, need, id, &lists, mapping);
        }
    }
    for id in setting.holds.over(draft.mapped.id.as_ref()) {
        if draft.mapped.id.as_ref() != Some(id) && !found.contains(id) {
            found.push(id.clone());
        }
    }
    prose::read(draft, sorted, setting, &mut found, mapping);
    if !found.is_empty() {
        let list: Vec<String> = found.iter().map(ToString::to_string).collect();
        draft.put("depends_on", list);
    }
    missed.tell(draft, mapping);
    let names: Vec<String> = odd.iter().map(Value::to_string).collect();
    let names: String = names.join(", ").chars().take(SHOWN).collect();
    unmet(draft, &names, odd, ("which says nothing here", ""), mapping);
    let Some(parent) = parent else { return };
    let waits = setting.known.policy.merge.parent == ParentRule::Waits;
    let mut missed = Missed::default();
    match meant(draft, setting, &parent, &mut missed, mapping) {
        Some(id) if found.contains(&id) && waits => {
            let what = format!(
                "`{}` depends on `{parent}`, of which it is a part",
                draft.candidate.id
            );
            let made = "it depends on it; kept as `x-parent`";
            draft.note(mapping, AnomalyKind::DependencyOnParent, what, made);
            draft.keep("parent", parent.into());
        }
        Some(id) if draft.mapped.id.as_ref() != Some(&id) => draft.put("parent", id.to_string()),
        _ => no_parent(draft, &parent, missed.why(), mapping),
    }
}

fn no_parent(draft: &mut Draft<'_>, parent: &str, why: &str, mapping: &mut Mapping) {
    let id = &draft.candidate.id;
    let what = format!("`{id}` is a part of `{parent}`, {why}");
    let made = "kept as `x-parent`";
    draft.note(mapping, AnomalyKind::DependencyUnknown, what, made);
    draft.keep("parent", parent.into());
}

/// The entries of the source in a list of what an entry requires, which are no tools.
pub(super) fn entries_in(setting: &Setting<'_>, value: &Value) -> Vec<String> {
    let listed = match value {
        Value::Object(_) => Vec::new(),
        listed => words::list(listed),
    };
    let mut listed = listed;
    listed.retain(|one| matches!(setting.ids.find(one, None), Meant::Same(_)));
    listed
}

/// References that mean no task of the source.
#[derive(Default)]
pub(super) struct Missed {
    nowhere: Vec<String>,
    /// Those whose id a task of another origin has here.
    strangers: Vec<String>,
}

const NOWHERE: &str = "which is not there";
const STRANGER: &str = "which the source does not have: the task of that id here is another one";

impl Missed {
    /// Why the one reference that was asked about means nothing.
    fn why(&self) -> &'static str {
        match self.strangers.is_empty() {
            true => NOWHERE,
            false => STRANGER,
        }
    }

    /// Says of each that the draft depends on it.
    fn tell(self, draft: &mut Draft<'_>, mapping: &mut Mapping) {
        let bind = draft.mapped.id.as_ref().map(|id| {
            let needs = self.strangers.iter();
            let needs: String = needs
                .map(|need| format!(" --add-dependency {}", quoted(need)))
                .collect();
            format!("; `laneway edit {id} --unpark{needs}` if that one is meant")
        });
        for (lost, why, hint) in [
            (self.nowhere, NOWHERE, None),
            (self.strangers, STRANGER, bind.as_deref()),
        ] {
            let names = lost.join(", ");
            let lost = lost.into_iter().map(Value::from).collect();
            unmet(
                draft,
                &names,
                lost,
                (why, hint.unwrap_or_default()),
                mapping,
            );
        }
    }
}

/// The task that a reference in a draft means. That it was only like the id is told.
pub(super) fn meant(
    draft: &Draft<'_>,
    setting: &Setting<'_>,
    reference: &str,
    missed: &mut Missed,
    mapping: &mut Mapping,
) -> Option<TaskId> {
    let found = setting.ids.find(reference, draft.there(setting));
    match &found {
        Meant::Same(_) => {}
        // `none` is an id only where an entry has it.
        Meant::Nothing if words::is_no(reference) => {}
        Meant::Like(id) => {
            let me = &draft.candidate.id;
            let what = format!("`{me}` names `{reference}`, which the source does not have");
            let made = format!("read as `{id}`, the one id that is like it");
            draft.note(mapping, AnomalyKind::ReferenceChanged, what, &made);
        }
        Meant::Stranger => missed.strangers.push(reference.to_owned()),
        Meant::Nothing => missed.nowhere.push(reference.to_owned()),
    }
    found.task()
}

/// Two lists of the same thing that do not say the same.
fn differing(draft: &Draft<'_>, lists: &[(String, Vec<String>)], mapping: &mut Mapping) {
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    let [(_, one), rest @ ..] = lists else { return };
    if rest.iter().all(|(_, other)| set(other) == set(one)) {
        return;
    }
    let told: Vec<String> = lists
        .iter()
        .map(|(key, list)| format!("`{key}` says {}", list.join(", ")))
        .collect();
    let what = format!("`{}`: {}", draft.candidate.id, told.join("; "));
    draft.note(
        mapping,
        AnomalyKind::DependenciesDiffer,
        what,
        "all of them",
    );
}

fn take(
    draft: &Draft<'_>,
    found: &mut Vec<TaskId>,
    need: &str,
    id: TaskId,
    lists: &[(String, Vec<String>)],
    mapping: &mut Mapping,
) {
    let me = &draft.candidate.id;
    if draft.mapped.id.as_ref() == Some(&id) {
        let what = format!("`{me}` depends on itself");
        draft.note(mapping, AnomalyKind::DependencyOnItself, what, "left out");
    } else if found.contains(&id) {
        // Named once in each of two lists is no repetition.
        let twice = lists
            .iter()
            .any(|(_, list)| list.iter().filter(|n| *n == need).count() > 1);
        if twice || lists.len() < 2 {
            let what = format!("`{me}` depends on `{need}` twice");
            draft.note(mapping, AnomalyKind::DependencyRepeated, what, "once");
        }
    } else {
        found.push(id);
    }
}

/// Most characters that are shown of links that say nothing here.
const SHOWN: usize = 120;

/// Dependencies that cannot be kept must not be met by silence: the task rests. Of an open one it is
/// said, too, what to do.
fn unmet(
    draft: &mut Draft<'_>,
    names: &str,
    lost: Vec<Value>,
    (why, hint): (&str, &str),
    mapping: &mut Mapping,
) {
    if lost.is_empty() {
        return;
    }
    let what = format!("`{}` depends on `{names}`, {why}", draft.candidate.id);
    let made = match closed(draft) {
        true => "kept as `x-depends_on`".to_owned(),
        false => format!("kept as `x-depends_on`, and parked until a person unparks it{hint}"),
    };
    draft.note(mapping, AnomalyKind::DependencyUnknown, what, &made);
    keep_lost(draft, lost, format!("it depends on {names}, {why}"));
}

/// Whether nothing of it is left to do, whatever it waits for.
pub(super) fn closed(draft: &Draft<'_>) -> bool {
    matches!(draft.meaning, Meaning::Done | Meaning::Cancelled)
}

/// Keeps what it depends on and no task is: it rests.
pub(super) fn keep_lost(draft: &mut Draft<'_>, lost: Vec<Value>, why: String) {
    let lost = with_kept(&draft.mapped.definition, lost);
    draft.keep("depends_on", lost);
    held(draft, why);
}

/// Rests a draft that something holds up that is no task here.
pub(super) fn held(draft: &mut Draft<'_>, why: String) {
    draft.held = true;
    if !closed(draft) {
        draft.parked = Some(why);
    }
}

/// What is to be kept of dependencies, with what is kept of them already.
pub(super) fn with_kept(definition: &Map<String, Value>, lost: Vec<Value>) -> Value {
    let mut all = match definition.get("x-depends_on") {
        Some(Value::Array(earlier)) => earlier.clone(),
        Some(earlier) => vec![earlier.clone()],
        None => Vec::new(),
    };
    all.extend(lost);
    all.into()
}

/// Says of blocked tasks what holds them up here: a dependency that is open, or a person.
pub(super) fn settle(drafts: &mut [Draft<'_>], mapping: &mut Mapping) {
    let done: HashSet<String> = drafts
        .iter()
        .filter(|draft| draft.meaning == Meaning::Done)
        .filter_map(|draft| draft.mapped.id.as_ref().map(ToString::to_string))
        .collect();
    for draft in drafts {
        let needs = draft
            .mapped
            .definition
            .get("depends_on")
            .and_then(Value::as_array);
        let waits = needs.is_some_and(|needs| {
            let mut needs = needs.iter().filter_map(Value::as_str);
            needs.any(|need| !done.contains(need))
        });
        if draft.meaning == Meaning::Blocked && draft.candidate.own.is_none() {
            let what = format!("`{}` is {}", draft.candidate.id, draft.mapped.status);
            let made = if waits && !draft.held {
                draft.parked = None;
                "todo: its dependencies hold it up"
            } else {
                "todo, parked until a person unparks it"
            };
            draft.note(mapping, AnomalyKind::BlockChanged, what, made);
        }
        if let (Some(why), false) = (&draft.parked, closed(draft)) {
            if draft.meaning != Meaning::Blocked {
                draft.remarks.push(format!("parked: {why}"));
            }
            draft
                .mapped
                .definition
                .insert("parked".to_owned(), true.into());
        }
    }
}

/// Reads what a definition of our own says of other tasks. References mean the tasks of the same
/// export, or what the task depends on that it is already: that another task here has the id shows
/// nothing.
pub(super) fn read_own(draft: &mut Draft<'_>, setting: &Setting<'_>, mapping: &mut Mapping) {
    let there = draft.there(setting);
    let find = |reference: &str| match setting.ids.find(reference, there) {
        // An export writes ids as they are.
        Meant::Like(_) => Meant::Nothing,
        found => found,
    };
    let why = |found: &Meant| match found {
        Meant::Stranger => STRANGER,
        _ => NOWHERE,
    };
    let parent = draft.mapped.definition.get("parent");
    let parent = parent.and_then(Value::as_str).map(str::to_owned);
    if let Some(parent) = parent {
        match find(&parent) {
            Meant::Same(id) => draft.put("parent", id.as_str()),
            none => {
                draft.mapped.definition.shift_remove("parent");
                no_parent(draft, &parent, why(&none), mapping);
            }
        }
    }
    let by = match &draft.mapped.standing {
        FirstStanding::Blocked(block) => block.by.clone(),
        _ => None,
    };
    if let Some(by) = by {
        let found = find(by.as_str());
        let why = why(&found);
        let mut here = found.task();
        if here.is_some() && here == draft.mapped.id {
            // It would never end by itself; the ledger takes no such block.
            here = None;
            let what = format!("`{}` is blocked by itself", draft.candidate.id);
            let made = "it stays blocked until somebody ends that";
            draft.note(mapping, AnomalyKind::DependencyOnItself, what, made);
        } else if here.is_none() {
            let what = format!("`{}` is blocked by `{by}`, {why}", draft.candidate.id);
            let made = "it stays blocked until somebody ends that";
            draft.note(mapping, AnomalyKind::DependencyUnknown, what, made);
        }
        if let FirstStanding::Blocked(block) = &mut draft.mapped.standing {
            block.by = here;
        }
    }
    let Some(Value::Array(needs)) = draft.mapped.definition.get("depends_on") else {
        return;
    };
    let (mut found, mut missed) = (Vec::new(), Missed::default());
    for need in needs {
        match need.as_str().map(|text| (text, find(text))) {
            Some((_, Meant::Same(id))) => found.push(Value::from(id.as_str())),
            Some((text, Meant::Stranger)) => missed.strangers.push(text.to_owned()),
            Some((text, _)) => missed.nowhere.push(text.to_owned()),
            // The format refuses it.
            None => found.push(need.clone()),
        }
    }
    match found.is_empty() && !needs.is_empty() {
        true => drop(draft.mapped.definition.shift_remove("depends_on")),
        false => draft.put("depends_on", found),
    }
    missed.tell(draft, mapping);
}
