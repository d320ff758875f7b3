//! Definitions, and the ends of a task.

use std::sync::Arc;

use crate::domain::decide::{Change, PlanChange};
use crate::domain::fixtures::{ANN, BOB, DANA, EVE, World, lane, oid, task, tid};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{Dependents, FieldEdit, FieldValue, NewTask, Verb};
use crate::domain::snapshot::{Origin, Plan};
use crate::domain::state::{Epoch, Status};
use crate::domain::task::Task;

fn add(tasks: Vec<Task>) -> Verb {
    let new = |task| NewTask {
        task,
        definition: "{}".to_owned(),
    };
    Verb::Add(tasks.into_iter().map(new).collect())
}

fn needing(id: &str, needs: &[&str]) -> Task {
    let mut one = task(id, "A");
    one.depends_on = needs.iter().map(|need| tid(need)).collect();
    one
}

fn one() -> World {
    World::new(vec![task("T-1", "A")])
}

fn refused(world: &mut World, by: &str, verb: Verb) -> Refusal {
    world.ask(by, None, verb).unwrap_err()
}

#[track_caller]
fn no(refusal: &Refusal, gate: &str, says: &str) {
    assert_eq!(
        (refusal.kind, refusal.gate()),
        (RefusalKind::Rule, gate),
        "{refusal}"
    );
    assert!(refusal.to_string().contains(says), "{refusal}");
}

#[test]
fn a_definition_is_added_once() {
    let mut world = one();
    let verb = add(vec![needing("T-2", &["T-1"])]);
    drop(world.ask(DANA, None, verb.clone()).unwrap());
    assert_eq!(world.ask(DANA, None, verb), Ok(Change::default()));
    no(
        &refused(&mut world, DANA, add(vec![task("T-2", "B")])),
        "id-taken",
        "defined already",
    );
}

#[test]
fn a_definition_that_does_not_hold_is_refused() {
    let mut world = one();
    let mut check =
        |tasks: Vec<Task>, gate, says| no(&refused(&mut world, DANA, add(tasks)), gate, says);
    check(Vec::new(), "nothing-to-add", "no task");
    check(
        vec![task("T-2", "A"), task("T-2", "A")],
        "id-taken",
        "twice",
    );
    check(
        vec![needing("T-2", &["X-1"])],
        "dependency-unknown",
        "`X-1`",
    );
    check(vec![task("T-2", "Z")], "role-unknown", "`Z`");
    let mut other = task("T-2", "A");
    other.parent = Some(tid("X-1"));
    check(vec![other], "parent-unknown", "`X-1`");
    let mut other = task("T-2", "A");
    other.lane = Some(lane("B"));
    check(vec![other], "lane-wrong", "pinned");
    let mut other = task("T-2", "A");
    other.merge_stage = Some("later".parse().unwrap());
    check(vec![other], "stage-unknown", "`later`");
    no(
        &refused(&mut world, ANN, add(vec![task("T-2", "A")])),
        "agent-may",
        "may not plan",
    );
}

#[test]
fn p17_cycles_are_refused_as_paths() {
    let mut world = one();
    let ring = vec![needing("T-2", &["T-3", "T-1"]), needing("T-3", &["T-2"])];
    no(
        &refused(&mut world, DANA, add(ring)),
        "dependency-cycle",
        "T-2 → T-3 → T-2",
    );
    drop(
        world
            .ask(DANA, None, add(vec![needing("T-2", &["T-1"])]))
            .unwrap(),
    );
    world.snapshot.facts.edited = Some(Box::new(needing("T-1", &["T-2"])));
    no(
        &refused(&mut world, DANA, edit("T-1")),
        "dependency-cycle",
        "T-1 → T-2 → T-1",
    );
}

fn edit(id: &str) -> Verb {
    let value = Some(FieldValue::Number(1));
    Verb::Edit {
        task: tid(id),
        fields: vec![FieldEdit {
            key: "priority".to_owned(),
            value,
        }],
    }
}

#[test]
fn an_edit_needs_the_right_the_place_and_a_safe_text() {
    let mut world = one();
    no(
        &refused(&mut world, DANA, edit("X-1")),
        "task-unknown",
        "no plan file defines",
    );
    no(
        &refused(&mut world, ANN, edit("T-1")),
        "agent-may",
        "may not plan",
    );
    no(
        &refused(&mut world, DANA, edit("T-1")),
        "edit-unsafe",
        "cannot be edited",
    );
    world.snapshot.facts.edited = Some(Box::new(task("T-9", "A")));
    no(
        &refused(&mut world, DANA, edit("T-1")),
        "id-fixed",
        "never changes",
    );
    let plan = Plan::new(vec![(task("T-1", "A"), Origin::Target)]);
    world.snapshot.plan = Arc::new(plan);
    no(
        &refused(&mut world, DANA, edit("T-1")),
        "plan-on-target",
        "planned on the target",
    );
}

