use serde::{Deserialize, Serialize};

/// Why a remote says no to a push, told from its words: what to do about it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Denial {
    /// The branch is checked out in the remote's working tree (`receive.denyCurrentBranch`).
    CheckedOut,
    /// The branch is protected, as forges do.
    Protected,
    /// A hook of the remote declined.
    Hook,
    /// The caller may read and not write.
    ReadOnly,
    /// The remote cannot move several refs at once.
    NotAtomic,
    /// The remote could not store what was sent: a limit on size, a full disk, a missing object.
    Storage,
    /// Anything else; its reason says all that is known.
    Other,
}

/// What forges say of a protected branch, whichever hook says it.
const PROTECTED: [&str; 4] = [
    "protected branch",
    "rule violations",
    "Pushes to this branch are not permitted",
    "prohibited by Gerrit",
];

/// Texts that end a push as a whole, before any ref is answered for.
const OF_ALL: [(&str, Denial); 9] = [
    ("does not support --atomic push", Denial::NotAtomic),
    ("ref updates aborted by hook", Denial::Hook),
    ("returned error: 403", Denial::ReadOnly),
    ("Write access to repository not granted", Denial::ReadOnly),
    ("not allowed to push code", Denial::ReadOnly),
    ("service not enabled", Denial::ReadOnly),
    ("src refspec", Denial::Other),
    ("bad object", Denial::Other),
    ("missing object", Denial::Other),
];

impl Denial {
    /// The denial of one ref: `summary` is its line of `git push --porcelain`.
    pub(super) fn of_ref(summary: &str, stderr: &str) -> Self {
        let said = |text: &str| summary.contains(text);
        if said("currently checked out") {
            Self::CheckedOut
        } else if PROTECTED
            .iter()
            .any(|text| said(text) || stderr.contains(text))
        {
            Self::Protected
        } else if said("hook") {
            Self::Hook
        } else if said("unpack") {
            Self::Storage
        } else {
            Self::Other
        }
    }

    /// The denial of a push as a whole, with the words that tell it.
    pub(super) fn of_push(stderr: &str) -> Option<(Self, &'static str)> {
        // GitHub over ssh, which ends with the words of a remote that was not reached.
        if stderr.contains("Permission to ") && stderr.contains(" denied to ") {
            return Some((Self::ReadOnly, "permission denied"));
        }
        let told = OF_ALL.iter().find(|(text, _)| stderr.contains(text));
        told.map(|(text, denial)| (*denial, *text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_denial_of_a_ref_is_told_from_its_words() {
        for (summary, stderr, denial) in [
            (
                "[remote rejected] (branch is currently checked out)",
                "",
                Denial::CheckedOut,
            ),
            (
                "[remote rejected] (protected branch hook declined)",
                "remote: error: GH006: Protected branch update failed",
                Denial::Protected,
            ),
            (
                "[remote rejected] (push declined due to repository rule violations)",
                "",
                Denial::Protected,
            ),
            (
                "[remote rejected] (pre-receive hook declined)",
                "remote: GitLab: You are not allowed to push code to protected branches on this project.",
                Denial::Protected,
            ),
            (
                "[remote rejected] (pre-receive hook declined)",
                "remote: not today",
                Denial::Hook,
            ),
            ("[remote rejected] (hook declined)", "", Denial::Hook),
            ("[remote rejected] (unpacker error)", "", Denial::Storage),
            (
                "[remote rejected] (shallow update not allowed)",
                "",
                Denial::Other,
            ),
        ] {
            assert_eq!(Denial::of_ref(summary, stderr), denial, "{summary}");
        }
    }

    #[test]
    fn a_denial_of_the_whole_push_is_told_from_its_words() {
        for (stderr, denial) in [
            (
                "fatal: the receiving end does not support --atomic push",
                Denial::NotAtomic,
            ),
            ("fatal: ref updates aborted by hook", Denial::Hook),
            (
                "fatal: unable to access 'http://h/r.git/': The requested URL returned error: 403",
                Denial::ReadOnly,
            ),
            (
                "ERROR: Permission to o/r.git denied to someone.\n\
                 fatal: Could not read from remote repository.",
                Denial::ReadOnly,
            ),
        ] {
            let told = Denial::of_push(stderr).map(|(denial, _)| denial);
            assert_eq!(told, Some(denial), "{stderr}");
        }
        let refused = "ssh: connect to host x port 22: Connection refused";
        assert_eq!(Denial::of_push(refused), None);
    }
}
