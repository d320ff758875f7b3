//! Random histories of three agents with three bad clocks: the invariants after every step.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::domain::decide::{Change, decide};
use crate::domain::fixtures::{
    ANN, BOB, DANA, World, at, claim, handoff, lane, note, oid, release, replay, task, tid,
};
use crate::domain::gates::{self, ClaimCase};
use crate::domain::id::TaskId;
use crate::domain::lifecycle::{self, Event};
use crate::domain::policy::Reservations;
use crate::domain::ready::{self, Filter};
use crate::domain::record::{Finding, Severity, Verdict};
use crate::domain::refusal::Refusal;
use crate::domain::request::{ClaimWish, Dependents, Request, ReviewWish, Verb};
use crate::domain::snapshot::{Snapshot, States};
use crate::domain::state::{Epoch, Standing, Status};
use crate::domain::time::Timestamp;

const TASKS: [&str; 8] = ["T-0", "T-1", "T-2", "T-3", "T-4", "T-5", "T-6", "T-7"];

fn world() -> World {
    let mut tasks: Vec<_> = TASKS
        .iter()
        .enumerate()
        .map(|(n, id)| task(id, if n < 6 { "A" } else { "B" }))
        .collect();
    tasks[2].depends_on = vec![tid("T-0")];
    tasks[4].depends_on = vec![tid("T-2"), tid("T-1")];
    for n in [1, 3, 6] {
        tasks[n].exclusive = vec!["db".parse().unwrap()];
    }
    tasks[5].lane = Some(lane("A:2"));
    for n in [0, 1, 7] {
        tasks[n].owned_paths = crate::domain::fixtures::globs(&["src/**"]);
    }
    for (n, order) in [(6, 1), (7, 2)] {
        tasks[n].parent = Some(tid("T-5"));
        tasks[n].merge_order = Some(order);
    }
    World::new(tasks).rules(|rules| rules.policy.path_reservations = Reservations::Refuse)
}

/// One step: who (from 3 on the task's holder), with which epoch, what, about which task, and what that agent's clock shows.
#[derive(Debug, Clone)]
struct Step {
    who: usize,
    epoch: Shown,
    verb: u8,
    task: usize,
    other: usize,
    moved: i64,
    off: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    None,
    Current,
    Earlier,
    Later,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let shown = prop_oneof![
        3 => Just(Shown::None),
        5 => Just(Shown::Current),
        1 => Just(Shown::Earlier),
        1 => Just(Shown::Later),
    ];
    let moved = prop_oneof![9 => 0i64..300, 1 => 600i64..9000];
    let off = prop_oneof![9 => Just(0i64), 1 => -9000i64..9000];
    let tasks = || prop_oneof![2 => 0..4usize, 1 => 0..8usize];
    let step = (0..9usize, shown, 0u8..26, tasks(), tasks(), moved, off);
    let step = step.prop_map(|(who, epoch, verb, task, other, moved, off)| Step {
        who,
        epoch,
        verb,
        task,
        other,
        moved,
        off,
    });
    prop::collection::vec(step, 1..90)
}

