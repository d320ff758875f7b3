//! What the gates of one claim cost in a queue of 10,000 tasks with 200 claims in progress, by
//! library call; and that probes run side by side.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use laneway::domain::decide::decide;
use laneway::domain::gates::{CLAIM, ClaimCase};
use laneway::domain::id::{AgentName, WorkstationName};
use laneway::domain::request::{Actor, ClaimWish, Request, Verb};
use laneway::domain::snapshot::Snapshot;
use laneway::domain::task::Task;
use laneway::domain::workstation::{Probe, ProbeKind};
use laneway::ledger::{Loader, Publisher};
use laneway::probe::{self, Scene};

use crate::figures::{median, millis};
use crate::world::World;

const TASKS: usize = 10_000;
const CLAIMED: usize = 200;

/// An enforced map that routes every task to one of two workstations.
const MAP: &str = "version: 1\nagents:\n  - {name: \"@bench\", roles: [A, B], may: [claim, handoff, merge, plan]}\n\
    routing:\n  - task_type: backend_feature\n    agent_name: \"@bench\"\n    workstation: ws-a-1\n    \
    fallback: [{agent_name: \"@bench\", workstation: ws-a-2}]\n";
const STATIONS: &str = "version: 1\nworkstations:\n  - {name: ws-a-1, wip_limit: 5000, capabilities: [go]}\n  \
    - {name: ws-a-2, wip_limit: 5000, capabilities: [go]}\n";

fn claim(world: &World, agent: &AgentName, task: &str) -> Request {
    let env = world.env();
    Request {
        id: env.request_id(),
        at: env.now(),
        actor: Actor {
            agent: agent.clone(),
            host: env.host,
            epoch: None,
            clock_jump: None,
        },
        verb: Verb::Claim(ClaimWish {
            task: Some(task.parse().unwrap()),
            ..ClaimWish::default()
        }),
    }
}

fn prepared(agent: &AgentName) -> World {
    let world = World::new(TASKS);
    let rules = world.repo().join("governance");
    fs::write(rules.join("identity-map.yaml"), MAP).unwrap();
    fs::write(rules.join("workstations.yaml"), STATIONS).unwrap();
    let policy = fs::read_to_string(rules.join("policy.yaml")).unwrap();
    let strict = "\npath_reservations: refuse\ndurability: fast\n";
    let kept: Vec<&str> = policy
        .lines()
        .filter(|line| !line.starts_with("path_reservations") && !line.starts_with("durability"))
        .collect();
    fs::write(rules.join("policy.yaml"), kept.join("\n") + strict).unwrap();
    world.git(&["commit", "-qam", "enforce"]);
    let ledger = world.ledger();
    let publisher = Publisher::new(&ledger, Duration::from_secs(60));
    for n in 0..CLAIMED {
        let request = claim(&world, agent, &format!("T-{:06}", n * 20));
        drop(publisher.submit(&request).unwrap());
    }
    world
}

/// Microseconds of `work`, the median of many.
fn micros(mut work: impl FnMut()) -> f64 {
    let mut all = Vec::new();
    for _ in 0..51 {
        let start = Instant::now();
        work();
        all.push(millis(start.elapsed()) * 1000.0);
    }
    median(all)
}

fn case<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    request: &'a Request,
    station: &'a WorkstationName,
) -> ClaimCase<'a> {
    ClaimCase {
        agent: Some(&request.actor.agent),
        workstation: Some(station),
        host: Some(&request.actor.host),
        readiness: Some(&[]),
        ..ClaimCase::open(snapshot, task, request.at)
    }
}

/// The table: each gate, all of them, the whole decision, beside a walk over the queue's heads.
pub fn report() -> String {
    let agent: AgentName = "@bench".parse().unwrap();
    let world = prepared(&agent);
    let ledger = world.ledger();
    let (tip, target) = (ledger.tip().unwrap(), ledger.target().unwrap());
    let snapshot = Loader::cached(&ledger.repo, &ledger.env)
        .snapshot(tip, target, None)
        .unwrap();
    // The last of its lane to be free, in the middle of the plan.
    let request = claim(&world, &agent, "T-005001");
    let station: WorkstationName = "ws-a-1".parse().unwrap();
    let start = Instant::now();
    let task = snapshot.plan.get(&"T-005001".parse().unwrap()).unwrap();
    let first = case(&snapshot, task, &request, &station);
    assert!(first.unmet().is_empty(), "{:?}", first.unmet());
    let first = millis(start.elapsed()) * 1000.0;
    let heads = micros(|| assert_eq!(snapshot.plan.heads().count(), TASKS));
    let mut text = format!(
        "One claim among {TASKS} tasks, {CLAIMED} of them in progress, by library call: microseconds, \
         medians of 51.\n\n| what | µs |\n|---|---|\n"
    );
    let mut row = |what: &str, micros: f64| {
        println!("{what}: {micros:.1}");
        writeln!(text, "| {what} | {micros:.1} |").unwrap();
    };
    row("floor: a walk over the heads of all tasks", heads);
    for gate in CLAIM {
        let case = case(&snapshot, task, &request, &station);
        let took = micros(|| assert!((gate.check)(&case).is_empty()));
        row(&format!("`{}`", gate.page.id), took);
    }
    let case = case(&snapshot, task, &request, &station);
    row("all gates", micros(|| assert!(case.unmet().is_empty())));
    row("all gates, first look: the tasks they name are read", first);
    let whole = micros(|| drop(decide(&snapshot, &request).unwrap()));
    row("`decide`: routing, gates, the new state", whole);
    text.push_str("\nProbes of one workstation, side by side: milliseconds, medians of 5.\n\n");
    text.push_str("| probes | ms | ratio to one |\n|---|---|---|\n");
    let one = probing(&world, 1);
    for (count, took) in [(1, one), (20, probing(&world, 20))] {
        println!("{count} probes of 300 ms: {took:.0}");
        writeln!(
            text,
            "| {count} × `sleep 0.3` | {took:.0} | {:.2} |",
            took / one
        )
        .unwrap();
    }
    text
}

/// Milliseconds that so many probes of 300 ms take.
fn probing(world: &World, count: usize) -> f64 {
    let command = "sleep 0.3".to_owned();
    let probe = |n| Probe {
        name: format!("sleep-{n}"),
        kind: ProbeKind::Command(command.clone()),
        timeout: None,
    };
    let probes: Vec<Probe> = (0..count).map(probe).collect();
    let env = world.env();
    let scene = Scene {
        vars: env.vars.clone(),
        shown: env.vars,
        dir: world.repo(),
        trusted: BTreeSet::from([command.clone()]),
        how_to_trust: String::new(),
        repository: Vec::new(),
    };
    let mut all = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let results = probe::run(&probes, &scene);
        all.push(millis(start.elapsed()));
        assert!(results.iter().all(|result| result.ready), "{results:?}");
    }
    median(all)
}
