//! Real repositories for tests, made by the git program without anyone's configuration.

use std::path::{Path, PathBuf};

use super::{Durability, Expect, RefEdit, Repo};
use crate::domain::id::ObjectId;
use crate::process::Runner;

/// A temporary directory with repositories in it.
pub(crate) struct Lab {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) runner: Runner,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let runner = crate::process::testing::runner();
        Self {
            dir: tempfile::tempdir().unwrap(),
            runner,
        }
    }

    /// A lab with a repository `repo` made with these options of `git init`.
    pub(crate) fn with_repo(options: &[&str]) -> (Self, Repo) {
        let lab = Self::new();
        let path = lab.init("repo", options);
        let repo = lab.open(&path);
        (lab, repo)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn init(&self, name: &str, options: &[&str]) -> PathBuf {
        let mut args = vec!["init", "-q", "-b", "main"];
        args.extend(options);
        args.push(name);
        self.git(self.dir.path(), &args);
        let path = self.path(name);
        self.git(&path, &["config", "user.name", "Tess"]);
        self.git(&path, &["config", "user.email", "tess@example.com"]);
        path
    }

    pub(crate) fn open(&self, path: &Path) -> Repo {
        Repo::open(path, &self.runner).unwrap()
    }

    /// Runs git, which must succeed; its trimmed output.
    pub(crate) fn git(&self, dir: &Path, args: &[&str]) -> String {
        let finished = self.runner.run(&self.runner.git(dir, args)).unwrap();
        assert!(
            finished.success(),
            "git {args:?}: {}",
            finished.stderr.text()
        );
        finished.stdout.text()
    }

    /// Commits these files on the checked-out branch of a work tree.
    pub(crate) fn commit(&self, dir: &Path, files: &[(&str, &str)]) -> ObjectId {
        for (name, content) in files {
            put(&dir.join(name), content);
            self.git(dir, &["add", name]);
        }
        self.git(dir, &["commit", "-q", "--allow-empty", "-m", "a commit"]);
        self.git(dir, &["rev-parse", "HEAD"]).parse().unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
pub(crate) fn put(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

pub(crate) fn signature() -> super::Signature {
    super::Signature {
        name: "Lane Way".into(),
        email: "lane@example.com".into(),
        seconds: 1_700_000_000,
        offset: 3600,
    }
}

/// A commit of these files, written in process, on no ref.
pub(crate) fn write(repo: &Repo, parents: &[ObjectId], files: &[(&str, Option<&str>)]) -> ObjectId {
    let mut writer = repo.writer();
    let edits: Vec<_> = files
        .iter()
        .map(|(path, text)| {
            (
                *path,
                text.map(|text| writer.blob(text.as_bytes()).unwrap()),
            )
        })
        .collect();
    let tree = writer.tree(parents.first().copied(), &edits).unwrap();
    let commit = super::NewCommit {
        tree,
        parents: parents.to_vec(),
        author: signature(),
        committer: signature(),
        message: "in process\n".into(),
    };
    let id = writer.commit(&commit).unwrap();
    writer.sync().unwrap();
    id
}

pub(crate) fn create(name: &str, id: ObjectId) -> RefEdit {
    RefEdit {
        name: name.into(),
        expect: Expect::Absent,
        new: Some(id),
    }
}

pub(crate) fn set(repo: &Repo, name: &str, id: ObjectId) {
    let expect = repo.tip(name).unwrap().map_or(Expect::Absent, Expect::At);
    let edit = RefEdit {
        name: name.into(),
        expect,
        new: Some(id),
    };
    assert_eq!(
        repo.cas(&[edit], "test", Durability::Fast).unwrap(),
        super::Cas::Moved
    );
}
