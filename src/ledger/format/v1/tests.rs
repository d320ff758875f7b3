//! The examples of the design read well; a table of broken ones is refused, by the reader and,
//! where it can say so, by the JSON Schema.

use serde_json::{Value, json};

use super::*;
use crate::domain::identity::Mode;
use crate::domain::policy::{Authority, CheckTerms, EditedChecks, HighRisk, Owed, Reservations};
use crate::domain::task::{Kind, Risk, Task, Tier};
use crate::domain::workstation::ProbeKind;
use crate::ledger::format::schema::schemas;
use crate::ledger::format::{File, Problem, ReadError, read};
use crate::ledger::yaml::{self, Limits};

const SHA: &str = "4f2c1e0aa0b1c2d3e4f5061728394a5b6c7d8e9f";

fn queue() -> Value {
    json!({"version": 1, "tasks": [{
        "id": "A-P7-001",
        "title": "Retry budget for node provisioning",
        "type": "backend_feature",
        "kind": "feature",
        "role": "A-backend",
        "lane": "A-backend:1",
        "priority": 1,
        "sequence": 10,
        "parent": "A-P7",
        "slice": "1/3",
        "merge_order": 2,
        "merge_stage": "implementation",
        "risk": "high",
        "depends_on": ["C-OPS-001"],
        "exclusive": ["db-migrations"],
        "owned_paths": ["internal/provisioning/**"],
        "forbidden_paths": ["doc/api/**"],
        "contract_touchpoints": ["doc/api/openapi.yaml"],
        "acceptance_checks": ["go test ./internal/provisioning/..."],
        "evidence_checks": {"static": ["go vet ./..."], "runtime": ["make smoke"]},
        "evidence": "runtime",
        "requires": {"tools": ["docker"], "licenses": ["orcaflex"]},
        "not_before": "2026-12-01",
        "parked": false,
        "effort": "3h",
        "origin_ask_ref": "slack:C042/1700000000.0001",
        "stages": {"execute": {
            "agent": "@a", "workstation": ["ws-1", "ws-2"], "capabilities": ["gpu"],
            "gate": "machine_ready",
        }},
        "package": "packages/A-P7-001.md",
        "created_at": "2026-11-20T09:00:00Z",
        "notes": "Context: …\n",
    }]})
}

fn policy() -> Value {
    json!({
        "version": 1,
        "project": "gpuas",
        "target": {"branch": "main", "direct": "allow"},
        "authority": {"mode": "remote", "remote": "origin", "timeout": "30s"},
        "durability": "full",
        "task_id_pattern": "^[A-Z]+(-[A-Z0-9]+)+$",
        "required": {
            "fields": ["type", "priority"],
            "note_sections": ["Context", "Scope", "Deliverables"],
        },
        "roles": [
            {"name": "A-backend", "lanes": 2, "owned_paths": ["internal/**"],
             "required_checks": ["make lint"]},
            {"name": "D-arch", "review_only": true},
        ],
        "worktrees": {"root": "${WORKTREE_ROOT}", "name": "{project}-{lane}",
                      "branch": "agent/{lane}"},
        "lease": {"ttl": "4h", "skew": "2m"},
        "fencing": "normal",
        "merge": {"via": "push",
                  "stages": ["contract", "generated", "implementation", "integration"],
                  "parent": "waits"},
        "path_reservations": "warn",
        "gates": {"evidence": "required", "handoff": "required",
                  "review": {"low": "none", "normal": "none", "high": "required"}},
        "review_routes": [{"paths": ["doc/api/**"], "reviewers": ["D-arch", "E-governance"]}],
        "path_rules": [{"when": ["doc/api/**"], "checks": ["make codegen-check"],
                        "also_change": ["CHANGELOG.md"]}],
        "protected_tests": ["**/*_test.go", "tests/**"],
        "contracts": [{"name": "api", "paths": ["doc/api/**"], "owner": "D-arch"}],
        "co_edited": [{"paths": ["go.mod", "CHANGELOG.md"], "owner": "A-backend", "with": ["B-ui"]},
                      {"paths": ["README.md"], "owner": "A-backend"}],
        "generated": [{"paths": ["api/gen/**"], "from": ["doc/api/**"], "command": "make codegen"}],
    })
}

fn identity_map() -> Value {
    json!({
        "version": 1,
        "mode": "enforced",
        "agents": [
            {"name": "@agent-builder-01", "kind": "agent", "roles": ["A-backend"],
             "may": ["claim", "handoff", "merge"], "emails": ["builder-01@agents.example"],
             "signing_keys": ["ssh-ed25519 AAAA"]},
            {"name": "@dana", "kind": "person", "seat": ["direction", "review", "override"],
             "may": ["plan", "review", "merge", "admin"]},
        ],
        "routing": [{
            "task_type": "backend_feature",
            "agent_name": "@agent-builder-01",
            "workstation": "ws-backend-01",
            "fallback": [
                {"agent_name": "@agent-builder-02", "workstation": "ws-backend-02"},
                {"pool": ["@agent-builder-*"], "workstation": "ws-backend-03"},
            ],
        }],
    })
}

