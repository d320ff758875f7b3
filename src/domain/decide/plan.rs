//! `init`, `add`, `edit`: the ledger itself and its plan.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Change, Context, PlanChange};
use crate::domain::graph;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::identity::{AgentKind, Capability};
use crate::domain::marker::Marker;
use crate::domain::refusal::{Refusal, RefusalKind, Unmet};
use crate::domain::request::{FieldEdit, NewTask};
use crate::domain::snapshot::Origin;
use crate::domain::task::Task;

pub(super) fn init(ctx: Context<'_>, marker: &Marker) -> Result<Change, Refusal> {
    match &ctx.snapshot.marker {
        None => Ok(super::beginning(marker)),
        Some(present)
            if Marker {
                law: marker.law,
                ..present.clone()
            } == *marker =>
        {
            Ok(Change::default())
        }
        Some(present) => {
            let message = format!(
                "the ledger `{}` exists already, for the target `{}`",
                present.branch, present.target
            );
            Err(Refusal::one(
                ctx.what(None),
                None,
                Unmet::rule("ledger-exists", message),
            ))
        }
    }
}

/// Goes on with a target that does not descend from the last rules. Judged by those, so that
/// whoever rewrote the target cannot make themselves the one who may accept it; and by its own, so
/// that nobody whom the rewriting took out of the map hides by it what they were.
pub(super) fn accept_target(
    ctx: Context<'_>,
    target: ObjectId,
    reason: &str,
) -> Result<Change, Refusal> {
    let refuse = |unmet| Err(Refusal::one(ctx.what(None), None, unmet));
    let last = &ctx.snapshot.rules;
    let Some(accepting) = &ctx.snapshot.facts.accepting else {
        let unmet = Unmet::rule("target-unknown", format!("the commit {target} is not here"));
        return refuse(unmet.hint("`git fetch`"));
    };
    for (rules, hint) in [
        (
            last,
            "`may` in governance/identity-map.yaml, as it was before",
        ),
        (
            &accepting.rules,
            "`may` in governance/identity-map.yaml, as the rewritten target has it",
        ),
    ] {
        let identity = &rules.identity;
        if !identity.may(ctx.agent(), Capability::Admin) {
            let message = format!("{} may not {}", ctx.agent(), Capability::Admin);
            return refuse(Unmet::rule("agent-may", message).hint(hint));
        }
        let kind = identity.agents.get(ctx.agent()).map(|agent| agent.kind);
        if kind == Some(AgentKind::Agent) {
            let message = format!("{} is no person", ctx.agent());
            return refuse(Unmet::rule("person-owed", message));
        }
    }
    if accepting.forward {
        let message = format!(
            "{target} descends from the last rules, {}: nothing was rewritten",
            last.at
        );
        return refuse(Unmet::rule("target-forward", message));
    }
    if reason.trim().is_empty() {
        let unmet = Unmet::rule("reason-owed", "a rewritten target owes a reason");
        return refuse(unmet.hint("`--reason …`"));
    }
    Ok(Change {
        accepted: Some(target),
        ..Change::default()
    })
}

pub(super) fn add(ctx: Context<'_>, new: &[NewTask]) -> Result<Change, Refusal> {
    let tasks: Vec<&Task> = new.iter().map(|new| &new.task).collect();
    // A definition that is already there, word for word, was added before.
    if !tasks.is_empty()
        && tasks
            .iter()
            .all(|t| ctx.snapshot.plan.get(&t.id) == Some(*t))
    {
        return Ok(Change::default());
    }
    check_new(ctx, &tasks)?;
    Ok(Change {
        plan: vec![PlanChange::Add(new.to_vec())],
        ..Change::default()
    })
}

