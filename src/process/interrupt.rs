//! Ctrl-C, and its like, while something runs that must not run on alone.
//!
//! A child has a process group of its own, so a terminal's Ctrl-C reaches laneway only. While a
//! [`Watch`] is held the signal is noted instead of obeyed: who runs an interruptible child ends it
//! and says so, temporary worktrees go with their values, and then the process dies of the signal
//! as it would have at once ([`obey`]). Without a watch nothing is different from a process that
//! knows nothing of signals.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

/// Signals are per process, and so is what is known of them.
static KNOWN: OnceLock<Known> = OnceLock::new();

struct Known {
    /// The last signal that came while somebody watched; 0: none did.
    noted: Arc<AtomicUsize>,
    /// Whether nobody watches.
    unwatched: Arc<AtomicBool>,
    /// How many watch.
    watching: AtomicUsize,
}

impl Known {
    fn get() -> &'static Self {
        KNOWN.get_or_init(|| {
            let known = Self {
                noted: Arc::default(),
                unwatched: Arc::new(AtomicBool::new(true)),
                watching: AtomicUsize::new(0),
            };
            let ignored = ignored();
            for signal in [SIGHUP, SIGINT, SIGTERM] {
                // `nohup` stays what it is.
                if ignored & (1 << (signal - 1)) != 0 {
                    continue;
                }
                // In this order: an unwatched signal ends the process before it is noted. Where the
                // system refuses a handler, the signal does what it always did.
                let number = usize::try_from(signal).unwrap_or_default();
                drop(flag::register_conditional_default(
                    signal,
                    known.unwatched.clone(),
                ));
                drop(flag::register_usize(signal, known.noted.clone(), number));
            }
            known
        })
    }
}

/// The signals that this process was started to ignore, as the kernel's bit mask.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

/// While it lives, SIGINT, SIGTERM and SIGHUP are noted and not obeyed.
#[derive(Debug)]
#[must_use = "signals are noted only while it lives"]
pub struct Watch(());

impl Watch {
    /// Begins to note.
    pub fn begin() -> Self {
        let known = Known::get();
        known.watching.fetch_add(1, Ordering::SeqCst);
        known.unwatched.store(false, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let known = Known::get();
        if known.watching.fetch_sub(1, Ordering::SeqCst) == 1 {
            known.unwatched.store(true, Ordering::SeqCst);
        }
    }
}

/// The signal that was noted since the process started.
#[must_use]
pub fn noted() -> Option<i32> {
    let signal = KNOWN.get()?.noted.load(Ordering::SeqCst);
    i32::try_from(signal).ok().filter(|signal| *signal != 0)
}

/// Dies of a signal that was noted, once everything is put away. Comes back only where the system
/// does not let it.
pub fn obey(signal: i32) {
    drop(emulate_default_handler(signal));
}
