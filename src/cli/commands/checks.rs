//! How running checks are shown: no verb of its own, what `check` and `merge` share.

use laneway::checks::Progress;
use laneway::domain::record::CheckRun;

use crate::cli::render::{Screen, safe};

/// Tells on standard error which command runs and how it ended; with `output` also what it says.
pub fn progress(screen: &Screen, output: bool) -> impl FnMut(Progress<'_>) {
    let screen = *screen;
    move |progress| match progress {
        Progress::Started {
            number,
            of,
            command,
        } => screen.progress(&format!("check {number}/{of}: {command}")),
        Progress::Output(bytes) if output => {
            screen.progress(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        }
        Progress::Output(_) => {}
        Progress::Finished {
            run,
            timed_out,
            left_open,
        } => {
            let left = if left_open {
                "; something it started still runs"
            } else {
                ""
            };
            let how = if timed_out {
                "ended at the time limit".to_owned()
            } else {
                ending(run)
            };
            screen.progress(&format!("  {how} after {} ms{left}", run.millis));
        }
    }
}

/// The commands that a rehearsal would run.
pub fn would_run(commands: &[String]) -> String {
    let lines = commands
        .iter()
        .map(|command| format!("would run: {}\n", safe(command)));
    lines.collect()
}

/// Each command that failed, with the end of its output.
pub fn failures(runs: &[CheckRun]) -> String {
    let mut text = String::new();
    for run in runs.iter().filter(|run| !run.passed()) {
        text.push_str(&format!("{}: {}\n", ending(run), safe(&run.command)));
        for line in run.tail.lines() {
            text.push_str(&format!("  | {}\n", safe(line)));
        }
    }
    text
}

fn ending(run: &CheckRun) -> String {
    match run.exit {
        Some(0) => "passed".to_owned(),
        Some(code) => format!("failed with exit code {code}"),
        None => "failed: ended by a signal or the time limit".to_owned(),
    }
}
