//! However a source says that a task waits, the task does not become ready.

use serde_json::{Value, json};

use crate::import_links::{definition, import, lines, put, ready, told};
use crate::support::World;

#[test]
fn p13_prose_that_says_what_a_task_waits_for_is_never_passed_over() {
    let world = World::governed();
    let items = [
        ("W-1", "Nothing."),
        ("W-2", "Depends on: W-1 (the schema migration)"),
        ("W-3", "Depends on: none"),
        ("W-4", "Blocked by: the vendor's answer"),
        (
            "W-5",
            "## Blocked by\n\n- W-1\n- [ ] `W-3`, then tea\n\nText.",
        ),
        ("W-6", "Text.\n\n* **Waiting on:** W-1 and the lawyers"),
        ("W-7", "Requires careful thought, which depends on the day."),
    ];
    for (id, body) in items {
        put(
            &world,
            &format!("open/{id}.md"),
            &format!("---\ntitle: t\n---\n{body}\n"),
        );
    }
    let answer = import(&world, "open --from items");
    assert_eq!(ready(&world), ["W-1", "W-3", "W-7"], "{answer}");
    assert_eq!(definition(&world, "W-2")["depends_on"], json!(["W-1"]));
    assert_eq!(definition(&world, "W-2")["parked"], Value::Null);
    assert_eq!(
        definition(&world, "W-5")["depends_on"],
        json!(["W-1", "W-3"])
    );
    assert_eq!(definition(&world, "W-6")["depends_on"], json!(["W-1"]));
    let parked = ["W-4", "W-5", "W-6"];
    for id in parked {
        assert_eq!(definition(&world, id)["parked"], true, "{id}");
    }
    assert_eq!(told(&answer, "prose-dependency").len(), 5, "{answer}");

    let issues = [
        json!({"id": 3, "title": "a"}),
        json!({"id": 4, "title": "b", "body": "Text.\r\n\r\nBlocked by: #3\r\n"}),
        json!({"id": 5, "title": "c", "description": "Depends on #3, which is late."}),
        json!({"id": 6, "title": "d", "body": "Depends on #99"}),
        json!({"id": 7, "title": "e", "body": "### Blocked by\n\n_No response_"}),
    ];
    let other = World::governed();
    put(&other, "i.jsonl", &lines(&issues));
    import(&other, "i.jsonl");
    assert_eq!(ready(&other), ["3", "7"]);
    assert_eq!(definition(&other, "4")["depends_on"], json!(["3"]));
    assert_eq!(definition(&other, "5")["depends_on"], json!(["3"]));
    assert_eq!(definition(&other, "6")["parked"], true);
}

