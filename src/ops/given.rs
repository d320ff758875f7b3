//! Files that somebody names, and files of the work tree that are written: how much is read, and
//! where writing may lead.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::OpError;
use crate::process::given_file;

/// Largest text file that is given to a verb, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// Reads what was given as a file, at most `limit` bytes of it; a pipe or a device is none (P23).
/// `path` is told, `full` is read.
///
/// # Errors
/// [`OpError::Io`]; [`OpError::Usage`] when there is more.
pub fn read_given(path: &Path, full: &Path, limit: usize) -> Result<Vec<u8>, OpError> {
    let io = |source| OpError::Io {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = given_file(full).map_err(io)?;
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() > limit {
        let message = format!("{} has more than {limit} bytes", path.display());
        return Err(OpError::Usage(message));
    }
    Ok(bytes)
}

/// As [`read_given`], for a text of at most [`MAX_TEXT`] bytes.
///
/// # Errors
/// As [`read_given`]; [`OpError::Usage`] when it is no UTF-8.
pub fn text_given(path: &Path, full: &Path) -> Result<String, OpError> {
    let bytes = read_given(path, full, MAX_TEXT)?;
    String::from_utf8(bytes).map_err(|_| OpError::Usage(format!("{} is not UTF-8", path.display())))
}

/// A path below the root of a work tree that no link leads out of (PROMISES P21): files that a
/// repository brought along must not make us write elsewhere.
///
/// # Errors
/// [`OpError::Usage`] that names the link.
pub fn inside(root: &Path, below: &str) -> Result<PathBuf, OpError> {
    let mut path = root.to_owned();
    for part in Path::new(below) {
        path.push(part);
        if fs::symlink_metadata(&path).is_ok_and(|data| data.is_symlink()) {
            let message = format!(
                "{} is a symbolic link, and nothing is written through it",
                path.display()
            );
            return Err(OpError::Usage(message));
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p23_more_than_the_limit_is_refused_and_so_is_what_has_no_end() {
        let dir = tempfile::tempdir().unwrap();
        let told = Path::new("notes");
        let file = dir.path().join("file");
        crate::git::testing::put(&file, "four");
        assert_eq!(text_given(told, &file).unwrap(), "four");
        let error = read_given(told, &file, 3).unwrap_err();
        assert_eq!(error.to_string(), "notes has more than 3 bytes");
        let pipe = dir.path().join("pipe");
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
        for path in [&pipe, Path::new("/dev/zero"), Path::new("/dev/null")] {
            let error = read_given(told, path, 99).unwrap_err();
            assert!(error.to_string().contains("it is no file"), "{error}");
        }
    }

    #[test]
    fn p21_a_link_on_the_way_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("link")).unwrap();
        assert!(inside(dir.path(), "real/new/file").is_ok());
        let error = inside(dir.path(), "link/file").unwrap_err();
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
    }
}
