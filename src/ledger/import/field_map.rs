//! Which word of a source is which field here, and which of its values means what.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::words::folded;
use crate::domain::task::words;
use crate::ledger::BadFile;
use crate::ledger::read::{self, Origin};
use crate::ledger::yaml::{self, Limits, LineIndex};

words! {
    /// The form of a source.
    SourceKind {
        /// A playbook's queue in YAML, and its archives.
        Playbook = "playbook",
        /// Markdown items in directories by status.
        Items = "items",
        /// Issues as JSON lines, or as one JSON array.
        Jsonl = "jsonl",
        /// Issues as CSV.
        Csv = "csv",
        /// An export of laneway.
        Own = "laneway-json",
    }
}

/// Fields here, each with the names that sources give them; several names of one field are taken in
/// this order.
const COMMON: &[(&str, &[&str])] = &[
    ("title", &["title", "name", "summary", "subject"]),
    ("status", &["status", "state"]),
    ("state_reason", &["state_reason", "stateReason"]),
    ("role", &["role", "owner_role", "team"]),
    ("lane", &["lane"]),
    ("priority", &["priority", "prio"]),
    ("sequence", &["sequence", "order", "position"]),
    ("parent", &["parent", "parent_id", "epic"]),
    ("slice", &["slice"]),
    ("merge_order", &["merge_order"]),
    ("merge_stage", &["merge_stage"]),
    ("risk", &["risk", "risk_level"]),
    ("kind", &["kind"]),
    (
        "depends_on",
        &[
            "depends_on",
            "dependsOn",
            "depends",
            "depends_upon",
            "dependent_on",
            "needs",
        ],
    ),
    (
        "dependencies",
        &[
            "dependencies",
            "deps",
            "requires_tasks",
            "dependency",
            "prerequisites",
            "prerequisite",
            "prereqs",
            "prereq",
            "predecessors",
            "predecessor",
        ],
    ),
    (
        "blocked_by",
        &[
            "blocked_by",
            "blockedBy",
            "blockers",
            "blocker",
            "is_blocked_by",
            "isBlockedBy",
            "blocked_on",
            "blockedOn",
            "waits_for",
            "waitsFor",
            "waiting_for",
            "waitingFor",
            "waiting_on",
            "waitingOn",
            "after",
            "preceded_by",
        ],
    ),
    (
        "blocks",
        &[
            "blocks",
            "blocking",
            "is_blocking",
            "isBlocking",
            "dependents",
        ],
    ),
    (
        "links",
        &[
            "links",
            "issuelinks",
            "issue_links",
            "linked_issues",
            "linkedIssues",
            "relations",
            "relationships",
        ],
    ),
    ("exclusive", &["exclusive", "exclusive_groups"]),
    ("owned_paths", &["owned_paths"]),
    ("forbidden_paths", &["forbidden_paths"]),
    ("contract_touchpoints", &["contract_touchpoints"]),
    ("acceptance_checks", &["acceptance_checks"]),
    ("evidence_checks", &["evidence_checks"]),
    ("evidence", &["evidence"]),
    ("requires", &["requires"]),
    ("not_before", &["not_before"]),
    ("parked", &["parked"]),
    ("effort", &["effort", "estimate"]),
    ("origin_ask_ref", &["origin_ask_ref"]),
    ("stages", &["stages"]),
    ("stages_ref", &["stages_ref", "stage_assignments_ref"]),
    ("package", &["package"]),
    ("created_at", &["created_at", "createdAt", "created"]),
    (
        "owner",
        &[
            "owner",
            "assignee",
            "assigned_to",
            "claimed_by",
            "assignees",
        ],
    ),
    ("branch", &["branch"]),
    (
        "commit",
        &[
            "commit",
            "merge_commit",
            "merged_commit",
            "completed_commit",
        ],
    ),
    (
        "completed_at",
        &[
            "completed_at",
            "completedAt",
            "closed_at",
            "closedAt",
            "done_at",
        ],
    ),
    (
        "reason",
        &["block_reason", "blocked_reason", "reason", "close_reason"],
    ),
    (
        "notes",
        &[
            "notes",
            "description",
            "body",
            "details",
            "design",
            "acceptance_criteria",
        ],
    ),
];

