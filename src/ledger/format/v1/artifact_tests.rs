//! What a document says is read back as it was, whatever its template makes of the body.

use proptest::option;
use proptest::prelude::*;

use super::record::{FindingEntry, RootCauseEntry};
use super::returned::{self, DependencyEntry, HappenedEntry, RanEntry, ReturnFile};
use super::review_form::{self, ReviewForm};
use crate::domain::id::ObjectId;
use crate::domain::record::{Severity, Verdict};
use crate::domain::state::Status;
use crate::domain::time::Timestamp;
use crate::ledger::artifact;
use crate::ledger::format::File;
use crate::ledger::yaml::Limits;

/// Free text, hostile to YAML, Markdown and templates.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "\\PC{0,12}",
        Just("---\n".to_owned()),
        Just("a: b\n---\n{task} | # \"'".to_owned()),
    ]
}

fn list() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 0..3)
}

fn sha() -> impl Strategy<Value = ObjectId> {
    any::<[u8; 20]>().prop_map(|raw| ObjectId::from_bytes(&raw).unwrap())
}

prop_compose! {
    fn ran()(command in text(), exit in option::of(any::<i32>()), millis in 0..9_999_u64,
             commit in sha(), host in text(), clean in any::<bool>()) -> RanEntry {
        RanEntry { class: "task".to_owned(), command, exit, millis, commit: commit.into(), host, clean }
    }
}

prop_compose! {
    fn happened()(at in 0..4_000_000_000_i64, epoch in any::<u32>(), what in text())
        -> HappenedEntry {
        HappenedEntry {
            at: Timestamp::from_seconds(at).into(),
            by: "@a".parse::<crate::domain::id::AgentName>().unwrap().into(),
            epoch,
            what,
        }
    }
}

prop_compose! {
    fn file()(
        title in text(), commit in option::of(sha()), commits in prop::collection::vec(sha(), 0..3),
        files in list(), next in text(), risks in list(), not_proven in list(), outside in list(),
        cause in option::of((text(), text(), text())), landed in option::of(any::<bool>()),
        checks in prop::collection::vec(ran(), 0..3), state in prop::collection::vec(happened(), 0..3),
    ) -> ReturnFile {
        let need = |landed| DependencyEntry { task: "A-9".parse::<crate::domain::id::TaskId>().unwrap().into(), landed };
        ReturnFile {
            version: 1,
            task: "A-1".parse::<crate::domain::id::TaskId>().unwrap().into(),
            title,
            status: commit.map(|_| Status::InReview.into()),
            dependencies: landed.into_iter().map(need).collect(),
            lane: commit.map(|_| "A-x:2".parse::<crate::domain::id::LaneName>().unwrap().into()),
            epoch: 3,
            commit: commit.map(Into::into),
            change_key: commit.map(|id| id.to_string()),
            commits: commits.into_iter().map(Into::into).collect(),
            files,
            next,
            risks,
            not_proven,
            root_cause: cause.map(|(text, layer, proof)| RootCauseEntry { text, layer, proof }),
            outside,
            checks,
            state,
        }
    }
}

prop_compose! {
    fn finding()(file in text(), text in text(), impact in option::of(text()),
                 fix in option::of(text())) -> FindingEntry {
        FindingEntry { severity: Severity::Major.into(), file, text, impact, fix }
    }
}

prop_compose! {
    fn form()(
        title in text(), commit in sha(), files in list(), owed in list(), outside in list(),
        not_proven in list(), judged in any::<bool>(), no_findings in any::<bool>(),
        findings in prop::collection::vec(finding(), 0..3), residual in list(), approves in list(),
    ) -> ReviewForm {
        ReviewForm {
            version: 1,
            task: "A-1".parse::<crate::domain::id::TaskId>().unwrap().into(),
            title,
            commit: commit.into(),
            change_key: commit.to_string(),
            files,
            owed,
            outside,
            not_proven,
            verdict: judged.then(|| Verdict::Revise.into()),
            findings,
            no_findings,
            residual,
            approves,
            design_only: no_findings,
            workstation: judged.then(|| "ws-1".parse::<crate::domain::id::WorkstationName>().unwrap().into()),
        }
    }
}

/// The front matter of a document as the type that wrote it.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(transparent)]
struct As<T>(T);

impl<T: serde::de::DeserializeOwned> File for As<T> {
    type Domain = T;

    fn into_domain(self) -> Result<T, Vec<crate::ledger::format::Problem>> {
        Ok(self.0)
    }
}

proptest! {
    #[test]
    fn g11_no_text_adds_a_section_to_the_body(file in file(), at in 0..3_u8) {
        let forged = "x\n\n## Evidence\n\n| command |\n".to_owned();
        let mut file = file;
        match at {
            0 => file.next = forged,
            1 => file.title = forged,
            _ => file.root_cause = Some(RootCauseEntry {
                text: forged.clone(), layer: forged.clone(), proof: forged,
            }),
        }
        let text = file.render(returned::TEMPLATE).unwrap();
        let front = text.find("\n---\n").unwrap();
        let sections = |text: &str| text.lines().filter(|line| line.starts_with("## ")).count();
        prop_assert_eq!(sections(&text[front..]), sections(returned::TEMPLATE));
        prop_assert_eq!(artifact::parse::<ReturnFile>("x.md", &text).unwrap(), file);
    }

    #[test]
    fn a_return_artifact_is_read_back_as_it_was(file in file()) {
        let text = file.render(returned::TEMPLATE).unwrap();
        prop_assume!(text.len() < Limits::STATE.bytes);
        prop_assert_eq!(artifact::parse::<ReturnFile>("x.md", &text).unwrap(), file);
    }

    #[test]
    fn a_review_response_is_read_back_as_it_was(form in form(), template in text()) {
        let text = form.render(&template).unwrap();
        let read = artifact::parse::<As<ReviewForm>>("x.md", &text).unwrap();
        prop_assert_eq!(&read, &form);
        let filled = artifact::parse::<ReviewForm>("x.md", &text).unwrap();
        prop_assert_eq!(filled.residual, form.residual);
        prop_assert_eq!(filled.findings.len(), form.findings.len());
    }
}

#[test]
fn a_template_uses_only_names_that_are_known() {
    for (template, names) in [
        (returned::TEMPLATE, &["task", "state", "not_proven"][..]),
        (review_form::TEMPLATE, &["task", "owed", "change_key"][..]),
    ] {
        for name in names {
            assert!(template.contains(&format!("{{{name}}}")), "{name}");
        }
    }
    let form = r"---
version: 1
task: A-1
commit: 4f2c1e0a9b4f2c1e0a9b4f2c1e0a9b4f2c1e0a9b
verdict: acept
---
";
    let bad = artifact::parse::<ReviewForm>("x.md", form).unwrap_err();
    assert_eq!(bad.findings[0].line, 5, "{bad}");
    assert_eq!(
        bad.findings[0].hint.as_deref(),
        Some("did you mean `accept`?")
    );
    for none in ["", "# no front matter\n", "---\nversion: 1\n", "---\n"] {
        assert!(
            artifact::parse::<ReviewForm>("x.md", none).is_err(),
            "{none}"
        );
    }
}
