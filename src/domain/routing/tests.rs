//! The choice of a workstation: what each strategy takes, and what it says of the rest.

use std::sync::Arc;

use super::{Decision, Verdict, choose, decision};
use crate::domain::fixtures::{ANN, BOB, World, agent, at, block, task, tid};
use crate::domain::gates::ClaimCase;
use crate::domain::id::WorkstationName;
use crate::domain::identity::{Mode, Route};
use crate::domain::policy::Strategy;
use crate::domain::stage::{Stage, StageContract, StageTerms};
use crate::domain::task::Task;
use crate::domain::workstation::{
    Hold, Probe, ProbeKind, ProbeResult, Readiness, StationState, Use, Workstation,
    WorkstationLifecycle, WorkstationState,
};

fn ws(name: &str) -> WorkstationName {
    WorkstationName::new(name).unwrap()
}

fn api(id: &str) -> Task {
    let mut one = task(id, "A");
    one.task_type = Some("api".parse().unwrap());
    one
}

/// `api` is routed to ANN on ws-1, ws-2 and ws-3 and, between them, to BOB on ws-9; of two lanes.
fn routed(strategy: Strategy) -> World {
    World::new(vec![api("T-1"), api("T-2"), api("T-3")]).rules(|rules| {
        rules.policy.routing.strategy = strategy;
        let all = &mut rules.workstations.workstations;
        let plain = all[&ws("ws-1")].clone();
        for name in ["ws-2", "ws-3", "ws-9"] {
            all.insert(ws(name), plain.clone());
        }
        let route = |who: &str, there: &str| Route {
            agents: vec![who.to_owned()],
            workstation: ws(there),
        };
        let routes = vec![
            route(ANN, "ws-1"),
            route(BOB, "ws-9"),
            route(ANN, "ws-2"),
            route("@a*", "ws-3"),
        ];
        rules
            .identity
            .routing
            .insert("api".parse().unwrap(), routes);
    })
}

fn station(world: World, name: &str, edit: impl FnOnce(&mut Workstation)) -> World {
    world.rules(|rules| edit(rules.workstations.workstations.get_mut(&ws(name)).unwrap()))
}

fn said(mut world: World, name: &str, state: StationState) -> World {
    let stations = Arc::make_mut(&mut world.snapshot.stations);
    stations.insert(ws(name), state);
    world
}

fn db() -> Probe {
    Probe {
        name: "db".to_owned(),
        kind: ProbeKind::Tcp("127.0.0.1:5432".to_owned()),
        timeout: None,
    }
}

fn probed(name: &str, version: u32, ready: bool) -> Readiness {
    Readiness {
        workstation: ws(name),
        version,
        host: "host-1".to_owned(),
        at: at(0),
        probes: vec![ProbeResult {
            name: "db".to_owned(),
            ready,
            detail: "refused".to_owned(),
            millis: 1,
        }],
    }
}

