//! What an import makes of what tasks say of each other: nothing is bound by a likeness of ids.

use std::fs;

use serde_json::{Value, json};

use crate::support::World;

/// Writes a file below the repository, with the directories above it.
pub fn put(world: &World, file: &str, text: &str) {
    let path = world.path("repo").join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Imports a file or directory of this text; the answer.
pub fn import(world: &World, source: &str) -> Value {
    let line = format!("--json import {source} --role A-backend --as @dana");
    world.laneway(&line).code(0).json()
}

/// What an answer says of dependencies that are not there, by the line.
pub fn told(answer: &Value, kind: &str) -> Vec<String> {
    let all = answer["data"]["anomalies"].as_array().unwrap().iter();
    all.filter(|one| one["kind"] == kind)
        .map(|one| {
            format!(
                "{}: {}",
                one["what"].as_str().unwrap(),
                one["made"].as_str().unwrap()
            )
        })
        .collect()
}

pub fn definition(world: &World, id: &str) -> Value {
    let export = world.laneway("--json export").code(0).json();
    let tasks = export["data"]["tasks"].as_array().unwrap().clone();
    let mut tasks = tasks.into_iter().map(|task| task["definition"].clone());
    tasks.find(|task| task["id"] == id).unwrap()
}

/// The ids of the tasks that may be claimed, sorted.
pub fn ready(world: &World) -> Vec<String> {
    let answer = world.laneway("--json ready").json();
    let tasks = answer["data"]["tasks"].as_array().unwrap();
    let ids = tasks.iter().map(|task| task["id"].as_str().unwrap());
    let mut ids: Vec<String> = ids.map(str::to_owned).collect();
    ids.sort();
    ids
}

pub fn lines(issues: &[Value]) -> String {
    issues.iter().map(|issue| format!("{issue}\n")).collect()
}

#[test]
fn a_dependency_that_the_source_lacks_is_no_task_of_the_same_id_here() {
    let world = World::governed();
    world.quietly("add A-1 --title 'Something else' --role A-backend --as @dana");
    let issue = json!({"id": "Z-9", "title": "t", "depends_on": ["A-1"], "parent": "A-1"});
    put(&world, "z.jsonl", &lines(&[issue]));
    let answer = import(&world, "z.jsonl");
    let said = told(&answer, "dependency-unknown");
    assert_eq!(said.len(), 2, "{answer}");
    assert!(
        said[0].contains("`A-1`, which the source does not have"),
        "{said:?}"
    );
    let task = definition(&world, "Z-9");
    assert_eq!(task["parked"], true);
    assert_eq!(task["depends_on"], Value::Null);
    assert_eq!(task["parent"], Value::Null);
    assert_eq!(task["x-depends_on"], json!(["A-1"]));
    assert_eq!(ready(&world), ["A-1"]);
    // What is said to help, helps.
    let line = "laneway edit Z-9 --unpark --add-dependency A-1";
    assert!(said[0].contains(line), "{said:?}");
    world.quietly("edit Z-9 --unpark --add-dependency A-1 --as @dana");
    assert_eq!(definition(&world, "Z-9")["depends_on"], json!(["A-1"]));
    assert_eq!(ready(&world), ["A-1"]);
    world.laneway("audit verify").code(0);
}

#[test]
fn a_dependency_on_an_earlier_import_of_the_same_source_holds() {
    let world = World::governed();
    put(
        &world,
        "a.jsonl",
        &lines(&[json!({"id": "7", "title": "a"})]),
    );
    let more = [json!({"id": "8", "title": "b", "depends_on": ["#7"]})];
    put(&world, "b.jsonl", &lines(&more));
    for file in ["a.jsonl", "b.jsonl"] {
        world.quietly(&format!(
            "import {file} --role A-backend --name tracker --as @dana"
        ));
    }
    assert_eq!(definition(&world, "8")["depends_on"], json!(["7"]));
    // Another source means another 7.
    put(
        &world,
        "c.jsonl",
        &lines(&[json!({"id": "9", "title": "c", "depends_on": [7]})]),
    );
    world.quietly("import c.jsonl --role A-backend --name other --as @dana");
    assert_eq!(definition(&world, "9")["parked"], true);
    assert_eq!(ready(&world), ["7"]);
}

#[test]
fn p14_an_export_binds_nothing_that_it_left_out() {
    let one = World::planned();
    let mut export = one.laneway("--json export").code(0).json();
    let tasks = export["data"]["tasks"].as_array_mut().unwrap();
    tasks.retain(|task| task["definition"]["id"] != "A-1");
    let other = World::governed();
    other.quietly("add A-1 --title 'Something else' --role A-backend --as @dana");
    put(&other, "e.json", &export.to_string());
    let answer = other
        .laneway("--json import e.json --as @dana")
        .code(0)
        .json();
    assert_eq!(told(&answer, "dependency-unknown").len(), 1, "{answer}");
    assert_eq!(definition(&other, "A-2")["parked"], true);
    assert_eq!(ready(&other), ["A-1", "B-1"]);
    // Where the task itself is there already, so is what it depends on.
    put(&one, "e.json", &export.to_string());
    let again = one
        .laneway("--json import e.json --as @dana")
        .code(0)
        .json();
    assert_eq!(again["data"]["there"], 2, "{again}");
}

#[test]
fn a_like_id_is_told_and_never_goes_before_the_same_one() {
    let world = World::governed();
    world.quietly("add A-1 --title 'Something else' --role A-backend --as @dana");
    let issues = [
        json!({"id": "A.1", "title": "a", "status": "done"}),
        json!({"id": "B-2", "title": "b", "depends_on": ["A-1"]}),
        json!({"id": "C.3", "title": "c"}),
        json!({"id": "D-4", "title": "d", "depends_on": ["c-3"]}),
    ];
    put(&world, "q.jsonl", &lines(&issues));
    let answer = import(&world, "q.jsonl");
    assert_eq!(definition(&world, "B-2")["depends_on"], Value::Null);
    assert_eq!(definition(&world, "B-2")["parked"], true);
    assert_eq!(definition(&world, "D-4")["depends_on"], json!(["C.3"]));
    assert_eq!(
        told(&answer, "reference-changed"),
        [
            "`D-4` names `c-3`, which the source does not have: read as `C.3`, the one id that is like it"
        ]
    );
    assert_eq!(ready(&world), ["A-1", "C.3"]);
    // An entry that does not read is there all the same.
    let bad = "{\"id\":\"E.1\",\"title\":\"e\",\"status\":\"done\"}\n\
               {\"id\":\"E-1\"}\n{\"id\":\"F-1\",\"title\":\"f\",\"depends_on\":[\"E-1\"]}\n";
    put(
        &world,
        "r.jsonl",
        &bad.replace("{\"id\":\"E-1\"}", "{\"id\":\"E-1\",\"role\":\"nobody\"}"),
    );
    world.quietly("import r.jsonl --name r --role A-backend --skip-bad --as @dana");
    assert_eq!(definition(&world, "F-1")["parked"], true);
}
