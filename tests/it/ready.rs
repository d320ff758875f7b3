use crate::support::World;

#[test]
fn ready_explains_who_holds_what_and_counts_the_gates() {
    let world = World::planned();
    world.quietly("add B-2 --title Colours --role B-ui --as @dana");
    world.quietly("add B-3 --title Words --role B-ui --depends-on A-1 --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.quietly("claim B-1 --as @bot");
    world.laneway("ready --explain").code(1);
    world.laneway("ready --explain --role A-backend").code(1);
    world.laneway("--json ready --explain --role B-ui").code(1);
    insta::assert_snapshot!(world.transcript());
}
