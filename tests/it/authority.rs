//! Who decides: the ref that the ledger's marker names, and no copy of it that names itself.

use std::fs;

use crate::support::World;

const MARKER: &str = "governance/ledger.yaml";

/// A fork `alice` of the remote whose marker `edit` has changed, known here and fetched.
fn forked(world: &World, edit: impl Fn(&str) -> String) {
    world.git("clone -q --bare ../hub.git ../alice.git");
    world.git("clone -q ../alice.git ../al");
    world.git_in("al", "checkout -q laneway");
    remarked(world, edit);
    known(world, "repo");
}

/// The ledger commit of the fork with another marker.
fn remarked(world: &World, edit: impl Fn(&str) -> String) {
    let message = world.git_in("al", "log -1 --format=%B");
    let marker = fs::read_to_string(world.path("al").join(MARKER)).unwrap();
    world.write_in("", "message", &message);
    world.write_in("al", MARKER, &edit(&marker));
    world.git_in("al", &format!("commit -q -F ../message {MARKER}"));
    world.git_in("al", "push -q origin laneway");
}

fn known(world: &World, dir: &str) {
    world.git_in(dir, "remote add alice ../alice.git");
    world.git_in(dir, "fetch -q alice");
}

fn names_itself(marker: &str) -> String {
    assert!(marker.contains("remote: origin"), "{marker}");
    marker.replace("remote: origin", "remote: alice")
}

fn tip(world: &World, dir: &str) -> String {
    world
        .git_in(dir, "rev-parse refs/heads/laneway")
        .trim()
        .to_owned()
}

fn planned() -> World {
    let world = World::remote();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world
}

#[test]
fn p25_a_fork_that_is_a_remote_of_the_clone_decides_nothing() {
    let world = planned();
    forked(&world, names_itself);
    let before = (tip(&world, "hub.git"), tip(&world, "alice.git"));
    drop(world.laneway("claim A-1 --no-worktree --as @bot").code(0));
    assert_ne!(tip(&world, "hub.git"), before.0);
    assert_eq!(tip(&world, "alice.git"), before.1);
    let shown = world.laneway("--json show A-1").code(0).json();
    assert_eq!(shown["ledger"]["ref"], "refs/remotes/origin/laneway");
    // A branch here that the fork's was made into says no more than the fork does.
    world.git("branch -q --no-track laneway alice/laneway");
    let shown = world.laneway("--json show A-1").code(0).json();
    assert_eq!(shown["ledger"]["ref"], "refs/remotes/origin/laneway");
}

#[test]
fn p25_of_two_remotes_that_name_themselves_a_new_clone_asks_the_one_its_target_follows() {
    let world = planned();
    forked(&world, names_itself);
    world.git("clone -q ../hub.git ../new");
    known(&world, "new");
    let shown = world.laneway_in("new", "--json list").code(0).json();
    assert_eq!(shown["ledger"]["ref"], "refs/remotes/origin/laneway");
    // Nothing tells them apart: a person does.
    world.git_in("new", "branch -q --unset-upstream main");
    let asked = world.laneway_in("new", "claim A-1 --no-worktree --as @bot");
    drop(
        asked
            .code(5)
            .says("alice, origin")
            .says("`git config laneway.remote NAME`"),
    );
    world.git_in("new", "config laneway.remote origin");
    let claim = world.laneway_in("new", "claim A-1 --no-worktree --as @bot");
    drop(claim.code(0));
    world.git_in("new", "config --unset laneway.remote");
    let shown = world.laneway_in("new", "--json list").code(0).json();
    assert_eq!(shown["ledger"]["ref"], "refs/remotes/origin/laneway");
}

#[test]
fn p25_a_fork_whose_marker_does_not_read_stops_nobody() {
    let world = planned();
    forked(&world, |_| "version: 9\n".to_owned());
    world.git("clone -q ../hub.git ../new");
    known(&world, "new");
    drop(world.laneway("list").code(0).says("A-1"));
    drop(world.laneway_in("new", "list").code(0).says("A-1"));
    let claim = world.laneway_in("new", "claim A-1 --no-worktree --as @bot");
    drop(claim.code(0));
}

