//! Looking at workstations for a claim (I5, I6): when `decide` says that nobody has, their probes
//! run, once, and the same request is asked again with what they saw. Outside all locks.
//!
//! Most claims need one round: the workstation that the map prefers is ready. Where it is not, the
//! second round looks at all that are left for the task at once, so that hung probes cost their
//! time limit twice, not once per workstation. No round begins after [`PATIENCE`], so that what the
//! first one saw is still fresh when the last one ends.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::OpError;
use super::site::Site;
use super::trust;
use crate::checks;
use crate::domain::gates::{ClaimCase, UNPROBED};
use crate::domain::id::WorkstationName;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::{Request, Verb};
use crate::domain::routing::{self, Verdict};
use crate::domain::snapshot::Snapshot;
use crate::domain::time::Span;
use crate::domain::workstation::{ProbeKind, Readiness, Workstation};
use crate::git::Repo;
use crate::ledger::LedgerError;
use crate::ledger::format::v1::readiness::ReadinessEntry;
use crate::probe::{self, Scene};
use crate::process::ProcessError;
use crate::process::interrupt::{self, Watch};

/// Most bytes that all observations take in a request, whose message has a limit.
const MOST: usize = 8 * 1024;

/// After so long no further workstation is looked at.
const PATIENCE: Span = Span::from_seconds(300);

/// Carries out `attempt` with `request`; each time it is refused because nobody looked at a
/// workstation, looks at it, puts what was seen into the request and tries again. No version of a
/// workstation is looked at twice. With `trust` their commands run although nobody trusted them
/// on this machine.
///
/// # Errors
/// Those of `attempt`; a refusal when the probes of too many workstations hang.
pub(super) fn with_probes<T>(
    site: &Site,
    request: &Request,
    trust: bool,
    mut attempt: impl FnMut(&Request) -> Result<T, OpError>,
) -> Result<T, OpError> {
    let mut request = request.clone();
    let mut seen = BTreeSet::new();
    let started = site.env.now();
    loop {
        let error = match attempt(&request) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(refused) = refusal(&error).filter(|refused| refused.asks_for_probes()) else {
            return Err(error);
        };
        // Read anew each time: the rules may have moved, and with them what a workstation asks.
        let snapshot = super::look::snapshot(site)?;
        let mut names = unprobed(refused);
        if !seen.is_empty() {
            names.extend(left(&snapshot, &request, refused));
        }
        let registered = &snapshot.rules.workstations.workstations;
        let known = names
            .iter()
            .filter_map(|name| registered.get_key_value(name));
        let unseen =
            known.filter(|(name, known)| !seen.contains(&((*name).clone(), known.version)));
        let stations: Vec<_> = unseen.collect();
        if stations.is_empty() {
            return Err(error);
        }
        if site.env.now() > started.plus(PATIENCE) {
            return Err(out_of_patience(refused, &stations).into());
        }
        let looked = look(site, &stations, trust)?;
        seen.extend(
            stations
                .iter()
                .map(|(name, known)| ((*name).clone(), known.version)),
        );
        let Verb::Claim(wish) = &mut request.verb else {
            return Err(error);
        };
        wish.readiness.extend(looked);
        shorten(&mut wish.readiness);
        // What was seen is not of a time to come.
        request.at = request.at.max(site.env.now());
    }
}

fn out_of_patience(refused: &Refusal, left: &[(&WorkstationName, &Workstation)]) -> Refusal {
    let names: Vec<String> = left.iter().map(|(name, _)| name.to_string()).collect();
    let message = format!(
        "probes took more than {PATIENCE}, and {} was not looked at yet",
        names.join(", ")
    );
    let hint = format!("`laneway workstation check {}`", names.join(" "));
    let unmet = Unmet::rule(UNPROBED, message).hint(hint);
    let task = refused.task.as_ref();
    let what = task.map_or("cannot claim".to_owned(), |task| {
        format!("cannot claim {task}")
    });
    Refusal::one(what, task, unmet)
}

/// The workstations that the refused task could still get, were they looked at.
fn left(snapshot: &Snapshot, request: &Request, refused: &Refusal) -> Vec<WorkstationName> {
    let task = refused.task.as_ref().and_then(|id| snapshot.plan.get(id));
    let (Some(task), Verb::Claim(wish)) = (task, &request.verb) else {
        return Vec::new();
    };
    let case = ClaimCase {
        agent: Some(&request.actor.agent),
        lane: wish.lane.as_ref(),
        host: Some(&request.actor.host),
        readiness: Some(&wish.readiness),
        remote: wish.remote.as_deref(),
        ..ClaimCase::open(snapshot, task, request.at)
    };
    let decision = routing::decision(&case, wish.workstation.as_ref());
    let open = decision
        .candidates
        .into_iter()
        .filter(|candidate| matches!(candidate.verdict, Verdict::Chosen | Verdict::Later(_)));
    open.map(|candidate| candidate.workstation.clone())
        .collect()
}

