//! `export`: everything that plan and ledger hold, as data (X16).
//!
//! Definitions are given as they are written, `x-` keys included; states with all their records as
//! their files say them. Reads only what is here, and uses no network.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{OpError, Site};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::snapshot::Origin;
use crate::domain::time::Timestamp;
use crate::git::EntryKind;
use crate::ledger::format::text::{FilePath, Text};
use crate::ledger::format::v1::marker::MarkerFile;
use crate::ledger::format::v1::state::StateFile;
use crate::ledger::format::v1::station::StationFile;
use crate::ledger::import::{csv_table, table_cells};
use crate::ledger::yaml::{self, Limits, Node};
use crate::ledger::{LedgerError, Loader, marker_at, paths, read};

/// Everything that was exported.
#[derive(Debug, Clone)]
pub struct ExportOutcome {
    /// When.
    pub at: Timestamp,
    /// The project's name.
    pub project: String,
    /// The target commit that rules and plan were read from.
    pub rules: ObjectId,
    /// The ledger commit.
    pub tip: Option<ObjectId>,
    /// The marker, as its file says it.
    pub marker: Value,
    /// The tasks, by id.
    pub tasks: Vec<ExportedTask>,
    /// States whose task no plan file defines, as their files say them.
    pub orphans: Vec<Value>,
    /// What the ledger says of workstations.
    pub workstations: Vec<Value>,
    /// The work packages, by path; of one path the target's first.
    pub packages: Vec<ExportedPackage>,
    /// Packages that are there and no text that can be exported, by path.
    pub unreadable: Vec<UnreadablePackage>,
}

/// A work package that cannot be exported: the rest is, all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadablePackage {
    /// Its path below `governance/`.
    pub path: String,
    /// The branch that holds it.
    pub planned_on: Origin,
    /// Why not.
    pub why: String,
}

/// A work package as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportedPackage {
    /// Its path below `governance/`.
    pub path: String,
    /// The branch that holds it.
    pub planned_on: Origin,
    /// The file as it is written.
    pub text: String,
}

/// A task as it is exported.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedTask {
    /// The definition as it is written.
    pub definition: Map<String, Value>,
    /// The branch whose plan defines it.
    pub planned_on: Origin,
    /// The file.
    pub file: String,
    /// Whether it lies in an archive.
    pub archived: bool,
    /// Its state as the state file says it; none: todo, epoch 0.
    pub state: Option<Value>,
}

/// Exports what plan and ledger hold; with `archived` what was put away, too.
///
/// # Errors
/// When rules, plan or ledger do not read.
pub fn export(site: &Site, archived: bool) -> Result<ExportOutcome, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let rules = site.ledger.target()?;
    let tip = site.ledger.tip()?;
    let mut tasks: BTreeMap<String, ExportedTask> = BTreeMap::new();
    let plans = [(Origin::Target, Some(rules)), (Origin::Ledger, tip)];
    for (origin, commit) in plans {
        let Some(commit) = commit else { continue };
        for (file, blob) in loader.plan_blobs(commit)? {
            let bytes = site.repo().blob(blob, Limits::PLAN.bytes as u64)?;
            for definition in definitions(&file, &bytes)? {
                let id = id_of(&definition);
                // A definition on both is the same: the target's counts.
                tasks.entry(id).or_insert_with(|| ExportedTask {
                    definition,
                    planned_on: origin,
                    file: file.clone(),
                    archived: false,
                    state: None,
                });
            }
        }
    }
    let archive = match tip {
        Some(tip) => put_away(&loader, tip)?,
        None => Vec::new(),
    };
    // The target's definition of an archived task may stand in the plan still: it is closed.
    for task in &archive {
        tasks.remove(&id_of(&task.definition));
    }
    let mut orphans = Vec::new();
    let mut workstations = Vec::new();
    let mut marker = Value::Null;
    if let Some(tip) = tip {
        let states = loader.states(tip)?;
        let ids: BTreeSet<TaskId> = states.iter().map(|(id, _)| id.clone()).collect();
        for id in ids {
            let history = loader.history(tip, &id)?;
            let state = history.map(|history| json(&StateFile::from(&history)));
            match tasks.get_mut(id.as_str()) {
                Some(task) => task.state = state,
                None => orphans.extend(state),
            }
        }
        let stations = loader.stations(tip)?;
        let of = stations
            .iter()
            .map(|(name, state)| json(&StationFile::of(name, state)));
        workstations.extend(of);
        marker = marker_at(site.repo(), tip)?.map_or(Value::Null, |m| json(&MarkerFile::from(&m)));
    }
    let mut tasks: Vec<ExportedTask> = tasks.into_values().collect();
    let (mut packages, mut unreadable) = (Vec::new(), Vec::new());
    for (origin, commit) in plans {
        if let Some(commit) = commit {
            for package in packages_of(site, origin, commit, &tasks)? {
                match package {
                    Ok(package) => packages.push(package),
                    Err(odd) => unreadable.push(odd),
                }
            }
        }
    }
    packages.sort();
    unreadable.sort();
    if archived {
        tasks.extend(archive);
    }
    Ok(ExportOutcome {
        at: site.env.now(),
        project: loader.rules(rules)?.policy.project.to_string(),
        rules,
        tip,
        marker,
        tasks,
        orphans,
        workstations,
        packages,
        unreadable,
    })
}

