//! Which stacks hang together by what is said in them, beyond the values that one takes of another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Prop, Resource, View};
use crate::artifacts::Expr;

/// Properties that hold domain names, by type.
const DOMAINS: &[(&str, &str)] = &[
    ("AWS::ApiGateway::DomainName", "DomainName"),
    ("AWS::ApiGatewayV2::DomainName", "DomainName"),
    ("AWS::CertificateManager::Certificate", "DomainName"),
    ("AWS::CertificateManager::Certificate", "SubjectAlternativeNames"),
    ("AWS::CloudFront::Distribution", "DistributionConfig.Aliases"),
];

impl<'v> View<'v> {
    /// Returns pairs of stacks, by the index in their places, that hang together: one names a resource of the other by
    /// reference, name or ARN, both have a resource of one name, or both are about one zone or domain.
    pub fn links(&'v self) -> Vec<(usize, usize)> {
        let mut found: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut link = |one: usize, other: usize| {
            if one != other {
                found.insert((one.min(other), one.max(other)));
            }
        };
        for resource in self.resources() {
            let own = place(&resource);
            resource.referrers().for_each(|other| link(own, place(&other)));
            self.named_by(resource.properties(), &mut |other| link(own, place(&other)));
        }
        for same in self.physical.get_or_init(|| self.names_of()).values() {
            let stacks: Vec<usize> = same.iter().filter_map(|at| self.resource(*at)).map(|it| place(&it)).collect();
            stacks.windows(2).for_each(|pair| {
                if let [one, other] = pair {
                    link(*one, *other);
                }
            });
        }
        self.about_domains(&mut link);
        found.into_iter().collect()
    }

    /// Calls `found` with the resources whose ARNs are written below a value.
    fn named_by(&'v self, prop: Prop<'v>, found: &mut impl FnMut(Resource<'v>)) {
        match prop.expr() {
            Expr::Object(_) => prop.entries().for_each(|(_, value)| self.named_by(value, found)),
            Expr::List(_) => prop.items().for_each(|item| self.named_by(item, found)),
            Expr::Text(_) | Expr::Concat(_) => self.by_text(&prop).into_iter().for_each(found),
            _ => {}
        }
    }

    /// Links stacks whose names lie in the zone of another, or are equal, and those with records in one zone.
    fn about_domains(&'v self, link: &mut impl FnMut(usize, usize)) {
        let mut zones: BTreeMap<String, usize> = BTreeMap::new();
        let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut about: Vec<(String, usize)> = Vec::new();
        for record in self.records() {
            let Some(stack) = record.resource().map(|it| place(&it)) else { continue };
            if let Some(zone) = record.zone() {
                link(*numbers.entry(zone.number()).or_insert(stack), stack);
            }
            about.extend(record.name().map(|name| (name, stack)));
        }
        for zone in self.zones() {
            if let (Some(domain), Some(made)) = (zone.domain(), zone.resource()) {
                about.push((domain.to_owned(), place(&made)));
                link(*zones.entry(domain.to_owned()).or_insert(place(&made)), place(&made));
            }
        }
        for (kind, path) in DOMAINS {
            for resource in self.of(kind) {
                let written = resource.each(path).filter_map(|name| name.text());
                about.extend(written.map(|name| (name.to_ascii_lowercase(), place(&resource))));
            }
        }
        for (name, stack) in about {
            let mut rest = name.as_str();
            loop {
                zones.get(rest).into_iter().for_each(|zone| link(*zone, stack));
                match rest.split_once('.') {
                    Some((_, above)) => rest = above,
                    None => break,
                }
            }
            link(*names.entry(name).or_insert(stack), stack);
        }
    }
}

fn place(resource: &Resource<'_>) -> usize {
    resource.stack().place().stack.into()
}
