//! Operations: one per use case, options in, outcome out. They print nothing and ask nothing; the
//! command line, HTTP and MCP call the same ones.

pub mod accept;
pub mod add;
pub mod artifact;
pub mod brief;
pub mod check;
pub mod claim;
pub mod doctor;
mod error;
pub mod evidence;
pub mod except;
pub mod explain;
pub mod handoff;
pub mod init;
pub mod lane;
pub mod late;
pub mod log;
pub mod look;
pub mod maintain;
pub mod merge;
pub mod mutate;
pub mod next;
pub mod overrides;
pub mod own;
pub mod package;
pub mod policy;
pub mod preflight;
pub mod proof;
pub mod quota;
mod readiness;
pub mod request;
pub mod review;
pub mod routing;
pub mod save;
pub mod scope;
pub mod session;
mod set_aside;
pub mod set_status;
mod site;
pub mod stage;
pub mod trust;
pub mod validate;
pub mod workstation;

pub use error::OpError;
pub use mutate::{FileChange, Mutation};
pub use site::{Site, SiteOptions, repository};
