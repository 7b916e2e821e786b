//! Turns references that cross stacks into parameters and outputs, and finds stacks that need each other.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Artifacts, place_of};
use crate::artifacts::{Expr, Handle, Output, Parameter, Place, Resource, Template};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::ReferenceMode;
use crate::resolve::{EntryId, Resolved};

/// One value that crosses from one template to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// The template that has the value as an output.
    pub from: Place,
    /// Key of the output.
    pub output: String,
    /// The template that takes it.
    pub to: Place,
    /// Name of the parameter; none where the template asks for the output itself.
    pub parameter: Option<String>,
}

/// Key of the output that carries `Ref` (no attribute) or an attribute of a resource.
pub(super) fn output_key(handle: &Handle, attribute: Option<&str>) -> String {
    let attribute = attribute.map_or_else(|| Cow::Borrowed("Ref"), |name| Cow::Owned(name.replace('.', "")));
    format!("{}{attribute}", handle.id)
}

/// Adds the output that carries a value of a resource, if it is not there yet; returns its key.
pub(super) fn export(templates: &mut BTreeMap<Place, Template>, handle: &Handle, attribute: Option<&str>) -> String {
    let key = output_key(handle, attribute);
    let template = templates.entry(handle.place).or_default();
    if !template.outputs.contains_key(&key) {
        let value = match attribute {
            None => handle.reference(),
            Some(name) => Expr::Att(handle.clone(), Cow::Owned(name.to_owned())),
        };
        let what = attribute.map_or_else(|| "Ref".to_owned(), str::to_owned);
        let description = format!("{what} of {}", handle.id);
        template.outputs.insert(key.clone(), Output { description, value, export: None });
    }
    key
}

/// Replaces every foreign handle of every template.
pub(super) fn bind(world: &Resolved, out: &mut Artifacts, diags: &mut Diagnostics) {
    let mut exports: BTreeSet<(Handle, Option<String>)> = BTreeSet::new();
    let mut templates = std::mem::take(&mut out.templates);
    for (place, template) in &mut templates {
        let known = &out.provenance;
        let mut linker = Linker {
            world,
            place: *place,
            known,
            missing: BTreeSet::new(),
            strangers: BTreeSet::new(),
            flows: &mut out.flows,
            exports: &mut exports,
        };
        let mut parameters = std::mem::take(&mut template.parameters);
        for resource in template.resources.values_mut() {
            linker.resource(resource, &mut parameters, &mut out.order);
            for missing in std::mem::take(&mut linker.missing) {
                diags.push(unknown_resource(world, &missing, known.get(&resource.handle)));
            }
            for stranger in std::mem::take(&mut linker.strangers) {
                diags.push(other_region(world, &stranger, *place, known.get(&resource.handle)));
            }
        }
        for output in template.outputs.values_mut() {
            linker.expr(&mut output.value, &mut parameters);
        }
        template.parameters = parameters;
    }
    for (handle, attribute) in exports {
        export(&mut templates, &handle, attribute.as_deref());
    }
    out.templates = templates;
}

/// Kinds name only what they make, so this is about what a `raw` entry or a patch says.
fn unknown_resource(world: &Resolved, missing: &Handle, user: Option<&EntryId>) -> Diagnostic {
    let title = format!("stack `{}` has no resource `{}`", world.stack_name(missing.place), missing.id);
    let error = Diagnostic::error("lower/unknown-resource", title);
    match user {
        Some(user) => error.at(place_of(world, *user), "refers to it"),
        None => error,
    }
}

/// A template reads the parameters of its own region.
fn other_region(
    world: &Resolved,
    (name, region): &(String, String),
    place: Place,
    user: Option<&EntryId>,
) -> Diagnostic {
    let title = format!("parameter `{name}` of SSM is in {region}, and stack `{}` is not", world.stack_name(place));
    let error = Diagnostic::error("existing/other-region", title)
        .note("CloudFormation reads parameters of SSM in the region of the stack")
        .help(format!("write the value itself, or use it in a stack in {region}"));
    match user {
        Some(user) => error.at(place_of(world, *user), format!("needs it in {}", world.region(place))),
        None => error,
    }
}

