//! The script. One person plans and merges, three agents race, each in a clone of its own.

use serde_json::Value;

use super::stage::Stage;
use crate::cli::failure::Failure;
use crate::cli::render::Table;

/// The agents; each has its clone at `<name>/shop`.
const AGENTS: [&str; 3] = ["ann", "bob", "cyd"];
/// The clone of the person who plans and merges.
const DANA: &str = "dana/shop";
/// The tasks, in the order of the closing table.
const TASKS: [&str; 4] = ["PAY-1", "PAY-2", "WEB-1", "WEB-2"];

/// The rules that the person writes: who may do what, where, who reviews what, and that paths are
/// kept apart.
const RULES: [(&str, &str); 3] = [
    (
        "governance/policy.yaml",
        "version: 1\nproject: shop\ntarget: {branch: main}\n\
         authority: {mode: remote, remote: origin}\n\
         roles:\n  - {name: pay}\n  - {name: web, lanes: 3}\n  - {name: lead, review_only: true}\n\
         path_reservations: refuse\n\
         review_routes:\n  - {paths: [cart.txt], reviewers: [lead]}\n",
    ),
    (
        "governance/identity-map.yaml",
        "version: 1\nagents:\n\
         \x20 - {name: \"@ann\", roles: [pay, web], may: [claim, handoff]}\n\
         \x20 - {name: \"@bob\", roles: [pay, web], may: [claim, handoff]}\n\
         \x20 - {name: \"@cyd\", roles: [pay, web], may: [claim, handoff]}\n\
         \x20 - {name: \"@dana\", kind: person, roles: [lead], may: [plan, review, merge, admin]}\n\
         routing:\n\
         \x20 - {task_type: code, pool: [\"@ann\", \"@bob\", \"@cyd\"], workstation: ws-code-01}\n\
         \x20 - {task_type: print, pool: [\"@ann\", \"@bob\", \"@cyd\"], workstation: ws-print-01}\n",
    ),
    (
        "governance/workstations.yaml",
        "version: 1\nworkstations:\n\
         \x20 - name: ws-code-01\n    probes: [{name: git, tool: git, version: \">=2.30\"}]\n\
         \x20 - name: ws-print-01\n    probes: [{name: printer, tcp: \"127.0.0.1:9\"}]\n",
    ),
];

/// A lane at work.
struct Lane {
    /// Its worktree.
    dir: String,
    task: &'static str,
    file: &'static str,
}

/// Plays the story.
pub fn play(stage: &mut Stage) -> Result<(), Failure> {
    govern(stage)?;
    plan(stage)?;
    let (winner, [second, third]) = race(stage)?;

    stage.step(
        "Refused: an unmet dependency, an agent that nobody knows, a workstation that is not ready",
    );
    let shop = |who: &str| format!("{who}/shop");
    for (task, who) in [("PAY-2", second), ("WEB-1", "eve"), ("LABEL-1", second)] {
        let line = format!("laneway claim {task} --as @{who}");
        stage.run(&shop(second), &line, 4)?;
    }

    stage.step("Other work is free; what overlaps the paths of work in progress is not");
    let first_page = claim(stage, second, "WEB-1", "prices.txt")?;
    let second_page = claim(stage, third, "WEB-2", "cart.txt")?;
    let overlapping = format!("laneway claim WEB-3 --as @{winner}");
    stage.run(&shop(winner), &overlapping, 3)?;

    stage.step("Work is done in the lane, checked there, and handed off");
    let dir = stage.quietly(&shop(winner), "git worktree list --porcelain")?;
    let parser = Lane {
        dir: lane_dir(winner, &dir),
        task: "PAY-1",
        file: "amounts.txt",
    };
    work(stage, &parser)?;
    work(stage, &second_page)?;

    stage.step("What lands first is computed: the second page waits for the first");
    stage.run(DANA, "laneway merge WEB-2 --as @dana", 4)?;

    revision(stage, &second_page)?;

    stage.step("The holder lands its work; what waited for it can start");
    stage.run(
        &shop(winner),
        &format!("laneway merge PAY-1 --as @{winner}"),
        0,
    )?;
    let charge = claim(stage, winner, "PAY-2", "charge.txt")?;

    stage.step("Work that strays into the paths of others does not land while they are at it");
    stage.write(&charge.dir, "prices-tax.txt", "Prices with tax.\n")?;
    stage.run(&charge.dir, "git add prices-tax.txt", 0)?;
    work(stage, &charge)?;
    stage.run(DANA, "laneway merge PAY-2 --as @dana", 3)?;
    work(stage, &first_page)?;

    stage.step("All that is handed off lands in order; what moved is replayed and checked again");
    stage.run(DANA, "laneway merge --all --dry-run --as @dana", 0)?;
    stage.run(DANA, "laneway merge --all --trust --as @dana", 0)?;

    closing(stage)
}

