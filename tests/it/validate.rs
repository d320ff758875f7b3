//! `validate`: findings for people, editors and CI servers, and what it mends.

use serde_json::Value;

use crate::machine::{Need, has, sarif_schema};
use crate::support::World;

/// Misspelt, doubled, out of place, wrong: in two files.
fn damaged() -> World {
    let world = World::governed();
    world.write(
        "governance/queue.yaml",
        "# The plan\nversion: 1\ntasks:\n  - id: A-1 # first\n    titel: One %0A::error::x\n    role: A-backend\n    \
         risk: hihg\n    depends_on: [A-2, A-2]\n    status: todo\n  - id: A-2\n    title: \"<b>]]></b>\"\n    \
         role: A-bakend\n    depends_on: [A-3]\n",
    );
    world.rule("hygiene: {terms: [Initech]}");
    world
}

#[test]
fn p10_findings_are_told_in_every_format() {
    let world = damaged();
    for format in ["human", "json", "github", "gitlab", "junit", "sarif"] {
        drop(
            world
                .laneway(&format!("validate --format {format}"))
                .code(1),
        );
    }
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p10_fix_mends_what_it_can_and_leaves_the_rest() {
    let world = damaged();
    let path = world.path("repo/governance/queue.yaml");
    let text = || std::fs::read_to_string(&path).unwrap();
    let before = text();
    drop(world.laneway("validate --fix --dry-run").code(1));
    assert_eq!(text(), before);
    drop(
        world
            .laneway("validate --fix governance/policy.yaml")
            .code(0),
    );
    assert_eq!(text(), before, "another file was asked about");
    drop(world.laneway("--json validate --fix").code(1));
    let mended = before
        .replace("titel", "title")
        .replace("hihg", "high")
        .replace("[A-2, A-2]", "[A-2]")
        .replace("    status: todo\n", "");
    assert_eq!(text(), mended);
    drop(world.laneway("validate --fix").code(1));
    assert_eq!(text(), mended);
    drop(world.laneway("validate --fix --staged").code(2));
    drop(world.laneway("validate --dry-run").code(2));
    insta::assert_snapshot!(world.transcript());
}

/// Takes the patterns of properties named `language` out of a schema; how many.
fn without_language(schema: &mut Value) -> usize {
    match schema {
        Value::Object(keys) => {
            let pattern = keys
                .get_mut("language")
                .and_then(|language| language.as_object_mut()?.remove("pattern"));
            let below = keys.values_mut().map(without_language).sum::<usize>();
            below + usize::from(pattern.is_some())
        }
        Value::Array(items) => items.iter_mut().map(without_language).sum(),
        _ => 0,
    }
}

/// A log is what the schema of OASIS asks for, with findings and without, of files and of a ledger.
#[test]
fn p10_sarif_is_sarif() {
    if !has("p10 sarif", &[Need::SarifSchema]) {
        return;
    }
    let schema = std::fs::read_to_string(sarif_schema().unwrap()).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // Its pattern of languages has a lone bracket and is no regular expression here; where it
    // stands depends on the edition. We name no language.
    assert!(without_language(&mut schema) > 0);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = |log: &Value| -> Vec<String> {
        let errors = validator.iter_errors(log);
        errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    };
    let world = damaged();
    let mut log = world.laneway("validate --format sarif").code(1).json();
    assert_eq!(errors(&log), [""; 0]);
    let sound = World::governed();
    let other = sound.laneway("validate --format sarif").code(0).json();
    assert_eq!(errors(&other), [""; 0]);
    let text = log.to_string();
    assert!(
        !text.contains(world.path("repo").to_str().unwrap()),
        "{text}"
    );
    // The schema can say no.
    log["runs"][0]["results"][0]["level"] = "bad".into();
    log["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] =
        0.into();
    assert_eq!(errors(&log).len(), 2, "{:?}", errors(&log));
}
