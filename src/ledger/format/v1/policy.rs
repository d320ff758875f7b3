//! `governance/policy.yaml`: the rules of a governed repository.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authority::{self, AuthorityMode};
use super::check_terms::{CheckTermsEntry, TierByRisk};
use super::guarded_paths::{CoEditedEntry, ContractEntry, GeneratedEntry};
use super::hygiene::HygieneEntry;
use super::is_default;
use super::queue::OptionalField;
use super::review::{ReviewByRisk, ReviewTermsEntry};
use crate::domain::glob::Glob;
use crate::domain::id::{BranchName, LaneName, ProjectName, RemoteName, RoleName, StageName};
use crate::domain::policy::{
    Authority, CrossWorkstation, Direct, Durability, Fencing, GateTerms, HighRisk, LeaseTerms,
    MergeTerms, Owed, ParentRule, PathRule, Policy, Required, Rerun, Reservations, ReviewRoute,
    Role, RoutingTerms, Strategy, Via, Worktrees,
};
use crate::domain::signature::Level;
use crate::domain::time::Span;
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::{Command, Line, Pattern, Text};

/// The rules of a governed repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// Version of the format.
    pub version: u32,
    /// The name of the project, used in worktree names.
    pub project: Text<ProjectName>,
    /// The integration branch.
    pub target: TargetEntry,
    /// Where a mutation of the ledger is decided.
    #[serde(default)]
    pub authority: TermsEntry,
    /// Whether what was acknowledged has been written through to the disk.
    #[serde(default = "full")]
    pub durability: Text<Durability>,
    /// A pattern that task ids must follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id_pattern: Option<Text<Pattern>>,
    /// What each task must have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: RequiredEntry,
    /// The roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleEntry>,
    /// Where lane worktrees stand and what they and their branches are called.
    #[serde(default)]
    pub worktrees: WorktreesEntry,
    /// How long a claim holds.
    #[serde(default)]
    pub lease: LeaseEntry,
    /// Whether verbs without an epoch are refused.
    #[serde(default = "normal")]
    pub fencing: Text<Fencing>,
    /// How work reaches the target.
    #[serde(default)]
    pub merge: MergeEntry,
    /// How a claim gets its workstation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub routing: RoutingTermsEntry,
    /// What overlapping paths of two tasks in progress do.
    #[serde(default = "warn")]
    pub path_reservations: Text<Reservations>,
    /// What is owed before a merge.
    #[serde(default)]
    pub gates: GatesEntry,
    /// Whether work is reviewed before it lands, from where, and how long a review may wait.
    #[serde(default, skip_serializing_if = "is_default")]
    pub review: ReviewTermsEntry,
    /// Reviewers by changed paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub review_routes: Vec<ReviewRouteEntry>,
    /// Checks and companion changes owed by changed paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path_rules: Vec<PathRuleEntry>,
    /// Whether work may be checked and handed off on a host that its workstation does not have; by
    /// default `refuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_workstation: Option<Text<CrossWorkstation>>,
    /// Most tasks that one agent has in progress at once; without it, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub claims_per_agent: Option<u32>,
    /// Tests whose deletion or shrinkage needs an approval.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected_tests: Vec<Text<Glob>>,
    /// Interfaces that only their owner changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<ContractEntry>,
    /// Files that several roles edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co_edited: Vec<CoEditedEntry>,
    /// Files that a command makes from others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generated: Vec<GeneratedEntry>,
    /// How checks run, and what a branch may do to them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub checks: CheckTermsEntry,
    /// What must show who made a ledger commit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub signatures: SignaturesEntry,
    /// What must not stand in files that others read.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hygiene: HygieneEntry,
}

/// What must show who made a ledger commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignaturesEntry {
    /// The least: nothing, the committer's address, a signature by a key of the identity map, or
    /// that and the word of the server.
    pub minimum: Text<Level>,
}

impl Default for SignaturesEntry {
    fn default() -> Self {
        Self {
            minimum: Level::Unsigned.into(),
        }
    }
}

fn full() -> Text<Durability> {
    Durability::Full.into()
}

fn normal() -> Text<Fencing> {
    Fencing::Normal.into()
}

fn warn() -> Text<Reservations> {
    Reservations::Warn.into()
}

/// The integration branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetEntry {
    /// The branch.
    pub branch: Text<BranchName>,
    /// Which commits it may get outside tasks.
    #[serde(default = "allow")]
    pub direct: Text<Direct>,
}

fn allow() -> Text<Direct> {
    Direct::Allow.into()
}

/// Where a mutation of the ledger is decided, and how long a command waits for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TermsEntry {
    /// In this repository or in a remote.
    pub mode: Text<AuthorityMode>,
    /// The remote that decides; with mode `remote` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Text<RemoteName>>,
    /// How long a command waits for the remote.
    pub timeout: Text<Span>,
}

