//! X07, X08: a server with laneway's hooks, and the clients that it lets in.

use std::time::Duration;

use crate::support::World;

/// A remote with the hooks of a server before there is a ledger.
fn guarded() -> World {
    let world = World::new();
    world.git("init -q --bare ../hub.git");
    drop(
        world
            .laneway_in("hub.git", "hooks install --server")
            .code(0),
    );
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("remote add origin {url}"));
    world.git("push -q -u origin main");
    world.quietly("init --authority remote --role A-backend:2 --push");
    world
}

#[test]
fn x07_a_fleet_works_through_the_guard_from_the_first_commit() {
    let world = guarded();
    let commit = world.submit("A-1", "--role A-backend", "repo-A-backend", "src/a", "1\n");
    // Work that is made anew: the earlier commit is kept beside it.
    drop(
        world
            .laneway("review A-1 --verdict revise --finding major:src/a:no --as @rev")
            .code(0),
    );
    world.write_in("repo-A-backend", "src/a", "2\n");
    world.git_in("repo-A-backend", "commit -q -a --amend -m again");
    drop(
        world
            .laneway_in("repo-A-backend", "handoff --next more")
            .code(0),
    );
    let kept = format!("refs/laneway/work/A-1/1-{commit}");
    let refs = world.git_in("hub.git", "for-each-ref --format=%(refname)");
    assert!(refs.contains("refs/laneway/work/A-1/"), "{kept} of {refs}");
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
    let same = "rev-parse refs/heads/laneway refs/laneway/verified/laneway";
    let tips = world.git_in("hub.git", same);
    let mut tips = tips.lines();
    assert_eq!(tips.next(), tips.next());
}

#[test]
fn x08_a_declined_client_says_why_and_does_not_try_again() {
    let world = guarded();
    world.quietly("add A-1 --title One --type task --role A-backend --as @dana");
    let map = "version: 1\nmode: enforced\nagents:\n  - {name: '@bot', roles: [A-backend], may: [claim], emails: [bot@example.com]}\n\
        routing:\n  - {task_type: task, agent_name: '@bot', workstation: ws-local-01}\n";
    world.write("governance/identity-map.yaml", map);
    world.rule("signatures: {minimum: committer}");
    world.git("push -q origin main");
    let tries = "echo x >> \"$GIT_DIR/tries\"\n";
    let hook = world.path("hub.git/hooks/pre-receive");
    let text = std::fs::read_to_string(&hook).unwrap();
    std::fs::write(
        &hook,
        text.replacen("#!/bin/sh\n", &format!("#!/bin/sh\n{tries}"), 1),
    )
    .unwrap();
    let claim = world.start("repo", "claim A-1 --no-worktree --as @bot");
    let answer = claim.within(Duration::from_secs(60)).code(4);
    drop(answer.says("maker-unproven").says("git config user.email"));
    let tried = std::fs::read_to_string(world.path("hub.git/tries")).unwrap();
    assert_eq!(tried.lines().count(), 1);
    world.git("config user.email bot@example.com");
    drop(world.laneway("claim A-1 --no-worktree --as @bot").code(0));
}

#[test]
fn x07_rules_that_changed_meanwhile_are_told_and_the_next_try_goes_by_them() {
    let world = guarded();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    // A clone whose fetches are old: the ledger commit it makes names old rules.
    let url = format!("file://{}", world.path("hub.git").display());
    world.git_in("tmp", &format!("clone -q {url} ../late"));
    world.git_in("tmp", &format!("clone -q --bare {url} ../old.git"));
    world.rule("lease: {ttl: 1h}");
    let old = format!("file://{}", world.path("old.git").display());
    world.git_in("late", &format!("remote set-url origin {old}"));
    drop(world.laneway_in("late", "note A-1 x --as @bot").code(0));
    world.git("push -q origin main");
    let push = format!("push -q {url} refs/remotes/origin/laneway:refs/heads/laneway");
    let output = world
        .command(&world.path("late"), "git", &push)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("rules-stale"),
        "{said}"
    );
    drop(world.laneway("note A-1 x --as @bot").code(0));
}
