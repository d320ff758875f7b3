//! What holds in every state, and what happens in some.

use stateright::Property;

use crate::ledger::{Chain, Op, Standing, TASKS, Verb, standings};
use crate::protocol::Protocol;
use crate::state::{Client, EVERY_CLIENT, Phase, State};

/// P1, by the ledger.
pub const EPOCHS_GROW: &str = "each claim of a task has the next epoch";
/// P1, by what clients were told.
pub const ONE_OWNER: &str = "no two clients were told that they hold one epoch";
/// P2.
pub const NO_LOST_UPDATE: &str = "every acknowledged commit is in the ledger";
/// P2, of refusals.
pub const REFUSED_ON_PUBLISHED: &str = "every refusal rests on a published commit";
/// P8.
pub const ONCE: &str = "no request is carried out twice";
/// P8.
pub const NO_IS_NO: &str = "what was refused is not in the ledger";
/// P9.
pub const PROGRESS: &str = "somebody can go on until everybody has an answer";
/// P10.
pub const FENCED: &str = "every write shows the epoch in force and is its holder's";

/// All of them together: the checker asks for one property much faster than for eight.
pub const ALL_OF_THEM: &str = "all of them hold";

type Holds = fn(&Protocol, &State) -> bool;

const INVARIANTS: [(&str, Holds); 8] = [
    (EPOCHS_GROW, epochs_grow),
    (ONE_OWNER, one_owner),
    (NO_LOST_UPDATE, no_lost_update),
    (REFUSED_ON_PUBLISHED, refused_on_published),
    (ONCE, once),
    (NO_IS_NO, no_is_no),
    (PROGRESS, progress),
    (FENCED, fenced),
];

/// That all invariants hold in every state.
pub fn all_of_them() -> Vec<Property<Protocol>> {
    let hold: Holds = |protocol, state| INVARIANTS.iter().all(|(_, holds)| holds(protocol, state));
    vec![Property::always(ALL_OF_THEM, hold)]
}

/// That one of them does.
pub fn one_of_them(name: &'static str) -> Vec<Property<Protocol>> {
    let invariants = INVARIANTS.into_iter().filter(|(other, _)| *other == name);
    invariants
        .map(|(name, holds)| Property::always(name, holds))
        .collect()
}

/// Which of them do not hold in a state.
pub fn broken_in(protocol: &Protocol, state: &State) -> Vec<&'static str> {
    let broken = INVARIANTS
        .into_iter()
        .filter(|(_, holds)| !holds(protocol, state));
    broken.map(|(name, _)| name).collect()
}

