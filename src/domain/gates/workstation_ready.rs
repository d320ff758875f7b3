//! `workstation-missing`, `workstation-not-ready`, …: work starts only on a workstation that
//! exists, takes claims and this type, and has what the task requires (I4, I10, I11, I13). What
//! its probes say is [`probes_ready`](super::probes_ready)'s.

use super::{ClaimCase, ClaimGate, Page, always, lists};
use crate::domain::id::WorkstationName;
use crate::domain::refusal::Unmet;
use crate::domain::shell::quoted;
use crate::domain::time::{Span, Timestamp};
use crate::domain::workstation::{Hold, License, Station, Workstation, WorkstationState};

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
            (
                "workstation-used",
                "it was for one claim, and has had that claim",
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
        keys: &[
            "workstations: workstations",
            "workstations: license_max_age",
            "task: requires",
        ],
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
    case.agent.is_none()
        || case
            .workstation
            .map_or_else(|| !lists(case), |name| takes_claim(case, name))
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    match (case.agent, case.workstation) {
        (None, _) => Vec::new(),
        (Some(_), Some(name)) => stands_against(case, name),
        // Where the map gives nothing, no workstation is missing.
        (Some(_), None) if !lists(case) => Vec::new(),
        (Some(_), None) => vec![
            Unmet::rule(
                "workstation-missing",
                "no workstation is named, routed or the default",
            )
            .hint("name one with `--workstation`"),
        ],
    }
}

/// Whether the work of the case could start on this workstation; says what [`stands_against`] says
/// without a word.
#[must_use]
pub fn takes_claim(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    let Some(station) = case.snapshot.station(name) else {
        return false;
    };
    let known = station.known;
    station.standing() == WorkstationState::Ready
        && station.used_up().is_none()
        && host_fits(case, known)
        && can_do(case, known)
        && !is_full(known, case.snapshot.load_of(name, case.now))
}

/// Whether a workstation by itself could do the work of the case: type, tools, licences. Nothing is
/// asked of its state, its host and its load.
pub(in crate::domain) fn can_do(case: &ClaimCase<'_>, known: &Workstation) -> bool {
    let requires = &case.task.requires;
    takes_type(case, known)
        && requires
            .tools
            .iter()
            .all(|tool| known.capabilities.contains(tool))
        && requires
            .licenses
            .iter()
            .all(|name| without_license(case, known, name).is_none())
}

/// Whether the workstation is registered, takes claims, and runs on the host of the case: whatever
/// the work, and however much of it is there.
pub(in crate::domain) fn in_service(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    case.snapshot.station(name).is_some_and(|station| {
        station.standing() == WorkstationState::Ready
            && station.used_up().is_none()
            && host_fits(case, station.known)
    })
}

/// Everything that keeps the work of the case from starting on this workstation.
#[must_use]
pub fn stands_against(case: &ClaimCase<'_>, name: &WorkstationName) -> Vec<Unmet> {
    let unmet = match case.snapshot.station(name) {
        None => vec![
            Unmet::rule(
                "workstation-missing",
                format!("the workstation {name} is not registered"),
            )
            .hint("add it to governance/workstations.yaml"),
        ],
        Some(station) => faults(case, name, station),
    };
    unmet.into_iter().map(|unmet| unmet.about(name)).collect()
}

fn takes_type(case: &ClaimCase<'_>, known: &Workstation) -> bool {
    let listed = |task_type| known.task_types.contains(task_type);
    known.task_types.is_empty() || case.task.task_type.as_ref().is_none_or(listed)
}

/// What is done elsewhere is judged by `remote-execution`.
fn host_fits(case: &ClaimCase<'_>, known: &Workstation) -> bool {
    case.remote.is_some() || case.is_here(known)
}

fn is_full(known: &Workstation, load: usize) -> bool {
    known.wip_limit.is_some_and(|limit| load >= limit as usize)
}