/// The decision about `T-1` for ANN, told by `look`; it must agree with the choice without text.
fn look<T>(
    world: &World,
    wanted: Option<&str>,
    seen: &[Readiness],
    look: impl FnOnce(&Decision<'_>) -> T,
) -> T {
    let (by, wanted) = (agent(ANN), wanted.map(ws));
    let case = ClaimCase {
        agent: Some(&by),
        host: Some("host-1"),
        readiness: Some(seen),
        ..ClaimCase::open(
            &world.snapshot,
            world.snapshot.plan.get(&tid("T-1")).unwrap(),
            world.now,
        )
    };
    let told = decision(&case, wanted.as_ref());
    assert_eq!(told.workstation(), choose(&case, wanted.as_ref()));
    look(&told)
}

fn chosen(world: &World) -> (String, String) {
    look(world, None, &[], |told| {
        (told.workstation().unwrap().to_string(), told.why.clone())
    })
}

/// Each candidate with its word, and the reason if it is not the one.
fn candidates(world: &World, wanted: Option<&str>) -> Vec<String> {
    look(world, wanted, &[], |told| {
        let shown = told.candidates.iter().map(|candidate| {
            let verdict = &candidate.verdict;
            format!(
                "{} {}: {}",
                candidate.workstation,
                verdict.word(),
                verdict.reason()
            )
        });
        shown.collect()
    })
}

#[test]
fn fixed_takes_the_first_route_that_names_the_agent_and_waits_while_it_is_full() {
    let world = routed(Strategy::Fixed);
    assert_eq!(chosen(&world).0, "ws-1");
    assert_eq!(
        candidates(&world, None),
        [
            "ws-1 chosen: ",
            "ws-9 not_named: its route names others",
            "ws-2 later: ws-1 comes first",
            "ws-3 later: ws-1 comes first",
        ]
    );
    let mut full = station(world, "ws-1", |known| known.wip_limit = Some(1));
    full.claim(ANN, "T-2");
    assert_eq!(chosen(&full).0, "ws-1");
    let refusal = full
        .ask(ANN, None, crate::domain::fixtures::claim("T-1"))
        .unwrap_err();
    assert_eq!(refusal.gate(), "workstation-full");
}

#[test]
fn s04_fixed_falls_back_only_where_the_first_is_out_of_service() {
    let hold = |state| StationState {
        hold: Some(Hold {
            state,
            reason: "smoke".to_owned(),
            by: agent(BOB),
            at: at(0),
        }),
        used: None,
    };
    let spent = StationState {
        hold: None,
        used: Some(Use {
            version: 1,
            task: tid("T-2"),
            epoch: crate::domain::state::Epoch(1),
            at: at(0),
        }),
    };
    let out: Vec<(World, &str)> = vec![
        (
            station(routed(Strategy::Fixed), "ws-1", |known| {
                known.state = WorkstationState::Quarantined;
            }),
            "ws-1 is quarantined",
        ),
        (
            said(
                routed(Strategy::Fixed),
                "ws-1",
                hold(WorkstationState::Retired),
            ),
            "ws-1 is retired",
        ),
        (
            said(
                station(routed(Strategy::Fixed), "ws-1", |known| {
                    known.lifecycle = WorkstationLifecycle::SingleUse;
                }),
                "ws-1",
                spent,
            ),
            "ws-1 ",
        ),
        (
            routed(Strategy::Fixed).rules(|rules| {
                rules.workstations.workstations.remove(&ws("ws-1"));
            }),
            "the workstation ws-1 is not registered",
        ),
        (
            station(routed(Strategy::Fixed), "ws-1", |known| {
                known.hosts = vec!["host-2".to_owned()];
            }),
            "ws-1 runs on host-2",
        ),
    ];
    for (world, says) in out {
        let (there, why) = chosen(&world);
        assert_eq!(
            (there.as_str(), why.as_str()),
            ("ws-2", "it is the first route in service"),
            "{says}"
        );
        let first = &candidates(&world, None)[0];
        assert!(first.contains(says), "{first}");
    }
}

#[test]
fn failed_probes_of_this_version_pass_a_workstation_over_and_unprobed_ones_are_in_question() {
    for strategy in [Strategy::Fixed, Strategy::Available, Strategy::LeastLoaded] {
        let world = station(routed(strategy), "ws-1", |known| known.probes = vec![db()]);
        let at_last = |seen: &[Readiness]| {
            look(&world, None, seen, |told| {
                (
                    told.workstation().unwrap().to_string(),
                    told.candidates[0].verdict.reason(),
                )
            })
        };
        let (there, why) = at_last(&[probed("ws-1", 1, false)]);
        assert_eq!(there, "ws-2", "{strategy}");
        assert!(why.contains("db: refused"), "{why}");
        assert_eq!(at_last(&[probed("ws-1", 2, false)]).0, "ws-1", "{strategy}");
        assert_eq!(at_last(&[probed("ws-1", 1, true)]).0, "ws-1", "{strategy}");
        let again = [probed("ws-1", 1, false), probed("ws-1", 1, true)];
        assert_eq!(
            at_last(&again).0,
            "ws-1",
            "{strategy}: the last word counts"
        );
    }
}

#[test]
fn available_takes_the_first_against_which_nothing_stands() {
    let mut world = station(routed(Strategy::Available), "ws-1", |known| {
        known.wip_limit = Some(1);
    });
    assert_eq!(chosen(&world).0, "ws-1");
    world.claim(ANN, "T-2");
    let (there, why) = chosen(&world);
    assert_eq!(
        (there.as_str(), why.as_str()),
        ("ws-2", "it is the first route that is free")
    );
    let lacking = station(world, "ws-2", |known| {
        known.task_types = vec!["ui".parse().unwrap()];
    });
    assert_eq!(chosen(&lacking).0, "ws-3");
}

#[test]
fn least_loaded_goes_by_the_share_of_the_limit_and_ties_by_the_map() {
    let mut world = routed(Strategy::LeastLoaded);
    for name in ["ws-1", "ws-2", "ws-3"] {
        world = station(world, name, |known| known.wip_limit = Some(2));
    }
    assert_eq!(chosen(&world).0, "ws-1");
    world.claim(ANN, "T-2");
    let (there, why) = chosen(&world);
    assert_eq!(
        (there.as_str(), why.as_str()),
        ("ws-2", "it has the smallest load, 0 of 2 task(s)")
    );
    assert_eq!(
        candidates(&world, None)[0],
        "ws-1 later: 1 of 2 task(s) against 0 of 2 task(s) on ws-2"
    );
    assert_eq!(
        candidates(&world, None)[3],
        "ws-3 later: ws-2 is as loaded and comes first"
    );
    // One of four is less than one of two, and less than one without limit.
    world.claim(ANN, "T-3");
    let world = station(world, "ws-2", |known| known.wip_limit = Some(4));
    let world = station(world, "ws-3", |known| {
        known.state = WorkstationState::Retired
    });
    assert_eq!(chosen(&world).0, "ws-2");
    let world = station(world, "ws-2", |known| known.wip_limit = None);
    assert_eq!(chosen(&world).0, "ws-1");
}

#[test]
fn of_those_that_all_have_something_against_them_a_busy_one_is_judged() {
    let mut world = station(routed(Strategy::Available), "ws-2", |known| {
        known.wip_limit = Some(0);
    });
    for name in ["ws-1", "ws-3"] {
        world = station(world, name, |known| known.state = WorkstationState::Retired);
    }
    let (there, why) = chosen(&world);
    assert_eq!(
        (there.as_str(), why.as_str()),
        ("ws-2", "something stands against each of 3")
    );
}

#[test]
fn a_workstation_that_is_asked_for_is_the_only_one() {
    let world = routed(Strategy::Available);
    let shown = candidates(&world, Some("ws-2"));
    assert_eq!(
        shown[0],
        "ws-1 not_wanted: another workstation was asked for"
    );
    assert_eq!(shown[2], "ws-2 chosen: ");
    // One that no route gives is judged too: the map then says no.
    let shown = candidates(&world, Some("ws-9"));
    assert_eq!(shown.last().unwrap(), "ws-9 chosen: ");
    let refused = look(&world, Some("ws-9"), &[], |told| told.routed());
    assert!(!refused);
}

#[test]
fn where_the_map_does_not_route_the_default_is_taken() {
    let world = World::new(vec![task("T-1", "A")]).rules(|r| r.identity.mode = Mode::Open);
    assert_eq!(
        chosen(&world),
        ("ws-1".to_owned(), "it is the default".to_owned())
    );
    let none = world.rules(|rules| rules.workstations.default = None);
    look(&none, None, &[], |told| {
        assert_eq!((told.workstation(), told.candidates.len()), (None, 0));
    });
}

#[test]
fn of_the_machines_of_a_contract_one_with_room_is_taken_unless_the_first_is_waited_for() {
    for (strategy, there) in [
        (Strategy::Available, "ws-2"),
        (Strategy::LeastLoaded, "ws-2"),
        (Strategy::Fixed, "ws-1"),
    ] {
        let mut one = task("T-1", "A");
        let terms = StageTerms {
            workstations: vec![ws("ws-1"), ws("ws-2")],
            ..StageTerms::default()
        };
        one.stages = Some(StageContract {
            stages: [(Stage::Execute, terms)].into_iter().collect(),
        });
        let world = World::new(vec![one, task("T-2", "A")]).rules(|rules| {
            rules.policy.routing.strategy = strategy;
            let all = &mut rules.workstations.workstations;
            all.get_mut(&ws("ws-1")).unwrap().wip_limit = Some(1);
            let known = all[&ws("ws-1")].clone();
            all.insert(ws("ws-2"), known.clone());
            // Out of scope.
            all.insert(ws("ws-3"), known);
        });
        let mut full = world.clone();
        full.claim(BOB, "T-2");
        let elsewhere = full.clone().rules(|rules| {
            rules.workstations.default = Some(ws("ws-3"));
        });
        assert_eq!(
            chosen(&world),
            ("ws-1".to_owned(), "it is the default".to_owned())
        );
        let (name, why) = chosen(&elsewhere);
        assert_eq!(
            (name.as_str(), why.as_str()),
            (there, "the stage contract names it")
        );
        let answer = full.ask(ANN, None, crate::domain::fixtures::claim("T-1"));
        if strategy == Strategy::Fixed {
            assert_eq!(answer.unwrap_err().gate(), "workstation-full");
        } else {
            drop(answer.unwrap());
            let claim = full.state("T-1").claim().unwrap();
            assert_eq!(claim.workstation, ws(there), "{strategy}");
        }
    }
}

#[test]
fn i19_the_agent_that_did_the_work_gets_its_place_again_while_it_is_free() {
    let mut world = routed(Strategy::Fixed);
    let there = crate::domain::request::ClaimWish {
        task: Some(tid("T-1")),
        workstation: Some(ws("ws-3")),
        ..Default::default()
    };
    drop(
        world
            .ask(ANN, None, crate::domain::request::Verb::Claim(there))
            .unwrap(),
    );
    drop(world.ask(ANN, None, block("T-1", None)).unwrap());
    assert_eq!(
        chosen(&world),
        (
            "ws-3".to_owned(),
            "the work was done there before".to_owned()
        )
    );
    assert_eq!(
        candidates(&world, None)[0],
        "ws-1 later: the work was done on ws-3"
    );
    let away = station(world.clone(), "ws-3", |known| {
        known.state = WorkstationState::Retired
    });
    assert_eq!(chosen(&away).0, "ws-1");
    let unrouted = world.rules(|rules| {
        let routes = rules.identity.routing.get_mut("api").unwrap();
        routes.pop();
    });
    assert_eq!(chosen(&unrouted).0, "ws-1");
}

#[test]
fn without_an_agent_every_route_is_judged_and_none_chosen() {
    let world = station(routed(Strategy::Fixed), "ws-9", |known| {
        known.state = WorkstationState::Retired;
    });
    let case = ClaimCase::open(
        &world.snapshot,
        world.snapshot.plan.get(&tid("T-1")).unwrap(),
        world.now,
    );
    let told = decision(&case, None);
    let words: Vec<&str> = told.candidates.iter().map(|c| c.verdict.word()).collect();
    assert_eq!(words, ["free", "unavailable", "free", "free"]);
    assert_eq!(told.chosen, None);
    assert!(matches!(
        told.candidates[1].verdict,
        Verdict::Unavailable(_)
    ));
    assert_eq!(told.workstation(), None);
}
