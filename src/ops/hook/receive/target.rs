//! The target goes forward only, and by what tasks have landed (P31).

use super::super::landed;
use super::super::reviewed::Reviews;
use super::Push;
use crate::domain::push::{Denied, Update};
use crate::domain::snapshot::States;
use crate::git::GitError;
use crate::ops::OpError;

impl Push<'_> {
    pub(super) fn judge_target(
        &self,
        update: &Update,
        notes: &mut Vec<String>,
    ) -> Result<Option<Denied>, OpError> {
        let name = update.name.as_str();
        let Some(new) = update.new else {
            let fact = "the target is what all work lands on; it is never deleted";
            return Ok(Some(Denied::new("target-deleted", name, fact, "leave it")));
        };
        let Some(old) = update.old else {
            return Ok(None);
        };
        match self.repo.is_ancestor(old, new) {
            Ok(true) => {}
            Ok(false) => {
                let fact = format!("{} does not descend from {}", new.short(), old.short());
                let hint = "fetch, and bring your commits on top; a target is only fast-forwarded";
                return Ok(Some(
                    Denied::new("target-rewound", name, fact, hint).at(new),
                ));
            }
            Err(error @ (GitError::WrongKind { .. } | GitError::MissingObject { .. })) => {
                let hint = "push a commit";
                return Ok(Some(Denied::new(
                    "target-rewound",
                    name,
                    error.to_string(),
                    hint,
                )));
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(denied) = landed::unreadable(&self.loader, name, (old, new)) {
            return Ok(Some(denied));
        }
        // Where the rules before do not read, a commit that mends them must come in.
        let Ok(rules) = self.loader.rules(old) else {
            return Ok(None);
        };
        let states = match self.ledger.after {
            Some(ledger) => self.loader.states(ledger),
            None => Ok(States::default()),
        };
        // A ledger that does not read is refused as such.
        let states = states.unwrap_or_default();
        let reviews = Reviews {
            repo: self.repo,
            env: self.env,
            loader: &self.loader,
            rules: &rules,
            ledger: self.ledger.after,
            states: &states,
        };
        let added = landed::added(&reviews, name, (old, new))?;
        notes.extend(added.listed);
        Ok(added.denied)
    }
}