fn verb(world: &World, step: &Step, serial: u8) -> Verb {
    let id = TASKS[step.task];
    let onto = world.snapshot.rules.at;
    let submitted = match &world.state(id).standing {
        Standing::InReview { submission, .. } => Some(submission.commit),
        _ => None,
    };
    let result = submitted.map_or(onto, |tip| replay(tip, onto));
    let reason = "because".to_owned();
    match step.verb {
        0..=3 => claim(id),
        4 => Verb::Claim(ClaimWish {
            trust_clock: true,
            ..ClaimWish::default()
        }),
        5 => Verb::Claim(ClaimWish {
            lane: Some(lane("A:2")),
            ..ClaimWish::default()
        }),
        6 => Verb::Renew {
            tasks: [id, TASKS[step.other]]
                .iter()
                .map(|id| (tid(id), world.state(id).epoch))
                .collect(),
        },
        7 => Verb::Renew {
            tasks: vec![(tid(id), world.state(id).epoch)],
        },
        8 => release(id),
        9 => Verb::Release {
            task: tid(id),
            force: true,
            reason: Some(reason),
            saved: Some(oid(serial)),
        },
        10 => Verb::Expire { trust_clock: false },
        11 => Verb::Block {
            task: tid(id),
            reason,
            by: Some(tid(TASKS[step.other])),
            saved: Some(oid(serial)),
        },
        12 | 13 => Verb::Unblock { task: tid(id) },
        14 => Verb::Cancel {
            task: tid(id),
            reason,
            dependents: Dependents::Keep,
        },
        15 => Verb::Reopen {
            task: tid(id),
            reason,
        },
        16 => Verb::Return {
            task: tid(id),
            reason,
            saved: None,
        },
        17 => note(id),
        18 | 19 | 24 => handoff(id, oid(serial)),
        20 | 25 => Verb::Review {
            task: tid(id),
            review: ReviewWish {
                findings: vec![Finding::new(Severity::Major, "src/a", "no")],
                ..ReviewWish::new(submitted.unwrap_or(onto), Verdict::ALL[step.other % 4])
            },
        },
        21 => Verb::Landing {
            task: tid(id),
            onto,
            result,
            until: world.now.plus(crate::domain::time::Span::from_seconds(900)),
            evidence: None,
        },
        22 => Verb::Conflict {
            task: tid(id),
            onto,
        },
        _ => world.land(id),
    }
}

fn ask(world: &mut World, step: &Step, serial: u8) -> Request {
    let verb = verb(world, step, serial);
    let current = world.state(TASKS[step.task]).epoch.0;
    let epoch = match step.epoch {
        Shown::None => None,
        Shown::Current => Some(current),
        Shown::Earlier => Some(current.saturating_sub(1)),
        Shown::Later => Some(current + 1),
    };
    let holder = world.state(TASKS[step.task]).claim();
    let who = match holder {
        _ if matches!(verb, Verb::Review { .. }) => DANA.to_owned(),
        Some(claim) if step.who > 2 => claim.agent.to_string(),
        _ => [ANN, BOB, DANA][step.who % 3].to_owned(),
    };
    let mut request = world.request(&who, epoch, verb);
    request.at = Timestamp::from_seconds(request.at.seconds() + step.off);
    request
}

/// The same snapshot, its maps filled in another order.
fn shuffled(snapshot: &Snapshot) -> Snapshot {
    let mut states: Vec<_> = snapshot.states.iter().collect();
    states.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    let states: States = states
        .into_iter()
        .map(|(id, state)| (id.clone(), state.clone()))
        .collect();
    Snapshot {
        states,
        ..snapshot.clone()
    }
}

fn judged_alike(snapshot: &Snapshot, request: &Request) -> Result<Change, Refusal> {
    let first = decide(snapshot, request);
    assert_eq!(first, decide(snapshot, request));
    assert_eq!(first, decide(&shuffled(snapshot), request));
    first
}

/// Every lane and exclusive group has at most one task in progress at `now`.
fn one_owner(snapshot: &Snapshot, now: Timestamp) {
    let mut lanes = BTreeMap::new();
    let mut groups = BTreeMap::new();
    for (id, claim) in snapshot.states.occupying(&snapshot.rules.policy, now) {
        if let Some(other) = lanes.insert(claim.lane.clone(), id) {
            panic!("lane {} has `{other}` and `{id}`", claim.lane);
        }
        for group in &snapshot.plan.get(id).unwrap().exclusive {
            if let Some(other) = groups.insert(group.clone(), id) {
                panic!("group {group} has `{other}` and `{id}`");
            }
        }
    }
}

fn by_the_table(from: Status, to: Status) -> bool {
    let step = |from, to| {
        Event::ALL
            .iter()
            .any(|e| lifecycle::next(from, *e) == Some(to))
    };
    // A claim of a task whose block is over is two steps in one commit.
    from == to || step(from, to) || (from, to) == (Status::Blocked, Status::InProgress)
}

