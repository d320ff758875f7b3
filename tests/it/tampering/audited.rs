//! What `audit verify` says in a clone that holds a kind which others find.

const NO_LEDGER: &str = "this repository has no laneway ledger";
/// The ledger is honest, or decided as its rules say: what is wrong lies elsewhere.
const HOLDS: &str = ", 0 differ";

/// Name of the kind, exit code, fact.
pub const ANSWERS: &[(&str, i32, &str)] = &[
    ("huge_commit", 5, "bytes, more than 1048576"),
    ("governance_as_link", 5, NO_LEDGER),
    ("marker_with_another_branch", 5, NO_LEDGER),
    ("law_raised_in_the_marker", 5, "the ledger is under law 2"),
    ("marker_removed", 5, NO_LEDGER),
    ("request_from_the_future", 0, HOLDS),
    ("rewound_ledger", 0, HOLDS),
    ("deleted_ledger", 0, HOLDS),
    ("code_as_ledger", 5, NO_LEDGER),
    ("tag_as_ledger", 7, "is not a commit"),
    ("second_ledger", 0, HOLDS),
    ("promotion_and_claim_in_one_push", 0, HOLDS),
    ("acceptance_of_a_target_that_was_not_rewritten", 0, HOLDS),
    ("done_without_target", 0, HOLDS),
    ("target_moved_without_landing", 0, HOLDS),
    ("landed_target_without_its_ledger", 0, HOLDS),
    ("rules_changed_without_the_right", 0, HOLDS),
    ("rules_and_code_in_one_commit", 0, HOLDS),
    ("rules_that_do_not_read", 0, HOLDS),
    ("governance_of_the_target_as_link", 0, HOLDS),
    ("non_fast_forward_target", 1, "are not on the target"),
    ("deleted_target", 0, HOLDS),
    ("work_of_a_future_epoch", 0, HOLDS),
    ("work_of_no_task", 0, HOLDS),
    ("work_ref_with_a_foreign_name", 0, HOLDS),
    ("rewritten_work", 0, HOLDS),
    ("kept_work_under_anothers_name", 0, HOLDS),
    ("deleted_work", 0, HOLDS),
    ("servers_word_by_push", 0, HOLDS),
    ("foreign_ref_of_laneway", 0, HOLDS),
];
