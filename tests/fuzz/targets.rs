//! What is fuzzed: each target takes any bytes and fails only by panicking. `tests/fuzz/main.rs`
//! runs them on seeds, `fuzz/` under libFuzzer.

use laneway::domain::glob::Glob;
use laneway::ledger::document::{Atom, Document, Edit, Route};
use laneway::ledger::format::File;
use laneway::ledger::format::v1::request::RequestEntry;
use laneway::ledger::format::v1::review_form::ReviewForm;
use laneway::ledger::format::v1::{
    ArchiveFile, IdentityMapFile, MarkerFile, PolicyFile, QueueFile, StagesFile, StateFile,
    StationFile, WorkstationsFile,
};
use laneway::ledger::read::{Origin, meaning};
use laneway::ledger::yaml::{self, Limits};
use laneway::ledger::{message, packages};

/// A target: its name, which is that of its corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 6] = [
    ("documents", documents),
    ("edits", edits),
    ("glob", glob),
    ("packages", package_texts),
    ("requests", requests),
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
