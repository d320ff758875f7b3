//! PROMISES P20: ids, titles, owners, branches and texts never reach a shell; a check gets its data
//! by environment variables alone.

use std::process::Output;

use crate::hostile::names::{NAMES, spelled};
use crate::support::World;

fn ask(world: &World, dir: &str, line: &str, last: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_laneway");
    let mut command = world.command(&world.path(dir), program, line);
    command.args(last).output().unwrap()
}

#[test]
fn p20_sixty_hostile_names_reach_no_shell() {
    let world = World::governed();
    let probe = "env | grep ^LANEWAY_ | sort > ../seen";
    world.quietly(&format!(
        "add A-1 --title One --role A-backend --check '{probe}' --as @dana"
    ));
    world.quietly("claim A-1 --as @bot");
    let lane = "repo-A-backend";
    drop(world.laneway_in(lane, "trust").code(0));
    let expected = [
        format!(
            "LANEWAY_COMMIT={}",
            world.git_in(lane, "rev-parse HEAD").trim()
        ),
        "LANEWAY_TASK=A-1".to_owned(),
    ];
    for name in NAMES {
        let name = spelled(&world, name);
        let text = format!("--title={name}");
        let agent = format!("@{name}");
        let tried = [
            ask(
                &world,
                "repo",
                "add --title T --role A-backend --as @dana",
                &["--", &name],
            ),
            ask(&world, "repo", "edit A-1 --as @dana", &[&text]),
            ask(&world, "repo", "note A-1 --as @dana", &["--", &name]),
            ask(
                &world,
                "repo",
                "add B-1 --title T --role B-ui",
                &["--as", &agent],
            ),
            ask(&world, lane, "evidence --class runtime --text", &[&name]),
            ask(
                &world,
                lane,
                "evidence --class runtime --text seen --file",
                &[&name],
            ),
            ask(&world, "repo", "workstation check", &["--", &name]),
            ask(&world, "repo", "claim --as @bot", &["--workstation", &name]),
            ask(&world, lane, "check", &[]),
        ];
        for output in &tried {
            let code = output.status.code();
            assert!(code.is_some_and(|code| code < 6), "{name:?}: {output:?}");
        }
        let checked = &tried[tried.len() - 1];
        assert_eq!(checked.status.code(), Some(0), "{name:?}: {checked:?}");
        assert!(!world.path("canary").exists(), "{name:?} reached a shell");
        let seen = std::fs::read_to_string(world.path("seen")).unwrap();
        assert_eq!(seen.lines().collect::<Vec<_>>(), expected, "{name:?}");
    }
    drop(world.laneway("audit verify").code(0));
}
