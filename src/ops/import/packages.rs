//! The work packages that an export brings: each comes with the task that names it, and over no file
//! that is here.

use std::collections::{HashMap, HashSet};

use super::{Action, ImportOutcome};
use crate::domain::id::ObjectId;
use crate::domain::snapshot::Snapshot;
use crate::git::Writer;
use crate::ledger::import::{Anomaly, AnomalyKind, PackageText};
use crate::ledger::paths;
use crate::ops::{OpError, Site};

/// Keeps of the packages those that come in; what is not the same here already is told.
pub(super) fn chosen(
    site: &Site,
    snapshot: &Snapshot,
    outcome: &mut ImportOutcome,
    packages: Vec<PackageText>,
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
        let path = format!("{}/{}", paths::GOVERNANCE, package.path);
        let mut here = Vec::new();
        for commit in [Some(snapshot.rules.at), snapshot.tip]
            .into_iter()
            .flatten()
        {
            here.extend(site.repo().entry_at(commit, &path)?);
        }
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
            None => "is named by no task of the export",
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
