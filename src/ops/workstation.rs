//! `workstation`: showing the registry with what the ledger says of it, looking at what is there,
//! taking one out of service and back, and writing the registry in the working tree (I9 to I13).

use std::path::PathBuf;

use regex::Regex;

use super::OpError;
use super::add::{plan_lock, replace, working_tree_file};
use super::mutate::{FileChange, Mutation};
use super::readiness;
use super::site::Site;
use crate::domain::id::{AgentName, TaskId, WorkstationName};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::Verb;
use crate::domain::snapshot::Snapshot;
use crate::domain::time::{Span, Timestamp};
use crate::domain::workstation::{
    Hold, Readiness, StationAct, StationState, Use, Workstation, WorkstationLifecycle,
    WorkstationState,
};
use crate::ledger::document::{Atom, Document, Edit, EditError, Route};
use crate::ledger::format::v1::WorkstationsFile;
use crate::ledger::yaml::{Context, Key, Limits, Node, Tree, emit_scalar, parse};
use crate::ledger::{paths, read};

/// A registered workstation, as it stands.
#[derive(Debug, Clone)]
pub struct StationRow {
    /// Its name.
    pub name: WorkstationName,
    /// The `scope` of its name, where the registry has a pattern.
    pub scope: Option<String>,
    /// The `suffix` of its name.
    pub suffix: Option<String>,
    /// The registry's entry.
    pub known: Workstation,
    /// Whether it takes claims, by registry and ledger.
    pub standing: WorkstationState,
    /// Why the ledger holds it out of service.
    pub hold: Option<Hold>,
    /// The use that ended it.
    pub used: Option<Use>,
    /// The tasks in progress on it, and who holds them.
    pub work: Vec<(TaskId, AgentName)>,
}

/// The registry, as it stands.
#[derive(Debug, Clone)]
pub struct StationsOutcome {
    /// Its workstations, by name.
    pub rows: Vec<StationRow>,
    /// How old the attestation of a licence may be.
    pub license_max_age: Option<Span>,
    /// The moment at which that was so.
    pub now: Timestamp,
}

/// Shows all workstations, or one.
///
/// # Errors
/// When the ledger does not read, or there is no such workstation.
pub fn list(site: &Site, only: Option<&WorkstationName>) -> Result<StationsOutcome, OpError> {
    let snapshot = super::look::snapshot(site)?;
    if let Some(name) = only {
        registered(&snapshot, name)?;
    }
    let registry = &snapshot.rules.workstations;
    let naming = registry.naming.as_ref();
    let naming = naming.and_then(|pattern| Regex::new(pattern).ok());
    let now = site.env.now();
    let names = registry.workstations.keys();
    let wanted = names.filter(|name| only.is_none_or(|only| only == *name));
    let rows = wanted.filter_map(|name| row(&snapshot, name, naming.as_ref(), now));
    Ok(StationsOutcome {
        rows: rows.collect(),
        license_max_age: registry.license_max_age,
        now,
    })
}

fn row(
    snapshot: &Snapshot,
    name: &WorkstationName,
    naming: Option<&Regex>,
    now: Timestamp,
) -> Option<StationRow> {
    let station = snapshot.station(name)?;
    let parts = naming.and_then(|naming| naming.captures(name.as_str()));
    let part = |group: &str| {
        let parts = parts.as_ref()?;
        parts.name(group).map(|part| part.as_str().to_owned())
    };
    let claims = snapshot.states.occupying(&snapshot.rules.policy, now);
    let here = claims.filter(|(_, claim)| claim.workstation == *name);
    Some(StationRow {
        name: name.clone(),
        scope: part("scope"),
        suffix: part("suffix"),
        known: station.known.clone(),
        standing: station.standing(),
        hold: station.hold().cloned(),
        used: station.used_up().cloned(),
        work: here
            .map(|(id, claim)| (id.clone(), claim.agent.clone()))
            .collect(),
    })
}

/// The registry's entry of `name`.
///
/// # Errors
/// The refusal `workstation-missing`.
pub(super) fn registered<'s>(
    snapshot: &'s Snapshot,
    name: &WorkstationName,
) -> Result<&'s Workstation, OpError> {
    let known = snapshot.rules.workstations.workstations.get(name);
    known.ok_or_else(|| {
        let message = format!("the workstation {name} is not registered");
        let unmet = Unmet::rule("workstation-missing", message).about(name);
        let unmet = unmet.hint("`laneway workstation list` shows all of them");
        Refusal::one(format!("cannot look at {name}"), None, unmet).into()
    })
}

