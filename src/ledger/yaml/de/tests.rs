use super::*;
use std::collections::BTreeMap;

#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Task {
    id: String,
    title: Option<String>,
    priority: Option<u8>,
    parked: bool,
    risk: Risk,
    depends_on: Vec<String>,
    extra: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Risk {
    #[default]
    Low,
    High,
    Because(String),
    Both {
        a: i8,
    },
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Probe {
    Tool {
        tool: String,
        version: Option<String>,
    },
    Tcp {
        port: u16,
    },
}

fn task(source: &str) -> Result<Task, SyntaxError> {
    read(source.as_bytes(), Limits::PLAN)
}

#[track_caller]
fn refused<T: std::fmt::Debug + de::DeserializeOwned>(source: &str, expected: &str) {
    let error = read::<T>(source.as_bytes(), Limits::PLAN).unwrap_err();
    let hint = error
        .hint
        .as_ref()
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    assert_eq!(
        format!("{error}{hint} at {:?}", &source[error.span.clone()]),
        expected
    );
}

#[test]
fn text_fields_take_scalars_as_written() {
    let task = task("id: 1.10\ntitle: true\npriority: 0x2\nextra: {x-a: 010, 1: ~x}").unwrap();
    assert_eq!(task.id, "1.10");
    assert_eq!(task.title.as_deref(), Some("true"));
    assert_eq!(task.priority, Some(2));
    assert_eq!(task.extra["x-a"], "010");
    assert_eq!(task.extra["1"], "~x");
}

#[test]
fn structs_skip_extension_keys() {
    let source = "id: A\nx-team: {deep: [1]}\nx-: ~\n";
    assert_eq!(
        task(source).unwrap(),
        Task {
            id: "A".to_owned(),
            ..Task::default()
        }
    );
}

#[test]
fn null_is_none_but_no_text() {
    assert_eq!(task("id: A\ntitle:\npriority: ~").unwrap().title, None);
    refused::<Task>("id:\n", "1:3: nothing where a text should stand at \"\"");
    refused::<Task>("id: ~\n", "1:5: nothing where a text should stand at \"~\"");
}

#[test]
fn enums_are_names_or_single_keys() {
    assert_eq!(task("risk: high").unwrap().risk, Risk::High);
    assert_eq!(
        task("risk: {because: x}").unwrap().risk,
        Risk::Because("x".to_owned())
    );
    assert_eq!(
        task("risk: {both: {a: -1}}").unwrap().risk,
        Risk::Both { a: -1 }
    );
    let probe: Probe = read(b"kind: tcp\nport: 80\n", Limits::PLAN).unwrap();
    assert_eq!(probe, Probe::Tcp { port: 80 });
}

#[test]
fn errors_point_at_the_culprit() {
    refused::<Task>(
        "id: A\npriorty: 1\n",
        "2:1: unknown key `priorty` (did you mean `priority`?) at \"priorty\"",
    );
    refused::<Task>(
        "id: A\nbanana: 1\n",
        "2:1: unknown key `banana` at \"banana\"",
    );
    refused::<Task>(
        "id: A\npriority: 300\n",
        "2:11: integer `300` is out of range at \"300\"",
    );
    refused::<Task>(
        "priority: '1'",
        "1:11: `1` where a whole number should stand at \"'1'\"",
    );
    refused::<Task>(
        "parked: yes",
        "1:9: `yes` where `true` or `false` should stand at \"yes\"",
    );
    refused::<Task>(
        "risk: hihg",
        "1:7: `hihg` is not one of `low`, `high`, `because`, `both` (did you mean `high`?) at \"hihg\"",
    );
    refused::<Task>(
        "depends_on: [a, [b]]",
        "1:17: a list where a text should stand at \"[b]\"",
    );
    refused::<Task>(
        "depends_on: a",
        "1:13: `a` where a list should stand at \"a\"",
    );
    refused::<Task>("- 1", "1:1: a list where a mapping should stand at \"- 1\"");
    refused::<Vec<Probe>>(
        "- kind: tcp\n  port: 1\n- kind: tcp\n",
        "3:3: the key `port` is missing at \"kind\"",
    );
}

#[test]
fn texts_can_be_borrowed() {
    let source = "[a, 'b', \"c\\n\"]".to_owned();
    let node = crate::ledger::yaml::parse(&source, Limits::STATE).unwrap();
    let texts: Vec<&str> = from_node(&node).unwrap();
    assert_eq!(texts, ["a", "b", "c\n"]);
}
