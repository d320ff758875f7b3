use laneway::contract::explain::ExplainView;
use laneway::ops::explain::{Explained, Group, explain, pages};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::{Table, wrapped};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Gate, refusal, rule, ailment, kind of failure, exit code or guide [default: list all]
    id: Option<String>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let width = context.screen.width;
    let Some(id) = &args.id else {
        let all = pages();
        return Ok(Reply::new(
            &ExplainView::from(all.as_slice()),
            list(&all, width),
        ));
    };
    match explain(id) {
        Ok(found) => {
            let text: Vec<String> = found.iter().map(|one| page(one, width)).collect();
            let view = ExplainView::from(found.as_slice());
            Ok(Reply::new(&view, text.join("\n")))
        }
        Err(near) => {
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`laneway explain` lists the ids".to_owned(),
            };
            Err(Failure::usage(format!("nothing has the id `{id}`")).hint(hint))
        }
    }
}

fn heading(group: Group) -> &'static str {
    match group {
        Group::Claim => "gate of claims",
        Group::Land => "gate of landings",
        Group::Refusal => "refusal",
        Group::Rule => "rule of governance files, found by `laneway validate`",
        Group::Ailment => "ailment, found by `laneway doctor`",
        Group::Failure => "kind of failure",
        Group::Exit => "exit code",
        Group::Guide => "guide",
    }
}

/// The heading of a group in the list of all.
fn column(group: Group) -> &'static str {
    match group {
        Group::Rule => "rule of validate",
        Group::Ailment => "ailment of doctor",
        _ => heading(group),
    }
}

fn list(all: &[Explained], width: Option<u16>) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let blank = if text.is_empty() { "" } else { "\n" };
        let mut table = Table::new(&["id", column(group)], width);
        for page in all.iter().filter(|page| page.group == group) {
            table.row([page.id.clone(), page.about.to_owned()]);
        }
        text.push_str(&format!("{blank}{}", table.text()));
    }
    text.push_str("\n`laneway explain ID` shows the page of one\n");
    text
}

fn page(page: &Explained, width: Option<u16>) -> String {
    let kind = heading(page.group);
    let mut text = format!("{}: {kind}\n", page.id);
    text.push_str(&wrapped(page.about, "  ", width));
    if !page.text.is_empty() {
        text.push_str(&format!("\n{}", wrapped(page.text, "  ", width)));
    }
    if let Some(steps) = page.steps {
        text.push('\n');
        for line in steps.lines() {
            text.push_str(format!("  {line}").trim_end());
            text.push('\n');
        }
    }
    let mut facts = Vec::new();
    if let Some(severity) = page.severity {
        facts.push(("severity", severity.to_string()));
    }
    if let Some(exit) = page.exit.filter(|_| page.group == Group::Failure) {
        facts.push(("exit code", exit.to_string()));
    }
    for refused in &page.refusals {
        facts.push(("also", format!("{}: {}", refused.id, refused.fact)));
    }
    if !page.keys.is_empty() {
        facts.push(("decided by", page.keys.join(", ")));
    }
    if let Some(seat) = page.waived_by {
        let way = format!(
            "a person with the seat {seat}: `laneway except ID --gate {} …`",
            page.id
        );
        facts.push(("lifted by", way));
    }
    if let Some(example) = page.example {
        facts.push(("says", example.to_owned()));
    }
    for example in page.refusals.iter().filter_map(|one| one.example) {
        facts.push(("or", example.to_owned()));
    }
    if !page.verbs.is_empty() {
        facts.push(("verbs", page.verbs.join(", ")));
    }
    if !facts.is_empty() {
        text.push('\n');
    }
    for (name, fact) in facts {
        text.push_str(&hanging(name, &fact, width));
    }
    text
}

/// A fact beside its name; its further lines stand below its first.
fn hanging(name: &str, fact: &str, width: Option<u16>) -> String {
    let lines = wrapped(fact, "              ", width);
    let rest = lines.trim_start();
    format!("  {name:<12}{rest}")
}