impl Default for TermsEntry {
    fn default() -> Self {
        Self {
            mode: AuthorityMode::Local.into(),
            remote: None,
            timeout: Span::from_seconds(30).into(),
        }
    }
}

/// What each task must have.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequiredEntry {
    /// Optional keys of a task that must be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Text<OptionalField>>,
    /// Headings that `notes` must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub note_sections: Vec<Text<Line>>,
}

/// One kind of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    /// Its name, such as `A-backend`.
    pub name: Text<RoleName>,
    /// How many lanes it has, from 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1))]
    pub lanes: u16,
    /// Paths its work may touch; without any, everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned_paths: Vec<Text<Glob>>,
    /// Shell commands that every task of it owes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_checks: Vec<Text<Command>>,
    /// Whether it reviews and never claims.
    #[serde(default, skip_serializing_if = "is_default")]
    pub review_only: bool,
}

fn one() -> u16 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(lanes: &u16) -> bool {
    *lanes == 1
}

/// Where lane worktrees stand. `{project}` and `{lane}` are replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorktreesEntry {
    /// The directory; `${WORKTREE_ROOT}` is that variable, by default the parent of the main
    /// checkout.
    pub root: Text<Line>,
    /// The name of the directory of a lane.
    pub name: String,
    /// The name of the branch of a lane.
    pub branch: String,
}

impl Default for WorktreesEntry {
    fn default() -> Self {
        Self {
            root: Line("${WORKTREE_ROOT}".to_owned()).into(),
            name: "{project}-{lane}".to_owned(),
            branch: "agent/{lane}".to_owned(),
        }
    }
}

/// How long a claim holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeaseEntry {
    /// Time to live of a claim without renewal.
    pub ttl: Text<Span>,
    /// Margin for clocks that disagree.
    pub skew: Text<Span>,
}

impl Default for LeaseEntry {
    fn default() -> Self {
        Self {
            ttl: Span::from_seconds(4 * 3600).into(),
            skew: Span::from_seconds(120).into(),
        }
    }
}

/// How work reaches the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MergeEntry {
    /// By push or by pull request.
    pub via: Text<Via>,
    /// Merge stages, lowest first.
    pub stages: Vec<Text<StageName>>,
    /// Whether a parent waits for its children.
    pub parent: Text<ParentRule>,
}

impl Default for MergeEntry {
    fn default() -> Self {
        let stages = ["contract", "generated", "implementation", "integration"];
        Self {
            via: Via::Push.into(),
            stages: stages.into_iter().map(Text::written).collect(),
            parent: ParentRule::Waits.into(),
        }
    }
}

/// How a claim gets its workstation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RoutingTermsEntry {
    /// Which of the routes that name the agent is taken.
    pub strategy: Text<Strategy>,
    /// Who goes on with work that comes back.
    pub rerun: Text<Rerun>,
}

impl Default for RoutingTermsEntry {
    fn default() -> Self {
        let RoutingTerms { strategy, rerun } = RoutingTerms::default();
        Self {
            strategy: strategy.into(),
            rerun: rerun.into(),
        }
    }
}

/// What is owed before a merge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GatesEntry {
    /// Evidence of the acceptance checks.
    pub evidence: Text<Owed>,
    /// A handoff record.
    pub handoff: Text<Owed>,
    /// How many accepting reviews, by risk.
    pub review: ReviewByRisk,
    /// The evidence tier owed where the task names none, by risk.
    #[serde(skip_serializing_if = "is_default")]
    pub tier: TierByRisk,
    /// What work of high risk shows; by default `anchor_and_runtime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_risk: Option<Text<HighRisk>>,
    /// A run of the proof command of a defect's root cause; by default `required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Text<Owed>>,
}

impl Default for GatesEntry {
    fn default() -> Self {
        Self {
            evidence: Owed::Required.into(),
            handoff: Owed::Required.into(),
            review: ReviewByRisk::default(),
            tier: TierByRisk::default(),
            high_risk: None,
            proof: None,
        }
    }
}

/// Reviewers by changed paths; every matched route approves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewRouteEntry {
    /// Which paths.
    #[schemars(length(min = 1))]
    pub paths: Vec<Text<Glob>>,
    /// Roles that must approve.
    #[schemars(length(min = 1))]
    pub reviewers: Vec<Text<RoleName>>,
}

/// What a change of some paths owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathRuleEntry {
    /// Which paths.
    #[schemars(length(min = 1))]
    pub when: Vec<Text<Glob>>,
    /// Shell commands owed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Text<Command>>,
    /// Files that must change along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_change: Vec<Text<Glob>>,
}

/// Most patterns of a list whose entries are compared with each other.
const MOST_PATTERNS: usize = 1000;

