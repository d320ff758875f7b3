//! Workstations: taken out of service and back, used once, looked at before a claim, kept apart.

use crate::domain::decide::decide;
use crate::domain::fixtures::{
    ANN, BOB, DANA, World, agent, at, claim, content, handoff, oid, task, tid,
};
use crate::domain::id::WorkstationName;
use crate::domain::policy::CrossWorkstation;
use crate::domain::record::Evidence;
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::request::{ClaimWish, Request, Verb};
use crate::domain::snapshot::Rules;
use crate::domain::state::{Epoch, Status};
use crate::domain::workstation::{
    Probe, ProbeKind, ProbeResult, Readiness, StationAct, Workstation, WorkstationLifecycle,
    WorkstationState,
};

fn ws() -> WorkstationName {
    WorkstationName::new("ws-1").unwrap()
}

fn act(act: StationAct, reason: &str) -> Verb {
    Verb::Workstation {
        name: ws(),
        act,
        reason: reason.to_owned(),
    }
}

fn quarantine() -> Verb {
    act(StationAct::Quarantine, "the disk fails")
}

fn world() -> World {
    World::new(vec![task("T-1", "A"), task("T-2", "A"), task("T-3", "B")])
}

fn known(rules: &mut Rules) -> &mut Workstation {
    rules.workstations.workstations.values_mut().next().unwrap()
}

fn standing(world: &World) -> WorkstationState {
    world.snapshot.station(&ws()).unwrap().standing()
}

#[track_caller]
fn no(refusal: &Refusal, gate: &str, says: &str) {
    assert_eq!(
        (refusal.kind, refusal.gate()),
        (RefusalKind::Rule, gate),
        "{refusal}"
    );
    assert!(refusal.to_string().contains(says), "{refusal}");
}

#[test]
fn quarantine_stops_new_claims_and_restore_ends_it() {
    let mut world = world();
    drop(world.ask(DANA, None, quarantine()).unwrap());
    assert_eq!(standing(&world), WorkstationState::Quarantined);
    let refusal = world.ask(ANN, None, claim("T-1")).unwrap_err();
    no(
        &refusal,
        "workstation-not-ready",
        "by @dana: the disk fails",
    );
    let restore = act(StationAct::Restore, "a new disk");
    drop(world.ask(DANA, None, restore.clone()).unwrap());
    assert_eq!(standing(&world), WorkstationState::Ready);
    world.claim(ANN, "T-1");
    no(
        &world.ask(DANA, None, restore).unwrap_err(),
        "workstation-state",
        "cannot restore ws-1: the ledger does not hold",
    );
}

#[test]
fn quarantine_touches_no_claim_that_stands() {
    let mut world = world();
    world.claim(ANN, "T-1");
    world.claim(BOB, "T-3");
    drop(world.ask(DANA, None, quarantine()).unwrap());
    let renew = Verb::Renew {
        tasks: vec![(tid("T-1"), Epoch(1))],
    };
    drop(world.ask(ANN, None, renew).unwrap());
    world.hand_off(ANN, "T-1", oid(7));
    let land = world.land("T-1");
    let evidence = Evidence {
        commit: oid(7),
        content_key: content(oid(7)),
        checks: Vec::new(),
        host: "host-1".to_owned(),
        workstation: None,
        clean: false,
    };
    let recorded = Verb::Evidence {
        task: tid("T-1"),
        evidence,
    };
    drop(world.ask(ANN, None, recorded).unwrap());
    drop(world.ask(DANA, None, land).unwrap());
    assert_eq!(world.state("T-1").status(), Status::Done);
    assert_eq!(world.state("T-3").status(), Status::InProgress);
}

