use std::collections::HashMap;
use std::path::PathBuf;

use laneway::contract::import::ImportView;
use laneway::ledger::import::{Anomaly, AnomalyKind, SourceKind, Spot};
use laneway::ops::import::{Action, ImportOptions, ImportOutcome, ImportRow, import};

use super::{Context, diff, ledger_at};
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::render::{Screen, Table, safe};
use crate::cli::reply::Reply;

/// So many anomalies that say the very same are told one by one.
const ALIKE: usize = 3;

/// What a field map may say, by example.
const MAP: &str = "\
Field map (`--map FILE`): whatever it does not say is as usual
  version: 1
  fields: {title: summary, notes: [description, steps]}  # our field: their word, or several
  values:                                                # what their values mean
    status: {triage: todo, shipped: done}                # todo in_progress in_review blocked done cancelled
    role: {backend: A-backend}
    priority: {urgent: 1}
  defaults: {role: A-backend, type: backend_feature}     # where they say nothing
  ignore: [internal_rank]                                # left out, and told
  Fields: those of queue.yaml, and status, owner, branch, commit, completed_at, reason, blocked_by.

What becomes of a status: done is done at the commit that the source names, if the target has it,
else on your word; who says so must be one who may merge. Nobody holds here what they held there.
What was blocked waits for its dependencies, or is parked until a person unparks it; of an export
of laneway it stays blocked, and its work packages come with it. Whatever has no field here is kept
under `x-` keys. A task that is there is never changed by an import, nor a package that is.

Exit 1: entries cannot become tasks, and nothing is written. An entry that holds what looks like a
secret is none: leave its field out by `ignore`, or the entry by `--skip-bad`.";

