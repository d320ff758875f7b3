//! What rules, identity map and registry say, key by key, and since which commit of the target.
//!
//! A setting is a leaf of a rule file: a scalar, a list, or an entry of a list whose entries have
//! names. Keys that a file leaves out have the value that takes effect instead. History is walked
//! along first parents, from the present back; only commits that touch `governance/` are looked
//! into, one file at a time is in memory, and the walk ends with the last setting that is placed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::format::v1::identity_map::IdentityMapFile;
use super::format::v1::policy::PolicyFile;
use super::format::v1::workstations::WorkstationsFile;
use super::yaml::{self, Limits, Tree};
use super::{LedgerError, paths, read};
use crate::domain::id::ObjectId;
use crate::domain::time::Timestamp;
use crate::git::{GitError, Repo};

/// A rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleFile {
    /// `policy.yaml`.
    Policy,
    /// `identity-map.yaml`.
    IdentityMap,
    /// `workstations.yaml`.
    Workstations,
}

impl RuleFile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Policy, Self::IdentityMap, Self::Workstations];

    /// Its word, as in `policy: roles`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::IdentityMap => "identity-map",
            Self::Workstations => "workstations",
        }
    }

    /// Its path in the target.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Policy => paths::POLICY,
            Self::IdentityMap => paths::IDENTITY_MAP,
            Self::Workstations => paths::WORKSTATIONS,
        }
    }

    /// Every key that it may have at its top, but `version`.
    #[must_use]
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &[
                "project",
                "target",
                "authority",
                "durability",
                "task_id_pattern",
                "required",
                "roles",
                "contracts",
                "co_edited",
                "generated",
                "checks",
                "routing",
                "cross_workstation",
                "claims_per_agent",
                "worktrees",
                "lease",
                "fencing",
                "merge",
                "path_reservations",
                "gates",
                "review",
                "review_routes",
                "path_rules",
                "protected_tests",
                "signatures",
                "hygiene",
            ],
            Self::IdentityMap => &["mode", "bundles", "agents", "routing"],
            Self::Workstations => &[
                "naming",
                "license_max_age",
                "default_workstation",
                "workstations",
            ],
        }
    }
}

/// What a rule file says under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The file.
    pub file: RuleFile,
    /// The key, `lease.ttl`; entries of lists by their names, `roles.A-backend`.
    pub key: String,
    /// The value in force; none where the key is left out and nothing takes its place.
    pub value: Option<Tree>,
    /// Whether the file says so itself.
    pub written: bool,
}

/// The commit that brought a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The commit of the target.
    pub commit: ObjectId,
    /// When it was made.
    pub at: Timestamp,
    /// Its author's name.
    pub author: String,
    /// Its author's address.
    pub email: String,
    /// The first line of its message.
    pub subject: String,
    /// History is cut off there, as in a shallow clone: the value may be older.
    pub or_earlier: bool,
}

/// The settings of the three rule files of a commit, in the order of the files' keys.
///
/// # Errors
/// [`LedgerError::BadFile`] when a file is missing or does not read.
pub fn settings(repo: &Repo, at: ObjectId) -> Result<Vec<Setting>, LedgerError> {
    let tree = repo.tree_of(at)?;
    let mut all = Vec::new();
    for file in RuleFile::ALL {
        let origin = read::Origin {
            file: file.path(),
            commit: Some(at),
        };
        let Some((_, bytes)) = read::blob_of(repo, tree, origin, Limits::STATE)? else {
            let message = "the file is missing: `laneway init` writes it".to_owned();
            let missing = super::BadFile::whole(file.path(), Some(at), "file-missing", message);
            return Err(missing.into());
        };
        all.extend(leaves(file, &bytes).unwrap_or_default());
    }
    Ok(all)
}

