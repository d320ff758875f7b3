use laneway::contract::manual::SchemaView;
use laneway::contract::schema as output;
use laneway::ledger::format::schema as ledger;
use laneway::ledger::yaml::closest;
use serde_json::Value;

use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which, such as `ledger/queue` or `output/claim` [default: list the names]
    name: Option<String>,
}

pub fn run(args: &Args) -> Result<Reply, Failure> {
    let all = all();
    let names = || all.iter().map(|(name, _)| name.as_str());
    let Some(wanted) = &args.name else {
        let text: String = names().map(|name| format!("{name}\n")).collect();
        let view = SchemaView {
            names: names().map(str::to_owned).collect(),
            document: None,
        };
        return Ok(Reply::new(&view, text));
    };
    match all.iter().find(|(name, _)| name == wanted) {
        Some((_, schema)) => {
            let view = SchemaView {
                names: Vec::new(),
                document: Some(schema.clone()),
            };
            Ok(Reply::new(&view, format!("{schema:#}\n")))
        }
        None => {
            let failure = Failure::usage(format!("no schema is called `{wanted}`"));
            let hint = match closest(wanted, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`laneway schema` lists the names".to_owned(),
            };
            Err(failure.hint(hint))
        }
    }
}

/// The schemas of the ledger's files, then those of the answers, by name.
fn all() -> Vec<(String, Value)> {
    let bare = |file: &str| file.trim_end_matches(".schema.json").to_owned();
    let ledger = ledger::schemas().into_iter();
    let ledger = ledger.map(|(file, schema)| (format!("ledger/{}", bare(file)), schema));
    let output = output::schemas().into_iter();
    let output = output.map(|(command, schema)| {
        let file = output::file_name(command);
        (format!("output/{}", bare(&file)), schema)
    });
    ledger.chain(output).collect()
}
