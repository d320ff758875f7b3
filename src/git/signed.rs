//! The signature of a commit: read, and made as the person's git is configured to.
//!
//! Reading runs nothing. Making runs a program, so what names it is read from the person's and the
//! machine's configuration only: a repository may say which key signs, never what is run (P22).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::bstr::ByteSlice as _;
use gix::config::Source;
use gix::objs::Kind;

use super::write::{NewCommit, Writer, commit_bytes};
use super::{GitError, ObjectFormat, Repo};
use crate::domain::id::ObjectId;
use crate::process::{Exit, Spawn};

/// Time a signature may take: others wait for the build lock meanwhile. A key in an agent may ask
/// its owner to touch it.
const LIMIT: Duration = Duration::from_secs(20);

/// A commit as its signature sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The address of its committer.
    pub email: String,
    /// The armored signature, if it has one.
    pub signature: Option<String>,
    /// The bytes that are signed: the commit without its signature.
    pub payload: Vec<u8>,
    /// The first header that is not as laneway writes it: another one, one too many, one in another
    /// place or form. `message` where all of them are.
    pub foreign: Option<String>,
}

/// The header that holds a signature in repositories of this hash.
fn header(format: ObjectFormat) -> &'static str {
    match format {
        ObjectFormat::Sha1 => "gpgsig",
        ObjectFormat::Sha256 => "gpgsig-sha256",
    }
}

impl Signed {
    /// The bytes of a commit as signature, of the header that holds it under this hash, and as what
    /// is signed.
    #[must_use]
    pub fn taken_apart(commit: &[u8], format: ObjectFormat) -> (Option<String>, Vec<u8>) {
        let own = header(format);
        let mut signature: Option<String> = None;
        let mut payload = Vec::with_capacity(commit.len());
        let mut rest = commit;
        let mut inside = "";
        while !rest.is_empty() && !rest.starts_with(b"\n") {
            let end = rest.find_byte(b'\n').map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            rest = after;
            let value = match line.strip_prefix(b" ") {
                Some(more) => more,
                None => {
                    inside = match name_of(line) {
                        b"gpgsig" => "gpgsig",
                        b"gpgsig-sha256" => "gpgsig-sha256",
                        _ => "",
                    };
                    let at = line.find_byte(b' ').unwrap_or(line.len());
                    line.get(at + 1..).unwrap_or_default()
                }
            };
            // Git signs a commit without the signatures of either hash.
            if inside.is_empty() {
                payload.extend_from_slice(line);
            } else if inside == own {
                let text = signature.get_or_insert_default();
                text.push_str(&value.to_str_lossy());
            }
        }
        payload.extend_from_slice(rest);
        (signature, payload)
    }

    /// The bytes of a commit with its signature, where git puts it: after the other headers.
    #[must_use]
    pub fn sealed(payload: &[u8], format: ObjectFormat, signature: &str) -> Vec<u8> {
        let at = payload.find(b"\n\n").map_or(payload.len(), |at| at + 1);
        let mut bytes = payload[..at].to_vec();
        let mut lead = header(format);
        for line in signature.lines() {
            bytes.extend_from_slice(lead.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            lead = "";
        }
        bytes.extend_from_slice(&payload[at..]);
        bytes
    }
}

/// The name of a header's line.
fn name_of(line: &[u8]) -> &[u8] {
    let end = line.find_byteset(b" \n").unwrap_or(line.len());
    &line[..end]
}

/// The header of the first line of `found` that `ours` has not there; none where they are the same.
fn foreign(found: &[u8], ours: &[u8]) -> Option<String> {
    if found == ours {
        return None;
    }
    let mut expected = ours.split_inclusive(|byte| *byte == b'\n');
    for line in found.split_inclusive(|byte| *byte == b'\n') {
        if line == b"\n" {
            break;
        }
        if expected.next() != Some(line) {
            return Some(name_of(line).to_str_lossy().into_owned());
        }
    }
    Some("message".to_owned())
}

impl Repo {
    /// A commit as its signature sees it.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn signed(&self, id: ObjectId) -> Result<Signed, GitError> {
        let object = self.object(id, Kind::Commit)?;
        let format = self.object_format();
        let (signature, payload) = Signed::taken_apart(&object.data, format);
        let commit = self.commit(id)?;
        let email = commit.committer.email.clone();
        // What the commit says, written anew, is all that may stand there.
        let ours = commit_bytes(&NewCommit {
            tree: commit.tree,
            parents: commit.parents,
            author: commit.author,
            committer: commit.committer,
            message: commit.message,
        });
        let ours = match &signature {
            Some(armored) => ours.map(|bytes| Signed::sealed(&bytes, format, armored)),
            None => ours,
        };
        let foreign = foreign(&object.data, &ours.unwrap_or_default());
        Ok(Signed {
            email,
            signature,
            payload,
            foreign,
        })
    }

