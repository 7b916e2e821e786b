//! temporary
use crate::diag::Diagnostic;
use crate::source::Sources;
/// t
pub fn diagnostics(s: &Sources, list: &[Diagnostic], _c: bool, _w: usize) -> String {
    list.iter()
        .map(|d| {
            let at = match &d.primary {
                Some(l) => match l.at {
                    crate::diag::At::Span(sp) => s.lines().position(sp),
                    _ => String::new(),
                },
                None => String::new(),
            };
            format!(
                "{:?} {} {} {at} {:?} {:?}\n",
                d.severity,
                d.id,
                d.title,
                d.primary.as_ref().map(|l| &l.text),
                d.help
            )
        })
        .collect()
}
