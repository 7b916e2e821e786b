//! What kind of value stands at a place, as far as it is known before deployment.

use crate::artifacts::{Expr, Object, Pseudo};
use crate::facts::resource_types::{self, Types};
use crate::view::Prop;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape<'v> {
    /// A boolean.
    Bool,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float(f64),
    /// Text that is known.
    Text(&'v str),
    /// Text that is put together, known or not.
    Parts,
    /// A list whose items are there to see.
    List,
    /// An object whose properties are there to see.
    Object,
    /// Known only after deployment; one of these types, or of any.
    Later(Types),
}

impl<'v> Shape<'v> {
    /// Looks at a value.
    pub(super) fn of(prop: &Prop<'v>) -> Self {
        match prop.expr() {
            Expr::Bool(_) => Self::Bool,
            Expr::Int(_) => Self::Int,
            Expr::Float(number) => Self::Float(*number),
            Expr::Text(text) => Self::Text(text),
            Expr::List(_) => Self::List,
            Expr::Object(object) => match function(object) {
                Some(name) => Self::Later(result(name)),
                None => Self::Object,
            },
            Expr::Ref(_) => Self::Later(Types::SCALAR),
            Expr::Att(_, name) => Self::Later(attribute(prop, name)),
            Expr::Pseudo(Pseudo::NotificationArns) => Self::Later(Types::ARRAY),
            Expr::Pseudo(_) | Expr::Concat(_) => Self::Parts,
            Expr::Call(name, _) => Self::Later(result(name)),
            Expr::Parameter(_) | Expr::Absent => Self::Later(Types::default()),
        }
    }

    /// Whether a schema of these types takes the value, as CloudFormation converts between scalars.
    pub(super) fn fits(self, types: Types) -> bool {
        if types.is_any() {
            return true;
        }
        match self {
            Self::Bool => types.overlaps(Types::STRING.union(Types::BOOLEAN)),
            Self::Int => types.overlaps(Types::STRING.union(Types::NUMBER).union(Types::INTEGER)),
            Self::Float(number) => {
                let whole = types.contains(Types::INTEGER) && number.fract() == 0.0;
                whole || types.overlaps(Types::STRING.union(Types::NUMBER))
            }
            Self::Text(text) => text_fits(text, types),
            Self::Parts => types.overlaps(Types::SCALAR),
            Self::List => types.contains(Types::ARRAY),
            Self::Object => types.contains(Types::OBJECT),
            Self::Later(later) => later.is_any() || later.overlaps(types) || (is_scalar(later) && is_scalar(types)),
        }
    }
}

/// The function that an object is, if it was left as it was written.
fn function(object: &Object) -> Option<&str> {
    let mut entries = object.iter();
    let (name, _) = entries.next()?;
    (entries.next().is_none() && (name == "Ref" || name.starts_with("Fn::"))).then_some(name)
}

fn is_scalar(types: Types) -> bool {
    types.overlaps(Types::SCALAR)
}

fn text_fits(text: &str, types: Types) -> bool {
    let text = text.trim();
    types.contains(Types::STRING)
        || (types.contains(Types::BOOLEAN) && boolean(text).is_some())
        || (types.contains(Types::NUMBER) && text.parse::<f64>().is_ok())
        || (types.contains(Types::INTEGER) && text.parse::<i64>().is_ok())
        // A dynamic reference may give anything that is one value.
        || (types.overlaps(Types::SCALAR) && is_dynamic(text))
}

/// Reads a boolean as CloudFormation does.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Whether a part of the text is looked up at deployment.
pub(super) fn is_dynamic(text: &str) -> bool {
    text.split("{{").skip(1).any(|rest| rest.trim_start().starts_with("resolve:"))
}

/// The types of an attribute, if it is known what it gives.
fn attribute(prop: &Prop<'_>, name: &str) -> Types {
    let target = prop.target().and_then(|target| resource_types::find(target.resource.kind()));
    target.and_then(|kind| kind.attribute(name)).map(resource_types::Schema::types).unwrap_or_default()
}

/// What a function gives.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
/// (read 2026-11-23).
fn result(function: &str) -> Types {
    match function {
        "Fn::Cidr" | "Fn::GetAZs" | "Fn::Split" => Types::ARRAY,
        "Fn::Base64" | "Fn::Join" | "Fn::Sub" | "Fn::ToJsonString" | "resolve" => Types::SCALAR,
        _ => Types::default(),
    }
}
