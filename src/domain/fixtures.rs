//! A small governed repository as values, for the tests of the domain: two roles with lanes and
//! one that reviews, an enforced map with two programs and two people, one workstation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::decide::{Change, PlanChange, decide};
use super::evidence::EvidenceChecks;
use super::exception::ExceptAct;
use super::glob::Glob;
use super::id::{AgentName, LaneName, ObjectId, RoleName, TaskId, WorkstationName};
use super::identity::{Agent, AgentKind, Capability, IdentityMap, Mode};
use super::package::{Package, PackageSource, StopGate};
use super::policy::{
    Authority, CheckTerms, CrossWorkstation, Direct, Durability, Fencing, GateTerms, HighRisk,
    LeaseTerms, MergeTerms, Owed, ParentRule, Policy, Required, Reservations, ReviewTerms, Role,
    RoutingTerms, Via, Worktrees,
};
use super::record::Record;
use super::refusal::Refusal;
use super::request::{Actor, ClaimWish, FieldValue, HandoffWish, Request, Verb};
use super::snapshot::{
    CommitFacts, GitFacts, Origin, Packages, Plan, RangeFacts, Replayed, Rules, Shrunk, Snapshot,
    States,
};
use super::state::{Epoch, Standing, TaskState};
use super::task::{DEFAULT_PRIORITY, Kind, Requires, Risk, Task};
use super::time::{Span, Timestamp};
use super::workstation::{Registry, Workstation, WorkstationLifecycle, WorkstationState};

/// Seconds of a lease, and of its margin.
pub(crate) const TTL: i64 = 3600;
pub(crate) const SKEW: i64 = 60;

/// The programs, and the person who may do everything.
pub(crate) const ANN: &str = "@ann";
pub(crate) const BOB: &str = "@bob";
pub(crate) const DANA: &str = "@dana";
/// The person of the role that reviews.
pub(crate) const EVE: &str = "@eve";

pub(crate) fn tid(text: &str) -> TaskId {
    TaskId::new(text).unwrap()
}

pub(crate) fn agent(text: &str) -> AgentName {
    AgentName::new(text).unwrap()
}

pub(crate) fn role(text: &str) -> RoleName {
    RoleName::new(text).unwrap()
}

pub(crate) fn lane(text: &str) -> LaneName {
    text.parse().unwrap()
}

pub(crate) fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|p| Glob::new(*p).unwrap()).collect()
}

/// An object id made of one byte.
pub(crate) fn oid(byte: u8) -> ObjectId {
    ObjectId::from_bytes(&[byte; 20]).unwrap()
}

/// The moment `seconds` after the start of the tests.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_763_700_000 + seconds)
}

pub(crate) fn task(id: &str, of: &str) -> Task {
    Task {
        id: tid(id),
        title: format!("work on {id}"),
        task_type: None,
        kind: Kind::Feature,
        role: role(of),
        lane: None,
        priority: DEFAULT_PRIORITY,
        sequence: 0,
        parent: None,
        slice: None,
        merge_order: None,
        merge_stage: None,
        risk: Risk::Normal,
        depends_on: Vec::new(),
        exclusive: Vec::new(),
        owned_paths: Vec::new(),
        forbidden_paths: Vec::new(),
        contract_touchpoints: Vec::new(),
        acceptance_checks: Vec::new(),
        evidence_checks: EvidenceChecks::default(),
        evidence: None,
        requires: Requires::default(),
        not_before: None,
        parked: false,
        effort: None,
        origin_ask_ref: None,
        stages: None,
        stages_ref: None,
        package: None,
        created_at: None,
        notes: None,
    }
}

fn known(kind: AgentKind, roles: &[&str], may: &[Capability]) -> Agent {
    Agent {
        kind,
        roles: roles.iter().map(|name| role(name)).collect(),
        may: may.iter().copied().collect(),
        seats: BTreeSet::new(),
        emails: Vec::new(),
        signing_keys: Vec::new(),
    }
}

fn identity() -> IdentityMap {
    let program = || {
        let may = [Capability::Claim, Capability::Handoff];
        known(AgentKind::Agent, &["A", "B"], &may)
    };
    let reviewer = [Capability::Review];
    let agents = [
        (ANN, program()),
        (BOB, program()),
        (DANA, known(AgentKind::Person, &["A", "B"], Capability::ALL)),
        (EVE, known(AgentKind::Person, &["D"], &reviewer)),
    ];
    IdentityMap {
        mode: Mode::Enforced,
        agents: agents
            .into_iter()
            .map(|(name, known)| (agent(name), known))
            .collect(),
        routing: BTreeMap::new(),
    }
}

