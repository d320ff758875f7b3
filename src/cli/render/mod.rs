//! The only printer: standard output is data, standard error is everything else.

mod brief;
mod page;
mod report;
mod shown;
mod table;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use laneway::contract::{Envelope, ErrorView, SCHEMA};
use laneway::env::Env;
use serde_json::Value;

use super::args::{Color, Global};
use super::failure::Failure;
use super::reply::Reply;
use shown::plain;

pub use brief::markdown;
pub use page::wrapped;
pub use report::findings;
pub use shown::{exact, safe};
pub use table::Table;

/// Where the answers go, and how wide and colourful they may be.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// One JSON object instead of text.
    pub json: bool,
    /// Only what was asked for.
    pub quiet: bool,
    /// Colour on standard output.
    pub color: bool,
    /// Colour on standard error.
    pub color_errors: bool,
    /// Columns of the terminal; none: not a terminal, nothing is cut.
    pub width: Option<u16>,
}

impl Screen {
    /// The screen of this process.
    pub fn of(env: &Env, global: &Global) -> Self {
        let plain = env.var("NO_COLOR").is_some() || env.var("TERM") == Some("dumb");
        let wanted = |terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !plain,
        };
        let terminal = std::io::stdout().is_terminal();
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
        let width = size.map(|size| size.ws_col).filter(|columns| *columns > 0);
        Self {
            json: global.json,
            quiet: global.quiet,
            color: wanted(terminal),
            color_errors: wanted(std::io::stderr().is_terminal()),
            width: width.filter(|_| terminal),
        }
    }

    /// Prints the answer of a command.
    pub fn print(&self, command: &str, reply: &Reply) -> ExitCode {
        let told = if self.json {
            let envelope = Envelope {
                schema: SCHEMA,
                command: command.to_owned(),
                ok: reply.code == 0,
                data: Some(reply.data.as_deref()),
                error: None,
                ledger: reply.ledger.clone(),
            };
            out(&json(&envelope))
        } else if self.quiet && reply.confirms && reply.code == 0 {
            Ok(())
        } else {
            out(&plain(&reply.text, self.color))
        };
        self.notes(&reply.notes);
        if let Err(error) = told {
            err(&format!(
                "error: done, but the answer could not be written: {error}\n"
            ));
            return ExitCode::from(7);
        }
        if let Some(begun) = &reply.begun {
            begun.end();
        }
        ExitCode::from(reply.code)
    }

    /// Prints remarks to standard error, unless silence was asked for.
    pub fn notes(&self, notes: &[String]) {
        if !self.quiet {
            for note in notes {
                err(&format!("note: {}\n", safe(note)));
            }
        }
    }

    /// Prints why a command failed.
    pub fn print_failure(&self, command: &str, failure: &Failure) -> ExitCode {
        if self.json {
            // The exit code says no all the same.
            drop(out(&json(&failed(command, failure))));
        } else {
            let text = report::failure(failure, self.color_errors);
            err(&plain(&text, self.color_errors));
        }
        ExitCode::from(failure.error.code)
    }

    /// Prints text to standard output ahead of the answer, unless programs read.
    pub fn say(&self, text: &str) {
        if !self.json {
            drop(out(&plain(text, self.color)));
        }
    }

    /// Says on standard error what is about to be done, also when programs read the answer.
    pub fn announce(&self, line: &str) {
        if !self.quiet {
            err(&format!("{}\n", safe(line)));
        }
    }

    /// Prints a line of progress to standard error, unless programs read or silence was asked for.
    pub fn progress(&self, line: &str) {
        if !self.quiet && !self.json {
            err(&format!("{}\n", safe(line)));
        }
    }
}

impl Screen {
    /// Asks a person a yes-or-no question on the terminal; anything but yes is no.
    pub fn confirms(&self, question: &str) -> bool {
        err(&format!("{} [y/N] ", safe(question)));
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        read.is_ok() && matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Whether there is somebody to ask.
    pub fn can_ask(&self, no_input: bool) -> bool {
        let terminals = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        terminals && !no_input && !self.json
    }
}

/// The envelope of a failure.
fn failed(command: &str, failure: &Failure) -> Envelope<Value> {
    Envelope {
        schema: SCHEMA,
        command: command.to_owned(),
        ok: false,
        data: None,
        error: Some(ErrorView::clone(&failure.error)),
        ledger: None,
    }
}

fn json<T: serde::Serialize>(envelope: &Envelope<T>) -> String {
    let mut text = exact(&serde_json::to_string(envelope).unwrap_or_default());
    text.push('\n');
    text
}

/// Prints what clap has to say: help and version are data, the rest is an error of use.
pub fn usage(error: &clap::Error, json_verb: Option<String>) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe is nobody's error.
        drop(error.print());
        return ExitCode::SUCCESS;
    }
    if let Some(verb) = json_verb {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let failure = Failure::usage(first.trim_start_matches("error: "));
        drop(out(&self::json(&failed(&verb, &failure))));
    } else {
        // Without colour: what was typed stands in the middle of it.
        err(&plain(&error.render().to_string(), false));
    }
    ExitCode::from(2)
}

/// The current directory is gone.
pub fn no_directory(error: &std::io::Error) -> ExitCode {
    err(&format!(
        "error: cannot tell the current directory: {error}\n"
    ));
    ExitCode::from(7)
}

fn out(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // A reader that went away is nobody's error.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn err(text: &str) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}
