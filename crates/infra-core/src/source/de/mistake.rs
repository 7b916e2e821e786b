//! What can be wrong with a value, in the words of someone who writes YAML.
//!
//! Depends on the node tree and `diag`.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::diag::{At, Diagnostic, Edit, Fix, suggest};
use crate::source::scalar::{self, Scalar};
use crate::source::{Node, Pair, Span, Value};

/// The error that travels through serde.
#[derive(Debug)]
pub(super) struct Mistake(Box<Kind>);

/// What went wrong.
#[derive(Debug)]
pub(super) enum Kind {
    /// A value further in was reported.
    Reported,
    /// A required key is not there.
    Missing(&'static str),
    /// Anything else.
    Told(Told),
}

/// A finding that has no place yet.
#[derive(Debug)]
pub(super) struct Told {
    id: &'static str,
    title: String,
    label: String,
    notes: Vec<String>,
    help: Vec<String>,
}

impl Told {
    fn new(id: &'static str, title: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id, title: title.into(), label: label.into(), notes: Vec::new(), help: Vec::new() }
    }

    fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Returns the finding at its place.
    pub(super) fn into_diagnostic(self, at: At) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.id, self.title).at(at, self.label);
        Diagnostic { notes: self.notes, help: self.help, ..diagnostic }
    }
}

impl Mistake {
    /// Returns the error that says nothing new.
    pub(super) fn reported() -> Self {
        Self(Box::new(Kind::Reported))
    }

    /// Returns what went wrong.
    pub(super) fn kind(self) -> Kind {
        *self.0
    }
}

impl From<Told> for Mistake {
    fn from(told: Told) -> Self {
        Self(Box::new(Kind::Told(told)))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Reported => f.write_str("a value further in is wrong"),
            Kind::Missing(field) => write!(f, "key `{field}` is missing"),
            Kind::Told(told) => f.write_str(&told.title),
        }
    }
}

impl std::error::Error for Mistake {}

impl serde::de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Told::new("source/invalid-value", message.to_string(), "").into()
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) | Unexpected::Char(_) => "a string",
            Unexpected::Unit | Unexpected::Option => "nothing",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a mapping",
            _ => "something else",
        };
        Told::new("source/wrong-type", format!("expected {}, found {found}", in_yaml_words(wanted)), found).into()
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(value) => format!("`{value}`"),
            Unexpected::Signed(value) => format!("`{value}`"),
            Unexpected::Float(value) => format!("`{value}`"),
            Unexpected::Str(value) => format!("`{value}`"),
            other => other.to_string(),
        };
        Told::new("source/invalid-value", format!("expected {}, found {found}", in_yaml_words(wanted)), "").into()
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        Told::new("source/wrong-length", format!("expected {}, found {}", in_yaml_words(wanted), items(length)), "")
            .into()
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let told = Told::new(
            "source/unknown-value",
            format!("unknown value `{variant}`"),
            "not one of the values allowed here",
        );
        match near(variant, expected) {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).note(format!("allowed are {}", list(expected))).into()
            }
            None => told.help(format!("write one of {}", list(expected))).into(),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Told::new("source/unknown-key", format!("unknown key `{field}`"), "")
            .help(format!("the keys allowed here are {}", list(expected)))
            .into()
    }

    fn missing_field(field: &'static str) -> Self {
        Self(Box::new(Kind::Missing(field)))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Told::new("source/duplicate-key", format!("key `{field}` is written twice"), "under two names").into()
    }
}

fn in_yaml_words(wanted: &dyn Expected) -> String {
    let wanted = wanted.to_string();
    match wanted.as_str() {
        "a map" => "a mapping".to_owned(),
        "a sequence" => "a list".to_owned(),
        "unit" => "nothing".to_owned(),
        other if other.starts_with("struct ") => "a mapping".to_owned(),
        _ => wanted,
    }
}

/// Says that a key was not recognized.
pub(super) fn unknown_key(parent: &Node, pair: &Pair, fields: &[&str]) -> Diagnostic {
    let free: Vec<&str> = fields.iter().copied().filter(|field| parent.pair(field).is_none()).collect();
    let diagnostic = Diagnostic::error("source/unknown-key", format!("unknown key `{}`", pair.key))
        .at(At::Span(pair.key_span), "not a key of this mapping");
    match (near(&pair.key, &free), fields) {
        (Some(near), _) => diagnostic.help(format!("did you mean `{near}`?")).fix(Some(rename(pair, near))),
        (None, []) => diagnostic.help("remove it; no keys are allowed here"),
        (None, _) => diagnostic.help(format!("the keys allowed here are {}", list(fields))),
    }
}

