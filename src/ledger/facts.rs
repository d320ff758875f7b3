//! Facts about commits that a decision asks git for. Claimer and auditor compute them alike, so a
//! request never has to be believed about them.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::{LedgerError, revision};
use crate::domain::exception::ExceptAct;
use crate::domain::id::ObjectId;
use crate::domain::request::{AttestWish, RangeWanted, Verb};
use crate::domain::snapshot::{CommitFacts, RangeFacts, Replayed, Snapshot};
use crate::domain::state::{Standing, Submission};
use crate::domain::time::Timestamp;
use crate::git::{EntryKind, GitError, Replay, Repo, Signature};

/// What `verb` asks about a range of commits; `None` when it asks nothing, or when a commit it
/// names is not here.
///
/// # Errors
/// Of git.
pub fn range(
    repo: &Repo,
    ranges: &Ranges,
    snapshot: &Snapshot,
    verb: &Verb,
) -> Result<Option<RangeFacts>, LedgerError> {
    let target = snapshot.rules.at;
    let submission = verb
        .task()
        .and_then(|id| match &snapshot.states.get(id).standing {
            Standing::InReview { submission, .. } => Some(submission),
            _ => None,
        });
    match (verb.range(), submission) {
        (Some(RangeWanted::Submitted { tip }), _) => {
            let Some(facts) = of_range(repo, ranges, snapshot, target, tip)? else {
                return Ok(None);
            };
            let moved = moved(repo, snapshot, facts.base, target)?;
            let revised = match verb.task() {
                Some(id) => revision::revised(repo, snapshot.records_of(id), &facts)?,
                None => Vec::new(),
            };
            Ok(Some(RangeFacts {
                moved,
                revised,
                ..facts
            }))
        }
        (Some(RangeWanted::Landing { onto }), Some(submission)) => {
            let Some(facts) = of_range(repo, ranges, snapshot, onto, submission.commit)? else {
                return Ok(None);
            };
            let replayed = replayed(repo, &facts, submission, onto)?;
            let moved = moved(repo, snapshot, facts.base, onto)?;
            Ok(Some(RangeFacts {
                replayed,
                moved,
                ..facts
            }))
        }
        (Some(RangeWanted::Completed { commit }), Some(submission)) => {
            completed(repo, ranges, snapshot, commit, submission)
        }
        (None, _) | (Some(_), None) => Ok(None),
    }
}

/// Largest file that an anchor may name a line of, in bytes.
const MAX_ANCHORED: u64 = 4 << 20;

