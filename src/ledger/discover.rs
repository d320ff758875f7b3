//! Which branch is the ledger, and which ref of it decides (DESIGN §2).
//!
//! Invariants:
//! - A marker is believed in the ref that it says decides, and nowhere else: a copy says nothing. Where
//!   that remote has another name in this clone, a person says so in git config `laneway.remote`.
//! - Who decided when the ledger was last seen settled here decides on, until a person names another
//!   in git config `laneway.remote`. A fork that names itself changes nothing by being fetched.
//! - What does not read stops only who meant it: the branch that was named or seen here.

use std::collections::{BTreeMap, BTreeSet};

use super::format::v1::marker::MarkerFile;
use super::open::{gone, seen_here, seen_of};
use super::read::{self, Origin};
use super::seen::word;
use super::yaml::Limits;
use super::{LedgerError, paths};
use crate::domain::id::{BranchName, ObjectId, RemoteName};
use crate::domain::marker::Marker;
use crate::domain::policy::Authority;
use crate::domain::push::VERIFIED;
use crate::env::Env;
use crate::git::Repo;

/// The branch that `init` makes and that is looked for first.
pub const DEFAULT_BRANCH: &str = "laneway";

/// Where the person of a clone says who decides: a remote, or `.` for the repository itself.
const CHOSEN: &str = "laneway.remote";

/// Where remotes are tracked.
const TRACKED: &str = "refs/remotes/";

/// The marker of the ledger named by `wanted`, `LANEWAY_LEDGER` or git config `laneway.ledger`; else
/// of the branch `laneway`; else of the one branch that is a ledger.
pub(super) fn marker(
    repo: &Repo,
    env: &Env,
    wanted: Option<&BranchName>,
) -> Result<Marker, LedgerError> {
    match wanted.cloned().or_else(|| configured(repo, env)) {
        Some(branch) => decided(repo, &branch)?.ok_or(LedgerError::NotALedger(branch)),
        None => discover(repo),
    }
}

fn configured(repo: &Repo, env: &Env) -> Option<BranchName> {
    let text = match env.var("LANEWAY_LEDGER") {
        Some(text) => text.to_owned(),
        None => repo.config_str("laneway.ledger")?,
    };
    BranchName::new(text.strip_prefix("refs/heads/").unwrap_or(&text)).ok()
}

/// The ref by which `authority` decides `branch`. A bare repository that does not know the remote is
/// that remote: what decides stands in its own branches.
pub(super) fn place(repo: &Repo, authority: &Authority, branch: &BranchName) -> String {
    match authority {
        Authority::Remote(remote) if !repo.is_bare() || repo.remote_url(remote).is_some() => {
            format!("{TRACKED}{remote}/{branch}")
        }
        Authority::Remote(_) | Authority::Local => branch.full(),
    }
}

/// The refs of `branch` here: its own, then those of remotes.
pub(super) fn places(
    repo: &Repo,
    branch: &BranchName,
) -> Result<Vec<(String, ObjectId)>, LedgerError> {
    let own = repo.tip(&branch.full())?.map(|tip| (branch.full(), tip));
    let mut tracked = repo.refs_with_prefix(TRACKED)?;
    tracked.retain(|name, _| {
        let rest = name
            .strip_prefix(TRACKED)
            .and_then(|name| name.split_once('/'));
        rest.is_some_and(|(_, short)| short == branch.as_str())
    });
    Ok(own.into_iter().chain(tracked).collect())
}

/// The remote that a tracking ref belongs to.
fn remote_of(name: &str) -> Option<&str> {
    let (remote, _) = name.strip_prefix(TRACKED)?.split_once('/')?;
    Some(remote)
}

/// A ref of a ledger's branch, with its marker.
struct Stand {
    place: String,
    marker: Result<Marker, LedgerError>,
}

fn stands(repo: &Repo, branch: &BranchName) -> Result<Vec<Stand>, LedgerError> {
    let found = places(repo, branch)?
        .into_iter()
        .filter_map(|(place, tip)| {
            let marker = marker_at(repo, tip).transpose()?;
            let named = marker.as_ref().map_or(true, |one| one.branch == *branch);
            named.then_some(Stand { place, marker })
        });
    Ok(found.collect())
}

/// The marker of the ledger `branch`, from the ref that decides; `None` where no ref has one.
fn decided(repo: &Repo, branch: &BranchName) -> Result<Option<Marker>, LedgerError> {
    let stands = stands(repo, branch)?;
    let read = stands.iter().filter_map(|stand| {
        let marker = stand.marker.as_ref().ok()?;
        (place(repo, &marker.authority, branch) == stand.place).then_some(marker)
    });
    let believed: Vec<Marker> = read.cloned().collect();
    let by = |wanted: &str| {
        let mut all = believed.iter();
        all.find(|one| word(&one.authority) == wanted).cloned()
    };
    if let Some(chosen) = repo.config_str(CHOSEN)
        && let Some(marker) = by(&chosen).or_else(|| called(&stands, &chosen))
    {
        return Ok(Some(marker));
    }
    let seen = seen_of(repo, branch.as_str());
    match (seen.authority(), seen.tip()) {
        (Some(before), Some(tip)) => match by(word(&before)) {
            None => Err(not_as_before(repo, (branch, tip), before, stands)?),
            found => Ok(found),
        },
        _ => first_sight(repo, branch, stands, &believed),
    }
}

