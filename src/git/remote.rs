use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::denial::Denial;
use super::refs::full_name;
use super::repo::failure;
use super::{Expect, GitError, Repo, output};
use crate::domain::id::{ObjectId, RemoteName};
use crate::domain::push::{MOVED, STALE};
use crate::process::{Exit, Finished, Spawn};

/// One ref of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushUpdate {
    /// The full name of the ref on the remote.
    pub name: String,
    /// What it shall be; `None` deletes it.
    pub new: Option<ObjectId>,
    /// What the remote must have; the push asks for exactly that (`--force-with-lease`).
    pub expect: Expect,
    /// Whether the new value may be no descendant of the expected one: a lane branch after a rebase.
    pub rewind: bool,
}

/// A push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSpec {
    /// Where to.
    pub remote: RemoteName,
    /// What.
    pub updates: Vec<PushUpdate>,
    /// All or none; a remote that cannot is a refusal.
    pub atomic: bool,
    /// How long it may take.
    pub limit: Duration,
}

/// What came of a push (facts/reliability §2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOutcome {
    /// The remote confirmed all refs.
    Won,
    /// A ref was not as expected: read again and decide afresh.
    Lost {
        /// The ref.
        name: String,
        /// The remote's reason.
        reason: String,
    },
    /// Our own hook on the remote says that rules or plan have changed since the commits were
    /// decided: read again and decide afresh, the same commits would be refused again.
    Outdated {
        /// The ref.
        name: String,
        /// What the remote said.
        stderr: String,
    },
    /// The lock of a ref is held on the remote, or was left there by a process that died. Several
    /// tries met it.
    Locked {
        /// The ref.
        name: String,
        /// The lock's path on the remote, where it says one.
        lock: Option<String>,
    },
    /// A rule of the remote (hook, protection, no atomic push) or of this side says no: do not try
    /// again.
    Refused {
        /// What kind of no it is.
        denial: Denial,
        /// The ref; empty when the push as a whole was refused.
        name: String,
        /// The reason.
        reason: String,
        /// What the remote's hooks and git said.
        stderr: String,
    },
    /// The remote was not reached; it has changed nothing.
    Unreachable {
        /// What git said.
        stderr: String,
    },
    /// Nobody knows whether the remote has it: read it back.
    Indeterminate {
        /// Whether our own time limit ended it.
        timed_out: bool,
        /// What git said.
        stderr: String,
    },
}

/// What came of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// The tracking refs are current.
    Done,
    /// The remote lacks a ref that was asked for; nothing was fetched.
    NoSuchRef {
        /// What git said.
        stderr: String,
    },
    /// A ref without `+` would have gone back; the others were fetched.
    NotForward {
        /// What git said.
        stderr: String,
    },
    /// The remote was not reached, or not in time.
    Unreachable {
        /// What git said.
        stderr: String,
    },
}

/// What a remote has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The refs that were asked for and exist.
    Refs(BTreeMap<String, ObjectId>),
    /// The remote was not reached, or not in time.
    Unreachable {
        /// What git said.
        stderr: String,
    },
}

impl Repo {
    /// The configured URL of a remote; `None` when there is no such remote.
    #[must_use]
    pub fn remote_url(&self, remote: &RemoteName) -> Option<String> {
        self.config_str(&format!("remote.{remote}.url"))
    }

