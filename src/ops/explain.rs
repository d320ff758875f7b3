//! `explain`: the page of every id that an answer may name. Reads no repository.

use super::doctor;
use crate::domain::gates::{CLAIM, LAND, Page};
use crate::domain::identity::Seat;
use crate::domain::pages::{
    AILMENT_TEXTS, EXITS, FAILURES, GUIDES, HOOK_REFUSALS, REFUSALS, RULE_TEXTS, example_of,
    text_of,
};
use crate::domain::rules::{self, Severity};
use crate::ledger::yaml::closest;

/// What sort of thing a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A condition of a claim.
    Claim,
    /// A condition of a landing.
    Land,
    /// Another refusal.
    Refusal,
    /// A rule of governance files.
    Rule,
    /// What `doctor` finds.
    Ailment,
    /// A kind of failure.
    Failure,
    /// An exit code.
    Exit,
    /// A way of several steps.
    Guide,
}

impl Group {
    /// All of them, in the order in which a reader wants them.
    pub const ALL: [Self; 8] = [
        Self::Claim,
        Self::Land,
        Self::Refusal,
        Self::Rule,
        Self::Ailment,
        Self::Failure,
        Self::Exit,
        Self::Guide,
    ];

    /// The word that programs read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim-gate",
            Self::Land => "landing-gate",
            Self::Refusal => "refusal",
            Self::Rule => "rule",
            Self::Ailment => "ailment",
            Self::Failure => "failure",
            Self::Exit => "exit-code",
            Self::Guide => "guide",
        }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The id, as it stands in answers; of an exit code its number.
    pub id: String,
    /// What sort of thing it is.
    pub group: Group,
    /// What it asks or states, as a lower-case fragment.
    pub about: &'static str,
    /// The ids that it refuses with beside its own.
    pub refusals: Vec<Refused>,
    /// What decides whether and how it refuses.
    pub keys: &'static [&'static str],
    /// The verbs that it is about.
    pub verbs: &'static [&'static str],
    /// Why, and the ways out.
    pub text: &'static str,
    /// What such a message looks like.
    pub example: Option<&'static str>,
    /// The seat of a person who may lift the gate for a task.
    pub waived_by: Option<Seat>,
    /// How bad a violation of the rule is.
    pub severity: Option<Severity>,
    /// The exit code of the failure.
    pub exit: Option<u8>,
    /// The steps of a guide, line by line.
    pub steps: Option<&'static str>,
}

/// An id that a gate refuses with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The id.
    pub id: &'static str,
    /// The fact that it states.
    pub fact: &'static str,
    /// What such a message looks like.
    pub example: Option<&'static str>,
}

impl Explained {
    /// Whether the page is about `id`.
    #[must_use]
    pub fn covers(&self, id: &str) -> bool {
        self.id == id || self.refusals.iter().any(|one| one.id == id)
    }

    fn of(id: &str, group: Group, about: &'static str) -> Self {
        Self {
            id: id.to_owned(),
            group,
            about,
            refusals: Vec::new(),
            keys: &[],
            verbs: &[],
            text: "",
            example: None,
            waived_by: None,
            severity: None,
            exit: None,
            steps: None,
        }
    }

    fn gate(page: &Page, group: Group, verbs: &'static [&'static str]) -> Self {
        let refused = page.refusals.iter().map(|(id, fact)| Refused {
            id,
            fact,
            example: example_of(id),
        });
        Self {
            refusals: refused.collect(),
            keys: page.keys,
            verbs,
            text: page.text,
            example: example_of(page.id),
            waived_by: page.waived_by(),
            ..Self::of(page.id, group, page.about)
        }
    }

    fn rule(id: &'static str, about: &'static str, severity: Severity) -> Self {
        let general = "`laneway validate` names every place that breaks it, and what to write.";
        Self {
            verbs: &["validate"],
            text: text_of(RULE_TEXTS, id).unwrap_or(general),
            severity: Some(severity),
            ..Self::of(id, Group::Rule, about)
        }
    }

    fn ailment(ailment: &doctor::Ailment) -> Self {
        let general = "`laneway doctor` says what is where, why, and its cure.";
        Self {
            verbs: &["doctor", "doctor --fix"],
            text: text_of(AILMENT_TEXTS, ailment.id).unwrap_or(general),
            ..Self::of(ailment.id, Group::Ailment, ailment.about)
        }
    }
}

/// Every page, by group.
#[must_use]
pub fn pages() -> Vec<Explained> {
    let claim = CLAIM.iter().map(|gate| {
        let verbs = &["claim", "ready --explain", "show ID"];
        Explained::gate(&gate.page, Group::Claim, verbs)
    });
    let land = LAND.iter().map(|gate| {
        let verbs = &["merge", "merge --dry-run", "complete"];
        Explained::gate(&gate.page, Group::Land, verbs)
    });
    let refusals = REFUSALS.iter().chain(HOOK_REFUSALS).map(|page| Explained {
        verbs: page.verbs,
        text: page.text,
        example: Some(page.example),
        ..Explained::of(page.id, Group::Refusal, page.fact)
    });
    let between = rules::ALL
        .iter()
        .map(|rule| Explained::rule(rule.id, rule.about, rule.severity));
    let within = rules::WHILE_READING
        .iter()
        .map(|rule| Explained::rule(rule.id, rule.about, rule.severity));
    let ailments = doctor::ALL.iter().map(|one| Explained::ailment(one));
    let failures = FAILURES.iter().map(|page| Explained {
        text: page.text,
        exit: Some(page.exit),
        ..Explained::of(page.id, Group::Failure, page.fact)
    });
    let exits = EXITS.iter().map(|page| Explained {
        text: page.text,
        exit: Some(page.code),
        ..Explained::of(&page.code.to_string(), Group::Exit, page.about)
    });
    let guides = GUIDES.iter().map(|page| Explained {
        text: page.text,
        steps: Some(page.steps),
        ..Explained::of(page.id, Group::Guide, page.about)
    });
    let gates = claim.chain(land).chain(refusals);
    let files = between.chain(within).chain(ailments);
    let rest = failures.chain(exits).chain(guides);
    gates.chain(files).chain(rest).collect()
}

