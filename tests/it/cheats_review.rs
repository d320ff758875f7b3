//! What somebody in a hurry tries with reviews, and what it comes to.

use crate::support::World;

const A: &str = "repo-A-backend";

const POLICY: &str = "version: 1
project: repo
target: {branch: main}
roles:
  - {name: A-backend, lanes: 2}
protected_tests: ['tests/**']
gates: {review: {normal: required}}
";

const MAP: &str = "version: 1
mode: enforced
agents:
  - {name: '@bot', roles: [A-backend], may: [claim, handoff]}
  - {name: '@bot-2', roles: [A-backend], may: [claim, handoff, review]}
  - {name: '@dana', kind: person, roles: [A-backend], may: [plan, review, merge, admin]}
routing:
  - {task_type: api, pool: ['@bot*'], workstation: ws-1}
";

const PLACES: &str = "version: 1
workstations:
  - {name: ws-1, version: 1}
  - {name: ws-2, version: 1}
  - {name: ws-far, version: 1, hosts: [another]}
";

const TESTS: &str = "assert one\n\nassert two\nassert three\n";

/// A world with these rules and a protected test; everybody may do everything unless `map` says
/// otherwise.
fn governed(map: Option<&str>) -> World {
    let world = World::governed();
    world.write("governance/policy.yaml", POLICY);
    if let Some(map) = map {
        world.write("governance/identity-map.yaml", map);
        world.write("governance/workstations.yaml", PLACES);
    }
    world.commit("repo", "tests/a.txt", TESTS);
    world
}

fn accept(more: &str) -> String {
    format!("review A-1 --verdict accept --no-findings {more}")
}

#[track_caller]
fn refused(world: &World, line: &str, says: &str) {
    drop(world.laneway(line).code(4).says(says));
}

