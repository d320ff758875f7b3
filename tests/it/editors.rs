//! Editors: the schemas as the YAML language server takes them, behind the line that a file begins
//! with.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::machine::{Need, has, yaml_server};
use crate::support::World;

/// A language server that is spoken to.
struct Server {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
}

impl Server {
    fn start(world: &World) -> Self {
        let mut command = Command::new(yaml_server().unwrap());
        let mut child = command
            .arg("--stdio")
            .current_dir(world.path("repo"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (told, from) = channel();
        std::thread::spawn(move || {
            let mut length = 0;
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|read| read > 0) {
                if let Some(bytes) = line.trim().strip_prefix("Content-Length: ") {
                    length = bytes.parse().unwrap();
                } else if line.trim().is_empty() {
                    let mut body = vec![0; length];
                    out.read_exact(&mut body).unwrap();
                    if told.send(serde_json::from_slice(&body).unwrap()).is_err() {
                        return;
                    }
                }
                line.clear();
            }
        });
        let mut server = Self { child, to, from };
        server.send(&json!({"id": 1, "method": "initialize", "params": {
            "processId": std::process::id(), "rootUri": uri(world, ""), "workspaceFolders": null,
            "capabilities": {"textDocument": {"publishDiagnostics": {}}},
        }}));
        server.until(|message| message["id"] == 1);
        server.send(&json!({"method": "initialized", "params": {}}));
        // Nothing is fetched: the line of the file says where the schema is.
        server.send(
            &json!({"method": "workspace/didChangeConfiguration", "params": {"settings":
            {"yaml": {"validate": true, "schemaStore": {"enable": false}}}}}),
        );
        server
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.to.flush().unwrap();
    }

    /// The first message of that kind; what the server asks meanwhile is answered with nothing.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.from.recv_timeout(Duration::from_secs(120)).unwrap();
            if wanted(&message) {
                return message;
            }
            if message.get("method").is_some() && message.get("id").is_some() {
                self.send(&json!({"id": message["id"], "result": null}));
            }
        }
    }

    /// What the editor would underline in a file: line (from 1) and message, sorted.
    fn diagnostics(&mut self, world: &World, file: &str) -> Vec<(u64, String)> {
        let uri = uri(world, file);
        let text = std::fs::read_to_string(world.path("repo").join(file)).unwrap();
        self.send(
            &json!({"method": "textDocument/didOpen", "params": {"textDocument":
            {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}}),
        );
        let told = self.until(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == *uri
        });
        let found = told["params"]["diagnostics"].as_array().unwrap();
        let mut found: Vec<(u64, String)> = found
            .iter()
            .map(|one| {
                let line = one["range"]["start"]["line"].as_u64().unwrap() + 1;
                (line, one["message"].as_str().unwrap().to_owned())
            })
            .collect();
        found.sort();
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn uri(world: &World, file: &str) -> String {
    format!("file://{}", world.path("repo").join(file).display())
}

/// A kind of file, a good and a bad text of it, and the lines of the bad one that must be
/// underlined, each with a part of why.
type Pair = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(u64, &'static str)],
);

/// Good and bad of each kind.
const FILES: &[Pair] = &[
    (
        "queue",
        "version: 1\ntasks:\n  - id: A-1\n    title: One\n    role: A-backend\n    kind: defect\n    \
         owned_paths: [\"src/**\", doc/?.md]\n    not_before: 2026-12-01\n    x-mine: {any: thing}\n    \
         stages: {execute: {agent: \"@a\", workstation: [ws-1, ws-2]}}\n",
        "version: 2\ntasks:\n  - id: \"A 1\"\n    titel: One\n    role: A-backend\n    kind: featrue\n    \
         owned_paths: [\"/src/**\"]\n    depends_on: A-2\n    priority: 11\n    status: done\n",
        &[
            (2, "must be 1"),
            (4, "Missing property \"title\""),
            (4, "does not match the pattern"),
            (5, "titel is not allowed"),
            (7, "Valid values: \"feature\""),
            (8, "does not match the pattern"),
            (9, "Expected \"array\""),
            (10, "maximum of 9"),
            (11, "status is not allowed"),
        ],
    ),
    (
        "policy",
        "version: 1\nproject: gpuas\ntarget: {branch: main}\nroles:\n  - {name: A-backend, lanes: 2}\n\
         lease: {ttl: 4h}\nhygiene: {terms: [Initech]}\n",
        "version: 1\nproject: gpuas\ntarget: {branch: main, direct: sometimes}\nroles:\n  - {lanes: 2}\n\
         lease: {ttl: soon}\nfencing: strickt\n",
        &[
            (4, "Valid values: \"allow\""),
            (6, "Missing property \"name\""),
            (7, "does not match the pattern"),
            (8, "Valid values: \"normal\""),
        ],
    ),
    (
        "identity-map",
        "version: 1\nmode: enforced\nagents:\n  - {name: \"@a\", kind: agent, roles: [A], may: [claim]}\n\
         routing:\n  - {task_type: t, agent_name: \"@a\", workstation: ws-1}\n",
        "version: 1\nmode: shut\nagents:\n  - {name: \"@a\", may: 7}\nrouting:\n  - {task_type: t, \
         agent_name: \"@a\"}\n",
        &[
            (3, "Valid values: \"enforced\""),
            (5, "Expected \"array\""),
            (7, "Missing property \"workstation\""),
        ],
    ),
    (
        "workstations",
        "version: 1\nworkstations:\n  - name: ws-1\n    state: ready\n    probes:\n      - {name: cargo, \
         tool: cargo, version: \">=1.89\"}\n",
        "version: 1\nworkstations:\n  - name: ws-1\n    state: sleeping\n    wip_limit: many\n  - {state: ready}\n",
        &[
            (5, "Valid values: \"ready\""),
            (6, "Expected one of integer, null"),
            (7, "Missing property \"name\""),
        ],
    ),
];

#[test]
fn x06_the_schemas_work_in_editors() {
    if !has("x06 editors", &[Need::YamlServer]) {
        return;
    }
    let world = World::governed();
    drop(world.laneway("schema --write governance/schemas").code(0));
    let mut server = Server::start(&world);
    let mut wrong = BTreeMap::new();
    for (kind, good, bad, wanted) in FILES {
        let line = format!("# yaml-language-server: $schema=schemas/{kind}.schema.json\n");
        for (name, text, wanted) in [("good", good, &[][..]), ("bad", bad, *wanted)] {
            let file = format!("governance/{name}-{kind}.yaml");
            world.write(&file, &format!("{line}{text}"));
            let found = server.diagnostics(&world, &file);
            let same = found.len() == wanted.len()
                && found
                    .iter()
                    .zip(wanted)
                    .all(|((line, why), (at, part))| line == at && why.contains(part));
            if !same {
                wrong.insert(file, found);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn x06_schemas_are_written_where_a_file_can_name_them() {
    let world = World::governed();
    let told = world.laneway("schema --write governance/schemas").code(0);
    assert!(
        told.stdout
            .contains("# yaml-language-server: $schema=schemas/queue.schema.json"),
        "{told:#?}"
    );
    drop(
        world
            .laneway("--json schema --write governance/schemas")
            .code(0),
    );
    drop(world.laneway("schema ledger/queue --write x").code(2));
    let file = world.path("repo/governance/schemas/queue.schema.json");
    let text = std::fs::read_to_string(file).unwrap();
    let printed = world.laneway("schema ledger/queue").code(0);
    assert_eq!(text, printed.stdout);
    // What stands beside the rules and is no rule disturbs nobody.
    drop(world.laneway("validate").code(0));
}
