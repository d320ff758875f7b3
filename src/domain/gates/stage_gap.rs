//! `stage-gap`: a task that was paused waits until it is resumed, or its deferral has passed (S5).

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::progress::{Gap, Proposal};
use crate::domain::refusal::{Holder, RefusalKind, Unmet};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "stage-gap",
        about: "the task is not paused for want of a machine or of something else",
        refusals: &[],
        keys: &[],
        text: "Where no machine can do the work it is paused rather than done elsewhere: a gap of \
               priority 1 says what is missing, and proposes another machine or a later time. \
               `laneway stage` lists all gaps, `laneway stage ID --resume` ends one, and a \
               deferral ends by itself.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| gap(case).is_none(),
};

fn gap<'a>(case: &ClaimCase<'a>) -> Option<&'a Gap> {
    let state = case.snapshot.states.get(&case.task.id);
    state.progress().open_gap(case.now)
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    gap(case).map(|gap| unmet(case, gap)).into_iter().collect()
}

fn unmet(case: &ClaimCase<'_>, gap: &Gap) -> Unmet {
    let id = &case.task.id;
    let way = match &gap.proposal {
        None => String::new(),
        Some(Proposal::Workstation(name)) => format!(", {name} is proposed"),
        Some(Proposal::Until(until)) => format!(" until {until}"),
    };
    let message = format!("`{id}` is paused by {}{way}: {}", gap.by, gap.reason);
    let accept = match &gap.proposal {
        Some(Proposal::Workstation(_)) => {
            format!("`laneway stage {id} --resume --accept` goes on with the proposed machine")
        }
        _ => format!("`laneway stage {id} --resume` when nothing is missing any more"),
    };
    let (kind, until) = match &gap.proposal {
        Some(Proposal::Until(until)) => (RefusalKind::Conflict, Some(*until)),
        _ => (RefusalKind::Rule, None),
    };
    let holder = Holder {
        agent: Some(gap.by.clone()),
        until,
        ..Holder::task(id)
    };
    Unmet {
        kind,
        ..Unmet::rule(GATE.page.id, message)
    }
    .held_by(holder)
    .hint(accept)
}
