//! A push or a commit as a hook sees it, and why it may not be (X7, P31, P41).

use super::id::{ObjectId, TaskId};
use super::state::Epoch;

/// Where the work of tasks is kept.
pub const WORK: &str = "refs/laneway/work/";
/// Where a server says which ledger commits it has judged.
pub const VERIFIED: &str = "refs/laneway/verified/";
/// What belongs to laneway.
pub const OWN: &str = "refs/laneway/";

/// Where git keeps which object stands in for which.
pub const REPLACED: &str = "refs/replace/";

/// The rule by which a server tells that a ref has moved meanwhile: a race lost, not a no.
pub const MOVED: &str = "ref-moved";

/// The rule by which a server tells that what decided a commit has changed on the target: decide
/// afresh.
pub const STALE: &str = "rules-stale";

/// A ref that a push moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its full name.
    pub name: String,
    /// Where it stands; none: it does not exist.
    pub old: Option<ObjectId>,
    /// Where it shall stand; none: it shall be deleted.
    pub new: Option<ObjectId>,
}

impl Update {
    /// Why the ref cannot be asked for by its name, if it cannot: a name that is not UTF-8 comes with
    /// its bytes escaped, and no ref has a backslash in its name.
    #[must_use]
    pub fn misnamed(&self) -> Option<&'static str> {
        self.name
            .contains('\\')
            .then_some("its name is not UTF-8, and so cannot be judged")
    }
}

/// Why a ref may not move, or a commit not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The rule, as `ledger-rewound`.
    pub rule: &'static str,
    /// The ref, path or message that it is about.
    pub about: String,
    /// The commit that breaks it.
    pub commit: Option<ObjectId>,
    /// The task in whose name it is broken.
    pub task: Option<TaskId>,
    /// The fact, as a lower-case fragment.
    pub fact: String,
    /// The next command, or the thing to do.
    pub hint: String,
}

impl Denied {
    /// A no about `about`.
    #[must_use]
    pub fn new(
        rule: &'static str,
        about: impl Into<String>,
        fact: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            about: about.into(),
            commit: None,
            task: None,
            fact: fact.into(),
            hint: hint.into(),
        }
    }

    /// Names the commit.
    #[must_use]
    pub fn at(mut self, commit: ObjectId) -> Self {
        self.commit = Some(commit);
        self
    }

    /// Names the task.
    #[must_use]
    pub fn of(mut self, task: &TaskId) -> Self {
        self.task = Some(task.clone());
        self
    }
}

/// The name of a work ref, taken apart (DESIGN §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkName {
    /// Whose work.
    pub task: TaskId,
    /// Under which claim.
    pub epoch: Epoch,
    /// The earlier commit that it keeps beside the latest; none: it is the latest.
    pub earlier: Option<ObjectId>,
}

impl WorkName {
    /// Reads `refs/laneway/work/<ID>/<epoch>` or `…/<epoch>-<commit>`, in the one spelling that
    /// laneway writes.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let (task, rest) = name.strip_prefix(WORK)?.split_once('/')?;
        let (epoch, earlier) = match rest.split_once('-') {
            Some((epoch, earlier)) => (epoch, Some(earlier.parse().ok()?)),
            None => (rest, None),
        };
        let number: u32 = epoch.parse().ok()?;
        (number.to_string() == epoch && number > 0).then_some(())?;
        Some(Self {
            task: TaskId::new(task).ok()?,
            epoch: Epoch(number),
            earlier,
        })
    }

    /// The name under which `commit` is kept beside the latest.
    #[must_use]
    pub fn keeping(&self, commit: ObjectId) -> String {
        format!("{WORK}{}/{}-{commit}", self.task, self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_laneway_writes_are_work_refs() {
        let commit = "1234567890123456789012345678901234567890";
        let read = |rest: &str| WorkName::read(&format!("{WORK}{rest}"));
        let name = read("A-1/3").unwrap();
        assert_eq!((name.task.as_str(), name.epoch), ("A-1", Epoch(3)));
        let kept = read(&format!("A-1/3-{commit}")).unwrap();
        assert_eq!(
            name.keeping(kept.earlier.unwrap()),
            format!("{WORK}A-1/3-{commit}")
        );
        for bad in [
            "A-1", "A-1/", "A-1/0", "A-1/03", "A-1/+3", "A-1/3/4", "A-1/3-x", "../x/3", "A-1/-1",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
