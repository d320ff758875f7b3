//! `import`: tasks from another tracker, each with its first standing (X16).
//!
//! The one place where a standing does not come from the table of the lifecycle: these tasks were
//! not there before. A standing that is there is never touched, since ids that are taken are
//! refused.

use std::collections::HashSet;

use super::{Change, Context, PlanChange, StateChange, plan};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::identity::Capability;
use crate::domain::import::{FirstStanding, ImportFile, ImportedTask, is_package_place};
use crate::domain::plan::Origin;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::state::{Adoption, Hindrance, Standing};
use crate::domain::task::Task;

pub(super) fn import(
    ctx: Context<'_>,
    source: &str,
    files: &[ImportFile],
    tasks: &[ImportedTask],
) -> Result<Change, Refusal> {
    // Another import may have brought the same a moment before: the same is no change, and all else
    // about a task that is there is refused.
    let known = |new: &ImportedTask| {
        let defined = ctx.snapshot.plan.get(&new.task.id) == Some(&new.task);
        defined && stands_so(ctx, source, new)
    };
    if !tasks.is_empty() && tasks.iter().all(known) {
        return Ok(Change::default());
    }
    let definitions: Vec<&Task> = tasks.iter().map(|new| &new.task).collect();
    plan::check_new(ctx, &definitions)?;
    let mut unmet = had_a_life(ctx, tasks);
    unmet.extend(done_unmet(ctx, tasks));
    unmet.extend(block_unmet(ctx, tasks));
    unmet.extend(package_unmet(ctx, tasks));
    unmet.extend(
        files
            .iter()
            .filter_map(|file| plan::place_taken(ctx, &file.path)),
    );
    if !unmet.is_empty() {
        return Err(Refusal::new(ctx.what(None), None, unmet));
    }
    let states = tasks.iter().filter_map(|new| first(ctx, source, new));
    let files = files.iter().map(|file| PlanChange::File {
        path: file.path.clone(),
        blob: file.blob,
    });
    let packages = packages(tasks).map(|(path, blob)| PlanChange::File {
        path: format!("governance/{path}"),
        blob,
    });
    Ok(Change {
        states: states.collect(),
        plan: files.chain(packages).collect(),
        ..Change::default()
    })
}

/// A task whose definition was taken out of the plan may have a state all the same.
fn had_a_life(ctx: Context<'_>, tasks: &[ImportedTask]) -> Vec<Unmet> {
    let lived = tasks.iter().filter(|new| {
        let state = ctx.snapshot.states.get(&new.task.id);
        state.epoch.0 > 0 || state.standing != Standing::default()
    });
    let refuse = |new: &ImportedTask| {
        let id = &new.task.id;
        let message =
            format!("`{id}` has a history in the ledger, although no plan file defines it");
        Unmet::rule("id-taken", message)
            .hint(format!("`laneway log {id}`; `--prefix` gives new ids"))
    };
    lived.map(refuse).collect()
}

/// Whoever says that work is done says that others may build on it: that is a merger's word. A
/// commit that is named must be on the target, whoever names it.
fn done_unmet(ctx: Context<'_>, tasks: &[ImportedTask]) -> Vec<Unmet> {
    let done: Vec<&ImportedTask> = tasks
        .iter()
        .filter(|new| new.origin.standing == FirstStanding::Done)
        .collect();
    let mut unmet = Vec::new();
    let identity = &ctx.snapshot.rules.identity;
    if !done.is_empty() && !identity.may(ctx.agent(), Capability::Merge) {
        let message = format!(
            "{} may not {}, and {} of these tasks come in as done",
            ctx.agent(),
            Capability::Merge,
            done.len()
        );
        let hint = "let somebody import who may merge, or leave out what is done: `--open`";
        unmet.push(Unmet::rule("agent-may", message).hint(hint));
    }
    for new in done {
        if let Some(commit) = new.origin.commit
            && !ctx.snapshot.facts.reachable.contains(&commit)
        {
            let message = format!(
                "{}, the landing of `{}`, is not on the target",
                commit.short(),
                new.task.id
            );
            unmet.push(Unmet::rule("not-on-target", message));
        }
    }
    unmet
}

/// The packages that tasks bring, by their paths below `governance/`; one that several tasks name
/// comes once.
fn packages(tasks: &[ImportedTask]) -> impl Iterator<Item = (&str, ObjectId)> {
    let mut seen = HashSet::new();
    let all = tasks.iter().filter_map(|new| {
        let path = new.task.package.as_deref().unwrap_or_default();
        Some((path, new.origin.package?))
    });
    all.filter(move |(path, _)| seen.insert(*path))
}

