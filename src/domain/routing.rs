//! Which workstation a claim gets, and why not another (I1, I22).
//!
//! Candidates are the routes that name the agent for the type of the task, in the order of the
//! identity map: first choice, then fallbacks. Where none does, the wanted workstation or the
//! registry's default is judged alone, and the gate `identity-map` says what the map lacks; where
//! the map routes nothing, the scope of the stage contract comes after the default. Of several
//! candidates policy chooses:
//!
//! - `fixed`: the first that is in service. A full one is waited for, not gone round.
//! - `available`: the first against which nothing stands.
//! - `least_loaded`: of those, the one with the smallest load, as a share of its limit; a
//!   workstation without limit counts as one of limit 1. The order of the map settles a tie.
//!
//! Whoever goes on with work that came back gets the place it was done at, as long as nothing
//! stands against that (I19). When something stands against every candidate, one is chosen all the
//! same: the first that is merely busy, else the first. The gates then name the facts.
//!
//! A candidate that nobody probed is in question and may be chosen: the claim is then asked for its
//! probes, and if they fail, the next decision passes it over. Nothing here reads a clock or asks
//! anybody: health is what the request observed.

use super::gates::{ClaimCase, UNPROBED, failed, in_service, probed, stands_against, takes_claim};
use super::id::WorkstationName;
use super::identity::Route;
use super::machines::{self, Work};
use super::policy::Strategy;
use super::refusal::{RefusalKind, Unmet};

/// A decision about the workstation of a claim, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Which of the candidates; none where there is none.
    pub chosen: Option<usize>,
    /// How was chosen.
    pub strategy: Strategy,
    /// Why this one, as a lower-case fragment.
    pub why: String,
    /// All that were looked at, in the order of the map.
    pub candidates: Vec<Candidate<'a>>,
}

/// A workstation that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The route that gives it; none for the wanted workstation or the default.
    pub route: Option<&'a Route>,
    /// Which.
    pub workstation: &'a WorkstationName,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one.
    Chosen,
    /// Nothing stands against it, and nobody asked for whom.
    Free,
    /// Its route names other agents.
    NotNamed,
    /// Another workstation was asked for.
    NotWanted,
    /// The stage contract of the task does not admit it.
    OutOfScope,
    /// What stands against it.
    Unavailable(Vec<Unmet>),
    /// Nothing stands against it, but the strategy prefers another, as it says.
    Later(String),
}

impl<'a> Decision<'a> {
    /// The workstation that the claim is judged on.
    #[must_use]
    pub fn workstation(&self) -> Option<&'a WorkstationName> {
        Some(self.candidates.get(self.chosen?)?.workstation)
    }

    /// Whether a route of the map gave the chosen workstation.
    #[must_use]
    pub fn routed(&self) -> bool {
        let chosen = self.chosen.and_then(|at| self.candidates.get(at));
        chosen.is_some_and(|candidate| candidate.route.is_some())
    }

    /// The candidates that were the agent's to have and were not taken, each with the reason.
    pub fn rejected(&self) -> impl Iterator<Item = (&'a WorkstationName, String)> {
        let passed_over = self
            .candidates
            .iter()
            .filter(|candidate| !matches!(candidate.verdict, Verdict::Chosen | Verdict::NotNamed));
        passed_over.map(|candidate| (candidate.workstation, candidate.verdict.reason()))
    }
}

impl Verdict {
    /// The word of the verdict, as programs read it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Free => "free",
            Self::NotNamed => "not_named",
            Self::NotWanted => "not_wanted",
            Self::OutOfScope => "out_of_scope",
            Self::Unavailable(_) => "unavailable",
            Self::Later(_) => "later",
        }
    }

    /// Why it was not taken; empty where it was.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Chosen | Self::Free => String::new(),
            Self::NotNamed => "its route names others".to_owned(),
            Self::NotWanted => "another workstation was asked for".to_owned(),
            Self::OutOfScope => "the stage contract names other workstations".to_owned(),
            Self::Unavailable(unmet) => {
                let facts: Vec<&str> = unmet.iter().map(|u| u.message.as_str()).collect();
                facts.join("; ")
            }
            Self::Later(why) => why.clone(),
        }
    }
}

