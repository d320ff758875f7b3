//! The repositories that seeds begin with: made once, then shared through alternates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use laneway::domain::id::{ObjectId, TaskId};
use laneway::domain::marker::Marker;
use laneway::domain::policy::{Authority as Place, Durability};
use laneway::domain::request::{Actor, ClaimWish, HandoffWish, Request, Verb};
use laneway::env::Env;
use laneway::git::{
    Cas, Durability as Flush, Expect, NewCommit, PushOutcome, RefEdit, Repo, Signature,
};
use laneway::ledger::authority::Authority;
use laneway::ledger::format::templates::Beginnings;
use laneway::ledger::{Companion, Ledger, LedgerError, Publisher};
use laneway::process::Runner;
use tempfile::TempDir;

use crate::schedule::Schedule;
use crate::seams::{START, Seams, WallClock};
use crate::weather::{Decider, Weather};

/// The task that is done when a seed begins, and that others depend on.
pub const DONE: &str = "D-1";
/// The tasks that clients go for; the second depends on [`DONE`].
pub const OPEN: [&str; 4] = ["A-1", "A-2", "A-3", "A-4"];

const POLICY: &str = "durability: {durability}\nlease: {ttl: 10m, skew: 1m}\nfencing: normal\n\
                      path_reservations: off\n";
const QUEUE: &str = "version: 1\ntasks:\n\
    \x20 - {id: D-1, title: the base, role: dev}\n\
    \x20 - {id: A-1, title: one, role: dev}\n\
    \x20 - {id: A-2, title: two, role: dev, depends_on: [D-1]}\n\
    \x20 - {id: A-3, title: three, role: dev}\n\
    \x20 - {id: A-4, title: four, role: dev, depends_on: [D-1]}\n";

/// A place for repositories, in memory where there is one.
pub fn workshop() -> TempDir {
    let memory = Path::new("/dev/shm");
    let at = tempfile::Builder::new().prefix("laneway-sim-").to_owned();
    at.tempdir_in(memory)
        .or_else(|_| at.tempdir())
        .expect("a temporary directory")
}

/// A repository with rules and a ledger of one done task.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its directory.
    pub dir: PathBuf,
    /// Its ledger.
    pub marker: Marker,
    /// The published tip.
    pub ledger: ObjectId,
    /// The target.
    pub target: ObjectId,
}

/// All templates.
#[derive(Debug)]
pub struct Templates {
    all: BTreeMap<(Decider, bool), Template>,
    home: TempDir,
}

impl Templates {
    /// Makes them.
    pub fn new() -> Self {
        let home = workshop();
        let mut all = BTreeMap::new();
        for decider in [Decider::Local, Decider::Remote] {
            for durable in [false, true] {
                let dir = home.path().join(format!("{decider:?}-{durable}"));
                all.insert((decider, durable), Template::make(&dir, decider, durable));
            }
        }
        Self { all, home }
    }

    /// The template for this weather.
    pub fn of(&self, weather: &Weather) -> &Template {
        &self.all[&(weather.decider, weather.durable)]
    }

    /// Where seeds may put their repositories.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}

/// What the library's git facade runs in; nothing of this process's environment.
pub fn runner() -> Runner {
    let vars = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ];
    let vars = vars.map(|(name, value)| (name.into(), value.into()));
    Runner::new(vars.into_iter().collect())
}

/// Lays out a bare repository at `dir` whose objects are found in `objects`.
pub fn lay_out(dir: &Path, objects: Option<&Path>) {
    put(&dir.join("HEAD"), "ref: refs/heads/main\n");
    put(
        &dir.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\
         [user]\n\tname = Machine\n\temail = machine@example.com\n",
    );
    fs::create_dir_all(dir.join("refs/heads")).expect("refs");
    match objects {
        None => fs::create_dir_all(dir.join("objects")).expect("objects"),
        Some(objects) => {
            std::os::unix::fs::symlink(objects, dir.join("objects"))
                .expect("a link to the objects");
        }
    }
}

/// A file of the simulator's own.
#[expect(clippy::disallowed_methods, reason = "nobody else reads it yet")]
pub fn put(path: &Path, text: &str) {
    let dir = path.parent().expect("a file has a directory");
    fs::create_dir_all(dir).expect("a directory");
    fs::write(path, text).expect("a file");
}

