//! The kinds of tampering, each with who finds it and by which fact.

use super::forge::{Entry, Field, Raw};

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
        forge: |f| changed(f, "note", |raw| raw.message.push_str(&"x".repeat(1 << 20))),
        seen: Seen::Audit("of its message is"),
        server: "ledger-commit",
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
        seen: Seen::Server("the level of proof is no matter of replay"),
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

fn pushes(field: &Field, commit: &str) -> Forged {
    Forged {
        ledger: Some(rev(field, commit)),
        ..Forged::default()
    }
}

fn others(refspecs: &[&str]) -> Forged {
    let others = refspecs.iter().map(|spec| (*spec).to_owned()).collect();
    Forged {
        others,
        ..Forged::default()
    }
}

fn rev(field: &Field, name: &str) -> String {
    field.git(&format!("rev-parse {name}")).trim().to_owned()
}

/// An honest step with its parts changed.
fn changed(field: &Field, step: &str, change: impl Fn(&mut Raw)) -> Forged {
    let mut raw = field.honest(step);
    change(&mut raw);
    pushes(field, &field.commit(&raw))
}

/// An honest step whose message says something else.
fn said(field: &Field, step: &str, from: &str, to: &str) -> Forged {
    let raw = field.honest(step).says(from, to);
    pushes(field, &field.commit(&raw))
}

/// An honest step in another agent's name, through and through.
fn acts(field: &Field, step: &str, from: &str, to: &str) -> Forged {
    let mut raw = field.honest(step).says(from, to);
    let (old, new) = (from.trim_start_matches('@'), to.trim_start_matches('@'));
    raw.author = raw.author.replace(old, new);
    pushes(field, &field.commit(&raw))
}

/// An honest step with the text of a file changed.
fn at_path(field: &Field, path: &str, step: &str, changes: &[(&str, &str)]) -> Forged {
    let mut raw = field.honest(step);
    let mut text = field.file(&raw.tree, path);
    for (from, to) in changes {
        assert!(text.contains(from), "no {from} in {text}");
        text = text.replace(from, to);
    }
    raw.tree = field.tree(&raw.tree, &[(path, Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

fn state(field: &Field, file: &str, step: &str, changes: &[(&str, &str)]) -> Forged {
    let path = field.path(&field.honest(step).tree, file);
    at_path(field, &path, step, changes)
}

/// A note with another entry in the place of a file.
fn entry(field: &Field, file: &str, make: for<'a> fn(&'a str) -> Entry<'a>) -> Forged {
    let mut raw = field.honest("note");
    let path = field.path(&raw.tree, file);
    let text = field.file(&raw.tree, &path);
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), make(&text))]);
    pushes(field, &field.commit(&raw))
}

/// A note with a file more.
fn extra(field: &Field, path: &str) -> Forged {
    let mut raw = field.honest("note");
    raw.tree = field.tree(&raw.tree, &[(path, Entry::Text("version: 1\n"))]);
    pushes(field, &field.commit(&raw))
}

/// The records of a state file: what stands before them, and each.
fn records(text: &str) -> (String, Vec<String>) {
    let (head, list) = text.split_once("records:\n").unwrap();
    let mut records: Vec<String> = Vec::new();
    for line in list.split_inclusive('\n') {
        match records.last_mut() {
            Some(last) if !line.trim_start().starts_with("- \"n\":") => last.push_str(line),
            _ => records.push(line.to_owned()),
        }
    }
    (format!("{head}records:\n"), records)
}

