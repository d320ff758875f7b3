//! Export, import into a fresh repository, export: what is not the same was told (X16).

use serde_json::{Value, json};

use crate::support::World;

/// The answer of a command as JSON.
fn json(world: &World, line: &str) -> Value {
    let answer = world.laneway(&format!("--json {line}")).code(0);
    serde_json::from_str(&answer.stdout).unwrap()
}

/// How often each kind of loss is told.
fn losses(answer: &Value) -> Value {
    answer.pointer("/data/kinds").unwrap().clone()
}

/// The definitions of an export, and of the states what is to come back: the status, why a task is
/// blocked or was given up, and at which commit it is done.
fn kept(export: &Value) -> Vec<Value> {
    let tasks = export.pointer("/data/tasks").unwrap().as_array().unwrap();
    let kept = |task: &Value| {
        let state = &task["state"];
        let status = state["status"].as_str().unwrap_or("todo");
        // Told as `claim-lost`.
        let status = match status {
            "in_progress" | "in_review" => "todo",
            other => other,
        };
        let mut block = state["block"].clone();
        if let Some(block) = block.as_object_mut() {
            // Told as `state-left`.
            block.remove("commit");
            block.remove("hold");
        }
        let commit = [&state["completion"], &state["adoption"]].map(|of| of["commit"].clone());
        json!({
            "definition": task["definition"],
            "status": status,
            "block": block,
            "reason": state["cancellation"]["reason"],
            "commit": commit.iter().find(|commit| commit.is_string()),
        })
    };
    tasks.iter().map(kept).collect()
}

/// A world with a task in each standing that a test reaches in few steps.
fn world() -> World {
    let world = World::governed();
    for n in 1..=5 {
        world.quietly(&format!(
            "add A-{n} --title Task{n} --role A-backend --as @dana"
        ));
    }
    world.quietly("claim A-1 --as @bot");
    world.quietly("block A-1 --reason 'waits for \"quota\"' --by A-2 --as @bot");
    world.quietly("claim A-3 --as @bot");
    world.quietly("block A-3 --reason 'a decision, please' --as @bot");
    world.quietly("claim A-4 --as @bot");
    world.quietly("cancel A-5 --reason 'no longer wanted' --as @dana");
    world
}

#[test]
fn p14_every_standing_comes_back_but_for_what_is_told() {
    let first = world();
    let export = json(&first, "export");
    let second = World::governed();
    second.write("export.json", &export.to_string());
    let line = "import export.json --as @dana";
    let planned = json(&second, &format!("{line} --plan"));
    let told = json!({"claim-lost": 3, "records-left": 1, "state-left": 2});
    assert_eq!(losses(&planned), told, "{planned}");
    let done = json(&second, line);
    assert_eq!(losses(&done), told);
    let again = json(&second, "export");
    assert_eq!(kept(&export), kept(&again));
    // Nothing is lost of what came in: the third is the second.
    let third = World::governed();
    third.write("export.json", &again.to_string());
    let planned = json(&third, &format!("{line} --plan"));
    assert_eq!(
        losses(&planned),
        json!({"records-left": 1, "state-left": 1}),
        "{planned}"
    );
    json(&third, line);
    assert_eq!(kept(&again), kept(&json(&third, "export")));
    drop(second.laneway("audit verify").code(0));
    drop(second.laneway("validate").code(0));
}

#[test]
fn p14_a_table_brings_every_standing_back() {
    let first = world();
    let table = first.laneway("export --format csv").code(0).stdout;
    let second = World::governed();
    second.write("tasks.csv", &table);
    json(&second, "import tasks.csv --as @dana");
    assert_eq!(
        kept(&json(&first, "export")),
        kept(&json(&second, "export"))
    );
    let again = second.laneway("export --format csv").code(0).stdout;
    let third = World::governed();
    third.write("tasks.csv", &again);
    json(&third, "import tasks.csv --as @dana");
    assert_eq!(again, third.laneway("export --format csv").code(0).stdout);
}