/// Writes a key as `name`, in quotes if it was in quotes.
fn rename(pair: &Pair, name: &str) -> Fix {
    let Span { start, end, .. } = pair.key_span;
    let quoted = usize::try_from(end.saturating_sub(start)).is_ok_and(|length| length > pair.key.len());
    let text = if quoted { format!("\"{name}\"") } else { name.to_owned() };
    Fix { title: format!("write `{name}`"), edits: vec![Edit { span: pair.key_span, text }] }
}

/// Says that a required key is not there.
pub(super) fn missing_key(field: &str, place: Span) -> Diagnostic {
    Diagnostic::error("source/missing-key", format!("key `{field}` is missing"))
        .at(At::Span(place), "in this mapping")
        .note(format!("`{field}` has no default"))
        .help(format!("add `{field}: …`"))
}

/// Returns whether `written` is `field`, or is a likely slip of it.
pub(super) fn is_slip_of(written: &str, field: &str) -> bool {
    written == field || near(written, &[field]).is_some()
}

fn near<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let bare = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    let same = candidates.iter().copied().find(|candidate| bare(candidate) == bare(word));
    same.or_else(|| suggest(word, candidates.iter().copied()))
}

/// The seconds of a time with a unit, such as `3m`.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// Says that a value is of another type than `wanted`.
pub(super) fn wrong_type(wanted: &str, node: &Node) -> Mistake {
    let (text, meaning) = match &node.value {
        Value::List(_) => return mismatch(wanted, "a list").into(),
        Value::Map(_) => return mismatch(wanted, "a mapping").into(),
        Value::Quoted(text) => return quoted(wanted, text).into(),
        Value::Plain(text) => (text, scalar::read(text)),
    };
    if wanted == "a number"
        && let Some(seconds) = seconds(text)
    {
        return Told::new("source/wrong-type", format!("expected a number, found `{text}`"), "a number with a unit")
            .note("times are written as numbers without a unit: of seconds, unless the key says days")
            .help(format!("write `{seconds}` for {text}, where seconds are meant"))
            .into();
    }
    match (wanted, meaning) {
        (_, Scalar::Null) => Told::new("source/missing-value", "value is missing", format!("expected {wanted}"))
            .note("an empty value, `~` and `null` all mean that there is no value")
            .help("write a value, or remove the key"),
        ("a number", Scalar::Ambiguous) => ambiguous(text),
        ("a number", Scalar::NotFinite) => {
            Told::new("source/wrong-type", format!("expected a number, found `{text}`"), "not a number")
                .note("no setting can be infinite or undefined")
                .help("write a finite number")
        }
        ("a boolean", _) => boolean(text, found(meaning)),
        ("a string", Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Ambiguous | Scalar::NotFinite) => {
            unquoted(text, meaning)
        }
        (_, _) => mismatch(wanted, found(meaning)),
    }
    .into()
}

fn mismatch(wanted: &str, found: &str) -> Told {
    let told = Told::new("source/wrong-type", format!("expected {wanted}, found {found}"), format!("this is {found}"));
    match wanted {
        "a list" => told.help("write one item per line, each after `- `"),
        "a mapping" => told.help("write one `key: value` per line, indented under the key"),
        "nothing" => told.help("remove the value"),
        _ => told.help(format!("write {wanted}")),
    }
}

fn found(meaning: Scalar) -> &'static str {
    match meaning {
        Scalar::Null => "nothing",
        Scalar::Bool(_) => "a boolean",
        Scalar::Int(_) | Scalar::Float(_) | Scalar::Ambiguous | Scalar::NotFinite => "a number",
        Scalar::Text => "a string",
    }
}

fn quoted(wanted: &str, text: &str) -> Told {
    let fits = match (wanted, scalar::read(text)) {
        ("a number", Scalar::Int(_) | Scalar::Float(_)) | ("a boolean", Scalar::Bool(_)) => true,
        (_, _) => false,
    };
    let told = Told::new("source/wrong-type", format!("expected {wanted}, found a string"), "this is a string");
    if fits {
        told.note("what is in quotes is always a string").help(format!("write {} without quotes", text.to_lowercase()))
    } else {
        Told { help: mismatch(wanted, "a string").help, ..told }
    }
}

