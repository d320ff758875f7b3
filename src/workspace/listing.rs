use std::collections::BTreeMap;
use std::path::PathBuf;

use super::place::Stands;
use super::{Binding, BindingError, WorkspaceError};
use crate::domain::id::{BranchName, LaneName, ObjectId};
use crate::domain::policy::Policy;
use crate::git::{Operation, Repo, Worktree};
use crate::process::read_own;

/// A lane's worktree as it is (P8).
#[derive(Debug)]
pub struct LaneStatus {
    /// The lane: of its branch by the policy, else of its binding.
    pub lane: Option<LaneName>,
    /// Its directory.
    pub path: PathBuf,
    /// The branch it has checked out, without `refs/heads/`; `None` when detached.
    pub branch: Option<String>,
    /// The commit it shows.
    pub head: Option<ObjectId>,
    /// First line of that commit's message.
    pub subject: String,
    /// Tracked paths that differ from the commit.
    pub dirty: Vec<String>,
    /// Number of files neither tracked nor ignored.
    pub untracked: usize,
    /// Commits that the target does not have.
    pub ahead: usize,
    /// Commits of the target that the lane does not have.
    pub behind: usize,
    /// An operation in progress: the lane is wedged until someone ends it.
    pub operation: Option<Operation>,
    /// The reason it is locked for.
    pub locked: Option<String>,
    /// No lane of the policy has it, or its directory is gone.
    pub orphan: bool,
    /// What stands in its directory.
    pub stands: Stands,
    /// Whose claim it works for; the error of a file that cannot be read is part of the status.
    pub binding: Result<Option<Binding>, BindingError>,
}

/// The worktrees that are lanes: those with a binding, readable or not, and those on a branch of
/// `lanes` (see [`lanes_of`]), also while it is being rebased. `target` is the tip that ahead and
/// behind count from.
///
/// # Errors
/// [`WorkspaceError::Git`].
pub fn list(
    repo: &Repo,
    lanes: &BTreeMap<BranchName, LaneName>,
    target: Option<ObjectId>,
) -> Result<Vec<LaneStatus>, WorkspaceError> {
    let mut found = Vec::new();
    // The first one is the main checkout, or the bare repository itself.
    for worktree in repo.worktrees()?.into_iter().skip(1) {
        // Whose lane it is stands with this repository, whatever stands in the directory.
        let admin = || repo.admin_dir(&worktree.path);
        let kept = worktree.git_dir.clone().or_else(admin);
        let binding = kept.as_deref().map_or(Ok(None), Binding::read);
        let on = worktree.branch.clone().or_else(|| rebased(&worktree));
        let of_policy = on
            .as_deref()
            .and_then(|name| name.strip_prefix("refs/heads/"))
            .and_then(|name| lanes.get(&BranchName::new(name).ok()?));
        if of_policy.is_some() || !matches!(binding, Ok(None)) {
            found.push(look(repo, worktree, of_policy, binding, target)?);
        }
    }
    Ok(found)
}

/// Longest name of a ref that is looked at, in bytes.
const MAX_NAME: usize = 4096;

/// The full name of the branch that a worktree is rebasing; git detaches it meanwhile.
fn rebased(worktree: &Worktree) -> Option<String> {
    let git_dir = worktree.git_dir.as_deref()?;
    let kinds = ["rebase-merge", "rebase-apply"].into_iter();
    let mut names = kinds.map(|kind| read_own(&git_dir.join(kind).join("head-name"), MAX_NAME));
    let name = String::from_utf8(names.find_map(Result::ok)?).ok()?;
    Some(name.trim().to_owned())
}

/// Every lane of the policy by its branch. A lane whose branch would have no legal name is left
/// out.
#[must_use]
pub fn lanes_of(policy: &Policy) -> BTreeMap<BranchName, LaneName> {
    let lanes = policy.roles.iter().flat_map(|(name, role)| {
        (1..=role.lanes).filter_map(|number| LaneName::new(name.clone(), number).ok())
    });
    lanes
        .filter_map(|lane| {
            let branch = policy.worktrees.branch_of(&policy.project, &lane).ok()?;
            Some((branch, lane))
        })
        .collect()
}

fn look(
    repo: &Repo,
    worktree: Worktree,
    of_policy: Option<&LaneName>,
    binding: Result<Option<Binding>, BindingError>,
    target: Option<ObjectId>,
) -> Result<LaneStatus, WorkspaceError> {
    let stands = Stands::at(repo, &worktree);
    let inside = if stands == Stands::Worktree {
        repo.glance(&worktree.path)?
    } else {
        crate::git::Status::default()
    };
    let bound = binding.as_ref().ok().and_then(Option::as_ref);
    let lane = of_policy.cloned().or_else(|| Some(bound?.lane.clone()));
    let subject = worktree.head.map(|head| repo.commit(head)).transpose()?;
    let subject = subject.map(|commit| commit.message.lines().next().unwrap_or("").to_owned());
    let (ahead, behind) = match (worktree.head, target) {
        (Some(head), Some(target)) => (
            repo.count_beyond(head, target)?,
            repo.count_beyond(target, head)?,
        ),
        _ => (0, 0),
    };
    Ok(LaneStatus {
        lane,
        branch: worktree
            .branch
            .map(|name| name.trim_start_matches("refs/heads/").to_owned()),
        head: worktree.head,
        subject: subject.unwrap_or_default(),
        dirty: inside.dirty,
        untracked: inside.untracked.len(),
        ahead,
        behind,
        operation: inside.operation,
        locked: worktree.locked,
        orphan: stands == Stands::Gone || of_policy.is_none(),
        stands,
        binding,
        path: worktree.path,
    })
}
