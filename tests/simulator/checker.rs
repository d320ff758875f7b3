//! Linearizability of a history, task by task: a search for one order of the calls that the model
//! allows and that keeps the order in which calls did not overlap (Wing and Gong; Lowe's memo).
//!
//! - A call that is done takes effect once, at one moment between its first try and its answer.
//! - A refusal is true at one moment between them.
//! - A call that failed has no effect.
//! - A call with an unknown outcome takes effect at any later moment, or never.

use std::collections::HashSet;

use laneway::domain::id::TaskId;

use crate::history::{After, Call, Outcome};
use crate::model::Task;

/// Most calls about one task that are looked at.
const MOST_CALLS: usize = 128;

/// What one call says about one task.
#[derive(Debug, Clone, Copy)]
enum Says<'h> {
    Became(After),
    Refused(&'h [&'static str]),
    Perhaps,
}

struct Search<'h> {
    calls: Vec<(&'h Call, Says<'h>)>,
    seen: HashSet<(u128, Task)>,
    longest: u32,
}

/// Checks what `calls` say about `task`, which began as `start`.
///
/// # Errors
/// The calls about the task, when no order explains them.
pub fn check(task: &TaskId, start: &Task, calls: &[Call]) -> Result<(), String> {
    let calls: Vec<_> = calls
        .iter()
        .filter_map(|call| Some((call, says(call, task)?)))
        .collect();
    assert!(calls.len() <= MOST_CALLS, "{} calls of {task}", calls.len());
    let mut search = Search {
        calls,
        seen: HashSet::new(),
        longest: 0,
    };
    if search.explains(0, start) {
        return Ok(());
    }
    let lines: Vec<String> = search
        .calls
        .iter()
        .map(|(call, _)| format!("  {call} at {:?}", call.at))
        .collect();
    Err(format!(
        "no order explains the calls about {task} ({} of {} in order at most):\n{}",
        search.longest,
        lines.len(),
        lines.join("\n")
    ))
}

fn says<'h>(call: &'h Call, task: &TaskId) -> Option<Says<'h>> {
    match &call.outcome {
        Outcome::Done(tasks) => {
            let (_, after) = tasks.iter().find(|(id, _)| id == task)?;
            Some(Says::Became(*after))
        }
        Outcome::Refused(gates) if call.task.as_ref() == Some(task) => Some(Says::Refused(gates)),
        Outcome::Unknown if call.task.as_ref().is_none_or(|id| id == task) => Some(Says::Perhaps),
        Outcome::Refused(_) | Outcome::Unknown | Outcome::Failed => None,
    }
}

