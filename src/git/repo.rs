use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gix::bstr::ByteSlice as _;

use super::GitError;
use crate::domain::id::{BranchName, ObjectId};
use crate::env::Env;
use crate::process::{Exit, Finished, Runner, Spawn};

/// Time a local git command gets. Generous: a checkout of a large tree on a loaded machine counts.
const LOCAL_LIMIT: Duration = Duration::from_secs(300);

/// Bytes of decoded objects kept, so that walking one tree twice reads it once.
const OBJECT_CACHE: usize = 4 << 20;

/// The hash that names the objects of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

/// A name and email of git's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `committer.name` or `user.name`.
    pub name: String,
    /// `committer.email` or `user.email`.
    pub email: String,
}

/// An open repository.
///
/// Opening costs about a millisecond. A clone shares the object store and may go to another thread;
/// one value serves one thread at a time.
#[derive(Clone)]
pub struct Repo {
    pub(super) inner: gix::Repository,
    pub(super) runner: Runner,
    pub(super) reftable: bool,
    /// Where a server keeps pushed objects until its hooks have agreed.
    pub(super) quarantine: Option<Arc<Quarantine>>,
    /// Whose processes are looked at when a lock file stands in the way.
    pub(super) watch: Option<Arc<Env>>,
}

/// The object directories of a quarantine.
pub(super) struct Quarantine {
    /// The directory that joins both for the library; it lives as long as the repository.
    joined: tempfile::TempDir,
    pushed: PathBuf,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repo").field(&self.git_dir()).finish()
    }
}

impl Repo {
    /// The repository that `dir` lies in: a work tree, any directory of one, a linked worktree, a
    /// bare repository.
    ///
    /// `runner` runs the git program where the library is not enough. `GIT_DIR` and its like are
    /// ignored.
    ///
    /// # Errors
    /// [`GitError::NoRepository`]; [`GitError::Untrusted`] when another user owns it;
    /// [`GitError::Open`].
    pub fn discover(dir: &Path, runner: &Runner) -> Result<Self, GitError> {
        let options = open_options(runner);
        let map = gix::sec::trust::Mapping {
            full: options.clone(),
            reduced: options,
        };
        let found = gix::ThreadSafeRepository::discover_opts(dir, Default::default(), map);
        found.map_or_else(
            |error| Err(open_error(dir, &error)),
            |found| Self::adopt(found.to_thread_local(), runner),
        )
    }

    /// The repository at `path`, which is its work tree or its git directory; parents are not
    /// searched.
    ///
    /// # Errors
    /// As [`discover`](Self::discover).
    pub fn open(path: &Path, runner: &Runner) -> Result<Self, GitError> {
        let found = open_options(runner).open(path);
        found.map_or_else(
            |error| Err(open_error(path, &error)),
            |found| Self::adopt(found.to_thread_local(), runner),
        )
    }

    /// The repository at `git_dir` as a `pre-receive` hook must see it: with the objects that were
    /// pushed, which lie in `pushed` (git's `GIT_OBJECT_DIRECTORY`) until the hook agrees. For
    /// reading; refs cannot be moved from inside a quarantine.
    ///
    /// # Errors
    /// As [`discover`](Self::discover); [`GitError::Io`].
    pub fn open_quarantined(
        git_dir: &Path,
        pushed: &Path,
        runner: &Runner,
    ) -> Result<Self, GitError> {
        let mut found = open_options(runner)
            .open(git_dir)
            .map_err(|error| open_error(git_dir, &error))?;
        let quarantine = Quarantine::new(&found, git_dir, pushed)?;
        let objects = quarantine.joined.path().to_owned();
        let kind = found.to_thread_local().object_hash();
        let store =
            gix::odb::Store::at_opts(objects, kind, &mut std::iter::empty(), Default::default());
        found.objects = store.map_err(GitError::io(pushed))?.into();
        let mut repo = Self::adopt(found.to_thread_local(), runner)?;
        repo.quarantine = Some(Arc::new(quarantine));
        Ok(repo)
    }

    fn adopt(mut inner: gix::Repository, runner: &Runner) -> Result<Self, GitError> {
        inner
            .make_paths_absolute()
            .map_err(|error| GitError::library("make the repository's paths absolute", &error))?;
        inner.object_cache_size_if_unset(OBJECT_CACHE);
        let storage = inner.config_snapshot().string("extensions.refStorage");
        let reftable = storage.is_some_and(|kind| kind.eq_ignore_ascii_case(b"reftable"));
        Ok(Self {
            inner,
            runner: runner.clone(),
            reftable,
            quarantine: None,
            watch: None,
        })
    }

