//! `lane`: the worktrees of the role are there, on their branches, and not in the middle of
//! something.

use super::{Check, Flight, Line};
use crate::domain::shell::quoted;
use crate::workspace::{LaneStatus, Stands};

pub const CHECK: Check = Check {
    id: "lane",
    about: "the worktrees of the role's lanes can be used",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    if flight.known_role().is_none() {
        return vec![CHECK.skipped("the role is not known")];
    }
    if flight.lanes.is_empty() {
        return vec![CHECK.ok("none has a worktree here: the claim makes it")];
    }
    flight.lanes.iter().map(one).collect()
}

fn one(lane: &LaneStatus) -> Line {
    let name = lane
        .lane
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let path = lane.path.display();
    let helps = "`laneway doctor` says what helps";
    match &lane.stands {
        Stands::Worktree => {}
        Stands::Unfinished => return CHECK.ok(format!("{name}: {path} is being made")),
        Stands::Gone => {
            let what = format!("{name}: the directory {path} is gone");
            return CHECK.warning(what).next(helps);
        }
        Stands::Other(other) => {
            let what = format!("{name}: {path} is no worktree of this repository, but {other}");
            return CHECK.failed(what).next(helps);
        }
    }
    if let Some(operation) = lane.operation {
        let there = quoted(&lane.path.to_string_lossy());
        return CHECK
            .failed(format!("{name}: {operation} is under way in {path}"))
            .next(format!("end it there: `git -C {there} status`"));
    }
    if let Err(error) = &lane.binding {
        return CHECK
            .failed(format!("{name}: {error}"))
            .next("`laneway claim` writes a new binding; the old file can be deleted");
    }
    match &lane.branch {
        Some(branch) => CHECK.ok(format!("{name}: {path} is on {branch}")),
        None => CHECK
            .warning(format!("{name}: {path} is on no branch"))
            .next("`laneway lane list` shows its commit"),
    }
}
