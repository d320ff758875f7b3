//! One seed: machines, clients and an authority under one schedule, and the judgement at the end.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use laneway::domain::id::{ObjectId, TaskId};
use laneway::git::Repo;
use laneway::ledger::Ledger;

use crate::authority::Hub;
use crate::checker;
use crate::client::{Client, Common, Machine, Stage};
use crate::history::{Call, Outcome};
use crate::ledger;
use crate::model::Task;
use crate::schedule::Schedule;
use crate::seams::{Seams, WallClock};
use crate::template::{DONE, OPEN, Template, Templates, lay_out, move_ref, put, runner};
use crate::weather::{Decider, Weather};

/// How a seed ended.
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What it made happen.
    pub weather: Weather,
    /// What must not be, if it was.
    pub wrong: Option<String>,
    /// Every step and every answer.
    pub trace: Vec<String>,
    /// What was asked and told.
    pub calls: Vec<Call>,
    /// Number of ledger commits it made.
    pub commits: usize,
}

impl Report {
    /// Number of calls that ended so.
    pub fn count(&self, outcome: impl Fn(&Outcome) -> bool) -> usize {
        self.calls
            .iter()
            .filter(|call| outcome(&call.outcome))
            .count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = self.wrong.as_deref().unwrap_or("nothing is wrong");
        writeln!(
            f,
            "seed {}: {wrong}\n{:?}\n\ntrace:",
            self.seed, self.weather
        )?;
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "\ncalls:")?;
        for call in &self.calls {
            writeln!(f, "  {call}")?;
        }
        Ok(())
    }
}

/// Runs one seed.
pub fn run(templates: &Templates, seed: u64, weather: &Weather) -> Report {
    let home = tempfile::Builder::new()
        .prefix("seed-")
        .tempdir_in(templates.home());
    let home = home.expect("a temporary directory");
    let world = World::new(home.path(), templates.of(weather), seed, weather);
    world.play();
    let (wrong, commits) = match world.schedule.wrong() {
        Some(wrong) => (Some(wrong), 0),
        None => match world.judge(seed) {
            Ok(commits) => (None, commits),
            Err(wrong) => (Some(wrong), 0),
        },
    };
    Report {
        seed,
        weather: weather.clone(),
        wrong,
        trace: world.schedule.trace(),
        calls: std::mem::take(&mut *world.common.calls.lock().unwrap()),
        commits,
    }
}

struct World<'w> {
    weather: &'w Weather,
    schedule: Arc<Schedule>,
    machines: Vec<(Machine, Seams)>,
    common: Arc<Common>,
}

impl<'w> World<'w> {
    fn new(home: &Path, template: &Template, seed: u64, weather: &'w Weather) -> Self {
        let names = (0..weather.clients.len()).map(agent).collect();
        let schedule = Schedule::new(seed, weather.clone(), names);
        let objects = home.join("objects");
        let shared = template.dir.join("objects");
        put(
            &objects.join("info/alternates"),
            &format!("{}\n", shared.display()),
        );
        let machines = (0..weather.machines).map(|n| {
            let wall = WallClock::ahead_by(weather.skews[n]);
            machine(home, template, n, &schedule, wall)
        });
        let tasks = OPEN[..weather.tasks].iter().copied();
        let hub = Arc::new(Mutex::new(Hub::new(template.ledger)));
        let common = Common {
            template: template.clone(),
            hub: (weather.decider == Decider::Remote).then_some(hub),
            broken: weather.broken,
            tasks: tasks.chain([DONE]).map(task).collect(),
            calls: Mutex::default(),
        };
        Self {
            weather,
            machines: machines.collect(),
            common: Arc::new(common),
            schedule,
        }
    }