    /// Pushes refs by compare-and-swap, with `git push --porcelain`, no pre-push hook, no tags, no
    /// signature. A lock that is held on the remote is waited for, [`LOCK_PAUSES`] times: somebody
    /// else's push takes milliseconds.
    ///
    /// # Errors
    /// [`GitError::NotDescendant`] when an update would rewind a ref without saying so (a lease
    /// alone would force it); [`GitError::BadRefName`]; [`GitError::Process`].
    pub fn push(&self, spec: &PushSpec) -> Result<PushOutcome, GitError> {
        let mut args: Vec<String> = [
            "-c",
            "push.gpgSign=false",
            "-c",
            "push.useForceIfIncludes=false",
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
        ]
        .map(str::to_owned)
        .to_vec();
        if spec.atomic {
            args.push("--atomic".to_owned());
        }
        let mut refspecs = Vec::new();
        for update in &spec.updates {
            full_name(&update.name)?;
            self.refuse_silent_rewind(update)?;
            let old = match update.expect {
                Expect::Absent => String::new(),
                Expect::At(id) => id.to_string(),
            };
            let new = update.new.map(|id| id.to_string()).unwrap_or_default();
            args.push(format!("--force-with-lease={}:{old}", update.name));
            refspecs.push(format!("{new}:{}", update.name));
        }
        args.extend(["--end-of-options".to_owned(), spec.remote.to_string()]);
        args.extend(refspecs);
        let started = Instant::now();
        let mut pauses = LOCK_PAUSES.iter();
        loop {
            let left = spec.limit.saturating_sub(started.elapsed());
            let outcome = classify(&self.runner.run(&self.git_beyond(&args).limit(left))?);
            match pauses.next() {
                Some(pause)
                    if matches!(outcome, PushOutcome::Locked { .. })
                        && started.elapsed() + *pause < spec.limit =>
                {
                    std::thread::sleep(*pause);
                }
                _ => return Ok(outcome),
            }
        }
    }

    /// Fetches refspecs into the refs that they name and no others, without tags, `FETCH_HEAD`, submodules or maintenance. A ref that another
    /// process moved meanwhile is fetched again until `limit`: each such meeting means that one of
    /// the two went on. A lock that stays is met [`MOST_LOCKS`] times.
    ///
    /// # Errors
    /// [`GitError::BadRefName`] for a refspec that is not `[+]refs/…:refs/…`;
    /// [`GitError::Git`] when git failed for a local reason.
    pub fn fetch<S: AsRef<str>>(
        &self,
        remote: &RemoteName,
        refspecs: &[S],
        limit: Duration,
    ) -> Result<Fetch, GitError> {
        let mut args = [
            "fetch",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            // Else git moves the configured tracking refs along, by force.
            "--refmap=",
        ]
        .map(str::to_owned)
        .to_vec();
        args.extend(["--no-recurse-submodules", "--end-of-options"].map(str::to_owned));
        args.push(remote.to_string());
        for refspec in refspecs {
            args.push(checked_refspec(refspec.as_ref())?);
        }
        let (started, mut tried) = (Instant::now(), 0);
        loop {
            tried += 1;
            let left = limit.saturating_sub(started.elapsed());
            let error = match self.past_stale_locks(&[], || self.fetch_once(&args, left)) {
                Err(error) => error,
                done => return done,
            };
            let again = match met(&error) {
                Some(Met::Moved) => started.elapsed() < limit,
                Some(Met::Lock) => tried < MOST_LOCKS,
                None => false,
            };
            if !again {
                return Err(error);
            }
            let jitter = self.watch.as_ref().map_or(0, |env| env.jitter(40));
            std::thread::sleep(Duration::from_millis(20 * tried.min(10) + jitter));
        }
    }

    fn fetch_once(&self, args: &[String], limit: Duration) -> Result<Fetch, GitError> {
        let finished = self.runner.run(&self.git_beyond(args).limit(limit))?;
        let stderr = finished.stderr.text();
        Ok(match finished.exit {
            Exit::Code(0) => Fetch::Done,
            _ if stderr.contains("couldn't find remote ref") => Fetch::NoSuchRef { stderr },
            Exit::TimedOut => Fetch::Unreachable { stderr },
            _ if stderr.contains("[rejected]") => Fetch::NotForward { stderr },
            _ if cut_off(&stderr) => Fetch::Unreachable { stderr },
            _ => return Err(failure(&finished, "fetch")),
        })
    }

    /// Asks a remote where these refs (full names) stand.
    ///
    /// # Errors
    /// [`GitError::BadRefName`]; [`GitError::Git`] when git failed for a local reason.
    pub fn ls_remote<S: AsRef<str>>(
        &self,
        remote: &RemoteName,
        refs: &[S],
        limit: Duration,
    ) -> Result<Listing, GitError> {
        let mut args = ["ls-remote", "--refs", "--end-of-options"]
            .map(str::to_owned)
            .to_vec();
        args.push(remote.to_string());
        for name in refs {
            full_name(name.as_ref())?;
            args.push(name.as_ref().to_owned());
        }
        let finished = self.runner.run(&self.git_beyond(&args).limit(limit))?;
        if !finished.success() {
            let stderr = finished.stderr.text();
            let away = finished.exit == Exit::TimedOut || cut_off(&stderr);
            return if away {
                Ok(Listing::Unreachable { stderr })
            } else {
                Err(failure(&finished, "ls-remote"))
            };
        }
        super::repo::whole(&finished, "ls-remote")?;
        Ok(Listing::Refs(output::listing(
            &finished.stdout.text(),
            refs,
        )))
    }

