//! Paths with terms of their own: contracts, files that several roles edit, generated files.

use super::glob::Glob;
use super::id::RoleName;
use super::shell::quoted;

/// An interface that others build on; its owner alone changes it (P28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its files.
    pub paths: Vec<Glob>,
    /// The role whose tasks change it.
    pub owner: RoleName,
}

impl Contract {
    /// Whether `path` is one of its files.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        matched(&self.paths, path)
    }

    /// Whether one of `patterns` may meet one of its files.
    #[must_use]
    pub fn meets(&self, patterns: &[Glob]) -> bool {
        let mut paths = self.paths.iter();
        paths.any(|path| patterns.iter().any(|pattern| path.overlaps(pattern)))
    }
}

/// Files that several roles edit: the owner's changes come first, others rebase on them (P6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoEdited {
    /// The files.
    pub paths: Vec<Glob>,
    /// The role whose files they are.
    pub owner: RoleName,
    /// The roles that may edit them too; none: every role.
    pub with: Option<Vec<RoleName>>,
}

impl CoEdited {
    /// Whether `path` is one of them.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        matched(&self.paths, path)
    }

    /// Whether tasks of `role` may edit them.
    #[must_use]
    pub fn admits(&self, role: &RoleName) -> bool {
        let with = self.with.as_ref();
        self.owner == *role || with.is_none_or(|with| with.contains(role))
    }
}

/// Files that a command makes from others, and that nobody edits by hand (P40).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The files that are made.
    pub paths: Vec<Glob>,
    /// What they are made from.
    pub from: Vec<Glob>,
    /// The shell command that makes them.
    pub command: String,
    /// The check that they are what the command makes, owed where they or their sources change.
    pub check: String,
}

impl Generated {
    /// Generated files with the check that they owe: the command runs and leaves no difference in
    /// them, and no file that git does not know.
    #[must_use]
    pub fn new(paths: Vec<Glob>, from: Vec<Glob>, command: String) -> Self {
        let specs: Vec<String> = paths.iter().map(pathspec).collect();
        let specs = specs.join(" ");
        // In a subshell, so that neither `cd` nor `||` nor a comment reaches what follows.
        let end = if command.contains(['#', '\n']) {
            "\n"
        } else {
            ""
        };
        let check = format!(
            "({command}{end}) && git diff --no-ext-diff --exit-code -- {specs} \
             && left=$(git status --porcelain -uall -- {specs}) \
             && {{ test -z \"$left\" || {{ echo \"$left\"; false; }}; }}"
        );
        Self {
            paths,
            from,
            command,
            check,
        }
    }

    /// Whether `path` is one of the files that are made.
    #[must_use]
    pub fn makes(&self, path: &str) -> bool {
        matched(&self.paths, path)
    }

    /// Whether `path` is one that they are made from.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        matched(&self.from, path)
    }
}

/// The git pathspec that matches what `glob` matches, quoted for the shell.
fn pathspec(glob: &Glob) -> String {
    quoted(&format!(":(glob){}", glob.as_str()))
}

fn matched(globs: &[Glob], path: &str) -> bool {
    globs.iter().any(|glob| glob.matches(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{globs, role};

    fn check(paths: &[&str], command: &str) -> String {
        Generated::new(globs(paths), Vec::new(), command.to_owned()).check
    }

    #[test]
    fn the_check_of_generated_files_quotes_their_paths() {
        let check = check(&["api/gen/**", "it's/?.go"], "make codegen");
        let specs = r"':(glob)api/gen/**' ':(glob)it'\''s/?.go'";
        assert!(check.starts_with(&format!(
            "(make codegen) && git diff --no-ext-diff --exit-code -- {specs} && "
        )));
        assert!(check.contains(&format!("git status --porcelain -uall -- {specs})")));
    }

    #[test]
    fn a_comment_in_the_command_does_not_swallow_the_check() {
        assert!(check(&["a"], "make # all").starts_with("(make # all\n) && git diff"));
        assert!(check(&["a"], "one\ntwo").starts_with("(one\ntwo\n) && git diff"));
    }

    #[test]
    fn a_co_edited_file_admits_its_owner_and_those_it_is_shared_with() {
        let shared = |with: Option<&[&str]>| CoEdited {
            paths: globs(&["go.mod"]),
            owner: role("A"),
            with: with.map(|names| names.iter().map(|name| role(name)).collect()),
        };
        let admits = |with, name| shared(with).admits(&role(name));
        assert!(admits(None, "A") && admits(None, "C"));
        assert!(admits(Some(&["B"]), "A") && admits(Some(&["B"]), "B"));
        assert!(!admits(Some(&["B"]), "C") && !admits(Some(&[]), "B"));
    }

    #[test]
    fn sources_and_results_are_told_apart() {
        let generated = Generated::new(globs(&["gen/**"]), globs(&["doc/*"]), "make".to_owned());
        assert!(generated.makes("gen/a/b") && !generated.makes("doc/a"));
        assert!(generated.reads("doc/a") && !generated.reads("doc/a/b"));
    }
}
