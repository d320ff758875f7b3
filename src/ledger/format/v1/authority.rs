//! Who decides about the ledger: the words shared by policy and marker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::RemoteName;
use crate::domain::policy::Authority;
use crate::domain::task::words;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

words! {
    /// Where a mutation of the ledger is decided.
    AuthorityMode {
        /// By the branch in this repository.
        Local = "local",
        /// By the branch in a remote.
        Remote = "remote",
    }
}

/// Where a mutation of the ledger is decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityEntry {
    /// In this repository or in a remote.
    pub mode: Text<AuthorityMode>,
    /// The remote that decides; with mode `remote` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Text<RemoteName>>,
}

impl AuthorityEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Authority> {
        convert(at, self.mode, self.remote)
    }
}

/// Joins mode and remote.
pub(super) fn convert(
    at: &Place<'_>,
    mode: Text<AuthorityMode>,
    remote: Option<Text<RemoteName>>,
) -> Option<Authority> {
    let named = remote.is_some();
    let remote = at.maybe("remote", remote);
    match (at.text("mode", mode)?, remote) {
        (AuthorityMode::Local, None) if !named => Some(Authority::Local),
        (AuthorityMode::Remote, Some(remote)) => Some(Authority::Remote(remote)),
        (AuthorityMode::Local, Some(_)) => {
            at.key("remote").refuse_with_hint(
                "local authority has no remote",
                "write `mode: remote`, or leave `remote` out",
            );
            None
        }
        (AuthorityMode::Remote, None) if !named => {
            at.refuse_with_hint("remote authority needs `remote`", "write `remote: origin`");
            None
        }
        // The remote's name is bad, which has been noted.
        (_, None) => None,
    }
}

impl From<&Authority> for AuthorityEntry {
    fn from(authority: &Authority) -> Self {
        match authority {
            Authority::Local => Self {
                mode: AuthorityMode::Local.into(),
                remote: None,
            },
            Authority::Remote(remote) => Self {
                mode: AuthorityMode::Remote.into(),
                remote: Some(remote.clone().into()),
            },
        }
    }
}
