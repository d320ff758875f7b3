//! The gates of a claim.

use crate::domain::fixtures::{
    ANN, BOB, TTL, World, agent, at, block, globs, lane, oid, planned, role, task, tid,
};
use crate::domain::gates::{CLAIM, ClaimCase, choose_lane};
use crate::domain::id::LaneName;
use crate::domain::policy::Reservations;
use crate::domain::refusal::{RefusalKind, Unmet};
use crate::domain::routing::choose;
use crate::domain::snapshot::{Origin, Plan};
use crate::domain::state::{Resume, Standing, TaskState};
use crate::domain::task::Task;

/// What stands against `by` claiming `T-1`, warnings included.
pub(super) fn unmet_in(world: &World, by: &str, wanted: Option<&LaneName>) -> Vec<Unmet> {
    let name = agent(by);
    let task = world.snapshot.plan.get(&tid("T-1")).unwrap();
    let case = ClaimCase {
        agent: Some(&name),
        lane: wanted,
        host: Some("host-1"),
        ..ClaimCase::open(&world.snapshot, task, world.now)
    };
    let case = ClaimCase {
        workstation: choose(&case, None),
        ..case
    };
    let unmet = case.unmet();
    assert_eq!(case.holds(), unmet.iter().all(|unmet| unmet.warning));
    for gate in CLAIM {
        let said = (gate.check)(&case).iter().all(|unmet| unmet.warning);
        assert_eq!((gate.holds)(&case), said, "{}", gate.page.id);
    }
    unmet
}

pub(super) fn unmet(world: &World) -> Vec<Unmet> {
    unmet_in(world, ANN, None)
}

#[track_caller]
pub(super) fn refuses(unmet: &[Unmet], kind: RefusalKind, gate: &str, says: &str) {
    let [one] = unmet else {
        panic!("one reason expected: {unmet:?}");
    };
    assert_eq!((one.kind, one.gate), (kind, gate));
    assert!(one.message.contains(says), "{}", one.message);
}

#[track_caller]
fn held(unmet: &[Unmet], by: &str, task: &str) {
    let holder = unmet[0].holder.as_ref().unwrap();
    assert_eq!(
        (holder.agent.clone(), holder.task.clone()),
        (Some(agent(by)), Some(tid(task)))
    );
    assert_eq!(holder.until, Some(at(TTL)));
}

pub(super) fn with(edit: impl FnOnce(&mut Task)) -> World {
    let mut one = task("T-1", "A");
    edit(&mut one);
    World::new(vec![
        one,
        task("T-2", "A"),
        task("T-3", "A"),
        task("T-4", "B"),
    ])
}

pub(super) fn plain() -> World {
    with(|_| {})
}

#[test]
fn nothing_stands_against_a_plain_task() {
    assert_eq!(unmet(&plain()), Vec::new());
}

#[test]
fn plan_unsound() {
    let world = with(|t| t.depends_on = vec![tid("X-1")]);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "plan-unsound",
        "`X-1`, which no plan file defines",
    );
    let mut twice = plain();
    let mut other = task("T-1", "A");
    other.priority = 1;
    let both = vec![(task("T-1", "A"), Origin::Target), (other, Origin::Ledger)];
    twice.snapshot.plan = Plan::new(both).into();
    refuses(
        &unmet(&twice),
        RefusalKind::Rule,
        "plan-unsound",
        "differently on target and ledger",
    );
    let alike = vec![
        (task("T-1", "A"), Origin::Target),
        (task("T-1", "A"), Origin::Ledger),
    ];
    twice.snapshot.plan = Plan::new(alike).into();
    assert_eq!(unmet(&twice), Vec::new());
}

#[test]
fn role_unknown() {
    let of = |name: &str| {
        let world = with(|t| t.role = role(name));
        world.rules(|rules| {
            let ann = rules.identity.agents.get_mut(&agent(ANN)).unwrap();
            ann.roles.insert(role(name));
        })
    };
    refuses(
        &unmet(&of("Z")),
        RefusalKind::Rule,
        "role-unknown",
        "`Z` is not in policy",
    );
    refuses(
        &unmet(&of("D")),
        RefusalKind::Rule,
        "role-unknown",
        "only reviews",
    );
    let none = plain().rules(|r| r.policy.roles.get_mut(&role("A")).unwrap().lanes = 0);
    refuses(
        &unmet(&none),
        RefusalKind::Rule,
        "role-unknown",
        "has no lanes",
    );
    assert_eq!(unmet(&of("B")), Vec::new());
}

