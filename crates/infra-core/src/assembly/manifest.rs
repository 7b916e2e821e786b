//! `manifest.json`: what was made, from what, in which order it is deployed.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::render::template_path;
use crate::artifacts::{Expr, Object, Place, Template};
use crate::diag::At;
use crate::facts::limits;
use crate::lower::{Artifacts, zone_path};
use crate::resolve::{EntryId, Resolved};
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
        "id" => environment.project_id.as_ref().map(ToString::to_string),
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
        "owners" => (!artifacts.owners.is_empty()).then(|| owners(world, artifacts)),
        "provenance" => provenance(world, sources, artifacts),
    }
}

/// What the owners of things that exist have to do.
fn owners(world: &Resolved, artifacts: &Artifacts) -> Expr {
    let task = |task: &crate::lower::OwnerTask| {
        object! {
            "of" => world.full_entry(task.of),
            "for" => world.full_entry(task.by),
            "do" => &task.what,
            "target" => task.target.clone(),
            "policy" => task.policy.clone(),
        }
    };
    artifacts.owners.iter().map(task).collect()
}

fn region(world: &Resolved, place: Place) -> String {
    world.region(place).to_string()
}

/// Spells SHA-256 in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
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
    tags.extend(environment.project_id.as_ref().map(|id| ("infra:id".to_owned(), id.to_string())));
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

/// Where each resource was written, as `path:line:column`, and each hosted zone that is there already, by its id.
fn provenance(world: &Resolved, sources: &Sources, artifacts: &Artifacts) -> Object {
    let lines = sources.lines();
    let place = |entry: EntryId| match world.common(entry).1.at() {
        At::Span(span) | At::Hidden(span) => lines.position(span),
        At::File(file) => sources.get(file).map(|file| file.path.clone()).unwrap_or_default(),
        At::Caller { file, line } => format!("{file}:{line}"),
    };
    let mut all: BTreeMap<String, Object> = BTreeMap::new();
    let mut add = |at: Place, thing: String, entry: EntryId| {
        let stack = format!("{}@{}", world.stack_name(at), world.region(at));
        all.entry(stack).or_default().push(thing, place(entry));
    };
    for (handle, entry) in &artifacts.provenance {
        add(handle.place, handle.id.to_string(), *entry);
    }
    for (entry, zone) in &artifacts.zones {
        if let Some(id) = zone.id.as_text().filter(|id| !id.contains("${")) {
            add(Place { stack: entry.stack, edge: false }, id.to_owned(), *entry);
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::Value;

    use super::*;
    use crate::kinds::testing::{compile, compile_stacks, json};

    fn manifest(yaml: &str) -> Value {
        json(&compile(yaml), "manifest.json")
    }

    #[test]
    fn a_manifest_says_for_what_and_by_what_it_was_made() {
        let mut manifest = manifest("queues: { jobs: {} }\n");
        manifest["tool"]["version"] = "0".into();
        for key in ["stacks", "files", "documents", "edges", "zones", "provenance"] {
            manifest.as_object_mut().unwrap().remove(key).unwrap();
        }
        assert_snapshot!(manifest, @r#"{"version":1,"project":"shop","environment":"dev","account":"123456789012","region":"eu-west-1","partition":"aws","tool":{"name":"infra","version":"0"}}"#);
    }

    #[test]
    fn every_file_has_its_digest() {
        assert_eq!(digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let assembly = compile("queues: { jobs: {} }\n");
        let manifest = json(&assembly, "manifest.json");
        let path = "stacks/example.eu-west-1.template.json";
        assert_eq!(manifest["files"], serde_json::json!({ path: digest(&assembly.files[path]) }));
    }

    #[test]
    fn a_stack_says_what_it_needs_and_how_large_it_is() {
        let raw =
            "raw: { a: { type: AWS::SSM::Parameter, properties: { Type: String, Value: { Ref: core.QueueJobs } } } }\n";
        let assembly = compile_stacks(&[("core", "queues: { jobs: {} }\n"), ("params", raw)]);
        let manifest = json(&assembly, "manifest.json");
        let mut stack = manifest["stacks"][1].clone();
        stack["size"] = "left out".into();
        assert_snapshot!(serde_yaml::to_string(&stack).unwrap(), @"
        stack: params
        name: shop-dev-params
        region: eu-west-1
        template: stacks/params.eu-west-1.template.json
        dependsOn:
        - shop-dev-core
        parameters:
          CoreQueueJobsRef:
            stack: shop-dev-core
            region: eu-west-1
            output: QueueJobsRef
        outputs: {}
        capabilities: []
        tags:
          infra:environment: dev
          infra:project: shop
          infra:stack: params
        terminationProtection: false
        size: left out
        resources:
          count: 1
          shareOfLimit: 0.2%
        ");
        assert_eq!(manifest["stacks"][0]["outputs"]["QueueJobsRef"], "Ref of QueueJobs");
    }

    #[test]
    fn shares_are_in_tenths_of_a_percent() {
        assert_eq!(
            [share(0, 500), share(1, 500), share(500, 500), share(501, 500)],
            ["0.0%", "0.2%", "100.0%", "100.2%"]
        );
    }

    #[test]
    fn capabilities_are_asked_for_where_iam_is_in_the_template() {
        let role = |name: &str| {
            format!(
                "raw: {{ a: {{ type: AWS::IAM::Role, properties: {{ AssumeRolePolicyDocument: {{}}, {name} }} }} }}\n"
            )
        };
        for (yaml, expected) in [
            ("queues: { jobs: {} }\n".to_owned(), "[]"),
            (role("Description: a"), r#"["CAPABILITY_IAM"]"#),
            (role("RoleName: a"), r#"["CAPABILITY_NAMED_IAM"]"#),
        ] {
            assert_eq!(manifest(&yaml)["stacks"][0]["capabilities"].to_string(), expected);
        }
    }

    #[test]
    fn provenance_gives_file_line_and_column() {
        let manifest = manifest("queues:\n  jobs: { dead-letter: { enabled: false } }\n");
        assert_snapshot!(manifest["provenance"], @r#"{"shop-dev-example@eu-west-1":{"QueueJobs":"stacks/example.yaml:2:3","QueueJobsPolicy":"stacks/example.yaml:2:3"}}"#);
    }

    #[test]
    fn documents_wait_for_the_outputs_in_them() {
        let yaml = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
health-checks: { a: { check: { endpoint: { host: eu.example.com } } } }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] }, health-check: a } }
web-sites: { app: {} }
";
        assert_snapshot!(serde_yaml::to_string(&manifest(yaml)["documents"]).unwrap(), @"
        - path: dns/dev.example.com.change-batch.json
          needs:
          - stack: shop-dev-example
            region: eu-west-1
            output: HealthCheckAHealthCheckId
        - path: web/app/config.json
        ");
    }
}
