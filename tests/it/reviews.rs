//! Reviews as a fleet lives them: modes, revisions, weights, routes, and what is waited for.

use crate::support::World;

const A: &str = "repo-A-backend";

const ROLES: &str = "version: 1
project: repo
target: {branch: main}
roles:
  - {name: A-backend, lanes: 2}
  - {name: D-arch, review_only: true}
  - {name: E-governance, review_only: true}
review_routes:
  - {paths: ['doc/api/**'], reviewers: [D-arch, E-governance]}
  - {paths: ['doc/**'], reviewers: [A-backend]}
";

const MAP: &str = "version: 1
mode: enforced
agents:
  - {name: '@bot', roles: [A-backend], may: [claim, handoff]}
  - {name: '@arch', roles: [D-arch], may: [review]}
  - {name: '@gov', kind: person, roles: [E-governance], may: [review]}
  - {name: '@dana', kind: person, may: [plan, review, merge, admin]}
routing:
  - {task_type: api, agent_name: '@bot', workstation: ws-1}
  - {task_type: review, agent_name: '@arch', workstation: ws-2}
";

const PLACES: &str = "version: 1
workstations:
  - {name: ws-1, version: 1}
  - {name: ws-2, version: 1}
";

fn governed(more: &str, map: Option<&str>) -> World {
    let world = World::governed();
    // What high risk shows is another matter.
    let gates = if more.starts_with("gates: {") {
        more.replacen("gates: {", "gates: {high_risk: none, ", 1)
    } else {
        format!("gates: {{high_risk: none}}\n{more}")
    };
    world.write("governance/policy.yaml", &format!("{ROLES}{gates}"));
    if let Some(map) = map {
        world.write("governance/identity-map.yaml", map);
        world.write("governance/workstations.yaml", PLACES);
    }
    world.commit("repo", "base.txt", "base\n");
    world
}

#[test]
fn in_interim_mode_the_agent_owns_the_whole_cycle() {
    let world = governed("review: {mode: interim}\n", None);
    let add = "--role A-backend --risk high";
    let commit = world.submit("A-1", add, A, "doc/api/pets", "pets\n");
    drop(world.laneway("merge A-1 --as @bot").code(0));
    assert_eq!(world.target(), commit);
    let world = governed("", None);
    world.submit("A-1", add, A, "doc/api/pets", "pets\n");
    let refused = world.laneway("merge A-1 --as @bot").code(4);
    drop(refused.says("high risk").says("reviewed by D-arch"));
}

