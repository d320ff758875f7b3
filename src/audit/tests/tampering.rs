use crate::audit::{AuditError, Difference, Order, Verdict, story, verify};
use crate::domain::id::ObjectId;
use crate::domain::request::Verb;
use crate::domain::task::Task;
use crate::git::testing::set;
use crate::git::{Commit, NewCommit};
use crate::ledger::testing::{Site, claim, id, note, task};
use crate::ledger::{LedgerError, paths, write};

/// A ledger with a claim, two notes and a release of A-1.
fn site() -> Site {
    let site = Site::new();
    site.add(&["A-1", "A-2"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let _receipt = site.submit("@ada", note("A-1", "first\nsecond")).unwrap();
    let _receipt = site.submit("@ben", note("A-2", "aside")).unwrap();
    site
}

/// Rewrites the last ledger commit: its parts, and files of its tree.
fn tamper(
    site: &Site,
    files: &[(String, Option<String>)],
    change: impl Fn(&mut NewCommit),
) -> ObjectId {
    let repo = &site.ledger.repo;
    let Commit {
        tree,
        parents,
        author,
        committer,
        message,
    } = repo.commit(site.tip()).unwrap();
    let mut writer = repo.writer();
    let edits: Vec<_> = files
        .iter()
        .map(|(path, text)| {
            let blob = text.as_ref().map(|text| writer.blob(text.as_bytes()));
            (path, blob.map(Result::unwrap))
        })
        .collect();
    let tree = writer.tree(Some(tree), &edits).unwrap();
    let mut commit = NewCommit {
        tree,
        parents,
        author,
        committer,
        message,
    };
    change(&mut commit);
    let forged = writer.commit(&commit).unwrap();
    set(repo, &site.ledger.tip_ref, forged);
    forged
}

fn file(site: &Site, path: &str) -> String {
    let bytes = site.ledger.repo.blob_at(site.tip(), path, 1 << 20);
    String::from_utf8(bytes.unwrap().unwrap()).unwrap()
}

fn verdicts(site: &Site) -> Vec<Verdict> {
    verify(&site.ledger, None).unwrap().collect()
}

/// The one difference of a ledger whose last commit was forged.
fn difference(site: &Site, forged: ObjectId) -> Difference {
    let mut bad: Vec<_> = verdicts(site).into_iter().filter(|v| !v.holds()).collect();
    assert_eq!(bad.len(), 1, "{bad:?}");
    let verdict = bad.remove(0);
    assert_eq!(verdict.commit, forged);
    verdict.difference.unwrap()
}

#[test]
fn an_honest_ledger_has_no_differences() {
    let site = site();
    let ops: Vec<_> = verdicts(&site).iter().map(|v| v.op.unwrap()).collect();
    assert_eq!(ops, ["init", "add", "claim", "note", "note"]);
    assert!(verdicts(&site).iter().all(Verdict::holds));
}

#[test]
fn an_audit_begins_after_the_commit_it_is_given() {
    let site = site();
    let line = verdicts(&site);
    let from = Some(line[2].commit);
    let rest: Vec<_> = verify(&site.ledger, from).unwrap().collect();
    assert_eq!(rest.len(), 2);
    assert!(rest.iter().all(Verdict::holds));
    let stranger = verify(&site.ledger, Some(site.target())).unwrap_err();
    assert!(matches!(stranger, AuditError::NotInLedger(_)));
}

#[test]
fn a_state_changed_by_hand_is_named_with_file_and_line() {
    let site = site();
    let path = paths::state(&id("A-1"));
    let text = file(&site, &path).replace("@ada", "@eve");
    let line = 1 + text.lines().position(|line| line.contains("@eve")).unwrap();
    let forged = tamper(&site, &[(path.clone(), Some(text))], |_| {});
    match difference(&site, forged) {
        Difference::File {
            path: at,
            line: found_line,
            expected,
            found,
        } => {
            assert_eq!((at, found_line), (path, line));
            assert!(expected.unwrap().contains("@ada"));
            assert!(found.unwrap().contains("@eve"));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_skipped_epoch_is_named() {
    let site = Site::new();
    site.add(&["A-1"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let path = paths::state(&id("A-1"));
    let text = file(&site, &path).replace("epoch: 1", "epoch: 5");
    let forged = tamper(&site, &[(path, Some(text))], |commit| {
        commit.message = commit.message.replace("Epoch: 1", "Epoch: 5");
    });
    let difference = difference(&site, forged).to_string();
    assert!(difference.contains("epoch: 5"), "{difference}");
    assert!(difference.contains("epoch: 1"), "{difference}");
}

#[test]
fn a_dropped_record_is_named() {
    let site = site();
    let path = paths::state(&id("A-2"));
    let text = file(&site, &path);
    let cut = text.find("records:").unwrap();
    let forged = tamper(
        &site,
        &[(path.clone(), Some(text[..cut].to_owned()))],
        |_| {},
    );
    let difference = difference(&site, forged);
    assert!(
        matches!(&difference, Difference::File { path: at, found: None, .. } if *at == path),
        "{difference}"
    );
}

#[test]
fn files_added_or_taken_beside_the_request_are_named() {
    for (path, text) in [
        (
            "governance/extra.yaml".to_owned(),
            Some("x: 1\n".to_owned()),
        ),
        (paths::QUEUE.to_owned(), None),
        (paths::state(&id("A-1")), None),
    ] {
        let site = site();
        let forged = tamper(&site, &[(path.clone(), text)], |_| {});
        let difference = difference(&site, forged);
        assert!(
            matches!(&difference, Difference::File { path: at, .. } if *at == path),
            "{difference}"
        );
    }
}

#[test]
fn a_plan_file_comes_over_no_other_that_has_its_place() {
    let site = site();
    let publisher = site.publisher();
    let file = |title: &str| {
        let text = format!("version: 1\ntasks:\n- {{id: A-3, title: {title}, role: dev}}\n");
        let blob = site.ledger.repo.writer().blob(text.as_bytes()).unwrap();
        let path = write::file_path(blob);
        let tasks = publisher.loader().plan_blob(&path, blob).unwrap();
        let tasks = tasks.iter().map(|task| Task::clone(task)).collect();
        (path.clone(), Verb::AddFile { path, blob, tasks })
    };
    let (place, verb) = file("more");
    // Another blob whose id begins alike.
    let (tip, other) = (site.tip(), "version: 1\ntasks: []\n".to_owned());
    let forged = tamper(&site, &[(place.clone(), Some(other))], |commit| {
        commit.parents = vec![tip];
    });
    let error = site.submit("@ada", verb).unwrap_err();
    assert!(matches!(error, LedgerError::Refused(_)), "{error}");
    assert!(error.to_string().contains(&place), "{error}");
    let _receipt = site.submit("@ada", file("others").1).unwrap();
    let after = verify(&site.ledger, Some(forged)).unwrap();
    assert!(after.collect::<Vec<_>>().iter().all(Verdict::holds));
}

#[test]
fn author_and_moment_are_the_requests() {
    type Forgery = fn(&mut NewCommit);
    let forgeries: [(&str, Forgery); 4] = [
        ("author", |commit| commit.author.name = "@eve".to_owned()),
        ("author", |commit| {
            commit.author.email = "eve@example.com".to_owned()
        }),
        ("author time", |commit| commit.author.seconds += 1),
        ("committer time", |commit| commit.committer.seconds -= 1),
    ];
    for (wanted, forgery) in forgeries {
        let site = site();
        let forged = tamper(&site, &[], forgery);
        match difference(&site, forged) {
            Difference::Signature { what, .. } => assert_eq!(what, wanted),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn the_message_says_what_the_request_makes_of_it() {
    let changed = |from: &'static str, to: &'static str| {
        let site = site();
        let forged = tamper(&site, &[], |commit| {
            assert!(commit.message.contains(from), "{}", commit.message);
            commit.message = commit.message.replacen(from, to, 1);
        });
        difference(&site, forged)
    };
    let headline = changed("note A-2 by", "note A-1 by");
    assert!(
        matches!(headline, Difference::MessageLine { line: 1, .. }),
        "{headline}"
    );
    let trailer = changed("Laneway-Agent: @ben", "Laneway-Agent: @eve");
    assert!(
        matches!(trailer, Difference::MessageLine { .. }),
        "{trailer}"
    );
    let law = changed("Laneway-Law: 1", "Laneway-Law: 2");
    assert!(
        matches!(law, Difference::NewerLaw { found: 2, .. }),
        "{law}"
    );
    let rules = changed("Laneway-Rules: ", "Laneway-Rumours: ");
    assert!(matches!(rules, Difference::NoRules), "{rules}");
    let request = changed("Laneway-Request: ", "Laneway-Question: ");
    assert!(matches!(request, Difference::Message(_)), "{request}");
    let text = changed("\"text\":\"aside\"", "\"text\":\"lies\"");
    assert!(matches!(text, Difference::File { .. }), "{text}");
}

#[test]
fn a_request_that_the_law_refuses_is_named() {
    let site = site();
    let forged = tamper(&site, &[], |commit| {
        commit.message = commit.message.replace("A-2", "A-9");
    });
    let difference = difference(&site, forged);
    assert!(matches!(difference, Difference::Refused(_)), "{difference}");
}

#[test]
fn rules_that_go_back_are_named() {
    let site = site();
    let first = site.target();
    let later = site.work(first, "a", "1");
    site.move_target(later);
    let _receipt = site.submit("@ada", note("A-1", "later")).unwrap();
    let _receipt = site.submit("@ada", note("A-1", "latest")).unwrap();
    let forged = tamper(&site, &[], |commit| {
        let (later, first) = (later.to_string(), first.to_string());
        commit.message = commit.message.replace(&later, &first);
    });
    let difference = difference(&site, forged);
    assert!(
        matches!(difference, Difference::RulesWentBack { rules, last } if (rules, last) == (first, later)),
        "{difference}"
    );
}

#[test]
fn a_merge_is_no_ledger_commit() {
    let site = site();
    let other = site.target();
    let forged = tamper(&site, &[], |commit| commit.parents.push(other));
    assert!(matches!(difference(&site, forged), Difference::Parents(2)));
}

#[test]
fn a_ledger_begins_with_init() {
    let site = site();
    let forged = tamper(&site, &[], |commit| commit.parents.clear());
    assert!(matches!(
        difference(&site, forged),
        Difference::NotInit("note")
    ));
}

#[test]
fn an_audit_writes_nothing() {
    let site = site();
    let objects = || site.lab.git(&site.path, &["count-objects"]);
    let before = objects();
    assert!(verdicts(&site).iter().all(Verdict::holds));
    assert_eq!(objects(), before);
}

#[test]
fn the_story_of_a_task_is_its_own() {
    let site = site();
    let reason = Some("too big".to_owned());
    let release = Verb::Release {
        task: id("A-1"),
        force: false,
        reason: reason.clone(),
        saved: None,
    };
    let _receipt = site.submit("@ada", release).unwrap();
    let more = Verb::Add(vec![task(
        "A-3",
        &serde_json::json!({"depends_on": ["A-1"]}),
    )]);
    let _receipt = site.submit("@ada", more).unwrap();
    let tell = |task: Option<&str>, order, limit| -> Vec<_> {
        let task = task.map(id);
        let told = story(&site.ledger, task.as_ref(), order, limit).unwrap();
        told.map(Result::unwrap).collect()
    };
    let ops = |entries: &[crate::audit::Entry]| entries.iter().map(|e| e.op).collect::<Vec<_>>();
    let life = tell(Some("A-1"), Order::OldestFirst, 100);
    assert_eq!(ops(&life), ["add", "claim", "note", "release"]);
    assert_eq!(life[1].summary, "claim A-1 by @ada");
    assert_eq!(life[1].epoch.unwrap().0, 1);
    assert_eq!(life[1].lane.as_ref().unwrap().to_string(), "dev");
    assert_eq!(life[3].reason, reason);
    assert_eq!(life[3].tasks, [id("A-1")]);
    let ends = tell(Some("A-1"), Order::NewestFirst, 2);
    assert_eq!(ops(&ends), ["release", "note"]);
    assert_eq!(ops(&tell(Some("A-1"), Order::OldestFirst, 1)), ["add"]);
    assert_eq!(
        ops(&tell(Some("A-2"), Order::NewestFirst, 9)),
        ["note", "add"]
    );
    assert_eq!(tell(Some("A-9"), Order::NewestFirst, 9), []);
    let all = tell(None, Order::OldestFirst, 3);
    assert_eq!(ops(&all), ["init", "add", "claim"]);
    assert_eq!(tell(None, Order::NewestFirst, 99).len(), 7);
}

#[test]
#[ignore = "a measurement: run it with --release -- --ignored --nocapture"]
fn how_long_an_audit_takes() {
    let site = Site::new();
    let names: Vec<String> = (0..400).map(|n| format!("A-{n}")).collect();
    for some in names.chunks(40) {
        site.add(&some.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let publisher = site.publisher();
    let time = |what: &str, count: usize, run: &mut dyn FnMut()| {
        let start = site.ledger.env.clock.instant();
        run();
        let took = site.ledger.env.clock.instant() - start;
        println!("{what}: {count} in {took:?}");
    };
    time("submit", 500, &mut || {
        for n in 0..500 {
            let request = site.request("@ada", note(&names[n % 400], &n.to_string()));
            let _receipt = publisher.submit(&request).unwrap();
        }
    });
    time("verify", 511, &mut || {
        assert!(verdicts(&site).iter().all(Verdict::holds));
    });
    time("story", 3, &mut || {
        let task = id("A-7");
        let told = story(&site.ledger, Some(&task), Order::OldestFirst, 100).unwrap();
        assert_eq!(told.count(), 3);
    });
}

#[test]
fn p20_a_replayed_request_does_not_hide_behind_an_old_date() {
    let site = site();
    let replayed = site.ledger.repo.commit(site.tip()).unwrap();
    let again = site.request("@ben", note("A-2", "aside"));
    site.clock.advance(-7200);
    let _receipt = site.submit("@ada", note("A-1", "back-dated")).unwrap();
    site.clock.advance(7200);
    let from = site.tip();
    // The same request, carried out once more on the line as it is now.
    let stated = crate::ledger::message::read(&replayed.message, |_, _| None).unwrap();
    assert_eq!(again.verb, stated.request.verb);
    let publisher = site.publisher();
    let (loader, rules) = (publisher.loader(), site.target());
    let verb = Some(&stated.request.verb);
    let before = loader.snapshot(Some(from), rules, verb).unwrap();
    let change = crate::domain::decide::decide(&before, &stated.request).unwrap();
    let mut writer = site.ledger.repo.writer();
    let (request, rules) = (&stated.request, Some(rules));
    let made =
        crate::ledger::write::commit(loader, &mut writer, Some(from), &change, request, rules);
    let forged = writer.commit(&made.unwrap()).unwrap();
    set(&site.ledger.repo, &site.ledger.tip_ref, forged);
    // As a server sees a push: only what is new.
    let verdicts: Vec<_> = verify(&site.ledger, Some(from)).unwrap().collect();
    assert!(
        matches!(verdicts[0].difference, Some(Difference::Repeated)),
        "{verdicts:?}"
    );
}
