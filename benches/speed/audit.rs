//! Deciding a ledger's whole history again, beside reading the same objects.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use laneway::domain::decide::decide;
use laneway::domain::id::{ObjectId, TaskId};
use laneway::domain::request::{Actor, ClaimWish, HandoffWish, Request, Verb};
use laneway::domain::state::Epoch;
use laneway::domain::time::Timestamp;
use laneway::git::{Cas, Durability, Expect, NewCommit, RefEdit, Signature};
use laneway::ledger::{Ledger, Loader, write};

use crate::figures::{median, millis};
use crate::world::World;

/// Ledger commits of one task: claim, note, renew, handoff, landing.
const PER_TASK: usize = 5;

/// The directory of a task's paths: no directory has more than a hundred entries.
fn part(task: usize) -> String {
    format!("src/{:03}/part{:02}", task / 100, task % 100)
}

/// A plan of tasks that owe nothing, each with paths of its own.
fn plan(tasks: usize) -> String {
    let mut text = String::from("version: 1\ntasks:\n");
    for n in 0..tasks {
        writeln!(
            text,
            "  - {{id: L-{n:06}, title: Task {n}, role: A, owned_paths: [\"{}/**\"]}}",
            part(n)
        )
        .unwrap();
    }
    text
}

/// Writes a history in process: every commit decided and written as publication does it, without
/// its locks and flushes; the refs move once, at the end.
struct Author<'l> {
    ledger: &'l Ledger,
    loader: Loader<'l>,
    tip: ObjectId,
    target: ObjectId,
    now: Timestamp,
    count: usize,
}

impl Author<'_> {
    fn signature(&self) -> Signature {
        Signature {
            name: "b".into(),
            email: "b@example.com".into(),
            seconds: self.now.seconds(),
            offset: 0,
        }
    }

    fn carry_out(&mut self, verb: Verb) {
        self.now = Timestamp::from_seconds(self.now.seconds() + 7);
        self.count += 1;
        let request = Request {
            id: format!("bench-{:08}", self.count).parse().unwrap(),
            at: self.now,
            actor: Actor {
                agent: "@bench".parse().unwrap(),
                host: "bench".to_owned(),
                epoch: None,
                clock_jump: None,
            },
            verb,
        };
        let before = self
            .loader
            .snapshot(Some(self.tip), self.target, Some(&request.verb))
            .unwrap();
        let change = decide(&before, &request).unwrap();
        let mut writer = self.ledger.repo.writer();
        let (parent, rules) = (Some(self.tip), Some(self.target));
        let commit =
            write::commit(&self.loader, &mut writer, parent, &change, &request, rules).unwrap();
        let committer = self.signature();
        self.tip = writer
            .commit(&NewCommit {
                committer,
                ..commit
            })
            .unwrap();
    }

    /// A commit of one file on the target.
    fn work(&self, path: &str) -> ObjectId {
        let mut writer = self.ledger.repo.writer();
        let blob = writer.blob(path.as_bytes()).unwrap();
        let tree = writer.tree(Some(self.target), &[(path, Some(blob))]);
        let commit = NewCommit {
            tree: tree.unwrap(),
            parents: vec![self.target],
            author: self.signature(),
            committer: self.signature(),
            message: "work\n".into(),
        };
        writer.commit(&commit).unwrap()
    }

    fn task(&mut self, n: usize) {
        let task: TaskId = format!("L-{n:06}").parse().unwrap();
        self.carry_out(Verb::Claim(ClaimWish {
            task: Some(task.clone()),
            ..ClaimWish::default()
        }));
        self.carry_out(Verb::Note {
            task: task.clone(),
            text: "under way".to_owned(),
            resolution: false,
        });
        self.carry_out(Verb::Renew {
            tasks: vec![(task.clone(), Epoch(1))],
        });
        let (onto, result) = (self.target, self.work(&format!("{}/file", part(n))));
        self.carry_out(Verb::Handoff {
            task: task.clone(),
            handoff: HandoffWish::new(result, "merge it"),
        });
        self.carry_out(Verb::Land {
            task,
            onto,
            result,
            evidence: None,
        });
        self.target = result;
    }
}

/// A world whose ledger has about so many commits, packed.
pub fn lived(commits: usize) -> World {
    let tasks = commits / PER_TASK;
    let world = World::new(1);
    let file = world.repo().join("../plan.yaml");
    fs::write(&file, plan(tasks)).unwrap();
    world.run(&["add", "--file", file.to_str().unwrap()]);
    let ledger = world.ledger();
    let (tip, target) = (ledger.tip().unwrap().unwrap(), ledger.target().unwrap());
    let mut author = Author {
        loader: Loader::new(&ledger.repo),
        ledger: &ledger,
        tip,
        target,
        now: ledger.env.now(),
        count: 0,
    };
    for n in 0..tasks {
        author.task(n);
    }
    let edit = |name: &str, from, to| RefEdit {
        name: name.to_owned(),
        expect: Expect::At(from),
        new: Some(to),
    };
    let edits = [
        edit(&ledger.tip_ref, tip, author.tip),
        edit(&ledger.target_ref, target, author.target),
    ];
    let moved = ledger.repo.cas(&edits, "bench", Durability::Fast).unwrap();
    assert_eq!(moved, Cas::Moved);
    world.git(&["repack", "-adq"]);
    world
}

/// The floor: each commit with its tree and the blobs that it changes, read once in the same way.
fn read_all(ledger: &Ledger) -> usize {
    let repo = &ledger.repo;
    let mut read = 0;
    let mut line = repo.first_parents(ledger.tip().unwrap().unwrap());
    let mut child = line.next().unwrap().unwrap();
    for parent in line {
        let parent = parent.unwrap();
        let commit = repo.commit(child).unwrap();
        for path in repo.changed_paths(parent, commit.tree).unwrap() {
            read += repo.blob(path.new.unwrap().id, 64 << 20).unwrap().len();
        }
        read += commit.message.len();
        child = parent;
    }
    read
}

/// The table: the audit of ledgers of some lengths, beside the floor, with its peak memory.
pub fn report() -> String {
    let mut text = String::from(
        "Each task is claimed, noted, renewed, handed off and landed; the target moves with each \
         landing. The floor reads each commit and the blobs it changes. Memory holds the pages of the pack that were read, too.\n\n| ledger commits | floor \
         s | audit s | ratio | commits/s | with what is remembered s | memory MB |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for commits in crate::numbers("BENCH_COMMITS", "2000,10000,20000") {
        let start = Instant::now();
        let world = lived(commits);
        println!(
            "{commits} commits made in {:.1} s",
            start.elapsed().as_secs_f64()
        );
        let ledger = world.ledger();
        let floor = median(
            (0..3)
                .map(|_| {
                    let start = Instant::now();
                    assert!(read_all(&ledger) > 0);
                    millis(start.elapsed())
                })
                .collect(),
        ) / 1000.0;
        let all = ["audit", "verify", "--all"];
        let audit = world.time(3, false, &all) / 1000.0;
        let again = world.time(3, false, &["audit", "verify"]) / 1000.0;
        let memory = world.memory(&all);
        let memory = memory.map_or("-".to_owned(), |megabytes| format!("{megabytes:.0}"));
        let line = format!(
            "| {commits} | {floor:.2} | {audit:.2} | {:.1} | {:.0} | {again:.2} | {memory} |",
            audit / floor,
            commits as f64 / audit
        );
        println!("{line}");
        writeln!(text, "{line}").unwrap();
    }
    text
}
