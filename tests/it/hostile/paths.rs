//! PROMISES P21: no name, file or link leads out of where it belongs.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::World;

/// Names that are a path, or become one on some system.
const NAMES: [&str; 24] = [
    "../x",
    "a/../../b",
    "/etc/passwd",
    "..",
    ".",
    ".git",
    ".GIT",
    ".git ",
    ".git.",
    "git~1",
    "GIT~1",
    ".g\u{200c}it",
    "a/b",
    "a\\..\\b",
    "C:\\x",
    "x.",
    "x ",
    " x",
    "CON",
    "nul.txt",
    "aux.md",
    "com1",
    "x:stream",
    "LONG",
];

/// Every file below a directory, with its content, and where links point.
fn tree(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::symlink_metadata(&path).unwrap();
            if data.is_dir() {
                all.push((path.clone(), Vec::new()));
                dirs.push(path);
            } else if data.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                all.push((path, target.into_os_string().into_encoded_bytes()));
            } else {
                all.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

/// A directory outside the repository with a file that must stay as it is.
fn outside(world: &World) -> PathBuf {
    let dir = world.path("outside");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("kept"), "version: 1\nkept by its owner\n").unwrap();
    dir
}

/// Fails unless the line ended in a documented way.
fn ended(world: &World, dir: &str, line: &str, last: &[&str]) -> Option<i32> {
    let mut command = world.command(&world.path(dir), env!("CARGO_BIN_EXE_laneway"), line);
    let output = command.args(last).output().unwrap();
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| (0..=7).contains(&code)),
        "$ {line} {last:?}\n{output:?}"
    );
    code
}

#[test]
fn p21_no_name_becomes_a_path() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    let dir = outside(&world);
    let before = tree(&dir);
    let above: Vec<_> = fs::read_dir(world.path("."))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    for name in NAMES {
        let name = if name == "LONG" {
            "x".repeat(256)
        } else {
            name.to_owned()
        };
        for (line, last) in [
            (
                "add --title T --role A-backend --as @dana --",
                vec![name.as_str()],
            ),
            ("add X-1 --title T --as @dana --role", vec![&name]),
            (
                "add X-2 --title T --role A-backend --as @dana --lane",
                vec![&name],
            ),
            ("claim --as @bot --lane", vec![&name]),
            ("claim A-2 --as", vec![&name]),
            ("lane add", vec!["--", &name]),
            ("lane remove", vec!["--", &name]),
            ("package new --as @dana", vec!["--", &name]),
            ("show", vec!["--", &name]),
            ("list --ledger", vec![&name]),
            ("note x --as @dana --request-id", vec![&name]),
            ("workstation add", vec!["--", &name]),
        ] {
            let code = ended(&world, "repo", line, &last);
            assert_ne!(code, Some(0), "$ {line} {last:?}");
        }
    }
    let now: Vec<_> = fs::read_dir(world.path("."))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(now, above, "something was made beside the repository");
    assert_eq!(tree(&dir), before);
    drop(world.laneway("audit verify").code(0));
}

/// Replaces a file by a link of that content in a branch.
fn linked_entry(world: &World, branch: &str, file: &str, mode: &str, to: &str) {
    world.write_in("tmp", "link", to);
    let path = world.path("tmp/link");
    let object = match mode {
        "160000" => world.git("rev-parse HEAD"),
        _ => world.git(&format!("hash-object -w {}", path.display())),
    };
    world.set(
        "GIT_INDEX_FILE",
        &world.path("tmp/index").display().to_string(),
    );
    world.git(&format!("read-tree {branch}"));
    world.git(&format!("rm -rqf --cached --ignore-unmatch {file}"));
    let object = object.trim();
    world.git(&format!(
        "update-index --add --cacheinfo {mode},{object},{file}"
    ));
    let tree = world.git("write-tree");
    world.unset("GIT_INDEX_FILE");
    let message = world.git(&format!("log -1 --format=%B {branch}"));
    world.write_in("tmp", "message", &message);
    let message = world.path("tmp/message");
    let commit = world.git(&format!(
        "commit-tree {} -p {branch} -F {}",
        tree.trim(),
        message.display()
    ));
    world.git(&format!("update-ref refs/heads/{branch} {}", commit.trim()));
}

