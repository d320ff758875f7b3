//! `log`: what happened to a task, or to all of them.

use super::OpError;
use super::session::{Worked, of_task};
use super::site::Site;
use crate::audit::{self, Entry, Order};
use crate::domain::id::{ObjectId, TaskId};
use crate::ledger::Loader;

/// What `log` is asked.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// The task; none: the lane's, and outside of a lane the whole ledger.
    pub task: Option<TaskId>,
    /// Most entries to give.
    pub limit: Option<usize>,
    /// Which end comes first.
    pub order: Order,
}

/// What happened.
#[derive(Debug, Clone)]
pub struct LogOutcome {
    /// The task it is about; none: the whole ledger.
    pub task: Option<TaskId>,
    /// The entries, in the order asked for.
    pub entries: Vec<Entry>,
    /// The work sessions of the task, oldest first, the open one last (T12).
    pub sessions: Vec<Worked>,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

impl LogOutcome {
    /// Seconds of all its sessions.
    #[must_use]
    pub fn worked(&self) -> u64 {
        self.sessions.iter().map(Worked::seconds).sum()
    }
}

/// Tells the ledger's history. Uses no network.
///
/// # Errors
/// The refusal, of a task that nothing defines and nothing happened to; a commit that is not
/// laneway's; of git.
pub fn log(site: &Site, options: &LogOptions) -> Result<LogOutcome, OpError> {
    let task = site.task(options.task.as_ref()).ok();
    let limit = options.limit.unwrap_or(usize::MAX);
    let story = audit::story(&site.ledger, task.as_ref(), options.order, limit)?;
    let tip = site.ledger.tip()?;
    let history = match (tip, &task) {
        (Some(tip), Some(task)) => Loader::new(site.repo()).history(tip, task)?,
        _ => None,
    };
    let entries: Vec<Entry> = story.collect::<Result<_, _>>()?;
    if let (Some(task), true) = (&options.task, entries.is_empty() && limit > 0) {
        super::look::known(site, task)?;
    }
    let sessions = match (history, &task) {
        (Some(found), Some(task)) => of_task(task, &found.state, &found.records, site.env.now()),
        _ => Vec::new(),
    };
    Ok(LogOutcome {
        entries,
        sessions,
        task,
        tip,
    })
}
