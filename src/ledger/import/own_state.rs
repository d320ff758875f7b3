//! What an import may take over of a state of one of our own exports, and what it cannot: nobody
//! holds what they did not claim here, and work that was saved or handed off there is not here.

use serde_json::{Map, Value};

use super::AnomalyKind;
use super::candidate::{Loss, Own};
use crate::domain::id::TaskId;
use crate::domain::import::{FirstBlock, FirstStanding};
use crate::domain::state::Status;
use crate::domain::time::Timestamp;

/// Parts of a state that are taken over, or whose loss is told by name or for the whole export.
const KNOWN: [&str; 12] = [
    "version",
    "id",
    "status",
    "epoch",
    "claim",
    "block",
    "submission",
    "completion",
    "adoption",
    "cancellation",
    "resume",
    "records",
];

/// A state as an export says it.
struct State<'a>(Option<&'a Map<String, Value>>);

impl State<'_> {
    fn text(&self, key: &str) -> Option<String> {
        self.0?.get(key)?.as_str().map(str::to_owned)
    }

    fn within(&self, key: &str, inner: &str) -> Option<String> {
        self.0?.get(key)?.get(inner)?.as_str().map(str::to_owned)
    }

    fn has(&self, key: &str) -> bool {
        self.0.is_some_and(|state| state.contains_key(key))
    }
}

/// The status that a state of an export says, and what of it may be taken over.
///
/// # Errors
/// Why it says nothing that an import understands.
pub(super) fn read(state: Option<&Map<String, Value>>) -> Result<(String, Own), String> {
    let state = State(state);
    let word = state.text("status");
    let word = word.unwrap_or_else(|| Status::Todo.word().to_owned());
    let Some(status) = Status::from_word(&word) else {
        return Err(format!("`{}` is no status", word.escape_debug()));
    };
    let standing = match status {
        Status::Done => FirstStanding::Done,
        Status::Cancelled => FirstStanding::Cancelled {
            reason: state.within("cancellation", "reason"),
        },
        Status::Blocked => FirstStanding::Blocked(block(&state)?),
        Status::Todo | Status::AwaitingScope | Status::InProgress | Status::InReview => {
            FirstStanding::Todo
        }
    };
    let mut own = Own {
        standing,
        commit: state
            .within("completion", "commit")
            .or_else(|| state.within("adoption", "commit")),
        remark: None,
        lost: Vec::new(),
    };
    let mut remarks = Vec::new();
    if let Some(agent) = state.within("claim", "agent") {
        let branch = state.within("claim", "branch").unwrap_or_default();
        remarks.push(format!("{agent} had it on {branch}; nobody holds it here"));
        let made = match status {
            Status::Blocked => "blocked: nobody holds a claim that was not made here",
            _ => "todo: nobody holds a claim that was not made here",
        };
        let what = format!("is {status}, and {agent} has it on {branch}");
        own.lose(AnomalyKind::ClaimLost, what, made);
    }
    if let Some(agent) = state.within("completion", "agent") {
        let at = state.within("completion", "at").unwrap_or_default();
        remarks.push(format!("{agent} did it, landed at {at}"));
    }
    let kept = "the commit stays in the other repository";
    for (key, what) in [
        ("block", "was stopped with work saved"),
        ("resume", "has work to go on from"),
        ("submission", "was handed off"),
    ] {
        if let Some(commit) = state.within(key, "commit") {
            own.lose(AnomalyKind::StateLeft, format!("{what} in {commit}"), kept);
        }
    }
    if let Some(by) = state.within("block", "hold") {
        let what = format!("is held up by {by}");
        own.lose(
            AnomalyKind::StateLeft,
            what,
            "whoever may plan ends the block",
        );
    }
    let keys = state.0.into_iter().flatten().map(|(key, _)| key.as_str());
    for key in keys.filter(|key| !KNOWN.contains(key)) {
        let what = format!("has `{key}` in its state");
        own.lose(AnomalyKind::StateLeft, what, "it stays in the export");
    }
    own.remark = (!remarks.is_empty()).then(|| remarks.join("; "));
    Ok((word, own))
}

fn block(state: &State<'_>) -> Result<FirstBlock, String> {
    let reason = state.within("block", "reason");
    let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) else {
        return Err("it is blocked, and no reason is given".to_owned());
    };
    let by = state.within("block", "by").map(|by| {
        TaskId::new(by.as_str()).map_err(|_| format!("`{}` is no id", by.escape_debug()))
    });
    let since = state.within("block", "since").map(|since| {
        let read: Result<Timestamp, _> = since.parse();
        read.map_err(|_| format!("`{}` is no time", since.escape_debug()))
    });
    Ok(FirstBlock {
        reason,
        by: by.transpose()?,
        since: since.transpose()?,
    })
}

impl Own {
    /// Notes something that is not taken over.
    pub(super) fn lose(&mut self, kind: AnomalyKind, what: String, made: &'static str) {
        self.lost.push(Loss { kind, what, made });
    }
}

/// What is lost of many states alike, counted over an export.
#[derive(Default)]
pub(super) struct Counted {
    records: usize,
    with: usize,
    epochs: usize,
    completed: usize,
    cancelled: usize,
}

impl Counted {
    /// Counts a state.
    pub(super) fn add(&mut self, state: Option<&Map<String, Value>>) {
        let records = state.and_then(|state| state.get("records")?.as_array());
        let records = records.map_or(0, Vec::len);
        self.records += records;
        self.with += usize::from(records > 0);
        let epoch = state.and_then(|state| state.get("epoch")?.as_u64());
        self.epochs += usize::from(epoch.is_some_and(|epoch| epoch > 0));
        let state = State(state);
        self.completed += usize::from(state.has("completion"));
        self.cancelled += usize::from(state.has("cancellation"));
    }

    /// What was counted: the sort, the fact, and what is made of it.
    pub(super) fn told(&self) -> Vec<(AnomalyKind, String, &'static str)> {
        let tasks = |n: usize| match n {
            1 => "1 task".to_owned(),
            n => format!("{n} tasks"),
        };
        let all = [
            (
                self.with,
                AnomalyKind::RecordsLeft,
                format!("{} records of {}", self.records, tasks(self.with)),
                "they stay in the export: nobody here can vouch for who wrote them",
            ),
            (
                self.epochs,
                AnomalyKind::StateLeft,
                format!("the epochs of {}", tasks(self.epochs)),
                "counted from 0 here: no claim of there is one of here",
            ),
            (
                self.completed,
                AnomalyKind::StateLeft,
                format!("who did {}, where and when", tasks(self.completed)),
                "kept as a remark; done here on the word of who imports",
            ),
            (
                self.cancelled,
                AnomalyKind::StateLeft,
                format!("who gave up {}, and when", tasks(self.cancelled)),
                "given up with their reasons by who imports",
            ),
        ];
        let there = all.into_iter().filter(|(count, ..)| *count > 0);
        there
            .map(|(_, kind, what, made)| (kind, what, made))
            .collect()
    }
}
