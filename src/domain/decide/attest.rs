//! `evidence`: what somebody says they saw of a change, bound to it, with lines of the source that
//! git proves and files that the tool measured (G22, P37).

use super::evidence::at_home;
use super::handoff::range_of;
use super::note::{MAX_NOTE, touched};
use super::{Change, Context};
use crate::domain::id::TaskId;
use crate::domain::identity::Capability;
use crate::domain::placeholder::is_placeholder;
use crate::domain::record::{Anchor, Attestation, RecordBody};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::AttestWish;
use crate::domain::state::TaskState;
use crate::domain::task::Tier;

/// Most anchors, and most files, of one attestation.
const MAX_PARTS: usize = 16;
/// Most of a line that goes on record, in characters.
const MAX_LINE: usize = 200;

pub(super) fn attest(ctx: Context<'_>, id: &TaskId, wish: &AttestWish) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    allowed(ctx, id, state)?;
    let range = range_of(ctx, id)?;
    if range.tip != wish.commit {
        let message = format!(
            "{} is not the commit that was looked at",
            wish.commit.short()
        );
        return Err(ctx.refuse(id, Unmet::rule("commit-unknown", message)));
    }
    let mut unmet = credible(ctx, wish);
    let anchors = anchors(ctx, wish, &mut unmet);
    if !unmet.is_empty() {
        return Err(Refusal::new(ctx.what(Some(id)), Some(id), unmet));
    }
    let record = RecordBody::Attestation(Attestation {
        class: wish.class,
        commit: range.tip,
        change_key: range.change_key.clone(),
        changed_at: range.committed_at,
        text: wish.text.clone(),
        anchors,
        files: wish.files.clone(),
        observed_at: wish.observed_at,
    });
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

/// The holder speaks of its own work where it is done; of anybody else's, who may review.
fn allowed(ctx: Context<'_>, id: &TaskId, state: &TaskState) -> Result<(), Refusal> {
    match state.claim() {
        Some(claim) if claim.agent != *ctx.agent() => ctx.require(id, Capability::Review),
        _ => at_home(ctx, id, ctx.hold(id, state)?),
    }
}

/// What of it is certainly not so (S14).
fn credible(ctx: Context<'_>, wish: &AttestWish) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    if wish.class == Tier::Merge {
        let message = "evidence of class merge is not said: the checks of a merge show it";
        unmet.push(Unmet::rule("attestation-class", message).hint("`laneway merge`"));
    }
    let parts = wish.anchors.len().max(wish.files.len());
    if wish.text.len() > MAX_NOTE || parts > MAX_PARTS {
        let message = format!(
            "an attestation has at most {MAX_NOTE} bytes of text, {MAX_PARTS} anchors and \
             {MAX_PARTS} files"
        );
        unmet.push(Unmet::rule("attestation-size", message));
    }
    if is_placeholder(&wish.text) {
        let message = format!("`{}` says nothing", wish.text.trim().escape_debug());
        let hint = "`--text` says what was seen, and where";
        unmet.push(Unmet::rule("text-placeholder", message).hint(hint));
    }
    let latest = ctx.request.at.plus(ctx.snapshot.rules.policy.lease.skew);
    if let Some(at) = wish.observed_at.filter(|at| *at > latest) {
        let message = format!("{at} has not come yet: it is {}", ctx.request.at);
        let hint = "`--at` is when it was seen; without it, now";
        unmet.push(Unmet::rule("time-future", message).hint(hint));
    }
    unmet
}

/// The anchors with the lines that git has for them.
fn anchors(ctx: Context<'_>, wish: &AttestWish, unmet: &mut Vec<Unmet>) -> Vec<Anchor> {
    let lines = &ctx.snapshot.facts.anchors;
    let mut anchors = Vec::new();
    for (n, (path, line)) in wish.anchors.iter().enumerate() {
        match lines.get(n).and_then(Option::as_ref) {
            Some(text) if !text.trim().is_empty() => anchors.push(Anchor {
                path: path.clone(),
                line: *line,
                text: text.trim_end().chars().take(MAX_LINE).collect(),
            }),
            Some(_) => {
                let message = format!("{path}:{line} is an empty line");
                unmet.push(Unmet::rule("anchor-unknown", message));
            }
            None => {
                let message = format!("{} has no {path}:{line}", wish.commit.short());
                let hint = "an anchor is a path from the root of the commit and a line of it";
                unmet.push(Unmet::rule("anchor-unknown", message).hint(hint));
            }
        }
    }
    anchors
}
