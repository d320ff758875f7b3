//! `brief` as programs see it: everything that an agent needs now, and commands that it can run as
//! they stand.

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::UnmetView;
use crate::domain::exception::Waiver;
use crate::domain::id::TaskId;
use crate::domain::record::Finding;
use crate::domain::session::Session;
use crate::domain::state::{Claim, Standing};
use crate::ops::brief::{
    Attempt, Brief, CheckOwed, Command, LaneSeen, Next, QueueBrief, ROOT_CAUSE, Relation,
    ReviewSeen, TaskBrief, Who,
};

/// `data` of `brief`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BriefView {
    /// Who asks; left out where nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<WhoView>,
    /// The task it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Box<BriefTaskView>>,
    /// Without a task: what there is to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueView>,
    /// What the reader does now: `run` the first command, `work` in the lane and commit, `wait`,
    /// `identify` itself, or `nothing`.
    pub act: String,
    /// The same in a sentence.
    pub say: String,
    /// The first gate that stands against the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<NextGateView>,
    /// At most a few commands, first come first.
    pub commands: Vec<CommandView>,
    /// The claim of the worktree around the directory is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fenced: Option<FencedView>,
    /// The remote that decides: what is told is as this clone last saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// When it was looked at (RFC 3339).
    pub at: String,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WhoView {
    /// The name.
    pub name: String,
    /// What named it.
    pub source: String,
    /// `agent` or `person`, where the identity map says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether the identity map vouches for it; in an open map any name may do anything.
    pub verified: bool,
    /// Roles whose work it takes; empty where the map does not say.
    pub roles: Vec<String>,
    /// What it may do.
    pub may: Vec<String>,
    /// The host it runs on.
    pub host: String,
}

/// A command as it can be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CommandView {
    /// One line for a POSIX shell.
    pub line: String,
    /// The same as words, the program first.
    pub argv: Vec<String>,
    /// The flags whose value is a placeholder in capitals, to be replaced first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fill: Vec<String>,
    /// What it is for.
    pub why: String,
    /// When to run it; now when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// The gate that stands against the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NextGateView {
    /// The step, such as `claim`, `handoff`, `merge`.
    pub step: String,
    /// What is unmet.
    #[serde(flatten)]
    pub unmet: UnmetView,
}

/// A claim that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FencedView {
    /// Its task.
    pub task: String,
    /// Its epoch.
    pub epoch: u32,
}

/// A task with all that its worker needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BriefTaskView {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// Where it is in its life.
    pub status: String,
    /// `mine`, `others` or `nobodys`.
    pub relation: String,
    /// `feature`, `defect`, `chore` or `spike`.
    pub kind: String,
    /// Whose work.
    pub role: String,
    /// 1 is highest.
    pub priority: u8,
    /// What is at stake.
    pub risk: String,
    /// Epoch of the last claim; 0 before the first.
    pub epoch: u32,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HeldByView>,
    /// Why it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// Who holds it up, where the block is a hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_up_by: Option<String>,
    /// Gates that are lifted for it now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<LiftedView>,
    /// For whoever may review it now: what to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewSeenView>,
    /// Its worktree on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<LaneSeenView>,
    /// Its work package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageSeenView>,
    /// Paths that the work may touch; empty: everything that nobody else has.
    pub owned_paths: Vec<String>,
    /// Paths that it must not touch.
    pub forbidden_paths: Vec<String>,
    /// What has to land first.
    pub depends_on: Vec<DependencyView>,
    /// Checks that it owes.
    pub checks: Vec<CheckOwedView>,
    /// The evidence tier that it owes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What sent the work back, with what to mend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_back: Option<AttemptView>,
    /// What the handoff says, by flag.
    pub handoff_owes: Vec<String>,
    /// Reviews that are owed, each in words.
    pub reviews_owed: Vec<String>,
    /// Context from the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Remarks, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RemarkView>,
    /// With `--for bugfix`: what a defect owes, and what was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bugfix: Option<BugfixView>,
}

/// A gate that is lifted for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LiftedView {
    /// The gate.
    pub gate: String,
    /// Until when (RFC 3339).
    pub until: String,
    /// Who approved it.
    pub by: String,
}

