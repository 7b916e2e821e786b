//! Records in which other tools write down which names they manage, as the TXT registry of external-dns does.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{Record, RecordKey};

/// Types of records that hold names of the outside, for which an `external-dns` answers.
///
/// Its registry of a CNAME also stands for an alias of type A.
/// Source: <https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/> (read 2026-11-25).
const ADDRESSES: [&str; 3] = ["A", "AAAA", "CNAME"];

/// Types for which a registry puts a record with the type in its name.
const REGISTERED: [&str; 8] = ["A", "AAAA", "CNAME", "MX", "NAPTR", "NS", "SRV", "TXT"];

/// How the value of a registry's TXT record starts.
const HERITAGE: &str = "\"heritage=";

/// Fewest characters of a registry's value that is encrypted: a nonce, a tag and the shortest text, in Base64.
const ENCRYPTED: usize = 60;

/// Stands for the type in a prefix or suffix, as external-dns writes it.
const TYPE: &str = "%{record_type}";

/// The registries of a zone.
pub(super) struct Registries<'a> {
    all: Vec<Registry<'a>>,
    /// What is put before and after names, as far as the records of the zone tell it.
    affixes: BTreeSet<Affix>,
    live: BTreeSet<&'a str>,
}

/// One record of a registry.
pub(super) struct Registry<'a> {
    /// The record.
    pub(super) record: &'a RecordKey,
    /// The tool that wrote it.
    pub(super) tool: &'a str,
}

/// What a registry puts around the first label of a name: `--txt-prefix` and `--txt-suffix` of external-dns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Affix {
    prefix: String,
    suffix: String,
}

impl<'a> Registries<'a> {
    /// Finds the registries among the records of a zone, and learns how they name what they stand for.
    pub(super) fn of(live: &'a [Record]) -> Self {
        let texts = || live.iter().filter(|record| record.key.record_type == "TXT");
        let plain = texts().filter_map(|record| {
            let tool = record.values.iter().find_map(|value| value.strip_prefix(HERITAGE))?;
            let tool = tool.split([',', '"']).next().unwrap_or_default();
            Some(Registry { record: &record.key, tool })
        });
        let hidden = texts().filter(|record| record.values.iter().any(|value| is_encrypted(value)));
        let hidden = hidden.map(|record| Registry { record: &record.key, tool: "external-dns" });
        // An encrypted value may be anything, so it counts only where its name says what it stands for.
        let others = || live.iter().filter(|record| REGISTERED.contains(&record.key.record_type.as_str()));
        let hidden = hidden.filter(|registry| {
            let marked = |record: &&Record| registry.record.name != record.key.name && registry.covers(&record.key);
            others().any(|record| marked(&record))
        });
        let all: Vec<Registry<'_>> = plain.chain(hidden).collect();
        let affixes = learned(&all, live);
        Self { all, affixes, live: live.iter().map(|record| record.key.name.as_str()).collect() }
    }

    /// The registry that stands for a record set.
    pub(super) fn of_key(&self, key: &RecordKey) -> Option<&Registry<'a>> {
        self.all.iter().find(|registry| {
            let stands = |affix: &Affix| self.stands(affix, &registry.record.name, key);
            registry.covers(key)
                || self.affixes.iter().any(stands)
                || (key.name.starts_with("*.") && stands(&Affix { prefix: String::new(), suffix: String::new() }))
        })
    }

    /// Whether a registry's name is what an affix makes of a record set's.
    fn stands(&self, affix: &Affix, at: &str, key: &RecordKey) -> bool {
        let Some((label, rest)) = key.name.split_once('.') else { return false };
        types_of(&key.record_type).any(|of| {
            let (prefix, suffix) = (affix.prefix.replace(TYPE, &of), affix.suffix.replace(TYPE, &of));
            let middle = at
                .strip_suffix(rest)
                .and_then(|head| head.strip_suffix('.'))
                .and_then(|head| head.strip_prefix(prefix.as_str())?.strip_suffix(suffix.as_str()));
            let Some(middle) = middle else { return false };
            let bare = middle.strip_prefix(&format!("{of}-"));
            if label == "*" {
                // `--txt-wildcard-replacement`: any label that stands for no other name.
                let stands_for = bare.unwrap_or(middle);
                let other = format!("{stands_for}.{rest}");
                let marked = bare.is_some() || affix.prefix.contains(TYPE) || affix.suffix.contains(TYPE);
                return marked && !stands_for.contains('.') && !self.live.contains(other.as_str());
            }
            middle == label || bare == Some(label)
        })
    }
}

