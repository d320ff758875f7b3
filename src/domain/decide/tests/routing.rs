//! Claims and where they go: the record in their commit, and work that comes back.

use std::collections::BTreeMap;

use crate::domain::decide::Change;
use crate::domain::fixtures::{ANN, BOB, DANA, World, agent, at, block, claim, oid, task, tid};
use crate::domain::id::WorkstationName;
use crate::domain::identity::Route;
use crate::domain::policy::{Rerun, Strategy};
use crate::domain::record::{RecordBody, Routing};
use crate::domain::refusal::Refusal;
use crate::domain::request::{ClaimWish, Verb};
use crate::domain::state::Standing;
use crate::domain::workstation::{Probe, ProbeKind, ProbeResult, Readiness};

fn ws(name: &str) -> WorkstationName {
    WorkstationName::new(name).unwrap()
}

/// `api` goes to everybody on ws-1 and ws-2; both of its tasks are of the one lane of B.
fn routed() -> World {
    let api = |id: &str| {
        let mut one = task(id, "B");
        one.task_type = Some("api".parse().unwrap());
        one
    };
    World::new(vec![api("T-1"), api("T-2")]).rules(|rules| {
        let all = &mut rules.workstations.workstations;
        all.insert(ws("ws-2"), all[&ws("ws-1")].clone());
        let route = |there: &str| Route {
            agents: vec!["@*".to_owned()],
            workstation: ws(there),
        };
        let routes = vec![route("ws-1"), route("ws-2")];
        rules
            .identity
            .routing
            .insert("api".parse().unwrap(), routes);
    })
}

fn wish(id: &str) -> ClaimWish {
    ClaimWish {
        task: Some(tid(id)),
        ..ClaimWish::default()
    }
}

fn record(change: &Change) -> Option<&Routing> {
    change.states[0].append.iter().find_map(|body| match body {
        RecordBody::Routing(routing) => Some(routing),
        _ => None,
    })
}

fn failed(name: &str, ready: bool) -> Readiness {
    Readiness {
        workstation: ws(name),
        version: 1,
        host: "host-1".to_owned(),
        at: at(0),
        probes: vec![ProbeResult {
            name: "db".to_owned(),
            ready,
            detail: "seen".to_owned(),
            millis: 3,
        }],
    }
}

fn held_on(world: &World, id: &str) -> String {
    world.state(id).claim().unwrap().workstation.to_string()
}

fn free(id: &str) -> Verb {
    Verb::Release {
        task: tid(id),
        force: true,
        reason: Some("it left".to_owned()),
        saved: None,
    }
}

fn gate(outcome: Result<Change, Refusal>) -> &'static str {
    outcome.unwrap_err().gate()
}

#[test]
fn i01_s10_the_commit_of_a_routed_claim_says_where_and_why() {
    let mut world = routed().rules(|rules| {
        for known in rules.workstations.workstations.values_mut() {
            known.probes = vec![Probe {
                name: "db".to_owned(),
                kind: ProbeKind::Tcp("127.0.0.1:5432".to_owned()),
                timeout: None,
            }];
        }
    });
    let asked = ClaimWish {
        readiness: vec![failed("ws-1", false), failed("ws-2", true)],
        quota: BTreeMap::from([("tokens".to_owned(), "40%".to_owned())]),
        ..wish("T-1")
    };
    let change = world.ask(ANN, None, Verb::Claim(asked)).unwrap();
    let routing = record(&change).unwrap();
    assert_eq!(routing.strategy, Strategy::Fixed);
    assert_eq!(routing.workstation, ws("ws-2"));
    assert_eq!(routing.why, "it is the first route in service");
    assert_eq!(routing.rejected.len(), 1);
    assert_eq!(routing.rejected[0].workstation, ws("ws-1"));
    assert!(
        routing.rejected[0].reason.contains("db: seen"),
        "{routing:?}"
    );
    let seen: Vec<_> = routing
        .readiness
        .iter()
        .map(|p| (p.name.as_str(), p.ready))
        .collect();
    assert_eq!(seen, [("db", true)]);
    assert_eq!(routing.quota["tokens"], "40%");
    assert_eq!(held_on(&world, "T-1"), "ws-2");
}

#[test]
fn a_claim_about_which_there_is_nothing_to_say_has_no_routing_record() {
    let mut plain = World::new(vec![task("T-1", "A"), task("T-2", "A")]);
    let change = plain.ask(ANN, None, claim("T-1")).unwrap();
    assert_eq!(change.states[0].append, []);
    let asked = ClaimWish {
        quota: BTreeMap::from([("n".to_owned(), "1".to_owned())]),
        ..wish("T-2")
    };
    let change = plain.ask(ANN, None, Verb::Claim(asked)).unwrap();
    assert_eq!(record(&change).unwrap().why, "it is the default");
    assert!(record(&routed().ask(ANN, None, claim("T-1")).unwrap()).is_some());
}

