use std::collections::HashMap;
use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, InternedInput, Token};
use gix::objs::Kind;
use sha2::{Digest as _, Sha256};

use super::{Entry, EntryKind, GitError, Repo};
use crate::domain::id::ObjectId;

/// Separates this hash from every other use of SHA-256, and one form of it from the next.
const DOMAIN: &[u8] = b"laneway change key 2\n";

/// Unchanged lines around a change that belong to it.
const CONTEXT: u32 = 3;

/// Largest file that is compared by lines, in bytes; of a larger one the object ids count.
const MAX_COMPARED: u64 = 32 << 20;

/// Most bytes that are compared by lines for one key, each pair of files once: a small pack can hold
/// a large file at a million paths. Of what comes after, by path, the object ids count.
const MOST_COMPARED: u64 = 256 << 20;

/// So many bytes are looked at for a NUL, which makes a file binary, as git does.
const SNIFFED: usize = 8000;

impl Repo {
    /// The change key of `base..commit`: 64 hexadecimal digits that stay the same when the change is
    /// rebased over changes elsewhere, and become others when a line of it or near it differs.
    ///
    /// It is the idea of `git patch-id --stable --verbatim`: a hash of the patch in path order,
    /// without line numbers, and without object ids but those of submodules and of files that have
    /// no lines: binary ones, those above 32 MiB, and what is left after 256 MiB. White space counts.
    /// Nothing is run; attributes and configuration have no say. An empty change has a fixed key.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::Library`].
    pub fn change_key(&self, base: ObjectId, commit: ObjectId) -> Result<String, GitError> {
        let mut changes = self.changes(base, commit)?;
        changes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut hash = Parts(Sha256::new_with_prefix(DOMAIN));
        let mut patches = Patches::within(MOST_COMPARED);
        for (path, change) in changes {
            let (old, new) = change.sides();
            hash.part("path", &path);
            hash.part("old", mode(old).as_bytes());
            hash.part("new", mode(new).as_bytes());
            match patches.of(self, old, new)? {
                Some(patch) => hash.part("patch", &patch),
                None => {
                    hash.part("from", &id(old));
                    hash.part("to", &id(new));
                }
            }
        }
        let digest = hash.0.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The bytes of an entry that is compared by lines; nothing has no lines.
    fn lines_of(&self, entry: Option<Entry>) -> Result<Option<Vec<u8>>, GitError> {
        let Some(entry) = entry else {
            return Ok(Some(Vec::new()));
        };
        let bytes = self.object(entry.id, Kind::Blob)?.detach().data;
        let head = bytes.get(..SNIFFED).unwrap_or(&bytes);
        Ok((!head.contains(&0)).then_some(bytes))
    }

    /// The size of what would be compared; none for what has no lines.
    fn compared(&self, entry: Option<Entry>) -> Result<Option<u64>, GitError> {
        match entry {
            None => Ok(Some(0)),
            Some(entry) if entry.kind == EntryKind::Submodule => Ok(None),
            Some(entry) => Ok(Some(self.blob_size(entry.id)?).filter(|size| *size <= MAX_COMPARED)),
        }
    }
}

/// The object ids of both sides.
type Pair = (Option<ObjectId>, Option<ObjectId>);

/// The patches of one change, each pair of files made once.
struct Patches {
    known: HashMap<Pair, Option<[u8; 32]>>,
    /// Bytes that may still be compared.
    left: u64,
}

impl Patches {
    fn within(bytes: u64) -> Self {
        Self {
            known: HashMap::new(),
            left: bytes,
        }
    }

