use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::workspace::testing::{Field, commit, git, put, read};

fn spec<'a>(
    field: &Field,
    lane: &str,
    start: ObjectId,
    saved: &'a BTreeSet<ObjectId>,
) -> LaneSpec<'a> {
    let lane: LaneName = lane.parse().unwrap();
    LaneSpec {
        path: field.path(&format!("repo-{}", lane.slug())),
        branch: BranchName::new(format!("agent/{}", lane.slug())).unwrap(),
        lane,
        start,
        target: field.tip("main").unwrap(),
        saved,
    }
}

fn none() -> BTreeSet<ObjectId> {
    BTreeSet::new()
}

#[test]
fn ten_parallel_opens_of_ten_lanes_all_succeed() {
    let field = Field::new();
    std::thread::scope(|scope| {
        let opens: Vec<_> = (1..=10)
            .map(|n| {
                let field_env = field.env.clone();
                let (repo, none) = (field.repo.clone(), none());
                let path = field.path(&format!("lane-{n}"));
                let base = field.base;
                scope.spawn(move || {
                    let spec = LaneSpec {
                        lane: format!("A:{n}").parse().unwrap(),
                        path,
                        branch: BranchName::new(format!("agent/A-{n}")).unwrap(),
                        start: base,
                        target: base,
                        saved: &none,
                    };
                    open(&repo, &spec, &field_env)
                })
            })
            .collect();
        for open in opens {
            assert_eq!(open.join().unwrap().unwrap().how, How::Created);
        }
    });
    assert_eq!(field.repo.worktrees().unwrap().len(), 11);
}

#[test]
fn parallel_opens_of_one_lane_make_one_worktree() {
    let field = Field::new();
    let hows: Vec<How> = std::thread::scope(|scope| {
        let opens: Vec<_> = (0..4)
            .map(|_| {
                let (repo, env) = (field.repo.clone(), field.env.clone());
                let (path, base) = (field.path("lane"), field.base);
                scope.spawn(move || {
                    let spec = LaneSpec {
                        lane: "A".parse().unwrap(),
                        path,
                        branch: BranchName::new("agent/A").unwrap(),
                        start: base,
                        target: base,
                        saved: &BTreeSet::new(),
                    };
                    open(&repo, &spec, &env).unwrap().how
                })
            })
            .collect();
        opens.into_iter().map(|open| open.join().unwrap()).collect()
    });
    assert_eq!(hows.iter().filter(|how| **how == How::Created).count(), 1);
}

#[test]
fn a_lane_is_made_without_upstream_and_opened_again_as_it_is() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    let opened = open(&field.repo, &spec, &field.env).unwrap();
    assert_eq!(opened.how, How::Created);
    assert!(opened.git_dir.join("HEAD").exists());
    assert_eq!(field.tip("agent/A"), Some(field.base));
    assert_eq!(field.repo.config_str("branch.agent/A.merge"), None);
    let again = open(&field.repo, &spec, &field.env).unwrap();
    assert_eq!(again.how, How::Reused);
}

#[test]
fn a_clean_lane_follows_its_start_and_keeps_untracked_files() {
    let field = Field::new();
    let saved = none();
    let first = spec(&field, "A", field.base, &saved);
    open(&field.repo, &first, &field.env).unwrap();
    put(&first.path.join("notes"), "mine");
    let next = commit(&field.main(), &[("a", "2\n")]);
    let second = spec(&field, "A", next, &saved);
    let opened = open(&field.repo, &second, &field.env).unwrap();
    assert_eq!(opened.how, How::Reset);
    assert_eq!(read(&second.path.join("a")), "2\n");
    assert_eq!(read(&second.path.join("notes")), "mine");
    assert_eq!(field.tip("agent/A"), Some(next));
}

#[test]
fn a_lane_with_unkept_commits_is_refused_until_they_are_kept() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    open(&field.repo, &spec, &field.env).unwrap();
    let work = commit(&spec.path, &[("c", "work\n")]);
    let refused = open(&field.repo, &spec, &field.env).unwrap_err();
    let WorkspaceError::Unsafe { obstacles, .. } = refused else {
        panic!("{refused}");
    };
    let commits = [Obstacle::Commit {
        id: work,
        subject: "a commit".into(),
    }];
    assert_eq!(obstacles, commits);
    assert_eq!(field.tip("agent/A"), Some(work));
    let kept = BTreeSet::from([work]);
    let spec = LaneSpec {
        saved: &kept,
        ..spec
    };
    assert_eq!(
        open(&field.repo, &spec, &field.env).unwrap().how,
        How::Reset
    );
    assert_eq!(field.tip("agent/A"), Some(field.base));
    assert!(!spec.path.join("c").exists());
}

