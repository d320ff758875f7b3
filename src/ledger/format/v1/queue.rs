//! `governance/queue.yaml` and `governance/queue/*.yaml`: the plan.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use super::evidence_checks::EvidenceChecksEntry;
use super::is_default;
use super::stages::StagesEntry;
use crate::domain::glob::Glob;
use crate::domain::id::{GroupName, LaneName, RoleName, StageName, TaskId, TaskType};
use crate::domain::stage::StageContract;
use crate::domain::task::{DEFAULT_PRIORITY, Kind, Requires, Risk, Task, Tier, words};
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::{Command, FilePath, Line, Text, texts};

/// Tasks, planned by people and agents. State lives elsewhere: only the tool writes it.
#[derive(Debug, Clone, PartialEq, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueFile {
    /// Version of the format.
    pub version: u32,
    /// The tasks.
    #[schemars(with = "Vec<TaskEntry>")]
    pub tasks: Vec<JudgedTask>,
}

impl QueueFile {
    /// The key of the list that may be long.
    pub const ITEMS: &'static str = "tasks";
}

/// A task of a plan file, judged as soon as its entry is read: a plan may be long, and an entry is
/// larger than what it means (P23). Like a [`Text`] it keeps what is wrong with it, so that one bad
/// task does not hide the next.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedTask(Result<Arc<Task>, Box<BadTask>>);

/// An entry that means no task.
#[derive(Debug, Clone, PartialEq)]
struct BadTask {
    /// The id it gives, if that is one.
    id: Option<TaskId>,
    /// What is wrong; the pointers begin at the entry.
    problems: Vec<Problem>,
}

impl From<TaskEntry> for JudgedTask {
    fn from(entry: TaskEntry) -> Self {
        let id = entry.id.value().cloned();
        let judged = entry.into_domain().map(Arc::new);
        Self(judged.map_err(|problems| Box::new(BadTask { id, problems })))
    }
}

impl<'de> Deserialize<'de> for JudgedTask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TaskEntry::deserialize(deserializer).map(Self::from)
    }
}

impl JudgedTask {
    /// The id that the entry gives, if that is one.
    fn id(&self) -> Option<&TaskId> {
        match &self.0 {
            Ok(task) => Some(&task.id),
            Err(bad) => bad.id.as_ref(),
        }
    }
}

/// One unit of work.
#[derive(Debug, Clone, PartialEq, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskEntry {
    /// Unique over all plan files.
    pub id: Text<TaskId>,
    /// One line for people.
    pub title: Text<Line>,
    /// The routing key of the identity map.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<Text<TaskType>>,
    /// What sort of work; by default `feature`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<Kind>>,
    /// Whose work.
    pub role: Text<RoleName>,
    /// The lane it is pinned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Text<LaneName>>,
    /// 1 is highest, 9 lowest; by default 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9))]
    pub priority: Option<i64>,
    /// Order among siblings; by default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// The task that this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Text<TaskId>>,
    /// Position among the parts, such as `1/3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[1-9][0-9]*/[1-9][0-9]*$"))]
    pub slice: Option<String>,
    /// Order of merging among siblings of one stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_order: Option<i64>,
    /// The stage of merging; policy orders the stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_stage: Option<Text<StageName>>,
    /// What is at stake; by default `normal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Text<Risk>>,
    /// Tasks that must have landed before this one starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Text<TaskId>>,
    /// Groups of which one task at a time is in progress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusive: Vec<Text<GroupName>>,
    /// Paths the work may touch; without them those of the role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned_paths: Vec<Text<Glob>>,
    /// Paths the work must not touch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_paths: Vec<Text<Glob>>,
    /// Contract files the work touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contract_touchpoints: Vec<Text<Glob>>,
    /// Shell commands that must pass on what lands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptance_checks: Vec<Text<Command>>,
    /// Shell commands that must pass too, by the class of evidence that they show.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence_checks: EvidenceChecksEntry,
    /// The evidence tier owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text<Tier>>,
    /// What the workstation must have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub requires: RequiresEntry,
    /// Earliest start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Text<Timestamp>>,
    /// Whether it rests until a person unparks it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parked: bool,
    /// Estimate, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Text<Line>>,
    /// The ask this task came from, as `channel:reference`; the same ask is the same task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[^:\s]+:\S"))]
    pub origin_ask_ref: Option<String>,
    /// Agents and machines by stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<StagesEntry>,
    /// The file that says `stages`, relative to `governance/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages_ref: Option<Text<FilePath>>,
    /// The work package, relative to `governance/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Text<FilePath>>,
    /// When it was planned; decides age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Text<Timestamp>>,
    /// Context for whoever does it, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,

    // Keys that have no place in a plan: taken in to be refused by name, all at once.
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    status: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    claim: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    epoch: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    block: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    landing: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    completion: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    cancellation: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    resume: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    submission: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    records: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    owner: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    branch: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    agent: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    workstation: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    claimed_at: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    completed_at: Misplaced,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    repository: Misplaced,
}

