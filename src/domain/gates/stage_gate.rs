//! `stage-gate`: what the contract asks for before a stage: a machine, an approval, a plan that was
//! judged, evidence of the stage before (S1, S3).

use super::{ClaimCase, ClaimGate, LandCase, LandGate, Page, always};
use crate::domain::id::TaskId;
use crate::domain::machines::Work;
use crate::domain::record::{Evidence, RecordBody};
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Replayed, Snapshot};
use crate::domain::stage::{CLAIMED, GateWord, Stage, StageContract, StageGate, StageTerms};
use crate::domain::state::Submission;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;

const PAGE: Page = Page {
    id: "stage-gate",
    about: "what the contract asks for before the stage is there",
    refusals: &[],
    keys: &["task: stages", "task: stages_ref"],
    text: "`machine_ready`: a workstation of the stage is in service and has what is asked for. \
           `approval`: a person has approved the stage. `plan_approved`: the plan has been judged. \
           `evidence`: the stage before was passed with evidence. A word that means nothing holds \
           for nobody. `laneway stage ID` shows which gate is shut, and why.",
    in_force: always,
};

/// Of the stages that a claim begins.
pub(super) const CLAIM_GATE: ClaimGate = ClaimGate {
    page: PAGE,
    check: |case: &ClaimCase<'_>| {
        CLAIMED
            .into_iter()
            .filter_map(|stage| shut(case.snapshot, case.task, stage, case.now, None))
            .collect()
    },
    holds: |case: &ClaimCase<'_>| {
        case.snapshot.plan.contract(case.task).is_none()
            || CLAIMED
                .into_iter()
                .all(|stage| shut(case.snapshot, case.task, stage, case.now, None).is_none())
    },
};

/// Of the stage that a landing is.
pub(super) const LAND_GATE: LandGate = LandGate {
    page: PAGE,
    check: |case: &LandCase<'_>| {
        // A landing that still has to run its checks is not asked for them.
        let shown = case.evidence_due.then(|| work_shown(case));
        let shut = shut(case.snapshot, case.task, Stage::Close, case.now, shown);
        shut.into_iter().collect()
    },
};

fn passed(evidence: &Evidence) -> bool {
    !evidence.checks.is_empty() && evidence.checks.iter().all(|run| run.passed())
}

/// Whether checks passed on the very commit that was handed off.
#[must_use]
pub fn work_checked(snapshot: &Snapshot, id: &TaskId, submission: &Submission) -> bool {
    let records = snapshot.records_of(id).iter();
    let mut recorded = records.filter_map(|record| match &record.body {
        RecordBody::Evidence(evidence) => Some(evidence),
        _ => None,
    });
    recorded.any(|evidence| evidence.commit == submission.commit && passed(evidence))
}

/// Whether checks passed on what is to land.
fn work_shown(case: &LandCase<'_>) -> bool {
    let content = match case.range.replayed {
        Replayed::Commit { content_key, .. } => Some(content_key),
        _ => None,
    };
    let records = case.snapshot.records_of(&case.task.id).iter();
    let recorded = records.filter_map(|record| match &record.body {
        RecordBody::Evidence(evidence) => Some(evidence),
        _ => None,
    });
    let mut of_content = recorded
        .chain(case.evidence)
        .filter(|evidence| Some(evidence.content_key) == content);
    of_content.any(passed) || work_checked(case.snapshot, &case.task.id, case.submission)
}

/// The gate of a stage, where it does not hold. `shown` says whether checks passed on the work,
/// for the stages after it; where that is left out, they are not judged by it.
#[must_use]
pub fn shut(
    snapshot: &Snapshot,
    task: &Task,
    stage: Stage,
    now: Timestamp,
    shown: Option<bool>,
) -> Option<Unmet> {
    let contract = snapshot.plan.contract(task)?;
    let id = &task.id;
    match contract.terms(stage)?.gate.as_ref()? {
        GateWord::Unknown(word) => {
            let message = format!("the gate `{word}` of `{stage}` means nothing");
            let words: Vec<&str> = StageGate::ALL.iter().map(|gate| gate.word()).collect();
            Some(Unmet::rule(PAGE.id, message).hint(format!("gates: {}", words.join(", "))))
        }
        GateWord::Known(StageGate::MachineReady) => {
            let work = Work::of(snapshot, task, at_once(contract, stage));
            let missing = work.missing(snapshot, now)?;
            let message = format!("no machine is ready for `{stage}`: {}", missing.join(", "));
            let pause = format!("`laneway stage {id} --pause --reason …` until there is one");
            Some(Unmet::rule(PAGE.id, message).hint(pause))
        }
        GateWord::Known(StageGate::Approval) => unapproved(snapshot, task, stage, stage),
        GateWord::Known(StageGate::PlanApproved) => {
            if !contract.stages.contains_key(&Stage::PlanReview) {
                return unapproved(snapshot, task, stage, Stage::Plan);
            }
            let progress = snapshot.states.get(id).progress();
            let judged = progress.passage(Stage::PlanReview).is_some();
            (!judged).then(|| {
                let message = format!("`{stage}` waits until the plan has been judged");
                let pass = format!("`laneway stage {id} --pass {}`", Stage::PlanReview);
                Unmet::rule(PAGE.id, message).hint(pass)
            })
        }
        GateWord::Known(StageGate::Evidence) => unshown(snapshot, task, contract, stage, shown),
    }
}

/// The terms of the stages that are done in one place: taking the work and doing it.
fn at_once(contract: &StageContract, stage: Stage) -> impl Iterator<Item = &StageTerms> {
    let both = CLAIMED.contains(&stage);
    let stages = contract.stages.iter();
    stages
        .filter(move |(other, _)| **other == stage || (both && CLAIMED.contains(other)))
        .map(|(_, terms)| terms)
}

fn unapproved(snapshot: &Snapshot, task: &Task, stage: Stage, of: Stage) -> Option<Unmet> {
    let id = &task.id;
    if snapshot.states.get(id).progress().approves(of) {
        return None;
    }
    let message = format!("`{stage}` waits until a person has approved `{of}`");
    Some(Unmet::rule(PAGE.id, message).hint(format!("`laneway stage {id} --approve {of}`")))
}

fn unshown(
    snapshot: &Snapshot,
    task: &Task,
    contract: &StageContract,
    stage: Stage,
    shown: Option<bool>,
) -> Option<Unmet> {
    let id = &task.id;
    if stage > Stage::Execute {
        if shown.unwrap_or(true) {
            return None;
        }
        let message = format!("`{stage}` waits for checks that passed on the work");
        return Some(Unmet::rule(PAGE.id, message).hint(format!("`laneway check {id}`")));
    }
    let mut before = contract.before(stage)?;
    if before == Stage::Claim {
        before = contract.before(before)?;
    }
    let progress = snapshot.states.get(id).progress();
    let told = progress
        .passage(before)
        .is_some_and(|passage| passage.note.is_some());
    (!told).then(|| {
        let message = format!("`{stage}` waits for evidence of `{before}`");
        let pass = format!("`laneway stage {id} --pass {before} --note …`");
        Unmet::rule(PAGE.id, message).hint(pass)
    })
}
