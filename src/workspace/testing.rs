//! Real repositories for the tests of this module, made by the git program without anyone's
//! configuration.

use std::path::{Path, PathBuf};

use crate::domain::id::ObjectId;
use crate::env::Env;
use crate::git::Repo;
use crate::process::Runner;

pub(crate) use crate::process::testing::{dead_pid, env};

pub(crate) fn runner() -> Runner {
    let mut vars = std::collections::BTreeMap::new();
    let path = env().var("PATH").unwrap().to_owned();
    vars.insert("PATH".into(), path.into());
    vars.insert("HOME".into(), "/nonexistent".into());
    vars.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
    vars.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
    Runner::new(vars)
}

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
pub(crate) fn put(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A temporary directory with a repository `repo` in it, one commit on `main`.
pub(crate) struct Field {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) repo: Repo,
    pub(crate) base: ObjectId,
    pub(crate) env: Env,
}

impl Field {
    pub(crate) fn new() -> Self {
        Self::with("files")
    }

    /// A field whose refs are kept in this format.
    pub(crate) fn with(refs: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let format = format!("--ref-format={refs}");
        git(dir.path(), &["init", "-q", "-b", "main", &format, "repo"]);
        let path = dir.path().join("repo");
        git(&path, &["config", "user.name", "Tess"]);
        git(&path, &["config", "user.email", "tess@example.com"]);
        let base = commit(
            &path,
            &[("a", "1\n"), ("b", "1\n"), (".gitignore", "*.env\n")],
        );
        let repo = Repo::open(&path, &runner()).unwrap();
        Self {
            dir,
            repo,
            base,
            env: env(),
        }
    }

    /// The main checkout.
    pub(crate) fn main(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn tip(&self, branch: &str) -> Option<ObjectId> {
        self.repo.tip(&format!("refs/heads/{branch}")).unwrap()
    }
}

/// Runs git, which must succeed; its trimmed output.
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let runner = runner();
    let finished = runner.run(&runner.git(dir, args)).unwrap();
    let stderr = finished.stderr.text();
    assert!(finished.success(), "git {args:?}: {stderr}");
    finished.stdout.text()
}

/// Commits these files on what is checked out in `dir`; an empty content deletes.
pub(crate) fn commit(dir: &Path, files: &[(&str, &str)]) -> ObjectId {
    for (name, content) in files {
        if content.is_empty() {
            git(dir, &["rm", "-q", name]);
        } else {
            put(&dir.join(name), content);
            git(dir, &["add", "-f", name]);
        }
    }
    git(dir, &["commit", "-q", "--allow-empty", "-m", "a commit"]);
    git(dir, &["rev-parse", "HEAD"]).parse().unwrap()
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
