//! What an import does not take, each with its place and the way on (X16).

use serde_json::Value;

use crate::support::World;

/// The answer of a command that ends with this code, as JSON.
fn json(world: &World, line: &str, code: i32) -> Value {
    let answer = world.laneway(&format!("--json {line}")).code(code);
    serde_json::from_str(&answer.stdout).unwrap()
}

/// What is told, as `file:line kind: what: made`.
fn told(answer: &Value) -> Vec<String> {
    let anomalies = answer.pointer("/data/anomalies").unwrap();
    let anomalies = anomalies.as_array().unwrap().iter();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    anomalies
        .map(|one| {
            let parts = ["file", "kind", "what", "made"].map(|key| text(one, key));
            let [file, kind, what, made] = parts;
            format!("{file}:{} {kind}: {what}: {made}", one["line"])
        })
        .collect()
}

fn ids(world: &World) -> Vec<String> {
    let list = json(world, "list", 0);
    let tasks = list.pointer("/data/tasks").unwrap().as_array().unwrap();
    let id = |task: &Value| task["id"].as_str().unwrap().to_owned();
    tasks.iter().map(id).collect()
}

#[test]
fn p13_a_bad_entry_of_an_export_is_told_at_its_own_line() {
    let world = World::governed();
    world.write(
        "export.json",
        "{\"laneway_export\": 1,\n \"tasks\": [\n  {\"definition\": {\"id\": \"A-1\", \"title\": \"One\", \
         \"role\": \"A-backend\"}},\n  {\"state\": {}},\n  {\"definition\": {\"id\": \"A-3\", \
         \"id\": \"A-4\"}},\n  {\"definition\":\n    {\"id\": \"A-5\",}},\n  {\"definition\": \
         {\"id\": \"A-6\", \"title\": \"Six\", \"role\": 7}}\n ]}\n",
    );
    let line = "import export.json --from laneway-json --as @dana";
    let before = world.git("rev-parse laneway");
    let found = told(&json(&world, line, 1));
    assert_eq!(world.git("rev-parse laneway"), before);
    assert_eq!(
        found,
        [
            "export.json:4 no-task: `#2`: it has no definition: no task",
            "export.json:5 no-task: the key `id` is here twice at column 35: no task",
            "export.json:7 no-task: trailing comma at column 18: no task",
            "export.json:8 no-task: `A-6`: invalid type: integer `7`, expected a text (role name): no task",
        ]
    );
    json(&world, &format!("{line} --skip-bad"), 0);
    assert_eq!(ids(&world), ["A-1"]);
    // What is around the tasks must read, and is told where it does not.
    world.write(
        "export.json",
        "{\"laneway_export\": 1,\n \"tasks\": [],\n \"marker\": }\n",
    );
    let found = told(&json(&world, line, 1));
    assert!(
        found[0].starts_with("export.json:3 no-task: column 12"),
        "{found:?}"
    );
    world.write("export.json", "{\"laneway_export\": 1,\n \"tasks\": [{}\n");
    assert_eq!(told(&json(&world, line, 1)).len(), 1);
}

#[test]
fn p13_a_bad_row_of_a_table_is_told_at_its_own_line() {
    let world = World::governed();
    world.write(
        "tasks.csv",
        "laneway,id,title,role,priority,notes\n1,A-1,One,A-backend,1,\"two\nlines\"\n\n1,A-2,Two,A-backend,high,\n1,A-3\n",
    );
    let found = told(&json(&world, "import tasks.csv --as @dana", 1));
    assert_eq!(
        found,
        [
            "tasks.csv:5 no-task: `A-2`: `priority` is `high`: no task",
            "tasks.csv:6 no-task: it has 2 cells, the heading 6: no task",
        ]
    );
}

#[test]
fn a_secret_in_a_source_is_told_and_never_written() {
    let world = World::governed();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    world.write(
        "issues.jsonl",
        &format!(
            "{{\"id\":\"A-1\",\"title\":\"One\",\"deploy_key\":{{\"old\":[\"{key}\"]}}}}\n\
             {{\"id\":\"A-2\",\"title\":\"Two\",\"depends_on\":[\"A-1\"]}}\n"
        ),
    );
    let line = "import issues.jsonl --role A-backend --as @dana";
    let before = world.git("rev-parse laneway");
    for line in [format!("{line} --plan"), line.to_owned()] {
        let answer = world.laneway(&format!("--json {line}")).code(1);
        assert!(!answer.stdout.contains(&key), "{}", answer.stdout);
        let found = told(&serde_json::from_str(&answer.stdout).unwrap());
        assert!(
            found[0]
                .starts_with("issues.jsonl:1 secret: `deploy_key` of `A-1` holds what looks like")
                && found[0].ends_with("leave `deploy_key` out by `ignore` in `--map`"),
            "{found:?}"
        );
    }
    assert_eq!(world.git("rev-parse laneway"), before);
    // Without the field, or without the task: both are somebody's choice.
    json(&world, &format!("{line} --skip-bad --plan"), 0);
    world.write("map.yaml", "version: 1\nignore: [deploy_key]\n");
    json(&world, &format!("{line} --map map.yaml"), 0);
    assert_eq!(ids(&world), ["A-1", "A-2"]);
    assert!(!world.git("log -p laneway").contains(&key));
    drop(world.laneway("validate").code(0));
}

