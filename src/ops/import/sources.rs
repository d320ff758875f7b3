//! The files of a source: read whole, in one order, without following a link.

use std::path::{Path, PathBuf};

use crate::ledger::BadFile;
use crate::ledger::import::{
    AnomalyKind, Candidate, Gathered, Looks, SourceKind, Spot, is_export, read_csv, read_export,
    read_item, read_json, read_playbook,
};
use crate::ledger::yaml::Limits;
use crate::ops::OpError;

/// Deepest nesting of directories.
const DEPTH: usize = 16;

/// Most files of one source.
const FILES: usize = 100_000;

/// Most bytes of one source.
const BYTES: usize = 256 << 20;

/// A file of a source.
struct File {
    /// As it was named: what messages say.
    name: String,
    /// Where in the name the part begins that may say a status.
    place: usize,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl File {
    fn place(&self) -> &str {
        self.name.get(self.place..).unwrap_or_default()
    }
}

/// Where the last step of a path begins.
fn last_step(path: &str) -> usize {
    path.rfind('/').map_or(0, |at| at + 1)
}

/// What a source says.
pub(super) struct Source {
    /// Its form.
    pub kind: SourceKind,
    /// Its entries, and what is to be said of it.
    pub gathered: Gathered,
    /// What each of its files looks like.
    pub looks: Vec<(String, Looks)>,
}

/// What the files of a source say, and their form.
pub(super) fn gather(
    base: &Path,
    paths: &[PathBuf],
    from: Option<SourceKind>,
) -> Result<Source, OpError> {
    let mut found = Gathered::default();
    let mut files = Vec::new();
    for path in paths {
        let mut walk = Walk {
            from,
            bytes: files.iter().map(|file: &File| file.bytes.len()).sum(),
            found: &mut found,
            files: &mut files,
            place: 0,
        };
        walk.named(base, path)?;
    }
    let kind = match from.or_else(|| told(&files)) {
        Some(kind) => kind,
        None => {
            let message = "the names of its files do not tell the form of the source: say `--from`"
                .to_owned();
            return Err(OpError::Usage(message));
        }
    };
    if files.is_empty() {
        return Err(OpError::Usage(format!(
            "the source holds no file of the form {kind}"
        )));
    }
    let mut looks = Vec::with_capacity(files.len());
    for file in files {
        looks.push((file.name.clone(), Looks::of(&file.bytes)));
        let read = match kind {
            SourceKind::Playbook => whole(&file.name, read_playbook(&file.name, &file.bytes)),
            SourceKind::Items => read_item(&file.name, file.place(), &file.bytes),
            SourceKind::Jsonl => read_json(&file.name, &file.bytes),
            SourceKind::Csv => read_csv(&file.name, &file.bytes),
            SourceKind::Own => whole(&file.name, read_export(&file.name, &file.bytes)),
        };
        found.extend(read);
    }
    Ok(Source {
        kind,
        gathered: found,
        looks,
    })
}

/// A file that does not read as a whole is one entry that cannot become a task.
fn whole(file: &str, read: Result<Gathered, BadFile>) -> Gathered {
    read.unwrap_or_else(|bad| {
        let candidates = bad.findings.iter().map(|finding| {
            let why = format!("column {}: {}", finding.column, finding.message);
            Candidate::bad(Spot::new(file, finding.line), "", why)
        });
        Gathered {
            candidates: candidates.collect(),
            ..Gathered::default()
        }
    })
}

/// The form that the names and beginnings of files tell, if all tell the same.
fn told(files: &[File]) -> Option<SourceKind> {
    let form = |file: &File| match extension(&file.path).as_str() {
        "yaml" | "yml" => Some(SourceKind::Playbook),
        "md" | "markdown" => Some(SourceKind::Items),
        "jsonl" | "ndjson" => Some(SourceKind::Jsonl),
        "csv" => Some(SourceKind::Csv),
        "json" if is_export(&file.bytes) => Some(SourceKind::Own),
        "json" => Some(SourceKind::Jsonl),
        _ => None,
    };
    let first = form(files.first()?)?;
    let alike = files.iter().all(|file| form(file) == Some(first));
    alike.then_some(first)
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_lowercase()
}

/// Whether a file of a directory is one of the form; without a form, of any.
fn belongs(path: &Path, from: Option<SourceKind>) -> bool {
    let extension = extension(path);
    let of = |kind| match kind {
        SourceKind::Playbook => matches!(extension.as_str(), "yaml" | "yml"),
        SourceKind::Items => matches!(extension.as_str(), "md" | "markdown"),
        SourceKind::Jsonl => matches!(extension.as_str(), "jsonl" | "ndjson" | "json"),
        SourceKind::Csv => extension == "csv",
        SourceKind::Own => extension == "json",
    };
    match from {
        Some(kind) => of(kind),
        None => of(SourceKind::Playbook) || of(SourceKind::Items),
    }
}

struct Walk<'a> {
    from: Option<SourceKind>,
    found: &'a mut Gathered,
    files: &'a mut Vec<File>,
    bytes: usize,
    /// See [`File::place`].
    place: usize,
}

