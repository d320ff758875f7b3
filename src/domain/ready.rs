//! What can start, in which order, and for everything else why not (P14, P20, P21).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::gates::ClaimCase;
use super::id::{AgentName, LaneName, RoleName};
use super::lease;
use super::plan::Head;
use super::refusal::Unmet;
use super::routing;
use super::snapshot::Snapshot;
use super::state::Standing;
use super::task::Task;
use super::time::Timestamp;

/// Which tasks are asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Work of this role.
    pub role: Option<&'a RoleName>,
    /// Work that this lane could take.
    pub lane: Option<&'a LaneName>,
    /// Work that this agent could take; without one only the task's own readiness is judged.
    pub asker: Option<Asker<'a>>,
}

/// Who asks what it could take.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The agent.
    pub agent: &'a AgentName,
    /// Where it runs.
    pub host: &'a str,
}

impl Filter<'_> {
    fn admits(&self, head: &Head<'_>) -> bool {
        self.role.is_none_or(|role| role.as_str() == head.role)
            && self.lane.is_none_or(|lane| {
                lane.role.as_str() == head.role
                    && head.lane.is_none_or(|pinned| pinned == lane.number())
            })
    }
}

/// An open task with what stands against it.
#[derive(Debug, Clone)]
pub struct Waiting<'a> {
    /// The task.
    pub task: &'a Task,
    /// Unmet conditions; never empty, at least one is no warning.
    pub unmet: Vec<Unmet>,
}

/// The place of a task in the queue: resumed work first, then priority, sequence, age, id. Its
/// place in the plan comes last, so that it can be read.
type Place<'a> = (Reverse<bool>, u8, i64, i64, &'a str, usize);

fn place<'a>(snapshot: &Snapshot, at: usize, head: Head<'a>) -> Place<'a> {
    let resumed = match &snapshot.states.of(head.id).standing {
        Standing::Todo { resume } => resume.is_some(),
        Standing::Blocked { .. } => true,
        _ => false,
    };
    (
        Reverse(resumed),
        head.priority,
        head.sequence,
        head.created,
        head.id,
        at,
    )
}

/// The tasks that nobody holds at `now`, in the order of the queue, whether ready or not.
#[must_use]
pub fn open_in_order<'a>(
    snapshot: &'a Snapshot,
    filter: Filter<'_>,
    now: Timestamp,
) -> Vec<&'a Task> {
    queue(snapshot, filter, now).collect()
}

/// The same, sorted only as far as it is read: whoever takes the first ready task of 100,000
/// seldom looks at the second hundred.
pub(super) fn queue<'a>(
    snapshot: &'a Snapshot,
    filter: Filter<'_>,
    now: Timestamp,
) -> impl Iterator<Item = &'a Task> {
    let mut places: BinaryHeap<Reverse<Place<'a>>> = snapshot
        .plan
        .heads()
        .filter(|(_, head)| filter.admits(head) && is_open(snapshot, head.id, now))
        .map(|(at, head)| Reverse(place(snapshot, at, head)))
        .collect();
    std::iter::from_fn(move || places.pop()).filter_map(|Reverse(place)| snapshot.plan.at(place.5))
}

/// The tasks that can start at `now`, in the order in which they should. Judged one by one as they
/// are asked for: the first ten of many cost ten judgements.
pub fn ready<'a>(
    snapshot: &'a Snapshot,
    filter: Filter<'a>,
    now: Timestamp,
) -> impl Iterator<Item = &'a Task> {
    queue(snapshot, filter, now).filter(move |task| case(snapshot, task, filter, now).holds())
}

/// The tasks that are neither closed nor ready, in the order of the queue, each with every
/// condition that does not hold and its holder.
#[must_use]
pub fn waiting<'a>(snapshot: &'a Snapshot, filter: Filter<'_>, now: Timestamp) -> Vec<Waiting<'a>> {
    let closed = |id: &str| {
        matches!(
            snapshot.states.of(id).standing,
            Standing::Done(_) | Standing::Adopted(_) | Standing::Cancelled { .. }
        )
    };
    let mut rest: Vec<Place<'_>> = snapshot
        .plan
        .heads()
        .filter(|(_, head)| filter.admits(head) && !closed(head.id))
        .map(|(at, head)| place(snapshot, at, head))
        .collect();
    rest.sort_unstable();
    rest.into_iter()
        .filter_map(|place| snapshot.plan.at(place.5))
        .map(|task| Waiting {
            task,
            unmet: case(snapshot, task, filter, now).unmet(),
        })
        .filter(|waiting| waiting.unmet.iter().any(|unmet| !unmet.warning))
        .collect()
}

