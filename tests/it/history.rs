//! What the ledger's history shows: decided again, replayed, told, and held against the target.

use std::fs;

use crate::support::World;

const A: &str = "repo-A-backend";

fn tip(world: &World) -> String {
    world.git("rev-parse refs/heads/laneway").trim().to_owned()
}

/// The file in which the decided part of history is remembered.
fn memory(world: &World) -> std::path::PathBuf {
    let dir = world.path("home/cache/laneway/audit");
    let mut files = fs::read_dir(dir).unwrap();
    files.next().unwrap().unwrap().path()
}

#[test]
fn what_held_is_remembered_for_the_plain_run_alone() {
    let world = World::planned();
    let decided = |line: &str| {
        let answer = world
            .laneway(&format!("--json audit verify {line}"))
            .code(0);
        let data = answer.json()["data"].clone();
        let remembered = data["remembered"]["commits"].as_u64().unwrap_or_default();
        (data["commits"].as_u64().unwrap(), remembered)
    };
    assert_eq!(decided(""), (4, 0));
    assert_eq!(decided(""), (0, 4));
    world.quietly("claim A-1 --no-worktree --as @bot");
    let before = world.git("rev-parse laneway~1").trim().to_owned();
    drop(
        world
            .laneway("audit verify")
            .code(0)
            .says("4 remembered, 1 decided again"),
    );
    assert_eq!(decided("--all"), (5, 0));
    assert_eq!(decided("..laneway"), (5, 0));
    assert_eq!(decided("laneway~3.."), (3, 0));
    assert_eq!(decided("laneway~3..laneway~1"), (2, 0));
    assert_eq!(decided(&format!("--from {before}")), (1, 0));
    for line in [
        "laneway",
        "A-1",
        "laneway...laneway~1",
        "nothing..",
        "main..",
    ] {
        drop(world.laneway(&format!("audit verify {line}")).code(2));
    }
    // One byte that is not what was written: no memory.
    let file = memory(&world);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(" 5 ", " 9 ", 1)).unwrap();
    assert_eq!(decided(""), (5, 0));
    assert_eq!(decided(""), (0, 5));
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert_eq!(decided(""), (5, 0));
}

#[test]
fn p25_history_that_was_verified_here_is_missed_when_it_is_rewritten() {
    let world = World::planned();
    world.quietly("note A-1 one --as @dana");
    world.quietly("audit verify");
    let lost = tip(&world);
    world.git("update-ref refs/heads/laneway refs/heads/laneway~1");
    // What is there holds; that something is gone is all there is to say.
    let said = world.laneway("audit verify").code(1);
    drop(
        said.says(&format!("no longer holds {lost}"))
            .says("0 differ"),
    );
    let answer = world.laneway("--json audit verify --all").code(1).json();
    assert_eq!(answer["data"]["rewritten"]["commit"], *lost);
    let found = tip(&world);
    world.quietly(&format!("doctor --accept-ledger {found}"));
    drop(world.laneway("audit verify").code(1));
    drop(world.laneway("audit verify --all").code(0));
    drop(world.laneway("audit verify").code(0).says("4 remembered"));
}

#[test]
fn a_commit_that_differs_is_never_remembered() {
    let world = World::planned();
    world.git("branch -q scratch laneway");
    world.git("checkout -q scratch");
    world.git("commit -q --allow-empty -m foreign");
    let foreign = world.git("rev-parse HEAD").trim().to_owned();
    world.git("checkout -q main");
    world.git(&format!("update-ref refs/heads/laneway {foreign}"));
    for _ in 0..2 {
        let answer = world.laneway("--json audit verify").code(1).json();
        assert_eq!(answer["data"]["commits"], 5);
        assert_eq!(answer["data"]["differing"][0]["commit"], *foreign);
    }
}