fn few_patterns(at: &Place<'_>, patterns: usize) {
    if patterns > MOST_PATTERNS {
        at.refuse(format!(
            "{patterns} patterns, more than {MOST_PATTERNS}: fewer and wider ones say the same"
        ));
    }
}

impl File for PolicyFile {
    type Domain = Policy;

    fn into_domain(self) -> Result<Policy, Vec<Problem>> {
        collect(|at| self.convert(at))
    }
}

impl PolicyFile {
    fn convert(self, at: &Place<'_>) -> Option<Policy> {
        check_version(at, self.version);
        let project = at.text("project", self.project);
        let target = self.target.convert(&at.key("target"));
        let authority = self.authority.convert(&at.key("authority"));
        let durability = at.text("durability", self.durability);
        let task_id_pattern = at.maybe("task_id_pattern", self.task_id_pattern);
        let required = self.required.convert(&at.key("required"));
        let roles = at.map("roles", "name", self.roles, |at, role| role.convert(at));
        let worktrees = self.worktrees.convert(&at.key("worktrees"));
        let lease = self.lease.convert(&at.key("lease"));
        let fencing = at.text("fencing", self.fencing);
        let merge = self.merge.convert(&at.key("merge"));
        let routing = self.routing.convert(&at.key("routing"));
        let path_reservations = at.text("path_reservations", self.path_reservations);
        let gates = self.gates.convert(&at.key("gates"));
        let review = self.review.convert(&at.key("review"));
        let review_routes = at.items("review_routes", self.review_routes, |at, route| {
            route.convert(at)
        });
        let path_rules = at.items("path_rules", self.path_rules, |at, rule| rule.convert(at));
        let cross_workstation = at.maybe("cross_workstation", self.cross_workstation);
        if self.claims_per_agent == Some(0) {
            at.key("claims_per_agent")
                .refuse("`claims_per_agent` counts from 1");
        }
        let protected_tests = at.list("protected_tests", self.protected_tests);
        let patterns = self.contracts.iter().map(|contract| contract.paths.len());
        few_patterns(&at.key("contracts"), patterns.sum());
        let patterns = self.generated.iter().map(|files| files.paths.len());
        few_patterns(&at.key("generated"), patterns.sum());
        let contracts = at.map("contracts", "name", self.contracts, |at, contract| {
            contract.convert(at)
        });
        let co_edited = at.items("co_edited", self.co_edited, |at, files| files.convert(at));
        let generated = at.items("generated", self.generated, |at, files| files.convert(at));
        let checks = self.checks.convert(&at.key("checks"));
        let signatures = at
            .key("signatures")
            .text("minimum", self.signatures.minimum);
        let hygiene = self.hygiene.convert(&at.key("hygiene"));
        let (target, direct) = target?;
        let (authority, remote_timeout) = authority?;
        Some(Policy {
            project: project?.to_string(),
            target,
            direct,
            authority,
            remote_timeout,
            durability: durability?,
            task_id_pattern: task_id_pattern.map(String::from),
            required,
            roles,
            worktrees: worktrees?,
            lease: lease?,
            fencing: fencing?,
            merge: merge?,
            routing: routing?,
            path_reservations: path_reservations?,
            gates: gates?,
            review: review?,
            review_routes,
            path_rules,
            cross_workstation: cross_workstation.unwrap_or(CrossWorkstation::Refuse),
            claims_per_agent: self.claims_per_agent,
            protected_tests,
            contracts,
            co_edited,
            generated,
            checks: checks?,
            signatures: signatures?,
            hygiene,
        })
    }
}

impl TargetEntry {
    fn convert(self, at: &Place<'_>) -> Option<(BranchName, Direct)> {
        let branch = at.text("branch", self.branch);
        let direct = at.text("direct", self.direct);
        Some((branch?, direct?))
    }
}

impl TermsEntry {
    fn convert(self, at: &Place<'_>) -> Option<(Authority, Span)> {
        let authority = authority::convert(at, self.mode, self.remote);
        let timeout = some_time(at, "timeout", self.timeout);
        Some((authority?, timeout?))
    }
}

/// Takes a span that must not be empty.
pub(super) fn some_time(at: &Place<'_>, key: &str, text: Text<Span>) -> Option<Span> {
    let span = at.text(key, text)?;
    if span.seconds() == 0 {
        at.key(key).refuse(format!("a `{key}` of no length"));
        return None;
    }
    Some(span)
}

impl RequiredEntry {
    fn convert(self, at: &Place<'_>) -> Required {
        let fields: Vec<OptionalField> = at.list("fields", self.fields);
        let sections: Vec<Line> = at.list("note_sections", self.note_sections);
        Required {
            fields: fields.iter().map(|field| field.word().to_owned()).collect(),
            note_sections: sections.into_iter().map(String::from).collect(),
        }
    }
}

