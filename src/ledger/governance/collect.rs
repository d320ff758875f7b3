use std::collections::BTreeSet;
use std::path::Path;

use super::place::{self, Content, Place};
use crate::domain::id::ObjectId;
use crate::domain::rules::Reach;
use crate::domain::snapshot::Origin;
use crate::git::{EntryKind, GitError, Repo};
use crate::ledger::format::text::{FilePath, Text};
use crate::ledger::paths;
use crate::ledger::yaml::{self, Limits};

/// What a governance file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// `policy.yaml`.
    Policy,
    /// `identity-map.yaml`.
    IdentityMap,
    /// `workstations.yaml`.
    Workstations,
    /// `queue.yaml`, `queue/*.yaml`, or a file of tasks that a person names.
    Plan,
    /// A stage contract that a task names.
    Stages,
    /// `packages/*.md`, and others that a task names.
    Package,
    /// `ledger.yaml`.
    Marker,
    /// `state/*/*.yaml`.
    State,
    /// `workstations/*.yaml` of the ledger.
    Station,
    /// `archive/*.yaml`.
    Archive,
}

impl FileKind {
    /// The name of its JSON Schema.
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            Self::Policy => "policy.schema.json",
            Self::IdentityMap => "identity-map.schema.json",
            Self::Workstations => "workstations.schema.json",
            Self::Plan => "queue.schema.json",
            Self::Stages => "stages.schema.json",
            Self::Package => "package.schema.json",
            Self::Marker => "ledger.schema.json",
            Self::State => "state.schema.json",
            Self::Station => "station.schema.json",
            Self::Archive => "archive.schema.json",
        }
    }

    /// The kind of a file outside `governance/`, by its name; any other holds tasks.
    fn of_name(path: &Path) -> Self {
        match path.file_name().and_then(std::ffi::OsStr::to_str) {
            Some("policy.yaml") => Self::Policy,
            Some("identity-map.yaml") => Self::IdentityMap,
            Some("workstations.yaml") => Self::Workstations,
            Some(name) if name.ends_with(".md") => Self::Package,
            _ => Self::Plan,
        }
    }

    /// Whether it is told when a file of this kind is missing.
    pub(super) fn is_owed(self) -> bool {
        matches!(self, Self::Policy | Self::IdentityMap | Self::Workstations)
    }

    /// How the names of such files end in their directory.
    fn ending(self) -> &'static str {
        match self {
            Self::Plan | Self::Archive => ".yaml",
            Self::Package => ".md",
            _ => "",
        }
    }

    pub(super) fn limits(self) -> Limits {
        match self {
            Self::Plan | Self::Archive => Limits::PLAN,
            _ => Limits::STATE,
        }
    }
}

/// A file as it was found.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) commit: Option<ObjectId>,
    pub(super) origin: Origin,
    pub(super) kind: FileKind,
    pub(super) content: Content,
}

impl Source {
    /// Whether it stands where only our files stand, or looks like a plan.
    fn is_surely_ours(&self) -> bool {
        let Content::Bytes(bytes) = &self.content else {
            return false;
        };
        Path::new(&self.path).starts_with(paths::GOVERNANCE)
            || yaml::parse_bytes(bytes, self.kind.limits())
                .is_ok_and(|root| root.get("version").is_some() && root.get("tasks").is_some())
    }
}

/// The governance files of target and ledger, read and not yet judged.
#[derive(Debug, Clone)]
pub struct Collected {
    pub(super) sources: Vec<Source>,
    pub(super) reach: Reach,
    /// Where the target's files are read from, once they were.
    target: Option<Place>,
}

