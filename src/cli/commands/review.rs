use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use laneway::contract::review::{FormView, ReviewAnswer, ReviewView};
use laneway::domain::id::{ObjectId, TaskId, WorkstationName};
use laneway::domain::record::{Finding, Severity, Verdict};
use laneway::ops::artifact::{read_form, review_form};
use laneway::ops::late::LateReview;
use laneway::ops::review::{ReviewOptions, review};
use laneway::ops::{Mutation, OpError, Site};

use super::{Context, diff, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: TaskId,
    /// The verdict
    #[arg(long, value_parser = PossibleValuesParser::new(Verdict::ALL.iter().map(|v| v.word())))]
    #[arg(required_unless_present_any = ["form", "from"])]
    verdict: Option<String>,
    /// Print the review response of what is handed off, to be filled in
    #[arg(long, conflicts_with_all = ["verdict", "from", "findings", "no_findings"])]
    form: bool,
    /// Give the verdict that FILE says, a form that is filled in
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["verdict", "findings", "no_findings", "residual", "approves", "commit"])]
    from: Option<PathBuf>,
    /// What was found; SEVERITY is critical, major, minor or note; TEXT may go on with
    /// `; impact: …` and `; fix: …`; may be repeated
    #[arg(long = "finding", value_name = "SEVERITY:FILE:TEXT", value_parser = finding)]
    findings: Vec<Finding>,
    /// Nothing was found
    #[arg(long, conflicts_with = "findings")]
    no_findings: bool,
    /// A risk that is left [default: none]; may be repeated
    #[arg(long = "residual", value_name = "TEXT")]
    residual: Vec<String>,
    /// Approve the change of PATH by name: a deleted or shrunk test; may be repeated
    #[arg(long = "approve", value_name = "PATH")]
    approves: Vec<String>,
    /// Where it was judged [default: where the map routes you to, if that is one]
    #[arg(long, value_name = "WS")]
    workstation: Option<WorkstationName>,
    /// The commit that was judged [default: what is handed off now]
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
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
    let Some(severity) = Severity::from_word(severity) else {
        let words: Vec<&str> = Severity::ALL.iter().map(|s| s.word()).collect();
        return Err(format!("the severity is one of {}", words.join(", ")));
    };
    let (said, impact, fix) = parts_of(said);
    for part in [Some(said), impact, fix].into_iter().flatten() {
        if part.is_empty() {
            return Err("a finding says what was found, and nothing empty beside it".to_owned());
        }
    }
    Ok(Finding {
        impact: impact.map(str::to_owned),
        fix: fix.map(str::to_owned),
        ..Finding::new(severity, file, said)
    })
}

