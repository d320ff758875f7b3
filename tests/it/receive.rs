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

/// What the clone `late` made by what it has is not taken at `url`.
#[track_caller]
fn refused_as_stale(world: &World, url: &str) {
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
    // A server whose clock is behind: what it alone can find.
    let tries = "echo x >> \"$GIT_DIR/tries\"\nexport LANEWAY_TEST_NOW=2026-11-19T09:00:00Z\n";
    let hook = world.path("hub.git/hooks/pre-receive");
    let text = std::fs::read_to_string(&hook).unwrap();
    std::fs::write(
        &hook,
        text.replacen("#!/bin/sh\n", &format!("#!/bin/sh\n{tries}"), 1),
    )
    .unwrap();
    let claim = world.start("repo", "claim A-1 --no-worktree --as @bot");
    let answer = claim.within(Duration::from_secs(60)).code(4);
    drop(answer.says("clock-ahead").says("set the clock"));
    let tried = std::fs::read_to_string(world.path("hub.git/tries")).unwrap();
    assert_eq!(tried.lines().count(), 1);
    std::fs::write(&hook, text).unwrap();
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
    refused_as_stale(&world, &url);
    drop(world.laneway("note A-1 x --as @bot").code(0));
}

#[test]
fn g22_evidence_of_lines_comes_in_before_the_work_is_handed_off() {
    let world = guarded();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit("repo-A-backend", "src/a", "one\n");
    let shown = "evidence --class source_trace --text 'the line says it' --anchor src/a:1";
    drop(world.laneway_in("repo-A-backend", shown).code(0));
    drop(
        world
            .laneway_in("repo-A-backend", "handoff --next more")
            .code(0),
    );
    drop(world.laneway_in("hub.git", "audit verify --all").code(0));
}

#[test]
fn p17_a_claim_by_a_plan_that_is_over_is_refused() {
    let world = guarded();
    let plan = "version: 1\ntasks:\n  - {id: P-1, title: One, role: A-backend}\n";
    world.commit("repo", "governance/queue.yaml", plan);
    world.git("push -q origin main");
    let url = format!("file://{}", world.path("hub.git").display());
    world.git_in("tmp", &format!("clone -q {url} ../late"));
    world.git_in("tmp", &format!("clone -q --bare {url} ../old.git"));
    let parked = plan.replace("role: A-backend", "role: A-backend, parked: true");
    world.commit("repo", "governance/queue.yaml", &parked);
    world.git("push -q origin main");
    // Somebody whose fetches are old claims by what he has, and pushes that.
    let old = format!("file://{}", world.path("old.git").display());
    world.git_in("late", &format!("remote set-url origin {old}"));
    let claim = "claim P-1 --no-worktree --as @bot";
    drop(world.laneway_in("late", claim).code(0));
    refused_as_stale(&world, &url);
}

#[test]
fn x07_a_clone_that_fetches_from_elsewhere_is_told_at_once() {
    let world = guarded();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.git_in("tmp", "clone -q --bare ../hub.git ../old.git");
    let url = |name: &str| format!("file://{}", world.path(name).display());
    world.git_in("tmp", &format!("clone -q {} ../late", url("old.git")));
    let push = format!("remote set-url --push origin {}", url("hub.git"));
    world.git_in("late", &push);
    world.rule("lease: {ttl: 1h}");
    world.git("push -q origin main");
    let note = world.laneway_in("late", "note A-1 x --as @bot").code(4);
    drop(note.says("has others since").says("git remote -v"));
}

#[test]
fn x07_a_clone_that_slept_decides_afresh_by_itself() {
    let world = guarded();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    let url = format!("file://{}", world.path("hub.git").display());
    world.git_in("tmp", &format!("clone -q {url} ../late"));
    world.rule("lease: {ttl: 1h}");
    world.git("push -q origin main");
    let target = world.target();
    // Several at once: they publish together.
    let notes = (0..4).map(|n| world.start("late", &format!("note A-1 'x {n}' --as @bot")));
    for note in notes.collect::<Vec<_>>() {
        drop(note.answer().code(0));
    }
    let made = world.git_in("hub.git", "log -4 --format=%B laneway");
    let judged = made.matches(&format!("Laneway-Rules: {target}")).count();
    assert_eq!(judged, 4, "by what is in force: {made}");
    drop(world.laneway_in("late", "audit verify").code(0));
}