/// A submission as a reviewer reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReviewSeenView {
    /// The command that shows the change.
    pub diff: String,
    /// The command that prints the form of a review.
    pub form: String,
    /// What of the evidence not to believe without looking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// Files of a revision that no finding names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
}

/// Who holds a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldByView {
    /// The agent.
    pub agent: String,
    /// Where.
    pub workstation: String,
    /// In which lane.
    pub lane: String,
    /// On which branch.
    pub branch: String,
    /// Until when without renewal (RFC 3339).
    pub expires_at: String,
    /// Seconds until then, negative afterwards; left out where no lease runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
    /// Since when time is counted for it (RFC 3339); left out where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// A lane's worktree as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaneSeenView {
    /// Its directory.
    pub path: String,
    /// Tracked files that differ from the commit.
    pub dirty: Vec<String>,
    /// Number of files neither tracked nor ignored.
    pub untracked: usize,
    /// What git is in the middle of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Commits that the target does not have.
    pub ahead: usize,
    /// Commits of the target that it does not have.
    pub behind: usize,
}

/// A work package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageSeenView {
    /// Its path in the repository.
    pub path: String,
    /// `git show COMMIT:PATH` shows it; left out where the file is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// `none` or `scope_confirmation`; left out where its front matter does not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_gate: Option<String>,
    /// Why it does not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Where the return goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
}

/// A task that has to land first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DependencyView {
    /// Which.
    pub id: String,
    /// Where it is in its life.
    pub status: String,
    /// Its work is on the target.
    pub landed: bool,
}

/// A check that is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckOwedView {
    /// The command.
    pub command: String,
    /// Whether it may run on this machine.
    pub trusted: bool,
    /// Whether it passed on this very content; left out where it has not run on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// The class of evidence that its pass shows.
    pub class: String,
}

/// How earlier work ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttemptView {
    /// `revise`, `reject`, `block`, `return`, `release`, `conflict`, …
    pub how: String,
    /// By whom.
    pub by: String,
    /// When (RFC 3339).
    pub at: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<BriefFindingView>,
}

/// A finding of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BriefFindingView {
    /// `critical`, `major`, `minor` or `note`.
    pub severity: String,
    /// Where.
    pub file: String,
    /// What.
    pub text: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// What would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemarkView {
    /// When (RFC 3339).
    pub at: String,
    /// By whom.
    pub by: String,
    /// What.
    pub text: String,
}

/// What whoever mends a defect needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BugfixView {
    /// What the handoff owes, each as flag and meaning.
    pub owes: Vec<String>,
    /// What the proof command does before and after the change.
    pub proof: String,
    /// The root cause that was given last, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<String>,
    /// The layer or file that owns the fault, as it was given last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The proof command that was given last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_command: Option<String>,
    /// How earlier work ended, newest first.
    pub attempts: Vec<AttemptView>,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QueueView {
    /// What can start, first come first; the next few.
    pub ready: Vec<ReadyTaskView>,
    /// What the reader could take at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// Why nothing can be claimed, counted by gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
    /// Work of others that waits for a review of the reader.
    pub reviews: Vec<String>,
    /// Claims of others whose scope waits for the reader's go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Work that the reader may land now.
    pub merges: Vec<String>,
    /// The reader's own work that waits.
    pub waiting: Vec<WaitingView>,
    /// When something changes by itself (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// Submissions that were not looked at.
    #[serde(skip_serializing_if = "is_zero")]
    pub unseen: usize,
    /// Submissions whose commit is not in this repository.
    #[serde(skip_serializing_if = "is_zero")]
    pub away: usize,
}

/// A task that can start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadyTaskView {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// 1 is highest.
    pub priority: u8,
}

