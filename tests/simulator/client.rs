//! A client: a person's or agent's process that asks, is told, dies, and asks again with the same
//! request id, as its journal tells it to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use laneway::domain::id::{RequestId, TaskId};
use laneway::domain::request::{Actor, ClaimWish, HandoffWish, Request, Verb};
use laneway::domain::state::Epoch;
use laneway::env::Env;
use laneway::git::Repo;
use laneway::ledger::{DEFAULT_BRANCH, Ledger, LedgerError, Publisher, Receipt, authority, sight};

use crate::authority::{Here, Hub, There};
use crate::dice::Dice;
use crate::history::{Action, After, Call, Outcome};
use crate::schedule::{Halt, crashed};
use crate::seams::Seams;
use crate::template::{DONE, OPEN, Template};
use crate::weather::{Breakage, Weather};

/// Tries of one request before its client gives up.
const MOST_TRIES: u32 = 5;
/// How long the real authorities may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A machine, as a client sees it.
#[derive(Clone)]
pub struct Machine {
    /// Its name.
    pub host: String,
    /// Its repository.
    pub repo: Repo,
}

/// What all clients of a seed share.
pub struct Common {
    /// What the seed began with.
    pub template: Template,
    /// The remote, where one decides.
    pub hub: Option<Arc<Mutex<Hub>>>,
    /// What is broken on purpose.
    pub broken: Option<Breakage>,
    /// Tasks to go for.
    pub tasks: Vec<TaskId>,
    /// What was asked and told.
    pub calls: Mutex<Vec<Call>>,
}

/// A client.
pub struct Client {
    /// Its seams.
    pub seams: Seams,
    /// Its machine.
    pub machine: Machine,
    /// What it shares.
    pub common: Arc<Common>,
    /// Its name.
    pub agent: String,
    /// Operations that are left.
    pub left: u64,
    /// Whether one process serves all its operations.
    pub serves: bool,
    /// Claims it believes in, or once did.
    pub held: Vec<(TaskId, u32)>,
    /// What it asks at the moment: its journal.
    pub job: Option<Job>,
    /// What it has come to.
    pub stage: Stage,
}

/// How far a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It goes about its operations.
    Work,
    /// It shows that it can still do something.
    Proof,
    /// It has shown it.
    End,
}

/// One request that is under way.
pub struct Job {
    id: RequestId,
    verb: Verb,
    action: Action,
    epoch: Option<u32>,
    since: u64,
    at: Option<(i64, i64)>,
    tries: u32,
    /// An earlier try may have been carried out.
    unknown: bool,
}

impl Client {
    /// Lives, dies and comes back until its work is done.
    pub fn run(mut self) {
        self.seams.schedule.enter(self.seams.actor);
        while self.stage != Stage::End {
            let pid = self.seams.schedule.born();
            let lived = catch_unwind(AssertUnwindSafe(|| self.live(pid)));
            self.seams.schedule.dead(pid);
            if let Err(payload) = lived {
                if payload.is::<Halt>() {
                    break;
                }
                let died = catch_unwind(AssertUnwindSafe(|| crashed(payload)));
                if died.is_err() {
                    let wrong = format!("{} panicked", self.agent);
                    self.seams.schedule.fail(wrong);
                    break;
                }
                self.comes_back();
            }
        }
        self.seams.schedule.leave(self.seams.actor);
    }

    /// After a death: the journal knows that the request may have been carried out.
    fn comes_back(&mut self) {
        if let Some(job) = &mut self.job {
            job.unknown = true;
        }
    }

