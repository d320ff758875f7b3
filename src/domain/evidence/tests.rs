use super::*;
use crate::domain::fixtures::{ANN, BOB, EVE, World, agent, at, oid, task};
use crate::domain::record::Anchor;
use crate::domain::state::Epoch;

#[test]
fn the_class_of_a_check_is_that_of_the_plan() {
    let mut one = task("T-1", "A");
    one.acceptance_checks = vec!["make".to_owned(), "make lint".to_owned()];
    one.evidence_checks = EvidenceChecks {
        analysis: vec!["make vet".to_owned(), "make lint".to_owned()],
        runtime: vec!["make smoke".to_owned()],
        stress: vec!["make soak".to_owned(), "make smoke".to_owned()],
    };
    let classes = [
        "make",
        "make vet",
        "make lint",
        "make soak",
        "make smoke",
        "other",
    ]
    .map(|command| class_of(&one, command).word());
    let expected = [
        "local_command",
        "static",
        "local_command",
        "stress",
        "stress",
    ];
    assert_eq!(classes[..5], expected);
    assert_eq!(classes[5], "local_command", "of the role or of a path");
}

#[test]
fn what_a_worker_says_of_its_own_work_never_exceeds_self_reported() {
    let world = World::new(vec![task("T-1", "A")]);
    let worth_of = |by: &str, class, anchored: bool| {
        let anchor = Anchor {
            path: "src/a".to_owned(),
            line: 1,
            text: "fn a() {}".to_owned(),
        };
        let said = Attestation {
            class,
            commit: oid(9),
            change_key: "change".to_owned(),
            changed_at: at(0),
            text: "the retry stops".to_owned(),
            anchors: Vec::from_iter(anchored.then_some(anchor)),
            files: Vec::new(),
            observed_at: None,
        };
        let record = Record {
            n: 1,
            at: at(1),
            by: agent(by),
            epoch: Epoch(1),
            body: RecordBody::Attestation(said.clone()),
        };
        let records = [record];
        worth(
            &world.snapshot,
            &records,
            Some(&agent(ANN)),
            &records[0],
            &said,
        )
    };
    assert_eq!(worth_of(ANN, Tier::Stress, false), Tier::SelfReported);
    assert_eq!(worth_of(ANN, Tier::Stress, true), Tier::SourceTrace);
    assert_eq!(worth_of(ANN, Tier::SelfReported, true), Tier::SelfReported);
    assert_eq!(worth_of(EVE, Tier::Stress, false), Tier::Stress);
    assert_eq!(
        worth_of(BOB, Tier::Stress, false),
        Tier::SelfReported,
        "may not review"
    );
}