#[test]
fn cheat_review_of_an_older_patch() {
    let world = governed(None);
    let old = world.submit("A-1", "--role A-backend", A, "a.txt", "good\n");
    drop(world.laneway(&accept("--as @rev")).code(0));
    let back = "review A-1 --verdict revise --finding 'minor:a.txt:a word is missing' --as @rev";
    drop(world.laneway(back).code(0));
    world.commit(A, "a.txt", "evil\n");
    drop(world.laneway_in(A, "handoff --next more").code(0));
    refused(&world, "merge A-1 --as @bot", "no accepting review");
    let of_old = accept(&format!("--commit {old} --as @rev"));
    drop(
        world
            .laneway(&of_old)
            .code(3)
            .says("but")
            .says("is handed off"),
    );
    drop(world.laneway(&accept("--as @rev")).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn cheat_self_review_through_a_second_agent_name_on_the_same_workstation() {
    let world = governed(Some(MAP));
    world.submit("A-1", "--role A-backend --type api", A, "a.txt", "a\n");
    let says = "ws-1 is where @bot did the work";
    refused(&world, &accept("--as @bot-2"), says);
    refused(&world, &accept("--workstation ws-1 --as @bot-2"), says);
    refused(
        &world,
        &accept("--workstation ws-2 --as @bot-2"),
        "ws-2 lists no hosts",
    );
    refused(
        &world,
        &accept("--workstation ws-far --as @bot-2"),
        "ws-far runs on another",
    );
    refused(
        &world,
        &accept("--workstation ws-none --as @bot-2"),
        "not registered",
    );
    refused(&world, "merge A-1 --as @dana", "no accepting review");
    drop(world.laneway(&accept("--as @dana")).code(0));
    drop(world.laneway("merge A-1 --as @dana").code(0));
}

#[test]
fn cheat_deleted_test() {
    let world = governed(None);
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.git_in(A, "rm -q tests/a.txt");
    world.commit(A, "a.txt", "a\n");
    let gone = "the protected test tests/a.txt of 3 lines is deleted";
    drop(
        world
            .laneway_in(A, "handoff --next more")
            .code(0)
            .says(gone)
            .says("--approve tests/a.txt"),
    );
    drop(world.laneway(&accept("--as @rev")).code(0));
    refused(&world, "merge A-1 --as @bot", gone);
    let own = accept("--approve tests/a.txt --as @bot");
    refused(&world, &own, "own work");
    let back = "review A-1 --verdict revise --finding 'major:tests/a.txt:put it back' --as @rev";
    drop(world.laneway(back).code(0));
    // Fewer lines are a deletion by and by; blank ones do not count.
    world.commit(A, "tests/a.txt", "assert one\n\n\n\n\nassert two\n");
    let less = "the protected test tests/a.txt shrinks from 3 to 2 lines";
    drop(
        world
            .laneway_in(A, "handoff --next more")
            .code(0)
            .says(less),
    );
    drop(world.laneway(&accept("--as @rev")).code(0));
    refused(&world, "merge A-1 --as @bot", less);
    let named = accept("--approve tests/a.txt --as @rev");
    drop(world.laneway(&named).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn cheat_a_conflict_resolved_by_dropping_tests() {
    let world = governed(None);
    let more = format!("{TESTS}assert mine\n");
    world.submit("A-1", "--role A-backend", A, "tests/a.txt", &more);
    let theirs = format!("{TESTS}assert theirs\nassert more\n");
    world.commit("repo", "tests/a.txt", &theirs);
    drop(world.laneway(&accept("--as @rev")).code(0));
    drop(
        world
            .laneway("merge A-1 --as @bot")
            .code(1)
            .says("tests/a.txt"),
    );
    // The conflict goes away with their lines.
    world.git_in(A, &format!("reset -q --hard {}", world.target()));
    world.commit(A, "tests/a.txt", &more);
    let less = "shrinks from 5 to 4 lines";
    drop(
        world
            .laneway_in(A, "handoff --next more")
            .code(0)
            .says(less),
    );
    drop(world.laneway(&accept("--as @rev")).code(0));
    refused(&world, "merge A-1 --as @bot", less);
}

#[test]
fn a_moved_test_is_not_deleted() {
    let world = governed(None);
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.git_in(A, "mv tests/a.txt tests/b.txt");
    world.git_in(A, "commit -q -m move");
    drop(world.laneway_in(A, "handoff --next more").code(0));
    drop(world.laneway(&accept("--as @rev")).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
}

#[test]
fn cheat_design_only_called_implemented() {
    let world = governed(None);
    world.submit("A-1", "--role A-backend", A, "design.md", "we will\n");
    let design = accept("--completion design-only --as @rev");
    drop(world.laneway(&design).code(0));
    refused(&world, "merge A-1 --as @bot", "a design is not done");
    // Another who accepts does not outvote the one who looked.
    drop(world.laneway(&accept("--as @other")).code(0));
    refused(&world, "merge A-1 --as @bot", "a design is not done");
    refused(&world, "complete A-1 --as @bot", "no commit of the target");
    drop(world.laneway(&accept("--as @rev")).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
}

/// Reviews are the matter here, not what high risk shows.
fn no_more_of_high_risk(world: &World) {
    world.rule("gates: {high_risk: none}");
    if world.is_remote() {
        world.git("push -q origin main");
    }
}

#[test]
fn cheat_merge_of_the_branch_tip_instead_of_the_handed_off_commit() {
    for world in World::both() {
        no_more_of_high_risk(&world);
        let good = world.submit("A-1", "--role A-backend --risk high", A, "a.txt", "good\n");
        drop(world.laneway(&accept("--as @rev")).code(0));
        let evil = world.commit(A, "a.txt", "evil\n");
        drop(world.laneway("merge A-1 --as @bot").code(0));
        assert_eq!(world.target(), good);
        assert_ne!(world.target(), evil);
        assert_eq!(world.git("show main:a.txt"), "good\n");
    }
}

#[test]
fn a_rebase_keeps_the_verdict() {
    for world in World::both() {
        no_more_of_high_risk(&world);
        world.submit("A-1", "--role A-backend --risk high", A, "a.txt", "a\n");
        drop(world.laneway(&accept("--as @rev")).code(0));
        world.commit("repo", "other.txt", "other\n");
        if world.is_remote() {
            world.git("push -q origin main");
        }
        drop(world.laneway("merge A-1 --as @bot").code(0));
        assert_eq!(world.git("show main:a.txt main:other.txt"), "a\nother\n");
    }
}
