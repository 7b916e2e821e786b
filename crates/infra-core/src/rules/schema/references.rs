//! References between resources: attributes that exist, and targets of the type that is meant.

use super::hint;
use crate::artifacts::{Expr, Place};
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::facts::resource_types::{self, Relation, ResourceType};
use crate::view::{Owner, Prop, Resource, View};

/// Checks every `Fn::GetAtt` of resources and outputs.
pub(super) fn attributes<'v>(view: &'v View<'v>, diags: &mut Diagnostics) {
    for stack in view.stacks() {
        let place = stack.place();
        for resource in stack.resources() {
            walk(view, place, resource.properties(), diags);
        }
        stack.outputs().for_each(|(_, value)| walk(view, place, value, diags));
    }
}

fn walk<'v>(view: &'v View<'v>, place: Place, prop: Prop<'v>, diags: &mut Diagnostics) {
    match prop.expr() {
        Expr::Object(_) => prop.entries().for_each(|(_, value)| walk(view, place, value, diags)),
        Expr::List(_) => prop.items().for_each(|item| walk(view, place, item, diags)),
        other => inside(view, place, &prop, other, diags),
    }
}

/// What is inside a function shows as the place of the function.
fn inside<'v>(view: &'v View<'v>, place: Place, prop: &Prop<'v>, expr: &'v Expr, diags: &mut Diagnostics) {
    match expr {
        // What another stack gives is checked where that stack asks for it.
        Expr::Att(handle, name) if handle.place == place => {
            if let Some(target) = view.by_handle(handle) {
                diags.extend(unknown(prop, &target, name));
            }
        }
        Expr::List(parts) | Expr::Concat(parts) => parts.iter().for_each(|part| inside(view, place, prop, part, diags)),
        Expr::Object(object) => object.iter().for_each(|(_, value)| inside(view, place, prop, value, diags)),
        Expr::Call(_, argument) => inside(view, place, prop, argument, diags),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Parameter(_) => {}
    }
}

fn unknown(prop: &Prop<'_>, target: &Resource<'_>, name: &str) -> Option<Diagnostic> {
    let kind =
        resource_types::find(target.kind()).filter(|kind| !kind.is_serverless() && kind.attribute(name).is_none())?;
    let names: Vec<&str> = kind.attributes().collect();
    let mut finding = prop.finding(
        format!("`{}` has no attribute `{name}`", target.id()),
        format!("not an attribute of {}", kind.name()),
    );
    finding.id = "schema/unknown-attribute";
    finding.severity = Severity::Error;
    let help = match hint::meant(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("use `Ref`: {} has no attributes", kind.name()),
        None => format!("use one of {}", hint::list(names.iter().copied())),
    };
    Some(finding.note(format!("source: {}", hint::documentation(kind))).help(help))
}

/// Checks that what a resource refers to is of the type that the schema means.
pub(super) fn relations(kind: ResourceType, resource: &Resource<'_>, diags: &mut Diagnostics) {
    for (path, targets) in kind.relations() {
        let mut targets = Some(targets);
        super::each(resource.properties(), path, &mut |prop| {
            if let (Some(target), Some(targets)) = (prop.target(), targets.take()) {
                let wanted: Vec<Relation> = targets.collect();
                diags.extend(mismatch(path, &prop, &target.resource, target.attribute, &wanted));
            }
        });
    }
}

/// Whether what a property takes may be a name as well as an ARN, as its pattern shows.
fn takes_name(prop: &Prop<'_>) -> bool {
    let path = prop.path();
    let steps: Vec<&str> = path.split(['.', '[', ']']).filter(|step| !step.is_empty()).collect();
    let user = match prop.owner() {
        Owner::Resource(_) => prop.user().and_then(|user| resource_types::find(user.kind())),
        Owner::Object(_) | Owner::Set(_) | Owner::Outputs(_) => None,
    };
    let schema = user.and_then(|kind| kind.properties().follow(&steps));
    let pattern = schema.and_then(resource_types::Schema::pattern);
    pattern.is_some_and(|pattern| resource_types::pattern_matches(pattern, "name") == Some(true))
}

/// Reports a target that is certainly not what is meant. The sources list some targets of a property, seldom all, so
/// that a property counts only if it is named after its single type, such as `TopicArn`.
fn mismatch(
    path: &str,
    prop: &Prop<'_>,
    target: &Resource<'_>,
    attribute: Option<&str>,
    wanted: &[Relation],
) -> Option<Diagnostic> {
    let name = path.rsplit('.').find(|step| *step != "*")?.to_ascii_lowercase();
    let wants_arn = name.ends_with("arn") || name.ends_with("arns");
    let first = wanted.first().filter(|first| wanted.iter().all(|other| other.kind == first.kind))?;
    let kind = resource_types::find(target.kind()).filter(|_| wants_arn)?;
    let short = first.kind.rsplit("::").next()?.to_ascii_lowercase();
    let is_identifier = |text: &str| text.to_ascii_lowercase().ends_with("arn");
    let (title, help) = if kind.name() == first.kind {
        let gives = kind.reference().next().filter(|gives| attribute.is_none() && gives.ends_with("Name"))?;
        if takes_name(prop) {
            return None;
        }
        let arn = wanted.iter().find(|one| is_identifier(one.property))?;
        (
            format!("`Ref` of `{}` gives its `{gives}`, not its ARN", target.id()),
            format!("write `Fn::GetAtt: [{}, {}]`", target.id(), arn.property),
        )
    } else {
        let own = kind.name().rsplit("::").next()?.to_ascii_lowercase() + "arn";
        let is_own = |attribute: &&str| attribute.eq_ignore_ascii_case("arn") || attribute.eq_ignore_ascii_case(&own);
        attribute.filter(|attribute| is_own(attribute) && name.starts_with(&short))?;
        (
            format!("`{}` is an `{}`, not an `{}`", target.id(), kind.name(), first.kind),
            format!("refer to an `{}`", first.kind),
        )
    };
    let mut finding = prop.finding(title, format!("the ARN of an {} is meant", first.kind));
    finding.id = "schema/wrong-reference";
    Some(finding.note(format!("source: {}", hint::documentation(kind))).help(help))
}
