//! Errors at the boundary: each turned into its exit code, kind and hints, in this one place.

use laneway::checks::NewCommand;
use laneway::contract::envelope::ChangedCommandView;
use laneway::contract::{ErrorView, HolderView, UnmetView};
use laneway::domain::id::{ObjectId, TaskId};
use laneway::domain::refusal::{Refusal, RefusalKind};
use laneway::domain::shell::quoted;
use laneway::git::{Denial, GitError, LockFile};
use laneway::ledger::restore::restore;
use laneway::ledger::seen::word;
use laneway::ledger::{BadFile, LedgerError, LockError};
use laneway::ops::OpError;
use laneway::ops::doctor::record_checkout;
use laneway::process::ProcessError;
use laneway::workspace::{BindingError, CheckoutError, WorkspaceError};

/// Why a command failed, ready to be printed.
#[derive(Debug)]
pub struct Failure {
    /// What programs read.
    pub error: Box<ErrorView>,
    /// Files whose findings are drawn for people.
    pub files: Vec<BadFile>,
    /// The id of the request that may have been carried out all the same.
    pub unsettled: Option<String>,
}

impl Failure {
    /// A failure of a kind, with its exit code.
    pub fn new(code: u8, kind: &str, message: impl Into<String>) -> Self {
        let error = ErrorView {
            code,
            kind: kind.to_owned(),
            message: message.into(),
            task: None,
            holder: None,
            epoch: None,
            gate: None,
            unmet: Vec::new(),
            changed: Vec::new(),
            hints: Vec::new(),
        };
        Self {
            error: Box::new(error),
            files: Vec::new(),
            unsettled: None,
        }
    }

    /// Wrong use of the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(2, "usage", message)
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hints.push(hint.into());
        self
    }
}

impl Failure {
    /// Names the command that settles a request whose outcome is not known: the one that was typed,
    /// with the request's id.
    pub fn after(mut self, words: &[String]) -> Self {
        let Some(request) = self.unsettled.take() else {
            return self;
        };
        let mut command: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        if !words.iter().any(|word| word.starts_with("--request-id")) {
            command.push(format!("--request-id {request}"));
        }
        self.hint(format!("this settles it: `laneway {}`", command.join(" ")))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (code, kind) = match refusal.kind {
            RefusalKind::Nothing => (1, "nothing"),
            RefusalKind::Conflict => (3, "conflict"),
            RefusalKind::Rule => (4, "refused"),
        };
        let mut hints: Vec<String> = Vec::new();
        for hint in refusal.unmet.iter().filter_map(|unmet| unmet.hint.as_ref()) {
            if !hints.contains(hint) {
                hints.push(hint.clone());
            }
        }
        let alternatives = refusal.unmet.iter().flat_map(|unmet| &unmet.alternatives);
        hints.extend(
            alternatives
                .map(|other| format!("{} could do it: `{}`", other.workstation, other.command)),
        );
        if hints.is_empty() {
            hints.push(format!("`laneway explain {}`", refusal.gate()));
        }
        let error = ErrorView {
            code,
            kind: kind.to_owned(),
            message: refusal.to_string(),
            task: refusal.task.as_ref().map(ToString::to_string),
            holder: refusal.holder().map(HolderView::from),
            epoch: refusal.epoch.map(|epoch| epoch.0),
            gate: Some(refusal.gate().to_owned()),
            unmet: refusal.unmet.iter().map(UnmetView::from).collect(),
            changed: Vec::new(),
            hints,
        };
        Self {
            error: Box::new(error),
            files: Vec::new(),
            unsettled: None,
        }
    }
}

