//! A cable that is cut amid a push: the answer tells that nobody knows, and how to settle it; settling
//! it ends with one claim, never two (P8).

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::cables::{self, Cable, SERVER};
use crate::hub::{HUB, Hub, clone};
use crate::machine::{has, rounds};
use crate::owners;
use crate::servers::{self, Group, Transport};
use crate::support::{Answer, Running};

/// When the cable is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    /// Before the client has connected.
    Connect,
    /// After it has connected, before the server told its refs.
    Refs,
    /// The pack has arrived, the refs have not moved (`pre-receive`).
    Received,
    /// The refs have moved, the answer is not sent (`post-receive`).
    Moved,
}

/// What else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// The cable is mended after the client has given up.
    Plain,
    /// A rival, whose cable is whole, wants the task meanwhile.
    Rival,
    /// The cable is mended while the client still waits.
    Mended,
    /// The client tries again while the cable is still cut.
    Again,
}

const STORIES: [Story; 5] = [
    Story::Plain,
    Story::Rival,
    Story::Mended,
    Story::Again,
    Story::Plain,
];

/// The time that policy gives the remote.
const LIMIT: &str = "2s";

/// How long a hook holds a push that it caught, in seconds.
const HELD: &str = "3";

/// How long any command may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A hub at one end of a cable, the clone `c0` at the other.
struct Partition {
    hub: Hub,
    cable: Cable,
    _daemon: Group,
}

impl Partition {
    /// The clone `rival` reaches the hub by another way.
    fn new(tasks: usize) -> Self {
        let hub = Hub::with_limit(Transport::File, 1, LIMIT);
        hub.clone_to("rival", &hub.url());
        hub.plan("T", tasks);
        let cable = Cable::new();
        let port = hub.place.port;
        let url = format!("git://{SERVER}:{port}/hub.git");
        hub.world
            .git_in(&clone("c0"), &format!("remote set-url origin {url}"));
        for name in ["pre-receive", "post-receive"] {
            hub.hook(name, &trap(name));
        }
        let access = format!("[ $1 = receive-pack ] || exit 0\n{}", trap("access"));
        hub.hook("access", &access);
        let mut daemon = servers::daemon(&hub.place.dir, SERVER, port);
        daemon.arg(format!(
            "--access-hook={}/hooks/access",
            hub.world.path(HUB).display()
        ));
        let daemon = Group::start(cable.at_server(&daemon));
        let partition = Self {
            hub,
            cable,
            _daemon: daemon,
        };
        partition.wait_for_the_daemon();
        partition
    }