fn change_is_lawful(before: &Snapshot, request: &Request, change: &Change) {
    let claims = matches!(request.verb, Verb::Claim(_));
    let mut seen = BTreeSet::new();
    for one in &change.states {
        assert!(seen.insert(&one.task), "`{}` changes twice", one.task);
        let old = before.states.get(&one.task);
        let grown = Epoch(old.epoch.0 + u32::from(claims));
        assert_eq!(one.state.epoch, grown, "{request:?}");
        let (from, to) = (old.status(), one.state.status());
        assert!(by_the_table(from, to), "{from} → {to} by {request:?}");
        if from != to && to == Status::Done {
            assert!(matches!(
                request.verb,
                Verb::Land { .. } | Verb::Complete { .. }
            ));
        }
        if let (false, Some(was), Some(is)) = (claims, old.claim(), one.state.claim()) {
            assert_eq!((&was.id, &was.agent), (&is.id, &is.agent));
            assert_eq!((&was.lane, was.claimed_at), (&is.lane, is.claimed_at));
            assert!(is.expires_at >= was.expires_at, "a lease got shorter");
        }
        if claims {
            let needs = &before.plan.get(&one.task).unwrap().depends_on;
            assert!(needs.iter().all(|need| before.landed(need)));
        }
    }
}

/// A stale or invented epoch changes nothing, whatever the verb.
fn fenced(before: &Snapshot, request: &Request, outcome: &Result<Change, Refusal>) {
    let unfenced = matches!(request.verb, Verb::Claim(_) | Verb::Renew { .. });
    let (Some(shown), Some(id), false) = (request.actor.epoch, request.verb.task(), unfenced)
    else {
        return;
    };
    if shown != before.states.get(id).epoch {
        let refusal = outcome.as_ref().unwrap_err();
        assert_eq!(refusal.gate(), "fenced", "{refusal}");
    }
}

/// What a gate says without words and in words is the same, and so is what `ready` lists.
fn gates_agree(snapshot: &Snapshot, now: Timestamp) {
    let listed: BTreeSet<&TaskId> = ready::ready(snapshot, Filter::default(), now)
        .map(|task| &task.id)
        .collect();
    let name = crate::domain::fixtures::agent(ANN);
    for task in snapshot.plan.iter() {
        let mut case = ClaimCase {
            workstation: snapshot.rules.workstations.default.as_ref(),
            ..ClaimCase::open(snapshot, task, now)
        };
        let free = case.unmet().iter().all(|unmet| unmet.warning);
        assert_eq!(listed.contains(&task.id), free, "`{}`", task.id);
        case.agent = Some(&name);
        for gate in gates::CLAIM {
            let said = (gate.check)(&case).iter().all(|unmet| unmet.warning);
            assert_eq!(
                (gate.holds)(&case),
                said,
                "{} of `{}`",
                gate.page.id,
                task.id
            );
        }
    }
}

fn run(steps: &[Step]) -> BTreeMap<&'static str, usize> {
    let mut world = world();
    let mut latest = at(0);
    let mut carried: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        world.pass(u32::try_from(step.moved).unwrap());
        let request = ask(&mut world, step, u8::try_from(n).unwrap() + 10);
        latest = latest.max(request.at);
        world.look_at(&request.verb);
        let before = world.snapshot.clone();
        let outcome = judged_alike(&before, &request);
        fenced(&before, &request, &outcome);
        if let Ok(change) = &outcome {
            change_is_lawful(&before, &request, change);
            drop(world.carry_out(&request).unwrap());
            *carried.entry(request.verb.word()).or_default() += 1;
            if matches!(request.verb, Verb::Claim(_)) {
                let again = decide(&world.snapshot, &request);
                assert_eq!(again, Ok(Change::default()), "a repeated claim");
            }
        }
        for (id, records) in &before.records {
            let now = &world.snapshot.records[id];
            assert!(now.starts_with(records), "records of `{id}` changed");
        }
        one_owner(&world.snapshot, latest);
        if n % 3 == 0 {
            gates_agree(&world.snapshot, request.at);
        }
    }
    carried
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn p01_p10_p17_every_history_keeps_the_law(steps in steps()) {
        run(&steps);
    }
}

#[test]
fn histories_reach_every_verb() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut carried: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..100 {
        let history = steps().new_tree(&mut runner).unwrap().current();
        for (verb, times) in run(&history) {
            *carried.entry(verb).or_default() += times;
        }
    }
    for verb in [
        "claim", "renew", "release", "expire", "block", "unblock", "cancel", "reopen", "return",
        "note", "handoff", "review", "landing", "land", "conflict",
    ] {
        assert!(carried.contains_key(verb), "no {verb} in {carried:?}");
    }
}
