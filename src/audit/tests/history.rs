//! Random histories: what was acknowledged is there, is canonical, and is decided alike by an
//! auditor.

use proptest::prelude::*;
use serde_json::json;

use crate::audit::{self, verify};
use crate::domain::contract_request::{Decision, Ruling};
use crate::domain::decide::PlanChange;
use crate::domain::exception::ExceptAct;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::{AttestedFile, CheckRun, Evidence, Finding, Severity, Verdict};
use crate::domain::request::{
    AttestWish, ClaimWish, Dependents, FieldEdit, FieldValue, Request, ReviewWish, Verb,
};
use crate::domain::snapshot::Replayed;
use crate::domain::state::{Epoch, Standing, Status};
use crate::domain::task::Tier;
use crate::domain::time::{Span, Timestamp};
use crate::git::testing::write;
use crate::ledger::format::v1::state::StateFile;
use crate::ledger::read::{self, Origin};
use crate::ledger::testing::{Rules, Site, claim, handoff, id, note, task};
use crate::ledger::yaml::{self, Limits};
use crate::ledger::{Companion, LedgerError, Loader, Receipt, paths};

/// One random step: what, who, which task, a detail, seconds until then.
type Step = (u8, u8, u8, u8, u16);

const AGENTS: [&str; 4] = ["@ada", "@ben", "@cyn", "@dan"];

/// With a contract to ask about, and a file that others than its owner rebase on first.
const POLICY: &str = "durability: fast\n\
    contracts: [{name: api, paths: [\"api/**\"], owner: dev}]\n\
    co_edited: [{paths: [shared], owner: arch}]\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_is_decided_alike_by_an_auditor(
        steps in prop::collection::vec((any::<u8>(), 0..4_u8, 0..5_u8, any::<u8>(), 0..9000_u16), 30)
    ) {
        let site = Site::with(&Rules { policy: POLICY, ..Rules::default() });
        site.add(&["T-0", "T-1", "T-2", "T-3"]);
        let mut done = vec![site.tip()];
        for step in &steps {
            site.clock.advance(i64::from(step.4) / (1 + i64::from(step.3) % 20));
            if let Some(commit) = take(&site, *step) {
                done.push(commit);
            }
        }
        let verdicts: Vec<_> = verify(&site.ledger, None).unwrap().collect();
        for verdict in &verdicts {
            prop_assert!(verdict.holds(), "{:?} {}", verdict.op, verdict.difference.as_ref().unwrap());
        }
        let line: Vec<ObjectId> = verdicts.iter().map(|verdict| verdict.commit).collect();
        let lost: Vec<_> = done.iter().filter(|commit| !line.contains(commit)).collect();
        prop_assert!(lost.is_empty(), "acknowledged, not in the ledger: {lost:?}");
        prop_assert_eq!(line.len(), done.len() + 1);
    }
}

/// Carries a step out and checks what came of it; the commit it made.
fn take(site: &Site, step: Step) -> Option<ObjectId> {
    let (verb, companion) = verb_of(site, step)?;
    let mut agent = AGENTS[usize::from(step.1)].to_owned();
    if let (Some(task), false) = (verb.task(), matches!(verb, Verb::Review { .. })) {
        // Mostly the holder goes on: strangers are refused, and that is soon tested enough.
        let state = site.state(task.as_str());
        if let (Some(claim), true) = (state.claim(), !step.3.is_multiple_of(5)) {
            agent = claim.agent.to_string();
        }
    }
    let mut request = site.request(&agent, verb);
    if step.3.is_multiple_of(7) {
        let held = request.verb.task().map(|id| site.state(id.as_str()).epoch);
        request.actor.epoch = held;
    }
    let publisher = site.publisher();
    let before = site.tip();
    let outcome = match &companion {
        None => publisher.submit(&request),
        Some(companion) => publisher.submit_with(&request, companion),
    };
    match outcome {
        Ok(receipt) => {
            check(site, &request, &receipt);
            if let (Some(companion), Some(_)) = (companion, receipt.commit) {
                assert_eq!(site.target(), companion.to);
            }
            receipt.commit
        }
        Err(LedgerError::Refused(_) | LedgerError::Unwritable { .. }) => {
            assert_eq!(site.tip(), before, "a refusal changes nothing");
            None
        }
        Err(error) => panic!("{request:?}: {error}"),
    }
}

