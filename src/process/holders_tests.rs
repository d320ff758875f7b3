use super::*;
use crate::process::testing::{Child, Table, shell_named};

/// A directory `place` with a file `x.lock`, written now.
struct Scene {
    dir: tempfile::TempDir,
    table: Table,
    places: BTreeSet<Inode>,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("place/below")).unwrap();
        fs::File::create(dir.path().join("place/x.lock")).unwrap();
        let place = fs::metadata(dir.path().join("place")).unwrap();
        Self {
            dir,
            table: Table::new(),
            places: BTreeSet::from([Inode::of(&place)]),
        }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    fn lock(&self) -> PathBuf {
        self.path("place/x.lock")
    }

    fn holders_at(&self, written: SystemTime) -> Result<Vec<Holder>, Unseen> {
        let path = self.lock();
        let trace = Trace {
            path: &path,
            inode: Inode::of(&fs::metadata(&path).unwrap()),
            written,
            places: &self.places,
            laneway: false,
        };
        holders(&self.table.env(), &trace)
    }

    /// Pids and reasons, the lock being written after all processes started.
    fn now(&self) -> Vec<(u32, How)> {
        let soon = self.table.env().clock.of_files() + Duration::from_secs(1);
        let found = self.holders_at(soon).unwrap();
        found.into_iter().map(|one| (one.pid, one.how)).collect()
    }

    /// The same, the lock being older than all processes.
    fn earlier(&self) -> Vec<(u32, How)> {
        let before = self.table.env().clock.of_files() - Duration::from_secs(5);
        let found = self.holders_at(before).unwrap();
        found.into_iter().map(|one| (one.pid, one.how)).collect()
    }

    fn start(&self, name: &str, args: &[&str], dir: &Path) -> Child {
        let child = Child::start(&shell_named(name, self.dir.path()), args, dir);
        self.table.show(child.pid());
        child
    }
}

const WAIT: &str = "read x < pipe";

/// Something that never comes, to be waited for without a child.
fn pipe(dir: &Path) {
    let pipe = dir.join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
}

#[test]
fn who_has_the_file_open_holds_it_whatever_it_is_called_and_also_stopped() {
    let scene = Scene::new();
    pipe(&scene.path("."));
    let command = format!("exec 3>>place/x.lock; : > ready; {WAIT}");
    let child = scene.start("anything", &["-c", &command], &scene.path("."));
    while !scene.path("ready").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(scene.now(), [(child.pid(), How::Open)]);
    child.stop();
    assert_eq!(scene.earlier(), [(child.pid(), How::Open)]);
    let soon = scene.table.env().clock.of_files();
    assert!(scene.holders_at(soon).unwrap()[0].stopped);
    drop(child);
    assert_eq!(scene.now(), []);
}

#[test]
fn a_git_program_at_work_in_the_place_may_hold_what_is_younger_than_itself() {
    let scene = Scene::new();
    pipe(&scene.path("place/below"));
    let child = scene.start("git-x", &["-c", WAIT], &scene.path("place/below"));
    assert_eq!(scene.now(), [(child.pid(), How::Works)]);
    child.stop();
    assert_eq!(scene.now(), [(child.pid(), How::Works)]);
    assert_eq!(scene.earlier(), []);
}

#[test]
fn arguments_and_variables_of_git_name_the_place_too() {
    let scene = Scene::new();
    pipe(&scene.path("."));
    std::os::unix::fs::symlink(scene.path("place"), scene.path("alias")).unwrap();
    let alias = scene.path("alias/below").display().to_string();
    let by_argument = scene.start("git-a", &["-c", WAIT, &alias], &scene.path("."));
    let by_option = format!("--git-dir={}", scene.path("place/none/x").display());
    let by_option = scene.start("git-b", &["-c", WAIT, &by_option], &scene.path("."));
    let relative = scene.start("git-c", &["-c", WAIT, "place"], &scene.path("."));
    let elsewhere = scene.start("git-d", &["-c", WAIT, "/nowhere"], &scene.path("."));
    let other = scene.start("anything", &["-c", WAIT], &scene.path("."));
    let mut expected = [by_argument.pid(), by_option.pid(), relative.pid()].to_vec();
    let mut found: Vec<u32> = scene.now().into_iter().map(|(pid, _)| pid).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "not {} {}", elsewhere.pid(), other.pid());
}

#[test]
fn the_dead_hold_nothing_and_the_living_hold_a_file_older_than_the_boot() {
    let scene = Scene::new();
    scene.table.invent(70, "git", "Z", 0, &scene.path("place"));
    assert_eq!(scene.now(), []);
    scene.table.invent(71, "git", "S", 1, &scene.path("place"));
    assert_eq!(scene.now(), [(71, How::Works)]);
    let ages_ago = scene.holders_at(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(ages_ago[0].pid, 71, "the clock may have been set");
    assert_eq!(ages_ago[0].command, "git --word");
    // In brackets as a name may be.
    scene
        .table
        .invent(71, "git) S 1", "Z", 1, &scene.path("place"));
    assert_eq!(scene.now(), []);
}

#[test]
fn a_git_program_whose_files_we_may_not_see_may_hold_it() {
    let scene = Scene::new();
    scene.table.invent(72, "git", "S", 1, Path::new("/"));
    scene.table.invent(73, "bash", "S", 1, Path::new("/"));
    assert_eq!(scene.now(), []);
    for pid in [72, 73] {
        fs::remove_dir(scene.table.path(&format!("{pid}/fd"))).unwrap();
    }
    assert_eq!(scene.now(), [(72, How::Hidden)]);
}

#[test]
fn nothing_is_shown_where_others_cannot_be_seen() {
    let scene = Scene::new();
    let now = || scene.holders_at(SystemTime::UNIX_EPOCH);
    scene.table.invent(74, "nfsd", "S", 1, Path::new("/"));
    let (pid, command) = (74, "nfsd".to_owned());
    assert_eq!(now(), Err(Unseen::Lent { pid, command }));
    fs::remove_file(scene.table.path("1/comm")).unwrap();
    assert_eq!(now(), Err(Unseen::Hidden));
    scene.table.link("pid:[4026532278]", "self/ns/pid");
    assert_eq!(now(), Err(Unseen::Namespace));
    fs::remove_file(scene.table.path("uptime")).unwrap();
    assert_eq!(now(), Err(Unseen::NoTable));
}

#[test]
fn passwords_are_not_told() {
    assert_eq!(
        without_password("--url=https://me:secret@host/path@1"),
        "--url=https://host/path@1"
    );
    assert_eq!(without_password("a@b"), "a@b");
}