    /// One process, from its start to its end.
    fn live(&mut self, pid: u32) {
        let dir = self.machine.repo.common_dir();
        let env = self.seams.env(&dir, &self.machine.host, pid);
        let marker = self.common.template.marker.clone();
        let ledger = Ledger::unborn(self.machine.repo.clone(), &env, marker);
        let publisher = Publisher::under(&ledger, self.authority(&ledger));
        if self.job.is_some() {
            self.seams.pause("comes back", self.while_away());
            self.go_on(&publisher, &env);
            if !self.serves {
                return;
            }
        }
        loop {
            match self.stage {
                Stage::Work if self.left == 0 => {
                    self.seams.schedule.meet(self.seams.actor);
                    self.stage = Stage::Proof;
                }
                Stage::Work => {
                    self.left -= 1;
                    self.think();
                    self.job = Some(self.next_job(&env));
                    self.go_on(&publisher, &env);
                }
                Stage::Proof => {
                    self.job = Some(self.proof(&env));
                    self.go_on(&publisher, &env);
                    self.stage = Stage::End;
                }
                Stage::End => {}
            }
            if self.stage == Stage::End || !self.serves {
                return;
            }
        }
    }

    fn authority(&self, ledger: &Ledger) -> Box<dyn authority::Authority> {
        let seams = self.seams.clone();
        match &self.common.hub {
            None => Box::new(Here {
                real: authority::of(ledger, LIMIT),
                seams,
            }),
            Some(hub) => Box::new(There {
                hub: hub.clone(),
                seams,
                broken: self.common.broken,
            }),
        }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Dice, &mut Weather) -> T) -> T {
        self.seams.schedule.draw(draw)
    }

    /// The pause between two operations: mostly none, sometimes longer than a lease.
    fn think(&self) {
        let (time, jump) = self.draw(|dice, weather| {
            let time = match dice.below(20) {
                0 => 700 + dice.below(900),
                1 | 2 => 30 + dice.below(500),
                _ => 0,
            };
            let jumps = weather.jumps > 0 && dice.happens(weather.jump_chance);
            weather.jumps -= u32::from(jumps);
            let jump = jumps.then(|| *dice.pick(&[-86_400, -700, -70, 70, 700, 86_400]));
            let short = Duration::from_micros(dice.below(3_000));
            (Duration::from_secs(time) + short, jump)
        });
        if let Some(seconds) = jump {
            self.seams.say(&format!(
                "the clock of {} jumps by {seconds} s",
                self.machine.host
            ));
            self.seams.wall.jump(seconds);
        }
        self.seams.pause("thinks", time);
    }

    fn while_away(&self) -> Duration {
        self.draw(|dice, _| Duration::from_millis(*dice.pick(&[0, 1, 20, 3_000, 800_000])))
    }

    fn job(&self, env: &Env, verb: Verb, action: Action, epoch: Option<u32>) -> Job {
        Job {
            id: env.request_id(),
            verb,
            action,
            epoch,
            since: self.seams.schedule.tick(),
            at: None,
            tries: 0,
            unknown: false,
        }
    }

    fn next_job(&self, env: &Env) -> Job {
        let (dice, any) = self.draw(|dice, _| {
            let any = dice.pick(&self.common.tasks).clone();
            (dice.below(100), any)
        });
        let held = self.draw(|dice, _| match self.held.is_empty() {
            true => None,
            false => Some(dice.pick(&self.held).clone()),
        });
        let reopens = self.draw(|_, weather| weather.reopens);
        let (verb, action, epoch) = match held {
            _ if reopens && dice % 3 == 0 => self.go_for(any, 19),
            Some((task, epoch)) if dice < 80 => self.write(task, epoch, dice),
            _ => self.go_for(any, dice % 20),
        };
        self.job(env, verb, action, epoch)
    }

    /// A write of a holder, who may not be one any more.
    fn write(&self, task: TaskId, epoch: u32, dice: u64) -> (Verb, Action, Option<u32>) {
        let reason = || "because".to_owned();
        let (verb, action) = match dice {
            0..15 => {
                let tasks = vec![(task, Epoch(epoch))];
                (Verb::Renew { tasks }, Action::Renew)
            }
            15..30 => {
                let text = format!("a remark of {}", self.agent);
                (
                    Verb::Note {
                        task,
                        text,
                        resolution: false,
                    },
                    Action::Note,
                )
            }
            30..48 => {
                let verb = Verb::Release {
                    task,
                    force: false,
                    reason: None,
                    saved: None,
                };
                (verb, Action::Release)
            }
            48..58 => {
                let verb = Verb::Block {
                    task,
                    reason: reason(),
                    by: None,
                    saved: None,
                };
                (verb, Action::Block)
            }
            58..68 => (Verb::Unblock { task }, Action::Unblock),
            68..74 => {
                let verb = Verb::Handoff {
                    task,
                    handoff: HandoffWish::new(self.common.template.target, "nothing"),
                };
                (verb, Action::Handoff)
            }
            _ => {
                let verb = Verb::Complete {
                    task,
                    commit: self.common.template.target,
                    on_my_word: true,
                };
                (verb, Action::Complete)
            }
        };
        (verb, action, Some(epoch))
    }

    /// What one does who holds nothing.
    fn go_for(&self, task: TaskId, dice: u64) -> (Verb, Action, Option<u32>) {
        let claim = |task| {
            Verb::Claim(ClaimWish {
                task,
                ..ClaimWish::default()
            })
        };
        let (verb, action) = match dice {
            0..10 => (claim(Some(task)), Action::Claim),
            10..14 => (claim(None), Action::Claim),
            14..16 => {
                let text = format!("a question of {}", self.agent);
                (
                    Verb::Note {
                        task,
                        text,
                        resolution: false,
                    },
                    Action::Note,
                )
            }
            16..18 => (Verb::Expire { trust_clock: false }, Action::Expire),
            _ => {
                let verb = Verb::Reopen {
                    task: DONE.parse().expect("an id"),
                    reason: "not good enough".to_owned(),
                };
                (verb, Action::Reopen)
            }
        };
        (verb, action, None)
    }

    /// What must succeed once all faults have ended.
    fn proof(&self, env: &Env) -> Job {
        let verb = Verb::Note {
            task: OPEN[0].parse().expect("an id"),
            text: format!("{} is still there", self.agent),
            resolution: false,
        };
        self.job(env, verb, Action::Note, None)
    }

    /// Tries the request in the journal until something is known or patience ends.
    fn go_on(&mut self, publisher: &Publisher<'_>, env: &Env) {
        while let Some(mut job) = self.job.take() {
            let now = env.now().seconds();
            job.at = Some(job.at.map_or((now, now), |(a, b)| (a.min(now), b.max(now))));
            job.tries += 1;
            let request = self.request(&job, env);
            let again = job.tries > 1;
            self.seams.say(&format!(
                "asks {:?} {} ({})",
                job.action,
                named(&job.verb),
                job.id
            ));
            *self.seams.asking.lock().unwrap() = job.id.to_string();
            self.job = Some(job);
            let answer = carry_out(publisher, &request, again);
            self.seams.waiting.lock().unwrap().gone(request.id.as_str());
            let Some(mut job) = self.job.take() else {
                return;
            };
            self.hear(&job, &answer);
            let outcome = outcome(&request, answer);
            match outcome {
                Outcome::Unknown | Outcome::Failed if self.patient(&job) => {
                    job.unknown |= outcome == Outcome::Unknown;
                    self.job = Some(job);
                    if !self.serves {
                        return;
                    }
                    self.seams.pause("tries again", self.while_away());
                }
                outcome => self.record(job, outcome),
            }
        }
    }

    fn patient(&self, job: &Job) -> bool {
        job.tries < MOST_TRIES && self.draw(|dice, _| dice.happens(750))
    }

    fn request(&self, job: &Job, env: &Env) -> Request {
        Request {
            id: job.id.clone(),
            at: env.now(),
            actor: Actor {
                agent: self.agent.parse().expect("a name"),
                host: self.machine.host.clone(),
                epoch: job.epoch.map(Epoch),
                clock_jump: self.clock_jump(job, env),
            },
            verb: job.verb.clone(),
        }
    }

    /// As every verb that judges expiry does it.
    fn clock_jump(&self, job: &Job, env: &Env) -> Option<i64> {
        let ledger = env.dir.join("laneway").join(DEFAULT_BRANCH);
        match job.action {
            Action::Claim | Action::Expire => sight::clock_jump(env, &ledger, false),
            _ => None,
        }
    }

    /// What is told is traced; where nothing is broken, only a refusal is an error.
    fn hear(&self, job: &Job, answer: &Result<Receipt, LedgerError>) {
        let told = match answer {
            Ok(_) => "done".to_owned(),
            Err(error) => error.to_string(),
        };
        self.seams.say(&format!("is told about {}: {told}", job.id));
        let expected = match (answer, self.stage) {
            (Ok(_), _) => true,
            (Err(LedgerError::Refused(_)), Stage::Work) => true,
            (Err(_), Stage::Work) => !self.draw(|_, weather| weather.was_fair),
            (Err(_), _) => false,
        };
        if !expected {
            let wrong = format!(
                "{} gets no answer although nothing is broken: {told}",
                self.agent
            );
            self.seams.schedule.fail(wrong);
        }
    }

    fn record(&mut self, job: Job, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Refused(_) | Outcome::Failed if job.unknown => Outcome::Unknown,
            outcome => outcome,
        };
        let end = match outcome {
            Outcome::Unknown => u64::MAX,
            _ => self.seams.schedule.tick(),
        };
        if let (Action::Claim, Outcome::Done(tasks)) = (&job.action, &outcome) {
            self.held.extend(
                tasks
                    .iter()
                    .map(|(task, after)| (task.clone(), after.epoch)),
            );
        }
        self.common.calls.lock().unwrap().push(Call {
            agent: self.agent.clone(),
            id: job.id,
            action: job.action,
            task: match &job.verb {
                Verb::Renew { tasks } => tasks.first().map(|(task, _)| task.clone()),
                verb => verb.task().cloned(),
            },
            epoch: job.epoch,
            at: job.at.unwrap_or_default(),
            between: (job.since, end),
            outcome,
        });
    }
}

