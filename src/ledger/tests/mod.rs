//! The ledger on real repositories.

mod history;
mod landing;
mod publication;
mod remote;
