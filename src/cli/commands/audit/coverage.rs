//! `audit coverage`.

use laneway::contract::coverage::{CoverageView, severity};
use laneway::ops::coverage::{CoverageOutcome, covered};

use super::verify::ends;
use crate::cli::commands::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The commits of the target after A and up to B, `A..B` [default: since it was governed first]
    range: Option<String>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let (from, to) = match &args.range {
        Some(range) => ends(&site, range)?,
        None => (None, None),
    };
    let outcome = covered(&site, from, to)?;
    let reply = Reply::new(&CoverageView::from(&outcome), safe(&text(&outcome)));
    Ok(reply
        .negative(!outcome.holds())
        .ledger(ledger_at(&site, outcome.tip)))
}

fn text(outcome: &CoverageOutcome) -> String {
    let found = &outcome.coverage;
    let mut text = String::new();
    for one in &found.uncovered {
        let (commit, at, severity) = (one.commit.short(), one.at, severity(one.direct));
        text.push_str(&format!(
            "{severity}: {commit} {at} {}: {} ({} files)\n",
            one.author, one.subject, one.files
        ));
    }
    for (path, commit) in &found.files {
        let commit = commit.short();
        text.push_str(&format!("file without a task: {path}, last by {commit}\n"));
    }
    text.push_str(&format!(
        "{} commits of the target: {} of tasks, {} of rules and plan alone, {} outside of tasks \
         (`target.direct: {}`)\n",
        found.commits(),
        found.covered,
        found.governance,
        found.uncovered.len(),
        outcome.direct
    ));
    text
}