fn named(verb: &Verb) -> String {
    verb.task().map_or("-".to_owned(), ToString::to_string)
}

/// As every mutating verb does it: a repeated request looks first whether it was carried out.
fn carry_out(
    publisher: &Publisher<'_>,
    request: &Request,
    again: bool,
) -> Result<Receipt, LedgerError> {
    if again {
        publisher.submit_again(request)
    } else {
        publisher.submit(request)
    }
}

fn outcome(request: &Request, answer: Result<Receipt, LedgerError>) -> Outcome {
    match answer {
        Ok(receipt) => Outcome::Done(changed(request, &receipt)),
        Err(LedgerError::Refused(refusal)) => {
            let unmet = refusal.unmet.iter().filter(|unmet| !unmet.warning);
            Outcome::Refused(unmet.map(|unmet| unmet.gate).collect())
        }
        Err(LedgerError::Unreachable { .. } | LedgerError::RemoteRefused { .. }) => Outcome::Failed,
        Err(_) => Outcome::Unknown,
    }
}

/// The tasks that a request has changed, now or when it was carried out before.
fn changed(request: &Request, receipt: &Receipt) -> Vec<(TaskId, After)> {
    if receipt.change.is_empty() {
        let mut states = receipt.before.states.iter();
        let claimed = states.find_map(|(task, state)| {
            let claim = state.claim().filter(|claim| claim.id == request.id)?;
            let after = After {
                status: "in_progress",
                epoch: state.epoch.0,
            };
            Some((task.clone(), after)).filter(|_| claim.agent == request.actor.agent)
        });
        return claimed.into_iter().collect();
    }
    let states = receipt.change.states.iter();
    let after = states.map(|change| {
        let after = After {
            status: change.state.status().word(),
            epoch: change.state.epoch.0,
        };
        (change.task.clone(), after)
    });
    after.collect()
}
