//! The life of a task: one table, total over status × event (DESIGN §3).
//!
//! ```text
//! todo ─claim→ in_progress ─handoff→ in_review ─land→ done      any open ─cancel→ cancelled
//!   ↑ release/expire │ ↑ ↘block        │ revise                 done/cancelled ─reopen→ todo
//!   └────────────────┘ └unblock─blocked└→ in_progress (lane free) or todo with resume
//! ```
//! A claim of a package with scope confirmation leads to `awaiting_scope`, and `go` from there
//! to `in_progress`.

use super::state::Status;
use super::task::words;

words! {
    /// What can happen to a task.
    Event {
        /// An executor takes it.
        Claim = "claim",
        /// An executor takes it; its scope waits for a go.
        ClaimUnscoped = "claim_unscoped",
        /// The scope is confirmed by someone else.
        Go = "go",
        /// An expired claim is taken over; a scope that waited for a go still does.
        TakeOver = "take_over",
        /// An expired claim is taken over by someone who has not confirmed its scope.
        TakeOverUnscoped = "take_over_unscoped",
        /// The holder extends the lease.
        Renew = "renew",
        /// The holder gives it back.
        Release = "release",
        /// An expired claim is given back by anyone.
        Expire = "expire",
        /// The holder stops, with a reason.
        Block = "block",
        /// Work goes on in the lane it had.
        Unblock = "unblock",
        /// Work goes on in the lane it had; its scope waits for a go as before.
        UnblockUnscoped = "unblock_unscoped",
        /// The block ends, the lane is taken: back to the queue, first in order.
        UnblockLater = "unblock_later",
        /// The holder submits a commit.
        Handoff = "handoff",
        /// Findings, or a conflict: work goes on in the lane it had.
        Revise = "revise",
        /// Findings, or a conflict; the lane is taken: back to the queue, first in order.
        ReviseLater = "revise_later",
        /// A reviewer stops the work.
        Stop = "stop",
        /// The submitted commit reached the target.
        Land = "land",
        /// A landing turned out not to be on the target.
        Unland = "unland",
        /// Too large, or wrong: back to the queue with a reason.
        Return = "return",
        /// It is given up.
        Cancel = "cancel",
        /// It is taken up again.
        Reopen = "reopen",
    }
}

/// The status that follows, or `None` where the event is not allowed.
#[must_use]
pub fn next(status: Status, event: Event) -> Option<Status> {
    use Status::{AwaitingScope, Blocked, Cancelled, Done, InProgress, InReview, Todo};
    match (status, event) {
        (Todo, Event::Claim) => Some(InProgress),
        (Todo, Event::ClaimUnscoped) => Some(AwaitingScope),
        (AwaitingScope, Event::Go) => Some(InProgress),
        (InProgress, Event::TakeOver) => Some(InProgress),
        (AwaitingScope, Event::TakeOver) => Some(AwaitingScope),
        (InProgress, Event::TakeOverUnscoped) => Some(AwaitingScope),
        (InProgress, Event::Renew) => Some(InProgress),
        (AwaitingScope, Event::Renew) => Some(AwaitingScope),
        (InProgress | AwaitingScope | Blocked, Event::Release | Event::Return) => Some(Todo),
        (InReview, Event::Return) => Some(Todo),
        (InProgress | AwaitingScope, Event::Expire) => Some(Todo),
        (InProgress | AwaitingScope, Event::Block) => Some(Blocked),
        (Blocked, Event::Unblock) => Some(InProgress),
        (Blocked, Event::UnblockUnscoped) => Some(AwaitingScope),
        (Blocked, Event::UnblockLater) => Some(Todo),
        (InProgress, Event::Handoff) => Some(InReview),
        (InReview, Event::Revise) => Some(InProgress),
        (InReview, Event::ReviseLater) => Some(Todo),
        (InReview, Event::Stop) => Some(Blocked),
        (InReview, Event::Land) => Some(Done),
        (Done, Event::Unland) => Some(InReview),
        (Todo | AwaitingScope | InProgress | Blocked | InReview, Event::Cancel) => Some(Cancelled),
        (Done | Cancelled, Event::Reopen) => Some(Todo),
        _ => None,
    }
}

