//! The kinds of tampering, each with who finds it and by which fact.

use super::forge::{Entry, Field};
use super::making::{
    accepted_older, acts, at_path, changed, dropped_record, duplicate_id, empty, entry, extra,
    from_the_future, governance_as_link, governed, mass_deletion, merge_of_the_target,
    other_content_key, others, promoted_aside, promoted_at_once, pushes, put_at, reordered_records,
    replayed, rev, rewritten, rules_and_code, rules_by_bot, said, second_beginning, second_ledger,
    state, tag_as_ledger, target, target_governance_as_link, work,
};

/// One kind.
pub struct Kind {
    pub name: &'static str,
    pub forge: fn(&Field) -> Forged,
    pub seen: Seen,
    /// The rule by which the server refuses it.
    pub server: &'static str,
}

/// Who finds it in a clone that holds it.
pub enum Seen {
    /// `audit verify`, by this fact.
    Audit(&'static str),
    /// The ledger itself is honest, so the audit has nothing to say; `hook pre-push` has this rule.
    PrePush(&'static str),
    /// A clone that saw more: `doctor` says this.
    Doctor(&'static str),
    /// Nobody but the server: the reason.
    Server(&'static str),
}

/// What is pushed.
#[derive(Default)]
pub struct Forged {
    /// The ledger; none: it is not pushed.
    pub ledger: Option<String>,
    /// The target; none: it is not pushed.
    pub target: Option<String>,
    /// Other refspecs, or these instead.
    pub others: Vec<String>,
    /// The commit that is named, where it is not the ledger's last.
    pub names: Option<String>,
}

pub const KINDS: &[Kind] = &[
    // The state that only the tool writes.
    Kind {
        name: "state_jump",
        forge: |f| state(f, "A-3.yaml", "claim", &[("in_progress", "in_review")]),
        seen: Seen::Audit("status: in_review"),
        server: "ledger-commit",
    },
    Kind {
        name: "foreign_owner_in_state",
        forge: |f| state(f, "A-3.yaml", "claim", &[("@two", "@bot")]),
        seen: Seen::Audit("@bot"),
        server: "ledger-commit",
    },
    Kind {
        name: "foreign_epoch_in_state",
        forge: |f| state(f, "A-3.yaml", "claim", &[("epoch: 1", "epoch: 7")]),
        seen: Seen::Audit("epoch: 7"),
        server: "ledger-commit",
    },
    Kind {
        name: "longer_lease",
        forge: |f| {
            state(
                f,
                "A-3.yaml",
                "claim",
                &[("expires_at: \"2026", "expires_at: \"2036")],
            )
        },
        seen: Seen::Audit("2036-11-20"),
        server: "ledger-commit",
    },
    Kind {
        name: "dropped_record",
        forge: dropped_record,
        seen: Seen::Audit("state/"),
        server: "ledger-commit",
    },
    Kind {
        name: "reordered_records",
        forge: reordered_records,
        seen: Seen::Audit("state/"),
        server: "ledger-commit",
    },
    Kind {
        name: "edited_evidence",
        forge: |f| state(f, "A-1.yaml", "note", &[("exit: 0", "exit: 1")]),
        seen: Seen::Audit("exit: 1"),
        server: "ledger-commit",
    },
    Kind {
        name: "evidence_from_another_tree",
        forge: other_content_key,
        seen: Seen::Audit("content_key"),
        server: "ledger-commit",
    },
    Kind {
        name: "removed_state_file",
        forge: |f| entry(f, "A-1.yaml", |_| Entry::Gone),
        seen: Seen::Audit("A-1.yaml:1 is None"),
        server: "ledger-commit",
    },
    Kind {
        name: "mass_deletion_in_a_sync_commit",
        forge: mass_deletion,
        seen: Seen::Audit("is None"),
        server: "ledger-commit",
    },
    Kind {
        name: "crlf_in_a_state_file",
        forge: |f| state(f, "A-2.yaml", "note", &[("\n", "\r\n")]),
        seen: Seen::Audit("\\r\\n"),
        server: "ledger-commit",
    },
    Kind {
        name: "state_file_as_link",
        forge: |f| entry(f, "A-2.yaml", |text| Entry::Link(text)),
        seen: Seen::Audit("A-2.yaml is a symbolic link"),
        server: "ledger-commit",
    },
    Kind {
        name: "state_file_as_submodule",
        forge: |f| {
            entry(f, "A-2.yaml", |_| {
                Entry::Module("1234567890123456789012345678901234567890")
            })
        },
        seen: Seen::Audit("A-2.yaml is a submodule"),
        server: "ledger-commit",
    },
    Kind {
        name: "state_file_executable",
        forge: |f| entry(f, "A-2.yaml", |text| Entry::Exec(text)),
        seen: Seen::Audit("A-2.yaml is executable"),
        server: "ledger-commit",
    },
    Kind {
        name: "state_in_a_foreign_shard",
        forge: |f| extra(f, "governance/state/zz/A-8.yaml"),
        seen: Seen::Audit("governance/state/zz/A-8.yaml:1"),
        server: "ledger-commit",
    },
    // What else the ledger's tree holds.
    Kind {
        name: "extra_file",
        forge: |f| extra(f, "README"),
        seen: Seen::Audit("README:1"),
        server: "ledger-commit",
    },
    Kind {
        name: "archive_smuggled_in",
        forge: |f| extra(f, "governance/archive/2026-11.yaml"),
        seen: Seen::Audit("governance/archive/2026-11.yaml:1"),
        server: "ledger-commit",
    },
    Kind {
        name: "rules_on_the_ledger",
        forge: |f| extra(f, "governance/identity-map.yaml"),
        seen: Seen::Audit("governance/identity-map.yaml:1"),
        server: "ledger-commit",
    },
    Kind {
        name: "altered_plan",
        forge: |f| {
            at_path(
                f,
                "governance/queue.yaml",
                "add",
                &[("title: More", "title: Less")],
            )
        },
        seen: Seen::Audit("governance/queue.yaml"),
        server: "ledger-commit",
    },
    Kind {
        name: "altered_plan_beside_a_note",
        forge: |f| {
            at_path(
                f,
                "governance/queue.yaml",
                "note",
                &[("type: work", "type: play")],
            )
        },
        seen: Seen::Audit("governance/queue.yaml"),
        server: "ledger-commit",
    },
    Kind {
        name: "dropped_plan",
        forge: |f| entry(f, "governance/queue.yaml", |_| Entry::Gone),
        seen: Seen::Audit("governance/queue.yaml:1 is None"),
        server: "ledger-commit",
    },
    Kind {
        name: "governance_as_link",
        forge: governance_as_link,
        seen: Seen::Server("it is a ledger no more, and `doctor` says so"),
        server: "ledger-marker",
    },
    Kind {
        name: "marker_with_another_target",
        forge: |f| at_path(f, "governance/ledger.yaml", "note", &[("main", "other")]),
        seen: Seen::Audit("governance/ledger.yaml"),
        server: "ledger-commit",
    },
    Kind {
        name: "marker_with_another_branch",
        forge: |f| {
            at_path(
                f,
                "governance/ledger.yaml",
                "note",
                &[("branch: laneway", "branch: lane2")],
            )
        },
        seen: Seen::Server("it is a ledger no more, and `doctor` says so"),
        server: "ledger-marker",
    },
    Kind {
        name: "law_raised_in_the_marker",
        forge: |f| at_path(f, "governance/ledger.yaml", "note", &[("law: 1", "law: 2")]),
        seen: Seen::Server("no binary of this law opens it: exit 5"),
        server: "ledger-commit",
    },
    Kind {
        name: "marker_removed",
        forge: |f| entry(f, "governance/ledger.yaml", |_| Entry::Gone),
        seen: Seen::Server("it is a ledger no more, and `doctor` says so"),
        server: "ledger-marker",
    },
    // What a request names as its own place.
    Kind {
        name: "added_file_over_the_plan",
        forge: |f| put_at(f, "file", "governance/queue.yaml"),
        seen: Seen::Audit("is not the place of"),
        server: "ledger-commit",
    },
    Kind {
        name: "added_file_over_a_state_directory",
        forge: |f| put_at(f, "file", "governance/state"),
        seen: Seen::Audit("is not the place of"),
        server: "ledger-commit",
    },
    Kind {
        name: "added_file_over_a_workstation",
        forge: |f| put_at(f, "file", "governance/workstations/ws-1.yaml"),
        seen: Seen::Audit("is not the place of"),
        server: "ledger-commit",
    },
    Kind {
        name: "added_file_as_a_package",
        forge: |f| put_at(f, "file", "governance/packages/A-1.md"),
        seen: Seen::Audit("is not the place of"),
        server: "ledger-commit",
    },
    Kind {
        name: "added_file_outside_of_governance",
        forge: |f| put_at(f, "file", "README"),
        seen: Seen::Audit("is not the place of"),
        server: "ledger-commit",
    },
    Kind {
        name: "imported_file_over_the_plan",
        forge: |f| put_at(f, "import", "governance/queue.yaml"),
        seen: Seen::Audit("is not the place of"),
        server: "ledger-commit",
    },
    Kind {
        name: "altered_archive",
        forge: |f| {
            at_path(
                f,
                "governance/archive/2026-11.yaml",
                "archive",
                &[("late", "soon")],
            )
        },
        seen: Seen::Audit("governance/archive/2026-11.yaml"),
        server: "ledger-commit",
    },
    Kind {
        name: "archive_of_what_is_open",
        forge: |f| said(f, "archive", "A-4", "A-3"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "archive_without_the_right",
        forge: |f| acts(f, "archive", "@dana", "@bot"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "import_without_the_right",
        forge: |f| acts(f, "import", "@dana", "@bot"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    // What a ledger commit says of itself.
    Kind {
        name: "swapped_author",
        forge: |f| {
            changed(f, "note", |raw| {
                raw.author = raw.author.replace("@bot", "@dana")
            })
        },
        seen: Seen::Audit("its author is"),
        server: "ledger-commit",
    },
    Kind {
        name: "swapped_authors_address",
        forge: |f| {
            changed(f, "note", |raw| {
                raw.author = raw.author.replace("bot@agents", "dana@agents")
            })
        },
        seen: Seen::Audit("its author is"),
        server: "ledger-commit",
    },
    Kind {
        name: "changed_author_date",
        forge: |f| {
            changed(f, "note", |raw| {
                raw.author = raw.author.replace(" +0000", "0 +0000")
            })
        },
        seen: Seen::Audit("its author time is"),
        server: "ledger-commit",
    },
    Kind {
        name: "changed_committer_date",
        forge: |f| {
            changed(f, "note", |raw| {
                raw.committer = raw.committer.replace(" +0000", " +0100")
            })
        },
        seen: Seen::Audit("its committer time is"),
        server: "ledger-commit",
    },
    Kind {
        name: "forged_agent_trailer",
        forge: |f| said(f, "note", "Laneway-Agent: @bot", "Laneway-Agent: @dana"),
        seen: Seen::Audit("Laneway-Agent: @dana"),
        server: "ledger-commit",
    },
    Kind {
        name: "forged_epoch_trailer",
        forge: |f| said(f, "claim", "Laneway-Epoch: 1", "Laneway-Epoch: 7"),
        seen: Seen::Audit("Laneway-Epoch: 7"),
        server: "ledger-commit",
    },
    Kind {
        name: "forged_headline",
        forge: |f| said(f, "note", "note A-2 by", "note A-3 by"),
        seen: Seen::Audit("line 1 of its message"),
        server: "ledger-commit",
    },
    Kind {
        name: "law_of_the_future",
        forge: |f| said(f, "note", "Laneway-Law: 1", "Laneway-Law: 2"),
        seen: Seen::Audit("it is under law 2"),
        server: "ledger-commit",
    },
    Kind {
        name: "law_of_the_past",
        forge: |f| said(f, "note", "Laneway-Law: 1", "Laneway-Law: 0"),
        seen: Seen::Audit("it is under law 0"),
        server: "ledger-commit",
    },
    Kind {
        name: "huge_message",
        forge: |f| changed(f, "note", |raw| raw.message.push_str(&"x".repeat(1 << 19))),
        seen: Seen::Audit("the message of a ledger commit has at most 16384"),
        server: "ledger-commit",
    },
    Kind {
        name: "huge_commit",
        forge: |f| changed(f, "note", |raw| raw.message.push_str(&"x".repeat(1 << 20))),
        seen: Seen::Server("no command reads a commit of that size: exit 5, which names it"),
        server: "ledger-marker",
    },
    Kind {
        name: "no_request",
        forge: |f| said(f, "note", "Laneway-Request: ", "Laneway-Wish: "),
        seen: Seen::Audit("no `Laneway-Request` trailer"),
        server: "ledger-commit",
    },
    Kind {
        name: "request_that_does_not_match_its_tree",
        forge: |f| said(f, "note", "\"first\"", "\"other\""),
        seen: Seen::Audit("other"),
        server: "ledger-commit",
    },
    // What may not be asked.
    Kind {
        name: "claim_by_an_unlisted_agent",
        forge: |f| acts(f, "claim", "@two", "@eve"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "claim_outside_of_ones_roles",
        forge: |f| said(f, "claim", "A-3", "B-2"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "claim_of_what_another_holds",
        forge: |f| said(f, "claim", "A-3", "A-2"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "review_by_the_author",
        forge: |f| acts(f, "review", "@rev", "@two"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "review_without_the_right",
        forge: |f| acts(f, "review", "@rev", "@bot"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "plan_without_the_right",
        forge: |f| acts(f, "add", "@dana", "@bot"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "merge_by_a_stranger",
        forge: |f| acts(f, "merge", "@dana", "@bot"),
        seen: Seen::Audit("its request is refused"),
        server: "ledger-commit",
    },
    Kind {
        name: "duplicate_request_id",
        forge: duplicate_id,
        seen: Seen::Audit("was carried out before"),
        server: "ledger-commit",
    },
    Kind {
        name: "replayed_old_request",
        forge: replayed,
        seen: Seen::Audit("was carried out before"),
        server: "ledger-commit",
    },
    Kind {
        name: "request_from_the_future",
        forge: from_the_future,
        seen: Seen::Server("a clone cannot tell whose clock is wrong; `claim` refuses to go by it"),
        server: "clock-ahead",
    },
    Kind {
        name: "committer_that_the_map_does_not_know",
        forge: |f| {
            changed(f, "note", |raw| {
                raw.committer = raw.committer.replace("test@", "eve@")
            })
        },
        seen: Seen::Audit("it is unsigned for @bot"),
        server: "maker-unproven",
    },
    // The line of the ledger.
    Kind {
        name: "second_parent",
        forge: |f| changed(f, "note", |raw| raw.parents.push(raw.parents[0].clone())),
        seen: Seen::Audit("it has 2 parents"),
        server: "ledger-commit",
    },
    Kind {
        name: "merge_of_the_target",
        forge: merge_of_the_target,
        seen: Seen::Audit("it has 2 parents"),
        server: "ledger-commit",
    },
    Kind {
        name: "empty_commit",
        forge: empty,
        seen: Seen::Audit("no `Laneway-Request` trailer"),
        server: "ledger-commit",
    },
    Kind {
        name: "second_beginning",
        forge: second_beginning,
        seen: Seen::Audit("not `init`"),
        server: "ledger-rewound",
    },
    Kind {
        name: "rewritten_history",
        forge: rewritten,
        seen: Seen::Audit("its author is"),
        server: "ledger-rewound",
    },
    Kind {
        name: "rewound_ledger",
        forge: |f| pushes(f, &format!("{}~1", f.ledger)),
        seen: Seen::Doctor("rewritten"),
        server: "ledger-rewound",
    },
    Kind {
        name: "deleted_ledger",
        forge: |_| others(&[":refs/heads/laneway"]),
        seen: Seen::Doctor("rewritten"),
        server: "ledger-deleted",
    },
    Kind {
        name: "code_as_ledger",
        forge: |f| pushes(f, &f.target),
        seen: Seen::Server("it is a ledger no more, and `doctor` says so"),
        server: "ledger-marker",
    },
    Kind {
        name: "tag_as_ledger",
        forge: tag_as_ledger,
        seen: Seen::Server("git itself keeps tags from branches; the hook says it first"),
        server: "ledger-marker",
    },
    Kind {
        name: "second_ledger",
        forge: second_ledger,
        seen: Seen::Server("a clone with two ledgers asks which one: exit 5"),
        server: "ledger-second",
    },
    // Rules.
    Kind {
        name: "rules_gone_back",
        forge: |f| said(f, "note", &f.target, &f.first),
        seen: Seen::Audit("do not descend from"),
        server: "ledger-commit",
    },
    Kind {
        name: "rules_that_nobody_has",
        forge: |f| {
            said(
                f,
                "note",
                &f.target,
                "1234567890123456789012345678901234567890",
            )
        },
        seen: Seen::Audit("1234567890"),
        server: "ledger-commit",
    },
    Kind {
        name: "rules_of_a_commit_beside_the_target",
        forge: promoted_aside,
        seen: Seen::Audit("are not on the target"),
        server: "rules-unknown",
    },
    Kind {
        name: "promotion_and_claim_in_one_push",
        forge: promoted_at_once,
        seen: Seen::PrePush("target-direct"),
        server: "rules-unknown",
    },
    Kind {
        name: "acceptance_of_a_target_that_was_not_rewritten",
        forge: accepted_older,
        seen: Seen::Server("no clone tells a target that went back from one that is old"),
        server: "rules-unknown",
    },
    // The target.
    Kind {
        name: "done_without_target",
        forge: |f| pushes(f, "refs/honest/merge"),
        seen: Seen::Doctor("torn-landing"),
        server: "done-without-target",
    },
    Kind {
        name: "target_moved_without_landing",
        forge: |f| target(f, "src/z"),
        seen: Seen::PrePush("target-direct"),
        server: "target-direct",
    },
    Kind {
        name: "landed_target_without_its_ledger",
        forge: |f| Forged {
            target: Some(rev(f, "refs/honest/merge-main")),
            ..Forged::default()
        },
        seen: Seen::PrePush("target-direct"),
        server: "target-direct",
    },
    Kind {
        name: "rules_changed_without_the_right",
        forge: rules_by_bot,
        seen: Seen::PrePush("target-direct"),
        server: "target-direct",
    },
    Kind {
        name: "rules_and_code_in_one_commit",
        forge: rules_and_code,
        seen: Seen::PrePush("target-direct"),
        server: "target-direct",
    },
    Kind {
        name: "rules_that_do_not_read",
        forge: |f| governed(f, "governance/policy.yaml", "version: 1\nnonsense: [\n"),
        seen: Seen::PrePush("rules-unreadable"),
        server: "rules-unreadable",
    },
    Kind {
        name: "governance_of_the_target_as_link",
        forge: target_governance_as_link,
        seen: Seen::PrePush("rules-unreadable"),
        server: "rules-unreadable",
    },
    Kind {
        name: "non_fast_forward_target",
        forge: |f| Forged {
            target: Some(rev(f, &format!("{}~1", f.target))),
            ..Forged::default()
        },
        seen: Seen::PrePush("target-rewound"),
        server: "target-rewound",
    },
    Kind {
        name: "deleted_target",
        forge: |_| others(&[":refs/heads/main"]),
        seen: Seen::Server("a deletion is in no clone"),
        server: "target-deleted",
    },
    // Work refs, and what the server says.
    Kind {
        name: "work_of_a_future_epoch",
        forge: |f| work(f, "A-2/9"),
        seen: Seen::Server("work refs decide nothing"),
        server: "work-epoch",
    },
    Kind {
        name: "work_of_no_task",
        forge: |f| work(f, "Z-1/1"),
        seen: Seen::Server("work refs decide nothing"),
        server: "work-epoch",
    },
    Kind {
        name: "work_ref_with_a_foreign_name",
        forge: |f| work(f, "A-2/x"),
        seen: Seen::Server("work refs decide nothing"),
        server: "work-name",
    },
    Kind {
        name: "rewritten_work",
        forge: |f| work(f, "B-1/1"),
        seen: Seen::Server("work refs decide nothing"),
        server: "work-rewritten",
    },
    Kind {
        name: "kept_work_under_anothers_name",
        forge: |f| work(f, "B-1/1-1234567890123456789012345678901234567890"),
        seen: Seen::Server("work refs decide nothing"),
        server: "work-rewritten",
    },
    Kind {
        name: "deleted_work",
        forge: |_| others(&[":refs/laneway/work/B-1/1"]),
        seen: Seen::Server("an audit misses the work once git has collected it"),
        server: "work-deleted",
    },
    Kind {
        name: "servers_word_by_push",
        forge: |f| others(&[&format!("{}:refs/laneway/verified/laneway", f.target)]),
        seen: Seen::Server("the ref is the server's word"),
        server: "ref-reserved",
    },
    Kind {
        name: "foreign_ref_of_laneway",
        forge: |f| others(&[&format!("{}:refs/laneway/kept/x", f.target)]),
        seen: Seen::Server("work refs decide nothing"),
        server: "ref-reserved",
    },
];
