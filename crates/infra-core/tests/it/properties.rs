//! Properties of the loader: any input ends in a tree or a reason, and a printed tree reads back.
#![expect(clippy::panic, reason = "test helpers")]

use infra_core::diag::{At, Diagnostics};
use infra_core::source::{FileId, Node, Pair, Sources, Span, Value, from_node, merge, parse};
use proptest::collection::vec;
use proptest::prelude::*;

fn file(bytes: &[u8]) -> FileId {
    Sources::default().add("a.yaml", bytes)
}

/// Reads bytes and checks what holds for all of them.
fn read(bytes: &[u8]) {
    let mut diags = Diagnostics::default();
    let node = parse(file(bytes), bytes, &mut diags);
    assert!(node.is_some() || diags.has_errors(), "no tree and no reason");
    if let Some(node) = &node {
        check_spans(node, bytes);
        let _ = from_node::<serde_json::Value>(node, &mut diags);
    }
    for diagnostic in diags.iter() {
        match diagnostic.primary.as_ref().map(|label| &label.at) {
            Some(At::Span(span) | At::Hidden(span)) => check_span(*span, bytes),
            Some(At::File(_)) => {}
            Some(At::Caller { .. }) | None => panic!("no place: {diagnostic:?}"),
        }
    }
}

fn check_span(span: Span, bytes: &[u8]) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && end <= bytes.len(), "{span:?} of {}", bytes.len());
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{span:?} in {text:?}");
    }
}

fn check_spans(node: &Node, bytes: &[u8]) {
    check_span(node.span, bytes);
    match &node.value {
        Value::Plain(_) | Value::Quoted(_) => {}
        Value::List(items) => items.iter().for_each(|item| check_spans(item, bytes)),
        Value::Map(pairs) => pairs.iter().for_each(|pair| {
            check_span(pair.key_span, bytes);
            check_spans(&pair.value, bytes);
        }),
    }
}

fn nowhere() -> Span {
    Span { file: file(b""), start: 0, end: 0 }
}

fn node(value: Value) -> Node {
    Node { value, span: nowhere() }
}

fn without_spans(tree: &Node) -> Node {
    node(match &tree.value {
        Value::Plain(text) => Value::Plain(text.clone()),
        Value::Quoted(text) => Value::Quoted(text.clone()),
        Value::List(items) => Value::List(items.iter().map(without_spans).collect()),
        Value::Map(pairs) => Value::Map(
            pairs
                .iter()
                .map(|pair| Pair { key: pair.key.clone(), key_span: nowhere(), value: without_spans(&pair.value) })
                .collect(),
        ),
    })
}

fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        c if c.is_alphanumeric() => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Prints a tree in block style below `indent` spaces.
fn print(tree: &Node, indent: usize) -> String {
    let start = format!("\n{}", " ".repeat(indent));
    match &tree.value {
        Value::Plain(text) => format!(" {text}"),
        Value::Quoted(text) => format!(" {}", quoted(text)),
        Value::List(items) if items.is_empty() => " []".to_owned(),
        Value::Map(pairs) if pairs.is_empty() => " {}".to_owned(),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| format!("{start}-{}", print(item, indent + 2))).collect();
            items.concat()
        }
        Value::Map(pairs) => {
            let print = |pair: &Pair| format!("{start}{}:{}", quoted(&pair.key), print(&pair.value, indent + 2));
            pairs.iter().map(print).collect::<Vec<_>>().concat()
        }
    }
}

fn tree() -> impl Strategy<Value = Node> {
    let scalar = prop_oneof![
        "[a-zA-Z0-9_/][a-zA-Z0-9_./-]{0,9}( [a-z0-9:]{0,3}[a-z])?".prop_map(Value::Plain),
        any::<String>().prop_map(Value::Quoted),
    ];
    scalar.prop_map(node).prop_recursive(5, 64, 6, |inner| {
        let pairs = proptest::collection::btree_map(".{0,8}", inner.clone(), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(|items| node(Value::List(items))),
            pairs.prop_map(|pairs| {
                let pairs = pairs.into_iter().map(|(key, value)| Pair { key, key_span: nowhere(), value });
                node(Value::Map(pairs.collect()))
            }),
        ]
    })
}

fn has_null(node: &Node) -> bool {
    match &node.value {
        Value::Plain(text) | Value::Quoted(text) => matches!(text.as_str(), "null" | "Null" | "NULL"),
        Value::List(items) => items.iter().any(has_null),
        Value::Map(pairs) => pairs.iter().any(|pair| has_null(&pair.value)),
    }
}

const PIECES: &str = "[\\[\\]{},:?&*!|>'\"%@#~ab \n\t\r.ä<0-9-]{1,4}|: |- |\n  |---\n|<<: |&a |\\*a|!x |\u{feff}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_a_tree_or_a_reason(bytes in vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn any_text_ends_in_a_tree_or_a_reason(text in any::<String>()) {
        read(text.as_bytes());
    }

    #[test]
    fn pieces_of_yaml_end_in_a_tree_or_a_reason(parts in vec(PIECES, 0..40)) {
        read(parts.concat().as_bytes());
    }

    #[test]
    fn a_printed_tree_reads_back(tree in tree()) {
        let text = print(&tree, 0);
        let mut diags = Diagnostics::default();
        let back = parse(file(text.as_bytes()), text.as_bytes(), &mut diags);
        prop_assert!(diags.is_empty(), "{diags:#?}\n{text}");
        prop_assert_eq!(without_spans(&back.expect("a tree")), tree, "{}", text);
    }

    #[test]
    fn merging_a_tree_into_itself_changes_nothing(tree in tree()) {
        prop_assume!(!has_null(&tree));
        let mut merged = tree.clone();
        merge(&mut merged, &tree);
        prop_assert_eq!(merged, tree);
    }

    #[test]
    fn an_overlay_merged_twice_is_merged_once(base in tree(), overlay in tree()) {
        let mut once = base;
        merge(&mut once, &overlay);
        let mut twice = once.clone();
        merge(&mut twice, &overlay);
        prop_assert_eq!(twice, once);
    }
}