    /// The git directory of this worktree: its `HEAD`, index and private files.
    #[must_use]
    pub fn git_dir(&self) -> PathBuf {
        self.inner.git_dir().to_owned()
    }

    /// The git directory shared by all worktrees: objects, branches, configuration.
    #[must_use]
    pub fn common_dir(&self) -> PathBuf {
        lexical(self.inner.common_dir())
    }

    /// What runs git for this repository.
    #[must_use]
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// The root of this worktree's files; `None` in a bare repository or inside a git directory.
    #[must_use]
    pub fn work_dir(&self) -> Option<PathBuf> {
        self.inner.workdir().map(ToOwned::to_owned)
    }

    /// The root of the main checkout's files, also when seen from a linked worktree.
    #[must_use]
    pub fn main_work_dir(&self) -> Option<PathBuf> {
        let config = self.inner.config_snapshot();
        if config.boolean("core.bare") == Some(true) {
            return None;
        }
        let common = self.common_dir();
        if let Some(configured) = self.config_str("core.worktree") {
            return Some(lexical(&common.join(configured)));
        }
        let named = common.file_name().is_some_and(|name| name == ".git");
        if named {
            common.parent().map(ToOwned::to_owned)
        } else {
            None
        }
    }

    /// Refuses a repository whose main checkout cannot be found from its linked worktrees: a merge
    /// could not bring it forward.
    ///
    /// # Errors
    /// [`GitError::CheckoutUnknown`].
    pub fn check_checkout(&self) -> Result<(), GitError> {
        let config = self.inner.config_snapshot();
        let says = |key: &str| config.boolean(key) == Some(true);
        // With configuration for each worktree the main one's is not seen from here.
        if says("core.bare") || says("extensions.worktreeConfig") || self.main_work_dir().is_some()
        {
            return Ok(());
        }
        let git_dir = self.common_dir();
        let work_dir = self.work_dir().filter(|_| self.git_dir() == git_dir);
        Err(GitError::CheckoutUnknown { git_dir, work_dir })
    }

    /// Whether the repository has no checkout of its own (linked worktrees may exist).
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.main_work_dir().is_none()
    }

    /// The hash that names the objects.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        if self.inner.object_hash() == gix::hash::Kind::Sha256 {
            ObjectFormat::Sha256
        } else {
            ObjectFormat::Sha1
        }
    }

    /// Whether history is cut off (`git clone --depth`).
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(false)
    }

    /// The last value of a configuration key, from the person's and the repository's files.
    #[must_use]
    pub fn config_str(&self, key: &str) -> Option<String> {
        let value = self.inner.config_snapshot().string(key)?;
        Some(value.to_str_lossy().into_owned())
    }

    /// The committer of git's configuration; the environment's is not looked at.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        let of = |key| {
            self.config_str(key)
                .filter(|value| !value.trim().is_empty())
        };
        Some(Identity {
            name: of("committer.name").or_else(|| of("user.name"))?,
            email: of("committer.email").or_else(|| of("user.email"))?,
        })
    }

    /// The full name of the ref that `HEAD` stands on, born or unborn; `None` when detached.
    ///
    /// # Errors
    /// [`GitError::Library`] or [`GitError::Git`] when `HEAD` cannot be read.
    pub fn head_ref(&self) -> Result<Option<String>, GitError> {
        if self.reftable {
            return self.head_ref_by_cli();
        }
        let head = self
            .inner
            .refs
            .try_find("HEAD")
            .map_err(|error| GitError::library("read `HEAD`", &error))?;
        Ok(head.and_then(|head| match head.target {
            gix::refs::Target::Symbolic(name) => Some(name.as_bstr().to_str_lossy().into_owned()),
            gix::refs::Target::Object(_) => None,
        }))
    }

    /// The branch that `HEAD` stands on; `None` when detached, or on a branch whose name laneway
    /// does not accept.
    ///
    /// # Errors
    /// As [`head_ref`](Self::head_ref).
    pub fn head_branch(&self) -> Result<Option<BranchName>, GitError> {
        let name = self.head_ref()?;
        Ok(name.and_then(|name| BranchName::new(name.strip_prefix("refs/heads/")?).ok()))
    }

    /// The commit that `HEAD` shows; `None` on an unborn branch.
    ///
    /// # Errors
    /// As [`head_ref`](Self::head_ref).
    pub fn head_commit(&self) -> Result<Option<ObjectId>, GitError> {
        if self.reftable {
            return self.head_commit_by_cli();
        }
        match self.head_ref()? {
            Some(name) => self.tip(&name),
            None => {
                let head = self.inner.refs.try_find("HEAD");
                let head = head.map_err(|error| GitError::library("read `HEAD`", &error))?;
                Ok(head.and_then(|head| head.target.try_id().and_then(ours)))
            }
        }
    }

    /// A git command on this repository, not on a work tree.
    pub(super) fn git<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Spawn {
        let dir = self.main_work_dir().filter(|dir| dir.is_dir());
        let dir = dir.unwrap_or_else(|| self.common_dir());
        let mut at = std::ffi::OsString::from("--git-dir=");
        at.push(self.git_dir());
        let spawn = self.runner.git(&dir, [at]);
        let spawn = spawn
            .args(args.iter().map(AsRef::as_ref))
            .limit(LOCAL_LIMIT);
        match &self.quarantine {
            None => spawn,
            Some(quarantine) => spawn
                .env("GIT_OBJECT_DIRECTORY", &quarantine.pushed)
                .env("GIT_QUARANTINE_PATH", &quarantine.pushed)
                .env(
                    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                    self.common_dir().join("objects"),
                ),
        }
    }

    /// A git command in the work tree at `dir`.
    pub(super) fn git_in<S: AsRef<std::ffi::OsStr>>(&self, dir: &Path, args: &[S]) -> Spawn {
        self.runner
            .git(dir, args.iter().map(AsRef::as_ref))
            .limit(LOCAL_LIMIT)
    }

    /// Runs a git command, whatever its exit code.
    pub(super) fn finish(&self, spawn: &Spawn, command: &str) -> Result<Finished, GitError> {
        let finished = self.runner.run(spawn)?;
        if finished.exit == Exit::TimedOut {
            return Err(GitError::TimedOut {
                command: command.to_owned(),
                limit: LOCAL_LIMIT,
            });
        }
        whole(&finished, command)?;
        Ok(finished)
    }

    /// Runs a git command that must succeed; its standard output. A stale lock in its way is
    /// cleared.
    pub(super) fn succeed(&self, spawn: &Spawn, command: &str) -> Result<Vec<u8>, GitError> {
        self.past_stale_locks(&[], || {
            let finished = self.finish(spawn, command)?;
            if finished.success() {
                Ok(finished.stdout.bytes)
            } else {
                Err(failure(&finished, command))
            }
        })
    }
}

