//! Versions as tools print them, and what is asked of them.
//!
//! Our own comparison, not the `semver` crate: `2.47.3.windows.1`, `9.2p1`, `3.13` and `20240101`
//! are versions of real tools and none of them is semantic. A requirement is compared with as many
//! parts as it names, so `=1.89` and `<=1.89` admit 1.89.1, as cargo reads them; without an operator
//! it is `=`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

/// Words that a version before the release has behind its numbers.
const BEFORE: [&str; 7] = ["alpha", "beta", "dev", "nightly", "pre", "preview", "rc"];

/// A version: numbers, and whatever follows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    numbers: Vec<u64>,
    rest: String,
}

impl Version {
    /// The first thing in `text` that looks like a version: numbers joined by dots; if there is
    /// none, a number by itself.
    pub(super) fn within(text: &str) -> Option<Self> {
        static DOTTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"(?:^|[^0-9.])([0-9]+(?:\.[0-9]+)+[0-9A-Za-z.+~-]*)").ok()
        });
        static NUMBER: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"(?:^|[^0-9A-Za-z._])([0-9]+)(?:[^0-9A-Za-z.]|$)").ok());
        let found = |pattern: &Option<Regex>| {
            let found = pattern.as_ref()?.captures(text)?;
            Self::parse(found.get(1)?.as_str())
        };
        found(&DOTTED).or_else(|| found(&NUMBER))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = Vec::new();
        let mut rest = text.trim_end_matches(['.', '-', '+', '~']);
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            numbers.push(rest[..digits].parse().ok()?);
            rest = &rest[digits..];
            match rest.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        let rest = rest.to_owned();
        Some(Self { numbers, rest })
    }

    /// The first `count` numbers, noughts where it has fewer.
    fn first(&self, count: usize) -> impl Iterator<Item = u64> {
        let numbers = self.numbers.iter().copied();
        numbers.chain(std::iter::repeat(0)).take(count)
    }

    /// Whether it came before the release of its numbers.
    fn is_before_release(&self) -> bool {
        let word = self.rest.trim_start_matches(['-', '.', '~', '_']);
        BEFORE
            .iter()
            .any(|before| word.to_ascii_lowercase().starts_with(before))
    }

    /// How it compares with `wanted`, by the numbers that `wanted` has.
    fn against(&self, wanted: &Self) -> Ordering {
        let count = wanted.numbers.len();
        let order = self.first(count).cmp(wanted.first(count));
        let nothing_more = self.numbers.iter().skip(count).all(|number| *number == 0);
        if order.is_ne() || !nothing_more {
            return order;
        }
        match (self.is_before_release(), wanted.is_before_release()) {
            (true, true) => self.rest.cmp(&wanted.rest),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => Ordering::Equal,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        write!(f, "{}{}", numbers.join("."), self.rest)
    }
}

/// Comparisons that a version must all meet: `>=3.11, <4`.
#[derive(Debug)]
pub(super) struct Requirement(Vec<(Operator, Version)>);

#[derive(Debug, Clone, Copy)]
enum Operator {
    AtLeast,
    AtMost,
    Above,
    Below,
    Same,
    Compatible,
    Close,
}

/// Operators as they are written; the longer ones first.
const OPERATORS: [(&str, Operator); 7] = [
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::Above),
    ("<", Operator::Below),
    ("=", Operator::Same),
    ("^", Operator::Compatible),
    ("~", Operator::Close),
];

impl Requirement {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(|part| {
            let part = part.trim();
            let known = OPERATORS.iter().find(|(word, _)| part.starts_with(word));
            let (word, operator) = known.copied().unwrap_or(("", Operator::Same));
            Some((operator, Version::parse(part[word.len()..].trim())?))
        });
        parts.collect::<Option<_>>().map(Self)
    }

    pub(super) fn admits(&self, version: &Version) -> bool {
        let mut parts = self.0.iter();
        parts.all(|(operator, wanted)| {
            let order = version.against(wanted);
            let same = |count: usize| version.first(count).eq(wanted.first(count));
            match operator {
                Operator::AtLeast => order.is_ge(),
                Operator::AtMost => order.is_le(),
                Operator::Above => order.is_gt(),
                Operator::Below => order.is_lt(),
                Operator::Same => order.is_eq(),
                // Up to the first number that is not nought, as cargo reads it.
                Operator::Compatible => {
                    let numbers = &wanted.numbers;
                    let first = numbers.iter().position(|number| *number != 0);
                    order.is_ge() && same(first.map_or(numbers.len(), |at| at + 1))
                }
                Operator::Close => order.is_ge() && same(wanted.numbers.len().min(2)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        for (text, expected) in [
            ("cargo 1.80.1 (376290515 2024-07-16)", "1.80.1"),
            ("git version 2.47.3.windows.1", "2.47.3.windows.1"),
            ("Python 3.11.2", "3.11.2"),
            ("OpenSSH_9.2p1 Debian-2", "9.2p1"),
            ("go version go1.22.1 linux/amd64", "1.22.1"),
            ("v20.11.0", "20.11.0"),
            ("cargo 1.96.0-nightly (abc)", "1.96.0-nightly"),
            ("Docker version 27.3.1, build ce12230", "27.3.1"),
            ("less 643 (GNU regular expressions)", "643"),
        ] {
            let found = Version::within(text).map(|version| version.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        assert_eq!(Version::within("no version x86_64"), None);
    }

    #[test]
    fn requirements_admit_and_refuse() {
        for (wanted, version, admitted) in [
            (">=1.89", "1.89", true),
            (">=1.89", "1.89.0", true),
            (">=1.89", "1.100.0", true),
            (">=1.89", "1.88.9", false),
            (">=1.89", "1.89.0-nightly", false),
            (">=1.89", "1.90.0-nightly", true),
            (">1.89", "1.89.5", false),
            (">1.89", "1.90", true),
            ("<=1.89", "1.89.5", true),
            ("<4", "4.0.0-rc1", true),
            ("<4", "4", false),
            (">=3.11, <4", "3.13.1", true),
            (">=3.11,<4", "4.1", false),
            ("=1.89", "1.89.5", true),
            ("1.89", "1.90", false),
            ("=1.89.0", "1.89", true),
            ("^1.2.3", "1.9", true),
            ("^1.2.3", "1.2.2", false),
            ("^1.2", "2.0", false),
            ("^0.3", "0.4", false),
            ("^0.3", "0.3.9", true),
            ("~1.2.3", "1.2.9", true),
            ("~1.2.3", "1.3", false),
            ("~1", "1.9", true),
            (">= 2.47", "2.47.3.windows.1", true),
            (">=9", "9.2p1", true),
        ] {
            let requirement = Requirement::parse(wanted).unwrap();
            let found = Version::within(version).unwrap();
            assert_eq!(requirement.admits(&found), admitted, "{version} {wanted}");
        }
        assert!(Requirement::parse(">=x").is_none());
        assert!(Requirement::parse("").is_none());
    }
}