words! {
    /// A key of a task that a policy can require.
    OptionalField {
        /// `type`.
        Type = "type",
        /// `kind`.
        Kind = "kind",
        /// `lane`.
        Lane = "lane",
        /// `priority`.
        Priority = "priority",
        /// `sequence`.
        Sequence = "sequence",
        /// `parent`.
        Parent = "parent",
        /// `slice`.
        Slice = "slice",
        /// `merge_order`.
        MergeOrder = "merge_order",
        /// `merge_stage`.
        MergeStage = "merge_stage",
        /// `risk`.
        Risk = "risk",
        /// `depends_on`.
        DependsOn = "depends_on",
        /// `exclusive`.
        Exclusive = "exclusive",
        /// `owned_paths`.
        OwnedPaths = "owned_paths",
        /// `forbidden_paths`.
        ForbiddenPaths = "forbidden_paths",
        /// `contract_touchpoints`.
        ContractTouchpoints = "contract_touchpoints",
        /// `acceptance_checks`.
        AcceptanceChecks = "acceptance_checks",
        /// `evidence_checks`.
        EvidenceChecks = "evidence_checks",
        /// `evidence`.
        Evidence = "evidence",
        /// `requires`.
        Requires = "requires",
        /// `not_before`.
        NotBefore = "not_before",
        /// `effort`.
        Effort = "effort",
        /// `origin_ask_ref`.
        OriginAskRef = "origin_ask_ref",
        /// `stages`.
        Stages = "stages",
        /// `stages_ref`.
        StagesRef = "stages_ref",
        /// `package`.
        Package = "package",
        /// `created_at`.
        CreatedAt = "created_at",
        /// `notes`.
        Notes = "notes",
    }
}

/// What the workstation of a task must have.
#[derive(Debug, Clone, PartialEq, Default, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequiresEntry {
    /// Capabilities of the workstation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Text<Line>>,
    /// Licences attested for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<Text<Line>>,
}

/// Whether a key is there that has no place in a plan. Takes any value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Misplaced(bool);

impl<'de> Deserialize<'de> for Misplaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

impl File for QueueFile {
    type Domain = Vec<Arc<Task>>;

    fn into_domain(self) -> Result<Vec<Arc<Task>>, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let ids = self.tasks.iter().map(JudgedTask::id);
            at.key("tasks").refuse_repeats(ids, |at, message| {
                at.key("id").breaks("task-defined-twice", message, None);
            });
            Some(at.items("tasks", self.tasks, |at, task| match task.0 {
                Ok(task) => Some(task),
                Err(bad) => at.adopt(bad.problems),
            }))
        })
    }
}

impl TaskEntry {
    /// Checks one task and gives its value.
    ///
    /// # Errors
    /// All problems at once.
    pub fn into_domain(self) -> Result<Task, Vec<Problem>> {
        collect(|at| self.convert(at))
    }