#[test]
fn p13_no_word_for_a_dependency_makes_a_task_ready() {
    let bound = [
        json!({"depends": ["J-1"]}),
        json!({"requires": ["J-1"]}),
        json!({"after": "J-1"}),
        json!({"dependency": "J-1"}),
        json!({"prerequisites": ["J-1"]}),
        json!({"waiting_for": "J-1"}),
        json!({"waitsFor": "J-1"}),
        json!({"Blocked By (Dependencies)": "J-1"}),
        json!({"links": [{"type": "blocked_by", "id": "J-1"}]}),
        json!({"links": [{"type": "is blocked by", "target": {"key": "J-1"}}]}),
        json!({"links": {"blocked_by": ["J-1"]}}),
        json!({"issuelinks": [{"type": {"inward": "is blocked by", "outward": "blocks"},
            "inwardIssue": {"key": "J-1"}}]}),
    ];
    let parked = [
        json!({"blocked": true}),
        json!({"blocked_reason": "the lawyers"}),
        json!({"is_blocked": "yes"}),
        json!({"waits_until": "the audit is over"}),
        json!({"dependent_upon_team": "ops"}),
        json!({"prereq_note": "the lawyers"}),
        json!({"links": [{"type": "must wait for", "id": "J-1"}]}),
        json!({"labels": ["ui", {"name": "blocked"}]}),
        json!({"metadata": {"flow": {"blocked_by": ["J-1"]}}}),
        json!({"custom": [{"relation_type": "blocked", "id": "J-1"}]}),
        json!({"issue_dependencies_summary": {"blocked_by": 1, "blocking": 0}}),
    ];
    let free = [
        json!({"blocked": false}),
        json!({"blocked_by": []}),
        json!({"links": [{"type": "relates to", "id": "J-1"}, "https://example.com"]}),
        json!({"blockedCount": 0, "independent": true}),
        json!({"dependencies": "none"}),
        json!({"requires": ["docker"]}),
        json!({"issue_dependencies_summary": {"blocked_by": 0, "blocking": 3}}),
        json!({"metadata": {"blocked": false, "type": "bug"}}),
        json!({"body": "Once more: #9 depends on J-1, and `x` blocked by J-1."}),
    ];
    let world = World::governed();
    let mut issues = vec![json!({"id": "J-1", "title": "first", "blocks": ["J-2", "J-99"]})];
    issues.push(json!({"id": "J-2", "title": "second"}));
    let mut wanted = vec!["J-1".to_owned()];
    for (sort, entries) in [("B", &bound[..]), ("P", &parked[..]), ("F", &free[..])] {
        for (n, entry) in entries.iter().enumerate() {
            let mut entry = entry.clone();
            entry["id"] = format!("{sort}-{n}").into();
            entry["title"] = "t".into();
            issues.push(entry);
        }
    }
    wanted.extend((0..free.len()).map(|n| format!("F-{n}")));
    wanted.sort();
    put(&world, "q.jsonl", &lines(&issues));
    let answer = import(&world, "q.jsonl");
    assert_eq!(ready(&world), wanted, "{answer}");
    for n in 0..bound.len() {
        let task = definition(&world, &format!("B-{n}"));
        assert_eq!(task["depends_on"], json!(["J-1"]), "{task}");
        assert_eq!(task["parked"], Value::Null, "{task}");
    }
    for n in 0..parked.len() {
        let id = format!("P-{n}");
        assert_eq!(definition(&world, &id)["parked"], true, "{id}");
        let all = answer["data"]["anomalies"].as_array().unwrap().iter();
        let said = all.filter(|one| one["what"].as_str().unwrap().contains(&format!("`{id}`")));
        assert!(said.count() > 0, "{id}");
    }
    assert_eq!(definition(&world, "J-2")["depends_on"], json!(["J-1"]));
    let said = told(&answer, "dependency-unknown");
    assert!(
        said.iter().any(|one| one.contains("`J-1` blocks `J-99`")),
        "{said:?}"
    );
    world.laneway("audit verify").code(0);
}

#[test]
fn a_word_that_waits_can_be_ignored_by_the_map() {
    let world = World::governed();
    let issue = json!({"id": "J-1", "title": "t", "wait_class": "c", "blocked": true});
    put(&world, "q.jsonl", &lines(&[issue]));
    put(
        &world,
        "map.yaml",
        "version: 1\nignore: [wait_class, blocked]\n",
    );
    world.quietly("import q.jsonl --map map.yaml --role A-backend --as @dana");
    assert_eq!(ready(&world), ["J-1"]);
}

/// Imports entries, each with its id and title, and tells the ready ones.
fn ready_of(world: &World, entries: &[(&str, Value)]) -> (Vec<String>, Value) {
    let issues = entries.iter().map(|(id, entry)| {
        let mut entry = entry.clone();
        entry["number"] = (*id).into();
        entry["title"] = "t".into();
        entry
    });
    put(world, "q.jsonl", &lines(&issues.collect::<Vec<_>>()));
    let answer = import(world, "q.jsonl");
    (ready(world), answer)
}

