//! Resource bombs (P23): files that are small and cost much. Each is answered, by finding, refusal or
//! result, within 200 MB and without a stack that overflows; nothing of a repository moves.
//!
//! The limit is set on the data of the process (`RLIMIT_DATA`): heap, stacks and private mappings.
//! Address space would count the program itself, which a debug build makes ten times as large, and
//! what the allocator reserves for each thread and never touches.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Answer, Running, World};

/// Most memory that a command gets, KiB: 200 MB.
const MOST: usize = 200_000;

/// The same for an answer that tells of each of a hundred thousand tasks why it waits: some 40 MB of
/// JSON, which is still put together as a whole before it is printed.
const MOST_TOLD: usize = 900_000;

/// Long enough for any machine that answers at all.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs laneway with this much memory at most.
fn limited(world: &World, most: Option<usize>, line: &str) -> Answer {
    let program = env!("CARGO_BIN_EXE_laneway");
    let inner = world.command(&world.path("repo"), program, line);
    let limit = most.map_or("unlimited".to_owned(), |most| most.to_string());
    let mut outer = Command::new("sh");
    outer
        .arg("-c")
        .arg(format!("ulimit -d {limit} && exec \"$0\" \"$@\""))
        .arg(program)
        .args(inner.get_args())
        .current_dir(world.path("repo"))
        .env_clear();
    for (name, value) in inner.get_envs() {
        outer.env(name, value.unwrap_or_default());
    }
    Running::of(line, &mut outer).within(PATIENCE)
}

/// Whether the program ended by itself, with an answer that is no failure of its own.
fn answered(answer: &Answer) -> bool {
    matches!(answer.exit, Some(0..=5))
}

/// Commits a plan on the target and asks every reader about it.
fn plan(most: usize, text: &str, lines: &[(&str, &[i32])]) -> Vec<Answer> {
    let world = World::governed();
    world.write("governance/queue.yaml", text);
    world.git("add governance");
    world.git("commit -q -m plan");
    let refs = world.git("for-each-ref");
    let mut answers = Vec::new();
    for (line, codes) in lines {
        let answer = limited(&world, Some(most), line);
        let shown = &answer.stderr[..answer.stderr.len().min(2000)];
        assert!(answered(&answer), "$ {line}: {:?}\n{shown}", answer.exit);
        assert!(
            codes.contains(&answer.exit.unwrap()),
            "$ {line}: {:?}\n{shown}",
            answer.exit
        );
        answers.push(answer);
    }
    assert_eq!(world.git("for-each-ref"), refs);
    assert_eq!(world.git("status --porcelain"), "");
    answers
}

fn findings(answer: &Answer) -> Vec<Value> {
    answer.json()["data"]["findings"]
        .as_array()
        .unwrap()
        .clone()
}

fn tasks(count: usize, more: impl Fn(usize) -> String) -> String {
    let mut text = String::from("version: 1\ntasks:\n");
    for n in 0..count {
        writeln!(text, "- {{id: T-{n}, title: x, role: B-ui{}}}", more(n)).unwrap();
    }
    text
}

const NODES: usize = 100_000;

#[test]
fn p23_a_cycle_of_a_hundred_thousand_is_told_and_refused() {
    let text = tasks(NODES, |n| format!(", depends_on: [T-{}]", (n + 1) % NODES));
    let answers = plan(
        MOST,
        &text,
        &[
            ("--json validate", &[1]),
            ("--json ready", &[1]),
            ("claim T-7 --as @bot", &[4]),
            ("claim --role B-ui --as @bot", &[1]),
            ("--json show T-7", &[0]),
        ],
    );
    drop(plan(MOST_TOLD, &text, &[("--json ready --explain", &[1])]));
    let found = findings(&answers[0]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["rule"], "dependency-cycle");
}

#[test]
fn p23_a_chain_of_a_hundred_thousand_is_walked() {
    let text = tasks(NODES, |n| match n {
        0 => String::new(),
        n => format!(", depends_on: [T-{}], parent: T-{}", n - 1, n - 1),
    });
    let answers = plan(
        MOST,
        &text,
        &[
            ("--json validate", &[0, 1]),
            ("--json ready", &[0]),
            ("claim T-99999 --as @bot", &[4]),
            ("--json list --limit 1", &[0]),
            ("--json show T-99999", &[0]),
            ("claim T-0 --as @bot --dry-run", &[0]),
        ],
    );
    // A part that depends on its parent never starts: one finding each, told a thousand times.
    let found = findings(&answers[0]);
    assert_eq!(found.len(), 1000, "{}", found.len());
    let last = found[999]["message"].as_str().unwrap();
    assert!(
        last.ends_with("(and 98999 more of this rule in this file)"),
        "{last}"
    );
}

