//! What is said and shown about work: notes, evidence, handoffs, reviews.

use crate::domain::decide::decide;
use crate::domain::fixtures::{
    ANN, BOB, DANA, EVE, World, agent, content, handoff, note, oid, task, tid,
};
use crate::domain::record::{Evidence, Finding, RecordBody, RootCause, Severity, Verdict};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{HandoffWish, ReviewWish, Verb};
use crate::domain::state::{Epoch, Standing, Status};
use crate::domain::task::Kind;

fn held() -> World {
    let mut defect = task("T-2", "A");
    defect.kind = Kind::Defect;
    let mut world = World::new(vec![task("T-1", "A"), defect]);
    world.claim(ANN, "T-1");
    world
}

fn submitted() -> World {
    let mut world = held();
    world.hand_off(ANN, "T-1", oid(9));
    world
}

fn refused(world: &mut World, by: &str, verb: Verb) -> Refusal {
    world.ask(by, None, verb).unwrap_err()
}

#[track_caller]
fn no(refusal: &Refusal, kind: RefusalKind, gate: &str) {
    assert_eq!((refusal.kind, refusal.gate()), (kind, gate), "{refusal}");
}

fn review(verdict: Verdict, commit: u8, findings: usize) -> Verb {
    let finding = Finding::new(Severity::Major, "src/a", "wrong");
    Verb::Review {
        task: tid("T-1"),
        review: ReviewWish {
            findings: vec![finding; findings],
            ..ReviewWish::new(oid(commit), verdict)
        },
    }
}

fn evidence() -> Verb {
    Verb::Evidence {
        task: tid("T-1"),
        evidence: Evidence {
            commit: oid(9),
            content_key: content(oid(9)),
            checks: Vec::new(),
            host: "host-1".to_owned(),
            workstation: None,
            clean: false,
        },
    }
}

#[test]
fn notes_are_short_and_by_those_whom_the_map_knows() {
    let mut world = held();
    for text in [" ".to_owned(), "x".repeat(4097)] {
        let verb = Verb::Note {
            task: tid("T-1"),
            text,
            resolution: false,
        };
        no(
            &refused(&mut world, ANN, verb),
            RefusalKind::Rule,
            "note-size",
        );
    }
    no(
        &refused(&mut world, "@mallory", note("T-1")),
        RefusalKind::Rule,
        "agent-unknown",
    );
    drop(world.ask(BOB, None, note("T-1")).unwrap());
    drop(world.ask(ANN, None, note("T-1")).unwrap());
    let by: Vec<_> = world
        .snapshot
        .records_of(&tid("T-1"))
        .iter()
        .map(|r| (r.n, r.by.clone()))
        .collect();
    assert_eq!(by, [(1, agent(BOB)), (2, agent(ANN))]);
}

#[test]
fn evidence_comes_from_those_who_work_review_or_merge() {
    let mut world = held();
    no(
        &refused(&mut world, BOB, evidence()),
        RefusalKind::Rule,
        "not-holder",
    );
    drop(world.ask(ANN, None, evidence()).unwrap());
    let mut world = submitted();
    for by in [BOB, "@mallory"] {
        no(
            &refused(&mut world, by, evidence()),
            RefusalKind::Rule,
            "agent-may",
        );
    }
    for by in [ANN, DANA, EVE] {
        drop(world.ask(by, None, evidence()).unwrap());
    }
}

#[test]
fn a_handoff_says_what_comes_next_and_what_a_defect_was() {
    let mut world = held();
    no(
        &refused(&mut world, BOB, handoff("T-1", oid(9))),
        RefusalKind::Rule,
        "not-holder",
    );
    world.claim(ANN, "T-2");
    let defect = |next: &str, root_cause| Verb::Handoff {
        task: tid("T-2"),
        handoff: HandoffWish {
            root_cause,
            ..HandoffWish::new(oid(9), next)
        },
    };
    let cause = RootCause {
        text: "a race".to_owned(),
        layer: "src/a".to_owned(),
        proof: "make race".to_owned(),
    };
    let refusal = refused(&mut world, ANN, defect(" ", None));
    let gates: Vec<&str> = refusal.unmet.iter().map(|unmet| unmet.gate).collect();
    assert_eq!(gates, ["next-owed", "root-cause-owed"]);
    drop(world.ask(ANN, None, defect("more", Some(cause))).unwrap());
    no(
        &refused(&mut world, ANN, handoff("T-2", oid(9))),
        RefusalKind::Rule,
        "lifecycle",
    );
}

#[test]
fn a_handoff_is_of_the_commit_that_was_looked_at() {
    let mut world = held();
    let request = world.request(ANN, None, handoff("T-1", oid(9)));
    let judge = |world: &World| decide(&world.snapshot, &request).unwrap_err();
    no(&judge(&world), RefusalKind::Rule, "commit-unknown");
    world.look_at(&handoff("T-1", oid(8)));
    no(&judge(&world), RefusalKind::Rule, "commit-unknown");
    world.look_at(&request.verb);
    world.snapshot.facts.range.as_mut().unwrap().commits[0].merge = true;
    no(&judge(&world), RefusalKind::Rule, "merge-commit");
}

#[test]
fn reviews_are_by_others_of_this_commit_and_with_findings() {
    let mut world = held();
    let accept = review(Verdict::Accept, 9, 0);
    no(
        &refused(&mut world, EVE, accept.clone()),
        RefusalKind::Rule,
        "lifecycle",
    );
    let mut world = submitted().rules(|rules| {
        let ann = rules.identity.agents.get_mut(&agent(ANN)).unwrap();
        ann.may.insert(crate::domain::identity::Capability::Review);
    });
    no(
        &refused(&mut world, BOB, accept.clone()),
        RefusalKind::Rule,
        "agent-may",
    );
    no(
        &refused(&mut world, ANN, accept.clone()),
        RefusalKind::Rule,
        "self-review",
    );
    let other = review(Verdict::Accept, 8, 0);
    no(
        &refused(&mut world, EVE, other),
        RefusalKind::Conflict,
        "review-stale",
    );
    for verdict in [Verdict::Revise, Verdict::Reject, Verdict::Block] {
        let bare = review(verdict, 9, 0);
        no(
            &refused(&mut world, EVE, bare),
            RefusalKind::Rule,
            "findings-owed",
        );
    }
    drop(world.ask(EVE, None, accept).unwrap());
    assert_eq!(world.state("T-1").status(), Status::InReview);
}

#[test]
fn a_verdict_sends_the_work_where_it_says() {
    for (verdict, to) in [
        (Verdict::Revise, Status::InProgress),
        (Verdict::Reject, Status::Todo),
        (Verdict::Block, Status::Blocked),
    ] {
        let mut world = submitted();
        drop(world.ask(EVE, None, review(verdict, 9, 1)).unwrap());
        let state = world.state("T-1");
        assert_eq!((state.status(), state.epoch), (to, Epoch(1)), "{verdict}");
        let kept = match &state.standing {
            Standing::Todo { resume } => resume.as_ref().and_then(|resume| resume.commit),
            Standing::Blocked { block, .. } => block.commit,
            _ => Some(oid(9)),
        };
        assert_eq!(kept, Some(oid(9)), "{verdict} keeps the work");
        let records = world.snapshot.records_of(&tid("T-1"));
        assert!(
            records
                .iter()
                .any(|r| matches!(&r.body, RecordBody::Review(_)))
        );
    }
}
