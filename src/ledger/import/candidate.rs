use std::fmt;

use serde_json::{Map, Value};

use crate::domain::import::FirstStanding;
use crate::domain::task::words;

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl Spot {
    /// A place.
    #[must_use]
    pub fn new(file: &str, line: usize) -> Self {
        let file = file.to_owned();
        Self { file, line }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

words! {
    /// What about a source was not taken over as it was.
    AnomalyKind {
        /// A file of which nothing becomes a task, and which looks like another form.
        WrongForm = "wrong-form",
        /// An entry that does not become a task.
        NoTask = "no-task",
        /// A file that is reserved for an item and says nothing.
        EmptyFile = "empty-file",
        /// A symbolic link, which is not followed.
        Symlink = "symlink",
        /// Something at the top of a source that is no task.
        NotImported = "not-imported",
        /// An id that is not legal here, or does not follow the pattern of policy.
        IdChanged = "id-changed",
        /// Two entries with one id.
        DuplicateId = "duplicate-id",
        /// Two ids that become one.
        IdCollision = "id-collision",
        /// An entry without a title.
        NoTitle = "no-title",
        /// A title with line breaks.
        TitleChanged = "title-changed",
        /// A status that means nothing here.
        StatusUnknown = "status-unknown",
        /// Directory and status that disagree.
        StatusDisagrees = "status-disagrees",
        /// Two lists of dependencies that differ.
        DependenciesDiffer = "dependencies-differ",
        /// A dependency on something that is not there.
        DependencyUnknown = "dependency-unknown",
        /// A dependency that is named twice.
        DependencyRepeated = "dependency-repeated",
        /// A task that depends on itself.
        DependencyOnItself = "dependency-on-itself",
        /// A part that depends on the whole, which lands only after its parts.
        DependencyOnParent = "dependency-on-parent",
        /// A reference to an id that only one like it stands for.
        ReferenceChanged = "reference-changed",
        /// Dependencies that go in a circle.
        DependencyCycle = "dependency-cycle",
        /// A dependency in prose.
        ProseDependency = "prose-dependency",
        /// A value that the format here does not take.
        ValueRefused = "value-refused",
        /// A value written in another way.
        ValueChanged = "value-changed",
        /// Priorities that count from 0.
        PriorityShifted = "priority-shifted",
        /// Somebody had it; nobody has it here.
        ClaimLost = "claim-lost",
        /// It was blocked; here it is parked, or waits for its dependencies.
        BlockChanged = "block-changed",
        /// Its landing is not a commit of the target.
        CommitNotOnTarget = "commit-not-on-target",
        /// It is here already, and the source says something else by now.
        ChangedUpstream = "changed-upstream",
        /// A word that the field map names and no entry says.
        MapUnused = "map-unused",
        /// Something that looks like a secret.
        Secret = "secret",
        /// A part of a state that means nothing in another repository.
        StateLeft = "state-left",
        /// A work package that does not come in.
        PackageLeft = "package-left",
        /// Records that cannot be vouched for.
        RecordsLeft = "records-left",
    }
}

/// Something about a source that was not taken over as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What sort of thing.
    pub kind: AnomalyKind,
    /// Where.
    pub at: Spot,
    /// The fact.
    pub what: String,
    /// What was made of it.
    pub made: String,
    /// The entry that it is about, by its id there; none: the source itself, or how ids were given.
    pub entry: Option<String>,
}

/// An entry of a source that may become a task, in the words of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Where it stands.
    pub at: Spot,
    /// Its id there; empty where it has none.
    pub id: String,
    /// Everything that it says, by the source's names.
    pub fields: Map<String, Value>,
    /// Its text.
    pub body: Option<String>,
    /// The line on which that begins.
    pub body_at: usize,
    /// The status that its place says, such as the name of a list.
    pub place_status: Option<String>,
    /// The directories that it lies in, the nearest first, the source's own last: one of them may
    /// say its status.
    pub dirs: Vec<String>,
    /// Why it cannot become a task, if that is clear already.
    pub bad: Option<String>,
    /// A definition in our own form, which is taken as it is.
    pub own: Option<Own>,
}

/// Most fields of one entry, and columns of one table. Trackers that give each comment a column of
/// its own have some hundreds.
pub(super) const FIELDS: usize = 4000;

/// Why so many fields, or columns, are not read.
pub(super) fn too_many(what: &str, found: usize) -> Option<String> {
    (found > FIELDS).then(|| format!("it has {found} {what}, more than {FIELDS}"))
}

/// What one of our own exports says of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// What it is right after the import.
    pub standing: FirstStanding,
    /// Its landing.
    pub commit: Option<String>,
    /// What its history here begins with.
    pub remark: Option<String>,
    /// What the import cannot take over.
    pub lost: Vec<Loss>,
}

/// Something of an exported state that is not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What sort of thing.
    pub kind: AnomalyKind,
    /// The fact, as what the task does: `has …`.
    pub what: String,
    /// What is made of it.
    pub made: &'static str,
}

impl Candidate {
    /// An entry with nothing but a place and an id.
    #[must_use]
    pub fn new(at: Spot, id: impl Into<String>) -> Self {
        Self {
            at,
            id: id.into(),
            fields: Map::new(),
            body: None,
            body_at: 1,
            place_status: None,
            dirs: Vec::new(),
            bad: None,
            own: None,
        }
    }

    /// The same, unless it says more than any tracker does (P23): then none of it is looked at.
    #[must_use]
    pub(super) fn bounded(self) -> Self {
        match too_many("fields", self.fields.len()) {
            Some(why) => Self::bad(self.at, self.id, why),
            None => self,
        }
    }

    /// An entry that cannot become a task.
    #[must_use]
    pub fn bad(at: Spot, id: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            bad: Some(why.into()),
            ..Self::new(at, id)
        }
    }
}

/// What a reader found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gathered {
    /// The entries, in the order of the source.
    pub candidates: Vec<Candidate>,
    /// What is to be said of the source itself.
    pub anomalies: Vec<Anomaly>,
    /// The work packages that it brings.
    pub packages: Vec<PackageText>,
}

/// A work package of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageText {
    /// Where it stands.
    pub at: Spot,
    /// Its path below `governance/`.
    pub path: String,
    /// The file as it is written.
    pub text: String,
}

impl Gathered {
    /// Notes something.
    pub fn note(
        &mut self,
        kind: AnomalyKind,
        at: Spot,
        what: impl Into<String>,
        made: impl Into<String>,
    ) {
        self.anomalies.push(Anomaly {
            kind,
            at,
            what: what.into(),
            made: made.into(),
            entry: None,
        });
    }

    /// Adds what another reader found.
    pub fn extend(&mut self, other: Self) {
        self.candidates.extend(other.candidates);
        self.anomalies.extend(other.anomalies);
        self.packages.extend(other.packages);
    }
}
