//! Parameters, mappings and conditions that nothing asks for.

use std::collections::BTreeSet;

use super::uses::{How, Uses};
use super::{Stack, names};
use crate::diag::{At, Diagnostic, Diagnostics};

/// Advises on what could be removed; a template that a macro rewrites is left alone.
pub(super) fn check(stack: &Stack, uses: &Uses<'_>, diags: &mut Diagnostics) {
    if stack.is_rewritten() || uses.calls.iter().any(|call| call.pair.key == "Fn::Transform") {
        return;
    }
    let named =
        |how: How| -> BTreeSet<&str> { uses.names.iter().filter(|it| it.how == how).map(|it| it.name).collect() };
    let is_computed = |section: &str| {
        let first =
            |call: &super::uses::Call<'_>| call.pair.value.items().first().is_some_and(|map| map.scalar().is_none());
        match section {
            "Mappings" | "Parameters" if stack.has_loops => true,
            "Mappings" => uses.calls.iter().any(|call| call.pair.key == "Fn::FindInMap" && first(call)),
            "Parameters" => uses.calls.iter().any(|call| match call.pair.key.as_str() {
                "Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll" => true,
                // The language extensions compute names.
                "Ref" => call.pair.value.scalar().is_none(),
                _ => false,
            }),
            _ => false,
        }
    };
    let all = [
        ("cfn/unused-parameter", "Parameters", "parameter", How::Ref),
        ("cfn/unused-mapping", "Mappings", "mapping", How::Mapping),
        ("cfn/unused-condition", "Conditions", "condition", How::Condition),
    ];
    for (id, section, what, how) in all {
        if is_computed(section) {
            continue;
        }
        let named = named(how);
        for name in names(stack, section).filter(|name| !named.contains(name)) {
            let Some(pair) = stack.entry(section, name) else { continue };
            diags.push(
                Diagnostic::advice(id, format!("{what} `{name}` is not used"))
                    .at(At::Span(pair.key_span), "nothing in the template names it")
                    .note(format!("who deploys the template has to think about a {what} that changes nothing"))
                    .help("remove it, or use it"),
            );
        }
    }
}
