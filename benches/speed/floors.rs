//! What nothing can go below, measured in the same run.

use std::process::Command;
use std::time::Instant;

use laneway::git::{Durability, Expect, NewCommit, RefEdit, Repo, Signature};
use laneway::process::Runner;

use crate::figures::{median, millis};
use crate::world::World;

/// Starting and ending a process that does nothing.
pub fn spawn_floor() -> f64 {
    let one = || {
        let start = Instant::now();
        assert!(Command::new("true").status().unwrap().success());
        millis(start.elapsed())
    };
    median((0..30).map(|_| one()).collect())
}

/// One pass of the YAML parser's events over the same bytes.
pub fn parse_floor(plan: &[u8]) -> f64 {
    let text = std::str::from_utf8(plan).unwrap();
    let one = || {
        let start = Instant::now();
        let events = granit_parser::Parser::new_from_str(text)
            .filter(Result::is_ok)
            .count();
        assert!(events > 0);
        millis(start.elapsed())
    };
    median((0..3).map(|_| one()).collect())
}

/// What a durable claim cannot go below: the same objects written, flushed in parallel, and the ref
/// moved and flushed, in this process; plus starting one.
pub fn claim_floor(world: &World, spawn: f64) -> f64 {
    let runner = Runner::new(std::env::vars_os().collect());
    let repo = Repo::discover(&world.repo(), &runner).unwrap();
    let name = "refs/heads/floor";
    let mut tip = repo.tip("refs/heads/laneway").unwrap().unwrap();
    let first = RefEdit {
        name: name.to_owned(),
        expect: Expect::Absent,
        new: Some(tip),
    };
    drop(repo.cas(&[first], "floor", Durability::Full).unwrap());
    tip = repo.tip(name).unwrap().unwrap();
    let mut all = Vec::new();
    for n in 0..20 {
        let start = Instant::now();
        let mut writer = repo.writer();
        let text = format!(
            "version: 1\nid: T-{n:06}\nstatus: in_progress\nepoch: 1\nn: {n}\n{}",
            "x".repeat(350)
        );
        let blob = writer.blob(text.as_bytes()).unwrap();
        let path = format!("governance/state/{:02x}/T-{n:06}.yaml", n);
        let tree = writer
            .tree(Some(repo.tree_of(tip).unwrap()), &[(path, Some(blob))])
            .unwrap();
        let who = Signature {
            name: "b".into(),
            email: "b@example.com".into(),
            seconds: n,
            offset: 0,
        };
        let commit = writer
            .commit(&NewCommit {
                tree,
                parents: vec![tip],
                author: who.clone(),
                committer: who,
                message: format!("claim {n}\n\n{}\n", "y".repeat(500)),
            })
            .unwrap();
        writer.sync().unwrap();
        let edit = RefEdit {
            name: name.to_owned(),
            expect: Expect::At(tip),
            new: Some(commit),
        };
        drop(repo.cas(&[edit], "floor", Durability::Full).unwrap());
        tip = commit;
        all.push(millis(start.elapsed()));
    }
    let last = RefEdit {
        name: name.to_owned(),
        expect: Expect::At(tip),
        new: None,
    };
    drop(repo.cas(&[last], "floor", Durability::Fast).unwrap());
    median(all) + spawn
}
