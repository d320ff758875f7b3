//! Holds the code to the directions of ARCHITECTURE.md: which room of `src/` may name which.
//!
//! Reads the sources as tokens, so that comments and strings do not count and inline paths do.
//! Tests inside the modules are held to the same directions.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may name. A room may always name itself.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("env", &["domain"]),
    ("process", &["domain", "env"]),
    ("git", &["domain", "env", "process"]),
    ("ledger", &["domain", "env", "process", "git"]),
    ("workspace", BELOW_SIBLINGS),
    ("probe", BELOW_SIBLINGS),
    ("checks", BELOW_SIBLINGS),
    ("audit", BELOW_SIBLINGS),
    ("ops", BELOW_OPS),
    ("contract", BELOW_CONTRACT),
    ("cli", LIBRARY),
    ("server", LIBRARY),
    ("main", &["cli", "server"]),
    ("lib", LIBRARY),
];
const BELOW_SIBLINGS: &[&str] = &["domain", "env", "process", "git", "ledger"];
const BELOW_OPS: &[&str] = &[
    "domain",
    "env",
    "process",
    "git",
    "ledger",
    "workspace",
    "probe",
    "checks",
    "audit",
];
const BELOW_CONTRACT: &[&str] = &[
    "domain",
    "env",
    "process",
    "git",
    "ledger",
    "workspace",
    "probe",
    "checks",
    "audit",
    "ops",
];
const LIBRARY: &[&str] = &[
    "domain",
    "env",
    "process",
    "git",
    "ledger",
    "workspace",
    "probe",
    "checks",
    "audit",
    "ops",
    "contract",
];

