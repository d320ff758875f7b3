use gix::bstr::BStr;
use gix::objs::tree::EntryKind as Mode;
use gix::objs::{FindExt as _, Kind, Tree, Write as _};

use super::objects::{Signature, id_kind, library};
use super::repo::{ours, theirs};
use super::{Durability, GitError, Repo};
use crate::domain::id::ObjectId;

/// A commit to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who makes the commit.
    pub committer: Signature,
    /// The message, stored as given.
    pub message: String,
}

/// Writes objects in process and remembers them, so that all can be made durable at once before a
/// ref names them.
///
/// An object that is already there counts as written: another process may have written it and not
/// yet made it durable.
#[derive(Debug)]
#[must_use = "objects are not durable before `sync`"]
pub struct Writer<'r> {
    pub(super) repo: &'r Repo,
    stores: bool,
    pub(super) written: Vec<ObjectId>,
}

impl Repo {
    /// Begins to write objects.
    pub fn writer(&self) -> Writer<'_> {
        Writer {
            repo: self,
            stores: true,
            written: Vec::new(),
        }
    }

    /// A writer that computes the ids of blobs, trees and commits and stores none: for an audit,
    /// which compares. It cannot replay commits.
    pub fn hasher(&self) -> Writer<'_> {
        Writer {
            stores: false,
            ..self.writer()
        }
    }
}

impl Writer<'_> {
    /// Writes a blob.
    ///
    /// # Errors
    /// [`GitError::Library`] when the object store cannot be written (disk full, no permission).
    pub fn blob(&mut self, bytes: &[u8]) -> Result<ObjectId, GitError> {
        self.object(Kind::Blob, bytes)
    }

    /// Writes the tree that results from `base` (the empty tree if none) by putting blobs at
    /// slash-separated paths, or taking away what is there. Subtrees are made as needed and vanish
    /// when empty; an executable file stays executable.
    ///
    /// # Errors
    /// [`GitError::BadPath`] for a path that cannot be checked out safely (empty segments, `..`,
    /// `.git` in any spelling); [`GitError::MissingObject`]; [`GitError::Library`].
    pub fn tree<P: AsRef<str>>(
        &mut self,
        base: Option<ObjectId>,
        edits: &[(P, Option<ObjectId>)],
    ) -> Result<ObjectId, GitError> {
        let repo = self.repo;
        let kind = repo.inner.object_hash();
        let root = match base {
            Some(base) => {
                let base = theirs(repo.tree_of(base)?);
                let mut buffer = Vec::new();
                let tree = repo.inner.objects.find_tree(&base, &mut buffer);
                tree.map_err(|error| GitError::library(format!("read tree {base}"), &error))?
                    .into()
            }
            None => Tree::empty(),
        };
        let mut editor = gix::objs::tree::Editor::new(root, &repo.inner.objects, kind);
        for (path, blob) in edits {
            let path = path.as_ref();
            let names = segments(path)?;
            let done = match blob {
                Some(blob) => {
                    let before = base
                        .map(|base| repo.entry_at(base, path))
                        .transpose()?
                        .flatten();
                    let exec = before.is_some_and(|entry| entry.kind == super::EntryKind::Exec);
                    let mode = if exec {
                        Mode::BlobExecutable
                    } else {
                        Mode::Blob
                    };
                    editor.upsert(names, mode, theirs(*blob))
                }
                None => editor.remove(names),
            };
            done.map_err(|error| GitError::library(format!("edit `{path}`"), &error))?;
        }
        let mut written = Vec::new();
        let stores = self.stores;
        let keep = |kind, bytes: &[u8]| match stores {
            true => store(repo, kind, bytes),
            false => hash(repo, kind, bytes),
        };
        let id = editor.write(|tree| {
            let id = keep(Kind::Tree, &encode(tree)?)?;
            written.push(id);
            Ok::<_, GitError>(theirs(id))
        })?;
        self.written.append(&mut written);
        ours(&id).ok_or_else(|| GitError::BadCommit {
            why: "no tree id".to_owned(),
        })
    }

    /// Writes a commit without a signature. Nothing is added to it: no encoding, no hook runs.
    ///
    /// # Errors
    /// [`GitError::BadCommit`] when a name, an email or the message holds what cannot stand there.
    pub fn commit(&mut self, commit: &NewCommit) -> Result<ObjectId, GitError> {
        self.object(Kind::Commit, &commit_bytes(commit)?)
    }

    /// The objects of this writer, in the order of writing.
    #[must_use]
    pub fn written(&self) -> &[ObjectId] {
        &self.written
    }

    /// Makes everything written durable (see [`Repo::sync_objects`]) and ends the writer.
    ///
    /// # Errors
    /// [`GitError::Io`].
    pub fn sync(self) -> Result<(), GitError> {
        self.repo.sync_objects(&self.written, Durability::Full)
    }

    pub(super) fn object(&mut self, kind: Kind, bytes: &[u8]) -> Result<ObjectId, GitError> {
        if !self.stores {
            return hash(self.repo, kind, bytes);
        }
        let id = store(self.repo, kind, bytes)?;
        self.written.push(id);
        Ok(id)
    }
}