/// The fields that list what a task waits for.
pub(super) const NEEDS: [&str; 3] = ["depends_on", "dependencies", "blocked_by"];

/// The fields that are one word, and those that are a number: of these `values` may say what a word
/// means, and `defaults` what holds where the source says nothing.
pub(super) const WORDS: [&str; 9] = [
    "type",
    "kind",
    "role",
    "lane",
    "risk",
    "slice",
    "merge_stage",
    "evidence",
    "effort",
];
pub(super) const NUMBERS: [&str; 3] = ["priority", "sequence", "merge_order"];

/// What only some sources say.
const PLAYBOOK: &[(&str, &[&str])] = &[("type", &["type", "task_type"])];
const ITEMS: &[(&str, &[&str])] = &[
    ("type", &["type", "task_type", "item_type"]),
    ("computer", &["computer", "machine", "workstation"]),
    ("provider", &["provider", "provider_primary"]),
    (
        "provider_secondary",
        &[
            "provider_secondary",
            "provider_fallback",
            "provider_alternate",
            "providers",
        ],
    ),
    (
        "provider_review",
        &["provider_review", "provider_reviewer", "reviewer"],
    ),
    ("orchestrator", &["orchestrator"]),
    (
        "requires",
        &["machine_capability_requirements", "capability_requirements"],
    ),
];
const ISSUES: &[(&str, &[&str])] = &[
    ("type", &["task_type"]),
    (
        "kind",
        &["issue_type", "issueType", "type", "issue type", "tracker"],
    ),
];

/// A field map, as people write it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MapFile {
    version: u32,
    fields: BTreeMap<String, OneOrMany>,
    values: BTreeMap<String, BTreeMap<String, Scalar>>,
    defaults: BTreeMap<String, Scalar>,
    ignore: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(i64),
    Text(String),
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Number(number) => number.into(),
            Scalar::Text(text) => text.into(),
        }
    }
}

