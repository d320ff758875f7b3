//! Landings: ledger and target move together or not at all.

use crate::audit::{Difference, verify};
use crate::domain::id::ObjectId;
use crate::domain::request::Verb;
use crate::domain::state::Status;
use crate::domain::time::Span;
use crate::ledger::testing::{Site, handoff, id, note};
use crate::ledger::{Companion, LedgerError, Receipt};

fn land(site: &Site, task: &str, from: ObjectId, to: ObjectId) -> Result<Receipt, LedgerError> {
    let verb = Verb::Land {
        task: id(task),
        onto: from,
        result: to,
        evidence: None,
    };
    let request = site.request("@ada", verb);
    site.publisher()
        .submit_with(&request, &Companion { from, to })
}

fn sound(site: &Site) {
    for verdict in verify(&site.ledger, None).unwrap() {
        assert!(verdict.holds(), "{:?}", verdict.difference);
    }
}

#[test]
fn ledger_and_target_move_together() {
    let site = Site::new();
    site.add(&["A-1"]);
    let onto = site.target();
    let commit = site.handed_off("@ada", "A-1", "src/a");
    let until = site.ledger.env.now().plus(Span::from_seconds(60));
    let task = id("A-1");
    let slot = Verb::Landing {
        task,
        onto,
        result: commit,
        until,
        evidence: None,
    };
    let _receipt = site.submit("@ada", slot).unwrap();
    let receipt = land(&site, "A-1", onto, commit).unwrap();
    assert_eq!(receipt.commit, Some(site.tip()));
    assert_eq!(site.target(), commit);
    assert_eq!(site.state("A-1").status(), Status::Done);
    sound(&site);
}

#[test]
fn a_moved_target_is_told_and_nothing_changes() {
    let site = Site::new();
    site.add(&["A-1"]);
    let onto = site.target();
    let commit = site.handed_off("@ada", "A-1", "src/a");
    let elsewhere = site.work(onto, "b", "1");
    site.move_target(elsewhere);
    let tip = site.tip();
    let error = land(&site, "A-1", onto, commit).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Moved { actual, .. } if *actual == elsewhere.to_string()),
        "{error}"
    );
    assert_eq!((site.tip(), site.target()), (tip, elsewhere));
    assert_eq!(site.state("A-1").status(), Status::InReview);
}

#[test]
fn an_empty_range_lands_only_on_the_target_it_names() {
    let site = Site::new();
    site.add(&["A-1"]);
    let onto = site.target();
    let _receipt = site
        .submit("@ada", crate::ledger::testing::claim("A-1"))
        .unwrap();
    let _receipt = site.submit("@ada", handoff("A-1", onto)).unwrap();
    let elsewhere = site.work(onto, "b", "1");
    site.move_target(elsewhere);
    let error = land(&site, "A-1", onto, onto).unwrap_err();
    assert!(matches!(error, LedgerError::Moved { .. }), "{error}");
    site.move_target(onto);
    let _receipt = land(&site, "A-1", onto, onto).unwrap();
    assert_eq!(site.target(), onto);
    sound(&site);
}

#[test]
fn a_landing_never_goes_by_older_rules() {
    let site = Site::new();
    site.add(&["A-1"]);
    let onto = site.target();
    let commit = site.handed_off("@ada", "A-1", "src/a");
    let later = site.work(onto, "b", "1");
    site.move_target(later);
    let _receipt = site
        .submit("@ada", note("A-1", "under later rules"))
        .unwrap();
    site.move_target(onto);
    let error = land(&site, "A-1", onto, commit).unwrap_err();
    assert!(
        matches!(error, LedgerError::RulesWentBack { .. }),
        "{error}"
    );
    assert_eq!(site.target(), onto);
    // The audit says where the rules of that note are not, until the target has them again.
    let aside = |site: &Site| {
        let mut line = verify(&site.ledger, None).unwrap();
        line.find_map(|verdict| verdict.difference)
    };
    assert!(matches!(
        aside(&site),
        Some(Difference::RulesAside { rules, target }) if (rules, target) == (later, onto)
    ));
    site.move_target(later);
    sound(&site);
}

#[test]
fn a_companion_without_a_change_moves_nothing() {
    let site = Site::new();
    site.add(&["A-1"]);
    let onto = site.target();
    let commit = site.handed_off("@ada", "A-1", "src/a");
    let tip = site.tip();
    let drop = Verb::DropLanding {
        task: id("A-1"),
        reason: "there is none".into(),
    };
    let companion = Companion {
        from: onto,
        to: commit,
    };
    let receipt = site
        .publisher()
        .submit_with(&site.request("@ada", drop), &companion)
        .unwrap();
    assert_eq!(receipt.commit, None);
    assert_eq!((site.tip(), site.target()), (tip, onto));
}