impl From<OpError> for Failure {
    fn from(error: OpError) -> Self {
        let message = error.to_string();
        match error {
            OpError::Ledger(error) => error.into(),
            OpError::Workspace(error) => error.into(),
            OpError::Git(error) => error.into(),
            OpError::BadFile(bad) => unreadable(bad),
            OpError::Checkout(error) => checkout(&error),
            OpError::Binding(BindingError::Unreadable { .. }) => {
                Self::new(5, "unreadable", message)
                    .hint("`laneway claim` writes a new binding; the old file can be deleted")
            }
            OpError::Binding(_) => Self::new(7, "internal", message)
                .hint("`laneway claim` writes a new binding; the old file can be deleted"),
            OpError::NoIdentity => Self::new(4, "no-identity", message).hint(
                "say `--as @NAME`, set LANEWAY_AGENT, work in the lane of a claim, or `git config \
                     laneway.agent @NAME`",
            ),
            OpError::AlreadySharded { .. } => Self::usage(message)
                .hint("`laneway shard --join` makes one file of them, which can be split anew"),
            OpError::NoTask => Self::usage(message).hint("name the task's id"),
            OpError::ForeignLane { .. } => Self::new(4, "refused", message)
                .hint("leave `--as` out here, or work in your own lane"),
            OpError::Untrusted { task, commands } => untrusted(message, &task, &commands),
            OpError::NoWorktree { task, .. } => Self::new(7, "no-worktree", message)
                .hint("mend what stands in the way, then the very same command again")
                .hint(format!("or give it back: `laneway release {task}`")),
            OpError::Guard(_) => Self::new(4, "refused", message)
                .hint("commit or clean up, then run the checks again"),
            OpError::Usage(_) | OpError::Name(_) | OpError::Unspeakable(_) => Self::usage(message),
            OpError::Process(ProcessError::Interrupted { .. }) => {
                Self::new(7, "interrupted", message)
            }
            OpError::Trust(ref trust) if trust.source.kind() == std::io::ErrorKind::Unsupported => {
                Self::new(5, "newer", message).hint("install a newer laneway")
            }
            OpError::Trust(_) | OpError::Process(_) | OpError::Io { .. } => {
                Self::new(7, "io", message)
            }
        }
    }
}

/// Commands that nobody trusted here, with what differs from those that were.
fn untrusted(message: String, task: &TaskId, commands: &[NewCommand]) -> Failure {
    // One alone may be a proof, which the task does not owe.
    let way = match commands {
        [only] => format!("{task} --command {}", quoted(&only.command)),
        _ => task.to_string(),
    };
    let mut failure = Failure::new(4, "untrusted", message).hint(format!(
        "read them, then `laneway trust {way}`, or `--trust` in CI"
    ));
    failure.error.changed = ChangedCommandView::among(commands);
    for changed in &failure.error.changed {
        let hint = format!("changed since it was trusted: {}", changed.difference);
        failure.error.hints.push(hint);
    }
    failure
}