/// After = before + change, and every state file is in canonical form.
fn check(site: &Site, request: &Request, receipt: &Receipt) {
    let Some(commit) = receipt.commit else {
        assert!(receipt.change.is_empty());
        return;
    };
    let publisher = site.publisher();
    let loader = publisher.loader();
    let mut expected = receipt.before.states.clone();
    for state in &receipt.change.states {
        expected.insert(state.task.clone(), state.state.clone());
        let before = loader
            .records(receipt.before.tip.unwrap(), &state.task)
            .unwrap();
        let after = loader.records(commit, &state.task).unwrap();
        assert_eq!(after[..before.len()], before, "records are only appended");
        let appended: Vec<_> = after[before.len()..]
            .iter()
            .map(|r| r.body.clone())
            .collect();
        assert_eq!(appended, state.append);
        canonical(site, commit, &state.task);
    }
    let after = loader
        .snapshot(Some(commit), receipt.before.rules.at, None)
        .unwrap();
    assert_eq!(after.states, expected);
    assert_eq!(after.tip_time, request.at);
    for plan in &receipt.change.plan {
        match plan {
            PlanChange::Add(new) => {
                for new in new {
                    assert_eq!(after.plan.get(&new.task.id), Some(&new.task));
                }
            }
            PlanChange::Edit { task, .. } => assert!(after.plan.get(task).is_some()),
            PlanChange::File { .. } => {}
        }
    }
    if receipt.change.plan.is_empty() {
        assert_eq!(after.plan, receipt.before.plan);
    }
}

fn canonical(site: &Site, commit: ObjectId, task: &TaskId) {
    let path = paths::state(task);
    let bytes = site
        .ledger
        .repo
        .blob_at(commit, &path, 1 << 20)
        .unwrap()
        .unwrap();
    let origin = Origin {
        file: &path,
        commit: Some(commit),
    };
    let history = read::meaning::<StateFile>(origin, &bytes, Limits::STATE).unwrap();
    let file = StateFile::of(&history.id, &history.state, &history.records);
    let text = yaml::emit(&yaml::to_tree(&file).unwrap());
    assert_eq!(text, String::from_utf8(bytes).unwrap());
}

fn name(n: u8) -> String {
    format!("T-{n}")
}

fn verb_of(site: &Site, (what, _, which, detail, _): Step) -> Option<(Verb, Option<Companion>)> {
    let (name, other) = (name(which), name(detail % 6));
    let reason =
        || ["because", "", "a: b # c", "two\nlines \u{1F980}"][usize::from(detail % 4)].to_owned();
    let saved = detail
        .is_multiple_of(3)
        .then(|| site.work(site.target(), &format!("src/{name}"), "half"));
    let task = id(&name);
    let verb = match likely(site, &name, what) {
        0 => Verb::Add(vec![defined(&name, &other, detail)]),
        1 => Verb::Add(
            (0..3)
                .map(|n| defined(&format!("{name}-{n}"), &other, detail))
                .collect(),
        ),
        2..=7 => claim(&name),
        8 => Verb::Claim(ClaimWish {
            trust_clock: detail.is_multiple_of(2),
            ..ClaimWish::default()
        }),
        9 => Verb::Renew {
            tasks: vec![
                (task, site.state(&name).epoch),
                (id(&other), Epoch(u32::from(detail % 3))),
            ],
        },
        10 if detail.is_multiple_of(3) => Verb::Attest {
            task,
            attest: attest(site, detail),
        },
        10 => note(&name, &reason()),
        11 => Verb::Evidence {
            task,
            evidence: evidence(site, detail),
        },
        12..=14 => handoff(&name, work(site, &name, detail)),
        15 => Verb::Review {
            task,
            review: ReviewWish {
                findings: vec![Finding::new(Severity::Minor, "a.rs", reason())],
                design_only: detail.is_multiple_of(5),
                ..ReviewWish::new(
                    submitted(site, &name)?,
                    [
                        Verdict::Accept,
                        Verdict::Revise,
                        Verdict::Reject,
                        Verdict::Block,
                    ][usize::from(detail % 4)],
                )
            },
        },
        16 => Verb::Block {
            task,
            reason: reason(),
            by: detail.is_multiple_of(2).then(|| id(&other)),
            saved,
        },
        17 => Verb::Unblock { task },
        18 => Verb::Release {
            task,
            force: detail.is_multiple_of(2),
            reason: (!detail.is_multiple_of(3)).then(reason),
            saved,
        },
        19 => Verb::Cancel {
            task,
            reason: reason(),
            dependents: [Dependents::None, Dependents::Keep, Dependents::DropEdge]
                [usize::from(detail % 3)],
        },
        20 => Verb::Reopen {
            task,
            reason: reason(),
        },
        21 => Verb::Return {
            task,
            reason: reason(),
            saved,
        },
        22 => Verb::Expire {
            trust_clock: detail.is_multiple_of(2),
        },
        26 => Verb::Renew {
            tasks: vec![(task, site.state(&name).epoch)],
        },
        27 => Verb::Request {
            task,
            contract: ["api", "api", "web"][usize::from(detail % 3)]
                .parse()
                .unwrap(),
            text: reason(),
        },
        28 => Verb::Decide {
            task,
            decision: Decision {
                request: last_record(site, &name),
                ruling: Ruling::ALL[usize::from(detail % 3)],
                reason: reason(),
                task: detail.is_multiple_of(5).then(|| id(&other)),
            },
        },
        23 => {
            advance_target(site, detail);
            return None;
        }
        24 => Verb::Edit {
            task,
            fields: edits(detail, &other),
        },
        _ => return land(site, &name, detail),
    };
    Some((verb, None))
}

