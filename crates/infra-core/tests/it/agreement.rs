//! Our own output is judged as anyone's: what is found in a project is found in what it compiles to, and the other way
//! round; and documents are judged alike alone and beside others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use infra_core::diag::{Diagnostic, Diagnostics, Severity};
use infra_core::foreign::Input;
use infra_core::kinds::KINDS;
use infra_core::model::load;
use infra_core::model::{Definition, Environment};
use infra_core::place::Sources;

/// What is found about one thing: id, weight, the thing.
type Found = BTreeSet<(&'static str, Severity, String)>;

fn about_things(findings: &[Diagnostic]) -> Found {
    findings.iter().filter_map(|it| Some((it.id, it.severity, it.subject.clone()?))).collect()
}

/// What is found in documents.
fn of_documents(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let inputs: Vec<Input> = files.into_iter().map(|(path, bytes)| Input::new(sources.add(path, bytes))).collect();
    infra_core::check_documents(&inputs, &sources, None).0.findings
}

/// What is found in a definition, and in what it compiles to.
fn both(load: &dyn Fn(&mut Sources, &mut Diagnostics) -> Definition) -> (Found, Found) {
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let own = infra_core::check(load(&mut sources, &mut diags), None);
    let definition = load(&mut sources, &mut diags);
    let assembly = infra_core::compile(definition, &[], &sources, &mut diags).expect("it compiles");
    (about_things(&own.findings), about_things(&of_documents(assembly.files)))
}

fn example(text: &str) -> (Found, Found) {
    both(&|sources, diags| {
        let environment = Environment::new("dev", "111122223333", "eu-west-1", "dev.example.com").unwrap();
        let file = sources.add("stacks/example.yaml", text.as_bytes());
        let stack = load::stack_file(sources, file, diags).expect("it is read");
        load::definition(&"shop".parse().unwrap(), environment, vec![stack].into(), &[], diags)
    })
}

fn differences(found: &(Found, Found)) -> Vec<String> {
    let own = found.0.difference(&found.1).map(|it| format!("only in the project: {it:?}"));
    own.chain(found.1.difference(&found.0).map(|it| format!("only in the output: {it:?}"))).collect()
}

#[test]
fn the_example_of_every_kind_is_judged_like_its_output() {
    let mut wrong = Vec::new();
    for kind in KINDS {
        wrong.extend(differences(&example(kind.example)).iter().map(|it| format!("{}: {it}", kind.section)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn raw_and_patched_resources_are_judged_like_their_output() {
    const PATCHES: &[&str] = &[
        "replace: { path: /Properties/VisibilityTimeout, value: 50000 }",
        "replace: { path: /Properties/RedrivePolicy, value: { maxReceiveCount: 1, deadLetterTargetArn: { Fn::GetAtt: [QueueJobsDead, Arn] } } }",
        "remove: { path: /Properties/RedrivePolicy }",
        "add: { path: /Properties/KmsMasterKeyId, value: { Ref: Vault } }",
        "add: { path: /Properties/Nope, value: 1 }",
        "add: { path: /DependsOn, value: Nothing }",
        "add: { path: /Properties/Tags, value: [{ Key: a, Value: { Fn::Sub: 'x-$${AWS::Region}' } }] }",
        "replace: { path: /DeletionPolicy, value: Retain }",
    ];
    const VALUES: &[&str] = &[
        "a",
        "{ Ref: QueueJobs }",
        "{ Fn::GetAtt: [QueueJobs, Arm] }",
        "{ Fn::Sub: 'a $${QueueJobs.Arn}' }",
        "{ Fn::Join: ',' }",
        "{ Fn::Join: ['-', [a, { Ref: AWS::Region }]] }",
        "{ Fn::GetAttr: [QueueJobs, Arn] }",
        "{ Fn::Select: [0, [a, b]] }",
        "{ Ref: RawNote }",
        "{ Fn::FindInMap: [A, b, c] }",
        "{ Fn::If: [C, a, b] }",
        "[a]",
        "5",
        "{ Fn::Sub: 'a $${Nope}' }",
        "{ Fn::ImportValue: shared }",
        "{ Fn::Split: [',', 'a,b'] }",
        "{ Fn::Base64: a }",
        "{ Fn::GetAZs: '' }",
    ];
    const TYPES: &[&str] =
        &["AWS::SSM::Parameter", "aws::ssm::parameter", "AWS::SSM::Paramter", "AWS::SQS::Queue", "Org::Own::Thing"];
    let mut wrong = Vec::new();
    let mut count = 0;
    for (at, value) in VALUES.iter().enumerate() {
        for kind in TYPES {
            for patch in PATCHES.iter().skip(at % 2).step_by(2) {
                let text = format!(
                    "topics: {{ t: {{ subscriptions: {{ jobs: {{ queue: jobs }} }} }} }}\nqueues:\n  jobs:\n    overrides: [{{ resource: QueueJobs, reason: a test, patch: [{{ {patch} }}] }}]\nraw:\n  note: {{ type: '{kind}', properties: {{ Type: String, Value: {value} }} }}\n"
                );
                count += 1;
                wrong.extend(differences(&example(&text)).iter().map(|it| format!("{kind} {value} {patch}: {it}")));
            }
        }
    }
    assert!(count >= 300, "{count}");
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_bundled_platform_is_judged_like_its_output() {
    let read = |path: &str| fs::read(repository().join(path)).expect("the file is there");
    for name in ["dev", "prod"] {
        let found = both(&|sources, diags| {
            let file = sources.add("infra.yaml", read("infra.yaml"));
            let project = load::project(sources, file, diags).expect("the project is read");
            let environment = project.environment(&name.parse().unwrap()).expect("there is one");
            let mut stacks = Vec::new();
            let mut names: Vec<PathBuf> =
                fs::read_dir(repository().join("stacks")).unwrap().map(|it| it.unwrap().path()).collect();
            names.sort();
            for path in names {
                let name = format!("stacks/{}", path.file_name().unwrap().to_string_lossy());
                let file = sources.add(name.clone(), read(&name));
                stacks.extend(load::stack_file(sources, file, diags));
            }
            load::definition(&project.project, environment, stacks.into(), &[], diags)
        });
        assert_eq!(differences(&found), Vec::<String>::new(), "{name}");
    }
}

/// The templates of the CDK and those of the rules that stand alone, each with a name of its own.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for rule in infra_core::rules::all() {
        let (name, text) = (rule.id.replace('/', "-"), rule.bad_example());
        // Several files, or another region, make a deployment.
        if text.contains("\n#:") || text.contains("${AWS::StackName}") {
            continue;
        }
        // Zones, domains and names of their own: examples are about the same few.
        let number = files.len();
        let text = text.replace("example.com", &format!("n{number}.example"));
        let text = text.replace("orders", &format!("orders{number}"));
        let text = text.replace("Z0123456789EXAMPLE0", &format!("Z0123456789EXAMP{number:03}"));
        files.push((format!("{name}.yaml"), text.into_bytes()));
    }
    files
}

#[test]
fn what_is_found_in_many_templates_is_what_is_found_in_each() {
    let corpus: Vec<_> =
        corpus().into_iter().filter(|(_, text)| text.windows(10).any(|it| it == b"Resources:")).collect();
    assert!(corpus.len() > 60, "{}", corpus.len());
    let mut together = about_things(&of_documents(corpus.clone()));
    // A name that two of them take is about both at once.
    together.retain(|(id, ..)| *id != "cloudformation/name-twice");
    let mut alone: Found = corpus.into_iter().flat_map(|file| about_things(&of_documents([file]))).collect();
    alone.retain(|(id, ..)| *id != "cloudformation/name-twice");
    assert_eq!(differences(&(alone, together)), Vec::<String>::new());
}
