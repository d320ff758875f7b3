//! `package new` and `package check`: work packages in the working tree, for a commit or a pull
//! request (G1).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::OpError;
use super::add::{Plan, Wish, edit, working_tree_file};
use super::given::inside;
use super::mutate::FileChange;
use super::site::Site;
use super::validate::{Report, Source, validate};
use crate::domain::gates::checks_owed;
use crate::domain::glob::Glob;
use crate::domain::id::{AgentName, LaneName, TaskId};
use crate::domain::package::{Package, StopGate};
use crate::domain::request::FieldValue;
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;
use crate::ledger::format::v1::QueueFile;
use crate::ledger::yaml::Limits;
use crate::ledger::{package_text, paths, read};

/// Where packages stand, from the root of the repository.
const DIR: &str = "governance/packages";

/// What `package new` is asked.
#[derive(Debug, Clone)]
pub struct NewOptions {
    /// The task.
    pub task: TaskId,
    /// Its scope is confirmed before work on it.
    pub scope_confirmation: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// What `package new` came to.
#[derive(Debug, Clone)]
pub struct NewOutcome {
    /// The task.
    pub task: TaskId,
    /// The file that was written, or would be.
    pub file: PathBuf,
    /// What stands under `package:` of the task, below `governance/`.
    pub name: String,
    /// Whether the task names the package now, in the working tree or before.
    pub named: bool,
    /// What is written, in a rehearsal.
    pub files: Vec<FileChange>,
}

/// Writes the work package of a task into the working tree, filled in from its definition. Where
/// the task stands in the working tree's plan file, it names the package from then on.
///
/// # Errors
/// When there is a package already, or no plan file defines the task.
pub fn new(site: &Site, options: &NewOptions) -> Result<NewOutcome, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let (task, here) = defined(site, &snapshot, &options.task)?;
    let id = &task.id;
    let root = work_dir(site)?;
    let name = format!("packages/{id}.md");
    let file = inside(&root, &format!("{DIR}/{id}.md"))?;
    if std::fs::symlink_metadata(&file).is_ok() {
        let message = format!("{} is there already: edit it", file.display());
        return Err(OpError::Usage(message));
    }
    let package = package_of(&snapshot, &task, options.scope_confirmation)?;
    let template = template(site)?;
    let values = values(&snapshot, &task, &package, &lane_of(&task)?);
    let front = package_text::front_matter(&package)
        .ok_or_else(|| OpError::Usage("the front matter cannot be written".to_owned()))?;
    let text = format!("{front}\n{}", package_text::fill(&template, &values));
    let mut named = task.package.as_deref() == Some(name.as_str());
    let mut files = vec![FileChange {
        path: format!("{DIR}/{id}.md"),
        before: String::new(),
        after: text.clone(),
    }];
    if !options.dry_run {
        write_new(&file, &text)?;
    }
    if !named && task.package.is_none() && here {
        let wish = Wish::Set("package".to_owned(), FieldValue::Text(name.clone()));
        let edited = edit(site, id, &[wish], Plan::WorkingTree, options.dry_run)?;
        files.extend(edited.mutation.files);
        named = true;
    }
    Ok(NewOutcome {
        task: id.clone(),
        file,
        name,
        named,
        files: if options.dry_run { files } else { Vec::new() },
    })
}

fn work_dir(site: &Site) -> Result<PathBuf, OpError> {
    let root = site.repo().work_dir();
    root.ok_or_else(|| OpError::Usage("a bare repository has no working tree".to_owned()))
}

/// The definition of a task: that of the working tree's plan file, else that of target and ledger.
/// Whether it stands in the working tree.
fn defined(site: &Site, snapshot: &Snapshot, id: &TaskId) -> Result<(Task, bool), OpError> {
    if let Some(task) = in_working_tree(site)?.into_iter().find(|t| t.id == *id) {
        return Ok((Arc::unwrap_or_clone(task), true));
    }
    match snapshot.plan.get(id) {
        Some(task) => Ok((task.clone(), false)),
        None => Err(super::look::unknown(snapshot, id)),
    }
}

