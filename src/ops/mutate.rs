//! Carrying out one request: the step that all mutating operations share.

use std::time::Duration;

use super::site::Site;
use super::{OpError, dead_merge};
use crate::domain::decide::Change;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::request::Request;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::TaskState;
use crate::domain::task::Task;
use crate::domain::time::Span;
use crate::ledger::{self, Publisher, Receipt};

/// How one mutation ended.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// Whether the ledger has it; a rehearsal (`--dry-run`) has not.
    pub carried_out: bool,
    /// The ledger commit; none in a rehearsal, or when the same request was carried out before.
    pub commit: Option<ObjectId>,
    /// What changed, or would.
    pub change: Change,
    /// The ledger before.
    pub before: Snapshot,
    /// What each ledger file was and becomes; filled in by a rehearsal.
    pub files: Vec<FileChange>,
}

/// A ledger file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path on the ledger branch.
    pub path: String,
    /// Its text before; empty when it is new.
    pub before: String,
    /// Its text after.
    pub after: String,
}

impl Mutation {
    /// The state of a task after the change.
    #[must_use]
    pub fn state(&self, id: &TaskId) -> TaskState {
        let changed = self.change.states.iter().find(|change| change.task == *id);
        changed.map_or_else(
            || self.before.states.get(id).clone(),
            |change| change.state.clone(),
        )
    }

    /// The definition of a task before the change.
    #[must_use]
    pub fn task(&self, id: &TaskId) -> Option<Task> {
        self.before.plan.get(id).cloned()
    }
}

impl Site {
    /// A publisher with the time limit that policy sets for the remote.
    ///
    /// # Errors
    /// When the rules do not load.
    pub fn publisher(&self) -> Result<Publisher<'_>, OpError> {
        Ok(Publisher::new(&self.ledger, self.remote_limit()))
    }

    /// How long one exchange with the remote may take, by the policy of the target.
    pub(super) fn remote_limit(&self) -> Duration {
        let limit = match self.ledger.remote() {
            // Policy may be unreadable for a verb that does not need it: then the default counts.
            Some(_) => self
                .ledger
                .target()
                .and_then(|target| ledger::Loader::new(self.repo()).rules(target))
                .map_or(Span::from_seconds(30), |rules| rules.policy.remote_timeout),
            None => Span::from_seconds(30),
        };
        Duration::from_secs(u64::from(limit.seconds()))
    }

    /// Carries out `request`, or rehearses it.
    ///
    /// # Errors
    /// The refusal, or what kept it from being published.
    pub fn carry_out(&self, request: &Request, dry_run: bool) -> Result<Mutation, OpError> {
        self.carry_out_by(&self.publisher()?, request, dry_run)
    }

    /// Carries out `request` by a publisher of its own kind, or rehearses it.
    pub(super) fn carry_out_by(
        &self,
        publisher: &Publisher<'_>,
        request: &Request,
        dry_run: bool,
    ) -> Result<Mutation, OpError> {
        // Only a caller who names the id can be repeating it.
        if self.repeats() && !dry_run {
            dead_merge::settle(&self.ledger);
            return Ok(Mutation::from(publisher.submit_again(request)?));
        }
        carry_out(publisher, request, dry_run)
    }
}

impl From<Receipt> for Mutation {
    fn from(receipt: Receipt) -> Self {
        Self {
            carried_out: true,
            commit: receipt.commit,
            change: receipt.change,
            before: receipt.before,
            files: Vec::new(),
        }
    }
}

/// Carries out `request` through `publisher`, or rehearses it.
///
/// # Errors
/// As [`Site::carry_out`].
pub fn carry_out(
    publisher: &Publisher<'_>,
    request: &Request,
    dry_run: bool,
) -> Result<Mutation, OpError> {
    if dry_run {
        return rehearse(publisher, request);
    }
    dead_merge::settle(publisher.ledger());
    let receipt = publisher.submit(request)?;
    super::maintain::start_if_due(publisher.ledger());
    Ok(Mutation::from(receipt))
}

fn rehearse(publisher: &Publisher<'_>, request: &Request) -> Result<Mutation, OpError> {
    let (before, change) = publisher.judge(request)?;
    let loader = publisher.loader();
    let mut files = Vec::new();
    for (path, content) in ledger::write::files(loader, before.tip, &change, request)? {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let after = match content {
            ledger::write::Content::Text(text) => text,
            ledger::write::Content::Blob(blob) => text(loader.repo().blob(blob, u64::MAX)?),
            ledger::write::Content::Gone => String::new(),
        };
        let old = before
            .tip
            .map(|tip| loader.repo().blob_at(tip, &path, u64::MAX))
            .transpose()?;
        files.push(FileChange {
            path,
            before: old.flatten().map(text).unwrap_or_default(),
            after,
        });
    }
    Ok(Mutation {
        carried_out: false,
        commit: None,
        change,
        before,
        files,
    })
}
