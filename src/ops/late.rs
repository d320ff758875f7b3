//! Submissions that wait too long for a verdict (P48). Records are read of those alone.

use super::OpError;
use super::site::Site;
use crate::domain::id::{RoleName, TaskId};
use crate::domain::record::{Record, RecordBody};
use crate::domain::review::{self, Late};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::ledger::Loader;

/// A submission that waits too long for a verdict, and who may give one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateReview {
    /// How late, since when.
    pub late: Late,
    /// The roles that the changed paths ask for; none: anybody else who may review.
    pub reviewers: Vec<RoleName>,
}

/// Whether the submission of `id` waits too long.
///
/// # Errors
/// When its records do not read.
pub fn late_review(
    site: &Site,
    snapshot: &Snapshot,
    id: &TaskId,
) -> Result<Option<LateReview>, OpError> {
    let Standing::InReview {
        claim, submission, ..
    } = &snapshot.states.get(id).standing
    else {
        return Ok(None);
    };
    let policy = &snapshot.rules.policy;
    let late = review::late(policy, submission, site.env.now());
    let (Some(late), Some(tip)) = (late, snapshot.tip) else {
        return Ok(None);
    };
    let records = Loader::cached(site.repo(), &site.env).records(tip, id)?;
    if review::judged(&records, submission, &claim.agent) {
        return Ok(None);
    }
    let reviewers = review::reviewers(policy, files(&records));
    Ok(Some(LateReview {
        late,
        reviewers: reviewers.into_iter().cloned().collect(),
    }))
}

/// The files of the last handoff.
fn files(records: &[Record]) -> &[String] {
    let mut handoffs = records.iter().rev();
    let last = handoffs.find_map(|record| match &record.body {
        RecordBody::Handoff(handoff) => Some(handoff.files.as_slice()),
        _ => None,
    });
    last.unwrap_or_default()
}
