//! `explain` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::explain::{Explained, Refused};

/// `data` of `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExplainView {
    /// The pages: all of them, or those about the id that was asked for.
    pub pages: Vec<PageView>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageView {
    /// The id, as it stands in answers; of an exit code its number.
    pub id: String,
    /// `claim-gate`, `landing-gate`, `refusal`, `rule`, `ailment`, `failure`, `exit-code` or
    /// `guide`.
    pub group: String,
    /// What it asks or states.
    pub about: String,
    /// Why, and the ways out.
    pub text: String,
    /// The ids that it refuses with beside its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusedView>,
    /// What decides whether and how it refuses, such as `policy: roles`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The verbs that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<String>,
    /// What such a message looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The seat of a person who may lift the gate for a task; none where nobody may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived_by: Option<String>,
    /// `error` or `warning`: how bad a violation of the rule is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The exit code of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// The steps of a guide: commands after `$ `, remarks after `#`, and what a file is to hold,
    /// indented below its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<String>,
}

/// An id that a gate refuses with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusedView {
    /// The id.
    pub id: String,
    /// The fact that it states.
    pub fact: String,
    /// What such a message looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

impl From<&[Explained]> for ExplainView {
    fn from(pages: &[Explained]) -> Self {
        let pages = pages.iter().map(PageView::from).collect();
        Self { pages }
    }
}

impl From<&Explained> for PageView {
    fn from(page: &Explained) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            id: page.id.clone(),
            group: page.group.word().to_owned(),
            about: page.about.to_owned(),
            text: page.text.to_owned(),
            refusals: page.refusals.iter().map(RefusedView::from).collect(),
            keys: owned(page.keys),
            verbs: owned(page.verbs),
            example: page.example.map(str::to_owned),
            waived_by: page.waived_by.map(|seat| seat.word().to_owned()),
            severity: page.severity.map(|severity| severity.word().to_owned()),
            exit: page.exit,
            steps: page.steps.map(str::to_owned),
        }
    }
}

impl From<&Refused> for RefusedView {
    fn from(refused: &Refused) -> Self {
        Self {
            id: refused.id.to_owned(),
            fact: refused.fact.to_owned(),
            example: refused.example.map(str::to_owned),
        }
    }
}
