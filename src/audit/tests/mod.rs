//! The ledger on real repositories: whatever happened to it, the auditor agrees or says why not.

mod attribution;
mod authorship;
mod history;
mod landing;
mod publication;
mod remote;
mod signature;
mod tampering;
mod target;
