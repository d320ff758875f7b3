//! `archive`: closed tasks leave plan and state and come back as they were (P12).

use super::support::World;

/// The tree of the ledger's files.
fn tree(world: &World) -> String {
    world.git("rev-parse laneway:governance")
}

/// Lands a task: claimed, one commit, handed off, merged.
fn land(world: &World, id: &str) {
    world.quietly(&format!("claim {id} --as @bot"));
    let lanes = world.git("worktree list --porcelain");
    let lane = lanes
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("worktree "))
        .unwrap();
    let lane = std::path::Path::new(lane)
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    world.write_in(&lane, &format!("{id}.txt"), "done\n");
    world.git_in(&lane, "add .");
    world.git_in(&lane, &format!("commit -q -m 'Work on {id}'"));
    world.quietly(&format!("-C ../{lane} handoff {id} --next none --as @bot"));
    world.quietly(&format!("merge {id} --as @bot"));
}

#[test]
fn p12_closed_tasks_are_archived_and_anchors_stay() {
    let world = World::planned();
    world.quietly("add A-3 --title 'Part of the queue' --role A-backend --as @dana");
    land(&world, "A-1");
    world.quietly("cancel B-1 --reason superseded --as @dana");
    let before = tree(&world);
    world
        .laneway("archive --before 2026-12-01 --dry-run --as @dana")
        .code(0);
    assert_eq!(tree(&world), before, "a rehearsal changes nothing");
    world
        .laneway("archive --before 2026-12-01 --as @dana")
        .code(0);
    world.laneway("archive A-1 --as @dana").code(1);
    world.laneway("list").code(0);
    world.laneway("list --archived").code(0);
    world.laneway("show B-1").code(0);
    world.laneway("log B-1").code(0);
    world
        .laneway("reopen B-1 --reason again --as @dana")
        .code(4);
    world.laneway("claim B-1 --as @bot").code(4);
    world
        .laneway("add B-1 --title Again --role B-ui --as @dana")
        .code(4);
    world.laneway("validate").code(0);
    world.laneway("audit verify").code(0);
    world
        .laneway("archive --restore 2026-11 --as @dana")
        .code(0);
    assert_eq!(
        tree(&world),
        before,
        "plan and state are as they were, to the byte"
    );
    world
        .laneway("reopen B-1 --reason again --as @dana")
        .code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p12_an_archived_task_is_a_landed_dependency_and_a_cancelled_one_never_is() {
    let world = World::governed();
    for id in ["A-1", "A-2"] {
        world.quietly(&format!(
            "add {id} --title Work --role A-backend --as @dana"
        ));
    }
    land(&world, "A-1");
    world.quietly("cancel A-2 --reason superseded --as @dana");
    world.quietly("archive A-1 A-2 --as @dana");
    world.quietly("add A-3 --title Next --role A-backend --depends-on A-1 --as @dana");
    world.quietly("add A-4 --title Never --role A-backend --depends-on A-2 --as @dana");
    let ready = world.laneway("ready --explain").code(0);
    let told = &ready.stdout;
    assert!(
        told.contains("A-3") && told.contains("`A-2`, which is cancelled"),
        "{told}"
    );
    // What open work now needs is not lost by being archived, and comes back when asked.
    world.quietly("claim A-3 --as @bot");
    world.quietly("audit verify");
    world.quietly("archive --restore A-1 --as @dana");
    assert!(
        world
            .git("ls-tree -r --name-only laneway")
            .contains("A-1.yaml")
    );
    world.quietly("audit verify");
}

#[test]
fn p12_what_is_restored_in_any_order_stands_where_it_stood() {
    let world = World::governed();
    // Larger than a request, so that the ledger keeps the file to the byte.
    let mut plan = "# Many.\nversion: 1\ntasks: # all\n".to_owned();
    for number in 1..=6 {
        plan.push_str(&format!(
            "\n  # About {number}.\n  - id: A-{number}\n    title: 'Task {number}' # short\n    \
             role: A-backend\n    x-own: {{of: us}}\n    notes: |\n"
        ));
        for _ in 0..40 {
            plan.push_str("      A line of notes that makes this file long enough.\n");
        }
    }
    plan.push_str("# end\n");
    world.write("plan.yaml", &plan);
    world.quietly("add --file plan.yaml --as @dana");
    for number in 1..=6 {
        world.quietly(&format!("cancel A-{number} --reason over --as @dana"));
    }
    let before = tree(&world);
    for (puts, takes) in [
        (vec!["A-1 A-2", "A-4", "A-3"], vec!["A-3 A-1", "A-2 A-4"]),
        (vec!["A-2", "A-3", "A-6 A-5"], vec!["2026-11"]),
        (
            vec!["A-1 A-2 A-3 A-4 A-5 A-6"],
            vec!["A-6", "A-1", "A-3", "A-2", "A-5", "A-4"],
        ),
    ] {
        let mut minute = 0;
        for ids in puts {
            minute += 1;
            world.at(&format!("2026-11-20T10:{minute:02}:00Z"));
            world.quietly(&format!("archive {ids} --as @dana"));
        }
        for ids in &takes {
            world.quietly(&format!("archive --restore {ids} --as @dana"));
        }
        assert_eq!(tree(&world), before, "{takes:?}");
    }
    world.quietly("audit verify");
}

#[test]
fn p12_a_task_planned_on_the_target_is_archived_although_its_definition_stays() {
    let world = World::governed();
    let plan = "version: 1\ntasks:\n  - id: A-1\n    title: Planned\n    role: A-backend\n";
    world.write("governance/queue.yaml", plan);
    world.git("add governance");
    world.git("commit -q -m Plan");
    land(&world, "A-1");
    let answer = world.laneway("archive A-1 --as @dana").code(0);
    assert!(
        answer.stderr.contains("where a person takes it out: A-1"),
        "{}",
        answer.stderr
    );
    // It never looks like a task that nobody has done.
    world.laneway("ready").code(1);
    world.laneway("claim A-1 --as @bot").code(4);
    let shown = world.laneway("show A-1 --json").code(0).json();
    assert_eq!(shown["data"]["task"]["status"], "done");
    assert_eq!(shown["data"]["task"]["epoch"], 1);
    assert_eq!(shown["data"]["task"]["archived"], "2026-11");
    let told = world.laneway("validate").code(0);
    assert!(
        told.stdout.contains("`A-1` is archived"),
        "{}{}",
        told.stdout,
        told.stderr
    );
    // Taken out there, and then asked for again: the ledger's plan has it.
    world.write("governance/queue.yaml", "version: 1\ntasks: []\n");
    world.git("commit -q -a -m 'Take it out'");
    world.laneway("show A-1").code(0);
    world.laneway("archive --restore A-1 --as @dana").code(0);
    let plan = world.git("show laneway:governance/queue.yaml");
    assert!(plan.contains("  - id: A-1\n    title: Planned\n"), "{plan}");
    world.laneway("audit verify").code(0);
}

#[test]
fn p12_who_may_not_plan_may_not_archive() {
    let world = World::planned();
    world.quietly("cancel B-1 --reason over --as @dana");
    world.write(
        "governance/identity-map.yaml",
        "version: 1\nmode: enforced\nagents:\n  - {name: \"@bot\", kind: agent, roles: [B-ui], may: [claim]}\n\
         routing:\n  - {task_type: chore, agent_name: \"@bot\", workstation: ws-local-01}\n",
    );
    world.git("add governance");
    world.git("commit -q -m Map");
    let before = tree(&world);
    let answer = world.laneway("archive B-1 --as @bot").code(4);
    assert!(
        answer.stderr.contains("@bot may not plan"),
        "{}",
        answer.stderr
    );
    assert_eq!(tree(&world), before);
}

#[test]
fn p12_an_open_contract_request_and_counted_time_are_not_lost_in_the_archive() {
    let world = World::governed();
    let rule = "contracts: [{name: api, owner: B-ui, paths: [\"api/**\"]}]";
    world.rule(rule);
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("add A-2 --title More --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.quietly("request A-1 --contract api --text 'a field more' --as @bot");
    world.quietly("release A-1 --as @bot");
    world.quietly("claim A-2 --as @bot");
    world.quietly("session start A-2 --as @bot");
    world.at("2026-11-20T10:30:00Z");
    world.quietly("session stop A-2 --as @bot");
    world.quietly("release A-2 --as @bot");
    world.quietly("cancel A-1 --reason over --as @dana");
    world.quietly("cancel A-2 --reason over --as @dana");
    let worked = world.laneway("session list --json").code(0).json()["data"].clone();
    let answer = world.laneway("archive --period 2026-11 --as @dana").code(0);
    assert!(
        answer.stderr.contains("A-1 stays: its request"),
        "{}",
        answer.stderr
    );
    assert!(answer.stdout.contains("archived A-2"), "{}", answer.stdout);
    assert_eq!(
        world.laneway("session list --json").code(0).json()["data"],
        worked
    );
    world.laneway("audit verify").code(0);
}

#[test]
fn p12_archive_without_words_asks_which_and_shows_how() {
    let world = World::planned();
    for (line, example) in [
        ("archive", "laneway archive --before 2026-10-01"),
        ("archive --dry-run", "laneway archive A-001 A-002"),
        ("archive --restore", "laneway archive --restore 2026-10"),
    ] {
        let asked = world.laneway(line).code(2);
        assert_eq!(asked.stdout, "", "{line}");
        drop(asked.says("which").says(example));
    }
}
