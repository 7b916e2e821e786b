//! The functions that a template calls: their names, the shape of their arguments, the transform that some need.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html> and
//! `intrinsic-function-reference-rules.html` of the same guide (read 2026-11-23).

use super::super::stack::LANGUAGE_EXTENSIONS;
use super::super::text::{CLOSE, OPEN};
use super::uses::{Call, Uses};
use super::{Stack, error, meant};
use crate::diag::Diagnostics;
use crate::source::{Node, Value};

/// What a function takes.
#[derive(Clone, Copy)]
enum Shape {
    /// Anything.
    Any,
    /// A name.
    Name,
    /// Text, or a function that gives some.
    Text,
    /// A list of so many items.
    Items(usize, usize),
    /// `Resource.Attribute`, or a list of both.
    Attribute,
    /// Text, or a list of text and a mapping.
    Substitution,
    /// A condition's name and two values.
    Choice,
    /// A macro's name and parameters, or a list of such.
    Macro,
    /// A mapping with these keys.
    Keys(&'static [&'static str]),
}

/// The functions, what each takes, and how one is written.
const FUNCTIONS: &[(&str, Shape, &str)] = &[
    ("Fn::And", Shape::Items(2, 10), "[condition, condition]"),
    ("Fn::Base64", Shape::Any, "text"),
    ("Fn::Cidr", Shape::Items(2, 3), "[block, count, bits]"),
    ("Fn::Contains", Shape::Items(2, 2), "[list, text]"),
    ("Fn::EachMemberEquals", Shape::Items(2, 2), "[list, text]"),
    ("Fn::EachMemberIn", Shape::Items(2, 2), "[list, list]"),
    ("Fn::Equals", Shape::Items(2, 2), "[value, value]"),
    ("Fn::FindInMap", Shape::Items(3, 4), "[Mapping, first key, second key]"),
    ("Fn::GetAZs", Shape::Text, "region"),
    ("Fn::GetAtt", Shape::Attribute, "[Resource, Attribute]"),
    ("Fn::GetStackOutput", Shape::Keys(&["StackName", "OutputName"]), "{ StackName: …, OutputName: … }"),
    ("Fn::If", Shape::Choice, "[Condition, value, value]"),
    ("Fn::ImportValue", Shape::Text, "name of the export"),
    ("Fn::Join", Shape::Items(2, 2), "[delimiter, [part, part]]"),
    ("Fn::Length", Shape::Any, "[item, item]"),
    ("Fn::Not", Shape::Items(1, 1), "[condition]"),
    ("Fn::Or", Shape::Items(2, 10), "[condition, condition]"),
    ("Fn::RefAll", Shape::Text, "type of parameter"),
    ("Fn::Select", Shape::Items(2, 2), "[index, list]"),
    ("Fn::Split", Shape::Items(2, 2), "[delimiter, text]"),
    ("Fn::Sub", Shape::Substitution, "text with ${Name}"),
    ("Fn::ToJsonString", Shape::Any, "{ … }"),
    ("Fn::Transform", Shape::Macro, "{ Name: …, Parameters: … }"),
    ("Fn::ValueOf", Shape::Items(2, 2), "[Parameter, attribute]"),
    ("Fn::ValueOfAll", Shape::Items(2, 2), "[type of parameter, attribute]"),
    ("Ref", Shape::Name, "Name"),
];

/// Functions that [`LANGUAGE_EXTENSIONS`] adds, apart from loops, which are gone when this looks at a template.
const EXTENSIONS: &[&str] = &["Fn::Length", "Fn::ToJsonString"];

const SOURCE: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html";

/// Checks the functions of a template.
pub(super) fn check(stack: &Stack, uses: &Uses<'_>, diags: &mut Diagnostics) {
    let is_extended = stack.transforms().any(|node| node.scalar() == Some(LANGUAGE_EXTENSIONS));
    for call in &uses.calls {
        let name = call.pair.key.as_str();
        let Some((_, shape, example)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            let finding = error(
                "cfn/unknown-function",
                call.pair.key_span,
                format!("there is no function `{name}`"),
                "not a function",
            );
            let finding = finding.note(format!("the functions are listed at {SOURCE}"));
            diags.push(meant(
                finding,
                name,
                FUNCTIONS.iter().map(|(known, ..)| *known),
                "remove it, or write the value",
            ));
            continue;
        };
        one(call, *shape, example, is_extended, diags);
        if EXTENSIONS.contains(&name) && !is_extended {
            diags.push(without_transform(name, call.pair.key_span));
        }
    }
    uses.dynamic.iter().for_each(|node| dynamic(node, diags));
}

/// Reports a function that works only with the transform.
pub(in super::super) fn without_transform(name: &str, span: crate::place::Span) -> crate::diag::Diagnostic {
    error(
        "cfn/transform-missing",
        span,
        format!("`{name}` needs a transform that the template does not have"),
        "not understood without it",
    )
    .note(
        "source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-languageextensions.html",
    )
    .help(format!("write `Transform: {LANGUAGE_EXTENSIONS}` at the top level"))
}

