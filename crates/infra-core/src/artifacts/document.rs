//! Documents outside CloudFormation: what is not known before deployment stands as text that names its output.

use super::{Expr, Handle, Pseudo};

/// Replaces what only CloudFormation can evaluate in `expr`.
///
/// `output` gives the placeholder text of a resource's `Ref` (no attribute) or attribute, `pseudo` the literal of a
/// pseudo parameter. Parts of text are put together.
pub fn settle(
    expr: &mut Expr,
    output: &mut impl FnMut(&Handle, Option<&str>) -> String,
    pseudo: &impl Fn(Pseudo) -> String,
) {
    expr.walk_mut(&mut |value| match value {
        Expr::Ref(handle) => *value = output(handle, None).into(),
        Expr::Att(handle, name) => *value = output(handle, Some(name)).into(),
        Expr::Pseudo(name) => *value = pseudo(*name).into(),
        Expr::Concat(parts) => {
            let mut text = String::new();
            for part in parts {
                settle(part, output, pseudo);
                text.push_str(&part.literal().unwrap_or_default());
            }
            *value = text.into();
        }
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::List(_)
        | Expr::Object(_)
        | Expr::Call(..)
        | Expr::Parameter(_) => {}
    });
}
