//! P16, P25: which rules judge, when the target is rewritten.

use crate::audit::{Difference, Verdict, verify};
use crate::domain::id::ObjectId;
use crate::domain::request::Verb;
use crate::git::testing::set;
use crate::git::{Commit, NewCommit};
use crate::ledger::testing::{Site, claim, note};
use crate::ledger::{Ledger, LedgerError};

fn accept(target: ObjectId) -> Verb {
    Verb::AcceptTarget {
        target,
        given_up: None,
        reason: "a secret was taken out".to_owned(),
    }
}

/// A map with these who may `admin`.
fn map(admins: &[&str]) -> String {
    let agents = admins.iter().map(|name| {
        format!("  - {{name: \"{name}\", kind: person, roles: [dev], may: [claim, admin]}}\n")
    });
    let agents: String = agents.collect();
    format!("version: 1\nmode: enforced\nagents:\n{agents}")
}

/// Work that was done by rules which a rewriting took from the target; before and after.
fn rewritten() -> (Site, ObjectId, ObjectId) {
    let site = Site::new();
    site.add(&["A-1"]);
    let first = site.target();
    let kept = site.work(first, "a", "1");
    site.move_target(kept);
    let _receipt = site.submit("@ada", note("A-1", "before")).unwrap();
    let rewritten = site.work(first, "a", "2");
    site.move_target(rewritten);
    (site, kept, rewritten)
}

/// The commits that do not hold.
fn bad(ledger: &Ledger) -> Vec<Verdict> {
    let verdicts = verify(ledger, None).unwrap();
    verdicts.filter(|verdict| !verdict.holds()).collect()
}

#[test]
fn p25_a_target_is_accepted_by_the_last_rules_and_by_no_others() {
    let (site, kept, rewritten) = rewritten();
    let _receipt = site.submit("@ada", accept(rewritten)).unwrap();
    assert!(bad(&site.ledger).is_empty());
    // The same by rules of the accepter's own choice, which descend from the last ones.
    let own = site.work(kept, "governance/identity-map.yaml", &map(&["@ada"]));
    let repo = &site.ledger.repo;
    let Commit {
        tree,
        parents,
        author,
        committer,
        message,
    } = repo.commit(site.tip()).unwrap();
    let line = |rules: ObjectId| format!("Laneway-Rules: {rules}\n");
    assert!(message.contains(&line(kept)));
    let forged = NewCommit {
        tree,
        parents,
        author,
        committer,
        message: message.replace(&line(kept), &line(own)),
    };
    let forged = repo.writer().commit(&forged).unwrap();
    set(repo, &site.ledger.tip_ref, forged);
    let bad = bad(&site.ledger);
    let [verdict] = bad.as_slice() else {
        panic!("{bad:?}");
    };
    let said = verdict.difference.as_ref().unwrap().to_string();
    assert_eq!(verdict.commit, forged);
    assert!(
        said.contains(&own.to_string()) && said.contains(&kept.to_string()),
        "{said}"
    );
}

#[test]
fn p25_a_target_that_goes_forward_is_not_accepted() {
    let site = Site::new();
    site.add(&["A-1"]);
    let forward = site.work(site.target(), "a", "1");
    site.move_target(forward);
    let error = site.submit("@ada", accept(forward)).unwrap_err();
    assert!(matches!(error, LedgerError::Refused(_)), "{error}");
    assert!(error.to_string().contains("descends from"), "{error}");
}

#[test]
fn p25_who_accepts_a_target_may_do_so_by_its_rules_too() {
    let site = Site::new();
    site.add(&["A-1"]);
    let first = site.work(
        site.target(),
        "governance/identity-map.yaml",
        &map(&["@ada"]),
    );
    site.move_target(first);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    // Promoted on the target, which is then put back as if nothing had been.
    let promoted = site.work(
        first,
        "governance/identity-map.yaml",
        &map(&["@ada", "@bot"]),
    );
    site.move_target(promoted);
    let _receipt = site
        .submit("@ada", note("A-1", "by the new rules"))
        .unwrap();
    site.move_target(first);
    let error = site.submit("@bot", accept(first)).unwrap_err();
    assert!(matches!(error, LedgerError::Refused(_)), "{error}");
    assert!(error.to_string().contains("@bot may not admin"), "{error}");
    let _receipt = site.submit("@ada", accept(first)).unwrap();
    assert!(bad(&site.ledger).is_empty());
}

#[test]
fn p25_rules_that_a_clone_does_not_have_are_named_as_missing() {
    let (site, kept, rewritten) = rewritten();
    let _receipt = site.submit("@ada", accept(rewritten)).unwrap();
    let url = format!("file://{}", site.path.display());
    let lab = &site.lab;
    lab.git(lab.dir.path(), &["clone", "-q", "--mirror", &url, "m.git"]);
    let clone = Ledger::open(lab.open(&lab.path("m.git")), &site.ledger.env, None).unwrap();
    assert!(!clone.repo.exists(kept));
    let bad = bad(&clone);
    assert_eq!(bad.len(), 2, "{bad:?}");
    for verdict in &bad {
        assert!(
            matches!(verdict.difference, Some(Difference::MissingRules(at)) if at == kept),
            "{verdict:?}"
        );
        assert_eq!(verdict.missing(), Some(kept));
    }
}
