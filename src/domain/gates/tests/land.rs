//! The gates of a landing.

use crate::domain::fixtures::{
    ANN, BOB, EVE, World, agent, content, globs, handoff, oid, planned, release, role, task, tid,
};
use crate::domain::gates::{LandCase, predecessors};
use crate::domain::policy::{Owed, ParentRule, PathRule, ReviewRoute};
use crate::domain::record::{CheckRun, Evidence, Record, RecordBody, Review, Verdict};
use crate::domain::refusal::{RefusalKind, Unmet};
use crate::domain::snapshot::RangeFacts;
use crate::domain::state::{Epoch, Standing};
use crate::domain::task::{Risk, Task};

/// `T-1` handed off by Ann as commit 9, beside `others`, and edited since.
fn submitted(edit: impl FnOnce(&mut Task), others: Vec<Task>) -> World {
    let mut tasks = vec![task("T-1", "A")];
    tasks.extend(others);
    let mut world = World::new(tasks.clone());
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(9));
    edit(&mut tasks[0]);
    world.snapshot.plan = planned(tasks).into();
    world
}

fn plain() -> World {
    submitted(|_| {}, Vec::new())
}

fn judged(
    world: &World,
    evidence: Option<&Evidence>,
    edit: impl FnOnce(&mut RangeFacts),
) -> Vec<Unmet> {
    let mut world = world.clone();
    let verb = world.land("T-1");
    world.look_at(&verb);
    let mut range = world.snapshot.facts.range.take().unwrap();
    edit(&mut range);
    let Standing::InReview {
        claim, submission, ..
    } = &world.state("T-1").standing
    else {
        panic!("not handed off");
    };
    let case = LandCase {
        snapshot: &world.snapshot,
        task: world.snapshot.plan.get(&tid("T-1")).unwrap(),
        claim,
        submission,
        range: &range,
        evidence,
        evidence_due: true,
        now: world.now,
    };
    case.unmet()
}

fn unmet(world: &World) -> Vec<Unmet> {
    judged(world, None, |_| {})
}

#[track_caller]
fn refuses(unmet: &[Unmet], kind: RefusalKind, gate: &str, says: &str) {
    let [one] = unmet else {
        panic!("one reason expected: {unmet:?}");
    };
    assert_eq!((one.kind, one.gate), (kind, gate));
    assert!(one.message.contains(says), "{}", one.message);
}

#[test]
fn nothing_stands_against_plain_work() {
    assert_eq!(unmet(&plain()), Vec::new());
}

#[test]
fn plan_unsound_and_dependency() {
    let mut world = submitted(|_| {}, vec![task("T-2", "A")]);
    let tasks = |need: &str| {
        let mut one = task("T-1", "A");
        one.depends_on = vec![tid(need)];
        planned(vec![one, task("T-2", "A")])
    };
    world.snapshot.plan = tasks("X-1").into();
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "plan-unsound",
        "`X-1`, which no plan file defines",
    );
    world.snapshot.plan = tasks("T-2").into();
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "dependency",
        "`T-2`, which is todo",
    );
    world.finish(BOB, "T-2", oid(8));
    assert_eq!(unmet(&world), Vec::new());
}

#[test]
fn submission_changed() {
    for edit in [
        |range: &mut RangeFacts| range.tip = oid(7),
        |range: &mut RangeFacts| range.change_key = "other".to_owned(),
    ] {
        let found = judged(&plain(), None, edit);
        refuses(
            &found,
            RefusalKind::Rule,
            "submission-changed",
            "no longer gives the change",
        );
    }
}

fn part(id: &str, stage: Option<&str>, order: Option<i64>) -> Task {
    let mut one = task(id, "A");
    one.parent = Some(tid("P-1"));
    one.merge_stage = stage.map(|s| s.parse().unwrap());
    one.merge_order = order;
    one
}

#[test]
fn p18_merge_order() {
    let others = vec![part("T-2", None, Some(1)), task("P-1", "B")];
    let mut world = submitted(|t| *t = part("T-1", None, Some(2)), others);
    let found = unmet(&world);
    refuses(
        &found,
        RefusalKind::Rule,
        "merge-order",
        "`T-2` lands before `T-1` (merge order 1) and is todo",
    );
    assert_eq!(found[0].holder.as_ref().unwrap().task, Some(tid("T-2")));
    world.finish(BOB, "T-2", oid(8));
    assert_eq!(unmet(&world), Vec::new());
}

