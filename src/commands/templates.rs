//! `infra diff --against DIR PATH…`: templates of others, without a project and without AWS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::diff::{self, Changes, Stacks};
use crate::source;

/// Compares templates that have the same path below two folders, or two files.
pub(crate) fn compare(before: &str, after: &[PathBuf]) -> anyhow::Result<Changes> {
    let old = named(Path::new(before))?;
    let mut new = BTreeMap::new();
    for path in after {
        new.extend(named(path)?);
    }
    // Two files are compared whatever they are called.
    if let (1, 1, true) = (old.len(), new.len(), Path::new(before).is_file()) {
        let path = new.into_values().next();
        new = old.keys().cloned().zip(path).collect();
    }
    let sides = [read(&old)?, read(&new)?];
    for (Side { templates, objects }, place) in
        sides.iter().zip([Path::new(before), after.first().map_or(Path::new(""), PathBuf::as_path)])
    {
        if templates.is_empty() && objects.is_empty() {
            bail!("there is no template in {}", place.display());
        }
    }
    let [before, after] = sides;
    let Stacks { changes: stacks, exposures, hazards, unknown: _ } =
        diff::templates(&before.templates, &after.templates);
    let objects = diff::manifests(&before.objects, &after.objects);
    Ok(Changes { stacks, exposures, hazards, objects, ..Changes::default() })
}

/// Files that may be templates, by their path below the folder; a file by its own name.
fn named(path: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    if path.is_file() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(BTreeMap::from([(name, path.to_owned())]));
    }
    if !path.is_dir() {
        bail!("there is no {}", path.display());
    }
    let mut files = crate::files::paths(path).with_context(|| format!("cannot read {}", path.display()))?;
    files.retain(|name, _| {
        Path::new(name)
            .extension()
            .is_some_and(|ending| ["json", "template", "yaml", "yml"].iter().any(|known| ending == *known))
    });
    Ok(files)
}

/// What one side holds.
#[derive(Default)]
struct Side {
    templates: BTreeMap<String, Value>,
    /// Objects of Kubernetes.
    objects: Vec<Value>,
}

/// Reads the templates and manifests among files; other documents are neither.
fn read(files: &BTreeMap<String, PathBuf>) -> anyhow::Result<Side> {
    let mut found = Side::default();
    for (name, path) in files {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        // Looking at the text once is faster than at each string.
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let is_template = |value: &Value| value.get("Resources").is_some_and(Value::is_object);
        match source::template(text).filter(is_template) {
            Some(value) => drop(found.templates.insert(name.clone(), value)),
            None => found.objects.extend(source::manifests(text)),
        }
    }
    Ok(found)
}
