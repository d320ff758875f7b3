//! Which commits of the target the ledger shows as landed, and what the others may be (P31).

use std::collections::BTreeSet;

use super::reviewed::{Reviewed, Reviews};
use super::seal;
use crate::audit::signature::level_of;
use crate::domain::gates::governs;
use crate::domain::id::{AgentName, ObjectId, TaskId};
use crate::domain::identity::Capability;
use crate::domain::policy::Direct;
use crate::domain::push::Denied;
use crate::domain::refusal::Refusal;
use crate::domain::signature::Level;
use crate::domain::snapshot::{Rules, States};
use crate::domain::state::Standing;
use crate::git::{Commit, GitError, Repo};
use crate::ledger::{LedgerError, Loader, paths};
use crate::ops::OpError;

/// What came of the commits that a push adds to the target.
#[derive(Debug, Default)]
pub(super) struct Added {
    /// The first that may not come in.
    pub denied: Option<Denied>,
    /// Those that came in outside of tasks, where policy lists them.
    pub listed: Vec<String>,
}

/// Judges the commits between `old` and `new` of the target `name` by the rules at `old`: each is
/// landed by the ledger, or let in by `target.direct`. Where work lands by pull requests,
/// `tasks_only` also lets in what a task in review would complete by.
///
/// Under `tasks_only` a commit of nothing but `governance/` comes in, too, where its committer may
/// change it: `admin` for rules, `admin` or `plan` for tasks and packages. The committer and not
/// the author counts, as in the levels of proof: it is who put the commit there.
pub(super) fn added(
    reviews: &Reviews<'_>,
    name: &str,
    (old, new): (ObjectId, ObjectId),
) -> Result<Added, OpError> {
    let (repo, rules, states) = (reviews.repo, reviews.rules, reviews.states);
    let mut added = Added::default();
    if rules.policy.direct == Direct::Allow {
        return Ok(added);
    }
    let commits = repo.commits_between(old, new)?;
    let landed = landed(repo, states, &commits.iter().copied().collect())?;
    let mut taken = BTreeSet::new();
    let mut reviewed = 0;
    for (n, id) in commits.iter().copied().enumerate() {
        if n < reviewed || landed.contains(&id) {
            continue;
        }
        let commit = repo.commit(id)?;
        let subject = commit.message.lines().next().unwrap_or_default();
        match rules.policy.direct {
            Direct::Allow => {}
            Direct::Listed => {
                let line = format!("outside of tasks: {} {subject}", id.short());
                added.listed.push(line);
            }
            Direct::TasksOnly => {
                let denied = match reviews.of(&commits[n..], &taken)? {
                    Reviewed::Lands(task, count) => {
                        taken.insert(task);
                        reviewed = n + count;
                        continue;
                    }
                    Reviewed::Refused(task, refusal) => Some(not_yet(name, &task, &refusal)),
                    Reviewed::RulesChanged(task) => {
                        let fact = format!("the rules change before the work of `{task}` lands");
                        let hint = "push the rules by themselves first: they judge what comes then";
                        Some(Denied::new("target-direct", name, fact, hint).of(&task))
                    }
                    Reviewed::Nobodys => {
                        let fact = stranger(repo, rules, id, &commit)?;
                        let hint = way_in(reviews.by_request(), &commit);
                        fact.map(|fact| Denied::new("target-direct", name, fact, hint))
                    }
                };
                if let Some(denied) = denied {
                    added.denied = Some(denied.at(id));
                    return Ok(added);
                }
            }
        }
    }
    Ok(added)
}

/// The no to work of a task in review that may not land.
fn not_yet(name: &str, task: &TaskId, refusal: &Refusal) -> Denied {
    let against: Vec<&str> = refusal
        .unmet
        .iter()
        .filter(|unmet| !unmet.warning)
        .map(|unmet| unmet.message.as_str())
        .collect();
    let fact = format!("the work of `{task}` may not land: {}", against.join("; "));
    let hint = refusal.unmet.iter().find_map(|unmet| unmet.hint.clone());
    let hint = hint.unwrap_or_else(|| format!("`laneway merge {task}` says what is owed"));
    Denied::new("target-direct", name, fact, hint).of(task)
}

