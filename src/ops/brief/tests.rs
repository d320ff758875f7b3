use std::path::PathBuf;

use super::fields::fields;
use super::steps::{Act, CheckOwed, LaneSeen, Next, Situation, Unscoped, Working, next};
use super::{Speaker, Submitted};
use crate::domain::fixtures::{ANN, BOB, agent, at, tid};
use crate::domain::refusal::Unmet;
use crate::domain::state::Epoch;
use crate::domain::task::{Kind, Tier};

fn no(gate: &'static str) -> Result<(), Vec<Unmet>> {
    Err(vec![Unmet::rule(gate, "it does not hold")])
}

fn speaker() -> Speaker {
    Speaker {
        agent: Some(agent(ANN)),
        here: Some(PathBuf::from("/lane")),
        ..Speaker::default()
    }
}

fn lines(next: &Next) -> Vec<String> {
    next.commands.iter().map(|command| command.line()).collect()
}

fn lane() -> LaneSeen {
    LaneSeen {
        path: PathBuf::from("/lane"),
        on_branch: true,
        ahead: 1,
        ..LaneSeen::default()
    }
}

fn check(trusted: bool, passed: Option<bool>) -> CheckOwed {
    CheckOwed {
        command: "make test".to_owned(),
        trusted,
        passed,
        class: Tier::LocalCommand,
    }
}

fn work() -> Working {
    Working {
        id: tid("T-1"),
        epoch: Epoch(1),
        lane: Some(lane()),
        checks: Vec::new(),
        owes: fields(Kind::Feature),
        proof_runs: false,
        witnesses: Vec::new(),
        block: Ok(()),
        findings: 0,
        renewal_due: false,
        person: false,
        renew: Ok(()),
        check: Ok(()),
        handoff: Ok(()),
        release: Ok(()),
    }
}

fn told(edit: impl FnOnce(&mut Working)) -> Next {
    let mut one = work();
    edit(&mut one);
    next(&speaker(), &Situation::Mine(Box::new(one)))
}

fn in_lane(edit: impl FnOnce(&mut LaneSeen)) -> Next {
    told(|work| {
        let mut one = lane();
        edit(&mut one);
        work.lane = Some(one);
    })
}

const COMMIT: [&str; 2] = ["git add --all", "git commit -m MESSAGE"];

#[test]
fn committed_work_whose_checks_passed_is_handed_off() {
    let next = told(|work| work.checks = vec![check(true, Some(true))]);
    assert_eq!(next.act, Act::Run);
    assert_eq!(lines(&next), ["laneway handoff --next TEXT"]);
    assert_eq!(next.commands[0].fill, ["--next"]);
    let defect = told(|work| work.owes = fields(Kind::Defect));
    let line = "laneway handoff --next TEXT --root-cause TEXT --layer PATH --proof COMMAND";
    assert_eq!(lines(&defect), [line]);
}

#[test]
fn what_is_not_committed_is_committed_first() {
    for next in [
        in_lane(|lane| lane.dirty = vec!["a".to_owned()]),
        in_lane(|lane| lane.ahead = 0),
        told(|work| work.checks = vec![check(true, Some(false))]),
    ] {
        assert_eq!(next.act, Act::Work);
        assert!(next.say.contains("commit your work"), "{}", next.say);
        assert_eq!(lines(&next), COMMIT);
    }
}

#[test]
fn findings_are_mended_before_anything_is_handed_off() {
    let sent_back = |work: &mut Working| {
        work.findings = 2;
        if let Some(lane) = &mut work.lane {
            lane.as_sent_back = true;
        }
    };
    let next = told(sent_back);
    assert!(
        next.say.starts_with("mend the findings (2)"),
        "{}",
        next.say
    );
    assert_eq!(lines(&next), COMMIT);
    // Once something was committed, it goes on.
    let next = told(|work| work.findings = 2);
    assert_eq!(lines(&next), ["laneway handoff --next TEXT"]);
}

#[test]
fn a_conflict_is_rebased() {
    let next = in_lane(|lane| {
        lane.as_sent_back = true;
        lane.conflicts = true;
    });
    assert_eq!(lines(&next), ["laneway lane sync"]);
}

