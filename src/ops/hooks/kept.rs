//! Where a hook that was there before ours is kept: under its own name, which dispatchers go by, in
//! a directory that is ours alone.
//!
//! The file is the very same one. A relative link is the same link one directory deeper.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use super::script;

/// The directory, beside the hooks.
pub(super) const DIR: &str = "before-laneway";

/// Where the hook at `path` is kept.
pub(super) fn place_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    path.with_file_name(DIR).join(name)
}

/// Gives the hook at `path` its second name: it is called by git until ours is whole.
pub(super) fn keep(path: &Path) -> std::io::Result<()> {
    let place = place_of(path);
    fs::create_dir_all(path.with_file_name(DIR))?;
    match deeper(path) {
        Some(link) => symlink(link, place),
        None => fs::hard_link(path, place),
    }
}

/// Puts the kept hook back to `path`, in the place of whatever stands there.
pub(super) fn put_back(path: &Path) -> std::io::Result<()> {
    let place = place_of(path);
    let link = fs::read_link(&place).ok();
    match link
        .as_deref()
        .and_then(|link| link.strip_prefix("..").ok())
    {
        None => fs::rename(&place, path)?,
        Some(link) => {
            let beside = place.with_extension("back");
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            symlink(link, &beside)?;
            fs::rename(&beside, path)?;
            fs::remove_file(&place)?;
        }
    }
    Ok(())
}

/// Takes the directory away where nothing is kept any more.
pub(super) fn tidy(hooks: &Path) {
    // Not empty, or not there: that is as it should be.
    drop(fs::remove_dir(hooks.join(DIR)));
}

/// The digest that the hook at `path` has once it is kept.
pub(super) fn digest_of(path: &Path) -> std::io::Result<String> {
    match deeper(path) {
        Some(link) => Ok(script::digest(link.as_os_str().as_encoded_bytes())),
        None => script::digest_of(path),
    }
}

/// Whether the hook at `path` is kept already: an installation was cut short between its two steps.
pub(super) fn is_kept(path: &Path) -> bool {
    let place = place_of(path);
    if let Some(link) = deeper(path) {
        return fs::read_link(place).is_ok_and(|kept| kept == link);
    }
    match (path.symlink_metadata(), place.symlink_metadata()) {
        (Ok(one), Ok(other)) => one.ino() == other.ino() && one.dev() == other.dev(),
        _ => false,
    }
}

/// Whether anything stands there, be it a link that leads nowhere.
pub(super) fn exists(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}

/// What a relative link must say one directory deeper.
fn deeper(path: &Path) -> Option<PathBuf> {
    let link = fs::read_link(path).ok()?;
    link.is_relative().then(|| Path::new("..").join(link))
}
