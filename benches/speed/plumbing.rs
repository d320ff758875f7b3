//! The same claim by git's own commands: read the tip, write a state file, a tree and a commit,
//! move the ref by compare-and-swap, try again when somebody was faster. It judges nothing.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::world::World;

/// The branch that plays the ledger.
pub const BRANCH: &str = "refs/heads/plumbing";

/// Runs one claim in `dir`; the remote decides if there is one.
pub fn claim(world: &World, dir: &Path, task: &str, remote: bool) {
    let index = dir.join(".git").join(format!("index-{task}"));
    let tip_ref = if remote {
        "refs/remotes/origin/plumbing"
    } else {
        BRANCH
    };
    for attempt in 0..200_u32 {
        let git = |args: &[&str], input: &str| git(world, dir, &index, args, input);
        let tip = git(&["rev-parse", tip_ref], "").unwrap();
        let state = format!(
            "id: {task}\nstatus: in_progress\nepoch: 1\n{}\n",
            "x".repeat(350)
        );
        let blob = git(&["hash-object", "-w", "--stdin"], &state).unwrap();
        git(&["read-tree", &tip], "").unwrap();
        let shard = &blob[..2];
        let entry = format!("100644,{blob},governance/state/{shard}/{task}.yaml");
        git(&["update-index", "--add", "--cacheinfo", &entry], "").unwrap();
        let tree = git(&["write-tree"], "").unwrap();
        let message = format!("claim {task}\n\n{}\n", "y".repeat(500));
        let commit = git(&["commit-tree", &tree, "-p", &tip], &message).unwrap();
        let moved = if remote {
            let spec = format!("{commit}:{BRANCH}");
            git(&["push", "-q", "origin", &spec], "").is_some()
        } else {
            git(&["update-ref", BRANCH, &commit, &tip], "").is_some()
        };
        if moved {
            drop(std::fs::remove_file(&index));
            return;
        }
        let ceiling = 20 * u64::from(attempt.min(10) + 1);
        let spread = u64::from(u32::from_str_radix(&commit[..4], 16).unwrap());
        std::thread::sleep(Duration::from_millis(spread % ceiling));
        if remote {
            git(&["fetch", "-q", "origin"], "");
        }
    }
    panic!("{task} was never claimed");
}

/// Runs git durably; its output, or none when it refused.
fn git(world: &World, dir: &Path, index: &Path, args: &[&str], input: &str) -> Option<String> {
    let mut command: Command = world.command("git");
    let mut child = command
        .current_dir(dir)
        .env("GIT_INDEX_FILE", index)
        .args(["-c", "core.fsync=all"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    out.status.success().then(|| text.trim().to_owned())
}
