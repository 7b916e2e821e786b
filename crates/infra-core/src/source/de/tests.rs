//! Tests of the mistakes that a value can have.

use std::collections::BTreeMap;
use std::fmt::Debug;

use indexmap::IndexMap;
use serde::Deserialize;

use super::from_node;
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::source::{Sources, parse};

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(try_from = "String")]
struct Region(String);

impl TryFrom<String> for Region {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("eu-") || text.starts_with("us-") {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is not a region: no such continent"))
        }
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Queue {
    region: Region,
    account: String,
    visibility_timeout: Option<u16>,
    #[serde(default)]
    fifo: bool,
    #[serde(default)]
    weights: Vec<f64>,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    dead_letter: Option<DeadLetter>,
    #[serde(default)]
    pair: Option<(u8, String)>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct DeadLetter {
    queue: String,
    max_receives: i8,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    OnDemand,
    Provisioned { read: u32, write: u32 },
    Fixed(u32),
}

fn run<T: serde::de::DeserializeOwned>(text: &str) -> (Option<T>, Vec<(String, Diagnostic)>) {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text);
    let mut diags = Diagnostics::default();
    let node = parse(file, text.as_bytes(), &mut diags).expect("parses");
    assert!(diags.is_empty(), "{diags:?}");
    let value = from_node(&node, &mut diags);
    let list = diags.iter().map(|d| {
        let At::Span(span) = d.primary.as_ref().expect("a place").at else { panic!("a span") };
        let (line, column) = sources.line_column(file, span.start);
        (format!("{} {line}:{column} {}", d.id, &text[span.start as usize..span.end as usize]), d.clone())
    });
    (value, list.collect())
}

fn good<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let (value, list) = run(text);
    assert!(list.is_empty(), "{list:#?}");
    value.expect("a value")
}

fn places<T: serde::de::DeserializeOwned + Debug>(text: &str) -> Vec<String> {
    let (value, list) = run::<T>(text);
    assert!(value.is_none(), "{value:?}");
    list.into_iter().map(|(place, _)| place).collect()
}

fn one<T: serde::de::DeserializeOwned + Debug>(text: &str) -> (String, String) {
    let (value, list) = run::<T>(text);
    assert!(value.is_none(), "{value:?}");
    let [(place, d)] = list.as_slice() else { panic!("{list:#?}") };
    assert!(!d.title.ends_with('.'));
    let label = &d.primary.as_ref().unwrap().text;
    (place.clone(), format!("{} | {label} | {} | {}", d.title, d.notes.join(" "), d.help.join(" ")))
}

type Numbers<T> = BTreeMap<String, T>;

#[test]
fn a_value_without_mistakes() {
    let queue: Queue = good(
        "region: eu-west-1\naccount: '012345678901'\nvisibility-timeout: 30\nfifo: true\nweights: [1, 2.5, -1e3]\n\
         mode: {provisioned: {read: 1, write: 2}}\ntags: {a: b}\ndead-letter:\n  queue: x\n  max-receives: -5\npair: [1, x]\n",
    );
    assert_eq!(queue.weights, [1.0, 2.5, -1000.0]);
    assert_eq!(queue.mode, Some(Mode::Provisioned { read: 1, write: 2 }));
    assert_eq!(queue.pair, Some((1, "x".to_owned())));
    assert_eq!(
        good::<Vec<Mode>>("[on-demand, on-demand: , fixed: 3]"),
        [Mode::OnDemand, Mode::OnDemand, Mode::Fixed(3)]
    );
    assert_eq!(good::<Option<u64>>("~"), None);
    assert_eq!(
        good::<IndexMap<Region, i64>>("us-east-1: 0x1F\neu-west-1: -1").values().copied().collect::<Vec<_>>(),
        [31, -1]
    );
}

#[test]
fn any_value_follows_the_core_schema() {
    let value: serde_json::Value =
        good("{a: 1, b: -1, c: 1.5, d: true, e: ~, f: yes, g: '1', h: [x, {}], i: 2012-10-17}");
    let wanted = serde_json::json!({"a": 1, "b": -1, "c": 1.5, "d": true, "e": null, "f": "yes", "g": "1", "h": ["x", {}], "i": "2012-10-17"});
    assert_eq!(value, wanted);
    let found = places::<serde_json::Value>("{a: 012, b: [.nan], c: 99999999999999999999, d: -99999999999999999999}");
    assert_eq!(
        found,
        [
            "source/ambiguous-number 1:5 012",
            "source/wrong-type 1:14 .nan",
            "source/out-of-range 1:24 99999999999999999999",
            "source/out-of-range 1:49 -99999999999999999999"
        ]
    );
}

