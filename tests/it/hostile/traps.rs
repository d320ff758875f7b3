//! A repository in which everything that git can be made to run is a trap.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::World;

/// Every hook that git knows, of a client and of a server.
const HOOKS: [&str; 27] = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "update",
];

/// Keys of git's configuration that name a program; `{}` is the trap.
const CONFIG: &str = r#"
[core]
	fsmonitor = "{fsmonitor}"
	sshCommand = "{sshCommand}"
	editor = "{editor}"
	pager = "{pager}"
	askPass = "{askPass}"
	gitProxy = "{gitProxy}"
	alternateRefsCommand = "{alternateRefsCommand}"
	attributesFile = "{attributes}"
[pager]
	log = "{pager-log}"
	diff = "{pager-diff}"
	status = "{pager-status}"
	show = "{pager-show}"
[sequence]
	editor = "{sequence-editor}"
[diff]
	external = "{diff-external}"
[diff "trap"]
	textconv = "{textconv}"
	command = "{diff-command}"
	cachetextconv = true
[filter "trap"]
	clean = "{clean}"
	smudge = "{smudge}"
[filter "long"]
	process = "{process}"
[merge "trap"]
	driver = "{merge-driver} %A"
[merge]
	default = trap
[gpg]
	program = "{gpg}"
	format = openpgp
[gpg "ssh"]
	program = "{gpg-ssh}"
	defaultKeyCommand = "{gpg-ssh-key}"
	allowedSignersFile = "{attributes}"
[gpg "x509"]
	program = "{gpg-x509}"
[commit]
	gpgSign = true
[tag]
	gpgSign = true
[log]
	showSignature = true
[merge]
	verifySignatures = true
[user]
	signingKey = trap
[credential]
	helper = "!{credential}"
[interactive]
	diffFilter = "{diffFilter}"
[uploadpack]
	packObjectsHook = "{packObjectsHook}"
