//! What git prints, taken apart. Names and messages in it are whoever's wrote them, so each reader
//! takes any bytes: a record that is none is left out. Pure, and fuzzed (`output`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use gix::bstr::ByteSlice as _;

use super::directory::spelled;
use super::hooks::HooksPath;
use super::index::Staged;
use super::objects::{Entry, EntryKind};
use super::worktree::Worktree;
use crate::domain::id::ObjectId;

/// The paths of `-z`.
pub fn paths(bytes: &[u8]) -> impl Iterator<Item = String> {
    records(bytes).map(|path| spelled(path).into_owned())
}

fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split(|byte| *byte == 0)
        .filter(|record| !record.is_empty())
}

/// `git status --porcelain=v1 -z --no-renames`: paths that differ, and untracked ones.
#[must_use]
pub fn status(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut dirty, mut untracked) = (Vec::new(), Vec::new());
    for record in records(bytes).filter(|record| record.len() > 3) {
        let path = spelled(&record[3..]).into_owned();
        if record.starts_with(b"??") {
            untracked.push(path);
        } else {
            dirty.push(path);
        }
    }
    (dirty, untracked)
}

/// `git worktree list --porcelain -z`, but for their git directories.
#[must_use]
pub fn worktrees(bytes: &[u8]) -> Vec<Worktree> {
    let mut worktrees: Vec<Worktree> = Vec::new();
    for line in records(bytes) {
        let space = line.find_byte(b' ').unwrap_or(line.len());
        let (word, rest) = line.split_at(space);
        let rest = rest.get(1..).unwrap_or_default();
        let text = || String::from_utf8_lossy(rest).into_owned();
        if word == b"worktree" {
            worktrees.push(Worktree {
                path: PathBuf::from(OsString::from_vec(rest.to_vec())),
                ..Worktree::default()
            });
        }
        let Some(current) = worktrees.last_mut() else {
            continue;
        };
        let null = |id: &ObjectId| id.as_bytes().iter().all(|byte| *byte == 0);
        match word {
            b"HEAD" => current.head = text().parse().ok().filter(|id| !null(id)),
            b"branch" => current.branch = Some(text()),
            b"locked" => current.locked = Some(text()),
            b"prunable" => current.prunable = true,
            b"bare" => current.bare = true,
            _ => {}
        }
    }
    worktrees
}

/// `<name> <id> <target of a symbolic ref>`, a line each: refs with their objects, none for a
/// symbolic one.
#[must_use]
pub fn refs(text: &str) -> BTreeMap<String, Option<ObjectId>> {
    let read = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (name, id, symbolic) = (words.next()?, words.next()?, words.next()?);
        let object = match symbolic {
            "" => Some(id.parse().ok()?),
            _ => None,
        };
        Some((name.to_owned(), object))
    };
    text.lines().filter_map(read).collect()
}

/// `git ls-remote`: `<id><TAB><name>`. Git matches the end of a name; only the very names that were
/// asked for count.
#[must_use]
pub fn listing<S: AsRef<str>>(text: &str, wanted: &[S]) -> BTreeMap<String, ObjectId> {
    let read = |line: &str| {
        let (id, name) = line.split_once('\t')?;
        let asked = wanted.iter().any(|wanted| wanted.as_ref() == name);
        asked.then_some(())?;
        Some((name.to_owned(), id.parse().ok()?))
    };
    text.lines().filter_map(read).collect()
}

/// `git ls-files -s -z`: `<mode> <id> <stage><TAB><path>`.
#[must_use]
pub fn staged(bytes: &[u8]) -> BTreeMap<String, Staged> {
    let mut staged = BTreeMap::new();
    for (path, found) in records(bytes).filter_map(staged_record) {
        // A path may be spelled as one that is no text is shown: that one must be told.
        let known = staged.entry(path).or_insert(found);
        if found == Staged::Illegible {
            *known = found;
        }
    }
    staged
}

