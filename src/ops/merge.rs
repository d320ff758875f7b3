//! `merge` and `complete`: how handed-off work becomes part of the target (DESIGN §5).
//!
//! ```text
//! judge → replay onto the target → run missing checks (landing record) → lock the checkouts
//!       → move target and ledger together → the checkouts follow
//! ```
//! Every step before the move can be repeated; the move is one transaction; what a crash leaves
//! behind it is finished or undone by the next merge.

use std::collections::BTreeMap;

use super::OpError;
use super::mutate::{self, Mutation};
use super::site::Site;
use super::{check, trust};
use crate::checks::Progress;
use crate::domain::evidence::owed_tier;
use crate::domain::gates::{behind, checks_due, is_lifted, predecessors, shows_more};
use crate::domain::graph;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::policy::Via;
use crate::domain::record::{CheckRun, Evidence, RecordBody};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::{Request, Verb};
use crate::domain::snapshot::{RangeFacts, Replayed, Snapshot};
use crate::domain::state::{Landing, Standing, Status};
use crate::domain::task::Tier;
use crate::domain::time::{Span, Timestamp};
use crate::git::{Cas, Durability as Flush, Expect, RefEdit};
use crate::ledger::{Companion, LedgerError, Publisher};
use crate::workspace::{self, CheckoutError, PreparedCheckout};

/// How often a landing starts again because the target moved.
const MOST_MOVES: u32 = 5;
/// How long the merge slot holds without renewal.
const SLOT: Span = Span::from_seconds(3600);

/// What came of one task.
#[derive(Debug, Clone)]
pub enum Landed {
    /// It is on the target now.
    Done {
        /// The new target.
        commit: ObjectId,
        /// The target before.
        onto: ObjectId,
        /// Checks that were run for it.
        checks: Vec<CheckRun>,
        /// Remarks, such as a checkout left behind.
        notes: Vec<String>,
    },
    /// It would land.
    Would {
        /// The commit that would be the target.
        commit: ObjectId,
        /// Checks that would be run.
        checks: Vec<String>,
    },
    /// It would land after others of the same rehearsal, if its other gates hold then.
    WouldAfter {
        /// The others.
        others: Vec<TaskId>,
    },
    /// It conflicts with the target and went back to its lane.
    Conflict {
        /// The paths in conflict.
        paths: Vec<String>,
    },
    /// The target has changed co-edited files of others since the branch started: it went back to
    /// its lane, to be rebased first.
    Behind {
        /// The files.
        paths: Vec<String>,
    },
    /// A check failed on the content that would land.
    ChecksFailed {
        /// All that ran.
        checks: Vec<CheckRun>,
    },
    /// Its gates hold and its branch is published: a forge lands it, `complete` records it.
    Published {
        /// The branch.
        branch: String,
        /// Its tip.
        commit: ObjectId,
    },
}

/// What came of `merge`.
#[derive(Debug, Clone)]
pub struct MergeOutcome {
    /// Tasks in the order in which they were tried.
    pub landed: Vec<(TaskId, Landed)>,
    /// Tasks that were refused, with the refusal (`--all` goes on without them).
    pub refused: Vec<(TaskId, Refusal)>,
}

impl MergeOutcome {
    /// Whether everything that was tried landed, or would.
    #[must_use]
    pub fn all_landed(&self) -> bool {
        let stayed = |landed: &Landed| {
            matches!(
                landed,
                Landed::Conflict { .. } | Landed::Behind { .. } | Landed::ChecksFailed { .. }
            )
        };
        self.refused.is_empty() && !self.landed.iter().any(|(_, landed)| stayed(landed))
    }

    /// The tasks of this rehearsal that a refused one waits for, when nothing else is against it.
    fn waits_only(&self, refusal: &Refusal) -> Option<Vec<TaskId>> {
        let would = |id: &TaskId| {
            let known = self.landed.iter().find(|(known, _)| known == id);
            matches!(
                known,
                Some((_, Landed::Would { .. } | Landed::WouldAfter { .. }))
            )
        };
        let against = refusal.unmet.iter().filter(|unmet| !unmet.warning);
        let others = against.map(|unmet| {
            let orders = matches!(unmet.gate, "dependency" | "merge-order" | "parent-waits");
            let holder = unmet.holder.as_ref()?.task.clone()?;
            (orders && would(&holder)).then_some(holder)
        });
        others.collect()
    }
}

