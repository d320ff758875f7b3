//! What a task should be: a register with an epoch, told by the rules in DESIGN §3 and not by the
//! code of `decide`. It is looser than `decide` where other tasks have a say (lanes, dependencies),
//! and exact about owner, epoch, status and lease.

use crate::history::{Action, After, Call};

/// Seconds that a lease lasts in the simulated policy.
pub const TTL: i64 = 600;
/// Seconds of its margin for clocks.
pub const MARGIN: i64 = 60;

/// The state of one task. The end of the lease is known from below and above only: of a request
/// that was tried twice nobody knows which moment counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Task {
    /// The word of its status.
    pub status: &'static str,
    /// Who has it.
    pub owner: Option<String>,
    /// The epoch of the last claim.
    pub epoch: u32,
    /// Earliest and latest end of the lease.
    pub until: (i64, i64),
}

impl Task {
    /// A task that is done, after one claim.
    pub fn done() -> Self {
        Self {
            status: "done",
            epoch: 1,
            ..Self::new()
        }
    }

    /// A task that nobody ever had.
    pub fn new() -> Self {
        Self {
            status: "todo",
            owner: None,
            epoch: 0,
            until: (0, 0),
        }
    }

    /// What the task may become when `call` is carried out; empty: it cannot be.
    pub fn after(&self, call: &Call, told: Option<After>) -> Vec<Self> {
        let mut all = self.carried_out(call);
        if let Some(told) = told {
            all.retain(|task| task.status == told.status && task.epoch == told.epoch);
        }
        all
    }

    fn carried_out(&self, call: &Call) -> Vec<Self> {
        if self.fenced(call) && !matches!(call.action, Action::Claim | Action::Expire) {
            return Vec::new();
        }
        let held = self.held_by(&call.agent);
        match (&call.action, self.status) {
            (Action::Claim, "todo") => vec![self.claimed(call)],
            (Action::Claim, "in_progress") if self.may_have_expired(call) => {
                vec![self.claimed(call)]
            }
            (Action::Renew, "in_progress") if held => vec![self.renewed(call, true)],
            (Action::Note, "in_progress") if held => vec![self.renewed(call, false)],
            (Action::Note | Action::Look, _) => vec![self.clone()],
            (Action::Release, "in_progress" | "blocked") if held => vec![self.free("todo")],
            (Action::Block, "in_progress") if held => vec![self.with("blocked")],
            (Action::Unblock, "blocked") => {
                let on = self.with("in_progress").renewed(call, true);
                vec![on, self.free("todo")]
            }
            (Action::Expire, "in_progress") if self.may_have_expired(call) => {
                vec![self.free("todo")]
            }
            (Action::Handoff, "in_progress") if held => vec![self.with("in_review")],
            (Action::Complete, "in_review") => vec![self.free("done")],
            (Action::Reopen, "done") => vec![self.free("todo")],
            _ => Vec::new(),
        }
    }

    /// Whether each of these gates has reason to refuse `call`.
    pub fn refuses(&self, call: &Call, gates: &[&str]) -> bool {
        gates.iter().all(|gate| match *gate {
            "fenced" => self.fenced(call),
            "not-holder" => !self.held_by(&call.agent),
            "lifecycle" => self.out_of_order(&call.action),
            "task-held" => match self.status {
                "in_progress" => call.at.0 <= self.until.1 + MARGIN,
                status => status == "in_review",
            },
            "task-blocked" => self.status == "blocked",
            "task-closed" => self.status == "done",
            // Other tasks, clocks and plans have a say in these.
            _ => true,
        })
    }

    fn out_of_order(&self, action: &Action) -> bool {
        match action {
            Action::Release => !matches!(self.status, "in_progress" | "blocked"),
            Action::Renew | Action::Block | Action::Handoff => self.status != "in_progress",
            Action::Unblock => self.status != "blocked",
            Action::Complete => self.status != "in_review",
            Action::Reopen => self.status != "done",
            Action::Claim | Action::Note | Action::Expire | Action::Look => true,
        }
    }

    fn fenced(&self, call: &Call) -> bool {
        call.epoch.is_some_and(|epoch| epoch != self.epoch)
    }

    fn held_by(&self, agent: &str) -> bool {
        self.owner.as_deref() == Some(agent)
    }

    fn may_have_expired(&self, call: &Call) -> bool {
        call.at.1 > self.until.0 + MARGIN
    }

    fn claimed(&self, call: &Call) -> Self {
        Self {
            status: "in_progress",
            owner: Some(call.agent.clone()),
            epoch: self.epoch + 1,
            until: (call.at.0 + TTL, call.at.1 + TTL),
        }
    }

    /// A lease never gets shorter; whether a remark renews it, others have a say in.
    fn renewed(&self, call: &Call, surely: bool) -> Self {
        let low = if surely { call.at.0 + TTL } else { i64::MIN };
        Self {
            until: (self.until.0.max(low), self.until.1.max(call.at.1 + TTL)),
            ..self.clone()
        }
    }

    fn with(&self, status: &'static str) -> Self {
        Self {
            status,
            ..self.clone()
        }
    }

    fn free(&self, status: &'static str) -> Self {
        Self {
            status,
            owner: None,
            until: (0, 0),
            epoch: self.epoch,
        }
    }
}
