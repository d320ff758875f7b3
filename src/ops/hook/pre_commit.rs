//! `pre-commit`: what is staged, before it is a commit (P10, P41).

use std::path::PathBuf;

use super::Judged;
use crate::domain::gates::{Boundary, Crossing, governs, owned_by};
use crate::domain::glob::Glob;
use crate::domain::policy::{Authority, Direct};
use crate::domain::push::Denied;
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;
use crate::env::Env;
use crate::git::{Operation, Repo};
use crate::ledger::{Ledger, LedgerError, Loader, marker_at};
use crate::ops::validate::{Options, Source, validate};
use crate::ops::{OpError, SiteOptions, site};
use crate::workspace::{self, Binding};

/// Judges what is staged. In a lane: only paths that its task may touch, in a line without merges.
/// Elsewhere: governance files must be sound, and the target and the ledger are not committed on
/// where policy forbids it.
///
/// # Errors
/// When the repository or the lane's binding cannot be read.
pub fn pre_commit(env: &Env, options: &SiteOptions) -> Result<Judged, OpError> {
    let (repo, _) = site::repository(env, options.dir.as_deref())?;
    // A checkout that a dead merge left behind shows changes that nobody made.
    if workspace::may_be_unsettled(&repo) {
        workspace::recover(&repo, env)?;
    }
    let index = env.var("GIT_INDEX_FILE").map(|path| env.dir.join(path));
    let staged = repo.staged_changes(index.as_deref())?;
    let ledger = match Ledger::open(repo.clone(), env, options.ledger.as_ref()) {
        Ok(ledger) => Ok(Some(ledger)),
        Err(LedgerError::NoLedger) => Ok(None),
        Err(error) => Err(error),
    };
    match Binding::read(&repo.git_dir())? {
        Some(binding) => Ok(in_lane(env, &repo, &binding, &ledger, &staged)),
        None => outside(&repo, ledger?.as_ref(), index, &staged),
    }
}

/// The gate of the merge asks again, so what cannot be read here stops no work.
fn in_lane(
    env: &Env,
    repo: &Repo,
    binding: &Binding,
    ledger: &Result<Option<Ledger>, LedgerError>,
    staged: &[String],
) -> Judged {
    let Binding { task, lane, .. } = binding;
    let mut judged = Judged::default();
    if repo.operation() == Some(Operation::Merge) {
        let fact = format!("a merge commit of lane {lane} could never land");
        let hint = "`git merge --abort`, then `laneway lane sync` brings the target in";
        judged
            .denied
            .push(Denied::new("lane-merge", "HEAD", fact, hint).of(task));
        return judged;
    }
    if let Some(path) = staged.iter().find(|path| governs(path)) {
        let fact = format!("lane {lane} of `{task}` never changes the rules it is judged by");
        let hint = format!(
            "`git restore --staged -- {}`; rules and plan change by a commit of their own, outside of lanes",
            crate::domain::shell::quoted(path)
        );
        judged
            .denied
            .push(Denied::new("governance-touched", path, fact, hint).of(task));
    }
    match snapshot(ledger) {
        Ok(Some(snapshot)) => paths(env, &snapshot, binding, staged, &mut judged),
        Ok(None) => {}
        Err(error) => judged
            .notes
            .push(format!("paths were not looked at, the merge will: {error}")),
    }
    judged
}

