//! Claims that end without their holder's word, and holders whom nothing may keep from their word.

use crate::support::World;

const LANE: &str = "repo-A-backend";

#[test]
fn what_an_expired_holder_left_is_kept_and_the_lane_goes_on_without_it() {
    for world in World::both() {
        world.quietly("add A-1 --title Work --role A-backend --as @dana");
        world.quietly("claim A-1 --as @ana");
        let commit = world.commit(LANE, "half.txt", "half\n");
        world.write_in(LANE, "README", "more\n");
        world.at("2026-11-20T18:00:00Z");
        drop(world.laneway("release --expired --as @dana").code(0));
        let claim = world.laneway("--json claim A-1 --as @bo").code(0).json();
        let path = claim["data"]["worktree"].as_str().unwrap().to_owned();
        assert!(path.ends_with("repo-A-backend-e2"), "{path}");
        let kept = world.git("rev-parse refs/laneway/work/A-1/1");
        assert_eq!(kept.trim(), commit);
        let left = std::fs::read_to_string(world.path(LANE).join("README")).unwrap();
        assert_eq!(left, "more\n");
        let late = world.laneway_in(LANE, "note 'still here' --as @ana");
        drop(late.code(3).says("fenced"));
    }
}

#[test]
fn a_clean_lane_of_a_claim_that_is_over_is_used_again() {
    let world = World::governed();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("claim A-1 --as @ana");
    let commit = world.commit(LANE, "half.txt", "half\n");
    drop(
        world
            .laneway("release A-1 --force --reason gone --as @dana")
            .code(0),
    );
    let claim = world.laneway("--json claim A-1 --as @bo").code(0).json();
    assert!(claim["data"]["worktree"].as_str().unwrap().ends_with(LANE));
    assert_eq!(
        world.git("rev-parse refs/laneway/work/A-1/1").trim(),
        commit
    );
    assert!(!world.path(LANE).join("half.txt").exists());
}

#[test]
fn rules_that_do_not_load_stop_claims_and_no_holder() {
    for world in World::both() {
        for task in ["A-1", "A-2"] {
            world.quietly(&format!(
                "add {task} --title Work --role A-backend --as @dana"
            ));
        }
        world.quietly("claim A-1 --as @ana");
        world.commit(LANE, "a.txt", "a\n");
        world.write("governance/policy.yaml", "version: 1\nproject: [\n");
        world.git("commit -qam broken");
        if world.is_remote() {
            world.git("push -q origin main");
        }
        let refused = world.laneway("claim A-2 --as @bo").code(5);
        drop(refused.says("governance/policy.yaml"));
        for line in ["note here", "renew", "handoff --next more"] {
            drop(world.laneway_in(LANE, line).code(0));
        }
        assert_eq!(world.last_op("A-1"), "handoff");
    }
}

#[test]
fn a_claim_that_is_over_is_answered_as_before_and_not_made_again() {
    for world in World::both() {
        world.quietly("add A-1 --title Work --role A-backend --as @dana");
        let line = "claim A-1 --request-id one --as @ana";
        drop(world.laneway(line).code(0));
        drop(world.laneway("release A-1 --as @ana").code(0));
        let again = world.laneway(&format!("--json {line}")).code(0).json();
        assert_eq!(again["data"]["claim"]["epoch"], 1);
        assert_eq!(world.last_op("A-1"), "release");
        drop(world.laneway("claim A-1 --as @bo").code(0));
        drop(world.laneway(line).code(0));
        drop(world.laneway("claim A-1 --as @ana").code(3).says("@bo"));
    }
}

#[test]
fn one_id_is_one_request_and_refused_for_another() {
    let world = World::planned();
    drop(
        world
            .laneway("note A-1 one --request-id x --as @ana")
            .code(0),
    );
    drop(
        world
            .laneway("note A-1 one --request-id x --as @ana")
            .code(0),
    );
    let other = world
        .laneway("note A-2 two --request-id x --as @bo")
        .code(4);
    drop(other.says("stands for another request"));
    let notes = world.laneway("--json log A-1").code(0).json();
    let notes = notes["data"]["entries"].as_array().unwrap().clone();
    let notes = notes.iter().filter(|entry| entry["op"] == "note").count();
    assert_eq!(notes, 1);
}
