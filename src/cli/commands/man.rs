use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap_mangen::Man;
use laneway::contract::manual::ManualView;

use super::Context;
use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the pages of all commands into DIR
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    match &args.dir {
        Some(dir) => pages(&context.env.dir.join(dir)).map_err(|error| io(dir, &error)),
        None => page().map_err(|error| io(Path::new("the page"), &error)),
    }
}

fn io(what: &Path, error: &std::io::Error) -> Failure {
    Failure::new(7, "io", format!("{}: {error}", what.display()))
}

fn page() -> std::io::Result<Reply> {
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let view = ManualView {
        page: Some(page.clone()),
        files: Vec::new(),
    };
    Ok(Reply::new(&view, page))
}

fn pages(dir: &Path) -> std::io::Result<Reply> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Cli::command(), dir)?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("laneway") && name.ends_with(".1") {
            files.push(name);
        }
    }
    files.sort();
    let text = format!("wrote {} pages into {}\n", files.len(), dir.display());
    let view = ManualView { page: None, files };
    Ok(Reply::new(&view, text).confirms(true))
}
