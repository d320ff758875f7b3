//! What a ledger commit says that deciding it again does not.

use crate::domain::id::AgentName;
use crate::domain::id::ObjectId;
use crate::domain::refusal::Refusal;
use crate::domain::signature::Level;
use crate::ledger::LedgerError;
use crate::ledger::message::BadMessage;

/// The first fact of a ledger commit that is not what its request gives.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// It has more than one parent, so its first parent is not all it rests on.
    #[error("it has {0} parents; a ledger is a line")]
    Parents(usize),
    /// Its message is not one of laneway's.
    #[error("its message is not laneway's: {0}")]
    Message(#[from] BadMessage),
    /// It is under a law that this binary does not know.
    #[error("it is under law {found}; this laneway knows laws up to {known}")]
    NewerLaw {
        /// The law it names.
        found: u32,
        /// The newest law known.
        known: u32,
    },
    /// Its law is older than its parent's.
    #[error("it is under law {found}, its parent under law {last}")]
    LawWentBack {
        /// The law it names.
        found: u32,
        /// The law of its parent.
        last: u32,
    },
    /// The first commit does something else than create a ledger.
    #[error("the first commit is `{0}`, not `init`")]
    NotInit(&'static str),
    /// It does not say whose rules judged it.
    #[error("it has no `Laneway-Rules` trailer")]
    NoRules,
    /// Its rules are older than its parent's, or of another history.
    #[error("its rules {rules} do not descend from {last}, the rules of its parent")]
    RulesWentBack {
        /// The rules it names.
        rules: ObjectId,
        /// The rules of its parent.
        last: ObjectId,
    },
    /// It accepts a rewritten target by other rules than the last ones of the line before it.
    #[error("it accepts a target by the rules {rules}, where the last ones are {}", told(.last))]
    AcceptedAside {
        /// The rules it names.
        rules: ObjectId,
        /// The last rules before it; none: there are none.
        last: Option<ObjectId>,
    },
    /// Its rules are on no target: nobody who reviews the target has seen them.
    #[error("its rules {rules} are not on the target, which is {target}")]
    RulesAside {
        /// The rules it names.
        rules: ObjectId,
        /// The target.
        target: ObjectId,
    },
    /// What it was decided on, or it itself, does not read.
    #[error("it cannot be decided again: {0}")]
    Unreadable(LedgerError),
    /// A commit that it names is not in this clone: nothing can be said about it here.
    #[error("it names the work {0}, which is not in this clone")]
    Missing(ObjectId),
    /// Its rules are not in this clone, as after a rewriting of the target: nothing can be said
    /// about it here.
    #[error("its rules {0} are not in this clone")]
    MissingRules(ObjectId),
    /// Its request was carried out before.
    #[error("its request was carried out before")]
    Repeated,
    /// Its request is refused.
    #[error("its request is refused: {0}")]
    Refused(Box<Refusal>),
    /// Its request changes nothing, so there should be no commit.
    #[error("its request changes nothing")]
    Nothing,
    /// A line of its message says something else than its request.
    #[error("line {line} of its message is {found:?} where its request gives {expected:?}")]
    MessageLine {
        /// Line of the message, from 1.
        line: usize,
        /// The line that the request gives; none: it should end before.
        expected: Option<String>,
        /// The line that is there; none: it ends before.
        found: Option<String>,
    },
    /// Author or moment is not the request's.
    #[error("its {what} is {found:?} where its request gives {expected:?}")]
    Signature {
        /// `author`, `author time`, `committer time`.
        what: &'static str,
        /// What the request gives.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A file is not what the request gives.
    #[error("{path}:{line} is {found:?} where its request gives {expected:?}")]
    File {
        /// The path on the ledger branch.
        path: String,
        /// First line that differs, from 1.
        line: usize,
        /// The line that the request gives; none: the file or the line should not be there.
        expected: Option<String>,
        /// The line that is there; none: the file or the line is missing.
        found: Option<String>,
    },
    /// A header is not as laneway writes it.
    #[error("its header `{0}` is not as laneway writes it")]
    Header(String),
    /// It does not show who made it as far as its rules ask (P24).
    #[error("it is {shown} for {agent}, where its rules ask for {minimum}")]
    Level {
        /// What it shows.
        shown: Level,
        /// Who it says made it.
        agent: AgentName,
        /// What its rules ask for.
        minimum: Level,
    },
    /// Something stands where its request gives a plain file.
    #[error("{path} is {found}, not a plain file")]
    Kind {
        /// The path on the ledger branch.
        path: String,
        /// What stands there.
        found: &'static str,
    },
    /// The trees differ in something that no file shows: an empty directory, the order of
    /// entries.
    #[error("its tree is {found} where its request gives {expected}")]
    Tree {
        /// The tree that the request gives.
        expected: ObjectId,
        /// The tree that is there.
        found: ObjectId,
    },
}

fn told(rules: &Option<ObjectId>) -> String {
    rules.map_or_else(|| "none".to_owned(), |rules| rules.to_string())
}

/// The first line in which two texts differ: its number from 1, and both.
pub(super) fn first_line(
    expected: Option<&str>,
    found: Option<&str>,
) -> Option<(usize, Option<String>, Option<String>)> {
    let line = |text: Option<&str>, n: usize| {
        text.and_then(|text| text.split_inclusive('\n').nth(n))
            .map(str::to_owned)
    };
    let (mut want, mut have) = (
        expected.unwrap_or_default().split_inclusive('\n'),
        found.unwrap_or_default().split_inclusive('\n'),
    );
    let mut n = 0;
    loop {
        match (want.next(), have.next()) {
            (None, None) if expected.is_some() == found.is_some() => return None,
            (a, b) if a == b && a.is_some() => n += 1,
            _ => return Some((n + 1, line(expected, n), line(found, n))),
        }
    }
}
