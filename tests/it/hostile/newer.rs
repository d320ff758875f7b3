//! PROMISES P31: what a newer laneway wrote is refused with names and numbers, and not touched.

use std::fs;
use std::path::PathBuf;

use crate::support::World;

/// Versions that this build does not know, and how it says so.
const VERSIONS: [(&str, &str); 4] = [
    ("0", "0"),
    ("2", "2"),
    ("7", "7"),
    ("4294967295", "4294967295"),
];

/// A file that carries a version.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// On the target.
    Target(&'static str),
    /// On the ledger branch.
    Ledger(&'static str),
}

const PLACES: [Place; 8] = [
    Place::Target("governance/policy.yaml"),
    Place::Target("governance/identity-map.yaml"),
    Place::Target("governance/workstations.yaml"),
    Place::Target("governance/queue.yaml"),
    Place::Ledger("governance/queue.yaml"),
    Place::Ledger("governance/ledger.yaml"),
    Place::Ledger("governance/state/bc/A-1.yaml"),
    Place::Ledger("governance/archive/2026-11.yaml"),
];

impl Place {
    fn branch(self) -> (&'static str, &'static str) {
        match self {
            Self::Target(file) => ("main", file),
            Self::Ledger(file) => ("laneway", file),
        }
    }

    /// Commits the file with `from` replaced by `to` on top of its branch.
    fn change(self, world: &World, from: &str, to: &str) {
        let (branch, file) = self.branch();
        let text = world.git(&format!("show {branch}:{file}"));
        assert!(text.contains(from), "{file}: {text}");
        world.write_in("tmp", "file", &text.replacen(from, to, 1));
        let tree = world.path("tmp/index");
        world.set("GIT_INDEX_FILE", &tree.display().to_string());
        world.git(&format!("read-tree {branch}"));
        let path = world.path("tmp/file");
        let blob = world.git(&format!("hash-object -w {}", path.display()));
        let blob = blob.trim();
        world.git(&format!(
            "update-index --add --cacheinfo 100644,{blob},{file}"
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
}

/// A world with a claimed task of which the ledger holds a state, and an archived one.
fn claimed() -> World {
    let world = World::planned();
    world.quietly("add A-9 --title Over --role A-backend --as @dana");
    world.quietly("cancel A-9 --reason over --as @dana");
    world.quietly("archive A-9 --as @dana");
    world.quietly("claim A-1 --as @bot");
    world
}

/// All refs, and every file of the git directory that could decide something.
fn facts(world: &World) -> (String, Vec<(PathBuf, Vec<u8>)>) {
    let refs = world.git("for-each-ref");
    let mut files = Vec::new();
    let mut dirs = vec![world.path("repo"), world.path("repo-A-backend")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                // Objects are only added; the line and the locks say who waits.
                if !["objects", "logs", "line"].contains(&name.as_str()) {
                    dirs.push(path);
                }
            } else if !name.ends_with(".lock")
                && !["clock", "lock", "tail"].contains(&name.as_str())
            {
                files.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    (refs, files)
}

#[test]
fn p31_newer_formats_are_refused_untouched() {
    for place in PLACES {
        let (_, file) = place.branch();
        for (version, shown) in VERSIONS {
            let world = claimed();
            place.change(&world, "version: 1", &format!("version: {version}"));
            let before = facts(&world);
            for line in [
                "claim B-1 --as @ann",
                "add C-1 --title T --role B-ui --as @dana",
            ] {
                let answer = world.laneway(line);
                let said = format!("{}{}", answer.stdout, answer.stderr);
                let name = file.rsplit('/').next().unwrap();
                assert!(
                    matches!(answer.exit, Some(5)),
                    "{file} {version}: $ {line}\n{:?}\n{said}",
                    answer.exit
                );
                assert!(said.contains(name), "{file} {version}: {said}");
                assert!(said.contains(shown), "{file} {version}: {said}");
                assert!(said.contains("version"), "{file} {version}: {said}");
                assert_eq!(facts(&world), before, "{file} {version}: $ {line}");
            }
        }
    }
}

#[test]
fn p31_fix_does_not_touch_files_of_a_newer_format() {
    let world = World::governed();
    let path = "governance/queue.yaml";
    let text = "version: 1\ntasks:\n- {id: A-1, titel: One, role: B-ui, depends_on: [A-2, A-2]}\n";
    for (version, _) in VERSIONS {
        let newer = text.replace("version: 1", &format!("version: {version}"));
        world.write(path, &newer);
        for line in ["validate --fix", "validate --fix governance/queue.yaml"] {
            let answer = world.laneway(line).code(1);
            assert!(!answer.stdout.contains("fixed"), "{}", answer.stdout);
            let now = fs::read_to_string(world.path("repo").join(path)).unwrap();
            assert_eq!(now, newer, "{version}: $ {line}");
        }
    }
    world.write(path, text);
    let answer = world.laneway("validate --fix").code(1);
    assert!(answer.stdout.contains("fixed"), "{}", answer.stdout);
}

#[test]
fn p31_a_newer_law_is_refused_untouched() {
    for law in ["2", "3", "99"] {
        let world = claimed();
        let marker = Place::Ledger("governance/ledger.yaml");
        marker.change(&world, "law: 1", &format!("law: {law}"));
        let before = facts(&world);
        for line in ["list", "claim B-1 --as @ann", "note A-1 hi --as @bot"] {
            let answer = world.laneway(line).code(5);
            assert!(answer.stderr.contains(law), "{}", answer.stderr);
            assert!(
                answer.stderr.contains("install a newer laneway"),
                "{}",
                answer.stderr
            );
            assert_eq!(facts(&world), before, "law {law}: $ {line}");
        }
    }
}

#[test]
fn p31_a_newer_binding_of_a_lane_is_refused_untouched() {
    for version in ["2", "7", "4294967295"] {
        let world = claimed();
        let git_dir = world.git_in("repo-A-backend", "rev-parse --absolute-git-dir");
        let binding = PathBuf::from(git_dir.trim()).join("laneway/claim.json");
        let text = fs::read_to_string(&binding).unwrap();
        let newer = text.replace("\"version\": 1", &format!("\"version\": {version}"));
        fs::write(&binding, newer).unwrap();
        let before = facts(&world);
        for line in ["renew", "note seen", "handoff --next more", "release"] {
            let answer = world.laneway_in("repo-A-backend", line).code(5);
            assert!(answer.stderr.contains(version), "{}", answer.stderr);
            assert!(answer.stderr.contains("claim.json"), "{}", answer.stderr);
            assert_eq!(facts(&world), before, "{version}: $ {line}");
        }
    }
}

#[test]
fn p31_a_newer_list_of_trusted_commands_is_kept() {
    let world = World::governed();
    world.quietly("add A-1 --title T --role A-backend --check true --as @dana");
    world.quietly("trust A-1");
    let mut dirs = vec![world.path("home/state")];
    let mut stores = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => dirs.push(path),
                false if path.extension().is_some_and(|end| end == "json") => stores.push(path),
                false => {}
            }
        }
    }
    let [store] = stores.as_slice() else {
        panic!("{stores:?}");
    };
    let text = fs::read_to_string(store).unwrap();
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    assert_ne!(text, newer);
    fs::write(store, &newer).unwrap();
    world.quietly("add A-2 --title T --role A-backend --check 'test -d .' --as @dana");
    let answer = world.laneway("trust A-2").code(5);
    assert!(answer.stderr.contains("version 2"), "{}", answer.stderr);
    assert_eq!(fs::read_to_string(store).unwrap(), newer);
}
