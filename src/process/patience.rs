use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use crate::env::Env;

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(2);

/// Takes the kernel's lock of a file, alone, within `limit`; whether it was had. A process that was
/// stopped while it held it must not stop others for ever (PROMISES P9).
///
/// # Errors
/// Of the file system.
pub fn lock_within(env: &Env, file: &File, limit: Duration) -> io::Result<bool> {
    within(env, limit, || file.try_lock())
}

/// As [`lock_within`], shared with others that only share.
///
/// # Errors
/// Of the file system.
pub fn lock_shared_within(env: &Env, file: &File, limit: Duration) -> io::Result<bool> {
    within(env, limit, || file.try_lock_shared())
}

fn within(
    env: &Env,
    limit: Duration,
    attempt: impl Fn() -> Result<(), TryLockError>,
) -> io::Result<bool> {
    let start = env.clock.instant();
    loop {
        match attempt() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if env.clock.instant() - start > limit => {
                return Ok(false);
            }
            Err(TryLockError::WouldBlock) => env.clock.sleep(PAUSE),
        }
    }
}
