//! The protocol of claims as a model of which every state is visited (PROMISES P1, P2, P8, P10).
//!
//! It knows nothing of the library. Each step is named after the function that it stands for, and
//! is what that function does between two moments at which others can see, or a crash can part,
//! what it did.
//!
//! What there is:
//! - three clients: A and B on one machine, which share a pending chain, C on another; two tasks;
//! - `claim` of the next ready task, then `renew` or `handoff` under the epoch that was got;
//! - a remote whose ref moves only by compare-and-swap, and on each machine what is known of it;
//! - building under the build lock, publication by one process for all that wait, the lost race;
//! - the push without an answer: it was carried out, was not, or will be; the same commits are
//!   pushed again, or the client gives up, and a retry with the same id settles it;
//! - leases that end, take-over, the late write of a holder that was taken over;
//! - the crash of a client between any two steps: its locks are freed, its push goes on alone, its
//!   pending commits stay, and a new process retries with the same id or never comes.
//!
//! What is left out:
//! - what decides which task is ready besides its owner: dependencies, lanes, groups, paths, rules;
//! - the other verbs, and commits that travel with the target (`merge`);
//! - power cuts and flushing: here what was written stays written;
//! - clocks that disagree: there is one time; a request is judged by the moment when it was made;
//! - a remote that refuses for a rule, and a ledger that is deleted or rewound;
//! - limits of tries and of patience: a waiter that gives up is one that crashes.
//!
//! A request's id is looked for with every decision, under the build lock, on the very tip that is
//! decided on: for claims that is `had_already`, for the other verbs the rule that a repeated id
//! answers as before (DESIGN §4). Two mutants show what goes wrong otherwise.
//!
//! Bounds: each client asks for each thing once and is started again once; faults, crashes and the
//! passing of time are counted, as [`SCENARIOS`] says. What follows from a fault is not bounded.
//! Within the bounds all states are visited. One reduction is made: a client that learns that its
//! commit is published or dropped, which nobody else sees, does so before anything else happens.
//!
//! That a property can fail at all is shown by [`Mutant`]s, each a protocol with one line broken.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail, say what it counted and ask for the long run"
)]

mod ledger;
mod mutants;
mod properties;
mod protocol;
mod state;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use stateright::{Checker as _, Model as _};

use ledger::Verb::{self, Claim, Handoff, Renew};
use mutants::Mutant;
use protocol::{Protocol, Question};
use state::CLIENTS;
use walk::{Walk, walk};

