//! The three-way merge of plan texts against an oracle over values (X17, P14).

mod oracle;
mod plans;

use std::collections::{BTreeMap, BTreeSet};

use laneway::ledger::plan_merge::{Clash, Labels, Merged, merge};
use laneway::ledger::yaml::{Limits, Node, parse};
use oracle::{expected, unordered};
use plans::{Dice, Plan};
use serde_json::{Map, Value as Json};

const LABELS: Labels<'_> = Labels {
    ours: "ours",
    theirs: "theirs",
    marker: 7,
};

/// Number of generated cases.
fn cases() -> u64 {
    match std::env::var_os("LANEWAY_SOAK") {
        Some(value) if !value.is_empty() && value != "0" => 5_000,
        _ => 500,
    }
}

fn merged(base: &str, ours: &str, theirs: &str) -> Merged {
    merge(base, ours, theirs, &LABELS)
        .unwrap_or_else(|odd| panic!("{odd}\n{base}\n{ours}\n{theirs}"))
}

/// The text with every conflict settled our way.
fn settled(text: &str) -> String {
    let mut ours = true;
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        match line.trim_end() {
            "<<<<<<< ours" => ours = true,
            "=======" => ours = false,
            ">>>>>>> theirs" => ours = true,
            _ if ours => kept.push_str(line),
            _ => {}
        }
    }
    kept
}

fn values(text: &str) -> BTreeMap<String, Map<String, Json>> {
    let root = parse(text, Limits::PLAN).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let tasks = root.get("tasks").and_then(Node::as_seq).unwrap_or_default();
    let mut found = BTreeMap::new();
    for task in tasks {
        let Json::Object(map) = task.to_json() else {
            panic!("no mapping: {text}")
        };
        let id = map["id"].as_str().unwrap().to_owned();
        assert!(found.insert(id, unordered(&map)).is_none(), "twice: {text}");
    }
    found
}

fn names(clashes: &[Clash]) -> BTreeSet<(String, Option<String>)> {
    clashes
        .iter()
        .map(|clash| (clash.task.clone(), clash.field.clone()))
        .collect()
}

/// One generated case.
fn case(seed: u64) -> [Plan; 3] {
    let mut dice = Dice::new(seed);
    let base = Plan::random(&mut dice);
    let ours = base.changed(&mut dice, "ours");
    let mut theirs = base.changed(&mut dice, "theirs");
    if dice.one_in(6) {
        theirs.head = theirs.head.replace("The plan", "Their plan");
    }
    if dice.one_in(8) {
        theirs.dash += 2;
        theirs.dash %= 4;
    }
    [base, ours, theirs]
}

#[test]
fn p14_a_merge_of_plans_says_what_the_oracle_says() {
    let mut clean = 0;
    for seed in 0..cases() {
        let [base, ours, theirs] = case(seed);
        let [b, o, t] = [&base, &ours, &theirs].map(Plan::write);
        let result = merged(&b, &o, &t);
        let wanted = expected(&base, &ours, &theirs);
        let told = format!(
            "seed {seed}\n{b}\n=== ours\n{o}\n=== theirs\n{t}\n=== result\n{}",
            result.text
        );
        assert_eq!(names(&result.clashes), wanted.clashes, "{told}");
        let wanted: BTreeMap<_, _> = wanted
            .ours
            .iter()
            .map(|(id, map)| (id.clone(), unordered(map)))
            .collect();
        assert_eq!(values(&settled(&result.text)), wanted, "{told}");
        clean += usize::from(result.clashes.is_empty());
    }
    // Both kinds come often, or the cases say little.
    let all = usize::try_from(cases()).unwrap();
    assert!(
        clean > all / 5 && clean < all * 4 / 5,
        "{clean} of {all} are clean"
    );
}

#[test]
fn p14_a_merge_keeps_the_bytes_of_untouched_tasks_and_every_comment() {
    let mut untouched = 0;
    for seed in 0..cases() {
        let [base, ours, theirs] = case(seed);
        let [b, o, t] = [&base, &ours, &theirs].map(Plan::write);
        let result = merged(&b, &o, &t).text;
        let told =
            || format!("seed {seed}\n{b}\n=== ours\n{o}\n=== theirs\n{t}\n=== result\n{result}");
        // Where we changed nothing, all bytes are theirs.
        let bytes = if o == b { &theirs } else { &ours };
        for task in &base.tasks {
            if ours.get(&task.id) == Some(task) && theirs.get(&task.id) == Some(task) {
                let lines = bytes.ends(task.write(bytes.dash));
                assert!(
                    result.contains(lines.trim_start()),
                    "{}: {}",
                    task.id,
                    told()
                );
                untouched += 1;
            }
        }
        for (one, other) in [(&ours, &theirs), (&theirs, &ours)] {
            for task in &one.tasks {
                // What the other side removed without a conflict takes its comments along.
                let was = base.get(&task.id);
                let Some(beside) = other.get(&task.id) else {
                    continue;
                };
                let known = was.map(plans::Task::remarks).unwrap_or_default();
                let shared = beside.remarks();
                for remark in task.remarks() {
                    if shared.contains(&remark) || !known.contains(&remark) {
                        assert!(result.contains(&remark), "{remark} is lost: {}", told());
                    }
                }
            }
        }
        let carriages = result.matches("\r\n").count();
        let ends = if ours.crlf {
            result.matches('\n').count()
        } else {
            0
        };
        assert_eq!(carriages, ends, "{}", told());
    }
    assert!(untouched > 100, "{untouched} tasks were untouched");
}

