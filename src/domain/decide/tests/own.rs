//! Claims and what happens to them: one refusal and one way through each.

use crate::domain::decide::Change;
use crate::domain::fixtures::{
    ANN, BOB, DANA, SKEW, TTL, World, agent, at, block, claim, handoff, lane, note, oid, release,
    task, tid,
};
use crate::domain::policy::Fencing;
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{ClaimWish, Dependents, Verb};
use crate::domain::state::{Epoch, Standing, Status};
use crate::domain::time::Timestamp;

fn two() -> World {
    World::new(vec![task("T-1", "B"), task("T-2", "B")])
}

fn refused(world: &mut World, by: &str, epoch: Option<u32>, verb: Verb) -> Refusal {
    world.ask(by, epoch, verb).unwrap_err()
}

#[track_caller]
fn no(refusal: &Refusal, kind: RefusalKind, gate: &str, says: &str) {
    assert_eq!((refusal.kind, refusal.gate()), (kind, gate), "{refusal}");
    assert!(refusal.to_string().contains(says), "{refusal}");
}

fn renew(id: &str, epoch: u32) -> Verb {
    Verb::Renew {
        tasks: vec![(tid(id), Epoch(epoch))],
    }
}

fn late(world: &mut World) {
    world.pass(u32::try_from(TTL + SKEW + 1).unwrap());
}

#[test]
fn a_claim_carries_who_where_and_until_when() {
    let mut world = two();
    world.claim(ANN, "T-1");
    let state = world.state("T-1").clone();
    let held = state.claim().unwrap();
    assert_eq!(
        (state.epoch, state.status()),
        (Epoch(1), Status::InProgress)
    );
    assert_eq!((&held.agent, &held.lane), (&agent(ANN), &lane("B")));
    assert_eq!(held.branch.as_str(), "agent/B");
    assert_eq!((held.expires_at, held.base), (at(TTL), oid(1)));
}

#[test]
fn a_repeated_claim_answers_as_before_even_once_done() {
    let mut world = two();
    for wish in [claim("T-1"), Verb::Claim(ClaimWish::default())] {
        let mut world = world.clone();
        let request = world.request(ANN, None, wish);
        drop(world.carry_out(&request).unwrap());
        assert_eq!(world.carry_out(&request), Ok(Change::default()));
        world.hand_off(ANN, "T-1", oid(9));
        let land = world.land("T-1");
        drop(world.ask(ANN, None, land).unwrap());
        assert_eq!(world.carry_out(&request), Ok(Change::default()));
    }
    let request = world.request(ANN, None, claim("T-1"));
    drop(world.carry_out(&request).unwrap());
    let mut other = request;
    other.actor.agent = agent(BOB);
    let refusal = world.carry_out(&other).unwrap_err();
    no(
        &refusal,
        RefusalKind::Rule,
        "request-id",
        "claim of `T-1` by @ann",
    );
}

#[test]
fn the_next_claim_says_what_holds_the_rest_back() {
    let mut world = two();
    world.claim(ANN, "T-1");
    let refusal = refused(&mut world, BOB, None, Verb::Claim(ClaimWish::default()));
    no(
        &refusal,
        RefusalKind::Nothing,
        "nothing-ready",
        "1 open, held back 1 by lane-busy",
    );
    let mut empty = World::new(Vec::new());
    let refusal = refused(&mut empty, BOB, None, Verb::Claim(ClaimWish::default()));
    no(
        &refusal,
        RefusalKind::Nothing,
        "nothing-ready",
        "no open task",
    );
}

#[test]
fn p10_a_take_over_fences_the_old_holder_whatever_the_task_became() {
    let mut world = two();
    world.claim(ANN, "T-1");
    late(&mut world);
    world.claim(BOB, "T-1");
    assert_eq!(world.state("T-1").epoch, Epoch(2));
    let record = &world.snapshot.records_of(&tid("T-1"))[0].body;
    assert!(matches!(record, RecordBody::Event { event, .. } if event == "take_over"));
    let cancel = Verb::Cancel {
        task: tid("T-1"),
        reason: "no".to_owned(),
        dependents: Dependents::None,
    };
    let verbs = [
        release("T-1"),
        handoff("T-1", oid(9)),
        block("T-1", None),
        note("T-1"),
        cancel,
    ];
    let all_fenced = |world: &mut World| {
        for verb in verbs.clone() {
            let refusal = refused(world, ANN, Some(1), verb);
            no(
                &refusal,
                RefusalKind::Conflict,
                "fenced",
                "epoch 1 is over, epoch 2 is in force",
            );
            assert_eq!(refusal.epoch, Some(Epoch(2)));
        }
        let refusal = refused(world, ANN, None, renew("T-1", 1));
        no(&refusal, RefusalKind::Conflict, "fenced", "epoch 2");
    };
    all_fenced(&mut world);
    world.hand_off(BOB, "T-1", oid(8));
    all_fenced(&mut world);
    let land = world.land("T-1");
    no(
        &refused(&mut world, ANN, Some(1), land.clone()),
        RefusalKind::Conflict,
        "fenced",
        "",
    );
    drop(world.ask(BOB, Some(2), land).unwrap());
    all_fenced(&mut world);
}

