//! How far it is shown who made a ledger commit (X8).

use super::identity::Agent;
use super::task::words;

words! {
    /// What shows who made a commit, from nothing to most.
    Level {
        /// Nothing does: names and addresses are what anybody may write.
        Unsigned = "unsigned",
        /// The committer's address is one that the identity map gives to the acting agent.
        Committer = "committer",
        /// A key that the identity map gives to the acting agent has signed it.
        Signed = "signed",
        /// The same, and the server that holds the ledger has judged it before it let it in.
        Verified = "verified",
    }
}

/// What is known of the commit that carries a request out.
#[derive(Debug, Clone, Copy)]
pub struct Seal<'a> {
    /// The address of its committer.
    pub email: &'a str,
    /// The key whose signature of it is right, as the type and the base64 of an OpenSSH public
    /// key; none: it is not signed, or the signature does not fit.
    pub key: Option<&'a str>,
    /// The server has judged it.
    pub verified: bool,
}

/// What shows that a commit was made by `agent`, as the identity map lists it; nothing shows that
/// an agent outside the map made one.
#[must_use]
pub fn level(agent: Option<&Agent>, seal: Seal<'_>) -> Level {
    let Some(agent) = agent else {
        return Level::Unsigned;
    };
    let mut keys = agent.signing_keys.iter();
    if seal
        .key
        .is_some_and(|key| keys.any(|known| same_key(known, key)))
    {
        return match seal.verified {
            true => Level::Verified,
            false => Level::Signed,
        };
    }
    let mut emails = agent.emails.iter();
    match emails.any(|email| email.eq_ignore_ascii_case(seal.email)) {
        true => Level::Committer,
        false => Level::Unsigned,
    }
}

/// Whether two public keys are one: type and base64, whatever the comment.
fn same_key(a: &str, b: &str) -> bool {
    a.split_whitespace()
        .take(2)
        .eq(b.split_whitespace().take(2))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::identity::AgentKind;

    #[test]
    fn each_level_asks_for_more() {
        let agent = Agent {
            kind: AgentKind::Agent,
            roles: BTreeSet::new(),
            may: BTreeSet::new(),
            seats: BTreeSet::new(),
            emails: vec!["bot@agents.example".to_owned()],
            signing_keys: vec!["ssh-ed25519 AAAA the bot's".to_owned()],
        };
        let of = |email, key, verified| {
            let seal = Seal {
                email,
                key,
                verified,
            };
            level(Some(&agent), seal)
        };
        assert_eq!(of("x@y", None, false), Level::Unsigned);
        assert_eq!(of("Bot@agents.example", None, false), Level::Committer);
        assert_eq!(of("x@y", Some("ssh-ed25519 BBBB"), true), Level::Unsigned);
        assert_eq!(of("x@y", Some("ssh-ed25519 AAAA"), false), Level::Signed);
        assert_eq!(of("x@y", Some("ssh-ed25519 AAAA"), true), Level::Verified);
        let seal = Seal {
            email: "bot@agents.example",
            key: None,
            verified: true,
        };
        assert_eq!(level(None, seal), Level::Unsigned);
    }
}
