use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Look, command, detail, disk, env, http, tcp, tool};
use crate::domain::workstation::{Probe, ProbeKind, ProbeResult};
use crate::process::Runner;

/// How long past its limit a probe may take to end what it started.
const GRACE: Duration = Duration::from_millis(1500);

/// Where probes look, and what they may run.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The machine's environment.
    pub vars: BTreeMap<OsString, OsString>,
    /// What tools and commands see of it.
    pub shown: BTreeMap<OsString, OsString>,
    /// The root of the worktree: where commands run, and relative paths begin.
    pub dir: PathBuf,
    /// The directories of the repository, without links: no tool of the machine lies there.
    pub repository: Vec<PathBuf>,
    /// The commands that may run.
    pub trusted: BTreeSet<String>,
    /// What to run so that a command may run, for its detail.
    pub how_to_trust: String,
}

impl Scene {
    /// Starts tools and commands; what does not end at its limit is ended soon after.
    pub(super) fn runner(&self) -> Runner {
        Runner::new(self.shown.clone()).with_grace(Duration::from_millis(200))
    }
}

/// Runs all probes at once; one result each, in their order. Takes about as long as the slowest
/// one, and never longer than the longest limit and a moment.
#[must_use]
pub fn run(probes: &[Probe], scene: &Scene) -> Vec<ProbeResult> {
    let started = Instant::now();
    let (send, receive) = channel();
    for (at, probe) in probes.iter().enumerate() {
        start(at, probe, scene, &send);
    }
    drop(send);
    let mut results: Vec<Option<ProbeResult>> = vec![None; probes.len()];
    let last = probes.iter().map(limit).max().unwrap_or_default();
    let deadline = started + last + GRACE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match receive.recv_timeout(left) {
            Ok((at, result)) => results[at] = Some(result),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    let results = probes.iter().zip(results);
    results
        .map(|(probe, result)| result.unwrap_or_else(|| unanswered(probe, started)))
        .collect()
}

fn limit(probe: &Probe) -> Duration {
    Duration::from_secs(u64::from(probe.limit().seconds()))
}

/// Starts one probe. Nobody joins it: one that the kernel holds must not hold the claim.
fn start(at: usize, probe: &Probe, scene: &Scene, send: &Sender<(usize, ProbeResult)>) {
    let (probe, scene, send) = (probe.clone(), scene.clone(), send.clone());
    // Where no thread is to be had, the sender goes, and the probe is unanswered.
    drop(thread::Builder::new().spawn(move || {
        let started = Instant::now();
        let look = look(&probe.kind, limit(&probe), &scene);
        drop(send.send((at, result(&probe, look, started))));
    }));
}

fn look(kind: &ProbeKind, limit: Duration, scene: &Scene) -> Look {
    match kind {
        ProbeKind::Tool { tool, version } => tool::look(tool, version.as_deref(), limit, scene),
        ProbeKind::Http { url, json } => http::look(url, json, limit),
        ProbeKind::DiskFree { bytes, path } => disk::look(*bytes, &scene.dir.join(path)),
        ProbeKind::Tcp(address) => tcp::look(address, limit),
        ProbeKind::Env(name) => env::look(name, &scene.vars),
        ProbeKind::Command(command) => command::look(command, limit, scene),
    }
}

fn result(probe: &Probe, look: Look, started: Instant) -> ProbeResult {
    let (ready, seen) = match look {
        Ok(seen) => (true, seen),
        Err(fact) => (false, fact),
    };
    ProbeResult {
        name: probe.name.clone(),
        ready,
        detail: detail::line(&seen),
        millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// It took longer than its limit, or broke off: a no either way.
fn unanswered(probe: &Probe, started: Instant) -> ProbeResult {
    let fact = if started.elapsed() < limit(probe) {
        "the probe broke off".to_owned()
    } else {
        detail::too_late(limit(probe))
    };
    result(probe, Err(fact), started)
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::domain::time::Span;

    pub(crate) fn scene() -> Scene {
        let vars = crate::process::testing::runner().environment().clone();
        Scene {
            shown: vars.clone(),
            vars,
            dir: std::env::temp_dir(),
            repository: Vec::new(),
            trusted: BTreeSet::new(),
            how_to_trust: "laneway trust --workstation ws-1".to_owned(),
        }
    }

    fn probe(name: &str, kind: ProbeKind, seconds: u32) -> Probe {
        Probe {
            name: name.to_owned(),
            kind,
            timeout: Some(Span::from_seconds(seconds)),
        }
    }

    fn command(text: &str) -> ProbeKind {
        ProbeKind::Command(text.to_owned())
    }

    #[test]
    fn twenty_probes_take_about_as_long_as_one() {
        let mut scene = scene();
        scene.trusted.insert("sleep 0.3".to_owned());
        let all: Vec<Probe> = (0..20)
            .map(|n| probe(&format!("p{n}"), command("sleep 0.3"), 10))
            .collect();
        let time = |probes: &[Probe]| {
            let started = Instant::now();
            let results = run(probes, &scene);
            assert!(results.iter().all(|result| result.ready), "{results:?}");
            (started.elapsed(), results)
        };
        let (one, _) = time(&all[..1]);
        let (twenty, results) = time(&all);
        assert!(twenty < one * 5, "{twenty:?} against {one:?}");
        let names: Vec<&str> = results.iter().map(|result| result.name.as_str()).collect();
        let expected: Vec<&str> = all.iter().map(|probe| probe.name.as_str()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn each_probe_has_its_own_limit_and_a_silent_one_is_a_no() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/health", silent.local_addr().unwrap());
        let mut scene = scene();
        scene.trusted.insert("sleep 60".to_owned());
        let http = ProbeKind::Http {
            url,
            json: BTreeMap::new(),
        };
        let probes = [
            probe("http", http, 1),
            probe("command", command("sleep 60"), 1),
            probe("home", ProbeKind::Env("PATH".to_owned()), 1),
        ];
        let started = Instant::now();
        let results = run(&probes, &scene);
        assert!(started.elapsed() < Duration::from_secs(20));
        let facts: Vec<(bool, &str)> = results
            .iter()
            .map(|result| (result.ready, result.detail.as_str()))
            .collect();
        let late = (false, "no answer within 1 s");
        assert_eq!(facts, [late, late, (true, "PATH is set")]);
    }

    #[test]
    fn nothing_to_probe_is_nothing_to_wait_for() {
        assert_eq!(run(&[], &scene()), Vec::new());
    }
}
