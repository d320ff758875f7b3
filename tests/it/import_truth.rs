//! What an import must never do: take one task for another, or call work ready whose dependencies
//! it did not understand.

use std::collections::HashMap;
use std::fs;

use serde_json::Value;

use crate::support::World;

/// The answer of a command as JSON.
fn json(world: &World, line: &str) -> Value {
    let answer = world.laneway(&format!("--json {line}")).code(0);
    serde_json::from_str(&answer.stdout).unwrap()
}

/// The ids of the tasks that may be claimed, sorted.
fn ready(world: &World) -> Vec<String> {
    // There may be none.
    let answer = world.laneway("--json ready").json();
    let tasks = answer.pointer("/data/tasks").unwrap().as_array().unwrap();
    let ids = tasks.iter().map(|task| task["id"].as_str().unwrap());
    let mut ids: Vec<String> = ids.map(str::to_owned).collect();
    ids.sort();
    ids
}

/// The exported definitions and states of a world.
fn tasks(export: &Value) -> Vec<Value> {
    let tasks = export.pointer("/data/tasks").unwrap();
    tasks.as_array().unwrap().clone()
}

fn exported(export: &Value, id: &str) -> Option<Value> {
    let mut all = tasks(export).into_iter();
    all.find(|task| task["definition"]["id"] == id)
}

