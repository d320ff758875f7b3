use super::*;
use crate::ledger::yaml::{Limits, parse, to_tree};
use proptest::prelude::*;

/// Everything that has ever been read as something else.
const TRAPS: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "Null",
    "true",
    "True",
    "yes",
    "NO",
    "on",
    "y",
    "010",
    "1_000",
    "1e3",
    "0x1F",
    "0o7",
    "0b1",
    "1:20",
    "2026-11-20",
    "2026-11-20T09:00:00Z",
    ".inf",
    "-.INF",
    ".nan",
    "-",
    "--- a",
    "...",
    "... x",
    "- a",
    "?",
    "? a",
    ":",
    "a:",
    "a: b",
    "a :b",
    "a #b",
    "#a",
    "a#b",
    "@a",
    "`a`",
    "%a",
    "!a",
    "&a",
    "*a",
    "|",
    ">",
    "'a'",
    "\"a\"",
    "a\"b",
    "a\\b",
    "[a]",
    "{a: b}",
    "a, b",
    "a\nb",
    "a\nb\n",
    "a\n\nb\n",
    "a\n\n",
    "\na",
    " a\nb",
    "a\n b",
    "a \nb",
    "a\tb",
    "\ta\nb",
    "a\n\tb",
    "a\r\nb",
    "\u{feff}a",
    "\u{85}",
    "\u{2028}",
    "\u{202e}x",
    "é",
    "漢字",
    "🦀",
    "\u{0}",
    "\u{7f}",
    "\u{a0}",
    "\u{ffff}",
    "\u{10ffff}",
    "<<",
    "=",
    "a  ",
    "1/3",
    "4f2c1e0",
    "1e10",
    "12:30:45",
    "go test ./...",
    "a\n---\nb\n",
    "a\n# b\n",
    "key: |\n",
    "<<<<<<< HEAD\n",
    "\n",
    "\n\n",
];

fn reads_back(tree: &Tree) {
    let text = emit(tree);
    let node = parse(&text, Limits::PLAN).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(&Tree::from(&node), tree, "{text}");
    assert_eq!(emit(&Tree::from(&node)), text);
}

#[test]
fn every_trap_reads_back_as_the_same_text() {
    for trap in TRAPS {
        let text = Tree::from(*trap);
        let pair = |value: &Tree| Tree::Map(vec![((*trap).to_owned(), value.clone())]);
        for tree in [
            text.clone(),
            pair(&text),
            Tree::List(vec![text.clone(), text.clone()]),
            Tree::List(vec![Tree::List(vec![text.clone()]), pair(&pair(&text))]),
            Tree::Map(vec![
                ("a".to_owned(), pair(&text)),
                ("b".to_owned(), Tree::Int(1)),
            ]),
        ] {
            reads_back(&tree);
        }
        let flow = format!("[{}]", emit_scalar(&text, Context::Flow));
        let node = parse(&flow, Limits::PLAN).unwrap();
        assert_eq!(Tree::from(&node), Tree::List(vec![text]), "{flow}");
    }
}

#[test]
fn state_files_have_this_form() {
    #[derive(serde::Serialize)]
    struct Claim<'a> {
        agent: &'a str,
        lane: &'a str,
        at: &'a str,
        epoch: u32,
        done: bool,
        none: Option<u8>,
        paths: Vec<&'a str>,
        records: Vec<(u8, &'a str)>,
        note: &'a str,
    }
    let claim = Claim {
        agent: "@a",
        lane: "A-backend:1",
        at: "2026-11-21T08:15:02Z",
        epoch: 3,
        done: false,
        none: None,
        paths: vec!["internal/**", "**/x"],
        records: vec![(1, "x")],
        note: "first line\n\n  second line\n",
    };
    let expected = "\
agent: \"@a\"
lane: A-backend:1
at: \"2026-11-21T08:15:02Z\"
epoch: 3
done: false
none: null
paths:
  - internal/**
  - \"**/x\"
records:
  - - 1
    - x
note: |
  first line

    second line
";
    assert_eq!(emit(&to_tree(&claim).unwrap()), expected);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(TRAPS).prop_map(str::to_owned),
        "[a-z0-9:# .\\-\\n\\t'\"\\[\\]{}|>&*!%@,?_~]{0,12}",
        any::<String>(),
    ]
}

pub(crate) fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        any_text().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let map = proptest::collection::btree_map(any_text(), inner.clone(), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Tree::List),
            map.prop_map(|entries| Tree::Map(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_tree_reads_back(tree in any_tree()) {
        reads_back(&tree);
    }
}
