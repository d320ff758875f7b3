//! Whether the lane that a claim would get can be opened on this machine, asked before anything is
//! claimed: a claim without a lane helps nobody, and keeps the task from others.

use super::claim::{lane_spec, saved, start_of};
use super::set_aside::{is_over, lane_of};
use super::site::Site;
use super::{OpError, readiness};
use crate::domain::id::TaskId;
use crate::domain::request::Request;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Claim, Epoch};
use crate::git::GitError;
use crate::ledger::Publisher;
use crate::workspace::{self, WorkspaceError};

/// Refuses lanes that the claim would get and whose worktree on this machine cannot be used.
///
/// # Errors
/// What stands in the way; of git.
pub fn check(site: &Site, publisher: &Publisher<'_>, request: &Request) -> Result<(), OpError> {
    let mut tip = None;
    loop {
        let (before, change) = match publisher.judge(request) {
            Ok(judged) => judged,
            // Which lane it is shows once somebody has looked.
            Err(error) if readiness::asks_for_probes(&error) => return Err(error.into()),
            // A refusal is the claim's to tell.
            Err(_) => return Ok(()),
        };
        let claims = change.states.iter().filter_map(|state| {
            let taken = before.states.get(&state.task).occupying().is_some();
            Some((&state.task, state.state.claim()?, state.state.epoch, taken))
        });
        let mut checks = claims
            .map(|(task, claim, epoch, taken)| lane(site, &before, task, claim, epoch, taken));
        match checks.find_map(Result::err) {
            None => return Ok(()),
            // Whoever claimed it meanwhile may be making that very worktree: the ledger tells.
            Some(_) if tip != Some(before.tip) => tip = Some(before.tip),
            Some(error) => return Err(error),
        }
    }
}

/// Refuses a lane whose worktree on this machine has changes of nobody's claim, whose branch another
/// checkout holds or has commits of its own, or whose directory is something else. Another machine's
/// is not seen.
fn lane(
    site: &Site,
    before: &Snapshot,
    task: &TaskId,
    claim: &Claim,
    epoch: Epoch,
    taken_over: bool,
) -> Result<(), OpError> {
    if let Some((worktree, binding)) = lane_of(site, claim)? {
        // What an older claim left is set aside, whatever it is. One that is being made is another
        // racer's, who has won: the ledger says so.
        let over = binding.is_some_and(|bound| is_over(before, &bound));
        if taken_over || over || workspace::is_unfinished(&worktree) {
            return Ok(());
        }
    }
    let start = start_of(site, before, task, claim)?;
    let saved = saved(site)?;
    let policy = &before.rules.policy;
    let spec = lane_spec(site, policy, &claim.lane, start, epoch, &saved)?;
    match workspace::check(site.repo(), &spec) {
        // Half made: whoever opens it clears it away, or says who makes it.
        Err(WorkspaceError::Git(GitError::NoRepository { .. })) => Ok(()),
        free => Ok(free?),
    }
}