    pub(super) fn convert(self, at: &Place<'_>) -> Option<Task> {
        self.refuse_misplaced(at);
        let id = at.text("id", self.id);
        let title = at.text("title", self.title);
        let task_type = at.maybe("type", self.task_type);
        let kind = at.maybe("kind", self.kind);
        let role = at.text("role", self.role);
        let lane = at.maybe("lane", self.lane);
        if let (Some(lane), Some(role)) = (&lane, &role)
            && lane.role != *role
        {
            let message = format!("lane `{lane}` does not belong to role `{role}`");
            at.key("lane").breaks("lane-unknown", message, None);
        }
        let parent = at.maybe("parent", self.parent);
        let merge_stage = at.maybe("merge_stage", self.merge_stage);
        let risk = at.maybe("risk", self.risk);
        let depends_on: Vec<Option<TaskId>> =
            at.items("depends_on", self.depends_on, |at, text| {
                Some(at.take(text))
            });
        if let Some(id) = &id {
            refuse_self(at, id, parent.as_ref(), &depends_on);
        }
        let exclusive = at.list("exclusive", self.exclusive);
        let owned_paths = at.list("owned_paths", self.owned_paths);
        let forbidden_paths = at.list("forbidden_paths", self.forbidden_paths);
        let contract_touchpoints = at.list("contract_touchpoints", self.contract_touchpoints);
        let checks: Vec<Command> = at.list("acceptance_checks", self.acceptance_checks);
        let evidence_checks = self.evidence_checks.convert(&at.key("evidence_checks"));
        let evidence = at.maybe("evidence", self.evidence);
        let requires = self.requires.convert(&at.key("requires"));
        let not_before = at.maybe("not_before", self.not_before);
        let effort = at.maybe("effort", self.effort);
        let package = at.maybe("package", self.package);
        let created_at = at.maybe("created_at", self.created_at);
        check_slice(&at.key("slice"), self.slice.as_deref());
        check_origin(&at.key("origin_ask_ref"), self.origin_ask_ref.as_deref());
        let (stages, stages_ref) = stages(at, self.stages, self.stages_ref);
        Some(Task {
            priority: priority(&at.key("priority"), self.priority)?,
            id: id?,
            title: title?.into(),
            task_type,
            kind: kind.unwrap_or(Kind::Feature),
            role: role?,
            lane,
            sequence: self.sequence.unwrap_or(0),
            parent,
            slice: self.slice,
            merge_order: self.merge_order,
            merge_stage,
            risk: risk.unwrap_or(Risk::Normal),
            depends_on: depends_on.into_iter().flatten().collect(),
            exclusive,
            owned_paths,
            forbidden_paths,
            contract_touchpoints,
            acceptance_checks: checks.into_iter().map(String::from).collect(),
            evidence_checks,
            evidence,
            requires,
            not_before,
            parked: self.parked,
            effort: effort.map(String::from),
            origin_ask_ref: self.origin_ask_ref,
            stages,
            stages_ref,
            package: package.map(String::from),
            created_at,
            notes: self.notes,
        })
    }

    fn refuse_misplaced(&self, at: &Place<'_>) {
        let owned = [
            ("status", self.status),
            ("claim", self.claim),
            ("epoch", self.epoch),
            ("block", self.block),
            ("landing", self.landing),
            ("completion", self.completion),
            ("cancellation", self.cancellation),
            ("resume", self.resume),
            ("submission", self.submission),
            ("records", self.records),
            ("owner", self.owner),
            ("branch", self.branch),
            ("agent", self.agent),
            ("workstation", self.workstation),
            ("claimed_at", self.claimed_at),
            ("completed_at", self.completed_at),
        ];
        for (key, Misplaced(there)) in owned {
            if let Some((message, hint)) = tool_owned(key).filter(|_| there) {
                at.key(key).breaks(TOOL_OWNED, message, Some(hint));
            }
        }
        if self.repository.0 {
            at.key("repository").refuse_with_hint(
                "`repository` is reserved for tasks that span repositories",
                "remove it; plan the task in the repository it changes",
            );
        }
    }
}

/// The rule against state in a plan.
pub const TOOL_OWNED: &str = "tool-owned-key";

/// Why a key has no place in a plan, and what to do, where it is state.
#[must_use]
pub fn tool_owned(key: &str) -> Option<(String, String)> {
    let verb = match key {
        "status" => "laneway set-status",
        "claim" | "epoch" | "owner" | "branch" | "agent" | "workstation" | "claimed_at" => {
            "laneway claim"
        }
        "block" => "laneway block",
        "landing" | "completion" | "completed_at" => "laneway merge",
        "cancellation" => "laneway cancel",
        "resume" => "laneway release",
        "submission" => "laneway handoff",
        "records" => "laneway note",
        _ => return None,
    };
    Some((
        format!("`{key}` is state, which is written by the tool only"),
        format!("remove it and use `{verb}`"),
    ))
}

impl RequiresEntry {
    fn convert(self, at: &Place<'_>) -> Requires {
        let tools: Vec<Line> = at.list("tools", self.tools);
        let licenses: Vec<Line> = at.list("licenses", self.licenses);
        Requires {
            tools: tools.into_iter().map(String::from).collect(),
            licenses: licenses.into_iter().map(String::from).collect(),
        }
    }
}

fn refuse_self(
    at: &Place<'_>,
    id: &TaskId,
    parent: Option<&TaskId>,
    depends_on: &[Option<TaskId>],
) {
    if parent == Some(id) {
        let message = format!("`{id}` is its own parent");
        at.key("parent").breaks("parent-cycle", message, None);
    }
    for (index, need) in depends_on.iter().enumerate() {
        if need.as_ref() == Some(id) {
            let at = at.key("depends_on");
            let message = format!("`{id}` depends on itself");
            at.item(index).breaks("dependency-self", message, None);
        }
    }
}

