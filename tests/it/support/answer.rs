use serde_json::Value;

/// What a command said.
#[derive(Debug)]
pub struct Answer {
    /// What was typed.
    pub line: String,
    /// Its exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// Standard output, as it came.
    pub stdout: String,
    /// Standard error, as it came.
    pub stderr: String,
}

impl Answer {
    /// Fails unless the command ended with this exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        let Self {
            line,
            stdout,
            stderr,
            ..
        } = &self;
        assert_eq!(self.exit, Some(code), "$ {line}\n{stdout}{stderr}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    #[allow(dead_code, reason = "for tests that look at one value")]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}
