//! A command that exits 0. It runs like an acceptance check, and like one only when its text was
//! trusted on this machine.

use std::time::Duration;

use super::run::Scene;
use super::{Look, detail};
use crate::process::Exit;

/// Bytes kept of each output stream; nobody reads them.
const CAP: usize = 4096;

pub(super) fn look(command: &str, limit: Duration, scene: &Scene) -> Look {
    if !scene.trusted.contains(command) {
        let how = &scene.how_to_trust;
        return Err(format!("`{command}` is not trusted here: `{how}`"));
    }
    let runner = scene.runner();
    let spawn = runner
        .shell(command, &scene.dir)
        .limit(limit)
        .cap(CAP)
        .interruptible();
    let finished = runner.run(&spawn).map_err(|error| error.to_string())?;
    match finished.exit {
        Exit::Code(0) => Ok("exit 0".to_owned()),
        Exit::Code(code) => Err(format!("exit {code}")),
        Exit::Signal(signal) => Err(format!("ended by signal {signal}")),
        Exit::TimedOut => Err(detail::too_late(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::tests::scene;
    use super::*;

    fn look_at(command: &str, trusted: bool) -> Look {
        let mut scene = scene();
        if trusted {
            scene.trusted.insert(command.to_owned());
        }
        look(command, Duration::from_secs(10), &scene)
    }

    #[test]
    fn a_command_exits_0_or_tells_how_it_ended() {
        assert_eq!(look_at("true", true), Ok("exit 0".to_owned()));
        let fact = look_at("echo a; echo 'no license server' >&2; exit 3", true);
        assert_eq!(fact, Err("exit 3".to_owned()));
        assert_eq!(
            look_at("kill -9 $$", true),
            Err("ended by signal 9".to_owned())
        );
    }

    #[test]
    fn a_command_that_nobody_trusted_is_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ran");
        let fact = look_at(&format!("touch {}", file.display()), false).unwrap_err();
        assert!(fact.contains("not trusted here: `laneway trust"), "{fact}");
        assert!(!file.exists());
    }
}
