//! `stage`, and what other verbs do along a stage contract.

use crate::domain::decide::Change;
use crate::domain::exception::Waiver;
use crate::domain::fixtures::{ANN, BOB, DANA, EVE, World, agent, block, claim, oid, task, tid};
use crate::domain::id::WorkstationName;
use crate::domain::identity::Mode;
use crate::domain::progress::{GAP_PRIORITY, Proposal};
use crate::domain::record::{CheckRun, Evidence, RecordBody, Verdict};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{ClaimWish, ReviewWish, StageAct, Verb};
use crate::domain::snapshot::Rules;
use crate::domain::stage::{GateWord, Stage, StageContract, StageGate, StageTerms};
use crate::domain::state::Status;
use crate::domain::time::{Span, Timestamp};
use crate::domain::workstation::{
    Probe, ProbeKind, Readiness, StationAct, Workstation, WorkstationLifecycle, WorkstationState,
};

fn place(name: &str) -> WorkstationName {
    name.parse().unwrap()
}

fn by(name: &str) -> StageTerms {
    StageTerms {
        agent: Some(agent(name)),
        ..StageTerms::default()
    }
}

fn gated(gate: StageGate) -> StageTerms {
    StageTerms {
        gate: Some(GateWord::Known(gate)),
        ..StageTerms::default()
    }
}

fn on(names: &[&str]) -> StageTerms {
    StageTerms {
        workstations: names.iter().map(|name| place(name)).collect(),
        ..StageTerms::default()
    }
}

/// A world with the task `T-1` under a contract of these stages, and the workstations `ws-1`,
/// `ws-2` and `ws-3`; the third runs on another host.
fn world(stages: &[(Stage, StageTerms)]) -> World {
    let mut one = task("T-1", "A");
    one.stages = Some(StageContract {
        stages: stages.iter().cloned().collect(),
    });
    World::new(vec![one, task("T-2", "A")]).rules(|rules| {
        let registered = &mut rules.workstations.workstations;
        let first = registered[&place("ws-1")].clone();
        registered.insert(place("ws-2"), first.clone());
        let hosts = vec!["host-9".to_owned()];
        registered.insert(place("ws-3"), Workstation { hosts, ..first });
    })
}

fn station<'a>(rules: &'a mut Rules, name: &str) -> &'a mut Workstation {
    let all = &mut rules.workstations.workstations;
    all.get_mut(&place(name)).unwrap()
}

fn act(act: StageAct) -> Verb {
    Verb::Stage {
        task: tid("T-1"),
        act,
    }
}

fn pass(stage: Stage, note: Option<&str>) -> Verb {
    act(StageAct::Pass {
        stage,
        workstation: None,
        note: note.map(str::to_owned),
    })
}

fn pass_on(stage: Stage, name: &str) -> Verb {
    act(StageAct::Pass {
        stage,
        workstation: Some(place(name)),
        note: None,
    })
}

fn approve(stage: Stage) -> Verb {
    act(StageAct::Approve { stage, note: None })
}

fn pause(proposal: Option<Proposal>) -> Verb {
    act(StageAct::Pause {
        reason: "no machine".to_owned(),
        proposal,
    })
}

fn resume(accept: bool) -> Verb {
    act(StageAct::Resume {
        reason: None,
        accept,
    })
}

fn claim_on(name: &str, remote: Option<&str>) -> Verb {
    Verb::Claim(ClaimWish {
        task: Some(tid("T-1")),
        workstation: Some(place(name)),
        remote: remote.map(str::to_owned),
        ..ClaimWish::default()
    })
}

fn review(verdict: Verdict) -> Verb {
    Verb::Review {
        task: tid("T-1"),
        review: ReviewWish::new(oid(7), verdict),
    }
}

#[track_caller]
fn changed(answer: Result<Change, Refusal>) -> Change {
    answer.unwrap()
}

#[track_caller]
fn done(answer: Result<Change, Refusal>) {
    drop(answer.unwrap());
}

/// Refused by these ids, in their order.
#[track_caller]
fn refused(answer: Result<Change, Refusal>, gates: &[&str]) -> Refusal {
    let refusal = answer.unwrap_err();
    let found: Vec<&str> = refusal.unmet.iter().map(|unmet| unmet.gate).collect();
    assert_eq!(found, gates, "{refusal}");
    refusal
}

fn passed(world: &World) -> Vec<(Stage, String)> {
    let progress = world.state("T-1").progress();
    let passed = progress.passed.iter();
    passed.map(|one| (one.stage, one.by.to_string())).collect()
}

