//! `brief`: all that an agent needs, told by one command that changes nothing (G2, G3, P52).

use serde_json::Value;

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// The brief as programs see it.
fn brief(world: &World, dir: &str, line: &str) -> Value {
    let answer = world.laneway_in(dir, &format!("--json brief {line}"));
    answer.code(0).json()["data"].clone()
}

fn lines(brief: &Value) -> Vec<String> {
    let commands = brief["commands"].as_array().unwrap();
    let line = |command: &Value| command["line"].as_str().unwrap().to_owned();
    commands.iter().map(line).collect()
}

#[test]
fn a_brief_tells_each_state_of_a_task_what_comes_next() {
    let world = World::planned();
    world.quietly("edit A-1 --add-check 'test -f a.txt' --as @dana");
    world.laneway("brief").code(0);
    world.laneway("brief --as @bot").code(0);
    world.laneway("brief A-2 --as @bot").code(0);
    world.quietly("claim A-1 --as @bot");
    world.laneway_in(LANE, "brief").code(0);
    world.laneway("brief A-1 --as @ann").code(0);
    world.write_in(LANE, "a.txt", "a\n");
    world.git_in(LANE, "add -A");
    world.laneway_in(LANE, "brief").code(0);
    world.git_in(LANE, "commit -q -m work");
    world.laneway_in(LANE, "brief").code(0);
    world.quietly("trust A-1 --as @dana");
    world.laneway_in(LANE, "brief").code(0);
    drop(world.laneway_in(LANE, "check").code(0));
    world.laneway("brief --as @bot").code(0);
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    world.laneway("brief --as @bot").code(0);
    world.laneway("--json brief A-1 --as @bot").code(0);
    world.quietly("merge A-1 --as @bot");
    world.laneway("brief --role A-backend --as @bot").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_brief_shows_a_reviewer_what_waits_and_the_worker_what_was_found() {
    let world = World::governed();
    let rules = world.git("show main:governance/policy.yaml");
    let rules = rules.replace("normal: none", "normal: required");
    world.write("governance/policy.yaml", &rules);
    world.git("commit -q -a -m reviews");
    world.submit("A-1", "--role A-backend --kind chore", LANE, "a.txt", "a\n");
    world.laneway("brief --as @rev").code(0);
    world.laneway("brief A-1 --as @rev").code(0);
    let finding = "major:a.txt:it says `a`";
    let revise = format!("review A-1 --verdict revise --finding '{finding}' --as @rev");
    drop(world.laneway(&revise).code(0));
    world.laneway_in(LANE, "brief").code(0);
    world.commit(LANE, "a.txt", "b\n");
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    // A verdict stands for the change that it judged.
    let again = brief(&world, "repo", "--as @rev");
    assert_eq!(again["queue"]["reviews"], serde_json::json!(["A-1"]));
    let accept = "review A-1 --verdict accept --no-findings --as @rev";
    drop(world.laneway(accept).code(0));
    let done = brief(&world, "repo", "--as @rev");
    assert_eq!(done["queue"]["reviews"], serde_json::json!([]));
    let mine = brief(&world, "repo", "--as @bot");
    assert_eq!(lines(&mine), ["laneway merge A-1 --as @bot"]);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_brief_for_a_bug_fix_tells_what_is_owed_and_what_was_tried() {
    let world = World::governed();
    world.quietly("add A-1 --title 'Lost payment' --kind defect --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "a\n");
    let told = brief(&world, LANE, "--for bugfix");
    let fill = &told["commands"][0]["fill"];
    let flags = ["--next", "--root-cause", "--layer", "--proof"];
    assert_eq!(*fill, serde_json::json!(flags));
    let handoff = "handoff --next more --root-cause 'a slow bank' --layer a.txt --proof 'test -f a.txt' --trust";
    drop(world.laneway_in(LANE, handoff).code(0));
    drop(
        world
            .laneway("review A-1 --verdict revise --finding major:a.txt:retry --as @rev")
            .code(0),
    );
    world.laneway_in(LANE, "brief --for bugfix").code(0);
    drop(world.laneway("brief --for bugfix --as @eve").code(2));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_brief_writes_nothing_and_needs_no_network() {
    let world = World::remote();
    world.submit("A-1", "--role A-backend", LANE, "a.txt", "a\n");
    world.quietly("add A-2 --title Two --role A-backend --as @dana");
    // The target moves, so that the submission has to be replayed.
    world.write("README", "newer\n");
    world.git("commit -q -a -m newer");
    world.git("push -q origin main");
    std::fs::rename(world.path("hub.git"), world.path("away.git")).unwrap();
    let seen = || {
        let refs = world.git("for-each-ref");
        let tree = world.git("status --porcelain --ignored");
        let lane = world.git_in(LANE, "status --porcelain --ignored");
        let local: Vec<_> = std::fs::read_dir(world.path("repo/.git/laneway"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        (refs, tree, lane, local.len())
    };
    let before = seen();
    for line in [
        "--as @bot",
        "A-1 --as @bot",
        "A-2 --as @rev",
        "--role B-ui --as @bot",
    ] {
        let told = brief(&world, "repo", line);
        assert_eq!(told["remote"], "origin", "{line}");
    }
    drop(brief(&world, LANE, ""));
    assert_eq!(seen(), before);
}

#[test]
fn a_brief_suggests_nothing_that_needs_trust_to_who_may_not_trust() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --check true --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "a\n");
    let told = brief(&world, LANE, "");
    let suggested = lines(&told);
    assert_eq!(suggested, ["laneway handoff --next TEXT"]);
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    let told = brief(&world, "repo", "A-1 --as @bot");
    assert_eq!(told["act"], "wait");
    assert!(lines(&told).is_empty(), "{told}");
    world.quietly("trust A-1 --as @dana");
    let told = brief(&world, "repo", "A-1 --as @bot");
    assert_eq!(lines(&told), ["laneway merge A-1 --as @bot"]);
}

#[test]
fn a_brief_names_the_directory_and_quotes_what_a_shell_would_read() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.git("config laneway.agent @bot");
    world.quietly("claim A-1");
    let told = brief(&world, "repo", "");
    let lane = world.path(LANE).canonicalize().unwrap();
    let add = format!("git -C {} add --all", lane.display());
    assert_eq!(lines(&told)[0], add);
    let here = brief(&world, LANE, "");
    assert_eq!(lines(&here)[0], "git add --all");
    // From elsewhere every command says where it is run.
    let line = format!("A-1 -C {}", world.path("repo").display());
    let told = brief(&world, "home", &line);
    assert_eq!(lines(&told)[0], add);
}

#[test]
fn a_brief_of_an_expired_claim_says_that_it_is_over() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.at("2026-11-21T09:00:00Z");
    let other = brief(&world, "repo", "A-1 --as @ann");
    assert_eq!(lines(&other), ["laneway claim A-1 --as @ann"]);
    let mine = brief(&world, LANE, "");
    assert_eq!(mine["commands"][0]["argv"][1], "renew");
    world.quietly("claim A-1 --as @ann");
    let old = std::fs::read_dir(world.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| *name == LANE)
        .unwrap();
    let fenced = brief(&world, &old, "");
    assert_eq!(fenced["fenced"]["task"], "A-1", "{fenced}");
}

#[test]
fn brief_status_and_doctor_say_the_same_of_what_comes_next() {
    let world = World::planned();
    let told = lines(&brief(&world, "repo", "--role A-backend --as @bot"));
    let status = world
        .laneway("--json status --next --as @bot")
        .code(0)
        .json();
    assert_eq!(status["data"]["next"][0]["command"], told[0]);
    let doctor = world.laneway("--json doctor --role A-backend --as @bot");
    let doctor = doctor.code(0).json();
    assert_eq!(doctor["data"]["preflight"]["next"]["command"], told[0]);
}

/// People with seats, and an agent.
const SEATS: &str = r#"version: 1
mode: open
agents:
  - {name: "@bot", kind: agent, may: [claim, handoff, merge, plan]}
  - {name: "@dana", kind: person, seat: [direction], may: [plan, review, merge, admin]}
routing: []
"#;

#[test]
fn a_brief_shows_an_exception_to_who_may_approve_it_and_then_to_everybody() {
    let world = World::planned();
    world.write("governance/identity-map.yaml", SEATS);
    world.write("doc/adr/1.md", "# Use the budget before it has landed\n");
    world.git("add -A");
    world.git("commit -q -m rules");
    world.quietly(
        "except A-2 --gate dependency --adr doc/adr/1.md --reason 'the customer is down' \
         --rollback 'revert the commit' --expires 2d --as @bot",
    );
    assert!(lines(&brief(&world, "repo", "A-2 --as @bot")).is_empty());
    let told = brief(&world, "repo", "A-2 --as @dana");
    let approve = "except A-2 --approve 1 --as @dana";
    assert_eq!(lines(&told), [format!("laneway {approve}")]);
    let when = &told["commands"][0]["when"];
    assert_eq!(*when, "you agree with its reason: the customer is down");
    world.quietly(approve);
    let told = brief(&world, "repo", "A-2 --as @bot");
    assert_eq!(told["task"]["lifted"][0]["gate"], "dependency");
    assert_eq!(lines(&told), ["laneway claim A-2 --as @bot"]);
}

#[test]
fn a_brief_tells_who_holds_a_task_up_and_lets_them_go_on() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.quietly("hold A-1 --reason 'budget freeze' --as @dana");
    let told = brief(&world, "repo", "A-1 --as @bot");
    assert_eq!(told["task"]["held_up_by"], "@dana");
    assert_eq!(told["say"], "A-1 is held up by @dana: budget freeze");
    let told = brief(&world, "repo", "A-1 --as @dana");
    assert_eq!(lines(&told), ["laneway unblock A-1 --as @dana"]);
    world.quietly("unblock A-1 --as @dana");
}

#[test]
fn a_brief_tells_a_reviewer_what_to_doubt() {
    let world = World::governed();
    world.rule("gates: {review: {normal: required}}");
    world.submit("A-1", "--role A-backend", LANE, "a.md", "a\n");
    let told = brief(&world, "repo", "A-1 --as @rev");
    let review = &told["task"]["review"];
    let doubt = "a feature that changes documents only";
    assert_eq!(review["doubts"], serde_json::json!([doubt]));
    assert!(review["diff"].as_str().unwrap().starts_with("git diff "));
    // Whose work it is reads no review of it.
    let mine = brief(&world, "repo", "A-1 --as @bot");
    assert!(mine["task"].get("review").is_none(), "{mine}");
}

#[test]
fn the_suggested_handoff_of_a_defect_is_taken_once_its_condition_holds() {
    let world = World::governed();
    world.quietly("add A-1 --title 'Lost payment' --kind defect --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "a\n");
    world.quietly("trust A-1 --command 'test -f a.txt' --as @dana");
    let told = brief(&world, LANE, "");
    let line = lines(&told)[0].clone();
    let line = line.strip_prefix("laneway ").unwrap();
    let line = line
        .replace("TEXT", "'a slow bank'")
        .replace("PATH", "a.txt")
        .replace("COMMAND", "'test -f a.txt'");
    drop(world.laneway_in(LANE, &line).code(0));
}

#[test]
fn p12_a_brief_of_an_archived_task_says_where_it_is() {
    let world = World::planned();
    world.quietly("cancel B-1 --reason over --as @dana");
    world.quietly("archive B-1 --as @dana");
    let answer = world.laneway("brief B-1 --as @bot").code(4);
    drop(answer.says("`laneway archive --restore B-1` gives it back"));
}
