//! What a lane's worktree on this machine still holds of a claim that is over: taken over, given
//! back by somebody else, expired. Its commits are kept, its files stay where they are, and the
//! lane is free for the next claim (P3, P10).

use super::OpError;
use super::site::Site;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Claim, Epoch};
use crate::git::{Durability as Flush, Worktree};
use crate::workspace::{self, Binding};

/// The linked worktree that has the branch of `claim` checked out, and what it is bound to.
///
/// # Errors
/// Of git.
pub fn lane_of(site: &Site, claim: &Claim) -> Result<Option<(Worktree, Option<Binding>)>, OpError> {
    let branch = claim.branch.full();
    let worktrees = site.repo().worktrees()?;
    let found = worktrees
        .into_iter()
        .skip(1)
        .find(|known| known.branch.as_ref() == Some(&branch) && !known.prunable);
    let Some(worktree) = found else {
        return Ok(None);
    };
    // One without a git directory is gone, or another process is making it.
    let Some(git_dir) = worktree.git_dir.as_deref() else {
        return Ok(None);
    };
    // An unreadable binding is for `doctor`: nothing is concluded from it.
    let binding = Binding::read(git_dir).ok().flatten();
    Ok(Some((worktree, binding)))
}

/// Whether the claim that `binding` names is over, by the ledger.
#[must_use]
pub fn is_over(snapshot: &Snapshot, binding: &Binding) -> bool {
    let state = snapshot.states.get(&binding.task);
    let held = state.claim().is_some_and(|claim| claim.id == binding.claim);
    state.epoch != binding.epoch || !held
}

/// Sets aside what the lane that `claim` is about to use holds of an older claim: its commits go
/// into that claim's work ref, and a worktree with changes is detached and locked as it is.
/// `taken_over`: whoever held it may still be at work there, so it is detached in any case.
///
/// # Errors
/// Of git.
pub fn set_aside(
    site: &Site,
    before: &Snapshot,
    claim: &Claim,
    epoch: Epoch,
    taken_over: bool,
) -> Result<(), OpError> {
    let Some((worktree, binding)) = lane_of(site, claim)? else {
        return Ok(());
    };
    let older = binding.filter(|bound| bound.claim != claim.id);
    let over = older.filter(|bound| taken_over || is_over(before, bound));
    let Some(bound) = over else {
        return Ok(());
    };
    keep_commits(site, claim, &bound)?;
    if taken_over || !site.repo().status(&worktree.path)?.is_clean() {
        let reason = format!(
            "laneway: the claim of {} with epoch {} is over, epoch {epoch} is in force",
            bound.task, bound.epoch
        );
        workspace::retire(site.repo(), &worktree.path, &reason)?;
    }
    Ok(())
}

/// Keeps what the holder of a claim that is over committed and never saved: the branch is about to
/// be used anew.
fn keep_commits(site: &Site, claim: &Claim, bound: &Binding) -> Result<(), OpError> {
    let Some(tip) = site.repo().tip(&claim.branch.full())? else {
        return Ok(());
    };
    let target = site.ledger.target()?;
    if site.repo().is_ancestor(tip, target)? {
        return Ok(());
    }
    site.repo().sync_range(tip, target)?;
    workspace::save(site.repo(), &bound.task, bound.epoch, tip, Flush::Full)?;
    Ok(())
}