/// Which word of a source is which field here.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMap {
    /// Our field by their name, and how early that name counts.
    theirs: BTreeMap<String, (&'static str, usize)>,
    values: BTreeMap<String, BTreeMap<String, Value>>,
    defaults: BTreeMap<String, Value>,
    ignored: BTreeSet<String>,
    /// The words of the source that people name: the key of the map, and words of one meaning.
    named: Vec<(&'static str, Vec<String>)>,
}

impl FieldMap {
    /// What is usual for a form of source.
    #[must_use]
    pub fn usual(kind: SourceKind) -> Self {
        let more = match kind {
            SourceKind::Playbook => PLAYBOOK,
            SourceKind::Items => ITEMS,
            SourceKind::Jsonl | SourceKind::Csv => ISSUES,
            SourceKind::Own => &[],
        };
        let mut theirs = BTreeMap::new();
        for (ours, names) in COMMON.iter().chain(more) {
            for (n, name) in names.iter().enumerate() {
                theirs.insert(folded(name), (*ours, n));
            }
        }
        Self {
            theirs,
            values: BTreeMap::new(),
            defaults: BTreeMap::new(),
            ignored: BTreeSet::new(),
            named: Vec::new(),
        }
    }

    /// The same with what a file says.
    ///
    /// # Errors
    /// [`BadFile`] when it does not read, or names a field that no task has.
    pub fn with(mut self, file: &str, bytes: &[u8]) -> Result<Self, BadFile> {
        let origin = Origin { file, commit: None };
        let node = yaml::parse_bytes(bytes, Limits::STATE)
            .map_err(|error| read::syntax(origin, bytes, error))?;
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let map: MapFile = yaml::from_node(&node).map_err(|error| {
            let mut bad = BadFile::whole(file, None, "schema", String::new());
            bad.text = text.into();
            bad.findings = vec![read::shape_at(&LineIndex::new(text), error)];
            bad
        })?;
        let wrong = |message: String| BadFile::whole(file, None, "meaning", message);
        if map.version != 1 {
            return Err(wrong("a field map begins with `version: 1`".to_owned()));
        }
        for (ours, names) in map.fields {
            let ours = field("fields", &ours).map_err(wrong)?;
            let names = match names {
                OneOrMany::One(name) => vec![name],
                OneOrMany::Many(names) => names,
            };
            // What people say replaces what is usual.
            self.theirs.retain(|_, (known, _)| *known != ours);
            self.named.push(("fields", names.clone()));
            for (n, name) in names.iter().enumerate() {
                self.theirs.insert(folded(name), (ours, n));
            }
        }
        for (ours, table) in map.values {
            let known = field("values", &ours).map_err(wrong)?;
            if known != "status" && !WORDS.contains(&known) && !NUMBERS.contains(&known) {
                let what = format!("`values` names `{ours}`, of which no word is looked up");
                return Err(wrong(what));
            }
            for value in table.values().filter(|_| known == "status") {
                let word = Value::from(value.clone()).to_string();
                let word = word.trim_matches('"');
                if super::words::status(word).is_none() {
                    let what =
                        format!("`values` makes a status `{word}`, and `{word}` is no status");
                    return Err(wrong(what));
                }
            }
            let table = table
                .into_iter()
                .map(|(word, value)| (folded(&word), value.into()));
            self.values.entry(ours).or_default().extend(table);
        }
        for ours in map.defaults.keys() {
            let known = field("defaults", ours).map_err(wrong)?;
            if !WORDS.contains(&known) && !NUMBERS.contains(&known) {
                return Err(wrong(format!(
                    "`defaults` names `{ours}`, which has no default"
                )));
            }
        }
        let defaults = map.defaults.into_iter();
        self.defaults
            .extend(defaults.map(|(ours, value)| (ours, value.into())));
        self.ignored
            .extend(map.ignore.iter().map(|name| folded(name)));
        self.named
            .extend(map.ignore.into_iter().map(|name| ("ignore", vec![name])));
        Ok(self)
    }

    /// Every field that a map may name.
    fn fields() -> impl Iterator<Item = &'static str> {
        let all = COMMON.iter().chain(PLAYBOOK).chain(ITEMS).chain(ISSUES);
        all.map(|(ours, _)| *ours)
    }

    /// The field that a word of the source stands for, and how early that word counts.
    #[must_use]
    pub fn ours(&self, name: &str) -> Option<(&'static str, usize)> {
        let whole = self.theirs.get(&folded(name)).copied();
        // Trackers explain such a heading: `Blocked By (Dependencies)`, `Blocking (Dependencies)`.
        whole.or_else(|| {
            let (plain, _) = name.split_once(" (")?;
            let ours = self.theirs.get(&folded(plain)).copied()?;
            (NEEDS.contains(&ours.0) || ours.0 == "blocks").then_some(ours)
        })
    }

    /// Whether the source's word is to be left out.
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(&folded(name))
    }

    /// The words of the source that people name and that none of these, folded, is: the key of the
    /// map, and words of one meaning.
    pub(super) fn unused<'m>(
        &'m self,
        said: &'m BTreeSet<String>,
    ) -> impl Iterator<Item = &'m (&'static str, Vec<String>)> {
        let is_said = |name: &String| said.contains(&folded(name));
        let named = self.named.iter();
        named.filter(move |(_, names)| !names.iter().any(is_said))
    }

    /// What a value of the field means, if the map says so.
    #[must_use]
    pub fn value(&self, ours: &str, word: &str) -> Option<&Value> {
        self.values.get(ours)?.get(&folded(word))
    }

    /// The value of the field where the source says none.
    #[must_use]
    pub fn default_of(&self, ours: &str) -> Option<&Value> {
        self.defaults.get(ours)
    }
}

fn field(key: &str, name: &str) -> Result<&'static str, String> {
    let found = FieldMap::fields().find(|known| *known == name);
    found.ok_or_else(|| {
        let close = yaml::closest(name, FieldMap::fields());
        let hint = close.map(|word| format!("; did you mean `{word}`?"));
        let hint = hint.unwrap_or_default();
        format!("`{key}` names `{name}`, and no task has such a field{hint}")
    })
}
