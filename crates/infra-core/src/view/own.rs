//! A view of our own lowering.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::origin::{Located, Origin, Scalar, Step};
use super::{Input, ObjectInput, Owner, SetInput, StackInput, View, ZoneInput, nth};
use crate::artifacts::{Expr, Place};
use crate::diag::{At, Diagnostic};
use crate::lower::{Artifacts, is_named};
use crate::model;
use crate::names::{Date, LogicalId};
use crate::resolve::{EntryId, Resolved};
use crate::route;
use crate::source::{Node, Route, Value};

/// Our own lowering as the input of a view, with the way back to the definition.
#[derive(Debug)]
pub struct Own<'a> {
    world: &'a Resolved,
    artifacts: &'a Artifacts,
    objects: Vec<EntryId>,
    sets: Vec<EntryId>,
}

impl<'a> Own<'a> {
    /// Takes what `world` was lowered to.
    pub fn new(world: &'a Resolved, artifacts: &'a Artifacts) -> Self {
        let objects = artifacts.objects.values().flatten().map(|(_, entry)| *entry).collect();
        let sets = artifacts.zones.values().flat_map(|zone| &zone.records).map(|(_, entry)| *entry).collect();
        Self { world, artifacts, objects, sets }
    }

    /// Returns what a view is made of.
    pub fn input(&self, today: Option<Date>) -> Input<'a> {
        let mut bindings: BTreeMap<Place, BTreeMap<&str, (Place, &str)>> = BTreeMap::new();
        for flow in &self.artifacts.flows {
            if let Some(parameter) = &flow.parameter {
                bindings.entry(flow.to).or_default().insert(parameter, (flow.from, &flow.output));
            }
        }
        let stacks = self.artifacts.templates.iter().map(|(place, template)| StackInput {
            place: *place,
            name: self.world.stack_name(*place),
            region: Some(self.world.region(*place)),
            account: Some(self.world.environment().account.clone()),
            template,
            bindings: bindings.remove(place).unwrap_or_default(),
        });
        let stacks = stacks.collect();
        let objects =
            self.artifacts.objects.iter().flat_map(|(file, objects)| {
                objects.iter().map(|(body, _)| ObjectInput { cluster: &file.cluster, body })
            });
        let sets = self.artifacts.zones.values().flat_map(|zone| {
            let of = ZoneInput {
                id: Cow::Borrowed(&zone.id),
                domain: Some(zone.domain.to_string()),
                private: Some(zone.private),
            };
            zone.records.iter().map(move |(set, _)| SetInput {
                zone: of.clone(),
                body: Cow::Owned(set.to_expr()),
                deleted: false,
                batch: None,
            })
        });
        Input { stacks, objects: objects.collect(), sets: sets.collect(), today }
    }

    fn entry(&self, view: &View<'_>, owner: Owner) -> Option<EntryId> {
        match owner {
            Owner::Resource(at) => {
                let handle = &nth(&view.resources, at)?.resource.handle;
                self.artifacts.provenance.get(handle).copied()
            }
            Owner::Object(at) => nth(&self.objects, at).copied(),
            Owner::Set(at) => nth(&self.sets, at).copied(),
            Owner::Outputs(_) => None,
        }
    }
}

