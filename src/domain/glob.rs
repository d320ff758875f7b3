//! Path globs and the exact answer to "can two of them match the same path".
//!
//! Grammar: literals, `?` (one character), `*` (any characters within a segment), `**` (any
//! segments; stands alone between slashes). Nothing else, so that overlap stays decidable by
//! hand. A `**` at the end stands for at least one segment: `src/**` matches `src/a`, not `src`.
//! Matching and overlap share one parsed form, so they cannot disagree.

use std::fmt;
use std::str::FromStr;

/// A checked path pattern, relative to the root of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob {
    text: String,
}

/// Why a text is not a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a path pattern: {why}", .text.escape_debug())]
pub struct BadGlob {
    /// The offending text.
    pub text: String,
    /// The rule it breaks.
    pub why: &'static str,
}

/// Longest pattern accepted, in bytes; with [`MAX_SEGMENTS`] it bounds the work of one overlap.
const MAX_LEN: usize = 1024;
/// Most segments accepted.
const MAX_SEGMENTS: usize = 64;

/// One segment of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    /// `**`: any number of segments.
    Any,
    /// A segment pattern of literals, `?` and `*`.
    One(&'a str),
}

impl Glob {
    /// Checks and wraps a pattern.
    ///
    /// # Errors
    /// [`BadGlob`] for anything outside the grammar.
    pub fn new(text: impl Into<String>) -> Result<Self, BadGlob> {
        let text = text.into();
        match check(&text) {
            Ok(()) => Ok(Self { text }),
            Err(why) => Err(BadGlob { text, why }),
        }
    }

    /// Wraps a text that [`new`](Self::new) accepted before, such as one from a cache whose
    /// checksum holds.
    #[must_use]
    pub(crate) fn accepted_before(text: String) -> Self {
        Self { text }
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern matches `path` (slash-separated, no leading slash).
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        matches_parts(&self.parts(), &path)
    }

    /// Whether some path is matched by both patterns. Exact, not an approximation.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (left, right) = (self.parts(), other.parts());
        let mut table = vec![vec![false; right.len() + 1]; left.len() + 1];
        // From the ends backwards: can the rests `left[i..]` and `right[j..]` match one path?
        for i in (0..=left.len()).rev() {
            for j in (0..=right.len()).rev() {
                table[i][j] = match (left.get(i), right.get(j)) {
                    (None, None) => true,
                    (Some(Part::Any), None) => table[i + 1][j],
                    (None, Some(Part::Any)) => table[i][j + 1],
                    (None, Some(_)) | (Some(_), None) => false,
                    (Some(Part::Any), Some(_)) | (Some(_), Some(Part::Any)) => {
                        table[i + 1][j] || table[i][j + 1]
                    }
                    (Some(Part::One(a)), Some(Part::One(b))) => {
                        table[i + 1][j + 1] && segments_overlap(a, b)
                    }
                };
            }
        }
        table[0][0]
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = self
            .text
            .split('/')
            .map(|segment| {
                if segment == "**" {
                    Part::Any
                } else {
                    Part::One(segment)
                }
            })
            .collect();
        if parts.last() == Some(&Part::Any) {
            parts.insert(parts.len() - 1, Part::One("*"));
        }
        parts
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > MAX_LEN || text.split('/').count() > MAX_SEGMENTS {
        return Err("it is longer than 1024 bytes or 64 segments");
    }
    if text.chars().any(|c| c.is_control() || c == '\\') {
        return Err("control characters and backslashes are not allowed");
    }
    if text
        .chars()
        .any(|c| matches!(c, '[' | ']' | '{' | '}' | '!'))
    {
        return Err(
            "only `?`, `*` and `**` have a meaning; classes, braces and `!` are not allowed",
        );
    }
    for segment in text.split('/') {
        match segment {
            "" => return Err("it has an empty segment: write `dir/**` for all below a directory"),
            "." | ".." => return Err("`.` and `..` are not allowed"),
            "**" => {}
            _ if segment.contains("**") => return Err("`**` must stand alone between slashes"),
            _ => {}
        }
    }
    Ok(())
}

