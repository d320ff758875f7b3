//! What hooks ask git for: where hooks stand, what is about to be committed, a message's trailers.

use std::path::{Path, PathBuf};

use super::repo::failure;
use super::{GitError, Repo, output};

/// Most bytes of a list of paths that are read.
const LISTING: usize = 64 << 20;

/// Where git looks for the hooks of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksHome {
    /// The directory; it need not exist.
    pub dir: PathBuf,
    /// What says so: the value of `core.hooksPath` and its scope; none: git's own place.
    pub configured: Option<HooksPath>,
}

/// A value of `core.hooksPath`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksPath {
    /// The value, with `~` spelled out.
    pub value: String,
    /// Whose configuration it stands in: `local`, `worktree`, `global`, `system`.
    pub scope: String,
}

impl HooksPath {
    /// Whether every worktree has a directory of its own by this path.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        Path::new(&self.value).is_relative()
    }
}

impl Repo {
    /// Where git looks for hooks: `core.hooksPath`, from the root of this worktree (or the bare
    /// repository), else `hooks` in the common git directory.
    ///
    /// # Errors
    /// [`GitError::Git`].
    pub fn hooks_home(&self) -> Result<HooksHome, GitError> {
        let args = [
            "config",
            "--show-scope",
            "--type=path",
            "-z",
            "--get-all",
            "core.hooksPath",
        ];
        let finished = self.finish(&self.git(&args), "config")?;
        let configured = output::hooks_path(&finished.stdout.text());
        let dir = match &configured {
            Some(path) => {
                let base = self.work_dir().unwrap_or_else(|| self.git_dir());
                base.join(&path.value)
            }
            None => self.common_dir().join("hooks"),
        };
        Ok(HooksHome { dir, configured })
    }

    /// The paths that a commit of the index would change against `HEAD`, or against nothing on an
    /// unborn branch. `index` as in [`staged`](Self::staged).
    ///
    /// # Errors
    /// [`GitError::Git`]; [`GitError::NoRepository`] without a worktree.
    pub fn staged_changes(&self, index: Option<&Path>) -> Result<Vec<String>, GitError> {
        let Some(root) = self.work_dir() else {
            let dir = self.git_dir();
            return Err(GitError::NoRepository { dir });
        };
        let born = self.head_commit()?;
        let args: &[&str] = match born {
            Some(_) => &[
                "diff-index",
                "--cached",
                "--name-only",
                "--no-renames",
                "--ignore-submodules=none",
                "-z",
                "HEAD",
                "--",
            ],
            None => &["ls-files", "-z"],
        };
        let mut spawn = self.git_in(&root, args).cap(LISTING);
        if let Some(index) = index {
            spawn = spawn.env("GIT_INDEX_FILE", root.join(index));
        }
        let listing = self.succeed(&spawn, args.first().copied().unwrap_or("git"))?;
        Ok(output::paths(&listing).collect())
    }

    /// The values of the trailer `key` in the message in `file`, as git reads trailers.
    ///
    /// # Errors
    /// [`GitError::Git`].
    pub fn trailers(&self, file: &Path, key: &str) -> Result<Vec<String>, GitError> {
        let parsed = self.trailer_git(&["--parse"], file)?;
        let prefix = format!("{}:", key.to_ascii_lowercase());
        let named = |line: &&str| line.to_ascii_lowercase().starts_with(&prefix);
        let lines = parsed.lines().filter(named);
        let values = lines.map(|line| line[prefix.len()..].trim().to_owned());
        Ok(values.collect())
    }

    /// Adds a trailer to the message in `file`, where git would: after the last paragraph or to
    /// the trailers that stand there, before comments and the scissors line. The rest stays to the
    /// byte.
    ///
    /// # Errors
    /// [`GitError::Git`].
    pub fn add_trailer(&self, file: &Path, key: &str, value: &str) -> Result<(), GitError> {
        let trailer = format!("--trailer={key}: {value}");
        let args = ["--in-place", "--if-exists=addIfDifferent", &trailer];
        self.trailer_git(&args, file).map(drop)
    }

    /// The character that begins a comment line of a message; `#` where git chooses.
    #[must_use]
    pub fn comment_mark(&self) -> String {
        let mark = self
            .config_str("core.commentString")
            .or_else(|| self.config_str("core.commentChar"));
        mark.filter(|mark| !mark.is_empty() && mark != "auto")
            .unwrap_or_else(|| "#".to_owned())
    }

    /// `git interpret-trailers`, outside of every repository and without the person's
    /// configuration: `trailer.*.command` would run, and add what nobody asked for.
    fn trailer_git(&self, args: &[&str], file: &Path) -> Result<String, GitError> {
        let dir = file.parent().unwrap_or(Path::new("."));
        let mark = format!("core.commentChar={}", self.comment_mark());
        let all = ["-c", &mark, "interpret-trailers", "--no-divider"];
        let spawn = self.git_in(dir, &all);
        let spawn = spawn.args(args.iter().copied()).arg("--end-of-options");
        let spawn = spawn
            .arg(file)
            .env("GIT_DIR", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let finished = self.finish(&spawn, "interpret-trailers")?;
        match finished.success() {
            true => Ok(finished.stdout.text()),
            false => Err(failure(&finished, "interpret-trailers")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, put};

    #[test]
    fn hooks_stand_where_git_looks_for_them() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let home = repo.hooks_home().unwrap();
        assert_eq!(home.dir, repo.common_dir().join("hooks"));
        assert_eq!(home.configured, None);
        lab.git(&root, &["config", "core.hooksPath", ".husky"]);
        let home = Repo::open(&root, &lab.runner)
            .unwrap()
            .hooks_home()
            .unwrap();
        assert_eq!(home.dir, root.join(".husky"));
        let configured = home.configured.unwrap();
        assert!(configured.is_relative());
        assert_eq!(configured.scope, "local");
    }

    #[test]
    fn what_is_staged_is_told_and_nothing_else() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        put(&root.join("first"), "1");
        lab.git(&root, &["add", "first"]);
        assert_eq!(repo.staged_changes(None).unwrap(), ["first"]);
        lab.commit(&root, &[("a b", "1"), ("gone", "x")]);
        put(&root.join("é"), "2");
        put(&root.join("a b"), "unstaged");
        lab.git(&root, &["add", "é"]);
        lab.git(&root, &["rm", "-q", "gone"]);
        assert_eq!(repo.staged_changes(None).unwrap(), ["gone", "é"]);
    }

    #[test]
    fn a_trailer_is_added_and_the_rest_stays() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        lab.git(&root, &["config", "trailer.x.command", "touch RAN"]);
        let file = root.join("MSG");
        put(&file, "subject\n\nbody text\n\n# a comment\n");
        assert!(repo.trailers(&file, "Laneway-Task").unwrap().is_empty());
        repo.add_trailer(&file, "Laneway-Task", "A-1").unwrap();
        repo.add_trailer(&file, "Laneway-Task", "A-1").unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(
            text,
            "subject\n\nbody text\n\nLaneway-Task: A-1\n\n# a comment\n"
        );
        assert_eq!(repo.trailers(&file, "laneway-task").unwrap(), ["A-1"]);
        assert!(!root.join("RAN").exists());
    }
}
