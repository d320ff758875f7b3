//! The gates that look at the paths of a branch, at each verb that they apply to: handing it off,
//! taking the merge slot, landing, and completing what a forge landed.

use crate::domain::decide::Change;
use crate::domain::fixtures::{
    ANN, BOB, World, agent, at, content, globs, handoff, oid, planned, role, task, tid,
};
use crate::domain::guarded_paths::{CoEdited, Contract, Generated};
use crate::domain::policy::{Owed, PathRule};
use crate::domain::record::{CheckRun, Evidence, RecordBody};
use crate::domain::refusal::Refusal;
use crate::domain::request::Verb;
use crate::domain::snapshot::Rules;
use crate::domain::state::{Standing, Status};
use crate::domain::task::Task;

const VERBS: [&str; 4] = ["handoff", "landing", "land", "complete"];
/// The verbs at which a conflict with others in progress counts.
const AT_MERGE: [&str; 3] = ["landing", "land", "complete"];

/// `T-1` of role A in progress with Ann, beside `T-2` of role B.
fn world(edit: impl FnOnce(&mut Task)) -> World {
    let mut one = task("T-1", "A");
    edit(&mut one);
    let mut world = World::new(vec![one, task("T-2", "B")]);
    world.claim(ANN, "T-1");
    world
}

/// The gates that a refusal names, each once.
fn gates(judged: Result<Change, Refusal>) -> Vec<&'static str> {
    let refusal = match judged {
        Ok(_) => return Vec::new(),
        Err(refusal) => refusal,
    };
    let mut gates: Vec<&str> = refusal.unmet.iter().map(|unmet| unmet.gate).collect();
    gates.dedup();
    gates
}

/// What stands against `verb` about a branch of `T-1` with these paths. It was handed off before
/// the rules were as they are.
fn judged(world: &World, verb: &str, paths: &[&str]) -> Vec<&'static str> {
    let mut world = world.clone();
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    if verb == "handoff" {
        world.paths = paths;
        return gates(world.ask(ANN, None, handoff("T-1", oid(9))));
    }
    let (rules, plan) = (world.snapshot.rules.clone(), world.snapshot.plan.clone());
    world.snapshot.rules = World::new(Vec::new()).snapshot.rules;
    world.snapshot.plan = planned(vec![task("T-1", "A"), task("T-2", "B")]).into();
    let moved = std::mem::take(&mut world.moved);
    world.hand_off(ANN, "T-1", oid(9));
    (world.snapshot.rules, world.snapshot.plan) = (rules, plan);
    (world.paths, world.moved) = (paths, moved);
    let land = world.land("T-1");
    let Verb::Land { onto, result, .. } = land else {
        panic!("not a landing");
    };
    let task = tid("T-1");
    let verb = match verb {
        "landing" => Verb::Landing {
            task,
            onto,
            result,
            until: at(60),
            evidence: None,
        },
        "land" => land,
        _ => {
            std::sync::Arc::make_mut(&mut world.snapshot.facts.reachable).insert(result);
            Verb::Complete {
                task,
                commit: result,
                on_my_word: false,
            }
        }
    };
    gates(world.ask(ANN, None, verb))
}

#[track_caller]
fn refused_by(gate: &str, world: &World, paths: &[&str]) {
    for verb in VERBS {
        assert_eq!(judged(world, verb, paths), [gate], "{verb} {paths:?}");
    }
}

#[track_caller]
fn passes(world: &World, paths: &[&str]) {
    for verb in VERBS {
        assert_eq!(judged(world, verb, paths), [""; 0], "{verb} {paths:?}");
    }
}

fn api(owner: &str) -> impl Fn(&mut Rules) {
    let contract = Contract {
        paths: globs(&["doc/api/**"]),
        owner: role(owner),
    };
    move |rules| {
        let contracts = &mut rules.policy.contracts;
        contracts.insert("api".parse().unwrap(), contract.clone());
    }
}