fn workstations() -> Value {
    json!({
        "version": 1,
        "naming": "^ws-(?<scope>[a-z]+)-(?<suffix>[a-z0-9]+)$",
        "workstations": [{
            "name": "ws-backend-01",
            "version": 1,
            "task_types": ["backend_feature"],
            "state": "ready",
            "lifecycle": "reusable",
            "hosts": ["ace-linux-1"],
            "wip_limit": 1,
            "capabilities": ["docker", "gpu"],
            "licenses": [{"name": "orcaflex", "available": true, "attested_at": "2026-11-01",
                          "by": "@ops", "how": "lmstat"}],
            "probes": [
                {"name": "cargo", "tool": "cargo", "version": ">=1.89"},
                {"name": "infra", "http": "http://127.0.0.1:4566/_localstack/health",
                 "json": {"services.s3": ["running", "available"]}},
                {"name": "disk", "disk_free": "10GiB", "path": "."},
                {"name": "db", "tcp": "127.0.0.1:5432"},
                {"name": "token", "env": "AWS_PROFILE"},
                {"name": "custom", "command": "./scripts/ready.sh"},
            ],
        }],
    })
}

fn claim() -> Value {
    json!({
        "agent": "@agent-builder-01", "workstation": "ws-backend-01", "lane": "A-backend:1",
        "branch": "agent/A-backend", "claimed_at": "2026-11-21T08:15:02Z",
        "expires_at": "2026-11-21T12:15:02Z", "base": SHA, "id": "0198f0",
    })
}

fn state() -> Value {
    json!({
        "version": 1, "id": "A-P7-001", "status": "in_review", "epoch": 3, "claim": claim(),
        "landing": {"commit": SHA, "onto": SHA, "at": "2026-11-21T10:00:00Z", "by": "@dana",
                    "host": "ace-linux-1", "until": "2026-11-21T10:10:00Z"},
        "records": [
            {"n": 1, "kind": "note", "at": "2026-11-21T09:00:00Z", "by": "@dana", "epoch": 3,
             "text": "mind the quota"},
            {"n": 2, "kind": "handoff", "at": "2026-11-21T09:30:00Z", "by": "@agent-builder-01",
             "epoch": 3, "commit": SHA, "base": SHA, "change_key": "aa11", "commits": [SHA],
             "files": ["a.rs"], "next": "none",
             "root_cause": {"text": "off by one", "layer": "a.rs", "proof": "make test"}},
            {"n": 3, "kind": "evidence", "at": "2026-11-21T09:40:00Z", "by": "@agent-builder-01",
             "epoch": 3, "commit": SHA, "content_key": SHA, "host": "ace-linux-1",
             "checks": [{"command": "make test", "exit": 0, "millis": 12, "digest": "ab"}]},
            {"n": 4, "kind": "review", "at": "2026-11-21T09:50:00Z", "by": "@dana", "epoch": 3,
             "change_key": "aa11", "verdict": "accept",
             "findings": [{"severity": "minor", "file": "a.rs", "text": "a name"}]},
            {"n": 5, "kind": "attestation", "at": "2026-11-21T09:55:00Z", "by": "@dana", "epoch": 3,
             "commit": SHA, "change_key": "aa11", "changed_at": "2026-11-21T09:20:00Z", "class": "runtime", "text": "it retries",
             "anchors": [{"path": "a.rs", "line": 7, "text": "retry()"}],
             "attested": [{"path": "trace.log", "sha256": "ab", "size": 12}],
             "observed_at": "2026-11-21T09:52:00Z"},
        ],
    })
}

fn done() -> Value {
    json!({
        "version": 1, "id": "A-P7-001", "status": "done", "epoch": 3,
        "submission": {"commit": SHA, "base": SHA, "change_key": "aa11",
                       "at": "2026-11-21T09:30:00Z"},
        "completion": {"commit": SHA, "onto": SHA, "at": "2026-11-21T10:00:00Z",
                       "agent": "@agent-builder-01", "workstation": "ws-backend-01",
                       "lane": "A-backend", "claim": "0198f0", "epoch": 3},
    })
}

fn ledger() -> Value {
    json!({"version": 1, "branch": "laneway", "target": "main",
           "authority": {"mode": "remote", "remote": "origin"}, "law": 1})
}

