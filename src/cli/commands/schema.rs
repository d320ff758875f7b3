use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use laneway::contract::manual::SchemaView;
use laneway::contract::schema as output;
use laneway::ledger::format::schema as ledger;
use laneway::ledger::yaml::closest;
use laneway::ops::given::inside;
use serde_json::Value;

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which, such as `ledger/queue` or `output/claim` [default: list the names]
    name: Option<String>,
    /// Write the schemas of rules, plan and ledger into DIR, for editors: a file that begins with
    /// `# yaml-language-server: $schema=…` is checked while it is written
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    write: Option<PathBuf>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    if let Some(dir) = &args.write {
        let base = context.global.dir.as_deref().unwrap_or(Path::new(""));
        let base = context.env.dir.join(base);
        // What was typed in full is obeyed; a repository may have put a link at the rest.
        let place = match dir.to_str().filter(|_| dir.is_relative()) {
            Some(below) => inside(&base, below)?,
            None => base.join(dir),
        };
        return write(dir, &place)
            .map_err(|error| Failure::new(7, "io", format!("{}: {error}", dir.display())));
    }
    let all = all();
    let names = || all.iter().map(|(name, _)| name.as_str());
    let Some(wanted) = &args.name else {
        let text: String = names().map(|name| format!("{name}\n")).collect();
        let view = SchemaView {
            names: names().map(str::to_owned).collect(),
            document: None,
            files: Vec::new(),
        };
        return Ok(Reply::new(&view, text));
    };
    match all.iter().find(|(name, _)| name == wanted) {
        Some((_, schema)) => {
            let view = SchemaView {
                names: Vec::new(),
                document: Some(schema.clone()),
                files: Vec::new(),
            };
            Ok(Reply::new(&view, format!("{schema:#}\n")))
        }
        None => {
            let failure = Failure::usage(format!("no schema is called `{wanted}`"));
            let hint = match meant(wanted, &names().collect::<Vec<_>>()) {
                Some(near) => format!("did you mean {near}?"),
                None => "`laneway schema` lists the names".to_owned(),
            };
            Err(failure.hint(hint))
        }
    }
}

/// The names that `wanted` may stand for: those with that last part, whatever the directory, else
/// the nearest one.
fn meant(wanted: &str, names: &[&str]) -> Option<String> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted_last = last(wanted.trim_end_matches(".schema.json"));
    let exact = names.iter().filter(|name| last(name) == wanted_last);
    let exact: Vec<String> = exact.map(|name| format!("`{name}`")).collect();
    if !exact.is_empty() {
        return Some(exact.join(" or "));
    }
    let lasts: Vec<String> = names.iter().map(|name| last(name)).collect();
    let near = closest(wanted, names.iter().copied())
        .or_else(|| closest(&wanted_last, lasts.iter().map(String::as_str)))?;
    let found = names
        .iter()
        .find(|name| **name == near || last(name) == near)?;
    Some(format!("`{found}`"))
}

/// Writes each schema of the ledger's files, whole or not at all. `shown` is the directory as it was
/// typed.
fn write(shown: &Path, place: &Path) -> std::io::Result<Reply> {
    std::fs::create_dir_all(place)?;
    let mut files = Vec::new();
    for (name, schema) in ledger::schemas() {
        let mut file = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(place)?;
        file.write_all(format!("{schema:#}\n").as_bytes())?;
        file.persist(place.join(name))
            .map_err(|error| error.error)?;
        files.push(name.to_owned());
    }
    // As the plan names it, which stands in `governance/`.
    let plain: PathBuf = shown
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let beside = match plain.strip_prefix("governance") {
        Ok(below) => below.to_owned(),
        Err(_) if plain.is_relative() => Path::new("..").join(&plain),
        Err(_) => plain,
    };
    let line = beside.join("queue.schema.json");
    let text = format!(
        "wrote {} schemas into {}\nnext: begin governance/queue.yaml with\n  # \
         yaml-language-server: $schema={}\n",
        files.len(),
        shown.display(),
        line.display()
    );
    let view = SchemaView {
        names: Vec::new(),
        document: None,
        files,
    };
    Ok(Reply::new(&view, text).confirms(true))
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
