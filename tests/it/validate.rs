//! `validate`: findings for people, editors and CI servers, and what it mends.

use crate::support::World;

/// Misspelt, doubled, out of place, wrong: in two files.
fn damaged() -> World {
    let world = World::governed();
    world.write(
        "governance/queue.yaml",
        "# The plan\nversion: 1\ntasks:\n  - id: A-1 # first\n    titel: One %0A::error::x\n    role: A-backend\n    \
         risk: hihg\n    depends_on: [A-2, A-2]\n    status: todo\n  - id: A-2\n    title: \"<b>]]></b>\"\n    \
         role: A-bakend\n    depends_on: [A-3]\n",
    );
    world.rule("hygiene: {terms: [Initech]}");
    world
}

#[test]
fn p10_findings_are_told_in_every_format() {
    let world = damaged();
    for format in ["human", "json", "github", "gitlab", "junit", "sarif"] {
        drop(
            world
                .laneway(&format!("validate --format {format}"))
                .code(1),
        );
    }
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p10_fix_mends_what_it_can_and_leaves_the_rest() {
    let world = damaged();
    let path = world.path("repo/governance/queue.yaml");
    let text = || std::fs::read_to_string(&path).unwrap();
    let before = text();
    drop(world.laneway("validate --fix --dry-run").code(1));
    assert_eq!(text(), before);
    drop(
        world
            .laneway("validate --fix governance/policy.yaml")
            .code(0),
    );
    assert_eq!(text(), before, "another file was asked about");
    drop(world.laneway("--json validate --fix").code(1));
    let mended = before
        .replace("titel", "title")
        .replace("hihg", "high")
        .replace("[A-2, A-2]", "[A-2]")
        .replace("    status: todo\n", "");
    assert_eq!(text(), mended);
    drop(world.laneway("validate --fix").code(1));
    assert_eq!(text(), mended);
    drop(world.laneway("validate --fix --staged").code(2));
    drop(world.laneway("validate --dry-run").code(2));
    insta::assert_snapshot!(world.transcript());
}