/// The marker in the tracking ref of the remote `name`, which is the one that decides although the
/// marker calls it otherwise: names of remotes are each clone's own.
fn called(stands: &[Stand], name: &str) -> Option<Marker> {
    let stand = stands
        .iter()
        .find(|stand| remote_of(&stand.place) == Some(name))?;
    let marker = stand.marker.as_ref().ok()?;
    match &marker.authority {
        Authority::Local => None,
        Authority::Remote(_) => Some(Marker {
            authority: Authority::Remote(RemoteName::new(name).ok()?),
            ..marker.clone()
        }),
    }
}

/// The remotes that hold a copy.
fn copies(stands: &[Stand]) -> Vec<String> {
    let names = stands.iter().filter_map(|stand| remote_of(&stand.place));
    names.map(str::to_owned).collect()
}

/// Why the ledger that was last seen at `tip`, and decided by `before`, is not any more.
fn not_as_before(
    repo: &Repo,
    (branch, tip): (&BranchName, ObjectId),
    before: Authority,
    stands: Vec<Stand>,
) -> Result<LedgerError, LedgerError> {
    let at = place(repo, &before, branch);
    let there = repo.tip(&at)?.is_some();
    let copies = copies(&stands);
    let stand = stands.into_iter().find(|stand| stand.place == at);
    let known = match &before {
        Authority::Local => true,
        Authority::Remote(remote) => repo.remote_url(remote).is_some(),
    };
    Ok(match stand.map(|stand| stand.marker) {
        Some(Ok(marker)) => LedgerError::OtherAuthority {
            branch: branch.clone(),
            before,
            now: marker.authority,
        },
        Some(Err(error)) => error,
        None if there => LedgerError::NotALedger(branch.clone()),
        None if known => gone((branch.clone(), tip)),
        None => LedgerError::NotHere { place: at, copies },
    })
}

/// The marker of a ledger that nobody has seen here before.
fn first_sight(
    repo: &Repo,
    branch: &BranchName,
    stands: Vec<Stand>,
    believed: &[Marker],
) -> Result<Option<Marker>, LedgerError> {
    let copies = copies(&stands);
    let unread = stands.iter().filter(|stand| stand.marker.is_err());
    let follows = |marker: &&Marker| match &marker.authority {
        // What stands in a branch of this repository was brought there by a person.
        Authority::Local => true,
        Authority::Remote(remote) => {
            let key = format!("branch.{}.remote", marker.target);
            repo.config_str(&key).as_deref() == Some(remote.as_str())
        }
    };
    match (believed, unread.clone().next()) {
        ([], _) => match stands.into_iter().next() {
            None => Ok(None),
            Some(stand) => stand.marker.and_then(|marker| {
                let place = place(repo, &marker.authority, branch);
                Err(LedgerError::NotHere { place, copies })
            }),
        },
        ([only], None) => Ok(Some(only.clone())),
        (several, _) => match several.iter().find(follows) {
            Some(marker) => Ok(Some(marker.clone())),
            None => {
                let unread = unread.map(|stand| remote_of(&stand.place).unwrap_or("."));
                let names = several.iter().map(|marker| word(&marker.authority));
                let names: BTreeSet<&str> = names.chain(unread).collect();
                Err(LedgerError::Undecided {
                    branch: branch.clone(),
                    by: names.into_iter().map(str::to_owned).collect(),
                })
            }
        },
    }
}

fn discover(repo: &Repo) -> Result<Marker, LedgerError> {
    let seen = seen_here(repo);
    match BranchName::new(DEFAULT_BRANCH) {
        Ok(default) if seen.iter().any(|(one, _)| *one == default) => {
            decided(repo, &default)?.ok_or(LedgerError::NotALedger(default))
        }
        _ if seen.is_empty() => never_seen(repo),
        _ => as_seen(repo, &seen),
    }
}

/// The ledger of a repository in which none was seen yet.
fn never_seen(repo: &Repo) -> Result<Marker, LedgerError> {
    let mut unread = None;
    let mut found = Vec::new();
    if let Ok(default) = BranchName::new(DEFAULT_BRANCH) {
        found.extend(candidate(repo, &default, &mut unread)?);
    }
    if found.is_empty() {
        for branch in others(repo)? {
            found.extend(candidate(repo, &branch, &mut unread)?);
        }
    }
    only(found)?.ok_or(unread.unwrap_or(LedgerError::NoLedger))
}

