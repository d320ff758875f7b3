use std::collections::BTreeMap;

use super::collect::{Collected, FileKind, Source};
use super::place::Content;
use super::salvage::{self, Complaints};
use super::{point, shape};
use crate::domain::plan::ContractFile;
use crate::domain::rules::{self, Governance, Held, Parts, PlanSource, Reach, Severity, Violation};
use crate::domain::state::Status;
use crate::ledger::finding::{BadFile, Finding};
use crate::ledger::format::File;
use crate::ledger::format::v1::{
    ArchiveFile, IdentityMapFile, MarkerFile, PolicyFile, StagesFile, StateFile, StationFile,
    WorkstationsFile,
};
use crate::ledger::paths;
use crate::ledger::read::{Origin, syntax};
use crate::ledger::yaml::{self, LineIndex, Node};

impl Collected {
    /// Every finding of every file, files and findings in order of path and place.
    #[must_use]
    pub fn judge(&self) -> Vec<BadFile> {
        let mut judge = Judge {
            sources: &self.sources,
            found: BTreeMap::new(),
            parts: Parts {
                reach: self.reach,
                ..Parts::default()
            },
        };
        for (file, source) in self.sources.iter().enumerate() {
            judge.read(file, source);
        }
        let governance = Governance::new(std::mem::take(&mut judge.parts));
        for rule in rules::ALL {
            judge.place(rule, (rule.check)(&governance));
        }
        judge.report()
    }
}

struct Judge<'s> {
    sources: &'s [Source],
    /// Findings by the number of the file.
    found: BTreeMap<usize, Vec<Finding>>,
    parts: Parts,
}