#[derive(Debug, clap::Args)]
#[command(after_long_help = MAP)]
pub struct Args {
    /// Files or directories; archives beside the active file belong to the same import
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<PathBuf>,
    /// Their form [default: told from the names of the files]
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Which word of the source is which field here, and which of its values means what
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// What the source is called; the same name and id are the same task [default: the form]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Goes before every new id
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// The role of tasks that name none
    #[arg(long)]
    role: Option<String>,
    /// Leave out what is done or cancelled in the source
    #[arg(long)]
    open: bool,
    /// Import the rest where entries cannot become tasks
    #[arg(long)]
    skip_bad: bool,
    /// Show what becomes what and every loss; write nothing (`--dry-run` shows the ledger's files,
    /// too)
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    dry: DryRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum From {
    /// A queue in YAML with `states`, `roles` and `tasks`, and its archives
    Playbook,
    /// Markdown items with front matter in directories by status
    Items,
    /// Issues as JSON lines or one JSON array
    Jsonl,
    /// Issues as CSV; the first row names the columns
    Csv,
    /// What `laneway export` wrote
    LanewayJson,
}

impl From {
    fn kind(self) -> SourceKind {
        match self {
            Self::Playbook => SourceKind::Playbook,
            Self::Items => SourceKind::Items,
            Self::Jsonl => SourceKind::Jsonl,
            Self::Csv => SourceKind::Csv,
            Self::LanewayJson => SourceKind::Own,
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = ImportOptions {
        sources: args.sources.clone(),
        from: args.from.map(From::kind),
        map: args.map.clone(),
        name: args.name.clone(),
        prefix: args.prefix.clone(),
        role: args.role.clone(),
        open_only: args.open,
        skip_bad: args.skip_bad,
        plan: args.plan,
        dry_run: args.dry.dry_run,
    };
    let outcome = import(&site, &options)?;
    let refused = outcome.is_refused(&options);
    let text = told(context.screen, &outcome, &options, refused);
    let reply = Reply::new(&ImportView::from(&outcome), text).negative(refused);
    Ok(match &outcome.mutation {
        Some(mutation) => reply.carried_out(&site, mutation),
        None => reply.ledger(ledger_at(&site, outcome.tip)),
    })
}

fn told(
    screen: &Screen,
    outcome: &ImportOutcome,
    options: &ImportOptions,
    refused: bool,
) -> String {
    let mut text = String::new();
    if options.plan || options.dry_run {
        text.push_str(&table(screen, outcome));
    }
    text.push_str(&remarks(&outcome.anomalies));
    if !text.is_empty() {
        text.push('\n');
    }
    let count = |is: fn(&Action) -> bool| outcome.count(is);
    let mut parts = Vec::new();
    for (n, what) in [
        (count(|action| *action == Action::New), "new"),
        (count(|action| *action == Action::There), "there already"),
        (
            count(|action| matches!(action, Action::Changed(_))),
            "there already and changed in the source",
        ),
        (
            count(|action| *action == Action::Bad),
            "that cannot become tasks",
        ),
        (outcome.left_out, "left out as closed"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    let parts = match parts.is_empty() {
        true => "nothing".to_owned(),
        false => parts.join(", "),
    };
    let remarks = match outcome.anomalies.len() {
        0 => String::new(),
        1 => "; 1 remark".to_owned(),
        n => format!("; {n} remarks"),
    };
    let head = match &outcome.mutation {
        Some(mutation) if mutation.carried_out => "imported",
        _ if refused => "nothing is written",
        Some(_) => "would import",
        None => "nothing new",
    };
    text.push_str(&format!("{head} from {}: {parts}{remarks}\n", outcome.name));
    if refused {
        text.push_str("mend the source or `--map`, or `--skip-bad` imports the rest\n");
    }
    if let Some(mutation) = outcome.mutation.as_ref().filter(|_| options.dry_run) {
        text.push('\n');
        text.push_str(&diff(mutation));
    }
    text
}

/// A line for each anomaly. Of those that say the very same of many places, the first few are told
/// and the others counted.
fn remarks(anomalies: &[Anomaly]) -> String {
    let mut alike: HashMap<(AnomalyKind, &str), (usize, &Spot)> = HashMap::new();
    for anomaly in anomalies {
        let said = alike.entry((anomaly.kind, &anomaly.what));
        let (count, last) = said.or_insert((0, &anomaly.at));
        (*count, *last) = (*count + 1, &anomaly.at);
    }
    let mut told: HashMap<(AnomalyKind, &str), usize> = HashMap::new();
    let mut text = String::new();
    for Anomaly {
        kind,
        at,
        what,
        made,
        ..
    } in anomalies
    {
        let key = (*kind, what.as_str());
        let nth = told.entry(key).or_default();
        *nth += 1;
        let (count, last) = alike.get(&key).copied().unwrap_or((1, at));
        // One that is left over takes no more room than the line that counts it.
        let line = match *nth {
            n if n <= ALIKE || count == ALIKE + 1 => match kind {
                AnomalyKind::NoTask => format!("{at}: {kind}: {what}"),
                _ => format!("{at}: {kind}: {what}: {made}"),
            },
            n if n == ALIKE + 1 => {
                let more = count - ALIKE;
                format!("… {more} more of this {kind}, the last at {last}; `--json` names all")
            }
            _ => continue,
        };
        text.push_str(&safe(&line.replace('\n', " ")));
        text.push('\n');
    }
    text
}

fn table(screen: &Screen, outcome: &ImportOutcome) -> String {
    let headings = ["source", "id", "becomes", "fields", "kept", "left out"];
    let mut table = Table::new(&headings, screen.width);
    for row in &outcome.rows {
        let mapped = &row.mapped;
        let renamed = mapped
            .fields
            .iter()
            .filter(|(theirs, ours)| theirs != ours)
            .map(|(theirs, ours)| format!("{theirs} → {ours}"));
        table.row([
            mapped.source_id.clone(),
            mapped
                .id
                .as_ref()
                .map_or("-".to_owned(), ToString::to_string),
            becomes(row),
            renamed.collect::<Vec<_>>().join(", "),
            mapped.kept.join(" "),
            mapped.lost.join(" "),
        ]);
    }
    let text = table.text();
    format!("{text}\n")
}

fn becomes(row: &ImportRow) -> String {
    let mapped = &row.mapped;
    match &row.action {
        Action::Bad => return "no task".to_owned(),
        Action::There => return "there already".to_owned(),
        Action::Changed(fields) => return format!("there already, differs: {}", fields.join(", ")),
        Action::New => {}
    }
    let parked = mapped.task.as_ref().is_some_and(|task| task.parked);
    let parked = if parked { ", parked" } else { "" };
    let commit = row.commit.map(|commit| format!(" in {}", commit.short()));
    let commit = commit.unwrap_or_default();
    match mapped.status.as_str() {
        "" => format!("{}{parked}{commit}", mapped.standing.word()),
        status => format!("{status} → {}{parked}{commit}", mapped.standing.word()),
    }
}