fn package() -> Value {
    json!({"id": "A-P7-001", "task": "A-P7-001", "role": "A-backend", "agent": "@a",
           "branch": "agent/A-backend", "owned_paths": ["src/**"], "forbidden_paths": ["doc/**"],
           "evidence": "runtime", "validation": ["make test"],
           "stop_gate": "scope_confirmation", "return_to": "@dana"})
}

fn archive() -> Value {
    let lines = format!("- {}\n", queue()["tasks"][0]);
    json!({"version": 1, "tasks": [{
        "at": "2026-11-22T08:00:00Z", "file": "governance/queue.yaml", "after": "A-0",
        "gap": 1, "indent": 2, "definition": lines, "state": done()}]})
}

/// The problems of a document, by the type that its schema's name says.
fn problems(name: &str, document: &Value) -> Vec<Problem> {
    fn of<F: File>(document: &Value) -> Vec<Problem> {
        match read::<F, _>(document) {
            Ok(_) => Vec::new(),
            Err(ReadError::Version(problem)) => vec![problem],
            Err(ReadError::Meaning(problems)) => problems,
            Err(ReadError::Shape(error)) => vec![Problem {
                rule: "meaning",
                pointer: String::new(),
                message: error.to_string(),
                hint: None,
            }],
        }
    }
    match name {
        "policy" => of::<PolicyFile>(document),
        "identity-map" => of::<IdentityMapFile>(document),
        "workstations" => of::<WorkstationsFile>(document),
        "queue" => of::<QueueFile>(document),
        "state" => of::<StateFile>(document),
        "ledger" => of::<MarkerFile>(document),
        "archive" => of::<ArchiveFile>(document),
        "package" => match serde_json::from_value::<PackageFile>(document.clone()) {
            Ok(file) => file.into_domain().err().unwrap_or_default(),
            Err(error) => vec![Problem {
                rule: "meaning",
                pointer: String::new(),
                message: error.to_string(),
                hint: None,
            }],
        },
        other => panic!("no such file: {other}"),
    }
}

fn schema_accepts(name: &str, document: &Value) -> bool {
    let file = format!("{name}.schema.json");
    let (_, schema) = schemas()
        .into_iter()
        .find(|(known, _)| *known == file)
        .unwrap();
    jsonschema::validator_for(&schema)
        .unwrap()
        .is_valid(document)
}

fn example(name: &str) -> Value {
    match name {
        "policy" => policy(),
        "identity-map" => identity_map(),
        "workstations" => workstations(),
        "queue" => queue(),
        "state" => state(),
        "ledger" => ledger(),
        "package" => package(),
        "archive" => archive(),
        other => panic!("no such file: {other}"),
    }
}

#[test]
fn examples_are_accepted() {
    let all = [
        "policy",
        "identity-map",
        "workstations",
        "queue",
        "state",
        "ledger",
        "package",
        "archive",
    ];
    for name in all {
        assert_eq!(problems(name, &example(name)), [], "{name}");
        assert!(schema_accepts(name, &example(name)), "{name}");
    }
    assert!(schema_accepts("state", &done()));
}

/// Puts `value` at `pointer`; the last step may be a new key.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (above, key) = pointer.rsplit_once('/').unwrap();
    let above = document.pointer_mut(above).unwrap();
    match above {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
}

/// File, where to put, what; where the reader complains, part of its message, whether the schema
/// refuses it too.
type Broken = (
    &'static str,
    &'static str,
    Value,
    &'static str,
    &'static str,
    bool,
);

