//! A governed repository in which one file at a time is damaged.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Answer, Running, World};

/// Most address space that a command gets, KiB: more than 200 MB would be refused by the kernel.
const MOST: usize = 200_000;

/// Long enough for any machine that answers at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file to damage.
pub struct Kind {
    /// Its path.
    pub file: &'static str,
    /// Whether it stands on the ledger's branch.
    pub on_ledger: bool,
    /// Commands that would build on it.
    pub mutations: &'static [&'static str],
}

const CLAIM: &str = "claim A-1 --as @bot";
const EDIT: &str = "edit A-1 --title New --as @dana";
const PLAN: &str = "add N-1 --plan --title New --role A-backend --as @dana";

/// One of each sort.
pub const KINDS: &[Kind] = &[
    Kind {
        file: "governance/queue.yaml",
        on_ledger: false,
        mutations: &[PLAN, EDIT, CLAIM],
    },
    Kind {
        file: "governance/queue/more.yaml",
        on_ledger: false,
        mutations: &[EDIT, CLAIM],
    },
    Kind {
        file: "governance/policy.yaml",
        on_ledger: false,
        mutations: &[EDIT, CLAIM],
    },
    Kind {
        file: "governance/identity-map.yaml",
        on_ledger: false,
        mutations: &[EDIT, CLAIM],
    },
    Kind {
        file: "governance/workstations.yaml",
        on_ledger: false,
        mutations: &[CLAIM],
    },
    Kind {
        file: "governance/stages/a.yaml",
        on_ledger: false,
        mutations: &[CLAIM],
    },
    Kind {
        file: "governance/packages/A-1.md",
        on_ledger: false,
        mutations: &[CLAIM],
    },
    Kind {
        file: "governance/ledger.yaml",
        on_ledger: true,
        mutations: &[EDIT, CLAIM],
    },
    Kind {
        file: "governance/queue.yaml",
        on_ledger: true,
        mutations: &[EDIT, CLAIM],
    },
    Kind {
        file: "governance/state/bc/A-1.yaml",
        on_ledger: true,
        mutations: &[CLAIM],
    },
    Kind {
        file: "governance/archive/2026-01.yaml",
        on_ledger: true,
        mutations: &[],
    },
];

/// The repository before the damage.
pub struct Stage {
    world: World,
    kind: &'static Kind,
    sound: String,
    /// The ledger's tip.
    ledger: String,
}

impl Stage {
    pub fn new(kind: &'static Kind) -> Self {
        let world = World::governed();
        world.quietly("add A-1 --title One --role A-backend --as @dana");
        world.quietly(
            "edit A-1 --set package=packages/A-1.md --set stages_ref=stages/a.yaml --as @dana",
        );
        world.quietly("package new A-1");
        world.write(
            "governance/queue/more.yaml",
            "version: 1\ntasks:\n  - {id: B-1, title: Two, role: A-backend}\n",
        );
        world.write(
            "governance/stages/a.yaml",
            "version: 1\nstages:\n  review: {agent: \"@dana\"}\n",
        );
        world.git("add governance");
        world.git("commit -q -m 'Plan more'");
        world.quietly("claim A-1 --as @bot");
        world.quietly("release A-1 --as @bot");
        let ledger = world.git("rev-parse laneway").trim().to_owned();
        world.git("commit -q --allow-empty -m Damage");
        let sound = match (kind.on_ledger, kind.file.contains("/archive/")) {
            (true, true) => "version: 1\ntasks:\n  - at: 2026-01-02T00:00:00Z\n    file: governance/queue.yaml\n    definition: |\n      - {id: Z-1, title: Old, role: A-backend}\n    state:\n      version: 1\n      id: Z-1\n      status: cancelled\n      epoch: 0\n      cancellation: {reason: x, at: 2026-01-01T00:00:00Z, by: '@dana'}\n".to_owned(),
            (true, false) => world.git(&format!("show laneway:{}", kind.file)),
            (false, _) => std::fs::read_to_string(world.path("repo").join(kind.file)).unwrap(),
        };
        let stage = Self {
            world,
            kind,
            sound,
            ledger,
        };
        let sound = stage.judged(stage.sound.as_bytes()).unwrap();
        assert_eq!(sound, Vec::<Value>::new(), "{}", kind.file);
        stage
    }

    /// The text before the damage.
    pub fn sound(&self) -> &str {
        &self.sound
    }

