use laneway::contract::policy::PolicyView;
use laneway::ledger::settings::RuleFile;
use laneway::ledger::yaml::Tree;
use laneway::ops::policy::{Deciding, InForce, PolicyOptions, PolicyOutcome, show};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

/// From so many settings on, a gate's key shows their number.
const MANY: usize = 3;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show what is in force, since which commit of the target, by whom and why
    Show {
        /// A gate, or a key such as `lease` or `roles.A-backend` [default: all]
        key: Option<String>,
        /// The rules of a commit
        #[arg(long, value_name = "COMMIT")]
        at: Option<String>,
        /// Only the gates
        #[arg(long)]
        gates: bool,
    },
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Show { .. } => "policy show",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let What::Show { key, at, gates } = &args.what;
    let site = context.site()?;
    let at = at.as_deref().map(|rev| {
        let named = site.repo().commit_named(rev)?;
        named.ok_or_else(|| Failure::usage(format!("`{}` names no commit", rev.escape_debug())))
    });
    let options = PolicyOptions {
        key: key.clone(),
        at: at.transpose()?,
        gates_only: *gates,
    };
    let outcome = show(&site, &options)?;
    let text = text(&outcome, context.screen.width);
    Ok(Reply::new(&PolicyView::from(&outcome), text))
}

fn text(outcome: &PolicyOutcome, width: Option<u16>) -> String {
    let target = outcome.target.rsplit('/').next().unwrap_or_default();
    let mut text = format!("rules of {} at {}\n", safe(target), outcome.at.short());
    if !outcome.gates.is_empty() {
        text.push_str(&format!("\n{}", gates(outcome, width)));
    }
    for file in RuleFile::ALL {
        let of_file = |one: &&InForce| one.setting.file == file;
        let of_file: Vec<&InForce> = outcome.settings.iter().filter(of_file).collect();
        if !of_file.is_empty() {
            text.push_str(&format!("\n{}\n{}", file.path(), settings(&of_file, width)));
        }
    }
    text
}

fn gates(outcome: &PolicyOutcome, width: Option<u16>) -> String {
    let mut table = Table::new(&["gate", "of", "in force", "decided by"], width);
    for gate in &outcome.gates {
        let keys: Vec<String> = gate.keys.iter().map(deciding).collect();
        table.row([
            gate.id.to_owned(),
            gate.of.to_owned(),
            if gate.in_force { "yes" } else { "no" }.to_owned(),
            if keys.is_empty() {
                "always".to_owned()
            } else {
                keys.join(", ")
            },
        ]);
    }
    table.text()
}

/// A deciding key with its value, where that is short: `path_reservations: warn`.
fn deciding(key: &Deciding) -> String {
    let set = key
        .settings
        .iter()
        .filter(|one| one.setting.value.is_some());
    let set: Vec<&InForce> = set.collect();
    let (file, name) = key.name.split_once(": ").unwrap_or(("", key.name));
    match set.as_slice() {
        _ if file == "task" => format!("{name} of the task"),
        [] => format!("{name}: not set"),
        [one] if one.setting.key == name => format!("{name}: {}", value(one)),
        some if some.len() < MANY => some
            .iter()
            .map(|one| format!("{}: {}", one.setting.key, value(one)))
            .collect::<Vec<_>>()
            .join(", "),
        many => format!("{name} ({} keys)", many.len()),
    }
}

fn settings(all: &[&InForce], width: Option<u16>) -> String {
    let mut table = Table::new(&["key", "value", "since", "by", "why"], width);
    for one in all {
        let default = if one.setting.written {
            ""
        } else {
            " (default)"
        };
        let since = one.since.as_ref();
        table.row([
            one.setting.key.clone(),
            format!("{}{default}", value(one)),
            since.map_or_else(String::new, |since| {
                let at = since.at.to_string();
                let day = at.split('T').next().unwrap_or_default();
                let earlier = if since.or_earlier { " or earlier" } else { "" };
                format!("{} {day}{earlier}", since.commit.short())
            }),
            one.by.clone().unwrap_or_default(),
            since.map_or_else(String::new, |since| since.subject.clone()),
        ]);
    }
    table.text()
}

fn value(one: &InForce) -> String {
    let value = one.setting.value.as_ref();
    value.map_or_else(|| "not set".to_owned(), flow)
}

/// A value on one line.
fn flow(tree: &Tree) -> String {
    match tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Int(value) => value.to_string(),
        Tree::Number(value) | Tree::Text(value) => value.clone(),
        Tree::List(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Tree::Map(entries) if entries.is_empty() => "defaults".to_owned(),
        Tree::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
