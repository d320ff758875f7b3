//! `review`: judging what was handed off.

use super::OpError;
use super::mutate::Mutation;
use super::site::Site;
use crate::domain::id::TaskId;
use crate::domain::record::{Finding, Verdict};
use crate::domain::request::{ReviewWish, Verb};
use crate::domain::state::Standing;

/// What `review` is told.
#[derive(Debug, Clone)]
pub struct ReviewOptions {
    /// The task.
    pub task: TaskId,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Only a design is there.
    pub design_only: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// Records a verdict on what is handed off now.
///
/// # Errors
/// The refusal.
pub fn review(site: &Site, options: &ReviewOptions) -> Result<Mutation, OpError> {
    if !options.dry_run {
        // What is handed off now, not what this clone last saw.
        site.publisher()?.refresh()?;
    }
    let snapshot = super::look::snapshot(site)?;
    let commit = match &snapshot.states.get(&options.task).standing {
        Standing::InReview { submission, .. } => submission.commit,
        _ => snapshot.rules.at,
    };
    let verb = Verb::Review {
        task: options.task.clone(),
        review: ReviewWish {
            findings: options.findings.clone(),
            design_only: options.design_only,
            ..ReviewWish::new(commit, options.verdict)
        },
    };
    site.carry_out(&site.request(verb)?, options.dry_run)
}
