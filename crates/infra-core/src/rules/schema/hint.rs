//! Phrases that findings share: lists, bounds, the value itself, where to read more.

use crate::diag::suggest;
use crate::facts::resource_types::{ResourceType, Schema, Types};
use crate::view::Prop;

use super::shape::Shape;

/// Most alternatives that a help lists.
pub(super) const MOST: usize = 12;

/// Longest text of a value or pattern that is shown, in characters.
const LONGEST: usize = 80;

/// Says what to write where a value of one of `types` is wanted.
pub(super) fn write(types: Types) -> String {
    let one = |name: &str| match name {
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => "a whole number".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a mapping".to_owned(),
        "null" => "nothing".to_owned(),
        other => format!("a {other}"),
    };
    let names: Vec<String> = types.names().map(one).collect();
    format!("write {}", names.join(" or "))
}

/// The name that was probably meant; one that differs in capitals only comes first.
pub(super) fn meant<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let same = candidates.clone().find(|candidate| candidate.eq_ignore_ascii_case(word));
    same.or_else(|| suggest(word, candidates))
}

/// `` `a`, `b` and 3 more ``.
pub(super) fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.map(|item| format!("`{item}`")).collect();
    let (shown, rest) = items.split_at(items.len().min(MOST));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", shown.join(", "))
}

/// `` `a`, `b` or `c` ``.
pub(super) fn one_of<'a>(items: impl IntoIterator<Item = &'a str>, word: &str) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| format!("`{item}`")).collect();
    match items.pop() {
        None => "another value".to_owned(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} {word} {last}", items.join(", ")),
    }
}

/// What bounds allow, behind a number that breaks them.
pub(super) fn bounds(least: Option<u32>, most: Option<u32>) -> String {
    format!("{} allowed", range(least, most, "are"))
}

/// `1 to 5 items`.
pub(super) fn range(least: Option<u32>, most: Option<u32>, what: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => format!("{least} {what}"),
        (Some(least), Some(most)) => format!("{least} to {most} {what}"),
        (Some(least), None) => format!("{least} {what} at least").replace("are at least", "at least are"),
        (None, Some(most)) => format!("{most} {what} at most").replace("are at most", "at most are"),
        (None, None) => what.to_owned(),
    }
}

/// The numbers that a schema allows.
pub(super) fn interval(schema: Schema) -> String {
    let parts = [
        schema.minimum().map(|bound| format!("at least {bound}")),
        schema.maximum().map(|bound| format!("at most {bound}")),
        schema.exclusive_minimum().map(|bound| format!("more than {bound}")),
        schema.exclusive_maximum().map(|bound| format!("less than {bound}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// The value as it is shown, if it is known.
pub(super) fn value(prop: &Prop<'_>) -> Option<String> {
    prop.text().map(|text| format!("`{}`", short(&text)))
}

/// A text that is not too long to be shown.
pub(super) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// What kind of value this is, in the words of JSON.
pub(super) fn kind(prop: &Prop<'_>) -> &'static str {
    match Shape::of(prop) {
        Shape::Bool => "a boolean",
        Shape::Int => "a whole number",
        Shape::Float(_) => "a number",
        Shape::Text(_) | Shape::Parts => "a string",
        Shape::List => "a list",
        Shape::Object => "an object",
        Shape::Later(types) if types.contains(Types::ARRAY) => "a reference that gives a list",
        Shape::Later(types) if types.contains(Types::OBJECT) => "a reference that gives an object",
        Shape::Later(_) => "a reference that gives one value",
    }
}

/// Whether a path such as `Rules[0].Name` is a pattern such as `Rules.*.Name`, or below it.
pub(super) fn is_under(path: &str, pattern: &str) -> bool {
    let mut steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    pattern.split('.').all(|wanted| steps.next().is_some_and(|step| wanted == "*" || wanted == step))
}

/// The page that documents a type.
pub(super) fn documentation(kind: ResourceType) -> String {
    let name = kind.name().to_ascii_lowercase();
    let name = name.split_once("::").map_or(name.as_str(), |(_, rest)| rest).replace("::", "-");
    format!("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-{name}.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_read_as_sentences() {
        assert_eq!(bounds(Some(1), Some(5)), "1 to 5 are allowed");
        assert_eq!(bounds(None, Some(5)), "5 at most are allowed");
        assert_eq!(range(Some(2), None, "items"), "2 items at least");
    }

    #[test]
    fn paths_are_compared_step_by_step() {
        assert!(is_under("Users[0].Password", "Users.*.Password"));
        assert!(is_under("Users[0].Password.Text", "Users.*.Password"));
        assert!(!is_under("Users", "Users.*.Password"));
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        assert!(list(names.iter().map(String::as_str)).ends_with("`11` and 8 more"));
    }
}
