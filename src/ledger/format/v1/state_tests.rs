//! One legal state has one file, and one legal file has one state.

use proptest::option;
use proptest::prelude::*;

use super::state::{StateFile, TaskHistory};
use crate::domain::contract_request::{ContractRequest, Decision, Ruling};
use crate::domain::exception::{DecisionFile, ExceptionRecord, Override, Waiver};
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::progress::{Approval, Gap, Passage, Progress, Proposal};
use crate::domain::record::{
    Anchor, Attestation, AttestedFile, CheckRun, Evidence, Finding, GapRecord, Handoff, PassedOver,
    ProbeSeen, Proof, Record, RecordBody, Review, RootCause, Routing, Severity, StageDeed,
    StageRecord, Verdict,
};
use crate::domain::scope::ScopeRecord;
use crate::domain::session::{Session, SessionRecord};
use crate::domain::stage::Stage;
use crate::domain::state::{
    Adoption, Block, Claim, Completion, Epoch, Landing, Resume, Standing, Submission, TaskState,
};
use crate::domain::task::Tier;
use crate::domain::time::Timestamp;
use crate::ledger::format::File;
use crate::ledger::yaml::{self, Limits};

fn sha() -> impl Strategy<Value = ObjectId> {
    any::<[u8; 20]>().prop_map(|raw| ObjectId::from_bytes(&raw).unwrap())
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64).prop_map(Timestamp::from_seconds)
}

fn agent() -> impl Strategy<Value = crate::domain::id::AgentName> {
    "@a-[a-z]{1,6}".prop_map(|name| name.parse().unwrap())
}

/// Free text: the empty one, hostile ones, line breaks.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "\\PC{0,12}",
        Just("a: b\n- # \"'\u{85}".to_owned())
    ]
}

prop_compose! {
    fn claim()(
        agent in agent(), workstation in "ws-[a-z]{1,4}", role in "R-[A-Z]{1,3}", lane in 1..4_u16,
        claimed_at in moment(), expires_at in moment(), base in sha(), id in "[a-f0-9]{4}",
        session in session(),
    ) -> Claim {
        Claim {
            agent,
            workstation: workstation.parse().unwrap(),
            lane: format!("{role}:{lane}").parse().unwrap(),
            branch: format!("agent/{role}").parse().unwrap(),
            claimed_at,
            expires_at,
            base,
            id: id.parse().unwrap(),
            session: session.unwrap_or(Session::Since(claimed_at)),
        }
    }
}

fn session() -> impl Strategy<Value = Option<Session>> {
    prop_oneof![
        Just(None),
        Just(Some(Session::Paused)),
        moment().prop_map(|since| Some(Session::Since(since))),
    ]
}

prop_compose! {
    fn submission()(commit in sha(), base in sha(), change_key in text(), at in moment())
        -> Submission { Submission { commit, base, change_key, at } }
}

prop_compose! {
    fn block()(reason in text(), by in option::of("[A-Z]{1,3}-1"), since in moment(),
               commit in option::of(sha()), hold in option::of(agent()),
               unscoped in any::<bool>()) -> Block {
        Block { reason, by: by.map(|id| id.parse().unwrap()), since, commit, hold, unscoped }
    }
}

prop_compose! {
    fn landing()(commit in sha(), onto in sha(), at in moment(), by in agent(), host in text(),
                 until in moment(), gated in any::<bool>()) -> Landing {
        Landing { commit, onto, at, by, host, until, gated }
    }
}

prop_compose! {
    fn completion()(commit in sha(), onto in sha(), at in moment(), claim in claim(),
                    submission in submission()) -> Completion {
        Completion {
            commit,
            onto,
            at,
            agent: claim.agent,
            workstation: claim.workstation,
            lane: claim.lane,
            claim: claim.id,
            submission,
        }
    }
}

fn standing() -> impl Strategy<Value = Standing> {
    let resume = (claim(), any::<bool>(), option::of(sha()), any::<bool>());
    let resume = resume.prop_map(|(claim, bound, commit, scoped)| Resume {
        agent: claim.agent,
        lane: claim.lane,
        workstation: bound.then_some(claim.workstation),
        commit,
        scoped,
    });
    prop_oneof![
        option::of(resume).prop_map(|resume| Standing::Todo { resume }),
        claim().prop_map(Standing::AwaitingScope),
        claim().prop_map(Standing::InProgress),
        (claim(), block()).prop_map(|(claim, block)| Standing::Blocked { claim, block }),
        (claim(), submission(), option::of(landing())).prop_map(|(claim, submission, landing)| {
            Standing::InReview {
                claim,
                submission,
                landing,
            }
        }),
        completion().prop_map(Standing::Done),
        (sha(), any::<bool>(), moment(), agent()).prop_map(|(commit, on_word, at, by)| {
            Standing::Adopted(Adoption {
                commit,
                on_word,
                at,
                by,
            })
        }),
        (moment(), agent(), text()).prop_map(|(at, by, reason)| Standing::Cancelled {
            at,
            by,
            reason
        }),
    ]
}

