//! What a command leaves running behind it.

use crate::support::World;

/// The processes that live in the home of this world, each by its command line: laneway, and what
/// it started. Servers have a home of their own.
pub fn of(world: &World) -> Vec<String> {
    let home = format!("HOME={}", world.path("home").display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        if variables.any(|variable| variable == home.as_bytes()) {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}