/// Writes a file below the repository, with the directories above it.
fn put(world: &World, file: &str, text: &str) {
    let path = world.path("repo").join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn p14_ids_are_read_as_they_are_written() {
    let world = World::governed();
    put(
        &world,
        "q.yaml",
        "tasks:\n  - {id: 1.1, title: a, status: done}\n  - {id: 1.10, title: b}\n  \
         - {id: 007, title: c, depends_on: [1.10]}\n  - {id: 1e3, title: d}\n  \
         - {id: 0x1F, title: e}\n  - {id: 12345678901234567890123, title: f}\n  \
         - {id: g, title: g, blocked_by: 1.10}\n",
    );
    world.quietly("import q.yaml --role A-backend --as @dana");
    assert_eq!(
        ready(&world),
        ["0x1F", "1.10", "12345678901234567890123", "1e3"]
    );
    let other = World::governed();
    put(
        &other,
        "q.jsonl",
        "{\"id\":1.1,\"title\":\"a\",\"status\":\"done\"}\n{\"id\":1.10,\"title\":\"\\\"1.0\"}\n\
         {\"id\":7,\"title\":\"c\",\"depends_on\":[1.10]}\n\
         {\"id\":12345678901234567890123,\"title\":\"f\"}\n",
    );
    other.quietly("import q.jsonl --role A-backend --as @dana");
    assert_eq!(ready(&other), ["1.10", "12345678901234567890123"]);
}

#[test]
fn p13_no_shape_of_a_dependency_makes_a_task_ready() {
    let world = World::governed();
    let shapes = [
        "[{\"A-1\": \"done\"}]",
        "{\"A-1\": \"must land\"}",
        "[[\"A-1\"]]",
        "[{\"id\": \"A-1\", \"type\": \"hard\"}]",
        "[{\"id\": \"A-1\", \"type\": \"requires\"}]",
        "[{\"id\": \"A-1\", \"type\": 7}]",
        "[true]",
        "[{\"after\": \"A-1\"}]",
    ];
    let mut lines = "{\"id\":\"A-1\",\"title\":\"a\"}\n".to_owned();
    for (n, shape) in shapes.iter().enumerate() {
        for word in ["depends_on", "blocked_by"] {
            lines += &format!("{{\"id\":\"{word}-{n}\",\"title\":\"t\",\"{word}\":{shape}}}\n");
        }
    }
    lines +=
        "{\"id\":\"B-1\",\"title\":\"b\",\"depends_on\":[{\"id\":\"A-1\",\"type\":\"related\"}]}\n";
    put(&world, "q.jsonl", &lines);
    let answer = json(&world, "import q.jsonl --role A-backend --as @dana");
    assert_eq!(ready(&world), ["A-1", "B-1"]);
    let told = answer.pointer("/data/kinds/dependency-unknown").unwrap();
    assert_eq!(told.as_u64().unwrap(), 2 * shapes.len() as u64);
    let export = json(&world, "export");
    for task in tasks(&export) {
        let definition = &task["definition"];
        if definition["id"] != "A-1" && definition["id"] != "B-1" {
            assert_eq!(definition["parked"], true, "{definition}");
            assert!(!definition["x-depends_on"].is_null(), "{definition}");
        }
    }
}

#[test]
fn p14_an_export_takes_no_other_task_of_the_same_id_for_its_own() {
    let one = World::governed();
    put(
        &one,
        "p.yaml",
        "version: 1\ntasks:\n  - {id: A-1, title: Base, role: A-backend}\n  \
         - {id: A-2, title: Next, role: A-backend, depends_on: [A-1]}\n",
    );
    one.quietly("add --file p.yaml --as @dana");
    let export = json(&one, "export").to_string();
    let other = World::governed();
    put(
        &other,
        "q.yaml",
        "tasks:\n  - {id: A-1, title: Else, status: done}\n",
    );
    other.quietly("import q.yaml --role A-backend --as @dana");
    put(&other, "p.json", &export);
    let answer = other.laneway("import p.json --as @dana").code(1);
    assert!(format!("{}{}", answer.stdout, answer.stderr).contains("--prefix"));
    assert_eq!(ready(&other), Vec::<String>::new());
    other.quietly("import p.json --prefix P- --as @dana");
    assert_eq!(ready(&other), ["P-A-1"]);
    // The same export again is the same tasks.
    let again = json(&other, "import p.json --prefix P- --as @dana");
    assert_eq!(again.pointer("/data/new").unwrap(), 0);
}

#[test]
fn p12_what_was_archived_is_there_for_the_next_import() {
    let world = World::governed();
    let source = "tasks:\n  - {id: A-1, title: a, status: done}\n  \
                  - {id: a 2, title: b, status: cancelled}\n";
    put(&world, "q.yaml", source);
    world.quietly("import q.yaml --role A-backend --as @dana");
    world.quietly("archive A-1 A-2 --as @dana");
    let again = json(&world, "import q.yaml --role A-backend --as @dana");
    assert_eq!(again.pointer("/data/new").unwrap(), 0);
    assert_eq!(again.pointer("/data/there").unwrap(), 2);
    let again = json(
        &world,
        "import q.yaml --role A-backend --prefix N- --as @dana",
    );
    assert_eq!(again.pointer("/data/new").unwrap(), 0);
    put(
        &world,
        "q.yaml",
        &format!("{source}  - {{id: A-3, title: c, depends_on: [A-1]}}\n"),
    );
    world.quietly("import q.yaml --role A-backend --as @dana");
    assert_eq!(ready(&world), ["A-3"]);
    // Another source's task of this id is another task.
    let answer = world.laneway("import q.yaml --role A-backend --name x --as @dana");
    let answer = answer.code(1);
    assert!(format!("{}{}", answer.stdout, answer.stderr).contains("--prefix"));
    world.quietly("audit verify");
}

#[test]
fn p12_an_export_keeps_closed_work_closed() {
    let world = World::planned();
    world.quietly("add A-8 --title Eight --role A-backend --as @dana");
    world.quietly("add A-9 --title Nine --role A-backend --depends-on A-8 --as @dana");
    world.quietly("cancel A-9 --reason old --as @dana");
    world.quietly("cancel A-8 --reason old --as @dana");
    world.quietly("cancel B-1 --reason old --as @dana");
    world.quietly("archive A-8 B-1 --as @dana");
    let plain = json(&world, "export");
    assert_eq!(exported(&plain, "B-1"), None);
    assert_eq!(exported(&plain, "A-8"), None);
    let whole = json(&world, "export --archived");
    for id in ["B-1", "A-8"] {
        let task = exported(&whole, id).unwrap();
        assert_eq!(task["archived"], true);
        assert_eq!(task["state"]["status"], "cancelled");
        assert!(task["definition"]["role"].is_string());
    }
    for export in [&plain, &whole] {
        let other = World::governed();
        put(&other, "p.json", &export.to_string());
        let answer = json(&other, "import p.json --as @dana");
        let told = answer.pointer("/data/kinds/dependency-unknown").is_some();
        assert_eq!(told, exported(export, "A-8").is_none());
        let shown = json(&other, "show A-9");
        assert_eq!(shown.pointer("/data/task/status").unwrap(), "cancelled");
        assert!(!ready(&other).contains(&"B-1".to_owned()));
        other.quietly("audit verify");
    }
}

#[test]
fn p14_an_open_task_of_an_export_rests_where_its_dependency_is_missing() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("add A-2 --title Two --role A-backend --depends-on A-1 --as @dana");
    let mut export = json(&world, "export");
    let tasks = export.pointer_mut("/data/tasks").unwrap();
    tasks.as_array_mut().unwrap().remove(0);
    let other = World::governed();
    put(&other, "p.json", &export.to_string());
    let answer = json(&other, "import p.json --as @dana");
    assert_eq!(answer.pointer("/data/kinds/dependency-unknown").unwrap(), 1);
    assert_eq!(ready(&other), Vec::<String>::new());
}

