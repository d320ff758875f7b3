//! X8: what shows who did something stands wherever that is listed, and the guide to it works.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::World;

const MAP: &str = r#"version: 1
mode: open
agents:
  - name: "@bot"
    kind: agent
    may: [claim, handoff, merge, plan]
    signing_keys: ["KEY"]
  - {name: "@dana", kind: person, seat: [direction], may: [plan, review, merge, admin], emails: [test@example.com]}
"#;

/// Makes a key `name` in the home; its public part.
fn key(world: &World, name: &str) -> String {
    let line = format!("-q -t ed25519 -N '' -C {name} -f {name}");
    let made = world.command(&world.path("home"), "ssh-keygen", &line);
    assert!({ made }.status().unwrap().success());
    let text = fs::read_to_string(world.path("home").join(format!("{name}.pub"))).unwrap();
    text.trim().to_owned()
}

/// From now on git, and laneway with it, signs with this key; or not at all.
fn sign_by(world: &World, name: Option<&str>) {
    world.git("config gpg.format ssh");
    world.git(&format!("config commit.gpgSign {}", name.is_some()));
    if let Some(name) = name {
        let file = world.path("home").join(name);
        world.git(&format!("config user.signingKey {}", file.display()));
    }
}

/// A world with a map in which `@bot` has a key and `@dana` an address.
fn keyed() -> World {
    let world = World::planned();
    let map = MAP.replace("KEY", &key(&world, "bot"));
    world.write("governance/identity-map.yaml", &map);
    world.write("doc/adr/1.md", "# Now\n");
    world.rule("contracts: [{name: api, paths: [\"api/**\"], owner: B-ui}]");
    world.git("add -A");
    world.git("commit -q -m rules");
    world
}