fn policy() -> Policy {
    let of = |lanes, review_only| Role {
        lanes,
        owned_paths: Vec::new(),
        required_checks: Vec::new(),
        review_only,
    };
    let stages = ["contract", "generated", "implementation", "integration"];
    Policy {
        project: "demo".to_owned(),
        target: "main".parse().unwrap(),
        direct: Direct::Allow,
        authority: Authority::Local,
        remote_timeout: Span::from_seconds(30),
        durability: Durability::Full,
        task_id_pattern: None,
        required: Required::default(),
        roles: [("A", of(2, false)), ("B", of(1, false)), ("D", of(1, true))]
            .into_iter()
            .map(|(name, known)| (role(name), known))
            .collect(),
        worktrees: Worktrees {
            root: "..".to_owned(),
            name: "{project}-{lane}".to_owned(),
            branch: "agent/{lane}".to_owned(),
        },
        lease: LeaseTerms {
            ttl: Span::from_seconds(u32::try_from(TTL).unwrap()),
            skew: Span::from_seconds(u32::try_from(SKEW).unwrap()),
        },
        fencing: Fencing::Normal,
        merge: MergeTerms {
            via: Via::Push,
            stages: stages.iter().map(|s| s.parse().unwrap()).collect(),
            parent: ParentRule::Waits,
        },
        routing: RoutingTerms::default(),
        path_reservations: Reservations::Warn,
        gates: GateTerms {
            evidence: Owed::Required,
            handoff: Owed::Required,
            review: [(Risk::High, 1)].into_iter().collect(),
            tier: BTreeMap::new(),
            high_risk: HighRisk::None,
            proof: Owed::None,
        },
        review: ReviewTerms::default(),
        review_routes: Vec::new(),
        path_rules: Vec::new(),
        cross_workstation: CrossWorkstation::Refuse,
        claims_per_agent: None,
        protected_tests: Vec::new(),
        contracts: BTreeMap::new(),
        co_edited: Vec::new(),
        generated: Vec::new(),
        checks: CheckTerms::default(),
        signatures: crate::domain::signature::Level::Unsigned,
        hygiene: crate::domain::hygiene::Hygiene::default(),
    }
}

fn registry() -> Registry {
    let name = WorkstationName::new("ws-1").unwrap();
    let workstation = Workstation {
        version: 1,
        task_types: Vec::new(),
        state: WorkstationState::Ready,
        lifecycle: WorkstationLifecycle::Reusable,
        hosts: Vec::new(),
        wip_limit: None,
        capabilities: Vec::new(),
        licenses: Vec::new(),
        probes: Vec::new(),
    };
    Registry {
        naming: None,
        default: Some(name.clone()),
        license_max_age: None,
        workstations: [(name, workstation)].into_iter().collect(),
    }
}

/// Work packages as values.
#[derive(Debug)]
struct PackagesInMemory(BTreeMap<String, Result<Arc<Package>, String>>);

impl PackageSource for PackagesInMemory {
    fn read(&self, _: Origin, path: &str) -> Result<Arc<Package>, String> {
        let missing = || Err("the file is missing".to_owned());
        self.0.get(path).cloned().unwrap_or_else(missing)
    }

    fn is_there(&self, _: Origin, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// The package of a task of the role `A`.
pub(crate) fn package(task: &str, stop_gate: StopGate) -> Package {
    Package {
        id: task.parse().unwrap(),
        task: tid(task),
        role: role("A"),
        agent: None,
        branch: None,
        owned_paths: Vec::new(),
        forbidden_paths: Vec::new(),
        evidence: None,
        validation: Vec::new(),
        stop_gate,
        return_to: None,
    }
}

/// A ledger with its repository, in memory: what is decided is applied at once.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    pub(crate) now: Timestamp,
    /// What each branch changes, in its one commit.
    pub(crate) paths: Vec<String>,
    /// Protected tests that each branch shrinks.
    pub(crate) shrunk: Vec<Shrunk>,
    /// What each branch changes against the commit that was sent back.
    pub(crate) revised: Vec<String>,
    /// What the target changed since branches started.
    pub(crate) moved: Vec<String>,
    serial: u32,
}

impl World {
    pub(crate) fn new(tasks: Vec<Task>) -> Self {
        let rules = Rules {
            at: oid(1),
            policy: policy(),
            identity: identity(),
            workstations: registry(),
        };
        let snapshot = Snapshot {
            tip: Some(oid(2)),
            tip_time: at(0),
            rules: Arc::new(rules),
            plan: Arc::new(planned(tasks)),
            states: States::default(),
            stations: Arc::default(),
            packages: Packages::default(),
            records: BTreeMap::new(),
            marker: None,
            facts: GitFacts::default(),
        };
        Self {
            snapshot,
            now: at(0),
            paths: vec!["src/a".to_owned()],
            shrunk: Vec::new(),
            revised: Vec::new(),
            moved: Vec::new(),
            serial: 0,
        }
    }

