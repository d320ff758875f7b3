//! `log`: what happened to a task, or to all of them.

use super::OpError;
use super::site::Site;
use crate::audit::{self, Entry, Order};
use crate::domain::id::{ObjectId, TaskId};

/// What `log` is asked.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// The task; none: the lane's, and outside of a lane the whole ledger.
    pub task: Option<TaskId>,
    /// Most entries to give.
    pub limit: Option<usize>,
}

/// What happened, the newest first.
#[derive(Debug, Clone)]
pub struct LogOutcome {
    /// The task it is about; none: the whole ledger.
    pub task: Option<TaskId>,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// Tells the ledger's history. Uses no network.
///
/// # Errors
/// A commit that is not laneway's; of git.
pub fn log(site: &Site, options: &LogOptions) -> Result<LogOutcome, OpError> {
    let task = site.task(options.task.as_ref()).ok();
    let limit = options.limit.unwrap_or(usize::MAX);
    let story = audit::story(&site.ledger, task.as_ref(), Order::NewestFirst, limit)?;
    Ok(LogOutcome {
        entries: story.collect::<Result<_, _>>()?,
        task,
        tip: site.ledger.tip()?,
    })
}
