use laneway::contract::plan::PlanView;
use laneway::domain::id::TaskId;
use laneway::domain::request::FieldValue;
use laneway::ops::add::{Plan, Wish, edit};

use super::{Context, planned};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: TaskId,
    /// Write into the working tree's queue file, for a commit or pull request
    #[arg(long)]
    plan: bool,
    /// One line for people
    #[arg(long)]
    title: Option<String>,
    /// Routing key of the identity map
    #[arg(long = "type", value_name = "TYPE")]
    task_type: Option<String>,
    /// feature, defect, chore or spike
    #[arg(long)]
    kind: Option<String>,
    /// Whose work
    #[arg(long)]
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
    /// The task it is a part of
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Merge stage
    #[arg(long, value_name = "STAGE")]
    merge_stage: Option<String>,
    /// Order of merging among siblings
    #[arg(long, value_name = "N")]
    merge_order: Option<i64>,
    /// low, normal or high
    #[arg(long)]
    risk: Option<String>,
    /// Earliest start
    #[arg(long, value_name = "DATE")]
    not_before: Option<String>,
    /// Estimate, for people
    #[arg(long, value_name = "TEXT")]
    effort: Option<String>,
    /// Lay it aside until a person unparks it
    #[arg(long, alias = "park")]
    parked: bool,
    /// Take it up again
    #[arg(long, conflicts_with = "parked")]
    unpark: bool,
    /// Make it wait for a task; may be repeated
    #[arg(long, value_name = "ID")]
    add_dependency: Vec<String>,
    /// Let it wait for a task no more; may be repeated
    #[arg(long, value_name = "ID")]
    remove_dependency: Vec<String>,
    /// Let it touch these paths; may be repeated
    #[arg(long, value_name = "GLOB")]
    add_owned: Vec<String>,
    /// Let it touch these paths no more; may be repeated
    #[arg(long, value_name = "GLOB")]
    remove_owned: Vec<String>,
    /// Add a command that must pass; may be repeated
    #[arg(long, value_name = "CMD")]
    add_check: Vec<String>,
    /// Remove a command that must pass; may be repeated
    #[arg(long, value_name = "CMD")]
    remove_check: Vec<String>,
    /// Set any key; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Remove a key; may be repeated
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a key, an equals sign and a value".to_owned()),
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let wishes = wishes(args);
    if wishes.is_empty() {
        return Err(Failure::usage("nothing to change was named")
            .hint("`laneway edit --help` lists what can be changed"));
    }
    let site = context.site()?;
    let plan = if args.plan {
        Plan::WorkingTree
    } else {
        Plan::Ledger
    };
    let outcome = edit(&site, &args.id, &wishes, plan, args.dry.dry_run)?;
    let text = planned(&outcome, args.dry.dry_run, "changed", "was so before");
    let reply = Reply::new(&PlanView::from(&outcome), text);
    Ok(reply
        .carried_out(&site, &outcome.mutation)
        .confirms(!args.dry.dry_run))
}

fn wishes(args: &Args) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for (key, value) in [
        ("title", &args.title),
        ("type", &args.task_type),
        ("kind", &args.kind),
        ("role", &args.role),
        ("lane", &args.lane),
        ("parent", &args.parent),
        ("merge_stage", &args.merge_stage),
        ("risk", &args.risk),
        ("not_before", &args.not_before),
        ("effort", &args.effort),
    ] {
        let set = |value: &String| Wish::Set(key.to_owned(), FieldValue::Text(value.clone()));
        wishes.extend(value.as_ref().map(set));
    }
    for (key, value) in [
        ("priority", args.priority),
        ("sequence", args.sequence),
        ("merge_order", args.merge_order),
    ] {
        wishes.extend(value.map(|value| Wish::Set(key.to_owned(), FieldValue::Number(value))));
    }
    if args.parked {
        wishes.push(Wish::Set("parked".to_owned(), FieldValue::Flag(true)));
    }
    if args.unpark {
        wishes.push(Wish::Unset("parked".to_owned()));
    }
    for (key, added, removed) in [
        ("depends_on", &args.add_dependency, &args.remove_dependency),
        ("owned_paths", &args.add_owned, &args.remove_owned),
        ("acceptance_checks", &args.add_check, &args.remove_check),
    ] {
        let add = |item: &String| Wish::AddTo(key.to_owned(), item.clone());
        let remove = |item: &String| Wish::RemoveFrom(key.to_owned(), item.clone());
        wishes.extend(added.iter().map(add));
        wishes.extend(removed.iter().map(remove));
    }
    let set = |(key, value): &(String, String)| Wish::Set(key.clone(), value_of(value));
    wishes.extend(args.set.iter().map(set));
    wishes.extend(args.unset.iter().cloned().map(Wish::Unset));
    wishes
}

/// A value as YAML would read it: a whole number, yes or no, else a text.
fn value_of(text: &str) -> FieldValue {
    match text {
        "true" => FieldValue::Flag(true),
        "false" => FieldValue::Flag(false),
        text => match text.parse() {
            Ok(number) => FieldValue::Number(number),
            Err(_) => FieldValue::Text(text.to_owned()),
        },
    }
}
