//! A contract change that somebody needs and its owner decides about (P28): two records of the task
//! that needs it.

use super::id::{ContractName, TaskId};
use super::record::{Record, RecordBody};
use super::task::words;

/// What is asked of the owner of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRequest {
    /// Which contract.
    pub contract: ContractName,
    /// What is needed, and why.
    pub text: String,
}

/// What the owner decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The number of the record that asks.
    pub request: u32,
    /// Yes, later, or no.
    pub ruling: Ruling,
    /// Why.
    pub reason: String,
    /// The task that carries it out.
    pub task: Option<TaskId>,
}

words! {
    /// What becomes of a contract request.
    Ruling {
        /// The contract will change so.
        Accept = "accept",
        /// It is decided again later.
        Defer = "defer",
        /// The contract stays as it is.
        Reject = "reject",
    }
}

/// A request with what was decided last about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The record that asks.
    pub record: &'a Record,
    /// What it asks.
    pub request: &'a ContractRequest,
    /// The last decision, and the record that holds it.
    pub decision: Option<(&'a Record, &'a Decision)>,
}

impl Asked<'_> {
    /// Whether it waits for a decision: there is none, or it was deferred.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.decision
            .is_none_or(|(_, decision)| decision.ruling == Ruling::Defer)
    }
}

/// The contract requests among the records of a task, oldest first.
pub fn asked(records: &[Record]) -> impl Iterator<Item = Asked<'_>> {
    records.iter().filter_map(|record| match &record.body {
        RecordBody::Request(request) => Some(Asked {
            record,
            request,
            decision: decided(records, record.n),
        }),
        _ => None,
    })
}

fn decided(records: &[Record], request: u32) -> Option<(&Record, &Decision)> {
    records.iter().rev().find_map(|record| match &record.body {
        RecordBody::Decision(decision) if decision.request == request => Some((record, decision)),
        _ => None,
    })
}
