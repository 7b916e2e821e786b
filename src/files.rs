//! The files of a project: found, read, and written whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::catalogue::check_levels;
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::foreign::Input;
use crate::model::load::{self, Overlay};
use crate::model::{Definition, LintLevel, Project as Spec, identified};
use crate::names::{ProjectId, Region};
use crate::source::{FileId, MAX_FILE_BYTES, Sources};

/// Name of the file that tells what a folder of output holds.
const MANIFEST: &str = "manifest.json";

/// Name of the project's own file.
pub(crate) const PROJECT_FILE: &str = "infra.yaml";

/// A project on disk.
#[derive(Debug)]
pub struct Project {
    /// Folder of `infra.yaml`.
    pub root: PathBuf,
    /// All files that were read.
    pub sources: Sources,
    file: FileId,
    lints: BTreeMap<String, LintLevel>,
    edited: Edited,
}

/// Bytes that stand for those on disk, by path.
pub type Edited = BTreeMap<PathBuf, Vec<u8>>;

impl Project {
    /// Finds and reads `infra.yaml`: in `folder`, or without it in this folder or the nearest one above.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn open(folder: Option<&Path>) -> anyhow::Result<Self> {
        Self::open_edited(folder, Edited::new())
    }

    /// Opens a project as [`Project::open`] does, with other bytes for some of its files.
    ///
    /// # Errors
    /// As [`Project::open`].
    pub fn open_edited(folder: Option<&Path>, edited: Edited) -> anyhow::Result<Self> {
        let root = match folder {
            Some(folder) if folder.join(PROJECT_FILE).is_file() => folder.to_owned(),
            Some(folder) => bail!("there is no {PROJECT_FILE} in {}", folder.display()),
            None => search()?,
        };
        let mut sources = Sources::default();
        let file = read(&mut sources, &root, PROJECT_FILE, &edited)?;
        Ok(Self { root, sources, file, lints: BTreeMap::new(), edited })
    }

    /// Reads the definitions of some environments, or of all if none is named.
    ///
    /// # Errors
    /// If a file or folder cannot be read. Mistakes in the files are reported to `diags`; `None` is returned if they leave
    /// nothing to go on with.
    pub fn definitions(
        &mut self,
        names: &[String],
        diags: &mut Diagnostics,
    ) -> anyhow::Result<Option<Vec<Definition>>> {
        let spec = load::project(&self.sources, self.file, diags);
        let whole = spec.is_some();
        // Mistakes of this file hide none of the others.
        let Some(spec) = spec.or_else(|| load::stand_in(&self.sources, self.file)) else { return Ok(None) };
        if whole {
            check_levels(&spec, diags);
            self.lints.clone_from(&spec.lints);
        }
        let environments = self.chosen(&spec, names, diags);
        let stacks = self.stacks(&spec, diags)?;
        let overlays = self.overlays(&spec, diags)?;
        let mut stacks = Some(stacks);
        let mut definitions = Vec::new();
        let count = environments.len();
        for (index, name) in environments.into_iter().enumerate() {
            let Some(environment) = spec.environment(&name) else { continue };
            let chosen = spec.environments.get(&name).map(|env| env.overlays.as_slice()).unwrap_or_default();
            let overlays: Vec<&Overlay> = chosen.iter().filter_map(|path| overlays.get(path)).collect();
            // The last environment takes the trees, the others copy them.
            let trees = if index + 1 == count { stacks.take() } else { stacks.clone() }.unwrap_or_default();
            definitions.push(load::definition(&spec.project, environment, trees, &overlays, diags));
        }
        Ok(Some(definitions))
    }

    fn chosen(&self, spec: &Spec, names: &[String], diags: &mut Diagnostics) -> Vec<crate::names::Name> {
        let known = || spec.environments.keys().map(crate::names::Name::as_str);
        for name in names.iter().filter(|name| !known().any(|known| known == name.as_str())) {
            let error = Diagnostic::error("cli/unknown-environment", format!("there is no environment `{name}`"))
                .at(At::File(self.file), "its environments are listed here");
            diags.push(match suggest(name, known()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("the environments are {}", known().collect::<Vec<_>>().join(", "))),
            });
        }
        let wanted = |name: &&crate::names::Name| names.is_empty() || names.iter().any(|n| n == name.as_str());
        spec.environments.keys().filter(wanted).cloned().collect()
    }

    fn stacks(&mut self, spec: &Spec, diags: &mut Diagnostics) -> anyhow::Result<load::Files> {
        let folder = self.root.join(&spec.stacks);
        let mut names = Vec::new();
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read the stacks in {}", shown(&folder)))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if Path::new(&name).extension().is_some_and(|ext| ext == "yaml" || ext == "yml") {
                // A pipe that nobody writes to would be waited for.
                if fs::metadata(entry.path()).is_ok_and(|there| !there.is_file()) {
                    bail!("{} is no regular file, and not read as a stack", shown(&entry.path()));
                }
                names.push(name);
            }
        }
        // Files that are not on disk yet.
        let new = self.edited.keys().filter(|path| path.parent() == Some(&folder) && !path.exists());
        names.extend(new.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())));
        names.sort();
        if names.is_empty() {
            bail!("there is no stack file (*.yaml) in {}", shown(&folder));
        }
        let mut stacks = load::Files::default();
        let mut files = Vec::new();
        for name in names {
            let path = format!("{}/{name}", spec.stacks.trim_end_matches('/'));
            let id = read(&mut self.sources, &self.root, &path, &self.edited)?;
            files.push(id);
            match load::stack_file(&self.sources, id, diags) {
                Some(stack) => stacks.stacks.push(stack),
                None => stacks.unread.extend(name.rsplit_once('.').map(|(stem, _)| stem.to_owned())),
            }
        }
        load::endings(&self.sources, &files, diags);
        Ok(stacks)
    }

    fn overlays(&mut self, spec: &Spec, diags: &mut Diagnostics) -> anyhow::Result<BTreeMap<String, Overlay>> {
        let mut overlays = BTreeMap::new();
        for path in spec.environments.values().flat_map(|environment| &environment.overlays) {
            if !overlays.contains_key(path) {
                if !self.root.join(path).is_file() && !self.edited.contains_key(&self.root.join(path)) {
                    let error = Diagnostic::error("model/no-overlay", format!("there is no file `{path}`"));
                    let place = load::overlay_place(&self.sources, self.file, path);
                    diags.push(error.at(place, "named here").help("overlays are files, relative to infra.yaml"));
                    continue;
                }
                let id = read(&mut self.sources, &self.root, path, &self.edited)?;
                overlays.extend(load::overlay(&self.sources, id, diags).map(|overlay| (path.clone(), overlay)));
            }
        }
        Ok(overlays)
    }

    /// Names of the environments; none if `infra.yaml` cannot be read.
    pub fn environments(&self) -> Vec<String> {
        let spec = load::project(&self.sources, self.file, &mut Diagnostics::default());
        spec.iter().flat_map(|spec| spec.environments.keys()).map(ToString::to_string).collect()
    }

    /// Folder of the stack files, as `infra.yaml` names it; the usual one if that cannot be read.
    pub fn stack_folder(&self) -> String {
        let spec = load::project(&self.sources, self.file, &mut Diagnostics::default());
        let spec = spec.or_else(|| load::stand_in(&self.sources, self.file));
        spec.map_or_else(|| "stacks".to_owned(), |spec| spec.stacks.trim_end_matches('/').to_owned())
    }

    /// The id of the project, if it has one.
    pub fn id(&self) -> Option<ProjectId> {
        load::project(&self.sources, self.file, &mut Diagnostics::default())?.id
    }

    /// Writes an id into `infra.yaml`; returns the path of the file.
    ///
    /// # Errors
    /// If the file cannot be written, or has no line of its own for the id.
    pub fn write_id(&self, id: &ProjectId) -> anyhow::Result<String> {
        let Some(bytes) = identified(&self.sources, self.file, id) else {
            bail!("{PROJECT_FILE} cannot be read, or the name of the project is not on a line of its own");
        };
        let path = self.root.join(PROJECT_FILE);
        replace_file(&path, &bytes)?;
        Ok(shown(&path))
    }

    /// Returns the levels that the project sets, once its definitions were read.
    pub fn levels(&self) -> &BTreeMap<String, LintLevel> {
        &self.lints
    }

    /// Reads the levels that the project sets; mistakes in `infra.yaml` are reported to `diags`.
    pub fn read_levels(&mut self, diags: &mut Diagnostics) -> BTreeMap<String, LintLevel> {
        load::project(&self.sources, self.file, diags).map(|spec| spec.lints).unwrap_or_default()
    }
}

