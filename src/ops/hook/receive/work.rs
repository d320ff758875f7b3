//! Work refs keep commits alive; none that they kept is ever lost (DESIGN §2).

use super::Push;
use crate::domain::push::{Denied, Update, WorkName};
use crate::ops::OpError;

impl Push<'_> {
    /// Who holds a claim is not known of whoever pushes, so the name is judged: a task of the
    /// ledger, an epoch that was given. The latest epoch's ref moves, and what it leaves is kept
    /// beside it; refs of earlier epochs stand.
    pub(super) fn judge_work(&self, update: &Update) -> Result<Option<Denied>, OpError> {
        let no = |rule, fact: String, hint: &str| Some(Denied::new(rule, &update.name, fact, hint));
        let Some(work) = WorkName::read(&update.name) else {
            let fact = "it is no `refs/laneway/work/<task>/<epoch>`".to_owned();
            return Ok(no("work-name", fact, "laneway writes work refs itself"));
        };
        let Some(new) = update.new else {
            // The target of before: git may move that ref alone.
            let kept = match (update.old, self.target.before) {
                (Some(old), Some(target)) => self.repo.is_ancestor(old, target)?,
                _ => false,
            };
            let fact = format!("it keeps work that {} does not have", self.marker.target);
            return Ok(match kept {
                true => None,
                false => no("work-deleted", fact, "leave it"),
            });
        };
        let history = match self.ledger.after {
            Some(ledger) if self.repo.exists(ledger) => self.loader.history(ledger, &work.task)?,
            _ => None,
        };
        let epoch = history
            .map(|history| history.state.epoch)
            .unwrap_or_default();
        if work.epoch > epoch {
            let fact = format!(
                "`{}` is at epoch {epoch}; nobody holds {}",
                work.task, work.epoch
            );
            let hint = format!("`laneway show {}` says who holds it", work.task);
            return Ok(no("work-epoch", fact, &hint));
        }
        if let Some(earlier) = work.earlier {
            let fact = format!("it stands for {} and for nothing else", earlier.short());
            return Ok(match new == earlier {
                true => None,
                false => no("work-rewritten", fact, "leave it"),
            });
        }
        let Some(old) = update.old.filter(|old| *old != new) else {
            return Ok(None);
        };
        if work.epoch < epoch {
            let fact = format!(
                "the claim of epoch {} is over, `{}` is at {epoch}",
                work.epoch, work.task
            );
            let hint = "commits of a lost claim are kept under a branch of your own";
            return Ok(no("work-epoch", fact, hint));
        }
        let kept = work.keeping(old);
        if self.repo.is_ancestor(old, new)? || self.after(&kept)? == Some(old) {
            return Ok(None);
        }
        let fact = format!("{} would be lost: {kept} does not keep it", old.short());
        let hint = "`laneway handoff` keeps the earlier commit first";
        Ok(no("work-rewritten", fact, hint))
    }
}
