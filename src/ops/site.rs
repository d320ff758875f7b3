//! Where an operation works and for whom: repository, ledger, lane, identity.

use std::path::{Path, PathBuf};

use super::OpError;
use crate::domain::id::{AgentName, BranchName, RequestId, TaskId};
use crate::domain::request::{Actor, Request, Verb};
use crate::domain::state::Epoch;
use crate::env::Env;
use crate::git::Repo;
use crate::ledger::{Ledger, sight, spoken};
use crate::process::Runner;
use crate::workspace::Binding;

/// What the caller says about where and who.
#[derive(Debug, Clone, Default)]
pub struct SiteOptions {
    /// Directory to work from; none: the current one.
    pub dir: Option<PathBuf>,
    /// The ledger branch.
    pub ledger: Option<BranchName>,
    /// The acting agent.
    pub agent: Option<AgentName>,
    /// The epoch the caller holds.
    pub epoch: Option<Epoch>,
    /// The id of the request, for a retry.
    pub request_id: Option<RequestId>,
}

/// A repository with its ledger, seen from a directory, for an identity that is asked for only
/// when it is needed.
#[derive(Debug, Clone)]
pub struct Site {
    /// Everything outside.
    pub env: Env,
    /// Starts processes.
    pub runner: Runner,
    /// The ledger and its repository.
    pub ledger: Ledger,
    /// The claim that the lane's worktree around the directory holds.
    pub binding: Option<Binding>,
    options: SiteOptions,
}

/// Opens the repository around a directory.
///
/// # Errors
/// When there is none.
pub fn repository(env: &Env, dir: Option<&Path>) -> Result<(Repo, Runner), OpError> {
    let runner = Runner::new(env.vars.clone());
    let dir = match dir {
        Some(dir) => env.dir.join(dir),
        None => env.dir.clone(),
    };
    let repo = Repo::discover(&dir, &runner)?.watching(env);
    Ok((repo, runner))
}

impl Site {
    /// Opens repository and ledger.
    ///
    /// # Errors
    /// When there is no repository or no ledger, or the lane's binding does not read.
    pub fn open(env: &Env, options: SiteOptions) -> Result<Self, OpError> {
        let (repo, runner) = repository(env, options.dir.as_deref())?;
        let binding = Binding::read(&repo.git_dir())?;
        let ledger = Ledger::open(repo, env, options.ledger.as_ref())?;
        let site = Self {
            env: env.clone(),
            runner,
            ledger,
            binding,
            options,
        };
        site.check_binding()?;
        Ok(site)
    }

    /// A ledger that is open already, seen from no lane.
    #[must_use]
    pub fn of(ledger: Ledger, runner: Runner, options: SiteOptions) -> Self {
        Self {
            env: ledger.env.clone(),
            runner,
            ledger,
            binding: None,
            options,
        }
    }

    /// What the caller said about where and who.
    pub(super) fn asked(&self) -> &SiteOptions {
        &self.options
    }

    /// A binding that contradicts `--as` is refused: one of the two is a mistake.
    pub(super) fn check_binding(&self) -> Result<(), OpError> {
        match (&self.options.agent, &self.binding) {
            (Some(agent), Some(binding)) if *agent != binding.agent => Err(OpError::ForeignLane {
                agent: agent.clone(),
                holder: binding.agent.clone(),
                lane: binding.lane.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The repository.
    #[must_use]
    pub fn repo(&self) -> &Repo {
        &self.ledger.repo
    }

    /// The acting agent: `--as`, `LANEWAY_AGENT`, the lane's binding, git config `laneway.agent`.
    ///
    /// # Errors
    /// [`OpError::NoIdentity`]; [`OpError::Name`] when what is set is no agent name.
    pub fn agent(&self) -> Result<AgentName, OpError> {
        self.agent_from().map(|(agent, _)| agent)
    }

    /// The acting agent, and what named it.
    ///
    /// # Errors
    /// As [`agent`](Self::agent).
    pub fn agent_from(&self) -> Result<(AgentName, &'static str), OpError> {
        if let Some(agent) = &self.options.agent {
            return Ok((agent.clone(), "`--as`"));
        }
        if let Some(text) = self.env.var("LANEWAY_AGENT") {
            return Ok((AgentName::new(text)?, "LANEWAY_AGENT"));
        }
        if let Some(binding) = &self.binding {
            return Ok((binding.agent.clone(), "the lane's worktree"));
        }
        match self.repo().config_str("laneway.agent") {
            Some(text) => Ok((AgentName::new(text)?, "git config `laneway.agent`")),
            None => Err(OpError::NoIdentity),
        }
    }

    /// Whether the caller named the id of the request, and so may be repeating it.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.options.request_id.is_some()
    }

    /// Whether the caller shows a claim of its own to go on with.
    #[must_use]
    pub fn shows_claim(&self) -> bool {
        self.env.var("LANEWAY_CLAIM").is_some()
    }

    /// The task that is meant: the named one, or the lane's.
    ///
    /// # Errors
    /// [`OpError::NoTask`] outside a lane.
    pub fn task(&self, named: Option<&TaskId>) -> Result<TaskId, OpError> {
        match (named, &self.binding) {
            (Some(id), _) => Ok(id.clone()),
            (None, Some(binding)) => Ok(binding.task.clone()),
            (None, None) => Err(OpError::NoTask),
        }
    }

    /// Whether the clock that `verb` may judge expiry by has jumped.
    fn clock_jump(&self, verb: &Verb) -> Option<i64> {
        let trusted = match verb {
            Verb::Claim(wish) => wish.trust_clock,
            Verb::Expire { trust_clock } => *trust_clock,
            _ => return None,
        };
        sight::clock_jump(&self.env, &self.ledger.dir(), trusted)
    }

    /// A request of the acting agent. The epoch comes from `--epoch`, or from the lane's binding
    /// when the request is about the lane's task.
    ///
    /// # Errors
    /// When nobody acts, or a text of the request holds a control character.
    pub fn request(&self, verb: Verb) -> Result<Request, OpError> {
        let bound = self
            .binding
            .as_ref()
            .filter(|bound| verb.task() == Some(&bound.task));
        let epoch = self.options.epoch.or(bound.map(|bound| bound.epoch));
        let actor = Actor {
            agent: self.agent()?,
            host: self.env.host.clone(),
            epoch,
            clock_jump: self.clock_jump(&verb),
        };
        let id = match (
            &self.options.request_id,
            &verb,
            self.env.var("LANEWAY_CLAIM"),
        ) {
            (Some(id), _, _) => id.clone(),
            // Going on with a claim of one's own: the same request again.
            (None, Verb::Claim(_), Some(claim)) => RequestId::new(claim)?,
            _ => self.env.request_id(),
        };
        let request = Request {
            id,
            at: self.env.now(),
            actor,
            verb,
        };
        spoken(&request)?;
        Ok(request)
    }
}
