//! `merge-driver`: real git merges plan files by tasks (X17).

use super::support::World;

const PLAN: &str = "\
# The plan of the team.
version: 1
tasks:
  # Storage comes first.
  - id: A-1
    title: Store   # keep it short
    role: A-backend
    priority: 2
    depends_on: [A-0]

  - id: A-2
    title: 'Serve'
    role: A-backend
    x-cost: 3
";

/// A repository whose clone knows the driver, with two tasks.
fn planned() -> World {
    let world = World::governed();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_laneway"));
    let path = std::env::var("PATH").unwrap();
    let bin = program.parent().unwrap().display();
    world.set("PATH", &format!("{bin}:{path}"));
    commit(&world, PLAN, "Plan");
    world
}

fn commit(world: &World, plan: &str, subject: &str) {
    world.write("governance/queue.yaml", plan);
    world.git("add governance");
    world.git(&format!("commit -q -m '{subject}'"));
}

fn plan(world: &World) -> String {
    std::fs::read_to_string(world.path("repo/governance/queue.yaml")).unwrap()
}

/// Two branches that both changed the first task and added one at the same place.
fn diverged(world: &World) {
    world.git("checkout -q -b theirs");
    let theirs = PLAN
        .replace("depends_on: [A-0]", "depends_on: [A-0, T-1]")
        .replace(
            "x-cost: 3\n",
            "x-cost: 3\n  # Theirs.\n  - id: T-1\n    title: Theirs\n    role: B-ui\n",
        );
    commit(world, &theirs, "Theirs");
    world.git("checkout -q main");
    let ours = PLAN
        .replace("priority: 2", "priority: 1 # urgent")
        .replace("depends_on: [A-0]", "depends_on: [A-0, O-1]")
        .replace(
            "x-cost: 3\n",
            "x-cost: 3\n\n  - id: O-1\n    title: Ours\n    role: B-ui\n",
        );
    commit(world, &ours, "Ours");
}

const MERGED: &str = "\
# The plan of the team.
version: 1
tasks:
  # Storage comes first.
  - id: A-1
    title: Store   # keep it short
    role: A-backend
    priority: 1 # urgent
    depends_on: [A-0, O-1, T-1]

  - id: A-2
    title: 'Serve'
    role: A-backend
    x-cost: 3

  - id: O-1
    title: Ours
    role: B-ui
  # Theirs.
  - id: T-1
    title: Theirs
    role: B-ui
";

#[test]
fn x17_git_merges_plans_by_tasks_in_merge_and_cherry_pick() {
    let world = planned();
    diverged(&world);
    world.git("merge -q --no-edit theirs");
    assert_eq!(plan(&world), MERGED);
    world.git("reset -q --hard HEAD^1");
    world.git("cherry-pick theirs");
    assert_eq!(plan(&world), MERGED);
    world.git("reset -q --hard HEAD^1");
    // In object space, too: git asks the driver wherever the attributes are at hand.
    let tree = world.git("merge-tree --write-tree main theirs");
    let merged = world.git(&format!("show {}:governance/queue.yaml", tree.trim()));
    assert_eq!(merged, MERGED);
}

#[test]
fn x17_git_merges_plans_by_tasks_in_a_rebase() {
    let world = planned();
    diverged(&world);
    // A rebase takes the new base for ours.
    world.git("checkout -q theirs");
    world.git("rebase -q main");
    assert_eq!(plan(&world), MERGED);
}

#[test]
fn x17_without_the_driver_the_same_branches_conflict() {
    let world = planned();
    world.git("config --unset merge.laneway.driver");
    diverged(&world);
    let merge = world
        .command(&world.path("repo"), "git", "merge theirs")
        .output()
        .unwrap();
    assert!(!merge.status.success());
}

#[test]
fn x17_a_true_conflict_is_marked_and_named() {
    let world = planned();
    world.git("checkout -q -b theirs");
    commit(
        &world,
        &PLAN
            .replace("priority: 2", "priority: 3")
            .replace("'Serve'", "Serve"),
        "Theirs",
    );
    world.git("checkout -q main");
    commit(&world, &PLAN.replace("priority: 2", "priority: 1"), "Ours");
    let merge = world
        .command(&world.path("repo"), "git", "merge theirs")
        .output()
        .unwrap();
    assert_eq!(merge.status.code(), Some(1));
    let told = String::from_utf8_lossy(&merge.stderr).into_owned();
    let words = "A-1.priority: modified by both: ours 1, base 2, theirs 3";
    assert!(told.contains(words), "{told}");
    let expected = PLAN.replace("'Serve'", "Serve").replace(
        "    priority: 2\n",
        "<<<<<<< HEAD\n    priority: 1\n=======\n    priority: 3\n>>>>>>> theirs\n",
    );
    assert_eq!(plan(&world), expected);
    assert!(
        world
            .git("status --porcelain")
            .contains("UU governance/queue.yaml")
    );
}

