//! The life of a task, or of the whole ledger, from its first-parent history.
//!
//! Of one task only the commits that change its state file or the plan are opened: the others are
//! told apart by tree entries, level by level, so that a long history costs a few object reads a
//! commit.

use super::signature::Witness;
use crate::domain::exception::ExceptAct;
use crate::domain::id::{AgentName, LaneName, ObjectId, RequestId, TaskId, WorkstationName};
use crate::domain::request::{Request, ReviewWish, StageAct, Verb};
use crate::domain::scope::ScopeRecord;
use crate::domain::signature::Level;
use crate::domain::state::{Epoch, Status};
use crate::domain::time::Timestamp;
use crate::git::{Commit, GitError, Repo};
use crate::ledger::message::{self, Statement};
use crate::ledger::{Ledger, LedgerError, Loader, paths};

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The last commit first.
    #[default]
    NewestFirst,
    /// The first commit first.
    OldestFirst,
}

/// One ledger commit, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The commit.
    pub commit: ObjectId,
    /// When it was asked for.
    pub at: Timestamp,
    /// The word of the verb.
    pub op: &'static str,
    /// The tasks it touches, the one that the request names first; at most fifty are recorded.
    pub tasks: Vec<TaskId>,
    /// Who asked.
    pub agent: AgentName,
    /// The workstation that it is about, or that of the claim it left when it touches one task that
    /// is claimed.
    pub workstation: Option<WorkstationName>,
    /// The lane of that claim.
    pub lane: Option<LaneName>,
    /// The epoch it left, when it touches one task.
    pub epoch: Option<Epoch>,
    /// The id of the request.
    pub request: RequestId,
    /// One line for people.
    pub summary: String,
    /// Why, where the request says so.
    pub reason: Option<String>,
    /// The machine it was asked on.
    pub host: String,
    /// The target commit whose rules judged it; none for the first commit.
    pub rules: Option<ObjectId>,
    /// What shows that the agent made it.
    pub level: Level,
    /// The tasks that it moved on.
    pub turns: Vec<Turn>,
}

/// A task that went from one status to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub task: TaskId,
    /// Where it was.
    pub from: Status,
    /// Where it is.
    pub to: Status,
}

/// A story under way; items are errors for commits that are not laneway's.
pub struct Story<'l> {
    loader: Loader<'l>,
    witness: Witness,
    commits: std::vec::IntoIter<ObjectId>,
    /// The task whose story it is; none: everybody's.
    task: Option<TaskId>,
}

/// The story of `task`, or of the whole ledger, with at most `limit` entries from the end that
/// `order` begins with.
///
/// # Errors
/// Of git, when history does not read; [`LedgerError::BadFile`].
pub fn story<'l>(
    ledger: &'l Ledger,
    task: Option<&TaskId>,
    order: Order,
    limit: usize,
) -> Result<Story<'l>, LedgerError> {
    // The newest `limit` end the walk early; the oldest are known only at its end.
    let enough = match order {
        Order::NewestFirst => limit,
        Order::OldestFirst => usize::MAX,
    };
    let mut commits = match (ledger.tip()?, task) {
        (None, _) => Vec::new(),
        (Some(tip), None) => {
            let line = ledger.repo.first_parents(tip).take(enough);
            line.collect::<Result<_, GitError>>()?
        }
        (Some(tip), Some(task)) => touching(ledger, tip, task, enough)?,
    };
    if order == Order::OldestFirst {
        commits.reverse();
    }
    commits.truncate(limit);
    Ok(Story {
        loader: Loader::new(&ledger.repo),
        witness: Witness::of(ledger)?,
        commits: commits.into_iter(),
        task: task.cloned(),
    })
}

impl Iterator for Story<'_> {
    type Item = Result<Entry, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let commit = self.commits.next()?;
        Some(self.entry(commit))
    }
}