fn unreadable(bad: BadFile) -> Failure {
    let mut failure = Failure::new(5, "unreadable", bad.to_string());
    failure.error.hints = bad.findings.iter().filter_map(|f| f.hint.clone()).collect();
    failure.files.push(bad);
    failure
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let message = error.to_string();
        match error {
            LedgerError::Refused(refusal) => (*refusal).into(),
            LedgerError::BadFile(bad) => unreadable(*bad),
            LedgerError::Git(error) => error.into(),
            LedgerError::NoLedger => {
                Self::new(5, "no-ledger", message)
                    .hint("`git fetch` brings the ledger of a remote that has one; `laneway init` makes the first")
            }
            LedgerError::NotALedger(_) | LedgerError::Ambiguous(_) => {
                Self::new(5, "no-ledger", message).hint("name it with `--ledger BRANCH`")
            }
            LedgerError::Undecided { .. } => Self::new(5, "no-ledger", message).hint(
                "say which one does in this clone: `git config laneway.remote NAME`; `.` is the \
                 repository itself",
            ),
            LedgerError::OtherAuthority { ref now, .. } => {
                let name = word(now);
                Self::new(5, "other-authority", message)
                    .hint("ask who keeps the ledger: a fork, or a forged push, may say so, too")
                    .hint(format!(
                        "if it has moved there: `git config laneway.remote {name}`"
                    ))
            }
            LedgerError::NotHere { copies, .. } => copies.iter().fold(
                Self::new(5, "no-ledger", message).hint("`git fetch` the remote that decides"),
                |failure, copy| {
                    failure.hint(format!(
                        "if `{copy}` is that remote under the name it has here: `git config \
                         laneway.remote {copy}`"
                    ))
                },
            ),
            LedgerError::NoTarget(_) => {
                Self::new(5, "unreadable", message).hint("`git fetch`, or make a first commit")
            }
            LedgerError::NewerLaw { .. } => {
                Self::new(5, "newer", message).hint("install a newer laneway")
            }
            LedgerError::RulesWentBack { target, .. } => Self::new(5, "rules-went-back", message)
                .hint("bring the target up to date: `git fetch`, `git merge --ff-only`")
                .hint(format!(
                    "if it was rewritten on purpose: `laneway doctor --accept-target {target} \
                     --reason TEXT`"
                )),
            LedgerError::Rewritten {
                ref name,
                seen,
                found,
                ..
            } => rewritten(message, name, seen, found),
            LedgerError::ForeignCommit { .. } => Self::new(5, "unreadable", message)
                .hint("`laneway doctor` says how to take it off the ledger"),
            LedgerError::Message(_) => Self::usage(message),
            LedgerError::Unwritable { .. } => {
                Self::new(4, "refused", message).hint("edit the plan file by hand, then commit it")
            }
            LedgerError::TooManyRecords { .. } => {
                Self::new(4, "refused", message).hint("hand it off, or go on in another task")
            }
            LedgerError::Starved(_)
            | LedgerError::Moved { .. }
            | LedgerError::Lock(LockError::Busy { .. }) => {
                Self::new(3, "conflict", message).hint("try again")
            }
            LedgerError::Lock(LockError::Io { .. }) => Self::new(7, "io", message),
            LedgerError::RemoteRefused {
                denial, ref stderr, ..
            } => denied(message, denial, stderr),
            LedgerError::RemoteLocked { lock, .. } => remote_locked(message, lock.as_deref()),
            LedgerError::Unreachable { .. } => Self::new(6, "unreachable", message)
                .hint("nothing was changed; try again when the remote answers"),
            LedgerError::Unconfirmed { ref request, .. }
            | LedgerError::StillPending { ref request, .. } => {
                Self {
                    unsettled: Some(request.clone()),
                    ..Self::new(6, "unconfirmed", message)
                }
            }
            LedgerError::Io { .. } => Self::new(7, "io", message),
        }
    }
}

/// A ledger that was rewritten: what is where, and the two ways on.
fn rewritten(message: String, name: &str, seen: ObjectId, found: Option<ObjectId>) -> Failure {
    let back = restore(name, seen, found);
    let found = found.map_or("none".to_owned(), |id| id.to_string());
    let failure = Failure::new(5, "rewritten", message)
        .hint("`laneway doctor` shows what each side has that the other lacks")
        .hint(format!("to restore it: `{back}`"));
    failure.hint(format!(
        "to go on with what is there, as a person: `laneway doctor --accept-ledger {found}`"
    ))
}

/// A remote's no: what to do about it, then what it said itself.
fn denied(message: String, denial: Denial, stderr: &str) -> Failure {
    let failure = Failure::new(4, "remote-refused", message);
    let failure = match denial {
        Denial::CheckedOut => failure
            .hint("the remote has a working tree with this branch checked out: push to a bare repository, or run `git switch --detach` there"),
        Denial::Protected => failure
            .hint("the branch is protected: who runs the remote can let this account push to it, by fast-forward only")
            .hint("where work may land by pull request alone: `merge: {via: pull_request}` in governance/policy.yaml"),
        Denial::Hook => failure
            .hint("a hook of the remote declined: do what it asks for, or ask who runs the remote"),
        Denial::ReadOnly => failure
            .hint("this account may read the remote and not write to it: who runs the remote can grant that"),
        Denial::NotAtomic => failure
            .hint("target and ledger move together: who runs the remote can allow it with `git config receive.advertiseAtomic true`"),
        Denial::Storage => failure
            .hint("the remote could not store it: who runs the remote should look at its disk and at `receive.maxInputSize`"),
        Denial::Other => failure,
    };
    match said_by_remote(stderr) {
        said if said.is_empty() => failure,
        said => failure.hint(format!("it said: {said}")),
    }
}

/// The lines of the remote itself; all lines where it sent none of its own.
fn said_by_remote(stderr: &str) -> String {
    let own: Vec<_> = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if own.is_empty() {
        stderr.trim().to_owned()
    } else {
        own.join("\n")
    }
}

