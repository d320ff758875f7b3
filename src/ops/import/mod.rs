//! `import`: the tasks of another tracker, in one ledger commit (X16).
//!
//! The second import of a source adds what is new in it. A task that is there is never changed: what
//! its source says by now is reported.

mod compare;
mod landings;
mod packages;
mod sources;
mod strangers;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use serde_json::{Map, Value};

use self::landings::Landings;
use super::given::{MAX_TEXT, read_given};
use super::mutate::FileChange;
use super::{Mutation, OpError, Site, look};
use crate::domain::decide::PlanChange;
use crate::domain::hygiene::starred;
use crate::domain::id::{ObjectId, RequestId, TaskId};
use crate::domain::import::{FirstStanding, ImportFile, ImportedTask, Origin};
use crate::domain::request::Verb;
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;
use crate::ledger::Loader;
use crate::ledger::import::mapping::Mapping;
use crate::ledger::import::{
    Anomaly, AnomalyKind, FieldMap, Known, Looks, Mapped, MappingOptions, PackageText, SourceKind,
    Spot, file_path, map, named, texts,
};
use crate::ledger::write::{self, Content};

/// What is imported, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Files and directories.
    pub sources: Vec<PathBuf>,
    /// Their form; none: told from their names.
    pub from: Option<SourceKind>,
    /// A field map.
    pub map: Option<PathBuf>,
    /// What people call the source; by default its form.
    pub name: Option<String>,
    /// Goes before every new id.
    pub prefix: String,
    /// The role of tasks that name none.
    pub role: Option<String>,
    /// Leave out what is closed in the source.
    pub open_only: bool,
    /// Import the rest where entries cannot become tasks.
    pub skip_bad: bool,
    /// Show what would become what, and write nothing.
    pub plan: bool,
    /// The same, with the difference of the ledger's files.
    pub dry_run: bool,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A new task.
    New,
    /// The task is there already.
    There,
    /// The task is there, and its source says something else by now: these fields.
    Changed(Vec<&'static str>),
    /// No task.
    Bad,
}

/// An entry of the source, and what became of it.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// What it maps to.
    pub mapped: Mapped,
    /// What became of it.
    pub action: Action,
    /// Its landing, as far as it is on the target.
    pub commit: Option<ObjectId>,
}

/// How an import ended.
#[derive(Debug, Clone)]
pub struct ImportOutcome {
    /// The form of the source.
    pub kind: SourceKind,
    /// What people call it.
    pub name: String,
    /// Its entries, in the order of the source.
    pub rows: Vec<ImportRow>,
    /// What was not taken over as it was.
    pub anomalies: Vec<Anomaly>,
    /// Entries left out because they are closed in the source.
    pub left_out: usize,
    /// The mutation; none where nothing is new, or where bad entries keep all from being written.
    pub mutation: Option<Mutation>,
    /// The ledger that was read.
    pub tip: Option<ObjectId>,
}

impl ImportOutcome {
    /// Number of entries with this fate.
    #[must_use]
    pub fn count(&self, is: impl Fn(&Action) -> bool) -> usize {
        self.rows.iter().filter(|row| is(&row.action)).count()
    }

    /// Whether bad entries kept all from being written.
    #[must_use]
    pub fn is_refused(&self, options: &ImportOptions) -> bool {
        !options.skip_bad && self.count(|action| *action == Action::Bad) > 0
    }
}