fn handoff() -> impl Strategy<Value = RecordBody> {
    let cause =
        (text(), text(), text()).prop_map(|(text, layer, proof)| RootCause { text, layer, proof });
    let lists = (
        prop::collection::vec(sha(), 0..3),
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(text(), 0..3),
    );
    let more = (
        prop::collection::vec(text(), 0..3),
        option::of(proof()),
        prop::collection::vec(text(), 0..3),
        option::of(text()),
    );
    (submission(), lists, text(), option::of(cause), more).prop_map(
        |(submission, (commits, files, risks), next, root_cause, more)| {
            let (not_proven, proof, outside, host) = more;
            RecordBody::Handoff(Handoff {
                commit: submission.commit,
                base: submission.base,
                change_key: submission.change_key,
                commits,
                files,
                next,
                risks,
                not_proven,
                root_cause,
                proof,
                outside,
                host,
            })
        },
    )
}

fn proof() -> impl Strategy<Value = Proof> {
    prop_oneof![
        (run(), run()).prop_map(|(before, after)| Proof::Ran { before, after }),
        text().prop_map(|reason| Proof::NotRun { reason }),
    ]
}

fn run() -> impl Strategy<Value = CheckRun> {
    (
        text(),
        option::of(any::<i32>()),
        0..=u64::MAX >> 1,
        text(),
        text(),
    )
        .prop_map(|(command, exit, millis, digest, tail)| CheckRun {
            command,
            exit,
            millis,
            digest,
            tail,
        })
}

fn evidence() -> impl Strategy<Value = RecordBody> {
    let at = (option::of(claim()), any::<bool>());
    (sha(), sha(), prop::collection::vec(run(), 0..3), text(), at).prop_map(
        |(commit, content_key, checks, host, (at, clean))| {
            RecordBody::Evidence(Evidence {
                commit,
                content_key,
                checks,
                host,
                workstation: at.map(|claim| claim.workstation),
                clean,
            })
        },
    )
}

fn attestation() -> impl Strategy<Value = RecordBody> {
    let anchor =
        (text(), any::<u32>(), text()).prop_map(|(path, line, text)| Anchor { path, line, text });
    let file = (text(), text(), 0..=u64::MAX >> 1).prop_map(|(path, sha256, size)| AttestedFile {
        path,
        sha256,
        size,
    });
    let lists = (
        prop::collection::vec(anchor, 0..3),
        prop::collection::vec(file, 0..3),
    );
    let class = prop::sample::select(Tier::ALL);
    let moments = (moment(), option::of(moment()));
    (class, sha(), text(), text(), lists, moments).prop_map(
        |(class, commit, change_key, text, (anchors, files), (changed_at, observed_at))| {
            RecordBody::Attestation(Attestation {
                class,
                commit,
                change_key,
                changed_at,
                text,
                anchors,
                files,
                observed_at,
            })
        },
    )
}

fn review() -> impl Strategy<Value = RecordBody> {
    let finding = (
        prop::sample::select(Severity::ALL),
        text(),
        text(),
        option::of(text()),
        option::of(text()),
    )
        .prop_map(|(severity, file, text, impact, fix)| Finding {
            impact,
            fix,
            ..Finding::new(severity, file, text)
        });
    let more = (
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(text(), 0..3),
        option::of(claim()),
        option::of(text()),
    );
    (
        prop::sample::select(Verdict::ALL),
        text(),
        prop::collection::vec(finding, 0..3),
        any::<bool>(),
        more,
    )
        .prop_map(|(verdict, change_key, findings, design_only, more)| {
            let (residual, approves, at, host) = more;
            RecordBody::Review(Review {
                verdict,
                change_key,
                findings,
                residual,
                approves,
                design_only,
                workstation: at.map(|claim| claim.workstation),
                host,
            })
        })
}

