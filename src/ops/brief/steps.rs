//! Which commands come next for which state: the pure part of `brief`.
//!
//! One arm for each state. A command stands here only where its verdict is in the situation, so
//! that nothing is suggested that was not asked for of `decide` first.

use std::path::PathBuf;

use super::command::{Command, Place, Speaker};
use super::fields::{Field, NOT_RUN};
use super::rehearsal::{Judged, Submitted};
use super::{high_risk, scoping};
use crate::domain::id::{AgentName, TaskId};
use crate::domain::refusal::Unmet;
use crate::domain::state::Epoch;
use crate::domain::task::{Tier, words};

/// Most commands that are suggested at once.
pub const MOST: usize = 3;

words! {
    /// What the reader does now.
    Act {
        /// Runs the first command.
        Run = "run",
        /// Works in the lane, then commits.
        Work = "work",
        /// Waits; what changes is said.
        Wait = "wait",
        /// Says who it is.
        Identify = "identify",
        /// Nothing: it is over.
        Nothing = "nothing",
    }
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What the reader does.
    pub act: Act,
    /// The same in a sentence.
    pub say: String,
    /// The first gate that stands against the next step, and the word of that step.
    pub gate: Option<(&'static str, Unmet)>,
    /// Commands, first come first.
    pub commands: Vec<Command>,
}

impl Next {
    /// A next step without commands.
    #[must_use]
    pub fn new(act: Act, say: impl Into<String>) -> Self {
        Self {
            act,
            say: say.into(),
            gate: None,
            commands: Vec::new(),
        }
    }

    /// With a command.
    #[must_use]
    pub fn then(mut self, command: Command) -> Self {
        if self.commands.len() < MOST {
            self.commands.push(command);
        }
        self
    }

    /// With the gate that stands against `step`, if one does.
    #[must_use]
    pub fn stopped(mut self, step: &'static str, judged: &Judged) -> Self {
        if self.gate.is_none()
            && let Err(unmet) = judged
            && let Some(first) = unmet.iter().find(|unmet| !unmet.warning)
        {
            self.gate = Some((step, first.clone()));
        }
        self
    }
}

/// A check that the work owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOwed {
    /// The command.
    pub command: String,
    /// Whether it may run on this machine.
    pub trusted: bool,
    /// Whether it passed on this very content; none: it has not run on it.
    pub passed: Option<bool>,
    /// The class of evidence that its pass shows (G22).
    pub class: Tier,
}

/// The lane's worktree as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneSeen {
    /// Its directory.
    pub path: PathBuf,
    /// Tracked files that differ from the commit.
    pub dirty: Vec<String>,
    /// Number of files neither tracked nor ignored.
    pub untracked: usize,
    /// What git is in the middle of.
    pub operation: Option<String>,
    /// It shows the branch of the claim.
    pub on_branch: bool,
    /// Commits that the target does not have.
    pub ahead: usize,
    /// Commits of the target that it does not have.
    pub behind: usize,
    /// Nothing was committed since the work was sent back.
    pub as_sent_back: bool,
    /// It was sent back because it conflicts with the target.
    pub conflicts: bool,
}

/// A task in progress, of the one who asks.
#[derive(Debug, Clone)]
pub struct Working {
    /// Which.
    pub id: TaskId,
    /// The epoch held.
    pub epoch: Epoch,
    /// Its worktree, if it is on this machine.
    pub lane: Option<LaneSeen>,
    /// The checks it owes.
    pub checks: Vec<CheckOwed>,
    /// What its handoff says.
    pub owes: Vec<Field>,
    /// The handoff runs the proof of the root cause, which has to be trusted for it.
    pub proof_runs: bool,
    /// Others who may say what they saw of it at run time.
    pub witnesses: Vec<AgentName>,
    /// Whether it may be blocked.
    pub block: Judged,
    /// There are findings to mend.
    pub findings: usize,
    /// Half of the lease is over.
    pub renewal_due: bool,
    /// Whether the reader is a person, who may trust.
    pub person: bool,
    /// Whether it may be renewed.
    pub renew: Judged,
    /// Whether evidence would be taken.
    pub check: Judged,
    /// Whether the lane's tip may be handed off.
    pub handoff: Judged,
    /// Whether it may be given back.
    pub release: Judged,
}

/// A claim whose scope waits for a go (G4).
#[derive(Debug, Clone)]
pub struct Unscoped {
    /// Which.
    pub id: TaskId,
    /// Whose.
    pub by: AgentName,
    /// One's own.
    pub mine: bool,
    /// Its worktree, if it is on this machine.
    pub lane: Option<PathBuf>,
    /// What the holder understood; none: it has not said so yet.
    pub said: Option<String>,
    /// Others who may give the go.
    pub givers: Vec<AgentName>,
    /// Whether the holder's word would be taken.
    pub confirm: Judged,
    /// Whether the go of the one who asks would be taken.
    pub go: Judged,
    /// Whether the one who asks may hold it up.
    pub hold: Judged,
    /// Whether it may be given back.
    pub release: Judged,
}

