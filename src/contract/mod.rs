//! What laneway says to programs: versioned types, made from outcomes. Whatever stands here is a
//! promise to strangers; nothing else of the library is serialised for them.
//!
//! Not a breaking change: a new key, a new word in an open list (`gate`, `op`), a new command.
//! Breaking, and therefore a new version: removing or renaming a key, another type, another
//! meaning.

pub mod archive;
pub mod attribution;
pub mod audit;
pub mod brief;
pub mod check;
pub mod coverage;
pub mod demo;
pub mod doctor;
pub mod envelope;
pub mod evidence;
pub mod except;
pub mod explain;
pub mod export;
pub mod findings;
pub mod handoff;
pub mod hooks;
pub mod import;
pub mod land;
pub mod lane;
pub mod log;
pub mod maintain;
pub mod manual;
pub mod merge_driver;
pub mod overrides;
pub mod own;
pub mod package;
pub mod plan;
pub mod policy;
pub mod preflight;
pub mod replay;
pub mod request;
pub mod review;
pub mod routing;
pub mod schema;
mod scope;
pub mod session;
pub mod set_status;
pub mod shard;
pub mod stage;
pub mod status;
pub mod task;
pub mod trust;
pub mod validate;
pub mod workstation;

pub use envelope::{Envelope, ErrorView, HolderView, LedgerView, SCHEMA, UnmetView};
