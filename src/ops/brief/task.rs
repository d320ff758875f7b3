//! One task, as the one who asks needs it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::command::Command;
use super::fields::{Field, fields, filled};
use super::package::{PackageSeen, package};
use super::past::{Past, past};
use super::rehearsal::{Judged, Rehearsal};
use super::review_seen::{ReviewSeen, review_seen};
use super::steps::{CheckOwed, LaneSeen, Next, Situation, Unscoped, Working, next};
use super::{Place, Speaker, Who};
use crate::domain::evidence::{class_of, owed_tier};
use crate::domain::exception::{ExceptAct, Stand, Waiver, exceptions};
use crate::domain::gates::{checks_owed, inactive_block};
use crate::domain::id::{AgentName, ObjectId, RoleName, TaskId};
use crate::domain::identity::{Capability, Seat};
use crate::domain::lease;
use crate::domain::policy::{Owed, ReviewMode};
use crate::domain::record::{Evidence, Record, RecordBody};
use crate::domain::request::{ClaimWish, Verb};
use crate::domain::review::routes;
use crate::domain::scope::ScopeRecord;
use crate::domain::snapshot::Snapshot;
use crate::domain::stage::Stage;
use crate::domain::state::{Claim, Epoch, Standing, Status, TaskState};
use crate::domain::task::{Kind, Task, Tier};
use crate::ops::save::{self, BoundLane};
use crate::ops::{OpError, look, trust};

/// A submission of somebody else who may land it is left to them for so many seconds.
const PATIENCE: i64 = 600;

/// How the one who asks stands to the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It is theirs.
    Mine,
    /// It is another's.
    Others,
    /// It is nobody's.
    Nobodys,
}

/// A task that has to land first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Which.
    pub id: TaskId,
    /// Where it is.
    pub status: Status,
    /// Its work is on the target.
    pub landed: bool,
}

/// A task with all that its worker needs.
#[derive(Debug, Clone)]
pub struct TaskBrief {
    /// The definition.
    pub task: Task,
    /// Where it is.
    pub state: TaskState,
    /// Whose it is.
    pub relation: Relation,
    /// Seconds until the lease ends; none where no lease runs.
    pub seconds_left: Option<i64>,
    /// The lane's worktree on this machine.
    pub lane: Option<LaneSeen>,
    /// Its package.
    pub package: Option<PackageSeen>,
    /// Paths that the work may touch: its own, else those of its role; empty: everything.
    pub owned: Vec<String>,
    /// Paths that it must not touch.
    pub forbidden: Vec<String>,
    /// What has to land first.
    pub depends: Vec<Dependency>,
    /// Checks that it owes.
    pub checks: Vec<CheckOwed>,
    /// The class of evidence that it owes (G22).
    pub tier: Option<Tier>,
    /// Gates that are lifted for it now (P23).
    pub lifted: Vec<Waiver>,
    /// For whoever may review it now: what to look at.
    pub review: Option<ReviewSeen>,
    /// What its records say.
    pub past: Past,
    /// What the handoff says.
    pub owes: Vec<Field>,
    /// Reviews that are owed, each in words.
    pub reviews: Vec<String>,
}

/// Looks at a task and says what comes next.
pub(super) fn brief(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    who: &Who,
    id: &TaskId,
) -> Result<(TaskBrief, Next), OpError> {
    let snapshot = &asking.snapshot;
    let Some(task) = snapshot.plan.get(id) else {
        return Err(look::unknown(snapshot, id));
    };
    let state = snapshot.states.get(id).clone();
    let records = asking.records(id)?;
    let past = past(&records);
    let relation = relation(&state, &asking.agent);
    let bound = match relation {
        Relation::Mine => save::bound_lane(asking.site, id, state.epoch)?,
        _ => None,
    };
    let bound = bound.filter(|_| state.occupying().is_some());
    let (lane, head) = match &bound {
        Some(bound) => {
            let (lane, head) = lane_seen(asking, bound, &past)?;
            (Some(lane), head)
        }
        None => (None, None),
    };
    let shown = match &state.standing {
        Standing::InReview { submission, .. } => Some(submission.commit),
        _ => head,
    };
    let (files, checks) = checks(asking, task, shown, &records)?;
    let package = package(asking.site, snapshot, task);
    let mut told = TaskBrief {
        relation,
        seconds_left: state
            .occupying()
            .map(|claim| claim.expires_at.seconds() - asking.now.seconds()),
        lane,
        owned: owned(snapshot, task, package.as_ref()),
        forbidden: forbidden(task, package.as_ref()),
        package,
        depends: depends(snapshot, task),
        checks,
        tier: owed_tier(snapshot, task),
        lifted: asking.snapshot.waivers(id, asking.now).cloned().collect(),
        review: None,
        owes: fields(task.kind),
        reviews: reviews(snapshot, task, &files),
        past,
        task: task.clone(),
        state,
    };
    let situation = situation(asking, who, &told, head, &records)?;
    if let Situation::InReview {
        work, mine: false, ..
    } = &situation
        && work.review
        && work.here
    {
        told.review = review_seen(asking, to, task, &records);
    }
    let mut next = next(to, &situation);
    for approval in approvals(asking, to, id, &records)? {
        next = next.then(approval);
    }
    Ok((told, next))
}