/// Where a task is, seen by the one who asks.
#[derive(Debug, Clone)]
pub enum Situation {
    /// Nobody has it.
    Open {
        /// Which.
        id: TaskId,
        /// Whether it may be claimed.
        claim: Judged,
    },
    /// In progress, one's own.
    Mine(Box<Working>),
    /// In progress, another's.
    Held {
        /// Which.
        id: TaskId,
        /// Whose.
        by: AgentName,
        /// The lease ended.
        expired: bool,
        /// Whether it may be taken over.
        claim: Judged,
    },
    /// Claimed; its scope waits for a go.
    AwaitingScope(Box<Unscoped>),
    /// Stopped.
    Blocked {
        /// Which.
        id: TaskId,
        /// Why.
        reason: String,
        /// Who holds it up, where it is a hold (G6).
        hold: Option<AgentName>,
        /// One's own, or held up by oneself.
        mine: bool,
        /// Whether the block may be ended, or, after what blocked it landed, the task claimed.
        unblock: Judged,
        /// What blocked it has landed.
        over: bool,
    },
    /// Handed off.
    InReview {
        /// The submission.
        work: Submitted,
        /// One's own.
        mine: bool,
        /// Checks that a merge runs and nobody trusted here.
        untrusted: Vec<String>,
        /// Others' work that the one who asks leaves to its holder for now.
        leave: bool,
        /// Whether the reader is a person, who may trust.
        person: bool,
        /// The remote that has what is not here.
        remote: Option<String>,
    },
    /// On the target.
    Done(TaskId),
    /// Given up.
    Cancelled(TaskId),
}

/// What comes next in a situation.
#[must_use]
pub fn next(to: &Speaker, situation: &Situation) -> Next {
    match situation {
        Situation::Open { id, claim } => open(to, id, claim),
        Situation::Mine(work) => working(to, work),
        Situation::Held {
            id,
            by,
            expired,
            claim,
        } => held(to, id, by, *expired, claim),
        Situation::AwaitingScope(scope) => scoping::awaiting(to, scope),
        Situation::Blocked { .. } => blocked(to, situation),
        Situation::InReview { .. } => in_review(to, situation),
        Situation::Done(id) => Next::new(Act::Nothing, format!("{id} is done")),
        Situation::Cancelled(id) => Next::new(Act::Nothing, format!("{id} is cancelled")),
    }
}

fn open(to: &Speaker, id: &TaskId, claim: &Judged) -> Next {
    match claim {
        Ok(()) => {
            let say = format!("{id} is free: claim it");
            Next::new(Act::Run, say).then(claiming(to, id, "take it and open its lane"))
        }
        Err(_) => {
            let say = format!("{id} cannot be claimed by you now");
            Next::new(Act::Wait, say).stopped("claim", claim)
        }
    }
}

/// The claim of a task.
#[must_use]
pub fn claiming(to: &Speaker, id: &TaskId, why: impl Into<String>) -> Command {
    to.laneway(Place::Repository, ["claim", id.as_str()], why)
}

fn held(to: &Speaker, id: &TaskId, by: &AgentName, expired: bool, claim: &Judged) -> Next {
    if expired && claim.is_ok() {
        let say = format!("the claim of {id} by {by} has expired: it may be taken over");
        return Next::new(Act::Run, say).then(claiming(to, id, "take it over, with a new epoch"));
    }
    Next::new(
        Act::Wait,
        format!("{by} holds {id}; nothing of it is yours"),
    )
    .stopped("claim", claim)
}

fn blocked(to: &Speaker, situation: &Situation) -> Next {
    let Situation::Blocked {
        id,
        reason,
        hold,
        mine,
        unblock,
        over,
    } = situation
    else {
        return Next::new(Act::Wait, String::new());
    };
    if *over {
        return match unblock {
            Ok(()) => Next::new(Act::Run, format!("what blocked {id} has landed: go on"))
                .then(claiming(to, id, "unblock it and claim it")),
            Err(_) => Next::new(Act::Wait, format!("what blocked {id} has landed"))
                .stopped("claim", unblock),
        };
    }
    let say = match hold {
        Some(by) => format!("{id} is held up by {by}: {reason}"),
        None => format!("{id} is blocked: {reason}"),
    };
    let next = Next::new(Act::Wait, say);
    match unblock {
        Ok(()) if *mine => next.then(
            to.laneway(Place::Repository, ["unblock", id.as_str()], "go on with it")
                .when("the reason is gone"),
        ),
        _ => next.stopped("unblock", unblock),
    }
}