/// Documents that others wrote: templates, assemblies, manifests, change batches.
#[derive(Debug)]
pub struct Documents {
    /// All files that were read.
    pub sources: Sources,
    /// What is known of each.
    pub inputs: Vec<Input>,
}

impl Documents {
    /// Reads files, and all documents below folders; with other bytes for some of them.
    ///
    /// # Errors
    /// If a file or folder cannot be read, or a folder holds no document.
    pub fn open(paths: &[PathBuf], region: Option<Region>, edited: &Edited) -> anyhow::Result<Self> {
        let mut documents = Self { sources: Sources::default(), inputs: Vec::new() };
        for path in paths {
            if path.is_dir() {
                let before = documents.inputs.len();
                documents.folder(path, region, edited)?;
                if documents.inputs.len() == before {
                    bail!("there is no template, manifest or change batch (*.json, *.yaml, *.yml) in {}", shown(path));
                }
            } else {
                documents.file(path, region, edited, false)?;
            }
        }
        Ok(documents)
    }

    fn file(&mut self, path: &Path, region: Option<Region>, edited: &Edited, walked: bool) -> anyhow::Result<()> {
        let file = read(&mut self.sources, Path::new(""), &path.to_string_lossy(), edited)?;
        self.inputs.push(Input { region, walked, ..Input::new(file) });
        Ok(())
    }

