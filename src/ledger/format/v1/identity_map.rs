//! `governance/identity-map.yaml`: who may do what, and where.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, RoleName, TaskType, WorkstationName};
use crate::domain::identity::{Agent, AgentKind, Capability, IdentityMap, Mode, Route, Seat};
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::{AgentPattern, Line, Text};
use crate::ledger::yaml::closest;

/// Who may do what, and where. A routing change is a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityMapFile {
    /// Version of the format.
    pub version: u32,
    /// Whether names outside the map are refused; by default they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Text<Mode>>,
    /// Names for several capabilities, to be used in `may`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bundles: BTreeMap<String, Vec<Text<Capability>>>,
    /// Known executors, AI or person. Without any, routing alone is enforced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentEntry>,
    /// Who works on which type of task, and where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routing: Vec<RoutingEntry>,
}

/// One executor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// Its name, such as `@agent-builder-01`.
    pub name: Text<AgentName>,
    /// AI or person; by default `agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<AgentKind>>,
    /// Roles whose work it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Text<RoleName>>,
    /// Seats of a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seat: Vec<Text<Seat>>,
    /// What it may do: capabilities, and names of bundles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may: Vec<String>,
    /// Addresses that identify its commits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Text<Line>>,
    /// Keys that sign for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing_keys: Vec<Text<Line>>,
}

/// Who works on one type of task, and where: first choice and fallbacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = one_executor)]
pub struct RoutingEntry {
    /// The type of task.
    pub task_type: Text<TaskType>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Text<AgentName>>,
    /// Who, as names of which the last character may be `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pool: Vec<Text<AgentPattern>>,
    /// Where.
    pub workstation: Text<WorkstationName>,
    /// The next choices, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<FallbackEntry>,
}

/// Another choice: who, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = one_executor)]
pub struct FallbackEntry {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Text<AgentName>>,
    /// Who, as names of which the last character may be `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pool: Vec<Text<AgentPattern>>,
    /// Where.
    pub workstation: Text<WorkstationName>,
}

fn one_executor(schema: &mut schemars::Schema) {
    let choice = serde_json::json!([{"required": ["agent_name"]}, {"required": ["pool"]}]);
    schema.insert("oneOf".to_owned(), choice);
}

impl File for IdentityMapFile {
    type Domain = IdentityMap;

    fn into_domain(self) -> Result<IdentityMap, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let mode = at.maybe("mode", self.mode);
            let bundles = bundles(&at.key("bundles"), self.bundles);
            let agents = at.map("agents", "name", self.agents, |at, agent| {
                agent.convert(at, &bundles)
            });
            let routing = at.map("routing", "task_type", self.routing, |at, entry| {
                entry.convert(at)
            });
            Some(IdentityMap {
                mode: mode.unwrap_or(Mode::Enforced),
                agents,
                routing,
            })
        })
    }
}

/// The capabilities of each bundle, by its name.
type Bundles = BTreeMap<String, BTreeSet<Capability>>;

fn bundles(at: &Place<'_>, written: BTreeMap<String, Vec<Text<Capability>>>) -> Bundles {
    let mut bundles = Bundles::new();
    for (name, list) in written {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            at.key(&name).refuse_with_hint(
                format!("`{}` is no name of a bundle", name.escape_debug()),
                "up to 64 of `a-z`, `0-9`, `-` and `_`",
            );
        }
        if Capability::from_word(&name).is_some() {
            at.key(&name).refuse(format!(
                "`{name}` is a capability, so no bundle has its name"
            ));
        }
        let capabilities = at.list(&name, list);
        bundles.insert(name, capabilities);
    }
    bundles
}

/// What a word of `may` gives: a capability, or those of a bundle.
fn granted(at: &Place<'_>, word: &str, bundles: &Bundles) -> Option<BTreeSet<Capability>> {
    if let Some(capability) = Capability::from_word(word) {
        return Some([capability].into());
    }
    if let Some(bundle) = bundles.get(word) {
        return Some(bundle.clone());
    }
    let capabilities = Capability::ALL.iter().map(|known| known.word());
    let known: Vec<&str> = capabilities
        .chain(bundles.keys().map(String::as_str))
        .collect();
    let message = format!(
        "`{}` is neither a capability nor a bundle: `{}`",
        word.escape_debug(),
        known.join("`, `")
    );
    match closest(word, known) {
        Some(near) => at.refuse_with_hint(message, format!("did you mean `{near}`?")),
        None => at.refuse(message),
    }
    None
}

impl AgentEntry {
    fn convert(self, at: &Place<'_>, bundles: &Bundles) -> Option<(AgentName, Agent)> {
        let name = at.text("name", self.name);
        let kind = at.maybe("kind", self.kind).unwrap_or(AgentKind::Agent);
        let roles = at.list("roles", self.roles);
        let seats: BTreeSet<Seat> = at.list("seat", self.seat);
        if kind == AgentKind::Agent && !seats.is_empty() {
            at.key("seat")
                .refuse_with_hint("only a person takes a seat", "write `kind: person`");
        }
        let may: Vec<BTreeSet<Capability>> =
            at.items("may", self.may, |at, word| granted(at, &word, bundles));
        let emails: Vec<Line> = at.list("emails", self.emails);
        let signing_keys: Vec<Line> = at.list("signing_keys", self.signing_keys);
        let agent = Agent {
            kind,
            roles,
            may: may.into_iter().flatten().collect(),
            seats: seats
                .into_iter()
                .map(|seat| seat.word().to_owned())
                .collect(),
            emails: emails.into_iter().map(String::from).collect(),
            signing_keys: signing_keys.into_iter().map(String::from).collect(),
        };
        Some((name?, agent))
    }
}

impl RoutingEntry {
    fn convert(self, at: &Place<'_>) -> Option<(TaskType, Vec<Route>)> {
        let task_type = at.text("task_type", self.task_type);
        let first = route(at, self.agent_name, self.pool, self.workstation);
        let rest: Vec<Route> = at.items("fallback", self.fallback, |at, next| {
            route(at, next.agent_name, next.pool, next.workstation)
        });
        let routes = std::iter::once(first?).chain(rest).collect();
        Some((task_type?, routes))
    }
}

fn route(
    at: &Place<'_>,
    agent_name: Option<Text<AgentName>>,
    pool: Vec<Text<AgentPattern>>,
    workstation: Text<WorkstationName>,
) -> Option<Route> {
    if agent_name.is_some() != pool.is_empty() {
        at.refuse("a route names its executors either by `agent_name` or by `pool`");
    }
    let workstation = at.text("workstation", workstation);
    let pool: Vec<AgentPattern> = at.list("pool", pool);
    let agents = match at.maybe("agent_name", agent_name) {
        Some(name) => vec![name.to_string()],
        None => pool.into_iter().map(String::from).collect(),
    };
    Some(Route {
        agents,
        workstation: workstation?,
    })
}
