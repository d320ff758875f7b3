//! Contract requests: who asks, who decides, and how often (P28).

use crate::domain::contract_request::{Asked, Decision, Ruling, asked};
use crate::domain::decide::Change;
use crate::domain::fixtures::{ANN, BOB, DANA, EVE, TTL, World, at, globs, oid, role, task, tid};
use crate::domain::guarded_paths::Contract;
use crate::domain::identity::{Capability, IdentityMap};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::Verb;

/// `T-1` of Ann in progress and `D-1` of the role that owns the contract `api`.
fn world() -> World {
    let tasks = vec![task("T-1", "A"), task("D-1", "D"), task("T-2", "B")];
    let mut world = World::new(tasks).rules(|rules| {
        let api = Contract {
            paths: globs(&["doc/api/**"]),
            owner: role("D"),
        };
        rules.policy.contracts.insert("api".parse().unwrap(), api);
    });
    world.claim(ANN, "T-1");
    world
}

fn raise(id: &str, contract: &str, text: &str) -> Verb {
    Verb::Request {
        task: tid(id),
        contract: contract.parse().unwrap(),
        text: text.to_owned(),
    }
}

fn decide(request: u32, ruling: Ruling, by: Option<&str>) -> Verb {
    let decision = Decision {
        request,
        ruling,
        reason: "because".to_owned(),
        task: by.map(tid),
    };
    Verb::Decide {
        task: tid("T-1"),
        decision,
    }
}

/// A world in which Ann asked for more pages, as record 1.
fn raised() -> World {
    let mut world = world();
    drop(world.ask(ANN, None, raise("T-1", "api", "pages")).unwrap());
    world
}

#[track_caller]
fn no(judged: Result<Change, Refusal>, gate: &str, says: &str) {
    let refusal = judged.unwrap_err();
    assert_eq!((refusal.kind, refusal.gate()), (RefusalKind::Rule, gate));
    assert!(refusal.to_string().contains(says), "{refusal}");
}

