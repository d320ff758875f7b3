//! The rules of a governed repository: `governance/policy.yaml` as a value.

use std::collections::BTreeMap;

use super::glob::Glob;
use super::guarded_paths::{CoEdited, Contract, Generated};
use super::hygiene::Hygiene;
use super::id::{BranchName, ContractName, LaneName, RemoteName, RoleName, StageName};
use super::signature::Level;
use super::task::{Risk, Tier, words};
use super::time::Span;

/// Everything policy says. Built with [`Policy::default`]-like values for what a file leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Name of the project, used in worktree names.
    pub project: String,
    /// The integration branch.
    pub target: BranchName,
    /// Which commits the target may get outside tasks.
    pub direct: Direct,
    /// Where a mutation is decided.
    pub authority: Authority,
    /// How long a command waits for the remote.
    pub remote_timeout: Span,
    /// Whether acknowledged means written through to the disk.
    pub durability: Durability,
    /// Extra pattern for task ids, a regular expression.
    pub task_id_pattern: Option<String>,
    /// Fields and note sections each task must have.
    pub required: Required,
    /// The roles, by name.
    pub roles: BTreeMap<RoleName, Role>,
    /// Where lane worktrees stand and what they and their branches are called.
    pub worktrees: Worktrees,
    /// Lease arithmetic.
    pub lease: LeaseTerms,
    /// Whether verbs without an epoch are refused.
    pub fencing: Fencing,
    /// How work reaches the target.
    pub merge: MergeTerms,
    /// How a claim gets its workstation.
    pub routing: RoutingTerms,
    /// What overlapping `owned_paths` of tasks in progress do to readiness.
    pub path_reservations: Reservations,
    /// What is owed before a merge.
    pub gates: GateTerms,
    /// Whether work is reviewed before it lands, from where, and how long a review may wait.
    pub review: ReviewTerms,
    /// Reviewers by changed paths.
    pub review_routes: Vec<ReviewRoute>,
    /// Checks and companion changes owed by changed paths.
    pub path_rules: Vec<PathRule>,
    /// Whether work may be checked and handed off on a host that its workstation does not have.
    pub cross_workstation: CrossWorkstation,
    /// Most tasks that one agent has in progress at once; none: no limit.
    pub claims_per_agent: Option<u32>,
    /// Tests whose deletion or shrinkage needs an approval.
    pub protected_tests: Vec<Glob>,
    /// Interfaces that only their owner changes, by name.
    pub contracts: BTreeMap<ContractName, Contract>,
    /// Files that several roles edit.
    pub co_edited: Vec<CoEdited>,
    /// Files that a command makes from others.
    pub generated: Vec<Generated>,
    /// How checks run, and what a branch may do to them.
    pub checks: CheckTerms,
    /// The least that must show who made a ledger commit.
    pub signatures: Level,
    /// What must not stand in files that others read.
    pub hygiene: Hygiene,
}

/// One kind of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Number of lanes, from 1.
    pub lanes: u16,
    /// Paths the role's work may touch; empty: everything.
    pub owned_paths: Vec<Glob>,
    /// Checks every task of the role owes.
    pub required_checks: Vec<String>,
    /// The role reviews and never claims.
    pub review_only: bool,
}

words! {
    /// Which commits the target may get outside tasks.
    Direct {
        /// Any.
        Allow = "allow",
        /// Any, and they are listed.
        Listed = "listed",
        /// None.
        TasksOnly = "tasks_only",
    }
}

/// Where a mutation of the ledger is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// By the ref in this repository.
    Local,
    /// By the ref in this remote.
    Remote(RemoteName),
}

words! {
    /// Whether work may be checked and handed off on a host that its workstation does not have
    /// (I17).
    CrossWorkstation {
        /// No.
        Refuse = "refuse",
        /// Yes.
        Allow = "allow",
    }
}

words! {
    /// What an acknowledgement means.
    Durability {
        /// Written through to the disk before it is given.
        Full = "full",
        /// Handed to the operating system; a power cut may lose it, never corrupt.
        Fast = "fast",
    }
}

/// Fields and note sections that `validate` asks of each task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Required {
    /// Optional fields that must be there.
    pub fields: Vec<String>,
    /// Headings that `notes` must have.
    pub note_sections: Vec<String>,
}

/// Where lane worktrees stand and what they are called. `{project}` and `{lane}` are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktrees {
    /// Directory, or `${WORKTREE_ROOT}`: that variable, by default the parent of the main checkout.
    pub root: String,
    /// Name of the directory of a lane.
    pub name: String,
    /// Name of the branch of a lane.
    pub branch: String,
}

impl Worktrees {
    /// The directory name of `lane`'s worktree.
    #[must_use]
    pub fn name_of(&self, project: &str, lane: &LaneName) -> String {
        self.name
            .replace("{project}", project)
            .replace("{lane}", &lane.slug())
    }

    /// The branch of `lane`.
    ///
    /// # Errors
    /// When the template does not give a legal branch name.
    pub fn branch_of(
        &self,
        project: &str,
        lane: &LaneName,
    ) -> Result<BranchName, super::id::BadName> {
        BranchName::new(
            self.branch
                .replace("{project}", project)
                .replace("{lane}", &lane.slug()),
        )
    }
}

/// Lease arithmetic: how long a claim holds, and how far clocks may disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// Time to live of a claim without renewal.
    pub ttl: Span,
    /// Margin added before a lease counts as expired.
    pub skew: Span,
}

