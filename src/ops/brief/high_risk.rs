//! What comes next for work of high risk that is committed and still owes its anchor or its runtime
//! path (P37, P38).

use super::command::{Place, Speaker};
use super::scoping::names;
use super::steps::{Act, MOST, Next, Working};
use crate::domain::refusal::Unmet;
use crate::domain::task::Tier;

const ANCHOR: &str = "anchor-owed";
const RUNTIME: &str = "runtime-path-owed";

/// Whether nothing else stands against the handoff.
pub(super) fn only(unmet: &[Unmet]) -> bool {
    let mut refusing = unmet.iter().filter(|unmet| !unmet.warning).peekable();
    refusing.peek().is_some() && refusing.all(|unmet| [ANCHOR, RUNTIME].contains(&unmet.gate))
}

/// The commands that show what is owed; `next` has the checks that may run.
pub(super) fn show(
    to: &Speaker,
    work: &Working,
    place: Place<'_>,
    mut next: Next,
    unmet: &[Unmet],
) -> Next {
    let id = work.id.as_str();
    let owed = |gate: &str| unmet.iter().any(|one| one.gate == gate);
    let runs = next.commands.iter().any(|command| command.when.is_none());
    let mut say = Vec::new();
    if owed(ANCHOR) && work.check.is_ok() {
        let words = ["evidence", id, "--class", "source_trace"];
        let anchor = to
            .laneway(place, words, "name the line that does it, and what it does")
            .fill("--text", "TEXT")
            .fill("--anchor", "PATH:LINE");
        next.commands.insert(0, anchor);
        next.commands.truncate(MOST);
        say.push("name the line of the source that does it".to_owned());
    }
    if owed(RUNTIME) {
        say.push(runtime(work, runs));
        if !runs && work.block.is_ok() {
            let block = to
                .laneway(place, ["block", id], "a runtime path that waits is a block")
                .fill("--reason", "TEXT");
            next = next.then(block.when("the runtime path has to wait"));
        }
    }
    next.say = format!("high risk: {}", say.join("; "));
    if next.commands.iter().all(|command| command.when.is_some()) {
        next.act = Act::Wait;
    }
    next.stopped("handoff", &work.handoff)
}

/// How it is shown at run time.
fn runtime(work: &Working, runs: bool) -> String {
    let mut planned = work.checks.iter();
    let planned = planned.find(|one| one.class >= Tier::Runtime && one.passed.is_none());
    let id = &work.id;
    match planned {
        Some(check) if runs => format!("run its runtime check `{}`", check.command),
        Some(_) => format!(
            "a person reads its runtime check and runs `laneway trust {id}`, for it to run here"
        ),
        None => {
            let by = names(&work.witnesses).unwrap_or_else(|| "somebody else".to_owned());
            format!(
                "no runtime check is left to run: {by} may say what they saw, by `laneway \
                 evidence {id} --class runtime`"
            )
        }
    }
}
