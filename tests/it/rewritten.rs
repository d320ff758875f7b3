//! Histories that were rewritten: refused until a person goes on with them (P16, P25).

use crate::support::World;

fn claimed() -> World {
    let world = World::planned();
    world.quietly("claim A-1 --as @ana");
    world
}

fn tip(world: &World) -> String {
    world.git("rev-parse refs/heads/laneway").trim().to_owned()
}

#[test]
fn a_rewound_ledger_is_shown_and_accepted_by_name() {
    let world = claimed();
    let seen = tip(&world);
    world.git("update-ref refs/heads/laneway refs/heads/laneway~1");
    drop(world.laneway("claim A-1 --as @bo").code(5));
    // What is there is shown, and said not to be all; what held once is no excuse.
    let shown = world.laneway("list").code(0);
    assert!(shown.stderr.contains(&seen), "{}", shown.stderr);
    drop(world.laneway("audit verify").code(1).says(&seen));
    drop(world.laneway("doctor").code(1));
    let found = tip(&world);
    let wrong = format!("doctor --accept-ledger {seen}");
    drop(world.laneway(&wrong).code(2));
    let right = format!("doctor --accept-ledger {found}");
    drop(world.laneway(&right).says("is kept in"));
    let kept = world.git("for-each-ref --format=%(objectname) refs/laneway/kept");
    assert_eq!(kept.trim(), seen);
    drop(world.laneway("claim A-1 --as @bo").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_deleted_ledger_is_no_beginning_until_a_person_says_so() {
    let world = claimed();
    let seen = tip(&world);
    world.git("update-ref -d refs/heads/laneway");
    for line in ["claim A-1 --as @bo", "init", "note A-1 x --as @ana"] {
        drop(world.laneway(line).code(5).says(&seen));
    }
    drop(world.laneway("doctor --accept-ledger none").says("nothing"));
    drop(world.laneway("init").code(0));
}

#[test]
fn a_rewritten_target_is_gone_on_with_by_every_clone_once_the_ledger_says_so() {
    let world = World::remote();
    let url = format!("file://{}", world.path("hub.git").display());
    world.git_in("tmp", &format!("clone -q {url} other"));
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.write("secret", "x\n");
    world.git("add -A");
    world.git("commit -qm secret");
    world.git("push -q origin main");
    world.quietly("add A-2 --title More --role A-backend --as @dana");
    world.git("reset -q --hard HEAD~1");
    world.git("commit -q --allow-empty -m without");
    world.git("push -q --force origin main");
    drop(
        world
            .laneway("claim A-1 --as @bo")
            .code(5)
            .says("--accept-target"),
    );
    drop(
        world
            .laneway_in("tmp/other", "note A-1 x --as @eve")
            .code(5),
    );
    let new = world.target();
    let accept = format!("doctor --accept-target {new} --reason 'a secret' --as @dana");
    drop(world.laneway(&accept).code(0).says("accepted"));
    drop(world.laneway("claim A-1 --no-worktree --as @bo").code(0));
    drop(
        world
            .laneway_in("tmp/other", "note A-1 x --as @eve")
            .code(0),
    );
    drop(world.laneway("audit verify").code(0));
    // What it hides is said: which rules nobody finds on the target any more, and who answers.
    let told = world.laneway("--json audit overrides").code(0).json();
    let told = &told["data"]["targets"][0];
    assert_eq!(
        (&told["by"], &told["target"], &told["judged"]),
        (&"@dana".into(), &new.as_str().into(), &2.into()),
        "{told:#}"
    );
    drop(world.laneway("audit overrides").code(0).says("a secret"));
    // Another clone never had them.
    world.git_in("tmp", &format!("clone -q {url} late"));
    let said = world.laneway_in("tmp/late", "audit verify").code(1);
    drop(said.says("are not in this clone").says("doctor"));
}

#[test]
fn p25_a_guard_lets_nobody_accept_what_was_not_rewritten() {
    let world = World::remote();
    drop(
        world
            .laneway_in("hub.git", "hooks install --server")
            .code(0),
    );
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    let older = world.target();
    world.git("commit -q --allow-empty -m later");
    world.git("push -q origin main");
    world.quietly("add A-2 --title More --role A-backend --as @dana");
    let newer = world.target();
    // A clone that fetches from a mirror which has stopped there.
    world.git_in("tmp", "clone -q --bare ../hub.git ../old.git");
    world.git_in("old.git", &format!("update-ref refs/heads/main {older}"));
    let url = |name: &str| format!("file://{}", world.path(name).display());
    world.git_in("tmp", &format!("clone -q {} ../late", url("old.git")));
    world.git_in(
        "late",
        &format!("remote set-url --push origin {}", url("hub.git")),
    );
    world.git_in("late", &format!("fetch -q {} main", url("hub.git")));
    let accept = |commit: &str| format!("doctor --accept-target {commit} --reason so --as @dana");
    let told = world.laneway_in("late", &accept(&older));
    assert_ne!(told.exit, Some(0));
    drop(told.says("nothing was rewritten").says(&newer[..10]));
    drop(world.laneway("audit verify").code(0));
    // Rewritten it is now, but to something else than that clone sees.
    let made = format!("commit-tree -p {older} -m other {older}^{{tree}}");
    let other = world.git_in("hub.git", &made);
    let moved = format!("update-ref refs/heads/main {}", other.trim());
    world.git_in("hub.git", &moved);
    let told = world.laneway_in("late", &accept(&older));
    assert_ne!(told.exit, Some(0));
    drop(told.says("it goes on with").says(&other[..10]));
    // What whoever has the server put back is accepted, as it stands there.
    world.git_in("hub.git", &format!("update-ref refs/heads/main {older}"));
    world.git("fetch -q origin");
    drop(world.laneway("note A-1 x --as @dana").code(5));
    drop(world.laneway(&accept(&older)).code(0));
    drop(world.laneway("note A-1 x --as @dana").code(0));
    drop(world.laneway("audit verify --all").code(0));
}

#[test]
fn p25_what_was_remembered_is_asked_again_once_its_rules_are_gone_from_the_target() {
    let world = World::remote();
    world.write("a", "x\n");
    world.git("add -A");
    world.git("commit -qm a");
    world.git("push -q origin main");
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    drop(world.laneway("audit verify").code(0));
    world.git("reset -q --hard HEAD~1");
    world.git("push -q --force origin main");
    world.git("fetch -q origin");
    drop(world.laneway("audit verify --all").code(1));
    drop(
        world
            .laneway("audit verify")
            .code(1)
            .says("are not on the target"),
    );
}
