//! Remotes that do not answer: a command ends within the limit of policy, changes nothing, asks
//! nobody and leaves nothing running (P9).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cables::{self, Cable, SERVER, like};
use crate::hub::{Hub, clone};
use crate::leftovers;
use crate::machine::{Need, has};
use crate::servers::Transport;
use crate::support::{Answer, Running};

/// The time that policy gives the remote, in seconds.
const LIMIT: u64 = 3;

/// What may come on top: ending what git started, and a busy machine.
const MORE: Duration = Duration::from_secs(2);

/// Commands that need the remote.
const LINES: [&str; 3] = [
    "--json claim T-1 --as @bot",
    "--json note T-2 hello --as @bot",
    "--json add N-1 --title Work --role R --as @bot",
];

/// A hub with a clone `c0` whose remote is somewhere else.
fn away(url: &str) -> Hub {
    let hub = Hub::with_limit(Transport::File, 1, &format!("{LIMIT}s"));
    hub.plan("T", 2);
    let dir = clone("c0");
    hub.world.git_in(&dir, "fetch -q");
    hub.world
        .git_in(&dir, &format!("remote set-url origin {url}"));
    hub
}

/// All refs, worktrees and files of the clone, and the refs of the hub.
fn picture(hub: &Hub) -> String {
    let dir = clone("c0");
    ["for-each-ref", "worktree list", "status --porcelain"]
        .map(|line| hub.world.git_in(&dir, line))
        .join("")
        + &hub.refs()
}

/// Each command ends in time with exit 6 and leaves everything as it was.
fn in_time(name: &str, hub: &Hub, wrap: &dyn Fn(&Command) -> Command) {
    for line in LINES {
        let before = picture(hub);
        let program = env!("CARGO_BIN_EXE_laneway");
        let dir = hub.world.path(&clone("c0"));
        let command = hub.world.command(&dir, program, line);
        let begun = Instant::now();
        let answer = Running::of(line, &mut wrap(&command)).within(Duration::from_secs(60));
        let took = begun.elapsed();
        assert_eq!(leftovers::of(&hub.world), [""; 0], "{name}: $ {line}");
        gave_up(name, &answer);
        assert_eq!(picture(hub), before, "{name}: $ {line}");
        let limit = Duration::from_secs(LIMIT) + MORE;
        assert!(
            took < limit,
            "{name}: $ {line}: took {took:?}, limit {limit:?}"
        );
    }
}

fn gave_up(name: &str, answer: &Answer) {
    assert_eq!(answer.exit, Some(6), "{name}: {answer:#?}");
    let error = &answer.json()["error"];
    let kind = error["kind"].as_str().unwrap();
    assert!(
        ["unreachable", "unconfirmed"].contains(&kind),
        "{name}: {error:#}"
    );
    assert!(
        !error["hints"].as_array().unwrap().is_empty(),
        "{name}: {error:#}"
    );
}

/// The same command, as it is.
fn plain(command: &Command) -> Command {
    let mut same = Command::new(command.get_program());
    same.args(command.get_args());
    like(same, command)
}

/// Accepts connections and does with each what `meet` says; ends with the process.
fn listen(meet: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(meet));
    port
}

/// A server that accepts and never says a word.
fn silent() -> u16 {
    let held = std::sync::Mutex::new(Vec::new());
    listen(move |connection| held.lock().unwrap().push(connection))
}

/// An HTTP server that asks everyone for a password.
fn asking() -> u16 {
    listen(|connection| {
        let mut reader = BufReader::new(&connection);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            line.clear();
        }
        let mut writer = &connection;
        drop(writer.write_all(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"hub\"\r\n\
              Content-Length: 0\r\nConnection: close\r\n\r\n",
        ));
    })
}

#[test]
fn p09_a_black_hole_is_given_up_in_time() {
    if !has("p09 black hole", cables::NEEDS) {
        return;
    }
    let cable = Cable::new();
    cable.swallow();
    let hub = away(&format!("git://{SERVER}:9418/hub.git"));
    in_time("black hole", &hub, &|command| cable.at_client(command));
}

#[test]
fn p09_a_silent_git_server_is_given_up_in_time() {
    let hub = away(&format!("git://127.0.0.1:{}/hub.git", silent()));
    in_time("silent git://", &hub, &plain);
}

#[test]
fn p09_a_silent_http_server_is_given_up_in_time() {
    let hub = away(&format!("http://127.0.0.1:{}/hub.git", silent()));
    in_time("silent http://", &hub, &plain);
}

#[test]
fn p09_a_silent_ssh_server_is_given_up_in_time() {
    if has("p09 silent ssh", &[Need::Program("ssh")]) {
        let hub = away(&format!("ssh://127.0.0.1:{}/hub.git", silent()));
        in_time("silent ssh://", &hub, &plain);
    }
}

#[test]
fn p09_a_remote_that_asks_for_a_password_is_given_up_in_time() {
    let hub = away(&format!("http://127.0.0.1:{}/hub.git", asking()));
    in_time("http 401", &hub, &plain);
}

/// The command, on a terminal of its own where a prompt could appear.
fn on_a_terminal(command: &Command) -> Command {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push_str(&format!(" {}", argument.to_string_lossy()));
    }
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-c", &line, "/dev/null"]);
    like(script, command)
}

/// Ends in time with exit 6 on a terminal, and asks nothing there.
fn asks_nobody(hub: &Hub, questions: &[&str]) {
    let program = env!("CARGO_BIN_EXE_laneway");
    let dir = hub.world.path(&clone("c0"));
    let command = hub.world.command(&dir, program, LINES[0]);
    let begun = Instant::now();
    let mut command = on_a_terminal(&command);
    let answer = Running::of(LINES[0], &mut command).within(Duration::from_secs(60));
    let took = begun.elapsed();
    assert_eq!(answer.exit, Some(6), "{answer:#?}");
    for question in questions {
        let asked = answer.stdout.lines().any(|line| line.starts_with(question));
        assert!(!asked, "{answer:#?}");
    }
    assert_eq!(leftovers::of(&hub.world), [""; 0]);
    assert!(took < Duration::from_secs(LIMIT) + MORE, "took {took:?}");
}

#[test]
fn p09_nobody_is_asked_for_a_password_on_a_terminal() {
    if has("p09 password", &[Need::Program("script")]) {
        let hub = away(&format!("http://127.0.0.1:{}/hub.git", asking()));
        asks_nobody(&hub, &["Username for", "Password for"]);
    }
}

#[test]
fn p09_nobody_is_asked_about_a_host_key_on_a_terminal() {
    let needs = [Transport::Ssh.needs(), &[Need::Program("script")]].concat();
    if has("p09 host key", &needs) {
        let served = Hub::new(Transport::Ssh, 0);
        let hub = away(&served.url());
        // The person's own ssh: no command of git's is set, and no host is known.
        hub.world.unset("GIT_SSH_COMMAND");
        asks_nobody(&hub, &["The authenticity of host", "Are you sure"]);
    }
}
