use std::time::Duration;

use super::durable::flush;
use super::{GitError, Repo};

/// The directory of loose objects that stands for all 256: ids are spread evenly.
const SAMPLE: &str = "17";

/// How long packing may take; a pack that is cut short leaves everything as it was.
const LIMIT: Duration = Duration::from_secs(3600);

impl Repo {
    /// About how many loose objects there are, from one directory of 256.
    #[must_use]
    pub fn loose_objects(&self) -> usize {
        let dir = self.common_dir().join("objects").join(SAMPLE);
        let entries = std::fs::read_dir(dir).map_or(0, Iterator::count);
        entries * 256
    }

    /// Whether the person who owns the repository lets it be tidied unasked: `gc.auto` and
    /// `maintenance.auto` as git reads them.
    #[must_use]
    pub fn may_tidy(&self) -> bool {
        let off = |value: Option<String>, no: &[&str]| {
            value.is_some_and(|value| no.contains(&value.to_ascii_lowercase().as_str()))
        };
        !off(self.config_str("gc.auto"), &["0"])
            && !off(
                self.config_str("maintenance.auto"),
                &["false", "no", "off", "0"],
            )
    }

    /// Packs loose objects and small packs, so that each pack is at least twice the next smaller
    /// one: what it costs in all grows little faster than the history. Drops nothing that is not
    /// in a pack.
    ///
    /// # Errors
    /// [`GitError::Git`]; [`GitError::Process`].
    pub fn pack_objects(&self) -> Result<(), GitError> {
        let args = [
            "-c",
            "core.fsync=all",
            "-c",
            "core.fsyncMethod=fsync",
            "repack",
            "-d",
            "-l",
            "-q",
            "--geometric=2",
        ];
        self.succeed(&self.git(&args).limit(LIMIT), "repack")?;
        // What was flushed loose must not depend on a pack that no flushed directory names.
        flush(&self.common_dir().join("objects/pack"))
    }
}

#[cfg(test)]
mod tests {
    use crate::git::testing::{Lab, set, write};

    #[test]
    fn packing_keeps_every_object() {
        let (lab, repo) = Lab::with_repo(&[]);
        let mut commits = Vec::new();
        for n in 0..30 {
            let text = n.to_string();
            let parent: Vec<_> = commits.last().copied().into_iter().collect();
            commits.push(write(&repo, &parent, &[("a", Some(&text))]));
            set(&repo, &format!("refs/laneway/work/T-{n}/1"), commits[n]);
        }
        // One that no ref reaches: it is somebody's pending commit.
        let alone = write(&repo, &[], &[("b", Some("x"))]);
        repo.pack_objects().unwrap();
        let repo = lab.open(&lab.path("repo"));
        for (n, commit) in commits.iter().enumerate() {
            assert_eq!(
                repo.tip(&format!("refs/laneway/work/T-{n}/1")).unwrap(),
                Some(*commit)
            );
            assert_eq!(
                repo.blob_at(*commit, "a", 9).unwrap().unwrap(),
                n.to_string().into_bytes()
            );
        }
        assert!(repo.exists(alone));
        assert_eq!(repo.loose_objects(), 0);
    }
}
