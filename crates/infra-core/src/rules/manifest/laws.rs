//! What the API server, or the webhook of a controller, asks of single fields: a row a law.
//!
//! Sources, read 2026-11-30: `pkg/apis/*/validation` of <https://github.com/kubernetes/kubernetes>; for custom kinds the
//! patterns and rules (`x-kubernetes-validations`) of their definitions, <https://gateway-api.sigs.k8s.io/reference/spec/>,
//! <https://cert-manager.io/docs/reference/api-docs/>, <https://external-secrets.io/latest/api/spec/>,
//! <https://keda.sh/docs/latest/scalers/>, <https://istio.io/latest/docs/reference/config/>.

use super::forms::Form;
use super::report::{Mistake, Report};
use super::values;
use crate::artifacts::Expr;
use crate::view::Prop;

/// A law: the path of what it is about, and what must hold there. `[]` in a path goes to each item of a list, `{}` to
/// each value of a map.
pub(super) type Law = (&'static str, Must);

/// What must hold of a value.
#[derive(Clone, Copy)]
pub(super) enum Must {
    /// A text has a form.
    Be(Form),
    /// A text is one of these.
    BeOneOf(&'static [&'static str]),
    /// A number is within bounds, both included.
    Within(i64, i64),
    /// A list has as many items, a text as many characters.
    Count(usize, usize),
    /// An object has this field, which is not empty.
    Hold(&'static str),
    /// An object has exactly one of these fields.
    HoldOneOf(&'static [&'static str]),
    /// An object has at least one of these fields.
    HoldAny(&'static [&'static str]),
    /// An object has no two of these fields.
    NotTogether(&'static [&'static str]),
    /// Where the first field has this value, the last is needed.
    NeedIf(&'static str, &'static str, &'static str),
    /// The last field goes only with this value of the first; what is not written is the default.
    OnlyIf(&'static str, &'static str, &'static str),
    /// The last field does not go with this value of the first.
    NotIf(&'static str, &'static str, &'static str),
    /// Unless the first field is this value, the last is needed.
    NeedUnless(&'static str, &'static str, &'static str),
    /// Unless the first field is another value, the last is needed.
    NeedByDefault(&'static str, &'static str, &'static str),
    /// Where the first field is written, the second is needed.
    Needs(&'static str, &'static str),
    /// Unless the first field is this value, the text of the last has a form.
    BeUnless(&'static str, &'static str, &'static str, Form),
    /// Where the first field is this value, the number of the last is within bounds.
    WithinIf(&'static str, &'static str, &'static str, [i64; 2]),
    /// The two are not both true.
    NotBothTrue(&'static str, &'static str),
    /// No two items of a list have these types.
    NotBothTypes(&'static str, &'static str),
    /// A text is none of these.
    BeNone(&'static [&'static str]),
    /// `*` stands alone in a list.
    StarAlone,
    /// The field is not allowed here.
    Lack(&'static str),
    /// The first number, quantity or length of time is not above the second.
    Ordered(&'static str, &'static str),
    /// The items of a list differ in this field, or as a whole if it is empty.
    Differ(&'static str),
    /// A quantity is not below 0.
    NotNegative,
    /// A quantity is above 0.
    AboveZero,
}

/// Applies laws to a value.
pub(super) fn apply<'v>(laws: &[Law], root: Prop<'v>, report: &mut Report<'v, '_>) {
    for (path, must) in laws {
        at(root, path, &mut |prop| one(*must, prop, report));
    }
}

fn at<'v>(prop: Prop<'v>, path: &str, found: &mut impl FnMut(Prop<'v>)) {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    if step.is_empty() {
        return found(prop);
    }
    let name = step.trim_end_matches("[]").trim_end_matches("{}");
    let Some(value) = (if name.is_empty() { Some(prop) } else { prop.key(name) }) else { return };
    if step.ends_with("[]") {
        value.items().filter(|_| value.is_list()).for_each(|item| at(item, rest, found));
    } else if step.ends_with("{}") {
        value.entries().for_each(|(_, item)| at(item, rest, found));
    } else {
        at(value, rest, found);
    }
}

fn one<'v>(must: Must, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    match must {
        Must::Be(form) => be(form, prop, report),
        Must::BeOneOf(known) => be_one_of(known, prop, report),
        Must::Within(low, high) => within(low, high, prop, report),
        Must::Count(low, high) => count(low, high, prop, report),
        Must::NotNegative | Must::AboveZero => amount(must, prop, report),
        Must::Differ(field) => differ(field, prop, report),
        Must::BeNone(values) => {
            if prop.is_one_of(values) {
                let says = format!("is `{}`, which is not allowed here", prop.pattern());
                report.no(prop, Mistake::new("manifest/value", says, "not allowed", "write another value"));
            }
        }
        Must::StarAlone => {
            if prop.is_list() && prop.items().count() > 1 && prop.items().any(|item| item.is("*")) {
                let says = "has `*` beside other values; `*` stands alone";
                report.no(prop, Mistake::new("manifest/value", says, "not alone", "keep `*`, or the others").of_key());
            }
        }
        Must::NotBothTypes(one, other) => {
            let find = |kind: &str| prop.items().find(|item| item.key("type").is_some_and(|it| it.is(kind)));
            if let (Some(first), Some(second)) = (find(one), find(other)) {
                let says = format!("stands beside one of the type `{one}`; one of the two is allowed");
                let mistake = Mistake::new("manifest/not-together", says, "two of them", "keep one of the two");
                report.no(second, mistake.also(first.at(), "the other"));
            }
        }
        _ if !prop.is_object() || prop.entries().any(|(name, _)| values::has_hole(name)) => {}
        Must::Hold(field) => hold(&[field], prop, report),
        Must::HoldAny(fields) => hold(fields, prop, report),
        Must::HoldOneOf(fields) => {
            hold(fields, prop, report);
            not_together(fields, prop, report);
        }
        Must::NotTogether(fields) => not_together(fields, prop, report),
        Must::Ordered(low, high) => ordered(low, high, prop, report),
        Must::Lack(field) => {
            if let Some(value) = written(prop, field) {
                let mistake = Mistake::new("manifest/not-together", "is not allowed here", "not allowed", "remove it");
                report.no(value, mistake.of_key());
            }
        }
        _ => related(must, prop, report),
    }
}

/// Laws about two fields of an object.
fn related<'v>(must: Must, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    match must {
        Must::NeedIf(field, value, needed) => {
            let is_so = written(prop, field).is_some_and(|it| it.is(value));
            need(is_so, prop, needed, &format!("`{field}: {value}` needs it"), report);
        }
        Must::NeedUnless(field, value, needed) => {
            let is_other = written(prop, field).is_some_and(|it| it.is_known() && !it.is(value));
            need(is_other, prop, needed, &format!("needed unless `{field}: {value}`"), report);
        }
        Must::NeedByDefault(field, value, needed) => {
            let is_so = written(prop, field).is_none_or(|it| it.is(value));
            need(is_so, prop, needed, &format!("a {value} needs it"), report);
        }
        Must::Needs(field, needed) => {
            need(written(prop, field).is_some(), prop, needed, &format!("`{field}` needs it"), report);
        }
        Must::BeUnless(field, value, target, form) => {
            let is_free = written(prop, field).is_some_and(|it| it.is(value) || !it.is_known());
            if let Some(target) = written(prop, target).filter(|_| !is_free) {
                be(form, target, report);
            }
        }
        Must::WithinIf(field, value, target, [low, high]) => {
            let is_so = written(prop, field).is_some_and(|it| it.is(value));
            if let Some(target) = written(prop, target).filter(|_| is_so) {
                within(low, high, target, report);
            }
        }
        Must::NotBothTrue(one, other) => {
            let is_true = |field: &str| written(prop, field).filter(|it| it.bool() == Some(true));
            if let (Some(first), Some(second)) = (is_true(one), is_true(other)) {
                let says = format!("is true beside `{one}`");
                let mistake = Mistake::new("manifest/not-together", says, "not both", "keep one of the two");
                report.no(second, mistake.also(first.at(), "the other"));
            }
        }
        Must::OnlyIf(field, value, other) => {
            let is_so = written(prop, field).is_some_and(|it| it.is(value) || !it.is_known());
            beside(!is_so, &format!("goes with `{field}: {value}` only"), prop, other, report);
        }
        Must::NotIf(field, value, other) => {
            let is_so = written(prop, field).is_some_and(|it| it.is(value));
            beside(is_so, &format!("does not go with `{field}: {value}`"), prop, other, report);
        }
        _ => {}
    }
}

/// `needed` are names with `|` between: one of them is enough.
fn need<'v>(is_so: bool, prop: Prop<'v>, needed: &str, why: &str, report: &mut Report<'v, '_>) {
    if is_so && needed.split('|').all(|field| written(prop, field).is_none()) {
        report.missing(prop, needed.split('|').next().unwrap_or(needed), why);
    }
}

