//! `audit attribution`: who did what, where, and whether that agreed with the rules of that moment
//! (I16); and failures that no refusal told (I23).
//!
//! The first-parent line is walked once, oldest first. Each claim is judged on the ledger before
//! it, by the rules that its commit names. What the bytes of a commit are is `audit verify`'s
//! question; here they are taken as they stand, so that a forged claim is seen for what it says.
//! Memory grows with the number of tasks, not of commits, but for their ids.

use std::collections::BTreeMap;

use super::signature::Witness;
use crate::domain::gates::{ClaimCase, UNPROBED, checks_due, lists, probed};
use crate::domain::id::{AgentName, LaneName, ObjectId, TaskId, WorkstationName};
use crate::domain::identity::Mode;
use crate::domain::record::{Record, RecordBody};
use crate::domain::request::{ClaimWish, Request, Verb};
use crate::domain::signature::Level;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Epoch, Status};
use crate::domain::task::words;
use crate::domain::time::Timestamp;
use crate::domain::workstation::WorkstationState;
use crate::ledger::message::{self, Statement};
use crate::ledger::{Ledger, LedgerError, Loader};

/// From so many claims without a handoff a task counts as retried without end.
const RETRIES: u32 = 3;

/// One claim of the ledger's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed {
    /// The ledger commit.
    pub commit: ObjectId,
    /// When.
    pub at: Timestamp,
    /// Of which task.
    pub task: TaskId,
    /// Under which epoch.
    pub epoch: Option<Epoch>,
    /// Who.
    pub agent: AgentName,
    /// Where.
    pub workstation: Option<WorkstationName>,
    /// In which lane.
    pub lane: Option<LaneName>,
    /// The target commit whose rules judged it.
    pub rules: Option<ObjectId>,
    /// Whether the map of those rules gave it.
    pub listed: Listed,
    /// What shows that the agent made the commit.
    pub level: Level,
}

words! {
    /// Whether the identity map of its moment gave a claim.
    Listed {
        /// It did.
        Mapped = "mapped",
        /// It was open: it gave everything to everybody.
        OpenMap = "open map",
        /// It did not.
        Outside = "outside the map",
    }
}

words! {
    /// What is wrong with a claim, or with how a task went.
    Fault {
        /// A claim that the map did not give.
        OutsideTheMap = "outside-the-map",
        /// A claim on a workstation that was out of service, or is now, while work goes on.
        OutOfService = "out-of-service",
        /// A claim on a workstation with probes, without their result, or against it.
        Unprobed = "unprobed",
        /// Claimed again and again, and never handed off.
        EndlessRetry = "endless-retry",
        /// Done without the evidence owed, or on someone's word.
        SilentClose = "silent-close",
        /// A ledger commit that is not laneway's.
        Foreign = "foreign",
    }
}

/// A failure that nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// What sort.
    pub fault: Fault,
    /// Of which task.
    pub task: Option<TaskId>,
    /// The ledger commit that shows it; none where the ledger as it is does.
    pub commit: Option<ObjectId>,
    /// The fact, as a lower-case fragment.
    pub message: String,
}

/// A walk under way: its items are the claims. [`finish`](Self::finish) gives the failures.
#[derive(Debug)]
pub struct Attribution<'l> {
    ledger: &'l Ledger,
    loader: Loader<'l>,
    witness: Witness,
    only: Option<TaskId>,
    /// What is left, newest first.
    commits: Vec<ObjectId>,
    parent: Option<ObjectId>,
    tip: Option<ObjectId>,
    tries: BTreeMap<TaskId, u32>,
    found: Vec<Silent>,
}

/// Walks the ledger's history, of `only` or of all tasks.
///
/// # Errors
/// When history cannot be listed.
pub fn attribution<'l>(
    ledger: &'l Ledger,
    only: Option<&TaskId>,
) -> Result<Attribution<'l>, LedgerError> {
    let tip = ledger.tip()?;
    let mut commits = Vec::new();
    if let Some(tip) = tip {
        for commit in ledger.repo.first_parents(tip) {
            commits.push(commit?);
        }
    }
    Ok(Attribution {
        ledger,
        loader: Loader::new(&ledger.repo),
        witness: Witness::of(ledger)?,
        only: only.cloned(),
        commits,
        parent: None,
        tip,
        tries: BTreeMap::new(),
        found: Vec::new(),
    })
}

impl Iterator for Attribution<'_> {
    type Item = Result<Attributed, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(commit) = self.commits.pop() {
            let parent = self.parent.replace(commit);
            match self.look(parent, commit) {
                Ok(None) => {}
                Ok(Some(claim)) => return Some(Ok(claim)),
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }
}

