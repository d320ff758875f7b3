use crate::support::World;

#[test]
fn edit_changes_a_definition_on_the_ledger() {
    let world = World::planned();
    world
        .laneway("edit A-1 --title 'Retry less' --priority 1 --as @dana --dry-run")
        .code(0);
    world
        .laneway("edit A-1 --title 'Retry less' --priority 1 --as @dana")
        .code(0);
    let lists = "--add-dependency B-1 --remove-dependency A-1 --add-owned 'src/**'";
    world
        .laneway(&format!(
            "edit A-2 {lists} --add-check 'cargo test' --as @dana"
        ))
        .code(0);
    world
        .laneway("edit A-2 --remove-check 'cargo test' --parked --as @dana")
        .code(0);
    world.laneway("show A-2").code(0);
    world
        .laneway("--json edit A-2 --unpark --set effort=3h --unset sequence --as @dana")
        .code(0);
    world.laneway("show A-2").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn edit_refuses_what_would_not_hold() {
    let world = World::planned();
    world.laneway("edit A-1 --as @dana").code(2);
    world.laneway("edit A-9 --title T --as @dana").code(4);
    world
        .laneway("edit A-1 --add-dependency A-2 --as @dana")
        .code(4);
    world
        .laneway("edit A-1 --add-dependency A-7 --as @dana")
        .code(4);
    world.laneway("edit A-1 --priority 77 --as @dana").code(4);
    world.laneway("edit A-1 --set tilte=x --as @dana").code(4);
    world.laneway("edit A-1 --set tilte --as @dana").code(2);
    world.laneway("edit A-1 --set id=A-5 --as @dana").code(2);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn edit_plan_writes_the_working_tree() {
    let world = World::governed();
    world
        .laneway("add P-1 --title Planned --role A-backend --plan --as @dana")
        .code(0);
    world.git("commit -q -a -m plan");
    world.laneway("edit P-1 --title Better --as @dana").code(4);
    world
        .laneway("edit P-1 --title Better --plan --as @dana --dry-run")
        .code(0);
    world
        .laneway("edit P-1 --title Better --plan --as @dana")
        .code(0);
    assert!(world.git("diff").contains("+    title: Better"));
    insta::assert_snapshot!(world.transcript());
}
