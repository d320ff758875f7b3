use crate::support::World;

const MAP: &str = "version: 1
mode: enforced
bundles:
  builder: [claim, handoff]
agents:
  - {name: '@bot', roles: [A-backend], may: [builder]}
  - {name: '@bit', roles: [A-backend], may: [builder]}
  - {name: '@dana', kind: person, roles: [A-backend], may: [plan, review, merge, admin]}
routing:
  - task_type: api
    agent_name: '@bot'
    workstation: ws-main-01
    fallback:
      - {agent_name: '@bit', workstation: ws-bit-01}
      - {pool: ['@b*'], workstation: ws-spare-01}
";

fn places(main: &str) -> String {
    format!(
        "version: 1\nworkstations:\n  - {{name: ws-main-01, version: 1, state: {main}, wip_limit: 1}}\n  \
         - {{name: ws-bit-01, version: 1}}\n  - {{name: ws-spare-01, version: 1}}\n"
    )
}

fn governed_by(world: &World, file: &str, text: &str) {
    world.write(&format!("governance/{file}"), text);
    world.git("add governance");
    world.git("commit -q -m rules");
}

fn routed() -> World {
    let world = World::governed();
    world.quietly("add A-1 --title One --type api --role A-backend --as @dana");
    world.quietly("add A-2 --title Two --type ui --role A-backend --as @dana");
    governed_by(&world, "identity-map.yaml", MAP);
    governed_by(&world, "workstations.yaml", &places("ready"));
    world
}

#[test]
fn the_map_routes_a_claim_and_says_why() {
    let world = routed();
    world.laneway("show A-1 --routing").code(0);
    world.laneway("show A-1 --routing --as @bot").code(0);
    world.laneway("claim A-2 --as @bot").code(4);
    world.laneway("claim A-1 --as @dana").code(4);
    world
        .laneway("claim A-1 --workstation ws-bit-01 --as @bot")
        .code(4);
    world.laneway("ready").code(0);
    world.laneway("ready --explain --as @bot").code(0);
    world.laneway("ready --as @dana").code(1);
    governed_by(&world, "workstations.yaml", &places("quarantined"));
    world.laneway("--json show A-1 --routing --as @bot").code(0);
    world.set("LANEWAY_QUOTA", "tokens=80%,runs=7");
    world
        .laneway("claim A-1 --quota tokens=40% --as @bot")
        .code(0);
    world.unset("LANEWAY_QUOTA");
    world.laneway("claim A-2 --quota tokens --as @bot").code(2);
    world.laneway("show A-1").code(0);
    world.laneway("audit verify").code(0);
    world.laneway("audit attribution").code(0);
    world.laneway("--json audit attribution A-1").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_silent_failure_is_told_with_exit_code_1() {
    let world = routed();
    world.quietly("claim A-1 --as @bot");
    governed_by(&world, "workstations.yaml", &places("retired"));
    world.laneway("audit attribution").code(1);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_bundle_that_is_not_there_is_a_finding_with_what_was_meant() {
    let world = routed();
    governed_by(
        &world,
        "identity-map.yaml",
        &MAP.replace("[builder]", "[bilder]"),
    );
    world.laneway("validate").code(1);
    insta::assert_snapshot!(world.transcript());
}

/// DESIGN §6: `--as`, `LANEWAY_AGENT`, the lane's binding, git config; the first that speaks counts.
#[test]
fn who_acts_is_said_in_four_ways_and_the_first_counts() {
    let world = World::planned();
    let held_by = |id: &str| {
        let shown = world.laneway(&format!("--json show {id}")).code(0).json();
        shown["data"]["task"]["claim"]["agent"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let refused = world.laneway("claim A-1").code(4);
    for way in ["--as", "LANEWAY_AGENT", "lane", "laneway.agent"] {
        assert!(refused.stderr.contains(way), "{way}: {}", refused.stderr);
    }
    world.git("config laneway.agent @config");
    world.quietly("claim A-1");
    assert_eq!(held_by("A-1"), "@config");
    // The binding of the lane outweighs the configuration of the repository.
    world.quietly("release A-1 --as @config");
    world.quietly("claim A-1 --as @lane");
    world
        .laneway_in("repo-A-backend", "note 'from the lane'")
        .code(0);
    let shown = world.laneway("--json show A-1").code(0).json();
    assert_eq!(shown["data"]["task"]["records"][1]["by"], "@lane");
    world.set("LANEWAY_AGENT", "@variable");
    world.quietly("claim B-1");
    assert_eq!(held_by("B-1"), "@variable");
    world.quietly("release B-1");
    world.quietly("claim B-1 --as @said");
    assert_eq!(held_by("B-1"), "@said");
    world.set("LANEWAY_AGENT", "no name");
    drop(world.laneway("note B-1 x").code(2));
}
