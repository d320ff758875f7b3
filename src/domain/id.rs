//! Names and ids with checked constructors: a value of one of these types is safe to put into a
//! path, a ref name or an argument list (PROMISES P19, P21).

use std::fmt;
use std::str::FromStr;

/// Why a string is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {what}: {why}", .value.escape_debug())]
pub struct BadName {
    /// What was wanted, with its article: `a task id`.
    pub what: &'static str,
    /// The offending text, as given.
    pub value: String,
    /// The rule it breaks.
    pub why: &'static str,
}

/// Longest name accepted, in bytes. A name becomes a file name with a suffix, so it stays well
/// below the 255 bytes that file systems allow.
const MAX_NAME: usize = 120;

/// Names that Windows reserves whatever the extension; a checkout there must stay possible.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Checks one path segment made of `[A-Za-z0-9._-]`, which is also safe inside a ref name.
fn check_segment(value: &str) -> Result<(), &'static str> {
    let Some(first) = value.chars().next() else {
        return Err("it is empty");
    };
    if value.len() > MAX_NAME {
        return Err("it is longer than 120 bytes");
    }
    if !first.is_ascii_alphanumeric() {
        return Err("it must start with a letter or a digit");
    }
    if !value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    {
        return Err("only letters, digits, `.`, `_` and `-` are allowed");
    }
    if value.ends_with('.') || value.contains("..") {
        return Err("it must not end with a dot or hold two dots in a row");
    }
    if value.to_ascii_lowercase().ends_with(".lock") {
        return Err("git reserves names that end with `.lock`");
    }
    let stem = value
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if DEVICES.contains(&stem.as_str()) {
        return Err("it is a device name on some systems");
    }
    if value.eq_ignore_ascii_case("head") {
        return Err("git gives `HEAD` a meaning of its own");
    }
    Ok(())
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks `value` and wraps it.
            ///
            /// # Errors
            /// [`BadName`] with the rule that `value` breaks.
            pub fn new(value: impl Into<String>) -> Result<Self, BadName> {
                let value = value.into();
                let check: fn(&str) -> Result<(), &'static str> = $check;
                match check(&value) {
                    Ok(()) => Ok(Self(value.into_boxed_str())),
                    Err(why) => Err(BadName { what: $what, value, why }),
                }
            }

            /// Wraps a text that [`new`](Self::new) accepted before, such as one from a cache whose
            /// checksum holds.
            #[must_use]
            #[allow(dead_code, reason = "not every kind of name stands in a cache")]
            pub(crate) fn accepted_before(value: String) -> Self {
                Self(value.into_boxed_str())
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(value: &str) -> Result<Self, BadName> {
                Self::new(value)
            }
        }
    };
}

name_type!(
    /// The id of a task: one path segment, unique over all plan files of target and ledger.
    TaskId, "a task id", check_segment
);
name_type!(
    /// The id of a work package: the stem of its file.
    PackageId, "a package id", check_segment
);
name_type!(
    /// The name of the project; part of worktree names.
    ProjectName, "a project name", check_segment
);
name_type!(
    /// The name of a role, a kind of work: `A-backend`.
    RoleName, "a role name", check_segment
);
name_type!(
    /// The name of a workstation: `ws-backend-01`.
    WorkstationName, "a workstation name", check_segment
);
name_type!(
    /// The name of a contract, an interface that others build on: `api`.
    ContractName, "a contract name", check_segment
);
name_type!(
    /// An exclusive group, of which one task at a time is in progress.
    GroupName, "a group name", check_segment
);
name_type!(
    /// A merge stage: `contract`, `generated`, `implementation`, `integration`.
    StageName, "a merge stage", check_segment
);
name_type!(
    /// The name of a git remote.
    RemoteName, "a remote name", check_segment
);
name_type!(
    /// The unique id of one request; a repeated id is the same request (idempotence).
    RequestId, "a request id", check_segment
);
name_type!(
    /// A task type, the routing key of the identity map: `backend_feature`.
    TaskType, "a task type", check_segment
);
name_type!(
    /// An executor, AI or person, of the identity map: `@agent-builder-01`.
    AgentName, "an agent name", |value| {
        check_segment(value.strip_prefix('@').unwrap_or(value))
    }
);
name_type!(
    /// A branch, without `refs/heads/`: segments joined by `/`, each as strict as a task id.
    BranchName, "a branch name", |value| {
        if value.len() > 200 {
            return Err("it is longer than 200 bytes");
        }
        value.split('/').try_for_each(check_segment)
    }
);

