//! The probes of a workstation against a real AWS emulator: MiniStack, which answers the health
//! question of LocalStack. Up, starting, gone.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::machine::{self, Need};
use crate::servers::free_port;
use crate::support::World;

/// An emulator under way, in a process group of its own.
struct Emulator(Child);

impl Emulator {
    fn start(program: &str, world: &World, port: u16) -> Self {
        let mut command = Command::new(program);
        command
            .current_dir(world.path("tmp"))
            .env("HOME", world.path("home"))
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        drop(self.0.wait());
    }
}

/// A planned world whose workstation asks for S3 at this port.
fn world(port: u16) -> World {
    let world = World::planned();
    world.write(
        "governance/workstations.yaml",
        &format!(
            "version: 1\ndefault_workstation: ws-aws-01\nworkstations:\n  - name: ws-aws-01\n    \
             probes:\n      - name: infra\n        \
             http: \"http://127.0.0.1:{port}/_localstack/health\"\n        \
             json: {{services.s3: [running, available]}}\n"
        ),
    );
    world.git("commit -q -a -m registry");
    world
}

/// Nobody gets the task, nothing is written, and the reason is named.
#[track_caller]
fn refused(world: &World, reason: &str) {
    let tip = world.git("rev-parse laneway");
    let answer = world.laneway("claim A-1 --as @bot").code(4);
    drop(answer.says(&format!("ws-aws-01 is not ready: infra: {reason}")));
    assert_eq!(world.git("rev-parse laneway"), tip);
}

#[test]
fn p27_a_real_emulator_that_boots_is_up_and_is_gone() {
    let test = "p27_a_real_emulator_that_boots_is_up_and_is_gone";
    if !machine::has(test, &[Need::Emulator]) {
        return;
    }
    let program = machine::emulator().unwrap();
    let port = free_port();
    let world = world(port);
    let emulator = Emulator::start(&program, &world, port);
    // It takes longer to boot than a claim takes to ask.
    refused(&world, "connection refused");
    let started = Instant::now();
    while world.laneway("workstation check --all").exit != Some(0) {
        assert!(
            started.elapsed() < Duration::from_secs(90),
            "it does not come up"
        );
        thread::sleep(Duration::from_millis(200));
    }
    drop(world.laneway("claim A-1 --as @bot").code(0));
    drop(world.laneway_in("repo-A-backend", "release").code(0));
    drop(emulator);
    refused(&world, "connection refused");
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p27_an_emulator_that_is_starting_is_not_ready() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let world = world(listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 4096]));
            let body = "{\"services\": {\"s3\": \"starting\"}}";
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    refused(&world, "services.s3 is not one of running, available");
}
