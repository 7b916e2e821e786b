//! Applies the patches that entries carry over their compiled resources; `objects` does so over Kubernetes objects.

mod objects;

pub(crate) use objects::is_named;

use super::Artifacts;
use super::functions::Known;
use crate::artifacts::functions;
use crate::artifacts::{Deletion, Expr, Handle, Object, Place, Resource};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::model::{Override, PatchOperation};
use crate::resolve::{EntryId, Resolved};
use crate::route;
use crate::source::Route;

/// Applies every override, and returns whether there was any; reports those that name no resource or do not fit.
pub(super) fn apply(world: &Resolved, out: &mut Artifacts, diags: &mut Diagnostics) -> bool {
    let mut is_changed = false;
    for entry in world.ids() {
        for position in 0..world.common(entry).0.overrides.len() {
            is_changed = true;
            if let Err(report) = one(world, out, entry, position, diags) {
                diags.push(*report);
            }
        }
    }
    is_changed
}

fn one(
    world: &Resolved,
    out: &mut Artifacts,
    entry: EntryId,
    position: usize,
    diags: &mut Diagnostics,
) -> Result<(), Box<Diagnostic>> {
    let Some(patch) = world.common(entry).0.overrides.get(position) else { return Ok(()) };
    let at = |step: &'static str| world.common(entry).1.locate(&route!["overrides", position, step]);
    let own: Vec<_> =
        out.provenance.iter().filter(|(_, maker)| **maker == entry).map(|(handle, _)| handle.clone()).collect();
    let Some(handle) = own.iter().find(|handle| handle.id.as_str() == patch.resource) else {
        if objects::apply(world, out, (entry, position), diags)? {
            return Ok(());
        }
        let title = format!("this entry makes no resource `{}`", patch.resource);
        let error = Diagnostic::error("overrides/unknown-resource", title)
            .at(at("resource"), "neither one of its logical ids nor an object of it");
        let objects = objects::names(out, entry);
        let names = || own.iter().map(|handle| handle.id.as_str()).chain(objects.iter().map(String::as_str));
        return Err(Box::new(match suggest(&patch.resource, names()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("its resources are {}", crate::resolve::list(names()))),
        }));
    };
    sound(patch, &at)?;
    let Some(template) = out.templates.get_mut(&handle.place) else { return Ok(()) };
    let parameters = Some(&template.parameters);
    let known = Known { world, made: &out.provenance, place: handle.place, parameters };
    let Some(resource) = template.resources.get_mut(&handle.id) else { return Ok(()) };
    checked(world, (entry, position), &known, diags);
    let mut document = to_json(resource);
    json_patch::merge(&mut document, &serde_json::Value::Object(patch.merge.clone()));
    let operations = json_patch::Patch(patch.patch.iter().filter_map(operation).collect());
    if operations.0.len() != patch.patch.len() {
        let error = Diagnostic::error("overrides/bad-path", "a path of this override is not a JSON pointer");
        return Err(Box::new(error.at(at("patch"), "a path starts with `/`, such as `/Properties/DelaySeconds`")));
    }
    if let Err(error) = json_patch::patch(&mut document, &operations) {
        let title = format!("the patch does not apply to `{}`", patch.resource);
        let report = Diagnostic::error("overrides/does-not-apply", title).at(at("patch"), error.to_string());
        return Err(Box::new(report.help("`infra synth` without the override shows the resource as it is")));
    }
    from_json(resource, &document, &known);
    Ok(())
}

