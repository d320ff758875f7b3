//! `task-archived`: an id names one task for ever, so what is archived is neither planned again nor
//! archived twice, and has no state beside the archive (P12). The target's plan is people's: there
//! the same definition may stay.

use std::collections::HashMap;

use super::{Governance, Rule, Severity, Violation};
use crate::domain::id::TaskId;
use crate::domain::snapshot::Origin;
use crate::domain::task::Task;

pub(super) const RULE: Rule = Rule {
    id: "task-archived",
    about: "an archived task is archived once, and neither planned nor kept open beside that",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut archived: HashMap<&TaskId, &Task> = HashMap::new();
    for source in &governance.archives {
        for (item, task) in source.value.iter().enumerate() {
            if archived.insert(&task.id, task).is_some() {
                let message = format!("`{}` is archived twice", task.id);
                let pointer = format!("/tasks/{item}/state/id");
                found.push(Violation::new(source.file, pointer, message));
            }
        }
    }
    if archived.is_empty() {
        return found;
    }
    for definition in governance.definitions() {
        let task = definition.task();
        let Some(before) = archived.get(&task.id) else {
            continue;
        };
        let stays = definition.origin == Origin::Target && *before == task;
        let message = match stays {
            true => format!("`{}` is archived: its definition can go", task.id),
            false => format!(
                "`{}` is archived, and an id names one task for ever",
                task.id
            ),
        };
        found.push(
            Violation::new(definition.file, definition.pointer("/id"), message)
                .hint("take it out here, or give the new task an id of its own")
                .mild_if(stays),
        );
    }
    let mut states: Vec<_> = governance.states.iter().collect();
    states.sort_by_key(|(id, _)| *id);
    for (id, state) in states {
        if archived.contains_key(id) {
            let message = format!("`{id}` is archived, and has a state beside that");
            found.push(Violation::new(state.file, "/id", message));
        }
    }
    found
}
