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

fn main() {
    // `cargo test` builds benches and asks them for their tests: there are none.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let mut report = String::from(
        "# Benchmarks\n\nWhole processes, medians, beside floors measured in the same run. Compare \
         ratios, not milliseconds: the machine is shared.\nRepeat with `make bench` \
         (`BENCH_SIZES=1000` and `BENCH_PARTS=verbs` for a short run); peak memory needs GNU time.\n",
    );
    if wanted("verbs") {
        report.push_str("\n## Verbs\n\n");
        report.push_str(&verbs::report(&numbers("BENCH_SIZES", "1000,10000,100000")));
    }
    if wanted("gates") {
        report.push_str("\n## Gates of one claim\n\n");
        report.push_str(&gates::report());
    }
    if wanted("claims") {
        report.push_str("\n## Claims at once\n\n");
        report.push_str(&claims::report());
    }
    if wanted("growth") {
        report.push_str("\n## Growth\n\n");
        report.push_str(&growth::report());
    }
    if wanted("audit") {
        report.push_str("\n## Audit\n\n");
        report.push_str(&audit::report());
    }
    if wanted("bombs") {
        report.push_str("\n## Bombs\n\n");
        report.push_str(&bombs::report());
    }
    fs::write("BENCHMARKS.md", report).unwrap();
}
