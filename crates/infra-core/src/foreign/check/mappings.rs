//! The shape of mappings.

use super::{Stack, error};
use crate::diag::Diagnostics;
use crate::source::Value;

const SOURCE: &str =
    "source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/mappings-section-structure.html";

/// Checks that each mapping has two levels of keys, and text, numbers or lists below them.
pub(super) fn check(stack: &Stack, diags: &mut Diagnostics) {
    let is_function = |key: &str| key == "Ref" || key.starts_with("Fn::");
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