/// Mostly a step that the task's standing allows: random ones alone never get as far as a landing.
fn likely(site: &Site, name: &str, what: u8) -> u8 {
    let likely: &[u8] = match site.state(name).status() {
        _ if what.is_multiple_of(6) => return what % 29,
        Status::Todo => &[2, 3, 4, 5, 8, 10, 19, 23, 24],
        Status::AwaitingScope | Status::InProgress => {
            &[9, 10, 11, 12, 12, 13, 14, 16, 18, 21, 26, 27, 28, 28]
        }
        Status::InReview => &[10, 11, 15, 15, 16, 23, 25, 25, 25, 25, 25, 21],
        Status::Blocked => &[10, 17, 17, 17, 18, 19, 21],
        Status::Done | Status::Cancelled => &[0, 10, 20, 23],
    };
    likely[usize::from(what) % likely.len()]
}

fn defined(name: &str, other: &str, detail: u8) -> crate::domain::request::NewTask {
    let needs = if detail.is_multiple_of(3) && name != other {
        vec![other]
    } else {
        vec![]
    };
    let exclusive = if detail.is_multiple_of(4) {
        vec!["db"]
    } else {
        vec![]
    };
    let mut fields =
        json!({"priority": 1 + detail % 9, "notes": "a\n\nb: \u{e4}\n", "x-own": {"k": [1, null]}});
    if !needs.is_empty() {
        fields["depends_on"] = json!(needs);
    }
    if !exclusive.is_empty() {
        fields["exclusive"] = json!(exclusive);
    }
    task(name, &fields)
}

fn edits(detail: u8, other: &str) -> Vec<FieldEdit> {
    let (key, value) = match detail % 5 {
        0 => ("priority", Some(FieldValue::Number(i64::from(detail % 11)))),
        1 => ("title", Some(FieldValue::Text(format!("say: {detail}")))),
        2 => ("depends_on", Some(FieldValue::List(vec![other.to_owned()]))),
        3 => ("parked", Some(FieldValue::Flag(detail.is_multiple_of(2)))),
        _ => ("depends_on", None),
    };
    vec![FieldEdit {
        key: key.to_owned(),
        value,
    }]
}

fn attest(site: &Site, detail: u8) -> AttestWish {
    AttestWish {
        class: Tier::ALL[usize::from(detail) % Tier::ALL.len()],
        commit: site.target(),
        text: "it \"runs\": a # b\n\u{1F980}".to_owned(),
        anchors: vec![(
            "governance/policy.yaml".to_owned(),
            1 + u32::from(detail % 9),
        )],
        files: vec![AttestedFile {
            path: "a b.log".to_owned(),
            sha256: "0".repeat(64),
            size: u64::from(detail),
        }],
        observed_at: detail
            .is_multiple_of(2)
            .then(|| Timestamp::from_seconds(i64::from(detail) * 86_400)),
    }
}

