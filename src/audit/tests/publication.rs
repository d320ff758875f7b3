//! Publication under local authority: races, crashes, hands that meddle.

use std::collections::BTreeSet;

use crate::audit::verify;
use crate::domain::id::ObjectId;
use crate::domain::refusal::RefusalKind;
use crate::domain::request::Request;
use crate::domain::state::{Epoch, Status};
use crate::git::testing::{set, write};
use crate::ledger::pending::{Link, Pending, PendingFile};
use crate::ledger::testing::{Rules, Site, claim, id, named, note};
use crate::ledger::{Ledger, LedgerError, Publisher, write as writing};

/// A pid that no process has: beyond the kernel's greatest.
const DEAD: u32 = 0x7fff_fff0;

fn sound(site: &Site) {
    for verdict in verify(&site.ledger, None).unwrap() {
        assert!(verdict.holds(), "{:?}", verdict.difference);
    }
}

fn pending(site: &Site) -> PendingFile {
    PendingFile::below(&site.ledger.dir())
}

/// Builds the commit of `request` on `parent` as a process would that has not published it.
fn build(site: &Site, parent: ObjectId, request: &Request) -> ObjectId {
    let publisher = site.publisher();
    let loader = publisher.loader();
    let rules = site.target();
    let before = loader
        .snapshot(Some(parent), rules, Some(&request.verb))
        .unwrap();
    let change = crate::domain::decide::decide(&before, request).unwrap();
    let mut writer = site.ledger.repo.writer();
    let (rules, parent) = (Some(rules), Some(parent));
    let commit = writing::commit(loader, &mut writer, parent, &change, request, rules);
    writer.commit(&commit.unwrap()).unwrap()
}

fn leave_pending(site: &Site, commits: &[ObjectId], waiter: u32) {
    let links = commits.iter().map(|commit| Link {
        commit: *commit,
        waiter,
        started: 0,
        objects: vec![*commit],
    });
    let chain = Pending {
        links: links.collect(),
        ..Pending::on(Some(site.tip()))
    };
    pending(site).replace(&chain).unwrap();
}

fn is_refusal(error: &LedgerError, gate: &str) -> bool {
    matches!(error, LedgerError::Refused(refusal) if refusal.gate() == gate)
}

#[test]
fn of_two_racers_for_one_task_one_wins_and_the_other_learns_who() {
    let site = Site::new();
    site.add(&["A-1"]);
    let run = |agent: &str| {
        let ledger = site.ledger.clone();
        let agent = agent.to_owned();
        move || {
            let request = crate::ledger::testing::request(&ledger, &agent, claim("A-1"));
            Publisher::new(&ledger, crate::ledger::testing::LIMIT)
                .submit(&request)
                .map(|receipt| receipt.commit)
        }
    };
    let (one, two) = (run("@one"), run("@two"));
    let (one, two) = (std::thread::spawn(one), std::thread::spawn(two));
    let results = [one.join().unwrap(), two.join().unwrap()];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let lost = results.iter().find_map(|r| r.as_ref().err()).unwrap();
    let LedgerError::Refused(refusal) = lost else {
        panic!("{lost}")
    };
    assert_eq!(refusal.kind, RefusalKind::Conflict);
    let holder = refusal.holder().unwrap().agent.clone();
    let state = site.state("A-1");
    assert_eq!(holder, state.claim().map(|claim| claim.agent.clone()));
    assert_eq!(state.epoch, Epoch(1));
    sound(&site);
}