#[test]
fn owned_and_forbidden_paths_hold_from_the_handoff_on() {
    let owner = world(|task| task.owned_paths = globs(&["doc/**"]));
    refused_by("foreign-paths", &owner, &["doc/a", "src/a"]);
    passes(&owner, &["doc/a"]);
    let of_role = world(|_| {}).rules(|rules| {
        let role = rules.policy.roles.get_mut("A").unwrap();
        role.owned_paths = globs(&["doc/**"]);
    });
    refused_by("foreign-paths", &of_role, &["src/a"]);
    passes(&of_role, &["doc/a"]);
    let barred = world(|task| task.forbidden_paths = globs(&["doc/api/**"]));
    refused_by("forbidden-paths", &barred, &["doc/api/x"]);
    passes(&barred, &["doc/a"]);
}

#[test]
fn the_rules_are_touched_by_no_branch_from_the_handoff_on() {
    let world = world(|_| {});
    refused_by("governance-touched", &world, &["governance/policy.yaml"]);
    passes(&world, &["src/governance/a"]);
}

#[test]
fn paths_that_others_reserve_are_refused_at_the_merge_and_not_at_the_handoff() {
    let mut other = task("T-2", "B");
    other.owned_paths = globs(&["src/**"]);
    let mut world = World::new(vec![task("T-1", "A"), other.clone()]);
    world.claim(ANN, "T-1");
    world.claim(BOB, "T-2");
    world.snapshot.plan = planned(vec![task("T-1", "A"), other]).into();
    assert_eq!(judged(&world, "handoff", &["src/a"]), [""; 0]);
    for verb in AT_MERGE {
        assert_eq!(judged(&world, verb, &["src/a"]), ["foreign-paths"]);
        assert_eq!(judged(&world, verb, &["doc/a"]), [""; 0]);
    }
}

#[test]
fn a_contract_is_changed_by_its_owner_only() {
    let foreign = world(|_| {}).rules(api("D"));
    refused_by("contract-owner", &foreign, &["src/a", "doc/api/x.yaml"]);
    passes(&foreign, &["doc/other"]);
    passes(&world(|_| {}).rules(api("A")), &["doc/api/x.yaml"]);
}

#[test]
fn touching_a_contract_gives_no_right_to_change_it() {
    let touching = world(|task| {
        task.contract_touchpoints = globs(&["doc/api/x.yaml"]);
        task.owned_paths = globs(&["**"]);
    });
    refused_by(
        "contract-owner",
        &touching.rules(api("D")),
        &["doc/api/x.yaml"],
    );
}

#[test]
fn a_contract_change_names_who_to_ask() {
    let mut world = world(|_| {}).rules(api("D"));
    world.paths = vec!["doc/api/x".to_owned()];
    let refusal = world.ask(ANN, None, handoff("T-1", oid(9))).unwrap_err();
    let [unmet] = refusal.unmet.as_slice() else {
        panic!("{refusal}");
    };
    let says = "touches doc/api/x, the contract `api`, which is changed by D only";
    assert!(unmet.message.contains(says), "{unmet:?}");
    let hint = unmet.hint.as_deref().unwrap_or_default();
    assert!(
        hint.contains("laneway request T-1 --contract api"),
        "{hint}"
    );
}

fn go_mod(owner: &str, with: Option<&[&str]>) -> impl Fn(&mut Rules) {
    let shared = CoEdited {
        paths: globs(&["go.mod"]),
        owner: role(owner),
        with: with.map(|names| names.iter().map(|name| role(name)).collect()),
    };
    move |rules| rules.policy.co_edited = vec![shared.clone()]
}

#[test]
fn who_shares_a_co_edited_file_touches_it_although_it_owns_other_paths() {
    let narrow = || world(|task| task.owned_paths = globs(&["src/**"]));
    refused_by("foreign-paths", &narrow(), &["src/a", "go.mod"]);
    for (owner, with) in [("A", Some(&[][..])), ("B", Some(&["A"][..])), ("B", None)] {
        passes(&narrow().rules(go_mod(owner, with)), &["src/a", "go.mod"]);
    }
    let barred = world(|task| task.forbidden_paths = globs(&["go.mod"]));
    refused_by(
        "forbidden-paths",
        &barred.rules(go_mod("A", None)),
        &["go.mod"],
    );
}