impl Attribution<'_> {
    /// The claim of a commit, if it is one; what else it shows is noted.
    fn look(
        &mut self,
        parent: Option<ObjectId>,
        id: ObjectId,
    ) -> Result<Option<Attributed>, LedgerError> {
        let text = self.loader.repo().commit(id)?.message;
        let task = message::trailer(&text, "Laneway-Task").and_then(|task| task.parse().ok());
        if self.only.is_some() && self.only != task {
            return Ok(None);
        }
        let Ok(statement) = message::read(&text, |_, _| Some(Vec::new())) else {
            self.note(
                Fault::Foreign,
                None,
                Some(id),
                "it is no request of laneway",
            );
            return Ok(None);
        };
        let Some(task) = task else {
            return Ok(None);
        };
        match &statement.request.verb {
            Verb::Claim(wish) => {
                let claim = self.claimed(parent, id, &text, &task, &statement)?;
                self.judge(parent, &claim, &statement.request, wish)?;
                *self.tries.entry(task).or_default() += 1;
                return Ok(Some(claim));
            }
            Verb::Handoff { .. } => {
                self.tries.remove(&task);
            }
            Verb::Land { .. } | Verb::Complete { .. } => {
                self.closed(parent, id, &task, &statement)?;
            }
            _ => {}
        }
        Ok(None)
    }

    /// The ledger before a commit, by the rules that the commit names.
    fn before(
        &self,
        parent: Option<ObjectId>,
        rules: Option<ObjectId>,
    ) -> Result<Option<Snapshot>, LedgerError> {
        match rules {
            None => Ok(None),
            Some(rules) => self.loader.snapshot(parent, rules, None).map(Some),
        }
    }

    fn claimed(
        &self,
        parent: Option<ObjectId>,
        commit: ObjectId,
        text: &str,
        task: &TaskId,
        statement: &Statement,
    ) -> Result<Attributed, LedgerError> {
        let Request { at, actor, .. } = &statement.request;
        let value = |key| message::trailer(text, key);
        let workstation = value("Laneway-Workstation").and_then(|text| text.parse().ok());
        let before = self.before(parent, statement.rules)?;
        let listed = before.map_or(Listed::Outside, |before| {
            listed(&before, task, &actor.agent, workstation.as_ref(), *at)
        });
        let rules = statement.rules;
        let level = self
            .witness
            .level(&self.loader, commit, rules, &actor.agent);
        Ok(Attributed {
            level,
            commit,
            at: *at,
            task: task.clone(),
            epoch: value("Laneway-Epoch").and_then(|text| text.parse().ok().map(Epoch)),
            agent: actor.agent.clone(),
            workstation,
            lane: value("Laneway-Lane").and_then(|text| text.parse().ok()),
            rules,
            listed,
        })
    }

    fn judge(
        &mut self,
        parent: Option<ObjectId>,
        claim: &Attributed,
        request: &Request,
        wish: &ClaimWish,
    ) -> Result<(), LedgerError> {
        let (task, commit) = (Some(&claim.task), Some(claim.commit));
        if claim.listed == Listed::Outside {
            let there = claim.workstation.as_ref();
            let there = there.map_or_else(String::new, |there| format!(" on {there}"));
            let message = format!(
                "the map of that moment did not give it to {}{there}",
                claim.agent
            );
            self.note(Fault::OutsideTheMap, task, commit, message);
        }
        let (Some(before), Some(name)) = (self.before(parent, claim.rules)?, &claim.workstation)
        else {
            return Ok(());
        };
        if let Some(why) = not_taking(&before, name) {
            let message = format!("{} claimed it on {name}, which was {why}", claim.agent);
            self.note(Fault::OutOfService, task, commit, message);
        }
        let case = before.plan.get(&claim.task).map(|task| ClaimCase {
            agent: Some(&claim.agent),
            workstation: Some(name),
            lane: wish.lane.as_ref(),
            host: Some(&request.actor.host),
            readiness: Some(&wish.readiness),
            remote: wish.remote.as_deref(),
            ..ClaimCase::open(&before, task, request.at)
        });
        if let Some(why) = case.and_then(|case| unready(&case, name)) {
            let message = format!(
                "{} claimed it at {} on {name} {why}",
                claim.agent, request.at
            );
            self.note(Fault::Unprobed, task, commit, message);
        }
        Ok(())
    }

    /// A task that became done, in silence or not.
    fn closed(
        &mut self,
        parent: Option<ObjectId>,
        commit: ObjectId,
        task: &TaskId,
        statement: &Statement,
    ) -> Result<(), LedgerError> {
        let Some(history) = self.loader.history(commit, task)? else {
            return Ok(());
        };
        let of_epoch = history.records.iter();
        let of_epoch: Vec<&Record> = of_epoch
            .filter(|record| record.epoch == history.state.epoch)
            .collect();
        let mut facts = Vec::new();
        let by_word = of_epoch.iter().any(
            |record| matches!(&record.body, RecordBody::Event { event, .. } if event == "complete"),
        );
        if by_word {
            facts.push(format!("on the word of {}", statement.request.actor.agent));
        }
        if let Some(rules) = statement.rules {
            let verb = Some(&statement.request.verb);
            let before = self.loader.snapshot(parent, rules, verb)?;
            let files = files_of(&before, &of_epoch);
            if owes_evidence(&before, task, &files, &of_epoch) {
                facts.push("without the evidence that policy owed".to_owned());
            }
        }
        if !facts.is_empty() {
            let message = format!("it was done {}", facts.join(", "));
            self.note(Fault::SilentClose, Some(task), Some(commit), message);
        }
        Ok(())
    }

    fn note(
        &mut self,
        fault: Fault,
        task: Option<&TaskId>,
        commit: Option<ObjectId>,
        message: impl Into<String>,
    ) {
        self.found.push(Silent {
            fault,
            task: task.cloned(),
            commit,
            message: message.into(),
        });
    }

    /// What is left to say once all claims were given: all failures, those of the ledger as it is
    /// last.
    ///
    /// # Errors
    /// When the ledger does not read as it is.
    pub fn finish(mut self) -> Result<Vec<Silent>, LedgerError> {
        let Some(tip) = self.tip else {
            return Ok(self.found);
        };
        let now = self
            .loader
            .snapshot(Some(tip), self.ledger.target()?, None)?;
        let open = |task: &TaskId| {
            let status = now.states.get(task).status();
            !matches!(status, Status::Done | Status::Cancelled)
        };
        let tries = std::mem::take(&mut self.tries);
        for (task, tries) in tries.iter().filter(|(task, _)| open(task)) {
            if *tries >= RETRIES {
                let message = format!("claimed {tries} times and not handed off since");
                self.note(Fault::EndlessRetry, Some(task), None, message);
            }
        }
        for (task, _, claim) in now.states.in_progress() {
            let meant = self.only.as_ref().is_none_or(|only| only == task);
            if let Some(why) = out_of_service(&now, &claim.workstation).filter(|_| meant) {
                let message = format!(
                    "{} works on it on {}, which is {why}",
                    claim.agent, claim.workstation
                );
                self.note(Fault::OutOfService, Some(task), None, message);
            }
        }
        Ok(self.found)
    }
}