#[test]
fn nothing_is_lost_among_four_threads_and_sixty_tasks() {
    let site = Site::with(&Rules {
        policy: "",
        ..Rules::default()
    });
    let names: Vec<String> = (0..60).map(|n| format!("A-{n}")).collect();
    site.add(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let start = site.tip();
    let threads = (0..4).map(|thread| {
        let ledger = site.ledger.clone();
        let mine: Vec<String> = names.iter().skip(thread * 15).take(15).cloned().collect();
        std::thread::spawn(move || notes(&ledger, &mine))
    });
    let threads: Vec<_> = threads.collect();
    let mut told = BTreeSet::new();
    for thread in threads {
        told.extend(thread.join().unwrap());
    }
    assert_eq!(told.len(), 60);
    let repo = &site.ledger.repo;
    let line = repo.commits_between(start, site.tip()).unwrap();
    assert_eq!(told, line.iter().copied().collect());
    for commit in line {
        assert_eq!(repo.commit(commit).unwrap().parents.len(), 1);
    }
    assert_eq!(
        pending(&site).read().after(Some(site.tip())).links,
        Vec::new()
    );
    sound(&site);
}

fn notes(ledger: &Ledger, tasks: &[String]) -> Vec<ObjectId> {
    let publisher = Publisher::new(ledger, crate::ledger::testing::LIMIT);
    let commits = tasks.iter().map(|task| {
        let request = crate::ledger::testing::request(ledger, "@ada", note(task, "here"));
        publisher.submit(&request).unwrap().commit.unwrap()
    });
    commits.collect()
}

#[test]
fn a_pending_chain_without_a_living_waiter_is_dropped() {
    let site = Site::new();
    site.add(&["A-1"]);
    let orphan = build(&site, site.tip(), &site.request("@dead", claim("A-1")));
    leave_pending(&site, &[orphan], DEAD);
    let receipt = site.submit("@ada", claim("A-1")).unwrap();
    assert_eq!(receipt.before.states.get(&id("A-1")).status(), Status::Todo);
    let holder = site.state("A-1").claim().unwrap().agent.to_string();
    assert_eq!(holder, "@ada");
    sound(&site);
}

#[test]
fn pending_commits_whose_objects_are_gone_count_as_a_lost_race() {
    let site = Site::new();
    site.add(&["A-1"]);
    let gone = ObjectId::from_bytes(&[7; 20]).unwrap();
    for chain in [vec![gone], vec![site.tip(), gone]] {
        leave_pending(&site, &chain, std::process::id());
        let _receipt = site.submit("@ada", note("A-1", "here")).unwrap();
    }
    // The last commit is there, its tree is not.
    let hollow = site.ledger.repo.writer().commit(&crate::git::NewCommit {
        tree: gone,
        parents: vec![site.tip()],
        author: crate::git::testing::signature(),
        committer: crate::git::testing::signature(),
        message: "hollow\n".into(),
    });
    leave_pending(&site, &[hollow.unwrap()], std::process::id());
    let _receipt = site.submit("@ada", note("A-1", "again")).unwrap();
    sound(&site);
}

#[test]
fn pending_commits_that_do_not_extend_the_published_tip_never_replace_it() {
    let site = Site::new();
    site.add(&["A-1"]);
    let stranger = write(&site.ledger.repo, &[], &[("a", Some("b"))]);
    leave_pending(&site, &[stranger], std::process::id());
    let before = site.tip();
    let _receipt = site.submit("@ada", note("A-1", "here")).unwrap();
    assert!(site.ledger.repo.is_ancestor(before, site.tip()).unwrap());
    sound(&site);
}

#[test]
fn a_refusal_on_a_pending_tip_is_told_once_that_tip_is_published() {
    let site = Site::new();
    site.add(&["A-1"]);
    let theirs = build(&site, site.tip(), &site.request("@ben", claim("A-1")));
    leave_pending(&site, &[theirs], std::process::id());
    let error = site.submit("@ada", claim("A-1")).unwrap_err();
    assert!(is_refusal(&error, "task-held"), "{error}");
    assert_eq!(site.tip(), theirs, "what it was judged on is published");
    sound(&site);
}

#[test]
fn a_pending_commit_is_built_upon_and_published_with_ours() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let theirs = build(&site, site.tip(), &site.request("@ben", claim("A-1")));
    leave_pending(&site, &[theirs], std::process::id());
    let ours = site.submit("@ada", claim("A-2")).unwrap().commit.unwrap();
    assert_eq!(site.ledger.repo.parents(ours).unwrap(), [theirs]);
    assert_eq!(site.tip(), ours);
    sound(&site);
}

#[test]
fn a_ref_moved_by_another_hand_is_decided_upon_afresh() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    // Built here on the old tip; meanwhile the ledger moves without the locks.
    let ours = build(&site, site.tip(), &site.request("@ada", claim("A-1")));
    let theirs = build(&site, site.tip(), &site.request("@ben", claim("A-1")));
    leave_pending(&site, &[ours], std::process::id());
    set(&site.ledger.repo, &site.ledger.tip_ref, theirs);
    let error = site.submit("@ada", claim("A-1")).unwrap_err();
    assert!(is_refusal(&error, "task-held"), "{error}");
    assert_eq!(site.tip(), theirs);
    let receipt = site.submit("@ada", claim("A-2")).unwrap();
    assert_eq!(receipt.before.tip, Some(theirs));
    sound(&site);
}

