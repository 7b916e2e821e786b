//! Which networks may reach what, and what of them could not before.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::Value;

use super::grants::text;

/// What a rule lets in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    /// Protocol in lower case; `-1` is all.
    protocol: String,
    /// First and last port.
    ports: (i64, i64),
    /// From where.
    source: Source,
    /// The resource of the template that has the rule.
    origin: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Network(IpNet),
    /// A security group, a prefix list, or a network that is not known yet.
    Other(String),
}

/// Something that may be reached from more places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    /// The resource of the template that opens it.
    pub(super) origin: String,
    /// What may be reached: protocol and ports.
    pub(super) ports: String,
    /// From where.
    pub(super) source: String,
    /// Whether that is everywhere.
    pub(super) everywhere: bool,
    /// Whether it is TCP at port 80 or 443 only.
    pub(super) web: bool,
}

impl Rule {
    /// Reads a rule of a security group; none if it names no source.
    pub(super) fn read(rule: &Value, origin: &str) -> Option<Self> {
        let protocol = text(rule.get("IpProtocol")?).to_ascii_lowercase();
        let port = |key: &str| rule.get(key).and_then(|port| port.as_i64().or_else(|| port.as_str()?.parse().ok()));
        let all = matches!(protocol.as_str(), "-1" | "all");
        // Ports that are not known count as all of them.
        let ports = if all { (0, 65_535) } else { (port("FromPort").unwrap_or(0), port("ToPort").unwrap_or(65_535)) };
        let ports = if ports.0 == -1 || ports.1 == -1 { (0, 65_535) } else { ports };
        let keys = ["CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourceSecurityGroupName", "SourcePrefixListId"];
        let source = source(rule.get(keys.into_iter().find(|key| rule.get(*key).is_some())?)?);
        let protocol = if all { "-1".to_owned() } else { protocol };
        Some(Self { protocol, ports, source, origin: origin.to_owned() })
    }

    /// A network that may reach a thing at its only port.
    pub(super) fn network(cidr: &Value, port: i64, origin: &str) -> Self {
        let (protocol, source) = ("tcp".to_owned(), source(cidr));
        Self { protocol, ports: (port, port), source, origin: origin.to_owned() }
    }
}

fn source(value: &Value) -> Source {
    let text = text(value);
    text.parse::<IpNet>().map_or_else(|_| Source::Other(text), |network| Source::Network(network.trunc()))
}

/// What the rules after let in that those before did not.
pub(super) fn opened(before: &[Rule], after: &[Rule]) -> BTreeSet<Opening> {
    let new = after.iter().flat_map(|rule| pieces(before, rule));
    new.map(|(rule, ports)| opening(rule, ports)).collect()
}

/// The ranges of ports of a rule that are new.
fn pieces<'a>(before: &[Rule], rule: &'a Rule) -> Vec<(&'a Rule, (i64, i64))> {
    let known: Vec<&Rule> =
        before.iter().filter(|known| known.protocol == "-1" || known.protocol == rule.protocol).collect();
    let (first, last) = rule.ports;
    // Between two bounds all ports are alike.
    let mut bounds = BTreeSet::from([first, last.saturating_add(1)]);
    for (from, to) in known.iter().map(|known| known.ports) {
        bounds.extend([from, to.saturating_add(1)].into_iter().filter(|bound| *bound > first && *bound <= last));
    }
    let mut found: Vec<(&Rule, (i64, i64))> = Vec::new();
    let starts: Vec<i64> = bounds.into_iter().collect();
    for pair in starts.windows(2) {
        let [from, next] = pair else { continue };
        let (from, to) = (*from, next - 1);
        let there: Vec<&Rule> =
            known.iter().filter(|known| known.ports.0 <= from && to <= known.ports.1).copied().collect();
        if held(&there, &rule.source) {
            continue;
        }
        match found.last_mut().filter(|(_, ports)| ports.1 + 1 == from) {
            Some((_, ports)) => ports.1 = to,
            None => found.push((rule, (from, to))),
        }
    }
    // A rule whose ports are in the wrong order lets nothing in, but says what was meant.
    if first > last && !known.iter().any(|known| known.ports == rule.ports && known.source == rule.source) {
        found.push((rule, rule.ports));
    }
    found
}

/// Whether what a source holds is held by the sources of rules together.
fn held(rules: &[&Rule], source: &Source) -> bool {
    match source {
        Source::Other(text) => rules.iter().any(|rule| rule.source == Source::Other(text.clone())),
        Source::Network(network) => {
            let networks: Vec<IpNet> = rules
                .iter()
                .filter_map(|rule| match &rule.source {
                    Source::Network(network) => Some(*network),
                    Source::Other(_) => None,
                })
                .collect();
            // What is put together as far as it goes holds a network only if one of the results does.
            IpNet::aggregate(&networks).iter().any(|known| known.contains(network))
        }
    }
}

