//! What comes next for a claim whose scope waits for a go (G4): the holder says what it understood,
//! somebody else agrees.

use super::command::{Command, Place, Speaker};
use super::steps::{Act, Next, Unscoped};
use crate::domain::id::AgentName;

/// Most bytes of what the holder understood in a condition.
const SAID: usize = 300;
/// Most names that are told.
const NAMES: usize = 4;

/// What comes next while the scope waits.
pub(super) fn awaiting(to: &Speaker, scope: &Unscoped) -> Next {
    if scope.mine {
        own(to, scope)
    } else {
        others(to, scope)
    }
}

fn own(to: &Speaker, scope: &Unscoped) -> Next {
    let id = scope.id.as_str();
    if scope.said.is_none() {
        let say = format!("read {id} and its package, say what you understood; change nothing yet");
        if scope.confirm.is_err() {
            return Next::new(Act::Wait, say).stopped("scope confirm", &scope.confirm);
        }
        let place = scope.lane.as_deref().map_or(Place::Repository, Place::Lane);
        let why = "say what belongs to it, in your words";
        let confirm = to
            .laneway(place, ["scope", "confirm", id], why)
            .fill("--text", "TEXT");
        return Next::new(Act::Run, say).then(confirm);
    }
    let by = names(&scope.givers).unwrap_or_else(|| "somebody else who may plan".to_owned());
    let say = format!("the scope of {id} waits for the go of {by}; change nothing yet");
    let next = Next::new(Act::Wait, say);
    match &scope.release {
        Ok(()) => next.then(
            to.laneway(Place::Repository, ["release", id], "give it back")
                .when("you cannot wait"),
        ),
        Err(_) => next,
    }
}

fn others(to: &Speaker, scope: &Unscoped) -> Next {
    let (id, by) = (&scope.id, &scope.by);
    if scope.go.is_err() {
        let say = match scope.said {
            Some(_) => format!("the scope of {id} waits for a go"),
            None => format!("{by} has not said yet what it understood of {id}"),
        };
        return Next::new(Act::Wait, say).stopped("scope go", &scope.go);
    }
    let say = format!("{by} waits for your go: the scope of {id}");
    let next = Next::new(Act::Run, say).then(going(to, scope));
    match &scope.hold {
        Ok(()) => next.then(
            to.laneway(
                Place::Repository,
                ["hold", id.as_str()],
                "stop it before it starts",
            )
            .fill("--reason", "TEXT")
            .when("you do not agree"),
        ),
        Err(_) => next,
    }
}

/// The go for a scope, with what is agreed to.
pub(super) fn going(to: &Speaker, scope: &Unscoped) -> Command {
    let said = scope.said.as_deref().unwrap_or_default();
    let said: String = said.chars().take(SAID).collect();
    let words = ["scope", "go", scope.id.as_str()];
    to.laneway(Place::Repository, words, "work on it starts")
        .when(format!(
            "you agree with what {} understood: {said}",
            scope.by
        ))
}

/// The first of these names, in words; none where there is none.
pub(super) fn names(agents: &[AgentName]) -> Option<String> {
    let first: Vec<&str> = agents.iter().take(NAMES).map(AgentName::as_str).collect();
    if first.is_empty() {
        return None;
    }
    let more = agents.len() - first.len();
    let first = first.join(" or ");
    Some(match more {
        0 => first,
        _ => format!("{first} or {more} more"),
    })
}
