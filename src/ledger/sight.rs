//! Whether the wall clock of this machine has jumped (PROMISES P11).
//!
//! Wall clock and boot clock run side by side; what both showed when the wall clock was last
//! trusted is kept in a file. If since then one went further than the other, somebody set the
//! clock, and a claim must not be called expired on its word. A person trusts it anew. After a
//! reboot there is nothing to compare with, and the ledger's own last moment is all there is.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::env::Env;
use crate::process::{own_file, read_own};

/// Largest memory, in bytes.
const MAX: usize = 256;

/// A jump up to here is no jump: the two clocks are read in whole seconds and time servers nudge.
const TOLERANCE: i64 = 60;
/// The memory is refreshed when it is older than this, in seconds: clocks may drift apart.
const FRESH: i64 = 600;

/// What both clocks showed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reading {
    boot: String,
    /// Seconds since 1970.
    wall: i64,
    /// Seconds since boot.
    uptime: i64,
}

/// How far the wall clock has jumped since it was last trusted, in seconds; `None` where it has
/// not, or where that cannot be told. `dir` holds the memory; `trusted` renews it whatever it says.
#[must_use]
pub fn clock_jump(env: &Env, dir: &Path, trusted: bool) -> Option<i64> {
    let now = Reading {
        boot: env.processes.boot(),
        wall: env.now().seconds(),
        uptime: i64::try_from(env.clock.since_boot()?.as_secs()).ok()?,
    };
    let path = dir.join("clock");
    let before = read(&path).filter(|before| before.boot == now.boot);
    let Some(before) = before.filter(|_| !trusted) else {
        drop(write(&path, &now));
        return None;
    };
    let jump = (now.wall - before.wall) - (now.uptime - before.uptime);
    if jump.abs() > TOLERANCE {
        return Some(jump);
    }
    if now.uptime - before.uptime > FRESH {
        drop(write(&path, &now));
    }
    None
}

fn read(path: &Path) -> Option<Reading> {
    let text = String::from_utf8(read_own(path, MAX).ok()?).ok()?;
    let (line, _) = text.split_once('\n')?;
    let mut words = line.split(' ');
    let reading = Reading {
        boot: words.next()?.to_owned(),
        wall: words.next()?.parse().ok()?,
        uptime: words.next()?.parse().ok()?,
    };
    (words.next() == Some("end")).then_some(reading)
}

/// Overwrites the memory in place. One that is lost costs one comparison.
fn write(path: &Path, reading: &Reading) -> io::Result<()> {
    let file = own_file(path)?;
    let line = format!("{} {} {} end\n", reading.boot, reading.wall, reading.uptime);
    file.write_all_at(line.as_bytes(), 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::domain::time::Timestamp;
    use crate::env::Clock;
    use crate::process::testing;

    /// Wall clock and boot clock, each set by hand.
    #[derive(Default)]
    struct TwoClocks {
        wall: AtomicI64,
        uptime: AtomicI64,
    }

    impl Clock for TwoClocks {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.wall.load(Ordering::SeqCst))
        }

        fn instant(&self) -> Instant {
            Instant::now()
        }

        fn sleep(&self, _: Duration) {}

        fn since_boot(&self) -> Option<Duration> {
            let seconds = self.uptime.load(Ordering::SeqCst);
            Some(Duration::from_secs(u64::try_from(seconds).unwrap()))
        }
    }

    #[test]
    fn p11_a_clock_that_was_set_is_told_until_a_person_trusts_it() {
        let dir = tempfile::tempdir().unwrap();
        let clocks = Arc::new(TwoClocks::default());
        let mut env = testing::env();
        env.clock = clocks.clone();
        let go = |wall: i64, uptime: i64| {
            clocks.wall.store(wall, Ordering::SeqCst);
            clocks.uptime.store(uptime, Ordering::SeqCst);
        };
        go(1_000_000, 100);
        assert_eq!(clock_jump(&env, dir.path(), false), None, "the first look");
        go(1_000_700, 790);
        assert_eq!(clock_jump(&env, dir.path(), false), None, "ten seconds off");
        go(1_005_000, 800);
        for _ in 0..2 {
            assert_eq!(clock_jump(&env, dir.path(), false), Some(4_290));
        }
        go(990_000, 900);
        assert_eq!(clock_jump(&env, dir.path(), false), Some(-10_810));
        assert_eq!(clock_jump(&env, dir.path(), true), None, "trusted");
        go(990_010, 911);
        assert_eq!(clock_jump(&env, dir.path(), false), None);
    }
}
