//! Without a task: what may land, what waits for a review, what can start; or why nothing is.

use super::rehearsal::Rehearsal;
use super::scoping;
use super::steps::{self, Act, Next, Situation};
use super::{BriefOptions, Place, Speaker, Who, task};
use crate::domain::id::TaskId;
use crate::domain::ready::{self, Asker, Filter};
use crate::domain::request::{ClaimWish, Verb};
use crate::domain::state::{Standing, Status};
use crate::domain::time::Timestamp;
use crate::ops::OpError;
use crate::ops::merge::order;

/// Most submissions that are looked at; each is replayed onto the target.
const SUBMISSIONS: usize = 12;
/// Most ready tasks that are told.
const READY: usize = 5;

/// A task that can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyTask {
    /// Which.
    pub id: TaskId,
    /// One line.
    pub title: String,
    /// 1 is highest.
    pub priority: u8,
}

/// What there is to do.
#[derive(Debug, Clone, Default)]
pub struct QueueBrief {
    /// What can start, first come first.
    pub ready: Vec<ReadyTask>,
    /// What the one who asks could take at once; none: nothing.
    pub claim: Option<TaskId>,
    /// Why nothing can be claimed.
    pub nothing: Option<String>,
    /// Work of others that waits for a review of the one who asks.
    pub reviews: Vec<TaskId>,
    /// Claims of others whose scope waits for the go of the one who asks (G4).
    pub scopes: Vec<TaskId>,
    /// Work that the one who asks may land now.
    pub merges: Vec<TaskId>,
    /// One's own work that waits, with what for.
    pub waiting: Vec<(TaskId, Status, String)>,
    /// When something changes by itself: a lease ends, or a task may start.
    pub again: Option<Timestamp>,
    /// Submissions that were not looked at.
    pub unseen: usize,
    /// Submissions whose commit is not in this repository.
    pub away: usize,
}

/// Looks at the queue and says what comes next.
pub(super) fn brief(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    who: &Who,
    options: &BriefOptions,
) -> Result<(QueueBrief, Next), OpError> {
    let mut told = QueueBrief::default();
    let (mut merges, mut reviews) = (Vec::new(), Vec::new());
    submissions(asking, to, who, options, &mut told, |next, review| {
        let list = if review { &mut reviews } else { &mut merges };
        list.extend(next.commands);
    })?;
    blocked(asking, &mut told);
    ready(asking, options, &mut told);
    let claim = claim(asking, to, options, &mut told)?;
    let mut next = Next::new(Act::Run, String::new());
    for command in merges.into_iter().take(steps::MOST) {
        next = next.then(command);
    }
    let looked = next.commands.len();
    // A review is two commands, one for each verdict.
    for pair in reviews.chunks(2) {
        if next.commands.len() + pair.len() <= steps::MOST {
            next.commands.extend(pair.iter().cloned());
        }
    }
    let reviewed = next.commands.len() - looked;
    for go in scopes(asking, to, &mut told)? {
        next = next.then(go);
    }
    let scoped = next.commands.len() - looked - reviewed;
    if let Some(claim) = claim {
        next = next.then(claim);
    }
    next.say = say(&told, [looked, reviewed, scoped]);
    let idle = next.commands.is_empty();
    if idle {
        next.act = Act::Wait;
        told.again = again(asking);
    }
    if let Some(remote) = asking.site.ledger.remote() {
        let fetch = |more: Option<&str>, why: &str| {
            let words = ["fetch", remote.as_str()].into_iter().chain(more);
            let fetch = to.git(Place::Repository, words, why);
            fetch.when("you ask again")
        };
        if idle {
            next = next.then(fetch(None, "see what others did meanwhile"));
        }
        if told.away > 0 {
            let work = Some("refs/laneway/work/*:refs/laneway/work/*");
            next = next.then(fetch(work, "bring handed-off work that is not here"));
        }
    }
    Ok((told, next))
}

fn say(told: &QueueBrief, [merges, reviews, scopes]: [usize; 3]) -> String {
    if merges > 0 {
        return "land what may land, then ask again".to_owned();
    }
    if reviews > 0 {
        return "judge what waits for your review, then ask again".to_owned();
    }
    if scopes > 0 {
        return "others wait for your go, then ask again".to_owned();
    }
    match &told.claim {
        Some(id) => format!("nothing is in your hands; {id} is the next that you can take"),
        None => "nothing is to be done by you now; ask again later".to_owned(),
    }
}

