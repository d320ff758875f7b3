use super::Severity;

/// A rule that a single file can break; found while the file is read.
#[derive(Debug, Clone, Copy)]
pub struct ReadingRule {
    /// Its stable id.
    pub id: &'static str,
    /// What it asks, as a lower-case fragment.
    pub about: &'static str,
    /// How severe a violation is.
    pub severity: Severity,
}

const fn rule(id: &'static str, about: &'static str) -> ReadingRule {
    let severity = Severity::Error;
    ReadingRule {
        id,
        about,
        severity,
    }
}

const fn mild(id: &'static str, about: &'static str) -> ReadingRule {
    ReadingRule {
        severity: Severity::Warning,
        ..rule(id, about)
    }
}

/// The rules of a file by itself. Of a term or a secret that only history could still take out,
/// a violation is a warning all the same.
pub const WHILE_READING: &[ReadingRule] = &[
    rule(
        "file-missing",
        "policy, identity map and workstations are there",
    ),
    rule(
        "file-kind",
        "a governance file is a plain file, and so is no directory above it a link",
    ),
    rule(
        "file-name",
        "the name of a governance file is UTF-8, so that messages can name it",
    ),
    rule(
        "file-size",
        "a governance file is not larger than what is read",
    ),
    rule("file-conflict", "a staged file has no unresolved conflict"),
    rule("file-unreadable", "a governance file can be opened"),
    mild(
        "file-unread",
        "what is named, and what lies beside the plan, is read",
    ),
    rule(
        "syntax",
        "a file is one document of plain YAML, and not empty",
    ),
    rule("version", "a file has a version that this laneway reads"),
    rule("schema", "a file has the keys and types of its JSON Schema"),
    rule("meaning", "what a file says makes sense"),
    rule(
        "name",
        "names and ids are safe in paths, refs and arguments",
    ),
    rule(
        "path-pattern",
        "path patterns are of literals, `?`, `*` and `**`",
    ),
    rule("time", "times and spans are written as such"),
    rule("check-prose", "checks are shell commands, not prose"),
    rule(
        "tool-owned-key",
        "a plan holds no state, which the tool alone writes",
    ),
    rule(
        "state-place",
        "a state stands at the place that its id gives",
    ),
    rule(
        "workstation-name",
        "workstations are named by the pattern `naming`",
    ),
    rule(
        "package-section",
        "a work package has the eight sections, and each says something",
    ),
    rule(
        "private-term",
        "no private term of policy stands in a file that others read",
    ),
    rule(
        "secret",
        "nothing that looks like a key or a token stands in a governance file",
    ),
    rule(
        "default-workstation-unknown",
        "the default workstation is registered",
    ),
];
