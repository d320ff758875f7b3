//! The text of a hook, and what it says about itself.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::domain::shell::quoted;

/// The version of the scripts that this build writes.
pub(super) const VERSION: u32 = 1;

const MARK: &str = "# laneway hook ";

/// What a script of ours is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// The name of the hook.
    pub hook: String,
    /// The program that it calls; where it is gone, the one on the search path.
    pub program: PathBuf,
    /// The digest of the hook that was there before.
    pub before: Option<String>,
    /// The directory that keeps it, beside that of the hooks.
    pub kept_in: String,
    /// Whether that one is called: git does not call what is not executable.
    pub chains: bool,
    /// Whether the directory was made for us.
    pub made_dir: bool,
}

/// A script of ours that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub script: Script,
    pub version: u32,
    /// Whether it is as it was written.
    pub intact: bool,
}

impl Script {
    /// Its text.
    pub fn text(&self) -> String {
        let body = self.body();
        format!(
            "#!/bin/sh\n{MARK}{VERSION} {}\n{body}",
            digest(body.as_bytes())
        )
    }

    fn body(&self) -> String {
        let hook = &self.hook;
        let program = self.program.display().to_string();
        let before = self.before.as_deref().unwrap_or("none");
        let kept_in = &self.kept_in;
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        let (chains, made) = (yes(self.chains), yes(self.made_dir));
        let mut text = format!(
            "# Written by `laneway hooks install`; `laneway hooks uninstall` puts back what was here.\n\
             # program: {program}\n\
             # before: {before}\n\
             # kept-in: {kept_in}\n\
             # calls-it: {chains}\n\
             # made-directory: {made}\n\
             laneway_program={}\n\
             [ -x \"$laneway_program\" ] || laneway_program=$(command -v laneway) || {{\n\
             \techo 'laneway is neither at {} nor on PATH: install it, then `laneway hooks install`' >&2\n\
             \texit 1\n\
             }}\n",
            quoted(&program),
            program.replace('\'', ""),
        );
        if self.chains {
            let dir = &self.kept_in;
            text.push_str(&format!("laneway_before=\"${{0%/*}}/../{dir}/{hook}\"\n"));
        }
        let call = format!("\"$laneway_program\" hook {hook}");
        text.push_str(&match (reads_input(hook), self.chains) {
            (false, false) => format!("exec {call} \"$@\"\n"),
            (false, true) => format!("\"$laneway_before\" \"$@\" || exit\nexec {call} \"$@\"\n"),
            (true, false) => format!("exec {call} \"$@\"\n"),
            // The shell drops line ends after the last line; the dot keeps them.
            (true, true) => format!(
                "laneway_input=$(cat; echo .)\n\
                 laneway_input=${{laneway_input%.}}\n\
                 printf '%s' \"$laneway_input\" | \"$laneway_before\" \"$@\" || exit\n\
                 printf '%s' \"$laneway_input\" | {call} \"$@\"\n"
            ),
        });
        text
    }

    /// What a script says about itself; `None` when it is none of ours.
    pub fn read(hook: &str, text: &str) -> Option<Found> {
        let (_, rest) = text.split_once('\n')?;
        let (mark, body) = rest.split_once('\n')?;
        let (version, sum) = mark.strip_prefix(MARK)?.split_once(' ')?;
        let value = |key: &str| {
            let prefix = format!("# {key}: ");
            body.lines().find_map(|line| line.strip_prefix(&prefix))
        };
        let before = value("before").filter(|before| *before != "none");
        Some(Found {
            script: Self {
                hook: hook.to_owned(),
                program: PathBuf::from(value("program").unwrap_or_default()),
                before: before.map(str::to_owned),
                kept_in: value("kept-in").unwrap_or_default().to_owned(),
                chains: value("calls-it") == Some("yes"),
                made_dir: value("made-directory") == Some("yes"),
            },
            version: version.parse().unwrap_or(0),
            intact: text.starts_with("#!/bin/sh\n") && sum == digest(body.as_bytes()),
        })
    }
}

fn reads_input(hook: &str) -> bool {
    matches!(hook, "pre-push" | "pre-receive" | "post-receive")
}

/// The digest of a file's content; of a link, of where it leads.
pub(super) fn digest_of(path: &Path) -> std::io::Result<String> {
    let link = std::fs::read_link(path);
    let bytes = match link {
        Ok(to) => to.as_os_str().as_encoded_bytes().to_vec(),
        Err(_) => std::fs::read(path)?,
    };
    Ok(digest(&bytes))
}

pub(super) fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_what_it_is_and_whether_it_was_edited() {
        let script = Script {
            hook: "pre-push".to_owned(),
            program: PathBuf::from("/opt/it's/laneway"),
            before: Some("ab".to_owned()),
            kept_in: "hooks-before-laneway".to_owned(),
            chains: true,
            made_dir: true,
        };
        let text = script.text();
        let found = Script::read("pre-push", &text).unwrap();
        assert_eq!(
            found,
            Found {
                script,
                version: VERSION,
                intact: true
            }
        );
        let edited = Script::read("pre-push", &text.replace("|| exit", "|| true")).unwrap();
        assert!(!edited.intact);
        assert_eq!(Script::read("pre-push", "#!/bin/sh\nexit 0\n"), None);
    }
}
