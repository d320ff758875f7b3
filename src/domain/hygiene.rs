//! What must not stand in files that others read: terms that policy names, and what looks like a
//! key or a token (G24).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// What policy says about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hygiene {
    /// Private terms: literal, in any case. At most [`MOST_TERMS`], each of [`TERM`] characters.
    pub terms: Vec<String>,
}

/// Most private terms.
pub const MOST_TERMS: usize = 200;

/// Lengths that a private term may have, in characters: shorter ones are everywhere.
pub const TERM: std::ops::RangeInclusive<usize> = 3..=64;

/// Most places that are told of one text.
const MOST: usize = 100;

/// Something that must not stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// What it is, in words.
    pub what: String,
}

/// The terms, ready to be looked for. Looking is linear in the text.
#[derive(Debug, Clone)]
pub struct Terms(Option<Regex>);

impl Terms {
    /// Prepares the terms; what the reader of policy would refuse is left out.
    #[must_use]
    pub fn new(hygiene: &Hygiene) -> Self {
        let fits = |term: &&String| TERM.contains(&term.chars().count());
        let terms = hygiene.terms.iter().filter(fits).take(MOST_TERMS);
        let any: Vec<String> = terms.map(|term| regex::escape(term)).collect();
        if any.is_empty() {
            return Self(None);
        }
        let pattern = RegexBuilder::new(&any.join("|"))
            .case_insensitive(true)
            .size_limit(64 << 20)
            .build();
        Self(pattern.ok())
    }

    /// Where the terms stand in `text`; at most a hundred places.
    #[must_use]
    pub fn within(&self, text: &str) -> Vec<Leak> {
        let found = self.0.iter().flat_map(|terms| terms.find_iter(text));
        let leaks = found.map(|found| Leak {
            span: found.range(),
            what: found.as_str().to_owned(),
        });
        leaks.take(MOST).collect()
    }
}

/// Shapes that nothing but a secret has, and what it is.
const SECRETS: &[(&str, &str)] = &[
    (
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
        "a private key",
    ),
    (
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        "the id of an AWS access key",
    ),
    (r"\bgh[pousr]_[0-9A-Za-z]{36,255}\b", "a token of GitHub"),
    (r"\bgithub_pat_[0-9A-Za-z_]{60,255}\b", "a token of GitHub"),
    (r"\bglpat-[0-9A-Za-z_-]{20,255}", "a token of GitLab"),
    (r"\bxox[abprs]-[0-9A-Za-z-]{20,255}", "a token of Slack"),
];

/// Where `text` has what looks like a key or a token; at most a hundred places of each sort.
#[must_use]
pub fn secrets(text: &str) -> Vec<Leak> {
    static SHAPES: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let shapes = SHAPES.get_or_init(|| {
        let shapes = SECRETS.iter();
        shapes
            .filter_map(|(pattern, what)| Some((Regex::new(pattern).ok()?, *what)))
            .collect()
    });
    let mut leaks = Vec::new();
    for (shape, what) in shapes {
        leaks.extend(shape.find_iter(text).take(MOST).map(|found| Leak {
            span: found.start()..key_end(text, found.end()),
            what: (*what).to_owned(),
        }));
    }
    leaks
}

/// The text with stars in the place of what looks like a key or a token, as long as it was: whoever
/// reads a report need not know it.
#[must_use]
pub fn starred(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(text);
    // Each sort is found a hundred times at most, and what is masked is found no more.
    loop {
        let leaks = secrets(&shown);
        if leaks.is_empty() {
            return shown;
        }
        for Leak { span, .. } in leaks {
            let stars: String = shown[span.clone()]
                .chars()
                .flat_map(|c| match c {
                    '\n' | '\r' => std::iter::repeat_n(c, 1),
                    c => std::iter::repeat_n('*', c.len_utf8()),
                })
                .collect();
            shown.to_mut().replace_range(span, &stars);
        }
    }
}

/// Where the key ends whose first line ends at `at`; `at` where it does not end soon.
fn key_end(text: &str, at: usize) -> usize {
    const LONGEST: usize = 16 << 10;
    const END: &str = "-----END ";
    if !text[..at].ends_with("-----") {
        return at;
    }
    let near = text.as_bytes().get(at..).unwrap_or_default();
    let near = &near[..near.len().min(LONGEST)];
    let end = near
        .windows(END.len())
        .position(|part| part == END.as_bytes());
    end.map_or(at, |end| at + end + END.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(terms: &[&str]) -> Terms {
        Terms::new(&Hygiene {
            terms: terms.iter().map(|term| (*term).to_owned()).collect(),
        })
    }

    #[test]
    fn g24_terms_are_literal_and_of_any_case() {
        let found = terms(&["Project.X", "müller"]).within("project.x, projectax, MÜLLER");
        let found: Vec<&str> = found.iter().map(|leak| leak.what.as_str()).collect();
        assert_eq!(found, ["project.x", "MÜLLER"]);
        assert_eq!(terms(&[]).within("project.x"), []);
        assert_eq!(terms(&["ab"]).within("ab"), [], "too short");
    }

    #[test]
    fn g24_secrets_are_starred_everywhere() {
        let token = format!("ghp_{}", "a1".repeat(20));
        let text = format!("é {token}\n").repeat(300);
        let stars = format!("é {}\n", "*".repeat(token.len())).repeat(300);
        assert_eq!(starred(&text), stars);
        let key = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
        assert!(!starred(key).contains("abc"), "{}", starred(key));
        assert_eq!(starred(key).lines().count(), 3);
        assert!(matches!(starred("nothing"), Cow::Borrowed(_)));
    }

    #[test]
    fn g24_the_most_and_longest_terms_are_found() {
        let many: Vec<String> = (0..MOST_TERMS).map(|n| format!("{n:ü>64}")).collect();
        let all: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(terms(&all).within(&all.join(" ")).len(), MOST);
    }

    #[test]
    fn g24_secrets_have_their_shapes() {
        assert_eq!(
            SECRETS.len(),
            SECRETS
                .iter()
                .filter(|(p, _)| Regex::new(p).is_ok())
                .count()
        );
        // Put together here, so that no scanner of this repository takes them for real.
        let key = [
            "-----BEGIN OPENSSH PRIV",
            "ATE KEY-----\nabc\n-----END OPENSSH PRIV",
            "ATE KEY-----",
        ]
        .concat();
        let aws = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        let github = ["gh", "p_", &"a1".repeat(18)].concat();
        for (secret, what) in [
            (&key, "a private key"),
            (&aws, "the id of an AWS access key"),
            (&github, "a token of GitHub"),
        ] {
            let text = format!("notes: x {secret} y");
            let found = secrets(&text);
            assert_eq!(found.len(), 1, "{what}");
            assert_eq!(found[0].what, what);
            let told = &text[found[0].span.clone()];
            assert!(
                secret.starts_with(told) && told.len() + 25 > secret.len(),
                "{told}"
            );
        }
        for plain in [
            "-----BEGIN PUBLIC KEY-----",
            "AKIA",
            "ghp_short",
            "xAKIAIOSFODNN7EXAMPLEx",
        ] {
            assert_eq!(secrets(plain), [], "{plain}");
        }
    }
}