fn routing() -> impl Strategy<Value = RecordBody> {
    let passed = (claim(), text()).prop_map(|(claim, reason)| PassedOver {
        workstation: claim.workstation,
        reason,
    });
    let seen = (text(), any::<bool>(), text()).prop_map(|(name, ready, detail)| ProbeSeen {
        name,
        ready,
        detail,
    });
    let lists = (
        prop::collection::vec(passed, 0..3),
        prop::collection::vec(seen, 0..3),
        prop::collection::btree_map("[a-z]{1,5}", text(), 0..3),
    );
    (claim(), text(), lists, option::of(text())).prop_map(|(claim, why, lists, remote)| {
        let (rejected, readiness, quota) = lists;
        RecordBody::Routing(Routing {
            strategy: crate::domain::policy::Strategy::Available,
            workstation: claim.workstation,
            why,
            rejected,
            readiness,
            quota,
            remote,
        })
    })
}

fn request() -> impl Strategy<Value = RecordBody> {
    text().prop_map(|text| {
        RecordBody::Request(ContractRequest {
            contract: "api".parse().unwrap(),
            text,
        })
    })
}

fn decision() -> impl Strategy<Value = RecordBody> {
    let rulings = prop::sample::select(Ruling::ALL);
    (1..9_u32, rulings, text(), any::<bool>()).prop_map(|(request, ruling, reason, by)| {
        RecordBody::Decision(Decision {
            request,
            ruling,
            reason,
            task: by.then(|| "D-1".parse().unwrap()),
        })
    })
}

fn stage() -> impl Strategy<Value = Stage> {
    prop::sample::select(Stage::ALL)
}

fn place() -> impl Strategy<Value = WorkstationName> {
    "ws-[a-z]{1,4}".prop_map(|name| name.parse().unwrap())
}

prop_compose! {
    fn gap()(priority in 1..9_u8, reason in text(), missing in prop::collection::vec(text(), 0..2),
             way in prop_oneof![
                 Just(None),
                 place().prop_map(|name| Some(Proposal::Workstation(name))),
                 moment().prop_map(|until| Some(Proposal::Until(until))),
             ],
             by in agent(), at in moment()) -> Gap {
        Gap { priority, reason, missing, proposal: way, by, at }
    }
}

prop_compose! {
    fn passage()(stage in stage(), by in agent(), at in moment(), workstation in option::of(place()),
                 fallback in any::<bool>(), note in option::of(text())) -> Passage {
        Passage { stage, by, at, workstation, fallback, note }
    }
}

prop_compose! {
    fn progress()(passages in prop::collection::vec(passage(), 0..4),
                  approved in prop::collection::vec((stage(), agent(), moment()), 0..2),
                  admitted in prop::collection::vec(place(), 0..2),
                  gap in option::of(gap())) -> Progress {
        let approved = approved.into_iter().map(|(stage, by, at)| Approval { stage, by, at });
        let rest = Progress { passed: Vec::new(), approved: approved.collect(), admitted, gap };
        passages.into_iter().fold(rest, Progress::with)
    }
}

fn staged() -> impl Strategy<Value = RecordBody> {
    let stage = (passage(), any::<bool>()).prop_map(|(passage, approved)| {
        RecordBody::Stage(StageRecord {
            stage: passage.stage,
            deed: if approved {
                StageDeed::Approved
            } else {
                StageDeed::Passed
            },
            workstation: passage.workstation,
            fallback: passage.fallback,
            note: passage.note,
        })
    });
    let closed = (option::of(text()), option::of(place()))
        .prop_map(|(reason, admitted)| GapRecord::Closed { reason, admitted });
    prop_oneof![
        stage,
        gap().prop_map(|gap| RecordBody::Gap(GapRecord::Opened(gap))),
        closed.prop_map(RecordBody::Gap),
    ]
}

fn scope() -> impl Strategy<Value = RecordBody> {
    prop_oneof![
        text().prop_map(|text| RecordBody::Scope(ScopeRecord::Confirmed { text })),
        option::of(text()).prop_map(|note| RecordBody::Scope(ScopeRecord::Go { note })),
    ]
}

fn worked() -> impl Strategy<Value = RecordBody> {
    (claim(), moment(), moment()).prop_map(|(claim, started, ended)| {
        RecordBody::Session(SessionRecord {
            agent: claim.agent,
            workstation: claim.workstation,
            started,
            ended,
        })
    })
}

