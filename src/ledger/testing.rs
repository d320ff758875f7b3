//! Real repositories with a ledger, for tests: a clock that a test moves, randomness from a count.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::format::templates::Beginnings;
use super::format::v1::request::define;
use super::{Ledger, LedgerError, Publisher, Receipt};
use crate::domain::id::{ObjectId, RequestId, TaskId};
use crate::domain::marker::Marker;
use crate::domain::policy::Authority;
use crate::domain::request::{Actor, ClaimWish, HandoffWish, NewTask, Request, Verb};
use crate::domain::state::TaskState;
use crate::domain::time::Timestamp;
use crate::env::{Clock, Env, Random};
use crate::git::testing::{Lab, set, write};

/// Long enough for a push on a loaded machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The moment at which the tests begin.
const START: i64 = 1_795_000_000;

/// A wall clock that stands until a test moves it.
pub(crate) struct FakeClock(AtomicI64);

impl FakeClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Different at every call.
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        let mut x = self.0.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        for byte in bytes {
            x = x
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = x.to_le_bytes()[6];
        }
    }
}

/// A repository with rules on its target and a ledger.
pub(crate) struct Site {
    pub(crate) lab: Arc<Lab>,
    pub(crate) path: PathBuf,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<FakeClock>,
}

/// How the rules of a site differ from what `init` writes.
pub(crate) struct Rules {
    pub(crate) authority: Authority,
    /// Appended to the policy.
    pub(crate) policy: &'static str,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            authority: Authority::Local,
            policy: "durability: fast\n",
        }
    }
}

impl Site {
    /// Rules with one role `dev` of four lanes, and a ledger with nothing in it.
    pub(crate) fn new() -> Self {
        Self::with(&Rules::default())
    }

    pub(crate) fn with(rules: &Rules) -> Self {
        let site = Self::without_ledger(rules);
        let created = site
            .publisher()
            .submit(&site.request("@admin", site.init()))
            .unwrap();
        assert!(created.commit.is_some());
        site
    }

    /// The rules are there, the ledger is not.
    pub(crate) fn without_ledger(rules: &Rules) -> Self {
        let lab = Lab::new();
        let path = lab.init("repo", &[]);
        let beginnings = Beginnings {
            project: "p".parse().unwrap(),
            target: "main".parse().unwrap(),
            authority: rules.authority.clone(),
            roles: vec![("dev".parse().unwrap(), 4)],
        };
        let files = beginnings.files().map(|(name, text)| {
            let more = if name == "policy.yaml" {
                rules.policy
            } else {
                ""
            };
            (format!("governance/{name}"), text + more)
        });
        let files: Vec<_> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        lab.commit(&path, &files);
        if let Authority::Remote(remote) = &rules.authority {
            let hub = lab.path("hub.git");
            lab.git(
                lab.dir.path(),
                &["init", "-q", "--bare", "-b", "main", "hub.git"],
            );
            let url = format!("file://{}", hub.display());
            lab.git(&path, &["remote", "add", remote.as_str(), &url]);
            lab.git(&path, &["push", "-q", remote.as_str(), "main"]);
            lab.git(&path, &["fetch", "-q", remote.as_str()]);
        }
        let clock = Arc::new(FakeClock(AtomicI64::new(START)));
        let env = env(&path, &clock, 1);
        let marker = marker(rules.authority.clone());
        let ledger = Ledger::unborn(lab.open(&path), &env, marker);
        Self {
            lab: Arc::new(lab),
            path,
            ledger,
            clock,
        }
    }

    /// A clone of the remote of this site, with randomness of its own.
    pub(crate) fn cloned(&self, name: &str) -> Self {
        let lab = self.lab.clone();
        let url = format!("file://{}", lab.path("hub.git").display());
        lab.git(lab.dir.path(), &["clone", "-q", &url, name]);
        let path = lab.path(name);
        lab.git(&path, &["config", "user.name", name]);
        lab.git(&path, &["config", "user.email", "clone@example.com"]);
        let seed = name.bytes().map(u64::from).sum::<u64>() << 32;
        let env = env(&path, &self.clock, seed);
        let ledger = Ledger::open(lab.open(&path), &env, None).unwrap();
        Self {
            lab,
            path,
            ledger,
            clock: self.clock.clone(),
        }
    }