fn broken() -> Vec<Broken> {
    let twice = queue()["tasks"][0].clone();
    vec![
        (
            "queue",
            "/version",
            json!(2),
            "/version",
            "version 2 of the format",
            true,
        ),
        ("queue", "/version", json!(0), "/version", "never was", true),
        (
            "queue",
            "/colour",
            json!(1),
            "",
            "unknown field `colour`",
            true,
        ),
        (
            "queue",
            "/tasks/0/colour",
            json!(1),
            "",
            "unknown field `colour`",
            true,
        ),
        (
            "queue",
            "/tasks/0/status",
            json!("todo"),
            "/tasks/0/status",
            "written by the tool only",
            true,
        ),
        (
            "queue",
            "/tasks/0/claim",
            json!({}),
            "/tasks/0/claim",
            "written by the tool only",
            true,
        ),
        (
            "queue",
            "/tasks/0/owner",
            json!(null),
            "/tasks/0/owner",
            "written by the tool only",
            true,
        ),
        (
            "queue",
            "/tasks/0/repository",
            json!("x"),
            "/tasks/0/repository",
            "reserved",
            true,
        ),
        (
            "queue",
            "/tasks/0/id",
            json!("../x"),
            "/tasks/0/id",
            "not a task id",
            true,
        ),
        (
            "queue",
            "/tasks/0/id",
            json!("x.lock"),
            "/tasks/0/id",
            ".lock",
            false,
        ),
        (
            "queue",
            "/tasks/0/title",
            json!("a\nb"),
            "/tasks/0/title",
            "line break",
            false,
        ),
        (
            "queue",
            "/tasks/0/title",
            json!("  "),
            "/tasks/0/title",
            "empty",
            true,
        ),
        (
            "queue",
            "/tasks/0/priority",
            json!(0),
            "/tasks/0/priority",
            "1 to 9",
            true,
        ),
        (
            "queue",
            "/tasks/0/priority",
            json!(10),
            "/tasks/0/priority",
            "1 to 9",
            true,
        ),
        (
            "queue",
            "/tasks/0/kind",
            json!("featur"),
            "/tasks/0/kind",
            "is not one of",
            true,
        ),
        (
            "queue",
            "/tasks/0/risk",
            json!("HIGH"),
            "/tasks/0/risk",
            "is not one of",
            true,
        ),
        (
            "queue",
            "/tasks/0/lane",
            json!("B-ui:1"),
            "/tasks/0/lane",
            "does not belong",
            false,
        ),
        (
            "queue",
            "/tasks/0/lane",
            json!("A-backend:0"),
            "/tasks/0/lane",
            "counted from 1",
            false,
        ),
        (
            "queue",
            "/tasks/0/parent",
            json!("A-P7-001"),
            "/tasks/0/parent",
            "own parent",
            false,
        ),
        (
            "queue",
            "/tasks/0/depends_on",
            json!(["X", "A-P7-001"]),
            "/tasks/0/depends_on/1",
            "depends on itself",
            false,
        ),
        (
            "queue",
            "/tasks/0/owned_paths",
            json!(["[ab]"]),
            "/tasks/0/owned_paths/0",
            "not a path pattern",
            true,
        ),
        (
            "queue",
            "/tasks/0/acceptance_checks",
            json!(["make", "All tests pass."]),
            "/tasks/0/acceptance_checks/1",
            "not a shell command",
            false,
        ),
        (
            "queue",
            "/tasks/0/evidence_checks",
            json!({"runtime": ["make smoke", "The page loads."]}),
            "/tasks/0/evidence_checks/runtime/1",
            "not a shell command",
            false,
        ),
        (
            "queue",
            "/tasks/0/evidence",
            json!("hearsay"),
            "/tasks/0/evidence",
            "is not one of",
            true,
        ),
        (
            "queue",
            "/tasks/0/not_before",
            json!("tomorrow"),
            "/tasks/0/not_before",
            "not a time",
            true,
        ),
        (
            "queue",
            "/tasks/0/slice",
            json!("4/3"),
            "/tasks/0/slice",
            "no position",
            false,
        ),
        (
            "queue",
            "/tasks/0/slice",
            json!("one"),
            "/tasks/0/slice",
            "no position",
            true,
        ),
        (
            "queue",
            "/tasks/0/origin_ask_ref",
            json!("slack"),
            "/tasks/0/origin_ask_ref",
            "where the ask came from",
            true,
        ),
        (
            "queue",
            "/tasks/0/package",
            json!("../../etc/passwd"),
            "/tasks/0/package",
            "not a path",
            true,
        ),
        (
            "queue",
            "/tasks/0/stages_ref",
            json!("stages/a.yaml"),
            "/tasks/0/stages_ref",
            "exclude each other",
            false,
        ),
        (
            "queue",
            "/tasks/0/stages/execute/workstation",
            json!("-x"),
            "/tasks/0/stages/execute/workstation",
            "not a workstation name",
            true,
        ),
        (
            "queue",
            "/tasks",
            json!([twice, twice]),
            "/tasks/1/id",
            "here twice",
            false,
        ),
        (
            "policy",
            "/project",
            json!("a b"),
            "/project",
            "not a project name",
            true,
        ),
        (
            "policy",
            "/target/branch",
            json!("a..b"),
            "/target/branch",
            "not a branch name",
            true,
        ),
        (
            "policy",
            "/target/direct",
            json!("never"),
            "/target/direct",
            "is not one of",
            true,
        ),
        (
            "policy",
            "/authority",
            json!({"mode": "remote"}),
            "/authority",
            "needs `remote`",
            false,
        ),
        (
            "policy",
            "/authority/mode",
            json!("local"),
            "/authority/remote",
            "has no remote",
            false,
        ),
        (
            "policy",
            "/authority/timeout",
            json!("0s"),
            "/authority/timeout",
            "no length",
            false,
        ),
        (
            "policy",
            "/contracts/0/paths",
            json!([]),
            "/contracts/0/paths",
            "without paths",
            true,
        ),
        (
            "policy",
            "/contracts",
            json!([{"name": "api", "paths": ["a"], "owner": "D"}, {"name": "api", "paths": ["b"], "owner": "D"}]),
            "/contracts/1/name",
            "here twice",
            false,
        ),
        (
            "policy",
            "/co_edited/0/with/0",
            json!("b ui"),
            "/co_edited/0/with/0",
            "letters",
            true,
        ),
        (
            "policy",
            "/generated/0/command",
            json!("Regenerate everything."),
            "/generated/0/command",
            "is not a shell command",
            false,
        ),
        (
            "policy",
            "/lease/ttl",
            json!("4 hours"),
            "/lease/ttl",
            "not a span",
            true,
        ),
        (
            "policy",
            "/task_id_pattern",
            json!("(["),
            "/task_id_pattern",
            "no regular expression",
            false,
        ),
        (
            "policy",
            "/required/fields",
            json!(["priorty"]),
            "/required/fields/0",
            "is not one of",
            true,
        ),
        (
            "policy",
            "/roles/1/name",
            json!("A-backend"),
            "/roles/1/name",
            "here twice",
            false,
        ),
        (
            "policy",
            "/roles/0/lanes",
            json!(0),
            "/roles/0/lanes",
            "at least one lane",
            true,
        ),
        (
            "policy",
            "/roles/0/required_checks",
            json!(["Ensure quality"]),
            "/roles/0/required_checks/0",
            "not a shell command",
            false,
        ),
        (
            "policy",
            "/worktrees/branch",
            json!("agent"),
            "/worktrees/branch",
            "same name",
            false,
        ),
        (
            "policy",
            "/worktrees/branch",
            json!("{lane}/{role}"),
            "/worktrees/branch",
            "no branch name",
            false,
        ),
        (
            "policy",
            "/merge/stages",
            json!(["a", "a"]),
            "/merge/stages",
            "listed twice",
            false,
        ),
        (
            "policy",
            "/gates/review/high",
            json!("maybe"),
            "/gates/review/high",
            "is not one of",
            true,
        ),
        (
            "policy",
            "/gates/review/high",
            json!(0),
            "/gates/review/high",
            "is not one of",
            true,
        ),
        (
            "policy",
            "/review",
            json!({"stale_after": "72h", "escalate_after": "24h"}),
            "/review/escalate_after",
            "comes before",
            false,
        ),
        (
            "policy",
            "/review_routes/0/reviewers",
            json!([]),
            "/review_routes/0/reviewers",
            "does nothing",
            true,
        ),
        (
            "identity-map",
            "/mode",
            json!("closed"),
            "/mode",
            "is not one of",
            true,
        ),
        (
            "identity-map",
            "/agents/1/name",
            json!("@agent-builder-01"),
            "/agents/1/name",
            "here twice",
            false,
        ),
        (
            "identity-map",
            "/agents/0/may",
            json!(["fly"]),
            "/agents/0/may/0",
            "neither a capability nor a bundle",
            false,
        ),
        (
            "identity-map",
            "/bundles",
            json!({"claim": ["handoff"]}),
            "/bundles/claim",
            "is a capability",
            false,
        ),
        (
            "identity-map",
            "/bundles",
            json!({"builder": ["fly"]}),
            "/bundles/builder/0",
            "is not one of",
            true,
        ),
        (
            "policy",
            "/routing",
            json!({"strategy": "random"}),
            "/routing/strategy",
            "is not one of",
            true,
        ),
        (
            "identity-map",
            "/agents/0/seat",
            json!(["scope"]),
            "/agents/0/seat",
            "only a person",
            false,
        ),
        (
            "identity-map",
            "/agents/1/seat",
            json!(["sofa"]),
            "/agents/1/seat/0",
            "is not one of",
            true,
        ),
        (
            "identity-map",
            "/routing/0/pool",
            json!(["@a*"]),
            "/routing/0",
            "either by",
            true,
        ),
        (
            "identity-map",
            "/routing/0/fallback/1/pool",
            json!(["@*b"]),
            "/routing/0/fallback/1/pool/0",
            "not an agent name",
            true,
        ),
        (
            "workstations",
            "/naming",
            json!("^ws$"),
            "/naming",
            "no group `scope`",
            false,
        ),
        (
            "workstations",
            "/workstations/0/name",
            json!("WS1"),
            "/workstations/0/name",
            "does not follow",
            false,
        ),
        (
            "workstations",
            "/default_workstation",
            json!("ws-local-01"),
            "/default_workstation",
            "no workstation of this file",
            false,
        ),
        (
            "workstations",
            "/workstations/0/licenses",
            json!([{"name": "orcaflex", "available": true},
                   {"name": "orcaflex", "available": false}]),
            "/workstations/0/licenses/1/name",
            "here twice",
            false,
        ),
        (
            "workstations",
            "/workstations/0/wip_limit",
            json!(0),
            "/workstations/0/wip_limit",
            "counts from 1",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/0",
            json!({"name": "x"}),
            "/workstations/0/probes/0",
            "looks at nothing",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/0/tcp",
            json!("a:1"),
            "/workstations/0/probes/0/tcp",
            "`tool` has no `tcp`",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/0/version",
            json!("new"),
            "/workstations/0/probes/0/version",
            "no version requirement",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/2/disk_free",
            json!("10 apples"),
            "/workstations/0/probes/2/disk_free",
            "no size",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/3/tcp",
            json!("db"),
            "/workstations/0/probes/3/tcp",
            "no host and port",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/1/http",
            json!("file:///etc/passwd"),
            "/workstations/0/probes/1/http",
            "no http address",
            true,
        ),
        (
            "workstations",
            "/workstations/0/probes/4/name",
            json!("db"),
            "/workstations/0/probes/4/name",
            "here twice",
            false,
        ),
        (
            "state",
            "/status",
            json!("todo"),
            "/claim",
            "`todo` has no `claim`",
            true,
        ),
        (
            "state",
            "/status",
            json!("in_progress"),
            "/landing",
            "`in_progress` has no `landing`",
            true,
        ),
        (
            "state",
            "/status",
            json!("done"),
            "",
            "`done` needs `completion`",
            true,
        ),
        (
            "state",
            "/status",
            json!("finished"),
            "/status",
            "is not one of",
            true,
        ),
        ("state", "/epoch", json!(0), "/epoch", "epoch from 1", false),
        (
            "state",
            "/epoch",
            json!(2),
            "/records/0/epoch",
            "epoch 3 in a task of epoch 2",
            false,
        ),
        (
            "state",
            "/records/1/n",
            json!(3),
            "/records/1/n",
            "in the place of record 2",
            false,
        ),
        (
            "state",
            "/records/0/verdict",
            json!("accept"),
            "/records/0/verdict",
            "`note` has no `verdict`",
            true,
        ),
        (
            "state",
            "/records/0/kind",
            json!("event"),
            "/records/0",
            "`event` needs `reason`",
            true,
        ),
        (
            "state",
            "/records/2/content_key",
            json!("zz"),
            "/records/2/content_key",
            "not an object id",
            true,
        ),
        (
            "state",
            "/records/3/findings/0/severity",
            json!("bad"),
            "/records/3/findings/0/severity",
            "is not one of",
            true,
        ),
        (
            "state",
            "/records",
            json!([]),
            "/submission",
            "no handoff",
            false,
        ),
        (
            "state",
            "/submission",
            json!({"commit": SHA, "base": SHA, "change_key": "aa11", "at": "2026-11-21T09:30:00Z"}),
            "/submission",
            "repeats",
            false,
        ),
        (
            "state",
            "/claim/base",
            json!("4f2c1e0"),
            "/claim/base",
            "not an object id",
            true,
        ),
        (
            "ledger",
            "/target",
            json!("laneway"),
            "/branch",
            "same branch",
            false,
        ),
        ("ledger", "/law", json!(0), "/law", "counted from 1", true),
        (
            "ledger",
            "/authority/mode",
            json!("both"),
            "/authority/mode",
            "is not one of",
            true,
        ),
        (
            "package",
            "/stop_gate",
            json!("wait"),
            "/stop_gate",
            "is not one of",
            true,
        ),
        (
            "package",
            "/validation",
            json!(["It works"]),
            "/validation/0",
            "not a shell command",
            false,
        ),
        (
            "archive",
            "/tasks/0/state/id",
            json!("B-1"),
            "/tasks/0/state/id",
            "stands beside",
            false,
        ),
        (
            "archive",
            "/tasks/0/state",
            state(),
            "/tasks/0/state/status",
            "done or cancelled",
            false,
        ),
        (
            "archive",
            "/tasks/0/state/completion/epoch",
            json!(2),
            "/tasks/0/state/completion/epoch",
            "under epoch 2",
            false,
        ),
    ]
}