/// Imports tasks, or shows what would become what.
///
/// # Errors
/// When a source, the field map or the ledger does not read; the refusal of `decide`.
pub fn import(site: &Site, options: &ImportOptions) -> Result<ImportOutcome, OpError> {
    let source = sources::gather(&site.env.dir, &options.sources, options.from)?;
    let kind = source.kind;
    let mut fields = FieldMap::usual(kind);
    if let Some(path) = &options.map {
        let full = site.env.dir.join(path);
        let bytes = read_given(path, &full, MAX_TEXT)?;
        fields = fields.with(&path.display().to_string(), &bytes)?;
    }
    let name = match &options.name {
        None => kind.word().to_owned(),
        Some(name) if is_name(name) => name.clone(),
        Some(name) => {
            let message = format!("`{}` is no name for a source", name.escape_debug());
            return Err(OpError::Usage(message));
        }
    };
    let snapshot = look::snapshot(site)?;
    // What was archived is there, too: ids are for ever (P12).
    let archived = match snapshot.tip {
        Some(tip) => Loader::cached(site.repo(), &site.env).all_archived(tip)?,
        None => Vec::new(),
    };
    let archived = archived.iter().map(|archived| &archived.definition);
    let there = archived.chain(snapshot.plan.iter());
    let there: HashMap<TaskId, &Task> = there.map(|task| (task.id.clone(), task)).collect();
    let promised = packages::promised(&source.gathered);
    let mut mapping = mapped(
        site,
        &snapshot,
        &there,
        source.gathered,
        &fields,
        &name,
        options,
    );
    let brought = std::mem::take(&mut mapping.packages);
    let setting = Setting {
        site,
        snapshot: &snapshot,
        there: &there,
        kind,
        options,
    };
    let mut outcome = judged(&setting, name, mapping)?;
    let wrong = mistaken(&outcome, &source.looks);
    outcome.anomalies.splice(..0, wrong);
    let packages = packages::chosen(site, &snapshot, &mut outcome, brought, &promised)?;
    packages::detach(site, &snapshot, &mut outcome, &packages)?;
    if !outcome.is_refused(options) {
        outcome.mutation = write(site, &outcome, &packages, options)?;
    }
    if let Some(mutation) = outcome
        .mutation
        .take_if(|one| one.carried_out && one.change.is_empty())
    {
        another_did_it(&mut outcome, &mutation);
    }
    Ok(outcome)
}

/// Another import brought the very same since this one looked: what it brought is there.
fn another_did_it(outcome: &mut ImportOutcome, mutation: &Mutation) {
    outcome.tip = mutation.before.tip;
    for row in &mut outcome.rows {
        if row.action == Action::New {
            row.action = Action::There;
        }
    }
    untold(outcome);
}

/// Of a task that is there nothing is made any more.
fn untold(outcome: &mut ImportOutcome) {
    let rows = outcome.rows.iter();
    let there = rows.filter(|row| matches!(row.action, Action::There | Action::Changed(_)));
    let there: BTreeSet<String> = there.map(|row| row.mapped.source_id.clone()).collect();
    outcome
        .anomalies
        .retain(|one| one.entry.as_ref().is_none_or(|id| !there.contains(id)));
}

/// The files of which nothing becomes a task and which look like something else: said first, since
/// all that is said of their lines follows from it.
fn mistaken(outcome: &ImportOutcome, looks: &[(String, Looks)]) -> Vec<Anomaly> {
    let useful = outcome.rows.iter().filter(|row| row.action != Action::Bad);
    let useful: BTreeSet<&str> = useful.map(|row| row.mapped.at.file.as_str()).collect();
    let mut wrong = Vec::new();
    for (file, looks) in looks {
        let taken = outcome.kind;
        // Prose beside Markdown items is usual, and has a remark of its own.
        let usual = taken == SourceKind::Items && looks.form().is_none();
        if useful.contains(file.as_str()) || looks.form() == Some(taken) || usual {
            continue;
        }
        let made = match looks.form() {
            Some(form) => format!("read with `--from {form}`, it may become tasks"),
            None => "no reader here makes tasks of it".to_owned(),
        };
        wrong.push(Anomaly {
            kind: AnomalyKind::WrongForm,
            at: Spot::new(file, 1),
            what: format!("this looks like {looks}, not like {}", named(taken)),
            made,
            entry: None,
        });
    }
    wrong
}

/// A name that fits into a reference such as `import:NAME:ID`.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    !name.is_empty() && name.len() <= 60 && name.chars().all(allowed)
}

fn mapped(
    site: &Site,
    snapshot: &Snapshot,
    there: &HashMap<TaskId, &Task>,
    gathered: crate::ledger::import::Gathered,
    fields: &FieldMap,
    name: &str,
    options: &ImportOptions,
) -> Mapping {
    let origins = there.values().filter_map(|task| {
        let origin = task.origin_ask_ref.clone()?;
        Some((origin, task.id.clone()))
    });
    let by_origin: HashMap<String, TaskId> = origins.collect();
    let has_file = |path: &str| {
        let path = format!("governance/{path}");
        let safe = path.split('/').all(|step| !matches!(step, "" | "." | ".."));
        let mut branches = [Some(snapshot.rules.at), snapshot.tip]
            .into_iter()
            .flatten();
        safe && branches.any(|commit| {
            let tree = site.repo().tree_of(commit);
            tree.is_ok_and(|tree| matches!(site.repo().entry_at(tree, &path), Ok(Some(_))))
        })
    };
    let stations = &snapshot.rules.workstations.workstations;
    let has_workstation = |name: &str| stations.keys().any(|known| known.as_str() == name);
    let known = Known {
        policy: &snapshot.rules.policy,
        tasks: there,
        by_origin: &by_origin,
        has_file: &has_file,
        has_workstation: &has_workstation,
    };
    let how = MappingOptions {
        name: name.to_owned(),
        prefix: options.prefix.clone(),
        role: options.role.clone(),
        open_only: options.open_only,
    };
    map(gathered, fields, &known, &how)
}

