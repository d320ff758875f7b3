//! `merge-driver`: what git calls to merge a plan file, and how it comes to call it (X17).
//!
//! The merge needs no repository, ledger, configuration or network: three files, one result.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::OpError;
use super::given::read_given;
use super::site::repository;
use crate::env::Env;
use crate::git::{Repo, TextMerge, Versions, merge_file};
use crate::ledger::paths;
use crate::ledger::plan_merge::{Clash, Labels, Odd, merge, reads};
use crate::ledger::yaml::Limits;
use crate::process::Runner;

/// The name of the driver in attributes and configuration.
pub const DRIVER: &str = "laneway";

/// Where the attributes stand that name the driver.
pub const ATTRIBUTES: &str = "governance/.gitattributes";

/// What git runs. Where laneway is not installed it is git's own textual merge, with markers: a
/// driver that is not found would leave our side there without any.
pub const COMMAND: &str = "if command -v laneway >/dev/null 2>&1; \
    then laneway merge-driver %O %A %B %L %P %S %X %Y; \
    else git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B; fi";

/// Three versions of a plan file, as git hands them over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverOptions {
    /// The common ancestor.
    pub base: PathBuf,
    /// Ours; the result is written here.
    pub ours: PathBuf,
    /// Theirs.
    pub theirs: PathBuf,
    /// Length of a conflict marker in characters.
    pub marker: usize,
    /// The path of the file in the repository, for messages.
    pub path: Option<String>,
    /// Names of base, ours and theirs, as far as git gives them.
    pub labels: [Option<String>; 3],
}

/// How a merge ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverOutcome {
    /// The path of the file in the repository.
    pub path: Option<String>,
    /// Fields and tasks in conflict, of a merge by tasks.
    pub clashes: Vec<Clash>,
    /// Why git's textual merge was taken instead.
    pub textual: Option<String>,
    /// Whether anything is in conflict.
    pub conflicts: bool,
}

/// Merges three versions of a plan file and writes the result over ours.
///
/// # Errors
/// When a file cannot be read or written, or git cannot merge them either; ours is unchanged then.
pub fn drive(env: &Env, options: &DriverOptions) -> Result<DriverOutcome, OpError> {
    let [base, ours, theirs] =
        [&options.base, &options.ours, &options.theirs].map(|path| env.dir.join(path));
    let texts = [&base, &ours, &theirs].map(|path| text(path));
    let named = |at: usize, default: &'static str| {
        let label = options.labels[at].as_deref();
        label.filter(|label| !label.is_empty()).unwrap_or(default)
    };
    let names = [named(1, "ours"), named(0, "base"), named(2, "theirs")];
    let labels = Labels {
        ours: names[0],
        theirs: names[2],
        marker: options.marker,
    };
    let mut sound = false;
    let merged = match texts {
        [Ok(base), Ok(ours), Ok(theirs)] => match [base, ours, theirs] {
            [Some(base), Some(ours), Some(theirs)] => {
                sound = [&ours, &theirs].iter().all(|side| reads(side).is_ok());
                merge(&base, &ours, &theirs, &labels)
            }
            _ => Err(Odd("one side is no text, or too large".to_owned())),
        },
        [base, ours, theirs] => return Err(failed([base, ours, theirs])),
    };
    let path = options.path.clone();
    match merged {
        Ok(merged) => {
            replace(&ours, &merged.text)?;
            Ok(DriverOutcome {
                path,
                conflicts: !merged.clashes.is_empty(),
                clashes: merged.clashes,
                textual: None,
            })
        }
        Err(Odd(why)) => {
            let runner = Runner::new(env.vars.clone());
            let versions = Versions {
                base: &base,
                ours: &ours,
                theirs: &theirs,
            };
            let done = merge_file(&runner, &env.dir, versions, names, options.marker)?;
            // Lines that git puts together without a conflict may still be no plan.
            let broken = match done {
                TextMerge::Clean if sound => unread(&ours)?,
                TextMerge::Clean | TextMerge::Conflicts => None,
            };
            let because = broken.as_ref().map(|fault| {
                format!("{why}; both sides read, what git made of them does not: {fault}")
            });
            Ok(DriverOutcome {
                path,
                clashes: Vec::new(),
                conflicts: done == TextMerge::Conflicts || broken.is_some(),
                textual: Some(because.unwrap_or(why)),
            })
        }
    }
}

