//! Checksums, and replacing a cache file as a whole.

use std::io::Write as _;
use std::path::Path;

/// A checksum against torn and foreign files, not against forgery: the cache is the user's own.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut lanes = [FACTOR, !FACTOR, FACTOR.rotate_left(17), bytes.len() as u64];
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        for (lane, part) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(part);
            *lane = (*lane ^ u64::from_le_bytes(word))
                .wrapping_mul(FACTOR)
                .rotate_left(29);
        }
    }
    let mut sum = lanes.into_iter().fold(0_u64, |sum, lane| {
        (sum ^ lane).wrapping_mul(FACTOR).rotate_left(31)
    });
    for byte in blocks.remainder() {
        sum = (sum ^ u64::from(*byte))
            .wrapping_mul(FACTOR)
            .rotate_left(11);
    }
    sum ^ (sum >> 32)
}

/// Replaces a cache file. It is not flushed: losing it costs time, nothing else.
pub fn replace(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts() {
        let bytes: Vec<u8> = (0..=255).cycle().take(300).collect();
        let whole = checksum(&bytes);
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_ne!(checksum(&other), whole, "byte {at}");
        }
        assert_ne!(checksum(&bytes[..299]), whole);
    }
}
