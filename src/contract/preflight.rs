//! `doctor --role` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::doctor::{Cure, Mended};
use crate::ops::preflight::{Line, Next, Standing};

/// What stands between a role and a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreflightView {
    /// The role.
    pub role: String,
    /// What was looked at, each check with a line at least.
    pub checks: Vec<CheckView>,
    /// How many of them failed.
    pub failed: usize,
    /// How many of them warn.
    pub warnings: usize,
    /// With `--fix`: what was repaired before this look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<RepairView>,
    /// What the role could claim now; none when nothing can be claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextView>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckView {
    /// Which check, such as `identity`.
    pub check: String,
    /// `ok`, `warning`, `failed` or `skipped`.
    pub standing: String,
    /// The fact.
    pub fact: String,
    /// What a person does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What `--fix` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
}

/// A repair that `--fix` tried before it looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepairView {
    /// Of which check.
    pub check: String,
    /// What it does.
    pub repair: String,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// What the role could claim now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NextView {
    /// The task.
    pub task: String,
    /// One line about it.
    pub title: String,
    /// The lane it would get.
    pub lane: String,
    /// The workstation it would get.
    pub workstation: String,
    /// The command that claims it.
    pub command: String,
}

impl PreflightView {
    /// The lines, counted.
    #[must_use]
    pub fn of(role: &str, checks: Vec<CheckView>, next: Option<&Next>) -> Self {
        let count = |standing: Standing| {
            let like = checks.iter();
            like.filter(|one| one.standing == standing.word()).count()
        };
        Self {
            role: role.to_owned(),
            failed: count(Standing::Failed),
            warnings: count(Standing::Warning),
            checks,
            repairs: Vec::new(),
            next: next.map(NextView::from),
        }
    }
}

impl From<&Line> for CheckView {
    fn from(line: &Line) -> Self {
        let (next, repair) = match &line.cure {
            Some(Cure::Hand(next)) => (Some(next.clone()), None),
            Some(Cure::Repair { plan, .. }) => (None, Some(plan.clone())),
            None => (None, None),
        };
        Self {
            check: line.check.to_owned(),
            standing: line.standing.word().to_owned(),
            fact: line.fact.clone(),
            next,
            repair,
        }
    }
}

impl RepairView {
    /// A repair and how it ended.
    #[must_use]
    pub fn of(check: &str, plan: &str, mended: &Mended) -> Self {
        let (fixed, kept) = match mended {
            Mended::Done(what) => (Some(what.clone()), None),
            Mended::Kept(why) => (None, Some(why.clone())),
        };
        Self {
            check: check.to_owned(),
            repair: plan.to_owned(),
            fixed,
            kept,
        }
    }
}

impl From<&Next> for NextView {
    fn from(next: &Next) -> Self {
        Self {
            task: next.task.to_string(),
            title: next.title.clone(),
            lane: next.lane.to_string(),
            workstation: next.workstation.to_string(),
            command: next.command.clone(),
        }
    }
}
