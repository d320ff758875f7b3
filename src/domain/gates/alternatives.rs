//! Machines that could do the work of a claim that was refused for want of one (S4).

use super::{ClaimCase, identity_map, stage_executor, workstation_ready};
use crate::domain::id::WorkstationName;
use crate::domain::machines::Work;
use crate::domain::refusal::{Alternative, Unmet};

/// Most machines that a refusal names.
const MOST: usize = 5;

/// The facts about a machine that another machine may not share.
const ABOUT_MACHINES: [&str; 10] = [
    "workstation-missing",
    "workstation-not-ready",
    "workstation-scope",
    "workstation-host",
    "workstation-capability",
    "workstation-license",
    "workstation-full",
    "stage-workstation",
    "stage-capability",
    "remote-execution",
];

/// Adds to the first fact about the machine those that could do the work instead. Without any the
/// ways that are left are to pause and to wait (S9).
pub fn propose(case: &ClaimCase<'_>, unmet: &mut [Unmet]) {
    let about = |unmet: &&mut Unmet| ABOUT_MACHINES.contains(&unmet.gate);
    let Some(first) = unmet.iter_mut().find(about) else {
        return;
    };
    first.alternatives = alternatives(case);
    if first.alternatives.is_empty() {
        let way = format!(
            "no other machine could do it: `laneway stage {} --pause --reason … --defer-until TIME`",
            case.task.id
        );
        first.hint = Some(match first.hint.take() {
            Some(hint) => format!("{hint}; {way}"),
            None => way,
        });
    }
}

/// Other registered machines: those that could be claimed now come first, then those that could do
/// the work and are not assigned, not mapped, or on another host.
fn alternatives(case: &ClaimCase<'_>) -> Vec<Alternative> {
    let contract = case.snapshot.plan.contract(case.task);
    let claimed = contract.into_iter().flat_map(|contract| contract.claimed());
    let work = Work::of(case.snapshot, case.task, claimed.map(|(_, terms)| terms));
    let registered = case.snapshot.rules.workstations.workstations.keys();
    // The machine that was refused is proposed itself where it is only out of scope.
    let others = registered.filter(|name| {
        let other = case.workstation != Some(*name) || !work.in_scope(name);
        other && work.is_available(case.snapshot, name, case.now)
    });
    let (at_once, proposed): (Vec<_>, Vec<_>) = others.partition(|name| claimable(case, name));
    let id = &case.task.id;
    let at_once = at_once.into_iter().map(|name| Alternative {
        workstation: name.clone(),
        command: format!("laneway claim {id} --workstation {name}"),
    });
    let proposed = proposed.into_iter().map(|name| Alternative {
        workstation: name.clone(),
        command: format!("laneway stage {id} --pause --reason … --propose {name}"),
    });
    at_once.chain(proposed).take(MOST).collect()
}

fn claimable(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    let there = ClaimCase {
        workstation: Some(name),
        readiness: None,
        remote: None,
        ..*case
    };
    let gates = [
        identity_map::GATE,
        stage_executor::GATE,
        workstation_ready::GATE,
    ];
    gates.iter().all(|gate| (gate.holds)(&there))
}
