//! `hygiene` of `governance/policy.yaml`: what must not stand in files that others read (G24).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::hygiene::{Hygiene, MOST_TERMS, TERM};
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::{Line, Text};

/// What must not stand in files that others read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HygieneEntry {
    /// Private terms, such as the names of customers: literal, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200))]
    pub terms: Vec<Text<Line>>,
}

impl HygieneEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Hygiene {
        let at_terms = at.key("terms");
        if self.terms.len() > MOST_TERMS {
            at_terms.refuse(format!("more than {MOST_TERMS} terms"));
        }
        for (item, term) in self.terms.iter().enumerate() {
            let long = term.value().map(|term| term.0.chars().count());
            if long.is_some_and(|long| !TERM.contains(&long)) {
                at_terms.item(item).refuse(format!(
                    "a term has {} to {} characters",
                    TERM.start(),
                    TERM.end()
                ));
            }
        }
        let terms: Vec<Line> = at.list("terms", self.terms);
        Hygiene {
            terms: terms.into_iter().map(String::from).collect(),
        }
    }
}
