//! What stands where the plan is read: what is called sound is read by every verb, and nothing is
//! judged that no commit would hold.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use crate::support::World;

const HIDDEN: &str = "version: 1\ntasks:\n  - {id: N-1, title: hidden, role: A-backend}\n";

/// The findings of `validate` at each of the three places, and what `git commit` does with hooks:
/// nothing of it may come in.
fn refused_everywhere(world: &World, rule: &str, path: &str) {
    world.git("add -A");
    let found = |line: &str| {
        let answer = world.laneway(&format!("--json {line}")).code(1).json();
        let findings = answer["data"]["findings"].as_array().unwrap().clone();
        let told = findings.iter().map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            format!("{} {}", text("file"), text("rule"))
        });
        told.collect::<Vec<_>>()
    };
    let wanted = [format!("{path} {rule}")];
    assert_eq!(found("validate"), wanted);
    assert_eq!(found("validate --staged"), wanted);
    let output = world
        .command(&world.path("repo"), "git", "commit -q -m n")
        .output()
        .unwrap();
    assert!(!output.status.success(), "the hook lets it in");
    world.git("commit -q --no-verify -m n");
    assert_eq!(found("validate --commit main"), wanted);
    world.laneway("list").code(5).says(path);
}

fn hooked() -> World {
    let world = World::planned();
    world.quietly("hooks install");
    world
}

#[test]
fn p10_a_plan_file_whose_name_is_not_utf8_is_refused_everywhere() {
    let world = hooked();
    let dir = world.path("repo/governance/queue");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(OsString::from_vec(b"\xff.yaml".to_vec())), HIDDEN).unwrap();
    refused_everywhere(&world, "file-name", "governance/queue/\\xFF.yaml");
    world.laneway("shard --join").code(5).says("\\xFF.yaml");
}

#[test]
fn p10_two_names_that_are_not_utf8_are_two() {
    let world = hooked();
    let dir = world.path("repo/governance/queue");
    fs::create_dir_all(&dir).unwrap();
    for name in [b"\xfe.yaml", b"\xff.yaml"] {
        fs::write(dir.join(OsString::from_vec(name.to_vec())), HIDDEN).unwrap();
    }
    world.git("add -A");
    for line in ["validate", "validate --staged"] {
        let answer = world.laneway(line).code(1);
        assert!(
            answer.stdout.contains("\\xFE.yaml") && answer.stdout.contains("\\xFF.yaml"),
            "{}",
            answer.stdout
        );
    }
}

#[test]
fn p10_a_directory_in_the_place_of_a_plan_file_is_refused_everywhere() {
    let world = hooked();
    let dir = world.path("repo/governance/queue/x.yaml");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("y.yaml"), HIDDEN).unwrap();
    refused_everywhere(&world, "file-kind", "governance/queue/x.yaml");
}

#[test]
fn p10_a_queue_that_is_no_directory_is_refused_everywhere() {
    let world = hooked();
    std::os::unix::fs::symlink("../elsewhere", world.path("repo/governance/queue")).unwrap();
    fs::create_dir(world.path("repo/elsewhere")).unwrap();
    world.write("elsewhere/n.yaml", HIDDEN);
    refused_everywhere(&world, "file-kind", "governance/queue");
    let world = hooked();
    world.write("governance/queue", HIDDEN);
    refused_everywhere(&world, "file-kind", "governance/queue");
}

#[test]
fn p10_a_directory_in_the_place_of_a_package_is_found_in_every_place() {
    let world = hooked();
    let dir = world.path("repo/governance/packages/x.md");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("y"), "").unwrap();
    world.git("add -A");
    world.laneway("validate").code(1).says("packages/x.md");
    world
        .laneway("validate --staged")
        .code(1)
        .says("packages/x.md");
    world.git("commit -q --no-verify -m n");
    world
        .laneway("validate --commit main")
        .code(1)
        .says("packages/x.md");
}

#[test]
fn p10_what_git_would_leave_out_of_the_commit_is_not_judged() {
    let world = hooked();
    fs::create_dir_all(world.path("repo/governance/queue")).unwrap();
    world.write("governance/queue/n.yaml", "version: 2\n");
    world.git("add -N governance/queue/n.yaml");
    let policy = fs::read_to_string(world.path("repo/governance/policy.yaml")).unwrap();
    world.write("governance/policy.yaml", &format!("# More.\n{policy}"));
    world.git("add governance/policy.yaml");
    world.laneway("validate --staged").code(0);
    world.git("commit -q -m policy");
    // A file that is staged empty would be in the commit.
    world.write("governance/queue/n.yaml", "");
    world.git("add governance/queue/n.yaml");
    world.laneway("validate --staged").code(1).says("n.yaml");
}

#[test]
fn p10_files_that_a_sparse_checkout_leaves_out_are_read_from_the_index() {
    let world = World::planned();
    world.commit("repo", "src/a", "a\n");
    fs::create_dir_all(world.path("repo/governance/queue")).unwrap();
    world.write("governance/queue/n.yaml", HIDDEN);
    world.git("add -A");
    world.git("commit -q -m n");
    let whole = world.laneway("--json validate").code(0).json();
    world.git("sparse-checkout set src");
    assert!(!world.path("repo/governance/policy.yaml").exists());
    let sparse = world.laneway("--json validate").code(0).json();
    assert_eq!(sparse["data"], whole["data"]);
    // What is wrong there is found all the same.
    world.git("sparse-checkout disable");
    world.write("governance/queue/n.yaml", "version: 2\n");
    world.git("commit -q --no-verify -am n");
    world.git("sparse-checkout set src");
    world
        .laneway("validate")
        .code(1)
        .says("governance/queue/n.yaml");
}