#[test]
fn stages_are_passed_in_order_by_whom_they_name_and_a_claim_waits_for_them() {
    let mut world = world(&[
        (Stage::Resource, StageTerms::default()),
        (Stage::Plan, by(BOB)),
        (Stage::PlanReview, by(EVE)),
        (Stage::Execute, by(ANN)),
    ]);
    let owed = refused(world.ask(ANN, None, claim("T-1")), &["stage-owed"; 3]);
    assert_eq!(owed.kind, RefusalKind::Rule);
    refused(
        world.ask(BOB, None, pass(Stage::Plan, None)),
        &["stage-order"],
    );
    done(world.ask(ANN, None, pass(Stage::Resource, None)));
    refused(
        world.ask(ANN, None, pass(Stage::Plan, None)),
        &["stage-agent"],
    );
    done(world.ask(BOB, None, pass(Stage::Plan, Some("plan.md"))));
    assert!(changed(world.ask(BOB, None, pass(Stage::Plan, Some("plan.md")))).is_empty());
    refused(world.ask(ANN, None, claim("T-1")), &["stage-owed"]);
    done(world.ask(EVE, None, pass(Stage::PlanReview, None)));
    refused(world.ask(DANA, None, claim("T-1")), &["stage-agent"]);
    done(world.ask(ANN, None, claim("T-1")));
    let by = |stage, name: &str| (stage, name.to_owned());
    assert_eq!(
        passed(&world),
        [
            by(Stage::Resource, ANN),
            by(Stage::Plan, BOB),
            by(Stage::PlanReview, EVE)
        ]
    );
}

#[test]
fn a_stage_that_the_contract_does_not_have_or_a_verb_does_is_not_passed_by_hand() {
    let mut world = world(&[(Stage::Execute, StageTerms::default())]);
    refused(
        world.ask(ANN, None, pass(Stage::Plan, None)),
        &["stage-unknown"],
    );
    refused(
        world.ask(ANN, None, pass(Stage::Execute, None)),
        &["stage-verb"],
    );
    let other = Verb::Stage {
        task: tid("T-2"),
        act: StageAct::Pass {
            stage: Stage::Plan,
            workstation: None,
            note: None,
        },
    };
    refused(world.ask(ANN, None, other), &["stage-unknown"]);
}

#[test]
fn whom_the_map_does_not_know_passes_nothing_and_a_plan_is_judged_by_who_may() {
    let mut world = world(&[
        (Stage::Plan, StageTerms::default()),
        (Stage::PlanReview, StageTerms::default()),
    ]);
    refused(
        world.ask("@mallory", None, pass(Stage::Plan, None)),
        &["agent-unknown"],
    );
    done(world.ask(DANA, None, pass(Stage::Plan, None)));
    refused(
        world.ask(ANN, None, pass(Stage::PlanReview, None)),
        &["agent-may"],
    );
    refused(
        world.ask(DANA, None, pass(Stage::PlanReview, None)),
        &["self-review"],
    );
    done(world.ask(EVE, None, pass(Stage::PlanReview, None)));
}

#[test]
fn planning_again_opens_what_came_after_it() {
    let mut world = world(&[(Stage::Plan, by(BOB)), (Stage::PlanReview, by(EVE))]);
    done(world.ask(BOB, None, pass(Stage::Plan, Some("one"))));
    done(world.ask(EVE, None, pass(Stage::PlanReview, None)));
    done(world.ask(BOB, None, pass(Stage::Plan, Some("two"))));
    assert_eq!(passed(&world), [(Stage::Plan, BOB.to_owned())]);
    refused(world.ask(ANN, None, claim("T-1")), &["stage-owed"]);
    done(world.ask(EVE, None, pass(Stage::PlanReview, None)));
    world.claim(ANN, "T-1");
    let late = world.ask(BOB, None, pass(Stage::Plan, Some("three")));
    refused(late, &["task-held"]);
}

#[test]
fn work_that_has_begun_is_not_planned_again_before_it_came_back() {
    let planned = || {
        let mut world = world(&[
            (Stage::Plan, by(BOB)),
            (Stage::PlanReview, by(EVE)),
            (Stage::Execute, gated(StageGate::PlanApproved)),
        ]);
        done(world.ask(BOB, None, pass(Stage::Plan, Some("one"))));
        done(world.ask(EVE, None, pass(Stage::PlanReview, None)));
        world.claim(ANN, "T-1");
        world
    };
    let again = || pass(Stage::Plan, Some("two"));
    let mut blocked = planned();
    done(blocked.ask(ANN, None, block("T-1", None)));
    refused(blocked.ask(BOB, None, again()), &["lifecycle"]);
    let mut late = planned();
    late.pass(86_400);
    refused(late.ask(BOB, None, again()), &["task-held"]);
    let mut handed_off = planned();
    handed_off.hand_off(ANN, "T-1", oid(7));
    refused(handed_off.ask(BOB, None, again()), &["lifecycle"]);
    let returned = Verb::Return {
        task: tid("T-1"),
        reason: "another plan".to_owned(),
        saved: None,
    };
    done(handed_off.ask(ANN, None, returned));
    done(handed_off.ask(BOB, None, again()));
    refused(
        handed_off.ask(ANN, None, claim("T-1")),
        &["stage-owed", "stage-gate"],
    );
}

