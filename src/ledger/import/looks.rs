//! What a file looks like, whatever it was taken for: said where nothing of it became a task.

use std::fmt;

use super::{SourceKind, is_export};

/// Most bytes that are looked at.
const HEAD: usize = 64 * 1024;

/// What a file looks like. A guess by its beginning, for a hint and for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// A form that can be imported.
    Form(SourceKind),
    /// YAML without tasks.
    Yaml,
    /// Something else.
    Text,
    /// Nothing at all.
    Empty,
}

impl Looks {
    /// Of a file's bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
        let head = head.trim_start_matches('\u{feff}');
        let mut lines = head.lines().filter(|line| !line.trim().is_empty());
        let Some(first) = lines.next() else {
            return Self::Empty;
        };
        if is_export(bytes) {
            return Self::Form(SourceKind::Own);
        }
        if first.trim_end() == "---" && lines.clone().any(|line| line.trim_end() == "---") {
            return Self::Form(SourceKind::Items);
        }
        let start = first.trim_start();
        if start.starts_with(['{', '[']) {
            return Self::Form(SourceKind::Jsonl);
        }
        let cells = |line: &str| line.split(',').count();
        let is_name = |cell: &str| (1..=40).contains(&cell.trim().len());
        let is_row = cells(first) > 1 && first.split(',').all(is_name) && !first.ends_with('.');
        let names = is_row && key(first).is_none();
        if names
            && lines
                .clone()
                .next()
                .is_none_or(|row| cells(row) >= cells(first))
        {
            return Self::Form(SourceKind::Csv);
        }
        let comment = |line: &&str| line.starts_with('#');
        let mut body = head.lines().skip_while(comment);
        let item = body.next().and_then(|line| line.strip_prefix("- "));
        if item.and_then(key).is_some() {
            return Self::Form(SourceKind::Playbook);
        }
        let mut keys = head.lines().filter_map(key);
        match keys.clone().next() {
            None => Self::Text,
            Some(_) if keys.any(|key| matches!(key, "tasks" | "states")) => {
                Self::Form(SourceKind::Playbook)
            }
            Some(_) => Self::Yaml,
        }
    }

    /// The form that reads it, if one does.
    #[must_use]
    pub fn form(self) -> Option<SourceKind> {
        match self {
            Self::Form(kind) => Some(kind),
            _ => None,
        }
    }
}

/// The key of a line that is an entry of a YAML mapping at the left edge.
fn key(line: &str) -> Option<&str> {
    let (key, rest) = line.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_key = !key.is_empty() && key.chars().all(plain);
    (is_key && (rest.is_empty() || rest.starts_with(' '))).then_some(key)
}

/// With an article, as a sentence takes it.
impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form(kind) => named(*kind),
            Self::Yaml => "YAML without tasks",
            Self::Text => "plain text",
            Self::Empty => "an empty file",
        })
    }
}

/// A form as a sentence names it.
#[must_use]
pub fn named(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Playbook => "a queue in YAML",
        SourceKind::Items => "Markdown with front matter",
        SourceKind::Jsonl => "issues in JSON",
        SourceKind::Csv => "a CSV table",
        SourceKind::Own => "an export of laneway",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_look_like_what_they_are() {
        for (text, looks) in [
            ("{\"id\": 1}\n{\"id\": 2}\n", "issues in JSON"),
            ("\u{feff}[\n  {\"id\": 1}]", "issues in JSON"),
            ("{\"laneway_export\": 1}", "an export of laneway"),
            ("id,title\nA-1,\"One, two\"\n", "a CSV table"),
            ("id,title\n", "a CSV table"),
            ("---\nid: A-1\n---\n\n# One\n", "Markdown with front matter"),
            (
                "# a plan\nversion: 1\ntasks:\n  - id: A-1\n",
                "a queue in YAML",
            ),
            ("# all\n- id: A-1\n  title: t\n", "a queue in YAML"),
            ("version: 1\nroles: []\n", "YAML without tasks"),
            ("a: [one, two]\nb: [one, two]\n", "YAML without tasks"),
            ("---\nversion: 1\n", "YAML without tasks"),
            ("Dear all, this is what we owe.\nA lot.\n", "plain text"),
            ("One line\nAnother\n", "plain text"),
            ("", "an empty file"),
            ("\n \n", "an empty file"),
        ] {
            assert_eq!(Looks::of(text.as_bytes()).to_string(), looks, "{text:?}");
        }
    }
}
