//! Where a hook that was there before ours is kept: under its own name, which dispatchers go by, in
//! a directory of ours beside that of the hooks, so that `..` leads where it did. What stood beside
//! the hook is linked there: hooks look for their libraries and for `NAME.legacy` by `dirname "$0"`.
//!
//! The file is the very same one. A relative link leads through the directory of the hooks.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use super::script;
use super::{CLIENT, SERVER};

/// The end of the directory's name.
const SUFFIX: &str = "-before-laneway";

/// The directory beside that of the hooks, and the way from the one into the other.
fn beside(hooks: &Path) -> (PathBuf, PathBuf) {
    // A link is followed: the hook that git calls finds the same directory by `..`.
    let real = fs::canonicalize(hooks).unwrap_or_else(|_| hooks.to_owned());
    let name = real.file_name().unwrap_or_default();
    let mut kept = name.to_owned();
    kept.push(SUFFIX);
    (real.with_file_name(kept), Path::new("..").join(name))
}

fn hooks_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// The name of the directory in which the hooks of `hooks` are kept.
pub(super) fn dir_name(hooks: &Path) -> String {
    let (dir, _) = beside(hooks);
    let name = dir.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Where the hook at `path` is kept.
pub(super) fn place_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    beside(hooks_of(path)).0.join(name)
}

/// Gives the hook at `path` its second name: it is called by git until ours is whole.
pub(super) fn keep(path: &Path) -> std::io::Result<()> {
    let place = place_of(path);
    fs::create_dir_all(hooks_of(&place))?;
    match through(path) {
        Some(link) => symlink(link, place),
        None => fs::hard_link(path, place),
    }
}

/// Links what stands beside the hooks to where one of them is kept, if one is.
pub(super) fn link_siblings(hooks: &Path) -> std::io::Result<()> {
    let (dir, way) = beside(hooks);
    if !dir.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(hooks)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        // A hook that laneway knows is kept, or is another's that may still be.
        let known = CLIENT.iter().chain(&SERVER).any(|hook| *hook == text);
        let place = dir.join(&name);
        if !known && !text.ends_with(".sample") && !exists(&place) {
            symlink(way.join(&name), place)?;
        }
    }
    Ok(())
}

/// Puts the kept hook back to `path`, in the place of whatever stands there.
pub(super) fn put_back(path: &Path) -> std::io::Result<()> {
    let place = place_of(path);
    let (_, way) = beside(hooks_of(path));
    let link = fs::read_link(&place).ok();
    match link
        .as_deref()
        .and_then(|link| link.strip_prefix(&way).ok())
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

/// Takes the directory away where nothing is kept any more, with our links to what stands beside
/// the hooks.
pub(super) fn tidy(hooks: &Path) {
    let (dir, way) = beside(hooks);
    for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
        let link = fs::read_link(entry.path());
        if link.is_ok_and(|link| link == way.join(entry.file_name())) {
            // What stays keeps the directory.
            drop(fs::remove_file(entry.path()));
        }
    }
    // Not empty, or not there: that is as it should be.
    drop(fs::remove_dir(dir));
}

/// The digest that the hook at `path` has once it is kept.
pub(super) fn digest_of(path: &Path) -> std::io::Result<String> {
    match through(path) {
        Some(link) => Ok(script::digest(link.as_os_str().as_encoded_bytes())),
        None => script::digest_of(path),
    }
}

/// Whether the hook at `path` is kept already: an installation was cut short between its two steps.
pub(super) fn is_kept(path: &Path) -> bool {
    let place = place_of(path);
    if let Some(link) = through(path) {
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

/// What a relative link must say in the directory beside.
fn through(path: &Path) -> Option<PathBuf> {
    let link = fs::read_link(path).ok()?;
    let (_, way) = beside(hooks_of(path));
    link.is_relative().then(|| way.join(link))
}
