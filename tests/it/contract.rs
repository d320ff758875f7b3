//! Contract first: what is agreed lands before what is made from it, in lanes of several roles; who
//! owns no contract asks for its change.

use crate::support::World;

const ARCH: &str = "repo-D-arch";
const GEN: &str = "repo-A-backend";
const BACK: &str = "repo-A-backend-2";
const UI: &str = "repo-B-ui";

const POLICY: &str = r#"version: 1
project: repo
target: {branch: main}
roles:
  - {name: D-arch, owned_paths: ["doc/api/**"]}
  - {name: A-backend, lanes: 2, owned_paths: ["internal/**", "gen/**"]}
  - {name: B-ui, owned_paths: ["web/**"]}
contracts:
  - {name: api, paths: ["doc/api/**"], owner: D-arch}
co_edited:
  - {paths: [CHANGELOG.md], owner: A-backend, with: [B-ui]}
generated:
  - {paths: ["gen/**"], from: ["doc/api/**"], command: sh codegen.sh}
"#;

const MAP: &str = r#"version: 1
mode: enforced
agents:
  - {name: "@arch", roles: [D-arch], may: [claim, handoff]}
  - {name: "@back", roles: [A-backend], may: [claim, handoff]}
  - {name: "@ui", roles: [B-ui], may: [claim, handoff]}
  - {name: "@dana", kind: person, may: [plan, review, merge, admin]}
routing:
  - {task_type: work, pool: ["@*"], workstation: ws-local-01}
"#;

/// Makes what is generated: each file of the contract in capitals.
const CODEGEN: &str =
    "mkdir -p gen && for file in doc/api/*; do tr a-z A-Z < $file > gen/${file##*/}; done\n";

const CHANGELOG: &str = "# Changes\n\n1\n\n2\n\n3\n\n4\n\n5\n\nThe end.\n";

/// A world with these rules.
fn governed(world: World, policy: &str) -> World {
    let policy = match world.is_remote() {
        true => format!("{policy}authority: {{mode: remote, remote: origin}}\n"),
        false => policy.to_owned(),
    };
    for (file, text) in [
        ("governance/policy.yaml", policy.as_str()),
        ("governance/identity-map.yaml", MAP),
        ("codegen.sh", CODEGEN),
        ("CHANGELOG.md", CHANGELOG),
        ("doc/api/pets", "pets\n"),
        ("gen/pets", "PETS\n"),
    ] {
        world.write(file, text);
    }
    commit_all(&world, "rules");
    world
}

/// Commits what is in the target's checkout, and pushes it where a remote decides.
fn commit_all(world: &World, message: &str) {
    world.git("add -A");
    world.git(&format!("commit -q -m {message}"));
    if world.is_remote() {
        world.git("push -q origin main");
    }
}

fn add(world: &World, id: &str, role: &str, more: &str) {
    let line = format!("add {id} --title Work --type work --role {role} {more} --as @dana");
    world.quietly(&line);
}

/// The parts of `P-1`, each claimed in a lane of its own.
fn planned(world: World) -> World {
    let world = governed(world, POLICY);
    add(&world, "P-1", "A-backend", "");
    for (id, role, stage, by) in [
        ("D-1", "D-arch", "contract", "@arch"),
        ("A-1", "A-backend", "generated", "@back"),
        ("A-2", "A-backend", "implementation", "@back"),
        ("B-1", "B-ui", "integration", "@ui"),
    ] {
        let part = format!("--parent P-1 --merge-stage {stage}");
        add(&world, id, role, &part);
        world.quietly(&format!("claim {id} --as {by}"));
    }
    world
}

#[test]
fn p18_what_is_agreed_lands_before_what_is_made_of_it() {
    for world in World::both() {
        contract_first(&planned(world));
    }
}

