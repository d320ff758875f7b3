//! The fuzz targets on their corpora and on mutations of them, without a fuzzer: a few thousand in
//! every run, many more with `LANEWAY_SOAK=1`. `make soak` runs libFuzzer where it is installed.
//!
//! A failure prints the input; put it into `fuzz/corpus/<target>/`, and it is tried ever after.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may fail, read the environment, and say with which input"
)]

mod mutate;
mod targets;

use std::fs;
use std::path::Path;

use laneway::git::{ObjectFormat, Signed};
use laneway::ledger::document::Document;
use laneway::ledger::format::v1::StateFile;
use laneway::ledger::message;
use laneway::ledger::plan_merge::{Labels, merge};
use laneway::ledger::read::meaning;
use laneway::ledger::signature::signer;
use laneway::ledger::yaml::Limits;

use mutate::Mutator;
use targets::ORIGIN;

/// Says which input a target failed on.
struct Under<'a> {
    target: &'a str,
    input: &'a [u8],
}

impl Drop for Under<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "{} failed on b\"{}\"",
                self.target,
                self.input.escape_ascii()
            );
        }
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn run(name: &str) {
    let (_, target) = targets::ALL
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    let seeds = corpus(name);
    assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
    let times = match std::env::var_os("LANEWAY_SOAK") {
        Some(_) => 400_000,
        None => 3_000,
    };
    let mutated = (0..times).map(|seed| Mutator::of(seed).mutated(&seeds));
    for input in seeds.iter().cloned().chain(mutated) {
        let under = Under {
            target: name,
            input: &input,
        };
        target(under.input);
    }
}

#[test]
fn p13_documents_never_panic() {
    run("documents");
}

#[test]
fn p14_states_have_one_form() {
    run("states");
}

#[test]
fn p14_edits_are_settled_at_once_and_keep_documents_readable() {
    run("edits");
}

#[test]
fn requests_have_one_form() {
    run("requests");
}

#[test]
fn globs_agree_about_overlaps() {
    run("glob");
}

#[test]
fn packages_never_panic() {
    run("packages");
}

#[test]
fn p13_whatever_an_import_makes_of_a_source_reads_back() {
    run("imports");
}

#[test]
fn p14_merges_of_plans_read() {
    run("merges");
}

#[test]
fn p13_no_output_of_git_panics() {
    run("output");
}

#[test]
fn p24_signatures_come_apart_and_together() {
    run("signatures");
}

/// The seeds get as far as they are meant to: a target that refuses all of them shows nothing.
#[test]
fn seeds_reach_what_is_fuzzed() {
    for seed in corpus("states") {
        let read = meaning::<StateFile>(ORIGIN, &seed, Limits::STATE);
        assert!(read.is_ok(), "{}", String::from_utf8_lossy(&seed));
    }
    for seed in corpus("edits") {
        let text = String::from_utf8(seed[1..].to_vec()).unwrap();
        let mut document = Document::new(text.clone());
        let edit = targets::edit_of(seed[0]);
        document
            .apply(&edit)
            .unwrap_or_else(|error| panic!("{edit:?}: {error}"));
        assert_ne!(document.source(), text, "{edit:?}");
    }
    for seed in corpus("merges") {
        let text = String::from_utf8(seed).unwrap();
        let sides: Vec<&str> = text.split('\0').collect();
        let labels = Labels {
            ours: "ours",
            theirs: "theirs",
            marker: 7,
        };
        let [base, ours, theirs] = sides.as_slice() else {
            panic!("{text}")
        };
        let merged = merge(base, ours, theirs, &labels).unwrap_or_else(|odd| panic!("{odd}"));
        assert!(
            ![base, ours, theirs].contains(&&merged.text.as_str()),
            "{text}"
        );
    }
    let signed = corpus("signatures").into_iter().filter(|seed| {
        let (armored, payload) = Signed::taken_apart(seed, ObjectFormat::Sha1);
        armored.is_some_and(|armored| signer(&payload, &armored).is_some())
    });
    assert!(signed.count() >= 2);
    let reads = corpus("requests").into_iter().filter(|seed| {
        let text = String::from_utf8_lossy(seed).into_owned();
        message::read(&text, |_, _| None).is_ok()
    });
    assert!(reads.count() >= 5);
}

/// A message that reads is refused once it is longer than any that is written.
#[test]
fn p23_a_message_longer_than_any_is_not_read() {
    let seeds = corpus("requests").into_iter();
    let texts = seeds.map(|seed| String::from_utf8_lossy(&seed).into_owned());
    let mut texts = texts.rev();
    let text = texts
        .find(|text| message::read(text, |_, _| None).is_ok())
        .unwrap();
    let long = format!("{text}\n{}", "x".repeat(message::MAX_MESSAGE));
    let read = message::read(&long, |_, _| None);
    assert!(
        matches!(read, Err(message::BadMessage::TooLarge(_))),
        "{read:?}"
    );
}

#[test]
fn every_target_has_a_corpus_and_a_place_in_the_fuzzer() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(home.join("Cargo.toml")).unwrap();
    for (name, _) in targets::ALL {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let file = home.join(format!("fuzz_targets/{name}.rs"));
        assert!(file.exists(), "{}", file.display());
    }
}
