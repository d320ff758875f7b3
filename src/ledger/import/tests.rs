//! What is written as a plan file reads back as what it was.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{csv_table, origins, read_csv, table_cells, texts};
use crate::domain::id::TaskId;
use crate::domain::import::{FirstStanding, ImportedTask, Origin};
use crate::ledger::format::v1::request::define;
use crate::ledger::yaml::{self, Limits, Node};

/// Texts that YAML, Markdown and terminals like to misread.
fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "no",
        "010",
        "~",
        "null",
        "=cmd()",
        "- x",
        "a: b",
        "# c",
        "'",
        "\"",
        "|",
        "yes\nno\n",
        "  two\n\n three  \n",
        "\u{202e}x",
        "ž",
        "{{7*7}}",
        "<script>",
        "end\n\n\n",
        "\tt",
        "\0",
        "\u{7f}\u{85}\u{2028}",
        "\r\n",
        "\r",
    ]);
    prop_oneof![odd.prop_map(str::to_owned), "[ -~\n]{0,60}"]
}

fn definition() -> impl Strategy<Value = Map<String, Value>> {
    let line = "[A-Za-z][ -~]{0,30}[a-z]";
    let extra = prop::collection::btree_map("x-[ -~]{1,8}", value(), 0..4);
    (
        "[A-Z]{1,3}-[0-9]{1,4}",
        line,
        any::<bool>(),
        1..=9_i64,
        text(),
        extra,
    )
        .prop_map(|(id, title, parked, priority, notes, extra)| {
            let mut map = Map::new();
            map.insert("id".to_owned(), id.into());
            map.insert("title".to_owned(), title.into());
            map.insert("role".to_owned(), "A-backend".into());
            map.insert("priority".to_owned(), priority.into());
            if parked {
                map.insert("parked".to_owned(), true.into());
            }
            map.extend(extra);
            map.insert("notes".to_owned(), notes.into());
            map
        })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{0,6}", inner, 0..3)
                .prop_map(|map| Value::from(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn p14_definitions_come_back_from_a_plan_file_word_for_word(
        definitions in prop::collection::vec(definition(), 1..6),
        from in text(),
        remark in prop::option::of(text()),
    ) {
        let mut ids = std::collections::BTreeSet::new();
        let mut given = Vec::new();
        for definition in definitions {
            let Ok(new) = define(&Value::Object(definition.clone())) else { continue };
            if !ids.insert(new.task.id.clone()) {
                continue;
            }
            let origin = Origin {
                task: new.task.id.clone(),
                id: from.clone(),
                status: "done".to_owned(),
                standing: FirstStanding::Todo,
                commit: None,
                remark: remark.clone(),
                package: None,
            };
            given.push((ImportedTask { task: new.task, origin }, definition));
        }
        prop_assume!(!given.is_empty());
        let files = texts(given.clone()).unwrap();
        prop_assert_eq!(files.len(), 1);
        let text = &files[0].text;
        let node = yaml::parse(text, Limits::PLAN).unwrap();
        let list = node.get("tasks").and_then(Node::as_seq).unwrap();
        let back: Vec<Value> = list.iter().map(Node::to_json).collect();
        let there: Vec<Value> = given.iter().map(|(_, map)| Value::Object(map.clone())).collect();
        prop_assert_eq!(back, there);
        let told = origins("import.yaml", text.as_bytes()).unwrap();
        for (task, _) in &given {
            prop_assert_eq!(told.get(&task.task.id), Some(&task.origin));
        }
    }
}

proptest! {
    #[test]
    fn p14_definitions_come_back_from_a_table_word_for_word(
        definitions in prop::collection::vec((definition(), value(), value(), value()), 1..6),
    ) {
        let mut definitions = definitions;
        for (map, list, flag, number) in &mut definitions {
            map.insert("owned_paths".to_owned(), list.take());
            map.insert("parked".to_owned(), flag.take());
            map.insert("sequence".to_owned(), number.take());
        }
        let definitions: Vec<_> = definitions.into_iter().map(|(map, ..)| map).collect();
        let rows: Vec<_> = definitions.iter().map(|map| table_cells(map, None)).collect();
        let text = csv_table(&rows).unwrap();
        let back = read_csv("tasks.csv", text.as_bytes()).candidates;
        for one in &back {
            prop_assert_eq!(&one.bad, &None);
            prop_assert!(one.own.is_some());
        }
        let back: Vec<_> = back.into_iter().map(|one| one.fields).collect();
        prop_assert_eq!(back, definitions);
    }
}

#[test]
fn a_large_import_is_several_files_and_loses_nothing() {
    let long = "x".repeat(400_000);
    let tasks = (0..7).map(|n| {
        let definition = json!({"id": format!("A-{n}"), "title": "t", "role": "A", "notes": long});
        let Value::Object(definition) = definition else {
            unreachable!("it is an object")
        };
        let task = define(&Value::Object(definition.clone())).unwrap().task;
        let origin = Origin {
            task: TaskId::new(format!("A-{n}")).unwrap(),
            id: n.to_string(),
            status: String::new(),
            standing: FirstStanding::Done,
            commit: None,
            remark: None,
            package: None,
        };
        (ImportedTask { task, origin }, definition)
    });
    let files = texts(tasks.collect()).unwrap();
    assert_eq!(
        files
            .iter()
            .map(|file| file.tasks.len())
            .collect::<Vec<_>>(),
        [2, 2, 2, 1]
    );
    for file in files {
        let told = origins("import.yaml", file.text.as_bytes()).unwrap();
        assert_eq!(told.len(), file.tasks.len());
    }
}
