//! From a claim to the target, under both authorities.

use crate::support::World;

const A: &str = "repo-A-backend";
const B: &str = "repo-B-ui";

#[test]
fn work_goes_from_claim_to_target_and_the_checkout_follows() {
    for world in World::both() {
        world.quietly("add A-1 --title One --role A-backend --check 'test -f a.txt' --as @dana");
        world.quietly("add A-2 --title Two --role A-backend --depends-on A-1 --as @dana");
        world.quietly("claim A-1 --as @bot");
        let commit = world.commit(A, "a.txt", "a\n");
        drop(world.laneway_in(A, "check").code(4).says("not trusted"));
        drop(world.laneway_in(A, "check --trust").code(0));
        drop(world.laneway_in(A, "handoff --next more").code(0));
        drop(world.laneway("merge A-1 --as @bot").code(0));
        assert_eq!(world.target(), commit);
        assert_eq!(world.git("rev-parse main").trim(), commit);
        assert_eq!(world.git("status --porcelain"), "");
        assert!(world.path("repo/a.txt").exists());
        assert_eq!(world.last_op("A-1"), "land");
        drop(world.laneway("claim A-2 --as @bot").code(0));
    }
}

#[test]
fn evidence_holds_for_the_same_content_and_is_owed_anew_for_another() {
    for world in World::both() {
        for (id, role, lane) in [("A-1", "A-backend", A), ("B-1", "B-ui", B)] {
            let check = format!("--check 'test -f {id}.txt'");
            world.quietly(&format!(
                "add {id} --title T --role {role} {check} --as @dana"
            ));
            world.quietly(&format!("claim {id} --as @bot"));
            world.commit(lane, &format!("{id}.txt"), "work\n");
            drop(world.laneway_in(lane, "check --trust").code(0));
            drop(world.laneway_in(lane, "handoff --next more").code(0));
        }
        // A change of the rules moves the target and leaves the content as it was.
        world.commit("repo", "governance/templates/note.md", "a note\n");
        if world.is_remote() {
            world.git("push -q origin main");
        }
        let answer = world.laneway("--json merge A-1 --as @bot").code(0).json();
        let landed = &answer["data"]["landed"][0];
        assert_eq!(landed["outcome"], "done");
        assert_eq!(landed.get("checks"), None, "{landed:#}");
        drop(
            world
                .laneway("merge B-1 --as @bot")
                .code(4)
                .says("not trusted"),
        );
        drop(world.laneway("trust B-1 --as @bot").code(0));
        let answer = world.laneway("--json merge B-1 --as @bot").code(0).json();
        let checks = answer["data"]["landed"][0]["checks"]
            .as_array()
            .map(Vec::len);
        assert_eq!(checks, Some(1));
        assert_eq!(world.git("status --porcelain"), "");
    }
}

#[test]
fn a_conflict_names_the_paths_and_sends_the_work_back_to_its_lane() {
    for world in World::both() {
        world.submit("A-1", "--role A-backend", A, "same.txt", "one\n");
        let theirs = world.submit("B-1", "--role B-ui", B, "same.txt", "two\n");
        drop(world.laneway("merge A-1 --as @bot").code(0));
        drop(
            world
                .laneway("merge B-1 --as @bot")
                .code(1)
                .says("same.txt"),
        );
        assert_eq!(world.last_op("B-1"), "conflict");
        assert_eq!(world.git_in(B, "rev-parse HEAD").trim(), theirs);
        assert_eq!(world.git_in(B, "status --porcelain"), "");
        // It is rebased there and lands.
        let (base, theirs) = (world.target(), theirs.as_str());
        world.git_in(B, &format!("reset -q --hard {base}"));
        world.commit(B, "same.txt", &format!("one\ntwo of {}\n", &theirs[..7]));
        drop(world.laneway_in(B, "handoff --next more").code(0));
        drop(world.laneway("merge B-1 --as @bot").code(0));
    }
}

