//! Who judges, from where, and what is said (P44–P49, G5, I18).

use std::collections::BTreeSet;

use crate::domain::fixtures::{
    ANN, BOB, DANA, EVE, World, agent, globs, handoff, oid, role, task, tid,
};
use crate::domain::id::WorkstationName;
use crate::domain::identity::{Agent, AgentKind, Capability, Mode, Route};
use crate::domain::policy::{Independence, ReviewMode, ReviewRoute};
use crate::domain::record::{Finding, Handoff, RecordBody, Review, Severity, Verdict};
use crate::domain::refusal::Refusal;
use crate::domain::request::{ReviewWish, Verb};
use crate::domain::review::{Lateness, late};
use crate::domain::snapshot::{Rules, Shrunk};
use crate::domain::state::{Standing, Status};
use crate::domain::task::Risk;
use crate::domain::time::Span;
use crate::domain::workstation::Workstation;

/// A program that reviews, and another of its kind.
const REV: &str = "@rev";
const REV_2: &str = "@rev-2";

fn ws(name: &str) -> WorkstationName {
    WorkstationName::new(name).unwrap()
}

fn reviewers(rules: &mut Rules) {
    for name in [REV, REV_2] {
        let known = Agent {
            kind: AgentKind::Agent,
            roles: BTreeSet::new(),
            may: [Capability::Review].into_iter().collect(),
            seats: BTreeSet::new(),
            emails: Vec::new(),
            signing_keys: Vec::new(),
        };
        rules.identity.agents.insert(agent(name), known);
    }
    let one = rules.workstations.workstations[&ws("ws-1")].clone();
    let on = |host: &str| Workstation {
        hosts: vec![host.to_owned()],
        ..one.clone()
    };
    let more = [
        ("ws-2", on("host-1")),
        ("ws-far", on("host-9")),
        ("ws-any", one.clone()),
    ];
    for (name, known) in more {
        rules.workstations.workstations.insert(ws(name), known);
    }
}

/// `T-1` handed off by Ann on `ws-1`, host `host-1`, as commit 9.
fn submitted() -> World {
    let mut world = World::new(vec![task("T-1", "A")]).rules(reviewers);
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(9));
    world
}

fn said(edit: impl FnOnce(&mut ReviewWish)) -> Verb {
    let mut review = ReviewWish::new(oid(9), Verdict::Accept);
    edit(&mut review);
    Verb::Review {
        task: tid("T-1"),
        review,
    }
}

fn accept_on(place: Option<&str>) -> Verb {
    said(|review| review.workstation = place.map(ws))
}

fn sent_back(file: &str) -> Verb {
    said(|review| {
        review.verdict = Verdict::Revise;
        review.findings = vec![Finding::new(Severity::Major, file, "wrong")];
    })
}

#[track_caller]
fn no(world: &mut World, by: &str, verb: Verb, gate: &str) -> Refusal {
    let refusal = world.ask(by, None, verb).unwrap_err();
    assert_eq!(refusal.gate(), gate, "{refusal}");
    refusal
}

fn recorded(world: &World) -> &Review {
    let records = world.snapshot.records_of(&tid("T-1")).iter().rev();
    let mut reviews = records.filter_map(|record| match &record.body {
        RecordBody::Review(review) => Some(review),
        _ => None,
    });
    reviews.next().unwrap()
}

fn handed_off(world: &World) -> &Handoff {
    let records = world.snapshot.records_of(&tid("T-1")).iter().rev();
    let mut handoffs = records.filter_map(|record| match &record.body {
        RecordBody::Handoff(handoff) => Some(handoff),
        _ => None,
    });
    handoffs.next().unwrap()
}

#[test]
fn an_agent_judges_from_a_known_workstation_that_is_not_where_the_work_was_done() {
    let mut world = submitted();
    no(&mut world, REV, accept_on(None), "review-workstation");
    no(
        &mut world,
        REV,
        accept_on(Some("ws-none")),
        "workstation-missing",
    );
    no(
        &mut world,
        REV,
        accept_on(Some("ws-far")),
        "workstation-host",
    );
    let refusal = no(&mut world, REV, accept_on(Some("ws-1")), "self-review");
    assert!(
        refusal.unmet[0]
            .message
            .contains("ws-1 is where @ann did the work")
    );
    drop(world.ask(REV, None, accept_on(Some("ws-2"))).unwrap());
    assert_eq!(recorded(&world).workstation, Some(ws("ws-2")));
    assert_eq!(recorded(&world).host.as_deref(), Some("host-1"));
}

#[test]
fn a_workstation_without_hosts_is_not_told_apart_on_the_host_of_the_handoff() {
    let mut world = submitted();
    no(&mut world, REV, accept_on(Some("ws-any")), "self-review");
    let mut request = world.request(REV, None, accept_on(Some("ws-any")));
    request.actor.host = "host-2".to_owned();
    drop(world.carry_out(&request).unwrap());
}

