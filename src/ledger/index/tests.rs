use std::path::Path;

use super::*;
use crate::domain::plan::{Origin, Plan};
use crate::domain::task::Task;
use crate::process::testing::runner;

fn task(n: usize) -> Task {
    let mut definition = serde_json::json!({
        "id": format!("A-{n}"), "title": format!("Task {n}"), "role": "A", "priority": 1 + n % 9,
        "lane": if n.is_multiple_of(3) { "A:2" } else { "A" },
        "depends_on": if n > 0 { vec![format!("A-{}", n - 1)] } else { vec![] },
        "owned_paths": ["src/**"], "acceptance_checks": ["cargo test"], "parked": n.is_multiple_of(2),
        "created_at": "2026-11-20T09:00:00Z",
    });
    match n {
        5 => {
            definition["stages"] = serde_json::json!({
                "plan": {"agent": "@a", "secondary": ["@b", "@c"], "gate": "odd"},
                "execute": {"workstation": "ws-1", "capabilities": ["gpu"], "gate": "evidence"},
            });
        }
        6 => {
            definition["evidence_checks"] = serde_json::json!({
                "static": ["make vet"], "runtime": ["make smoke"], "stress": ["make soak"],
            });
        }
        7 | 8 => definition["stages_ref"] = "stages/gpu.yaml".into(),
        _ => {}
    }
    crate::ledger::format::v1::request::define(&definition)
        .unwrap()
        .task
}

fn cache_in(dir: &Path) -> Cache {
    Cache {
        dir: dir.to_owned(),
    }
}

fn source() -> PlanSource {
    let blob = crate::domain::id::ObjectId::from_bytes(&[7; 20]).unwrap();
    let files = vec![(Origin::Ledger, "governance/queue.yaml".to_owned(), blob)];
    PlanSource {
        common_dir: "/nowhere".into(),
        runner: runner(),
        files,
    }
}

fn plan() -> Plan {
    Plan::new((0..100).map(|n| (task(n), Origin::Ledger)))
}

#[test]
fn a_plan_reads_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache_in(dir.path());
    let plan = plan();
    write_plan(&cache, &source(), &plan);
    let read = open_plan(&cache, &source()).unwrap();
    assert_eq!(read.len(), 100);
    assert_eq!(
        read.iter().collect::<Vec<_>>(),
        plan.iter().collect::<Vec<_>>()
    );
    assert_eq!(
        read.heads().collect::<Vec<_>>(),
        plan.heads().collect::<Vec<_>>()
    );
    let id = "A-42".parse().unwrap();
    assert_eq!(read.get(&id), plan.get(&id));
    assert_eq!(read.origin(&id), Some(Origin::Ledger));
    assert_eq!(read.get(&"A-100".parse().unwrap()), None);
    assert_eq!(read.referred(), plan.referred());
    assert_eq!(read.referred().values().flatten().count(), 2);
}

#[test]
fn a_plan_of_other_files_is_not_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache_in(dir.path());
    write_plan(&cache, &source(), &plan());
    let mut other = source();
    other.files[0].2 = crate::domain::id::ObjectId::from_bytes(&[8; 20]).unwrap();
    assert!(open_plan(&cache, &other).is_none());
    // Even under the name of the other: the key inside tells.
    let file = |source: &PlanSource| {
        let files = std::fs::read_dir(dir.path()).unwrap();
        let names: Vec<_> = files.map(|f| f.unwrap().path()).collect();
        write_plan(&cache, source, &plan());
        let mut all = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|f| f.unwrap().path());
        all.find(|path| !names.contains(path)).unwrap()
    };
    let theirs = file(&other);
    let mut mine = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|f| f.unwrap().path());
    let mine = mine.find(|path| *path != theirs).unwrap();
    std::fs::copy(&mine, &theirs).unwrap();
    assert!(open_plan(&cache, &other).is_none());
}

#[test]
fn a_damaged_plan_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache_in(dir.path());
    let plan = plan();
    write_plan(&cache, &source(), &plan);
    let path = std::fs::read_dir(dir.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let sound = std::fs::read(&path).unwrap();
    for at in (0..sound.len()).step_by(37) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x20;
        std::fs::remove_file(&path).unwrap();
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &bytes).unwrap();
        // A damaged table is refused as a whole; a damaged record is read from its source, which
        // is gone here, so the task is missing, never different.
        if let Some(read) = open_plan(&cache, &source()) {
            for task in read.iter() {
                assert_eq!(Some(task), plan.get(&task.id), "byte {at}");
            }
        }
    }
    for len in [0, 7, 79, 80, 500, sound.len() - 1] {
        std::fs::remove_file(&path).unwrap();
        let mut file = std::fs::File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, &sound[..len]).unwrap();
        assert!(open_plan(&cache, &source()).is_none(), "{len} bytes");
    }
}

#[test]
fn states_read_back_as_they_were() {
    use crate::domain::id::ObjectId;
    use crate::domain::progress::{Approval, Gap, Passage, Progress, Proposal};
    use crate::domain::stage::Stage;
    use crate::domain::state::{Epoch, Resume, Standing, TaskState};
    use crate::domain::time::Timestamp;
    let dir = tempfile::tempdir().unwrap();
    let cache = cache_in(dir.path());
    let id = |n: u8| ObjectId::from_bytes(&[n; 20]).unwrap();
    let resume = Resume {
        agent: "@a".parse().unwrap(),
        lane: "A:2".parse().unwrap(),
        workstation: Some("ws-1".parse().unwrap()),
        commit: Some(id(9)),
        scoped: true,
    };
    let state = TaskState {
        epoch: Epoch(3),
        standing: Standing::Todo {
            resume: Some(resume),
        },
        stages: None,
        waivers: vec![crate::domain::exception::Waiver {
            gate: "dependency".to_owned(),
            exception: 4,
            by: "@d".parse().unwrap(),
            until: Timestamp::from_seconds(99),
        }],
    };
    let state = state.progressed(Progress {
        passed: vec![Passage {
            stage: Stage::Plan,
            by: "@a".parse().unwrap(),
            at: Timestamp::from_seconds(7),
            workstation: Some("ws-1".parse().unwrap()),
            fallback: true,
            note: Some("plan.md".to_owned()),
        }],
        approved: vec![Approval {
            stage: Stage::Execute,
            by: "@d".parse().unwrap(),
            at: Timestamp::from_seconds(8),
        }],
        admitted: vec!["ws-2".parse().unwrap()],
        gap: Some(Gap {
            priority: 1,
            reason: "no machine".to_owned(),
            missing: vec!["ws-1 is quarantined".to_owned()],
            proposal: Some(Proposal::Until(Timestamp::from_seconds(9))),
            by: "@a".parse().unwrap(),
            at: Timestamp::from_seconds(8),
        }),
    });
    let shard = vec![(id(1), "A-1".parse().unwrap(), state)];
    let mut states = StatesCache::open(&cache);
    states.put(id(2), shard.clone(), 1000);
    states.put_reachable(id(4), [id(5)].into_iter().collect(), 1);
    states.save(&cache, &[id(2)].into_iter().collect());
    let mut read = StatesCache::open(&cache);
    assert_eq!(read.shard(id(2)), Some(&shard));
    assert_eq!(
        read.state(id(1)),
        Some((shard[0].1.clone(), shard[0].2.clone()))
    );
    assert_eq!(
        read.reachable().map(|(at, set)| (*at, set.len())),
        Some((id(4), 1))
    );
    let path = cache.path("states");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &bytes).unwrap();
    assert!(StatesCache::open(&cache).shard(id(2)).is_none());
}