    /// Whether git's configuration asks for signatures with an SSH key: `laneway.sign`, and without
    /// it `commit.gpgSign` with `gpg.format` `ssh`.
    #[must_use]
    pub fn wants_signatures(&self) -> bool {
        let config = self.inner.config_snapshot();
        let asked = |key: &str| config.boolean(key);
        asked("laneway.sign").unwrap_or_else(|| {
            asked("commit.gpgSign") == Some(true)
                && self.config_str("gpg.format").as_deref() == Some("ssh")
        })
    }

    /// Whether a key to sign with is configured. It may still not work.
    #[must_use]
    pub fn has_signing_key(&self) -> bool {
        self.config_str("user.signingKey").is_some()
            || self.config_of_person("gpg.ssh.defaultKeyCommand").is_some()
    }

    /// Signs `payload` with the key of git's configuration, in namespace `git`: an armored SSH
    /// signature. Nobody is asked for a passphrase.
    ///
    /// # Errors
    /// [`GitError::CannotSign`].
    pub fn sign(&self, payload: &[u8]) -> Result<String, GitError> {
        let cannot = |why: String| GitError::CannotSign { why };
        let io = |error: std::io::Error| cannot(error.to_string());
        let scratch = tempfile::tempdir().map_err(io)?;
        let put = |name: &str, bytes: &[u8]| {
            let path = scratch.path().join(name);
            let mut file = std::fs::File::create_new(&path)?;
            std::io::Write::write_all(&mut file, bytes)?;
            Ok(path)
        };
        let key = match self.config_str("user.signingKey") {
            Some(key) => key,
            None => self.default_key()?,
        };
        let (file, literal) = match literal(&key) {
            Some(key) => (put("key", format!("{key}\n").as_bytes()).map_err(io)?, true),
            None => (PathBuf::from(self.expanded(&key)), false),
        };
        let commit = put("commit", payload).map_err(io)?;
        let program = self.config_of_person("gpg.ssh.program");
        let program =
            program.map_or_else(|| "ssh-keygen".into(), |program| self.expanded(&program));
        let mut spawn = Spawn::new(program, scratch.path())
            .args(["-Y", "sign", "-n", "git", "-f"])
            .arg(file);
        if literal {
            spawn = spawn.arg("-U");
        }
        self.run_signer(spawn.arg(&commit))?;
        let made = std::fs::read_to_string(scratch.path().join("commit.sig")).map_err(io)?;
        Ok(made.replace('\r', ""))
    }

    /// The first line of what `gpg.ssh.defaultKeyCommand` says.
    fn default_key(&self) -> Result<String, GitError> {
        let cannot = |why: &str| GitError::CannotSign {
            why: why.to_owned(),
        };
        let command = self.config_of_person("gpg.ssh.defaultKeyCommand");
        let command = command.ok_or_else(|| cannot("git's `user.signingKey` names no key"))?;
        let said = self.run_signer(self.runner.shell(command, &self.common_dir()))?;
        let key = said.lines().next().unwrap_or_default().to_owned();
        match literal(&key) {
            Some(_) => Ok(key),
            None => Err(cannot("`gpg.ssh.defaultKeyCommand` gave no key")),
        }
    }