impl Search<'_> {
    /// Whether the calls that are not in `used` can follow on a task that is `state`.
    fn explains(&mut self, used: u128, state: &Task) -> bool {
        let left = |n: &usize| used & (1 << n) == 0;
        let owed: Vec<usize> = (0..self.calls.len())
            .filter(left)
            .filter(|n| !matches!(self.calls[*n].1, Says::Perhaps))
            .collect();
        // The answer that came first: what began after it comes later.
        let Some(limit) = owed.iter().map(|n| self.calls[*n].0.between.1).min() else {
            return true;
        };
        if !self.seen.insert((used, state.clone())) {
            return false;
        }
        self.longest = self.longest.max(used.count_ones());
        let candidates: Vec<usize> = (0..self.calls.len())
            .filter(left)
            .filter(|n| self.calls[*n].0.between.0 <= limit)
            .collect();
        candidates.into_iter().any(|n| {
            let used = used | (1 << n);
            let next = self.next(n, state);
            next.into_iter().any(|state| self.explains(used, &state))
        })
    }

    fn next(&self, n: usize, state: &Task) -> Vec<Task> {
        let (call, says) = self.calls[n];
        match says {
            Says::Became(after) => state.after(call, Some(after)),
            Says::Refused(gates) if state.refuses(call, gates) => vec![state.clone()],
            Says::Refused(_) => Vec::new(),
            Says::Perhaps => state.after(call, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Action;

    fn call(agent: &str, action: Action, between: (u64, u64), outcome: Outcome) -> Call {
        Call {
            agent: agent.to_owned(),
            id: "r-1".parse().unwrap(),
            action,
            task: Some(task()),
            epoch: None,
            at: (0, 0),
            between,
            outcome,
        }
    }

    fn task() -> TaskId {
        "A-1".parse().unwrap()
    }

    fn done(status: &'static str, epoch: u32) -> Outcome {
        Outcome::Done(vec![(task(), After { status, epoch })])
    }

    fn holds(calls: &[Call]) -> bool {
        check(&task(), &Task::new(), calls).is_ok()
    }

    #[test]
    fn calls_after_each_other_follow_the_model() {
        assert!(holds(&[
            call("a", Action::Claim, (1, 2), done("in_progress", 1)),
            call(
                "b",
                Action::Claim,
                (3, 4),
                Outcome::Refused(vec!["task-held"])
            ),
            call("a", Action::Release, (5, 6), done("todo", 1)),
            call("b", Action::Claim, (7, 8), done("in_progress", 2)),
        ]));
    }

    #[test]
    fn two_owners_at_once_have_no_order() {
        assert!(!holds(&[
            call("a", Action::Claim, (1, 2), done("in_progress", 1)),
            call("b", Action::Claim, (1, 2), done("in_progress", 1)),
        ]));
        // Nor with an epoch each: the first lease has not ended.
        assert!(!holds(&[
            call("a", Action::Claim, (1, 2), done("in_progress", 1)),
            call("b", Action::Claim, (3, 4), done("in_progress", 2)),
        ]));
    }

    #[test]
    fn an_expired_lease_is_taken_over_and_its_epoch_fenced() {
        let mut takes_over = call("b", Action::Claim, (3, 4), done("in_progress", 2));
        takes_over.at = (700, 700);
        let mut late = call("a", Action::Note, (5, 6), Outcome::Refused(vec!["fenced"]));
        late.epoch = Some(1);
        let first = call("a", Action::Claim, (1, 2), done("in_progress", 1));
        assert!(holds(&[first.clone(), takes_over.clone(), late.clone()]));
        late.outcome = done("in_progress", 2);
        assert!(!holds(&[first, takes_over, late]));
    }

    #[test]
    fn an_old_refusal_is_found() {
        let held = Outcome::Refused(vec!["task-held"]);
        assert!(!holds(&[
            call("a", Action::Claim, (1, 2), done("in_progress", 1)),
            call("a", Action::Release, (3, 4), done("todo", 1)),
            call("b", Action::Claim, (5, 6), held.clone()),
        ]));
        // Beside the release it may have come before it.
        assert!(holds(&[
            call("a", Action::Claim, (1, 2), done("in_progress", 1)),
            call("a", Action::Release, (3, 6), done("todo", 1)),
            call("b", Action::Claim, (4, 5), held),
        ]));
    }

    #[test]
    fn a_lost_update_is_found() {
        assert!(!holds(&[
            call("a", Action::Claim, (1, 2), done("in_progress", 1)),
            call("a", Action::Block, (3, 4), done("blocked", 1)),
            call("a", Action::Renew, (5, 6), done("in_progress", 1)),
        ]));
    }

    #[test]
    fn an_unknown_call_takes_effect_later_or_never() {
        let unknown = call("a", Action::Claim, (1, 2), Outcome::Unknown);
        let other = call("b", Action::Claim, (3, 4), done("in_progress", 1));
        let held = Outcome::Refused(vec!["task-held"]);
        assert!(holds(&[unknown.clone(), other.clone()]), "never");
        let refused = call("b", Action::Claim, (5, 6), held);
        let release = call("b", Action::Release, (7, 8), done("todo", 1));
        let again = call("c", Action::Claim, (9, 10), done("in_progress", 3));
        // The claim came long after its time: between the release and the last claim, and expired.
        let mut late = again.clone();
        late.at = (9_000, 9_000);
        assert!(holds(&[
            unknown.clone(),
            other.clone(),
            release.clone(),
            late
        ]));
        assert!(
            !holds(&[unknown, other, release, again.clone()]),
            "its lease holds"
        );
        assert!(holds(&[
            call("a", Action::Claim, (1, 2), Outcome::Unknown),
            refused
        ]));
        assert!(!holds(&[again]), "an epoch from nowhere");
    }

    #[test]
    fn an_unknown_call_has_no_effect_before_it_began() {
        let held = Outcome::Refused(vec!["task-held"]);
        assert!(!holds(&[
            call("b", Action::Claim, (1, 2), held),
            call("a", Action::Claim, (3, 4), Outcome::Unknown),
        ]));
    }

    #[test]
    fn what_failed_has_no_effect() {
        let held = Outcome::Refused(vec!["task-held"]);
        assert!(!holds(&[
            call("a", Action::Claim, (1, 2), Outcome::Failed),
            call("b", Action::Claim, (3, 4), held),
        ]));
    }
}