/// The approval of each exception that waits for the one who asks (G19).
fn approvals(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    id: &TaskId,
    records: &[Record],
) -> Result<Vec<Command>, OpError> {
    let mut found = Vec::new();
    for asked in exceptions(records).filter(|one| one.stand(asking.now) == Stand::Open) {
        let (exception, task) = (asked.record.n, id.clone());
        let act = ExceptAct::Approve {
            exception,
            note: None,
        };
        if asking.judge(Verb::Except { task, act }, None)?.is_err() {
            continue;
        }
        let number = exception.to_string();
        let words = ["except", id.as_str(), "--approve", number.as_str()];
        let why = format!(
            "lift {} until {}, as {} asks",
            asked.gate, asked.until, asked.record.by
        );
        let when = format!("you agree with its reason: {}", asked.reason);
        found.push(to.laneway(Place::Repository, words, why).when(when));
    }
    Ok(found)
}

fn relation(state: &TaskState, agent: &AgentName) -> Relation {
    let by = match &state.standing {
        Standing::Done(done) => Some(&done.agent),
        _ => state.claim().map(|claim| &claim.agent),
    };
    match by {
        Some(by) if by == agent => Relation::Mine,
        Some(_) => Relation::Others,
        None => Relation::Nobodys,
    }
}

/// The situation of a task, with what `decide` says of the verbs that come next in it.
fn situation(
    asking: &Rehearsal<'_>,
    who: &Who,
    told: &TaskBrief,
    head: Option<ObjectId>,
    records: &[Record],
) -> Result<Situation, OpError> {
    let (id, state) = (&told.task.id, &told.state);
    let mine = told.relation == Relation::Mine;
    let terms = asking.snapshot.rules.policy.lease;
    Ok(match &state.standing {
        Standing::Todo { .. } => Situation::Open {
            id: id.clone(),
            claim: claimable(asking, id)?,
        },
        Standing::InProgress(claim) if mine => {
            Situation::Mine(Box::new(working(asking, who, told, claim, head)?))
        }
        Standing::InProgress(claim) => {
            let expired = lease::expired(claim, terms, asking.now);
            Situation::Held {
                id: id.clone(),
                by: claim.agent.clone(),
                expired,
                claim: claimable(asking, id)?,
            }
        }
        Standing::AwaitingScope(claim) => {
            let lane = told.lane.as_ref().map(|lane| lane.path.clone());
            let scope = unscoped(asking, id, claim, records, lane)?;
            Situation::AwaitingScope(Box::new(scope))
        }
        Standing::Blocked { .. } | Standing::Withheld(_) => {
            let over = inactive_block(&asking.snapshot, state);
            let hold = match &state.standing {
                Standing::Blocked { block, .. } => block.hold.clone(),
                _ => None,
            };
            let reason = state.hindrance().map_or("", |(reason, _)| reason);
            let unblock = match over {
                true => claimable(asking, id)?,
                false => asking.judge(Verb::Unblock { task: id.clone() }, None)?,
            };
            Situation::Blocked {
                id: id.clone(),
                reason: reason.to_owned(),
                // What nobody has may be let go by whoever may.
                mine: mine || state.claim().is_none() || hold.as_ref() == Some(&asking.agent),
                hold,
                unblock,
                over,
            }
        }
        Standing::InReview { .. } => {
            return Ok(match in_review(asking, who, id)? {
                Some(situation) => situation,
                None => Situation::Done(id.clone()),
            });
        }
        Standing::Done(_) | Standing::Adopted(_) => Situation::Done(id.clone()),
        Standing::Cancelled { .. } => Situation::Cancelled(id.clone()),
    })
}

