//! PROMISES P22: opening a hostile repository runs nothing of it.

use std::collections::BTreeSet;
use std::process::Stdio;

use super::traps::{Hooks, Trapped};
use super::verbs;

/// What a verb may run in a repository that nobody trusts.
enum Class {
    /// It reads: nothing runs. Its lines, each with the directory it is typed in.
    Reads(Lines),
    /// It changes the ledger: nothing runs. Its lines, in an order in which they are carried out.
    Writes(Lines),
    /// It works with the files of a worktree, or runs a check that was trusted: content filters run,
    /// as for every checkout, and nothing else.
    Files(Lines),
    /// It is not tried; why.
    Unseen(&'static str),
}

/// Lines to type, each with its directory.
type Lines = &'static [(&'static str, &'static str)];

use Class::{Files, Reads, Unseen, Writes};

const REPO: &str = "repo";
const LANE: &str = "repo-A-backend";

/// Every verb of the binary. A new one fails the test until it stands here.
#[rustfmt::skip]
const CLASSES: &[(&str, Class)] = &[
    ("ready", Reads(&[(REPO, ""), (REPO, "--explain"), (REPO, "--role A-backend"), (LANE, "")])),
    ("brief", Reads(&[(REPO, "B-1 --as @bot"), (REPO, "--role B-ui --as @bot"), (LANE, ""), (REPO, "A-1 --as @dana")])),
    ("list", Reads(&[(REPO, ""), (LANE, "")])),
    ("show", Reads(&[(REPO, "A-1"), (LANE, ""), (REPO, "B-1 --routing --as @bot"), (REPO, "A-1 --return")])),
    ("status", Reads(&[(REPO, ""), (REPO, "--next --as @dana"), (LANE, "--next")])),
    ("log", Reads(&[(REPO, ""), (REPO, "A-1"), (LANE, "")])),
    ("validate", Reads(&[(REPO, ""), (REPO, "--staged"), (REPO, "--commit HEAD"), (REPO, "governance"), (LANE, "")])),
    ("audit verify", Reads(&[(REPO, ""), (LANE, "")])),
    ("audit replay", Reads(&[(REPO, "--at 2030-01-01"), (REPO, "A-1 --at 2030-01-01")])),
    ("audit coverage", Reads(&[(REPO, "")])),
    ("export", Reads(&[(REPO, ""), (REPO, "--format csv"), (REPO, "--format yaml --archived")])),
    ("import", Reads(&[(REPO, "governance/queue.yaml --from playbook --role B-ui --plan --as @dana")])),
    ("hooks status", Reads(&[(REPO, ""), (LANE, "")])),
    ("hooks template", Reads(&[(REPO, "github"), (REPO, "gitlab")])),
    ("hook pre-commit", Reads(&[(REPO, ""), (LANE, "")])),
    ("hook pre-push", Reads(&[(REPO, "origin here")])),
    ("merge-driver status", Reads(&[(REPO, "")])),
    ("audit overrides", Reads(&[(REPO, "")])),
    ("audit attribution", Reads(&[(REPO, "")])),
    ("audit evidence", Reads(&[(REPO, "")])),
    ("explain", Reads(&[(REPO, ""), (REPO, "dependency"), (REPO, "4")])),
    ("policy show", Reads(&[(REPO, ""), (REPO, "--gates"), (REPO, "lease")])),
    ("doctor", Reads(&[(REPO, ""), (REPO, "--role A-backend --offline --as @bot"), (LANE, "")])),
    ("package check", Reads(&[(REPO, ""), (REPO, "A-2")])),
    ("session list", Reads(&[(REPO, "")])),
    ("request", Reads(&[(REPO, ""), (REPO, "A-1")])),
    ("except", Reads(&[(REPO, "--list"), (REPO, "--list --all")])),
    ("workstation list", Reads(&[(REPO, "")])),
    ("workstation show", Reads(&[(REPO, "ws-local-01")])),
    ("workstation check", Reads(&[(REPO, "ws-local-01")])),
    ("lane list", Reads(&[(REPO, ""), (LANE, "")])),
    ("stage", Reads(&[(REPO, ""), (REPO, "--all"), (LANE, "")])),
    ("schema", Reads(&[(REPO, ""), (REPO, "ledger/queue")])),
    ("completions", Reads(&[(REPO, "bash")])),
    ("man", Reads(&[(REPO, "")])),

    ("add", Writes(&[(REPO, "C-1 --title Work --role B-ui --as @dana"), (REPO, "C-2 --title Work --role B-ui --as @dana")])),
    ("edit", Writes(&[(REPO, "C-1 --title Other --as @dana")])),
    ("note", Writes(&[(REPO, "C-1 seen --as @dana"), (LANE, "seen")])),
    ("claim", Writes(&[(REPO, "C-1 --no-worktree --as @ann")])),
    ("renew", Writes(&[(REPO, "C-1 --as @ann"), (LANE, "")])),
    ("session start", Writes(&[(LANE, "")])),
    ("session stop", Writes(&[(LANE, "")])),
    ("cancel", Writes(&[(REPO, "C-2 --reason over --as @dana")])),
    ("archive", Writes(&[(REPO, "C-2 --as @dana"), (REPO, "--restore C-2 --as @dana")])),
    ("reopen", Writes(&[(REPO, "C-2 --reason again --as @dana")])),
    ("evidence", Writes(&[(LANE, "--class runtime --text seen --dry-run")])),
    ("review", Writes(&[(REPO, "A-1 --form --as @dana"), (REPO, "A-1 --verdict accept --no-findings --as @dana")])),
    ("workstation quarantine", Writes(&[(REPO, "ws-local-01 --reason odd --as @dana")])),
    ("workstation restore", Writes(&[(REPO, "ws-local-01 --reason fine --as @dana")])),
    ("workstation retire", Writes(&[(REPO, "ws-local-01 --reason old --dry-run --as @dana")])),
    ("maintain", Writes(&[(REPO, "")])),
    ("trust", Writes(&[(REPO, "A-2")])),

    ("return", Files(&[(REPO, "C-1 --reason 'too large' --dry-run --as @ann")])),
    ("block", Files(&[(REPO, "C-1 --reason waits --as @ann")])),
    ("unblock", Files(&[(REPO, "C-1 --as @ann")])),
    ("hold", Files(&[(REPO, "C-1 --reason waits --as @ann")])),
    ("set-status", Files(&[(REPO, "C-1 todo --as @ann")])),
    ("check", Files(&[(LANE, "--trust"), (LANE, "--clean --trust")])),
    ("release", Files(&[(REPO, "A-2 --dry-run --as @bot")])),
    ("handoff", Files(&[(LANE, "--next more")])),
    ("merge", Files(&[(REPO, "A-1 --trust --as @dana")])),
    ("lane add", Files(&[(REPO, "A-backend:3")])),
    ("lane sync", Files(&[(REPO, "A-backend:3")])),
    ("lane remove", Files(&[(REPO, "A-backend:3")])),
    ("init", Files(&[(REPO, "")])),
    ("package new", Files(&[(REPO, "B-1")])),
    ("workstation add", Files(&[(REPO, "ws-other-01 --dry-run")])),
    ("workstation attest", Unseen("writes a file of the work tree, as `workstation add`")),

    ("scope confirm", Unseen("adds a record, as `note`")),
    ("scope go", Unseen("adds a record, as `note`")),
    ("complete", Unseen("lands, as `merge`")),
    ("shard", Unseen("writes plan files of the work tree, as `package new`")),
    ("hooks install", Unseen("puts files where git runs them")),
    ("hooks uninstall", Unseen("takes files from where git runs them")),
    ("hook commit-msg", Unseen("edits the file that git hands it")),
    ("hook pre-receive", Unseen("reads what git says of a push to a server")),
    ("hook post-receive", Unseen("reads what git says of a push to a server")),
    ("merge-driver", Unseen("merges the files that git hands it")),
    ("merge-driver install", Unseen("writes git's configuration, to run itself")),
    ("demo", Unseen("makes a repository of its own")),
];

/// The content filters among the traps.
const FILTERS: [&str; 3] = ["clean", "process", "smudge"];

/// What went wrong when all verbs of a class were run: what fired, and what ended otherwise than a
/// line ends that had nothing in its way.
fn wrong(
    trapped: &Trapped,
    class: impl Fn(&Class) -> Option<Lines>,
    spared: &[&str],
    codes: &[i32],
) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_laneway");
    let lines = CLASSES
        .iter()
        .filter_map(|(verb, of)| Some((verb, class(of)?)))
        .flat_map(|(verb, lines)| {
            lines
                .iter()
                .map(move |(dir, line)| (*dir, format!("{verb} {line}")))
        });
    let mut wrong = Vec::new();
    for (dir, line) in lines {
        let dir = trapped.world.path(dir);
        let output = trapped
            .world
            .command(&dir, program, &line)
            .output()
            .unwrap();
        let mut fired = trapped.fired();
        fired.retain(|name| !spared.contains(&name.as_str()));
        if !fired.is_empty() {
            wrong.push(format!("$ {line}\nran {fired:?}"));
        }
        if !output
            .status
            .code()
            .is_some_and(|code| codes.contains(&code))
        {
            wrong.push(format!("$ {line}\n{output:?}"));
        }
    }
    wrong
}