#[test]
fn the_map_says_where_an_agent_judges_if_it_routes_it_to_one_place() {
    let routed = |places: &[&str]| {
        submitted().rules(|rules| {
            let routes = places.iter().map(|place| Route {
                agents: vec!["@rev*".to_owned()],
                workstation: ws(place),
            });
            let all = routes.collect();
            rules
                .identity
                .routing
                .insert("review".parse().unwrap(), all);
        })
    };
    let mut world = routed(&["ws-any"]);
    drop(world.ask(REV, None, accept_on(None)).unwrap());
    assert_eq!(recorded(&world).workstation, Some(ws("ws-any")));
    no(&mut routed(&["ws-1"]), REV, accept_on(None), "self-review");
    let mut two = routed(&["ws-2", "ws-any"]);
    no(&mut two, REV, accept_on(None), "review-workstation");
}

#[test]
fn people_open_maps_and_independence_by_agent_ask_for_no_workstation() {
    drop(submitted().ask(EVE, None, accept_on(None)).unwrap());
    let mut open = submitted().rules(|rules| rules.identity.mode = Mode::Open);
    drop(open.ask(REV, None, accept_on(Some("ws-1"))).unwrap());
    let mut by_agent =
        submitted().rules(|rules| rules.policy.review.independence = Independence::Agent);
    drop(by_agent.ask(REV, None, accept_on(None)).unwrap());
}

#[test]
fn who_handed_a_change_off_does_not_judge_it_when_another_holds_it() {
    let mut world = submitted();
    let back = Verb::Return {
        task: tid("T-1"),
        reason: "too large".to_owned(),
        saved: None,
    };
    drop(world.ask(ANN, None, back).unwrap());
    world.claim(BOB, "T-1");
    drop(world.ask(BOB, None, handoff("T-1", oid(9))).unwrap());
    let mut world = world.rules(|rules| {
        let ann = rules.identity.agents.get_mut(&agent(ANN)).unwrap();
        ann.may.insert(Capability::Review);
    });
    let refusal = no(&mut world, ANN, accept_on(Some("ws-2")), "self-review");
    assert!(refusal.unmet[0].message.contains("has worked on it"));
}

#[test]
fn all_that_is_said_is_recorded_and_bounded() {
    let mut world = submitted();
    let full = said(|review| {
        review.findings = vec![Finding {
            impact: Some("hammers the API".to_owned()),
            fix: Some("cap at 5".to_owned()),
            ..Finding::new(Severity::Minor, "src/a", "unbounded retry")
        }];
        review.residual = vec!["load is untested".to_owned()];
        review.approves = vec!["tests/a".to_owned()];
    });
    drop(world.ask(EVE, None, full).unwrap());
    let review = recorded(&world);
    assert_eq!(review.findings[0].fix.as_deref(), Some("cap at 5"));
    assert_eq!(review.residual, ["load is untested"]);
    assert_eq!(review.approves, ["tests/a"]);
    for text in [" ".to_owned(), "x".repeat(4097)] {
        let edits: [fn(&mut ReviewWish, String); 3] = [
            |review, text| review.residual = vec![text],
            |review, text| review.approves = vec![text],
            |review, text| {
                let mut found = Finding::new(Severity::Minor, "src/a", "it");
                found.fix = Some(text);
                review.findings = vec![found];
            },
        ];
        for edit in edits {
            let bad = said(|review| edit(review, text.clone()));
            no(&mut world, EVE, bad, "text-size");
        }
    }
}

/// Takes the work back and hands `commit` off again.
fn again(world: &mut World, commit: u8) {
    assert_eq!(world.state("T-1").status(), Status::InProgress);
    world.hand_off(ANN, "T-1", oid(commit));
}

fn land(world: &mut World) -> Result<(), Refusal> {
    let verb = world.land("T-1");
    world.ask(DANA, None, verb).map(drop)
}

#[test]
fn the_last_word_of_a_reviewer_stands_although_another_accepted() {
    let mut world = submitted();
    drop(world.ask(DANA, None, sent_back("src/a")).unwrap());
    again(&mut world, 9);
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    let refusal = land(&mut world).unwrap_err();
    assert_eq!(refusal.gate(), "review-against");
    let says = "the last word of @dana on this change is revise";
    assert_eq!(refusal.unmet[0].message, says);
    drop(world.ask(DANA, None, accept_on(None)).unwrap());
    land(&mut world).unwrap();
}

#[test]
fn a_changed_patch_voids_what_was_said_of_the_old_one() {
    let mut world = submitted().rules(|rules| {
        rules.policy.gates.review.insert(Risk::Normal, 1);
    });
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    drop(world.ask(DANA, None, sent_back("src/a")).unwrap());
    again(&mut world, 8);
    let refusal = land(&mut world).unwrap_err();
    assert_eq!(refusal.unmet.len(), 1, "no word is left: {refusal}");
    assert!(refusal.unmet[0].message.contains("no accepting review"));
}

#[test]
fn a_design_is_not_done_whoever_else_accepts() {
    let mut world = submitted();
    drop(
        world
            .ask(DANA, None, said(|r| r.design_only = true))
            .unwrap(),
    );
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    let refusal = land(&mut world).unwrap_err();
    assert!(refusal.unmet[0].message.contains("a design is not done"));
}