/// The lines that the anchors of an attestation name in its commit.
///
/// # Errors
/// Of git.
pub fn anchors(repo: &Repo, attest: &AttestWish) -> Result<Vec<Option<String>>, LedgerError> {
    let mut lines = Vec::with_capacity(attest.anchors.len());
    for (path, line) in &attest.anchors {
        let text = if repo.exists(attest.commit) {
            repo.blob_at(attest.commit, path, MAX_ANCHORED)
        } else {
            Ok(None)
        };
        let text = match text {
            Ok(bytes) => bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            // A directory, a submodule or a file without end has no line.
            Err(GitError::WrongKind { .. } | GitError::TooLarge { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let before = usize::try_from(*line).ok().and_then(|n| n.checked_sub(1));
        let found = text.zip(before);
        lines.push(found.and_then(|(text, n)| text.lines().nth(n).map(str::to_owned)));
    }
    Ok(lines)
}

/// The blob of the decision record that `verb` names, if it is a plain file of a commit that is
/// here.
///
/// # Errors
/// Of git.
pub fn adr(repo: &Repo, verb: &Verb) -> Result<Option<ObjectId>, LedgerError> {
    let Verb::Except {
        act: ExceptAct::Ask { adr, commit, .. },
        ..
    } = verb
    else {
        return Ok(None);
    };
    if !repo.exists(*commit) {
        return Ok(None);
    }
    let entry = repo.entry_at(repo.tree_of(*commit)?, adr)?;
    let plain = entry.filter(|entry| matches!(entry.kind, EntryKind::Blob | EntryKind::Exec));
    Ok(plain.map(|entry| entry.id))
}

fn of_range(
    repo: &Repo,
    ranges: &Ranges,
    snapshot: &Snapshot,
    target: ObjectId,
    tip: ObjectId,
) -> Result<Option<RangeFacts>, LedgerError> {
    if !repo.exists(tip) || !repo.exists(target) {
        return Ok(None);
    }
    let Some(base) = repo.merge_base(target, tip)? else {
        return Ok(None);
    };
    ranges.between(repo, snapshot, base, tip).map(Some)
}

/// So many ranges are remembered: those of what is handed off and not landed yet, in most fleets.
const REMEMBERED: usize = 64;

/// A range with more paths than this is not.
const MOST_PATHS: usize = 1000;

/// What ranges are by themselves, whatever the rules say: a handoff, its review and its landing ask
/// about the same one.
#[derive(Debug, Default)]
pub struct Ranges(RefCell<VecDeque<RangeFacts>>);

impl Ranges {
    /// The range `base..tip` by the rules of `snapshot`.
    fn between(
        &self,
        repo: &Repo,
        snapshot: &Snapshot,
        base: ObjectId,
        tip: ObjectId,
    ) -> Result<RangeFacts, LedgerError> {
        let shrunk = revision::shrunk(repo, &snapshot.rules.policy.protected_tests, base, tip)?;
        let mut known = self.0.borrow_mut();
        let same = |facts: &&RangeFacts| (facts.base, facts.tip) == (base, tip);
        let facts = match known.iter().find(same) {
            Some(facts) => facts.clone(),
            None => {
                let facts = between(repo, base, tip)?;
                let listed = facts.commits.iter().map(|commit| commit.paths.len());
                if listed.sum::<usize>() + facts.files.len() <= MOST_PATHS {
                    known.truncate(REMEMBERED - 1);
                    known.push_front(facts.clone());
                }
                facts
            }
        };
        Ok(RangeFacts { shrunk, ..facts })
    }
}

/// A range as it is whatever the rules say.
fn between(repo: &Repo, base: ObjectId, tip: ObjectId) -> Result<RangeFacts, LedgerError> {
    let mut commits = Vec::new();
    for id in repo.commits_between(base, tip)? {
        let commit = repo.commit(id)?;
        let paths = match commit.parents.first() {
            Some(parent) => paths_between(repo, *parent, id)?,
            None => Vec::new(),
        };
        commits.push(CommitFacts {
            id,
            merge: commit.parents.len() > 1,
            paths,
        });
    }
    let files = match commits.as_slice() {
        [one] if repo.parents(one.id)? == [base] => one.paths.clone(),
        _ => paths_between(repo, base, tip)?,
    };
    Ok(RangeFacts {
        tip,
        base,
        commits,
        files,
        change_key: repo.change_key(base, tip)?,
        content_key: repo.content_key(tip)?,
        committed_at: Timestamp::from_seconds(repo.commit(tip)?.committer.seconds),
        moved: Vec::new(),
        shrunk: Vec::new(),
        revised: Vec::new(),
        replayed: Replayed::Unknown,
    })
}

/// The paths that the target changed from `base` to `onto`, where policy asks about them.
fn moved(
    repo: &Repo,
    snapshot: &Snapshot,
    base: ObjectId,
    onto: ObjectId,
) -> Result<Vec<String>, LedgerError> {
    if base == onto || snapshot.rules.policy.co_edited.is_empty() {
        return Ok(Vec::new());
    }
    paths_between(repo, base, onto)
}

fn paths_between(repo: &Repo, from: ObjectId, to: ObjectId) -> Result<Vec<String>, LedgerError> {
    Ok(repo
        .changed_paths(from, to)?
        .into_iter()
        .map(|change| change.path)
        .collect())
}

/// Who signs a replayed commit: nobody in particular, at the moment of the handoff, so that the
/// replay gives the same commit wherever and whenever it is done.
fn replayer(submission: &Submission) -> Signature {
    Signature {
        name: "laneway".to_owned(),
        email: "replay@laneway.invalid".to_owned(),
        seconds: submission.at.seconds(),
        offset: 0,
    }
}

/// The range of a submission on `onto`, written down; itself where it stands there already.
fn replay(
    repo: &Repo,
    (base, tip): (ObjectId, ObjectId),
    submission: &Submission,
    onto: ObjectId,
) -> Result<Replay, LedgerError> {
    if base == onto {
        return Ok(Replay::Commit(tip));
    }
    let mut writer = repo.writer();
    let replayed = writer.replay(base, tip, onto, &replayer(submission))?;
    if let Replay::Commit(_) = replayed {
        writer.sync()?;
    }
    Ok(replayed)
}

fn replayed(
    repo: &Repo,
    facts: &RangeFacts,
    submission: &Submission,
    onto: ObjectId,
) -> Result<Replayed, LedgerError> {
    if facts.commits.iter().any(|commit| commit.merge) {
        return Ok(Replayed::Unknown);
    }
    let result = match replay(repo, (facts.base, facts.tip), submission, onto)? {
        Replay::Commit(result) => result,
        Replay::Nothing => onto,
        Replay::Conflict { paths, .. } => return Ok(Replayed::Conflict(paths)),
    };
    let content_key = match result == facts.tip {
        true => facts.content_key,
        false => repo.content_key(result)?,
    };
    Ok(Replayed::Commit {
        onto,
        result,
        content_key,
    })
}

/// The last commit of what a landing on `onto` would make of a submission; none where it conflicts,
/// changes nothing there, is no line of commits, or is not here.
///
/// # Errors
/// Of git.
pub fn replayed_onto(
    repo: &Repo,
    submission: &Submission,
    onto: ObjectId,
) -> Result<Option<ObjectId>, LedgerError> {
    let (base, tip) = (submission.base, submission.commit);
    if !repo.exists(tip) || !repo.exists(base) {
        return Ok(None);
    }
    match replay(repo, (base, tip), submission, onto) {
        Ok(Replay::Commit(result)) => Ok(Some(result)),
        Ok(Replay::Nothing | Replay::Conflict { .. })
        | Err(LedgerError::Git(GitError::MergeCommit { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A commit of the target against the submission: the submission itself, or what a forge's squash
/// or rebase makes of it (DESIGN §5).
fn completed(
    repo: &Repo,
    ranges: &Ranges,
    snapshot: &Snapshot,
    commit: ObjectId,
    submission: &Submission,
) -> Result<Option<RangeFacts>, LedgerError> {
    if !repo.exists(commit) || !repo.exists(submission.commit) {
        return Ok(None);
    }
    let facts = ranges.between(repo, snapshot, submission.base, submission.commit)?;
    let content_key = repo.content_key(commit)?;
    if commit == submission.commit {
        let replayed = Replayed::Commit {
            onto: submission.base,
            result: commit,
            content_key,
        };
        return Ok(Some(RangeFacts { replayed, ..facts }));
    }
    let parents = repo.commit(commit)?.parents;
    let rebased = rebased_onto(repo, &facts, submission, commit)?;
    let moved = match rebased.as_ref().or(parents.first()) {
        Some(onto) => moved(repo, snapshot, facts.base, *onto)?,
        None => Vec::new(),
    };
    let facts = RangeFacts { moved, ..facts };
    let landed = |onto| Replayed::Commit {
        onto,
        result: commit,
        content_key,
    };
    let replayed = match (rebased, parents.as_slice()) {
        (Some(onto), _) => landed(onto),
        (None, [onto]) => match replayed(repo, &facts, submission, *onto)? {
            Replayed::Commit { onto, result, .. }
                if repo.tree_of(result)? == repo.tree_of(commit)? =>
            {
                landed(onto)
            }
            _ => Replayed::Unknown,
        },
        (None, _) => Replayed::Unknown,
    };
    Ok(Some(RangeFacts { replayed, ..facts }))
}

/// Where the commits begin that end with `commit`, if they are those of the submission one by one,
/// with the files that a replay gives each: what a forge's rebase makes of several commits.
fn rebased_onto(
    repo: &Repo,
    facts: &RangeFacts,
    submission: &Submission,
    commit: ObjectId,
) -> Result<Option<ObjectId>, LedgerError> {
    if facts.commits.len() < 2 || facts.commits.iter().any(|commit| commit.merge) {
        return Ok(None);
    }
    let mut trees = Vec::with_capacity(facts.commits.len());
    let mut onto = commit;
    for _ in &facts.commits {
        let here = repo.commit(onto)?;
        let [parent] = here.parents.as_slice() else {
            return Ok(None);
        };
        trees.push(here.tree);
        onto = *parent;
        if !repo.exists(onto) {
            return Ok(None);
        }
    }
    trees.reverse();
    let Some(replayed) = replayed_onto(repo, submission, onto)? else {
        return Ok(None);
    };
    let steps = repo.commits_between(onto, replayed)?.into_iter();
    let steps = steps.map(|step| repo.tree_of(step));
    let same = steps.collect::<Result<Vec<_>, _>>()? == trees;
    Ok(same.then_some(onto))
}
