//! `state-without-definition`: a state belongs to a task. People may take closed tasks out of the
//! plan; work that goes on must not lose its definition.

use super::{Governance, Rule, Severity, Violation};
use crate::domain::state::Status;

pub(super) const RULE: Rule = Rule {
    id: "state-without-definition",
    about: "every task that someone has is defined",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    if governance.may_know_more() {
        return Vec::new();
    }
    let mut orphans: Vec<_> = governance
        .states
        .iter()
        .filter(|(id, _)| !governance.knows(id) && !governance.closed(id))
        .collect();
    orphans.sort_by_key(|(id, _)| *id);
    orphans
        .into_iter()
        .map(|(id, state)| {
            let message = format!("`{id}` is {}, and no plan file defines it", state.value);
            Violation::new(state.file, "/id", message)
                .hint("define it again: `laneway add`, or the commit that took it out")
                .mild_if(state.value == Status::Todo)
        })
        .collect()
}