/// Crates with one home, so that replacing one touches one room.
const HOMES: &[(&str, &[&str])] = &[
    ("gix", &["git"]),
    ("granit_parser", &["ledger"]),
    ("csv", &["ledger"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["cli"]),
    ("indicatif", &["cli"]),
    ("miette", &["cli"]),
    ("axum", &["server"]),
    ("rmcp", &["server"]),
    ("tokio", &["server"]),
];

/// What pure values never touch.
const IMPURE: &[&str] = &[
    "postcard",
    "rustix",
    "schemars",
    "serde",
    "serde_json",
    "tempfile",
];
/// Values in modules that otherwise touch the system.
const PURE_STD: &[&str] = &["std::net::IpAddr"];
const IMPURE_STD: &[&str] = &["env", "fs", "io", "net", "os", "process", "thread"];

#[test]
fn rooms_name_only_the_rooms_below_them() {
    assert_none(sources().iter().flat_map(Source::wrong_directions));
}

#[test]
fn crates_are_named_only_in_their_home() {
    assert_none(sources().iter().flat_map(Source::strangers));
}

#[test]
fn domain_touches_neither_the_system_nor_a_format() {
    let sources = sources();
    let domain = sources.iter().filter(|source| source.room() == "domain");
    assert_none(domain.flat_map(Source::impurities));
}

#[test]
fn every_file_of_src_is_in_a_room() {
    let sources = sources();
    assert!(sources.len() > 100, "only {} files found", sources.len());
    let rooms: BTreeSet<&str> = sources.iter().map(Source::room).collect();
    for room in rooms {
        assert!(allowed(room).is_some(), "src/{room} is in no direction");
    }
}

#[test]
fn a_wrong_direction_is_found_however_it_is_written() {
    let found = |file: &str, text: &str| {
        let found = Source::new(file, text).wrong_directions();
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let text = "\nuse crate::ledger::Ledger;\n";
    assert_eq!(
        found("git/a.rs", text),
        ["src/git/a.rs:2: git names ledger"]
    );
    let text = "use crate::{domain::id, process::{Spawn, Runner},\n ops as o};";
    assert_eq!(found("git/a.rs", text), ["src/git/a.rs:2: git names ops"]);
    let text = "fn f() {\n    let x = crate::cli::run('\\'', '\"');\n}";
    assert_eq!(found("ops/a.rs", text), ["src/ops/a.rs:2: ops names cli"]);
    let text = "use super::super::git::Repo;";
    assert_eq!(
        found("domain/a.rs", text),
        ["src/domain/a.rs:1: domain names git"]
    );
    let text = "mod tests {\n use super::super::super::{audit::x, checks::run};\n}";
    assert_eq!(
        found("audit/a.rs", text),
        ["src/audit/a.rs:2: audit names checks"]
    );
    let text = "use super::super::git::Repo;";
    assert_eq!(
        found("domain/gates/mod.rs", text),
        ["src/domain/gates/mod.rs:1: domain names git"]
    );
    let text = "use laneway::domain::id;\nuse crate::server::board;";
    assert_eq!(
        found("cli/a.rs", text),
        ["src/cli/a.rs:2: cli names server"]
    );
    let text = "use crate as all;\nuse crate::*;";
    assert_eq!(found("process/a.rs", text).len(), 2);
}

#[test]
fn comments_strings_and_allowed_paths_are_no_finding() {
    let text = r##"
//! Unlike [`crate::ops`], /* crate::cli */
/* crate::cli /* nested */ crate::cli */
pub(crate) fn f<'a>(x: &'a str) -> crate::domain::id::TaskId {
    let _ = ("crate::ops \" crate::ops", r#"use "crate::ops"#, b"crate::ops", '"', x);
    super::super::process::run()
}
use super::{Own, tests::*};
"##;
    assert_none(Source::new("git/a.rs", text).wrong_directions());
}

#[test]
fn a_crate_outside_its_home_is_found() {
    let text = "use std::fs;\nuse gix::Repository;\nfn f(x: serde_json::Value) {}\n";
    let source = Source::new("domain/a.rs", text);
    let lines = |found: Vec<Violation>| found.iter().map(|one| one.line).collect::<Vec<_>>();
    assert_eq!(lines(source.strangers()), [2]);
    assert_eq!(lines(source.impurities()), [1, 3]);
    assert_none(Source::new("git/a.rs", text).strangers());
}

fn assert_none(found: impl IntoIterator<Item = Violation>) {
    let found: Vec<String> = found.into_iter().map(|one| one.to_string()).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn allowed(room: &str) -> Option<&'static [&'static str]> {
    let (_, rooms) = DIRECTIONS.iter().find(|(name, _)| *name == room)?;
    Some(rooms)
}

/// A place where the code goes another way.
struct Violation {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A path in the code, from its first segment on.
#[derive(Debug)]
struct Named {
    line: usize,
    segments: Vec<String>,
}

/// One file of `src/`.
struct Source {
    /// Relative to `src/`, with `/`.
    file: String,
    /// The paths that its code names; those of this crate begin with `crate`.
    paths: Vec<Named>,
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        let paths = Reader::new(module_of(file), tokens(text)).paths();
        let file = file.to_owned();
        Self { file, paths }
    }

    fn room(&self) -> &str {
        let first = self.file.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn wrong_directions(&self) -> Vec<Violation> {
        let room = self.room();
        let rooms = allowed(room).unwrap_or_default();
        self.found(|path| {
            let [root, rest @ ..] = path else { return None };
            if root != "crate" && root != "laneway" {
                return None;
            }
            match rest.first().map(String::as_str) {
                // A name at the root of the crate: nothing lives there but rooms.
                None | Some("*") => Some(format!("{room} names the whole crate")),
                Some(name) if name == room || rooms.contains(&name) => None,
                Some(name) => Some(format!("{room} names {name}")),
            }
        })
    }

    fn strangers(&self) -> Vec<Violation> {
        self.found(|path| {
            let (name, homes) = HOMES.iter().find(|(name, _)| path[0] == *name)?;
            let home = homes.contains(&self.room());
            (!home).then(|| format!("{name} is named outside of {}", homes.join(", ")))
        })
    }

    fn impurities(&self) -> Vec<Violation> {
        self.found(|path| {
            let second = path.get(1).map_or("", String::as_str);
            let impure = IMPURE.contains(&path[0].as_str())
                || path[0] == "std"
                    && IMPURE_STD.contains(&second)
                    && !PURE_STD.contains(&path.join("::").as_str());
            impure.then(|| format!("domain names {}", path.join("::")))
        })
    }

    fn found(&self, judge: impl Fn(&[String]) -> Option<String>) -> Vec<Violation> {
        let violation = |path: &Named| {
            let (file, line) = (self.file.clone(), path.line);
            judge(&path.segments).map(|what| Violation { file, line, what })
        };
        self.paths.iter().filter_map(violation).collect()
    }
}

/// All files of `src/`.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| unreadable(path, &error));
        let file = path.strip_prefix(&root).unwrap_or(path);
        Source::new(&file.to_string_lossy().replace('\\', "/"), &text)
    };
    files.iter().map(read).collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| unreadable(dir, &error));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[expect(
    clippy::panic,
    reason = "a test that cannot read what it judges must not pass"
)]
fn unreadable<T>(path: &Path, error: &std::io::Error) -> T {
    panic!("{}: {error}", path.display())
}

/// The module that a file is: `git/refs.rs` is `git::refs`, `git/mod.rs` is `git`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(
        module.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        module.pop();
    }
    module
}

