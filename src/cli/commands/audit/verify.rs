//! `audit verify`.

use laneway::audit::{AuditError, Difference};
use laneway::contract::audit::AuditView;
use laneway::domain::id::ObjectId;
use laneway::ops::Site;
use laneway::ops::verify::{VerifyOptions, VerifyOutcome, verify_history};

use crate::cli::commands::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The ledger commits after A and up to B, `A..B`; without A from the first, without B to the
    /// last [default: all]
    range: Option<String>,
    /// Begin after this ledger commit
    #[arg(long, value_name = "COMMIT", conflicts_with = "range")]
    from: Option<ObjectId>,
    /// Decide again what an earlier run of yours has decided, too
    #[arg(long, conflicts_with_all = ["range", "from"])]
    all: bool,
}

/// The two ends of a range of ledger commits.
pub(super) fn ends(
    site: &Site,
    range: &str,
) -> Result<(Option<ObjectId>, Option<ObjectId>), Failure> {
    let usage = || {
        let range = range.escape_debug();
        Failure::usage(format!("`{range}` is no range of commits"))
            .hint("write `A..B`, `A..` or `..B`; one commit alone is `COMMIT^..COMMIT`")
    };
    let (from, to) = range.split_once("..").ok_or_else(usage)?;
    if to.starts_with('.') {
        return Err(usage());
    }
    let end = |name: &str| match name {
        "" => Ok(None),
        name => {
            let known = site.repo().commit_named(name)?;
            known
                .map(Some)
                .ok_or_else(|| Failure::usage(format!("`{}` names no commit", name.escape_debug())))
        }
    };
    Ok((end(from)?, end(to)?))
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let (from, to) = match &args.range {
        Some(range) => ends(&site, range)?,
        None => (args.from, None),
    };
    let options = VerifyOptions {
        from,
        to,
        all: args.all,
    };
    let outcome = verify_history(&site, &options, &mut |done, total| {
        let text = format!("{done} of {total} ledger commits decided again");
        context.screen.progress(&text);
    });
    let outcome = outcome.map_err(|error| match error {
        AuditError::Ledger(error) => Failure::from(error),
        error => Failure::usage(error.to_string()),
    })?;
    let text = safe(&text(&site, &outcome));
    let reply = Reply::new(&AuditView::from(&outcome), text);
    Ok(reply
        .negative(!outcome.holds())
        .ledger(ledger_at(&site, outcome.tip)))
}

fn text(site: &Site, outcome: &VerifyOutcome) -> String {
    let mut text = String::new();
    if let Some(lost) = &outcome.rewritten {
        text.push_str(&format!(
            "rewritten: the ledger no longer holds {}, up to which {} commits were decided here \
             before; a person who goes on with it says `laneway doctor --accept-ledger COMMIT`, then \
             `laneway audit verify --all`\n",
            lost.commit, lost.count
        ));
    }
    if let (Some(lost), None) = (outcome.lost, &outcome.rewritten) {
        text.push_str(&format!(
            "rewritten: the ledger no longer holds {lost}, which was seen here; a person who goes on \
             with it says `laneway doctor --accept-ledger COMMIT`\n"
        ));
    }
    for verdict in &outcome.differing {
        if let Some(difference) = &verdict.difference {
            let op = verdict.op.unwrap_or("unknown");
            let commit = verdict.commit.short();
            text.push_str(&format!("{commit} ({op}): {difference}\n"));
        }
    }
    let remembered = outcome.remembered.as_ref().map_or(0, |known| known.count);
    let total = remembered + outcome.decided;
    let differ = outcome.differing.len();
    text.push_str(&format!("{total} ledger commits, {differ} differ\n"));
    if remembered > 0 {
        let decided = outcome.decided;
        text.push_str(&format!(
            "{remembered} remembered, {decided} decided again; `--all` decides all\n"
        ));
    }
    let levels = outcome.levels.iter().rev();
    let levels: Vec<String> = levels.map(|(level, n)| format!("{n} {level}")).collect();
    if !levels.is_empty() {
        text.push_str(&format!("who made them: {}\n", levels.join(", ")));
    }
    let differs = |is: fn(&Difference) -> bool| {
        let mut all = outcome.differing.iter();
        all.any(|verdict| verdict.difference.as_ref().is_some_and(is))
    };
    if differs(|difference| matches!(difference, Difference::MissingRules(_))) {
        let refs = "refs/laneway/kept/*:refs/laneway/kept/*";
        text.push_str(&format!(
            "the rules of a target that was given up are kept in the clone that said `laneway doctor \
             --accept-target`: `git fetch CLONE '{refs}'`\n"
        ));
    }
    if differs(|difference| matches!(difference, Difference::Missing(_))) {
        let refs = "refs/laneway/work/*:refs/laneway/work/*";
        text.push_str(&match site.ledger.remote() {
            Some(remote) => format!("the work can be fetched: `git fetch {remote} '{refs}'`\n"),
            None => {
                format!("the work is in the clone it was made in: `git fetch CLONE '{refs}'`\n")
            }
        });
    }
    text
}
