//! Work packages: written, checked, confirmed before work, and put on hold (G1, G4, G6).

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// `A-1` with a package on the target that asks for a confirmed scope.
fn packaged() -> World {
    let world = World::planned();
    world.quietly("edit A-1 --set package=packages/A-1.md --as @dana");
    world.quietly("package new A-1 --scope-confirmation");
    world.git("add governance");
    world.git("commit -q -m package");
    world
}

#[test]
fn g01_a_package_is_written_from_the_task_and_checked() {
    let world = World::planned();
    world
        .laneway("package new A-1 --scope-confirmation --dry-run")
        .code(0);
    world
        .laneway("package new A-1 --scope-confirmation")
        .code(0);
    world.laneway("package new A-1").code(2);
    world.laneway("package check A-1").code(0);
    let path = world.path("repo/governance/packages/A-1.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("role: A-backend", "role: B-ui")
        .replace("None is", "");
    let (before, behind) = text.split_once("## Stop gate").unwrap();
    let (_, behind) = behind.split_once("## Return").unwrap();
    let text = format!("{before}## Stop gate\n\nTODO\n\n## Return{behind}");
    world.write("governance/packages/A-1.md", &text);
    world.laneway("package check").code(1);
    world.laneway("--json package check A-1").code(1);
    world.write("governance/packages/A-1.md", "---\nid: A-1\nrule: x\n---\n");
    world
        .laneway("package check governance/packages/A-1.md")
        .code(1);
    world.laneway("package check A-2").code(1);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn g01_a_task_of_the_working_trees_plan_names_its_package_at_once() {
    let world = World::governed();
    world.quietly("add A-7 --title Planned --role A-backend --plan --as @dana");
    world.laneway("package new A-7").code(0);
    let plan = std::fs::read_to_string(world.path("repo/governance/queue.yaml")).unwrap();
    assert!(plan.contains("package: packages/A-7.md"), "{plan}");
    world.git("add governance");
    world.git("commit -q -m plan");
    world.laneway("package check").code(0);
    world.laneway("claim A-7 --as @bot").code(0);
    world.laneway("audit verify").code(0);
}

#[test]
fn g01_a_package_that_is_missing_refuses_its_task_alone() {
    let world = World::planned();
    world.quietly("edit A-1 --set package=packages/A-1.md --as @dana");
    let refused = world.laneway("claim A-1 --as @bot").code(4);
    assert!(
        refused
            .stderr
            .contains("packages/A-1.md`: the file is missing")
    );
    world.laneway("claim B-1 --as @bot").code(0);
    world.laneway("explain package-unsound").code(0);
}

#[test]
fn g04_scope_first_then_the_go_then_work() {
    let world = packaged();
    world.laneway("claim A-1 --as @bot").code(0);
    world.commit(LANE, "budget", "3\n");
    world.laneway_in(LANE, "check").code(4);
    world.laneway_in(LANE, "handoff --next more").code(4);
    world.laneway("scope go A-1 --as @dana").code(4);
    world
        .laneway_in(LANE, "scope confirm --text 'the budget alone'")
        .code(0);
    world.laneway_in(LANE, "scope go A-1").code(4);
    // A block is no way around.
    world.laneway_in(LANE, "block --reason lunch").code(0);
    world.laneway("unblock A-1 --as @bot").code(0);
    world.laneway("list --status awaiting_scope").code(0);
    world
        .laneway("scope go A-1 --note 'mind the limits' --as @dana")
        .code(0);
    world.laneway_in(LANE, "handoff --next more").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn g06_a_hold_keeps_the_claim_and_frees_the_lane() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world
        .laneway_in(LANE, "hold --reason 'waits for legal'")
        .code(0);
    world.laneway("show A-1").code(0);
    world.laneway("--json unblock A-1 --as @bot").code(0);
    world
        .laneway("hold A-1 --reason 'budget freeze' --as @dana")
        .code(0);
    world.laneway("unblock A-1 --as @dana").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}