fn listed(
    before: &Snapshot,
    task: &TaskId,
    agent: &AgentName,
    workstation: Option<&WorkstationName>,
    at: Timestamp,
) -> Listed {
    if before.rules.identity.mode == Mode::Open {
        return Listed::OpenMap;
    }
    let given = before.plan.get(task).is_some_and(|task| {
        lists(&ClaimCase {
            agent: Some(agent),
            workstation,
            ..ClaimCase::open(before, task, at)
        })
    });
    if given {
        Listed::Mapped
    } else {
        Listed::Outside
    }
}

fn out_of_service(snapshot: &Snapshot, name: &WorkstationName) -> Option<String> {
    match snapshot.station(name).map(|station| station.standing()) {
        None => Some("not registered".to_owned()),
        Some(WorkstationState::Ready) => None,
        Some(state) => Some(state.word().to_owned()),
    }
}

/// Why a workstation took no claim: out of service, or it had had its one claim.
fn not_taking(before: &Snapshot, name: &WorkstationName) -> Option<String> {
    let used = || {
        let used = before.station(name)?.used_up()?;
        Some(format!("for one claim, which `{}` had had", used.task))
    };
    out_of_service(before, name).or_else(used)
}

/// Why a claim on a workstation with probes was not shown to be one on a ready workstation.
fn unready(case: &ClaimCase<'_>, name: &WorkstationName) -> Option<&'static str> {
    let unmet = probed(case, name);
    let first = unmet.first()?;
    Some(if first.gate == UNPROBED {
        "without asking its probes"
    } else {
        "although its probes failed"
    })
}

/// Whether a check that the task owed for these files never passed in `records`.
fn owes_evidence(before: &Snapshot, task: &TaskId, files: &[String], records: &[&Record]) -> bool {
    let Some(task) = before.plan.get(task) else {
        return false;
    };
    let passed = |command: &str| {
        let mut runs = records.iter().flat_map(|record| match &record.body {
            RecordBody::Evidence(evidence) => evidence.checks.as_slice(),
            _ => &[],
        });
        runs.any(|run| run.command == command && run.passed())
    };
    checks_due(before, task, files)
        .into_iter()
        .any(|command| !passed(command))
}

/// What a landing changed: as git tells, else as the handoff says.
fn files_of(before: &Snapshot, records: &[&Record]) -> Vec<String> {
    if let Some(range) = &before.facts.range {
        return range.files.clone();
    }
    let mut handoffs = records.iter().filter_map(|record| match &record.body {
        RecordBody::Handoff(handoff) => Some(&handoff.files),
        _ => None,
    });
    handoffs.next_back().cloned().unwrap_or_default()
}
