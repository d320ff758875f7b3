use std::path::{Component, Path, PathBuf};

use super::WorkspaceError;
use crate::domain::id::LaneName;
use crate::domain::policy::Worktrees;
use crate::domain::state::Epoch;

/// Stands in a policy for the machine's worktree root (P4).
const ROOT: &str = "${WORKTREE_ROOT}";

/// Longest directory name of a worktree in bytes: room for `-e<epoch>` below the 255 of file systems.
const MAX_NAME: usize = 240;

/// What lane paths are reckoned from.
#[derive(Debug, Clone, Copy)]
pub struct LanePlaces<'a> {
    /// The machine's `WORKTREE_ROOT`, if it is set.
    pub worktree_root: Option<&'a Path>,
    /// The main checkout; `None` for a bare repository.
    pub main_work_dir: Option<&'a Path>,
    /// The git directory that all worktrees share.
    pub common_dir: &'a Path,
}

/// The directory of `lane`'s worktree (P4).
///
/// The root `${WORKTREE_ROOT}` is that variable, by default the parent of the main checkout (of a
/// bare repository: of its directory). Another root is absolute, or relative to the main checkout.
///
/// # Errors
/// [`WorkspaceError::BadPlace`] when the name is not one plain path segment (PROMISES P21), or the
/// root still holds a variable.
pub fn lane_path(
    worktrees: &Worktrees,
    project: &str,
    lane: &LaneName,
    places: LanePlaces<'_>,
) -> Result<PathBuf, WorkspaceError> {
    let name = worktrees.name_of(project, lane);
    if !is_plain(&name) {
        return Err(WorkspaceError::BadPlace { name });
    }
    Ok(root(&worktrees.root, places)?.join(name))
}

/// The directory of the worktree that takes over under `epoch`: the old one is never used again.
#[must_use]
pub fn takeover_path(path: &Path, epoch: Epoch) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("-e{epoch}"));
    path.with_file_name(name)
}

fn root(template: &str, places: LanePlaces<'_>) -> Result<PathBuf, WorkspaceError> {
    let bad = || WorkspaceError::BadPlace {
        name: template.to_owned(),
    };
    let home = places.main_work_dir.unwrap_or(places.common_dir);
    let beside = home.parent().unwrap_or(home);
    let root = match template.strip_prefix(ROOT) {
        Some(rest) => {
            let root = beside.join(places.worktree_root.unwrap_or(beside));
            root.join(rest.trim_start_matches('/'))
        }
        None => home.join(template),
    };
    let odd = template.replacen(ROOT, "", 1);
    if template.is_empty() || odd.contains("${") || odd.chars().any(char::is_control) {
        return Err(bad());
    }
    Ok(folded(&root))
}

/// Folds `.` and `..` by name, so that equal places have equal paths.
fn folded(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(folded.pop()),
            part => folded.push(part),
        }
    }
    folded
}

fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let one = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(part)), None) if part == name
    );
    one && name.len() <= MAX_NAME
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['.', ' '])
        && !name.contains(['\\', ':', '{', '}'])
        && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worktrees(root: &str, name: &str) -> Worktrees {
        Worktrees {
            root: root.into(),
            name: name.into(),
            branch: "agent/{lane}".into(),
        }
    }

    fn place(root: &str, name: &str, variable: Option<&str>, main: Option<&str>) -> Option<String> {
        let places = LanePlaces {
            worktree_root: variable.map(Path::new),
            main_work_dir: main.map(Path::new),
            common_dir: Path::new("/srv/gpuas.git"),
        };
        let lane = "A-backend:2".parse().unwrap();
        let path = lane_path(&worktrees(root, name), "gpuas", &lane, places);
        path.ok().map(|path| path.display().to_string())
    }

    #[test]
    fn a_lane_stands_beside_the_main_checkout_unless_told_otherwise() {
        let name = "{project}-{lane}";
        let main = Some("/src/gpuas");
        let beside = place(ROOT, name, None, main);
        assert_eq!(beside.as_deref(), Some("/src/gpuas-A-backend-2"));
        let told = place(ROOT, name, Some("/lanes"), main);
        assert_eq!(told.as_deref(), Some("/lanes/gpuas-A-backend-2"));
        let bare = place(ROOT, name, None, None);
        assert_eq!(bare.as_deref(), Some("/srv/gpuas-A-backend-2"));
        let below = place("${WORKTREE_ROOT}/x", name, Some("/lanes"), main);
        assert_eq!(below.as_deref(), Some("/lanes/x/gpuas-A-backend-2"));
        let relative = place("../w", name, None, main);
        assert_eq!(relative.as_deref(), Some("/src/w/gpuas-A-backend-2"));
    }

    #[test]
    fn a_name_never_leaves_the_root() {
        for name in [
            "../{lane}",
            "a/{lane}",
            "/x",
            "..",
            ".",
            "",
            "-x",
            ".git",
            "x\n",
            "x/",
            "{other}",
            "x.",
        ] {
            assert_eq!(place(ROOT, name, None, Some("/src/p")), None, "{name:?}");
        }
        assert_eq!(place("${HOME}/x", "x", None, Some("/src/p")), None);
    }

    #[test]
    fn a_takeover_has_its_own_directory() {
        let path = takeover_path(Path::new("/w/p-A"), Epoch(4));
        assert_eq!(path, Path::new("/w/p-A-e4"));
    }
}