/// The situation of a submission.
pub(super) fn in_review(
    asking: &Rehearsal<'_>,
    who: &Who,
    id: &TaskId,
) -> Result<Option<Situation>, OpError> {
    let Some(work) = asking.submitted(id)? else {
        return Ok(None);
    };
    let mine = work.by == asking.agent;
    let trusted = trusted(asking, &work.missing);
    let untrusted = work.missing.iter().filter(|one| !trusted.contains(*one));
    let untrusted: Vec<String> = untrusted.cloned().collect();
    let waited = asking.now.seconds() - work.at.seconds();
    let lands = who.is_person() || !who.open && !who.may.contains(&Capability::Claim);
    Ok(Some(Situation::InReview {
        mine,
        untrusted,
        leave: !mine && !lands && waited < PATIENCE,
        person: who.is_person(),
        remote: asking.site.ledger.remote().map(ToString::to_string),
        work,
    }))
}

/// A claim whose scope waits, with what `decide` says of each way on.
pub(super) fn unscoped(
    asking: &Rehearsal<'_>,
    id: &TaskId,
    claim: &Claim,
    records: &[Record],
    lane: Option<PathBuf>,
) -> Result<Unscoped, OpError> {
    let snapshot = &asking.snapshot;
    let epoch = snapshot.states.get(id).epoch;
    let said = records.iter().rev().find_map(|record| match &record.body {
        RecordBody::Scope(ScopeRecord::Confirmed { text })
            if record.epoch == epoch && record.by == claim.agent =>
        {
            Some(text.clone())
        }
        _ => None,
    });
    let mine = claim.agent == asking.agent;
    let scoping = |act| Verb::Scope {
        task: id.clone(),
        act,
    };
    let text = "to be filled in".to_owned();
    let shown = Some(epoch).filter(|_| mine);
    let hold = Verb::Hold {
        task: id.clone(),
        reason: text.clone(),
        saved: None,
    };
    Ok(Unscoped {
        id: id.clone(),
        by: claim.agent.clone(),
        mine,
        lane,
        said,
        givers: givers(snapshot, &claim.agent),
        confirm: asking.judge(scoping(ScopeRecord::Confirmed { text }), shown)?,
        go: asking.judge(scoping(ScopeRecord::Go { note: None }), None)?,
        hold: asking.judge(hold, None)?,
        release: asking.judge(releasing(id), None)?,
    })
}

/// Those whom the map names who may give the go to a claim of `holder`.
fn givers(snapshot: &Snapshot, holder: &AgentName) -> Vec<AgentName> {
    let map = &snapshot.rules.identity;
    let may = |agent: &AgentName| {
        map.may(agent, Capability::Plan)
            || map.is_seated(agent, Seat::Scope)
            || map.is_seated(agent, Seat::Direction)
    };
    let others = map.agents.keys().filter(|agent| *agent != holder);
    others.filter(|agent| may(agent)).cloned().collect()
}

/// Whether the task may be claimed. Probes are the claim's to run: where nobody has looked at a
/// workstation, it is taken to be ready.
pub(super) fn claimable(asking: &Rehearsal<'_>, id: &TaskId) -> Result<Judged, OpError> {
    let wish = ClaimWish {
        task: Some(id.clone()),
        ..ClaimWish::default()
    };
    Ok(match asking.ask(Verb::Claim(wish), None)? {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.asks_for_probes() => Ok(()),
        Err(refusal) => Err(refusal.unmet),
    })
}

fn releasing(id: &TaskId) -> Verb {
    Verb::Release {
        task: id.clone(),
        force: false,
        reason: None,
        saved: None,
    }
}

fn blocking(id: &TaskId) -> Verb {
    Verb::Block {
        task: id.clone(),
        reason: "to be filled in".to_owned(),
        by: None,
        saved: None,
    }
}