#[test]
fn hands_without_locks_cost_nobody_a_commit() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let meddler = {
        let ledger = site.ledger.clone();
        std::thread::spawn(move || meddle(&ledger))
    };
    let publisher = site.publisher();
    let mut told = Vec::new();
    for n in 0..40 {
        let request = site.request("@ada", note("A-1", &n.to_string()));
        told.push(publisher.submit(&request).unwrap().commit.unwrap());
    }
    told.extend(meddler.join().unwrap());
    let line: Vec<_> = site
        .ledger
        .repo
        .first_parents(site.tip())
        .map(Result::unwrap)
        .collect();
    assert!(told.iter().all(|commit| line.contains(commit)));
    sound(&site);
}

/// Publishes as a program would that knows the compare-and-swap and none of the locks.
fn meddle(ledger: &Ledger) -> Vec<ObjectId> {
    use crate::git::{Cas, Durability, Expect, RefEdit};
    let publisher = Publisher::new(ledger, crate::ledger::testing::LIMIT);
    let mut told = Vec::new();
    while told.len() < 40 {
        let tip = ledger.tip().unwrap().unwrap();
        let request = crate::ledger::testing::request(ledger, "@ben", note("A-2", "x"));
        let rules = ledger.target().unwrap();
        let loader = publisher.loader();
        let before = loader
            .snapshot(Some(tip), rules, Some(&request.verb))
            .unwrap();
        let change = crate::domain::decide::decide(&before, &request).unwrap();
        let mut writer = ledger.repo.writer();
        let (rules, parent) = (Some(rules), Some(tip));
        let commit = writing::commit(loader, &mut writer, parent, &change, &request, rules);
        let commit = writer.commit(&commit.unwrap()).unwrap();
        let edit = RefEdit {
            name: ledger.tip_ref.clone(),
            expect: Expect::At(tip),
            new: Some(commit),
        };
        if ledger
            .repo
            .cas(std::slice::from_ref(&edit), "meddle", Durability::Fast)
            .unwrap()
            == Cas::Moved
        {
            told.extend(edit.new);
        }
    }
    told
}

#[test]
fn a_repeated_claim_answers_as_before() {
    let site = Site::new();
    site.add(&["A-1"]);
    let request = named(site.request("@ada", claim("A-1")), "once");
    assert!(site.publisher().submit(&request).unwrap().commit.is_some());
    let tip = site.tip();
    let again = site.publisher().submit(&request).unwrap();
    assert_eq!(again.commit, None);
    let claim = again.before.states.get(&id("A-1")).claim().unwrap().clone();
    assert_eq!(claim.id.as_str(), "once");
    assert_eq!(site.tip(), tip);
}

#[test]
fn init_happens_once() {
    let site = Site::without_ledger(&Rules::default());
    let run = || {
        let ledger = site.ledger.clone();
        let verb = site.init();
        std::thread::spawn(move || {
            let request = crate::ledger::testing::request(&ledger, "@ada", verb);
            let publisher = Publisher::new(&ledger, crate::ledger::testing::LIMIT);
            publisher.submit(&request).map(|receipt| receipt.commit)
        })
    };
    let (one, two) = (run(), run());
    let results = [one.join().unwrap().unwrap(), two.join().unwrap().unwrap()];
    assert_eq!(results.iter().flatten().count(), 1, "{results:?}");
    let mut other = site.init();
    if let crate::domain::request::Verb::Init(marker) = &mut other {
        marker.target = "trunk".parse().unwrap();
    }
    assert!(is_refusal(
        &site.submit("@ada", other).unwrap_err(),
        "ledger-exists"
    ));
    assert!(Ledger::open(site.ledger.repo.clone(), &site.ledger.env, None).is_ok());
    sound(&site);
}

#[test]
fn a_target_that_does_not_descend_from_the_last_rules_is_refused() {
    let site = Site::new();
    site.add(&["A-1"]);
    let first = site.target();
    let later = site.work(first, "a", "1");
    site.move_target(later);
    let _receipt = site
        .submit("@ada", note("A-1", "under later rules"))
        .unwrap();
    site.move_target(first);
    let tip = site.tip();
    let error = site
        .submit("@ada", note("A-1", "under older rules"))
        .unwrap_err();
    assert!(
        matches!(error, LedgerError::RulesWentBack { target, last } if (target, last) == (first, later)),
        "{error}"
    );
    assert_eq!(site.tip(), tip);
}