fn json(value: &impl serde::Serialize) -> Value {
    // Types of the format always serialise; were one not to, the export says so by a null.
    serde_json::to_value(value).unwrap_or_default()
}

fn id_of(definition: &Map<String, Value>) -> String {
    let id = definition.get("id").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

fn parsed<'t>(file: &str, bytes: &'t [u8]) -> Result<Node<'t>, OpError> {
    let origin = read::Origin { file, commit: None };
    let node = yaml::parse_bytes(bytes, Limits::PLAN)
        .map_err(|error| read::syntax(origin, bytes, error))?;
    Ok(node)
}

fn definitions(file: &str, bytes: &[u8]) -> Result<Vec<Map<String, Value>>, OpError> {
    let node = parsed(file, bytes)?;
    let list = node.get("tasks").and_then(Node::as_seq).unwrap_or_default();
    Ok(list.iter().filter_map(object).collect())
}

fn object(node: &Node<'_>) -> Option<Map<String, Value>> {
    match node.to_json() {
        Value::Object(definition) => Some(definition),
        _ => None,
    }
}

/// The packages of a branch: those of their directory, and those that tasks name elsewhere. One that
/// does not read keeps no other from being exported.
fn packages_of(
    site: &Site,
    planned_on: Origin,
    commit: ObjectId,
    tasks: &[ExportedTask],
) -> Result<Vec<Result<ExportedPackage, UnreadablePackage>>, OpError> {
    let repo = site.repo();
    let tree = repo.tree_of(commit)?;
    let dir = repo.entry_at(tree, paths::PACKAGE_DIR)?;
    let names = match dir {
        Some(dir) if dir.kind == EntryKind::Tree => repo.entries(dir.id)?,
        _ => BTreeMap::new(),
    };
    let below = paths::PACKAGE_DIR.trim_start_matches(paths::GOVERNANCE);
    let below = below.trim_start_matches('/');
    let listed = names.into_keys().filter(|name| name.ends_with(".md"));
    let listed = listed.map(|name| format!("{below}/{name}"));
    let named = tasks.iter().filter_map(|task| {
        let path = task.definition.get("package")?.as_str()?;
        Text::<FilePath>::written(path)
            .value()
            .map(|_| path.to_owned())
    });
    let all: BTreeSet<String> = listed.chain(named).collect();
    let mut found = Vec::new();
    for path in all {
        let file = format!("{}/{path}", paths::GOVERNANCE);
        let Some(entry) = repo.entry_at(tree, &file)? else {
            continue;
        };
        let place = read::Origin {
            file: &file,
            commit: Some(commit),
        };
        let text = match read::blob_of_entry(repo, entry, place, Limits::STATE) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".to_owned()),
            Err(LedgerError::BadFile(bad)) => Err(match bad.findings.first() {
                Some(first) => first.message.clone(),
                None => bad.to_string(),
            }),
            Err(error) => return Err(error.into()),
        };
        found.push(match text {
            Ok(text) => Ok(ExportedPackage {
                path,
                planned_on,
                text,
            }),
            Err(why) => Err(UnreadablePackage {
                path,
                planned_on,
                why,
            }),
        });
    }
    Ok(found)
}

/// What the archives hold.
fn put_away(loader: &Loader<'_>, tip: ObjectId) -> Result<Vec<ExportedTask>, OpError> {
    let mut found = Vec::new();
    for (file, entry) in loader.archive_entries(tip)? {
        let planned_on = match entry.on_target {
            true => Origin::Target,
            false => Origin::Ledger,
        };
        let node = parsed(&file, entry.definition.as_bytes())?;
        let list = node.as_seq().unwrap_or_default().iter();
        for definition in list.filter_map(object) {
            found.push(ExportedTask {
                definition,
                planned_on,
                file: file.clone(),
                archived: true,
                state: Some(json(&entry.state)),
            });
        }
    }
    Ok(found)
}

impl ExportOutcome {
    /// One row a task; no cell is taken for a formula by a spreadsheet (P23).
    ///
    /// # Errors
    /// [`OpError::Usage`] when the table cannot be written.
    pub fn table(&self) -> Result<String, OpError> {
        let tasks = self.tasks.iter();
        let rows: Vec<Vec<String>> = tasks
            .map(|task| table_cells(&task.definition, task.state.as_ref()))
            .collect();
        csv_table(&rows).map_err(|error| OpError::Usage(error.to_string()))
    }
}
