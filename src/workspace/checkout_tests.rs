use super::*;
use crate::git::{Cas, Durability, Expect, RefEdit};
use crate::process::testing::Table;
use crate::workspace::testing::{Field, commit, dead_pid, git, put, read, runner};

const MAIN: &str = "refs/heads/main";

/// A field whose `main` will go from `base` to the returned commit, which changes `a`, deletes `b`
/// and adds `c`; the checkout shows `base`.
fn field() -> (Field, ObjectId) {
    let field = Field::new();
    let main = field.main();
    let keep = commit(&main, &[("keep", "1\n"), ("keep2", "1\n")]);
    let new = commit(&main, &[("a", "2\n"), ("b", ""), ("c", "2\n")]);
    git(&main, &["reset", "-q", "--hard", &keep.to_string()]);
    let field = Field {
        base: keep,
        ..field
    };
    (field, new)
}

fn land(field: &Field, new: ObjectId) {
    let edit = RefEdit {
        name: MAIN.into(),
        expect: Expect::At(field.base),
        new: Some(new),
    };
    let moved = field.repo.cas(&[edit], "land", Durability::Fast).unwrap();
    assert_eq!(moved, Cas::Moved);
}

fn prepare_main(field: &Field, new: ObjectId) -> Result<Vec<PreparedCheckout>, CheckoutError> {
    prepare(&field.repo, MAIN, field.base, new, &field.env)
}

fn status(field: &Field) -> String {
    git(&field.main(), &["status", "--porcelain"])
}

