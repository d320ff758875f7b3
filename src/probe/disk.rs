//! Free space, as far as who runs this may use it.

use std::path::Path;
use std::time::Duration;

use super::{Look, detail};

pub(super) fn look(wanted: u64, path: &Path) -> Look {
    let found = rustix::fs::statvfs(path);
    let found = found.map_err(|error| {
        let reason = detail::reason(&error.into(), Duration::ZERO);
        format!("{}: {reason}", path.display())
    })?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    if free >= wanted {
        Ok(format!("{} free", size(free)))
    } else {
        Err(format!("{} free of {}", size(free), size(wanted)))
    }
}

/// Units, largest first.
const UNITS: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

/// Bytes for people, rounded down to a tenth: `2.1 GiB`.
fn size(bytes: u64) -> String {
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        None => format!("{bytes} B"),
        Some((name, unit)) => {
            let tenth = u128::from(bytes) * 10 / u128::from(*unit);
            match tenth % 10 {
                0 => format!("{} {name}", tenth / 10),
                rest => format!("{}.{rest} {name}", tenth / 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_compared() {
        assert!(look(1, Path::new("/")).unwrap().ends_with(" free"));
        let fact = look(u64::MAX, Path::new("/")).unwrap_err();
        assert!(fact.ends_with("free of 16777215.9 TiB"), "{fact}");
        let fact = look(1, Path::new("/no/such/place")).unwrap_err();
        assert_eq!(fact, "/no/such/place: no such file or directory");
    }

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(size(2_300_000_000), "2.1 GiB");
        assert_eq!(size(10 << 30), "10 GiB");
        assert_eq!(size(1023), "1023 B");
    }
}