#[test]
fn strict_fencing_asks_for_the_epoch() {
    let mut world = two().rules(|rules| rules.policy.fencing = Fencing::Strict);
    world.claim(ANN, "T-1");
    let refusal = refused(&mut world, ANN, None, release("T-1"));
    no(&refusal, RefusalKind::Rule, "fencing", "asks for the epoch");
    drop(world.ask(ANN, Some(1), release("T-1")).unwrap());
}

#[test]
fn p11_a_clock_behind_the_ledger_takes_nothing_over() {
    let mut world = two();
    world.claim(ANN, "T-1");
    world.snapshot.tip_time = at(TTL * 10);
    late(&mut world);
    let refusal = refused(&mut world, BOB, None, claim("T-1"));
    no(
        &refusal,
        RefusalKind::Rule,
        "clock",
        "before the ledger's last moment",
    );
    let expire = |trust_clock| Verb::Expire { trust_clock };
    no(
        &refused(&mut world, BOB, None, expire(false)),
        RefusalKind::Rule,
        "clock",
        "",
    );
    let trusting = Verb::Claim(ClaimWish {
        task: Some(tid("T-1")),
        trust_clock: true,
        ..ClaimWish::default()
    });
    drop(world.ask(BOB, None, trusting).unwrap());
    assert_eq!(world.state("T-1").epoch, Epoch(2));
}

#[test]
fn p11_a_clock_that_has_jumped_takes_nothing_over_until_it_is_trusted() {
    let mut world = two();
    world.claim(ANN, "T-1");
    late(&mut world);
    for (jump, may) in [(SKEW + 1, false), (-SKEW - 1, false), (SKEW, true)] {
        let mut one = world.clone();
        let mut request = one.request(BOB, None, claim("T-1"));
        request.actor.clock_jump = Some(jump);
        let carried_out = one.carry_out(&request);
        assert_eq!(carried_out.is_ok(), may, "{jump}");
        let mut request = one.request(BOB, None, Verb::Expire { trust_clock: false });
        request.actor.clock_jump = Some(jump);
        if let Err(refusal) = carried_out {
            no(&refusal, RefusalKind::Rule, "clock", "has jumped by");
            let refusal = one.carry_out(&request).unwrap_err();
            no(&refusal, RefusalKind::Rule, "clock", "has jumped by");
            request.verb = Verb::Expire { trust_clock: true };
            drop(one.carry_out(&request).unwrap());
        }
    }
}

#[test]
fn p12_fifty_claims_of_an_agent_beat_in_one_change_each_half_lease() {
    let ids: Vec<String> = (1..=50).map(|n| format!("T-{n}")).collect();
    let tasks = ids.iter().map(|id| task(id, "B")).collect();
    let mut world = World::new(tasks).rules(|rules| {
        let role = rules.policy.roles.get_mut("B").unwrap();
        role.lanes = 50;
    });
    for id in &ids {
        world.claim(ANN, id);
    }
    let beat = Verb::Renew {
        tasks: ids.iter().map(|id| (tid(id), Epoch(1))).collect(),
    };
    for _ in 0..16 {
        world.pass(u32::try_from(TTL / 2).unwrap());
        let change = world.ask(ANN, None, beat.clone()).unwrap();
        assert_eq!(change.states.len(), 50, "one change, one ledger commit");
    }
    // What else the holder says in between renews once half has passed, and costs no commit more.
    world.pass(u32::try_from(TTL / 2).unwrap());
    drop(world.ask(ANN, Some(1), note("T-1")).unwrap());
    let until = |id: &str| world.state(id).claim().unwrap().expires_at.seconds();
    assert_eq!(until("T-1"), until("T-2") + TTL / 2);
}

#[test]
fn the_last_epoch_is_the_last() {
    let mut world = two();
    let mut state = world.state("T-1").clone();
    state.epoch = Epoch(u32::MAX);
    world.snapshot.states.insert(tid("T-1"), state);
    let refusal = refused(&mut world, ANN, None, claim("T-1"));
    no(&refusal, RefusalKind::Rule, "epoch-exhausted", "last one");
}