#[test]
fn i19_work_that_comes_back_keeps_its_place_and_work_given_away_does_not() {
    let resumed = |world: &World| match &world.state("T-1").standing {
        Standing::Todo { resume } => resume.clone(),
        other => panic!("{other:?}"),
    };
    let on_two = |world: &mut World| {
        let asked = ClaimWish {
            workstation: Some(ws("ws-2")),
            ..wish("T-1")
        };
        drop(world.ask(ANN, None, Verb::Claim(asked)).unwrap());
    };
    // Blocked, and unblocked while its lane is another's.
    let mut world = routed();
    on_two(&mut world);
    drop(world.ask(ANN, None, block("T-1", None)).unwrap());
    world.claim(BOB, "T-2");
    drop(
        world
            .ask(ANN, None, Verb::Unblock { task: tid("T-1") })
            .unwrap(),
    );
    assert_eq!(resumed(&world).unwrap().workstation, Some(ws("ws-2")));
    drop(
        world
            .ask(BOB, None, crate::domain::fixtures::release("T-2"))
            .unwrap(),
    );
    world.claim(ANN, "T-1");
    assert_eq!(held_on(&world, "T-1"), "ws-2");
    // Reopened.
    world.hand_off(ANN, "T-1", oid(9));
    let land = world.land("T-1");
    drop(world.ask(ANN, None, land).unwrap());
    let reopen = Verb::Reopen {
        task: tid("T-1"),
        reason: "wrong".to_owned(),
    };
    drop(world.ask(DANA, None, reopen).unwrap());
    let kept = resumed(&world).unwrap();
    assert_eq!((kept.workstation, kept.commit), (Some(ws("ws-2")), None));
    // Given away.
    let mut world = routed();
    on_two(&mut world);
    let release = Verb::Release {
        task: tid("T-1"),
        force: false,
        reason: None,
        saved: Some(oid(9)),
    };
    drop(world.ask(ANN, None, release).unwrap());
    assert_eq!(resumed(&world).unwrap().workstation, None);
    world.claim(ANN, "T-1");
    assert_eq!(held_on(&world, "T-1"), "ws-1");
}

#[test]
fn i19_where_policy_requires_it_a_rerun_is_for_the_earlier_agent_until_it_is_freed() {
    let mut world = routed().rules(|rules| rules.policy.routing.rerun = Rerun::Require);
    world.claim(ANN, "T-1");
    drop(world.ask(ANN, None, block("T-1", Some("T-2"))).unwrap());
    world.finish(DANA, "T-2", oid(8));
    assert_eq!(gate(world.ask(BOB, None, claim("T-1"))), "rerun-identity");
    let next = world.ask(BOB, None, Verb::Claim(ClaimWish::default()));
    assert!(
        next.unwrap_err()
            .to_string()
            .contains("1 by rerun-identity")
    );
    let mut own = world.clone();
    own.claim(ANN, "T-1");
    // Unmapped, it waits for nobody.
    let mut unmapped = world.clone().rules(|rules| {
        rules.identity.agents.remove(&agent(ANN));
    });
    unmapped.claim(BOB, "T-1");
    // Freed by force, it is anybody's: blocked, or back in the queue.
    let mut freed = world.clone();
    drop(freed.ask(DANA, None, free("T-1")).unwrap());
    freed.claim(BOB, "T-1");
    own.hand_off(ANN, "T-1", oid(9));
    let land = own.land("T-1");
    drop(own.ask(ANN, None, land).unwrap());
    let reopen = Verb::Reopen {
        task: tid("T-1"),
        reason: "wrong".to_owned(),
    };
    drop(own.ask(DANA, None, reopen).unwrap());
    assert_eq!(gate(own.ask(BOB, None, claim("T-1"))), "rerun-identity");
    assert_eq!(gate(own.ask(BOB, None, free("T-1"))), "agent-may");
    drop(own.ask(DANA, None, free("T-1")).unwrap());
    own.claim(BOB, "T-1");
}

#[test]
fn i19_a_lease_that_ended_binds_nobody() {
    let mut world = routed().rules(|rules| rules.policy.routing.rerun = Rerun::Require);
    world.claim(ANN, "T-1");
    world.pass(100_000);
    world.claim(BOB, "T-1");
}

#[test]
fn a_machine_that_was_taken_in_for_a_task_is_as_good_as_a_route_and_comes_first() {
    use crate::domain::progress::Progress;
    let world = || {
        routed().rules(|rules| {
            let all = &mut rules.workstations.workstations;
            all.insert(ws("ws-3"), all[&ws("ws-1")].clone());
        })
    };
    let there = ClaimWish {
        workstation: Some(ws("ws-3")),
        ..wish("T-1")
    };
    let mut plain = world();
    let refused = plain.ask(ANN, None, Verb::Claim(there));
    assert_eq!(gate(refused), "route-workstation");
    let mut taken = world();
    let progress = Progress {
        admitted: vec![ws("ws-3")],
        ..Progress::default()
    };
    let state = taken.state("T-1").clone().progressed(progress);
    taken.snapshot.states.insert(tid("T-1"), state);
    let change = taken.ask(ANN, None, claim("T-1")).unwrap();
    let routing = record(&change).unwrap();
    assert_eq!(
        (&routing.workstation, routing.why.as_str()),
        (&ws("ws-3"), "it was taken in for this task")
    );
}