#[test]
fn p14_a_table_loses_nothing_of_a_definition() {
    let world = World::governed();
    put(
        &world,
        "p.yaml",
        "version: 1\ntasks:\n  - id: A-1\n    title: One\n    role: A-backend\n    parked: true\n    \
         type: research\n    requires: {tools: [docker]}\n    \
         owned_paths: [\"src/a,b/**\", src/**]\n    \
         acceptance_checks: [\"echo a, b\", make]\n    x-tags: [one, \"2\", {deep: 3}]\n    \
         x-count: 7\n    x-empty: \"\"\n    notes: |\n      first\n\n      last\n  \
         - {id: A-2, title: Two, role: A-backend, depends_on: [A-1]}\n",
    );
    world.quietly("add --file p.yaml --as @dana");
    let first = json(&world, "export");
    let csv = world.laneway("export --format csv").code(0).stdout;
    let other = World::governed();
    put(&other, "p.csv", &csv);
    other.quietly("import p.csv --as @dana");
    assert_eq!(ready(&other), Vec::<String>::new());
    let second = json(&other, "export");
    for task in tasks(&first) {
        let id = task["definition"]["id"].as_str().unwrap();
        let back = exported(&second, id).unwrap();
        assert_eq!(back["definition"], task["definition"]);
    }
    let again = json(&other, "import p.csv --as @dana");
    assert_eq!(again.pointer("/data/new").unwrap(), 0);
}

#[test]
fn an_import_of_what_is_open_leaves_out_what_open_tasks_depend_on() {
    let world = World::governed();
    put(
        &world,
        "q.jsonl",
        "{\"id\":\"A-1\",\"title\":\"a\",\"status\":\"closed\"}\n\
         {\"id\":\"A-2\",\"title\":\"b\",\"depends_on\":[\"A-1\"]}\n\
         {\"id\":\"A-6\",\"title\":\"f\",\"parent\":\"A-1\"}\n\
         {\"id\":\"A-3\",\"title\":\"c\",\"status\":\"cancelled\"}\n\
         {\"id\":\"A-4\",\"title\":\"d\",\"depends_on\":[\"A-3\"]}\n\
         {\"id\":\"A-5\",\"title\":\"e\",\"depends_on\":[\"A-2\"]}\n",
    );
    let answer = json(&world, "import q.jsonl --role A-backend --open --as @dana");
    assert_eq!(answer.pointer("/data/new").unwrap(), 4);
    assert_eq!(ready(&world), ["A-2", "A-6"]);
    let told = answer.pointer("/data/kinds/dependency-unknown").unwrap();
    assert_eq!(told, 3);
    let export = json(&world, "export");
    let four = exported(&export, "A-4").unwrap();
    assert_eq!(four["definition"]["parked"], true);
    let two = exported(&export, "A-2").unwrap();
    assert_eq!(two["definition"]["x-depends_on"][0], "A-1");
}

#[test]
fn p13_front_matter_is_read_whatever_its_fences() {
    let front = "id: A-2\ntitle: b\ndepends_on: [A-1]\n";
    let texts = [
        format!("--- \n{front}---\nbody\n"),
        format!("\n---\n{front}---\nbody\n"),
        format!(" \n\n---\t\n{front}--- \nbody\n"),
        format!("---\n{front}...\nbody\n"),
        format!("---\n{front}---"),
    ];
    for text in texts {
        let world = World::governed();
        put(&world, "items/todo/one.md", "---\nid: A-1\ntitle: a\n---\n");
        put(&world, "items/todo/two.md", &text);
        world.quietly("import items --role A-backend --as @dana");
        assert_eq!(ready(&world), ["A-1"], "{text:?}");
        world.quietly("show A-2");
    }
    let world = World::governed();
    put(
        &world,
        "items/todo/two.md",
        &format!("---\n{front}\nbody\n"),
    );
    let answer = world.laneway("import items --role A-backend --as @dana");
    let answer = answer.code(1);
    assert!(format!("{}{}", answer.stdout, answer.stderr).contains("front matter"));
}

