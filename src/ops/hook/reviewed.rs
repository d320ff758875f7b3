//! What a forge merges before the ledger can say that it has landed (`merge.via: pull_request`).
//!
//! `laneway complete` tells the ledger afterwards, so a guarded target asks in advance: a commit
//! comes in as the work of a task in review when it is that task's submission, as it is or as a
//! squash or rebase replays it, commit by commit, and when completing it would be decided with yes.
//! The decision is the law's own ([`decide`]), on the pushed commit, by the rules before the push.
//!
//! A merge commit of the forge is none of these: the target is a line. Work that waits for other
//! work of the same push waits for its `complete`: the ledger as it is decides.

use std::collections::BTreeSet;

use crate::domain::decide::decide;
use crate::domain::id::{AgentName, ObjectId, TaskId};
use crate::domain::identity::Capability;
use crate::domain::policy::Via;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::{Actor, Request, Verb};
use crate::domain::snapshot::{Rules, States};
use crate::domain::state::{Standing, Submission, TaskState};
use crate::env::Env;
use crate::git::Repo;
use crate::ledger::{LedgerError, Loader, facts, paths};

/// What a run of commits on the target is.
#[derive(Debug)]
pub(super) enum Reviewed {
    /// No task's submission.
    Nobodys,
    /// The first so many of them are the work of this task, which may land.
    Lands(TaskId, usize),
    /// They are the work of this task, which may not.
    Refused(TaskId, Box<Refusal>),
    /// They are the work of this task, and the rules changed in the same push.
    RulesChanged(TaskId),
}

/// The tasks in review of a ledger, as what a forge may merge.
#[derive(Debug)]
pub(super) struct Reviews<'a> {
    /// The repository, with what was pushed.
    pub repo: &'a Repo,
    /// For ids and the moment of the decision.
    pub env: &'a Env,
    /// Reads it.
    pub loader: &'a Loader<'a>,
    /// The rules before the push.
    pub rules: &'a Rules,
    /// The ledger; none: nothing is in review.
    pub ledger: Option<ObjectId>,
    /// Its states.
    pub states: &'a States,
}

impl Reviews<'_> {
    /// What the commits are that follow each other from the first on. Tasks of `taken` have landed
    /// with earlier ones of the same push.
    ///
    /// # Errors
    /// Of git; when the ledger does not read.
    pub fn of(
        &self,
        commits: &[ObjectId],
        taken: &BTreeSet<TaskId>,
    ) -> Result<Reviewed, LedgerError> {
        let Some(ledger) = self.ledger.filter(|_| self.by_request()) else {
            return Ok(Reviewed::Nobodys);
        };
        let waiting = self.states.iter().filter(|(id, _)| !taken.contains(*id));
        let mut waiting: Vec<_> = waiting
            .filter_map(|(id, state)| match &state.standing {
                Standing::InReview { submission, .. } => Some((id, state, submission)),
                _ => None,
            })
            .collect();
        waiting.sort_by_key(|(id, _, _)| *id);
        let mut refused = None;
        for (id, state, submission) in waiting {
            let count = self.matching(submission, commits)?;
            let Some(last) = count.and_then(|count| commits.get(count.checked_sub(1)?)) else {
                continue;
            };
            if !same_rules(self.repo, self.rules.at, *last)? {
                return Ok(Reviewed::RulesChanged(id.clone()));
            }
            match self.completing(ledger, id, state, *last)? {
                Ok(()) => return Ok(Reviewed::Lands(id.clone(), count.unwrap_or(1))),
                Err(refusal) => refused = refused.or(Some((id.clone(), refusal))),
            }
        }
        Ok(refused.map_or(Reviewed::Nobodys, |(id, refusal)| {
            Reviewed::Refused(id, Box::new(refusal))
        }))
    }

    /// Whether work lands by pull requests.
    pub fn by_request(&self) -> bool {
        self.rules.policy.merge.via == Via::PullRequest
    }

    /// How many of `commits`, from the first on, are the submission on the parent of the first: one
    /// commit with all of it, or each of its commits with the same files.
    fn matching(
        &self,
        submission: &Submission,
        commits: &[ObjectId],
    ) -> Result<Option<usize>, LedgerError> {
        let Some((onto, first)) = self.step(commits.first())? else {
            return Ok(None);
        };
        let Some(replayed) = facts::replayed_onto(self.repo, submission, onto)? else {
            return Ok(None);
        };
        let steps = self.repo.commits_between(onto, replayed)?;
        let steps = steps.into_iter().map(|step| self.repo.tree_of(step));
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let mut before = onto;
        let mut same = 0;
        for (commit, tree) in commits.iter().zip(&steps) {
            match self.step(Some(commit))? {
                Some((parent, found)) if parent == before && found == *tree => same += 1,
                _ => break,
            }
            before = *commit;
        }
        Ok(match steps.last() {
            Some(_) if same == steps.len() => Some(same),
            Some(whole) if first == *whole => Some(1),
            _ => None,
        })
    }

    /// The only parent of a commit, and its tree.
    fn step(&self, commit: Option<&ObjectId>) -> Result<Option<(ObjectId, ObjectId)>, LedgerError> {
        let Some(commit) = commit else {
            return Ok(None);
        };
        let commit = self.repo.commit(*commit)?;
        Ok(match commit.parents.as_slice() {
            [parent] => Some((*parent, commit.tree)),
            _ => None,
        })
    }

    /// Whether somebody could complete the task by `commit`, were it on the target: its holder, or
    /// who else may. A refusal is that of the holder.
    fn completing(
        &self,
        ledger: ObjectId,
        id: &TaskId,
        state: &TaskState,
        commit: ObjectId,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let verb = Verb::Complete {
            task: id.clone(),
            commit,
            on_my_word: false,
        };
        let snapshot = self.loader.snapshot(Some(ledger), commit, Some(&verb))?;
        let map = &self.rules.identity;
        let others = map.agents.keys();
        let others = others.filter(|agent| map.may(agent, Capability::Merge));
        let holder = state.claim().map(|claim| &claim.agent);
        let unheld = Unmet::rule("not-holder", format!("nobody holds `{id}`"));
        let mut refused = None;
        for agent in holder.into_iter().chain(others) {
            let request = self.request(agent, state, verb.clone());
            match decide(&snapshot, &request) {
                Ok(_) => return Ok(Ok(())),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        let unheld = || Refusal::one(format!("cannot complete {id}"), Some(id), unheld);
        Ok(Err(refused.unwrap_or_else(unheld)))
    }

    fn request(&self, agent: &AgentName, state: &TaskState, verb: Verb) -> Request {
        Request {
            id: self.env.request_id(),
            at: self.env.now(),
            actor: Actor {
                agent: agent.clone(),
                host: self.env.host.clone(),
                epoch: Some(state.epoch),
                clock_jump: None,
            },
            verb,
        }
    }
}

/// Whether policy, map and workstations are the same files at both commits.
///
/// # Errors
/// Of git.
pub(super) fn same_rules(repo: &Repo, one: ObjectId, other: ObjectId) -> Result<bool, LedgerError> {
    let (a, b) = (repo.tree_of(one)?, repo.tree_of(other)?);
    for path in [paths::POLICY, paths::IDENTITY_MAP, paths::WORKSTATIONS] {
        if repo.entry_at(a, path)? != repo.entry_at(b, path)? {
            return Ok(false);
        }
    }
    Ok(true)
}