/// The workstation that `case` gets, whose agent asks for `wanted` or leaves it to the map. The
/// same as [`decision`] without text.
#[must_use]
pub fn choose<'a>(
    case: &ClaimCase<'a>,
    wanted: Option<&'a WorkstationName>,
) -> Option<&'a WorkstationName> {
    let places = places(case, wanted);
    let pick = pick(case, &places)?;
    Some(places.get(pick.at)?.workstation)
}

/// The decision for the agent of `case`, with every candidate and the reason of each. Without an
/// agent every route of the type is judged, and none is chosen.
#[must_use]
pub fn decision<'a>(case: &ClaimCase<'a>, wanted: Option<&'a WorkstationName>) -> Decision<'a> {
    let strategy = case.snapshot.rules.policy.routing.strategy;
    if case.agent.is_none() {
        return Decision {
            chosen: None,
            strategy,
            why: "nobody asks".to_owned(),
            candidates: routes(case).iter().map(|route| open(case, route)).collect(),
        };
    }
    let places = places(case, wanted);
    let pick = pick(case, &places);
    let why = pick.map_or_else(
        || "there is no route and no default".to_owned(),
        |pick| why(case, &places, pick, wanted),
    );
    let mut candidates: Vec<Candidate<'a>> = routes(case)
        .iter()
        .map(|route| {
            let own = places.iter().position(|place| place.is(route));
            let verdict = match own {
                Some(at) => verdict(case, &places, at, pick),
                None if !case.agent.is_some_and(|agent| route.names(agent)) => Verdict::NotNamed,
                None if wanted.is_some() => Verdict::NotWanted,
                None => Verdict::OutOfScope,
            };
            Candidate {
                route: Some(route),
                workstation: &route.workstation,
                verdict,
            }
        })
        .collect();
    let unrouted = places
        .iter()
        .enumerate()
        .filter(|(_, place)| place.route.is_none());
    candidates.extend(unrouted.map(|(at, place)| Candidate {
        route: None,
        workstation: place.workstation,
        verdict: verdict(case, &places, at, pick),
    }));
    let place = pick.and_then(|pick| places.get(pick.at));
    let chosen = candidates.iter().position(|candidate| {
        place.is_some_and(|place| match candidate.route {
            Some(route) => place.is(route),
            None => place.route.is_none() && place.workstation == candidate.workstation,
        })
    });
    Decision {
        chosen,
        strategy,
        why,
        candidates,
    }
}

/// A place that the claim may get.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    route: Option<&'a Route>,
    workstation: &'a WorkstationName,
}

impl Place<'_> {
    /// Whether it is that very entry of the map.
    fn is(&self, route: &Route) -> bool {
        self.route.is_some_and(|own| std::ptr::eq(own, route))
    }
}

/// The routes of the type of the task.
fn routes<'a>(case: &ClaimCase<'a>) -> &'a [Route] {
    let routing = &case.snapshot.rules.identity.routing;
    let task_type = case.task.task_type.as_ref();
    task_type
        .and_then(|task_type| routing.get(task_type))
        .map_or(&[], Vec::as_slice)
}

