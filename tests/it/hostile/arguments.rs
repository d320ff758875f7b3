//! PROMISES P19: no string that is typed becomes an option, a command or an escape of a terminal.

use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::names::{NAMES, spelled};
use super::turns::{Turn, in_worlds};
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
        let same = |word: &String| word == flag;
        for words in [&mut more, &mut typed] {
            if let Some(at) = words.iter().position(same) {
                words.drain(at..(at + 2).min(words.len()));
            }
        }
        match flag.starts_with("--") {
            true => typed.push(format!("{flag}={name}")),
            false => typed.extend([flag.to_owned(), name.to_owned()]),
        }
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

/// At each of some 215 places (arguments and options with a value, of 79 verbs, as `--help` names
/// them) 20 of the 60 names, a third that the seed chooses: 4,300 lines. All 13,000 in `make soak`,
/// which would take two minutes of two cores here.
#[test]
fn p19_no_argument_injection() {
    let turn = Turn::new("p19_no_argument_injection");
    let mut forms = verbs::all();
    forms.retain(|form| !APART.contains(&form.verb.split(' ').next().unwrap_or_default()));
    let (places, lines) = (AtomicUsize::new(0), AtomicUsize::new(0));
    in_worlds(&forms, |kept, n, form| {
        let arguments = (0..form.arguments.len()).map(Slot::Argument);
        let options = form.options.iter().filter(|choice| choice.takes);
        let told = |choice: &&verbs::Choice| OBEYED.contains(&(form.verb.as_str(), &choice.flag));
        let options = options.filter(|choice| !told(choice));
        let slots = arguments.chain(options.map(|choice| Slot::Option(&choice.flag)));
        let mut wrong = Vec::new();
        for (at, slot) in slots.enumerate() {
            places.fetch_add(1, Ordering::Relaxed);
            for name in turn.names(n + at) {
                lines.fetch_add(1, Ordering::Relaxed);
                let name = spelled(&kept.world, name);
                let (line, output) = tried(&kept.world, form, slot, &name);
                wrong.extend(kept.wrong(&line, &output));
            }
        }
        wrong
    });
    let (places, lines) = (places.into_inner(), lines.into_inner());
    assert!(places > 180, "{places} places");
    assert_eq!(lines, places * turn.names(0).count());
}

/// The options that all verbs share are read by the same code for each: all 60 names at each of them,
/// with a verb that reads and one that writes.
#[test]
fn p19_no_injection_by_the_options_of_all_verbs() {
    let mut globals = verbs::globals();
    globals.retain(|choice| choice.takes);
    assert!(globals.len() >= 6, "{globals:?}");
    let forms = verbs::all();
    let of = |verb: &str| forms.iter().find(|form| form.verb == verb).unwrap();
    let (ready, note) = (of("ready"), of("note"));
    in_worlds(&globals, |kept, _, choice| {
        let mut wrong = Vec::new();
        for name in NAMES {
            let name = spelled(&kept.world, name);
            for form in [ready, note] {
                let (line, output) = tried(&kept.world, form, Slot::Option(&choice.flag), &name);
                wrong.extend(kept.wrong(&line, &output));
            }
        }
        wrong
    });
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