words! {
    /// Whether verbs without an epoch are taken.
    Fencing {
        /// A verb without an epoch is judged by agent alone.
        Normal = "normal",
        /// A verb without an epoch is refused.
        Strict = "strict",
    }
}

/// How work reaches the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeTerms {
    /// By push or by pull request.
    pub via: Via,
    /// Merge stages, lowest first.
    pub stages: Vec<StageName>,
    /// Whether a parent waits for its children.
    pub parent: ParentRule,
}

words! {
    /// How work reaches the target.
    Via {
        /// `merge` moves the target.
        Push = "push",
        /// `merge` publishes the branch; a forge moves the target.
        PullRequest = "pull_request",
    }
}

words! {
    /// Whether a parent waits for its children.
    ParentRule {
        /// It lands after all of them.
        Waits = "waits",
        /// It lands when it is ready.
        Independent = "independent",
    }
}

/// How a claim gets its workstation (I22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoutingTerms {
    /// Which of the routes that name the agent is taken.
    pub strategy: Strategy,
    /// Who goes on with work that comes back.
    pub rerun: Rerun,
}

impl Default for RoutingTerms {
    fn default() -> Self {
        Self {
            strategy: Strategy::Fixed,
            rerun: Rerun::Prefer,
        }
    }
}

words! {
    /// Which of the routes that name an agent is taken.
    Strategy {
        /// The first whose workstation is in service, however busy it is.
        Fixed = "fixed",
        /// The first against which nothing stands.
        Available = "available",
        /// Of those against which nothing stands, the one with the smallest load.
        LeastLoaded = "least_loaded",
    }
}

words! {
    /// Who goes on with work that comes back, and where (I19).
    Rerun {
        /// The earlier agent at the earlier workstation, if it is that agent that asks.
        Prefer = "prefer",
        /// The earlier agent and nobody else, while the map lists it.
        Require = "require",
    }
}

words! {
    /// What overlapping paths of two tasks in progress do.
    Reservations {
        /// The second cannot start.
        Refuse = "refuse",
        /// The second is warned.
        Warn = "warn",
        /// Nothing.
        Off = "off",
    }
}

words! {
    /// Whether something is owed.
    Owed {
        /// It is.
        Required = "required",
        /// It is not.
        None = "none",
    }
}

/// What is owed before a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateTerms {
    /// Evidence of the acceptance checks.
    pub evidence: Owed,
    /// A handoff record.
    pub handoff: Owed,
    /// How many others accept, by risk (P49).
    pub review: BTreeMap<Risk, u32>,
    /// The evidence tier owed where the task names none, by risk (G22).
    pub tier: BTreeMap<Risk, Tier>,
    /// What work of high risk shows (P37).
    pub high_risk: HighRisk,
    /// A run of the proof command of a defect's root cause, before and after (P43).
    pub proof: Owed,
}

words! {
    /// What work of high risk shows (P37).
    HighRisk {
        /// A line of the source, and a pass at run time.
        AnchorAndRuntime = "anchor_and_runtime",
        /// No more than other work.
        None = "none",
    }
}

words! {
    /// What becomes of work that changes what its own checks do.
    EditedChecks {
        /// The reviewer is shown it.
        Show = "show",
        /// It lands only when somebody else approved the path by name.
        Refuse = "refuse",
    }
}

/// How checks run, and what a branch may do to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckTerms {
    /// Time each command gets.
    pub timeout: Span,
    /// Bytes of output kept in memory; all of it is counted in the digest.
    pub output: u64,
    /// What becomes of a check that the judged branch changed.
    pub edited: EditedChecks,
}

impl Default for CheckTerms {
    fn default() -> Self {
        Self {
            timeout: Span::from_seconds(30 * 60),
            output: 64 * 1024,
            edited: EditedChecks::Show,
        }
    }
}

impl GateTerms {
    /// How many accepting reviews a task of this risk owes, each by another reviewer.
    #[must_use]
    pub fn reviews_owed(&self, risk: Risk) -> u32 {
        self.review.get(&risk).copied().unwrap_or(0)
    }
}

/// Whether work is reviewed before it lands, from where, and how long a review may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewTerms {
    /// Who owns the cycle (P44).
    pub mode: ReviewMode,
    /// From where a reviewer judges (I18).
    pub independence: Independence,
    /// How long a submission waits for a verdict before it is called stale (P48).
    pub stale_after: Span,
    /// How long until it is called escalated (P48).
    pub escalate_after: Span,
}

impl Default for ReviewTerms {
    fn default() -> Self {
        Self {
            mode: ReviewMode::Review,
            independence: Independence::Workstation,
            stale_after: Span::from_seconds(24 * 3600),
            escalate_after: Span::from_seconds(72 * 3600),
        }
    }
}

words! {
    /// Who owns the cycle from claim to target (P44).
    ReviewMode {
        /// The agent that does the work: risk and paths owe no review.
        Interim = "interim",
        /// Others accept it first, as risk and paths ask.
        Review = "review",
    }
}

words! {
    /// From where a reviewer judges (I18). Asked for where the identity map is enforced.
    Independence {
        /// From anywhere: another agent is enough.
        Agent = "agent",
        /// From another workstation than the work was done on.
        Workstation = "workstation",
    }
}

/// Reviewers by changed paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRoute {
    /// Which paths.
    pub paths: Vec<Glob>,
    /// Roles that must approve.
    pub reviewers: Vec<RoleName>,
}

/// What a change of some paths owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// Which paths.
    pub when: Vec<Glob>,
    /// Checks owed.
    pub checks: Vec<String>,
    /// Files that must change along.
    pub also_change: Vec<Glob>,
}
