use super::*;
use crate::domain::fixtures::{ANN, EVE, World, agent, at, oid, task, tid};
use crate::domain::record::{Evidence, Review, RootCause, Verdict};
use crate::domain::state::Epoch;

const KEY: &str = "change";

fn record(n: u32, by: &str, seconds: i64, body: RecordBody) -> Record {
    Record {
        n,
        at: at(seconds),
        by: agent(by),
        epoch: Epoch(1),
        body,
    }
}

fn handoff(files: &[&str]) -> Handoff {
    Handoff {
        commit: oid(9),
        base: oid(1),
        change_key: KEY.to_owned(),
        commits: vec![oid(9)],
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        next: "the retry budget".to_owned(),
        risks: Vec::new(),
        not_proven: Vec::new(),
        root_cause: None,
        proof: None,
        outside: Vec::new(),
        host: None,
    }
}

fn attestation(text: &str, observed_at: Option<Timestamp>) -> RecordBody {
    RecordBody::Attestation(Attestation {
        class: crate::domain::task::Tier::Runtime,
        commit: oid(9),
        change_key: KEY.to_owned(),
        changed_at: at(3),
        text: text.to_owned(),
        anchors: Vec::new(),
        files: Vec::new(),
        observed_at,
    })
}

fn run(command: &str, millis: u64, digest: &str) -> CheckRun {
    CheckRun {
        command: command.to_owned(),
        exit: Some(0),
        millis,
        digest: digest.to_owned(),
        tail: String::new(),
    }
}

fn ran(checks: Vec<CheckRun>) -> RecordBody {
    RecordBody::Evidence(Evidence {
        checks,
        ..Evidence::new(oid(9), oid(8), "host-1")
    })
}

/// The reasons of the doubts about these records of a task with these checks.
fn reasons(kind: Kind, checks: &[&str], records: &[Record]) -> Vec<&'static str> {
    let mut one = task("T-1", "A");
    one.kind = kind;
    one.acceptance_checks = checks.iter().map(|check| (*check).to_owned()).collect();
    let mut world = World::new(vec![one]);
    world.claim(ANN, "T-1");
    let planned = world.snapshot.plan.get(&tid("T-1")).unwrap();
    let doubts = of(&world.snapshot, planned, records);
    doubts
        .into_iter()
        .map(|doubt| doubt.reason.word())
        .collect()
}

#[test]
fn honest_records_raise_no_doubt() {
    let records = [
        record(
            1,
            ANN,
            10,
            attestation("the third retry waits 4 s", Some(at(5))),
        ),
        record(
            2,
            ANN,
            20,
            ran(vec![run("make", 0, "d1"), run("make lint", 3, NO_OUTPUT)]),
        ),
        record(
            3,
            ANN,
            30,
            RecordBody::Handoff(handoff(&["src/a", "README.md"])),
        ),
        record(
            4,
            EVE,
            40,
            RecordBody::Review(Review::new(KEY, Verdict::Accept)),
        ),
    ];
    assert!(reasons(Kind::Feature, &["make"], &records).is_empty());
}

#[test]
fn times_and_texts_that_cannot_be_believed_are_doubts() {
    let midnight = Timestamp::from_seconds(at(0).seconds() / 86_400 * 86_400 + 86_400);
    let seen = |text: &str, when| [record(1, ANN, 10, attestation(text, Some(when)))];
    let text = "the page loads";
    let of = |records: &[Record]| reasons(Kind::Feature, &[], records);
    assert_eq!(of(&seen(text, midnight)), ["midnight", "future"]);
    assert_eq!(of(&seen(text, at(500))), ["future"]);
    assert_eq!(of(&seen(text, at(-1))), ["before-claim", "before-change"]);
    assert_eq!(of(&seen(text, at(2))), ["before-change"]);
    assert_eq!(of(&seen("works", at(5))), ["placeholder"]);
}

#[test]
fn runs_that_look_made_up_are_doubts() {
    let of = |runs| reasons(Kind::Feature, &[], &[record(1, ANN, 10, ran(runs))]);
    assert_eq!(of(vec![run("a", 0, NO_OUTPUT)]), ["no-work"]);
    assert_eq!(
        of(vec![run("a", 4, "d"), run("b", 4, "d")]),
        ["same-output"]
    );
    assert!(of(vec![run("a", 4, NO_OUTPUT), run("b", 4, NO_OUTPUT)]).is_empty());
    assert_eq!(
        reasons(Kind::Feature, &["make || true"], &[]),
        ["trivial-check"]
    );
}

#[test]
fn a_review_before_its_handoff_is_a_doubt() {
    let review = RecordBody::Review(Review::new(KEY, Verdict::Accept));
    let records = [
        record(1, EVE, 10, review),
        record(2, ANN, 20, RecordBody::Handoff(handoff(&["src/a"]))),
    ];
    assert_eq!(
        reasons(Kind::Feature, &[], &records),
        ["review-before-handoff"]
    );
}

#[test]
fn what_the_branch_does_to_its_own_checks_is_a_doubt_until_it_is_approved_by_name() {
    let changed = record(
        1,
        ANN,
        10,
        RecordBody::Handoff(handoff(&["Makefile", "src/a"])),
    );
    let records = [changed.clone()];
    assert_eq!(
        reasons(Kind::Feature, &["make test"], &records),
        ["check-edited"]
    );
    let review = |by| {
        let review = Review {
            approves: vec!["Makefile".to_owned()],
            ..Review::new(KEY, Verdict::Accept)
        };
        record(2, by, 20, RecordBody::Review(review))
    };
    let approved = [changed.clone(), review(EVE)];
    assert!(reasons(Kind::Feature, &["make test"], &approved).is_empty());
    let by_itself = [changed, review(ANN)];
    assert_eq!(
        reasons(Kind::Feature, &["make test"], &by_itself),
        ["check-edited"]
    );
}

#[test]
fn a_change_that_is_not_what_it_claims_is_a_doubt() {
    let documents = [record(
        1,
        ANN,
        10,
        RecordBody::Handoff(handoff(&["doc/a.md", "LICENSE"])),
    )];
    assert_eq!(reasons(Kind::Feature, &[], &documents), ["documents-only"]);
    assert!(reasons(Kind::Chore, &[], &documents).is_empty());
    let cause = |layer: &str| RootCause {
        text: "the budget was counted twice".to_owned(),
        layer: layer.to_owned(),
        proof: "make".to_owned(),
    };
    let mended = |layer| {
        let handoff = Handoff {
            root_cause: Some(cause(layer)),
            proof: Some(Proof::NotRun {
                reason: "needs the cluster".to_owned(),
            }),
            ..handoff(&["src/retry/budget.rs"])
        };
        [record(1, ANN, 10, RecordBody::Handoff(handoff))]
    };
    assert_eq!(
        reasons(Kind::Defect, &[], &mended("src/retry")),
        ["not-proven"]
    );
    assert_eq!(
        reasons(Kind::Defect, &[], &mended("src/ret")),
        ["not-proven", "layer-untouched"]
    );
}
