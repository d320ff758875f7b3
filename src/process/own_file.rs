//! Files that laneway keeps for itself below a directory `laneway` of the git directory: locks,
//! journals, memories. A repository may come from anywhere with its git directory, and what is
//! written in place must not reach a file elsewhere (PROMISES P21).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file of ours for reading and writing, and makes it, with its directory, where it is
/// missing. Nothing of it is cut off.
///
/// # Errors
/// Of the file system; of kind `InvalidInput` when a link or something else than a file is in its
/// place.
pub fn own_file(path: &Path) -> io::Result<File> {
    in_place(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = match opened(path, &mut options) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            opened(path, &mut options)?
        }
        opened => opened?,
    };
    regular(path, file)
}

/// As [`own_file`], for a file that is only locked: whoever shares the repository and may not write
/// the file can lock it all the same.
///
/// # Errors
/// As [`own_file`].
pub fn own_lock(path: &Path) -> io::Result<File> {
    own_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            regular(path, opened(path, OpenOptions::new().read(true))?)
        }
        _ => Err(error),
    })
}

/// Reads a file of ours of at most `limit` bytes.
///
/// # Errors
/// As [`own_file`], and of kind `NotFound`; of kind `InvalidData` when it is larger.
pub fn read_own(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    in_place(path)?;
    let file = regular(path, opened(path, OpenOptions::new().read(true))?)?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        let message = format!("{} is larger than {limit} bytes", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(bytes)
}

/// Opens a file that somebody names, links followed, to read it: at once, whatever stands there.
///
/// # Errors
/// Of the file system; of kind `InvalidInput` when a pipe, a device or a socket is in its place, of
/// kind `IsADirectory` when a directory is.
pub fn given_file(path: &Path) -> io::Result<File> {
    // Without waiting: a pipe has nobody at its other end. Nothing else heeds the flag.
    let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        let message = "it is no file: a pipe or a device may have no end";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(file)
}

/// Makes a directory of ours.
///
/// # Errors
/// As [`own_file`].
pub fn own_dir(path: &Path) -> io::Result<()> {
    in_place(path)?;
    fs::create_dir_all(path)
}

/// Refuses a path that a link leads away from: from the directory `laneway` on, none of its parts
/// may be one. What lies above is the person's: a git directory may well be linked.
fn in_place(path: &Path) -> io::Result<()> {
    if !path.iter().any(|part| part == "laneway") {
        return Ok(());
    }
    for part in path.ancestors() {
        if fs::symlink_metadata(part).is_ok_and(|data| data.is_symlink()) {
            return Err(link(part));
        }
        if part.file_name().is_some_and(|name| name == "laneway") && !below_another(part) {
            break;
        }
    }
    Ok(())
}

/// Whether a directory of this name lies in one of the same name: the files of the ledger branch
/// `laneway` do.
fn below_another(part: &Path) -> bool {
    let above = part.parent().and_then(Path::file_name);
    above.is_some_and(|name| name == "laneway")
}

fn opened(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Without waiting: a pipe in its place has nobody at its other end.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    options.custom_flags(flags).open(path).map_err(|error| {
        let linked = fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
        if linked { link(path) } else { error }
    })
}

fn regular(path: &Path, file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let message = format!("{} is no file", path.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

fn link(path: &Path) -> io::Error {
    let message = format!(
        "{} is a symbolic link; laneway keeps files of its own there: remove it",
        path.display()
    );
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn p21_files_of_our_own_are_not_reached_through_links() {
        let dir = tempfile::tempdir().unwrap();
        let ours = dir.path().join("laneway/laneway");
        own_dir(&ours).unwrap();
        drop(own_file(&ours.join("seen")).unwrap());
        assert_eq!(read_own(&ours.join("seen"), 9).unwrap(), b"");
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        symlink(outside.join("new"), ours.join("pending")).unwrap();
        symlink(&outside, ours.join("claims")).unwrap();
        symlink(&outside, dir.path().join("laneway/lanes")).unwrap();
        for file in ["laneway/pending", "laneway/claims/lock", "lanes/A.lock"] {
            let path = dir.path().join("laneway").join(file);
            let error = own_file(&path).unwrap_err();
            assert!(error.to_string().contains("is a symbolic link"), "{error}");
            assert!(read_own(&path, 9).is_err());
        }
        assert!(own_dir(&ours.join("claims")).is_err());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }

    #[test]
    fn a_linked_directory_of_ours_is_refused_and_a_linked_git_directory_is_not() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("git/laneway")).unwrap();
        symlink(dir.path().join("git"), dir.path().join("linked")).unwrap();
        drop(own_file(&dir.path().join("linked/laneway/seen")).unwrap());
        fs::create_dir(dir.path().join("other")).unwrap();
        symlink(
            dir.path().join("git/laneway"),
            dir.path().join("other/laneway"),
        )
        .unwrap();
        assert!(own_file(&dir.path().join("other/laneway/seen")).is_err());
    }

    #[test]
    fn no_more_is_read_than_the_limit_and_no_pipe() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        io::Write::write_all(&mut own_file(&file).unwrap(), b"four").unwrap();
        assert_eq!(read_own(&file, 4).unwrap(), b"four");
        let error = read_own(&file, 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let pipe = dir.path().join("pipe");
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
        assert_eq!(
            read_own(&pipe, 3).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }
}
