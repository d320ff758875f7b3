//! `git`: the program is there, and new enough.

use super::{Check, Flight, Line};
use crate::git::NEEDED_VERSION;

pub const CHECK: Check = Check {
    id: "git",
    about: "git is there and new enough",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let (major, minor) = NEEDED_VERSION;
    let line = match flight.patient.repo.git_version() {
        Ok((told, Some(found))) if found < NEEDED_VERSION => CHECK
            .failed(format!(
                "{told} is older than {major}.{minor}, which lanes need"
            ))
            .next("install a newer git"),
        Ok((told, Some(_))) => CHECK.ok(told),
        Ok((told, None)) => CHECK.warning(format!("cannot tell the version of `{told}`")),
        Err(error) => CHECK.failed(error.to_string()).next("install git"),
    };
    vec![line]
}
