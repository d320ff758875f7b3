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
    drop(told.says("it goes on with").says(&newer[..10]));
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

/// A world whose target, last seen at the first commit named, the remote has at the second, which
/// does not descend from it. `lost`: the rules that were used last went, too.
fn forced(lost: bool) -> (World, String, String) {
    let world = World::remote();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.git("clone -q ../hub.git ../evil");
    for file in ["p1", "p2"] {
        world.commit("repo", file, "people\n");
    }
    world.git("push -q origin main");
    if lost {
        world.quietly("add A-2 --title More --role A-backend --as @dana");
        // What was seen last is later than the rules that were used last.
        world.commit("repo", "p3", "people\n");
        world.git("push -q origin main");
    }
    let seen = world.target();
    world.commit("evil", "e", "rewritten\n");
    world.git_in("evil", "push -q --force origin main");
    let there = world.target();
    (world, seen, there)
}

/// Where the target and every ref of laneway stand here.
fn standing(world: &World) -> String {
    world.git("for-each-ref refs/remotes refs/laneway")
}

/// Refused, and therefore after a look at the remote: 4 where that holds nothing against it.
const LOOK: &str = "claim Z-9 --no-worktree --as @bot";
const ADD: &str = "add A-3 --title Late --role A-backend --as @dana";

#[test]
fn p16_a_target_that_is_refused_or_rehearsed_stays_as_it_was_seen() {
    for lost in [false, true] {
        let (world, seen, there) = forced(lost);
        drop(world.laneway(LOOK).code(5).says("--reason TEXT"));
        let before = standing(&world);
        let accept = |commit: &str, more: &str| {
            let line = format!("doctor --accept-target {commit} --reason why --as @dana {more}");
            world.laneway(&line)
        };
        drop(accept("1234567", "").code(2).says(&there));
        assert_eq!(standing(&world), before);
        let rehearsed = accept(&there, "--dry-run").code(0);
        drop(rehearsed.says("would accept"));
        assert_eq!(standing(&world), before);
        drop(world.laneway(LOOK).code(5));
        // What a rule refuses changes nothing, either.
        let unreasoned = format!("doctor --accept-target {there} --reason '' --as @dana");
        drop(world.laneway(&unreasoned).code(4));
        assert_eq!(standing(&world), before);
        drop(accept(&there, "").code(0).says("accepted"));
        let message = world.git("log -1 --format=%B refs/remotes/origin/laneway");
        assert!(
            message.contains(&format!("Laneway-Accepted: {there}")),
            "{message}"
        );
        drop(world.laneway(LOOK).code(4));
        drop(world.laneway(ADD).code(0));
        drop(world.laneway("audit verify --all").code(0));
        let told = world.laneway("--json audit overrides").code(0).json();
        assert_eq!(told["data"]["targets"][0]["given_up"], *seen);
        // A clone that never had what was given up decides the same.
        let url = format!("file://{}", world.path("hub.git").display());
        world.git(&format!("clone -q {url} ../late"));
        let code = if lost { 1 } else { 0 };
        drop(world.laneway_in("late", "audit verify").code(code));
        drop(accept(&there, "").code(2).says("nothing is to be accepted"));
    }
}

#[test]
fn p16_the_tip_that_is_given_up_is_kept_and_named() {
    for lost in [false, true] {
        let (world, seen, there) = forced(lost);
        let line = format!("doctor --accept-target {there} --reason why --as @dana");
        let kept = format!("refs/laneway/kept/target/{seen}");
        drop(
            world
                .laneway(&line)
                .code(0)
                .says(&format!("is kept in {kept}")),
        );
        assert_eq!(world.git(&format!("rev-parse {kept}")).trim(), seen);
    }
}

#[test]
fn p16_accepting_one_rewriting_is_not_following_the_next() {
    let (world, _, there) = forced(true);
    world.git("clone -q ../hub.git ../other");
    let line = format!("doctor --accept-target {there} --reason why --as @dana");
    drop(world.laneway(&line).code(0));
    // What people do on top of it is seen, then dropped by somebody.
    world.git("reset -q --hard origin/main");
    world.commit("repo", "q1", "people\n");
    world.git("push -q origin main");
    world.git_in("other", "fetch -q origin");
    let seen = world.target();
    drop(world.laneway_in("other", "list").code(0));
    world.commit("evil", "bad", "x\n");
    world.git_in("evil", "push -q --force origin main");
    let bad = world.target();
    drop(world.laneway_in("other", LOOK).code(5).says(&bad));
    let tracked = world.git_in("other", "rev-parse refs/remotes/origin/main");
    assert_eq!(tracked.trim(), seen);
    // Accepted again, everybody goes on, and keeps what was dropped.
    let line = format!("doctor --accept-target {bad} --reason why --as @dana");
    drop(world.laneway(&line).code(0));
    drop(world.laneway_in("other", LOOK).code(4));
    drop(world.laneway_in("other", ADD).code(0));
    let kept = world.git_in(
        "other",
        "for-each-ref --format=%(refname) refs/laneway/kept",
    );
    assert!(kept.contains(&seen), "{kept}");
}

