//! Rules of governance files: what policy, identity map, workstations, plan, marker and states owe
//! each other. One rule, one pure file, one line in [`ALL`]. What a single file says wrong is found
//! while it is read; [`WHILE_READING`] names those rules.
//!
//! A task that is done or given up owes the rules nothing any more: routes, roles and stages change
//! under it. What it is called, and that it is defined once, holds for ever.

mod governance;
mod known;
mod violation;

mod agent_role_unknown;
mod authority_differs;
mod co_edited_role_unknown;
mod contract_frozen;
mod contract_owner_unknown;
mod contracts_overlap;
mod dependency_cycle;
mod dependency_on_parent;
mod dependency_self;
mod dependency_twice;
mod dependency_unknown;
mod generated_twice;
mod lane_unknown;
mod merge_order_conflict;
mod no_admin;
mod package_disagrees;
mod package_missing;
mod parent_cycle;
mod parent_unknown;
mod paths_all_forbidden;
mod placeholder;
mod required_fields;
mod required_sections;
mod reviewer_role_unknown;
mod role_reviews_only;
mod role_unknown;
mod route_agent_unknown;
mod route_type_refused;
mod route_workstation_unknown;
mod signature_unmeetable;
mod stage_agent_unknown;
mod stage_capability_missing;
mod stage_gate_unknown;
mod stage_gate_unmeetable;
mod stage_judges_itself;
mod stage_unknown;
mod stage_workstation_unknown;
mod stages_ref_missing;
mod state_without_definition;
mod target_differs;
mod task_archived;
mod task_defined_twice;
mod task_id_pattern;
mod touchpoint_uncovered;
mod type_unrouted;
mod while_reading;

pub use governance::{
    Governance, Held, ListKind, Parts, PlanSource, Planned, Reach, Unread, Written,
};
use known::Known;
pub use violation::{Severity, Violation};
pub use while_reading::{ReadingRule, WHILE_READING};

/// A rule between governance files.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its stable id, for reports and `explain`.
    pub id: &'static str,
    /// What it asks, as a lower-case fragment.
    pub about: &'static str,
    /// How bad a violation is, unless the violation itself is milder.
    pub severity: Severity,
    /// Every place that breaks it.
    pub check: fn(&Governance) -> Vec<Violation>,
}

/// All rules, in the order in which a reader wants them.
pub const ALL: &[Rule] = &[
    task_defined_twice::RULE,
    task_archived::RULE,
    task_id_pattern::RULE,
    required_fields::RULE,
    required_sections::RULE,
    placeholder::RULE,
    package_missing::RULE,
    package_disagrees::RULE,
    dependency_unknown::RULE,
    dependency_self::RULE,
    dependency_twice::RULE,
    dependency_cycle::RULE,
    dependency_on_parent::RULE,
    parent_unknown::RULE,
    parent_cycle::RULE,
    merge_order_conflict::RULE,
    role_unknown::RULE,
    role_reviews_only::RULE,
    lane_unknown::RULE,
    stage_unknown::RULE,
    stages_ref_missing::RULE,
    stage_agent_unknown::RULE,
    stage_workstation_unknown::RULE,
    stage_gate_unknown::RULE,
    stage_gate_unmeetable::RULE,
    stage_capability_missing::RULE,
    stage_judges_itself::RULE,
    paths_all_forbidden::RULE,
    type_unrouted::RULE,
    route_workstation_unknown::RULE,
    route_type_refused::RULE,
    route_agent_unknown::RULE,
    agent_role_unknown::RULE,
    reviewer_role_unknown::RULE,
    contract_owner_unknown::RULE,
    contract_frozen::RULE,
    contracts_overlap::RULE,
    co_edited_role_unknown::RULE,
    generated_twice::RULE,
    touchpoint_uncovered::RULE,
    signature_unmeetable::RULE,
    no_admin::RULE,
    authority_differs::RULE,
    target_differs::RULE,
    state_without_definition::RULE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart() {
        let mut ids: Vec<&str> = ALL.iter().map(|rule| rule.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for rule in ALL {
            let word = rule.id.replace('-', "");
            assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{}", rule.id);
            assert!(!rule.about.ends_with('.'), "{}", rule.id);
        }
    }

    #[test]
    fn nothing_to_judge_breaks_no_rule() {
        let nothing = Governance::new(Parts::default());
        for rule in ALL {
            assert_eq!((rule.check)(&nothing), [], "{}", rule.id);
        }
    }
}
