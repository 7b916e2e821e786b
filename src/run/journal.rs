//! The journal of a run: what was begun, written before it is begun, so that any end can be resumed.
//!
//! One file a run, one JSON object a line, each on disk before the request that it announces. A last line that was not
//! written whole is as if it were not there.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::files::Unwritten;
use crate::plan::{Change, Plan};
use crate::state::StackKey;

/// Version of the journal's shape; raised with every change of it.
const VERSION: u32 = 4;
/// The versions that are read: the third has not what is kept.
const READ: [u32; 2] = [3, VERSION];
/// Folder of the journals, below the project.
const FOLDER: &str = ".infra/runs";

/// A line of a journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When, RFC 3339 in UTC; for people and for measuring, nothing is decided by it.
    pub(crate) at: String,
    /// What.
    pub(crate) event: Event,
}

/// What is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    /// The run begins, with this plan.
    Started {
        /// Version of the journal.
        version: u32,
        /// What is executed.
        plan: Box<Plan>,
    },
    /// Stacks will be deleted of which something stays.
    Kept {
        /// What stays of each, a line a resource, by the id that it has in AWS.
        kept: Vec<(StackKey, Vec<String>)>,
    },
    /// A process goes on with the run.
    Resumed,
    /// A step begins.
    Step {
        /// Its name.
        step: String,
    },
    /// A change set will be made.
    ChangeSet {
        /// The step.
        step: String,
        /// Name of the change set.
        name: String,
    },
    /// An operation on a stack will be started.
    Operation {
        /// The step.
        step: String,
        /// Token of the request.
        token: String,
    },
    /// Records will be changed.
    Records {
        /// The step.
        step: String,
        /// Id of the zone.
        zone: String,
        /// The changes that take it back.
        undo: Vec<Change>,
    },
    /// An object of a cluster will be applied or deleted.
    Object {
        /// The step.
        step: String,
        /// The object, as `apiVersion/kind/namespace/name`.
        object: String,
    },
    /// A step ended.
    Ended {
        /// The step.
        step: String,
        /// How.
        end: End,
    },
    /// Nothing is left to do, or the rest cannot be done.
    Finished {
        /// Whether everything was done.
        complete: bool,
        /// Requests that were sent, by action.
        calls: BTreeMap<String, u64>,
    },
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// It is done.
    Done,
    /// There was nothing to do.
    Unchanged,
    /// It failed.
    Failed(Problem),
    /// It was refused, because something is not as the plan says.
    Refused(Problem),
    /// It was not begun.
    Skipped(String),
}

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    /// Name of the run.
    pub(crate) run: String,
    file: Mutex<File>,
    now: fn() -> String,
}