#[test]
fn task_held_and_closed() {
    let mut world = plain();
    world.claim(BOB, "T-1");
    let found = unmet(&world);
    refuses(
        &found,
        RefusalKind::Conflict,
        "task-held",
        "held by @bob in lane A until",
    );
    held(&found, BOB, "T-1");
    let own = unmet_in(&world, BOB, None);
    assert!(own[0].hint.as_ref().unwrap().contains("LANEWAY_CLAIM"));
    let mut blocked = world.clone();
    drop(blocked.ask(BOB, None, block("T-1", None)).unwrap());
    refuses(
        &unmet(&blocked),
        RefusalKind::Conflict,
        "task-blocked",
        "is blocked: waits",
    );
    let mut late = world.clone();
    late.pass(4000);
    assert_eq!(unmet(&late), Vec::new());
    world.hand_off(BOB, "T-1", oid(9));
    refuses(
        &unmet(&world),
        RefusalKind::Conflict,
        "task-held",
        "in review, handed off by @bob",
    );
    let land = world.land("T-1");
    drop(world.ask(BOB, None, land).unwrap());
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "task-closed",
        "is done since",
    );
}

#[test]
fn dependency() {
    let mut world = with(|t| t.depends_on = vec![tid("T-2")]);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "dependency",
        "`T-2`, which is todo, not landed",
    );
    world.claim(BOB, "T-2");
    let found = unmet(&world);
    refuses(&found, RefusalKind::Rule, "dependency", "is in_progress");
    held(&found, BOB, "T-2");
    world.hand_off(BOB, "T-2", oid(9));
    let land = world.land("T-2");
    drop(world.ask(BOB, None, land).unwrap());
    assert_eq!(unmet(&world), Vec::new());
    std::sync::Arc::make_mut(&mut world.snapshot.facts.reachable).clear();
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "dependency",
        "commit is not on the target",
    );
}

#[test]
fn parked_and_not_before() {
    let world = with(|t| t.parked = true);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "parked",
        "`T-1` is parked",
    );
    let mut world = with(|t| t.not_before = Some(at(10)));
    let found = unmet(&world);
    refuses(
        &found,
        RefusalKind::Rule,
        "not-before",
        "starts no earlier than",
    );
    assert_eq!(found[0].holder.as_ref().unwrap().until, Some(at(10)));
    world.pass(10);
    assert_eq!(unmet(&world), Vec::new());
}

#[test]
fn lane_busy() {
    let mut world = plain();
    world.claim(BOB, "T-2");
    assert_eq!(unmet(&world), Vec::new());
    let found = unmet_in(&world, ANN, Some(&lane("A")));
    refuses(
        &found,
        RefusalKind::Conflict,
        "lane-busy",
        "lane A is busy with `T-2`, held by @bob",
    );
    held(&found, BOB, "T-2");
    world.claim(BOB, "T-3");
    let both = unmet(&world);
    assert_eq!(both.len(), 2, "each lane is named");
    assert!(both[1].message.contains("lane A:2 is busy with `T-3`"));
    let mut pinned = with(|t| t.lane = Some(lane("A:2")));
    pinned.claim(BOB, "T-2");
    assert_eq!(unmet(&pinned), Vec::new());
    world.pass(4000);
    assert_eq!(unmet(&world), Vec::new());
}

