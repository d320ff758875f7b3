//! `session`: time that was worked, by task, agent and day; totals are computed, never stored
//! (T8, T11).

use std::collections::BTreeMap;

use super::OpError;
use super::own::TaskOutcome;
use super::site::Site;
use crate::domain::id::{AgentName, ObjectId, TaskId, WorkstationName};
use crate::domain::record::{Record, RecordBody};
use crate::domain::request::Verb;
use crate::domain::session::{Session, SessionAct, seconds};
use crate::domain::state::TaskState;
use crate::domain::time::{Span, Timestamp};
use crate::ledger::Loader;

/// Starts or stops counting time for the named task, or the lane's.
///
/// # Errors
/// The refusal.
pub fn session(
    site: &Site,
    named: Option<&TaskId>,
    act: SessionAct,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let verb = Verb::Session {
        task: task.clone(),
        act,
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    Ok(TaskOutcome {
        tasks: vec![task],
        mutation,
    })
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// Of which task.
    pub task: TaskId,
    /// The number of its record; none while it is open.
    pub number: Option<u32>,
    /// Whose.
    pub agent: AgentName,
    /// Where.
    pub workstation: WorkstationName,
    /// From.
    pub started: Timestamp,
    /// To; of an open one until when it is counted: now, or the end of its lease.
    pub ended: Timestamp,
}

impl Worked {
    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        seconds(self.started, self.ended)
    }

    /// Its id: `A-1#4`, or `A-1#open`.
    #[must_use]
    pub fn id(&self) -> String {
        match self.number {
            Some(number) => format!("{}#{number}", self.task),
            None => format!("{}#open", self.task),
        }
    }
}

/// The sessions of a task, oldest first, the open one last.
#[must_use]
pub fn of_task(
    task: &TaskId,
    state: &TaskState,
    records: &[Record],
    now: Timestamp,
) -> Vec<Worked> {
    let closed = records.iter().filter_map(|record| match &record.body {
        RecordBody::Session(session) => Some(Worked {
            task: task.clone(),
            number: Some(record.n),
            agent: session.agent.clone(),
            workstation: session.workstation.clone(),
            started: session.started,
            ended: session.ended,
        }),
        _ => None,
    });
    let mut all: Vec<Worked> = closed.collect();
    if let Some(claim) = state.occupying()
        && let Session::Since(started) = claim.session
    {
        all.push(Worked {
            task: task.clone(),
            number: None,
            agent: claim.agent.clone(),
            workstation: claim.workstation.clone(),
            started,
            ended: now.min(claim.expires_at).max(started),
        });
    }
    all
}

/// Which sessions are listed.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Of this task; none: of all.
    pub task: Option<TaskId>,
    /// Of this agent.
    pub agent: Option<AgentName>,
    /// What was worked from then on.
    pub since: Option<Timestamp>,
    /// What was worked before then.
    pub until: Option<Timestamp>,
}

/// Sessions with their totals, in seconds.
#[derive(Debug, Clone, Default)]
pub struct SessionOutcome {
    /// Them, by their start; what lies outside the time that was asked for is cut off.
    pub sessions: Vec<Worked>,
    /// By task.
    pub by_task: BTreeMap<TaskId, u64>,
    /// By agent.
    pub by_agent: BTreeMap<AgentName, u64>,
    /// By day (UTC), `2026-11-20`.
    pub by_day: BTreeMap<String, u64>,
    /// Of all.
    pub total: u64,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// Lists sessions and sums them up. Only state files that hold sessions are read as such.
///
/// # Errors
/// When the ledger does not read.
pub fn list(site: &Site, options: &SessionOptions) -> Result<SessionOutcome, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let tip = site.ledger.tip()?;
    let Some(commit) = tip else {
        return Ok(SessionOutcome::default());
    };
    let now = site.env.now();
    let states = loader.states(commit)?;
    let mut sessions = Vec::new();
    match &options.task {
        Some(task) => {
            let records = loader.records(commit, task)?;
            sessions.extend(of_task(task, states.get(task), &records, now));
        }
        None => {
            for history in loader.histories_with(commit, "kind: session")? {
                let closed = of_task(&history.id, &history.state, &history.records, now);
                sessions.extend(closed.into_iter().filter(|one| one.number.is_some()));
            }
            for (task, state, _) in states.in_progress() {
                sessions.extend(of_task(task, state, &[], now));
            }
        }
    }
    Ok(SessionOutcome {
        tip,
        ..summed(sessions, options)
    })
}

