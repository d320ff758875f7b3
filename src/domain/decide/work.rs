//! `note`, `evidence`, `handoff`, `review`: what is said and shown about work.

use super::own::given_back;
use super::stage::passed;
use super::{Change, Context, event_record};
use crate::domain::gates::LandCase;
use crate::domain::gates::{shut, work_checked};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::identity::{Capability, Mode};
use crate::domain::lifecycle::Event;
use crate::domain::policy::CrossWorkstation;
use crate::domain::record::{Evidence, Finding, Handoff, RecordBody, Review, RootCause, Verdict};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::snapshot::RangeFacts;
use crate::domain::stage::{Rank, Stage};
use crate::domain::state::{Block, Claim, Standing, Submission, TaskState};
use crate::domain::task::Kind;

/// Most of a remark that a state file keeps, in bytes.
pub(super) const MAX_NOTE: usize = 4096;

pub(super) fn note(ctx: Context<'_>, id: &TaskId, text: &str) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    if text.trim().is_empty() || text.len() > MAX_NOTE {
        let message = format!("a note has 1 to {MAX_NOTE} bytes");
        return Err(ctx.refuse(id, Unmet::rule("note-size", message)));
    }
    let map = &ctx.snapshot.rules.identity;
    let closed = map.mode == Mode::Enforced && !map.agents.is_empty();
    if closed && !map.agents.contains_key(ctx.agent()) {
        let message = format!("the identity map has no agent {}", ctx.agent());
        return Err(ctx.refuse(id, Unmet::rule("agent-unknown", message)));
    }
    let record = RecordBody::Note {
        text: text.to_owned(),
    };
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

pub(super) fn evidence(
    ctx: Context<'_>,
    id: &TaskId,
    evidence: &Evidence,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    match &state.standing {
        // Whoever merges or reviews checks the work too; the gate believes what is recorded.
        Standing::InReview { claim, .. } if claim.agent != *ctx.agent() => {
            let map = &ctx.snapshot.rules.identity;
            if !map.may(ctx.agent(), Capability::Review) {
                ctx.require(id, Capability::Merge)?;
            }
        }
        _ => {
            at_home(ctx, id, ctx.hold(id, state)?)?;
        }
    }
    let record = RecordBody::Evidence(evidence.clone());
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

/// What the holder does to the work is done where it was claimed, unless policy says otherwise
/// (I17).
fn at_home(ctx: Context<'_>, id: &TaskId, claim: &Claim) -> Result<(), Refusal> {
    let (rules, host) = (&ctx.snapshot.rules, &ctx.request.actor.host);
    if rules.policy.cross_workstation == CrossWorkstation::Allow {
        return Ok(());
    }
    let known = rules.workstations.workstations.get(&claim.workstation);
    match known.filter(|known| !known.runs_on(host)) {
        None => Ok(()),
        Some(known) => {
            let name = &claim.workstation;
            let message = format!(
                "`{id}` is claimed on {name}, which runs on {}, not on {host}",
                known.hosts.join(", ")
            );
            let unmet = Unmet::rule("workstation-host", message).about(name);
            Err(ctx.refuse(
                id,
                unmet.hint(
                    "go on there; or `cross_workstation: allow` in governance/policy.yaml lets \
                     work move",
                ),
            ))
        }
    }
}

/// The state after a verb that only adds a record: the holder's lease is extended when due.
pub(super) fn touched(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
) -> Result<TaskState, Refusal> {
    let holder = |claim: &Claim| claim.agent == *ctx.agent();
    let standing = match &state.standing {
        Standing::InProgress(claim) if holder(claim) => {
            ctx.hold(id, state)?;
            Standing::InProgress(ctx.touched(id, claim)?)
        }
        Standing::AwaitingScope(claim) if holder(claim) => {
            ctx.hold(id, state)?;
            Standing::AwaitingScope(ctx.touched(id, claim)?)
        }
        other => other.clone(),
    };
    Ok(state.with(standing))
}

pub(super) fn handoff(
    ctx: Context<'_>,
    id: &TaskId,
    commit: ObjectId,
    next: &str,
    risks: &[String],
    root_cause: Option<&RootCause>,
) -> Result<Change, Refusal> {
    let task = ctx.task(id)?;
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Handoff)?;
    let claim = ctx.hold(id, state)?;
    at_home(ctx, id, claim)?;
    ctx.require(id, Capability::Handoff)?;
    let range = range_of(ctx, id)?;
    if range.tip != commit {
        let message = format!("{} is not the commit that was looked at", commit.short());
        return Err(ctx.refuse(id, Unmet::rule("commit-unknown", message)));
    }
    let mut unmet = Vec::new();
    if next.trim().is_empty() {
        unmet.push(Unmet::rule("next-owed", "a handoff says what comes next").hint("`--next …`"));
    }
    if task.kind == Kind::Defect && root_cause.is_none() {
        unmet.push(
            Unmet::rule(
                "root-cause-owed",
                format!("`{id}` is a defect and owes its root cause"),
            )
            .hint("`--root-cause TEXT --layer PATH --proof CMD`"),
        );
    }
    let submission = Submission {
        commit: range.tip,
        base: range.base,
        change_key: range.change_key.clone(),
        at: ctx.request.at,
    };
    let case = LandCase {
        snapshot: ctx.snapshot,
        task,
        claim,
        submission: &submission,
        range,
        evidence: None,
        evidence_due: false,
        now: ctx.request.at,
    };
    unmet.extend(case.unfit());
    if !unmet.is_empty() {
        return Err(Refusal::new(ctx.what(Some(id)), Some(id), unmet));
    }
    let record = RecordBody::Handoff(Handoff {
        commit: range.tip,
        base: range.base,
        change_key: range.change_key.clone(),
        commits: range.commits.iter().map(|commit| commit.id).collect(),
        files: range.files.clone(),
        next: next.to_owned(),
        risks: risks.to_vec(),
        root_cause: root_cause.cloned(),
    });
    let standing = Standing::InReview {
        claim: claim.clone(),
        submission,
        landing: None,
    };
    let there = Some(&claim.workstation);
    let next = passed(ctx, id, state.with(standing), Stage::Execute, there)?;
    Ok(Change::state(id, next, vec![record]))
}