#[test]
fn a_weight_counts_reviewers_and_interim_mode_owes_none() {
    let heavy = |rules: &mut Rules| {
        rules.policy.gates.review.insert(Risk::Normal, 2);
        rules.policy.review_routes = vec![ReviewRoute {
            paths: globs(&["src/**"]),
            reviewers: vec![role("D")],
        }];
    };
    let mut world = submitted().rules(heavy);
    let refusal = land(&mut world).unwrap_err();
    assert_eq!(refusal.unmet.len(), 2, "{refusal}");
    assert!(refusal.unmet[0].message.contains("0 of 2"));
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    let refusal = land(&mut world).unwrap_err();
    let says = "`T-1` is of normal risk and has 1 of 2 accepting reviews, by @eve";
    assert_eq!(refusal.unmet[0].message, says);
    let mut interim = world
        .clone()
        .rules(|rules| rules.policy.review.mode = ReviewMode::Interim);
    land(&mut interim).unwrap();
    drop(world.ask(DANA, None, accept_on(None)).unwrap());
    land(&mut world).unwrap();
}

#[test]
fn a_route_to_the_role_of_the_work_itself_is_approved_by_another_of_it_or_a_person() {
    let own = |rules: &mut Rules| {
        rules.policy.review_routes = vec![ReviewRoute {
            paths: globs(&["src/**"]),
            reviewers: vec![role("A")],
        }];
    };
    let mut world = submitted().rules(own);
    let refusal = land(&mut world).unwrap_err();
    let says = "as the work is of A itself, another agent of it than @ann does, or a person";
    assert!(refusal.unmet[0].message.contains(says), "{refusal}");
    drop(world.ask(REV, None, accept_on(Some("ws-2"))).unwrap());
    assert!(land(&mut world).is_err(), "a program without the role");
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    land(&mut world).unwrap();
}

#[test]
fn a_shrunk_test_lands_only_with_an_approval_by_name() {
    let mut world = submitted();
    world.shrunk = vec![Shrunk {
        path: "tests/a".to_owned(),
        before: 40,
        after: Some(12),
    }];
    let mut world = world.rules(|rules| rules.policy.review.mode = ReviewMode::Interim);
    let refusal = land(&mut world).unwrap_err();
    assert_eq!(refusal.gate(), "protected-tests");
    assert!(
        refusal.unmet[0]
            .message
            .contains("tests/a shrinks from 40 to 12 lines")
    );
    drop(world.ask(EVE, None, accept_on(None)).unwrap());
    assert!(land(&mut world).is_err(), "accepted, not approved");
    let named = said(|review| review.approves = vec!["tests/a".to_owned()]);
    drop(world.ask(EVE, None, named).unwrap());
    land(&mut world).unwrap();
}

#[test]
fn a_revision_says_which_files_no_finding_names() {
    let mut world = submitted();
    drop(world.ask(EVE, None, sent_back("src")).unwrap());
    world.paths = vec!["src/a".to_owned(), "doc/b".to_owned()];
    world.revised = world.paths.clone();
    again(&mut world, 8);
    assert_eq!(handed_off(&world).outside, ["doc/b"]);
    drop(
        world
            .ask(EVE, None, said(|review| review.commit = oid(8)))
            .unwrap(),
    );
    let mut plain = World::new(vec![task("T-1", "A")]);
    plain.revised = vec!["doc/b".to_owned()];
    plain.claim(ANN, "T-1");
    plain.hand_off(ANN, "T-1", oid(9));
    assert!(
        handed_off(&plain).outside.is_empty(),
        "nothing was sent back"
    );
}

#[test]
fn a_review_is_stale_and_then_escalated_but_not_where_none_is_awaited() {
    let world = submitted();
    let Standing::InReview { submission, .. } = &world.state("T-1").standing else {
        panic!("not handed off");
    };
    let policy = &world.snapshot.rules.policy;
    let after = |hours: u32| {
        let now = submission.at.plus(Span::from_seconds(hours * 3600 + 1));
        late(policy, submission, now).map(|late| late.lateness)
    };
    assert_eq!(after(23), None);
    assert_eq!(after(24), Some(Lateness::Stale));
    assert_eq!(after(72), Some(Lateness::Escalated));
    let mut interim = policy.clone();
    interim.review.mode = ReviewMode::Interim;
    let now = submission.at.plus(Span::from_seconds(1_000_000));
    assert_eq!(late(&interim, submission, now), None);
}

#[test]
fn who_left_the_work_in_the_lane_does_not_review_what_the_next_hands_off() {
    let mut world = World::new(vec![task("T-1", "A")]).rules(|rules| {
        let eve = agent(EVE);
        let eve = rules.identity.agents.get_mut(&eve).unwrap();
        eve.roles.insert(role("A"));
        eve.may.extend([Capability::Claim, Capability::Review]);
    });
    world.claim(EVE, "T-1");
    let release = crate::domain::fixtures::release("T-1");
    drop(world.ask(EVE, None, release).unwrap());
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(9));
    no(&mut world, EVE, accept_on(None), "self-review");
}
