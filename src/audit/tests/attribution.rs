//! Each silent failure, found; and a clean history, without any.

use serde_json::json;

use crate::audit::{Attributed, Fault, Listed, Silent, attribution};
use crate::domain::id::ObjectId;
use crate::domain::request::{ClaimWish, Verb};
use crate::domain::time::Timestamp;
use crate::domain::workstation::{ProbeResult, Readiness};
use crate::git::testing::set;
use crate::git::{Commit, NewCommit};
use crate::ledger::testing::{Rules, Site, claim, handoff, id, task};

const PLACES: &str = "governance/workstations.yaml";

fn audit(site: &Site, only: Option<&str>) -> (Vec<Attributed>, Vec<Silent>) {
    let only = only.map(id);
    let mut walk = attribution(&site.ledger, only.as_ref()).unwrap();
    let claims = walk.by_ref().collect::<Result<_, _>>().unwrap();
    (claims, walk.finish().unwrap())
}

#[track_caller]
fn one(found: &[Silent], fault: Fault, says: &str) {
    let [silent] = found else {
        panic!("one finding expected: {found:?}");
    };
    assert_eq!(silent.fault, fault, "{silent:?}");
    assert!(silent.message.contains(says), "{}", silent.message);
}

fn workstation(more: &str) -> String {
    format!(
        "version: 1\ndefault_workstation: ws-local-01\nworkstations:\n  - name: ws-local-01\n    \
         version: 1\n{more}"
    )
}

/// Lets the last ledger commit name rules that it was not judged by.
fn judged_by(site: &Site, rules: ObjectId) {
    let repo = &site.ledger.repo;
    let Commit {
        tree,
        parents,
        author,
        committer,
        message,
    } = repo.commit(site.tip()).unwrap();
    let named = format!("Laneway-Rules: {}", site.target());
    let forged = NewCommit {
        tree,
        parents,
        author,
        committer,
        message: message.replace(&named, &format!("Laneway-Rules: {rules}")),
    };
    let mut writer = repo.writer();
    let forged = writer.commit(&forged).unwrap();
    set(repo, &site.ledger.tip_ref, forged);
}

