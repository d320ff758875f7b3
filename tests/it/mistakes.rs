//! Mistakes and mishaps that once lost work or passed a gate.

use crate::support::World;

const A: &str = "repo-A-backend";
const B: &str = "repo-B-ui";

#[test]
fn an_empty_range_whose_check_failed_does_not_land_the_second_time() {
    for world in World::both() {
        world.quietly("add Z --title Z --role B-ui --check 'test -s z.txt' --as @dana");
        world.quietly("claim Z --as @bot");
        drop(world.laneway_in(B, "handoff --next more").code(0));
        drop(world.laneway("merge Z --trust --as @bot").code(1));
        drop(world.laneway("merge Z --trust --as @bot").code(1));
        let shown = world.laneway("--json show Z").code(0).json();
        assert_eq!(shown["data"]["task"]["status"], "in_review");
        // Nothing is under way any more.
        drop(world.laneway("return Z --reason empty --as @bot").code(0));
    }
}

#[test]
fn a_lane_that_does_not_show_its_branch_is_neither_checked_nor_handed_off() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --check true --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.git_in(A, "checkout -q --detach");
    world.commit(A, "a.txt", "a\n");
    drop(
        world
            .laneway_in(A, "check --trust")
            .code(2)
            .says("does not show its branch"),
    );
    drop(
        world
            .laneway_in(A, "handoff --next x")
            .code(2)
            .says("does not show its branch"),
    );
}

#[test]
fn after_a_revision_nothing_but_the_tasks_own_lane_is_handed_off() {
    let world = World::governed();
    let mine = world.submit("A-1", "--role B-ui", B, "a.txt", "mine\n");
    let theirs = world.submit("B-1", "--role B-ui", B, "b.txt", "theirs\n");
    let revise = "review A-1 --verdict revise --finding 'major:a.txt:mend it' --as @rev";
    drop(world.laneway(revise).code(0));
    // The lane's branch holds the other task's commit by now.
    drop(
        world
            .laneway("handoff A-1 --next x --as @bot")
            .code(2)
            .says("no worktree"),
    );
    assert_eq!(
        world.git("rev-parse refs/laneway/work/A-1/1").trim(),
        mine,
        "the work is still kept"
    );
    // The holder goes on with the claim, where the work was left.
    let shown = world.laneway("--json show A-1").code(0).json();
    let claim = shown["data"]["task"]["claim"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = format!("claim A-1 --request-id {claim} --as @bot");
    drop(world.laneway(&again).code(0));
    assert_eq!(world.git_in(B, "rev-parse HEAD").trim(), mine);
    drop(world.laneway_in(B, "handoff --next x").code(0));
    assert_ne!(mine, theirs);
}

#[test]
fn a_second_ledger_is_not_made_beside_the_one_that_policy_names() {
    let world = World::remote();
    world.git("update-ref -d refs/remotes/origin/laneway");
    drop(
        world
            .laneway("init")
            .code(2)
            .says("remote `origin` decides"),
    );
    assert!(world.git("branch --list laneway").is_empty());
}

#[test]
fn a_branch_that_is_no_ledger_is_not_built_on() {
    let world = World::new();
    world.git("branch laneway");
    drop(world.laneway("init").code(2).says("is no ledger"));
}

#[test]
fn a_checked_out_ledger_is_detached_and_a_commit_made_by_hand_is_not_built_on() {
    let world = World::governed();
    world.git("worktree add -q ../peek laneway");
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    assert_eq!(world.git_in("peek", "branch --show-current").trim(), "");
    world.git_in("peek", "switch -q laneway");
    world.git_in("peek", "commit -q --allow-empty -m 'by hand'");
    world.git_in("peek", "switch -q --detach");
    drop(
        world
            .laneway("add A-2 --title Two --role A-backend --as @dana")
            .code(5)
            .says("Laneway-Request"),
    );
}

#[test]
fn edits_of_one_list_at_once_add_up() {
    let world = World::governed();
    for n in 0..6 {
        world.quietly(&format!("add D-{n} --title D --role B-ui --as @dana"));
    }
    world.quietly("add T-1 --title T --role A-backend --as @dana");
    let line = |n: usize| format!("edit T-1 --add-dependency D-{n} --as @dana");
    let editors: Vec<_> = (0..6).map(|n| world.start("repo", &line(n))).collect();
    for editor in editors {
        drop(editor.answer().code(0));
    }
    let shown = world.laneway("--json show T-1").code(0).json();
    let needs = shown["data"]["task"]["depends_on"].as_array().map(Vec::len);
    assert_eq!(needs, Some(6));
}

#[test]
fn a_plan_file_gets_what_several_add_at_once() {
    let world = World::governed();
    let line = |n: usize| format!("add P-{n} --plan --title P --role B-ui --as @dana");
    let adders: Vec<_> = (0..6).map(|n| world.start("repo", &line(n))).collect();
    for adder in adders {
        drop(adder.answer().code(0));
    }
    let plan = std::fs::read_to_string(world.path("repo/governance/queue.yaml")).unwrap();
    assert_eq!(plan.matches("- id: P-").count(), 6, "{plan}");
}

#[test]
fn a_repeated_request_id_answers_as_before() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    for _ in 0..2 {
        let note = "note A-1 'said once' --request-id n-1 --as @dana";
        drop(world.laneway(note).code(0));
    }
    let shown = world.laneway("--json show A-1").code(0).json();
    let records = shown["data"]["task"]["records"].as_array().map(Vec::len);
    assert_eq!(records, Some(1));
}

#[test]
fn every_ledger_of_these_stories_is_decided_again_alike() {
    for world in World::both() {
        world.submit("A-1", "--role A-backend", A, "a.txt", "a\n");
        world.submit("B-1", "--role B-ui", B, "b.txt", "b\n");
        drop(world.laneway("merge --all --as @bot").code(0));
        let audit = world.laneway("--json audit verify").code(0).json();
        assert_eq!(audit["data"]["differing"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn a_claim_whose_process_died_is_taken_up_by_the_same_agent() {
    for at in ["built", "published"] {
        let world = World::governed();
        world.quietly("add A-1 --title One --role A-backend --as @dana");
        world.dying("repo", at, "claim --role A-backend --as @bot");
        drop(
            world
                .laneway("claim --role A-backend --as @bot")
                .code(0)
                .says("claimed A-1"),
        );
        let shown = world.laneway("--json show A-1").code(0).json();
        assert_eq!(shown["data"]["task"]["epoch"], 1, "died at {at}");
        assert!(world.path(A).is_dir());
    }
}