#[test]
fn merge_order_is_kept_and_the_refusal_names_the_task() {
    let world = World::governed();
    world.quietly("add A-9 --title Parent --role A-backend --as @dana");
    let part = "--role A-backend --parent A-9 --merge-order";
    world.quietly(&format!("add A-1 --title One {part} 1 --as @dana"));
    world.submit("A-2", &format!("{part} 2"), A, "two.txt", "2\n");
    drop(
        world
            .laneway("merge A-2 --as @bot")
            .code(4)
            .says("`A-1` lands before `A-2`"),
    );
    drop(world.laneway("merge --all --as @bot").code(1).says("A-1"));
    drop(world.laneway("claim A-1 --as @bot").code(0));
    world.commit(A, "one.txt", "1\n");
    drop(world.laneway_in(A, "handoff --next more").code(0));
    let rehearsed = world.laneway("merge --all --dry-run --as @bot").code(0);
    drop(rehearsed.says("would land A-2: after A-1"));
    let answer = world.laneway("--json merge --all --as @bot").code(0).json();
    let order: Vec<_> = (0..2)
        .map(|n| answer["data"]["landed"][n]["task"].clone())
        .collect();
    assert_eq!(order, ["A-1", "A-2"]);
}

#[test]
fn paths_that_are_not_the_tasks_own_are_not_handed_off() {
    for file in ["other/a.txt", "src/secret/a.txt", "governance/policy.yaml"] {
        let world = World::governed();
        let add = "--role A-backend --owns 'src/**' --forbids 'src/secret/**'";
        world.quietly(&format!("add A-1 --title Work {add} --as @dana"));
        world.quietly("claim A-1 --as @bot");
        world.commit(A, file, "x: 1\n");
        let handoff = "handoff --next more";
        drop(world.laneway_in(A, handoff).code(4).says(file));
        // Taking it back leaves a commit that touched it: it has to go.
        world.git_in(A, "revert --no-edit HEAD");
        drop(world.laneway_in(A, handoff).code(4).says(file));
        world.git_in(A, "reset -q --hard HEAD~2");
        world.commit(A, "src/a.txt", "a\n");
        drop(world.laneway_in(A, handoff).code(0));
    }
}

#[test]
fn paths_that_are_not_the_tasks_own_do_not_land() {
    let world = World::governed();
    let before = world.target();
    world.submit("A-1", "--role A-backend", A, "src/a.txt", "a\n");
    world.quietly("edit A-1 --add-owned doc/** --as @dana");
    drop(
        world
            .laneway("merge A-1 --as @bot")
            .code(4)
            .says("src/a.txt, outside the owned paths doc/**"),
    );
    assert_eq!(world.target(), before);
}

#[test]
fn a_merge_commit_is_not_handed_off() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(A, "a.txt", "a\n");
    world.git_in(A, "checkout -q -b side HEAD~1");
    world.commit(A, "b.txt", "b\n");
    world.git_in(A, "checkout -q agent/A-backend");
    world.git_in(A, "merge -q --no-ff -m merge side");
    drop(
        world
            .laneway_in(A, "handoff --next x")
            .code(4)
            .says("is a merge commit"),
    );
}

#[test]
fn a_persons_change_in_the_way_refuses_or_is_left_alone() {
    for world in World::both() {
        let before = world.target();
        let commit = world.submit("A-1", "--role A-backend", A, "README", "theirs\n");
        world.write("README", "mine\n");
        if world.is_remote() {
            drop(world.laneway("merge A-1 --as @bot").code(0).says("README"));
            assert_eq!(world.target(), commit);
            assert_eq!(world.git("rev-parse main").trim(), before);
        } else {
            drop(world.laneway("merge A-1 --as @bot").code(4).says("README"));
            assert_eq!(world.target(), before);
        }
        let text = std::fs::read_to_string(world.path("repo/README")).unwrap();
        assert_eq!(text, "mine\n");
    }
}