impl Collected {
    /// Nothing. `reach` says whether both branches will be read.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            sources: Vec::new(),
            reach,
            target: None,
        }
    }

    /// The number of files that are there.
    #[must_use]
    pub fn count(&self) -> usize {
        let files = self.sources.iter();
        let unread =
            |content: &Content| matches!(content, Content::Absent | Content::Unread { .. });
        files.filter(|file| !unread(&file.content)).count()
    }

    /// The files of the target that people write and that are text, with what they say.
    pub fn written(&self) -> impl Iterator<Item = (&str, FileKind, &str)> {
        let target = self.sources.iter().filter(|source| {
            let by_people = !matches!(source.kind, FileKind::Package);
            by_people
                && source.is_surely_ours()
                && source.origin == Origin::Target
                && source.commit.is_none()
        });
        target.filter_map(|source| match &source.content {
            Content::Bytes(bytes) => {
                let text = std::str::from_utf8(bytes).ok()?;
                Some((source.path.as_str(), source.kind, text))
            }
            Content::Absent | Content::Unread { .. } | Content::Refused { .. } => None,
        })
    }

    /// Judges a file of the target as if it said this.
    pub fn rewrite(&mut self, path: &str, text: &str) {
        for source in &mut self.sources {
            if source.origin == Origin::Target && source.path == path {
                source.content = Content::Bytes(text.as_bytes().to_vec());
            }
        }
    }

    /// Reads rules and plan of the target.
    ///
    /// # Errors
    /// Of git; what is wrong with a file is no error but a finding of [`judge`](Self::judge).
    pub fn target(&mut self, repo: &Repo, place: &Place) -> Result<(), GitError> {
        for (path, kind) in [
            (paths::POLICY, FileKind::Policy),
            (paths::IDENTITY_MAP, FileKind::IdentityMap),
            (paths::WORKSTATIONS, FileKind::Workstations),
        ] {
            self.read(repo, place, Origin::Target, kind, path)?;
        }
        self.target = Some(place.clone());
        self.plan(repo, place, Origin::Target)
    }

    /// Reads plan, marker, states and the words on workstations of the ledger.
    ///
    /// # Errors
    /// As [`target`](Self::target).
    pub fn ledger(&mut self, repo: &Repo, place: &Place) -> Result<(), GitError> {
        let (origin, kind) = (Origin::Ledger, FileKind::Marker);
        self.read(repo, place, origin, kind, paths::MARKER)?;
        self.plan(repo, place, origin)?;
        if let Place::Commit(commit) = place {
            self.states(repo, *commit)?;
        }
        let dir = paths::STATION_DIR;
        for name in self.names(repo, place, origin, FileKind::Station, dir)? {
            let path = format!("{}/{name}", paths::STATION_DIR);
            self.read(repo, place, origin, FileKind::Station, &path)?;
        }
        let dir = paths::ARCHIVE_DIR;
        let names = self.names(repo, place, origin, FileKind::Archive, dir)?;
        for name in names.into_iter().filter(|name| name.ends_with(".yaml")) {
            let path = format!("{}/{name}", paths::ARCHIVE_DIR);
            self.read(repo, place, origin, FileKind::Archive, &path)?;
        }
        Ok(())
    }

    /// Reads a file that a person names and that is none of the others, as a part of the target.
    /// `shown` is what findings call it.
    pub fn named(&mut self, path: &Path, shown: &Path) {
        let kind = FileKind::of_name(path);
        let content = match place::named_file(path, kind.limits()) {
            Content::Absent => Content::Refused {
                rule: "file-missing",
                message: "there is no such file".to_owned(),
            },
            content => content,
        };
        let shown = shown.to_string_lossy().into_owned();
        self.push(None, Origin::Target, kind, shown, content);
    }

    /// Whether a file of the target that people write is judged, or is told to be missing, at this
    /// path or below it.
    #[must_use]
    pub fn has_target(&self, path: &Path) -> bool {
        self.sources.iter().any(|source| {
            let told = source.content != Content::Absent || source.kind.is_owed();
            source.origin == Origin::Target && told && Path::new(&source.path).starts_with(path)
        })
    }

    /// Notes that a person names what is not looked at.
    pub fn unread(&mut self, shown: &Path) {
        let content = Content::Unread {
            message: "nothing here is read, so nothing is judged".to_owned(),
        };
        let shown = shown.to_string_lossy().into_owned();
        self.push(None, Origin::Target, FileKind::Plan, shown, content);
    }

    fn plan(&mut self, repo: &Repo, place: &Place, origin: Origin) -> Result<(), GitError> {
        let kind = FileKind::Plan;
        self.read(repo, place, origin, kind, paths::QUEUE)?;
        for name in self.names(repo, place, origin, kind, paths::QUEUE_DIR)? {
            let path = format!("{}/{name}", paths::QUEUE_DIR);
            if name.ends_with(".yaml") {
                self.read(repo, place, origin, kind, &path)?;
            } else if is_meant_as_yaml(&name) {
                let message = "of this directory `*.yaml` is read, and this is not".to_owned();
                let content = Content::Unread { message };
                self.push(place.commit(), origin, kind, path, content);
            }
        }
        self.packages(repo, place, origin)?;
        self.stages(repo, place, origin)
    }

    /// Reads the work packages of a branch: those of their directory, and those that its plan names
    /// elsewhere; what the ledger does not have may be the target's.
    fn packages(&mut self, repo: &Repo, place: &Place, origin: Origin) -> Result<(), GitError> {
        let kind = FileKind::Package;
        self.names(repo, place, origin, kind, paths::PACKAGE_DIR)?;
        for (name, content) in place.files(repo, paths::PACKAGE_DIR, kind.limits())? {
            if name.ends_with(".md") {
                let path = format!("{}/{name}", paths::PACKAGE_DIR);
                self.push(place.commit(), origin, kind, path, content);
            }
        }
        self.beside(repo, place, origin, kind, named_packages)
    }

    /// Reads the stage contracts that the plan of a branch names; what the ledger does not have may
    /// be the target's.
    fn stages(&mut self, repo: &Repo, place: &Place, origin: Origin) -> Result<(), GitError> {
        self.beside(repo, place, origin, FileKind::Stages, named_stages)
    }

    /// Reads the files that the plan of a branch names beside itself.
    fn beside(
        &mut self,
        repo: &Repo,
        place: &Place,
        origin: Origin,
        kind: FileKind,
        named: fn(&Source) -> Vec<String>,
    ) -> Result<(), GitError> {
        let plans = self.sources.iter().filter(|source| source.origin == origin);
        let named: BTreeSet<String> = plans.flat_map(named).collect();
        for path in named {
            let content = place.read(repo, &path, kind.limits())?;
            if content != Content::Absent {
                self.push(place.commit(), origin, kind, path, content);
                continue;
            }
            let known = |source: &Source| source.kind == kind && source.path == path;
            let target = self.target.clone().filter(|_| origin == Origin::Ledger);
            if let Some(target) = target.filter(|_| !self.sources.iter().any(known)) {
                self.read(repo, &target, Origin::Target, kind, &path)?;
            }
        }
        Ok(())
    }

    /// The names in a directory of files of a kind. What keeps one of them, or all, from being read
    /// stands among the sources.
    fn names(
        &mut self,
        repo: &Repo,
        place: &Place,
        origin: Origin,
        kind: FileKind,
        dir: &str,
    ) -> Result<BTreeSet<String>, GitError> {
        let found = place.names(repo, dir)?;
        if let Some(content) = found.refused {
            self.push(place.commit(), origin, kind, dir.to_owned(), content);
        }
        for name in found
            .illegible
            .into_iter()
            .filter(|name| name.ends_with(kind.ending()))
        {
            let content = Content::illegible();
            self.push(
                place.commit(),
                origin,
                kind,
                format!("{dir}/{name}"),
                content,
            );
        }
        Ok(found.legible)
    }

    fn read(
        &mut self,
        repo: &Repo,
        place: &Place,
        origin: Origin,
        kind: FileKind,
        path: &str,
    ) -> Result<(), GitError> {
        let content = place.read(repo, path, kind.limits())?;
        self.push(place.commit(), origin, kind, path.to_owned(), content);
        Ok(())
    }

    /// Trees are walked once: there may be as many states as tasks.
    fn states(&mut self, repo: &Repo, commit: ObjectId) -> Result<(), GitError> {
        let Some(root) = repo.entry_at(commit, paths::STATE_DIR)? else {
            return Ok(());
        };
        let mut put = |path: String, content| {
            self.push(Some(commit), Origin::Ledger, FileKind::State, path, content);
        };
        if root.kind != EntryKind::Tree {
            put(
                paths::STATE_DIR.to_owned(),
                place::blob(repo, root, Limits::STATE)?,
            );
            return Ok(());
        }
        for (shard, entry) in repo.entries(root.id)? {
            let path = format!("{}/{shard}", paths::STATE_DIR);
            if entry.kind != EntryKind::Tree {
                put(path, place::blob(repo, entry, Limits::STATE)?);
                continue;
            }
            for (name, entry) in repo.entries(entry.id)? {
                let content = place::blob(repo, entry, Limits::STATE)?;
                put(format!("{path}/{name}"), content);
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        commit: Option<ObjectId>,
        origin: Origin,
        kind: FileKind,
        path: String,
        content: Content,
    ) {
        self.sources.push(Source {
            path,
            commit,
            origin,
            kind,
            content,
        });
    }
}

/// The files of stages that the tasks of a plan file name. Only a file that speaks of such is
/// parsed for it.
fn named_stages(source: &Source) -> Vec<String> {
    named(source, "stages_ref", |text| text.contains("stages_ref"))
}

/// The packages that the tasks of a plan file name outside their directory.
fn named_packages(source: &Source) -> Vec<String> {
    let elsewhere = |text: &str| {
        text.match_indices("package").any(|(at, key)| {
            let value = text[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
            let value = value.strip_prefix(':').map(str::trim_start);
            value.is_some_and(|value| {
                !value
                    .trim_start_matches(['"', '\''])
                    .starts_with("packages/")
            })
        })
    };
    let mut paths = named(source, "package", elsewhere);
    let inside = |path: &str| {
        let rest = path.strip_prefix(paths::PACKAGE_DIR);
        let name = rest.and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| !name.contains('/') && name.ends_with(".md"))
    };
    paths.retain(|path| !inside(path));
    paths
}

/// The files that tasks of a plan name under `key`, if the text `speaks` of such.
fn named(source: &Source, key: &str, speaks: impl Fn(&str) -> bool) -> Vec<String> {
    let Content::Bytes(bytes) = &source.content else {
        return Vec::new();
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if source.kind != FileKind::Plan || !speaks(text) {
        return Vec::new();
    }
    let Ok(node) = yaml::parse_bytes(bytes, source.kind.limits()) else {
        return Vec::new();
    };
    let tasks = node.get("tasks").and_then(yaml::Node::as_seq);
    let tasks = tasks.unwrap_or_default().iter();
    let named = tasks.filter_map(|task| task.get(key)?.as_str());
    named
        .filter(|path| Text::<FilePath>::written(path).value().is_some())
        .map(|path| format!("{}/{path}", paths::GOVERNANCE))
        .collect()
}

/// Whether a person may believe that a name ends in `.yaml`.
fn is_meant_as_yaml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yml") || name.ends_with(".yaml")
}