#[test]
fn p25_a_ledger_that_is_refused_stays_as_it_was_seen() {
    let world = World::remote();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.git_in(
        "hub.git",
        "update-ref refs/heads/laneway refs/heads/laneway~1",
    );
    let before = standing(&world);
    drop(world.laneway("doctor --accept-ledger 1234567").code(2));
    assert_eq!(standing(&world), before);
    let there = world.git_in("hub.git", "rev-parse refs/heads/laneway");
    let line = format!("doctor --accept-ledger {}", there.trim());
    drop(world.laneway(&line).code(0).says("is kept in"));
    assert_eq!(world.git("rev-parse refs/remotes/origin/laneway"), there);
    drop(world.laneway(ADD).code(0));
}

#[test]
fn p16_doctor_calls_nothing_forged_where_others_went_on_with_a_rewritten_target() {
    let (world, seen, there) = forced(false);
    let add = "add B-9 --title Theirs --role A-backend --as @eve";
    drop(world.laneway_in("evil", add).code(0));
    drop(world.laneway(LOOK).code(5).says(&there));
    let told = world.laneway("doctor").code(1);
    assert!(!told.stdout.contains("forged-commit"), "{}", told.stdout);
    assert!(
        !told.stdout.contains(&format!("--accept-target {seen}")),
        "{}",
        told.stdout
    );
    drop(told.says("`git ls-remote origin refs/heads/main`"));
    let line = format!("doctor --accept-target {there} --reason why --as @dana");
    drop(world.laneway(&line).code(0).says("nothing is wrong"));
}

/// A world with two clones of one remote: `main` went from the first commit named to the second,
/// both clones have seen that, and then somebody put it back to the first.
fn set_back() -> (World, String, String) {
    let world = World::remote();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    let first = world.target();
    world.commit("repo", "c", "later\n");
    world.git("push -q origin main");
    let given_up = world.target();
    world.git("clone -q ../hub.git ../other");
    world.git_in("hub.git", &format!("update-ref refs/heads/main {first}"));
    (world, first, given_up)
}

/// Where `other` last saw the target.
fn tracked(world: &World) -> String {
    let at = world.git_in("other", "rev-parse refs/remotes/origin/main");
    at.trim().to_owned()
}

#[test]
fn p25_a_target_that_was_set_back_is_gone_on_with_by_every_clone() {
    let (world, first, given_up) = set_back();
    let accept = format!("doctor --accept-target {first} --reason restored --as @dana");
    drop(world.laneway(&accept).code(0).says("accepted"));
    for line in ["note A-1 once --as @eve", "note A-1 twice --as @eve"] {
        drop(world.laneway_in("other", line).code(0));
        let message = world.git_in("hub.git", "log -1 --format=%B refs/heads/laneway");
        let rules = format!("Laneway-Rules: {first}");
        assert!(message.contains(&rules), "{message}");
    }
    assert_eq!(tracked(&world), first);
    let kept = world.git_in(
        "other",
        "for-each-ref --format=%(refname) refs/laneway/kept",
    );
    assert!(kept.contains(&given_up), "{kept}");
    drop(world.laneway(ADD).code(0));
    for dir in ["repo", "other"] {
        drop(world.laneway_in(dir, "audit verify --all").code(0));
    }
    let told = world.laneway("--json audit overrides").code(0).json();
    assert_eq!(told["data"]["targets"].as_array().map(Vec::len), Some(1));
    // What people did on it since is not given up when it is set back to the same again.
    world.git("reset -q --hard origin/main");
    for file in ["q1", "q2", "q3"] {
        world.commit("repo", file, "people\n");
    }
    world.git("push -q origin main");
    world.git_in("other", "fetch -q origin");
    let people = tracked(&world);
    world.git_in("hub.git", &format!("update-ref refs/heads/main {first}"));
    for dir in ["repo", "other"] {
        drop(world.laneway_in(dir, LOOK).code(5).says(&people));
    }
    assert_eq!(tracked(&world), people);
}

#[test]
fn p25_what_is_known_of_an_acceptance_keeps_a_clone_from_undoing_it() {
    let (world, first, given_up) = set_back();
    let accept = format!("doctor --accept-target {first} --reason restored --as @dana");
    drop(world.laneway(&accept).code(0).says("accepted"));
    // The ledger is here, the target is not: what a fetch that failed for the target leaves.
    world.git_in(
        "other",
        "fetch -q origin refs/heads/laneway:refs/remotes/origin/laneway",
    );
    assert_eq!(tracked(&world), given_up);
    drop(world.laneway_in("other", "note A-1 x --as @eve").code(0));
    assert_eq!(tracked(&world), first);
    drop(world.laneway("audit verify --all").code(0));
}