impl Quarantine {
    fn new(
        found: &gix::ThreadSafeRepository,
        git_dir: &Path,
        pushed: &Path,
    ) -> Result<Self, GitError> {
        let common = found
            .common_dir
            .clone()
            .unwrap_or_else(|| found.refs.git_dir().to_owned());
        let absolute = |path: &Path| std::path::absolute(path).map_err(GitError::io(path));
        let (pushed, kept) = (absolute(pushed)?, absolute(&common.join("objects"))?);
        let joined = tempfile::tempdir().map_err(GitError::io(git_dir))?;
        let info = joined.path().join("info");
        std::fs::create_dir(&info).map_err(GitError::io(&info))?;
        let list = info.join("alternates");
        let lines = format!("{}\n{}\n", pushed.display(), kept.display());
        let mut file = std::fs::File::create_new(&list).map_err(GitError::io(&list))?;
        std::io::Write::write_all(&mut file, lines.as_bytes()).map_err(GitError::io(&list))?;
        Ok(Self { joined, pushed })
    }
}

/// An answer that was cut is none: of a flood only the end is kept.
pub(super) fn whole(finished: &Finished, command: &str) -> Result<(), GitError> {
    match finished.stdout.truncated {
        true => Err(GitError::Flood {
            command: command.to_owned(),
            bytes: finished.stdout.total,
        }),
        false => Ok(()),
    }
}

/// The error of a git command that ended with something else than 0.
pub(super) fn failure(finished: &Finished, command: &str) -> GitError {
    let exit = match finished.exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
        Exit::TimedOut => "time limit".to_owned(),
    };
    GitError::Git {
        command: command.to_owned(),
        exit,
        stderr: finished.stderr.text(),
    }
}

/// Our id for one of the library's.
pub(super) fn ours(id: &gix::oid) -> Option<ObjectId> {
    ObjectId::from_bytes(id.as_bytes())
}

/// The library's id for one of ours.
pub(super) fn theirs(id: ObjectId) -> gix::ObjectId {
    gix::ObjectId::from_bytes_or_panic(id.as_bytes())
}

