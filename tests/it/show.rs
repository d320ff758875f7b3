use crate::support::World;

#[test]
fn show_tells_everything_about_a_task() {
    let world = World::governed();
    world.write_in(
        "",
        "notes.md",
        "Context: the loop.\n\nAcceptance: it ends.\n",
    );
    let add = "add A-1 --title 'Retry budget' --role A-backend --risk high --kind defect";
    let more = "--owns 'src/**' --forbids 'doc/**' --check 'cargo test' --notes-file ../notes.md";
    world.laneway(&format!("{add} {more} --as @dana")).code(0);
    world.quietly("add A-2 --title Use --role A-backend --depends-on A-1 --as @dana");
    world.laneway("show A-1").code(0);
    world.quietly("claim A-1 --as @bot");
    world.quietly("note A-1 'a remark' --as @dana");
    world.laneway("show A-1").code(0);
    world.laneway("show A-2").code(0);
    world.laneway_in("repo-A-backend", "--json show").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn show_asks_back_for_a_task_it_does_not_know() {
    let world = World::planned();
    world.laneway("show A-3").code(4);
    world.laneway("show").code(2);
    world.laneway("--json show Z-99-xyz").code(4);
    insta::assert_snapshot!(world.transcript());
}
