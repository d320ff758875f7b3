//! Remotes that say no: each no has its own explanation and says what to do; nothing is changed.

use std::fs;

use crate::hub::{HUB, Hub, clone};
use crate::servers::Transport;

/// A claim of the only task, by way of the clone `c0`.
const CLAIM: &str = "--json claim T-1 --as @bot";

fn hub(transport: Transport) -> Hub {
    let hub = Hub::new(transport, 1);
    hub.plan("T", 1);
    hub.world.git_in(&clone("c0"), "fetch -q");
    hub
}

fn picture(hub: &Hub) -> String {
    let here = ["for-each-ref", "worktree list", "status --porcelain"]
        .map(|line| hub.world.git_in(&clone("c0"), line));
    here.join("") + &hub.refs()
}

/// The claim ends with this code and kind, the message and hints hold these words, and nothing has
/// changed anywhere. Once `mended`, the same command gets the claim.
fn explained(hub: &Hub, code: i32, kind: &str, words: &[&str], mended: impl FnOnce()) {
    let before = picture(hub);
    let answer = hub.run("c0", CLAIM).code(code);
    assert_eq!(picture(hub), before, "{answer:#?}");
    let error = &answer.json()["error"];
    assert_eq!(error["kind"], kind, "{error:#}");
    let told = format!("{} {}", error["message"], error["hints"]);
    for word in words {
        assert!(told.contains(word), "{word}: {error:#}");
    }
    mended();
    drop(hub.run("c0", CLAIM).code(0));
}

fn without_hook(hub: &Hub, name: &str) {
    fs::remove_file(hub.world.path(HUB).join("hooks").join(name)).unwrap();
}

#[test]
fn a_hook_that_declines_is_told_with_its_own_words() {
    for (name, refused) in [
        ("pre-receive", "pre-receive hook declined"),
        ("update", "hook declined"),
    ] {
        let hub = hub(Transport::File);
        hub.hook(name, "echo the freeze lasts until Monday >&2\nexit 1");
        let words = [
            refused,
            "a hook of the remote",
            "the freeze lasts until Monday",
        ];
        explained(&hub, 4, "remote-refused", &words, || {
            without_hook(&hub, name)
        });
    }
}

#[test]
fn a_hook_that_stops_the_move_of_the_ref_is_told_as_a_hook() {
    let hub = hub(Transport::File);
    let name = "reference-transaction";
    hub.hook(
        name,
        "[ $1 = prepared ] || exit 0\necho not here >&2\nexit 1",
    );
    let words = ["a hook of the remote", "not here"];
    explained(&hub, 4, "remote-refused", &words, || {
        without_hook(&hub, name)
    });
}

#[test]
fn a_protected_branch_is_told_with_the_ways_out() {
    let hub = hub(Transport::File);
    // The words of a forge, which answers for the ref itself.
    let setting = "receive.procReceiveRefs refs/heads/laneway";
    hub.world.git_in(HUB, &format!("config {setting}"));
    hub.hook(
        "proc-receive",
        "printf '000eversion=1\\n0000'\n\
         no='ng refs/heads/laneway protected branch hook declined'\n\
         printf '%04x%s0000' $((${#no} + 4)) \"$no\"\n\
         cat >/dev/null",
    );
    let words = [
        "protected branch hook declined",
        "by fast-forward only",
        "merge: {via: pull_request}",
    ];
    explained(&hub, 4, "remote-refused", &words, || {
        let unset = "config --unset receive.procReceiveRefs";
        hub.world.git_in(HUB, unset);
    });
}

#[test]
fn a_protected_branch_is_known_by_the_words_of_its_hook() {
    let hub = hub(Transport::File);
    let words = "GitLab: You are not allowed to push code to protected branches on this project.";
    hub.hook("pre-receive", &format!("echo '{words}' >&2\nexit 1"));
    let words = [words, "by fast-forward only"];
    explained(&hub, 4, "remote-refused", &words, || {
        without_hook(&hub, "pre-receive");
    });
}

#[test]
fn a_remote_with_the_branch_checked_out_is_told_what_to_do() {
    let hub = hub(Transport::File);
    let git = |line: &str| hub.world.git_in(HUB, line);
    git("symbolic-ref HEAD refs/heads/laneway");
    git(&format!(
        "config core.worktree {}",
        hub.world.path("srv").display()
    ));
    git("config core.bare false");
    let words = [
        "currently checked out",
        "a bare repository",
        "git switch --detach",
    ];
    explained(&hub, 4, "remote-refused", &words, || {
        drop(
            hub.world
                .git_in("repo", &format!("--git-dir=../{HUB} config core.bare true")),
        );
        drop(hub.world.git_in(
            "repo",
            &format!("--git-dir=../{HUB} config --unset core.worktree"),
        ));
    });
}

#[test]
fn an_account_that_may_only_read_is_told_so() {
    let hub = hub(Transport::Http);
    let may_write = |yes: bool| {
        let setting = format!("config http.receivepack {yes}");
        drop(hub.world.git_in(HUB, &setting));
    };
    may_write(false);
    let words = ["may read the remote and not write", "403"];
    explained(&hub, 4, "remote-refused", &words, || may_write(true));
}

#[test]
fn a_lock_that_stays_on_the_remote_is_named_with_who_can_mend_it() {
    let hub = hub(Transport::File);
    let lock = hub.world.path(HUB).join("refs/heads/laneway.lock");
    fs::write(&lock, "").unwrap();
    let path = lock.display().to_string();
    let words = [
        "held or stale",
        path.as_str(),
        "who runs the remote can delete",
    ];
    explained(&hub, 3, "remote-locked", &words, || {
        fs::remove_file(&lock).unwrap();
    });
}

#[test]
fn a_lock_that_stays_on_a_reftable_is_told_too() {
    if !crate::machine::has("reftable lock", Transport::Reftable.needs()) {
        return;
    }
    let hub = hub(Transport::Reftable);
    let lock = hub.world.path(HUB).join("reftable/tables.list.lock");
    fs::write(&lock, "").unwrap();
    let words = ["held or stale", "who runs the remote can delete"];
    explained(&hub, 3, "remote-locked", &words, || {
        fs::remove_file(&lock).unwrap();
    });
}
