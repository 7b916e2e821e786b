//! The shape of mappings, and what is asked of them.

use super::uses::{Call, Uses};
use super::{Stack, error, meant};
use crate::diag::Diagnostics;
use crate::source::{Node, Value};

const SOURCE: &str =
    "source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/mappings-section-structure.html";

/// Checks that each mapping has two levels of keys, and text, numbers or lists below them, and that the keys that functions
/// name are there.
pub(super) fn check(stack: &Stack, uses: &Uses<'_>, diags: &mut Diagnostics) {
    shapes(stack, diags);
    uses.calls.iter().filter(|call| call.pair.key == "Fn::FindInMap").for_each(|call| keys(stack, call, diags));
}

fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// Checks the keys of one `Fn::FindInMap`, as far as they are written or are the default of a parameter.
fn keys(stack: &Stack, call: &Call<'_>, diags: &mut Diagnostics) {
    let [map, first, second, rest @ ..] = call.pair.value.items() else { return };
    let Some(mapping) = map.scalar().and_then(|name| stack.entry("Mappings", name)) else { return };
    let names = |node: &Node| node.pairs().iter().any(|pair| is_function(&pair.key));
    let has_default = rest.first().is_some_and(|options| options.pair("DefaultValue").is_some());
    if has_default || names(&mapping.value) || mapping.value.pairs().iter().any(|pair| names(&pair.value)) {
        return;
    }
    let levels = mapping.value.pairs();
    let inner: Vec<&str> = match text_of(stack, first) {
        Some(name) => match mapping.value.pair(name) {
            Some(level) => level.value.pairs().iter().map(|pair| pair.key.as_str()).collect(),
            None => {
                return missing(
                    diags,
                    first,
                    &mapping.key,
                    name,
                    &levels.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(),
                );
            }
        },
        None => levels.iter().flat_map(|level| level.value.pairs()).map(|pair| pair.key.as_str()).collect(),
    };
    if let Some(name) = text_of(stack, second).filter(|name| !inner.contains(name)) {
        missing(diags, second, &mapping.key, name, &inner);
    }
}

/// Returns a key that is written, or the default of the parameter that is named.
fn text_of<'a>(stack: &'a Stack, key: &'a Node) -> Option<&'a str> {
    key.scalar().or_else(|| match key.pairs() {
        [only] if only.key == "Ref" => {
            stack.entry("Parameters", only.value.scalar()?)?.value.pair("Default")?.value.scalar()
        }
        _ => None,
    })
}

fn missing(diags: &mut Diagnostics, key: &Node, mapping: &str, name: &str, known: &[&str]) {
    let title = format!("mapping `{mapping}` has no key `{name}`");
    let finding = error("cfn/unmapped-key", key.span, title, "finds nothing")
        .note("CloudFormation refuses a template that asks a mapping for a key that it does not have")
        .note("source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html");
    diags.push(meant(finding, name, known.iter().copied(), &format!("add `{name}` to mapping `{mapping}`")));
}

fn shapes(stack: &Stack, diags: &mut Diagnostics) {
    for mapping in stack.section("Mappings").iter().filter(|pair| !is_function(&pair.key)) {
        for first in mapping.value.pairs().iter().filter(|pair| !is_function(&pair.key)) {
            if !matches!(first.value.value, Value::Map(_)) {
                let title =
                    format!("mapping `{}` has one level of keys at `{}`, two are needed", mapping.key, first.key);
                diags.push(
                    error("cfn/mapping-shape", first.key_span, title, "a value in the place of the second level")
                        .note(SOURCE)
                        .help(format!("write `{}: {{ <name>: <value> }}`", first.key)),
                );
                continue;
            }
            for second in first.value.pairs().iter().filter(|pair| matches!(pair.value.value, Value::Map(_))) {
                if second.value.pairs().iter().any(|pair| is_function(&pair.key)) || is_function(&second.key) {
                    continue;
                }
                let title =
                    format!("mapping `{}` has three levels of keys at `{}`, two are needed", mapping.key, second.key);
                diags.push(
                    error("cfn/mapping-shape", second.key_span, title, "keys in the place of a value")
                        .note(SOURCE)
                        .help("write text, a number or a list here, and make a mapping of its own of the third level"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Example;

    fn found(template: &str) -> Vec<String> {
        let findings = Example::read(template).findings();
        let of_document =
            findings.iter().filter_map(|it| Some((it, it.id.split_once('/').filter(|id| id.0 == "cfn")?.1)));
        of_document.map(|(it, problem)| format!("{problem}: {}", it.title)).collect()
    }

    #[test]
    fn a_mapping_has_two_levels_of_keys() {
        let of = |mapping: &str| {
            let key = "!FindInMap [Sizes, small, type]";
            found(&format!(
                "Mappings: {{ Sizes: {mapping} }}\nResources: {{ T: {{ Type: AWS::SNS::Topic, Properties: {{ DisplayName: {key} }} }} }}\n"
            ))
        };
        assert_eq!(of("{ small: { type: t3.small } }"), [""; 0]);
        assert_eq!(of("{ small: { type: [t3.small] } }"), [""; 0]);
        assert!(of("{ small: t3.small }").iter().any(|it| it.starts_with("mapping-shape")));
        assert!(of("{ small: { type: { a: b } } }").iter().any(|it| it.starts_with("mapping-shape")));
    }

    #[test]
    fn keys_that_are_written_or_defaults_are_there() {
        let of = |call: &str| {
            found(&format!(
                "Parameters: {{ Stage: {{ Type: String, Default: dev }} }}\nMappings: {{ Sizes: {{ small: {{ type: t3.small }} }} }}\nResources: {{ T: {{ Type: AWS::SNS::Topic, Properties: {{ DisplayName: {call} }} }} }}\nOutputs: {{ A: {{ Value: !FindInMap [Sizes, small, type] }}, B: {{ Value: !Ref Stage }} }}\n"
            ))
        };
        assert_eq!(of("!FindInMap [Sizes, small, type]"), [""; 0]);
        assert_eq!(of("!FindInMap [Sizes, smal, type]"), ["unmapped-key: mapping `Sizes` has no key `smal`"]);
        assert_eq!(of("!FindInMap [Sizes, small, typ]"), ["unmapped-key: mapping `Sizes` has no key `typ`"]);
        assert_eq!(of("!FindInMap [Sizes, !Ref Stage, type]"), ["unmapped-key: mapping `Sizes` has no key `dev`"]);
        assert_eq!(of("!FindInMap [Sizes, !Ref AWS::Region, typ]"), ["unmapped-key: mapping `Sizes` has no key `typ`"]);
        assert_eq!(of("!FindInMap [Sizes, !Ref AWS::Region, type]"), [""; 0]);
    }
}
