//! Lays overlays over stack files: how an environment differs from the others.
//!
//! Everything that an overlay names must be there, so that a typo makes nothing new and takes nothing away in silence;
//! what is meant to be new says so.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json};

use super::Unread;
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::kinds::{self, KindInfo};
use crate::names::Name;
use crate::source::{FileId, Literal, Node, Pair, Sources, Span, Value, literal, merge};

/// An overlay file: stacks by name, each with what it changes.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// Its content.
    pub tree: Node,
}

/// Key of what says that an overlay means something new.
pub const NEW: &str = "new";

/// Reads an overlay file.
pub fn overlay(sources: &Sources, file: FileId, diags: &mut Diagnostics) -> Option<Overlay> {
    super::load::tree(sources, file, diags).map(|tree| Overlay { tree })
}

/// Lays an overlay over the stacks; what it names and is not there is reported and left out.
pub(super) fn apply(trees: &mut BTreeMap<Name, Node>, overlay: &Overlay, unread: &mut Unread, diags: &mut Diagnostics) {
    for pair in overlay.tree.pairs() {
        let known = trees.keys().find(|name| name.as_str() == pair.key).cloned();
        if let Some(tree) = known.and_then(|name| trees.get_mut(&name)) {
            let mut changes = pair.value.clone();
            Layer { stack: &pair.key, unread, diags }.stack(tree, &mut changes);
            merge(tree, &changes);
            continue;
        }
        let error = Diagnostic::error("model/unknown-stack", format!("there is no stack `{}`", pair.key))
            .at(At::Span(pair.key_span), "an overlay changes stacks that are there");
        diags.push(match suggest(&pair.key, trees.keys().map(Name::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("the stacks are {}", crate::resolve::list(trees.keys().map(Name::as_str)))),
        });
    }
}

/// What an overlay says about one stack.
struct Layer<'a> {
    stack: &'a str,
    unread: &'a mut Unread,
    diags: &'a mut Diagnostics,
}

impl Layer<'_> {
    fn stack(&mut self, base: &Node, changes: &mut Node) {
        let Value::Map(pairs) = &mut changes.value else { return };
        for pair in pairs {
            if let Some((_, kind)) = kinds::by_section(&pair.key) {
                self.section(kind, base.pair(&pair.key).map(|old| &old.value), &mut pair.value);
            }
        }
    }

    fn section(&mut self, kind: &KindInfo, base: Option<&Node>, changes: &mut Node) {
        let Value::Map(pairs) = &mut changes.value else { return };
        let known = base.map(Node::pairs).unwrap_or_default();
        let (stack, noun) = (self.stack, kind.noun);
        let owner = format!("stack `{stack}`");
        let mut shape = None;
        pairs.retain_mut(|pair| {
            let kept = self.named((&owner, noun), known, pair, true);
            if !kept && !is_null(&pair.value) {
                self.unread.entry(stack, kind.section, &pair.key);
            }
            if kept {
                let Shape { root, definitions } = shape.get_or_insert_with(|| Shape::of(kind));
                let old = known.iter().find(|old| old.key == pair.key).map(|old| &old.value);
                let owner = format!("{} `{}`", noun, pair.key);
                self.fields(&owner, (root, definitions), old, &mut pair.value);
            }
            kept
        });
    }

    /// Looks at what has a name of the user's choice; returns whether it stands.
    fn named(&mut self, (owner, noun): (&str, &str), known: &[Pair], pair: &mut Pair, strict: bool) -> bool {
        let marker = take_marker(&mut pair.value);
        let old = known.iter().find(|old| old.key == pair.key);
        let names = || known.iter().map(|old| old.key.as_str());
        let missing = |id, title: String, label| {
            let error = Diagnostic::error(id, title).at(At::Span(pair.key_span), label);
            match suggest(&pair.key, names()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            }
        };
        match (old, marker) {
            (Some(old), Some(marker)) => {
                let error = Diagnostic::error("model/not-new", format!("{noun} `{}` is not new", pair.key))
                    .at(At::Span(marker), format!("{owner} has it already"))
                    .also(At::Span(old.key_span), "here")
                    .help(format!("remove `{NEW}: true`, and it is changed; or give it another name"));
                self.diags.push(error);
                true
            }
            (None, _) if is_null(&pair.value) => {
                let title = format!("{owner} has no {} `{}` to take away", noun, pair.key);
                self.diags.push(missing("model/nothing-to-remove", title, "not there"));
                false
            }
            (None, None) if strict => {
                let title = format!("{owner} has no {} `{}`", noun, pair.key);
                let error = missing("model/not-there", title, "an overlay changes what is there");
                self.diags.push(error.help(format!("write `{NEW}: true` below it if this environment alone has it")));
                false
            }
            (Some(_) | None, None) | (None, Some(_)) => true,
        }
    }

    /// Looks at the fields of an entry or below it; `base` is what the stack has there.
    fn fields(
        &mut self,
        owner: &str,
        (schema, all): (&Json, &Map<String, Json>),
        base: Option<&Node>,
        changes: &mut Node,
    ) {
        let Value::Map(pairs) = &mut changes.value else { return };
        let known = base.map(Node::pairs).unwrap_or_default();
        pairs.retain_mut(|pair| {
            let old = known.iter().find(|old| old.key == pair.key).map(|old| &old.value);
            match below(schema, all, &pair.key) {
                Below::Field(schema) => {
                    let owner = format!("`{}` of {owner}", pair.key);
                    self.fields(&owner, (schema, all), old, &mut pair.value);
                    true
                }
                Below::Named(schema) => {
                    // Beside nothing, nothing can be mistaken for something else; plain values have no room to say so.
                    let strict = !known.is_empty() && matches!(pair.value.value, Value::Map(_));
                    let kept = self.named((owner, "entry"), known, pair, strict);
                    if kept {
                        let owner = format!("`{}` of {owner}", pair.key);
                        self.fields(&owner, (schema, all), old, &mut pair.value);
                    }
                    kept
                }
                Below::Nothing(fields) => {
                    // What is not null is reported when the entry is read.
                    if is_null(&pair.value) && old.is_none() {
                        let title = format!("{owner} has no `{}` to take away", pair.key);
                        let error = Diagnostic::error("model/nothing-to-remove", title)
                            .at(At::Span(pair.key_span), "no key of it");
                        self.diags.push(match suggest(&pair.key, fields.iter().map(String::as_str)) {
                            Some(near) => error.help(format!("did you mean `{near}`?")),
                            None => error,
                        });
                    }
                    true
                }
                Below::Anything => true,
            }
        });
    }
}

