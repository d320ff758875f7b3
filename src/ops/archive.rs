//! `archive`: closed tasks leave plan and state for `governance/archive/`, and come back (P12).

use super::OpError;
use super::mutate::Mutation;
use super::site::Site;
use crate::domain::archive::{Chosen, Closed, Period, Recalled, choose};
use crate::domain::id::TaskId;
use crate::domain::plan::Origin;
use crate::domain::request::Verb;

/// What `archive` is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveOptions {
    /// To archive closed tasks.
    Put(Closed),
    /// To give archived ones back.
    Restore(Recalled),
}

/// How it ended.
#[derive(Debug, Clone)]
pub struct ArchiveOutcome {
    /// Tasks were given back, not archived.
    pub restored: bool,
    /// The tasks that moved, or would, each with its period.
    pub moved: Vec<(TaskId, Period)>,
    /// Closed tasks that stay, with the reason.
    pub kept: Vec<(TaskId, String)>,
    /// Of the tasks that moved those that a plan file of the target defines: a person takes them
    /// out there.
    pub on_target: Vec<TaskId>,
    /// The mutation.
    pub mutation: Mutation,
}

/// Archives closed tasks, or gives archived ones back, in one ledger commit.
///
/// # Errors
/// The refusal.
pub fn archive(
    site: &Site,
    options: ArchiveOptions,
    dry_run: bool,
) -> Result<ArchiveOutcome, OpError> {
    let (verb, closed) = match options {
        ArchiveOptions::Put(closed) => (Verb::Archive(closed.clone()), Some(closed)),
        ArchiveOptions::Restore(recalled) => (Verb::Restore(recalled), None),
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    let before = &mutation.before;
    // The same choice that was decided, for those that stay.
    let chosen = closed.map_or_else(Chosen::default, |closed| choose(before, &closed));
    let change = &mutation.change.archive;
    let on_target = change.put.iter().map(|(id, _)| id);
    let on_target = on_target.filter(|id| before.plan.origin(id) == Some(Origin::Target));
    Ok(ArchiveOutcome {
        restored: !change.taken.is_empty(),
        moved: change.put.iter().chain(&change.taken).cloned().collect(),
        kept: chosen.kept,
        on_target: on_target.cloned().collect(),
        mutation,
    })
}
