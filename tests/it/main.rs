//! End to end: the binary as a person or a program runs it, one module per verb.
//!
//! A test tells a session; its transcript, with everything that varies replaced, is the snapshot.
//! `INSTA_UPDATE=always cargo test --test it` accepts new transcripts: read each before committing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail, start processes and read the clock"
)]

#[allow(dead_code, unused_imports, reason = "shared with the tests of faults")]
mod support;

#[path = "../faults/machine.rs"]
#[allow(dead_code, reason = "shared with the tests of faults, which need more")]
mod machine;

mod archive;
mod archive_safe;
mod authority;
mod bad_yaml;
mod block;
mod bombs;
mod brief;
mod cancel;
mod cheats_evidence;
mod cheats_review;
mod contract;
mod demo;
mod doctor;
mod edit;
mod editors;
mod evidence;
mod exceptions;
mod explain;
mod fleet_brief;
mod forge;
mod forged;
mod frameworks;
mod fresh;
mod fresh_clone;
mod give_back;
mod history;
mod hooks;
mod hostile;
mod import;
mod import_left;
mod import_links;
mod import_refused;
mod import_truth;
mod import_waits;
mod interrupts;
mod land;
mod lane;
mod lanes_broken;
mod lanes_collide;
mod lanes_gone;
mod leases;
mod list;
mod maintain;
mod manual;
mod merge_driver;
mod merging;
mod mistakes;
mod no_shell;
mod note;
mod packages;
mod plan_places;
mod policy;
mod preflight;
mod quiet;
mod races;
mod ready;
mod receive;
mod registered;
mod release;
mod renew;
mod reviews;
mod rewritten;
mod round_trip;
mod routing;
mod separate_git_dir;
mod sessions;
mod set_status;
mod shard;
mod show;
mod signatures;
mod smoke;
mod stages;
mod status;
mod tampering;
mod torn;
mod true_evidence;
mod trust;
mod validate;
mod work;
mod workstation;
