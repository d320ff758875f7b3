//! Removal, listing, retirement and sync of lanes, on real worktrees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::testing::{Field, commit, git, put, read, runner};
use super::*;
use crate::domain::id::{AgentName, BranchName, LaneName, ObjectId, RequestId, TaskId};
use crate::domain::state::Epoch;
use crate::git::Operation;

fn open_lane(field: &Field, name: &str) -> PathBuf {
    let lane: LaneName = name.parse().unwrap();
    let spec = LaneSpec {
        path: field.path(&format!("repo-{}", lane.slug())),
        branch: BranchName::new(format!("agent/{}", lane.slug())).unwrap(),
        lane,
        start: field.base,
        target: field.base,
        saved: &BTreeSet::new(),
    };
    open(&field.repo, &spec, &field.env).unwrap().path
}

fn remove_lane(
    field: &Field,
    path: &std::path::Path,
    saved: &[ObjectId],
    in_progress: bool,
) -> Result<Removed, WorkspaceError> {
    let saved = saved.iter().copied().collect();
    let removal = Removal {
        path,
        target: field.tip("main").unwrap(),
        saved: &saved,
        in_progress,
    };
    remove(&field.repo, &removal)
}

#[test]
fn removal_names_everything_that_would_be_lost() {
    let field = Field::new();
    let lane = open_lane(&field, "A");
    let work = commit(&lane, &[("c", "work\n")]);
    put(&lane.join("a"), "changed\n");
    put(&lane.join("notes"), "mine\n");
    put(&lane.join("x.env"), "ignored\n");
    let error = remove_lane(&field, &lane, &[], true).unwrap_err();
    let WorkspaceError::Unsafe { obstacles, .. } = error else {
        panic!("{error}");
    };
    let expected = [
        Obstacle::InProgress,
        Obstacle::Dirty("a".into()),
        Obstacle::Untracked("notes".into()),
        Obstacle::Commit {
            id: work,
            subject: "a commit".into(),
        },
    ];
    assert_eq!(obstacles, expected);
    assert_eq!(read(&lane.join("notes")), "mine\n");
    assert_eq!(field.tip("agent/A"), Some(work));
}

#[test]
fn a_kept_and_clean_lane_goes_with_its_branch() {
    let field = Field::new();
    let lane = open_lane(&field, "A");
    let work = commit(&lane, &[("c", "work\n")]);
    remove_lane(&field, &lane, &[], false).unwrap_err();
    let removed = remove_lane(&field, &lane, &[work], false).unwrap();
    assert_eq!(removed.branch, BranchName::new("agent/A").ok());
    assert!(!lane.exists());
    assert_eq!(field.tip("agent/A"), None);
}

#[test]
fn the_main_checkout_a_stranger_and_a_locked_lane_are_not_removed() {
    let field = Field::new();
    for path in [field.main(), field.path("nothing")] {
        let error = remove_lane(&field, &path, &[], false).unwrap_err();
        assert!(
            matches!(error, WorkspaceError::NoWorktree { .. }),
            "{error}"
        );
    }
    let lane = open_lane(&field, "A");
    field.repo.worktree_lock(&lane, "taken over").unwrap();
    let error = remove_lane(&field, &lane, &[], false).unwrap_err();
    assert!(error.to_string().contains("a lock (taken over)"), "{error}");
    assert!(lane.exists());
}

#[test]
fn a_retired_lane_keeps_every_file_and_frees_its_branch() {
    let field = Field::new();
    let lane = open_lane(&field, "A");
    commit(&lane, &[("a", "mine\n")]);
    put(&lane.join("notes"), "mine\n");
    let other = commit(&field.main(), &[("a", "theirs\n")]);
    let runner = runner();
    let rebase = runner.git(&lane, ["rebase", "-q", &other.to_string()]);
    assert!(!runner.run(&rebase).unwrap().success());
    let conflict = read(&lane.join("a"));
    for _ in 0..2 {
        retire(&field.repo, &lane, "taken over by epoch 2").unwrap();
    }
    assert_eq!(read(&lane.join("a")), conflict);
    assert_eq!(read(&lane.join("notes")), "mine\n");
    let worktrees = field.repo.worktrees().unwrap();
    let old = worktrees.iter().find(|known| known.path == lane).unwrap();
    assert_eq!(old.locked.as_deref(), Some("taken over by epoch 2"));
    assert_eq!(old.branch, None);
    let next = takeover_path(&lane, Epoch(2));
    git(
        &field.main(),
        &["worktree", "add", "-q", next.to_str().unwrap(), "agent/A"],
    );
}

#[test]
fn sync_puts_the_lane_on_the_target() {
    let field = Field::new();
    let lane = open_lane(&field, "A");
    assert_eq!(
        sync(&field.repo, &lane, field.base).unwrap(),
        Synced::Current(field.base)
    );
    commit(&lane, &[("c", "work\n")]);
    put(&lane.join("notes"), "mine\n");
    let target = commit(&field.main(), &[("a", "2\n")]);
    let Synced::Rebased(tip) = sync(&field.repo, &lane, target).unwrap() else {
        panic!("not rebased");
    };
    assert_eq!(field.tip("agent/A"), Some(tip));
    assert_eq!(field.repo.parents(tip).unwrap(), [target]);
    assert_eq!(read(&lane.join("a")), "2\n");
    assert_eq!(read(&lane.join("notes")), "mine\n");
}

