//! `review-owed`: work of a risk that policy names, or on paths with reviewers, lands only after
//! others accepted this very change, and never against the last word of one (P44–P49).

use super::{LandCase, LandGate, Page, always};
use crate::domain::id::{AgentName, RoleName};
use crate::domain::policy::ReviewMode;
use crate::domain::record::{Record, Review};
use crate::domain::refusal::Unmet;
use crate::domain::review::{accepts, is_person, last_words, routes, speaks_for};
use crate::domain::stage::{Rank, Stage};

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "review-owed",
        about: "the reviews owed by risk and by changed paths are there, for this change, by \
                others, and nobody's last word stands against it",
        refusals: &[(
            "review-against",
            "the last word of a reviewer stands against this change",
        )],
        keys: &[
            "policy: gates",
            "policy: review",
            "policy: review_routes",
            "task: risk",
            "task: stages",
        ],
        text: "Policy owes reviews by risk, in number, and by changed paths, a stage contract by \
               its stage `review`; every matched route approves, nobody approves their own work, \
               and a verdict is bound to the change it judged: a rebase keeps it, a changed patch \
               does not. The last word of each reviewer counts; `revise`, `reject`, `block` and a \
               design alone stand against the change until that reviewer says otherwise. With \
               `review: {mode: interim}` risk and paths owe nothing. `laneway review ID --verdict \
               accept --no-findings` by someone else.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let policy = &case.snapshot.rules.policy;
    let records = case.snapshot.records_of(&case.task.id);
    let words = last_words(records, &case.submission.change_key, &case.claim.agent);
    let accepted: Vec<&AgentName> = words
        .iter()
        .filter(|(_, review)| accepts(review))
        .map(|(record, _)| &record.by)
        .collect();
    let against = words.iter().filter(|(_, review)| !accepts(review));
    let mut unmet: Vec<Unmet> = against
        .map(|(record, review)| objection(case, record, review))
        .collect();
    if policy.review.mode == ReviewMode::Review {
        unmet.extend(by_risk(case, &accepted));
    }
    unmet.extend(by_contract(case, &accepted));
    if policy.review.mode == ReviewMode::Review {
        unmet.extend(by_route(case, &accepted));
    }
    unmet
}

/// What a reviewer said against the change, and has not taken back.
fn objection(case: &LandCase<'_>, record: &Record, review: &Review) -> Unmet {
    let (id, by) = (&case.task.id, &record.by);
    let message = if review.design_only {
        format!("{by} saw the design of `{id}` only, and a design is not done")
    } else {
        format!("the last word of {by} on this change is {}", review.verdict)
    };
    Unmet::rule("review-against", message).hint(format!(
        "change it and hand it off again, or {by} runs `laneway review {id} --verdict accept …`"
    ))
}

fn by_risk(case: &LandCase<'_>, accepted: &[&AgentName]) -> Option<Unmet> {
    let (id, risk) = (&case.task.id, case.task.risk);
    let owed = case.snapshot.rules.policy.gates.reviews_owed(risk);
    if accepted.len() >= usize::try_from(owed).unwrap_or(usize::MAX) {
        return None;
    }
    let (message, who) = match accepted {
        [] if owed == 1 => (
            format!("`{id}` is of {risk} risk and has no accepting review"),
            case.claim.agent.to_string(),
        ),
        accepted => {
            let names: Vec<&str> = accepted.iter().map(|agent| agent.as_str()).collect();
            let by = match names.as_slice() {
                [] => String::new(),
                names => format!(", by {}", names.join(", ")),
            };
            let count = accepted.len();
            (
                format!("`{id}` is of {risk} risk and has {count} of {owed} accepting reviews{by}"),
                [&[case.claim.agent.as_str()], names.as_slice()]
                    .concat()
                    .join(", "),
            )
        }
    };
    Some(Unmet::rule(GATE.page.id, message).hint(format!(
        "someone else than {who} runs `laneway review {id} --verdict …`"
    )))
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

/// Every matched route approves, each role of it.
fn by_route(case: &LandCase<'_>, accepted: &[&AgentName]) -> Vec<Unmet> {
    let map = &case.snapshot.rules.identity;
    let own = |role: &RoleName| *role == case.task.role;
    let speaks = |agent: &&&AgentName, role: &RoleName| {
        speaks_for(map, agent, role) || (own(role) && is_person(map, agent))
    };
    let mut unmet = Vec::new();
    for (file, route) in routes(&case.snapshot.rules.policy, &case.range.files) {
        for role in &route.reviewers {
            if accepted.iter().any(|agent| speaks(&agent, role)) {
                continue;
            }
            let mut message = format!("{file} is reviewed by {role}, which has not accepted");
            if own(role) {
                message.push_str(&format!(
                    "; as the work is of {role} itself, another agent of it than {} does, or a \
                     person",
                    case.claim.agent
                ));
            }
            let hint = format!("`laneway review {} --verdict …`", case.task.id);
            unmet.push(Unmet::rule(GATE.page.id, message).hint(hint));
        }
    }
    unmet
}