fn govern(stage: &mut Stage) -> Result<(), Failure> {
    stage.step("A repository with a remote is governed; the remote decides");
    stage.write("dana", "README", "A shop.\n")?;
    stage.quietly("dana", "git init -q --bare ../hub.git")?;
    stage.quietly("dana", "git init -q shop")?;
    stage.write(DANA, "README", "A shop.\n")?;
    stage.quietly(DANA, "git remote add origin ../../hub.git")?;
    stage.quietly(DANA, "git add README")?;
    stage.quietly(DANA, "git commit -q -m \"A shop\"")?;
    stage.quietly(DANA, "git push -q -u origin main")?;
    let init = "laneway init --authority remote --role pay --role web:3 --push";
    stage.run(DANA, init, 0)?;
    for (file, rules) in RULES {
        stage.write(DANA, file, rules)?;
    }
    stage.run(DANA, "git diff --stat", 0)?;
    stage.run(
        DANA,
        "git commit -q -a -m \"Who may do what, and where\"",
        0,
    )?;
    stage.run(DANA, "git push -q origin main", 0).map(drop)
}

fn plan(stage: &mut Stage) -> Result<(), Failure> {
    stage.step("Work is planned: what depends on what, what lands in which order, what must pass");
    let tasks = [
        "PAY-1 --title \"Parse amounts\" --type code --role pay --check \"test -s amounts.txt\"",
        "PAY-2 --title \"Charge a card\" --type code --role pay --depends-on PAY-1 --check \"test -s charge.txt\"",
        "WEB --title \"Pages\" --type code --role web --priority 9",
        "WEB-1 --title \"Price list\" --type code --role web --parent WEB --merge-order 1 --owns prices* --check \"test -s prices.txt\"",
        "WEB-2 --title \"Shopping cart\" --type code --role web --parent WEB --merge-order 2 --owns cart.txt --check \"test -s cart.txt\"",
        "WEB-3 --title \"Sale prices\" --type code --role web --owns prices-sale.txt",
        "LABEL-1 --title \"Print labels\" --type print --role web",
    ];
    for task in tasks {
        stage.run(DANA, &format!("laneway add {task} --as @dana"), 0)?;
    }
    stage.run(DANA, "laneway ready", 0).map(drop)
}

/// Three processes in three clones want one task: the winner, then the others.
fn race(stage: &mut Stage) -> Result<(&'static str, [&'static str; 2]), Failure> {
    stage.step("Three agents in three clones race for one task: one wins, at once and for all");
    for agent in AGENTS {
        stage.write(agent, "README", "The home of an agent.\n")?;
        stage.quietly(agent, "git clone -q ../hub.git shop")?;
    }
    let lines = AGENTS.map(|who| {
        let line = format!("laneway claim PAY-1 --as @{who}");
        (format!("{who}/shop"), line)
    });
    let won = stage.race(&lines, 3)?;
    let of = |wanted: bool| {
        let pairs = AGENTS.iter().zip(&won);
        let mut names = pairs
            .filter(move |(_, won)| **won == wanted)
            .map(|(who, _)| *who);
        (names.next(), names.next(), names.next())
    };
    let ((Some(winner), None, None), (Some(second), Some(third), None)) = (of(true), of(false))
    else {
        return Err(Failure::new(7, "internal", "the race had not one winner"));
    };
    stage.say(&format!("The winner is @{winner}.\n"));
    Ok((winner, [second, third]))
}

