//! Acceptance checks are shell commands, not prose (P35).

use std::fmt;

/// Why a text is taken for prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prose {
    /// Nothing but blanks.
    Blank,
    /// A word that stands for a check to be written: `TBD`.
    Placeholder,
    /// It opens as a demand or a statement: `ensure …`, `all tests pass`.
    Opening,
    /// It ends with a full stop, as a sentence does.
    FullStop,
    /// It starts with a capitalised word and has no flag, path or operator.
    Capitalised,
    /// It has the verbs of a sentence and no flag, path or operator.
    Wording,
}

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blank => "it is empty",
            Self::Placeholder => "it stands for a check that nobody has written yet",
            Self::Opening => "it opens like a demand, not like a command",
            Self::FullStop => "it ends with a full stop, like a sentence",
            Self::Capitalised => {
                "it starts with a capital letter and has no flag, path or operator"
            }
            Self::Wording => "it reads like a sentence and has no flag, path or operator",
        })
    }
}

/// Openings that no command has, as whole words in lower case.
const OPENINGS: [&str; 52] = [
    "a",
    "add",
    "after",
    "all",
    "an",
    "any",
    "assert that",
    "before",
    "build passes",
    "build succeeds",
    "check all",
    "check if",
    "check that",
    "check the",
    "check whether",
    "ci passes",
    "confirm",
    "each",
    "ensure",
    "every",
    "everything",
    "existing tests",
    "given",
    "it",
    "lint passes",
    "make sure",
    "make the",
    "manually",
    "must",
    "no",
    "please",
    "prove that",
    "review",
    "run all",
    "run the",
    "see",
    "should",
    "show that",
    "test all",
    "test that",
    "test the",
    "tests",
    "the",
    "there",
    "this",
    "unit tests",
    "validate that",
    "validate the",
    "verify",
    "we",
    "when",
    "you",
];

/// Words that stand in for a check.
const PLACEHOLDERS: [&str; 6] = ["todo", "tbd", "n/a", "none", "fixme", "..."];

/// Verbs and adjectives that make a sentence; one is enough where nothing looks like a command.
const TELLING: [&str; 20] = [
    "are", "be", "been", "cannot", "does", "fail", "fails", "has", "have", "is", "must", "pass",
    "passes", "returns", "should", "shows", "succeeds", "was", "will", "works",
];

/// Pairs joined by a slash that are words, not paths.
const SLASHED_WORDS: [&str; 8] = [
    "and/or",
    "ci/cd",
    "client/server",
    "i/o",
    "input/output",
    "pass/fail",
    "read/write",
    "tcp/ip",
];

/// Says why `text` is prose, or nothing when it may be a shell command.
///
/// A heuristic, in this order: blank or placeholder; an opening that no command has (whatever
/// follows: `verify that src/a.rs compiles`, except that `a=1 cmd` is no opening); a full stop
/// after a word at the end; and, only when nothing in it looks like a command (a flag, a path, a
/// file name, a shell operator, quotes, an assignment), a capitalised first word or one of the
/// verbs of a sentence. Of several lines the first that is no comment is judged. What is left is
/// taken for a command: a false refusal stops people, a false acceptance fails when it is run.
#[must_use]
pub fn prose(text: &str) -> Option<Prose> {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(first) = words.first() else {
        return Some(Prose::Blank);
    };
    let lower = line.to_lowercase();
    if PLACEHOLDERS.contains(&lower.trim_end_matches([':', '.'])) || lower == "..." {
        return Some(Prose::Placeholder);
    }
    if opens_like_prose(&lower, &words) {
        return Some(Prose::Opening);
    }
    if ends_like_a_sentence(&words) {
        return Some(Prose::FullStop);
    }
    if words.iter().any(|word| looks_like_a_command(word)) {
        return None;
    }
    if is_capitalised(first) {
        return Some(Prose::Capitalised);
    }
    let telling =
        |word: &&str| TELLING.contains(&word.to_lowercase().trim_matches([',', ':', ';']));
    words.iter().skip(1).any(telling).then_some(Prose::Wording)
}

fn opens_like_prose(lower: &str, words: &[&str]) -> bool {
    // A list item or check box that was copied along. `[ -f x ]` is a command.
    if matches!(words.first(), Some(&("-" | "*" | "•"))) {
        return true;
    }
    // A single word is the name of a script.
    words.len() > 1
        && OPENINGS.iter().any(|opening| {
            lower
                .strip_prefix(opening)
                .is_some_and(|rest| rest.starts_with([' ', '\t', ',', ':']))
        })
}

fn ends_like_a_sentence(words: &[&str]) -> bool {
    let Some(stem) = words.last().and_then(|last| last.strip_suffix(['.', '!'])) else {
        return false;
    };
    words.len() > 1
        && !stem.contains('/')
        && stem.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '"' | '`'))
}