[remote "evil"]
	url = "ext::{ext}"
	uploadpack = "{uploadpack}"
	receivepack = "{receivepack}"
	fetch = +refs/heads/*:refs/remotes/evil/*
[protocol "ext"]
	allow = always
[submodule]
	recurse = true
[submodule "sub"]
	active = true
	update = "!{submodule-update}"
	url = "ext::{submodule-ext}"
[status]
	submoduleSummary = true
[trailer "x"]
	command = "{trailer}"
	cmd = "{trailer-cmd}"
[man]
	viewer = trap
[man "trap"]
	cmd = "{man}"
[browser "trap"]
	cmd = "{browser}"
[alias]
	list = "!{alias}"
	show = "!{alias}"
	status = "!{alias}"
	log = "!{alias}"
	rev-parse = "!{alias}"
	cat-file = "!{alias}"
"#;

/// Programs that lie in the work tree.
const HERE: [&str; 9] = [
    "laneway",
    "git",
    "sh",
    "ssh",
    "less",
    "gpg",
    "ssh-keygen",
    "git-lfs",
    "sed",
];

/// A world with traps, and where they leave a sign.
pub struct Trapped {
    pub world: World,
    canaries: PathBuf,
}

/// Where the hooks lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hooks {
    /// In `.git/hooks`.
    InGit,
    /// Where `core.hooksPath` points, in the work tree.
    Configured,
}

/// A governed world with a task in each standing, whose files have filters, with a signed commit.
fn prepared() -> World {
    let world = World::new();
    world.write(
        ".gitattributes",
        "* filter=trap diff=trap merge=trap\n*.long filter=long\n",
    );
    world.write("a.txt", "one\n");
    world.write("b.long", "one\n");
    world.git("add -A");
    world.git("commit -q -m attributes");
    sign_tip(&world);
    world.quietly("init --role A-backend:3 --role B-ui");
    for (id, role) in [("A-1", "A-backend"), ("A-2", "A-backend"), ("B-1", "B-ui")] {
        world.quietly(&format!(
            "add {id} --title Work --role {role} --check true --as @dana"
        ));
    }
    world.quietly("claim A-1 --as @bot");
    world.commit("repo-A-backend", "c.txt", "two\n");
    drop(
        world
            .laneway_in("repo-A-backend", "handoff --next more")
            .code(0),
    );
    world.quietly("claim A-2 --as @bot");
    world.commit("repo-A-backend", "d.txt", "two\n");
    world.quietly("package new A-2");
    world
}

/// Replaces the tip of `main` by the same commit with a signature, so that whoever verifies has
/// something to verify.
fn sign_tip(world: &World) {
    let raw = world.git("cat-file commit HEAD");
    let (headers, message) = raw.split_once("\n\n").unwrap();
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----";
    world.write_in(
        "tmp",
        "commit",
        &format!("{headers}\n{signature}\n\n{message}"),
    );
    let file = world.path("tmp/commit");
    let signed = world.git(&format!("hash-object -t commit -w {}", file.display()));
    world.git(&format!("reset -q --hard {}", signed.trim()));
}

impl Trapped {
    pub fn new(hooks: Hooks) -> Self {
        let world = prepared();
        let trapped = Self {
            canaries: world.path("canaries"),
            world,
        };
        fs::create_dir(&trapped.canaries).unwrap();
        trapped.set(hooks);
        trapped
    }

    fn set(&self, hooks: Hooks) {
        let git = self.world.path("repo/.git");
        let dir = match hooks {
            Hooks::InGit => git.join("hooks"),
            Hooks::Configured => self.world.path("repo/.hooks"),
        };
        for hook in HOOKS {
            self.trap(&dir.join(hook), hook);
        }
        let mut config = CONFIG.to_owned();
        while let Some((before, after)) = config.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            let file = self.world.path("traps").join(name);
            match name {
                "attributes" => self.write(&file, "* filter=trap diff=trap merge=trap\n"),
                name => self.trap(&file, name),
            }
            config = format!("{before}{}{after}", file.display());
        }
        if hooks == Hooks::Configured {
            config.push_str("[core]\n\thooksPath = .hooks\n");
        }
        // All of it by `include.path`, from the work tree.
        self.write(&self.world.path("repo/.gitsettings"), &config);
        let own = git.join("config");
        let text = fs::read_to_string(&own).unwrap();
        self.write(
            &own,
            &format!("{text}[include]\n\tpath = ../.gitsettings\n"),
        );
        let attributes = "* filter=trap diff=trap merge=trap\n*.long filter=long\n";
        self.write(&git.join("info/attributes"), attributes);
        let modules = "[submodule \"sub\"]\n\tpath = sub\n\turl = ext::x\n\tupdate = !x\n";
        self.write(&self.world.path("repo/.gitmodules"), modules);
        // Programs in the directory at hand, which is on the path.
        for name in HERE {
            self.trap(&self.world.path("repo").join(name), &format!("here-{name}"));
            self.trap(
                &self.world.path("repo-A-backend").join(name),
                &format!("here-{name}"),
            );
        }
        let ignored: String = HERE.iter().map(|name| format!("/{name}\n")).collect();
        self.write(&git.join("info/exclude"), &ignored);
        let path = std::env::var("PATH").unwrap();
        self.world.set("PATH", &format!(".::{path}"));
        // What makes git look into files: they differ in size from what the index says.
        self.fill_files("one, and more\n");
    }

    /// Writes this into the files that have filters; `one` is what they were committed with.
    pub fn fill_files(&self, text: &str) {
        for dir in ["repo", "repo-A-backend"] {
            for file in ["a.txt", "b.long"] {
                self.write(&self.world.path(dir).join(file), text);
            }
        }
    }

    fn write(&self, file: &Path, text: &str) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A program that leaves a sign with its name and hands its input on.
    fn trap(&self, file: &Path, name: &str) {
        let canary = self.canaries.join(name);
        // A remote helper that answers with what it is asked would go on for ever.
        let hand_on = match name {
            "ext" | "submodule-ext" => "",
            _ => "[ -t 0 ] || /bin/cat\n",
        };
        let text = format!("#!/bin/sh\n: > '{}'\n{hand_on}", canary.display());
        self.write(file, &text);
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What fired since it was asked last.
    pub fn fired(&self) -> BTreeSet<String> {
        let mut fired = BTreeSet::new();
        for entry in fs::read_dir(&self.canaries).unwrap() {
            let entry = entry.unwrap();
            fs::remove_file(entry.path()).unwrap();
            fired.insert(entry.file_name().into_string().unwrap());
        }
        fired
    }
}