#[test]
fn broken_files_are_refused_at_the_offending_value() {
    for (name, pointer, value, place, message, in_schema) in broken() {
        let mut document = example(name);
        put(&mut document, pointer, value.clone());
        let found = problems(name, &document);
        assert!(
            found
                .iter()
                .any(|one| one.pointer == place && one.message.contains(message)),
            "{name} {pointer} = {value}: {found:#?}"
        );
        let accepted = schema_accepts(name, &document);
        assert_eq!(accepted, !in_schema, "schema on {name} {pointer} = {value}");
    }
}

#[test]
fn all_problems_come_at_once() {
    let mut document = queue();
    for (pointer, value) in [
        ("/tasks/0/id", json!("a b")),
        ("/tasks/0/status", json!("done")),
        ("/tasks/0/priority", json!(99)),
        ("/tasks/0/depends_on", json!(["ok", "not ok", "../.."])),
        ("/tasks/0/evidence", json!("none")),
    ] {
        put(&mut document, pointer, value);
    }
    let mut places: Vec<String> = problems("queue", &document)
        .into_iter()
        .map(|problem| problem.pointer)
        .collect();
    places.sort();
    let wanted = [
        "depends_on/1",
        "depends_on/2",
        "evidence",
        "id",
        "priority",
        "status",
    ];
    assert_eq!(places, wanted.map(|key| format!("/tasks/0/{key}")));
}