/// Whether a word has the looks of a flag, an operator, a path, a file name, an assignment or a
/// quoted text.
fn looks_like_a_command(word: &str) -> bool {
    let bytes = word.as_bytes();
    let flag = bytes.len() > 1
        && bytes[0] == b'-'
        && (bytes[1] == b'-' || bytes[1].is_ascii_alphanumeric());
    let operator = word.contains(['|', '&', ';', '>', '<', '$', '`', '=', '*'])
        || matches!(word, "[" | "[[" | "!" | "{" | "(" | ".");
    // An apostrophe inside a word (`doesn't`) quotes nothing.
    let quoted = word.starts_with(['"', '\'']) && word.is_ascii();
    let path = word.contains('/') && !SLASHED_WORDS.contains(&word.to_lowercase().as_str());
    flag || operator || quoted || path || is_file_name(word)
}

/// `x.sh`, `.env`, `file.test.ts:12`: a dot between or before letters; not `e.g.`.
fn is_file_name(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(stem, extension)| {
        !extension.is_empty()
            && extension.starts_with(|c: char| c.is_ascii_alphabetic())
            && extension
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == ':')
            && !stem.ends_with(char::is_whitespace)
            && !matches!(word, "e.g" | "i.e")
    })
}

/// `Tests`, but not `R` or `GOFLAGS`.
fn is_capitalised(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: [&str; 52] = [
        "go test ./internal/provisioning/...",
        "go vet ./...",
        "cargo test",
        "cargo test --workspace --all-features",
        "cargo clippy --all-targets -- -D warnings",
        "make lint",
        "make codegen-check",
        "make all",
        "make",
        "pytest",
        "pytest tests/unit -k \"not slow\"",
        "python -m pytest",
        "python3 scripts/check_links.py",
        "npm test",
        "npm run build",
        "pnpm --filter api test",
        "yarn lint && yarn test",
        "ruff check .",
        "black --check .",
        "mypy src",
        "tox",
        "./scripts/ready.sh",
        "scripts/verify.sh",
        "verify",
        "bash -c 'exit 0'",
        "sh tests/smoke.sh",
        "test -f README.md",
        "[ -f README.md ]",
        "[[ -n $CI ]] && make ci",
        "! grep -rn TODO src",
        "grep -q retry internal/retry.go",
        "if [ -d out ]; then exit 1; fi",
        "for f in *.yaml; do yamllint \"$f\"; done",
        "CGO_ENABLED=0 go build ./cmd/server",
        "RUST_LOG=debug cargo run",
        "docker compose up -d",
        "terraform validate",
        "kubectl get pods",
        "R CMD check .",
        "Rscript tests/run.R",
        "true",
        "exit 0",
        "git diff --exit-code",
        "curl -fsS http://127.0.0.1:8080/health",
        "mvn verify",
        "gradle check",
        "just check",
        "bazel test //...",
        "dotnet test",
        "# the build\nmake build\nmake test",
        "echo 'all is well'",
        "a=1 env",
    ];

    const SENTENCES: [&str; 50] = [
        "Ensure the API returns 200",
        "ensure that all endpoints are covered",
        "Verify that src/a.rs compiles",
        "verify login works",
        "All tests pass",
        "all tests pass",
        "All tests pass.",
        "Tests pass",
        "tests are green",
        "The build is green",
        "the endpoint returns JSON",
        "Check that the retry budget is honoured",
        "check the logs",
        "Make sure nothing else breaks",
        "make sure nothing else breaks",
        "Manually test the login page",
        "manually click through the wizard",
        "No regressions",
        "no new warnings",
        "Documentation updated",
        "Documentation in docs/guide.md is updated.",
        "Code reviewed by two people",
        "Run the unit tests",
        "run all tests",
        "Retry budget works as described",
        "retry budget works as described",
        "Users can log in and/or register",
        "coverage should be above 80%",
        "coverage must not drop",
        "lint passes",
        "build succeeds",
        "unit tests green",
        "Given a user When they log in Then they see the dashboard",
        "when the quota is exhausted a 429 is returned",
        "it doesn't crash",
        "There are no open findings",
        "Endpoint returns 404 for unknown ids",
        "Performance is acceptable!",
        "Every handler has a test",
        "each handler has a test",
        "- all tests pass",
        "- [ ] tests written",
        "* lint",
        "TBD",
        "todo",
        "N/A",
        "none",
        "Please run the test suite",
        "confirm with the architect",
        "server does not leak connections",
    ];

    #[test]
    fn commands_are_taken() {
        for text in COMMANDS {
            assert_eq!(prose(text), None, "{text}");
        }
    }

    #[test]
    fn sentences_are_refused() {
        for text in SENTENCES {
            assert!(prose(text).is_some(), "{text}");
        }
    }

    #[test]
    fn blank_text_is_refused() {
        for text in ["", "  \n", "# only a comment"] {
            assert_eq!(prose(text), Some(Prose::Blank), "{text:?}");
        }
    }
}
