//! What of a source or an export stays behind, so that the rest comes through, and how that is told
//! (X16).

use std::fs;

use serde_json::{Value, json};

use crate::support::World;

/// The answer of a command that ends with this code, as JSON.
fn answer(world: &World, line: &str, code: i32) -> Value {
    let answer = world.laneway(&format!("--json {line}")).code(code);
    serde_json::from_str(&answer.stdout).unwrap()
}

/// What is told of one kind, as `what: made`.
fn told(answer: &Value, kind: &str) -> Vec<String> {
    let anomalies = answer.pointer("/data/anomalies").unwrap();
    let anomalies = anomalies.as_array().unwrap().iter();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    anomalies
        .filter(|one| one["kind"] == kind)
        .map(|one| format!("{}: {}", text(one, "what"), text(one, "made")))
        .collect()
}

/// A task as an export says it.
fn task(id: &str, more: Value, state: Value) -> Value {
    let mut task = json!({"definition": {"id": id, "title": id, "role": "A-backend"}});
    if let (Some(definition), Value::Object(more)) = (task["definition"].as_object_mut(), more) {
        definition.extend(more);
    }
    task["state"] = state;
    task
}

fn export(world: &World, tasks: &[Value], packages: &Value) {
    let whole = json!({"laneway_export": 1, "tasks": tasks, "packages": packages});
    world.write("export.json", &whole.to_string());
}

const LINE: &str = "import export.json --as @dana";

#[test]
fn p23_a_ring_of_many_circles_is_told_in_short() {
    let world = World::governed();
    let many = 300;
    let mut lines = String::new();
    for n in 0..many {
        // The ring, and chords that make a circle of their own of each part of it.
        let needs = [(n + 1) % many, (n + 2) % many].map(|need| format!("TASK-{need}"));
        let line = json!({"id": format!("TASK-{n}"), "title": "t", "role": "A-backend",
                          "depends_on": needs});
        lines += &format!("{line}\n");
    }
    world.write("q.jsonl", &lines);
    let found = answer(&world, "import q.jsonl --as @dana", 1);
    let bad = told(&found, "no-task");
    assert_eq!(bad.len(), many, "one reason each");
    let longest = bad.iter().map(String::len).max().unwrap();
    assert!(longest < 400, "{longest}");
    let circles = told(&found, "dependency-cycle");
    assert!(!circles.is_empty());
    let longest = circles.iter().map(String::len).max().unwrap();
    assert!(longest < 400, "{longest}");
    assert!(circles[0].contains(" more) → "), "{}", circles[0]);
}