    /// Runs what may want a passphrase or a touch: an answer is asked for by no terminal and no
    /// window of ours. A wrong passphrase ends it at once.
    fn run_signer(&self, spawn: Spawn) -> Result<String, GitError> {
        let spawn = spawn
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .limit(LIMIT);
        let program = Path::new(spawn.program()).display().to_string();
        let cannot = |why: String| GitError::CannotSign { why };
        let finished = self.runner.run(&spawn);
        let finished = finished.map_err(|error| cannot(error.to_string()))?;
        match finished.exit {
            Exit::Code(0) => Ok(finished.stdout.text()),
            Exit::TimedOut => {
                let seconds = LIMIT.as_secs();
                Err(cannot(format!(
                    "`{program}` took more than {seconds} seconds"
                )))
            }
            _ => {
                let said = finished.stderr.text();
                let said: Vec<&str> = said.lines().map(str::trim).collect();
                Err(cannot(format!("`{program}` said: {}", said.join("; "))))
            }
        }
    }

    /// A value of the person's or the machine's configuration, whatever the repository says.
    fn config_of_person(&self, key: &str) -> Option<String> {
        let config = self.inner.config_snapshot();
        let value = config.string_filter(key, |meta| {
            !matches!(meta.source, Source::Local | Source::Worktree)
        })?;
        Some(value.to_str_lossy().into_owned())
    }

    /// A path of git's configuration, with `~/` as the person's home.
    fn expanded(&self, path: &str) -> OsString {
        let home = self.runner.environment().get(std::ffi::OsStr::new("HOME"));
        match (path.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest).into(),
            _ => path.into(),
        }
    }
}

/// The key itself, where the configuration holds one instead of a path.
fn literal(key: &str) -> Option<&str> {
    let told = key.strip_prefix("key::");
    told.or_else(|| key.starts_with("ssh-").then_some(key))
}