#[test]
fn retired_is_for_good() {
    let mut world = world();
    drop(world.ask(DANA, None, quarantine()).unwrap());
    no(
        &world.ask(DANA, None, quarantine()).unwrap_err(),
        "workstation-state",
        "is quarantined since",
    );
    drop(
        world
            .ask(DANA, None, act(StationAct::Retire, "sold"))
            .unwrap(),
    );
    assert_eq!(standing(&world), WorkstationState::Retired);
    for one in [
        StationAct::Restore,
        StationAct::Quarantine,
        StationAct::Retire,
    ] {
        let refusal = world.ask(DANA, None, act(one, "back")).unwrap_err();
        no(&refusal, "workstation-state", "is retired since");
    }
}

#[test]
fn who_may_not_and_what_is_not_registered_is_refused() {
    let mut world = world();
    let refusal = world.ask(ANN, None, quarantine()).unwrap_err();
    no(
        &refusal,
        "agent-may",
        "cannot quarantine ws-1: @ann may not admin",
    );
    let silent = act(StationAct::Quarantine, " ");
    no(
        &world.ask(DANA, None, silent).unwrap_err(),
        "reason-owed",
        "owes a reason",
    );
    let mut world = world.rules(|rules| rules.workstations.workstations.clear());
    let refusal = world.ask(DANA, None, quarantine()).unwrap_err();
    no(&refusal, "workstation-missing", "ws-1 is not registered");
}

#[test]
fn the_claim_of_a_single_use_workstation_uses_it() {
    let once = |rules: &mut Rules| known(rules).lifecycle = WorkstationLifecycle::SingleUse;
    let mut world = world().rules(once);
    world.claim(ANN, "T-1");
    let state = world.snapshot.stations.get(&ws()).unwrap();
    let used = state.used.as_ref().unwrap();
    assert_eq!(
        (&used.task, used.epoch, used.version),
        (&tid("T-1"), Epoch(1), 1)
    );
    let refusal = world.ask(BOB, None, claim("T-3")).unwrap_err();
    no(&refusal, "workstation-used", "`T-1` had it");
    let mut world = world.rules(|rules| known(rules).version = 2);
    world.claim(BOB, "T-3");
    let mut world = World::new(vec![task("T-1", "A")]);
    world.claim(ANN, "T-1");
    assert!(world.snapshot.stations.is_empty());
}

fn probe() -> Probe {
    Probe {
        name: "db".to_owned(),
        kind: ProbeKind::Tcp("127.0.0.1:1".to_owned()),
        timeout: None,
    }
}

/// A wish with what the probe of `name` gave; on no look without `ready`.
fn wish(id: Option<&str>, seen: &[(&str, bool)]) -> Verb {
    let readiness = seen.iter().map(|(name, ready)| Readiness {
        workstation: WorkstationName::new(*name).unwrap(),
        version: 1,
        host: "host-1".to_owned(),
        at: at(0),
        probes: vec![ProbeResult {
            name: "db".to_owned(),
            ready: *ready,
            detail: "connection refused".to_owned(),
            millis: 3,
        }],
    });
    Verb::Claim(ClaimWish {
        task: id.map(tid),
        readiness: readiness.collect(),
        ..ClaimWish::default()
    })
}

#[test]
fn a_claim_waits_for_the_probes_of_its_workstation() {
    let mut world = world().rules(|rules| known(rules).probes = vec![probe()]);
    let refusal = world.ask(ANN, None, claim("T-1")).unwrap_err();
    no(&refusal, "workstation-unprobed", "have not been run");
    assert_eq!(refusal.unmet[0].workstation, Some(ws()));
    let refusal = world
        .ask(ANN, None, wish(Some("T-1"), &[("ws-1", false)]))
        .unwrap_err();
    no(&refusal, "workstation-not-ready", "db: connection refused");
    drop(
        world
            .ask(ANN, None, wish(Some("T-1"), &[("ws-1", true)]))
            .unwrap(),
    );
    assert_eq!(world.state("T-1").status(), Status::InProgress);
}

#[test]
fn what_else_stands_against_a_claim_is_told_before_a_probe_is_run() {
    let mut world = world().rules(|rules| known(rules).probes = vec![probe()]);
    let refusal = world.ask("@eve", None, claim("T-1")).unwrap_err();
    assert!(
        refusal
            .unmet
            .iter()
            .all(|unmet| unmet.gate.starts_with("agent-"))
    );
}

