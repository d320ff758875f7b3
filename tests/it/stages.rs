//! Stage contracts: three representative tasks, each with its machine up and down (S13), work on
//! another host, contracts in files, and parked tasks.

use crate::support::World;

/// One licensed machine and its twin without the licence, two with a GPU, a desk, and one with a
/// TPU on another host.
const MACHINES: &str = "version: 1
workstations:
  - {name: ws-cad-01, capabilities: [cad], licenses: [{name: orcaflex, available: true, attested_at: 2026-11-01}]}
  - {name: ws-cad-02, capabilities: [cad]}
  - {name: ws-desk-01}
  - {name: ws-gpu-01, capabilities: [gpu], wip_limit: 1}
  - {name: ws-gpu-02, capabilities: [gpu], wip_limit: 1}
  - {name: ws-tpu-01, capabilities: [tpu], hosts: [far-away]}
";

const MAP: &str = "version: 1
mode: enforced
agents:
  - {name: \"@ann\", kind: agent, roles: [A-backend], may: [claim, handoff, plan]}
  - {name: \"@bob\", kind: agent, roles: [A-backend], may: [claim, handoff]}
  - {name: \"@plan\", kind: agent, roles: [A-backend], may: []}
  - {name: \"@dana\", kind: person, roles: [A-backend], may: [claim, handoff, merge, review, plan, admin]}
";

/// A world with these machines, people and programs.
fn world() -> World {
    let world = World::governed();
    world.write("governance/identity-map.yaml", MAP);
    machines(&world, MACHINES);
    world
}

fn machines(world: &World, text: &str) {
    world.write("governance/workstations.yaml", text);
    world.git("add governance");
    world.git("commit -q -m machines");
}

/// The registry with one machine out of service.
fn without(name: &str) -> String {
    let up = format!("name: {name}, ");
    assert!(MACHINES.contains(&up), "{name}");
    MACHINES.replace(&up, &format!("name: {name}, state: quarantined, "))
}

/// Plans a task on the ledger.
fn plan(world: &World, id: &str, fields: &str) {
    let file = format!("{id}.yaml");
    let text = format!(
        "version: 1\ntasks:\n  - id: {id}\n    title: Work on {id}\n    role: A-backend\n{fields}"
    );
    world.write_in("tmp", &file, &text);
    world.quietly(&format!("add --file ../tmp/{file} --as @dana"));
}

#[test]
fn work_bound_to_a_licence_waits_for_its_one_machine() {
    let world = world();
    plan(
        &world,
        "L-1",
        "    requires: {licenses: [orcaflex]}
    stages:
      execute: {agent: \"@ann\", workstation: ws-cad-01, capabilities: [cad], gate: machine_ready}
",
    );
    world.laneway("stage L-1").code(0);
    world.laneway("claim L-1 --dry-run --as @bob").code(4);
    machines(&world, &without("ws-cad-01"));
    world.laneway("ready --explain").code(1);
    world.laneway("claim L-1 --as @ann").code(4);
    world
        .laneway("stage L-1 --pause --reason 'the licence server is down' --defer-until 2026-11-20T12:00:00Z --dry-run --as @ann")
        .code(0);
    world
        .laneway("stage L-1 --pause --reason 'the licence server is down' --defer-until 2026-11-20T12:00:00Z --as @ann")
        .code(0);
    world.laneway("stage").code(0);
    world.laneway("status").code(0);
    world.laneway("status --next").code(0);
    machines(&world, MACHINES);
    world.laneway("claim L-1 --as @ann").code(3);
    world.at("2026-11-20T12:00:00Z");
    world.laneway("claim L-1 --as @ann").code(0);
    world.laneway("stage L-1").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn work_that_two_machines_can_do_goes_on_while_one_is_down() {
    let world = world();
    let stages = "    stages:
      claim: {workstation: [ws-gpu-01, ws-gpu-02]}
      execute: {agent: \"@ann\", secondary: \"@bob\", workstation: [ws-gpu-01, ws-gpu-02], capabilities: [gpu]}
";
    for id in ["P-1", "P-2", "P-3"] {
        plan(&world, id, stages);
    }
    world.laneway("claim P-1 --as @ann").code(0);
    world
        .laneway("claim P-2 --workstation ws-gpu-01 --as @bob")
        .code(3);
    world
        .laneway("claim P-2 --workstation ws-gpu-02 --as @bob")
        .code(0);
    world.laneway("show P-2").code(0);
    world.quietly("release P-1 --as @ann");
    world.quietly("release P-2 --as @bob");
    machines(&world, &without("ws-gpu-01"));
    world.laneway("claim P-3 --as @ann").code(0);
    world
        .laneway("--json claim P-1 --workstation ws-gpu-01 --as @ann")
        .code(4);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn work_planned_on_one_machine_is_handed_over_to_another() {
    let world = world();
    plan(
        &world,
        "H-1",
        "    stages:
      plan: {agent: \"@plan\", workstation: ws-desk-01}
      plan_review: {agent: \"@dana\"}
      execute: {agent: \"@ann\", workstation: ws-gpu-01, capabilities: [gpu], gate: evidence}
      review: {agent: \"@dana\"}
      close: {agent: \"@dana\"}
",
    );
    world.laneway("claim H-1 --as @ann").code(4);
    world.laneway("stage H-1 --pass plan --as @ann").code(4);
    world
        .laneway("stage H-1 --pass plan_review --as @dana")
        .code(4);
    world.laneway("stage H-1 --pass plan --as @plan").code(0);
    world
        .laneway("stage H-1 --pass plan_review --as @dana")
        .code(0);
    world.laneway("claim H-1 --as @ann").code(4);
    world
        .laneway(
            "stage H-1 --pass plan_review --note 'plans/H-1.md, copied to ws-gpu-01' --as @dana",
        )
        .code(0);
    machines(&world, &without("ws-gpu-01"));
    world.laneway("claim H-1 --as @ann").code(4);
    world
        .laneway(
            "stage H-1 --pause --reason 'ws-gpu-01 is in repair' --propose ws-gpu-02 --as @ann",
        )
        .code(0);
    world
        .laneway("claim H-1 --workstation ws-gpu-02 --as @ann")
        .code(4);
    world
        .laneway("stage H-1 --resume --accept --as @bob")
        .code(4);
    world
        .laneway("stage H-1 --resume --accept --as @dana")
        .code(0);
    world.laneway("claim H-1 --as @ann").code(0);
    world.commit("repo-A-backend", "src/h.txt", "done\n");
    world
        .laneway_in("repo-A-backend", "handoff --next none")
        .code(0);
    world.laneway("merge H-1 --as @dana").code(4);
    world
        .laneway("review H-1 --verdict accept --no-findings --as @dana")
        .code(0);
    world.laneway("merge H-1 --as @dana").code(0);
    world.laneway("--json stage H-1").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn another_host_works_only_with_evidence_of_the_handover() {
    let world = world();
    plan(
        &world,
        "R-1",
        "    requires: {tools: [tpu]}
    stages: {execute: {agent: \"@ann\", workstation: ws-tpu-01}}
",
    );
    world.laneway("claim R-1 --as @ann").code(4);
    world.laneway("claim R-1 --remote x --as @ann").code(2);
    world
        .laneway("claim R-1 --workstation ws-tpu-01 --remote 'bundle 4711 on far-away' --as @ann")
        .code(0);
    world.laneway("show R-1").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_contract_in_a_file_counts_as_it_stands_now() {
    let world = world();
    let contract = |agent: &str| {
        let text = format!("version: 1\nstages:\n  execute: {{agent: \"{agent}\"}}\n");
        world.write("governance/stages/solo.yaml", &text);
        world.git("add governance");
        world.git("commit -q -m stages");
    };
    // So many that the plan is cached.
    let mut tasks = "version: 1\ntasks:\n".to_owned();
    for n in 1..=60 {
        tasks.push_str(&format!(
            "  - {{id: S-{n}, title: T, role: A-backend, stages_ref: stages/solo.yaml}}\n"
        ));
    }
    world.write_in("tmp", "many.yaml", &tasks);
    world.quietly("add --file ../tmp/many.yaml --as @dana");
    let missing = world.laneway("claim S-1 --as @ann").code(4);
    assert!(missing.stderr.contains("stages/solo.yaml"), "{missing:?}");
    contract("@ann");
    world
        .laneway("claim S-1 --as @bob")
        .code(4)
        .says("`execute` is for @ann");
    world.quietly("claim S-1 --as @ann");
    contract("@bob");
    world
        .laneway("claim S-2 --as @ann")
        .code(4)
        .says("`execute` is for @bob");
    world.quietly("claim S-2 --as @bob");
    world
        .laneway("stage S-2 --pause --reason later --as @bob")
        .code(0)
        .says("paused S-2: new claims stop, and @bob goes on with the one it has");
    world.write(
        "governance/stages/solo.yaml",
        "version: 1\nstages: {exec: {}}\n",
    );
    world.git("commit -q -a -m stages");
    world
        .laneway("claim S-3 --as @bob")
        .code(4)
        .says("unknown key `exec`");
    world.laneway("validate").code(1).says("unknown key `exec`");
    world.quietly("audit verify");
}

#[test]
fn only_a_person_unparks() {
    let world = world();
    plan(&world, "Q-1", "    parked: true\n");
    world.laneway("claim Q-1 --as @ann").code(4);
    world.laneway("edit Q-1 --unpark --as @ann").code(4);
    world
        .laneway("edit Q-1 --set parked=false --as @ann")
        .code(4);
    world.laneway("edit Q-1 --unpark --as @dana").code(0);
    world.laneway("edit Q-1 --park --as @ann").code(0);
    world.laneway("claim Q-1 --as @ann").code(4);
    world.laneway("edit Q-1 --unpark --as @dana").code(0);
    world
        .laneway("claim Q-1 --workstation ws-desk-01 --as @ann")
        .code(0);
    insta::assert_snapshot!(world.transcript());
}
