//! PROMISES P28: what steers a terminal is shown, not obeyed, wherever it comes from; programs get it
//! as it is, in JSON that is harmless to look at.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::arguments::fault;
use super::runs_nothing::{changing_lines, reading_lines};
use serde_json::Value;

use crate::support::World;

/// What entry lets through: marks of direction, without width, and tags, as some languages need.
const MARKS: &str = "x\u{202e}\u{2066}y\u{200b}\u{200f}\u{feff}\u{61c}\u{e0041}z";

/// What only other tools can plant: escapes, a link of OSC 8, C1 controls.
const ESCAPES: &str = "x\u{1b}[2J\u{1b}]8;;http://x\u{7}y\u{9b}31m\u{85}\r\u{7f}\u{202e}z";

/// A world in which every text that somebody can plant steers.
fn painted() -> World {
    let world = World::governed();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    let said = |line: &str| world.quietly(&line.replace("TEXT", MARKS));
    said("add A-2 --title TEXT --role A-backend --check 'true TEXT' --as @dana");
    said("add B-1 --title TEXT --role B-ui --owns 'docTEXT/**' --as @dana");
    said("note A-1 TEXT --as @dana");
    said("claim A-1 --as @bot");
    said("evidence A-1 --class runtime --text TEXT --as @bot");
    world.write_in("repo-A-backend", &format!("a{MARKS}.txt"), "one\n");
    world.git_in("repo-A-backend", "add -A");
    world.git_in("repo-A-backend", &format!("commit -q -m '{ESCAPES}'"));
    drop(
        world
            .laneway_in(
                "repo-A-backend",
                &format!("handoff --next {MARKS} --risk {MARKS}"),
            )
            .code(0),
    );
    said(
        "review A-1 --verdict revise --finding 'major:TEXT:TEXT; impact: TEXT; fix: TEXT' --as @dana",
    );
    said("claim A-2 --as @bot2");
    said("claim B-1 --as @bea");
    said("block B-1 --reason TEXT --as @bea");
    said("workstation quarantine ws-local-01 --reason TEXT --as @dana");
    world.write("governance/queue.yaml", &planted());
    world.git("add -A");
    world.git(&format!("commit -q -m '{ESCAPES}'"));
    for dir in ["repo", "repo-A-backend"] {
        fs::write(
            world.path(dir).join(format!("u{ESCAPES}").replace('/', "")),
            "x",
        )
        .unwrap();
    }
    world.git(&format!("config user.name '{ESCAPES}'"));
    world.git(&format!("branch 'b{MARKS}'"));
    world
}

/// A plan file whose notes hold escapes, which YAML can write.
fn planted() -> String {
    "version: 1\ntasks:\n  - id: C-1\n    title: One\n    role: B-ui\n    \
     notes: \"x\\e[2J\\e]0;t\\a\\x9b31m\\r\\u202e\"\n    \
     owned_paths: [\"w\u{202e}/**\"]\n    acceptance_checks: [\"true \\e[2J\"]\n"
        .to_owned()
}

#[test]
fn p28_what_steers_a_terminal_is_shown_not_obeyed() {
    let world = painted();
    let mut wrong = Vec::new();
    let mut shown = 0;
    let more = [
        ("repo", "show C-1"),
        ("repo", "brief C-1 --as @dana"),
        ("repo", "show A-2"),
    ];
    let more = more.map(|(dir, line)| (dir, line.to_owned()));
    for (dir, line) in reading_lines().into_iter().chain(more) {
        for ask in ["", "--json", "--color always"] {
            let typed = format!("{line} {ask}");
            let mut command = world.command(
                &world.path(dir),
                env!("CARGO_BIN_EXE_laneway"),
                typed.trim(),
            );
            let mut output = command.output().unwrap();
            if ask == "--color always" {
                output.stdout = without_colours(&output.stdout);
                output.stderr = without_colours(&output.stderr);
            }
            let text = String::from_utf8_lossy(&output.stdout);
            shown += usize::from(text.contains("u{202e}") || text.contains("\\u202e"));
            if let Some(fault) = fault(&output) {
                wrong.push(format!("$ {typed}\n  {fault}\n  {output:?}"));
            }
            if ask == "--json"
                && let Err(error) = serde_json::from_slice::<Value>(&output.stdout)
            {
                wrong.push(format!("$ {typed}\n  {error}\n  {output:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(shown > 10, "only {shown} answers showed a mark");
    let answer = world.laneway("--json list --status todo").code(0).json();
    let titles = answer["data"]["tasks"].to_string();
    let exact = serde_json::to_string(MARKS).unwrap();
    let all = world.laneway("--json list").code(0).json().to_string();
    assert!(all.contains(exact.trim_matches('"')), "{titles}\n{all}");
}

/// What verbs answer that change something: rehearsed, for programs, and carried out.
#[test]
fn p28_what_changes_something_answers_without_steering() {
    let world = painted();
    let mut wrong = Vec::new();
    let (mut read, mut done) = (0, 0);
    for (dir, line) in changing_lines() {
        for ask in ["--json --dry-run", "--dry-run", ""] {
            let typed = format!("{line} {ask}");
            let program = env!("CARGO_BIN_EXE_laneway");
            let mut command = world.command(&world.path(dir), program, typed.trim());
            let output = command.output().unwrap();
            if let Some(fault) = fault(&output) {
                wrong.push(format!("$ {typed}\n  {fault}\n  {output:?}"));
            }
            // What the command line itself refuses is told before there is an envelope.
            if ask.contains("--json") && output.status.code() != Some(2) {
                match serde_json::from_slice::<Value>(&output.stdout) {
                    Ok(_) => read += 1,
                    Err(error) => wrong.push(format!("$ {typed}\n  {error}\n  {output:?}")),
                }
            }
            done += usize::from(ask.is_empty() && output.status.success());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 20 && done >= 20, "{read} read, {done} done");
}

/// The text without the colours that were asked for.
fn without_colours(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let colour = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    colour.replace_all(&text, "").into_owned().into_bytes()
}

#[test]
fn p28_what_a_remote_says_is_shown_not_obeyed() {
    let world = World::remote();
    let hook = world.path("hub.git/hooks/pre-receive");
    let script = format!("#!/bin/sh\nprintf '%s\\n' '{ESCAPES}' >&2\nexit 1\n");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, script).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    for ask in ["", " --json"] {
        let line = format!("add A-1 --title T --role A-backend --as @dana{ask}");
        let mut command = world.command(&world.path("repo"), env!("CARGO_BIN_EXE_laneway"), &line);
        let output = command.output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(fault(&output), None, "{output:?}");
    }
}

#[test]
fn controls_are_refused_where_they_come_in() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    let tip = world.git("rev-parse laneway");
    for (line, field) in [
        ("note A-1 TEXT --as @dana", "note.text"),
        ("block A-1 --reason TEXT --as @bot", "block.reason"),
        ("edit A-2 --set notes=TEXT --as @dana", "edit.fields"),
        (
            "evidence A-1 --class runtime --text TEXT --as @bot",
            "attest",
        ),
        ("cancel B-1 --reason TEXT --as @dana", "cancel.reason"),
    ] {
        let answer = world.laneway(&line.replace("TEXT", "a\u{1b}[2Jb")).code(2);
        assert!(answer.stderr.contains(field), "{line}: {}", answer.stderr);
        assert!(
            answer.stderr.contains("\\u{1b}"),
            "{line}: {}",
            answer.stderr
        );
    }
    assert_eq!(world.git("rev-parse laneway"), tip);
    drop(
        world
            .laneway("note A-1 'two\nlines\tand a tab' --as @dana")
            .code(0),
    );
}
