//! `governance/ledger.yaml` on the ledger branch: the marker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authority::AuthorityEntry;
use crate::domain::id::BranchName;
use crate::domain::marker::Marker;
use crate::ledger::format::problem::{Problem, collect};
use crate::ledger::format::read::{File, VERSION, check_version};
use crate::ledger::format::text::Text;

/// The marker of a laneway ledger. Written by the tool only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkerFile {
    /// Version of the format.
    pub version: u32,
    /// The branch this ledger lives on; a copy under another name is no ledger.
    pub branch: Text<BranchName>,
    /// The integration branch it guards.
    pub target: Text<BranchName>,
    /// Where a mutation of the ledger is decided.
    pub authority: AuthorityEntry,
    /// The law in force: raised whenever the same request could give another tree.
    #[schemars(range(min = 1))]
    pub law: u32,
}

impl File for MarkerFile {
    type Domain = Marker;

    fn into_domain(self) -> Result<Marker, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            if self.law == 0 {
                at.key("law").refuse("laws are counted from 1");
            }
            let branch = at.text("branch", self.branch);
            let target = at.text("target", self.target);
            let authority = self.authority.convert(&at.key("authority"));
            let (branch, target) = (branch?, target?);
            if branch == target {
                at.key("branch")
                    .refuse("ledger and target are the same branch");
            }
            Some(Marker {
                branch,
                target,
                authority: authority?,
                law: self.law,
            })
        })
    }
}

impl From<&Marker> for MarkerFile {
    fn from(marker: &Marker) -> Self {
        Self {
            version: VERSION,
            branch: marker.branch.clone().into(),
            target: marker.target.clone().into(),
            authority: AuthorityEntry::from(&marker.authority),
            law: marker.law,
        }
    }
}