#[test]
fn a_take_over_leaves_an_unconfirmed_scope_unconfirmed() {
    let mut world = two();
    world.claim(ANN, "T-1");
    let mut state = world.state("T-1").clone();
    state.standing = Standing::AwaitingScope(state.claim().unwrap().clone());
    world.snapshot.states.insert(tid("T-1"), state);
    late(&mut world);
    world.claim(BOB, "T-1");
    assert_eq!(world.state("T-1").status(), Status::AwaitingScope);
    assert_eq!(world.state("T-1").epoch, Epoch(2));
}

#[test]
fn only_the_holder_gives_back_except_by_force() {
    let mut world = two();
    no(
        &refused(&mut world, ANN, None, release("T-1")),
        RefusalKind::Rule,
        "lifecycle",
        "todo",
    );
    world.claim(ANN, "T-1");
    let refusal = refused(&mut world, BOB, None, release("T-1"));
    no(
        &refusal,
        RefusalKind::Rule,
        "not-holder",
        "held by @ann, not by @bob",
    );
    assert_eq!(refusal.holder().unwrap().agent, Some(agent(ANN)));
    let force = |reason: Option<&str>| Verb::Release {
        task: tid("T-1"),
        force: true,
        reason: reason.map(str::to_owned),
        saved: None,
    };
    let refusal = refused(&mut world, BOB, None, force(Some("x")));
    no(&refusal, RefusalKind::Rule, "agent-may", "may not admin");
    for reason in [None, Some(" ")] {
        let refusal = refused(&mut world, DANA, None, force(reason));
        no(&refusal, RefusalKind::Rule, "reason-owed", "owes a reason");
    }
    drop(world.ask(DANA, None, force(Some("gone home"))).unwrap());
    assert_eq!(
        (world.state("T-1").status(), world.state("T-1").epoch),
        (Status::Todo, Epoch(1))
    );
}

#[test]
fn a_late_renewal_works_while_the_lane_is_free() {
    let mut world = two();
    world.claim(ANN, "T-1");
    late(&mut world);
    drop(world.ask(ANN, None, renew("T-1", 1)).unwrap());
    late(&mut world);
    world.claim(BOB, "T-2");
    let refusal = refused(&mut world, ANN, None, renew("T-1", 1));
    no(
        &refusal,
        RefusalKind::Conflict,
        "lane-busy",
        "lane B is busy with `T-2`, held by @bob",
    );
    assert_eq!(refusal.holder().unwrap().task, Some(tid("T-2")));
}

#[test]
fn p11_a_slow_clock_renews_no_claim_whose_lane_is_gone() {
    let mut world = two();
    world.claim(ANN, "T-1");
    late(&mut world);
    world.claim(BOB, "T-2");
    world.now = at(10);
    let refusal = refused(&mut world, ANN, None, renew("T-1", 1));
    no(&refusal, RefusalKind::Conflict, "lane-busy", "`T-2`");
}

#[test]
fn of_two_late_claims_in_one_lane_one_renewal_revives_one() {
    let mut world = two();
    world.claim(ANN, "T-1");
    late(&mut world);
    world.claim(ANN, "T-2");
    late(&mut world);
    let both = Verb::Renew {
        tasks: vec![(tid("T-1"), Epoch(1)), (tid("T-2"), Epoch(1))],
    };
    no(
        &refused(&mut world, ANN, None, both),
        RefusalKind::Conflict,
        "lane-busy",
        "`T-1`",
    );
}

#[test]
fn a_late_holder_may_still_hand_off_block_or_release() {
    for verb in [
        release("T-1"),
        block("T-1", None),
        handoff("T-1", oid(9)),
        note("T-1"),
    ] {
        let mut world = two();
        world.claim(ANN, "T-1");
        late(&mut world);
        world.claim(BOB, "T-2");
        drop(world.ask(ANN, Some(1), verb).unwrap());
        let now = world.now;
        let policy = &world.snapshot.rules.policy;
        assert_eq!(world.snapshot.states.occupying(policy, now).count(), 1);
    }
}

#[test]
fn expire_gives_back_exactly_what_has_expired() {
    let mut world = World::new(vec![task("T-1", "B"), task("T-2", "A")]);
    world.claim(ANN, "T-1");
    world.now = at(TTL);
    world.claim(BOB, "T-2");
    let expire = Verb::Expire { trust_clock: false };
    world.now = at(TTL + SKEW);
    let refusal = refused(&mut world, DANA, None, expire.clone());
    no(
        &refusal,
        RefusalKind::Nothing,
        "nothing-expired",
        "no claim has expired",
    );
    world.now = at(TTL + SKEW + 1);
    drop(world.ask(DANA, None, expire).unwrap());
    assert_eq!(world.state("T-1").status(), Status::Todo);
    assert_eq!(world.state("T-2").status(), Status::InProgress);
}

