//! Templates of others: data made by the CDK and by ourselves, and properties of the evaluation.
#![expect(clippy::panic, reason = "test helpers")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use infra_core::artifacts::Expr;
use infra_core::diag::{Diagnostics, Severity};
use infra_core::foreign::{FINDINGS, Input, System, Variant};
use infra_core::source::Sources;
use proptest::collection::vec;
use proptest::prelude::*;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(paths: &[PathBuf]) -> (Option<System>, Diagnostics) {
    let mut sources = Sources::default();
    let mut input = |path: &PathBuf| {
        let bytes = fs::read(path).expect("the file is readable");
        Input::new(sources.add(path.display().to_string(), bytes))
    };
    let inputs: Vec<Input> = paths.iter().map(&mut input).collect();
    let mut diags = Diagnostics::default();
    let system = System::read(&inputs, &sources, &mut diags);
    (system, diags)
}

#[test]
fn templates_of_the_cdk_are_read_without_findings() {
    let mut paths = files(&repository().join("benches/data/cdk-orders"));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    let (system, diags) = read(&paths);
    assert!(diags.is_empty(), "{diags:#?}");
    let system = system.expect("a system");
    let variants = system.variants();
    let templates = system.evaluate(&variants.list[0]);
    let resources: usize = templates.iter().map(|template| template.resources.len()).sum();
    assert_eq!((paths.len(), resources, variants.list.len()), (7, 190, 1));
}

/// Every import of the data finds the stack that exports it, so none is left as a call.
#[test]
fn imports_of_the_cdk_are_bound() {
    let mut paths = files(&repository().join("benches/data/cdk-orders"));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    let system = read(&paths).0.expect("a system");
    let mut left = Vec::new();
    let mut crossing = 0;
    for template in system.evaluate(&Variant::default()) {
        for resource in template.resources.values() {
            let mut properties = resource.properties.clone();
            properties.walk_mut(&mut |value| {
                if let Expr::Call(name, argument) = value
                    && name == "Fn::ImportValue"
                {
                    left.push(argument.as_text().map(str::to_owned));
                }
                crossing +=
                    usize::from(value.target().is_some_and(|(handle, _)| handle.place != resource.handle.place));
            });
        }
    }
    assert_eq!(left, []);
    assert!(crossing >= 45, "{crossing}");
}

#[test]
fn our_own_assemblies_are_read_without_mistakes() {
    for project in fs::read_dir(repository().join("snapshots")).expect("there are snapshots") {
        for environment in fs::read_dir(project.expect("a project").path()).expect("there are environments") {
            let folder = environment.expect("an environment").path();
            let (system, mut diags) = read(&files(&folder));
            let list = std::mem::take(&mut diags).into_sorted();
            let bad: Vec<_> = list.iter().filter(|finding| finding.severity != Severity::Advice).collect();
            assert!(bad.is_empty(), "{}: {bad:#?}", folder.display());
            let system = system.expect("a system");
            assert!(system.stacks.iter().all(|stack| stack.is_named && stack.region.is_some()));
            for template in system.evaluate(&Variant::default()) {
                for resource in template.resources.values() {
                    let mut properties = resource.properties.clone();
                    properties.walk_mut(&mut |value| {
                        // What a parameter of SSM holds is known when the stack is deployed.
                        let open = matches!(value, Expr::Parameter(name) if !name.starts_with("Ssm"));
                        assert!(!open, "{}: {value:?}", resource.handle.id);
                    });
                }
            }
        }
    }
}

#[test]
fn every_finding_is_listed_once_and_sorted() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/foreign");
    let mut used = std::collections::BTreeSet::new();
    for path in files(&room).iter().filter(|path| !path.ends_with("findings.rs") && !path.ends_with("tests.rs")) {
        let text = fs::read_to_string(path).expect("UTF-8");
        let ids = text.split('"').filter(|part| part.starts_with("cfn/") || part.starts_with("foreign/"));
        used.extend(ids.map(str::to_owned));
    }
    let listed: Vec<String> = FINDINGS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(listed, used.into_iter().collect::<Vec<_>>());
    for (id, doc) in FINDINGS {
        assert!(doc.ends_with('.'), "{id}");
    }
}

const NAMES: &str = "A|B|R0|R1|P|L|M|C0|C1|AWS::Region|AWS::NoValue|R0.Arn|\\$\\{P\\}|\\{\\{resolve:|a,b|0|1|";

const FUNCTIONS: &str = "Ref|Condition|Fn::(And|Or|Not|Equals|If|Sub|Join|Select|Split|GetAtt|FindInMap|Base64|Cidr|GetAZs|ImportValue|GetStackOutput|Length|ToJsonString|Transform|ForEach::A|Nope)";

