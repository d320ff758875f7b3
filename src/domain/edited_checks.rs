//! Checks that the judged branch itself changed: whoever may edit the script can make it pass.

/// Files that decide what a driver does, by the name of the driver.
const DRIVERS: [(&str, &[&str]); 12] = [
    ("make", &["Makefile", "makefile", "GNUmakefile"]),
    ("gmake", &["Makefile", "makefile", "GNUmakefile"]),
    ("npm", &["package.json"]),
    ("npx", &["package.json"]),
    ("yarn", &["package.json"]),
    ("pnpm", &["package.json"]),
    ("just", &["justfile", "Justfile", ".justfile"]),
    ("tox", &["tox.ini"]),
    ("nox", &["noxfile.py"]),
    (
        "pytest",
        &[
            "conftest.py",
            "pytest.ini",
            "pyproject.toml",
            "setup.cfg",
            "tox.ini",
        ],
    ),
    ("cargo", &[".cargo/config.toml", ".cargo/config"]),
    ("go", &[]),
];

/// Those of the changed `files` that decide what `command` does: a path that it names, or the file
/// of a driver that it runs (a `conftest.py` wherever it stands).
///
/// A reading of words, no more: what a script runs in turn is not followed.
#[must_use]
pub fn edited<'f>(command: &str, files: &'f [String]) -> Vec<&'f str> {
    let words: Vec<&str> = command
        .split(|c: char| c.is_whitespace() || ";&|()<>\"'`=".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let decides = |file: &&String| {
        words
            .iter()
            .any(|word| names(word, file) || drives(word, file))
    };
    files.iter().filter(decides).map(String::as_str).collect()
}

fn names(word: &str, file: &str) -> bool {
    let path = word.strip_prefix("./").unwrap_or(word);
    path == file
}

fn drives(word: &str, file: &str) -> bool {
    let program = word.rsplit('/').next().unwrap_or(word);
    let known = DRIVERS.iter().find(|(driver, _)| *driver == program);
    let base = file.rsplit('/').next().unwrap_or(file);
    known.is_some_and(|(_, decided_by)| {
        decided_by
            .iter()
            .any(|name| *name == file || (*name == "conftest.py" && base == *name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(command: &str, files: &[&str]) -> Vec<String> {
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        let found = edited(command, &files);
        found.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_check_is_edited_by_its_script_and_by_the_file_of_its_driver() {
        assert_eq!(seen("make test", &["Makefile", "src/a"]), ["Makefile"]);
        assert_eq!(seen("CI=1 npm test", &["package.json"]), ["package.json"]);
        assert_eq!(seen("sh ./ci/run.sh fast", &["ci/run.sh"]), ["ci/run.sh"]);
        assert_eq!(seen("ci/run.sh", &["ci/run.sh", "ci"]), ["ci/run.sh"]);
        assert_eq!(
            seen("python -m pytest tests", &["tests/unit/conftest.py"]),
            ["tests/unit/conftest.py"]
        );
        assert_eq!(
            seen("cargo test", &[".cargo/config.toml", "Cargo.toml"]),
            [".cargo/config.toml"]
        );
        assert_eq!(seen("cd x && just ci", &["justfile"]), ["justfile"]);
    }

    #[test]
    fn other_changes_edit_no_check() {
        assert!(seen("make test", &["src/Makefile.rs", "package.json"]).is_empty());
        assert!(seen("go test ./...", &["go.mod", "a.go"]).is_empty());
        assert!(seen("echo make", &[]).is_empty());
    }
}
