//! Reviews of a change: whose words count, from where they are given, what stands against the
//! work, and how long it has waited (P44–P49, G5, I18). Pure; gates, verbs and views share it.

use std::collections::BTreeSet;

use super::id::{AgentName, RoleName, WorkstationName};
use super::identity::{AgentKind, IdentityMap, Mode};
use super::policy::{Independence, Policy, ReviewMode, ReviewRoute};
use super::record::{Finding, Handoff, Record, RecordBody, Review, Verdict};
use super::refusal::Unmet;
use super::snapshot::Rules;
use super::state::{Claim, Submission};
use super::task::words;
use super::time::Timestamp;

/// Who made the work: its holder, and all who worked on it or handed it off since it was opened
/// last. What one left in the lane the next may have handed off unchanged.
#[must_use]
pub fn authors<'a>(
    records: &'a [Record],
    holder: Option<&'a AgentName>,
) -> BTreeSet<&'a AgentName> {
    let reopened = |record: &Record| matches!(&record.body, RecordBody::Event { event, .. } if event == "reopen");
    let since = records.iter().rposition(reopened).unwrap_or(0);
    let worked = |record: &'a Record| match &record.body {
        RecordBody::Handoff(_) => Some(&record.by),
        RecordBody::Session(session) => Some(&session.agent),
        _ => None,
    };
    let worked = records[since..].iter().filter_map(worked);
    worked.chain(holder).collect()
}

/// The last word of each reviewer of this very change who is not one of its authors, oldest first.
#[must_use]
pub fn last_words<'a>(
    records: &'a [Record],
    change_key: &str,
    holder: &AgentName,
) -> Vec<(&'a Record, &'a Review)> {
    let authors = authors(records, Some(holder));
    let mut words: Vec<(&Record, &Review)> = Vec::new();
    for record in records {
        let RecordBody::Review(review) = &record.body else {
            continue;
        };
        if review.change_key != change_key || authors.contains(&record.by) {
            continue;
        }
        words.retain(|(other, _)| other.by != record.by);
        words.push((record, review));
    }
    words
}

/// Whether a word lets the work land: it accepts work that is there, not its design (P39).
#[must_use]
pub fn accepts(review: &Review) -> bool {
    review.verdict == Verdict::Accept && !review.design_only
}

/// The routes that a change falls under, each with the first file that leads there (P45).
pub fn routes<'a>(
    policy: &'a Policy,
    files: &'a [String],
) -> impl Iterator<Item = (&'a String, &'a ReviewRoute)> {
    policy.review_routes.iter().filter_map(|route| {
        let touched = |file: &&String| route.paths.iter().any(|glob| glob.matches(file));
        Some((files.iter().find(touched)?, route))
    })
}

/// The roles that the routes of a change ask for.
#[must_use]
pub fn reviewers<'a>(policy: &'a Policy, files: &'a [String]) -> BTreeSet<&'a RoleName> {
    routes(policy, files)
        .flat_map(|(_, route)| &route.reviewers)
        .collect()
}

/// A handoff, and the review that sent it back to be revised.
#[derive(Debug, Clone, Copy)]
pub struct SentBack<'a> {
    /// What was handed off.
    pub handoff: &'a Handoff,
    /// What was said of it.
    pub review: &'a Review,
}

/// The revision that is owed: the last verdict, if it is `revise`, and what it judged (G5).
#[must_use]
pub fn sent_back(records: &[Record]) -> Option<SentBack<'_>> {
    let (place, review) =
        records
            .iter()
            .enumerate()
            .rev()
            .find_map(|(place, record)| match &record.body {
                RecordBody::Review(review) => Some((place, review)),
                _ => None,
            })?;
    if review.verdict != Verdict::Revise {
        return None;
    }
    let before = records[..place].iter().rev();
    let handoff = before.into_iter().find_map(|record| match &record.body {
        RecordBody::Handoff(one) if one.change_key == review.change_key => Some(one),
        _ => None,
    })?;
    Some(SentBack { handoff, review })
}

/// Whether a finding names a path: the path itself, a directory above it, or everything (`.`).
#[must_use]
pub fn names(finding: &Finding, path: &str) -> bool {
    let named = finding.file.trim().trim_start_matches("./");
    let named = named.trim_end_matches('/');
    let below = || {
        path.strip_prefix(named)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    named.is_empty() || named == "." || named == path || below()
}

/// The paths of a revision that no finding of the review names (G5).
#[must_use]
pub fn outside(records: &[Record], revised: &[String]) -> Vec<String> {
    let Some(sent) = sent_back(records) else {
        return Vec::new();
    };
    let named = |path: &str| sent.review.findings.iter().any(|found| names(found, path));
    revised
        .iter()
        .filter(|path| !named(path))
        .cloned()
        .collect()
}

/// Where a reviewer judges, seen from the work (I18).
#[derive(Debug, Clone, Copy)]
pub struct Seat<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// Whose work it is, and where it was done.
    pub claim: &'a Claim,
    /// The host it was handed off on, as far as it is known.
    pub handed_off_on: Option<&'a str>,
    /// Who judges.
    pub reviewer: &'a AgentName,
    /// On which host.
    pub host: &'a str,
    /// On which workstation, as the reviewer says.
    pub stated: Option<&'a WorkstationName>,
}