/// The id that an object has.
fn hash(repo: &Repo, kind: Kind, bytes: &[u8]) -> Result<ObjectId, GitError> {
    let id = gix::objs::compute_hash(repo.inner.object_hash(), kind, bytes)
        .map_err(|error| library("hash an object", error))?;
    ours(&id).ok_or_else(|| GitError::BadCommit {
        why: "no id".to_owned(),
    })
}

/// Writes an object unless it is there. An empty file in its place, as a power cut leaves behind
/// where nobody flushed, is not the object.
pub(super) fn store(repo: &Repo, kind: Kind, bytes: &[u8]) -> Result<ObjectId, GitError> {
    let found = hash(repo, kind, bytes)?;
    let id = theirs(found);
    let there = repo.inner.objects.exists_without_refresh(&id);
    let hollow = || std::fs::metadata(repo.loose_file(found)).is_ok_and(|file| file.len() == 0);
    if !there || hollow() {
        repo.inner
            .objects
            .write_buf(kind, bytes)
            .map_err(|error| GitError::library(format!("write object {id}"), &error))?;
    }
    Ok(found)
}

/// The bytes of a commit without a signature.
pub(super) fn commit_bytes(commit: &NewCommit) -> Result<Vec<u8>, GitError> {
    if commit.message.contains('\0') {
        return Err(GitError::BadCommit {
            why: "the message holds a NUL".to_owned(),
        });
    }
    let object = gix::objs::Commit {
        tree: theirs(commit.tree),
        parents: commit.parents.iter().map(|id| theirs(*id)).collect(),
        author: actor(&commit.author)?,
        committer: actor(&commit.committer)?,
        encoding: None,
        message: commit.message.as_str().into(),
        extra_headers: Vec::new(),
    };
    encode(&object)
}

pub(super) fn encode(object: &impl gix::objs::WriteTo) -> Result<Vec<u8>, GitError> {
    let mut bytes = Vec::new();
    object
        .write_to(&mut bytes)
        .map_err(|error| GitError::BadCommit {
            why: error.to_string(),
        })?;
    Ok(bytes)
}

/// The library's form of a signature, checked: what git would strip or misread is refused.
pub(super) fn actor(signature: &Signature) -> Result<gix::actor::Signature, GitError> {
    for text in [&signature.name, &signature.email] {
        if text.chars().any(|c| matches!(c, '<' | '>' | '\n' | '\0')) || text.trim() != text {
            let why = format!("`{}` cannot stand in a signature", text.escape_debug());
            return Err(GitError::BadCommit { why });
        }
    }
    if signature.offset.unsigned_abs() >= 100 * 3600 {
        let why = format!("{} seconds is no time zone", signature.offset);
        return Err(GitError::BadCommit { why });
    }
    Ok(gix::actor::Signature {
        name: signature.name.as_str().into(),
        email: signature.email.as_str().into(),
        time: gix::date::Time {
            seconds: signature.seconds,
            offset: signature.offset,
        },
    })
}

/// The segments of a path that is safe in every checkout.
fn segments(path: &str) -> Result<Vec<&BStr>, GitError> {
    let options = gix::validate::path::component::Options::default();
    let names: Vec<&BStr> = path.split('/').map(Into::into).collect();
    for name in &names {
        gix::validate::path::component(name, None, options).map_err(|_| GitError::BadPath {
            path: path.to_owned(),
        })?;
    }
    Ok(names)
}

