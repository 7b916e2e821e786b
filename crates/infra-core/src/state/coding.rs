//! Many names in little text: sorted, each says how much of its start it shares with the one before, and the end that
//! all have in common is written once.
//!
//! `.example.com. 0a|A 0b 1c|A,TXT` is `a.example.com. A`, `b.example.com. A`, `bc.example.com. A` and `TXT`: first the
//! common end, then one word for each name: a digit for what is shared, the rest, and the types where they differ from
//! those before. No compression of a library is used: its bytes could change with its version, and this can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::RecordKey;

/// Digits for how much is shared; more than the last is not shared.
const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Writes record sets.
pub(super) fn pack_records<'a>(keys: impl IntoIterator<Item = &'a RecordKey>) -> String {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key in keys {
        let set = key.set.as_ref().map(|set| format!("={}", escaped(set))).unwrap_or_default();
        names.entry(escaped(&key.name)).or_default().insert(format!("{}{set}", escaped(&key.record_type)));
    }
    let kinds = |kinds: &BTreeSet<String>| kinds.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    pack(names.iter().map(|(name, of)| (name.as_str(), kinds(of))))
}

/// Reads record sets; `None` if that is not what [`pack_records`] wrote.
pub(super) fn unpack_records(text: &str) -> Option<BTreeSet<RecordKey>> {
    let mut keys = BTreeSet::new();
    for (name, kinds) in unpack(text)? {
        let name = plain(&name)?;
        for kind in kinds.split(',') {
            let (kind, set) = kind.split_once('=').map_or((kind, None), |(kind, set)| (kind, Some(set)));
            let set = set.map(plain);
            if set == Some(None) || kind.is_empty() {
                return None;
            }
            keys.insert(RecordKey { name: name.clone(), record_type: plain(kind)?, set: set.flatten() });
        }
    }
    Some(keys)
}

/// Writes names.
pub(super) fn pack_names<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: BTreeSet<String> = names.into_iter().map(|name| escaped(name)).collect();
    pack(names.iter().map(|name| (name.as_str(), String::new())))
}

/// Reads names; `None` if that is not what [`pack_names`] wrote.
pub(super) fn unpack_names(text: &str) -> Option<BTreeSet<String>> {
    unpack(text)?.into_iter().map(|(name, _)| plain(&name)).collect()
}

fn pack<'a>(words: impl Iterator<Item = (&'a str, String)> + Clone) -> String {
    let end = common_end(words.clone().map(|(name, _)| name));
    let mut text = end.to_owned();
    let (mut name_before, mut kinds_before) = ("", String::new());
    for (name, kinds) in words {
        let name = name.strip_suffix(end).unwrap_or(name);
        let most = DIGITS.len() - 1;
        let shared = name.bytes().zip(name_before.bytes()).take_while(|(a, b)| a == b).count().min(most);
        text.push(' ');
        text.extend(DIGITS.get(shared).map(|digit| char::from(*digit)));
        text.push_str(name.get(shared..).unwrap_or_default());
        if kinds != kinds_before {
            text.extend(["|", &kinds]);
        }
        (name_before, kinds_before) = (name, kinds);
    }
    text
}

fn unpack(text: &str) -> Option<Vec<(String, String)>> {
    let mut words = text.split(' ');
    let end = words.next()?;
    let (mut before, mut kinds) = (String::new(), String::new());
    let mut found = Vec::new();
    for word in words {
        let (name, of) = word.split_once('|').map_or((word, None), |(name, of)| (name, Some(of)));
        let shared = DIGITS.iter().position(|digit| Some(digit) == name.as_bytes().first())?;
        before = format!("{}{}", before.get(..shared)?, name.get(1..)?);
        if let Some(of) = of {
            of.clone_into(&mut kinds);
        }
        found.push((format!("{before}{end}"), kinds.clone()));
    }
    Some(found)
}

/// The longest end that all have; nothing if there is none.
fn common_end<'a>(mut names: impl Iterator<Item = &'a str>) -> &'a str {
    let Some(first) = names.next() else { return "" };
    names.fold(first, |end, name| {
        let same = end.bytes().rev().zip(name.bytes().rev()).take_while(|(a, b)| a == b).count();
        end.get(end.len() - same..).unwrap_or_default()
    })
}

/// A text in printable ASCII without the characters that mean something here, or that JSON writes as two.
fn escaped(text: &str) -> String {
    let mut result = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"%|=,\"\\".contains(&byte) {
            result.push(char::from(byte));
        } else {
            let _ = write!(result, "%{byte:02x}");
        }
    }
    result
}

fn plain(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    use super::*;

    fn key(name: &str, kind: &str, set: Option<&str>) -> RecordKey {
        RecordKey { name: name.to_owned(), record_type: kind.to_owned(), set: set.map(str::to_owned) }
    }

    #[test]
    fn what_names_share_is_written_once() {
        let keys = [
            key("a.example.com.", "A", None),
            key("b.example.com.", "A", None),
            key("bc.example.com.", "A", None),
            key("bc.example.com.", "TXT", None),
            key("bd.example.com.", "A", Some("eu, 1")),
        ];
        let text = pack_records(&keys);
        assert_eq!(text, ".example.com. 0a|A 0b 1c|A,TXT 1d|A=eu%2c%201");
        assert_eq!(unpack_records(&text), Some(keys.into()));
        assert_eq!(unpack_records(""), Some(BTreeSet::new()));
        assert_eq!(pack_names([]), "");
        for wrong in ["x", " ?a|A", " 9a|A", " 0a", " 0a|A,", " 0%zz|A", " |A"] {
            let read = unpack_records(wrong);
            assert!(read.is_none() || wrong == "x" && read == Some(BTreeSet::new()), "{wrong} {read:?}");
        }
    }

    #[test]
    fn ten_thousand_hosts_take_little() {
        let keys: Vec<_> = (0..10_000).map(|at| key(&format!("host-{at}.prod.example.com."), "A", None)).collect();
        let size = pack_records(&keys).len();
        assert!(size < 40_000, "{size}");
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            names in btree_set("[a-c]{0,70}(\\.[a-c*]{1,2}){0,2}[. %|=,\"\\\\é]?", 0..40),
            kinds in btree_set(("(A|AAAA|TXT)", prop::option::of("[ -~]{0,9}")), 1..4),
        ) {
            let all = names.iter().flat_map(|name| kinds.iter().map(|(kind, set)| key(name, kind, set.as_deref())));
            let all: BTreeSet<RecordKey> = all.collect();
            prop_assert_eq!(unpack_records(&pack_records(&all)), Some(all));
            prop_assert_eq!(unpack_names(&pack_names(&names)), Some(names));
        }
    }
}