#[test]
fn p25_what_came_on_top_of_what_was_given_up_was_not_given_up() {
    let (world, first, given_up) = set_back();
    // Seen by one clone only, before the target was set back.
    world.commit("other", "d", "people\n");
    let more = world.git_in("other", "rev-parse HEAD").trim().to_owned();
    world.git_in("other", "push -q origin main");
    world.git_in("hub.git", &format!("update-ref refs/heads/main {first}"));
    let accept = format!("doctor --accept-target {first} --reason restored --as @dana");
    drop(world.laneway(&accept).code(0).says(&given_up));
    for _ in 0..3 {
        let told = world.laneway_in("other", "note A-1 x --as @eve").code(5);
        drop(told.says(&more).says("--accept-target"));
    }
    assert_eq!(tracked(&world), more);
    drop(world.laneway("audit verify --all").code(0));
    // A person looks, and goes on; the clone that has less of it follows both.
    drop(world.laneway_in("other", &accept).code(0));
    for dir in ["other", "repo"] {
        drop(world.laneway_in(dir, "note A-1 x --as @eve").code(0));
        drop(world.laneway_in(dir, "audit verify --all").code(0));
    }
}

#[test]
fn p25_a_clone_that_lacks_what_was_given_up_asks_before_it_goes_on() {
    let (world, first, seen) = set_back();
    world.commit("repo", "d", "people\n");
    world.git("push -q --force origin main");
    let given_up = world.target();
    world.git_in("hub.git", &format!("update-ref refs/heads/main {first}"));
    let accept = format!("doctor --accept-target {first} --reason restored --as @dana");
    drop(world.laneway(&accept).code(0).says(&given_up));
    for _ in 0..3 {
        let told = world.laneway_in("other", "note A-1 x --as @eve").code(5);
        drop(told.says(&seen));
    }
    drop(world.laneway("audit verify --all").code(0));
    drop(world.laneway_in("other", &accept).code(0));
    drop(world.laneway_in("other", "note A-1 x --as @eve").code(0));
    // Nor does a clone that never had it stop at work that came after.
    world.git("reset -q --hard origin/main");
    world.commit("repo", "e", "next\n");
    world.git("push -q origin main");
    world.git("clone -q ../hub.git ../late");
    drop(world.laneway_in("late", ADD).code(0));
    for dir in ["repo", "other", "late"] {
        drop(world.laneway_in(dir, "note A-1 y --as @eve").code(0));
        drop(world.laneway_in(dir, "audit verify --all").code(0));
    }
}

#[test]
fn p25_doctor_tells_a_target_that_is_behind_from_rules_that_were_given_up() {
    let (world, first, given_up) = set_back();
    let accept = format!("doctor --accept-target {first} --reason restored --as @dana");
    drop(world.laneway(&accept).code(0).says("accepted"));
    // Whoever may push puts it there again: it goes forward, and the remote says so.
    world.git_in("other", "push -q origin main");
    drop(world.laneway_in("other", "note A-1 x --as @eve").code(0));
    assert_eq!(tracked(&world), given_up);
    drop(world.laneway_in("other", "audit verify --all").code(0));
    world.git("fetch -q origin");
    drop(world.laneway("doctor").says("nothing is wrong"));
    // Set back once more: what its rules judged is not on the target.
    world.git_in("hub.git", &format!("update-ref refs/heads/main {first}"));
    world.git("fetch -q origin");
    let told = world.laneway("doctor").code(1);
    drop(
        told.says(&format!("is behind {given_up}"))
            .says("were used again since")
            .says("--accept-target"),
    );
    drop(world.laneway(&accept).code(0).says("nothing is wrong"));
    for dir in ["repo", "other"] {
        drop(world.laneway_in(dir, "note A-1 y --as @eve").code(0));
    }
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p25_a_shallow_clone_writes_where_it_cannot_see_what_was_accepted() {
    let (world, first, _) = set_back();
    let accept = format!("doctor --accept-target {first} --reason restored --as @dana");
    drop(world.laneway(&accept).code(0).says("accepted"));
    for text in ["t", "u", "v", "w", "x"] {
        world.quietly(&format!("note A-1 {text} --as @dana"));
    }
    world.git("reset -q --hard origin/main");
    world.commit("repo", "q", "people\n");
    world.git("push -q origin main");
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!(
        "clone -q --no-single-branch --depth 4 {url} ../shallow"
    ));
    drop(world.laneway_in("shallow", "note A-1 z --as @eve").code(0));
    world.git("fetch -q origin");
    drop(world.laneway("audit verify --all").code(0));
}
