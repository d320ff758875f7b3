use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes kept of each output stream when nothing else is said: enough for every git answer of a
/// ledger, small enough for a machine that runs many.
const DEFAULT_CAP: usize = 64 * 1024 * 1024;

/// Time a child gets when nothing else is said.
const DEFAULT_LIMIT: Duration = Duration::from_secs(120);

/// What to run: program, arguments, directory, changes of the environment, input, limits.
///
/// The program is found on `PATH` of the runner's environment; no shell is involved.
#[derive(Debug, Clone)]
pub struct Spawn {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) dir: PathBuf,
    pub(super) set: Vec<(OsString, OsString)>,
    pub(super) unset: Vec<OsString>,
    pub(super) stdin: Option<Vec<u8>>,
    pub(super) limit: Duration,
    pub(super) cap: usize,
    pub(super) interruptible: bool,
}

impl Spawn {
    /// Runs `program` in `dir`, with no arguments, no input, a limit of 120 seconds and 64 MiB kept
    /// of each stream.
    pub fn new(program: impl Into<OsString>, dir: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            dir: dir.into(),
            set: Vec::new(),
            unset: Vec::new(),
            stdin: None,
            limit: DEFAULT_LIMIT,
            cap: DEFAULT_CAP,
            interruptible: false,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the child's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.set.push((name.into(), value.into()));
        self
    }

    /// Removes a variable of the runner's environment from the child's.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.unset.push(name.into());
        self
    }

    /// Bytes for the child's standard input; without them it reads end of file.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Time after which the child's group is ended.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Bytes kept of each output stream; the last ones are kept.
    #[must_use]
    pub fn cap(mut self, bytes: usize) -> Self {
        self.cap = bytes;
        self
    }

    /// Ends the child's group when the user interrupts laneway; the run is an error then. For what
    /// runs long and changes nothing that others see.
    #[must_use]
    pub fn interruptible(mut self) -> Self {
        self.interruptible = true;
        self
    }

    /// The program, for messages.
    #[must_use]
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// The directory the child starts in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Program and arguments in one line, for messages. Not a shell line.
    #[must_use]
    pub fn line(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.args);
        words
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }
}