/// One's own work that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingView {
    /// The task.
    pub task: String,
    /// Where it is in its life.
    pub status: String,
    /// What for.
    pub reason: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl From<&Brief> for BriefView {
    fn from(brief: &Brief) -> Self {
        let Next {
            act,
            say,
            gate,
            commands,
        } = &brief.next;
        let task = brief.task.as_deref();
        Self {
            agent: brief.who.as_ref().map(WhoView::from),
            task: task.map(|task| Box::new(BriefTaskView::of(task, brief.bugfix))),
            queue: brief.queue.as_ref().map(QueueView::from),
            act: act.word().to_owned(),
            say: say.clone(),
            gate: gate.as_ref().map(|(step, unmet)| NextGateView {
                step: (*step).to_owned(),
                unmet: unmet.into(),
            }),
            commands: commands.iter().map(CommandView::from).collect(),
            fenced: brief.over.as_ref().map(|(task, epoch)| FencedView {
                task: task.to_string(),
                epoch: *epoch,
            }),
            remote: brief.remote.as_ref().map(ToString::to_string),
            at: brief.now.to_string(),
        }
    }
}

impl From<&Who> for WhoView {
    fn from(who: &Who) -> Self {
        let known = who.known.as_ref();
        let roles = known.map(|known| known.roles.iter().map(ToString::to_string).collect());
        Self {
            name: who.agent.to_string(),
            source: who.source.replace('`', ""),
            kind: known.map(|known| known.kind.word().to_owned()),
            verified: !who.open && known.is_some(),
            roles: roles.unwrap_or_default(),
            may: who.may.iter().map(ToString::to_string).collect(),
            host: who.host.clone(),
        }
    }
}

impl From<&Command> for CommandView {
    fn from(command: &Command) -> Self {
        Self {
            line: command.line(),
            argv: command.argv.clone(),
            fill: command.fill.clone(),
            why: command.why.clone(),
            when: command.when.clone(),
        }
    }
}

impl BriefTaskView {
    fn of(told: &TaskBrief, bugfix: bool) -> Self {
        let TaskBrief {
            task, state, past, ..
        } = told;
        let relation = match told.relation {
            Relation::Mine => "mine",
            Relation::Others => "others",
            Relation::Nobodys => "nobodys",
        };
        let hold = match &state.standing {
            Standing::Blocked { block, .. } => block.hold.as_ref(),
            _ => None,
        };
        let package = told.package.as_ref();
        let remarks = past.notes.iter().rev();
        Self {
            id: task.id.to_string(),
            title: task.title.clone(),
            status: state.status().word().to_owned(),
            relation: relation.to_owned(),
            kind: task.kind.word().to_owned(),
            role: task.role.to_string(),
            priority: task.priority,
            risk: task.risk.word().to_owned(),
            epoch: state.epoch.0,
            holder: state
                .claim()
                .map(|claim| HeldByView::of(claim, told.seconds_left)),
            blocked: state.hindrance().map(|(reason, _)| reason.to_owned()),
            held_up_by: hold.map(ToString::to_string),
            lifted: told.lifted.iter().map(LiftedView::from).collect(),
            review: told.review.as_ref().map(ReviewSeenView::from),
            lane: told.lane.as_ref().map(LaneSeenView::from),
            package: package.map(|seen| PackageSeenView {
                path: seen.path.clone(),
                commit: seen.commit.map(|commit| commit.to_string()),
                stop_gate: seen
                    .meaning
                    .as_ref()
                    .map(|known| known.stop_gate.word().to_owned()),
                problem: seen.problem.clone(),
                return_to: seen
                    .meaning
                    .as_ref()
                    .and_then(|known| known.return_to.clone()),
            }),
            owned_paths: told.owned.clone(),
            forbidden_paths: told.forbidden.clone(),
            depends_on: told
                .depends
                .iter()
                .map(|one| DependencyView {
                    id: one.id.to_string(),
                    status: one.status.word().to_owned(),
                    landed: one.landed,
                })
                .collect(),
            checks: told.checks.iter().map(CheckOwedView::from).collect(),
            evidence: told.tier.map(|tier| tier.word().to_owned()),
            sent_back: past.sent_back.as_ref().map(AttemptView::from),
            handoff_owes: told.owes.iter().map(|one| one.flag.to_owned()).collect(),
            reviews_owed: told.reviews.clone(),
            notes: task.notes.clone(),
            remarks: remarks
                .map(|(at, by, text)| RemarkView {
                    at: at.to_string(),
                    by: by.to_string(),
                    text: text.clone(),
                })
                .collect(),
            bugfix: bugfix.then(|| BugfixView::of(told)),
        }
    }
}

