//! The ledger branch goes forward only, by commits that decide again to what they are.

use std::collections::{BTreeSet, HashSet};

use super::super::landed;
use super::super::reviewed::{Reviews, same_rules};
use super::Push;
use crate::audit::{AuditError, Difference, Verdict, verify_line};
use crate::domain::id::ObjectId;
use crate::domain::push::{Denied, STALE, Update, VERIFIED};
use crate::domain::shell::quoted;
use crate::domain::signature::Level;
use crate::domain::snapshot::States;
use crate::domain::state::Standing;
use crate::git::{Commit, GitError};
use crate::ledger::{LedgerError, marker_at, message, paths};
use crate::ops::OpError;

const FETCH: &str = "`laneway doctor` in the clone says what it has; every verb fetches first";

/// Most ledger commits of one push: a bound on what a stranger can make the server do.
const MAX_COMMITS: usize = 50_000;
/// Longest fact that is sent to the pusher, in characters.
const MAX_FACT: usize = 600;

/// When ledger commits are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops::hook) enum When {
    /// Before they are let in.
    Before,
    /// Once they are there: rules may have changed since.
    After,
}

impl Push<'_> {
    pub(super) fn judge_ledger(&self, update: &Update) -> Result<Option<Denied>, OpError> {
        let no = |rule, fact: String, hint: &str| Denied::new(rule, &update.name, fact, hint);
        let Some(new) = update.new else {
            let fact = "the ledger says who owns what; it is never deleted".to_owned();
            return Ok(Some(no("ledger-deleted", fact, "leave it")));
        };
        if let Some(denied) = self.not_a_ledger(update, new)? {
            return Ok(Some(denied));
        }
        if let Some(denied) = self.judge_line(&update.name, (update.old, new), When::Before)? {
            return Ok(Some(denied));
        }
        self.done_without_target(update, new)
    }

    /// Judges the ledger commits between `from` and `new`: each is decided again, and held against
    /// what the server knows.
    pub(in crate::ops::hook) fn judge_line(
        &self,
        name: &str,
        (from, new): (Option<ObjectId>, ObjectId),
        when: When,
    ) -> Result<Option<Denied>, OpError> {
        let no = |rule, fact: String, hint: &str| Denied::new(rule, name, fact, hint);
        let line = match verify_line(self.repo, from, new) {
            Ok(line) => line,
            Err(AuditError::NotInLedger(old) | AuditError::Backwards { from: old, .. }) => {
                let fact = format!(
                    "{} does not descend from {}, which stands here",
                    new.short(),
                    old.short()
                );
                let back = self.repo.is_ancestor(new, old).unwrap_or(false);
                let hint = match back {
                    true => format!(
                        "who has the server puts it back there: `git update-ref {} {new} {old}`",
                        quoted(name)
                    ),
                    false => FETCH.to_owned(),
                };
                return Ok(Some(no("ledger-rewound", fact, &hint).at(new)));
            }
            Err(AuditError::Ledger(LedgerError::Git(error))) if names_nothing(&error) => {
                return Ok(Some(no("ledger-commit", error.to_string(), FETCH).at(new)));
            }
            Err(AuditError::Ledger(error)) => return Err(error.into()),
        };
        if when == When::Before && line.left() > MAX_COMMITS {
            let fact = format!(
                "{} ledger commits in one push, more than {MAX_COMMITS}",
                line.left()
            );
            let hint = "push an older commit of it first, then the rest";
            return Ok(Some(no("ledger-commit", fact, hint)));
        }
        let mut terms = Terms::new(self, from.is_none() || when == When::After);
        for verdict in line {
            if let Some(denied) = self.unproven(name, &verdict)? {
                return Ok(Some(denied.at(verdict.commit)));
            }
            if let Some(fact) = refused(&verdict) {
                let hint = "it was not made by laneway on this ledger: make the change by its verb";
                return Ok(Some(no("ledger-commit", fact, hint).at(verdict.commit)));
            }
            if let Some(denied) = terms.judge(name, verdict.commit)? {
                return Ok(Some(denied.at(verdict.commit)));
            }
        }
        Ok(None)
    }

    /// Too little shows who made a commit that holds otherwise (X8).
    fn unproven(&self, name: &str, verdict: &Verdict) -> Result<Option<Denied>, OpError> {
        let Some(Difference::Level {
            shown,
            agent,
            minimum,
        }) = &verdict.difference
        else {
            return Ok(None);
        };
        let email = self.repo.commit(verdict.commit)?.committer.email;
        let fact =
            format!("it is {shown} by {agent} (committer {email}); the policy asks for {minimum}");
        let hint = match minimum {
            Level::Signed | Level::Verified => format!(
                "sign with a key that the identity map gives to {agent}: `git config gpg.format \
                 ssh`, `git config user.signingKey FILE`"
            ),
            Level::Unsigned | Level::Committer => format!(
                "`git config user.email` must be an address that the identity map gives to {agent}"
            ),
        };
        Ok(Some(Denied::new("maker-unproven", name, fact, hint)))
    }

    /// What is no ledger under this name, or begins one that was lost.
    fn not_a_ledger(&self, update: &Update, new: ObjectId) -> Result<Option<Denied>, OpError> {
        let no = |rule, fact: String| Denied::new(rule, &update.name, fact, FETCH).at(new);
        match marker_at(self.repo, new) {
            Ok(Some(marker)) if marker.branch == self.marker.branch => {}
            Ok(Some(marker)) => {
                let fact = format!("its marker says that the ledger is `{}`", marker.branch);
                return Ok(Some(no("ledger-marker", fact)));
            }
            Ok(None) => {
                let fact = format!("it has no {}", paths::MARKER);
                return Ok(Some(no("ledger-marker", fact)));
            }
            Err(LedgerError::Git(error)) if !names_nothing(&error) => return Err(error.into()),
            Err(error) => return Ok(Some(no("ledger-marker", error.to_string()))),
        }
        let judged = self
            .repo
            .tip(&format!("{VERIFIED}{}", self.marker.branch))?;
        if update.old.is_none()
            && let Some(judged) = judged
            && !self.repo.is_ancestor(judged, new)?
        {
            let fact = format!(
                "the ledger that stood here had {}, and this one has not",
                judged.short()
            );
            return Ok(Some(no("ledger-rewound", fact)));
        }
        Ok(None)
    }

    /// A task that becomes done brings its commit to the target, or finds it there.
    fn done_without_target(
        &self,
        update: &Update,
        new: ObjectId,
    ) -> Result<Option<Denied>, OpError> {
        let before = match update.old {
            Some(old) => self.loader.states(old)?,
            None => States::default(),
        };
        let after = self.loader.states(new)?;
        let mut done = Vec::new();
        for (id, state) in after.with_archived() {
            if let Standing::Done(completion) = &state.standing
                && state.standing != before.get(id).standing
            {
                done.push((id, completion.commit));
            }
        }
        done.sort();
        let wanted: BTreeSet<ObjectId> = done.iter().map(|(_, commit)| *commit).collect();
        let held = match self.target.after {
            Some(target) => self.repo.reachable_among(target, &wanted)?,
            None => BTreeSet::new(),
        };
        let missing = done.into_iter().find(|(_, commit)| !held.contains(commit));
        Ok(missing.map(|(id, commit)| {
            let fact = format!(
                "`{id}` is done by {}, which {} does not have after this push",
                commit.short(),
                self.marker.target
            );
            let hint = format!("`laneway merge {id}` pushes both at once");
            Denied::new("done-without-target", &update.name, fact, hint)
                .at(commit)
                .of(id)
        }))
    }
}

