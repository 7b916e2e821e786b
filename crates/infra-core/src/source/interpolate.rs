//! Replaces `${name}` in the values of a tree by what an environment says.
//!
//! Depends on the node tree and `diag`. Keys are left alone. A value is replaced once: what a variable holds is not looked at again.

use indexmap::IndexMap;

use super::{Node, Value};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};

/// The variables of an environment: `env.name`, `env.region`, `project`, … in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    values: IndexMap<String, String>,
}

impl Variables {
    /// Collects names and values; of a name given twice the last value counts.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: values.into_iter().collect() }
    }

    /// Returns the value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns the names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// Replaces every `${name}` in the values of `node`; `$${` stands for a plain `${`.
///
/// Reports each unknown variable. Where `strict` is false, a `${…}` that is neither `env.…` nor `project`
/// belongs to CloudFormation and is left alone.
/// A plain scalar that held a variable becomes a string, whatever the variable holds.
pub fn interpolate(node: &mut Node, variables: &Variables, strict: bool, diags: &mut Diagnostics) {
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| interpolate(item, variables, strict, diags)),
        Value::Map(pairs) => pairs.iter_mut().for_each(|pair| interpolate(&mut pair.value, variables, strict, diags)),
        Value::Plain(text) | Value::Quoted(text) => {
            if !text.contains("${") {
                return;
            }
            let at = At::Span(node.span);
            if let Some(replaced) = replace(text, variables, strict, &mut |problem| {
                diags.push(problem.into_diagnostic(variables, at.clone()));
            }) {
                node.value = Value::Quoted(replaced);
            }
        }
    }
}

/// What stands for a variable that nobody knows: it can be part of a name, a domain, an address of a page.
const UNKNOWN: &str = "unknown";

enum Problem<'a> {
    Unknown(&'a str),
    Unclosed,
}

impl Problem<'_> {
    fn into_diagnostic(self, variables: &Variables, at: At) -> Diagnostic {
        match self {
            Self::Unknown(name) => {
                let diagnostic = Diagnostic::error("source/unknown-variable", format!("unknown variable `{name}`"))
                    .at(at, format!("`${{{name}}}` has no value"))
                    .note(format!(
                        "the variables are {}",
                        variables.names().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
                    ));
                if let Some(near) = suggest(name, variables.names()) {
                    return diagnostic.help(format!("did you mean `${{{near}}}`?"));
                }
                match (name.strip_prefix("env."), variables.get("env.name")) {
                    (Some(own), Some(environment)) => diagnostic.help(format!(
                        "add it to environment `{environment}` of the project file: `variables: {{ {own}: … }}`"
                    )),
                    _ => diagnostic.help(format!("write `$${{{name}}}` if the text itself is meant")),
                }
            }
            Self::Unclosed => Diagnostic::error("source/unclosed-variable", "`${` is never closed")
                .at(at, "in this text")
                .note("`${` starts a variable, which ends with `}`")
                .help("add the `}`, or write `$${` if the text itself is meant"),
        }
    }
}

/// Returns the text with its variables replaced, or nothing if it stays as it is.
fn replace<'a>(
    text: &'a str,
    variables: &Variables,
    strict: bool,
    report: &mut dyn FnMut(Problem<'a>),
) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(kept) = before.strip_suffix('$') {
            out.push_str(kept);
            out.push_str("${");
            changed = true;
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        out.push_str(before);
        let inner = from.get(2..).unwrap_or_default();
        let Some((name, after)) = inner.split_once('}') else {
            if strict || is_ours(inner) {
                report(Problem::Unclosed);
            }
            rest = from;
            break;
        };
        if let Some(value) = variables.get(name) {
            out.push_str(value);
            changed = true;
        } else if strict || is_ours(name) {
            report(Problem::Unknown(name));
            // A word stands for what is not known, so that the text is not called wrong for the braces as well.
            out.push_str(UNKNOWN);
            changed = true;
        } else {
            out.push_str(from.get(..name.len() + 3).unwrap_or_default());
        }
        rest = after;
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn is_ours(name: &str) -> bool {
    name == "project" || name.starts_with("env.")
}

#[cfg(test)]
mod tests {
    use super::super::{FileId, parse};
    use super::*;

    fn run(text: &str, strict: bool) -> (Vec<String>, Vec<Diagnostic>) {
        let variables = [
            ("env.name", "prod"),
            ("env.domain", "example.com"),
            ("env.account", "012345678901"),
            ("project", "orders"),
        ];
        let variables = Variables::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let mut diags = Diagnostics::default();
        let mut node = parse(FileId(0), text.as_bytes(), &mut diags).expect("parses");
        interpolate(&mut node, &variables, strict, &mut diags);
        let values = node.pairs().iter().map(|pair| match &pair.value.value {
            Value::Plain(text) => format!("{}={text}", pair.key),
            Value::Quoted(text) => format!("{}='{text}'", pair.key),
            Value::List(_) | Value::Map(_) => panic!("flat"),
        });
        (values.collect(), diags.iter().cloned().collect())
    }

    #[test]
    fn variables_are_replaced_and_the_value_becomes_a_string() {
        let (values, found) = run(
            "a: api.${env.domain}\nb: ${env.account}\nc: plain\nd: '${project}-${env.name}'\n${project}: ${project}",
            true,
        );
        assert_eq!(
            values,
            ["a='api.example.com'", "b='012345678901'", "c=plain", "d='orders-prod'", "${project}='orders'"]
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn two_dollars_are_an_escape() {
        let (values, found) = run("a: $${env.name}\nb: $$${project}\nc: $5\nd: a$${", true);
        assert_eq!(values, ["a='${env.name}'", "b='$${project}'", "c=$5", "d='a${'"]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn an_unknown_variable_is_reported_with_a_suggestion() {
        let (_, found) = run("a: x\nb: ${env.domian}\n", false);
        let [d] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((d.id, d.title.as_str()), ("source/unknown-variable", "unknown variable `env.domian`"));
        assert_eq!(d.help, ["did you mean `${env.domain}`?"]);
        assert!(d.notes[0].contains("`env.account`"));
        let At::Span(span) = d.primary.as_ref().unwrap().at else { panic!("a span") };
        assert_eq!((span.start, span.end), (8, 21));
    }

    #[test]
    fn a_variable_that_this_environment_lacks_says_where_it_belongs() {
        let (_, found) = run("a: ${env.alarms-email}", false);
        let [d] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(d.help, ["add it to environment `prod` of the project file: `variables: { alarms-email: … }`"]);
    }

    #[test]
    fn what_belongs_to_cloudformation_is_left_alone_unless_strict() {
        let text = "a: arn:${AWS::Partition}:${env.name}:${Queue.Arn}";
        let (values, found) = run(text, false);
        assert_eq!(values, ["a='arn:${AWS::Partition}:prod:${Queue.Arn}'"]);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(run(text, true).1.len(), 2);
    }

    #[test]
    fn a_variable_without_an_end_is_reported() {
        assert_eq!(run("a: ${env.name", false).1[0].id, "source/unclosed-variable");
        assert_eq!(run("a: ${env.name", true).1[0].id, "source/unclosed-variable");
        assert!(run("a: ${Other", false).1.is_empty());
    }

    #[test]
    fn what_a_variable_holds_is_not_looked_at_again() {
        let variables = Variables::new([("project".to_owned(), "${project}".to_owned())]);
        let mut report = |_: Problem<'_>| panic!("nothing is wrong");
        assert_eq!(replace("a${project}", &variables, true, &mut report).as_deref(), Some("a${project}"));
    }
}
