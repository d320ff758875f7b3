//! What the handoff of a defect owes: its root cause, and a command that shows the fault before
//! and its absence after (P43).

use super::Context;
use crate::domain::placeholder::is_placeholder;
use crate::domain::policy::Owed;
use crate::domain::record::{CheckRun, Proof, RootCause};
use crate::domain::refusal::Unmet;
use crate::domain::request::HandoffWish;
use crate::domain::task::{Kind, Task};
use crate::domain::trivial::trivial;

/// What of the proof is missing, or shows nothing.
pub(super) fn unmet(ctx: Context<'_>, task: &Task, wish: &HandoffWish) -> Vec<Unmet> {
    let Some(cause) = &wish.root_cause else {
        return Vec::new();
    };
    let mut unmet: Vec<Unmet> = vague(cause).into_iter().collect();
    let owed = ctx.snapshot.rules.policy.gates.proof == Owed::Required;
    match &wish.proof {
        Some(Proof::Ran { before, after }) => unmet.extend(shows_nothing(cause, before, after)),
        Some(Proof::NotRun { reason }) if is_placeholder(reason) => {
            let message = format!("`{}` is no reason", reason.trim().escape_debug());
            let hint = "`--proof-not-run` says why it could not be run";
            unmet.push(Unmet::rule("proof-owed", message).hint(hint));
        }
        None if owed && task.kind == Kind::Defect => {
            let message = format!(
                "the proof `{}` of `{}` has not been run",
                cause.proof, task.id
            );
            let hint = "handoff runs it where its base and its tip are here; `--proof-not-run \
                        REASON` says why it cannot be run";
            unmet.push(Unmet::rule("proof-owed", message).hint(hint));
        }
        Some(Proof::NotRun { .. }) | None => {}
    }
    unmet
}

fn vague(cause: &RootCause) -> Option<Unmet> {
    let fact = if is_placeholder(&cause.text) {
        format!("`{}` is no root cause", cause.text.trim().escape_debug())
    } else if cause.text.trim().lines().count() > 1 {
        "a root cause is one sentence".to_owned()
    } else if is_placeholder(&cause.layer) || cause.layer.trim().lines().count() > 1 {
        format!("`{}` is no path", cause.layer.trim().escape_debug())
    } else {
        return None;
    };
    let hint = "`--root-cause` is one sentence, `--layer` the path that owns the fault";
    Some(Unmet::rule("root-cause-owed", fact).hint(hint))
}

/// Why two runs show nothing about the fault.
fn shows_nothing(cause: &RootCause, before: &CheckRun, after: &CheckRun) -> Option<Unmet> {
    let command = &cause.proof;
    let fact = if before.command != *command || after.command != *command {
        format!("what ran is not the proof `{command}`")
    } else if let Some(why) = trivial(command) {
        format!("the proof `{command}` shows nothing: {why}")
    } else if before.passed() {
        format!("the proof `{command}` passes on the base, where the fault should be")
    } else if !after.passed() {
        format!(
            "the proof `{command}` fails on the change, {}",
            ended(after)
        )
    } else {
        return None;
    };
    let hint = "`--proof` fails where the fault is and passes where it is mended";
    Some(Unmet::rule("proof-shows-nothing", fact).hint(hint))
}

fn ended(run: &CheckRun) -> String {
    match run.exit {
        Some(code) => format!("with exit code {code}"),
        None => "by a signal or its time limit".to_owned(),
    }
}
