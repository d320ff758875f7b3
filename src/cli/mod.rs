//! The command line: arguments to options, operations, outcomes to text or JSON. Holds no rule.

mod args;
mod commands;
mod demo;
mod failure;
mod render;
mod reply;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use laneway::env::Env;
use laneway::process::interrupt;

use args::Cli;
use reply::Reply;

/// Parses, runs, prints, and gives the exit code (DESIGN §6).
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let words: Vec<String> = std::env::args().skip(1).collect();
            let json = words.iter().any(|word| word == "--json");
            return render::usage(&error, json.then(|| verb_of(&words)));
        }
    };
    let env = match Env::of_process() {
        Ok(env) => env,
        Err(error) => return render::no_directory(&error),
    };
    let (command, global) = (cli.command, cli.global);
    let name = command.name();
    let screen = render::Screen::of(&env, &global);
    let result: Result<Reply, failure::Failure> = commands::run(&env, &global, &screen, command);
    screen.notes(&env.notices.take());
    let code = match result {
        Ok(reply) => screen.print(name, &reply),
        Err(failure) => {
            let words: Vec<String> = std::env::args().skip(1).collect();
            screen.print_failure(name, &failure.after(&words))
        }
    };
    // Also where it came too late to end anything: a shell in a loop must see that it is to stop.
    if let Some(signal) = interrupt::noted() {
        interrupt::obey(signal);
    }
    code
}

/// The verb that was meant by arguments that do not parse, as far as it can be told.
fn verb_of(words: &[String]) -> String {
    let mut command = Cli::command();
    let mut verb: Vec<&str> = Vec::new();
    for word in words {
        if let Some(below) = command.find_subcommand(word).cloned() {
            verb.push(word);
            command = below;
        }
    }
    verb.join(" ")
}
