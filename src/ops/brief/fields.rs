//! What a worker fills in at a handoff: the one place that knows what which work owes.

use crate::domain::id::ObjectId;
use crate::domain::record::{Proof, RootCause};
use crate::domain::request::HandoffWish;
use crate::domain::task::Kind;

/// A flag of `handoff` whose value the worker writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The flag.
    pub flag: &'static str,
    /// What stands for its value.
    pub placeholder: &'static str,
    /// What it says.
    pub about: &'static str,
}

const fn field(flag: &'static str, placeholder: &'static str, about: &'static str) -> Field {
    Field {
        flag,
        placeholder,
        about,
    }
}

const NEXT: Field = field("--next", "TEXT", "what comes after this");

/// What a defect owes (P43).
pub const ROOT_CAUSE: [Field; 3] = [
    field("--root-cause", "TEXT", "the cause in one sentence"),
    field(
        "--layer",
        "PATH",
        "the layer or file that owns the fault; mend it there",
    ),
    field("--proof", "COMMAND", "a command that shows the fault"),
];

/// Why the proof is not run, in the place of running it.
pub const NOT_RUN: Field = field(
    "--proof-not-run",
    "REASON",
    "why the proof cannot be run here",
);

/// The fields that work of a kind owes, in order.
#[must_use]
pub fn fields(kind: Kind) -> Vec<Field> {
    match kind {
        Kind::Defect => [NEXT].into_iter().chain(ROOT_CAUSE).collect(),
        Kind::Feature | Kind::Chore | Kind::Spike => vec![NEXT],
    }
}

/// A handoff with something in each of these fields, to be rehearsed.
#[must_use]
pub fn filled(kind: Kind, commit: ObjectId) -> HandoffWish {
    let text = "to be filled in";
    let root_cause = (kind == Kind::Defect).then(|| RootCause {
        text: text.to_owned(),
        layer: "src".to_owned(),
        proof: "make test".to_owned(),
    });
    // The runs are the handoff's own; what it says of them beforehand is judged here.
    let proof = root_cause.as_ref().map(|_| Proof::NotRun {
        reason: "the handoff runs it".to_owned(),
    });
    HandoffWish {
        root_cause,
        proof,
        ..HandoffWish::new(commit, text)
    }
}
