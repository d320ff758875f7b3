//! `remote-execution`: work is done on another host only by explicit assignment, where this host
//! lacks a capability, and with evidence that it was handed over there (S8).

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::id::{AgentName, WorkstationName};
use crate::domain::identity::Mode;
use crate::domain::machines::Work;
use crate::domain::refusal::Unmet;
use crate::domain::workstation::{ProbeKind, Workstation, WorkstationState};

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
               task asks for, and if REF says how the work was handed over. Probes that only that \
               host can run must have run there. Otherwise the work is paused, or another machine \
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
    if runs_here(case, known) {
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
    if let Some(probe) = unprobed(case, name, known) {
        let message = format!("the probe `{probe}` of {name} can run only there, and has not");
        found.push(unmet(message).hint("claim it on that host"));
    }
    found
}

fn runs_here(case: &ClaimCase<'_>, known: &Workstation) -> bool {
    let listed = |host| known.hosts.iter().any(|known| known == host);
    known.hosts.is_empty() || case.host.is_none_or(listed)
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
/// One that is out of service lacks nothing: it is waited for, or replaced by a person.
fn capable_here<'a>(case: &ClaimCase<'a>, work: &Work<'_>) -> Option<&'a WorkstationName> {
    let snapshot = case.snapshot;
    let registered = &snapshot.rules.workstations.workstations;
    registered.iter().find_map(|(name, known)| {
        let here = runs_here(case, known) && known.state != WorkstationState::Retired;
        let fits = here && work.in_scope(name) && mapped(case, name);
        (fits && work.fits(case.snapshot, name, case.now)).then_some(name)
    })
}

fn mapped(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    let map = &case.snapshot.rules.identity;
    if map.mode == Mode::Open || map.routing.is_empty() {
        return true;
    }
    let routes = case
        .task
        .task_type
        .as_ref()
        .and_then(|t| map.routing.get(t));
    let mut routes = routes.into_iter().flatten();
    routes.any(|route| {
        route.workstation == *name && case.agent.is_some_and(|agent| route.names(agent))
    })
}

/// A probe that only the host of the workstation can run, and that is not known to have run there.
fn unprobed<'a>(
    case: &ClaimCase<'_>,
    name: &WorkstationName,
    known: &'a Workstation,
) -> Option<&'a str> {
    let there = case.readiness.unwrap_or_default().iter().filter(|seen| {
        seen.workstation == *name
            && seen.version == known.version
            && known.hosts.contains(&seen.host)
    });
    let seen: Vec<&str> = there
        .flat_map(|seen| &seen.probes)
        .filter(|probe| probe.ready)
        .map(|probe| probe.name.as_str())
        .collect();
    let mut bound = known.probes.iter().filter(|probe| bound(&probe.kind));
    bound
        .find(|probe| !seen.contains(&probe.name.as_str()))
        .map(|probe| probe.name.as_str())
}

/// Whether what a probe says is true only of the host that it runs on.
fn bound(kind: &ProbeKind) -> bool {
    let local = |address: &str| {
        ["localhost", "127.", "[::1]", "::1"]
            .iter()
            .any(|host| address.starts_with(host))
    };
    match kind {
        ProbeKind::Tool { .. }
        | ProbeKind::DiskFree { .. }
        | ProbeKind::Env(_)
        | ProbeKind::Command(_) => true,
        ProbeKind::Tcp(address) => local(address),
        ProbeKind::Http { url, .. } => local(url.split("://").last().unwrap_or(url)),
    }
}

/// The ways that are left for work whose machine is on another host (S9).
pub(super) fn ways(case: &ClaimCase<'_>, name: &WorkstationName) -> String {
    let id = &case.task.id;
    format!(
        "claim it on that host; or `laneway claim {id} --workstation {name} --remote REF` with \
         evidence of the handover; or `laneway stage {id} --pause --reason …`, with \
         `--propose WS` or `--defer-until TIME`"
    )
}
