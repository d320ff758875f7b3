use crate::support::World;

#[test]
fn explain_shows_pages_and_lists_them() {
    let world = World::new();
    world.laneway_in("home", "explain").code(0);
    world.laneway_in("home", "explain lane-busy").code(0);
    world.laneway_in("home", "explain lane-wrong").code(0);
    world.laneway_in("home", "explain dependency-cycle").code(0);
    world.laneway_in("home", "explain stale-lock").code(0);
    world.laneway_in("home", "explain unreachable").code(0);
    world.laneway_in("home", "explain 3").code(0);
    world.laneway_in("home", "--json explain fenced").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn explain_asks_back_for_what_it_does_not_know() {
    let world = World::new();
    world.laneway("explain lane-buzy").code(2);
    world.laneway("explain weather").code(2);
    world.laneway("--json explain weather").code(2);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_refusal_without_a_hint_names_its_page() {
    let world = World::planned();
    world.laneway("block B-1 --reason ' ' --as @bot").code(4);
    world.quietly("claim B-1 --as @bot");
    let refusal = world.laneway("block B-1 --reason ' ' --as @bot").code(4);
    drop(refusal.says("`laneway explain reason-owed`"));
    let unknown = world.laneway("block B-1 --reason x --by Z-1 --as @bot");
    drop(unknown.code(4).says("`laneway explain task-unknown`"));
    insta::assert_snapshot!(world.transcript());
}