/// The events allowed in a status, for messages.
#[must_use]
pub fn allowed(status: Status) -> Vec<Event> {
    Event::ALL
        .iter()
        .copied()
        .filter(|event| next(status, *event).is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_can_be_reached_and_left() {
        for status in Status::ALL {
            assert!(!allowed(*status).is_empty(), "{status} is a dead end");
            if *status != Status::Todo {
                let reached = Status::ALL
                    .iter()
                    .any(|from| Event::ALL.iter().any(|e| next(*from, *e) == Some(*status)));
                assert!(reached, "{status} cannot be reached");
            }
        }
    }

    #[test]
    fn only_landing_leads_to_done() {
        for status in Status::ALL {
            for event in Event::ALL {
                if next(*status, *event) == Some(Status::Done) {
                    assert_eq!((*status, *event), (Status::InReview, Event::Land));
                }
            }
        }
    }

    #[test]
    fn ownership_begins_only_with_a_claim() {
        let owned = |s| matches!(s, Status::AwaitingScope | Status::InProgress);
        for event in Event::ALL {
            if next(Status::Todo, *event).is_some_and(owned) {
                assert!(matches!(event, Event::Claim | Event::ClaimUnscoped));
            }
        }
    }

    /// The diagram of DESIGN §3, arrow by arrow; every other pair is refused.
    const ARROWS: &[(Status, Event, Status)] = {
        use Event as E;
        use Status::{AwaitingScope, Blocked, Cancelled, Done, InProgress, InReview, Todo};
        &[
            (Todo, E::Claim, InProgress),
            (Todo, E::ClaimUnscoped, AwaitingScope),
            (Todo, E::Cancel, Cancelled),
            (AwaitingScope, E::Go, InProgress),
            (AwaitingScope, E::TakeOver, AwaitingScope),
            (AwaitingScope, E::Renew, AwaitingScope),
            (AwaitingScope, E::Release, Todo),
            (AwaitingScope, E::Expire, Todo),
            (AwaitingScope, E::Return, Todo),
            (AwaitingScope, E::Block, Blocked),
            (AwaitingScope, E::Cancel, Cancelled),
            (InProgress, E::TakeOver, InProgress),
            (InProgress, E::TakeOverUnscoped, AwaitingScope),
            (InProgress, E::Renew, InProgress),
            (InProgress, E::Release, Todo),
            (InProgress, E::Expire, Todo),
            (InProgress, E::Return, Todo),
            (InProgress, E::Block, Blocked),
            (InProgress, E::Handoff, InReview),
            (InProgress, E::Cancel, Cancelled),
            (Blocked, E::Unblock, InProgress),
            (Blocked, E::UnblockUnscoped, AwaitingScope),
            (Blocked, E::UnblockLater, Todo),
            (Blocked, E::Release, Todo),
            (Blocked, E::Return, Todo),
            (Blocked, E::Cancel, Cancelled),
            (InReview, E::Revise, InProgress),
            (InReview, E::ReviseLater, Todo),
            (InReview, E::Stop, Blocked),
            (InReview, E::Return, Todo),
            (InReview, E::Land, Done),
            (InReview, E::Cancel, Cancelled),
            (Done, E::Unland, InReview),
            (Done, E::Reopen, Todo),
            (Cancelled, E::Reopen, Todo),
        ]
    };

    #[test]
    fn the_table_is_the_diagram_and_total() {
        for from in Status::ALL {
            for event in Event::ALL {
                let drawn = ARROWS.iter().find(|(f, e, _)| (f, e) == (from, event));
                let to = drawn.map(|(_, _, to)| *to);
                assert_eq!(next(*from, *event), to, "{from} × {event}");
                assert_eq!(allowed(*from).contains(event), to.is_some());
            }
        }
    }

    #[test]
    fn a_closed_task_is_only_reopened_or_found_not_landed() {
        assert_eq!(allowed(Status::Done), [Event::Unland, Event::Reopen]);
        assert_eq!(allowed(Status::Cancelled), [Event::Reopen]);
    }

    #[test]
    fn no_way_leads_from_an_unconfirmed_scope_to_work_but_a_go() {
        for event in Event::ALL {
            let to = next(Status::AwaitingScope, *event);
            assert_eq!(
                to == Some(Status::InProgress),
                *event == Event::Go,
                "{event}"
            );
        }
    }
}
