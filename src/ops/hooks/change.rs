use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::kept::{self, exists};
use super::script::{self, Script};
use super::slot::{self, Slot, Standing};
use super::{CLIENT, Reach, SERVER, Status, status};
use crate::domain::refusal::{Refusal, Unmet};
use crate::env::Env;
use crate::git::Repo;
use crate::ops::OpError;

/// What is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The hooks of a server, instead of those of a clone.
    pub server: bool,
    /// Write into a shared directory; give up edits of a script of ours; go by a chained hook as
    /// it is now.
    pub force: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// What is done to one hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Written where nothing stood.
    Installed,
    /// Written; what stood there is called first.
    Chained,
    /// Written; what stood there is kept and not called, as git did not call it.
    Kept,
    /// Written anew.
    Updated,
    /// Left as it is.
    Unchanged,
    /// Taken away.
    Removed,
    /// Taken away, and what stood there before is back.
    Restored,
}

impl Change {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Chained => "chained",
            Self::Kept => "kept",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
            Self::Restored => "restored",
        }
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Each hook, with what was done to it.
    pub changes: Vec<(&'static str, Change)>,
    /// How they stand now; in a rehearsal as before.
    pub status: Status,
}

/// Installs the hooks of a clone or of a server. Twice is once.
///
/// # Errors
/// The refusal, before anything is changed.
pub fn install(repo: &Repo, env: &Env, options: Options) -> Result<Done, OpError> {
    let what = "hooks are not installed";
    if repo.work_dir().is_none() && !options.server {
        let text = "this is a repository without a worktree: `laneway hooks install --server`";
        return Err(OpError::Usage(text.to_owned()));
    }
    let status = status(repo)?;
    refuse_elsewhere(what, &status, options.force, &call_it(options.server))?;
    let wanted: &[&str] = if options.server { &SERVER } else { &CLIENT };
    let slots = status.slots.iter();
    let slots: Vec<&Slot> = slots.filter(|slot| wanted.contains(&slot.name)).collect();
    refuse_changed(what, &slots, options.force)?;
    for slot in &slots {
        refuse_in_the_way(what, slot)?;
    }
    let made_dir = !exists(&status.dir);
    if made_dir && !options.dry_run {
        fs::create_dir_all(&status.dir).map_err(io_at(&status.dir))?;
    }
    let mut changes = Vec::new();
    for slot in slots {
        let plan = Plan::of(slot, env, made_dir)?;
        if !options.dry_run {
            plan.carry_out(slot)?;
        }
        changes.push((slot.name, plan.change));
    }
    if !options.dry_run {
        kept::link_siblings(&status.dir).map_err(io_at(&status.dir))?;
    }
    let status = super::status(repo)?;
    Ok(Done { changes, status })
}

/// Takes away every hook of ours and puts back what stood there.
///
/// # Errors
/// The refusal, before anything is changed.
pub fn uninstall(repo: &Repo, options: Options) -> Result<Done, OpError> {
    let what = "hooks are not uninstalled";
    let before = status(repo)?;
    let ours = before.slots.iter();
    let ours: Vec<&Slot> = ours
        .filter(|slot| slot.ours.is_some() || slot.left.is_some())
        .collect();
    if !ours.is_empty() {
        let hint = "`--force` takes them away there, for all that use it";
        refuse_elsewhere(what, &before, options.force, hint)?;
    }
    refuse_changed(what, &ours, options.force)?;
    for slot in &ours {
        refuse_in_the_way(what, slot)?;
    }
    let mut changes = Vec::new();
    for slot in &ours {
        let back = exists(&slot.before());
        changes.push((
            slot.name,
            if back {
                Change::Restored
            } else {
                Change::Removed
            },
        ));
        if options.dry_run {
            continue;
        }
        match back {
            true => kept::put_back(&slot.path).map_err(io_at(&slot.path))?,
            false => fs::remove_file(&slot.path).map_err(io_at(&slot.path))?,
        }
    }
    if !ours.is_empty() && !options.dry_run {
        kept::tidy(&before.dir);
    }
    let made = ours
        .iter()
        .any(|slot| slot.ours.as_ref().is_some_and(|ours| ours.made_dir));
    if made && !options.dry_run {
        // Not empty: somebody else has put something there since.
        drop(fs::remove_dir(&before.dir));
    }
    let status = status(repo)?;
    Ok(Done { changes, status })
}

/// What is about to be written in place of a hook.
struct Plan {
    script: Script,
    change: Change,
}