impl RoleEntry {
    fn convert(self, at: &Place<'_>) -> Option<(RoleName, Role)> {
        let name = at.text("name", self.name);
        if self.lanes == 0 {
            at.key("lanes").refuse_with_hint(
                "a role has at least one lane",
                "write `review_only: true` for a role that never claims",
            );
        }
        let owned_paths = at.list("owned_paths", self.owned_paths);
        let checks: Vec<Command> = at.list("required_checks", self.required_checks);
        let role = Role {
            lanes: self.lanes,
            owned_paths,
            required_checks: checks.into_iter().map(String::from).collect(),
            review_only: self.review_only,
        };
        Some((name?, role))
    }
}

impl WorktreesEntry {
    fn convert(self, at: &Place<'_>) -> Option<Worktrees> {
        let root = at.text("root", self.root);
        for (key, template) in [("name", &self.name), ("branch", &self.branch)] {
            if !template.contains("{lane}") {
                at.key(key).refuse_with_hint(
                    format!(
                        "`{}` gives every lane the same name",
                        template.escape_debug()
                    ),
                    "put `{lane}` into it",
                );
            }
        }
        let worktrees = Worktrees {
            root: root?.into(),
            name: self.name,
            branch: self.branch,
        };
        check_templates(at, &worktrees);
        Some(worktrees)
    }
}

/// Tries both templates with a lane of the plainest name.
fn check_templates(at: &Place<'_>, worktrees: &Worktrees) {
    let Ok(lane) = "x".parse::<LaneName>() else {
        return;
    };
    // A directory name is as strict as a role name.
    if let Err(bad) = RoleName::new(worktrees.name_of("x", &lane)) {
        at.key("name")
            .refuse(format!("it gives no directory name: {}", bad.why));
    }
    if let Err(bad) = worktrees.branch_of("x", &lane) {
        at.key("branch")
            .refuse(format!("it gives no branch name: {}", bad.why));
    }
}

impl LeaseEntry {
    fn convert(self, at: &Place<'_>) -> Option<LeaseTerms> {
        let ttl = some_time(at, "ttl", self.ttl);
        let skew = at.text("skew", self.skew);
        Some(LeaseTerms {
            ttl: ttl?,
            skew: skew?,
        })
    }
}

impl MergeEntry {
    fn convert(self, at: &Place<'_>) -> Option<MergeTerms> {
        let via = at.text("via", self.via);
        let parent = at.text("parent", self.parent);
        let stages: Vec<StageName> = at.list("stages", self.stages);
        let distinct: BTreeSet<&StageName> = stages.iter().collect();
        if distinct.len() != stages.len() {
            at.key("stages").refuse("a stage is listed twice");
        }
        Some(MergeTerms {
            via: via?,
            stages,
            parent: parent?,
        })
    }
}

impl RoutingTermsEntry {
    fn convert(self, at: &Place<'_>) -> Option<RoutingTerms> {
        let strategy = at.text("strategy", self.strategy);
        let rerun = at.text("rerun", self.rerun);
        Some(RoutingTerms {
            strategy: strategy?,
            rerun: rerun?,
        })
    }
}

impl GatesEntry {
    fn convert(self, at: &Place<'_>) -> Option<GateTerms> {
        let evidence = at.text("evidence", self.evidence);
        let handoff = at.text("handoff", self.handoff);
        let review = self.review.convert(&at.key("review"));
        let tier = self.tier.convert(&at.key("tier"));
        let high_risk = at.maybe("high_risk", self.high_risk);
        let proof = at.maybe("proof", self.proof);
        Some(GateTerms {
            evidence: evidence?,
            handoff: handoff?,
            review,
            tier,
            high_risk: high_risk.unwrap_or(HighRisk::AnchorAndRuntime),
            proof: proof.unwrap_or(Owed::Required),
        })
    }
}

impl ReviewRouteEntry {
    fn convert(self, at: &Place<'_>) -> Option<ReviewRoute> {
        for (key, empty) in [
            ("paths", self.paths.is_empty()),
            ("reviewers", self.reviewers.is_empty()),
        ] {
            if empty {
                at.key(key)
                    .refuse(format!("a route without {key} does nothing"));
            }
        }
        Some(ReviewRoute {
            paths: at.list("paths", self.paths),
            reviewers: at.list("reviewers", self.reviewers),
        })
    }
}

impl PathRuleEntry {
    fn convert(self, at: &Place<'_>) -> Option<PathRule> {
        if self.when.is_empty() {
            at.key("when").refuse("a rule without paths does nothing");
        }
        let checks: Vec<Command> = at.list("checks", self.checks);
        Some(PathRule {
            when: at.list("when", self.when),
            checks: checks.into_iter().map(String::from).collect(),
            also_change: at.list("also_change", self.also_change),
        })
    }
}
