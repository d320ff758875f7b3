//! Entries of another source that are taken for those of an earlier import.
//!
//! Where a task came from is the name of its source and its id there. Without `--name` the form is
//! the name: so the next export of a tracker is known again, whatever its file is called. The price
//! is that two trackers of one form may both have a `1`.

use super::{Action, ImportOptions};
use crate::ledger::import::{Mapped, SourceKind};

/// Makes bad entries of those that were taken for other tasks: whoever named no source says now
/// which it is. A task is another one when its title and the moment it was made differ, or when not
/// one of several that are known has the title that it had.
pub(super) fn refuse(rows: &mut [(Mapped, Action)], kind: SourceKind, options: &ImportOptions) {
    if options.name.is_some() || kind == SourceKind::Own {
        return;
    }
    let differs = |action: &Action, field: &str| match action {
        Action::Changed(fields) => fields.contains(&field),
        Action::New | Action::There | Action::Bad => false,
    };
    let known = |action: &Action| matches!(action, Action::There | Action::Changed(_));
    let all: Vec<&Action> = rows.iter().map(|(_, action)| action).collect();
    let here: Vec<_> = all.into_iter().filter(|action| known(action)).collect();
    let renamed = here.iter().all(|action| differs(action, "title"));
    let strange = here.len() > 1 && renamed;
    let name = proposed(options);
    for (mapped, action) in rows {
        let other = differs(action, "title") && (strange || differs(action, "created_at"));
        if !other {
            continue;
        }
        let id = mapped.id.as_ref().map_or("", |id| id.as_str());
        mapped.bad.push(format!(
            "`{id}` came from an entry of this id in an earlier import from {kind}, and is called \
             something else: `--name {name}` if this is another source (`--prefix` gives its tasks \
             ids of their own), `--name {kind}` if it is the same"
        ));
        mapped.task = None;
        *action = Action::Bad;
    }
}

/// A name for the source, from that of its first file.
fn proposed(options: &ImportOptions) -> String {
    let first = options.sources.first();
    let stem = first.and_then(|path| path.file_stem());
    let stem = stem.unwrap_or_default().to_string_lossy().to_lowercase();
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let plain = plain.trim_matches('-');
    match plain {
        "" => "NAME".to_owned(),
        plain => plain.to_owned(),
    }
}