    fn wait_for_the_daemon(&self) {
        let begun = Instant::now();
        let world = &self.hub.world;
        let mut ask = world.command(&world.path(&clone("c0")), "git", "ls-remote -q origin");
        ask = self.cable.at_client(&ask);
        ask.stdout(Stdio::null()).stderr(Stdio::null());
        while !ask.status().unwrap().success() {
            assert!(begun.elapsed() < PATIENCE, "the daemon does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts laneway at the client's end.
    fn start(&self, line: &str) -> Running {
        let world = &self.hub.world;
        let program = env!("CARGO_BIN_EXE_laneway");
        let command = world.command(&world.path(&clone("c0")), program, line);
        Running::of(line, &mut self.cable.at_client(&command))
    }

    fn run(&self, line: &str) -> Answer {
        self.start(line).within(PATIENCE)
    }

    /// Sets the trap of a point, starts the command and cuts the cable there.
    fn cut_at(&self, point: Point, line: &str) -> Running {
        let trap = match point {
            Point::Connect => {
                self.cable.cut();
                return self.start(line);
            }
            Point::Refs => "access",
            Point::Received => "pre-receive",
            Point::Moved => "post-receive",
        };
        self.hub.world.write_in(HUB, &format!("{trap}.set"), "");
        let running = self.start(line);
        let sprung = self.file(&format!("{trap}.sprung"));
        let begun = Instant::now();
        while !sprung.exists() {
            assert!(begun.elapsed() < PATIENCE, "{point:?}: no push came");
            std::thread::sleep(Duration::from_millis(2));
        }
        self.cable.cut();
        std::fs::remove_file(sprung).unwrap();
        running
    }

    fn file(&self, name: &str) -> PathBuf {
        self.hub.world.path(HUB).join(name)
    }

    /// Waits until no push is under way on the server.
    fn quiet(&self) {
        let begun = Instant::now();
        let hub = self.hub.world.path(HUB);
        let hub = hub.canonicalize().unwrap();
        let at_work = || {
            let processes = std::fs::read_dir("/proc").unwrap().flatten();
            processes.filter(|entry| {
                std::fs::read_link(entry.path().join("cwd")).is_ok_and(|dir| dir == hub)
            })
        };
        while at_work().next().is_some() {
            assert!(begun.elapsed() < PATIENCE, "a push never ends");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A hook that holds whoever comes first after its trap was set.
fn trap(name: &str) -> String {
    format!("mv {name}.set {name}.sprung 2>/dev/null || exit 0\nsleep {HELD}")
}

/// The command that settles a claim, as the answer tells it: with its id where the outcome is not
/// known, as it was where nothing was changed.
fn settling(line: &str, answer: &Answer) -> String {
    let error = &answer.json()["error"];
    match error["kind"].as_str() {
        Some("unreachable") => line.to_owned(),
        Some("unconfirmed") => {
            let hints = error["hints"].to_string();
            let (_, rest) = hints.split_once("--request-id ").unwrap();
            let id: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "-._".contains(*c))
                .collect();
            format!("{line} --request-id {id}")
        }
        other => panic!("{other:?}: {answer:#?}"),
    }
}

/// One cut; the claim of `task` is settled afterwards.
fn cut(partition: &Partition, point: Point, story: Story, task: &str) {
    let line = format!("--json claim {task} --no-worktree --as @bot");
    let running = partition.cut_at(point, &line);
    let rival = (story == Story::Rival).then(|| {
        let line = format!("--json claim {task} --no-worktree --as @rival");
        partition.hub.start("rival", &line)
    });
    if story == Story::Mended {
        std::thread::sleep(Duration::from_millis(500));
        partition.cable.mend();
    }
    let mut answer = running.within(PATIENCE);
    let rival = rival.map(|rival| rival.within(PATIENCE));
    let at = format!("{point:?}, {story:?}, {task}: {answer:#?}\n{rival:#?}");
    let first: &[_] = match story {
        Story::Mended => &[Some(0), Some(6)],
        _ => &[Some(6)],
    };
    assert!(first.contains(&answer.exit), "{at}");
    if story == Story::Again {
        let again = settling(&line, &answer);
        answer = partition.run(&again).code(6);
    }
    partition.cable.mend();
    // The push that was cut may still be under way, and may land between two tries.
    let mut tries = 0;
    while answer.exit == Some(6) {
        tries += 1;
        assert!(tries < 5, "{at}\nis not settled by {answer:#?}");
        let again = settling(&line, &answer);
        answer = partition.run(&again);
    }
    partition.quiet();
    let given = owners::all(&partition.hub.world, HUB);
    let mine: Vec<_> = given.iter().filter(|((of, _), _)| of == task).collect();
    assert_eq!(mine.len(), 1, "{at}\n{mine:?}");
    let ((_, epoch), claim) = mine[0];
    assert_eq!(*epoch, 1, "{at}");
    let winner = match (&rival, answer.exit) {
        (_, Some(0)) => "@bot",
        (Some(rival), Some(3)) if rival.exit == Some(0) => "@rival",
        other => panic!("{at}\nended with {other:?}"),
    };
    assert_eq!(claim.agent, winner, "{at}");
    if winner == "@bot" {
        assert_eq!(
            answer.json()["data"]["claim"]["id"],
            claim.id.as_str(),
            "{at}"
        );
        let rival = rival.map(|rival| rival.exit);
        assert!(rival.is_none_or(|exit| exit == Some(3)), "{at}");
    }
}

/// Cuts so many cables at the points, several at a time: most of the time is waiting.
fn cut_often(points: &[Point], cuts: usize) {
    const AT_A_TIME: usize = 5;
    std::thread::scope(|scope| {
        for worker in 0..AT_A_TIME {
            scope.spawn(move || {
                let partition = Partition::new(cuts);
                for number in (worker..cuts).step_by(AT_A_TIME) {
                    let round = number / AT_A_TIME;
                    let point = points[round % points.len()];
                    let story = STORIES[(worker + round / points.len()) % STORIES.len()];
                    cut(&partition, point, story, &format!("T-{}", number + 1));
                }
            });
        }
    });
}

#[test]
fn p08_a_push_cut_before_its_pack_is_settled() {
    if has("p08 before the pack", cables::NEEDS) {
        cut_often(&[Point::Connect, Point::Refs], rounds(10, 200));
    }
}

#[test]
fn p08_a_push_cut_before_the_refs_move_is_settled() {
    if has("p08 before the refs move", cables::NEEDS) {
        cut_often(&[Point::Received], rounds(10, 200));
    }
}

#[test]
fn p08_a_push_cut_before_its_answer_is_settled() {
    if has("p08 before the answer", cables::NEEDS) {
        cut_often(&[Point::Moved], rounds(10, 200));
    }
}
