//! Exceptions: who asks, who approves, what they lift and until when (P23, G19, G21).

use crate::domain::decide::Change;
use crate::domain::exception::{ExceptAct, Stand, exceptions};
use crate::domain::fixtures::{
    ANN, BOB, DANA, EVE, World, agent, claim, note, oid, role, task, tid,
};
use crate::domain::identity::{Capability, Mode, Seat};
use crate::domain::record::RecordBody;
use crate::domain::refusal::Refusal;
use crate::domain::request::{ClaimWish, Verb};
use crate::domain::state::Status;
use crate::domain::task::Risk;
use crate::domain::time::Span;

const DAY: u32 = 86_400;

/// `T-1` is of high risk, `T-2` depends on it; Eve has the seats review and direction.
fn world() -> World {
    let mut first = task("T-1", "A");
    first.risk = Risk::High;
    let mut second = task("T-2", "A");
    second.depends_on = vec![tid("T-1")];
    World::new(vec![first, second]).rules(|rules| {
        let eve = rules.identity.agents.get_mut(&agent(EVE)).unwrap();
        for seat in [Seat::Review, Seat::Direction] {
            eve.seats.insert(seat.word().to_owned());
        }
    })
}

fn except(id: &str, act: ExceptAct) -> Verb {
    Verb::Except { task: tid(id), act }
}

fn ask(world: &World, id: &str, gate: &str) -> Verb {
    let act = ExceptAct::Ask {
        gate: gate.to_owned(),
        adr: "doc/adr/1.md".to_owned(),
        commit: oid(1),
        reason: "the customer is down".to_owned(),
        rollback: "revert it".to_owned(),
        until: world.now.plus(Span::from_seconds(2 * DAY)),
    };
    except(id, act)
}

fn approve(id: &str, exception: u32) -> Verb {
    let note = None;
    except(id, ExceptAct::Approve { exception, note })
}

fn revoke(id: &str, exception: u32) -> Verb {
    let note = Some("no more".to_owned());
    except(id, ExceptAct::Revoke { exception, note })
}

fn overrides(world: &World, id: &str) -> Vec<String> {
    let records = world.snapshot.records_of(&tid(id)).iter();
    records
        .filter_map(|record| match &record.body {
            RecordBody::Override(used) => Some(format!("{} {}", used.gate, used.by)),
            _ => None,
        })
        .collect()
}

#[track_caller]
fn no(judged: Result<Change, Refusal>, gate: &str) {
    assert_eq!(judged.unwrap_err().gate(), gate);
}

/// `T-2` with an exception from its dependency that Dana asked for.
fn asked() -> World {
    let mut world = world();
    let verb = ask(&world, "T-2", "dependency");
    drop(world.ask(DANA, None, verb).unwrap());
    world
}

#[test]
fn p23_the_task_stays_blocked_until_a_person_approves() {
    let mut world = asked();
    no(world.ask(ANN, None, claim("T-2")), "dependency");
    drop(world.ask(EVE, None, approve("T-2", 1)).unwrap());
    world.claim(ANN, "T-2");
    assert_eq!(world.state("T-2").status(), Status::InProgress);
    assert_eq!(overrides(&world, "T-2"), ["dependency @eve"]);
    // Only this task.
    let told = exceptions(world.snapshot.records_of(&tid("T-2")))
        .next()
        .unwrap();
    assert_eq!((told.stand(world.now), told.uses), (Stand::Active, 1));
}

#[test]
fn p23_a_claim_of_the_next_task_needs_no_records() {
    let mut world = asked();
    drop(world.ask(EVE, None, approve("T-2", 1)).unwrap());
    world.snapshot.records.clear();
    drop(
        world
            .ask(ANN, None, Verb::Claim(Default::default()))
            .unwrap(),
    );
    drop(
        world
            .ask(BOB, None, Verb::Claim(Default::default()))
            .unwrap(),
    );
    assert_eq!(world.state("T-2").status(), Status::InProgress);
}

