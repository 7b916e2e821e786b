//! Every property of every CloudFormation resource against what AWS publishes about its type.
//!
//! A value that only the deployment knows is silent, unless it is certain to be of the wrong type. CloudFormation
//! converts between strings, numbers and booleans, so these are not told apart where they mean the same.

mod check;
mod choice;
mod findings;
mod format;
mod hint;
mod list;
mod mistake;
mod object;
mod references;
mod scalar;
mod shape;
#[cfg(test)]
mod tests;
mod version;

pub use findings::FINDINGS;

use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::facts::packaging;
use crate::facts::resource_types::{self, Availability, ResourceType, amended};
use crate::view::{Prop, Resource, View};
use check::Checker;
use mistake::{Mistake, Problem};

/// Checks every resource of a deployment.
///
/// Types of others (`Org::Service::Type`), modules and types of the serverless transform are left alone.
pub fn check<'v>(view: &'v View<'v>, diags: &mut Diagnostics) {
    for (name, mut resources) in view.kinds() {
        match resource_types::find(name) {
            Some(kind) if kind.is_serverless() => {}
            Some(kind) => resources.for_each(|resource| one(kind, &resource, diags)),
            None if is_of_aws(name) => diags.extend(resources.next().map(|first| unknown_type(name, &first))),
            None => {}
        }
    }
    references::attributes(view, diags);
}

/// Whether findings of an id are about what a value says, which a rule may say better.
pub(super) fn is_about_value(id: &str) -> bool {
    let of_values = [
        "deprecated-version",
        "enum",
        "format",
        "items",
        "length",
        "not-allowed",
        "not-together",
        "not-unique",
        "pattern",
        "range",
    ];
    id.strip_prefix("schema/").is_some_and(|problem| of_values.contains(&problem))
}

fn is_of_aws(name: &str) -> bool {
    let first = name.split("::").next().unwrap_or_default();
    let is_first = ["AWS", "Alexa"].iter().any(|known| known.eq_ignore_ascii_case(first));
    (is_first || !name.contains("::")) && !name.ends_with("::MODULE")
}

fn unknown_type(name: &str, resource: &Resource<'_>) -> Diagnostic {
    let mut finding = resource.finding(format!("there is no resource type `{name}`"), "is of no type that exists");
    finding.id = "schema/unknown-type";
    finding.severity = Severity::Error;
    let near = hint::meant(name, resource_types::names().collect::<Vec<_>>().iter().copied());
    finding
        .note("source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html")
        .help(near.map_or_else(|| "write the name of a type".to_owned(), |near| format!("did you mean `{near}`?")))
}

fn one(kind: ResourceType, resource: &Resource<'_>, diags: &mut Diagnostics) {
    diags.extend(region(kind, resource));
    let root = resource.properties();
    let mut checker = Checker::new();
    checker.check(kind.properties(), root);
    let of_schema = checker.found.len();
    let mut is_warning: Vec<bool> = Vec::new();
    for condition in kind.conditions().filter(|condition| !amended::is_left_to_rules(condition.rule)) {
        checker.lowercase = condition.lowercase;
        each(root, condition.path, &mut |prop| {
            checker.check(condition.schema, prop);
        });
        is_warning.resize(checker.found.len() - of_schema, condition.is_warning());
    }
    for path in kind.read_only().filter(|path| amended::is_read_only(kind, path)) {
        each(root, path, &mut |prop| {
            checker.no(prop, Problem::ReadOnly);
        });
    }
    for path in kind.deprecated() {
        each(root, path, &mut |prop| {
            checker.no(prop, Problem::Deprecated);
        });
    }
    if !checker.found.is_empty() {
        let mut found = Diagnostics::default();
        report(
            kind,
            resource,
            &checker.found,
            |at| at >= of_schema && is_warning.get(at - of_schema) == Some(&true),
            &mut found,
        );
        // Which classes a version took that is deprecated by now, nobody publishes: a database that has both keeps them.
        let is_old = found.iter().any(|finding| finding.id == "schema/deprecated-version");
        let of_class = |it: &Diagnostic| it.id == "schema/enum" && it.title.starts_with("`DBInstanceClass`");
        diags.extend(found.into_sorted().into_iter().filter(|finding| !(is_old && of_class(finding))));
    }
    references::relations(kind, resource, diags);
}

