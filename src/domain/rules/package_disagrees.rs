//! `package-disagrees`: a work package and its task say the same (G1).

use std::path::Path;

use super::{Governance, Held, Reach, Rule, Severity, Violation};
use crate::domain::glob::Glob;
use crate::domain::package::Package;
use crate::domain::task::Task;

pub(super) const RULE: Rule = Rule {
    id: "package-disagrees",
    about: "a work package is named by its task, and says of role, paths and evidence what that says",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for ((_, path), held) in &governance.packages {
        if let Some(held) = held {
            one(governance, path, held, &mut found);
        }
    }
    found
}

fn one(governance: &Governance, path: &str, held: &Held<Package>, found: &mut Vec<Violation>) {
    let (package, file) = (&held.value, held.file);
    let id = &package.task;
    if governance.closed(id) {
        return;
    }
    let mut note = |pointer: &str, message| found.push(Violation::new(file, pointer, message));
    if Path::new(path).file_stem().and_then(|stem| stem.to_str()) != Some(package.id.as_str()) {
        note(
            "/id",
            format!("the id `{}` is not the name of the file", package.id),
        );
    }
    let Some(definition) = governance.get(id) else {
        if !governance.knows(id) && governance.reach != Reach::Broken {
            let message = format!("no plan file defines `{id}`{}", governance.unless());
            let violation = Violation::new(file, "/task", message);
            found.push(violation.mild_if(governance.may_know_more()));
        }
        return;
    };
    let task = definition.task();
    contradictions(package, task, note);
    match task.package.as_deref() {
        Some(named) if named == path => {}
        Some(other) => {
            let message = format!("`{id}` names another package: `{other}`");
            found.push(Violation::new(file, "/task", message));
        }
        None => found.push(
            Violation::new(file, "/task", format!("`{id}` does not name this package"))
                .hint(format!("`laneway edit {id} --set package={path}`"))
                .mild_if(true),
        ),
    }
}

fn contradictions(package: &Package, task: &Task, mut note: impl FnMut(&str, String)) {
    let id = &task.id;
    if package.role != task.role {
        note(
            "/role",
            format!("`{id}` is work of {}, not of {}", task.role, package.role),
        );
    }
    if let (Some(own), Some(owed)) = (package.evidence, task.evidence)
        && own != owed
    {
        note(
            "/evidence",
            format!("`evidence` is {own}, of `{id}` it is {owed}"),
        );
    }
    for (key, own, planned) in [
        ("owned_paths", &package.owned_paths, &task.owned_paths),
        (
            "forbidden_paths",
            &package.forbidden_paths,
            &task.forbidden_paths,
        ),
    ] {
        let (own, planned) = (names(own), names(planned));
        if own != planned {
            let (own, planned) = (told(&own), told(&planned));
            note(
                &format!("/{key}"),
                format!("`{key}` is {own}, of `{id}` it is {planned}"),
            );
        }
    }
}

fn names(globs: &[Glob]) -> Vec<String> {
    let mut names: Vec<String> = globs.iter().map(ToString::to_string).collect();
    names.sort();
    names
}

fn told(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}
