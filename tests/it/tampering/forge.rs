//! A governed remote with its hooks, honest next commits on top of it, and a clone in which commits
//! are forged with git's plumbing.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::World;

const POLICY: &str = "version: 1
project: repo
target: {branch: main, direct: tasks_only}
authority: {mode: remote, remote: origin}
durability: fast
roles:
  - {name: A-backend, lanes: 2}
  - {name: B-ui}
gates: {high_risk: none}
signatures: {minimum: committer}
";

const MAP: &str = "version: 1
mode: enforced
agents:
  - {name: '@bot', roles: [A-backend], may: [claim, handoff], emails: [test@example.com, bot@example.com]}
  - {name: '@two', roles: [A-backend, B-ui], may: [claim, handoff], emails: [test@example.com]}
  - {name: '@rev', kind: person, may: [review], emails: [test@example.com]}
  - {name: '@dana', kind: person, may: [plan, merge, admin], emails: [test@example.com, dana@example.com]}
routing:
  - {task_type: work, agent_name: '@bot', workstation: ws-1, fallback: [{agent_name: '@two', workstation: ws-1}]}
";

const PLACES: &str = "version: 1
workstations:
  - {name: ws-1, version: 1}
";

/// The honest next steps that forgeries begin from, each of the same ledger.
const STEPS: [(&str, &str); 8] = [
    ("note", "note A-2 first --as @bot"),
    ("claim", "claim A-3 --no-worktree --as @two"),
    (
        "review",
        "review B-1 --verdict accept --no-findings --as @rev",
    ),
    ("merge", "merge B-1 --trust --as @dana"),
    (
        "add",
        "add A-9 --title More --type work --role A-backend --as @dana",
    ),
    ("file", "add --file ../large.yaml --as @dana"),
    (
        "import",
        "import ../brought.csv --role A-backend --as @dana",
    ),
    ("archive", "archive A-4 --as @dana"),
];

/// The files that the steps bring: a plan too large for a message, and a list of another tracker.
const BROUGHT: [(&str, &str, usize); 2] = [
    (
        "large.yaml",
        "version: 1\ntasks:\n- {id: C-1, title: Large, type: work, role: A-backend}\n#",
        10_000,
    ),
    ("brought.csv", "id,title,type\nC-2,Brought,work\n", 0),
];

/// The clone in which commits are forged.
pub const EVIL: &str = "evil";

/// The remote, and what may happen to it next.
pub struct Field {
    pub world: World,
    /// Where ledger and target stand on the remote.
    pub ledger: String,
    pub target: String,
    /// The first commit of the target, before there were rules.
    pub first: String,
}

impl Field {
    pub fn new() -> Self {
        let world = World::remote();
        let first = world.git("rev-parse main~1").trim().to_owned();
        world.write("governance/policy.yaml", POLICY);
        world.write("governance/identity-map.yaml", MAP);
        world.write("governance/workstations.yaml", PLACES);
        world.git("add governance");
        world.git("commit -qm rules");
        world.git("push -q origin main");
        drop(
            world
                .laneway_in("hub.git", "hooks install --server")
                .code(0),
        );
        let add = "--title Work --type work --role";
        for task in [
            "A-1 --title Work --type work --role A-backend --check true".to_owned(),
            format!("A-2 {add} A-backend --depends-on A-1"),
            format!("A-3 {add} A-backend"),
            format!("A-4 {add} A-backend"),
            format!("B-1 {add} B-ui --check true"),
            format!("B-2 {add} B-ui --depends-on B-1"),
        ] {
            world.quietly(&format!("add {task} --as @dana"));
        }
        for (task, lane, agent, file) in [
            ("A-1", "repo-A-backend", "@bot", "src/a"),
            ("B-1", "repo-B-ui", "@two", "ui/b"),
        ] {
            world.quietly(&format!("claim {task} --as {agent}"));
            world.commit(lane, file, "1\n");
            drop(world.laneway_in(lane, "check --trust").code(0));
            drop(world.laneway_in(lane, "handoff --next more").code(0));
        }
        world.quietly("review A-1 --verdict accept --no-findings --as @rev");
        world.quietly("merge A-1 --as @dana");
        world.quietly("cancel A-4 --reason late --as @dana");
        world.quietly("claim A-2 --as @bot");
        world.quietly("note A-2 kept --as @bot");
        let tip = |name: &str| {
            world
                .git_in("hub.git", &format!("rev-parse refs/heads/{name}"))
                .trim()
                .to_owned()
        };
        let (ledger, target) = (tip("laneway"), tip("main"));
        let field = Self {
            ledger,
            target,
            first,
            world,
        };
        field.step_on();
        field
    }