fn written<'v>(prop: Prop<'v>, field: &str) -> Option<Prop<'v>> {
    prop.get(field).filter(|value| *value.expr() != Expr::Absent)
}

fn be<'v>(form: Form, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    if matches!(prop.expr(), Expr::Bool(_) | Expr::Int(_) | Expr::Float(_)) {
        return;
    }
    let Some(text) = values::known(Some(prop)).filter(|text| !form.fits(text)) else { return };
    let (id, is_no, help) = form.words();
    let says = if text.is_empty() { "is empty".to_owned() } else { format!("is `{text}`, {is_no}") };
    report.no(prop, Mistake::new(id, says, "cannot be read so", help));
}

fn be_one_of<'v>(known: &[&str], prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(prop)).filter(|text| !known.contains(&&**text)) else { return };
    let near = crate::diag::suggest(&text, known.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of `{}`", known.join("`, `")),
    };
    let says = format!("is `{text}`, not one of `{}`", known.join("`, `"));
    report.no(prop, Mistake::new("manifest/enum", says, "no value of this field", help));
}

fn within<'v>(low: i64, high: i64, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(number) = prop.int().filter(|number| !(low..=high).contains(number)) else { return };
    let says = format!("is {number}, which is out of range");
    let help = if high == i64::MAX { format!("write {low} or more") } else { format!("write {low} to {high}") };
    report.no(prop, Mistake::new("manifest/range", says, "out of range", help));
}

