//! `add` and `edit`: the plan, on the ledger at once, or in the working tree for a pull request.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::OpError;
use super::given::{inside, read_given};
use super::mutate::Mutation;
use super::site::Site;
use crate::domain::id::TaskId;
use crate::domain::request::{FieldEdit, FieldValue, NewTask, Verb};
use crate::domain::task::Task;
use crate::ledger::document::{Document, Edit};
use crate::ledger::format::v1::queue::QueueFile;
use crate::ledger::format::v1::request::define;
use crate::ledger::yaml::{Limits, Tree};
use crate::ledger::{BadFile, Finding, LedgerError, lock, paths, read, write, yaml};

/// Where definitions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// Onto the ledger: effective at once.
    #[default]
    Ledger,
    /// Into the working tree's plan file, for a commit or pull request.
    WorkingTree,
}

/// How an addition or an edit ended.
#[derive(Debug, Clone)]
pub struct PlanOutcome {
    /// The tasks it was about.
    pub tasks: Vec<TaskId>,
    /// The ledger's mutation; a rehearsal when the working tree was written.
    pub mutation: Mutation,
    /// The working-tree file that was written.
    pub file: Option<PathBuf>,
}

/// Adds one task, given as a mapping in the form of a plan file.
///
/// # Errors
/// Everything wrong with the definition at once; the refusal.
pub fn add(
    site: &Site,
    mut definition: Map<String, Value>,
    plan: Plan,
    dry_run: bool,
) -> Result<PlanOutcome, OpError> {
    if !definition.contains_key("created_at") {
        definition.insert("created_at".to_owned(), site.env.now().to_string().into());
        // Notes stand last: they are long.
        if let Some(notes) = definition.shift_remove("notes") {
            definition.insert("notes".to_owned(), notes);
        }
    }
    let new = define(&Value::Object(definition)).map_err(|problems| {
        let findings = problems.into_iter().map(|problem| Finding {
            rule: "meaning",
            severity: crate::domain::rules::Severity::Error,
            line: 1,
            column: 1,
            span: 0..0,
            message: match problem.pointer.trim_start_matches('/') {
                "" => problem.message,
                key => format!("{key}: {}", problem.message),
            },
            hint: problem.hint,
        });
        let file = "the new task".to_owned();
        BadFile {
            file,
            commit: None,
            text: "".into(),
            findings: findings.collect(),
        }
    })?;
    put(site, vec![new], plan, dry_run)
}

/// Adds all tasks of a plan file in one ledger commit. A file too large for a commit message is
/// kept on the ledger to the byte.
///
/// # Errors
/// Everything wrong with the file at once, with line and column; the refusal.
pub fn add_file(
    site: &Site,
    path: &Path,
    plan: Plan,
    dry_run: bool,
) -> Result<PlanOutcome, OpError> {
    let full = site.env.dir.join(path);
    let bytes = read_given(path, &full, Limits::PLAN.bytes)?;
    let name = path.display().to_string();
    let origin = read::Origin {
        file: &name,
        commit: None,
    };
    let node = yaml::parse_bytes(&bytes, Limits::PLAN)
        .map_err(|error| read::syntax(origin, &bytes, error))?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let tasks = read::from_node::<QueueFile>(origin, text, &node)?;
    let tasks: Vec<Task> = tasks.into_iter().map(Arc::unwrap_or_clone).collect();
    if tasks.is_empty() {
        return Err(OpError::Usage(format!("{name} holds no task")));
    }
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id.clone()).collect();
    if bytes.len() <= write::INLINE || plan == Plan::WorkingTree {
        let list = node
            .get("tasks")
            .and_then(yaml::Node::as_seq)
            .unwrap_or_default();
        let definitions = list.iter().map(|node| node.to_json().to_string());
        let new = tasks.into_iter().zip(definitions);
        let new = new
            .map(|(task, definition)| NewTask { task, definition })
            .collect();
        return put(site, new, plan, dry_run);
    }
    drop(node);
    let blob = site.repo().writer().blob(&bytes)?;
    let verb = Verb::AddFile {
        path: write::file_path(blob),
        blob,
        tasks,
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    Ok(PlanOutcome {
        tasks: ids,
        mutation,
        file: None,
    })
}

