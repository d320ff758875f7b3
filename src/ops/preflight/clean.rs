//! `clean`: a claim resets its lane, and changes that nobody committed stop it.

use super::{Check, Flight, Line};
use crate::domain::shell::quoted;

pub const CHECK: Check = Check {
    id: "clean",
    about: "no lane of the role holds changes that nobody committed",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for lane in flight.lanes.iter().filter(|lane| !lane.dirty.is_empty()) {
        let Some(name) = &lane.lane else { continue };
        let path = lane.path.display();
        let fact = format!("{name}: {} changed file(s) in {path}", lane.dirty.len());
        // What a holder is at work on is in nobody's way, and a take-over leaves it where it is.
        let line = if flight.is_claimed(name) {
            CHECK.warning(fact)
        } else {
            CHECK.failed(fact)
        };
        let there = quoted(&lane.path.to_string_lossy());
        let next = format!("commit them, or move them: `git -C {there} status`");
        lines.push(line.next(next));
    }
    match flight.lanes.len() {
        0 => vec![CHECK.skipped("no lane of the role has a worktree here")],
        _ if lines.is_empty() => vec![CHECK.ok("nothing is uncommitted")],
        _ => lines,
    }
}