#[test]
fn a_newer_version_is_refused_before_anything_else() {
    let document = json!({"version": 2, "tasks": 7, "shape": "unknown"});
    let found = problems("queue", &document);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].pointer, "/version");
}

#[test]
fn a_near_word_is_proposed() {
    let mut document = queue();
    put(&mut document, "/tasks/0/kind", json!("featur"));
    let hint = problems("queue", &document).remove(0).hint;
    assert_eq!(hint.as_deref(), Some("did you mean `feature`?"));
}

#[test]
fn what_a_task_leaves_out_has_its_default() {
    let document = json!({"version": 1, "tasks": [{"id": "A", "title": "t", "role": "r"}]});
    let tasks = read::<QueueFile, _>(&document).unwrap();
    assert_eq!(
        (tasks[0].kind, tasks[0].risk, tasks[0].priority),
        (Kind::Feature, Risk::Normal, 3)
    );
}

#[test]
fn what_a_policy_leaves_out_has_its_default() {
    let document = json!({"version": 1, "project": "p", "target": {"branch": "main"},
                          "gates": {"review": {"low": "required"}}});
    let policy = read::<PolicyFile, _>(&document).unwrap();
    assert_eq!(policy.authority, Authority::Local);
    assert_eq!(policy.remote_timeout.seconds(), 30);
    assert_eq!(
        (policy.lease.ttl.seconds(), policy.lease.skew.seconds()),
        (14_400, 120)
    );
    assert_eq!(policy.path_reservations, Reservations::Warn);
    assert_eq!(policy.merge.stages.len(), 4);
    assert_eq!(policy.gates.handoff, Owed::Required);
    let owed = [Risk::Low, Risk::Normal, Risk::High].map(|risk| policy.gates.reviews_owed(risk));
    assert_eq!(owed, [1, 0, 1]);
    assert_eq!(policy.review, crate::domain::policy::ReviewTerms::default());
    assert_eq!(policy.gates.high_risk, HighRisk::AnchorAndRuntime);
    assert_eq!(
        (policy.gates.proof, policy.gates.tier.len()),
        (Owed::Required, 0)
    );
    assert_eq!(policy.checks, CheckTerms::default());
    assert_eq!(policy.worktrees.root, "${WORKTREE_ROOT}");
}