fn put(site: &Site, new: Vec<NewTask>, plan: Plan, dry_run: bool) -> Result<PlanOutcome, OpError> {
    let tasks = new.iter().map(|new| new.task.id.clone()).collect();
    let trees: Option<Vec<Tree>> = new.iter().map(|new| tree_of(&new.definition)).collect();
    let request = site.request(Verb::Add(new))?;
    if plan == Plan::Ledger {
        let mutation = site.carry_out(&request, dry_run)?;
        return Ok(PlanOutcome {
            tasks,
            mutation,
            file: None,
        });
    }
    // The same judgement as for the ledger: ids, dependencies and roles over both plans.
    let mutation = site.carry_out(&request, true)?;
    let trees = trees.ok_or_else(|| OpError::Usage("a task is no mapping".to_owned()))?;
    let file = edit_working_tree(site, &[Edit::AppendTasks { tasks: trees }], dry_run)?;
    Ok(PlanOutcome {
        tasks,
        mutation,
        file: Some(file),
    })
}

fn tree_of(definition: &str) -> Option<Tree> {
    let value: Value = serde_json::from_str(definition).ok()?;
    yaml::to_tree(&value).ok()
}

/// A change of a definition, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Sets a key.
    Set(String, FieldValue),
    /// Removes a key.
    Unset(String),
    /// Adds an item to a list.
    AddTo(String, String),
    /// Removes an item of a list.
    RemoveFrom(String, String),
}

/// Changes fields of a definition.
///
/// # Errors
/// The refusal; [`OpError::Usage`] for a key that holds no list, or that never changes.
pub fn edit(
    site: &Site,
    id: &TaskId,
    wishes: &[Wish],
    plan: Plan,
    dry_run: bool,
) -> Result<PlanOutcome, OpError> {
    let fields = fields(wishes)?;
    let tasks = vec![id.clone()];
    if plan == Plan::WorkingTree {
        return edit_plan_file(site, id, &fields, dry_run).map(|(mutation, file)| PlanOutcome {
            tasks,
            mutation,
            file: Some(file),
        });
    }
    let verb = Verb::Edit {
        task: id.clone(),
        fields,
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    Ok(PlanOutcome {
        tasks,
        mutation,
        file: None,
    })
}

fn edit_plan_file(
    site: &Site,
    id: &TaskId,
    fields: &[FieldEdit],
    dry_run: bool,
) -> Result<(Mutation, PathBuf), OpError> {
    let _writing = plan_lock(site)?;
    let (path, text) = working_tree_file(site, paths::QUEUE)?;
    let edited = write::edited(&text, id, fields)?;
    let origin = read::Origin {
        file: paths::QUEUE,
        commit: None,
    };
    read::meaning::<QueueFile>(origin, edited.as_bytes(), Limits::PLAN)?;
    if !dry_run {
        replace(&path, &text, &edited)?;
    }
    let before = super::look::snapshot(site)?;
    let change = super::mutate::FileChange {
        path: paths::QUEUE.to_owned(),
        before: text,
        after: edited,
    };
    let mutation = Mutation {
        carried_out: false,
        commit: None,
        change: crate::domain::decide::Change::default(),
        before,
        files: vec![change],
    };
    Ok((mutation, path))
}

/// The keys that hold lists of texts.
const LISTS: [&str; 6] = [
    "depends_on",
    "exclusive",
    "owned_paths",
    "forbidden_paths",
    "contract_touchpoints",
    "acceptance_checks",
];

fn fields(wishes: &[Wish]) -> Result<Vec<FieldEdit>, OpError> {
    let mut fields: Vec<FieldEdit> = Vec::new();
    for wish in wishes {
        match wish {
            Wish::Set(key, _) | Wish::Unset(key) if key == "id" => {
                return Err(OpError::Usage("the id of a task never changes".to_owned()));
            }
            Wish::Set(key, value) => fields.push(FieldEdit {
                key: key.clone(),
                value: Some(value.clone()),
            }),
            Wish::Unset(key) => fields.push(FieldEdit {
                key: key.clone(),
                value: None,
            }),
            Wish::AddTo(key, item) => changed(&mut fields, key)?.0.push(item.clone()),
            Wish::RemoveFrom(key, item) => changed(&mut fields, key)?.1.push(item.clone()),
        }
    }
    Ok(fields)
}

/// What goes into and out of the list under `key`.
fn changed<'f>(
    fields: &'f mut Vec<FieldEdit>,
    key: &str,
) -> Result<(&'f mut Vec<String>, &'f mut Vec<String>), OpError> {
    if !LISTS.contains(&key) {
        return Err(OpError::Usage(format!("`{key}` holds no list")));
    }
    let is_it = |field: &FieldEdit| {
        field.key == key && matches!(field.value, Some(FieldValue::Changed { .. }))
    };
    if !fields.iter().any(is_it) {
        let (add, remove) = (Vec::new(), Vec::new());
        fields.push(FieldEdit {
            key: key.to_owned(),
            value: Some(FieldValue::Changed { add, remove }),
        });
    }
    let field = fields.iter_mut().rev().find(|field| is_it(field));
    match field.and_then(|field| field.value.as_mut()) {
        Some(FieldValue::Changed { add, remove }) => Ok((add, remove)),
        _ => Err(OpError::Usage(format!("`{key}` holds no list"))),
    }
}

