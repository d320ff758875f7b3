//! Mixed work by many clients: each acknowledged update is in the ledger once, each refused one
//! not at all (P2).

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::hub::{HUB, Hub, clone, flags, plan};
use crate::machine::rounds;
use crate::owners;
use crate::servers::Transport;
use crate::support::{Answer, Running, World};

/// A command of one client, made but not started.
struct Op {
    id: String,
    /// Whether others want the same.
    contested: bool,
    line: String,
    command: Command,
}

/// Makes the command of a clone's client: where it runs, and its line.
type Make<'w> = &'w dyn Fn(&str) -> Command;

/// The `cycle`-th ten operations of client `n`: its own task from claim to release, a task it adds,
/// and a claim that all clients want.
fn ten(n: usize, cycle: usize) -> [String; 10] {
    let own = format!("C{n}-{cycle}");
    let added = format!("A{n}-{cycle}");
    [
        format!("claim {own} --no-worktree"),
        format!("note {own} 'begun {n}.{cycle}'"),
        format!("add {added} --title Work --role R"),
        format!("claim S-{cycle} --no-worktree"),
        format!("renew {own}"),
        format!("block {own} --reason 'waits {n}.{cycle}'"),
        format!("note {added} 'added {n}.{cycle}'"),
        format!("unblock {own}"),
        format!("note {own} 'ended {n}.{cycle}'"),
        format!("release {own}"),
    ]
}

fn ops(n: usize, cycles: usize, make: Make<'_>) -> Vec<Op> {
    let lines = (1..=cycles).flat_map(|cycle| ten(n, cycle));
    lines
        .enumerate()
        .map(|(k, text)| {
            let id = format!("op-{n}-{k}");
            let line = format!("{text} --as @bot{n} --request-id {id}");
            let command = make(&line);
            Op {
                id,
                contested: text.starts_with("claim S-"),
                line,
                command,
            }
        })
        .collect()
}

/// A handoff by client `n` of work that it did in a lane.
fn handoff(world: &World, dir: &str, n: usize) -> Op {
    let claim = format!("--json claim H-{n} --as @bot{n}");
    let answer = world.start(dir, &claim).answer().code(0);
    let lane = answer.json()["data"]["worktree"].clone();
    let lane = std::path::PathBuf::from(lane.as_str().unwrap());
    let below = lane.strip_prefix(world.path("")).unwrap();
    world.commit(below.to_str().unwrap(), &format!("{n}.txt"), "work\n");
    let id = format!("op-{n}-handoff");
    let line = format!("handoff --next more --request-id {id}");
    let program = env!("CARGO_BIN_EXE_laneway");
    let command = world.command(&lane, program, &line);
    Op {
        id,
        contested: false,
        line,
        command,
    }
}

/// A role for what all want, and one for each client: nobody takes the lane of a blocked task.
fn roles(clients: usize) -> String {
    let own: String = (0..clients).map(|n| format!(" Q{n}:2")).collect();
    format!("R:400{own}")
}

/// Plans what so many clients need for so many cycles.
fn plan_for(world: &World, clients: usize, cycles: usize) {
    (0..clients).for_each(|n| plan(world, &format!("C{n}"), cycles, &format!("Q{n}")));
    plan(world, "S", cycles, "R");
    plan(world, "H", clients, "R");
}

/// Runs each client's operations one after another, all clients at once; what was answered.
fn work(clients: Vec<Vec<Op>>) -> Vec<Done> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .map(|ops| {
                scope.spawn(move || {
                    let run = |op: Op| {
                        let answer = answered(&op.line, op.command);
                        let (id, contested) = (op.id, op.contested);
                        Done {
                            id,
                            contested,
                            answer,
                        }
                    };
                    ops.into_iter().map(run).collect::<Vec<_>>()
                })
            })
            .collect();
        let done = threads.into_iter().map(|thread| thread.join().unwrap());
        done.flatten().collect()
    })
}

/// What a command answers; one that others kept outrunning is tried again, as its hint says.
fn answered(line: &str, mut command: Command) -> Answer {
    loop {
        let answer = Running::of(line, &mut command).answer();
        if !answer.stderr.contains("published first") {
            return answer;
        }
    }
}

/// An operation that was run.
struct Done {
    id: String,
    contested: bool,
    answer: Answer,
}

/// Every acknowledged id stands in the ledger once, no other does; each contested task has one
/// owner; what was noted is in the states at the tip.
fn check(world: &World, dir: &str, cycles: usize, all: &[Done]) {
    for done in all {
        let legal: &[_] = if done.contested {
            &[Some(0), Some(3)]
        } else {
            &[Some(0)]
        };
        assert!(legal.contains(&done.answer.exit), "{:#?}", done.answer);
    }
    let acknowledged = || all.iter().filter(|done| done.answer.exit == Some(0));
    let once: BTreeMap<_, _> = acknowledged().map(|done| (done.id.clone(), 1)).collect();
    let mut in_ledger = owners::requests(world, dir);
    in_ledger.retain(|id, _| id.starts_with("op-"));
    assert_eq!(in_ledger, once);
    assert_eq!(acknowledged().filter(|done| done.contested).count(), cycles);
    owners::all(world, dir);
    let texts = world.git_in(dir, "grep -h text: refs/heads/laneway -- governance/state");
    let texts: BTreeSet<_> = texts.lines().map(str::trim).collect();
    let noted = acknowledged().filter_map(|done| done.answer.line.strip_prefix("note "));
    for line in noted {
        let text = line.split('\'').nth(1).unwrap();
        assert!(texts.contains(format!("text: {text}").as_str()), "{line}");
    }
}

#[test]
fn p02_no_update_is_lost_where_this_repository_decides() {
    let (clients, cycles) = (rounds(8, 32), rounds(5, 100));
    let world = World::new();
    world.quietly(&format!("init {}", flags(&roles(clients))));
    plan_for(&world, clients, cycles);
    let program = env!("CARGO_BIN_EXE_laneway");
    let make = |line: &str| world.command(&world.path("repo"), program, line);
    let ops = (0..clients).map(|n| {
        let mut ops = ops(n, cycles, &make);
        ops.insert(ops.len() / 2, handoff(&world, "repo", n + 1));
        ops
    });
    let answers = work(ops.collect());
    check(&world, "repo", cycles, &answers);
}

#[test]
fn p02_no_update_is_lost_among_clones_of_one_hub() {
    let clones = rounds(2, 4);
    let (clients, cycles) = (rounds(8, 32), rounds(5, 100));
    let hub = Hub::with(Transport::File, clones, "60s", &roles(clients));
    let world = &hub.world;
    plan_for(world, clients, cycles);
    let program = env!("CARGO_BIN_EXE_laneway");
    let ops = (0..clients).map(|n| {
        let dir = clone(&format!("c{}", n % clones));
        let make = |line: &str| world.command(&world.path(&dir), program, line);
        let mut ops = ops(n, cycles, &make);
        ops.insert(ops.len() / 2, handoff(world, &dir, n + 1));
        ops
    });
    let answers = work(ops.collect());
    check(world, HUB, cycles, &answers);
}
