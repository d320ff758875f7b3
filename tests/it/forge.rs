//! P31, X07: pull requests that a forge merges on a guarded target that takes work of tasks only.

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// A guarded server whose target takes work of tasks only, by pull requests; and `forge`, a clone
/// that merges as a forge does: as somebody else, over git alone.
fn world() -> World {
    let world = World::new();
    world.git("init -q --bare ../hub.git");
    let hooks = "hooks install --server";
    drop(world.laneway_in("hub.git", hooks).code(0));
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("remote add origin {url}"));
    world.git("push -q -u origin main");
    world.quietly("init --authority remote --role A-backend --push");
    world.rule("merge: {via: pull_request}");
    world.rule("target: {branch: main, direct: tasks_only}");
    world.git("push -q origin main");
    world.git_in("tmp", &format!("clone -q {url} ../forge"));
    world.git_in("forge", "config user.name Forge");
    world.git_in("forge", "config user.email forge@example.com");
    world
}

/// Pushes what the forge has made of main; what the server said when it refused.
fn pushed(world: &World) -> Result<(), String> {
    let line = "push -q origin HEAD:refs/heads/main";
    let output = world.command(&world.path("forge"), "git", line).output();
    let output = output.unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

/// The forge at the target of the server, with the branch of the lane at `origin/agent/A-backend`.
fn fresh(world: &World) {
    world.git_in("forge", "fetch -q origin");
    world.git_in("forge", "checkout -q --detach origin/main");
    world.git_in("forge", "reset -q --hard origin/main");
}

fn squash(world: &World) {
    fresh(world);
    world.git_in("forge", "merge -q --squash origin/agent/A-backend");
    world.git_in("forge", "commit -q -m 'Work (#1)'");
}

#[test]
fn p31_a_pull_request_comes_in_once_its_gates_hold_and_completes_afterwards() {
    let world = world();
    world.submit("A-1", "--role A-backend --check true", LANE, "src/a", "1\n");
    squash(&world);
    let early = pushed(&world).unwrap_err();
    assert!(early.contains("target-direct"), "{early}");
    assert!(early.contains("the work of `A-1` may not land"), "{early}");
    assert!(early.contains("`true` has not run"), "{early}");
    let merge = world.laneway("merge A-1 --trust --as @bot").code(0);
    drop(merge.says("ready for its pull request"));
    pushed(&world).unwrap();
    drop(world.laneway("complete A-1 --as @bot").code(0));
    assert!(world.laneway("show A-1").code(0).stdout.contains("done"));
    drop(world.laneway("audit verify").code(0));
    // What a task has landed is in the way of nothing after it.
    let second = "--role A-backend --depends-on A-1";
    world.submit("A-2", second, LANE, "src/b", "1\n");
    squash(&world);
    pushed(&world).unwrap();
    drop(world.laneway("complete A-2 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p31_a_rebase_comes_in_commit_by_commit_as_it_was_handed_off() {
    let world = world();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    let base = world.git_in(LANE, "rev-parse HEAD").trim().to_owned();
    world.commit(LANE, "src/a", "1\n");
    world.commit(LANE, "src/b", "2\n");
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    // The plan has moved on: the target is not the base any more.
    world.write("governance/packages/README.md", "Packages\n");
    world.git("add -A");
    world.git("commit -q -m plan");
    world.git("push -q origin main");
    let rebase = |world: &World| {
        fresh(world);
        world.git_in("forge", "branch -f pr origin/agent/A-backend");
        let line = format!("rebase -q --onto origin/main {base} pr");
        world.git_in("forge", &line);
    };
    // A file that comes and goes between the two was seen by nobody.
    rebase(&world);
    let second = world.git_in("forge", "rev-parse HEAD").trim().to_owned();
    world.git_in("forge", "reset -q --hard HEAD~1");
    world.write_in("forge", "secret", "x\n");
    world.git_in("forge", "add -A");
    world.git_in("forge", "commit -q --amend --no-edit");
    world.git_in("forge", "rm -q --cached secret");
    world.git_in("forge", &format!("checkout -q {second} -- src/b"));
    world.git_in("forge", "commit -q -m second");
    let same = format!("diff --exit-code {second} HEAD");
    world.git_in("forge", &same);
    let planted = pushed(&world).unwrap_err();
    let fact = "no task has landed it, and it touches secret";
    assert!(planted.contains(fact), "{planted}");
    world.git_in("forge", "clean -qfd");
    // Only one of the two is not the work.
    rebase(&world);
    world.git_in("forge", "reset -q --hard HEAD~1");
    let half = pushed(&world).unwrap_err();
    assert!(half.contains("no task has landed it"), "{half}");
    rebase(&world);
    pushed(&world).unwrap();
    drop(world.laneway("complete A-1 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}

/// Each commit on the parent that it has there: replayed on the last one alone they would conflict.
#[test]
fn p31_a_rebase_that_edits_the_same_lines_twice_landed_from_where_it_begins() {
    let world = world();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    let base = world.git_in(LANE, "rev-parse HEAD").trim().to_owned();
    world.commit(LANE, "src/a", "1\n");
    world.commit(LANE, "src/a", "2\n");
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    world.write("governance/packages/README.md", "Packages\n");
    world.git("add -A");
    world.git("commit -q -m plan");
    world.git("push -q origin main");
    let onto = world.git("rev-parse HEAD").trim().to_owned();
    fresh(&world);
    world.git_in("forge", "branch -f pr origin/agent/A-backend");
    world.git_in("forge", &format!("rebase -q --onto origin/main {base} pr"));
    pushed(&world).unwrap();
    drop(world.laneway("complete A-1 --as @bot").code(0));
    let shown = world.laneway("--json show A-1").code(0).json();
    let told = shown["data"].to_string();
    assert!(told.contains(&format!("\"onto\":\"{onto}\"")), "{told}");
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("audit coverage").code(0));
}

#[test]
fn p31_what_no_task_handed_off_stays_out_whatever_a_pull_request_says() {
    let world = world();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "src/a", "1\n");
    world.git_in(LANE, "push -q origin HEAD:refs/heads/agent/A-backend");
    // In progress: nobody has handed it off.
    squash(&world);
    let open = pushed(&world).unwrap_err();
    assert!(open.contains("no task has landed it"), "{open}");
    assert!(open.contains("as it was handed off"), "{open}");
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    // One line more than was handed off.
    squash(&world);
    world.write_in("forge", "src/a", "1\n2\n");
    world.git_in("forge", "commit -q -a --amend --no-edit");
    let more = pushed(&world).unwrap_err();
    assert!(more.contains("no task has landed it"), "{more}");
    // A merge commit.
    fresh(&world);
    world.git_in("forge", "merge -q --no-ff --no-edit origin/agent/A-backend");
    let merged = pushed(&world).unwrap_err();
    assert!(
        merged.contains("have the forge squash or rebase"),
        "{merged}"
    );
    // Rules that come with the work would judge it after the push.
    fresh(&world);
    let policy = world.path("forge/governance/policy.yaml");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text + "lease: {ttl: 1h}\n").unwrap();
    world.git_in("forge", "commit -q -a -m rules");
    world.git_in("forge", "merge -q --squash origin/agent/A-backend");
    world.git_in("forge", "commit -q -m 'Work (#1)'");
    let rules = pushed(&world).unwrap_err();
    assert!(
        rules.contains("the rules change before the work of `A-1`"),
        "{rules}"
    );
    // A review that says no.
    let no = "review A-1 --verdict revise --finding major:src/a:no --as @rev";
    drop(world.laneway(no).code(0));
    squash(&world);
    let revised = pushed(&world).unwrap_err();
    assert!(revised.contains("no task has landed it"), "{revised}");
    let before = world.git_in("hub.git", "log --format=%s main");
    assert!(!before.contains("Work (#1)"), "{before}");
}

#[test]
fn p31_each_pull_request_of_a_push_is_asked_for_by_itself() {
    let world = world();
    world.submit("A-1", "--role A-backend", LANE, "src/a", "1\n");
    let first = world.git_in(LANE, "rev-parse HEAD").trim().to_owned();
    world.submit("A-2", "--role A-backend", LANE, "src/b", "1\n");
    let second = world.git_in(LANE, "rev-parse HEAD").trim().to_owned();
    let waits = "--role A-backend --depends-on A-1";
    world.quietly(&format!("add A-3 --title Work {waits} --as @dana"));
    fresh(&world);
    world.git_in("forge", "fetch -q origin +refs/laneway/work/*:refs/work/*");
    world.git_in("forge", &format!("cherry-pick {first} {second}"));
    pushed(&world).unwrap();
    // In any order: neither waits for the other.
    drop(world.laneway("complete A-2 --as @bot").code(0));
    drop(world.laneway("complete A-1 --as @bot").code(0));
    drop(world.laneway("claim A-3 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
}
