use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::kept;
use super::script::{self, Script};
use crate::ops::OpError;

/// Longest file that may be a script of ours, in bytes.
const MAX_SCRIPT: u64 = 64 * 1024;

/// The place of one hook, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The name of the hook.
    pub name: &'static str,
    /// What stands there.
    pub standing: Standing,
    /// The hook that was there before ours.
    pub chained: Option<Chained>,
    /// A hook that was there before one of ours, which is gone: nobody calls it.
    pub left: Option<PathBuf>,
    pub(super) path: PathBuf,
    pub(super) ours: Option<Script>,
}

/// What stands in the place of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Absent,
    /// A hook that is not ours; whether it calls laneway is its own business.
    Foreign,
    /// Ours, as this build writes it.
    Current,
    /// Ours, of another version, or its program is gone.
    Outdated,
    /// Ours, and edited since, or not executable any more.
    Edited,
}

/// A hook that was there before ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    /// Where it stands now.
    pub path: PathBuf,
    /// Whether ours calls it.
    pub called: bool,
    /// Whether it is another than it was; a hook that is gone is.
    pub changed: bool,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Foreign => "foreign",
            Self::Current => "current",
            Self::Outdated => "outdated",
            Self::Edited => "edited",
        }
    }
}

impl Slot {
    /// Looks at the place of `name` in `dir`.
    pub(super) fn read(dir: &Path, name: &'static str) -> Result<Self, OpError> {
        let path = dir.join(name);
        let mut slot = Self {
            name,
            standing: Standing::Absent,
            chained: None,
            left: None,
            path: path.clone(),
            ours: None,
        };
        let io = |source| OpError::Io {
            path: path.clone(),
            source,
        };
        let before = slot.before();
        if kept::exists(&before) && !kept::is_kept(&path) {
            slot.left = Some(before.clone());
        }
        let data = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(slot),
            Err(error) => return Err(io(error)),
            Ok(data) => data,
        };
        slot.standing = Standing::Foreign;
        if !data.is_file() || data.len() > MAX_SCRIPT {
            return Ok(slot);
        }
        let text = fs::read(&path).map_err(io)?;
        let Some(found) = Script::read(name, &String::from_utf8_lossy(&text)) else {
            return Ok(slot);
        };
        slot.standing = if !found.intact || !is_executable(&data) {
            Standing::Edited
        } else if found.version != script::VERSION || !runs(&found.script.program) {
            Standing::Outdated
        } else {
            Standing::Current
        };
        if found.script.before.is_some() {
            slot.left = None;
        }
        slot.chained = found.script.before.as_ref().map(|digest| Chained {
            called: found.script.chains,
            changed: script::digest_of(&before).ok().as_ref() != Some(digest),
            path: before,
        });
        slot.ours = Some(found.script);
        Ok(slot)
    }

    /// Where the hook that was there before stands.
    pub(super) fn before(&self) -> PathBuf {
        kept::place_of(&self.path)
    }

    /// What is wrong with a hook of ours, or with what it left behind, in words; `None` where it is
    /// well or not ours.
    #[must_use]
    pub fn ailment(&self) -> Option<String> {
        if let Some(left) = &self.left {
            let text =
                "which was here before, is not called: `laneway hooks uninstall` puts it back";
            return Some(format!("{}, {text}", left.display()));
        }
        let ours = self.ours.as_ref()?;
        let file = self.path.display();
        match self.standing {
            Standing::Edited => Some(format!("{file} was edited since it was installed")),
            Standing::Outdated if !runs(&ours.program) => Some(format!(
                "{file} calls {}, which is gone",
                ours.program.display()
            )),
            Standing::Outdated => Some(format!("{file} was written by another version")),
            _ => {
                let chained = self.chained.as_ref().filter(|chained| chained.changed)?;
                let path = chained.path.display();
                Some(match chained.path.symlink_metadata() {
                    Ok(_) => format!("{path}, which it calls, is another file since"),
                    Err(_) => format!("{path}, which was here before, is gone"),
                })
            }
        }
    }
}

fn is_executable(data: &fs::Metadata) -> bool {
    data.permissions().mode() & 0o111 != 0
}

/// Whether git would run the file, or the file that the link leads to.
pub(super) fn runs(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && is_executable(&data))
}
