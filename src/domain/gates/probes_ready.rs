//! `workstation-unprobed`, `workstation-not-ready`: work starts only where every probe was seen
//! ready, a moment ago, on the host that claims (I5, I6, I7).
//!
//! The gate runs nothing: it reads the observations of the request. Without one it says which
//! workstation must be looked at; whoever claims then looks, once, and asks again.

use super::{ClaimCase, ClaimGate, Page};
use crate::domain::id::WorkstationName;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Rules;
use crate::domain::workstation::{Probe, Readiness, Workstation};

/// What it refuses with where nobody looked.
pub const UNPROBED: &str = "workstation-unprobed";

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "workstation-probes",
        about: "every readiness probe of the workstation was ready when the task was claimed",
        refusals: &[
            (UNPROBED, "nobody has looked at it for this claim"),
            ("workstation-not-ready", "a probe is not ready"),
        ],
        keys: &["workstations: workstations"],
        text: "The probes of a workstation run on the host that claims, in parallel, once, before \
               the claim is published; what they saw goes on record with it. One that fails, or \
               does not answer in its time, is a no: the task stays unassigned, nothing is \
               retried or waited for. `laneway workstation check NAME` runs them at any time.",
        in_force: |rules: &Rules| {
            let mut all = rules.workstations.workstations.values();
            all.any(|known| !known.probes.is_empty())
        },
    },
    check,
    holds,
};

fn holds(case: &ClaimCase<'_>) -> bool {
    match case.workstation {
        Some(name) => matches!(seen(case, name), Seen::Ready),
        None => true,
    }
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    match case.workstation {
        Some(name) => probed(case, name),
        None => Vec::new(),
    }
}

/// Whether nobody has looked at the workstation of the case, whose probes a claim asks for.
pub(in crate::domain) fn unprobed(case: &ClaimCase<'_>) -> bool {
    let nothing = |name| matches!(seen(case, name), Seen::Nothing);
    case.workstation.is_some_and(nothing)
}

/// Whether a probe of the workstation was seen to fail.
pub(in crate::domain) fn failed(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    matches!(seen(case, name), Seen::Failed(..))
}

/// What the observations of the case say against this workstation.
#[must_use]
pub fn probed(case: &ClaimCase<'_>, name: &WorkstationName) -> Vec<Unmet> {
    let unmet = match seen(case, name) {
        Seen::Ready => Vec::new(),
        Seen::Nothing => {
            let message = format!("the probes of {name} have not been run for this claim");
            let hint = format!("`laneway workstation check {name}`");
            vec![Unmet::rule(UNPROBED, message).hint(hint)]
        }
        Seen::Failed(known, seen) => failures(name, known, seen),
    };
    unmet.into_iter().map(|unmet| unmet.about(name)).collect()
}

/// What was seen of a workstation.
enum Seen<'a> {
    /// Every probe is ready, there is none, or nobody was to look.
    Ready,
    /// Nothing that counts.
    Nothing,
    /// Some probe is not ready.
    Failed(&'a Workstation, &'a Readiness),
}

/// What counts: an observation of this version, on the host that claims, made a moment ago. Of
/// several the last one.
fn seen<'a>(case: &ClaimCase<'a>, name: &WorkstationName) -> Seen<'a> {
    let known = case.snapshot.rules.workstations.workstations.get(name);
    let (Some(all), Some(known)) = (case.readiness, known) else {
        return Seen::Ready;
    };
    if known.probes.is_empty() {
        return Seen::Ready;
    }
    let counts = |seen: &&Readiness| {
        seen.workstation == *name
            && seen.version == known.version
            && case.host.is_some_and(|host| seen.host == host)
            && seen.is_fresh(case.now)
    };
    match all.iter().rev().find(counts) {
        None => Seen::Nothing,
        Some(seen) if known.probes.iter().all(|probe| is_ready(seen, &probe.name)) => Seen::Ready,
        Some(seen) => Seen::Failed(known, seen),
    }
}

fn is_ready(seen: &Readiness, probe: &str) -> bool {
    let result = seen.probes.iter().find(|result| result.name == probe);
    result.is_some_and(|result| result.ready)
}

/// One fact for each probe that failed; where none did, for each without a result, which is none
/// that is ready. An observation that is cut to fit a request has only what failed.
fn failures(name: &WorkstationName, known: &Workstation, seen: &Readiness) -> Vec<Unmet> {
    let told = |probe: &Probe| seen.probes.iter().any(|result| result.name == probe.name);
    let not_ready = known.probes.iter();
    let not_ready = not_ready.filter(|probe| !is_ready(seen, &probe.name));
    let (failed, silent): (Vec<&Probe>, Vec<&Probe>) = not_ready.partition(|probe| told(probe));
    let not_ready = if failed.is_empty() { silent } else { failed }.into_iter();
    let unmet = not_ready.map(|probe| {
        let result = seen.probes.iter().find(|result| result.name == probe.name);
        let detail = result.map_or("it was not run", |result| &result.detail);
        let message = format!("{name} is not ready: {}: {detail}", probe.name);
        Unmet::rule("workstation-not-ready", message)
            .hint(format!("`laneway workstation check {name}` looks again"))
    });
    unmet.collect()
}
