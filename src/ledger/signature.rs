//! Who signed a commit. SSH signatures are checked here, in process: nothing is run, and no file of
//! allowed signers is asked. Which key is whose, the identity map alone says.
//!
//! Ed25519, ECDSA (P-256, P-384, P-521), RSA with SHA-2 and the security-key kinds of the first two
//! are understood. Certificates, OpenPGP and X.509 are not: they show nothing here.

use ssh_key::{PublicKey, SshSig};

use crate::domain::id::ObjectId;
use crate::domain::signature::Seal;
use crate::git::{GitError, Repo, Signed};

/// The namespace in which git signs. A signature made for anything else is none of a commit.
const NAMESPACE: &str = "git";

/// Where the server that holds a ledger says how far it has judged it, by the ledger's branch. Only
/// the server writes there; it is fetched with the ledger.
pub const VERIFIED: &str = "refs/laneway/verified/";

/// What is known of who made a commit, as far as the commit itself shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The address of its committer.
    pub email: String,
    /// The key that signed it, as type and base64; none where nothing did that fits.
    pub key: Option<String>,
}

impl Sealed {
    /// Of these bytes of a commit.
    #[must_use]
    pub fn of(signed: &Signed) -> Self {
        let signature = signed.signature.as_deref();
        Self {
            email: signed.email.clone(),
            key: signature.and_then(|armored| signer(&signed.payload, armored)),
        }
    }

    /// Of a commit.
    ///
    /// # Errors
    /// When it does not read.
    pub fn read(repo: &Repo, commit: ObjectId) -> Result<Self, GitError> {
        Ok(Self::of(&repo.signed(commit)?))
    }

    /// As evidence, with or without the word of the server.
    #[must_use]
    pub fn seal(&self, verified: bool) -> Seal<'_> {
        Seal {
            email: &self.email,
            key: self.key.as_deref(),
            verified,
        }
    }
}

/// The key whose signature of `payload` this is, as type and base64.
#[must_use]
pub fn signer(payload: &[u8], armored: &str) -> Option<String> {
    let signature = SshSig::from_pem(armored).ok()?;
    let key = PublicKey::from(signature.public_key().clone());
    key.verify(NAMESPACE, payload, &signature).ok()?;
    key.to_openssh().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Lab;
    use crate::process::Spawn;

    /// Signs with the person's own ssh-keygen, in `namespace`; the key and the armored signature.
    fn made(lab: &Lab, kind: &[&str], namespace: &str, payload: &str) -> (String, String) {
        let name = kind.join("");
        let run = |args: &[&str]| {
            let spawn = Spawn::new("ssh-keygen", lab.dir.path()).args(args.iter().copied());
            assert!(lab.runner.run(&spawn).unwrap().success(), "{args:?}");
        };
        let file = lab.path(&format!("{name}-{namespace}"));
        crate::git::testing::put(&file, payload);
        let read = |path: &str| std::fs::read_to_string(lab.path(path)).unwrap();
        let key = [&["-q", "-N", "", "-C", "", "-f", &name, "-t"], kind].concat();
        run(&key);
        let file = file.display().to_string();
        run(&["-q", "-Y", "sign", "-n", namespace, "-f", &name, &file]);
        let armored = read(&format!("{name}-{namespace}.sig"));
        (read(&format!("{name}.pub")).trim().to_owned(), armored)
    }

    #[test]
    fn p24_every_kind_of_key_shows_who_signed_and_nothing_else_does() {
        let lab = Lab::new();
        let kinds: [&[&str]; 5] = [
            &["ed25519"],
            &["rsa", "-b", "2048"],
            &["ecdsa", "-b", "256"],
            &["ecdsa", "-b", "384"],
            &["ecdsa", "-b", "521"],
        ];
        for kind in kinds {
            let (key, armored) = made(&lab, kind, "git", "text\n");
            assert_eq!(signer(b"text\n", &armored), Some(key), "{kind:?}");
            assert_eq!(signer(b"text", &armored), None, "{kind:?}");
        }
        let (_, armored) = made(&lab, &["ed25519", "-a", "1"], "file", "text\n");
        assert_eq!(signer(b"text\n", &armored), None, "another namespace");
        assert_eq!(signer(b"text\n", "-----BEGIN PGP SIGNATURE-----\n"), None);
    }
}
