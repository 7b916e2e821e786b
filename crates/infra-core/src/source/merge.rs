//! Lays one tree over another: how an environment changes a definition.
//!
//! Depends on the node tree only. Cannot fail; both trees were parsed.

use super::scalar::{self, Scalar};
use super::{Node, Pair, Value};

/// Lays `overlay` over `base`.
///
/// Mappings merge key by key, scalars and lists replace, `null` removes the key (RFC 7396).
/// Every node keeps the place it came from; a key whose value was replaced shows where the new value stands.
pub fn merge(base: &mut Node, overlay: &Node) {
    match (&mut base.value, &overlay.value) {
        (Value::Map(base), Value::Map(overlay)) => merge_pairs(base, overlay),
        (Value::Plain(_) | Value::Quoted(_) | Value::List(_) | Value::Map(_), _) => {
            *base = without_nulls(overlay);
        }
    }
}

fn merge_pairs(base: &mut Vec<Pair>, overlay: &[Pair]) {
    let mut order: Vec<usize> = (0..base.len()).collect();
    let key_at = |base: &[Pair], index: usize| base.get(index).map(|pair| pair.key.clone());
    order.sort_by_cached_key(|index| key_at(base, *index));
    let mut removed = Vec::new();
    for pair in overlay {
        let found =
            order.binary_search_by(|index| base.get(*index).map(|b| b.key.as_str()).cmp(&Some(pair.key.as_str())));
        let index = found.ok().and_then(|at| order.get(at)).copied();
        let old = index.and_then(|index| base.get_mut(index));
        match (old, is_null(&pair.value)) {
            (Some(_), true) => removed.extend(index),
            (Some(old), false) => merge_pair(old, pair),
            (None, true) => {}
            (None, false) => base.push(Pair { value: without_nulls(&pair.value), ..pair.clone() }),
        }
    }
    if !removed.is_empty() {
        removed.sort_unstable();
        let mut index = 0;
        base.retain(|_| {
            let keep = removed.binary_search(&index).is_err();
            index += 1;
            keep
        });
    }
}

fn merge_pair(old: &mut Pair, new: &Pair) {
    let both_maps = matches!((&old.value.value, &new.value.value), (Value::Map(_), Value::Map(_)));
    if !both_maps {
        old.key_span = new.key_span;
    }
    merge(&mut old.value, &new.value);
}

/// Returns a copy without the keys that are `null`: they remove what is not there.
fn without_nulls(node: &Node) -> Node {
    let Value::Map(pairs) = &node.value else {
        return node.clone();
    };
    let kept = pairs.iter().filter(|pair| !is_null(&pair.value));
    let pairs =
        kept.map(|pair| Pair { key: pair.key.clone(), key_span: pair.key_span, value: without_nulls(&pair.value) });
    Node { value: Value::Map(pairs.collect()), span: node.span }
}

fn is_null(node: &Node) -> bool {
    matches!(&node.value, Value::Plain(text) if scalar::read(text) == Scalar::Null)
}

#[cfg(test)]
mod tests {
    use super::super::{FileId, parse};
    use super::*;
    use crate::diag::Diagnostics;

    fn tree(file: u32, text: &str) -> Node {
        let mut diags = Diagnostics::default();
        let node = parse(FileId(file), text.as_bytes(), &mut diags).expect("parses");
        assert!(diags.is_empty());
        node
    }

    fn merged(base: &str, overlay: &str) -> Node {
        let mut base = tree(0, base);
        merge(&mut base, &tree(1, overlay));
        base
    }

    fn text(node: &Node) -> String {
        match &node.value {
            Value::Plain(text) | Value::Quoted(text) => text.clone(),
            Value::List(items) => {
                format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(","))
            }
            Value::Map(pairs) => {
                let pairs = pairs.iter().map(|pair| format!("{}:{}", pair.key, text(&pair.value)));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn mappings_merge_deeply_and_the_rest_replaces() {
        let node = merged("a: {x: 1, y: 2}\nb: [1, 2]\nc: old", "c: new\na: {y: 3, z: 4}\nb: [9]\nd: more");
        assert_eq!(text(&node), "{a:{x:1,y:3,z:4},b:[9],c:new,d:more}");
    }

    #[test]
    fn null_removes_a_key() {
        let node = merged("a: {x: 1, y: 2}\nb: 1\nc: 2\nd: 3", "a: {x: null}\nb: ~\nd:\ne: null\nf: {g: null, h: 1}");
        assert_eq!(text(&node), "{a:{y:2},c:2,f:{h:1}}");
    }

    #[test]
    fn a_quoted_null_is_text() {
        assert_eq!(text(&merged("a: 1", "a: 'null'")), "{a:null}");
    }

    #[test]
    fn a_mapping_that_meets_a_scalar_is_replaced_and_the_reverse() {
        assert_eq!(text(&merged("a: {x: 1}\nb: 1", "a: 2\nb: {y: 1}")), "{a:2,b:{y:1}}");
    }

    #[test]
    fn nodes_keep_their_files() {
        let node = merged("a: {x: 1, y: 2}", "a: {y: 3}");
        let a = node.pair("a").unwrap();
        assert_eq!(a.key_span.file, FileId(0));
        assert_eq!(a.value.pair("x").unwrap().value.span.file, FileId(0));
        assert_eq!(a.value.pair("y").unwrap().value.span.file, FileId(1));
        assert_eq!(a.value.pair("y").unwrap().key_span.file, FileId(1));
    }
}
