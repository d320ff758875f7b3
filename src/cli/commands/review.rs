use clap::builder::PossibleValuesParser;
use laneway::contract::review::ReviewView;
use laneway::domain::id::TaskId;
use laneway::domain::record::{Finding, Severity, Verdict};
use laneway::ops::Mutation;
use laneway::ops::review::{ReviewOptions, review};

use super::{Context, diff, ledger_after};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: TaskId,
    /// The verdict
    #[arg(long, value_parser = PossibleValuesParser::new(Verdict::ALL.iter().map(|v| v.word())))]
    verdict: String,
    /// What was found; SEVERITY is critical, major, minor or note; may be repeated
    #[arg(long = "finding", value_name = "SEVERITY:FILE:TEXT", value_parser = finding)]
    #[arg(required_unless_present = "no_findings")]
    findings: Vec<Finding>,
    /// Nothing was found
    #[arg(long, conflicts_with = "findings")]
    no_findings: bool,
    /// Whether the work is there, or only its design
    #[arg(long, value_enum, default_value_t = Completion::Implemented)]
    completion: Completion,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Completion {
    Implemented,
    DesignOnly,
}

fn finding(text: &str) -> Result<Finding, String> {
    let mut parts = text.splitn(3, ':').map(str::trim);
    let (Some(severity), Some(file), Some(said)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err("a finding is SEVERITY:FILE:TEXT".to_owned());
    };
    if Severity::from_word(severity).is_none() {
        let words: Vec<&str> = Severity::ALL.iter().map(|s| s.word()).collect();
        return Err(format!("the severity is one of {}", words.join(", ")));
    }
    if said.is_empty() {
        return Err("a finding says what was found".to_owned());
    }
    Ok(Finding {
        severity: severity.to_owned(),
        file: file.to_owned(),
        text: said.to_owned(),
        impact: None,
        fix: None,
    })
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let verdict = Verdict::from_word(&args.verdict)
        .ok_or_else(|| Failure::usage(format!("`{}` is no verdict", args.verdict)))?;
    let options = ReviewOptions {
        task: args.id.clone(),
        verdict,
        findings: args.findings.clone(),
        design_only: args.completion == Completion::DesignOnly,
        dry_run: args.dry.dry_run,
    };
    let mutation = review(&site, &options)?;
    let reply = Reply::new(
        &ReviewView::of(&options, &mutation),
        text(&options, &mutation),
    );
    Ok(reply.ledger(ledger_after(&site, &mutation)))
}

fn text(review: &ReviewOptions, mutation: &Mutation) -> String {
    if !mutation.carried_out {
        return diff(mutation);
    }
    let (task, status) = (&review.task, mutation.state(&review.task).status());
    format!("reviewed {task}: {}; it is {status}\n", review.verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_three_parts_and_its_text_may_hold_colons() {
        let found = finding("major: src/a.rs: leaks: see P1").unwrap();
        assert_eq!(found.severity, "major");
        assert_eq!(found.file, "src/a.rs");
        assert_eq!(found.text, "leaks: see P1");
        for wrong in ["major:src/a.rs", "huge:a:b", "major:a:", ""] {
            assert!(finding(wrong).is_err(), "{wrong}");
        }
    }
}