/// `git ls-files -t -s -z`: the same with a letter in front. Only those that the worktree leaves
/// out.
#[must_use]
pub fn skipped(bytes: &[u8]) -> BTreeMap<String, Staged> {
    let skipped = records(bytes).filter_map(|record| record.strip_prefix(b"S "));
    skipped.filter_map(staged_record).collect()
}

/// `git ls-files -v -z`: the paths with a letter that says that git does not look at their files,
/// which is a small one or `S`.
#[must_use]
pub fn unwatched(bytes: &[u8]) -> BTreeSet<String> {
    let unwatched = records(bytes).filter_map(|record| match record {
        [b'S' | b'a'..=b'z', b' ', path @ ..] => Some(spelled(path).into_owned()),
        _ => None,
    });
    unwatched.collect()
}

fn staged_record(record: &[u8]) -> Option<(String, Staged)> {
    let tab = record.find_byte(b'\t')?;
    let path = spelled(&record[tab + 1..]);
    let mut facts = record[..tab].to_str().ok()?.split(' ');
    let (mode, id, stage) = (facts.next()?, facts.next()?, facts.next()?);
    if matches!(path, Cow::Owned(_)) {
        return Some((path.into_owned(), Staged::Illegible));
    }
    if stage != "0" {
        return Some((path.into_owned(), Staged::Conflict));
    }
    let kind = match mode {
        "100755" => EntryKind::Exec,
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Submodule,
        _ => EntryKind::Blob,
    };
    let id = id.parse().ok()?;
    Some((path.into_owned(), Staged::Entry(Entry { kind, id })))
}

/// `git diff-index --raw -z --no-renames`: what differs, by path, as git tells it.
#[must_use]
pub fn differing(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut records = records(bytes);
    let mut differing = BTreeMap::new();
    while let (Some(facts), Some(path)) = (records.next(), records.next()) {
        differing.insert(spelled(path).into_owned(), spelled(facts).into_owned());
    }
    differing
}

/// `git config --show-scope -z --get-all`: scope and value by turns. The last one counts; ours from
/// the command line is none of them, and an empty value is no value to git.
#[must_use]
pub fn hooks_path(text: &str) -> Option<HooksPath> {
    let mut words = text.split('\0');
    let mut configured = None;
    while let (Some(scope), Some(value)) = (words.next(), words.next()) {
        if scope != "command" {
            configured = Some(HooksPath {
                value: value.to_owned(),
                scope: scope.to_owned(),
            });
        }
    }
    configured.filter(|path| !path.value.is_empty())
}

/// The first two numbers of `git version 2.47.3 (Apple Git-1)`.
#[must_use]
pub fn version(told: &str) -> Option<(u32, u32)> {
    let version = told.split_whitespace().nth(2)?;
    let mut parts = version.split('.');
    let mut next = || parts.next()?.parse().ok();
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_however_they_are_built() {
        assert_eq!(version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 2.53.GIT"), Some((2, 53)));
        assert_eq!(version("git"), None);
    }

    #[test]
    fn p13_what_is_no_record_of_git_is_left_out() {
        let id = "1".repeat(40);
        assert_eq!(
            status(b"??\0 M a\0?? b\nc\0x"),
            (vec!["a".into()], vec!["b\nc".into()])
        );
        assert_eq!(refs(&format!("a {id} \nb {id}\nc x \nd {id} e\n")).len(), 2);
        assert_eq!(
            listing(&format!("{id}\ta\n{id}\tx/a\n{id} a\nz\ta"), &["a"]).len(),
            1
        );
        assert_eq!(
            staged(format!("100644 {id} 0\ta\tb\0no\0").as_bytes()).len(),
            1
        );
        assert_eq!(
            worktrees(b"HEAD x\0branch y\0\0worktree \xff\0HEAD no\0").len(),
            1
        );
        assert_eq!(hooks_path("local\0a\0global"), hooks_path("local\0a\0"));
        assert_eq!(hooks_path("local\0\0"), None);
    }
}
