use std::path::Path;

use regex::Regex;

/// Text with everything replaced that differs from run to run: the directory, commit and request
/// ids, the host, durations of checks.
pub fn normal(text: &str, root: &Path) -> String {
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy().into_owned();
    let mut text = text.replace(&root.display().to_string(), "[ROOT]");
    for (pattern, name) in [
        (r"\b[0-9a-f]{10}-[0-9a-f]{20}\b", "[ID]"),
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"\b[0-9a-f]{40}\b", "[COMMIT]"),
        (r"\b[0-9a-f]{10}\b", "[SHORT]"),
        (
            r"\bindex [0-9a-f]{7,}\.\.[0-9a-f]{7,}",
            "index [SHORT]..[SHORT]",
        ),
        (r#""millis": \d+"#, r#""millis": [MILLIS]"#),
        (r"\bmillis: \d+", "millis: [MILLIS]"),
        (r"\bafter \d+ ms\b", "after [MILLIS] ms"),
        (r"\| \d+ ms \|", "| [MILLIS] ms |"),
    ] {
        let pattern = Regex::new(pattern).unwrap();
        text = pattern.replace_all(&text, name).into_owned();
    }
    if host.is_empty() {
        text
    } else {
        text.replace(&host, "[HOST]")
    }
}
