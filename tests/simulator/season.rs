//! Many seeds on two threads. The first that fails is made smaller and told with its trace.
//!
//! `LANEWAY_SOAK=1` plays the long season; `LANEWAY_SEED=7` plays one seed and prints it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::history::Outcome;
use crate::template::Templates;
use crate::weather::Weather;
use crate::world::{Report, run};

/// Threads that play seeds.
const THREADS: usize = 2;
/// Seeds that show what a season is like.
const ENOUGH: u64 = 200;

/// What came of many seeds.
#[derive(Default)]
pub struct Season {
    /// Seeds that were played.
    pub seeds: u64,
    /// The smallest weather that failed.
    pub failed: Option<String>,
    /// Whether it goes on after a failure.
    long: bool,
    failures: Vec<(u64, String)>,
    time: Duration,
    commits: usize,
    calls: usize,
    done: usize,
    refused: usize,
    unknown: usize,
    deaths: usize,
    lost: usize,
    gates: BTreeMap<&'static str, usize>,
}

impl fmt::Display for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds in {:.1} s: {} commits, {} calls ({} done, {} refused, {} unknown), {} deaths, {} faults",
            self.seeds,
            self.time.as_secs_f64(),
            self.commits,
            self.calls,
            self.done,
            self.refused,
            self.unknown,
            self.deaths,
            self.lost
        )
    }
}

impl Season {
    /// Plays as many seeds as the environment asks for: the first number, or in a long run the
    /// second.
    pub fn of(test: &str, numbers: (u64, u64), weather: fn(u64) -> Weather) -> Self {
        if let Some(seed) = asked("LANEWAY_SEED") {
            return Self::alone(seed, &weather(seed));
        }
        let soak = asked("LANEWAY_SOAK").is_some_and(|value| value > 0);
        let count = if soak { numbers.1 } else { numbers.0 };
        let start = Instant::now();
        let templates = Templates::new();
        let season = Mutex::new(Self {
            long: soak,
            ..Self::default()
        });
        let next = AtomicU64::new(1);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    while season.lock().unwrap().goes_on() {
                        let seed = next.fetch_add(1, Ordering::SeqCst);
                        if seed > count {
                            break;
                        }
                        let report = run(&templates, seed, &weather(seed));
                        season.lock().unwrap().add(&report);
                    }
                });
            }
        });
        let mut season = season.into_inner().unwrap();
        season.time = start.elapsed();
        season.failures.sort();
        if let Some((seed, _)) = season.failures.first() {
            let report = smaller(&templates, *seed, &weather(*seed));
            let all = season.failures.iter();
            let all: Vec<String> = all
                .map(|(seed, wrong)| format!("{seed}: {wrong}"))
                .collect();
            season.failed = Some(format!(
                "{report}\nall that failed:\n{}\n\nrepeat it: LANEWAY_SEED={seed} cargo test \
                 --locked --test simulator {test}",
                all.join("\n")
            ));
        }
        season
    }

    /// One seed, printed.
    fn alone(seed: u64, weather: &Weather) -> Self {
        let report = run(&Templates::new(), seed, weather);
        // Straight to the stream: it is asked for, whatever the harness swallows.
        drop(std::io::stderr().write_all(report.to_string().as_bytes()));
        let mut season = Self::default();
        season.add(&report);
        season.failed = report.wrong;
        season
    }

    fn goes_on(&self) -> bool {
        self.failures.is_empty() || self.long
    }

    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.commits += report.commits;
        self.calls += report.calls.len();
        self.done += report.count(|outcome| matches!(outcome, Outcome::Done(_)));
        self.refused += report.count(|outcome| matches!(outcome, Outcome::Refused(_)));
        self.unknown += report.count(|outcome| matches!(outcome, Outcome::Unknown));
        for call in &report.calls {
            if let Outcome::Refused(gates) = &call.outcome {
                for gate in gates {
                    *self.gates.entry(gate).or_default() += 1;
                }
            }
        }
        let lines = |what: &str| {
            report
                .trace
                .iter()
                .filter(|line| line.contains(what))
                .count()
        };
        self.deaths += lines("dies at");
        self.lost += lines("push of");
        if let Some(wrong) = &report.wrong {
            self.failures.push((report.seed, wrong.clone()));
        }
    }

    /// It must have gone well, and this gate must have refused somebody.
    pub fn assert_kept_by(&self, gate: &str) {
        assert!(
            self.failed.is_none(),
            "{}",
            self.failed.as_deref().unwrap_or_default()
        );
        assert!(
            self.seeds == 1 || self.gates.contains_key(gate),
            "{:?}",
            self.gates
        );
    }

    /// A season in which nothing happens shows nothing.
    pub fn assert_lively(&self) {
        if self.seeds < ENOUGH {
            return;
        }
        let seeds = usize::try_from(self.seeds).unwrap_or(0);
        assert!(self.done > 4 * seeds, "{self}");
        assert!(self.refused > seeds, "{self}");
        assert!(self.unknown > seeds / 50, "{self}");
        assert!(self.deaths > seeds / 20 && self.lost > seeds / 5, "{self}");
    }
}

/// The weather with as little in it as still fails.
fn smaller(templates: &Templates, seed: u64, weather: &Weather) -> Report {
    let mut best = run(templates, seed, weather);
    let reductions: [fn(&mut Weather); 7] = [
        |weather| weather.crashes = 0,
        |weather| weather.freezes = 0,
        |weather| weather.faults = 0,
        |weather| weather.jumps = 0,
        |weather| weather.skews.iter_mut().for_each(|skew| *skew = 0),
        |weather| weather.operations = 1,
        |weather| weather.clients.truncate(2),
    ];
    for reduce in reductions {
        let mut less = best.weather.clone();
        reduce(&mut less);
        let report = run(templates, seed, &less);
        if report.wrong.is_some() {
            best = report;
        }
    }
    best
}

/// A number from the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told how long to run"
)]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
