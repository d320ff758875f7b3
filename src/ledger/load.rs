//! Making a snapshot: the ledger at one commit, judged by the rules of one target commit.
//!
//! What is read is remembered by object id, so a process that decides afresh reads only what
//! changed.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use super::archive::{self, ArchivedStates};
use super::format::File;
use super::format::v1::identity_map::IdentityMapFile;
use super::format::v1::import::FileTask;
use super::format::v1::policy::PolicyFile;
use super::format::v1::state::{StateFile, TaskHistory};
use super::format::v1::station::StationFile;
use super::format::v1::workstations::WorkstationsFile;
use super::index::{self, Cache, CachedShard, PlanSource, StatesCache};
use super::packages::{Memory, PackageFiles};
use super::read::{self, Origin};
use super::yaml::Limits;
use super::{LedgerError, facts, import, open, paths, stages};
use crate::domain::archive::{Period, Recalled, choose, closed_at};
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::marker::Marker;
use crate::domain::record::Record;
use crate::domain::request::Verb;
use crate::domain::snapshot::{self, Accepting, GitFacts, Packages, Plan, Rules, Snapshot, States};
use crate::domain::state::{Standing, TaskState};
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::domain::workstation::StationState;
use crate::env::Env;
use crate::git::{Entry, EntryKind, Repo};
use crate::process::Runner;

/// From so many tasks a plan is worth an index; a smaller one is read as fast.
const WORTH_INDEXING: usize = 50;

/// The commits with which the tasks of an archive have landed.
type ArchivedLandings = (ArchivedStates, Vec<ObjectId>);

/// So many state files are kept as they were read last: what one commit leaves, the next one about
/// the same task reads three times.
const RECENT: usize = 64;

/// The states of a tree, and the shards they were read from, by name.
#[derive(Debug, Default)]
struct KnownStates {
    shards: BTreeMap<String, (ObjectId, CachedShard)>,
    states: States,
    /// The commits with which tasks have landed, as far as the target was not seen to reach them.
    landed: HashMap<TaskId, ObjectId>,
    /// The same of an archive, whose states never change.
    archived: ArchivedLandings,
}

impl KnownStates {
    fn insert(&mut self, id: &TaskId, state: &TaskState) {
        match landed(state) {
            Some(commit) => self.landed.insert(id.clone(), commit),
            None => self.landed.remove(id),
        };
        self.states.insert(id.clone(), state.clone());
    }

    fn remove(&mut self, id: &TaskId) {
        self.landed.remove(id);
        self.states.remove(id);
    }

    /// Puts a shard in the place of the one that was there; what is in both is left alone.
    fn replace(&mut self, name: String, tree: ObjectId, rows: CachedShard) {
        let old = self.shards.remove(&name);
        let old = old.map(|(_, rows)| rows).unwrap_or_default();
        let was: HashMap<&TaskId, ObjectId> = old.iter().map(|(blob, id, _)| (id, *blob)).collect();
        let is: HashSet<&TaskId> = rows.iter().map(|(_, id, _)| id).collect();
        for id in was.keys().filter(|id| !is.contains(*id)) {
            self.remove(id);
        }
        for (blob, id, state) in &rows {
            if was.get(id) != Some(blob) {
                self.insert(id, state);
            }
        }
        self.shards.insert(name, (tree, rows));
    }

    /// Forgets the commits that the target reaches.
    fn forget_landed(&mut self, reached: impl Fn(&ObjectId) -> bool) {
        self.landed.retain(|_, commit| !reached(commit));
        self.archived.1.retain(|commit| !reached(commit));
    }

    /// The commits that the target was not seen to reach.
    fn owing(&self) -> impl Iterator<Item = ObjectId> {
        self.landed.values().chain(&self.archived.1).copied()
    }

    /// Takes out the shards that are not among `names`.
    fn keep(&mut self, names: &BTreeMap<String, Entry>) {
        let gone: Vec<String> = self.shards.keys().cloned().collect();
        for name in gone.into_iter().filter(|name| !names.contains_key(name)) {
            for (_, id, _) in self
                .shards
                .remove(&name)
                .into_iter()
                .flat_map(|(_, rows)| rows)
            {
                self.remove(&id);
            }
        }
    }
}

/// The commit with which a task has landed, or is about to.
fn landed(state: &TaskState) -> Option<ObjectId> {
    match &state.standing {
        Standing::Done(done) => Some(done.commit),
        Standing::Adopted(adoption) => Some(adoption.commit),
        Standing::InReview {
            landing: Some(landing),
            ..
        } => Some(landing.commit),
        _ => None,
    }
}

/// Rules, and the blobs they were read from.
type KnownRules = ([ObjectId; 3], Arc<Rules>);

