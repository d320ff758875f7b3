//! `audit verify`: every ledger commit decided again (DESIGN §4).
//!
//! For each commit of the first-parent line: its request, read from its message, is judged on its
//! parent's tree by the rules it names; the tree that this gives must be its tree, byte for byte,
//! and its message, author and time what the request makes of them. Nothing is written: ids are
//! computed. Memory does not grow with the number of commits but for their ids.

mod content;
mod target;

use content::signatures;
use target::aside;

use super::difference::{Difference, first_line};
use super::repeated::Requests;
use super::signature::{believed, last_verified};
use crate::domain::decide::{Change, LAW, beginning, decide};
use crate::domain::exception::ExceptAct;
use crate::domain::id::ObjectId;
use crate::domain::request::{RangeWanted, Verb};
use crate::domain::review;
use crate::domain::signature::{Level, level};
use crate::domain::snapshot::Snapshot;
use crate::domain::state;
use crate::git::{Commit, EntryKind, Repo};
use crate::ledger::format::v1::import::FileTask;
use crate::ledger::message::{self, Statement};
use crate::ledger::signature::Sealed;
use crate::ledger::{Ledger, LedgerError, Loader};

/// Why an audit cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The commit to start after is not on the ledger's line.
    #[error("{0} is no commit of the ledger")]
    NotInLedger(ObjectId),
    /// The commit to end with comes before the one to start after.
    #[error("{to} comes before {from} in the ledger: name the earlier one first")]
    Backwards {
        /// The commit to start after.
        from: ObjectId,
        /// The commit to end with.
        to: ObjectId,
    },
    /// The ledger does not read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What came of one ledger commit.
#[derive(Debug)]
pub struct Verdict {
    /// The commit.
    pub commit: ObjectId,
    /// The word of its verb, as far as its message reads.
    pub op: Option<&'static str>,
    /// What shows who made it, by the map of the rules that judged it; none where its message does
    /// not read.
    pub level: Option<Level>,
    /// The first fact that differs; none: the commit is what its request gives.
    pub difference: Option<Difference>,
}

impl Verdict {
    /// The commit that it names, work or rules, and that this clone does not have.
    #[must_use]
    pub fn missing(&self) -> Option<ObjectId> {
        match self.difference {
            Some(Difference::Missing(lost) | Difference::MissingRules(lost)) => Some(lost),
            _ => None,
        }
    }

    /// Whether the commit is what its request gives.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.difference.is_none()
    }
}

/// Verdicts on the commits of a ledger, oldest first.
#[derive(Debug)]
pub struct Verification<'l> {
    repo: &'l Repo,
    loader: Loader<'l>,
    /// What is left, newest first.
    commits: Vec<ObjectId>,
    parent: Option<ObjectId>,
    last: Option<Standing>,
    requests: Requests,
    /// The target, where the rules of the line's end are not on it: then each commit is asked.
    aside: Option<ObjectId>,
    /// So many of the commits that are left were judged on a target that the last of them gives
    /// up by accepting another: their rules need not be on the one that stands.
    excused: usize,
    server: Server,
}

/// What is known of the word of the server that holds the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    /// It is the one who judges now: no commit has its word yet, and none owes it.
    Judges,
    /// It has said that it judged the line up to and including this commit.
    Said(ObjectId),
    /// It has said nothing of the commits that are left.
    Silent,
}

/// What a commit must not fall behind.
#[derive(Debug, Clone, Copy)]
struct Standing {
    rules: Option<ObjectId>,
    law: u32,
}

/// Decides the commits after `from` (all without it) up to the published tip again.
///
/// # Errors
/// As [`verify_range`].
pub fn verify(ledger: &Ledger, from: Option<ObjectId>) -> Result<Verification<'_>, AuditError> {
    verify_range(ledger, from, None)
}

/// Decides the commits after `from` (all without it) up to `to` (the published tip without it)
/// again.
///
/// # Errors
/// [`AuditError`] when history cannot be listed, or one of the two is not on its line; everything
/// else is a verdict.
pub fn verify_range(
    ledger: &Ledger,
    from: Option<ObjectId>,
    to: Option<ObjectId>,
) -> Result<Verification<'_>, AuditError> {
    let repo = &ledger.repo;
    let tip = ledger.tip()?;
    let mut verification = match (tip, from) {
        (Some(tip), _) => {
            let mut line = verify_line(repo, from, tip)?;
            line.set_aside(aside(ledger, tip)?)?;
            line
        }
        (None, Some(from)) => return Err(AuditError::NotInLedger(from)),
        (None, None) => Verification::new(repo, None, Vec::new()),
    };
    // Of the commits that are left, so many stand up to this one.
    let up_to = |commit: ObjectId| {
        let left = &verification.commits;
        left.iter().position(|one| *one == commit)
    };
    let said = tip.map(|tip| last_verified(ledger, tip)).transpose()?;
    verification.server = match said.flatten() {
        Some(said) if up_to(said).is_some() => Server::Said(said),
        _ => Server::Silent,
    };
    if let Some(to) = to.filter(|to| Some(*to) != from) {
        let newer = up_to(to).ok_or_else(|| match from {
            Some(from) if line_holds(repo, from, to) => AuditError::Backwards { from, to },
            _ => AuditError::NotInLedger(to),
        })?;
        verification.commits.drain(..newer);
    } else if to.is_some() {
        verification.commits.clear();
    }
    Ok(verification)
}

