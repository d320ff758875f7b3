//! The readiness probes of a workstation: one mapping each, its kind told by its keys.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::time::Span;
use crate::domain::workstation::{Probe, ProbeKind};
use crate::ledger::format::problem::Place;
use crate::ledger::format::shape::{self, Shape};
use crate::ledger::format::text::{Command, Lexeme, Line, Rejected, Text, checked_text};

/// The keys of each kind of probe, beyond `name`.
const SHAPES: [Shape; 6] = [
    Shape {
        word: "tool",
        required: &["tool"],
        optional: &["version"],
    },
    Shape {
        word: "http",
        required: &["http"],
        optional: &["json"],
    },
    Shape {
        word: "disk_free",
        required: &["disk_free"],
        optional: &["path"],
    },
    Shape {
        word: "tcp",
        required: &["tcp"],
        optional: &[],
    },
    Shape {
        word: "env",
        required: &["env"],
        optional: &[],
    },
    Shape {
        word: "command",
        required: &["command"],
        optional: &[],
    },
];

/// The seconds that a probe may ask for. A claim waits for its probes, and nobody waits long.
const LIMITS: std::ops::RangeInclusive<u32> = 1..=120;

/// One readiness probe: a name and one thing to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = one_kind)]
pub struct ProbeEntry {
    /// Unique within the workstation.
    pub name: Text<Line>,
    /// A program on the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Text<Line>>,
    /// The version that `tool` must have, such as `>=1.89`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text<Requirement>>,
    /// An HTTP address that answers 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Text<HttpUrl>>,
    /// Accepted values by dotted path, in the JSON that `http` answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub json: BTreeMap<String, Vec<String>>,
    /// The least free space on disk, such as `10GiB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_free: Option<Text<ByteSize>>,
    /// Where `disk_free` looks; by default in the worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Text<Line>>,
    /// A TCP port that accepts, as `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Text<TcpAddress>>,
    /// An environment variable that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<Text<EnvName>>,
    /// A command that exits 0; needs trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Text<Command>>,
    /// How long it may take, such as `5s`; by default 10 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Text<Span>>,
}

fn one_kind(schema: &mut Schema) {
    schema.insert("oneOf".to_owned(), shape::by_presence(&SHAPES));
}

impl ProbeEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Probe> {
        let name = at.text("name", self.name.clone());
        let timeout = at.maybe("timeout", self.timeout.clone());
        if timeout.is_some_and(|span| !LIMITS.contains(&span.seconds())) {
            let (least, most) = (LIMITS.start(), LIMITS.end());
            at.key("timeout")
                .refuse(format!("a probe may take {least} to {most} seconds"));
        }
        let kind = self.kind(at);
        Some(Probe {
            name: name?.into(),
            kind: kind?,
            timeout,
        })
    }

    /// Every key that depends on the kind, and whether it is there.
    fn present(&self) -> [(&'static str, bool); 9] {
        [
            ("tool", self.tool.is_some()),
            ("version", self.version.is_some()),
            ("http", self.http.is_some()),
            ("json", !self.json.is_empty()),
            ("disk_free", self.disk_free.is_some()),
            ("path", self.path.is_some()),
            ("tcp", self.tcp.is_some()),
            ("env", self.env.is_some()),
            ("command", self.command.is_some()),
        ]
    }

    fn kind(self, at: &Place<'_>) -> Option<ProbeKind> {
        let present = self.present();
        let here = |word: &str| present.iter().any(|(key, there)| *key == word && *there);
        let Some(shape) = SHAPES.iter().find(|shape| here(shape.word)) else {
            at.refuse_with_hint(
                "the probe looks at nothing",
                "give it one of `tool`, `http`, `disk_free`, `tcp`, `env`, `command`",
            );
            return None;
        };
        if !shape.check(at, &present) {
            return None;
        }
        let version = at.maybe("version", self.version);
        let path = at.maybe("path", self.path);
        Some(match shape.word {
            "tool" => ProbeKind::Tool {
                tool: at.maybe("tool", self.tool)?.into(),
                version: version.map(String::from),
            },
            "http" => ProbeKind::Http {
                url: at.maybe("http", self.http)?.into(),
                json: self.json,
            },
            "disk_free" => ProbeKind::DiskFree {
                bytes: at.maybe("disk_free", self.disk_free)?.0,
                path: path.map_or_else(|| ".".to_owned(), String::from),
            },
            "tcp" => ProbeKind::Tcp(at.maybe("tcp", self.tcp)?.into()),
            "env" => ProbeKind::Env(at.maybe("env", self.env)?.into()),
            _ => ProbeKind::Command(at.maybe("command", self.command)?.into()),
        })
    }
}

