use std::fs;

use crate::support::World;

/// Changes the policy on the target, as somebody at some time, for a reason.
fn change(world: &World, from: &str, to: &str, by: &str, why: &str) {
    let file = world.path("repo/governance/policy.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    world.write("governance/policy.yaml", &text.replace(from, to));
    let who = format!("--author '{by} <{by}@example.com>'");
    world.git(&format!("commit -q -a {who} -m '{why}'"));
}

#[test]
fn policy_show_names_what_is_in_force_since_when_by_whom_and_why() {
    let world = World::governed();
    world.at("2026-11-21T09:00:00Z");
    let lease = "lease: {ttl: 1h}\ngates: {";
    change(&world, "gates: {", lease, "dana", "Shorten the lease");
    world.at("2026-11-22T09:00:00Z");
    // What does not read says nothing: whoever mends it did not bring the values.
    change(&world, "ttl: 1h", "ttl: [", "eve", "Break the policy");
    world.at("2026-11-23T09:00:00Z");
    change(&world, "ttl: [", "ttl: 1h", "finn", "Mend the policy");
    let off = "path_reservations: off\ngates: {";
    world.at("2026-11-24T09:00:00Z");
    change(&world, "gates: {", off, "gil", "Reserve nothing");
    world.laneway("policy show").code(0);
    let gates = world
        .laneway("policy show --gates path-reservation")
        .code(0);
    assert!(!gates.stdout.contains("governance/"), "only gates");
    world.laneway("policy show lease").code(0);
    world.laneway("policy show path-reservation").code(0);
    world
        .laneway("policy show path-reservation --at HEAD~1")
        .code(0);
    world.laneway("--json policy show lease.ttl").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn policy_show_asks_back_for_what_it_does_not_know() {
    let world = World::governed();
    world.laneway("policy show leese").code(2);
    world.laneway("policy show --at nowhere").code(2);
    insta::assert_snapshot!(world.transcript());
}
