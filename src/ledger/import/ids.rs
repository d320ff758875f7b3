//! Legal ids: of ids that other trackers allow, each one of ours, always the same.

use regex::Regex;
use sha2::{Digest as _, Sha256};

use crate::domain::id::TaskId;

/// Longest id that is made, in bytes; longer ones end in a digest of the whole.
const LONGEST: usize = 80;

/// Largest compiled pattern, bytes.
const COMPILED: usize = 1 << 20;

/// The pattern of policy, if there is one that compiles.
pub fn pattern(text: Option<&str>) -> Option<Regex> {
    let builder = regex::RegexBuilder::new(text?).size_limit(COMPILED).build();
    builder.ok()
}

/// The id here for `theirs`, which fits `pattern` if any change of letters, blanks and length makes
/// it fit.
pub fn legal(theirs: &str, prefix: &str, pattern: Option<&Regex>) -> Option<TaskId> {
    let fits = |id: &TaskId| pattern.is_none_or(|pattern| pattern.is_match(id.as_str()));
    let plain = TaskId::new(format!("{prefix}{theirs}")).ok();
    let plain = plain.filter(|id| id.as_str().len() <= LONGEST);
    if let Some(id) = plain.as_ref().filter(|id| fits(id)) {
        return Some(id.clone());
    }
    let made = made(theirs);
    let attempts = [
        format!("{prefix}{made}"),
        format!("{prefix}T-{made}"),
        format!("{prefix}{}", made.replace('.', "-")),
        format!("{prefix}T-{}", made.replace(['.', '_'], "-")),
    ];
    let legal: Vec<TaskId> = attempts
        .into_iter()
        .filter_map(|id| TaskId::new(id).ok())
        .collect();
    legal
        .iter()
        .find(|id| fits(id))
        .cloned()
        .or(plain)
        .or_else(|| legal.into_iter().next())
}

/// Upper case, `-` for what is not allowed, none of it twice in a row or at an end.
fn made(theirs: &str) -> String {
    let mut id = String::new();
    for c in theirs.trim().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => id.push(c.to_ascii_uppercase()),
            '.' | '_' if !id.ends_with(['.', '_', '-']) => id.push(c),
            _ if !id.ends_with(['.', '_', '-']) => id.push('-'),
            _ => {}
        }
    }
    let id = id.trim_matches(['.', '_', '-']);
    let whole = id.to_owned();
    if !whole.is_empty() && whole.len() <= LONGEST {
        return whole;
    }
    // What is left of too long an id, or of one without a single letter, must still be its own.
    let digest = Sha256::digest(theirs.as_bytes());
    let digest = format!(
        "{:02X}{:02X}{:02X}{:02X}",
        digest[0], digest[1], digest[2], digest[3]
    );
    let start = whole[..whole.len().min(LONGEST - 9)].trim_end_matches(['.', '_', '-']);
    match start {
        "" => format!("T-{digest}"),
        start => format!("{start}-{digest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(theirs: &str) -> String {
        let pattern = pattern(Some("^[A-Z]+(-[A-Z0-9]+)+$"));
        legal(theirs, "", pattern.as_ref()).unwrap().to_string()
    }

    #[test]
    fn p13_ids_of_other_trackers_become_legal_ones() {
        assert_eq!(id("A-P7-001"), "A-P7-001");
        assert_eq!(id("a-p7-001"), "A-P7-001");
        assert_eq!(id("fix the login"), "FIX-THE-LOGIN");
        assert_eq!(id("bd-1.2"), "BD-1-2");
        assert_eq!(id("42"), "T-42");
        assert_eq!(id("../../x"), "T-X");
        assert_eq!(id("con"), "T-CON");
        let long = id(&"very long ".repeat(40));
        assert!(long.len() <= LONGEST, "{long}");
        assert_ne!(long, id(&"very long ".repeat(41)));
        assert!(
            id("žluť").starts_with('L') || id("žluť").starts_with("T-"),
            "{}",
            id("žluť")
        );
    }

    #[test]
    fn without_a_pattern_a_legal_id_stays_as_it_is() {
        assert_eq!(legal("bd-1.2", "", None).unwrap().as_str(), "bd-1.2");
        assert_eq!(legal("bd-1.2", "X-", None).unwrap().as_str(), "X-bd-1.2");
        assert_eq!(legal("a b", "", None).unwrap().as_str(), "A-B");
        assert_eq!(legal("", "", None).unwrap().as_str().len(), 10);
    }
}