fn in_working_tree(site: &Site) -> Result<Vec<Arc<Task>>, OpError> {
    let text = match working_tree_file(site, paths::QUEUE) {
        Ok((_, text)) => text,
        Err(OpError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let origin = read::Origin {
        file: paths::QUEUE,
        commit: None,
    };
    Ok(read::meaning::<QueueFile>(
        origin,
        text.as_bytes(),
        Limits::PLAN,
    )?)
}

fn template(site: &Site) -> Result<String, OpError> {
    match working_tree_file(site, package_text::OWN_TEMPLATE) {
        Ok((_, text)) => Ok(text),
        Err(OpError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(package_text::TEMPLATE.to_owned())
        }
        Err(error) => Err(error),
    }
}

fn package_of(
    snapshot: &Snapshot,
    task: &Task,
    scope_confirmation: bool,
) -> Result<Package, OpError> {
    let policy = &snapshot.rules.policy;
    let lane = lane_of(task)?;
    let branch = policy.worktrees.branch_of(&policy.project, &lane);
    let checks = checks_owed(snapshot, task, &[]);
    Ok(Package {
        id: task.id.as_str().parse()?,
        task: task.id.clone(),
        role: task.role.clone(),
        agent: meant(snapshot, task),
        branch: branch.ok(),
        owned_paths: task.owned_paths.clone(),
        forbidden_paths: task.forbidden_paths.clone(),
        evidence: task.evidence,
        validation: checks.into_iter().map(str::to_owned).collect(),
        stop_gate: match scope_confirmation {
            true => StopGate::ScopeConfirmation,
            false => StopGate::None,
        },
        return_to: reviewers(snapshot, task),
    })
}

/// The lane it is pinned to, else the first one of its role.
fn lane_of(task: &Task) -> Result<LaneName, OpError> {
    match &task.lane {
        Some(lane) => Ok(lane.clone()),
        None => Ok(LaneName::new(task.role.clone(), 1)?),
    }
}

/// The agent of the first route of the task's type, where that names one in particular.
fn meant(snapshot: &Snapshot, task: &Task) -> Option<AgentName> {
    let routes = snapshot
        .rules
        .identity
        .routing
        .get(task.task_type.as_ref()?)?;
    let agent = routes.first()?.agents.first()?;
    match agent.ends_with('*') {
        true => None,
        false => agent.parse().ok(),
    }
}

/// Who judges the work, as far as the plan says.
fn reviewers(snapshot: &Snapshot, task: &Task) -> Option<String> {
    use crate::domain::stage::Stage;
    let contract = snapshot.plan.contract(task)?;
    let terms = contract.terms(Stage::Review)?;
    let agents: Vec<&str> = terms.agents().map(|agent| agent.as_str()).collect();
    (!agents.is_empty()).then(|| agents.join(", "))
}

/// What the names in a template stand for.
fn values(
    snapshot: &Snapshot,
    task: &Task,
    package: &Package,
    lane: &LaneName,
) -> BTreeMap<&'static str, String> {
    let list = |globs: &[Glob], none: &str| match globs {
        [] => none.to_owned(),
        globs => bullets(globs.iter().map(ToString::to_string)),
    };
    let agent = package.agent.as_ref();
    let branch = package.branch.as_ref();
    let checks = package.validation.iter().cloned();
    let scope = match task.notes.as_deref().map(str::trim) {
        Some(notes) if !notes.is_empty() => notes.to_owned(),
        _ => format!("{}.", task.title.trim_end_matches('.')),
    };
    let stop = match package.stop_gate {
        StopGate::ScopeConfirmation => format!(
            "Scope confirmation: say what you understood with `laneway scope confirm {} --text …`, \
             then wait for the go.",
            task.id
        ),
        StopGate::None => "None: go ahead once the task is claimed.".to_owned(),
    };
    let review = match &package.return_to {
        Some(to) => format!("{to} judges the work."),
        None => "Policy says who judges it; nobody judges their own work.".to_owned(),
    };
    let evidence = match package.evidence {
        Some(tier) => format!("`{tier}`"),
        None => "No tier is asked for: the validation commands pass.".to_owned(),
    };
    let validation = match package.validation.is_empty() {
        true => "No command is planned.".to_owned(),
        false => bullets(checks),
    };
    let everything = "Every path but `governance/` and those of others.";
    let nothing = "`governance/`, and what others own.";
    [
        ("task", task.id.to_string()),
        ("title", task.title.clone()),
        ("role", task.role.to_string()),
        (
            "agent",
            agent.map_or_else(|| "Whoever claims it".to_owned(), ToString::to_string),
        ),
        (
            "branch",
            branch.map_or_else(|| "of the lane".to_owned(), ToString::to_string),
        ),
        ("lane", lane.to_string()),
        ("target", snapshot.rules.policy.target.to_string()),
        ("scope", scope),
        ("owned_paths", list(&package.owned_paths, everything)),
        ("forbidden_paths", list(&package.forbidden_paths, nothing)),
        ("evidence", evidence),
        ("validation", validation),
        ("stop_gate", stop),
        ("return_to", review),
    ]
    .into_iter()
    .collect()
}

fn bullets(items: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = items.map(|item| format!("- `{item}`")).collect();
    lines.join("\n")
}

/// Writes a file that is not there yet; a crash leaves nothing or the whole.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), OpError> {
    let io = |source| OpError::Io {
        path: path.to_owned(),
        source,
    };
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(io)?;
    let mut file = tempfile::Builder::new()
        .permissions(permissions())
        .tempfile_in(dir)
        .map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist_noclobber(path)
        .map_err(|error| io(error.error))?;
    Ok(())
}

/// Those of a file that everybody may read, less what the umask takes.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o666)
}

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Every package of the working tree.
    All,
    /// The package of a task.
    Task(TaskId),
    /// This file.
    File(PathBuf),
}

/// Checks work packages of the working tree: front matter, the eight sections, and that they agree
/// with their tasks.
///
/// # Errors
/// When a file cannot be read, or no plan file defines the task.
pub fn check(site: &Site, subject: &Subject) -> Result<Report, OpError> {
    let root = work_dir(site)?;
    let files = match subject {
        Subject::All => all(&root)?,
        Subject::File(path) => vec![path.clone()],
        Subject::Task(id) => {
            let snapshot = super::look::snapshot(site)?;
            let (task, _) = defined(site, &snapshot, id)?;
            let default = format!("packages/{id}.md");
            let name = task.package.unwrap_or(default);
            vec![root.join(paths::GOVERNANCE).join(name)]
        }
    };
    let checked = files.len();
    if files.is_empty() {
        return Ok(Report::new(&[], checked, None));
    }
    let options = super::validate::Options {
        source: Source::WorkTree { paths: files },
        with_ledger: true,
    };
    let report = validate(site.repo(), Some(&site.ledger), &options)?;
    Ok(Report { checked, ..report })
}

fn all(root: &Path) -> Result<Vec<PathBuf>, OpError> {
    let dir = root.join(DIR);
    let io = |source| OpError::Io {
        path: dir.clone(),
        source,
    };
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|ext| ext == "md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
