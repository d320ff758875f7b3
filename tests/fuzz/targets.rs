//! What is fuzzed: each target takes any bytes and fails only by panicking. `tests/fuzz/main.rs`
//! runs them on seeds, `fuzz/` under libFuzzer.

use std::collections::HashMap;
use std::time::Duration;

use laneway::domain::glob::Glob;
use laneway::domain::import::{ImportedTask, Origin as Source};
use laneway::git::{ObjectFormat, PushOutcome, Signed, classify, output};
use laneway::ledger::document::{Atom, Document, Edit, Route};
use laneway::ledger::format::File;
use laneway::ledger::format::v1::request::RequestEntry;
use laneway::ledger::format::v1::review_form::ReviewForm;
use laneway::ledger::format::v1::{
    ArchiveFile, IdentityMapFile, MarkerFile, PolicyFile, QueueFile, StagesFile, StateFile,
    StationFile, WorkstationsFile,
};
use laneway::ledger::import::{
    FieldMap, Gathered, Known, MappingOptions, SourceKind, is_export, map, read_csv, read_export,
    read_item, read_json, read_playbook, texts,
};
use laneway::ledger::plan_merge::{self, Labels};
use laneway::ledger::read::{Origin, meaning};
use laneway::ledger::yaml::{self, Limits};
use laneway::ledger::{message, packages, signature};
use laneway::ops::hook;
use laneway::process::{Captured, Exit, Finished};

/// A target: its name, which is that of its corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 10] = [
    ("documents", documents),
    ("edits", edits),
    ("glob", glob),
    ("imports", imports),
    ("merges", merges),
    ("output", git_output),
    ("packages", package_texts),
    ("requests", requests),
    ("signatures", signatures),
    ("states", states),
];

/// Where fuzzed texts come from.
pub const ORIGIN: Origin<'_> = Origin {
    file: "fuzzed",
    commit: None,
};

/// Strict YAML into each kind of file. A finding points into the text.
pub fn documents(bytes: &[u8]) {
    fn one<F: File>(bytes: &[u8]) {
        let Err(bad) = meaning::<F>(ORIGIN, bytes, Limits::STATE) else {
            return;
        };
        assert!(!bad.findings.is_empty(), "refused for no reason");
        for finding in &bad.findings {
            assert!(finding.line >= 1 && finding.column >= 1, "{finding:?}");
            assert!(finding.span.start <= bytes.len(), "{finding:?}");
        }
    }
    one::<PolicyFile>(bytes);
    one::<IdentityMapFile>(bytes);
    one::<WorkstationsFile>(bytes);
    one::<QueueFile>(bytes);
    one::<StagesFile>(bytes);
    one::<MarkerFile>(bytes);
    one::<StationFile>(bytes);
    one::<ArchiveFile>(bytes);
}

/// A state that reads has one canonical form, which reads as the same state.
pub fn states(bytes: &[u8]) {
    let Ok(state) = meaning::<StateFile>(ORIGIN, bytes, Limits::STATE) else {
        return;
    };
    let written = |state| {
        let tree = yaml::to_tree(&StateFile::from(state)).unwrap();
        yaml::emit(&tree)
    };
    let text = written(&state);
    let again = meaning::<StateFile>(ORIGIN, text.as_bytes(), Limits::STATE);
    let again = again.unwrap_or_else(|bad| panic!("does not read: {:?}\n{text}", bad.findings));
    assert_eq!(again, state, "{text}");
    assert_eq!(written(&again), text);
}