#[test]
fn the_next_task_is_taken_where_the_first_one_has_no_ready_workstation() {
    let mut first = task("T-1", "A");
    first.task_type = Some("api".parse().unwrap());
    let mut world = World::new(vec![first, task("T-2", "A")]).rules(|rules| {
        let name = WorkstationName::new("ws-2").unwrap();
        let mut other = known(rules).clone();
        other.probes = vec![probe()];
        rules.workstations.workstations.insert(name.clone(), other);
        let mut routing = std::collections::BTreeMap::new();
        let route = crate::domain::identity::Route {
            agents: vec![ANN.to_owned()],
            workstation: name,
        };
        routing.insert("api".parse().unwrap(), vec![route]);
        rules.identity.routing = routing;
        rules.identity.mode = crate::domain::identity::Mode::Open;
    });
    // Nobody has looked: the search stops, so that somebody can.
    let refusal = world.ask(ANN, None, wish(None, &[])).unwrap_err();
    no(
        &refusal,
        "workstation-unprobed",
        "cannot claim T-1: the probes of ws-2",
    );
    drop(
        world
            .clone()
            .ask(ANN, None, wish(None, &[("ws-2", true)]))
            .unwrap(),
    );
    let change = world
        .ask(ANN, None, wish(None, &[("ws-2", false)]))
        .unwrap();
    assert_eq!(change.states[0].task, tid("T-2"));
}

#[test]
fn tasks_that_a_failed_probe_holds_back_are_counted_by_its_gate() {
    let tasks = (0..3000).map(|n| task(&format!("T-{n}"), "A")).collect();
    let mut world = World::new(tasks).rules(|rules| known(rules).probes = vec![probe()]);
    let refusal = world
        .ask(ANN, None, wish(None, &[("ws-1", false)]))
        .unwrap_err();
    let counts = "3000 open, held back 3000 by workstation-probes";
    assert_eq!(refusal.gate(), "nothing-ready");
    assert!(refusal.to_string().contains(counts), "{refusal}");
}

#[test]
fn a_repeated_claim_asks_for_no_probe() {
    let mut world = world().rules(|rules| known(rules).probes = vec![probe()]);
    let request = world.request(ANN, None, wish(Some("T-1"), &[("ws-1", true)]));
    drop(world.carry_out(&request).unwrap());
    let bare = Request {
        verb: claim("T-1"),
        ..request
    };
    assert!(decide(&world.snapshot, &bare).unwrap().is_empty());
}

#[test]
fn the_holder_works_where_the_task_was_claimed() {
    let mut world = world().rules(|rules| known(rules).hosts = vec!["host-1".to_owned()]);
    world.claim(ANN, "T-1");
    let evidence = Verb::Evidence {
        task: tid("T-1"),
        evidence: Evidence {
            commit: oid(7),
            content_key: oid(7),
            checks: Vec::new(),
            host: "host-2".to_owned(),
            workstation: None,
            clean: false,
        },
    };
    for verb in [evidence, handoff("T-1", oid(7))] {
        let mut there = world.request(ANN, None, verb);
        there.actor.host = "host-2".to_owned();
        let refusal = world.clone().carry_out(&there).unwrap_err();
        no(
            &refusal,
            "workstation-host",
            "runs on host-1, not on host-2",
        );
        let policy = |rules: &mut Rules| rules.policy.cross_workstation = CrossWorkstation::Allow;
        drop(world.clone().rules(policy).carry_out(&there).unwrap());
        let anywhere = |rules: &mut Rules| known(rules).hosts.clear();
        drop(world.clone().rules(anywhere).carry_out(&there).unwrap());
        there.actor.host = "host-1".to_owned();
        there.actor.agent = agent(ANN);
        drop(world.clone().carry_out(&there).unwrap());
    }
}