fn case<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    filter: Filter<'a>,
    now: Timestamp,
) -> ClaimCase<'a> {
    let case = ClaimCase {
        lane: filter.lane,
        agent: filter.asker.map(|asker| asker.agent),
        host: filter.asker.map(|asker| asker.host),
        ..ClaimCase::open(snapshot, task, now)
    };
    ClaimCase {
        workstation: filter.asker.and_then(|_| routing::choose(&case, None)),
        ..case
    }
}

fn is_open(snapshot: &Snapshot, id: &str, now: Timestamp) -> bool {
    match &snapshot.states.of(id).standing {
        Standing::Todo { .. } | Standing::Blocked { .. } | Standing::Withheld(_) => true,
        Standing::AwaitingScope(claim) | Standing::InProgress(claim) => {
            lease::expired(claim, snapshot.rules.policy.lease, now)
        }
        Standing::InReview { .. }
        | Standing::Done(_)
        | Standing::Adopted(_)
        | Standing::Cancelled { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{ANN, BOB, World, agent, at, block, lane, oid, task, tid};
    use crate::domain::request::{ClaimWish, Verb};
    use crate::domain::state::{Resume, TaskState};

    fn ids<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Vec<&'a str> {
        tasks.into_iter().map(|task| task.id.as_str()).collect()
    }

    fn with(id: &str, edit: impl FnOnce(&mut Task)) -> Task {
        let mut one = task(id, "A");
        edit(&mut one);
        one
    }

    fn resumed(world: &mut World, id: &str) {
        let resume = Some(Resume {
            agent: agent(ANN),
            lane: lane("A"),
            workstation: None,
            commit: Some(oid(9)),
            scoped: false,
        });
        let state = TaskState {
            standing: Standing::Todo { resume },
            ..TaskState::default()
        };
        world.snapshot.states.insert(tid(id), state);
    }

    #[test]
    fn p20_order_is_resumed_priority_sequence_age_id() {
        let mut world = World::new(vec![
            with("T-1", |_| {}),
            with("T-2", |t| t.created_at = Some(at(9))),
            with("T-3", |t| t.created_at = Some(at(5))),
            with("T-4", |t| t.sequence = -1),
            with("T-5", |t| t.priority = 1),
            with("T-6", |t| t.priority = 9),
            with("T-7", |_| {}),
        ]);
        resumed(&mut world, "T-6");
        let queue = ready(&world.snapshot, Filter::default(), world.now);
        assert_eq!(
            ids(queue),
            ["T-6", "T-5", "T-4", "T-3", "T-2", "T-1", "T-7"]
        );
    }

    #[test]
    fn p20_dependencies_come_before_priority() {
        let world = World::new(vec![
            with("T-1", |t| {
                t.priority = 1;
                t.depends_on = vec![tid("T-2")];
            }),
            with("T-2", |t| t.priority = 9),
        ]);
        assert_eq!(
            ids(ready(&world.snapshot, Filter::default(), world.now)),
            ["T-2"]
        );
    }

    #[test]
    fn a_filter_admits_the_work_of_its_role_or_lane() {
        let mut world = World::new(vec![
            with("T-1", |t| t.lane = Some(lane("A:2"))),
            task("T-2", "A"),
            task("T-3", "B"),
        ]);
        let listed = |world: &World, role: Option<&str>, lane_name: Option<&str>| {
            let role = role.map(crate::domain::fixtures::role);
            let lane = lane_name.map(lane);
            let filter = Filter {
                role: role.as_ref(),
                lane: lane.as_ref(),
                asker: None,
            };
            let found = ready(&world.snapshot, filter, world.now);
            found.map(|t| t.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(listed(&world, Some("A"), None), ["T-1", "T-2"]);
        assert_eq!(listed(&world, None, Some("A")), ["T-2"]);
        assert_eq!(listed(&world, None, Some("A:2")), ["T-1", "T-2"]);
        world.claim(BOB, "T-2");
        assert_eq!(listed(&world, None, Some("A")), Vec::<String>::new());
        assert_eq!(listed(&world, Some("A"), None), ["T-1"]);
    }

    #[test]
    fn i08_who_asks_is_told_what_the_map_and_the_workstation_say() {
        let world = World::new(vec![task("T-1", "A"), task("T-2", "D")]);
        let asked = |who: &str, host: &str, world: &World| {
            let name = agent(who);
            let filter = Filter {
                asker: Some(Asker { agent: &name, host }),
                ..Filter::default()
            };
            let found = ids(ready(&world.snapshot, filter, world.now)).join(" ");
            let rest = waiting(&world.snapshot, filter, world.now);
            let gates = |task: &str| {
                let of = rest.iter().filter(|one| one.task.id.as_str() == task);
                let unmet = of.flat_map(|one| &one.unmet);
                unmet.map(|unmet| unmet.gate).collect::<Vec<_>>().join(" ")
            };
            (found, gates("T-1"))
        };
        let nothing = String::new;
        assert_eq!(asked(ANN, "host-1", &world), ("T-1".to_owned(), nothing()));
        let stranger = (nothing(), "agent-unknown".to_owned());
        assert_eq!(asked("@mallory", "host-1", &world), stranger);
        let away = world.rules(|rules| {
            let all = rules.workstations.workstations.values_mut();
            all.for_each(|known| known.hosts = vec!["host-2".to_owned()]);
        });
        let elsewhere = (nothing(), "workstation-host".to_owned());
        assert_eq!(asked(ANN, "host-1", &away), elsewhere);
        assert_eq!(asked(ANN, "host-2", &away).0, "T-1");
    }

    #[test]
    fn p21_waiting_names_every_reason_and_holder() {
        let mut world = World::new(vec![
            with("T-1", |t| {
                t.parked = true;
                t.depends_on = vec![tid("T-2")];
            }),
            task("T-2", "A"),
            task("T-3", "B"),
            task("T-4", "B"),
        ]);
        world.claim(BOB, "T-2");
        world.claim(ANN, "T-3");
        let found = waiting(&world.snapshot, Filter::default(), world.now);
        let reasons: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|one| {
                (
                    one.task.id.as_str(),
                    one.unmet.iter().map(|u| u.gate).collect(),
                )
            })
            .collect();
        assert_eq!(
            reasons,
            [
                ("T-1", vec!["dependency", "parked"]),
                ("T-2", vec!["task-held"]),
                ("T-3", vec!["task-held",]),
                ("T-4", vec!["lane-busy"]),
            ]
        );
        let holders: Vec<_> = found
            .iter()
            .map(|one| one.unmet[0].holder.as_ref().and_then(|h| h.agent.clone()))
            .collect();
        let (ann, bob) = (Some(agent(ANN)), Some(agent(BOB)));
        assert_eq!(holders, [bob.clone(), bob, ann.clone(), ann]);
    }

    #[test]
    fn p22_a_task_whose_blocker_landed_is_ready_and_first() {
        let mut world = World::new(vec![
            with("T-1", |t| t.priority = 1),
            task("T-2", "A"),
            task("T-3", "B"),
        ]);
        world.claim(ANN, "T-2");
        drop(world.ask(ANN, None, block("T-2", Some("T-3"))).unwrap());
        assert_eq!(
            ids(ready(&world.snapshot, Filter::default(), world.now)),
            ["T-1", "T-3"]
        );
        world.finish(BOB, "T-3", oid(9));
        assert_eq!(
            ids(ready(&world.snapshot, Filter::default(), world.now)),
            ["T-2", "T-1"]
        );
    }

    #[test]
    fn open_tasks_are_those_that_nobody_holds() {
        let mut world = World::new(vec![task("T-1", "A"), task("T-2", "A"), task("T-3", "B")]);
        world.claim(ANN, "T-1");
        world.finish(BOB, "T-3", oid(9));
        assert_eq!(
            ids(open_in_order(&world.snapshot, Filter::default(), world.now)),
            ["T-2"]
        );
        world.pass(4000);
        assert_eq!(
            ids(open_in_order(&world.snapshot, Filter::default(), world.now)),
            ["T-1", "T-2"]
        );
    }

    #[test]
    fn the_last_of_30_000_tasks_is_claimed_when_all_before_it_wait() {
        let name = |n: usize| format!("T-{n:06}");
        let mut tasks: Vec<Task> = (1..30_000)
            .map(|n| with(&name(n), |t| t.depends_on = vec![tid(&name(n - 1))]))
            .collect();
        tasks.push(with(&name(0), |t| t.priority = 9));
        let mut world = World::new(tasks);
        let next = Verb::Claim(ClaimWish::default());
        let change = world.ask(ANN, None, next.clone()).unwrap();
        assert_eq!(change.states[0].task, tid(&name(0)));
        let refusal = world.ask(BOB, None, next).unwrap_err();
        let says = "29999 open, held back 29999 by dependency";
        assert!(refusal.to_string().contains(says), "{refusal}");
    }
}
