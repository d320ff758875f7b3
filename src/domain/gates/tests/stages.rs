//! The gates of stage contracts: `check` and `holds` say the same, whoever asks.

use crate::domain::fixtures::{ANN, BOB, World, agent, planned, task, tid};
use crate::domain::gates::{CLAIM, ClaimCase, shut};
use crate::domain::id::WorkstationName;
use crate::domain::machines::{self, Work};
use crate::domain::progress::{Approval, Gap, Passage, Progress, Proposal};
use crate::domain::stage::{GateWord, Stage, StageContract, StageGate, StageTerms};
use crate::domain::state::TaskState;
use crate::domain::time::Span;
use crate::domain::workstation::{Workstation, WorkstationState};

fn place(name: &str) -> WorkstationName {
    name.parse().unwrap()
}

fn world(stage: Stage, terms: StageTerms) -> World {
    contracted(&[(stage, terms)])
}

fn contracted(stages: &[(Stage, StageTerms)]) -> World {
    let mut one = task("T-1", "A");
    one.stages = Some(StageContract {
        stages: stages.iter().cloned().collect(),
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

/// A stage passed by ANN, and perhaps approved since.
fn passed(mut world: World, stage: Stage, note: Option<&str>, by: Option<&str>) -> World {
    let approval = by.map(|by| Approval {
        stage,
        by: agent(by),
        at: world.now,
    });
    let passage = Passage {
        stage,
        by: agent(ANN),
        at: world.now,
        workstation: None,
        fallback: false,
        note: note.map(str::to_owned),
    };
    let progress = Progress {
        approved: approval.into_iter().collect(),
        ..Progress::default()
    };
    let state = TaskState::default().progressed(progress.with(passage));
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
    for gate in [StageGate::PlanApproved, StageGate::Evidence] {
        let gated = StageTerms {
            gate: Some(GateWord::Known(gate)),
            ..StageTerms::default()
        };
        for judge in [Stage::Plan, Stage::PlanReview] {
            let stages = [
                (judge, StageTerms::default()),
                (Stage::Execute, gated.clone()),
            ];
            let fresh = contracted(&stages);
            for (note, approved_by) in [(None, None), (Some("n"), Some(ANN)), (None, Some(BOB))] {
                worlds.push(passed(fresh.clone(), judge, note, approved_by));
            }
            worlds.push(fresh);
        }
    }
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

#[test]
fn what_a_machine_lacks_is_the_same_in_words_and_without() {
    let mut worlds = worlds();
    for edit in [
        |known: &mut Workstation| known.state = WorkstationState::Quarantined,
        |known: &mut Workstation| known.wip_limit = Some(0),
        |known: &mut Workstation| known.task_types = vec!["ui".parse().unwrap()],
    ] {
        for name in ["ws-1", "ws-3"] {
            worlds.push(worlds[1].clone().rules(|rules| {
                let all = &mut rules.workstations.workstations;
                edit(all.get_mut(&place(name)).unwrap());
            }));
        }
    }
    for (tool, license) in [("gpu", None), ("docker", None), ("gpu", Some("orca"))] {
        let mut world = worlds[1].clone();
        let mut one = world.snapshot.plan.get(&tid("T-1")).unwrap().clone();
        one.task_type = Some("api".parse().unwrap());
        one.requires.tools = vec![tool.to_owned()];
        one.requires.licenses = license.map(str::to_owned).into_iter().collect();
        world.snapshot.plan = planned(vec![one]).into();
        worlds.push(world);
    }
    let mut seen = [[0; 2]; 3];
    for world in &worlds {
        let (snapshot, now) = (&world.snapshot, world.now);
        let task = snapshot.plan.get(&tid("T-1")).unwrap();
        let claimed = snapshot.plan.contract(task).unwrap().claimed();
        let work = Work::of(snapshot, task, claimed.map(|(_, terms)| terms));
        for name in ["ws-1", "ws-3", "ws-9"].map(place) {
            let pairs = [
                (
                    work.fits(snapshot, &name, now),
                    work.unfit(snapshot, &name, now).is_none(),
                ),
                (
                    work.is_available(snapshot, &name, now),
                    work.unavailable(snapshot, &name, now).is_none(),
                ),
                (
                    work.can_be_done(snapshot, now),
                    work.missing(snapshot, now).is_none(),
                ),
            ];
            for (count, (bare, told)) in seen.iter_mut().zip(pairs) {
                assert_eq!(bare, told, "{name} {work:?}");
                count[usize::from(bare)] += 1;
            }
        }
    }
    assert!(
        seen.as_flattened().iter().all(|count| *count > 0),
        "{seen:?}"
    );
}

/// What is said of `T-1` by the gate of its stage `execute`, after `stages`.
fn said(gate: StageGate, stages: &[(Stage, StageTerms)]) -> Option<String> {
    let gated = StageTerms {
        gate: Some(GateWord::Known(gate)),
        ..StageTerms::default()
    };
    let stages = [stages, &[(Stage::Execute, gated)]].concat();
    let world = contracted(&stages);
    let task = world.snapshot.plan.get(&tid("T-1")).unwrap();
    let unmet = shut(&world.snapshot, task, Stage::Execute, world.now, None)?;
    Some(format!("{}; {}", unmet.message, unmet.hint.unwrap()))
}

#[test]
fn a_gate_that_asks_for_a_stage_which_the_contract_has_not_is_shut() {
    for stages in [vec![], vec![(Stage::Claim, StageTerms::default())]] {
        let evidence = said(StageGate::Evidence, &stages).unwrap();
        assert!(
            evidence.contains("no stage of the contract before it leaves any"),
            "{evidence}"
        );
        let plan = said(StageGate::PlanApproved, &stages).unwrap();
        assert!(
            plan.contains("add `plan` or `plan_review` to the contract"),
            "{plan}"
        );
    }
}
