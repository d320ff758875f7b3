//! The plan in a cache file.
//!
//! ```text
//! header   magic, version, number of tasks, sizes, checksum of the table, key
//! table    one head of fixed width a task, sorted by id; then ids, role names, faults,
//!          files of stages
//! records  one task each, with its own checksum, read when a rule looks at it
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::row::TaskRow;
use super::{Cache, file};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::plan::{Defined, Definitions, Head, Origin, Plan};
use crate::domain::task::Task;
use crate::process::Runner;

const MAGIC: &[u8; 8] = b"LANEPLAN";
/// Raised with every change of the format.
const VERSION: u32 = 3;
const HEADER: usize = 80;
const HEAD: usize = 48;
/// Plan files kept beside the newest: other ledgers, other commits.
const KEPT: usize = 6;

/// Which plan files a plan is made of: enough to read it again without the cache.
#[derive(Debug, Clone)]
pub struct PlanSource {
    /// The common git directory.
    pub common_dir: PathBuf,
    /// Opens repositories.
    pub runner: Runner,
    /// The files: where, path, blob.
    pub files: Vec<(Origin, String, ObjectId)>,
}

impl PlanSource {
    fn key(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (origin, path, blob) in &self.files {
            hash.update([u8::from(*origin == Origin::Ledger)]);
            hash.update(path.as_bytes());
            hash.update([0]);
            hash.update(blob.as_bytes());
        }
        hash.finalize().into()
    }

    fn name(&self) -> String {
        let hex: String = self
            .key()
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("plan-{hex}")
    }

    /// Reads the plan files themselves.
    fn read(&self) -> Option<Vec<Defined>> {
        let repo = crate::git::Repo::open(&self.common_dir, &self.runner).ok()?;
        let loader = crate::ledger::Loader::new(&repo);
        let mut tasks = Vec::new();
        for (origin, path, blob) in &self.files {
            let file = loader.plan_blob(path, *blob).ok()?;
            tasks.extend(file.iter().cloned().map(|task| (task, *origin)));
        }
        Some(crate::domain::plan::merged(tasks).0)
    }
}

/// A plan whose tasks are read from a cache file when they are looked at.
#[derive(Debug)]
struct Indexed {
    source: PlanSource,
    file: File,
    count: usize,
    /// Heads, ids and role names.
    table: Vec<u8>,
    ids_at: usize,
    roles: Vec<String>,
    records_at: u64,
    /// How many records were read one by one.
    asked: AtomicUsize,
    /// All records at once, for those who look at many.
    records: OnceLock<Vec<u8>>,
    /// Should a record be damaged: all tasks, read from the plan files.
    reread: OnceLock<Vec<Defined>>,
}

/// From so many records on, reading all at once is cheaper than one by one.
const MANY: usize = 32;

/// What follows the heads and ids: role names, faults by task, and the tasks that name a file of
/// stages, each with whether they stand on the ledger. What those files say is not cached: they
/// change without the plan.
type Tail = (
    Vec<String>,
    BTreeMap<String, Vec<String>>,
    Vec<(bool, String, Vec<String>)>,
);

/// One head as it stands in the table.
struct Entry {
    id: (usize, usize),
    role: usize,
    lane: u16,
    priority: u8,
    origin: Origin,
    sequence: i64,
    created: i64,
    record: (u64, usize),
    sum: u32,
}

impl Indexed {
    fn entry(&self, at: usize) -> Entry {
        let head = self
            .table
            .get(at * HEAD..(at + 1) * HEAD)
            .unwrap_or(&[0; HEAD]);
        Entry {
            id: (number(head, 0, 4) as usize, number(head, 4, 2) as usize),
            role: number(head, 6, 2) as usize,
            lane: number(head, 8, 2) as u16,
            priority: head[10],
            origin: if head[11] == 0 {
                Origin::Target
            } else {
                Origin::Ledger
            },
            sequence: number(head, 12, 8) as i64,
            created: number(head, 20, 8) as i64,
            record: (number(head, 28, 8), number(head, 36, 4) as usize),
            sum: number(head, 40, 4) as u32,
        }
    }