fn remote_locked(message: String, lock: Option<&str>) -> Failure {
    let lock = lock.map_or_else(|| "the lock".to_owned(), |path| format!("`{path}`"));
    Failure::new(3, "remote-locked", message)
        .hint("nothing was changed; another push may be under way: try again")
        .hint(format!(
            "if it stays: who runs the remote can delete {lock} there, once no git process runs in that repository"
        ))
}

/// How the lanes of two clones get out of each other's way.
const OWN_ROOT: &str = "give the lanes of this clone a directory of their own: `export WORKTREE_ROOT=DIR`, or `worktrees: {root: …}` in governance/policy.yaml";

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        let message = error.to_string();
        match error {
            WorkspaceError::Unsafe { .. } => Self::new(4, "refused", message)
                .hint("commit what is to be kept; nothing was touched"),
            WorkspaceError::BranchAhead { .. } => Self::new(4, "refused", message)
                .hint("hand it off, release its task, or delete the branch yourself"),
            WorkspaceError::OtherClone { .. } => Self::new(3, "conflict", message)
                .hint(OWN_ROOT)
                .hint("or claim without a worktree here: `--no-worktree`"),
            WorkspaceError::Occupied { .. } => Self::new(4, "refused", message)
                .hint("move it away if nobody needs it there")
                .hint(OWN_ROOT),
            WorkspaceError::BranchElsewhere { path, .. } => Self::new(4, "refused", message)
                .hint(format!(
                    "switch that checkout to another branch: `git -C {} switch BRANCH`",
                    quoted(&path.to_string_lossy())
                ))
                .hint(
                    "or claim another lane (`--lane`), or without a worktree here: `--no-worktree`",
                ),
            WorkspaceError::InTheWay { .. } => Self::new(4, "refused", message)
                .hint("move these files away, or commit them on a branch"),
            WorkspaceError::NoWorktree { .. } => Self::new(4, "refused", message),
            WorkspaceError::Busy { .. } => Self::new(3, "conflict", message).hint("try again"),
            WorkspaceError::BadPlace { .. } | WorkspaceError::BadBranch(_) => {
                Self::new(5, "unreadable", message).hint("`worktrees` in governance/policy.yaml")
            }
            WorkspaceError::Git(error) => error.into(),
            WorkspaceError::Binding(_) | WorkspaceError::Io { .. } => Self::new(7, "io", message),
        }
    }
}

fn checkout(error: &CheckoutError) -> Failure {
    let message = error.to_string();
    match error {
        CheckoutError::InTheWay { .. } => Failure::new(4, "refused", message)
            .hint("commit or move these changes, then merge again; nothing was touched"),
        CheckoutError::Locked { lock, .. } => locked(message, lock.as_deref()),
        CheckoutError::Git(_) | CheckoutError::Io { .. } => Failure::new(7, "io", message),
    }
}

/// A lock file in the way, with what frees it.
fn locked(message: String, lock: Option<&LockFile>) -> Failure {
    let remedy = lock.map(LockFile::remedy);
    let remedy = remedy.unwrap_or_else(|| "`laneway doctor` says who holds it".to_owned());
    Failure::new(3, "conflict", message).hint(remedy)
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let message = error.to_string();
        match error {
            GitError::NoRepository { .. } => Self::new(5, "no-repository", message)
                .hint("run it inside a repository, or `git init`"),
            GitError::Untrusted { path } => Self::new(4, "untrusted", message).hint(format!(
                "`git config --global --add safe.directory {}` if you trust its owner",
                path.display()
            )),
            GitError::CheckoutUnknown { work_dir, .. } => {
                Self::new(5, "no-repository", message).hint(record_checkout(work_dir.as_deref()))
            }
            GitError::Locked { lock, .. } => locked(message, lock.as_deref()),
            // What somebody has put there, and no fault of this machine.
            GitError::TooLarge { .. } => Self::new(5, "unreadable", message),
            _ => Self::new(7, "git", message),
        }
    }
}

impl From<BadFile> for Failure {
    fn from(bad: BadFile) -> Self {
        unreadable(bad)
    }
}
