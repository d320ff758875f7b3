//! Doubts: what of the evidence of a task a reader should not believe without looking (S14).
//!
//! What is certainly wrong is refused when it is said; what is left here is shown, to the reviewer
//! and by `laneway audit evidence`, and stops nothing.

use super::edited_checks::edited;
use super::gates::{approved, checks_owed};
use super::placeholder::is_placeholder;
use super::record::{Attestation, CheckRun, Handoff, Proof, Record, RecordBody};
use super::snapshot::Snapshot;
use super::task::{Kind, Task, words};
use super::time::Timestamp;
use super::trivial::trivial;

words! {
    /// What a doubt is about.
    Reason {
        /// Something was seen at midnight sharp.
        Midnight = "midnight",
        /// Something was seen after it was said.
        Future = "future",
        /// A text says nothing.
        Placeholder = "placeholder",
        /// A review stands before the handoff of what it judges.
        ReviewBeforeHandoff = "review-before-handoff",
        /// Something was seen before the task was claimed.
        BeforeClaim = "before-claim",
        /// Something was seen before the commit that it speaks of was made.
        BeforeChange = "before-change",
        /// Different commands printed the very same.
        SameOutput = "same-output",
        /// A check ended at once and printed nothing.
        NoWork = "no-work",
        /// A check passes whatever the work does.
        TrivialCheck = "trivial-check",
        /// The branch changed what a check does.
        CheckEdited = "check-edited",
        /// A feature or defect changes documents only.
        DocumentsOnly = "documents-only",
        /// The change does not touch what the root cause names.
        LayerUntouched = "layer-untouched",
        /// The proof of a root cause was not run.
        NotProven = "not-proven",
    }
}

/// One doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What it is about.
    pub reason: Reason,
    /// The record it is about, if it is one.
    pub record: Option<u32>,
    /// The fact, as a lower-case fragment.
    pub message: String,
}

/// SHA-256 of no output.
const NO_OUTPUT: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Every doubt about the evidence of a task, in the order of its records; those about the change
/// as a whole come last, and speak of the last handoff.
#[must_use]
pub fn of(snapshot: &Snapshot, task: &Task, records: &[Record]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for (n, record) in records.iter().enumerate() {
        of_record(snapshot, task, &records[..n], record, &mut doubts);
    }
    same_output(records, &mut doubts);
    let last = records.iter().rev().find_map(|record| match &record.body {
        RecordBody::Handoff(handoff) => Some((record, handoff)),
        _ => None,
    });
    let files = last.map_or(&[][..], |(_, handoff)| handoff.files.as_slice());
    for command in checks_owed(snapshot, task, files) {
        if let Some(why) = trivial(command) {
            let message = format!("the check `{command}` shows nothing: {why}");
            doubts.push(doubt(Reason::TrivialCheck, None, message));
        }
    }
    if let Some((record, handoff)) = last {
        of_change(snapshot, task, records, (record, handoff), &mut doubts);
    }
    doubts
}

fn doubt(reason: Reason, record: Option<u32>, message: String) -> Doubt {
    Doubt {
        reason,
        record,
        message,
    }
}

fn of_record(
    snapshot: &Snapshot,
    task: &Task,
    before: &[Record],
    record: &Record,
    doubts: &mut Vec<Doubt>,
) {
    let mut add = |reason, message| doubts.push(doubt(reason, Some(record.n), message));
    let mut said = |what: &str, text: &str| {
        if is_placeholder(text) {
            let message = format!("the {what} `{}` says nothing", text.trim());
            add(Reason::Placeholder, message);
        }
    };
    match &record.body {
        RecordBody::Attestation(attestation) => {
            said("attestation", &attestation.text);
            of_moment(snapshot, task, record, attestation, &mut add);
        }
        RecordBody::Handoff(handoff) => {
            said("next slice", &handoff.next);
            if let Some(cause) = &handoff.root_cause {
                said("root cause", &cause.text);
            }
            if let Some(Proof::NotRun { reason }) = &handoff.proof {
                add(Reason::NotProven, format!("not proven: {reason}"));
            }
        }
        RecordBody::Review(review) => {
            for finding in &review.findings {
                said("finding", &finding.text);
            }
            let handed_off = before.iter().any(|earlier| {
                earlier.at <= record.at
                    && matches!(&earlier.body, RecordBody::Handoff(handoff)
                        if handoff.change_key == review.change_key)
            });
            if !handed_off {
                let message = format!(
                    "{} judged at {} what was not handed off then",
                    record.by, record.at
                );
                add(Reason::ReviewBeforeHandoff, message);
            }
        }
        RecordBody::Evidence(evidence) => {
            for run in evidence.checks.iter().filter(|run| run.passed()) {
                if run.millis == 0 && run.digest == NO_OUTPUT {
                    let message =
                        format!("`{}` passed in no time and printed nothing", run.command);
                    add(Reason::NoWork, message);
                }
            }
        }
        _ => {}
    }
}

