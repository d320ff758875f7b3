//! Each gate once where it refuses and once where it does not.

mod claim;
mod evidence;
mod executor;
mod land;
mod paths;
mod stages;
mod workstation;