/// A number of bytes, written with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// Units of a size, largest first in each family; the binary ones are used for writing.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |size: u64| self.0 >= size && self.0.is_multiple_of(size);
        let unit = UNITS.into_iter().find(|(_, size)| fits(*size));
        let (unit, size) = unit.unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl Lexeme for ByteSize {
    fn name() -> String {
        "ByteSize".to_owned()
    }

    fn schema() -> Value {
        json!({
            "type": "string",
            "description": "A number of bytes such as `10GiB`.",
            "pattern": "^[0-9]+(?:[TGMK]iB|[TGMk]B|B)$",
        })
    }

    fn read(text: &str) -> Result<Self, Rejected> {
        let split = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, unit) = text.split_at(split);
        let size = UNITS.iter().find(|(name, _)| *name == unit);
        size.and_then(|(_, size)| digits.parse::<u64>().ok()?.checked_mul(*size))
            .map(Self)
            .ok_or_else(|| {
                Rejected::new(text, format!("`{}` is no size", text.escape_debug()))
                    .hint("write it like `10GiB`")
            })
    }
}

checked_text! {
    /// A version requirement: comparisons joined by commas.
    Requirement {
        schema: json!({
            "type": "string",
            "description": "A version requirement such as `>=1.89` or `>=3.11, <4`.",
            "pattern": r"^ *(?:>=|<=|>|<|=|\^|~)? *[0-9][0-9A-Za-z.+-]*(?: *, *(?:>=|<=|>|<|=|\^|~)? *[0-9][0-9A-Za-z.+-]*)* *$",
        }),
        check: |text| {
            let compares = |part: &str| {
                let part = part.trim();
                let operator = [">=", "<=", ">", "<", "=", "^", "~"]
                    .into_iter()
                    .find_map(|operator| part.strip_prefix(operator));
                let version = operator.unwrap_or(part).trim_start();
                version.starts_with(|c: char| c.is_ascii_digit())
                    && version
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'))
            };
            if text.split(',').all(compares) {
                return Ok(());
            }
            let shown = text.escape_debug();
            Err(Rejected::new(text, format!("`{shown}` is no version requirement"))
                .hint("write it like `>=1.89` or `>=3.11, <4`"))
        }
    }

    /// An `http://` or `https://` address.
    HttpUrl {
        schema: json!({
            "type": "string",
            "description": "An `http://` or `https://` address.",
            "pattern": r"^https?://[^\s/]\S*$",
        }),
        check: |text| {
            let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
            let fits = rest.is_some_and(|rest| {
                !rest.is_empty()
                    && !rest.starts_with('/')
                    && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
            });
            if fits {
                return Ok(());
            }
            let shown = text.escape_debug();
            Err(Rejected::new(text, format!("`{shown}` is no http address")))
        }
    }

    /// A host and a port.
    TcpAddress {
        schema: json!({
            "type": "string",
            "description": "A host and a port, such as `127.0.0.1:5432`.",
            "pattern": r"^\S+:[0-9]{1,5}$",
        }),
        check: |text| {
            let fits = text.rsplit_once(':').is_some_and(|(host, port)| {
                !host.is_empty()
                    && !host.chars().any(|c| c.is_whitespace() || c.is_control())
                    && port.parse::<u16>().is_ok_and(|port| port > 0)
            });
            if fits {
                return Ok(());
            }
            let shown = text.escape_debug();
            Err(Rejected::new(text, format!("`{shown}` is no host and port"))
                .hint("write it like `127.0.0.1:5432`"))
        }
    }

    /// The name of an environment variable.
    EnvName {
        schema: json!({
            "type": "string",
            "description": "The name of an environment variable.",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        }),
        check: |text| {
            let fits = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if fits {
                return Ok(());
            }
            let shown = text.escape_debug();
            Err(Rejected::new(text, format!("`{shown}` is no name of an environment variable")))
        }
    }
}