#[test]
fn lane_wrong() {
    let wanted = |name: &str| unmet_in(&plain(), ANN, Some(&lane(name)));
    refuses(
        &wanted("B"),
        RefusalKind::Rule,
        "lane-wrong",
        "work of A, not of lane B",
    );
    refuses(
        &wanted("A:3"),
        RefusalKind::Rule,
        "lane-wrong",
        "there is no lane A:3",
    );
    assert_eq!(wanted("A:2"), Vec::new());
    let pinned = |name: &str| with(|t| t.lane = Some(lane(name)));
    let other = unmet_in(&pinned("A"), ANN, Some(&lane("A:2")));
    refuses(
        &other,
        RefusalKind::Rule,
        "lane-wrong",
        "pinned to lane A, not A:2",
    );
    refuses(
        &unmet(&pinned("B")),
        RefusalKind::Rule,
        "lane-wrong",
        "not of lane B",
    );
    refuses(
        &unmet(&pinned("A:9")),
        RefusalKind::Rule,
        "lane-wrong",
        "no lane A:9",
    );
}

#[test]
fn work_goes_on_in_the_lane_it_had_while_the_role_has_it() {
    for (had, gets) in [("A:2", "A:2"), ("A:7", "A"), ("B", "A")] {
        let mut world = plain();
        let resume = Some(Resume {
            agent: agent(BOB),
            lane: lane(had),
            workstation: None,
            commit: None,
            scoped: false,
        });
        let state = TaskState {
            standing: Standing::Todo { resume },
            ..TaskState::default()
        };
        world.snapshot.states.insert(tid("T-1"), state);
        let task = world.snapshot.plan.get(&tid("T-1")).unwrap();
        let case = ClaimCase::open(&world.snapshot, task, world.now);
        assert_eq!(choose_lane(&case), Some(lane(gets)), "had {had}");
    }
}

#[test]
fn exclusive_group() {
    let grouped = |id: &str, of: &str, groups: &[&str]| {
        let mut one = task(id, of);
        one.exclusive = groups.iter().map(|g| g.parse().unwrap()).collect();
        one
    };
    let tasks = |other: &[&str]| vec![grouped("T-1", "A", &["db"]), grouped("T-2", "B", other)];
    let mut world = World::new(tasks(&["api", "db"]));
    world.claim(BOB, "T-2");
    let found = unmet(&world);
    refuses(
        &found,
        RefusalKind::Conflict,
        "exclusive-group",
        "group `db` is taken by `T-2`",
    );
    held(&found, BOB, "T-2");
    let mut apart = World::new(tasks(&["api"]));
    apart.claim(BOB, "T-2");
    assert_eq!(unmet(&apart), Vec::new());
}

#[test]
fn path_reservation() {
    let owning = |id: &str, of: &str, patterns: &[&str]| {
        let mut one = task(id, of);
        one.owned_paths = globs(patterns);
        one
    };
    for (mode, theirs, warning) in [
        (Reservations::Refuse, "src/a/**", Some(false)),
        (Reservations::Warn, "src/a/**", Some(true)),
        (Reservations::Off, "src/a/**", None),
        (Reservations::Refuse, "doc/**", None),
    ] {
        let tasks = vec![
            owning("T-1", "A", &["src/**"]),
            owning("T-2", "B", &[theirs]),
        ];
        let mut world = World::new(tasks).rules(|r| r.policy.path_reservations = mode);
        world.claim(BOB, "T-2");
        let found = unmet(&world);
        let Some(warning) = warning else {
            assert_eq!(found, Vec::new(), "{mode} {theirs}");
            continue;
        };
        refuses(
            &found,
            RefusalKind::Conflict,
            "path-reservation",
            "`src/**` overlaps `src/a/**` of `T-2`",
        );
        held(&found, BOB, "T-2");
        assert_eq!(found[0].warning, warning);
    }
}

#[test]
fn a_refusal_names_every_reason_and_a_rule_outweighs_a_conflict() {
    let mut one = task("T-1", "B");
    one.parked = true;
    one.depends_on = vec![tid("T-2")];
    let mut world = World::new(vec![one, task("T-2", "B")]);
    world.claim(BOB, "T-2");
    world.snapshot.plan = planned(world.snapshot.plan.iter().cloned().collect()).into();
    let refusal = world
        .ask(ANN, None, crate::domain::fixtures::claim("T-1"))
        .unwrap_err();
    let gates: Vec<&str> = refusal.unmet.iter().map(|u| u.gate).collect();
    assert_eq!(gates, ["dependency", "parked", "lane-busy"]);
    assert_eq!(
        (refusal.kind, refusal.gate()),
        (RefusalKind::Rule, "dependency")
    );
}