/// How repositories are opened: no variable of the process's environment points the library at
/// another repository, work tree or index; `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_SYSTEM` and
/// `GIT_CONFIG_NOSYSTEM` count as the runner has them, so that library and git program read the
/// same files. Replaced objects are not followed.
fn open_options(runner: &Runner) -> gix::open::Options {
    let variable = |name: &str| runner.environment().get(std::ffi::OsStr::new(name));
    let mut permissions = gix::open::Permissions::secure();
    permissions.env.git_prefix = gix::sec::Permission::Deny;
    permissions.config.env = false;
    let mut options = gix::open::Options::default()
        .bail_if_untrusted(true)
        .config_overrides([
            "core.useReplaceRefs=false",
            "gitoxide.objects.noReplace=true",
        ]);
    let no_system = variable("GIT_CONFIG_NOSYSTEM").is_some_and(|value| value != "0");
    let system = variable("GIT_CONFIG_SYSTEM").map(PathBuf::from);
    permissions.config.system = !no_system;
    if let Some(person) = variable("GIT_CONFIG_GLOBAL") {
        // The library has no slot for this one. The system's stands in, which also counts for
        // `safe.directory`, and the system's file moves to the installation's, which comes before.
        permissions.config.git = false;
        permissions.config.user = false;
        permissions.config.git_binary = !no_system;
        permissions.config.system = true;
        let system = system.unwrap_or_else(|| PathBuf::from("/etc/gitconfig"));
        options = options.git_installation_config_path(system);
        options = options.system_config_path(PathBuf::from(person));
    } else if let Some(system) = system {
        options = options.system_config_path(system);
    }
    options.permissions(permissions)
}

fn open_error(path: &Path, error: &gix::Error) -> GitError {
    let path = path.to_owned();
    if error.is_permission_denied() {
        GitError::Untrusted { path }
    } else if error.is_not_found() {
        GitError::NoRepository { dir: path }
    } else {
        let why: Vec<String> = error.iter_errors().map(ToString::to_string).collect();
        GitError::Open {
            path,
            why: why.join(": "),
        }
    }
}