fn contract_first(world: &World) {
    let merge = |id: &str, code| {
        world
            .laneway(&format!("merge {id} --trust --as @dana"))
            .code(code)
    };
    let handoff = |lane: &str, code| world.laneway_in(lane, "handoff --next more").code(code);

    // A foreign path, and a contract of somebody else.
    world.commit(UI, "internal/a", "mine\n");
    drop(handoff(UI, 4).says("internal/a, outside the owned paths web/**"));
    world.git_in(UI, "reset -q --hard HEAD~1");
    world.commit(BACK, "doc/api/pets", "pets\npages\n");
    let refused = handoff(BACK, 4).says("the contract `api`, which is changed by D-arch only");
    drop(refused.says("laneway request A-2 --contract api"));
    world.git_in(BACK, "reset -q --hard HEAD~1");

    // The owner changes it; everybody else works on.
    world.commit(ARCH, "doc/api/pets", "pets\npages\n");
    drop(handoff(ARCH, 0));
    world.commit(BACK, "internal/pets", "pages\n");
    world.commit(
        BACK,
        "CHANGELOG.md",
        &CHANGELOG.replace("# Changes\n", "# Changes\n\npages\n"),
    );
    drop(handoff(BACK, 0));
    world.commit(UI, "web/pets", "pages\n");
    world.commit(
        UI,
        "CHANGELOG.md",
        &CHANGELOG.replace("end.", "end: pages."),
    );
    drop(handoff(UI, 0));

    // The wrong order names what comes first.
    drop(merge("B-1", 4).says("`D-1` lands before `B-1` (stage contract)"));
    drop(merge("A-2", 4).says("`A-1` lands before `A-2` (stage generated)"));
    drop(merge("D-1", 0));

    // What is generated is generated, not written.
    drop(world.laneway_in(GEN, "lane sync").code(0));
    world.commit(GEN, "gen/pets", "PETS\nPagination\n");
    let before = world.target();
    drop(world.laneway_in(GEN, "check --trust").says("gen/pets"));
    assert_eq!(world.git_in(GEN, "diff --name-only").trim(), "gen/pets");
    world.git_in(GEN, "checkout -q .");
    drop(handoff(GEN, 0));
    drop(merge("A-1", 1).says("sh codegen.sh"));
    assert_eq!(world.target(), before);
    let revise = "review A-1 --verdict revise --finding major:gen/pets:generate --as @dana";
    drop(world.laneway(revise).code(0));
    world.commit(GEN, "gen/pets", "PETS\nPAGES\n");
    drop(world.laneway_in(GEN, "check --trust").code(0));
    drop(handoff(GEN, 0));
    drop(merge("A-1", 0));

    // The owner of a co-edited file lands, others rebase first.
    drop(merge("A-2", 0));
    let before = world.target();
    drop(
        merge("B-1", 1)
            .says("behind: B-1 went back to its lane")
            .says("CHANGELOG.md"),
    );
    assert_eq!(world.target(), before);
    drop(world.laneway_in(UI, "lane sync").code(0));
    drop(handoff(UI, 0));
    drop(merge("B-1", 0));

    let changelog = world.git("show main:CHANGELOG.md");
    assert!(changelog.starts_with("# Changes\n\npages\n") && changelog.ends_with("end: pages.\n"));
    assert_eq!(world.git("show main:gen/pets"), "PETS\nPAGES\n");
    assert_eq!(world.git("log --merges --format=%h main"), "");
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("claim P-1 --as @back").code(0));
}

#[test]
fn a_new_file_that_the_generator_makes_does_not_stay_behind() {
    let world = planned(World::governed());
    world.commit(ARCH, "doc/api/owners", "owners\n");
    drop(world.laneway_in(ARCH, "handoff --next more").code(0));
    world.quietly("cancel A-1 --reason no --as @dana");
    world.quietly("cancel A-2 --reason no --as @dana");
    // Nobody makes it anew any more, so the contract owes it.
    let before = world.target();
    let merge = "merge D-1 --trust --as @dana";
    drop(world.laneway(merge).code(1).says("gen/owners"));
    assert_eq!(world.target(), before);
}

