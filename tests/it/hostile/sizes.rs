//! Files that are small for what they cost to look at (P23): many columns, many keys, and files that
//! are none.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::support::World;

/// Long enough for any machine that answers at all.
const PATIENCE: Duration = Duration::from_secs(300);

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        writeln!(text, "{}", line(n)).unwrap();
        text
    })
}

#[test]
fn p23_a_table_of_200_000_columns_is_refused_by_its_heading() {
    let world = World::governed();
    let cells = |of: &str| {
        (0..200_000)
            .map(|n| format!(",{of}{n}"))
            .collect::<String>()
    };
    let table = format!("id,title{}\nX-1,One{}\n", cells("c"), cells("v"));
    world.write_in("source", "issues.csv", &table);
    let line = "--json import ../source/issues.csv --role A-backend --as @dana";
    let answer = world.start("repo", line).within(PATIENCE);
    assert_ne!(answer.exit, Some(0), "{answer:#?}");
    let told = format!("{}{}", answer.stdout, answer.stderr);
    assert!(
        told.contains("it has 200002 columns, more than 4000"),
        "{told}"
    );
    assert!(told.contains("issues.csv"), "{told}");
}

#[test]
fn p23_a_work_item_of_60_000_keys_is_refused() {
    let world = World::governed();
    let keys = lines(60_000, |n| format!("k{n}: 1"));
    let item = format!("---\nid: W-1\ntitle: One\n{keys}---\nBody.\n");
    world.write_in("source/todo", "W-1.md", &item);
    let line = "--json import ../source --from items --role A-backend --as @dana";
    let answer = world.start("repo", line).within(PATIENCE);
    assert_ne!(answer.exit, Some(0), "{answer:#?}");
    let told = format!("{}{}", answer.stdout, answer.stderr);
    assert!(
        told.contains("it has 60001 fields, more than 4000"),
        "{told}"
    );
}

#[test]
fn p23_a_task_of_100_000_unknown_keys_is_told() {
    let world = World::governed();
    let keys = lines(100_000, |n| format!("  k{n}: 1"));
    let plan = format!("version: 1\ntasks:\n- id: T-1\n  title: x\n  role: B-ui\n{keys}");
    world.write("governance/queue.yaml", &plan);
    let answer = world.start("repo", "--json validate").within(PATIENCE);
    let found = answer.json()["data"]["findings"].as_array().unwrap().len();
    assert!((1..=1100).contains(&found), "{found}");
}

#[test]
fn p23_10_000_tasks_that_differ_are_merged() {
    let world = World::governed();
    let tasks = |side: &str| {
        let tasks = lines(10_000, |n| {
            format!("- id: T-{n}\n  title: {side}\n  role: B-ui")
        });
        format!("version: 1\ntasks:\n{tasks}")
    };
    for side in ["base", "ours", "theirs"] {
        world.write_in("sides", side, &tasks(side));
    }
    let line = "merge-driver ../sides/base ../sides/ours ../sides/theirs";
    let answer = world.start("repo", line).within(PATIENCE);
    assert_eq!(answer.exit, Some(1), "{}", answer.stderr.len());
    let merged = fs::read_to_string(world.path("sides/ours")).unwrap();
    assert!(merged.contains("<<<<<<<"), "it has conflicts");
}

#[test]
fn p23_a_pipe_or_a_device_is_no_file_to_read() {
    let world = World::governed();
    let pipe = world.path("pipe");
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
    world.write_in("source", "issues.csv", "id,title\nX-1,One\n");
    for path in ["../pipe", "/dev/zero"] {
        for line in [
            format!("import ../source/issues.csv --map {path} --as @dana"),
            format!("import {path} --as @dana"),
            format!("add --file {path} --as @dana"),
            format!("add X-1 --title x --role B-ui --notes-file {path} --as @dana"),
            format!("validate {path}"),
        ] {
            let answer = world.start("repo", &line).within(PATIENCE);
            assert_ne!(answer.exit, Some(0), "{line}: {answer:#?}");
            let told = format!("{}{}", answer.stdout, answer.stderr);
            let said = ["no file", "no plain file", "must be a plain file"];
            assert!(
                said.iter().any(|fact| told.contains(fact)),
                "{line}: {told}"
            );
        }
    }
}