    /// The hash of the patch between two entries; none where their ids count.
    fn of(
        &mut self,
        repo: &Repo,
        old: Option<Entry>,
        new: Option<Entry>,
    ) -> Result<Option<[u8; 32]>, GitError> {
        let (Some(before), Some(after)) = (repo.compared(old)?, repo.compared(new)?) else {
            return Ok(None);
        };
        let pair = (old.map(|entry| entry.id), new.map(|entry| entry.id));
        if let Some(known) = self.known.get(&pair) {
            return Ok(*known);
        }
        let patch = match self.left.checked_sub(before + after) {
            Some(left) => {
                self.left = left;
                match (repo.lines_of(old)?, repo.lines_of(new)?) {
                    (Some(before), Some(after)) => {
                        let mut hash = Parts(Sha256::new());
                        hash.patch(&before, &after);
                        Some(hash.0.finalize().into())
                    }
                    _ => None,
                }
            }
            None => None,
        };
        self.known.insert(pair, patch);
        Ok(patch)
    }
}

/// The lines of two files.
type Lines<'f> = InternedInput<&'f [u8]>;

/// A hash of parts, each with its name and length, so that no part can pass for another.
struct Parts(Sha256);

impl Parts {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        self.0.update(name);
        self.0.update([0]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn lines(&mut self, sign: &str, input: &Lines<'_>, side: &[Token], range: Range<u32>) {
        let range = range.start as usize..(range.end as usize).min(side.len());
        for token in side.get(range).unwrap_or_default() {
            self.part(sign, input.interner[*token]);
        }
    }

    /// The hunks of a patch. Ambiguous ones lie as far down as they can, as in git.
    fn patch(&mut self, before: &[u8], after: &[u8]) {
        let input = InternedInput::new(before, after);
        let mut diff = Diff::compute(Algorithm::Histogram, &input);
        diff.postprocess_no_heuristic(&input);
        // Where the last change ended; lines of the old side up to there are in the hash.
        let mut last: Option<u32> = None;
        for change in diff.hunks() {
            let (start, end) = (change.before.start, change.before.end);
            let context = match last {
                Some(last) if start - last <= 2 * CONTEXT => last..start,
                _ => {
                    if let Some(last) = last {
                        self.lines(" ", &input, &input.before, last..last + CONTEXT);
                    }
                    self.part("@@", b"");
                    start.saturating_sub(CONTEXT)..start
                }
            };
            self.lines(" ", &input, &input.before, context);
            self.lines("-", &input, &input.before, change.before);
            self.lines("+", &input, &input.after, change.after);
            last = Some(end);
        }
        if let Some(last) = last {
            self.lines(" ", &input, &input.before, last..last + CONTEXT);
        }
    }
}

/// How git writes the kind of an entry; nothing for none.
fn mode(entry: Option<Entry>) -> &'static str {
    match entry.map(|entry| entry.kind) {
        None => "",
        Some(EntryKind::Blob) => "100644",
        Some(EntryKind::Exec) => "100755",
        Some(EntryKind::Link) => "120000",
        Some(EntryKind::Submodule) => "160000",
        Some(EntryKind::Tree) => "40000",
    }
}

fn id(entry: Option<Entry>) -> Vec<u8> {
    entry
        .map(|entry| entry.id.as_bytes().to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Patches;
    use crate::git::testing::{Lab, put, write};

    #[test]
    fn p23_only_so_many_bytes_are_compared_and_each_pair_once() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let [a, b] = ["a", "b"].map(|line| format!("{line}\n").repeat(30));
        let commit = write(&repo, &[], &[("a", Some(&a)), ("b", Some(&b))]);
        let [a, b] = ["a", "b"].map(|path| repo.entry_at(commit, path).unwrap());
        let mut patches = Patches::within(130);
        let mut of = |old, new| patches.of(&repo, old, new).unwrap();
        let known = of(a, b);
        assert!(known.is_some(), "120 of 130 bytes");
        assert_eq!(of(b, a), None, "120 more");
        assert_eq!(of(a, b), known, "known already");
        assert_eq!(of(b, a), None, "the same answer again");
    }

    #[test]
    fn a_key_survives_a_rebase_over_changes_elsewhere_and_no_edit() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let lines = |n: usize| (0..n).map(|i| format!("line {i}\n")).collect::<String>();
        let base = write(
            &repo,
            &[],
            &[("a", Some(&lines(50))), ("bin", Some("\0one"))],
        );
        let edited = lines(50).replace("line 40\n", "line forty\n");
        let work = write(&repo, &[base], &[("a", Some(&edited)), ("n", Some("x\n"))]);
        let key = repo.change_key(base, work).unwrap();
        let moved = write(
            &repo,
            &[base],
            &[("a", Some(&format!("top\n{}", lines(50))))],
        );
        let top = format!("top\n{edited}");
        let rebased = write(&repo, &[moved], &[("a", Some(&top)), ("n", Some("x\n"))]);
        assert_eq!(repo.change_key(moved, rebased).unwrap(), key);
        for other in ["x \n", "y\n", "x"] {
            let other = write(&repo, &[moved], &[("a", Some(&top)), ("n", Some(other))]);
            assert_ne!(repo.change_key(moved, other).unwrap(), key);
        }
        let two = write(&repo, &[base], &[("bin", Some("\0two"))]);
        let three = write(&repo, &[base], &[("bin", Some("\0three"))]);
        let key = |commit| repo.change_key(base, commit).unwrap();
        assert_ne!(key(two), key(three));
        assert_ne!(key(two), key(base));
        assert_eq!(
            key(base),
            repo.change_key(work, work).unwrap(),
            "empty is fixed"
        );
        assert_eq!(key(base).len(), 64);
    }

