//! `claim`: one winner, then its lane.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::OpError;
use super::lane_check;
use super::mutate::{self, Mutation};
use super::readiness;
use super::set_aside::set_aside;
use super::site::Site;
use crate::domain::id::{LaneName, ObjectId, TaskId};
use crate::domain::policy::Policy;
use crate::domain::record::{RecordBody, Routing};
use crate::domain::request::{ClaimWish, Request, Verb};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Claim, Epoch, Standing, TaskState};
use crate::domain::task::Task;
use crate::ledger::{LedgerError, Publisher};
use crate::workspace::{
    self, BegunClaim, Binding, LanePlaces, LaneSpec, Opened, lane_path, takeover_path,
};

/// How a claim ended.
#[derive(Debug, Clone)]
pub struct ClaimOutcome {
    /// The task.
    pub task: Task,
    /// Its state.
    pub state: TaskState,
    /// The claim.
    pub claim: Claim,
    /// The claim it was taken over from, if that had expired.
    pub taken_from: Option<Claim>,
    /// What the choice of the workstation went by, where there is something to say.
    pub routing: Option<Routing>,
    /// The lane's worktree; none in a rehearsal.
    pub worktree: Option<PathBuf>,
    /// The mutation.
    pub mutation: Mutation,
    /// The note that the claim was begun; to be [ended](BegunClaim::end) once the caller was told,
    /// so that a death before is one that the next claim takes up.
    pub begun: Option<Arc<BegunClaim>>,
}

/// What becomes of the lane's worktree on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lane {
    /// It is made or reset, and bound to the claim.
    #[default]
    Open,
    /// It is left alone: the work is done elsewhere.
    Leave,
}

/// How a claim is carried out.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClaimOptions {
    /// What becomes of the lane's worktree.
    pub lane: Lane,
    /// The commands of probes run although nobody trusted them on this machine.
    pub trust: bool,
    /// Only what would be done.
    pub dry_run: bool,
}

/// Claims a task and opens its lane.
///
/// # Errors
/// The refusal; what stands in the lane's way, before anything is claimed.
pub fn claim(site: &Site, wish: ClaimWish, options: ClaimOptions) -> Result<ClaimOutcome, OpError> {
    let asked = format!(
        "{:?} {:?} {:?} {:?}",
        wish.task, wish.role, wish.lane, wish.workstation
    );
    let mut request = site.request(Verb::Claim(wish))?;
    let publisher = site.publisher()?;
    // By the plan and the rules of now: the ledger's own race tells only of the ledger. Where
    // nothing is published, what is known here will do.
    match publisher.refresh() {
        Err(LedgerError::Unreachable { .. }) if options.dry_run || site.shows_claim() => {}
        refreshed => refreshed?,
    }
    let begun = if options.dry_run || site.repeats() || site.shows_claim() {
        None
    } else {
        let dir = site.ledger.dir().join("claims");
        let agent = &request.actor.agent;
        let begun = BegunClaim::begin(&dir, &site.env, agent, &asked, request.id.clone());
        let begun = begun.map_err(|source| OpError::Io { path: dir, source })?;
        if begun.id != request.id {
            // What a dead process left is gone on with, unless it is over: held no more.
            let left = Request {
                id: begun.id.clone(),
                ..request.clone()
            };
            if over_by_now(site, &publisher, &left)?.is_none() {
                request = left;
            }
        }
        Some(begun)
    };
    match claim_and_settle(site, &publisher, &request, options) {
        Ok(outcome) => Ok(ClaimOutcome {
            begun: begun.map(Arc::new),
            ..outcome
        }),
        Err(error) => {
            if let Some(begun) = begun.filter(|_| !may_stand(&error)) {
                begun.end();
            }
            Err(error)
        }
    }
}

/// Whether a claim that failed this way may stand all the same: without its lane, or without an
/// answer. Then the next try takes it up. What stood in the lane's way before the claim is
/// [`OpError::Workspace`].
fn may_stand(error: &OpError) -> bool {
    match error {
        OpError::NoWorktree { .. } | OpError::Git(_) | OpError::Io { .. } => true,
        OpError::Ledger(error) => matches!(
            error,
            LedgerError::Unconfirmed { .. }
                | LedgerError::StillPending { .. }
                | LedgerError::Git(_)
                | LedgerError::Io { .. }
                | LedgerError::Lock(_)
        ),
        _ => false,
    }
}