/// Runs the probes of these workstations, or of all, here and now. Nothing is recorded.
///
/// # Errors
/// When the ledger does not read, or there is no such workstation.
pub fn check(site: &Site, names: &[WorkstationName]) -> Result<Vec<Readiness>, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let registry = &snapshot.rules.workstations.workstations;
    let stations: Vec<_> = if names.is_empty() {
        registry.iter().collect()
    } else {
        let named = names.iter();
        named
            .map(|name| Ok((name, registered(&snapshot, name)?)))
            .collect::<Result<_, OpError>>()?
    };
    readiness::look(site, &stations, false)
}

/// How `workstation quarantine`, `retire` or `restore` ended.
#[derive(Debug, Clone)]
pub struct StationOutcome {
    /// Which workstation.
    pub name: WorkstationName,
    /// What was done.
    pub act: StationAct,
    /// What the ledger says of it now.
    pub state: StationState,
    /// The mutation.
    pub mutation: Mutation,
}

/// Takes a workstation out of service, or back. It takes effect at once, on new claims only.
///
/// # Errors
/// The refusal.
pub fn act(
    site: &Site,
    name: &WorkstationName,
    act: StationAct,
    reason: &str,
    dry_run: bool,
) -> Result<StationOutcome, OpError> {
    let verb = Verb::Workstation {
        name: name.clone(),
        act,
        reason: reason.to_owned(),
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    let changed = mutation.change.stations.first();
    let state = changed.map(|change| change.state.clone());
    let state = state.or_else(|| mutation.before.stations.get(name).cloned());
    Ok(StationOutcome {
        name: name.clone(),
        act,
        state: state.unwrap_or_default(),
        mutation,
    })
}

/// A workstation to be registered.
#[derive(Debug, Clone)]
pub struct NewStation {
    /// Its name.
    pub name: WorkstationName,
    /// Task types it takes.
    pub task_types: Vec<String>,
    /// Hosts it runs on.
    pub hosts: Vec<String>,
    /// Most tasks in progress at once.
    pub wip_limit: Option<u32>,
    /// What it has.
    pub capabilities: Vec<String>,
    /// Reusable or single use.
    pub lifecycle: Option<WorkstationLifecycle>,
    /// Probes, each as the mapping that the registry would hold.
    pub probes: Vec<String>,
}

/// An attestation of a licence.
#[derive(Debug, Clone)]
pub struct Attestation {
    /// On which workstation.
    pub name: WorkstationName,
    /// Which licence.
    pub license: String,
    /// Whether it was there.
    pub available: bool,
    /// How that was seen.
    pub how: String,
}

/// The registry of the working tree before and after an edit; it takes effect with a commit to the
/// target.
#[derive(Debug, Clone)]
pub struct RegistryEdit {
    /// The workstation it is about.
    pub name: WorkstationName,
    /// The file.
    pub file: PathBuf,
    /// Its text before and after.
    pub change: FileChange,
    /// Whether it was written; a rehearsal (`--dry-run`) was not.
    pub written: bool,
}

/// Registers a workstation in the working tree. Only this does: a claim never makes one (I9).
///
/// # Errors
/// When the file does not read before or after, or cannot be edited losslessly; the refusal
/// `id-taken`.
pub fn add(site: &Site, new: &NewStation, dry_run: bool) -> Result<RegistryEdit, OpError> {
    let item = entry(new)?;
    let (_, text) = working_tree_file(site, paths::WORKSTATIONS)?;
    // What does not read is told by the edit.
    if parse(&text, Limits::STATE).is_ok_and(|root| has(&root, &new.name)) {
        let message = format!("the workstation {} is registered already", new.name);
        let unmet = Unmet::rule("id-taken", message).hint("edit governance/workstations.yaml");
        return Err(Refusal::one(format!("cannot add {}", new.name), None, unmet).into());
    }
    edit(site, &new.name, dry_run, |document| {
        document.apply(&Edit::AppendItems {
            list: Route::key("workstations"),
            items: vec![item.clone()],
        })
    })
}

fn entry(new: &NewStation) -> Result<Tree, OpError> {
    let mut keys = vec![("name".to_owned(), Tree::Text(new.name.to_string()))];
    let mut put = |key: &str, value: Tree| keys.push((key.to_owned(), value));
    put("version", Tree::Int(1));
    let list = |items: &[String]| (!items.is_empty()).then(|| Tree::texts(items.to_vec()));
    for (key, value) in [
        ("task_types", list(&new.task_types)),
        (
            "lifecycle",
            new.lifecycle.map(|word| Tree::Text(word.word().to_owned())),
        ),
        ("hosts", list(&new.hosts)),
        ("wip_limit", new.wip_limit.map(|n| Tree::Int(n.into()))),
        ("capabilities", list(&new.capabilities)),
    ] {
        if let Some(value) = value {
            put(key, value);
        }
    }
    let probes = new.probes.iter().map(|text| probe(text));
    let probes: Vec<Tree> = probes.collect::<Result<_, _>>()?;
    if !probes.is_empty() {
        put("probes", Tree::List(probes));
    }
    Ok(Tree::Map(keys))
}

/// A probe as it would stand in the registry, with or without the braces.
fn probe(text: &str) -> Result<Tree, OpError> {
    let text = text.trim();
    let mapping = match text.starts_with('{') {
        true => text.to_owned(),
        false => format!("{{{text}}}"),
    };
    let node = parse(&mapping, Limits::STATE).map_err(|error| {
        OpError::Usage(format!(
            "the probe `{text}` does not read: {error}; write it like `name: db, tcp: 127.0.0.1:5432`"
        ))
    })?;
    Ok(Tree::from(&node))
}

/// Attests a licence in the working tree, dated now, by the acting agent.
///
/// # Errors
/// As [`add`]; when nobody acts, or there is no such workstation.
pub fn attest(site: &Site, said: &Attestation, dry_run: bool) -> Result<RegistryEdit, OpError> {
    let (at, by) = (site.env.now(), site.agent()?);
    let station = Route::key("workstations").then(("name", said.name.as_str()));
    let list = station.then("licenses");
    let item = list.clone().then(("name", said.license.as_str()));
    let text = |text: &str| Atom::Text(text.to_owned());
    let keys = [
        ("available", Atom::Bool(said.available)),
        ("attested_at", text(&at.to_string())),
        ("by", text(by.as_str())),
        ("how", text(&said.how)),
    ];
    edit(site, &said.name, dry_run, |document| {
        let set = keys.iter().map(|(key, value)| Edit::SetScalar {
            route: item.clone().then(*key),
            value: value.clone(),
        });
        let set: Vec<Edit> = set.collect();
        let mut whole = vec![("name".to_owned(), Tree::Text(said.license.clone()))];
        whole.extend(
            keys.iter()
                .map(|(key, value)| ((*key).to_owned(), Tree::from(value.clone()))),
        );
        let append = Edit::AppendItems {
            list: list.clone(),
            items: vec![Tree::Map(whole)],
        };
        match document.apply_all(&set) {
            // Not attested before.
            Err(EditError::Route(_)) => document.apply(&append),
            // Written in braces, where the document sets no keys.
            Err(EditError::Unsupported(error)) => match in_braces(document, said, &keys) {
                Some(edited) => {
                    *document = edited;
                    Ok(())
                }
                None => Err(EditError::Unsupported(error)),
            },
            done => done,
        }
    })
}

/// The document with these keys of a licence in braces set, in its place, and all other bytes left
/// alone; none where there is no such licence, or the result does not read as meant.
fn in_braces(document: &Document, said: &Attestation, keys: &[(&str, Atom)]) -> Option<Document> {
    let root = document.root().ok()?;
    let entries = licence(&root, said)?.as_map()?;
    let end = entries.last()?.1.span.range().end;
    let (mut splices, mut added) = (Vec::new(), String::new());
    for (key, value) in keys {
        let text = emit_scalar(&Tree::from(value.clone()), Context::Flow);
        match entries.iter().find(|(found, _)| found.text == *key) {
            Some((_, old)) => splices.push((old.span.range(), text)),
            None => added.push_str(&format!(", {key}: {text}")),
        }
    }
    splices.push((end..end, added));
    splices.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut source = document.source().to_owned();
    for (range, text) in splices {
        source.replace_range(range, &text);
    }
    let edited = Document::new(source);
    let root = edited.root().ok()?;
    let after = licence(&root, said)?;
    let set = |(key, value): &(&str, Atom)| {
        let found = after.get(key).map(Tree::from);
        found == Some(Tree::from(value.clone()))
    };
    let kept = |(key, old): &(Key<'_>, Node<'_>)| {
        let found = after.get(&key.text).map(Tree::from);
        keys.iter().any(|(set, _)| key.text == *set) || found == Some(Tree::from(old))
    };
    (keys.iter().all(set) && entries.iter().all(kept))
        .then(|| Document::new(edited.source().to_owned()))
}

/// The item of a list with this `name`.
fn named<'n, 'a>(list: &'n Node<'a>, name: &str) -> Option<&'n Node<'a>> {
    let mut items = list.as_seq()?.iter();
    items.find(|item| item.get("name").and_then(Node::as_str) == Some(name))
}

/// Whether the registry has a workstation of this name.
fn has(root: &Node<'_>, name: &WorkstationName) -> bool {
    let listed = root.get("workstations");
    listed.is_some_and(|list| named(list, name.as_str()).is_some())
}

/// The licence's entry in the registry.
fn licence<'n, 'a>(root: &'n Node<'a>, said: &Attestation) -> Option<&'n Node<'a>> {
    let station = named(root.get("workstations")?, said.name.as_str())?;
    named(station.get("licenses")?, &said.license)
}

/// Edits the registry of the working tree losslessly, and reads the result again.
fn edit(
    site: &Site,
    name: &WorkstationName,
    dry_run: bool,
    change: impl Fn(&mut Document) -> Result<(), EditError>,
) -> Result<RegistryEdit, OpError> {
    let _writing = plan_lock(site)?;
    let (file, before) = working_tree_file(site, paths::WORKSTATIONS)?;
    let origin = read::Origin {
        file: paths::WORKSTATIONS,
        commit: None,
    };
    let mut document = Document::new(before.clone());
    change(&mut document)
        .map_err(|error| read::syntax(origin, before.as_bytes(), error.finding().clone()))?;
    let after = document.into_source();
    let meaning = |text: &str| {
        read::meaning::<WorkstationsFile>(origin, text.as_bytes(), Limits::STATE).map(drop)
    };
    if let Err(bad) = meaning(&after) {
        // Where the file was sound, the fault is in what is to be put in.
        return Err(match (meaning(&before), bad.findings.first()) {
            (Ok(()), Some(finding)) => OpError::Usage(finding.message.clone()),
            _ => bad.into(),
        });
    }
    if !dry_run {
        replace(&file, &before, &after)?;
    }
    Ok(RegistryEdit {
        name: name.clone(),
        file,
        change: FileChange {
            path: paths::WORKSTATIONS.to_owned(),
            before,
            after,
        },
        written: !dry_run,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_name_is_known_before_the_edit() {
        let text = "workstations:\n  - {name: ws-1}\n  - name: ws-2\n";
        let root = parse(text, Limits::STATE).unwrap();
        let known = |name: &str| has(&root, &name.parse().unwrap());
        assert_eq!(["ws-1", "ws-2", "ws-3"].map(known), [true, true, false]);
    }

    #[test]
    fn a_licence_in_braces_keeps_its_place_its_keys_and_its_comment() {
        let said = Attestation {
            name: WorkstationName::new("ws-1").unwrap(),
            license: "orca".to_owned(),
            available: true,
            how: String::new(),
        };
        let keys = [
            ("available", Atom::Bool(true)),
            ("by", Atom::Text("@ops".to_owned())),
            ("how", Atom::Text("a, b".to_owned())),
        ];
        let attested = |licenses: &str| {
            let text = format!("workstations:\n  - name: ws-1\n    licenses:{licenses}");
            let document = in_braces(&Document::new(text.clone()), &said, &keys)?;
            let kept = text.len() - licenses.len();
            Some(document.source()[kept..].to_owned())
        };
        assert_eq!(
            attested(
                "\n      - {name: orca, by: '@old', x-seats: 7, available: false} # five\n      \
                 - {name: other, available: true}\n"
            )
            .as_deref(),
            Some(
                "\n      - {name: orca, by: \"@ops\", x-seats: 7, available: true, how: \"a, b\"} \
                 # five\n      - {name: other, available: true}\n"
            )
        );
        assert_eq!(
            attested(" [{available: false, name: orca, }, {name: x, available: true}]\n")
                .as_deref(),
            Some(
                " [{available: true, name: orca, by: \"@ops\", how: \"a, b\", }, {name: x, \
                 available: true}]\n"
            )
        );
        assert_eq!(attested(" [{name: x, available: true}]\n"), None);
    }
}