type Scripts = [&'static [Verb]; CLIENTS];

const EVERY_VERB: Scripts = [&[Claim, Handoff], &[Claim, Renew], &[Claim, Handoff]];
const ONE_WRITE: Scripts = [&[Claim, Handoff], &[Claim], &[Claim]];
const CLAIMS: Scripts = [&[Claim], &[Claim], &[Claim]];

/// What may happen at most: faults, crashes, ends of leases.
type Bounds = (u8, u8, u8);

/// What every run of the tests explores.
const SCENARIOS: [(Scripts, Bounds); 7] = [
    (EVERY_VERB, (0, 0, 1)),
    (EVERY_VERB, (0, 1, 0)),
    (EVERY_VERB, (1, 0, 0)),
    (ONE_WRITE, (0, 1, 1)),
    (ONE_WRITE, (1, 0, 1)),
    (CLAIMS, (2, 0, 0)),
    (CLAIMS, (1, 1, 1)),
];

/// What the long run (`LANEWAY_SOAK`) explores besides.
const LONG_SCENARIOS: [(Scripts, Bounds); 7] = [
    (EVERY_VERB, (0, 1, 1)),
    (EVERY_VERB, (1, 0, 1)),
    (EVERY_VERB, (1, 1, 0)),
    (EVERY_VERB, (0, 0, 2)),
    (ONE_WRITE, (2, 0, 1)),
    (ONE_WRITE, (1, 1, 1)),
    (CLAIMS, (2, 1, 0)),
];

fn protocol((scripts, bounds): (Scripts, Bounds), question: Question) -> Protocol {
    let (faults, crashes, ticks) = bounds;
    Protocol {
        scripts,
        faults,
        crashes,
        ticks,
        question,
        mutant: None,
    }
}

/// The steps to a state in which a property does not hold, by property; explored once for all
/// tests.
fn broken() -> &'static BTreeMap<&'static str, String> {
    static BROKEN: OnceLock<BTreeMap<&'static str, String>> = OnceLock::new();
    BROKEN.get_or_init(|| {
        let mut scenarios = SCENARIOS.to_vec();
        if std::env::var_os("LANEWAY_SOAK").is_some_and(|value| !value.is_empty() && value != "0") {
            scenarios.extend(LONG_SCENARIOS);
        }
        let mut broken = BTreeMap::new();
        for scenario in scenarios {
            let protocol = protocol(scenario, Question::Invariants);
            let checker = protocol.checker().threads(2).spawn_dfs().join();
            assert!(
                checker.is_done(),
                "{scenario:?}: not all states were visited"
            );
            let (states, depth) = (checker.unique_state_count(), checker.max_depth());
            println!("{scenario:?}: {states} states, paths of up to {depth} steps");
            for path in checker.discoveries().into_values() {
                let properties = properties::broken_in(&protocol, path.last_state());
                let steps = format!("{scenario:?} {:?}", path.into_actions());
                broken.extend(properties.into_iter().map(|name| (name, steps.clone())));
            }
        }
        broken
    })
}

fn holds_in_every_state(property: &'static str) {
    if let Some(path) = broken().get(property) {
        panic!("not so: {property}: {path}");
    }
}

#[test]
fn p01_one_owner_per_epoch_in_every_state() {
    holds_in_every_state(properties::ONE_OWNER);
    holds_in_every_state(properties::EPOCHS_GROW);
}

#[test]
fn p02_what_was_acknowledged_is_in_the_ledger_in_every_state() {
    holds_in_every_state(properties::NO_LOST_UPDATE);
}

#[test]
fn p02_a_refusal_rests_on_what_is_published_in_every_state() {
    holds_in_every_state(properties::REFUSED_ON_PUBLISHED);
}

#[test]
fn p08_a_request_is_carried_out_once_in_every_state() {
    holds_in_every_state(properties::ONCE);
}

#[test]
fn p08_what_was_refused_is_not_in_the_ledger_in_any_state() {
    holds_in_every_state(properties::NO_IS_NO);
}

#[test]
fn p10_no_fenced_holder_writes_in_any_state() {
    holds_in_every_state(properties::FENCED);
}

/// With this and the next, every client gets an answer once faults stop: from each state the steps
/// that are no faults lead on, not for ever, and end only where each client was acknowledged,
/// refused or told that it is not confirmed, or is dead.
#[test]
fn p09_no_client_waits_for_nothing_in_any_state() {
    holds_in_every_state(properties::PROGRESS);
}

#[test]
fn p09_no_steps_go_round_in_a_circle() {
    for scenario in [(EVERY_VERB, (0, 0, 1)), (CLAIMS, (1, 1, 0))] {
        let Walk { states, has_circle } = walk(&protocol(scenario, Question::Invariants));
        println!("{scenario:?}: {states} states walked");
        assert!(states > 100_000 && !has_circle, "{scenario:?}");
    }
}

/// A model in which nothing happens has no faults either.
#[test]
fn all_that_the_model_is_about_does_happen() {
    let mut happened = BTreeSet::new();
    for bounds in [(0, 0, 1), (0, 1, 0), (1, 0, 0)] {
        let protocol = protocol((ONE_WRITE, bounds), Question::Occurrences);
        let checker = protocol.checker().spawn_dfs().join();
        happened.extend(checker.discoveries().into_keys());
    }
    for property in properties::occurrences() {
        assert!(happened.contains(property.name), "never: {}", property.name);
    }
}

/// The checker finds steps by which `mutant` breaks `property`, and the sound protocol, explored
/// with the same bounds or wider ones, has none.
fn breaks(mutant: Mutant, property: &'static str, scenario: (Scripts, Bounds)) {
    let protocol = Protocol {
        mutant: Some(mutant),
        ..protocol(scenario, Question::Invariant(property))
    };
    let checker = protocol.checker().spawn_bfs().join();
    let found = checker.discovery(property);
    let path = found.unwrap_or_else(|| panic!("{mutant:?} does not break: {property}"));
    let steps = path.into_actions();
    println!("{mutant:?} breaks: {property}\n{steps:?}");
}

#[test]
fn p01_a_take_over_that_keeps_the_epoch_is_found() {
    let scenario = (CLAIMS, (0, 0, 1));
    breaks(
        Mutant::TakeOverKeepsEpoch,
        properties::EPOCHS_GROW,
        scenario,
    );
    breaks(Mutant::TakeOverKeepsEpoch, properties::ONE_OWNER, scenario);
}

#[test]
fn p01_p02_a_push_without_an_expected_value_is_found() {
    let scenario = (CLAIMS, (0, 0, 0));
    breaks(
        Mutant::PushWithoutExpectedValue,
        properties::ONE_OWNER,
        scenario,
    );
    breaks(
        Mutant::PushWithoutExpectedValue,
        properties::NO_LOST_UPDATE,
        scenario,
    );
}

#[test]
fn p02_an_acknowledgement_before_publication_is_found() {
    let scenario = (CLAIMS, (0, 0, 0));
    breaks(
        Mutant::AcknowledgeBeforePublished,
        properties::NO_LOST_UPDATE,
        scenario,
    );
}

#[test]
fn p02_a_refusal_on_pending_commits_is_found() {
    let scenario = (CLAIMS, (1, 0, 0));
    breaks(
        Mutant::RefuseOnPending,
        properties::REFUSED_ON_PUBLISHED,
        scenario,
    );
}

#[test]
fn p08_a_new_id_on_retry_is_found() {
    let scenario = (CLAIMS, (0, 1, 0));
    breaks(Mutant::NewIdOnRetry, properties::ONCE, scenario);
    breaks(Mutant::NewIdOnRetry, properties::NO_IS_NO, scenario);
}

#[test]
fn p08_rebuilt_commits_after_an_unknown_outcome_are_found() {
    let scenario = (CLAIMS, (1, 0, 0));
    breaks(
        Mutant::RebuildAfterIndeterminate,
        properties::ONCE,
        scenario,
    );
}

#[test]
fn p08_a_look_before_the_build_lock_is_found() {
    let scenario = (EVERY_VERB, (0, 1, 0));
    breaks(Mutant::LookBeforeLock, properties::ONCE, scenario);
}

#[test]
fn p08_a_single_look_for_what_the_dead_sent_is_found() {
    let scenario = (EVERY_VERB, (0, 1, 0));
    breaks(Mutant::LookOnlyOnce, properties::ONCE, scenario);
    breaks(Mutant::LookOnlyOnce, properties::NO_IS_NO, scenario);
}

#[test]
fn p09_a_lock_that_outlives_its_holder_is_found() {
    let scenario = (CLAIMS, (0, 1, 0));
    breaks(Mutant::LockOutlivesHolder, properties::PROGRESS, scenario);
}

#[test]
fn p10_a_write_without_fencing_is_found() {
    let scenario = (ONE_WRITE, (0, 0, 1));
    breaks(Mutant::NoFencing, properties::FENCED, scenario);
}