#[test]
fn a_role_that_does_not_share_a_co_edited_file_leaves_it_alone() {
    let world = world(|_| {}).rules(go_mod("B", Some(&["D"])));
    refused_by("co-edited", &world, &["src/a", "go.mod"]);
    passes(&world, &["src/a"]);
}

#[test]
fn others_than_the_owner_of_a_co_edited_file_rebase_first() {
    let moved = |owner, path: &str| {
        let mut world = world(|_| {}).rules(go_mod(owner, None));
        world.moved = vec![path.to_owned()];
        world
    };
    refused_by("co-edited", &moved("B", "go.mod"), &["src/a", "go.mod"]);
    passes(&moved("A", "go.mod"), &["src/a", "go.mod"]);
    passes(&moved("B", "README"), &["README", "go.mod"]);
    passes(&moved("B", "go.mod"), &["src/a"]);
}

#[test]
fn work_on_an_older_co_edited_file_goes_back_to_its_lane() {
    let mut world = world(|_| {}).rules(go_mod("B", None));
    world.paths = vec!["go.mod".to_owned()];
    world.hand_off(ANN, "T-1", oid(9));
    let back = Verb::Conflict {
        task: tid("T-1"),
        onto: world.snapshot.rules.at,
    };
    let send = |world: &World, onto_fits: bool, moved: &[&str]| {
        let mut world = world.clone();
        world.moved = moved.iter().map(|path| (*path).to_owned()).collect();
        let request = world.request(ANN, None, back.clone());
        world.look_at(&request.verb);
        if let (true, Some(range)) = (onto_fits, &mut world.snapshot.facts.range) {
            range.replayed = crate::domain::snapshot::Replayed::Unknown;
        }
        crate::domain::decide::decide(&world.snapshot, &request)
    };
    assert_eq!(gates(send(&world, true, &["README"])), ["replay"]);
    let change = send(&world, true, &["go.mod"]).unwrap();
    assert_eq!(change.states[0].state.status(), Status::InProgress);
    let RecordBody::Event { event, reason } = &change.states[0].append[0] else {
        panic!("no event");
    };
    assert_eq!(event, "conflict");
    assert!(reason.contains("has changed go.mod"), "{reason}");
    assert!(send(&world, false, &[]).is_ok(), "a conflict as before");
}

#[test]
fn what_must_change_along_changes_along() {
    let along = |also: &[&str]| {
        let rule = PathRule {
            when: globs(&["doc/api/**", "proto/**"]),
            checks: Vec::new(),
            also_change: globs(also),
        };
        world(|_| {}).rules(move |rules| rules.policy.path_rules = vec![rule])
    };
    let one = along(&["CHANGELOG.md"]);
    refused_by("also-change", &one, &["doc/api/x"]);
    passes(&one, &["doc/api/x", "CHANGELOG.md"]);
    passes(&one, &["src/a"]);
    let both = along(&["CHANGELOG.md", "doc/guide/*"]);
    refused_by("also-change", &both, &["proto/x", "CHANGELOG.md"]);
    passes(&both, &["proto/x", "CHANGELOG.md", "doc/guide/api.md"]);
}

fn codegen(rules: &mut Rules) {
    let generated = Generated::new(
        globs(&["gen/**"]),
        globs(&["doc/api/**"]),
        "make codegen".to_owned(),
    );
    rules.policy.generated = vec![generated];
}

/// `T-1` with these paths handed off, and what stands against its landing with a run of `command`.
fn landed_with(world: &World, paths: &[&str], runs: &[(&str, i32)]) -> Vec<&'static str> {
    let mut world = world.clone();
    world.paths = paths.iter().map(|path| (*path).to_owned()).collect();
    world.hand_off(ANN, "T-1", oid(9));
    let run = |(command, exit): &(&str, i32)| CheckRun {
        command: (*command).to_owned(),
        exit: Some(*exit),
        millis: 5,
        digest: String::new(),
        tail: String::new(),
    };
    let evidence = Evidence {
        commit: oid(9),
        content_key: content(oid(9)),
        checks: runs.iter().map(run).collect(),
        host: "host-1".to_owned(),
        workstation: None,
        clean: false,
    };
    let Verb::Land {
        task, onto, result, ..
    } = world.land("T-1")
    else {
        panic!("not a landing");
    };
    let land = Verb::Land {
        task,
        onto,
        result,
        evidence: Some(evidence),
    };
    gates(world.ask(ANN, None, land))
}