#[test]
fn all_mistakes_of_an_entry_are_reported_and_nothing_that_follows_from_them() {
    let found = places::<Queue>(
        "region: mars\naccount: 012345678901\nvisibilty-timeout: 3\nvisibility-timeout: 70000\nfifo: yes\nweights: [1, x, .inf, {a: b}]\n\
         mode: on-demnad\ntags: {a: 1, b: ok, c: [x]}\ndead-letter:\n  queue: ~\n  colour: red\npair: [1, 2]\n",
    );
    assert_eq!(
        found,
        [
            "source/invalid-value 1:9 mars",
            "source/wrong-type 2:10 012345678901",
            "source/unknown-key 3:1 visibilty-timeout",
            "source/out-of-range 4:21 70000",
            "source/wrong-type 5:7 yes",
            "source/wrong-type 6:14 x",
            "source/wrong-type 6:17 .inf",
            "source/wrong-type 6:24 a",
            "source/unknown-value 7:7 on-demnad",
            "source/wrong-type 8:11 1",
            "source/wrong-type 8:21 c",
            "source/missing-value 10:10 ~",
            "source/unknown-key 11:3 colour",
            "source/wrong-type 12:11 2",
        ]
    );
}

#[test]
fn unknown_keys_are_suggested_or_listed() {
    let (place, text) = one::<DeadLetter>("queue: x\nmax-receives: 1\nmax_recieves: 2\n");
    assert_eq!(place, "source/unknown-key 3:1 max_recieves");
    assert!(text.contains("the keys allowed here are `queue`, `max-receives`"), "{text}");
    let (place, text) = one::<DeadLetter>("queue: x\nmaxReceives: 1\n");
    assert_eq!(place, "source/unknown-key 2:1 maxReceives");
    assert!(text.contains("did you mean `max-receives`?"), "{text}");
    assert_eq!(places::<DeadLetter>("a: 1\nb: 2\nqueue: x\nmax-receives: 1\n").len(), 2);
}

#[test]
fn a_missing_key_is_reported_at_the_key_of_its_mapping() {
    let (place, text) = one::<BTreeMap<String, DeadLetter>>("a:\n  queue: x\nb: {queue: x, max-receives: 1}\n");
    assert_eq!(place, "source/missing-key 1:1 a");
    assert!(text.contains("key `max-receives` is missing") && text.contains("add `max-receives: …`"), "{text}");
    assert_eq!(one::<DeadLetter>("queue: x\n").0, "source/missing-key 1:1 queue");
    assert_eq!(one::<DeadLetter>("{}").0, "source/missing-key 1:1 {}");
}

#[test]
fn a_key_whose_value_is_wrong_is_not_missing() {
    assert_eq!(
        places::<DeadLetter>("queue: [x]\nmax-receives: y\n"),
        ["source/wrong-type 1:1 queue", "source/wrong-type 2:15 y"]
    );
}

#[test]
fn a_string_that_yaml_reads_otherwise_is_to_be_quoted() {
    for (written, kind) in
        [("012345678901", "octal"), ("1.30", "a number"), ("True", "a boolean"), (".inf", "a number")]
    {
        let (place, text) = one::<Vec<String>>(&format!("- {written}"));
        assert_eq!(place, format!("source/wrong-type 1:3 {written}"));
        assert!(text.contains(kind) && text.contains(&format!("write \"{written}\"")), "{text}");
    }
    assert_eq!(good::<Vec<String>>("[yes, no, 2012-10-17, 1.2.3]").len(), 4);
}

