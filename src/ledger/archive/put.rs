//! Tasks go into the archive. What it could not give back as it is stays where it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::order::Order;
use super::{entries, parts, path};
use crate::domain::archive::{ArchiveChange, Period};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::request::Request;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::ledger::document::sheet::Sheet;
use crate::ledger::format::text::Text;
use crate::ledger::format::v1::archive::ArchivedEntry;
use crate::ledger::format::v1::state::StateFile;
use crate::ledger::format::v1::{ArchiveFile, QueueFile};
use crate::ledger::read::{self, Origin};
use crate::ledger::write::{Content, canonical, text_of};
use crate::ledger::yaml::{self, Limits};
use crate::ledger::{BadFile, LedgerError, Loader, PlanFile, paths};

/// Size in bytes from which a period goes on in a new file.
const PART: usize = 1 << 20;

// A full part and one task more are read again.
const _: () = assert!(PART <= Limits::PLAN.bytes / 4);

/// Closed tasks on their way into the archive.
#[derive(Debug, Default)]
struct Leaving {
    /// What the archive gets of each.
    entries: BTreeMap<TaskId, ArchivedEntry>,
    /// The plan files of the ledger without them.
    left: BTreeMap<String, String>,
    /// Those that cannot leave, with the reason.
    stuck: BTreeMap<TaskId, String>,
}

/// Which of these tasks the archive could not take and give back as they are, with the reason.
///
/// # Errors
/// Of reading the ledger.
pub(in crate::ledger) fn stuck(
    loader: &Loader<'_>,
    parent: ObjectId,
    rules: ObjectId,
    at: Timestamp,
    tasks: &[(TaskId, Period)],
) -> Result<BTreeMap<TaskId, String>, LedgerError> {
    Ok(leaving(loader, parent, Some(rules), at, tasks)?.stuck)
}

pub(super) fn put(
    loader: &Loader<'_>,
    parent: ObjectId,
    change: &ArchiveChange,
    request: &Request,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    if change.put.is_empty() {
        return Ok(());
    }
    let mut leaving = leaving(loader, parent, change.rules, request.at, &change.put)?;
    let mut periods: BTreeMap<&Period, Vec<ArchivedEntry>> = BTreeMap::new();
    for (id, period) in &change.put {
        let Some(entry) = leaving.entries.remove(id) else {
            let why = leaving.stuck.remove(id);
            return Err(LedgerError::Unwritable {
                task: id.clone(),
                why: why.unwrap_or_else(|| "no plan file defines it".to_owned()),
            });
        };
        periods.entry(period).or_default().push(entry);
        files.insert(paths::state(id), Content::Gone);
    }
    for (path, text) in leaving.left {
        files.insert(path, Content::Text(text));
    }
    for (period, new) in periods {
        append(loader, parent, period, new, files)?;
    }
    Ok(())
}

/// Takes tasks out of their plan files, and reads back what is left there and what the archive
/// gets: a file that does not read would stop the fleet.
fn leaving(
    loader: &Loader<'_>,
    parent: ObjectId,
    rules: Option<ObjectId>,
    at: Timestamp,
    tasks: &[(TaskId, Period)],
) -> Result<Leaving, LedgerError> {
    let mut leaving = Leaving::default();
    if tasks.is_empty() {
        return Ok(leaving);
    }
    let order = Order::read(loader, parent)?;
    let wanted: HashSet<&TaskId> = tasks.iter().map(|(id, _)| id).collect();
    // The ledger's own definition is the one that goes: the target's is a person's.
    for (commit, on_target) in [(rules, true), (Some(parent), false)] {
        let files = commit.map(|commit| loader.plan_files(commit));
        for file in files.transpose()?.unwrap_or_default() {
            let of_file = file.tasks.iter().map(|task| &task.id);
            let meant: HashSet<&TaskId> = of_file.filter(|id| wanted.contains(id)).collect();
            if meant.is_empty() {
                continue;
            }
            let taken = take_out(loader, (parent, at), &order, (on_target, &file), &meant)?;
            for id in &meant {
                leaving.entries.remove(*id);
                leaving.stuck.remove(*id);
            }
            match taken {
                Ok(taken) => {
                    leaving.entries.extend(taken.entries);
                    leaving.stuck.extend(taken.stuck);
                    if !on_target {
                        leaving.left.extend(taken.left);
                    }
                }
                Err(why) => {
                    let why = format!("{}: {why}", file.path);
                    let all = meant.into_iter().map(|id| (id.clone(), why.clone()));
                    leaving.stuck.extend(all);
                }
            }
        }
    }
    Ok(leaving)
}