fn reads(class: &Class) -> Option<Lines> {
    match class {
        Reads(lines) => Some(lines),
        _ => None,
    }
}

/// The lines of all verbs that only read, each with its directory.
pub fn reading_lines() -> Vec<(&'static str, String)> {
    lines_of(reads)
}

/// The lines of all verbs that change something, in an order in which they can be carried out.
pub fn changing_lines() -> Vec<(&'static str, String)> {
    let mut lines = lines_of(writes);
    lines.extend(lines_of(files));
    lines
}

fn lines_of(of: impl Fn(&Class) -> Option<Lines>) -> Vec<(&'static str, String)> {
    let classes = CLASSES.iter();
    let lines = classes.filter_map(|(verb, class)| Some((verb, of(class)?)));
    lines
        .flat_map(|(verb, lines)| {
            lines
                .iter()
                .map(move |(dir, line)| (*dir, format!("{verb} {line}")))
        })
        .collect()
}

fn writes(class: &Class) -> Option<Lines> {
    match class {
        Writes(lines) => Some(lines),
        _ => None,
    }
}

fn files(class: &Class) -> Option<Lines> {
    match class {
        Files(lines) => Some(lines),
        _ => None,
    }
}

#[test]
fn p22_opening_a_hostile_repository_runs_nothing() {
    for hooks in [Hooks::InGit, Hooks::Configured] {
        let trapped = Trapped::new(hooks);
        let mut all = wrong(&trapped, reads, &[], &[0, 1]);
        all.extend(wrong(&trapped, writes, &[], &[0]));
        all.extend(wrong(&trapped, reads, &[], &[0, 1]));
        trapped.fill_files("one\n");
        all.extend(wrong(&trapped, files, &FILTERS, &[0]));
        all.extend(wrong(&trapped, reads, &[], &[0, 1]));
        assert!(all.is_empty(), "{hooks:?}\n{}", all.join("\n"));
        control(&trapped);
    }
}

