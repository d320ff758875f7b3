//! `lane add|list|sync|remove`: the worktrees of this machine.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::OpError;
use super::claim::{default_path, open_lane};
use super::site::Site;
use crate::domain::id::{LaneName, ObjectId};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Epoch;
use crate::workspace::{self, How, LaneStatus, Removal, Synced};

/// A lane's worktree that was made or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneAdded {
    /// The lane.
    pub lane: LaneName,
    /// Its directory.
    pub path: PathBuf,
    /// Whether it is new; in a rehearsal, whether it would be.
    pub created: bool,
}

fn known_lane(snapshot: &Snapshot, lane: &LaneName) -> Result<(), OpError> {
    let roles = &snapshot.rules.policy.roles;
    let unmet = match roles.get(&lane.role) {
        Some(role) if lane.number() <= role.lanes => return Ok(()),
        Some(role) => Unmet::rule(
            "lane-wrong",
            format!(
                "{} has {} lane(s); there is no lane {lane}",
                lane.role, role.lanes
            ),
        )
        .hint("raise `lanes` of the role in governance/policy.yaml"),
        None => Unmet::rule(
            "role-unknown",
            format!("the role `{}` is not in policy", lane.role),
        ),
    };
    Err(Refusal::one(format!("cannot use lane {lane}"), None, unmet).into())
}

/// Makes the worktree of a lane at the target. One that is there is left as it is.
///
/// # Errors
/// A lane that policy does not have; what stands in the way.
pub fn add(site: &Site, lane: &LaneName, dry_run: bool) -> Result<LaneAdded, OpError> {
    let snapshot = super::look::snapshot(site)?;
    known_lane(&snapshot, lane)?;
    let policy = &snapshot.rules.policy;
    let branch = policy.worktrees.branch_of(&policy.project, lane)?.full();
    let here = site
        .repo()
        .worktrees()?
        .into_iter()
        .find(|w| w.branch.as_ref() == Some(&branch));
    if let Some(here) = here {
        return Ok(LaneAdded {
            lane: lane.clone(),
            path: here.path,
            created: false,
        });
    }
    if dry_run {
        return Ok(LaneAdded {
            lane: lane.clone(),
            path: default_path(site, policy, lane)?,
            created: true,
        });
    }
    // A branch that is there keeps its commits: the worktree shows them.
    let start = site.repo().tip(&branch)?.unwrap_or(snapshot.rules.at);
    let opened = open_lane(site, policy, lane, start, Epoch(0))?;
    let created = opened.how == How::Created;
    Ok(LaneAdded {
        lane: lane.clone(),
        path: opened.path,
        created,
    })
}

/// The lanes of this machine with what is in them (P8).
///
/// # Errors
/// Of git.
pub fn list(site: &Site) -> Result<Vec<LaneStatus>, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let policy = &snapshot.rules.policy;
    let branches = workspace::lanes_of(policy);
    Ok(workspace::list(
        site.repo(),
        &branches,
        Some(snapshot.rules.at),
    )?)
}

/// How bringing a lane up to the target ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneSynced {
    /// The worktree.
    pub path: PathBuf,
    /// What came of it.
    pub synced: Synced,
    /// It was only rehearsed.
    pub rehearsed: bool,
}

/// Rebases a lane on the target (P34).
///
/// # Errors
/// Changes in the lane; no such lane on this machine.
pub fn sync(site: &Site, lane: Option<&LaneName>, dry_run: bool) -> Result<LaneSynced, OpError> {
    if site.ledger.remote().is_some() && !dry_run {
        site.publisher()?.refresh()?;
    }
    let path = path_of(site, lane)?;
    let target = site.ledger.target()?;
    let synced = if dry_run {
        workspace::rehearse(site.repo(), &path, target)?
    } else {
        workspace::sync(site.repo(), &path, target)?
    };
    let rehearsed = dry_run;
    Ok(LaneSynced {
        path,
        synced,
        rehearsed,
    })
}

/// Removes the worktree of a lane, and its branch, when nothing would be lost (P7).
///
/// # Errors
/// Everything that would be lost, as a list.
pub fn remove(site: &Site, lane: &LaneName, dry_run: bool) -> Result<PathBuf, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let path = path_of(site, Some(lane))?;
    let saved: BTreeSet<ObjectId> = workspace::work_refs(site.repo())?
        .into_iter()
        .map(|work| work.commit)
        .collect();
    let in_progress = snapshot.lane_holder(lane, site.env.now()).is_some();
    let removal = Removal {
        path: &path,
        target: snapshot.rules.at,
        saved: &saved,
        in_progress,
    };
    if dry_run {
        let obstacles = workspace::obstacles(site.repo(), &removal)?;
        if !obstacles.is_empty() {
            return Err(workspace::WorkspaceError::Unsafe { path, obstacles }.into());
        }
        return Ok(path);
    }
    Ok(workspace::remove(site.repo(), &removal)?.path)
}

/// The worktree of a lane on this machine: the named lane's, or the one around the directory.
fn path_of(site: &Site, lane: Option<&LaneName>) -> Result<PathBuf, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let policy = &snapshot.rules.policy;
    let Some(lane) = lane.or(site.binding.as_ref().map(|binding| &binding.lane)) else {
        return Err(OpError::Usage(
            "no lane is named, and this directory is no lane's worktree".to_owned(),
        ));
    };
    let branch = policy.worktrees.branch_of(&policy.project, lane)?.full();
    let mut worktrees = site.repo().worktrees()?.into_iter();
    match worktrees.find(|w| w.branch.as_ref() == Some(&branch)) {
        Some(here) => Ok(here.path),
        None => default_path(site, policy, lane),
    }
}
