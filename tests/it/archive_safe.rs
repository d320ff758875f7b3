//! `archive` loses nothing and leaves the ledger readable, whatever the plan looks like (P12).

use super::support::World;

/// The tree of the ledger's files.
fn tree(world: &World) -> String {
    world.git("rev-parse laneway:governance")
}

/// A task with notes of so many lines.
fn task(number: usize, lines: usize) -> String {
    let line = "      A line of the notes.\n".repeat(lines);
    format!(
        "  - id: A-{number}\n    title: Task {number}\n    role: A-backend\n    notes: |\n{line}"
    )
}

/// A ledger with a plan file of these tasks, all cancelled.
fn cancelled(plan: &str, ids: &[&str]) -> World {
    let world = World::governed();
    world.write("plan.yaml", plan);
    world.quietly("add --file plan.yaml --as @dana");
    for id in ids {
        world.quietly(&format!("cancel {id} --reason over --as @dana"));
    }
    world
}

/// The ids that a list of the archive names, in order.
fn archived(world: &World) -> Vec<String> {
    let shown = world.laneway("--json list --archived").code(0).json();
    let tasks = shown["data"]["tasks"].as_array().unwrap().iter();
    let mut ids: Vec<String> = tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn p12_a_task_that_the_archive_could_not_read_back_stays() {
    let plan = format!("version: 1\ntasks:\n{}{}", task(1, 45_000), task(2, 1));
    let world = cancelled(&plan, &["A-1", "A-2"]);
    let answer = world.laneway("archive A-1 A-2 --as @dana").code(0);
    assert!(
        answer.stderr.contains("A-1 stays: ") && answer.stdout.contains("archived A-2"),
        "{}{}",
        answer.stdout,
        answer.stderr
    );
    world.quietly("show A-1");
    world.quietly("validate");
    world.quietly("audit verify");
    assert_eq!(archived(&world), ["A-2"]);
}

#[test]
fn p12_a_period_in_parts_with_a_gap_keeps_every_part() {
    let mut plan = "version: 1\ntasks:\n".to_owned();
    let mut ids = Vec::new();
    for number in 1..=7 {
        plan.push_str(&task(number, 18_000));
        ids.push(format!("A-{number}"));
    }
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let world = cancelled(&plan, &names);
    let before = tree(&world);
    world.quietly("archive A-1 A-2 A-3 A-4 A-5 A-6 --as @dana");
    let files = || world.git("ls-tree -r --name-only laneway governance/archive");
    let three = "governance/archive/2026-11-2.yaml\n\
                 governance/archive/2026-11-3.yaml\n\
                 governance/archive/2026-11.yaml";
    assert_eq!(files().trim(), three, "two tasks go into a part");
    world.quietly("show A-6");
    world.quietly("archive --restore A-3 A-4 --as @dana");
    assert!(!files().contains("2026-11-2.yaml"));
    world.quietly("archive A-3 A-4 A-7 --as @dana");
    assert_eq!(archived(&world), names);
    world.quietly("audit verify");
    world.quietly("archive --restore 2026-11 --as @dana");
    assert_eq!(tree(&world), before);
}

#[test]
fn p12_tasks_archived_one_by_one_come_back_in_order() {
    let plan = format!(
        "version: 1\ntasks:\n{}{}{}",
        task(1, 400),
        task(2, 1),
        task(3, 1)
    );
    let world = cancelled(&plan, &["A-1", "A-2", "A-3"]);
    let before = tree(&world);
    for id in ["A-2", "A-3"] {
        world.quietly(&format!("archive {id} --as @dana"));
    }
    for id in ["A-2", "A-3"] {
        world.quietly(&format!("archive --restore {id} --as @dana"));
    }
    assert_eq!(tree(&world), before);
}

#[test]
fn p12_what_would_close_a_cycle_is_not_given_back() {
    let world = World::governed();
    world.quietly("add A-3 --title Three --role A-backend --as @dana");
    world.quietly("add B-1 --title One --role B-ui --depends-on A-3 --as @dana");
    world.quietly("add B-2 --title Two --role B-ui --depends-on B-1 --as @dana");
    world.quietly("cancel B-2 --reason over --as @dana");
    world.quietly("cancel B-1 --reason over --as @dana");
    world.quietly("archive B-1 B-2 --as @dana");
    // The edges of what is archived count for who plans, too.
    for add in ["B-1", "B-2"] {
        let edit = format!("edit A-3 --add-dependency {add} --as @dana");
        drop(world.laneway(&edit).code(4).says("form a cycle"));
    }
    // Planned on the target nobody asks.
    let plan = "version: 1\ntasks:\n  - id: C-1\n    title: Planned\n    role: A-backend\n";
    world.commit("repo", "governance/queue.yaml", plan);
    world.quietly("add B-3 --title Three --role B-ui --depends-on C-1 --as @dana");
    world.quietly("cancel B-3 --reason over --as @dana");
    world.quietly("archive B-3 --as @dana");
    let plan = format!("{plan}    depends_on: [B-3]\n");
    world.commit("repo", "governance/queue.yaml", &plan);
    let before = tree(&world);
    drop(
        world
            .laneway("archive --restore B-3 --as @dana")
            .code(4)
            .says("form a cycle"),
    );
    assert_eq!(tree(&world), before);
    world.quietly("archive --restore B-1 B-2 --as @dana");
    world.quietly("audit verify");
}

#[test]
fn p12_what_the_target_defines_differently_is_not_given_back() {
    let world = World::governed();
    world.quietly("add A-1 --title Old --role A-backend --as @dana");
    world.quietly("cancel A-1 --reason over --as @dana");
    world.quietly("archive A-1 --as @dana");
    let plan = "version: 1\ntasks:\n  - id: A-1\n    title: Another\n    role: A-backend\n";
    world.commit("repo", "governance/queue.yaml", plan);
    let before = tree(&world);
    for recalled in ["A-1", "2026-11"] {
        let line = format!("archive --restore {recalled} --as @dana");
        drop(world.laneway(&line).code(4).says("differently"));
    }
    assert_eq!(tree(&world), before);
    world.commit("repo", "governance/queue.yaml", "version: 1\ntasks: []\n");
    world.quietly("archive --restore A-1 --as @dana");
    world.quietly("validate");
    world.quietly("audit verify");
}

#[test]
fn p12_a_plan_file_in_brackets_keeps_its_tasks_and_no_others() {
    let world = World::governed();
    let plan = "version: 1\ntasks: [{id: A-1, title: Flow, role: A-backend}]\n";
    world.commit("repo", "governance/queue.yaml", plan);
    let notes = "x".repeat(9_000);
    world.write(
        "plan.yaml",
        &format!(
            "version: 1\ntasks: [{{id: A-2, title: More, role: A-backend, notes: {notes}}}]\n"
        ),
    );
    world.quietly("add --file plan.yaml --as @dana");
    world.quietly("add A-3 --title Three --role A-backend --as @dana");
    for id in ["A-1", "A-2", "A-3"] {
        world.quietly(&format!("cancel {id} --reason over --as @dana"));
    }
    let answer = world.laneway("archive --period 2026-11 --as @dana").code(0);
    for id in ["A-1", "A-2"] {
        let told = format!("{id} stays: ");
        assert!(answer.stderr.contains(&told), "{}", answer.stderr);
    }
    assert!(answer.stderr.contains("brackets"), "{}", answer.stderr);
    assert_eq!(archived(&world), ["A-3"]);
    world.quietly("audit verify");
}

#[test]
fn s14_doubts_about_archived_tasks_are_still_told() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --check true --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit("repo-A-backend", "a.txt", "1\n");
    drop(world.laneway_in("repo-A-backend", "check --trust").code(0));
    drop(
        world
            .laneway_in("repo-A-backend", "handoff --next more")
            .code(0),
    );
    world.quietly("merge A-1 --as @bot");
    let doubts = |line: &str| {
        let told = world
            .laneway(&format!("--json audit evidence {line}"))
            .code(1);
        told.json()["data"].clone()
    };
    let before = doubts("");
    assert!(!before["tasks"].as_array().unwrap().is_empty(), "{before}");
    world.quietly("archive A-1 --as @dana");
    assert_eq!(doubts("")["tasks"], before["tasks"]);
    assert_eq!(doubts("A-1")["tasks"], before["tasks"]);
}

