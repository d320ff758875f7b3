//! The gates that weigh evidence.

use crate::domain::evidence::EvidenceChecks;
use crate::domain::fixtures::{ANN, DANA, EVE, World, agent, content, handoff, oid, task, tid};
use crate::domain::policy::{EditedChecks, HighRisk};
use crate::domain::record::{CheckRun, Evidence, RecordBody, Review, Verdict};
use crate::domain::refusal::Refusal;
use crate::domain::request::{AttestWish, Verb};
use crate::domain::task::{Risk, Task, Tier};

fn world(edit: impl FnOnce(&mut Task)) -> World {
    let mut one = task("T-1", "A");
    edit(&mut one);
    let mut world = World::new(vec![one]);
    world.claim(ANN, "T-1");
    world
}

fn strict(world: World) -> World {
    world.rules(|rules| {
        rules.policy.gates.high_risk = HighRisk::AnchorAndRuntime;
        rules.policy.gates.review.insert(Risk::High, 0);
    })
}

fn gates(refusal: &Refusal) -> Vec<&'static str> {
    refusal.unmet.iter().map(|unmet| unmet.gate).collect()
}

fn ran(command: &str, clean: bool) -> Evidence {
    Evidence {
        checks: vec![CheckRun {
            command: command.to_owned(),
            exit: Some(0),
            millis: 5,
            digest: "d".to_owned(),
            tail: String::new(),
        }],
        clean,
        ..Evidence::new(oid(9), content(oid(9)), "host-1")
    }
}

fn shown(world: &mut World, command: &str) {
    let evidence = ran(command, false);
    let task = tid("T-1");
    drop(
        world
            .ask(ANN, None, Verb::Evidence { task, evidence })
            .unwrap(),
    );
}

fn attest(class: Tier, anchors: &[(&str, u32)]) -> Verb {
    let anchors = anchors
        .iter()
        .map(|(path, line)| ((*path).to_owned(), *line));
    Verb::Attest {
        task: tid("T-1"),
        attest: AttestWish {
            class,
            commit: oid(9),
            text: "the third retry waits 4 s".to_owned(),
            anchors: anchors.collect(),
            files: Vec::new(),
            observed_at: None,
        },
    }
}

fn lands(world: &mut World) -> Result<(), Refusal> {
    let verb = world.land("T-1");
    world.ask(ANN, None, verb).map(drop)
}

#[test]
fn the_tier_of_the_task_is_reached_by_a_check_of_that_class() {
    let owing = |checks: EvidenceChecks| {
        let mut world = world(|t| {
            t.evidence = Some(Tier::Runtime);
            t.acceptance_checks = vec!["make".to_owned()];
            t.evidence_checks = checks;
        });
        world.hand_off(ANN, "T-1", oid(9));
        shown(&mut world, "make");
        world
    };
    let refusal = lands(&mut owing(EvidenceChecks::default())).unwrap_err();
    assert_eq!(gates(&refusal), ["evidence-tier"]);
    assert!(
        refusal
            .to_string()
            .contains("runtime, and what is shown is local_command")
    );
    let mut planned = owing(EvidenceChecks {
        runtime: vec!["make smoke".to_owned()],
        ..EvidenceChecks::default()
    });
    shown(&mut planned, "make smoke");
    lands(&mut planned).unwrap();
}

#[test]
fn a_check_that_cannot_fail_reaches_no_tier() {
    let mut world = world(|t| {
        t.evidence = Some(Tier::Runtime);
        t.evidence_checks.runtime = vec!["make smoke || true".to_owned()];
    });
    world.hand_off(ANN, "T-1", oid(9));
    shown(&mut world, "make smoke || true");
    assert_eq!(gates(&lands(&mut world).unwrap_err()), ["evidence-tier"]);
}

#[test]
fn a_worker_cannot_say_its_way_up_the_ladder_and_somebody_else_can() {
    let mut world = world(|t| t.evidence = Some(Tier::Stress));
    drop(
        world
            .ask(ANN, None, attest(Tier::Stress, &[("src/a", 1)]))
            .unwrap(),
    );
    world.hand_off(ANN, "T-1", oid(9));
    let refusal = lands(&mut world).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("what is shown is source_trace"),
        "{refusal}"
    );
    drop(world.ask(EVE, None, attest(Tier::Stress, &[])).unwrap());
    lands(&mut world).unwrap();
}