/// The types that a registry may write for a record set, in small letters.
fn types_of(record_type: &str) -> impl Iterator<Item = String> {
    let address = ADDRESSES.contains(&record_type);
    let all = REGISTERED.iter().filter(move |of| (address && ADDRESSES.contains(of)) || **of == record_type);
    all.map(|of| of.to_ascii_lowercase()).collect::<Vec<_>>().into_iter()
}

/// What is put around names: whatever explains at least half of the registries that stand for nothing without it.
fn learned(registries: &[Registry<'_>], live: &[Record]) -> BTreeSet<Affix> {
    let others = || live.iter().filter(|record| record.key.record_type != "TXT");
    let plain = |registry: &&Registry<'_>| others().any(|record| registry.covers(&record.key));
    let open: Vec<&Registry<'_>> = registries.iter().filter(|registry| !plain(registry)).collect();
    let mut found: BTreeMap<Affix, BTreeSet<&str>> = BTreeMap::new();
    for registry in &open {
        for record in others() {
            for affix in affixes(&registry.record.name, &record.key) {
                found.entry(affix).or_default().insert(&registry.record.name);
            }
        }
    }
    let explains = |names: &BTreeSet<&str>| names.len() * 2 >= open.len();
    found.into_iter().filter(|(_, names)| explains(names)).map(|(affix, _)| affix).collect()
}

/// The affixes by which a registry's name would stand for a record set.
fn affixes(at: &str, key: &RecordKey) -> Vec<Affix> {
    let Some((label, rest)) = key.name.split_once('.') else { return Vec::new() };
    let Some(head) = at.strip_suffix(rest).and_then(|head| head.strip_suffix('.')) else { return Vec::new() };
    let mut found = Vec::new();
    for of in types_of(&key.record_type) {
        let marked = format!("{of}-{label}");
        for core in [marked.as_str(), label] {
            for (start, _) in head.match_indices(core) {
                let (prefix, suffix) = (head.get(..start), head.get(start + core.len()..));
                let (prefix, suffix) = (prefix.unwrap_or_default(), suffix.unwrap_or_default());
                let ends = |text: &str, c: Option<char>| text.is_empty() || c.is_some_and(|c| !c.is_alphanumeric());
                let parted = ends(suffix, suffix.chars().next())
                    && (core == marked || ends(prefix, prefix.chars().next_back()))
                    && !suffix.contains('.');
                if parted && !(prefix.is_empty() && suffix.is_empty()) {
                    found.push(Affix { prefix: typed(prefix, &of), suffix: typed(suffix, &of) });
                }
            }
        }
    }
    found
}

/// A prefix or suffix with the type in it as a word replaced by what stands for it.
fn typed(text: &str, of: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_alphanumeric());
    words
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            if bare == of { word.replacen(of, TYPE, 1) } else { word.to_owned() }
        })
        .collect()
}

/// Whether a value has the shape of an encrypted one: one text of Base64.
///
/// Source: `--txt-encrypt-enabled` of <https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/> (read
/// 2026-11-25): AES-256 in GCM, as Base64.
fn is_encrypted(value: &str) -> bool {
    let Some(text) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let body = text.trim_end_matches('=');
    text.len() >= ENCRYPTED && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte))
}