fn working(to: &Speaker, work: &Working) -> Next {
    let id = &work.id;
    let Some(lane) = &work.lane else {
        let say = format!("{id} is yours, and its worktree is not on this machine: work there");
        let next = Next::new(Act::Wait, say);
        return match &work.release {
            Ok(()) => next.then(
                to.laneway(Place::Repository, ["release", id.as_str()], "give it back")
                    .when("that worktree is lost"),
            ),
            Err(_) => next,
        };
    };
    let place = Place::Lane(&lane.path);
    let dir = lane.path.display();
    let mut next = if let Some(operation) = &lane.operation {
        let say = format!("end the {operation} that git is in the middle of in {dir}");
        Next::new(Act::Work, say).then(to.git(place, ["status"], "see what git waits for"))
    } else if !lane.on_branch {
        Next::new(
            Act::Work,
            format!("{dir} does not show the branch of the claim: switch back to it"),
        )
    } else if !lane.dirty.is_empty() {
        let count = lane.dirty.len();
        commit(
            to,
            lane,
            &format!("commit your work: {} changed", files(count)),
        )
    } else if lane.conflicts && lane.as_sent_back {
        let say = "your work conflicts with the target: rebase it, mend the conflicts, commit";
        Next::new(Act::Work, say.to_owned()).then(to.laneway(
            place,
            ["lane", "sync"],
            "rebase it on the target",
        ))
    } else if work.findings > 0 && lane.as_sent_back {
        let findings = work.findings;
        let say = format!("mend the findings ({findings}), then commit your work");
        commit(to, lane, &say)
    } else if lane.ahead == 0 {
        commit(to, lane, "do the work, then commit your work")
    } else {
        committed(to, work, lane)
    };
    if work.renewal_due && work.renew.is_ok() {
        let renew = to.laneway(place, ["renew", id.as_str()], "half of the lease is over");
        next.commands.insert(0, renew);
        next.commands.truncate(MOST);
    }
    next
}

fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        _ => format!("{count} files"),
    }
}

fn commit(to: &Speaker, lane: &LaneSeen, say: &str) -> Next {
    let place = Place::Lane(&lane.path);
    let say = format!("{say}, in {}", lane.path.display());
    Next::new(Act::Work, say)
        .then(to.git(place, ["add", "--all"], "take in what you changed"))
        .then(
            to.git(place, ["commit"], "commit your work")
                .fill("-m", "MESSAGE"),
        )
}

/// The work is committed and the lane is clean but for files that git does not track.
fn committed(to: &Speaker, work: &Working, lane: &LaneSeen) -> Next {
    let place = Place::Lane(&lane.path);
    if let Some(failed) = work.checks.iter().find(|one| one.passed == Some(false)) {
        let say = format!(
            "the check `{}` failed on this content: mend it, commit your work",
            failed.command
        );
        return commit(to, lane, &say);
    }
    let open: Vec<&CheckOwed> = work.checks.iter().filter(|c| c.passed.is_none()).collect();
    let untrusted = open.iter().filter(|check| !check.trusted).count();
    let mut next = Next::new(Act::Run, "hand your work off".to_owned());
    if !open.is_empty() && untrusted == 0 && work.check.is_ok() {
        if lane.untracked > 0 {
            let say = format!("commit your work: {} not tracked", files(lane.untracked));
            return commit(to, lane, &say);
        }
        next = Next::new(
            Act::Run,
            "run the checks, then hand your work off".to_owned(),
        )
        .then(to.laneway(place, ["check"], "the checks have not run on this content"));
    } else if untrusted > 0 {
        let say = "hand your work off; its checks are not trusted on this machine: a person reads \
                   them and runs `laneway trust`";
        next = Next::new(Act::Run, say);
        if work.person && !(work.proof_runs && work.handoff.is_ok()) {
            let trust = to.laneway(place, ["trust"], "let the checks run on this machine");
            next = next.then(trust.when("you have read the checks"));
        }
    }
    match &work.handoff {
        Ok(()) if work.proof_runs => proving(to, work, place, next),
        Ok(()) => next.then(handing_off(to, place, &work.owes)),
        Err(unmet) if high_risk::only(unmet) => high_risk::show(to, work, place, next, unmet),
        Err(unmet) if unmet.iter().any(|unmet| unmet.gate == "co-edited") => {
            Next::new(Act::Run, "rebase your work on the target first")
                .then(to.laneway(place, ["lane", "sync"], "rebase it on the target"))
                .stopped("handoff", &work.handoff)
        }
        // A check may be what is missing; else the work itself has to change.
        Err(_) if !next.commands.is_empty() => next.stopped("handoff", &work.handoff),
        Err(_) => commit(
            to,
            lane,
            "mend what stands against the handoff, commit your work",
        )
        .stopped("handoff", &work.handoff),
    }
}

