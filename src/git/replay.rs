use gix::merge::plumbing as merge;
use gix::merge::plumbing::blob::builtin_driver::text;
use gix::objs::Kind;

use super::objects::{Signature, library};
use super::repo::{ours, theirs};
use super::write::recommit;
use super::{GitError, Repo, Writer};
use crate::domain::id::ObjectId;

/// Files above this many bytes are not merged line by line: both sides changed is a conflict.
const LARGE_FILE: u64 = 512 << 20;

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// The last of the replayed commits.
    Commit(ObjectId),
    /// This commit does not fit.
    Conflict {
        /// The commit of the range.
        commit: ObjectId,
        /// The paths in conflict, sorted.
        paths: Vec<String>,
    },
    /// No commit of the range changes anything on top of `onto`.
    Nothing,
}

impl Writer<'_> {
    /// Cherry-picks the linear range `base..tip` onto `onto`, in object space: no worktree, index or
    /// ref is touched, nothing is run, and nothing is written unless all commits fit.
    ///
    /// The result depends on the arguments alone, so that anyone can redo it byte for byte: author,
    /// encoding and message are kept, the committer is `committer`, signatures are dropped. Merges
    /// are textual with renames followed (50 %); `.gitattributes`, merge drivers and configuration
    /// have no say. A commit that changes nothing on its new parent is left out; one that stands on
    /// its new parent already is kept as it is.
    ///
    /// # Errors
    /// [`GitError::MergeCommit`]; [`GitError::NotDescendant`]; [`GitError::MissingObject`].
    pub fn replay(
        &mut self,
        base: ObjectId,
        tip: ObjectId,
        onto: ObjectId,
        committer: &Signature,
    ) -> Result<Replay, GitError> {
        // Objects stay in memory until the whole range has fitted.
        let memory = Repo {
            inner: self.repo.inner.clone().with_object_memory(),
            ..self.repo.clone()
        };
        let mut head = onto;
        for commit in memory.linear(base, tip)? {
            match memory.pick(commit, head, committer)? {
                Picked::Commit(picked) => head = picked,
                Picked::Empty => {}
                Picked::Conflict(paths) => return Ok(Replay::Conflict { commit, paths }),
            }
        }
        if head == onto {
            return Ok(Replay::Nothing);
        }
        self.keep(memory)?;
        Ok(Replay::Commit(head))
    }

    /// Writes what a repository with object memory holds.
    fn keep(&mut self, mut memory: Repo) -> Result<(), GitError> {
        let held = memory
            .inner
            .objects
            .take_object_memory()
            .unwrap_or_default();
        for (kind, bytes) in held.values() {
            self.object(*kind, bytes)?;
        }
        Ok(())
    }
}

enum Picked {
    Commit(ObjectId),
    Empty,
    Conflict(Vec<String>),
}

impl Repo {
    /// The commits of `base..tip`, oldest first, each with one parent.
    fn linear(&self, base: ObjectId, tip: ObjectId) -> Result<Vec<ObjectId>, GitError> {
        let mut commits = Vec::new();
        let mut here = tip;
        while here != base {
            let parents = self.parents(here)?;
            commits.push(here);
            here = match parents.as_slice() {
                [parent] => *parent,
                [] => return Err(GitError::NotDescendant { base, tip }),
                _ => return Err(GitError::MergeCommit { commit: here }),
            };
        }
        commits.reverse();
        Ok(commits)
    }

    fn pick(
        &self,
        commit: ObjectId,
        head: ObjectId,
        committer: &Signature,
    ) -> Result<Picked, GitError> {
        let parents = self.parents(commit)?;
        let parent = parents.first().copied().unwrap_or(head);
        let (before, after) = (self.tree_of(parent)?, self.tree_of(commit)?);
        if parent == head && before != after {
            return Ok(Picked::Commit(commit));
        }
        let current = self.tree_of(head)?;
        let merged = match self.merge(before, current, after)? {
            Ok(tree) => tree,
            Err(paths) => return Ok(Picked::Conflict(paths)),
        };
        if ours(&merged) == Some(current) {
            return Ok(Picked::Empty);
        }
        let bytes = recommit(self, commit, merged, head, committer)?;
        super::write::store(self, Kind::Commit, &bytes).map(Picked::Commit)
    }

