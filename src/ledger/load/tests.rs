//! What a loader remembers from one snapshot to the next.

use serde_json::json;

use super::Loader;
use crate::domain::request::Verb;
use crate::ledger::format::v1::queue::QueueFile;
use crate::ledger::read::{self, Origin};
use crate::ledger::testing::{Site, claim, id, task};
use crate::ledger::yaml::Limits;

const CONTRACT: &str = "version: 1\nstages:\n  execute: {agent: \"@bob\"}\n";

#[test]
fn files_of_stages_are_looked_up_again_only_when_their_directory_changed() {
    let site = Site::new();
    let commit = |text: &str| {
        let files = [("governance/stages/solo.yaml", text)];
        site.lab.commit(&site.path, &files);
    };
    commit(CONTRACT);
    let staged = task("S-1", &json!({"stages_ref": "stages/solo.yaml"}));
    let _receipt = site.submit("@admin", Verb::Add(vec![staged])).unwrap();
    site.add(&["A-1"]);
    let loader = Loader::new(&site.ledger.repo);
    let named = || {
        let snapshot = loader
            .snapshot(Some(site.tip()), site.target(), None)
            .unwrap();
        let task = snapshot.plan.get(&id("S-1")).unwrap();
        let contract = snapshot.plan.contract(task).unwrap();
        let (_, terms) = contract.claimed().next().unwrap();
        terms.agent.as_ref().unwrap().to_string()
    };
    assert_eq!(named(), "@bob");
    let _receipt = site.submit("@ann", claim("A-1")).unwrap();
    assert_eq!((named().as_str(), loader.lookups.get()), ("@bob", 1));
    commit(&CONTRACT.replace("@bob", "@ann"));
    assert_eq!((named().as_str(), loader.lookups.get()), ("@ann", 2));
}

#[test]
fn g01_packages_of_one_directory_are_read_once_each() {
    let site = Site::new();
    let package = |id: &str| {
        format!(
            "---\nid: {id}\ntask: {id}\nrole: dev\nstop_gate: scope_confirmation\n---\n\n# {id}\n"
        )
    };
    let (a, b) = (package("P-1"), package("P-2"));
    let files = [
        ("governance/packages/P-1.md", a.as_str()),
        ("governance/packages/P-2.md", b.as_str()),
    ];
    site.lab.commit(&site.path, &files);
    let ids = ["P-1", "P-2", "P-3"];
    for name in ids {
        let path = format!("packages/{name}.md");
        let new = task(name, &json!({"package": path}));
        let _receipt = site.submit("@admin", Verb::Add(vec![new])).unwrap();
    }
    let loader = Loader::new(&site.ledger.repo);
    let known = |snapshot: &crate::domain::snapshot::Snapshot| {
        ids.map(|name| {
            let task = snapshot.plan.get(&id(name)).unwrap();
            snapshot.package(task).unwrap().is_ok()
        })
    };
    let read = || loader.packages.lock().unwrap().read;
    let snapshot = || {
        loader
            .snapshot(Some(site.tip()), site.target(), None)
            .unwrap()
    };
    let first = snapshot();
    assert_eq!(known(&first), [true, true, false]);
    // One directory of the ledger and one of the target, and a blob of each package.
    assert_eq!(read(), (2, 2));
    assert_eq!(known(&first), [true, true, false]);
    assert_eq!(read(), (2, 2));
    assert_eq!(known(&snapshot()), [true, true, false]);
    assert_eq!(read(), (4, 2));
}

#[test]
fn p23_a_plan_that_is_read_in_parts_says_what_the_whole_says() {
    let origin = Origin {
        file: "plan",
        commit: None,
    };
    let entry = |id: &str, more: &str| format!("- {{id: {id}, title: x, role: A{more}}}\n");
    let (one, two) = (entry("A-1", ""), entry("A-2", ", depends_on: [A-1]"));
    for text in [
        format!("version: 1\ntasks:\n{one}{two}"),
        format!("tasks:\n{one}{two}version: 1\n"),
        format!("version: 2\ntasks:\n{one}"),
        format!("version: 1\ntasks:\n{one}{one}"),
        format!("version: 1\ntasks:\n{one}{}", entry("-", ", priority: 12")),
        format!(
            "version: 1\ntasks:\n{one}{}{}",
            entry("A-2", ", colour: x"),
            entry("-", "")
        ),
        format!(
            "version: 1\nqueue: x\ntasks:\n{}",
            entry("A-2", ", status: done")
        ),
        format!("version: 1\ntasks:\n{one}- 7\n"),
        format!("version: 1\ntasks:\n{one}x: &a\n"),
        "version: 1\ntasks: x\n".to_owned(),
        "version: 1\n".to_owned(),
        String::new(),
    ] {
        let whole = read::meaning::<QueueFile>(origin, text.as_bytes(), Limits::PLAN);
        let parts = read::plan(origin, text.as_bytes());
        assert_eq!(format!("{parts:?}"), format!("{whole:?}"), "{text}");
    }
}