fn refusal(error: &OpError) -> Option<&Refusal> {
    match error {
        OpError::Ledger(LedgerError::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}

/// The workstations that a refusal asks to look at.
fn unprobed(refusal: &Refusal) -> BTreeSet<WorkstationName> {
    let named = refusal.unmet.iter();
    named
        .filter_map(|unmet| unmet.workstation.clone())
        .collect()
}

/// Whether an operation failed only because nobody looked at a workstation.
pub(super) fn asks_for_probes(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Refused(refusal) if refusal.asks_for_probes())
}

/// Runs the probes of all these workstations at once, here and now; with `trust` also commands
/// that nobody trusted on this machine.
///
/// # Errors
/// When the worktrees of the repository cannot be told, or the user interrupts.
pub(super) fn look(
    site: &Site,
    stations: &[(&WorkstationName, &Workstation)],
    trust: bool,
) -> Result<Vec<Readiness>, OpError> {
    let at = site.env.now();
    let repository = directories(site.repo())?;
    let scenes = stations.iter().map(|(name, known)| {
        let commands = commands(known);
        let trusted = if trust {
            commands.into_iter().collect()
        } else {
            // Without a home nothing was ever trusted.
            trust::trusted(site, &commands).unwrap_or_default()
        };
        scene(site, name, trusted, repository.clone())
    });
    let scenes: Vec<Scene> = scenes.collect();
    let run = |(index, (_, known)): (usize, &(&WorkstationName, &Workstation))| {
        probe::run(&known.probes, &scenes[index])
    };
    let _watch = Watch::begin();
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
    // A probe that was ended says nothing of its workstation.
    if let Some(signal) = interrupt::noted() {
        return Err(ProcessError::Interrupted { signal }.into());
    }
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
/// checks, and only the commands that are `trusted`.
fn scene(
    site: &Site,
    name: &WorkstationName,
    trusted: BTreeSet<String>,
    repository: Vec<PathBuf>,
) -> Scene {
    let repo = site.repo();
    let root = repo.work_dir().or_else(|| repo.main_work_dir());
    Scene {
        vars: site.env.vars.clone(),
        shown: checks::of_checks(&site.env.vars),
        dir: root.unwrap_or_else(|| repo.common_dir()),
        repository,
        trusted,
        how_to_trust: format!("laneway trust --workstation {name}"),
    }
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

/// Cuts observations, where they would not fit into a message: of workstations that are passed
/// over what was ready, then details, then all but the first failure.
fn shorten(readiness: &mut [Readiness]) {
    let fits = |readiness: &[Readiness]| bytes(readiness) <= MOST;
    if fits(readiness) {
        return;
    }
    for seen in passed_over(readiness) {
        seen.probes.retain(|probe| !probe.ready);
    }
    for most in [100, 40, 0] {
        if fits(readiness) {
            return;
        }
        let probes = readiness.iter_mut().flat_map(|seen| &mut seen.probes);
        probes.for_each(|probe| cut(&mut probe.detail, most));
    }
    if !fits(readiness) {
        passed_over(readiness).for_each(|seen| seen.probes.truncate(1));
    }
}

/// The observations in which a probe failed.
fn passed_over(readiness: &mut [Readiness]) -> impl Iterator<Item = &mut Readiness> {
    let failed = |seen: &&mut Readiness| seen.failed().next().is_some();
    readiness.iter_mut().filter(failed)
}

/// The bytes that observations take in a request.
fn bytes(readiness: &[Readiness]) -> usize {
    let entries: Vec<ReadinessEntry> = readiness.iter().map(ReadinessEntry::from).collect();
    serde_json::to_string(&entries).map_or(usize::MAX, |json| json.len())
}

fn cut(text: &mut String, most: usize) {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::domain::workstation::ProbeResult;

    /// What 20 probes gave; where not all are `ready`, every other one failed.
    fn seen(n: usize, ready: bool) -> Readiness {
        let probes = (0..20).map(|probe| ProbeResult {
            name: format!("a probe with a long name that says what it is for, {probe}"),
            ready: ready || probe % 2 == 1,
            detail: "\"refused\" \\".repeat(15),
            millis: 120_000,
        });
        Readiness {
            workstation: format!("ws-{n}").parse().unwrap(),
            version: 1,
            host: "host-1".to_owned(),
            at: Timestamp::from_seconds(1),
            probes: probes.collect(),
        }
    }

    #[test]
    fn observations_of_many_workstations_fit_into_a_request() {
        let mut all: Vec<Readiness> = Vec::new();
        for n in 0..8 {
            all.push(seen(n, false));
            shorten(&mut all);
        }
        all.push(seen(8, true));
        shorten(&mut all);
        assert!(bytes(&all) <= MOST, "{}", bytes(&all));
        let (ready, failed) = all.split_last().unwrap();
        assert_eq!(ready.probes.len(), 20);
        assert!(failed.iter().all(|seen| seen.failed().next().is_some()));
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let mut all = vec![seen(0, false)];
        let before = all.clone();
        shorten(&mut all);
        assert_eq!(all, before);
    }
}