/// A word, `::`, or one character of punctuation.
#[derive(Debug, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// Finds paths in tokens, and follows `super` through files and inline modules.
struct Reader {
    tokens: Vec<Token>,
    at: usize,
    module: Vec<String>,
    /// Braces open at the moment; where each inline module began.
    depth: usize,
    inline: Vec<usize>,
    found: Vec<Named>,
}

impl Reader {
    fn new(module: Vec<String>, tokens: Vec<Token>) -> Self {
        let (inline, found) = (Vec::new(), Vec::new());
        Self {
            tokens,
            at: 0,
            module,
            depth: 0,
            inline,
            found,
        }
    }

    fn paths(mut self) -> Vec<Named> {
        while self.at < self.tokens.len() {
            match self.text(0) {
                "mod" if self.text(2) == "{" => {
                    self.module.push(self.text(1).to_owned());
                    self.inline.push(self.depth);
                    self.depth += 1;
                    self.at += 3;
                }
                "{" => self.open(),
                "}" => self.close(),
                _ if self.starts_path() => self.path(&mut Vec::new()),
                _ => self.at += 1,
            }
        }
        self.found
    }

    fn text(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| token.text.as_str())
    }

    fn open(&mut self) {
        self.depth += 1;
        self.at += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.inline.last() == Some(&self.depth) {
            self.inline.pop();
            self.module.pop();
        }
        self.at += 1;
    }

    /// Whether a path of at least two segments begins here, or the crate gets another name.
    fn starts_path(&self) -> bool {
        is_word(self.text(0)) && (self.text(1) == "::" || self.renames_crate())
    }

    fn renames_crate(&self) -> bool {
        matches!(self.text(0), "crate" | "laneway") && self.text(1) == "as"
    }

    /// Reads a path or a tree of paths that continues `prefix`.
    fn path(&mut self, prefix: &mut Vec<String>) {
        let (length, line) = (prefix.len(), self.tokens[self.at].line);
        loop {
            match self.text(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.path(prefix);
                    }
                    self.at += 1;
                    prefix.truncate(length);
                    return;
                }
                "*" => {
                    prefix.push("*".to_owned());
                    self.at += 1;
                }
                text if is_word(text) => {
                    prefix.push(text.to_owned());
                    self.at += 1;
                }
                // A comma of a tree, generics, or anything else that ends a segment.
                _ => self.at += 1,
            }
            if self.text(0) != "::" {
                break;
            }
            self.at += 1;
        }
        if self.text(0) == "as" {
            self.at += 2;
        }
        if prefix.len() > length {
            let segments = self.absolute(prefix);
            self.found.push(Named { line, segments });
        }
        prefix.truncate(length);
    }

    /// The path with `self` and `super` resolved; from `crate` on if it is one of those.
    fn absolute(&self, path: &[String]) -> Vec<String> {
        if !matches!(path[0].as_str(), "self" | "super") {
            return path.to_vec();
        }
        let mut module = self.module.clone();
        for segment in path {
            match segment.as_str() {
                "self" => {}
                "super" => drop(module.pop()),
                word => module.push(word.to_owned()),
            }
        }
        module.insert(0, "crate".to_owned());
        module
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The tokens of Rust code, without comments, strings, characters, numbers and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest);
        let taken = if length > 0 {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            end.unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(taken);
        if length == 0 && !first.is_whitespace() {
            let text = token.to_owned();
            tokens.push(Token { text, line });
        }
        line += token.matches('\n').count();
        rest = after;
    }
    tokens
}

/// How many bytes here are a comment, string, character or lifetime.
fn skipped(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    let raw = text.trim_start_matches('b');
    if let Some(hashes) = raw.strip_prefix('r') {
        let count = hashes.len() - hashes.trim_start_matches('#').len();
        if hashes[count..].starts_with('"') && text.len() - raw.len() < 2 {
            let end = format!("\"{}", "#".repeat(count));
            let body = &hashes[count + 1..];
            let inside = body.find(&end).map_or(body.len(), |at| at + end.len());
            return text.len() - body.len() + inside;
        }
    }
    if text.starts_with("b\"") {
        return 1 + quoted(&text[1..], '"');
    }
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    match text.strip_prefix('\'') {
        Some(inside) if inside.starts_with('\\') || inside.chars().nth(1) == Some('\'') => {
            quoted(text, '\'')
        }
        Some(inside) => {
            let end = inside.find(|c: char| !c.is_alphanumeric() && c != '_');
            1 + end.unwrap_or(inside.len())
        }
        None => 0,
    }
}

/// Length of a literal that begins with `quote`.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        match (rest.starts_with(b"/*"), rest.starts_with(b"*/")) {
            (true, _) => (depth, at) = (depth + 1, at + 2),
            (_, true) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