#[test]
fn p13_a_connection_is_read_as_the_links_in_it() {
    let world = World::governed();
    let none = json!({"nodes": [], "totalCount": 0});
    let repository = json!({"nameWithOwner": "else/where"});
    let entries = [
        ("1", json!({"blockedBy": none, "blocking": none})),
        (
            "2",
            json!({"blockedBy": {"nodes": [{"number": 1}], "totalCount": 1}}),
        ),
        (
            "3",
            json!({"blockedBy": {"edges": [{"node": {"number": 1}}]}}),
        ),
        (
            "4",
            json!({"blockedBy": {"totalCount": 0}, "subs": {"blockedBy": none}}),
        ),
        (
            "5",
            json!({"blockedBy": {"nodes": null, "pageInfo": {"hasNextPage": false}}}),
        ),
        // What the export cut off, or may not show, is no less waited for.
        (
            "6",
            json!({"blockedBy": {"nodes": [{"number": 1}], "totalCount": 3}}),
        ),
        (
            "7",
            json!({"blockedBy": {"nodes": [null], "totalCount": 1}}),
        ),
        (
            "8",
            json!({"blockedBy": {"nodes": [], "pageInfo": {"hasNextPage": true}}}),
        ),
        ("9", json!({"blockedBy": {"totalCount": 2}})),
        (
            "10",
            json!({"blockedBy": {"nodes": [{"number": 1, "repository": repository}]}}),
        ),
        (
            "11",
            json!({"blocking": {"nodes": [{"number": 12}], "totalCount": 1}}),
        ),
        ("12", json!({})),
        // No connection that can be read frees anything.
        (
            "odd-1",
            json!({"blockedBy": {"nodes": "1", "totalCount": 0}}),
        ),
        (
            "odd-2",
            json!({"blockedBy": {"nodes": [], "totalCount": "many"}}),
        ),
        ("odd-3", json!({"blockedBy": {"edges": [{"to": 1}]}})),
        ("odd-4", json!({"blockedBy": {"id": "1", "totalCount": 0}})),
        (
            "odd-5",
            json!({"blockedBy": {"nodes": [], "edges": [], "totalCount": "0"}}),
        ),
        (
            "odd-6",
            json!({"blockedBy": {"nodes": [], "edges": [{"node": {"number": 1}}]}}),
        ),
    ];
    let (ready, answer) = ready_of(&world, &entries);
    assert_eq!(ready, ["1", "11", "4", "5", "odd-5"], "{answer}");
    for id in ["2", "3", "odd-4", "odd-6"] {
        assert_eq!(definition(&world, id)["depends_on"], json!(["1"]), "{id}");
        assert_eq!(definition(&world, id)["parked"], Value::Null, "{id}");
    }
    assert_eq!(definition(&world, "12")["depends_on"], json!(["11"]));
    assert_eq!(definition(&world, "6")["depends_on"], json!(["1"]));
    let said = told(&answer, "dependency-unknown");
    for id in ["6", "7", "8", "9", "10", "odd-1", "odd-2", "odd-3"] {
        assert_eq!(definition(&world, id)["parked"], true, "{id}");
        assert!(
            said.iter().any(|one| one.contains(&format!("`{id}`"))),
            "{said:?}"
        );
    }
    world.laneway("audit verify").code(0);
}

#[test]
fn what_holds_up_others_waits_for_nothing_itself() {
    let world = World::governed();
    let sums = |by: u32, total_by: u32| {
        json!({"issue_dependencies_summary": {"blocked_by": by, "total_blocked_by": total_by,
            "blocking": 1, "total_blocking": 1}})
    };
    let entries = [
        ("1", sums(0, 0)),
        ("2", sums(1, 1)),
        ("3", sums(0, 1)),
        (
            "4",
            json!({"totalBlocking": 2, "blockingCount": 2, "open_dependents": 1}),
        ),
        ("5", json!({"open_blockers": 1})),
    ];
    let (found, answer) = ready_of(&world, &entries);
    assert_eq!(found, ["1", "4"], "{answer}");
}

#[test]
fn a_heading_with_an_explanation_says_what_it_holds_up() {
    let world = World::governed();
    let asana = "id,Name,Blocked By (Dependencies),Blocking (Dependencies)\n\
                 A-1,first,,A-2\nA-2,second,A-1,\nA-3,third,,A-4\nA-4,fourth,,\nA-5,fifth,,A-99\n";
    put(&world, "asana.csv", asana);
    let answer = import(&world, "asana.csv");
    assert_eq!(ready(&world), ["A-1", "A-3", "A-5"], "{answer}");
    assert_eq!(definition(&world, "A-4")["depends_on"], json!(["A-3"]));
    let said = told(&answer, "dependency-unknown");
    assert!(
        said.iter().any(|one| one.contains("`A-5` blocks `A-99`")),
        "{said:?}"
    );
}