    pub(crate) fn init(&self) -> Verb {
        Verb::Init(self.ledger.marker.clone())
    }

    pub(crate) fn publisher(&self) -> Publisher<'_> {
        Publisher::new(&self.ledger, LIMIT)
    }

    pub(crate) fn request(&self, agent: &str, verb: Verb) -> Request {
        request(&self.ledger, agent, verb)
    }

    pub(crate) fn submit(&self, agent: &str, verb: Verb) -> Result<Receipt, LedgerError> {
        self.publisher().submit(&self.request(agent, verb))
    }

    pub(crate) fn add(&self, ids: &[&str]) {
        let tasks = ids.iter().map(|id| task(id, &json!({}))).collect();
        let _receipt = self.submit("@admin", Verb::Add(tasks)).unwrap();
    }

    pub(crate) fn tip(&self) -> ObjectId {
        self.ledger.tip().unwrap().unwrap()
    }

    pub(crate) fn target(&self) -> ObjectId {
        self.ledger.target().unwrap()
    }

    pub(crate) fn state(&self, id: &str) -> TaskState {
        let states = self.publisher().loader().states(self.tip()).unwrap();
        states.get(&id.parse().unwrap()).clone()
    }

    /// A commit of one file on top of `parent`, on no ref.
    pub(crate) fn work(&self, parent: ObjectId, file: &str, text: &str) -> ObjectId {
        write(&self.ledger.repo, &[parent], &[(file, Some(text))])
    }

    /// Moves the target by hand.
    pub(crate) fn move_target(&self, to: ObjectId) {
        set(&self.ledger.repo, &self.ledger.target_ref, to);
    }

    /// Claims `id`, and hands a commit of one file off.
    pub(crate) fn handed_off(&self, agent: &str, id: &str, file: &str) -> ObjectId {
        let _receipt = self.submit(agent, claim(id)).unwrap();
        let commit = self.work(self.target(), file, id);
        let _receipt = self.submit(agent, handoff(id, commit)).unwrap();
        commit
    }
}

pub(crate) fn marker(authority: Authority) -> Marker {
    Marker {
        branch: super::DEFAULT_BRANCH.parse().unwrap(),
        target: "main".parse().unwrap(),
        authority,
        law: 1,
    }
}

fn env(dir: &Path, clock: &Arc<FakeClock>, seed: u64) -> Env {
    Env {
        exe: "laneway".into(),
        vars: std::collections::BTreeMap::new(),
        dir: dir.to_owned(),
        host: "bench".to_owned(),
        clock: clock.clone(),
        random: Arc::new(Counted(AtomicU64::new(seed))),
        ..Env::of_process().unwrap()
    }
}

pub(crate) fn request(ledger: &Ledger, agent: &str, verb: Verb) -> Request {
    Request {
        id: ledger.env.request_id(),
        at: ledger.env.now(),
        actor: Actor {
            agent: agent.parse().unwrap(),
            host: ledger.env.host.clone(),
            epoch: None,
            clock_jump: None,
        },
        verb,
    }
}

/// A task of role `dev` with these fields.
pub(crate) fn task(id: &str, fields: &Value) -> NewTask {
    let mut definition = json!({"id": id, "title": format!("Do {id}"), "role": "dev"});
    for (key, value) in fields.as_object().unwrap() {
        definition[key] = value.clone();
    }
    define(&definition).unwrap()
}

pub(crate) fn id(text: &str) -> TaskId {
    text.parse().unwrap()
}

pub(crate) fn claim(task: &str) -> Verb {
    Verb::Claim(ClaimWish {
        task: Some(id(task)),
        ..ClaimWish::default()
    })
}

pub(crate) fn note(task: &str, text: &str) -> Verb {
    Verb::Note {
        task: id(task),
        text: text.to_owned(),
        resolution: false,
    }
}

pub(crate) fn handoff(task: &str, commit: ObjectId) -> Verb {
    Verb::Handoff {
        task: id(task),
        handoff: HandoffWish::new(commit, "merge it"),
    }
}

pub(crate) fn named(mut request: Request, id: &str) -> Request {
    request.id = RequestId::new(id).unwrap();
    request
}
