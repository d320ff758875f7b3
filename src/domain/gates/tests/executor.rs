//! The gates that look at who claims, and where.

use super::claim::{plain, refuses, unmet, unmet_in, with};
use crate::domain::fixtures::{ANN, BOB, EVE, World, agent, tid};
use crate::domain::gates::ClaimCase;
use crate::domain::id::WorkstationName;
use crate::domain::identity::{Agent, Mode, Route};
use crate::domain::policy::Rerun;
use crate::domain::refusal::{RefusalKind, Unmet};
use crate::domain::snapshot::Rules;
use crate::domain::workstation::{License, Workstation, WorkstationState};

fn station(rules: &mut Rules) -> &mut Workstation {
    rules.workstations.workstations.values_mut().next().unwrap()
}

#[test]
fn identity_map_by_agent() {
    let world = plain();
    let found = unmet_in(&world, "@mallory", None);
    refuses(
        &found,
        RefusalKind::Rule,
        "agent-unknown",
        "no agent @mallory",
    );
    let gates: Vec<&str> = unmet_in(&world, EVE, None).iter().map(|u| u.gate).collect();
    assert_eq!(gates, ["agent-role", "agent-may"]);
    let open = world.rules(|rules| rules.identity.mode = Mode::Open);
    assert_eq!(unmet_in(&open, "@mallory", None), Vec::new());
}

#[test]
fn identity_map_by_route() {
    let routed = |task_type: Option<&str>, agents: &str, there: &str| {
        let world = with(|t| t.task_type = task_type.map(|name| name.parse().unwrap()));
        world.rules(|rules| {
            let route = Route {
                agents: vec![agents.to_owned()],
                workstation: WorkstationName::new(there).unwrap(),
            };
            rules
                .identity
                .routing
                .insert("api".parse().unwrap(), vec![route]);
            rules.identity.agents.clear();
        })
    };
    let found = |world: &World| unmet(world);
    let rule = RefusalKind::Rule;
    refuses(
        &found(&routed(None, ANN, "ws-1")),
        rule,
        "route-type",
        "has no type",
    );
    refuses(
        &found(&routed(Some("ui"), ANN, "ws-1")),
        rule,
        "route-type",
        "no route for the type `ui`",
    );
    refuses(
        &found(&routed(Some("api"), "@b*", "ws-1")),
        rule,
        "route-agent",
        "@ann is not routed",
    );
    assert_eq!(found(&routed(Some("api"), "@a*", "ws-1")), Vec::new());
    let world = routed(Some("api"), ANN, "ws-2");
    let name = WorkstationName::new("ws-1").unwrap();
    let by = agent(ANN);
    let case = ClaimCase {
        agent: Some(&by),
        workstation: Some(&name),
        ..ClaimCase::open(
            &world.snapshot,
            world.snapshot.plan.get(&tid("T-1")).unwrap(),
            world.now,
        )
    };
    refuses(
        &case.unmet(),
        rule,
        "route-workstation",
        "on ws-2, not on ws-1",
    );
    assert!(!case.holds());
}

#[test]
fn role_and_capability_are_two_questions() {
    let unmet_of = |edit: fn(&mut Agent)| {
        let world = plain().rules(|rules| edit(rules.identity.agents.get_mut(ANN).unwrap()));
        unmet(&world)
    };
    let rule = RefusalKind::Rule;
    let found = unmet_of(|ann| ann.roles.clear());
    refuses(&found, rule, "agent-role", "it has none");
    let found = unmet_of(|ann| ann.may.clear());
    refuses(&found, rule, "agent-may", "may not claim");
}

#[test]
fn where_the_map_gives_nothing_no_workstation_is_missing() {
    let world = plain().rules(|rules| rules.workstations.default = None);
    let found = unmet_in(&world, "@mallory", None);
    refuses(&found, RefusalKind::Rule, "agent-unknown", "@mallory");
}

#[test]
fn workstation() {
    let rule = RefusalKind::Rule;
    let lost = plain().rules(|rules| rules.workstations.default = None);
    refuses(
        &unmet(&lost),
        rule,
        "workstation-missing",
        "no workstation is named",
    );
    let lost = plain().rules(|rules| rules.workstations.workstations.clear());
    refuses(
        &unmet(&lost),
        rule,
        "workstation-missing",
        "ws-1 is not registered",
    );
    for state in [WorkstationState::Quarantined, WorkstationState::Retired] {
        let world = plain().rules(|rules| station(rules).state = state);
        refuses(&unmet(&world), rule, "workstation-not-ready", state.word());
    }
    let typed = |name: &str| {
        let world = with(|t| t.task_type = Some(name.parse().unwrap()));
        world.rules(|rules| station(rules).task_types = vec!["api".parse().unwrap()])
    };
    refuses(
        &unmet(&typed("ui")),
        rule,
        "workstation-scope",
        "does not take the type `ui`",
    );
    assert_eq!(unmet(&typed("api")), Vec::new());
    let on = |host: &str| plain().rules(|rules| station(rules).hosts = vec![host.to_owned()]);
    refuses(
        &unmet(&on("host-2")),
        rule,
        "workstation-host",
        "runs on host-2, not on host-1",
    );
    assert_eq!(unmet(&on("host-1")), Vec::new());
}

