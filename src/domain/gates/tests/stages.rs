//! The gates of stage contracts: `check` and `holds` say the same, whoever asks.

use crate::domain::fixtures::{ANN, BOB, World, agent, task, tid};
use crate::domain::gates::{CLAIM, ClaimCase};
use crate::domain::id::WorkstationName;
use crate::domain::machines;
use crate::domain::progress::{Gap, Progress, Proposal};
use crate::domain::stage::{GateWord, Stage, StageContract, StageGate, StageTerms};
use crate::domain::state::TaskState;
use crate::domain::time::Span;

fn place(name: &str) -> WorkstationName {
    name.parse().unwrap()
}

fn world(stage: Stage, terms: StageTerms) -> World {
    let mut one = task("T-1", "A");
    one.stages = Some(StageContract {
        stages: [(stage, terms)].into_iter().collect(),
    });
    World::new(vec![one]).rules(|rules| {
        let registered = &mut rules.workstations.workstations;
        let mut far = registered[&place("ws-1")].clone();
        far.hosts = vec!["host-9".to_owned()];
        far.capabilities = vec!["gpu".to_owned()];
        registered.insert(place("ws-3"), far);
    })
}

fn paused(mut world: World, proposal: Option<Proposal>) -> World {
    let gap = Gap {
        priority: 1,
        reason: "no machine".to_owned(),
        missing: Vec::new(),
        proposal,
        by: agent(ANN),
        at: world.now,
    };
    let progress = Progress {
        gap: Some(gap),
        ..Progress::default()
    };
    let state = TaskState::default().progressed(progress);
    world.snapshot.states.insert(tid("T-1"), state);
    world
}

fn worlds() -> Vec<World> {
    let gpu = StageTerms {
        agent: Some(agent(ANN)),
        workstations: vec![place("ws-3")],
        capabilities: vec!["gpu".to_owned()],
        ..StageTerms::default()
    };
    let gates = StageGate::ALL.iter().map(|gate| GateWord::Known(*gate));
    let gates = gates.chain([GateWord::of("odd".parse().unwrap())]);
    let mut worlds: Vec<World> = gates
        .map(|gate| StageTerms {
            gate: Some(gate),
            ..gpu.clone()
        })
        .map(|terms| world(Stage::Execute, terms))
        .collect();
    let plain = world(Stage::Execute, StageTerms::default());
    let until = |seconds| {
        let until = plain.now.plus(Span::from_seconds(seconds));
        Some(Proposal::Until(until))
    };
    worlds.extend([
        world(Stage::Plan, StageTerms::default()),
        world(Stage::Execute, gpu),
        paused(plain.clone(), None),
        paused(plain.clone(), Some(Proposal::Workstation(place("ws-3")))),
        paused(plain.clone(), until(5)),
        paused(plain.clone(), until(0)),
        plain,
    ]);
    worlds
}

#[test]
fn gates_of_stages_say_the_same_in_words_and_without() {
    let mut refused = 0;
    for world in worlds() {
        let task = world.snapshot.plan.get(&tid("T-1")).unwrap();
        for by in [None, Some(ANN), Some(BOB)] {
            for name in ["ws-1", "ws-3", "ws-9"] {
                for remote in [None, Some(""), Some("ticket")] {
                    let (by, name) = (by.map(agent), place(name));
                    let case = ClaimCase {
                        agent: by.as_ref(),
                        workstation: by.as_ref().map(|_| &name),
                        host: Some("host-1"),
                        remote,
                        ..ClaimCase::open(&world.snapshot, task, world.now)
                    };
                    for gate in CLAIM {
                        let said = (gate.check)(&case).iter().all(|unmet| unmet.warning);
                        assert_eq!((gate.holds)(&case), said, "{} {case:?}", gate.page.id);
                        for unmet in (gate.check)(&case) {
                            assert!(gate.page.covers(unmet.gate), "{}", unmet.gate);
                        }
                        refused += usize::from(!said);
                    }
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_contract_admits_machines_of_its_scope_with_what_it_asks_for() {
    let gpu = |workstations: &[&str]| StageTerms {
        workstations: workstations.iter().map(|name| place(name)).collect(),
        capabilities: vec!["gpu".to_owned()],
        ..StageTerms::default()
    };
    let admits = |world: &World, name: &str| {
        let task = world.snapshot.plan.get(&tid("T-1")).unwrap();
        machines::admits(&world.snapshot, task, &place(name), world.now)
    };
    let any = world(Stage::Execute, gpu(&[]));
    assert_eq!(
        ["ws-1", "ws-3", "ws-9"].map(|name| admits(&any, name)),
        [false, true, false]
    );
    let other = world(Stage::Execute, gpu(&["ws-1"]));
    assert!(!admits(&other, "ws-3"), "not in scope");
    let before = world(Stage::Plan, gpu(&["ws-1"]));
    assert!(
        admits(&before, "ws-3"),
        "the scope of planning is not that of the claim"
    );
}
