//! The plan of a snapshot: definitions of target and ledger, with the contracts of their stages.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::Loader;
use crate::domain::id::ObjectId;
use crate::domain::snapshot::{self, Plan};
use crate::domain::task::Task;
use crate::ledger::archive::ArchivedStates;
use crate::ledger::format::v1::import::FileTask;
use crate::ledger::index::{self, PlanSource};
use crate::ledger::read::{self, Origin};
use crate::ledger::yaml::Limits;
use crate::ledger::{BadFile, LedgerError, import, paths, stages};

/// From so many tasks a plan is worth an index; a smaller one is read as fast.
pub(super) const WORTH_INDEXING: usize = 50;

/// The plan made of plan files, by their blobs.
pub(super) type WholePlan = (Vec<(snapshot::Origin, ObjectId)>, Arc<Plan>);

/// A plan with the contracts of the files that it names.
#[derive(Debug)]
pub(super) struct StagedPlan {
    /// Where those files stood, on the ledger and on the target.
    roots: [stages::Roots; 2],
    /// The plan without them.
    before: Arc<Plan>,
    staged: Arc<Plan>,
}

/// A plan, the archive, and the plan without what is archived.
pub(super) type ClearedPlan = (Arc<Plan>, ArchivedStates, Arc<Plan>);

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

impl Loader<'_> {
    /// All definitions of target and ledger, with the stage contracts that they name.
    pub(super) fn plan(
        &self,
        tip: Option<ObjectId>,
        rules_at: ObjectId,
    ) -> Result<Arc<Plan>, LedgerError> {
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
    pub(super) fn definitions(
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

    /// The plan files in the tree of `commit` with their blobs: `queue.yaml` first, then
    /// `queue/*.yaml` by name. None of them is read.
    ///
    /// # Errors
    /// Of git; [`LedgerError::BadFile`] for what nothing here can read: a name that is not UTF-8, a
    /// queue that is no directory.
    pub fn plan_blobs(&self, commit: ObjectId) -> Result<Vec<(String, ObjectId)>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let mut files = Vec::new();
        if let Some(entry) = self.repo.entry_at(tree, paths::QUEUE)? {
            files.push((paths::QUEUE.to_owned(), entry.id));
        }
        let place = Origin {
            file: paths::QUEUE_DIR,
            commit: Some(commit),
        };
        let plans = read::directory(self.repo, tree, place, ".yaml")?.into_iter();
        files.extend(plans.map(|(name, entry)| (format!("{}/{name}", paths::QUEUE_DIR), entry.id)));
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
            return Err(BadFile::whole(&path, Some(commit), "file-missing", message).into());
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

    /// The plan without archived tasks: a plan file of the target may still define one.
    pub(super) fn cleared(&self, plan: Arc<Plan>, archived: &ArchivedStates) -> Arc<Plan> {
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
}
