//! Handed-off work on its way into the target, and back.

use crate::domain::decide::Change;
use crate::domain::fixtures::{
    ANN, BOB, DANA, World, agent, at, content, lane, oid, replay, task, tid,
};
use crate::domain::id::ObjectId;
use crate::domain::record::{CheckRun, Evidence, RecordBody};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{Dependents, Request, Verb};
use crate::domain::snapshot::Replayed;
use crate::domain::state::{Epoch, Standing, Status};
use crate::domain::time::Timestamp;

/// `T-1` of Ann and `T-2` of Bob, handed off as 8 and 9.
fn two() -> World {
    let mut world = World::new(vec![task("T-1", "A"), task("T-2", "A")]);
    for (by, id, commit) in [(ANN, "T-1", 8), (BOB, "T-2", 9)] {
        world.claim(by, id);
        world.hand_off(by, id, oid(commit));
    }
    world
}

fn landing(world: &World, id: &str, until: Timestamp) -> Verb {
    let Verb::Land {
        task, onto, result, ..
    } = world.land(id)
    else {
        panic!("not a landing");
    };
    Verb::Landing {
        task,
        onto,
        result,
        until,
        evidence: None,
    }
}

/// A landing whose checks have passed.
fn gated(world: &World, id: &str, until: Timestamp) -> Verb {
    let Verb::Landing {
        task, onto, result, ..
    } = landing(world, id, until)
    else {
        panic!("not a landing");
    };
    Verb::Landing {
        task,
        onto,
        result,
        until,
        evidence: Some(passing(result, &[])),
    }
}

fn passing(commit: ObjectId, checks: &[&str]) -> Evidence {
    let run = |command: &&str| CheckRun {
        command: (*command).to_owned(),
        exit: Some(0),
        millis: 1,
        digest: String::new(),
        tail: String::new(),
    };
    Evidence {
        commit,
        content_key: content(oid(8)),
        checks: checks.iter().map(run).collect(),
        host: "h".to_owned(),
        workstation: None,
        clean: true,
    }
}

fn refused(world: &mut World, by: &str, verb: Verb) -> Refusal {
    world.ask(by, None, verb).unwrap_err()
}

#[track_caller]
fn no(refusal: &Refusal, kind: RefusalKind, gate: &str) {
    assert_eq!((refusal.kind, refusal.gate()), (kind, gate), "{refusal}");
}

fn drop_landing(id: &str) -> Verb {
    Verb::DropLanding {
        task: tid(id),
        reason: "moved".to_owned(),
    }
}

fn conflict(id: &str, onto: ObjectId) -> Verb {
    Verb::Conflict {
        task: tid(id),
        onto,
    }
}

fn complete(id: &str, commit: ObjectId, on_my_word: bool) -> Verb {
    Verb::Complete {
        task: tid(id),
        commit,
        on_my_word,
    }
}

#[test]
fn what_landed_says_where_from_and_by_whom() {
    let mut world = two();
    let land = world.land("T-1");
    drop(world.ask(ANN, Some(1), land).unwrap());
    let Standing::Done(done) = &world.state("T-1").standing else {
        panic!("not done");
    };
    assert_eq!((done.commit, done.onto), (replay(oid(8), oid(1)), oid(1)));
    assert_eq!((&done.agent, &done.lane), (&agent(ANN), &lane("A")));
    assert!(world.snapshot.landed(&tid("T-1")));
}

#[test]
fn only_the_holder_and_mergers_land_and_only_what_is_handed_off() {
    let mut world = two();
    let land = world.land("T-1");
    no(
        &refused(&mut world, BOB, land.clone()),
        RefusalKind::Rule,
        "agent-may",
    );
    drop(world.ask(DANA, None, land.clone()).unwrap());
    no(
        &refused(&mut world, DANA, land),
        RefusalKind::Rule,
        "lifecycle",
    );
}

#[test]
fn p18_a_landing_extends_the_target_and_is_the_replay() {
    let mut world = two();
    let stale = [world.land("T-1"), landing(&world, "T-1", at(60))];
    let sent_back = conflict("T-1", world.snapshot.rules.at);
    world.reach(oid(77));
    for verb in stale.into_iter().chain([sent_back]) {
        no(
            &refused(&mut world, ANN, verb),
            RefusalKind::Conflict,
            "target-moved",
        );
    }
    let wrong = Verb::Land {
        task: tid("T-1"),
        onto: oid(77),
        result: oid(66),
        evidence: None,
    };
    no(
        &refused(&mut world, ANN, wrong),
        RefusalKind::Rule,
        "replay",
    );
}