/// The ledger of a repository in which others than the default one were seen: no other takes its
/// place. One of the same authority makes it a question; one of a fork is not looked at.
fn as_seen(repo: &Repo, seen: &[(BranchName, ObjectId)]) -> Result<Marker, LedgerError> {
    let mut found = Vec::new();
    for (branch, _) in seen {
        found.extend(decided(repo, branch)?);
    }
    if found.is_empty() {
        return Err(seen.first().cloned().map_or(LedgerError::NoLedger, gone));
    }
    let was_seen = |branch: &BranchName| seen.iter().any(|(one, _)| one == branch);
    let default = BranchName::new(DEFAULT_BRANCH).ok();
    let mut unread = None;
    let mut more = Vec::new();
    for branch in others(repo)?.into_iter().chain(default) {
        if !was_seen(&branch)
            && let Some(marker) = candidate(repo, &branch, &mut unread)?
            && found.iter().any(|one| one.authority == marker.authority)
        {
            more.push(marker);
        }
    }
    found.extend(more);
    only(found)?.ok_or(LedgerError::NoLedger)
}

/// The marker of a branch that nobody has named, and that was not seen here. What does not read, or
/// is decided where nothing was fetched from, is left out; `unread` keeps the first reason.
fn candidate(
    repo: &Repo,
    branch: &BranchName,
    unread: &mut Option<LedgerError>,
) -> Result<Option<Marker>, LedgerError> {
    match decided(repo, branch) {
        Err(
            error @ (LedgerError::BadFile(_) | LedgerError::Git(_) | LedgerError::NotHere { .. }),
        ) => {
            unread.get_or_insert(error);
            Ok(None)
        }
        found => found,
    }
}

/// The one of several.
fn only(mut found: Vec<Marker>) -> Result<Option<Marker>, LedgerError> {
    if found.len() > 1 {
        let names: BTreeSet<&BranchName> = found.iter().map(|marker| &marker.branch).collect();
        let names = names.into_iter().map(ToString::to_string);
        return Err(LedgerError::Ambiguous(names.collect()));
    }
    Ok(found.pop())
}

/// The branches, but for the default one, that some ref holds a marker of.
fn others(repo: &Repo) -> Result<BTreeSet<BranchName>, LedgerError> {
    let mut found = BTreeSet::new();
    for prefix in ["refs/heads/", TRACKED] {
        for (name, tip) in repo.refs_with_prefix(prefix)? {
            if let Ok(Some(marker)) = marker_at(repo, tip)
                && name.ends_with(&format!("/{}", marker.branch))
                && marker.branch.as_str() != DEFAULT_BRANCH
            {
                found.insert(marker.branch);
            }
        }
    }
    Ok(found)
}

/// The ledger that this repository keeps for its clones: one whose branch stands here. `None` where
/// there is none yet.
///
/// # Errors
/// [`LedgerError::Ambiguous`]; a marker that does not read, of the ledger that is named or was
/// judged here, or where nothing else is a ledger.
pub fn served(repo: &Repo, env: &Env) -> Result<Option<Marker>, LedgerError> {
    let kept = |branch: &BranchName| -> Result<Option<Marker>, LedgerError> {
        let Some(tip) = repo.tip(&branch.full())? else {
            return Ok(None);
        };
        Ok(marker_at(repo, tip)?.filter(|marker| marker.branch == *branch))
    };
    let named = configured(repo, env);
    let asked = named
        .clone()
        .or_else(|| BranchName::new(DEFAULT_BRANCH).ok());
    let mut unread = None;
    if let Some(branch) = asked {
        match kept(&branch) {
            Ok(Some(marker)) => return Ok(Some(marker)),
            Ok(None) => {}
            Err(error) => {
                let judged = repo.tip(&format!("{VERIFIED}{branch}"))?.is_some();
                if named.is_some() || judged {
                    return Err(error);
                }
                unread = Some(error);
            }
        }
    }
    let mut found: BTreeMap<String, Marker> = BTreeMap::new();
    for (name, tip) in repo.refs_with_prefix("refs/heads/")? {
        if let Ok(Some(marker)) = marker_at(repo, tip)
            && marker.branch.full() == name
        {
            found.insert(marker.branch.to_string(), marker);
        }
    }
    if found.len() > 1 {
        return Err(LedgerError::Ambiguous(found.into_keys().collect()));
    }
    match (found.into_values().next(), unread) {
        (None, Some(error)) => Err(error),
        (found, _) => Ok(found),
    }
}

/// The marker in the tree of a commit, if it has one.
///
/// # Errors
/// A finding when it does not read.
pub fn marker_at(repo: &Repo, commit: ObjectId) -> Result<Option<Marker>, LedgerError> {
    let origin = Origin {
        file: paths::MARKER,
        commit: Some(commit),
    };
    let tree = repo.tree_of(commit)?;
    match read::blob_of(repo, tree, origin, Limits::STATE)? {
        None => Ok(None),
        Some((_, bytes)) => Ok(Some(read::meaning::<MarkerFile>(
            origin,
            &bytes,
            Limits::STATE,
        )?)),
    }
}
