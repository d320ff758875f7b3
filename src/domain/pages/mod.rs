//! What people read about the answers that no gate states: refusals of `decide` and of the
//! operations, kinds of failure, exit codes. Gates, rules and ailments carry their own pages.
//!
//! A test reads the sources: an id that is refused with has a page, and a page is refused with.

mod example;
mod exit;
mod failure;
mod guide;
mod hook;
mod refusal;
mod words;

pub use example::EXAMPLES;
pub use exit::{EXITS, ExitPage};
pub use failure::{FAILURES, FailurePage};
pub use guide::{GUIDES, GuidePage};
pub use hook::HOOK_REFUSALS;
pub use refusal::{REFUSALS, RefusalPage};
pub use words::{AILMENT_TEXTS, RULE_TEXTS};

/// An example of the message that refuses with `id`.
#[must_use]
pub fn example_of(id: &str) -> Option<&'static str> {
    let mut own = REFUSALS.iter().chain(HOOK_REFUSALS);
    let own = own.find(|page| page.id == id);
    let listed = || EXAMPLES.iter().find(|(known, _)| *known == id);
    own.map(|page| page.example)
        .or_else(|| listed().map(|(_, example)| *example))
}

/// What helps against a violation of the rule, or against the ailment, with this id.
#[must_use]
pub fn text_of(texts: &[(&str, &'static str)], id: &str) -> Option<&'static str> {
    let found = texts.iter().find(|(known, _)| *known == id);
    found.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::gates::{CLAIM, LAND};
    use crate::domain::rules;

    #[test]
    fn refusals_are_told_apart_and_no_gate_states_them() {
        let mut seen = BTreeSet::new();
        for page in REFUSALS.iter().chain(HOOK_REFUSALS) {
            assert!(seen.insert(page.id), "{} has two pages", page.id);
            let claim = CLAIM.iter().map(|gate| &gate.page);
            let mut gates = claim.chain(LAND.iter().map(|gate| &gate.page));
            assert!(!gates.any(|gate| gate.covers(page.id)), "{}", page.id);
            assert!(!page.fact.ends_with('.'), "{}", page.id);
            assert!(page.text.ends_with('.'), "{}", page.id);
        }
    }

    #[test]
    fn examples_and_texts_are_of_something_known() {
        let claim = CLAIM.iter().map(|gate| gate.page);
        let gates: Vec<_> = claim.chain(LAND.iter().map(|gate| gate.page)).collect();
        for (id, _) in EXAMPLES {
            assert!(gates.iter().any(|gate| gate.covers(id)), "{id}");
        }
        for (id, _) in RULE_TEXTS {
            let while_reading = rules::WHILE_READING.iter().any(|rule| rule.id == *id);
            let known = while_reading || rules::ALL.iter().any(|rule| rule.id == *id);
            assert!(known, "{id}");
        }
    }
}
