use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::environment::of_checks;
use super::tail;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::CheckRun;
use crate::process::interrupt::Watch;
use crate::process::{Exit, ProcessError, Runner, Spawn};

/// How far a check may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time each command gets; then its whole process group is ended.
    pub time: Duration,
    /// Bytes of output kept in memory. All of it is counted in the digest.
    pub output: usize,
}

impl Default for Limits {
    /// 30 minutes, 64 KiB.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(30 * 60),
            output: 64 * 1024,
        }
    }
}

/// What the checks are about: they read it as `LANEWAY_TASK` and `LANEWAY_COMMIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// The commit that is checked out.
    pub commit: ObjectId,
}

/// What happens while checks run.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A command starts.
    Started {
        /// Its place, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// The command.
        command: &'a str,
    },
    /// A piece of its output, as it came; pieces are neither lines nor text, and not made safe.
    Output(&'a [u8]),
    /// It ended.
    Finished {
        /// What goes on record.
        run: &'a CheckRun,
        /// Whether the time limit ended it.
        timed_out: bool,
        /// Whether a process that it started still holds its output.
        left_open: bool,
    },
}

/// Runs each command by `sh -c` in `dir`, all of them, in order, one at a time, in the environment
/// of [`of_checks`]. Standard output and error are one stream, in the order of writing.
///
/// The caller has asked [`TrustStore`](super::TrustStore) and holds a [`Guard`](super::Guard).
///
/// # Errors
/// [`ProcessError`] when the shell itself cannot be started or waited for, or the user interrupts.
pub fn run(
    runner: &Runner,
    dir: &Path,
    subject: Subject<'_>,
    commands: &[String],
    limits: Limits,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<CheckRun>, ProcessError> {
    let runner = Runner::new(of_checks(runner.environment())).with_grace(runner.grace());
    let _watch = Watch::begin();
    let mut runs = Vec::with_capacity(commands.len());
    for (number, command) in (1..).zip(commands) {
        let of = commands.len();
        progress(Progress::Started {
            number,
            of,
            command,
        });
        // The command goes in as an argument: nothing is ever put into a shell line.
        let spawn = Spawn::new("sh", dir)
            .args(["-c", "exec sh -c \"$1\" 2>&1", "sh"])
            .arg(command)
            .env("LANEWAY_TASK", subject.task.as_str())
            .env("LANEWAY_COMMIT", subject.commit.to_string())
            .limit(limits.time)
            .cap(limits.output)
            .interruptible();
        runs.push(run_one(&runner, &spawn, command, progress)?);
    }
    Ok(runs)
}

fn run_one(
    runner: &Runner,
    spawn: &Spawn,
    command: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<CheckRun, ProcessError> {
    let mut digest = Sha256::new();
    let finished = runner.run_with(spawn, &mut |_, bytes| {
        digest.update(bytes);
        progress(Progress::Output(bytes));
    })?;
    let run = CheckRun {
        command: command.to_owned(),
        exit: match finished.exit {
            Exit::Code(code) => Some(code),
            Exit::Signal(_) | Exit::TimedOut => None,
        },
        millis: u64::try_from(finished.duration.as_millis()).unwrap_or(u64::MAX),
        digest: hex(&digest.finalize()),
        tail: tail::visible(&finished.stdout.bytes),
    };
    progress(Progress::Finished {
        run: &run,
        timed_out: finished.exit == Exit::TimedOut,
        left_open: finished.left_open,
    });
    Ok(run)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::checks::guard::tests::runner;

    fn check(command: &str, limits: Limits) -> (CheckRun, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        let task = TaskId::new("A-1").unwrap();
        let subject = Subject {
            task: &task,
            commit: "0123456789abcdef0123456789abcdef01234567".parse().unwrap(),
        };
        let mut runner = runner().environment().clone();
        runner.insert("GITHUB_TOKEN".into(), "hush".into());
        runner.insert("GIT_DIR".into(), "/elsewhere".into());
        let runner = Runner::new(runner).with_grace(Duration::from_millis(200));
        let runs = run(
            &runner,
            dir.path(),
            subject,
            &[command.to_owned()],
            limits,
            &mut |progress| match progress {
                Progress::Finished {
                    timed_out: true, ..
                } => seen.push("timed out".into()),
                Progress::Finished {
                    left_open: true, ..
                } => seen.push("left open".into()),
                _ => {}
            },
        );
        (runs.unwrap().remove(0), seen)
    }

    #[test]
    fn a_check_is_recorded_as_it_went() {
        let (run, _) = check(
            "echo out; echo err >&2; echo end; exit 3",
            Limits::default(),
        );
        assert_eq!((run.exit, run.tail.as_str()), (Some(3), "out\nerr\nend"));
        assert_eq!(run.digest, hex(&Sha256::digest("out\nerr\nend\n")));
        assert!(!run.passed());
        assert!(check("exit 0", Limits::default()).0.passed());
        assert_eq!(check("kill -9 $$", Limits::default()).0.exit, None);
    }

    #[test]
    fn data_goes_in_by_variables_and_secrets_stay_out() {
        let command = "echo $LANEWAY_TASK $LANEWAY_COMMIT; env | grep -c -e GIT_ -e TOKEN";
        let (run, _) = check(command, Limits::default());
        let expected = "A-1 0123456789abcdef0123456789abcdef01234567\n0";
        assert_eq!(run.tail, expected);
    }

    #[test]
    fn every_command_runs_even_after_a_failure() {
        let task = TaskId::new("A-1").unwrap();
        let commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        let task = &task;
        let commands = ["false".to_owned(), "true".to_owned()];
        let mut started = Vec::new();
        let runs = run(
            &runner(),
            Path::new("/"),
            Subject { task, commit },
            &commands,
            Limits::default(),
            &mut |progress| {
                if let Progress::Started { number, of, .. } = progress {
                    started.push((number, of));
                }
            },
        );
        let passed: Vec<bool> = runs.unwrap().iter().map(CheckRun::passed).collect();
        assert_eq!(passed, [false, true]);
        assert_eq!(started, [(1, 2), (2, 2)]);
    }

    #[test]
    fn a_check_that_ignores_the_signal_is_ended_at_the_limit() {
        let limits = Limits {
            time: Duration::from_millis(300),
            ..Limits::default()
        };
        let started = Instant::now();
        let (run, seen) = check("trap '' TERM; while :; do sleep 1; done", limits);
        assert_eq!((run.exit, seen), (None, vec!["timed out".to_owned()]));
        assert!(started.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn a_daemon_does_not_hold_the_check() {
        let started = Instant::now();
        let (run, seen) = check("setsid sleep 20 & echo done", Limits::default());
        assert_eq!((run.exit, run.tail.as_str()), (Some(0), "done"));
        assert_eq!(seen, ["left open"]);
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_hundred_megabytes_are_counted_and_not_kept() {
        let command = "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end";
        let (run, _) = check(command, Limits::default());
        assert!(run.tail.len() <= 2048 && run.tail.ends_with("x\nend"));
        let mut digest = Sha256::new();
        for _ in 0..100 {
            digest.update(vec![b'x'; 1_000_000]);
        }
        digest.update("\nend\n");
        assert_eq!(run.digest, hex(&digest.finalize()));
    }
}