fn handing_off(to: &Speaker, place: Place<'_>, owes: &[Field]) -> Command {
    let command = to.laneway(place, ["handoff"], "submit it and free the lane");
    let fill = |command: Command, field: &Field| command.fill(field.flag, field.placeholder);
    owes.iter().fold(command, fill)
}

/// The handoff of a defect, which runs its proof: only what a person trusts runs here.
fn proving(to: &Speaker, work: &Working, place: Place<'_>, next: Next) -> Next {
    let id = &work.id;
    let handoff = handing_off(to, place, &work.owes);
    let not_run = handing_off(to, place, &work.owes)
        .fill(NOT_RUN.flag, NOT_RUN.placeholder)
        .when("the proof cannot be run here; the reviewer is told why");
    if work.person {
        let trust = to
            .laneway(place, ["trust"], "let the proof, and the checks, run here")
            .fill("--command", "COMMAND")
            .when("you have read them");
        let handoff = handoff.when("its proof is trusted here");
        return next.then(trust).then(handoff).then(not_run);
    }
    let when = format!("a person has run laneway trust {id} --command COMMAND for its proof");
    next.then(handoff.when(when)).then(not_run)
}

fn in_review(to: &Speaker, situation: &Situation) -> Next {
    let Situation::InReview {
        work,
        mine,
        untrusted,
        leave,
        person,
        remote,
    } = situation
    else {
        return Next::new(Act::Wait, String::new());
    };
    let id = &work.id;
    if !work.here {
        let next = Next::new(
            Act::Run,
            format!("the handed-off commit of {id} is not here"),
        );
        return match remote {
            Some(remote) => {
                let spec = "refs/laneway/work/*:refs/laneway/work/*";
                let words = ["fetch", remote.as_str(), spec];
                next.then(to.git(Place::Repository, words, "bring the work that was saved"))
            }
            None => Next {
                act: Act::Wait,
                ..next
            },
        };
    }
    if !mine && work.review {
        let say = format!("{id} of {} waits for your review", work.by);
        return Next::new(Act::Run, say)
            .then(reviewing(to, id, true))
            .then(reviewing(to, id, false))
            .stopped("merge", &work.merge);
    }
    if *leave {
        let say = format!("{id} is in review; {} lands it", work.by);
        return Next::new(Act::Wait, say).stopped("merge", &work.merge);
    }
    match &work.merge {
        Ok(()) if untrusted.is_empty() => {
            Next::new(Act::Run, format!("{id} may land")).then(merging(to, work))
        }
        Ok(()) => {
            let say = format!(
                "{id} may land once its checks are trusted on this machine: a person reads them \
                 and runs `laneway trust {id}`"
            );
            let next = Next::new(Act::Wait, say);
            if *person {
                let words = ["trust", id.as_str()];
                let trust = to.laneway(Place::Repository, words, "let its checks run here");
                next.then(trust.when("you have read the checks"))
            } else {
                next
            }
        }
        Err(unmet) if *mine && only_late(unmet) => {
            let say = format!("{id} has to be rebased first: a merge sends it back to its lane");
            Next::new(Act::Run, say)
                .then(merging(to, work))
                .stopped("merge", &work.merge)
        }
        Err(_) => Next::new(Act::Wait, format!("{id} is in review and cannot land yet"))
            .stopped("merge", &work.merge),
    }
}

/// Nothing stands against a merge but that the work has to be rebased first.
fn only_late(unmet: &[Unmet]) -> bool {
    !unmet.is_empty() && unmet.iter().all(|unmet| unmet.gate == "co-edited")
}

/// The merge of a submission.
#[must_use]
pub fn merging(to: &Speaker, work: &Submitted) -> Command {
    let why = if work.conflict.is_empty() {
        format!("{} may land", work.id)
    } else {
        format!(
            "{} conflicts with the target: this sends it back to its lane",
            work.id
        )
    };
    let epoch = work.epoch.map(|epoch| epoch.to_string());
    let words = ["merge", work.id.as_str()];
    let shown = epoch.iter().flat_map(|epoch| ["--epoch", epoch.as_str()]);
    to.laneway(Place::Repository, words.into_iter().chain(shown), why)
}

/// The review of a submission, by what was found.
#[must_use]
pub fn reviewing(to: &Speaker, id: &TaskId, good: bool) -> Command {
    let id = id.as_str();
    let at = Place::Repository;
    if good {
        let words = ["review", id, "--verdict", "accept", "--no-findings"];
        to.laneway(at, words, format!("let {id} land"))
            .when("you read it and found nothing")
    } else {
        let words = ["review", id, "--verdict", "revise"];
        to.laneway(at, words, format!("send {id} back with what you found"))
            .fill("--finding", "SEVERITY:FILE:TEXT")
            .when("you found something")
    }
}
