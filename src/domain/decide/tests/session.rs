//! Work sessions: opened and closed by whatever moves a claim (T8).

use crate::domain::fixtures::{ANN, BOB, DANA, TTL, World, at, block, oid, release, task, tid};
use crate::domain::record::{Finding, RecordBody, Severity, Verdict};
use crate::domain::request::{Dependents, ReviewWish, Verb};
use crate::domain::session::{Session, SessionAct};

fn world() -> World {
    let mut world = World::new(vec![task("T-1", "A"), task("T-2", "A")]);
    world.claim(ANN, "T-1");
    world.pass(100);
    world
}

/// The sessions of `T-1` on record: by whom, from and to, in seconds of the test.
fn sessions(world: &World) -> Vec<(String, i64, i64)> {
    let records = world.snapshot.records_of(&tid("T-1")).iter();
    let start = at(0).seconds();
    records
        .filter_map(|record| match &record.body {
            RecordBody::Session(session) => Some((
                session.agent.to_string(),
                session.started.seconds() - start,
                session.ended.seconds() - start,
            )),
            _ => None,
        })
        .collect()
}

fn ann(from: i64, to: i64) -> (String, i64, i64) {
    (ANN.to_owned(), from, to)
}

fn act(act: SessionAct) -> Verb {
    Verb::Session {
        task: tid("T-1"),
        act,
    }
}

#[test]
fn t08_a_session_opens_with_the_claim_and_closes_when_it_leaves_work() {
    let cancel = Verb::Cancel {
        task: tid("T-1"),
        reason: "x".to_owned(),
        dependents: Dependents::None,
    };
    let give_back = Verb::Return {
        task: tid("T-1"),
        reason: "x".to_owned(),
        saved: None,
    };
    let hold = Verb::Hold {
        task: tid("T-1"),
        reason: "x".to_owned(),
        saved: None,
    };
    for verb in [block("T-1", None), release("T-1"), cancel, give_back, hold] {
        let mut world = world();
        assert_eq!(sessions(&world), Vec::new());
        drop(world.ask(ANN, None, verb.clone()).unwrap());
        assert_eq!(sessions(&world), [ann(0, 100)], "{verb:?}");
    }
    let mut world = world();
    world.hand_off(ANN, "T-1", oid(9));
    assert_eq!(sessions(&world), [ann(0, 100)]);
}

#[test]
fn t08_work_that_comes_back_opens_the_next_one() {
    let mut world = world();
    drop(world.ask(ANN, None, block("T-1", None)).unwrap());
    world.pass(50);
    drop(
        world
            .ask(ANN, None, Verb::Unblock { task: tid("T-1") })
            .unwrap(),
    );
    world.pass(50);
    world.hand_off(ANN, "T-1", oid(9));
    world.pass(50);
    let mut wish = ReviewWish::new(oid(9), Verdict::Revise);
    wish.findings = vec![Finding::new(Severity::Minor, "src/a", "no")];
    let review = Verb::Review {
        task: tid("T-1"),
        review: wish,
    };
    drop(world.ask(DANA, None, review).unwrap());
    world.pass(50);
    world.hand_off(ANN, "T-1", oid(9));
    assert_eq!(
        sessions(&world),
        [ann(0, 100), ann(150, 200), ann(250, 300)]
    );
}

#[test]
fn t08_the_session_of_a_lost_agent_ends_with_its_lease() {
    let mut world = world();
    world.now = at(TTL * 3);
    let mut expired = world.clone();
    world.claim(BOB, "T-1");
    assert_eq!(sessions(&world), [ann(0, TTL)]);
    let claim = world.state("T-1").claim().unwrap();
    assert_eq!(claim.session, Session::Since(at(TTL * 3)));
    let verb = Verb::Expire { trust_clock: false };
    drop(expired.ask(BOB, None, verb).unwrap());
    assert_eq!(sessions(&expired), [ann(0, TTL)]);
    // One that comes late with its own work was there.
    let mut late = self::world();
    late.now = at(TTL * 3);
    late.hand_off(ANN, "T-1", oid(9));
    assert_eq!(sessions(&late), [ann(0, TTL * 3)]);
}

#[test]
fn t08_a_late_renewal_counts_no_time_after_the_lease() {
    let mut world = world();
    world.now = at(TTL * 9);
    let epoch = world.state("T-1").epoch;
    let renew = Verb::Renew {
        tasks: vec![(tid("T-1"), epoch)],
    };
    drop(world.ask(ANN, None, renew.clone()).unwrap());
    assert_eq!(sessions(&world), [ann(0, TTL)]);
    // One in time goes on with the same session.
    world.pass(TTL as u32);
    drop(world.ask(ANN, None, renew).unwrap());
    world.pass(100);
    world.hand_off(ANN, "T-1", oid(9));
    let next = ann(TTL * 9, TTL * 10 + 100);
    assert_eq!(sessions(&world), [ann(0, TTL), next]);
}

#[test]
fn t08_time_is_stopped_and_started_by_hand() {
    let mut world = world();
    drop(world.ask(ANN, None, act(SessionAct::Stop)).unwrap());
    assert_eq!(sessions(&world), [ann(0, 100)]);
    let again = world.ask(ANN, None, act(SessionAct::Stop)).unwrap();
    assert!(again.is_empty());
    world.pass(1000);
    // A renewal does not count time again.
    let renew = Verb::Renew {
        tasks: vec![(tid("T-1"), world.state("T-1").epoch)],
    };
    drop(world.ask(ANN, None, renew).unwrap());
    drop(world.ask(ANN, None, act(SessionAct::Start)).unwrap());
    world.pass(10);
    let stranger = world.ask(BOB, None, act(SessionAct::Stop)).unwrap_err();
    assert_eq!(stranger.gate(), "not-holder");
    world.hand_off(ANN, "T-1", oid(9));
    assert_eq!(sessions(&world), [ann(0, 100), ann(1100, 1110)]);
    let over = world.ask(ANN, None, act(SessionAct::Start)).unwrap_err();
    assert_eq!(over.gate(), "lifecycle");
}