#[test]
fn generated_files_land_as_their_generator_makes_them() {
    for evidence in [Owed::Required, Owed::None] {
        let world = world(|_| {}).rules(|rules| {
            codegen(rules);
            rules.policy.gates.evidence = evidence;
        });
        let check = world.snapshot.rules.policy.generated[0].check.clone();
        let with = |paths: &[&str], exit| landed_with(&world, paths, &[(&check, exit)]);
        for paths in [&["gen/a"], &["doc/api/x"]] {
            assert_eq!(landed_with(&world, paths, &[]), ["generated-files"]);
            assert_eq!(with(paths, 1), ["generated-files"]);
            assert_eq!(with(paths, 0), [""; 0]);
            let bare = landed_with(&world, paths, &[("make codegen", 0)]);
            assert_eq!(bare, ["generated-files"], "the command alone shows nothing");
        }
        assert_eq!(landed_with(&world, &["src/a"], &[]), [""; 0]);
    }
}

#[test]
fn a_change_of_the_sources_leaves_the_files_to_a_later_task_that_owns_them() {
    let later = |stage: &str, owned: &[&str]| {
        let part = |id, of, stage: &str| {
            let mut one = task(id, of);
            one.parent = Some(tid("P-1"));
            one.merge_stage = Some(stage.parse().unwrap());
            one
        };
        let mut other = part("T-2", "B", stage);
        other.owned_paths = globs(owned);
        let tasks = vec![part("T-1", "A", "contract"), other, task("P-1", "D")];
        let mut world = World::new(tasks).rules(codegen);
        world.claim(ANN, "T-1");
        world
    };
    let sources = |world: &World| landed_with(world, &["doc/api/x"], &[]);
    let regenerated = later("generated", &["gen/**"]);
    assert_eq!(sources(&regenerated), [""; 0]);
    let both = landed_with(&regenerated, &["doc/api/x", "gen/x"], &[]);
    assert_eq!(both, ["generated-files"], "what it makes it owes");
    for world in [
        later("generated", &["src/**"]),
        later("generated", &[]),
        later("contract", &["gen/**"]),
    ] {
        assert_eq!(sources(&world), ["generated-files"]);
    }
}

#[test]
fn the_merge_slot_is_given_before_generated_files_are_checked() {
    let world = world(|_| {}).rules(codegen);
    assert_eq!(judged(&world, "handoff", &["gen/a"]), [""; 0]);
    assert_eq!(judged(&world, "landing", &["gen/a"]), [""; 0]);
    assert_eq!(judged(&world, "land", &["gen/a"]), ["generated-files"]);
    assert_eq!(judged(&world, "complete", &["gen/a"]), ["generated-files"]);
}

#[test]
fn every_commit_counts_and_not_only_the_net_change() {
    let mut world = world(|_| {}).rules(api("D"));
    world.hand_off(ANN, "T-1", oid(9));
    let land = world.land("T-1");
    let request = world.request(ANN, None, land);
    world.look_at(&request.verb);
    let mut range = world.snapshot.facts.range.clone().unwrap();
    let mut taken_back = range.commits[0].clone();
    taken_back.paths = vec!["doc/api/x".to_owned()];
    range.commits.insert(0, taken_back);
    world.snapshot.facts.range = Some(range);
    let judged = crate::domain::decide::decide(&world.snapshot, &request);
    assert_eq!(gates(judged), ["contract-owner"]);
    assert!(matches!(
        &world.state("T-1").standing,
        Standing::InReview { claim, .. } if claim.agent == agent(ANN)
    ));
}