    /// A git command that talks to a remote. Where the person has set no ssh command, ssh asks
    /// nothing: a question about a host key or a passphrase would hold it until the limit.
    fn git_beyond(&self, args: &[String]) -> Spawn {
        let spawn = self.git(args);
        let environment = self.runner.environment();
        let own = ["GIT_SSH_COMMAND", "GIT_SSH"]
            .iter()
            .any(|name| environment.contains_key(std::ffi::OsStr::new(name)));
        if own || self.config_str("core.sshCommand").is_some() {
            return spawn;
        }
        spawn.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    }

    fn refuse_silent_rewind(&self, update: &PushUpdate) -> Result<(), GitError> {
        let (Expect::At(base), Some(tip), false) = (update.expect, update.new, update.rewind)
        else {
            return Ok(());
        };
        if self.is_ancestor(base, tip)? {
            return Ok(());
        }
        Err(GitError::NotDescendant { base, tip })
    }
}

/// A refspec of full ref names, with at most one `*` on each side.
fn checked_refspec(refspec: &str) -> Result<String, GitError> {
    let bad = || GitError::BadRefName {
        name: refspec.to_owned(),
    };
    let plain = refspec.strip_prefix('+').unwrap_or(refspec);
    let (from, to) = plain.split_once(':').ok_or_else(bad)?;
    for side in [from, to] {
        full_name(&side.replacen('*', "x", 1))?;
    }
    Ok(refspec.to_owned())
}

/// How long to wait between pushes that met a lock of the remote. Two seconds in all: a lock that
/// outlives them is stale, or its holder is in trouble.
const LOCK_PAUSES: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(80),
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_millis(1000),
];

/// How often a fetch tries a lock of this repository that others hold.
const MOST_LOCKS: u64 = 6;

/// How a fetch met another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// The other moved a ref between the answer of the remote and the update here.
    Moved,
    /// The other holds the lock of a ref.
    Lock,
}

fn met(error: &GitError) -> Option<Met> {
    let said = error.to_string();
    if said.contains("but expected") || said.contains("reference already exists") {
        return Some(Met::Moved);
    }
    let lock = matches!(error, GitError::Locked { .. }) || said.contains("cannot lock ref");
    lock.then_some(Met::Lock)
}

/// Texts of git, curl and ssh that are said before a remote was asked for anything.
const NOT_REACHED: [&str; 16] = [
    "Could not resolve host",
    "Could not resolve hostname",
    "Connection refused",
    "Connection timed out",
    "No route to host",
    "Network is unreachable",
    "Failed to connect",
    "Could not connect",
    "does not appear to be a git repository",
    "not found",
    "Permission denied",
    "Authentication failed",
    "could not read Username",
    "Host key verification failed",
    "unable to connect",
    "Could not read from remote repository",
];

/// Texts that a connection leaves which ended amid the conversation.
const CUT_OFF: [&str; 10] = [
    "hung up unexpectedly",
    "unexpected disconnect",
    "RPC failed",
    "early EOF",
    "read error",
    "write error",
    "expected flush after",
    "error reading section header",
    "error in sideband demultiplexer",
    "invalid server response",
];

fn not_reached(stderr: &str) -> bool {
    let said = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
    said(&NOT_REACHED) && !said(&CUT_OFF)
}

fn cut_off(stderr: &str) -> bool {
    not_reached(stderr)
        || CUT_OFF.iter().any(|text| stderr.contains(text))
        || stderr.contains("unable to access")
        || stderr.contains("remote error:")
}

/// A status line of `git push --porcelain` for a ref that was not updated.
struct Rejected {
    name: String,
    summary: String,
}

