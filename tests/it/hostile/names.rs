//! The table of hostile names (PROMISES), for every place where a string comes in.

use crate::support::World;

/// Names that do something wherever a shell, git or an option parser reads them. `CANARY` stands for
/// a file that must never appear.
pub const NAMES: [&str; 60] = [
    "--upload-pack=touch CANARY",
    "-x",
    "--output=CANARY",
    "--exec=touch CANARY",
    "-c",
    "a..b",
    "@{",
    "HEAD",
    "refs/heads/x",
    "x.lock",
    ".x",
    "x.",
    "a//b",
    "../../x",
    "a\ntouch CANARY\n",
    "a\r\ntouch CANARY",
    "a b",
    "'",
    "\"",
    "'; touch CANARY; '",
    "\"; touch CANARY; \"",
    "$(touch CANARY)",
    "`touch CANARY`",
    "${IFS}touch${IFS}CANARY",
    ";touch CANARY",
    "; touch CANARY #",
    "|touch CANARY",
    "| tee CANARY",
    "&touch CANARY&",
    "&& touch CANARY",
    "|| touch CANARY",
    ">CANARY",
    ">>CANARY",
    "2>CANARY",
    "<(touch CANARY)",
    "x\ttouch CANARY",
    "%0atouch CANARY",
    "%s%n",
    "\u{202e}txt.exe",
    "🦀",
    "é",
    "CON",
    "nul.txt",
    ".git/hooks/x",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${7*7}",
    "=cmd()",
    "=HYPERLINK(\"http://x\")",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;http://x\u{7}y\u{1b}]8;;\u{7}",
    "\u{1b}[2J",
    "~",
    "~root",
    "*",
    "?",
    "[a-z]",
    "!!",
    "\\",
    "LONG",
];

/// A name as it is typed in this world: the canary is a file of it, one name is long.
pub fn spelled(world: &World, name: &str) -> String {
    let canary = world.path("canary");
    match name {
        "LONG" => "x".repeat(256),
        name => name.replace("CANARY", &canary.display().to_string()),
    }
}
