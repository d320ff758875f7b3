//! `audit overrides`: where a person's word, or one agent's, stood in for a rule (G19).

use super::OpError;
use super::site::Site;
use crate::audit::signature::Witness;
use crate::audit::{Authorship, authorship};
use crate::domain::exception::ExceptionRecord;
use crate::domain::id::{AgentName, ObjectId, TaskId};
use crate::domain::record::{Record, RecordBody};
use crate::domain::request::Verb;
use crate::domain::signature::Level;
use crate::domain::time::Timestamp;
use crate::ledger::{LedgerError, Loader, message};

/// What was overruled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Overruled {
    /// A gate, by an approved exception.
    Gate,
    /// A holder, by a forced release.
    Holder,
    /// The proof of a landing, by somebody's word.
    Proof,
}

impl Overruled {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Holder => "holder",
            Self::Proof => "proof",
        }
    }
}

/// One override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideTold {
    /// Of which task.
    pub task: TaskId,
    /// The number of its record.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// Who went by it.
    pub by: AgentName,
    /// What shows that they did; none where history is cut off before it.
    pub level: Option<Level>,
    /// What was overruled.
    pub what: Overruled,
    /// Who answers for it: who approved the exception, else who did it.
    pub approved_by: AgentName,
    /// What shows that they did.
    pub approved_level: Option<Level>,
    /// The exception, where there was one.
    pub exception: Option<u32>,
    /// The fact.
    pub fact: String,
}

/// A rewritten target that a person went on with: the rules by which was decided until then may be
/// on no target any more, so nobody who reads the target sees them (P25).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetTold {
    /// The ledger commit that says so.
    pub commit: ObjectId,
    /// When.
    pub at: Timestamp,
    /// Who answers for it.
    pub by: AgentName,
    /// What shows that they did.
    pub level: Level,
    /// The last rules before.
    pub given_up: ObjectId,
    /// The target from then on.
    pub target: ObjectId,
    /// How many ledger commits name rules that are not on the target from then on.
    pub judged: usize,
    /// Why.
    pub reason: String,
}

/// Lists the rewritten targets that were gone on with, oldest first.
///
/// # Errors
/// Of git.
pub fn targets(site: &Site) -> Result<Vec<TargetTold>, OpError> {
    let (repo, mut told) = (site.repo(), Vec::new());
    let (loader, witness) = (Loader::new(repo), Witness::of(&site.ledger)?);
    let Some(tip) = site.ledger.tip()? else {
        return Ok(told);
    };
    let mut last: Option<TargetTold> = None;
    let mut asked: Option<(ObjectId, bool)> = None;
    for id in repo.first_parents(tip) {
        let id = id.map_err(LedgerError::from)?;
        let text = repo.commit(id).map_err(LedgerError::from)?.message;
        let rules = message::rules(&text);
        if message::accepted(&text).is_some()
            && let Ok(stated) = message::read(&text, |_, _| None)
            && let (
                Verb::AcceptTarget {
                    target,
                    given_up,
                    reason,
                },
                Some(rules),
            ) = (stated.request.verb, rules)
        {
            told.extend(last.take());
            asked = None;
            let by = &stated.request.actor.agent;
            last = Some(TargetTold {
                level: witness.level(&loader, id, Some(rules), by),
                commit: id,
                at: stated.request.at,
                by: stated.request.actor.agent,
                given_up: given_up.unwrap_or(rules),
                target,
                judged: 0,
                reason,
            });
        }
        // Newest first: what is read now came before what was found last.
        if let (Some(one), Some(rules)) = (&mut last, rules) {
            let aside = match asked {
                Some((same, aside)) if same == rules => aside,
                _ => {
                    let here = repo.exists(rules) && repo.exists(one.target);
                    !here || !repo.is_ancestor(rules, one.target)?
                }
            };
            asked = Some((rules, aside));
            one.judged += usize::from(aside);
        }
    }
    told.extend(last);
    told.reverse();
    Ok(told)
}

/// Lists overrides, of one task or of all, oldest first. Only state files that hold some are read as
/// such.
///
/// # Errors
/// When the ledger does not read.
pub fn overrides(site: &Site, task: Option<&TaskId>) -> Result<Vec<OverrideTold>, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let Some(tip) = site.ledger.tip()? else {
        return Ok(Vec::new());
    };
    let mut histories = Vec::new();
    match task {
        Some(task) => histories.extend(loader.history(tip, task)?),
        None => {
            for word in ["kind: override", "event: release", "event: complete"] {
                for history in loader.histories_with(tip, word)? {
                    if !histories
                        .iter()
                        .any(|known: &crate::ledger::format::v1::TaskHistory| {
                            known.id == history.id
                        })
                    {
                        histories.push(history);
                    }
                }
            }
        }
    }
    let found: Vec<(&TaskId, &Record, Option<&Record>)> = histories
        .iter()
        .flat_map(|history| {
            let records = history.records.iter();
            let overruled = records.filter(|record| fact(record).is_some());
            overruled.map(|record| (&history.id, record, approval(&history.records, record)))
        })
        .collect();
    let steps = found.iter().flat_map(|(task, record, approval)| {
        let steps = std::iter::once(*record).chain(*approval);
        steps.map(|record| (*task, record))
    });
    let authorship = authorship(&site.ledger, &loader, tip, steps)?;
    let told = found.iter();
    let told =
        told.filter_map(|(task, record, approval)| one(task, record, *approval, &authorship));
    let mut told: Vec<OverrideTold> = told.collect();
    told.sort_by(|a, b| (a.at, &a.task, a.number).cmp(&(b.at, &b.task, b.number)));
    Ok(told)
}

/// The record by which a person approved what `used` went by.
fn approval<'r>(records: &'r [Record], used: &Record) -> Option<&'r Record> {
    let RecordBody::Override(lifted) = &used.body else {
        return None;
    };
    let before = records.iter().filter(|record| record.n < used.n);
    let mut newest = before.rev();
    newest.find(|record| {
        let approves = matches!(&record.body, RecordBody::Exception(
            ExceptionRecord::Approved { exception, .. },
        ) if *exception == lifted.exception);
        approves && record.by == lifted.by
    })
}

/// What was overruled, who answers for it, by which exception, and the fact.
fn fact(record: &Record) -> Option<(Overruled, &AgentName, Option<u32>, String)> {
    Some(match &record.body {
        RecordBody::Override(used) => {
            let fact = format!("{}: {}", used.gate, used.fact);
            (Overruled::Gate, &used.by, Some(used.exception), fact)
        }
        RecordBody::Event { event, reason }
            if event == "release" && reason.starts_with("taken from ") =>
        {
            (Overruled::Holder, &record.by, None, reason.clone())
        }
        RecordBody::Event { event, reason } if event == "complete" => {
            (Overruled::Proof, &record.by, None, reason.clone())
        }
        _ => return None,
    })
}

fn one(
    task: &TaskId,
    record: &Record,
    approval: Option<&Record>,
    authorship: &Authorship,
) -> Option<OverrideTold> {
    let (what, approved_by, exception, fact) = fact(record)?;
    let level = |record: &Record| Some(authorship.of(task, record.n)?.level);
    Some(OverrideTold {
        level: level(record),
        approved_level: match exception {
            Some(_) => approval.and_then(level),
            None => level(record),
        },
        task: task.clone(),
        number: record.n,
        at: record.at,
        by: record.by.clone(),
        what,
        approved_by: approved_by.clone(),
        exception,
        fact,
    })
}