fn matches_parts(parts: &[Part<'_>], path: &[&str]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in parts {
        let mut next = vec![false; path.len() + 1];
        match part {
            Part::Any => {
                let mut any = false;
                for (to, from) in next.iter_mut().zip(&reached) {
                    any |= from;
                    *to = any;
                }
            }
            Part::One(pattern) => {
                for (at, segment) in path.iter().enumerate() {
                    next[at + 1] = reached[at] && segments_overlap(pattern, &Literal(segment));
                }
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// A segment seen as a list of pattern characters.
trait Segment {
    fn tokens(&self) -> Vec<Token>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Star,
    Question,
    Char(char),
}

/// A path segment, in which `*` and `?` have no meaning.
struct Literal<'a>(&'a str);

impl Segment for Literal<'_> {
    fn tokens(&self) -> Vec<Token> {
        self.0.chars().map(Token::Char).collect()
    }
}

impl Segment for &str {
    fn tokens(&self) -> Vec<Token> {
        self.chars()
            .map(|c| match c {
                '*' => Token::Star,
                '?' => Token::Question,
                c => Token::Char(c),
            })
            .collect()
    }
}

/// Whether two segment patterns can match one string: the same recursion as for segments, one
/// level down.
fn segments_overlap(left: &impl Segment, right: &impl Segment) -> bool {
    let (left, right) = (left.tokens(), right.tokens());
    let mut below = vec![false; right.len() + 1];
    for i in (0..=left.len()).rev() {
        let mut row = vec![false; right.len() + 1];
        for j in (0..=right.len()).rev() {
            row[j] = match (left.get(i), right.get(j)) {
                (None, None) => true,
                (Some(Token::Star), None) => below[j],
                (None, Some(Token::Star)) => row[j + 1],
                (None, Some(_)) | (Some(_), None) => false,
                (Some(Token::Star), Some(_)) | (Some(_), Some(Token::Star)) => {
                    below[j] || row[j + 1]
                }
                (Some(Token::Char(a)), Some(Token::Char(b))) => a == b && below[j + 1],
                (Some(_), Some(_)) => below[j + 1],
            };
        }
        below = row;
    }
    below[0]
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Glob {
    type Err = BadGlob;
    fn from_str(text: &str) -> Result<Self, BadGlob> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str) -> Glob {
        Glob::new(text).unwrap()
    }

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, hit) in [
            ("src/**", "src/a/b.rs", true),
            ("src/**", "src", false),
            ("**/x.rs", "x.rs", true),
            ("**/x.rs", "a/b/x.rs", true),
            ("src/*.rs", "src/a/b.rs", false),
            ("src/?.rs", "src/a.rs", true),
            ("a/**/b", "a/b", true),
            ("**", "anything/at/all", true),
            ("src/*.rs", "src/*.rs", true),
            ("doc", "docs", false),
        ] {
            assert_eq!(glob(pattern).matches(path), hit, "{pattern} on {path}");
        }
    }

    #[test]
    fn overlap_is_exact() {
        for (left, right, hit) in [
            ("src/**", "src/domain/**", true),
            ("src/a*", "src/*b", true),
            ("src/*.rs", "src/*.md", false),
            ("a/**/z", "a/b/**", true),
            ("a/*/c", "a/**/d", false),
            ("**", "x", true),
            ("src/**", "src", false),
            ("a?c", "a*", true),
            ("a?c", "ab", false),
        ] {
            assert_eq!(glob(left).overlaps(&glob(right)), hit, "{left} and {right}");
            assert_eq!(glob(right).overlaps(&glob(left)), hit, "{right} and {left}");
        }
    }

    #[test]
    fn other_grammars_are_refused() {
        for text in [
            "", "/a", "a/", "a//b", "a**b", "[ab]", "{a,b}", "!a", "../x", "a\\b", "a\0",
        ] {
            assert!(Glob::new(text).is_err(), "{text:?}");
        }
    }

    /// All paths over `{a, b}` of up to three segments of up to two characters.
    fn small_paths() -> Vec<String> {
        let segments = ["a", "b", "aa", "ab", "ba", "bb"];
        let mut paths: Vec<String> = segments.iter().map(|s| (*s).to_owned()).collect();
        for depth in 1..3 {
            let longer: Vec<String> = paths
                .iter()
                .filter(|path| path.matches('/').count() == depth - 1)
                .flat_map(|path| segments.iter().map(move |s| format!("{path}/{s}")))
                .collect();
            paths.extend(longer);
        }
        paths
    }

    fn pattern() -> impl Strategy<Value = String> {
        let segment = prop_oneof![Just("**".to_owned()), "[ab?*]{1,2}"]
            .prop_filter("`**` alone", |s| s == "**" || !s.contains("**"));
        prop::collection::vec(segment, 1..4).prop_map(|parts| parts.join("/"))
    }

    proptest! {
        #[test]
        fn overlap_agrees_with_a_common_path(left in pattern(), right in pattern()) {
            let (left, right) = (glob(&left), glob(&right));
            let common = small_paths().into_iter().find(|p| left.matches(p) && right.matches(p));
            if let Some(path) = common {
                prop_assert!(left.overlaps(&right), "{left} and {right} share {path}");
            }
            prop_assert_eq!(left.overlaps(&right), right.overlaps(&left));
        }

        #[test]
        fn a_path_overlaps_what_matches_it(left in pattern(), at in 0..258_usize) {
            let path = &small_paths()[at % 258];
            prop_assert_eq!(glob(&left).matches(path), glob(&left).overlaps(&glob(path)));
        }
    }
}