/// A lossless edit of a plan: what reads still reads, and lines that it does not name stay.
pub fn edits(bytes: &[u8]) {
    let Some((which, text)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let edit = edit_of(*which);
    let mut document = Document::new(text.to_owned());
    if document.apply(&edit).is_err() {
        assert_eq!(document.source(), text, "refused, and changed");
        return;
    }
    let once = document.source().to_owned();
    drop(yaml::parse(&once, Limits::PLAN).unwrap_or_else(|error| panic!("{error:?}\n{once}")));
    // The same edit again finds nothing to do, or no such task.
    if document.apply(&edit).is_ok() {
        assert_eq!(document.source(), once, "not settled by one edit");
    }
}

/// One of some edits.
pub fn edit_of(which: u8) -> Edit {
    let field = ["title", "priority", "notes", "depends_on"][usize::from(which % 4)];
    let route = Route::task("A-1").then(field);
    match which % 5 {
        0 => Edit::SetScalar {
            route,
            value: Atom::Text("new: text #\n".to_owned()),
        },
        1 => Edit::SetScalar {
            route,
            value: Atom::Int(7),
        },
        2 => Edit::SetList {
            route,
            items: vec!["B-1".to_owned(), "- x".to_owned()],
        },
        3 => Edit::RemoveKey { route },
        _ => Edit::RemoveTask {
            id: "A-1".to_owned(),
        },
    }
}

/// Requests in messages of commits: what reads is written in one form, which reads as the same.
pub fn requests(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    drop(message::read(text, |_, _| None));
    let json = message::trailer(text, "Laneway-Request").unwrap_or(text);
    let Ok(entry) = serde_json::from_str::<RequestEntry>(json) else {
        return;
    };
    let written = serde_json::to_string(&entry).unwrap();
    let again: RequestEntry = serde_json::from_str(&written).unwrap();
    assert_eq!(again, entry);
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    if let Ok(request) = entry.into_domain(|_, _| None) {
        let canonical = RequestEntry::from(&request);
        let json = serde_json::to_string(&canonical).unwrap();
        let read: RequestEntry = serde_json::from_str(&json).unwrap();
        assert_eq!(read.into_domain(|_, _| None).ok(), Some(request));
    }
}

/// Patterns: two, and a path. Overlapping is symmetric, and a path that both match shows it.
pub fn glob(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut lines = text.splitn(3, '\n');
    let (one, other) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let path = lines.next().unwrap_or("");
    let (Ok(one), Ok(other)) = (Glob::new(one), Glob::new(other)) else {
        return;
    };
    assert_eq!(Glob::new(one.as_str()).unwrap().as_str(), one.as_str());
    let overlap = one.overlaps(&other);
    assert_eq!(overlap, other.overlaps(&one), "{one:?} {other:?}");
    if one.matches(path) && other.matches(path) {
        assert!(overlap, "{one:?} and {other:?} match {path:?}");
    }
}

/// Work packages and review forms: front matter and sections.
pub fn package_texts(bytes: &[u8]) {
    if let Err(bad) = packages::parse(ORIGIN, bytes) {
        assert!(!bad.findings.is_empty(), "refused for no reason");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(laneway::ledger::artifact::parse::<ReviewForm>(
            "fuzzed", text,
        ));
    }
}

/// Sources of an import: whatever is mapped to a task can be written as a plan file and read back.
pub fn imports(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = |read: Result<Gathered, _>| read.unwrap_or_default();
    let (kind, gathered) = match which % 5 {
        0 => (SourceKind::Csv, read_csv("fuzzed.csv", bytes)),
        1 => (SourceKind::Jsonl, read_json("fuzzed.jsonl", bytes)),
        2 => {
            let file = "fuzzed/done/W-1.md";
            (SourceKind::Items, read_item(file, "done/W-1.md", bytes))
        }
        3 => {
            let read = read_playbook("fuzzed.yaml", bytes);
            (SourceKind::Playbook, whole(read))
        }
        _ => {
            let _ = is_export(bytes);
            let read = read_export("fuzzed.json", bytes);
            (SourceKind::Own, whole(read))
        }
    };
    let policy = include_bytes!("../../fuzz/corpus/documents/policy.yaml");
    let policy = meaning::<PolicyFile>(ORIGIN, policy, Limits::PLAN).unwrap();
    let known = Known {
        policy: &policy,
        tasks: &HashMap::new(),
        by_origin: &HashMap::new(),
        has_file: &|path| path.len() % 2 == 0,
        has_workstation: &|name| name.len() % 2 == 0,
    };
    let fields = FieldMap::usual(kind);
    let options = MappingOptions {
        name: "fuzzed".to_owned(),
        role: (which % 2 == 0).then(|| "A-backend".to_owned()),
        open_only: which % 3 == 0,
        ..MappingOptions::default()
    };
    let mapping = map(gathered, &fields, &known, &options);
    let tasks = mapping.tasks.iter().filter_map(|mapped| {
        let task = mapped.task.clone()?;
        let origin = Source {
            task: mapped.id.clone()?,
            id: mapped.source_id.clone(),
            status: mapped.status.clone(),
            standing: mapped.standing.clone(),
            commit: None,
            remark: mapped.remark.clone(),
            package: None,
        };
        Some((ImportedTask { task, origin }, mapped.definition.clone()))
    });
    let written = texts(tasks.collect());
    written.unwrap_or_else(|error| panic!("cannot be written: {error}"));
}

/// Three plan texts between bytes 0: what merges without a clash reads, and what one side alone
/// changed is what the merge gives.
pub fn merges(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut sides = text.splitn(3, '\0');
    let mut side = || sides.next().unwrap_or("");
    let (base, ours, theirs) = (side(), side(), side());
    let labels = Labels {
        ours: "ours",
        theirs: "theirs",
        marker: 7,
    };
    if let Ok(merged) = plan_merge::merge(base, ours, theirs, &labels)
        && merged.clashes.is_empty()
        && ![base, ours, theirs].contains(&merged.text.as_str())
    {
        plan_merge::reads(&merged.text)
            .unwrap_or_else(|bad| panic!("{:?}\n{}", bad.findings, merged.text));
    }
    let alone = plan_merge::merge(base, ours, base, &labels).unwrap();
    assert_eq!(alone.text, ours);
}

/// What git prints, and what it writes to hooks.
pub fn git_output(bytes: &[u8]) {
    let (dirty, untracked) = output::status(bytes);
    assert!(dirty.iter().chain(&untracked).all(|path| !path.is_empty()));
    drop(output::worktrees(bytes));
    drop(output::staged(bytes));
    drop((output::skipped(bytes), output::unwatched(bytes)));
    drop(output::differing(bytes));
    assert!(output::paths(bytes).all(|path| !path.is_empty()));
    let text = String::from_utf8_lossy(bytes);
    drop(output::refs(&text));
    let listed = output::listing(&text, &["refs/heads/main"]);
    assert!(listed.keys().all(|name| name == "refs/heads/main"));
    drop(output::hooks_path(&text));
    let _ = output::version(&text);
    drop((hook::received(&text), hook::pushed(&text)));
    // A push: what stands before the first byte 0 is its output, the rest what it said besides.
    let (stdout, stderr) = text.split_once('\0').unwrap_or((&text, ""));
    let captured = |text: &str| Captured {
        bytes: text.as_bytes().to_vec(),
        total: text.len() as u64,
        truncated: false,
    };
    let pushed = |exit| Finished {
        exit,
        stdout: captured(stdout),
        stderr: captured(stderr),
        duration: Duration::ZERO,
        left_open: false,
    };
    assert_eq!(classify(&pushed(Exit::Code(0))), PushOutcome::Won);
    for exit in [Exit::Code(1), Exit::TimedOut] {
        assert_ne!(classify(&pushed(exit)), PushOutcome::Won);
    }
}

/// A commit and its signature: taken apart, put together, and asked who signed it. What is shown
/// to be signed is no longer, once a byte of it differs.
pub fn signatures(bytes: &[u8]) {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let (found, payload) = Signed::taken_apart(bytes, format);
        let Some(armored) = found else {
            assert!(payload.len() <= bytes.len());
            continue;
        };
        let sealed = Signed::sealed(&payload, format, &armored);
        let (again, same) = Signed::taken_apart(&sealed, format);
        // Headers without an end have no place for a signature.
        if payload.windows(2).any(|two| two == b"\n\n") && !armored.trim().is_empty() {
            // A carriage return at the end of the last line becomes part of a line end.
            let line = |line: &str| line.trim_end_matches('\r').to_owned();
            let lines = |text: &str| text.lines().map(line).collect::<Vec<_>>();
            assert_eq!(again.map(|text| lines(&text)), Some(lines(&armored)));
            assert_eq!(same, payload);
        }
        if signature::signer(&payload, &armored).is_some() {
            let other = [payload.as_slice(), b"x"].concat();
            assert_eq!(signature::signer(&other, &armored), None);
        }
    }
}