#[test]
fn a_changed_or_unfinished_lane_is_refused_with_the_list() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    open(&field.repo, &spec, &field.env).unwrap();
    put(&spec.path.join("a"), "changed\n");
    let refused = open(&field.repo, &spec, &field.env).unwrap_err();
    assert!(refused.to_string().contains("changed `a`"), "{refused}");
    assert_eq!(read(&spec.path.join("a")), "changed\n");
    commit(&spec.path, &[("a", "mine\n")]);
    let other = commit(&field.main(), &[("a", "theirs\n")]);
    let runner = crate::workspace::testing::runner();
    let rebase = runner.git(&spec.path, ["rebase", "-q", &other.to_string()]);
    assert!(!runner.run(&rebase).unwrap().success());
    let refused = open(&field.repo, &spec, &field.env).unwrap_err();
    assert!(
        refused.to_string().contains("a rebase in progress"),
        "{refused}"
    );
}

#[test]
fn an_ignored_or_untracked_file_in_the_way_is_kept_and_named() {
    let field = Field::new();
    let saved = none();
    let first = spec(&field, "A", field.base, &saved);
    open(&field.repo, &first, &field.env).unwrap();
    put(&first.path.join("x.env"), "secret");
    put(&first.path.join("d"), "a file");
    let next = commit(&field.main(), &[("x.env", "theirs\n"), ("d/e", "theirs\n")]);
    let second = spec(&field, "A", next, &saved);
    let refused = open(&field.repo, &second, &field.env).unwrap_err();
    let WorkspaceError::InTheWay { files, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(files, ["d", "x.env"]);
    assert_eq!(read(&first.path.join("x.env")), "secret");
    assert_eq!(field.tip("agent/A"), Some(field.base));
}

#[test]
fn whatever_else_stands_at_the_path_is_refused_and_no_branch_is_made() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    type Occupy = fn(&PathBuf);
    let occupants: [(&str, Occupy); 4] = [
        ("a file", |path| put(path, "x")),
        ("not empty", |path| put(&path.join("x"), "x")),
        ("a symbolic link", |path| {
            std::os::unix::fs::symlink("/tmp", path).unwrap();
        }),
        ("another repository", |path| {
            fs::create_dir(path).unwrap();
            git(path, &["init", "-q"]);
        }),
    ];
    for (what, occupy) in occupants {
        occupy(&spec.path);
        let refused = open(&field.repo, &spec, &field.env).unwrap_err();
        assert!(refused.to_string().contains(what), "{refused}");
        assert_eq!(field.tip("agent/A"), None, "{what}");
        let _ = fs::remove_file(&spec.path).or_else(|_| fs::remove_dir_all(&spec.path));
    }
}

#[test]
fn another_lanes_worktree_and_a_branch_elsewhere_are_refused() {
    let field = Field::new();
    let saved = none();
    let one = spec(&field, "A", field.base, &saved);
    open(&field.repo, &one, &field.env).unwrap();
    let other = LaneSpec {
        branch: BranchName::new("agent/B").unwrap(),
        lane: "B".parse().unwrap(),
        ..one.clone()
    };
    let refused = open(&field.repo, &other, &field.env).unwrap_err();
    assert!(
        refused.to_string().contains("on branch `agent/A`"),
        "{refused}"
    );
    let moved = LaneSpec {
        path: field.path("elsewhere"),
        ..one
    };
    let refused = open(&field.repo, &moved, &field.env).unwrap_err();
    assert!(
        matches!(refused, WorkspaceError::BranchElsewhere { .. }),
        "{refused}"
    );
    assert!(!moved.path.exists());
}

#[test]
fn no_branch_is_left_over_when_the_checkout_fails() {
    let field = Field::new();
    // A required filter that fails makes the checkout fail midway, after the branch was made.
    put(&field.main().join(".gitattributes"), "c filter=broken\n");
    git(&field.main(), &["add", ".gitattributes"]);
    let start = commit(&field.main(), &[("c", "x\n")]);
    git(&field.main(), &["config", "filter.broken.smudge", "false"]);
    git(&field.main(), &["config", "filter.broken.required", "true"]);
    let saved = none();
    let spec = spec(&field, "A", start, &saved);
    open(&field.repo, &spec, &field.env).unwrap_err();
    assert_eq!(field.tip("agent/A"), None);
    assert!(!spec.path.exists());
    assert_eq!(field.repo.worktrees().unwrap().len(), 1);
    // A branch that was there goes back to where it stood.
    git(
        &field.main(),
        &["branch", "agent/A", &field.base.to_string()],
    );
    open(&field.repo, &spec, &field.env).unwrap_err();
    assert_eq!(field.tip("agent/A"), Some(field.base));
    assert!(!spec.path.exists());
}