#[test]
fn p25_a_ledger_that_was_seen_here_is_decided_by_nobody_else_until_a_person_says_so() {
    let world = planned();
    forked(&world, names_itself);
    let seen = tip(&world, "hub.git");
    // What decides says that another one does, and then nothing that is understood.
    world.git_in("al", "push -q ../hub.git laneway");
    for line in ["claim A-1 --no-worktree --as @bot", "list"] {
        world.git("fetch -q origin");
        let said = world.laneway(line).code(5);
        let said = said.says("was decided by `origin`").says("`alice`");
        drop(said.says("`git config laneway.remote alice`"));
    }
    assert_eq!(tip(&world, "alice.git"), tip(&world, "hub.git"));
    world.git("config laneway.remote alice");
    drop(world.laneway("claim A-1 --no-worktree --as @bot").code(0));
    world.git("config --unset laneway.remote");
    let shown = world.laneway("--json list").code(0).json();
    assert_eq!(shown["ledger"]["ref"], "refs/remotes/alice/laneway");
    world.git("config laneway.remote origin");
    world.git_in("hub.git", &format!("update-ref refs/heads/laneway {seen}"));
    world.git("fetch -q origin");
    // What alice acknowledged is not lost in silence.
    drop(
        world
            .laneway("add A-2 --title x --role A-backend --as @dana")
            .code(5),
    );
}

#[test]
fn p25_a_ledger_that_was_seen_here_is_not_left_for_one_of_another_name() {
    let world = World::new();
    world.git("init -q --bare ../hub.git");
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("remote add origin {url}"));
    world.git("push -q -u origin main");
    world.quietly("init --authority remote --ledger q --role A-backend --push");
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.git("clone -q ../hub.git ../al");
    world.git_in("al", "checkout -q -b laneway origin/q");
    let marker = fs::read_to_string(world.path("al").join(MARKER)).unwrap();
    world.write_in(
        "al",
        MARKER,
        &marker.replace("branch: q", "branch: laneway"),
    );
    world.git_in("al", &format!("commit -q -m other {MARKER}"));
    world.git_in("al", "push -q origin laneway");
    world.git("fetch -q origin");
    let said = world.laneway("claim A-1 --no-worktree --as @bot").code(5);
    drop(said.says("laneway, q").says("--ledger"));
    let claim = "claim A-1 --no-worktree --ledger q --as @bot";
    drop(world.laneway(claim).code(0));
}

#[test]
fn p25_a_clone_that_calls_the_deciding_remote_otherwise_says_so_once() {
    let world = planned();
    world.git("clone -q -o up ../hub.git ../ci");
    let told = world.laneway_in("ci", "list").code(5);
    drop(told.says("git config laneway.remote up"));
    world.git_in("ci", "config laneway.remote up");
    drop(
        world
            .laneway_in("ci", "claim A-1 --no-worktree --as @bot")
            .code(0),
    );
    drop(world.laneway_in("ci", "validate").code(0));
    drop(world.laneway_in("ci", "doctor").code(0));
    world.git("fetch -q");
    drop(world.laneway("show A-1").code(0).says("@bot"));
    // The first clone gives its remote another name.
    world.git("remote rename origin upstream");
    let told = world.laneway("list").code(5);
    drop(told.says("git config laneway.remote upstream"));
    world.git("config laneway.remote upstream");
    drop(world.laneway("note A-1 here --as @bot").code(0));
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("doctor").code(0));
}

#[test]
fn a_remote_that_is_not_there_is_found_before_anything_is_written() {
    let world = World::new();
    let before = world.git("rev-parse HEAD");
    world.git("remote add origin ../nowhere.git");
    let init = "init --authority remote --role A-backend --push";
    drop(world.laneway(init).code(6).says("nothing was changed"));
    assert_eq!(world.git("rev-parse HEAD"), before);
    assert!(!world.path("repo/governance").exists());
    // One that decides alone says so, where clones may expect more.
    let told = world.laneway("init --role A-backend").code(0);
    drop(told.says("clones of `origin` have no part in it"));
}