    fn folder(&mut self, folder: &Path, region: Option<Region>, edited: &Edited) -> anyhow::Result<()> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", shown(folder)))?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                // Files of functions and images that the CDK stages, and what version control and packages keep.
                if !name.starts_with("asset.") && !name.starts_with('.') && name != "node_modules" {
                    self.folder(&path, region, edited)?;
                }
            } else if is_document(&name) {
                self.file(&path, region, edited, true)?;
            }
        }
        Ok(())
    }
}

/// Whether a file of this name may be a document; the lists of assets and the tree that the CDK writes are none.
fn is_document(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let known = matches!(ending, "json" | "yaml" | "yml" | "template");
    known && !name.ends_with(".assets.json") && name != "tree.json" && !name.starts_with('.')
}

fn search() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("cannot tell the working directory")?;
    let found = here.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file());
    match found {
        Some(folder) if folder == here => Ok(PathBuf::new()),
        Some(folder) => Ok(folder.to_owned()),
        None => bail!("there is no {PROJECT_FILE} here or in a folder above; name its folder with `--project DIR`"),
    }
}

/// Reads a file below the project; one that is too large is not read, its report comes with the others.
fn read(sources: &mut Sources, root: &Path, path: &str, edited: &Edited) -> anyhow::Result<FileId> {
    let full = root.join(path);
    if let Some(bytes) = edited.get(&full) {
        return Ok(sources.add_shown(path.to_owned(), shown(&full), bytes.clone()));
    }
    crate::output::trace(|| format!("reads {}", shown(&full)));
    let size = fs::metadata(&full).with_context(|| format!("cannot read {}", shown(&full)))?.len();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    let bytes = if size > limit {
        // One byte over the limit is enough for the reader to refuse it.
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(fs::File::open(&full)?, limit + 1), &mut bytes)?;
        bytes
    } else {
        fs::read(&full).with_context(|| format!("cannot read {}", shown(&full)))?
    };
    Ok(sources.add_shown(path.to_owned(), shown(&full), bytes))
}