/// The plan made of plan files, by their blobs.
type WholePlan = (Vec<(snapshot::Origin, ObjectId)>, Arc<Plan>);

/// A plan with the contracts of the files that it names.
#[derive(Debug)]
struct StagedPlan {
    /// Where those files stood, on the ledger and on the target.
    roots: [stages::Roots; 2],
    /// The plan without them.
    before: Arc<Plan>,
    staged: Arc<Plan>,
}

/// The tasks whose definitions `verb` looks at although they may be archived: those that come back,
/// and those that new definitions depend on.
fn looked_up(snapshot: &Snapshot, verb: &Verb) -> Vec<TaskId> {
    let needs = |tasks: &mut dyn Iterator<Item = &Task>| {
        let needs = tasks.flat_map(|task| task.depends_on.iter().cloned());
        needs.collect::<Vec<_>>()
    };
    match verb {
        Verb::Restore(Recalled::Tasks(ids)) => ids.clone(),
        Verb::Restore(Recalled::Of(period)) => {
            let archived = snapshot.states.archive().iter();
            let of_period = archived
                .filter(|(_, state)| closed_at(state).map(Period::of).as_ref() == Some(period));
            of_period.map(|(id, _)| id.clone()).collect()
        }
        Verb::Add(new) => needs(&mut new.iter().map(|new| &new.task)),
        Verb::AddFile { tasks, .. } => needs(&mut tasks.iter()),
        Verb::Import { tasks, .. } => needs(&mut tasks.iter().map(|new| &new.task)),
        Verb::Edit { .. } => needs(&mut snapshot.facts.edited.iter().map(|task| &**task)),
        _ => Vec::new(),
    }
}

/// A plan, the archive, and the plan without what is archived.
type ClearedPlan = (Arc<Plan>, ArchivedStates, Arc<Plan>);

/// What the ledger says of workstations, by name.
type Stations = BTreeMap<WorkstationName, StationState>;

/// Reads snapshots of one repository.
///
/// It remembers what the last snapshot was made of and no more, so that a walk over a long history
/// reads what changes from commit to commit and takes no more memory than one snapshot.
#[derive(Debug)]
pub struct Loader<'r> {
    repo: &'r Repo,
    plans: RefCell<HashMap<ObjectId, Arc<Vec<Arc<Task>>>>>,
    whole: RefCell<Option<WholePlan>>,
    staged: RefCell<Option<StagedPlan>>,
    states: RefCell<KnownStates>,
    rules: RefCell<Option<KnownRules>>,
    stations: RefCell<Option<(ObjectId, Arc<Stations>)>>,
    reachable: RefCell<Option<(ObjectId, Arc<HashSet<ObjectId>>)>>,
    marker: RefCell<Option<(ObjectId, Marker)>>,
    archive: RefCell<Option<(ObjectId, ArchivedStates)>>,
    /// The last plan, and the same without the tasks of an archive.
    cleared: RefCell<Option<ClearedPlan>>,
    recent: RefCell<VecDeque<(ObjectId, TaskHistory)>>,
    packages: Arc<Mutex<Memory>>,
    ranges: facts::Ranges,
    cache: Option<Caches>,
    /// How often files of stages were looked up.
    #[cfg(test)]
    lookups: std::cell::Cell<usize>,
}

/// The caches on disk, and what re-reads a plan when one of them is damaged.
#[derive(Debug)]
struct Caches {
    cache: Cache,
    states: RefCell<StatesCache>,
    runner: Runner,
}

/// One plan file of a tree.
#[derive(Debug, Clone)]
pub struct PlanFile {
    /// Its path.
    pub path: String,
    /// Its blob.
    pub blob: ObjectId,
    /// What it defines.
    pub tasks: Arc<Vec<Arc<Task>>>,
}

impl<'r> Loader<'r> {
    /// A loader that reads everything from the repository: for those who must not believe a cache.
    #[must_use]
    pub fn new(repo: &'r Repo) -> Self {
        Self {
            repo,
            plans: RefCell::default(),
            whole: RefCell::default(),
            staged: RefCell::default(),
            states: RefCell::default(),
            rules: RefCell::default(),
            stations: RefCell::default(),
            archive: RefCell::default(),
            cleared: RefCell::default(),
            reachable: RefCell::default(),
            marker: RefCell::default(),
            recent: RefCell::default(),
            packages: Arc::new(Mutex::new(Memory::new(repo))),
            ranges: facts::Ranges::default(),
            cache: None,
            #[cfg(test)]
            lookups: std::cell::Cell::default(),
        }
    }

    /// A loader that uses the caches of this user.
    #[must_use]
    pub fn cached(repo: &'r Repo, env: &Env) -> Self {
        let cache = Cache::of(env, &repo.common_dir()).map(|cache| Caches {
            states: RefCell::new(StatesCache::open(&cache)),
            cache,
            runner: Runner::new(env.vars.clone()),
        });
        Self {
            cache,
            ..Self::new(repo)
        }
    }