#[test]
fn policy_owes_a_tier_by_risk_and_the_task_names_its_own() {
    let owed = |own: Option<Tier>| {
        let mut world = world(|t| t.evidence = own).rules(|rules| {
            rules.policy.gates.tier.insert(Risk::Normal, Tier::Static);
        });
        world.hand_off(ANN, "T-1", oid(9));
        lands(&mut world).is_err()
    };
    assert!(owed(None));
    assert!(!owed(Some(Tier::SelfReported)));
}

#[test]
fn merge_is_shown_only_where_the_content_stood_alone() {
    let mut world = world(|t| {
        t.evidence = Some(Tier::Merge);
        t.acceptance_checks = vec!["make".to_owned()];
    });
    world.hand_off(ANN, "T-1", oid(9));
    shown(&mut world, "make");
    assert_eq!(gates(&lands(&mut world).unwrap_err()), ["evidence-tier"]);
    let Verb::Land {
        task, onto, result, ..
    } = world.land("T-1")
    else {
        panic!("no landing");
    };
    let evidence = Some(ran("make", true));
    let land = Verb::Land {
        task,
        onto,
        result,
        evidence,
    };
    drop(world.ask(ANN, None, land).unwrap());
}

#[test]
fn high_risk_is_handed_off_with_an_anchor_and_a_runtime_path_only() {
    let mut world = strict(world(|t| {
        t.risk = Risk::High;
        t.evidence_checks.runtime = vec!["make smoke".to_owned()];
    }));
    let handed_off = |world: &mut World| world.ask(ANN, None, handoff("T-1", oid(9)));
    let refusal = handed_off(&mut world).unwrap_err();
    assert_eq!(gates(&refusal), ["anchor-owed", "runtime-path-owed"]);
    let hint = refusal.unmet[1].hint.as_ref().unwrap();
    assert!(hint.contains("laneway block T-1 --reason"), "{hint}");
    drop(
        world
            .ask(ANN, None, attest(Tier::Runtime, &[("src/a", 1)]))
            .unwrap(),
    );
    assert_eq!(
        gates(&handed_off(&mut world).unwrap_err()),
        ["runtime-path-owed"]
    );
    shown(&mut world, "make smoke");
    drop(handed_off(&mut world).unwrap());
    lands(&mut world).unwrap();
}

#[test]
fn somebody_elses_look_at_the_running_thing_is_a_runtime_path() {
    let mut world = strict(world(|t| t.risk = Risk::High));
    drop(
        world
            .ask(EVE, None, attest(Tier::Runtime, &[("src/a", 1)]))
            .unwrap(),
    );
    drop(world.ask(ANN, None, handoff("T-1", oid(9))).unwrap());
    lands(&mut world).unwrap();
}

#[test]
fn a_trivial_check_is_refused_under_high_risk_alone() {
    let refused = |risk| {
        let mut world = strict(world(|t| {
            t.risk = risk;
            t.acceptance_checks = vec!["echo fine".to_owned()];
        }));
        drop(
            world
                .ask(EVE, None, attest(Tier::Runtime, &[("src/a", 1)]))
                .unwrap(),
        );
        world
            .ask(ANN, None, handoff("T-1", oid(9)))
            .is_err_and(|refusal| gates(&refusal) == ["check-trivial"])
    };
    assert!(refused(Risk::High));
    assert!(!refused(Risk::Normal));
}

#[test]
fn a_check_that_the_branch_edited_lands_only_when_somebody_else_approved_the_path() {
    let mut world = world(|t| t.acceptance_checks = vec!["sh src/a".to_owned()])
        .rules(|rules| rules.policy.checks.edited = EditedChecks::Refuse);
    world.hand_off(ANN, "T-1", oid(9));
    shown(&mut world, "sh src/a");
    assert_eq!(gates(&lands(&mut world).unwrap_err()), ["check-edited"]);
    let reviewed = |by: &str, approves: &[&str]| {
        let mut world = world.clone();
        let review = Review {
            approves: approves.iter().map(|path| (*path).to_owned()).collect(),
            ..Review::new(format!("change-{}", oid(9).short()), Verdict::Accept)
        };
        let records = world.snapshot.records.get_mut(&tid("T-1")).unwrap();
        let mut record = records[0].clone();
        record.n = u32::try_from(records.len()).unwrap() + 1;
        record.by = agent(by);
        record.body = RecordBody::Review(review);
        records.push(record);
        lands(&mut world).is_ok()
    };
    assert!(reviewed(EVE, &["src/a"]));
    assert!(!reviewed(EVE, &["src/b"]));
    assert!(!reviewed(ANN, &["src/a"]), "its author");
    assert!(reviewed(DANA, &["src/b", "src/a"]));
}