    fn id(&self, (at, len): (usize, usize)) -> &str {
        let from = self.ids_at + at;
        let bytes = self.table.get(from..from + len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn record(&self, at: usize) -> Option<Task> {
        let entry = self.entry(at);
        let (from, len) = entry.record;
        let mut one = Vec::new();
        let bytes = if self.asked.fetch_add(1, Ordering::Relaxed) < MANY {
            one.resize(len, 0);
            self.file
                .read_exact_at(&mut one, self.records_at + from)
                .ok()?;
            one.as_slice()
        } else {
            let from = usize::try_from(from).ok()?;
            self.all_records().get(from..from + len)?
        };
        if file::checksum(bytes) as u32 != entry.sum {
            return None;
        }
        postcard::from_bytes::<TaskRow>(bytes).ok()?.into_task()
    }

    fn all_records(&self) -> &[u8] {
        self.records.get_or_init(|| {
            let whole = self.file.metadata().map_or(0, |meta| meta.len());
            let len = usize::try_from(whole.saturating_sub(self.records_at)).unwrap_or(0);
            let mut bytes = vec![0; len];
            match self.file.read_exact_at(&mut bytes, self.records_at) {
                Ok(()) => bytes,
                Err(_) => Vec::new(),
            }
        })
    }
}

impl Definitions for Indexed {
    fn len(&self) -> usize {
        self.count
    }

    fn head(&self, at: usize) -> Head<'_> {
        let entry = self.entry(at);
        Head {
            id: self.id(entry.id),
            role: self.roles.get(entry.role).map_or("", String::as_str),
            lane: (entry.lane > 0).then_some(entry.lane),
            priority: entry.priority,
            sequence: entry.sequence,
            created: entry.created,
        }
    }

    fn origin(&self, at: usize) -> Origin {
        self.entry(at).origin
    }

    fn read(&self, at: usize) -> Option<Arc<Task>> {
        if let Some(task) = self.record(at) {
            return Some(Arc::new(task));
        }
        let all = self
            .reread
            .get_or_init(|| self.source.read().unwrap_or_default());
        let id = self.id(self.entry(at).id);
        all.iter()
            .find(|(task, _)| task.id.as_str() == id)
            .map(|(task, _)| task.clone())
    }
}

/// A little-endian number of `len` bytes (at most 8).
fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    let mut word = [0; 8];
    word[..len].copy_from_slice(&bytes[at..at + len]);
    u64::from_le_bytes(word)
}

/// Opens the cached plan, if there is a sound one.
#[must_use]
pub fn open(cache: &Cache, source: &PlanSource) -> Option<Plan> {
    let mut file = File::open(cache.path(&source.name())).ok()?;
    let mut header = [0; HEADER];
    file.read_exact(&mut header).ok()?;
    let sound = header[..8] == *MAGIC
        && number(&header, 8, 4) == u64::from(VERSION)
        && header[48..80] == source.key();
    if !sound {
        return None;
    }
    let count = usize::try_from(number(&header, 12, 4)).ok()?;
    let table_len = usize::try_from(number(&header, 16, 8)).ok()?;
    let ids_len = usize::try_from(number(&header, 24, 8)).ok()?;
    let records_at = (HEADER + table_len) as u64;
    if file.metadata().ok()?.len() < records_at + number(&header, 40, 8) {
        return None;
    }
    let mut table = vec![0; table_len];
    file.read_exact(&mut table).ok()?;
    if file::checksum(&table) != number(&header, 32, 8) {
        return None;
    }
    let ids_at = count * HEAD;
    let tail = table.get(ids_at + ids_len..)?;
    let (roles, faults, files): Tail = postcard::from_bytes(tail).ok()?;
    let faults = faults
        .into_iter()
        .map(|(id, list)| (TaskId::accepted_before(id), list))
        .collect();
    let indexed = Indexed {
        source: source.clone(),
        file,
        count,
        table,
        ids_at,
        roles,
        records_at,
        asked: AtomicUsize::new(0),
        records: OnceLock::new(),
        reread: OnceLock::new(),
    };
    let naming = |(ledger, path, ids): (bool, String, Vec<String>)| {
        let origin = if ledger {
            Origin::Ledger
        } else {
            Origin::Target
        };
        let ids = ids.into_iter().map(TaskId::accepted_before);
        ((origin, path), ids.collect())
    };
    let referred = files.into_iter().map(naming).collect();
    Some(Plan::of(Arc::new(indexed), faults, referred))
}

/// Writes a merged plan into the cache. A failure costs time at the next read, nothing else.
pub fn write(cache: &Cache, source: &PlanSource, plan: &Plan) {
    let Some((header, table, records)) = encode(source, plan) else {
        return;
    };
    let path = cache.path(&source.name());
    if file::replace(&path, &[&header, &table, &records]).is_ok() {
        tidy(cache);
    }
}