#[test]
fn x17_a_task_that_one_side_deleted_is_told_in_gits_words() {
    // The first task alone, as each side leaves it.
    let changed = PLAN.replace("priority: 2", "priority: 3");
    let start = PLAN.find("  - id: A-1").unwrap();
    let end = start + 3 + PLAN[start + 3..].find("  - id:").unwrap();
    let without = format!("{}{}", &PLAN[..start], &PLAN[end..]);
    for (ours, theirs, words) in [
        (&without, &changed, "A-1: deleted by us, modified by them"),
        (&changed, &without, "A-1: modified by us, deleted by them"),
    ] {
        let world = planned();
        world.git("checkout -q -b theirs");
        commit(&world, theirs, "Theirs");
        world.git("checkout -q main");
        commit(&world, ours, "Ours");
        let merge = world
            .command(&world.path("repo"), "git", "merge theirs")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&merge.stderr).into_owned();
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn x17_what_cannot_be_merged_by_tasks_is_merged_as_text_and_says_so() {
    let world = planned();
    world.git("checkout -q -b theirs");
    let broken = PLAN.replace("title: 'Serve'", "title: [");
    commit(&world, &broken, "Theirs");
    world.git("checkout -q main");
    commit(&world, &PLAN.replace("priority: 2", "priority: 1"), "Ours");
    let merge = world
        .command(&world.path("repo"), "git", "merge --no-edit theirs")
        .output()
        .unwrap();
    assert!(merge.status.success(), "the lines are far apart");
    let told = String::from_utf8_lossy(&merge.stderr).into_owned();
    assert!(
        told.contains("governance/queue.yaml was merged as text: theirs: 14:11:"),
        "{told}"
    );
    assert_eq!(plan(&world), broken.replace("priority: 2", "priority: 1"));
}

#[test]
fn a_clone_says_whether_it_knows_the_driver_and_doctor_registers_it() {
    let world = planned();
    world.laneway("merge-driver status").code(0);
    world.git("config merge.laneway.driver 'laneway merge-driver %O %A %B'");
    world.laneway("merge-driver status").code(1);
    world.laneway("doctor").code(0);
    world.laneway("doctor --fix").code(0);
    world.laneway("merge-driver install --dry-run").code(0);
    let answer = world.laneway("merge-driver status --json").code(0);
    assert_eq!(answer.json()["data"]["works"], true);
}

#[test]
fn the_driver_needs_no_repository() {
    let world = World::new();
    world.write_in(
        "tmp",
        "base",
        "version: 1\ntasks:\n  - id: A\n    title: a\n    role: r\n",
    );
    world.write_in(
        "tmp",
        "ours",
        "version: 1\ntasks:\n  - id: A\n    title: a\n    role: r\n    priority: 1\n",
    );
    world.write_in(
        "tmp",
        "theirs",
        "version: 1\ntasks:\n  - id: A\n    title: b\n    role: r\n",
    );
    let answer = world
        .laneway_in("tmp", "merge-driver base ours theirs --json")
        .code(0);
    assert_eq!(answer.json()["data"]["clean"], true);
    let merged = std::fs::read_to_string(world.path("tmp/ours")).unwrap();
    assert_eq!(
        merged,
        "version: 1\ntasks:\n  - id: A\n    title: b\n    role: r\n    priority: 1\n"
    );
    // A file that is not there is no merge: ours is unchanged.
    let answer = world
        .laneway_in("tmp", "merge-driver gone ours theirs")
        .code(7);
    assert!(answer.stderr.contains("gone"), "{}", answer.stderr);
}

#[test]
fn x17_what_git_merges_by_lines_into_an_unreadable_plan_is_a_conflict() {
    let world = planned();
    let plan = "# The plan.\nversion: 1\ntasks:\n  - id: A-1\n    title: Store\n    role: A-backend\n    \
                notes: |\n      one\n      two\n      three\n      four\n      five\n    priority: 2\n";
    commit(&world, plan, "Plan again");
    world.git("checkout -q -b theirs");
    let theirs = plan
        .replace("version: 1\n", "version: 1\nx-a: theirs\n")
        .replace("priority: 2\n", "priority: 2\n    risk: low\n");
    commit(&world, &theirs, "Theirs");
    world.git("checkout -q main");
    let ours = plan
        .replace("# The plan.", "# Our plan.")
        .replace("title: Store\n", "title: Store\n    risk: high\n");
    commit(&world, &ours, "Ours");
    let merge = world
        .command(&world.path("repo"), "git", "merge -q theirs")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&merge.stderr).into_owned();
    assert!(!merge.status.success(), "{said}\n{}", self::plan(&world));
    assert!(said.contains("what git made of them does not: "), "{said}");
    let state = world.git("status --porcelain governance/queue.yaml");
    assert!(state.starts_with("UU"), "{state}");
}
