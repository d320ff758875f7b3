//! `audit verify`: decides the ledger's history again, and remembers for its user what held.

use std::collections::BTreeMap;

use super::site::Site;
use crate::audit::remembered::{Remembered, recall, remember};
use crate::audit::{AuditError, Verdict, first, verify, verify_range};
use crate::domain::id::ObjectId;
use crate::domain::signature::Level;
use crate::ledger::LedgerError;

/// What is decided again.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// What comes after this ledger commit; none: from the first.
    pub from: Option<ObjectId>,
    /// Up to this one; none: to the tip.
    pub to: Option<ObjectId>,
    /// Everything, whatever is remembered.
    pub all: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct VerifyOutcome {
    /// How many commits were decided again.
    pub decided: usize,
    /// What was not, because this user's last run found that it holds.
    pub remembered: Option<Remembered>,
    /// What was remembered and is not part of the ledger any more: history was rewritten (P25).
    pub rewritten: Option<Remembered>,
    /// What was seen here and the ledger does not descend from: it was rewound or replaced, and
    /// nobody has accepted that (P25).
    pub lost: Option<ObjectId>,
    /// The commits that are not exactly what their request gives, oldest first.
    pub differing: Vec<Verdict>,
    /// How many commits show each level of who made them, those remembered included.
    pub levels: BTreeMap<Level, usize>,
    /// The ledger commit up to which history was looked at.
    pub tip: Option<ObjectId>,
}

impl VerifyOutcome {
    /// Whether history is what it should be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.differing.is_empty() && self.rewritten.is_none() && self.lost.is_none()
    }
}

/// Decides ledger commits again; `progress` hears of each thousand: how many are done, of how many.
///
/// # Errors
/// [`AuditError`] when history cannot be listed, or a commit of the range is not on its line.
pub fn verify_history(
    site: &Site,
    options: &VerifyOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<VerifyOutcome, AuditError> {
    let ledger = &site.ledger;
    let plain = options.from.is_none() && options.to.is_none();
    let known = if plain { recall(ledger) } else { None };
    let mut outcome = VerifyOutcome {
        tip: options.to.or(ledger.tip()?),
        lost: match ledger.sound_tip() {
            Err(LedgerError::Rewritten { seen, .. }) => Some(seen),
            sound => sound.map(|_| None)?,
        },
        ..VerifyOutcome::default()
    };
    let mut from = options.from;
    if let Some(known) = known {
        match verify(ledger, Some(known.commit)) {
            // What held may hold no more: its rules may be gone from the target.
            Ok(line) if options.all || line.is_aside() => {}
            Ok(_) => {
                from = Some(known.commit);
                outcome.levels = known.levels.clone();
                outcome.remembered = Some(known);
            }
            Err(AuditError::NotInLedger(_)) if first(ledger)? == Some(known.first) => {
                outcome.rewritten = Some(known);
            }
            // Of another repository that stood here before.
            Err(AuditError::NotInLedger(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut verification = verify_range(ledger, from, options.to)?;
    let mut begun = outcome.remembered.as_ref().map(|known| known.first);
    let total = verification.left();
    for verdict in &mut verification {
        outcome.decided += 1;
        begun = begun.or(Some(verdict.commit));
        if outcome.decided.is_multiple_of(1000) {
            progress(outcome.decided, total);
        }
        if let Some(level) = verdict.level {
            *outcome.levels.entry(level).or_default() += 1;
        }
        if !verdict.holds() {
            outcome.differing.push(verdict);
        }
    }
    // A person who went on with a rewritten ledger, and lets all of it be decided, begins anew.
    if options.all && outcome.lost.is_none() {
        outcome.rewritten = None;
    }
    let before = outcome.remembered.as_ref().map_or(0, |known| known.count);
    if let (true, true, Some(commit), Some(first)) = (plain, outcome.holds(), outcome.tip, begun) {
        remember(
            ledger,
            &Remembered {
                first,
                commit,
                count: before + outcome.decided,
                levels: outcome.levels.clone(),
            },
        );
    }
    Ok(outcome)
}
