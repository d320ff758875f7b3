use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Beginnings of names that a check never sees: what points git or laneway somewhere, and functions
/// smuggled into shells.
const PREFIXES: [&str; 3] = ["GIT_", "LANEWAY_", "BASH_FUNC_"];

/// Names that change what `sh -c` does, or open the person's keys.
const NAMES: [&str; 8] = [
    "BASH_ENV",
    "CDPATH",
    "ENV",
    "GPG_AGENT_INFO",
    "GH_HOST",
    "SHELLOPTS",
    "SSH_AGENT_PID",
    "SSH_AUTH_SOCK",
];

/// Parts of names that carry secrets, in upper case.
const SECRETS: [&str; 10] = [
    "ACCESS_KEY",
    "APIKEY",
    "API_KEY",
    "BEARER",
    "CREDENTIAL",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
];

/// The environment that checks run in: the machine's, without what would point git or laneway
/// elsewhere, without what changes the shell, and without what looks like a secret or a token.
///
/// A list of what goes, not of what stays: what a project's own tools read (`CARGO_HOME`, `GOFLAGS`,
/// `JAVA_HOME`, `DATABASE_URL`, …) cannot be known here. A check that needs a token reads it from a
/// file of its own.
#[must_use]
pub fn of_checks(machine: &BTreeMap<OsString, OsString>) -> BTreeMap<OsString, OsString> {
    let kept = machine.iter().filter(|(name, _)| !is_withheld(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn is_withheld(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.contains(&name.as_str())
        || SECRETS.iter().any(|part| name.contains(part))
        || name.split('_').any(|word| word.ends_with("TOKEN"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_see_tools_but_no_secrets_and_no_foreign_repository() {
        let kept = [
            "PATH",
            "HOME",
            "LANG",
            "TMPDIR",
            "CARGO_HOME",
            "GOPATH",
            "JAVA_HOME",
            "DATABASE_URL",
            "TOKENIZERS_PARALLELISM",
        ];
        let gone = [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "LANEWAY_CLAIM",
            "GITHUB_TOKEN",
            "NPM_TOKEN",
            "token",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASSWORD",
            "SSH_AUTH_SOCK",
            "BASH_ENV",
            "OPENAI_API_KEY",
            "BASH_FUNC_x%%",
        ];
        let all = kept.iter().chain(&gone);
        let machine = all.map(|name| ((*name).into(), "x".into())).collect();
        let left = of_checks(&machine);
        let mut names: Vec<_> = left.keys().map(|name| name.to_str().unwrap()).collect();
        let mut expected = kept.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
