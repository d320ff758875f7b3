//! The law, tried: random histories against its invariants, and each verb against its refusals.

mod evidence;
mod except;
mod import;
mod land;
mod model;
mod occupancy;
mod order;
mod own;
mod plan;
mod request;
mod review;
mod rights;
mod routing;
mod scope;
mod session;
mod stage;
mod station;
mod work;
