//! Entries that share an id: the same twice is taken once, others get an id each.
//!
//! Which of them is which must not hang on their order: the next import may find one more, in front
//! of all others. So each is known by its title, and the plain id is that of the task that has it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::{AnomalyKind, Candidate, FieldMap, Spot, words};
use super::fields::one_line;
use super::{Known, Mapping, MappingOptions, origin_of};

/// Gives every entry an id of its own, and refuses those whose origin is that of another one.
pub(super) fn told_apart(
    mut candidates: Vec<Candidate>,
    fields: &FieldMap,
    known: &Known<'_>,
    options: &MappingOptions,
    mapping: &mut Mapping,
) -> Vec<Candidate> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (n, candidate) in candidates.iter_mut().enumerate() {
        if candidate.bad.is_none() && candidate.id.is_empty() {
            candidate.bad = Some("it has no id".to_owned());
        }
        if candidate.bad.is_none() {
            groups.entry(candidate.id.clone()).or_default().push(n);
        }
    }
    let mut again = BTreeSet::new();
    for (id, group) in groups.into_iter().filter(|(_, group)| group.len() > 1) {
        let mut kin: Vec<usize> = Vec::new();
        let mut said: HashMap<String, usize> = HashMap::new();
        for n in group {
            let one = &candidates[n];
            match said.entry(all_that_it_says(one)) {
                Entry::Vacant(entry) => {
                    entry.insert(n);
                    kin.push(n);
                }
                Entry::Occupied(earlier) => {
                    let what = twice(&id, &candidates[*earlier.get()].at);
                    let made = "both say the same: taken once";
                    mapping.note(AnomalyKind::DuplicateId, &one.at, what, made);
                    again.insert(n);
                }
            }
        }
        let titles: Vec<String> = kin.iter().map(|n| title(&candidates[*n], fields)).collect();
        let ids = apart(&id, &titles, known, options);
        let plain = ids.iter().position(Option::is_none);
        let Some(first) = kin.get(plain.unwrap_or_default()) else {
            continue;
        };
        let first = candidates[*first].at.clone();
        for (n, own) in kin.iter().zip(ids) {
            let Some(own) = own else { continue };
            let what = twice(&id, &first);
            let made = format!("a task of its own, from `{own}`; references mean the other");
            let candidate = &mut candidates[*n];
            mapping.note(AnomalyKind::DuplicateId, &candidate.at, what, made);
            candidate.id = own;
        }
    }
    let mut origins: HashMap<String, Spot> = HashMap::new();
    let mut kept = Vec::with_capacity(candidates.len());
    for (n, mut candidate) in candidates.into_iter().enumerate() {
        if again.contains(&n) {
            continue;
        }
        if candidate.bad.is_none() {
            let origin = origin_of(&options.name, &candidate.id);
            match origins.get(&origin) {
                Some(other) => {
                    candidate.bad = Some(format!(
                        "it would be known as `{origin}`, as the entry at {other} is: give one of \
                         them another id in the source"
                    ));
                }
                None => drop(origins.insert(origin, candidate.at.clone())),
            }
        }
        kept.push(candidate);
    }
    kept
}

fn twice(id: &str, first: &Spot) -> String {
    format!("`{id}` is here twice, first at {first}")
}

fn all_that_it_says(one: &Candidate) -> String {
    let fields: BTreeMap<&String, &Value> = one.fields.iter().collect();
    format!(
        "{:?}",
        (fields, &one.body, &one.place_status, &one.dirs, &one.own)
    )
}

/// What an entry is known by among those of its id: its title, which outlives other changes.
fn title(candidate: &Candidate, fields: &FieldMap) -> String {
    let named = candidate.fields.iter().filter_map(|(key, value)| {
        let (ours, rank) = fields.ours(key)?;
        let title = words::text(value).filter(|_| ours == "title")?;
        Some((rank, title))
    });
    let title = named.min_by_key(|(rank, _)| *rank).map(|(_, title)| title);
    let body = || {
        let body = candidate.body.as_deref().unwrap_or_default();
        let line = body.lines().find(|line| !line.trim().is_empty());
        line.unwrap_or_default().trim().to_owned()
    };
    one_line(&title.unwrap_or_else(body))
}

/// The ids of entries that share one, by their titles; `None` for the one that keeps it.
fn apart(
    id: &str,
    titles: &[String],
    known: &Known<'_>,
    options: &MappingOptions,
) -> Vec<Option<String>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let own = |title: &String| {
        let digest = Sha256::digest(title.as_bytes());
        let own = format!("{id}#{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2]);
        let count = counts.entry(own.clone()).or_default();
        *count += 1;
        match count {
            1 => own,
            more => format!("{own}-{more}"),
        }
    };
    let ids: Vec<String> = titles.iter().map(own).collect();
    let of = |id: &str| known.by_origin.get(&origin_of(&options.name, id));
    let there = of(id).and_then(|there| known.tasks.get(there));
    let titled = there.and_then(|task| titles.iter().position(|title| *title == task.title));
    // The task that has the plain id may be called something else by now: then it is none of those
    // that are there under their own.
    let plain = titled.or_else(|| ids.iter().position(|own| of(own).is_none()));
    let ids = ids.into_iter().enumerate();
    ids.map(|(n, own)| (Some(n) != plain).then_some(own))
        .collect()
}
