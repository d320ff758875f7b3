//! `workstation-missing`, `workstation-not-ready`, …: work starts only on a workstation that
//! exists, takes claims and this type, and has what the task requires (I4, I10, I13).

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::id::WorkstationName;
use crate::domain::refusal::Unmet;
use crate::domain::workstation::{Workstation, WorkstationState};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "workstation",
        about: "the workstation exists, takes claims of this type, and has what the task requires",
        refusals: &[
            (
                "workstation-missing",
                "no workstation is named, or it is not registered",
            ),
            (
                "workstation-not-ready",
                "it is quarantined or retired, or a probe failed",
            ),
            ("workstation-scope", "it does not take the type of the task"),
            ("workstation-host", "it does not run on this host"),
            (
                "workstation-capability",
                "it lacks a tool that the task requires",
            ),
            (
                "workstation-license",
                "it has no attested licence that the task requires",
            ),
            (
                "workstation-full",
                "it has as many tasks in progress as it may",
            ),
        ],
        keys: &["workstations: workstations", "task: requires"],
        text: "Work starts only where it can be done: on a registered workstation that takes \
               claims of this type, has what the task requires, and is not full. Nothing is \
               created, retried or waited for: the task stays unassigned and the fact is named. \
               `laneway workstation list` shows all of them.",
        in_force: always,
    },
    check,
    holds,
};

fn holds(case: &ClaimCase<'_>) -> bool {
    let registered = &case.snapshot.rules.workstations.workstations;
    let fits = |name: &WorkstationName| {
        registered.get(name).is_some_and(|known| {
            let requires = &case.task.requires;
            known.state == WorkstationState::Ready
                && takes_type(case, known)
                && runs_here(case, known)
                && requires
                    .tools
                    .iter()
                    .all(|tool| known.capabilities.contains(tool))
                && requires
                    .licenses
                    .iter()
                    .all(|name| has_license(known, name))
                && !is_full(known, case.snapshot.load_of(name, case.now))
        })
    };
    case.agent.is_none() || case.workstation.is_some_and(fits)
}

fn takes_type(case: &ClaimCase<'_>, known: &Workstation) -> bool {
    let listed = |task_type| known.task_types.contains(task_type);
    known.task_types.is_empty() || case.task.task_type.as_ref().is_none_or(listed)
}

fn runs_here(case: &ClaimCase<'_>, known: &Workstation) -> bool {
    let listed = |host| known.hosts.iter().any(|h| h == host);
    known.hosts.is_empty() || case.host.is_none_or(listed)
}

fn has_license(known: &Workstation, name: &str) -> bool {
    known.licenses.iter().any(|l| l.name == name && l.available)
}

fn is_full(known: &Workstation, load: usize) -> bool {
    known.wip_limit.is_some_and(|limit| load >= limit as usize)
}

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
    if let Some(task_type) = case
        .task
        .task_type
        .as_ref()
        .filter(|_| !takes_type(case, known))
    {
        let message = format!("{name} does not take the type `{task_type}`");
        unmet.push(Unmet::rule("workstation-scope", message));
    }
    if let Some(host) = case.host.filter(|_| !runs_here(case, known)) {
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
        if !has_license(known, license) {
            let message = format!("{name} has no licence `{license}`");
            unmet.push(Unmet::rule("workstation-license", message));
        }
    }
    let load = case.snapshot.load_of(name, case.now);
    if is_full(known, load) {
        let message = format!("{name} has {load} task(s) in progress, its limit");
        unmet.push(Unmet::conflict("workstation-full", message));
    }
    unmet
}