impl BranchName {
    /// The full ref name: `refs/heads/<branch>`.
    #[must_use]
    pub fn full(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

/// The id of a git object, SHA-1 or SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    len: u8,
    bytes: [u8; 32],
}

impl ObjectId {
    /// Wraps the 20 or 32 raw bytes of an object id; any other length gives `None`.
    #[must_use]
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self {
            len: u8::try_from(raw.len()).ok()?,
            bytes,
        })
    }

    /// The raw bytes: 20 for SHA-1, 32 for SHA-256.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The first 10 hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(10);
        hex
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for ObjectId {
    type Err = BadName;
    fn from_str(value: &str) -> Result<Self, BadName> {
        let bad = |why| BadName {
            what: "an object id",
            value: value.to_owned(),
            why,
        };
        if value.len() != 40 && value.len() != 64 {
            return Err(bad("it must have 40 or 64 hexadecimal digits"));
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let raw: Option<Vec<u8>> = value
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
            .collect();
        raw.and_then(|raw| Self::from_bytes(&raw))
            .ok_or_else(|| bad("it must have 40 or 64 lower-case hexadecimal digits"))
    }
}

/// One serial stream of a role's work: `A-backend`, `A-backend:2`. Lane 1 is written without its
/// number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneName {
    /// The role whose work the lane carries.
    pub role: RoleName,
    /// The number of the lane, from 1.
    number: u16,
}

impl LaneName {
    /// The lane `number` (from 1) of `role`.
    ///
    /// # Errors
    /// [`BadName`] when `number` is 0.
    pub fn new(role: RoleName, number: u16) -> Result<Self, BadName> {
        if number == 0 {
            let value = format!("{role}:0");
            return Err(BadName {
                what: "a lane",
                value,
                why: "lanes are counted from 1",
            });
        }
        Ok(Self { role, number })
    }

    /// The number of the lane, from 1.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The form used in file and branch names: `A-backend`, `A-backend-2`.
    #[must_use]
    pub fn slug(&self) -> String {
        match self.number {
            1 => self.role.to_string(),
            n => format!("{}-{n}", self.role),
        }
    }
}

impl fmt::Display for LaneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => write!(f, "{}", self.role),
            n => write!(f, "{}:{n}", self.role),
        }
    }
}

impl FromStr for LaneName {
    type Err = BadName;
    fn from_str(value: &str) -> Result<Self, BadName> {
        let (role, number) = match value.split_once(':') {
            None => (value, 1),
            Some((role, digits)) => {
                let number = digits.parse().map_err(|_| BadName {
                    what: "a lane",
                    value: value.to_owned(),
                    why: "after the colon stands the number of the lane",
                })?;
                (role, number)
            }
        };
        Self::new(RoleName::new(role)?, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for name in [
            "",
            "-x",
            "--upload-pack=touch X",
            ".x",
            "x.",
            "x.lock",
            "a..b",
            "a b",
            "a/b",
            "../x",
            "@{",
            "HEAD",
            "a\nb",
            "a\0b",
            "'",
            "\"",
            "$(x)",
            "`x`",
            ";x",
            "|x",
            "&x",
            ">x",
            "%0a",
            "\u{202e}",
            "🦀",
            "CON",
            "nul.txt",
            "<script>",
            "{{7*7}}",
            "=cmd()",
            "\x1b]0;",
        ] {
            assert!(TaskId::new(name).is_err(), "{name:?}");
            assert!(AgentName::new(format!("@{name}")).is_err(), "{name:?}");
        }
        assert!(TaskId::new("x".repeat(121)).is_err());
        assert!(TaskId::new("A-P7-001").is_ok());
    }

    #[test]
    fn branches_are_segments() {
        assert!(BranchName::new("agent/A-backend-2").is_ok());
        for name in [
            "a//b",
            "/a",
            "a/",
            "refs/heads/../x",
            "a/.git",
            "-a/b",
            "a/b.lock",
        ] {
            assert!(BranchName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn lane_one_is_written_without_its_number() {
        let lane: LaneName = "A-backend:1".parse().unwrap();
        assert_eq!(lane.to_string(), "A-backend");
        assert_eq!(
            "A-backend:2".parse::<LaneName>().unwrap().slug(),
            "A-backend-2"
        );
        assert!("A-backend:0".parse::<LaneName>().is_err());
    }

    #[test]
    fn object_ids_round_trip() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(hex.parse::<ObjectId>().unwrap().to_string(), hex);
        assert!("0123".parse::<ObjectId>().is_err());
    }
}
