//! Broken governance trees, each with exactly the findings it must have.

use super::*;
use crate::domain::id::BranchName;
use crate::git::testing::{Lab, put, set, write};

mod cases;

pub(super) const POLICY: &str = "\
version: 1
project: gpuas
target: {branch: main}
authority: {mode: local}
task_id_pattern: \"^[A-Z]+(-[A-Z0-9]+)+$\"
required: {fields: [type], note_sections: [Context]}
roles:
  - {name: A-backend, lanes: 2}
  - {name: D-arch, review_only: true}
review_routes:
  - {paths: [\"doc/**\"], reviewers: [D-arch]}
";

pub(super) const MAP: &str = "\
version: 1
mode: enforced
agents:
  - {name: \"@a\", roles: [A-backend], may: [claim]}
  - {name: \"@b\", roles: [A-backend], may: [claim]}
routing:
  - task_type: backend
    agent_name: \"@a\"
    workstation: ws-one-1
    fallback:
      - {pool: [\"@b*\"], workstation: ws-one-2}
";

pub(super) const WORKSTATIONS: &str = "\
version: 1
naming: \"^ws-(?<scope>[a-z]+)-(?<suffix>[a-z0-9]+)$\"
default_workstation: ws-one-1
workstations:
  - name: ws-one-1
    task_types: [backend]
  - name: ws-one-2
";

pub(super) const QUEUE: &str = "\
version: 1
tasks:
  - id: A-1
    title: One
    type: backend
    role: A-backend
    notes: 'Context: first'
  - id: A-2
    title: Two
    type: backend
    role: A-backend
    parent: A-1
    merge_order: 1
    priority: 2
    depends_on: [A-3]
    notes: |
      ## Context
      second
  - id: A-3
    title: Three
    type: backend
    role: A-backend
    lane: A-backend:2
    owned_paths: [\"src/**\"]
    forbidden_paths: [\"src/gen/**\"]
    acceptance_checks: [make test]
    notes: 'Context: third'
";

pub(super) const MARKER: &str = "\
version: 1
branch: laneway
target: main
authority: {mode: local}
law: 1
";

pub(super) const LEDGER_QUEUE: &str = "\
version: 1
tasks:
  - id: L-1
    title: On the ledger
    type: backend
    role: A-backend
    depends_on: [A-1]
    notes: 'Context: spawned'
";

/// What a case does to the sound tree.
pub(super) enum Edit {
    /// Replaces the one place of a text.
    Swap(&'static str, &'static str, &'static str),
    /// Replaces or adds a file.
    Put(&'static str, &'static str),
    /// Takes a file away.
    Drop(&'static str),
}

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) edits: &'static [Edit],
    pub(super) found: &'static [&'static str],
}

/// A repository whose target `main` and ledger `laneway` hold these files. A path that begins with
/// `ledger:` is the ledger's.
struct Trees {
    lab: Lab,
    repo: Repo,
    ledger: Ledger,
}

fn sound() -> Vec<(String, String)> {
    [
        ("governance/policy.yaml", POLICY),
        ("governance/identity-map.yaml", MAP),
        ("governance/workstations.yaml", WORKSTATIONS),
        ("governance/queue.yaml", QUEUE),
        ("ledger:governance/ledger.yaml", MARKER),
        ("ledger:governance/queue.yaml", LEDGER_QUEUE),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

fn edited(edits: &[Edit]) -> Vec<(String, String)> {
    let mut files = sound();
    for edit in edits {
        match edit {
            Edit::Swap(path, old, new) => {
                let (_, text) = files.iter_mut().find(|(name, _)| name == path).unwrap();
                assert_eq!(text.matches(old).count(), 1, "{path}: {old}");
                *text = text.replace(old, new);
            }
            Edit::Put(path, text) => {
                files.retain(|(name, _)| name != path);
                files.push(((*path).to_owned(), (*text).to_owned()));
            }
            Edit::Drop(path) => files.retain(|(name, _)| name != path),
        }
    }
    files
}

impl Trees {
    fn new() -> Self {
        let (lab, repo) = Lab::with_repo(&[]);
        let marker = crate::domain::marker::Marker {
            branch: BranchName::new("laneway").unwrap(),
            target: BranchName::new("main").unwrap(),
            authority: crate::domain::policy::Authority::Local,
            law: 1,
        };
        let env = crate::env::Env::of_process().unwrap();
        let ledger = Ledger::unborn(repo.clone(), &env, marker);
        let trees = Self { lab, repo, ledger };
        trees.commit(&sound());
        trees
    }

    /// Moves both branches to these files.
    fn commit(&self, files: &[(String, String)]) -> ObjectId {
        let (ledger, target): (Vec<_>, Vec<_>) = files
            .iter()
            .partition(|(path, _)| path.starts_with("ledger:"));
        let of = |files: Vec<&(String, String)>| {
            let files: Vec<(&str, Option<&str>)> = files
                .iter()
                .map(|(path, text)| (path.trim_start_matches("ledger:"), Some(text.as_str())))
                .collect();
            write(&self.repo, &[], &files)
        };
        let target = of(target);
        set(&self.repo, "refs/heads/main", target);
        set(&self.repo, "refs/heads/laneway", of(ledger));
        target
    }

    fn validate(&self, source: Source) -> Report {
        let options = Options {
            source,
            with_ledger: true,
        };
        validate(&self.repo, Some(&self.ledger), &options).unwrap()
    }

    fn root(&self) -> PathBuf {
        self.lab.path("repo")
    }

    /// Puts the files of the target into the worktree.
    fn check_out(&self, files: &[(String, String)]) {
        for (path, text) in files
            .iter()
            .filter(|(path, _)| !path.starts_with("ledger:"))
        {
            put(&self.root().join(path), text);
        }
    }
}

/// `place:line:column severity rule: message (hint)`; the ledger's files begin with `ledger:`.
fn told(trees: &Trees, report: &Report) -> Vec<String> {
    let tip = trees.ledger.tip().unwrap();
    let mut lines = Vec::new();
    for file in &report.files {
        let branch = match file.commit {
            Some(commit) if Some(commit) == tip => "ledger:",
            _ => "",
        };
        let name = file.file.trim_start_matches("governance/");
        for f in &file.findings {
            let hint = f.hint.as_ref().map(|hint| format!(" ({hint})"));
            lines.push(format!(
                "{branch}{name}:{}:{} {} {}: {}{}",
                f.line,
                f.column,
                f.severity,
                f.rule,
                f.message,
                hint.unwrap_or_default()
            ));
        }
    }
    lines
}

#[test]
fn a_sound_tree_has_no_findings() {
    let trees = Trees::new();
    let commit = trees.ledger.target().unwrap();
    let report = trees.validate(Source::Commit(commit));
    assert_eq!(told(&trees, &report), Vec::<String>::new());
    assert_eq!(report.checked, 6);
    assert!(report.is_sound());
}

#[test]
fn each_broken_tree_has_exactly_its_findings() {
    let trees = Trees::new();
    let mut wrong = String::new();
    for case in cases::CASES {
        let commit = trees.commit(&edited(case.edits));
        let found = told(&trees, &trees.validate(Source::Commit(commit)));
        if found != case.found {
            wrong.push_str(&format!("@@{}\n", case.name));
            for line in &found {
                wrong.push_str(&format!("@{line:?},\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(cases::CASES.len() >= 50, "{}", cases::CASES.len());
}

#[test]
fn the_worktree_is_read_without_following_links() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let all = || Source::WorkTree { paths: vec![] };
    assert_eq!(told(&trees, &trees.validate(all())), Vec::<String>::new());
    let governance = trees.root().join("governance");
    put(&trees.root().join("elsewhere.yaml"), QUEUE);
    let link = |to: &str, name: &str| {
        let _ = std::fs::remove_file(governance.join(name));
        std::os::unix::fs::symlink(to, governance.join(name)).unwrap();
    };
    link("../elsewhere.yaml", "queue.yaml");
    std::fs::remove_file(governance.join("workstations.yaml")).unwrap();
    std::fs::create_dir(governance.join("workstations.yaml")).unwrap();
    put(&governance.join("policy.yaml"), &" ".repeat((1 << 20) + 1));
    assert_eq!(
        told(&trees, &trees.validate(all())),
        [
            "policy.yaml:1:1 error file-size: the file has 1048577 bytes, more than 1048576",
            "queue.yaml:1:1 error file-kind: a governance file must not be a symbolic link",
            "workstations.yaml:1:1 error file-kind: a governance file must be a plain file",
        ]
    );
    std::fs::rename(&governance, trees.root().join("real")).unwrap();
    std::os::unix::fs::symlink("real", &governance).unwrap();
    let found = told(&trees, &trees.validate(all()));
    let message = "`governance` on the way to it is a link or a file, not a directory";
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().all(|line| line.contains(message)), "{found:?}");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let path = trees.root().join("governance/queue.yaml");
    std::fs::remove_file(&path).unwrap();
    trees
        .lab
        .runner
        .run(
            &trees
                .lab
                .runner
                .shell("mkfifo governance/queue.yaml", &trees.root()),
        )
        .unwrap();
    assert_eq!(
        told(&trees, &trees.validate(Source::WorkTree { paths: vec![] })),
        ["queue.yaml:1:1 error file-kind: a governance file must be a plain file"]
    );
}

#[test]
fn a_link_in_a_commit_is_a_finding() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let root = trees.root();
    std::fs::remove_file(root.join("governance/queue.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("governance/queue.yaml")).unwrap();
    trees.lab.git(&root, &["add", "governance"]);
    let found = ["queue.yaml:1:1 error file-kind: a governance file must not be a symbolic link"];
    assert_eq!(
        told(&trees, &trees.validate(Source::Staged { index: None })),
        found
    );
    let tree = trees.lab.git(&root, &["write-tree"]);
    let commit = trees.lab.git(&root, &["commit-tree", "-m", "x", &tree]);
    let report = trees.validate(Source::Commit(commit.parse().unwrap()));
    assert_eq!(told(&trees, &report), found);
}

#[test]
fn staged_files_count_and_not_those_of_the_worktree() {
    let trees = Trees::new();
    let root = trees.root();
    trees.check_out(&edited(&[Edit::Swap(
        "governance/queue.yaml",
        "priority: 2",
        "priority: 0",
    )]));
    trees.lab.git(&root, &["add", "governance"]);
    trees.check_out(&sound());
    let staged = trees.validate(Source::Staged { index: None });
    assert_eq!(
        told(&trees, &staged),
        [
            "queue.yaml:14:15 error meaning: priority 0 is not one of 1 to 9 (1 is highest, 9 lowest)"
        ]
    );
    assert_eq!(staged.checked, 6);
    assert!(!staged.is_sound());
    assert!(
        trees
            .validate(Source::WorkTree { paths: vec![] })
            .is_sound()
    );
}

#[test]
fn paths_narrow_what_is_told() {
    let trees = Trees::new();
    trees.check_out(&edited(&[
        Edit::Swap("governance/queue.yaml", "priority: 2", "priority: 0"),
        Edit::Swap("governance/policy.yaml", "roles:", "rolls:"),
    ]));
    put(
        &trees.root().join("new/tasks.yaml"),
        "version: 1\ntasks:\n  - {id: A-1, title: x, role: A-backend}\n",
    );
    let files = |paths: &[&str]| -> Vec<String> {
        let paths = paths.iter().map(PathBuf::from).collect();
        let report = trees.validate(Source::WorkTree { paths });
        report.files.into_iter().map(|file| file.file).collect()
    };
    let (policy, queue) = ("governance/policy.yaml", "governance/queue.yaml");
    assert_eq!(files(&[policy]), [policy]);
    assert_eq!(files(&["./governance"]), [policy, queue]);
    assert_eq!(files(&["."]), [policy, queue]);
    assert_eq!(
        files(&[trees.root().join(queue).to_str().unwrap()]),
        [queue]
    );
    assert_eq!(files(&["new/tasks.yaml"]), ["new/tasks.yaml"]);
    assert_eq!(files(&["none.yaml"]), ["none.yaml"]);
    assert_eq!(
        files(&["governance/workstations.yaml"]),
        Vec::<String>::new()
    );
}

#[test]
fn p10_every_way_to_a_file_leads_to_the_same_findings() {
    let trees = Trees::new();
    trees.check_out(&edited(&[
        Edit::Swap("governance/queue.yaml", "priority: 2", "priority: 0"),
        Edit::Swap("governance/policy.yaml", "roles:", "rolls:"),
    ]));
    let root = trees.root();
    std::fs::create_dir_all(root.join("sub/deep")).unwrap();
    std::os::unix::fs::symlink("governance", root.join("alias")).unwrap();
    std::os::unix::fs::symlink("../governance/queue.yaml", root.join("sub/plan.yaml")).unwrap();
    std::os::unix::fs::symlink(&root, trees.lab.path("elsewhere")).unwrap();
    let files = |path: PathBuf| -> Vec<String> {
        let paths = vec![path];
        let report = trees.validate(Source::WorkTree { paths });
        report.files.into_iter().map(|file| file.file).collect()
    };
    let (policy, queue) = ("governance/policy.yaml", "governance/queue.yaml");
    for all in [
        "sub/../governance",
        "sub/..",
        "sub/deep/../..",
        "alias",
        "governance/../governance",
    ] {
        assert_eq!(files(all.into()), [policy, queue], "{all}");
        assert_eq!(files(root.join(all)), [policy, queue], "{all}");
        let other = trees.lab.path("elsewhere").join(all);
        assert_eq!(files(other), [policy, queue], "{all}");
    }
    for one in [
        "sub/../governance/queue.yaml",
        "governance/../governance/queue.yaml",
        "alias/queue.yaml",
        "sub/plan.yaml",
    ] {
        let report = trees.validate(Source::WorkTree {
            paths: vec![one.into()],
        });
        let told = told(&trees, &report);
        assert_eq!(told.len(), 1, "{one}: {told:#?}");
        assert!(told[0].starts_with("queue.yaml:"), "{one}: {told:#?}");
    }
}

#[test]
fn p10_what_is_not_read_is_told() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let plan = "version: 1\ntasks:\n  - {id: A-1, title: x, role: A-backend}\n";
    let root = trees.root();
    put(&root.join("governance/queue/deep/c.yaml"), plan);
    put(&root.join("doc/x.txt"), "");
    let told = |paths: &[&str]| {
        let paths = paths.iter().map(PathBuf::from).collect();
        told(&trees, &trees.validate(Source::WorkTree { paths }))
    };
    let nothing = "1:1 warning file-unread: nothing here is read, so nothing is judged";
    for path in [
        "governance/queue/deep/c.yaml",
        "governance/queue/deep",
        "doc",
    ] {
        let name = path.trim_start_matches("governance/");
        assert_eq!(told(&[path]), [format!("{name}:{nothing}")]);
    }
    assert_eq!(told(&[]), Vec::<String>::new());
    for name in ["a.yml", "b.YAML"] {
        let path = format!("governance/queue/{name}");
        put(&root.join(&path), plan);
        let expected = format!(
            "queue/{name}:1:1 warning file-unread: of this directory `*.yaml` is read, and this is not"
        );
        assert_eq!(told(&[]), [expected.as_str()]);
        assert_eq!(told(&[&path]), [expected.as_str()]);
        std::fs::remove_file(root.join(path)).unwrap();
    }
    put(&root.join("doc/new.yaml"), &plan.replace("A-1", "A-9"));
    let once = told(&["doc/new.yaml"]);
    let twice = told(&["doc/new.yaml", "doc/../doc/new.yaml"]);
    assert_eq!(twice, once, "one file, however named");
}

#[test]
fn p23_many_unknown_keys_are_told_up_to_a_limit_with_what_was_meant() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let report = |text: &str| {
        put(&trees.root().join("governance/queue.yaml"), text);
        let paths = vec![PathBuf::from("governance/queue.yaml")];
        trees.validate(Source::WorkTree { paths })
    };
    let told = told(&trees, &report("versoin: 1\ntasks: []\n"));
    let meant = "queue.yaml:1:1 error schema: unknown key `versoin` (did you mean `version`?)";
    assert!(told.iter().any(|told| told == meant), "{told:#?}");
    let keys: String = (0..30_000).map(|n| format!("k{n}: 1\n")).collect();
    let report = report(&format!("tasks: []\n{keys}"));
    let found = report.count(Severity::Error);
    assert!((1000..1100).contains(&found), "{found}");
}

#[test]
fn p23_patterns_that_are_compared_with_each_other_are_few() {
    let trees = Trees::new();
    let list = |count: usize| -> String {
        let paths: Vec<String> = (0..count).map(|n| format!("a{n}/**")).collect();
        format!(
            "{POLICY}generated:\n  - {{paths: [{}], from: [x/**], command: make}}\n",
            paths.join(", ")
        )
    };
    for (count, expected) in [(1000, 0), (1001, 1)] {
        trees.check_out(&sound());
        put(&trees.root().join("governance/policy.yaml"), &list(count));
        let paths = vec![PathBuf::from("governance/policy.yaml")];
        let told = told(&trees, &trees.validate(Source::WorkTree { paths }));
        assert_eq!(told.len(), expected, "{told:#?}");
        assert!(
            told.iter()
                .all(|told| told.contains("1001 patterns, more than 1000"))
        );
    }
}

#[test]
fn g24_findings_do_not_tell_a_secret() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let token = format!("ghp_{}", "a1".repeat(20));
    let text = format!(
        "version: 1\ntasks:\n  - {{id: A-1, title: x, role: A-backend, {token}: 1, risk: {token}, kind: {token}}}\n"
    );
    put(&trees.root().join("governance/queue.yaml"), &text);
    let report = trees.validate(Source::WorkTree { paths: vec![] });
    let told = told(&trees, &report);
    assert!(told.len() > 3, "{told:#?}");
    assert!(!format!("{report:?}").contains(&token), "{told:#?}");
}

#[test]
fn p21_nothing_is_mended_through_a_link() {
    let trees = Trees::new();
    trees.check_out(&sound());
    let root = trees.root();
    let plan = "version: 1\ntasks:\n  - {id: A-9, titel: x, role: A-backend}\n";
    put(&trees.lab.path("outside/plan.yaml"), plan);
    std::os::unix::fs::symlink("../outside/plan.yaml", root.join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("../outside", root.join("dir")).unwrap();
    for path in ["link.yaml", "dir/plan.yaml"] {
        let error = fix(&trees.repo, Some(&trees.ledger), vec![path.into()], false);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("is a symbolic link"), "{path}: {error}");
    }
    let outside = trees.lab.path("outside/plan.yaml");
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), plan);
    assert!(root.join("link.yaml").is_symlink());
    // What a person names by its own name is mended, if it is a plan.
    put(&root.join("compose.yaml"), "version: 1\ntask:\n  a: {}\n");
    for (path, mends) in [(root.join("compose.yaml"), 0), (outside, 1)] {
        let fixed = fix(&trees.repo, Some(&trees.ledger), vec![path.clone()], true).unwrap();
        assert_eq!(fixed.mends.len(), mends, "{path:?}");
    }
}

#[test]
fn a_commit_of_the_ledger_is_judged_beside_the_target() {
    let trees = Trees::new();
    let swap = Edit::Swap("ledger:governance/queue.yaml", "[A-1]", "[A-1, A-7]");
    trees.commit(&edited(&[swap]));
    let tip = trees.ledger.tip().unwrap().unwrap();
    assert_eq!(
        told(&trees, &trees.validate(Source::Commit(tip))),
        [
            "ledger:queue.yaml:7:23 error dependency-unknown: `L-1` depends on `A-7`, which no plan file defines"
        ]
    );
}

#[test]
fn without_the_ledger_its_tasks_may_be_there() {
    let trees = Trees::new();
    let swap = Edit::Swap("governance/queue.yaml", "[A-3]", "[L-1]");
    let commit = trees.commit(&edited(&[swap]));
    let options = Options {
        source: Source::Commit(commit),
        with_ledger: false,
    };
    let report = validate(&trees.repo, Some(&trees.ledger), &options).unwrap();
    assert_eq!(report.count(Severity::Warning), 1);
    assert!(report.is_sound());
    let alone = validate(&trees.repo, None, &options).unwrap();
    assert_eq!(alone.count(Severity::Error), 1);
    assert!(trees.validate(Source::Commit(commit)).files.is_empty());
}

/// Run with `cargo test --release --lib validate_is_fast -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn validate_is_fast() {
    use crate::ledger::yaml::{Limits, parse};
    let trees = Trees::new();
    let mut queue = "version: 1\ntasks:\n".to_owned();
    let mut files = sound();
    for n in 1..=10_000 {
        let needs = if n % 5 == 0 {
            format!("[T-{}]", n - 1)
        } else {
            "[]".to_owned()
        };
        queue.push_str(&format!(
            "  - id: T-{n}\n    title: Task number {n} of the plan\n    type: backend\n    \
             role: A-backend\n    priority: 3\n    depends_on: {needs}\n    owned_paths: \
             [\"src/{n}/**\"]\n    acceptance_checks:\n      - make test-{n}\n    notes: |\n      \
             Context: task {n} exists to be measured.\n      Scope: nothing else.\n"
        ));
        if n % 2 == 0 {
            let id: crate::domain::id::TaskId = format!("T-{n}").parse().unwrap();
            let state = format!("version: 1\nid: T-{n}\nstatus: todo\nepoch: 0\n");
            files.push((format!("ledger:{}", places::state(&id)), state));
        }
    }
    files.retain(|(path, _)| {
        path != "governance/queue.yaml" && path != "ledger:governance/queue.yaml"
    });
    files.push(("governance/queue.yaml".to_owned(), queue.clone()));
    let commit = trees.commit(&files);
    trees.check_out(&files);
    let time = |what: &str, run: &dyn Fn() -> usize| {
        let best = (0..5)
            .map(|_| {
                let start = std::time::Instant::now();
                assert_eq!(run(), 0, "{what}");
                start.elapsed()
            })
            .min()
            .unwrap();
        println!("{what}: {} ms", best.as_millis());
        best
    };
    let floor = time("one parse of the same bytes", &|| {
        usize::from(parse(&queue, Limits::PLAN).is_err())
    });
    let commit = time("a commit with 5,000 states", &|| {
        trees.validate(Source::Commit(commit)).files.len()
    });
    let options = Options {
        source: Source::WorkTree { paths: vec![] },
        with_ledger: false,
    };
    let plan = time("the worktree alone", &|| {
        validate(&trees.repo, None, &options).unwrap().files.len()
    });
    let ratio = |time: std::time::Duration| time.as_secs_f64() / floor.as_secs_f64();
    println!(
        "ratios: commit {:.1}, worktree {:.1}",
        ratio(commit),
        ratio(plan)
    );
}
