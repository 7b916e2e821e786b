//! Secrets in the parts of a template that no resource has: defaults, mappings, metadata.

use super::Stack;
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::facts::secrets;
use crate::source::{Node, Value};

/// Parts that belong to the template; resources and outputs are looked at where they are evaluated.
const SECTIONS: &[&str] = &["Conditions", "Description", "Mappings", "Metadata", "Parameters", "Rules"];

/// Reports each text that has the form of a secret, as the rule about secrets does for properties.
pub(super) fn check(stack: &Stack, diags: &mut Diagnostics) {
    for section in SECTIONS {
        stack.source.pair(section).into_iter().for_each(|pair| walk(&pair.value, section, diags));
    }
    for resource in stack.section("Resources") {
        let title = format!("metadata of `{}`", resource.key);
        resource.value.pair("Metadata").into_iter().for_each(|pair| walk(&pair.value, &title, diags));
    }
}

fn walk(node: &Node, owner: &str, diags: &mut Diagnostics) {
    match &node.value {
        Value::Plain(text) | Value::Quoted(text) => {
            if let Some(form) = secrets::found(text) {
                let title = format!("{owner} holds what has the form of a {form}");
                let mut finding = Diagnostic::error("security/secret-literal", title);
                finding = finding.at(At::Hidden(node.span), "a literal");
                finding.code = Some("SEC-001");
                diags.push(finding.note(WHY).help(
                    "keep it in Secrets Manager, and refer to it: `{{resolve:secretsmanager:…}}` or a mounted file",
                ));
            }
        }
        Value::List(items) => items.iter().for_each(|item| walk(item, owner, diags)),
        Value::Map(pairs) => pairs.iter().for_each(|pair| walk(&pair.value, owner, diags)),
    }
}

const WHY: &str = "what stands in a template is read by everyone who may read the repository or the stack, and stays in their history";