/// Refuses an override without a reason, and one that changes nothing.
fn sound(patch: &Override, at: &dyn Fn(&'static str) -> At) -> Result<(), Box<Diagnostic>> {
    if patch.reason.trim().is_empty() {
        let error = Diagnostic::error("overrides/no-reason", "an override needs a reason");
        return Err(Box::new(error.at(at("reason"), "empty").help("say why the model's own output does not do")));
    }
    if patch.patch.is_empty() && patch.merge.is_empty() {
        let error = Diagnostic::error("overrides/empty", "an override changes nothing");
        let help = "write `merge: { … }` with what is to be put over it, or operations under `patch`";
        return Err(Box::new(error.at(at("resource"), "neither `patch` nor `merge`").help(help)));
    }
    Ok(())
}

/// Reports the names in what a patch writes that lead nowhere.
fn checked(world: &Resolved, (entry, position): (EntryId, usize), known: &Known<'_>, diags: &mut Diagnostics) {
    let (common, origin) = world.common(entry);
    let Some(patch) = common.overrides.get(position) else { return };
    let mut check = |start: Route, value: &serde_json::Value| {
        let at = |route: Route| origin.locate(&Route([start.0.as_slice(), &route.0].concat()));
        known.check(&Expr::from_json(value), &at, diags);
    };
    check(route!["overrides", position, "merge"], &serde_json::Value::Object(patch.merge.clone()));
    for (index, operation) in patch.patch.iter().enumerate() {
        if let Some((key, value)) = written(operation) {
            check(route!["overrides", position, "patch", index, key, "value"], value);
        }
    }
}

fn operation(operation: &PatchOperation) -> Option<json_patch::PatchOperation> {
    use json_patch::{AddOperation, RemoveOperation, ReplaceOperation};
    Some(match operation {
        PatchOperation::Add(add) => {
            json_patch::PatchOperation::Add(AddOperation { path: add.path.parse().ok()?, value: add.value.clone() })
        }
        PatchOperation::Replace(replace) => json_patch::PatchOperation::Replace(ReplaceOperation {
            path: replace.path.parse().ok()?,
            value: replace.value.clone(),
        }),
        PatchOperation::Remove(remove) => {
            json_patch::PatchOperation::Remove(RemoveOperation { path: remove.path.parse().ok()? })
        }
    })
}

fn to_json(resource: &Resource) -> serde_json::Value {
    serde_json::to_value(resource).unwrap_or_default()
}

/// Returns the key of an operation that writes, and what it writes.
fn written(operation: &PatchOperation) -> Option<(&'static str, &serde_json::Value)> {
    match operation {
        PatchOperation::Add(add) => Some(("add", &add.value)),
        PatchOperation::Replace(replace) => Some(("replace", &replace.value)),
        PatchOperation::Remove(_) => None,
    }
}

/// Puts a patched document back; its functions are read as those of every template are.
fn from_json(resource: &mut Resource, document: &serde_json::Value, known: &Known<'_>) {
    let Expr::Object(object) = Expr::from_json(document) else { return };
    let place = resource.handle.place;
    let empty = Resource::new(resource.handle.clone(), "", Expr::Object(Object::default()));
    *resource = empty;
    let policy = |key: &str| object.get(key).and_then(Expr::as_text).and_then(Deletion::from_name);
    let (deletion, on_replace) = (policy("DeletionPolicy"), policy("UpdateReplacePolicy"));
    for (key, value) in object.iter() {
        match key {
            "Type" => value.as_text().unwrap_or_default().clone_into(&mut resource.kind),
            "Properties" => resource.properties = functions::read(value.clone(), known),
            "Metadata" => resource.metadata = Some(value.clone()),
            "Condition" => resource.condition = value.as_text().map(str::to_owned),
            // What one of the two means for the other is written out already.
            "DeletionPolicy" if deletion.is_some() && on_replace.is_some() => resource.deletion = deletion,
            "UpdateReplacePolicy" if on_replace.is_some() => resource.on_replace = on_replace,
            "DependsOn" => match handles(value, place) {
                Some(handles) => resource.depends_on = handles,
                None => resource.attributes.set(key.to_owned(), value.clone()),
            },
            _ => resource.attributes.set(key.to_owned(), functions::read(value.clone(), known)),
        }
    }
}

/// Reads the logical ids of `DependsOn`; nothing where one of them is none.
fn handles(value: &Expr, place: Place) -> Option<Vec<Handle>> {
    let one = |value: &Expr| Some(Handle { place, id: value.as_text()?.parse().ok()? });
    match value {
        Expr::List(items) => items.iter().map(one).collect(),
        single => one(single).map(|handle| vec![handle]),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{compile, json, properties, report, template};

    fn patched(patch: &str) -> String {
        format!(
            "queues:
  first: {{}}
  jobs:
    dead-letter: {{ enabled: false }}
    overrides:
      - resource: QueueJobs
        reason: the model does not offer it
        patch: [{patch}]
"
        )
    }

    #[test]
    fn a_patch_adds_replaces_and_removes() {
        let yaml = patched(
            "{ add: { path: /Properties/QueueName, value: jobs } }, { replace: { path: /Properties/VisibilityTimeout, value: 5 } }, { remove: { path: /Properties/MaximumMessageSize } }",
        );
        assert_snapshot!(properties(&yaml, "QueueJobs"), @"
        VisibilityTimeout: 5
        MessageRetentionPeriod: 345600
        ReceiveMessageWaitTimeSeconds: 20
        QueueName: jobs
        SqsManagedSseEnabled: true
        ");
    }

    #[test]
    fn a_merge_puts_over_a_resource_and_removes() {
        let yaml = patched("").replace(
            "patch: []",
            "merge: { Properties: { QueueName: { Ref: QueueFirst }, MaximumMessageSize: null, VisibilityTimeout: 5 } }",
        );
        assert_snapshot!(properties(&yaml, "QueueJobs"), @"
        VisibilityTimeout: 5
        MessageRetentionPeriod: 345600
        ReceiveMessageWaitTimeSeconds: 20
        QueueName:
          Ref: QueueFirst
        SqsManagedSseEnabled: true
        ");
    }

    #[test]
    fn a_patch_may_bring_functions_and_attributes_of_the_resource() {
        let yaml = patched(
            "{ add: { path: /Properties/QueueName, value: { Fn::Sub: '${AWS::StackName}-jobs' } } }, { replace: { path: /DeletionPolicy, value: Retain } }, { add: { path: /Metadata, value: { a: 1 } } }",
        )
        .replace("${AWS", "$${AWS");
        let template = template(&yaml);
        let resource = &template["Resources"]["QueueJobs"];
        assert_eq!(resource["Properties"]["QueueName"]["Fn::Sub"], "${AWS::StackName}-jobs");
        assert_eq!(resource["DeletionPolicy"], "Retain");
        assert_eq!(resource["UpdateReplacePolicy"], "Delete");
        assert_eq!(resource["Metadata"]["a"], 1);
    }

    #[test]
    fn a_patch_may_say_what_must_exist_first() {
        let yaml = patched("{ add: { path: /DependsOn, value: QueueFirst } }");
        assert_eq!(template(&yaml)["Resources"]["QueueJobs"]["DependsOn"], "QueueFirst");
    }

    #[test]
    fn a_patch_keeps_what_must_exist_first() {
        let yaml = "
queues: { jobs: {} }
raw:
  a:
    type: AWS::SSM::Parameter
    depends-on: [QueueJobs]
    properties: { Type: String, Value: a }
    overrides: [{ resource: RawA, reason: why not, patch: [{ replace: { path: /Properties/Value, value: b } }] }]
";
        let template = template(yaml);
        assert_eq!(template["Resources"]["RawA"]["DependsOn"], "QueueJobs");
        assert_eq!(template["Resources"]["RawA"]["Properties"]["Value"], "b");
    }

    #[test]
    fn a_patch_reaches_what_the_entry_makes_in_us_east_1() {
        let yaml = "
web-sites:
  app:
    firewall: {}
    overrides:
      - resource: SiteAppFirewall
        reason: a name for people
        patch: [{ add: { path: /Properties/Name, value: shop } }]
";
        let template = json(&compile(yaml), "stacks/example.us-east-1.template.json");
        assert_eq!(template["Resources"]["SiteAppFirewall"]["Properties"]["Name"], "shop");
    }

    #[test]
    fn a_patch_of_another_entrys_resource_is_reported() {
        assert_snapshot!(report(&patched("").replace("resource: QueueJobs", "resource: QueueFirst")), @"overrides/unknown-resource: this entry makes no resource `QueueFirst` <- `QueueFirst` neither one of its logical ids nor an object of it");
    }

    #[test]
    fn a_patch_without_a_reason_is_reported() {
        assert_snapshot!(report(&patched("").replace("the model does not offer it", "' '")), @"overrides/no-reason: an override needs a reason <- `' '` empty");
    }

    #[test]
    fn a_path_that_is_no_pointer_is_reported() {
        assert_snapshot!(report(&patched("{ remove: { path: Properties } }")), @"overrides/bad-path: a path of this override is not a JSON pointer <- `patch` a path starts with `/`, such as `/Properties/DelaySeconds`");
    }

    #[test]
    fn a_patch_that_does_not_fit_is_reported() {
        assert_snapshot!(report(&patched("{ replace: { path: /Properties/QueueName, value: jobs } }")), @"overrides/does-not-apply: the patch does not apply to `QueueJobs` <- `patch` operation '/0' failed at path '/Properties/QueueName': path is invalid");
    }

    #[test]
    fn a_patched_resource_keeps_its_links_and_functions() {
        let yaml = "
topics: { t: { subscriptions: { jobs: { queue: jobs } } } }
queues:
  jobs:
    overrides:
      - { resource: QueueJobsPolicy, reason: theirs, patch: [{ replace: { path: /Properties/PolicyDocument/Statement, value: [] } }] }
";
        assert!(report(yaml).contains("sns/undeliverable-subscription"), "{}", report(yaml));
    }

    #[test]
    fn a_name_in_a_patch_that_leads_nowhere_is_underlined_where_it_stands() {
        let yaml = patched("{ add: { path: /Properties/KmsMasterKeyId, value: { Ref: QueueFrist } } }");
        assert_snapshot!(report(&yaml), @"cfn/unknown-reference: `QueueFrist` is neither a parameter nor a resource <- `QueueFrist` names nothing in this template");
    }
}