fn of_records(field: &Field, change: impl Fn(&mut Vec<String>)) -> Forged {
    let mut raw = field.honest("note");
    let path = field.path(&raw.tree, "A-2.yaml");
    let (head, mut list) = records(&field.file(&raw.tree, &path));
    change(&mut list);
    let text = head + &list.concat();
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

fn dropped_record(field: &Field) -> Forged {
    of_records(field, |list| drop(list.remove(0)))
}

fn reordered_records(field: &Field) -> Forged {
    of_records(field, |list| list.reverse())
}

fn other_content_key(field: &Field) -> Forged {
    let path = field.path(&field.honest("note").tree, "B-1.yaml");
    let text = field.file(&field.honest("note").tree, &path);
    let line = text
        .lines()
        .find(|line| line.contains("content_key:"))
        .unwrap();
    let key = line.split("content_key: ").nth(1).unwrap();
    state(
        field,
        "B-1.yaml",
        "note",
        &[(&key[..40], "1234567890123456789012345678901234567890")],
    )
}

fn mass_deletion(field: &Field) -> Forged {
    let mut raw = field.honest("note");
    raw.tree = field.tree(&raw.tree, &[("governance/state", Entry::Gone)]);
    raw.message = raw.message.replace("note A-2 by @bot", "Sync state");
    pushes(field, &field.commit(&raw))
}

fn governance_as_link(field: &Field) -> Forged {
    let mut raw = field.honest("note");
    let gone = field.tree(&raw.tree, &[("governance", Entry::Gone)]);
    raw.tree = field.tree(&gone, &[("governance", Entry::Link("/etc"))]);
    // A ledger goes on after it, so that a clone opens it.
    pushes(field, &field.commit(&raw))
}

/// The last request once more, under its id, about something else.
fn duplicate_id(field: &Field) -> Forged {
    let id = |raw: &Raw| {
        let line = raw
            .message
            .lines()
            .find_map(|line| line.strip_prefix("Laneway-Id: "));
        line.unwrap().to_owned()
    };
    let before = id(&field.raw(&field.ledger));
    let raw = field.honest("note");
    let own = id(&raw);
    pushes(field, &field.commit(&raw.says(&own, &before)))
}

/// The last request once more, on the tree that it gives: a record under the next number.
fn replayed(field: &Field) -> Forged {
    let mut raw = field.honest("note");
    raw.parents = vec![rev(field, "refs/honest/note")];
    let path = field.path(&raw.tree, "A-2.yaml");
    let (head, mut list) = records(&field.file(&raw.tree, &path));
    let last = list.last().unwrap().clone();
    let n = list.len();
    list.push(last.replace(&format!("\"n\": {n}"), &format!("\"n\": {}", n + 1)));
    let text = head + &list.concat();
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

/// A review dated ten years ahead, in everything that it says.
pub fn from_the_future(field: &Field) -> Forged {
    let mut raw = field.honest("review");
    let at = "2026-11-20T09:00:00Z";
    raw.message = raw.message.replace(at, "2036-11-20T09:00:00Z");
    let (old, new) = ("1795165200", "2110784400");
    assert!(raw.author.contains(old), "{}", raw.author);
    raw.author = raw.author.replace(old, new);
    raw.committer = raw.committer.replace(old, new);
    let path = field.path(&raw.tree, "B-1.yaml");
    let (head, mut list) = records(&field.file(&raw.tree, &path));
    let last = list.pop().unwrap();
    list.push(last.replace(at, "2036-11-20T09:00:00Z"));
    let text = head + &list.concat();
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

fn merge_of_the_target(field: &Field) -> Forged {
    changed(field, "note", |raw| raw.parents.push(field.target.clone()))
}

pub fn empty(field: &Field) -> Forged {
    let mut raw = field.raw(&field.ledger);
    raw.parents = vec![field.ledger.clone()];
    raw.message = "sync\n".to_owned();
    pushes(field, &field.commit(&raw))
}

fn second_beginning(field: &Field) -> Forged {
    changed(field, "note", |raw| raw.parents.clear())
}

/// The commit before the last in another's name, and the last on top of it.
fn rewritten(field: &Field) -> Forged {
    let mut before = field.raw(&format!("{}~1", field.ledger));
    before.author = before.author.replace("@bot", "@two");
    let forged = field.commit(&before);
    let mut last = field.raw(&field.ledger);
    last.parents = vec![forged.clone()];
    let names = Some(forged);
    Forged {
        names,
        ..pushes(field, &field.commit(&last))
    }
}

fn tag_as_ledger(field: &Field) -> Forged {
    field.git(&format!("tag -f -a -m x smuggled {}", field.ledger));
    pushes(field, "refs/tags/smuggled")
}

fn second_ledger(field: &Field) -> Forged {
    let forged = at_path(
        field,
        "governance/ledger.yaml",
        "note",
        &[("branch: laneway", "branch: lane2")],
    );
    others(&[&format!("{}:refs/heads/lane2", forged.ledger.unwrap())])
}

/// A commit on the target with these files.
pub fn on_target(field: &Field, committer: &str, entries: &[(&str, Entry<'_>)]) -> String {
    let mut raw = field.raw(&field.target);
    raw.tree = field.tree(&raw.tree, entries);
    raw.parents = vec![field.target.clone()];
    raw.committer = format!("Somebody <{committer}> 1795165200 +0000");
    raw.message = "change\n".to_owned();
    field.commit(&raw)
}

fn target(field: &Field, file: &str) -> Forged {
    let target = on_target(field, "dana@example.com", &[(file, Entry::Text("1\n"))]);
    Forged {
        target: Some(target),
        ..Forged::default()
    }
}

fn governed(field: &Field, file: &str, text: &str) -> Forged {
    let target = on_target(field, "dana@example.com", &[(file, Entry::Text(text))]);
    Forged {
        target: Some(target),
        ..Forged::default()
    }
}

fn promoted(field: &Field) -> String {
    let path = "governance/identity-map.yaml";
    let map = field.file(&field.target, path);
    let map = map.replace(
        "may: [claim, handoff], emails: [test@",
        "may: [claim, handoff, plan, admin], emails: [test@",
    );
    on_target(field, "bot@example.com", &[(path, Entry::Text(&map))])
}

/// A task added by who may not, by rules of a commit that is on no target.
pub fn promoted_aside(field: &Field) -> Forged {
    let rules = promoted(field);
    let mut raw = field
        .honest("add")
        .says("@dana", "@bot")
        .says(&field.target, &rules);
    raw.author = raw.author.replace("dana", "bot");
    // The rules themselves come along, under a name that nobody minds.
    let others = vec![format!("{rules}:refs/heads/aside")];
    Forged {
        others,
        ..pushes(field, &field.commit(&raw))
    }
}

pub fn promoted_at_once(field: &Field) -> Forged {
    Forged {
        target: Some(promoted(field)),
        ..promoted_aside(field)
    }
}

fn rules_by_bot(field: &Field) -> Forged {
    Forged {
        target: Some(promoted(field)),
        ..Forged::default()
    }
}

fn rules_and_code(field: &Field) -> Forged {
    let entries = [
        ("governance/note.md", Entry::Text("x\n")),
        ("src/z", Entry::Text("1\n")),
    ];
    let target = on_target(field, "dana@example.com", &entries);
    Forged {
        target: Some(target),
        ..Forged::default()
    }
}

fn target_governance_as_link(field: &Field) -> Forged {
    let tree = field.tree(&field.target, &[("governance", Entry::Gone)]);
    let mut raw = field.raw(&field.target);
    raw.tree = field.tree(&tree, &[("governance", Entry::Link("/etc"))]);
    raw.parents = vec![field.target.clone()];
    Forged {
        target: Some(field.commit(&raw)),
        ..Forged::default()
    }
}

fn work(field: &Field, name: &str) -> Forged {
    others(&[&format!("{}:refs/laneway/work/{name}", field.target)])
}
