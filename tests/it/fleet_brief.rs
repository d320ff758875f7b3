//! Fleets that know nothing but `brief`: scripted agents that read its commands, fill in the marked
//! places, write and commit when they are told to, and do nothing else (G3).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{World, words};

const PROGRAM: &str = env!("CARGO_BIN_EXE_laneway");

/// How an agent reads its brief.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Markdown,
}

/// A command that a brief suggests.
struct Suggested {
    argv: Vec<String>,
    fill: Vec<String>,
    conditional: bool,
}

/// What an agent takes out of a brief.
struct Told {
    act: String,
    commands: Vec<Suggested>,
    lane: Option<PathBuf>,
    owned: Option<String>,
    over: bool,
}

/// A process that acts for one agent.
#[derive(Clone)]
struct Agent {
    name: String,
    form: Form,
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    /// What it counts: lost races, and turns.
    lost: usize,
    turns: usize,
    /// Texts that it writes, each once.
    serial: usize,
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Agent {
    fn new(world: &World, name: &str, form: Form) -> Self {
        let dir = world.path("repo");
        let command = world.command(&dir, PROGRAM, "");
        let env = command.get_envs();
        let env = env.filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
        Self {
            name: name.to_owned(),
            form,
            env: env.collect(),
            dir,
            lost: 0,
            turns: 0,
            serial: 0,
        }
    }

    fn run(&self, argv: &[String]) -> Ended {
        let program = match argv[0].as_str() {
            "laneway" => PROGRAM,
            "git" => "git",
            other => panic!("{other} is no program of a brief: {argv:?}"),
        };
        let mut command = Command::new(program);
        command.args(&argv[1..]).current_dir(&self.dir);
        command.env_clear().envs(self.env.iter().cloned());
        let output = command.output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn brief(&mut self) -> Told {
        self.turns += 1;
        let mut argv = ["laneway", "brief", "--as", &self.name]
            .map(str::to_owned)
            .to_vec();
        if matches!(self.form, Form::Json) {
            argv.push("--json".to_owned());
        }
        let ended = self.run(&argv);
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        match self.form {
            Form::Json => from_json(&ended.stdout),
            Form::Markdown => from_markdown(&ended.stdout),
        }
    }

    /// Does what a brief says; whether there was something to do.
    fn turn(&mut self, choose: impl Fn(&Suggested) -> bool) -> bool {
        let told = self.brief();
        match told.act.as_str() {
            "work" => {
                if let (Some(lane), Some(owned)) = (&told.lane, &told.owned) {
                    self.write(lane, owned);
                }
                for command in &told.commands {
                    self.carry_out(command);
                }
                true
            }
            "run" => {
                let now = told.commands.iter().find(|one| !one.conditional);
                let chosen = now.or_else(|| told.commands.iter().find(|one| choose(one)));
                let chosen = chosen.unwrap_or_else(|| panic!("{} has no command", self.name));
                self.carry_out(chosen);
                true
            }
            _ => {
                thread::sleep(Duration::from_millis(200));
                !told.over
            }
        }
    }

    /// Writes something new below the paths that the task owns.
    fn write(&mut self, lane: &Path, owned: &str) {
        self.serial += 1;
        let below = owned.strip_suffix("/**").unwrap_or(owned);
        let dir = lane.join(below);
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!("{} {}\n", self.name, self.serial);
        std::fs::write(dir.join("work.txt"), text).unwrap();
    }

    fn carry_out(&mut self, command: &Suggested) {
        let mut argv = command.argv.clone();
        for flag in &command.fill {
            let at = argv.iter().position(|word| word == flag).unwrap();
            argv[at + 1] = match flag.as_str() {
                "--finding" => "major:src/T-1/work.txt:say more".to_owned(),
                "--anchor" => "src/T-1/work.txt:1".to_owned(),
                _ => format!("what {} says", self.name),
            };
        }
        let ended = self.run(&argv);
        match ended.code {
            Some(0) => {}
            // Another was first, which waiting or looking again mends.
            Some(3) => self.lost += 1,
            _ => panic!(
                "a suggested command was refused: {argv:?}\n{}{}",
                ended.stdout, ended.stderr
            ),
        }
    }
}

fn from_json(text: &str) -> Told {
    let value: Value = serde_json::from_str(text).unwrap();
    let data = &value["data"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    let commands = data["commands"].as_array().unwrap().iter();
    let nothing = data["queue"]["nothing"].as_str().unwrap_or_default();
    let waiting = data["queue"]["waiting"].as_array().map_or(0, Vec::len);
    Told {
        act: text(&data["act"]).unwrap(),
        commands: commands
            .map(|one| Suggested {
                argv: list(&one["argv"]),
                fill: list(&one["fill"]),
                conditional: one.get("when").is_some(),
            })
            .collect(),
        lane: text(&data["task"]["lane"]["path"]).map(PathBuf::from),
        owned: list(&data["task"]["owned_paths"]).first().cloned(),
        over: nothing.ends_with("no open task") && waiting == 0,
    }
}

/// The same from the page that people and models read.
fn from_markdown(text: &str) -> Told {
    let span = |line: &str| line.split('`').nth(1).map(str::to_owned);
    let line = |begin: &str| text.lines().find(|line| line.starts_with(begin));
    let commands = text.lines().filter_map(|line| {
        let (number, rest) = line.split_once(". `")?;
        number.parse::<usize>().ok()?;
        let (command, said) = rest.split_once('`')?;
        let fill = said.split_once("replace the value of");
        let fill = fill.map_or("", |(_, flags)| flags);
        let flags = fill.split('`').skip(1).step_by(2);
        Some(Suggested {
            argv: words(command),
            fill: flags.map(str::to_owned).collect(),
            conditional: said.contains("; only when "),
        })
    });
    Told {
        act: line("## Next: ").unwrap()["## Next: ".len()..].to_owned(),
        commands: commands.collect(),
        lane: line("- worktree ").and_then(span).map(PathBuf::from),
        owned: line("- change only: ").and_then(span),
        over: text.contains("no open task") && !text.contains("- yours, "),
    }
}

/// Rules in which programs claim, hand off and land their own work, and people review.
fn governed(gates: &str) -> World {
    let world = World::new();
    world.quietly("init --role A:3 --role B:3 --role C:2");
    let policy = format!(
        "version: 1\nproject: repo\ntarget: {{branch: main}}\ndurability: fast\n\
         roles:\n  - {{name: A, lanes: 3}}\n  - {{name: B, lanes: 3}}\n  - {{name: C, lanes: 2}}\n\
         gates: {{{gates}}}\n"
    );
    world.write("governance/policy.yaml", &policy);
    let mut map = "version: 1\nmode: enforced\nagents:\n\
         \x20 - {name: \"@dana\", kind: person, may: [plan, admin]}\n\
         \x20 - {name: \"@rev\", kind: person, may: [review]}\n"
        .to_owned();
    for (number, roles) in ["A, B", "B, C", "A, C", "A", "B", "C", "A, B, C", "A, B, C"]
        .iter()
        .enumerate()
    {
        map.push_str(&format!(
            "  - {{name: \"@bot-{number}\", roles: [{roles}], may: [claim, handoff]}}\n"
        ));
    }
    map.push_str("routing:\n  - {task_type: work, pool: [\"@bot-*\"], workstation: ws-local-01}\n");
    world.write("governance/identity-map.yaml", &map);
    world.git("commit -q -a -m rules");
    world
}

/// A task that changes one file, checked by a command that all tasks share.
fn task(number: usize, role: &str, priority: usize, depends_on: &[usize]) -> String {
    let depends: Vec<String> = depends_on.iter().map(|n| format!("T-{n}")).collect();
    format!(
        "  - {{id: T-{number}, title: Part {number}, type: work, role: {role}, \
         priority: {priority}, owned_paths: [\"src/T-{number}/**\"], \
         depends_on: [{}], acceptance_checks: [\"test -d src\"]}}\n",
        depends.join(", ")
    )
}

fn plan(world: &World, tasks: &str) {
    world.write_in("tmp", "tasks.yaml", &format!("version: 1\ntasks:\n{tasks}"));
    world.quietly("add --file ../tmp/tasks.yaml --as @dana");
    // What runs here is a person's word.
    world.quietly("trust T-1 --as @dana");
}

#[test]
fn a_worker_and_a_reviewer_who_know_nothing_but_their_briefs_land_a_task() {
    for form in [Form::Json, Form::Markdown] {
        let world = governed("review: {normal: required}");
        plan(&world, &task(1, "A", 3, &[]));
        let mut worker = Agent::new(&world, "@bot-0", form);
        let mut reviewer = Agent::new(&world, "@rev", form);
        let mut found = false;
        for _ in 0..20 {
            worker.turn(|_| false);
            let before = reviewer.turns;
            let told = reviewer.brief();
            if told.act == "run" {
                let wanted = !found;
                let finding = |one: &Suggested| one.fill.contains(&"--finding".to_owned());
                reviewer.turn(|one| finding(one) == wanted);
                found = true;
            }
            assert!(reviewer.turns > before);
        }
        let told = world.laneway("--json show T-1").code(0).json();
        let task = &told["data"]["task"];
        assert_eq!(task["status"], "done", "{task:#}");
        let kinds: Vec<&str> = task["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["kind"].as_str().unwrap())
            .filter(|kind| matches!(*kind, "handoff" | "review"))
            .collect();
        assert_eq!(kinds, ["handoff", "review", "handoff", "review"]);
        assert_eq!(worker.lost + reviewer.lost, 0);
        drop(world.laneway("audit verify").code(0));
    }
}

#[test]
fn agents_who_know_nothing_but_their_briefs_pass_a_scope_and_high_risk() {
    for form in [Form::Json, Form::Markdown] {
        let world = governed("review: {}");
        let task = "  - {id: T-1, title: Part 1, type: work, role: A, risk: high, \
             package: packages/T-1.md, owned_paths: [\"src/T-1/**\"], \
             evidence_checks: {runtime: [\"test -s src/T-1/work.txt\"]}}\n";
        plan(&world, task);
        world.quietly("package new T-1 --scope-confirmation");
        world.git("add governance");
        world.git("commit -q -m package");
        let mut worker = Agent::new(&world, "@bot-0", form);
        let mut planner = Agent::new(&world, "@dana", form);
        let mut reviewer = Agent::new(&world, "@rev", form);
        for _ in 0..9 {
            worker.turn(|_| false);
            if planner.brief().act == "run" {
                planner.turn(|one| one.argv.contains(&"go".to_owned()));
            }
            if reviewer.brief().act == "run" {
                reviewer.turn(|one| one.argv.contains(&"accept".to_owned()));
            }
        }
        let told = world.laneway("--json show T-1").code(0).json();
        let task = &told["data"]["task"];
        assert_eq!(task["status"], "done", "{task:#}");
        let records = task["records"].as_array().unwrap().iter();
        let kinds: Vec<&str> = records
            .map(|record| record["kind"].as_str().unwrap())
            .filter(|kind| ["scope", "attestation", "evidence", "handoff", "review"].contains(kind))
            .collect();
        let order = [
            "scope",
            "scope",
            "attestation",
            "evidence",
            "handoff",
            "review",
        ];
        assert_eq!(kinds.get(..6), Some(&order[..]), "{kinds:?}");
        assert_eq!(worker.lost + planner.lost + reviewer.lost, 0);
        drop(world.laneway("audit verify").code(0));
    }
}

/// Tasks in five layers of eight, each but the first on two of the layer below.
fn layers() -> (String, BTreeMap<usize, Vec<usize>>) {
    let mut tasks = String::new();
    let mut depends = BTreeMap::new();
    for number in 1..=40_usize {
        let below: Vec<usize> = match number {
            1..=8 => Vec::new(),
            _ => {
                let layer = (number - 1) / 8;
                let place = (number - 1) % 8;
                let first = (layer - 1) * 8 + 1;
                vec![first + place, first + (place + 3) % 8]
            }
        };
        let role = ["A", "B", "C"][number % 3];
        tasks.push_str(&task(number, role, 1 + number * 7 % 5, &below));
        depends.insert(number, below);
    }
    (tasks, depends)
}

#[test]
fn eight_agents_who_know_nothing_but_their_briefs_drain_a_queue() {
    let world = governed("review: {}");
    let (tasks, depends) = layers();
    plan(&world, &tasks);
    let started = Instant::now();
    let agents: Vec<_> = (0..8)
        .map(|number| {
            let mut agent = Agent::new(&world, &format!("@bot-{number}"), Form::Json);
            thread::spawn(move || {
                while agent.turn(|_| false) {
                    assert!(
                        started.elapsed() < Duration::from_secs(300),
                        "it takes too long"
                    );
                    thread::sleep(Duration::from_millis(20));
                }
                agent
            })
        })
        .collect();
    let agents: Vec<Agent> = agents.into_iter().map(|one| one.join().unwrap()).collect();
    let (turns, lost) = agents
        .iter()
        .fold((0, 0), |sum, one| (sum.0 + one.turns, sum.1 + one.lost));
    eprintln!("{turns} briefs, {lost} lost races, {:?}", started.elapsed());
    // Whoever loses a race has looked before it, and does something else after it.
    assert!(lost < turns / 2, "{lost} of {turns} turns lost a race");
    let listed = world.laneway("--json list --status done").code(0).json();
    assert_eq!(listed["data"]["tasks"].as_array().map(Vec::len), Some(40));
    landed_in_order(&world, &depends);
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("validate").code(0));
}

/// Every file is on the target, and came there after those of the tasks that its task waits for.
fn landed_in_order(world: &World, depends: &BTreeMap<usize, Vec<usize>>) {
    let log = world.git("log --reverse --format=%x01 --name-only main -- src");
    let mut order = BTreeMap::new();
    for (place, commit) in log.split('\u{1}').enumerate() {
        for file in commit.lines().filter(|line| line.starts_with("src/T-")) {
            let number = file["src/T-".len()..].split('/').next().unwrap();
            order
                .entry(number.parse::<usize>().unwrap())
                .or_insert(place);
        }
    }
    assert_eq!(order.len(), depends.len(), "{order:?}");
    for (number, below) in depends {
        for one in below {
            assert!(
                order[one] < order[number],
                "T-{number} landed before T-{one}"
            );
        }
    }
}