/// The traps are live: plain git runs into them.
fn control(trapped: &Trapped) {
    let path = std::env::var("PATH").unwrap();
    trapped.world.set("PATH", &path);
    trapped.fill_files("two\n");
    let mut fired = BTreeSet::new();
    for line in [
        "status",
        "diff",
        "commit -qam more",
        "log -9",
        "fetch evil",
        "list",
    ] {
        let dir = trapped.world.path("repo");
        let line = format!("10 git {line}");
        let mut command = trapped.world.command(&dir, "timeout", &line);
        drop(command.stdin(Stdio::null()).output().unwrap());
        fired.extend(trapped.fired());
    }
    for name in [
        "fsmonitor",
        "clean",
        "process",
        "diff-command",
        "pre-commit",
        "gpg",
        "ext",
        "alias",
    ] {
        assert!(fired.contains(name), "{name} did not fire: {fired:?}");
    }
}

#[test]
fn p22_every_verb_is_classified() {
    let known: BTreeSet<&str> = CLASSES.iter().map(|(verb, _)| *verb).collect();
    let forms = verbs::all();
    let verbs: BTreeSet<&str> = forms.iter().map(|form| form.verb.as_str()).collect();
    let new: Vec<_> = verbs.difference(&known).collect();
    assert!(
        new.is_empty(),
        "say in CLASSES what these may run in a hostile repository: {new:?}"
    );
    let gone: Vec<_> = known.difference(&verbs).collect();
    assert!(gone.is_empty(), "no verbs any more: {gone:?}");
    for (verb, class) in CLASSES {
        if let Unseen(why) = class {
            assert!(!why.is_empty(), "{verb}");
        }
    }
}
