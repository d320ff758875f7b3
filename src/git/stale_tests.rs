use super::*;
use crate::git::testing::{Lab, create, put, set, write};
use crate::git::{Cas, Durability, Expect, RefEdit};
use crate::process::testing::{Child, Table, dead_pid, shell_named};

const REF: &str = "refs/heads/m";

/// A repository that is watched, with a ref at the first of two commits, and its move to the second.
struct Scene {
    lab: Lab,
    repo: Repo,
    table: Table,
    env: Env,
    edit: RefEdit,
}

impl Scene {
    fn new() -> Self {
        let (lab, repo) = Lab::with_repo(&[]);
        let table = Table::new();
        let env = table.env();
        let repo = repo.watching(&env);
        let first = write(&repo, &[], &[("a", Some("1"))]);
        let second = write(&repo, &[first], &[("a", Some("2"))]);
        set(&repo, REF, first);
        let edit = RefEdit {
            name: REF.into(),
            expect: Expect::At(first),
            new: Some(second),
        };
        Self {
            lab,
            repo,
            table,
            env,
            edit,
        }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.lab.path("repo/.git").join(below)
    }

    /// Leaves a lock of this age.
    fn leave(&self, below: &str, seconds: u64) -> PathBuf {
        let path = self.path(below);
        put(&path, "");
        self.age(&path, seconds);
        path
    }

    fn age(&self, path: &Path, seconds: u64) {
        let written = self.env.clock.of_files() - Duration::from_secs(seconds);
        File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(written))
            .unwrap();
    }

    fn standing(&self, path: &Path) -> Standing {
        let looked = self.repo.look_at_lock(path, &self.env).unwrap();
        looked.unwrap().standing
    }

    fn go(&self) -> Result<Cas, GitError> {
        let edits = std::slice::from_ref(&self.edit);
        self.repo.cas(edits, "test", Durability::Fast)
    }
}

#[test]
fn a_stale_lock_of_a_ref_is_cleared_and_the_ref_moves_within_five_seconds() {
    let scene = Scene::new();
    let lock = scene.leave("refs/heads/m.lock", 60);
    let packed = scene.leave("packed-refs.lock", 60);
    let began = std::time::Instant::now();
    assert_eq!(scene.go().unwrap(), Cas::Moved);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(!lock.exists() && !packed.exists());
    let told = scene.env.notices.take();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].ends_with("s old) was left by a process that is gone"),
        "{told:?}"
    );
    let aside = fs::read_dir(scene.path("laneway/cleared")).unwrap();
    assert_eq!(aside.count(), 0);
}

#[test]
fn a_lock_that_a_kill_has_just_left_is_waited_for_until_it_can_be_judged() {
    let scene = Scene::new();
    let lock = scene.leave("refs/heads/m.lock", 0);
    assert_eq!(scene.standing(&lock), Standing::Young);
    assert_eq!(scene.go().unwrap(), Cas::Moved);
}

#[test]
fn a_lock_of_a_living_process_stays_and_its_holder_is_named() {
    let scene = Scene::new();
    let lock = scene.leave("refs/heads/m.lock", 0);
    let shell = shell_named("git-sleep", &scene.lab.path("."));
    let dir = scene.path("refs/heads");
    let mut child = Child::start(&shell, &["-c", "exec 3>>m.lock; kill -STOP $$"], &dir);
    scene.table.show(child.pid());
    while !matches!(scene.standing(&lock), Standing::Held(_)) {
        // It becomes old enough to be judged.
        std::thread::sleep(Duration::from_millis(100));
    }
    let error = scene.go().unwrap_err();
    let GitError::Locked {
        lock: Some(found), ..
    } = &error
    else {
        panic!("{error}")
    };
    let pid = child.pid();
    let command = format!("(`{} -c exec 3>>m.lock; kill -STOP $$`)", shell.display());
    let told = format!("may be held by pid {pid} {command}, which has it open, stopped");
    assert!(error.to_string().ends_with(&told), "{error}");
    let remedy = format!("wait for it; once pid {pid} has ended: `laneway doctor --fix`");
    assert_eq!(found.remedy(), remedy);
    assert!(lock.exists());
    // Dead, and not waited for.
    child.kill();
    assert_eq!(scene.go().unwrap(), Cas::Moved);
}

#[test]
fn a_git_program_that_ends_meanwhile_is_waited_for() {
    let scene = Scene::new();
    let lock = scene.leave("HEAD.lock", 3);
    scene.table.invent(80, "git", "S", 1, &scene.path("."));
    let held = scene.standing(&lock);
    assert!(matches!(held, Standing::Held(_)), "{held:?}");
    let ends = scene.table.path("80");
    let end = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        fs::remove_dir_all(ends).unwrap();
    });
    assert_eq!(scene.standing(&lock), Standing::Stale);
    end.join().unwrap();
}

#[test]
fn laneways_that_move_refs_keep_clearers_away_and_a_dead_one_does_not() {
    let scene = Scene::new();
    let lock = scene.leave("refs/heads/m.lock", 60);
    let moving = scene.repo.begin_move().unwrap();
    assert_eq!(scene.standing(&lock), Standing::Doubtful(Doubt::Busy));
    scene.table.invent(81, "laneway", "S", 1, &scene.path("."));
    assert!(matches!(scene.standing(&lock), Standing::Held(all) if all[0].pid == 81));
    drop(moving);
    assert_eq!(scene.standing(&lock), Standing::Stale);
}