impl Plan {
    fn of(slot: &Slot, env: &Env, made_dir: bool) -> Result<Self, OpError> {
        let before = slot.before();
        let known = slot.ours.as_ref();
        // Of ours, what it chains stays; of others', the hook itself is chained.
        let (file, chains) = match slot.standing {
            // What is left of an earlier installation is called again.
            Standing::Absent => (slot.left.as_ref(), slot::runs(&before)),
            Standing::Foreign => (Some(&slot.path), slot::runs(&slot.path)),
            _ => (
                slot.chained
                    .as_ref()
                    .map(|_| &before)
                    .filter(|file| exists(file)),
                slot::runs(&before),
            ),
        };
        let digest = file.map(|file| {
            let digest = match *file == slot.path {
                true => kept::digest_of(file),
                false => script::digest_of(file),
            };
            digest.map_err(io_at(file))
        });
        let script = Script {
            hook: slot.name.to_owned(),
            program: env.exe.clone(),
            before: digest.transpose()?,
            kept_in: kept::dir_name(slot.path.parent().unwrap_or(Path::new("."))),
            chains,
            made_dir: known.map_or(made_dir, |ours| ours.made_dir),
        };
        let change = match slot.standing {
            Standing::Absent if file.is_none() => Change::Installed,
            Standing::Absent if chains => Change::Chained,
            Standing::Absent => Change::Kept,
            Standing::Foreign if chains => Change::Chained,
            Standing::Foreign => Change::Kept,
            Standing::Current if known == Some(&script) => Change::Unchanged,
            _ => Change::Updated,
        };
        Ok(Self { script, change })
    }

    fn carry_out(&self, slot: &Slot) -> Result<(), OpError> {
        if self.change == Change::Unchanged {
            return Ok(());
        }
        let before = slot.before();
        if slot.standing == Standing::Foreign && !exists(&before) {
            kept::keep(&slot.path).map_err(io_at(&before))?;
        }
        let dir = slot.path.parent().unwrap_or(Path::new("."));
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(dir)?;
            file.write_all(self.script.text().as_bytes())?;
            let mode = fs::Permissions::from_mode(0o755);
            file.as_file().set_permissions(mode)?;
            file.as_file().sync_all()?;
            file.persist(&slot.path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(io_at(&slot.path))
    }
}

/// A directory of hooks that is not this repository's alone.
fn refuse_elsewhere(what: &str, status: &Status, force: bool, hint: &str) -> Result<(), OpError> {
    match &status.reach {
        Reach::Elsewhere(why) if !force => {
            let unmet = Unmet::rule("hooks-path", why.clone()).hint(hint);
            Err(Refusal::one(what, None, unmet).into())
        }
        _ => Ok(()),
    }
}

/// A script of ours that was edited, or calls another hook than it did.
fn refuse_changed(what: &str, slots: &[&Slot], force: bool) -> Result<(), OpError> {
    let changed = |slot: &&Slot| {
        let chained = slot.chained.as_ref().is_some_and(|chained| chained.changed);
        (chained || slot.standing == Standing::Edited).then(|| slot.ailment())?
    };
    let facts: Vec<String> = slots.iter().filter_map(changed).collect();
    if force || facts.is_empty() {
        return Ok(());
    }
    let hint = "look at it; `--force` gives up edits of our script, and goes by the other hook as it is now";
    let unmet = facts.into_iter();
    let unmet = unmet.map(|fact| Unmet::rule("hooks-changed", fact).hint(hint));
    Err(Refusal::new(what, None, unmet.collect()).into())
}

/// A hook of another tool where one that was there before belongs: no force makes that right.
fn refuse_in_the_way(what: &str, slot: &Slot) -> Result<(), OpError> {
    let no = |fact: String, hint: &str| {
        let unmet = Unmet::rule("hooks-changed", fact).hint(hint);
        Err(Refusal::one(what, None, unmet).into())
    };
    if slot.path.is_dir() {
        let fact = format!("{} is a directory", slot.path.display());
        return no(fact, "move it away");
    }
    let Some(left) = slot
        .left
        .as_ref()
        .filter(|_| slot.standing == Standing::Foreign)
    else {
        return Ok(());
    };
    let (left, path) = (left.display(), slot.path.display());
    let fact = format!("{left}, which was here before, is in the way of {path}");
    no(fact, "look at both, and move one of them away")
}

fn io_at(path: &Path) -> impl Fn(std::io::Error) -> OpError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| OpError::Io {
        path: path.clone(),
        source,
    }
}

/// How another tool's hooks call laneway.
fn call_it(server: bool) -> String {
    let lines: &[&str] = if server {
        &[
            "`laneway hook pre-receive` in its pre-receive",
            "`laneway hook post-receive` in its post-receive",
        ]
    } else {
        &[
            "`laneway hook pre-commit` in its pre-commit",
            "`laneway hook commit-msg \"$1\"` in its commit-msg",
            "`laneway hook pre-push \"$@\"` in its pre-push",
        ]
    };
    format!(
        "call it from there: {}; `--force` writes there all the same",
        lines.join(", ")
    )
}