#[test]
fn x07_what_a_local_authority_has_landed_comes_in_with_its_target() {
    let world = World::governed();
    world.rule("target: {branch: main, direct: tasks_only}");
    world.git("init -q --bare ../hub.git");
    drop(
        world
            .laneway_in("hub.git", "hooks install --server")
            .code(0),
    );
    let push = |line: &str| {
        let output = world
            .command(&world.path("repo"), "git", line)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    };
    let both = "push -q --atomic ../hub.git main laneway";
    let (done, said) = push(both);
    assert!(done, "{said}");
    world.submit("A-1", "--role A-backend", "repo-A-backend", "src/a", "1\n");
    drop(world.laneway("merge A-1 --as @bot").code(0));
    // It is judged by the rules of a target that has the landed commit.
    world.quietly("add A-2 --title Two --role A-backend --as @dana");
    let (done, said) = push(both);
    assert!(done, "{said}");
    // Rules that are others than those in force are not brought so.
    world.rule("lease: {ttl: 1h}");
    world.quietly("note A-2 x --as @bot");
    let (done, said) = push(both);
    assert!(!done && said.contains("rules-unknown"), "{said}");
}

#[test]
fn x08_signed_work_goes_through_the_guard_and_nothing_else_does() {
    let world = guarded();
    for key in ["good", "bad"] {
        let line = format!("-q -t ed25519 -N '' -C {key} -f {key}");
        let made = world
            .command(&world.path("home"), "ssh-keygen", &line)
            .output()
            .unwrap();
        assert!(made.status.success());
    }
    let key = std::fs::read_to_string(world.path("home/good.pub")).unwrap();
    let key = key.trim();
    let agent = |name: &str, rest: &str| {
        format!(
            "  - {{name: '{name}', {rest}, emails: [test@example.com], signing_keys: ['{key}']}}\n"
        )
    };
    let map = format!(
        "version: 1\nmode: enforced\nagents:\n{}{}routing:\n  - {{task_type: work, agent_name: '@bot', workstation: ws-local-01}}\n",
        agent("@bot", "roles: [A-backend], may: [claim, handoff]"),
        agent("@dana", "kind: person, may: [plan, merge, admin]"),
    );
    world.write("governance/identity-map.yaml", &map);
    world.rule("signatures: {minimum: signed}");
    world.git("push -q origin main");
    let add = "add A-1 --title One --type work --role A-backend --as @dana";
    let unsigned = world.laneway(add).code(4);
    drop(unsigned.says("sign"));
    world.git("config commit.gpgSign true");
    world.git("config gpg.format ssh");
    let sign_by = |key: &str| {
        let file = world.path("home").join(key);
        world.git(&format!("config user.signingKey {}", file.display()));
    };
    sign_by("bad");
    let foreign = world.laneway(add).code(4);
    drop(foreign.says("sign"));
    sign_by("good");
    drop(world.laneway(add).code(0));
    drop(world.laneway("claim A-1 --as @bot").code(0));
    world.commit("repo-A-backend", "src/a", "1\n");
    drop(
        world
            .laneway_in("repo-A-backend", "handoff --next more")
            .code(0),
    );
    drop(world.laneway("merge A-1 --as @dana").code(0));
    // A clone that does not look may send what is not signed; the server looks.
    let tip = world.git_in("hub.git", "rev-parse refs/heads/laneway");
    world.git("fetch -q origin");
    world.git("config commit.gpgSign false");
    let stripped = unsigned_copy(&world, tip.trim());
    let before = world.git_in("hub.git", "rev-parse refs/heads/laneway~1");
    world.git_in(
        "hub.git",
        &format!("update-ref refs/heads/laneway {}", before.trim()),
    );
    world.git_in("hub.git", "update-ref -d refs/laneway/verified/laneway");
    let line = format!("push -q origin {stripped}:refs/heads/laneway");
    let output = world
        .command(&world.path("repo"), "git", &line)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("maker-unproven"),
        "{said}"
    );
    let line = format!("push -q origin {}:refs/heads/laneway", tip.trim());
    world.git(&line);
    world.git("fetch -q origin +refs/laneway/verified/*:refs/laneway/verified/*");
    // The server's word counts where the rules ask for it.
    assert!(!world.laneway("log").code(0).stdout.contains("verified"));
    world.git("config commit.gpgSign true");
    world.rule("signatures: {minimum: verified}");
    world.git("push -q origin main");
    let next = "add A-2 --title Two --type work --role A-backend --as @dana";
    drop(world.laneway(next).code(0));
    world.git("fetch -q origin +refs/laneway/verified/*:refs/laneway/verified/*");
    let log = world.laneway("log --limit 1").code(0).stdout;
    assert!(log.contains("add A-2") && log.contains("verified"), "{log}");
}