fn of_moment(
    snapshot: &Snapshot,
    task: &Task,
    record: &Record,
    attestation: &Attestation,
    add: &mut impl FnMut(Reason, String),
) {
    let Some(at) = attestation.observed_at else {
        return;
    };
    if at.seconds().rem_euclid(86_400) == 0 {
        add(Reason::Midnight, format!("seen at midnight sharp: {at}"));
    }
    if at > record.at.plus(snapshot.rules.policy.lease.skew) {
        add(
            Reason::Future,
            format!("seen at {at}, said at {}", record.at),
        );
    }
    if let Some(claimed) = claimed_at(snapshot, task, record)
        && at < claimed
    {
        let message = format!("seen at {at}, before the claim at {claimed}");
        add(Reason::BeforeClaim, message);
    }
    let changed = attestation.changed_at;
    if at < changed {
        let message = format!("seen at {at}, before the commit was made at {changed}");
        add(Reason::BeforeChange, message);
    }
}

/// When the task was claimed under the epoch of `record`, where that claim is known.
fn claimed_at(snapshot: &Snapshot, task: &Task, record: &Record) -> Option<Timestamp> {
    let state = snapshot.states.get(&task.id);
    let claim = state.claim().filter(|_| state.epoch == record.epoch)?;
    Some(claim.claimed_at)
}

/// Different commands of one record that printed the very same, which is not nothing.
fn same_output(records: &[Record], doubts: &mut Vec<Doubt>) {
    for record in records {
        let RecordBody::Evidence(evidence) = &record.body else {
            continue;
        };
        let runs = &evidence.checks;
        for (n, run) in runs.iter().enumerate() {
            let twin = |other: &&CheckRun| {
                other.command != run.command && other.digest == run.digest && !run.digest.is_empty()
            };
            if run.digest == NO_OUTPUT {
                continue;
            }
            if let Some(other) = runs[..n].iter().find(twin) {
                let message = format!(
                    "`{}` and `{}` printed the very same",
                    other.command, run.command
                );
                doubts.push(doubt(Reason::SameOutput, Some(record.n), message));
            }
        }
    }
}

fn of_change(
    snapshot: &Snapshot,
    task: &Task,
    records: &[Record],
    (record, handoff): (&Record, &Handoff),
    doubts: &mut Vec<Doubt>,
) {
    let files = &handoff.files;
    let approved = approved(records, &handoff.change_key, &record.by);
    let mut add = |reason, message| doubts.push(doubt(reason, Some(record.n), message));
    for command in checks_owed(snapshot, task, files) {
        for path in edited(command, files) {
            if !approved.contains(&path) {
                let message =
                    format!("the branch changed {path}, which decides the check `{command}`");
                add(Reason::CheckEdited, message);
            }
        }
    }
    let works = matches!(task.kind, Kind::Feature | Kind::Defect);
    if works && !files.is_empty() && files.iter().all(|file| is_document(file)) {
        let message = format!("a {} that changes documents only", task.kind);
        add(Reason::DocumentsOnly, message);
    }
    if let Some(cause) = &handoff.root_cause {
        let layer = cause.layer.trim().trim_end_matches('/');
        let touches = |file: &String| {
            file.strip_prefix(layer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !files.iter().any(touches) {
            let message = format!("the change does not touch `{layer}`, which owns the fault");
            add(Reason::LayerUntouched, message);
        }
    }
}

/// Whether a path is text for people: by its ending, or a licence and its like.
fn is_document(path: &str) -> bool {
    let base = path.rsplit('/').next().unwrap_or(path);
    let ending = base.rsplit_once('.').map(|(_, ending)| ending);
    match ending {
        Some(ending) => matches!(
            ending.to_ascii_lowercase().as_str(),
            "md" | "markdown" | "rst" | "adoc" | "txt" | "org"
        ),
        None => matches!(
            base,
            "LICENSE" | "COPYING" | "AUTHORS" | "NOTICE" | "README"
        ),
    }
}

#[cfg(test)]
mod tests;
