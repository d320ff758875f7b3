//! Looking at workstations for a claim (I5, I6): when `decide` says that nobody has, their probes
//! run, once, and the same request is asked again with what they saw. Outside all locks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::OpError;
use super::site::Site;
use super::work;
use crate::checks;
use crate::domain::id::WorkstationName;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, Verb};
use crate::domain::snapshot::Rules;
use crate::domain::workstation::{ProbeKind, Readiness, Workstation};
use crate::git::Repo;
use crate::ledger::{LedgerError, Loader};
use crate::probe::{self, Scene};

/// Most bytes that the details of all observations take in a request, whose message has a limit.
const DETAILS: usize = 8 * 1024;

/// Carries out `attempt` with `request`; each time it is refused because nobody looked at a
/// workstation, looks at it, puts what was seen into the request and tries again. No workstation is
/// looked at twice.
///
/// # Errors
/// Those of `attempt`.
pub(super) fn with_probes<T>(
    site: &Site,
    request: &Request,
    mut attempt: impl FnMut(&Request) -> Result<T, OpError>,
) -> Result<T, OpError> {
    let mut request = request.clone();
    let mut seen = BTreeSet::new();
    loop {
        let error = match attempt(&request) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let names = refusal(&error).map(unprobed).unwrap_or_default();
        let unseen: BTreeSet<_> = names.difference(&seen).cloned().collect();
        let Verb::Claim(wish) = &mut request.verb else {
            return Err(error);
        };
        if unseen.is_empty() {
            return Err(error);
        }
        let rules = rules(site)?;
        let registered = &rules.workstations.workstations;
        let known = |name| registered.get_key_value(name);
        let stations: Vec<_> = unseen.iter().filter_map(known).collect();
        wish.readiness.extend(look(site, &stations)?);
        shorten(&mut wish.readiness);
        // What was seen is not of a time to come.
        request.at = request.at.max(site.env.now());
        seen.extend(unseen);
    }
}

fn refusal(error: &OpError) -> Option<&Refusal> {
    match error {
        OpError::Ledger(LedgerError::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}

/// The workstations that a refusal asks to look at: nothing else stands in the way.
fn unprobed(refusal: &Refusal) -> BTreeSet<WorkstationName> {
    if !refusal.asks_for_probes() {
        return BTreeSet::new();
    }
    let named = refusal.unmet.iter();
    named
        .filter_map(|unmet| unmet.workstation.clone())
        .collect()
}

/// Whether an operation failed only because nobody looked at a workstation.
pub(super) fn asks_for_probes(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Refused(refusal) if refusal.asks_for_probes())
}

fn rules(site: &Site) -> Result<std::sync::Arc<Rules>, OpError> {
    Ok(Loader::new(site.repo()).rules(site.ledger.target()?)?)
}

/// Runs the probes of all these workstations at once, here and now.
///
/// # Errors
/// When the trusted commands cannot be read.
pub(super) fn look(
    site: &Site,
    stations: &[(&WorkstationName, &Workstation)],
) -> Result<Vec<Readiness>, OpError> {
    let at = site.env.now();
    let scene = |name: &WorkstationName, known: &Workstation| scene(site, name, known);
    let scenes = stations.iter().map(|(name, known)| scene(name, known));
    let scenes = scenes.collect::<Result<Vec<Scene>, _>>()?;
    let run = |(index, (_, known)): (usize, &(&WorkstationName, &Workstation))| {
        probe::run(&known.probes, &scenes[index])
    };
    let results = std::thread::scope(|scope| {
        let running: Vec<_> = stations
            .iter()
            .enumerate()
            .map(|one| scope.spawn(move || run(one)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_default())
            .collect::<Vec<_>>()
    });
    let seen = stations.iter().zip(results);
    Ok(seen
        .map(|((name, known), probes)| Readiness {
            workstation: (*name).clone(),
            version: known.version,
            host: site.env.host.clone(),
            at,
            probes,
        })
        .collect())
}

/// Where the probes of a workstation look: from the root of the worktree, with the environment of
/// checks, and only commands that were trusted.
fn scene(site: &Site, name: &WorkstationName, known: &Workstation) -> Result<Scene, OpError> {
    let repo = site.repo();
    let root = repo.work_dir().or_else(|| repo.main_work_dir());
    // Without a home nothing was ever trusted.
    let trusted = work::trusted(site, &commands(known)).unwrap_or_default();
    Ok(Scene {
        vars: site.env.vars.clone(),
        shown: checks::of_checks(&site.env.vars),
        dir: root.unwrap_or_else(|| repo.common_dir()),
        repository: directories(repo)?,
        trusted,
        how_to_trust: format!("laneway trust --workstation {name}"),
    })
}

/// All worktrees and the common directory, without links.
fn directories(repo: &Repo) -> Result<Vec<PathBuf>, OpError> {
    let worktrees = repo.worktrees()?.into_iter().map(|worktree| worktree.path);
    let own = [
        Some(repo.common_dir()),
        repo.work_dir(),
        repo.main_work_dir(),
    ];
    let all = worktrees.chain(own.into_iter().flatten());
    // What is not there holds no program.
    Ok(all.filter_map(|dir| dir.canonicalize().ok()).collect())
}

/// The commands that the probes of a workstation run.
pub(super) fn commands(known: &Workstation) -> Vec<String> {
    let commands = known.probes.iter().filter_map(|probe| match &probe.kind {
        ProbeKind::Command(command) => Some(command.clone()),
        _ => None,
    });
    commands.collect()
}

/// Cuts details, where there are so many that the request would not fit into a message.
fn shorten(readiness: &mut [Readiness]) {
    let count: usize = readiness.iter().map(|seen| seen.probes.len()).sum();
    let share = DETAILS / count.max(1);
    for probe in readiness.iter_mut().flat_map(|seen| &mut seen.probes) {
        let mut end = share.min(probe.detail.len());
        while !probe.detail.is_char_boundary(end) {
            end -= 1;
        }
        probe.detail.truncate(end);
    }
}
