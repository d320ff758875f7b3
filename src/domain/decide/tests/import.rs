//! Tasks of another tracker, and their first standing.

use crate::domain::decide::Change;
use crate::domain::fixtures::{ANN, DANA, EVE, World, agent, oid, task, tid};
use crate::domain::id::ObjectId;
use crate::domain::identity::Capability;
use crate::domain::import::{FirstStanding, ImportFile, ImportedTask, Origin};
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::Verb;
use crate::domain::state::{Standing, Status};

fn one(id: &str, standing: FirstStanding, commit: Option<ObjectId>) -> ImportedTask {
    ImportedTask {
        task: task(id, "A"),
        origin: Origin {
            task: tid(id),
            id: id.to_lowercase(),
            status: "there".to_owned(),
            standing,
            commit,
            remark: None,
        },
    }
}

fn import(tasks: Vec<ImportedTask>) -> Verb {
    Verb::Import {
        source: "playbook".to_owned(),
        files: vec![ImportFile {
            path: "governance/queue/import-x.yaml".to_owned(),
            blob: oid(9),
        }],
        tasks,
    }
}

#[track_caller]
fn no(refused: Result<Change, Refusal>, gate: &str, says: &str) {
    let refusal = refused.unwrap_err();
    let found = (refusal.kind, refusal.gate());
    assert_eq!(found, (RefusalKind::Rule, gate), "{refusal}");
    assert!(refusal.to_string().contains(says), "{refusal}");
}

#[test]
fn an_import_gives_each_new_task_its_first_standing() {
    let mut world = World::new(vec![task("T-1", "A")]);
    world.reach(oid(5));
    let mut remarked = one("T-4", FirstStanding::Todo, None);
    remarked.origin.remark = Some("it was held by @kim".to_owned());
    let verb = import(vec![
        one("T-2", FirstStanding::Done, Some(oid(5))),
        one("T-3", FirstStanding::Cancelled { reason: None }, None),
        remarked,
        one("T-5", FirstStanding::Todo, None),
        one("T-6", FirstStanding::Done, None),
    ]);
    let change = world.ask(DANA, None, verb).unwrap();
    // An open task of which there is nothing to say has no state.
    let touched: Vec<&str> = change.states.iter().map(|one| one.task.as_str()).collect();
    assert_eq!(touched, ["T-2", "T-3", "T-4", "T-6"]);
    let Standing::Adopted(proven) = &world.state("T-2").standing else {
        panic!("{:?}", world.state("T-2"))
    };
    assert_eq!((proven.commit, proven.on_word), (oid(5), false));
    let Standing::Adopted(vouched) = &world.state("T-6").standing else {
        panic!("{:?}", world.state("T-6"))
    };
    // On the importer's word it is done where the target stands.
    assert_eq!(
        (vouched.commit, vouched.on_word),
        (world.snapshot.rules.at, true)
    );
    assert_eq!(world.state("T-3").status(), Status::Cancelled);
    assert_eq!(world.state("T-4").status(), Status::Todo);
    let told = change.states.iter().flat_map(|one| &one.append);
    let told: Vec<&RecordBody> = told.collect();
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|body| matches!(
        body, RecordBody::Event { event, reason } if event == "import" && reason.contains("playbook")
    )));
    assert!(world.snapshot.landed(&tid("T-2")));
}

#[test]
fn an_import_never_touches_a_task_that_is_there() {
    let mut world = World::new(vec![task("T-1", "A")]);
    no(
        world.ask(
            DANA,
            None,
            import(vec![
                one("T-1", FirstStanding::Done, None),
                one("T-2", FirstStanding::Todo, None),
            ]),
        ),
        "id-taken",
        "defined already",
    );
    // Nor one whose definition is gone while its history is not.
    world.claim(ANN, "T-1");
    let plan = crate::domain::fixtures::planned(Vec::new());
    world.snapshot.plan = std::sync::Arc::new(plan);
    no(
        world.ask(
            DANA,
            None,
            import(vec![one("T-1", FirstStanding::Done, None)]),
        ),
        "id-taken",
        "has a history",
    );
}

#[test]
fn an_import_is_a_planners_and_done_work_a_mergers_word() {
    let mut world = World::new(Vec::new());
    let open = || import(vec![one("T-1", FirstStanding::Todo, None)]);
    no(world.ask(EVE, None, open()), "agent-may", "may not plan");
    let mut world = World::new(Vec::new()).rules(|rules| {
        let known = rules.identity.agents.get_mut(&agent(EVE)).unwrap();
        known.may.insert(Capability::Plan);
    });
    no(
        world.ask(
            EVE,
            None,
            import(vec![one("T-1", FirstStanding::Done, None)]),
        ),
        "agent-may",
        "may not merge",
    );
    drop(world.ask(EVE, None, open()).unwrap());
    no(
        world.ask(
            DANA,
            None,
            import(vec![one("T-2", FirstStanding::Done, Some(oid(7)))]),
        ),
        "not-on-target",
        "the landing of `T-2`",
    );
}

#[test]
fn what_was_imported_as_done_is_reopened_and_never_unlanded() {
    let mut world = World::new(Vec::new());
    drop(
        world
            .ask(
                DANA,
                None,
                import(vec![one("T-1", FirstStanding::Done, None)]),
            )
            .unwrap(),
    );
    let unland = Verb::Unland {
        task: tid("T-1"),
        reason: "the target was rewritten".to_owned(),
    };
    no(
        world.ask(DANA, None, unland),
        "lifecycle",
        "imported as done",
    );
    let reopen = Verb::Reopen {
        task: tid("T-1"),
        reason: "it was not".to_owned(),
    };
    drop(world.ask(DANA, None, reopen).unwrap());
    assert_eq!(world.state("T-1").standing, Standing::Todo { resume: None });
}

#[test]
fn the_same_import_again_changes_nothing() {
    let mut world = World::new(vec![task("T-1", "A")]);
    let again = import(vec![one("T-1", FirstStanding::Done, None)]);
    assert_eq!(world.ask(DANA, None, again), Ok(Change::default()));
}