fn priority(at: &Place<'_>, given: Option<i64>) -> Option<u8> {
    let Some(given) = given else {
        return Some(DEFAULT_PRIORITY);
    };
    let priority = u8::try_from(given).ok().filter(|n| (1..=9).contains(n));
    if priority.is_none() {
        at.refuse_with_hint(
            format!("priority {given} is not one of 1 to 9"),
            "1 is highest, 9 lowest",
        );
    }
    priority
}

fn check_slice(at: &Place<'_>, slice: Option<&str>) {
    let Some(slice) = slice else { return };
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|n| *n > 0);
    let parts = slice.split_once('/');
    let fits = parts.and_then(|(part, whole)| Some(number(part)? <= number(whole)?));
    if fits != Some(true) {
        let shown = slice.escape_debug();
        at.refuse_with_hint(
            format!("`{shown}` is no position among parts"),
            "write it as `1/3`",
        );
    }
}

fn check_origin(at: &Place<'_>, origin: Option<&str>) {
    let Some(origin) = origin else { return };
    let named = origin.split_once(':').is_some_and(|(channel, reference)| {
        !channel.is_empty() && !reference.is_empty() && !reference.starts_with(char::is_whitespace)
    });
    if !named || origin.chars().any(char::is_control) {
        at.refuse_with_hint(
            format!(
                "`{}` does not say where the ask came from",
                origin.escape_debug()
            ),
            "write it as `channel:reference`, such as `slack:C042/1700000000.0001`",
        );
    }
}

fn stages(
    at: &Place<'_>,
    stages: Option<StagesEntry>,
    elsewhere: Option<Text<FilePath>>,
) -> (Option<StageContract>, Option<String>) {
    if stages.is_some() && elsewhere.is_some() {
        at.key("stages_ref")
            .refuse("`stages` and `stages_ref` exclude each other");
    }
    let contract = stages.map(|stages| stages.convert(&at.key("stages")));
    let file = at.maybe("stages_ref", elsewhere);
    (contract, file.map(String::from))
}

impl From<&Task> for TaskEntry {
    /// The entry that the tool writes for a task: kind, priority and risk always, other values
    /// only where they are not the default.
    fn from(task: &Task) -> Self {
        Self {
            id: task.id.clone().into(),
            title: Line(task.title.clone()).into(),
            task_type: task.task_type.clone().map(Text::from),
            kind: Some(task.kind.into()),
            role: task.role.clone().into(),
            lane: task.lane.clone().map(Text::from),
            priority: Some(i64::from(task.priority)),
            sequence: Some(task.sequence).filter(|sequence| *sequence != 0),
            parent: task.parent.clone().map(Text::from),
            slice: task.slice.clone(),
            merge_order: task.merge_order,
            merge_stage: task.merge_stage.clone().map(Text::from),
            risk: Some(task.risk.into()),
            depends_on: texts(&task.depends_on),
            exclusive: texts(&task.exclusive),
            owned_paths: texts(&task.owned_paths),
            forbidden_paths: texts(&task.forbidden_paths),
            contract_touchpoints: texts(&task.contract_touchpoints),
            acceptance_checks: wrap(&task.acceptance_checks, Command),
            evidence_checks: (&task.evidence_checks).into(),
            evidence: task.evidence.map(Text::from),
            requires: RequiresEntry {
                tools: wrap(&task.requires.tools, Line),
                licenses: wrap(&task.requires.licenses, Line),
            },
            not_before: task.not_before.map(Text::from),
            parked: task.parked,
            effort: task.effort.clone().map(|effort| Line(effort).into()),
            origin_ask_ref: task.origin_ask_ref.clone(),
            stages: task.stages.as_ref().map(StagesEntry::from),
            stages_ref: task.stages_ref.clone().map(|path| FilePath(path).into()),
            package: task.package.clone().map(|path| FilePath(path).into()),
            created_at: task.created_at.map(Text::from),
            notes: task.notes.clone(),
            status: Misplaced(false),
            claim: Misplaced(false),
            epoch: Misplaced(false),
            block: Misplaced(false),
            landing: Misplaced(false),
            completion: Misplaced(false),
            cancellation: Misplaced(false),
            resume: Misplaced(false),
            submission: Misplaced(false),
            records: Misplaced(false),
            owner: Misplaced(false),
            branch: Misplaced(false),
            agent: Misplaced(false),
            workstation: Misplaced(false),
            claimed_at: Misplaced(false),
            completed_at: Misplaced(false),
            repository: Misplaced(false),
        }
    }
}

fn wrap<T>(texts: &[String], kind: fn(String) -> T) -> Vec<Text<T>> {
    texts.iter().map(|text| kind(text.clone()).into()).collect()
}
