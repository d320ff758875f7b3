//! `hook …`: what git asks before a commit, before a push, and before a server lets a push in.
//!
//! The hooks of a clone are a courtesy: they say early what a merge or the server would say later,
//! and whoever wants to goes around them. The hook of a server is the guard: it believes nobody,
//! judges the pushed objects alone, writes nothing, and runs nothing of the repository.

mod commit_msg;
mod landed;
mod post_receive;
mod pre_commit;
mod pre_push;
mod receive;
mod reviewed;
mod seal;

pub use commit_msg::commit_msg;
pub use post_receive::{Verified, post_receive};
pub use pre_commit::pre_commit;
pub use pre_push::pre_push;
pub use receive::pre_receive;

use super::OpError;
use crate::domain::id::ObjectId;
use crate::domain::push::{Denied, Update};
use crate::ledger::BadFile;

/// Longest list of refs that a hook reads, in bytes: some 100,000 refs.
pub const MAX_INPUT: u64 = 16 << 20;

/// What a hook says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Why not; empty: it may be.
    pub denied: Vec<Denied>,
    /// Governance files with findings; an error among them is a no, too.
    pub files: Vec<BadFile>,
    /// Remarks for whoever commits or pushes.
    pub notes: Vec<String>,
}

impl Judged {
    /// Whether it may be.
    #[must_use]
    pub fn allows(&self) -> bool {
        let mut findings = self.files.iter().flat_map(|file| &file.findings);
        let error = crate::domain::rules::Severity::Error;
        self.denied.is_empty() && !findings.any(|finding| finding.severity == error)
    }

    /// A no for this one reason.
    fn no(denied: Denied) -> Self {
        Self {
            denied: vec![denied],
            ..Self::default()
        }
    }
}

/// The lines that git gives to `pre-receive` and `post-receive`: `<old> <new> <ref>`.
///
/// # Errors
/// [`OpError::Usage`] for anything else.
pub fn received(input: &str) -> Result<Vec<Update>, OpError> {
    let lines = input.lines().map(|line| {
        let mut words = line.splitn(3, ' ');
        let mut update = || {
            let (old, new) = (words.next()?, words.next()?);
            Some(Update {
                old: commit(old)?,
                new: commit(new)?,
                name: words.next()?.to_owned(),
            })
        };
        update().ok_or_else(|| not_git("OLD NEW REF", line))
    });
    lines.collect()
}

/// The lines that git gives to `pre-push`: `<local ref> <local id> <remote ref> <remote id>`.
///
/// # Errors
/// [`OpError::Usage`] for anything else.
pub fn pushed(input: &str) -> Result<Vec<Update>, OpError> {
    let lines = input.lines().map(|line| {
        // From the right: the local ref is what was typed, `main^{/a word}` too.
        let mut words = line.rsplitn(4, ' ');
        let mut update = || {
            let (old, name, new) = (words.next()?, words.next()?, words.next()?);
            words.next()?;
            Some(Update {
                name: name.to_owned(),
                old: commit(old)?,
                new: commit(new)?,
            })
        };
        update().ok_or_else(|| not_git("LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID", line))
    });
    lines.collect()
}

/// An id of a hook's input: `Some(None)` for the zeros that stand for no object.
fn commit(text: &str) -> Option<Option<ObjectId>> {
    let id: ObjectId = text.parse().ok()?;
    let zero = id.as_bytes().iter().all(|byte| *byte == 0);
    Some((!zero).then_some(id))
}

fn not_git(form: &str, line: &str) -> OpError {
    OpError::Usage(format!(
        "git calls this hook with lines `{form}` on standard input, and this is none: `{}`",
        line.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_git_are_read_and_nothing_else() {
        let (zero, one) = ("0".repeat(40), "1".repeat(40));
        let read = received(&format!("{zero} {one} refs/heads/a b\n")).unwrap();
        assert_eq!(
            (read[0].old, read[0].name.as_str()),
            (None, "refs/heads/a b")
        );
        let read = pushed(&format!("refs/heads/x {one} refs/heads/y {zero}\n")).unwrap();
        assert_eq!((read[0].old, read[0].name.as_str()), (None, "refs/heads/y"));
        // The local side is what was typed.
        let typed = format!("main^{{/Govern this}} {one} refs/heads/y {zero}\n");
        let read = pushed(&typed).unwrap();
        assert_eq!((read[0].old, read[0].name.as_str()), (None, "refs/heads/y"));
        assert_eq!(received("").unwrap(), []);
        for bad in ["x", "1 2 3", "\n"] {
            assert!(received(bad).is_err(), "{bad:?}");
            assert!(pushed(bad).is_err(), "{bad:?}");
        }
    }
}