#[test]
fn a_branch_without_worktree_is_reset_only_when_its_commits_are_kept() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    open(&field.repo, &spec, &field.env).unwrap();
    let work = commit(&spec.path, &[("c", "work\n")]);
    git(
        &field.main(),
        &["worktree", "remove", spec.path.to_str().unwrap()],
    );
    let refused = open(&field.repo, &spec, &field.env).unwrap_err();
    assert!(
        matches!(refused, WorkspaceError::BranchAhead { .. }),
        "{refused}"
    );
    assert!(!spec.path.exists());
    let kept = BTreeSet::from([work]);
    let spec = LaneSpec {
        saved: &kept,
        ..spec
    };
    assert_eq!(
        open(&field.repo, &spec, &field.env).unwrap().how,
        How::Created
    );
    assert_eq!(field.tip("agent/A"), Some(field.base));
}

#[test]
fn a_vanished_worktree_is_made_again_with_its_commits_guarded() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    open(&field.repo, &spec, &field.env).unwrap();
    fs::remove_dir_all(&spec.path).unwrap();
    assert_eq!(
        open(&field.repo, &spec, &field.env).unwrap().how,
        How::Created
    );
    commit(&spec.path, &[("c", "work\n")]);
    fs::remove_dir_all(&spec.path).unwrap();
    let refused = open(&field.repo, &spec, &field.env).unwrap_err();
    assert!(
        matches!(refused, WorkspaceError::BranchAhead { .. }),
        "{refused}"
    );
}

#[test]
fn commits_that_only_a_work_ref_keeps_are_told_from_lost_ones_whatever_the_dates() {
    let field = Field::new();
    let main = field.main();
    // Each commit claims to be a year older than its parent.
    let mut chain = Vec::new();
    for n in 0..6 {
        let date = format!("{} +0000", 1_700_000_000 - n * 31_536_000);
        let runner = crate::workspace::testing::runner();
        let spawn = runner
            .git(&main, ["commit", "-q", "--allow-empty", "-m", "old"])
            .env("GIT_COMMITTER_DATE", date);
        assert!(runner.run(&spawn).unwrap().success());
        chain.push(field.tip("main").unwrap());
    }
    let beyond = |tip: usize, kept: &[ObjectId]| {
        let found = field.repo.commits_beyond(chain[tip], kept).unwrap();
        found.into_iter().collect::<BTreeSet<_>>()
    };
    assert_eq!(beyond(2, &[chain[5]]), none());
    assert_eq!(
        beyond(5, &[field.base, chain[2]]),
        chain[3..].iter().copied().collect()
    );
    assert_eq!(beyond(5, &[]).len(), 7);
}

#[test]
fn a_worktree_whose_making_died_is_moved_aside_and_made_again() {
    let field = Field::new();
    let saved = none();
    let spec = spec(&field, "A", field.base, &saved);
    let git_dir = open(&field.repo, &spec, &field.env).unwrap().git_dir;
    put(&git_dir.join("locked"), "initializing");
    fs::remove_file(git_dir.join("index")).unwrap();
    fs::remove_file(spec.path.join("b")).unwrap();
    put(&spec.path.join("notes"), "mine");
    let lock = fs::File::options()
        .write(true)
        .open(git_dir.join("locked"))
        .unwrap();
    // A living process has it open.
    let refused = open(&field.repo, &spec, &field.env).unwrap_err();
    assert!(matches!(refused, WorkspaceError::Busy { .. }), "{refused}");
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    lock.set_modified(long_ago).unwrap();
    drop(lock);
    let opened = open(&field.repo, &spec, &field.env).unwrap();
    assert_eq!(opened.how, How::Created);
    assert_eq!(read(&spec.path.join("b")), "1\n");
    assert!(!spec.path.join("notes").exists());
    let kept = fs::read_dir(field.path("")).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.to_string_lossy().contains("-unfinished-") && read(&path.join("notes")) == "mine"
    });
    assert!(kept);
}
