//! Tasks of another tracker, and their first standing.

use crate::domain::decide::{Change, PlanChange};
use crate::domain::fixtures::{
    ANN, DANA, EVE, World, agent, at, claim, oid, package, release, task, tid,
};
use crate::domain::id::ObjectId;
use crate::domain::identity::Capability;
use crate::domain::import::{FirstBlock, FirstStanding, ImportFile, ImportedTask, Origin};
use crate::domain::package::StopGate;
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{Dependents, Verb};
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
            package: None,
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
    let mut world = World::new(Vec::new());
    let import = || import(vec![one("T-1", FirstStanding::Done, None)]);
    assert_ne!(world.ask(DANA, None, import()), Ok(Change::default()));
    assert_eq!(world.ask(DANA, None, import()), Ok(Change::default()));
}

fn blocked(by: Option<&str>, since: Option<i64>) -> FirstStanding {
    FirstStanding::Blocked(FirstBlock {
        reason: "waits for quota".to_owned(),
        by: by.map(tid),
        since: since.map(at),
    })
}

#[test]
fn what_was_blocked_is_blocked_and_nobody_has_it() {
    let mut world = World::new(vec![task("T-1", "A")]);
    world.pass(100);
    let now = world.now;
    let verb = import(vec![
        one("T-2", blocked(None, Some(7)), None),
        one("T-3", blocked(Some("T-2"), None), None),
        // A clock that ran ahead there says nothing here.
        one("T-4", blocked(None, Some(199)), None),
    ]);
    drop(world.ask(DANA, None, verb).unwrap());
    for (id, since) in [("T-2", at(7)), ("T-3", now), ("T-4", now)] {
        let state = world.state(id);
        let Standing::Withheld(hindrance) = &state.standing else {
            panic!("{state:?}")
        };
        assert_eq!((state.status(), state.claim()), (Status::Blocked, None));
        assert_eq!(hindrance.since, since, "{id}");
    }
    let refused = world.ask(ANN, None, claim("T-2")).unwrap_err();
    let found = (refused.kind, refused.gate());
    assert_eq!(found, (RefusalKind::Conflict, "task-blocked"));
    assert!(refused.to_string().contains("waits for quota"), "{refused}");
    no(world.ask(ANN, None, release("T-2")), "not-holder", "T-2");
    // Whoever may plan ends it, and nobody else.
    let unblock = || Verb::Unblock { task: tid("T-2") };
    no(world.ask(EVE, None, unblock()), "agent-may", "may not plan");
    drop(world.ask(DANA, None, unblock()).unwrap());
    assert_eq!(world.state("T-2").standing, Standing::default());
    // It may be given up as it is.
    let cancel = Verb::Cancel {
        task: tid("T-4"),
        reason: "not here".to_owned(),
        dependents: Dependents::None,
    };
    drop(world.ask(DANA, None, cancel).unwrap());
    assert_eq!(world.state("T-4").status(), Status::Cancelled);
}

#[test]
fn a_block_by_a_task_is_over_once_that_has_landed() {
    let mut world = World::new(vec![task("T-1", "A")]);
    world.reach(oid(5));
    let verb = import(vec![
        one("T-2", FirstStanding::Done, Some(oid(5))),
        one("T-3", blocked(Some("T-2"), None), None),
    ]);
    drop(world.ask(DANA, None, verb).unwrap());
    world.claim(ANN, "T-3");
    assert_eq!(world.state("T-3").status(), Status::InProgress);
}

#[test]
fn a_block_owes_a_reason_and_a_task_that_is_there() {
    let mut world = World::new(vec![task("T-1", "A")]);
    let stranger = import(vec![one("T-2", blocked(Some("T-9"), None), None)]);
    no(world.ask(DANA, None, stranger), "task-unknown", "T-9");
    let itself = import(vec![one("T-2", blocked(Some("T-2"), None), None)]);
    no(world.ask(DANA, None, itself), "block-self", "T-2");
    let silent = FirstStanding::Blocked(FirstBlock {
        reason: " ".to_owned(),
        by: None,
        since: None,
    });
    let silent = import(vec![one("T-2", silent, None)]);
    no(world.ask(DANA, None, silent), "reason-owed", "T-2");
}

#[test]
fn a_plan_file_of_an_import_comes_over_no_other() {
    let mut world = World::new(vec![task("T-1", "A")]);
    let verb = import(vec![one("T-2", FirstStanding::Todo, None)]);
    let place = verb.plan_files().next().unwrap().to_owned();
    world.snapshot.facts.taken.insert(place.clone());
    no(
        world.ask(DANA, None, verb.clone()),
        "plan-file-taken",
        &place,
    );
    world.snapshot.facts.taken.clear();
    drop(world.ask(DANA, None, verb).unwrap());
}

#[test]
fn a_package_comes_to_its_own_place_and_over_no_other() {
    let there = package("T-1", StopGate::None);
    let mut world =
        World::new(vec![task("T-1", "A")]).packages(vec![("packages/T-1.md", Ok(there))]);
    let with = |path: &str| {
        let mut new = one("T-2", FirstStanding::Todo, None);
        new.task.package = Some(path.to_owned());
        new.origin.package = Some(oid(7));
        import(vec![new])
    };
    for path in ["policy.yaml", "packages/x/T-2.md", "packages/../queue.md"] {
        no(
            world.ask(DANA, None, with(path)),
            "package-taken",
            "no place",
        );
    }
    let taken = world.ask(DANA, None, with("packages/T-1.md"));
    no(taken, "package-taken", "is here already");
    let change = world.ask(DANA, None, with("packages/T-2.md")).unwrap();
    assert!(change.plan.contains(&PlanChange::File {
        path: "governance/packages/T-2.md".to_owned(),
        blob: oid(7),
    }));
}

#[test]
fn an_import_that_was_won_by_another_standing_is_refused() {
    let first = || vec![one("T-2", FirstStanding::Todo, None)];
    let mut world = World::new(Vec::new());
    drop(world.ask(DANA, None, import(first())).unwrap());
    // The same again is no change, whoever asks.
    let again = world.ask(EVE, None, import(first())).unwrap();
    assert_eq!(again, Change::default());
    for standing in [
        FirstStanding::Done,
        FirstStanding::Cancelled { reason: None },
        FirstStanding::Blocked(FirstBlock {
            reason: "it waits".to_owned(),
            by: None,
            since: None,
        }),
    ] {
        let other = import(vec![one("T-2", standing, None)]);
        no(world.ask(DANA, None, other), "id-taken", "defined already");
    }
    // Done on a word, and done in a commit, are not the same.
    let mut world = World::new(Vec::new());
    world.reach(oid(5));
    let done = |commit| import(vec![one("T-2", FirstStanding::Done, commit)]);
    drop(world.ask(DANA, None, done(None)).unwrap());
    assert_eq!(
        world.ask(DANA, None, done(None)).unwrap(),
        Change::default()
    );
    no(
        world.ask(DANA, None, done(Some(oid(5)))),
        "id-taken",
        "defined already",
    );
}