#[test]
fn checks_are_suggested_only_where_they_would_run() {
    let open = |trusted| vec![check(trusted, None)];
    let next = told(|work| work.checks = open(true));
    assert_eq!(
        lines(&next),
        ["laneway check", "laneway handoff --next TEXT"]
    );
    // Not trusted: only a person trusts.
    let next = told(|work| work.checks = open(false));
    assert_eq!(lines(&next), ["laneway handoff --next TEXT"]);
    assert!(next.say.contains("not trusted"), "{}", next.say);
    let next = told(|work| {
        work.checks = open(false);
        work.person = true;
    });
    assert_eq!(lines(&next)[0], "laneway trust");
    assert!(next.commands[0].when.is_some());
    // Evidence would be refused.
    let next = told(|work| {
        work.checks = open(true);
        work.check = no("fenced");
    });
    assert_eq!(lines(&next), ["laneway handoff --next TEXT"]);
    // The tree is no commit.
    let next = told(|work| {
        work.checks = open(true);
        if let Some(lane) = &mut work.lane {
            lane.untracked = 1;
        }
    });
    assert_eq!(lines(&next), COMMIT);
}

#[test]
fn a_handoff_that_would_be_refused_is_not_suggested_and_its_gate_is_told() {
    let next = told(|work| work.handoff = no("paths-owned"));
    assert_eq!(next.act, Act::Work);
    assert_eq!(lines(&next), COMMIT);
    let (step, unmet) = next.gate.unwrap();
    assert_eq!((step, unmet.gate), ("handoff", "paths-owned"));
    let next = told(|work| work.handoff = no("co-edited"));
    assert_eq!(lines(&next), ["laneway lane sync"]);
}

#[test]
fn a_lease_that_is_half_over_is_renewed_first() {
    let next = told(|work| work.renewal_due = true);
    assert_eq!(lines(&next)[0], "laneway renew T-1");
    let next = told(|work| {
        work.renewal_due = true;
        work.renew = no("fenced");
    });
    assert_eq!(lines(&next), ["laneway handoff --next TEXT"]);
}

#[test]
fn work_whose_worktree_is_elsewhere_waits() {
    let next = told(|work| work.lane = None);
    assert_eq!(next.act, Act::Wait);
    assert_eq!(lines(&next), ["laneway release T-1 --as @ann"]);
    assert!(next.commands[0].when.is_some());
    let next = told(|work| {
        work.lane = None;
        work.release = no("not-holder");
    });
    assert!(next.commands.is_empty());
}

#[test]
fn only_a_claim_that_would_be_taken_is_suggested() {
    let open = |claim| Situation::Open {
        id: tid("T-1"),
        claim,
    };
    let next_of = |claim| next(&speaker(), &open(claim));
    assert_eq!(lines(&next_of(Ok(()))), ["laneway claim T-1 --as @ann"]);
    let next = next_of(no("dependency"));
    assert!(next.commands.is_empty());
    assert_eq!(next.gate.unwrap().1.gate, "dependency");
}

#[test]
fn what_another_holds_is_left_alone_until_it_expires() {
    let held = |expired, claim| Situation::Held {
        id: tid("T-1"),
        by: agent(BOB),
        expired,
        claim,
    };
    let next_of = |situation: Situation| lines(&next(&speaker(), &situation));
    assert!(next_of(held(false, no("task-held"))).is_empty());
    let take_over = next_of(held(true, Ok(())));
    assert_eq!(take_over, ["laneway claim T-1 --as @ann"]);
    assert!(next_of(held(true, no("clock"))).is_empty());
}

#[test]
fn a_block_is_ended_only_when_its_reason_is_gone() {
    let blocked = |over, mine, unblock| Situation::Blocked {
        id: tid("T-1"),
        reason: "no quota".to_owned(),
        hold: None,
        mine,
        unblock,
        over,
    };
    let told = next(&speaker(), &blocked(false, true, Ok(())));
    assert_eq!(told.act, Act::Wait);
    assert_eq!(told.commands[0].when.as_deref(), Some("the reason is gone"));
    assert!(
        next(&speaker(), &blocked(false, false, Ok(())))
            .commands
            .is_empty()
    );
    let told = next(&speaker(), &blocked(true, true, Ok(())));
    assert_eq!(lines(&told), ["laneway claim T-1 --as @ann"]);
}

