//! Which closed tasks go into the archive, and which stay because open work needs them (P12).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::contract_request::{Asked, asked};
use super::id::{BadName, ObjectId, TaskId};
use super::snapshot::Snapshot;
use super::state::{Standing, Status, TaskState};
use super::time::Timestamp;

/// A month of closing, in UTC: `2026-10`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(String);

impl Period {
    /// The period of a moment.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let text = at.to_string();
        let month = text.get(..7).and_then(|month| month.parse().ok());
        // A moment outside the calendar belongs to no month.
        month.unwrap_or_else(|| Self("0000-01".to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Period {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let sound = text.split_once('-').is_some_and(|(year, month)| {
            let in_year = month
                .parse()
                .is_ok_and(|month: u8| (1..=12).contains(&month));
            year.len() == 4 && digits(year) && month.len() == 2 && digits(month) && in_year
        });
        match sound {
            true => Ok(Self(text.to_owned())),
            false => Err(BadName {
                what: "a period",
                value: text.to_owned(),
                why: "it is a month, such as 2026-10",
            }),
        }
    }
}

/// Which tasks are to be archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// All that were closed before a moment.
    Before(Timestamp),
    /// All that were closed in a period.
    In(Period),
    /// These.
    Tasks(Vec<TaskId>),
}

/// Which tasks are to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recalled {
    /// All that were closed in a period.
    Of(Period),
    /// These.
    Tasks(Vec<TaskId>),
}

/// What becomes of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArchiveChange {
    /// The target commit whose plan is read for tasks that the ledger does not define.
    pub rules: Option<ObjectId>,
    /// Tasks that go in, with their period.
    pub put: Vec<(TaskId, Period)>,
    /// Tasks that come out, with their period.
    pub taken: Vec<(TaskId, Period)>,
}

impl ArchiveChange {
    /// Whether nothing happens to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.taken.is_empty()
    }
}

/// What a selection gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// Tasks that go into the archive, by id.
    pub put: Vec<(TaskId, Period)>,
    /// Closed tasks of the selection that stay, with the reason.
    pub kept: Vec<(TaskId, String)>,
}

/// When a task was closed; `None` while it is open.
#[must_use]
pub fn closed_at(state: &TaskState) -> Option<Timestamp> {
    match &state.standing {
        Standing::Done(done) => Some(done.at),
        Standing::Adopted(adoption) => Some(adoption.at),
        Standing::Cancelled { at, .. } => Some(*at),
        _ => None,
    }
}

/// The closed tasks that a selection means, and which of them stay: open work still looks at them,
/// git does not show that they landed, or the archive could not give them back.
#[must_use]
pub fn choose(snapshot: &Snapshot, closed: &Closed) -> Chosen {
    let needed = needed(snapshot);
    let named: Option<BTreeSet<&TaskId>> = match closed {
        Closed::Tasks(ids) => Some(ids.iter().collect()),
        _ => None,
    };
    let mut chosen = Chosen::default();
    for task in snapshot.plan.iter() {
        let state = snapshot.states.get(&task.id);
        let Some(at) = closed_at(state) else {
            continue;
        };
        let meant = match closed {
            Closed::Before(moment) => at < *moment,
            Closed::In(period) => Period::of(at) == *period,
            Closed::Tasks(_) => named.as_ref().is_some_and(|ids| ids.contains(&task.id)),
        };
        if !meant {
            continue;
        }
        let open_parent = task
            .parent
            .as_ref()
            .filter(|parent| is_open(snapshot, parent));
        let why = if let Some(why) = needed.get(&task.id) {
            Some(why.clone())
        } else if let Some(parent) = open_parent {
            Some(format!("it is a part of `{parent}`, which is open"))
        } else if state.status() == Status::Done && !snapshot.landed(&task.id) {
            Some("its commit is not on the target".to_owned())
        } else {
            let mut asked = asked(snapshot.records_of(&task.id));
            let waiting = asked.find(Asked::is_open);
            let waiting =
                waiting.map(|asked| format!("its request {} waits for a decision", asked.record.n));
            waiting.or_else(|| snapshot.facts.stuck.get(&task.id).cloned())
        };
        match why {
            Some(why) => chosen.kept.push((task.id.clone(), why)),
            None => chosen.put.push((task.id.clone(), Period::of(at))),
        }
    }
    chosen
}

fn is_open(snapshot: &Snapshot, id: &TaskId) -> bool {
    snapshot.plan.get(id).is_some() && closed_at(snapshot.states.get(id)).is_none()
}

/// What open tasks name, with the reason for which it stays.
fn needed(snapshot: &Snapshot) -> BTreeMap<TaskId, String> {
    let mut needed = BTreeMap::new();
    for task in snapshot.plan.iter() {
        let state = snapshot.states.get(&task.id);
        if closed_at(state).is_some() {
            continue;
        }
        let id = &task.id;
        for need in &task.depends_on {
            let why = || format!("`{id}` depends on it and is open");
            needed.entry(need.clone()).or_insert_with(why);
        }
        if let Some(parent) = &task.parent {
            let why = || format!("`{id}` is a part of it and is open");
            needed.entry(parent.clone()).or_insert_with(why);
        }
        if let Some((_, Some(by))) = state.hindrance() {
            let why = || format!("`{id}` is blocked by it");
            needed.entry(by.clone()).or_insert_with(why);
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_month() {
        let at: Timestamp = "2026-10-31T23:59:59Z".parse().unwrap();
        assert_eq!(Period::of(at).as_str(), "2026-10");
        for bad in [
            "2026",
            "2026-13",
            "2026-00",
            "26-10",
            "2026-1",
            "../x",
            "2026-10-01",
        ] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }
}