    /// Puts the bytes in the place of the file; what every command says, and that nothing moves.
    pub fn survives(&self, bytes: &[u8]) -> Result<(), String> {
        let findings = self.judged(bytes)?;
        let named = findings.iter().any(|finding| {
            let place = |key: &str| finding[key].as_u64().is_some_and(|at| at > 0);
            finding["severity"] == "error" && place("line") && place("column")
        });
        if !named {
            return Err(format!("validate names no place: {findings:#?}"));
        }
        let before = self.refs();
        let fix = [("validate --fix", [1, 5])].into_iter();
        let mutations = self.kind.mutations.iter().map(|line| (*line, [4, 5]));
        for (line, codes) in fix.chain(mutations) {
            let answer = self.limited(line);
            if !answer.exit.is_some_and(|code| codes.contains(&code)) {
                return Err(format!("not refused: {answer:#?}"));
            }
            if self.refs() != before {
                return Err(format!("$ {line}: something moved"));
            }
        }
        let after = match self.kind.on_ledger {
            true => self.blob("laneway"),
            false => std::fs::read(self.world.path("repo").join(self.kind.file)).unwrap(),
        };
        (after == bytes)
            .then_some(())
            .ok_or_else(|| "the file changed".to_owned())
    }

    /// The findings of the file, by each way to it: worktree, index and commit say the same.
    fn judged(&self, bytes: &[u8]) -> Result<Vec<Value>, String> {
        let mut ways = vec!["--json validate"];
        if self.kind.on_ledger {
            self.commit_on_ledger(bytes);
            ways.push("--json validate --commit laneway");
        } else {
            std::fs::write(self.world.path("repo").join(self.kind.file), bytes).unwrap();
            self.world
                .git("commit -q -a --amend --allow-empty --no-edit");
            ways.extend(["--json validate --staged", "--json validate --commit main"]);
        }
        let mut told: Vec<Vec<Value>> = Vec::new();
        for way in ways {
            let answer = self.limited(way);
            let json: Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
            let Some(all) = json["data"]["findings"].as_array().cloned() else {
                return Err(format!("no report: {answer:#?}"));
            };
            let own = all
                .into_iter()
                .filter(|finding| finding["file"] == self.kind.file);
            let own: Vec<Value> = own
                .map(|mut finding| {
                    finding.as_object_mut().unwrap().remove("commit");
                    finding
                })
                .collect();
            let code = i32::from(own.iter().any(|finding| finding["severity"] == "error"));
            if answer.exit != Some(code) {
                return Err(format!("{answer:#?}"));
            }
            told.push(own);
        }
        let first = told.remove(0);
        match told.iter().find(|other| **other != first) {
            Some(other) => Err(format!("{first:#?}\nelsewhere {other:#?}")),
            None => Ok(first),
        }
    }

    /// A commit on the ledger that claims to be the one before: by hand, and not by a verb.
    fn commit_on_ledger(&self, bytes: &[u8]) {
        let world = &self.world;
        world.set("GIT_INDEX_FILE", world.path("index").to_str().unwrap());
        world.git(&format!("read-tree {}", self.ledger));
        std::fs::write(world.path("damaged"), bytes).unwrap();
        let blob = world.git("hash-object -w --no-filters ../damaged");
        let entry = format!("100644,{},{}", blob.trim(), self.kind.file);
        world.git(&format!("update-index --add --cacheinfo {entry}"));
        let tree = world.git("write-tree");
        world.unset("GIT_INDEX_FILE");
        let message = world.git(&format!("log -1 --format=%B {}", self.ledger));
        std::fs::write(world.path("message"), message).unwrap();
        let line = format!(
            "commit-tree {} -p {} -F ../message",
            tree.trim(),
            self.ledger
        );
        let commit = world.git(&line);
        world.git(&format!("update-ref refs/heads/laneway {}", commit.trim()));
    }

    fn blob(&self, branch: &str) -> Vec<u8> {
        let mut git = self.world.command(
            &self.world.path("repo"),
            "git",
            &format!("cat-file blob {branch}:{}", self.kind.file),
        );
        git.output().unwrap().stdout
    }

    /// Every ref, as git keeps them.
    fn refs(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let git = self.world.path("repo/.git");
        let mut found = BTreeMap::new();
        let mut left = vec![git.join("refs"), git.join("packed-refs"), git.join("HEAD")];
        while let Some(path) = left.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).unwrap();
                left.extend(entries.map(|entry| entry.unwrap().path()));
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.insert(path, bytes);
            }
        }
        found
    }

    /// Runs laneway with no more than 200 MB of address space.
    fn limited(&self, line: &str) -> Answer {
        let program = env!("CARGO_BIN_EXE_laneway");
        let inner = self.world.command(&self.world.path("repo"), program, line);
        let mut outer = Command::new("sh");
        outer
            .arg("-c")
            .arg(format!("ulimit -v {MOST} && exec \"$0\" \"$@\""))
            .arg(program)
            .args(inner.get_args())
            .current_dir(self.world.path("repo"))
            .env_clear();
        for (name, value) in inner.get_envs() {
            outer.env(name, value.unwrap_or_default());
        }
        Running::of(line, &mut outer).within(PATIENCE)
    }
}