#[test]
fn who_owns_no_contract_asks_for_its_change() {
    let world = planned(World::governed());
    drop(world.laneway("request").code(0));
    drop(
        world
            .laneway_in(BACK, "request --contract web --text pages")
            .code(4),
    );
    drop(
        world
            .laneway("request A-2 --contract api --text pages --as @ui")
            .code(4),
    );
    let text = "'pages of pets,\nfor the list'";
    let ask = format!("request --contract api --text {text} --dry-run");
    drop(world.laneway_in(BACK, &ask).code(0));
    let ask = format!("request --contract api --text {text}");
    drop(world.laneway_in(BACK, &ask).code(0));
    drop(
        world
            .laneway_in(UI, "request --contract api --text owners")
            .code(0),
    );
    drop(world.laneway("request").code(0));
    drop(world.laneway("--json request A-2").code(0));
    let decide = "request A-2 --decide 2 --verdict";
    drop(
        world
            .laneway(&format!("{decide} accept --reason yes --as @ui"))
            .code(4),
    );
    drop(
        world
            .laneway(&format!("{decide} defer --reason 'next week' --as @arch"))
            .code(0),
    );
    drop(world.laneway("request A-2").code(0));
    let accept = format!("{decide} accept --reason yes --task D-1 --as @arch");
    drop(world.laneway(&format!("--json {accept}")).code(0));
    drop(world.laneway(&accept).code(4));
    drop(world.laneway("request").code(0));
    drop(world.laneway("show A-2").code(0));
    drop(world.laneway("log A-2 --limit 3").code(0));
    drop(world.laneway("audit verify").code(0));
    drop(world.laneway("request A-2 --decide 2").code(2));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn what_a_forge_lands_over_a_newer_co_edited_file_is_not_complete() {
    let policy = format!("{POLICY}merge: {{via: pull_request}}\n");
    let world = governed(World::governed(), &policy);
    add(&world, "B-1", "B-ui", "");
    world.quietly("claim B-1 --as @ui");
    world.commit(
        UI,
        "CHANGELOG.md",
        &CHANGELOG.replace("end.", "end: pages."),
    );
    drop(world.laneway_in(UI, "handoff --next more").code(0));
    // The owner's change reaches the target first.
    world.write(
        "CHANGELOG.md",
        &CHANGELOG.replace("# Changes\n", "# Changes\n\npages\n"),
    );
    commit_all(&world, "owner");
    let before = world.target();
    drop(
        world
            .laneway("merge B-1 --as @dana --dry-run")
            .code(1)
            .says("behind: B-1 would go back"),
    );
    world.git("merge -q --squash agent/B-ui");
    world.git("commit -q -m squash");
    let late = world.laneway("complete B-1 --as @dana").code(4);
    drop(late.says("the target has changed CHANGELOG.md, which is A-backend's"));
    // Without the squash it goes back to its lane, is rebased, and the same squash is complete.
    world.git(&format!("reset -q --hard {before}"));
    drop(
        world
            .laneway("merge B-1 --as @dana")
            .code(1)
            .says("behind: B-1 went back"),
    );
    drop(world.laneway_in(UI, "lane sync").code(0));
    drop(world.laneway_in(UI, "handoff --next more").code(0));
    drop(
        world
            .laneway("merge B-1 --as @dana")
            .code(0)
            .says("ready for its pull request"),
    );
    world.git("merge -q --squash agent/B-ui");
    world.git("commit -q -m squash");
    drop(world.laneway("complete B-1 --as @dana").code(0));
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn companions_are_asked_for_at_the_handoff() {
    let rule = "path_rules:\n  - {when: [\"web/**\"], also_change: [CHANGELOG.md]}\n";
    let world = governed(World::governed(), &format!("{POLICY}{rule}"));
    add(&world, "B-1", "B-ui", "");
    world.quietly("claim B-1 --as @ui");
    world.commit(UI, "web/pets", "pets\n");
    let alone = world.laneway_in(UI, "handoff --next more").code(4);
    drop(alone.says("web/pets changes, and `CHANGELOG.md` does not change along"));
    world.commit(UI, "CHANGELOG.md", "pets\n");
    drop(world.laneway_in(UI, "handoff --next more").code(0));
    drop(world.laneway("merge B-1 --as @dana").code(0));
}

#[test]
fn generated_files_are_checked_where_no_other_evidence_is_asked_for() {
    let world = governed(
        World::governed(),
        &format!("{POLICY}gates: {{evidence: none}}\n"),
    );
    add(&world, "A-1", "A-backend", "--check false");
    world.quietly("claim A-1 --as @back");
    world.commit(GEN, "gen/pets", "by hand\n");
    drop(world.laneway_in(GEN, "handoff --next more").code(0));
    let before = world.target();
    let merge = world.laneway("merge A-1 --as @dana").code(4);
    drop(merge.says("not trusted").says("codegen.sh"));
    drop(world.laneway("merge A-1 --trust --as @dana").code(1));
    assert_eq!(world.target(), before);
    world.quietly("return A-1 --reason hand --as @back");
    world.quietly("claim A-1 --as @back");
    world.commit(GEN, "gen/pets", "PETS\n");
    world.commit(GEN, "internal/a", "a\n");
    drop(world.laneway_in(GEN, "handoff --next more").code(0));
    drop(world.laneway("merge A-1 --trust --as @dana").code(0));
}