/// A governance file of the working tree, and its text.
pub(super) fn working_tree_file(site: &Site, name: &str) -> Result<(PathBuf, String), OpError> {
    let root = site
        .repo()
        .work_dir()
        .ok_or_else(|| OpError::Usage("a bare repository has no working tree".to_owned()))?;
    let path = root.join(name);
    let io = |source| OpError::Io {
        path: path.clone(),
        source,
    };
    let meta = std::fs::symlink_metadata(&path).map_err(io)?;
    if !meta.is_file() {
        let message = "a governance file must be a plain file".to_owned();
        return Err(BadFile::whole(name, None, "file-kind", message).into());
    }
    let path = inside(&root, name)?;
    let bytes = read_given(Path::new(name), &path, Limits::PLAN.bytes)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| BadFile::whole(name, None, "file-kind", "the file is not UTF-8".to_owned()))?;
    Ok((path, text))
}

/// One writer of this machine at a time. A person's editor knows nothing of it: see [`replace`].
pub(super) fn plan_lock(site: &Site) -> Result<lock::Held, OpError> {
    let path = site.ledger.dir().join("plan.lock");
    let limit = std::time::Duration::from_secs(30);
    Ok(lock::take(&site.env, &path, "plan", limit).map_err(LedgerError::from)?)
}

fn edit_working_tree(site: &Site, edits: &[Edit], dry_run: bool) -> Result<PathBuf, OpError> {
    let _writing = plan_lock(site)?;
    let (path, text) = working_tree_file(site, paths::QUEUE)?;
    let mut document = Document::new(text.clone());
    let origin = read::Origin {
        file: paths::QUEUE,
        commit: None,
    };
    for edit in edits {
        document
            .apply(edit)
            .map_err(|error| read::syntax(origin, text.as_bytes(), error.finding().clone()))?;
    }
    let edited = document.into_source();
    read::meaning::<QueueFile>(origin, edited.as_bytes(), Limits::PLAN)?;
    if !dry_run {
        replace(&path, &text, &edited)?;
    }
    Ok(path)
}

/// Replaces a file as a whole, if it still says what was read; a crash leaves the old or the new
/// text.
pub(super) fn replace(path: &Path, read: &str, text: &str) -> Result<(), OpError> {
    let io = |source| OpError::Io {
        path: path.to_owned(),
        source,
    };
    let moved = || {
        let name = path.display().to_string();
        let actual = "what somebody else has just written".to_owned();
        LedgerError::Moved { name, actual }
    };
    if std::fs::read(path).map_err(io)? != read.as_bytes() {
        return Err(moved().into());
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    let permissions = std::fs::metadata(path).map_err(io)?.permissions();
    file.as_file().set_permissions(permissions).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    // What a person saved since it was read comes out of the exchange, and goes back.
    match exchange(file.path(), path) {
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported => {
            file.persist(path).map_err(|error| io(error.error))?;
            return Ok(());
        }
        exchanged => exchanged.map_err(io)?,
    }
    if std::fs::read(file.path()).map_err(io)? == read.as_bytes() {
        return Ok(());
    }
    exchange(file.path(), path).map_err(io)?;
    if std::fs::read(file.path()).map_err(io)? != text.as_bytes() {
        // Saved once more in between: that version stays beside the file.
        file.keep().map_err(|error| io(error.error))?;
    }
    Err(moved().into())
}

/// Exchanges two files in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(|errno| match errno {
        Errno::INVAL | Errno::NOSYS => std::io::ErrorKind::Unsupported.into(),
        errno => errno.into(),
    })
}

/// Exchanges two files in one step; not on this system.
#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
