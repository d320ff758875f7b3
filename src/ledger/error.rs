//! Why a ledger cannot be used.

use std::path::PathBuf;

use super::finding::BadFile;
use super::lock::LockError;
use super::message::BadMessage;
use crate::domain::id::{BranchName, ObjectId, RemoteName, RequestId, TaskId};
use crate::domain::policy::Authority;
use crate::domain::refusal::Refusal;
use crate::git::{Denial, GitError};

/// Why a ledger cannot be used. A refusal by a rule is one of them, so that a mutation has one
/// error.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no ledger here.
    #[error("this repository has no laneway ledger")]
    NoLedger,
    /// The branch that was named is no ledger.
    #[error("the branch `{0}` holds no laneway ledger")]
    NotALedger(BranchName),
    /// Several branches hold a ledger.
    #[error("several branches hold a laneway ledger: {}", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// Several remotes have the ledger, each says that it decides, and nothing here tells which.
    #[error("several say that they decide the ledger `{branch}`: {}", .by.join(", "))]
    Undecided {
        /// The ledger's branch.
        branch: BranchName,
        /// The remotes; `.` is this repository.
        by: Vec<String>,
    },
    /// The marker names another authority than the one that was seen to decide here.
    #[error("{}", other_authority(.branch, .before, .now))]
    OtherAuthority {
        /// The ledger's branch.
        branch: BranchName,
        /// Who decided when it was seen last.
        before: Authority,
        /// Who does, by the marker that stands there now.
        now: Authority,
    },
    /// The marker names a remote that has not been fetched, or a branch that is not here.
    #[error("the ledger is decided by {place}, which is not here")]
    NotHere {
        /// The ref that was looked for.
        place: String,
        /// The remotes in whose tracking refs a copy stands.
        copies: Vec<String>,
    },
    /// The target has no commit.
    #[error("the target branch `{0}` has no commit")]
    NoTarget(String),
    /// The ledger is under a law that this binary does not know.
    #[error("the ledger is under law {found}; this laneway knows laws up to {known}")]
    NewerLaw {
        /// The law in force.
        found: u32,
        /// The newest law known.
        known: u32,
    },
    /// A file of rules, plan or state does not read.
    #[error(transparent)]
    BadFile(#[from] Box<BadFile>),
    /// The target has gone back: it does not descend from the last rules used, or from what was seen
    /// of it last.
    #[error("the target {target} does not descend from {last}, which stood on it before")]
    RulesWentBack {
        /// The target now.
        target: ObjectId,
        /// The rules of the last ledger commit, or the tip that was seen last.
        last: ObjectId,
    },
    /// The ledger does not descend from the tip that was seen last: rewound, replaced or deleted.
    #[error("{}", rewritten(.name, .seen, .found.as_ref(), *.rewound))]
    Rewritten {
        /// The ref.
        name: String,
        /// The tip that was seen last.
        seen: ObjectId,
        /// The tip now; none when the ref is gone.
        found: Option<ObjectId>,
        /// Whether the tip now is an older one of the same history.
        rewound: bool,
    },
    /// A commit of the ledger is not one of laneway's.
    #[error("ledger commit {commit}: {why}")]
    ForeignCommit {
        /// The commit.
        commit: ObjectId,
        /// What is wrong with its message.
        why: BadMessage,
    },
    /// The request does not fit into a commit message.
    #[error(transparent)]
    Message(#[from] BadMessage),
    /// The change cannot be written.
    #[error("cannot write the definition of `{task}`: {why}")]
    Unwritable {
        /// Which task.
        task: TaskId,
        /// Why.
        why: String,
    },
    /// The state file of a task would not be readable any more.
    #[error("cannot add to `{task}`: its records would take {bytes} bytes, more than {most}")]
    TooManyRecords {
        /// Which task.
        task: TaskId,
        /// Bytes of its state file with the change.
        bytes: usize,
        /// Most bytes that this verb may make of it.
        most: usize,
    },
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// Other processes kept winning the race.
    #[error("other processes published first {0} times in a row")]
    Starved(u32),
    /// A ref other than the ledger moved: the target of a landing.
    #[error("`{name}` moved to {actual} meanwhile")]
    Moved {
        /// The ref.
        name: String,
        /// Where it stands.
        actual: String,
    },
    /// The remote refused the push by a rule of its own.
    #[error("{remote} refused {name}: {reason}")]
    RemoteRefused {
        /// The remote.
        remote: RemoteName,
        /// What kind of no it is.
        denial: Denial,
        /// The ref.
        name: String,
        /// The reason it gave.
        reason: String,
        /// What it printed.
        stderr: String,
    },
    /// The lock of a ref is held on the remote, or was left there; nothing was changed.
    #[error("the lock of `{name}` on {remote} is held or stale{}", at(.lock.as_deref()))]
    RemoteLocked {
        /// The remote.
        remote: RemoteName,
        /// The ref.
        name: String,
        /// The lock's path on the remote, where it says one.
        lock: Option<String>,
    },
    /// The remote was not reached; nothing was changed.
    #[error("cannot reach {remote}: {why}")]
    Unreachable {
        /// The remote.
        remote: RemoteName,
        /// The last line of what git said.
        why: String,
    },
    /// Nobody knows whether the remote has the commit.
    #[error("{remote} did not confirm in time; request {request} may have been carried out")]
    Unconfirmed {
        /// The remote.
        remote: RemoteName,
        /// The id that settles it.
        request: String,
    },
    /// A publisher of this machine that is alive did not get on; it may yet publish the request.
    #[error("request {request} still waits to be published by {holder}")]
    StillPending {
        /// The id that settles it.
        request: String,
        /// What the publisher wrote about itself.
        holder: String,
    },
    /// A lock was held too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file of laneway's own in the git directory cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn rewritten(name: &str, seen: &ObjectId, found: Option<&ObjectId>, rewound: bool) -> String {
    match found {
        None => format!("the ledger `{name}` is gone; it was last seen at {seen}"),
        Some(found) if rewound => {
            format!("the ledger `{name}` was rewound to {found}; it was last seen at {seen}")
        }
        Some(found) => format!(
            "the ledger `{name}` has diverged: it is at {found}, which does not descend from \
             {seen}, seen last"
        ),
    }
}

fn other_authority(branch: &BranchName, before: &Authority, now: &Authority) -> String {
    let name = |authority: &Authority| match authority {
        Authority::Local => "this repository".to_owned(),
        Authority::Remote(remote) => format!("`{remote}`"),
    };
    format!(
        "the ledger `{branch}` was decided by {} when it was last seen here; its marker there now \
         names {}",
        name(before),
        name(now)
    )
}

fn at(lock: Option<&str>) -> String {
    lock.map_or_else(String::new, |path| format!(": `{path}`"))
}

impl LedgerError {
    /// The error as it concerns one request: commits of several are pushed together, and each
    /// waiter is told its own id.
    #[must_use]
    pub fn about(self, id: &RequestId) -> Self {
        match self {
            Self::Unconfirmed { remote, .. } => Self::Unconfirmed {
                remote,
                request: id.to_string(),
            },
            Self::StillPending { holder, .. } => Self::StillPending {
                request: id.to_string(),
                holder,
            },
            other => other,
        }
    }
}

impl From<BadFile> for LedgerError {
    fn from(bad: BadFile) -> Self {
        Self::BadFile(Box::new(bad))
    }
}

impl From<Refusal> for LedgerError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