#[test]
fn only_a_person_unparks() {
    let mut parked = task("T-1", "A");
    parked.parked = true;
    let mut world = World::new(vec![parked]).rules(|rules| {
        let may = rules.identity.agents[&crate::domain::fixtures::agent(DANA)]
            .may
            .clone();
        for known in rules.identity.agents.values_mut() {
            known.may.clone_from(&may);
        }
    });
    world.snapshot.facts.edited = Some(Box::new(task("T-1", "A")));
    no(
        &refused(&mut world, ANN, edit("T-1")),
        "parked",
        "only a person unparks",
    );
    drop(world.ask(DANA, None, edit("T-1")).unwrap());
}

fn cancel(id: &str, dependents: Dependents) -> Verb {
    Verb::Cancel {
        task: tid(id),
        reason: "not wanted".to_owned(),
        dependents,
    }
}

#[test]
fn a_cancelled_task_leaves_its_dependents_by_choice() {
    let tasks = vec![
        task("T-1", "A"),
        needing("T-2", &["T-1", "T-3"]),
        task("T-3", "A"),
    ];
    let mut world = World::new(tasks.clone());
    let refusal = refused(&mut world, DANA, cancel("T-1", Dependents::None));
    no(&refusal, "has-dependents", "T-2 depends on `T-1`");
    let change = world
        .ask(DANA, None, cancel("T-1", Dependents::DropEdge))
        .unwrap();
    assert!(matches!(&change.plan[..], [PlanChange::Edit { task, .. }] if *task == tid("T-2")));
    assert_eq!(
        world.snapshot.plan.get(&tid("T-2")).unwrap().depends_on,
        [tid("T-3")]
    );
    let mut kept = World::new(tasks);
    drop(
        kept.ask(DANA, None, cancel("T-1", Dependents::Keep))
            .unwrap(),
    );
    let refusal = refused(&mut kept, ANN, crate::domain::fixtures::claim("T-2"));
    no(&refusal, "dependency", "is cancelled and will never land");
}

#[test]
fn an_edge_planned_on_the_target_is_dropped_there() {
    let mut world = one();
    let plan = Plan::new(vec![
        (task("T-1", "A"), Origin::Ledger),
        (needing("T-2", &["T-1"]), Origin::Target),
    ]);
    world.snapshot.plan = Arc::new(plan);
    let refusal = refused(&mut world, DANA, cancel("T-1", Dependents::DropEdge));
    no(&refusal, "plan-on-target", "`T-2` is planned on the target");
}

#[test]
fn who_cancels_is_the_holder_a_planner_or_an_admin() {
    let mut world = one();
    no(
        &refused(&mut world, BOB, cancel("T-1", Dependents::None)),
        "agent-may",
        "may not plan",
    );
    world.claim(ANN, "T-1");
    no(
        &refused(&mut world, BOB, cancel("T-1", Dependents::None)),
        "agent-may",
        "may not admin",
    );
    drop(
        world
            .ask(ANN, Some(1), cancel("T-1", Dependents::None))
            .unwrap(),
    );
    no(
        &refused(&mut world, DANA, cancel("T-1", Dependents::None)),
        "lifecycle",
        "is cancelled",
    );
}

#[test]
fn a_reopened_task_keeps_its_epoch_and_frees_no_dependent() {
    let reopen = |reason: &str| Verb::Reopen {
        task: tid("T-1"),
        reason: reason.to_owned(),
    };
    let mut world = World::new(vec![task("T-1", "A"), needing("T-2", &["T-1"])]);
    no(
        &refused(&mut world, DANA, reopen("x")),
        "lifecycle",
        "is todo",
    );
    world.finish(ANN, "T-1", oid(9));
    no(
        &refused(&mut world, EVE, reopen("x")),
        "agent-may",
        "may not admin",
    );
    no(
        &refused(&mut world, DANA, reopen(" ")),
        "reason-owed",
        "owes a reason",
    );
    drop(world.ask(DANA, None, reopen("wrong")).unwrap());
    assert_eq!(
        (world.state("T-1").status(), world.state("T-1").epoch),
        (Status::Todo, Epoch(1))
    );
    let refusal = refused(&mut world, BOB, crate::domain::fixtures::claim("T-2"));
    no(&refusal, "dependency", "`T-1`, which is todo");
}
