//! The output of a run: files by path and the manifest that describes them.
//!
//! Knows no kind. Same artifacts, same bytes.

mod manifest;
mod parallel;
mod render;

pub use manifest::digest;

use std::collections::BTreeMap;

use crate::artifacts::{Expr, Place, Template};
use crate::lower::{Artifacts, ObjectFile, Zone};
use crate::resolve::{EntryId, Resolved};
use crate::rules::allow::Allowance;
use crate::source::Sources;

/// Everything that `synth` writes for one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assembly {
    /// The bytes of each file by its path below the environment's folder.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was made, in numbers.
    pub summary: Summary,
    /// What the definition accepts of what the rules find.
    pub allowances: Vec<Allowance>,
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
    let documents: Vec<Document<'_>> = documents(artifacts).collect();
    let rendered = parallel::map(&documents, |document| {
        let files = document.render(world);
        files.into_iter().map(|(path, bytes)| (path, (manifest::digest(&bytes), bytes))).collect::<Vec<_>>()
    });
    let rendered: BTreeMap<String, (String, Vec<u8>)> = rendered.into_iter().flatten().collect();
    let summary = Summary {
        templates: artifacts.templates.len(),
        resources: artifacts.templates.values().map(|template| template.resources.len()).sum(),
        records: artifacts.zones.values().map(|zone| zone.records.len()).sum(),
        objects: artifacts.objects.values().map(Vec::len).sum(),
        web: artifacts.web.len(),
    };
    let manifest = manifest::manifest(world, sources, artifacts, &rendered);
    let mut files: BTreeMap<String, Vec<u8>> = rendered.into_iter().map(|(path, (_, bytes))| (path, bytes)).collect();
    files.insert("manifest.json".to_owned(), render::json(&manifest));
    Assembly { files, summary, allowances: Vec::new() }
}

/// One thing to write, or several files of one thing.
enum Document<'a> {
    Template(Place, &'a Template),
    Batches(&'a Zone),
    Objects(&'a ObjectFile, &'a [(Expr, EntryId)]),
    Web(&'a (String, String), &'a Expr),
}

fn documents(artifacts: &Artifacts) -> impl Iterator<Item = Document<'_>> {
    let templates = artifacts.templates.iter().map(|(place, template)| Document::Template(*place, template));
    let zones = artifacts.zones.values().map(Document::Batches);
    let objects = artifacts.objects.iter().map(|(file, objects)| Document::Objects(file, objects));
    let web = artifacts.web.iter().map(|(path, (content, _))| Document::Web(path, content));
    templates.chain(zones).chain(objects).chain(web)
}

impl Document<'_> {
    /// Returns the bytes by path.
    fn render(&self, world: &Resolved) -> BTreeMap<String, Vec<u8>> {
        let (path, bytes) = match self {
            Self::Template(place, template) => {
                (render::template_path(world, *place), render::template(world, *place, template))
            }
            Self::Batches(zone) => return render::batches(zone),
            Self::Objects(file, objects) => {
                (crate::lower::object_path(file), render::yaml(objects.iter().map(|(object, _)| object)))
            }
            Self::Web((site, file), content) => (format!("web/{site}/{file}"), render::json(content)),
        };
        BTreeMap::from([(path, bytes)])
    }
}
