//! Reads small systems and looks at what they become.

use insta::assert_snapshot;

use super::*;
use crate::artifacts::{Expr, Template};
use crate::diag::{At, Diagnostics};
use crate::place::Sources;
use crate::source::Step;

/// A system made of files, with what was found in them.
struct Case {
    sources: Sources,
    system: Option<System>,
    diags: Diagnostics,
}

fn read(files: &[(&str, &str)]) -> Case {
    let mut sources = Sources::default();
    let inputs: Vec<Input> = files.iter().map(|(path, text)| Input::new(sources.add(*path, *text))).collect();
    let mut diags = Diagnostics::default();
    let system = System::read(&inputs, &sources, &mut diags);
    Case { sources, system, diags }
}

impl Case {
    fn findings(self) -> String {
        let text = |at: &At| match at {
            At::Span(span) => {
                let bytes = &self.sources.get(span.file).unwrap().bytes[span.start as usize..span.end as usize];
                format!("{} `{}`", self.sources.line_column(span.file, span.start).0, String::from_utf8_lossy(bytes))
            }
            _ => "file".to_owned(),
        };
        let line = |diagnostic: &crate::diag::Diagnostic| {
            let at = diagnostic.primary.as_ref().map(|label| text(&label.at)).unwrap_or_default();
            let others: Vec<String> =
                diagnostic.others.iter().map(|label| format!(" + {} {}", text(&label.at), label.text)).collect();
            let others = others.concat();
            format!("{} {at}{others}: {} | {}", diagnostic.id, diagnostic.title, diagnostic.help.join("; "))
        };
        self.diags.clone().into_sorted().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn system(self) -> System {
        assert!(self.diags.is_empty(), "{:#?}", self.diags);
        self.system.unwrap()
    }
}

fn template(text: &str) -> Case {
    read(&[("a.yaml", text)])
}

fn show(template: &Template) -> String {
    let line = |resource: &crate::artifacts::Resource| {
        format!("{} {}", resource.handle.id, serde_json::to_string(resource).unwrap())
    };
    template.resources.values().map(line).collect::<Vec<_>>().join("\n")
}

/// Evaluates one value of a template with a parameter, a resource, a mapping and a condition.
fn value(yaml: &str) -> String {
    let text = format!(
        "Parameters: {{ Name: {{ Type: String, Default: shop }}, Ids: {{ Type: CommaDelimitedList, Default: 'a, b' }}, Open: {{ Type: String }}, Key: {{ Type: String, NoEcho: true, Default: x }}, Size: {{ Type: Number, Default: '3' }} }}\n\
         Mappings: {{ M: {{ eu: {{ size: 4, list: [x, y] }} }} }}\n\
         Conditions: {{ IsShop: !Equals [!Ref Name, shop] }}\n\
         Resources:\n  Q: {{ Type: 'AWS::SQS::Queue' }}\n  R:\n    Type: AWS::SQS::Queue\n    Properties:\n      V: {yaml}\n"
    );
    let case = template(&text);
    let system = case.system.unwrap();
    let templates = system.evaluate(&Variant::default());
    let Expr::Object(properties) = &templates[0].resources["R"].properties else { panic!("no object") };
    properties.get("V").map_or("absent".to_owned(), |value| serde_json::to_string(value).unwrap())
}

#[test]
fn references_become_what_they_stand_for() {
    let all = [
        "!Ref Name",
        "!Ref Ids",
        "!Ref Open",
        "!Ref Key",
        "!Ref Size",
        "!Ref Q",
        "!GetAtt Q.Arn",
        "!Ref AWS::Region",
        "!Ref AWS::NoValue",
        "!Ref Nothing",
    ];
    let values: Vec<_> = all.into_iter().map(value).collect();
    assert_snapshot!(values.join("\n"), @r#"
    "shop"
    ["a","b"]
    {"Ref":"Open"}
    {"Ref":"Key"}
    3
    {"Ref":"Q"}
    {"Fn::GetAtt":["Q","Arn"]}
    {"Ref":"AWS::Region"}
    absent
    {"Ref":"Nothing"}
    "#);
}

#[test]
fn functions_are_computed_as_far_as_they_are_known() {
    let all = [
        "!Sub '${Name}-${Q}-${Q.Arn}-${!x}'",
        "!Sub ['${a}${Name}', { a: !Ref Size }]",
        "!Join ['/', [a, !Ref Name, !Ref Ids]]",
        "!Join ['/', !Ref Ids]",
        "!Select [1, !Ref Ids]",
        "!Select [0, !Split [':', !GetAtt Q.Arn]]",
        "!FindInMap [M, eu, size]",
        "{ 'Fn::FindInMap': [M, us, size, { DefaultValue: 7 }] }",
        "!If [IsShop, !If [IsShop, yes, 2], !Ref AWS::NoValue]",
        "[!If [IsShop, !Ref AWS::NoValue, a], b]",
        "!GetAZs ''",
        "!ImportValue other",
        "'{{resolve:ssm:/a}}'",
        "!Base64 { 'Fn::Sub': '${Name}' }",
        "{ A: { 'Fn::Equals': [!Ref Open, 1] } }",
    ];
    let values: Vec<_> = all.into_iter().map(value).collect();
    assert_snapshot!(values.join("\n"), @r#"
    {"Fn::Sub":"shop-${Q}-${Q.Arn}-${!x}"}
    "3shop"
    {"Fn::Join":["/",["a","shop",["a","b"]]]}
    "a/b"
    "b"
    {"Fn::Select":[0,{"Fn::Split":[":",{"Fn::GetAtt":["Q","Arn"]}]}]}
    4
    7
    true
    ["b"]
    {"Fn::GetAZs":""}
    {"Fn::ImportValue":"other"}
    {"resolve":"ssm:/a"}
    "c2hvcA=="
    {"A":false}
    "#);
}

const CHOICE: &str = "
Parameters: { Stage: { Type: String, Default: dev, AllowedValues: [dev, prod, test] }, Zone: { Type: String, Default: '' } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  HasZone: !Not [!Equals [!Ref Zone, '']]
  Both: !And [!Condition IsProd, !Condition HasZone]
  IsHome: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  Q: { Type: AWS::SQS::Queue, Condition: IsProd, Properties: { QueueName: !If [Both, a, b] } }
  T: { Type: AWS::SNS::Topic, DependsOn: [Q], Properties: { TopicName: !If [IsHome, home, away], DisplayName: !Ref Zone } }
";

#[test]
fn every_value_that_a_condition_asks_for_makes_a_variant() {
    let system = read(&[("a.yaml", CHOICE), ("b.yaml", CHOICE)]).system.unwrap();
    let variants = system.variants();
    let all: Vec<String> = variants.list.iter().map(ToString::to_string).collect();
    assert_eq!(all, ["defaults", "AWS::Region=eu-west-1", "Stage=prod", "Zone=(other)"]);
    assert_snapshot!(show(&system.evaluate(&variants.list[0])[1]), @r#"T {"Type":"AWS::SNS::Topic","UpdateReplacePolicy":"Delete","Properties":{"TopicName":"away","DisplayName":""}}"#);
    assert_snapshot!(show(&system.evaluate(&variants.list[2])[0]), @r#"
    Q {"Type":"AWS::SQS::Queue","Condition":"IsProd","UpdateReplacePolicy":"Delete","Properties":{"QueueName":"b"}}
    T {"Type":"AWS::SNS::Topic","DependsOn":"Q","UpdateReplacePolicy":"Delete","Properties":{"TopicName":"away","DisplayName":""}}
    "#);
}

#[test]
fn without_conditions_there_is_one_variant() {
    let system = template("Resources: { Q: { Type: AWS::SQS::Queue } }\n").system();
    assert_eq!(system.variants(), Variants { list: vec![Variant::default()], left_out: 0 });
}

#[test]
fn values_that_decide_all_conditions_alike_make_one_variant() {
    let text = "
Conditions: { Known: !Or [!Equals [!Ref AWS::Region, eu-west-1], !Equals [!Ref AWS::Region, eu-west-2]] }
Resources: { Q: { Type: A::B::C, Condition: Known } }
";
    let all: Vec<String> = template(text).system().variants().list.iter().map(ToString::to_string).collect();
    assert_eq!(all, ["defaults", "AWS::Region=eu-west-1"]);
}

#[test]
fn variants_beyond_the_most_are_counted() {
    let conditions: Vec<String> = (0..40).map(|n| format!("  C{n}: !Equals [!Ref P, '{n}']\n")).collect();
    let text = format!(
        "Parameters: {{ P: {{ Type: String, Default: x }} }}\nConditions:\n{}Resources: {{ Q: {{ Type: A::B::C }} }}\n",
        conditions.concat()
    );
    let variants = template(&text).system.unwrap().variants();
    assert_eq!((variants.list.len(), variants.left_out), (32, 9));
}

#[test]
fn a_value_is_located_where_it_was_written() {
    let text = CHOICE.replace("!If [Both, a, b]", "!If [Both, a, !FindInMap [M, x, y]]")
        + "Mappings: { M: { x: { y: zz } } }\n";
    let case = template(&text);
    let system = case.system.as_ref().unwrap();
    let variant =
        Variant { values: [("Stage".to_owned(), Choice::Is("prod".to_owned()))].into(), ..Variant::default() };
    let handle = system.evaluate(&variant)[0].resources["Q"].handle.clone();
    let locate = |path: &[&str]| {
        let path: Vec<Step> = path.iter().map(|key| Step::from(*key)).collect();
        let found = system.locate(&variant, &handle, &path).unwrap();
        (text[found.node.span.start as usize..found.node.span.end as usize].to_owned(), found.exact)
    };
    assert_eq!(locate(&["Properties", "QueueName"]), ("zz".to_owned(), true));
    assert!(!locate(&["Properties", "Missing"]).1);
    assert_eq!(locate(&["Type"]), ("AWS::SQS::Queue".to_owned(), true));
}

#[test]
fn items_that_are_left_out_do_not_count() {
    let text = "Resources: { Q: { Type: A::B::C, Properties: { L: [!Ref AWS::NoValue, b, c] } } }\n";
    let system = template(text).system();
    let handle = system.evaluate(&Variant::default())[0].resources["Q"].handle.clone();
    let base = Variant::default();
    let found = system.locate(&base, &handle, &["Properties".into(), "L".into(), 1.into()]).unwrap();
    assert_eq!(&text[found.node.span.start as usize..found.node.span.end as usize], "c");
}

#[test]
fn imports_give_the_other_stacks_resource() {
    let one = "Resources: { Q: { Type: AWS::SQS::Queue } }\nOutputs: { O: { Value: !GetAtt Q.Arn, Export: { Name: !Sub 'a-${P}' } } }\nParameters: { P: { Type: String, Default: b } }\n";
    let two = "Resources: { T: { Type: AWS::SNS::Topic, Properties: { A: !ImportValue a-b, B: !GetStackOutput { StackName: one, OutputName: O } } } }\n";
    let system = read(&[("one.yaml", one), ("two.yaml", two)]).system();
    let Expr::Object(properties) = &system.evaluate(&Variant::default())[1].resources["T"].properties else { panic!() };
    for key in ["A", "B"] {
        let (handle, name) = properties.get(key).unwrap().target().unwrap();
        assert_eq!((handle.place.stack, handle.id.as_str(), name), (0, "Q", Some("Arn")));
    }
}

#[test]
fn loops_are_unrolled() {
    let text = "
Transform: AWS::LanguageExtensions
Parameters: { Names: { Type: CommaDelimitedList, Default: 'a,b' } }
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - 'Q${Name}': { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub 'x-${Name}', Key: !Ref Name, Count: { 'Fn::Length': !Ref Names } } }
  T: { Type: AWS::SNS::Topic, Properties: { A: !GetAtt Qb.Arn } }
";
    assert_snapshot!(show(&template(text).system().evaluate(&Variant::default())[0]), @r#"
    Qa {"Type":"AWS::SQS::Queue","UpdateReplacePolicy":"Delete","Properties":{"QueueName":"x-a","Key":"a","Count":2}}
    Qb {"Type":"AWS::SQS::Queue","UpdateReplacePolicy":"Delete","Properties":{"QueueName":"x-b","Key":"b","Count":2}}
    T {"Type":"AWS::SNS::Topic","UpdateReplacePolicy":"Delete","Properties":{"A":{"Fn::GetAtt":["Qb","Arn"]}}}
    "#);
}

#[test]
fn a_kubernetes_list_is_its_items_and_a_batch_knows_its_zone() {
    let objects = "apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Secret }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: a }\n";
    let batch = r#"{"HostedZoneId": "/hostedzone/Z1", "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "a."}}]}}"#;
    let system = read(&[("k.yaml", objects), ("b.json", batch)]).system();
    let bodies: Vec<_> = system.objects.iter().map(|it| serde_json::to_string(&it.body).unwrap()).collect();
    assert_eq!(
        bodies,
        [r#"{"apiVersion":"v1","kind":"Secret"}"#, r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}"#]
    );
    let batch = &system.batches[0];
    assert_eq!((batch.zone.as_deref(), batch.changes[0].action.as_str()), (Some("Z1"), "UPSERT"));
}

#[test]
fn an_assembly_of_the_cdk_says_where_its_stacks_are() {
    let manifest = r#"{"version": "1", "artifacts": {
        "A.assets": {"type": "cdk:asset-manifest"},
        "A": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "A.template.json", "terminationProtection": true}},
        "B": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "dependencies": ["A", "A.assets"], "properties": {"templateFile": "B.template.json", "stackName": "bee", "parameters": {"P": "7"}}}
    }}"#;
    let a = r#"{"Resources": {"Q": {"Type": "A::B::C", "Properties": {"R": {"Ref": "AWS::Region"}, "U": {"Ref": "AWS::URLSuffix"}, "N": {"Ref": "AWS::StackName"}}}}}"#;
    let b = r#"{"Parameters": {"P": {"Type": "String"}}, "Resources": {"Q": {"Type": "A::B::C", "Properties": {"P": {"Ref": "P"}}}}}"#;
    let system = read(&[
        ("out/A.template.json", a),
        ("out/B.template.json", b),
        ("out/manifest.json", manifest),
        ("out/tree.json", "{\"version\": \"tree-0.1\"}"),
    ])
    .system();
    let bee = &system.stacks[1];
    assert_eq!((bee.name.as_str(), bee.depends_on.as_slice(), bee.region), ("bee", &[0][..], None));
    assert_eq!(system.stacks[0].termination_protection, Some(true));
    let templates = system.evaluate(&Variant::default());
    assert_snapshot!(format!("{}\n{}", show(&templates[0]), show(&templates[1])), @r#"
    Q {"Type":"A::B::C","UpdateReplacePolicy":"Delete","Properties":{"R":"eu-west-1","U":"amazonaws.com","N":"A"}}
    Q {"Type":"A::B::C","UpdateReplacePolicy":"Delete","Properties":{"P":"7"}}
    "#);
}

#[test]
fn an_assembly_of_ours_binds_parameters_and_placeholders() {
    let manifest = r#"{"version": 1, "environment": "dev", "account": "111122223333", "stacks": [
        {"name": "core", "region": "eu-west-1", "template": "stacks/core.json", "dependsOn": [], "parameters": {}},
        {"name": "app", "region": "us-east-1", "template": "stacks/app.json", "dependsOn": ["core"], "parameters": {"CoreQ": {"stack": "core", "region": "eu-west-1", "output": "QArn"}}}],
        "zones": [{"domain": "example.com", "id": "Z9", "batch": "dns/a.json"}]}"#;
    let core =
        r#"{"Resources": {"Q": {"Type": "A::B::C"}}, "Outputs": {"QArn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}}}}"#;
    let app = r#"{"Parameters": {"CoreQ": {"Type": "String"}}, "Resources": {"T": {"Type": "A::B::C", "Properties": {"Q": {"Fn::Sub": "${CoreQ}"}}}}}"#;
    let batch =
        r#"{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "x-${output:core@eu-west-1:QArn}"}}]}"#;
    let system = read(&[
        ("o/manifest.json", manifest),
        ("o/stacks/core.json", core),
        ("o/stacks/app.json", app),
        ("o/dns/a.json", batch),
    ])
    .system();
    let Expr::Object(properties) = &system.evaluate(&Variant::default())[1].resources["T"].properties else { panic!() };
    assert_eq!(properties.get("Q").unwrap().target().unwrap().0.place.stack, 0);
    assert_eq!(system.batches[0].zone.as_deref(), Some("Z9"));
    assert_eq!(
        serde_json::to_string(&system.batches[0].changes[0].set).unwrap(),
        r#"{"Name":{"Fn::Sub":"x-${Q.Arn}"}}"#
    );
}

#[test]
fn what_a_file_is_not_is_said() {
    let case = read(&[("a.yaml", "Resourecs: {}\n"), ("b.yaml", "[")]);
    assert!(case.system.is_none());
    assert_snapshot!(case.findings(), @"
    foreign/unknown-document 1 `Resourecs`: nothing is known of such a document | `Resourecs`: did you mean `Resources`?
    source/syntax 1 ``: text is not valid YAML | check indentation, quotes and colons around this place
    ");
}

#[test]
fn sections_and_resources_that_are_not_understood() {
    let text = "
AWSTemplateFormatVersion: 2010-09-10
Resorces: {}
Parameters: { Q: { Type: Strng, Defualt: a } }
Resources:
  Q: { Type: AWS::SQS::Queue, Propertes: {}, DeletionPolicy: Keep, UpdateReplacePolicy: RetainExceptOnCreate }
  no-id: { Type: 'A' }
  None: { Properties: [] }
  List: []
";
    assert_snapshot!(template(text).findings(), @r#"
    cfn/format-version 2 `2010-09-10`: unknown version of the template format | write `AWSTemplateFormatVersion: "2010-09-09"`
    cfn/unknown-section 3 `Resorces`: a template has no section `Resorces` | did you mean `Resources`?
    cfn/unused-parameter 4 `Q`: parameter `Q` is not used | remove it, or use it
    cfn/parameter-type 4 `Strng`: `Strng` is not a type of parameters | did you mean `String`?
    cfn/unknown-attribute 4 `Defualt`: a parameter has no attribute `Defualt` | did you mean `Default`?
    cfn/name-taken 6 `Q` + 4 `Q` the parameter: `Q` is a parameter and a resource | rename one of them
    cfn/unknown-attribute 6 `Propertes`: a resource has no attribute `Propertes` | did you mean `Properties`?
    cfn/policy 6 `Keep`: `Keep` is not a value of `DeletionPolicy` | write `DeletionPolicy: Retain`
    cfn/policy 6 `RetainExceptOnCreate`: `RetainExceptOnCreate` is not a value of `UpdateReplacePolicy` | write `UpdateReplacePolicy: Retain`
    cfn/logical-id 7 `no-id`: `no-id` is not a name of section `Resources` | write `noid`
    cfn/no-type 7 `'A'`: `A` is not a resource type | write the type, such as `Type: AWS::SQS::Queue`
    cfn/no-type 8 `None`: resource `None` has no type | write the type, such as `Type: AWS::SQS::Queue`
    cfn/not-a-mapping 8 `[] `: `Properties` is a mapping | write `Properties: { Name: value }`
    cfn/not-a-mapping 9 `[]`: `List` of section `Resources` is a mapping | write `Name: { … }`
    "#);
}

#[test]
fn an_empty_template() {
    assert_snapshot!(template("Resources: {}\n").findings(), @"cfn/no-resources 1 `Resources`: the template has no resource | add a resource below `Resources`");
}

#[test]
fn names_that_lead_nowhere() {
    let text = "
Conditions: { Prod: !Equals [!Ref Queue, !Condition Prood] }
Resources:
  Queue: { Type: AWS::SQS::Queue, DependsOn: Topik, Condition: Prdo }
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      A: !Ref Quue
      B: !GetAtt Queu.Arn
      C: !Sub '${AWS::Regoin}${Queue.Arn}${x}'
      D: !If [Nope, 1, 2]
      E: !FindInMap [Map, a, b]
";
    assert_snapshot!(template(text).findings(), @"
    cfn/unused-condition 2 `Prod`: condition `Prod` is not used | remove it, or use it
    cfn/condition-needs-resource 2 `Queue` + 4 `Queue` the resource: `Queue` is a resource, and conditions know none | compare parameters, pseudo parameters and values of mappings only
    cfn/unknown-dependency 4 `Topik`: there is no resource `Topik` | did you mean `Topic`?
    cfn/unknown-condition 4 `Prdo`: there is no condition `Prdo` | did you mean `Prod`?
    cfn/unknown-reference 8 `Quue`: `Quue` is neither a parameter nor a resource | did you mean `Queue`?
    cfn/unknown-resource 9 `Queu.Arn`: there is no resource `Queu` | did you mean `Queue`?
    cfn/unknown-reference 10 `'${AWS::Regoin}${Queue.Arn}${x}'`: `AWS::Regoin` is neither a parameter nor a resource | did you mean `AWS::Region`?
    cfn/unknown-reference 10 `'${AWS::Regoin}${Queue.Arn}${x}'`: `x` is neither a parameter nor a resource | add it, or import it from the stack that has it; text `${…}` is written `${!…}`
    cfn/unknown-condition 11 `Nope`: there is no condition `Nope` | add `Nope` to section `Conditions`
    cfn/unknown-mapping 12 `Map`: there is no mapping `Map` | add `Map` to section `Mappings`
    ");
}

#[test]
fn functions_that_are_not_understood() {
    let text = "
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      A: { 'Fn::Jion': ['', []] }
      B: !Join [a]
      C: !GetAtt Q
      D: { 'Fn::Length': [] }
      E: { Ref: AWS::Region, X: 1 }
      F: '{{resolve:smm:/a}}{{resolve:ssm:/b}}'
      G: { 'Fn::Select': [0], X: 1 }
";
    assert_snapshot!(template(text).findings(), @"
    cfn/unknown-function 6 `'Fn::Jion'`: there is no function `Fn::Jion` | did you mean `Fn::Join`?
    cfn/function-shape 7 `!Join`: `Fn::Join` does not take this argument | write `Fn::Join: [delimiter, [part, part]]`
    cfn/function-shape 8 `!GetAtt`: `Fn::GetAtt` does not take this argument | write `Fn::GetAtt: [Resource, Attribute]`
    cfn/transform-missing 9 `'Fn::Length'`: `Fn::Length` needs a transform that the template does not have | write `Transform: AWS::LanguageExtensions` at the top level
    cfn/dynamic-reference 11 `'{{resolve:smm:/a}}{{resolve:ssm:/b}}'`: `{{resolve:smm:/a}}` is no dynamic reference | did you mean `ssm`?
    cfn/function-shape 12 `'Fn::Select'`: `Fn::Select` does not take this argument | write `Fn::Select: [index, list]`
    cfn/function-neighbour 12 `'Fn::Select'`: `Fn::Select` has other keys beside it | put the other keys elsewhere, or use `Fn::If` for each of them
    ");
}

#[test]
fn circles_are_reported_once_with_their_path() {
    let text = "
Resources:
  A: { Type: A::B::C, Properties: { X: !Ref B } }
  B: { Type: A::B::C, DependsOn: C }
  C: { Type: A::B::C, Properties: { X: !GetAtt A.Arn, Y: !Sub '${B}' } }
  D: { Type: A::B::C, Properties: { X: !Ref A } }
  E: { Type: A::B::C, Properties: { X: !Ref E } }
";
    assert_snapshot!(template(text).findings(), @"
    cfn/cycle 3 `B` + 4 `C` `B` needs `C` + 5 `A.Arn` `C` needs `A`: resources need each other: A -> B -> C -> A | remove one of these references, or move it to a resource of its own, such as `AWS::EC2::SecurityGroupIngress`
    cfn/self-reference 7 `E`: resource `E` needs itself | write the value out, or move this part to another resource
    ");
}

#[test]
fn parameters_that_break_their_own_rules_and_entries_that_are_not_used() {
    let text = "
Parameters:
  A: { Type: String, Default: c, AllowedValues: [a, b] }
  B: { Type: Number, Default: 9, MaxValue: 8 }
  C: { Type: Number, Default: x }
  D: { Type: String, Default: abc, MaxLength: 2 }
  E: { Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /a, MaxLength: 1 }
  F: { Type: CommaDelimitedList, Default: [a] }
Mappings: { M: { a: { b: c } } }
Conditions: { X: !Equals [!Ref A, b] }
Resources: { Q: { Type: A::B::C, Properties: { L: [!Ref A, !Ref B, !Ref C, !Ref D, !Ref E] } } }
";
    assert_snapshot!(template(text).findings(), @r#"
    cfn/parameter-default 3 `c` + 3 `AllowedValues` the rule: the default of parameter `A` is not allowed | change the default or `AllowedValues`
    cfn/parameter-default 4 `9` + 4 `MaxValue` the rule: the default of parameter `B` is not allowed | change the default or `MaxValue`
    cfn/parameter-default 5 `x` + 5 `Type` the rule: the default of parameter `C` is not allowed | change the default or `Type`
    cfn/parameter-default 6 `abc` + 6 `MaxLength` the rule: the default of parameter `D` is not allowed | change the default or `MaxLength`
    cfn/unused-parameter 8 `F`: parameter `F` is not used | remove it, or use it
    cfn/parameter-default 8 `a`: the default of parameter `F` is not text | write the items of a list as one text: `Default: "a,b"`
    cfn/unused-mapping 9 `M`: mapping `M` is not used | remove it, or use it
    cfn/unused-condition 10 `X`: condition `X` is not used | remove it, or use it
    "#);
}

#[test]
fn exports_are_unique_and_imports_exist() {
    let one = "Resources: { Q: { Type: A::B::C } }\nOutputs: { O: { Value: a, Export: { Name: shop-queue } }, P: { Export: {} } }\n";
    let two = "Resources: { T: { Type: A::B::C, Properties: { A: !ImportValue shop-qeue } } }\nOutputs: { O: { Value: a, Export: { Name: shop-queue } } }\n";
    assert_snapshot!(read(&[("1.yaml", one), ("2.yaml", two)]).findings(), @r#"
    cfn/output-value 2 `P`: output `P` has no value | write `Value: …`
    cfn/output-value 2 `Export`: the export of output `P` has no name | write `Export: { Name: … }`
    cfn/import-of-nothing 1 `shop-qeue`: no stack here exports `shop-qeue` | did you mean `shop-queue`?
    cfn/export-twice 2 `O` + 2 `O` the first time: `shop-queue` is exported twice | put the stack's name into it: `!Sub "${AWS::StackName}-…"`
    "#);
}

#[test]
fn a_template_has_limits() {
    let resources: Vec<String> = (0..501).map(|n| format!("  R{n}: {{ Type: A::B::C }}\n")).collect();
    assert_snapshot!(template(&format!("Description: {}\nResources:\n{}", "a".repeat(1025), resources.concat())).findings(), @"
    cfn/too-long 1 `Description`: a description has 1025 bytes | shorten it, and put the rest into `Metadata`
    cfn/too-many 2 `Resources`: section `Resources` has 501 entries | split the stack
    ");
    let long = format!("Resources: {{ R: {{ Type: A::B::C, Properties: {{ A: {} }} }} }}\n", "a".repeat(51_200));
    assert_snapshot!(template(&long).findings(), @"cfn/too-large-inline file: the template has 51257 bytes | give a bucket: `aws cloudformation deploy --s3-bucket …`");
}

#[test]
fn names_made_by_macros_are_not_missed() {
    let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: { Type: AWS::Serverless::Function, Properties: { Role: !GetAtt MadeByTheTransform.Arn } }\n";
    assert_snapshot!(template(text).findings(), @"cfn/serverless 3 `F`: resources of the serverless transform are not checked | run `sam validate --lint`, or check the template that the transform makes");
}

#[test]
fn a_loop_needs_the_transform_and_its_shape() {
    let text = "Resources:\n  Fn::ForEach::A: [N, [a, b], { 'Q${N}': { Type: A::B::C } }]\n  Fn::ForEach::B: [N, !Ref X, {}]\n";
    assert_snapshot!(template(text).findings(), @"
    cfn/transform-missing 2 `Fn::ForEach::A`: `Fn::ForEach` needs a transform that the template does not have | write `Transform: AWS::LanguageExtensions` at the top level
    cfn/loop 3 `Fn::ForEach::B`: loop `Fn::ForEach::B` cannot be unrolled | write `Fn::ForEach::Name: [Identifier, [a, b], { Key${Identifier}: … }]`
    ");
}

#[test]
fn a_loop_over_what_only_the_deployment_knows_is_left_alone() {
    let text = "
Transform: AWS::LanguageExtensions
Parameters: { Names: { Type: CommaDelimitedList }, Stage: { Type: String } }
Mappings:
  One: { prod: { Ids: [a, b] } }
  Two: { prod: { Ids: [a] }, dev: { Ids: [b] } }
Resources:
  Fn::ForEach::A: [N, !Ref Names, { 'Q${N}': { Type: A::B::C } }]
  Fn::ForEach::B: [N, !FindInMap [One, !Ref Stage, Ids], { 'R${N}': { Type: A::B::C, Properties: { X: !Ref Qx } } }]
  Fn::ForEach::C: [N, !FindInMap [Two, !Ref Stage, Ids], { 'S${N}': { Type: A::B::C } }]
";
    let case = template(text);
    let names: Vec<_> = case.system.as_ref().unwrap().evaluate(&Variant::default())[0]
        .resources
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["Ra", "Rb"]);
    assert_snapshot!(case.findings(), @"
    cfn/open-loop 8 `Fn::ForEach::A`: what loop `Fn::ForEach::A` makes is not checked | give the parameter a default, or check the template that CloudFormation processes it into
    cfn/open-loop 10 `Fn::ForEach::C`: what loop `Fn::ForEach::C` makes is not checked | give the parameter a default, or check the template that CloudFormation processes it into
    ");
}

#[test]
fn a_macro_is_a_list_or_an_argument() {
    let text = "
Resources:
  T:
    Type: A::B::C
    Properties:
      A: { 'Fn::Transform': [{ Name: AWS::Include, Parameters: { Location: s3://a/b } }] }
      B: { 'Fn::Sub': { 'Fn::Transform': { Name: Text } } }
      C: { 'Fn::Transform': [] }
";
    assert_snapshot!(template(text).findings(), @"cfn/function-shape 8 `'Fn::Transform'`: `Fn::Transform` does not take this argument | write `Fn::Transform: { Name: …, Parameters: … }`");
}

#[test]
fn what_loops_and_computed_names_use_is_used() {
    let resource = "{ 'Q${N}': { Type: A::B::C } }";
    let looped = format!(
        "Transform: AWS::LanguageExtensions\nParameters: {{ Stage: {{ Type: String }} }}\nMappings: {{ M: {{ a: {{ b: [c] }} }} }}\n\
         Resources: {{ 'Fn::ForEach::A': [N, !FindInMap [M, !Ref Stage, b], {resource}] }}\n"
    );
    assert_snapshot!(template(&looped).findings(), @"");
    let computed = "Transform: AWS::LanguageExtensions\nParameters: { PA: { Type: String } }\n\
                    Resources: { T: { Type: A::B::C, Properties: { X: { Ref: { 'Fn::Sub': PA } } } } }\n";
    assert_snapshot!(template(computed).findings(), @"");
}

#[test]
fn the_language_extensions_compute_ids() {
    let text = "
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::A: [N, [a, b], { 'Q${N}': { Type: A::B::C, Properties: { X: !GetAtt [!Sub 'T${N}', !Sub '${N}'] } } }]
  Ta: { Type: A::B::C }
";
    let template = &template(text).system().evaluate(&Variant::default())[0];
    assert_snapshot!(show(template), @r#"
    Qa {"Type":"A::B::C","UpdateReplacePolicy":"Delete","Properties":{"X":{"Fn::GetAtt":["Ta","a"]}}}
    Qb {"Type":"A::B::C","UpdateReplacePolicy":"Delete","Properties":{"X":{"Fn::GetAtt":["Tb","b"]}}}
    Ta {"Type":"A::B::C","UpdateReplacePolicy":"Delete"}
    "#);
}

#[test]
fn what_a_serverless_function_needs_is_no_cycle_and_conditions_have_any_name() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Conditions: { A&B: !Equals [a, a] }
Resources:
  F: { Type: AWS::Serverless::Function, Condition: A&B, Properties: { DeploymentPreference: { Alarms: [!Ref A] } } }
  A: { Type: AWS::CloudWatch::Alarm, Condition: A&B, Properties: { Dimensions: [{ Name: FunctionName, Value: !Ref F }] } }
";
    assert_snapshot!(template(text).findings(), @"cfn/serverless 5 `F`: resources of the serverless transform are not checked | run `sam validate --lint`, or check the template that the transform makes");
}

#[test]
fn a_policy_is_a_mapping_or_a_choice_of_two() {
    let text = "
Conditions: { Prod: !Equals [!Ref 'AWS::Region', eu-west-1] }
Resources:
  A: { Type: A::B::C, CreationPolicy: !If [Prod, { ResourceSignal: { Count: 1 } }, !Ref 'AWS::NoValue'] }
  B: { Type: A::B::C, CreationPolicy: !Ref A, UpdatePolicy: }
  C: { Type: A::B::C, UpdatePolicy: [1] }
";
    assert_snapshot!(template(text).findings(), @"
    cfn/not-a-mapping 5 `!Ref`: `CreationPolicy` is a mapping | write `CreationPolicy: { … }`, or remove it
    cfn/not-a-mapping 6 `1`: `UpdatePolicy` is a mapping | write `UpdatePolicy: { … }`, or remove it
    ");
}

#[test]
fn a_dependency_that_is_not_created_is_advised_on() {
    assert_snapshot!(template(CHOICE).findings(), @"cfn/depends-on-nothing 10 `Q` + 9 `Q` created only under its condition: `T` waits for `Q`, which is not created | give both resources the same condition, or remove the `DependsOn`");
}

#[test]
fn values_that_grow_without_end_stay_unknown() {
    let mut text = "x".to_owned();
    for _ in 0..12 {
        text = format!("{{\"Fn::Sub\": [\"${{a}}${{a}}${{a}}${{a}}${{a}}${{a}}${{a}}${{a}}\", {{\"a\": {text}}}]}}")
            .replace(": x}", ": \"xxxxxxxx\"}");
    }
    let file = format!("{{\"Resources\": {{\"Q\": {{\"Type\": \"A::B::C\", \"Properties\": {{\"A\": {text}}}}}}}}}");
    let system = read(&[("a.json", &file)]).system.unwrap();
    assert_eq!(system.evaluate(&Variant::default())[0].resources.len(), 1);
}

#[test]
fn chains_of_conditions_end() {
    let chain: Vec<String> = (0..5000).map(|n| format!("  C{n}: !Condition C{}\n", n + 1)).collect();
    let text = format!(
        "Conditions:\n{}  C5000: !Equals [a, a]\nResources: {{ Q: {{ Type: A::B::C, Condition: C0 }} }}\n",
        chain.concat()
    );
    let system = template(&text).system.unwrap();
    assert_eq!(system.evaluate(&Variant::default())[0].resources.len(), 0);
}

#[test]
fn stacks_that_import_from_each_other_are_evaluated_to_an_end() {
    let stack = |own: &str, other: &str| {
        let import = format!("!ImportValue {other}");
        format!(
            "Resources: {{ Q: {{ Type: A::B::C }} }}\nOutputs: {{ O: {{ Value: !Join ['', [{import}, {import}, x]], Export: {{ Name: {own} }} }} }}\n"
        )
    };
    let system = read(&[("a.yaml", &stack("a", "b")), ("b.yaml", &stack("b", "a"))]).system();
    let value = &system.evaluate(&Variant::default())[0].outputs["O"].value;
    assert_snapshot!(serde_json::to_string(value).unwrap(), @r#"{"Fn::Join":["",[{"Fn::ImportValue":"b"},{"Fn::ImportValue":"b"},"x",{"Fn::ImportValue":"b"},{"Fn::ImportValue":"b"},"xx",{"Fn::ImportValue":"b"},{"Fn::ImportValue":"b"},"x",{"Fn::ImportValue":"b"},{"Fn::ImportValue":"b"},"xxx"]]}"#);
}

#[test]
fn the_deepest_values_fit_on_the_stack() {
    for (open, close) in [("!If [C, ", ", x]"), ("!Join ['', [", "]]"), ("[", "]"), ("{ a: ", "}"), ("!Not [", "]")] {
        let levels = if open.contains(", [") { 28 } else { 56 };
        let nested = format!("{}x{}", open.repeat(levels), close.repeat(levels));
        let text = format!(
            "Conditions: {{ C: !Equals [a, a], D: {nested} }}\nResources: {{ Q: {{ Type: A::B::C, Condition: C, Properties: {{ A: {nested} }} }} }}\n"
        );
        let system = template(&text).system.unwrap();
        assert_eq!(system.evaluate(&Variant::default())[0].resources.len(), 1, "{open}");
    }
}

#[test]
fn files_of_other_tools_are_left_alone_in_one_line() {
    let case = read(&[
        ("values.yaml", "replicaCount: 2\n"),
        ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("templates/a.yaml", "metadata:\n  name: {{ .Release.Name }}\n{{- if .Values.a }}\nb: c\n{{- end }}\n"),
        ("compose.yaml", "services: { a: { image: b } }\n"),
        ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"),
    ]);
    assert_eq!(case.system.as_ref().unwrap().objects.len(), 1);
    let found = case.findings();
    assert_eq!(found.lines().filter(|line| line.starts_with("foreign/left-alone")).count(), 5, "{found}");
    assert_eq!(found.lines().count(), 5, "{found}");
}

#[test]
fn an_import_of_an_export_that_is_put_together_is_found() {
    let exporter = "Resources: { T: { Type: AWS::SNS::Topic } }\nOutputs: { A: { Value: !Ref T, Export: { Name: !Sub '${AWS::StackName}:Arn' } } }\n";
    let importer = |name: &str| {
        format!(
            "Parameters: {{ From: {{ Type: String, Default: network }} }}\nResources: {{ Q: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: {name} }} }} }}\n"
        )
    };
    let found = |name: &str| read(&[("a.yaml", exporter), ("b.yaml", &importer(name))]).findings();
    assert_eq!(found("!ImportValue { 'Fn::Sub': '${From}:Arn' }"), "");
    let system = read(&[("a.yaml", exporter), ("b.yaml", &importer("!ImportValue 'network:Arn'"))]).system.unwrap();
    assert_snapshot!(show(&system.evaluate(&Variant::default())[1]), @r#"Q {"Type":"AWS::SQS::Queue","UpdateReplacePolicy":"Delete","Properties":{"QueueName":{"Ref":"T"}}}"#);
}

#[test]
fn stacks_that_take_from_each_other_are_one_component() {
    let exporter =
        "Resources: { T: { Type: AWS::SNS::Topic } }\nOutputs: { A: { Value: !Ref T, Export: { Name: a } } }\n";
    let importer = "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !ImportValue a } } }\n";
    let alone = "Resources: { Q: { Type: AWS::SQS::Queue } }\n";
    let system = read(&[("a.yaml", exporter), ("b.yaml", alone), ("c.yaml", importer)]).system.unwrap();
    assert_eq!(system.components(&[]), [vec![0, 2], vec![1]]);
    assert_eq!(system.components(&[(0, 1)]), [vec![0, 1, 2]]);
}

#[test]
fn each_template_has_values_of_its_own_within_its_bounds() {
    let asks = "Parameters: { Days: { Type: Number, Default: 7 } }\nConditions: { None: !Equals [!Ref Days, 0] }\nResources: { Q: { Type: A::B::C, Properties: { A: !If [None, a, b] } } }\n";
    let bounded = asks.replace("Default: 7", "Default: 7, MinValue: 1");
    assert_eq!(template(&bounded).system.unwrap().variants().list.len(), 1);
    let system = read(&[("a.yaml", asks), ("b.yaml", &bounded)]).system.unwrap();
    let variants = system.variants_of(&[0]);
    assert_eq!((variants.list.len(), system.evaluate(&variants.list[1]).len()), (2, 1));
    assert_eq!(system.variants_of(&[1]).list.len(), 1);
}

#[test]
fn parts_of_objects_are_no_objects() {
    let case = read(&[
        ("o/kustomization.yaml", "resources: [../base]\npatches: [{ path: ./more/web.yaml }]\n"),
        ("o/more/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 2 }\n"),
    ]);
    assert_eq!(case.system.as_ref().unwrap().objects.len(), 0);
    assert_eq!(case.findings().lines().filter(|line| line.starts_with("foreign/left-alone")).count(), 2);
}