fn opening(rule: &Rule, ports: (i64, i64)) -> Opening {
    let protocol = rule.protocol.as_str();
    let text = match (protocol, ports) {
        ("-1", _) => "all ports".to_owned(),
        (_, (0, 65_535)) => format!("all ports of {protocol}"),
        (_, (from, to)) if from == to => format!("{protocol} port {from}"),
        (_, (from, to)) => format!("{protocol} ports {from}-{to}"),
    };
    let (source, everywhere) = match &rule.source {
        Source::Network(network) => (network.to_string(), network.prefix_len() == 0),
        Source::Other(text) => (text.clone(), false),
    };
    let web = matches!(protocol, "tcp" | "6") && ports.0 == ports.1 && matches!(ports.0, 80 | 443);
    Opening { origin: rule.origin.clone(), ports: text, source, everywhere, web }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rule(cidr: &str, from: i64, to: i64) -> Rule {
        Rule::read(&json!({ "IpProtocol": "tcp", "FromPort": from, "ToPort": to, "CidrIp": cidr }), "G").unwrap()
    }

    fn new(before: &[Rule], after: &[Rule]) -> Vec<String> {
        opened(before, after).iter().map(|one| format!("{} from {}", one.ports, one.source)).collect()
    }

    #[test]
    fn halves_of_a_network_are_the_network() {
        let halves = [rule("10.0.0.0/9", 443, 443), rule("10.128.0.0/9", 443, 443)];
        assert_eq!(new(&halves, &[rule("10.0.0.0/8", 443, 443)]), Vec::<String>::new());
        assert_eq!(new(&halves, &[rule("10.0.0.0/7", 443, 443)]), ["tcp port 443 from 10.0.0.0/7"]);
        assert_eq!(new(&[rule("10.0.0.0/8", 443, 443)], &halves), Vec::<String>::new());
    }

    #[test]
    fn only_ports_that_are_new_are_said() {
        let before = [rule("10.0.0.0/8", 1, 10), rule("10.0.0.0/8", 11, 20)];
        assert_eq!(new(&before, &[rule("10.0.0.0/8", 5, 15)]), Vec::<String>::new());
        assert_eq!(new(&before, &[rule("10.0.0.0/8", 5, 30)]), ["tcp ports 21-30 from 10.0.0.0/8"]);
        let all = Rule::read(&json!({ "IpProtocol": -1, "CidrIp": "0.0.0.0/0" }), "G").unwrap();
        assert_eq!(new(std::slice::from_ref(&all), &before), Vec::<String>::new());
        assert_eq!(new(&before, &[all]), ["all ports from 0.0.0.0/0"]);
    }

    #[test]
    fn groups_are_compared_by_name() {
        let group = |id: &str| {
            let rule = json!({ "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": { "Fn::GetAtt": [id, "GroupId"] } });
            Rule::read(&rule, "G").unwrap()
        };
        assert_eq!(new(&[group("A")], &[group("A")]), Vec::<String>::new());
        assert_eq!(new(&[group("A")], &[group("B")]), ["tcp port 1 from ${B.GroupId}"]);
    }

    proptest! {
        #[test]
        fn what_is_new_is_what_single_addresses_say(
            before in prop::collection::vec((0_u32..16, 28_u8..=32, 0_i64..4, 0_i64..4), 0..5),
            after in (0_u32..16, 28_u8..=32, 0_i64..4, 0_i64..4),
        ) {
            let read = |(address, length, from, more): &(u32, u8, i64, i64)| {
                rule(&format!("10.0.0.{address}/{length}"), *from, from + more)
            };
            let known: Vec<Rule> = before.iter().map(read).collect();
            let lets = |rules: &[Rule], address: u32, port: i64| rules.iter().any(|rule| {
                let address = std::net::IpAddr::from([10, 0, 0, u8::try_from(address).unwrap()]);
                matches!(&rule.source, Source::Network(network) if network.contains(&address))
                    && rule.ports.0 <= port && port <= rule.ports.1
            });
            let wider = [read(&after)];
            let expected = (0..16).any(|address| (0..8).any(|port| {
                lets(&wider, address, port) && !lets(&known, address, port)
            }));
            prop_assert_eq!(!new(&known, &wider).is_empty(), expected);
        }
    }
}