/// The text of a finding, what follows `; impact:` and what follows `; fix:`, in either order.
fn parts_of(said: &str) -> (&str, Option<&str>, Option<&str>) {
    let [impact, fix] = ["; impact:", "; fix:"].map(|marker| {
        let start = said.find(marker)?;
        Some((start, start + marker.len()))
    });
    let end_of = |from: usize| {
        let starts = [impact, fix].into_iter().flatten().map(|(start, _)| start);
        starts
            .filter(|start| *start >= from)
            .min()
            .unwrap_or(said.len())
    };
    let part = |marker: Option<(usize, usize)>| {
        let (_, from) = marker?;
        Some(said[from..end_of(from)].trim())
    };
    (said[..end_of(0)].trim(), part(impact), part(fix))
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    if args.form {
        let form = review_form(&site, &args.id)?;
        let answer = ReviewAnswer::Form(FormView::from(&form));
        return Ok(Reply::new(&answer, safe(&form.text)).ledger(ledger_at(&site, form.tip)));
    }
    let options = match &args.from {
        Some(path) => said_in(&site, args, path)?,
        None => options(&site, args)?,
    };
    let outcome = review(&site, &options)?;
    let view = ReviewView::of(&options, &outcome);
    let mut reply = Reply::new(
        &ReviewAnswer::Judged(Box::new(view)),
        text(&options, &outcome.mutation),
    );
    reply.notes.clone_from(&outcome.notes);
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn options(site: &Site, args: &Args) -> Result<ReviewOptions, Failure> {
    let word = args.verdict.as_deref().unwrap_or_default();
    let verdict = Verdict::from_word(word)
        .ok_or_else(|| Failure::usage(format!("`{word}` is no verdict")))?;
    if args.findings.is_empty() && !args.no_findings {
        return Err(nothing_said(verdict));
    }
    let commit = args.commit.as_deref();
    Ok(ReviewOptions {
        task: args.id.clone(),
        verdict,
        commit: commit.map(|text| commit_of(site, text)).transpose()?,
        findings: args.findings.clone(),
        residual: args.residual.clone(),
        approves: args.approves.clone(),
        design_only: args.completion == Completion::DesignOnly,
        workstation: args.workstation.clone(),
        dry_run: args.dry.dry_run,
    })
}

/// A verdict without a word on what was found.
fn nothing_said(verdict: Verdict) -> Failure {
    Failure::usage(match verdict {
        Verdict::Accept => "accept says `--no-findings`, or what was found: `--finding \
                            'minor:src/a.rs:what'`"
            .to_owned(),
        other => format!(
            "{other} says what was found: `--finding 'major:src/a.rs:what; impact: …; fix: …'`"
        ),
    })
}

/// What a form says that is filled in.
fn said_in(site: &Site, args: &Args, path: &Path) -> Result<ReviewOptions, Failure> {
    let form = read_form(site, path)?;
    let shown = path.display();
    if form.task != args.id {
        let message = format!("{shown} is the review of {}, not of {}", form.task, args.id);
        return Err(Failure::usage(message));
    }
    let Some(verdict) = form.verdict else {
        let words: Vec<&str> = Verdict::ALL.iter().map(|v| v.word()).collect();
        let message = format!("{shown} has no `verdict` yet: {}", words.join(", "));
        return Err(Failure::usage(message));
    };
    if form.findings.is_empty() != form.no_findings {
        return Err(Failure::usage(format!(
            "{shown} says `findings`, or `no_findings: true`: one of them"
        )));
    }
    Ok(ReviewOptions {
        task: form.task,
        verdict,
        commit: Some(form.commit),
        findings: form.findings,
        residual: form.residual,
        approves: form.approves,
        design_only: form.design_only || args.completion == Completion::DesignOnly,
        workstation: args.workstation.clone().or(form.workstation),
        dry_run: args.dry.dry_run,
    })
}

fn commit_of(site: &Site, text: &str) -> Result<ObjectId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let named = site.repo().commit_named(text).map_err(OpError::from)?;
    named.ok_or_else(|| Failure::usage(format!("`{text}` names no commit of this repository")))
}

fn text(review: &ReviewOptions, mutation: &Mutation) -> String {
    if !mutation.carried_out {
        return diff(mutation);
    }
    let (task, status) = (&review.task, mutation.state(&review.task).status());
    format!("reviewed {task}: {}; it is {status}\n", review.verdict)
}

/// `stale since …; by D-arch`.
pub(super) fn late(review: &LateReview) -> String {
    let roles: Vec<&str> = review.reviewers.iter().map(|role| role.as_str()).collect();
    let by = match roles.as_slice() {
        [] => "anybody else who may review".to_owned(),
        roles => roles.join(", "),
    };
    let late = review.late;
    format!("{} since {}; by {by}", late.lateness, late.since)
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
        let found = finding("minor:a: b; fix: cap it; impact: hammers; the API").unwrap();
        assert_eq!(found.text, "b");
        assert_eq!(found.impact.as_deref(), Some("hammers; the API"));
        assert_eq!(found.fix.as_deref(), Some("cap it"));
        for wrong in [
            "major:a:b; fix:",
            "major:src/a.rs",
            "huge:a:b",
            "major:a:",
            "",
        ] {
            assert!(finding(wrong).is_err(), "{wrong}");
        }
    }
}
