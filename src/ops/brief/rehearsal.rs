//! Asking `decide` what would come of a verb: one ledger commit, one target commit, nothing written
//! and no network. What the verbs refuse is refused here, by the same code.

use crate::domain::decide::{Change, decide};
use crate::domain::gates::LandCase;
use crate::domain::id::{AgentName, ObjectId, TaskId};
use crate::domain::policy::Fencing;
use crate::domain::record::{Record, RecordBody, Review, Verdict};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::{Actor, Request, ReviewWish, Verb};
use crate::domain::snapshot::{RangeFacts, Replayed, Snapshot};
use crate::domain::state::{Claim, Epoch, Standing, Submission};
use crate::domain::time::{Span, Timestamp};
use crate::ledger::Loader;
use crate::ops::merge::missing_checks;
use crate::ops::{OpError, Site};

/// The gate that owes reviews.
const REVIEW_OWED: &str = "review-owed";

/// The ledger as it was read, and who asks.
pub struct Rehearsal<'a> {
    pub site: &'a Site,
    /// What was read.
    pub snapshot: Snapshot,
    pub agent: AgentName,
    /// When.
    pub now: Timestamp,
    loader: Loader<'a>,
    tip: Option<ObjectId>,
}

/// What became of asking.
pub type Judged = Result<(), Vec<Unmet>>;

/// A submission as the one who asks may go on with it.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// Which task.
    pub id: TaskId,
    /// The epoch that a merge shows, where policy asks for one.
    pub epoch: Option<Epoch>,
    /// When it was handed off.
    pub at: Timestamp,
    /// Whose it is.
    pub by: AgentName,
    /// The handed-off commit is in this repository.
    pub here: bool,
    /// Files that it changes.
    pub files: Vec<String>,
    /// Paths in conflict with the target.
    pub conflict: Vec<String>,
    /// Checks that a merge would have to run.
    pub missing: Vec<String>,
    /// Whether the one who asks may merge it now.
    pub merge: Judged,
    /// Whether a review of the one who asks is owed, and would be taken.
    pub review: bool,
}

impl<'a> Rehearsal<'a> {
    /// Reads the ledger, once.
    pub fn new(site: &'a Site, agent: AgentName) -> Result<Self, OpError> {
        let loader = Loader::cached(site.repo(), &site.env);
        let tip = site.ledger.tip()?;
        let snapshot = loader.snapshot(tip, site.ledger.target()?, None)?;
        let now = site.env.now();
        Ok(Self {
            site,
            snapshot,
            agent,
            now,
            loader,
            tip,
        })
    }

    /// The records of a task, oldest first.
    pub fn records(&self, id: &TaskId) -> Result<Vec<Record>, OpError> {
        match self.tip {
            Some(tip) => Ok(self.loader.records(tip, id)?),
            None => Ok(Vec::new()),
        }
    }

    /// The request as the verb would make it.
    fn request(&self, verb: Verb, epoch: Option<Epoch>) -> Request {
        Request {
            id: self.site.env.request_id(),
            at: self.now,
            actor: Actor {
                agent: self.agent.clone(),
                host: self.site.env.host.clone(),
                epoch,
                clock_jump: None,
            },
            verb,
        }
    }

    /// What the ledger is with everything that `verb` asks about.
    fn with(&self, verb: &Verb) -> Result<Snapshot, OpError> {
        let at = self.snapshot.rules.at;
        Ok(self.loader.snapshot(self.tip, at, Some(verb))?)
    }

    /// What `verb` would change, or why it would be refused.
    pub fn ask(
        &self,
        verb: Verb,
        epoch: Option<Epoch>,
    ) -> Result<Result<Change, Refusal>, OpError> {
        let snapshot = self.with(&verb)?;
        Ok(decide(&snapshot, &self.request(verb, epoch)))
    }

    /// Whether `verb` would be taken, and what stands against it.
    pub fn judge(&self, verb: Verb, epoch: Option<Epoch>) -> Result<Judged, OpError> {
        let judged = self.ask(verb, epoch)?;
        Ok(judged.map(drop).map_err(|refusal| refusal.unmet))
    }

    /// What can be done about work that is in review.
    pub fn submitted(&self, id: &TaskId) -> Result<Option<Submitted>, OpError> {
        let Standing::InReview {
            claim, submission, ..
        } = &self.snapshot.states.get(id).standing
        else {
            return Ok(None);
        };
        let onto = self.snapshot.rules.at;
        let conflict = Verb::Conflict {
            task: id.clone(),
            onto,
        };
        let snapshot = self.with(&conflict)?;
        let strict = snapshot.rules.policy.fencing == Fencing::Strict;
        let epoch = strict.then(|| snapshot.states.get(id).epoch);
        let mut found = Submitted {
            id: id.clone(),
            epoch,
            at: submission.at,
            by: claim.agent.clone(),
            here: self.site.repo().exists(submission.commit),
            files: Vec::new(),
            conflict: Vec::new(),
            missing: Vec::new(),
            merge: Err(Vec::new()),
            review: false,
        };
        let Some(range) = snapshot.facts.range.clone() else {
            return Ok(Some(found));
        };
        found.files.clone_from(&range.files);
        found.review = self.review_helps(&snapshot, id, claim, submission, &range)?;
        let (verb, key) = match &range.replayed {
            Replayed::Commit {
                result,
                content_key,
                ..
            } => {
                let (task, until) = (id.clone(), self.now.plus(Span::from_seconds(3600)));
                let result = *result;
                let landing = Verb::Landing {
                    task,
                    onto,
                    result,
                    until,
                    evidence: None,
                };
                (landing, Some(*content_key))
            }
            Replayed::Conflict(paths) => {
                found.conflict.clone_from(paths);
                (conflict, None)
            }
            Replayed::Unknown => (conflict, None),
        };
        if let Some(key) = key {
            found.missing = missing_checks(&snapshot, id, &range.files, key);
        }
        let judged = decide(&snapshot, &self.request(verb, epoch));
        found.merge = judged.map(drop).map_err(|refusal| refusal.unmet);
        Ok(Some(found))
    }

    /// Whether fewer reviews would be owed once the one who asks accepted.
    fn review_helps(
        &self,
        snapshot: &Snapshot,
        id: &TaskId,
        claim: &Claim,
        submission: &Submission,
        range: &RangeFacts,
    ) -> Result<bool, OpError> {
        let Some(task) = snapshot.plan.get(id) else {
            return Ok(false);
        };
        let owed = |snapshot: &Snapshot| {
            let case = LandCase {
                snapshot,
                task,
                claim,
                submission,
                range,
                evidence: None,
                evidence_due: false,
                now: self.now,
            };
            let unmet = case.unmet();
            unmet
                .iter()
                .filter(|unmet| unmet.gate == REVIEW_OWED)
                .count()
        };
        let before = owed(snapshot);
        if before == 0 {
            return Ok(false);
        }
        let review = ReviewWish::new(submission.commit, Verdict::Accept);
        let task_id = id.clone();
        let verb = Verb::Review {
            task: task_id,
            review,
        };
        if self.judge(verb, None)?.is_err() {
            return Ok(false);
        }
        let mut after = snapshot.clone();
        let records = after.records.entry(id.clone()).or_default();
        let n = records.last().map_or(1, |record| record.n + 1);
        records.push(Record {
            n,
            at: self.now,
            by: self.agent.clone(),
            epoch: snapshot.states.get(id).epoch,
            body: RecordBody::Review(Review {
                host: Some(self.site.env.host.clone()),
                ..Review::new(submission.change_key.clone(), Verdict::Accept)
            }),
        });
        Ok(owed(&after) < before)
    }
}