#[test]
fn p21_links_and_submodules_in_place_of_governance_are_not_followed() {
    for (branch, file) in [
        ("main", "governance/policy.yaml"),
        ("main", "governance/identity-map.yaml"),
        ("main", "governance/workstations.yaml"),
        ("main", "governance"),
        ("laneway", "governance/ledger.yaml"),
        ("laneway", "governance/queue.yaml"),
        ("laneway", "governance/state"),
        ("laneway", "governance/state/bc/A-1.yaml"),
    ] {
        for mode in ["120000", "160000"] {
            let world = World::planned();
            world.quietly("note A-1 seen --as @dana");
            let dir = outside(&world);
            let before = tree(&dir);
            linked_entry(
                &world,
                branch,
                file,
                mode,
                &dir.join("kept").display().to_string(),
            );
            let refs = world.git("for-each-ref");
            for line in ["claim A-1 --as @bot", "note A-1 more --as @dana"] {
                // A remark goes by the last rules that load (DESIGN §4).
                if branch == "main" && line.starts_with("note") {
                    continue;
                }
                let code = ended(&world, "repo", line, &[]);
                assert!(
                    code != Some(0) && code != Some(1),
                    "{branch}:{file} as {mode}: $ {line}: {code:?}"
                );
            }
            assert_eq!(world.git("for-each-ref"), refs, "{branch}:{file} as {mode}");
            for line in ["list", "validate", "audit verify", "doctor"] {
                ended(&world, "repo", line, &[]);
            }
            assert_eq!(tree(&dir), before, "{branch}:{file} as {mode}");
        }
    }
}

#[test]
fn p21_links_among_the_files_of_the_git_directory_are_not_followed() {
    for file in [
        "laneway/laneway/seen",
        "laneway/laneway/pending",
        "laneway/laneway/clock",
        "laneway/laneway/build.lock",
        "laneway/laneway/publish.lock",
        "laneway/laneway/claims/lock",
        "laneway/laneway/claims",
        "laneway/laneway",
        "laneway/lanes/A-backend.lock",
        "laneway/lanes",
        "laneway/moves.lock",
        "laneway/recover.lock",
        "laneway",
    ] {
        for target in ["kept", "new", "."] {
            let world = World::planned();
            let dir = outside(&world);
            let place = world.path("repo/.git").join(file);
            match fs::symlink_metadata(&place) {
                Ok(data) if data.is_dir() => fs::remove_dir_all(&place).unwrap(),
                Ok(_) => fs::remove_file(&place).unwrap(),
                Err(_) => fs::create_dir_all(place.parent().unwrap()).unwrap(),
            }
            symlink(dir.join(target), &place).unwrap();
            let before = tree(&dir);
            for line in [
                "list",
                "note A-1 hi --as @dana",
                "claim A-1 --as @bot",
                "doctor --fix",
            ] {
                ended(&world, "repo", line, &[]);
            }
            assert_eq!(tree(&dir), before, "{file} -> {target}");
        }
    }
}

#[test]
fn p21_files_of_the_work_tree_are_not_written_through_links() {
    let lines = [
        "add X-1 --title T --role A-backend --plan --as @dana",
        "workstation add ws-other-01",
        "package new A-1 --as @dana",
    ];
    for place in [
        "governance/queue.yaml",
        "governance/workstations.yaml",
        "governance/packages",
        "governance/packages/A-1.md",
        "governance",
    ] {
        let world = World::planned();
        let dir = outside(&world);
        let path = world.path("repo").join(place);
        match fs::symlink_metadata(&path) {
            Ok(data) if data.is_dir() => {
                let moved = dir.join("moved");
                fs::rename(&path, &moved).unwrap();
                symlink(&moved, &path).unwrap();
            }
            Ok(_) => {
                let moved = dir.join("moved.yaml");
                fs::rename(&path, &moved).unwrap();
                symlink(&moved, &path).unwrap();
            }
            Err(_) => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                symlink(dir.join("new"), &path).unwrap();
            }
        }
        let before = tree(&dir);
        for line in lines {
            ended(&world, "repo", line, &[]);
        }
        assert_eq!(tree(&dir), before, "{place}");
    }
}

#[test]
fn p21_what_is_given_as_a_file_is_read_within_limits() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.commit("repo-A-backend", "a.txt", "one\n");
    drop(
        world
            .laneway_in("repo-A-backend", "handoff --next more")
            .code(0),
    );
    world.write("items.jsonl", "{\"title\": \"x\"}\n");
    let big = world.path("big");
    fs::write(&big, "x".repeat(65 << 20)).unwrap();
    for given in [&big, &world.path("home"), &PathBuf::from("/dev/zero")] {
        let given = given.display().to_string();
        for line in [
            "import items.jsonl --role A-backend --as @dana --map",
            "import --role A-backend --as @dana",
            "add X-1 --title T --role A-backend --as @dana --notes-file",
            "add --as @dana --file",
            "review A-1 --as @dana --from",
            "handoff A-1 --as @bot --from",
        ] {
            let mut command = world.command(&world.path("repo"), "timeout", "20");
            let output = command
                .arg(env!("CARGO_BIN_EXE_laneway"))
                .args(line.split(' '))
                .arg(&given)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            assert!(
                code.is_some_and(|code| (2..=7).contains(&code)),
                "$ {line} {given}: {code:?}\n{said}"
            );
            assert!(said.len() < 4096, "$ {line} {given}: {} bytes", said.len());
        }
    }
}