#[test]
fn a_pause_is_lifted_by_who_made_it_or_who_may_plan() {
    let mut world = world(&[(Stage::Plan, by(BOB)), (Stage::Execute, by(ANN))]);
    done(world.ask(DANA, None, pause(None)));
    refused(world.ask(ANN, None, resume(false)), &["agent-may"]);
    let mut own = world.clone();
    done(own.ask(DANA, None, resume(false)));
    done(own.ask(ANN, None, pause(None)));
    refused(own.ask(BOB, None, resume(false)), &["agent-may"]);
    done(own.ask(ANN, None, resume(false)));
}

#[test]
fn who_stands_in_may_and_is_on_record() {
    let terms = StageTerms {
        secondary: vec![agent(BOB)],
        ..by(ANN)
    };
    let mut world = world(&[(Stage::Plan, terms.clone()), (Stage::Execute, terms)]);
    done(world.ask(BOB, None, pass(Stage::Plan, None)));
    assert!(world.state("T-1").progress().passed[0].fallback);
    let change = changed(world.ask(BOB, None, claim("T-1")));
    let told = change.states[0].append.iter().any(|record| {
        matches!(record, RecordBody::Event { event, reason }
            if event == "fallback" && reason.contains("@bob stands in for @ann"))
    });
    assert!(told, "{:?}", change.states[0].append);
}