    /// The repository it reads.
    #[must_use]
    pub fn repo(&self) -> &'r Repo {
        self.repo
    }

    /// The ledger at `tip` by the rules of `rules_at`, with what `verb` asks about.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when rules, plan or state do not read.
    pub fn snapshot(
        &self,
        tip: Option<ObjectId>,
        rules_at: ObjectId,
        verb: Option<&Verb>,
    ) -> Result<Snapshot, LedgerError> {
        let rules = self.rules(rules_at)?;
        let mut plan = self.plan(tip, rules_at)?;
        let mut states = States::default();
        let mut tip_time = Timestamp::from_seconds(0);
        let mut marker = None;
        let mut stations = Arc::default();
        if let Some(tip) = tip {
            states = self.states(tip)?;
            plan = self.cleared(plan, states.archive());
            stations = self.stations(tip)?;
            marker = self.marker(tip)?;
            tip_time = Timestamp::from_seconds(self.repo.commit(tip)?.committer.seconds);
        }
        let reachable = match tip {
            Some(_) => self.reachable(rules_at, states.archive())?,
            None => Arc::default(),
        };
        let mut loaded = Snapshot {
            tip,
            tip_time,
            rules,
            plan,
            states,
            stations,
            packages: Packages(Some(Arc::new(PackageFiles::new(
                tip,
                rules_at,
                self.packages.clone(),
            )))),
            records: BTreeMap::new(),
            marker,
            facts: GitFacts {
                reachable,
                ..GitFacts::default()
            },
        };
        if let Some(verb) = verb {
            self.ask(&mut loaded, verb)?;
        }
        Ok(loaded)
    }

    /// The marker of `tip`, which hardly ever changes.
    fn marker(&self, tip: ObjectId) -> Result<Option<Marker>, LedgerError> {
        let entry = self.repo.entry_at(tip, paths::MARKER)?;
        let blob = entry.map(|entry| entry.id);
        let mut memory = self.marker.borrow_mut();
        if let Some((known, marker)) = &*memory
            && blob == Some(*known)
        {
            return Ok(Some(marker.clone()));
        }
        let marker = open::marker_at(self.repo, tip)?;
        *memory = blob.zip(marker.clone());
        Ok(marker)
    }

    /// Reads what changes rarely, so that a later snapshot has it at hand.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn warm(&self, tip: Option<ObjectId>, rules_at: ObjectId) -> Result<(), LedgerError> {
        self.rules(rules_at)?;
        self.plan(tip, rules_at)?;
        if let Some(tip) = tip {
            self.states(tip)?;
        }
        Ok(())
    }

    /// All definitions of target and ledger, with the stage contracts that they name.
    fn plan(&self, tip: Option<ObjectId>, rules_at: ObjectId) -> Result<Arc<Plan>, LedgerError> {
        let plan = self.definitions(tip, rules_at)?;
        if plan.referred().is_empty() {
            return Ok(plan);
        }
        let roots = |commit| {
            let files = plan.referred().keys().map(|(_, path)| path.as_str());
            stages::roots(self.repo, commit, files)
        };
        let on_ledger = tip.map(roots).transpose()?.unwrap_or_default();
        let roots = [on_ledger, roots(rules_at)?];
        if let Some(known) = &*self.staged.borrow()
            && known.roots == roots
            && Arc::ptr_eq(&known.before, &plan)
        {
            return Ok(known.staged.clone());
        }
        #[cfg(test)]
        self.lookups.set(self.lookups.get() + 1);
        let files = plan.referred().keys().map(|file| {
            let (origin, path) = file;
            let ledger = tip.filter(|_| *origin == snapshot::Origin::Ledger);
            let found = stages::place(self.repo, ledger, rules_at, path)?;
            Ok((file.clone(), stages::read(self.repo, found)?))
        });
        let read = files.collect::<Result<BTreeMap<_, _>, LedgerError>>()?;
        let staged = Arc::new(plan.with_contracts(read));
        *self.staged.borrow_mut() = Some(StagedPlan {
            roots,
            before: plan,
            staged: staged.clone(),
        });
        Ok(staged)
    }

    /// All definitions of target and ledger.
    fn definitions(
        &self,
        tip: Option<ObjectId>,
        rules_at: ObjectId,
    ) -> Result<Arc<Plan>, LedgerError> {
        let mut files: Vec<(snapshot::Origin, String, ObjectId)> = Vec::new();
        for (path, blob) in self.plan_blobs(rules_at)? {
            files.push((snapshot::Origin::Target, path, blob));
        }
        for (path, blob) in tip
            .map(|tip| self.plan_blobs(tip))
            .transpose()?
            .unwrap_or_default()
        {
            files.push((snapshot::Origin::Ledger, path, blob));
        }
        let key: Vec<(snapshot::Origin, ObjectId)> = files
            .iter()
            .map(|(origin, _, blob)| (*origin, *blob))
            .collect();
        if let Some((known, plan)) = &*self.whole.borrow()
            && *known == key
        {
            return Ok(plan.clone());
        }
        let source = self.cache.as_ref().map(|caches| PlanSource {
            common_dir: self.repo.common_dir(),
            runner: caches.runner.clone(),
            files: files.clone(),
        });
        let indexed = match (&self.cache, &source) {
            (Some(caches), Some(source)) => index::open_plan(&caches.cache, source),
            _ => None,
        };
        let plan = match indexed {
            Some(plan) => Arc::new(plan),
            None => {
                let plan = Arc::new(self.read_plan(tip, rules_at)?);
                if let (Some(caches), Some(source)) = (&self.cache, &source)
                    && plan.len() >= WORTH_INDEXING
                {
                    index::write_plan(&caches.cache, source, &plan);
                }
                plan
            }
        };
        let used: HashSet<ObjectId> = key.iter().map(|(_, blob)| *blob).collect();
        self.plans
            .borrow_mut()
            .retain(|blob, _| used.contains(blob));
        *self.whole.borrow_mut() = Some((key, plan.clone()));
        Ok(plan)
    }

    /// Reads all plan files of both branches.
    fn read_plan(&self, tip: Option<ObjectId>, rules_at: ObjectId) -> Result<Plan, LedgerError> {
        let target = self.plan_files(rules_at)?;
        let ledger = tip
            .map(|tip| self.plan_files(tip))
            .transpose()?
            .unwrap_or_default();
        let of = |files: Vec<PlanFile>, origin| {
            let tasks = files.into_iter().flat_map(|file| file.tasks.to_vec());
            tasks.map(move |task| (task, origin))
        };
        let target = of(target, snapshot::Origin::Target);
        Ok(Plan::new(
            target.chain(of(ledger, snapshot::Origin::Ledger)),
        ))
    }

    /// Adds what `verb` asks about: records of the task it names, facts about its commits.
    fn ask(&self, snapshot: &mut Snapshot, verb: &Verb) -> Result<(), LedgerError> {
        if let (Some(task), Some(tip)) = (verb.task(), snapshot.tip)
            && let Some(history) = self.history(tip, task)?
        {
            snapshot.records.insert(task.clone(), history.records);
        }
        if let (Verb::Archive(_), Some(tip)) = (verb, snapshot.tip) {
            for history in self.histories_with(tip, "kind: request")? {
                snapshot.records.insert(history.id, history.records);
            }
        }
        if let (Verb::Archive(closed), Some(tip)) = (verb, snapshot.tip) {
            let tasks = choose(snapshot, closed).put;
            snapshot.facts.stuck =
                archive::stuck(self, tip, snapshot.rules.at, snapshot.tip_time, &tasks)?;
        }
        snapshot.facts.range = facts::range(self.repo, &self.ranges, snapshot, verb)?;
        if let Verb::Attest { attest, .. } = verb {
            snapshot.facts.anchors = facts::anchors(self.repo, attest)?;
        }
        snapshot.facts.adr = facts::adr(self.repo, verb)?;
        if let Verb::AcceptTarget { target, .. } = verb
            && self.repo.exists(*target)
        {
            snapshot.facts.accepting = Some(Accepting {
                forward: self.repo.is_ancestor(snapshot.rules.at, *target)?,
                rules: self.rules(*target)?,
            });
        }
        if let Verb::Complete { commit, .. } = verb {
            let wanted = [*commit].into_iter().collect();
            let found = self.repo.reachable_among(snapshot.rules.at, &wanted)?;
            Arc::make_mut(&mut snapshot.facts.reachable).extend(found);
        }
        if let Verb::Import { tasks, .. } = verb {
            let wanted = tasks.iter().filter_map(|new| new.origin.commit).collect();
            let found = self.repo.reachable_among(snapshot.rules.at, &wanted)?;
            Arc::make_mut(&mut snapshot.facts.reachable).extend(found);
        }
        if let (Verb::Edit { task, fields }, Some(tip)) = (verb, snapshot.tip) {
            snapshot.facts.edited =
                super::write::edited_task(self, tip, task, fields)?.map(Box::new);
        }
        if let Some(tip) = snapshot.tip {
            let ids = looked_up(snapshot, verb);
            snapshot.facts.archived = archive::definitions(self, tip, snapshot, ids)?;
        }
        Ok(())
    }

    /// The rules of a target commit.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one of the three files is missing or does not read.
    pub fn rules(&self, at: ObjectId) -> Result<Arc<Rules>, LedgerError> {
        if let Some((_, rules)) = &*self.rules.borrow()
            && rules.at == at
        {
            return Ok(rules.clone());
        }
        let blobs = self.rule_blobs(at)?;
        let known = self.rules.borrow().clone();
        let rules = match (blobs, known) {
            // Most commits of the target leave the rules alone.
            (Some(blobs), Some((same, rules))) if blobs == same => Rules {
                at,
                ..Rules::clone(&rules)
            },
            _ => Rules {
                at,
                policy: self.rule_file::<PolicyFile>(at, paths::POLICY)?,
                identity: self.rule_file::<IdentityMapFile>(at, paths::IDENTITY_MAP)?,
                workstations: self.rule_file::<WorkstationsFile>(at, paths::WORKSTATIONS)?,
            },
        };
        let rules = Arc::new(rules);
        *self.rules.borrow_mut() = blobs.map(|blobs| (blobs, rules.clone()));
        Ok(rules)
    }

    /// The three rule files as plain files of `at`; `None` when one is anything else.
    fn rule_blobs(&self, at: ObjectId) -> Result<Option<[ObjectId; 3]>, LedgerError> {
        let tree = self.repo.tree_of(at)?;
        let blob = |path| {
            let entry = self.repo.entry_at(tree, path)?;
            let plain = entry.filter(|entry| entry.kind == EntryKind::Blob);
            Ok::<_, LedgerError>(plain.map(|entry| entry.id))
        };
        Ok(
            match (
                blob(paths::POLICY)?,
                blob(paths::IDENTITY_MAP)?,
                blob(paths::WORKSTATIONS)?,
            ) {
                (Some(policy), Some(map), Some(places)) => Some([policy, map, places]),
                _ => None,
            },
        )
    }

    fn rule_file<F: File>(&self, at: ObjectId, file: &str) -> Result<F::Domain, LedgerError> {
        let origin = Origin {
            file,
            commit: Some(at),
        };
        let tree = self.repo.tree_of(at)?;
        match read::blob_of(self.repo, tree, origin, Limits::STATE)? {
            Some((_, bytes)) => Ok(read::meaning::<F>(origin, &bytes, Limits::STATE)?),
            None => {
                let message = "the file is missing: `laneway init` writes it".to_owned();
                Err(super::BadFile::whole(file, Some(at), "file-missing", message).into())
            }
        }
    }

    /// The plan files in the tree of `commit` with their blobs: `queue.yaml` first, then
    /// `queue/*.yaml` by name. None of them is read.
    ///
    /// # Errors
    /// Of git.
    pub fn plan_blobs(&self, commit: ObjectId) -> Result<Vec<(String, ObjectId)>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let mut files = Vec::new();
        if let Some(entry) = self.repo.entry_at(tree, paths::QUEUE)? {
            files.push((paths::QUEUE.to_owned(), entry.id));
        }
        if let Some(dir) = self.repo.entry_at(tree, paths::QUEUE_DIR)?
            && dir.kind == EntryKind::Tree
        {
            for (name, entry) in self.repo.entries(dir.id)? {
                if name.ends_with(".yaml") {
                    files.push((format!("{}/{name}", paths::QUEUE_DIR), entry.id));
                }
            }
        }
        Ok(files)
    }

    /// The plan files in the tree of `commit`, in the order of [`plan_blobs`](Self::plan_blobs).
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one does not read.
    pub fn plan_files(&self, commit: ObjectId) -> Result<Vec<PlanFile>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let files = self.plan_blobs(commit)?.into_iter();
        files
            .map(|(path, _)| self.plan_file(commit, tree, path))
            .collect()
    }

    fn plan_file(
        &self,
        commit: ObjectId,
        tree: ObjectId,
        path: String,
    ) -> Result<PlanFile, LedgerError> {
        let origin = Origin {
            file: &path,
            commit: Some(commit),
        };
        if let Some(entry) = self.repo.entry_at(tree, &path)?
            && let Some(tasks) = self.known_tasks(entry.id)
        {
            return Ok(PlanFile {
                blob: entry.id,
                tasks,
                path,
            });
        }
        let Some((blob, bytes)) = read::blob_of(self.repo, tree, origin, Limits::PLAN)? else {
            let message = "the file vanished".to_owned();
            return Err(super::BadFile::whole(&path, Some(commit), "file-missing", message).into());
        };
        let tasks = Arc::new(read::plan(origin, &bytes)?);
        self.remember_tasks(blob, &tasks);
        Ok(PlanFile { path, blob, tasks })
    }

    /// The tasks of a plan file that was read before, by this process or by another.
    fn known_tasks(&self, blob: ObjectId) -> Option<Arc<Vec<Arc<Task>>>> {
        if let Some(tasks) = self.plans.borrow().get(&blob) {
            return Some(tasks.clone());
        }
        let caches = self.cache.as_ref()?;
        let tasks = Arc::new(index::open_tasks(&caches.cache, blob)?);
        self.plans.borrow_mut().insert(blob, tasks.clone());
        Some(tasks)
    }

    fn remember_tasks(&self, blob: ObjectId, tasks: &Arc<Vec<Arc<Task>>>) {
        self.plans.borrow_mut().insert(blob, tasks.clone());
        if let Some(caches) = &self.cache
            && tasks.len() >= WORTH_INDEXING
        {
            index::write_tasks(&caches.cache, blob, tasks);
        }
    }

    /// The tasks of a plan file that is only a blob yet.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when it does not read.
    pub fn plan_blob(
        &self,
        path: &str,
        blob: ObjectId,
    ) -> Result<Arc<Vec<Arc<Task>>>, LedgerError> {
        if let Some(tasks) = self.plans.borrow().get(&blob) {
            return Ok(tasks.clone());
        }
        let bytes = self.repo.blob(blob, Limits::PLAN.bytes as u64)?;
        let origin = Origin {
            file: path,
            commit: None,
        };
        let tasks = Arc::new(read::plan(origin, &bytes)?);
        self.plans.borrow_mut().insert(blob, tasks.clone());
        Ok(tasks)
    }

    /// The tasks of a plan file that is only a blob yet, each with what the file says of where it
    /// came from.
    ///
    /// # Errors
    /// As [`plan_blob`](Self::plan_blob); when an origin does not read.
    pub fn file_tasks(&self, path: &str, blob: ObjectId) -> Result<Vec<FileTask>, LedgerError> {
        let tasks = self.plan_blob(path, blob)?;
        let bytes = self.repo.blob(blob, Limits::PLAN.bytes as u64)?;
        let mut origins = import::origins(path, &bytes)?;
        let with_origin = |task: &Arc<Task>| FileTask {
            task: Task::clone(task),
            origin: origins.remove(&task.id),
        };
        Ok(tasks.iter().map(with_origin).collect())
    }

    /// All states written in the tree of `commit`, with those of archived tasks to look up.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one does not read.
    pub fn states(&self, commit: ObjectId) -> Result<States, LedgerError> {
        let archived = self.archive(commit)?;
        Ok(self.live_states(commit)?.with_archive(archived))
    }

    /// The states that have a file of their own.
    fn live_states(&self, commit: ObjectId) -> Result<States, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let Some(root) = self.repo.entry_at(tree, paths::STATE_DIR)? else {
            return Ok(States::default());
        };
        let mut known = self.states.borrow_mut();
        let entries = self.repo.entries(root.id)?;
        let mut changed = Vec::new();
        for (name, entry) in &entries {
            let before = known.shards.get(name);
            if before.is_none_or(|(tree, _)| *tree != entry.id) {
                let before = before.map_or(&[][..], |(_, rows)| rows);
                let rows = self.shard(commit, name, entry.id, before)?;
                changed.push((name.clone(), entry.id, rows));
            }
        }
        known.keep(&entries);
        for (name, tree, rows) in changed {
            known.replace(name, tree, rows);
        }
        if let Some(caches) = &self.cache {
            let archive = self.repo.entry_at(tree, paths::ARCHIVE_DIR)?;
            let trees = entries.values().map(|entry| entry.id);
            let trees = trees.chain(archive.map(|entry| entry.id)).collect();
            caches.states.borrow_mut().save(&caches.cache, &trees);
        }
        Ok(known.states.clone())
    }

    /// The states of a shard: those that `before` knows by their blob are not read again.
    fn shard(
        &self,
        commit: ObjectId,
        name: &str,
        tree: ObjectId,
        before: &[(ObjectId, TaskId, TaskState)],
    ) -> Result<CachedShard, LedgerError> {
        let cached = self.cache.as_ref().map(|caches| caches.states.borrow_mut());
        let known = cached
            .as_ref()
            .and_then(|states| states.shard(tree).cloned());
        match known {
            Some(rows) => Ok(rows),
            None => self.read_shard(commit, name, tree, before, cached),
        }
    }

    /// Puts a shard together: states that are known by their blob, here or by the cache, are not
    /// read again.
    fn read_shard(
        &self,
        commit: ObjectId,
        name: &str,
        tree: ObjectId,
        before: &[(ObjectId, TaskId, TaskState)],
        mut cached: Option<RefMut<'_, StatesCache>>,
    ) -> Result<CachedShard, LedgerError> {
        let mut rows = CachedShard::new();
        let mut read = 0;
        let here: HashMap<ObjectId, &(ObjectId, TaskId, TaskState)> =
            before.iter().map(|row| (row.0, row)).collect();
        for (file, entry) in self.repo.entries(tree)? {
            if let Some(row) = here.get(&entry.id) {
                rows.push((*row).clone());
                continue;
            }
            let known = cached.as_mut().and_then(|states| states.state(entry.id));
            let (id, state) = match known {
                Some(known) => known,
                None => {
                    read += 1;
                    let path = format!("{}/{name}/{file}", paths::STATE_DIR);
                    let history = self.state_file(commit, &path, entry.id)?;
                    (history.id, history.state)
                }
            };
            rows.push((entry.id, id, state));
        }
        if let Some(states) = &mut cached {
            states.put(tree, rows.clone(), read);
        }
        Ok(rows)
    }

    fn state_file(
        &self,
        commit: ObjectId,
        path: &str,
        blob: ObjectId,
    ) -> Result<TaskHistory, LedgerError> {
        let mut recent = self.recent.borrow_mut();
        let known = recent.iter().find(|(known, _)| *known == blob);
        let known = known.map(|(_, history)| history.clone());
        let history = match known {
            Some(history) => history,
            None => {
                let bytes = self.repo.blob(blob, Limits::STATE.bytes as u64)?;
                let origin = Origin {
                    file: path,
                    commit: Some(commit),
                };
                let history = read::meaning::<StateFile>(origin, &bytes, Limits::STATE)?;
                recent.truncate(RECENT - 1);
                recent.push_front((blob, history.clone()));
                history
            }
        };
        if paths::state(&history.id) != path {
            let message = format!(
                "it holds the state of `{}`, which stands elsewhere",
                history.id
            );
            return Err(super::BadFile::whole(path, Some(commit), "state-place", message).into());
        }
        Ok(history)
    }

    /// The states of the tasks that are archived at `commit`.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when an archive file does not read.
    pub fn archive(&self, commit: ObjectId) -> Result<ArchivedStates, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let Some(dir) = self.repo.entry_at(tree, paths::ARCHIVE_DIR)? else {
            return Ok(ArchivedStates::default());
        };
        if let Some((known, archived)) = &*self.archive.borrow()
            && *known == dir.id
        {
            return Ok(archived.clone());
        }
        let mut cached = self.cache.as_ref().map(|caches| caches.states.borrow_mut());
        let known = cached
            .as_ref()
            .and_then(|states| states.shard(dir.id).cloned());
        let rows = match known {
            Some(rows) => rows,
            None => {
                let (mut rows, mut read) = (CachedShard::new(), 0);
                for (name, entry) in self.repo.entries(dir.id)? {
                    let known = cached.as_ref().map(|states| states.rows_of(entry.id));
                    if let Some(known) = known.filter(|known| !known.is_empty()) {
                        rows.extend(known);
                        continue;
                    }
                    let path = format!("{}/{name}", paths::ARCHIVE_DIR);
                    for task in archive::tasks(self, commit, &path)? {
                        read += 1;
                        rows.push((entry.id, task.history.id, task.history.state));
                    }
                }
                if let Some(states) = &mut cached {
                    states.put(dir.id, rows.clone(), read);
                }
                rows
            }
        };
        let states = rows.into_iter().map(|(_, id, state)| (id, state));
        let archived: ArchivedStates = Arc::new(states.collect());
        *self.archive.borrow_mut() = Some((dir.id, archived.clone()));
        Ok(archived)
    }

    /// The plan without archived tasks: a plan file of the target may still define one.
    fn cleared(&self, plan: Arc<Plan>, archived: &ArchivedStates) -> Arc<Plan> {
        if archived.is_empty() {
            return plan;
        }
        let mut memory = self.cleared.borrow_mut();
        if let Some((before, states, cleared)) = &*memory
            && Arc::ptr_eq(before, &plan)
            && Arc::ptr_eq(states, archived)
        {
            return cleared.clone();
        }
        let cleared = Arc::new(plan.without(archived.keys()));
        *memory = Some((plan, archived.clone(), cleared.clone()));
        cleared
    }

    /// What the ledger at `commit` says of workstations.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when a file does not read.
    pub fn stations(&self, commit: ObjectId) -> Result<Arc<Stations>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let Some(dir) = self.repo.entry_at(tree, paths::STATION_DIR)? else {
            return Ok(Arc::default());
        };
        if let Some((known, stations)) = &*self.stations.borrow()
            && *known == dir.id
        {
            return Ok(stations.clone());
        }
        let mut stations = Stations::new();
        for (file, _) in self.repo.entries(dir.id)? {
            let path = format!("{}/{file}", paths::STATION_DIR);
            let origin = Origin {
                file: &path,
                commit: Some(commit),
            };
            let Some((_, bytes)) = read::blob_of(self.repo, tree, origin, Limits::STATE)? else {
                continue;
            };
            let (name, state) = read::meaning::<StationFile>(origin, &bytes, Limits::STATE)?;
            if paths::station(&name) != path {
                let message = format!("it speaks of `{name}`, whose file is another");
                let bad = super::BadFile::whole(&path, Some(commit), "state-place", message);
                return Err(bad.into());
            }
            stations.insert(name, state);
        }
        let stations = Arc::new(stations);
        *self.stations.borrow_mut() = Some((dir.id, stations.clone()));
        Ok(stations)
    }

    /// State and records of one task at `commit`; `None` when it has no state file.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when it does not read.
    pub fn history(
        &self,
        commit: ObjectId,
        task: &TaskId,
    ) -> Result<Option<TaskHistory>, LedgerError> {
        let path = paths::state(task);
        let tree = self.repo.tree_of(commit)?;
        match self.repo.entry_at(tree, &path)? {
            None => Ok(self
                .archived(commit, task)?
                .map(|archived| archived.history)),
            Some(entry) => self.state_file(commit, &path, entry.id).map(Some),
        }
    }

    /// State and records of the tasks whose file at `commit` holds `text`, in no order; the other
    /// files are not read as such. All tasks of an archive file that holds it are given.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one does not read.
    pub fn histories_with(
        &self,
        commit: ObjectId,
        text: &str,
    ) -> Result<Vec<TaskHistory>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let mut found = archive::histories_with(self, commit, text)?;
        let Some(root) = self.repo.entry_at(tree, paths::STATE_DIR)? else {
            return Ok(found);
        };
        for (name, shard) in self.repo.entries(root.id)? {
            for (file, entry) in self.repo.entries(shard.id)? {
                let bytes = self.repo.blob(entry.id, Limits::STATE.bytes as u64)?;
                if String::from_utf8_lossy(&bytes).contains(text) {
                    let path = format!("{}/{name}/{file}", paths::STATE_DIR);
                    found.push(self.state_file(commit, &path, entry.id)?);
                }
            }
        }
        Ok(found)
    }

    /// Which completion and landing commits of the states that were read last are on the target
    /// (X3).
    fn reachable(
        &self,
        target: ObjectId,
        archive: &ArchivedStates,
    ) -> Result<Arc<HashSet<ObjectId>>, LedgerError> {
        let mut memory = self.reachable.borrow_mut();
        let mut known = self.states.borrow_mut();
        let mut found = match memory.take() {
            // What a commit reaches, its descendants reach too.
            Some((at, found)) if at == target || self.repo.is_ancestor(at, target)? => found,
            before => {
                let KnownStates { states, landed, .. } = &mut *known;
                let all = states.iter();
                *landed = all
                    .filter_map(|(id, state)| Some((id.clone(), self::landed(state)?)))
                    .collect();
                known.archived = ArchivedLandings::default();
                match before {
                    Some(_) => Arc::default(),
                    None => Arc::new(self.reached_before(target)?),
                }
            }
        };
        if !Arc::ptr_eq(&known.archived.0, archive) {
            let landings = archive.values().filter_map(self::landed).collect();
            known.archived = (archive.clone(), landings);
        }
        known.forget_landed(|commit| found.contains(commit));
        let wanted: BTreeSet<ObjectId> = known.owing().collect();
        if !wanted.is_empty() {
            let reached = self.repo.reachable_among(target, &wanted)?;
            known.forget_landed(|commit| reached.contains(commit));
            Arc::make_mut(&mut found).extend(reached);
            if let Some(caches) = &self.cache {
                let mut states = caches.states.borrow_mut();
                states.put_reachable(target, HashSet::clone(&found), wanted.len());
            }
        }
        *memory = Some((target, found.clone()));
        Ok(found)
    }

    /// What the cache knows the target to reach: what an older target reached, a newer one that
    /// descends from it reaches too.
    fn reached_before(&self, target: ObjectId) -> Result<HashSet<ObjectId>, LedgerError> {
        let Some(caches) = &self.cache else {
            return Ok(HashSet::new());
        };
        let states = caches.states.borrow();
        match states.reachable() {
            Some((before, commits))
                if *before == target
                    || (self.repo.exists(*before) && self.repo.is_ancestor(*before, target)?) =>
            {
                Ok(commits.clone())
            }
            _ => Ok(HashSet::new()),
        }
    }

    /// The records of one task at `commit`, oldest first.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when its state file does not read.
    pub fn records(&self, commit: ObjectId, task: &TaskId) -> Result<Vec<Record>, LedgerError> {
        Ok(self
            .history(commit, task)?
            .map(|history| history.records)
            .unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