impl Judge<'_> {
    fn read(&mut self, file: usize, source: &Source) {
        let bytes = match &source.content {
            Content::Bytes(bytes) => bytes,
            Content::Absent => return self.absent(file, source),
            Content::Refused { rule, message } => {
                self.damaged(source);
                return self.note(file, whole(rule, message));
            }
        };
        match yaml::parse_bytes(bytes, source.kind.limits()) {
            // The source parsed, so it is UTF-8.
            Ok(node) => self.take(
                file,
                source,
                std::str::from_utf8(bytes).unwrap_or_default(),
                &node,
            ),
            Err(error) => {
                self.damaged(source);
                let bad = syntax(origin(source), bytes, error);
                self.found.entry(file).or_default().extend(bad.findings);
            }
        }
    }

    fn absent(&mut self, file: usize, source: &Source) {
        let owed = matches!(
            source.kind,
            FileKind::Policy | FileKind::IdentityMap | FileKind::Workstations
        );
        if owed {
            let message = "the file is missing: `laneway init` writes it";
            self.note(file, whole("file-missing", message));
        }
    }

    fn damaged(&mut self, source: &Source) {
        if matches!(source.kind, FileKind::Plan | FileKind::Archive) {
            self.parts.reach = Reach::Broken;
        }
        if source.kind == FileKind::Stages {
            self.parts.stages.insert(contract_file(source), None);
        }
    }

    fn note(&mut self, file: usize, finding: Finding) {
        self.found.entry(file).or_default().push(finding);
    }

    fn take(&mut self, file: usize, source: &Source, text: &str, node: &Node<'_>) {
        match source.kind {
            FileKind::Policy => {
                let value = self.value::<PolicyFile>(file, source, text, node);
                self.parts.policy = self.parts.policy.take().or(value);
            }
            FileKind::IdentityMap => {
                let value = self.value::<IdentityMapFile>(file, source, text, node);
                self.parts.identity = self.parts.identity.take().or(value);
            }
            FileKind::Workstations => {
                let value = self.value::<WorkstationsFile>(file, source, text, node);
                self.parts.workstations = self.parts.workstations.take().or(value);
            }
            FileKind::Marker => {
                self.parts.marker = self.value::<MarkerFile>(file, source, text, node);
            }
            FileKind::Plan => self.plan(file, source, text, node),
            FileKind::Stages => {
                let value = self.value::<StagesFile>(file, source, text, node);
                self.parts.stages.insert(contract_file(source), value);
            }
            FileKind::State => self.state(file, source, text, node),
            FileKind::Station => self.station(file, source, text, node),
            FileKind::Archive => match self.value::<ArchiveFile>(file, source, text, node) {
                Some(Held { value, .. }) => {
                    let ids = value.into_iter().map(|archived| archived.definition.id);
                    self.parts.elsewhere.extend(ids);
                }
                None => self.damaged(source),
            },
        }
    }

    /// The value of a file with which nothing is wrong.
    fn value<F: File>(
        &mut self,
        file: usize,
        source: &Source,
        text: &str,
        node: &Node<'_>,
    ) -> Option<Held<F::Domain>> {
        match salvage::file::<F>(text, node) {
            Ok(value) => Some(Held { file, value }),
            Err(complaints) => {
                self.complain(file, source, text, node, complaints);
                None
            }
        }
    }

    fn complain(
        &mut self,
        file: usize,
        source: &Source,
        text: &str,
        node: &Node<'_>,
        complaints: Complaints,
    ) {
        let mut findings = complaints.findings;
        if complaints.misshapen {
            shape::complete(source.kind, &LineIndex::new(text), node, &mut findings);
        }
        self.found.entry(file).or_default().extend(findings);
    }

    fn plan(&mut self, file: usize, source: &Source, text: &str, node: &Node<'_>) {
        let policy = self.parts.policy.as_ref().map(|held| &held.value.required);
        let as_written =
            policy.is_some_and(|owed| !owed.fields.is_empty() || !owed.note_sections.is_empty());
        let plan = salvage::plan(text, node, as_written);
        if plan.broken {
            self.parts.reach = Reach::Broken;
        }
        self.parts.elsewhere.extend(plan.damaged);
        self.parts.plans.push(PlanSource {
            file,
            origin: source.origin,
            tasks: plan.tasks,
        });
        if !plan.complaints.findings.is_empty() {
            self.complain(file, source, text, node, plan.complaints);
        }
    }

    fn state(&mut self, file: usize, source: &Source, text: &str, node: &Node<'_>) {
        let Some(Held { value, .. }) = self.value::<StateFile>(file, source, text, node) else {
            return;
        };
        if paths::state(&value.id) == source.path {
            let status: Status = value.state.status();
            let held = Held {
                file,
                value: status,
            };
            self.parts.states.insert(value.id, held);
        } else {
            let found = format!(
                "it holds the state of `{}`, which stands elsewhere",
                value.id
            );
            let path = paths::state(&value.id);
            self.note(file, misplaced(text, node, "/id", found, &path));
        }
    }

    fn station(&mut self, file: usize, source: &Source, text: &str, node: &Node<'_>) {
        let Some(Held { value, .. }) = self.value::<StationFile>(file, source, text, node) else {
            return;
        };
        let (name, _) = value;
        let path = paths::station(&name);
        if path != source.path {
            let found = format!("it speaks of `{name}`, whose file is another");
            self.note(file, misplaced(text, node, "/name", found, &path));
        }
    }

    /// Puts violations at their places; their files are parsed again, which is rarely needed.
    fn place(&mut self, rule: &rules::Rule, violations: Vec<Violation>) {
        let mut by_file: BTreeMap<usize, Vec<Violation>> = BTreeMap::new();
        for violation in violations {
            by_file.entry(violation.file).or_default().push(violation);
        }
        for (file, violations) in by_file {
            let Some(source) = self.sources.get(file) else {
                continue;
            };
            let Content::Bytes(bytes) = &source.content else {
                continue;
            };
            let Ok(node) = yaml::parse_bytes(bytes, source.kind.limits()) else {
                continue;
            };
            let index = LineIndex::new(std::str::from_utf8(bytes).unwrap_or_default());
            for violation in violations {
                let span = point::span(&node, &violation.pointer);
                let (line, column) = index.position(span.start);
                let severity = if violation.mild {
                    Severity::Warning
                } else {
                    rule.severity
                };
                self.note(
                    file,
                    Finding {
                        rule: rule.id,
                        severity,
                        line,
                        column,
                        span,
                        message: violation.message,
                        hint: violation.hint,
                    },
                );
            }
        }
    }

    fn report(self) -> Vec<BadFile> {
        let mut files: Vec<BadFile> = self
            .found
            .into_iter()
            .filter_map(|(file, findings)| Some((self.sources.get(file)?, findings)))
            .filter(|(_, findings)| !findings.is_empty())
            .map(|(source, mut findings)| {
                findings.sort_by(|a, b| {
                    (a.span.start, a.severity, a.rule, &a.message).cmp(&(
                        b.span.start,
                        b.severity,
                        b.rule,
                        &b.message,
                    ))
                });
                findings.dedup();
                let text = match &source.content {
                    Content::Bytes(bytes) => String::from_utf8_lossy(bytes),
                    Content::Absent | Content::Refused { .. } => "".into(),
                };
                BadFile {
                    file: source.path.clone(),
                    commit: source.commit,
                    text: text.into(),
                    findings,
                }
            })
            .collect();
        files.sort_by(|a, b| (&a.file, a.commit).cmp(&(&b.file, b.commit)));
        files
    }
}

/// A file of stages as tasks name it.
fn contract_file(source: &Source) -> ContractFile {
    let path = source.path.strip_prefix(paths::GOVERNANCE);
    let path = path.unwrap_or_default().trim_start_matches('/');
    (source.origin, path.to_owned())
}

fn origin(source: &Source) -> Origin<'_> {
    Origin {
        file: &source.path,
        commit: source.commit,
    }
}

fn whole(rule: &'static str, message: &str) -> Finding {
    Finding {
        rule,
        severity: Severity::Error,
        line: 1,
        column: 1,
        span: 0..0,
        message: message.to_owned(),
        hint: None,
    }
}

/// A file of the tool in the place of another.
fn misplaced(text: &str, node: &Node<'_>, key: &str, message: String, path: &str) -> Finding {
    let span = point::span(node, key);
    let (line, column) = LineIndex::new(text).position(span.start);
    Finding {
        rule: "state-place",
        severity: Severity::Error,
        line,
        column,
        span,
        message,
        hint: Some(format!("it belongs at `{path}`")),
    }
}