fn snapshot(ledger: &Result<Option<Ledger>, LedgerError>) -> Result<Option<Snapshot>, String> {
    let ledger = match ledger {
        Ok(Some(ledger)) => ledger,
        Ok(None) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let read = || {
        let (tip, target) = (ledger.tip()?, ledger.target()?);
        Loader::new(&ledger.repo).snapshot(tip, target, None)
    };
    read().map(Some).map_err(|error| error.to_string())
}

fn paths(
    env: &Env,
    snapshot: &Snapshot,
    binding: &Binding,
    staged: &[String],
    judged: &mut Judged,
) {
    let Binding { task: id, lane, .. } = binding;
    let Some(task) = snapshot.plan.get(id) else {
        let note = format!("`{id}` is in no plan any more: paths were not looked at");
        judged.notes.push(note);
        return;
    };
    let state = snapshot.states.get(id);
    if state.epoch != binding.epoch || state.claim().is_none() {
        judged.notes.push(format!(
            "`{id}` is {} at epoch {}, this lane's claim was {}: `laneway show {id}`",
            state.status(),
            state.epoch,
            binding.epoch
        ));
    }
    let bounds = Boundary::of(snapshot, task, env.now());
    for path in staged.iter().filter(|path| !governs(path)) {
        let Some(crossing) = bounds.crossing(path) else {
            continue;
        };
        let (rule, fact) = match crossing {
            Crossing::Forbidden(glob) => {
                ("forbidden-paths", format!("`{id}` forbids it by `{glob}`"))
            }
            Crossing::Reserved(other, glob) => (
                "foreign-paths",
                format!(
                    "`{}` has reserved it by `{glob}`{}",
                    other.id,
                    holder(snapshot, other)
                ),
            ),
            Crossing::Outside(owned) => {
                let list: Vec<&str> = owned.iter().map(Glob::as_str).collect();
                let whose = whose(snapshot, task, path);
                let fact = format!("lane {lane} of `{id}` owns {}{whose}", list.join(", "));
                ("foreign-paths", fact)
            }
        };
        let hint = format!(
            "`git restore --staged -- {}`, and plan a task for the lane that owns it",
            crate::domain::shell::quoted(path)
        );
        judged
            .denied
            .push(Denied::new(rule, path, fact, hint).of(id));
    }
}

/// Who owns `path` instead: a task in progress, else roles.
fn whose(snapshot: &Snapshot, task: &Task, path: &str) -> String {
    let owns = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(path));
    let in_progress = snapshot.states.in_progress();
    let mut others: Vec<&Task> = in_progress
        .filter(|(id, _, _)| **id != task.id)
        .filter_map(|(id, _, _)| snapshot.plan.get(id))
        .filter(|other| owns(owned_by(snapshot, other)))
        .collect();
    others.sort_by_key(|other| &other.id);
    if let Some(other) = others.first() {
        return format!("; it belongs to `{}`{}", other.id, holder(snapshot, other));
    }
    let roles = &snapshot.rules.policy.roles;
    let roles: Vec<&str> = roles
        .iter()
        .filter(|(name, role)| **name != task.role && owns(&role.owned_paths))
        .map(|(name, _)| name.as_str())
        .collect();
    match roles.is_empty() {
        true => "; no task in progress owns it".to_owned(),
        false => format!("; it belongs to {}", roles.join(", ")),
    }
}

fn holder(snapshot: &Snapshot, task: &Task) -> String {
    let claim = snapshot.states.get(&task.id).claim();
    claim.map_or_else(String::new, |claim| {
        format!(", held by {} in lane {}", claim.agent, claim.lane)
    })
}

fn outside(
    repo: &Repo,
    ledger: Option<&Ledger>,
    index: Option<PathBuf>,
    staged: &[String],
) -> Result<Judged, OpError> {
    let mut judged = Judged::default();
    if let Some(ledger) = ledger {
        judged.denied.extend(on_branch(repo, ledger, staged)?);
    }
    if judged.denied.is_empty() && staged.iter().any(|path| governs(path)) {
        let options = Options {
            source: Source::Staged { index },
            with_ledger: true,
        };
        let report = validate(repo, ledger, &options)?;
        if !report.is_sound() {
            judged.files = report.files;
        }
    }
    Ok(judged)
}

/// What the branch itself forbids.
fn on_branch(repo: &Repo, ledger: &Ledger, staged: &[String]) -> Result<Option<Denied>, OpError> {
    let head = repo.head_ref()?;
    let marker = &ledger.marker;
    if head.as_deref() == Some(&marker.branch.full()) {
        let fact = "the ledger is written by laneway alone";
        let hint = format!("`git switch {}`", marker.target);
        return Ok(Some(Denied::new(
            "ledger-by-hand",
            marker.branch.as_str(),
            fact,
            hint,
        )));
    }
    if head.as_deref() != Some(&marker.target.full())
        && let Some(commit) = repo.head_commit()?
        && let Ok(Some(copy)) = marker_at(repo, commit)
        && copy.branch == marker.branch
    {
        let fact = format!(
            "what is checked out is the ledger `{}` under another name, which laneway alone writes",
            marker.branch
        );
        let hint = format!("`git switch {}`", marker.target);
        let name = head.as_deref().unwrap_or("HEAD");
        return Ok(Some(Denied::new("ledger-copy", name, fact, hint)));
    }
    // Elsewhere than in the deciding repository, a commit is on no target until it is pushed.
    if marker.authority != Authority::Local || head.as_deref() != Some(&marker.target.full()) {
        return Ok(None);
    }
    let Some(path) = staged.iter().find(|path| !governs(path)) else {
        return Ok(None);
    };
    let rules = Loader::new(repo).rules(ledger.target()?);
    let tasks_only = rules.is_ok_and(|rules| rules.policy.direct == Direct::TasksOnly);
    Ok(tasks_only.then(|| {
        let fact = format!(
            "{} takes work of tasks only, and {path} is none",
            marker.target
        );
        let hint =
            "`laneway claim` opens a lane; `target.direct` in governance/policy.yaml lets more in";
        Denied::new("target-direct", path, fact, hint)
    }))
}