fn leftovers(field: &Field) -> Vec<String> {
    let git_dir = field.main().join(".git");
    let mut names: Vec<String> = fs::read_dir(git_dir.join("laneway"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "recover.lock" && name != "moves.lock")
        .collect();
    if git_dir.join("index.lock").exists() {
        names.push("index.lock".into());
    }
    names
}

#[test]
fn the_checkout_follows_and_keeps_other_changes() {
    let (field, new) = field();
    let main = field.main();
    put(&main.join("keep"), "staged\n");
    git(&main, &["add", "keep"]);
    put(&main.join("keep2"), "unstaged\n");
    put(&main.join("notes"), "untracked\n");
    let prepared = prepare_main(&field, new).unwrap();
    assert_eq!(prepared.len(), 1);
    land(&field, new);
    for checkout in prepared {
        checkout.finish().unwrap();
    }
    assert_eq!(status(&field), "M  keep\n M keep2\n?? notes");
    assert_eq!(read(&main.join("a")), "2\n");
    assert!(!main.join("b").exists());
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn nobody_commits_between_prepare_and_finish() {
    let (field, new) = field();
    let prepared = prepare_main(&field, new).unwrap();
    put(&field.main().join("keep"), "2\n");
    let runner = runner();
    let spawn = runner.git(&field.main(), ["commit", "-q", "-a", "-m", "mine"]);
    let finished = runner.run(&spawn).unwrap();
    assert!(finished.stderr.text().contains("index.lock"));
    drop(prepared);
    assert!(runner.run(&spawn).unwrap().success());
}

#[test]
fn changes_in_the_way_are_named_and_nothing_is_touched() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 5] = [
        ("a", |main| put(&main.join("a"), "mine\n")),
        ("a", |main| {
            put(&main.join("a"), "mine\n");
            git(main, &["add", "a"]);
        }),
        ("b", |main| put(&main.join("b"), "mine\n")),
        ("c", |main| put(&main.join("c"), "mine\n")),
        ("c", |main| {
            put(&main.join("c"), "mine\n");
            put(&main.join(".git/info/exclude"), "c\n");
        }),
    ];
    for (name, change) in changes {
        let (field, new) = field();
        change(&field.main());
        let before = status(&field);
        let error = prepare_main(&field, new).unwrap_err();
        let CheckoutError::InTheWay { files, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(files, [name]);
        assert_eq!(read(&field.main().join(name)), "mine\n");
        assert_eq!(status(&field), before);
        assert_eq!(leftovers(&field), [""; 0]);
    }
}

#[test]
fn a_change_made_after_prepare_leaves_the_checkout_behind() {
    let (field, new) = field();
    let mut prepared = prepare_main(&field, new).unwrap();
    put(&field.main().join("a"), "mine\n");
    land(&field, new);
    let error = prepared.remove(0).finish().unwrap_err();
    assert!(matches!(error, CheckoutError::InTheWay { .. }), "{error}");
    assert_eq!(read(&field.main().join("a")), "mine\n");
    assert!(field.main().join("b").exists());
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn an_aborted_checkout_is_as_it_was() {
    let (field, new) = field();
    for checkout in prepare_main(&field, new).unwrap() {
        checkout.abort();
    }
    assert_eq!(status(&field), "");
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn linked_checkouts_follow_too_and_one_in_the_way_frees_all() {
    let (field, new) = field();
    git(&field.main(), &["checkout", "-q", "--detach"]);
    let linked = field.path("linked");
    git(
        &field.main(),
        &["worktree", "add", "-q", linked.to_str().unwrap(), "main"],
    );
    put(&linked.join("a"), "mine\n");
    prepare_main(&field, new).unwrap_err();
    put(&linked.join("a"), "1\n");
    let prepared = prepare_main(&field, new).unwrap();
    land(&field, new);
    for checkout in prepared {
        checkout.finish().unwrap();
    }
    assert_eq!(git(&linked, &["status", "--porcelain"]), "");
    assert_eq!(read(&linked.join("c")), "2\n");
    assert_eq!(read(&field.main().join("a")), "1\n");
}

/// Leaves what a process leaves that dies after `prepare`.
fn crash(field: &Field, new: ObjectId) {
    let mut prepared = prepare_main(field, new).unwrap();
    let checkout = prepared.remove(0);
    let lock = checkout.files.lock.clone();
    let mut journal = read_journal(&lock).unwrap();
    std::mem::forget(checkout);
    journal.owner.pid = dead_pid();
    put(&lock, &serde_json::to_string(&journal).unwrap());
}

#[test]
fn a_crash_after_the_move_is_completed() {
    let (field, new) = field();
    crash(&field, new);
    land(&field, new);
    let path = field.main().canonicalize().unwrap();
    let recovered = recover(&field.repo, &field.env).unwrap();
    assert_eq!(recovered, [Recovered::Finished { path }]);
    assert_eq!(status(&field), "");
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn a_crash_amid_the_files_is_completed() {
    let (field, new) = field();
    crash(&field, new);
    land(&field, new);
    put(&field.main().join("a"), "2\n");
    put(&field.main().join("c"), "2\n");
    fs::remove_file(field.main().join("b")).unwrap();
    put(&field.main().join("keep"), "mine\n");
    let recovered = recover(&field.repo, &field.env).unwrap();
    assert!(
        matches!(recovered[0], Recovered::Finished { .. }),
        "{recovered:?}"
    );
    assert_eq!(status(&field), "M keep");
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn a_crash_after_the_files_and_the_index_is_completed() {
    let (field, new) = field();
    crash(&field, new);
    land(&field, new);
    let index = field.main().join(".git/index");
    let lock = field.main().join(".git/index.lock");
    let aside = field.main().join(".git/aside");
    fs::rename(&lock, &aside).unwrap();
    git(&field.main(), &["reset", "-q", "--hard", "main"]);
    fs::rename(&aside, &lock).unwrap();
    assert!(index.exists());
    recover(&field.repo, &field.env).unwrap();
    assert_eq!(status(&field), "");
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn a_crash_before_the_move_is_undone() {
    let (field, new) = field();
    crash(&field, new);
    put(&field.main().join("a"), "mine\n");
    let path = field.main().canonicalize().unwrap();
    let recovered = recover(&field.repo, &field.env).unwrap();
    assert_eq!(recovered, [Recovered::Undone { path }]);
    assert_eq!(read(&field.main().join("a")), "mine\n");
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn the_next_prepare_settles_what_a_crash_left() {
    let (field, new) = field();
    crash(&field, new);
    prepare_main(&field, new).unwrap().remove(0).abort();
    assert_eq!(leftovers(&field), [""; 0]);
}

#[test]
fn a_lock_of_the_living_is_left_alone_and_a_stale_one_of_git_cleared() {
    let (mut field, new) = field();
    let table = Table::new();
    field.env = table.env();
    let prepared = prepare_main(&field, new).unwrap();
    assert_eq!(recover(&field.repo, &field.env).unwrap(), []);
    let error = prepare_main(&field, new).unwrap_err();
    assert!(
        error.to_string().contains("is held by laneway (pid "),
        "{error}"
    );
    drop(prepared);
    let lock = field.main().join(".git/index.lock");
    put(&lock, "");
    table.invent(90, "git", "S", 1, &field.main());
    assert_eq!(recover(&field.repo, &field.env).unwrap(), []);
    let error = prepare_main(&field, new).unwrap_err();
    assert!(
        error.to_string().contains("pid 90 (`git --word`)"),
        "{error}"
    );
    assert!(lock.exists());
    table.invent(90, "git", "Z", 1, &field.main());
    drop(prepare_main(&field, new).unwrap());
    assert!(!lock.exists());
    assert_eq!(field.env.notices.take().len(), 1);
}