#[test]
fn p23_a_task_with_a_hundred_thousand_dependencies_is_judged() {
    let mut text = tasks(2, |_| String::new());
    let needs: Vec<String> = (0..NODES).map(|n| format!("N-{n}")).collect();
    writeln!(
        text,
        "- {{id: X-1, title: x, role: B-ui, depends_on: [{}, T-1, T-1]}}",
        needs.join(", ")
    )
    .unwrap();
    let answers = plan(
        MOST,
        &text,
        &[("--json validate", &[1]), ("claim X-1 --as @bot", &[4])],
    );
    let found = findings(&answers[0]);
    assert_eq!(
        found.len(),
        1001,
        "unknown ones, and one that is there twice"
    );
}

#[test]
fn p23_a_text_of_fifty_megabytes_is_refused() {
    let notes = "x".repeat(50_000_000);
    let text = format!(
        "version: 1\ntasks:\n- {{id: A-1, title: x, role: B-ui}}\n- id: A-2\n  title: x\n  \
         role: B-ui\n  notes: {notes}\n"
    );
    let lines = "    and so on\n".repeat(3_500_000);
    let block = text.replace(&format!(" {notes}"), &format!(" |\n{lines}"));
    for (text, column) in [(text, 1), (block, 3)] {
        let lines: [(&str, &[i32]); 2] = [("--json validate", &[1]), ("claim A-1 --as @bot", &[5])];
        let answers = plan(MOST, &text, &lines);
        let first = &findings(&answers[0])[0];
        assert_eq!(
            (&first["line"], &first["column"]),
            (&7.into(), &column.into())
        );
        assert_eq!(first["message"], "a text of more than 1048576 bytes");
    }
}

#[test]
fn p23_patterns_that_explode_do_not() {
    // Exponential for a matcher that goes back; linear here.
    let world = World::governed();
    let id = format!("{}-1", "a".repeat(100));
    let text = format!("version: 1\ntasks:\n- {{id: {id}, title: x, role: B-ui}}\n");
    world.write("governance/queue.yaml", &text);
    let mut policies = Vec::new();
    for (pattern, code) in [
        ("^(a+)+$", 1),
        ("^(a|a|b?)*c$", 1),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", 1),
        // Too large to compile: a finding of the policy.
        ("(?:a{1000}){1000}", 1),
        ("(", 1),
    ] {
        world.rule(&format!("task_id_pattern: '{pattern}'"));
        let answer = limited(&world, Some(MOST), "--json validate");
        assert_eq!(answer.exit, Some(code), "{pattern}: {answer:#?}");
        policies.push(findings(&answer)[0]["rule"].as_str().unwrap().to_owned());
        let claim = limited(&world, Some(MOST), &format!("claim {id} --as @bot"));
        assert!(answered(&claim), "{pattern}: {claim:#?}");
    }
    let (pattern, meaning) = ("task-id-pattern", "meaning");
    assert_eq!(policies, [pattern, pattern, pattern, meaning, meaning]);
    world.rule("task_id_pattern: '.*'");
    let path = "governance/workstations.yaml";
    let registry = std::fs::read_to_string(world.path("repo").join(path)).unwrap();
    for (naming, code) in [("^(a+)+$", 1), ("(?:a{1000}){1000}", 1)] {
        let named = format!(
            "naming: '{naming}'\n{}",
            registry.replace("naming:", "x-naming:")
        );
        world.write(path, &named);
        let answer = limited(&world, Some(MOST), "--json validate");
        assert_eq!(answer.exit, Some(code), "{naming}: {answer:#?}");
    }
}