#[test]
fn rules_do_not_go_back_behind_a_pending_commit() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let first = site.target();
    site.move_target(site.work(first, "a", "1"));
    let theirs = build(&site, site.tip(), &site.request("@ben", claim("A-1")));
    leave_pending(&site, &[theirs], std::process::id());
    site.move_target(first);
    let error = site.submit("@ada", claim("A-2")).unwrap_err();
    assert!(
        matches!(error, LedgerError::RulesWentBack { .. }),
        "{error}"
    );
    sound(&site);
}

#[test]
fn p25_a_ledger_that_was_rewound_replaced_or_deleted_is_not_built_upon() {
    let site = Site::new();
    site.add(&["A-1"]);
    let old = site.tip();
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let last = site.tip();
    let stranger = build(&site, old, &site.request("@ben", claim("A-1")));
    for (found, was_rewound) in [(Some(old), true), (Some(stranger), false), (None, false)] {
        let edit = crate::git::RefEdit {
            name: site.ledger.tip_ref.clone(),
            expect: crate::git::Expect::At(last),
            new: found,
        };
        let fast = crate::git::Durability::Fast;
        let _moved = site.ledger.repo.cas(&[edit], "by hand", fast).unwrap();
        let error = site.submit("@eve", note("A-1", "on top")).unwrap_err();
        let LedgerError::Rewritten {
            seen,
            found: told,
            rewound,
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((seen, told, rewound), (last, found, was_rewound));
        assert_eq!(site.ledger.tip().unwrap(), found, "nothing was moved");
        if found.is_none() {
            let opened = Ledger::open(site.ledger.repo.clone(), &site.ledger.env, None);
            let error = opened.unwrap_err();
            assert!(matches!(error, LedgerError::Rewritten { .. }), "{error}");
            crate::git::testing::set(&site.ledger.repo, &site.ledger.tip_ref, last);
        } else {
            set(&site.ledger.repo, &site.ledger.tip_ref, last);
        }
    }
    let _receipt = site.submit("@ada", note("A-1", "as it was")).unwrap();
    sound(&site);
}

#[test]
fn holders_go_on_under_the_last_rules_that_load_and_nobody_claims() {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let good = site.target();
    let broken = site.work(good, "governance/policy.yaml", "version: 1\nproject: [");
    site.move_target(broken);
    let _receipt = site.submit("@ada", note("A-1", "still here")).unwrap();
    let error = site.submit("@ada", claim("A-2")).unwrap_err();
    assert!(matches!(error, LedgerError::BadFile(_)), "{error}");
    site.move_target(site.work(broken, "governance/policy.yaml", ""));
    let _receipt = site.submit("@ada", note("A-1", "and again")).unwrap();
    sound(&site);
}

#[test]
fn a_rewritten_target_is_gone_on_with_once_it_is_accepted_and_the_history_says_so() {
    let site = Site::new();
    site.add(&["A-1"]);
    let first = site.target();
    let kept = site.work(first, "a", "1");
    site.move_target(kept);
    let _receipt = site.submit("@ada", note("A-1", "before")).unwrap();
    let rewritten = site.work(first, "a", "2");
    site.move_target(rewritten);
    let error = site.submit("@ada", note("A-1", "after")).unwrap_err();
    assert!(
        matches!(error, LedgerError::RulesWentBack { .. }),
        "{error}"
    );
    let accept = crate::domain::request::Verb::AcceptTarget {
        target: rewritten,
        given_up: None,
        reason: "a secret was taken out".to_owned(),
    };
    let receipt = site.submit("@ada", accept).unwrap();
    assert_eq!(receipt.before.rules.at, kept, "judged by the rules before");
    let _receipt = site.submit("@ada", note("A-1", "after")).unwrap();
    sound(&site);
    // Accepting one rewriting is not accepting the next.
    site.move_target(site.work(first, "a", "3"));
    let error = site.submit("@ada", note("A-1", "again")).unwrap_err();
    assert!(
        matches!(error, LedgerError::RulesWentBack { .. }),
        "{error}"
    );
}

#[test]
fn p02_a_request_that_stands_in_the_pending_chain_is_not_built_again() {
    let site = Site::new();
    site.add(&["A-1"]);
    let request = named(site.request("@ada", note("A-1", "once")), "once");
    let mine = build(&site, site.tip(), &request);
    leave_pending(&site, &[mine], std::process::id());
    let receipt = site.publisher().submit(&request).unwrap();
    assert_eq!((receipt.commit, site.tip()), (Some(mine), mine));
    sound(&site);
}
