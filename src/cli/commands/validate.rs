use std::path::PathBuf;

use laneway::contract::findings;
use laneway::contract::validate::ValidateView;
use laneway::domain::rules::Severity;
use laneway::ledger::{Ledger, LedgerError};
use laneway::ops::validate::{Options, Report, Source, validate};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or directories [default: all of `governance/`]
    #[arg(conflicts_with_all = ["staged", "commit"])]
    paths: Vec<PathBuf>,
    /// What is staged, for a pre-commit hook
    #[arg(long, conflicts_with = "commit")]
    staged: bool,
    /// The tree of a commit
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, with the lines of source
    Human,
    /// What `--json` has as `data`
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
    /// A code quality report of GitLab
    Gitlab,
    /// JUnit XML
    Junit,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let dir = context.global.dir.as_deref();
    let (repo, _) = laneway::ops::repository(context.env, dir)?;
    // A repository without a ledger has rules and plan all the same.
    let ledger = match Ledger::open(repo.clone(), context.env, context.global.ledger.as_ref()) {
        Ok(ledger) => Some(ledger),
        Err(LedgerError::NoLedger) => None,
        Err(error) => return Err(error.into()),
    };
    let source =
        match &args.commit {
            Some(rev) => Source::Commit(repo.commit_named(rev)?.ok_or_else(|| {
                Failure::usage(format!("`{}` names no commit", rev.escape_debug()))
            })?),
            None if args.staged => {
                let index = context
                    .env
                    .var("GIT_INDEX_FILE")
                    .map(|path| context.env.dir.join(path));
                Source::Staged { index }
            }
            None => {
                let base = match dir {
                    Some(dir) => context.env.dir.join(dir),
                    None => context.env.dir.clone(),
                };
                Source::WorkTree {
                    paths: args.paths.iter().map(|path| base.join(path)).collect(),
                }
            }
        };
    let report = validate(
        &repo,
        ledger.as_ref(),
        &Options {
            source,
            with_ledger: true,
        },
    )?;
    let view = ValidateView::from(&report);
    let text = match args.format {
        Format::Human => text(&report, context.screen.color),
        Format::Json => serde_json::to_string(&view).unwrap_or_default() + "\n",
        Format::Sarif => findings::sarif(&report),
        Format::Github => findings::github(&report),
        Format::Gitlab => findings::gitlab(&report),
        Format::Junit => findings::junit(&report),
    };
    Ok(Reply::new(&view, text).negative(!report.is_sound()))
}

fn text(report: &Report, color: bool) -> String {
    let mut text: String = report
        .files
        .iter()
        .map(|file| render::findings(file, color))
        .collect();
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    text.push_str(&format!(
        "{} read: {}, {}\n",
        count(report.checked, "file"),
        count(errors, "error"),
        count(warnings, "warning")
    ));
    text
}
