//! Work packages, read when a rule looks at one (G1): on the branch that defines the task, else on
//! the target, like files of stages.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize as _;

use super::finding::{BadFile, Finding, Severity};
use super::format::File as _;
use super::format::v1::PackageFile;
use super::read::{self, Origin};
use super::yaml::{self, Limits, LineIndex};
use super::{LedgerError, paths};
use crate::domain::id::ObjectId;
use crate::domain::package::{Package, PackageSource};
use crate::domain::plan;
use crate::git::{Entry, EntryKind, Repo};

/// A package as it reads, or why it does not.
type Known = Result<Arc<Package>, String>;

/// A directory of a commit: what stands in it, by name.
type Directory = Arc<BTreeMap<String, Entry>>;

/// A repository, and the packages that were read of it, by blob.
#[derive(Debug)]
pub struct Memory {
    repo: Repo,
    blobs: HashMap<ObjectId, Known>,
    /// How many directories and blobs were read.
    #[cfg(test)]
    pub(super) read: (usize, usize),
}

impl Memory {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(repo: &Repo) -> Self {
        Self {
            repo: repo.clone(),
            blobs: HashMap::new(),
            #[cfg(test)]
            read: (0, 0),
        }
    }

    fn directory(&mut self, commit: ObjectId, path: &str) -> Result<Directory, LedgerError> {
        #[cfg(test)]
        {
            self.read.0 += 1;
        }
        let found = self.repo.entry_at(self.repo.tree_of(commit)?, path)?;
        Ok(Arc::new(match found {
            Some(dir) if dir.kind == EntryKind::Tree => self.repo.entries(dir.id)?,
            _ => BTreeMap::new(),
        }))
    }

    fn package(&mut self, entry: Entry, origin: Origin<'_>) -> Result<Known, LedgerError> {
        if let Some(known) = self.blobs.get(&entry.id) {
            return Ok(known.clone());
        }
        #[cfg(test)]
        {
            self.read.1 += 1;
        }
        let bytes = match read::blob_of_entry(&self.repo, entry, origin, Limits::STATE) {
            Ok(bytes) => bytes,
            Err(LedgerError::BadFile(bad)) => return Ok(Err(why(&bad))),
            Err(error) => return Err(error),
        };
        let package = match parse(origin, &bytes) {
            Ok(document) => Ok(Arc::new(document.package)),
            Err(bad) => Err(why(&bad)),
        };
        self.blobs.insert(entry.id, package.clone());
        Ok(package)
    }
}

/// What was asked about these commits. Both stay as they are, so it is asked once.
#[derive(Debug, Default)]
struct Asked {
    directories: HashMap<(ObjectId, String), Directory>,
    packages: BTreeMap<(plan::Origin, String), Known>,
}

/// The packages of a ledger commit and a target commit.
#[derive(Debug)]
pub struct PackageFiles {
    ledger: Option<ObjectId>,
    target: ObjectId,
    memory: Arc<Mutex<Memory>>,
    asked: Mutex<Asked>,
}

impl PackageFiles {
    /// The packages of these commits. Nothing is read yet.
    #[must_use]
    pub fn new(ledger: Option<ObjectId>, target: ObjectId, memory: Arc<Mutex<Memory>>) -> Self {
        Self {
            ledger,
            target,
            memory,
            asked: Mutex::default(),
        }
    }

    fn load(
        &self,
        asked: &mut Asked,
        origin: plan::Origin,
        path: &str,
    ) -> Result<Option<Known>, LedgerError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let path = format!("{}/{path}", paths::GOVERNANCE);
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let ledger = self.ledger.filter(|_| origin == plan::Origin::Ledger);
        for commit in ledger.into_iter().chain([self.target]) {
            let key = (commit, parent.to_owned());
            let directory = match asked.directories.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let read = memory.directory(commit, parent)?;
                    asked.directories.insert(key, read.clone());
                    read
                }
            };
            if let Some(entry) = directory.get(name) {
                let origin = Origin {
                    file: &path,
                    commit: Some(commit),
                };
                return memory.package(*entry, origin).map(Some);
            }
        }
        Ok(None)
    }
}