/// Reports mistakes, of those about one value the first, which the schema itself found.
fn report<'v>(
    kind: ResourceType,
    resource: &Resource<'v>,
    found: &[Mistake<'v>],
    is_warning: impl Fn(usize) -> bool,
    diags: &mut Diagnostics,
) {
    for (at, mistake) in found.iter().enumerate() {
        let earlier = found.iter().take(at);
        let is_told =
            mistake.is_of_content() && earlier.clone().any(|it| it.is_of_content() && it.is_at(mistake.prop.expr()));
        if is_told || is_misspelt(mistake, found) || is_packaged(kind, mistake) || is_amended(kind, mistake) {
            continue;
        }
        let is_computed = mistake.is_of_computed();
        if is_computed && mistake.is_of_empty() {
            continue;
        }
        let mut finding = mistake.report(kind, resource);
        if is_computed {
            finding.notes.push("a parameter, a mapping or a function gives this value".to_owned());
        }
        if is_computed || is_warning(at) || mistake.is_of_newer() {
            finding.severity = Severity::Warning;
        }
        diags.push(finding);
    }
}

/// Whether what is missing is there under a name that is nearly right, which is reported itself.
fn is_misspelt(mistake: &Mistake<'_>, found: &[Mistake<'_>]) -> bool {
    let Problem::Missing(missing) = mistake.problem else { return false };
    found.iter().any(|other| match &other.problem {
        Problem::Unknown { name, object, .. } => {
            mistake.is_at(object) && hint::meant(name, std::iter::once(missing)).is_some()
        }
        _ => false,
    })
}

/// Whether text stands where `aws cloudformation package` puts an object.
fn is_packaged(kind: ResourceType, mistake: &Mistake<'_>) -> bool {
    matches!((&mistake.problem, mistake.prop.expr()), (Problem::Type(_), Expr::Text(_)))
        && packaging::is_artifact(kind.name(), &mistake.prop.path())
}

/// Whether the source of the schema is wrong about the value, or what it says is of no consequence.
fn is_amended(kind: ResourceType, mistake: &Mistake<'_>) -> bool {
    let path = mistake.prop.path();
    let text = mistake.prop.text().unwrap_or_default();
    match &mistake.problem {
        Problem::Scalar { schema, fault: scalar::Fault::Format } => {
            schema.format() == Some("ipv4-network")
                && format::fits("ipv6-network", &text)
                && amended::takes_both_families(kind, &path)
        }
        // A family of versions, such as `17`, is none of the deprecated ones: the service chooses a version of it.
        Problem::NotAllowed(Some(reason)) if path.ends_with("EngineVersion") => {
            reason.condition.property("EngineVersion").is_some_and(|versions| {
                let texts: Vec<&str> = versions.enumeration().filter_map(resource_types::Value::text).collect();
                version::is_family(&text, &texts)
            })
        }
        // EC2 ignores ports of a rule for all protocols; all ports is what the author means, too.
        Problem::NotAllowed(Some(_)) if path.ends_with("FromPort") || path.ends_with("ToPort") => {
            ["-1", "0", "65535"].contains(&text.as_ref())
        }
        Problem::Excluded(excluded) => {
            let named = excluded.required().chain(excluded.any_of().flat_map(resource_types::Schema::required));
            let mut there = named.filter(|name| mistake.prop.key(name).is_some()).peekable();
            there.peek().is_some() && there.all(|name| amended::is_taken(kind, name))
        }
        _ => false,
    }
}

fn region(kind: ResourceType, resource: &Resource<'_>) -> Option<Diagnostic> {
    let region = resource.region()?;
    if kind.available(region.as_str()) != Availability::No {
        return None;
    }
    let title = format!("`{}` is an `{}`, which `{region}` does not have", resource.id(), kind.name());
    let mut finding = resource.finding(title, format!("not in {region}"));
    finding.id = "schema/type-not-in-region";
    finding.severity = Severity::Error;
    let has = |region: &&str| kind.available(region) == Availability::Yes;
    let regions: Vec<&str> = resource_types::regions().filter(has).collect();
    let help = if regions.is_empty() {
        "remove it".to_owned()
    } else {
        format!("put it into one of {}", hint::list(regions.iter().copied()))
    };
    Some(finding.note(format!("source: {}", hint::documentation(kind))).help(help))
}

/// Calls `found` with every value at a dotted path, where `*` stands for each item of a list or value of a map.
fn each<'v>(prop: Prop<'v>, path: &str, found: &mut impl FnMut(Prop<'v>)) {
    if path.is_empty() {
        found(prop);
        return;
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    match step {
        "*" if prop.is_list() => prop.items().for_each(|item| each(item, rest, found)),
        "*" => prop.entries().for_each(|(_, value)| each(value, rest, found)),
        name => {
            if let Some(value) = prop.key(name) {
                each(value, rest, found);
            }
        }
    }
}