/// Others whom the map names who may review, and so may say what they saw.
fn witnesses(snapshot: &Snapshot, agent: &AgentName) -> Vec<AgentName> {
    let map = &snapshot.rules.identity;
    let others = map.agents.keys().filter(|other| *other != agent);
    others
        .filter(|other| map.may(other, Capability::Review))
        .cloned()
        .collect()
}

fn working(
    asking: &Rehearsal<'_>,
    who: &Who,
    told: &TaskBrief,
    claim: &Claim,
    head: Option<ObjectId>,
) -> Result<Working, OpError> {
    let id = told.task.id.clone();
    let epoch: Epoch = told.state.epoch;
    let snapshot = &asking.snapshot;
    let renewing = Verb::Renew {
        tasks: vec![(id.clone(), epoch)],
    };
    let at = snapshot.rules.at;
    let evidence = Verb::Evidence {
        task: id.clone(),
        evidence: Evidence::new(at, at, &asking.site.env.host),
    };
    let handoff = match head {
        Some(head) => {
            let task = id.clone();
            let handoff = filled(told.task.kind, head);
            asking.judge(Verb::Handoff { task, handoff }, Some(epoch))?
        }
        None => Err(Vec::new()),
    };
    let findings = told.past.sent_back.as_ref();
    Ok(Working {
        lane: told.lane.clone(),
        checks: told.checks.clone(),
        owes: told.owes.clone(),
        proof_runs: told.task.kind == Kind::Defect
            && snapshot.rules.policy.gates.proof == Owed::Required,
        witnesses: witnesses(snapshot, &asking.agent),
        block: asking.judge(blocking(&id), Some(epoch))?,
        findings: findings.map_or(0, |back| back.findings.len()),
        renewal_due: lease::renewal_due(claim, snapshot.rules.policy.lease, asking.now),
        person: who.is_person(),
        renew: asking.judge(renewing, Some(epoch))?,
        check: asking.judge(evidence, Some(epoch))?,
        handoff,
        release: asking.judge(releasing(&id), None)?,
        id,
        epoch,
    })
}

fn lane_seen(
    asking: &Rehearsal<'_>,
    bound: &BoundLane,
    past: &Past,
) -> Result<(LaneSeen, Option<ObjectId>), OpError> {
    let repo = asking.site.repo().beside(&bound.path)?;
    let status = repo.glance(&bound.path)?;
    let head = repo.head_commit()?;
    let target = asking.snapshot.rules.at;
    let (ahead, behind) = match head {
        Some(head) => (
            repo.count_beyond(head, target)?,
            repo.count_beyond(target, head)?,
        ),
        None => (0, 0),
    };
    let sent_back = past.sent_back.as_ref();
    let seen = LaneSeen {
        path: bound.path.clone(),
        dirty: status.dirty,
        untracked: status.untracked.len(),
        operation: status.operation.map(|operation| operation.to_string()),
        on_branch: repo.head_branch()?.as_ref() == Some(&bound.binding.branch),
        ahead,
        behind,
        as_sent_back: sent_back.is_some() && head.is_some() && head == past.handed_off,
        conflicts: sent_back.is_some_and(|back| back.how == "conflict"),
    };
    Ok((seen, head))
}

/// The files that the work changes, and the checks that it owes with how they ended on it.
fn checks(
    asking: &Rehearsal<'_>,
    task: &Task,
    shown: Option<ObjectId>,
    records: &[Record],
) -> Result<(Vec<String>, Vec<CheckOwed>), OpError> {
    let (repo, target) = (asking.site.repo(), asking.snapshot.rules.at);
    let shown = shown.filter(|commit| repo.exists(*commit));
    let mut files = Vec::new();
    let mut key = None;
    if let Some(commit) = shown {
        let base = repo.merge_base(target, commit)?.unwrap_or(target);
        let changed = repo.changed_paths(base, commit)?;
        files.extend(changed.into_iter().map(|change| change.path));
        key = Some(repo.content_key(commit)?);
    }
    let owed = checks_owed(&asking.snapshot, task, &files);
    let owed: Vec<String> = owed.into_iter().map(str::to_owned).collect();
    let trusted = trusted(asking, &owed);
    let runs = records.iter().filter_map(|record| match &record.body {
        RecordBody::Evidence(evidence) if Some(evidence.content_key) == key => Some(evidence),
        _ => None,
    });
    let runs: Vec<_> = runs.flat_map(|evidence| &evidence.checks).collect();
    let checks = owed.into_iter().map(|command| {
        let last = runs.iter().rfind(|run| run.command == command);
        CheckOwed {
            trusted: trusted.contains(&command),
            passed: last.map(|run| run.passed()),
            class: class_of(task, &command),
            command,
        }
    });
    let checks = checks.collect();
    Ok((files, checks))
}

