//! Random documents, random edits: only the expected lines change, or nothing does.

use proptest::prelude::*;

use super::*;
use crate::ledger::yaml::{Limits, Node, parse};

/// One way to write a value of the key `K` in a task, with `I` for the indentation of the key.
const ENTRIES: &[&str] = &[
    "K: 1\n",
    "K: x # c\n",
    "K: 'q'\n",
    "K: \"d\" # c\n",
    "K:\n",
    "K: ~ # c\n",
    "K: [a, 'b']\n",
    "K: []\n",
    "K: |\nI  l\n\nI   m\n",
    "K: |+\nI  l\n\n",
    "K: |-\nI  l\n\n",
    "K: >-\nI  l\nI  m\n",
    "K: |2-\nI   l\n",
    "K: # c\nI  - a # c\nI  # d\nI  - 'b'\n",
    "K:\nI- a\nI- b\n",
    "K:\nI  k: 1\nI  l:\nI    - m\n",
    "K: p\nI  q\nI  r # c\n",
    "K: \"s\nI  t\"\n",
    "K:\nI  far\n",
    "K: {a: b} # c\n",
    "K: ü漢🦀\n",
    "K:\nI  - |\nI    x\nI  - y\n",
    "K: |\n",
    "K: 2026-11-20\n",
    "'K' :  1  \n",
];

const BETWEEN: &[&str] = &[
    "",
    "",
    "",
    "\n",
    "# c\n",
    "      # deep\n",
    "   \n",
    "\n# c\n\n",
];

const VALUES: &[&str] = &[
    "x", "true", "", "a: b", "a\nb\n", "a\n\n  b", " x\ny", "a\n\n", "ü #", "'", "\"", "[a]", "~",
    "1\n2",
];

#[derive(Debug, Clone)]
struct Plan {
    tasks: Vec<Vec<(usize, usize)>>,
    indent: usize,
    head: &'static str,
    crlf: bool,
    unfinished: bool,
}

impl Plan {
    fn text(&self) -> String {
        let outer = " ".repeat(self.indent);
        let inner = " ".repeat(self.indent + 2);
        let mut text = format!("{}version: 1\ntasks: # all\n", self.head);
        for (number, task) in self.tasks.iter().enumerate() {
            text.push_str(&format!("{outer}- id: T{number}\n"));
            for (at, (entry, between)) in task.iter().enumerate() {
                let entry = ENTRIES[*entry]
                    .replace('I', &inner)
                    .replace('K', &format!("k{at}"));
                text.push_str(&format!("{inner}{entry}{}", BETWEEN[*between]));
            }
        }
        text.push_str("end: 1\n");
        let text = if self.crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        };
        if self.unfinished {
            text.trim_end().to_owned()
        } else {
            text
        }
    }
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let entry = (0..ENTRIES.len(), 0..BETWEEN.len());
    let task = proptest::collection::vec(entry, 1..5);
    let head =
        proptest::sample::select(&["", "\u{feff}", "# c\n", "---\n", "%YAML 1.2\n---\n"][..]);
    (
        proptest::collection::vec(task, 1..4),
        0..3_usize,
        head,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(tasks, indent, head, crlf, unfinished)| Plan {
            tasks,
            indent,
            head,
            crlf,
            unfinished,
        })
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let id = (0..3_usize).prop_map(|number| format!("T{number}"));
    let key = (0..5_usize).prop_map(|number| format!("k{number}"));
    let value = || proptest::sample::select(VALUES).prop_map(str::to_owned);
    let route = || (id.clone(), key.clone()).prop_map(|(id, key)| Route::task(&id).then(&*key));
    prop_oneof![
        3 => (route(), value()).prop_map(|(route, value)| Edit::SetScalar { route, value: Atom::Text(value) }),
        1 => (route(), any::<i64>()).prop_map(|(route, value)| Edit::SetScalar { route, value: Atom::Int(value) }),
        3 => (route(), proptest::collection::vec(value(), 0..4))
            .prop_map(|(route, items)| Edit::SetList { route, items }),
        2 => route().prop_map(|route| Edit::RemoveKey { route }),
        1 => Just(append("NEW")),
        1 => id.prop_map(|id| Edit::RemoveTask { id }),
        1 => Just(Edit::RemoveKey { route: Route::key("version") }),
        1 => Just(Edit::SetScalar { route: Route::key("version"), value: Atom::Int(2) }),
        1 => Just(Edit::SetScalar { route: Route::key("new"), value: Atom::Int(2) }),
    ]
}

/// The task an edit is about, or the empty string for the root.
fn subject(edit: &Edit) -> String {
    match edit {
        Edit::SetScalar { route, .. } | Edit::SetList { route, .. } | Edit::RemoveKey { route } => {
            match route.0.get(1) {
                Some(super::super::Step::Item { value, .. }) => value.clone(),
                _ => String::new(),
            }
        }
        Edit::RemoveTask { id } => id.clone(),
        _ => String::new(),
    }
}