impl PackageSource for PackageFiles {
    fn read(&self, origin: plan::Origin, path: &str) -> Known {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (origin, path.to_owned());
        if let Some(known) = asked.packages.get(&key) {
            return known.clone();
        }
        match self.load(&mut asked, origin, path) {
            Ok(known) => {
                let known = known.unwrap_or_else(|| Err("the file is missing".to_owned()));
                asked.packages.insert(key, known.clone());
                known
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn is_there(&self, origin: plan::Origin, path: &str) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // What cannot be looked at is in the way.
        !matches!(self.load(&mut asked, origin, path), Ok(None))
    }
}

fn why(bad: &BadFile) -> String {
    match bad.findings.first() {
        Some(first) => format!("line {}: {}", first.line, first.message),
        None => bad.to_string(),
    }
}

/// A work package, taken apart.
#[derive(Debug, Clone)]
pub struct PackageDocument<'a> {
    /// What its front matter says.
    pub package: Package,
    /// What stands behind it, in Markdown.
    pub body: &'a str,
    /// The line on which that begins, from 1.
    pub line: usize,
}

/// Reads a work package: front matter between two lines `---`, then Markdown.
///
/// # Errors
/// [`BadFile`] with every problem of the front matter.
pub fn parse<'a>(origin: Origin<'_>, bytes: &'a [u8]) -> Result<PackageDocument<'a>, BadFile> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(whole(origin, "the file is not UTF-8"));
    };
    let Some((front, body)) = split(text) else {
        return Err(whole(
            origin,
            "a work package begins with front matter between two lines `---`",
        ));
    };
    let blank = blanked(front);
    let node = yaml::parse_bytes(blank.as_bytes(), Limits::STATE)
        .map_err(|error| read::syntax(origin, blank.as_bytes(), error))?;
    let index = LineIndex::new(&blank);
    let found = |findings| BadFile {
        file: origin.file.to_owned(),
        commit: origin.commit,
        text: Arc::from(text),
        findings,
    };
    let file = PackageFile::deserialize(&node)
        .map_err(|error| found(vec![read::shape_at(&index, error)]))?;
    let package = file.into_domain().map_err(|problems| {
        let problems = problems.into_iter();
        found(
            problems
                .map(|problem| read::problem_at(&index, &node, problem))
                .collect(),
        )
    })?;
    Ok(PackageDocument {
        package,
        body,
        line: text[..text.len() - body.len()].lines().count() + 1,
    })
}

/// The front matter of a package as YAML; every place in it is that of the file.
#[must_use]
pub fn front(text: &str) -> Option<String> {
    split(text).map(|(front, _)| blanked(front))
}

/// The opening line is blanked out.
fn blanked(front: &str) -> String {
    format!("   {}", &front[3..])
}

fn whole(origin: Origin<'_>, message: &str) -> BadFile {
    BadFile {
        file: origin.file.to_owned(),
        commit: origin.commit,
        text: Arc::from(""),
        findings: vec![Finding {
            rule: "schema",
            severity: Severity::Error,
            line: 1,
            column: 1,
            span: 0..0,
            message: message.to_owned(),
            hint: Some("`laneway package new ID` writes one".to_owned()),
        }],
    }
}

/// The front matter with its opening line, and what stands behind its closing one.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let fence = line.trim_end() == "---";
        match number {
            0 if !fence => return None,
            0 => {}
            _ if fence => return Some((&text[..at], &text[at + line.len()..])),
            _ => {}
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str =
        "---\nid: A-1\ntask: A-1\nrole: A\nstop_gate: scope_confirmation\n---\n\n# A-1\n";

    fn origin() -> Origin<'static> {
        Origin {
            file: "governance/packages/A-1.md",
            commit: None,
        }
    }

    #[test]
    fn g01_front_matter_and_body_are_told_apart() {
        let read = parse(origin(), SOUND.as_bytes()).unwrap();
        assert_eq!(read.package.task.as_str(), "A-1");
        assert_eq!((read.body, read.line), ("\n# A-1\n", 7));
    }

    #[test]
    fn g01_what_is_wrong_is_told_with_its_place() {
        let place = |text: &str| {
            let bad = parse(origin(), text.as_bytes()).unwrap_err();
            let first = bad.findings.first().unwrap();
            (first.line, first.column, first.message.clone())
        };
        let (line, column, message) = place(&SOUND.replace("role: A", "role: \"a b\""));
        assert_eq!((line, column), (4, 7), "{message}");
        let (line, _, message) = place(&SOUND.replace("role: A", "rule: A"));
        assert_eq!(line, 4, "{message}");
        assert!(message.contains("rule"), "{message}");
        assert_eq!(place("# no front matter\n").0, 1);
        assert_eq!(place("---\nid: A-1\n").0, 1);
        assert_eq!(place("").0, 1);
        drop(place("---\n---\n"));
    }
}