/// Takes the tasks `meant` out of one plan file; or why none can be.
fn take_out(
    loader: &Loader<'_>,
    (parent, at): (ObjectId, Timestamp),
    order: &Order,
    (on_target, file): (bool, &PlanFile),
    meant: &HashSet<&TaskId>,
) -> Result<Result<Leaving, String>, LedgerError> {
    let sheet = match Sheet::cut(&text_of(loader, file.blob)?) {
        Ok(sheet) => sheet,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let planned: HashMap<&TaskId, &Task> =
        file.tasks.iter().map(|task| (&task.id, &**task)).collect();
    let mut taken = Leaving::default();
    let mut above = None;
    let mut left = Vec::new();
    for block in &sheet.blocks {
        let id = TaskId::accepted_before(block.id.clone());
        if !meant.contains(&id) {
            left.push(block.text.as_str());
            above = Some(id);
            continue;
        }
        let after = order.last_below(on_target, &file.path, above.replace(id.clone()));
        let Some(history) = loader.history(parent, &id)? else {
            taken.stuck.insert(id, "it has no state".to_owned());
            continue;
        };
        let entry = ArchivedEntry {
            at: Text::from(at),
            file: file.path.clone(),
            on_target,
            after: after.map(Text::from),
            gap: 0,
            indent: 0,
            definition: String::new(),
            state: StateFile::of(&id, &history.state, &history.records),
        };
        let entry = entry.with_lines(&block.text, block.dash);
        match comes_back(&entry, planned.get(&id).copied())? {
            Ok(()) => taken.entries.insert(id, entry).map(drop),
            Err(why) => taken.stuck.insert(id, why).map(drop),
        };
    }
    let text = sheet.with_tasks(left);
    let mut others = file.tasks.iter().filter(|task| !meant.contains(&task.id));
    let read = read::meaning::<QueueFile>(origin(&file.path), text.as_bytes(), Limits::PLAN);
    match read {
        Ok(read) if read.iter().eq(&mut others) => {}
        Ok(_) => return Ok(Err("what is left would say something else".to_owned())),
        Err(bad) => return Ok(Err(format!("what is left would not read: {}", said(&bad)))),
    }
    taken.left.insert(file.path.clone(), text);
    Ok(Ok(taken))
}

/// Whether the archive gives an entry back as it is; or why it does not.
fn comes_back(
    entry: &ArchivedEntry,
    planned: Option<&Task>,
) -> Result<Result<(), String>, LedgerError> {
    let text = canonical(&ArchiveFile::of(vec![entry.clone()]))?;
    let read = read::meaning::<ArchiveFile>(origin("the archive"), text.as_bytes(), Limits::PLAN);
    let archived = match read {
        Ok(archived) => archived,
        Err(bad) => return Ok(Err(format!("the archive would not read: {}", said(&bad)))),
    };
    let same = archived
        .iter()
        .all(|archived| Some(&archived.definition) == planned);
    let back = yaml::read::<ArchiveFile>(text.as_bytes(), Limits::PLAN);
    let exact = back.is_ok_and(|back| back.tasks == std::slice::from_ref(entry));
    Ok(match same && exact {
        true => Ok(()),
        false => Err("the archive would say something else of it".to_owned()),
    })
}

fn origin(file: &str) -> Origin<'_> {
    Origin { file, commit: None }
}

/// What is wrong, without a place in a text that nobody has.
fn said(bad: &BadFile) -> String {
    let first = bad.findings.first();
    first.map_or_else(|| bad.to_string(), |finding| finding.message.clone())
}

/// Appends to the last file of a period, or begins the next one.
fn append(
    loader: &Loader<'_>,
    parent: ObjectId,
    period: &Period,
    new: Vec<ArchivedEntry>,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    let last = parts(loader, parent, period)?.pop_last();
    let (mut part, mut kept) = match last {
        Some((part, path)) => (part, entries(loader, parent, &path)?),
        None => (1, Vec::new()),
    };
    let mut bytes = kept.iter().map(size).sum::<usize>();
    let mut changed = false;
    for entry in new {
        if bytes > 0 && bytes + size(&entry) > PART {
            if changed {
                let text = canonical(&ArchiveFile::of(std::mem::take(&mut kept)))?;
                files.insert(path(period, part), Content::Text(text));
            }
            kept.clear();
            bytes = 0;
            part += 1;
        }
        bytes += size(&entry);
        kept.push(entry);
        changed = true;
    }
    let text = canonical(&ArchiveFile::of(kept))?;
    files.insert(path(period, part), Content::Text(text));
    Ok(())
}

/// About how many bytes an entry takes.
fn size(entry: &ArchivedEntry) -> usize {
    let state = canonical(&entry.state).map_or(0, |text| text.len());
    entry.definition.len() + state + 200
}