/// Whether a pushed id is no commit that can be read: the pusher's fault, not the server's.
fn names_nothing(error: &GitError) -> bool {
    matches!(
        error,
        GitError::WrongKind { .. } | GitError::MissingObject { .. } | GitError::TooLarge { .. }
    )
}

/// Why a commit does not hold, for whoever pushed it.
fn refused(verdict: &Verdict) -> Option<String> {
    let difference = verdict.difference.as_ref()?;
    let op = verdict.op.map(|op| format!("`{op}`: ")).unwrap_or_default();
    Some(match verdict.missing() {
        Some(work) => format!("{op}it names the work {work}, which was not pushed"),
        None => clipped(format!("{op}{difference}")),
    })
}

/// A fact quotes what is there, which may be as long as the forger likes.
fn clipped(fact: String) -> String {
    match fact.char_indices().nth(MAX_FACT) {
        Some((end, _)) => format!("{} …", &fact[..end]),
        None => fact,
    }
}

/// What a server asks of a commit that holds: that its rules, its moment and its maker are what the
/// server knows.
struct Terms<'p, 'r> {
    push: &'p Push<'r>,
    /// The commits were made a while ago: their rules were in force at their time.
    past: bool,
    /// Rules that were looked at and are in order.
    known: HashSet<ObjectId>,
}

impl<'p, 'r> Terms<'p, 'r> {
    fn new(push: &'p Push<'r>, past: bool) -> Self {
        Self {
            push,
            past,
            known: HashSet::new(),
        }
    }

    fn judge(&mut self, name: &str, id: ObjectId) -> Result<Option<Denied>, OpError> {
        let commit = self.push.repo.commit(id)?;
        let accepted = message::accepted(&commit.message);
        // Accepting a rewritten target is judged by the rules before it, which are gone.
        let rules = match (accepted, message::rules(&commit.message)) {
            (Some(accepted), _) => Some(accepted),
            (None, rules) => rules,
        };
        let Some(rules) = rules else {
            return Ok(None);
        };
        if let Some(denied) = accepted.and_then(|accepted| self.accepts(name, accepted)) {
            return Ok(Some(denied));
        }
        if !self.known.contains(&rules) {
            if let Some(denied) = self.rules(name, rules, &commit)? {
                return Ok(Some(denied));
            }
            self.known.insert(rules);
        }
        self.moment(name, &commit, rules)
    }

