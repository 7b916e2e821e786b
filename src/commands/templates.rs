//! `infra diff --against DIR PATH…`: templates of others, without a project and without AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::diff::{self, Action, Changes};
use crate::state::StackKey;

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
    let mut changes = Changes::default();
    let mut templates = [0, 0];
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let sides = [read(old.get(name))?, read(new.get(name))?];
        for (count, side) in templates.iter_mut().zip(&sides) {
            *count += usize::from(side.is_some());
        }
        pair(name, sides, &mut changes);
    }
    for (count, place) in
        templates.iter().zip([Path::new(before), after.first().map_or(Path::new(""), PathBuf::as_path)])
    {
        if *count == 0 {
            bail!("there is no template in JSON in {}", place.display());
        }
    }
    Ok(changes)
}

/// Adds what differs between two templates of one name.
fn pair(name: &str, [then, now]: [Option<Value>; 2], changes: &mut Changes) {
    let action = match (&then, &now) {
        (None, None) => return,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(_), Some(_)) => Action::Update,
    };
    let nothing = Value::Object(serde_json::Map::new());
    let key = StackKey::new(name, "template");
    let mut change = diff::templates(&key, then.as_ref().unwrap_or(&nothing), now.as_ref().unwrap_or(&nothing));
    if let (Some(then), Some(now)) = (&then, &now) {
        changes.hazards.extend(diff::refusals(&change, then, now));
    }
    if let Some(now) = &now {
        changes.exposures.extend(diff::exposures(&change, then.as_ref(), now));
    }
    change.action = action;
    if !change.is_empty() {
        changes.stacks.push(change);
    }
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
    files.retain(|name, _| Path::new(name).extension().is_some_and(|ending| ending == "json" || ending == "template"));
    Ok(files)
}

/// Reads a template; another document is none.
fn read(path: Option<&PathBuf>) -> anyhow::Result<Option<Value>> {
    let Some(path) = path else { return Ok(None) };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    // Looking at the text once is faster than at each string.
    let value: Option<Value> = std::str::from_utf8(&bytes).ok().and_then(|text| serde_json::from_str(text).ok());
    Ok(value.filter(|value| value.get("Resources").is_some_and(Value::is_object)))
}