fn claim(
    stage: &mut Stage,
    who: &str,
    task: &'static str,
    file: &'static str,
) -> Result<Lane, Failure> {
    let shop = format!("{who}/shop");
    stage.run(&shop, &format!("laneway claim {task} --as @{who}"), 0)?;
    let worktrees = stage.quietly(&shop, "git worktree list --porcelain")?;
    let dir = lane_dir(who, &worktrees);
    Ok(Lane { dir, task, file })
}

/// The lane's worktree: each clone has one beside its checkout.
fn lane_dir(who: &str, worktrees: &str) -> String {
    let mut paths = worktrees
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "));
    let lane = paths.rfind(|path| !path.ends_with("/shop"));
    lane.map_or_else(|| format!("{who}/shop"), str::to_owned)
}

fn work(stage: &mut Stage, lane: &Lane) -> Result<(), Failure> {
    let Lane { dir, task, file } = lane;
    stage.write(dir, file, &format!("The work of {task}.\n"))?;
    stage.run(dir, &format!("git add {file}"), 0)?;
    stage.run(dir, &format!("git commit -q -m \"{task}: add {file}\""), 0)?;
    stage.run(dir, "laneway check --trust", 0)?;
    stage.run(dir, "laneway handoff --next \"see the plan\"", 0)?;
    Ok(())
}

/// A review that finds something, the same lane again, and a review that finds nothing.
fn revision(stage: &mut Stage, lane: &Lane) -> Result<(), Failure> {
    let Lane { dir, task, file } = lane;
    stage.step("The cart is reviewed by somebody else, and goes back to its lane with a finding");
    let finding = format!("major:{file}:it does not say what is in it");
    let revise = format!("laneway review {task} --verdict revise --finding \"{finding}\"");
    stage.run(DANA, &format!("{revise} --as @dana"), 0)?;
    stage.run(dir, "git fetch -q origin", 0)?;
    stage.run(dir, "laneway brief", 0)?;

    stage.step("It is mended, handed off again, and accepted");
    stage.write(dir, file, &format!("The work of {task}: two apples.\n"))?;
    stage.run(dir, "git commit -q -a -m \"Say what is in the cart\"", 0)?;
    stage.run(dir, "laneway check --trust", 0)?;
    stage.run(dir, "laneway handoff --next \"see the plan\"", 0)?;
    let accept = format!("laneway review {task} --verdict accept --no-findings --as @dana");
    stage.run(DANA, &accept, 0).map(drop)
}

fn closing(stage: &mut Stage) -> Result<(), Failure> {
    stage.step("What happened: the target, the ledger, and each task");
    stage.run(DANA, "git log --graph --oneline origin/main", 0)?;
    stage.run(DANA, "git log --graph --oneline origin/laneway", 0)?;
    let mut table = Table::new(&["task", "agent", "lane", "epoch", "what happened"], None);
    for task in TASKS {
        let answer = stage.quietly(DANA, &format!("laneway --json log {task}"))?;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        table.row(row(task, &answer["data"]["entries"]));
    }
    stage.say("\n");
    stage.say(&table.text());
    Ok(())
}

fn row(task: &str, entries: &Value) -> [String; 5] {
    let entries: Vec<&Value> = entries.as_array().into_iter().flatten().rev().collect();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("-").to_owned();
    let claim = entries.iter().rfind(|entry| entry["op"] == "claim");
    let of = |key: &str| claim.map_or_else(|| "-".to_owned(), |entry| text(entry, key));
    let epoch = claim.map_or(0, |entry| entry["epoch"].as_u64().unwrap_or(0));
    let story: Vec<String> = entries.iter().map(|entry| text(entry, "op")).collect();
    [
        task.to_owned(),
        of("agent"),
        of("lane"),
        epoch.to_string(),
        story.join(" → "),
    ]
}
