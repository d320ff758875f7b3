//! Least privilege, verb by verb (G20): without its capability a verb is refused for that, with it
//! not for that. The table is in `domain::identity`.

use std::collections::BTreeSet;

use crate::domain::exception::ExceptAct;
use crate::domain::fixtures::{ANN, DANA, World, agent, block, claim, content, handoff, oid};
use crate::domain::fixtures::{note, task, tid};
use crate::domain::identity::Capability;
use crate::domain::record::{Evidence, Verdict};
use crate::domain::request::{AttestWish, Dependents, NewTask, ReviewWish, Verb};
use crate::domain::scope::ScopeRecord;
use crate::domain::snapshot::Accepting;
use crate::domain::state::Standing;
use crate::domain::task::Tier;
use crate::domain::time::Span;

/// Who asks in every case: a person of both roles.
const CAL: &str = "@cal";

fn world() -> World {
    World::new(vec![task("T-1", "A")]).rules(|rules| {
        let mut cal = rules.identity.agents[&agent(DANA)].clone();
        cal.may = BTreeSet::new();
        rules.identity.agents.insert(agent(CAL), cal);
    })
}

fn may(world: World, capabilities: &[Capability]) -> World {
    world.rules(|rules| {
        let cal = rules.identity.agents.get_mut(&agent(CAL)).unwrap();
        cal.may = capabilities.iter().copied().collect();
    })
}

fn held(by: &str) -> World {
    let mut world = may(world(), &[Capability::Claim]);
    world.claim(by, "T-1");
    world
}

fn submitted() -> World {
    let mut world = held(ANN);
    world.hand_off(ANN, "T-1", oid(9));
    world
}

/// A target was rewritten, and by its rules `CAL` may accept that.
fn rewritten() -> World {
    let rules = may(world(), &[Capability::Admin]).snapshot.rules;
    let mut world = world();
    world.snapshot.facts.accepting = Some(Accepting {
        forward: false,
        rules,
    });
    world
}

fn unscoped() -> World {
    let mut world = held(ANN);
    let mut state = world.state("T-1").clone();
    state.standing = Standing::AwaitingScope(state.claim().unwrap().clone());
    world.snapshot.states.insert(tid("T-1"), state);
    let said = Verb::Scope {
        task: tid("T-1"),
        act: ScopeRecord::Confirmed {
            text: "x".to_owned(),
        },
    };
    drop(world.ask(ANN, None, said).unwrap());
    world
}

fn done() -> World {
    let mut world = submitted();
    let land = world.land("T-1");
    drop(world.ask(ANN, None, land).unwrap());
    world
}

fn cancel() -> Verb {
    Verb::Cancel {
        task: tid("T-1"),
        reason: "x".to_owned(),
        dependents: Dependents::None,
    }
}

fn reopen() -> Verb {
    Verb::Reopen {
        task: tid("T-1"),
        reason: "x".to_owned(),
    }
}

fn cancelled() -> World {
    let mut world = world();
    drop(world.ask(DANA, None, cancel()).unwrap());
    world
}

fn evidence() -> Verb {
    Verb::Evidence {
        task: tid("T-1"),
        evidence: Evidence {
            commit: oid(9),
            content_key: content(oid(9)),
            checks: Vec::new(),
            host: "host-1".to_owned(),
            workstation: None,
            clean: false,
        },
    }
}

fn attest() -> Verb {
    Verb::Attest {
        task: tid("T-1"),
        attest: AttestWish {
            class: Tier::Runtime,
            commit: oid(9),
            text: "the retry stops".to_owned(),
            anchors: Vec::new(),
            files: Vec::new(),
            observed_at: None,
        },
    }
}

fn review() -> Verb {
    Verb::Review {
        task: tid("T-1"),
        review: ReviewWish::new(oid(9), Verdict::Accept),
    }
}

