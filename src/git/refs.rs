use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use gix::bstr::ByteSlice as _;
use gix::lock::acquire::Fail;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefLog};
use gix::refs::{FullName, Target};

use super::durable::flush_all;
use super::repo::{ours, theirs};
use super::{GitError, Repo};
use crate::domain::id::ObjectId;

/// How long a ref's lock file may stay before the edit gives up.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// What a ref must be for an edit to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// There is no such ref.
    Absent,
    /// It stands at this object.
    At(ObjectId),
}

/// One ref to be moved, made or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefEdit {
    /// The full name, `refs/…`.
    pub name: String,
    /// What it must be before.
    pub expect: Expect,
    /// What it shall be; `None` deletes it.
    pub new: Option<ObjectId>,
}

/// What came of a compare-and-swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cas {
    /// Every ref has its new value.
    Moved,
    /// No ref was touched: this one was not as expected.
    Lost {
        /// The ref.
        name: String,
        /// Where it stands.
        actual: Option<ObjectId>,
    },
}

/// Whether a move is flushed to the disk before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is: a power cut after the call keeps it.
    Full,
    /// It may be lost in a power cut within seconds, and never leaves a ref without content or at
    /// objects without content: those are flushed, the directories are not.
    Fast,
}

impl Repo {
    /// Where a ref stands; `None` when there is none.
    ///
    /// # Errors
    /// [`GitError::BadRefName`]; [`GitError::SymbolicRef`]; [`GitError::Library`] when the ref's
    /// file is damaged.
    pub fn tip(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        let full = full_name(name)?;
        if self.reftable {
            return self.tip_by_cli(name);
        }
        let found = self.inner.refs.try_find(full.as_ref());
        let found = found.map_err(|error| GitError::library(format!("read `{name}`"), &error))?;
        match found
            .filter(|found| found.name == full)
            .map(|found| found.target)
        {
            None => Ok(None),
            Some(Target::Object(id)) => Ok(ours(&id)),
            Some(Target::Symbolic(_)) => Err(GitError::SymbolicRef {
                name: name.to_owned(),
            }),
        }
    }

    /// The ref that `name` is another name of, where it is a symbolic ref; that one may not exist.
    ///
    /// # Errors
    /// [`GitError::BadRefName`]; [`GitError::Library`] or [`GitError::Git`] when it cannot be read.
    pub fn leads_to(&self, name: &str) -> Result<Option<String>, GitError> {
        let full = full_name(name)?;
        if self.reftable {
            return self.leads_to_by_cli(name);
        }
        let found = self.inner.refs.try_find(full.as_ref());
        let found = found.map_err(|error| GitError::library(format!("read `{name}`"), &error))?;
        let found = found.filter(|found| found.name == full);
        Ok(found.and_then(|found| match found.target {
            Target::Symbolic(real) => Some(real.as_bstr().to_str_lossy().into_owned()),
            Target::Object(_) => None,
        }))
    }

    /// The refs below `prefix` (`refs/heads/`, `refs/laneway/work/A-1/`) and where they stand.
    /// Symbolic refs are left out.
    ///
    /// # Errors
    /// [`GitError::BadRefName`] when the prefix does not begin with `refs/` and end with `/`.
    pub fn refs_with_prefix(&self, prefix: &str) -> Result<BTreeMap<String, ObjectId>, GitError> {
        let bad = || GitError::BadRefName {
            name: prefix.to_owned(),
        };
        let stem = prefix.strip_suffix('/').ok_or_else(bad)?;
        if stem != "refs" {
            full_name(stem)?;
        }
        if self.reftable {
            return self.refs_by_cli(prefix);
        }
        let doing = || format!("list `{prefix}`");
        let library = |error: &gix::Error| GitError::library(doing(), error);
        let platform = self.inner.references().map_err(|error| library(&error))?;
        let mut found = BTreeMap::new();
        for item in platform.prefixed(prefix).map_err(|error| library(&error))? {
            let item = item.map_err(|error| GitError::Library {
                doing: doing(),
                why: error.to_string(),
            })?;
            if let Some(id) = item.try_id().and_then(|id| ours(&id)) {
                found.insert(item.name().as_bstr().to_str_lossy().into_owned(), id);
            }
        }
        Ok(found)
    }

