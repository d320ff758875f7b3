use std::path::{Path, PathBuf};

use super::Context;
use crate::cli::demo::{Stage, play};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Play it in DIR, which must be empty or absent, and leave it there
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let started = context.env.clock.instant();
    let io = |path: &Path, error: &std::io::Error| {
        Failure::new(7, "io", format!("{}: {error}", path.display()))
    };
    let throw_away = tempfile::Builder::new().prefix("laneway-demo-").tempdir();
    let throw_away = throw_away.map_err(|error| io(Path::new("temporary directory"), &error))?;
    let root = match &args.keep {
        Some(dir) => {
            let dir = context.env.dir.join(dir);
            std::fs::create_dir_all(&dir).map_err(|error| io(&dir, &error))?;
            let mut entries = dir.read_dir().map_err(|error| io(&dir, &error))?;
            if entries.next().is_some() {
                let message = format!("{} is not empty", dir.display());
                return Err(Failure::usage(message));
            }
            dir
        }
        None => throw_away.path().to_owned(),
    };
    let mut stage = Stage::new(context.env, &root, context.screen)?;
    play(&mut stage)?;
    let mut told = stage.told;
    let seconds = (context.env.clock.instant() - started).as_secs();
    let mut text = format!("\nplayed in {seconds} s");
    if args.keep.is_some() {
        told.dir = Some(root.display().to_string());
        text.push_str(&format!(", left in {}", root.display()));
    }
    text.push('\n');
    Ok(Reply::new(&told, text))
}