#[test]
fn p23_what_has_expired_or_was_revoked_lifts_nothing() {
    let mut world = asked();
    drop(world.ask(EVE, None, approve("T-2", 1)).unwrap());
    let mut revoked = world.clone();
    world.pass(2 * DAY);
    no(world.ask(ANN, None, claim("T-2")), "dependency");
    no(world.ask(EVE, None, revoke("T-2", 1)), "exception-decided");
    no(revoked.ask(DANA, None, revoke("T-2", 1)), "agent-seat");
    drop(revoked.ask(EVE, None, revoke("T-2", 1)).unwrap());
    no(revoked.ask(ANN, None, claim("T-2")), "dependency");
}

#[test]
fn g21_nobody_approves_what_they_asked_for_and_no_program_anything() {
    let mut world = asked();
    no(world.ask(ANN, None, approve("T-2", 1)), "agent-kind");
    no(world.ask("@mallory", None, approve("T-2", 1)), "agent-kind");
    no(world.ask(DANA, None, approve("T-2", 1)), "agent-seat");
    let mut own = world.clone().rules(|rules| {
        let dana = rules.identity.agents.get_mut(&agent(DANA)).unwrap();
        dana.seats.insert("direction".to_owned());
    });
    no(own.ask(DANA, None, approve("T-2", 1)), "self-decision");
    no(world.ask(EVE, None, approve("T-2", 7)), "exception-unknown");
    drop(world.ask(EVE, None, approve("T-2", 1)).unwrap());
    no(world.ask(EVE, None, approve("T-2", 1)), "exception-decided");
    // In an open map nobody is known to be a person.
    let mut open = asked().rules(|rules| {
        rules.identity.mode = Mode::Open;
        rules.identity.agents.clear();
    });
    no(open.ask(EVE, None, approve("T-2", 1)), "agent-kind");
}

#[test]
fn g19_each_gate_has_its_seat_and_some_have_none() {
    let mut world = world();
    for gate in [
        "lane-busy",
        "merge-commit",
        "governance-touched",
        "task-held",
        "plan-unsound",
    ] {
        let verb = ask(&world, "T-2", gate);
        no(world.ask(DANA, None, verb), "gate-fixed");
    }
    let verb = ask(&world, "T-2", "dependences");
    no(world.ask(DANA, None, verb), "gate-unknown");
    let verb = ask(&world, "T-2", "dependency");
    no(world.ask(BOB, None, verb), "agent-may");
    let Verb::Except { act, .. } = ask(&world, "T-2", "dependency") else {
        panic!();
    };
    let with = |edit: fn(&mut ExceptAct)| {
        let mut act = act.clone();
        edit(&mut act);
        except("T-2", act)
    };
    let missing = with(|act| {
        if let ExceptAct::Ask { adr, .. } = act {
            *adr = "nowhere".to_owned();
        }
    });
    no(world.ask(DANA, None, missing), "adr-missing");
    let empty = with(|act| {
        if let ExceptAct::Ask { rollback, .. } = act {
            rollback.clear();
        }
    });
    no(world.ask(DANA, None, empty), "exception-size");
    let long = with(|act| {
        if let ExceptAct::Ask { until, .. } = act {
            *until = until.plus(Span::from_seconds(100 * DAY));
        }
    });
    no(world.ask(DANA, None, long), "exception-time");
}

#[test]
fn g19_a_landing_goes_by_an_exception_and_says_so_once() {
    let mut world = world();
    world.claim(ANN, "T-1");
    let verb = ask(&world, "T-1", "review-owed");
    drop(world.ask(ANN, None, verb).unwrap());
    world.hand_off(ANN, "T-1", oid(9));
    let land = world.land("T-1");
    no(world.ask(ANN, None, land.clone()), "review-owed");
    drop(world.ask(EVE, None, approve("T-1", 1)).unwrap());
    let Verb::Land {
        task, onto, result, ..
    } = land.clone()
    else {
        panic!();
    };
    let landing = Verb::Landing {
        task,
        onto,
        result,
        until: world.now.plus(Span::from_seconds(60)),
        evidence: None,
    };
    drop(world.ask(ANN, None, landing.clone()).unwrap());
    drop(world.ask(ANN, None, landing).unwrap());
    drop(world.ask(ANN, None, land).unwrap());
    assert_eq!(world.state("T-1").status(), Status::Done);
    assert_eq!(overrides(&world, "T-1"), ["review-owed @eve"]);
}

