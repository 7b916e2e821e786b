//! Short forms of CloudFormation's functions: `!GetAtt A.B` is `{"Fn::GetAtt": [A, B]}`.

use super::{Node, Pair, Span, Value};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};

/// Tags that name a function, and the function. The functions of `AWS::LanguageExtensions` have no short form.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html> and
/// `intrinsic-function-reference-rules.html` of the same guide (read 2026-11-23).
const SHORT_FORMS: &[(&str, &str)] = &[
    ("!And", "Fn::And"),
    ("!Base64", "Fn::Base64"),
    ("!Cidr", "Fn::Cidr"),
    ("!Condition", "Condition"),
    ("!Contains", "Fn::Contains"),
    ("!EachMemberEquals", "Fn::EachMemberEquals"),
    ("!EachMemberIn", "Fn::EachMemberIn"),
    ("!Equals", "Fn::Equals"),
    ("!FindInMap", "Fn::FindInMap"),
    ("!GetAZs", "Fn::GetAZs"),
    ("!GetAtt", "Fn::GetAtt"),
    ("!GetStackOutput", "Fn::GetStackOutput"),
    ("!If", "Fn::If"),
    ("!ImportValue", "Fn::ImportValue"),
    ("!Join", "Fn::Join"),
    ("!Not", "Fn::Not"),
    ("!Or", "Fn::Or"),
    ("!Ref", "Ref"),
    ("!RefAll", "Fn::RefAll"),
    ("!Select", "Fn::Select"),
    ("!Split", "Fn::Split"),
    ("!Sub", "Fn::Sub"),
    ("!Transform", "Fn::Transform"),
    ("!ValueOf", "Fn::ValueOf"),
    ("!ValueOfAll", "Fn::ValueOfAll"),
];

/// Spells out the tag of a node; reports one that is neither a function nor says what the value is anyway.
pub(super) fn long_form(tag: &str, span: Span, node: Node, diags: &mut Diagnostics) -> Node {
    if let Some((_, function)) = SHORT_FORMS.iter().find(|(short, _)| *short == tag) {
        let value = if *function == "Fn::GetAtt" { attribute(node) } else { node };
        return Node { value: Value::Map(vec![Pair { key: (*function).to_owned(), key_span: span, value }]), span };
    }
    match (tag, node.value) {
        ("!!str" | "!", Value::Plain(text)) => Node { value: Value::Quoted(text), span: node.span },
        ("!!int" | "!!float" | "!!bool" | "!!null", Value::Quoted(text)) => {
            Node { value: Value::Plain(text), span: node.span }
        }
        ("!!str" | "!" | "!!int" | "!!float" | "!!bool" | "!!null" | "!!map" | "!!seq", value) => {
            Node { value, span: node.span }
        }
        (_, value) => {
            diags.push(unknown(tag, span));
            Node { value, span: node.span }
        }
    }
}

fn unknown(tag: &str, span: Span) -> Diagnostic {
    let finding = Diagnostic::error("source/unknown-tag", format!("tag `{tag}` means nothing"))
        .at(At::Span(span), "neither a function of CloudFormation nor a type of YAML")
        .note("functions without a short form, such as `Fn::ForEach` and `Fn::Length`, are written in full");
    match suggest(tag, SHORT_FORMS.iter().map(|(short, _)| *short)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help("write the function in full, or remove the tag"),
    }
}

/// Takes `Resource.Attribute` apart at its first dot.
fn attribute(node: Node) -> Node {
    let Node { value: Value::Plain(text) | Value::Quoted(text), span } = &node else { return node };
    let Some((resource, name)) = text.split_once('.') else { return node };
    let part = |text: &str| Node { value: Value::Quoted(text.to_owned()), span: *span };
    Node { value: Value::List(vec![part(resource), part(name)]), span: *span }
}

#[cfg(test)]
mod tests {
    use super::super::{Sources, parse_foreign};
    use super::*;

    fn read(text: &str) -> (Vec<Node>, Diagnostics) {
        let mut diags = Diagnostics::default();
        let nodes = parse_foreign(Sources::default().add("a.yaml", text), text.as_bytes(), &mut diags);
        (nodes.unwrap_or_default(), diags)
    }

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Plain(text) => text.clone(),
            Value::Quoted(text) => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
            Value::Map(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|pair| format!("{}:{}", pair.key, show(&pair.value))).collect();
                format!("{{{}}}", pairs.join(","))
            }
        }
    }

    #[test]
    fn short_forms_are_spelled_out_wherever_they_stand() {
        let text = "a: !Ref b\nc: !GetAtt D.E.F\ng: !Join\n  - ''\n  - [!Sub '${h}', !Select [0, !GetAZs '']]\ni: !If [j, !Ref k, !Condition l]\n";
        let (nodes, diags) = read(text);
        assert!(diags.is_empty(), "{diags:?}");
        insta::assert_snapshot!(show(&nodes[0]), @r#"{a:{Ref:b},c:{Fn::GetAtt:["D","E.F"]},g:{Fn::Join:["",[{Fn::Sub:"${h}"},{Fn::Select:[0,{Fn::GetAZs:""}]}]]},i:{Fn::If:[j,{Ref:k},{Condition:l}]}}"#);
    }

    #[test]
    fn an_unknown_tag_is_reported_with_the_one_that_was_meant() {
        let (_, diags) = read("a: !GetAttr B.C\nb: !!binary aa\nc: !!str 1\n");
        let all: Vec<_> = diags.iter().map(|d| (d.title.as_str(), d.help[0].as_str())).collect();
        assert_eq!(
            all,
            [
                ("tag `!GetAttr` means nothing", "did you mean `!GetAtt`?"),
                ("tag `!!binary` means nothing", "write the function in full, or remove the tag")
            ]
        );
    }

    #[test]
    fn a_file_may_hold_several_documents_and_keys_that_are_numbers() {
        let (nodes, diags) = read("---\n---\na: 1\n---\n123456789012: b\nyes: c\n");
        assert!(diags.is_empty(), "{diags:?}");
        assert_eq!(nodes.iter().map(show).collect::<Vec<_>>(), ["{a:1}", "{123456789012:b,yes:c}"]);
    }

    #[test]
    fn a_duplicate_key_of_json_is_reported_by_the_yaml_reader() {
        let (_, diags) = read(r#"{"a": 1, "a": 2}"#);
        assert_eq!(diags.iter().map(|d| d.id).collect::<Vec<_>>(), ["source/duplicate-key"]);
    }
}
