//! What can be wrong with a value, and how it is said.

use super::scalar::Fault;
use super::{format, hint, version};
use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Severity, counted};
use crate::facts::resource_types::{ResourceType, Schema, Strings, Types, Value};
use crate::view::{Prop, Resource};

/// Something wrong at a value.
#[derive(Clone, Debug)]
pub(super) struct Mistake<'v> {
    pub(super) prop: Prop<'v>,
    pub(super) problem: Problem<'v>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Problem<'v> {
    /// A property that the object does not have.
    Unknown { name: &'v str, object: &'v Expr, schema: Schema },
    /// A property that must be there.
    Missing(&'static str),
    /// Properties of which one must be there.
    MissingOne(Vec<&'static str>),
    /// A property that must be there because another is.
    MissingBeside { name: &'static str, missing: &'static str },
    /// A property that must not be there because another is.
    NotBeside { name: &'static str, other: &'static str },
    /// Properties of which only one may be there.
    NotTogether(Strings),
    /// How many properties there are.
    Properties { count: usize, least: Option<u32>, most: Option<u32> },
    /// The name of a property.
    Name(&'v str),
    /// The type.
    Type(Types),
    /// A string or number.
    Scalar { schema: Schema, fault: Fault },
    /// How many items there are.
    Items { count: usize, least: Option<u32>, most: Option<u32> },
    /// An item that is there already.
    Twice,
    /// An item that agrees with an earlier one in these properties.
    SameKeys(Strings),
    /// No item is one that must be there.
    Contains,
    /// Several alternatives at once, told apart by these properties.
    Several(Vec<&'static str>),
    /// None of the alternatives; what each of the nearest lacks.
    NoForm(Vec<Vec<Mistake<'v>>>),
    /// What the value must not be.
    Excluded(Schema),
    /// A value that must not be there, and why not.
    NotAllowed(Option<Reason<'v>>),
    /// A value that AWS sets.
    ReadOnly,
    /// A value that should no longer be written.
    Deprecated,
}

/// Why more is asked of a value: the condition, and what it holds of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason<'v> {
    pub(super) condition: Schema,
    pub(super) prop: Prop<'v>,
}

impl PartialEq for Reason<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition && std::ptr::eq(self.prop.expr(), other.prop.expr())
    }
}

impl<'v> Reason<'v> {
    /// The properties that the condition is about and that are there, apart from `value`.
    fn properties(&self, value: &Expr) -> Vec<(&'static str, Prop<'v>)> {
        let named = self.condition.properties().filter_map(|(name, _)| Some((name, self.prop.key(name)?)));
        named.filter(|(_, prop)| !std::ptr::eq(prop.expr(), value)).collect()
    }

    /// `` `Engine` is `postgres` ``, of each property that the condition is about.
    fn words(&self, value: &Expr) -> String {
        let words = self.properties(value).into_iter().map(|(name, prop)| match hint::value(&prop) {
            Some(value) => format!("`{name}` is {value}"),
            None => format!("`{name}` is written"),
        });
        words.collect::<Vec<_>>().join(" and ")
    }
}

impl PartialEq for Mistake<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.is_at(other.prop.expr()) && self.problem == other.problem
    }
}

impl<'v> Mistake<'v> {
    /// Whether it is about this very value.
    pub(super) fn is_at(&self, value: &Expr) -> bool {
        std::ptr::eq(self.prop.expr(), value)
    }

    /// Whether it is about the content of a value, of which one such mistake is enough.
    pub(super) fn is_of_content(&self) -> bool {
        match self.problem {
            Problem::Type(_)
            | Problem::Scalar { .. }
            | Problem::NotAllowed(_)
            | Problem::ReadOnly
            | Problem::Unknown { .. }
            | Problem::NoForm(_)
            | Problem::Excluded(_)
            | Problem::Twice
            | Problem::NotBeside { .. } => true,
            Problem::Missing(_)
            | Problem::MissingOne(_)
            | Problem::MissingBeside { .. }
            | Problem::NotTogether(_)
            | Problem::Properties { .. }
            | Problem::Name(_)
            | Problem::Items { .. }
            | Problem::SameKeys(_)
            | Problem::Contains
            | Problem::Several(_)
            | Problem::Deprecated => false,
        }
    }

    /// Whether it is about a value that a function gives, such as `Ref` to a parameter: the default of a parameter is
    /// often no more than a place for what will be given.
    pub(super) fn is_of_computed(&self) -> bool {
        matches!(self.problem, Problem::Scalar { .. } | Problem::Items { .. }) && self.prop.is_computed()
    }

    /// Whether it is about nothing at all, as the default of a parameter that the caller is to fill.
    pub(super) fn is_of_empty(&self) -> bool {
        matches!(self.problem, Problem::Items { count: 0, .. }) || self.prop.text().is_some_and(|text| text.is_empty())
    }

    /// Whether the value is none of a list that may have grown since it was read.
    pub(super) fn is_of_newer(&self) -> bool {
        match self.problem {
            Problem::Scalar { schema, fault: Fault::Member } => {
                let texts = schema.enumeration().chain(schema.enumeration_ignoring_case());
                let texts: Vec<&str> = texts.filter_map(Value::text).collect();
                self.prop.text().is_some_and(|text| version::is_newer(&text, &texts))
            }
            _ => false,
        }
    }

    /// Makes the finding.
    pub(super) fn report(&self, kind: ResourceType, resource: &Resource<'v>) -> Diagnostic {
        let path = self.prop.path();
        let is_secret = is_secret(kind, &path);
        let words =
            Words { path: &path, id: resource.id(), value: if is_secret { None } else { hint::value(&self.prop) } };
        let said = if self.is_of_newer() { unknown_yet(&words) } else { self.say(&words) };
        let of_key = matches!(self.problem, Problem::Unknown { .. });
        let start = if of_key { Prop::finding_of_key } else { Prop::finding };
        let mut finding = start(&self.prop, said.title, said.label);
        finding.id = said.id;
        finding.severity = if matches!(self.problem, Problem::Deprecated) { Severity::Advice } else { Severity::Error };
        if is_secret && let Some(primary) = &mut finding.primary {
            primary.at = primary.at.clone().hidden();
        }
        let fix = said.instead.filter(|_| !is_secret).and_then(|text| match &self.problem {
            Problem::Unknown { name, .. } => self.prop.rename(name, &text),
            _ => self.prop.replace(&text),
        });
        let finding = finding.note(format!("source: {}", hint::documentation(kind))).fix(fix);
        if said.help.is_empty() { finding } else { finding.help(said.help) }
    }

    fn say(&self, words: &Words<'_>) -> Said {
        match &self.problem {
            Problem::Unknown { name, object, schema } => unknown(words, name, object, *schema),
            Problem::Missing(name) => missing(words, &[name], "is required"),
            Problem::MissingOne(names) => missing(words, names, "one of them is required"),
            Problem::MissingBeside { name, missing: other } => {
                missing(words, &[other], &format!("is required beside `{name}`"))
            }
            Problem::Type(types) => {
                let wanted = hint::one_of(types.names(), "or");
                let title = format!("{} is {}, not {wanted}", words.what(), hint::kind(&self.prop));
                Said::new("schema/wrong-type", title, hint::kind(&self.prop), hint::write(*types))
            }
            Problem::Scalar { schema, fault } => scalar(words, &self.prop, *schema, *fault),
            Problem::Items { .. }
            | Problem::Twice
            | Problem::SameKeys(_)
            | Problem::Contains
            | Problem::Properties { .. }
            | Problem::Name(_) => self.say_count(words),
            Problem::NotBeside { .. }
            | Problem::NotTogether(_)
            | Problem::Several(_)
            | Problem::NoForm(_)
            | Problem::Excluded(_)
            | Problem::NotAllowed(_)
            | Problem::ReadOnly
            | Problem::Deprecated => self.say_choice(words),
        }
    }

    fn say_count(&self, words: &Words<'_>) -> Said {
        match &self.problem {
            Problem::Items { count, least, most } => {
                let title = format!(
                    "{} has {}, {}",
                    words.what(),
                    counted(i64::try_from(*count).unwrap_or(i64::MAX), "item"),
                    hint::bounds(*least, *most)
                );
                Said::new(
                    "schema/items",
                    title,
                    counted(i64::try_from(*count).unwrap_or(i64::MAX), "item"),
                    format!("write {}", hint::range(*least, *most, "items")),
                )
            }
            Problem::Properties { count, least, most } => {
                let title = format!("{} has {count} properties, {}", words.what(), hint::bounds(*least, *most));
                let help = format!("write {}", hint::range(*least, *most, "properties"));
                Said::new("schema/properties", title, format!("{count} properties"), help)
            }
            Problem::SameKeys(keys) => {
                let keys = hint::one_of(keys.clone(), "and");
                let title = format!("{} has the {keys} of an earlier item", words.what());
                Said::new("schema/not-unique", title, "as in an earlier item", "remove one of the two".to_owned())
            }
            Problem::Contains => {
                let title = format!("no item of {} is one that is required", words.what());
                Said::new("schema/items", title, "a required item is missing", String::new())
            }
            Problem::Name(name) => {
                let title = format!("`{name}` cannot be a name in {}", words.what());
                Said::new("schema/name", title, "not a name that is allowed here", "choose another name".to_owned())
            }
            _ => {
                let title = format!("{} is in the list twice", words.what());
                Said::new("schema/not-unique", title, "is there already", "remove it".to_owned())
            }
        }
    }

    fn say_choice(&self, words: &Words<'_>) -> Said {
        let what = words.what();
        match &self.problem {
            Problem::NotBeside { name, other } => Said::new(
                "schema/not-together",
                format!("{what} stands beside `{name}`, which excludes it"),
                format!("not beside `{name}`"),
                format!("remove `{other}` or `{name}`"),
            ),
            Problem::NotTogether(names) => {
                let names = hint::one_of(names.clone(), "or");
                let help = format!("keep only one of {names}");
                Said::new(
                    "schema/not-together",
                    format!("{what} has more than one of {names}"),
                    "only one may be here",
                    help,
                )
            }
            Problem::Several(names) => {
                let title = format!("{what} is several alternatives at once");
                let help = match names.as_slice() {
                    [] => String::new(),
                    names => format!("keep only {}", hint::one_of(names.iter().copied(), "or")),
                };
                Said::new("schema/one-of", title, "only one may be here", help)
            }
            Problem::NoForm(forms) => {
                let ways: Vec<String> = forms.iter().take(hint::MOST).map(|form| ways(form)).collect();
                let help = format!("choose one way: {}", ways.join("; or "));
                Said::new("schema/one-of", format!("{what} is none of the alternatives"), "fits none", help)
            }
            Problem::Excluded(schema) => excluded(words, &self.prop, *schema),
            Problem::NotAllowed(Some(reason)) => not_allowed(words, &self.prop, reason),
            Problem::ReadOnly => Said::new(
                "schema/read-only",
                format!("{what} is set by AWS"),
                "cannot be chosen",
                "remove it".to_owned(),
            ),
            Problem::Deprecated => Said::new(
                "schema/deprecated",
                format!("{what} should no longer be used"),
                "deprecated",
                "remove it, or write what the documentation gives in its place".to_owned(),
            ),
            _ => Said::new(
                "schema/not-allowed",
                format!("the type has no {what}"),
                "takes no such value",
                "remove it".to_owned(),
            ),
        }
    }
}

/// Says of a value why it has no place where it is.
fn not_allowed(words: &Words<'_>, prop: &Prop<'_>, reason: &Reason<'_>) -> Said {
    let what = words.what();
    let because = reason.words(prop.expr());
    let is_itself = reason
        .condition
        .properties()
        .any(|(name, _)| reason.prop.key(name).is_some_and(|value| std::ptr::eq(value.expr(), prop.expr())));
    let other = reason.properties(prop.expr()).first().map(|(name, _)| format!(", or change `{name}`"));
    let other = other.unwrap_or_default();
    match (&words.value, is_itself) {
        (Some(value), true) if words.path.ends_with("EngineVersion") => Said::new(
            "schema/deprecated-version",
            format!("{what} is {value}, which AWS has deprecated"),
            format!("deprecated where {because}"),
            "write a newer minor version of the same major one; a database that has this one already keeps it"
                .to_owned(),
        ),
        (Some(value), true) => Said::new(
            "schema/not-allowed",
            format!("{what} is {value}, which does not go with the rest"),
            format!("not taken where {because}"),
            format!("write another value{other}"),
        ),
        (_, _) => Said::new(
            "schema/not-allowed",
            format!("{what} means nothing where {because}"),
            "has no place here",
            format!("remove it{other}"),
        ),
    }
}

/// Says that a value is newer than what is known.
fn unknown_yet(words: &Words<'_>) -> Said {
    Said::new(
        "schema/enum",
        words.is_not("known to this version of infra"),
        "newer than the list",
        "check that AWS has it; nothing has to be changed if it does".to_owned(),
    )
}

/// Whether the value at a path is one that AWS never shows and that is named like a password; other values that are not
/// shown, such as the security groups of a cache, are no secrets.
fn is_secret(kind: ResourceType, path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let is_named_so = ["pass", "secret", "token", "credential", "key"].iter().any(|word| name.contains(word));
    is_named_so && kind.write_only().any(|secret| hint::is_under(path, secret))
}

/// What a finding says, before it has a place.
struct Said {
    id: &'static str,
    title: String,
    label: String,
    help: String,
    /// The text that was probably meant in the place of the value.
    instead: Option<String>,
}

impl Said {
    fn new(id: &'static str, title: String, label: impl Into<String>, help: String) -> Self {
        Self { id, title, label: label.into(), help, instead: None }
    }
}

/// How a finding calls the value.
struct Words<'w> {
    path: &'w str,
    id: &'w str,
    /// The value, unless it is secret or not a literal.
    value: Option<String>,
}