    /// Every client lives in a thread of its own until the end.
    fn play(&self) {
        let clients = self.weather.clients.iter().enumerate();
        let threads: Vec<_> = clients
            .map(|(n, at)| {
                let client = self.client(n, *at);
                let name = client.agent.clone();
                let thread = thread::Builder::new().name(name);
                thread.spawn(move || client.run()).expect("a thread")
            })
            .collect();
        for thread in threads {
            if thread.join().is_err() {
                self.schedule.fail("an actor panicked".to_owned());
            }
        }
    }

    fn client(&self, actor: usize, at: usize) -> Client {
        let (machine, seams) = self.machines[at].clone();
        Client {
            seams: Seams {
                actor,
                asking: Arc::default(),
                ..seams
            },
            machine,
            common: self.common.clone(),
            agent: agent(actor),
            left: self.weather.operations,
            serves: self.weather.serves,
            held: Vec::new(),
            job: None,
            stage: Stage::Work,
        }
    }

    /// Whether all that was promised is so; the number of ledger commits.
    fn judge(&self, seed: u64) -> Result<usize, String> {
        let template = &self.common.template;
        let (first, seams) = &self.machines[0];
        let env = seams.env(&first.repo.common_dir(), &first.host, 1);
        let ledger = Ledger::unborn(first.repo.clone(), &env, template.marker.clone());
        let tip = self.tip(&ledger)?;
        let told = ledger::read(&first.repo, template.ledger, tip)?;
        let calls = self.common.calls.lock().unwrap();
        ledger::agrees(&told, &calls)?;
        let tasks: Vec<TaskId> = OPEN.iter().copied().chain([DONE]).map(task).collect();
        let look = ledger::last_look(&told, &tasks, self.schedule.tick());
        let calls: Vec<Call> = calls.iter().cloned().chain(look).collect();
        for task in &tasks {
            let start = match task.as_str() {
                DONE => Task::done(),
                _ => Task::new(),
            };
            checker::check(task, &start, &calls)?;
        }
        for (machine, _) in &self.machines {
            ledger::on_the_line(&machine.repo, &ledger.tip_ref, tip)?;
        }
        if seed.is_multiple_of(8) {
            let known = first
                .repo
                .tip(&ledger.tip_ref)
                .map_err(|error| error.to_string())?;
            move_ref(&first.repo, &ledger.tip_ref, known, tip);
            ledger::replays(&ledger, template.ledger)?;
        }
        Ok(told.requests.len())
    }

    /// Where the ledger stands once everything has arrived.
    fn tip(&self, ledger: &Ledger) -> Result<ObjectId, String> {
        match &self.common.hub {
            Some(hub) => {
                let mut hub = hub.lock().unwrap();
                hub.arrive(u64::MAX);
                Ok(hub.tip)
            }
            None => {
                let tip = ledger.tip().map_err(|error| error.to_string())?;
                tip.ok_or_else(|| "the ledger is gone".to_owned())
            }
        }
    }
}

fn machine(
    home: &Path,
    template: &Template,
    n: usize,
    schedule: &Arc<Schedule>,
    wall: Arc<WallClock>,
) -> (Machine, Seams) {
    let host = format!("machine-{n}");
    let dir = home.join(&host);
    lay_out(&dir, Some(&home.join("objects")));
    let seams = Seams {
        schedule: schedule.clone(),
        actor: 0,
        wall,
        waiting: Arc::default(),
        asking: Arc::default(),
    };
    let repo = Repo::open(&dir, &runner()).expect("a repository");
    let env = seams.env(&dir, &host, 1);
    let ledger = Ledger::unborn(repo, &env, template.marker.clone());
    put(
        &dir.join(&ledger.tip_ref),
        &format!("{}\n", template.ledger),
    );
    put(
        &dir.join(&ledger.target_ref),
        &format!("{}\n", template.target),
    );
    let repo = ledger.repo;
    (Machine { host, repo }, seams)
}

fn task(id: &str) -> TaskId {
    id.parse().expect("an id")
}

fn agent(n: usize) -> String {
    format!("@c{n}")
}
