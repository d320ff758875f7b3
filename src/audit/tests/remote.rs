//! Remote authority, over file://.

use crate::audit::verify;
use crate::domain::policy::Authority;
use crate::domain::request::Verb;
use crate::domain::state::Status;
use crate::ledger::testing::{Rules, Site, claim, id, note};
use crate::ledger::{Companion, LedgerError};

fn site() -> Site {
    Site::with(&Rules {
        authority: Authority::Remote("origin".parse().unwrap()),
        policy: "durability: fast\n",
    })
}

fn at_hub(site: &Site, name: &str) -> String {
    site.lab
        .git(&site.lab.path("hub.git"), &["rev-parse", name])
}

fn sound(site: &Site) {
    for verdict in verify(&site.ledger, None).unwrap() {
        assert!(verdict.holds(), "{:?}", verdict.difference);
    }
}

#[test]
fn a_mutation_is_told_when_the_remote_has_it() {
    let site = site();
    site.add(&["A-1"]);
    assert_eq!(at_hub(&site, "refs/heads/laneway"), site.tip().to_string());
    let clone = site.cloned("two");
    assert_eq!(clone.tip(), site.tip());
    let receipt = clone.submit("@ada", claim("A-1")).unwrap();
    assert_eq!(
        at_hub(&site, "refs/heads/laneway"),
        receipt.commit.unwrap().to_string()
    );
    // The other clone knows an old tip: its refusal follows a look.
    let error = site.submit("@ben", claim("A-1")).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Refused(r) if r.gate() == "task-held"),
        "{error}"
    );
    assert_eq!(site.tip(), clone.tip());
    sound(&site);
}

#[test]
fn of_two_clones_that_race_one_wins_and_nothing_is_lost() {
    let site = site();
    site.add(&["A-1", "A-2"]);
    let clone = site.cloned("two");
    let run = |of: &Site, agent: &'static str, own: &'static str| {
        let ledger = of.ledger.clone();
        std::thread::spawn(move || {
            let publisher = crate::ledger::Publisher::new(&ledger, crate::ledger::testing::LIMIT);
            let ask =
                |verb| publisher.submit(&crate::ledger::testing::request(&ledger, agent, verb));
            let won = ask(claim("A-1")).map(|receipt| receipt.commit.unwrap());
            let told: Vec<_> = (0..6)
                .map(|n| ask(note(own, &n.to_string())).unwrap().commit.unwrap())
                .collect();
            (won, told)
        })
    };
    let (one, two) = (run(&site, "@ada", "A-1"), run(&clone, "@ben", "A-2"));
    let (one, two) = (one.join().unwrap(), two.join().unwrap());
    assert_eq!(usize::from(one.0.is_ok()) + usize::from(two.0.is_ok()), 1);
    site.publisher().refresh().unwrap();
    let line: Vec<_> = site
        .ledger
        .repo
        .first_parents(site.tip())
        .map(Result::unwrap)
        .collect();
    assert!(
        one.1
            .iter()
            .chain(&two.1)
            .all(|commit| line.contains(commit))
    );
    assert_eq!(at_hub(&site, "refs/heads/laneway"), site.tip().to_string());
    sound(&site);
}

#[test]
fn without_the_remote_nothing_changes() {
    let site = site();
    site.add(&["A-1"]);
    let before = site.ledger.repo.refs_with_prefix("refs/").unwrap();
    let hub = site.lab.path("hub.git");
    std::fs::rename(&hub, site.lab.path("gone.git")).unwrap();
    let error = site.submit("@ada", claim("A-1")).unwrap_err();
    assert!(matches!(error, LedgerError::Unreachable { .. }), "{error}");
    assert_eq!(site.ledger.repo.refs_with_prefix("refs/").unwrap(), before);
    std::fs::rename(site.lab.path("gone.git"), &hub).unwrap();
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    sound(&site);
}

#[test]
fn a_landing_moves_both_refs_of_the_remote_or_none() {
    let site = site();
    site.add(&["A-1", "A-2"]);
    let clone = site.cloned("two");
    let onto = site.target();
    let first = site.handed_off("@ada", "A-1", "src/a");
    clone.publisher().refresh().unwrap();
    let second = clone.handed_off("@ben", "A-2", "src/b");
    let land = |site: &Site, agent: &str, task: &str, to| {
        let verb = Verb::Land {
            task: id(task),
            onto,
            result: to,
            evidence: None,
        };
        let request = site.request(agent, verb);
        site.publisher()
            .submit_with(&request, &Companion { from: onto, to })
    };
    let _receipt = land(&site, "@ada", "A-1", first).unwrap();
    assert_eq!(at_hub(&site, "refs/heads/main"), first.to_string());
    let before = at_hub(&site, "refs/heads/laneway");
    assert_eq!(before, site.tip().to_string());
    let error = land(&clone, "@ben", "A-2", second).unwrap_err();
    assert!(matches!(error, LedgerError::Moved { .. }), "{error}");
    assert_eq!(at_hub(&site, "refs/heads/main"), first.to_string());
    assert_eq!(at_hub(&site, "refs/heads/laneway"), before);
    assert_eq!(clone.state("A-1").status(), Status::Done);
    assert_eq!(clone.state("A-2").status(), Status::InReview);
    sound(&clone);
}

#[test]
fn a_deleted_remote_ledger_is_not_made_anew() {
    let site = site();
    site.add(&["A-1"]);
    let hub = site.lab.path("hub.git");
    site.lab
        .git(&hub, &["update-ref", "-d", "refs/heads/laneway"]);
    assert!(site.submit("@ada", note("A-1", "here")).is_err());
    let refs = site.lab.git(&hub, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main");
}