/// Declares the parameter of a template that takes its value from SSM; returns its name.
pub(super) fn ssm_parameter(name: &str, parameters: &mut BTreeMap<String, Parameter>) -> String {
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let first = format!("Ssm{}", pascal(&words.join("-"), false));
    let mut key = first.clone();
    let mut number = 2;
    while parameters.get(&key).is_some_and(|known| known.ssm.as_deref() != Some(name)) {
        key = format!("{first}{number}");
        number += 1;
    }
    let description = format!("Parameter {name} of SSM");
    parameters.insert(key.clone(), Parameter { description, ssm: Some(name.to_owned()) });
    key
}

struct Linker<'a> {
    world: &'a Resolved,
    place: Place,
    known: &'a BTreeMap<Handle, EntryId>,
    missing: BTreeSet<Handle>,
    /// Parameters of SSM that are in another region than the template.
    strangers: BTreeSet<(String, String)>,
    flows: &'a mut BTreeSet<Flow>,
    exports: &'a mut BTreeSet<(Handle, Option<String>)>,
}

impl Linker<'_> {
    fn resource(
        &mut self,
        resource: &mut Resource,
        parameters: &mut BTreeMap<String, Parameter>,
        order: &mut BTreeSet<(Place, Place)>,
    ) {
        self.expr(&mut resource.properties, parameters);
        if let Some(metadata) = &mut resource.metadata {
            self.expr(metadata, parameters);
        }
        let place = self.place;
        resource.depends_on.retain(|handle| {
            if handle.place != place {
                order.insert((handle.place, place));
            }
            handle.place == place
        });
    }

    fn expr(&mut self, expr: &mut Expr, parameters: &mut BTreeMap<String, Parameter>) {
        let place = self.place;
        expr.walk_mut(&mut |value| {
            if let Some((name, region)) = value.as_ssm_parameter() {
                if region != self.world.region(place).to_string() {
                    self.strangers.insert((name.to_owned(), region.to_owned()));
                }
                *value = Expr::Parameter(ssm_parameter(name, parameters));
            }
            let Some((handle, attribute)) = value.target() else { return };
            if !self.known.contains_key(handle) {
                self.missing.insert(handle.clone());
            }
            if handle.place == place {
                return;
            }
            let (handle, attribute) = (handle.clone(), attribute.map(str::to_owned));
            *value = self.foreign(handle, attribute, parameters);
        });
    }

    fn foreign(
        &mut self,
        handle: Handle,
        attribute: Option<String>,
        parameters: &mut BTreeMap<String, Parameter>,
    ) -> Expr {
        let output = output_key(&handle, attribute.as_deref());
        let from = handle.place;
        let stack = self.world.stack_name(from);
        let (parameter, expr) = match self.world.environment().references {
            ReferenceMode::Parameters => {
                let name = format!("{}{output}", pascal(self.world.stack(from.stack).0.as_str(), from.edge));
                let description = format!("Output {output} of stack {stack} in {}", self.world.region(from));
                parameters.insert(name.clone(), Parameter { description, ssm: None });
                (Some(name.clone()), Expr::Parameter(name))
            }
            ReferenceMode::StackOutputs => {
                let argument = object! {
                    "StackName" => stack,
                    "OutputName" => output.clone(),
                    "Region" => self.world.region(from).to_string(),
                };
                (None, Expr::Call("Fn::GetStackOutput".into(), Box::new(argument)))
            }
        };
        self.flows.insert(Flow { from, output, to: self.place, parameter });
        self.exports.insert((handle, attribute));
        expr
    }
}

/// Spells a stack's name as the start of a parameter name.
fn pascal(name: &str, edge: bool) -> String {
    let mut text: String = name
        .split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars)
        })
        .collect();
    if edge {
        text.push_str("Edge");
    }
    text
}

