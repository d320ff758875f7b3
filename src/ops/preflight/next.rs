//! `next`: what the role could claim now, rehearsed.

use super::{Check, Flight, Line};
use crate::domain::id::{LaneName, TaskId, WorkstationName};
use crate::domain::request::{ClaimWish, Verb};
use crate::ops::brief::{Speaker, claiming};
use crate::ops::{OpError, readiness};

pub const CHECK: Check = Check {
    id: "next",
    about: "a task of the role can be claimed now",
    look,
};

/// What the role could claim now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The task.
    pub task: TaskId,
    /// One line about it.
    pub title: String,
    /// The lane it would get.
    pub lane: LaneName,
    /// The workstation it would get.
    pub workstation: WorkstationName,
    /// The command that claims it.
    pub command: String,
}

/// Rehearses a claim; `None` where that cannot be done, because nobody acts or nothing reads.
///
/// # Errors
/// Why nothing can be claimed.
pub fn next(flight: &Flight<'_>) -> Result<Option<Next>, OpError> {
    let Some((site, snapshot)) = flight.site().zip(flight.snapshot()) else {
        return Ok(None);
    };
    if flight.agent().is_none() {
        return Ok(None);
    }
    let wish = ClaimWish {
        role: Some(flight.role.clone()),
        ..ClaimWish::default()
    };
    let request = site.request(Verb::Claim(wish))?;
    let change = readiness::with_probes(site, &request, false, |request| {
        Ok(crate::domain::decide::decide(snapshot, request)?)
    })?;
    Ok(change.states.first().and_then(|first| {
        let claim = first.state.claim()?;
        let title = snapshot
            .plan
            .get(&first.task)
            .map(|task| task.title.clone());
        Some(Next {
            task: first.task.clone(),
            title: title.unwrap_or_default(),
            lane: claim.lane.clone(),
            workstation: claim.workstation.clone(),
            command: claiming(&Speaker::of(site), &first.task, "").line(),
        })
    }))
}

fn look(flight: &Flight<'_>) -> Vec<Line> {
    vec![match next(flight) {
        Ok(Some(next)) => CHECK
            .ok(format!(
                "`{}` in lane {} on {}: {}",
                next.task, next.lane, next.workstation, next.title
            ))
            .next(format!("`{}`", next.command)),
        Ok(None) => CHECK.skipped("nothing can be rehearsed"),
        Err(error) => CHECK
            .warning(error.to_string())
            .next(format!("`laneway ready --role {} --explain`", flight.role)),
    }]
}