/// The pages about an id: one word may name a refusal and a rule.
///
/// # Errors
/// The nearest id, if there is one, where none has this id.
pub fn explain(id: &str) -> Result<Vec<Explained>, Option<String>> {
    let wanted = id.trim().to_ascii_lowercase();
    let all = pages();
    let found: Vec<Explained> = all
        .iter()
        .filter(|page| page.covers(&wanted))
        .cloned()
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let own = all.iter().map(|page| page.id.as_str());
    let refused = all.iter().flat_map(|page| &page.refusals).map(|one| one.id);
    Err(closest(&wanted, own.chain(refused)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use regex::Regex;

    use super::*;

    /// Every source that is no test, as one text.
    fn sources() -> String {
        fn collect(dir: &Path, text: &mut String) {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    if !path.ends_with("tests") && !path.ends_with("pages") {
                        collect(&path, text);
                    }
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let source = fs::read_to_string(&path).unwrap();
                    let code = source.split("#[cfg(test)]\nmod tests {").next();
                    text.push_str(code.unwrap_or_default());
                }
            }
        }
        let mut text = String::new();
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut text,
        );
        assert!(text.len() > 500_000, "the sources are not found");
        text
    }

    fn ids(pattern: &str, text: &str) -> BTreeSet<String> {
        let found = Regex::new(pattern).unwrap();
        let found = found.captures_iter(text);
        found.map(|one| one[1].to_owned()).collect()
    }

    #[test]
    fn every_id_that_is_refused_with_has_a_page() {
        let mut refused = ids(r#"Unmet::(?:rule|conflict)\(\s*"([a-z0-9-]+)""#, &sources());
        // What hooks deny; some of them through a closure of that name.
        let denied = ids(
            r#"(?:Denied::new|\bno)\(\s*"([a-z0-9-]+)",\s*[^ ]"#,
            &sources(),
        );
        assert!(denied.len() > 15, "{denied:?}");
        refused.extend(denied);
        assert!(refused.len() > 50, "{refused:?}");
        let missing: Vec<_> = refused.iter().filter(|id| explain(id).is_err()).collect();
        assert!(
            missing.is_empty(),
            "without a page in a gate or in domain/pages/refusal.rs: {missing:?}"
        );
    }

    #[test]
    fn every_page_of_a_refusal_is_refused_with() {
        let named = ids(r#""([a-z0-9-]+)""#, &without_pages(&sources()));
        let gates = CLAIM.iter().map(|gate| gate.page);
        let gates = gates.chain(LAND.iter().map(|gate| gate.page));
        let of_gates = gates.flat_map(|page| page.refusals.iter().map(|(id, _)| *id));
        let own = REFUSALS.iter().chain(HOOK_REFUSALS);
        let own = own.map(|page| page.id);
        let idle: Vec<_> = own
            .chain(of_gates)
            .filter(|id| !named.contains(*id))
            .collect();
        assert!(idle.is_empty(), "nothing refuses with these: {idle:?}");
    }

    /// The sources without what gates list as their refusals.
    fn without_pages(text: &str) -> String {
        let lists = Regex::new(r"(?s)\brefusals: &\[.*?\],\n\s*keys:").unwrap();
        lists.replace_all(text, "").into_owned()
    }

    #[test]
    fn every_kind_of_failure_has_a_page_with_its_exit_code() {
        let pattern = r#"(?:Self|Failure)::new\(\s*(\d, "[a-z-]+")"#;
        let told: BTreeSet<String> = FAILURES
            .iter()
            .map(|page| format!("{}, \"{}\"", page.exit, page.id))
            .collect();
        let failed = ids(pattern, &sources());
        assert!(failed.len() > 15, "{failed:?}");
        let missing: Vec<_> = failed.difference(&told).collect();
        assert!(missing.is_empty(), "without a page: {missing:?}");
        let of_refusals = r#"=> \((\d, "[a-z]+")\)"#;
        let failed: BTreeSet<_> = failed
            .into_iter()
            .chain(ids(of_refusals, &sources()))
            .collect();
        let idle: Vec<_> = told.difference(&failed).collect();
        assert!(idle.is_empty(), "nothing fails so: {idle:?}");
    }

    #[test]
    fn a_page_is_found_by_each_id_it_refuses_with_and_a_near_miss_is_named() {
        let of = |id: &str| explain(id).unwrap().remove(0).id;
        assert_eq!(of("lane-wrong"), "lane-busy");
        assert_eq!(of(" Lane-Busy "), "lane-busy");
        assert_eq!(of("4"), "4");
        let both = explain("dependency-cycle").unwrap();
        let groups: Vec<_> = both.iter().map(|page| page.group).collect();
        assert_eq!(groups, [Group::Refusal, Group::Rule]);
        assert_eq!(explain("lane-buzy").unwrap_err().unwrap(), "lane-busy");
        assert_eq!(explain("weather"), Err(None));
    }

    #[test]
    fn texts_are_of_ailments_that_doctor_finds() {
        let known: BTreeSet<_> = doctor::ALL.iter().map(|one| one.id).collect();
        for (id, _) in AILMENT_TEXTS {
            assert!(known.contains(id), "{id}");
        }
    }
}