#[test]
fn p23_a_package_that_the_ledger_would_not_read_stays_in_the_export() {
    let world = World::governed();
    let text = format!(
        "---\nid: A-1\ntask: A-1\nrole: A-backend\n---\n{}",
        "word\n".repeat(250_000)
    );
    let named = json!({"package": "packages/A-1.md"});
    export(
        &world,
        &[task("A-1", named, json!({}))],
        &json!([{"path": "packages/A-1.md", "text": text}]),
    );
    let left = told(&answer(&world, LINE, 0), "package-left");
    assert!(left[0].contains("bytes, more than"), "{left:?}");
    // Nobody waits for a file that is nowhere.
    let there = answer(&world, "export", 0);
    let definition = there.pointer("/data/tasks/0/definition").unwrap();
    assert_eq!(definition["x-package"], "packages/A-1.md");
    assert!(definition.get("package").is_none());
    world.quietly("claim A-1 --as @bot");
    // A task is told once, however often it is imported.
    let again = answer(&world, LINE, 0);
    assert_eq!(again.pointer("/data/new").unwrap(), 0, "{again}");
    assert_eq!(again.pointer("/data/changed").unwrap(), 0, "{again}");
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn a_package_of_a_task_that_does_not_come_in_is_told_as_that() {
    let world = World::governed();
    let packages = ["A-1", "A-2", "A-3"].map(
        |id| json!({"path": format!("packages/{id}.md"), "text": format!("---\nid: {id}\ntask: {id}\nrole: A-backend\n---\n")}),
    );
    let named = |id: &str| json!({"package": format!("packages/{id}.md"), "priority": 1});
    let mut bad = named("A-2");
    bad["priority"] = "no".into();
    export(
        &world,
        &[
            task("A-1", named("A-1"), json!({"status": "done"})),
            task("A-2", bad, json!({})),
            task("A-4", json!({}), json!({})),
        ],
        &json!(packages),
    );
    let left = told(
        &answer(&world, &format!("{LINE} --open --skip-bad"), 0),
        "package-left",
    );
    let is = |nth: usize, why: &str| assert!(left[nth].contains(why), "{left:?}");
    is(0, "`packages/A-1.md` is of a task that does not come in");
    is(1, "`packages/A-2.md` is of a task that does not come in");
    is(2, "`packages/A-3.md` is named by no task");
}

#[test]
fn one_odd_package_does_not_keep_the_rest_from_the_export() {
    let world = World::governed();
    let dir = world.path("repo/governance/packages");
    fs::create_dir_all(dir.join("DIR.md")).unwrap();
    fs::write(dir.join("DIR.md/inner"), "x").unwrap();
    fs::write(dir.join("BYTES.md"), b"\xff\xfe").unwrap();
    fs::write(dir.join("LARGE.md"), vec![b'x'; 3 << 20]).unwrap();
    fs::write(dir.join("GOOD.md"), "---\ntask: GOOD\n---\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("GOOD.md", dir.join("LINK.md")).unwrap();
    world.git("add -A");
    world.git("commit -q -m packages");
    let found = answer(&world, "export", 0);
    let paths = |key: &str| -> Vec<String> {
        let list = found["data"][key].as_array().unwrap().iter();
        let path = |one: &Value| one["path"].as_str().unwrap().to_owned();
        list.map(path).collect()
    };
    assert_eq!(paths("packages"), ["packages/GOOD.md"]);
    let mut odd = vec!["packages/BYTES.md", "packages/DIR.md", "packages/LARGE.md"];
    if cfg!(unix) {
        odd.push("packages/LINK.md");
    }
    assert_eq!(paths("unreadable"), odd);
    let shown = world.laneway("export").code(0);
    assert!(
        shown.stderr.contains("packages/BYTES.md"),
        "{}",
        shown.stderr
    );
    world.write("export.json", &found.to_string());
    let left = told(&answer(&world, LINE, 0), "not-imported");
    assert!(
        left.iter().any(|one| one.contains("unreadable")),
        "{left:?}"
    );
}

#[test]
fn a_secret_in_the_reason_of_a_block_or_an_end_is_never_written() {
    let world = World::governed();
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let reason = format!("waits, token {token}");
    export(
        &world,
        &[
            task(
                "A-1",
                json!({}),
                json!({"status": "blocked", "block": {"reason": reason}}),
            ),
            task(
                "A-2",
                json!({}),
                json!({"status": "cancelled", "cancellation": {"reason": reason}}),
            ),
        ],
        &json!([]),
    );
    let before = world.git("rev-parse laneway");
    let found = answer(&world, LINE, 1);
    assert_eq!(world.git("rev-parse laneway"), before);
    assert!(!found.to_string().contains(&token));
    let told = told(&found, "secret");
    assert!(told[0].contains("`block` of `A-1`"), "{told:?}");
    assert!(told[1].contains("`cancellation` of `A-2`"), "{told:?}");
    // A field map does not reach what our own exports say.
    assert!(!told[0].contains("--map"), "{told:?}");
}

#[test]
fn a_blocked_row_without_a_reason_comes_in_and_says_so() {
    let world = World::governed();
    world.write(
        "old.csv",
        "laneway,id,title,role,status,rest\n1,A-1,One,A-backend,blocked,\n1,A-2,Two,A-backend,todo,\n",
    );
    let found = answer(&world, "import old.csv --as @dana", 0);
    assert_eq!(found.pointer("/data/new").unwrap(), 2);
    let told = told(&found, "value-changed");
    assert!(told[0].contains("blocked, and gives no reason"), "{told:?}");
    let state = answer(&world, "export", 0);
    let reason = state.pointer("/data/tasks/0/state/block/reason").unwrap();
    let reason = reason.as_str().unwrap();
    assert!(reason.contains("the table gives no reason"), "{reason}");
}

#[test]
fn a_block_on_itself_stays_a_block_that_somebody_ends() {
    let world = World::governed();
    let by = |id: &str| json!({"status": "blocked", "block": {"reason": "r", "by": id}});
    export(
        &world,
        &[
            task("A-1", json!({}), by("A-1")),
            task("A-2", json!({}), by("A-3")),
            task("A-3", json!({}), by("A-2")),
        ],
        &json!([]),
    );
    let found = answer(&world, LINE, 0);
    let told = told(&found, "dependency-on-itself");
    assert_eq!(
        told,
        ["`A-1` is blocked by itself: it stays blocked until somebody ends that"]
    );
    let state = answer(&world, "export", 0);
    let block = |nth: usize| {
        let block = state.pointer(&format!("/data/tasks/{nth}/state/block"));
        block.unwrap()["by"].clone()
    };
    assert_eq!(
        [0, 1, 2].map(block),
        [Value::Null, "A-3".into(), "A-2".into()]
    );
}

#[test]
fn p13_an_export_without_a_list_of_tasks_is_not_nothing_new() {
    let world = World::governed();
    let line = "import export.json --from laneway-json --as @dana";
    for (text, place, why) in [
        ("{\"laneway_export\": 1}", 1, "has no `tasks`"),
        (
            "{\"laneway_export\": 1,\n \"tasks\": {\"A-1\": {}}}",
            2,
            "`tasks` is no list",
        ),
        (
            "{\"laneway_export\": 1,\n \"tasks\": [],\n \"packages\": {}}",
            3,
            "`packages` is no list",
        ),
    ] {
        world.write("export.json", text);
        let found = world.laneway(&format!("--json {line}")).code(1).stdout;
        let all: Value = serde_json::from_str(&found).unwrap();
        let found = told(&all, "no-task");
        assert!(found[0].contains(why), "{found:?}");
        assert_eq!(all.pointer("/data/anomalies/0/line").unwrap(), place);
    }
    // A key that is written with escapes is that key.
    world.write(
        "export.json",
        "{\"laneway_export\": 1, \"t\\u0061sks\": [{\"definition\": {\"id\": \"A-1\", \
         \"title\": \"One\", \"role\": \"A-backend\"}}]}",
    );
    assert_eq!(answer(&world, line, 0).pointer("/data/new").unwrap(), 1);
}
