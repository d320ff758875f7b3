//! The JSON Schemas of the answers, generated from the types (DESIGN §6). A command has one
//! schema: that of its envelope.

use schemars::JsonSchema;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

use super::archive::ArchiveView;
use super::attribution::AttributionView;
use super::audit::AuditView;
use super::brief::BriefView;
use super::check::ChecksView;
use super::coverage::CoverageView;
use super::demo::DemoView;
use super::doctor::DoctorView;
use super::envelope::{Envelope, SCHEMA};
use super::evidence::DoubtsView;
use super::except::ExceptView;
use super::explain::ExplainView;
use super::export::ExportView;
use super::handoff::HandoffView;
use super::hooks::{HooksView, JudgedView, TemplateView, VerifiedView};
use super::import::ImportView;
use super::land::{CompleteView, MergeView};
use super::lane::{LaneAddedView, LaneListView, LaneRemovedView, LaneSyncedView};
use super::log::LogView;
use super::maintain::MaintainView;
use super::manual::{CompletionsView, ManualView, SchemaView};
use super::merge_driver::{MergeDriverView, MergeSetupView};
use super::overrides::OverridesView;
use super::own::{ChangedView, NotedView};
use super::package::PackageView;
use super::plan::{InitView, PlanView};
use super::policy::PolicyView;
use super::replay::ReplayView;
use super::request::RequestView;
use super::review::ReviewAnswer;
use super::session::SessionListView;
use super::set_status::SetStatusView;
use super::shard::ShardView;
use super::stage::StageView;
use super::status::StatusView;
use super::task::{ClaimedView, ListView, ReadyView, ShowView};
use super::trust::TrustView;
use super::validate::ValidateView;
use super::workstation::{
    RegistryEditView, StationActView, StationCheckView, StationListView, StationShowView,
};

/// Where the schemas are published.
const HOME: &str = "https://laneway.dev/schemas/output/v1/";

/// The schema of every command's answer, by command.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        schema::<InitView>("init"),
        schema::<PlanView>("add"),
        schema::<ImportView>("import"),
        schema::<ExportView>("export"),
        schema::<ReadyView>("ready"),
        schema::<BriefView>("brief"),
        schema::<ClaimedView>("claim"),
        schema::<ChecksView>("check"),
        schema::<TrustView>("trust"),
        schema::<HandoffView>("handoff"),
        schema::<ReviewAnswer>("review"),
        schema::<RequestView>("request"),
        schema::<MergeView>("merge"),
        schema::<CompleteView>("complete"),
        schema::<LogView>("log"),
        schema::<ValidateView>("validate"),
        schema::<AuditView>("audit"),
        schema::<AttributionView>("audit attribution"),
        schema::<DoubtsView>("audit evidence"),
        schema::<CoverageView>("audit coverage"),
        schema::<OverridesView>("audit overrides"),
        schema::<ReplayView>("audit replay"),
        schema::<DoctorView>("doctor"),
        schema::<ExplainView>("explain"),
        schema::<PolicyView>("policy show"),
        schema::<DemoView>("demo"),
        schema::<ChangedView>("renew"),
        schema::<ChangedView>("release"),
        schema::<ChangedView>("block"),
        schema::<ChangedView>("hold"),
        schema::<ChangedView>("scope confirm"),
        schema::<ChangedView>("scope go"),
        schema::<ChangedView>("session start"),
        schema::<ChangedView>("session stop"),
        schema::<SessionListView>("session list"),
        schema::<ExceptView>("except"),
        schema::<ChangedView>("unblock"),
        schema::<ChangedView>("cancel"),
        schema::<ChangedView>("reopen"),
        schema::<ChangedView>("return"),
        schema::<ChangedView>("evidence"),
        schema::<NotedView>("note"),
        schema::<ListView>("list"),
        schema::<ShowView>("show"),
        schema::<StageView>("stage"),
        schema::<StatusView>("status"),
        schema::<PlanView>("edit"),
        schema::<LaneAddedView>("lane add"),
        schema::<LaneListView>("lane list"),
        schema::<LaneSyncedView>("lane sync"),
        schema::<LaneRemovedView>("lane remove"),
        schema::<StationListView>("workstation list"),
        schema::<StationShowView>("workstation show"),
        schema::<StationCheckView>("workstation check"),
        schema::<RegistryEditView>("workstation add"),
        schema::<RegistryEditView>("workstation attest"),
        schema::<StationActView>("workstation quarantine"),
        schema::<StationActView>("workstation retire"),
        schema::<StationActView>("workstation restore"),
        schema::<PackageView>("package new"),
        schema::<ValidateView>("package check"),
        schema::<SetStatusView>("set-status"),
        schema::<ArchiveView>("archive"),
        schema::<ShardView>("shard"),
        schema::<MaintainView>("maintain"),
        schema::<HooksView>("hooks install"),
        schema::<HooksView>("hooks uninstall"),
        schema::<HooksView>("hooks status"),
        schema::<TemplateView>("hooks template"),
        schema::<JudgedView>("hook pre-commit"),
        schema::<JudgedView>("hook commit-msg"),
        schema::<JudgedView>("hook pre-push"),
        schema::<JudgedView>("hook pre-receive"),
        schema::<VerifiedView>("hook post-receive"),
        schema::<MergeDriverView>("merge-driver"),
        schema::<MergeSetupView>("merge-driver install"),
        schema::<MergeSetupView>("merge-driver status"),
        schema::<CompletionsView>("completions"),
        schema::<ManualView>("man"),
        schema::<SchemaView>("schema"),
    ]
}

