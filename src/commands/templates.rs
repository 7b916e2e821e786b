//! `infra diff --against DIR PATH…`: templates of others, without a project and without AWS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::cli::Exit;
use crate::diff::{self, Action, Changes};
use crate::output;
use crate::output::changes::{Title, View};
use crate::state::{Deployed, StackKey};

/// Compares templates that have the same path below two folders, or two files.
pub(crate) fn run(before: &str, after: &[PathBuf], json: bool) -> anyhow::Result<Exit> {
    let old = read(Path::new(before))?;
    let mut new = BTreeMap::new();
    for path in after {
        new.extend(read(path)?);
    }
    // Two files are compared whatever they are called.
    if let (1, 1, true) = (old.len(), new.len(), Path::new(before).is_file()) {
        let value = new.into_values().next();
        new = old.keys().cloned().zip(value).collect();
    }
    let mut changes = Changes::default();
    let nothing = Value::Object(serde_json::Map::new());
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let key = StackKey::new(name, "template");
        let (then, now) = (old.get(name), new.get(name));
        let mut change = diff::templates(&key, then.unwrap_or(&nothing), now.unwrap_or(&nothing));
        if let Some(now) = now {
            changes.exposures.extend(diff::exposures(&change, then, now));
        }
        change.action = match (then, now) {
            (None, _) => Action::Create,
            (Some(_), None) => Action::Delete,
            (Some(_), Some(_)) => Action::Update,
        };
        if !change.is_empty() {
            changes.stacks.push(change);
        }
    }
    let deployed = Deployed::default();
    let title = Title { environment: "templates", account: &deployed.account, region: "" };
    let view = View { changes: &changes, requirements: &[], hash: None, title };
    if json {
        output::result(&output::changes::json::render(&view))?;
    } else {
        output::styled(&output::changes::human::render(&view, true, output::width()))?;
    }
    Ok(super::diff::exit(&changes))
}

/// Templates by their path below the folder; a file by its own name.
fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut found = BTreeMap::new();
    if path.is_file() {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        found.extend(template(&bytes).map(|template| (name, template)));
        if found.is_empty() {
            bail!("{} is not a template in JSON", path.display());
        }
        return Ok(found);
    }
    if !path.is_dir() {
        bail!("there is no {}", path.display());
    }
    let files = crate::files::read_folder(path).with_context(|| format!("cannot read {}", path.display()))?;
    for (name, bytes) in files.into_iter().filter(|(name, _)| has_ending(name)) {
        found.extend(template(&bytes).map(|template| (name, template)));
    }
    if found.is_empty() {
        bail!("there is no template (*.json) in {}", path.display());
    }
    Ok(found)
}

fn has_ending(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "json" || ending == "template")
}

/// Reads a template; other documents are none.
fn template(bytes: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    value.get("Resources").is_some_and(Value::is_object).then_some(value)
}