#[test]
fn g21_a_clock_that_is_set_back_lifts_no_gate_again() {
    let mut world = world();
    world.claim(ANN, "T-1");
    let verb = ask(&world, "T-1", "review-owed");
    drop(world.ask(ANN, None, verb).unwrap());
    world.hand_off(ANN, "T-1", oid(9));
    drop(world.ask(EVE, None, approve("T-1", 1)).unwrap());
    let (early, land) = (world.now, world.land("T-1"));
    drop(world.clone().ask(ANN, None, land.clone()).unwrap());
    // Whatever else the ledger was told since, it has seen the end.
    world.pass(2 * DAY);
    drop(world.ask(BOB, None, note("T-2")).unwrap());
    for _ in 0..2 {
        world.now = early;
        no(world.ask(ANN, None, land.clone()), "review-owed");
        drop(world.ask(ANN, None, note("T-1")).unwrap());
    }
    world.now = early;
    let again = ask(&world, "T-1", "review-owed");
    drop(world.ask(ANN, None, again).unwrap());
    let records = world.snapshot.records_of(&tid("T-1"));
    let newest = exceptions(records).last().unwrap().record.n;
    drop(world.ask(EVE, None, approve("T-1", newest)).unwrap());
    drop(world.ask(ANN, None, land).unwrap());
}

#[test]
fn g21_what_nobody_approved_in_its_time_is_not_approved_by_an_early_clock() {
    let mut world = world();
    world.claim(ANN, "T-1");
    let (early, verb) = (world.now, ask(&world, "T-1", "review-owed"));
    drop(world.ask(ANN, None, verb).unwrap());
    world.pass(2 * DAY);
    drop(world.ask(BOB, None, note("T-2")).unwrap());
    world.now = early;
    no(world.ask(EVE, None, approve("T-1", 1)), "exception-decided");
}

#[test]
fn g19_no_exception_registers_a_workstation() {
    let mut world = world().rules(|rules| {
        let eve = rules.identity.agents.get_mut(&agent(EVE)).unwrap();
        eve.seats.insert("commissioning".to_owned());
        for known in rules.workstations.workstations.values_mut() {
            known.hosts = vec!["host-9".to_owned()];
        }
    });
    let verb = ask(&world, "T-1", "workstation");
    drop(world.ask(DANA, None, verb).unwrap());
    no(world.ask(ANN, None, claim("T-1")), "workstation-host");
    drop(world.ask(EVE, None, approve("T-1", 1)).unwrap());
    let on = |name: &str| {
        Verb::Claim(ClaimWish {
            task: Some(tid("T-1")),
            workstation: Some(name.parse().unwrap()),
            ..ClaimWish::default()
        })
    };
    no(world.ask(ANN, None, on("ws-9")), "workstation-missing");
    drop(world.ask(ANN, None, on("ws-1")).unwrap());
    assert_eq!(overrides(&world, "T-1"), ["workstation @eve"]);
}

/// Eve claims, too.
fn claiming(world: World) -> World {
    world.rules(|rules| {
        let eve = rules.identity.agents.get_mut(&agent(EVE)).unwrap();
        eve.roles.insert(role("A"));
        eve.may.insert(Capability::Claim);
    })
}

/// `T-1` held by Eve, with an exception from its review that Dana asked for.
fn own() -> World {
    let mut world = claiming(world());
    world.claim(EVE, "T-1");
    let verb = ask(&world, "T-1", "review-owed");
    drop(world.ask(DANA, None, verb).unwrap());
    world
}

#[test]
fn nobody_approves_an_exception_for_their_own_work() {
    let mut world = own();
    let number = exceptions(world.snapshot.records_of(&tid("T-1")))
        .next()
        .unwrap()
        .record
        .n;
    no(
        world.ask(EVE, None, approve("T-1", number)),
        "self-decision",
    );
    let release = crate::domain::fixtures::release("T-1");
    drop(world.ask(EVE, None, release).unwrap());
    no(
        world.ask(EVE, None, approve("T-1", number)),
        "self-decision",
    );
}

#[test]
fn who_approved_an_exception_gains_nothing_by_a_claim() {
    let mut world = claiming(asked());
    drop(world.ask(EVE, None, approve("T-2", 1)).unwrap());
    no(world.ask(EVE, None, claim("T-2")), "dependency");
    world.claim(ANN, "T-2");
}
