//! `forged-commit`: something on the ledger's branch that laneway has not written: a commit whose
//! message is no request, or one that came in here by other means than laneway and is not what its
//! request gives. `audit verify` decides the whole history again; this looks at the end of it, where
//! such a commit stops every change.

use super::{Ailment, Cure, Finding, Patient, Severity};
use crate::audit::{self, AuditError, Difference};
use crate::domain::id::ObjectId;
use crate::git::GitError;
use crate::ledger::Ledger;
use crate::ledger::message::{self, BadMessage};
use crate::ledger::restore::restore;
use crate::ops::OpError;

pub const AILMENT: Ailment = Ailment {
    id: "forged-commit",
    about: "ledger commits that laneway has not written",
    find,
};

/// Most commits that are looked at.
const LOOKED: usize = 200;

/// A commit that does not belong on the ledger.
struct Forged {
    commit: ObjectId,
    /// The last one before it that does; none: it is the first.
    good: Option<ObjectId>,
    /// How many stand on it.
    above: usize,
    why: String,
    /// A newer laneway may have written it.
    newer: bool,
}

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    // What was rewritten is told by `rewritten`.
    let Ok(site) = &patient.ledger else {
        return Ok(Vec::new());
    };
    let ledger = &site.ledger;
    let Ok(Some(tip)) = ledger.sound_tip() else {
        return Ok(Vec::new());
    };
    let found = match unreadable(ledger, tip)? {
        Some(found) => Some(found),
        None => untrue(ledger, tip)?,
    };
    Ok(found
        .map(|forged| told(ledger, tip, &forged))
        .into_iter()
        .collect())
}

/// The oldest of those commits at the end of the line whose messages do not read.
fn unreadable(ledger: &Ledger, tip: ObjectId) -> Result<Option<Forged>, OpError> {
    let repo = &ledger.repo;
    let mut found: Option<Forged> = None;
    for (above, commit) in repo.first_parents(tip).take(LOOKED).enumerate() {
        let commit = match commit {
            Ok(commit) => commit,
            Err(GitError::MissingObject { .. }) => break,
            Err(error) => return Err(error.into()),
        };
        let text = repo.commit(commit)?.message;
        match message::read(&text, |_, _| Some(Vec::new())) {
            Ok(_) => {
                if let Some(found) = &mut found {
                    found.good = Some(commit);
                }
                break;
            }
            Err(why) => {
                found = Some(Forged {
                    commit,
                    good: None,
                    above,
                    newer: !matches!(why, BadMessage::Missing(_)),
                    why: why.to_string(),
                });
            }
        }
    }
    Ok(found)
}

/// The first commit after what was seen settled here that is not what its request gives.
fn untrue(ledger: &Ledger, tip: ObjectId) -> Result<Option<Forged>, OpError> {
    let Some(seen) = ledger.seen().tip().filter(|seen| *seen != tip) else {
        return Ok(None);
    };
    let unsure = |error: AuditError| match error {
        AuditError::Ledger(error) => OpError::from(error),
        AuditError::NotInLedger(_) | AuditError::Backwards { .. } => {
            OpError::Usage(error.to_string())
        }
    };
    let mut verdicts = audit::verify(ledger, Some(seen)).map_err(unsure)?;
    let mut good = seen;
    while let Some(verdict) = verdicts.next() {
        // What this clone lacks is no forgery; a target of another history is told by `rewritten`.
        let aside = matches!(verdict.difference, Some(Difference::RulesAside { .. }));
        if verdict.holds() || verdict.missing().is_some() || aside {
            good = verdict.commit;
            continue;
        }
        let why = verdict.difference.as_ref().map(ToString::to_string);
        return Ok(Some(Forged {
            commit: verdict.commit,
            good: Some(good),
            above: verdicts.left(),
            newer: false,
            why: why.unwrap_or_default(),
        }));
    }
    Ok(None)
}

fn told(ledger: &Ledger, tip: ObjectId, forged: &Forged) -> Finding {
    let commit = forged.commit;
    let above = match forged.above {
        0 => String::new(),
        1 => "; 1 commit stands on it".to_owned(),
        more => format!("; {more} commits stand on it"),
    };
    let cure = match forged.good {
        None => "restore the ledger from a clone that has it whole".to_owned(),
        Some(good) => {
            let back = restore(&ledger.tip_ref, good, Some(tip));
            let lost = match forged.above {
                0 => String::new(),
                _ => ", which gives up what stands on it".to_owned(),
            };
            // What was seen beyond it would be missed from then on.
            let seen = ledger.seen().tip();
            let held = seen.is_none_or(|seen| {
                let kept = ledger.repo.is_ancestor(seen, good);
                seen == good || kept.is_ok_and(|kept| kept)
            });
            let accept = match held {
                true => String::new(),
                false => format!(" && laneway doctor --accept-ledger {good}"),
            };
            let first = match forged.newer {
                true => "install a newer laneway if one wrote it, else ",
                false => "",
            };
            format!("{first}take it off: `{back}{accept}`{lost}")
        }
    };
    Finding {
        ailment: AILMENT.id,
        severity: Severity::Error,
        what: format!("ledger commit {commit} was not written by laneway"),
        place: ledger.tip_ref.clone(),
        why: format!("{}{above}", forged.why),
        cure: Cure::Hand(cure),
    }
}