impl Registry<'_> {
    /// Whether the registry's record stands for a record set, as registries name them without being told otherwise.
    ///
    /// It has the name itself, or `<type>-<name>`, or with a prefix that ends in a dot `<type>-<prefix>-.<name>`.
    fn covers(&self, key: &RecordKey) -> bool {
        let at = self.record.name.as_str();
        if at == key.name {
            return ADDRESSES.contains(&key.record_type.as_str()) || key.record_type == "TXT";
        }
        REGISTERED.iter().any(|of| {
            let Some(rest) = at.strip_prefix(of.to_ascii_lowercase().as_str()) else { return false };
            let stands_for = rest.strip_prefix('-') == Some(&key.name)
                || rest.strip_prefix('.') == Some(&key.name)
                || rest.split_once("-.").is_some_and(|(prefix, name)| {
                    (prefix.is_empty() || prefix.starts_with('-')) && !prefix.contains('.') && name == key.name
                });
            let address = ADDRESSES.contains(of) && ADDRESSES.contains(&key.record_type.as_str());
            stands_for && (address || *of == key.record_type)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "\"heritage=external-dns,external-dns/owner=k8s,external-dns/resource=ingress/shop/api\"";

    fn record(name: &str, record_type: &str, value: &str) -> Record {
        let set = json!({
            "Name": format!("{name}.example.com."), "Type": record_type, "TTL": 60,
            "ResourceRecords": [{ "Value": value }],
        });
        Record::read(&set).unwrap()
    }

    /// Whether registries stand for a name, in a zone with addresses at other names.
    fn claims(addresses: &[&str], registries: &[(&str, &str)], name: &str) -> bool {
        let addresses = addresses.iter().map(|name| record(name, "A", "192.0.2.7"));
        let live: Vec<Record> = addresses.chain(registries.iter().map(|(at, text)| record(at, "TXT", text))).collect();
        Registries::of(&live).of_key(&record(name, "A", "192.0.2.1").key).is_some()
    }

    #[test]
    fn affixes_are_learned_from_the_zone() {
        for affixed in [
            |name: &str| format!("extdns-a-{name}"),
            |name: &str| format!("extdns.a-{name}"),
            |name: &str| format!("a-{name}-owned"),
            |name: &str| format!("reg-a.{name}"),
            |name: &str| format!("{name}-reg"),
            |name: &str| format!("reg-{name}"),
        ] {
            let (api, web) = (affixed("api"), affixed("web"));
            let both = [(api.as_str(), TEXT), (web.as_str(), TEXT)];
            for name in ["api", "web"] {
                assert!(claims(&["api", "web", "other"], &both, name), "{api}: {name}");
            }
            assert!(!claims(&["api", "web", "other"], &both, "other"), "{api}");
            // One that was learned from others stands for a name that is not there, too.
            assert!(claims(&["api"], &both, "web"), "{api}");
        }
    }

    #[test]
    fn a_name_that_only_holds_another_is_none() {
        assert!(!claims(&["api", "web"], &[("a-webapi", TEXT)], "api"));
        assert!(!claims(&["api", "web"], &[("a-apis", TEXT)], "api"));
        assert!(!claims(&["api"], &[("verification", "\"token\"")], "api"));
    }

    #[test]
    fn a_wildcard_is_registered_under_another_label() {
        assert!(claims(&["*"], &[("a-any", TEXT)], "*"));
        assert!(!claims(&["*", "any"], &[("a-any", TEXT)], "*"), "it is that of the name `any`");
    }

    #[test]
    fn an_encrypted_registry_is_known_by_its_name() {
        let secret = format!("\"{}==\"", "aB3+".repeat(16));
        assert!(claims(&["api"], &[("a-api", &secret)], "api"));
        assert!(!claims(&["api"], &[("api", &secret)], "api"), "a text beside an address may be anything");
        assert!(!claims(&["web"], &[("a-api", &secret)], "web"));
        assert!(!claims(&["api"], &[("a-api", "\"v=spf1 -all\"")], "api"));
    }
}