#[test]
fn one_landing_at_a_time_and_only_its_merger_moves_it_on() {
    let mut world = two();
    let (first, second) = (
        landing(&world, "T-1", at(900)),
        landing(&world, "T-2", at(900)),
    );
    drop(world.ask(ANN, None, first.clone()).unwrap());
    drop(world.ask(ANN, None, first.clone()).unwrap());
    let land = world.land("T-1");
    for (by, verb) in [
        (BOB, second),
        (DANA, first),
        (DANA, land),
        (DANA, drop_landing("T-1")),
        (DANA, conflict("T-1", oid(1))),
    ] {
        let refusal = refused(&mut world, by, verb);
        no(&refusal, RefusalKind::Conflict, "merge-slot");
        let holder = refusal.holder().unwrap();
        assert_eq!(
            (&holder.agent, holder.until),
            (&Some(agent(ANN)), Some(at(900)))
        );
    }
    world.pass(961);
    drop(world.ask(DANA, None, drop_landing("T-1")).unwrap());
    assert_eq!(
        world.ask(DANA, None, drop_landing("T-1")),
        Ok(Change::default())
    );
    let again = landing(&world, "T-2", at(1200));
    drop(world.ask(BOB, None, again).unwrap());
}

#[test]
fn nobody_keeps_the_slot_for_ever() {
    let mut world = two();
    for until in [at(0), at(86_401), at(i64::from(u32::MAX))] {
        let verb = landing(&world, "T-1", until);
        no(
            &refused(&mut world, ANN, verb),
            RefusalKind::Rule,
            "merge-slot",
        );
    }
}

#[test]
fn while_a_merge_is_under_way_the_task_stays_where_it_is() {
    let mut world = two();
    let slot = landing(&world, "T-1", at(900));
    drop(world.ask(DANA, None, slot).unwrap());
    let cancel = Verb::Cancel {
        task: tid("T-1"),
        reason: "no".to_owned(),
        dependents: Dependents::None,
    };
    let back = Verb::Return {
        task: tid("T-1"),
        reason: "no".to_owned(),
        saved: None,
    };
    for verb in [cancel, back] {
        no(
            &refused(&mut world, ANN, verb),
            RefusalKind::Conflict,
            "merge-slot",
        );
    }
}

#[test]
fn a_torn_landing_is_finished_by_anyone_and_nothing_else() {
    let mut world = two();
    let slot = gated(&world, "T-1", at(900));
    let land = world.land("T-1");
    drop(world.ask(ANN, None, slot).unwrap());
    world.reach(replay(oid(8), oid(1)));
    let target = world.snapshot.rules.at;
    let elsewhere = world.land("T-1");
    for verb in [drop_landing("T-1"), conflict("T-1", target), elsewhere] {
        no(&refused(&mut world, ANN, verb), RefusalKind::Rule, "landed");
    }
    assert!(world.snapshot.landed(&tid("T-1")));
    drop(world.ask(BOB, None, land).unwrap());
    assert_eq!(world.state("T-1").status(), Status::Done);
}

#[test]
fn p36_what_reached_the_target_before_its_checks_passed_is_not_finished() {
    let mut checked = task("T-1", "A");
    checked.acceptance_checks = vec!["make test".to_owned()];
    let mut world = World::new(vec![checked]);
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(8));
    let slot = landing(&world, "T-1", at(900));
    let land = world.land("T-1");
    drop(world.ask(ANN, None, slot.clone()).unwrap());
    // Without the check no landing becomes gated.
    let bare = gated(&world, "T-1", at(900));
    let refusal = refused(&mut world, ANN, bare);
    no(&refusal, RefusalKind::Rule, "evidence-owed");
    let mut pushed = world.clone();
    pushed.reach(replay(oid(8), oid(1)));
    assert!(!pushed.snapshot.landed(&tid("T-1")), "nobody builds on it");
    for by in [ANN, BOB] {
        let refusal = refused(&mut pushed, by, land.clone());
        assert_ne!(refusal.gate(), "landed", "{refusal}");
    }
    drop(pushed.ask(ANN, None, drop_landing("T-1")).unwrap());
    // With it, whoever comes finishes what was cut short.
    let Verb::Landing {
        task,
        onto,
        result,
        until,
        ..
    } = slot
    else {
        panic!("not a landing");
    };
    let shown = Verb::Landing {
        task,
        onto,
        result,
        until,
        evidence: Some(passing(result, &["make test"])),
    };
    let change = world.ask(ANN, None, shown).unwrap();
    assert!(matches!(
        change.states[0].append.as_slice(),
        [RecordBody::Evidence(_)]
    ));
    world.reach(replay(oid(8), oid(1)));
    assert!(world.snapshot.landed(&tid("T-1")));
    drop(world.ask(BOB, None, land).unwrap());
    assert_eq!(world.state("T-1").status(), Status::Done);
}