fn evidence(site: &Site, detail: u8) -> Evidence {
    let commit = site.target();
    Evidence {
        commit,
        content_key: site.ledger.repo.content_key(commit).unwrap(),
        checks: vec![CheckRun {
            command: "make test".into(),
            exit: (!detail.is_multiple_of(3)).then_some(i32::from(detail % 2)),
            millis: u64::from(detail),
            digest: "0".repeat(64),
            tail: "ok\n  a: b\u{1b}[0m\n".into(),
        }],
        host: "bench".into(),
        workstation: None,
        clean: false,
    }
}

/// A commit for a handoff: one or two files, sometimes one that others change too, sometimes one
/// of governance, sometimes nothing.
fn work(site: &Site, name: &str, detail: u8) -> ObjectId {
    let target = site.target();
    let file = match detail % 6 {
        0 => return target,
        1 => "shared".to_owned(),
        2 if detail % 4 == 2 => "governance/queue.yaml".to_owned(),
        _ => format!("src/{name}"),
    };
    let text = format!("{name} {detail}\n");
    let first = site.work(target, &file, &text);
    if detail.is_multiple_of(2) {
        site.work(first, &format!("doc/{name}"), &text)
    } else {
        first
    }
}

/// The number of the task's last record, which may be a contract request.
fn last_record(site: &Site, name: &str) -> u32 {
    let records = site.publisher().loader().records(site.tip(), &id(name));
    records.unwrap().last().map_or(0, |record| record.n)
}

fn submitted(site: &Site, name: &str) -> Option<ObjectId> {
    match site.state(name).standing {
        Standing::InReview { submission, .. } => Some(submission.commit),
        _ => None,
    }
}

/// A commit on the target outside of tasks; sometimes one that changes the rules.
fn advance_target(site: &Site, detail: u8) {
    let target = site.target();
    let repo = &site.ledger.repo;
    let next = if detail.is_multiple_of(3) {
        let bytes = repo
            .blob_at(target, paths::POLICY, 1 << 20)
            .unwrap()
            .unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let kept = text
            .lines()
            .filter(|line| !line.starts_with("lease:"))
            .collect::<Vec<_>>()
            .join("\n");
        let text = format!(
            "{kept}\nlease: {{ttl: {}m, skew: 1m}}\n",
            10 + u16::from(detail)
        );
        write(repo, &[target], &[(paths::POLICY, Some(&text))])
    } else {
        site.work(target, "shared", &detail.to_string())
    };
    site.move_target(next);
}

/// Whatever the next step of a merge is.
fn land(site: &Site, name: &str, detail: u8) -> Option<(Verb, Option<Companion>)> {
    let task = id(name);
    let onto = site.target();
    let submitted = submitted(site, name)?;
    let drop = |_: u8| Verb::DropLanding {
        task: task.clone(),
        reason: "enough".to_owned(),
    };
    let ask = Verb::Landing {
        task: task.clone(),
        onto,
        result: submitted,
        until: site.ledger.env.now(),
        evidence: None,
    };
    let publisher = site.publisher();
    let asked = publisher
        .loader()
        .snapshot(Some(site.tip()), onto, Some(&ask))
        .unwrap();
    let result = match asked.facts.range?.replayed {
        Replayed::Commit { result, .. } => result,
        Replayed::Conflict(_) => return Some((Verb::Conflict { task, onto }, None)),
        Replayed::Unknown => return None,
    };
    let until = site
        .ledger
        .env
        .now()
        .plus(crate::domain::time::Span::from_seconds(600));
    match detail % 5 {
        0 => Some((
            Verb::Landing {
                task,
                onto,
                result,
                until,
                evidence: detail.is_multiple_of(2).then(|| evidence(site, 1)),
            },
            None,
        )),
        1 => Some((drop(detail), None)),
        2 => Some((
            Verb::Complete {
                task,
                commit: onto,
                on_my_word: detail.is_multiple_of(2),
            },
            None,
        )),
        _ => {
            let evidence = detail.is_multiple_of(2).then(|| evidence(site, 1));
            Some((
                Verb::Land {
                    task,
                    onto,
                    result,
                    evidence,
                },
                Some(Companion {
                    from: onto,
                    to: result,
                }),
            ))
        }
    }
}

