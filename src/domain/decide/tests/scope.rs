//! Packages, confirmed scopes and holds (G1, G4, G6): whoever is told to wait does nothing else.

use crate::domain::decide::Change;
use crate::domain::fixtures::{
    ANN, BOB, DANA, EVE, TTL, World, agent, block, claim, handoff, oid, package, release, task, tid,
};
use crate::domain::identity::Seat;
use crate::domain::package::StopGate;
use crate::domain::refusal::Refusal;
use crate::domain::request::Verb;
use crate::domain::scope::ScopeRecord;
use crate::domain::state::{Standing, Status};
use crate::domain::task::Task;

const PATH: &str = "packages/T-1.md";

fn packaged() -> Task {
    Task {
        package: Some(PATH.to_owned()),
        ..task("T-1", "A")
    }
}

fn world(stop_gate: StopGate) -> World {
    World::new(vec![packaged(), task("T-2", "A"), task("T-3", "B")])
        .packages(vec![(PATH, Ok(package("T-1", stop_gate)))])
}

/// `T-1` of Ann, waiting for a go.
fn waiting() -> World {
    let mut world = world(StopGate::ScopeConfirmation);
    world.claim(ANN, "T-1");
    world
}

fn confirm() -> Verb {
    Verb::Scope {
        task: tid("T-1"),
        act: ScopeRecord::Confirmed {
            text: "the budget, not the retries".to_owned(),
        },
    }
}

fn go() -> Verb {
    Verb::Scope {
        task: tid("T-1"),
        act: ScopeRecord::Go { note: None },
    }
}

fn unblock() -> Verb {
    Verb::Unblock { task: tid("T-1") }
}

fn hold() -> Verb {
    Verb::Hold {
        task: tid("T-1"),
        reason: "waits for legal".to_owned(),
        saved: None,
    }
}

fn confirmed() -> World {
    let mut world = waiting();
    drop(world.ask(ANN, None, confirm()).unwrap());
    world
}

#[track_caller]
fn no(judged: Result<Change, Refusal>, gate: &str) {
    assert_eq!(judged.unwrap_err().gate(), gate);
}

#[test]
fn g01_a_task_starts_only_with_a_package_that_reads_and_is_its_own() {
    let mut sound = world(StopGate::None);
    sound.claim(ANN, "T-1");
    assert_eq!(sound.state("T-1").status(), Status::InProgress);
    let other = |package| World::new(vec![packaged(), task("T-2", "A")]).packages(package);
    let mut role = package("T-1", StopGate::None);
    role.role = "B".parse().unwrap();
    for faulty in [
        Vec::new(),
        vec![(PATH, Err("line 3: no".to_owned()))],
        vec![(PATH, Ok(package("T-2", StopGate::None)))],
        vec![(PATH, Ok(role))],
    ] {
        let mut world = other(faulty);
        no(world.ask(ANN, None, claim("T-1")), "package-unsound");
        // Nobody else is touched.
        world.claim(BOB, "T-2");
    }
}

#[test]
fn g04_a_claim_waits_for_the_go_of_someone_else() {
    let mut world = waiting();
    assert_eq!(world.state("T-1").status(), Status::AwaitingScope);
    no(world.ask(DANA, None, go()), "scope-unsaid");
    drop(world.ask(ANN, None, confirm()).unwrap());
    no(world.ask(ANN, None, go()), "self-go");
    no(world.ask(BOB, None, go()), "agent-may");
    no(world.ask(BOB, None, confirm()), "not-holder");
    world.pass(600);
    let late = world.now;
    drop(world.ask(DANA, None, go()).unwrap());
    assert_eq!(world.state("T-1").status(), Status::InProgress);
    let until = world.state("T-1").claim().unwrap().expires_at;
    assert_eq!(until.seconds() - late.seconds(), TTL);
    no(world.ask(DANA, None, go()), "lifecycle");
    world.hand_off(ANN, "T-1", oid(9));
}

#[test]
fn g04_the_seats_scope_and_direction_give_the_go() {
    for (seat, gives) in [
        (Seat::Scope, true),
        (Seat::Direction, true),
        (Seat::Review, false),
    ] {
        let mut world = confirmed().rules(|rules| {
            let eve = rules.identity.agents.get_mut(&agent(EVE)).unwrap();
            eve.seats.insert(seat.word().to_owned());
        });
        assert_eq!(world.ask(EVE, None, go()).is_ok(), gives, "{seat}");
    }
}

#[test]
fn g04_no_work_is_shown_while_the_scope_waits() {
    let mut world = confirmed();
    no(
        world.ask(ANN, None, handoff("T-1", oid(9))),
        "scope-unconfirmed",
    );
    let land = world.land("T-1");
    no(world.ask(DANA, None, land), "scope-unconfirmed");
}