#[test]
fn a_review_weighs_none_one_or_a_number() {
    let document = json!({"version": 1, "project": "p", "target": {"branch": "main"},
                          "gates": {"review": {"low": "none", "normal": "required", "high": 2}},
                          "review": {"mode": "interim"}});
    let policy = read::<PolicyFile, _>(&document).unwrap();
    let owed = [Risk::Low, Risk::Normal, Risk::High].map(|risk| policy.gates.reviews_owed(risk));
    assert_eq!(owed, [0, 1, 2]);
    assert_eq!(
        policy.review.mode,
        crate::domain::policy::ReviewMode::Interim
    );
    assert_eq!(policy.review.stale_after.seconds(), 24 * 3600);
}

#[test]
fn a_policy_says_how_checks_run_and_what_they_show() {
    let with = |checks: Value| {
        read::<PolicyFile, _>(&json!({
            "version": 1, "project": "p", "target": {"branch": "main"}, "checks": checks,
            "gates": {"tier": {"high": "stress"}, "high_risk": "none", "proof": "none"},
        }))
    };
    let terms = json!({"timeout": "90s", "output": "1MiB", "edited": "refuse"});
    let policy = with(terms).unwrap();
    let terms = policy.checks;
    assert_eq!((terms.timeout.seconds(), terms.output), (90, 1 << 20));
    assert_eq!(terms.edited, EditedChecks::Refuse);
    assert_eq!(policy.gates.tier.get(&Risk::High), Some(&Tier::Stress));
    assert_eq!(
        (policy.gates.high_risk, policy.gates.proof),
        (HighRisk::None, Owed::None)
    );
    for bad in [
        json!({"timeout": "0s"}),
        json!({"output": "1B"}),
        json!({"output": "1GiB"}),
        json!({"edited": "maybe"}),
    ] {
        assert!(with(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_task_entry_survives_the_domain() {
    let task = Task::clone(&read::<QueueFile, _>(&queue()).unwrap()[0]);
    assert_eq!(task.evidence, Some(Tier::Runtime));
    let entry = TaskEntry::from(&task);
    assert_eq!(entry.clone().into_domain().unwrap(), task);
    let text = serde_json::to_string(&entry).unwrap();
    assert!(
        text.starts_with(r#"{"id":"A-P7-001","title":"Retry budget"#),
        "{text}"
    );
    let keys = ["\"status\"", "\"parked\"", "null"];
    assert!(keys.iter().all(|key| !text.contains(key)), "{text}");
    let stages = serde_json::to_value(&entry.stages).unwrap();
    assert_eq!(stages, queue()["tasks"][0]["stages"]);
}

#[test]
fn a_marker_survives_the_domain() {
    let marker = read::<MarkerFile, _>(&ledger()).unwrap();
    assert_eq!(
        serde_json::to_value(MarkerFile::from(&marker)).unwrap(),
        ledger()
    );
}

#[test]
fn a_bundle_stands_for_its_capabilities() {
    let mut map = identity_map();
    map["bundles"] = json!({"builder": ["claim", "handoff"], "lead": ["plan", "merge"]});
    map["agents"][0]["may"] = json!(["builder", "review"]);
    map["agents"][1]["may"] = json!(["lead", "plan"]);
    let map = read::<IdentityMapFile, _>(&map).unwrap();
    let may = |name: &str| {
        let words = map.agents[name].may.iter();
        words.map(|one| one.word()).collect::<Vec<_>>()
    };
    assert_eq!(may("@agent-builder-01"), ["claim", "handoff", "review"]);
    assert_eq!(may("@dana"), ["merge", "plan"]);
}

#[test]
fn routing_and_probes_keep_their_order() {
    let map = read::<IdentityMapFile, _>(&identity_map()).unwrap();
    assert_eq!(map.mode, Mode::Enforced);
    let routes = map.routing.values().next().unwrap();
    let places: Vec<&str> = routes
        .iter()
        .map(|route| route.workstation.as_str())
        .collect();
    assert_eq!(places, ["ws-backend-01", "ws-backend-02", "ws-backend-03"]);
    let registry = read::<WorkstationsFile, _>(&workstations()).unwrap();
    let probes = &registry.workstations.values().next().unwrap().probes;
    let names: Vec<&str> = probes.iter().map(|probe| probe.name.as_str()).collect();
    assert_eq!(names, ["cargo", "infra", "disk", "db", "token", "custom"]);
    assert_eq!(
        probes[2].kind,
        ProbeKind::DiskFree {
            bytes: 10 << 30,
            path: ".".to_owned()
        }
    );
}

#[test]
fn a_policy_can_require_every_optional_key_of_a_task() {
    let (_, schema) = schemas()
        .into_iter()
        .find(|(name, _)| *name == "queue.schema.json")
        .unwrap();
    let task = &schema["$defs"]["TaskEntry"];
    let mut keys: Vec<&str> = task["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let required = ["id", "title", "role"];
    // Whether a task is parked is always known.
    keys.retain(|key| !required.contains(key) && *key != "parked");
    let mut words: Vec<&str> = queue::OptionalField::ALL
        .iter()
        .map(|field| field.word())
        .collect();
    words.sort_unstable();
    keys.sort_unstable();
    assert_eq!(words, keys);
}

/// The queue of the design as text: YAML types and `x-` keys.
const QUEUE: &str = r#"
version: 1
x-owner: {any: thing}
tasks:
  - id: A-P7-001
    title: 42
    role: A-backend
    lane: A-backend:1              # optional: pinned
    priority: 1
    x-jira: PROJ-1
    not_before: 2026-12-01
    slice: 1/3
    parked: false
    owned_paths: ["internal/provisioning/**"]
    stages: {execute: {agent: "@a", workstation: ws-1, gate: machine_ready}}
    acceptance_checks:
      - go test ./internal/provisioning/...
    notes: |
      Context: …
"#;

#[test]
fn yaml_gives_the_same_values() {
    let node = yaml::parse(QUEUE, Limits::PLAN).unwrap();
    let tasks = read::<QueueFile, _>(&node).unwrap();
    assert_eq!(tasks[0].title, "42");
    assert_eq!(
        tasks[0].not_before.unwrap().to_string(),
        "2026-12-01T00:00:00Z"
    );
    assert_eq!(tasks[0].lane.as_ref().unwrap().number(), 1);
}

#[test]
fn a_key_that_is_misspelt_is_found_where_it_stands() {
    let text = QUEUE.replace("priority:", "priorty:");
    let error = yaml::read::<QueueFile>(text.as_bytes(), Limits::PLAN).unwrap_err();
    assert_eq!(error.message, "unknown key `priorty`");
    assert_eq!(error.line, 9);
    assert!(error.hint.unwrap().contains("`priority`"));
}
