//! What is wrong with a file, and where in it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display};
use std::hash::Hash;

use super::text::{Lexeme, Rejected, Text};

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// Id of the rule it breaks: `meaning` where none has a name of its own.
    pub rule: &'static str,
    /// JSON pointer (RFC 6901) to the offending value: `/tasks/3/depends_on/0`.
    pub pointer: String,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Runs a conversion and returns its value, or all problems it noted.
///
/// # Errors
/// Every problem noted.
pub fn collect<T>(convert: impl FnOnce(&Place<'_>) -> Option<T>) -> Result<T, Vec<Problem>> {
    let found = RefCell::new(Vec::new());
    let value = convert(&Place {
        found: &found,
        above: None,
        step: Step::Root,
    });
    match (value, found.into_inner()) {
        (Some(value), problems) if problems.is_empty() => Ok(value),
        (_, problems) => Err(problems),
    }
}

/// The rule of a problem that has no name of its own.
const MEANING: &str = "meaning";

/// A place in a file, where problems can be noted. Costs nothing until one is.
///
/// A conversion returns `None` only after it noted a problem.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    found: &'a RefCell<Vec<Problem>>,
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    /// The value of `key` in the mapping at this place.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Self {
        self.below(Step::Key(key))
    }

    /// The item `index` (from 0) of the list at this place.
    #[must_use]
    pub fn item(&'a self, index: usize) -> Self {
        self.below(Step::Index(index))
    }

    fn below(&'a self, step: Step<'a>) -> Self {
        Self {
            found: self.found,
            above: Some(self),
            step,
        }
    }

    /// Notes a problem with the value at this place.
    pub fn refuse(&self, message: impl Into<String>) {
        self.note(MEANING, message.into(), None);
    }

    /// Notes a problem with the value at this place, and what to do about it.
    pub fn refuse_with_hint(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.note(MEANING, message.into(), Some(hint.into()));
    }

    /// Notes that the value at this place breaks the rule of that id.
    pub fn breaks(&self, rule: &'static str, message: impl Into<String>, hint: Option<String>) {
        self.note(rule, message.into(), hint);
    }

    /// Notes what was found wrong with the value at this place when it was judged by itself; there
    /// is no value then.
    pub fn adopt<T>(&self, problems: Vec<Problem>) -> Option<T> {
        let above = self.to_string();
        let found = problems.into_iter().map(|problem| Problem {
            pointer: format!("{above}{}", problem.pointer),
            ..problem
        });
        self.found.borrow_mut().extend(found);
        None
    }

    fn note(&self, rule: &'static str, message: String, hint: Option<String>) {
        self.found.borrow_mut().push(Problem {
            rule,
            pointer: self.to_string(),
            message,
            hint,
        });
    }

    /// Takes the value of the text under `key`.
    pub fn text<T: Lexeme>(&self, key: &str, text: Text<T>) -> Option<T> {
        self.key(key).take(text)
    }

    /// Takes the value of the text under `key`, if there is one.
    pub fn maybe<T: Lexeme>(&self, key: &str, text: Option<Text<T>>) -> Option<T> {
        text.and_then(|text| self.text(key, text))
    }

    /// Takes the values of the list under `key`; the bad ones are noted and left out.
    pub fn list<T: Lexeme, C: FromIterator<T>>(&self, key: &str, list: Vec<Text<T>>) -> C {
        let at = self.key(key);
        list.into_iter()
            .enumerate()
            .filter_map(|(index, text)| at.item(index).take(text))
            .collect()
    }

    /// Converts the items of the list under `key`; the bad ones are left out.
    pub fn items<W, T, C: FromIterator<T>>(
        &self,
        key: &str,
        list: Vec<W>,
        convert: impl Fn(&Place<'_>, W) -> Option<T>,
    ) -> C {
        let at = self.key(key);
        list.into_iter()
            .enumerate()
            .filter_map(|(index, item)| convert(&at.item(index), item))
            .collect()
    }

    /// Converts the items of the list under `key` to named values; a name that comes twice is
    /// noted at the key `name` of its later item.
    pub fn map<W, K: Ord + Display, V>(
        &self,
        key: &str,
        name: &str,
        list: Vec<W>,
        convert: impl Fn(&Place<'_>, W) -> Option<(K, V)>,
    ) -> BTreeMap<K, V> {
        let at = self.key(key);
        let mut map = BTreeMap::new();
        for (index, item) in list.into_iter().enumerate() {
            let at = at.item(index);
            match convert(&at, item) {
                Some((known, _)) if map.contains_key(&known) => {
                    at.key(name).refuse(format!("`{known}` is here twice"));
                }
                Some((new, value)) => {
                    map.insert(new, value);
                }
                None => {}
            }
        }
        map
    }

    /// Notes each name of a list at this place that an earlier item has; `note` says at which key
    /// of the item. Items without a (good) name count as `None`.
    pub fn refuse_repeats<K: Hash + Eq + Display>(
        &self,
        names: impl IntoIterator<Item = Option<K>>,
        note: impl Fn(&Place<'_>, String),
    ) {
        let mut first: HashMap<K, usize> = HashMap::new();
        for (index, name) in names.into_iter().enumerate() {
            let Some(name) = name else { continue };
            if let Some(earlier) = first.get(&name) {
                let message = format!("`{name}` is here twice, first as item {}", earlier + 1);
                note(&self.item(index), message);
            } else {
                first.insert(name, index);
            }
        }
    }

    /// Takes the value of the text at this place.
    pub fn take<T: Lexeme>(&self, text: Text<T>) -> Option<T> {
        match text.into_result() {
            Ok(value) => Some(value),
            Err(Rejected { message, hint, .. }) => {
                self.note(T::RULE, message, hint);
                None
            }
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => write!(f, "/{index}"),
        }
    }
}