#[test]
fn directories_above_a_source_say_nothing_of_its_items() {
    let world = World::governed();
    put(&world, "archive/items/W-1.md", "---\ntitle: a\n---\n");
    put(&world, "archive/items/done/W-2.md", "---\ntitle: b\n---\n");
    world.quietly("import archive/items --role A-backend --as @dana");
    assert_eq!(ready(&world), ["W-1"]);
    let other = World::governed();
    put(&other, "done/x/W-1.md", "---\ntitle: a\n---\n");
    put(&other, "done/W-2.md", "---\ntitle: b\n---\n");
    other.quietly("import done/x/W-1.md done/W-2.md --role A-backend --as @dana");
    assert_eq!(ready(&other), ["W-1"]);
}

#[test]
fn p14_which_of_two_entries_is_which_does_not_hang_on_their_order() {
    let world = World::governed();
    put(&world, "i/todo/b.md", "---\nid: W-1\ntitle: b\n---\n");
    put(&world, "i/todo/c.md", "---\nid: W-1\ntitle: c\n---\n");
    world.quietly("import i --role A-backend --as @dana");
    put(&world, "i/todo/a.md", "---\nid: W-1\ntitle: a\n---\n");
    let again = json(&world, "import i --role A-backend --as @dana");
    assert_eq!(again.pointer("/data/new").unwrap(), 1, "{again}");
    assert_eq!(again.pointer("/data/there").unwrap(), 2, "{again}");
    let other = World::governed();
    put(
        &other,
        "q.jsonl",
        "{\"id\":\"Y 1\",\"title\":\"a\"}\n{\"id\":\"Y\\t1\",\"title\":\"b\"}\n",
    );
    let answer = other.laneway("import q.jsonl --role A-backend --as @dana");
    drop(answer.code(1));
    assert_eq!(ready(&other), Vec::<String>::new());
}

#[test]
fn tasks_below_states_are_imported_with_their_status() {
    let world = World::governed();
    put(
        &world,
        "q.yaml",
        "states:\n  todo:\n    - {id: A-1, title: a, depends_on: [A-2]}\n    - {id: A-3, title: c}\n  \
         done:\n    - {id: A-2, title: b}\n  working: {}\n",
    );
    let answer = json(&world, "import q.yaml --role A-backend --as @dana");
    assert_eq!(answer.pointer("/data/new").unwrap(), 3);
    assert_eq!(ready(&world), ["A-1", "A-3"]);
}

#[test]
fn of_two_imports_at_once_none_says_what_the_ledger_does_not_hold() {
    for round in 0..3 {
        let world = World::governed();
        let issues =
            (0..200).map(|n| format!("{{\"id\":\"C-{n}\",\"title\":\"t\",\"status\":\"open\"}}\n"));
        put(&world, "c.jsonl", &issues.collect::<String>());
        put(
            &world,
            "map.yaml",
            "version: 1\nvalues: {status: {open: done}}\n",
        );
        let lines = ["", "--map map.yaml", ""];
        let lines =
            lines.map(|more| format!("--json import c.jsonl --role A-backend {more} --as @dana"));
        let racers = lines.map(|line| world.start("repo", &line));
        let answers = racers.map(|racer| racer.answer());
        let mut status = HashMap::new();
        for task in tasks(&json(&world, "export")) {
            let said = task["state"]["status"]
                .as_str()
                .unwrap_or("todo")
                .to_owned();
            status.insert(task["definition"]["id"].as_str().unwrap().to_owned(), said);
        }
        let mut new = 0;
        for answer in answers.into_iter().filter(|answer| answer.exit == Some(0)) {
            let data = answer.json()["data"].clone();
            for row in data["tasks"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row["action"] == "new")
            {
                new += 1;
                assert_eq!(
                    row["standing"],
                    status[row["id"].as_str().unwrap()],
                    "round {round}"
                );
            }
        }
        assert_eq!(new, 200, "round {round}: who did not write says so");
        world.laneway("audit verify").code(0);
    }
}

#[test]
fn a_request_id_that_stands_for_another_import_imports_nothing() {
    let world = World::governed();
    for id in ["A-1", "B-1"] {
        let line = format!("{{\"id\":\"{id}\",\"title\":\"t\"}}\n");
        put(&world, &format!("{id}.jsonl"), &line);
    }
    let import = |id: &str| format!("import {id}.jsonl --role A-backend --request-id x --as @dana");
    world.laneway(&import("A-1")).code(0).says("1 new");
    world
        .laneway(&import("B-1"))
        .code(2)
        .says("request id x stands for an import of something else");
    assert_eq!(ready(&world), ["A-1"]);
    // The same import again says what it did.
    world.laneway(&import("A-1")).code(0);
}
