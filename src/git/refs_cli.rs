//! Refs through the git program, for reftable repositories, which gix opens but cannot read.

use std::collections::BTreeMap;

use super::repo::failure;
use super::{Cas, Durability, Expect, GitError, RefEdit, Repo, output};
use crate::domain::id::ObjectId;

/// One ref per line: name, object, target of a symbolic ref. None of them can hold a space.
const FORMAT: &str = "--format=%(refname) %(objectname) %(symref)";

impl Repo {
    pub(super) fn tip_by_cli(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        match self.listed(name)?.remove(name) {
            Some(Some(id)) => Ok(Some(id)),
            Some(None) => Err(GitError::SymbolicRef {
                name: name.to_owned(),
            }),
            None => Ok(None),
        }
    }

    pub(super) fn refs_by_cli(&self, prefix: &str) -> Result<BTreeMap<String, ObjectId>, GitError> {
        let listed = self.listed(prefix)?.into_iter();
        Ok(listed
            .filter_map(|(name, found)| Some((name, found?)))
            .collect())
    }

    pub(super) fn head_ref_by_cli(&self) -> Result<Option<String>, GitError> {
        self.leads_to_by_cli("HEAD")
    }

    /// Lists show no symbolic ref whose other name does not exist.
    pub(super) fn leads_to_by_cli(&self, name: &str) -> Result<Option<String>, GitError> {
        let spawn = self.git(&["symbolic-ref", "-q", name]);
        let finished = self.finish(&spawn, "symbolic-ref")?;
        match finished.exit {
            crate::process::Exit::Code(0) => Ok(Some(finished.stdout.text())),
            crate::process::Exit::Code(1) => Ok(None),
            _ => Err(failure(&finished, "symbolic-ref")),
        }
    }

    pub(super) fn head_commit_by_cli(&self) -> Result<Option<ObjectId>, GitError> {
        let spawn = self.git(&["rev-parse", "-q", "--verify", "HEAD"]);
        let finished = self.finish(&spawn, "rev-parse")?;
        Ok(finished.stdout.text().parse().ok())
    }

    /// The transaction of [`Repo::cas`] by `update-ref --stdin`, whose hooks are off.
    pub(super) fn cas_by_cli(
        &self,
        edits: &[RefEdit],
        message: &str,
        durability: Durability,
    ) -> Result<Cas, GitError> {
        if let Some(lost) = self.first_lost(edits)? {
            return Ok(lost);
        }
        let mut args = vec![
            "update-ref",
            "--no-deref",
            "--create-reflog",
            "-m",
            message,
            "--stdin",
        ];
        if durability == Durability::Full {
            args.splice(
                0..0,
                ["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"],
            );
        }
        let identity = self.identity();
        let name = identity
            .as_ref()
            .map_or("laneway", |identity| &identity.name);
        let email = identity
            .as_ref()
            .map_or("laneway@localhost", |identity| &identity.email);
        let spawn = self
            .git(&args)
            .env("GIT_COMMITTER_NAME", name)
            .env("GIT_COMMITTER_EMAIL", email)
            .stdin(script(edits));
        let finished = self.finish(&spawn, "update-ref")?;
        if finished.success() {
            if durability == Durability::Full {
                super::durable::flush(&self.common_dir().join("reftable"))?;
            }
            return Ok(Cas::Moved);
        }
        if let Some(lost) = self.first_lost(edits)? {
            return Ok(lost);
        }
        let lock = self.common_dir().join("reftable/tables.list.lock");
        if lock.exists() {
            return Err(GitError::Locked {
                path: lock,
                lock: None,
            });
        }
        Err(failure(&finished, "update-ref"))
    }

    /// Refs with their objects; none for a symbolic one.
    fn listed(&self, pattern: &str) -> Result<BTreeMap<String, Option<ObjectId>>, GitError> {
        // `pattern` begins with `refs/`: it cannot be an option.
        let spawn = self.git(&["for-each-ref", FORMAT, pattern]);
        let bytes = self.succeed(&spawn, "for-each-ref")?;
        Ok(output::refs(&String::from_utf8_lossy(&bytes)))
    }
}

/// The commands of one transaction. Names are checked, so none holds a space or a line end.
fn script(edits: &[RefEdit]) -> String {
    let mut lines = vec!["start".to_owned()];
    for RefEdit { name, expect, new } in edits {
        lines.push(match (expect, new) {
            (Expect::Absent, Some(new)) => format!("create {name} {new}"),
            (Expect::At(old), Some(new)) => format!("update {name} {new} {old}"),
            (Expect::At(old), None) => format!("delete {name} {old}"),
            (Expect::Absent, None) => format!("verify {name}"),
        });
    }
    lines.extend(["prepare", "commit", ""].map(str::to_owned));
    lines.join("\n")
}