#[test]
fn what_came_in_blocked_is_blocked_until_somebody_ends_it() {
    let first = world();
    let export = json(&first, "export");
    let world = World::governed();
    world.write("export.json", &export.to_string());
    world.quietly("import export.json --as @dana");
    let claim = world.laneway("claim A-3 --as @bot").code(3);
    assert!(
        claim.stderr.contains("a decision, please"),
        "{}",
        claim.stderr
    );
    assert!(
        claim.stderr.contains("laneway unblock A-3"),
        "{}",
        claim.stderr
    );
    drop(world.laneway("release A-3 --as @bot").code(4));
    let shown = json(&world, "show A-3");
    assert_eq!(
        shown.pointer("/data/task/block/reason").unwrap(),
        "a decision, please"
    );
    assert_eq!(shown.pointer("/data/task/status").unwrap(), "blocked");
    json(&world, "unblock A-3 --as @dana");
    json(&world, "claim A-3 --as @bot");
    // What nobody has may be given up.
    json(&world, "cancel A-1 --reason 'not here' --as @dana");
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("validate").code(0));
}

#[test]
fn p14_work_packages_come_back_and_overwrite_nothing() {
    let first = World::planned();
    first.quietly("package new A-1 --as @dana");
    first.git("add governance");
    first.git("commit -q -m 'Plan A-1'");
    first.quietly("edit A-1 --set package=packages/A-1.md --as @dana");
    let export = json(&first, "export");
    let packages = export.pointer("/data/packages").unwrap();
    let text = packages.pointer("/0/text").and_then(Value::as_str).unwrap();
    assert_eq!(packages.as_array().unwrap().len(), 1);

    let second = World::governed();
    second.write("export.json", &export.to_string());
    let line = "import export.json --as @dana";
    let shown = second.laneway(&format!("{line} --dry-run")).code(0);
    assert!(shown.stdout.contains("packages/A-1.md"), "{}", shown.stdout);
    json(&second, line);
    let here = second.git("show laneway:governance/packages/A-1.md");
    assert_eq!(here.trim_end(), text.trim_end());
    let again = json(&second, "export");
    assert_eq!(again.pointer("/data/packages/0/text").unwrap(), text);
    drop(second.laneway("validate").code(0));
    drop(second.laneway("audit verify").code(0));
    let there = json(&second, line);
    assert_eq!(there.pointer("/data/carried_out").unwrap(), false);
    assert!(
        there.pointer("/data/kinds/package-left").is_none(),
        "{there}"
    );

    // A file that says something else stays, and is told.
    let third = World::governed();
    third.write("governance/packages/A-1.md", &text.replace("A-1", "Z-9"));
    third.git("add governance");
    third.git("commit -q -m 'Another package'");
    third.write("export.json", &export.to_string());
    let told = json(&third, line);
    assert_eq!(
        told.pointer("/data/kinds/package-left").unwrap(),
        1,
        "{told}"
    );
    let listed = third.git("ls-tree -r --name-only laneway");
    assert!(!listed.contains("packages/"), "{listed}");
}

#[test]
fn x16_numbers_of_ones_own_keys_come_back() {
    let plan = "version: 1\ntasks:\n  - id: N-1\n    title: Numbers\n    role: A-backend\n    \
                x-float: 1.5\n    x-small: -2.5e-3\n    x-list: [0.5, 7]\n    \
                x-big: 123456789012345678901234567890\n    x-more: 18446744073709551615\n";
    let one = World::governed();
    one.write("more.yaml", plan);
    drop(one.laneway("add --file more.yaml --as @dana").code(0));
    let told = json(&one, "export");
    let definition = &told["data"]["tasks"][0]["definition"];
    assert_eq!(definition["x-float"], json!(1.5));
    assert_eq!(definition["x-small"], json!(-0.0025));
    // No digit is lost: what JSON's readers would round is text.
    assert_eq!(definition["x-big"], "123456789012345678901234567890");
    assert_eq!(definition["x-more"], "18446744073709551615");
    let yaml = one.laneway("export --format yaml").code(0).stdout;
    assert!(yaml.contains("x-float: 1.5\n"), "{yaml}");
    let two = World::governed();
    two.write("told.json", &one.laneway("export").code(0).stdout);
    let answer = json(&two, "import told.json --from laneway-json --as @dana");
    assert_eq!(losses(&answer), json!({}));
    assert_eq!(kept(&json(&two, "export")), kept(&told));
    drop(two.laneway("audit verify").code(0));
}
