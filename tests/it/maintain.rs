//! `maintain`.

use crate::support::World;

#[test]
fn maintain_packs_what_is_loose_and_forgets_work_that_landed() {
    let world = World::governed();
    world.submit("A-1", "--role A-backend", "repo-A-backend", "a.txt", "a\n");
    world.submit("B-1", "--role B-ui", "repo-B-ui", "b.txt", "b\n");
    world.quietly("merge A-1 --as @bot");
    let refs = || world.git("for-each-ref --format=%(refname) refs/laneway/work");
    assert_eq!(refs().lines().count(), 2);
    let tidied = world.laneway("--json maintain").code(0).json();
    assert_eq!(tidied["data"]["forgotten"][0], "refs/laneway/work/A-1/1");
    assert_eq!(refs().trim(), "refs/laneway/work/B-1/1");
    assert_eq!(tidied["data"]["loose_after"], 0);
    let packs = std::fs::read_dir(world.path("repo/.git/objects/pack")).unwrap();
    assert!(packs.count() >= 2);
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("merge B-1 --as @bot").code(0));
    world.git("fsck --strict");
}