/// Since when each of these settings of `at` has its value.
///
/// # Errors
/// Of git.
pub fn since(
    repo: &Repo,
    at: ObjectId,
    settings: &[Setting],
) -> Result<Vec<Option<Since>>, LedgerError> {
    let mut walks: Vec<Walk<'_>> = RuleFile::ALL
        .iter()
        .map(|file| Walk::of(*file, settings))
        .collect();
    let mut found: Vec<Option<ObjectId>> = vec![None; settings.len()];
    let mut last = None;
    let mut cut = false;
    for commit in repo.first_parents(at) {
        let commit = match commit {
            Ok(commit) => commit,
            // The edge of a shallow clone.
            Err(GitError::MissingObject { .. }) => {
                cut = true;
                break;
            }
            Err(error) => return Err(error.into()),
        };
        let governance = repo.entry_at(repo.tree_of(commit)?, paths::GOVERNANCE)?;
        let governance = governance.map(|entry| entry.id);
        for walk in &mut walks {
            walk.look(repo, commit, governance, &mut found)?;
        }
        if walks.iter().all(|walk| walk.open.is_empty()) {
            break;
        }
        last = Some(commit);
    }
    for walk in &walks {
        for (place, _) in &walk.open {
            found[*place] = walk.holds.or(last);
        }
    }
    found
        .into_iter()
        .map(|commit| commit.map(|commit| told(repo, commit, cut.then_some(last).flatten())))
        .map(Option::transpose)
        .collect()
}

/// The walk back along one file.
struct Walk<'s> {
    file: RuleFile,
    /// The settings whose commit is not found yet, by their place.
    open: Vec<(usize, &'s Setting)>,
    /// The oldest commit seen at which the file reads and the open settings have their values.
    holds: Option<ObjectId>,
    /// What was looked at last, and whether it read.
    directory: Option<Option<ObjectId>>,
    blob: Option<Option<ObjectId>>,
    reads: bool,
}

impl<'s> Walk<'s> {
    fn of(file: RuleFile, settings: &'s [Setting]) -> Self {
        let places = settings.iter().enumerate();
        Self {
            file,
            open: places.filter(|(_, one)| one.file == file).collect(),
            holds: None,
            directory: None,
            blob: None,
            reads: false,
        }
    }

    fn look(
        &mut self,
        repo: &Repo,
        commit: ObjectId,
        governance: Option<ObjectId>,
        found: &mut [Option<ObjectId>],
    ) -> Result<(), LedgerError> {
        if self.open.is_empty() {
            return Ok(());
        }
        if self.directory != Some(governance) {
            self.directory = Some(governance);
            let entry = repo.entry_at(repo.tree_of(commit)?, self.file.path())?;
            let blob = entry.map(|entry| entry.id);
            if self.blob != Some(blob) {
                self.blob = Some(blob);
                self.compare(repo, blob, found);
            }
        }
        if self.reads {
            self.holds = Some(commit);
        }
        Ok(())
    }

    /// Places the settings that had another value here, or none at all. What does not read says
    /// nothing: whoever mended it did not bring the values.
    fn compare(&mut self, repo: &Repo, blob: Option<ObjectId>, found: &mut [Option<ObjectId>]) {
        let before = match blob {
            None => Vec::new(),
            Some(blob) => {
                let bytes = repo.blob(blob, Limits::STATE.bytes as u64).ok();
                let Some(before) = bytes.and_then(|bytes| leaves(self.file, &bytes)) else {
                    self.reads = false;
                    return;
                };
                before
            }
        };
        self.reads = blob.is_some();
        let holds = self.holds;
        self.open.retain(|(place, setting)| {
            let same = before
                .iter()
                .any(|old| old.key == setting.key && old.value == setting.value);
            if !same {
                found[*place] = holds;
            }
            same
        });
    }
}

fn told(repo: &Repo, commit: ObjectId, edge: Option<ObjectId>) -> Result<Since, LedgerError> {
    let read = repo.commit(commit)?;
    let subject = read.message.lines().next().unwrap_or_default();
    Ok(Since {
        commit,
        at: Timestamp::from_seconds(read.committer.seconds),
        author: read.author.name,
        email: read.author.email,
        subject: subject.trim().to_owned(),
        or_earlier: edge == Some(commit),
    })
}

/// The settings of a file; `None` when it does not have the shape of one.
fn leaves(file: RuleFile, bytes: &[u8]) -> Option<Vec<Setting>> {
    let node = yaml::parse_bytes(bytes, Limits::STATE).ok()?;
    let written = Tree::from(&node);
    let mut effective = match file {
        RuleFile::Policy => complete::<PolicyFile>(&node)?,
        RuleFile::IdentityMap => complete::<IdentityMapFile>(&node)?,
        RuleFile::Workstations => complete::<WorkstationsFile>(&node)?,
    };
    if file == RuleFile::IdentityMap
        && effective.get("mode").is_none()
        && let Tree::Map(entries) = &mut effective
    {
        entries.push(("mode".to_owned(), Tree::from("enforced")));
    }
    let mut all = Vec::new();
    for key in file.keys() {
        let value = effective.get(key);
        let path = (*key).to_owned();
        flatten(file, path, value, written.get(key), &mut all);
    }
    Some(all)
}