fn count<'v>(low: usize, high: usize, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let (number, what) = match prop.expr() {
        Expr::List(_) => (prop.items().count(), "item"),
        Expr::Object(_) if !prop.entries().any(|(name, _)| values::has_hole(name)) => (prop.entries().count(), "field"),
        Expr::Text(text) if !values::has_hole(text) => (text.chars().count(), "character"),
        _ => return,
    };
    if (low..=high).contains(&number) {
        return;
    }
    let shown = |number: usize| crate::diag::counted(i64::try_from(number).unwrap_or(i64::MAX), what);
    let (says, help) = if number < low {
        (format!("has {}", shown(number)), format!("write {} or more", shown(low)))
    } else {
        (format!("has {}, more than {high}", shown(number)), format!("write at most {}", shown(high)))
    };
    report.no(prop, Mistake::new("manifest/range", says, "too few or too many", help).of_key());
}

fn amount<'v>(must: Must, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(amount) = values::known(Some(prop)).and_then(|text| values::quantity(&text)) else { return };
    let says = match must {
        _ if amount < 0.0 => "is below 0",
        Must::AboveZero if amount <= 0.0 => "is not above 0",
        _ => return,
    };
    report.no(prop, Mistake::new("manifest/range", says, "out of range", "write a larger one"));
}

fn hold<'v>(fields: &[&str], prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let has = |field: &&str| {
        written(prop, field).is_some_and(|value| match value.expr() {
            Expr::Text(text) => !text.is_empty(),
            Expr::List(items) => !items.is_empty(),
            _ => true,
        })
    };
    if fields.iter().any(has) {
        return;
    }
    let Some(first) = fields.first() else { return };
    match fields {
        [_] => report.missing(prop, first, "is required"),
        _ => report.missing(prop, first, &format!("one of `{}` is required", fields.join("`, `"))),
    }
}