/// What entries are judged by.
struct Setting<'a> {
    site: &'a Site,
    snapshot: &'a Snapshot,
    there: &'a HashMap<TaskId, &'a Task>,
    kind: SourceKind,
    options: &'a ImportOptions,
}

/// What becomes of each entry beside what is there.
fn judged(setting: &Setting<'_>, name: String, mapping: Mapping) -> Result<ImportOutcome, OpError> {
    let snapshot = setting.snapshot;
    let landings = Landings::of(setting.site, snapshot, &mapping)?;
    let mut outcome = ImportOutcome {
        kind: setting.kind,
        name,
        rows: Vec::with_capacity(mapping.tasks.len()),
        anomalies: mapping.anomalies,
        left_out: mapping.left_out,
        mutation: None,
        tip: snapshot.tip,
    };
    let action = |mapped: &Mapped| match (&mapped.id, mapped.known) {
        (Some(id), true) => {
            let here = setting.there.get(id).copied();
            let mut changed = compare::changed(snapshot, here, mapped);
            // It came in without its package, which is still nowhere.
            if here.is_some_and(|task| task.package.is_none())
                && packages::is_missing(setting.site, snapshot, mapped)
            {
                changed.retain(|field| *field != "package");
            }
            match changed.is_empty() {
                true => Action::There,
                false => Action::Changed(changed),
            }
        }
        _ if mapped.task.is_none() => Action::Bad,
        _ => Action::New,
    };
    let rows = mapping.tasks.into_iter().map(|mapped| {
        let action = action(&mapped);
        (mapped, action)
    });
    let mut rows: Vec<(Mapped, Action)> = rows.collect();
    strangers::refuse(&mut rows, setting.kind, setting.options);
    for (mapped, action) in rows {
        let commit = landings.find(&mapped);
        if let (Action::New, FirstStanding::Done, Some(text), None) =
            (&action, &mapped.standing, &mapped.commit, commit)
        {
            let what = format!(
                "`{}` was done in {text}, which the target does not have",
                mapped.source_id
            );
            let made = "done at the target as it is now, on the word of who imports".to_owned();
            outcome.anomalies.push(Anomaly {
                kind: AnomalyKind::CommitNotOnTarget,
                at: mapped.at.clone(),
                what,
                made,
                entry: None,
            });
        }
        if let Action::Changed(fields) = &action {
            let what = format!(
                "`{}` has changed in the source: {}",
                mapped.source_id,
                fields.join(", ")
            );
            let id = mapped.id.as_ref().map_or("", |id| id.as_str());
            let made = format!("`{id}` stays as it is; `laneway edit {id}` changes a definition");
            outcome.anomalies.push(Anomaly {
                kind: AnomalyKind::ChangedUpstream,
                at: mapped.at.clone(),
                what,
                made,
                entry: None,
            });
        }
        for why in mapped.bad.iter().filter(|_| action == Action::Bad) {
            let what = match mapped.source_id.as_str() {
                "" => why.clone(),
                id => format!("`{id}`: {why}"),
            };
            outcome.anomalies.push(Anomaly {
                kind: AnomalyKind::NoTask,
                at: mapped.at.clone(),
                what,
                made: "no task".to_owned(),
                entry: None,
            });
        }
        outcome.rows.push(ImportRow {
            mapped,
            action,
            commit,
        });
    }
    untold(&mut outcome);
    // Whoever reads of a secret need not know it.
    for anomaly in &mut outcome.anomalies {
        for text in [&mut anomaly.what, &mut anomaly.made] {
            if let Cow::Owned(shown) = starred(text) {
                *text = shown;
            }
        }
    }
    outcome
        .anomalies
        .sort_by(|one, other| one.at.cmp(&other.at));
    Ok(outcome)
}