impl Template {
    fn make(dir: &Path, decider: Decider, durable: bool) -> Self {
        lay_out(dir, None);
        let repo = Repo::open(dir, &runner()).expect("a repository");
        let place = match decider {
            Decider::Local => Place::Local,
            Decider::Remote => Place::Remote("origin".parse().expect("a name")),
        };
        let marker = Marker {
            branch: "laneway".parse().expect("a branch"),
            target: "main".parse().expect("a branch"),
            authority: place,
            law: laneway::domain::decide::LAW,
        };
        let target = rules(&repo, &marker, durable);
        let schedule = Schedule::new(0, Weather::of(0), vec!["template".to_owned()]);
        let seams = Seams {
            actor: 0,
            wall: WallClock::ahead_by(-86_400),
            waiting: Arc::default(),
            asking: Arc::default(),
            schedule,
        };
        let env = Env {
            fail_points: Arc::new(NoFailPoints),
            ..seams.env(dir, "template", seams.schedule.born())
        };
        let ledger = Ledger::unborn(repo, &env, marker.clone());
        move_ref(&ledger.repo, &ledger.target_ref, None, target);
        begin(&ledger, target);
        let tip = ledger.tip().expect("a ref").expect("a ledger");
        Self {
            dir: dir.to_owned(),
            marker,
            ledger: tip,
            target,
        }
    }
}

struct NoFailPoints;

impl laneway::env::FailPoints for NoFailPoints {
    fn reach(&self, _: &str) {}
}

/// A commit with the rules of all seeds.
fn rules(repo: &Repo, marker: &Marker, durable: bool) -> ObjectId {
    let beginnings = Beginnings {
        project: "p".parse().expect("a name"),
        target: marker.target.clone(),
        authority: marker.authority.clone(),
        roles: vec![("dev".parse().expect("a name"), 8)],
    };
    let durability = if durable { "full" } else { "fast" };
    let mut writer = repo.writer();
    let mut edits = Vec::new();
    for (name, text) in beginnings.files() {
        let text = match name {
            "policy.yaml" => text + &POLICY.replace("{durability}", durability),
            "queue.yaml" => QUEUE.to_owned(),
            _ => text,
        };
        let blob = writer.blob(text.as_bytes()).expect("a blob");
        edits.push((format!("governance/{name}"), Some(blob)));
    }
    let tree = writer.tree(None, &edits).expect("a tree");
    let by = Signature {
        name: "Rules".to_owned(),
        email: "rules@example.com".to_owned(),
        seconds: START - 100_000,
        offset: 0,
    };
    let commit = NewCommit {
        tree,
        parents: Vec::new(),
        author: by.clone(),
        committer: by,
        message: "rules\n".to_owned(),
    };
    writer.commit(&commit).expect("a commit")
}

/// Makes the ledger, and lands the first task.
fn begin(ledger: &Ledger, target: ObjectId) {
    let task: TaskId = DONE.parse().expect("an id");
    let claim = ClaimWish {
        task: Some(task.clone()),
        ..ClaimWish::default()
    };
    let handoff = Verb::Handoff {
        task: task.clone(),
        handoff: HandoffWish::new(target, "the rest"),
    };
    let complete = Verb::Complete {
        task,
        commit: target,
        on_my_word: true,
    };
    let init = Verb::Init(ledger.marker.clone());
    let publisher = Publisher::under(ledger, Box::new(Direct));
    for verb in [init, Verb::Claim(claim), handoff, complete] {
        let request = Request {
            id: ledger.env.request_id(),
            at: ledger.env.now(),
            actor: Actor {
                agent: "@first".parse().expect("a name"),
                host: ledger.env.host.clone(),
                epoch: None,
                clock_jump: None,
            },
            verb,
        };
        let _receipt = publisher.submit(&request).expect("a beginning");
    }
}

/// Moves a ref that nobody else moves; whether it stood where it should.
pub fn move_ref(repo: &Repo, name: &str, from: Option<ObjectId>, to: ObjectId) -> bool {
    let edit = RefEdit {
        name: name.to_owned(),
        expect: from.map_or(Expect::Absent, Expect::At),
        new: Some(to),
    };
    let moved = repo.cas(&[edit], "simulator", Flush::Fast).expect("a ref");
    moved == Cas::Moved
}

/// An authority whose only client this is.
struct Direct;

impl Authority for Direct {
    fn publish(
        &self,
        ledger: &Ledger,
        from: Option<ObjectId>,
        to: ObjectId,
        _: Option<&Companion>,
        _: Durability,
        _: Duration,
    ) -> Result<PushOutcome, LedgerError> {
        assert!(move_ref(&ledger.repo, &ledger.tip_ref, from, to));
        Ok(PushOutcome::Won)
    }

    fn refresh(&self, _: &Ledger, _: Duration) -> Result<(), LedgerError> {
        Ok(())
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(30)
    }
}
