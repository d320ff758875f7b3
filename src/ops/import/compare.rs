//! A task that is there beside what its source says by now.

use crate::domain::snapshot::Snapshot;
use crate::domain::state::Status;
use crate::domain::task::Task;
use crate::ledger::import::Mapped;

/// What of the task differs from what an import of today would make of its source.
pub(super) fn changed(
    snapshot: &Snapshot,
    here: Option<&Task>,
    mapped: &Mapped,
) -> Vec<&'static str> {
    let Some(here) = here else { return Vec::new() };
    let mut changed = match &mapped.task {
        Some(there) => fields(here, there),
        None => Vec::new(),
    };
    // What was closed there since; that it is closed here alone is the usual course of things.
    let status = snapshot.states.get(&here.id).status();
    let closed = matches!(status, Status::Done | Status::Cancelled);
    if mapped.standing.is_closed() && !closed {
        changed.push("status");
    }
    changed
}

macro_rules! differing {
    ($one:expr, $other:expr, $($field:ident),+ $(,)?) => {{
        let mut fields = Vec::new();
        $(if $one.$field != $other.$field { fields.push(stringify!($field)); })+
        fields
    }};
}

/// The fields in which two definitions differ.
fn fields(one: &Task, other: &Task) -> Vec<&'static str> {
    differing!(
        one,
        other,
        title,
        task_type,
        kind,
        role,
        lane,
        priority,
        sequence,
        parent,
        slice,
        merge_order,
        merge_stage,
        risk,
        depends_on,
        exclusive,
        owned_paths,
        forbidden_paths,
        contract_touchpoints,
        acceptance_checks,
        evidence_checks,
        evidence,
        requires,
        not_before,
        parked,
        effort,
        origin_ask_ref,
        stages,
        stages_ref,
        package,
        created_at,
        notes,
    )
}