#[test]
fn p31_what_an_archived_task_landed_is_still_its_work() {
    let world = World::governed();
    world.rule("target: {branch: main, direct: tasks_only}");
    world.git("init -q --bare ../copy.git");
    world.git("remote add origin ../copy.git");
    world.git("push -q origin main");
    world.quietly("hooks install");
    world.submit("A-1", "--role A-backend", "repo-A-backend", "a.txt", "1\n");
    world.quietly("merge A-1 --as @bot");
    world.quietly("archive A-1 --as @dana");
    let push = world.command(&world.path("repo"), "git", "push -q origin main");
    let mut push = push;
    let output = push.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn p51_a_commit_that_an_import_names_is_covered_archived_or_not() {
    let world = World::governed();
    let commit = world.commit("repo", "src/a.txt", "a\n");
    let line = format!(
        "{{\"id\":\"A-1\",\"title\":\"Here\",\"status\":\"done\",\"commit\":\"{commit}\"}}\n\
         {{\"id\":\"A-2\",\"title\":\"Nowhere\",\"status\":\"done\",\"commit\":\"0123456789\"}}\n"
    );
    let other = world.commit("repo", "src/b.txt", "b\n");
    world.write("done.jsonl", &line);
    world.quietly("import done.jsonl --role A-backend --as @dana");
    let uncovered = || {
        let told = world.laneway("--json audit coverage").code(0).json();
        let found = told["data"]["uncovered"].as_array().unwrap().iter();
        let found = found.map(|one| one["commit"].as_str().unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    // The tip that somebody's word names is not what that task did.
    assert_eq!(uncovered(), [other.as_str()]);
    world.quietly("archive A-1 A-2 --as @dana");
    assert_eq!(uncovered(), [other]);
}
