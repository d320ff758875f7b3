use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use laneway::ledger::import::AnomalyKind;
use serde_json::Value;

use crate::support::World;

/// Copies a part of `tests/corpus/import` into the world, beside the repository.
fn corpus(world: &World, part: &str) {
    fn copy(from: &Path, to: &Path) {
        if from.is_dir() {
            fs::create_dir_all(to).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let entry = entry.unwrap();
                copy(&entry.path(), &to.join(entry.file_name()));
            }
        } else {
            fs::copy(from, to).unwrap();
        }
    }
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/import");
    copy(&home.join(part), &world.path("repo").join(part));
}

/// A governed world with the roles of the corpus, whose ids have a pattern.
fn world(part: &str) -> World {
    let world = World::governed();
    world.rule(r#"task_id_pattern: "^[A-Z]+(-[A-Z0-9]+)+$""#);
    corpus(&world, part);
    world
}

/// The answer of a command as JSON.
fn json(world: &World, line: &str) -> Value {
    let answer = world.laneway(&format!("--json {line}")).code(0);
    serde_json::from_str(&answer.stdout).unwrap()
}

#[test]
fn a_playbook_comes_in_with_every_oddity_told() {
    let world = world("playbook");
    world.laneway("import playbook --plan --as @dana").code(0);
    world.laneway("list").code(0);
    world.laneway("import playbook --as @dana").code(0);
    world.laneway("list").code(0);
    world.laneway("show A-P7-002").code(0);
    world.laneway("show A-P6-001").code(0);
    world.laneway("import playbook --as @dana").code(0);
    world.laneway("audit verify").code(0);
    world.laneway("validate").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn items_come_in_with_their_machines_as_stages() {
    let world = world("items");
    std::os::unix::fs::symlink("/etc/hostname", world.path("repo/items/pending/WRK-17.md"))
        .unwrap();
    world
        .laneway("import items --from items --role A-backend --as @dana")
        .code(1);
    world.laneway("list").code(0);
    world
        .laneway("import items --from items --role A-backend --skip-bad --plan --as @dana")
        .code(0);
    world
        .laneway("import items --from items --role A-backend --skip-bad --as @dana")
        .code(0);
    world.laneway("show WRK-10").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn issue_lists_come_in_by_a_field_map() {
    let world = world("issues");
    world
        .laneway("import issues/beads.jsonl --role A-backend --name beads --as @dana")
        .code(1);
    world
        .laneway("import issues/beads.jsonl --role A-backend --name beads --skip-bad --as @dana")
        .code(0);
    world
        .laneway("import issues/forge.json --role B-ui --name forge --prefix GH- --map issues/map.yaml --plan --as @dana")
        .code(0);
    world
        .laneway("import issues/list.csv --map issues/map.yaml --skip-bad --as @dana")
        .code(0);
    world.laneway("show BD-1").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p14_an_export_comes_back_as_it_was() {
    let world = world("playbook");
    world.quietly("import playbook --as @dana");
    world.quietly("claim --role A-backend --as @bot");
    let first = json(&world, "export");
    world.write("export.json", &first.to_string());

    let other = self::world("playbook");
    other.write("export.json", &first.to_string());
    let answer = json(&other, "import export.json --as @dana");
    assert_eq!(answer.pointer("/data/form").unwrap(), "laneway-json");
    let second = json(&other, "export");
    let parts = |export: &Value, of: fn(&Value) -> Value| -> Vec<Value> {
        let tasks = export.pointer("/data/tasks").unwrap().as_array().unwrap();
        tasks.iter().map(of).collect()
    };
    let definition = |task: &Value| task["definition"].clone();
    assert!(!parts(&first, definition).is_empty());
    assert_eq!(parts(&first, definition), parts(&second, definition));
    let closed = |task: &Value| {
        let status = task
            .pointer("/state/status")
            .and_then(Value::as_str)
            .unwrap_or("todo");
        Value::from(matches!(status, "done" | "cancelled"))
    };
    assert_eq!(parts(&first, closed), parts(&second, closed));
    // Nobody holds what was not claimed here.
    let held = |task: &Value| Value::from(task.pointer("/state/claim").is_some());
    assert!(parts(&first, held).contains(&true.into()));
    assert!(!parts(&second, held).contains(&true.into()));
    drop(other.laneway("audit verify").code(0));
    // The same again adds nothing, here and there.
    for world in [&world, &other] {
        let again = json(world, "import export.json --as @dana");
        assert_eq!(again.pointer("/data/new").unwrap(), 0);
        assert_eq!(again.pointer("/data/carried_out").unwrap(), false);
    }
}

#[test]
fn p23_a_spreadsheet_runs_nothing_of_an_export() {
    let world = world("issues");
    let titles = ["=cmd()", "+1+1", "-2", "@sum(A1)", "'=x"];
    let mut plan = "version: 1\ntasks:\n".to_owned();
    for (n, title) in titles.iter().enumerate() {
        plan += &format!("  - {{id: A-{n}, title: \"{title}\", role: A-backend}}\n");
    }
    world.write("titles.yaml", &plan);
    world.quietly("add --file titles.yaml --as @dana");
    let csv = world.laneway("export --format csv").code(0).stdout;
    for cell in csv.lines().skip(1).flat_map(|line| line.split(',')) {
        let cell = cell.trim_start_matches('"');
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
            "{cell}"
        );
    }
    let other = self::world("issues");
    other.write("tasks.csv", &csv);
    drop(other.laneway("import tasks.csv --as @dana").code(0));
    let list = json(&other, "list");
    let tasks = list.pointer("/data/tasks").unwrap().as_array().unwrap();
    let back: Vec<&str> = tasks
        .iter()
        .map(|task| task["title"].as_str().unwrap())
        .collect();
    assert_eq!(back, titles);
}

#[test]
fn a_second_import_changes_no_task_and_tells_what_changed() {
    let world = world("issues");
    world.write(
        "one.jsonl",
        "{\"id\":\"A-1\",\"title\":\"One\",\"status\":\"open\"}\n",
    );
    world.quietly("import one.jsonl --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    let before = world.git("rev-parse laneway");
    let changed = "{\"id\":\"A-1\",\"title\":\"Won\",\"status\":\"closed\"}\n";
    world.write("one.jsonl", changed);
    world
        .laneway("import one.jsonl --role A-backend --as @dana")
        .code(0);
    assert_eq!(world.git("rev-parse laneway"), before);
    // Another source's task with this id is another task.
    world
        .laneway("import one.jsonl --role A-backend --name other --as @dana")
        .code(1);
    assert_eq!(world.git("rev-parse laneway"), before);
    world
        .laneway("import one.jsonl --role A-backend --name other --prefix O- --as @dana")
        .code(0);
    world.laneway("list").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn done_work_is_done_where_its_commit_is_on_the_target() {
    let world = world("issues");
    let here = world.git("rev-parse HEAD");
    let here = &here[..12];
    let lines = format!(
        "{{\"id\":\"A-1\",\"title\":\"Here\",\"status\":\"done\",\"commit\":\"{here}\"}}\n\
         {{\"id\":\"A-2\",\"title\":\"Nowhere\",\"status\":\"done\",\"commit\":\"0123456789\"}}\n\
         {{\"id\":\"A-3\",\"title\":\"Next\",\"status\":\"todo\",\"depends_on\":[\"A-1\",\"A-2\"]}}\n"
    );
    world.write("done.jsonl", &lines);
    world
        .laneway("import done.jsonl --role A-backend --as @dana")
        .code(0);
    world.laneway("ready").code(0);
    let shown = json(&world, "show A-1");
    let adoption = shown.pointer("/data/task/adoption").unwrap();
    assert!(adoption["commit"].as_str().unwrap().starts_with(here));
    assert_eq!(adoption["on_word"], false);
    let shown = json(&world, "show A-2");
    assert_eq!(shown.pointer("/data/task/adoption/on_word").unwrap(), true);
    // The history of each is told as its own, and of no task as of none.
    let told = world.laneway("log A-3 --limit 1").code(0).says(" A-3 ");
    assert!(!told.stdout.contains("A-1"), "{}", told.stdout);
    assert_eq!(
        json(&world, "log A-2")["data"]["entries"][0]["tasks"][0],
        "A-2"
    );
    world.laneway("log A-99").code(4).says("A-99");
    world.laneway("claim A-1 --as @bot").code(4);
    world
        .laneway("reopen A-1 --reason again --as @dana")
        .code(0);
    world.laneway("claim A-1 --as @bot").code(0);
    world.laneway("audit verify").code(0);
}

#[test]
fn p51_the_commit_of_an_imported_done_task_is_covered() {
    let world = world("issues");
    let here = world.commit("repo", "src/done.txt", "done\n");
    let uncovered = || {
        let data = json(&world, "audit coverage")["data"].clone();
        let all = data["uncovered"].as_array().unwrap().iter();
        let all = all.map(|one| one["commit"].as_str().unwrap().to_owned());
        all.collect::<Vec<_>>()
    };
    assert!(uncovered().contains(&here));
    let line = format!(
        "{{\"id\":\"A-1\",\"title\":\"Here\",\"status\":\"done\",\"commit\":\"{here}\"}}\n"
    );
    world.write("done.jsonl", &line);
    world.quietly("import done.jsonl --role A-backend --as @dana");
    assert!(!uncovered().contains(&here));
}

#[test]
fn only_who_may_merge_says_that_work_is_done() {
    let world = world("issues");
    let map = "version: 1\nmode: enforced\nagents:\n  \
        - {name: \"@dana\", kind: person, may: [plan, merge]}\n  \
        - {name: \"@pip\", kind: agent, may: [plan]}\n  \
        - {name: \"@bot\", kind: agent, may: [claim]}\n";
    world.write("governance/identity-map.yaml", map);
    world.git("add governance");
    world.git("commit -q -m map");
    world.write("a.jsonl", "{\"id\":\"A-1\",\"title\":\"One\",\"status\":\"closed\"}\n{\"id\":\"A-2\",\"title\":\"Two\"}\n");
    let before = world.git("rev-parse laneway");
    world
        .laneway("import a.jsonl --role A-backend --as @bot")
        .code(4);
    world
        .laneway("import a.jsonl --role A-backend --as @pip")
        .code(4);
    assert_eq!(world.git("rev-parse laneway"), before);
    world
        .laneway("import a.jsonl --role A-backend --open --as @pip")
        .code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p13_a_source_that_does_not_read_changes_nothing() {
    let world = world("issues");
    let before = world.git("rev-parse laneway");
    let deep = format!("tasks: {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let alias = "a: &a [x, x]\ntasks: [*a, *a]\n";
    let files: [(&str, &[u8]); 7] = [
        ("deep.yaml", deep.as_bytes()),
        ("alias.yaml", alias.as_bytes()),
        ("tab.yaml", b"tasks:\n\t- id: A\n"),
        ("latin.yaml", b"tasks:\n  - {id: A, title: \xff}\n"),
        ("twice.yaml", b"tasks:\n  - {id: A, id: B}\n"),
        ("deep.jsonl", &[b'['; 100_000]),
        ("latin.csv", b"id,title\nA,\xff\n"),
    ];
    for (name, bytes) in files {
        fs::write(world.path("repo").join(name), bytes).unwrap();
        world
            .laneway(&format!("import {name} --role A-backend --as @dana"))
            .code(1);
        assert_eq!(world.git("rev-parse laneway"), before);
    }
    world.laneway("import nowhere.yaml --as @dana").code(7);
    world.laneway("import README --as @dana").code(2);
    std::os::unix::fs::symlink("README", world.path("repo/link.yaml")).unwrap();
    world.laneway("import link.yaml --as @dana").code(2);
    world.write("map.yaml", "version: 1\nfields: {titel: x}\n");
    world
        .laneway("import issues/list.csv --map map.yaml --as @dana")
        .code(5);
    assert_eq!(world.git("rev-parse laneway"), before);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn the_corpus_holds_every_oddity_that_is_told() {
    let world = World::governed();
    world.rule(r#"task_id_pattern: "^[A-Z]+(-[A-Z0-9]+)+$""#);
    for part in ["playbook", "items", "issues"] {
        corpus(&world, part);
    }
    let link = world.path("repo/items/pending/WRK-17.md");
    std::os::unix::fs::symlink("/etc/hostname", link).unwrap();
    let mut told: BTreeSet<String> = BTreeSet::new();
    for source in [
        "playbook",
        "items --from items",
        "issues/beads.jsonl",
        "issues/list.csv",
    ] {
        let line = format!(
            "import {source} --role A-backend --map issues/map.yaml --skip-bad --plan --as @dana"
        );
        // A map for issues says nothing of a playbook's own words.
        let line = match source {
            "playbook" => line.replace(" --map issues/map.yaml", ""),
            _ => line,
        };
        let answer = json(&world, &line);
        let kinds = answer.pointer("/data/kinds").unwrap().as_object().unwrap();
        told.extend(kinds.keys().cloned());
    }
    // These take a file in a wrong form, a second import, an export, and somebody's key.
    let all = AnomalyKind::ALL.iter().map(|kind| kind.word().to_owned());
    let missing: Vec<String> = all.filter(|kind| !told.contains(kind)).collect();
    assert_eq!(
        missing,
        [
            "wrong-form",
            "changed-upstream",
            "secret",
            "state-left",
            "package-left",
            "records-left"
        ]
    );
}

/// Two thousand tasks in several files of the ledger, with all that real ones have.
#[test]
fn two_thousand_items_are_one_ledger_commit() {
    let world = world("issues");
    let notes = "All that a worker must know. ".repeat(40);
    let mut lines = String::new();
    for n in 0..2_000 {
        let status = ["open", "closed", "in_progress", "blocked"][n % 4];
        let need = if n > 0 {
            format!("\"T-{}\"", n / 2)
        } else {
            String::new()
        };
        lines.push_str(&format!(
            "{{\"id\":\"T-{}\",\"title\":\"Task {n}\",\"status\":\"{status}\",\"body\":\"{notes}\",\"depends_on\":[{need}],\"points\":{n}}}\n",
            n + 1
        ));
    }
    let lines = lines.replace("\"T-0\"", "");
    world.write("many.jsonl", &lines);
    let before = world.git("rev-list --count laneway");
    let answer = json(&world, "import many.jsonl --role A-backend --as @dana");
    assert_eq!(answer.pointer("/data/new").unwrap(), 2_000);
    let after = world.git("rev-list --count laneway");
    let count = |text: &str| text.trim().parse::<u32>().unwrap();
    assert_eq!(count(&after), count(&before) + 1);
    let files = world.git("ls-tree --name-only laneway governance/queue/");
    assert!(files.lines().count() > 1, "{files}");
    let again = json(&world, "import many.jsonl --role A-backend --as @dana");
    assert_eq!(again.pointer("/data/there").unwrap(), 2_000);
    drop(world.laneway("audit verify").code(0));
}

/// What an import of one file says; nothing may come of it.
fn refused(world: &World, file: &str, text: &str, more: &str) -> String {
    world.write(file, text);
    let answer = world.laneway(&format!("import {file} {more} --as @dana"));
    assert_eq!(json(world, "list")["data"]["total"], 0);
    answer.stdout
}

#[test]
fn x16_a_file_of_another_form_is_named_first_and_its_lines_are_counted() {
    let world = World::governed();
    let lines: String = (0..400)
        .map(|n| format!("line {n} of a letter\n"))
        .collect();
    let said = refused(&world, "letter.jsonl", &lines, "");
    let told: Vec<&str> = said.lines().collect();
    assert_eq!(
        told[0],
        "letter.jsonl:1: wrong-form: this looks like plain text, not like issues in JSON: no reader \
         here makes tasks of it"
    );
    assert_eq!(
        told[1],
        "letter.jsonl:1: no-task: expected value at column 1"
    );
    assert_eq!(
        told[4],
        "… 397 more of this no-task, the last at letter.jsonl:400; `--json` names all"
    );
    assert_eq!(told.len(), 8, "{said}");
    assert_eq!(said.matches("no task").count(), 0, "{said}");
    // Nothing is hidden from programs.
    let all = world
        .laneway("--json import letter.jsonl --as @dana")
        .code(1);
    let all = all.json()["data"]["anomalies"].as_array().unwrap().len();
    assert_eq!(all, 401);
    for (file, text, more, looks) in [
        (
            "list.jsonl",
            "id,title\nA-1,One\nA-2,Two\n",
            "",
            "looks like a CSV table, not like issues in JSON: read with `--from csv`",
        ),
        (
            "list.csv",
            "[{\"id\": \"A-1\"},\n {\"id\": \"A-2\"}]\n",
            "",
            "looks like issues in JSON, not like a CSV table: read with `--from jsonl`",
        ),
        (
            "one.md",
            "version: 1\ntasks:\n  - {id: A-1, title: One}\n",
            "--from items",
            "looks like a queue in YAML, not like Markdown with front matter",
        ),
        (
            "rules.yaml",
            "version: 1\nroles: []\n",
            "",
            "looks like YAML without tasks, not like a queue in YAML",
        ),
    ] {
        let said = refused(&world, file, text, more);
        let first = said.lines().next().unwrap();
        assert!(first.contains(looks), "{said}");
    }
}

#[test]
fn x16_what_is_read_in_the_right_form_hears_nothing_of_forms() {
    let world = World::governed();
    world.write("list.csv", "id,title,role\nA-1,One,A-backend\n");
    world.write(
        "items/pending/WRK-1.md",
        "# One\n\nProse without front matter.\n",
    );
    for source in ["list.csv", "items"] {
        let said = world.laneway(&format!("import {source} --plan --as @dana"));
        let said = said.stdout;
        assert!(!said.contains("wrong-form"), "{said}");
    }
}
