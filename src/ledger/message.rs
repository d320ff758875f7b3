//! The message of a ledger commit: one line for people, the request, trailers (DESIGN §4).

use crate::domain::decide::Change;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::request::{Request, Verb};
use crate::domain::state::TaskState;
use crate::ledger::format::v1::import::FileTask;
use crate::ledger::format::v1::request::RequestEntry;

/// Longest message, in bytes; larger payloads stand as blobs of the resulting tree.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// What a ledger commit says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The request that was decided.
    pub request: Request,
    /// The target commit whose rules judged it; none for the first commit of a ledger.
    pub rules: Option<ObjectId>,
    /// The law it was decided by.
    pub law: u32,
}

/// Why a commit message is no ledger commit's.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// A trailer is missing.
    #[error("it has no `{0}` trailer")]
    Missing(&'static str),
    /// A trailer does not read.
    #[error("its `{key}` trailer does not read: {why}")]
    Unreadable {
        /// The trailer.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// It is larger than a message may be.
    #[error("{0} bytes, where the message of a ledger commit has at most {MAX_MESSAGE}")]
    TooLarge(usize),
}

/// Writes the message of the commit that carries out `request` under `law`.
///
/// # Errors
/// [`BadMessage::TooLarge`].
pub fn compose(
    request: &Request,
    change: &Change,
    rules: Option<ObjectId>,
    law: u32,
) -> Result<String, BadMessage> {
    let entry = RequestEntry::from(request);
    let json = serde_json::to_string(&entry).map_err(|error| BadMessage::Unreadable {
        key: "Laneway-Request",
        why: error.to_string(),
    })?;
    let word = request.verb.word();
    let agent = &request.actor.agent;
    let states = change.states.iter().map(|state| &state.task);
    let archive = change.archive.put.iter().chain(&change.archive.taken);
    let tasks: Vec<&TaskId> = states.chain(archive.map(|(id, _)| id)).collect();
    let named = request.verb.task().or(match tasks.as_slice() {
        [only] => Some(only),
        _ => None,
    });
    let station = match &request.verb {
        Verb::Workstation { name, .. } => Some(name),
        _ => None,
    };
    let mut message = match (named, station) {
        (Some(task), _) => format!("{word} {task} by {agent}\n\n"),
        (None, Some(name)) => format!("{word} {name} by {agent}\n\n"),
        (None, None) => format!("{word} by {agent}\n\n"),
    };
    let mut trailer = |key: &str, value: &str| {
        message.push_str(&format!("Laneway-{key}: {value}\n"));
    };
    trailer("Request", &json);
    trailer("Op", word);
    for task in named
        .into_iter()
        .chain(tasks.into_iter().filter(|task| Some(*task) != named))
        .take(50)
    {
        trailer("Task", task.as_str());
    }
    trailer("Agent", agent.as_str());
    if let Some(name) = station {
        trailer("Workstation", name.as_str());
    }
    if let [only] = change.states.as_slice() {
        ownership(&only.state, &mut trailer);
    }
    trailer("Id", request.id.as_str());
    if let Some(rules) = rules {
        trailer("Rules", &rules.to_string());
    }
    if let Some(accepted) = change.accepted {
        trailer("Accepted", &accepted.to_string());
    }
    trailer("Law", &law.to_string());
    if message.len() > MAX_MESSAGE {
        return Err(BadMessage::TooLarge(message.len()));
    }
    Ok(message)
}

fn ownership(state: &TaskState, trailer: &mut impl FnMut(&str, &str)) {
    if let Some(claim) = state.claim() {
        trailer("Workstation", claim.workstation.as_str());
        trailer("Lane", &claim.lane.to_string());
    }
    trailer("Epoch", &state.epoch.to_string());
}

/// Reads the message of a ledger commit. `file` gives the tasks of a plan file that the request
/// names by path and blob.
///
/// # Errors
/// [`BadMessage`].
pub fn read(
    message: &str,
    file: impl Fn(&str, ObjectId) -> Option<Vec<FileTask>>,
) -> Result<Statement, BadMessage> {
    let bad = |key, why: String| BadMessage::Unreadable { key, why };
    if message.len() > MAX_MESSAGE {
        return Err(BadMessage::TooLarge(message.len()));
    }
    let json = trailer(message, "Laneway-Request").ok_or(BadMessage::Missing("Laneway-Request"))?;
    let entry: RequestEntry =
        serde_json::from_str(json).map_err(|error| bad("Laneway-Request", error.to_string()))?;
    let request = entry.into_domain(file).map_err(|problems| {
        let all: Vec<String> = problems.into_iter().map(|p| p.message).collect();
        bad("Laneway-Request", all.join("; "))
    })?;
    let rules = trailer(message, "Laneway-Rules")
        .map(|text| {
            text.parse()
                .map_err(|error| bad("Laneway-Rules", format!("{error}")))
        })
        .transpose()?;
    let law = trailer(message, "Laneway-Law").ok_or(BadMessage::Missing("Laneway-Law"))?;
    let law = law
        .parse()
        .map_err(|error| bad("Laneway-Law", format!("{error}")))?;
    Ok(Statement {
        request,
        rules,
        law,
    })
}

/// The target commit whose rules judged the request of this message.
#[must_use]
pub fn rules(message: &str) -> Option<ObjectId> {
    trailer(message, "Laneway-Rules")?.parse().ok()
}

/// The rewritten target that the commit of this message accepts, if it does.
#[must_use]
pub fn accepted(message: &str) -> Option<ObjectId> {
    trailer(message, "Laneway-Accepted")?.parse().ok()
}

/// The target commit that the next rules must descend from: the rules of this commit, or the
/// rewritten target that it accepts.
#[must_use]
pub fn rules_in_force(message: &str) -> Option<ObjectId> {
    accepted(message).or_else(|| rules(message))
}

/// The value of a trailer line.
#[must_use]
pub fn trailer<'a>(message: &'a str, key: &str) -> Option<&'a str> {
    message
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
}