fn not_together<'v>(fields: &[&str], prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let mut there = fields.iter().filter_map(|field| Some((field, written(prop, field)?)));
    if let (Some((first, before)), Some((_, second))) = (there.next(), there.next()) {
        let says = format!("stands beside `{first}`; one of the two is allowed");
        let mistake = Mistake::new("manifest/not-together", says, "two of them", "keep one of the two").of_key();
        report.no(second, mistake.also(before.at(), "the other"));
    }
}

fn beside<'v>(is_wrong: bool, says: &str, prop: Prop<'v>, field: &str, report: &mut Report<'v, '_>) {
    if let Some(value) = written(prop, field).filter(|_| is_wrong) {
        let help = format!("remove `{field}`, or write what it goes with");
        report.no(value, Mistake::new("manifest/not-together", says, "not allowed here", help).of_key());
    }
}

fn ordered<'v>(low: &str, high: &str, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let (Some(small), Some(large)) = (written(prop, low), written(prop, high)) else { return };
    let amount = |prop: Prop<'_>| {
        let text = values::known(Some(prop))?;
        values::quantity(&text).or_else(|| super::forms::seconds(&text))
    };
    let (Some(from), Some(to)) = (amount(small), amount(large)) else { return };
    if from > to {
        let says = format!("is above `{high}`");
        let mistake = Mistake::new("manifest/range", says, "the larger one", "put the two in order");
        report.no(small, mistake.also(large.at(), "the smaller one"));
    }
}

fn differ<'v>(field: &str, list: Prop<'v>, report: &mut Report<'v, '_>) {
    let id = |item: Prop<'v>| if field.is_empty() { Some(item) } else { item.get(field) };
    let mut seen: Vec<(String, Prop<'v>)> = Vec::new();
    for item in list.items().filter(|_| list.is_list()).filter_map(id) {
        let Some(text) = values::known(Some(item)) else { continue };
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == *text) {
            let says = format!("is `{text}` a second time");
            let mistake = Mistake::new("manifest/twice", says, "the same once more", "remove one of the two");
            report.no(item, mistake.also(first.at(), "the first one"));
        }
        seen.push((text.into_owned(), item));
    }
}

#[cfg(test)]
mod tests {
    use super::super::law_tables::{CONTAINERS, OBJECTS, PODS};

    #[test]
    fn every_path_of_a_law_is_one_that_the_facts_know() {
        use crate::facts::kubernetes_types::{self as facts, Schema};
        fn known(mut schema: Schema, path: &str) -> bool {
            for step in path.split('.').filter(|step| !step.is_empty()) {
                let name = step.trim_end_matches("[]").trim_end_matches("{}");
                if !name.is_empty() {
                    match schema.field(name) {
                        Some(field) => schema = field.schema(),
                        None => return false,
                    }
                }
                for _ in 0..usize::from(step.ends_with("[]") || step.ends_with("{}")) {
                    match schema.inner() {
                        Some(inner) => schema = inner,
                        None => return false,
                    }
                }
            }
            true
        }
        let pod = facts::find("v1", "Pod").and_then(|kind| kind.schema().field("spec")).map(|field| field.schema());
        let container = pod.and_then(|pod| pod.field("containers")?.schema().inner());
        for (laws, schema) in [(PODS, pod), (CONTAINERS, container)] {
            for (path, _) in laws {
                assert!(schema.is_some_and(|schema| known(schema, path)), "{path}");
            }
        }
        for (group, kind, laws) in OBJECTS {
            let of = |it: &facts::Kind| {
                it.kind() == *kind && it.version().rsplit_once('/').map_or("", |(group, _)| group) == *group
            };
            let schemas: Vec<Schema> = facts::all().filter(of).map(|it| it.schema()).collect();
            assert!(!schemas.is_empty(), "{group} {kind}");
            for (path, _) in *laws {
                assert!(schemas.iter().any(|schema| known(*schema, path)), "{group} {kind}: {path}");
            }
        }
    }
}
