use laneway::contract::status::StatusView;
use laneway::domain::id::TaskId;
use laneway::domain::state::{Claim, Status};
use laneway::ops::look::{StatusOutcome, status};
use laneway::ops::next::{Step, steps};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Recommend what to do next; changes nothing
    #[arg(long)]
    next: bool,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = status(&site)?;
    let next = args.next.then(|| steps(&site, &outcome)).transpose()?;
    let width = context.screen.width;
    let text = match &next {
        Some(steps) => recommended(steps),
        None => text(&outcome, width),
    };
    let reply = Reply::new(&StatusView::of(&outcome, next.as_deref()), text);
    let reply = if outcome.open_map {
        let map = "governance/identity-map.yaml";
        reply.note(format!(
            "the map is open: any name may do anything; close it in {map}"
        ))
    } else {
        reply
    };
    let (name, commit) = &outcome.ledger;
    Ok(reply.ledger(laneway::contract::LedgerView::new(name, *commit)))
}

fn text(outcome: &StatusOutcome, width: Option<u16>) -> String {
    let mut text = counts(outcome, width);
    section(
        &mut text,
        "lanes taken",
        &held(outcome, &outcome.lanes, width),
    );
    let expired = held(outcome, &outcome.expired, width);
    section(&mut text, "expired claims", &expired);
    let submitted = outcome.submitted.iter();
    let submitted = submitted.map(|(task, since)| {
        let late = outcome.late.get(task).map(super::review::late);
        let late = late.map(|late| format!(", review {late}"));
        format!("  {task} since {since}{}\n", late.unwrap_or_default())
    });
    section(&mut text, "submitted", &submitted.collect::<String>());
    let blocked = outcome.blocked.iter();
    let blocked = blocked.map(|(task, why)| format!("  {task}: {}\n", safe(why)));
    section(&mut text, "blocked", &blocked.collect::<String>());
    let gaps = outcome.gaps.iter();
    let gaps = gaps.map(|(task, gap)| format!("  {}\n", safe(&super::stage::gap_line(task, gap))));
    section(&mut text, "gaps", &gaps.collect::<String>());
    let exceptions = outcome.exceptions.iter().map(|(task, waiver)| {
        format!(
            "  {task}: {} until {}, exception {} approved by {}\n",
            waiver.gate, waiver.until, waiver.exception, waiver.by
        )
    });
    let exceptions: String = exceptions.collect();
    section(&mut text, "exceptions in force", &exceptions);
    let faults = outcome.faults.iter();
    let faults = faults.map(|fault| format!("  {}\n", safe(fault)));
    section(&mut text, "faults in the plan", &faults.collect::<String>());
    text
}

fn section(text: &mut String, heading: &str, body: &str) {
    if !body.is_empty() {
        text.push_str(&format!("\n{heading}\n{body}"));
    }
}

fn counts(outcome: &StatusOutcome, width: Option<u16>) -> String {
    let mut headings = vec!["role", "lanes free", "ready"];
    headings.extend(Status::ALL.iter().map(|status| status.word()));
    let mut table = Table::new(&headings, width);
    for (role, counts) in &outcome.counts {
        let ready = outcome.ready.get(role).copied().unwrap_or(0);
        let free = outcome.free.get(role);
        let free = free.map_or_else(|| "-".to_owned(), ToString::to_string);
        let mut row = vec![role.to_string(), free, ready.to_string()];
        for status in Status::ALL {
            row.push(counts.get(status).copied().unwrap_or(0).to_string());
        }
        table.row(row);
    }
    table.text()
}

fn held(outcome: &StatusOutcome, claims: &[(TaskId, Claim)], width: Option<u16>) -> String {
    if claims.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["lane", "task", "agent", "workstation", "left"], width);
    for (task, claim) in claims {
        table.row([
            claim.lane.to_string(),
            task.to_string(),
            claim.agent.to_string(),
            claim.workstation.to_string(),
            left(claim.expires_at.seconds() - outcome.now.seconds()),
        ]);
    }
    table.text()
}

/// Time left, in hours and minutes; how long ago it ended when there is none.
fn left(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let span = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    };
    if seconds < 0 {
        format!("ended {span} ago")
    } else {
        span
    }
}

fn recommended(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "nothing to do\n".to_owned();
    }
    let mut text = String::new();
    for step in steps {
        let role = step.role.as_ref().map(|role| format!("{role}: "));
        let role = role.unwrap_or_default();
        text.push_str(&format!(
            "{}\n  {role}{}\n",
            step.command,
            safe(&step.reason)
        ));
    }
    text
}
