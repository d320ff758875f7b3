use clap::CommandFactory as _;
use clap_complete::Shell;
use laneway::contract::manual::CompletionsView;

use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: &Args) -> Result<Reply, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "laneway", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let view = CompletionsView {
        shell: args.shell.to_string(),
        script: script.clone(),
    };
    Ok(Reply::new(&view, script))
}