/// Any nesting of functions, lists and mappings, well formed or not.
fn tree() -> impl Strategy<Value = serde_json::Value> {
    let scalar = prop_oneof![
        NAMES.prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
    ];
    scalar.prop_recursive(6, 64, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            (FUNCTIONS, inner.clone()).prop_map(|(name, argument)| serde_json::json!({ name: argument })),
            proptest::collection::btree_map(NAMES, inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn template(condition: &serde_json::Value, resources: &[(String, serde_json::Value)]) -> String {
    let resources: Vec<String> = resources.iter().map(|(id, value)| format!("\"{id}\":{value}")).collect();
    format!(
        r#"{{"Parameters":{{"P":{{"Type":"String","AllowedValues":["x","y"]}},"L":{{"Type":"CommaDelimitedList","Default":"a,b"}}}},
        "Mappings":{{"M":{{"A":{{"B":"c"}}}}}},"Conditions":{{"C0":{condition},"C1":{{"Fn::Equals":[{{"Ref":"P"}},"y"]}}}},
        "Outputs":{{"O":{{"Value":{condition},"Export":{{"Name":"A"}}}}}},"Resources":{{{}}}}}"#,
        resources.join(",")
    )
}

/// Reads and evaluates a template under all its variants; gives each variant's resources by id.
fn evaluate(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut sources = Sources::default();
    let input = Input::new(sources.add("a.json", text));
    let mut diags = Diagnostics::default();
    let Some(system) = System::read(&[input], &sources, &mut diags) else { panic!("{diags:#?}") };
    let resources = |variant: &Variant| {
        let template = system.evaluate(variant).remove(0);
        template.resources.iter().map(|(id, it)| (id.to_string(), format!("{it:?}"))).collect()
    };
    system.variants().list.iter().map(resources).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_of_functions_is_evaluated_in_any_order(condition in tree(), values in vec(tree(), 1..5)) {
        let resource = |(index, value)| {
            (format!("R{index}"), serde_json::json!({ "Type": "A::B::C", "Properties": { "A": value }, "DependsOn": value }))
        };
        let mut resources: Vec<_> = values.iter().enumerate().map(resource).collect();
        let forward = evaluate(&template(&condition, &resources));
        resources.reverse();
        prop_assert_eq!(forward, evaluate(&template(&condition, &resources)));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(Resources|Ref|Fn::|!Sub|!If|[\\[\\]{}:, \n'\"a0!-]){0,40}") {
        let mut sources = Sources::default();
        let input = Input::new(sources.add("a.yaml", text.as_bytes()));
        let mut diags = Diagnostics::default();
        let system = System::read(&[input], &sources, &mut diags);
        prop_assert!(system.is_some() || diags.has_errors());
    }
}

/// What is found in documents, without places: id, subject and title.
fn found(files: &[(String, String)]) -> Vec<String> {
    let mut sources = Sources::default();
    let inputs: Vec<Input> = files.iter().map(|(name, text)| Input::new(sources.add(name, text.as_bytes()))).collect();
    let (checked, _) = infra_core::check_documents(&inputs, &sources, "2026-11-23".parse().ok());
    let mut lines: Vec<String> =
        checked.findings.iter().map(|it| format!("{} {:?} {}", it.id, it.subject, it.title)).collect();
    lines.sort();
    lines
}

/// The templates of the CDK with the resources of each in another order.
fn reordered(turn: usize) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = files(&repository().join("benches/data/cdk-orders"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let mut template: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).expect("the file is readable")).expect("it is JSON");
            let resources =
                template.get_mut("Resources").and_then(|it| it.as_object_mut()).expect("there are resources");
            let mut pairs: Vec<(String, serde_json::Value)> = std::mem::take(resources).into_iter().collect();
            let count = pairs.len();
            pairs.rotate_left(turn % count.max(1));
            if turn % 2 == 1 {
                pairs.reverse();
            }
            resources.extend(pairs);
            (path.file_name().expect("it has a name").to_string_lossy().into_owned(), template.to_string())
        })
        .collect();
    let count = files.len();
    files.rotate_left(turn % count.max(1));
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_order_of_resources_and_files_never_changes_what_is_found(turn in 1_usize..200) {
        prop_assert_eq!(found(&reordered(turn)), found(&reordered(0)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rules_and_schemas_take_any_value(values in vec(tree(), 1..6)) {
        let kinds = ["AWS::SQS::Queue", "AWS::CloudFront::Distribution", "AWS::IAM::Role", "AWS::Route53::RecordSetGroup",
            "AWS::EKS::Cluster", "AWS::ElasticLoadBalancingV2::Listener"];
        let resources: serde_json::Map<String, serde_json::Value> = values.iter().zip(kinds).enumerate().map(|(at, (value, kind))| {
            (format!("R{at}"), serde_json::json!({ "Type": kind, "Properties": value }))
        }).collect();
        let text = serde_json::json!({ "Resources": resources }).to_string();
        found(&[("any.json".to_owned(), text)]);
    }
}
