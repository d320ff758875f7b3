//! `disk`: there is room for objects and worktrees.

use super::{Check, Flight, Line};

const MIB: u64 = 1 << 20;
/// Below this, a build or a checkout may fill the disk.
const LOW: u64 = 1024 * MIB;
/// Below this, the ledger's own writes are at risk.
const LEAST: u64 = 100 * MIB;

pub const CHECK: Check = Check {
    id: "disk",
    about: "there is room for objects and worktrees",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let dir = flight.patient.repo.common_dir();
    vec![match rustix::fs::statvfs(&dir) {
        Ok(found) => judge(found.f_bavail.saturating_mul(found.f_frsize)),
        Err(error) => CHECK.skipped(format!("cannot ask about {}: {error}", dir.display())),
    }]
}

fn judge(free: u64) -> Line {
    let fact = format!("{} MiB are free", free / MIB);
    match free {
        _ if free < LEAST => CHECK.failed(fact).next("free some space before you claim"),
        _ if free < LOW => CHECK.warning(fact).next("free some space soon"),
        _ => CHECK.ok(fact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::preflight::Standing;

    #[test]
    fn little_space_is_a_warning_and_hardly_any_fails() {
        assert_eq!(judge(LEAST - 1).standing, Standing::Failed);
        assert_eq!(judge(LEAST).standing, Standing::Warning);
        assert_eq!(judge(LOW).standing, Standing::Ok);
    }
}
