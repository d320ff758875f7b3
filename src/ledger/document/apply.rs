use crate::ledger::yaml::{Limits, Node, SyntaxError, parse};

use super::edit::Edit;
use super::error::EditError;
use super::layout::Splice;
use super::plan::{Plan, Planner};
use super::verify::is_change;

/// A file that people write: its text, and edits that leave the rest of it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    source: String,
    order: &'static [&'static str],
}

impl Document {
    /// A document with this text, which is read when it is used.
    #[must_use]
    pub fn new(source: String) -> Self {
        Self { source, order: &[] }
    }

    /// Names keys in their usual order: a new key goes behind the nearest one that precedes it.
    /// A key without place in the order goes to the end of its mapping.
    #[must_use]
    pub fn with_key_order(mut self, order: &'static [&'static str]) -> Self {
        self.order = order;
        self
    }

    /// A document with another text and the same order of keys.
    pub(super) fn saying(&self, source: String) -> Self {
        Self {
            source,
            order: self.order,
        }
    }

    /// The text as it is now.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text as it is now.
    #[must_use]
    pub fn into_source(self) -> String {
        self.source
    }

    /// The model of the text as it is now.
    ///
    /// # Errors
    /// [`SyntaxError`] for a text outside the ledger profile.
    pub fn root(&self) -> Result<Node<'_>, SyntaxError> {
        parse(&self.source, Limits::PLAN)
    }

    /// Makes one edit. One that changes nothing leaves the text as it is.
    ///
    /// # Errors
    /// [`EditError`]; the document is unchanged then.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        if let Some(edited) = self.edited(edit)? {
            self.source = edited;
        }
        Ok(())
    }

    /// Makes all edits, one after the other, or none.
    ///
    /// # Errors
    /// [`EditError`] of the first edit that fails; the document is unchanged then.
    pub fn apply_all<'e>(
        &mut self,
        edits: impl IntoIterator<Item = &'e Edit>,
    ) -> Result<(), EditError> {
        let mut edited = self.clone();
        for edit in edits {
            edited.apply(edit)?;
        }
        *self = edited;
        Ok(())
    }

    /// The text after `edit`, or `None` if it changes nothing.
    fn edited(&self, edit: &Edit) -> Result<Option<String>, EditError> {
        let root = self.root()?;
        let planner = Planner::new(&self.source, &root, self.order);
        let Some(plan) = planner.plan(edit)? else {
            return Ok(None);
        };
        let good = plan
            .candidates
            .iter()
            .find_map(|splice| self.spliced(&root, &plan, splice));
        match good {
            Some(edited) => Ok(Some(edited)),
            None => Err(EditError::Unverified(SyntaxError::new(
                &self.source,
                plan.at..plan.at,
                "this cannot be edited without changing what stands beside it",
            ))),
        }
    }

    /// The text after `splice`, if it reads as the intended change.
    fn spliced(&self, root: &Node<'_>, plan: &Plan, splice: &Splice) -> Option<String> {
        let (before, after) = (
            self.source.get(..splice.range.start)?,
            self.source.get(splice.range.end..)?,
        );
        let edited = [before, &splice.text, after].concat();
        let model = parse(&edited, Limits::PLAN).ok()?;
        let intended = is_change(root, &model, &plan.change);
        let rest_kept = edited.starts_with(before) && edited.ends_with(after);
        (intended && rest_kept).then_some(edited)
    }
}
