//! `remote-execution`: work is done on another host only by explicit assignment, where this host
//! lacks a capability, and with evidence that it was handed over there (S8).

use super::{ClaimCase, ClaimGate, Page, always, lists};
use crate::domain::id::{AgentName, WorkstationName};
use crate::domain::machines::Work;
use crate::domain::refusal::Unmet;
use crate::domain::workstation::{Probe, Workstation, WorkstationState};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "remote-execution",
        about: "a claim for another host is assigned, needed there, and shown to be handed over",
        refusals: &[],
        keys: &[
            "workstations: workstations",
            "identity-map: routing",
            "task: requires",
            "task: stages",
        ],
        text: "A workstation of another host is claimed with `--workstation WS --remote REF`, if a \
               route or the contract names it for this agent, if no workstation here has what the \
               task asks for, and if REF says how the work was handed over. Probes of an address \
               run from here. A workstation with a probe that looks at its own host (`tool`, \
               `env`, `disk_free`, `command`, a local address) is claimed on that host only. \
               Otherwise the work is paused, or another machine \
               is proposed, or it is deferred: `laneway stage ID --pause`.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| case.remote.is_none() || check(case).is_empty(),
};

/// Longest reference, in bytes.
const MAX_REFERENCE: usize = 1024;

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let (Some(reference), Some(agent), Some(name)) = (case.remote, case.agent, case.workstation)
    else {
        return Vec::new();
    };
    let Some(known) = case.snapshot.rules.workstations.workstations.get(name) else {
        return Vec::new();
    };
    let unmet = |message: String| Unmet::rule(GATE.page.id, message);
    if case.is_here(known) {
        let message = format!("{name} runs on this host, so nothing is remote");
        return vec![unmet(message).hint("leave `--remote` out")];
    }
    let mut found = Vec::new();
    if reference.trim().is_empty() || reference.len() > MAX_REFERENCE {
        found.push(
            unmet(format!(
                "the evidence of the handover has 1 to {MAX_REFERENCE} bytes"
            ))
            .hint("`--remote REF` names it"),
        );
    }
    if !assigned(case, agent, name) {
        let message = format!("neither a route nor the contract names {name} for {agent}");
        found.push(unmet(message).hint("`routing` in governance/identity-map.yaml, or `stages`"));
    }
    let work = Work::of(case.snapshot, case.task, terms(case));
    if !work.asks() {
        let message = format!(
            "`{}` asks for no capability that this host could lack",
            case.task.id
        );
        found.push(unmet(message).hint("`requires` and `stages` say what a machine must have"));
    } else if let Some(here) = capable_here(case, &work) {
        let message = format!("{here} of this host has what `{}` asks for", case.task.id);
        let hint = format!("`laneway claim {} --workstation {here}`", case.task.id);
        found.push(unmet(message).hint(hint));
    }
    if let Some(probe) = bound(known) {
        let message = format!(
            "the probe `{}` of {name} looks at the host that it runs on, which is not this one",
            probe.name
        );
        found.push(unmet(message).hint("claim it on that host, without `--remote`"));
    }
    found
}

fn terms<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = &'a crate::domain::stage::StageTerms> {
    let contract = case.snapshot.plan.contract(case.task);
    let claimed = contract.into_iter().flat_map(|contract| contract.claimed());
    claimed.map(|(_, terms)| terms)
}

/// Whether a route of the map, or the contract, names agent and workstation together.
fn assigned(case: &ClaimCase<'_>, agent: &AgentName, name: &WorkstationName) -> bool {
    let map = &case.snapshot.rules.identity;
    let routes = case
        .task
        .task_type
        .as_ref()
        .and_then(|t| map.routing.get(t));
    let mut routes = routes.into_iter().flatten();
    let progress = case.snapshot.states.get(&case.task.id).progress();
    routes.any(|route| route.names(agent) && route.workstation == *name)
        || terms(case).any(|terms| {
            let named = terms.workstations.contains(name) || progress.admitted.contains(name);
            terms.names(agent) && named
        })
}

/// A workstation of this host, in scope and mapped for the agent, that has what is asked for.
/// One in quarantine lacks nothing: it is waited for, or replaced by a person. One that never
/// takes a claim again does not count.
fn capable_here<'a>(case: &ClaimCase<'a>, work: &Work<'_>) -> Option<&'a WorkstationName> {
    let snapshot = case.snapshot;
    let mut registered = snapshot.rules.workstations.workstations.keys();
    registered.find(|name| {
        let lasts = snapshot.station(name).is_some_and(|station| {
            case.is_here(station.known)
                && station.standing() != WorkstationState::Retired
                && station.used_up().is_none()
        });
        let there = ClaimCase {
            workstation: Some(name),
            ..*case
        };
        lasts && work.in_scope(name) && lists(&there) && work.fits(snapshot, name, case.now)
    })
}

/// A probe that only the host of the workstation can run. Nobody can show from here what it gives.
fn bound(known: &Workstation) -> Option<&Probe> {
    known.probes.iter().find(|probe| probe.kind.is_local())
}

/// The ways that are left for work whose machine is on another host (S9).
pub(super) fn ways(case: &ClaimCase<'_>, name: &WorkstationName, known: &Workstation) -> String {
    let id = &case.task.id;
    let remote = match bound(known) {
        Some(_) => String::new(),
        None => format!(
            "or `laneway claim {id} --workstation {name} --remote REF` with evidence of the \
             handover; "
        ),
    };
    format!(
        "claim it on that host; {remote}or `laneway stage {id} --pause --reason …`, with \
         `--propose WS` or `--defer-until TIME`"
    )
}