/// The document with the values of the keys that it leaves out.
fn complete<F: DeserializeOwned + Serialize>(node: &yaml::Node<'_>) -> Option<Tree> {
    let file: F = yaml::from_node(node).ok()?;
    yaml::to_tree(&file).ok()
}

fn flatten(
    file: RuleFile,
    key: String,
    value: Option<&Tree>,
    written: Option<&Tree>,
    all: &mut Vec<Setting>,
) {
    match value {
        Some(Tree::Map(entries)) if !entries.is_empty() => {
            for (name, value) in entries {
                let written = written.and_then(|written| written.get(name));
                flatten(file, format!("{key}.{name}"), Some(value), written, all);
            }
        }
        Some(Tree::List(items))
            if !items.is_empty() && items.iter().all(|i| named(i).is_some()) =>
        {
            all.extend(items.iter().filter_map(named).map(|(name, rest)| Setting {
                file,
                key: format!("{key}.{name}"),
                value: Some(rest),
                written: true,
            }));
        }
        _ => all.push(Setting {
            file,
            key,
            value: value.cloned(),
            written: written.is_some(),
        }),
    }
}

/// The name of an entry of a list, and what it says beside its name.
fn named(item: &Tree) -> Option<(String, Tree)> {
    let Tree::Map(entries) = item else {
        return None;
    };
    let is_name = |key: &str| key == "name" || key == "task_type";
    let (_, name) = entries.iter().find(|(key, _)| is_name(key))?;
    let Tree::Text(name) = name else {
        return None;
    };
    let rest = entries.iter().filter(|(key, _)| !is_name(key));
    Some((name.clone(), Tree::Map(rest.cloned().collect())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::format::schema;

    fn of(file: RuleFile, text: &str) -> Vec<(String, String, bool)> {
        let all = leaves(file, text.as_bytes()).unwrap();
        all.into_iter()
            .filter(|one| one.value.is_some())
            .map(|one| (one.key, format!("{:?}", one.value.unwrap()), one.written))
            .collect()
    }

    #[test]
    fn every_key_of_a_rule_file_is_listed() {
        let schemas = schema::schemas();
        for (file, name) in [
            (RuleFile::Policy, "policy.schema.json"),
            (RuleFile::IdentityMap, "identity-map.schema.json"),
            (RuleFile::Workstations, "workstations.schema.json"),
        ] {
            let (_, schema) = schemas.iter().find(|(known, _)| *known == name).unwrap();
            let mut keys: Vec<&str> = file.keys().to_vec();
            keys.push("version");
            keys.sort_unstable();
            let properties = schema["properties"].as_object().unwrap();
            let mut known: Vec<&str> = properties.keys().map(String::as_str).collect();
            known.sort_unstable();
            assert_eq!(keys, known, "{name}");
        }
    }

    #[test]
    fn keys_that_are_left_out_have_the_value_that_takes_effect() {
        let text = "version: 1\nproject: x\ntarget: {branch: main}\nlease: {ttl: 1h}\n\
                    roles:\n  - {name: A, lanes: 2}\n";
        let all = of(RuleFile::Policy, text);
        let one = |key: &str| all.iter().find(|one| one.0 == key).unwrap();
        assert_eq!(one("lease.ttl").1, "Text(\"1h\")");
        assert!(one("lease.ttl").2 && !one("lease.skew").2);
        assert_eq!(one("fencing").1, "Text(\"normal\")");
        assert_eq!(one("gates.review.high").1, "Text(\"required\")");
        assert_eq!(one("roles.A").1, "Map([(\"lanes\", Int(2))])");
        assert!(all.iter().all(|one| one.0 != "protected_tests"));
        let map = of(RuleFile::IdentityMap, "version: 1\n");
        assert_eq!(map[0].1, "Text(\"enforced\")");
    }
}