/// The places that come into question: those that were taken in for the task, then those of the
/// routes that name the agent; without either the wanted one, else those that the stage contract
/// names, else the default. Of several, those that the contract admits.
fn places<'a>(case: &ClaimCase<'a>, wanted: Option<&'a WorkstationName>) -> Vec<Place<'a>> {
    let mine = |route: &&Route| case.agent.is_some_and(|agent| route.names(agent));
    let admitted = |place: &Place<'_>| wanted.is_none_or(|wanted| *wanted == *place.workstation);
    let mut places: Vec<Place<'a>> = routes(case)
        .iter()
        .filter(mine)
        .map(|route| Place {
            route: Some(route),
            workstation: &route.workstation,
        })
        .filter(admitted)
        .collect();
    let alone = |workstation| Place {
        route: None,
        workstation,
    };
    let contract = case.snapshot.plan.contract(case.task);
    // What was taken in for this very task comes first.
    let progress = case.snapshot.states.get(&case.task.id).progress();
    let taken_in = progress.admitted.iter().rev().map(alone).filter(admitted);
    let taken_in: Vec<Place<'a>> = taken_in
        .filter(|place| {
            places
                .iter()
                .all(|known| known.workstation != place.workstation)
        })
        .collect();
    places.splice(0..0, taken_in);
    if places.is_empty() {
        let default = case.snapshot.rules.workstations.default.as_ref();
        places.extend(wanted.or(default).map(alone));
        if let (Some(contract), None) = (contract, wanted)
            && case.snapshot.rules.identity.routing.is_empty()
        {
            let work = Work::of(case.snapshot, case.task, contract.claimed().map(|(_, t)| t));
            let named = work.scope(case.snapshot).into_iter();
            places.extend(named.filter(|name| default != Some(*name)).map(alone));
        }
    }
    let fits =
        |place: &Place<'_>| machines::admits(case.snapshot, case.task, place.workstation, case.now);
    if contract.is_some() && places.len() > 1 && places.iter().any(fits) {
        places.retain(fits);
    }
    places
}

/// A choice among places, and what it goes by.
#[derive(Debug, Clone, Copy)]
struct Pick {
    at: usize,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// The strategy.
    Strategy,
    /// The work was done there before.
    Earlier,
    /// Something stands against all.
    Nothing,
}

fn pick(case: &ClaimCase<'_>, places: &[Place<'_>]) -> Option<Pick> {
    let by = |by| move |at| Pick { at, by };
    if let [_] = places {
        return Some(Pick {
            at: 0,
            by: By::Strategy,
        });
    }
    let free = |place: &Place<'_>| is_free(case, place.workstation);
    let chosen = earlier_place(case, places)
        .map(by(By::Earlier))
        .or_else(|| {
            let chosen = match case.snapshot.rules.policy.routing.strategy {
                Strategy::Fixed => places
                    .iter()
                    .position(|place| serves(case, place.workstation)),
                Strategy::Available => places.iter().position(free),
                Strategy::LeastLoaded => least_loaded(case, places),
            };
            chosen.map(by(By::Strategy))
        });
    chosen.or_else(|| {
        let busy = places
            .iter()
            .position(|place| is_only_busy(case, place.workstation));
        (!places.is_empty())
            .then_some(busy.unwrap_or(0))
            .map(by(By::Nothing))
    })
}

/// Where the agent did this work before, if nothing stands against it.
fn earlier_place(case: &ClaimCase<'_>, places: &[Place<'_>]) -> Option<usize> {
    let state = case.snapshot.states.get(&case.task.id);
    let before = state.rerun().or_else(|| {
        let claim = state.occupying()?;
        Some((&claim.agent, &claim.workstation))
    });
    let (agent, workstation) = before?;
    let same = case.agent == Some(agent) && is_free(case, workstation);
    let there = |place: &Place<'_>| same && place.workstation == workstation;
    places.iter().position(there)
}

fn least_loaded(case: &ClaimCase<'_>, places: &[Place<'_>]) -> Option<usize> {
    let free = places.iter().enumerate();
    let free = free.filter(|(_, place)| is_free(case, place.workstation));
    let loads = free.map(|(at, place)| (at, load(case, place.workstation)));
    let smaller = |a: &(usize, Load), b: &(usize, Load)| a.1.share(&b.1).cmp(&b.1.share(&a.1));
    // Of equals the first is kept.
    Some(loads.min_by(smaller)?.0)
}

/// Tasks in progress, of how many at most.
#[derive(Debug, Clone, Copy)]
struct Load {
    tasks: u64,
    limit: Option<u64>,
}

impl Load {
    /// The load as a share, on the common denominator with another.
    fn share(&self, other: &Self) -> u64 {
        self.tasks.saturating_mul(other.limit.unwrap_or(1).max(1))
    }
}

fn load(case: &ClaimCase<'_>, name: &WorkstationName) -> Load {
    let known = case.snapshot.rules.workstations.workstations.get(name);
    let tasks = case.snapshot.load_of(name, case.now);
    Load {
        tasks: u64::try_from(tasks).unwrap_or(u64::MAX),
        limit: known.and_then(|known| known.wip_limit).map(u64::from),
    }
}

