use laneway::contract::stage::StageView;
use laneway::domain::id::{TaskId, WorkstationName};
use laneway::domain::progress::{Gap, Proposal};
use laneway::domain::request::StageAct;
use laneway::domain::stage::Stage;
use laneway::domain::time::Timestamp;
use laneway::ops::Mutation;
use laneway::ops::stage::{StageOutcome, StageRow, Staged, act, list, show};

use super::{Context, diff, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("act").multiple(false))]
pub struct Args {
    /// The task [default: the lane's; elsewhere all with a stage contract]
    id: Option<TaskId>,
    /// Show all tasks with a stage contract, also in a lane
    #[arg(long, conflicts_with_all = ["id", "act"])]
    all: bool,
    /// Pass a stage: resource, plan or plan_review
    #[arg(long, value_name = "STAGE", value_parser = stage, group = "act")]
    pass: Option<Stage>,
    /// Approve a stage, as a person
    #[arg(long, value_name = "STAGE", value_parser = stage, group = "act")]
    approve: Option<Stage>,
    /// Pause the task: something is missing
    #[arg(long, group = "act", requires = "reason")]
    pause: bool,
    /// Go on with a paused task
    #[arg(long, group = "act")]
    resume: bool,
    /// Where the stage was passed
    #[arg(long, value_name = "WS", requires = "pass")]
    workstation: Option<WorkstationName>,
    /// What shows that the stage was passed, or why it is approved
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["pause", "resume"])]
    note: Option<String>,
    /// Why it is paused or resumed
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["pass", "approve"])]
    reason: Option<String>,
    /// Propose another machine
    #[arg(long, value_name = "WS", requires = "pause")]
    propose: Option<WorkstationName>,
    /// Wait until then; afterwards the pause is over
    #[arg(
        long,
        value_name = "TIME",
        requires = "pause",
        conflicts_with = "propose"
    )]
    defer_until: Option<Timestamp>,
    /// Go on with the machine that was proposed
    #[arg(long, requires = "resume")]
    accept: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

fn stage(text: &str) -> Result<Stage, String> {
    Stage::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = Stage::ALL.iter().map(|stage| stage.word()).collect();
        format!("one of {}", words.join(", "))
    })
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let id = args.id.as_ref();
    let Some(wish) = wish(args) else {
        let all = args.all || (id.is_none() && site.binding.is_none());
        let outcome = if all { list(&site)? } else { show(&site, id)? };
        let reply = Reply::new(&StageView::of(&outcome, None), text(context, &outcome));
        return Ok(reply.ledger(ledger_at(&site, outcome.tip)));
    };
    let done = act(&site, id, wish, args.dry.dry_run)?;
    let mutation = &done.mutation;
    let outcome = show(&site, done.tasks.first())?;
    let text = if mutation.carried_out {
        let said = said(args, mutation, &outcome);
        format!("{said}\n{}", text(context, &outcome))
    } else {
        diff(mutation)
    };
    let reply = Reply::new(&StageView::of(&outcome, Some(mutation)), text);
    Ok(reply.carried_out(&site, mutation))
}

fn wish(args: &Args) -> Option<StageAct> {
    let note = args.note.clone();
    if let Some(stage) = args.pass {
        let workstation = args.workstation.clone();
        return Some(StageAct::Pass {
            stage,
            workstation,
            note,
        });
    }
    if let Some(stage) = args.approve {
        return Some(StageAct::Approve { stage, note });
    }
    if args.pause {
        let machine = args.propose.clone().map(Proposal::Workstation);
        return Some(StageAct::Pause {
            reason: args.reason.clone().unwrap_or_default(),
            proposal: machine.or(args.defer_until.map(Proposal::Until)),
        });
    }
    args.resume.then(|| StageAct::Resume {
        reason: args.reason.clone(),
        accept: args.accept,
    })
}

/// What was done, in one line.
fn said(args: &Args, mutation: &Mutation, outcome: &StageOutcome) -> String {
    let id = outcome
        .tasks
        .first()
        .map(|staged| staged.row.task.id.to_string());
    let id = id.unwrap_or_default();
    if mutation.change.is_empty() {
        return format!("nothing to do: {id} was so before\n");
    }
    match (args.pass, args.approve) {
        (Some(stage), _) => format!("passed {stage} of {id}\n"),
        (_, Some(stage)) => format!("approved {stage} of {id}\n"),
        _ if args.pause => {
            let claim = outcome
                .tasks
                .first()
                .and_then(|staged| staged.row.state.claim());
            let goes_on = claim.map(|claim| {
                format!(
                    ": new claims stop, and {} goes on with the one it has",
                    claim.agent
                )
            });
            format!("paused {id}{}\n", goes_on.unwrap_or_default())
        }
        _ => format!("resumed {id}\n"),
    }
}