    pub(crate) fn rules(mut self, edit: impl FnOnce(&mut Rules)) -> Self {
        edit(Arc::make_mut(&mut self.snapshot.rules));
        self
    }

    /// Puts work packages where tasks find them, by path below `governance/`.
    pub(crate) fn packages(mut self, packages: Vec<(&str, Result<Package, String>)>) -> Self {
        let known = packages.into_iter().map(|(path, package)| {
            let package = package.map(Arc::new);
            (path.to_owned(), package)
        });
        let source = PackagesInMemory(known.collect());
        self.snapshot.packages = Packages(Some(Arc::new(source)));
        self
    }

    pub(crate) fn pass(&mut self, seconds: u32) {
        self.now = self.now.plus(Span::from_seconds(seconds));
    }

    pub(crate) fn state(&self, id: &str) -> &TaskState {
        self.snapshot.states.get(&tid(id))
    }

    pub(crate) fn request(&mut self, by: &str, epoch: Option<u32>, verb: Verb) -> Request {
        self.serial += 1;
        Request {
            id: format!("r{}", self.serial).parse().unwrap(),
            at: self.now,
            actor: Actor {
                agent: agent(by),
                host: "host-1".to_owned(),
                epoch: epoch.map(Epoch),
                clock_jump: None,
            },
            verb,
        }
    }

    /// Judges a request with the facts that a loader would find, and applies what it changes.
    pub(crate) fn carry_out(&mut self, request: &Request) -> Result<Change, Refusal> {
        self.look_at(&request.verb);
        let change = decide(&self.snapshot, request)?;
        self.snapshot = apply(&self.snapshot, request, &change);
        if let Verb::Land { result, .. } = &request.verb {
            self.reach(*result);
        }
        Ok(change)
    }

    pub(crate) fn ask(
        &mut self,
        by: &str,
        epoch: Option<u32>,
        verb: Verb,
    ) -> Result<Change, Refusal> {
        let request = self.request(by, epoch, verb);
        self.carry_out(&request)
    }

    /// The target moves to `commit`.
    pub(crate) fn reach(&mut self, commit: ObjectId) {
        std::sync::Arc::make_mut(&mut self.snapshot.facts.reachable).insert(commit);
        Arc::make_mut(&mut self.snapshot.rules).at = commit;
    }

    pub(crate) fn claim(&mut self, by: &str, id: &str) {
        drop(self.ask(by, None, claim(id)).unwrap());
    }

    pub(crate) fn hand_off(&mut self, by: &str, id: &str, commit: ObjectId) {
        drop(self.ask(by, None, handoff(id, commit)).unwrap());
    }

    /// Claims, hands off and lands.
    pub(crate) fn finish(&mut self, by: &str, id: &str, commit: ObjectId) {
        self.claim(by, id);
        self.hand_off(by, id, commit);
        let verb = self.land(id);
        drop(self.ask(by, None, verb).unwrap());
    }

    /// The landing of the submission on the target as it is.
    pub(crate) fn land(&self, id: &str) -> Verb {
        let onto = self.snapshot.rules.at;
        let result = self
            .submitted(&tid(id))
            .map_or(onto, |tip| replay(tip, onto));
        Verb::Land {
            task: tid(id),
            onto,
            result,
            evidence: None,
        }
    }

    fn submitted(&self, id: &TaskId) -> Option<ObjectId> {
        match &self.snapshot.states.get(id).standing {
            Standing::InReview { submission, .. } => Some(submission.commit),
            _ => None,
        }
    }