/// Why a merged file is no plan; `None` when it is one.
fn unread(path: &Path) -> Result<Option<String>, OpError> {
    let Some(text) = text(path)? else {
        return Ok(Some("it is no text, or too large".to_owned()));
    };
    let bad = reads(&text).err();
    Ok(bad.map(|bad| match bad.findings.first() {
        Some(first) => format!("{}:{}: {}", first.line, first.column, first.message),
        None => bad.to_string(),
    }))
}

/// The first of the failures.
fn failed(texts: [Result<Option<String>, OpError>; 3]) -> OpError {
    let first = texts.into_iter().find_map(Result::err);
    first.unwrap_or_else(|| OpError::Usage("nothing to merge".to_owned()))
}

/// The text of a file; `None` for one that is none, or is too large for a plan.
fn text(path: &Path) -> Result<Option<String>, OpError> {
    match read_given(path, path, Limits::PLAN.bytes) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
        Err(OpError::Usage(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes beside and renames: a driver that is killed leaves our side whole.
fn replace(path: &Path, text: &str) -> Result<(), OpError> {
    let io = |source| OpError::Io {
        path: path.to_owned(),
        source,
    };
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    let permissions = std::fs::metadata(path).map_err(io)?.permissions();
    file.as_file().set_permissions(permissions).map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

/// How far git calls the driver in this clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The merge attribute of each kind of plan file, by path; none without a work tree.
    pub attributes: Vec<(String, Option<String>)>,
    /// The command that the configuration names.
    pub command: Option<String>,
    /// Where `laneway` is found on the path, if it is.
    pub program: Option<PathBuf>,
}

impl Setup {
    /// Whether the attributes name the driver.
    #[must_use]
    pub fn named(&self) -> bool {
        let names_it = |(_, driver): &(String, Option<String>)| driver.as_deref() == Some(DRIVER);
        self.attributes.iter().all(names_it)
    }

    /// Whether the configuration names this laneway's command.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.command.as_deref() == Some(COMMAND)
    }

    /// Whether a merge of plan files goes by tasks here.
    #[must_use]
    pub fn works(&self) -> bool {
        self.named() && self.registered() && self.program.is_some()
    }
}

/// How far git calls the driver in the clone around a directory.
///
/// # Errors
/// When there is no repository; of git.
pub fn setup(env: &Env, dir: Option<&Path>) -> Result<Setup, OpError> {
    let (repo, _) = repository(env, dir)?;
    setup_of(env, &repo)
}

/// How far git calls the driver in a clone.
///
/// # Errors
/// Of git.
pub fn setup_of(env: &Env, repo: &Repo) -> Result<Setup, OpError> {
    let plans = [
        paths::QUEUE.to_owned(),
        format!("{}/0002.yaml", paths::QUEUE_DIR),
    ];
    let attributes = plans
        .into_iter()
        .map(|path| Ok((path.clone(), repo.merge_attribute(&path)?)))
        .collect::<Result<Vec<_>, OpError>>()?;
    Ok(Setup {
        attributes,
        command: repo.config_str("merge.laneway.driver"),
        program: env.program("laneway"),
    })
}

/// Tells git, in this clone, how to run the driver. Nothing else changes; the attributes stand in
/// `governance/`, which `init` writes.
///
/// # Errors
/// When there is no repository; of git.
pub fn install(env: &Env, dir: Option<&Path>, dry_run: bool) -> Result<Setup, OpError> {
    let (repo, _) = repository(env, dir)?;
    if !dry_run {
        register(&repo)?;
    }
    let mut setup = setup_of(env, &repo)?;
    setup.command = Some(COMMAND.to_owned());
    Ok(setup)
}

/// Names the driver's command in the repository's own configuration.
///
/// # Errors
/// Of git.
pub fn register(repo: &Repo) -> Result<(), OpError> {
    if repo.config_str("merge.laneway.driver").as_deref() == Some(COMMAND) {
        return Ok(());
    }
    repo.set_config("merge.laneway.name", "plan files by tasks and fields")?;
    repo.set_config("merge.laneway.driver", COMMAND)?;
    Ok(())
}