#[test]
fn a_directory_that_is_no_status_is_told_and_can_be_mapped() {
    let item = |title: &str| format!("---\ntitle: {title}\n---\n");
    let world = World::governed();
    world.write("items/icebox/W-1.md", &item("one"));
    world.write("items/todo/backend/W-2.md", &item("two"));
    world.write("items/W-3.md", &item("three"));
    let line = "import items --role A-backend --as @dana";
    let found = told(&json(&world, line, 0));
    let what = "items/icebox/W-1.md:1 status-unknown: `W-1` lies in `icebox/`, which is no status here: \
                todo, parked until a person unparks it; `--map` can say what it means";
    assert_eq!(found, [what]);
    let ready = json(&world, "ready", 0);
    let tasks = ready.pointer("/data/tasks").unwrap().as_array().unwrap();
    let ready: Vec<_> = tasks.iter().map(|task| &task["id"]).collect();
    assert_eq!(ready, ["W-2", "W-3"]);
    let other = World::governed();
    other.write("items/icebox/W-1.md", &item("one"));
    other.write(
        "map.yaml",
        "version: 1\nvalues: {status: {icebox: cancelled}}\n",
    );
    let answer = json(&other, &format!("{line} --map map.yaml"), 0);
    assert_eq!(told(&answer), Vec::<String>::new());
    assert_eq!(
        answer.pointer("/data/tasks/0/standing").unwrap(),
        "cancelled"
    );
}

#[test]
fn p14_tables_of_two_trackers_are_two_sources() {
    let world = World::governed();
    let first = "id,title,created\n1,Build,2026-01-01\n2,Ship,2026-01-02\n";
    world.write("north.csv", first);
    let line = |file: &str| format!("import {file} --role A-backend --as @dana");
    json(&world, &line("north.csv"), 0);
    // The next export of the same tracker, whatever its file is called.
    world.write("north-later.csv", &format!("{first}3,Test,2026-01-03\n"));
    let again = json(&world, &line("north-later.csv"), 0);
    assert_eq!(again.pointer("/data/new").unwrap(), 1);
    assert_eq!(again.pointer("/data/there").unwrap(), 2);
    // Another tracker counts from 1, too.
    world.write("South list.csv", "id,title,created\n1,Paint,2026-05-01\n");
    let before = world.git("rev-parse laneway");
    let found = told(&json(
        &world,
        "import 'South list.csv' --role A-backend --as @dana",
        1,
    ));
    assert!(found[0].contains("`--name south-list`"), "{found:?}");
    world.write("bare.csv", "id,title\n1,Paint\n2,Sand\n");
    let found = told(&json(&world, &line("bare.csv"), 1));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].contains("`--name csv` if it is the same"),
        "{found:?}"
    );
    assert_eq!(world.git("rev-parse laneway"), before);
    let named = format!("{} --name south --prefix S-", line("bare.csv"));
    let answer = json(&world, &named, 0);
    assert_eq!(answer.pointer("/data/new").unwrap(), 2);
    let again = json(&world, &named, 0);
    assert_eq!(again.pointer("/data/there").unwrap(), 2);
    assert_eq!(again.pointer("/data/carried_out").unwrap(), false);
    // One of several that has another title by now is still that one.
    world.write("north.csv", &first.replace("Ship", "Deliver"));
    let answer = json(&world, &line("north.csv"), 0);
    assert_eq!(answer.pointer("/data/changed").unwrap(), 1);
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn x16_every_name_of_a_field_map_is_checked() {
    let world = World::governed();
    world.write("a.jsonl", "{\"id\":\"A-1\",\"title\":\"t\"}\n");
    for (map, said) in [
        (
            "defaults: {rol: A-backend}",
            "`defaults` names `rol`, and no task has such a field; did you mean `role`?",
        ),
        (
            "defaults: {role: A-backend, priorty: 1}",
            "did you mean `priority`?",
        ),
        (
            "defaults: {role: A-backend, notes: x}",
            "`defaults` names `notes`, which has no default",
        ),
        ("values: {staus: {open: done}}", "did you mean `status`?"),
        (
            "values: {title: {t: done}}",
            "`values` names `title`, of which no word is looked up",
        ),
        ("values: {status: {open: dnoe}}", "`dnoe` is no status"),
    ] {
        world.write("map.yaml", &format!("version: 1\n{map}\n"));
        let answer = world.laneway("import a.jsonl --map map.yaml --role A-backend --as @dana");
        let stderr = answer.code(5).stderr.replace('│', " ");
        let told = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(said) && told.contains("map.yaml"), "{told}");
    }
    // A word that the source does not have may come in the next export.
    world.write("map.yaml", "version: 1\nignore: [nothere]\n");
    let answer = json(
        &world,
        "import a.jsonl --map map.yaml --role A-backend --as @dana",
        0,
    );
    let told = told(&answer);
    assert!(
        told.iter()
            .any(|one| one.contains("`ignore` names `nothere` in the field map")),
        "{told:?}"
    );
}
