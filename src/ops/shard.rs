//! `shard`: the plan of the working tree in several files, or in one again, losslessly.
//!
//! Every task keeps its lines, with the comments above it. Before anything is written, the tool
//! reads what it would write and compares: the same definitions, value by value. New files are
//! written first, then the old ones shrink; a crash in between leaves tasks twice, which
//! `validate` finds, and never loses one.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::OpError;
use super::add::{plan_lock, replace, working_tree_file};
use super::mutate::FileChange;
use super::package::write_new;
use super::site::Site;
use crate::ledger::document::sheet::{Block, Sheet, newline, reindented};
use crate::ledger::format::v1::queue::QueueFile;
use crate::ledger::governance::{Content, Place};
use crate::ledger::yaml::Limits;
use crate::ledger::{BadFile, paths, read};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Several files out of `queue.yaml`.
    Split(By),
    /// One file out of all.
    Join,
}

/// What decides where a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its role.
    Role,
    /// Its parent.
    Parent,
    /// Its place: files of so many tasks.
    Count(usize),
}

/// What became of the plan files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharded {
    /// Whether they were written.
    pub written: bool,
    /// The plan files from now on, with the number of their tasks.
    pub files: Vec<(String, usize)>,
    /// Each file that changes, before and after; empty after: it goes.
    pub changes: Vec<FileChange>,
}

/// A plan file of the working tree.
struct PlanText {
    path: String,
    text: String,
    sheet: Sheet,
}

/// Splits or joins the plan of the working tree.
///
/// # Errors
/// A plan file that does not read, cannot be taken apart or has changes that are not committed; a
/// file in the way; what was asked makes no sense. Nothing has been written then.
pub fn shard(site: &Site, wish: Wish, dry_run: bool) -> Result<Sharded, OpError> {
    let _writing = plan_lock(site)?;
    let root = site
        .repo()
        .work_dir()
        .ok_or_else(|| OpError::Usage("a bare repository has no working tree".to_owned()))?;
    let plans = plans(site, &root)?;
    refuse_dirty(site, &root, &plans)?;
    let after = match wish {
        Wish::Split(by) => split(&plans, by)?,
        Wish::Join => join(&plans)?,
    };
    same_tasks(&plans, &after)?;
    let changes = changes(&plans, &after);
    if !dry_run {
        write(&root, &changes)?;
    }
    let counted = |(path, text): (&String, &String)| {
        let tasks = Sheet::cut(text).map_or(0, |sheet| sheet.blocks.len());
        (path.clone(), tasks)
    };
    Ok(Sharded {
        written: !dry_run,
        files: after.iter().map(counted).collect(),
        changes,
    })
}

/// The plan files of the working tree: `queue.yaml` first, then the others by name.
fn plans(site: &Site, root: &Path) -> Result<Vec<PlanText>, OpError> {
    let mut names = vec![paths::QUEUE.to_owned()];
    let place = Place::WorkTree {
        root: root.to_owned(),
        left_out: BTreeMap::new(),
    };
    let found = place.names(site.repo(), paths::QUEUE_DIR)?;
    let bad = |path: &str, rule, message: String| BadFile::whole(path, None, rule, message);
    if let Some(Content::Refused { rule, message }) = found.refused {
        return Err(bad(paths::QUEUE_DIR, rule, message).into());
    }
    let is_plan = |name: &String| name.ends_with(".yaml");
    if let Some(name) = found.illegible.into_iter().find(is_plan) {
        let path = format!("{}/{name}", paths::QUEUE_DIR);
        return Err(bad(&path, "file-name", read::ILLEGIBLE.to_owned()).into());
    }
    let found = found.legible.into_iter().filter(is_plan);
    names.extend(found.map(|name| format!("{}/{name}", paths::QUEUE_DIR)));
    names.into_iter().map(|path| plan(site, path)).collect()
}

fn plan(site: &Site, path: String) -> Result<PlanText, OpError> {
    let (_, text) = working_tree_file(site, &path)?;
    let origin = read::Origin {
        file: &path,
        commit: None,
    };
    read::meaning::<QueueFile>(origin, text.as_bytes(), Limits::PLAN)?;
    let sheet = Sheet::cut(&text)
        .map_err(|error| read::syntax(origin, text.as_bytes(), error.finding().clone()))?;
    Ok(PlanText { path, text, sheet })
}