impl Writer<'_> {
    /// The bytes of a commit without a signature: what is signed.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn payload(&self, commit: &NewCommit) -> Result<Vec<u8>, GitError> {
        commit_bytes(commit)
    }

    /// Writes a commit with the signature of its [`payload`](Self::payload).
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn signed_commit(
        &mut self,
        commit: &NewCommit,
        signature: &str,
    ) -> Result<ObjectId, GitError> {
        let payload = commit_bytes(commit)?;
        let bytes = Signed::sealed(&payload, self.repo.object_format(), signature);
        self.object(Kind::Commit, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, signature};

    #[test]
    fn a_signature_stands_where_git_puts_it() {
        for options in [&[][..], &["--object-format=sha256"]] {
            let (lab, repo) = Lab::with_repo(options);
            let root = lab.path("repo");
            let key = lab.path("key");
            let made = Spawn::new("ssh-keygen", lab.dir.path())
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
                .arg(&key);
            assert!(lab.runner.run(&made).unwrap().success());
            let key = key.display().to_string();
            for (name, value) in [
                ("gpg.format", "ssh"),
                ("commit.gpgSign", "true"),
                ("user.signingKey", &key),
            ] {
                lab.git(&root, &["config", name, value]);
            }
            let by_git = lab.commit(&root, &[("a", "1")]);
            let repo = lab.open(&repo.git_dir());
            assert!(repo.wants_signatures() && repo.has_signing_key());
            let signed = repo.signed(by_git).unwrap();
            assert_eq!(signed.foreign, None);
            // Ed25519 signs the same bytes the same way.
            assert_eq!(signed.signature, Some(repo.sign(&signed.payload).unwrap()));
            let commit = repo.commit(by_git).unwrap();
            let same = NewCommit {
                tree: commit.tree,
                parents: commit.parents,
                author: commit.author,
                committer: commit.committer,
                message: commit.message,
            };
            let mut writer = repo.writer();
            assert_eq!(writer.payload(&same).unwrap(), signed.payload);
            let ours = writer.signed_commit(&same, &signed.signature.unwrap());
            assert_eq!(ours.unwrap(), by_git);
        }
    }

    #[test]
    fn p22_what_is_run_to_sign_is_not_the_repository_s_to_say() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let canary = lab.path("canary");
        let run = format!("touch {}", canary.display());
        lab.git(&root, &["config", "laneway.sign", "true"]);
        lab.git(&root, &["config", "gpg.ssh.program", "/bin/false"]);
        lab.git(&root, &["config", "gpg.ssh.defaultKeyCommand", &run]);
        let repo = lab.open(&repo.git_dir());
        assert!(repo.wants_signatures() && !repo.has_signing_key());
        let error = repo.sign(b"x").unwrap_err().to_string();
        assert!(error.contains("`user.signingKey` names no key"), "{error}");
        assert!(!canary.exists());
        // Of the repository is the choice of the key, which is then looked for by ssh-keygen.
        lab.git(&root, &["config", "user.signingKey", "/nonexistent/key"]);
        let repo = lab.open(&repo.git_dir());
        let error = repo.sign(b"x").unwrap_err().to_string();
        assert!(error.contains("`ssh-keygen` said"), "{error}");
    }

    #[test]
    fn a_passphrase_is_asked_of_nobody() {
        let (lab, repo) = Lab::with_repo(&[]);
        let key = lab.path("key");
        let made = Spawn::new("ssh-keygen", lab.dir.path())
            .args(["-q", "-t", "ed25519", "-N", "secret", "-f"])
            .arg(&key);
        assert!(lab.runner.run(&made).unwrap().success());
        let key = key.display().to_string();
        lab.git(&lab.path("repo"), &["config", "user.signingKey", &key]);
        let repo = lab.open(&repo.git_dir());
        let error = repo.sign(b"x").unwrap_err();
        assert!(matches!(error, GitError::CannotSign { .. }), "{error}");
        assert!(!error.to_string().contains("seconds"), "{error}");
    }

    #[test]
    fn other_headers_are_named() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let mut writer = repo.writer();
        let commit = NewCommit {
            tree: writer.tree::<&str>(None, &[]).unwrap(),
            parents: vec![],
            author: signature(),
            committer: signature(),
            message: "m\n".into(),
        };
        let plain = writer.payload(&commit).unwrap();
        let text = String::from_utf8(plain).unwrap();
        let odd = text.replacen("\n\n", "\nencoding latin-1\n\n", 1);
        let id = writer.object(Kind::Commit, odd.as_bytes()).unwrap();
        let signed = repo.signed(id).unwrap();
        assert_eq!(signed.foreign.as_deref(), Some("encoding"));
        assert_eq!(signed.payload, odd.as_bytes());
        // Ours by name, but twice, out of order, or not as we write them.
        let line = |name: &str| {
            let found = text.lines().find(|line| line.starts_with(name));
            found.unwrap().to_owned() + "\n"
        };
        let (tree, author) = (line("tree"), line("author"));
        let committer = line("committer");
        for (odd, named) in [
            (text.replacen(&author, &author.repeat(2), 1), "author"),
            (
                text.replacen(&committer, &committer.repeat(2), 1),
                "committer",
            ),
            (
                text.replacen(&committer, &(committer.clone() + &tree), 1),
                "tree",
            ),
            (text.replacen("+0100", "+0060", 1), "author"),
        ] {
            assert_ne!(odd, text);
            let id = writer.object(Kind::Commit, odd.as_bytes()).unwrap();
            let foreign = repo.signed(id).map(|signed| signed.foreign);
            assert!(
                foreign.is_err() || foreign.as_ref().unwrap().as_deref() == Some(named),
                "{odd}: {foreign:?}"
            );
        }
        let id = writer.signed_commit(&commit, "one\ntwo").unwrap();
        let bytes = repo.object(id, Kind::Commit).unwrap().data.clone();
        let early = String::from_utf8(bytes).unwrap();
        let seal = "gpgsig one\n two\n";
        let early = seal.to_owned() + &early.replacen(seal, "", 1);
        let moved = writer.object(Kind::Commit, early.as_bytes()).unwrap();
        let foreign = repo.signed(moved).map(|signed| signed.foreign);
        assert!(
            foreign.as_ref().map_or(true, Option::is_some),
            "{foreign:?}"
        );
        let signed = repo.signed(id).unwrap();
        assert_eq!(signed.signature.as_deref(), Some("one\ntwo\n"));
        assert_eq!(signed.payload, text.as_bytes());
        assert_eq!(signed.foreign, None);
    }
}
