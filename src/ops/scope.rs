//! `scope confirm`, `scope go` and `hold`: stopping before work, and agreeing to it (G4, G6).

use super::OpError;
use super::own::TaskOutcome;
use super::save;
use super::site::Site;
use crate::domain::id::TaskId;
use crate::domain::request::Verb;
use crate::domain::scope::ScopeRecord;

/// Says what was understood to be the scope of the named task, or of the lane's; or agrees.
///
/// # Errors
/// The refusal.
pub fn scope(
    site: &Site,
    named: Option<&TaskId>,
    act: ScopeRecord,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let verb = Verb::Scope {
        task: task.clone(),
        act,
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    Ok(TaskOutcome {
        tasks: vec![task],
        mutation,
    })
}

/// Holds a task up; the holder's commits are saved first, the lane is free afterwards.
///
/// # Errors
/// The refusal; when the work cannot be saved.
pub fn hold(
    site: &Site,
    named: Option<&TaskId>,
    reason: &str,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let saved = save::lane_work(site, &task, dry_run)?;
    let verb = Verb::Hold {
        task: task.clone(),
        reason: reason.to_owned(),
        saved,
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    save::unbind(site, &task, &mutation)?;
    Ok(TaskOutcome {
        tasks: vec![task],
        mutation,
    })
}