/// A claim of A-1 by @ada that seems to have been judged by rules in which `file` is `text`.
fn forged(file: &str, text: &str) -> Site {
    let site = Site::new();
    site.add(&["A-1"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let rules = site.work(site.target(), file, text);
    judged_by(&site, rules);
    site
}

#[test]
fn i16_each_claim_says_who_where_and_what_the_map_said_then() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let before = site.target();
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let map = "version: 1\nmode: enforced\nagents:\n  - name: '@ben'\n    roles: [dev]\n    may: [claim]\n";
    site.move_target(site.work(before, "governance/identity-map.yaml", map));
    let _receipt = site.submit("@ben", claim("A-2")).unwrap();
    let (claims, found) = audit(&site, None);
    assert_eq!(found, []);
    let [first, second] = claims.as_slice() else {
        panic!("{claims:?}");
    };
    assert_eq!(first.task, id("A-1"));
    assert_eq!(first.agent.as_str(), "@ada");
    assert_eq!(first.workstation.as_ref().unwrap().as_str(), "ws-local-01");
    assert_eq!(first.epoch.unwrap().0, 1);
    assert_eq!(first.rules, Some(before));
    assert_eq!(first.listed, Listed::OpenMap);
    assert_eq!(second.listed, Listed::Mapped);
    assert_eq!(second.rules, Some(site.target()));
    let (claims, _) = audit(&site, Some("A-2"));
    assert_eq!(claims.as_slice(), std::slice::from_ref(second));
}

#[test]
fn a_claim_that_the_map_of_its_moment_did_not_give_is_found() {
    let map = "version: 1\nmode: enforced\nagents:\n  - name: '@ben'\n    roles: [dev]\n    may: [claim]\n";
    let site = forged("governance/identity-map.yaml", map);
    let (claims, found) = audit(&site, None);
    assert_eq!(claims[0].listed, Listed::Outside);
    one(
        &found,
        Fault::OutsideTheMap,
        "did not give it to @ada on ws-local-01",
    );
}

#[test]
fn a_claim_on_a_workstation_out_of_service_then_is_found() {
    let (_, found) = audit(
        &forged(PLACES, &workstation("    state: quarantined\n")),
        None,
    );
    one(&found, Fault::OutOfService, "which was quarantined");
    let gone = "version: 1\nworkstations: []\n";
    let (_, found) = audit(&forged(PLACES, gone), None);
    one(&found, Fault::OutOfService, "which was not registered");
}

#[test]
fn work_on_a_workstation_out_of_service_now_is_found_until_it_is_over() {
    let site = Site::new();
    site.add(&["A-1"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    site.move_target(site.work(site.target(), PLACES, &workstation("    state: retired\n")));
    let (_, found) = audit(&site, None);
    one(&found, Fault::OutOfService, "which is retired");
    let release = Verb::Release {
        task: id("A-1"),
        force: false,
        reason: None,
        saved: None,
    };
    let _receipt = site.submit("@ada", release).unwrap();
    assert_eq!(audit(&site, None).1, []);
}

#[test]
fn a_claim_without_the_probes_of_its_workstation_is_found() {
    let probes = workstation("    probes:\n      - {name: home, env: HOME}\n");
    let (_, found) = audit(&forged(PLACES, &probes), None);
    one(&found, Fault::Unprobed, "without asking its probes");
    for ready in [true, false] {
        let site = Site::new();
        site.add(&["A-1"]);
        let seen = Readiness {
            workstation: "ws-local-01".parse().unwrap(),
            version: 1,
            host: "bench".to_owned(),
            at: site.ledger.env.now(),
            probes: vec![ProbeResult {
                name: "home".to_owned(),
                ready,
                detail: "set".to_owned(),
                millis: 1,
            }],
        };
        let wish = ClaimWish {
            task: Some(id("A-1")),
            readiness: vec![Readiness {
                // Of another version it says nothing to a gate, and here neither.
                version: 2,
                ..seen
            }],
            ..ClaimWish::default()
        };
        let _receipt = site.submit("@ada", Verb::Claim(wish)).unwrap();
        let second = probes.replace("    version: 1\n", "    version: 2\n");
        judged_by(&site, site.work(site.target(), PLACES, &second));
        let (_, found) = audit(&site, None);
        if ready {
            assert_eq!(found, []);
        } else {
            one(&found, Fault::Unprobed, "although its probes failed");
        }
    }
}

#[test]
fn an_observation_that_no_gate_believes_is_none_to_an_auditor() {
    let probes = workstation("    probes:\n      - {name: home, env: HOME}\n");
    type Edit = fn(&mut Readiness);
    let edits: [(Edit, &str); 3] = [
        (
            |seen| seen.host = "elsewhere".to_owned(),
            "without asking its probes",
        ),
        (
            |seen| seen.at = Timestamp::from_seconds(1),
            "without asking its probes",
        ),
        (|seen| seen.probes.clear(), "although its probes failed"),
    ];
    for (edit, says) in edits {
        let site = Site::new();
        site.add(&["A-1"]);
        let mut seen = Readiness {
            workstation: "ws-local-01".parse().unwrap(),
            version: 1,
            host: "bench".to_owned(),
            at: site.ledger.env.now(),
            probes: vec![ProbeResult {
                name: "home".to_owned(),
                ready: true,
                detail: "set".to_owned(),
                millis: 1,
            }],
        };
        edit(&mut seen);
        let wish = ClaimWish {
            task: Some(id("A-1")),
            readiness: vec![seen],
            ..ClaimWish::default()
        };
        let _receipt = site.submit("@ada", Verb::Claim(wish)).unwrap();
        judged_by(&site, site.work(site.target(), PLACES, &probes));
        one(&audit(&site, None).1, Fault::Unprobed, says);
    }
}

#[test]
fn a_second_claim_of_a_single_use_workstation_is_found() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let once = workstation("    lifecycle: single_use\n");
    site.move_target(site.work(site.target(), PLACES, &once));
    let first = site.target();
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    assert_eq!(audit(&site, None).1, []);
    let anew = once.replace("    version: 1\n", "    version: 2\n");
    site.move_target(site.work(site.target(), PLACES, &anew));
    let _receipt = site.submit("@ben", claim("A-2")).unwrap();
    assert_eq!(audit(&site, None).1, []);
    judged_by(&site, first);
    let says = "for one claim, which `A-1` had had";
    one(&audit(&site, None).1, Fault::OutOfService, says);
}

#[test]
fn evidence_that_only_paths_owe_is_missed() {
    let site = Site::with(&Rules {
        policy: "durability: fast\npath_rules:\n  - {when: [\"src/**\"], checks: [\"true\"]}\n",
        ..Rules::default()
    });
    site.add(&["A-1"]);
    let target = site.target();
    let _handed_off = site.handed_off("@ada", "A-1", "src/a");
    let other = site.work(target, "src/other", "x");
    site.move_target(other);
    let complete = Verb::Complete {
        task: id("A-1"),
        commit: other,
        on_my_word: true,
    };
    let _receipt = site.submit("@ben", complete).unwrap();
    let says = "without the evidence that policy owed";
    one(&audit(&site, None).1, Fault::SilentClose, says);
}

#[test]
fn a_task_that_is_claimed_again_and_again_is_found_until_it_is_handed_off() {
    let site = Site::new();
    site.add(&["A-1"]);
    let release = || Verb::Release {
        task: id("A-1"),
        force: false,
        reason: None,
        saved: None,
    };
    for agent in ["@ada", "@ben"] {
        let _receipt = site.submit(agent, claim("A-1")).unwrap();
        let _receipt = site.submit(agent, release()).unwrap();
    }
    assert_eq!(audit(&site, None).1, []);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    one(
        &audit(&site, None).1,
        Fault::EndlessRetry,
        "claimed 3 times",
    );
    let commit = site.work(site.target(), "src/a", "1");
    let _receipt = site.submit("@ada", handoff("A-1", commit)).unwrap();
    assert_eq!(audit(&site, None).1, []);
}

#[test]
fn a_task_that_was_done_on_a_word_without_evidence_is_found() {
    let site = Site::new();
    let checked = task("A-1", &json!({"acceptance_checks": ["true"]}));
    let _receipt = site.submit("@ada", Verb::Add(vec![checked])).unwrap();
    let target = site.target();
    let _handed_off = site.handed_off("@ada", "A-1", "src/a");
    let other = site.work(target, "src/other", "x");
    site.move_target(other);
    let complete = Verb::Complete {
        task: id("A-1"),
        commit: other,
        on_my_word: true,
    };
    let _receipt = site.submit("@ben", complete).unwrap();
    let (_, found) = audit(&site, None);
    one(
        &found,
        Fault::SilentClose,
        "on the word of @ben, without the evidence that policy owed",
    );
}
