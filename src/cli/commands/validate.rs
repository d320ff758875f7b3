use std::path::PathBuf;

use laneway::contract::findings;
use laneway::contract::validate::ValidateView;
use laneway::domain::hygiene::starred;
use laneway::domain::rules::Severity;
use laneway::ledger::{Ledger, LedgerError};
use laneway::ops::validate::{Fixed, Options, Report, Source, fix, validate, validate_beside};

use super::{Context, diff_of};
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
    /// Mend what can only have meant one thing, in the working tree: slips of the pen in keys, items
    /// that are there twice, keys of the tool that say nothing
    #[arg(long, conflicts_with_all = ["staged", "commit"])]
    fix: bool,
    /// With `--fix`: change nothing, show the difference
    #[arg(long, requires = "fix")]
    dry_run: bool,
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
    let opened = Ledger::open(repo.clone(), context.env, context.global.ledger.as_ref());
    let (ledger, marker) = match opened {
        Ok(ledger) => (Some(ledger), None),
        Err(LedgerError::NoLedger) => (None, None),
        Err(LedgerError::BadFile(marker)) if !args.fix => (None, Some(marker)),
        Err(error) => return Err(error.into()),
    };
    let base = match dir {
        Some(dir) => context.env.dir.join(dir),
        None => context.env.dir.clone(),
    };
    let paths: Vec<PathBuf> = args.paths.iter().map(|path| base.join(path)).collect();
    if args.fix {
        let fixed = fix(&repo, ledger.as_ref(), paths, args.dry_run)?;
        let view = ValidateView::from(&fixed);
        let told = match args.format {
            Format::Human if args.dry_run => starred(&diff_of(&fixed.files)).into_owned(),
            Format::Human => mended(&fixed),
            _ => String::new(),
        };
        let text = told + &formatted(context, args.format, &fixed.report, &view);
        return Ok(Reply::new(&view, text).negative(!fixed.report.is_sound()));
    }
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
            None => Source::WorkTree { paths },
        };
    let options = Options {
        source,
        with_ledger: true,
    };
    let report = match marker {
        Some(marker) => validate_beside(&repo, &marker, &options)?,
        None => validate(&repo, ledger.as_ref(), &options)?,
    };
    let view = ValidateView::from(&report);
    let text = formatted(context, args.format, &report, &view);
    Ok(Reply::new(&view, text).negative(!report.is_sound()))
}

fn formatted(
    context: &Context<'_>,
    format: Format,
    report: &Report,
    view: &ValidateView,
) -> String {
    match format {
        Format::Human => text(report, context.screen.color),
        Format::Json => render::exact(&serde_json::to_string(view).unwrap_or_default()) + "\n",
        Format::Sarif => render::exact(&findings::sarif(report)),
        Format::Github => findings::github(report),
        Format::Gitlab => render::exact(&findings::gitlab(report)),
        Format::Junit => findings::junit(report),
    }
}

/// What was mended, a line each.
fn mended(fixed: &Fixed) -> String {
    let mends = fixed.mends.iter();
    let lines = mends.flat_map(|(file, mends)| {
        mends.iter().map(move |mend| {
            let place = format!("{file}:{}:{}", mend.line, mend.column);
            render::safe(&format!("fixed {place}: {}", mend.message)) + "\n"
        })
    });
    lines.collect()
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