#[test]
fn what_is_odd_shared_or_signed_is_never_cleared() {
    let scene = Scene::new();
    let lock = scene.leave("index.lock", 60);
    scene.table.link("pid:[4026532278]", "self/ns/pid");
    let contained = scene.standing(&lock);
    assert_eq!(
        contained,
        Standing::Doubtful(Doubt::Unseen(Unseen::Namespace))
    );
    let looked = scene.repo.look_at_lock(&lock, &scene.env).unwrap().unwrap();
    let remedy = format!("`rm {}`", lock.display());
    assert!(looked.remedy().ends_with(&remedy), "{}", looked.remedy());
    let cleared = scene.repo.clear_lock(&lock, &scene.env).unwrap();
    assert!(matches!(cleared, Cleared::Stays(_)), "{cleared:?}");
    let scene = Scene::new();
    let owner = Owner {
        pid: dead_pid(),
        ..Owner::this(&scene.env)
    };
    let lock = scene.path("index.lock");
    put(
        &lock,
        &serde_json::json!({"laneway": 1, "owner": owner}).to_string(),
    );
    scene.age(&lock, 60);
    assert_eq!(
        scene.standing(&lock),
        Standing::Signed { owner, gone: true }
    );
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink("elsewhere", &lock).unwrap();
    assert_eq!(scene.standing(&lock), Standing::Doubtful(Doubt::Odd));
    let future = scene.leave("HEAD.lock", 0);
    let file = File::options().write(true).open(&future).unwrap();
    let later = scene.env.clock.of_files() + Duration::from_secs(60);
    file.set_modified(later).unwrap();
    assert_eq!(scene.standing(&future), Standing::Doubtful(Doubt::Future));
    assert_eq!(shared(Path::new("/proc/self/stat")), Some(0x9fa0));
}

/// Someone removes the judged lock and takes it anew, before the rename.
struct Intruder(PathBuf);

impl crate::env::FailPoints for Intruder {
    fn reach(&self, name: &str) {
        if name == "clearing" {
            // Another file: the old one is kept, or its number would be given again.
            fs::rename(&self.0, self.0.with_extension("old")).unwrap();
            put(&self.0, "new");
        }
    }
}

#[test]
fn a_lock_that_was_taken_anew_is_left_to_its_holder() {
    let mut scene = Scene::new();
    let lock = scene.leave("HEAD.lock", 60);
    scene.env.fail_points = Arc::new(Intruder(lock.clone()));
    let cleared = scene.repo.clear_lock(&lock, &scene.env).unwrap();
    assert_eq!(cleared, Cleared::Gone);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "new");
    // And where that happened between the last look and the rename:
    let judged = scene.leave("ORIG_HEAD.lock", 60);
    let (_, identity) = identity_of(&judged).unwrap().unwrap();
    let other = LockFile {
        path: lock.clone(),
        age: Duration::ZERO,
        standing: Standing::Stale,
        identity,
    };
    assert!(!scene.repo.take_away(&other, &scene.env).unwrap());
    let (_, kept) = identity_of(&lock).unwrap().unwrap();
    assert!(!scene.repo.move_away(&other, &scene.env).unwrap());
    let (_, back) = identity_of(&lock).unwrap().unwrap();
    assert_eq!(
        (kept, fs::read_to_string(&lock).unwrap()),
        (back, "new".to_owned())
    );
}

#[test]
fn every_lock_of_every_worktree_is_found_and_nothing_of_laneway() {
    let scene = Scene::new();
    let root = scene.lab.path("repo");
    let first = scene.lab.commit(&root, &[("f", "1\n")]);
    scene
        .lab
        .git(&root, &["worktree", "add", "-q", "--detach", "../linked"]);
    let left = [
        "HEAD.lock",
        "config.lock",
        "index.lock",
        "packed-refs.lock",
        "refs/heads/deep/er/m.lock",
        "refs/x.lock",
        "shallow.lock",
        "worktrees/linked/HEAD.lock",
        "worktrees/linked/index.lock",
    ];
    let mut expected: Vec<PathBuf> = left.iter().map(|name| scene.leave(name, 3)).collect();
    scene.leave("laneway/laneway/publish.lock", 3);
    expected.sort();
    assert_eq!(scene.repo.lock_files(), expected);
    let next = write(&scene.repo, &[first], &[("f", Some("2\n"))]);
    let linked = scene.lab.path("linked");
    scene.repo.worktree_detach(&linked).unwrap();
    fs::remove_file(&expected[8]).unwrap();
    scene.lab.git(&linked, &["checkout", "-q", "-b", "lane"]);
    scene.leave("worktrees/linked/index.lock", 3);
    scene.repo.reset_branch_in(&linked, next).unwrap();
    assert_eq!(fs::read_to_string(linked.join("f")).unwrap(), "2\n");
    let told = scene.env.notices.take();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(
        scene
            .repo
            .cas(&[create("refs/heads/new", first)], "t", Durability::Fast)
            .unwrap(),
        Cas::Moved
    );
}
