//! What lands before what (P27, P29, P58), at each verb that lands: taking the merge slot, landing,
//! completing what a forge landed.

use crate::domain::decide::Change;
use crate::domain::fixtures::{ANN, BOB, DANA, World, at, globs, oid, role, task, tid};
use crate::domain::guarded_paths::Contract;
use crate::domain::policy::ParentRule;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Dependents, Verb};
use crate::domain::task::Task;

/// `T-1` of Ann handed off; `edit` says how it stands to `T-2`, which is open.
fn world(edit: impl FnOnce(&mut Task, &mut Task)) -> World {
    let (mut one, mut two) = (task("T-1", "A"), task("T-2", "B"));
    edit(&mut one, &mut two);
    let mut world = World::new(vec![one, two, task("P-1", "D")]);
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(9));
    world
}

/// The three ways to land `T-1`, and what each comes to.
fn each(world: &World) -> [(&'static str, Result<Change, Refusal>); 3] {
    let land = world.land("T-1");
    let Verb::Land { onto, result, .. } = land else {
        panic!("not a landing");
    };
    let landing = Verb::Landing {
        task: tid("T-1"),
        onto,
        result,
        until: world.now.plus(crate::domain::time::Span::from_seconds(60)),
        evidence: None,
    };
    let complete = Verb::Complete {
        task: tid("T-1"),
        commit: result,
        on_my_word: false,
    };
    [landing, land, complete].map(|verb| {
        let mut world = world.clone();
        if matches!(verb, Verb::Complete { .. }) {
            std::sync::Arc::make_mut(&mut world.snapshot.facts.reachable).insert(result);
        }
        (verb.word(), world.ask(ANN, None, verb))
    })
}

#[track_caller]
fn waits(world: &World, gate: &str) {
    for (verb, judged) in each(world) {
        let refusal = judged.unwrap_err();
        assert_eq!(refusal.gate(), gate, "{verb}: {refusal}");
        let holder = refusal.holder().and_then(|holder| holder.task.clone());
        assert_eq!(holder, Some(tid("T-2")), "{verb}: the blocking task");
    }
}

#[track_caller]
fn lands(world: &World) {
    for (verb, judged) in each(world) {
        assert!(judged.is_ok(), "{verb}: {judged:?}");
    }
}

fn staged(one: &mut Task, stage: &str) {
    one.merge_stage = Some(stage.parse().unwrap());
}

#[test]
fn p18_siblings_land_in_the_order_of_their_stages_and_numbers() {
    let parts = |edit: fn(&mut Task, &mut Task)| {
        world(|one, two| {
            (one.parent, two.parent) = (Some(tid("P-1")), Some(tid("P-1")));
            edit(one, two);
        })
    };
    let wrong = [
        parts(|one, two| (one.merge_order, two.merge_order) = (Some(2), Some(1))),
        parts(|one, two| {
            staged(one, "generated");
            staged(two, "contract");
        }),
        parts(|one, two| {
            staged(one, "integration");
            staged(two, "implementation");
            (one.merge_order, two.merge_order) = (Some(1), Some(2));
        }),
    ];
    for mut world in wrong {
        waits(&world, "merge-order");
        world.finish(BOB, "T-2", oid(8));
        lands(&world);
    }
    lands(&parts(|one, two| {
        (one.merge_order, two.merge_order) = (Some(1), Some(2));
    }));
    lands(&parts(|one, two| {
        staged(one, "contract");
        staged(two, "generated");
        (one.merge_order, two.merge_order) = (Some(2), Some(1));
    }));
}

#[test]
fn p18_tasks_that_touch_one_contract_are_a_group() {
    let touching = |mine: &str, theirs: &str| {
        world(|one, two| {
            one.contract_touchpoints = globs(&[mine]);
            two.contract_touchpoints = globs(&[theirs]);
            (one.merge_order, two.merge_order) = (Some(2), Some(1));
        })
    };
    let with_contract = |world: World| {
        world.rules(|rules| {
            let api = Contract {
                paths: globs(&["doc/api/**", "proto/*"]),
                owner: role("D"),
            };
            rules.policy.contracts.insert("api".parse().unwrap(), api);
        })
    };
    waits(&touching("doc/api/**", "doc/api/x"), "merge-order");
    // Two files that have nothing in common but the contract.
    lands(&touching("doc/api/x", "proto/y"));
    let mut joined = with_contract(touching("doc/api/x", "proto/y"));
    waits(&joined, "merge-order");
    joined.finish(BOB, "T-2", oid(8));
    lands(&joined);
    lands(&with_contract(touching("doc/api/x", "doc/web/y")));
    lands(&with_contract(touching("doc/web/x", "doc/web/y")));
}

#[test]
fn a_parent_lands_after_its_parts_unless_they_are_independent_or_given_up() {
    let mut whole = world(|_, two| two.parent = Some(tid("T-1")));
    waits(&whole, "parent-waits");
    lands(
        &whole
            .clone()
            .rules(|rules| rules.policy.merge.parent = ParentRule::Independent),
    );
    let cancel = Verb::Cancel {
        task: tid("T-2"),
        reason: "no".to_owned(),
        dependents: Dependents::None,
    };
    let mut given_up = whole.clone();
    drop(given_up.ask(DANA, None, cancel).unwrap());
    lands(&given_up);
    whole.finish(BOB, "T-2", oid(8));
    lands(&whole);
}

#[test]
fn dependencies_decide_and_not_who_was_first() {
    let mut world = World::new(vec![task("T-1", "A"), task("T-2", "B")]);
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(9));
    // The dependency was found out while the work was in review.
    let mut one = task("T-1", "A");
    one.depends_on = vec![tid("T-2")];
    world.snapshot.plan = crate::domain::fixtures::planned(vec![one, task("T-2", "B")]).into();
    waits(&world, "dependency");
    world.now = at(5);
    world.finish(BOB, "T-2", oid(8));
    lands(&world);
}
