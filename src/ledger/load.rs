//! Making a snapshot: the ledger at one commit, judged by the rules of one target commit.
//!
//! What is read is remembered by object id, so a process that decides afresh reads only what
//! changed.

mod known;
mod over;
mod plan;
mod reach;
mod rules;
mod states;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

pub use self::plan::PlanFile;

use self::known::KnownStates;
use self::plan::{ClearedPlan, StagedPlan, WholePlan};
use self::rules::{KnownRules, Stations};
use super::archive::{self, ArchivedStates};
use super::format::v1::state::TaskHistory;
use super::index::{Cache, StatesCache};
use super::packages::{Memory, PackageFiles};
use super::{LedgerError, discover, facts, paths};
use crate::domain::archive::{Period, Recalled, choose, closed_at};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::marker::Marker;
use crate::domain::request::Verb;
use crate::domain::snapshot::{Accepting, GitFacts, Packages, Snapshot, States};
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::env::Env;
use crate::git::{GitError, Repo};
use crate::process::Runner;

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
    shown: RefCell<over::Shown>,
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
            shown: RefCell::default(),
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
        let over = match tip {
            Some(tip) => self.over(tip, tip_time, &states)?,
            None => BTreeMap::new(),
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
                over,
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
        let marker = discover::marker_at(self.repo, tip)?;
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
        if let Some(tip) = snapshot.tip {
            for path in verb.plan_files() {
                if self.repo.entry_at(tip, path)?.is_some() {
                    snapshot.facts.taken.insert(path.to_owned());
                }
            }
        }
        if let Verb::AcceptTarget {
            target, given_up, ..
        } = verb
            && self.repo.exists(*target)
        {
            // What a rewriting dropped need not be in this clone: then it is not behind the target.
            let behind = |tip: ObjectId| {
                Ok::<_, GitError>(self.repo.exists(tip) && self.repo.is_ancestor(tip, *target)?)
            };
            snapshot.facts.accepting = Some(Accepting {
                forward: self.repo.is_ancestor(snapshot.rules.at, *target)?
                    && given_up.map_or(Ok(true), behind)?,
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
}

#[cfg(test)]
mod tests;