#[test]
fn the_queue_is_shown_as_it_was() {
    let world = World::planned();
    world.at("2026-11-20T10:00:00Z");
    world.quietly("claim A-1 --no-worktree --as @bot");
    let claimed = tip(&world);
    world.at("2026-11-20T11:00:00Z");
    world.quietly("release A-1 --as @bot");
    world.at("2026-11-21T09:00:00Z");
    world.quietly("note A-1 later --as @bot");
    let task = |at: &str| {
        let line = format!("--json audit replay A-1 --at {at}");
        let data = world.laneway(&line).code(0).json()["data"].clone();
        (data["commit"].clone(), data["tasks"][0].clone())
    };
    for at in [&claimed[..], "2026-11-20T10:59:59Z", "laneway~2"] {
        let (commit, then) = task(at);
        assert_eq!(
            (&commit, &then["status"]),
            (&claimed.as_str().into(), &"in_progress".into())
        );
        assert_eq!(then["claim"]["agent"], "@bot");
        assert_eq!(then["epoch"], 1);
    }
    // A day counts to its end; now is no time.
    assert_eq!(task("2026-11-20").1["status"], "todo");
    let all = world
        .laneway("audit replay --at 2026-11-20T10:00:00Z")
        .code(0);
    drop(all.says("1 in_progress").says("ws-local-01"));
    for at in ["main", "2026-11-19", "nonsense", "refs/heads/none"] {
        drop(world.laneway(&format!("audit replay --at {at}")).code(2));
    }
    drop(world.laneway("audit replay Z-9 --at laneway").code(4));
}

#[test]
fn a_clock_that_lied_is_told_with_the_commit_that_was_taken() {
    let world = World::planned();
    world.at("2026-11-25T09:00:00Z");
    world.quietly("note A-1 ahead --as @bot");
    world.at("2026-11-20T12:00:00Z");
    world.quietly("note A-1 back --as @bot");
    let last = tip(&world);
    let line = "--json audit replay --at 2026-11-20T12:00:00Z";
    let data = world.laneway(line).code(0).json()["data"].clone();
    assert_eq!(
        (&data["commit"], &data["ahead"]),
        (&last.as_str().into(), &1.into())
    );
}

#[test]
fn a_log_tells_who_where_under_which_rules_and_what_changed() {
    let world = World::planned();
    let rules = world.target();
    world.quietly("claim A-1 --no-worktree --as @bot");
    world.at("2026-11-20T10:30:00Z");
    world.quietly("block A-1 --reason 'no quota' --as @bot");
    let data = world.laneway("--json log A-1").code(0).json()["data"].clone();
    let (block, claim) = (&data["entries"][0], &data["entries"][1]);
    assert_eq!(block["changes"][0]["from"], "in_progress");
    assert_eq!(block["changes"][0]["to"], "blocked");
    assert_eq!(block["reason"], "no quota");
    assert_eq!(claim["changes"][0]["from"], "todo");
    assert_eq!(
        (&claim["rules"], &claim["level"]),
        (&rules.as_str().into(), &"unsigned".into())
    );
    assert_eq!(data["worked_seconds"], 5400);
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    let text = world.laneway("log A-1 --reverse").code(0).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("add A-1 by @dana"), "{text}");
    assert!(
        lines[1].contains("epoch 1, todo → in_progress, unsigned, rules "),
        "{text}"
    );
    assert!(
        lines[3].starts_with("worked on A-1: 1h 30m, in A-1#"),
        "{text}"
    );
    let one = world.laneway("log --limit 1").code(0).stdout;
    assert!(
        one.contains("block A-1") && one.lines().count() == 1,
        "{one}"
    );
}

#[test]
fn p24_the_audit_counts_the_levels_of_who_made_it() {
    let world = World::planned();
    let answer = world.laneway("--json audit verify").code(0).json();
    assert_eq!(answer["data"]["levels"]["unsigned"], 4);
    world.quietly("claim A-1 --no-worktree --as @bot");
    let told = world.laneway("--json audit attribution").code(0).json();
    assert_eq!(told["data"]["claims"][0]["level"], "unsigned");
    drop(world.laneway("audit attribution").code(0).says("unsigned"));
}