#[test]
fn a_scope_that_waits_for_a_go_is_not_worked_on() {
    let scope = |mine: bool, said: bool| Unscoped {
        id: tid("T-1"),
        by: agent(if mine { ANN } else { BOB }),
        mine,
        lane: None,
        said: said.then(|| "the budget alone".to_owned()),
        givers: vec![agent(BOB)],
        confirm: Ok(()),
        go: if mine || !said { no("self-go") } else { Ok(()) },
        hold: Ok(()),
        release: Ok(()),
    };
    let told = |scope| next(&speaker(), &Situation::AwaitingScope(Box::new(scope)));
    let unsaid = told(scope(true, false));
    assert_eq!(unsaid.act, Act::Run);
    let line = "laneway scope confirm T-1 --as @ann --text TEXT";
    assert_eq!(lines(&unsaid), [line]);
    let waits = told(scope(true, true));
    assert_eq!(waits.act, Act::Wait);
    assert!(waits.say.contains("the go of @bob"), "{}", waits.say);
    assert!(waits.commands.iter().all(|command| command.when.is_some()));
    // Another's: only what would be taken, and only on what was said.
    assert!(told(scope(false, false)).commands.is_empty());
    let go = told(scope(false, true));
    let [first, hold] = lines(&go).try_into().unwrap();
    assert_eq!(first, "laneway scope go T-1 --as @ann");
    assert_eq!(hold, "laneway hold T-1 --as @ann --reason TEXT");
    let when = go.commands[0].when.as_deref().unwrap();
    assert!(when.ends_with("understood: the budget alone"), "{when}");
}

#[test]
fn the_handoff_of_a_defect_says_who_trusts_its_proof() {
    let defect = |person: bool| {
        told(|work| {
            work.owes = fields(Kind::Defect);
            work.proof_runs = true;
            work.person = person;
        })
    };
    let line = "laneway handoff --next TEXT --root-cause TEXT --layer PATH --proof COMMAND";
    let agents = defect(false);
    assert_eq!(
        lines(&agents),
        [line.to_owned(), format!("{line} --proof-not-run REASON")]
    );
    let when = agents.commands[0].when.as_deref().unwrap();
    assert!(when.contains("trust T-1 --command COMMAND"), "{when}");
    let persons = defect(true);
    assert_eq!(lines(&persons)[0], "laneway trust --command COMMAND");
    assert!(
        persons
            .commands
            .iter()
            .all(|command| command.when.is_some())
    );
}

#[test]
fn high_risk_is_shown_before_it_is_handed_off() {
    let owed = |gates: &[&'static str]| {
        let unmet = gates.iter().map(|gate| Unmet::rule(gate, "it is owed"));
        Err(unmet.collect())
    };
    let runtime = |passed| CheckOwed {
        class: Tier::Runtime,
        ..check(true, passed)
    };
    let anchor = "laneway evidence T-1 --class source_trace --text TEXT --anchor PATH:LINE";
    let both = told(|work| {
        work.handoff = owed(&["anchor-owed", "runtime-path-owed"]);
        work.checks = vec![runtime(None)];
    });
    assert_eq!(both.act, Act::Run);
    assert_eq!(lines(&both), [anchor, "laneway check"]);
    let block = "laneway block T-1 --reason TEXT";
    let waits = told(|work| {
        work.handoff = owed(&["runtime-path-owed"]);
        work.witnesses = vec![agent(BOB)];
    });
    assert_eq!(waits.act, Act::Wait);
    assert!(waits.say.contains("@bob may say"), "{}", waits.say);
    assert_eq!(lines(&waits), [block]);
    // Something else has to be mended first.
    let else_too = told(|work| work.handoff = owed(&["anchor-owed", "paths-owned"]));
    assert_eq!(lines(&else_too), COMMIT);
}