fn write(
    site: &Site,
    outcome: &ImportOutcome,
    packages: &[PackageText],
    options: &ImportOptions,
) -> Result<Option<Mutation>, OpError> {
    let rehearsed = options.plan || options.dry_run;
    let mut writer = match rehearsed {
        true => site.repo().hasher(),
        false => site.repo().writer(),
    };
    let blobs = packages::written(packages, &mut writer)?;
    let rows = outcome.rows.iter().filter(|row| row.action == Action::New);
    let tasks: Vec<_> = rows.filter_map(|row| imported(row, &blobs)).collect();
    if tasks.is_empty() {
        return Ok(None);
    }
    let files = texts(tasks).map_err(|error| OpError::Usage(error.to_string()))?;
    let mut named = Vec::with_capacity(files.len());
    for file in &files {
        let blob = writer.blob(file.text.as_bytes())?;
        let path = file_path(blob);
        named.push(ImportFile { path, blob });
    }
    let all = files.iter().flat_map(|file| file.tasks.iter().cloned());
    let request = site.request(Verb::Import {
        source: outcome.name.clone(),
        files: named.clone(),
        tasks: all.collect(),
    })?;
    if !rehearsed {
        let mutation = site.carry_out(&request, false)?;
        return same_import(&request.id, mutation, &named).map(Some);
    }
    let publisher = site.publisher()?;
    let (before, change) = publisher.judge(&request)?;
    let texts = files.iter().map(|file| file.text.as_str());
    let plans = named.iter().map(|file| file.blob).zip(texts);
    let brought = packages.iter().filter_map(|package| {
        let blob = blobs.get(&package.path)?;
        Some((*blob, package.text.as_str()))
    });
    let texts: HashMap<ObjectId, &str> = plans.chain(brought).collect();
    let mut shown = Vec::new();
    if options.dry_run {
        for (path, content) in write::files(publisher.loader(), before.tip, &change, &request)? {
            let after = match content {
                Content::Text(text) => text,
                Content::Gone => String::new(),
                Content::Blob(blob) => texts
                    .get(&blob)
                    .map_or(String::new(), |text| (*text).to_owned()),
            };
            shown.push(FileChange {
                path,
                before: String::new(),
                after,
            });
        }
    }
    Ok(Some(Mutation {
        carried_out: false,
        commit: None,
        change,
        before,
        files: shown,
    }))
}

/// A request id that was used before brings what it brought then: that must be this import.
fn same_import(
    id: &RequestId,
    mutation: Mutation,
    files: &[ImportFile],
) -> Result<Mutation, OpError> {
    let brought = |file: &ImportFile| {
        let mut plan = mutation.change.plan.iter();
        plan.any(|change| matches!(change, PlanChange::File { blob, .. } if *blob == file.blob))
    };
    match mutation.commit {
        Some(commit) if !files.iter().all(brought) => Err(OpError::Usage(format!(
            "the request id {id} stands for an import of something else, in {commit}: a new request \
             has a new id"
        ))),
        _ => Ok(mutation),
    }
}

fn imported(
    row: &ImportRow,
    packages: &HashMap<String, ObjectId>,
) -> Option<(ImportedTask, Map<String, Value>)> {
    let mapped = &row.mapped;
    let (task, id) = (mapped.task.clone()?, mapped.id.clone()?);
    let origin = Origin {
        task: id,
        id: mapped.source_id.clone(),
        status: mapped.status.clone(),
        standing: mapped.standing.clone(),
        commit: row
            .commit
            .filter(|_| mapped.standing == FirstStanding::Done),
        remark: mapped.remark.clone(),
        package: task
            .package
            .as_ref()
            .and_then(|path| packages.get(path).copied()),
    };
    Some((ImportedTask { task, origin }, mapped.definition.clone()))
}

/// The kinds of anomalies, each with how many there are.
#[must_use]
pub fn kinds(anomalies: &[Anomaly]) -> Vec<(AnomalyKind, usize)> {
    let all: BTreeSet<AnomalyKind> = anomalies.iter().map(|one| one.kind).collect();
    let count = |kind: AnomalyKind| anomalies.iter().filter(|one| one.kind == kind).count();
    all.into_iter().map(|kind| (kind, count(kind))).collect()
}