    /// Puts in the facts that git would give for `verb`.
    pub(crate) fn look_at(&mut self, verb: &Verb) {
        let tip = match verb {
            Verb::Handoff { handoff, .. } => Some(handoff.commit),
            Verb::Attest { attest, .. } => Some(attest.commit),
            _ => verb.task().and_then(|id| self.submitted(id)),
        };
        if let Verb::Attest { attest, .. } = verb {
            let line = |(_, line): &(String, u32)| (*line < 100).then(|| "fn a() {}".to_owned());
            self.snapshot.facts.anchors = attest.anchors.iter().map(line).collect();
        }
        let target = self.snapshot.rules.at;
        let replayed = |tip| match verb {
            Verb::Landing { onto, .. } | Verb::Land { onto, .. } => Replayed::Commit {
                onto: *onto,
                result: replay(tip, *onto),
                content_key: content(tip),
            },
            Verb::Conflict { .. } => Replayed::Conflict(vec!["src/a".to_owned()]),
            Verb::Complete { commit, .. } => Replayed::Commit {
                onto: target,
                result: *commit,
                content_key: content(tip),
            },
            _ => Replayed::Unknown,
        };
        self.snapshot.facts.adr = match verb {
            Verb::Except {
                act: ExceptAct::Ask { adr, .. },
                ..
            } if adr.starts_with("doc/") => Some(oid(8)),
            _ => None,
        };
        self.snapshot.facts.range = verb.range().and(tip).map(|tip| RangeFacts {
            tip,
            base: oid(1),
            commits: vec![CommitFacts {
                id: tip,
                merge: false,
                paths: self.paths.clone(),
            }],
            files: self.paths.clone(),
            change_key: format!("change-{}", tip.short()),
            moved: self.moved.clone(),
            shrunk: self.shrunk.clone(),
            revised: self.revised.clone(),
            content_key: content(tip),
            committed_at: at(0),
            replayed: replayed(tip),
        });
    }
}

/// What replaying `tip` onto `onto` gives, here.
pub(crate) fn replay(tip: ObjectId, onto: ObjectId) -> ObjectId {
    let mixed: Vec<u8> = tip
        .as_bytes()
        .iter()
        .zip(onto.as_bytes())
        .map(|(a, b)| a.wrapping_mul(31) ^ b.rotate_left(1))
        .collect();
    ObjectId::from_bytes(&mixed).unwrap()
}

/// The content key of `tip`, here.
pub(crate) fn content(tip: ObjectId) -> ObjectId {
    replay(tip, oid(0xff))
}

pub(crate) fn planned(tasks: Vec<Task>) -> Plan {
    Plan::new(tasks.into_iter().map(|task| (task, Origin::Ledger)))
}

pub(crate) fn claim(id: &str) -> Verb {
    Verb::Claim(ClaimWish {
        task: Some(tid(id)),
        ..ClaimWish::default()
    })
}

pub(crate) fn handoff(id: &str, commit: ObjectId) -> Verb {
    Verb::Handoff {
        task: tid(id),
        handoff: HandoffWish::new(commit, "the next slice"),
    }
}

pub(crate) fn block(id: &str, by: Option<&str>) -> Verb {
    Verb::Block {
        task: tid(id),
        reason: "waits".to_owned(),
        by: by.map(tid),
        saved: None,
    }
}

pub(crate) fn release(id: &str) -> Verb {
    Verb::Release {
        task: tid(id),
        force: false,
        reason: None,
        saved: None,
    }
}

pub(crate) fn note(id: &str) -> Verb {
    Verb::Note {
        task: tid(id),
        text: "seen".to_owned(),
        resolution: false,
    }
}

/// The ledger after a change, as the ledger module would write it.
pub(crate) fn apply(before: &Snapshot, request: &Request, change: &Change) -> Snapshot {
    let mut after = before.clone();
    if change.is_empty() {
        return after;
    }
    after.tip_time = request.at;
    for one in &change.states {
        let records = after.records.entry(one.task.clone()).or_default();
        for body in &one.append {
            records.push(Record {
                n: u32::try_from(records.len()).unwrap() + 1,
                at: request.at,
                by: request.actor.agent.clone(),
                epoch: one.state.epoch,
                body: body.clone(),
            });
        }
        after.states.insert(one.task.clone(), one.state.clone());
    }
    for (id, waiver) in after.states.waivers() {
        if waiver.until <= request.at {
            let over = after.facts.over.entry(id.clone()).or_default();
            over.insert(waiver.exception);
        }
    }
    for one in &change.stations {
        let stations = Arc::make_mut(&mut after.stations);
        stations.insert(one.workstation.clone(), one.state.clone());
    }
    let mut tasks: Vec<Task> = after.plan.iter().cloned().collect();
    for one in &change.plan {
        match one {
            PlanChange::Add(new) => tasks.extend(new.iter().map(|new| new.task.clone())),
            PlanChange::Edit { task, fields } => {
                for field in fields.iter().filter(|field| field.key == "depends_on") {
                    let needs = match &field.value {
                        Some(FieldValue::List(ids)) => ids.iter().map(|id| tid(id)).collect(),
                        _ => Vec::new(),
                    };
                    for known in tasks.iter_mut().filter(|known| known.id == *task) {
                        known.depends_on = needs.clone();
                    }
                }
            }
            PlanChange::File { .. } => {
                if let Verb::Import { tasks: new, .. } = &request.verb {
                    tasks.extend(new.iter().map(|new| new.task.clone()));
                }
            }
        }
    }
    after.plan = Arc::new(planned(tasks));
    after
}