fn exception() -> impl Strategy<Value = RecordBody> {
    let texts = (text(), text(), text(), text());
    let asked = (texts, sha(), sha(), moment()).prop_map(|(texts, commit, blob, until)| {
        let (gate, path, reason, rollback) = texts;
        ExceptionRecord::Asked {
            gate,
            adr: DecisionFile { path, commit, blob },
            reason,
            rollback,
            until,
        }
    });
    let decided = || (1..9_u32, option::of(text()));
    prop_oneof![
        asked,
        decided().prop_map(|(exception, note)| ExceptionRecord::Approved { exception, note }),
        decided().prop_map(|(exception, note)| ExceptionRecord::Rejected { exception, note }),
        decided().prop_map(|(exception, note)| ExceptionRecord::Revoked { exception, note }),
    ]
    .prop_map(RecordBody::Exception)
}

fn lifted() -> impl Strategy<Value = RecordBody> {
    (text(), 1..9_u32, agent(), text()).prop_map(|(gate, exception, by, fact)| {
        RecordBody::Override(Override {
            gate,
            exception,
            by,
            fact,
        })
    })
}

prop_compose! {
    fn waiver()(gate in text(), exception in 1..9_u32, by in agent(), until in moment()) -> Waiver {
        Waiver { gate, exception, by, until }
    }
}

fn body() -> impl Strategy<Value = RecordBody> {
    prop_oneof![
        handoff(),
        evidence(),
        attestation(),
        review(),
        routing(),
        staged(),
        (text(), any::<bool>())
            .prop_map(|(text, resolution)| RecordBody::Note { text, resolution }),
        scope(),
        worked(),
        exception(),
        lifted(),
        request(),
        decision(),
        (text(), text()).prop_map(|(event, reason)| RecordBody::Event { event, reason }),
    ]
}

prop_compose! {
    fn history()(
        standing in standing(), epoch in 1..9_u32, progress in progress(),
        waivers in prop::collection::vec(waiver(), 0..3),
        records in prop::collection::vec((moment(), agent(), any::<u32>(), body()), 0..5),
        recorded in any::<bool>(),
    ) -> TaskHistory {
        let records: Vec<Record> = (1..)
            .zip(records)
            .map(|(n, (at, by, old, body))| Record { n, at, by, epoch: Epoch(old % (epoch + 1)), body })
            .collect();
        let mut history = TaskHistory {
            id: TaskId::new("A-1").unwrap(),
            state: TaskState { epoch: Epoch(epoch), standing, stages: None, waivers }.progressed(progress),
            records,
        };
        if recorded {
            submit_what_is_on_record(&mut history);
        }
        history
    }
}

/// Makes the submission that of a handoff record of this epoch.
fn submit_what_is_on_record(history: &mut TaskHistory) {
    let submission = match &mut history.state.standing {
        Standing::InReview { submission, .. } => submission,
        Standing::Done(completion) => &mut completion.submission,
        _ => return,
    };
    for record in &mut history.records {
        if let RecordBody::Handoff(handoff) = &record.body {
            record.epoch = history.state.epoch;
            *submission = Submission {
                commit: handoff.commit,
                base: handoff.base,
                change_key: handoff.change_key.clone(),
                at: record.at,
            };
        }
    }
}

proptest! {
    #[test]
    fn a_state_survives_its_file(history in history()) {
        let file = StateFile::from(&history);
        let text = yaml::emit(&yaml::to_tree(&file).unwrap());
        let read: StateFile = yaml::read(text.as_bytes(), Limits::STATE).unwrap();
        prop_assert_eq!(&read, &file, "{}", text);
        prop_assert_eq!(read.into_domain(), Ok(history));
    }

    #[test]
    fn a_file_that_reads_is_the_one_that_would_be_written(
        history in history(), other in history(), swapped in 0..11_u8,
    ) {
        // Keys of two states mixed: most are refused, none is read as something else.
        let mut file = StateFile::from(&history);
        let other = StateFile::from(&other);
        match swapped {
            0 => file.status = other.status,
            1 => file.claim = other.claim,
            2 => file.block = other.block,
            3 => file.submission = other.submission,
            4 => file.landing = other.landing,
            5 => file.completion = other.completion,
            6 => file.resume = other.resume,
            7 => file.stages = other.stages,
            8 => file.waivers = other.waivers,
            9 => file.adoption = other.adoption,
            _ => file.records = other.records,
        }
        if let Ok(read) = file.clone().into_domain() {
            prop_assert_eq!(StateFile::from(&read), file);
        }
    }
}

#[test]
fn keys_stand_in_the_order_of_the_design_and_empty_ones_are_left_out() {
    let id = TaskId::new("A-1").unwrap();
    let file = StateFile::of(&id, &TaskState::default(), &[]);
    let text = serde_json::to_string(&file).unwrap();
    assert_eq!(
        text,
        r#"{"version":1,"id":"A-1","status":"todo","epoch":0}"#
    );
}
