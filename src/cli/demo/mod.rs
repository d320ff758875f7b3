//! The main story, played by real processes on a throw-away repository: this binary and git,
//! started as anyone would start them. [`Stage`] runs and shows commands, [`play`] is the script.

mod script;
mod stage;

pub use script::play;
pub use stage::Stage;