    /// Makes each honest next step in a clone of its own and brings it to the forger's.
    fn step_on(&self) {
        let world = &self.world;
        let url = format!("file://{}", world.path("hub.git").display());
        world.git_in("tmp", &format!("clone -q {url} ../{EVIL}"));
        world.git_in(
            EVIL,
            "fetch -q origin +refs/laneway/work/*:refs/laneway/work/*",
        );
        copy(world, "hub.git", "hub.kept");
        for (name, text, more) in BROUGHT {
            fs::write(world.path(name), text.to_owned() + &"x".repeat(more)).unwrap();
        }
        for (name, line) in STEPS {
            world.git_in("tmp", &format!("clone -q {url} ../{name}"));
            drop(world.laneway_in(name, line).code(0));
            let refs = format!(
                "+refs/heads/laneway:refs/honest/{name} +refs/heads/main:refs/honest/{name}-main"
            );
            world.git_in(EVIL, &format!("fetch -q origin {refs}"));
            self.restore();
        }
        // The lane of A-2 is here alone.
        world.commit("repo-A-backend", "src/c", "1\n");
        drop(
            world
                .laneway_in("repo-A-backend", "handoff --next more")
                .code(0),
        );
        let refs = "+refs/heads/laneway:refs/honest/handoff +refs/laneway/work/A-2/1:refs/laneway/work/A-2/1";
        world.git_in(EVIL, &format!("fetch -q origin {refs}"));
        self.restore();
    }

    /// The remote as it was before the next steps.
    pub fn restore(&self) {
        fs::remove_dir_all(self.world.path("hub.git")).unwrap();
        copy(&self.world, "hub.kept", "hub.git");
    }

    /// The commit that an honest step made.
    pub fn honest(&self, step: &str) -> Raw {
        self.raw(&format!("refs/honest/{step}"))
    }

    /// A commit, taken apart.
    pub fn raw(&self, rev: &str) -> Raw {
        let text = self.git(&format!("cat-file commit {rev}"));
        let (head, message) = text.split_once("\n\n").unwrap();
        let all = |key: &str| {
            head.lines()
                .filter_map(|line| line.strip_prefix(key))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        Raw {
            tree: all("tree ").remove(0),
            parents: all("parent "),
            author: all("author ").remove(0),
            committer: all("committer ").remove(0),
            message: message.to_owned(),
        }
    }

    /// Writes a commit; its id.
    pub fn commit(&self, raw: &Raw) -> String {
        let mut text = format!("tree {}\n", raw.tree);
        for parent in &raw.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        let Raw {
            author,
            committer,
            message,
            ..
        } = raw;
        text.push_str(&format!(
            "author {author}\ncommitter {committer}\n\n{message}"
        ));
        self.feed("hash-object -t commit -w --stdin", &text)
    }

    /// A file of a tree.
    pub fn file(&self, tree: &str, path: &str) -> String {
        self.git(&format!("cat-file blob {tree}:{path}"))
    }

    /// The only path of a tree that ends so.
    pub fn path(&self, tree: &str, end: &str) -> String {
        let all = self.git(&format!("ls-tree -r --name-only {tree}"));
        let mut found = all.lines().filter(|path| path.ends_with(end));
        let path = found.next().unwrap_or_else(|| panic!("no {end} in {all}"));
        path.to_owned()
    }

    /// The tree with other entries.
    pub fn tree(&self, tree: &str, entries: &[(&str, Entry<'_>)]) -> String {
        self.git(&format!("read-tree {tree}"));
        for (path, entry) in entries {
            let (mode, id) = match entry {
                Entry::Gone => {
                    self.git(&format!("rm -q -r -f --cached -- {path}"));
                    continue;
                }
                Entry::Text(text) => ("100644", self.blob(text)),
                Entry::Exec(text) => ("100755", self.blob(text)),
                Entry::Link(text) => ("120000", self.blob(text)),
                Entry::Module(id) => ("160000", (*id).to_owned()),
            };
            self.git(&format!(
                "update-index --add --replace --cacheinfo {mode},{id},{path}"
            ));
        }
        self.git("write-tree").trim().to_owned()
    }

    fn blob(&self, text: &str) -> String {
        self.feed("hash-object -w --stdin", text)
    }

    pub fn git(&self, line: &str) -> String {
        self.world.git_in(EVIL, line)
    }

    /// Runs git with input.
    fn feed(&self, line: &str, input: &str) -> String {
        let mut command = self.world.command(&self.world.path(EVIL), "git", line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "$ git {line}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The refs of the remote.
    pub fn remote_refs(&self) -> String {
        self.world.git_in("hub.git", "for-each-ref")
    }
}

/// A commit, taken apart.
#[derive(Clone)]
pub struct Raw {
    pub tree: String,
    pub parents: Vec<String>,
    pub author: String,
    pub committer: String,
    pub message: String,
}

impl Raw {
    /// The message with something said otherwise.
    pub fn says(mut self, from: &str, to: &str) -> Self {
        assert!(self.message.contains(from), "no {from} in {}", self.message);
        self.message = self.message.replace(from, to);
        self
    }
}

/// What a path of a forged tree becomes.
pub enum Entry<'a> {
    Gone,
    Text(&'a str),
    Exec(&'a str),
    Link(&'a str),
    Module(&'a str),
}

fn copy(world: &World, from: &str, to: &str) {
    let line = format!("-a {from} {to}");
    let status = world
        .command(&world.path(""), "cp", &line)
        .status()
        .unwrap();
    assert!(status.success());
}
