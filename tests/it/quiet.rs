//! `-q`: what was carried out says nothing; what was asked for, and what went wrong, is said.

use std::collections::BTreeSet;
use std::fs;

use crate::hostile::verbs;
use crate::support::World;

/// Verbs that are asked for what they print: lists, pages, reports, files on standard output.
const ASKED_FOR: &[&str] = &[
    "export",
    "ready",
    "brief",
    "list",
    "show",
    "status",
    "session list",
    "lane list",
    "log",
    "validate",
    "audit verify",
    "audit replay",
    "audit coverage",
    "audit overrides",
    "audit attribution",
    "audit evidence",
    "doctor",
    "hooks status",
    "hooks template",
    "merge-driver status",
    "workstation list",
    "workstation show",
    "workstation check",
    "package check",
    "policy show",
    "explain",
    "completions",
    "demo",
];

/// Verbs with a line of their own elsewhere: git calls them, with files and input of its own.
const OF_GIT: &[&str] = &[
    "hook pre-commit",
    "hook commit-msg",
    "hook pre-push",
    "hook pre-receive",
    "hook post-receive",
    "merge-driver",
];

const LANE: &str = "repo-A-backend";

/// A story in which every other verb is carried out: where, and the line.
const STORY: &[(&str, &str)] = &[
    ("repo", "init --role A-backend:2 --role B-ui --as @dana"),
    (
        "repo",
        "add A-1 --title One --role A-backend --check true --as @dana",
    ),
    ("repo", "add A-2 --title Two --role A-backend --as @dana"),
    ("repo", "add A-3 --title Three --role B-ui --as @dana"),
    (
        "repo",
        "add S-1 --title Scoped --role B-ui --plan --as @dana",
    ),
    ("repo", "edit A-2 --set priority=1 --as @dana"),
    ("repo", "import list.csv --role B-ui --as @dana"),
    ("repo", "note A-1 text --as @dana"),
    ("repo", "claim A-1 --as @bot"),
    (LANE, "renew"),
    (LANE, "session stop"),
    (LANE, "session start"),
    (LANE, "trust A-1"),
    (LANE, "check"),
    (LANE, "evidence --class source_trace --text seen"),
    (LANE, "request --contract api --text more"),
    (
        "repo",
        "request A-1 --decide 5 --verdict accept --reason good --as @dana",
    ),
    (
        LANE,
        "except --gate review-owed --adr README --reason x --rollback x --expires 1h",
    ),
    (LANE, "handoff --next more"),
    (
        "repo",
        "review A-1 --verdict accept --no-findings --as @rev",
    ),
    ("repo", "merge A-1 --as @bot"),
    ("repo", "reopen A-1 --reason again --as @dana"),
    ("repo", "cancel A-1 --reason enough --as @dana"),
    ("repo", "archive A-1 --as @dana"),
    ("repo", "archive --restore A-1 --as @dana"),
    ("repo", "claim A-2 --as @bot"),
    (LANE, "block --reason quota"),
    ("repo", "unblock A-2 --as @bot"),
    (LANE, "hold --reason wait"),
    ("repo", "unblock A-2 --as @bot"),
    (LANE, "return --reason 'too large'"),
    ("repo", "claim A-3 --as @bot"),
    ("repo", "set-status A-3 blocked --reason quota --as @bot"),
    ("repo", "set-status A-3 in_progress --as @bot"),
    ("repo-B-ui", "release"),
    ("repo", "lane add A-backend:2 --as @bot"),
    ("repo", "lane sync A-backend:2 --as @bot"),
    ("repo", "lane remove A-backend:2 --as @bot"),
    ("repo", "package new S-1 --scope-confirmation --as @dana"),
    (
        "repo",
        "edit S-1 --set package=packages/S-1.md --plan --as @dana",
    ),
    ("repo", "!git add -A"),
    ("repo", "!git commit -q -m scoped"),
    ("repo", "claim S-1 --as @bot"),
    ("repo", "scope confirm S-1 --text mine --as @bot"),
    ("repo", "scope go S-1 --as @dana"),
    ("repo", "release S-1 --as @bot"),
    ("repo", "claim A-3 --as @bot"),
    ("repo-B-ui", "!git commit -q --allow-empty -m work"),
    ("repo-B-ui", "!touch b.txt"),
    ("repo-B-ui", "!git add b.txt"),
    ("repo-B-ui", "!git commit -q -m work"),
    ("repo-B-ui", "handoff --next more"),
    ("repo", "!git merge -q --ff-only agent/B-ui"),
    ("repo", "complete A-3 --as @dana"),
    ("repo", "stage M-1 --pass resource --as @dana"),
    (
        "repo",
        "workstation quarantine ws-local-01 --reason broken --as @dana",
    ),
    (
        "repo",
        "workstation restore ws-local-01 --reason mended --as @dana",
    ),
    ("repo", "workstation add ws-two --as @dana"),
    (
        "repo",
        "workstation attest ws-two --license orca --how seen --as @dana",
    ),
    ("repo", "!git add -A"),
    ("repo", "!git commit -q -m places"),
    ("repo", "workstation retire ws-two --reason sold --as @dana"),
    ("repo", "maintain"),
    ("repo", "shard --by role"),
    ("repo", "hooks install"),
    ("repo", "hooks uninstall"),
    ("repo", "merge-driver install"),
    ("repo", "man --dir ../pages"),
    ("repo", "schema --write ../schemas"),
];