fn text(context: &Context<'_>, outcome: &StageOutcome) -> String {
    if outcome.one {
        let mut pages = outcome.tasks.iter().map(|staged| page(context, staged));
        return pages.next().unwrap_or_default();
    }
    let mut text = String::new();
    if !outcome.gaps.is_empty() {
        text.push_str("gaps\n");
        for (id, gap) in &outcome.gaps {
            text.push_str(&format!("  {}\n", safe(&gap_line(id, gap))));
        }
        text.push('\n');
    }
    if outcome.tasks.is_empty() {
        text.push_str("no open task has a stage contract\n");
        return text;
    }
    let mut table = Table::new(
        &["id", "status", "stage", "state", "agent", "title"],
        context.screen.width,
    );
    for staged in &outcome.tasks {
        let turn = staged
            .stages
            .iter()
            .find(|row| matches!(row.status.word(), "next" | "blocked"));
        table.row([
            staged.row.task.id.to_string(),
            staged.row.state.status().to_string(),
            turn.map_or_else(|| "-".to_owned(), |row| row.stage.to_string()),
            turn.map_or_else(String::new, |row| row.status.to_string()),
            turn.map_or_else(String::new, agents),
            staged.row.task.title.clone(),
        ]);
    }
    text + &table.text()
}

/// The gap of a task in one line.
pub(super) fn gap_line(id: &TaskId, gap: &Gap) -> String {
    let way = match &gap.proposal {
        None => String::new(),
        Some(Proposal::Workstation(name)) => format!(", proposes {name}"),
        Some(Proposal::Until(until)) => format!(", deferred until {until}"),
    };
    let missing = if gap.missing.is_empty() {
        String::new()
    } else {
        format!(" ({})", gap.missing.join(", "))
    };
    let Gap {
        priority,
        reason,
        by,
        at,
        ..
    } = gap;
    format!("P{priority} {id}: {reason}{missing}{way}; by {by} since {at}")
}

/// The assignment matrix of one task, with what stands against the stage whose turn it is.
fn page(context: &Context<'_>, staged: &Staged) -> String {
    let task = &staged.row.task;
    let mut text = format!(
        "{} {}: {}\n",
        task.id,
        safe(&task.title),
        staged.row.state.status()
    );
    if let Some(gap) = &staged.gap {
        text.push_str(&format!("  {}\n", safe(&gap_line(&task.id, gap))));
    }
    if staged.stages.is_empty() {
        text.push_str("  no stage contract\n");
        return text;
    }
    let headings = [
        "stage",
        "state",
        "agent",
        "workstation",
        "capabilities",
        "gate",
        "passed",
    ];
    let mut table = Table::new(&headings, context.screen.width);
    for row in &staged.stages {
        let any = |list: Vec<String>, none: &str| match list.as_slice() {
            [] => none.to_owned(),
            list => list.join(", "),
        };
        let names = row.terms.workstations.iter().map(ToString::to_string);
        table.row([
            row.stage.to_string(),
            row.status.to_string(),
            agents(row),
            any(names.collect(), "any"),
            any(row.terms.capabilities.clone(), "-"),
            gate(row),
            passed(row),
        ]);
    }
    text.push_str(&table.text());
    let admitted = &staged.row.state.progress().admitted;
    if !admitted.is_empty() {
        let names: Vec<&str> = admitted.iter().map(|name| name.as_str()).collect();
        text.push_str(&format!(
            "admitted beside the scope: {}\n",
            names.join(", ")
        ));
    }
    for row in &staged.stages {
        for unmet in row.unmet.iter().filter(|unmet| !unmet.warning) {
            text.push_str(&format!(
                "{} is blocked: {}\n",
                row.stage,
                safe(&unmet.message)
            ));
            if let Some(hint) = &unmet.hint {
                text.push_str(&format!("  hint: {}\n", safe(hint)));
            }
        }
    }
    let capable: Vec<&str> = staged.capable.iter().map(|name| name.as_str()).collect();
    match capable.as_slice() {
        [] => text.push_str("no machine could do its work now\n"),
        names => text.push_str(&format!("could do its work now: {}\n", names.join(", "))),
    }
    text
}

fn agents(row: &StageRow) -> String {
    let mut named = row.terms.agents().map(ToString::to_string);
    match (named.next(), named.collect::<Vec<_>>()) {
        (None, _) => "anyone".to_owned(),
        (Some(first), others) if others.is_empty() => first,
        (Some(first), others) => format!("{first} ({})", others.join(", ")),
    }
}

fn gate(row: &StageRow) -> String {
    let gate = row.terms.gate.as_ref().map(ToString::to_string);
    let approved = row.approval.as_ref();
    let approved = approved.map(|approval| format!(", approved by {}", approval.by));
    match (gate, approved) {
        (None, None) => "-".to_owned(),
        (gate, approved) => {
            let text = gate.unwrap_or_default() + &approved.unwrap_or_default();
            text.trim_start_matches(", ").to_owned()
        }
    }
}

fn passed(row: &StageRow) -> String {
    let Some(passage) = &row.passage else {
        return "-".to_owned();
    };
    let place = passage
        .workstation
        .as_ref()
        .map(|name| format!(" on {name}"));
    let fallback = if passage.fallback {
        ", standing in"
    } else {
        ""
    };
    let note = passage.note.as_ref().map(|note| format!(": {note}"));
    format!(
        "{} by {}{}{fallback}{}",
        passage.at,
        passage.by,
        place.unwrap_or_default(),
        note.unwrap_or_default()
    )
}
