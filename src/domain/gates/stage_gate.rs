//! `stage-gate`: what the contract asks for before a stage: a machine, an approval, a plan that was
//! judged, evidence of the stage before (S1, S3).

use super::{ClaimCase, ClaimGate, LandCase, LandGate, Page, always};
use crate::domain::id::{StageName, TaskId};
use crate::domain::machines::Work;
use crate::domain::progress::Progress;
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
           `approval`: a person has approved the stage. `plan_approved`: the plan has been judged: \
           `plan_review` was passed, or a person other than the planner approved `plan`. \
           `evidence`: the stage before was passed with evidence. A word that means nothing holds \
           for nobody, nor does one that asks for a stage that the contract has not. `laneway stage ID` shows which gate is shut, and why.",
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
        CLAIMED
            .into_iter()
            .all(|stage| what_shuts(case.snapshot, case.task, stage, case.now, None).is_none())
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

/// Why the gate of a stage does not hold.
enum Shut<'a> {
    /// Its word means nothing.
    Unknown(&'a StageName),
    /// No machine can do this work now.
    NoMachine(Work<'a>),
    /// No stage before it makes or judges the plan.
    NoPlan,
    /// This stage, which makes or judges the plan, has not been passed.
    Unjudged(Stage),
    /// No person has approved this stage.
    Unapproved(Stage),
    /// No stage before it could leave evidence.
    NothingBefore,
    /// This stage was passed without evidence.
    Untold(Stage),
    /// No checks passed on the work.
    Unchecked,
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
    let why = what_shuts(snapshot, task, stage, now, shown)?;
    Some(why.unmet(snapshot, &task.id, stage, now))
}

/// As [`shut`], without a word.
fn what_shuts<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    stage: Stage,
    now: Timestamp,
    shown: Option<bool>,
) -> Option<Shut<'a>> {
    let contract = snapshot.plan.contract(task)?;
    let gate = match contract.terms(stage)?.gate.as_ref()? {
        GateWord::Unknown(word) => return Some(Shut::Unknown(word)),
        GateWord::Known(gate) => gate,
    };
    let progress = snapshot.states.get(&task.id).progress();
    match gate {
        StageGate::MachineReady => {
            let work = Work::of(snapshot, task, at_once(contract, stage));
            (!work.can_be_done(snapshot, now)).then_some(Shut::NoMachine(work))
        }
        StageGate::Approval => {
            let approved = progress.approval(stage).is_some();
            (!approved).then_some(Shut::Unapproved(stage))
        }
        StageGate::PlanApproved => unjudged(contract, progress, stage),
        StageGate::Evidence if stage > Stage::Execute => {
            (!shown.unwrap_or(true)).then_some(Shut::Unchecked)
        }
        StageGate::Evidence => untold(contract, progress, stage),
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

/// A plan is judged by the stage that judges it; without one a person, not its maker, approves it
/// once it is there.
fn unjudged<'a>(contract: &StageContract, progress: &Progress, stage: Stage) -> Option<Shut<'a>> {
    let Some(judged_at) = contract.plan_before(stage) else {
        return Some(Shut::NoPlan);
    };
    let Some(passage) = progress.passage(judged_at) else {
        return Some(Shut::Unjudged(judged_at));
    };
    let by_other = || {
        let approval = progress.approval(judged_at);
        approval.is_some_and(|approval| approval.by != passage.by)
    };
    (judged_at == Stage::Plan && !by_other()).then_some(Shut::Unapproved(judged_at))
}

fn untold<'a>(contract: &StageContract, progress: &Progress, stage: Stage) -> Option<Shut<'a>> {
    let Some(before) = contract.by_hand_before(stage) else {
        return Some(Shut::NothingBefore);
    };
    let passage = progress.passage(before);
    let told = passage.is_some_and(|passage| passage.note.is_some());
    (!told).then_some(Shut::Untold(before))
}

impl Shut<'_> {
    fn unmet(&self, snapshot: &Snapshot, id: &TaskId, stage: Stage, now: Timestamp) -> Unmet {
        let (message, hint) = match self {
            Self::Unknown(word) => {
                let words: Vec<&str> = StageGate::ALL.iter().map(|gate| gate.word()).collect();
                (
                    format!("the gate `{word}` of `{stage}` means nothing"),
                    format!("gates: {}", words.join(", ")),
                )
            }
            Self::NoMachine(work) => {
                let missing = work.missing(snapshot, now).unwrap_or_default();
                (
                    format!("no machine is ready for `{stage}`: {}", missing.join(", ")),
                    format!("`laneway stage {id} --pause --reason …` until there is one"),
                )
            }
            Self::NoPlan => (
                format!(
                    "`{stage}` waits for a plan, and no stage of the contract before it is one"
                ),
                "add `plan` or `plan_review` to the contract, or another gate".to_owned(),
            ),
            Self::Unjudged(Stage::Plan) => (
                format!("`{stage}` waits until there is a plan to approve"),
                format!("`laneway stage {id} --pass {}`", Stage::Plan),
            ),
            Self::Unjudged(judge) => (
                format!("`{stage}` waits until the plan has been judged"),
                format!("`laneway stage {id} --pass {judge}`"),
            ),
            Self::Unapproved(of) => (
                format!("`{stage}` waits until a person has approved `{of}`"),
                format!("`laneway stage {id} --approve {of}`"),
            ),
            Self::NothingBefore => (
                format!(
                    "`{stage}` waits for evidence, and no stage of the contract before it leaves any"
                ),
                "add a stage before it to the contract, or another gate".to_owned(),
            ),
            Self::Untold(before) => (
                format!("`{stage}` waits for evidence of `{before}`"),
                format!("`laneway stage {id} --pass {before} --note …`"),
            ),
            Self::Unchecked => (
                format!("`{stage}` waits for checks that passed on the work"),
                format!("`laneway check {id}`"),
            ),
        };
        Unmet::rule(PAGE.id, message).hint(hint)
    }
}