    /// Moves refs by compare-and-swap: all in one transaction, or none.
    ///
    /// Symbolic refs are never followed. Reflogs are written as the repository is configured, under
    /// `reflog_message`. No hook runs. A crash amid several refs may leave some moved (git's files
    /// format renames them one by one; reftable does not).
    ///
    /// # Errors
    /// [`GitError::Locked`] when a lock file stays for 2 seconds and may be held; [`GitError::MissingObject`] when a
    /// new value is not here; [`GitError::RefInTheWay`]; [`GitError::BadRefName`].
    pub fn cas(
        &self,
        edits: &[RefEdit],
        reflog_message: &str,
        durability: Durability,
    ) -> Result<Cas, GitError> {
        let mut names = BTreeSet::new();
        for edit in edits {
            full_name(&edit.name)?;
            if !names.insert(edit.name.as_str()) {
                return Err(GitError::BadRefName {
                    name: edit.name.clone(),
                });
            }
            if let Some(id) = edit.new.filter(|id| !self.exists(*id)) {
                return Err(self.missing(id));
            }
        }
        let message = reflog_message.replace(['\n', '\r', '\0'], " ");
        self.past_stale_locks(&self.locks_of(edits), || {
            if self.reftable {
                return self.cas_by_cli(edits, &message, durability);
            }
            if let Some(lost) = self.first_lost(edits)? {
                return Ok(lost);
            }
            self.refuse_collisions(edits)?;
            let _move = self.begin_move()?;
            self.cas_in_process(edits, &message, durability)
        })
    }

    /// The lock files that moving these refs takes.
    fn locks_of(&self, edits: &[RefEdit]) -> Vec<PathBuf> {
        let files = edits.iter().map(|edit| self.ref_file(&edit.name));
        let packed = self.common_dir().join("packed-refs");
        let files = files.chain([packed]);
        files.map(|file| lock_of(&file)).collect()
    }

    /// The first ref that is not as expected, without any lock.
    pub(super) fn first_lost(&self, edits: &[RefEdit]) -> Result<Option<Cas>, GitError> {
        for edit in edits {
            let actual = self.tip(&edit.name)?;
            let as_expected = match edit.expect {
                Expect::Absent => actual.is_none(),
                Expect::At(id) => actual == Some(id),
            };
            if !as_expected {
                return Ok(Some(Cas::Lost {
                    name: edit.name.clone(),
                    actual,
                }));
            }
        }
        Ok(None)
    }

    fn cas_in_process(
        &self,
        edits: &[RefEdit],
        message: &str,
        durability: Durability,
    ) -> Result<Cas, GitError> {
        let changes: Result<Vec<_>, _> = edits
            .iter()
            .filter_map(|edit| change(edit, message))
            .collect();
        let wait = Fail::AfterDurationWithBackoff(LOCK_WAIT);
        let prepared = match self.inner.refs.transaction().prepare(changes?, wait, wait) {
            Ok(prepared) => prepared,
            Err(error) => return self.why_not_prepared(edits, &error),
        };
        // Under the locks: gix takes a ref that has the new value already for a created one.
        if let Some(lost) = self.first_lost(edits)? {
            return Ok(lost);
        }
        let files: Vec<PathBuf> = edits.iter().map(|edit| self.ref_file(&edit.name)).collect();
        // Before the rename: a crash must never show a ref file without content.
        flush_all(files.iter().map(|file| lock_of(file)).collect())?;
        let committer = self.reflog_committer();
        let mut time = gix::date::parse::TimeBuf::default();
        prepared
            .commit(committer.to_ref(&mut time))
            .map_err(|error| GitError::library("move refs", &error))?;
        if durability == Durability::Full {
            self.flush_refs(edits, &files)?;
        }
        Ok(Cas::Moved)
    }

    /// Makes a ref durable that another process has moved and may not have flushed.
    ///
    /// # Errors
    /// [`GitError::Io`].
    pub fn flush_ref(&self, name: &str) -> Result<(), GitError> {
        full_name(name)?;
        if self.reftable {
            let dir = self.common_dir().join("reftable");
            let tables = std::fs::read_dir(&dir).map_err(GitError::io(&dir))?;
            let tables = tables.filter_map(Result::ok).map(|entry| entry.path());
            return flush_all(std::iter::once(dir).chain(tables).collect());
        }
        let file = self.ref_file(name);
        if file.exists() {
            flush_all(vec![file.clone()])?;
        }
        self.flush_refs(&[], &[file])
    }