/// How a commit that may not come in would.
fn way_in(by_request: bool, commit: &Commit) -> &'static str {
    match (by_request, commit.parents.len()) {
        (true, 0 | 1) => {
            "the pull request of a task is merged as it was handed off, once `laneway merge` has \
             published it; `target.direct` in governance/policy.yaml lets more in"
        }
        (true, _) => "have the forge squash or rebase: the target is a line without merge commits",
        (false, _) => {
            "work lands by `laneway handoff` and `laneway merge`; `target.direct` in \
             governance/policy.yaml lets more in"
        }
    }
}

/// Rules and plan that read at `old` must read at `new`: one bad commit would stop the fleet.
pub(super) fn unreadable(
    loader: &Loader<'_>,
    name: &str,
    (old, new): (ObjectId, ObjectId),
) -> Option<Denied> {
    let reads = |commit| {
        loader.rules(commit)?;
        loader.plan_files(commit).map(drop)
    };
    match reads(new) {
        Err(LedgerError::BadFile(bad)) if reads(old).is_ok() => {
            let hint = format!("`laneway validate --commit {}` says it all", new.short());
            Some(Denied::new("rules-unreadable", name, bad.to_string(), hint).at(new))
        }
        _ => None,
    }
}

/// Those of `commits` that completed tasks brought to the target, archived ones included.
fn landed(
    repo: &Repo,
    states: &States,
    commits: &BTreeSet<ObjectId>,
) -> Result<BTreeSet<ObjectId>, GitError> {
    let mut landed = BTreeSet::new();
    for (_, state) in states.with_archived() {
        if let Standing::Done(done) = &state.standing
            && commits.contains(&done.commit)
        {
            landed.extend(repo.commits_between(done.onto, done.commit)?);
        }
    }
    Ok(landed)
}

/// Why a commit that no task landed may not be on the target.
fn stranger(
    repo: &Repo,
    rules: &Rules,
    id: ObjectId,
    commit: &Commit,
) -> Result<Option<String>, GitError> {
    let [parent] = commit.parents.as_slice() else {
        let fact = format!(
            "it has {} parents; no task has landed it",
            commit.parents.len()
        );
        return Ok(Some(fact));
    };
    let changed = repo.changed_paths(*parent, id)?;
    if let Some(other) = changed.iter().find(|change| !governs(&change.path)) {
        let fact = format!("no task has landed it, and it touches {}", other.path);
        return Ok(Some(fact));
    }
    let map = &rules.identity;
    let of_plan = changed.iter().all(|change| is_plan(&change.path));
    let needed = match of_plan {
        true => &[Capability::Plan, Capability::Admin][..],
        false => &[Capability::Admin][..],
    };
    let minimum = seal::owed(rules.policy.signatures);
    // An open map, and one without agents, gives everything to everybody.
    if map.grants_all() && minimum == Level::Unsigned {
        return Ok(None);
    }
    let email = &commit.committer.email;
    let known: Vec<&AgentName> = seal::committers(map, commit).collect();
    let Some(first) = known.first() else {
        let fact = format!("the identity map knows no agent with its committer's address {email}");
        return Ok(Some(fact));
    };
    // Several may share an address: it is enough that one of them may and has signed.
    let may = known
        .iter()
        .filter(|agent| needed.iter().any(|one| map.may(agent, *one)));
    let shown = may.map(|agent| (level_of(repo, id, map, agent), agent));
    let Some((level, agent)) = shown.max_by_key(|(level, _)| *level) else {
        let words: Vec<&str> = needed.iter().map(|one| one.word()).collect();
        let fact = format!("{first} ({email}) has no right `{}`", words.join("` or `"));
        return Ok(Some(fact));
    };
    let short = format!("it is {level} by {agent}; the policy asks for {minimum}");
    Ok((level < minimum).then_some(short))
}

fn is_plan(path: &str) -> bool {
    let packages = format!("{}/packages/", paths::GOVERNANCE);
    path == paths::QUEUE
        || path.starts_with(&format!("{}/", paths::QUEUE_DIR))
        || path.starts_with(&packages)
}