impl From<&Waiver> for LiftedView {
    fn from(waiver: &Waiver) -> Self {
        Self {
            gate: waiver.gate.clone(),
            until: waiver.until.to_string(),
            by: waiver.by.to_string(),
        }
    }
}

impl From<&ReviewSeen> for ReviewSeenView {
    fn from(seen: &ReviewSeen) -> Self {
        Self {
            diff: seen.diff.clone(),
            form: seen.form.clone(),
            doubts: seen.doubts.clone(),
            outside: seen.outside.clone(),
        }
    }
}

impl HeldByView {
    fn of(claim: &Claim, seconds_left: Option<i64>) -> Self {
        Self {
            agent: claim.agent.to_string(),
            workstation: claim.workstation.to_string(),
            lane: claim.lane.to_string(),
            branch: claim.branch.to_string(),
            expires_at: claim.expires_at.to_string(),
            seconds_left,
            session: match claim.session {
                Session::Since(since) => Some(since.to_string()),
                Session::Paused => None,
            },
        }
    }
}

impl From<&LaneSeen> for LaneSeenView {
    fn from(lane: &LaneSeen) -> Self {
        Self {
            path: lane.path.display().to_string(),
            dirty: lane.dirty.clone(),
            untracked: lane.untracked,
            operation: lane.operation.clone(),
            ahead: lane.ahead,
            behind: lane.behind,
        }
    }
}

impl From<&CheckOwed> for CheckOwedView {
    fn from(check: &CheckOwed) -> Self {
        Self {
            command: check.command.clone(),
            trusted: check.trusted,
            passed: check.passed,
            class: check.class.word().to_owned(),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            how: attempt.how.clone(),
            by: attempt.by.to_string(),
            at: attempt.at.to_string(),
            reason: attempt.reason.clone(),
            findings: attempt
                .findings
                .iter()
                .map(BriefFindingView::from)
                .collect(),
        }
    }
}

impl From<&Finding> for BriefFindingView {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: finding.severity.clone(),
            file: finding.file.clone(),
            text: finding.text.clone(),
            impact: finding.impact.clone(),
            fix: finding.fix.clone(),
        }
    }
}

impl BugfixView {
    fn of(told: &TaskBrief) -> Self {
        let cause = told.past.root_cause.as_ref();
        let owes = ROOT_CAUSE.map(|one| format!("{}: {}", one.flag, one.about));
        Self {
            owes: owes.to_vec(),
            proof: "it fails on the commit that the work started from, and passes on the work"
                .to_owned(),
            root_cause: cause.map(|cause| cause.text.clone()),
            layer: cause.map(|cause| cause.layer.clone()),
            proof_command: cause.map(|cause| cause.proof.clone()),
            attempts: told
                .past
                .attempts
                .iter()
                .rev()
                .map(AttemptView::from)
                .collect(),
        }
    }
}

impl From<&QueueBrief> for QueueView {
    fn from(queue: &QueueBrief) -> Self {
        let names =
            |ids: &[TaskId]| -> Vec<String> { ids.iter().map(ToString::to_string).collect() };
        Self {
            ready: queue
                .ready
                .iter()
                .map(|task| ReadyTaskView {
                    id: task.id.to_string(),
                    title: task.title.clone(),
                    priority: task.priority,
                })
                .collect(),
            claim: queue.claim.as_ref().map(ToString::to_string),
            nothing: queue.nothing.clone(),
            reviews: names(&queue.reviews),
            scopes: names(&queue.scopes),
            merges: names(&queue.merges),
            waiting: queue
                .waiting
                .iter()
                .map(|(task, status, reason)| WaitingView {
                    task: task.to_string(),
                    status: status.word().to_owned(),
                    reason: reason.clone(),
                })
                .collect(),
            again: queue.again.map(|at| at.to_string()),
            unseen: queue.unseen,
            away: queue.away,
        }
    }
}