#[test]
fn stages_outweigh_orders_and_contracts_make_groups() {
    let mut shared = task("T-5", "A");
    shared.contract_touchpoints = globs(&["doc/api/**"]);
    shared.merge_order = Some(0);
    let mut apart = task("T-6", "A");
    apart.contract_touchpoints = globs(&["doc/web/**"]);
    apart.merge_order = Some(0);
    let mut mine = part("T-1", Some("implementation"), Some(5));
    mine.contract_touchpoints = globs(&["doc/api/x.yaml"]);
    let world = World::new(vec![
        mine.clone(),
        part("T-2", Some("contract"), Some(9)),
        part("T-3", Some("integration"), Some(1)),
        part("T-4", None, Some(4)),
        part("T-7", None, None),
        shared,
        apart,
    ]);
    let before: Vec<&str> = predecessors(&world.snapshot, &mine)
        .iter()
        .map(|task| task.id.as_str())
        .collect();
    assert_eq!(before, ["T-2", "T-4", "T-5"]);
}

#[test]
fn parent_waits() {
    let mut child = task("T-2", "A");
    child.parent = Some(tid("T-1"));
    let mut world = submitted(|_| {}, vec![child]);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "parent-waits",
        "its part `T-2` is todo",
    );
    let apart = world
        .clone()
        .rules(|r| r.policy.merge.parent = ParentRule::Independent);
    assert_eq!(unmet(&apart), Vec::new());
    world.finish(BOB, "T-2", oid(8));
    assert_eq!(unmet(&world), Vec::new());
}

#[test]
fn merge_commits_and_governance() {
    let found = judged(&plain(), None, |range| range.commits[0].merge = true);
    refuses(
        &found,
        RefusalKind::Rule,
        "merge-commit",
        "is a merge commit",
    );
    for (path, free) in [
        ("Governance/policy.yaml", false),
        ("src/governance/a", true),
    ] {
        let found = judged(&plain(), None, |range| {
            range.commits[0].paths = vec![path.to_owned()]
        });
        assert_eq!(found.is_empty(), free, "{path}");
        if !free {
            refuses(&found, RefusalKind::Rule, "governance-touched", path);
        }
    }
}

#[test]
fn foreign_and_forbidden_paths() {
    let world = submitted(|t| t.owned_paths = globs(&["doc/**"]), Vec::new());
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "foreign-paths",
        "src/a, outside the owned paths doc/**",
    );
    let world = submitted(|t| t.forbidden_paths = globs(&["src/*"]), Vec::new());
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "forbidden-paths",
        "src/a, forbidden by `src/*`",
    );
    let mut other = task("T-2", "A");
    other.owned_paths = globs(&["src/**"]);
    let mut world = submitted(|_| {}, vec![other]);
    world.claim(BOB, "T-2");
    let found = unmet(&world);
    refuses(
        &found,
        RefusalKind::Conflict,
        "foreign-paths",
        "reserved as `src/**` by `T-2`",
    );
    assert_eq!(found[0].holder.as_ref().unwrap().task, Some(tid("T-2")));
    drop(world.ask(BOB, None, release("T-2")).unwrap());
    assert_eq!(unmet(&world), Vec::new());
}

fn reviewed(world: &mut World, by: &str, verdict: Verdict, design_only: bool) {
    let change_key = format!("change-{}", oid(9).short());
    let records = world.snapshot.records.entry(tid("T-1")).or_default();
    let review = Review {
        design_only,
        ..Review::new(change_key, verdict)
    };
    records.push(Record {
        n: u32::try_from(records.len()).unwrap() + 1,
        at: world.now,
        by: agent(by),
        epoch: Epoch(1),
        body: RecordBody::Review(review),
    });
}

