//! Where the story is played: a directory with a git configuration of its own, and the commands
//! run in it, each shown with what it said.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use laneway::contract::demo::{CommandView, DemoView, StepView};
use laneway::env::Env;
use laneway::process::{Exit, Runner, Spawn};

use crate::cli::failure::Failure;
use crate::cli::render::{Screen, safe};

/// Time that one command gets.
const LIMIT: Duration = Duration::from_secs(60);

/// Who acts in the demo when git asks.
const GIT_CONFIG: &str = "[user]\n\tname = Laneway Demo\n\temail = demo@laneway.invalid\n\
    [init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n";

/// A throw-away world of its own.
pub struct Stage {
    root: PathBuf,
    exe: PathBuf,
    runner: Runner,
    screen: Screen,
    /// What was played so far.
    pub told: DemoView,
}

impl Stage {
    /// A stage in `root`, an empty directory. Nothing of the person's configuration is seen.
    pub fn new(env: &Env, root: &Path, screen: &Screen) -> Result<Self, Failure> {
        let root = root.canonicalize().map_err(|error| io(root, &error))?;
        let mut vars = BTreeMap::new();
        if let Some(path) = env.vars.get(std::ffi::OsStr::new("PATH")) {
            vars.insert("PATH".into(), path.clone());
        }
        let mut own = |name: &str, below: &str| {
            vars.insert(name.into(), root.join(below).into_os_string());
        };
        own("HOME", "home");
        own("XDG_CONFIG_HOME", "home/config");
        own("GIT_CONFIG_GLOBAL", "home/gitconfig");
        own("LANEWAY_STATE_DIR", "home/state");
        own("LANEWAY_CACHE_DIR", "home/cache");
        vars.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
        vars.insert("LC_ALL".into(), "C.UTF-8".into());
        let stage = Self {
            root,
            exe: env.exe.clone(),
            runner: Runner::new(vars),
            screen: *screen,
            told: DemoView::default(),
        };
        stage.write("home", "gitconfig", GIT_CONFIG)?;
        Ok(stage)
    }

    /// Begins a step.
    pub fn step(&mut self, title: &str) {
        let number = self.told.steps.len() + 1;
        self.screen.say(&format!("\n{number}. {title}\n"));
        self.told.steps.push(StepView {
            title: title.to_owned(),
            commands: Vec::new(),
        });
    }

    /// Writes a file, quietly.
    pub fn write(&self, dir: &str, file: &str, text: &str) -> Result<(), Failure> {
        let dir = self.root.join(dir);
        let path = dir.join(file);
        std::fs::create_dir_all(&dir).map_err(|error| io(&dir, &error))?;
        let file = std::fs::File::create(&path).map_err(|error| io(&path, &error))?;
        (&file)
            .write_all(text.as_bytes())
            .map_err(|error| io(&path, &error))
    }

    /// Runs `line` in `dir` and shows it; fails unless it ends with `code`. Gives what it said.
    pub fn run(&mut self, dir: &str, line: &str, code: i32) -> Result<String, Failure> {
        let said = self.spawn(dir, line)?;
        self.show(&said);
        if said.exit == Some(code) {
            return Ok(said.output);
        }
        Err(self.astray(&said, &format!("{code}")))
    }

    /// Runs `line` and shows nothing; gives its standard output.
    pub fn quietly(&self, dir: &str, line: &str) -> Result<String, Failure> {
        let said = self.spawn(dir, line)?;
        match said.exit {
            Some(0) => Ok(said.output),
            _ => Err(self.astray(&said, "0")),
        }
    }

    /// Runs all lines at once, then shows them: which of them ended with 0. The others must have
    /// ended with `lost`.
    pub fn race(&mut self, lines: &[(String, String)], lost: i32) -> Result<Vec<bool>, Failure> {
        let stage = &*self;
        let said: Vec<Result<CommandView, Failure>> = std::thread::scope(|scope| {
            let racers: Vec<_> = lines
                .iter()
                .map(|(dir, line)| scope.spawn(move || stage.spawn(dir, line)))
                .collect();
            let gone = || Failure::new(7, "internal", "a racer was lost");
            let joined = racers.into_iter().map(|racer| racer.join());
            joined
                .map(|said| said.unwrap_or_else(|_| Err(gone())))
                .collect()
        });
        let mut won = Vec::new();
        for said in said {
            let said = said?;
            self.show(&said);
            if said.exit != Some(0) && said.exit != Some(lost) {
                return Err(self.astray(&said, &format!("0 or {lost}")));
            }
            won.push(said.exit == Some(0));
        }
        Ok(won)
    }

    /// Prints text that is no command.
    pub fn say(&self, text: &str) {
        self.screen.say(text);
    }

    fn spawn(&self, dir: &str, line: &str) -> Result<CommandView, Failure> {
        let mut words = words(line).into_iter();
        let program = words.next().unwrap_or_default();
        let program = match program.as_str() {
            "laneway" => self.exe.clone().into_os_string(),
            _ => program.into(),
        };
        let spawn = Spawn::new(program, self.root.join(dir))
            .args(words)
            .limit(LIMIT);
        let finished = self
            .runner
            .run(&spawn)
            .map_err(|error| Failure::new(7, "io", error.to_string()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let (out, err) = (text(&finished.stdout.bytes), text(&finished.stderr.bytes));
        let between = if out.is_empty() || err.is_empty() {
            ""
        } else {
            "\n"
        };
        let here = format!("{}/", self.root.display());
        Ok(CommandView {
            dir: dir.to_owned(),
            line: line.to_owned(),
            exit: match finished.exit {
                Exit::Code(code) => Some(code),
                Exit::Signal(_) | Exit::TimedOut => None,
            },
            output: format!("{err}{between}{out}").replace(&here, ""),
        })
    }

    fn show(&mut self, said: &CommandView) {
        let mut text = format!("{}$ {}\n", said.dir, said.line);
        for line in said.output.lines() {
            text.push_str(&format!("  {}\n", safe(line)));
        }
        match said.exit {
            Some(0) => {}
            Some(code) => text.push_str(&format!("  [exit {code}]\n")),
            None => text.push_str("  [killed]\n"),
        }
        self.screen.say(&text);
        if let Some(step) = self.told.steps.last_mut() {
            step.commands.push(said.clone());
        }
    }

    fn astray(&self, said: &CommandView, expected: &str) -> Failure {
        let step = self.told.steps.len();
        let exit = said
            .exit
            .map_or_else(|| "no exit code".to_owned(), |c| format!("exit code {c}"));
        let message = format!(
            "step {step} went astray: `{}` ended with {exit}, not {expected}: {}",
            said.line,
            said.output.lines().next().unwrap_or_default()
        );
        Failure::new(7, "internal", message).hint("play it again with `--keep DIR` and look there")
    }
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(7, "io", format!("{}: {error}", path.display()))
}

/// Splits a line of the script as a shell would: blanks separate, double quotes hold together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(
            words("git commit -m \"a b\" -q"),
            ["git", "commit", "-m", "a b", "-q"]
        );
    }
}