impl Words<'_> {
    fn what(&self) -> String {
        if self.path.is_empty() { format!("`{}`", self.id) } else { format!("`{}` of `{}`", self.path, self.id) }
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// "is such, which is not …", or only the latter of a value that is not shown.
    fn is_not(&self, wanted: &str) -> String {
        match &self.value {
            Some(value) => format!("{} is {value}, which is not {wanted}", self.what()),
            None => format!("{} is not {wanted}", self.what()),
        }
    }
}

fn unknown(words: &Words<'_>, name: &str, object: &Expr, schema: Schema) -> Said {
    let title = format!("`{}` has no property `{}`", words.id, words.path);
    let is_free = |known: &&str| !matches!(object, Expr::Object(object) if object.get(known).is_some());
    let free: Vec<&str> = schema.properties().map(|(known, _)| known).filter(is_free).collect();
    let near = hint::meant(name, free.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if free.is_empty() => "remove it".to_owned(),
        None => format!("write one of {}", hint::list(free.iter().copied())),
    };
    let said = Said::new("schema/unknown-property", title, format!("`{name}` is no property here"), help);
    Said { instead: near.map(str::to_owned), ..said }
}

fn missing(words: &Words<'_>, names: &[&str], why: &str) -> Said {
    let paths: Vec<String> = names.iter().map(|name| words.below(name)).collect();
    let paths = hint::one_of(paths.iter().map(String::as_str), "or");
    let names = hint::one_of(names.iter().copied(), "or");
    Said::new(
        "schema/missing-property",
        format!("`{}` lacks {paths}", words.id),
        format!("{names} is missing here"),
        format!("add {names}: {why}"),
    )
}