/// The name of the file that holds the schema of a command: blanks become hyphens.
#[must_use]
pub fn file_name(command: &str) -> String {
    format!("{}.schema.json", command.replace(' ', "-"))
}

fn schema<T: JsonSchema>(command: &'static str) -> (&'static str, Value) {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(without_widths));
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Envelope<T>>();
    if let Some(name) = schema.pointer_mut("/properties/schema") {
        name["const"] = json!(SCHEMA);
    }
    if let Some(name) = schema.pointer_mut("/properties/command") {
        name["const"] = json!(command);
    }
    let mut head = Map::new();
    let dialect = schema.remove("$schema").unwrap_or_default();
    head.insert("$schema".to_owned(), dialect);
    let id = format!("{HOME}{}", file_name(command));
    head.insert("$id".to_owned(), json!(id));
    head.insert(
        "title".to_owned(),
        json!(format!("answer of `laneway {command}`")),
    );
    schema.remove("title");
    head.extend(schema.ensure_object().clone());
    (command, Value::Object(head))
}

/// A number's bit width is of no interest to a reader.
fn without_widths(schema: &mut Schema) {
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| format.starts_with("int") || format.starts_with("uint")) {
        schema.remove("format");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a developer asks for new files by an environment variable; truncation is no harm"
    )]
    fn committed_output_schemas_are_current() {
        let home = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/output/v1");
        let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
        let mut names = BTreeSet::new();
        for (command, schema) in schemas() {
            let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
            let file = home.join(file_name(command));
            names.insert(file_name(command));
            if update {
                fs::create_dir_all(&home).unwrap();
                fs::write(&file, &text).unwrap();
            }
            let committed = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                committed == text,
                "{} is stale: run `UPDATE_SCHEMAS=1 cargo test committed_output_schemas`",
                file.display()
            );
        }
        let files: BTreeSet<String> = fs::read_dir(&home)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files, names, "a file in {} has no schema", home.display());
    }

    #[test]
    fn output_schemas_are_schemas() {
        for (command, schema) in schemas() {
            assert!(
                jsonschema::draft202012::meta::is_valid(&schema),
                "{command}"
            );
            jsonschema::validator_for(&schema).unwrap();
        }
    }
}
