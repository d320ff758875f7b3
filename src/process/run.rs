use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::capture::{Captured, Stream, Tail};
use super::interrupt::{self, Watch};
use super::runner::Runner;
use super::spawn::Spawn;

/// How often a run looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(50);

/// How long output is still read after the child has ended while something else holds its pipes.
const DRAIN: Duration = Duration::from_millis(500);

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// A signal that was not ours ended it.
    Signal(i32),
    /// It was still running at the limit and was ended, with its whole group.
    TimedOut,
}

/// What came of a child.
#[derive(Debug, Clone)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// The end of its standard output.
    pub stdout: Captured,
    /// The end of its standard error.
    pub stderr: Captured,
    /// Wall-clock time from start to end.
    pub duration: Duration,
    /// Whether a process it started still held its output when it ended.
    pub left_open: bool,
}

impl Finished {
    /// Whether the child exited with code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.exit == Exit::Code(0)
    }
}

/// Why a child could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program could not be started.
    #[error("cannot start `{program}` in {}: {source}", .dir.display())]
    Start {
        /// The program.
        program: String,
        /// The directory it was to start in.
        dir: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system refused to tell how the child ended.
    #[error("cannot wait for `{program}`: {source}")]
    Wait {
        /// The program.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The user, or the system, asked laneway to end: so did the child.
    #[error("interrupted by signal {signal}: what ran was ended, and its result is not recorded")]
    Interrupted {
        /// The signal, as the system numbers them.
        signal: i32,
    },
}

/// What the threads around a child report.
enum Event {
    Output(Stream, Vec<u8>),
    Closed,
    Exited,
}

impl Runner {
    /// Runs `spawn` to its end, or to its time limit.
    ///
    /// At the limit the child's process group gets SIGTERM, and SIGKILL after the runner's grace.
    ///
    /// # Errors
    /// [`ProcessError`] when the program cannot be started or waited for, or was interrupted.
    pub fn run(&self, spawn: &Spawn) -> Result<Finished, ProcessError> {
        self.run_with(spawn, &mut |_, _| {})
    }

    /// Starts `spawn` and leaves it running: no terminal, no input, no output, no time limit, and
    /// nobody waits for it.
    ///
    /// # Errors
    /// [`ProcessError::Start`].
    pub fn leave_running(&self, spawn: &Spawn) -> Result<(), ProcessError> {
        let mut command = command(self, spawn);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        drop(started(command.spawn(), spawn)?);
        Ok(())
    }

    /// Like [`run`](Self::run), and hands each piece of output to `see` as it arrives. Pieces are
    /// not lines.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(
        &self,
        spawn: &Spawn,
        see: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<Finished, ProcessError> {
        let started = Instant::now();
        let held = spawn.interruptible.then(Watch::begin);
        uninterrupted(spawn)?;
        let mut child = start(self, spawn)?;
        let group = Pid::from_child(&child);
        let events = watch(&mut child, group, spawn.stdin.clone());
        let mut watched = Watched::new(spawn, group, started, self.grace());
        watched.follow(&events, see);
        // The zombie kept the process id ours until here, so no signal could hit a stranger.
        let status = child.wait().map_err(|source| ProcessError::Wait {
            program: spawn.line(),
            source,
        })?;
        uninterrupted(spawn)?;
        drop(held);
        Ok(watched.finish(status))
    }
}

/// Fails where the user has interrupted what may be interrupted.
fn uninterrupted(spawn: &Spawn) -> Result<(), ProcessError> {
    match interrupt::noted().filter(|_| spawn.interruptible) {
        None => Ok(()),
        Some(signal) => Err(ProcessError::Interrupted { signal }),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that spawns"
)]
fn command(runner: &Runner, spawn: &Spawn) -> Command {
    let mut command = Command::new(&spawn.program);
    command
        .args(&spawn.args)
        .current_dir(&spawn.dir)
        .env_clear()
        .envs(runner.environment());
    for name in &spawn.unset {
        command.env_remove(name);
    }
    command.envs(spawn.set.iter().map(|(name, value)| (name, value)));
    command.process_group(0);
    command
}

fn start(runner: &Runner, spawn: &Spawn) -> Result<Child, ProcessError> {
    let mut command = command(runner, spawn);
    command.stdin(if spawn.stdin.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    started(command.spawn(), spawn)
}

fn started(child: io::Result<Child>, spawn: &Spawn) -> Result<Child, ProcessError> {
    child.map_err(|source| ProcessError::Start {
        program: spawn.program.to_string_lossy().into_owned(),
        dir: spawn.dir.clone(),
        source,
    })
}

/// Starts the threads around a child: a writer, two readers, a waiter. None of them is joined: one
/// that a foreign process holds must not hold us, and it ends with that process.
fn watch(child: &mut Child, pid: Pid, stdin: Option<Vec<u8>>) -> Receiver<Event> {
    let (send, receive) = sync_channel(64);
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), stdin) {
        thread::spawn(move || drop(pipe.write_all(&bytes)));
    }
    if let Some(pipe) = child.stdout.take() {
        let send = send.clone();
        thread::spawn(move || read_all(pipe, Stream::Out, &send));
    }
    if let Some(pipe) = child.stderr.take() {
        let send = send.clone();
        thread::spawn(move || read_all(pipe, Stream::Err, &send));
    }
    thread::spawn(move || {
        // NOWAIT leaves the zombie to `Child::wait`: its id stays taken until we are done.
        while let Err(rustix::io::Errno::INTR) = waitid(
            WaitId::Pid(pid),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        ) {}
        drop(send.send(Event::Exited));
    });
    receive
}

