//! Named, versioned execution contexts: the workstation registry as a value.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::id::{AgentName, TaskId, TaskType, WorkstationName};
use super::state::Epoch;
use super::task::words;
use super::time::{Span, Timestamp};

/// `governance/workstations.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    /// Pattern of names, a regular expression with the groups `scope` and `suffix`.
    pub naming: Option<String>,
    /// Used in open mode when a claim names none.
    pub default: Option<WorkstationName>,
    /// How old the attestation of a licence may be; none: as old as it is.
    pub license_max_age: Option<Span>,
    /// All of them, by name.
    pub workstations: BTreeMap<WorkstationName, Workstation>,
}

/// One execution context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workstation {
    /// Raised when its definition changes.
    pub version: u32,
    /// Task types it takes; empty: any.
    pub task_types: Vec<TaskType>,
    /// Whether it takes claims.
    pub state: WorkstationState,
    /// Reusable or single use.
    pub lifecycle: WorkstationLifecycle,
    /// Host names it may run on; empty: any.
    pub hosts: Vec<String>,
    /// Most tasks in progress at once; none: no limit.
    pub wip_limit: Option<u32>,
    /// Capability names, matched with a task's `requires.tools`.
    pub capabilities: Vec<String>,
    /// Dated attestations of licences.
    pub licenses: Vec<License>,
    /// Readiness probes.
    pub probes: Vec<Probe>,
}

words! {
    /// Whether a workstation takes claims.
    WorkstationState {
        /// It does.
        Ready = "ready",
        /// Not now.
        Quarantined = "quarantined",
        /// Never again.
        Retired = "retired",
    }
}

words! {
    /// What is done to a workstation on the ledger; it takes effect at once.
    StationAct {
        /// No new claims, until somebody restores it.
        Quarantine = "quarantine",
        /// No new claims, for good.
        Retire = "retire",
        /// Claims again.
        Restore = "restore",
    }
}

words! {
    /// How often a workstation is used.
    WorkstationLifecycle {
        /// Task after task.
        Reusable = "reusable",
        /// One task, then retired.
        SingleUse = "single_use",
    }
}

/// A dated attestation that a licence is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// Name, matched with `requires.licenses`.
    pub name: String,
    /// Whether it was there.
    pub available: bool,
    /// When that was seen.
    pub attested_at: Option<Timestamp>,
    /// Who saw it.
    pub by: Option<String>,
    /// How.
    pub how: Option<String>,
}

/// A readiness probe: a name and what to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Unique within the workstation.
    pub name: String,
    /// What to look at.
    pub kind: ProbeKind,
    /// How long it may take; none: [`Probe::LIMIT`].
    pub timeout: Option<Span>,
}

impl Probe {
    /// How long a probe may take that says nothing of it.
    pub const LIMIT: Span = Span::from_seconds(10);

    /// How long it may take.
    #[must_use]
    pub fn limit(&self) -> Span {
        self.timeout.unwrap_or(Self::LIMIT)
    }
}

/// What a probe looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeKind {
    /// A program on the path, with a version requirement such as `>=1.89`.
    Tool {
        /// Program name.
        tool: String,
        /// Requirement.
        version: Option<String>,
    },
    /// An HTTP address that answers 200, with conditions on its JSON.
    Http {
        /// Address.
        url: String,
        /// Dotted path to accepted values.
        json: BTreeMap<String, Vec<String>>,
    },
    /// Free disk space in bytes at a path.
    DiskFree {
        /// Least free space, bytes.
        bytes: u64,
        /// Where.
        path: String,
    },
    /// A TCP port that accepts.
    Tcp(String),
    /// An environment variable that is set.
    Env(String),
    /// A command that exits 0; needs trust.
    Command(String),
}

impl ProbeKind {
    /// Whether what it says is true only of the host that it runs on.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tool { .. } | Self::DiskFree { .. } | Self::Env(_) | Self::Command(_) => true,
            Self::Tcp(address) => is_this_host(host_of(address)),
            Self::Http { url, .. } => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
                is_this_host(host_of(&rest[..end]))
            }
        }
    }
}

/// The host of `[user@]host[:port]`.
fn host_of(authority: &str) -> &str {
    let place = authority.rsplit_once('@').map_or(authority, |(_, at)| at);
    if let Some((host, _)) = place.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        return host;
    }
    place.rsplit_once(':').map_or(place, |(host, _)| host)
}

/// Whether a host name or address is whatever host asks. An address in numbers that does not read,
/// such as `127.1`, is taken for one.
fn is_this_host(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        let address = address.to_canonical();
        return address.is_loopback() || address.is_unspecified();
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|c: char| c.is_ascii_digit());
    name.is_empty() || is_number || last == "localhost"
}