    /// A rewritten target is gone on with as it stands here: a clone that fetches from elsewhere may
    /// see an older one, which takes nothing back. Whether it was rewritten at all, `decide` asks.
    fn accepts(&self, name: &str, accepted: ObjectId) -> Option<Denied> {
        let known = self.push.target.before.filter(|_| !self.past)?;
        if accepted == known {
            return None;
        }
        let (accepted, known) = (accepted.short(), known.short());
        let branch = &self.push.marker.target;
        let fact = format!("it goes on with {accepted}, and {branch} is {known} here");
        let see = "`git remote -v` says where the clone fetches from: fetch from this server";
        Some(Denied::new("rules-unknown", name, fact, see))
    }

    /// The rules stand on the target as it is before the push, and are the ones in force there.
    fn rules(
        &self,
        name: &str,
        rules: ObjectId,
        commit: &Commit,
    ) -> Result<Option<Denied>, OpError> {
        let (repo, target) = (self.push.repo, self.push.target);
        let branch = &self.push.marker.target;
        // A target that begins with the ledger is all there is to go by.
        let begun = target.after.filter(|_| self.push.ledger.before.is_none());
        let Some(known) = target.before.or(begun) else {
            let fact = format!("its rules {} are on no {branch} here", rules.short());
            let hint = format!("push {branch} first");
            return Ok(Some(Denied::new("rules-unknown", name, fact, hint)));
        };
        let there = repo.exists(rules)
            && (repo.is_ancestor(rules, known)? || self.landed_with(rules, known, commit)?);
        if !there {
            let fact = format!(
                "its rules {} are not on {branch} before this push",
                rules.short()
            );
            let hint =
                format!("push {branch} by itself first: rules are in force once they are there");
            return Ok(Some(Denied::new("rules-unknown", name, fact, hint)));
        }
        if self.past || rules == known || self.same_law(rules, known)? {
            return Ok(None);
        }
        let fact = format!(
            "it was judged by the rules of {}, and {branch} has others since",
            rules.short()
        );
        let hint = "laneway fetches and decides afresh; if it was laneway: `git remote -v`, it fetches \
                    from another place than this";
        Ok(Some(Denied::new(STALE, name, fact, hint)))
    }

    /// Whether the rules come to the target with this push, and it may be judged by them before they
    /// are there: they are the files that are in force, and each target commit up to them was let
    /// in by an earlier ledger commit. So comes what another authority has landed meanwhile.
    fn landed_with(
        &self,
        rules: ObjectId,
        known: ObjectId,
        commit: &Commit,
    ) -> Result<bool, OpError> {
        let (repo, loader) = (self.push.repo, &self.push.loader);
        let (Some(after), Some(parent)) = (self.push.target.after, commit.parents.first()) else {
            return Ok(false);
        };
        let between = repo.is_ancestor(known, rules)? && repo.is_ancestor(rules, after)?;
        if !between || !self.same_files(rules, known)? {
            return Ok(false);
        }
        let (Ok(terms), Ok(states)) = (loader.rules(known), loader.states(*parent)) else {
            return Ok(false);
        };
        let branch = self.push.marker.target.full();
        let reviews = Reviews {
            repo,
            env: self.push.env,
            loader,
            rules: &terms,
            ledger: Some(*parent),
            states: &states,
        };
        let added = landed::added(&reviews, &branch, (known, rules))?;
        Ok(added.denied.is_none())
    }

    /// Whether policy, map and workstations are the same files. Where those in force do not read,
    /// the last ones that do are all that anybody can go by.
    fn same_files(&self, one: ObjectId, other: ObjectId) -> Result<bool, OpError> {
        let same = same_rules(self.push.repo, one, other)?;
        Ok(same || self.push.loader.rules(other).is_err())
    }

    /// Whether all that is decided by is the same: rules, plan, stages, packages. Where what is in
    /// force does not read, the last that does is all that anybody can go by.
    fn same_law(&self, one: ObjectId, other: ObjectId) -> Result<bool, OpError> {
        let repo = self.push.repo;
        let (before, now) = (repo.tree_of(one)?, repo.tree_of(other)?);
        let of = |tree| repo.entry_at(tree, paths::GOVERNANCE);
        Ok(of(before)? == of(now)? || self.push.loader.snapshot(None, other, None).is_err())
    }

    /// Leases end by the moment that a commit names.
    fn moment(
        &self,
        name: &str,
        commit: &Commit,
        rules: ObjectId,
    ) -> Result<Option<Denied>, OpError> {
        let rules = self.push.loader.rules(rules)?;
        let now = self.push.env.now();
        let latest = now.plus(rules.policy.lease.skew);
        if commit.author.seconds > latest.seconds() {
            let ahead = commit.author.seconds - now.seconds();
            let fact = format!("it is dated {ahead} s ahead of this server's clock");
            let hint = "set the clock of the machine that made it: leases end by it";
            return Ok(Some(Denied::new("clock-ahead", name, fact, hint)));
        }
        Ok(None)
    }
}