/// Keeps other runs of an environment in this working copy away while it is held: until it is dropped or the process
/// ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of an environment; `None` if another process has it.
    pub(crate) fn take(root: &Path, environment: &str) -> anyhow::Result<Option<Self>> {
        folder(root)?;
        let path = root.join(format!(".infra/{environment}.lock"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| Unwritten::new(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }

    /// Whether a process has the lock of an environment now.
    pub(crate) fn is_taken(root: &Path, environment: &str) -> bool {
        let path = root.join(format!(".infra/{environment}.lock"));
        // Who may not write may still look, and a file that is not there was never locked.
        let Ok(file) = File::open(path) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

/// What a journal says of a run.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// Name of the run.
    pub(crate) run: String,
    /// What was executed.
    pub(crate) plan: Plan,
    /// Its lines.
    pub(crate) entries: Vec<Entry>,
}

impl Past {
    /// Names of steps that are done.
    pub(crate) fn is_done(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(&entry.event, Event::Ended { step, end: End::Done | End::Unchanged } if step == name))
    }

    /// How many of its steps are done.
    pub(crate) fn done(&self) -> usize {
        self.plan.steps.iter().filter(|step| self.is_done(&step.id)).count()
    }

    /// Whether an operation on the step's stack was announced.
    pub(crate) fn announced(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| matches!(&entry.event, Event::Operation { step, .. } if step == name))
    }

    /// What stays of the stacks that it deletes.
    pub(crate) fn kept(&self) -> Vec<(StackKey, Vec<String>)> {
        let kept = |entry: &Entry| match &entry.event {
            Event::Kept { kept } => Some(kept.clone()),
            _ => None,
        };
        self.entries.iter().find_map(kept).unwrap_or_default()
    }

    /// What takes back the changes of records, latest first, with the zones' ids.
    pub(crate) fn undo(&self) -> Vec<(String, Vec<Change>)> {
        let undo = |entry: &Entry| match &entry.event {
            Event::Records { zone, undo, .. } => Some((zone.clone(), undo.clone())),
            Event::Started { .. }
            | Event::Kept { .. }
            | Event::Resumed
            | Event::Step { .. }
            | Event::ChangeSet { .. }
            | Event::Operation { .. }
            | Event::Object { .. }
            | Event::Ended { .. }
            | Event::Finished { .. } => None,
        };
        self.entries.iter().rev().filter_map(undo).collect()
    }
}

impl Journal {
    /// Begins the journal of a run.
    pub(crate) fn create(root: &Path, run: &str, plan: &Plan, now: fn() -> String) -> anyhow::Result<Self> {
        let folder = folder(root)?;
        let path = path(root, run);
        let file = private(OpenOptions::new().append(true).create_new(true)).open(&path);
        let file = file.map_err(|error| Unwritten::new(&path, error))?;
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(|error| Unwritten::new(&folder, error))?;
        let journal = Self { run: run.to_owned(), file: Mutex::new(file), now };
        let begins = Event::Started { version: VERSION, plan: Box::new(plan.clone()) };
        journal.write(begins).map_err(|error| Unwritten::new(&path, error))?;
        // What was cut off before is not gone on with any more: this run was planned on what it left.
        while let Some(past) = superseded(root, run, plan)? {
            let finished = Event::Finished { complete: false, calls: BTreeMap::new() };
            let written = Self::resume(root, &past, now)?.write(finished);
            written.map_err(|error| Unwritten::new(&self::path(root, &past.run), error))?;
        }
        Ok(journal)
    }

    /// Goes on with the journal of a run that was cut off.
    pub(crate) fn resume(root: &Path, past: &Past, now: fn() -> String) -> anyhow::Result<Self> {
        let path = path(root, &past.run);
        let whole = bytes(&path)?;
        let kept = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|error| Unwritten::new(&path, error))?;
        file.set_len(u64::try_from(kept)?)?;
        let journal = Self { run: past.run.clone(), file: Mutex::new(file), now };
        journal.write(Event::Resumed)?;
        Ok(journal)
    }

    /// Writes a line; it is on disk when this returns.
    pub(crate) fn write(&self, event: Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Entry { at: (self.now)(), event })?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)?;
        file.sync_data()
    }
}

/// A run of the same environment, other than this one, that was cut off.
fn superseded(root: &Path, run: &str, plan: &Plan) -> anyhow::Result<Option<Past>> {
    for name in runs(root)?.into_iter().filter(|name| name != run) {
        if is_open(root, &name).unwrap_or_default()
            && let Ok(past) = read(root, &name)
            && (&past.plan.project, &past.plan.environment) == (&plan.project, &plan.environment)
        {
            return Ok(Some(past));
        }
    }
    Ok(None)
}

/// The folder of the journals, made if it is not there.
fn folder(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| Unwritten::new(&folder, error))?;
    // Journals hold values of properties: they are for whoever runs this alone.
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(&folder) {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = metadata.permissions();
        permissions.set_mode(0o700);
        fs::set_permissions(&folder, permissions).map_err(|error| Unwritten::new(&folder, error))?;
    }
    // Journals hold names of everything that is deployed: not for version control.
    let ignore = root.join(".infra/.gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n").map_err(|error| Unwritten::new(&ignore, error))?;
    }
    Ok(folder)
}

/// A file that only its owner reads.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn path(root: &Path, run: &str) -> PathBuf {
    root.join(FOLDER).join(format!("{run}.ndjson"))
}

/// The bytes of a journal. One that is no regular file, such as a pipe that nobody writes to, is not waited for.
fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = || {
        if fs::metadata(path)?.is_file() { fs::read(path) } else { Err(io::Error::other("it is no regular file")) }
    };
    read().with_context(|| format!("cannot read {}", path.display()))
}

