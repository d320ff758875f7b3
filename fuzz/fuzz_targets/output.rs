#![no_main]

#[allow(dead_code, reason = "one of several targets")]
#[path = "../../tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::git_output(bytes));