#[test]
fn a_conflict_sends_the_work_back_to_its_lane_or_the_queue() {
    for busy in [false, true] {
        let mut world = World::new(vec![task("T-1", "B"), task("T-2", "B")]);
        world.claim(ANN, "T-1");
        world.hand_off(ANN, "T-1", oid(8));
        if busy {
            world.claim(BOB, "T-2");
        }
        drop(world.ask(ANN, None, conflict("T-1", oid(1))).unwrap());
        let state = world.state("T-1");
        assert_eq!(state.epoch, Epoch(1));
        match &state.standing {
            Standing::Todo {
                resume: Some(resume),
            } if busy => {
                assert_eq!(resume.commit, Some(oid(8)));
            }
            Standing::InProgress(_) if !busy => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn work_that_applies_is_not_sent_back() {
    let mut world = two();
    let request: Request = world.request(ANN, None, conflict("T-1", oid(1)));
    world.look_at(&request.verb);
    if let Some(range) = &mut world.snapshot.facts.range {
        range.replayed = Replayed::Unknown;
    }
    let refusal = crate::domain::decide::decide(&world.snapshot, &request).unwrap_err();
    no(&refusal, RefusalKind::Rule, "replay");
}

#[test]
fn a_landing_that_never_reached_the_target_is_undone() {
    let mut world = two();
    let land = world.land("T-1");
    drop(world.ask(ANN, None, land).unwrap());
    let unland = Verb::Unland {
        task: tid("T-1"),
        reason: "the push was torn".to_owned(),
    };
    no(
        &refused(&mut world, BOB, unland.clone()),
        RefusalKind::Rule,
        "landed",
    );
    std::sync::Arc::make_mut(&mut world.snapshot.facts.reachable).clear();
    drop(world.ask(BOB, None, unland).unwrap());
    let Standing::InReview {
        claim,
        submission,
        landing,
    } = &world.state("T-1").standing
    else {
        panic!("not in review");
    };
    assert_eq!(
        (&claim.agent, submission.commit, landing),
        (&agent(ANN), oid(8), &None)
    );
    assert_eq!(world.state("T-1").epoch, Epoch(1));
}

#[test]
fn complete_takes_what_a_forge_landed_or_the_word_of_a_merger() {
    let mut world = two();
    let commit = oid(55);
    no(
        &refused(&mut world, ANN, complete("T-1", commit, false)),
        RefusalKind::Rule,
        "not-on-target",
    );
    std::sync::Arc::make_mut(&mut world.snapshot.facts.reachable).insert(commit);
    let mut forged = world.clone();
    drop(
        forged
            .ask(ANN, None, complete("T-1", commit, false))
            .unwrap(),
    );
    assert_eq!(forged.state("T-1").status(), Status::Done);

    let judge = |world: &mut World, by: &str, on_my_word| {
        let request = world.request(by, None, complete("T-1", commit, on_my_word));
        world.look_at(&request.verb);
        if let Some(range) = &mut world.snapshot.facts.range {
            range.replayed = Replayed::Unknown;
        }
        crate::domain::decide::decide(&world.snapshot, &request)
    };
    no(
        &judge(&mut world, ANN, false).unwrap_err(),
        RefusalKind::Rule,
        "not-the-change",
    );
    no(
        &judge(&mut world, ANN, true).unwrap_err(),
        RefusalKind::Rule,
        "agent-may",
    );
    let change = judge(&mut world, DANA, true).unwrap();
    assert_eq!(change.states[0].state.status(), Status::Done);
    assert_eq!(change.states[0].append.len(), 1, "who vouches is on record");
    let slot = landing(&world, "T-1", at(900));
    drop(world.ask(ANN, None, slot).unwrap());
    no(
        &judge(&mut world, DANA, true).unwrap_err(),
        RefusalKind::Conflict,
        "merge-slot",
    );
}
