use std::cell::Cell;

use super::Governance;
use crate::domain::id::TaskId;
use crate::domain::suggest::closest;

/// Most comparisons of names for the hints of one rule: however many names miss, and however many
/// there are, a rule stays as fast as its files are long (PROMISES P23).
const COMPARISONS: usize = 1 << 20;

/// Most names that a hint lists.
const LISTED: usize = 12;

/// The names that something may have, for hints about one that it may not.
pub(super) struct Known<'a> {
    names: Vec<&'a str>,
    /// All names, or the first of them.
    listed: Option<String>,
    /// Comparisons that are left.
    left: Cell<usize>,
}

impl<'a> Known<'a> {
    /// The ids of all tasks.
    pub(super) fn tasks(governance: &'a Governance) -> Self {
        let tasks = governance.distinct();
        Self::new(
            "tasks",
            tasks.map(|definition| definition.planned.task.id.as_str()),
        )
    }

    /// Names of `what`, in the order in which they are listed.
    pub(super) fn new(what: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        let shown = names.iter().take(LISTED).copied().collect::<Vec<_>>();
        let listed = match names.len() {
            0 => None,
            all if all > LISTED => Some(format!("{what}: {}, … ({all} in all)", shown.join(", "))),
            _ => Some(format!("{what}: {}", shown.join(", "))),
        };
        Self {
            names,
            listed,
            left: Cell::new(COMPARISONS),
        }
    }

    /// What there is.
    pub(super) fn listed(&self) -> Option<String> {
        self.listed.clone()
    }

    /// What `name` was probably meant to be, else what there is.
    pub(super) fn hint(&self, name: &str) -> Option<String> {
        self.meant(name).or_else(|| self.listed())
    }

    fn meant(&self, name: &str) -> Option<String> {
        self.closest(name).filter(|_| name.chars().count() > 2)
    }

    /// The id that `id` was probably meant to be.
    pub(super) fn meant_id(&self, id: &TaskId) -> Option<String> {
        self.closest(id.as_str())
    }

    /// The closest name with the same numbers, since `A-9` is no misspelt `A-8`; one that differs
    /// in case and marks only comes first.
    fn closest(&self, name: &str) -> Option<String> {
        let left = self.left.get().checked_sub(self.names.len())?;
        self.left.set(left);
        let digits = |name: &str| {
            name.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        let (own, bare) = (digits(name), letters(name));
        let names = || self.names.iter().copied();
        let near = names()
            .find(|known| letters(known) == bare)
            .or_else(|| closest(name, names().filter(|known| digits(known) == own)))?;
        Some(format!("did you mean `{near}`?"))
    }
}

/// Letters and digits of a name, in lower case.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::Known;

    #[test]
    fn p23_hints_do_not_compare_every_name_with_every_miss() {
        let names: Vec<String> = (0..100_000).map(|n| format!("ws-{n}-station")).collect();
        let known = Known::new("stations", names.iter().map(String::as_str));
        let told = |hint: Option<String>| hint.unwrap();
        assert_eq!(
            told(known.hint("ws-7-sttaion")),
            "did you mean `ws-7-station`?"
        );
        for _ in 0..100_000 {
            drop(known.hint("ws-7-sttaion"));
        }
        assert!(told(known.hint("ws-7-sttaion")).starts_with("stations: ws-0-station, "));
        assert_eq!(Known::new("roles", []).hint("x"), None);
    }
}
