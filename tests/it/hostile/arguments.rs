//! PROMISES P19: no string that is typed becomes an option, a command or an escape of a terminal.

use std::process::Output;

use super::names::{NAMES, spelled};
use super::verbs::{self, Form};
use crate::support::{World, words};

/// Verbs that do not end by themselves, or make a repository of their own.
const APART: [&str; 3] = ["demo", "serve", "mcp"];

/// Options that name a directory in which laneway is told to write: they are obeyed.
const OBEYED: [(&str, &str); 1] = [("man", "--dir")];

/// What a verb needs beside the string that is tried.
fn base(verb: &str) -> &'static str {
    match verb {
        "block" | "cancel" | "hold" | "reopen" | "return" => "--reason r",
        "review" => "--verdict accept --no-findings",
        "handoff" => "--next more",
        "except" => "--gate evidence-owed --reason r --rollback r --expires 2d",
        "request" => "--contract api --text t",
        "evidence" => "--class runtime --text seen",
        "workstation quarantine" | "workstation retire" | "workstation restore" => "--reason r",
        "add" => "--title T --role A-backend",
        _ => "",
    }
}

/// A value that is fine for an argument of this name.
fn fine(argument: &str) -> &'static str {
    match argument {
        "ID" | "TASK" => "A-1",
        "LANE" => "A-backend",
        "NAME" | "WS" => "ws-local-01",
        "STATUS" => "todo",
        "SHELL" => "bash",
        _ => "x",
    }
}

/// Runs a line with one hostile string in it, as an argument or as the value of an option.
fn tried(world: &World, form: &Form, slot: Slot<'_>, name: &str) -> (String, Output) {
    let mut typed: Vec<String> = words(&format!("{} --as @dana", form.verb));
    let mut more = words(base(&form.verb));
    if let Slot::Option(flag) = slot {
        if let Some(at) = more.iter().position(|word| word == flag) {
            more.drain(at..(at + 2).min(more.len()));
        }
        typed.push(format!("{flag}={name}"));
    }
    typed.extend(more);
    typed.push("--".to_owned());
    for (at, (argument, optional)) in form.arguments.iter().enumerate() {
        match slot {
            Slot::Argument(place) if place == at => typed.push(name.to_owned()),
            // What may be left out stands before what is tried, so that places stay.
            Slot::Argument(place) if place < at && *optional => {}
            Slot::Option(_) if *optional && argument != "ID" => {}
            _ => typed.push(fine(argument).to_owned()),
        }
    }
    let mut command = world.command(&world.path("repo"), "timeout", "60");
    let program = env!("CARGO_BIN_EXE_laneway");
    let output = command.arg(program).args(&typed).output().unwrap();
    (format!("{typed:?}"), output)
}

#[derive(Debug, Clone, Copy)]
enum Slot<'a> {
    Argument(usize),
    Option(&'a str),
}

/// Why an output is wrong, if it is.
pub fn fault(output: &Output) -> Option<String> {
    let code = output.status.code();
    if !code.is_some_and(|code| (0..=7).contains(&code)) {
        return Some(format!("ended with {:?}", output.status));
    }
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let [stdout, stderr] = &said;
    if code.is_some_and(|code| code > 1) && stderr.trim().is_empty() && !stdout.starts_with('{') {
        return Some("says nothing about why".to_owned());
    }
    let raw = said
        .iter()
        .flat_map(|text| text.chars())
        .find(|c| laneway::domain::text::steers(*c) && !matches!(c, '\n' | '\t'));
    raw.map(|c| format!("printed {:?} raw", c))
}

#[test]
fn p19_no_argument_injection() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    let soak = std::env::var_os("LANEWAY_SOAK").is_some();
    // Each place gets some of the names in turn, a verb all of them over its places and their
    // neighbours; the long run tries every name at every place.
    let each = if soak { NAMES.len() } else { 3 };
    let (mut next, mut places, mut wrong) = (0, 0, Vec::new());
    for form in verbs::all() {
        let top = form.verb.split(' ').next().unwrap_or_default();
        if APART.contains(&top) {
            continue;
        }
        let arguments = (0..form.arguments.len()).map(Slot::Argument);
        let options = form.options.iter().filter(|choice| choice.takes);
        let options = options.map(|choice| Slot::Option(&choice.flag));
        for slot in arguments.chain(options) {
            if let Slot::Option(flag) = slot
                && OBEYED.contains(&(form.verb.as_str(), flag))
            {
                continue;
            }
            places += 1;
            for _ in 0..each {
                let name = spelled(&world, NAMES[next % NAMES.len()]);
                next += 7;
                let (line, output) = tried(&world, &form, slot, &name);
                if let Some(fault) = fault(&output) {
                    wrong.push(format!("{line}\n  {fault}\n  {output:?}"));
                }
                if world.path("canary").exists() {
                    wrong.push(format!("{line}\n  ran what it was told"));
                    std::fs::remove_file(world.path("canary")).unwrap();
                }
            }
        }
    }
    assert!(places > 150, "{places} places");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p19_hostile_names_of_git_are_only_names() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    let canary = world.path("canary");
    let head = world.git("rev-parse HEAD");
    let mut made = 0;
    for name in NAMES {
        let name = spelled(&world, name);
        if name.contains('\0') || name.contains('\n') {
            continue;
        }
        for space in [
            "refs/heads",
            "refs/tags",
            "refs/remotes/origin",
            "refs/laneway/work",
        ] {
            let mut git = world.command(&world.path("repo"), "git", "update-ref");
            let output = git
                .args([&format!("{space}/{name}"), head.trim()])
                .output()
                .unwrap();
            made += usize::from(output.status.success());
        }
        let mut git = world.command(&world.path("repo"), "git", "config");
        let key = format!("remote.{name}.url");
        drop(git.args([&key, "ext::touch canary"]).output().unwrap());
    }
    assert!(made > 40, "{made} refs");
    for line in super::runs_nothing::reading_lines() {
        let (dir, line) = line;
        let mut command = world.command(&world.path(dir), env!("CARGO_BIN_EXE_laneway"), &line);
        let output = command.output().unwrap();
        assert_eq!(fault(&output), None, "$ {line}\n{output:?}");
        assert!(!canary.exists(), "$ {line}");
    }
    drop(world.laneway("note A-1 seen --as @bot").code(0));
    drop(world.laneway("claim B-1 --as @ann").code(0));
    assert!(!canary.exists());
}
