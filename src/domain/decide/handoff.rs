//! `handoff`: a worker submits a commit, with all that is said about it (P42).

use super::evidence::at_home;
use super::note::{MAX_NOTE, bounded};
use super::stage::passed;
use super::{Change, Context};
use crate::domain::gates::{HANDOFF, LandCase};
use crate::domain::id::TaskId;
use crate::domain::identity::Capability;
use crate::domain::lifecycle::Event;
use crate::domain::record::{Handoff, Proof, RecordBody};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::HandoffWish;
use crate::domain::review;
use crate::domain::snapshot::RangeFacts;
use crate::domain::stage::Stage;
use crate::domain::state::{Standing, Submission};
use crate::domain::task::Kind;

pub(super) fn handoff(
    ctx: Context<'_>,
    id: &TaskId,
    wish: &HandoffWish,
) -> Result<Change, Refusal> {
    let task = ctx.task(id)?;
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Handoff)?;
    let claim = ctx.hold(id, state)?;
    at_home(ctx, id, claim)?;
    ctx.require(id, Capability::Handoff)?;
    let range = range_of(ctx, id)?;
    if range.tip != wish.commit {
        let message = format!(
            "{} is not the commit that was looked at",
            wish.commit.short()
        );
        return Err(ctx.refuse(id, Unmet::rule("commit-unknown", message)));
    }
    bounded(ctx, id, texts(wish))?;
    let mut unmet = Vec::new();
    if wish.next.trim().is_empty() {
        unmet.push(Unmet::rule("next-owed", "a handoff says what comes next").hint("`--next …`"));
    }
    if task.kind == Kind::Defect && wish.root_cause.is_none() {
        unmet.push(
            Unmet::rule(
                "root-cause-owed",
                format!("`{id}` is a defect and owes its root cause"),
            )
            .hint("`--root-cause TEXT --layer PATH --proof CMD`"),
        );
    }
    unmet.extend(super::proof::unmet(ctx, task, wish));
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
    let lifted = case.overrides(HANDOFF);
    let record = RecordBody::Handoff(Handoff {
        commit: range.tip,
        base: range.base,
        change_key: range.change_key.clone(),
        commits: range.commits.iter().map(|commit| commit.id).collect(),
        files: range.files.clone(),
        next: wish.next.clone(),
        risks: wish.risks.clone(),
        not_proven: wish.not_proven.clone(),
        root_cause: wish.root_cause.clone(),
        proof: wish.proof.clone(),
        outside: review::outside(ctx.snapshot.records_of(id), &range.revised),
        host: Some(ctx.request.actor.host.clone()),
    });
    let standing = Standing::InReview {
        claim: claim.clone(),
        submission,
        landing: None,
    };
    let there = Some(&claim.workstation);
    let next = passed(ctx, id, state.with(standing), Stage::Execute, there)?;
    // A handoff is judged on its own: what was lifted for an earlier one is told again.
    let lifted = lifted.into_iter().map(RecordBody::Override);
    let append = std::iter::once(record).chain(lifted).collect();
    Ok(Change::state(id, next, append))
}

/// What is too long of that which is empty only with better words, and the lists.
fn texts(wish: &HandoffWish) -> impl Iterator<Item = &str> {
    let cause = wish.root_cause.iter();
    let cause = cause.flat_map(|cause| [&cause.text, &cause.layer, &cause.proof]);
    let unproven = match &wish.proof {
        Some(Proof::NotRun { reason }) => Some(reason),
        Some(Proof::Ran { .. }) | None => None,
    };
    let long = cause.chain(unproven).chain([&wish.next]);
    let long = long.filter(|text| text.len() > MAX_NOTE);
    let listed = wish.risks.iter().chain(&wish.not_proven);
    listed.chain(long).map(String::as_str)
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