/// Reads the journal of a run.
pub(crate) fn read(root: &Path, run: &str) -> anyhow::Result<Past> {
    let path = path(root, run);
    let bytes = bytes(&path).with_context(|| format!("there is no run {run}"))?;
    let mut entries = Vec::new();
    // What is after the last newline was not written whole.
    for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        let entry: Entry = serde_json::from_slice(line)
            .with_context(|| format!("{}: line {} is no journal entry", path.display(), entries.len() + 1))?;
        entries.push(entry);
    }
    match entries.first().map(|entry| entry.event.clone()) {
        Some(Event::Started { version, .. }) if !READ.contains(&version) => {
            bail!("{} has version {version}, this infra reads {VERSION}", path.display())
        }
        Some(Event::Started { plan, .. }) if !plan.is_untouched() => {
            bail!("the plan in {} was changed after infra wrote it", path.display())
        }
        Some(Event::Started { plan, .. }) => Ok(Past { run: run.to_owned(), plan: *plan, entries }),
        Some(_) | None => bail!("{} does not begin with the start of a run", path.display()),
    }
}

/// Names of all runs, oldest first.
pub(crate) fn runs(root: &Path) -> anyhow::Result<Vec<String>> {
    let folder = root.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".ndjson").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// A run that was cut off, and the journals that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Unfinished {
    /// The run. A bootstrap is none: it is simply begun again.
    pub(crate) past: Option<Past>,
    /// What is wrong with the journals that cannot be read.
    pub(crate) unreadable: Vec<String>,
}

/// The run of a project's environment that was cut off, if any. What is in the names and in the journals as times decides
/// nothing: whoever begins a run ends those before.
pub(crate) fn unfinished(root: &Path, project: &str, environment: &str) -> anyhow::Result<Unfinished> {
    let mut found = Unfinished::default();
    for run in runs(root)?.iter().rev() {
        match is_open(root, run).and_then(|open| if open { read(root, run).map(Some) } else { Ok(None) }) {
            Ok(Some(past)) if past.plan.project == project && past.plan.environment == environment => {
                found.past = found.past.or(Some(past));
            }
            Ok(_) => {}
            Err(error) => found.unreadable.push(format!("{error:#}")),
        }
    }
    Ok(found)
}

/// Whether a journal has a whole line, and the last one does not say that the run is finished.
fn is_open(root: &Path, run: &str) -> anyhow::Result<bool> {
    let bytes = bytes(&path(root, run))?;
    let last = bytes.split_inclusive(|byte| *byte == b'\n').rfind(|line| line.ends_with(b"\n"));
    // The journal of a run that was cut off before its first line was whole announces nothing.
    let Some(last) = last else { return Ok(false) };
    let last: Option<Entry> = serde_json::from_slice(last).ok();
    Ok(!matches!(last, Some(Entry { event: Event::Finished { .. }, .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_journal_ends_with_says_whether_the_run_was_cut_off() {
        let root = tempfile::tempdir().unwrap();
        folder(root.path()).unwrap();
        let open = |name: &str, bytes: &[u8]| {
            fs::write(path(root.path(), name), bytes).unwrap();
            is_open(root.path(), name).unwrap()
        };
        let line = |event: Event| {
            let mut line = serde_json::to_vec(&Entry { at: "2999-01-01T00:00:00Z".to_owned(), event }).unwrap();
            line.push(b'\n');
            line
        };
        fs::create_dir(path(root.path(), "folder")).unwrap();
        assert!(is_open(root.path(), "folder").unwrap_err().root_cause().to_string().contains("no regular file"));
        let finished = line(Event::Finished { complete: true, calls: BTreeMap::new() });
        let resumed = line(Event::Resumed);
        assert!(!open("done", &finished));
        assert!(open("begun", &resumed));
        assert!(!open("empty", b""), "nothing was announced");
        assert!(!open("torn", b"{\"at\":\"2026"));
        // Half a line of bytes that are no text is as if it were not there.
        assert!(open("torn-later", &[&resumed[..], b"{\"at\":\"\xff"].concat()));
        assert!(!open("torn-after-the-end", &[&finished[..], b"\xff\xfe"].concat()));
    }

    #[cfg(unix)]
    #[test]
    fn journals_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let folder = folder(root.path()).unwrap();
        let file = path(root.path(), "run");
        private(OpenOptions::new().append(true).create_new(true)).open(&file).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    }
}