#[test]
fn a_block_owes_a_reason_and_a_blocker_that_can_end_it() {
    let mut world = two();
    world.finish(ANN, "T-2", oid(9));
    world.claim(ANN, "T-1");
    let blank = Verb::Block {
        task: tid("T-1"),
        reason: " ".to_owned(),
        by: None,
        saved: None,
    };
    no(
        &refused(&mut world, ANN, None, blank),
        RefusalKind::Rule,
        "reason-owed",
        "",
    );
    for (by, gate) in [
        ("T-1", "block-self"),
        ("X-1", "task-unknown"),
        ("T-2", "block-landed"),
    ] {
        let refusal = refused(&mut world, ANN, None, block("T-1", Some(by)));
        no(&refusal, RefusalKind::Rule, gate, "");
    }
}

#[test]
fn an_unblocked_task_goes_on_only_where_lane_and_group_are_free() {
    let grouped = |id, of| {
        let mut one = task(id, of);
        one.exclusive = vec!["db".parse().unwrap()];
        one
    };
    let tasks = vec![grouped("T-1", "A"), grouped("T-2", "B"), task("T-3", "A")];
    let unblock = Verb::Unblock { task: tid("T-1") };
    for taken in [None, Some("T-2"), Some("T-3")] {
        let mut world = World::new(tasks.clone());
        world.claim(ANN, "T-1");
        drop(world.ask(ANN, None, block("T-1", None)).unwrap());
        if let Some(other) = taken {
            world.claim(BOB, other);
        }
        drop(world.ask(ANN, Some(1), unblock.clone()).unwrap());
        let state = world.state("T-1");
        assert_eq!(state.epoch, Epoch(1));
        match (&state.standing, taken) {
            (Standing::InProgress(claim), None) => assert_eq!(claim.agent, agent(ANN)),
            (
                Standing::Todo {
                    resume: Some(resume),
                },
                Some(_),
            ) => {
                assert_eq!((&resume.agent, &resume.lane), (&agent(ANN), &lane("A")));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_block_ends_by_itself_when_its_blocker_lands() {
    let mut world = World::new(vec![task("T-1", "A"), task("T-2", "B")]);
    world.claim(ANN, "T-1");
    drop(world.ask(ANN, None, block("T-1", Some("T-2"))).unwrap());
    let refusal = refused(&mut world, BOB, None, claim("T-1"));
    no(
        &refusal,
        RefusalKind::Conflict,
        "task-blocked",
        "blocked by `T-2`: waits",
    );
    world.finish(BOB, "T-2", oid(9));
    world.claim(BOB, "T-1");
    assert_eq!(world.state("T-1").epoch, Epoch(2));
    let refusal = refused(&mut world, ANN, Some(1), Verb::Unblock { task: tid("T-1") });
    no(&refusal, RefusalKind::Conflict, "fenced", "");
}

#[test]
fn any_verb_of_the_holder_renews_from_half_of_the_lease() {
    for (moment, until) in [(TTL / 2 - 1, TTL), (TTL / 2, TTL / 2 + TTL)] {
        let mut world = two();
        world.claim(ANN, "T-1");
        world.now = at(moment);
        drop(world.ask(ANN, None, note("T-1")).unwrap());
        let expires: Timestamp = world.state("T-1").claim().unwrap().expires_at;
        assert_eq!(expires, at(until));
    }
}

#[test]
fn p11_a_lease_is_not_over_before_it_begins() {
    let mut world = World::new(vec![task("T-1", "A"), task("T-2", "A")]);
    let early = world.now;
    for (after, begins) in [(TTL + SKEW, true), (TTL + SKEW + 1, false)] {
        let mut world = world.clone();
        world.pass(u32::try_from(after).unwrap());
        drop(world.ask(BOB, None, note("T-2")).unwrap());
        world.now = early;
        let next = Verb::Claim(ClaimWish::default());
        assert_eq!(world.clone().ask(ANN, None, next).is_ok(), begins);
        let claimed = world.ask(ANN, None, claim("T-1"));
        assert_eq!(claimed.is_ok(), begins, "{after}");
        if let Err(refusal) = claimed {
            assert_eq!(refusal.gate(), "clock", "{refusal}");
            let trusted = Verb::Claim(ClaimWish {
                task: Some(tid("T-1")),
                trust_clock: true,
                ..ClaimWish::default()
            });
            drop(world.ask(ANN, None, trusted).unwrap());
        }
    }
    drop(world.ask(ANN, None, claim("T-1")).unwrap());
}