/// A package comes to its own directory, and over no other.
fn package_unmet(ctx: Context<'_>, tasks: &[ImportedTask]) -> Vec<Unmet> {
    let known = ctx.snapshot.packages.0.as_ref();
    let wrong = packages(tasks).filter_map(|(path, blob)| {
        let other = |new: &&ImportedTask| {
            let same = new.task.package.as_deref() == Some(path);
            same && new.origin.package.is_some_and(|other| other != blob)
        };
        let message = if !is_package_place(path) {
            format!("`{path}` is no place of a work package")
        } else if tasks.iter().any(|new| other(&new)) {
            format!("`{path}` would be two packages at once")
        } else if known.is_some_and(|known| known.is_there(Origin::Ledger, path)) {
            format!("the work package `{path}` is here already")
        } else {
            return None;
        };
        Some(Unmet::rule("package-taken", message))
    });
    wrong.collect()
}

/// A block owes a reason, and one by a task needs that task.
fn block_unmet(ctx: Context<'_>, tasks: &[ImportedTask]) -> Vec<Unmet> {
    let new: HashSet<&TaskId> = tasks.iter().map(|new| &new.task.id).collect();
    let mut unmet = Vec::new();
    for task in tasks {
        let FirstStanding::Blocked(block) = &task.origin.standing else {
            continue;
        };
        let id = &task.task.id;
        if block.reason.trim().is_empty() {
            let message = format!("a block owes a reason, and that of `{id}` has none");
            unmet.push(Unmet::rule("reason-owed", message));
        }
        let Some(by) = &block.by else { continue };
        if by == id {
            let message = format!("`{id}` cannot block itself");
            unmet.push(Unmet::rule("block-self", message));
        } else if !new.contains(by) && !ctx.snapshot.knows(by) {
            let message = format!("no plan file defines `{by}`, which blocks `{id}`");
            unmet.push(Unmet::rule("task-unknown", message));
        }
    }
    unmet
}

/// Whether a task stands as this import would make it stand, whoever brought it and when.
fn stands_so(ctx: Context<'_>, source: &str, new: &ImportedTask) -> bool {
    let here = &ctx.snapshot.states.get(&new.task.id).standing;
    match (here, &standing(ctx, source, new)) {
        (Standing::Adopted(here), Standing::Adopted(new)) => {
            here.on_word == new.on_word && (here.on_word || here.commit == new.commit)
        }
        (Standing::Withheld(here), Standing::Withheld(new)) => {
            (&here.reason, &here.by) == (&new.reason, &new.by)
        }
        (Standing::Cancelled { reason: here, .. }, Standing::Cancelled { reason: new, .. }) => {
            here == new
        }
        (here, new) => here == new,
    }
}

/// The first standing of a task.
fn standing(ctx: Context<'_>, source: &str, new: &ImportedTask) -> Standing {
    let (at, by) = (ctx.request.at, ctx.agent().clone());
    let origin = &new.origin;
    match &origin.standing {
        FirstStanding::Todo => Standing::default(),
        FirstStanding::Blocked(block) => Standing::Withheld(Hindrance {
            reason: block.reason.clone(),
            by: block.by.clone(),
            since: block.since.map_or(at, |since| since.min(at)),
        }),
        FirstStanding::Done => Standing::Adopted(Adoption {
            commit: origin.commit.unwrap_or(ctx.snapshot.rules.at),
            on_word: origin.commit.is_none(),
            at,
            by,
        }),
        FirstStanding::Cancelled { reason } => Standing::Cancelled {
            at,
            by,
            reason: match reason {
                Some(reason) => reason.clone(),
                None => format!("was `{}` in {source}", origin.status),
            },
        },
    }
}

/// The first state of a task; none where it is an open task of which nothing more is to be said.
fn first(ctx: Context<'_>, source: &str, new: &ImportedTask) -> Option<StateChange> {
    let origin = &new.origin;
    let standing = standing(ctx, source, new);
    if standing == Standing::default() && origin.remark.is_none() {
        return None;
    }
    let mut reason = format!("from {source}, where it was `{}`", origin.id);
    if !origin.status.is_empty() {
        reason.push_str(&format!(" and {}", origin.status));
    }
    if let Some(remark) = &origin.remark {
        reason.push_str(": ");
        reason.push_str(remark);
    }
    Some(StateChange {
        task: new.task.id.clone(),
        state: ctx.snapshot.states.get(&new.task.id).with(standing),
        append: vec![super::event_record("import", reason)],
    })
}