impl Origin for Own<'_> {
    fn locate(&self, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Located {
        let Some(entry) = self.entry(view, owner) else {
            // Outputs that no entry asked for by name; their stack's first file stands for them.
            let first = self.world.ids().next();
            let at = first.map_or(At::Caller { file: "", line: 0 }, |entry| self.world.common(entry).1.at());
            return Located::near(at);
        };
        let origin = self.world.common(entry).1;
        let model::Origin::Yaml { key, node } = origin else {
            return Located::near(origin.at());
        };
        let found = of_set(node, owner, path)
            .or_else(|| self.patched(view, owner, path))
            .or_else(|| self.of_variable(node, owner, path))
            .or_else(|| self.of_field(view, owner, node, path))
            .or_else(|| exact(node, path))
            .or_else(|| below(node, route!["object"], path).filter(|_| !path.is_empty()))
            .or_else(|| nearest(node, path));
        found.unwrap_or_else(|| Located::near(At::Span(*key)))
    }

    fn attribute(&self, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Located {
        let whole = self.locate(view, owner, &[]);
        let Some(entry) = self.entry(view, owner) else { return whole };
        match (path, self.world.common(entry).1) {
            ([Step::Key("Properties"), rest @ ..], _) => self.locate(view, owner, rest),
            ([] | [Step::Index(_), ..], _) | (_, model::Origin::Caller { .. }) => whole,
            ([Step::Key(name), rest @ ..], model::Origin::Yaml { node, .. }) => {
                let own = below(node, route![kebab(name).as_str()], rest);
                self.patch(entry, view, owner, path).or(own).unwrap_or(whole)
            }
        }
    }
}

impl Own<'_> {
    /// Finds where a variable of a container is written: under its name, in the entry or in that of the container.
    fn of_variable(&self, entry: &Node, owner: Owner, path: &[Step<'_>]) -> Option<Located> {
        let Owner::Object(at) = owner else { return None };
        let list = path.iter().position(|step| matches!(step, Step::Key("env")))?;
        let (above, [Step::Index(index), ..]) = path.split_at_checked(list + 1)? else { return None };
        let mut container = self.object(at)?;
        for step in above.get(..list)? {
            container = step_into(container, step)?;
        }
        let named = |value: &Expr| match value {
            Expr::Object(object) => object.get("name").and_then(Expr::as_text).map(str::to_owned),
            _ => None,
        };
        let variable = named(step_into(step_into(container, &Step::Key("env"))?, &Step::Index(*index))?)?;
        let name = named(container)?;
        let companions = ["init-containers", "sidecars"].into_iter().filter_map(|key| Some((key, entry.pair(key)?)));
        for (key, pair) in companions {
            let is_it = |item: &Node| item.pair("name").and_then(|it| it.value.scalar()) == Some(name.as_str());
            if let Some(index) = pair.value.items().iter().position(is_it) {
                return below(entry, route![key, index, "env", variable.as_str()], &[]);
            }
        }
        entry.pair("env")?.value.pair(&variable)?;
        below(entry, route!["env", variable.as_str()], &[])
    }

    fn object(&self, at: u32) -> Option<&'_ Expr> {
        Some(&self.artifacts.objects.values().flatten().nth(usize::try_from(at).ok()?)?.0)
    }

    /// Finds the field that the kind says becomes a property: where it is not written, what it would be written in.
    fn of_field(&self, view: &View<'_>, owner: Owner, entry: &Node, path: &[Step<'_>]) -> Option<Located> {
        let Owner::Resource(at) = owner else { return None };
        let keys: Vec<&str> = path.iter().filter_map(Step::key).collect();
        let fields = self.world.fields(self.entry(view, owner)?, &nth(&view.resources, at)?.resource.handle.id);
        let becomes = fields.filter_map(|(property, field)| {
            let depth = property.split('.').count();
            let leads = property.split('.').eq(keys.get(..depth)?.iter().copied());
            leads.then_some((depth, field))
        });
        let (depth, field) = becomes.max_by_key(|(depth, _)| *depth)?;
        let route = Route(field.split('.').map(Into::into).collect());
        let whole = depth == path.len();
        match below(entry, route.clone(), &[]) {
            Some(found) if whole && route.node(entry).is_some() => Some(found),
            Some(found) => Some(Located::near(found.at)),
            None => Some(Located::near(At::Span(route.locate(entry)?))),
        }
    }

    /// Says what to do in the words of the definition: `wait-time`, not `ReceiveMessageWaitTimeSeconds`.
    pub fn translate(&self, view: &View<'_>, findings: &mut [Diagnostic]) {
        if findings.is_empty() {
            return;
        }
        let made = view.resources().filter_map(|it| {
            let owner = it.owner();
            let id = it.id().parse().ok()?;
            Some((view.subject(owner), (self.entry(view, owner)?, id)))
        });
        let made: BTreeMap<String, (EntryId, LogicalId)> = made.collect();
        for finding in findings {
            let Some((entry, id)) = finding.subject.as_ref().and_then(|subject| made.get(subject)) else { continue };
            for (path, field) in self.world.fields(*entry, id) {
                let property = path.rsplit('.').next().unwrap_or(path);
                for help in &mut finding.help {
                    *help = help.replace(&format!("`{property}`"), &format!("`{field}`"));
                    let written = format!("`{property}: ");
                    // What holds an object there is another thing here.
                    if !help.contains(&format!("{written}{{")) {
                        *help = help.replace(&written, &format!("`{field}: "));
                    }
                }
            }
        }
    }

    /// Finds what a patch wrote: the last operation whose path leads to the value.
    fn patched(&self, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Option<Located> {
        let mut whole = match owner {
            Owner::Object(_) => Vec::new(),
            Owner::Resource(_) | Owner::Set(_) | Owner::Outputs(_) => vec![Step::Key("Properties")],
        };
        whole.extend_from_slice(path);
        self.patch(self.entry(view, owner)?, view, owner, &whole).filter(|_| !path.is_empty())
    }

    fn patch(&self, entry: EntryId, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Option<Located> {
        let (common, model::Origin::Yaml { node, .. }) = self.world.common(entry) else { return None };
        if common.overrides.is_empty() {
            return None;
        }
        let is_meant = |it: &model::Override| match owner {
            Owner::Resource(at) => {
                nth(&view.resources, at).is_some_and(|it_| it_.resource.handle.id.as_str() == it.resource)
            }
            Owner::Object(at) => self.object(at).is_some_and(|object| is_named(object, &it.resource)),
            Owner::Set(_) | Owner::Outputs(_) => false,
        };
        let overrides = || common.overrides.iter().enumerate().filter(|(_, it)| is_meant(it));
        let merged = overrides().filter_map(|(at, _)| {
            let place = Route([route!["overrides", at, "merge"].0, steps(path)].concat());
            place.node(node).and_then(|_| below(node, route!["overrides", at, "merge"], path))
        });
        if let Some(merged) = merged.reduce(|_, later| later) {
            return Some(merged);
        }
        let operations =
            overrides().flat_map(|(at, it)| it.patch.iter().enumerate().map(move |(index, it)| (at, index, it)));
        let found = operations.filter_map(|(at, index, operation)| {
            let (key, pointer) = match operation {
                model::PatchOperation::Add(add) => ("add", &add.path),
                model::PatchOperation::Replace(replace) => ("replace", &replace.path),
                model::PatchOperation::Remove(_) => return None,
            };
            let mut rest = path;
            for token in pointer.split('/').skip(1) {
                let ([step, below @ ..], token) = (rest, token.replace("~1", "/").replace("~0", "~")) else {
                    return None;
                };
                let fits = match step {
                    Step::Key(key) => *key == token,
                    Step::Index(index) => token == "-" || index.to_string() == token,
                };
                rest = if fits { below } else { return None };
            }
            below(node, route!["overrides", at, "patch", index, key, "value"], rest)
        });
        found.reduce(|_, later| later)
    }
}

fn step_into<'e>(value: &'e Expr, step: &Step<'_>) -> Option<&'e Expr> {
    match (value, step) {
        (Expr::Object(object), Step::Key(key)) => object.get(key),
        (Expr::List(items), Step::Index(index)) => items.get(*index),
        _ => None,
    }
}

/// Finds where a record says what becomes a part of its set.
fn of_set(entry: &Node, owner: Owner, path: &[Step<'_>]) -> Option<Located> {
    let (Owner::Set(_), [Step::Key(first), rest @ ..]) = (owner, path) else { return None };
    match (*first, rest) {
        ("ResourceRecords", [Step::Index(index), ..]) => {
            let values = &entry.pair("values")?.value;
            let kind = values.pairs().first()?;
            below(entry, route!["values", kind.key.as_str()], &[Step::Index(*index)])
        }
        ("ResourceRecords", _) => below(entry, route!["values"], &[]),
        ("GeoLocation", [Step::Key(key)]) => {
            let place = entry.pair("routing")?.value.pair("geolocation")?;
            let field = match *key {
                "ContinentCode" => "continent",
                "CountryCode" => "country",
                _ => "us-subdivision",
            };
            let field = place.value.pair(field).map_or(place.key.as_str(), |pair| pair.key.as_str());
            below(entry, route!["routing", "geolocation"], &[Step::Key(field)])
        }
        ("TTL", _) => below(entry, route!["ttl"], &[]),
        ("Weight" | "Region" | "Failover" | "GeoLocation" | "MultiValueAnswer" | "SetIdentifier", _) => {
            below(entry, route!["routing"], &[])
        }
        _ => None,
    }
}

/// `raw` entries have the very properties.
fn exact(entry: &Node, path: &[Step<'_>]) -> Option<Located> {
    entry.pair("type")?;
    below(entry, route!["properties"], path).filter(|_| !path.is_empty())
}

fn steps(path: &[Step<'_>]) -> Vec<crate::source::Step> {
    let step = |step: &Step<'_>| match step {
        Step::Key(key) => (*key).into(),
        Step::Index(index) => (*index).into(),
    };
    path.iter().map(step).collect()
}

/// Finds a value below a route, or the deepest place on the way to it.
fn below(entry: &Node, mut route: Route, path: &[Step<'_>]) -> Option<Located> {
    let start = route.0.len();
    route.0.extend(steps(path));
    let span = route.locate(entry)?;
    let node = route.node(entry);
    if node.is_none() && route.0.get(..start).is_some_and(|start| Route(start.to_vec()).node(entry).is_none()) {
        return None;
    }
    let key = route.pair(entry).map(|pair| pair.key_span);
    let literal = node.and_then(|node| match &node.value {
        Value::Plain(text) => Some(Scalar { text: text.clone(), quoted: false }),
        Value::Quoted(text) => Some(Scalar { text: text.clone(), quoted: true }),
        Value::List(_) | Value::Map(_) => None,
    });
    Some(Located { key, scalar: literal, ..Located::near(At::Span(span)) })
}

/// A field is mostly named as the property that it becomes, in other words the last step of the path in kebab case.
fn nearest(entry: &Node, path: &[Step<'_>]) -> Option<Located> {
    let keys: Vec<String> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(kebab(key)),
            Step::Index(_) => None,
        })
        .collect();
    let last = keys.last()?;
    let mut found: Vec<(usize, &crate::source::Pair)> = Vec::new();
    search(entry, last, &keys, 0, &mut found);
    let best = found.iter().map(|(score, _)| *score).max()?;
    let mut fitting = found.iter().filter(|(score, _)| *score == best);
    let (_, pair) = fitting.next().filter(|_| fitting.next().is_none())?;
    Some(match &pair.value.value {
        Value::Plain(text) => scalar(&pair.value, text, false),
        Value::Quoted(text) => scalar(&pair.value, text, true),
        Value::List(_) | Value::Map(_) => Located::near(At::Span(pair.key_span)),
    })
}

fn scalar(node: &Node, text: &str, quoted: bool) -> Located {
    let scalar = Some(Scalar { text: text.to_owned(), quoted });
    Located { scalar, ..Located::near(At::Span(node.span)) }
}

/// Finds the pairs of a key anywhere below `node`, each with the number of the path's keys that lead to it.
fn search<'n>(
    node: &'n Node,
    wanted: &str,
    keys: &[String],
    above: usize,
    found: &mut Vec<(usize, &'n crate::source::Pair)>,
) {
    match &node.value {
        Value::Map(pairs) => {
            for pair in pairs {
                if pair.key == wanted {
                    found.push((above, pair));
                }
                let leads = usize::from(keys.contains(&pair.key));
                search(&pair.value, wanted, keys, above + leads, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| search(item, wanted, keys, above, found)),
        Value::Plain(_) | Value::Quoted(_) => {}
    }
}

/// `VisibilityTimeout` -> `visibility-timeout`, `DNSName` -> `dns-name`.
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(at + 1);
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || after.is_some_and(|after| after.is_ascii_lowercase())
            });
        if starts {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::kebab;
    use crate::kinds::KINDS;
    use crate::kinds::testing::{findings, report};

    #[test]
    fn property_names_become_field_names() {
        assert_eq!(kebab("VisibilityTimeout"), "visibility-timeout");
        assert_eq!(kebab("DNSName"), "dns-name");
        assert_eq!(kebab("TTL"), "ttl");
        assert_eq!(kebab("terminationGracePeriodSeconds"), "termination-grace-period-seconds");
    }

    #[test]
    fn what_is_wrong_is_shown_at_the_field_and_said_in_the_words_of_the_definition() {
        let yaml = "
queues:
  jobs:
    wait-time: 0
    retention: 1209600
    dead-letter: { max-receive-count: 1, retention: 60 }
  plain: { renamed-from: old, wait-time: 0 }
";
        assert_snapshot!(report(yaml), @"
        sqs/short-polling: queue `QueueJobs` is polled without waiting <- `0` answers at once, also when empty
        sqs/impatient-redrive: queue `QueueJobs` gives a message up after 1 receive <- `1` too few to survive a rollout
        sqs/dead-letter-retention: dead-letter queue `QueueJobsDeadLetter` keeps messages 60 s, `QueueJobs` itself 1209600 s <- `60` 60 s, counted from when the message was first sent
        sqs/short-polling: queue `QueueOld` is polled without waiting <- `0` answers at once, also when empty
        ");
        let helps: Vec<String> = findings(yaml).into_iter().flat_map(|it| it.help).collect();
        assert_snapshot!(helps.join("\n"), @"
        write `wait-time: 20`
        write `dead-letter.max-receive-count: 5`
        write `dead-letter.retention: 1209600` for the dead-letter queue, and less for its source
        write `wait-time: 20`
        ");
        let fixed = findings(yaml).into_iter().filter_map(|it| Some(it.fix?.edits.first()?.text.clone()));
        assert_eq!(fixed.collect::<Vec<_>>(), ["20", "5", "20"]);
    }

    #[test]
    fn a_default_is_shown_at_the_entry_or_at_what_it_would_be_written_in() {
        let yaml = "queues: { jobs: { retention: 1209600, dead-letter: { max-receive-count: 5 } } }\n";
        assert_snapshot!(report(yaml), @"sqs/dead-letter-retention: dead-letter queue `QueueJobsDeadLetter` keeps messages 1209600 s, `QueueJobs` itself 1209600 s <- `dead-letter` 1209600 s, counted from when the message was first sent");
    }

    #[test]
    fn fields_are_keys_of_their_kind() {
        for kind in KINDS {
            let mut generator = schemars::SchemaGenerator::default();
            let schema = (kind.schema)(&mut generator).to_value();
            let definitions = serde_json::to_value(generator.definitions()).unwrap();
            let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next());
            let properties = name.map_or(&schema["properties"], |name| &definitions[name]["properties"]);
            for field in kind.fields {
                let key = field.field.split('.').next().unwrap();
                assert!(properties.get(key).is_some(), "{}: {key} of {properties}", kind.section);
            }
        }
    }
}
