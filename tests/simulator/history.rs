//! What clients asked and were told, in the order of the schedule.

use std::fmt;

use laneway::domain::id::{RequestId, TaskId};

/// What a client asks about one task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// To have it.
    Claim,
    /// More time.
    Renew,
    /// A remark.
    Note,
    /// To give it back.
    Release,
    /// To stop it.
    Block,
    /// To go on with it.
    Unblock,
    /// To give back what has expired.
    Expire,
    /// To take it up again.
    Reopen,
    /// To submit it.
    Handoff,
    /// To say that it has landed.
    Complete,
    /// To see how it is.
    Look,
}

/// What the client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is carried out, and these tasks are so now.
    Done(Vec<(TaskId, After)>),
    /// It is refused, by all these gates; nothing is changed.
    Refused(Vec<&'static str>),
    /// It failed before anything was changed.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// A task after a call, as the receipt has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// The word of its status.
    pub status: &'static str,
    /// Its epoch.
    pub epoch: u32,
}

/// One request from its first try to the last answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The agent that asks.
    pub agent: String,
    /// The id that all tries carry.
    pub id: RequestId,
    /// What is asked.
    pub action: Action,
    /// About which task; none: the next one, or all.
    pub task: Option<TaskId>,
    /// The epoch that is shown.
    pub epoch: Option<u32>,
    /// Earliest and latest moment of the tries, by the client's clock.
    pub at: (i64, i64),
    /// The steps of the schedule between which it happened.
    pub between: (u64, u64),
    /// What the client was told.
    pub outcome: Outcome,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.task.as_ref().map_or("-", TaskId::as_str);
        let (from, to) = self.between;
        write!(f, "[{from}–{to}] {} {:?} {task}", self.agent, self.action)?;
        if let Some(epoch) = self.epoch {
            write!(f, " with epoch {epoch}")?;
        }
        match &self.outcome {
            Outcome::Done(tasks) => {
                write!(f, " → done")?;
                for (task, after) in tasks {
                    write!(f, " {task} is {} at epoch {}", after.status, after.epoch)?;
                }
                Ok(())
            }
            Outcome::Refused(gates) => write!(f, " → refused by {}", gates.join(", ")),
            Outcome::Failed => write!(f, " → failed"),
            Outcome::Unknown => write!(f, " → unknown"),
        }
    }
}
