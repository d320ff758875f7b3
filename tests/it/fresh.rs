//! A claim goes by plan and rules as the deciding remote has them now, not as this clone saw them
//! last (P17, P27).

use crate::support::World;

/// A hub with `A-1` on it, and a clone `other` that has not fetched since.
fn world() -> World {
    let world = World::remote();
    let plan = "version: 1\ntasks:\n  - {id: A-1, title: One, role: A-backend}\n";
    world.commit("repo", "governance/queue.yaml", plan);
    world.git("push -q origin main");
    let url = format!("file://{}", world.path("hub.git").display());
    world.git_in(".", &format!("clone -q {url} other"));
    world
}

const CLAIM: &str = "claim A-1 --no-worktree --as @bot";

#[test]
fn p17_a_task_that_was_parked_on_the_target_is_not_claimed_by_a_clone_that_slept() {
    let world = world();
    let plan = "version: 1\ntasks:\n  - {id: A-1, title: One, role: A-backend, parked: true}\n";
    world.commit("repo", "governance/queue.yaml", plan);
    world.git("push -q origin main");
    let refused = world.laneway_in("other", CLAIM);
    assert_ne!(refused.exit, Some(0));
    drop(refused.says("parked"));
    drop(world.laneway_in("other", "show A-1").code(0).says("parked"));
}

#[test]
fn p27_rules_that_the_target_has_since_are_the_rules_of_a_claim() {
    let world = world();
    let places =
        "version: 1\nworkstations:\n  - {name: ws-local-01, version: 1, state: quarantined}\n";
    world.commit("repo", "governance/workstations.yaml", places);
    world.git("push -q origin main");
    let before = world.git_in("hub.git", "rev-parse laneway");
    let refused = world.laneway_in("other", CLAIM);
    assert_ne!(refused.exit, Some(0));
    drop(refused.says("no workstation is named"));
    assert_eq!(world.git_in("hub.git", "rev-parse laneway"), before);
}
