//! Workstations end to end: registered, shown, looked at, taken out of service, used.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use crate::support::World;

/// A registry whose default is `ws-one-01`, with these lines under it.
fn registry(lines: &str) -> String {
    format!(
        "version: 1\nnaming: \"^ws-(?<scope>[a-z]+)-(?<suffix>[a-z0-9]+)$\"\n\
         default_workstation: ws-one-01\nworkstations:\n  - name: ws-one-01\n{lines}"
    )
}

/// A planned world with this registry on the target.
fn world_with(lines: &str) -> World {
    let world = World::planned();
    world.write("governance/workstations.yaml", &registry(lines));
    world.git("commit -q -a -m registry");
    world
}

/// The address of a server that answers every request with this body.
fn server(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            drop(stream.read(&mut request));
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    format!("http://{address}/health")
}

fn tip(world: &World) -> String {
    world.git("rev-parse refs/heads/laneway")
}

#[test]
fn a_workstation_is_registered_probed_and_claimed() {
    let world = World::planned();
    let text = "# who works where\nversion: 1\ndefault_workstation: ws-local-01\nworkstations:\n  \
                - name: ws-local-01 # the laptop\n";
    world.write("governance/workstations.yaml", text);
    world.git("commit -q -a -m registry");
    let add = "workstation add ws-build-01 --task-type api --wip-limit 1 --capability docker \
               --probe 'name: home, env: BUILD_HOME' --probe '{name: sh, tool: sh, timeout: 5s}'";
    world.laneway(&format!("{add} --dry-run")).code(0);
    world.laneway(add).code(0);
    world.laneway(add).code(4);
    world
        .laneway("workstation add ws-2 --probe 'name: x, tcp: nowhere'")
        .code(2);
    let attest = "workstation attest ws-build-01 --license orca --how lmstat --as @ops";
    world.laneway(attest).code(0);
    world.git("commit -q -a -m workstations");
    world.laneway("workstation list").code(0);
    world.laneway("workstation show ws-build-01").code(0);
    world.laneway("workstation show ws-none").code(4);
    let claim = "claim A-1 --workstation ws-build-01 --as @bot";
    world.laneway(claim).code(4);
    world.set("BUILD_HOME", "/hush");
    world.laneway(&format!("{claim} --dry-run")).code(0);
    world.laneway(claim).code(0);
    world
        .laneway("claim B-1 --workstation ws-build-01 --as @bot")
        .code(3);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_workstation_is_taken_out_of_service_and_back() {
    let world = world_with("    wip_limit: 3\n");
    world.quietly("claim A-1 --as @bot");
    let quarantine = "workstation quarantine ws-one-01 --reason 'the disk fails' --as @dana";
    world.laneway(&format!("{quarantine} --dry-run")).code(0);
    world.laneway(quarantine).code(0);
    world.laneway("--json claim B-1 --as @bot").code(4);
    world.laneway("workstation list").code(0);
    world.laneway_in("repo-A-backend", "renew").code(0);
    world.commit("repo-A-backend", "a.txt", "a\n");
    world
        .laneway_in("repo-A-backend", "handoff --next x")
        .code(0);
    world.laneway("merge A-1 --as @dana").code(0);
    world
        .laneway("workstation restore ws-one-01 --reason 'a new disk' --as @dana")
        .code(0);
    world.quietly("claim B-1 --as @bot");
    world
        .laneway("--json workstation retire ws-one-01 --reason sold --as @dana")
        .code(0);
    world
        .laneway("workstation restore ws-one-01 --reason back --as @dana")
        .code(4);
    world.laneway("log --limit 5").code(0);
    world.laneway("validate").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_single_use_workstation_is_used_once() {
    let world = world_with("    lifecycle: single_use\n");
    drop(world.laneway("claim A-1 --as @bot").code(0));
    let refused = world.laneway("claim B-1 --as @bot").code(4);
    drop(refused.says("ws-one-01 is for one claim, and `A-1` had it"));
    drop(
        world
            .laneway("workstation list")
            .code(0)
            .says("used for A-1"),
    );
    let again = registry("    lifecycle: single_use\n    version: 2\n");
    world.write("governance/workstations.yaml", &again);
    world.git("commit -q -a -m anew");
    drop(world.laneway("claim B-1 --as @bot").code(0));
    drop(world.laneway("validate").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn an_attestation_in_braces_is_replaced_and_its_neighbours_stay() {
    let licenses = "    licenses:\n      - {name: orca, x-seats: 7, available: false} # gone\n      \
                    - {name: other, available: true} # kept\n";
    let world = world_with(licenses);
    let attest = "workstation attest ws-one-01 --license orca --how lmstat --as @ops";
    drop(world.laneway(attest).code(0));
    drop(world.laneway("workstation attest ws-one-01 --license orca --unavailable --how 'lmstat again' --as @ops").code(0));
    let diff = world.git("diff -U0 --no-color");
    let lines: Vec<&str> = diff
        .lines()
        .skip(4)
        .filter(|l| !l.starts_with("@@"))
        .collect();
    let expected = [
        "-      - {name: orca, x-seats: 7, available: false} # gone",
        "+      - {name: orca, x-seats: 7, available: false, attested_at: \"2026-11-20T09:00:00Z\", \
         by: \"@ops\", how: lmstat again} # gone",
    ];
    assert_eq!(lines, expected, "{diff}");
    drop(
        world
            .laneway("workstation attest ws-none --license x --how y --as @ops")
            .code(5),
    );
}

#[test]
fn all_that_is_not_ready_is_shown_at_once() {
    let up = server("{\"services\": {\"s3\": \"available\"}}");
    let starting = server("{\"services\": {\"s3\": \"starting\"}}");
    let world = world_with(&format!(
        "    probes:\n      - {{name: up, http: \"{up}\", json: {{services.s3: [running, available]}}}}\n      \
         - {{name: infra, http: \"{starting}\", json: {{services.s3: [running, available]}}}}\n      \
         - {{name: ready, command: exit 3}}\n"
    ));
    let refused = world.laneway("claim A-1 --as @bot").code(4);
    let refused = refused.says("infra: services.s3 is not one of running, available");
    drop(
        refused
            .says("ready: `exit 3` is not trusted here: `laneway trust --workstation ws-one-01`"),
    );
    drop(
        world
            .laneway("trust --workstation ws-one-01")
            .code(0)
            .says("trusted now: exit 3"),
    );
    let seen = world
        .laneway("--json workstation check --all")
        .code(1)
        .json();
    let probes = seen["data"]["workstations"][0]["probes"]
        .as_array()
        .unwrap();
    let facts: Vec<&str> = probes
        .iter()
        .map(|p| p["detail"].as_str().unwrap())
        .collect();
    let expected = [
        "HTTP 200, 1 condition met",
        "services.s3 is not one of running, available",
        "exit 3",
    ];
    assert_eq!(facts, expected);
}

#[test]
fn a_claim_runs_commands_that_it_is_told_to_trust_and_trusts_them_no_longer() {
    let world = world_with("    probes: [{name: ready, command: exit 0}]\n");
    let refused = world.laneway("claim A-1 --as @bot").code(4);
    drop(refused.says("`exit 0` is not trusted here"));
    drop(world.laneway("claim A-1 --trust --as @bot").code(0));
    drop(
        world
            .laneway("workstation check --all")
            .code(1)
            .says("is not trusted here"),
    );
}

#[test]
fn when_the_first_workstation_is_not_ready_all_others_are_looked_at_at_once() {
    let world = world_with(
        "    probes: [{name: x, env: NOT_SET}]\n  \
         - {name: ws-two-01, probes: [{name: x, command: touch two}]}\n  \
         - {name: ws-three-01, probes: [{name: x, command: touch three}]}\n",
    );
    let map = "version: 1\nmode: open\nrouting:\n  - task_type: ui\n    pool: [\"@*\"]\n    \
               workstation: ws-one-01\n    fallback:\n      \
               - {pool: [\"@*\"], workstation: ws-two-01}\n      \
               - {pool: [\"@*\"], workstation: ws-three-01}\n";
    world.write("governance/identity-map.yaml", map);
    world.git("commit -q -a -m map");
    world.quietly("add B-2 --title Two --role B-ui --type ui --as @dana");
    let claimed = world
        .laneway("--json claim B-2 --trust --as @bot")
        .code(0)
        .json();
    assert_eq!(claimed["data"]["claim"]["workstation"], "ws-two-01");
    for touched in ["repo/two", "repo/three"] {
        assert!(world.path(touched).exists(), "{touched}");
    }
}

#[test]
fn the_next_task_with_a_ready_workstation_is_claimed() {
    let world = world_with(
        "    task_types: [api]\n    probes: [{name: x, env: NOT_SET}]\n  - name: ws-two-01\n",
    );
    let map = "version: 1\nmode: open\nrouting:\n  - {task_type: ui, pool: [\"@*\"], workstation: ws-two-01}\n";
    world.write("governance/identity-map.yaml", map);
    world.git("commit -q -a -m map");
    world.quietly("add B-2 --title Two --role B-ui --type ui --as @dana");
    let refused = world.laneway("claim --role A-backend --as @bot").code(1);
    drop(refused.says("1 by workstation-probes"));
    let claimed = world
        .laneway("--json claim --role B-ui --as @bot")
        .code(0)
        .json();
    assert_eq!(claimed["data"]["task"]["id"], "B-2");
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn set_status_and_a_repeated_claim_are_probed_alike() {
    let world = world_with("    probes: [{name: x, env: READY}]\n");
    drop(
        world
            .laneway("set-status A-1 in_progress --as @bot")
            .code(4),
    );
    world.set("READY", "1");
    let line = "claim A-1 --as @bot --request-id same";
    let first = world.laneway(line).code(0);
    world.unset("READY");
    let before = tip(&world);
    // It was carried out: nothing is looked at again.
    assert_eq!(world.laneway(line).code(0).stdout, first.stdout);
    assert_eq!(tip(&world), before);
    world.set("READY", "1");
    drop(
        world
            .laneway("set-status B-1 in_progress --as @bot")
            .code(0),
    );
}

#[test]
fn a_claim_that_died_is_gone_on_with_whatever_probes_say_by_then() {
    let world = world_with("    probes: [{name: x, env: READY}]\n");
    world.set("READY", "1");
    world.dying("repo", "published", "claim A-1 --as @bot");
    world.unset("READY");
    let before = tip(&world);
    drop(world.laneway("claim A-1 --as @bot").code(0));
    assert_eq!(tip(&world), before);
}

/// PROMISES P27: whatever keeps a workstation from being shown ready, nobody gets the task.
#[test]
fn p27_the_gate_fails_closed() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|at| (silent, at)).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = closed.local_addr().unwrap();
    drop(closed);
    let garbage = server("{\"services\": ");
    let probe = |probe: &str| format!("    probes:\n      - {{name: p, {probe}}}\n");
    let claim = "claim A-1 --as @bot";
    let enforced = "version: 1\nmode: enforced\nagents:\n  - {name: \"@bot\", roles: [A-backend], may: [claim]}\n";
    let open = "version: 1\nmode: open\n";
    let cases = [
        (
            probe(&format!("http: \"http://{refused}/\"")),
            open,
            claim,
            "connection refused",
        ),
        (
            probe(&format!("http: \"http://{}/\", timeout: 1s", silent.1)),
            open,
            claim,
            "no answer within 1 s",
        ),
        (
            String::new(),
            open,
            "claim A-1 --as @bot --workstation ws-none",
            "ws-none is not registered",
        ),
        (
            String::new(),
            enforced,
            "claim A-1 --as @mallory",
            "the identity map has no agent @mallory",
        ),
        (
            "    state: quarantined\n".to_owned(),
            open,
            claim,
            "ws-one-01 is quarantined",
        ),
        (
            probe("command: touch ran"),
            open,
            claim,
            "`touch ran` is not trusted here",
        ),
        (
            probe(&format!(
                "http: \"{garbage}\", json: {{services.s3: [running]}}"
            )),
            open,
            claim,
            "the answer is no JSON",
        ),
        (
            probe("tool: git, version: \">=999\""),
            open,
            claim,
            "does not satisfy >=999",
        ),
    ];
    for (lines, map, claim, reason) in cases {
        let world = world_with(&lines);
        world.write("governance/identity-map.yaml", map);
        world.git("commit -q -a --allow-empty -m map");
        let before = tip(&world);
        drop(world.laneway(claim).code(4).says(reason));
        assert_eq!(tip(&world), before, "{reason}");
        let shown = world.laneway("--json show A-1").code(0).json();
        assert_eq!(shown["data"]["task"]["status"], "todo", "{reason}");
        assert!(!world.path("repo-A-backend").exists(), "{reason}");
        assert!(!world.path("repo/ran").exists(), "{reason}");
    }
}