/// Returns a path as people write it.
pub fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if text.is_empty() { ".".to_owned() } else { text }
}

/// Reads all files below `folder` by their relative paths; nothing if there is no such folder.
///
/// # Errors
/// If a file cannot be read.
pub fn read_folder(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let read = |(name, path): (String, PathBuf)| Ok((name, fs::read(path)?));
    paths(folder)?.into_iter().map(read).collect()
}

/// The files below a folder by their paths relative to it; none if there is no such folder.
///
/// # Errors
/// If a folder cannot be read.
pub fn paths(folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    if !folder.exists() {
        return Ok(found);
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                found.insert(relative.to_string_lossy().replace('\\', "/"), path);
            }
        }
    }
    Ok(found)
}

/// A file or folder that cannot be written. What was there is as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}, and nothing was changed")]
pub struct Unwritten {
    path: String,
    source: io::Error,
}

impl Unwritten {
    /// Says which file it is.
    pub fn new(path: &Path, source: io::Error) -> Self {
        Self { path: shown(path), source }
    }
}

/// Makes a file hold exactly `bytes`; after a failure or an interruption, what it held before. Devices, pipes and links
/// are written through: they are not ours to replace.
///
/// # Errors
/// If it cannot be written.
pub fn replace_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return Ok(fs::write(path, bytes).map_err(|error| Unwritten::new(path, error))?);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        if !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no folder {}", shown(folder))));
        }
        let mut staged = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut staged, bytes)?;
        if let Ok(there) = fs::metadata(path) {
            fs::set_permissions(staged.path(), there.permissions())?;
        }
        staged.persist(path).map_err(io::Error::from)
    };
    write().map_err(|error| Unwritten::new(path, error))?;
    Ok(())
}

/// Makes `out/name` hold exactly `files`, all of them or, after a failure or an interruption, what it held before. Only a
/// folder that such files are in already, or an empty one, is replaced.
///
/// # Errors
/// If a file cannot be written, or `out/name` holds anything else.
pub fn replace_folder(out: &Path, name: &str, files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |error| Unwritten::new(&path, error)
    };
    let manifest = files.get(MANIFEST).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    refuse_others(&out.join(name), &manifest)?;
    fs::create_dir_all(out).map_err(cannot(out))?;
    let staged = tempfile::Builder::new().prefix(&format!(".{name}.")).tempdir_in(out).map_err(cannot(out))?;
    for (path, bytes) in files {
        let path = staged.path().join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot(parent))?;
        }
        fs::write(&path, bytes).map_err(cannot(&path))?;
    }
    let target = out.join(name);
    Ok(swap(staged.path(), &target).map_err(cannot(&target))?)
    // What the staging folder holds now, the previous output, is removed when it is dropped.
}

/// Refuses to replace what `infra synth` did not write for the project of `manifest`.
fn refuse_others(target: &Path, manifest: &serde_json::Value) -> anyhow::Result<()> {
    let path = shown(target);
    let help = "nothing was written; remove it, or name another folder with `--out`";
    let Ok(there) = fs::symlink_metadata(target) else { return Ok(()) };
    if there.is_symlink() {
        bail!("{path} is a link, and what it leads to is not replaced: {help}");
    }
    if !there.is_dir() {
        bail!("{path} is no folder: {help}");
    }
    let mut entries = fs::read_dir(target).with_context(|| format!("cannot read {path}"))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let Some(there) = assembly(target) else {
        bail!("{path} holds files and no manifest of `infra synth`, so it is not replaced: {help}");
    };
    for (key, of) in [("project", "project"), ("id", "the project with the id")] {
        if let (Some(there), Some(now)) = (there.get(key), manifest.get(key))
            && there != now
        {
            bail!("{path} is the output of {of} {there}, and this is {now}: {help}");
        }
    }
    let ours = |file: &String| file == MANIFEST || there.get("files").is_some_and(|files| files.get(file).is_some());
    let found = paths(target).with_context(|| format!("cannot read {path}"))?;
    match found.keys().find(|file| !ours(file)) {
        Some(file) => bail!("{path} holds {file}, which `infra synth` did not write and would delete: {help}"),
        None => Ok(()),
    }
}

