//! `doctor --role`: what stands between a role and a claim (P33).

use std::fs;

use crate::support::World;

/// What differs from machine to machine.
fn told(world: &World) -> String {
    let text = world.transcript();
    let lines = text.lines().map(|line| {
        let place = ["git version ", " MiB are free"];
        match place.iter().find(|word| line.contains(**word)) {
            Some(word) => {
                line.split_whitespace().next().unwrap_or("").to_owned() + " [" + word.trim() + "]"
            }
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn preflight_says_what_a_claim_would_ask_and_what_it_would_get() {
    let world = World::planned();
    world.quietly("edit A-1 --add-check 'cargo test' --as @dana");
    world.laneway("doctor --role A-backend --as @bot").code(0);
    world.laneway("doctor --role A-backend").code(1);
    world.laneway("doctor --role A-backnd --as @bot").code(1);
    world.quietly("claim B-1 --as @bot");
    world.laneway("doctor --role B-ui --as @bot").code(0);
    insta::assert_snapshot!(told(&world));
}

#[test]
fn preflight_names_faults_of_lanes_and_repairs_what_is_mechanical() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.write("README", "newer\n");
    world.git("commit -q -a -m newer");
    let fixed = world.laneway("--json doctor --role A-backend --as @ann --fix");
    let fixed = fixed.code(0).json();
    assert_eq!(fixed["data"]["preflight"]["repairs"][0]["check"], "sync");
    let head = world.git_in("repo-A-backend", "rev-parse HEAD");
    assert_eq!(head, world.git("rev-parse main"), "the lane is synced");
    world.write_in("repo-A-backend", "README", "dirty\n");
    let dirty = world.laneway("doctor --role A-backend --as @ann").code(0);
    drop(dirty.says("warning  clean"));
    world.quietly("lane add B-ui");
    world.write_in("repo-B-ui", "README", "dirty\n");
    let free = world.laneway("doctor --role B-ui --as @ann").code(1);
    drop(free.says("failed   clean"));
    drop(world.laneway("claim --role B-ui --as @ann").code(4));
    let early = "doctor --role A-backend --as @ann";
    world.at("2026-11-19T09:00:00Z");
    drop(world.laneway(early).code(1).says("failed   clock"));
}

#[test]
fn preflight_asks_the_map_and_trust() {
    let world = World::planned();
    world.quietly("edit A-1 --add-check 'cargo test' --as @dana");
    let warned = world.laneway("doctor --role A-backend --as @bot").code(0);
    drop(warned.says("warning  trust").says("`laneway trust A-1`"));
    let map = "version: 1\nagents:\n  - {name: \"@bot\", roles: [B-ui], may: [handoff]}\n";
    world.write("governance/identity-map.yaml", map);
    world.git("commit -q -a -m 'Close the map'");
    let refused = world.laneway("doctor --role A-backend --as @bot").code(1);
    let refused = refused.says("@bot does not have the role `A-backend`");
    drop(refused.says("@bot may not claim"));
    let known = world.laneway("doctor --role A-backend --as @eve").code(1);
    drop(known.says("the identity map has no agent @eve"));
}

#[test]
fn preflight_knows_a_remote_that_is_away_or_ahead() {
    let world = World::remote();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    let line = "doctor --role A-backend --as @bot";
    drop(world.laneway(line).code(0).says("ok       remote"));
    // Another clone adds a task.
    world.git("clone -q ../hub.git ../other");
    let add = "add A-2 --title Two --role A-backend --as @dana";
    drop(world.laneway_in("other", add).code(0));
    drop(world.laneway(line).code(0).says("newer than here"));
    drop(
        world
            .laneway(&format!("{line} --fix"))
            .code(0)
            .says("ok       remote"),
    );
    fs::rename(world.path("hub.git"), world.path("away.git")).unwrap();
    drop(world.laneway(line).code(1).says("failed   remote"));
    let offline = world.laneway("doctor --role A-backend --offline --as @bot");
    drop(offline.code(0).says("skipped  remote"));
    let json = world.laneway("--json doctor --role A-backend --offline --as @bot");
    let json = json.code(0).json();
    assert_eq!(json["data"]["preflight"]["next"]["task"], "A-1");
}
