//! Return artifacts and review responses (G11, G23): documents made from the ledger, and read back.

use std::path::Path;

use super::OpError;
use super::given::text_given;
use super::look;
use super::site::Site;
use crate::domain::gates::LandCase;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::{Handoff, Record, RecordBody};
use crate::domain::request::Verb;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Standing, Submission};
use crate::domain::task::Task;
use crate::ledger::format::File;
use crate::ledger::format::text::texts;
use crate::ledger::format::v1::record::RootCauseEntry;
use crate::ledger::format::v1::returned::{
    self, DependencyEntry, HappenedEntry, RanEntry, ReturnFile,
};
use crate::ledger::format::v1::review_form::{self, Filled, ReviewForm};
use crate::ledger::yaml::TreeError;
use crate::ledger::{Loader, artifact, paths};

/// Who asks for a command, in the order of the register.
const CLASSES: [&str; 4] = ["task", "role", "paths", "nobody"];

/// Most bytes of a template or of a document that is read back.
const MOST: u64 = 1 << 20;

/// A document about a task.
#[derive(Debug, Clone)]
pub struct Document {
    /// The task.
    pub task: TaskId,
    /// The commit it is about, if something is handed off.
    pub commit: Option<ObjectId>,
    /// Its text: Markdown with YAML front matter.
    pub text: String,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// The return artifact of a task, from what the ledger has of it.
///
/// # Errors
/// When the ledger does not read, or no plan file defines the task.
pub fn return_of(site: &Site, named: Option<&TaskId>) -> Result<Document, OpError> {
    let id = site.task(named)?;
    let (snapshot, records) = read(site, &id)?;
    let Some(task) = snapshot.plan.get(&id) else {
        return Err(look::unknown(&snapshot, &id));
    };
    let file = returned(&snapshot, task, &records);
    let template = template(site, snapshot.rules.at, "return.md", returned::TEMPLATE)?;
    Ok(Document {
        commit: last_handoff(&records).map(|handoff| handoff.commit),
        text: file.render(&template).map_err(|error| unwritable(&error))?,
        tip: snapshot.tip,
        task: id,
    })
}

/// The review response of what is handed off now, to be filled in.
///
/// # Errors
/// When the ledger does not read, or nothing is handed off.
pub fn review_form(site: &Site, id: &TaskId) -> Result<Document, OpError> {
    let (snapshot, records) = read(site, id)?;
    let Some(task) = snapshot.plan.get(id) else {
        return Err(look::unknown(&snapshot, id));
    };
    let state = snapshot.states.get(id);
    let Standing::InReview { submission, .. } = &state.standing else {
        let message = format!("`{id}` is {}: nothing of it is handed off", state.status());
        return Err(OpError::Usage(message));
    };
    let handoff = last_handoff(&records);
    let form = ReviewForm {
        version: 1,
        task: id.clone().into(),
        title: task.title.clone(),
        commit: submission.commit.into(),
        change_key: submission.change_key.clone(),
        files: handoff.map_or_else(Vec::new, |one| one.files.clone()),
        owed: owed(site, id, submission)?,
        outside: handoff.map_or_else(Vec::new, |one| one.outside.clone()),
        not_proven: handoff.map_or_else(Vec::new, |one| one.not_proven.clone()),
        verdict: None,
        findings: Vec::new(),
        no_findings: false,
        residual: Vec::new(),
        approves: Vec::new(),
        design_only: false,
        workstation: None,
    };
    let template = template(site, snapshot.rules.at, "review.md", review_form::TEMPLATE)?;
    Ok(Document {
        task: id.clone(),
        commit: Some(submission.commit),
        text: form.render(&template).map_err(|error| unwritable(&error))?,
        tip: snapshot.tip,
    })
}

/// What a return artifact says, read back.
///
/// # Errors
/// A file that cannot be read; everything that is wrong with it.
pub fn read_return(site: &Site, path: &Path) -> Result<ReturnFile, OpError> {
    document::<ReturnFile>(site, path)
}

/// What a review response says, read back.
///
/// # Errors
/// As [`read_return`].
pub fn read_form(site: &Site, path: &Path) -> Result<Filled, OpError> {
    document::<ReviewForm>(site, path)
}

fn document<F: File>(site: &Site, path: &Path) -> Result<F::Domain, OpError> {
    let full = site.env.dir.join(path);
    let io = |source| OpError::Io {
        path: path.to_owned(),
        source,
    };
    let data = std::fs::metadata(&full).map_err(io)?;
    if !data.is_file() {
        let message = format!("{} is no plain file", path.display());
        return Err(OpError::Usage(message));
    }
    let size = data.len();
    if size > MOST {
        let message = format!("{} has {size} bytes, more than {MOST}", path.display());
        return Err(OpError::Usage(message));
    }
    let text = text_given(path, &full)?;
    Ok(artifact::parse::<F>(&path.display().to_string(), &text)?)
}

fn read(site: &Site, id: &TaskId) -> Result<(Snapshot, Vec<Record>), OpError> {
    let snapshot = look::snapshot(site)?;
    let loader = Loader::cached(site.repo(), &site.env);
    let records = match snapshot.tip {
        Some(tip) => loader.records(tip, id)?,
        None => Vec::new(),
    };
    Ok((snapshot, records))
}

/// The project's template of this name, else ours.
fn template(site: &Site, target: ObjectId, name: &str, ours: &str) -> Result<String, OpError> {
    let path = format!("{}/{name}", paths::TEMPLATE_DIR);
    let own = site.repo().blob_at(target, &path, MOST)?;
    Ok(own.map_or_else(
        || ours.to_owned(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    ))
}

fn unwritable(error: &TreeError) -> OpError {
    OpError::Usage(format!("the document cannot be written: {error}"))
}

fn last_handoff(records: &[Record]) -> Option<&Handoff> {
    records.iter().rev().find_map(|record| match &record.body {
        RecordBody::Handoff(handoff) => Some(handoff),
        _ => None,
    })
}

/// The reviews and approvals that a landing of the submission would miss now.
fn owed(site: &Site, id: &TaskId, submission: &Submission) -> Result<Vec<String>, OpError> {
    let onto = site.ledger.target()?;
    let verb = Verb::Conflict {
        task: id.clone(),
        onto,
    };
    let tip = site.ledger.tip()?;
    let snapshot = Loader::new(site.repo()).snapshot(tip, onto, Some(&verb))?;
    let (Some(range), Some(task), Some(claim)) = (
        &snapshot.facts.range,
        snapshot.plan.get(id),
        snapshot.states.get(id).claim(),
    ) else {
        return Ok(vec![format!(
            "{} is not in this clone: `laneway merge {id} --dry-run` brings it",
            submission.commit.short()
        )]);
    };
    let case = LandCase {
        snapshot: &snapshot,
        task,
        claim,
        submission,
        range,
        evidence: None,
        evidence_due: false,
        now: site.env.now(),
    };
    let unmet = case.unmet().into_iter();
    Ok(unmet
        .filter(|unmet| matches!(unmet.gate, "review-owed" | "protected-tests"))
        .map(|unmet| unmet.message)
        .collect())
}

fn returned(snapshot: &Snapshot, task: &Task, records: &[Record]) -> ReturnFile {
    let state = snapshot.states.get(&task.id);
    let handoff = last_handoff(records);
    let lane = match &state.standing {
        Standing::Done(done) => Some(&done.lane),
        _ => state.claim().map(|claim| &claim.lane),
    };
    let needs = task.depends_on.iter().map(|need| DependencyEntry {
        task: need.clone().into(),
        landed: snapshot.landed(need),
    });
    ReturnFile {
        version: 1,
        task: task.id.clone().into(),
        title: task.title.clone(),
        status: Some(state.status().into()),
        dependencies: needs.collect(),
        lane: lane.cloned().map(Into::into),
        epoch: state.epoch.0,
        commit: handoff.map(|one| one.commit.into()),
        change_key: handoff.map(|one| one.change_key.clone()),
        commits: handoff.map_or_else(Vec::new, |one| texts(&one.commits)),
        files: handoff.map_or_else(Vec::new, |one| one.files.clone()),
        next: handoff.map_or_else(String::new, |one| one.next.clone()),
        risks: handoff.map_or_else(Vec::new, |one| one.risks.clone()),
        not_proven: handoff.map_or_else(Vec::new, |one| one.not_proven.clone()),
        root_cause: handoff
            .and_then(|one| one.root_cause.as_ref())
            .map(RootCauseEntry::from),
        outside: handoff.map_or_else(Vec::new, |one| one.outside.clone()),
        checks: ran(snapshot, task, records),
        state: records.iter().filter_map(happened).collect(),
    }
}

/// The evidence register: every command that ran, those that the task asks for first.
fn ran(snapshot: &Snapshot, task: &Task, records: &[Record]) -> Vec<RanEntry> {
    let policy = &snapshot.rules.policy;
    let class_of = |command: &String| {
        let role = policy.roles.get(&task.role);
        let mut by_path = policy.path_rules.iter();
        if task.acceptance_checks.contains(command) {
            "task"
        } else if role.is_some_and(|role| role.required_checks.contains(command)) {
            "role"
        } else if by_path.any(|rule| rule.checks.contains(command)) {
            "paths"
        } else {
            "nobody"
        }
    };
    let evidence = records.iter().filter_map(|record| match &record.body {
        RecordBody::Evidence(evidence) => Some(evidence),
        _ => None,
    });
    let entries = evidence.flat_map(|evidence| {
        evidence.checks.iter().map(|run| RanEntry {
            class: class_of(&run.command).to_owned(),
            command: run.command.clone(),
            exit: run.exit,
            millis: run.millis,
            commit: evidence.commit.into(),
            host: evidence.host.clone(),
            clean: evidence.clean,
        })
    });
    let mut entries: Vec<RanEntry> = entries.collect();
    entries.sort_by_key(|entry| CLASSES.iter().position(|class| *class == entry.class));
    entries
}

/// A row of the state table: what moved the task, or judged it.
fn happened(record: &Record) -> Option<HappenedEntry> {
    let what = match &record.body {
        RecordBody::Handoff(handoff) => format!("handed off {}", handoff.commit.short()),
        RecordBody::Review(review) if review.design_only => {
            format!("judged: {}, of the design only", review.verdict)
        }
        RecordBody::Review(review) => format!("judged: {}", review.verdict),
        RecordBody::Stage(stage) => format!("{} {}", stage.deed, stage.stage),
        RecordBody::Event { event, reason } => format!("{event}: {reason}"),
        _ => return None,
    };
    Some(HappenedEntry {
        at: record.at.into(),
        by: record.by.clone().into(),
        epoch: record.epoch.0,
        what,
    })
}