#[test]
fn a_hold_is_told_as_one_with_who_holds_it() {
    let held = Situation::Blocked {
        id: tid("T-1"),
        reason: "waits for legal".to_owned(),
        hold: Some(agent(BOB)),
        mine: true,
        unblock: Ok(()),
        over: false,
    };
    let say = next(&speaker(), &held).say;
    assert_eq!(say, "T-1 is held up by @bob: waits for legal");
}

fn submitted() -> Submitted {
    Submitted {
        id: tid("T-1"),
        epoch: None,
        at: at(0),
        by: agent(BOB),
        here: true,
        files: Vec::new(),
        conflict: Vec::new(),
        missing: Vec::new(),
        merge: Ok(()),
        review: false,
    }
}

/// A submission of another, with what a merge would have to trust.
fn in_review(work: Submitted, mine: bool, untrusted: &[&str]) -> Situation {
    Situation::InReview {
        work,
        mine,
        untrusted: untrusted.iter().map(|one| (*one).to_owned()).collect(),
        leave: false,
        person: false,
        remote: None,
    }
}

#[test]
fn work_lands_only_where_its_gates_hold_and_its_checks_are_trusted() {
    let told = |situation: &Situation| next(&speaker(), situation);
    let lands = told(&in_review(submitted(), true, &[]));
    assert_eq!(lines(&lands), ["laneway merge T-1 --as @ann"]);
    let epoch = Some(Epoch(3));
    let strict = told(&in_review(
        Submitted {
            epoch,
            ..submitted()
        },
        true,
        &[],
    ));
    let line = "laneway merge T-1 --epoch 3 --as @ann";
    assert_eq!(lines(&strict), [line]);
    let waits = told(&in_review(submitted(), true, &["make test"]));
    assert_eq!(waits.act, Act::Wait);
    assert!(waits.commands.is_empty());
    let merge = no("review-owed");
    let waits = told(&in_review(
        Submitted {
            merge,
            ..submitted()
        },
        true,
        &[],
    ));
    assert!(waits.commands.is_empty());
    assert_eq!(waits.gate.unwrap().1.gate, "review-owed");
    let here = false;
    let waits = told(&in_review(
        Submitted {
            here,
            ..submitted()
        },
        true,
        &[],
    ));
    assert!(waits.commands.is_empty());
}

#[test]
fn work_that_has_to_be_rebased_is_sent_back_by_its_holder_alone() {
    let late = || Submitted {
        merge: no("co-edited"),
        ..submitted()
    };
    let told = next(&speaker(), &in_review(late(), true, &[]));
    assert_eq!(lines(&told), ["laneway merge T-1 --as @ann"]);
    assert!(
        next(&speaker(), &in_review(late(), false, &[]))
            .commands
            .is_empty()
    );
}

#[test]
fn a_review_is_suggested_only_where_it_is_owed_and_never_of_ones_own_work() {
    let review = true;
    let told = next(
        &speaker(),
        &in_review(
            Submitted {
                review,
                ..submitted()
            },
            false,
            &[],
        ),
    );
    assert_eq!(
        lines(&told),
        [
            "laneway review T-1 --verdict accept --no-findings --as @ann",
            "laneway review T-1 --verdict revise --as @ann --finding SEVERITY:FILE:TEXT",
        ]
    );
    assert!(told.commands.iter().all(|command| command.when.is_some()));
    let own = next(
        &speaker(),
        &in_review(
            Submitted {
                review,
                ..submitted()
            },
            true,
            &[],
        ),
    );
    assert_eq!(lines(&own), ["laneway merge T-1 --as @ann"]);
}

#[test]
fn commands_say_where_they_are_run_and_as_whom() {
    let mut to = speaker();
    to.here = Some(PathBuf::from("/elsewhere"));
    to.ledger = Some("queue".to_owned());
    let told = next(&to, &Situation::Mine(Box::new(work())));
    let line = "laneway -C /lane handoff --ledger queue --next TEXT";
    assert_eq!(lines(&told), [line]);
    to.dir = Some(PathBuf::from("/a repo"));
    let situation = Situation::Open {
        id: tid("T-1"),
        claim: Ok(()),
    };
    let line = "laneway -C '/a repo' claim T-1 --as @ann --ledger queue";
    assert_eq!(lines(&next(&to, &situation)), [line]);
}