    /// Keys stand in ledgers: a library that finds another patch gives them all up.
    #[test]
    fn keys_stay_what_they_are() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let lines = |range: std::ops::Range<usize>| {
            range
                .map(|n| format!("{}\n", n * n % 7))
                .collect::<String>()
        };
        let base = write(
            &repo,
            &[],
            &[
                ("a", Some(&lines(0..300))),
                ("b", Some("\0b")),
                ("c", Some("c")),
            ],
        );
        let edited = format!("{}x\n{}{}y", lines(0..90), lines(95..200), lines(150..290));
        let edits = [
            ("a", Some(&*edited)),
            ("b", Some("\0c")),
            ("c", None),
            ("d/e", Some("n\n")),
        ];
        let work = write(&repo, &[base], &edits);
        assert_eq!(
            repo.change_key(base, work).unwrap(),
            "062d7cfdde323dca2f29208ace773c0d701c7d77f581f112c685a5fed7a85de1"
        );
    }

    /// What stands in one part of a patch never passes for another.
    #[test]
    fn every_difference_makes_another_key() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let twelve = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let base = write(&repo, &[], &[("a", Some(twelve)), ("e", Some("e\n"))]);
        let with = |a: &str| write(&repo, &[base], &[("a", Some(a))]);
        let six = twelve.replace("6\n", "six\n");
        let mut works = vec![
            with(&six),
            with(&six.replace("11\n", "eleven\n")),
            with(&twelve.replace("6\n", "six \n")),
            with(&twelve.replace("6\n", "")),
            with(&twelve.replace("6\n", "6\nsix\n")),
            with(twelve.trim_end()),
            with(&twelve.replace("12\n", "12\r\n")),
            with(""),
            write(&repo, &[base], &[("a", None)]),
            write(&repo, &[base], &[("b", Some(""))]),
            write(&repo, &[base], &[("b", Some("-6\n"))]),
            write(&repo, &[base], &[("b", Some("6\n"))]),
            write(&repo, &[base], &[("c", Some("6\n"))]),
            write(&repo, &[base], &[("a", None), ("b", Some(twelve))]),
        ];
        lab.git(&root, &["reset", "-q", "--hard", &base.to_string()]);
        lab.git(&root, &["update-index", "--chmod=+x", "e"]);
        works.push(lab.commit(&root, &[]));
        std::fs::remove_file(root.join("e")).unwrap();
        std::os::unix::fs::symlink("e\n", root.join("e")).unwrap();
        lab.git(&root, &["add", "e"]);
        works.push(lab.commit(&root, &[]));
        let repo = lab.open(&root);
        let keys = works
            .iter()
            .map(|work| repo.change_key(base, *work).unwrap());
        let keys: std::collections::BTreeSet<String> = keys.collect();
        assert_eq!(keys.len(), works.len());
        // What stands too far from a change does not count.
        let far = write(&repo, &[base], &[("a", Some(&format!("0\n{twelve}")))]);
        let later = twelve.replace("11\n", "eleven\n");
        let later = repo.change_key(base, with(&later)).unwrap();
        let moved = format!("0\n{}", twelve.replace("11\n", "eleven\n"));
        let moved = write(&repo, &[far], &[("a", Some(&moved))]);
        assert_eq!(repo.change_key(far, moved).unwrap(), later);
        // What stands near does.
        let near = write(
            &repo,
            &[base],
            &[("a", Some(&twelve.replace("9\n", "nine\n")))],
        );
        let on_near = twelve.replace("9\n", "nine\n").replace("11\n", "eleven\n");
        let on_near = write(&repo, &[near], &[("a", Some(&on_near))]);
        assert_ne!(repo.change_key(near, on_near).unwrap(), later);
    }

    #[test]
    fn configuration_and_attributes_have_no_say_and_run_nothing() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let base = lab.commit(&root, &[("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n")]);
        let work = lab.commit(&root, &[("a.txt", "1\n2\n3\n4\nfive\n6\n7\n8\n")]);
        let key = repo.change_key(base, work).unwrap();
        for (name, value) in [
            ("diff.external", "touch ran"),
            ("diff.evil.command", "touch ran"),
            ("diff.evil.textconv", "touch ran; cat"),
            ("diff.context", "9"),
            ("diff.noprefix", "true"),
            ("diff.algorithm", "patience"),
            ("core.attributesFile", "attributes"),
        ] {
            lab.git(&root, &["config", name, value]);
        }
        put(&root.join(".gitattributes"), "*.txt diff=evil\n");
        put(&root.join("attributes"), "*.txt -diff\n");
        assert_eq!(lab.open(&root).change_key(base, work).unwrap(), key);
        assert!(!root.join("ran").exists());
    }
}