fn unquoted(text: &str, meaning: Scalar) -> Told {
    let found = found(meaning);
    let why = match meaning {
        Scalar::Ambiguous => {
            format!("without quotes some YAML tools read `{text}` as an octal number, others drop the leading zero")
        }
        Scalar::Bool(_) | Scalar::Null | Scalar::Text => {
            format!("without quotes YAML tools read `{text}` as {found}")
        }
        Scalar::Int(_) | Scalar::Float(_) | Scalar::NotFinite => {
            format!("without quotes YAML tools read `{text}` as a number, and may write it back in another form")
        }
    };
    Told::new("source/wrong-type", format!("expected a string, found {found}"), format!("YAML reads this as {found}"))
        .note(why)
        .help(format!("write \"{text}\""))
}

fn boolean(text: &str, found: &str) -> Told {
    let meant = match text.to_lowercase().as_str() {
        "yes" | "y" | "on" | "true" | "1" | "enabled" => Some("true"),
        "no" | "n" | "off" | "false" | "0" | "disabled" => Some("false"),
        other => near(other, &["true", "false"]),
    };
    let told =
        Told::new("source/wrong-type", format!("expected a boolean, found `{text}`"), format!("this is {found}"))
            .note("a boolean is written `true` or `false`; YAML tools disagree on every other spelling");
    match meant {
        Some(meant) => told.help(format!("did you mean {meant}?")),
        None => told.help("write true or false"),
    }
}

fn ambiguous(text: &str) -> Told {
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches(['0', 'o']);
    Told::new("source/ambiguous-number", format!("number `{text}` is ambiguous"), "octal or decimal?")
        .note("YAML 1.1 tools read a number with a leading zero as octal, YAML 1.2 tools as decimal")
        .help(format!(
            "write the number in decimal without the leading zero, such as {}",
            if digits.is_empty() { "0" } else { digits }
        ))
        .help(format!("write \"{text}\" if a string is meant"))
}

/// Says that a whole number does not fit.
pub(super) fn out_of_range(text: &str, min: i128, max: i128) -> Mistake {
    Told::new("source/out-of-range", format!("number {text} is out of range"), format!("must be from {min} to {max}"))
        .help(format!("write a number from {min} to {max}"))
        .into()
}

/// Says that a number is larger than any that can be kept.
pub(super) fn too_large(text: &str) -> Mistake {
    Told::new("source/out-of-range", format!("number {text} is out of range"), "too large")
        .help("write a smaller number")
        .into()
}

/// Says that a fraction stands where a whole number is wanted.
pub(super) fn not_whole(text: &str) -> Mistake {
    Told::new("source/wrong-type", format!("expected a whole number, found {text}"), "has a fraction or an exponent")
        .help("write a number without a fraction or an exponent")
        .into()
}

/// Says that a hexadecimal number stands where any number is wanted.
pub(super) fn not_decimal(text: &str) -> Mistake {
    Told::new("source/wrong-type", format!("expected a decimal number, found {text}"), "hexadecimal")
        .help("write the number in decimal")
        .into()
}

/// Says that a list of a fixed length has another one.
pub(super) fn wrong_length(wanted: usize, found: usize) -> Mistake {
    Told::new(
        "source/wrong-length",
        format!("expected a list of {}, found {}", items(wanted), items(found)),
        "this list",
    )
    .help(format!("write {}", items(wanted)))
    .into()
}

/// Says that neither a name nor a name with a value was written.
pub(super) fn not_a_variant(found: &str, variants: &[&str]) -> Mistake {
    Told::new(
        "source/wrong-type",
        format!("expected one of {}, found {found}", list(variants)),
        format!("this is {found}"),
    )
    .help("write one of the names, or a mapping with one of them as its only key")
    .into()
}

/// Says that a choice was made more than once.
pub(super) fn several_variants(found: usize, variants: &[&str]) -> Mistake {
    Told::new(
        "source/several-keys",
        format!("expected exactly one key, found {found}"),
        "this mapping chooses between its keys",
    )
    .note(format!("the choices are {}", list(variants)))
    .help("keep one of the keys")
    .into()
}

/// Says that a name needs a value.
pub(super) fn variant_without_value(name: &str) -> Mistake {
    Told::new("source/missing-value", format!("`{name}` needs a value"), "only the name")
        .help(format!("write a mapping with the key: `{name}: …`"))
        .into()
}

/// Says that a name takes no value.
pub(super) fn variant_with_value(name: &str) -> Mistake {
    Told::new("source/wrong-type", format!("`{name}` takes no value"), "not expected here")
        .help(format!("write just `{name}`"))
        .into()
}

fn items(count: usize) -> String {
    match count {
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