/// Those of these commands that may run here; none where no home directory is known.
fn trusted(asking: &Rehearsal<'_>, commands: &[String]) -> BTreeSet<String> {
    trust::trusted(asking.site, commands).unwrap_or_default()
}

fn owned(snapshot: &Snapshot, task: &Task, package: Option<&PackageSeen>) -> Vec<String> {
    let of_role = snapshot.rules.policy.roles.get(&task.role);
    let of_package = package.and_then(|seen| seen.meaning.as_ref());
    let globs = if !task.owned_paths.is_empty() {
        task.owned_paths.as_slice()
    } else if let Some(known) = of_package.filter(|known| !known.owned_paths.is_empty()) {
        known.owned_paths.as_slice()
    } else {
        of_role.map_or(&[][..], |role| role.owned_paths.as_slice())
    };
    globs.iter().map(ToString::to_string).collect()
}

fn forbidden(task: &Task, package: Option<&PackageSeen>) -> Vec<String> {
    let of_package = package.and_then(|seen| seen.meaning.as_ref());
    let of_package = of_package.map_or(&[][..], |known| known.forbidden_paths.as_slice());
    let mut paths: Vec<String> = Vec::new();
    for glob in task.forbidden_paths.iter().chain(of_package) {
        let path = glob.to_string();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

fn depends(snapshot: &Snapshot, task: &Task) -> Vec<Dependency> {
    let one = |id: &TaskId| Dependency {
        id: id.clone(),
        status: snapshot.states.get(id).status(),
        landed: snapshot.landed(id),
    };
    task.depends_on.iter().map(one).collect()
}

/// The reviews that policy, routes and contract owe, each with who may give it.
fn reviews(snapshot: &Snapshot, task: &Task, files: &[String]) -> Vec<String> {
    let policy = &snapshot.rules.policy;
    let mut owed = Vec::new();
    let reviewed = policy.review.mode == ReviewMode::Review;
    match policy.gates.reviews_owed(task.risk) {
        0 => {}
        _ if !reviewed => {}
        many => {
            let names = reviewers(snapshot, None);
            let by = if many == 1 {
                "somebody else".to_owned()
            } else {
                format!("{many} others")
            };
            owed.push(format!("{} risk: by {by}{names}", task.risk));
        }
    }
    for (file, route) in routes(policy, files).filter(|_| reviewed) {
        for role in &route.reviewers {
            let names = reviewers(snapshot, Some(role));
            owed.push(format!("{file}: by {role}{names}"));
        }
    }
    let contract = snapshot.plan.contract(task);
    if let Some(terms) = contract.and_then(|contract| contract.terms(Stage::Review)) {
        let agents: Vec<&str> = terms.agents().map(AgentName::as_str).collect();
        owed.push(match agents.as_slice() {
            [] => "stage review: by somebody else".to_owned(),
            agents => format!("stage review: by {}", agents.join(" or ")),
        });
    }
    owed
}

/// Most reviewers that are named.
const MOST_NAMES: usize = 4;

fn reviewers(snapshot: &Snapshot, role: Option<&RoleName>) -> String {
    let map = &snapshot.rules.identity;
    let may = map.agents.iter().filter(|(_, known)| {
        known.may.contains(&Capability::Review)
            && role.is_none_or(|role| known.roles.contains(role))
    });
    let names: Vec<&str> = may.map(|(name, _)| name.as_str()).collect();
    match names.split_at_checked(MOST_NAMES) {
        _ if names.is_empty() => String::new(),
        Some((first, rest)) if !rest.is_empty() => {
            format!(" ({}, {} more)", first.join(", "), rest.len())
        }
        _ => format!(" ({})", names.join(", ")),
    }
}