/// Reports stacks that wait for each other.
pub(super) fn cycles(world: &Resolved, out: &Artifacts, diags: &mut Diagnostics) {
    let mut after: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    out.flows.iter().map(|flow| (flow.from, flow.to)).chain(out.order.iter().copied()).for_each(|(from, to)| {
        after.entry(to).or_default().insert(from);
    });
    let mut done: BTreeSet<Place> = BTreeSet::new();
    loop {
        let ready: Vec<Place> = out
            .templates
            .keys()
            .copied()
            .filter(|place| !done.contains(place) && after.get(place).is_none_or(|needs| needs.is_subset(&done)))
            .collect();
        if ready.is_empty() {
            break;
        }
        done.extend(ready);
    }
    let Some(start) = out.templates.keys().copied().find(|place| !done.contains(place)) else { return };
    let path = cycle_from(start, &after, &done);
    let mut names: Vec<String> = path.iter().map(|place| format!("`{}`", world.stack_name(*place))).collect();
    names.push(names.first().cloned().unwrap_or_default());
    let title = format!("stacks need each other: {}", names.join(" needs "));
    let mut error = Diagnostic::error("lower/stack-cycle", title);
    for (needs, provides) in path.iter().zip(path.iter().cycle().skip(1)) {
        let flow = out.flows.iter().find(|flow| flow.to == *needs && flow.from == *provides);
        let owner = flow.and_then(|flow| {
            // One id may be the start of another: the longest is meant.
            let makers = out.provenance.iter();
            let makers =
                makers.filter(|(handle, _)| handle.place == flow.from && flow.output.starts_with(handle.id.as_str()));
            makers.max_by_key(|(handle, _)| handle.id.as_str().len())
        });
        if let (Some(flow), Some((_, entry))) = (flow, owner) {
            let text = format!("`{}` needs {} of this", world.stack_name(*needs), flow.output);
            let at = place_of(world, *entry);
            error = if error.primary.is_none() { error.at(at, text) } else { error.also(at, text) };
        }
    }
    diags.push(error.help("move one of these entries to the other stack, or to a stack of its own"));
}

