//! `dependency-cycle`: tasks that wait for each other never start.

use super::governance::Definition;
use super::{Governance, Rule, Severity, Violation};
use crate::domain::graph;
use crate::domain::id::TaskId;

pub(super) const RULE: Rule = Rule {
    id: "dependency-cycle",
    about: "no task depends on itself through others",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    cycles(governance, |definition| &definition.task().depends_on)
        .into_iter()
        .filter_map(|cycle| {
            let (first, next) = (cycle.first()?, cycle.get(1)?);
            let definition = governance.get(first)?;
            let at = definition
                .task()
                .depends_on
                .iter()
                .position(|need| need == next)?;
            let pointer = definition.pointer(&format!("/depends_on/{at}"));
            let message = format!("the dependencies form a cycle: {}", path(&cycle));
            Some(Violation::new(definition.file, pointer, message))
        })
        .collect()
}

/// A cycle as people read it; long ones are cut in the middle.
pub(super) fn path(cycle: &[TaskId]) -> String {
    const MOST: usize = 20;
    let names: Vec<&str> = cycle.iter().map(TaskId::as_str).collect();
    if names.len() <= MOST {
        return names.join(" → ");
    }
    let half = MOST / 2;
    format!(
        "{} → … ({} more) → {}",
        names[..half].join(" → "),
        names.len() - MOST,
        names[names.len() - half..].join(" → ")
    )
}

/// A cycle of each knot of the graph that `edges` gives, longer than one step, from its smallest
/// task on. Tasks told once are left out of the next search, so that the work stays bounded by the
/// number of knots.
pub(super) fn cycles<'a>(
    governance: &'a Governance,
    edges: impl Fn(Definition<'a>) -> &'a [TaskId],
) -> Vec<Vec<TaskId>> {
    const MOST: usize = 100;
    let mut told: std::collections::HashSet<&TaskId> = std::collections::HashSet::new();
    let mut nodes: Vec<&TaskId> = governance.distinct().map(|d| &d.task().id).collect();
    nodes.sort();
    nodes.dedup();
    let mut found = Vec::new();
    for _ in 0..MOST {
        let next = graph::find_cycle(nodes.iter().copied(), |id| {
            match governance.get(id) {
                // A step to itself is another rule's; one to a told task was told.
                Some(definition) if !told.contains(id) => edges(definition),
                _ => &[],
            }
        });
        let Some(cycle) = next else { break };
        told.extend(cycle.iter().copied());
        if cycle.len() > 2 {
            found.push(rotated(&cycle[..cycle.len() - 1]));
        }
    }
    found
}

/// The cycle from its smallest task to that task again.
fn rotated(cycle: &[&TaskId]) -> Vec<TaskId> {
    let start = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
    let around = cycle.iter().cycle().skip(start).take(cycle.len() + 1);
    around.map(|id| (*id).clone()).collect()
}