#[test]
fn quiet_says_nothing_of_what_was_carried_out_and_no_verb_is_left_out() {
    let world = World::new();
    world.write("list.csv", "id,title\nI-1,Imported\n");
    let mut done = BTreeSet::new();
    for (dir, line) in STORY {
        if let Some(git) = line.strip_prefix("!") {
            let (program, rest) = git.split_once(' ').unwrap();
            let mut command = world.command(&world.path(dir), program, rest);
            assert!(command.status().unwrap().success(), "{git}");
            continue;
        }
        let answer = world.laneway_in(dir, &format!("-q {line}")).code(0);
        assert_eq!(answer.stdout, "", "laneway -q {line}");
        assert_eq!(answer.stderr, "", "laneway -q {line}");
        let words: Vec<&str> = line.split_whitespace().take(2).collect();
        done.extend([words[0].to_owned(), words.join(" ")]);
        if line.starts_with("init") {
            prepare(&world);
        }
    }
    for form in verbs::all() {
        let verb = form.verb.as_str();
        let known = ASKED_FOR.contains(&verb) || OF_GIT.contains(&verb) || done.contains(verb);
        assert!(
            known,
            "`{verb}` is neither asked for what it prints nor run with -q here"
        );
    }
    drop(world.laneway("audit verify").code(0));
}

/// Rules under which every verb of the story has something to do.
fn prepare(world: &World) {
    let policy = world.path("repo/governance/policy.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    let more = "contracts:\n  - {name: api, paths: [\"api/**\"], owner: B-ui}\n";
    fs::write(&policy, text + more).unwrap();
    let plan = "version: 1\ntasks:\n  - id: M-1\n    title: Staged\n    role: B-ui\n    type: work\n\
                \x20   stages: {resource: {}, execute: {}}\n";
    world.write("governance/queue.yaml", plan);
    world.git("add -A");
    world.git("commit -q -m rules");
}

#[test]
fn quiet_prints_what_was_asked_for_and_every_error() {
    let world = World::planned();
    world.set("LANEWAY_AGENT", "@dana");
    for verb in ASKED_FOR {
        let line = match *verb {
            "demo" | "session list" => continue,
            "show" => "show A-1",
            "brief" => "brief A-1",
            "workstation show" => "workstation show ws-local-01",
            "workstation check" => "workstation check ws-local-01",
            "audit replay" => "audit replay --at 2026-11-20T09:00:00Z",
            "hooks template" => "hooks template github",
            "completions" => "completions bash",
            verb => verb,
        };
        let answer = world.laneway(&format!("-q {line}"));
        assert!(!answer.stdout.is_empty(), "laneway -q {line}: {answer:?}");
    }
    // A rehearsal is asked for its difference, a program for its object.
    let rehearsed = world.laneway("-q note A-1 text --dry-run").code(0);
    assert!(
        rehearsed.stdout.contains("+    text: text"),
        "{rehearsed:?}"
    );
    let object = world.laneway("-q --json note A-1 text").code(0);
    assert_eq!(object.json()["ok"], true);
    // A negative answer is one.
    let none = world.laneway("-q archive --before 2020-01-01").code(1);
    assert_eq!(none.stdout, "nothing to archive\n");
    // Outside of a repository no verb has anything to print but why.
    let mut refused = 0;
    for form in verbs::all() {
        if form.verb == "demo" {
            continue;
        }
        let given: Vec<&str> = form
            .arguments
            .iter()
            .filter(|(_, optional)| !optional)
            .map(|_| "A-1")
            .collect();
        let line = format!("-q {} {}", form.verb, given.join(" "));
        let answer = world.laneway_in("tmp", &line);
        if answer.exit != Some(0) && !form.verb.starts_with("hook ") {
            refused += 1;
            assert_eq!(answer.stdout, "", "laneway {line}");
            assert!(!answer.stderr.is_empty(), "laneway {line}");
        }
    }
    assert!(refused > 50, "{refused}");
}

/// Who names no task has asked which one it is.
#[test]
fn quiet_says_which_task_was_claimed() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("add A-2 --title Two --role A-backend --as @dana");
    let told = world.laneway("-q claim --role A-backend --as @bot").code(0);
    assert!(told.stdout.starts_with("claimed A-1: One\n"), "{told:?}");
    drop(world.laneway("-q release A-1 --as @bot").code(0));
    let told = world.laneway("-q claim A-2 --as @bot").code(0);
    assert_eq!(told.stdout, "");
}
