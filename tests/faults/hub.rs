//! A world in which a bare repository decides: served over one transport, with clones of it.

use std::fs;

use crate::servers::{Place, Server, Transport};
use crate::support::{Answer, Running, World};

/// A governed world whose tasks are of role `R`, planned from `repo`, which reaches the hub by its
/// directory. The clones `c0`, `c1` … reach it over the transport.
pub struct Hub {
    pub world: World,
    pub place: Place,
    transport: Transport,
    server: Server,
}

/// The hub's repository, below the root of the world.
pub const HUB: &str = "srv/hub.git";

impl Hub {
    /// A hub with so many clones.
    pub fn new(transport: Transport, clones: usize) -> Self {
        Self::with(transport, clones, "60s", "R:400")
    }

    /// A hub whose policy gives the remote so much time.
    pub fn with_limit(transport: Transport, clones: usize, timeout: &str) -> Self {
        Self::with(transport, clones, timeout, "R:400")
    }

    /// A hub with this time limit and these roles.
    pub fn with(transport: Transport, clones: usize, timeout: &str, roles: &str) -> Self {
        let world = World::new();
        fs::create_dir(world.path("srv")).unwrap();
        let format = match transport {
            Transport::Reftable => "--ref-format=reftable",
            _ => "--ref-format=files",
        };
        world.git(&format!("init -q --bare {format} ../{HUB}"));
        for setting in ["http.receivepack true", "receive.autogc false"] {
            world.git_in(HUB, &format!("config {setting}"));
        }
        let place = Place::new(world.path("srv"));
        let directory = place.url(Transport::File);
        world.git(&format!("remote add origin {directory}"));
        world.git("push -q -u origin main");
        world.quietly(&format!("init --authority remote {}", flags(roles)));
        allow(&world, timeout);
        world.quietly("init --authority remote --push");
        world.set("GIT_SSH_COMMAND", &place.ssh_command());
        let server = place.serve(transport);
        let hub = Self {
            world,
            place,
            transport,
            server,
        };
        for n in 0..clones {
            hub.clone_to(&format!("c{n}"), &hub.url());
        }
        hub
    }

    /// Its address for clients.
    pub fn url(&self) -> String {
        self.place.url(self.transport)
    }

    /// Makes a clone; its directory below the root of the world.
    pub fn clone_to(&self, name: &str, url: &str) -> String {
        fs::create_dir(self.world.path(name)).unwrap();
        self.world.git_in(name, &format!("clone -q {url} repo"));
        clone(name)
    }

    /// Adds the tasks `PREFIX-1` to `PREFIX-COUNT`.
    pub fn plan(&self, prefix: &str, count: usize) {
        plan(&self.world, prefix, count, "R");
    }

    /// Starts laneway in a clone.
    pub fn start(&self, name: &str, line: &str) -> Running {
        self.world.start(&clone(name), line)
    }

    /// Runs laneway in a clone.
    pub fn run(&self, name: &str, line: &str) -> Answer {
        self.start(name, line).answer()
    }

    /// Kills the server with everything that it started.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts the server again, on the same port.
    pub fn restart(&mut self) {
        self.server = self.place.serve(self.transport);
    }

    /// Puts a hook into the hub.
    pub fn hook(&self, name: &str, script: &str) {
        self.world.write_in(
            HUB,
            &format!("hooks/{name}"),
            &format!("#!/bin/sh\n{script}\n"),
        );
        let path = self.world.path(HUB).join("hooks").join(name);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(path, mode).unwrap();
    }

    /// All refs of the hub.
    pub fn refs(&self) -> String {
        self.world.git_in(HUB, "for-each-ref")
    }
}

/// The options of `init` for roles: `NAME:LANES`, separated by blanks.
pub fn flags(roles: &str) -> String {
    let flags = roles.split(' ').map(|role| format!("--role {role}"));
    flags.collect::<Vec<_>>().join(" ")
}

/// Adds the tasks `PREFIX-1` to `PREFIX-COUNT` of a role.
pub fn plan(world: &World, prefix: &str, count: usize, role: &str) {
    let task = |n| format!("  - {{id: {prefix}-{n}, title: Task, role: {role}}}\n");
    let tasks: String = (1..=count).map(task).collect();
    let text = format!("version: 1\ntasks:\n{tasks}");
    world.write_in("tmp", "tasks.yaml", &text);
    world.quietly("add --file ../tmp/tasks.yaml --as @dana");
}

/// The directory of a clone.
pub fn clone(name: &str) -> String {
    format!("{name}/repo")
}

/// Sets the time that the remote gets.
fn allow(world: &World, timeout: &str) {
    let file = "governance/policy.yaml";
    let text = fs::read_to_string(world.path("repo").join(file)).unwrap();
    let with = text.replace(
        "remote: \"origin\"}",
        &format!("remote: \"origin\", timeout: {timeout}}}"),
    );
    assert_ne!(text, with, "{text}");
    world.write(file, &with);
    world.git(&format!("commit -q -m limit {file}"));
}