/// The bytes of a raw commit, its committer and parent replaced, its signature
/// dropped: the form in which a commit is replayed.
pub(super) fn recommit(
    repo: &Repo,
    source: ObjectId,
    tree: gix::ObjectId,
    parent: ObjectId,
    committer: &Signature,
) -> Result<Vec<u8>, GitError> {
    let object = repo.object(source, Kind::Commit)?;
    let decoded = gix::objs::CommitRef::from_bytes(&object.data, id_kind(source))
        .map_err(|error| library(&format!("decode commit {source}"), error))?;
    // The author line goes over byte for byte: parsing could tidy it.
    let mut bytes = format!("tree {tree}\nparent {parent}\nauthor ").into_bytes();
    bytes.extend_from_slice(decoded.author);
    bytes.extend_from_slice(b"\ncommitter ");
    let mut line = Vec::new();
    actor(committer)?
        .write_to(&mut line)
        .map_err(|error| GitError::BadCommit {
            why: error.to_string(),
        })?;
    bytes.extend_from_slice(&line);
    if let Some(encoding) = decoded.encoding {
        bytes.extend_from_slice(b"\nencoding ");
        bytes.extend_from_slice(encoding);
    }
    bytes.extend_from_slice(b"\n\n");
    bytes.extend_from_slice(decoded.message);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, signature, write};

    #[test]
    fn trees_are_those_of_git() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let base = write(
            &repo,
            &[],
            &[("a/b/c", Some("1")), ("a/d", Some("2")), ("e", Some("3"))],
        );
        let edits = [
            ("a/b/c", None),
            ("a-b", Some("4")),
            ("a/d", Some("5")),
            ("n/o/p", Some("6")),
        ];
        let next = write(&repo, &[base], &edits);
        let files = [("a-b", "4"), ("a/d", "5"), ("e", "3"), ("n/o/p", "6")];
        let by_git = lab.commit(&root, &files);
        assert_eq!(repo.tree_of(next).unwrap(), repo.tree_of(by_git).unwrap());
        assert_eq!(lab.git(&root, &["fsck", "--strict", "--no-dangling"]), "");
    }

    #[test]
    fn an_executable_stays_executable() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        lab.commit(&root, &[("x", "1")]);
        lab.git(&root, &["update-index", "--chmod=+x", "x"]);
        let head = lab.commit(&root, &[]);
        let next = write(&repo, &[head], &[("x", Some("2"))]);
        assert_eq!(
            repo.entry_at(next, "x").unwrap().unwrap().kind,
            crate::git::EntryKind::Exec
        );
    }

    #[test]
    fn paths_that_could_leave_a_checkout_are_refused() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let mut writer = repo.writer();
        let blob = writer.blob(b"x").unwrap();
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/./b",
            ".git/hooks/x",
            "a/.GIT/x",
            "a\0b",
        ] {
            let error = writer.tree(None, &[(path, Some(blob))]).unwrap_err();
            assert!(
                matches!(error, GitError::BadPath { .. }),
                "{path:?}: {error}"
            );
        }
    }

    #[test]
    fn signatures_and_messages_cannot_forge_headers() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let mut writer = repo.writer();
        let tree = writer.tree::<&str>(None, &[]).unwrap();
        let good = NewCommit {
            tree,
            parents: vec![],
            author: signature(),
            committer: signature(),
            message: "m\n".into(),
        };
        for name in ["a\nparent x", "a <b>", " a"] {
            let author = Signature {
                name: name.into(),
                ..signature()
            };
            let error = writer
                .commit(&NewCommit {
                    author,
                    ..good.clone()
                })
                .unwrap_err();
            assert!(
                matches!(error, GitError::BadCommit { .. }),
                "{name:?}: {error}"
            );
        }
        assert!(
            writer
                .commit(&NewCommit {
                    message: "a\0b".into(),
                    ..good
                })
                .is_err()
        );
    }

    #[test]
    fn an_object_file_emptied_by_a_power_cut_is_written_again() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let blob = repo.writer().blob(b"content").unwrap();
        let file = repo.loose_file(blob);
        std::fs::remove_file(&file).unwrap();
        crate::git::testing::put(&file, "");
        assert_eq!(repo.writer().blob(b"content").unwrap(), blob);
        assert_eq!(repo.blob(blob, 99).unwrap(), b"content");
    }
}