/// What git says about the range of the request; a request without one is refused.
pub(super) fn range_of<'a>(ctx: Context<'a>, id: &TaskId) -> Result<&'a RangeFacts, Refusal> {
    ctx.snapshot.facts.range.as_ref().ok_or_else(|| {
        let unmet = Unmet::rule(
            "commit-unknown",
            "the commit it names is not in this repository",
        );
        ctx.refuse(id, unmet)
    })
}

/// The state after an accepting review: the stage `review` is passed by whom the contract names.
fn accepted(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    submission: &Submission,
    design_only: bool,
) -> Result<TaskState, Refusal> {
    let task = ctx.task(id)?;
    let shown = work_checked(ctx.snapshot, id, submission);
    if let Some(unmet) = shut(
        ctx.snapshot,
        task,
        Stage::Review,
        ctx.request.at,
        Some(shown),
    ) {
        return Err(ctx.refuse(id, unmet));
    }
    let terms = ctx.snapshot.plan.contract(task);
    let terms = terms.and_then(|contract| contract.terms(Stage::Review));
    match terms.map(|terms| terms.rank(ctx.agent())) {
        Some(Rank::Primary | Rank::Secondary) if !design_only => {
            passed(ctx, id, state.clone(), Stage::Review, None)
        }
        _ => Ok(state.clone()),
    }
}

pub(super) fn review(
    ctx: Context<'_>,
    id: &TaskId,
    verdict: Verdict,
    commit: ObjectId,
    findings: &[Finding],
    design_only: bool,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    let Standing::InReview {
        claim,
        submission,
        landing,
    } = &state.standing
    else {
        let message = format!("`{id}` is {}, not in review", state.status());
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", message)));
    };
    ctx.require(id, Capability::Review)?;
    if claim.agent == *ctx.agent() {
        let message = format!("{} cannot review its own work", ctx.agent());
        return Err(ctx.refuse(id, Unmet::rule("self-review", message)));
    }
    if submission.commit != commit {
        let message = format!(
            "{} was judged, but {} is handed off",
            commit.short(),
            submission.commit.short()
        );
        return Err(ctx.refuse(id, Unmet::conflict("review-stale", message)));
    }
    if verdict != Verdict::Accept && findings.is_empty() {
        let message = format!("the verdict {verdict} owes findings");
        return Err(ctx.refuse(
            id,
            Unmet::rule("findings-owed", message).hint("`--finding …`"),
        ));
    }
    if let (Some(landing), true) = (landing, verdict != Verdict::Accept) {
        let message = format!("a merge of `{id}` by {} is under way", landing.by);
        return Err(ctx.refuse(id, Unmet::conflict("merge-slot", message)));
    }
    let record = RecordBody::Review(Review {
        verdict,
        change_key: submission.change_key.clone(),
        findings: findings.to_vec(),
        design_only,
    });
    let next = match verdict {
        Verdict::Accept => accepted(ctx, id, state, submission, design_only)?,
        Verdict::Reject => {
            ctx.allow(id, state, Event::Return)?;
            given_back(state, claim, Some(submission.commit))
        }
        Verdict::Revise => {
            let events = (Event::Revise, Event::ReviseLater);
            ctx.back_to_work(id, state, claim, Some(submission.commit), events)?
        }
        Verdict::Block => {
            ctx.allow(id, state, Event::Stop)?;
            let reason = findings
                .iter()
                .map(|f| f.text.as_str())
                .collect::<Vec<_>>()
                .join("; ");
            let block = Block {
                reason,
                by: None,
                since: ctx.request.at,
                commit: Some(submission.commit),
            };
            let standing = Standing::Blocked {
                claim: claim.clone(),
                block,
            };
            state.with(standing)
        }
    };
    let mut append = vec![record];
    if verdict == Verdict::Reject {
        append.push(event_record("reject", "the review rejected the work"));
    }
    Ok(Change::state(id, next, append))
}
