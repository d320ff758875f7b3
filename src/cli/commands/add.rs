use std::path::PathBuf;

use laneway::contract::plan::PlanView;
use laneway::domain::evidence::CheckClass;
use laneway::ops::add::{Plan, add, add_file};
use laneway::ops::given::text_given;
use serde_json::{Map, Value};

use super::{Context, planned};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the task
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    id: Option<String>,
    /// All tasks of FILE, in the form of queue.yaml, in one ledger commit
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write into the working tree's queue file, for a commit or pull request
    #[arg(long)]
    plan: bool,
    /// One line for people
    #[arg(long, required_unless_present = "file")]
    title: Option<String>,
    /// Routing key of the identity map
    #[arg(long = "type", value_name = "TYPE")]
    task_type: Option<String>,
    /// Whose work
    #[arg(long, required_unless_present = "file")]
    role: Option<String>,
    /// Pin it to a lane
    #[arg(long)]
    lane: Option<String>,
    /// 1 is highest, 9 lowest
    #[arg(long, value_name = "N")]
    priority: Option<i64>,
    /// Order among siblings
    #[arg(long, value_name = "N")]
    sequence: Option<i64>,
    /// feature, defect, chore or spike
    #[arg(long)]
    kind: Option<String>,
    /// Merge stage
    #[arg(long, value_name = "STAGE")]
    merge_stage: Option<String>,
    /// Order of merging among siblings
    #[arg(long, value_name = "N")]
    merge_order: Option<i64>,
    /// low, normal or high
    #[arg(long)]
    risk: Option<String>,
    /// The task it is a part of
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// A task that must land first; may be repeated
    #[arg(long, value_name = "ID")]
    depends_on: Vec<String>,
    /// Paths it may touch; may be repeated
    #[arg(long, value_name = "GLOB")]
    owns: Vec<String>,
    /// Paths it must not touch; may be repeated
    #[arg(long, value_name = "GLOB")]
    forbids: Vec<String>,
    /// A group of which one task at a time is in progress; may be repeated
    #[arg(long, value_name = "GROUP")]
    exclusive: Vec<String>,
    /// A command that must pass; may be repeated
    #[arg(long, value_name = "CMD")]
    check: Vec<String>,
    /// A command that shows evidence of class static, runtime or stress; may be repeated
    #[arg(long, value_name = "CLASS:CMD", value_parser = classed)]
    evidence_check: Vec<(CheckClass, String)>,
    /// The evidence tier owed
    #[arg(long, value_name = "TIER")]
    evidence: Option<String>,
    /// Notes for whoever does it
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
    /// The ask it came from
    #[arg(long, value_name = "CHANNEL:REF")]
    origin: Option<String>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let plan = if args.plan {
        Plan::WorkingTree
    } else {
        Plan::Ledger
    };
    let dry_run = args.dry.dry_run;
    let outcome = match &args.file {
        Some(file) => add_file(&site, file, plan, dry_run)?,
        None => add(&site, definition(context, args)?, plan, dry_run)?,
    };
    let text = planned(&outcome, dry_run, "added", "was added before");
    let reply = Reply::new(&PlanView::from(&outcome), text);
    Ok(reply
        .carried_out(&site, &outcome.mutation)
        .confirms(!dry_run))
}

/// A command after its class: `runtime:make smoke`.
fn classed(text: &str) -> Result<(CheckClass, String), String> {
    let parts = text.split_once(':');
    let known = parts.and_then(|(class, cmd)| Some((CheckClass::from_word(class)?, cmd)));
    match known {
        Some((class, command)) if !command.trim().is_empty() => Ok((class, command.to_owned())),
        _ => Err("a class, static, runtime or stress, a colon and a command".to_owned()),
    }
}

fn by_class(checks: &[(CheckClass, String)]) -> Option<Value> {
    let mut map: Map<String, Value> = Map::new();
    for class in CheckClass::ALL {
        let of = checks.iter().filter(|(known, _)| known == class);
        let commands: Vec<&str> = of.map(|(_, command)| command.as_str()).collect();
        if !commands.is_empty() {
            map.insert(class.word().to_owned(), commands.into());
        }
    }
    (!map.is_empty()).then(|| map.into())
}

/// The definition in the form and order of a plan file.
fn definition(context: &Context<'_>, args: &Args) -> Result<Map<String, Value>, Failure> {
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.clone().map(Value::from);
    let list = |list: &Vec<String>| (!list.is_empty()).then(|| Value::from(list.clone()));
    put("id", text(&args.id));
    put("title", text(&args.title));
    put("type", text(&args.task_type));
    put("kind", text(&args.kind));
    put("role", text(&args.role));
    put("lane", text(&args.lane));
    put("priority", args.priority.map(Value::from));
    put("sequence", args.sequence.map(Value::from));
    put("parent", text(&args.parent));
    put("merge_order", args.merge_order.map(Value::from));
    put("merge_stage", text(&args.merge_stage));
    put("risk", text(&args.risk));
    put("depends_on", list(&args.depends_on));
    put("exclusive", list(&args.exclusive));
    put("owned_paths", list(&args.owns));
    put("forbidden_paths", list(&args.forbids));
    put("acceptance_checks", list(&args.check));
    put("evidence_checks", by_class(&args.evidence_check));
    put("evidence", text(&args.evidence));
    put("origin_ask_ref", text(&args.origin));
    if let Some(path) = &args.notes_file {
        let notes = text_given(path, &context.env.dir.join(path))?;
        put("notes", Some(notes.into()));
    }
    Ok(map)
}
