//! What stands on the ledger's branch and laneway has not written is found by `doctor`, and its
//! remedy is a command that works (P25).

use crate::support::World;

/// The first command of `doctor`'s remedy for an ailment.
fn remedy(world: &World, dir: &str, ailment: &str) -> String {
    let answer = world.laneway_in(dir, "doctor --as @dana").code(1);
    let text = &answer.stdout;
    let found = text
        .find(&format!("error {ailment}:"))
        .unwrap_or_else(|| panic!("{text}"));
    let remedy = text[found..].split_once("remedy: ").unwrap().1;
    remedy.split('`').nth(1).unwrap().to_owned()
}

/// Types a command line into a shell.
fn typed(world: &World, dir: &str, line: &str) {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_laneway"));
    let path = std::env::var("PATH").unwrap();
    world.set(
        "PATH",
        &format!("{}:{path}", program.parent().unwrap().display()),
    );
    let mut shell = world.command(&world.path(dir), "sh", "-c");
    let output = shell.arg(line).output().unwrap();
    world.unset("PATH");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "$ {line}\n{said}");
}

/// The ledger is whole again, and goes on.
fn goes_on(world: &World, dir: &str) {
    drop(world.laneway_in(dir, "doctor --as @dana").code(0));
    drop(world.laneway_in(dir, "audit verify --all").code(0));
    drop(
        world
            .laneway_in(dir, "note A-1 'and on' --as @dana")
            .code(0),
    );
}

fn tip(world: &World) -> String {
    world.git("rev-parse laneway").trim().to_owned()
}

#[test]
fn p25_a_commit_by_hand_on_the_ledger_is_taken_off_by_the_remedy() {
    for noticed in [false, true] {
        let world = World::planned();
        let good = tip(&world);
        for text in ["mine", "mine too"] {
            let line = format!("commit-tree laneway^{{tree}} -p laneway -m '{text}'");
            let forged = world.git(&line);
            world.git(&format!("update-ref refs/heads/laneway {}", forged.trim()));
        }
        if noticed {
            let refused = world.laneway("note A-1 x --as @dana").code(5);
            drop(refused.says("`laneway doctor`"));
        }
        drop(
            world
                .laneway("doctor")
                .code(1)
                .says("1 commit stands on it"),
        );
        let line = remedy(&world, "repo", "forged-commit");
        typed(&world, "repo", &line);
        assert_eq!(tip(&world), good);
        goes_on(&world, "repo");
    }
}

#[test]
fn p25_a_request_that_was_written_by_hand_is_taken_off_by_the_remedy() {
    let world = World::planned();
    let good = tip(&world);
    let message = world.git("log -1 --format=%B laneway");
    let mut git = world.command(
        &world.path("repo"),
        "git",
        "commit-tree laneway~1^{tree} -p laneway -m",
    );
    let forged = git.arg(&message).output().unwrap();
    let forged = String::from_utf8(forged.stdout).unwrap();
    world.git(&format!("update-ref refs/heads/laneway {}", forged.trim()));
    let line = remedy(&world, "repo", "forged-commit");
    typed(&world, "repo", &line);
    assert_eq!(tip(&world), good);
    goes_on(&world, "repo");
}

#[test]
fn p25_a_ledger_that_has_diverged_is_restored_by_the_remedy() {
    let world = World::planned();
    world.quietly("note A-1 seen --as @dana");
    let seen = tip(&world);
    let message = world.git("log -1 --format=%B laneway~1");
    let mut git = world.command(
        &world.path("repo"),
        "git",
        "commit-tree laneway~1^{tree} -p laneway~1 -m",
    );
    let other = git.arg(&message).output().unwrap();
    let other = String::from_utf8(other.stdout).unwrap();
    for found in [Some(other.trim()), None] {
        match found {
            Some(found) => world.git(&format!("update-ref refs/heads/laneway {found}")),
            None => world.git("update-ref -d refs/heads/laneway"),
        };
        let line = remedy(&world, "repo", "rewritten");
        typed(&world, "repo", &line);
        assert_eq!(tip(&world), seen, "{found:?}");
        goes_on(&world, "repo");
        world.git(&format!("update-ref refs/heads/laneway {seen}"));
        // What went on since is given up for the next round.
        world.quietly(&format!("doctor --accept-ledger {seen}"));
    }
}

#[test]
fn p25_a_remote_ledger_is_restored_by_the_remedy() {
    let world = World::remote();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    world.quietly("note A-1 seen --as @dana");
    let hub = |world: &World| world.git_in("hub.git", "rev-parse refs/heads/laneway");
    let seen = hub(&world);
    // Rewound on the remote.
    world.git_in(
        "hub.git",
        "update-ref refs/heads/laneway refs/heads/laneway~1",
    );
    world.git("fetch -q origin");
    let told = world.laneway("doctor").code(1).stdout;
    let line = told.split_once("else restore it: `").unwrap().1;
    typed(&world, "repo", line.split('`').next().unwrap());
    assert_eq!(hub(&world), seen);
    goes_on(&world, "repo");
    // Moved in this clone alone: a fetch is enough.
    let seen = hub(&world);
    world.git("update-ref refs/remotes/origin/laneway refs/remotes/origin/laneway~1");
    let line = remedy(&world, "repo", "rewritten");
    assert_eq!(line, "git fetch origin");
    typed(&world, "repo", &line);
    assert_eq!(world.git("rev-parse origin/laneway"), seen);
    goes_on(&world, "repo");
    // A commit by hand that was pushed.
    let seen = hub(&world);
    world.git("fetch -q origin");
    let forged = world.git("commit-tree origin/laneway^{tree} -p origin/laneway -m mine");
    let forged = forged.trim();
    world.git(&format!("push -q origin {forged}:refs/heads/laneway"));
    world.git("fetch -q origin");
    drop(world.laneway("note A-1 x --as @dana").code(5));
    let line = remedy(&world, "repo", "forged-commit");
    typed(&world, "repo", &line);
    assert_eq!(hub(&world), seen);
    goes_on(&world, "repo");
}