/// What happens.
pub fn occurrences() -> Vec<Property<Protocol>> {
    let sometimes: [(&'static str, Holds); 11] = [
        ("a claim is taken over", |_, state| {
            ops(state.ledger).any(|op| op.verb() == Verb::Claim && op.epoch() > 1)
        }),
        ("a late write is fenced", |_, state| {
            state.clients.iter().any(|client| {
                let stale = |(task, epoch): (u8, u8)| {
                    standings(state.ledger)[usize::from(task)].epoch > epoch
                };
                client.phase == Phase::Refused && client.held.is_some_and(stale)
            })
        }),
        ("a race is lost to another machine", |_, state| {
            publishers(state).any(|client| {
                client.phase == Phase::Lost && !client.to.is_ancestor_of(state.ledger)
            })
        }),
        ("one process publishes for another", |_, state| {
            let waits = |to: Chain| {
                move |other: &Client| {
                    other.phase == Phase::Settling && other.waits.is_ancestor_of(to)
                }
            };
            publishers(state).any(|client| {
                client.phase == Phase::Won && state.clients.iter().any(waits(client.to))
            })
        }),
        ("a push without an answer had landed", |_, state| {
            publishers(state).any(|client| {
                client.phase == Phase::Unknown && client.to.is_ancestor_of(state.ledger)
            })
        }),
        (
            "a push without an answer lands before its repetition",
            |_, state| {
                publishers(state).any(|client| {
                    client.phase == Phase::Lost && client.to.is_ancestor_of(state.ledger)
                })
            },
        ),
        ("a push of a dead process lands", |_, state| {
            EVERY_CLIENT.into_iter().any(|no| {
                state.client(no).phase == Phase::Dead
                    && state.client(no).verb == 0
                    && ops(state.ledger).any(|op| op.client() == no)
            })
        }),
        ("an unconfirmed claim stands", |_, state| {
            EVERY_CLIENT.into_iter().any(|no| {
                state.client(no).phase == Phase::Unconfirmed
                    && state.client(no).verb == 0
                    && ops(state.ledger).any(|op| op.client() == no)
            })
        }),
        ("a retry after a crash finds its claim", |_, state| {
            state.faults == 0 && is_found_by_retry(state)
        }),
        (
            "a retry after an unknown outcome finds its claim",
            |_, state| state.crashes == 0 && is_found_by_retry(state),
        ),
        ("everybody is done", |_, state| {
            let mut clients = state.clients.iter();
            clients.all(|client| client.phase == Phase::Done)
        }),
    ];
    let sometimes = sometimes.into_iter();
    sometimes
        .map(|(name, happens)| Property::sometimes(name, happens))
        .collect()
}

fn ops(ledger: Chain) -> impl Iterator<Item = Op> {
    (0..ledger.len()).map(move |n| ledger.op(n))
}

fn publishers(state: &State) -> impl Iterator<Item = &Client> {
    let clients = state.clients.iter();
    clients.filter(|client| client.phase.publishes())
}

/// Whether a client has an acknowledged claim that its dead or silent predecessor had built.
fn is_found_by_retry(state: &State) -> bool {
    state.clients.iter().any(|client| {
        let claim = client.acknowledged.last();
        client.run && claim.is_some_and(|op| op.verb() == Verb::Claim && !op.run())
    })
}

fn epochs_grow(_: &Protocol, state: &State) -> bool {
    let mut epochs = [0; TASKS];
    ops(state.ledger)
        .filter(|op| op.verb() == Verb::Claim)
        .all(|op| {
            let epoch = &mut epochs[usize::from(op.task())];
            *epoch += 1;
            op.epoch() == *epoch
        })
}

fn one_owner(_: &Protocol, state: &State) -> bool {
    let [a, b, c] = state.clients.map(|client| client.held);
    let differ = |one: Option<_>, other| one.is_none() || one != other;
    differ(a, b) && differ(a, c) && differ(b, c)
}

fn no_lost_update(_: &Protocol, state: &State) -> bool {
    let is_in = |client: &Client| client.acknowledged.is_ancestor_of(state.ledger);
    state.clients.iter().all(is_in)
}

fn refused_on_published(_: &Protocol, state: &State) -> bool {
    let is_in = |client: &Client| client.refused_on.is_ancestor_of(state.ledger);
    state.clients.iter().all(is_in)
}

fn once(_: &Protocol, state: &State) -> bool {
    let mut seen = [false; 16];
    ops(state.ledger).all(|op| !std::mem::replace(&mut seen[usize::from(op.id())], true))
}

fn no_is_no(protocol: &Protocol, state: &State) -> bool {
    EVERY_CLIENT.into_iter().all(|no| {
        let client = state.client(no);
        client.phase != Phase::Refused || {
            let verb = protocol.verb(no, client);
            !ops(state.ledger).any(|op| op.client() == no && op.verb() == verb)
        }
    })
}

fn fenced(_: &Protocol, state: &State) -> bool {
    let mut standings = [Standing::UNTOUCHED; TASKS];
    ops(state.ledger).all(|op| {
        let standing = &mut standings[usize::from(op.task())];
        let holds = op.epoch() == standing.epoch && standing.holder == Some(op.client());
        *standing = standing.after(op);
        op.verb() == Verb::Claim || holds
    })
}

/// Nobody waits for what only a fault, time, or a dead process would bring about.
fn progress(_: &Protocol, state: &State) -> bool {
    let goes_on = |no| state.can_step(no) || state.client(no).phase == Phase::Sent;
    let mut clients = state.clients.iter();
    clients.all(|client| !client.phase.is_running()) || EVERY_CLIENT.into_iter().any(goes_on)
}
