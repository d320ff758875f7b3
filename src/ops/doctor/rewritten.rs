//! `rewritten`: a ledger that does not descend from the tip seen last, or a target that does not
//! descend from the rules used last (PROMISES P16, P25). Nothing is merged: a person decides.

use super::{Ailment, Cure, Finding, Patient, Severity};
use crate::domain::id::ObjectId;
use crate::domain::shell::quoted;
use crate::git::Repo;
use crate::ledger::accepted::{Accepted, BringsBack};
use crate::ledger::restore::restore;
use crate::ledger::{LedgerError, message};
use crate::ops::{OpError, Site};

pub const AILMENT: Ailment = Ailment {
    id: "rewritten",
    about: "histories that were rewritten",
    find,
};

/// Most commits of a side that are told one by one.
const TOLD: usize = 5;
/// Most commits that are looked through.
const LOOKED: usize = 10_000;

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    match &patient.ledger {
        Ok(site) => {
            let mut found: Vec<Finding> = Vec::new();
            match site.ledger.sound_tip() {
                Ok(tip) => found.extend(target(site, tip)?),
                Err(error) => found.extend(ledger(&patient.repo, &error)),
            }
            Ok(found)
        }
        Err(error) => Ok(ledger(&patient.repo, error).into_iter().collect()),
    }
}

fn ledger(repo: &Repo, error: &LedgerError) -> Option<Finding> {
    let LedgerError::Rewritten {
        name, seen, found, ..
    } = error
    else {
        return None;
    };
    let why = match found {
        Some(found) => format!(
            "only what was seen has {}; only what is there has {}",
            lacking(repo, *seen, *found),
            lacking(repo, *found, *seen)
        ),
        None => "the ref is gone".to_owned(),
    };
    let word = found.map_or("none".to_owned(), |found| found.to_string());
    Some(Finding {
        ailment: AILMENT.id,
        severity: Severity::Error,
        what: error.to_string(),
        place: name.clone(),
        why,
        cure: Cure::Hand(format!(
            "{}, or go on with what is there: `laneway doctor --accept-ledger {word}`",
            restored(repo, name, *seen, *found)
        )),
    })
}

/// How what was seen is restored.
fn restored(repo: &Repo, name: &str, seen: ObjectId, found: Option<ObjectId>) -> String {
    let back = restore(name, seen, found);
    let elsewhere = match name
        .strip_prefix("refs/remotes/")
        .map(|name| name.split_once('/'))
    {
        Some(Some((remote, _))) => format!(
            "`git fetch {}` where only this clone has it so, else restore it",
            quoted(remote)
        ),
        _ => "restore it".to_owned(),
    };
    match repo.exists(seen) {
        true => format!("{elsewhere}: `{back}`"),
        false => format!("{elsewhere} in a clone that has {seen}: `{back}`"),
    }
}

fn target(site: &Site, tip: Option<ObjectId>) -> Result<Option<Finding>, OpError> {
    let repo = site.repo();
    let (Some(tip), Some(target)) = (tip, repo.tip(&site.ledger.target_ref)?) else {
        return Ok(None);
    };
    let Some(last) = message::rules_in_force(&repo.commit(tip)?.message) else {
        return Ok(None);
    };
    if !repo.exists(last) || repo.is_ancestor(last, target)? {
        return Ok(None);
    }
    let (what, why) = match repo.is_ancestor(target, last)? {
        // A target that is only behind is no finding: a fetch brings it.
        true if !is_given_up(repo, tip, last)? => return Ok(None),
        true => (
            format!("the target {target} is behind {last}, whose rules were the last"),
            "those were given up for another target with `doctor --accept-target`, and were used \
             again since",
        ),
        false => (
            format!("the target {target} does not descend from {last}, whose rules were the last"),
            "somebody rewrote it, or it was restored from a backup",
        ),
    };
    Ok(Some(Finding {
        ailment: AILMENT.id,
        severity: Severity::Error,
        what,
        place: site.ledger.target_ref.clone(),
        why: why.to_owned(),
        cure: Cure::Hand(match site.ledger.remote() {
            // Which of the two stands there, this clone does not know: it may have kept its own.
            Some(remote) => format!(
                "look which of the two the remote has, `git ls-remote {remote} {}`: restore the \
                 other there, or go on with it, `laneway doctor --accept-target COMMIT --reason TEXT`",
                site.ledger.marker.target.full()
            ),
            None => format!(
                "restore {last}, or go on with what is there: \
                 `laneway doctor --accept-target {target} --reason TEXT`"
            ),
        }),
    }))
}

/// Whether `rules`, the last of the ledger at `tip`, are of a target that was given up before.
fn is_given_up(repo: &Repo, tip: ObjectId, rules: ObjectId) -> Result<bool, OpError> {
    let Some(accepted) = Accepted::before(repo, tip)? else {
        return Ok(false);
    };
    let base = accepted.target();
    let forward = repo.exists(base) && repo.is_ancestor(base, rules)?;
    Ok(forward && accepted.brings_back(repo, base, rules)? == BringsBack::Something)
}

/// What the history of `side` has that `other`'s lacks, in words: the first lines of its commits.
fn lacking(repo: &Repo, side: ObjectId, other: ObjectId) -> String {
    if !repo.exists(side) {
        return "commits that are not here".to_owned();
    }
    let theirs: std::collections::HashSet<ObjectId> = repo
        .first_parents(other)
        .take(LOOKED)
        .map_while(Result::ok)
        .collect();
    let own: Vec<ObjectId> = repo
        .first_parents(side)
        .take(LOOKED)
        .map_while(Result::ok)
        .take_while(|id| !theirs.contains(id))
        .collect();
    let told = own.iter().take(TOLD).map(|id| {
        let line = repo.commit(*id).ok();
        let line = line.and_then(|commit| Some(commit.message.lines().next()?.to_owned()));
        format!("`{}`", line.unwrap_or_else(|| id.short()))
    });
    let told: Vec<String> = told.collect();
    match own.len() {
        0 => "nothing".to_owned(),
        1 => told.concat(),
        many if many > TOLD => format!("{many} commits, the last {}", told.join(", ")),
        many => format!("{many} commits: {}", told.join(", ")),
    }
}