fn claim_and_settle(
    site: &Site,
    publisher: &Publisher<'_>,
    request: &Request,
    options: ClaimOptions,
) -> Result<ClaimOutcome, OpError> {
    let ClaimOptions {
        lane,
        trust,
        dry_run,
    } = options;
    let repeats = !dry_run && (site.repeats() || site.shows_claim());
    let over = match repeats {
        true => over_by_now(site, publisher, request)?,
        false => None,
    };
    let (mutation, lane) = match over {
        // It is answered as it was then; its lane may be another's.
        Some(mutation) => (mutation, Lane::Leave),
        None => {
            let mutation = readiness::with_probes(site, request, trust, |request| {
                if !dry_run && lane == Lane::Open {
                    // A lane that cannot be used is found before the claim, not after it.
                    lane_check::check(site, publisher, request)?;
                }
                mutate::carry_out(publisher, request, dry_run)
            })?;
            (mutation, lane)
        }
    };
    let mine = |state: &TaskState| state.claim().is_some_and(|claim| claim.id == request.id);
    let changed = mutation
        .change
        .states
        .first()
        .map(|change| change.task.clone());
    let id = changed.or_else(|| {
        let known = mutation.before.states.iter().find(|(_, state)| mine(state));
        known.map(|(id, _)| id.clone())
    });
    let id = id.ok_or(OpError::NoTask)?;
    let state = mutation.state(&id);
    let (Some(task), Some(claim)) = (mutation.task(&id), state.claim().cloned()) else {
        return Err(OpError::NoTask);
    };
    let taken_from = match &mutation.before.states.get(&id).standing {
        Standing::InProgress(old) | Standing::AwaitingScope(old) if old.id != claim.id => {
            Some(old.clone())
        }
        _ => None,
    };
    let here = match (lane, mutation.change.is_empty()) {
        (Lane::Open, true) => super::save::bound_lane(site, &id, state.epoch)?,
        _ => None,
    };
    let worktree = match lane {
        // Claimed before, and its lane is here: its files are left as they are.
        Lane::Open if here.is_some() => here.map(|lane| lane.path),
        Lane::Open => settle_in(site, &id, &mutation)?,
        Lane::Leave => None,
    };
    Ok(ClaimOutcome {
        routing: routing(publisher, &mutation, &id)?,
        task,
        state,
        claim,
        taken_from,
        worktree,
        mutation,
        begun: None,
    })
}

/// What the claim recorded about its workstation: now, or when it was first made.
fn routing(
    publisher: &Publisher<'_>,
    mutation: &Mutation,
    id: &TaskId,
) -> Result<Option<Routing>, OpError> {
    let of = |body: &RecordBody| match body {
        RecordBody::Routing(routing) => Some(routing.clone()),
        _ => None,
    };
    let changed = mutation.change.states.iter();
    let made = changed.flat_map(|change| &change.append).find_map(of);
    let (None, true, Some(tip)) = (&made, mutation.change.is_empty(), mutation.before.tip) else {
        return Ok(made);
    };
    let epoch = mutation.before.states.get(id).epoch;
    let records = publisher.loader().records(tip, id)?;
    let mut ours = records.iter().filter(|record| record.epoch == epoch);
    Ok(ours
        .rfind(|record| of(&record.body).is_some())
        .and_then(|record| of(&record.body)))
}

/// What a repeated claim did, if the ledger has it and it is over since: it is not made again.
fn over_by_now(
    site: &Site,
    publisher: &Publisher<'_>,
    request: &Request,
) -> Result<Option<Mutation>, OpError> {
    publisher.refresh()?;
    let Some(receipt) = publisher.carried_out_before(request)? else {
        return Ok(None);
    };
    let mutation = Mutation::from(receipt);
    let now = super::look::snapshot(site)?;
    let held = mutation.change.states.iter().any(|change| {
        let claim = now.states.get(&change.task).claim();
        claim.is_some_and(|claim| claim.id == request.id)
    });
    Ok((!held).then_some(mutation))
}

/// Opens the lane of a task that its holder works on from now, and binds it. `None` when nobody
/// works on it, or in a rehearsal.
///
/// # Errors
/// [`OpError::NoWorktree`]: the claim stands, the worktree does not.
pub fn settle_in(
    site: &Site,
    id: &TaskId,
    mutation: &Mutation,
) -> Result<Option<PathBuf>, OpError> {
    let state = mutation.state(id);
    let Some(claim) = state.occupying().filter(|_| mutation.carried_out) else {
        return Ok(None);
    };
    let policy = &mutation.before.rules.policy;
    let before = mutation.before.states.get(id);
    let taken_over = before.occupying().is_some_and(|old| old.id != claim.id);
    let start = start_of(site, &mutation.before, id, claim)?;
    let without_lane = |source| OpError::NoWorktree {
        task: id.clone(),
        source: Box::new(source),
    };
    let opened = set_aside(site, &mutation.before, claim, state.epoch, taken_over)
        .and_then(|()| open_lane(site, policy, &claim.lane, start, state.epoch));
    let opened = opened.map_err(|error| match error {
        OpError::Workspace(source) => without_lane(source),
        other => other,
    })?;
    let binding = Binding {
        task: id.clone(),
        agent: claim.agent.clone(),
        epoch: state.epoch,
        lane: claim.lane.clone(),
        branch: claim.branch.clone(),
        claim: claim.id.clone(),
        ledger: site.ledger.marker.branch.clone(),
    };
    let written = binding.write(&opened.git_dir);
    written.map_err(|error| without_lane(error.into()))?;
    Ok(Some(opened.path))
}

