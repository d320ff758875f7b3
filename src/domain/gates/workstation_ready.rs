//! `workstation-missing`, `workstation-not-ready`, …: work starts only on a workstation that
//! exists, takes claims and this type, and has what the task requires (I4, I10, I13).

use super::{ClaimCase, ClaimGate};
use crate::domain::id::WorkstationName;
use crate::domain::refusal::Unmet;
use crate::domain::workstation::{Workstation, WorkstationState};

pub(super) const GATE: ClaimGate = ClaimGate {
    id: "workstation",
    about: "the workstation exists, takes claims of this type, and has what the task requires",
    check,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    if case.agent.is_none() {
        return Vec::new();
    }
    let Some(name) = case.workstation else {
        return vec![
            Unmet::rule(
                "workstation-missing",
                "no workstation is named, routed or the default",
            )
            .hint("name one with `--workstation`"),
        ];
    };
    match case.snapshot.rules.workstations.workstations.get(name) {
        None => vec![
            Unmet::rule(
                "workstation-missing",
                format!("the workstation {name} is not registered"),
            )
            .hint("add it to governance/workstations.yaml"),
        ],
        Some(known) => faults(case, name, known),
    }
}

fn faults(case: &ClaimCase<'_>, name: &WorkstationName, known: &Workstation) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    if known.state != WorkstationState::Ready {
        unmet.push(Unmet::rule(
            "workstation-not-ready",
            format!("{name} is {}", known.state),
        ));
    }
    if let Some(task_type) = &case.task.task_type
        && !known.task_types.is_empty()
        && !known.task_types.contains(task_type)
    {
        let message = format!("{name} does not take the type `{task_type}`");
        unmet.push(Unmet::rule("workstation-scope", message));
    }
    if let Some(host) = case.host
        && !known.hosts.is_empty()
        && !known.hosts.iter().any(|h| h == host)
    {
        let message = format!("{name} runs on {}, not on {host}", known.hosts.join(", "));
        unmet.push(Unmet::rule("workstation-host", message));
    }
    for tool in &case.task.requires.tools {
        if !known.capabilities.contains(tool) {
            unmet.push(Unmet::rule(
                "workstation-capability",
                format!("{name} has no `{tool}`"),
            ));
        }
    }
    for license in &case.task.requires.licenses {
        if !known
            .licenses
            .iter()
            .any(|l| l.name == *license && l.available)
        {
            let message = format!("{name} has no licence `{license}`");
            unmet.push(Unmet::rule("workstation-license", message));
        }
    }
    let load = case.snapshot.load_of(name, case.now);
    if known.wip_limit.is_some_and(|limit| load >= limit as usize) {
        let message = format!("{name} has {load} task(s) in progress, its limit");
        unmet.push(Unmet::conflict("workstation-full", message));
    }
    unmet
}