/// The outcome of a push as `git push --porcelain` tells it, by the table of facts/reliability §2.4.
#[must_use]
pub fn classify(finished: &Finished) -> PushOutcome {
    let stderr = finished.stderr.text();
    if finished.success() {
        return PushOutcome::Won;
    }
    let timed_out = finished.exit == Exit::TimedOut;
    let stdout = String::from_utf8_lossy(&finished.stdout.bytes);
    let rejected: Vec<Rejected> = stdout.lines().filter_map(rejected_line).collect();
    let mut refused = None;
    let mut collateral = None;
    let mut unknown = false;
    for Rejected { name, summary } in rejected {
        if lost(&summary, &stderr) {
            let reason = lost_reason(&summary, &stderr);
            return PushOutcome::Lost { name, reason };
        }
        if told_by_our_hook(STALE, &summary, &stderr) {
            return PushOutcome::Outdated { name, stderr };
        }
        if let Some((locked, lock)) = held_lock(&summary, &stderr) {
            let name = locked.unwrap_or(name);
            return PushOutcome::Locked { name, lock };
        }
        if summary.contains("[remote failure]") {
            unknown = true;
        } else if summary.contains("atomic") {
            collateral = Some((name, summary));
        } else {
            refused = Some((name, summary));
        }
    }
    if !unknown && let Some((name, reason)) = refused.or(collateral) {
        return PushOutcome::Refused {
            denial: Denial::of_ref(&reason, &stderr),
            name,
            reason,
            stderr,
        };
    }
    if unknown || timed_out {
        return PushOutcome::Indeterminate { timed_out, stderr };
    }
    if let Some((denial, reason)) = Denial::of_push(&stderr) {
        let (name, reason) = (String::new(), reason.to_owned());
        return PushOutcome::Refused {
            denial,
            name,
            reason,
            stderr,
        };
    }
    if not_reached(&stderr) || stderr.contains("remote error:") {
        return PushOutcome::Unreachable { stderr };
    }
    PushOutcome::Indeterminate { timed_out, stderr }
}

/// `!<TAB>from:to<TAB>[rejected] (reason)`.
fn rejected_line(line: &str) -> Option<Rejected> {
    let mut fields = line.strip_prefix("!\t")?.splitn(2, '\t');
    let (refs, summary) = (fields.next()?, fields.next()?);
    let (_, name) = refs.rsplit_once(':')?;
    Some(Rejected {
        name: name.to_owned(),
        summary: summary.to_owned(),
    })
}

fn lost(summary: &str, stderr: &str) -> bool {
    let by_us = [
        "stale info",
        "fetch first",
        "non-fast-forward",
        "needs force",
        "already exists",
    ];
    if summary.starts_with("[rejected]") {
        return by_us.iter().any(|reason| summary.contains(reason));
    }
    // It looks before git does.
    if told_by_our_hook(MOVED, summary, stderr) {
        return true;
    }
    let race = ["incorrect old value", "already exists"];
    let raced = race.iter().any(|reason| summary.contains(reason));
    let moved = stderr.contains("but expected") || stderr.contains("reference already exists");
    let unsaid = summary.contains("failed to update ref") && !locked(stderr);
    summary.starts_with("[remote rejected]") && (raced || unsaid || by_the_refs(summary) && moved)
}

/// Whether our own hook on the remote refused by this rule.
fn told_by_our_hook(rule: &str, summary: &str, stderr: &str) -> bool {
    summary.contains("hook declined") && stderr.contains(&format!("  {rule}: "))
}

/// Whether it was the remote's store of refs that did not take an update: one summary for a lost
/// race and for a lock, only stderr tells which.
fn by_the_refs(summary: &str) -> bool {
    let reasons = [
        "failed to update ref",
        "cannot lock ref",
        "atomic transaction failed",
        "atomic push failure",
    ];
    reasons.iter().any(|reason| summary.contains(reason))
}

fn locked(stderr: &str) -> bool {
    // A reftable has one lock for all refs and does not name it.
    stderr.contains(": File exists") || stderr.contains("cannot lock references")
}

/// The ref whose lock was met and the lock's path on the remote, as far as they are told.
fn held_lock(summary: &str, stderr: &str) -> Option<(Option<String>, Option<String>)> {
    if !(summary.starts_with("[remote rejected]") && by_the_refs(summary) && locked(stderr)) {
        return None;
    }
    let between = |before: &str, after: &str| {
        let (_, rest) = stderr.split_once(before)?;
        rest.split_once(after).map(|(text, _)| text.to_owned())
    };
    let lock = between("Unable to create '", "': File exists");
    let lock = lock.map(|path| path.replace("/./", "/"));
    Some((between("cannot lock ref '", "'"), lock))
}