fn one(call: &Call<'_>, shape: Shape, example: &str, is_extended: bool, diags: &mut Diagnostics) {
    let name = call.pair.key.as_str();
    if call.neighbours > 0 && name != "Fn::Transform" {
        diags.push(
            error("cfn/function-neighbour", call.pair.key_span, format!("`{name}` has other keys beside it"), "not evaluated")
                .note("a function is a mapping of one key; with others beside it, CloudFormation takes it as plain data or refuses it")
                .help("put the other keys elsewhere, or use `Fn::If` for each of them"),
        );
    }
    // A macro is done before the function and may give any shape; the language extensions take functions in most places.
    let argument = &call.pair.value;
    let computes_id = matches!(shape, Shape::Attribute) && argument.items().len() >= 2;
    let is_made = argument.pair("Fn::Transform").is_some()
        || (is_extended && (is_function(argument) || (computes_id && argument.items().iter().all(is_text))));
    if is_made || fits(argument, shape, call) {
        return;
    }
    diags.push(
        error(
            "cfn/function-shape",
            call.pair.key_span,
            format!("`{name}` does not take this argument"),
            label(argument),
        )
        .note(format!("source: {SOURCE}"))
        .help(format!("write `{name}: {example}`")),
    );
}

fn label(argument: &Node) -> &'static str {
    match &argument.value {
        Value::Plain(_) | Value::Quoted(_) => "is given a scalar",
        Value::List(_) => "is given a list of other items or another number of them",
        Value::Map(_) => "is given a mapping",
    }
}

fn is_function(node: &Node) -> bool {
    matches!(node.pairs(), [only] if crate::artifacts::functions::is_function(&only.key))
}

fn is_text(node: &Node) -> bool {
    node.scalar().is_some() || is_function(node)
}

fn fits(argument: &Node, shape: Shape, call: &Call<'_>) -> bool {
    let items = argument.items();
    match shape {
        Shape::Any => true,
        Shape::Name => argument.scalar().is_some(),
        Shape::Text => is_text(argument),
        // The list of names that `Fn::Contains` and its kin take may be computed, and so may a list of conditions not.
        Shape::Items(least, most) => (least..=most).contains(&items.len()) && operands(call.pair.key.as_str(), items),
        Shape::Attribute => match argument.scalar() {
            Some(text) => text.split_once('.').is_some_and(|(id, name)| !id.is_empty() && !name.is_empty()),
            None => items.len() >= 2 && items.first().is_some_and(|id| id.scalar().is_some()),
        },
        Shape::Substitution => match items {
            [] => argument.scalar().is_some(),
            [text, variables] => text.scalar().is_some() && matches!(variables.value, Value::Map(_)),
            _ => false,
        },
        Shape::Choice => items.len() == 3 && items.first().is_some_and(|name| name.scalar().is_some()),
        // The list is what the authors of AWS's example macros write: <https://github.com/aws/aws-cli/issues/5619> (read
        // 2026-11-23).
        Shape::Macro => {
            let has_name = |node: &Node| node.pair("Name").is_some();
            has_name(argument) || (!items.is_empty() && items.iter().all(has_name))
        }
        Shape::Keys(keys) => keys.iter().all(|key| argument.pair(key).is_some()),
    }
}

/// What the items of a function's list are.
fn operands(name: &str, items: &[Node]) -> bool {
    let is_list = |node: &Node| matches!(node.value, Value::List(_)) || is_function(node);
    match (name, items) {
        ("Fn::Join", [delimiter, list]) => delimiter.scalar().is_some() && is_list(list),
        ("Fn::Select", [_, list]) => is_list(list),
        ("Fn::Split", [delimiter, _]) => delimiter.scalar().is_some(),
        ("Fn::And" | "Fn::Or" | "Fn::Not", items) => items.iter().all(|item| matches!(item.value, Value::Map(_))),
        _ => true,
    }
}

/// Services that dynamic references name.
const SERVICES: &[&str] = &["secretsmanager", "ssm", "ssm-secure"];

/// Checks the dynamic references of a text; one whose end comes from elsewhere (`Fn::Join`) is not looked at.
fn dynamic(node: &Node, diags: &mut Diagnostics) {
    let text = node.scalar().unwrap_or_default();
    for reference in text.split(OPEN).skip(1).filter_map(|rest| rest.split_once(CLOSE)).map(|(inside, _)| inside) {
        let (service, name) = reference.split_once(':').unwrap_or((reference, ""));
        if SERVICES.contains(&service) && !name.is_empty() && !name.ends_with('\\') {
            continue;
        }
        let finding = error("cfn/dynamic-reference", node.span, format!("`{OPEN}{reference}{CLOSE}` is no dynamic reference"), "cannot be looked up")
            .note("it names a service and a parameter or secret; source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html");
        let near = if SERVICES.contains(&service) { "" } else { service };
        diags.push(meant(
            finding,
            near,
            SERVICES.iter().copied(),
            "write `{{resolve:ssm:/name}}` or `{{resolve:secretsmanager:name:SecretString:key}}`",
        ));
    }
}