fn cycle_from(start: Place, after: &BTreeMap<Place, BTreeSet<Place>>, done: &BTreeSet<Place>) -> Vec<Place> {
    let mut path = vec![start];
    while let Some(next) = path
        .last()
        .and_then(|last| after.get(last))
        .and_then(|needs| needs.iter().copied().find(|place| !done.contains(place)))
    {
        if let Some(at) = path.iter().position(|place| *place == next) {
            return path.split_off(at);
        }
        path.push(next);
    }
    path
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::assembly::Assembly;
    use crate::kinds::testing::{compile_stacks, json, properties_in, report_stacks};
    use crate::kinds::{Queue, Topic};
    use crate::model::{Definition, Environment};

    const CORE: (&str, &str) = ("core", "queues: { jobs: {} }\n");

    fn parameter(name: &str, value: &str) -> String {
        format!(
            "raw: {{ {name}: {{ type: AWS::SSM::Parameter, properties: {{ Type: String, Value: {{ {value} }} }} }} }}\n"
        )
    }

    #[test]
    fn a_value_that_several_resources_need_crosses_once() {
        let raw = "
raw:
  a: { type: AWS::SSM::Parameter, properties: { Type: String, Value: { Ref: core.QueueJobs } } }
  b: { type: AWS::SSM::Parameter, properties: { Type: String, Value: { Ref: core.QueueJobs } } }
";
        let assembly = compile_stacks(&[CORE, ("params", raw)]);
        let template = json(&assembly, "stacks/params.eu-west-1.template.json");
        assert_snapshot!(template["Parameters"], @r#"{"CoreQueueJobsRef":{"Type":"String","Description":"Output QueueJobsRef of stack shop-dev-core in eu-west-1"}}"#);
        assert_eq!(json(&assembly, "manifest.json")["edges"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn values_of_the_own_template_do_not_cross() {
        let own = format!("queues: {{ jobs: {{}} }}\n{}", parameter("a", "Ref: example.QueueJobs"));
        let assembly = compile_stacks(&[("example", &own)]);
        let path = "stacks/example.eu-west-1.template.json";
        assert!(properties_in(&assembly, path, "RawA").contains("Ref: QueueJobs\n"));
        assert!(json(&assembly, path).get("Parameters").is_none());
    }

    fn by_stack_outputs() -> Assembly {
        let mut environment = Environment::new("dev", "123456789012", "eu-west-1", "dev.example.com").unwrap();
        environment.references = ReferenceMode::StackOutputs;
        let mut definition = Definition::new("shop", environment).unwrap();
        let jobs = definition.stack("core").unwrap().add("jobs", Queue::standard()).unwrap();
        let topic = Topic::standard().subscribe("jobs", &jobs, |_| {}).unwrap();
        definition.stack("events").unwrap().add("orders", topic).unwrap();
        let mut diags = Diagnostics::default();
        let assembly = crate::compile(definition, &[], &crate::source::Sources::default(), &mut diags);
        assert!(diags.is_empty(), "{diags:#?}");
        assembly.unwrap()
    }

    #[test]
    fn a_template_may_ask_for_the_output_itself() {
        let assembly = by_stack_outputs();
        let path = "stacks/core.eu-west-1.template.json";
        let text = properties_in(&assembly, path, "TopicOrdersToJobs");
        assert_snapshot!(text.split_once("Protocol").unwrap().0, @"
        TopicArn:
          Fn::GetStackOutput:
            StackName: shop-dev-events
            OutputName: TopicOrdersRef
            Region: eu-west-1
        ");
        assert!(json(&assembly, path).get("Parameters").is_none());
    }

    #[test]
    fn without_parameters_the_order_of_stacks_is_known_all_the_same() {
        let manifest = json(&by_stack_outputs(), "manifest.json");
        assert_eq!(manifest["stacks"][0]["dependsOn"], serde_json::json!(["shop-dev-events"]));
        assert_snapshot!(manifest["edges"], @r#"[{"from":{"stack":"shop-dev-events","region":"eu-west-1","output":"TopicOrdersRef"},"to":{"stack":"shop-dev-core","region":"eu-west-1"}}]"#);
    }

    #[test]
    fn stacks_that_need_each_other_are_reported_where_the_values_are_made() {
        let a = format!("queues: {{ a: {{}} }}\n{}", parameter("x", "Ref: two.QueueB"));
        let b = format!("queues: {{ b: {{}} }}\n{}", parameter("y", "Ref: one.QueueA"));
        assert_snapshot!(report_stacks(&[("one", &a), ("two", &b)]), @"lower/stack-cycle: stacks need each other: `shop-dev-one` needs `shop-dev-two` needs `shop-dev-one` <- `b` of stacks/two.yaml `shop-dev-one` needs QueueBRef of this + `a` of stacks/one.yaml `shop-dev-two` needs QueueARef of this");
    }

    #[test]
    fn a_stack_cycle_names_the_entry_and_not_one_whose_id_starts_alike() {
        let a = format!("queues: {{ a: {{}}, ab: {{}} }}\n{}", parameter("x", "Ref: two.QueueB"));
        let b = format!("queues: {{ b: {{}} }}\n{}", parameter("y", "Fn::GetAtt: [one.QueueAb, Arn]"));
        let found = report_stacks(&[("one", &a), ("two", &b)]);
        assert!(found.contains("`ab` of stacks/one.yaml"), "{found}");
    }

    #[test]
    fn a_stack_that_waits_for_a_cycle_is_no_part_of_it() {
        let a = format!("queues: {{ a: {{}} }}\n{}", parameter("x", "Ref: two.QueueB"));
        let b = format!("queues: {{ b: {{}} }}\n{}", parameter("y", "Ref: one.QueueA"));
        let c = parameter("z", "Ref: one.QueueA");
        let found = report_stacks(&[("aaa", &c), ("one", &a), ("two", &b)]);
        assert!(!found.contains("shop-dev-aaa"), "{found}");
    }

    #[test]
    fn names_of_stacks_and_attributes_make_names_of_parameters() {
        assert_eq!((pascal("order-events", false), pascal("web", true)), ("OrderEvents".into(), "WebEdge".into()));
        let handle = Handle { place: Place { stack: 0, edge: false }, id: "Db".parse().unwrap() };
        assert_eq!(output_key(&handle, Some("Endpoint.Address")), "DbEndpointAddress");
        assert_eq!(output_key(&handle, None), "DbRef");
    }
}
