use std::fmt;

use super::Patient;
use crate::ops::OpError;

/// Something that can be wrong with a repository.
pub struct Ailment {
    /// Its name.
    pub id: &'static str,
    /// What is looked for, in the plural.
    pub about: &'static str,
    pub(super) find: fn(&Patient) -> Result<Vec<Finding>, OpError>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It stops commands, or the ledger says what is not so.
    Error,
    /// It is in the way, or left over.
    Warning,
    /// It is good to know; nothing is wrong.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// Something that was found.
#[derive(Debug)]
pub struct Finding {
    /// Of which ailment.
    pub ailment: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The fact.
    pub what: String,
    /// The path or ref.
    pub place: String,
    /// Why it is judged so.
    pub why: String,
    /// What helps.
    pub cure: Cure,
}

/// What helps against a finding.
pub enum Cure {
    /// A repair that `doctor --fix` does.
    Repair {
        /// What it does.
        plan: String,
        /// Does it.
        act: Act,
    },
    /// What a person does.
    Hand(String),
}

type Act = Box<dyn Fn(&Patient) -> Result<Mended, OpError>>;

/// How a repair ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mended {
    /// It is done: what was done.
    Done(String),
    /// It was not done: the reason.
    Kept(String),
}

impl Cure {
    pub(in crate::ops) fn repair(
        plan: impl Into<String>,
        act: impl Fn(&Patient) -> Result<Mended, OpError> + 'static,
    ) -> Self {
        let (plan, act) = (plan.into(), Box::new(act));
        Self::Repair { plan, act }
    }
}

impl fmt::Debug for Cure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repair { plan, .. } => f.debug_tuple("Repair").field(plan).finish(),
            Self::Hand(remedy) => f.debug_tuple("Hand").field(remedy).finish(),
        }
    }
}

impl Cure {
    /// What `doctor --fix` would do.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        match self {
            Self::Repair { plan, .. } => Some(plan),
            Self::Hand(_) => None,
        }
    }

    /// Carries the repair out; `None` where there is none. An error keeps what it is against.
    #[must_use]
    pub fn carry_out(&self, patient: &Patient) -> Option<Mended> {
        match self {
            Self::Repair { act, .. } => Some(match act(patient) {
                Ok(mended) => mended,
                Err(error @ OpError::NoIdentity) => {
                    Mended::Kept(format!("{error}: `laneway doctor --fix --as @NAME`"))
                }
                Err(error) => Mended::Kept(error.to_string()),
            }),
            Self::Hand(_) => None,
        }
    }
}

impl Finding {
    /// What `doctor --fix` would do.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.cure.plan()
    }

    /// Carries the repair out; `None` where there is none. An error keeps the finding.
    #[must_use]
    pub fn repair(&self, patient: &Patient) -> Option<Mended> {
        self.cure.carry_out(patient)
    }
}
