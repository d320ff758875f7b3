//! What is said of evidence: attestations, and the proof of a defect.

use crate::domain::fixtures::{ANN, World, at, oid, task, tid};
use crate::domain::policy::Owed;
use crate::domain::record::{CheckRun, Proof, RecordBody, RootCause};
use crate::domain::refusal::Refusal;
use crate::domain::request::{AttestWish, HandoffWish, Verb};
use crate::domain::task::{Kind, Tier};

fn held() -> World {
    let mut defect = task("T-1", "A");
    defect.kind = Kind::Defect;
    let mut world =
        World::new(vec![defect]).rules(|rules| rules.policy.gates.proof = Owed::Required);
    world.claim(ANN, "T-1");
    world
}

fn wish() -> AttestWish {
    AttestWish {
        class: Tier::Runtime,
        commit: oid(9),
        text: "the third retry waits 4 s".to_owned(),
        anchors: vec![("src/a".to_owned(), 7)],
        files: Vec::new(),
        observed_at: Some(at(0)),
    }
}

fn attested(attest: AttestWish) -> Result<RecordBody, Refusal> {
    let task = tid("T-1");
    let change = held().ask(ANN, None, Verb::Attest { task, attest })?;
    Ok(change.states[0].append[0].clone())
}

fn gate(outcome: Result<RecordBody, Refusal>) -> &'static str {
    outcome.unwrap_err().gate()
}

#[test]
fn an_attestation_is_bound_to_its_change_and_keeps_the_line_that_git_has() {
    let RecordBody::Attestation(said) = attested(wish()).unwrap() else {
        panic!("no attestation");
    };
    assert_eq!(said.change_key, format!("change-{}", oid(9).short()));
    assert_eq!(said.anchors[0].text, "fn a() {}");
    assert_eq!((said.class, said.observed_at), (Tier::Runtime, Some(at(0))));
}

#[test]
fn what_is_certainly_not_so_is_refused_when_it_is_said() {
    let with = |edit: fn(&mut AttestWish)| {
        let mut attest = wish();
        edit(&mut attest);
        gate(attested(attest))
    };
    assert_eq!(with(|w| w.anchors[0].1 = 100), "anchor-unknown");
    assert_eq!(with(|w| w.text = "works".to_owned()), "text-placeholder");
    assert_eq!(with(|w| w.text = "x ".repeat(3000)), "attestation-size");
    assert_eq!(with(|w| w.observed_at = Some(at(61))), "time-future");
    assert_eq!(with(|w| w.class = Tier::Merge), "attestation-class");
    let mut within_skew = wish();
    within_skew.observed_at = Some(at(60));
    assert!(attested(within_skew).is_ok());
}

fn run(command: &str, exit: i32) -> CheckRun {
    CheckRun {
        command: command.to_owned(),
        exit: Some(exit),
        millis: 5,
        digest: String::new(),
        tail: String::new(),
    }
}

/// The gate that refuses a handoff with this proof, if one does.
fn handed_off(proof_command: &str, text: &str, proof: Option<Proof>) -> Option<&'static str> {
    let verb = Verb::Handoff {
        task: tid("T-1"),
        handoff: HandoffWish {
            root_cause: Some(RootCause {
                text: text.to_owned(),
                layer: "src/a".to_owned(),
                proof: proof_command.to_owned(),
            }),
            proof,
            ..HandoffWish::new(oid(9), "the next slice")
        },
    };
    let outcome = held().ask(ANN, None, verb);
    outcome.err().map(|refusal| refusal.gate())
}

#[test]
fn a_proof_fails_on_the_base_and_passes_on_the_change() {
    let cause = "the budget was counted twice";
    let ran = |before, after| {
        Some(Proof::Ran {
            before: run("make race", before),
            after: run("make race", after),
        })
    };
    let nothing = Some("proof-shows-nothing");
    assert_eq!(handed_off("make race", cause, ran(1, 0)), None);
    assert_eq!(handed_off("make race", cause, ran(0, 0)), nothing);
    assert_eq!(handed_off("make race", cause, ran(1, 1)), nothing);
    assert_eq!(
        handed_off("make other", cause, ran(1, 0)),
        nothing,
        "another command"
    );
    assert_eq!(handed_off("make race", cause, None), Some("proof-owed"));
    let not_run = |reason: &str| {
        Some(Proof::NotRun {
            reason: reason.to_owned(),
        })
    };
    assert_eq!(
        handed_off("make race", cause, not_run("needs the cluster")),
        None
    );
    assert_eq!(
        handed_off("make race", cause, not_run("n/a")),
        Some("proof-owed")
    );
    let vague = Some("root-cause-owed");
    assert_eq!(handed_off("make race", "fixed", ran(1, 0)), vague);
    assert_eq!(
        handed_off("make race", "one\ntwo", ran(1, 0)),
        vague,
        "one sentence"
    );
}

#[test]
fn what_a_handoff_says_of_a_fault_is_as_short_as_a_remark() {
    let long = "long ".repeat(1000);
    let not_run = |reason: &str| {
        Some(Proof::NotRun {
            reason: reason.to_owned(),
        })
    };
    let short = "needs the cluster";
    for (command, text, reason) in [
        (long.as_str(), "a race", short),
        ("make race", long.as_str(), short),
        ("make race", "a race", long.as_str()),
    ] {
        let refused = handed_off(command, text, not_run(reason));
        assert_eq!(refused, Some("text-size"));
    }
}
