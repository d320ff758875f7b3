//! What a claim occupies (lane, exclusive group, reserved paths) is asked for wherever a task comes
//! to work: at its claim, and when it comes back after a block, a review, a conflict, its lease.

use crate::domain::fixtures::{
    ANN, BOB, DANA, EVE, SKEW, TTL, World, block, claim, globs, lane, oid, task, tid,
};
use crate::domain::policy::Reservations;
use crate::domain::record::{Finding, Severity, Verdict};
use crate::domain::request::{ReviewWish, Verb};
use crate::domain::state::{Epoch, Status};
use crate::domain::task::Task;

/// What two tasks may both want.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    PinnedLane,
    Group,
    Paths,
}

const ALL: [(Wanted, &str); 3] = [
    (Wanted::PinnedLane, "lane-busy"),
    (Wanted::Group, "exclusive-group"),
    (Wanted::Paths, "path-reservation"),
];

/// `T-1` and `T-2`, which want the same thing and nothing else, and `T-3`, which wants none of it.
fn world(wanted: Wanted) -> World {
    let of = |id, role| -> Task {
        let mut one = task(id, role);
        match wanted {
            Wanted::PinnedLane => {
                one = task(id, "A");
                one.lane = Some(lane("A:2"));
            }
            Wanted::Group => one.exclusive = vec!["db".parse().unwrap()],
            Wanted::Paths => one.owned_paths = globs(&["src/**"]),
        }
        one
    };
    let apart = task(
        "T-3",
        if wanted == Wanted::PinnedLane {
            "A"
        } else {
            "B"
        },
    );
    World::new(vec![of("T-1", "A"), of("T-2", "B"), apart])
        .rules(|rules| rules.policy.path_reservations = Reservations::Refuse)
}

#[test]
fn a_claim_is_refused_while_another_task_occupies_what_it_wants() {
    for (wanted, gate) in ALL {
        let mut world = world(wanted);
        world.claim(BOB, "T-2");
        let refusal = world.ask(ANN, None, claim("T-1")).unwrap_err();
        assert_eq!(refusal.gate(), gate, "{refusal}");
        assert_eq!(refusal.holder().unwrap().task, Some(tid("T-2")));
        drop(world.ask(BOB, None, block("T-2", None)).unwrap());
        world.claim(ANN, "T-1");
    }
}

#[test]
fn a_late_renewal_is_refused_while_another_task_occupies_what_it_held() {
    let renew = || Verb::Renew {
        tasks: vec![(tid("T-1"), Epoch(1))],
    };
    for (wanted, gate) in ALL {
        for (other, free) in [("T-2", false), ("T-3", true)] {
            let mut world = world(wanted);
            world.claim(ANN, "T-1");
            world.pass(u32::try_from(TTL + SKEW + 1).unwrap());
            world.claim(BOB, other);
            match world.ask(ANN, None, renew()) {
                Ok(_) => assert!(free, "{wanted:?}"),
                Err(refusal) => assert_eq!((refusal.gate(), free), (gate, false), "{refusal}"),
            }
        }
    }
}

/// How a task that left its lane comes back to work.
fn ways_back() -> [(&'static str, Verb, Verb); 3] {
    let task = || tid("T-1");
    let handoff = crate::domain::fixtures::handoff("T-1", oid(9));
    let finding = Finding::new(Severity::Major, "src/a", "mend");
    let revise = Verb::Review {
        task: task(),
        review: ReviewWish {
            findings: vec![finding],
            ..ReviewWish::new(oid(9), Verdict::Revise)
        },
    };
    let conflict = Verb::Conflict {
        task: task(),
        onto: oid(1),
    };
    [
        (ANN, block("T-1", None), Verb::Unblock { task: task() }),
        (EVE, handoff.clone(), revise),
        (DANA, handoff, conflict),
    ]
}

#[test]
fn a_task_comes_back_to_work_only_where_what_it_wants_is_free() {
    for (wanted, _) in ALL {
        for (by, leave, back) in ways_back() {
            for (other, status) in [("T-2", Status::Todo), ("T-3", Status::InProgress)] {
                let mut world = world(wanted);
                world.claim(ANN, "T-1");
                drop(world.ask(ANN, None, leave.clone()).unwrap());
                world.claim(BOB, other);
                drop(world.ask(by, None, back.clone()).unwrap());
                let state = world.state("T-1");
                let told = format!("{wanted:?} {} {other}", back.word());
                assert_eq!((state.status(), state.epoch), (status, Epoch(1)), "{told}");
            }
        }
    }
}
