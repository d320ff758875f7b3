//! `maintain` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::maintain::Tidied;

/// `data` of `maintain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MaintainView {
    /// Another process was at it; nothing was done.
    pub elsewhere: bool,
    /// About how many objects were loose before.
    pub loose_before: usize,
    /// About how many objects are loose now.
    pub loose_after: usize,
    /// Work refs that were deleted: their task is done, and the target holds their commit.
    pub forgotten: Vec<String>,
}

impl From<&Tidied> for MaintainView {
    fn from(tidied: &Tidied) -> Self {
        Self {
            elsewhere: tidied.elsewhere,
            loose_before: tidied.loose.0,
            loose_after: tidied.loose.1,
            forgotten: tidied.forgotten.clone(),
        }
    }
}