/// Whether nothing stands against the workstation.
fn is_free(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    takes_claim(case, name) && !failed(case, name)
}

/// Whether waiting may help: it is in service, and others hold what it has.
fn is_only_busy(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    let waits = |unmet: &Unmet| unmet.warning || unmet.kind == RefusalKind::Conflict;
    !failed(case, name) && stands_against(case, name).iter().all(waits)
}

/// Whether the workstation is in service, as far as anybody saw.
fn serves(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    in_service(case, name) && !failed(case, name)
}

/// Everything that stands against a workstation. That nobody probed it does not.
fn unmet_at(case: &ClaimCase<'_>, name: &WorkstationName) -> Vec<Unmet> {
    let mut unmet = stands_against(case, name);
    unmet.extend(probed(case, name));
    unmet.retain(|unmet| !unmet.warning && unmet.gate != UNPROBED);
    unmet
}

fn open<'a>(case: &ClaimCase<'a>, route: &'a Route) -> Candidate<'a> {
    let unmet = unmet_at(case, &route.workstation);
    let verdict = if unmet.is_empty() {
        Verdict::Free
    } else {
        Verdict::Unavailable(unmet)
    };
    Candidate {
        route: Some(route),
        workstation: &route.workstation,
        verdict,
    }
}

fn verdict(case: &ClaimCase<'_>, places: &[Place<'_>], at: usize, pick: Option<Pick>) -> Verdict {
    let unmet = unmet_at(case, places[at].workstation);
    match pick {
        _ if !unmet.is_empty() => Verdict::Unavailable(unmet),
        Some(pick) if pick.at == at => Verdict::Chosen,
        Some(pick) => Verdict::Later(later(case, places, at, pick)),
        None => Verdict::Free,
    }
}

/// Why a free place is not the one.
fn later(case: &ClaimCase<'_>, places: &[Place<'_>], at: usize, pick: Pick) -> String {
    let chosen = places[pick.at].workstation;
    let strategy = case.snapshot.rules.policy.routing.strategy;
    if pick.by == By::Earlier {
        return format!("the work was done on {chosen}");
    }
    if strategy == Strategy::LeastLoaded {
        let (here, there) = (load(case, places[at].workstation), load(case, chosen));
        return if here.share(&there) == there.share(&here) {
            format!("{chosen} is as loaded and comes first")
        } else {
            format!("{} against {} on {chosen}", here.told(), there.told())
        };
    }
    format!("{chosen} comes first")
}

impl Load {
    fn told(&self) -> String {
        match self.limit {
            Some(limit) => format!("{} of {limit} task(s)", self.tasks),
            None => format!("{} task(s)", self.tasks),
        }
    }
}

fn why(
    case: &ClaimCase<'_>,
    places: &[Place<'_>],
    pick: Pick,
    wanted: Option<&WorkstationName>,
) -> String {
    let strategy = case.snapshot.rules.policy.routing.strategy;
    let name = places[pick.at].workstation;
    match pick.by {
        _ if wanted.is_some() => "it was asked for".to_owned(),
        By::Earlier => "the work was done there before".to_owned(),
        By::Nothing => format!("something stands against each of {}", places.len()),
        _ if places[pick.at].route.is_none() => {
            let default = case.snapshot.rules.workstations.default.as_ref();
            let progress = case.snapshot.states.get(&case.task.id).progress();
            let why = if progress.admitted.contains(name) {
                "it was taken in for this task"
            } else if default == Some(name) {
                "it is the default"
            } else {
                "the stage contract names it"
            };
            why.to_owned()
        }
        By::Strategy if places.len() == 1 => "it is the only route".to_owned(),
        By::Strategy => match strategy {
            Strategy::Fixed if pick.at == 0 => "it is the first route".to_owned(),
            Strategy::Fixed => "it is the first route in service".to_owned(),
            Strategy::Available => "it is the first route that is free".to_owned(),
            Strategy::LeastLoaded => {
                format!("it has the smallest load, {}", load(case, name).told())
            }
        },
    }
}

#[cfg(test)]
mod tests;