#[test]
fn a_sync_that_conflicts_or_meets_changes_leaves_the_lane_as_it_was() {
    let field = Field::new();
    let lane = open_lane(&field, "A");
    let work = commit(&lane, &[("a", "mine\n")]);
    let target = commit(&field.main(), &[("a", "theirs\n"), ("x.env", "theirs\n")]);
    put(&lane.join("x.env"), "mine\n");
    let error = sync(&field.repo, &lane, target).unwrap_err();
    assert!(matches!(error, WorkspaceError::InTheWay { .. }), "{error}");
    std::fs::remove_file(lane.join("x.env")).unwrap();
    let paths = vec!["a".to_owned()];
    assert_eq!(
        sync(&field.repo, &lane, target).unwrap(),
        Synced::Conflict { paths }
    );
    assert_eq!(field.tip("agent/A"), Some(work));
    assert_eq!(git(&lane, &["status", "--porcelain"]), "");
    assert_eq!(field.repo.status(&lane).unwrap().operation, None);
    put(&lane.join("b"), "changed\n");
    let error = sync(&field.repo, &lane, target).unwrap_err();
    assert!(error.to_string().contains("changed `b`"), "{error}");
}

#[test]
fn the_list_holds_lanes_only_and_says_how_they_are() {
    let field = Field::new();
    let lanes = lanes();
    let lane = open_lane(&field, "A:2");
    let work = commit(&lane, &[("a", "mine\n")]);
    put(&lane.join("b"), "changed\n");
    put(&lane.join("notes"), "mine\n");
    let target = commit(&field.main(), &[("a", "theirs\n")]);
    git(
        &field.main(),
        &["worktree", "add", "-q", "-b", "other", "../other"],
    );
    let bound = open_lane(&field, "Z");
    let git_dir = field.repo.beside(&bound).unwrap().git_dir();
    binding().write(&git_dir).unwrap();
    let gone = open_lane(&field, "A");
    std::fs::remove_dir_all(gone).unwrap();

    let list = list(&field.repo, &lanes, Some(target)).unwrap();
    let names: Vec<_> = list
        .iter()
        .map(|lane| {
            (
                lane.lane.as_ref().unwrap().to_string(),
                lane.orphan,
                lane.stands == Stands::Gone,
            )
        })
        .collect();
    let mut names = names;
    names.sort();
    let expected = [("A", true, true), ("A:2", false, false), ("Z", true, false)];
    let expected = expected.map(|(name, orphan, missing)| (name.to_owned(), orphan, missing));
    assert_eq!(names, expected);

    let two = list.iter().find(|known| known.path == lane).unwrap();
    assert_eq!(two.branch.as_deref(), Some("agent/A-2"));
    assert_eq!((two.head, two.subject.as_str()), (Some(work), "a commit"));
    assert_eq!(
        (two.dirty.as_slice(), two.untracked),
        (&["b".to_owned()][..], 1)
    );
    assert_eq!((two.ahead, two.behind), (1, 1));
    let z = list.iter().find(|known| known.path == bound).unwrap();
    assert_eq!(z.binding.as_ref().unwrap().as_ref(), Some(&binding()));
}

#[test]
fn the_list_shows_a_wedged_lane() {
    let field = Field::new();
    let lane = open_lane(&field, "A");
    commit(&lane, &[("a", "mine\n")]);
    let target = commit(&field.main(), &[("a", "theirs\n")]);
    let runner = runner();
    let rebase = runner.git(&lane, ["rebase", "-q", &target.to_string()]);
    assert!(!runner.run(&rebase).unwrap().success());
    let list = list(&field.repo, &lanes(), Some(target)).unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].operation, Some(Operation::Rebase));
    assert_eq!(list[0].lane.as_ref().unwrap().to_string(), "A");
}

fn lanes() -> BTreeMap<BranchName, LaneName> {
    let lane = |branch: &str, lane: &str| (BranchName::new(branch).unwrap(), lane.parse().unwrap());
    [lane("agent/A", "A"), lane("agent/A-2", "A:2")].into()
}

fn binding() -> Binding {
    Binding {
        task: TaskId::new("Z-1").unwrap(),
        agent: AgentName::new("@z").unwrap(),
        epoch: Epoch(1),
        lane: "Z".parse().unwrap(),
        branch: BranchName::new("agent/Z").unwrap(),
        claim: RequestId::new("1").unwrap(),
        ledger: BranchName::new("laneway").unwrap(),
    }
}

#[test]
fn lanes_work_on_reftable_and_from_a_bare_repository() {
    let field = Field::with("reftable");
    let lane = open_lane(&field, "A");
    commit(&lane, &[("c", "work\n")]);
    remove_lane(&field, &lane, &[], false).unwrap_err();
    retire(&field.repo, &lane, "taken over").unwrap();
    assert_eq!(field.repo.worktrees().unwrap()[1].branch, None);

    let mut field = Field::new();
    git(
        field.dir.path(),
        &["clone", "-q", "--bare", "repo", "bare.git"],
    );
    git(&field.path("bare.git"), &["config", "user.name", "Tess"]);
    git(
        &field.path("bare.git"),
        &["config", "user.email", "t@example.com"],
    );
    field.repo = crate::git::Repo::open(&field.path("bare.git"), &runner()).unwrap();
    let lane = open_lane(&field, "A");
    let list = list(&field.repo, &lanes(), Some(field.base)).unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(remove_lane(&field, &lane, &[], false).unwrap().path, lane);
    git(
        field.dir.path(),
        &["-C", "bare.git", "worktree", "add", "-q", "../m", "main"],
    );
    let new = commit(&field.path("m"), &[("a", "2\n")]);
    git(&field.path("m"), &["reset", "-q", "--hard", "HEAD~"]);
    let prepared = prepare(&field.repo, "refs/heads/main", field.base, new, &field.env).unwrap();
    git(
        &field.path("bare.git"),
        &["update-ref", "refs/heads/main", &new.to_string()],
    );
    for checkout in prepared {
        checkout.finish().unwrap();
    }
    assert_eq!(read(&field.path("m").join("a")), "2\n");
}