/// A commit without its signature.
fn unsigned_copy(world: &World, commit: &str) -> String {
    use std::io::Write as _;
    use std::process::Stdio;
    let text = world.git(&format!("cat-file commit {commit}"));
    let (head, message) = text.split_once("\n\n").unwrap();
    let mut signature = false;
    let head: Vec<&str> = head
        .lines()
        .filter(|line| {
            signature = line.starts_with("gpgsig ") || signature && line.starts_with(' ');
            !signature
        })
        .collect();
    let text = format!("{}\n\n{message}", head.join("\n"));
    let mut git = world.command(
        &world.path("repo"),
        "git",
        "hash-object -t commit -w --stdin",
    );
    let mut git = git
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = git.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Pushes; whether it went in, and what was said.
fn pushed(world: &World, line: &str) -> (bool, String) {
    let mut command = world.command(&world.path("repo"), "git", line);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[test]
fn x07_a_branch_whose_marker_does_not_read_stops_no_server() {
    let world = World::new();
    world.git("init -q --bare ../hub.git");
    let server = "hooks install --server";
    drop(world.laneway_in("hub.git", server).code(0));
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("remote add origin {url}"));
    world.git("push -q -u origin main");
    world.write("governance/ledger.yaml", "version: 2\n");
    world.git("checkout -q -b laneway");
    world.git("add -A");
    world.git("commit -q -m marker");
    // Before there is a ledger, and beside one of another name.
    let (done, said) = pushed(&world, "push -q origin laneway");
    assert!(!done && said.contains("ledger-unreadable"), "{said}");
    world.git("checkout -q main");
    world.quietly("init --authority remote --ledger q --role A-backend --push");
    for name in ["laneway", "laneway:side"] {
        let (done, said) = pushed(&world, &format!("push -q origin {name}"));
        assert!(!done && said.contains("ledger-unreadable"), "{said}");
    }
    // One that is there already.
    world.git("push -q ../hub.git laneway:refs/heads/x --no-verify --receive-pack='git -c core.hooksPath=/dev/null receive-pack'");
    world.git_in("hub.git", "update-ref refs/heads/laneway refs/heads/x");
    let (done, said) = pushed(&world, "push -q origin main:refs/heads/other");
    assert!(done, "{said}");
    world.git("fetch -q origin");
    let add = "add A-1 --title One --role A-backend --as @dana";
    drop(world.laneway(add).code(0));
    // Named, it is what was meant.
    world.git("config laneway.ledger laneway");
    drop(world.laneway("list").code(5).says("ledger.yaml"));
}

#[test]
fn x07_no_object_is_replaced_on_the_server() {
    let world = guarded();
    let head = world.git("rev-parse HEAD");
    let line = format!("push -q origin HEAD:refs/replace/{}", head.trim());
    let (done, said) = pushed(&world, &line);
    assert!(!done && said.contains("ref-reserved"), "{said}");
    drop(
        world
            .laneway("add A-1 --title One --role A-backend --as @dana")
            .code(0),
    );
}

#[test]
fn x07_a_name_that_is_not_utf_8_is_refused_as_one() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = guarded();
    let ran = |dir: &str, line: &str, name: &[u8]| {
        let mut command = world.command(&world.path(dir), "git", line);
        let output = command.arg(std::ffi::OsStr::from_bytes(name)).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    };
    let push = "push -q origin";
    let (done, said) = ran("repo", push, b"HEAD:refs/heads/caf\xe9");
    assert!(!done, "{said}");
    assert!(
        said.contains("ref-name") && said.contains(r"caf\xe9"),
        "{said}"
    );
    // One that stood there before the hook goes.
    assert!(ran("hub.git", "branch -q", b"caf\xe9").0);
    let (done, said) = ran("repo", push, b":refs/heads/caf\xe9");
    assert!(done, "{said}");
}

#[test]
fn x08_of_two_who_share_an_address_the_one_who_signed_is_asked() {
    let world = guarded();
    for key in ["ann", "zed", "none"] {
        let line = format!("-q -t ed25519 -N '' -C {key} -f {key}");
        let mut command = world.command(&world.path("home"), "ssh-keygen", &line);
        assert!(command.output().unwrap().status.success());
    }
    let agent = |name: &str| {
        let key = std::fs::read_to_string(world.path("home").join(format!("{name}.pub")));
        let key = key.unwrap();
        format!(
            "  - {{name: '@{name}', kind: person, may: [plan, admin, merge], \
             emails: [test@example.com], signing_keys: ['{}']}}\n",
            key.trim()
        )
    };
    let map = format!(
        "version: 1\nmode: enforced\nagents:\n{}{}",
        agent("ann"),
        agent("zed")
    );
    world.write("governance/identity-map.yaml", &map);
    world.rule("signatures: {minimum: signed}");
    world.rule("target: {branch: main, direct: tasks_only}");
    world.git("push -q origin main");
    world.git("config gpg.format ssh");
    world.git("config commit.gpgSign true");
    for (key, ttl, goes_in) in [
        ("none", "1h", false),
        ("zed", "2h", true),
        ("ann", "3h", true),
    ] {
        let file = world.path("home").join(key);
        world.git(&format!("config user.signingKey {}", file.display()));
        world.rule(&format!("lease: {{ttl: {ttl}}}"));
        let (done, said) = pushed(&world, "push -q origin main");
        assert_eq!(done, goes_in, "{key}: {said}");
        if !done {
            assert!(said.contains("the policy asks for signed"), "{said}");
            world.git("reset -q --hard HEAD~1");
        }
    }
}