fn faults(case: &ClaimCase<'_>, name: &WorkstationName, station: Station<'_>) -> Vec<Unmet> {
    let known = station.known;
    let mut unmet = Vec::new();
    unmet.extend(out_of_service(name, station));
    if let Some(used) = station.used_up() {
        let message = format!(
            "{name} is for one claim, and `{}` had it at {}",
            used.task, used.at
        );
        let hint = "raise its `version` in governance/workstations.yaml once it is set up anew";
        unmet.push(Unmet::rule("workstation-used", message).hint(hint));
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
    if let Some(host) = case.host.filter(|_| !host_fits(case, known)) {
        let message = format!("{name} runs on {}, not on {host}", known.hosts.join(", "));
        let ways = super::remote_execution::ways(case, name, known);
        unmet.push(Unmet::rule("workstation-host", message).hint(ways));
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
        if let Some(lack) = without_license(case, known, license) {
            unmet.push(lack.unmet(name, license));
        }
    }
    let load = case.snapshot.load_of(name, case.now);
    if is_full(known, load) {
        let message = format!("{name} has {load} task(s) in progress, its limit");
        unmet.push(Unmet::conflict("workstation-full", message));
    }
    unmet
}

fn out_of_service(name: &WorkstationName, station: Station<'_>) -> Option<Unmet> {
    let standing = station.standing();
    if standing == WorkstationState::Ready {
        return None;
    }
    let not_ready = |message| Unmet::rule("workstation-not-ready", message);
    Some(match station.hold().filter(|hold| hold.state == standing) {
        Some(hold) if standing == WorkstationState::Quarantined => {
            not_ready(format!("{name} is {}", since(hold))).hint(format!(
                "only new claims stop; to end it: `laneway workstation restore {name} --reason …`"
            ))
        }
        Some(hold) => not_ready(format!("{name} is {}", since(hold))),
        None => not_ready(format!("{name} is {standing}"))
            .hint("its `state` in governance/workstations.yaml says so; only new claims stop"),
    })
}

/// `quarantined since … by @dana: the disk is failing`.
pub(in crate::domain) fn since(hold: &Hold) -> String {
    let Hold {
        state,
        reason,
        by,
        at,
    } = hold;
    format!("{state} since {at} by {by}: {reason}")
}

/// What a workstation lacks of a licence.
enum Lack<'a> {
    /// Nobody ever attested it.
    Unattested,
    /// It was attested not to be there.
    Gone(&'a License),
    /// Nobody knows when it was attested, and that is asked.
    Undated(&'a License, Span),
    /// It was attested too long ago.
    Old(&'a License, Timestamp, Span),
    /// It is attested for a moment to come.
    Early(&'a License, Timestamp),
}

/// The attestation of an hour to come is a mistake of clocks; that of a later day is no seeing.
const TOMORROW: Span = Span::from_seconds(86_400);

/// What `known` lacks of a licence. The registry names each licence once.
fn without_license<'a>(
    case: &ClaimCase<'_>,
    known: &'a Workstation,
    name: &str,
) -> Option<Lack<'a>> {
    let max_age = case.snapshot.rules.workstations.license_max_age;
    // A clock that was set back makes no attestation young again.
    let latest = case.now.max(case.snapshot.tip_time);
    let Some(license) = known.licenses.iter().find(|known| known.name == name) else {
        return Some(Lack::Unattested);
    };
    match (max_age, license.attested_at) {
        _ if !license.available => Some(Lack::Gone(license)),
        (None, _) => None,
        (Some(age), None) => Some(Lack::Undated(license, age)),
        (Some(_), Some(at)) if at > case.now.plus(TOMORROW) => Some(Lack::Early(license, at)),
        (Some(age), Some(at)) if at.plus(age) < latest => Some(Lack::Old(license, at, age)),
        (Some(_), Some(_)) => None,
    }
}

impl Lack<'_> {
    fn unmet(&self, on: &WorkstationName, license: &str) -> Unmet {
        let by = |known: &License| {
            let by = known.by.as_ref().map(|by| format!(" by {by}"));
            by.unwrap_or_default()
        };
        let message = match self {
            Self::Unattested => format!("{on} has no licence `{license}`"),
            Self::Gone(known) => {
                let at = known.attested_at.map(|at| format!(" at {at}"));
                let at = at.unwrap_or_default();
                format!(
                    "{on} has no licence `{license}`: attested as missing{}{at}",
                    by(known)
                )
            }
            Self::Undated(known, age) => format!(
                "{on} has the licence `{license}` attested{} without a date; at most {age} is asked",
                by(known)
            ),
            Self::Old(known, at, age) => format!(
                "{on} has the licence `{license}` attested{} at {at}, more than {age} ago",
                by(known)
            ),
            Self::Early(known, at) => format!(
                "{on} has the licence `{license}` attested{} for {at}, which is to come",
                by(known)
            ),
        };
        let word = quoted(license);
        Unmet::rule("workstation-license", message).hint(format!(
            "look, then `laneway workstation attest {on} --license {word} --how TEXT`, and \
             commit that to the target"
        ))
    }
}