fn comments(text: &str) -> usize {
    text.lines()
        .filter(|line| line.trim_start().starts_with('#'))
        .count()
}

/// The bytes of each task with its id, from its dash to the next one.
fn tasks(text: &str) -> Vec<(String, String)> {
    let node = parse(text, Limits::PLAN).unwrap();
    let tasks = node.get("tasks").and_then(Node::as_seq).unwrap_or_default();
    let starts: Vec<usize> = tasks.iter().map(|task| task.span.range().start).collect();
    tasks
        .iter()
        .map(|task| {
            let start = task.span.range().start;
            let after = starts.iter().find(|next| **next > start).copied();
            let end = after.unwrap_or_else(|| text.rfind("end: 1").unwrap());
            let end = text[..end].rfind('\n').unwrap() + 1;
            (
                task.get("id").and_then(Node::as_str).unwrap().to_owned(),
                text[start..end].to_owned(),
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_touches_its_task_only(plan in any_plan(), edit in any_edit()) {
        let before = plan.text();
        prop_assert!(parse(&before, Limits::PLAN).is_ok(), "{before}");
        let Ok(after) = edited(&before, &edit) else { return Ok(()) };
        let about = subject(&edit);
        let lines_end = |text: &str| (text.matches("\r\n").count(), text.matches('\n').count());
        let (crlf, all) = lines_end(&after);
        prop_assert!(crlf == if plan.crlf { all } else { 0 }, "{after:?}");
        prop_assert_eq!(after.ends_with('\n'), before.ends_with('\n'));
        prop_assert_eq!(after.starts_with('\u{feff}'), before.starts_with('\u{feff}'));
        let old = tasks(&before);
        let new = tasks(&after);
        for (at, (id, text)) in old.iter().enumerate() {
            // The text of a task runs up to the next dash: the last one before an appended task
            // may lose blank lines and comments to it.
            let followed = at + 1 == old.len() && matches!(edit, Edit::AppendTasks { .. });
            if *id == about || followed {
                continue;
            }
            let found = new.iter().find(|(new_id, _)| new_id == id).map(|(_, text)| text.as_str());
            let before_removed =
                matches!(edit, Edit::RemoveTask { .. }) && old.get(at + 1).is_some_and(|(id, _)| *id == about);
            if before_removed {
                prop_assert!(found.is_some_and(|found| found.starts_with(text.as_str())), "{before}\n{after}");
            } else {
                prop_assert_eq!(found, Some(text.as_str()));
            }
        }
        if about.is_empty() {
            prop_assert_eq!(comments(&before), comments(&after));
        }
    }

    #[test]
    fn edits_are_rarely_refused(plan in any_plan(), edit in any_edit()) {
        let before = plan.text();
        if let Err(error) = edited(&before, &edit) {
            let known = matches!(&error, EditError::Route(_)) || matches!(&error, EditError::Unverified(_));
            prop_assert!(known, "{error:?}\n{before}");
            if let EditError::Unverified(_) = &error {
                prop_assert!(false, "{edit:?}\n{before}");
            }
        }
    }

    #[test]
    fn an_edit_made_twice_changes_nothing_more(plan in any_plan(), edit in any_edit()) {
        let repeatable = matches!(edit, Edit::SetScalar { .. } | Edit::SetList { .. } | Edit::RemoveKey { .. });
        if repeatable && let Ok(once) = edited(&plan.text(), &edit) {
            prop_assert_eq!(edited(&once, &edit), Ok(once));
        }
    }

    #[test]
    fn damaged_documents_are_answered_without_panic(
        plan in any_plan(),
        edit in any_edit(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), damage()), 1..4),
    ) {
        let mut text: Vec<char> = plan.text().chars().collect();
        for (at, (drop, insert)) in damage {
            let at = at.index(text.len());
            let end = (at + drop).min(text.len());
            text.splice(at..end, insert.chars());
        }
        let before: String = text.into_iter().collect();
        if let Ok(after) = edited(&before, &edit) {
            prop_assert!(parse(&after, Limits::PLAN).is_ok());
        }
    }
}

/// How many characters go, and what comes in their place.
fn damage() -> impl Strategy<Value = (usize, &'static str)> {
    const BITS: &[&str] = &[
        "", " ", "  ", "\n", "\r\n", "\t", "-", "- ", "- - ", ":", ": ", "#", " # é", "[", "]",
        "{", "}", ",", "|", ">", "|+\n", "'", "\"", "? ", "é", "\u{feff}", "---\n", "...\n", "&a ",
        "*a", "!t ", "%", "id: ", "T1",
    ];
    (0..4_usize, proptest::sample::select(BITS))
}