#[test]
fn p14_a_side_that_changed_nothing_has_no_say() {
    for seed in 0..cases() / 5 {
        let [base, ours, theirs] = case(seed);
        let [b, o, t] = [&base, &ours, &theirs].map(Plan::write);
        assert_eq!(merged(&b, &o, &b).text, o);
        assert_eq!(merged(&b, &b, &t).text, t);
        assert_eq!(merged(&b, &o, &o).text, o);
    }
}

#[test]
fn p14_a_merge_the_other_way_round_says_the_same() {
    for seed in 0..cases() / 2 {
        let [base, ours, theirs] = case(seed);
        let [b, o, t] = [&base, &ours, &theirs].map(Plan::write);
        let (one, other) = (merged(&b, &o, &t), merged(&b, &t, &o));
        assert_eq!(names(&one.clashes), names(&other.clashes), "seed {seed}");
        if one.clashes.is_empty() {
            assert_eq!(values(&one.text), values(&other.text), "seed {seed}");
        }
    }
}

#[test]
fn a_conflict_is_marked_around_its_field_only() {
    let base = "version: 1\ntasks:\n  # first\n  - id: A\n    title: x # t\n    role: r\n    priority: 1\n";
    let ours = base
        .replace("title: x", "title: y")
        .replace("priority: 1", "priority: 2");
    let theirs = base
        .replace("title: x", "title: 'z'")
        .replace("role: r", "role: s");
    let result = merged(base, &ours, &theirs);
    assert_eq!(
        result.text,
        "version: 1\ntasks:\n  # first\n  - id: A\n<<<<<<< ours\n    title: y # t\n=======\n    \
         title: 'z' # t\n>>>>>>> theirs\n    role: s\n    priority: 2\n"
    );
    assert_eq!(
        names(&result.clashes),
        BTreeSet::from([("A".to_owned(), Some("title".to_owned()))])
    );
}

#[test]
fn p14_a_number_is_what_stands_there() {
    let plan = |value: &str| {
        format!("version: 1\ntasks:\n  - id: A\n    title: x\n    role: r\n    x-n: {value}\n")
    };
    for (base, ours, theirs, kept) in [
        (
            "18446744073709551610",
            "18446744073709551610  # why",
            "18446744073709551612",
            None,
        ),
        ("1.10", "1.10", "1.100", Some("1.100")),
        ("1.10", "1.10  # why", "1.1", None),
        ("1.10", "\"1.10\"", "1.10", Some("\"1.10\"")),
        ("{a: 1e400}", "{a: 1e400}", "{a: 1e401}", Some("{a: 1e401}")),
    ] {
        let result = merged(&plan(base), &plan(ours), &plan(theirs));
        assert!(result.clashes.is_empty(), "{ours}, {theirs}");
        // A comment on a line that goes stands above the one that comes.
        let with_why = plan(theirs).replace("    x-n", "    # why\n    x-n");
        assert_eq!(result.text, kept.map_or(with_why, plan));
    }
    for (ours, theirs) in [
        ("18446744073709551611", "18446744073709551612"),
        ("1.1", "1.100"),
        ("[1.5, a]", "[1.5, b]"),
    ] {
        let result = merged(&plan("1.10"), &plan(ours), &plan(theirs));
        let [clash] = &result.clashes[..] else {
            panic!("{ours}, {theirs}: {}", result.text)
        };
        let base = clash.base.as_ref().and_then(Json::as_str);
        assert_eq!(base, Some("1.10"), "as people read it");
    }
}

#[test]
fn a_merge_that_is_not_by_tasks_says_why() {
    let base = "version: 1\ntasks:\n  - {id: A, title: x}\n  - id: B\n    title: b\n";
    let ours = base.replace("title: x", "title: y");
    let theirs = base.replace("title: x", "title: x, role: r");
    let odd =
        |base: &str, ours: &str, theirs: &str| merge(base, ours, theirs, &LABELS).unwrap_err().0;
    assert!(odd(base, &ours, &theirs).contains("not written as one key below the other"));
    let plain = "version: 1\ntasks:\n  - id: A\n";
    assert!(
        odd(
            plain,
            &format!("{plain}    title: x\n"),
            "version: 1\ntasks: [\n"
        )
        .starts_with("theirs: ")
    );
    let crlf = plain.replace('\n', "\r\n") + "    title: x\r\n";
    assert_eq!(
        odd(plain, &crlf, &format!("{plain}    role: r\n")),
        "the line ends differ"
    );
    let two = format!("{plain}---\n{plain}");
    assert!(odd(plain, &format!("{plain}    title: x\n"), &two).starts_with("theirs: "));
    // A merge whose result has no sense as a plan is left to git.
    let (ours, theirs) = (
        format!("{plain}    title: x\n"),
        format!("{plain}    status: done\n"),
    );
    assert!(odd(plain, &ours, &theirs).contains("no plan"));
}
