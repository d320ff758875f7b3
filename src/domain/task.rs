//! The definition of a task: what people and agents plan (DESIGN §2). `x-` keys stay in the plan
//! document.

use super::evidence::EvidenceChecks;
use super::glob::Glob;
use super::id::{GroupName, LaneName, RoleName, StageName, TaskId, TaskType};
use super::stage::StageContract;
use super::time::Timestamp;

/// Priority of a task that names none; 1 is highest.
pub const DEFAULT_PRIORITY: u8 = 3;

/// One unit of work, as defined in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Unique over all plan files of target and ledger.
    pub id: TaskId,
    /// One line for people.
    pub title: String,
    /// Routing key of the identity map.
    pub task_type: Option<TaskType>,
    /// What sort of work.
    pub kind: Kind,
    /// Whose work.
    pub role: RoleName,
    /// The lane it is pinned to, if any.
    pub lane: Option<LaneName>,
    /// 1 is highest.
    pub priority: u8,
    /// Order among siblings.
    pub sequence: i64,
    /// The task that this one is a part of.
    pub parent: Option<TaskId>,
    /// Position among the parts, for people: `1/3`.
    pub slice: Option<String>,
    /// Order of merging among siblings of one stage.
    pub merge_order: Option<i64>,
    /// Stage of merging; policy orders the stages.
    pub merge_stage: Option<StageName>,
    /// What is at stake.
    pub risk: Risk,
    /// Tasks that must have landed before this one starts.
    pub depends_on: Vec<TaskId>,
    /// Groups of which one task at a time is in progress.
    pub exclusive: Vec<GroupName>,
    /// Paths the work may touch; empty: those of the role.
    pub owned_paths: Vec<Glob>,
    /// Paths the work must not touch.
    pub forbidden_paths: Vec<Glob>,
    /// Contract files the work touches.
    pub contract_touchpoints: Vec<Glob>,
    /// Shell commands that must pass on what lands.
    pub acceptance_checks: Vec<String>,
    /// Shell commands that must pass too, by the class of evidence that they show (G22).
    pub evidence_checks: EvidenceChecks,
    /// Evidence tier owed.
    pub evidence: Option<Tier>,
    /// What the workstation must have.
    pub requires: Requires,
    /// Earliest start.
    pub not_before: Option<Timestamp>,
    /// Only a person unparks.
    pub parked: bool,
    /// Estimate, for people.
    pub effort: Option<String>,
    /// The ask this task came from; makes intake idempotent.
    pub origin_ask_ref: Option<String>,
    /// Its stage contract, where that stands in the definition; see [`Plan::contract`].
    ///
    /// [`Plan::contract`]: super::plan::Plan::contract
    pub stages: Option<StageContract>,
    /// The file that holds its stage contract, relative to `governance/`.
    pub stages_ref: Option<String>,
    /// Work package file, relative to `governance/`.
    pub package: Option<String>,
    /// When it was planned; decides age.
    pub created_at: Option<Timestamp>,
    /// Context for whoever does it; no gate reads it.
    pub notes: Option<String>,
}

/// Tools and licences that a workstation must offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requires {
    /// Capability names.
    pub tools: Vec<String>,
    /// Licence names.
    pub licenses: Vec<String>,
}

/// What every closed set of words offers, for code that reads and writes them all alike.
pub trait Word: Copy + std::fmt::Display + 'static {
    /// The name of the set.
    const NAME: &'static str;

    /// Every value, in order.
    fn all() -> &'static [Self];

    /// The word used in files.
    fn spelling(self) -> &'static str;
}

/// A closed set of words with one spelling each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in files.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word used in files.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::domain::task::Word for $name {
            const NAME: &'static str = stringify!($name);

            fn all() -> &'static [Self] {
                Self::ALL
            }

            fn spelling(self) -> &'static str {
                self.word()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What sort of work a task is.
    Kind {
        /// New behaviour.
        Feature = "feature",
        /// A fault to mend; owes a root cause (P43).
        Defect = "defect",
        /// Upkeep.
        Chore = "chore",
        /// An inquiry.
        Spike = "spike",
    }
}

words! {
    /// What is at stake; weighs review and evidence.
    Risk {
        /// Little.
        Low = "low",
        /// The usual.
        Normal = "normal",
        /// Much: reviewed by default.
        High = "high",
    }
}

words! {
    /// The evidence ladder, weakest first (G22).
    Tier {
        /// Asserted by the worker only.
        SelfReported = "self_reported",
        /// Traced in source.
        SourceTrace = "source_trace",
        /// Static analysis.
        Static = "static",
        /// A command ran locally.
        LocalCommand = "local_command",
        /// Seen at run time.
        Runtime = "runtime",
        /// Under load.
        Stress = "stress",
        /// Merged and checked.
        Merge = "merge",
    }
}
