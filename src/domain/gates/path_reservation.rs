//! `path-reservation`: tasks in progress own disjoint paths, as far as policy asks (X9).

use super::{ClaimCase, ClaimGate, Page};
use crate::domain::glob::Glob;
use crate::domain::id::TaskId;
use crate::domain::policy::Reservations;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Rules;
use crate::domain::state::Claim;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "path-reservation",
        about: "the task's owned paths are disjoint from those of tasks in progress",
        refusals: &[],
        keys: &["policy: path_reservations", "task: owned_paths"],
        text: "Two tasks in progress that own the same paths end in a conflict which one of them \
               pays for. Policy refuses, warns, or leaves it: `path_reservations: refuse | warn | \
               off`. Wait for the holder, or split the paths.",
        in_force: |rules: &Rules| rules.policy.path_reservations != Reservations::Off,
    },
    check,
    holds: |case: &ClaimCase<'_>| {
        case.snapshot.rules.policy.path_reservations != Reservations::Refuse
            || overlapping(case).next().is_none()
    },
};

/// A task in progress, and a pattern of ours that overlaps one of its own.
struct Overlap<'a> {
    id: &'a TaskId,
    claim: &'a Claim,
    mine: &'a Glob,
    theirs: &'a Glob,
}

fn overlapping<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = Overlap<'a>> {
    let (snapshot, task) = (case.snapshot, case.task);
    let others = snapshot
        .states
        .occupying(&snapshot.rules.policy, case.now)
        .filter(|(id, _)| **id != task.id);
    others.filter_map(|(id, claim)| {
        let other = snapshot.plan.get(id)?;
        let (mine, theirs) = task.owned_paths.iter().find_map(|mine| {
            let theirs = other
                .owned_paths
                .iter()
                .find(|theirs| mine.overlaps(theirs))?;
            Some((mine, theirs))
        })?;
        Some(Overlap {
            id,
            claim,
            mine,
            theirs,
        })
    })
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let policy = &case.snapshot.rules.policy;
    if policy.path_reservations == Reservations::Off {
        return Vec::new();
    }
    overlapping(case)
        .map(|overlap| {
            let Overlap {
                id,
                claim,
                mine,
                theirs,
            } = overlap;
            let message = format!(
                "`{mine}` overlaps `{theirs}` of `{id}`, held by {} until {}",
                claim.agent, claim.expires_at
            );
            Unmet {
                warning: policy.path_reservations == Reservations::Warn,
                ..Unmet::conflict(GATE.page.id, message).held_by(Holder::claim(id, claim))
            }
        })
        .collect()
}