/// The requests of `T-1`: number, whether they wait.
fn standing(world: &World) -> Vec<(u32, bool)> {
    let records = world.snapshot.records_of(&tid("T-1"));
    let all = asked(records).map(|asked: Asked<'_>| (asked.record.n, asked.is_open()));
    all.collect()
}

#[test]
fn the_holder_and_planners_ask() {
    let mut world = raised();
    no(
        world.ask(BOB, None, raise("T-1", "api", "pages")),
        "agent-may",
        "@bob may not plan",
    );
    drop(world.ask(DANA, None, raise("T-1", "api", "more")).unwrap());
    drop(world.ask(DANA, None, raise("T-2", "api", "todo")).unwrap());
    world.hand_off(ANN, "T-1", oid(9));
    drop(world.ask(ANN, None, raise("T-1", "api", "late")).unwrap());
    assert_eq!(standing(&world), [(1, true), (2, true), (5, true)]);
    let land = world.land("T-1");
    drop(world.ask(ANN, None, land).unwrap());
    no(
        world.ask(DANA, None, raise("T-1", "api", "over")),
        "lifecycle",
        "is done",
    );
}

#[test]
fn a_stale_holder_does_not_ask() {
    let mut world = world();
    let refusal = world
        .ask(ANN, Some(0), raise("T-1", "api", "pages"))
        .unwrap_err();
    assert_eq!(refusal.gate(), "fenced");
}

#[test]
fn asking_keeps_the_lease_like_any_verb_of_the_holder() {
    let mut world = world();
    world.now = at(TTL / 2);
    drop(world.ask(ANN, None, raise("T-1", "api", "pages")).unwrap());
    let expires = world.state("T-1").claim().unwrap().expires_at;
    assert_eq!(expires, at(TTL / 2 + TTL));
}

#[test]
fn only_what_policy_has_is_asked_for_and_in_words() {
    let mut world = world();
    no(
        world.ask(ANN, None, raise("T-1", "web", "pages")),
        "contract-unknown",
        "policy has no contract `web`",
    );
    for text in [" ", &"x".repeat(4097)] {
        no(
            world.ask(ANN, None, raise("T-1", "api", text)),
            "request-size",
            "1 to 4096 bytes",
        );
    }
}

#[test]
fn the_owner_decides_once() {
    for ruling in [Ruling::Accept, Ruling::Reject] {
        let mut world = raised();
        drop(world.ask(EVE, None, decide(1, ruling, None)).unwrap());
        assert_eq!(standing(&world), [(1, false)]);
        no(
            world.ask(DANA, None, decide(1, Ruling::Defer, None)),
            "request-decided",
            &format!("was decided by @eve: {ruling}"),
        );
    }
}

#[test]
fn what_is_deferred_is_decided_again() {
    let mut world = raised();
    for _ in 0..2 {
        drop(
            world
                .ask(EVE, None, decide(1, Ruling::Defer, None))
                .unwrap(),
        );
        assert_eq!(standing(&world), [(1, true)]);
    }
    drop(
        world
            .ask(EVE, None, decide(1, Ruling::Accept, None))
            .unwrap(),
    );
    assert_eq!(standing(&world), [(1, false)]);
}

#[test]
fn others_than_the_owner_decide_nothing_unless_they_override() {
    let mut world = raised();
    no(
        world.ask(BOB, None, decide(1, Ruling::Accept, None)),
        "not-contract-owner",
        "the contract `api` is D's, and @bob has not that role",
    );
    drop(
        world
            .ask(DANA, None, decide(1, Ruling::Accept, None))
            .unwrap(),
    );
}

#[test]
fn nobody_decides_its_own_request() {
    let mut world = world();
    drop(world.ask(DANA, None, raise("T-1", "api", "mine")).unwrap());
    no(
        world.ask(DANA, None, decide(1, Ruling::Accept, None)),
        "self-decision",
        "its own request",
    );
    let mut open = raised().rules(|rules| rules.identity = IdentityMap::open());
    no(
        open.ask(ANN, None, decide(1, Ruling::Accept, None)),
        "self-decision",
        "@ann",
    );
    drop(
        open.ask("@any", None, decide(1, Ruling::Accept, None))
            .unwrap(),
    );
}

#[test]
fn a_contract_that_is_gone_is_decided_about_by_who_may_override() {
    let mut world = raised().rules(|rules| rules.policy.contracts.clear());
    no(
        world.ask(EVE, None, decide(1, Ruling::Reject, None)),
        "not-contract-owner",
        "no contract `api` any more",
    );
    drop(
        world
            .ask(DANA, None, decide(1, Ruling::Reject, None))
            .unwrap(),
    );
}

#[test]
fn a_decision_is_about_a_request_and_has_a_reason() {
    let mut world = raised();
    for number in [0, 2] {
        no(
            world.ask(EVE, None, decide(number, Ruling::Accept, None)),
            "request-unknown",
            "is no contract request",
        );
    }
    let Verb::Decide { task, mut decision } = decide(1, Ruling::Reject, None) else {
        panic!("no decision");
    };
    decision.reason = " ".to_owned();
    no(
        world.ask(EVE, None, Verb::Decide { task, decision }),
        "reason-owed",
        "owes a reason",
    );
}

#[test]
fn an_accepted_request_names_a_task_of_the_owner() {
    let mut world = raised();
    for (ruling, by, gate) in [
        (Ruling::Accept, "X-1", "task-unknown"),
        (Ruling::Accept, "T-2", "not-contract-owner"),
        (Ruling::Reject, "D-1", "task-needless"),
        (Ruling::Defer, "D-1", "task-needless"),
    ] {
        no(world.ask(EVE, None, decide(1, ruling, Some(by))), gate, by);
    }
    drop(
        world
            .ask(EVE, None, decide(1, Ruling::Accept, Some("D-1")))
            .unwrap(),
    );
}

#[test]
fn an_enforced_map_without_agents_leaves_decisions_to_all_others() {
    let mut world = raised().rules(|rules| rules.identity.agents.clear());
    assert!(
        world
            .snapshot
            .rules
            .identity
            .may(&crate::domain::fixtures::agent(BOB), Capability::Admin)
    );
    drop(
        world
            .ask(BOB, None, decide(1, Ruling::Accept, None))
            .unwrap(),
    );
}
