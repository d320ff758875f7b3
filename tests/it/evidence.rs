//! What shows that work is right: the proof of a defect, and a runtime path under high risk.

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// A defect in `sum.sh`, claimed; its proof compares what it prints.
fn defect() -> World {
    let world = World::governed();
    world.commit("repo", "sum.sh", "echo $(($1 - $2))\n");
    world.quietly("add A-1 --title 'Sums are wrong' --role A-backend --kind defect --as @dana");
    world.quietly("claim A-1 --as @bot");
    world
}

const CAUSE: &str = "handoff --next more --root-cause 'the minus was meant as a plus' \
                     --layer sum.sh --proof";

#[test]
fn a_defect_is_handed_off_with_a_proof_that_fails_before_and_passes_after() {
    let world = defect();
    world.commit(LANE, "sum.sh", "echo $(($1 + $2))\n");
    drop(
        world
            .laneway_in(LANE, "handoff --next more")
            .code(4)
            .says("root cause"),
    );
    let refused = |line: &str| {
        world
            .laneway_in(LANE, &format!("--json {line}"))
            .code(4)
            .json()
    };
    let good = "'test $(sh sum.sh 2 1) = 3'";
    assert_eq!(
        refused(&format!("{CAUSE} {good}"))["error"]["kind"],
        "untrusted"
    );
    for (proof, what) in [
        ("'test $(sh sum.sh 2 0) = 2'", "passes on the base"),
        ("'test $(sh sum.sh 2 1) = 4'", "fails on the change"),
        ("true", "shows nothing"),
    ] {
        let answer = refused(&format!("{CAUSE} {proof} --trust"));
        assert_eq!(answer["error"]["gate"], "proof-shows-nothing");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(what), "{message}");
    }
    let before = world.git("rev-parse laneway");
    drop(
        world
            .laneway_in(LANE, &format!("{CAUSE} {good} --dry-run"))
            .code(0),
    );
    assert_eq!(world.git("rev-parse laneway"), before);
    drop(
        world
            .laneway_in(LANE, &format!("{CAUSE} {good} --trust"))
            .code(0),
    );
    let shown = world.laneway("show A-1").code(0);
    drop(shown.says("failed before and passes now: test $(sh sum.sh 2 1) = 3"));
    assert_eq!(world.git("worktree list").lines().count(), 2);
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn a_proof_that_cannot_be_run_is_shown_as_not_proven() {
    let world = defect();
    world.commit(LANE, "a.txt", "1\n");
    let line = format!("{CAUSE} 'make race' --proof-not-run");
    drop(
        world
            .laneway_in(LANE, &format!("{line} n/a"))
            .code(4)
            .says("no reason"),
    );
    drop(
        world
            .laneway_in(LANE, &format!("{line} 'needs the cluster'"))
            .code(0),
    );
    let shown = world.laneway("show A-1").code(0);
    let shown = shown.says("not-proven in record 1: not proven: needs the cluster");
    drop(shown.says("the change does not touch `sum.sh`"));
}

#[test]
fn work_of_high_risk_is_anchored_in_the_source_and_seen_running() {
    let world = World::governed();
    world.commit(
        "repo",
        "smoke.sh",
        "test $(sh sum.sh 2 1) = 3 && echo right\n",
    );
    let add = "add A-1 --title One --role A-backend --risk high --as @dana";
    let runtime = "--evidence-check 'runtime:sh smoke.sh'";
    world.quietly(&format!("{add} {runtime}"));
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "sum.sh", "# adds\necho $(($1 + $2))\n");
    let refused = world.laneway_in(LANE, "handoff --next more").code(4);
    drop(refused.says("`laneway block A-1 --reason"));
    let anchor = |at: &str| {
        let line = format!("evidence --class source_trace --text 'adds both' --anchor {at}");
        world.laneway_in(LANE, &line)
    };
    drop(anchor("sum.sh:9").code(4).says("has no sum.sh:9"));
    drop(anchor("../repo/README:1").code(4));
    drop(anchor("sum.sh:2").code(0));
    drop(world.laneway_in(LANE, "check --trust").code(0));
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    let accept = "review A-1 --verdict accept --no-findings --as @rev";
    drop(world.laneway(accept).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
    let shown = world.laneway("show A-1").code(0);
    drop(shown.says("sum.sh:2 echo $(($1 + $2))"));
    drop(world.laneway("audit evidence").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn a_task_that_owes_merge_has_its_checks_run_where_the_commit_stands_alone() {
    let world = World::governed();
    let add = "add A-1 --title One --role A-backend --check 'cat a.txt' --evidence merge";
    world.quietly(&format!("{add} --as @dana"));
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "1\n");
    drop(world.laneway_in(LANE, "check --trust").code(0));
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    let merged = world
        .laneway("--json merge A-1 --trust --as @bot")
        .code(0)
        .json();
    assert_eq!(
        merged["data"]["landed"][0]["checks"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