/// Kind, author and level of each record of a task.
fn shown(world: &World, task: &str) -> Vec<(String, String, Value)> {
    let answer = world.laneway(&format!("--json show {task}")).code(0).json();
    let records = answer["data"]["task"]["records"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    records
        .iter()
        .map(|record| {
            (
                text(&record["kind"]),
                text(&record["by"]),
                record["level"].clone(),
            )
        })
        .collect()
}

#[test]
fn x08_show_tells_of_each_record_what_shows_who_wrote_it() {
    let world = keyed();
    world.quietly("note A-1 nobody --as @stranger");
    world.quietly("note A-1 'not her key' --as @bot");
    world.quietly("note A-1 address --as @dana");
    sign_by(&world, Some("bot"));
    world.quietly("note A-1 key --as @bot");
    world.quietly("note B-1 'another task' --as @bot");
    // His key shows nothing of her; the address still does.
    world.quietly("note A-1 'his key' --as @dana");
    let levels: Vec<Value> = shown(&world, "A-1")
        .into_iter()
        .map(|(.., level)| level)
        .collect();
    assert_eq!(
        levels,
        ["unsigned", "unsigned", "committer", "signed", "committer"].map(Value::from)
    );
    // Each names the ledger commit that `log` names.
    let records = world.laneway("--json show A-1").code(0).json();
    let log = world.laneway("--json log A-1 --reverse").code(0).json();
    let log = log["data"]["entries"].as_array().unwrap().iter();
    let notes: Vec<&Value> = log.filter(|entry| entry["op"] == "note").collect();
    let records = records["data"]["task"]["records"].as_array().unwrap();
    for (record, entry) in records.iter().zip(&notes) {
        assert_eq!(record["ledger_commit"], entry["commit"]);
        assert_eq!(record["level"], entry["level"]);
    }
    let text = world.laneway("show A-1").code(0).stdout;
    assert!(text.contains("note #4 by @bot (signed): key"), "{text}");
    assert!(
        text.contains("note #1 by @stranger (unsigned): nobody"),
        "{text}"
    );
}

#[test]
fn x08_exceptions_requests_and_overrides_tell_what_shows_who_decided() {
    let world = keyed();
    sign_by(&world, Some("bot"));
    let ask = "except A-2 --gate dependency --adr doc/adr/1.md --reason down --rollback revert \
               --expires 2d --as @bot";
    world.quietly(ask);
    sign_by(&world, None);
    world.quietly("except A-2 --approve 1 --as @dana");
    world.quietly("request A-1 --contract api --text more --as @stranger");
    world.quietly("request A-1 --decide 1 --verdict defer --reason later --as @dana");
    sign_by(&world, Some("bot"));
    world.quietly("claim A-2 --no-worktree --as @bot");
    let listed = world.laneway("--json except --list").code(0).json();
    let one = &listed["data"]["exceptions"][0];
    assert_eq!(
        (&one["level"], &one["decided_level"]),
        (&"signed".into(), &"committer".into())
    );
    let text = world.laneway("except --list").code(0);
    drop(
        text.says("asked by @bot (signed)")
            .says("approved by @dana (committer)"),
    );
    let listed = world.laneway("--json request").code(0).json();
    let one = &listed["data"]["requests"][0];
    assert_eq!(
        (&one["level"], &one["decision"]["level"]),
        (&"unsigned".into(), &"committer".into())
    );
    drop(
        world
            .laneway("request")
            .code(0)
            .says("by @stranger (unsigned)")
            .says("by @dana (committer)"),
    );
    let listed = world.laneway("--json audit overrides").code(0).json();
    let one = &listed["data"]["overrides"][0];
    assert_eq!(
        (
            &one["by"],
            &one["level"],
            &one["approved_by"],
            &one["approved_level"]
        ),
        (
            &"@bot".into(),
            &"signed".into(),
            &"@dana".into(),
            &"committer".into()
        )
    );
    drop(
        world
            .laneway("audit overrides")
            .code(0)
            .says("@bot (signed)")
            .says("@dana (committer)"),
    );
}

#[test]
fn x08_records_keep_their_level_in_the_archive_and_out_of_it() {
    let world = keyed();
    sign_by(&world, Some("bot"));
    world.quietly("note B-1 first --as @bot");
    sign_by(&world, None);
    world.quietly("cancel B-1 --reason enough --as @dana");
    let before = shown(&world, "B-1");
    assert_eq!(before[0].2, "signed");
    world.quietly("archive B-1 --as @stranger");
    assert_eq!(shown(&world, "B-1"), before);
    world.quietly("archive --restore B-1 --as @stranger");
    assert_eq!(shown(&world, "B-1"), before);
}

/// Puts a commit on the ledger with git's plumbing: `text` in place of the task's state file, with
/// the message of the tip, made at `when`.
fn forge(world: &World, path: &str, text: &str, when: &str) {
    let fed = |line: &str, input: &str| {
        let mut git = world.command(&world.path("repo"), "git", line);
        let mut git = git
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let message = world.git("log -1 --format=%B laneway");
    let blob = fed("hash-object -w --stdin", text);
    world.set("GIT_INDEX_FILE", "forged-index");
    world.git("read-tree laneway");
    world.git(&format!("update-index --cacheinfo 100644,{blob},{path}"));
    let tree = world.git("write-tree").trim().to_owned();
    world.unset("GIT_INDEX_FILE");
    world.set("GIT_COMMITTER_DATE", when);
    let commit = fed(&format!("commit-tree {tree} -p laneway"), &message);
    world.unset("GIT_COMMITTER_DATE");
    world.git(&format!("update-ref refs/heads/laneway {commit}"));
}

#[test]
fn x08_a_record_that_was_smuggled_in_borrows_no_signature() {
    for when in ["2026-11-20T09:00:00Z", "2026-11-19T01:02:03Z"] {
        let world = keyed();
        sign_by(&world, Some("bot"));
        world.quietly("note A-1 honest --as @bot");
        let path = world.git("ls-tree -r --name-only laneway governance/state");
        let path = path
            .lines()
            .find(|path| path.ends_with("A-1.yaml"))
            .unwrap();
        let state = world.git(&format!("show laneway:{path}"));
        let at = state.find("  - \"n\": 1").unwrap();
        let more = state[at..]
            .replace("\"n\": 1", "\"n\": 2")
            .replace("honest", "forged");
        forge(&world, path, &format!("{state}{more}"), when);
        // Honest work stands on it: the lie about the time hides nobody.
        let levels: Vec<Value> = shown(&world, "A-1")
            .into_iter()
            .map(|(.., level)| level)
            .collect();
        assert_eq!(levels, ["signed", "unsigned"].map(Value::from), "{when}");
        // A record that was changed in place is the forger's, too.
        let state = world.git(&format!("show laneway:{path}"));
        forge(&world, path, &state.replace("honest", "honestly"), when);
        let levels: Vec<Value> = shown(&world, "A-1")
            .into_iter()
            .map(|(.., level)| level)
            .collect();
        assert_eq!(levels, ["unsigned", "unsigned"].map(Value::from), "{when}");
    }
}

#[test]
fn x08_what_a_shallow_clone_cannot_know_is_not_made_up() {
    let world = keyed();
    sign_by(&world, Some("bot"));
    world.quietly("note A-1 one --as @bot");
    world.quietly("note A-1 two --as @bot");
    world.quietly("note B-1 else --as @bot");
    let url = format!("file://{}", world.path("repo").display());
    world.git_in(
        "tmp",
        &format!("clone -q --no-single-branch --depth 2 {url} shallow"),
    );
    world.git_in("tmp/shallow", "branch -q laneway origin/laneway");
    let answer = world
        .laneway_in("tmp/shallow", "--json show A-1")
        .code(0)
        .json();
    let records = answer["data"]["task"]["records"].as_array().unwrap();
    assert!(
        records.iter().all(|record| record.get("level").is_none()),
        "{records:#?}"
    );
    let text = world.laneway_in("tmp/shallow", "show A-1").code(0);
    drop(text.says("by @bot (level unknown): one"));
}

/// Carries out the steps of a guide as they stand; a file in it takes in what the guide shows, with
/// the machine's own key in place of the one that is cut short.
fn carry_out(world: &World, steps: &str) -> String {
    let mut said = String::new();
    let mut lines = steps.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let program = std::path::Path::new(env!("CARGO_BIN_EXE_laneway"));
            let path = std::env::var("PATH").unwrap();
            world.set(
                "PATH",
                &format!("{}:{path}", program.parent().unwrap().display()),
            );
            let mut shell = world.command(&world.path("repo"), "sh", "-c");
            let output = shell.arg(command).output().unwrap();
            world.unset("PATH");
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "$ {command}\n{told}{error}");
            said.push_str(&told);
        } else if line.starts_with("governance/") {
            let path = world.path("repo").join(line);
            let mut text = fs::read_to_string(&path).unwrap();
            while let Some(more) = lines.next_if(|line| line.starts_with("    ")) {
                let more = &more[4..];
                let whole = match more.split_once("- ssh-ed25519 ") {
                    Some((indent, _)) => {
                        let key = world.path("home/.ssh/laneway-bot.pub");
                        format!("{indent}- {}", fs::read_to_string(key).unwrap().trim())
                    }
                    None => more.to_owned(),
                };
                // The first line of a section takes the place of the section that is there.
                if let Some((key, _)) = whole
                    .split_once(':')
                    .filter(|(key, _)| !key.starts_with([' ', '-']))
                {
                    let kept = text
                        .lines()
                        .filter(|old| !old.starts_with(&format!("{key}:")));
                    text = kept.collect::<Vec<_>>().join("\n") + "\n";
                }
                text.push_str(&format!("{whole}\n"));
            }
            fs::write(&path, text).unwrap();
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
        }
    }
    said
}

#[test]
fn x08_the_guide_to_signatures_works_as_it_stands() {
    let world = World::planned();
    let page = world.laneway("--json explain signatures").code(0).json();
    let steps = page["data"]["pages"][0]["steps"]
        .as_str()
        .unwrap()
        .to_owned();
    for word in [
        "signing_keys",
        "gpg.format ssh",
        "user.signingKey",
        "commit.gpgSign",
        "minimum",
    ] {
        assert!(steps.contains(word), "{word}");
    }
    drop(
        world
            .laneway("explain signatures")
            .code(0)
            .says("  $ git config gpg.format ssh\n"),
    );
    let said = carry_out(&world, &steps);
    assert!(
        said.contains("note A-1 by @bot") && said.contains(", signed"),
        "{said}"
    );
    assert!(
        said.contains("by @bot (signed): the first that is signed"),
        "{said}"
    );
    // From then on nothing less is taken.
    drop(
        world
            .laneway("note A-1 unsigned --as @dana")
            .code(4)
            .says("`laneway explain signatures`"),
    );
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("validate").code(0));
}