fn submissions(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    who: &Who,
    options: &BriefOptions,
    told: &mut QueueBrief,
    mut found: impl FnMut(Next, bool),
) -> Result<(), OpError> {
    let snapshot = &asking.snapshot;
    let of_role = |id: &TaskId| {
        let wanted = options.role.as_ref();
        let task = snapshot.plan.get(id);
        wanted.is_none_or(|role| task.is_some_and(|task| task.role == *role))
    };
    let mine = |id: &TaskId| {
        let claim = snapshot.states.get(id).claim();
        claim.is_some_and(|claim| claim.agent == asking.agent)
    };
    // One's own first; of others' a review may be owed by any role.
    let (own, others): (Vec<TaskId>, Vec<TaskId>) = order(snapshot).into_iter().partition(mine);
    let own: Vec<TaskId> = own.into_iter().filter(of_role).collect();
    let all = own.len() + others.len();
    told.unseen = all.saturating_sub(SUBMISSIONS);
    for id in own.into_iter().chain(others).take(SUBMISSIONS) {
        let Some(situation) = task::in_review(asking, who, &id)? else {
            continue;
        };
        let next = steps::next(to, &situation);
        let Situation::InReview { mine, work, .. } = &situation else {
            continue;
        };
        if !work.here {
            told.away += 1;
            continue;
        }
        let review = !*mine && work.review;
        if next.act == Act::Run {
            let list = if review {
                &mut told.reviews
            } else {
                &mut told.merges
            };
            list.push(id);
            found(next, review);
        } else if *mine {
            let why = next.gate.map_or(next.say, |(_, unmet)| unmet.message);
            told.waiting.push((id, Status::InReview, why));
        }
    }
    Ok(())
}

/// The go for each scope that waits for it, if that of the one who asks would be taken.
fn scopes(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    told: &mut QueueBrief,
) -> Result<Vec<super::Command>, OpError> {
    let claims = asking.snapshot.states.in_progress();
    let waiting = claims.filter(|(_, state, claim)| {
        state.status() == Status::AwaitingScope && claim.agent != asking.agent
    });
    let mut commands = Vec::new();
    for (id, _, claim) in waiting.take(SUBMISSIONS) {
        let scope = task::unscoped(asking, id, claim, &asking.records(id)?, None)?;
        if scope.go.is_ok() {
            commands.push(scoping::going(to, &scope));
            told.scopes.push(id.clone());
        }
    }
    Ok(commands)
}

fn blocked(asking: &Rehearsal<'_>, told: &mut QueueBrief) {
    let mut blocked: Vec<(TaskId, Status, String)> = Vec::new();
    for (id, state) in asking.snapshot.states.iter() {
        if let Standing::Blocked { claim, block } = &state.standing
            && claim.agent == asking.agent
        {
            blocked.push((id.clone(), Status::Blocked, block.reason.clone()));
        }
    }
    blocked.sort_by(|a, b| a.0.cmp(&b.0));
    told.waiting.extend(blocked);
}

fn ready(asking: &Rehearsal<'_>, options: &BriefOptions, told: &mut QueueBrief) {
    let asker = Asker {
        agent: &asking.agent,
        host: &asking.site.env.host,
    };
    let filter = Filter {
        role: options.role.as_ref(),
        lane: options.lane.as_ref(),
        asker: Some(asker),
    };
    let ready = ready::ready(&asking.snapshot, filter, asking.now).take(READY);
    told.ready = ready
        .map(|task| ReadyTask {
            id: task.id.clone(),
            title: task.title.clone(),
            priority: task.priority,
        })
        .collect();
}

/// The claim of the next task, as `claim` would choose it.
fn claim(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    options: &BriefOptions,
    told: &mut QueueBrief,
) -> Result<Option<super::Command>, OpError> {
    let wish = ClaimWish {
        role: options.role.clone().filter(|_| options.lane.is_none()),
        lane: options.lane.clone(),
        ..ClaimWish::default()
    };
    let chosen = match asking.ask(Verb::Claim(wish), None)? {
        Ok(change) => change.states.first().map(|first| first.task.clone()),
        Err(refusal) if refusal.asks_for_probes() => refusal.task,
        Err(refusal) => {
            told.nothing = refusal.unmet.first().map(|unmet| unmet.message.clone());
            None
        }
    };
    let Some(id) = chosen else {
        return Ok(None);
    };
    let title = asking.snapshot.plan.get(&id).map(|task| &task.title);
    let why = title.map_or_else(String::new, |title| format!("take it: {title}"));
    let lane = options.lane.as_ref().map(ToString::to_string);
    let mut command = steps::claiming(to, &id, why);
    if let Some(lane) = lane {
        command.argv.extend(["--lane".to_owned(), lane]);
    }
    told.claim = Some(id);
    Ok(Some(command))
}

/// The next moment at which the ledger changes without a command.
fn again(asking: &Rehearsal<'_>) -> Option<Timestamp> {
    let snapshot = &asking.snapshot;
    let skew = snapshot.rules.policy.lease.skew;
    let leases = snapshot.states.in_progress();
    let leases = leases.map(|(_, _, claim)| claim.expires_at.plus(skew));
    let starts = snapshot.plan.iter().filter_map(|task| {
        let open = snapshot.states.get(&task.id).status() == Status::Todo;
        task.not_before.filter(|_| open && !task.parked)
    });
    leases.chain(starts).filter(|at| *at > asking.now).min()
}
