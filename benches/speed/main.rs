//! Whole-process times of laneway beside floors measured in the same run, as a table.
//!
//! `make bench` runs it and writes BENCHMARKS.md. Compare ratios, not milliseconds: the machines
//! that run this are shared.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a measurement, not a product: it stops at the first surprise and prints"
)]

mod audit;
mod bombs;
mod claims;
mod figures;
mod floors;
mod gates;
mod growth;
mod plumbing;
mod verbs;
mod world;

use std::fs;

/// Which parts are measured: `BENCH_PARTS=verbs,gates,claims,growth,audit,bombs`.
fn wanted(part: &str) -> bool {
    let parts = std::env::var("BENCH_PARTS").unwrap_or_default();
    parts.is_empty() || parts.split(',').any(|one| one == part)
}

/// A list of numbers from the environment.
pub fn numbers(name: &str, default: &str) -> Vec<usize> {
    let text = std::env::var(name).unwrap_or_else(|_| default.to_owned());
    text.split(',').filter_map(|one| one.parse().ok()).collect()
}

const HEAD: &str = "# Benchmarks\n\nWhole processes, medians, beside floors measured in the same run. \
    Compare ratios, not milliseconds: the machine is shared.\nRepeat with `make bench` \
    (`BENCH_SIZES=1000` and `BENCH_PARTS=verbs` for a short run, which leaves the other parts as they \
    were measured before); peak memory needs GNU time.\n";

/// What an earlier run wrote of a part.
fn section(report: &str, title: &str) -> Option<String> {
    let (_, rest) = report.split_once(&format!("\n## {title}\n"))?;
    let text = rest.split("\n## ").next()?;
    Some(text.to_owned())
}

fn main() {
    // `cargo test` builds benches and asks them for their tests: there are none.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let parts: [(&str, &str, &dyn Fn() -> String); 6] = [
        ("verbs", "Verbs", &|| {
            verbs::report(&numbers("BENCH_SIZES", "1000,10000,100000"))
        }),
        ("gates", "Gates of one claim", &gates::report),
        ("claims", "Claims at once", &claims::report),
        ("growth", "Growth", &growth::report),
        ("audit", "Audit", &audit::report),
        ("bombs", "Bombs", &bombs::report),
    ];
    let before = fs::read_to_string("BENCHMARKS.md").unwrap_or_default();
    let mut report = String::from(HEAD);
    for (part, title, measure) in parts {
        let text = match wanted(part) {
            true => Some(measure()),
            false => section(&before, title),
        };
        if let Some(text) = text {
            report.push_str(&format!("\n## {title}\n\n{}\n", text.trim()));
        }
    }
    fs::write("BENCHMARKS.md", report).unwrap();
}