pub(super) fn add_file(
    ctx: Context<'_>,
    path: &str,
    blob: ObjectId,
    tasks: &[Task],
) -> Result<Change, Refusal> {
    let tasks: Vec<&Task> = tasks.iter().collect();
    if !tasks.is_empty()
        && tasks
            .iter()
            .all(|t| ctx.snapshot.plan.get(&t.id) == Some(*t))
    {
        return Ok(Change::default());
    }
    check_new(ctx, &tasks)?;
    if let Some(unmet) = place_taken(ctx, path) {
        return Err(Refusal::one(ctx.what(None), None, unmet));
    }
    let file = PlanChange::File {
        path: path.to_owned(),
        blob,
    };
    Ok(Change {
        plan: vec![file],
        ..Change::default()
    })
}

/// A plan file comes over no other: its place says no more than how the id of its blob begins, and
/// two blobs may begin alike.
pub(super) fn place_taken(ctx: Context<'_>, path: &str) -> Option<Unmet> {
    ctx.snapshot.facts.taken.contains(path).then(|| {
        let message = format!("another file stands at {path} on the ledger");
        Unmet::rule("plan-file-taken", message)
            .hint("change a comment of the file: another content has another place")
    })
}

pub(super) fn edit(ctx: Context<'_>, id: &TaskId, fields: &[FieldEdit]) -> Result<Change, Refusal> {
    ctx.task(id)?;
    ctx.require(id, Capability::Plan)?;
    if ctx.snapshot.plan.origin(id) == Some(Origin::Target) {
        let unmet = Unmet::rule("plan-on-target", format!("`{id}` is planned on the target")).hint(
            "edit it there, like code: `laneway edit --plan`, then commit or open a pull request",
        );
        return Err(ctx.refuse(id, unmet));
    }
    let Some(after) = ctx.snapshot.facts.edited.as_deref() else {
        return Err(ctx.refuse(
            id,
            Unmet::rule("edit-unsafe", "the definition cannot be edited"),
        ));
    };
    if ctx.snapshot.plan.get(id) == Some(after) && fields.iter().all(|f| f.value.is_none()) {
        return Ok(Change::default());
    }
    if after.id != *id {
        return Err(ctx.refuse(
            id,
            Unmet::rule("id-fixed", "the id of a task never changes"),
        ));
    }
    let mut unmet = faults(ctx, &[after]);
    unmet.extend(unparked_by_program(ctx, ctx.task(id)?, after));
    if !unmet.is_empty() {
        return Err(Refusal::new(ctx.what(Some(id)), Some(id), unmet));
    }
    let edit = PlanChange::Edit {
        task: id.clone(),
        fields: fields.to_vec(),
    };
    Ok(Change {
        plan: vec![edit],
        ..Change::default()
    })
}

/// Only a person unparks, as far as the map knows who is one.
fn unparked_by_program(ctx: Context<'_>, before: &Task, after: &Task) -> Option<Unmet> {
    let known = ctx.snapshot.rules.identity.agents.get(ctx.agent());
    let program = known.is_some_and(|known| known.kind == AgentKind::Agent);
    (before.parked && !after.parked && program).then(|| {
        let message = format!("{} is no person, and only a person unparks", ctx.agent());
        Unmet::rule("parked", message)
    })
}

pub(super) fn check_new(ctx: Context<'_>, tasks: &[&Task]) -> Result<(), Refusal> {
    let map = &ctx.snapshot.rules.identity;
    let only = match tasks {
        [task] => Some(&task.id),
        _ => None,
    };
    let mut unmet = Vec::new();
    if tasks.is_empty() {
        unmet.push(Unmet::rule("nothing-to-add", "it defines no task"));
    }
    if !map.may(ctx.agent(), Capability::Plan) {
        unmet.push(Unmet::rule(
            "agent-may",
            format!("{} may not plan", ctx.agent()),
        ));
    }
    let mut seen = HashSet::new();
    for task in tasks {
        if !seen.insert(&task.id) {
            unmet.push(Unmet::rule(
                "id-taken",
                format!("`{}` is defined twice here", task.id),
            ));
        }
        if ctx.snapshot.states.is_archived(&task.id) {
            let message = format!("`{}` is archived, and ids are for ever", task.id);
            let hint = format!("`laneway archive --restore {}` gives it back", task.id);
            unmet.push(Unmet::rule("id-taken", message).hint(hint));
        }
        if ctx.snapshot.plan.get(&task.id).is_some() {
            let message = format!("`{}` is defined already", task.id);
            unmet
                .push(Unmet::rule("id-taken", message).hint(format!("`laneway show {}`", task.id)));
        }
    }
    unmet.extend(faults(ctx, tasks));
    if unmet.is_empty() {
        Ok(())
    } else {
        Err(Refusal::new(ctx.what(only), only, unmet))
    }
}

