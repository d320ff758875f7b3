//! `dependency-cycle`: tasks that wait for each other never start.

use super::governance::Definition;
use super::{Governance, Rule, Severity, Violation};
use crate::domain::cycles::{self, Cycles};
use crate::domain::id::TaskId;

pub(super) const RULE: Rule = Rule {
    id: "dependency-cycle",
    about: "no task depends on itself through others",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    told(
        governance,
        |definition| definition.planned.task.depends_on.as_slice(),
        "dependencies",
        |definition, next| {
            let needs = &definition.planned.task.depends_on;
            let at = needs.iter().position(|need| need == next)?;
            Some(format!("/depends_on/{at}"))
        },
    )
}

/// The cycles of what `edges` gives as violations, each at the step from its smallest task, where
/// `place` says that it stands.
pub(super) fn told(
    governance: &Governance,
    edges: impl for<'a> Fn(Definition<'a>) -> &'a [TaskId],
    what: &str,
    place: impl Fn(Definition<'_>, &TaskId) -> Option<String>,
) -> Vec<Violation> {
    let nodes = governance.distinct().map(|d| &d.planned.task.id);
    let Cycles { told, more } = cycles::cycles(nodes, |id| match governance.get(id) {
        Some(definition) => edges(definition),
        None => &[],
    });
    let last = told.len().saturating_sub(1);
    let violation = |(nth, cycle): (usize, &Vec<&TaskId>)| {
        let (first, next) = (cycle.first()?, cycle.get(1)?);
        let definition = governance.get(first)?;
        let pointer = definition.pointer(&place(definition, next)?);
        let mut message = format!("the {what} form a cycle: {}", cycles::path(cycle));
        if more > 0 && nth == last {
            message.push_str(&format!(
                " (and {more} more {what} lie on cycles that are not told)"
            ));
        }
        let shared = shared(cycle, &told);
        Some(Violation::new(definition.file, pointer, message).maybe_hint(shared))
    };
    told.iter().enumerate().filter_map(violation).collect()
}

/// Most cycles that are compared with each other: beyond it no step is proposed.
const COMPARED: usize = 100;

/// The step of a cycle that opens the most others, if there is one that opens any.
fn shared(cycle: &[&TaskId], told: &[Vec<&TaskId>]) -> Option<String> {
    if told.len() > COMPARED || cycle.len() > COMPARED {
        return None;
    }
    let through = |step: &[&TaskId]| {
        let of = told.iter().filter(|other| other.len() <= COMPARED);
        of.filter(|other| other.windows(2).any(|one| one == step))
            .count()
    };
    let counted = cycle.windows(2).map(|step| (through(step), step));
    // The first of those that open as many.
    let (count, step) = counted.reduce(|best, one| if one.0 > best.0 { one } else { best })?;
    (count > 1).then(|| format!("{} cycles go from `{}` to `{}`", count, step[0], step[1]))
}