/// What a verb needs, where, and each capability that is enough.
fn table() -> Vec<(&'static str, World, Verb, &'static [Capability])> {
    use Capability::{Admin, Claim, Handoff, Merge, Plan, Review};
    let new = NewTask {
        task: task("T-9", "A"),
        definition: "{}".to_owned(),
    };
    let release = Verb::Release {
        task: tid("T-1"),
        force: true,
        reason: Some("x".to_owned()),
        saved: None,
    };
    let submitted_now = submitted();
    let land = submitted_now.land("T-1");
    let landing = match &land {
        Verb::Land {
            task, onto, result, ..
        } => Verb::Landing {
            task: task.clone(),
            onto: *onto,
            result: *result,
            until: submitted_now.now.plus(Span::from_seconds(60)),
            evidence: None,
        },
        other => panic!("{other:?}"),
    };
    let onto = submitted_now.snapshot.rules.at;
    let mut reached = submitted();
    reached.reach(oid(9));
    let complete = |on_my_word| Verb::Complete {
        task: tid("T-1"),
        commit: oid(9),
        on_my_word,
    };
    let conflict = Verb::Conflict {
        task: tid("T-1"),
        onto,
    };
    let accept = Verb::AcceptTarget {
        target: oid(7),
        given_up: None,
        reason: "x".to_owned(),
    };
    let edit = Verb::Edit {
        task: tid("T-1"),
        fields: Vec::new(),
    };
    let hold = Verb::Hold {
        task: tid("T-1"),
        reason: "x".to_owned(),
        saved: None,
    };
    let ask = Verb::Except {
        task: tid("T-1"),
        act: ExceptAct::Ask {
            gate: "parked".to_owned(),
            adr: "doc/adr".to_owned(),
            commit: oid(1),
            reason: "x".to_owned(),
            rollback: "x".to_owned(),
            until: world().now.plus(Span::from_seconds(60)),
        },
    };
    let go = Verb::Scope {
        task: tid("T-1"),
        act: ScopeRecord::Go { note: None },
    };
    let mut blocked = held(ANN);
    drop(blocked.ask(ANN, None, block("T-1", None)).unwrap());
    let unblock = Verb::Unblock { task: tid("T-1") };
    vec![
        ("claim", world(), claim("T-1"), &[Claim]),
        ("handoff", held(CAL), handoff("T-1", oid(9)), &[Handoff]),
        ("review", submitted(), review(), &[Review]),
        ("evidence", submitted(), evidence(), &[Review, Merge]),
        ("attest", held(ANN), attest(), &[Review]),
        ("landing", submitted(), landing, &[Merge]),
        ("land", submitted_now, land, &[Merge]),
        ("conflict", submitted(), conflict, &[Merge]),
        ("complete", reached.clone(), complete(false), &[Merge]),
        ("vouch", reached, complete(true), &[Merge]),
        ("add", world(), Verb::Add(vec![new]), &[Plan]),
        ("edit", world(), edit, &[Plan]),
        ("cancel", world(), cancel(), &[Plan]),
        ("cancel another's", held(ANN), cancel(), &[Admin]),
        ("reopen what was cancelled", cancelled(), reopen(), &[Plan]),
        ("reopen what is done", done(), reopen(), &[Admin]),
        ("release --force", held(ANN), release, &[Admin]),
        ("unblock another's", blocked, unblock, &[Admin]),
        ("hold another's", held(ANN), hold, &[Plan]),
        ("except", held(ANN), ask, &[Plan]),
        ("scope go", unscoped(), go, &[Plan]),
        ("accept-target", rewritten(), accept, &[Admin]),
    ]
}

#[test]
fn g20_each_verb_asks_for_its_capability_and_for_no_more() {
    for (what, world, verb, enough) in table() {
        let refused_for = |capabilities: &[Capability]| {
            let mut world = may(world.clone(), capabilities);
            let outcome = world.ask(CAL, None, verb.clone());
            outcome.is_err_and(|refusal| refusal.unmet.iter().any(|u| u.gate == "agent-may"))
        };
        assert!(refused_for(&[]), "{what} asks for nothing");
        let others = Capability::ALL.iter().filter(|one| !enough.contains(one));
        let others: Vec<Capability> = others.copied().collect();
        assert!(refused_for(&others), "{what} takes {others:?}");
        for one in enough {
            assert!(!refused_for(&[*one]), "{what} does not take {one}");
        }
    }
}

#[test]
fn g20_what_the_holder_does_with_its_own_task_asks_for_no_capability() {
    let give_back = Verb::Return {
        task: tid("T-1"),
        reason: "x".to_owned(),
        saved: None,
    };
    let renew = Verb::Renew {
        tasks: vec![(tid("T-1"), crate::domain::state::Epoch(1))],
    };
    let own = [
        block("T-1", None),
        crate::domain::fixtures::release("T-1"),
        give_back,
        renew,
        note("T-1"),
        evidence(),
        attest(),
        cancel(),
    ];
    for verb in own {
        let mut world = may(held(CAL), &[]);
        let outcome = world.ask(CAL, None, verb.clone());
        assert!(outcome.is_ok(), "{verb:?}: {outcome:?}");
        let mut strange = may(held(ANN), Capability::ALL);
        let stranger = strange.ask(CAL, None, verb.clone());
        let allowed = matches!(
            verb,
            Verb::Note { .. } | Verb::Cancel { .. } | Verb::Attest { .. }
        );
        assert_eq!(stranger.is_ok(), allowed, "{verb:?}");
    }
}
