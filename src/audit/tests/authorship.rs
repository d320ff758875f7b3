//! X8: which ledger commit wrote a record, told without opening more than it takes.

use crate::audit::{Authorship, authorship};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::signature::Level;
use crate::ledger::Loader;
use crate::ledger::testing::{Site, id, note};

/// Who wrote the records of a task, and the commits of the line with its records.
fn written(site: &Site, task: &TaskId) -> (Authorship, usize) {
    let loader = Loader::new(&site.ledger.repo);
    let records = loader.records(site.tip(), task).unwrap();
    let all = records.iter().map(|record| (task, record));
    let found = authorship(&site.ledger, &loader, site.tip(), all).unwrap();
    (found, records.len())
}

fn noted(site: &Site, task: &str) -> ObjectId {
    let receipt = site.submit("@ann", note(task, "x")).unwrap();
    receipt.commit.unwrap()
}

#[test]
fn x08_each_record_is_the_commit_s_that_wrote_it_in_one_second_and_in_many() {
    for seconds in [0, 1, -1] {
        let site = Site::new();
        site.add(&["A-1", "A-2"]);
        let mut commits = Vec::new();
        for round in 0..6 {
            site.clock.advance(seconds);
            let task = if round % 3 == 2 { "A-2" } else { "A-1" };
            commits.push((task, noted(&site, task)));
        }
        for task in ["A-1", "A-2"] {
            let ours = commits.iter().filter(|(of, _)| *of == task);
            let ours: Vec<ObjectId> = ours.map(|(_, commit)| *commit).collect();
            let (found, count) = written(&site, &id(task));
            assert_eq!(count, ours.len());
            for (n, commit) in (1..).zip(ours) {
                let written = found.of(&id(task), n).unwrap();
                assert_eq!((written.commit, written.level), (commit, Level::Unsigned));
            }
            assert_eq!(found.of(&id(task), 99), None);
        }
        assert_eq!(written(&site, &id("A-9")).0.of(&id("A-9"), 1), None);
    }
}
