//! The output of a run: files by path and the manifest that describes them.
//!
//! Knows no kind. Same artifacts, same bytes.

mod manifest;
mod render;

use std::collections::BTreeMap;

use crate::lower::Artifacts;
use crate::resolve::Resolved;
use crate::source::Sources;

/// Everything that `synth` writes for one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assembly {
    /// The bytes of each file by its path below the environment's folder.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was made, in numbers.
    pub summary: Summary,
}

/// What was made, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// CloudFormation templates.
    pub templates: usize,
    /// Resources in them.
    pub resources: usize,
    /// Route 53 record sets.
    pub records: usize,
    /// Kubernetes objects.
    pub objects: usize,
    /// Web configuration files.
    pub web: usize,
}

/// Writes all documents of `artifacts` and the manifest over them.
pub fn assemble(world: &Resolved, sources: &Sources, artifacts: &Artifacts) -> Assembly {
    let mut files = BTreeMap::new();
    for (place, template) in &artifacts.templates {
        files.insert(render::template_path(world, *place), render::template(world, *place, template));
    }
    for zone in artifacts.zones.values() {
        files.extend(render::batches(zone));
    }
    for (file, objects) in &artifacts.objects {
        files.insert(crate::lower::object_path(file), render::yaml(objects.iter().map(|(object, _)| object)));
    }
    for ((site, file), (content, _)) in &artifacts.web {
        files.insert(format!("web/{site}/{file}"), render::json(content));
    }
    let summary = Summary {
        templates: artifacts.templates.len(),
        resources: artifacts.templates.values().map(|template| template.resources.len()).sum(),
        records: artifacts.zones.values().map(|zone| zone.records.len()).sum(),
        objects: artifacts.objects.values().map(Vec::len).sum(),
        web: artifacts.web.len(),
    };
    let manifest = manifest::manifest(world, sources, artifacts, &files);
    files.insert("manifest.json".to_owned(), render::json(&manifest));
    Assembly { files, summary }
}