#[test]
fn p23_globs_that_explode_do_not() {
    let stars = |end: &str| format!("{}{end}", "*a".repeat(500));
    let deep = |end: &str| format!("{}{end}", "**/a*/".repeat(30));
    let globs: Vec<String> = (0..20)
        .flat_map(|n| [stars(&format!("{n}")), deep(&format!("{n}"))])
        .collect();
    let text = tasks(40, |n| {
        format!(
            ", owned_paths: ['{}'], forbidden_paths: ['{}']",
            globs[n],
            globs[(n + 2) % 40]
        )
    });
    drop(plan(
        MOST,
        &text,
        &[
            ("--json validate", &[0, 1]),
            ("--json ready", &[0, 1]),
            ("claim T-0 --as @bot --dry-run", &[0, 4]),
        ],
    ));
    let world = World::governed();
    world.write("governance/queue.yaml", &text);
    world.rule("path_reservations: refuse");
    drop(limited(&world, Some(MOST), "claim T-0 --as @bot").code(0));
    let second = limited(&world, Some(MOST), "claim T-2 --as @bot2");
    assert!(answered(&second), "{second:#?}");
}

#[test]
fn p23_a_million_tasks_are_read_and_judged() {
    let world = World::governed();
    let text = tasks(1_000_000, |_| String::new());
    world.write("governance/queue.yaml", &text);
    let answer = limited(&world, None, "--json validate");
    assert_eq!(answer.exit, Some(0), "{}", answer.stderr);
    // One more byte than is read is a finding, too.
    world.write(
        "governance/queue.yaml",
        &format!("{text}{}", "#".repeat(64 << 20)),
    );
    let answer = limited(&world, Some(MOST), "--json validate").code(1);
    assert_eq!(findings(&answer)[0]["rule"], "file-size");
}

#[test]
fn p23_a_push_of_endless_refs_is_refused() {
    let world = World::governed();
    let ids = "1".repeat(40);
    let line = format!("refs/heads/x {ids} refs/heads/y {ids}\n");
    let mut lines = line.repeat((16 << 20) / line.len() + 1);
    lines.truncate(16 << 20);
    for hook in ["pre-push origin here", "pre-receive", "post-receive"] {
        // One byte more than is read: the line end of the last one.
        let answer = world.laneway_fed("repo", &format!("hook {hook}"), &lines);
        drop(answer.code(2).says("more refs than a hook reads"));
    }
}

/// What somebody else has pushed as a ledger commit, with plumbing.
#[test]
fn p23_a_ledger_commit_of_endless_words_is_found_and_not_shown() {
    let words = "x".repeat(20 << 20);
    let request = format!("note\n\nLaneway-Request: {{\"text\":\"{words}\"}}\nLaneway-Law: 1\n");
    let nested = format!("note\n\nLaneway-Request: {}\n", "[".repeat(10_000));
    for message in [words, request, nested] {
        let world = World::planned();
        world.write_in("home", "message", &message);
        let file = world.path("home/message");
        let line = format!(
            "commit-tree laneway^{{tree}} -p laneway -F {}",
            file.display()
        );
        let commit = world.git(&line);
        world.git(&format!("update-ref refs/heads/laneway {}", commit.trim()));
        let verify = limited(&world, Some(MOST), "audit verify");
        assert!(matches!(verify.exit, Some(1 | 5)), "{verify:?}");
        for line in [
            "log",
            "--json log",
            "ready",
            "show A-1",
            "note A-1 x --as @bot",
        ] {
            let answer = limited(&world, Some(MOST), line);
            let said = answer.stdout.len() + answer.stderr.len();
            assert!(answered(&answer), "$ {line}: {:?}", answer.exit);
            assert!(said < 64 * 1024, "$ {line}: {said} bytes");
        }
    }
}

/// A signature takes no more than a commit: it is read once, and shows nothing.
#[test]
fn p23_a_signature_without_end_shows_nothing() {
    let world = World::planned();
    let head = world.git("cat-file commit laneway");
    let (headers, message) = head.split_once("\n\n").unwrap();
    let line = format!(" {}\n", "A".repeat(70));
    let armor = "SSH SIGNATURE-----";
    let lines = line.repeat(200_000);
    let text =
        format!("{headers}\ngpgsig -----BEGIN {armor}\n{lines} -----END {armor}\n\n{message}");
    world.write_in("home", "commit", &text);
    let file = world.path("home/commit");
    let commit = world.git(&format!("hash-object -t commit -w {}", file.display()));
    world.git(&format!("update-ref refs/heads/laneway {}", commit.trim()));
    for line in ["audit verify", "log --limit 1", "audit attribution"] {
        let answer = limited(&world, Some(MOST), line);
        assert!(
            answered(&answer),
            "$ {line}: {:?}\n{}",
            answer.exit,
            answer.stderr
        );
        assert!(!answer.stdout.contains("verified"), "{}", answer.stdout);
    }
}
