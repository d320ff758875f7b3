//! A simulator of publication: the real `decide` and the real `Publisher`, with everything around
//! them in the hands of a seed.
//!
//! - **Actors** are clients, each in a thread of its own; one runs at a time. Every seam (clock,
//!   randomness, fail points, authority) gives the turn back to the [`schedule`], which draws who
//!   goes on, in virtual time. A lock that is polled through the clock is such a seam too.
//! - **Machines** have a repository, a ledger directory and a clock of their own, with skew and
//!   jumps. All share one object store, so that a push is the move of a ref.
//! - **The authority** is the real local one, or a remote whose [network](authority) refuses, loses
//!   and delays, or brings a push after its sender gave up.
//! - **Deaths** unwind a client at any seam. Its locks fall, its journal stays: it comes back with
//!   the same request id. Others are stopped for longer than a lease and write on with an epoch
//!   that is over.
//! - **Histories** of what was asked and told are [checked](checker) for linearizability, task by
//!   task, against a [`model`] that knows nothing of `decide`. The [`ledger`] that is left is read
//!   commit by commit: what was acknowledged stands in it once and in order, what failed does not,
//!   every epoch has one owner, no epoch writes after its end, no claim comes before what it
//!   depends on, all of it can be decided again.
//! - **Progress**: faults have a budget. Once it is used up, every client gets something done; and
//!   where there never was a fault, nobody is passed by in two publications.
//! - **The same seed is the same play**, step by step. A seed that fails is made smaller and told
//!   with the command that repeats it.
//!
//! Worlds with a broken seam must fail: a simulator that finds nothing there proves nothing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod authority;
mod checker;
mod client;
mod dice;
mod history;
mod ledger;
mod model;
mod schedule;
mod seams;
mod season;
mod template;
mod waiting;
mod weather;
mod world;

use season::Season;
use template::Templates;
use weather::{Breakage, Weather};

/// Seeds of every test run, and of a long one.
const SEEDS: (u64, u64) = (2_000, 20_000);
/// Seeds of a season that looks at one promise.
const FEW: (u64, u64) = (60, 2_000);
/// Seeds of the season about dependencies, each a small play.
const SMALL: (u64, u64) = (500, 50_000);

#[test]
fn p03_histories_are_linearizable_per_task() {
    let season = Season::of("p03_histories", SEEDS, Weather::of);
    season.assert_kept_by("task-held");
    season.assert_lively();
}

#[test]
fn p10_an_epoch_that_is_over_never_writes() {
    Season::of("p10_an_epoch", FEW, Weather::slow).assert_kept_by("fenced");
}

#[test]
fn p11_no_clock_takes_a_claim_that_holds() {
    Season::of("p11_no_clock", FEW, Weather::wrong_clocks).assert_kept_by("clock");
}

#[test]
fn p17_nothing_is_claimed_before_its_dependency() {
    Season::of("p17_nothing", SMALL, Weather::reopened).assert_kept_by("dependency");
}

#[test]
fn a_seed_is_played_the_same_way_every_time() {
    let templates = Templates::new();
    for seed in [3, 5, 8, 13, 21, 34, 55, 89] {
        let weather = Weather::of(seed);
        let [first, second] = [(); 2].map(|()| world::run(&templates, seed, &weather));
        assert!(first.trace.len() > 20, "{first}");
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.calls, second.calls, "seed {seed}");
    }
}

/// What a seed says that notices what is broken; one of the first must.
fn noticed(broken: Breakage, how: &str) {
    let templates = Templates::new();
    let notices = (1..=60).any(|seed| {
        let report = world::run(&templates, seed, &Weather::broken(seed, broken));
        report.wrong.is_some_and(|wrong| wrong.contains(how))
    });
    assert!(notices, "no seed notices {broken:?}");
}

#[test]
fn p02_a_publication_that_moves_nothing_is_noticed() {
    noticed(
        Breakage::WonWithoutMoving,
        "acknowledged and not in the ledger",
    );
}

#[test]
fn p02_a_push_without_expected_value_is_noticed() {
    noticed(
        Breakage::NoExpectedValue,
        "acknowledged and not in the ledger",
    );
}

#[test]
fn p05_an_acknowledgement_before_the_publication_is_noticed() {
    noticed(
        Breakage::ConfirmedTooEarly,
        "acknowledged and not in the ledger",
    );
}

#[test]
fn p03_a_refusal_by_an_old_ledger_is_noticed() {
    noticed(Breakage::StaleFetch, "no order explains");
}
