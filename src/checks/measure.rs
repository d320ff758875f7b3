use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::run::hex;

/// What a file holds: the SHA-256 of its content, in hex, and its bytes. A link is not followed.
///
/// # Errors
/// When there is no plain file, or it cannot be read; an empty file shows nothing and is refused
/// as [`io::ErrorKind::InvalidData`].
pub fn measure(path: &Path) -> io::Result<(String, u64)> {
    let data = fs::symlink_metadata(path)?;
    if !data.is_file() {
        let what = "it is no plain file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let mut file = File::open(path)?;
    let (mut digest, mut size) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        size += u64::try_from(read).unwrap_or(u64::MAX);
    }
    if size == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty"));
    }
    Ok((hex(&digest.finalize()), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a file of the test")]
    fn only_a_plain_file_with_something_in_it_is_measured() {
        let dir = tempfile::tempdir().unwrap();
        let (full, empty, link) = (
            dir.path().join("a"),
            dir.path().join("b"),
            dir.path().join("c"),
        );
        fs::write(&full, "abc").unwrap();
        fs::write(&empty, "").unwrap();
        std::os::unix::fs::symlink(&full, &link).unwrap();
        let (digest, size) = measure(&full).unwrap();
        assert_eq!((&digest[..8], size), ("ba7816bf", 3));
        for path in [
            &empty,
            &link,
            &dir.path().to_owned(),
            &dir.path().join("none"),
        ] {
            assert!(measure(path).is_err(), "{}", path.display());
        }
    }
}