fn encode(source: &PlanSource, plan: &Plan) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let (mut heads, mut ids, mut records) = (Vec::new(), Vec::new(), Vec::new());
    let mut roles: Vec<String> = Vec::new();
    for task in plan.iter() {
        let head = Head::of(task);
        let role = match roles.iter().position(|role| role == head.role) {
            Some(at) => at,
            None => {
                roles.push(head.role.to_owned());
                roles.len() - 1
            }
        };
        let record = postcard::to_stdvec(&TaskRow::from(task)).ok()?;
        let origin = plan.origin(&task.id)?;
        heads.extend(u32::try_from(ids.len()).ok()?.to_le_bytes());
        heads.extend(u16::try_from(head.id.len()).ok()?.to_le_bytes());
        heads.extend(u16::try_from(role).ok()?.to_le_bytes());
        heads.extend(head.lane.unwrap_or(0).to_le_bytes());
        heads.push(head.priority);
        heads.push(u8::from(origin == Origin::Ledger));
        heads.extend(head.sequence.to_le_bytes());
        heads.extend(head.created.to_le_bytes());
        heads.extend((records.len() as u64).to_le_bytes());
        heads.extend(u32::try_from(record.len()).ok()?.to_le_bytes());
        heads.extend((file::checksum(&record) as u32).to_le_bytes());
        heads.extend([0; 4]);
        ids.extend(head.id.as_bytes());
        records.extend(record);
    }
    let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, fault) in plan.all_faults() {
        faults
            .entry(id.to_string())
            .or_default()
            .push(fault.clone());
    }
    let mut table = heads;
    table.extend(&ids);
    let files = plan.referred().iter().map(|((origin, path), ids)| {
        let ids = ids.iter().map(ToString::to_string).collect();
        (*origin == Origin::Ledger, path.clone(), ids)
    });
    let tail: Tail = (roles, faults, files.collect());
    table.extend(postcard::to_stdvec(&tail).ok()?);
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(VERSION.to_le_bytes());
    header.extend(u32::try_from(plan.len()).ok()?.to_le_bytes());
    header.extend((table.len() as u64).to_le_bytes());
    header.extend((ids.len() as u64).to_le_bytes());
    header.extend(file::checksum(&table).to_le_bytes());
    header.extend((records.len() as u64).to_le_bytes());
    header.extend(source.key());
    Some((header, table, records))
}

/// The tasks of one plan file, if the cache has them.
#[must_use]
pub fn open_tasks(cache: &Cache, blob: ObjectId) -> Option<Vec<Arc<Task>>> {
    let bytes = std::fs::read(cache.path(&format!("tasks-{blob}"))).ok()?;
    let (head, body) = bytes.split_at_checked(16)?;
    let sum: [u8; 8] = head[8..16].try_into().ok()?;
    if head[..4] != MAGIC[..4]
        || head[4..8] != VERSION.to_le_bytes()
        || file::checksum(body) != u64::from_le_bytes(sum)
    {
        return None;
    }
    // One row after the other: a row is as large as its task, and a plan may be long (P23).
    let (count, mut rest) = postcard::take_from_bytes::<usize>(body).ok()?;
    let mut tasks = Vec::new();
    for _ in 0..count {
        let (row, behind) = postcard::take_from_bytes::<TaskRow>(rest).ok()?;
        tasks.push(Arc::new(row.into_task()?));
        rest = behind;
    }
    Some(tasks)
}

/// Writes the tasks of one plan file into the cache: when another file changes, this one need not
/// be parsed again.
pub fn write_tasks(cache: &Cache, blob: ObjectId, tasks: &[Arc<Task>]) {
    let Ok(mut body) = postcard::to_stdvec(&tasks.len()) else {
        return;
    };
    for task in tasks {
        match postcard::to_extend(&TaskRow::from(&**task), body) {
            Ok(longer) => body = longer,
            Err(_) => return,
        }
    }
    let mut head = MAGIC[..4].to_vec();
    head.extend(VERSION.to_le_bytes());
    head.extend(file::checksum(&body).to_le_bytes());
    drop(file::replace(
        &cache.path(&format!("tasks-{blob}")),
        &[&head, &body],
    ));
}

/// Deletes all but the newest files of each kind.
fn tidy(cache: &Cache) {
    for prefix in ["plan-", "tasks-"] {
        let Ok(entries) = std::fs::read_dir(&cache.dir) else {
            return;
        };
        let mut files: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort();
        let old = files.len().saturating_sub(KEPT);
        for (_, path) in files.into_iter().take(old) {
            drop(std::fs::remove_file(path));
        }
    }
}