/// The decision record of an exception stands in a commit that a clone need not have.
#[test]
fn p23_a_decision_record_that_is_not_here_is_missing_and_not_refused() {
    let site = Site::new();
    site.add(&["A-1"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let commit = site.work(site.target(), "doc/adr/1.md", "# 1\n");
    let act = ExceptAct::Ask {
        gate: "review-owed".to_owned(),
        adr: "doc/adr/1.md".to_owned(),
        commit,
        reason: "the customer is down".to_owned(),
        rollback: "revert it".to_owned(),
        until: site.ledger.env.now().plus(Span::from_seconds(3600)),
    };
    let task = id("A-1");
    let _receipt = site.submit("@ada", Verb::Except { task, act }).unwrap();
    assert!(verify(&site.ledger, None).unwrap().all(|v| v.holds()));
    let name = commit.to_string();
    let object = site.ledger.repo.common_dir().join("objects");
    std::fs::remove_file(object.join(&name[..2]).join(&name[2..])).unwrap();
    let verdicts: Vec<_> = verify(&site.ledger, None).unwrap().collect();
    let missing: Vec<_> = verdicts
        .iter()
        .filter_map(audit::Verdict::missing)
        .collect();
    assert_eq!(missing, [commit]);
}

/// What a ledger was told after the end of an exception stays told, however its clocks go.
#[test]
fn g21_the_end_of_an_exception_is_looked_for_in_all_that_came_after_its_approval() {
    let site = Site::new();
    let map =
        "version: 1\nmode: open\nagents:\n  - {name: \"@eve\", kind: person, seat: [review]}\n";
    site.move_target(site.work(site.target(), "governance/identity-map.yaml", map));
    site.add(&["A-1", "A-2"]);
    let _receipt = site.submit("@ada", claim("A-1")).unwrap();
    let commit = site.work(site.target(), "doc/adr/1.md", "# 1\n");
    let except = |act| Verb::Except {
        task: id("A-1"),
        act,
    };
    // Before the approval a clock was fast: that says nothing about it.
    site.clock.advance(7200);
    let _receipt = site.submit("@ben", note("A-2", "fast")).unwrap();
    site.clock.advance(-7200);
    let ask = ExceptAct::Ask {
        gate: "review-owed".to_owned(),
        adr: "doc/adr/1.md".to_owned(),
        commit,
        reason: "the customer is down".to_owned(),
        rollback: "revert it".to_owned(),
        until: site.ledger.env.now().plus(Span::from_seconds(3600)),
    };
    let _receipt = site.submit("@ada", except(ask)).unwrap();
    let approve = ExceptAct::Approve {
        exception: 1,
        note: None,
    };
    let _receipt = site.submit("@eve", except(approve)).unwrap();
    let lifted = |site: &Site| {
        let publisher = site.publisher();
        let (tip, rules) = (Some(site.tip()), site.target());
        let known = publisher.loader().snapshot(tip, rules, None).unwrap();
        known.waivers(&id("A-1"), site.ledger.env.now()).count()
    };
    let _receipt = site.submit("@ben", note("A-2", "in time")).unwrap();
    assert_eq!(lifted(&site), 1);
    site.clock.advance(3600);
    let _receipt = site.submit("@ben", note("A-2", "late")).unwrap();
    site.clock.advance(-3600);
    for text in ["early", "and again"] {
        let _receipt = site.submit("@ada", note("A-2", text)).unwrap();
        assert_eq!(lifted(&site), 0, "{text}");
    }
    // The auditor, who walks along, finds what each request found.
    let walker = Loader::new(&site.ledger.repo);
    let mut counts = Vec::new();
    for tip in site
        .ledger
        .repo
        .first_parents(site.tip())
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        let known = walker
            .snapshot(Some(tip.unwrap()), site.target(), None)
            .unwrap();
        counts.push(known.waivers(&id("A-1"), site.ledger.env.now()).count());
    }
    assert_eq!(counts, [1, 0, 0, 0]);
    assert!(verify(&site.ledger, None).unwrap().all(|v| v.holds()));
}
