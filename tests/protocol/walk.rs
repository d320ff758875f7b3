//! A walk through all states that finds out whether steps can go round in a circle.
//!
//! The checker takes a state that it met before for a join of paths; whether it closes a circle is
//! not its question.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::Model;

use crate::protocol::Protocol;
use crate::state::State;

/// What a walk found.
#[derive(Debug, PartialEq, Eq)]
pub struct Walk {
    /// How many states there are.
    pub states: usize,
    /// Whether a step leads back to a state that came before it.
    pub has_circle: bool,
}

/// Goes depth first from the initial state.
pub fn walk(protocol: &Protocol) -> Walk {
    let mut is_on_path = HashMap::new();
    let mut has_circle = false;
    let mut path = Vec::new();
    for state in protocol.init_states() {
        is_on_path.insert(name(&state), true);
        path.push((name(&state), protocol.next_states(&state)));
    }
    while let Some((here, ahead)) = path.last_mut() {
        let Some(state) = ahead.pop() else {
            is_on_path.insert(*here, false);
            path.pop();
            continue;
        };
        match is_on_path.get(&name(&state)) {
            Some(on_path) => has_circle |= on_path,
            None => {
                is_on_path.insert(name(&state), true);
                path.push((name(&state), protocol.next_states(&state)));
            }
        }
    }
    Walk {
        states: is_on_path.len(),
        has_circle,
    }
}

fn name(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