#[test]
fn p13_only_whole_words_say_that_an_entry_waits() {
    let free = [
        json!({"block_size": 4096, "blockHeight": "12", "wait_seconds": 30}),
        json!({"waitingTime": "3d", "wait_timeout": "1h 30m", "waitTime": "PT5M"}),
        json!({"blockchain": "main", "dependabot": true, "waiter": "Ann", "blocklist": ["x"]}),
        json!({"independent": true, "unblocked": true}),
        json!({"metadata": {"io": {"block-size": "4 KiB"}}}),
    ];
    let bound = [
        json!({"isBlocked": true}),
        json!({"is_blocked": 1}),
        json!({"isblocked": true}),
        json!({"BLOCKED": "yes"}),
        json!({"openBlockers": 2}),
        json!({"blockedbytask": "F-0"}),
        json!({"blockingNumber": 7}),
        json!({"wait": "for the lawyers"}),
        json!({"waitingForIssue": 7}),
        json!({"wait_until": "2026-12-01"}),
        json!({"awaitingReview": "Ann"}),
        json!({"predecessorId": 3}),
        json!({"blocking_task": 7}),
        json!({"On Hold": true}),
        json!({"on_hold_since": "May"}),
        json!({"blockedDays": 3}),
        json!({"waiting": 1}),
        json!({"metadata": {"dependsOnTeam": "ops"}}),
        json!({"links": [{"type": "isBlockedBy", "id": "F-0"}]}),
        json!({"links": [{"type": "isblockedby", "id": "F-0"}]}),
    ];
    let world = World::governed();
    let names = |sort: &str, count: usize| (0..count).map(|n| format!("{sort}-{n}")).collect();
    let (wanted, parked): (Vec<String>, Vec<String>) =
        (names("F", free.len()), names("P", bound.len()));
    let ids = wanted.iter().chain(&parked).map(String::as_str);
    let entries: Vec<_> = ids.zip(free.iter().chain(&bound).cloned()).collect();
    let (ready, answer) = ready_of(&world, &entries);
    assert_eq!(ready, wanted, "{answer}");
}

#[test]
fn p13_prose_that_names_nothing_holds_nothing_up() {
    let world = World::governed();
    let entries = [
        ("A-1", "Dependencies: None yet."),
        ("A-2", "Requires: Rust 1.89"),
        ("A-3", "Blocked by: n.a."),
        ("A-4", "Depends on: nothing, as far as I know."),
        ("A-5", "## Dependencies\n\n- No known dependencies.\n"),
        ("A-6", "## Requires\n\n- docker\n- python-3\n"),
        ("A-7", "Requires: Rust 1.89, A-1"),
        ("B-1", "Dependencies: None but #12"),
        ("B-2", "Blocked by: nothing works until the vendor answers"),
        ("B-3", "Requires: A-99"),
        ("B-4", "Requires: B-99 first"),
        ("B-5", "Requires: #99"),
        ("B-6", "Depends on: none, except the vendor"),
        ("B-7", "Dependencies: no decision yet"),
    ];
    let entries = entries.map(|(id, body)| (id, json!({"body": body})));
    let (found, answer) = ready_of(&world, &entries);
    let wanted = ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6"];
    assert_eq!(found, wanted, "{answer}");
    assert_eq!(definition(&world, "A-7")["depends_on"], json!(["A-1"]));
    assert_eq!(definition(&world, "A-7")["parked"], Value::Null);
    // A remark is told, since it may have been meant.
    let said = told(&answer, "prose-dependency");
    for text in ["Rust 1.89`", "docker", "python-3"] {
        let remark = said.iter().find(|one| one.contains(text));
        assert!(
            remark.is_some_and(|one| !one.contains("parked")),
            "{said:?}"
        );
    }
}
