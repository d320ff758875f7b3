//! Servers that die: what was acknowledged is still there, what was not is settled by the same
//! command (P5).

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use crate::hub::{HUB, Hub, clone};
use crate::machine::rounds;
use crate::owners::{self, Given};
use crate::races::claimed;
use crate::servers::Transport;
use crate::support::Answer;

/// Runs laneway in clone `c0` and kills the server as soon as the answer's line is read.
fn answered_then_killed(hub: &mut Hub, line: &str) -> Answer {
    let dir = hub.world.path(&clone("c0"));
    let program = env!("CARGO_BIN_EXE_laneway");
    let mut command = hub.world.command(&dir, program, line);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut stdout)
        .unwrap();
    hub.kill();
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().unwrap();
    pipe.read_to_string(&mut stderr).unwrap();
    Answer {
        line: line.to_owned(),
        exit: child.wait().unwrap().code(),
        stdout,
        stderr,
    }
}

/// What was acknowledged straight before a server's death is there for a clone that never saw it.
fn acknowledged_claims_outlive_the_server(transport: Transport, kills: usize) {
    let mut hub = Hub::new(transport, 1);
    hub.plan("T", kills);
    let mut told = Given::new();
    for kill in 1..=kills {
        let line = format!("--json claim T-{kill} --no-worktree --as @bot");
        let answer = answered_then_killed(&mut hub, &line).code(0);
        let (place, claim) = claimed(&answer);
        hub.restart();
        let fresh = format!("fresh{kill}");
        hub.clone_to(&fresh, &hub.url());
        let shown = hub.run(&fresh, &format!("--json show T-{kill}")).code(0);
        let text = shown.stdout;
        assert!(
            text.contains(&claim.id) && text.contains("in_progress"),
            "{text}"
        );
        told.insert(place, claim);
    }
    assert_eq!(owners::all(&hub.world, HUB), told);
}

#[test]
fn p05_acknowledged_outlives_git_daemon() {
    acknowledged_claims_outlive_the_server(Transport::Daemon, rounds(10, 250));
}

#[test]
fn p05_acknowledged_outlives_an_http_server() {
    acknowledged_claims_outlive_the_server(Transport::Http, rounds(10, 250));
}

/// Locks that a killed `receive-pack` left in the hub; whoever runs it deletes them.
fn clear_locks(hub: &Hub) {
    let found = hub.world.path(HUB);
    let mut dirs = vec![found.join("refs")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|end| end == "lock") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn p05_a_server_killed_at_any_moment_leaves_no_claim_in_doubt() {
    let kills = rounds(12, 500);
    let mut hub = Hub::with_limit(Transport::Daemon, 1, "10s");
    hub.plan("T", kills);
    let mut told = Given::new();
    for kill in 1..=kills {
        let line = format!("--json claim T-{kill} --no-worktree --as @bot");
        let client = hub.start("c0", &line);
        // Spread over the time that a claim takes, and beyond.
        std::thread::sleep(Duration::from_millis((kill as u64 * 37) % 150));
        hub.kill();
        let first = client.within(Duration::from_secs(60));
        assert!([Some(0), Some(6)].contains(&first.exit), "{first:#?}");
        hub.restart();
        clear_locks(&hub);
        let again = hub.run("c0", &line);
        let (place, claim) = match first.exit {
            Some(0) => claimed(&first),
            _ => claimed(&again.code(0)),
        };
        told.insert(place, claim);
    }
    assert_eq!(owners::all(&hub.world, HUB), told);
}