    /// Whether a transaction that could not be prepared was lost, met a lock, or failed.
    fn why_not_prepared(&self, edits: &[RefEdit], error: &gix::Error) -> Result<Cas, GitError> {
        if let Some(lost) = self.first_lost(edits)? {
            return Ok(lost);
        }
        let locks = self.locks_of(edits);
        if let Some(path) = locks.into_iter().find(|lock| lock.exists()) {
            return Err(GitError::Locked { path, lock: None });
        }
        match edits.first() {
            // It changed and changed back: whoever held the expected value has lost it once.
            Some(first) if error.is_conflict() || error.is_not_found() => {
                let (name, actual) = (first.name.clone(), self.tip(&first.name)?);
                Ok(Cas::Lost { name, actual })
            }
            Some(first) if error.is_retryable() => Err(GitError::Locked {
                path: lock_of(&self.ref_file(&first.name)),
                lock: None,
            }),
            _ => Err(GitError::library("move refs", error)),
        }
    }

    /// Flushes the directories of moved refs up to `refs`, and what deletion rewrote.
    fn flush_refs(&self, edits: &[RefEdit], files: &[PathBuf]) -> Result<(), GitError> {
        let common = self.common_dir();
        let refs = common.join("refs");
        let mut paths = BTreeSet::new();
        for file in files {
            let parents = file
                .ancestors()
                .skip(1)
                .take_while(|dir| dir.starts_with(&refs));
            paths.extend(parents.map(ToOwned::to_owned));
        }
        let deleted = edits.iter().any(|edit| edit.new.is_none());
        if deleted {
            paths.extend([common.join("packed-refs"), common]);
        }
        flush_all(paths.into_iter().collect())
    }

    /// Refuses a new ref beneath an existing one, or above: gix does not look into packed refs.
    fn refuse_collisions(&self, edits: &[RefEdit]) -> Result<(), GitError> {
        let created = edits.iter().filter(|edit| edit.expect == Expect::Absent);
        for edit in created {
            let clash = |other: String| GitError::RefInTheWay {
                name: edit.name.clone(),
                other,
            };
            let below = self.refs_with_prefix(&format!("{}/", edit.name))?;
            if let Some(other) = below.into_keys().next() {
                return Err(clash(other));
            }
            let mut parent = edit.name.as_str();
            while let Some((above, _)) = parent.rsplit_once('/') {
                if above.matches('/').count() > 1 && self.tip(above)?.is_some() {
                    return Err(clash(above.to_owned()));
                }
                parent = above;
            }
        }
        Ok(())
    }

    fn ref_file(&self, name: &str) -> PathBuf {
        self.common_dir().join(name)
    }

    /// Who stands in the reflog: never absent, or git would fail after some refs have moved.
    fn reflog_committer(&self) -> gix::actor::Signature {
        let identity = self.identity();
        let (name, email) = identity.map_or_else(
            || ("laneway".to_owned(), "laneway@localhost".to_owned()),
            |identity| (identity.name, identity.email),
        );
        let plain = |text: String| text.replace(['<', '>', '\n', '\0'], "").trim().to_owned();
        gix::actor::Signature {
            name: plain(name).into(),
            email: plain(email).into(),
            // The zone of this machine would cost reading the whole data base of zones.
            time: gix::date::Time::now_utc(),
        }
    }
}

/// Checks a full ref name of the shared name space: `refs/…`, no worktree-private ones.
pub(super) fn full_name(name: &str) -> Result<FullName, GitError> {
    let bad = || GitError::BadRefName {
        name: name.to_owned(),
    };
    let private = ["refs/bisect", "refs/worktree", "refs/rewritten"];
    let plain = name.starts_with("refs/") && !name.chars().any(|c| c.is_control());
    let shared = !private.iter().any(|root| name.starts_with(root));
    if !plain || !shared {
        return Err(bad());
    }
    FullName::try_from(name).map_err(|_| bad())
}

fn lock_of(file: &std::path::Path) -> PathBuf {
    let mut lock = file.as_os_str().to_owned();
    lock.push(".lock");
    PathBuf::from(lock)
}