    /// The tree of a three-way merge, or the paths in conflict.
    fn merge(
        &self,
        base: ObjectId,
        our: ObjectId,
        their: ObjectId,
    ) -> Result<Result<gix::ObjectId, Vec<String>>, GitError> {
        let repo = &self.inner;
        let labels = text::Labels::default();
        let mut outcome = merge::tree(
            &theirs(base),
            &theirs(our),
            &theirs(their),
            labels,
            &repo.objects,
            |bytes| gix::objs::Write::write_buf(&repo.objects, Kind::Blob, bytes),
            &mut gix::diff::tree::State::default(),
            &mut self.plain_diff(),
            &mut self.plain_merge(),
            merge_options(),
        )
        .map_err(|error| library(&format!("merge {their} into {our}"), error))?;
        let unresolved = merge::tree::TreatAsUnresolved::git();
        let conflicts = outcome
            .conflicts
            .iter()
            .filter(|c| c.is_unresolved(unresolved));
        let mut paths: Vec<String> = conflicts
            .flat_map(|c| {
                [
                    c.ours.location().to_string(),
                    c.theirs.location().to_string(),
                ]
            })
            .collect();
        if !paths.is_empty() {
            paths.sort();
            paths.dedup();
            return Ok(Err(paths));
        }
        let tree = outcome.tree.write(|tree| {
            let bytes = super::write::encode(tree)?;
            super::write::store(self, Kind::Tree, &bytes).map(theirs)
        })?;
        Ok(Ok(tree))
    }

    /// A diff without attributes, drivers and filters.
    fn plain_diff(&self) -> gix::diff::blob::Platform {
        let fs = gix::fs::Capabilities::default();
        let options = gix::diff::blob::pipeline::Options {
            large_file_threshold_bytes: LARGE_FILE,
            fs,
        };
        gix::diff::blob::Platform::new(
            gix::diff::blob::platform::Options {
                algorithm: Some(gix::diff::blob::Algorithm::Histogram),
                skip_internal_diff_if_external_is_configured: false,
            },
            gix::diff::blob::Pipeline::new(
                gix::diff::blob::pipeline::WorktreeRoots::default(),
                self.plain_filter(),
                Vec::new(),
                options,
            ),
            gix::diff::blob::pipeline::Mode::ToGit,
            self.no_attributes(),
        )
    }

    /// A content merge without attributes, drivers and filters.
    fn plain_merge(&self) -> merge::blob::Platform {
        let options = merge::blob::pipeline::Options {
            large_file_threshold_bytes: LARGE_FILE,
        };
        merge::blob::Platform::new(
            merge::blob::Pipeline::new(
                merge::blob::pipeline::WorktreeRoots::default(),
                self.plain_filter(),
                options,
            ),
            merge::blob::pipeline::Mode::ToGit,
            self.no_attributes(),
            Vec::new(),
            merge::blob::platform::Options {
                default_driver: None,
            },
        )
    }

    fn plain_filter(&self) -> gix::filter::plumbing::Pipeline {
        gix::filter::plumbing::Pipeline::new(
            gix::command::Context::default(),
            self.inner.object_hash(),
            gix::filter::plumbing::pipeline::Options::default(),
        )
    }

    fn no_attributes(&self) -> gix::worktree::Stack {
        let attributes = gix::worktree::stack::state::Attributes::new(
            gix::attrs::Search::default(),
            None,
            gix::worktree::stack::state::attributes::Source::IdMapping,
            gix::attrs::search::MetadataCollection::default(),
        );
        gix::worktree::Stack::new(
            self.git_dir(),
            gix::worktree::stack::State::AttributesStack(attributes),
            gix::glob::pattern::Case::Sensitive,
            Vec::new(),
            Vec::new(),
        )
    }
}

