use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use laneway::contract::own::ChangedView;
use laneway::domain::id::{ObjectId, TaskId};
use laneway::domain::task::Tier;
use laneway::domain::time::Timestamp;
use laneway::ops::evidence::{AttestOptions, attest};

use super::{Context, diff};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// The class of evidence it is; of one's own work no more than source_trace counts
    #[arg(long)]
    #[arg(value_parser = PossibleValuesParser::new(Tier::ALL.iter().map(|tier| tier.word()))
        .map(|word| Tier::from_word(&word).unwrap_or(Tier::SelfReported)))]
    class: Tier,
    /// What was done and what was seen
    #[arg(long)]
    text: String,
    /// A line of the commit, which git is asked for; may be repeated
    #[arg(long = "anchor", value_name = "PATH:LINE", value_parser = anchor)]
    anchors: Vec<(String, u32)>,
    /// A file that shows it; its digest and size are taken now; may be repeated
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// When it was seen (RFC 3339)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// The commit it speaks of [default: what is handed off, else the tip of the lane's branch]
    #[arg(long, value_name = "SHA")]
    commit: Option<ObjectId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

fn anchor(text: &str) -> Result<(String, u32), String> {
    let parts = text.rsplit_once(':');
    let known = parts.and_then(|(path, line)| Some((path, line.parse::<u32>().ok()?)));
    match known {
        Some((path, line)) if !path.is_empty() && line > 0 => Ok((path.to_owned(), line)),
        _ => Err("a path, a colon and a line from 1, such as `src/retry.rs:42`".to_owned()),
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = AttestOptions {
        task: args.id.clone(),
        class: args.class,
        text: args.text.clone(),
        anchors: args.anchors.clone(),
        files: args.files.clone(),
        observed_at: args.at,
        commit: args.commit,
        dry_run: args.dry.dry_run,
    };
    let outcome = attest(&site, &options)?;
    let text = if outcome.mutation.carried_out {
        let ids: Vec<String> = outcome.tasks.iter().map(ToString::to_string).collect();
        format!("recorded what was seen of {}\n", ids.join(", "))
    } else {
        diff(&outcome.mutation)
    };
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
