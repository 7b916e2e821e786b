//! Limits of a template.

use super::super::text::OPEN;
use super::uses::Uses;
use super::{Stack, error};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::facts::limits::cloudformation as limits;
use crate::place::Span;

const SOURCE: &str =
    "source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html";

/// Checks how large a template is and how much is in it.
pub(super) fn check(stack: &Stack, bytes: usize, uses: &Uses<'_>, diags: &mut Diagnostics) {
    size(stack, bytes, diags);
    let sections = [
        ("Resources", limits::RESOURCES),
        ("Parameters", limits::PARAMETERS),
        ("Outputs", limits::OUTPUTS),
        ("Mappings", limits::MAPPINGS),
    ];
    for (section, most) in sections {
        let count = stack.section(section).len();
        if let Some(pair) = stack.source.pair(section).filter(|_| count > most) {
            diags.push(too_many(pair.key_span, &format!("section `{section}`"), count, most));
        }
    }
    for pair in stack.section("Mappings") {
        for inner in pair.value.pairs() {
            let count = inner.value.pairs().len();
            if count > limits::MAPPING_ATTRIBUTES {
                diags.push(too_many(
                    inner.key_span,
                    &format!("mapping `{}`", pair.key),
                    count,
                    limits::MAPPING_ATTRIBUTES,
                ));
            }
        }
    }
    let texts = uses.dynamic.iter().filter_map(|node| node.scalar());
    let count: usize = texts.map(|text| text.matches(OPEN).count()).sum();
    if let Some(last) = uses.dynamic.last().filter(|_| count > limits::DYNAMIC_REFERENCES) {
        diags.push(too_many(last.span, "the template's dynamic references", count, limits::DYNAMIC_REFERENCES));
    }
    descriptions(stack, diags);
}

fn size(stack: &Stack, bytes: usize, diags: &mut Diagnostics) {
    if bytes > limits::TEMPLATE_URL_BYTES {
        diags.push(
            Diagnostic::error("cfn/too-large", format!("the template has {bytes} bytes"))
                .at(At::File(stack.file), "too large for CloudFormation")
                .note(format!("a template has up to {} bytes; {SOURCE}", limits::TEMPLATE_URL_BYTES))
                .help("split the stack, or write the template without line breaks and blanks"),
        );
    } else if bytes > limits::TEMPLATE_BODY_BYTES {
        diags.push(
            Diagnostic::advice("cfn/too-large-inline", format!("the template has {bytes} bytes"))
                .at(At::File(stack.file), "deployed only by way of S3")
                .note(format!("a request takes templates of up to {} bytes; {SOURCE}", limits::TEMPLATE_BODY_BYTES))
                .help("give a bucket: `aws cloudformation deploy --s3-bucket …`"),
        );
    }
}

fn too_many(span: Span, what: &str, count: usize, most: usize) -> Diagnostic {
    error("cfn/too-many", span, format!("{what} has {count} entries"), &format!("{} more than allowed", count - most))
        .note(format!("up to {most} are allowed; {SOURCE}"))
        .help("split the stack")
}

fn descriptions(stack: &Stack, diags: &mut Diagnostics) {
    let own = stack.source.pair("Description").map(|pair| (pair, limits::DESCRIPTION_BYTES));
    let parts = [("Parameters", limits::PARAMETER_DESCRIPTION_LEN), ("Outputs", limits::OUTPUT_DESCRIPTION_BYTES)];
    let parts = parts.into_iter().flat_map(|(section, most)| {
        stack.section(section).iter().filter_map(move |pair| Some((pair.value.pair("Description")?, most)))
    });
    for (pair, most) in own.into_iter().chain(parts) {
        let length = pair.value.scalar().unwrap_or_default().len();
        if length > most {
            diags.push(
                error("cfn/too-long", pair.key_span, format!("a description has {length} bytes"), "too long")
                    .note(format!("up to {most} are allowed; {SOURCE}"))
                    .help("shorten it, and put the rest into `Metadata`"),
            );
        }
    }
}