/// The reason for people and callers, with what the remote has.
fn lost_reason(summary: &str, stderr: &str) -> String {
    let tells = |line: &&str| {
        ["but expected", "but the push expected"]
            .iter()
            .any(|text| line.contains(text))
    };
    let telling = stderr.lines().find(tells);
    telling.map_or_else(
        || summary.to_owned(),
        |line| format!("{summary}: {}", line.trim()),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::git::testing::{Lab, put, write};
    use crate::process::Captured;

    fn finished(exit: Exit, stdout: &str, stderr: &str) -> Finished {
        let captured = |text: &str| Captured {
            bytes: text.into(),
            ..Captured::default()
        };
        Finished {
            exit,
            stdout: captured(stdout),
            stderr: captured(stderr),
            duration: Duration::ZERO,
            left_open: false,
        }
    }

    fn of(summary: &str, stderr: &str) -> PushOutcome {
        let stdout = format!("To x\n!\tabc:refs/heads/m\t{summary}\nDone\n");
        classify(&finished(Exit::Code(1), &stdout, stderr))
    }

    #[test]
    fn the_table_of_push_answers_holds() {
        for summary in [
            "[rejected] (stale info)",
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (failed to update ref)",
        ] {
            assert!(
                matches!(of(summary, ""), PushOutcome::Lost { .. }),
                "{summary}"
            );
        }
        for summary in [
            "[remote rejected] (pre-receive hook declined)",
            "[remote rejected] (protected branch hook declined)",
            "[remote rejected] (branch is currently checked out)",
        ] {
            assert!(
                matches!(of(summary, ""), PushOutcome::Refused { .. }),
                "{summary}"
            );
        }
        let moved = "remote:   ref-moved: fetch, then push again";
        let raced = of("[remote rejected] (pre-receive hook declined)", moved);
        assert!(matches!(raced, PushOutcome::Lost { .. }), "{raced:?}");
        let stale = "remote:   rules-stale: it was judged by the rules of 1, and main has others";
        let outdated = of("[remote rejected] (pre-receive hook declined)", stale);
        assert!(
            matches!(outdated, PushOutcome::Outdated { .. }),
            "{outdated:?}"
        );
        let unknown = of("[remote failure] (remote failed to report status)", "");
        assert!(matches!(unknown, PushOutcome::Indeterminate { .. }));
    }

    #[test]
    fn a_lock_of_the_remote_is_told_from_a_lost_race() {
        let held = "remote: error: cannot lock ref 'refs/heads/m': Unable to create \
                    '/r/./refs/heads/m.lock': File exists.        ";
        let moved = "remote: error: cannot lock ref 'refs/heads/m': is at 1 but expected 2";
        let reftable = "remote: error: cannot lock references        ";
        for summary in [
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (atomic transaction failed)",
        ] {
            let (name, lock) = ("refs/heads/m".to_owned(), "/r/refs/heads/m.lock".to_owned());
            let lock = Some(lock);
            assert_eq!(of(summary, held), PushOutcome::Locked { name, lock });
            assert!(matches!(of(summary, moved), PushOutcome::Lost { .. }));
            let unnamed = of(summary, reftable);
            assert!(matches!(unnamed, PushOutcome::Locked { lock: None, .. }));
        }
    }

    #[test]
    fn a_stale_lock_of_the_remote_is_named_after_a_few_tries() {
        let (lab, repo, _) = server();
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let lock = lab.path("server/refs/heads/laneway.lock");
        put(&lock, "");
        let begun = Instant::now();
        for atomic in [false, true] {
            let spec = PushSpec {
                remote: origin(),
                updates: vec![update(LEDGER, Expect::Absent, Some(a))],
                atomic,
                limit: Duration::from_secs(30),
            };
            let PushOutcome::Locked { name, lock: told } = repo.push(&spec).unwrap() else {
                panic!("atomic: {atomic}")
            };
            assert_eq!(
                (name.as_str(), told),
                (LEDGER, Some(lock.display().to_string()))
            );
        }
        assert!(begun.elapsed() < Duration::from_secs(15));
        std::fs::remove_file(&lock).unwrap();
        let freed = push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]);
        assert_eq!(freed, PushOutcome::Won);
    }

    #[test]
    fn a_lock_of_the_remote_that_is_let_go_is_waited_for() {
        let (lab, repo, _) = server();
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let lock = lab.path("server/refs/heads/laneway.lock");
        put(&lock, "");
        let release = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            std::fs::remove_file(lock).unwrap();
        });
        let won = push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]);
        release.join().unwrap();
        assert_eq!(won, PushOutcome::Won);
    }

    #[test]
    fn silence_is_indeterminate_and_a_refused_connection_is_not() {
        let cut = finished(
            Exit::Code(128),
            "",
            "fatal: the remote end hung up unexpectedly",
        );
        assert!(matches!(classify(&cut), PushOutcome::Indeterminate { .. }));
        let killed = finished(Exit::TimedOut, "", "");
        assert!(matches!(
            classify(&killed),
            PushOutcome::Indeterminate {
                timed_out: true,
                ..
            }
        ));
        let away = finished(
            Exit::Code(128),
            "",
            "ssh: connect to host x port 22: Connection refused\nfatal: Could not read from remote \
             repository.",
        );
        assert!(matches!(classify(&away), PushOutcome::Unreachable { .. }));
    }

    #[test]
    fn a_conversation_that_was_cut_off_is_no_fault_of_this_machine() {
        for said in [
            "fatal: expected flush after ref listing",
            "fatal: read error: Connection reset by peer",
            "fatal: error reading section header 'acknowledgments'",
            "error: RPC failed; curl 56 Recv failure: Connection reset by peer",
        ] {
            assert!(cut_off(said) && !not_reached(said), "{said}");
        }
    }

    /// A clone `repo` of a bare `server`, and a second clone `other`.
    fn server() -> (Lab, Repo, Repo) {
        let lab = Lab::new();
        let server = lab.init("server", &["--bare"]);
        let repo = lab.open(&lab.init("repo", &[]));
        let other = lab.open(&lab.init("other", &[]));
        let url = format!("file://{}", server.display());
        for name in ["repo", "other"] {
            lab.git(&lab.path(name), &["remote", "add", "origin", &url]);
        }
        let again = |repo: Repo| lab.open(&repo.git_dir());
        let (repo, other) = (again(repo), again(other));
        (lab, repo, other)
    }

    fn origin() -> RemoteName {
        RemoteName::new("origin").unwrap()
    }

    fn update(name: &str, expect: Expect, new: Option<ObjectId>) -> PushUpdate {
        PushUpdate {
            name: name.into(),
            new,
            expect,
            rewind: false,
        }
    }

    fn push(repo: &Repo, updates: &[PushUpdate]) -> PushOutcome {
        let limit = Duration::from_secs(30);
        let (remote, updates) = (origin(), updates.to_vec());
        repo.push(&PushSpec {
            remote,
            updates,
            atomic: true,
            limit,
        })
        .unwrap()
    }

    const LEDGER: &str = "refs/heads/laneway";

    #[test]
    fn a_push_is_a_compare_and_swap() {
        let (lab, repo, other) = server();
        let (a, z) = (
            write(&repo, &[], &[("a", Some("1"))]),
            write(&other, &[], &[("z", Some("1"))]),
        );
        assert_eq!(
            push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]),
            PushOutcome::Won
        );
        let late = push(&other, &[update(LEDGER, Expect::Absent, Some(z))]);
        assert!(
            matches!(&late, PushOutcome::Lost { name, .. } if name == LEDGER),
            "{late:?}"
        );
        let limit = Duration::from_secs(30);
        let spec = "refs/heads/laneway:refs/remotes/origin/laneway";
        assert_eq!(other.fetch(&origin(), &[spec], limit).unwrap(), Fetch::Done);
        assert_eq!(other.tip("refs/remotes/origin/laneway").unwrap(), Some(a));
        let b = write(&other, &[a], &[("a", Some("2"))]);
        let work = update("refs/laneway/work/T/1", Expect::Absent, Some(b));
        let both = [update(LEDGER, Expect::At(a), Some(b)), work];
        assert_eq!(push(&other, &both), PushOutcome::Won);
        let c = write(&repo, &[a], &[("a", Some("3"))]);
        let fresh = update("refs/laneway/work/U/1", Expect::Absent, Some(c));
        let stale = push(&repo, &[update(LEDGER, Expect::At(a), Some(c)), fresh]);
        assert!(
            matches!(&stale, PushOutcome::Lost { name, .. } if name == LEDGER),
            "{stale:?}"
        );
        let names = [LEDGER, "refs/laneway/work/T/1", "refs/laneway/work/U/1"];
        let Listing::Refs(refs) = repo.ls_remote(&origin(), &names, limit).unwrap() else {
            panic!()
        };
        let expected = [
            (LEDGER.to_owned(), b),
            ("refs/laneway/work/T/1".to_owned(), b),
        ];
        assert_eq!(refs, BTreeMap::from(expected), "all or none");
        let gone = update("refs/laneway/work/T/1", Expect::At(b), None);
        assert_eq!(push(&repo, &[gone]), PushOutcome::Won);
        lab.git(&lab.path("server"), &["update-ref", "-d", LEDGER]);
        let deleted = push(&other, &[update(LEDGER, Expect::At(b), Some(b))]);
        assert!(
            matches!(deleted, PushOutcome::Lost { .. }),
            "never recreated: {deleted:?}"
        );
    }

    #[test]
    fn a_rewind_must_be_asked_for() {
        let (_lab, repo, _) = server();
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let b = write(&repo, &[], &[("a", Some("2"))]);
        assert_eq!(
            push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]),
            PushOutcome::Won
        );
        let mut back = update(LEDGER, Expect::At(a), Some(b));
        let limit = Duration::from_secs(30);
        let spec = |back: &PushUpdate| PushSpec {
            remote: origin(),
            updates: vec![back.clone()],
            atomic: false,
            limit,
        };
        let error = repo.push(&spec(&back)).unwrap_err();
        assert!(matches!(error, GitError::NotDescendant { .. }), "{error}");
        back.rewind = true;
        assert_eq!(repo.push(&spec(&back)).unwrap(), PushOutcome::Won);
    }

    #[test]
    fn a_hook_that_says_no_is_a_refusal_with_its_words() {
        let (lab, repo, _) = server();
        let hook = lab.path("server/hooks/pre-receive");
        put(&hook, "#!/bin/sh\necho not today >&2\nexit 1\n");
        let chmod = lab
            .runner
            .shell(format!("chmod +x {}", hook.display()), lab.dir.path());
        lab.runner.run(&chmod).unwrap();
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let refused = push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]);
        let PushOutcome::Refused {
            denial,
            reason,
            stderr,
            ..
        } = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(denial, Denial::Hook);
        assert!(reason.contains("pre-receive") && stderr.contains("not today"));
    }

    #[test]
    fn a_remote_without_atomic_push_refuses() {
        let (lab, repo, _) = server();
        lab.git(
            &lab.path("server"),
            &["config", "receive.advertiseAtomic", "false"],
        );
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let refused = push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]);
        assert!(
            matches!(refused, PushOutcome::Refused { .. }),
            "{refused:?}"
        );
    }

    #[test]
    fn a_remote_that_is_away_is_unreachable_for_every_verb() {
        let (lab, repo, _) = server();
        std::fs::rename(lab.path("server"), lab.path("away")).unwrap();
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let away = push(&repo, &[update(LEDGER, Expect::Absent, Some(a))]);
        assert!(matches!(away, PushOutcome::Unreachable { .. }), "{away:?}");
        let limit = Duration::from_secs(30);
        let fetched = repo
            .fetch(&origin(), &["refs/heads/*:refs/remotes/origin/*"], limit)
            .unwrap();
        assert!(matches!(fetched, Fetch::Unreachable { .. }), "{fetched:?}");
        let listed = repo.ls_remote(&origin(), &[LEDGER], limit).unwrap();
        assert!(matches!(listed, Listing::Unreachable { .. }), "{listed:?}");
    }

    #[test]
    fn a_remote_that_never_answers_is_given_up_at_the_limit() {
        let (lab, repo, _) = server();
        let hook = lab.path("server/hooks/pre-receive");
        put(&hook, "#!/bin/sh\nexec sleep 20\n");
        let chmod = lab
            .runner
            .shell(format!("chmod +x {}", hook.display()), lab.dir.path());
        lab.runner.run(&chmod).unwrap();
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let updates = vec![update(LEDGER, Expect::Absent, Some(a))];
        let limit = Duration::from_secs(1);
        let spec = PushSpec {
            remote: origin(),
            updates,
            atomic: true,
            limit,
        };
        let outcome = repo.push(&spec).unwrap();
        assert!(
            matches!(
                outcome,
                PushOutcome::Indeterminate {
                    timed_out: true,
                    ..
                }
            ),
            "{outcome:?}"
        );
    }

    /// The ref moves under each of the first eight fetches, as a busy clone's does.
    #[test]
    fn a_fetch_outlasts_others_that_move_the_ref_meanwhile() {
        let (lab, repo, other) = server();
        let mut tips = vec![write(&repo, &[], &[("a", Some("0"))])];
        for n in 1..10 {
            let parent = tips[n - 1];
            tips.push(write(&repo, &[parent], &[("a", Some(&n.to_string()))]));
        }
        let (limit, tracking) = (Duration::from_secs(60), "refs/remotes/origin/laneway");
        let spec = format!("{LEDGER}:{tracking}");
        let fetch = || other.fetch(&origin(), &[&spec], limit).unwrap();
        for (was, tip) in [(Expect::Absent, 0), (Expect::At(tips[0]), 1)] {
            push(&repo, &[update(LEDGER, was, Some(tips[tip]))]);
            assert_eq!(fetch(), Fetch::Done);
        }
        // The server has all from now on, and its ref goes on with each fetch: no fetch is empty.
        let all = update("refs/heads/all", Expect::Absent, Some(tips[9]));
        assert_eq!(push(&repo, &[all]), PushOutcome::Won);
        let [script, tried, here, there] =
            ["serve", "tried", "other/.git", "server"].map(|at| lab.path(at).display().to_string());
        let text = format!(
            "#!/bin/sh\nn=$(($(cat {tried} 2>/dev/null || echo 1) + 1))\n\
             if [ $n -gt 9 ]; then exec git-upload-pack \"$@\"; fi\n\
             echo $n >{tried}\n\
             git -C {there} update-ref {LEDGER} all~$((9 - n))\n\
             git-upload-pack \"$@\"\n\
             [ $((n % 2)) = 0 ] && to={} || to={}\n\
             git --git-dir={here} update-ref {tracking} $to\n",
            tips[0], tips[1]
        );
        put(Path::new(&script), &text);
        let chmod = lab
            .runner
            .shell(format!("chmod +x {script}"), lab.dir.path());
        lab.runner.run(&chmod).unwrap();
        lab.git(
            &lab.path("other"),
            &["config", "remote.origin.uploadpack", &script],
        );
        assert_eq!(fetch(), Fetch::Done);
        assert_eq!(std::fs::read_to_string(&tried).unwrap().trim(), "9");
        assert_eq!(other.tip(tracking).unwrap(), Some(tips[9]));
    }

    #[test]
    fn fetch_tells_a_missing_ref_and_a_rewound_one() {
        let (lab, repo, other) = server();
        let limit = Duration::from_secs(30);
        let spec = "refs/heads/laneway:refs/remotes/origin/laneway";
        let missing = other.fetch(&origin(), &[spec], limit).unwrap();
        assert!(matches!(missing, Fetch::NoSuchRef { .. }), "{missing:?}");
        let a = write(&repo, &[], &[("a", Some("1"))]);
        let b = write(&repo, &[a], &[("a", Some("2"))]);
        push(&repo, &[update(LEDGER, Expect::Absent, Some(b))]);
        assert_eq!(other.fetch(&origin(), &[spec], limit).unwrap(), Fetch::Done);
        lab.git(&lab.path("server"), &["update-ref", LEDGER, &a.to_string()]);
        let back = other.fetch(&origin(), &[spec], limit).unwrap();
        assert!(matches!(back, Fetch::NotForward { .. }), "{back:?}");
        assert_eq!(other.tip("refs/remotes/origin/laneway").unwrap(), Some(b));
        for bad in [
            "--upload-pack=touch x",
            "refs/heads/a",
            "a:b",
            ":refs/heads/a",
        ] {
            assert!(other.fetch(&origin(), &[bad], limit).is_err(), "{bad}");
        }
        assert!(other.remote_url(&origin()).unwrap().ends_with("/server"));
    }
}
