//! `orphan-branch`: the branch of a lane that policy no longer has.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::domain::id::LaneName;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::git::{Cas, Durability, Expect, RefEdit};
use crate::ops::OpError;
use crate::workspace;

pub const AILMENT: Ailment = Ailment {
    id: "orphan-branch",
    about: "branches of lanes that policy does not have",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let Some(snapshot) = &patient.snapshot else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (name, lane) in orphans(snapshot) {
        if let Some(tip) = patient.repo.tip(&name)? {
            let lost = patient
                .repo
                .commits_beyond(tip, &patient.kept(Some(&name))?)?;
            found.push(finding(name, &lane, lost.len()));
        }
    }
    Ok(found)
}

/// The branches of lanes that tasks of the ledger name and policy does not have, unless a task
/// that may go on stands on it.
fn orphans(snapshot: &Snapshot) -> BTreeMap<String, LaneName> {
    let policy = &snapshot.rules.policy;
    let known = workspace::lanes_of(policy);
    let lane_of = |standing: &Standing| match standing {
        Standing::Done(done) => Some(done.lane.clone()),
        Standing::Todo {
            resume: Some(resume),
        } => Some(resume.lane.clone()),
        _ => None,
    };
    let used: BTreeSet<String> = snapshot
        .states
        .iter()
        .filter_map(|(_, state)| Some(state.claim()?.branch.full()))
        .collect();
    let lanes = snapshot.states.iter();
    let lanes = lanes.filter_map(|(_, state)| lane_of(&state.standing));
    lanes
        .filter_map(|lane| {
            let branch = policy.worktrees.branch_of(&policy.project, &lane).ok()?;
            (!known.contains_key(&branch)).then(|| (branch.full(), lane))
        })
        .filter(|(name, _)| !used.contains(name))
        .collect()
}

fn finding(name: String, lane: &LaneName, lost: usize) -> Finding {
    let cure = if lost == 0 {
        let branch = name.clone();
        Cure::repair(
            "delete the branch; other refs reach all its commits",
            move |patient| delete(patient, &branch),
        )
    } else {
        let short = name.trim_start_matches("refs/heads/");
        Cure::Hand(format!(
            "{lost} of its commits are nowhere else: look, then `git branch -D {short}`"
        ))
    };
    Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: "the branch of a lane that there is no more".to_owned(),
        place: name,
        why: format!("policy has no lane {lane}, and no open claim is on it"),
        cure,
    }
}

fn delete(patient: &Patient, name: &str) -> Result<Mended, OpError> {
    let repo = &patient.repo;
    let Some(tip) = repo.tip(name)? else {
        return Ok(Mended::Done("it is gone".to_owned()));
    };
    let worktrees = repo.worktrees()?;
    let mut on_it = worktrees
        .iter()
        .filter(|known| known.branch.as_deref() == Some(name));
    if let Some(here) = on_it.next() {
        let path = here.path.display();
        return Ok(Mended::Kept(format!("{path} has it checked out")));
    }
    if !repo
        .commits_beyond(tip, &patient.kept(Some(name))?)?
        .is_empty()
    {
        return Ok(Mended::Kept("it has commits of its own now".to_owned()));
    }
    let edit = RefEdit {
        name: name.to_owned(),
        expect: Expect::At(tip),
        new: None,
    };
    Ok(
        match repo.cas(&[edit], "laneway: doctor", Durability::Fast)? {
            Cas::Moved => Mended::Done(format!("deleted it (was {})", tip.short())),
            Cas::Lost { .. } => Mended::Kept("it moved meanwhile".to_owned()),
        },
    )
}