#[test]
fn commits_of_the_target_that_no_task_covers_are_found() {
    let world = World::governed();
    let begun = world.target();
    world.submit("A-1", "--role A-backend", A, "src/a.txt", "a\n");
    drop(world.laneway("merge A-1 --as @bot").code(0));
    world.rule("lease: {ttl: 2h}");
    let direct = world.commit("repo", "src/b.txt", "b\n");
    let seen = |code: i32, line: &str| {
        let answer = world
            .laneway(&format!("--json audit coverage {line}"))
            .code(code);
        answer.json()["data"].clone()
    };
    let data = seen(0, "");
    assert_eq!(data["uncovered"][0]["commit"], *direct);
    assert_eq!(data["uncovered"][0]["severity"], "note");
    assert_eq!(data["uncovered"].as_array().unwrap().len(), 1, "{data:#}");
    assert_eq!(
        (&data["covered"], &data["governance"]),
        (&1.into(), &2.into())
    );
    assert_eq!(data["files"][0]["path"], "src/b.txt");
    assert_eq!(data["files"].as_array().unwrap().len(), 1);
    // A task that lands on a file takes it over.
    world.submit("A-2", "--role A-backend", A, "src/b.txt", "better\n");
    drop(world.laneway("merge A-2 --as @bot").code(0));
    let data = seen(0, &format!("{begun}.."));
    assert_eq!(
        (&data["covered"], &data["files"]),
        (&2.into(), &serde_json::json!([]))
    );
    assert_eq!(data["commits"], 4);
    assert_eq!(
        seen(0, &format!("{direct}.."))["uncovered"],
        serde_json::json!([])
    );
    // Each by the rules that it met: what was allowed then is no error now.
    let severities = |data: &serde_json::Value| {
        let all = data["uncovered"].as_array().unwrap().iter();
        let all = all.map(|one| one["severity"].as_str().unwrap().to_owned());
        all.collect::<Vec<_>>()
    };
    world.rule("target: {branch: main, direct: listed}");
    assert_eq!(severities(&seen(0, "")), ["note"]);
    let _listed = world.commit("repo", "src/c.txt", "c\n");
    assert_eq!(severities(&seen(0, "")), ["warning", "note"]);
    world.rule("target: {branch: main, direct: tasks_only}");
    assert_eq!(severities(&seen(0, "")), ["warning", "note"]);
    let _forbidden = world.commit("repo", "src/d.txt", "d\n");
    assert_eq!(severities(&seen(1, "")), ["error", "warning", "note"]);
    world.rule("target: {branch: main, direct: allow}");
    assert_eq!(severities(&seen(1, "")), ["error", "warning", "note"]);
    drop(world.laneway("audit coverage main").code(2));
}

#[test]
fn what_a_forge_squashed_rebased_or_merged_is_covered() {
    for way in ["squash", "rebase", "merge"] {
        let world = World::governed();
        world.quietly("add A-1 --title Work --role A-backend --as @dana");
        world.quietly("claim A-1 --as @bot");
        world.commit(A, "src/a.txt", "a\n");
        let tip = world.commit(A, "src/c.txt", "c\n");
        drop(world.laneway_in(A, "handoff --next more").code(0));
        let between = world.commit("repo", "src/b.txt", "b\n");
        match way {
            "squash" => {
                world.git(&format!("merge -q --squash {tip}"));
                world.git("commit -q -m squashed");
            }
            "rebase" => {
                world.git(&format!("cherry-pick {tip}~1 {tip}"));
            }
            _ => {
                world.git(&format!("merge -q --no-ff -m merged {tip}"));
            }
        }
        let commit = match way {
            "merge" => tip.clone(),
            _ => world.target(),
        };
        let vouch = format!("complete A-1 --commit {commit} --as @dana");
        drop(world.laneway(&vouch).code(0));
        let data = world.laneway("--json audit coverage").code(0).json()["data"].clone();
        let found = data["uncovered"].as_array().unwrap();
        let found: Vec<&str> = found
            .iter()
            .map(|one| one["commit"].as_str().unwrap())
            .collect();
        assert_eq!(found, [between.as_str()], "{way}: {data:#}");
    }
}

#[test]
fn a_range_that_is_the_wrong_way_round_is_called_that() {
    let world = World::planned();
    for line in ["laneway..laneway~2", "laneway~1..laneway~3"] {
        let said = world.laneway(&format!("audit verify {line}")).code(2);
        let said = said.says("comes before");
        assert!(!said.stderr.contains("no commit of the ledger"));
    }
    let said = world.laneway("audit verify main..laneway").code(2);
    drop(said.says("is no commit of the ledger"));
}

#[test]
fn another_repository_in_the_same_place_is_not_the_same_ledger_rewritten() {
    let world = World::planned();
    world.quietly("audit verify");
    for dir in ["repo/.git", "repo/governance"] {
        fs::remove_dir_all(world.path(dir)).unwrap();
    }
    world.at("2026-11-20T10:00:00Z");
    world.git("init -q");
    world.git("add .");
    world.git("commit -q -m other");
    world.quietly("init --role A-backend");
    drop(
        world
            .laneway("audit verify")
            .code(0)
            .says("1 ledger commits"),
    );
    drop(world.laneway("audit verify").code(0).says("1 remembered"));
}
