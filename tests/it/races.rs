//! Many processes at once: one winner, nothing lost.

use crate::support::World;

fn plan(world: &World, prefix: &str, count: usize, role: &str) {
    let mut text = "version: 1\ntasks:\n".to_owned();
    for number in 1..=count {
        text.push_str(&format!(
            "  - {{id: {prefix}-{number}, title: Task, role: {role}}}\n"
        ));
    }
    world.write_in("tmp", "tasks.yaml", &text);
    world.quietly("add --file ../tmp/tasks.yaml --as @dana");
}

fn ledger_commits(world: &World, dir: &str) -> usize {
    let log = world.git_in(dir, "log --format=%H refs/heads/laneway");
    log.lines().count()
}

#[test]
fn of_sixteen_processes_one_wins_each_task() {
    let world = World::new();
    world.quietly("init --role R:110");
    plan(&world, "T", 100, "R");
    let before = ledger_commits(&world, "repo");
    for round in 1..=100 {
        let line = |n: usize| format!("claim T-{round} --as @bot{n}");
        let racers: Vec<_> = (0..16).map(|n| world.start("repo", &line(n))).collect();
        let answers = racers.into_iter().map(|racer| racer.answer());
        let mut exits: Vec<_> = answers.map(|answer| answer.exit).collect();
        exits.sort();
        assert_eq!(exits[0], Some(0), "round {round}: nobody won");
        let lost = exits[1..].iter().all(|exit| *exit == Some(3));
        assert!(lost, "round {round}: {exits:?}");
    }
    assert_eq!(ledger_commits(&world, "repo"), before + 100);
}

#[test]
fn eight_processes_lose_no_update() {
    let world = World::governed();
    let before = ledger_commits(&world, "repo");
    for round in 0..20 {
        let line = |n: usize| format!("add P{n}-{round} --title Work --role B-ui --as @bot{n}");
        let adders: Vec<_> = (0..8).map(|n| world.start("repo", &line(n))).collect();
        for adder in adders {
            drop(adder.answer().code(0));
        }
    }
    assert_eq!(ledger_commits(&world, "repo"), before + 160);
    let ready = world.laneway("--json ready").code(0).json();
    let tasks = ready["data"]["tasks"].as_array().map(Vec::len);
    assert_eq!(tasks, Some(160));
}

#[test]
fn three_clones_of_one_remote_have_one_winner_and_lose_no_update() {
    let world = World::new();
    world.git("init -q --bare ../hub.git");
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("remote add origin {url}"));
    world.git("push -q -u origin main");
    world.quietly("init --authority remote --role R:20 --push");
    plan(&world, "T", 8, "R");
    let clones = ["one", "two", "three"];
    for name in clones {
        std::fs::create_dir(world.path(name)).unwrap();
        world.git_in(name, &format!("clone -q {url} repo"));
    }
    let before = ledger_commits(&world, "hub.git");
    for round in 1..=8 {
        let racers = clones.map(|name| {
            let line = format!("claim T-{round} --as @{name}");
            world.start(&format!("{name}/repo"), &line)
        });
        let mut exits = racers.map(|racer| racer.answer().exit);
        exits.sort();
        assert_eq!(exits, [Some(0), Some(3), Some(3)], "round {round}");
        let adders = clones.map(|name| {
            let id = format!("{}-{round}", name.to_uppercase());
            let line = format!("add {id} --title Work --role R --as @{name}");
            world.start(&format!("{name}/repo"), &line)
        });
        for adder in adders {
            drop(adder.answer().code(0));
        }
    }
    assert_eq!(ledger_commits(&world, "hub.git"), before + 8 + 24);
}

#[test]
fn eight_processes_claim_different_tasks_and_lose_none() {
    let world = World::new();
    world.quietly("init --role W:160");
    plan(&world, "T", 160, "W");
    let before = ledger_commits(&world, "repo");
    for round in 0..20 {
        let line = |n: usize| format!("claim T-{} --no-worktree --as @bot{n}", round * 8 + n + 1);
        let claimers: Vec<_> = (0..8).map(|n| world.start("repo", &line(n))).collect();
        for claimer in claimers {
            drop(claimer.answer().code(0));
        }
    }
    assert_eq!(ledger_commits(&world, "repo"), before + 160);
    let held = world
        .laneway("--json list --status in_progress")
        .code(0)
        .json();
    let tasks = held["data"]["tasks"].as_array().unwrap();
    let lanes: std::collections::BTreeSet<_> =
        tasks.iter().map(|task| task["lane"].to_string()).collect();
    assert_eq!((tasks.len(), lanes.len()), (160, 160));
}
