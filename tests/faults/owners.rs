//! Who owned what at every commit of a ledger, read with git alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::World;

/// A claim, as state file and answers tell it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    pub agent: String,
    pub id: String,
}

/// A claim in its place: the task and the epoch that was given with it.
pub type Given = BTreeMap<(String, u64), Claim>;

/// A ledger commit: its request id and the state files that it changed.
struct Commit {
    id: String,
    request: String,
    op: String,
    /// Task and blob.
    states: Vec<(String, String)>,
}

/// What a state file says of ownership.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    epoch: u64,
    claim: Option<Claim>,
}

/// Every claim that the ledger of the repository `dir` ever held.
///
/// Fails unless at each commit a task had at most one owner, no claim replaced a living one, and no
/// epoch was given twice. (No lease runs out in a world whose clock stands.)
#[track_caller]
pub fn all(world: &World, dir: &str) -> Given {
    let commits = commits(world, dir);
    let blobs = commits
        .iter()
        .flat_map(|commit| commit.states.iter().map(|(_, blob)| blob.as_str()));
    let texts = read(world, dir, blobs);
    let mut now: BTreeMap<String, State> = BTreeMap::new();
    let mut given = Given::new();
    let mut texts = texts.iter();
    for commit in &commits {
        for (task, _) in &commit.states {
            let state = state(texts.next().unwrap());
            let before = now.insert(task.clone(), state.clone()).unwrap_or_default();
            let at = format!("{} {task} at {}", commit.op, commit.id);
            assert!(state.epoch >= before.epoch, "{at}: the epoch went back");
            let Some(claim) = state
                .claim
                .filter(|claim| before.claim.as_ref() != Some(claim))
            else {
                continue;
            };
            assert_eq!(before.claim, None, "{at}: a living claim was replaced");
            let key = (task.clone(), state.epoch);
            let twice = given.insert(key, claim);
            assert_eq!(twice, None, "{at}: epoch {} was given twice", state.epoch);
        }
    }
    given
}

/// How often each request id stands in the ledger of the repository `dir`.
pub fn requests(world: &World, dir: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for commit in commits(world, dir) {
        *counts.entry(commit.request).or_default() += 1;
    }
    counts
}

/// The ledger commits, oldest first.
fn commits(world: &World, dir: &str) -> Vec<Commit> {
    let log = "log --reverse --first-parent --raw --no-abbrev --no-renames refs/heads/laneway \
        --format=%x01%H%x02%(trailers:key=Laneway-Op,valueonly,separator=)\
        %x02%(trailers:key=Laneway-Id,valueonly,separator=)";
    let log = world.git_in(dir, log);
    log.split('\u{1}').skip(1).map(commit).collect()
}

/// One commit: `id, op, request`, then lines `:mode mode blob blob M\tpath`.
fn commit(text: &str) -> Commit {
    let (head, changes) = text.split_once('\n').unwrap();
    let fields: Vec<&str> = head.split('\u{2}').collect();
    let states = changes.lines().filter_map(|line| {
        let (modes, path) = line.split_once('\t')?;
        let file = path.strip_prefix("governance/state/")?;
        let (_, name) = file.split_once('/')?;
        let blob = modes.split(' ').nth(3)?;
        Some((name.strip_suffix(".yaml")?.to_owned(), blob.to_owned()))
    });
    Commit {
        id: fields[0].to_owned(),
        op: fields[1].to_owned(),
        request: fields[2].to_owned(),
        states: states.collect(),
    }
}

/// The texts of blobs, by one process.
fn read<'a>(world: &World, dir: &str, blobs: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names = String::new();
    blobs.for_each(|blob| names.push_str(&format!("{blob}\n")));
    let mut command = world.command(&world.path(dir), "git", "cat-file --batch");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(names.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    let mut texts = Vec::new();
    let mut rest = output.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&rest[..end]);
        let size: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
        let text = &rest[end + 1..end + 1 + size];
        texts.push(String::from_utf8(text.to_vec()).unwrap());
        rest = &rest[end + size + 2..];
    }
    texts
}

/// Reads the canonical form of a state file.
fn state(text: &str) -> State {
    let top = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let blocks = text.lines().filter(|line| *line == "claim:").count();
    assert!(blocks <= 1, "two claims:\n{text}");
    let claim = text.split_once("\nclaim:\n").map(|(_, below)| {
        let inner = || below.lines().take_while(|line| line.starts_with("  "));
        let value = |key: &str| {
            let found: Vec<_> = inner().filter_map(|line| line.strip_prefix(key)).collect();
            assert_eq!(found.len(), 1, "{key}\n{text}");
            found[0].trim_matches('"').to_owned()
        };
        Claim {
            agent: value("  agent: "),
            id: value("  id: "),
        }
    });
    State {
        epoch: top("epoch: ").map_or(0, |text| text.parse().unwrap()),
        claim,
    }
}

#[test]
fn a_state_file_tells_its_owner_and_epoch() {
    let text = "version: 1\nid: T-2\nstatus: in_progress\nepoch: 3\nclaim:\n  agent: \"@b\"\n  \
                lane: R:2\n  id: my-1\nrecords:\n  - \"n\": 1\n    id: other\n";
    let (agent, id) = ("@b".to_owned(), "my-1".to_owned());
    let claim = Some(Claim { agent, id });
    assert_eq!(state(text), State { epoch: 3, claim });
}
