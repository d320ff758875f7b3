//! `type-unrouted`: where the map routes by type, a task without a route is claimed by nobody
//! (I3). In an open map with routes it is worth knowing.

use super::{Governance, Known, ListKind, Rule, Severity, Violation};
use crate::domain::identity::Mode;

pub(super) const RULE: Rule = Rule {
    id: "type-unrouted",
    about: "the identity map has a route for the `type` of each task",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(map) = governance.identity.as_ref().map(|held| &held.value) else {
        return Vec::new();
    };
    if map.routing.is_empty() {
        return Vec::new();
    }
    let known = Known::new(
        "types with a route",
        map.routing.keys().map(|known| known.as_str()),
    );
    let unread = governance.unread(ListKind::Routing);
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let (at, message) = match &task.task_type {
            Some(known) if map.routing.contains_key(known) => continue,
            Some(other) if unread.may_be(other.as_str()) => continue,
            Some(other) => (
                "/type",
                format!(
                    "the identity map has no route for the type `{other}` of `{}`",
                    task.id
                ),
            ),
            None if map.mode == Mode::Open => continue,
            None => (
                "/id",
                format!(
                    "`{}` has no type, and the identity map routes by type",
                    task.id
                ),
            ),
        };
        found.push(
            Violation::new(definition.file, definition.pointer(at), message)
                .maybe_hint(match &task.task_type {
                    Some(own) => known.hint(own.as_str()),
                    None => known.listed(),
                })
                .mild_if(map.mode == Mode::Open),
        );
    }
    found
}