/// Takes `new: true` out of a mapping; returns where it stood.
fn take_marker(node: &mut Node) -> Option<Span> {
    let Value::Map(pairs) = &mut node.value else { return None };
    let is_marker = |pair: &Pair| {
        let text = pair.value.scalar().filter(|_| matches!(pair.value.value, Value::Plain(_)));
        pair.key == NEW && text.is_some_and(|text| matches!(literal(text), Literal::Bool(true)))
    };
    let at = pairs.iter().position(is_marker)?;
    Some(pairs.remove(at).key_span)
}

fn is_null(node: &Node) -> bool {
    matches!(&node.value, Value::Plain(text) if matches!(literal(text), Literal::Null))
}

/// The JSON Schema of a kind, which knows keys from names.
struct Shape {
    root: Json,
    definitions: Map<String, Json>,
}

impl Shape {
    fn of(kind: &KindInfo) -> Self {
        let mut generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
        let root = (kind.schema)(&mut generator).to_value();
        Self { root, definitions: generator.take_definitions(true).into_iter().collect() }
    }
}

/// What a key below a value is.
enum Below<'s> {
    /// One of its fields.
    Field(&'s Json),
    /// A name of the user's choice.
    Named(&'s Json),
    /// None of its fields, which are these.
    Nothing(Vec<String>),
    /// Not known: what stands there has no fixed form.
    Anything,
}

fn below<'s>(schema: &'s Json, all: &'s Map<String, Json>, key: &str) -> Below<'s> {
    let mut fields = Vec::new();
    let mut open = vec![schema];
    let mut is_object = false;
    while let Some(schema) = open.pop() {
        let reference = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.rsplit('/').next());
        open.extend(reference.and_then(|name| all.get(name)));
        for choices in ["anyOf", "oneOf", "allOf"] {
            open.extend(schema.get(choices).and_then(Json::as_array).into_iter().flatten());
        }
        let own = schema.get("properties").and_then(Json::as_object);
        if let Some(field) = own.and_then(|own| own.get(key)) {
            return Below::Field(field);
        }
        fields.extend(own.into_iter().flat_map(Map::keys).cloned());
        let additional = schema.get("additionalProperties");
        let patterns = schema.get("patternProperties").and_then(Json::as_object);
        if let Some(named) = patterns.into_iter().flat_map(Map::values).chain(additional).find(|it| it.is_object()) {
            return Below::Named(named);
        }
        is_object |= additional == Some(&Json::Bool(false));
    }
    fields.extend(super::Common::KEYS.map(str::to_owned));
    let common = super::Common::KEYS.contains(&key);
    if is_object && !common { Below::Nothing(fields) } else { Below::Anything }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::environment;
    use crate::model::load::{definition, stack_file};

    const BASE: &str = "
queues:
  jobs: { visibility-timeout: 60 }
topics:
  events: { subscriptions: { jobs: { queue: jobs } } }
http-apis:
  shop: { routes: { POST /v1/orders: { to: { queue: { queue: jobs } } } } }
";

    /// Lays overlays over the stack `messaging`; gives the findings and the names of the queues that stand then.
    fn with(overlays: &[&str]) -> (String, String) {
        let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
        let file = sources.add("stacks/messaging.yaml", BASE);
        let stack = stack_file(&sources, file, &mut diags).unwrap();
        let layers: Vec<Overlay> = overlays
            .iter()
            .map(|text| {
                let file = sources.add("overlays/dev.yaml", *text);
                overlay(&sources, file, &mut diags).unwrap()
            })
            .collect();
        let layers: Vec<&Overlay> = layers.iter().collect();
        let made = definition(&"shop".parse().unwrap(), environment(), vec![stack].into(), &layers, &mut diags);
        let queues: Vec<String> = made
            .stacks
            .values()
            .flat_map(|stack| {
                use crate::kinds::{Queue, Sectioned};
                Queue::section(&stack.sections).keys().map(ToString::to_string).collect::<Vec<_>>()
            })
            .collect();
        let line = |finding: Diagnostic| {
            let label = finding.primary.as_ref().map(|label| match label.at {
                At::Span(span) => {
                    let text = &sources.get(span.file).unwrap().bytes;
                    let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
                    format!("`{}` {}", String::from_utf8_lossy(&text[range]), label.text)
                }
                At::Hidden(_) | At::File(_) | At::Caller { .. } => label.text.clone(),
            });
            format!(
                "{}: {} <- {} | {}\n",
                finding.id,
                finding.title,
                label.unwrap_or_default(),
                finding.help.join("; ")
            )
        };
        (diags.into_sorted().into_iter().map(line).collect(), queues.join(" "))
    }

    #[test]
    fn what_is_there_is_changed() {
        let overlay = "messaging: { queues: { jobs: { visibility-timeout: 90, delay: null } }, topics: { events: { \
                       display-name: Events, subscriptions: { jobs: { raw: false } } } } }";
        assert_eq!(with(&[overlay]), (String::new(), "jobs".to_owned()));
    }

    #[test]
    fn an_entry_with_a_typo_makes_nothing_new() {
        let (found, queues) = with(&["messaging: { queues: { job: { visibility-timeout: 90 } } }"]);
        assert_snapshot!(found, @"model/not-there: stack `messaging` has no queue `job` <- `job` an overlay changes what is there | did you mean `jobs`?; write `new: true` below it if this environment alone has it");
        assert_eq!(queues, "jobs");
    }

    #[test]
    fn what_is_meant_to_be_new_says_so() {
        let new = "messaging: { queues: { audit: { new: true, delay: 5 } } }";
        let changed = "messaging: { queues: { audit: { delay: 6 } } }";
        assert_eq!(with(&[new, changed]), (String::new(), "audit jobs".to_owned()));
    }

    #[test]
    fn what_is_there_already_is_not_new() {
        assert_snapshot!(with(&["messaging: { queues: { jobs: { new: true, delay: 5 } } }"]).0, @"model/not-new: queue `jobs` is not new <- `new` stack `messaging` has it already | remove `new: true`, and it is changed; or give it another name");
    }

    #[test]
    fn names_inside_an_entry_are_looked_at_too() {
        let overlay = "
messaging:
  topics: { events: { subscriptions: { job: { raw: false } } } }
  http-apis:
    shop:
      routes:
        POST /v1/order: { throttle: { rate: 1, burst: 1 } }
        GET /v1/orders: { new: true, to: { queue: { queue: jobs } } }
      request-headers: { x-tenant: a }
";
        assert_snapshot!(with(&[overlay]).0, @"
        model/not-there: `subscriptions` of topic `events` has no entry `job` <- `job` an overlay changes what is there | did you mean `jobs`?; write `new: true` below it if this environment alone has it
        model/not-there: `routes` of HTTP API `shop` has no entry `POST /v1/order` <- `POST /v1/order` an overlay changes what is there | did you mean `POST /v1/orders`?; write `new: true` below it if this environment alone has it
        ");
    }

    #[test]
    fn beside_nothing_nothing_can_be_mistaken() {
        let overlay = "messaging: { topics: { events: { subscriptions: { jobs: { filter: { type: [a] } } } } }, \
                       user-pools: { people: { new: true, clients: { web: {}, app: { new: true } } } } }";
        assert_eq!(with(&[overlay]).0, "");
    }

    #[test]
    fn what_is_not_there_cannot_be_taken_away() {
        let overlay = "messaging: { queues: { job: null, jobs: { dealy: null } }, topics: { events: { subscriptions: \
                       { job: ~ } } } }";
        let (found, queues) = with(&[overlay]);
        assert_snapshot!(found, @"
        model/nothing-to-remove: stack `messaging` has no queue `job` to take away <- `job` not there | did you mean `jobs`?
        model/nothing-to-remove: queue `jobs` has no `dealy` to take away <- `dealy` no key of it | did you mean `delay`?
        model/nothing-to-remove: `subscriptions` of topic `events` has no entry `job` to take away <- `job` not there | did you mean `jobs`?
        ");
        assert_eq!(queues, "jobs");
    }

    #[test]
    fn what_refers_to_an_entry_that_was_left_out_is_not_wrong() {
        let overlay = "messaging: { queues: { audit: {} }, topics: { events: { subscriptions: { audit: { new: true, \
                       queue: audit } } } } }";
        assert_snapshot!(with(&[overlay]).0, @"model/not-there: stack `messaging` has no queue `audit` <- `audit` an overlay changes what is there | write `new: true` below it if this environment alone has it");
    }

    #[test]
    fn a_stack_file_has_nothing_new() {
        assert_snapshot!(crate::kinds::testing::report("queues: { jobs: { new: true } }"), @"source/unknown-key: unknown key `new` <- `new` not a key of this mapping");
    }
}