impl<'a> Seat<'a> {
    /// The seat of `reviewer` for work with these records.
    #[must_use]
    pub fn of(
        rules: &'a Rules,
        records: &'a [Record],
        claim: &'a Claim,
        submission: &Submission,
        reviewer: &'a AgentName,
        host: &'a str,
        stated: Option<&'a WorkstationName>,
    ) -> Self {
        let handed_off_on = records.iter().rev().find_map(|record| match &record.body {
            RecordBody::Handoff(one) if one.commit == submission.commit => one.host.as_deref(),
            _ => None,
        });
        Self {
            rules,
            claim,
            handed_off_on,
            reviewer,
            host,
            stated,
        }
    }

    /// The workstation: the stated one, else the one that the map routes the reviewer to, if there
    /// is no other.
    #[must_use]
    pub fn workstation(&self) -> Option<&'a WorkstationName> {
        self.stated.or_else(|| {
            let routes = self.rules.identity.routing.values().flatten();
            let mine = routes.filter(|route| route.names(self.reviewer));
            let places: BTreeSet<_> = mine.map(|route| &route.workstation).collect();
            match places.len() {
                1 => places.first().copied(),
                _ => None,
            }
        })
    }

    /// What is wrong with the place; nothing where the map is open, where policy asks for another
    /// agent only, and of a person.
    #[must_use]
    pub fn unmet(&self, task: &super::id::TaskId) -> Option<Unmet> {
        let map = &self.rules.identity;
        let asked = self.rules.policy.review.independence == Independence::Workstation;
        if map.mode == Mode::Open || !asked || is_person(map, self.reviewer) {
            return None;
        }
        let again = format!("`laneway review {task} --workstation WS …`, from another workstation");
        let Some(place) = self.workstation() else {
            let message = format!(
                "the workstation that {} judges from is not known",
                self.reviewer
            );
            return Some(Unmet::rule("review-workstation", message).hint(again));
        };
        let Some(known) = self.rules.workstations.workstations.get(place) else {
            let message = format!("the workstation {place} is not registered");
            let unmet = Unmet::rule("workstation-missing", message).about(place);
            return Some(unmet.hint("governance/workstations.yaml registers it"));
        };
        if !known.runs_on(self.host) {
            let message = format!(
                "{place} runs on {}, not on {}",
                known.hosts.join(", "),
                self.host
            );
            let unmet = Unmet::rule("workstation-host", message).about(place);
            return Some(unmet.hint("review there, or name the workstation of this host"));
        }
        if *place == self.claim.workstation {
            let message = format!("{place} is where {} did the work", self.claim.agent);
            return Some(Unmet::rule("self-review", message).about(place).hint(again));
        }
        let here = self.handed_off_on == Some(self.host);
        if self.stated.is_some() && known.hosts.is_empty() && here {
            let message = format!(
                "{place} lists no hosts, and {} is the host that the work was handed off on",
                self.host
            );
            let unmet = Unmet::rule("self-review", message).about(place);
            return Some(unmet.hint(
                "review on another host, or list the `hosts` of both workstations in \
                 governance/workstations.yaml",
            ));
        }
        None
    }

    /// What an open map lets pass: a verdict from where the work was done, as a fact for people.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let rules = self.rules;
        if rules.identity.mode == Mode::Enforced
            || rules.policy.review.independence == Independence::Agent
        {
            return None;
        }
        if self.stated == Some(&self.claim.workstation) {
            return Some(format!(
                "{} is where the work was done; an open map does not ask for another workstation",
                self.claim.workstation
            ));
        }
        let here = self.stated.is_none() && self.handed_off_on == Some(self.host);
        here.then(|| {
            "judged on the host that the work was handed off on; an open map does not ask for \
             another workstation"
                .to_owned()
        })
    }
}

/// Whether the map knows the agent as a person.
#[must_use]
pub fn is_person(map: &IdentityMap, agent: &AgentName) -> bool {
    let known = map.agents.get(agent);
    known.is_some_and(|known| known.kind == AgentKind::Person)
}

/// Whether an agent speaks for a role: the map says so, or it is open and does not know the agent.
#[must_use]
pub fn speaks_for(map: &IdentityMap, agent: &AgentName, role: &RoleName) -> bool {
    match map.agents.get(agent) {
        Some(known) => known.roles.contains(role),
        None => map.mode == Mode::Open,
    }
}

words! {
    /// How late a review is (P48).
    Lateness {
        /// Longer than `review.stale_after`.
        Stale = "stale",
        /// Longer than `review.escalate_after`.
        Escalated = "escalated",
    }
}

/// A submission that waits too long for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// How late.
    pub lateness: Lateness,
    /// Since when it is.
    pub since: Timestamp,
}

/// Whether a submission that nobody has judged is late at `now`; never where nobody is to (P44).
#[must_use]
pub fn late(policy: &Policy, submission: &Submission, now: Timestamp) -> Option<Late> {
    let terms = policy.review;
    if terms.mode == ReviewMode::Interim {
        return None;
    }
    let after = |lateness, span| {
        let since = submission.at.plus(span);
        (since < now).then_some(Late { lateness, since })
    };
    after(Lateness::Escalated, terms.escalate_after)
        .or_else(|| after(Lateness::Stale, terms.stale_after))
}

/// Whether somebody other than its authors has judged the change.
#[must_use]
pub fn judged(records: &[Record], submission: &Submission, holder: &AgentName) -> bool {
    !last_words(records, &submission.change_key, holder).is_empty()
}
