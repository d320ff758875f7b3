//! Cheats with evidence, each by its name: what an agent in a hurry would try.

use crate::support::World;

const LANE: &str = "repo-A-backend";

fn claimed(add: &str) -> World {
    let world = World::governed();
    world.quietly(&format!(
        "add A-1 --title One --role A-backend {add} --as @dana"
    ));
    world.quietly("claim A-1 --as @bot");
    world
}

/// The reasons of the doubts about the task, as programs read them.
fn doubts(world: &World) -> Vec<String> {
    let shown = world.laneway("--json show A-1").code(0).json();
    let doubts = shown["data"]["task"]["doubts"].as_array().cloned();
    let reasons = doubts.unwrap_or_default().into_iter();
    reasons
        .map(|doubt| doubt["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn cheat_fake_evidence_file() {
    let world = claimed("");
    world.commit(LANE, "a.txt", "1\n");
    let line = "evidence --class runtime --text 'the page loads' --file";
    let refused = world
        .laneway_in(LANE, &format!("--json {line} trace.log"))
        .code(4)
        .json();
    assert_eq!(refused["error"]["gate"], "evidence-file");
    world.write_in(LANE, "trace.log", "");
    drop(
        world
            .laneway_in(LANE, &format!("{line} trace.log"))
            .code(4)
            .says("is empty"),
    );
    world.git_in(LANE, "worktree list");
    std::os::unix::fs::symlink("/etc/hostname", world.path(LANE).join("link")).unwrap();
    drop(
        world
            .laneway_in(LANE, &format!("{line} link"))
            .code(4)
            .says("no plain file"),
    );
    world.write_in(LANE, "trace.log", "GET / 200\n");
    drop(world.laneway_in(LANE, &format!("{line} trace.log")).code(0));
    let shown = world.laneway("show A-1").code(0);
    drop(shown.says("trace.log (10 bytes, "));
}

#[test]
fn cheat_claims_to_have_seen_it_run() {
    let world = claimed("--evidence runtime");
    world.commit(LANE, "a.txt", "1\n");
    let line = "evidence --class runtime --text 'the page loads' --anchor a.txt:1";
    drop(world.laneway_in(LANE, line).code(0));
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    let refused = world.laneway("--json merge A-1 --as @bot").code(4).json();
    assert_eq!(refused["error"]["gate"], "evidence-tier");
    let seen = "evidence A-1 --class runtime --text 'it loads in Firefox' --as @rev";
    drop(world.laneway(seen).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn cheat_check_edited_in_the_branch() {
    let world = World::governed();
    world.commit("repo", "ci.sh", "test -f done.txt\n");
    world.quietly("add A-1 --title One --role A-backend --check 'sh ci.sh' --as @dana");
    world.quietly("claim A-1 --as @bot");
    drop(world.laneway_in(LANE, "check --trust").code(1));
    world.commit(LANE, "ci.sh", "exit 0\n");
    drop(world.laneway_in(LANE, "check --trust").code(0));
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    assert_eq!(doubts(&world), ["check-edited"]);
    let audit = world.laneway("audit evidence").code(1);
    drop(audit.says("the branch changed ci.sh, which decides the check `sh ci.sh`"));
    world.rule("checks: {edited: refuse}");
    let refused = world
        .laneway("--json merge A-1 --trust --as @bot")
        .code(4)
        .json();
    assert_eq!(refused["error"]["gate"], "check-edited");
}

#[test]
fn cheat_handoff_with_a_dirty_tree() {
    let world = claimed("--check 'grep -q 2 a.txt'");
    world.commit(LANE, "a.txt", "1\n");
    world.write_in(LANE, "a.txt", "2\n");
    drop(
        world
            .laneway_in(LANE, "check --trust")
            .code(4)
            .says("a.txt"),
    );
    drop(
        world
            .laneway_in(LANE, "handoff --next more")
            .code(4)
            .says("a.txt"),
    );
    world.git_in(LANE, "commit -qam two");
    drop(world.laneway_in(LANE, "check --trust").code(0));
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
}

#[test]
fn cheat_midnight_timestamps() {
    let world = claimed("");
    world.commit(LANE, "a.txt", "1\n");
    let line = "evidence --class runtime --text 'the page loads' --at";
    let refused = world.laneway_in(LANE, &format!("--json {line} 2026-11-21T00:00:00Z"));
    assert_eq!(refused.code(4).json()["error"]["gate"], "time-future");
    drop(
        world
            .laneway_in(LANE, &format!("{line} 2026-11-20T00:00:00Z"))
            .code(0),
    );
    assert_eq!(
        doubts(&world),
        ["midnight", "before-claim", "before-change"]
    );
    drop(
        world
            .laneway("audit evidence A-1")
            .code(1)
            .says("2026-11-20T00:00:00Z"),
    );
    let refused = world.laneway_in(LANE, "--json evidence --class runtime --text works");
    assert_eq!(refused.code(4).json()["error"]["gate"], "text-placeholder");
}

#[test]
fn cheat_true_as_a_check_under_high_risk() {
    let high = "--risk high --evidence-check 'runtime:sh -c true || true'";
    let world = claimed(high);
    world.commit(LANE, "a.txt", "1\n");
    drop(world.laneway_in(LANE, "check --trust").code(0));
    let refused = world
        .laneway_in(LANE, "--json handoff --next more")
        .code(4)
        .json();
    let unmet = refused["error"]["unmet"].as_array().unwrap();
    let gates: Vec<_> = unmet
        .iter()
        .map(|one| one["gate"].as_str().unwrap())
        .collect();
    assert_eq!(gates, ["anchor-owed", "runtime-path-owed", "check-trivial"]);
    let low = claimed("--check true");
    assert_eq!(doubts(&low), ["trivial-check"]);
    low.commit(LANE, "a.txt", "1\n");
    drop(low.laneway_in(LANE, "handoff --next more").code(0));
}