/// Whether `commit` stands on the line up to `tip`.
fn line_holds(repo: &Repo, tip: ObjectId, commit: ObjectId) -> bool {
    let mut line = repo.first_parents(tip).map_while(Result::ok);
    line.any(|one| one == commit)
}

/// The first commit of the ledger's line.
///
/// # Errors
/// Of git.
pub fn first(ledger: &Ledger) -> Result<Option<ObjectId>, LedgerError> {
    let Some(tip) = ledger.tip()? else {
        return Ok(None);
    };
    let mut first = None;
    for commit in ledger.repo.first_parents(tip) {
        first = Some(commit?);
    }
    Ok(first)
}

/// Decides the commits after `from` (all without it) up to `tip` again, whatever ref holds them:
/// a server's hook asks before there is one. Where the rules ask for the word of the server, it is
/// enough that a commit is signed: the word comes after this.
///
/// # Errors
/// As [`verify`].
pub fn verify_line(
    repo: &Repo,
    from: Option<ObjectId>,
    tip: ObjectId,
) -> Result<Verification<'_>, AuditError> {
    let mut commits = Vec::new();
    let mut found = from.is_none();
    for commit in repo.first_parents(tip) {
        let commit = commit.map_err(LedgerError::from)?;
        if Some(commit) == from {
            found = true;
            break;
        }
        commits.push(commit);
    }
    if let (Some(from), false) = (from, found) {
        return Err(AuditError::NotInLedger(from));
    }
    Ok(Verification::new(repo, from, commits))
}

/// Rules and law of a commit that is taken for granted.
fn standing(repo: &Repo, commit: ObjectId) -> Option<Standing> {
    let message = repo.commit(commit).ok()?.message;
    let rules = message::rules_in_force(&message);
    let law = message::trailer(&message, "Laneway-Law")?.parse().ok()?;
    Some(Standing { rules, law })
}

impl<'l> Verification<'l> {
    /// `commits` is the line after `parent`, newest first.
    fn new(repo: &'l Repo, parent: Option<ObjectId>, commits: Vec<ObjectId>) -> Self {
        Self {
            repo,
            loader: Loader::new(repo),
            commits,
            parent,
            last: parent.and_then(|parent| standing(repo, parent)),
            server: Server::Judges,
            requests: Requests::before(parent),
            aside: None,
            excused: 0,
        }
    }
}