fn read_all(mut pipe: impl Read, stream: Stream, send: &SyncSender<Event>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => break,
            Ok(n)
                if send
                    .send(Event::Output(stream, buffer[..n].to_vec()))
                    .is_ok() => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => break,
        }
    }
    drop(send.send(Event::Closed));
}

/// A running child as the events tell it.
struct Watched {
    stdout: Tail,
    stderr: Tail,
    group: Pid,
    started: Instant,
    grace: Duration,
    /// When to act next: end the group, kill it, or stop reading.
    deadline: Option<Instant>,
    phase: Phase,
    exited: bool,
    open: usize,
    ended: Option<Duration>,
    interruptible: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Terminated,
    Killed,
}

impl Watched {
    fn new(spawn: &Spawn, group: Pid, started: Instant, grace: Duration) -> Self {
        Self {
            stdout: Tail::new(spawn.cap),
            stderr: Tail::new(spawn.cap),
            group,
            started,
            grace,
            deadline: started.checked_add(spawn.limit),
            phase: Phase::Running,
            exited: false,
            open: 2,
            ended: None,
            interruptible: spawn.interruptible,
        }
    }

    /// Takes events until the child has ended and its output is closed or given up.
    fn follow(&mut self, events: &Receiver<Event>, see: &mut dyn FnMut(Stream, &[u8])) {
        while !(self.exited && self.open == 0) {
            match self.next(events) {
                Ok(Event::Output(stream, bytes)) => {
                    see(stream, &bytes);
                    match stream {
                        Stream::Out => self.stdout.push(&bytes),
                        Stream::Err => self.stderr.push(&bytes),
                    }
                }
                Ok(Event::Closed) => self.open -= 1,
                Ok(Event::Exited) => self.exit(),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if self.due() && self.escalate() {
                        break;
                    }
                }
            }
        }
        if self.phase != Phase::Running {
            // A grandchild that closed its output may have outlived the first signal.
            self.signal(Signal::KILL);
        }
    }

    /// The next event, or a timeout once there is something to look after, even while output keeps
    /// coming.
    fn next(&self, events: &Receiver<Event>) -> Result<Event, RecvTimeoutError> {
        if self.due() {
            return Err(RecvTimeoutError::Timeout);
        }
        let now = Instant::now();
        let left = self
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now));
        let tick = self.interruptible.then_some(TICK);
        match left.into_iter().chain(tick).min() {
            Some(wait) => events.recv_timeout(wait),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Whether the deadline has passed, or the user does not want to wait for it.
    fn due(&self) -> bool {
        let interrupted = || self.interruptible && interrupt::noted().is_some();
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
            || self.phase == Phase::Running && interrupted()
    }

    fn exit(&mut self) {
        self.exited = true;
        self.ended = Some(self.started.elapsed());
        if self.phase == Phase::Running {
            self.deadline = Some(Instant::now() + DRAIN);
        }
    }

    /// The deadline has passed: takes the next step, and says whether to stop following.
    fn escalate(&mut self) -> bool {
        match self.phase {
            Phase::Running if self.exited => return true,
            Phase::Running => {
                self.signal(Signal::TERM);
                // One that stopped, because it wanted to read from the terminal, wakes up to end.
                self.signal(Signal::CONT);
                self.phase = Phase::Terminated;
                self.deadline = Some(Instant::now() + self.grace);
            }
            Phase::Terminated => {
                self.signal(Signal::KILL);
                self.phase = Phase::Killed;
                self.deadline = Some(Instant::now() + DRAIN);
            }
            Phase::Killed if self.exited => return true,
            // A child in an uninterruptible call: nothing can be done but wait for the kernel.
            Phase::Killed => self.deadline = None,
        }
        false
    }

    fn signal(&self, signal: Signal) {
        // The group may be gone already; there is nothing to do about any other failure.
        let _ = kill_process_group(self.group, signal);
    }

    fn finish(self, status: ExitStatus) -> Finished {
        let exit = match (self.phase, status.code(), status.signal()) {
            (Phase::Terminated | Phase::Killed, ..) => Exit::TimedOut,
            (Phase::Running, Some(code), _) => Exit::Code(code),
            (Phase::Running, None, signal) => Exit::Signal(signal.unwrap_or_default()),
        };
        Finished {
            exit,
            stdout: self.stdout.finish(),
            stderr: self.stderr.finish(),
            duration: self.ended.unwrap_or_else(|| self.started.elapsed()),
            left_open: self.open > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::runner;

    fn shell(command: &str) -> Finished {
        let runner = runner();
        let dir = tempfile::tempdir().unwrap();
        let spawn = runner
            .shell(command, dir.path())
            .limit(Duration::from_millis(400));
        runner.run(&spawn).unwrap()
    }

    #[test]
    fn codes_signals_and_streams_are_told_apart() {
        let finished = shell("echo out; echo err >&2; exit 3");
        assert_eq!(finished.exit, Exit::Code(3));
        assert_eq!(
            (finished.stdout.text(), finished.stderr.text()),
            ("out".into(), "err".into())
        );
        assert_eq!(shell("kill -9 $$").exit, Exit::Signal(9));
    }

    #[test]
    fn the_time_limit_ends_a_grandchild() {
        let runner = runner();
        let dir = tempfile::tempdir().unwrap();
        let spawn = runner
            .shell(
                "(trap '' TERM; sleep 30 & echo $! > pid; wait) & wait",
                dir.path(),
            )
            .limit(Duration::from_millis(300));
        let finished = runner
            .with_grace(Duration::from_millis(200))
            .run(&spawn)
            .unwrap();
        assert_eq!(finished.exit, Exit::TimedOut);
        assert!(
            finished.duration < Duration::from_secs(3),
            "{:?}",
            finished.duration
        );
        let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        let gone = stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z "));
        assert!(gone, "the grandchild still runs");
    }

    #[test]
    fn a_stopped_child_ends_without_the_grace_period() {
        let runner = runner();
        let dir = tempfile::tempdir().unwrap();
        let spawn = runner.shell("kill -STOP $$; sleep 30", dir.path());
        let spawn = spawn.limit(Duration::from_millis(300));
        let runner = runner.with_grace(Duration::from_secs(20));
        let finished = runner.run(&spawn).unwrap();
        assert_eq!(finished.exit, Exit::TimedOut);
        assert!(finished.duration < Duration::from_secs(10));
    }

    #[test]
    fn a_daemon_that_holds_the_pipe_does_not_hold_us() {
        let started = Instant::now();
        let finished = shell("setsid sleep 5 & echo done");
        assert_eq!(finished.exit, Exit::Code(0));
        assert_eq!(finished.stdout.text(), "done");
        assert!(finished.left_open);
        assert!(started.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn a_flood_is_capped_and_ended() {
        let runner = runner();
        let spawn = runner
            .shell("yes", &std::path::PathBuf::from("/"))
            .limit(Duration::from_millis(200))
            .cap(1000);
        let finished = runner.run(&spawn).unwrap();
        assert_eq!(finished.exit, Exit::TimedOut);
        assert!(finished.stdout.truncated && finished.stdout.bytes.len() == 1000);
        assert!(finished.stdout.total > 100_000);
    }

    #[test]
    fn input_larger_than_a_pipe_goes_both_ways() {
        let runner = runner();
        let bytes = vec![b'x'; 1 << 20];
        let spawn = runner
            .shell("cat", std::path::Path::new("/"))
            .stdin(bytes.clone());
        assert_eq!(runner.run(&spawn).unwrap().stdout.bytes, bytes);
    }

    #[test]
    fn output_is_shown_while_it_arrives() {
        let runner = runner();
        let mut seen = Vec::new();
        let spawn = runner.shell("printf a; printf b", std::path::Path::new("/"));
        runner
            .run_with(&spawn, &mut |_, bytes| seen.extend_from_slice(bytes))
            .unwrap();
        assert_eq!(seen, b"ab");
    }

    #[test]
    fn a_missing_program_is_an_error_that_names_it() {
        let error = runner()
            .run(&Spawn::new("no-such-program", "/"))
            .unwrap_err();
        assert!(error.to_string().contains("no-such-program"));
    }
}