impl std::fmt::Display for ProbeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tool {
                tool,
                version: Some(version),
            } => write!(f, "tool {tool} {version}"),
            Self::Tool {
                tool,
                version: None,
            } => write!(f, "tool {tool}"),
            Self::Http { url, json } => {
                write!(f, "http {url}")?;
                json.iter().try_for_each(|(path, wanted)| {
                    write!(f, ", {path} one of {}", wanted.join(" "))
                })
            }
            Self::DiskFree { bytes, path } => write!(f, "{bytes} bytes free at {path}"),
            Self::Tcp(address) => write!(f, "tcp {address}"),
            Self::Env(name) => write!(f, "env {name}"),
            Self::Command(command) => write!(f, "command {command}"),
        }
    }
}

/// What the probes of a workstation gave at one moment on one host: an observation that a request
/// carries. It is believed only for the version of the workstation that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Which workstation.
    pub workstation: WorkstationName,
    /// The version whose probes ran.
    pub version: u32,
    /// Where they ran.
    pub host: String,
    /// When.
    pub at: Timestamp,
    /// What each gave, in the order of the registry.
    pub probes: Vec<ProbeResult>,
}

impl Readiness {
    /// How long an observation is believed. It is made within the claim that it serves, which is
    /// over long before; a retry of that claim observes anew.
    pub const FRESH: Span = Span::from_seconds(600);

    /// Whether it was made at `now` or shortly before.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.at <= now && now <= self.at.plus(Self::FRESH)
    }

    /// The probes that are not ready.
    pub fn failed(&self) -> impl Iterator<Item = &ProbeResult> {
        self.probes.iter().filter(|probe| !probe.ready)
    }
}

/// What one probe gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult {
    /// Name of the probe.
    pub name: String,
    /// Whether what it looks at is ready. An error and the time limit are a no.
    pub ready: bool,
    /// What was seen, in one line.
    pub detail: String,
    /// Milliseconds it took.
    pub millis: u64,
}

/// What the ledger says of a workstation beside the registry; it takes effect at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StationState {
    /// Out of service, until somebody restores it.
    pub hold: Option<Hold>,
    /// The one claim that a single-use workstation was for.
    pub used: Option<Use>,
}

/// A workstation taken out of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Quarantined or retired.
    pub state: WorkstationState,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: AgentName,
    /// Since when.
    pub at: Timestamp,
}

/// The use of a single-use workstation. A higher version of it is a new workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The version that was used.
    pub version: u32,
    /// For which task.
    pub task: TaskId,
    /// Under which epoch.
    pub epoch: Epoch,
    /// When.
    pub at: Timestamp,
}

/// A registered workstation with what the ledger says of it.
#[derive(Debug, Clone, Copy)]
pub struct Station<'a> {
    /// The registry's entry.
    pub known: &'a Workstation,
    /// The ledger's word.
    pub state: Option<&'a StationState>,
}

impl Workstation {
    /// Whether it runs on this host.
    #[must_use]
    pub fn runs_on(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|listed| listed == host)
    }
}

impl<'a> Station<'a> {
    /// Whether it takes claims: the registry and the ledger must both say so.
    #[must_use]
    pub fn standing(&self) -> WorkstationState {
        let held = self.hold().map(|hold| hold.state);
        held.map_or(self.known.state, |held| held.max(self.known.state))
    }

    /// Why and by whom the ledger holds it out of service.
    #[must_use]
    pub fn hold(&self) -> Option<&'a Hold> {
        self.state?.hold.as_ref()
    }

    /// The use that ended it: single use, and this version or a later one was used. A version that
    /// goes back is none that was set up anew.
    #[must_use]
    pub fn used_up(&self) -> Option<&'a Use> {
        let used = self.state?.used.as_ref()?;
        let once = self.known.lifecycle == WorkstationLifecycle::SingleUse;
        (once && used.version >= self.known.version).then_some(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_of_a_local_address_is_of_its_host() {
        let tcp = |address: &str| ProbeKind::Tcp(address.to_owned());
        let http = |url: &str| ProbeKind::Http {
            url: url.to_owned(),
            json: BTreeMap::new(),
        };
        for local in [
            tcp("localhost:80"),
            tcp("LOCALHOST.:80"),
            tcp("127.0.0.1:80"),
            tcp("127.1:80"),
            tcp("0.0.0.0:80"),
            tcp("[::1]:80"),
            tcp("[::ffff:127.0.0.1]:80"),
            http("http://LOCALHOST"),
            http("http://user@localhost/"),
            http("http://a.localhost:8080/health?x=http://db"),
            http("HTTP://127.9.9.9:1/"),
            ProbeKind::Env("HOME".to_owned()),
        ] {
            assert!(local.is_local(), "{local:?}");
        }
        for elsewhere in [
            tcp("localhost.example.com:80"),
            tcp("db:5432"),
            tcp("10.0.0.7:80"),
            tcp("[2001:db8::1]:80"),
            http("http://127.example.com/"),
            http("http://db.example.com/localhost"),
            http("http://localhost@db.example.com/"),
        ] {
            assert!(!elsewhere.is_local(), "{elsewhere:?}");
        }
    }
}