/// A person's changes are committed first: a rearrangement would bury them. What git does not look
/// at, its status does not tell.
fn refuse_dirty(site: &Site, root: &Path, plans: &[PlanText]) -> Result<(), OpError> {
    let repo = site.repo();
    let head = repo.head_commit()?;
    let unwatched = repo.unwatched(paths::GOVERNANCE)?;
    for PlanText { path, .. } in plans {
        let committed = head.map(|head| repo.entry_at(head, path)).transpose()?;
        if committed.flatten().is_none() {
            let message = format!("{path} not committed: commit it, or move it away, first");
            return Err(OpError::Usage(message));
        }
        if unwatched.contains(path) {
            let message = format!(
                "{path} not committed as it stands, as far as git may know: it was told not to \
                 look, so `git update-index --no-assume-unchanged --no-skip-worktree -- {path}` \
                 first"
            );
            return Err(OpError::Usage(message));
        }
    }
    let status = repo.status(root)?;
    let is_plan = |path: &&String| *path == paths::QUEUE || path.starts_with(paths::QUEUE_DIR);
    let changed: Vec<&str> = status
        .dirty
        .iter()
        .chain(&status.untracked)
        .filter(is_plan)
        .map(String::as_str)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} not committed: commit or restore first",
        changed.join(", ")
    );
    Err(OpError::Usage(message))
}

/// The files after a split, by path.
fn split(plans: &[PlanText], by: By) -> Result<BTreeMap<String, String>, OpError> {
    if by == By::Count(0) {
        return Err(OpError::Usage("a file holds at least one task".to_owned()));
    }
    let Some((whole, rest)) = plans.split_first() else {
        return Err(OpError::Usage("there is no plan".to_owned()));
    };
    if whole.sheet.blocks.is_empty() && !rest.is_empty() {
        return Err(OpError::AlreadySharded {
            files: rest.len(),
            tasks: rest.iter().map(|plan| plan.sheet.blocks.len()).sum(),
        });
    }
    if whole.sheet.blocks.is_empty() {
        return Err(OpError::Usage(format!("{} holds no task", whole.path)));
    }
    let mut parts: BTreeMap<String, Vec<&Block>> = BTreeMap::new();
    for (at, block) in whole.sheet.blocks.iter().enumerate() {
        let said = |key: &str| block.value.get(key).and_then(Json::as_str);
        let name = match by {
            By::Role => said("role").unwrap_or("no-role").to_owned(),
            By::Parent => said("parent").unwrap_or("no-parent").to_owned(),
            By::Count(most) => format!("part-{:04}", at / most + 1),
        };
        parts.entry(name).or_default().push(block);
    }
    let mut after: BTreeMap<String, String> = rest
        .iter()
        .map(|plan| (plan.path.clone(), plan.text.clone()))
        .collect();
    let mut taken: HashMap<String, String> = rest
        .iter()
        .map(|plan| (plan.path.to_lowercase(), plan.path.clone()))
        .collect();
    let end = newline(&whole.text);
    for (name, blocks) in parts {
        let path = format!("{}/{name}.yaml", paths::QUEUE_DIR);
        if let Some(other) = taken.insert(path.to_lowercase(), path.clone()) {
            let message =
                format!("{path} and {other} would be one file: `laneway shard --join` first");
            return Err(OpError::Usage(message));
        }
        let mut text = format!("version: 1{end}tasks:{end}");
        for block in blocks {
            text.push_str(&block.text);
            if !text.ends_with('\n') {
                text.push_str(end);
            }
        }
        after.insert(path, text);
    }
    after.insert(paths::QUEUE.to_owned(), whole.sheet.with_tasks([]));
    Ok(after)
}

/// The one file after a join.
fn join(plans: &[PlanText]) -> Result<BTreeMap<String, String>, OpError> {
    let Some((whole, rest)) = plans.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(OpError::Usage(format!("{} has no file", paths::QUEUE_DIR)));
    };
    let blocks = plans.iter().flat_map(|plan| &plan.sheet.blocks);
    let dash = blocks.clone().next().map_or(2, |block| block.dash);
    let end = newline(&whole.text);
    let mut texts: Vec<String> = whole
        .sheet
        .blocks
        .iter()
        .map(|block| block.text.clone())
        .collect();
    for plan in rest {
        let (above, below) = remarks(plan)?;
        let lines = |remarks: Vec<&str>| -> String {
            let pad = " ".repeat(dash);
            remarks
                .iter()
                .map(|remark| format!("{pad}{remark}\n"))
                .collect()
        };
        texts.push(lines(above));
        for block in &plan.sheet.blocks {
            let mut text = reindented(&block.text, block.dash, dash);
            if !text.ends_with('\n') {
                text.push('\n');
            }
            texts.push(text);
        }
        texts.push(lines(below));
    }
    let own = whole.sheet.blocks.len();
    for text in &mut texts[own..] {
        *text = text.replace("\r\n", "\n").replace('\n', end);
    }
    let text = whole.sheet.with_tasks(texts.iter().map(String::as_str));
    Ok(BTreeMap::from([(paths::QUEUE.to_owned(), text)]))
}