impl Verification<'_> {
    /// Number of commits that are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.commits.len()
    }

    fn judge(&mut self, id: ObjectId) -> Verdict {
        let mut verdict = Verdict {
            commit: id,
            op: None,
            level: None,
            difference: None,
        };
        let parent = self.parent.replace(id);
        let commit = match self.repo.commit(id) {
            Ok(commit) => commit,
            Err(error) => {
                verdict.difference = Some(Difference::Unreadable(error.into()));
                return verdict;
            }
        };
        let statement = match message::read(&commit.message, |path, blob| {
            self.added(&commit, path, blob)
        }) {
            Ok(statement) => statement,
            Err(bad) => {
                verdict.difference = Some(bad.into());
                return verdict;
            }
        };
        verdict.op = Some(statement.request.verb.word());
        let (shown, owing) = self.shown(id, &statement);
        verdict.level = Some(shown);
        verdict.difference = self
            .once(&commit, &statement)
            .and_then(|()| self.compare(parent, &commit, &statement))
            .err()
            .or(owing);
        self.last = Some(Standing {
            rules: message::rules_in_force(&commit.message)
                .or(self.last.and_then(|last| last.rules)),
            law: statement.law,
        });
        verdict
    }

    /// The tasks of a plan file that the request names, if the commit's tree has it there.
    fn added(&self, commit: &Commit, path: &str, blob: ObjectId) -> Option<Vec<FileTask>> {
        let entry = self.repo.entry_at(commit.tree, path).ok()??;
        if entry.id != blob || entry.kind != EntryKind::Blob {
            return None;
        }
        self.loader.file_tasks(path, blob).ok()
    }

    fn compare(
        &self,
        parent: Option<ObjectId>,
        commit: &Commit,
        statement: &Statement,
    ) -> Result<(), Difference> {
        if commit.parents.len() > 1 {
            return Err(Difference::Parents(commit.parents.len()));
        }
        self.law(statement)?;
        let change = self.change(parent, statement)?;
        if change.is_empty() {
            return Err(Difference::Nothing);
        }
        self.tree(parent, commit, &change, &statement.request)?;
        signatures(commit, &statement.request)?;
        let message = message::compose(&statement.request, &change, statement.rules, statement.law)
            .map_err(Difference::Message)?;
        match first_line(Some(&message), Some(&commit.message)) {
            None => Ok(()),
            Some((line, expected, found)) => Err(Difference::MessageLine {
                line,
                expected,
                found,
            }),
        }
    }

    /// What shows who made a commit, and what of that is not as its rules ask. Rules that do not
    /// load list nobody and ask for nothing: that they do not is told elsewhere.
    fn shown(&mut self, id: ObjectId, statement: &Statement) -> (Level, Option<Difference>) {
        let sealed = match self.repo.signed(id) {
            Ok(signed) => match signed.foreign {
                Some(header) => return (Level::Unsigned, Some(Difference::Header(header))),
                None => Sealed::of(&signed),
            },
            Err(error) => return (Level::Unsigned, Some(Difference::Unreadable(error.into()))),
        };
        let (verified, most) = match self.server {
            Server::Judges => (false, Level::Signed),
            Server::Silent => (false, Level::Verified),
            Server::Said(last) => {
                if last == id {
                    self.server = Server::Silent;
                }
                (true, Level::Verified)
            }
        };
        let rules = statement.rules.and_then(|at| self.loader.rules(at).ok());
        let Some(rules) = rules else {
            return (Level::Unsigned, None);
        };
        let agent = &statement.request.actor.agent;
        let verified = verified && believed(&rules.policy);
        let shown = level(rules.identity.agents.get(agent), sealed.seal(verified));
        let minimum = rules.policy.signatures.min(most);
        let owing = (shown < minimum).then(|| Difference::Level {
            shown,
            agent: agent.clone(),
            minimum,
        });
        (shown, owing)
    }

    /// A request stands in the ledger once.
    fn once(&mut self, commit: &Commit, statement: &Statement) -> Result<(), Difference> {
        let at = statement.request.at.seconds();
        match self.requests.repeats(self.repo, &commit.message, at) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Difference::Repeated),
            Err(error) => Err(Difference::Unreadable(error.into())),
        }
    }

    fn law(&self, statement: &Statement) -> Result<(), Difference> {
        let found = statement.law;
        if found > LAW {
            return Err(Difference::NewerLaw { found, known: LAW });
        }
        match self.last {
            Some(Standing { law: last, .. }) if found < last => {
                Err(Difference::LawWentBack { found, last })
            }
            _ => Ok(()),
        }
    }

    /// What the request changes, decided again.
    fn change(
        &self,
        parent: Option<ObjectId>,
        statement: &Statement,
    ) -> Result<Change, Difference> {
        let verb = &statement.request.verb;
        let Some(parent) = parent else {
            return match verb {
                Verb::Init(marker) => Ok(beginning(marker)),
                other => Err(Difference::NotInit(other.word())),
            };
        };
        let rules = self.rules(statement)?;
        if let Verb::AcceptTarget { target, .. } = verb
            && !self.repo.exists(*target)
        {
            return Err(Difference::MissingRules(*target));
        }
        let snapshot = self
            .loader
            .snapshot(Some(parent), rules, Some(verb))
            .map_err(Difference::Unreadable)?;
        // What a revision changed is told against the commit that was sent back.
        let sent_back = match verb {
            Verb::Handoff { task, .. } => review::sent_back(snapshot.records_of(task)),
            _ => None,
        };
        let earlier = sent_back.map(|sent| sent.handoff.commit);
        if let Some(missing) = earlier.filter(|commit| !self.repo.exists(*commit)) {
            return Err(Difference::Missing(missing));
        }
        decide(&snapshot, &statement.request).map_err(|refusal| {
            let missing = named_work(&snapshot, verb).filter(|work| !self.repo.exists(*work));
            missing.map_or_else(
                || Difference::Refused(Box::new(refusal)),
                Difference::Missing,
            )
        })
    }
}

impl Iterator for Verification<'_> {
    type Item = Verdict;

    fn next(&mut self) -> Option<Verdict> {
        let commit = self.commits.pop()?;
        let verdict = self.judge(commit);
        self.excused = self.excused.saturating_sub(1);
        Some(verdict)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.commits.len(), Some(self.commits.len()))
    }
}

/// The commit that a request is about: the one that it names, or the one that is handed off.
fn named_work(snapshot: &Snapshot, verb: &Verb) -> Option<ObjectId> {
    if let Verb::Except {
        act: ExceptAct::Ask { commit, .. },
        ..
    } = verb
    {
        return Some(*commit);
    }
    let submitted = || match &snapshot.states.get(verb.task()?).standing {
        state::Standing::InReview { submission, .. } => Some(submission.commit),
        _ => None,
    };
    match verb.range()? {
        RangeWanted::Submitted { tip } => Some(tip),
        RangeWanted::Landing { .. } | RangeWanted::Completed { .. } => submitted(),
    }
}