impl Walk<'_> {
    /// A path that was named by the caller: it must be there, and no link.
    fn named(&mut self, base: &Path, path: &Path) -> Result<(), OpError> {
        let full = base.join(path);
        let meta = std::fs::symlink_metadata(&full).map_err(|source| OpError::Io {
            path: path.to_owned(),
            source,
        })?;
        let name = path.display().to_string();
        if meta.is_symlink() {
            return Err(OpError::Usage(format!(
                "{name} is a symbolic link: name what it points to"
            )));
        }
        if meta.is_dir() {
            let name = name.trim_end_matches('/');
            self.place = last_step(name);
            return self.directory(&full, name, 0);
        }
        if !meta.is_file() {
            return Err(OpError::Usage(format!("{name} is no plain file")));
        }
        // Of a single file the directory that it lies in.
        let above = name.get(..last_step(&name)).unwrap_or_default();
        self.place = last_step(above.trim_end_matches('/'));
        self.file(full, name)
    }

    fn directory(&mut self, dir: &Path, name: &str, depth: usize) -> Result<(), OpError> {
        let io = |source| OpError::Io {
            path: PathBuf::from(name),
            source,
        };
        if depth > DEPTH {
            return Err(OpError::Usage(format!(
                "{name} lies deeper than {DEPTH} directories"
            )));
        }
        let mut entries = std::fs::read_dir(dir)
            .map_err(io)?
            .collect::<Result<Vec<_>, _>>()
            .map_err(io)?;
        entries.sort_by_key(|entry| {
            let name = entry.file_name();
            let dir = entry.path().is_dir();
            // What is active comes before what was put away: the first of an id keeps it.
            let archive = name.to_string_lossy().to_lowercase().contains("archive");
            (dir && archive, dir, name)
        });
        for entry in entries {
            let file = entry.file_name().to_string_lossy().into_owned();
            let name = format!("{name}/{file}");
            let sort = entry.file_type().map_err(io)?;
            if file.starts_with('.') && sort.is_dir() {
                continue;
            }
            if sort.is_symlink() {
                let made = "not followed";
                let what = format!("{name} is a symbolic link");
                self.found
                    .note(AnomalyKind::Symlink, Spot::new(&name, 1), what, made);
            } else if sort.is_dir() {
                self.directory(&entry.path(), &name, depth + 1)?;
            } else if !sort.is_file() || !belongs(&entry.path(), self.from) {
                let what = format!("{name} is no file of this form");
                let made = "it stays in the source";
                self.found
                    .note(AnomalyKind::NotImported, Spot::new(&name, 1), what, made);
            } else {
                self.file(entry.path(), name)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf, name: String) -> Result<(), OpError> {
        let io = |source| OpError::Io {
            path: PathBuf::from(&name),
            source,
        };
        let size = std::fs::metadata(&path).map_err(io)?.len();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.bytes = self.bytes.saturating_add(size);
        if self.files.len() >= FILES || self.bytes > BYTES || size > Limits::PLAN.bytes {
            return Err(OpError::Usage(format!(
                "{name} is too much: a source has at most {FILES} files, {} MiB each and {} MiB \
                 together",
                Limits::PLAN.bytes >> 20,
                BYTES >> 20
            )));
        }
        let bytes = std::fs::read(&path).map_err(io)?;
        let place = self.place;
        self.files.push(File {
            name,
            place,
            path,
            bytes,
        });
        Ok(())
    }
}