fn scalar(words: &Words<'_>, prop: &Prop<'_>, schema: Schema, fault: Fault) -> Said {
    let what = words.what();
    match fault {
        Fault::Member => {
            let members: Vec<String> = schema
                .enumeration()
                .chain(schema.enumeration_ignoring_case())
                .chain(schema.constant())
                .map(|member| member.to_string())
                .collect();
            let text = prop.text().unwrap_or_default();
            let near = hint::meant(&text, members.iter().map(String::as_str)).map(str::to_owned);
            let list = hint::list(members.iter().map(String::as_str));
            let help = match (&near, members.as_slice()) {
                (Some(near), _) => format!("did you mean `{near}`? allowed: {list}"),
                (None, [only]) => format!("write `{only}`"),
                (None, _) => format!("write one of {list}"),
            };
            let title = words.is_not("one of its values");
            Said { instead: near, ..Said::new("schema/enum", title, "not one of the values", help) }
        }
        Fault::Length(count) => {
            let (least, most) = (schema.min_length(), schema.max_length());
            let title = format!("{what} has {count} characters, {}", hint::bounds(least, most));
            Said::new(
                "schema/length",
                title,
                format!("{count} characters"),
                format!("write {}", hint::range(least, most, "characters")),
            )
        }
        Fault::Pattern => {
            let pattern = schema.pattern().unwrap_or_default();
            let help = format!("write text that matches `{}`", hint::short(pattern));
            Said::new("schema/pattern", words.is_not("of its pattern"), "does not match", help)
        }
        Fault::Format => {
            let wanted = format::describe(schema.format().unwrap_or_default());
            let title = words.is_not(&wanted);
            Said::new("schema/format", title, "has another format", format!("write {wanted}"))
        }
        Fault::Range => {
            let range = hint::interval(schema);
            Said::new("schema/range", words.is_not(&range), "out of range", format!("write a number: {range}"))
        }
        Fault::Multiple => {
            let step = schema.multiple_of().unwrap_or(1.0);
            Said::new(
                "schema/range",
                words.is_not(&format!("a multiple of {step}")),
                format!("no multiple of {step}"),
                format!("write a multiple of {step}"),
            )
        }
    }
}