#[test]
fn workstation_tools_licenses_and_limit() {
    let rule = RefusalKind::Rule;
    let world = with(|t| t.requires.tools = vec!["docker".to_owned()]);
    refuses(
        &unmet(&world),
        rule,
        "workstation-capability",
        "has no `docker`",
    );
    let has = world.rules(|rules| station(rules).capabilities = vec!["docker".to_owned()]);
    assert_eq!(unmet(&has), Vec::new());
    let world = with(|t| t.requires.licenses = vec!["orca".to_owned()]);
    for (available, free) in [(false, false), (true, true)] {
        let license = License {
            name: "orca".to_owned(),
            available,
            attested_at: None,
            by: None,
            how: None,
        };
        let world = world
            .clone()
            .rules(|rules| station(rules).licenses = vec![license]);
        let found = unmet(&world);
        assert_eq!(found.is_empty(), free);
        if !free {
            refuses(&found, rule, "workstation-license", "no licence `orca`");
        }
    }
    let mut world = plain().rules(|rules| station(rules).wip_limit = Some(1));
    assert_eq!(unmet(&world), Vec::new());
    world.claim(BOB, "T-4");
    refuses(
        &unmet(&world),
        RefusalKind::Conflict,
        "workstation-full",
        "1 task(s) in progress",
    );
}

#[test]
fn identity_map_says_which_key_is_at_fault() {
    let hint = |unmet: &[Unmet]| unmet[0].hint.clone().unwrap();
    let world = plain();
    assert!(hint(&unmet_in(&world, "@mallory", None)).contains("`agents`"));
    let found = unmet_in(&world, EVE, None);
    refuses(&found[..1], RefusalKind::Rule, "agent-role", "it has D");
    assert!(hint(&found[..1]).contains("`roles` of @eve"));
    assert!(hint(&found[1..]).contains("`may` of @eve"));
}

#[test]
fn rerun_identity() {
    let blocked = |rerun| {
        let mut world = plain().rules(|rules| rules.policy.routing.rerun = rerun);
        world.claim(BOB, "T-1");
        let by_landed = crate::domain::state::Resume {
            agent: agent(BOB),
            lane: "A".parse().unwrap(),
            workstation: Some(WorkstationName::new("ws-1").unwrap()),
            commit: None,
            scoped: false,
        };
        let state = crate::domain::state::TaskState {
            epoch: crate::domain::state::Epoch(1),
            standing: crate::domain::state::Standing::Todo {
                resume: Some(by_landed),
            },
            stages: None,
            waivers: Vec::new(),
        };
        world.snapshot.states.insert(tid("T-1"), state);
        world
    };
    let world = blocked(Rerun::Require);
    refuses(
        &unmet(&world),
        RefusalKind::Rule,
        "rerun-identity",
        "`T-1` goes back to @bob, who did it on ws-1",
    );
    assert_eq!(unmet_in(&world, BOB, None), Vec::new());
    assert_eq!(unmet(&blocked(Rerun::Prefer)), Vec::new());
    let gone = world.rules(|rules| {
        rules.identity.agents.remove(&agent(BOB));
    });
    assert_eq!(unmet(&gone), Vec::new());
}

#[test]
fn an_agent_takes_no_more_than_policy_allows_at_once() {
    use crate::domain::fixtures::{TTL, task};
    let busy = |limit| {
        let mut world = World::new(vec![task("T-1", "A"), task("T-2", "B"), task("T-3", "A")])
            .rules(|rules| rules.policy.claims_per_agent = limit);
        world.claim(ANN, "T-2");
        world
    };
    let mut world = busy(Some(1));
    let found = unmet_in(&world, ANN, None);
    refuses(
        &found,
        RefusalKind::Conflict,
        "agent-busy",
        "@ann has `T-2` in progress, and at most 1",
    );
    assert_eq!(unmet_in(&world, BOB, None), Vec::new());
    for limit in [None, Some(2)] {
        assert_eq!(unmet(&busy(limit)), Vec::new());
    }
    // What is over, or handed off, does not count.
    world.pass(u32::try_from(TTL).unwrap() * 2);
    assert_eq!(unmet(&world), Vec::new());
    let mut handed = busy(Some(1));
    handed.hand_off(ANN, "T-2", crate::domain::fixtures::oid(9));
    handed.claim(ANN, "T-1");
    let third = handed.ask(ANN, None, crate::domain::fixtures::claim("T-3"));
    assert_eq!(third.unwrap_err().gate(), "agent-busy");
}
