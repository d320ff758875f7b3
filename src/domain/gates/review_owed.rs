//! `review-owed`: work of a risk that policy names, or on paths with reviewers, lands only after
//! someone else accepted this very change (P44–P47).

use super::{LandCase, LandGate, Page, always};
use crate::domain::id::{AgentName, RoleName};
use crate::domain::record::{Record, RecordBody, Review, Verdict};
use crate::domain::refusal::Unmet;
use crate::domain::stage::{Rank, Stage};

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "review-owed",
        about: "the reviews owed by risk and by changed paths are there, for this change, by others",
        refusals: &[],
        keys: &[
            "policy: gates",
            "policy: review_routes",
            "task: risk",
            "task: stages",
        ],
        text: "Policy owes reviews by risk and by changed paths, a stage contract by its stage \
               `review`; every matched route approves, \
               nobody approves their own work, and a verdict is bound to the change it judged. \
               `laneway review ID --verdict accept --no-findings` by someone else.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let policy = &case.snapshot.rules.policy;
    let id = &case.task.id;
    let accepted: Vec<&AgentName> = latest_reviews(case)
        .filter(|(_, review)| review.verdict == Verdict::Accept && !review.design_only)
        .map(|(record, _)| &record.by)
        .collect();
    let mut unmet = Vec::new();
    if policy.gates.review_owed(case.task.risk) && accepted.is_empty() {
        let message = format!(
            "`{id}` is of {} risk and has no accepting review",
            case.task.risk
        );
        unmet.push(Unmet::rule(GATE.page.id, message).hint(format!(
            "someone else than {} runs `laneway review {id} --verdict …`",
            case.claim.agent
        )));
    }
    unmet.extend(by_contract(case, &accepted));
    for route in &policy.review_routes {
        let touched = case
            .range
            .files
            .iter()
            .find(|file| route.paths.iter().any(|glob| glob.matches(file)));
        let Some(file) = touched else { continue };
        for role in &route.reviewers {
            if !accepted.iter().any(|agent| has_role(case, agent, role)) {
                let message = format!("{file} is reviewed by {role}, which has not accepted");
                unmet.push(Unmet::rule(GATE.page.id, message));
            }
        }
    }
    unmet
}

/// The review that the stage contract asks for: by the agent it names, or by anyone else.
fn by_contract(case: &LandCase<'_>, accepted: &[&AgentName]) -> Option<Unmet> {
    let contract = case.snapshot.plan.contract(case.task)?;
    let terms = contract.terms(Stage::Review)?;
    let of_contract = |agent: &&AgentName| terms.rank(agent) != Rank::Stranger;
    if accepted.iter().any(of_contract) {
        return None;
    }
    let id = &case.task.id;
    let agents: Vec<&str> = terms.agents().map(|agent| agent.as_str()).collect();
    let by = match agents.as_slice() {
        [] => String::new(),
        agents => format!(" by {}", agents.join(" or ")),
    };
    let message = format!("the contract of `{id}` owes an accepting review{by}");
    Some(Unmet::rule(GATE.page.id, message).hint(format!("`laneway review {id} --verdict …`")))
}

/// Reviews of this very change by others than its authors, which are its holder and all who ever
/// handed it off: the last word of each reviewer.
fn latest_reviews<'a>(case: &LandCase<'a>) -> impl Iterator<Item = (&'a Record, &'a Review)> {
    let key = &case.submission.change_key;
    let records = case.snapshot.records_of(&case.task.id);
    let handed_off = records.iter().filter(
        |record| matches!(&record.body, RecordBody::Handoff(handoff) if handoff.change_key == *key),
    );
    let authors: Vec<&AgentName> = handed_off
        .map(|record| &record.by)
        .chain([&case.claim.agent])
        .collect();
    let of_change = move |record: &'a Record| match &record.body {
        RecordBody::Review(review)
            if review.change_key == *key && !authors.contains(&&record.by) =>
        {
            Some((record, review))
        }
        _ => None,
    };
    let all: Vec<_> = records.iter().filter_map(of_change).collect();
    let last = all.clone();
    all.into_iter().filter(move |(record, _)| {
        last.iter()
            .rfind(|(other, _)| other.by == record.by)
            .is_some_and(|(r, _)| r.n == record.n)
    })
}

fn has_role(case: &LandCase<'_>, agent: &AgentName, role: &RoleName) -> bool {
    let map = &case.snapshot.rules.identity;
    match map.agents.get(agent) {
        Some(known) => known.roles.contains(role),
        None => map.mode == crate::domain::identity::Mode::Open,
    }
}
