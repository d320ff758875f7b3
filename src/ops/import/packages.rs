//! The work packages that an export brings: each comes with the task that names it, and over no file
//! that is here.

use std::collections::{HashMap, HashSet};

use super::{Action, ImportOutcome};
use crate::domain::id::ObjectId;
use crate::domain::snapshot::Snapshot;
use crate::git::{Entry, Writer};
use crate::ledger::import::{Anomaly, AnomalyKind, Gathered, Mapped, PackageText};
use crate::ledger::paths;
use crate::ops::{OpError, Site};

/// Keeps of the packages those that come in; what is not the same here already is told.
pub(super) fn chosen(
    site: &Site,
    snapshot: &Snapshot,
    outcome: &mut ImportOutcome,
    packages: Vec<PackageText>,
    promised: &HashSet<String>,
) -> Result<Vec<PackageText>, OpError> {
    let named = |new: bool| -> HashSet<String> {
        let rows = outcome.rows.iter();
        let rows = rows.filter(|row| (row.action == Action::New) == new);
        let tasks = rows.filter_map(|row| row.mapped.task.as_ref()?.package.clone());
        tasks.collect()
    };
    let (new, known) = (named(true), named(false));
    // A package says whose it is: under another id it is nobody's.
    let renamed = |path: &str| {
        let rows = outcome.rows.iter();
        let mut renamed = rows.filter(|row| {
            let id = row.mapped.id.as_ref();
            id.is_some_and(|id| id.as_str() != row.mapped.source_id)
        });
        renamed.any(|row| {
            let task = row.mapped.task.as_ref();
            task.is_some_and(|task| task.package.as_deref() == Some(path))
        })
    };
    let mut left = Vec::new();
    let mut hasher = site.repo().hasher();
    let mut chosen = Vec::new();
    for package in packages {
        let here = here(site, snapshot, &package.path)?;
        let same = hasher.blob(package.text.as_bytes())?;
        let why = match here.first() {
            Some(_) if here.iter().any(|entry| entry.id == same) => continue,
            Some(_) => "is here, and says something else: that one stays as it is",
            None if renamed(&package.path) => "is of a task that has another id here",
            None if new.contains(&package.path) => {
                chosen.push(package);
                continue;
            }
            None if known.contains(&package.path) => {
                "is of a task that is there already, and comes with no other"
            }
            None if promised.contains(&package.path) => "is of a task that does not come in",
            None => "is named by no task of the export that reads",
        };
        left.push(Anomaly {
            kind: AnomalyKind::PackageLeft,
            at: package.at,
            what: format!("`{}` {why}", package.path),
            made: "it stays in the export".to_owned(),
            entry: None,
        });
    }
    outcome.anomalies.extend(left);
    Ok(chosen)
}

/// The entries at this path below `governance/`: the target's, the ledger's.
fn here(site: &Site, snapshot: &Snapshot, path: &str) -> Result<Vec<Entry>, OpError> {
    let path = format!("{}/{path}", paths::GOVERNANCE);
    let mut here = Vec::new();
    for commit in [Some(snapshot.rules.at), snapshot.tip]
        .into_iter()
        .flatten()
    {
        here.extend(site.repo().entry_at(commit, &path)?);
    }
    Ok(here)
}

/// The packages that tasks of the source name, whether the tasks come in or not.
pub(super) fn promised(gathered: &Gathered) -> HashSet<String> {
    let own = gathered.candidates.iter().filter(|one| one.own.is_some());
    own.filter_map(|one| Some(one.fields.get("package")?.as_str()?.to_owned()))
        .collect()
}

/// Whether the package that the entry names is neither on the target nor on the ledger.
pub(super) fn is_missing(site: &Site, snapshot: &Snapshot, mapped: &Mapped) -> bool {
    let path = mapped.task.as_ref().and_then(|task| task.package.as_ref());
    path.is_some_and(|path| here(site, snapshot, path).is_ok_and(|here| here.is_empty()))
}

/// Takes out of new tasks the packages that are neither here nor come in: nobody could claim a task
/// that waits for a file that is nowhere.
pub(super) fn detach(
    site: &Site,
    snapshot: &Snapshot,
    outcome: &mut ImportOutcome,
    chosen: &[PackageText],
) -> Result<(), OpError> {
    let chosen: HashSet<&str> = chosen.iter().map(|one| one.path.as_str()).collect();
    let mut notes = Vec::new();
    for row in &mut outcome.rows {
        let Some(task) = row
            .mapped
            .task
            .as_mut()
            .filter(|_| row.action == Action::New)
        else {
            continue;
        };
        let Some(path) = task.package.clone() else {
            continue;
        };
        if chosen.contains(path.as_str()) || !here(site, snapshot, &path)?.is_empty() {
            continue;
        }
        task.package = None;
        let definition = &mut row.mapped.definition;
        definition.shift_remove("package");
        let kept = match definition.get("x-package") {
            Some(earlier) => vec![earlier.clone(), path.as_str().into()].into(),
            None => path.as_str().into(),
        };
        definition.insert("x-package".to_owned(), kept);
        notes.push(Anomaly {
            kind: AnomalyKind::PackageLeft,
            at: row.mapped.at.clone(),
            what: format!(
                "`{}` names the package `{path}`, which is not here and does not come in",
                row.mapped.source_id
            ),
            made: format!(
                "kept as `x-package`; once it is here, `laneway edit {} --set package={path}` \
                 names it",
                task.id
            ),
            entry: None,
        });
    }
    outcome.anomalies.extend(notes);
    Ok(())
}

/// The blobs of packages, by their paths.
pub(super) fn written(
    packages: &[PackageText],
    writer: &mut Writer<'_>,
) -> Result<HashMap<String, ObjectId>, OpError> {
    let mut blobs = HashMap::with_capacity(packages.len());
    for package in packages {
        blobs.insert(package.path.clone(), writer.blob(package.text.as_bytes())?);
    }
    Ok(blobs)
}
