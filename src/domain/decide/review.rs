//! `review`: someone else judges what was handed off (P44–P47).

use super::note::bounded;
use super::own::given_back;
use super::stage::{open, passed};
use super::{Change, Context, event_record};
use crate::domain::exception::Override;
use crate::domain::gates::work_checked;
use crate::domain::id::TaskId;
use crate::domain::identity::Capability;
use crate::domain::lifecycle::Event;
use crate::domain::record::{Finding, RecordBody, Review, Verdict};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::ReviewWish;
use crate::domain::review::{Seat, authors};
use crate::domain::stage::{Rank, Stage};
use crate::domain::state::{Block, Claim, Standing, Submission, TaskState};

/// The state after an accepting review, and the gate of the stage `review` if an exception lifts it:
/// the stage is passed by whom the contract names.
fn accepted(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    submission: &Submission,
    design_only: bool,
) -> Result<(TaskState, Option<Override>), Refusal> {
    let task = ctx.task(id)?;
    let shown = work_checked(ctx.snapshot, id, submission);
    let lifted = open(ctx, id, Stage::Review, Some(shown))?;
    let lifted = lifted.map_err(|unmet| ctx.refuse(id, unmet))?;
    let terms = ctx.snapshot.plan.contract(task);
    let terms = terms.and_then(|contract| contract.terms(Stage::Review));
    let next = match terms.map(|terms| terms.rank(ctx.agent())) {
        Some(Rank::Primary | Rank::Secondary) if !design_only => {
            passed(ctx, id, state.clone(), Stage::Review, None)?
        }
        _ => state.clone(),
    };
    Ok((next, lifted))
}

/// Nobody judges what they hold, or handed off themselves (P46).
fn own_work(ctx: Context<'_>, id: &TaskId, claim: &Claim) -> Option<Unmet> {
    let agent = ctx.agent();
    let records = ctx.snapshot.records_of(id);
    if !authors(records, Some(&claim.agent)).contains(agent) {
        return None;
    }
    let message = if claim.agent == *agent {
        format!("{agent} cannot review its own work")
    } else {
        format!("{agent} has worked on it and cannot review it")
    };
    let hint = "another agent, or a person, gives the verdict";
    Some(Unmet::rule("self-review", message).hint(hint))
}

/// All that is said in words.
fn texts(wish: &ReviewWish) -> impl Iterator<Item = &str> {
    let found = wish.findings.iter().flat_map(said);
    let more = wish.residual.iter().chain(&wish.approves);
    found.chain(more).map(String::as_str)
}

fn said(found: &Finding) -> impl Iterator<Item = &String> {
    let more = found.impact.iter().chain(&found.fix);
    [&found.file, &found.text].into_iter().chain(more)
}

pub(super) fn review(ctx: Context<'_>, id: &TaskId, wish: &ReviewWish) -> Result<Change, Refusal> {
    let (verdict, commit, findings) = (wish.verdict, wish.commit, &wish.findings);
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
    if let Some(unmet) = own_work(ctx, id, claim) {
        return Err(ctx.refuse(id, unmet));
    }
    bounded(ctx, id, texts(wish))?;
    let seat = Seat::of(
        &ctx.snapshot.rules,
        ctx.snapshot.records_of(id),
        claim,
        submission,
        ctx.agent(),
        &ctx.request.actor.host,
        wish.workstation.as_ref(),
    );
    if let Some(unmet) = seat.unmet(id) {
        return Err(ctx.refuse(id, unmet));
    }
    if submission.commit != commit {
        let message = format!(
            "{} was judged, but {} is handed off",
            commit.short(),
            submission.commit.short()
        );
        let unmet = Unmet::conflict("review-stale", message)
            .hint(format!("`laneway show {id}`, then judge what is there now"));
        return Err(ctx.refuse(id, unmet));
    }
    if verdict != Verdict::Accept && findings.is_empty() {
        let message = format!("the verdict {verdict} owes findings");
        return Err(ctx.refuse(
            id,
            Unmet::rule("findings-owed", message)
                .hint("`--finding 'major:src/a.rs:what; impact: …; fix: …'`"),
        ));
    }
    if let (Some(landing), true) = (landing, verdict != Verdict::Accept) {
        let message = format!("a merge of `{id}` by {} is under way", landing.by);
        return Err(ctx.refuse(id, Unmet::conflict("merge-slot", message)));
    }
    let record = RecordBody::Review(Review {
        verdict,
        change_key: submission.change_key.clone(),
        findings: findings.clone(),
        residual: wish.residual.clone(),
        approves: wish.approves.clone(),
        design_only: wish.design_only,
        workstation: seat.workstation().cloned(),
        host: Some(ctx.request.actor.host.clone()),
    });
    let mut lifted = None;
    let next = match verdict {
        Verdict::Accept => {
            let (next, gate) = accepted(ctx, id, state, submission, wish.design_only)?;
            lifted = gate;
            next
        }
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
                hold: None,
                unscoped: false,
            };
            let standing = Standing::Blocked {
                claim: claim.clone(),
                block,
            };
            state.with(standing)
        }
    };
    let mut append = vec![record];
    append.extend(lifted.map(RecordBody::Override));
    if verdict == Verdict::Reject {
        append.push(event_record("reject", "the review rejected the work"));
    }
    Ok(Change::state(id, next, append))
}