/// The library's form of an edit; none for one that asks for nothing (absent, and to be deleted).
fn change(
    edit: &RefEdit,
    message: &str,
) -> Option<Result<gix::refs::transaction::RefEdit, GitError>> {
    let expected = match edit.expect {
        Expect::Absent => PreviousValue::MustNotExist,
        Expect::At(id) => PreviousValue::MustExistAndMatch(Target::Object(theirs(id))),
    };
    let change = match edit.new {
        Some(new) => Change::Update {
            log: LogChange {
                mode: RefLog::AndReference,
                force_create_reflog: false,
                message: message.into(),
            },
            expected,
            new: Target::Object(theirs(new)),
        },
        None if edit.expect == Expect::Absent => return None,
        None => Change::Delete {
            expected,
            log: RefLog::AndReference,
        },
    };
    Some(full_name(&edit.name).map(|name| gix::refs::transaction::RefEdit::new(name, change)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, create, put, set, write};

    /// Every kind of ref storage.
    const FORMATS: [&[&str]; 4] = [
        &[],
        &["--object-format=sha256"],
        &["--bare"],
        &["--ref-format=reftable"],
    ];

    fn two(repo: &Repo) -> (ObjectId, ObjectId) {
        let first = write(repo, &[], &[("a", Some("1"))]);
        (first, write(repo, &[first], &[("a", Some("2"))]))
    }

    fn edit(name: &str, expect: Expect, new: Option<ObjectId>) -> RefEdit {
        RefEdit {
            name: name.into(),
            expect,
            new,
        }
    }

    #[test]
    fn one_of_two_writers_wins_in_every_format() {
        for format in FORMATS {
            let (_lab, repo) = Lab::with_repo(format);
            let (a, b) = two(&repo);
            let name = "refs/heads/laneway";
            let go =
                |edits: &[RefEdit]| repo.cas(edits, "test\nmessage", Durability::Full).unwrap();
            assert_eq!(go(&[create(name, a)]), Cas::Moved, "{format:?}");
            let lost = |actual| Cas::Lost {
                name: name.into(),
                actual,
            };
            assert_eq!(
                go(&[create(name, a)]),
                lost(Some(a)),
                "same value, still not ours"
            );
            assert_eq!(go(&[create(name, b)]), lost(Some(a)));
            assert_eq!(go(&[edit(name, Expect::At(b), Some(a))]), lost(Some(a)));
            assert_eq!(go(&[edit(name, Expect::At(a), Some(b))]), Cas::Moved);
            assert_eq!(repo.tip(name).unwrap(), Some(b));
            assert_eq!(go(&[edit(name, Expect::At(b), None)]), Cas::Moved);
            assert_eq!(repo.tip(name).unwrap(), None);
            assert_eq!(
                go(&[edit(name, Expect::At(b), Some(a))]),
                lost(None),
                "never recreated"
            );
        }
    }

    #[test]
    fn two_refs_move_together_or_not_at_all() {
        for format in FORMATS {
            let (_lab, repo) = Lab::with_repo(format);
            let (a, b) = two(&repo);
            let (x, y) = ("refs/heads/x", "refs/laneway/work/T-1/3");
            let go = |edits: &[RefEdit]| repo.cas(edits, "test", Durability::Full).unwrap();
            assert_eq!(go(&[create(x, a), create(y, a)]), Cas::Moved, "{format:?}");
            let stale = [
                edit(x, Expect::At(a), Some(b)),
                edit(y, Expect::At(b), Some(a)),
            ];
            assert_eq!(
                go(&stale),
                Cas::Lost {
                    name: y.into(),
                    actual: Some(a)
                }
            );
            assert_eq!(repo.tip(x).unwrap(), Some(a));
            let both = [
                edit(x, Expect::At(a), Some(b)),
                edit(y, Expect::At(a), None),
            ];
            assert_eq!(go(&both), Cas::Moved);
            let all = repo.refs_with_prefix("refs/").unwrap();
            assert_eq!(all, BTreeMap::from([(x.to_owned(), b)]));
        }
    }

    #[test]
    fn packed_refs_count() {
        let (lab, repo) = Lab::with_repo(&[]);
        let (a, b) = two(&repo);
        set(&repo, "refs/heads/p", a);
        set(&repo, "refs/heads/q", a);
        lab.git(&lab.path("repo"), &["pack-refs", "--all"]);
        assert_eq!(repo.tip("refs/heads/p").unwrap(), Some(a));
        set(&repo, "refs/heads/p", b);
        let gone = edit("refs/heads/q", Expect::At(a), None);
        assert_eq!(
            repo.cas(&[gone], "t", Durability::Full).unwrap(),
            Cas::Moved
        );
        let listed = lab.git(
            &lab.path("repo"),
            &["for-each-ref", "--format=%(refname) %(objectname)"],
        );
        assert_eq!(listed, format!("refs/heads/p {b}"));
        lab.git(&lab.path("repo"), &["pack-refs", "--all"]);
        let error = repo
            .cas(&[create("refs/heads/p/sub", a)], "t", Durability::Fast)
            .unwrap_err();
        assert!(matches!(error, GitError::RefInTheWay { .. }), "{error}");
    }

    #[test]
    fn symbolic_and_foreign_names_are_refused() {
        for format in [FORMATS[0], FORMATS[3]] {
            let (lab, repo) = Lab::with_repo(format);
            let (a, b) = two(&repo);
            set(&repo, "refs/heads/main", a);
            let args = ["symbolic-ref", "refs/heads/laneway", "refs/heads/main"];
            lab.git(&lab.path("repo"), &args);
            let error = repo.tip("refs/heads/laneway").unwrap_err();
            assert!(matches!(error, GitError::SymbolicRef { .. }), "{error}");
            let edits = [edit("refs/heads/laneway", Expect::At(a), Some(b))];
            assert!(repo.cas(&edits, "t", Durability::Fast).is_err());
            assert_eq!(repo.tip("refs/heads/main").unwrap(), Some(a));
            for name in [
                "HEAD",
                "main",
                "refs/heads/a..b",
                "refs/heads/x.lock",
                "refs/heads/a b",
                "-x",
                "refs/heads/a\nb",
                "refs/worktree/x",
                "refs/../x",
            ] {
                let error = repo.tip(name).unwrap_err();
                assert!(
                    matches!(error, GitError::BadRefName { .. }),
                    "{name:?}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_held_lock_is_named_after_a_bounded_wait() {
        let (lab, repo) = Lab::with_repo(&[]);
        let (a, b) = two(&repo);
        set(&repo, "refs/heads/m", a);
        put(&lab.path("repo/.git/refs/heads/m.lock"), "");
        let started = std::time::Instant::now();
        let edits = [edit("refs/heads/m", Expect::At(a), Some(b))];
        let error = repo.cas(&edits, "t", Durability::Fast).unwrap_err();
        let GitError::Locked { path, .. } = error else {
            panic!("{error}")
        };
        assert!(path.ends_with("refs/heads/m.lock"));
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(repo.tip("refs/heads/m").unwrap(), Some(a));
    }

    #[test]
    fn a_missing_commit_is_never_put_on_a_ref() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let ghost: ObjectId = "1".repeat(40).parse().unwrap();
        let error = repo
            .cas(&[create("refs/heads/m", ghost)], "t", Durability::Fast)
            .unwrap_err();
        assert!(matches!(error, GitError::MissingObject { .. }), "{error}");
    }

    #[test]
    fn branches_get_a_reflog_and_no_hook_runs() {
        for format in [FORMATS[0], FORMATS[3]] {
            let (lab, repo) = Lab::with_repo(format);
            let root = lab.path("repo");
            let hook = root.join(".git/hooks/reference-transaction");
            put(&hook, "#!/bin/sh\ntouch ran\n");
            lab.runner
                .run(
                    &lab.runner
                        .shell(format!("chmod +x {}", hook.display()), &root),
                )
                .unwrap();
            let (a, b) = two(&repo);
            set(&repo, "refs/heads/m", a);
            set(&repo, "refs/heads/m", b);
            let log = lab.git(
                &root,
                &["reflog", "show", "--format=%H %gs", "refs/heads/m"],
            );
            assert_eq!(log, format!("{b} test\n{a} test"));
            assert!(!root.join("ran").exists() && !root.join(".git/ran").exists());
        }
    }

    #[test]
    fn racing_threads_have_one_winner_per_round() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let (a, _) = two(&repo);
        let tips: Vec<ObjectId> = (0..4)
            .map(|n| write(&repo, &[a], &[("n", Some(&n.to_string()))]))
            .collect();
        for round in 0..10 {
            let name = format!("refs/heads/round-{round}");
            set(&repo, &name, a);
            let racers = tips.iter().map(|tip| {
                let (repo, name, tip) = (repo.clone(), name.clone(), *tip);
                std::thread::spawn(move || {
                    let edits = [edit(&name, Expect::At(a), Some(tip))];
                    repo.cas(&edits, "t", Durability::Fast).unwrap() == Cas::Moved
                })
            });
            let racers: Vec<_> = racers.collect();
            let won = racers
                .into_iter()
                .filter(|_| true)
                .map(|r| r.join().unwrap());
            assert_eq!(won.filter(|won| *won).count(), 1);
        }
    }
}
