use laneway::contract::export::ExportView;
use laneway::ledger::yaml;
use laneway::ops::export::export;

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to write it; `import --from laneway-json` reads JSON back without loss
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// What lies in archives, too
    #[arg(long)]
    archived: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Definitions, states and records, complete
    Json,
    /// One row a task, for spreadsheets: the fields of plan and state, without records
    Csv,
    /// As JSON, for people to read
    Yaml,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = export(&site, args.archived)?;
    let view = ExportView::from(&outcome);
    let internal = |why: String| Failure::new(7, "internal", why);
    let text = match args.format {
        // The envelope holds it.
        _ if context.global.json => String::new(),
        Format::Json => {
            serde_json::to_string_pretty(&view).map_err(|error| internal(error.to_string()))? + "\n"
        }
        Format::Csv => outcome.table()?,
        Format::Yaml => {
            let tree = yaml::to_tree(&view).map_err(|error| internal(error.to_string()))?;
            yaml::emit(&tree)
        }
    };
    let mut reply = Reply::new(&view, text).ledger(ledger_at(&site, outcome.tip));
    for package in &view.unreadable {
        reply = reply.note(format!(
            "`{}` ({}) is left out: {}",
            package.path, package.planned_on, package.why
        ));
    }
    Ok(reply)
}