fn excluded(words: &Words<'_>, prop: &Prop<'_>, schema: Schema) -> Said {
    let what = words.what();
    if schema.has_enumeration() || schema.constant().is_some() {
        let title = words.is_not("allowed here");
        return Said::new("schema/not-allowed", title, "not allowed here", "write another value".to_owned());
    }
    let mut names: Vec<&str> = schema.required().chain(schema.any_of().flat_map(Schema::required)).collect();
    names.dedup();
    names.retain(|name| prop.key(name).is_some());
    if names.is_empty() {
        return Said::new(
            "schema/not-allowed",
            format!("{what} does not go with the rest of its resource"),
            "not taken as it is",
            "compare it with the documentation of the type".to_owned(),
        );
    }
    let names = hint::one_of(names, "or");
    Said::new(
        "schema/not-allowed",
        format!("{what} takes no {names} as the rest of it is"),
        "not allowed together with the rest",
        format!("remove {names}, or change what excludes it"),
    )
}

/// What would have to be done to make the value one alternative.
fn ways(form: &[Mistake<'_>]) -> String {
    let steps = form.iter().map(|mistake| {
        let path = mistake.prop.path();
        match &mistake.problem {
            Problem::Missing(name) => format!("add `{name}`"),
            Problem::MissingOne(names) => format!("add {}", hint::one_of(names.iter().copied(), "or")),
            Problem::Unknown { name, .. } => format!("remove `{name}`"),
            Problem::Type(types) => format!("make `{path}` {}", hint::one_of(types.names(), "or")),
            Problem::Scalar { schema, fault: Fault::Pattern } => {
                format!("match `{}`", hint::short(schema.pattern().unwrap_or_default()))
            }
            Problem::Scalar { schema, fault: Fault::Format } => format::describe(schema.format().unwrap_or_default()),
            Problem::Scalar { schema, fault: Fault::Member } => {
                let members: Vec<String> =
                    schema.enumeration().chain(schema.constant()).map(|it| it.to_string()).collect();
                format!("write {}", hint::list(members.iter().map(String::as_str)))
            }
            _ => format!("change `{path}`"),
        }
    });
    steps.take(3).collect::<Vec<_>>().join(" and ")
}