fn summed(sessions: Vec<Worked>, options: &SessionOptions) -> SessionOutcome {
    let mut outcome = SessionOutcome::default();
    let of_agent = |one: &Worked| options.agent.as_ref().is_none_or(|who| *who == one.agent);
    for mut one in sessions.into_iter().filter(of_agent) {
        let outside = options.since.is_some_and(|since| one.ended < since)
            || options.until.is_some_and(|until| one.started >= until);
        if outside {
            continue;
        }
        one.started = options.since.map_or(one.started, |s| s.max(one.started));
        one.ended = options.until.map_or(one.ended, |u| u.min(one.ended));
        let length = one.seconds();
        *outcome.by_task.entry(one.task.clone()).or_default() += length;
        *outcome.by_agent.entry(one.agent.clone()).or_default() += length;
        outcome.total += length;
        for (day, length) in days(one.started, one.ended) {
            *outcome.by_day.entry(day).or_default() += length;
        }
        outcome.sessions.push(one);
    }
    outcome
        .sessions
        .sort_by(|a, b| (a.started, &a.task, a.number).cmp(&(b.started, &b.task, b.number)));
    outcome
}

/// How much of a time falls on which day.
fn days(started: Timestamp, ended: Timestamp) -> Vec<(String, u64)> {
    const DAY: u32 = 86_400;
    let mut days = Vec::new();
    let mut from = started;
    while from < ended {
        let into = from.seconds().rem_euclid(i64::from(DAY));
        let left = DAY - u32::try_from(into).unwrap_or(0);
        let to = ended.min(from.plus(Span::from_seconds(left)));
        let day: String = from.to_string().chars().take(10).collect();
        days.push((day, seconds(from, to)));
        if to == from {
            break;
        }
        from = to;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked(task: &str, agent: &str, started: &str, ended: &str) -> Worked {
        Worked {
            task: task.parse().unwrap(),
            number: Some(1),
            agent: agent.parse().unwrap(),
            workstation: "ws-1".parse().unwrap(),
            started: started.parse().unwrap(),
            ended: ended.parse().unwrap(),
        }
    }

    fn two() -> Vec<Worked> {
        vec![
            worked("A-1", "@a", "2026-11-20T23:00:00Z", "2026-11-21T02:00:00Z"),
            worked("A-2", "@b", "2026-11-21T09:00:00Z", "2026-11-21T09:30:00Z"),
        ]
    }

    #[test]
    fn t11_totals_are_computed_by_task_agent_and_day() {
        let all = summed(two(), &SessionOptions::default());
        assert_eq!(all.total, 3 * 3600 + 1800);
        let days: Vec<(&str, u64)> = all.by_day.iter().map(|(d, s)| (d.as_str(), *s)).collect();
        assert_eq!(days, [("2026-11-20", 3600), ("2026-11-21", 7200 + 1800)]);
        assert_eq!(all.by_task[&"A-2".parse::<TaskId>().unwrap()], 1800);
    }

    #[test]
    fn t11_what_lies_outside_is_cut_off() {
        let options = SessionOptions {
            since: Some("2026-11-21".parse().unwrap()),
            until: Some("2026-11-21T09:10:00Z".parse().unwrap()),
            ..SessionOptions::default()
        };
        let cut = summed(two(), &options);
        assert_eq!(cut.total, 2 * 3600 + 600);
        let of_b = SessionOptions {
            agent: Some("@b".parse().unwrap()),
            ..SessionOptions::default()
        };
        assert_eq!(summed(two(), &of_b).total, 1800);
    }
}