#[test]
fn review_owed_by_risk() {
    let world = submitted(|t| t.risk = Risk::High, Vec::new());
    let missing = "is of high risk and has no accepting review";
    refuses(&unmet(&world), RefusalKind::Rule, "review-owed", missing);
    let after = |words: &[(&str, Verdict, bool)]| {
        let mut world = world.clone();
        for (by, verdict, design_only) in words {
            reviewed(&mut world, by, *verdict, *design_only);
        }
        unmet(&world).is_empty()
    };
    assert!(after(&[(EVE, Verdict::Accept, false)]));
    assert!(!after(&[(ANN, Verdict::Accept, false)]), "its author");
    assert!(!after(&[(EVE, Verdict::Accept, true)]), "a design");
    assert!(!after(&[
        (EVE, Verdict::Accept, false),
        (EVE, Verdict::Revise, false)
    ]));
    assert!(after(&[
        (EVE, Verdict::Revise, false),
        (EVE, Verdict::Accept, false)
    ]));
}

#[test]
fn who_once_handed_the_change_off_reviews_it_never() {
    let mut world = submitted(|t| t.risk = Risk::High, Vec::new());
    let back = crate::domain::request::Verb::Return {
        task: tid("T-1"),
        reason: "too large".to_owned(),
        saved: None,
    };
    drop(world.ask(ANN, None, back).unwrap());
    world.claim(BOB, "T-1");
    drop(world.ask(BOB, None, handoff("T-1", oid(9))).unwrap());
    reviewed(&mut world, ANN, Verdict::Accept, false);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "review-owed",
        "no accepting review",
    );
}

#[test]
fn review_owed_by_path() {
    let route = ReviewRoute {
        paths: globs(&["src/**"]),
        reviewers: vec![role("D")],
    };
    let mut world = plain().rules(|rules| rules.policy.review_routes = vec![route]);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "review-owed",
        "src/a is reviewed by D",
    );
    reviewed(&mut world, BOB, Verdict::Accept, false);
    assert_eq!(unmet(&world).len(), 1, "Bob has not the role");
    reviewed(&mut world, EVE, Verdict::Accept, false);
    assert_eq!(unmet(&world), Vec::new());
}

fn ran(command: &str, exit: Option<i32>, tip: u8) -> Evidence {
    let run = CheckRun {
        command: command.to_owned(),
        exit,
        millis: 5,
        digest: String::new(),
        tail: String::new(),
    };
    Evidence {
        commit: oid(tip),
        content_key: content(oid(tip)),
        checks: vec![run],
        host: "host-1".to_owned(),
        workstation: None,
        clean: false,
    }
}

#[test]
fn evidence_owed() {
    let world = submitted(
        |t| t.acceptance_checks = vec!["make".to_owned()],
        Vec::new(),
    );
    let found = |exit, tip| judged(&world, Some(&ran("make", exit, tip)), |_| {});
    let rule = RefusalKind::Rule;
    refuses(
        &unmet(&world),
        rule,
        "evidence-owed",
        "`make` has not run on the content",
    );
    refuses(
        &found(Some(1), 9),
        rule,
        "evidence-owed",
        "failed with exit code 1",
    );
    refuses(&found(None, 9), rule, "evidence-owed", "ended by a signal");
    refuses(
        &found(Some(0), 8),
        rule,
        "evidence-owed",
        "has not run on the content",
    );
    assert_eq!(found(Some(0), 9), Vec::new());
    let free = world
        .clone()
        .rules(|rules| rules.policy.gates.evidence = Owed::None);
    assert_eq!(unmet(&free), Vec::new());
}

#[test]
fn checks_are_owed_by_task_role_and_path() {
    let world = plain().rules(|rules| {
        let of_role = rules.policy.roles.get_mut(&role("A")).unwrap();
        of_role.required_checks = vec!["lint".to_owned()];
        let by_path = |when: &str, check: &str| PathRule {
            when: globs(&[when]),
            checks: vec![check.to_owned()],
            also_change: Vec::new(),
        };
        rules.policy.path_rules = vec![by_path("src/**", "codegen"), by_path("doc/**", "spell")];
    });
    let owed: Vec<String> = unmet(&world).into_iter().map(|u| u.message).collect();
    assert_eq!(owed.len(), 2, "{owed:?}");
    assert!(owed[0].contains("`lint`") && owed[1].contains("`codegen`"));
}