/// Every choice that configuration could make, made here.
fn merge_options() -> merge::tree::Options {
    merge::tree::Options {
        rewrites: Some(gix::diff::Rewrites::default()),
        blob_merge: merge::blob::platform::merge::Options {
            is_virtual_ancestor: false,
            resolve_binary_with: None,
            text: text::Options {
                diff_algorithm: gix::diff::blob::Algorithm::Histogram,
                conflict: text::Conflict::default(),
            },
        },
        blob_merge_command_ctx: gix::command::Context::default(),
        fail_on_conflict: None,
        marker_size_multiplier: 0,
        symlink_conflicts: None,
        tree_conflicts: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, put, signature, write};

    fn replay(repo: &Repo, base: ObjectId, tip: ObjectId, onto: ObjectId) -> Replay {
        let mut writer = repo.writer();
        let replay = writer.replay(base, tip, onto, &signature()).unwrap();
        assert_eq!(
            writer.written().is_empty(),
            !matches!(replay, Replay::Commit(_))
        );
        writer.sync().unwrap();
        replay
    }

    fn lines(changes: &[(usize, &str)]) -> String {
        let line = |n| {
            changes
                .iter()
                .find(|(at, _)| *at == n)
                .map(|(_, text)| (*text).to_owned())
        };
        (0..40)
            .map(|n| line(n).unwrap_or_else(|| format!("line {n}")) + "\n")
            .collect()
    }

    #[test]
    fn a_clean_replay_has_the_trees_of_cherry_pick_and_can_be_redone() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let base = lab.commit(
            &root,
            &[("f", &lines(&[])), ("old/name", &lines(&[(1, "one")]))],
        );
        lab.commit(&root, &[("f", &lines(&[(3, "three")])), ("new", "n")]);
        lab.git(&root, &["rm", "-q", "new"]);
        let tip = lab.commit(
            &root,
            &[("old/name", &lines(&[(1, "one"), (30, "thirty")]))],
        );
        lab.git(&root, &["checkout", "-q", "--detach", &base.to_string()]);
        lab.git(&root, &["mv", "old/name", "moved"]);
        let onto = lab.commit(&root, &[("f", &lines(&[(35, "other")]))]);
        let Replay::Commit(commit) = replay(&repo, base, tip, onto) else {
            panic!()
        };
        assert_eq!(replay(&repo, base, tip, onto), Replay::Commit(commit));
        lab.git(&root, &["cherry-pick", &format!("{base}..{tip}")]);
        let picked: ObjectId = lab.git(&root, &["rev-parse", "HEAD"]).parse().unwrap();
        assert_eq!(repo.tree_of(commit).unwrap(), repo.tree_of(picked).unwrap());
        let (mine, git) = (repo.commit(commit).unwrap(), repo.commit(picked).unwrap());
        assert_eq!((mine.author, mine.message), (git.author, git.message));
        assert_eq!(mine.committer, signature());
        assert_eq!(repo.commits_between(onto, commit).unwrap().len(), 2);
        lab.git(&root, &["fsck", "--strict"]);
    }

    #[test]
    fn a_conflict_names_commit_and_paths_and_writes_nothing() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let base = write(&repo, &[], &[("a", Some("1\n")), ("b", Some("1\n"))]);
        let fine = write(&repo, &[base], &[("c", Some("1\n"))]);
        let tip = write(&repo, &[fine], &[("a", Some("2\n")), ("b", None)]);
        let onto = write(&repo, &[base], &[("a", Some("3\n")), ("b", Some("3\n"))]);
        let paths = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            replay(&repo, base, tip, onto),
            Replay::Conflict { commit: tip, paths }
        );
    }

    #[test]
    fn what_is_there_already_gives_nothing() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let base = write(&repo, &[], &[("a", Some("1\n"))]);
        let tip = write(&repo, &[base], &[("a", Some("2\n"))]);
        let onto = write(&repo, &[base], &[("a", Some("2\n")), ("z", Some("1\n"))]);
        assert_eq!(replay(&repo, base, tip, onto), Replay::Nothing);
        assert_eq!(replay(&repo, base, base, onto), Replay::Nothing);
    }

    #[test]
    fn merges_and_strangers_are_refused() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let base = write(&repo, &[], &[("a", Some("1"))]);
        let side = write(&repo, &[base], &[("b", Some("1"))]);
        let merge = write(&repo, &[base, side], &[("b", Some("1"))]);
        let alien = write(&repo, &[], &[("z", Some("1"))]);
        let mut writer = repo.writer();
        let error = writer.replay(base, merge, side, &signature()).unwrap_err();
        assert!(matches!(error, GitError::MergeCommit { commit } if commit == merge));
        let error = writer.replay(base, alien, side, &signature()).unwrap_err();
        assert!(matches!(error, GitError::NotDescendant { .. }));
    }

    #[test]
    fn no_driver_filter_or_attribute_of_the_repository_has_a_say() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let base = lab.commit(
            &root,
            &[("a", &lines(&[])), (".gitattributes", "* merge=evil\n")],
        );
        let tip = write(&repo, &[base], &[("a", Some(&lines(&[(2, "two")])))]);
        let onto = write(&repo, &[base], &[("a", Some(&lines(&[(38, "x")])))]);
        let plain = replay(&repo, base, tip, onto);
        for (name, value) in [
            ("merge.evil.driver", "touch ran; exit 1"),
            ("merge.default", "evil"),
            ("merge.renormalize", "true"),
            ("filter.evil.clean", "touch ran"),
        ] {
            lab.git(&root, &["config", name, value]);
        }
        put(
            &root.join(".git/info/attributes"),
            "* merge=evil filter=evil\n",
        );
        assert_eq!(replay(&lab.open(&root), base, tip, onto), plain);
        assert!(!root.join("ran").exists() && !root.join(".git/ran").exists());
    }
}
