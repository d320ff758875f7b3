//! Signing a ledger commit, where git's configuration or the rules ask for it (X8).
//!
//! Whoever signs nothing and owes nothing pays for two look-ups in the configuration. A signature is
//! made under the build lock, on the bytes that will stand, within its time limit; what it shows is
//! checked before anything is written.

use super::Publisher;
use crate::domain::decide::Change;
use crate::domain::id::ObjectId;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::Request;
use crate::domain::signature::{Level, level};
use crate::domain::snapshot::{Rules, Snapshot};
use crate::git::{GitError, NewCommit};
use crate::ledger::signature::{Sealed, signer};
use crate::ledger::{LedgerError, write};

/// What the rules ask for that can be there before the server has judged.
fn owed(before: &Snapshot) -> Level {
    // The first commit of a ledger is judged by no rules.
    match before.tip {
        None => Level::Unsigned,
        Some(_) => before.rules.policy.signatures.min(Level::Signed),
    }
}

impl Publisher<'_> {
    /// Says early that a commit of this request could not be signed as the rules ask. Signs nothing.
    pub(super) fn may_seal(&self, before: &Snapshot, request: &Request) -> Result<(), LedgerError> {
        let repo = &self.ledger.repo;
        let owed = owed(before);
        if owed >= Level::Signed && !repo.has_signing_key() {
            let why = "git's `user.signingKey` names no key".to_owned();
            return Err(unsigned(before, request, GitError::CannotSign { why }));
        }
        if owed == Level::Committer && !repo.wants_signatures() {
            let sealed = Sealed {
                email: self.committer(request).email,
                key: None,
            };
            return reaches(owed, before, request, &sealed);
        }
        Ok(())
    }

    /// The signature of the commit that carries `request` out, where one is wanted.
    pub(super) fn sealed(
        &self,
        parent: Option<ObjectId>,
        before: &Snapshot,
        change: &Change,
        request: &Request,
        rules: Option<ObjectId>,
    ) -> Result<Option<String>, LedgerError> {
        let repo = &self.ledger.repo;
        let owed = owed(before);
        let committer = self.committer(request);
        if owed < Level::Signed && !repo.wants_signatures() {
            let sealed = Sealed {
                email: committer.email,
                key: None,
            };
            return reaches(owed, before, request, &sealed).map(|()| None);
        }
        let mut hasher = repo.hasher();
        let commit = NewCommit {
            committer,
            ..write::commit(&self.loader, &mut hasher, parent, change, request, rules)?
        };
        let payload = hasher.payload(&commit)?;
        let signature = match repo.sign(&payload) {
            Ok(signature) => signature,
            Err(error @ GitError::CannotSign { .. }) => {
                return Err(unsigned(before, request, error));
            }
            Err(error) => return Err(error.into()),
        };
        let sealed = Sealed {
            email: commit.committer.email,
            key: signer(&payload, &signature),
        };
        reaches(owed, before, request, &sealed).map(|()| Some(signature))
    }
}

/// Refuses what shows less than the rules ask for.
fn reaches(
    owed: Level,
    before: &Snapshot,
    request: &Request,
    sealed: &Sealed,
) -> Result<(), LedgerError> {
    let agent = &request.actor.agent;
    let known = before.rules.identity.agents.get(agent);
    let shown = level(known, sealed.seal(false));
    if shown >= owed {
        return Ok(());
    }
    let why = match (&sealed.key, known) {
        (_, None) => format!("the identity map does not list {agent}"),
        (Some(key), _) => format!("the key that signs here, `{key}`, is not {agent}'s"),
        (None, _) => format!("`{}` is no address of {agent}", sealed.email),
    };
    let hint = match owed {
        Level::Committer => "set git's `user.email` to an address that the map gives to the agent",
        _ => {
            "set git's `user.signingKey` to a key that governance/identity-map.yaml lists under \
             the agent's `signing_keys`, or have it listed"
        }
    };
    Err(refusal(&before.rules, request, &why, hint))
}

fn unsigned(before: &Snapshot, request: &Request, error: GitError) -> LedgerError {
    let GitError::CannotSign { why } = error else {
        return error.into();
    };
    let hint = "`git config user.signingKey PATH`; a key with a passphrase goes into an agent first: \
                `ssh-add PATH`";
    refusal(&before.rules, request, &why, hint)
}

fn refusal(rules: &Rules, request: &Request, why: &str, hint: &str) -> LedgerError {
    let minimum = rules.policy.signatures;
    let asked = match minimum {
        Level::Unsigned => "git's configuration asks for a signature".to_owned(),
        minimum => format!("policy asks for commits that are {minimum}"),
    };
    let verb = request.verb.word();
    let task = request.verb.task();
    let what = match task {
        Some(task) => format!("cannot {verb} {task}"),
        None => format!("cannot {verb}"),
    };
    let hint = format!("{hint}; `laneway explain signatures` shows the whole way");
    let unmet = Unmet::rule("signature-owed", format!("{asked}: {why}")).hint(hint);
    Refusal::one(what, task, unmet).into()
}