/// The manifest of an assembly of ours, if a folder has one.
fn assembly(folder: &Path) -> Option<serde_json::Value> {
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()?;
    let has = |key: &&str| manifest.get(key).is_some();
    ["version", "project", "environment", "files"].iter().all(has).then_some(manifest)
}

/// Puts `staged` in the place of `target`; where the system can, both change places in one step.
fn swap(staged: &Path, target: &Path) -> io::Result<()> {
    if !target.exists() {
        return fs::rename(staged, target);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, staged, CWD, target, RenameFlags::EXCHANGE) {
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            done => return done.map_err(io::Error::from),
        }
    }
    let aside = staged.with_extension("previous");
    fs::rename(target, &aside)?;
    fs::rename(staged, target)?;
    fs::remove_dir_all(&aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(out: &Path) -> anyhow::Result<()> {
        write_of(out, "shop")
    }

    fn write_of(out: &Path, project: &str) -> anyhow::Result<()> {
        let files = r#"{ "stacks/a.json": {} }"#;
        let manifest = format!(r#"{{ "version": 1, "project": "{project}", "environment": "dev", "files": {files} }}"#);
        let files = [("manifest.json", manifest.as_str()), ("stacks/a.json", "{}")];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        replace_folder(out, "dev", &BTreeMap::from(files))
    }

    #[test]
    fn only_what_synth_wrote_is_replaced() {
        let out = tempfile::tempdir().expect("a folder");
        let target = out.path().join("dev");
        write(out.path()).expect("it is not there");
        write(out.path()).expect("it is ours");
        let error = write_of(out.path(), "bill").expect_err("it is another project's").to_string();
        assert!(error.contains("is the output of project \"shop\", and this is \"bill\""), "{error}");
        fs::write(target.join("stacks/NOTES"), "mine").expect("it can be written");
        let error = write(out.path()).expect_err("it would be deleted").to_string();
        assert!(error.contains("holds stacks/NOTES"), "{error}");
        assert_eq!(fs::read_to_string(target.join("stacks/NOTES")).expect("it is there"), "mine");
        fs::remove_dir_all(&target).expect("it can be removed");
        fs::create_dir(&target).expect("it can be made");
        write(out.path()).expect("it is empty");
        fs::remove_dir_all(&target).expect("it can be removed");
        fs::create_dir(&target).expect("it can be made");
        for (name, text) in [("thesis.txt", "years of work"), ("manifest.json", r#"{ "name": "app", "version": 1 }"#)] {
            fs::write(target.join(name), text).expect("it can be written");
            let error = write(out.path()).expect_err("it is somebody's").to_string();
            assert!(error.contains("holds files and no manifest of `infra synth`"), "{error}");
            assert_eq!(fs::read_to_string(target.join(name)).expect("it is there"), text);
        }
        assert_eq!(fs::read_dir(out.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_are_not_replaced() {
        let out = tempfile::tempdir().expect("a folder");
        let real = out.path().join("real");
        fs::create_dir(&real).expect("it can be made");
        fs::write(real.join("thesis.txt"), "years of work").expect("it can be written");
        std::os::unix::fs::symlink(&real, out.path().join("dev")).expect("a link");
        assert!(write(out.path()).expect_err("it is a link").to_string().contains("is a link"));
        assert!(real.join("thesis.txt").is_file());
        let (file, link) = (out.path().join("plan.json"), out.path().join("latest"));
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        fs::write(&file, "old").expect("it can be written");
        replace_file(&link, b"new").expect("it is written through");
        assert_eq!(fs::read(&file).expect("it is there"), b"new");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        replace_file(Path::new("/dev/null"), b"x").expect("it is written through");
        assert!(!fs::symlink_metadata("/dev/null").expect("it is there").is_file());
    }
}