/// Where the lane starts: the base of a new claim, or the commit that was saved before a pause.
pub(super) fn start_of(
    site: &Site,
    ledger: &Snapshot,
    id: &TaskId,
    claim: &Claim,
) -> Result<ObjectId, OpError> {
    Ok(match &ledger.states.get(id).standing {
        Standing::Blocked { block, .. } => block.commit.unwrap_or(claim.base),
        Standing::InReview { submission, .. } => submission.commit,
        // The same claim again, such as after a revision: its work ref has what was done.
        Standing::InProgress(before) if before.id == claim.id => {
            let epoch = ledger.states.get(id).epoch;
            site.repo()
                .tip(&workspace::work_ref(id, epoch))?
                .unwrap_or(claim.base)
        }
        _ => claim.base,
    })
}

/// Opens a lane's worktree at `start`.
///
/// # Errors
/// What stands in the way.
pub fn open_lane(
    site: &Site,
    policy: &Policy,
    lane: &LaneName,
    start: ObjectId,
    epoch: Epoch,
) -> Result<Opened, OpError> {
    let repo = site.repo();
    if !repo.exists(start) {
        fetch_work(site)?;
    }
    let saved = saved(site)?;
    let spec = lane_spec(site, policy, lane, start, epoch, &saved)?;
    Ok(workspace::open(repo, &spec, &site.env)?)
}

/// The commits that work refs keep.
pub(super) fn saved(site: &Site) -> Result<BTreeSet<ObjectId>, OpError> {
    let refs = workspace::work_refs(site.repo())?;
    Ok(refs.into_iter().map(|work| work.commit).collect())
}

/// The lane as it shall be on this machine.
pub(super) fn lane_spec<'a>(
    site: &Site,
    policy: &Policy,
    lane: &LaneName,
    start: ObjectId,
    epoch: Epoch,
    saved: &'a BTreeSet<ObjectId>,
) -> Result<LaneSpec<'a>, OpError> {
    let branch = policy.worktrees.branch_of(&policy.project, lane)?;
    let default = default_path(site, policy, lane)?;
    let path = place(site, &branch.full(), default, epoch)?;
    Ok(LaneSpec {
        lane: lane.clone(),
        path,
        branch,
        start,
        target: site.ledger.target()?,
        saved,
    })
}

/// Work that was saved on another machine comes with the work refs of the remote.
fn fetch_work(site: &Site) -> Result<(), OpError> {
    if let Some(remote) = site.ledger.remote() {
        // Not forced: what was set aside here may be more than the remote has.
        let specs = ["refs/laneway/work/*:refs/laneway/work/*"];
        site.repo()
            .fetch(remote, &specs, std::time::Duration::from_secs(60))?;
    }
    Ok(())
}

/// The directory that policy gives the lane on this machine.
///
/// # Errors
/// When policy gives none.
pub fn default_path(site: &Site, policy: &Policy, lane: &LaneName) -> Result<PathBuf, OpError> {
    let main = site.repo().main_work_dir();
    let common = site.repo().common_dir();
    let places = LanePlaces {
        worktree_root: site.env.var("WORKTREE_ROOT").map(Path::new),
        main_work_dir: main.as_deref(),
        common_dir: &common,
    };
    Ok(lane_path(&policy.worktrees, &policy.project, lane, places)?)
}

/// Whether a worktree was locked because its claim is over, not while git makes it or by a person.
fn is_retired(reason: &str) -> bool {
    reason.starts_with("laneway: ")
}

/// The worktree in which the branch stands; else the usual directory; else, where that holds the
/// locked remains of a claim that was taken over, one of its own.
pub(super) fn place(
    site: &Site,
    branch: &str,
    default: PathBuf,
    epoch: Epoch,
) -> Result<PathBuf, OpError> {
    let worktrees = site.repo().worktrees()?;
    let linked = worktrees.iter().skip(1);
    if let Some(here) = linked.clone().find(|w| w.branch.as_deref() == Some(branch)) {
        return Ok(here.path.clone());
    }
    let retired = linked
        .filter(|w| w.path == default)
        .any(|w| w.branch.is_none() && w.locked.as_deref().is_some_and(is_retired));
    Ok(if retired {
        takeover_path(&default, epoch)
    } else {
        default
    })
}