#[test]
fn the_gate_approval_waits_for_a_person() {
    let mut world = world(&[(Stage::Execute, gated(StageGate::Approval))]);
    let shut = refused(world.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    assert!(
        shut.unmet[0]
            .message
            .contains("until a person has approved `execute`")
    );
    refused(
        world.ask(ANN, None, approve(Stage::Execute)),
        &["person-owed"],
    );
    refused(
        world.ask("@mallory", None, approve(Stage::Execute)),
        &["agent-may"],
    );
    refused(
        world.ask(EVE, None, approve(Stage::Plan)),
        &["stage-unknown"],
    );
    done(world.ask(EVE, None, approve(Stage::Execute)));
    assert!(changed(world.ask(DANA, None, approve(Stage::Execute))).is_empty());
    done(world.ask(ANN, None, claim("T-1")));
}

#[test]
fn the_gate_plan_approved_waits_for_the_review_of_the_plan_or_a_person() {
    let mut reviewed = world(&[
        (Stage::Plan, by(BOB)),
        (Stage::PlanReview, by(EVE)),
        (Stage::Execute, gated(StageGate::PlanApproved)),
    ]);
    done(reviewed.ask(BOB, None, pass(Stage::Plan, None)));
    let found = reviewed.ask(ANN, None, claim("T-1"));
    refused(found, &["stage-owed", "stage-gate"]);
    done(reviewed.ask(EVE, None, pass(Stage::PlanReview, None)));
    done(reviewed.ask(ANN, None, claim("T-1")));
    let mut alone = world(&[
        (Stage::Plan, by(DANA)),
        (Stage::Execute, gated(StageGate::PlanApproved)),
    ]);
    done(alone.ask(DANA, None, pass(Stage::Plan, None)));
    refused(alone.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    refused(
        alone.ask(DANA, None, approve(Stage::Plan)),
        &["self-review"],
    );
    done(alone.ask(EVE, None, approve(Stage::Plan)));
    done(alone.ask(ANN, None, claim("T-1")));
}

#[test]
fn a_plan_is_approved_after_it_is_there_and_by_others_than_its_maker() {
    let mut world = world(&[
        (Stage::Plan, StageTerms::default()),
        (Stage::Execute, gated(StageGate::PlanApproved)),
    ]);
    refused(world.ask(EVE, None, approve(Stage::Plan)), &["stage-order"]);
    let early = world.ask(EVE, None, approve(Stage::Execute));
    refused(early, &["stage-order"]);
    done(world.ask(DANA, None, pass(Stage::Plan, None)));
    refused(world.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    refused(
        world.ask(DANA, None, approve(Stage::Plan)),
        &["self-review"],
    );
    done(world.ask(EVE, None, approve(Stage::Plan)));
    let mut again = world.clone();
    done(again.ask(BOB, None, pass(Stage::Plan, Some("two"))));
    refused(again.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    refused(
        world.ask(EVE, None, pass(Stage::Plan, Some("mine"))),
        &["self-review"],
    );
    done(world.ask(ANN, None, claim("T-1")));
}

#[test]
fn the_go_for_planning_is_no_approval_of_the_plan() {
    let mut world = world(&[
        (Stage::Plan, gated(StageGate::Approval)),
        (Stage::Execute, gated(StageGate::PlanApproved)),
    ]);
    refused(
        world.ask(BOB, None, pass(Stage::Plan, None)),
        &["stage-gate"],
    );
    done(world.ask(EVE, None, approve(Stage::Plan)));
    refused(
        world.ask(EVE, None, pass(Stage::Plan, None)),
        &["self-review"],
    );
    done(world.ask(BOB, None, pass(Stage::Plan, None)));
    refused(world.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    done(world.ask(EVE, None, approve(Stage::Plan)));
    done(world.ask(ANN, None, claim("T-1")));
}

#[test]
fn who_is_named_for_a_stage_does_not_approve_it_beforehand() {
    let terms = StageTerms {
        agent: Some(agent(DANA)),
        ..gated(StageGate::Approval)
    };
    let mut world = world(&[(Stage::Plan, terms)]);
    refused(
        world.ask(DANA, None, approve(Stage::Plan)),
        &["self-review"],
    );
    done(world.ask(EVE, None, approve(Stage::Plan)));
    done(world.ask(DANA, None, pass(Stage::Plan, None)));
}

#[test]
fn the_gate_evidence_waits_for_a_note_and_for_checks_that_passed() {
    let mut world = world(&[
        (Stage::Plan, by(BOB)),
        (Stage::Execute, gated(StageGate::Evidence)),
        (Stage::Review, gated(StageGate::Evidence)),
    ]);
    done(world.ask(BOB, None, pass(Stage::Plan, None)));
    refused(world.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    refused(
        world.ask(BOB, None, pass(Stage::Plan, Some(" "))),
        &["note-size"],
    );
    done(world.ask(BOB, None, pass(Stage::Plan, Some("notes/plan.md"))));
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(7));
    refused(
        world.ask(EVE, None, review(Verdict::Accept)),
        &["stage-gate"],
    );
    let run = CheckRun {
        command: "make".to_owned(),
        exit: Some(0),
        millis: 1,
        digest: String::new(),
        tail: String::new(),
    };
    let evidence = Evidence {
        commit: oid(7),
        content_key: oid(8),
        checks: vec![run],
        host: "host-1".to_owned(),
        workstation: None,
        clean: false,
    };
    let shown = Verb::Evidence {
        task: tid("T-1"),
        evidence,
    };
    done(world.ask(ANN, None, shown));
    done(world.ask(EVE, None, review(Verdict::Accept)));
}

#[test]
fn g19_an_exception_of_the_gate_holds_for_every_stage_and_is_on_record() {
    let lift = |world: &mut World| {
        let mut state = world.state("T-1").clone();
        state.waivers = vec![Waiver {
            gate: "stage-gate".to_owned(),
            exception: 1,
            by: agent(EVE),
            until: world.now.plus(Span::from_seconds(86_400)),
        }];
        world.snapshot.states.insert(tid("T-1"), state);
    };
    let lifted = |world: &World| {
        let records = world.snapshot.records_of(&tid("T-1")).iter();
        let overrides = records.filter(|r| matches!(r.body, RecordBody::Override(_)));
        overrides.count()
    };
    let gate = GateWord::Known(StageGate::Approval);
    let plan = StageTerms {
        gate: Some(gate),
        ..by(BOB)
    };
    let mut world = world(&[
        (Stage::Plan, plan),
        (Stage::Review, gated(StageGate::Approval)),
    ]);
    refused(
        world.ask(BOB, None, pass(Stage::Plan, None)),
        &["stage-gate"],
    );
    lift(&mut world);
    done(world.ask(BOB, None, pass(Stage::Plan, None)));
    assert_eq!(lifted(&world), 1);
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(7));
    let mut expired = world.clone();
    expired.pass(86_400);
    refused(
        expired.ask(EVE, None, review(Verdict::Accept)),
        &["stage-gate"],
    );
    done(world.ask(EVE, None, review(Verdict::Accept)));
    assert_eq!(lifted(&world), 2);
}

#[test]
fn the_gate_machine_ready_waits_for_a_machine_of_the_scope() {
    let terms = StageTerms {
        gate: Some(GateWord::Known(StageGate::MachineReady)),
        ..on(&["ws-1", "ws-2"])
    };
    let down = |name: &str, world: World| {
        world.rules(|rules| station(rules, name).state = WorkstationState::Quarantined)
    };
    let one = down("ws-1", world(&[(Stage::Execute, terms)]));
    let mut both = down("ws-2", one.clone());
    let shut = refused(
        both.ask(ANN, None, claim("T-1")),
        &["stage-gate", "workstation-not-ready"],
    );
    assert!(
        shut.unmet[0]
            .message
            .contains("ws-1 is quarantined, ws-2 is quarantined")
    );
    let mut one = one;
    done(one.ask(ANN, None, claim("T-1")));
    let claim = one.state("T-1").claim().unwrap();
    assert_eq!(claim.workstation, place("ws-2"), "the one that is up");
}

#[test]
fn a_gate_that_means_nothing_holds_for_nobody() {
    let word = GateWord::of("machine_redy".parse().unwrap());
    let terms = StageTerms {
        gate: Some(word),
        ..StageTerms::default()
    };
    let mut world = world(&[(Stage::Claim, terms)]);
    let shut = refused(world.ask(ANN, None, claim("T-1")), &["stage-gate"]);
    assert!(
        shut.unmet[0]
            .message
            .contains("`machine_redy` of `claim` means nothing")
    );
}

#[test]
fn verbs_pass_the_stages_that_they_do_and_open_them_again() {
    let mut world = world(&[
        (Stage::Claim, StageTerms::default()),
        (Stage::Execute, StageTerms::default()),
        (Stage::Review, by(EVE)),
        (Stage::Close, by(DANA)),
    ]);
    let stages = |world: &World| -> Vec<Stage> {
        passed(world).into_iter().map(|(stage, _)| stage).collect()
    };
    world.claim(ANN, "T-1");
    assert_eq!(stages(&world), [Stage::Claim]);
    world.hand_off(ANN, "T-1", oid(7));
    assert_eq!(stages(&world), [Stage::Claim, Stage::Execute]);
    done(world.ask(DANA, None, review(Verdict::Accept)));
    assert_eq!(stages(&world).len(), 2, "not by whom the contract names");
    let landing = world.land("T-1");
    refused(world.ask(DANA, None, landing.clone()), &["review-owed"]);
    done(world.ask(EVE, None, review(Verdict::Accept)));
    assert_eq!(stages(&world).len(), 3);
    refused(world.ask(ANN, None, landing.clone()), &["stage-agent"]);
    done(world.ask(DANA, None, landing));
    assert_eq!(stages(&world).len(), 4);
    assert_eq!(world.state("T-1").status(), Status::Done);
    let again = Verb::Reopen {
        task: tid("T-1"),
        reason: "more".to_owned(),
    };
    done(world.ask(DANA, None, again));
    assert!(world.state("T-1").stages.is_none());
}

#[test]
fn a_revision_and_a_release_open_the_stages_that_are_done_again() {
    let mut world = world(&[
        (Stage::Plan, by(BOB)),
        (Stage::Claim, StageTerms::default()),
        (Stage::Execute, StageTerms::default()),
    ]);
    done(world.ask(BOB, None, pass(Stage::Plan, None)));
    world.claim(ANN, "T-1");
    world.hand_off(ANN, "T-1", oid(7));
    let conflict = Verb::Conflict {
        task: tid("T-1"),
        onto: world.snapshot.rules.at,
    };
    done(world.ask(ANN, None, conflict));
    assert_eq!(passed(&world).len(), 2);
    done(world.ask(ANN, None, crate::domain::fixtures::release("T-1")));
    assert_eq!(passed(&world), [(Stage::Plan, BOB.to_owned())]);
}

#[test]
fn a_stage_is_done_where_its_terms_say() {
    let terms = StageTerms {
        capabilities: vec!["gpu".to_owned()],
        ..on(&["ws-1", "ws-2"])
    };
    let mut world = world(&[(Stage::Plan, terms)]).rules(|rules| {
        station(rules, "ws-1").capabilities = vec!["gpu".to_owned()];
        station(rules, "ws-3").capabilities = vec!["gpu".to_owned()];
    });
    refused(
        world.ask(ANN, None, pass(Stage::Plan, None)),
        &["stage-workstation"],
    );
    refused(
        world.ask(ANN, None, pass_on(Stage::Plan, "ws-3")),
        &["stage-workstation"],
    );
    refused(
        world.ask(ANN, None, pass_on(Stage::Plan, "ws-2")),
        &["stage-capability"],
    );
    let mut down = world
        .clone()
        .rules(|rules| station(rules, "ws-1").state = WorkstationState::Quarantined);
    refused(
        down.ask(ANN, None, pass_on(Stage::Plan, "ws-1")),
        &["workstation-not-ready"],
    );
    done(world.ask(ANN, None, pass_on(Stage::Plan, "ws-1")));
}

#[test]
fn a_claim_is_made_where_the_contract_says_and_a_refusal_names_others() {
    let gpu = || vec!["gpu".to_owned()];
    let terms = StageTerms {
        capabilities: gpu(),
        ..on(&["ws-1", "ws-2"])
    };
    let mut world = world(&[(Stage::Execute, terms)]).rules(|rules| {
        for name in ["ws-1", "ws-2", "ws-3"] {
            station(rules, name).capabilities = gpu();
        }
    });
    let elsewhere = refused(
        world.ask(ANN, None, claim_on("ws-3", None)),
        &["stage-workstation", "workstation-host"],
    );
    let names: Vec<&str> = elsewhere.unmet[0]
        .alternatives
        .iter()
        .map(|other| other.workstation.as_str())
        .collect();
    // The last one only after it was proposed and accepted.
    assert_eq!(names, ["ws-1", "ws-2", "ws-3"]);
    let mut bare = world
        .clone()
        .rules(|rules| station(rules, "ws-2").capabilities.clear());
    refused(
        bare.ask(ANN, None, claim_on("ws-2", None)),
        &["stage-capability"],
    );
    let mut down = world.clone().rules(|rules| {
        station(rules, "ws-1").state = WorkstationState::Quarantined;
        station(rules, "ws-2").wip_limit = Some(0);
    });
    let none = refused(
        down.ask(ANN, None, claim_on("ws-1", None)),
        &["workstation-not-ready"],
    );
    let commands: Vec<&str> = none.unmet[0]
        .alternatives
        .iter()
        .map(|other| other.command.as_str())
        .collect();
    assert_eq!(
        commands,
        ["laneway stage T-1 --pause --reason … --propose ws-3"]
    );
    done(world.ask(ANN, None, claim_on("ws-2", None)));
}

#[test]
fn a_gap_keeps_a_task_from_starting_until_it_is_resumed() {
    let mut world = world(&[(Stage::Execute, by(ANN))])
        .rules(|rules| station(rules, "ws-1").state = WorkstationState::Quarantined);
    refused(world.ask(BOB, None, pause(None)), &["agent-may"]);
    let silent = act(StageAct::Pause {
        reason: " ".to_owned(),
        proposal: None,
    });
    refused(world.ask(ANN, None, silent), &["reason-owed"]);
    done(world.ask(ANN, None, pause(None)));
    assert!(changed(world.ask(ANN, None, pause(None))).is_empty());
    refused(world.ask(DANA, None, pause(None)), &["stage-gap"]);
    let gap = world.state("T-1").progress().gap.clone().unwrap();
    assert_eq!(gap.priority, GAP_PRIORITY);
    let found = world.ask(ANN, None, claim_on("ws-2", None));
    assert_eq!(refused(found, &["stage-gap"]).kind, RefusalKind::Rule);
    let mut planned = world.clone();
    done(planned.ask(DANA, None, resume(false)));
    done(planned.ask(ANN, None, claim_on("ws-2", None)));
    refused(world.ask(BOB, None, resume(false)), &["agent-may"]);
    refused(world.ask(ANN, None, resume(true)), &["nothing-proposed"]);
    done(world.ask(ANN, None, resume(false)));
    refused(world.ask(ANN, None, resume(false)), &["lifecycle"]);
}

#[test]
fn a_deferral_ends_by_itself() {
    let mut world = world(&[(Stage::Execute, by(ANN))]);
    let past = Proposal::Until(Timestamp::from_seconds(0));
    refused(world.ask(ANN, None, pause(Some(past))), &["deferral-past"]);
    let until = world.now.plus(Span::from_seconds(600));
    done(world.ask(ANN, None, pause(Some(Proposal::Until(until)))));
    let waits = refused(world.ask(ANN, None, claim("T-1")), &["stage-gap"]);
    assert_eq!(waits.kind, RefusalKind::Conflict, "waiting helps");
    assert_eq!(waits.holder().unwrap().until, Some(until));
    world.pass(600);
    done(world.ask(ANN, None, claim("T-1")));
    assert!(world.state("T-1").progress().gap.is_none());
}

#[test]
fn a_proposed_machine_comes_into_the_scope_when_a_planner_accepts_it() {
    let mut world = world(&[(
        Stage::Execute,
        StageTerms {
            workstations: vec![place("ws-1")],
            ..by(ANN)
        },
    )]);
    let propose = |name: &str| pause(Some(Proposal::Workstation(place(name))));
    refused(
        world.ask(ANN, None, propose("ws-9")),
        &["workstation-missing"],
    );
    let mut needs = world.clone();
    needs.snapshot.plan = {
        let mut one = needs.snapshot.plan.get(&tid("T-1")).unwrap().clone();
        one.requires.tools = vec!["gpu".to_owned()];
        crate::domain::fixtures::planned(vec![one]).into()
    };
    refused(
        needs.ask(ANN, None, propose("ws-2")),
        &["workstation-capability"],
    );
    done(world.ask(ANN, None, propose("ws-2")));
    refused(world.ask(ANN, None, resume(true)), &["agent-may"]);
    done(world.ask(DANA, None, resume(true)));
    done(world.ask(ANN, None, claim_on("ws-2", None)));
    assert_eq!(world.state("T-1").progress().admitted, [place("ws-2")]);
}

/// A world in which `T-1` needs a gpu, which only `ws-3` on another host has.
fn far() -> World {
    let terms = StageTerms {
        workstations: vec![place("ws-1"), place("ws-3")],
        capabilities: vec!["gpu".to_owned()],
        ..by(ANN)
    };
    world(&[(Stage::Execute, terms)])
        .rules(|rules| station(rules, "ws-3").capabilities = vec!["gpu".to_owned()])
}

#[test]
fn another_host_works_only_when_assigned_needed_and_shown() {
    let remote = "remote-execution";
    let mut world = far();
    let silent = refused(
        world.ask(ANN, None, claim_on("ws-3", None)),
        &["workstation-host"],
    );
    let hint = silent.unmet[0].hint.as_deref().unwrap();
    assert!(
        hint.contains("--remote REF") && hint.contains("--defer-until"),
        "{hint}"
    );
    refused(world.ask(ANN, None, claim_on("ws-3", Some(" "))), &[remote]);
    let mut unnamed = far();
    unnamed.snapshot.plan = {
        let mut one = task("T-1", "A");
        one.requires.tools = vec!["gpu".to_owned()];
        crate::domain::fixtures::planned(vec![one]).into()
    };
    let found = refused(
        unnamed.ask(ANN, None, claim_on("ws-3", Some("t"))),
        &[remote],
    );
    assert!(
        found.unmet[0]
            .message
            .contains("neither a route nor the contract")
    );
    let mut here = far().rules(|rules| {
        station(rules, "ws-1").capabilities = vec!["gpu".to_owned()];
    });
    let found = refused(here.ask(ANN, None, claim_on("ws-3", Some("t"))), &[remote]);
    assert!(
        found.unmet[0].message.contains("ws-1 of this host has"),
        "{found}"
    );
    let found = here.ask(ANN, None, claim_on("ws-1", Some("t")));
    assert!(
        refused(found, &[remote]).unmet[0]
            .message
            .contains("runs on this host")
    );
    let change = changed(world.ask(ANN, None, claim_on("ws-3", Some("ticket 17"))));
    let remote = change.states[0].append.iter().find_map(|body| match body {
        RecordBody::Routing(routing) => routing.remote.as_deref(),
        _ => None,
    });
    assert_eq!(remote, Some("ticket 17"));
}

#[test]
fn another_host_is_needed_only_for_a_capability() {
    let mut plain = world(&[(
        Stage::Execute,
        StageTerms {
            workstations: vec![place("ws-3")],
            ..by(ANN)
        },
    )]);
    let found = plain.ask(ANN, None, claim_on("ws-3", Some("t")));
    let found = refused(found, &["remote-execution"]);
    assert!(
        found.unmet[0].message.contains("asks for no capability"),
        "{found}"
    );
}

#[test]
fn a_machine_here_that_never_takes_a_claim_again_keeps_nothing_here() {
    let here = || far().rules(|rules| station(rules, "ws-1").capabilities = vec!["gpu".to_owned()]);
    let remote = || claim_on("ws-3", Some("ticket 17"));
    let mut retired = here();
    let retire = Verb::Workstation {
        name: place("ws-1"),
        act: StationAct::Retire,
        reason: "it burned".to_owned(),
    };
    refused(retired.ask(ANN, None, remote()), &["remote-execution"]);
    done(retired.ask(DANA, None, retire));
    done(retired.ask(ANN, None, remote()));
    let mut used = here().rules(|rules| {
        station(rules, "ws-1").lifecycle = WorkstationLifecycle::SingleUse;
    });
    done(used.ask(BOB, None, claim("T-2")));
    done(used.ask(ANN, None, remote()));
}

fn wants(kind: ProbeKind) -> Probe {
    Probe {
        name: "look".to_owned(),
        kind,
        timeout: None,
    }
}

#[test]
fn a_machine_with_a_probe_of_its_own_host_is_claimed_there_only() {
    let probe = wants(ProbeKind::Env("LICENSE".to_owned()));
    let mut world = far().rules(|rules| station(rules, "ws-3").probes = vec![probe]);
    let hint = |refusal: &Refusal| refusal.unmet[0].hint.clone().unwrap_or_default();
    let found = refused(
        world.ask(ANN, None, claim_on("ws-3", None)),
        &["workstation-host"],
    );
    assert!(!hint(&found).contains("--remote"), "{found}");
    let found = world.ask(ANN, None, claim_on("ws-3", Some("t")));
    let found = refused(found, &["remote-execution"]);
    assert!(found.unmet[0].message.contains("the probe `look` of ws-3"));
    assert!(hint(&found).contains("on that host"), "{found}");
}

#[test]
fn probes_of_an_address_run_where_the_claim_is_made() {
    let probe = wants(ProbeKind::Tcp("license.example.com:27000".to_owned()));
    let mut world = far().rules(|rules| station(rules, "ws-3").probes = vec![probe]);
    refused(
        world.ask(ANN, None, claim_on("ws-3", Some("t"))),
        &["workstation-unprobed"],
    );
    let seen = Readiness {
        workstation: place("ws-3"),
        version: 1,
        host: "host-1".to_owned(),
        at: world.now,
        probes: vec![crate::domain::workstation::ProbeResult {
            name: "look".to_owned(),
            ready: true,
            detail: String::new(),
            millis: 1,
        }],
    };
    let verb = Verb::Claim(ClaimWish {
        task: Some(tid("T-1")),
        workstation: Some(place("ws-3")),
        remote: Some("t".to_owned()),
        readiness: vec![seen],
        ..ClaimWish::default()
    });
    done(world.ask(ANN, None, verb));
}

#[test]
fn an_open_map_lets_everybody_pass_what_names_nobody() {
    let mut world = world(&[(Stage::Plan, StageTerms::default())])
        .rules(|rules| rules.identity.mode = Mode::Open);
    done(world.ask("@anyone", None, pass(Stage::Plan, None)));
    refused(
        world.ask("@anyone", None, approve(Stage::Plan)),
        &["self-review"],
    );
    done(world.ask("@other", None, approve(Stage::Plan)));
}

#[test]
fn a_closed_task_has_no_stages_to_pass() {
    let mut world = world(&[(Stage::Plan, by(BOB))]);
    let cancel = Verb::Cancel {
        task: tid("T-1"),
        reason: "no".to_owned(),
        dependents: crate::domain::request::Dependents::None,
    };
    done(world.ask(DANA, None, cancel));
    refused(
        world.ask(BOB, None, pass(Stage::Plan, None)),
        &["lifecycle"],
    );
    refused(world.ask(DANA, None, pause(None)), &["lifecycle"]);
}

#[test]
fn the_gate_of_closing_holds_up_the_landing() {
    let mut asked = world(&[(Stage::Close, gated(StageGate::Approval))]);
    asked.claim(ANN, "T-1");
    asked.hand_off(ANN, "T-1", oid(7));
    let landing = asked.land("T-1");
    refused(asked.ask(DANA, None, landing.clone()), &["stage-gate"]);
    done(asked.ask(EVE, None, approve(Stage::Close)));
    done(asked.ask(DANA, None, landing));
    let mut shown = world(&[(Stage::Close, gated(StageGate::Evidence))]);
    shown.claim(ANN, "T-1");
    shown.hand_off(ANN, "T-1", oid(7));
    let Verb::Land {
        task, onto, result, ..
    } = shown.land("T-1")
    else {
        panic!("a landing")
    };
    let land = |exit| Verb::Land {
        task: task.clone(),
        onto,
        result,
        evidence: Some(Evidence {
            commit: result,
            content_key: crate::domain::fixtures::content(oid(7)),
            checks: vec![CheckRun {
                command: "make".to_owned(),
                exit: Some(exit),
                millis: 1,
                digest: String::new(),
                tail: String::new(),
            }],
            host: "host-1".to_owned(),
            workstation: None,
            clean: false,
        }),
    };
    let slot = Verb::Landing {
        task: task.clone(),
        onto,
        result,
        until: shown.now.plus(Span::from_seconds(60)),
        evidence: None,
    };
    done(shown.ask(DANA, None, slot));
    refused(shown.ask(DANA, None, land(1)), &["stage-gate"]);
    done(shown.ask(DANA, None, land(0)));
}
