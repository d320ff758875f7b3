//! `shard`: the plan in several files and in one again (P14, P15).

use std::collections::BTreeMap;

use super::support::World;

const PLAN: &str = "\
# The plan.
version: 1
tasks: # all
  # Storage.
  - id: A-1
    title: 'Store'   # keep
    role: A-backend
    x-cost: {days: 3}
  - id: B-1
    title: Show
    role: B-ui
    parent: A-1
    notes: |
      # no comment

      text

  # Serving.
  - id: A-2
    role: A-backend
    title: \"Serve\"
# end
";

fn planned(plan: &str) -> World {
    let world = World::governed();
    world.write("governance/queue.yaml", plan);
    world.git("add governance");
    world.git("commit -q -m Plan");
    world
}

fn files(world: &World) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    files.insert(
        "queue.yaml".to_owned(),
        read(&world.path("repo/governance/queue.yaml")),
    );
    if let Ok(dir) = std::fs::read_dir(world.path("repo/governance/queue")) {
        for entry in dir {
            let path = entry.unwrap().path();
            files.insert(
                path.file_name().unwrap().to_string_lossy().into_owned(),
                read(&path),
            );
        }
    }
    files
}

#[test]
fn p14_a_plan_is_split_by_role_with_every_byte_of_its_tasks() {
    let world = planned(PLAN);
    world.laneway("shard --by role --dry-run").code(0);
    assert_eq!(files(&world).len(), 1, "a rehearsal writes nothing");
    world.laneway("shard --by role").code(0);
    let found = files(&world);
    assert_eq!(
        found["queue.yaml"],
        "# The plan.\nversion: 1\ntasks: [] # all\n# end\n"
    );
    assert_eq!(
        found["A-backend.yaml"],
        "version: 1\ntasks:\n  # Storage.\n  - id: A-1\n    title: 'Store'   # keep\n    \
         role: A-backend\n    x-cost: {days: 3}\n\n  # Serving.\n  - id: A-2\n    \
         role: A-backend\n    title: \"Serve\"\n"
    );
    world.git("add governance");
    world.git("commit -q -m Split");
    world.laneway("validate").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p14_a_plan_that_was_split_by_count_is_joined_to_the_byte() {
    for plan in [PLAN.to_owned(), PLAN.replace('\n', "\r\n")] {
        let world = planned(&plan);
        world.git("config core.autocrlf false");
        world.laneway("shard --by count 2").code(0);
        assert_eq!(files(&world).len(), 3);
        world.git("add governance");
        world.git("commit -q -m Split");
        world.laneway("shard --join").code(0);
        assert_eq!(
            files(&world),
            BTreeMap::from([("queue.yaml".to_owned(), plan)])
        );
    }
}

#[test]
fn p15_a_plan_with_changes_that_are_not_committed_is_not_split() {
    let world = planned(PLAN);
    world.write("governance/queue.yaml", &PLAN.replace("Show", "Shown"));
    let answer = world.laneway("shard --by parent").code(2);
    assert!(
        answer
            .stderr
            .contains("governance/queue.yaml not committed"),
        "{}",
        answer.stderr
    );
    assert_eq!(files(&world).len(), 1);
}

#[test]
fn p13_a_plan_that_does_not_read_or_cannot_be_taken_apart_is_left_alone() {
    for (plan, code, told) in [
        ("version: 1\ntasks: [\n", 5, "governance/queue.yaml"),
        (
            "version: 1\ntasks: [{id: A-1, title: t, role: A-backend}]\n",
            5,
            "in brackets cannot be taken apart",
        ),
        ("version: 1\ntasks: []\n", 2, "holds no task"),
    ] {
        let world = planned(plan);
        let answer = world.laneway("shard --by role").code(code);
        assert!(answer.stderr.contains(told), "{}", answer.stderr);
        assert_eq!(
            files(&world),
            BTreeMap::from([("queue.yaml".to_owned(), plan.to_owned())])
        );
    }
}

#[test]
fn p14_a_plan_that_is_split_already_is_to_be_joined_first() {
    let world = planned(PLAN);
    drop(world.laneway("shard --by role").code(0));
    world.git("add governance");
    world.git("commit -q -m Split");
    let before = files(&world);
    for by in ["role", "count 1"] {
        let again = world.laneway(&format!("shard --by {by}")).code(2);
        drop(
            again
                .says("is split already")
                .says("`laneway shard --join`"),
        );
    }
    assert_eq!(files(&world), before);
    drop(world.laneway("shard --join").code(0));
}

#[test]
fn p15_plan_files_that_are_not_as_committed_are_left_alone() {
    let part = "version: 1\ntasks:\n  - id: B-9\n    title: t\n    role: B-ui\n";
    let world = planned(PLAN);
    world.quietly("shard --by role");
    world.git("add governance");
    world.git("commit -q -m Split");
    // Ignored, so git does not speak of it.
    world.write(".git/info/exclude", "B.yaml\n");
    world.write("governance/queue/B.yaml", part);
    let before = files(&world);
    world
        .laneway("shard --join")
        .code(2)
        .says("governance/queue/B.yaml");
    assert_eq!(files(&world), before);
    std::fs::remove_file(world.path("repo/governance/queue/B.yaml")).unwrap();
    // Changed, and git was told not to look.
    for word in ["assume-unchanged", "skip-worktree"] {
        world.git(&format!("update-index --{word} governance/queue/B-ui.yaml"));
        world.write("governance/queue/B-ui.yaml", part);
        let before = files(&world);
        world
            .laneway("shard --join")
            .code(2)
            .says("governance/queue/B-ui.yaml");
        assert_eq!(files(&world), before, "{word}");
        world.git(&format!(
            "update-index --no-{word} governance/queue/B-ui.yaml"
        ));
        world.git("checkout -q -- governance");
    }
    world.laneway("shard --join").code(0);
}
