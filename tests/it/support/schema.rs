use std::fs;
use std::path::Path;

use serde_json::Value;

/// Fails unless an answer for programs is what the published schema of its command promises.
pub fn check(answer: &Value) {
    let command = answer["command"].as_str().unwrap_or_default();
    let name = command.replace(' ', "-");
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/output/v1");
    let file = home.join(format!("{name}.schema.json"));
    let text = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("`{command}` has no schema: {}: {error}", file.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator
        .iter_errors(answer)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{answer:#}");
}