#[test]
fn a_revision_goes_from_findings_to_the_target() {
    let world = governed("", None);
    world.quietly("add A-1 --title 'Retry budget' --role A-backend --risk high --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(A, "src/a.rs", "loop {}\n");
    drop(
        world
            .laneway_in(A, "handoff --next 'the timeout' --not-proven 'load'")
            .code(0),
    );
    drop(
        world
            .laneway("review A-1 --verdict revise --as @rev")
            .code(2),
    );
    let finding =
        "--finding 'major:src/a.rs:unbounded retry; impact: hammers the API; fix: cap it'";
    let revise = format!("review A-1 --verdict revise {finding} --residual 'load is untested'");
    drop(world.laneway(&format!("{revise} --as @rev")).code(0));
    // The target moves meanwhile, which is no part of the revision.
    world.commit("repo", "other.txt", "other\n");
    world.commit(A, "src/a.rs", "for _ in 0..5 {}\n");
    world.commit(A, "src/b.rs", "while I was at it\n");
    drop(world.laneway_in(A, "lane sync").code(0));
    let handoff = "handoff --next 'the timeout'";
    drop(
        world
            .laneway_in(A, &format!("--json {handoff} --dry-run"))
            .code(0),
    );
    drop(world.laneway_in(A, handoff).code(0));
    drop(world.laneway("show A-1").code(0));
    drop(
        world
            .laneway("--json review A-1 --verdict accept --no-findings --residual load --as @rev")
            .code(0),
    );
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("log A-1").code(0));
    drop(world.laneway("audit verify").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_weight_of_two_asks_for_two_reviewers() {
    let world = governed("gates: {review: {high: 2}}\n", None);
    world.submit("A-1", "--role A-backend --risk high", A, "a.txt", "a\n");
    let accept = "review A-1 --verdict accept --no-findings --as";
    let merge = || world.laneway("merge A-1 --as @bot");
    drop(merge().code(4).says("0 of 2 accepting reviews"));
    for _ in 0..2 {
        drop(world.laneway(&format!("{accept} @rev")).code(0));
        drop(merge().code(4).says("1 of 2 accepting reviews, by @rev"));
    }
    drop(world.laneway(&format!("{accept} @dana")).code(0));
    drop(merge().code(0));
}

#[test]
fn every_matched_route_approves() {
    let world = governed("", Some(MAP));
    let add = "--role A-backend --type api";
    world.submit("A-1", add, A, "doc/api/pets", "pets\n");
    let accept = |by: &str| {
        let line = format!("review A-1 --verdict accept --no-findings --as {by}");
        drop(world.laneway(&line).code(0));
    };
    let owes = |roles: &[&str]| {
        let answer = world.laneway("--json merge A-1 --as @dana").code(4);
        let said = answer.stdout + &answer.stderr;
        for role in ["D-arch", "E-governance", "A-backend"] {
            let owed = format!("is reviewed by {role}");
            assert_eq!(
                said.contains(&owed),
                roles.contains(&role),
                "{role}: {said}"
            );
        }
    };
    owes(&["D-arch", "E-governance", "A-backend"]);
    accept("@arch");
    owes(&["E-governance", "A-backend"]);
    // A person stands in where the reviewing role is that of the work itself.
    accept("@gov");
    drop(world.laneway("merge A-1 --as @dana").code(0));
}

#[test]
fn a_review_that_nobody_gives_is_stale_and_then_escalated() {
    let world = governed("", Some(MAP));
    world.submit(
        "A-1",
        "--role A-backend --type api",
        A,
        "doc/api/pets",
        "pets\n",
    );
    world.at("2026-11-21T08:59:00Z");
    drop(world.laneway("list").code(0));
    world.at("2026-11-21T10:00:00Z");
    drop(world.laneway("list").code(0));
    drop(world.laneway("show A-1").code(0));
    drop(world.laneway("status").code(0));
    world.at("2026-11-23T10:00:00Z");
    drop(world.laneway("status --next").code(0));
    drop(world.laneway("--json status").code(0));
    drop(world.laneway("--json list").code(0));
    world.quietly("review A-1 --verdict accept --no-findings --as @arch");
    drop(world.laneway("list").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn documents_carry_a_return_and_a_review() {
    let world = governed("protected_tests: ['tests/**']\n", None);
    world.commit("repo", "tests/a.txt", "one\ntwo\n");
    let add = "A-1 --title 'Retry | budget' --role A-backend --risk high --check true --as @dana";
    world.quietly(&format!("add {add}"));
    world.quietly("claim A-1 --as @bot");
    world.commit(A, "tests/a.txt", "one\n");
    drop(world.laneway_in(A, "check --trust").code(0));
    world.write_in(
        A,
        "../return.md",
        "---\nversion: 1\ntask: A-1\nnext: the timeout\nnot_proven: [load]\n---\n",
    );
    let from = "handoff --from ../return.md";
    drop(
        world
            .laneway_in(A, &format!("{from} --risk 'slow banks'"))
            .code(0),
    );
    drop(world.laneway("show A-1 --return").code(0));
    let form = world.laneway("review A-1 --form").code(0).stdout;
    world.write_in("", "form.md", &form);
    let give = "review A-1 --from ../form.md --as @rev";
    drop(world.laneway(give).code(2).says("no `verdict` yet"));
    let filled = form
        .replace("verdict: null", "verdict: accept")
        .replace("no_findings: false", "no_findings: true")
        .replace("approves: []", "approves: [tests/a.txt]");
    world.write_in("", "form.md", &filled);
    let other = give.replace("A-1", "A-2");
    drop(world.laneway(&other).code(2).says("not of A-2"));
    drop(world.laneway(give).code(0));
    drop(world.laneway("review A-1 --form").code(0));
    drop(world.laneway("merge A-1 --as @bot").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_project_has_templates_of_its_own() {
    let world = governed("", None);
    world.submit("A-1", "--role A-backend", A, "a.txt", "a\n");
    let own = "To {nobody}, {task} of {epoch}: $(touch pwned) {next}\n";
    world.commit("repo", "governance/templates/return.md", own);
    let answer = world.laneway("show A-1 --return").code(0);
    drop(answer.says("\nTo {nobody}, A-1 of 1: $(touch pwned) more\n"));
    world.write_in(
        "",
        "r.md",
        &world.laneway("show A-1 --return").code(0).stdout,
    );
    let line = "review A-1 --verdict revise --finding major:a.txt:no --as @rev";
    drop(world.laneway(line).code(0));
    world.commit(A, "a.txt", "b\n");
    drop(world.laneway_in(A, "handoff --from ../r.md").code(0));
    let shown = world.laneway("--json show A-1").code(0).json();
    let records = shown["data"]["task"]["records"].as_array().unwrap().clone();
    let last = records.iter().rfind(|record| record["kind"] == "handoff");
    assert_eq!(last.unwrap()["handoff"]["next"], "more");
}
