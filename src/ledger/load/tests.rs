//! What a loader remembers from one snapshot to the next.

use serde_json::json;

use super::Loader;
use crate::domain::request::Verb;
use crate::ledger::testing::{Site, claim, id, task};

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
