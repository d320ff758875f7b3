//! Two network namespaces with a cable between them: what runs in one reaches the other until the
//! cable is cut. Nothing else of the machine is touched.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::machine::Need;

/// What the machine must have for a cable.
pub const NEEDS: &[Need] = &[Need::Program("ip"), Need::Namespaces];

/// The server's address, within its cable.
pub const SERVER: &str = "10.77.0.1";

/// A cable; its namespaces go with it.
#[derive(Debug)]
pub struct Cable {
    server: String,
    client: String,
}

impl Cable {
    /// Lays a cable.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("lw-{}-{count}", std::process::id());
        let cable = Self {
            server: format!("{name}s"),
            client: format!("{name}c"),
        };
        let (server, client) = (&cable.server, &cable.client);
        ip(&format!("netns add {server}"));
        ip(&format!("netns add {client}"));
        ip(&format!(
            "link add eth0 netns {server} type veth peer name eth0 netns {client}"
        ));
        ip(&format!("-n {server} addr add {SERVER}/24 dev eth0"));
        ip(&format!("-n {client} addr add 10.77.0.2/24 dev eth0"));
        for end in [server, client] {
            ip(&format!("-n {end} link set lo up"));
            ip(&format!("-n {end} link set eth0 up"));
        }
        cable
    }

    /// From now on each side sends into nothing.
    pub fn cut(&self) {
        ip(&format!("-n {} link set eth0 down", self.server));
    }

    /// From now on the client sends to an address that swallows everything; the cable is whole.
    pub fn swallow(&self) {
        let nobody = "lladdr 02:00:00:00:00:99 nud permanent dev eth0";
        ip(&format!(
            "-n {} neigh replace {SERVER} {nobody}",
            self.client
        ));
    }

    /// What is sent arrives again.
    pub fn mend(&self) {
        ip(&format!("-n {} link set eth0 up", self.server));
    }

    /// The command, at the server's end.
    pub fn at_server(&self, command: &Command) -> Command {
        inside(&self.server, command)
    }

    /// The command, at the client's end.
    pub fn at_client(&self, command: &Command) -> Command {
        inside(&self.client, command)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for end in [&self.server, &self.client] {
            let mut command = Command::new("ip");
            drop(command.args(["netns", "del", end]).status());
        }
    }
}

fn inside(namespace: &str, command: &Command) -> Command {
    let mut inside = Command::new("ip");
    inside
        .args(["netns", "exec", namespace])
        .arg(command.get_program())
        .args(command.get_args());
    like(inside, command)
}

/// A command with the directory and the environment of another.
pub fn like(mut command: Command, other: &Command) -> Command {
    command
        .current_dir(other.get_current_dir().unwrap_or(Path::new("/")))
        .env_clear();
    for (name, value) in other.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

fn ip(line: &str) {
    let mut command = Command::new("ip");
    let output = command
        .args(line.split(' '))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "$ ip {line}\n{stderr}");
}
