//! What to do next, recommended from the state of the queue. Changes nothing. Whoever says who acts
//! gets what `brief` suggests to them, which was rehearsed; nobody in particular gets the queue's.

use super::brief::{BriefOptions, Command, brief};
use super::look::StatusOutcome;
use super::{OpError, Site, look};
use crate::domain::id::RoleName;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose work it is; none: anyone's.
    pub role: Option<RoleName>,
    /// The command.
    pub command: String,
    /// Why.
    pub reason: String,
}

/// The next steps, most urgent first: mend the plan, free what has expired, judge
/// what waits too long, land what waits, look
/// at what is blocked, then start what is ready, role by role.
///
/// # Errors
/// When somebody acts and the ledger does not read.
pub fn steps(site: &Site, queue: &StatusOutcome) -> Result<Vec<Step>, OpError> {
    let own = match look::acting(site)? {
        Some(_) => Some(brief(site, &BriefOptions::default())?.next.commands),
        None => None,
    };
    Ok(of_queue(queue, own.as_deref()))
}

/// The steps of a queue; what lands, is reviewed and claimed is what `own` says, where somebody
/// acts.
fn of_queue(queue: &StatusOutcome, own: Option<&[Command]>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut anyone = |command: &str, reason: String| {
        steps.push(Step {
            role: None,
            command: command.to_owned(),
            reason,
        });
    };
    if !queue.faults.is_empty() {
        let count = count(queue.faults.len(), "contradiction");
        anyone("laneway validate", format!("{count} in the plan"));
    }
    if !queue.expired.is_empty() {
        let count = count(queue.expired.len(), "claim");
        anyone("laneway release --expired", format!("{count} expired"));
    }
    for (task, review) in &queue.late {
        let (lateness, since) = (review.late.lateness, review.late.since);
        let by = match review.reviewers.as_slice() {
            [] => "anybody else who may review".to_owned(),
            roles => roles
                .iter()
                .map(|role| role.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        };
        steps.push(Step {
            role: match review.reviewers.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            },
            command: format!("laneway review {task} --form"),
            reason: format!("the review is {lateness} since {since}; by {by}"),
        });
    }
    let mut anyone = |command: &str, reason: String| {
        steps.push(Step {
            role: None,
            command: command.to_owned(),
            reason,
        });
    };
    for command in own.into_iter().flatten() {
        let when = command.when.as_ref();
        let when = when.map_or_else(String::new, |when| format!(", when {when}"));
        anyone(&command.line(), format!("{}{when}", command.why));
    }
    if let (None, Some((oldest, since))) = (own, queue.submitted.first()) {
        let count = count(queue.submitted.len(), "submission");
        let reason = format!("{count} to review or merge, the oldest {oldest} since {since}");
        anyone("laneway merge --all", reason);
    }
    for (task, gap) in &queue.gaps {
        let reason = format!("P{} gap: {}", gap.priority, gap.reason);
        anyone(&format!("laneway stage {task}"), reason);
    }
    for (task, reason) in &queue.blocked {
        anyone(
            &format!("laneway show {task}"),
            format!("blocked: {reason}"),
        );
    }
    let ready = queue.ready.iter().filter(|(_, ready)| **ready > 0);
    for (role, ready) in ready.filter(|_| own.is_none()) {
        let free = queue.free.get(role).copied().unwrap_or(0);
        if free > 0 {
            let lanes = count(free, "lane");
            steps.push(Step {
                role: Some(role.clone()),
                command: format!("laneway claim --role {role}"),
                reason: format!("{ready} ready, {lanes} free"),
            });
        }
    }
    steps
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