#[test]
fn g04_a_block_is_no_way_around_the_go() {
    for stop in [block("T-1", None), hold()] {
        let mut world = confirmed();
        drop(world.ask(ANN, None, stop).unwrap());
        drop(world.ask(ANN, None, unblock()).unwrap());
        assert_eq!(world.state("T-1").status(), Status::AwaitingScope);
    }
}

#[test]
fn g04_neither_is_the_queue_nor_a_lapse() {
    // The lane is taken meanwhile: back to the queue, and waiting again.
    let mut world = waiting();
    drop(world.ask(ANN, None, block("T-1", None)).unwrap());
    world.claim(BOB, "T-2");
    let mut busy = world.clone().rules(|rules| {
        let role = rules.policy.roles.values_mut().next().unwrap();
        role.lanes = 1;
    });
    drop(busy.ask(ANN, None, unblock()).unwrap());
    if busy.state("T-1").status() == Status::Todo {
        let mut free = busy.rules(|rules| {
            let role = rules.policy.roles.values_mut().next().unwrap();
            role.lanes = 2;
        });
        free.claim(ANN, "T-1");
        assert_eq!(free.state("T-1").status(), Status::AwaitingScope);
    }
    let mut released = waiting();
    drop(released.ask(ANN, None, release("T-1")).unwrap());
    released.claim(ANN, "T-1");
    assert_eq!(released.state("T-1").status(), Status::AwaitingScope);
    // Work that had the go is taken over by someone who has not said a word.
    let mut lapsed = confirmed();
    drop(lapsed.ask(DANA, None, go()).unwrap());
    lapsed.pass(u32::try_from(TTL).unwrap() * 2);
    let mut same = lapsed.clone();
    lapsed.claim(BOB, "T-1");
    assert_eq!(lapsed.state("T-1").status(), Status::AwaitingScope);
    no(lapsed.ask(DANA, None, go()), "scope-unsaid");
    same.claim(ANN, "T-1");
    assert_eq!(same.state("T-1").status(), Status::InProgress);
}

#[test]
fn g04_work_that_comes_back_to_its_holder_was_scoped() {
    let mut world = confirmed();
    drop(world.ask(DANA, None, go()).unwrap());
    drop(world.ask(ANN, None, block("T-1", None)).unwrap());
    let mut free = world.clone();
    drop(free.ask(ANN, None, unblock()).unwrap());
    assert_eq!(free.state("T-1").status(), Status::InProgress);
    // By the queue as well.
    let mut queued = world.rules(|rules| {
        rules.policy.roles.values_mut().next().unwrap().lanes = 1;
    });
    queued.claim(BOB, "T-2");
    drop(queued.ask(ANN, None, unblock()).unwrap());
    let Standing::Todo {
        resume: Some(resume),
    } = &queued.state("T-1").standing
    else {
        panic!("{:?}", queued.state("T-1"));
    };
    assert!(resume.scoped);
    drop(queued.ask(BOB, None, release("T-2")).unwrap());
    queued.claim(ANN, "T-1");
    assert_eq!(queued.state("T-1").status(), Status::InProgress);
}

#[test]
fn g06_a_hold_is_a_legal_answer_and_ends_by_whom_it_concerns() {
    let mut world = world(StopGate::None);
    world.claim(ANN, "T-1");
    no(world.ask(BOB, None, hold()), "agent-may");
    let mut own = world.clone();
    drop(own.ask(ANN, None, hold()).unwrap());
    let Standing::Blocked { block, claim } = &own.state("T-1").standing else {
        panic!("{:?}", own.state("T-1"));
    };
    assert_eq!(block.hold, Some(agent(ANN)));
    assert_eq!(claim.agent, agent(ANN));
    assert!(own.state("T-1").occupying().is_none());
    // Who plans holds it up, without `admin`, and lets it go on.
    let mut world = world.rules(|rules| {
        let eve = rules.identity.agents.get_mut(&agent(EVE)).unwrap();
        eve.seats.insert("scope".to_owned());
    });
    drop(world.ask(EVE, None, hold()).unwrap());
    no(world.ask(BOB, None, unblock()), "agent-may");
    let mut by_holder = world.clone();
    drop(by_holder.ask(ANN, None, unblock()).unwrap());
    drop(world.ask(EVE, None, unblock()).unwrap());
    assert_eq!(world.state("T-1").status(), Status::InProgress);
}

#[test]
fn nothing_is_shown_of_work_whose_scope_waits() {
    let mut world = waiting();
    let attest = Verb::Attest {
        task: tid("T-1"),
        attest: crate::domain::request::AttestWish {
            commit: oid(9),
            class: crate::domain::task::Tier::SelfReported,
            text: "it runs".to_owned(),
            anchors: Vec::new(),
            files: Vec::new(),
            observed_at: None,
        },
    };
    no(world.ask(ANN, None, attest), "scope-unconfirmed");
}