/// Folds `.` and `..` without touching the file system: `…/worktrees/x/../..` is the common dir.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(folded.pop()),
            std::path::Component::CurDir => {}
            part => folded.push(part),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, write};

    #[test]
    fn a_repository_is_found_from_every_place_of_it() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        assert_eq!(repo.head_branch().unwrap().unwrap().as_str(), "main");
        assert_eq!(repo.head_commit().unwrap(), None, "unborn");
        let first = lab.commit(&root, &[("a/b.txt", "x")]);
        lab.git(
            &root,
            &["worktree", "add", "-q", "-b", "other", "../linked"],
        );
        let inside = Repo::discover(&root.join("a"), &lab.runner).unwrap();
        assert_eq!(inside.work_dir().unwrap(), root);
        let linked = Repo::discover(&lab.path("linked/a"), &lab.runner).unwrap();
        assert_eq!(linked.work_dir().unwrap(), lab.path("linked"));
        assert_eq!(linked.main_work_dir().unwrap(), root);
        assert_eq!(linked.common_dir(), root.join(".git"));
        assert_eq!(linked.git_dir(), root.join(".git/worktrees/linked"));
        assert_eq!(linked.head_branch().unwrap().unwrap().as_str(), "other");
        assert!(!linked.is_bare());
        lab.git(&root, &["checkout", "-q", "--detach"]);
        assert_eq!(inside.head_ref().unwrap(), None);
        assert_eq!(inside.head_commit().unwrap(), Some(first));
        assert_eq!(inside.identity().unwrap().email, "tess@example.com");
    }

    #[test]
    fn p13_a_list_that_was_cut_is_not_taken_for_the_whole() {
        let (lab, repo) = Lab::with_repo(&[]);
        lab.commit(&lab.path("repo"), &[("a", "1"), ("b", "2")]);
        let list = repo.git(&["ls-tree", "-z", "--name-only", "HEAD"]);
        assert_eq!(
            repo.succeed(&list.clone().cap(4), "ls-tree").unwrap(),
            b"a\0b\0"
        );
        let cut = repo.succeed(&list.cap(3), "ls-tree");
        assert!(
            matches!(cut, Err(GitError::Flood { bytes: 4, .. })),
            "{cut:?}"
        );
    }

    #[test]
    fn a_bare_repository_has_no_work_dir() {
        let (lab, repo) = Lab::with_repo(&["--bare"]);
        assert!(repo.is_bare() && repo.work_dir().is_none() && repo.main_work_dir().is_none());
        let inside = Repo::discover(&lab.path("repo/refs/heads"), &lab.runner).unwrap();
        assert_eq!(inside.git_dir(), lab.path("repo"));
    }

    #[test]
    fn sha256_is_read_and_written() {
        let (lab, repo) = Lab::with_repo(&["--object-format=sha256"]);
        assert_eq!(repo.object_format(), ObjectFormat::Sha256);
        let id = write(&repo, &[], &[("f", Some("x"))]);
        assert_eq!(id.as_bytes().len(), 32);
        assert_eq!(
            lab.git(&lab.path("repo"), &["cat-file", "-p", &format!("{id}:f")]),
            "x"
        );
    }

    #[test]
    fn no_repository_is_told_with_the_directory() {
        let lab = Lab::new();
        let error = Repo::discover(lab.dir.path(), &lab.runner).unwrap_err();
        assert!(matches!(error, GitError::NoRepository { .. }), "{error}");
    }

    #[test]
    fn a_shallow_clone_names_itself_when_history_ends() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let first = lab.commit(&root, &[("a", "1")]);
        lab.commit(&root, &[("a", "2")]);
        let url = format!("file://{}", root.display());
        lab.git(
            lab.dir.path(),
            &["clone", "-q", "--depth=1", &url, "shallow"],
        );
        let shallow = lab.open(&lab.path("shallow"));
        assert!(shallow.is_shallow() && !repo.is_shallow());
        let error = shallow.commit(first).unwrap_err();
        assert!(error.to_string().contains("shallow"), "{error}");
    }

    #[test]
    fn replaced_objects_are_not_followed() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let first = lab.commit(&root, &[("a", "1")]);
        let second = lab.commit(&root, &[("a", "2")]);
        lab.git(&root, &["replace", &second.to_string(), &first.to_string()]);
        let repo = Repo::open(&repo.git_dir(), &lab.runner).unwrap();
        assert_eq!(repo.commit(second).unwrap().parents, [first]);
    }

    #[test]
    fn a_clone_serves_another_thread() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let id = write(&repo, &[], &[("f", Some("x"))]);
        let clone = repo.clone();
        assert!(std::thread::spawn(move || clone.exists(id)).join().unwrap());
        assert!(repo.exists(id));
    }

    #[test]
    fn a_quarantine_shows_pushed_objects_that_the_repository_lacks() {
        let (lab, repo) = Lab::with_repo(&[]);
        let kept = write(&repo, &[], &[("f", Some("x"))]);
        let other = lab.open(&lab.init("other", &[]));
        write(&other, &[], &[("f", Some("x"))]);
        let pushed = write(&other, &[kept], &[("f", Some("y"))]);
        assert!(!repo.exists(pushed));
        let objects = lab.path("other/.git/objects");
        let seen = Repo::open_quarantined(&repo.git_dir(), &objects, &lab.runner).unwrap();
        assert_eq!(seen.blob_at(pushed, "f", 9).unwrap().unwrap(), b"y");
        assert!(seen.is_ancestor(kept, pushed).unwrap());
        assert_ne!(
            seen.change_key(kept, pushed).unwrap(),
            seen.change_key(kept, kept).unwrap()
        );
    }

    #[test]
    fn another_owner_is_an_error_until_safe_directory_names_it() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        for path in [root.clone(), repo.git_dir()] {
            // Only root can give files away; elsewhere there is nothing to try.
            if std::os::unix::fs::chown(path, Some(12345), None).is_err() {
                return;
            }
        }
        for found in [
            Repo::open(&root, &lab.runner),
            Repo::discover(&root, &lab.runner),
        ] {
            let error = found.unwrap_err();
            assert!(
                matches!(&error, GitError::Untrusted { path } if *path == root),
                "{error}"
            );
        }
        let global = lab.path("gitconfig");
        let safe = format!("[safe]\n\tdirectory = {}\n", root.display());
        crate::git::testing::put(&global, &safe);
        let mut environment = lab.runner.environment().clone();
        environment.insert("GIT_CONFIG_GLOBAL".into(), global.into());
        assert!(Repo::discover(&root, &Runner::new(environment)).is_ok());
    }

    #[test]
    fn variables_that_point_elsewhere_do_not_count() {
        let (lab, repo) = Lab::with_repo(&[]);
        lab.commit(&lab.path("repo"), &[("a", "1")]);
        let mut environment = lab.runner.environment().clone();
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
        ] {
            environment.insert(name.into(), "/nonexistent".into());
        }
        let here = Repo::discover(&lab.path("repo"), &Runner::new(environment)).unwrap();
        assert_eq!(here.git_dir(), repo.git_dir());
        assert!(here.status(&lab.path("repo")).unwrap().is_clean());
    }
}
