//! The JSON Schemas of the files, generated from the types of [`v1`](super::v1).

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::v1::{
    ArchiveFile, IdentityMapFile, MarkerFile, PackageFile, PolicyFile, QueueFile, StagesFile,
    StateFile, StationFile, WorkstationsFile,
};

/// Where the schemas are published.
const HOME: &str = "https://laneway.dev/schemas/ledger/v1/";

/// Every schema with its file name, as JSON Schema 2020-12.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        schema::<PolicyFile>("policy.schema.json", "laneway policy"),
        schema::<IdentityMapFile>("identity-map.schema.json", "laneway identity map"),
        schema::<WorkstationsFile>("workstations.schema.json", "laneway workstations"),
        schema::<QueueFile>("queue.schema.json", "laneway queue"),
        schema::<StagesFile>("stages.schema.json", "laneway stage contract"),
        schema::<StateFile>("state.schema.json", "laneway task state"),
        schema::<StationFile>("station.schema.json", "laneway workstation on the ledger"),
        schema::<MarkerFile>("ledger.schema.json", "laneway ledger marker"),
        schema::<PackageFile>("package.schema.json", "laneway work package"),
        schema::<ArchiveFile>("archive.schema.json", "laneway archive"),
    ]
}

fn schema<T: JsonSchema>(file: &'static str, title: &str) -> (&'static str, Value) {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(sharpen));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // Only the version of the file itself, not that of a workstation.
    if let Some(version) = schema.pointer_mut("/properties/version") {
        version["const"] = json!(super::read::VERSION);
    }
    let mut head = serde_json::Map::new();
    head.insert(
        "$schema".to_owned(),
        schema.remove("$schema").unwrap_or_default(),
    );
    head.insert("$id".to_owned(), json!(format!("{HOME}{file}")));
    head.insert("title".to_owned(), json!(title));
    schema.remove("title");
    head.insert(
        "description".to_owned(),
        schema.remove("description").unwrap_or_default(),
    );
    head.extend(schema.ensure_object().clone());
    (file, Value::Object(head))
}

/// What the types do not say: `x-` keys are free, and a number's bit width is of no interest.
fn sharpen(schema: &mut Schema) {
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if closed {
        schema.insert("patternProperties".to_owned(), json!({"^x-": true}));
    }
    let number = schema.get("format").and_then(Value::as_str);
    if number.is_some_and(|format| format.starts_with("int") || format.starts_with("uint")) {
        schema.remove("format");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a developer asks for new files by an environment variable; truncation is no harm"
    )]
    fn committed_schemas_are_current() {
        let home = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/ledger/v1");
        let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
        for (name, schema) in schemas() {
            let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
            let file = home.join(name);
            if update {
                fs::write(&file, &text).unwrap();
            }
            let committed = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                committed == text,
                "{} is stale: run `UPDATE_SCHEMAS=1 cargo test committed_schemas`",
                file.display()
            );
        }
        let files = fs::read_dir(&home).unwrap().count();
        assert_eq!(
            files,
            schemas().len(),
            "a file in {} has no schema",
            home.display()
        );
    }

    #[test]
    fn schemas_are_schemas() {
        for (name, schema) in schemas() {
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
            jsonschema::validator_for(&schema).unwrap();
        }
    }

    #[test]
    fn free_keys_are_allowed_in_every_object() {
        for (name, schema) in schemas() {
            let text = schema.to_string();
            let closed = text.matches("\"additionalProperties\":false").count();
            let free = text.matches("\"patternProperties\":{\"^x-\":true}").count();
            assert_eq!(closed, free, "{name}");
            assert!(closed > 0, "{name}");
        }
    }

    #[test]
    fn every_key_has_a_description() {
        fn walk(at: &str, schema: &Value, bare: &mut Vec<String>) {
            if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
                for (key, property) in properties {
                    let told = property.get("description").is_some() || property == &json!(false);
                    if !told {
                        bare.push(format!("{at}.{key}"));
                    }
                }
            }
            for (name, definition) in schema
                .get("$defs")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                walk(name, definition, bare);
            }
        }
        let mut bare = Vec::new();
        for (name, schema) in schemas() {
            walk(name, &schema, &mut bare);
        }
        assert_eq!(bare, Vec::<String>::new());
    }
}