/// The comments above and below the tasks of a file. Anything else there has no place in another
/// file.
fn remarks(plan: &PlanText) -> Result<(Vec<&str>, Vec<&str>), OpError> {
    let told = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    let only_remarks = |text: &str| {
        text.lines()
            .map(told)
            .all(|line| matches!(line.as_str(), "" | "version: 1" | "tasks:" | "---"))
    };
    if !only_remarks(&plan.sheet.head) || !only_remarks(&plan.sheet.tail) {
        let message = format!(
            "{} says more than its tasks: move that to {}",
            plan.path,
            paths::QUEUE
        );
        return Err(OpError::Usage(message));
    }
    fn lines(text: &str) -> Vec<&str> {
        let remark = |line: &'_ str| line.find('#');
        text.lines()
            .filter_map(|line| remark(line).map(|at| line[at..].trim_end()))
            .collect()
    }
    Ok((lines(&plan.sheet.head), lines(&plan.sheet.tail)))
}

/// The tool's own proof: the same tasks, each with the same values, and each file reads.
fn same_tasks(before: &[PlanText], after: &BTreeMap<String, String>) -> Result<(), OpError> {
    let mut were: Vec<(String, Json)> =
        before.iter().flat_map(|plan| values(&plan.sheet)).collect();
    let mut are = Vec::new();
    for (path, text) in after {
        let origin = read::Origin {
            file: path,
            commit: None,
        };
        read::meaning::<QueueFile>(origin, text.as_bytes(), Limits::PLAN)?;
        let sheet = Sheet::cut(text)
            .map_err(|error| read::syntax(origin, text.as_bytes(), error.finding().clone()))?;
        are.extend(values(&sheet));
    }
    were.sort_by(|a, b| a.0.cmp(&b.0));
    are.sort_by(|a, b| a.0.cmp(&b.0));
    if were == are {
        return Ok(());
    }
    let differs = were
        .iter()
        .find(|task| !are.contains(task))
        .map_or("one", |(id, _)| id);
    Err(OpError::Usage(format!(
        "nothing was written: `{differs}` would not be the same task"
    )))
}

fn values(sheet: &Sheet) -> Vec<(String, Json)> {
    sheet
        .blocks
        .iter()
        .map(|block| (block.id.clone(), block.value.clone()))
        .collect()
}

fn changes(before: &[PlanText], after: &BTreeMap<String, String>) -> Vec<FileChange> {
    let text_before = |path: &str| {
        before
            .iter()
            .find(|plan| plan.path == path)
            .map(|plan| &plan.text)
    };
    let mut changes = Vec::new();
    for (path, text) in after {
        let old = text_before(path).cloned().unwrap_or_default();
        if old != *text {
            changes.push(FileChange {
                path: path.clone(),
                before: old,
                after: text.clone(),
            });
        }
    }
    for plan in before.iter().filter(|plan| !after.contains_key(&plan.path)) {
        changes.push(FileChange {
            path: plan.path.clone(),
            before: plan.text.clone(),
            after: String::new(),
        });
    }
    // What is new comes first, what goes last.
    changes.sort_by_key(|change| (!change.before.is_empty(), change.after.is_empty()));
    changes
}

/// Writes all files, or none: what was new goes again when an old one cannot be changed.
fn write(root: &Path, changes: &[FileChange]) -> Result<(), OpError> {
    let mut made: Vec<PathBuf> = Vec::new();
    let done = changes.iter().try_for_each(|change| {
        let path = root.join(&change.path);
        if change.before.is_empty() {
            write_new(&path, &change.after)?;
            made.push(path);
            Ok(())
        } else if change.after.is_empty() {
            remove(&path, &change.before)
        } else {
            replace(&path, &change.before, &change.after)
        }
    });
    if done.is_err() && changes.iter().all(|change| !change.after.is_empty()) {
        for path in made {
            drop(std::fs::remove_file(path));
        }
    }
    done
}

/// Removes a file that still says what was read.
fn remove(path: &Path, read: &str) -> Result<(), OpError> {
    let io = |source| OpError::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::read(path).map_err(io)? != read.as_bytes() {
        let name = path.display().to_string();
        let actual = "what somebody else has just written".to_owned();
        return Err(crate::ledger::LedgerError::Moved { name, actual }.into());
    }
    std::fs::remove_file(path).map_err(io)
}
