//! A ledger that was rewritten is noticed by whoever saw it before: every mutation is refused with
//! both ids and the way out, until a person accepts what is there (P16, P25).

use crate::support::World;

/// How the authority's ledger is changed under those who use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rewrite {
    /// It goes back by one commit.
    Rewound,
    /// Its last commit becomes another one.
    Diverged,
    /// As diverged, and a replaced object says that the new tip comes after the old one.
    Replaced,
    /// As diverged, and a graft says so.
    Grafted,
}

/// Every kind of mutation: where it is run, and its line.
const MUTATIONS: [(&str, &str); 12] = [
    ("repo", "add X-1 --title More --role B-ui --as @dana"),
    ("repo", "edit B-1 --title Other --as @dana"),
    ("repo", "cancel B-1 --reason gone --as @dana"),
    ("repo", "claim B-1 --as @bot2"),
    ("repo", "note A-1 hello --as @bot"),
    ("repo", "renew A-1 --as @bot"),
    ("repo", "block A-1 --reason waits --as @bot"),
    ("repo", "return A-1 --reason 'too large' --as @bot"),
    ("repo", "release A-1 --as @bot"),
    ("repo-A-backend", "handoff --next more"),
    (
        "repo",
        "review R-1 --verdict accept --no-findings --as @dana",
    ),
    ("repo", "merge R-1 --as @dana"),
];

/// Tasks in each state that the mutations need.
fn at_work(world: &World) {
    world.submit("R-1", "--role A-backend", "repo-A-backend", "r.txt", "r\n");
    world.quietly("add A-1 --title Budget --role A-backend --as @dana");
    world.quietly("add B-1 --title Show --role B-ui --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit("repo-A-backend", "a.txt", "a\n");
    world.quietly("note A-1 'the last that was seen' --as @bot");
}

const LEDGER: &str = "refs/heads/laneway";

fn authority(world: &World) -> &'static str {
    if world.is_remote() { "hub.git" } else { "repo" }
}

fn tip(world: &World, dir: &str) -> String {
    let tip = world.git_in(dir, &format!("rev-parse {LEDGER}"));
    tip.trim().to_owned()
}

/// Rewrites the ledger; the tip that was seen, and the one that is there now.
fn rewrite(world: &World, how: Rewrite) -> (String, String) {
    let dir = authority(world);
    let git = |line: &str| world.git_in(dir, line).trim().to_owned();
    let seen = tip(world, dir);
    let now = match how {
        Rewrite::Rewound => git(&format!("rev-parse {seen}~1")),
        _ => sibling(world, dir, &seen),
    };
    git(&format!("update-ref {LEDGER} {now}"));
    if world.is_remote() && how != Rewrite::Rewound {
        world.git(&format!("fetch -q origin {LEDGER}:refs/tmp/now"));
    }
    match how {
        Rewrite::Rewound | Rewrite::Diverged => {}
        Rewrite::Replaced => {
            world.git(&format!("replace --graft {now} {seen}"));
        }
        Rewrite::Grafted => {
            world.write("../repo/.git/info/grafts", &format!("{now} {seen}\n"));
        }
    }
    (seen, now)
}

/// A ledger commit that stands where `seen` stands, as another machine might have made it.
fn sibling(world: &World, dir: &str, seen: &str) -> String {
    let message = world.git_in(dir, &format!("log -1 --format=%B {seen}"));
    let message = message.replace("the last that was seen", "another word");
    world.write_in("tmp", "message", &message);
    let file = world.path("tmp/message");
    let line = format!(
        "commit-tree -p {seen}~1 -F {} {seen}^{{tree}}",
        file.display()
    );
    world.git_in(dir, &line).trim().to_owned()
}

/// The mutation is refused with exit 5, names the ids, and moves no branch. (A work ref decides
/// nothing: it keeps commits before anything is asked.)
fn refused(world: &World, mutation: (&str, &str), ids: &[&str], about: &str) {
    let (dir, line) = mutation;
    let before = world.git_in(authority(world), "for-each-ref refs/heads");
    let answer = world.start(dir, &format!("--json {line}")).answer().code(5);
    let error = &answer.json()["error"];
    let kind = error["kind"].as_str().unwrap();
    let rewritten = ["rewritten", "diverged"].contains(&kind);
    assert!(rewritten, "{about}: $ {line}\n{error:#}");
    let told = format!("{} {}", error["message"], error["hints"]);
    for id in ids {
        assert!(told.contains(id), "{about}: $ {line}: {id}\n{error:#}");
    }
    assert_eq!(
        world.git_in(authority(world), "for-each-ref refs/heads"),
        before,
        "{about}: $ {line}"
    );
}

/// All mutations are refused, until a person accepts what is there.
fn noticed(how: Rewrite) {
    let rewritten = World::both().map(|world| {
        at_work(&world);
        let (seen, now) = rewrite(&world, how);
        let about = format!("{how:?}, {} decides", authority(&world));
        let accept = format!("doctor --accept-ledger {now}");
        for mutation in MUTATIONS {
            refused(&world, mutation, &[&seen, &now, &accept], &about);
        }
        (world, now, accept)
    });
    for (world, now, accept) in rewritten {
        drop(world.laneway(&format!("{accept} --as @dana")).code(0));
        drop(world.laneway("note B-1 'and on' --as @bot").code(0));
        let dir = authority(&world);
        world.git_in(dir, &format!("merge-base --is-ancestor {now} {LEDGER}"));
    }
}

#[test]
fn p25_a_rewound_ledger_is_refused_by_every_mutation() {
    noticed(Rewrite::Rewound);
}

#[test]
fn p16_a_diverged_ledger_is_refused_by_every_mutation() {
    noticed(Rewrite::Diverged);
}

#[test]
fn p25_a_replaced_object_hides_no_rewrite() {
    noticed(Rewrite::Replaced);
}

#[test]
fn p25_a_graft_hides_no_rewrite() {
    noticed(Rewrite::Grafted);
}

#[test]
fn p25_a_deleted_ledger_is_refused_by_every_mutation() {
    for world in World::both() {
        at_work(&world);
        let dir = authority(&world);
        let seen = tip(&world, dir);
        world.git_in(dir, &format!("update-ref -d {LEDGER}"));
        for (place, line) in MUTATIONS {
            let answer = world
                .start(place, &format!("--json {line}"))
                .answer()
                .code(5);
            assert!(answer.stdout.contains(&seen), "{dir}: {answer:#?}");
            let gone = world.git_in(dir, &format!("for-each-ref {LEDGER}"));
            assert_eq!(gone, "", "{dir}: $ {line}: made again");
        }
        // Put back, it is the ledger again.
        world.git_in(dir, &format!("update-ref {LEDGER} {seen}"));
        drop(world.laneway("note A-1 'and on' --as @bot").code(0));
    }
}
