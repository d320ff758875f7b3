//! Servers of one bare repository: every way by which git reaches a remote, on loopback, out of the
//! test's own directory.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::cgi::Cgi;
use crate::machine::Need;

/// How git reaches the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `file://`.
    File,
    /// `file://`, and the refs of the hub are a reftable.
    Reftable,
    /// `git://`, served by `git daemon`.
    Daemon,
    /// `http://`, served by `git http-backend`.
    Http,
    /// `ssh://`, served by `sshd`.
    Ssh,
}

/// How long a server may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(20);

impl Transport {
    /// What the machine must have for it.
    pub fn needs(self) -> &'static [Need] {
        match self {
            Self::Ssh => &[
                Need::Program("/usr/sbin/sshd"),
                Need::Program("ssh"),
                Need::Program("ssh-keygen"),
            ],
            Self::Reftable => &[Need::Reftable],
            Self::File | Self::Daemon | Self::Http => &[],
        }
    }
}

/// What serves a hub.
#[derive(Debug)]
pub enum Server {
    /// Nothing: git opens the directory.
    Directory,
    /// A process with its children.
    Process(Group),
    /// Threads of this process, and the CGI programs that they start.
    Cgi(Cgi),
}

/// A process that leads a group; killed with it.
#[derive(Debug)]
pub struct Group(Child);

impl Group {
    pub fn start(mut command: Command) -> Self {
        command.process_group(0).stdin(Stdio::null());
        Self(command.spawn().unwrap())
    }

    pub fn kill(&mut self) {
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        drop(self.0.wait());
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a server runs: its directory, and the port it listens on.
#[derive(Debug, Clone)]
pub struct Place {
    /// Holds `hub.git` and what the server needs beside it; also the server's home.
    pub dir: PathBuf,
    /// On loopback.
    pub port: u16,
}

impl Place {
    pub fn new(dir: PathBuf) -> Self {
        let port = free_port();
        Self { dir, port }
    }

    /// The address of the hub for clients.
    pub fn url(&self, transport: Transport) -> String {
        let (dir, port) = (self.dir.display(), self.port);
        match transport {
            Transport::File | Transport::Reftable => format!("file://{dir}/hub.git"),
            Transport::Daemon => format!("git://127.0.0.1:{port}/hub.git"),
            Transport::Http => format!("http://127.0.0.1:{port}/hub.git"),
            Transport::Ssh => {
                let user = user();
                format!("ssh://{user}@127.0.0.1:{port}{dir}/hub.git")
            }
        }
    }

    /// Starts a server and waits until it answers.
    pub fn serve(&self, transport: Transport) -> Server {
        match transport {
            Transport::File | Transport::Reftable => Server::Directory,
            Transport::Daemon => self.process(&mut daemon(&self.dir, "127.0.0.1", self.port)),
            Transport::Http => Server::Cgi(Cgi::start(&self.dir, self.port)),
            Transport::Ssh => self.process(&mut sshd(&self.dir, self.port)),
        }
    }

    /// The command by which a client's git calls ssh: nothing of the person's own configuration.
    pub fn ssh_command(&self) -> String {
        let dir = self.dir.display();
        format!(
            "ssh -F none -i {dir}/client_key -o IdentitiesOnly=yes -o LogLevel=ERROR \
             -o StrictHostKeyChecking=no -o UserKnownHostsFile={dir}/known_hosts"
        )
    }

    fn process(&self, command: &mut Command) -> Server {
        let command = std::mem::replace(command, Command::new("true"));
        let mut group = Group::start(command);
        let begun = Instant::now();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        while TcpStream::connect(address).is_err() {
            assert!(group.is_running(), "the server ended");
            assert!(begun.elapsed() < START_LIMIT, "the server does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        Server::Process(group)
    }
}

impl Server {
    /// Ends the server and everything it started, at once.
    pub fn kill(&mut self) {
        match self {
            Self::Directory => {}
            Self::Process(group) => group.kill(),
            Self::Cgi(cgi) => cgi.kill(),
        }
    }
}

/// A port that nobody listens on, below those that the kernel gives to connections: none of them
/// can take it while its server is down.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let next = NEXT.fetch_add(1, Ordering::SeqCst);
        let offset = (std::process::id().wrapping_mul(97) + next) % 20_000;
        let port = 10_000 + u16::try_from(offset).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A command of a server: it lives in `dir` and sees nothing of the person's configuration.
pub fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// `git daemon` for the repositories below `dir`.
pub fn daemon(dir: &Path, address: &str, port: u16) -> Command {
    let mut command = command("git", dir);
    command
        .args(["daemon", "--enable=receive-pack", "--export-all"])
        .args(["--reuseaddr", "--max-connections=0"])
        .arg(format!("--listen={address}"))
        .arg(format!("--port={port}"))
        .arg(format!("--base-path={}", dir.display()));
    command
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `sshd` with keys and configuration in `dir`; it lets the key `client_key` of the same place in.
fn sshd(dir: &Path, port: u16) -> Command {
    for key in ["host_key", "client_key"] {
        if !dir.join(key).exists() {
            let status = command("ssh-keygen", dir)
                .args(["-q", "-t", "ed25519", "-N", "", "-f", key])
                .status();
            assert!(status.unwrap().success(), "ssh-keygen");
        }
    }
    let here = dir.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {here}/host_key\nPidFile none\n\
         AuthorizedKeysFile {here}/client_key.pub\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
         MaxStartups 1000\nUseDNS no\nAcceptEnv GIT_PROTOCOL\n"
    );
    fs::write(dir.join("sshd_config"), config).unwrap();
    // Where sshd locks itself up before it knows who comes; root's only.
    drop(fs::create_dir_all("/run/sshd"));
    let mut command = command("/usr/sbin/sshd", dir);
    command.arg("-D").arg("-f").arg(dir.join("sshd_config"));
    command
}
