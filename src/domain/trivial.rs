//! Commands that pass whatever the work does, so that their passing shows nothing.

use std::fmt;

/// Why a command shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trivial {
    /// It only succeeds, prints or waits.
    Constant,
    /// Whatever it runs, its failure is swallowed: `… || true`, `…; true`.
    Swallowed,
}

impl fmt::Display for Trivial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "it passes whatever the work does",
            Self::Swallowed => "it swallows the failure of what it runs",
        })
    }
}

/// Says why a pass of `command` shows nothing, or nothing when it may fail with the work.
///
/// A reading of the outer commands of a shell line, no more: quotes are respected, substitutions
/// and functions are taken for real work, so that an honest check is never refused.
#[must_use]
pub fn trivial(command: &str) -> Option<Trivial> {
    let mut parts = parts(command);
    // A bare `exit` ends with the status of what ran before it.
    while parts.len() > 1
        && parts
            .last()
            .is_some_and(|part| matches!(part.text.trim(), "exit" | "return"))
    {
        parts.pop();
    }
    let last = parts.last()?;
    if parts.iter().all(|part| is_constant(&part.text)) {
        return Some(Trivial::Constant);
    }
    // `set -e` ends the line where something fails.
    let ends = |part: &Part| {
        let mut words = part.text.split_whitespace();
        let flags = |word: &str| word.starts_with('-') && word.contains('e');
        words.next() == Some("set") && words.next().is_some_and(flags)
    };
    if matches!(last.joint, Joint::Then) && parts.first().is_some_and(ends) {
        return None;
    }
    let swallows = match last.joint {
        Joint::Or | Joint::Then | Joint::Background => is_constant(&last.text),
        Joint::And | Joint::Pipe => false,
    };
    swallows.then_some(Trivial::Swallowed)
}

/// What joins a command to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Then,
    And,
    Or,
    Pipe,
    Background,
}

struct Part {
    joint: Joint,
    text: String,
}

/// The commands of a shell line outside of quotes and brackets.
fn parts(command: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let (mut joint, mut quote, mut depth) = (Joint::Then, None, 0_u32);
    let mut chars = command.chars().peekable();
    let mut comment = false;
    while let Some(c) = chars.next() {
        if comment {
            comment = c != '\n';
            if comment {
                continue;
            }
        }
        if let Some(open) = quote {
            text.push(c);
            if c == open {
                quote = None;
            } else if c == '\\' && open == '"' {
                text.extend(chars.next());
            }
            continue;
        }
        let next = match c {
            '\\' => {
                text.push(c);
                text.extend(chars.next());
                continue;
            }
            '\'' | '"' | '`' => {
                quote = Some(c);
                text.push(c);
                continue;
            }
            '#' if text.is_empty() || text.ends_with(char::is_whitespace) => {
                comment = true;
                continue;
            }
            '(' | '{' => {
                depth += 1;
                text.push(c);
                continue;
            }
            ')' | '}' => {
                depth = depth.saturating_sub(1);
                text.push(c);
                continue;
            }
            '&' if chars.peek() == Some(&'&') => Joint::And,
            '|' if chars.peek() == Some(&'|') => Joint::Or,
            '&' if text.ends_with('>') || chars.peek() == Some(&'>') => {
                text.push(c);
                continue;
            }
            '&' => Joint::Background,
            '|' => Joint::Pipe,
            ';' | '\n' => Joint::Then,
            _ => {
                text.push(c);
                continue;
            }
        };
        if depth > 0 {
            text.push(c);
            continue;
        }
        if matches!(next, Joint::And | Joint::Or) {
            chars.next();
        }
        let done = std::mem::take(&mut text);
        if !done.trim().is_empty() {
            parts.push(Part { joint, text: done });
        }
        joint = next;
    }
    if !text.trim().is_empty() {
        parts.push(Part { joint, text });
    }
    parts
}

/// Whether one command succeeds, prints or waits, and does nothing else.
fn is_constant(text: &str) -> bool {
    if text.contains(['$', '`']) {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let program = words
        .first()
        .map(|word| word.rsplit('/').next().unwrap_or(word));
    match (program, &words[1.min(words.len())..]) {
        (Some("true" | ":" | "echo" | "printf" | "sleep"), _) => true,
        (Some("exit" | "return"), [] | ["0"]) => true,
        (Some("test"), rest) => literals(rest),
        (Some("["), [rest @ .., "]"]) => literals(rest),
        _ => false,
    }
}

/// Whether the words of a `test` are literals that hold by themselves: `1`, `1 = 1`.
fn literals(words: &[&str]) -> bool {
    match words {
        [word] => !word.starts_with('-') && !word.starts_with('!'),
        ["-n", _] | ["-z", "\"\"" | "''"] => true,
        [left, "=" | "==" | "-eq", right] => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_cannot_fail_are_trivial() {
        for command in [
            "true",
            "  true  ",
            "/bin/true",
            ":",
            "exit 0",
            "exit",
            "echo done",
            "printf 'ok\\n'",
            "sleep 5",
            "test 1",
            "[ 1 ]",
            "test 1 = 1",
            "test -n x",
            "true && echo fine",
            "echo a; exit 0",
            "echo passed # make test",
            "echo 'a; make test'",
        ] {
            assert_eq!(trivial(command), Some(Trivial::Constant), "{command}");
        }
    }

    #[test]
    fn commands_whose_failure_is_swallowed_are_trivial() {
        for command in [
            "make test || true",
            "make test || echo failed",
            "make test; true",
            "make test\nexit 0",
            "make test & true",
            "make test || :",
        ] {
            assert_eq!(trivial(command), Some(Trivial::Swallowed), "{command}");
        }
    }

    #[test]
    fn commands_that_can_fail_are_not_trivial() {
        for command in [
            "make test",
            "make test && true",
            "test -f a.txt",
            "[ -f a.txt ]",
            "echo start && make test",
            "test $(cat a) = 1",
            "echo \"$(make test)\"",
            "true && make test",
            "grep -q x src/a || exit 1",
            "exit 1",
            "make 2>&1 | grep -q ok",
            "sh -c 'make test || true'",
            "! true",
            "set -e; make test; echo ok",
            "set -euo pipefail\ncargo test\necho done",
            "make test; exit",
            "",
        ] {
            assert_eq!(trivial(command), None, "{command}");
        }
    }
}