#[test]
fn a_failed_check_keeps_work_off_the_target_and_frees_the_slot() {
    for world in World::both() {
        let check = "--role A-backend --check 'echo broken; exit 7'";
        world.submit("A-1", check, A, "a.txt", "a\n");
        world.submit("B-1", "--role B-ui --check true", B, "b.txt", "b\n");
        let before = world.target();
        drop(
            world
                .laneway_in(A, "check --trust A-1 --as @bot")
                .code(1)
                .says("broken"),
        );
        drop(
            world
                .laneway("merge A-1 --as @bot")
                .code(4)
                .says("not trusted"),
        );
        drop(
            world
                .laneway("merge A-1 --trust --as @bot")
                .code(1)
                .says("exit code 7"),
        );
        assert_eq!(world.target(), before);
        drop(world.laneway("merge B-1 --trust --as @bot").code(0));
    }
}

#[test]
fn high_risk_work_lands_only_after_a_review_by_another() {
    let world = World::governed();
    world.rule("gates: {high_risk: none}");
    world.submit("A-1", "--role A-backend --risk high", A, "a.txt", "a\n");
    drop(world.laneway("merge A-1 --as @bot").code(4).says("review"));
    let accept = "review A-1 --verdict accept --no-findings";
    drop(
        world
            .laneway(&format!("{accept} --as @bot"))
            .code(4)
            .says("own work"),
    );
    drop(
        world
            .laneway("review A-1 --verdict revise --no-findings --as @rev")
            .code(4),
    );
    drop(
        world
            .laneway("review A-1 --verdict accept --as @rev")
            .code(2),
    );
    let finding = "--finding 'major:a.txt:says a: not b'";
    drop(
        world
            .laneway(&format!("review A-1 --verdict revise {finding} --as @rev"))
            .code(0),
    );
    world.commit(A, "a.txt", "b\n");
    drop(world.laneway_in(A, "handoff --next more").code(0));
    drop(world.laneway(&format!("{accept} --as @rev")).code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
}

#[test]
fn a_squash_of_the_handed_off_change_completes_it() {
    for world in World::both() {
        let commit = world.submit("A-1", "--role A-backend", A, "a.txt", "a\n");
        drop(
            world
                .laneway("complete A-1 --as @bot")
                .code(4)
                .says("no commit of the target"),
        );
        drop(
            world
                .laneway("complete A-1 --commit abc --as @bot")
                .code(2)
                .says("git rev-parse"),
        );
        world.commit("repo", "other.txt", "other\n");
        world.git(&format!("cherry-pick -n {commit}"));
        world.git("commit -q -m 'A-1 (#1)'");
        if world.is_remote() {
            world.git("push -q origin main");
        }
        drop(world.laneway("complete A-1 --as @bot").code(0));
        assert_eq!(world.last_op("A-1"), "complete");
    }
}

#[test]
fn a_lane_with_changes_is_not_handed_off() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(A, "a.txt", "a\n");
    world.write_in(A, "a.txt", "changed\n");
    drop(
        world
            .laneway_in(A, "handoff --next more")
            .code(4)
            .says("a.txt"),
    );
    drop(world.laneway_in(A, "check --trust").code(4).says("a.txt"));
}

#[test]
fn a_take_over_fences_the_old_lane_and_leaves_its_directory() {
    for world in World::both() {
        world.quietly("add A-1 --title One --role A-backend --as @dana");
        world.quietly("claim A-1 --as @bot");
        world.commit(A, "a.txt", "a\n");
        world.write_in(A, "unsaved.txt", "mine\n");
        world.at("2026-11-20T18:00:00Z");
        drop(
            world
                .laneway("claim A-1 --as @other")
                .code(0)
                .says("repo-A-backend-e2"),
        );
        assert!(world.path("repo-A-backend/unsaved.txt").exists());
        assert!(world.path("repo-A-backend-e2/README").exists());
        drop(world.laneway_in(A, "handoff --next more").code(3));
        drop(world.laneway_in(A, "check --trust").code(3));
    }
}
