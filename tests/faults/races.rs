//! Races for the same task over every transport: one owner, always (P1).

use std::time::Duration;

use crate::hub::{HUB, Hub};
use crate::machine::{has, rounds};
use crate::owners::{self, Claim, Given};
use crate::servers::Transport;
use crate::support::Answer;

/// Each clone is the home of two racers or more: some share its locks, some share only the hub.
const CLONES: usize = 4;

/// Lets `clients` processes claim the same task, once per round.
///
/// Of each round one exits 0 and all others exit 3; what the winners were told is what the history
/// of the hub holds, no more and no less.
fn race(transport: Transport, clients: usize, rounds: usize) {
    let hub = Hub::new(transport, CLONES);
    hub.plan("T", rounds);
    let mut told = Given::new();
    for round in 1..=rounds {
        let racers: Vec<_> = (0..clients)
            .map(|n| {
                let line = format!("--json claim T-{round} --no-worktree --as @bot{n}");
                hub.start(&format!("c{}", n % CLONES), &line)
            })
            .collect();
        let limit = Duration::from_secs(180);
        let answers: Vec<_> = racers
            .into_iter()
            .map(|racer| racer.within(limit))
            .collect();
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.exit == Some(0));
        assert_eq!(won.len(), 1, "{transport:?}, round {round}: {answers:#?}");
        let all_lost = lost.iter().all(|answer| answer.exit == Some(3));
        assert!(all_lost, "{transport:?}, round {round}: {answers:#?}");
        let (place, claim) = claimed(won[0]);
        assert_eq!(told.insert(place, claim), None, "an epoch was told twice");
    }
    assert_eq!(owners::all(&hub.world, HUB), told);
}

/// What a winner was told.
pub fn claimed(answer: &Answer) -> ((String, u64), Claim) {
    let data = &answer.json()["data"];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let claim = Claim {
        agent: text(&data["claim"]["agent"]),
        id: text(&data["claim"]["id"]),
    };
    let epoch = data["claim"]["epoch"].as_u64().unwrap();
    ((text(&data["task"]["id"]), epoch), claim)
}

#[test]
fn p01_one_owner_over_file() {
    race(Transport::File, rounds(8, 16), rounds(6, 200));
}

#[test]
fn p01_one_owner_on_a_hub_with_a_reftable() {
    if has("p01 reftable", Transport::Reftable.needs()) {
        race(Transport::Reftable, rounds(8, 16), rounds(6, 200));
    }
}

#[test]
fn p01_one_owner_over_git_daemon() {
    race(Transport::Daemon, rounds(8, 16), rounds(25, 200));
}

#[test]
fn p01_one_owner_over_http() {
    race(Transport::Http, rounds(8, 16), rounds(25, 200));
}

#[test]
fn p01_one_owner_over_ssh() {
    if has("p01 ssh", Transport::Ssh.needs()) {
        race(Transport::Ssh, rounds(4, 16), rounds(4, 200));
    }
}
