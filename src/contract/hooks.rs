//! `hooks …` and `hook …` as programs see them (X7, X12).

use schemars::JsonSchema;
use serde::Serialize;

use super::validate::{FindingView, findings_of};
use crate::domain::push::Denied;
use crate::ops::hook::{Judged, Verified};
use crate::ops::hooks::template::Tool;
use crate::ops::hooks::{Done, Reach, Slot, Status};

/// `data` of `hooks install`, `hooks uninstall` and `hooks status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HooksView {
    /// Where git looks for hooks.
    pub directory: String,
    /// Why that directory is not this repository's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// The hooks that laneway knows.
    pub hooks: Vec<HookView>,
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HookView {
    /// Its name.
    pub name: String,
    /// `absent`, `foreign`, `current`, `outdated` or `edited`.
    pub state: String,
    /// What was done: `installed`, `chained`, `kept`, `updated`, `unchanged`, `removed` or
    /// `restored`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// The hook that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chained: Option<ChainedView>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ailment: Option<String>,
}

/// A hook that was there before ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChainedView {
    /// Where it stands.
    pub path: String,
    /// Whether ours calls it; git itself does not call what is not executable.
    pub called: bool,
    /// Whether it changed since.
    pub changed: bool,
}

/// `data` of `hooks template`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TemplateView {
    /// The tool that it is for.
    pub tool: String,
    /// The file.
    pub text: String,
}

/// `data` of `hook pre-commit`, `hook commit-msg`, `hook pre-push` and `hook pre-receive`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JudgedView {
    /// Whether it may be.
    pub allowed: bool,
    /// Why not.
    pub denied: Vec<DeniedView>,
    /// Findings of governance files.
    pub findings: Vec<FindingView>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeniedView {
    /// The rule.
    pub rule: String,
    /// The ref, path or trailer.
    pub about: String,
    /// The commit that breaks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The task in whose name it is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The fact.
    pub fact: String,
    /// What to do.
    pub hint: String,
}

/// `data` of `hook post-receive`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifiedView {
    /// The ref that says what the server has judged; none: this push moved no ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl From<&Status> for HooksView {
    fn from(status: &Status) -> Self {
        Self {
            directory: status.dir.display().to_string(),
            elsewhere: match &status.reach {
                Reach::Repository => None,
                Reach::Elsewhere(why) => Some(why.clone()),
            },
            hooks: status.slots.iter().map(HookView::from).collect(),
        }
    }
}

impl From<&Done> for HooksView {
    fn from(done: &Done) -> Self {
        let mut view = Self::from(&done.status);
        for hook in &mut view.hooks {
            let mut changes = done.changes.iter();
            let change = changes.find(|(name, _)| *name == hook.name);
            hook.change = change.map(|(_, change)| change.word().to_owned());
        }
        view
    }
}

impl From<&Slot> for HookView {
    fn from(slot: &Slot) -> Self {
        Self {
            name: slot.name.to_owned(),
            state: slot.standing.word().to_owned(),
            change: None,
            chained: slot.chained.as_ref().map(|chained| ChainedView {
                path: chained.path.display().to_string(),
                called: chained.called,
                changed: chained.changed,
            }),
            ailment: slot.ailment(),
        }
    }
}

impl From<Tool> for TemplateView {
    fn from(tool: Tool) -> Self {
        Self {
            tool: tool.word().to_owned(),
            text: tool.text().to_owned(),
        }
    }
}

impl From<&Judged> for JudgedView {
    fn from(judged: &Judged) -> Self {
        Self {
            allowed: judged.allows(),
            denied: judged.denied.iter().map(DeniedView::from).collect(),
            findings: findings_of(&judged.files),
            notes: judged.notes.clone(),
        }
    }
}

impl From<&Denied> for DeniedView {
    fn from(denied: &Denied) -> Self {
        Self {
            rule: denied.rule.to_owned(),
            about: denied.about.clone(),
            commit: denied.commit.map(|commit| commit.to_string()),
            task: denied.task.as_ref().map(ToString::to_string),
            fact: denied.fact.clone(),
            hint: denied.hint.clone(),
        }
    }
}

impl From<Option<&Verified>> for VerifiedView {
    fn from(verified: Option<&Verified>) -> Self {
        Self {
            name: verified.map(|verified| verified.name.clone()),
            commit: verified.map(|verified| verified.commit.to_string()),
        }
    }
}