impl Story<'_> {
    fn entry(&self, id: ObjectId) -> Result<Entry, LedgerError> {
        let commit = self.loader.repo().commit(id)?;
        // Whoever tells a story does not need the tasks of a file.
        let statement = message::read(&commit.message, |_, _| Some(Vec::new()))
            .map_err(|why| LedgerError::ForeignCommit { commit: id, why })?;
        let (rules, agent) = (statement.rules, &statement.request.actor.agent);
        let level = self.witness.level(&self.loader, id, rules, agent);
        let mut entry = told(id, &commit, statement, level);
        if let (Some(task), Some(told)) = (&self.task, self.of_this_task(&entry)) {
            entry.summary = told;
            entry.tasks = vec![task.clone()];
        }
        let before = commit.parents.first().copied();
        for task in &entry.tasks {
            let from = match before {
                Some(before) => self.status(before, task)?,
                None => Status::Todo,
            };
            let to = self.status(id, task)?;
            if from != to {
                let task = task.clone();
                entry.turns.push(Turn { task, from, to });
            }
        }
        Ok(entry)
    }

    /// What a commit about many tasks is for the one whose story it is.
    fn of_this_task(&self, entry: &Entry) -> Option<String> {
        let task = self.task.as_ref()?;
        match entry.tasks.as_slice() {
            [only] if only == task => None,
            // The ones that were only planned are not named.
            [] if entry.op != "import" => None,
            _ => Some(format!("{} {task} by {}", entry.op, entry.agent)),
        }
    }

    fn status(&self, commit: ObjectId, task: &TaskId) -> Result<Status, LedgerError> {
        let history = self.loader.history(commit, task)?;
        Ok(history.map_or(Status::Todo, |history| history.state.status()))
    }
}

fn told(id: ObjectId, commit: &Commit, statement: Statement, level: Level) -> Entry {
    let rules = statement.rules;
    let Request {
        id: request,
        at,
        actor,
        verb,
    } = statement.request;
    let all = |key: &'static str| {
        let lines = commit.message.lines();
        lines.filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "))
    };
    Entry {
        commit: id,
        at,
        op: verb.word(),
        tasks: all("Laneway-Task")
            .filter_map(|text| text.parse().ok())
            .collect(),
        agent: actor.agent,
        workstation: all("Laneway-Workstation").find_map(|text| text.parse().ok()),
        lane: all("Laneway-Lane").find_map(|text| text.parse().ok()),
        epoch: all("Laneway-Epoch").find_map(|text| text.parse().ok().map(Epoch)),
        request,
        summary: commit.message.lines().next().unwrap_or_default().to_owned(),
        reason: reason(verb),
        host: actor.host,
        rules,
        level,
        turns: Vec::new(),
    }
}

/// A verdict, with what was found.
fn judged(review: &ReviewWish) -> String {
    let found = review.findings.iter();
    let found: Vec<String> = found.map(|f| format!("{}: {}", f.file, f.text)).collect();
    match found.as_slice() {
        [] => format!("{}, no findings", review.verdict),
        found => format!("{}: {}", review.verdict, found.join("; ")),
    }
}

fn reason(verb: Verb) -> Option<String> {
    match verb {
        Verb::Release { reason, .. } => reason,
        Verb::Import { source, .. } => Some(format!("from {source}")),
        Verb::Review { review, .. } => Some(judged(&review)),
        Verb::Stage { act, .. } => match act {
            StageAct::Pass { note, .. } | StageAct::Approve { note, .. } => note,
            StageAct::Pause { reason, .. } => Some(reason),
            StageAct::Resume { reason, .. } => reason,
        },
        Verb::Scope { act, .. } => match act {
            ScopeRecord::Confirmed { text } => Some(text),
            ScopeRecord::Go { note } => note,
        },
        Verb::Except { act, .. } => match act {
            ExceptAct::Ask { gate, reason, .. } => Some(format!("gate {gate}: {reason}")),
            ExceptAct::Approve { exception, note }
            | ExceptAct::Reject { exception, note }
            | ExceptAct::Revoke { exception, note } => {
                let note = note.map(|note| format!(": {note}"));
                Some(format!("exception {exception}{}", note.unwrap_or_default()))
            }
        },
        Verb::Block { reason, .. }
        | Verb::Hold { reason, .. }
        | Verb::Workstation { reason, .. }
        | Verb::Cancel { reason, .. }
        | Verb::Reopen { reason, .. }
        | Verb::Return { reason, .. }
        | Verb::DropLanding { reason, .. }
        | Verb::Unland { reason, .. } => Some(reason),
        Verb::Request { contract, text, .. } => Some(format!("contract {contract}: {text}")),
        Verb::Decide { decision, .. } => Some(format!(
            "request {}: {}: {}",
            decision.request, decision.ruling, decision.reason
        )),
        _ => None,
    }
}