/// What `merge` is asked.
#[derive(Debug, Clone, Default)]
pub struct MergeOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// All submitted work, in the computed order.
    pub all: bool,
    /// Trust the checks that must be run.
    pub trust: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// Lands submitted work.
///
/// # Errors
/// The refusal (of a single task); a person's changes in the way; the remote's no.
pub fn merge(
    site: &Site,
    options: &MergeOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<MergeOutcome, OpError> {
    let publisher = site.publisher()?;
    if site.ledger.remote().is_some() {
        publisher.refresh()?;
    }
    let mut outcome = MergeOutcome {
        landed: Vec::new(),
        refused: Vec::new(),
    };
    if !options.all {
        let id = site.task(options.task.as_ref())?;
        let landed = Lander {
            site,
            publisher: &publisher,
            options,
            progress,
        }
        .land(&id)?;
        outcome.landed.push((id, landed));
        return Ok(outcome);
    }
    for id in order(&super::look::snapshot(site)?) {
        let mut lander = Lander {
            site,
            publisher: &publisher,
            options,
            progress,
        };
        match lander.land(&id) {
            Ok(landed) => outcome.landed.push((id, landed)),
            Err(OpError::Ledger(LedgerError::Refused(refusal))) => {
                match outcome.waits_only(&refusal) {
                    Some(others) if options.dry_run => {
                        outcome.landed.push((id, Landed::WouldAfter { others }));
                    }
                    _ => outcome.refused.push((id, *refusal)),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

/// Finishes or undoes a landing of `id` that a crash cut short, and drops one whose time passed.
/// Nothing else is landed.
///
/// # Errors
/// Nobody acts; the refusal; the remote's no.
pub fn mend(site: &Site, id: &TaskId) -> Result<(), OpError> {
    let publisher = site.publisher()?;
    if site.ledger.remote().is_some() {
        publisher.refresh()?;
    }
    let lander = Lander {
        site,
        publisher: &publisher,
        options: &MergeOptions::default(),
        progress: &mut |_| {},
    };
    if lander.mend(id)?.is_none() {
        lander.drop_landing(id, "its time passed")?;
    }
    Ok(())
}

/// The submitted tasks in the order in which they land: dependencies and merge order first, then
/// priority, sequence and id (P29, X5).
#[must_use]
pub fn order(snapshot: &Snapshot) -> Vec<TaskId> {
    let submitted: BTreeMap<(u8, i64, TaskId), &crate::domain::task::Task> = snapshot
        .plan
        .iter()
        .filter(|task| snapshot.states.get(&task.id).status() == Status::InReview)
        .map(|task| ((task.priority, task.sequence, task.id.clone()), task))
        .collect();
    let keys: Vec<(u8, i64, TaskId)> = submitted.keys().cloned().collect();
    let by_id: BTreeMap<&TaskId, &(u8, i64, TaskId)> =
        keys.iter().map(|key| (&key.2, key)).collect();
    let key_of = |id: &TaskId| by_id.get(id).map(|key| (*key).clone());
    let ordered = graph::topological_order(&keys, |key| {
        let Some(task) = submitted.get(key) else {
            return Vec::new();
        };
        let before = predecessors(snapshot, task)
            .into_iter()
            .map(|task| &task.id);
        task.depends_on
            .iter()
            .chain(before)
            .filter_map(key_of)
            .collect()
    });
    ordered.into_iter().map(|(_, _, id)| id).collect()
}

/// Whether a failed landing certainly moved nothing, and will not be tried again at once.
fn settles_nothing(error: &OpError) -> bool {
    match error {
        OpError::Ledger(LedgerError::Unconfirmed { .. } | LedgerError::Unreachable { .. }) => false,
        OpError::Ledger(error) => !target_moved(error),
        _ => true,
    }
}

/// Whether a landing has only to start again on the target's new tip.
fn target_moved(error: &LedgerError) -> bool {
    match error {
        LedgerError::Moved { .. } => true,
        LedgerError::Refused(refusal) => refusal.gate() == "target-moved",
        _ => false,
    }
}

/// Lands one task.
struct Lander<'a> {
    site: &'a Site,
    publisher: &'a Publisher<'a>,
    options: &'a MergeOptions,
    progress: &'a mut dyn FnMut(Progress<'_>),
}

impl Lander<'_> {
    fn land(&mut self, id: &TaskId) -> Result<Landed, OpError> {
        for _ in 0..MOST_MOVES {
            if let Some(landed) = self.mend(id)? {
                return Ok(landed);
            }
            if let Some(landed) = self.landed_before(id)? {
                return Ok(landed);
            }
            self.bring(id)?;
            match self.try_land(id) {
                Err(OpError::Ledger(error)) if target_moved(&error) => {
                    if self.site.ledger.remote().is_some() {
                        self.publisher.refresh()?;
                    }
                }
                done => return done,
            }
        }
        self.drop_landing(id, "the target kept moving")?;
        let message = format!("the target moved {MOST_MOVES} times while `{id}` was landing");
        let unmet = Unmet::conflict("target-moves", message).hint("try again");
        Err(Refusal::one(format!("cannot merge {id}"), Some(id), unmet).into())
    }

    /// The answer to a request that was repeated, if the task had landed by it.
    fn landed_before(&self, id: &TaskId) -> Result<Option<Landed>, OpError> {
        if !self.site.repeats() || self.options.dry_run {
            return Ok(None);
        }
        let target = self.site.ledger.target()?;
        let request = self.request(Verb::Land {
            task: id.clone(),
            onto: target,
            result: target,
            evidence: None,
        })?;
        let Some(receipt) = self.publisher.carried_out_before(&request)? else {
            return Ok(None);
        };
        match Mutation::from(receipt).state(id).standing {
            Standing::Done(done) => {
                workspace::recover(self.site.repo(), &self.site.env)?;
                Ok(Some(Landed::Done {
                    commit: done.commit,
                    onto: done.onto,
                    checks: Vec::new(),
                    notes: vec!["it had landed by this request before".to_owned()],
                }))
            }
            _ => Ok(None),
        }
    }

    /// Under remote authority the work may have been handed off on another machine.
    fn bring(&self, id: &TaskId) -> Result<(), OpError> {
        let snapshot = super::look::snapshot(self.site)?;
        let state = snapshot.states.get(id);
        match &state.standing {
            Standing::InReview { submission, .. } => {
                super::save::bring(self.site, &snapshot, id, state.epoch, submission.commit)
            }
            _ => Ok(()),
        }
    }

    /// The submission replayed onto the target, as the ledger's rules see it.
    fn range(
        &self,
        id: &TaskId,
        onto: ObjectId,
    ) -> Result<(Snapshot, Option<RangeFacts>), OpError> {
        let verb = Verb::Conflict {
            task: id.clone(),
            onto,
        };
        let tip = self.site.ledger.tip()?;
        let mut snapshot = self.publisher.loader().snapshot(tip, onto, Some(&verb))?;
        let range = snapshot.facts.range.take();
        Ok((snapshot, range))
    }

    fn try_land(&mut self, id: &TaskId) -> Result<Landed, OpError> {
        let onto = self.site.ledger.target()?;
        let (snapshot, range) = self.range(id, onto)?;
        let replayed = range.as_ref().map(|range| range.replayed.clone());
        let (result, content_key) = match replayed {
            Some(Replayed::Commit {
                result,
                content_key,
                ..
            }) => (result, content_key),
            Some(Replayed::Conflict(paths)) => {
                self.send_back(id, onto)?;
                return Ok(Landed::Conflict { paths });
            }
            // Not handed off, or not here: `decide` says so.
            Some(Replayed::Unknown) | None => (onto, onto),
        };
        let late = late_paths(&snapshot, id, range.as_ref());
        let files = range.map(|range| range.files).unwrap_or_default();
        let mut missing = missing_checks(&snapshot, id, &files, content_key);
        if self.evidence_lifted(&snapshot, id) {
            // What is generated is asked by another gate.
            let generated = &snapshot.rules.policy.generated;
            missing.retain(|check| generated.iter().any(|one| one.check == *check));
        }
        // The gates first, evidence aside: nothing is run for work that cannot land.
        let until = self.site.env.now().plus(SLOT);
        let landing = self.request(landing_of(id, (onto, result), until, None))?;
        match self.publisher.judge(&landing) {
            Err(LedgerError::Refused(refusal)) if !late.is_empty() && only_late(&refusal) => {
                self.send_back(id, onto)?;
                return Ok(Landed::Behind { paths: late });
            }
            judged => drop(judged?),
        }
        if self.options.dry_run {
            return Ok(Landed::Would {
                commit: result,
                checks: missing,
            });
        }
        let by_request = snapshot.rules.policy.merge.via == Via::PullRequest;
        let mut evidence = None;
        if !missing.is_empty() {
            trust::require_trust(self.site, id, &missing, self.options.trust)?;
            // A pull request takes no slot: a forge moves the target, whenever it likes.
            if !by_request {
                // What stands in the way of the checkouts is found before anything is begun.
                let from = self.local_target(onto, &mut Vec::new())?;
                for checkout in self.lock_checkouts(from, result, &mut Vec::new())? {
                    checkout.abort();
                }
                drop(self.publisher.submit(&landing)?);
            }
            self.site.env.fail_point("slot");
            let runs =
                match check::run_clean(self.site, &snapshot, id, result, &missing, self.progress)
                    .and_then(check::CleanRun::landing)
                {
                    Ok(runs) => runs,
                    Err(error) => {
                        self.drop_landing(id, "the checks could not be run")?;
                        return Err(error);
                    }
                };
            if runs.iter().any(|run| !run.passed()) {
                self.drop_landing(id, "a check failed on the content that would land")?;
                return Ok(Landed::ChecksFailed { checks: runs });
            }
            let host = self.site.env.host.clone();
            evidence = Some(Evidence {
                commit: result,
                content_key,
                checks: runs,
                host,
                workstation: None,
                clean: true,
            });
        }
        if by_request {
            if let Some(evidence) = evidence {
                let verb = Verb::Evidence {
                    task: id.clone(),
                    evidence,
                };
                drop(self.publisher.submit(&self.request(verb)?)?);
            }
            return self.publish_branch(id, &snapshot);
        }
        // A merger that died may have left its slot, with all checks on record.
        let slot = matches!(
            &snapshot.states.get(id).standing,
            Standing::InReview { landing, .. } if landing.is_some()
        );
        let begun = slot || evidence.is_some();
        let checks = evidence.as_ref().map(|shown| shown.checks.clone());
        let landed = self
            .gate(id, (onto, result), evidence)
            .and_then(|()| self.move_target(id, onto, result, checks.unwrap_or_default()));
        if begun && landed.as_ref().is_err_and(settles_nothing) {
            self.drop_landing(id, "the target was not moved")?;
        }
        landed
    }

    /// What ran for a landing stands in the ledger before the target moves: a landing that is cut
    /// short after that is finished by anyone, and no other is.
    fn gate(
        &self,
        id: &TaskId,
        (onto, result): (ObjectId, ObjectId),
        evidence: Option<Evidence>,
    ) -> Result<(), OpError> {
        if evidence.is_some() {
            let until = self.site.env.now().plus(SLOT);
            let landing = landing_of(id, (onto, result), until, evidence);
            drop(self.publisher.submit(&self.request(landing)?)?);
        }
        self.site.env.fail_point("gated");
        Ok(())
    }

    fn request(&self, verb: Verb) -> Result<Request, OpError> {
        let request = self.site.request(verb)?;
        // Every step of a landing is a request of its own; the one that lands is the caller's.
        if matches!(request.verb, Verb::Land { .. }) {
            return Ok(request);
        }
        Ok(Request {
            id: self.site.env.request_id(),
            ..request
        })
    }

    /// Whether an exception lifts the gate that asks for checks, and no other gate asks what they
    /// show: then none is run.
    fn evidence_lifted(&self, snapshot: &Snapshot, id: &TaskId) -> bool {
        let now = self.site.env.now();
        let Some(task) = snapshot.plan.get(id) else {
            return false;
        };
        let lifted = |gate| is_lifted(snapshot, task, gate, now);
        let tier = owed_tier(snapshot, task).is_some() && !lifted("evidence-tier");
        let high = shows_more(snapshot, task) && !lifted("high-risk-evidence");
        lifted("evidence-owed") && !tier && !high
    }

    fn drop_landing(&self, id: &TaskId, reason: &str) -> Result<(), OpError> {
        let verb = Verb::DropLanding {
            task: id.clone(),
            reason: reason.to_owned(),
        };
        let request = self.request(verb)?;
        // Somebody else's slot is not ours to drop; without one there is nothing to do.
        match self.publisher.submit(&request) {
            Ok(_) | Err(LedgerError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn send_back(&self, id: &TaskId, onto: ObjectId) -> Result<(), OpError> {
        let request = self.request(Verb::Conflict {
            task: id.clone(),
            onto,
        })?;
        let mutation = mutate::carry_out(self.publisher, &request, self.options.dry_run)?;
        // Back in its lane the work goes on where it was handed off.
        let state = mutation.state(id);
        let mine = state
            .occupying()
            .is_some_and(|claim| claim.agent == request.actor.agent);
        if mine && super::save::bound_lane(self.site, id, state.epoch)?.is_some() {
            super::claim::settle_in(self.site, id, &mutation)?;
        }
        Ok(())
    }

    /// Moves target and ledger together; the checkouts of the target follow.
    fn move_target(
        &mut self,
        id: &TaskId,
        onto: ObjectId,
        result: ObjectId,
        checks: Vec<CheckRun>,
    ) -> Result<Landed, OpError> {
        let mut notes = Vec::new();
        let from = self.local_target(onto, &mut notes)?;
        let checkouts = self.lock_checkouts(from, result, &mut notes)?;
        let verb = Verb::Land {
            task: id.clone(),
            onto,
            result,
            evidence: None,
        };
        let request = self.request(verb)?;
        let companion = Companion {
            from: onto,
            to: result,
        };
        match self.publisher.submit_with(&request, &companion) {
            Ok(receipt) => {
                self.site.env.fail_point("landed");
                debug_assert!(receipt.commit.is_some());
                self.follow(checkouts, from, result, &mut notes);
                Ok(Landed::Done {
                    commit: result,
                    onto,
                    checks,
                    notes,
                })
            }
            Err(error) => {
                for checkout in checkouts {
                    checkout.abort();
                }
                Err(error.into())
            }
        }
    }

    /// Where the checkouts of the target on this machine start from. Under remote authority the
    /// local branch may be behind, after others' merges or a crash; one with commits of its own is
    /// a person's and stays.
    fn local_target(
        &self,
        onto: ObjectId,
        notes: &mut Vec<String>,
    ) -> Result<Option<ObjectId>, OpError> {
        if self.site.ledger.remote().is_none() {
            return Ok(Some(onto));
        }
        let target = &self.site.ledger.marker.target;
        let Some(tip) = self.site.repo().tip(&target.full())? else {
            return Ok(None);
        };
        if self.site.repo().is_ancestor(tip, onto)? {
            return Ok(Some(tip));
        }
        notes.push(format!(
            "the local `{target}` has commits of its own and was left where it is"
        ));
        Ok(None)
    }

    /// Locks the checkouts of the target on this machine. Under local authority one that cannot
    /// follow refuses the landing; under remote authority it stays behind, with a note.
    fn lock_checkouts(
        &self,
        from: Option<ObjectId>,
        result: ObjectId,
        notes: &mut Vec<String>,
    ) -> Result<Vec<PreparedCheckout>, OpError> {
        let (repo, env) = (self.site.repo(), &self.site.env);
        let branch = self.site.ledger.marker.target.full();
        let Some(from) = from.filter(|from| *from != result) else {
            workspace::recover(repo, env)?;
            return Ok(Vec::new());
        };
        match workspace::prepare(repo, &branch, from, result, env) {
            Ok(checkouts) => Ok(checkouts),
            Err(error @ (CheckoutError::InTheWay { .. } | CheckoutError::Locked { .. }))
                if self.site.ledger.remote().is_some() =>
            {
                notes.push(error.to_string());
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// After the move: the local branch, under remote authority, and the checkouts follow. It has
    /// landed, so whatever keeps them is a note.
    fn follow(
        &self,
        checkouts: Vec<PreparedCheckout>,
        from: Option<ObjectId>,
        result: ObjectId,
        notes: &mut Vec<String>,
    ) {
        if let (Some(from), true) = (from, self.site.ledger.remote().is_some()) {
            match self.follow_local(&checkouts, from, result) {
                Ok(true) => {}
                Ok(false) => notes.push("the local target branch was left where it is".to_owned()),
                Err(error) => notes.push(format!("the local target branch cannot follow: {error}")),
            }
        }
        for checkout in checkouts {
            if let Err(error) = checkout.finish() {
                notes.push(format!(
                    "a checkout cannot follow: {error}; the next merge tries again"
                ));
            }
        }
    }

    /// Moves the local target branch, unless a checkout of it was left behind.
    fn follow_local(
        &self,
        checkouts: &[PreparedCheckout],
        from: ObjectId,
        result: ObjectId,
    ) -> Result<bool, OpError> {
        let repo = self.site.repo();
        let name = self.site.ledger.marker.target.full();
        let mut shown = repo
            .worktrees()?
            .into_iter()
            .filter(|w| w.branch.as_ref() == Some(&name));
        if from == result {
            return Ok(true);
        }
        if checkouts.is_empty() && shown.next().is_some() {
            return Ok(false);
        }
        let edit = RefEdit {
            name,
            expect: Expect::At(from),
            new: Some(result),
        };
        Ok(repo.cas(&[edit], "laneway: merge", Flush::Fast)? == Cas::Moved)
    }

    fn publish_branch(&self, id: &TaskId, snapshot: &Snapshot) -> Result<Landed, OpError> {
        let Standing::InReview {
            claim, submission, ..
        } = &snapshot.states.get(id).standing
        else {
            return Err(OpError::NoTask);
        };
        let branch = claim.branch.full();
        if let Some(remote) = self.site.ledger.remote() {
            let limit = u64::from(snapshot.rules.policy.remote_timeout.seconds());
            let limit = std::time::Duration::from_secs(limit);
            super::save::push_ref(self.site.repo(), remote, &branch, submission.commit, limit)?;
        }
        Ok(Landed::Published {
            branch,
            commit: submission.commit,
        })
    }

    /// Finishes or undoes what a crash between the steps of a landing left (DESIGN §5, step 4).
    fn mend(&self, id: &TaskId) -> Result<Option<Landed>, OpError> {
        let target = self.site.ledger.target()?;
        let tip = self.site.ledger.tip()?;
        let snapshot = self.publisher.loader().snapshot(tip, target, None)?;
        match &snapshot.states.get(id).standing {
            Standing::InReview {
                landing: Some(landing),
                ..
            } => {
                let on_target = landing.shown_by(&snapshot.facts.reachable);
                if on_target && !self.options.dry_run {
                    return self.finish(id, landing).map(Some);
                }
                Ok(None)
            }
            Standing::Done(done) if !snapshot.facts.reachable.contains(&done.commit) => {
                if self.options.dry_run {
                    return Ok(None);
                }
                if done.onto == target {
                    return self.finish_target(done.onto, done.commit).map(Some);
                }
                let reason = format!("{} never reached the target", done.commit.short());
                let request = self.request(Verb::Unland {
                    task: id.clone(),
                    reason,
                })?;
                drop(self.publisher.submit(&request)?);
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The target has the commit, the ledger does not know yet.
    fn finish(&self, id: &TaskId, landing: &Landing) -> Result<Landed, OpError> {
        let (onto, result) = (landing.onto, landing.commit);
        let verb = Verb::Land {
            task: id.clone(),
            onto,
            result,
            evidence: None,
        };
        let request = self.request(verb)?;
        drop(self.publisher.submit(&request)?);
        let notes = vec!["a landing that was cut short is finished".to_owned()];
        Ok(Landed::Done {
            commit: result,
            onto,
            checks: Vec::new(),
            notes,
        })
    }

    /// The ledger has `done`, the target does not have the commit yet.
    fn finish_target(&self, onto: ObjectId, result: ObjectId) -> Result<Landed, OpError> {
        let mut notes = vec!["a landing that was cut short is finished".to_owned()];
        let from = self.local_target(onto, &mut notes)?;
        let checkouts = self.lock_checkouts(from, result, &mut notes)?;
        match self.publisher.move_target(&Companion {
            from: onto,
            to: result,
        }) {
            Ok(()) => {
                self.follow(checkouts, from, result, &mut notes);
                Ok(Landed::Done {
                    commit: result,
                    onto,
                    checks: Vec::new(),
                    notes,
                })
            }
            Err(error) => {
                for checkout in checkouts {
                    checkout.abort();
                }
                Err(error.into())
            }
        }
    }
}

fn landing_of(
    id: &TaskId,
    (onto, result): (ObjectId, ObjectId),
    until: Timestamp,
    evidence: Option<Evidence>,
) -> Verb {
    Verb::Landing {
        task: id.clone(),
        onto,
        result,
        until,
        evidence,
    }
}

/// The co-edited files on whose newest version the submission has to be rebased first (P6).
fn late_paths(snapshot: &Snapshot, id: &TaskId, range: Option<&RangeFacts>) -> Vec<String> {
    match (snapshot.plan.get(id), range) {
        (Some(task), Some(range)) => behind(&snapshot.rules, task, range)
            .into_iter()
            .map(|(path, _)| path.to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether nothing else stands against a landing than that it has to be rebased first.
fn only_late(refusal: &Refusal) -> bool {
    refusal.unmet.iter().all(|unmet| unmet.gate == "co-edited")
}

/// Checks that are due without a passing run on the content that will land.
pub(super) fn missing_checks(
    snapshot: &Snapshot,
    id: &TaskId,
    files: &[String],
    content_key: ObjectId,
) -> Vec<String> {
    let Some(task) = snapshot.plan.get(id) else {
        return Vec::new();
    };
    // Evidence of class merge is of content that stood alone.
    let alone = owed_tier(snapshot, task) == Some(Tier::Merge);
    let runs: Vec<&CheckRun> = snapshot
        .records_of(id)
        .iter()
        .filter_map(|record| match &record.body {
            RecordBody::Evidence(evidence) if evidence.content_key == content_key => Some(evidence),
            _ => None,
        })
        .filter(|evidence| evidence.clean || !alone)
        .flat_map(|evidence| &evidence.checks)
        .collect();
    let passed = |command: &str| {
        runs.iter()
            .rfind(|run| run.command == command)
            .is_some_and(|run| run.passed())
    };
    let due = checks_due(snapshot, task, files);
    due.into_iter()
        .filter(|command| !passed(command))
        .map(str::to_owned)
        .collect()
}

/// What `complete` is told.
#[derive(Debug, Clone)]
pub struct CompleteOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// The commit on the target; none: found by the handed-off commit or by a forge's replay.
    pub commit: Option<ObjectId>,
    /// Rehearse.
    pub dry_run: bool,
}

/// What `complete` came to.
#[derive(Debug, Clone)]
pub struct CompleteOutcome {
    /// The task.
    pub task: TaskId,
    /// Its commit on the target.
    pub commit: ObjectId,
    /// The mutation.
    pub mutation: Mutation,
}

/// Records work that reached the target by another way, such as a pull request.
///
/// # Errors
/// The refusal; no commit of the target that is the handed-off change.
pub fn complete(site: &Site, options: &CompleteOptions) -> Result<CompleteOutcome, OpError> {
    let id = site.task(options.task.as_ref())?;
    let publisher = site.publisher()?;
    if site.ledger.remote().is_some() {
        publisher.refresh()?;
    }
    let snapshot = super::look::snapshot(site)?;
    let state = snapshot.states.get(&id);
    if let Standing::InReview { submission, .. } = &state.standing {
        super::save::bring(site, &snapshot, &id, state.epoch, submission.commit)?;
    }
    let commit = match options.commit {
        Some(commit) => commit,
        None => find_landed(site, &publisher, &id)?,
    };
    let on_my_word = options.commit.is_some();
    let verb = Verb::Complete {
        task: id.clone(),
        commit,
        on_my_word,
    };
    let mutation = mutate::carry_out(&publisher, &site.request(verb)?, options.dry_run)?;
    Ok(CompleteOutcome {
        task: id,
        commit,
        mutation,
    })
}

/// How many commits of the target are looked at for a forge's squash or rebase.
const MOST_CANDIDATES: usize = 500;

fn find_landed(site: &Site, publisher: &Publisher<'_>, id: &TaskId) -> Result<ObjectId, OpError> {
    let target = site.ledger.target()?;
    let tip = site.ledger.tip()?;
    let snapshot = publisher.loader().snapshot(tip, target, None)?;
    let Standing::InReview { submission, .. } = &snapshot.states.get(id).standing else {
        // `decide` has the right words for it.
        return Ok(target);
    };
    if site.repo().is_ancestor(submission.commit, target)? {
        return Ok(submission.commit);
    }
    for commit in site.repo().first_parents(target).take(MOST_CANDIDATES) {
        let commit = commit?;
        if commit == submission.base {
            break;
        }
        let verb = Verb::Complete {
            task: id.clone(),
            commit,
            on_my_word: false,
        };
        let snapshot = publisher.loader().snapshot(tip, target, Some(&verb))?;
        let replayed = snapshot.facts.range.map(|range| range.replayed);
        if matches!(replayed, Some(Replayed::Commit { result, .. }) if result == commit) {
            return Ok(commit);
        }
    }
    let message = format!("no commit of the target is the handed-off change of `{id}`");
    let unmet = Unmet::rule("not-on-target", message).hint(format!(
        "name it, as someone who may merge: `laneway complete {id} --commit …`"
    ));
    Err(Refusal::one(format!("cannot complete {id}"), Some(id), unmet).into())
}
