//! A command that is suggested: words that can be pasted, where they are run, and why.

use std::path::{Path, PathBuf};

use crate::domain::id::AgentName;
use crate::domain::shell::quoted;
use crate::ops::Site;

/// A command line, complete but for what `fill` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its words, the program first.
    pub argv: Vec<String>,
    /// The flags whose value is a placeholder in capitals, to be replaced.
    pub fill: Vec<String>,
    /// What it is for.
    pub why: String,
    /// When to run it; none: now.
    pub when: Option<String>,
}

impl Command {
    /// One line for a POSIX shell.
    #[must_use]
    pub fn line(&self) -> String {
        let words: Vec<String> = self.argv.iter().map(|word| quoted(word)).collect();
        words.join(" ")
    }

    /// The same, to be run only once this holds.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.when = Some(condition.into());
        self
    }

    /// The same, with a flag whose value is a placeholder.
    #[must_use]
    pub fn fill(mut self, flag: &str, placeholder: &str) -> Self {
        self.argv.extend([flag.to_owned(), placeholder.to_owned()]);
        self.fill.push(flag.to_owned());
        self
    }
}

/// Where a command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// In the worktree of a lane, whose binding says who acts.
    Lane(&'a Path),
    /// Anywhere in the repository.
    Repository,
}

/// How the one who asks writes commands: from where, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Speaker {
    /// Who acts, where neither environment nor configuration says it.
    pub agent: Option<AgentName>,
    /// The ledger branch, where it was named.
    pub ledger: Option<String>,
    /// The worktree around the current directory.
    pub here: Option<PathBuf>,
    /// The directory that was asked about, where it is not the current one.
    pub dir: Option<PathBuf>,
}

impl Speaker {
    /// The speaker of a site.
    #[must_use]
    pub fn of(site: &Site) -> Self {
        let asked = site.asked();
        let dir = asked.dir.as_ref().map(|dir| site.env.dir.join(dir));
        let here = match &dir {
            None => site.repo().work_dir(),
            Some(_) => crate::git::Repo::discover(&site.env.dir, &site.runner)
                .ok()
                .and_then(|repo| repo.work_dir()),
        };
        Self {
            agent: asked.agent.clone(),
            ledger: asked.ledger.as_ref().map(ToString::to_string),
            here: here.map(real),
            dir,
        }
    }

    /// A command of laneway.
    #[must_use]
    pub fn laneway<'w>(
        &self,
        place: Place<'_>,
        words: impl IntoIterator<Item = &'w str>,
        why: impl Into<String>,
    ) -> Command {
        let mut argv = self.program("laneway", place);
        argv.extend(words.into_iter().map(str::to_owned));
        if let (Place::Repository, Some(agent)) = (place, &self.agent) {
            argv.extend(["--as".to_owned(), agent.to_string()]);
        }
        if let Some(ledger) = &self.ledger {
            argv.extend(["--ledger".to_owned(), ledger.clone()]);
        }
        Command {
            argv,
            fill: Vec::new(),
            why: why.into(),
            when: None,
        }
    }

    /// A command of git.
    #[must_use]
    pub fn git<'w>(
        &self,
        place: Place<'_>,
        words: impl IntoIterator<Item = &'w str>,
        why: impl Into<String>,
    ) -> Command {
        let mut argv = self.program("git", place);
        argv.extend(words.into_iter().map(str::to_owned));
        Command {
            argv,
            fill: Vec::new(),
            why: why.into(),
            when: None,
        }
    }

    fn program(&self, program: &str, place: Place<'_>) -> Vec<String> {
        let mut argv = vec![program.to_owned()];
        let elsewhere = match place {
            Place::Lane(path) if self.here.as_deref() == Some(real(path.to_owned()).as_path()) => {
                None
            }
            Place::Lane(path) => Some(path),
            Place::Repository => self.dir.as_deref(),
        };
        if let Some(dir) = elsewhere {
            argv.extend(["-C".to_owned(), dir.display().to_string()]);
        }
        argv
    }
}

fn real(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}