/// The commits of the line of `tip` that touch `task`, newest first, at most `enough`.
fn touching(
    ledger: &Ledger,
    tip: ObjectId,
    task: &TaskId,
    enough: usize,
) -> Result<Vec<ObjectId>, LedgerError> {
    let repo = &ledger.repo;
    let loader = Loader::new(repo);
    let mut found = Vec::new();
    let mut line = repo.first_parents(tip);
    let Some(mut child) = line.next().transpose()? else {
        return Ok(found);
    };
    let mut trail = Trail::to(task);
    let mut after = trail.at(repo, child)?;
    while found.len() < enough {
        let parent = line.next().transpose()?;
        let before = match parent {
            Some(parent) => trail.at(repo, parent)?,
            None => Marks::default(),
        };
        if before.state != after.state
            || (before.plan != after.plan && defines(repo, &loader, child, task)?)
        {
            found.push(child);
        }
        match parent {
            Some(parent) => (child, after) = (parent, before),
            None => break,
        }
    }
    Ok(found)
}

/// Whether a commit that changes the plan is about `task`.
fn defines(
    repo: &Repo,
    loader: &Loader<'_>,
    commit: ObjectId,
    task: &TaskId,
) -> Result<bool, LedgerError> {
    let message = repo.commit(commit)?.message;
    let named = message::read(&message, |path, blob| loader.file_tasks(path, blob).ok());
    // A commit that is not laneway's is shown rather than passed over.
    let Ok(statement) = named else {
        return Ok(true);
    };
    Ok(match &statement.request.verb {
        Verb::Add(new) => new.iter().any(|new| new.task.id == *task),
        Verb::Import { tasks, .. } => tasks.iter().any(|new| new.task.id == *task),
        Verb::AddFile { tasks, .. } => tasks.iter().any(|new| new.id == *task),
        verb => verb.task() == Some(task),
    })
}

/// What a commit's tree holds about a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Marks {
    state: Option<ObjectId>,
    plan: [Option<ObjectId>; 2],
}

/// The trees on the way to a task's state file, as they were at the last commit looked at: what is
/// the same tree need not be opened again.
struct Trail {
    shard: String,
    file: String,
    governance: Option<(ObjectId, [Option<ObjectId>; 3])>,
    shards: Option<(ObjectId, Option<ObjectId>)>,
    files: Option<(ObjectId, Option<ObjectId>)>,
}

impl Trail {
    fn to(task: &TaskId) -> Self {
        Self {
            shard: paths::shard(task),
            file: format!("{task}.yaml"),
            governance: None,
            shards: None,
            files: None,
        }
    }

    fn at(&mut self, repo: &Repo, commit: ObjectId) -> Result<Marks, LedgerError> {
        let Some(governance) = repo.entry_at(commit, paths::GOVERNANCE)? else {
            return Ok(Marks::default());
        };
        let [queue, queues, states] = match self.governance {
            Some((tree, known)) if tree == governance.id => known,
            _ => {
                let entries = repo.entries(governance.id)?;
                let id = |name: &str| entries.get(name).map(|entry| entry.id);
                let known = [id("queue.yaml"), id("queue"), id("state")];
                self.governance = Some((governance.id, known));
                known
            }
        };
        let shard = step(repo, &mut self.shards, states, &self.shard)?;
        let state = step(repo, &mut self.files, shard, &self.file)?;
        Ok(Marks {
            state,
            plan: [queue, queues],
        })
    }
}

/// The entry `name` of `tree`, from memory where it is the same tree as before.
fn step(
    repo: &Repo,
    known: &mut Option<(ObjectId, Option<ObjectId>)>,
    tree: Option<ObjectId>,
    name: &str,
) -> Result<Option<ObjectId>, LedgerError> {
    let Some(tree) = tree else {
        return Ok(None);
    };
    match *known {
        Some((same, entry)) if same == tree => Ok(entry),
        _ => {
            let entry = repo.entry_at(tree, name)?.map(|entry| entry.id);
            *known = Some((tree, entry));
            Ok(entry)
        }
    }
}
