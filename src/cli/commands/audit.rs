mod coverage;
mod replay;
mod verify;

use laneway::audit::attribution;
use laneway::contract::attribution::AttributionView;
use laneway::contract::evidence::DoubtsView;
use laneway::contract::overrides::OverridesView;
use laneway::domain::id::TaskId;
use laneway::ops::evidence::doubts;
use laneway::ops::overrides::{overrides, targets};

use super::{Context, attested, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Decide every ledger commit again, and name each that is not exactly what its request gives
    Verify(verify::Args),
    /// Show the queue as it was: tasks, holders, epochs, rules, law
    Replay(replay::Args),
    /// List the commits and files of the target that no task covers
    Coverage(coverage::Args),
    /// List where a person's word, or an agent's, stood in for a rule
    Overrides {
        /// The task [default: all]
        id: Option<TaskId>,
    },
    /// List every claim with what the identity map of its moment said, and name silent failures
    Attribution {
        /// The task [default: all]
        id: Option<TaskId>,
    },
    /// List every doubt about what shows that work is right
    Evidence {
        /// The task [default: all]
        id: Option<TaskId>,
    },
}

impl Args {
    /// The name of the command, as in answers.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Verify(_) => "audit",
            What::Replay(_) => "audit replay",
            What::Coverage(_) => "audit coverage",
            What::Overrides { .. } => "audit overrides",
            What::Attribution { .. } => "audit attribution",
            What::Evidence { .. } => "audit evidence",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    match &args.what {
        What::Verify(args) => verify::run(context, args),
        What::Replay(args) => replay::run(context, args),
        What::Coverage(args) => coverage::run(context, args),
        What::Overrides { id } => run_overrides(context, id.as_ref()),
        What::Attribution { id } => run_attribution(context, id.as_ref()),
        What::Evidence { id } => run_evidence(context, id.as_ref()),
    }
}

fn run_evidence(context: &Context<'_>, only: Option<&TaskId>) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = doubts(&site, only)?;
    let mut text = String::new();
    for (task, doubts) in &outcome.tasks {
        for doubt in doubts {
            let record = doubt.record.map(|n| format!(" record {n}"));
            let record = record.unwrap_or_default();
            text.push_str(&format!(
                "{task}{record} {}: {}\n",
                doubt.reason, doubt.message
            ));
        }
    }
    let count: usize = outcome.tasks.iter().map(|(_, doubts)| doubts.len()).sum();
    text.push_str(&format!(
        "tasks {}, doubts {count} about {} of them\n",
        outcome.looked_at,
        outcome.tasks.len()
    ));
    let reply = Reply::new(&DoubtsView::from(&outcome), safe(&text));
    Ok(reply
        .negative(count > 0)
        .ledger(ledger_at(&site, outcome.tip)))
}

fn run_overrides(context: &Context<'_>, only: Option<&TaskId>) -> Result<Reply, Failure> {
    let site = context.site()?;
    let told = overrides(&site, only)?;
    let gone_on_with = match only {
        Some(_) => Vec::new(),
        None => targets(&site)?,
    };
    let view = OverridesView::of(&told, &gone_on_with);
    let mut table = Table::new(
        &["when", "task", "what", "by", "answered for by", "fact"],
        context.screen.width,
    );
    for one in &view.overrides {
        table.row([
            one.at.clone(),
            format!("{}#{}", one.task, one.number),
            one.what.clone(),
            attested(&one.by, one.level.as_deref()),
            attested(&one.approved_by, one.approved_level.as_deref()),
            one.fact.clone(),
        ]);
    }
    for (one, view) in gone_on_with.iter().zip(&view.targets) {
        let fact = format!(
            "{}, given up for {}; {} commits were judged by rules that it has not: {}",
            one.given_up.short(),
            one.target.short(),
            one.judged,
            one.reason
        );
        table.row([
            view.at.clone(),
            one.commit.short(),
            "target".to_owned(),
            attested(&view.by, Some(&view.level)),
            attested(&view.by, Some(&view.level)),
            fact,
        ]);
    }
    let text = match view.overrides.is_empty() && view.targets.is_empty() {
        true => "nothing was overruled\n".to_owned(),
        false => table.text(),
    };
    Ok(Reply::new(&view, text).ledger(ledger_at(&site, site.ledger.tip()?)))
}

fn run_attribution(context: &Context<'_>, only: Option<&TaskId>) -> Result<Reply, Failure> {
    let site = context.site()?;
    let mut walk = attribution(&site.ledger, only)?;
    let claims = walk.by_ref().collect::<Result<Vec<_>, _>>()?;
    let findings = walk.finish()?;
    let headings = [
        "when",
        "task",
        "epoch",
        "agent",
        "workstation",
        "lane",
        "rules",
        "map",
        "shown",
    ];
    let mut table = Table::new(&headings, context.screen.width);
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    for claim in &claims {
        table.row([
            claim.at.to_string(),
            claim.task.to_string(),
            text(claim.epoch.map(|epoch| epoch.to_string())),
            claim.agent.to_string(),
            text(claim.workstation.as_ref().map(ToString::to_string)),
            text(claim.lane.as_ref().map(ToString::to_string)),
            text(claim.rules.map(|rules| rules.short())),
            claim.listed.word().to_owned(),
            claim.level.to_string(),
        ]);
    }
    let mut shown = match claims.is_empty() {
        true => "nothing was claimed\n".to_owned(),
        false => table.text(),
    };
    for silent in &findings {
        let commit = silent.commit.map(|commit| format!(" {}", commit.short()));
        let task = silent.task.as_ref().map(|task| format!(" {task}"));
        shown.push_str(&format!(
            "{}{}{}: {}\n",
            silent.fault,
            task.unwrap_or_default(),
            commit.unwrap_or_default(),
            safe(&silent.message)
        ));
    }
    let counted = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    shown.push_str(&format!(
        "{}, {}\n",
        counted(claims.len(), "claim"),
        counted(findings.len(), "finding")
    ));
    let reply = Reply::new(&AttributionView::of(&claims, &findings), shown);
    Ok(reply
        .negative(!findings.is_empty())
        .ledger(ledger_at(&site, site.ledger.tip()?)))
}
