//! A program on the path, with a version.
//!
//! Only absolute directories of the path count, and the program runs in `/`: what lies in the
//! repository must not pass for a tool of the machine, nor tell a tool what to do. A program of the
//! repository itself is not run: that is a command, which asks for trust.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::run::Scene;
use super::version::{Requirement, Version};
use super::{Look, detail};
use crate::process::{Exit, Spawn};

/// Bytes kept of each output stream.
const CAP: usize = 16 * 1024;

pub(super) fn look(tool: &str, wanted: Option<&str>, limit: Duration, scene: &Scene) -> Look {
    let Some(program) = found(tool, scene) else {
        return Err(format!("{tool} is not on the path"));
    };
    if is_within(&program, &scene.repository) {
        return Err(format!(
            "{tool} is a file of the repository: ask with a `command` probe, which needs trust"
        ));
    }
    let Some(wanted) = wanted else {
        return Ok(format!("{tool} is {}", program.display()));
    };
    let Some(requirement) = Requirement::parse(wanted) else {
        return Err(format!("`{wanted}` is no version requirement"));
    };
    let spawn = Spawn::new(program, "/").arg("--version");
    let spawn = spawn.limit(limit).cap(CAP).interruptible();
    let finished = scene.runner().run(&spawn);
    let finished = finished.map_err(|error| error.to_string())?;
    match finished.exit {
        Exit::Code(0) => {}
        Exit::Code(code) => return Err(format!("{tool} --version: exit {code}")),
        Exit::Signal(signal) => return Err(format!("{tool} --version: ended by signal {signal}")),
        Exit::TimedOut => return Err(detail::too_late(limit)),
    }
    let said = format!("{}\n{}", finished.stdout.text(), finished.stderr.text());
    match Version::within(&said) {
        None => Err(format!("{tool} --version tells no version")),
        Some(version) if requirement.admits(&version) => Ok(format!("{tool} {version}")),
        Some(version) => Err(format!("{tool} {version} does not satisfy {wanted}")),
    }
}

/// The program, where the search path of the machine has it.
fn found(tool: &str, scene: &Scene) -> Option<PathBuf> {
    let named = Path::new(tool);
    if named.is_absolute() {
        return is_program(named).then(|| named.to_owned());
    }
    if tool.contains('/') {
        return None;
    }
    let path = scene.vars.get(std::ffi::OsStr::new("PATH"))?;
    std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(tool))
        .find(|program| is_program(program))
}

/// Whether a program, or the link that leads to it, lies below one of these directories. What
/// cannot be told counts.
fn is_within(program: &Path, dirs: &[PathBuf]) -> bool {
    let places = [Some(program), program.parent()].map(|at| at?.canonicalize().ok());
    let below = |place: &PathBuf| dirs.iter().any(|dir| place.starts_with(dir));
    places.iter().any(|place| place.as_ref().is_none_or(below))
}

fn is_program(path: &Path) -> bool {
    let found = path.metadata();
    found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::run::tests::scene;
    use super::*;

    /// A scene whose path begins with a directory that holds `tool`, which says this.
    #[expect(clippy::disallowed_methods, reason = "a program for a test")]
    fn with_tool(script: &str) -> (tempfile::TempDir, Scene) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a-tool");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let mut scene = scene();
        let path =
            std::env::join_paths([dir.path().to_owned(), "/usr/bin".into(), "/bin".into()].iter());
        for vars in [&mut scene.vars, &mut scene.shown] {
            vars.insert("PATH".into(), path.as_ref().unwrap().clone());
        }
        (dir, scene)
    }

    fn look_at(script: &str, wanted: &str) -> Look {
        let (_dir, scene) = with_tool(script);
        look("a-tool", Some(wanted), Duration::from_secs(10), &scene)
    }

    #[test]
    fn a_tool_has_the_version_or_not() {
        let said = "echo 'a-tool 1.80.1 (376290515 2024-07-16)'";
        assert_eq!(look_at(said, ">=1.80"), Ok("a-tool 1.80.1".to_owned()));
        let fact = "a-tool 1.80.1 does not satisfy >=1.89".to_owned();
        assert_eq!(look_at(said, ">=1.89"), Err(fact));
        assert_eq!(
            look_at("echo 'go 1.22' >&2", "1"),
            Ok("a-tool 1.22".to_owned())
        );
        let fact = "a-tool --version tells no version".to_owned();
        assert_eq!(look_at("echo hello", ">=1"), Err(fact));
        let fact = "a-tool --version: exit 2".to_owned();
        assert_eq!(look_at("echo 1.2.3; exit 2", ">=1"), Err(fact));
    }

    #[test]
    fn a_tool_is_found_on_the_path_and_nowhere_else() {
        let (dir, mut scene) = with_tool("pwd");
        let limit = Duration::from_secs(10);
        assert!(look("a-tool", None, limit, &scene).is_ok());
        let missing = Err("no-such-tool is not on the path".to_owned());
        assert_eq!(look("no-such-tool", None, limit, &scene), missing);
        scene.dir = dir.path().to_owned();
        for path in [".", "", "relative"] {
            scene.vars.insert("PATH".into(), path.into());
            assert!(look("a-tool", None, limit, &scene).is_err(), "PATH={path}");
        }
        assert!(look("./a-tool", None, limit, &scene).is_err());
        // A program of the current directory, which is the package here.
        assert!(is_program(Path::new(".ci/run")));
        scene.vars.insert("PATH".into(), ".ci".into());
        assert!(look("run", None, limit, &scene).is_err());
    }

    #[test]
    fn a_program_of_the_repository_is_no_tool() {
        let (dir, mut scene) = with_tool("echo 1.2.3");
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("b-tool");
        let program = dir.path().join("a-tool");
        std::os::unix::fs::symlink(&program, &link).unwrap();
        let limit = Duration::from_secs(10);
        let [program, link] = [&program, &link].map(|path| path.to_str().unwrap());
        for repository in [Vec::new(), vec![dir.path().canonicalize().unwrap()]] {
            scene.repository = repository;
            for tool in ["a-tool", program, link] {
                let found = look(tool, Some(">=1"), limit, &scene);
                assert_eq!(found.is_ok(), scene.repository.is_empty(), "{found:?}");
            }
        }
        let fact = look("a-tool", None, limit, &scene).unwrap_err();
        assert!(
            fact.contains("`command` probe, which needs trust"),
            "{fact}"
        );
    }
}
