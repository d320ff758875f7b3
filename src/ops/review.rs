//! `review`: judging what was handed off.

use super::OpError;
use super::mutate::Mutation;
use super::site::Site;
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::record::{Finding, RecordBody, Review, Verdict};
use crate::domain::request::{Request, ReviewWish, Verb};
use crate::domain::review::Seat;
use crate::domain::state::Standing;

/// What `review` is told.
#[derive(Debug, Clone)]
pub struct ReviewOptions {
    /// The task.
    pub task: TaskId,
    /// The verdict.
    pub verdict: Verdict,
    /// The commit that was judged; none: what is handed off now.
    pub commit: Option<ObjectId>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Risks that are left.
    pub residual: Vec<String>,
    /// Paths whose change is approved by name.
    pub approves: Vec<String>,
    /// Only a design is there.
    pub design_only: bool,
    /// Where it was judged.
    pub workstation: Option<WorkstationName>,
    /// Rehearse.
    pub dry_run: bool,
}

/// How a review ended.
#[derive(Debug, Clone)]
pub struct ReviewOutcome {
    /// What was recorded, or would be.
    pub review: Option<Review>,
    /// Remarks that refuse nothing.
    pub notes: Vec<String>,
    /// The mutation.
    pub mutation: Mutation,
}

/// Records a verdict on what is handed off now.
///
/// # Errors
/// The refusal.
pub fn review(site: &Site, options: &ReviewOptions) -> Result<ReviewOutcome, OpError> {
    if !options.dry_run {
        // What is handed off now, not what this clone last saw.
        site.publisher()?.refresh()?;
    }
    let snapshot = super::look::snapshot(site)?;
    let submitted = match &snapshot.states.get(&options.task).standing {
        Standing::InReview { submission, .. } => submission.commit,
        _ => snapshot.rules.at,
    };
    let verb = Verb::Review {
        task: options.task.clone(),
        review: ReviewWish {
            commit: options.commit.unwrap_or(submitted),
            verdict: options.verdict,
            findings: options.findings.clone(),
            residual: options.residual.clone(),
            approves: options.approves.clone(),
            design_only: options.design_only,
            workstation: options.workstation.clone(),
        },
    };
    let request = site.request(verb)?;
    let mutation = site.carry_out(&request, options.dry_run)?;
    Ok(ReviewOutcome {
        review: recorded(&mutation),
        notes: remarks(&mutation, &request, options),
        mutation,
    })
}

fn recorded(mutation: &Mutation) -> Option<Review> {
    let changes = mutation.change.states.iter();
    let mut records = changes.flat_map(|change| &change.append);
    records.find_map(|record| match record {
        RecordBody::Review(review) => Some(review.clone()),
        _ => None,
    })
}

/// What an open map lets pass, told.
fn remarks(mutation: &Mutation, request: &Request, options: &ReviewOptions) -> Vec<String> {
    let before = &mutation.before;
    let Standing::InReview {
        claim, submission, ..
    } = &before.states.get(&options.task).standing
    else {
        return Vec::new();
    };
    let seat = Seat::of(
        &before.rules,
        before.records_of(&options.task),
        claim,
        submission,
        &request.actor.agent,
        &request.actor.host,
        options.workstation.as_ref(),
    );
    seat.remark().into_iter().collect()
}
