use std::borrow::Cow;
use std::collections::BTreeMap;

use super::collect::{Collected, FileKind, Source};
use super::place::Content;
use super::salvage::{self, Complaints};
use super::{point, shape};
use crate::domain::hygiene::{Leak, Terms, secrets, starred};
use crate::domain::plan::ContractFile;
use crate::domain::rules::{
    self, Governance, Held, ListKind, Parts, PlanSource, Reach, Severity, Violation,
};
use crate::domain::state::Status;
use crate::ledger::finding::{BadFile, Finding};
use crate::ledger::format::File;
use crate::ledger::format::v1::{
    ArchiveFile, IdentityMapFile, MarkerFile, PolicyFile, StagesFile, StateFile, StationFile,
    WorkstationsFile,
};
use crate::ledger::read::{Origin, syntax};
use crate::ledger::yaml::{self, LineIndex, Node, SyntaxError};
use crate::ledger::{package_text, packages, paths};

/// Most findings of one rule in one file.
const MOST: usize = 1000;

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
        judge.clean();
        let governance = Governance::new(std::mem::take(&mut judge.parts));
        judge.place(governance);
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
            Content::Unread { message } => {
                let finding = Finding {
                    severity: Severity::Warning,
                    ..whole("file-unread", message)
                };
                return self.note(file, finding);
            }
            Content::Refused { rule, message } => {
                self.damaged(source);
                return self.note(file, whole(rule, message));
            }
        };
        if source.kind == FileKind::Package {
            return self.package(file, source, bytes);
        }
        let read = yaml::text(bytes, source.kind.limits()).and_then(|text| match source.kind {
            FileKind::Plan => self.plan(file, source, text),
            _ => {
                let node = yaml::parse(text, source.kind.limits())?;
                self.take(file, source, text, &node);
                Ok(())
            }
        });
        if let Err(error) = read {
            self.damaged(source);
            let bad = syntax(origin(source), bytes, error);
            self.found.entry(file).or_default().extend(bad.findings);
        }
    }

    fn absent(&mut self, file: usize, source: &Source) {
        if source.kind.is_owed() {
            let message = "the file is missing: `laneway init` writes it";
            self.note(file, whole("file-missing", message));
        }
    }

    fn damaged(&mut self, source: &Source) {
        if matches!(source.kind, FileKind::Plan | FileKind::Archive) {
            self.parts.reach = Reach::Broken;
        }
        match source.kind {
            FileKind::Stages => drop(self.parts.stages.insert(beside(source), None)),
            FileKind::Package => drop(self.parts.packages.insert(beside(source), None)),
            _ => {}
        }
    }

    fn note(&mut self, file: usize, finding: Finding) {
        self.found.entry(file).or_default().push(finding);
    }

    fn take(&mut self, file: usize, source: &Source, text: &str, node: &Node<'_>) {
        match source.kind {
            FileKind::Policy => {
                let roles = [(ListKind::Roles, "roles", "name")];
                let value = self.lists::<PolicyFile>(file, source, text, node, &roles);
                self.parts.policy = self.parts.policy.take().or(value);
            }
            FileKind::IdentityMap => {
                let lists = [
                    (ListKind::Agents, "agents", "name"),
                    (ListKind::Routing, "routing", "task_type"),
                ];
                let value = self.lists::<IdentityMapFile>(file, source, text, node, &lists);
                self.parts.identity = self.parts.identity.take().or(value);
            }
            FileKind::Workstations => {
                let all = [(ListKind::Workstations, "workstations", "name")];
                let value = self.lists::<WorkstationsFile>(file, source, text, node, &all);
                self.parts.workstations = self.parts.workstations.take().or(value);
            }
            FileKind::Marker => {
                self.parts.marker = self.value::<MarkerFile>(file, source, text, node);
            }
            FileKind::Stages => {
                let value = self.value::<StagesFile>(file, source, text, node);
                self.parts.stages.insert(beside(source), value);
            }
            // `plan` reads the one, `package` the other, which is Markdown.
            FileKind::Plan | FileKind::Package => {}
            FileKind::State => self.state(file, source, text, node),
            FileKind::Station => self.station(file, source, text, node),
            FileKind::Archive => match self.value::<ArchiveFile>(file, source, text, node) {
                Some(Held { value, .. }) => {
                    let tasks: Vec<_> = value.into_iter().map(|one| one.definition).collect();
                    let ids: Vec<_> = tasks.iter().map(|task| task.id.clone()).collect();
                    self.parts.archived.extend(ids.iter().cloned());
                    self.parts.elsewhere.extend(ids);
                    self.parts.archives.push(Held { file, value: tasks });
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

    /// The value of a file without the entries of these lists in which something is wrong.
    fn lists<F: File>(
        &mut self,
        file: usize,
        source: &Source,
        text: &str,
        node: &Node<'_>,
        lists: &[salvage::Named],
    ) -> Option<Held<F::Domain>> {
        let read = salvage::lists::<F>(text, node, lists);
        if !read.complaints.findings.is_empty() {
            self.complain(file, source, text, node, read.complaints);
        }
        for (list, unread) in read.unread {
            let known = self.parts.unread.entry(list).or_default();
            known.names.extend(unread.names);
            known.nameless |= unread.nameless;
        }
        let value = read.value?;
        Some(Held { file, value })
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

    fn plan(&mut self, file: usize, source: &Source, text: &str) -> Result<(), SyntaxError> {
        let policy = self.parts.policy.as_ref().map(|held| &held.value.required);
        let as_written =
            policy.is_some_and(|owed| !owed.fields.is_empty() || !owed.note_sections.is_empty());
        let plan = salvage::plan(text, source.kind.limits(), as_written)?;
        if plan.broken {
            self.parts.reach = Reach::Broken;
        }
        self.parts.nameless |= plan.nameless;
        self.parts.elsewhere.extend(plan.damaged);
        self.parts.plans.push(PlanSource {
            file,
            origin: source.origin,
            tasks: plan.tasks,
        });
        let complaints = plan.complaints;
        if complaints.misshapen {
            let node = yaml::parse(text, source.kind.limits())?;
            self.complain(file, source, text, &node, complaints);
        } else if !complaints.findings.is_empty() {
            let found = self.found.entry(file).or_default();
            found.extend(complaints.findings);
        }
        Ok(())
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

    /// Front matter and body of a work package.
    fn package(&mut self, file: usize, source: &Source, bytes: &[u8]) {
        let document = match packages::parse(origin(source), bytes) {
            Ok(document) => document,
            Err(bad) => {
                self.damaged(source);
                return self.found.entry(file).or_default().extend(bad.findings);
            }
        };
        let index = LineIndex::new(std::str::from_utf8(bytes).unwrap_or_default());
        for (heading, line) in package_text::owed(document.body) {
            let (line, message) = match line {
                None => {
                    let message = format!("the section `{heading}` is missing");
                    (document.line.min(index.lines()), message)
                }
                Some(line) => {
                    let message = format!("the section `{heading}` says nothing");
                    (document.line + line, message)
                }
            };
            let span = index.line(line);
            self.note(
                file,
                Finding {
                    rule: "package-section",
                    severity: Severity::Error,
                    line,
                    column: 1,
                    span,
                    message,
                    hint: None,
                },
            );
        }
        let value = document.package;
        let held = Some(Held { file, value });
        self.parts.packages.insert(beside(source), held);
    }

    /// Notes private terms and secrets in every text, whether it reads or not. What only the
    /// ledger's history holds is worth knowing, and nobody can take it out.
    fn clean(&mut self) {
        let policy = self.parts.policy.as_ref();
        let terms = Terms::new(
            &policy
                .map(|held| held.value.hygiene.clone())
                .unwrap_or_default(),
        );
        for (file, source) in self.sources.iter().enumerate() {
            let Content::Bytes(bytes) = &source.content else {
                continue;
            };
            let Ok(text) = std::str::from_utf8(bytes) else {
                continue;
            };
            let private = match source.kind {
                // It names the terms.
                FileKind::Policy => Vec::new(),
                _ => terms.within(text),
            };
            let private = private.into_iter().map(|leak| ("private-term", leak));
            let secrets = secrets(text).into_iter().map(|leak| ("secret", leak));
            let leaks: Vec<_> = private.chain(secrets).collect();
            if leaks.is_empty() {
                continue;
            }
            let severity = match source.kind {
                FileKind::State | FileKind::Archive | FileKind::Station => Severity::Warning,
                _ => Severity::Error,
            };
            let index = LineIndex::new(text);
            for (rule, Leak { span, what }) in leaks {
                let (line, column) = index.position(span.start);
                let message = match rule {
                    "secret" => format!("this looks like {what}"),
                    _ => format!("the private term `{what}` stands in a file that others read"),
                };
                self.note(
                    file,
                    Finding {
                        rule,
                        severity,
                        line,
                        column,
                        span,
                        message,
                        hint: None,
                    },
                );
            }
        }
    }

    /// Asks every rule, and puts what breaks it at its place; files with violations are parsed
    /// again for that, each once.
    fn place(&mut self, governance: Governance) {
        let mut by_file: BTreeMap<usize, Vec<(&rules::Rule, Violation)>> = BTreeMap::new();
        for rule in rules::ALL {
            for violation in (rule.check)(&governance) {
                let found = by_file.entry(violation.file).or_default();
                found.push((rule, violation));
            }
        }
        // Every task is held in it: the files need not be held beside it.
        drop(governance);
        for (file, violations) in by_file {
            let Some(source) = self.sources.get(file) else {
                continue;
            };
            let Content::Bytes(bytes) = &source.content else {
                continue;
            };
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let front = match source.kind {
                FileKind::Package => packages::front(text),
                _ => None,
            };
            let yaml = front.as_deref().unwrap_or(text);
            if let Ok(node) = yaml::parse(yaml, source.kind.limits()) {
                let findings = placed(text, &node, &violations);
                self.found.entry(file).or_default().extend(findings);
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
                for finding in &mut findings {
                    mask(&mut finding.message);
                    finding.hint.iter_mut().for_each(mask);
                }
                let text = match &source.content {
                    Content::Bytes(bytes) => String::from_utf8_lossy(bytes),
                    Content::Absent | Content::Unread { .. } | Content::Refused { .. } => "".into(),
                };
                BadFile {
                    file: source.path.clone(),
                    commit: source.commit,
                    text: BadFile::shown(&starred(&text)),
                    findings,
                }
            })
            .collect();
        files.sort_by(|a, b| (&a.file, a.commit).cmp(&(&b.file, b.commit)));
        files
    }
}

/// Violations of one file as findings. Of each rule as many as a person reads; the last one says
/// how many more there are.
fn placed(text: &str, node: &Node<'_>, violations: &[(&rules::Rule, Violation)]) -> Vec<Finding> {
    let index = LineIndex::new(text);
    let mut findings = Vec::new();
    for broken in violations.chunk_by(|(a, _), (b, _)| a.id == b.id) {
        let more = broken.len().saturating_sub(MOST);
        for (nth, (rule, violation)) in broken.iter().take(MOST).enumerate() {
            let span = point::span(node, &violation.pointer);
            let (line, column) = index.position(span.start);
            let mut message = violation.message.clone();
            if more > 0 && nth + 1 == MOST {
                message.push_str(&format!(" (and {more} more of this rule in this file)"));
            }
            findings.push(Finding {
                rule: rule.id,
                severity: match violation.mild {
                    true => Severity::Warning,
                    false => rule.severity,
                },
                line,
                column,
                span,
                message,
                hint: violation.hint.clone(),
            });
        }
    }
    findings
}

fn mask(text: &mut String) {
    if let Cow::Owned(shown) = starred(text) {
        *text = shown;
    }
}

/// A file beside the plan as tasks name it.
fn beside(source: &Source) -> ContractFile {
    let below = source.path.strip_prefix(paths::GOVERNANCE);
    let below = below.and_then(|path| path.strip_prefix('/'));
    let path = below.unwrap_or(&source.path);
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
