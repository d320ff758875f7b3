//! The law, tried: random histories against its invariants, and each verb against its refusals.

mod evidence;
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
mod stage;
mod station;
mod work;
