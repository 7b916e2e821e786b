//! `manifest.json`: what was made, from what, in which order it is deployed.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::render::template_path;
use crate::artifacts::{Expr, Object, Place, Template};
use crate::diag::At;
use crate::facts::limits;
use crate::lower::{Artifacts, zone_path};
use crate::resolve::Resolved;
use crate::source::Sources;

/// Version of the manifest's own shape; raised with every change of it.
const VERSION: i64 = 1;

/// Describes an assembly.
pub(super) fn manifest(
    world: &Resolved,
    sources: &Sources,
    artifacts: &Artifacts,
    files: &BTreeMap<String, (String, Vec<u8>)>,
) -> Expr {
    let environment = world.environment();
    let stacks: Expr =
        artifacts.templates.iter().map(|(place, template)| stack(world, artifacts, files, *place, template)).collect();
    let edges: Expr = artifacts
        .flows
        .iter()
        .map(|flow| {
            object! {
                "from" => object! { "stack" => world.stack_name(flow.from), "region" => region(world, flow.from), "output" => &flow.output },
                "to" => object! { "stack" => world.stack_name(flow.to), "region" => region(world, flow.to), "parameter" => flow.parameter.clone() },
            }
        })
        .collect();
    object! {
        "version" => VERSION,
        "project" => world.project().to_string(),
        "environment" => environment.name.to_string(),
        "account" => environment.account.to_string(),
        "region" => environment.region.to_string(),
        "partition" => environment.region.partition().as_str(),
        "tool" => object! { "name" => "infra", "version" => env!("CARGO_PKG_VERSION") },
        "stacks" => stacks,
        "edges" => edges,
        "zones" => zones(world, artifacts),
        "documents" => documents(world, artifacts, files),
        "files" => files.iter().map(|(path, (digest, _))| (path.clone(), digest)).collect::<Object>(),
        "provenance" => provenance(world, sources, artifacts),
    }
}

fn region(world: &Resolved, place: Place) -> String {
    world.region(place).to_string()
}

/// Spells SHA-256 in lower-case hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or(b'0'));
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn share(count: usize, limit: usize) -> String {
    let per_mille = count * 1000 / limit;
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}

fn stack(
    world: &Resolved,
    artifacts: &Artifacts,
    files: &BTreeMap<String, (String, Vec<u8>)>,
    place: Place,
    template: &Template,
) -> Expr {
    let path = template_path(world, place);
    let bytes = files.get(&path).map_or(0, |(_, bytes)| bytes.len());
    let parameters = artifacts.flows.iter().filter(|flow| flow.to == place).filter_map(|flow| {
        let source = object! { "stack" => world.stack_name(flow.from), "region" => region(world, flow.from), "output" => &flow.output };
        Some((flow.parameter.clone()?, source))
    });
    let needs: BTreeSet<Place> = artifacts
        .flows
        .iter()
        .filter(|flow| flow.to == place)
        .map(|flow| flow.from)
        .chain(artifacts.order.iter().filter(|(_, then)| *then == place).map(|(first, _)| *first))
        .collect();
    let resources = template.resources.len();
    object! {
        "stack" => world.stack(place.stack).0.to_string(),
        "name" => world.stack_name(place),
        "region" => region(world, place),
        "template" => path,
        "dependsOn" => needs.into_iter().map(|place| world.stack_name(place)).collect::<Expr>(),
        "parameters" => parameters.collect::<Object>(),
        "outputs" => template.outputs.iter().map(|(key, output)| (key.clone(), &output.description)).collect::<Object>(),
        "capabilities" => capabilities(template),
        "tags" => tags(world, place),
        "terminationProtection" => world.environment().protected,
        "size" => object! {
            "bytes" => bytes,
            "shareOfInlineLimit" => share(bytes, limits::cloudformation::TEMPLATE_BODY_BYTES),
            "shareOfS3Limit" => share(bytes, limits::cloudformation::TEMPLATE_URL_BYTES),
        },
        "resources" => object! { "count" => resources, "shareOfLimit" => share(resources, limits::cloudformation::RESOURCES) },
    }
}

/// Tags that CloudFormation hands to every resource of the stack.
fn tags(world: &Resolved, place: Place) -> Object {
    let environment = world.environment();
    let mut tags: BTreeMap<String, String> = environment.tags.clone();
    tags.insert("infra:project".to_owned(), world.project().to_string());
    tags.insert("infra:environment".to_owned(), environment.name.to_string());
    tags.insert("infra:stack".to_owned(), world.stack(place.stack).0.to_string());
    tags.into_iter().collect()
}

/// What `create-stack --capabilities` must say.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html> (read 2026-11-22).
fn capabilities(template: &Template) -> Vec<&'static str> {
    let mut capabilities = Vec::new();
    let iam: Vec<_> = template.resources.values().filter(|resource| resource.kind.starts_with("AWS::IAM::")).collect();
    let named = iam.iter().any(|resource| {
        let Expr::Object(properties) = &resource.properties else { return false };
        let names = ["RoleName", "PolicyName", "ManagedPolicyName", "InstanceProfileName", "GroupName", "UserName"];
        names.iter().any(|name| properties.get(name).is_some())
    });
    if named {
        capabilities.push("CAPABILITY_NAMED_IAM");
    } else if !iam.is_empty() {
        capabilities.push("CAPABILITY_IAM");
    }
    capabilities
}

fn zones(world: &Resolved, artifacts: &Artifacts) -> Expr {
    let _ = world;
    artifacts
        .zones
        .values()
        .map(|zone| {
            object! {
                "domain" => zone.domain.to_string(),
                "private" => zone.private,
                "id" => zone.id.clone(),
                "batch" => (!zone.records.is_empty()).then(|| zone_path(&zone.domain, zone.private)),
                "records" => zone.records.len(),
            }
        })
        .collect()
}

/// Documents outside CloudFormation and the outputs that must be known before they can be used.
fn documents(world: &Resolved, artifacts: &Artifacts, files: &BTreeMap<String, (String, Vec<u8>)>) -> Expr {
    files
        .keys()
        .filter(|path| !path.starts_with("stacks/"))
        .map(|path| {
            let needs: Option<Expr> = artifacts.needs.get(path).map(|needs| {
                needs
                    .iter()
                    .map(|(place, output)| {
                        object! { "stack" => world.stack_name(*place), "region" => region(world, *place), "output" => output }
                    })
                    .collect()
            });
            object! { "path" => path, "needs" => needs }
        })
        .collect()
}

/// Where each resource was written, as `path:line:column`.
fn provenance(world: &Resolved, sources: &Sources, artifacts: &Artifacts) -> Object {
    let lines = sources.lines();
    let mut all: BTreeMap<String, Object> = BTreeMap::new();
    for (handle, entry) in &artifacts.provenance {
        let key = format!("{}@{}", world.stack_name(handle.place), world.region(handle.place));
        let text = match world.common(*entry).1.at() {
            At::Span(span) | At::Hidden(span) => lines.position(span),
            At::File(file) => sources.get(file).map(|file| file.path.clone()).unwrap_or_default(),
            At::Caller { file, line } => format!("{file}:{line}"),
        };
        all.entry(key).or_default().push(handle.id.to_string(), text);
    }
    all.into_iter().collect()
}