#[test]
fn wrong_types_are_named_in_yaml_words() {
    for (text, words) in [
        ("a: x", "expected a number, found a string"),
        ("a: 3m", "write `180` for 3m, where seconds are meant"),
        ("a: [1]", "expected a number, found a list"),
        ("a: {b: 1}", "expected a number, found a mapping"),
        ("a: true", "expected a number, found a boolean"),
        ("a: '5'", "write 5 without quotes"),
        ("a: 1.5", "expected a whole number, found 1.5"),
        ("a: 0755", "such as 755"),
        ("a: 0o17", "such as 17"),
        ("a: .nan", "expected a number, found `.nan`"),
        ("a:", "value is missing"),
        ("a: null", "value is missing"),
    ] {
        let (_, found) = one::<Numbers<u32>>(text);
        assert!(found.contains(words), "{text}: {found}");
    }
    assert!(one::<Numbers<Vec<u8>>>("a: 1").1.contains("expected a list, found a number"));
    assert!(one::<Numbers<BTreeMap<String, u8>>>("a: [1]").1.contains("expected a mapping, found a list"));
    assert!(one::<Numbers<f64>>("a: .inf").1.contains("found `.inf`"));
    assert!(one::<Numbers<f64>>("a: 1e999").1.contains("out of range"));
    assert!(one::<Vec<(u8, u8)>>("[[1, 2, 3]]").1.contains("expected a list of 2 items, found 3 items"));
}

#[test]
fn a_boolean_in_another_spelling_is_suggested() {
    for (written, meant) in
        [("yes", "true"), ("on", "true"), ("True", "true"), ("no", "false"), ("OFF", "false"), ("ture", "true")]
    {
        let (_, text) = one::<Vec<bool>>(&format!("[{written}]"));
        assert!(text.contains(&format!("did you mean {meant}?")), "{text}");
    }
    assert!(one::<Vec<bool>>("['true']").1.contains("write true without quotes"));
}

#[test]
fn numbers_out_of_range_name_the_range() {
    assert!(one::<Vec<i8>>("[128]").1.contains("must be from -128 to 127"));
    assert!(one::<Vec<u16>>("[-1]").1.contains("must be from 0 to 65535"));
    assert!(one::<Vec<u64>>("[18446744073709551616]").1.contains("from 0 to 18446744073709551615"));
    assert_eq!(good::<Vec<u64>>("[18446744073709551615]"), [u64::MAX]);
}

#[test]
fn enums_take_a_name_or_one_key() {
    let (place, text) = one::<Vec<Mode>>("- on-demnad");
    assert_eq!(place, "source/unknown-value 1:3 on-demnad");
    assert!(text.contains("did you mean `on-demand`?") && text.contains("`provisioned`, `fixed`"), "{text}");
    assert_eq!(one::<Vec<Mode>>("- fixd: 3").0, "source/unknown-value 1:3 fixd");
    let (place, text) = one::<Vec<Mode>>("- fixed: 3\n  on-demand:");
    assert_eq!(place, "source/several-keys 1:3 fixed");
    assert!(text.contains("expected exactly one key, found 2"), "{text}");
    assert!(one::<Vec<Mode>>("- fixed").1.contains("`fixed` needs a value"));
    assert!(one::<Vec<Mode>>("- on-demand: 3").1.contains("`on-demand` takes no value"));
    assert!(
        one::<Vec<Mode>>("- [fixed]").1.contains("expected one of `on-demand`, `provisioned`, `fixed`, found a list")
    );
    assert_eq!(one::<Vec<Mode>>("- fixed: x").0, "source/wrong-type 1:10 x");
    assert_eq!(one::<Vec<Mode>>("- provisioned: {read: 1, write: 2, bread: 3}").0, "source/unknown-key 1:36 bread");
    assert!(one::<Vec<Mode>>("- {}").1.contains("found an empty mapping"));
}

#[test]
fn a_newtype_reports_at_its_scalar_or_key() {
    let (place, text) = one::<BTreeMap<Region, Region>>("eu-west-1: mars");
    assert_eq!(place, "source/invalid-value 1:12 mars");
    assert!(text.starts_with("`mars` is not a region: no such continent"), "{text}");
    assert_eq!(
        places::<BTreeMap<Region, Region>>("mars: venus\npluto: eu-west-1"),
        ["source/invalid-value 1:1 mars", "source/invalid-value 2:1 pluto"]
    );
}

#[test]
fn many_mistakes_end() {
    let text: String = "- x\n".repeat(500);
    assert_eq!(places::<Vec<u8>>(&text).len(), super::MAX_ROUNDS);
}