/// What is wrong with these definitions beside the plan as it stands.
fn faults(ctx: Context<'_>, tasks: &[&Task]) -> Vec<Unmet> {
    let plan = &ctx.snapshot.plan;
    let policy = &ctx.snapshot.rules.policy;
    let new: HashMap<&TaskId, &Task> = tasks.iter().map(|task| (&task.id, *task)).collect();
    let known = |id: &TaskId| new.contains_key(id) || ctx.snapshot.knows(id);
    let mut unmet = Vec::new();
    for task in tasks {
        let id = &task.id;
        for need in task.depends_on.iter().filter(|need| !known(need)) {
            let message = format!("`{id}` depends on `{need}`, which no plan file defines");
            unmet.push(Unmet::rule("dependency-unknown", message));
        }
        if let Some(parent) = task.parent.as_ref().filter(|parent| !known(parent)) {
            let message = format!("`{id}` is a part of `{parent}`, which no plan file defines");
            unmet.push(Unmet::rule("parent-unknown", message));
        }
        match policy.roles.get(&task.role) {
            None => {
                let message = format!(
                    "`{id}` names the role `{}`, which is not in policy",
                    task.role
                );
                let roles: Vec<&str> = policy.roles.keys().map(|role| role.as_str()).collect();
                let hint = format!("roles: {}", roles.join(", "));
                unmet.push(Unmet::rule("role-unknown", message).hint(hint));
            }
            Some(role) => {
                let lane = task.lane.as_ref();
                if lane.is_some_and(|l| l.role != task.role || l.number() > role.lanes) {
                    let message = format!(
                        "`{id}` is pinned to a lane that `{}` does not have",
                        task.role
                    );
                    unmet.push(Unmet::rule("lane-wrong", message));
                }
            }
        }
        if let Some(stage) = &task.merge_stage
            && !policy.merge.stages.contains(stage)
        {
            let message = format!("`{id}` names the merge stage `{stage}`, which is not in policy");
            unmet.push(Unmet::rule("stage-unknown", message));
        }
    }
    let archived = &ctx.snapshot.facts.archived;
    // What is archived still depends on what it did, and may come back.
    unmet.extend(cycle(&new, |id| {
        let kept = || archived.get(id).map(|(task, _)| task);
        plan.get(id).or_else(kept).map_or(&[], |t| &t.depends_on)
    }));
    unmet
}

/// A cycle that new definitions close among those that are there, whose edges `there` gives.
pub(super) fn cycle<'a>(
    new: &HashMap<&'a TaskId, &'a Task>,
    there: impl Fn(&TaskId) -> &'a [TaskId],
) -> Option<Unmet> {
    let edges = |id: &TaskId| match new.get(id) {
        Some(task) => task.depends_on.as_slice(),
        None => there(id),
    };
    // Whatever order the definitions are in, the same cycle is told.
    let starts: BTreeSet<&TaskId> = new.keys().copied().collect();
    let cycle = graph::find_cycle(starts, edges)?;
    let path: Vec<&str> = cycle.iter().map(|id| id.as_str()).collect();
    let message = format!("the dependencies form a cycle: {}", path.join(" → "));
    Some(Unmet {
        kind: RefusalKind::Rule,
        ..Unmet::rule("dependency-cycle", message)
    })
}
