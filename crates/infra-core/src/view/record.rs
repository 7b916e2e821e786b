//! Route 53 record sets and hosted zones, of templates and of change batches.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Owner, Prop, Resource, View, index};
use crate::artifacts::Expr;
use crate::diag::Diagnostic;

/// A record set.
#[derive(Clone, Copy)]
pub struct Record<'v> {
    view: &'v View<'v>,
    data: &'v RecordData,
    prop: Prop<'v>,
}

/// A hosted zone: one that is made here, or one that record sets name.
#[derive(Clone, Copy)]
pub struct Zone<'v> {
    view: &'v View<'v>,
    index: u32,
    data: &'v ZoneData,
}

/// What an alias record points to.
#[derive(Clone, Copy)]
pub struct Alias<'v> {
    /// The `AliasTarget` object.
    pub prop: Prop<'v>,
}

/// How to find a record set again.
pub(super) struct RecordData {
    owner: Owner,
    /// Index in `RecordSets` of a group.
    member: Option<usize>,
    zone: u32,
    deleted: bool,
}

pub(super) struct ZoneData {
    key: ZoneKey,
    domain: Option<String>,
    private: Option<bool>,
    resource: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ZoneKey {
    Resource(u32),
    Id(String),
    Name(String),
    /// Told apart from all others.
    Unknown,
}

/// Lower case, without the final dot.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Finds all record sets and the zones they stand in.
pub(super) fn collect(view: &View<'_>) -> (Vec<RecordData>, Vec<ZoneData>) {
    let mut zones: Vec<ZoneData> = Vec::new();
    for zone in view.of("AWS::Route53::HostedZone") {
        zones.push(ZoneData {
            key: ZoneKey::Resource(zone.index()),
            domain: zone.get("Name").and_then(|name| name.text()).map(|name| plain(&name)),
            private: Some(zone.has("VPCs")),
            resource: Some(zone.index()),
        });
    }
    let mut records = Vec::new();
    for record in view.of("AWS::Route53::RecordSet") {
        let zone = zone_of(&mut zones, &record.properties(), None);
        records.push(RecordData { owner: Owner::Resource(record.index()), member: None, zone, deleted: false });
    }
    for group in view.of("AWS::Route53::RecordSetGroup") {
        for (member, set) in group.each("RecordSets").enumerate() {
            let zone = zone_of(&mut zones, &set, Some(&group.properties()));
            let owner = Owner::Resource(group.index());
            records.push(RecordData { owner, member: Some(member), zone, deleted: false });
        }
    }
    for (at, set) in (0_u32..).zip(&view.sets) {
        let input = &set.input.zone;
        let id = Prop::new(view, Owner::Set(at), u32::MAX, &input.id);
        let key = key_of_id(&id);
        let zone = known(&mut zones, key);
        if let Some(data) = zones.get_mut(zone as usize) {
            data.domain = data.domain.take().or_else(|| input.domain.as_deref().map(plain));
            data.private = data.private.or(input.private);
        }
        records.push(RecordData { owner: Owner::Set(at), member: None, zone, deleted: set.input.deleted });
    }
    (records, zones)
}

fn key_of_id(id: &Prop<'_>) -> ZoneKey {
    match (id.target(), id.text()) {
        (Some(target), _) => ZoneKey::Resource(target.resource.index()),
        (None, Some(text)) => ZoneKey::Id(text.trim_start_matches("/hostedzone/").to_owned()),
        (None, None) => match id.expr() {
            Expr::Parameter(name) => ZoneKey::Id(format!("parameter {name}")),
            _ => ZoneKey::Unknown,
        },
    }
}

fn zone_of(zones: &mut Vec<ZoneData>, set: &Prop<'_>, group: Option<&Prop<'_>>) -> u32 {
    let written = |key: &str| set.key(key).or_else(|| group.and_then(|group| group.key(key)));
    if let Some(id) = written("HostedZoneId") {
        return known(zones, key_of_id(&id));
    }
    let name = written("HostedZoneName").and_then(|name| name.text()).map(|name| plain(&name));
    let same = |zone: &ZoneData| name.is_some() && zone.domain == name && zone.private != Some(true);
    if let Some(at) = zones.iter().position(same) {
        return index(at);
    }
    match name {
        Some(name) => {
            let at = known(zones, ZoneKey::Name(name.clone()));
            if let Some(zone) = zones.get_mut(at as usize) {
                zone.domain = Some(name);
                zone.private = Some(false);
            }
            at
        }
        None => known(zones, ZoneKey::Unknown),
    }
}

fn known(zones: &mut Vec<ZoneData>, key: ZoneKey) -> u32 {
    let same = |zone: &ZoneData| zone.key == key && key != ZoneKey::Unknown;
    if let Some(at) = zones.iter().position(same) {
        index(at)
    } else {
        zones.push(ZoneData { key, domain: None, private: None, resource: None });
        index(zones.len() - 1)
    }
}

impl<'v> Record<'v> {
    pub(super) fn of(view: &'v View<'v>, data: &'v RecordData) -> Option<Self> {
        let root = view.prop(data.owner)?;
        let prop = match data.member {
            Some(member) => root.each("RecordSets").nth(member)?,
            None => root,
        };
        Some(Self { view, data, prop })
    }

    /// Returns the record set's object: `Name`, `Type`, `TTL`, `ResourceRecords`, `AliasTarget` and so on.
    pub fn prop(&self) -> Prop<'v> {
        self.prop
    }

    /// Returns the value at `path`, see [`Prop::get`].
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        self.prop.get(path)
    }

    /// Returns the name in lower case without the final dot, if it is known.
    pub fn name(&self) -> Option<String> {
        self.get("Name")?.text().map(|name| plain(&name))
    }

    /// Returns how messages call it: its name, with `*` for what is not known of it.
    pub fn called(&self) -> String {
        self.name().or_else(|| Some(self.get("Name")?.pattern())).unwrap_or_default()
    }

    /// Returns the type, such as `A`.
    pub fn record_type(&self) -> Option<Cow<'v, str>> {
        self.get("Type")?.text()
    }

    /// Returns whether the type is known and is one of `wanted`.
    pub fn is_type(&self, wanted: &[&str]) -> bool {
        self.get("Type").is_some_and(|kind| kind.is_one_of(wanted))
    }

    /// Returns the time to live in seconds.
    pub fn ttl(&self) -> Option<i64> {
        self.get("TTL")?.int()
    }

    /// Returns the values; nothing for an alias.
    pub fn values(&self) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        // Templates list texts, the API lists objects.
        self.prop.each("ResourceRecords").map(|value| value.key("Value").unwrap_or(value))
    }

    /// Returns the alias target.
    pub fn alias(&self) -> Option<Alias<'v>> {
        self.get("AliasTarget").map(|prop| Alias { prop })
    }

    /// Returns the set identifier.
    pub fn set_identifier(&self) -> Option<Cow<'v, str>> {
        self.get("SetIdentifier")?.text()
    }

    /// Returns key and value of the routing policy; none for simple routing.
    pub fn routing(&self) -> Option<(&'static str, Prop<'v>)> {
        const POLICIES: [&str; 8] = [
            "Weight",
            "Region",
            "Failover",
            "GeoLocation",
            "MultiValueAnswer",
            "CidrRoutingConfig",
            "GeoProximityLocation",
            "TrafficPolicyInstanceId",
        ];
        POLICIES.iter().find_map(|key| Some((*key, self.get(key)?)))
    }

    /// Returns the zone.
    pub fn zone(&self) -> Option<Zone<'v>> {
        self.view.zone(self.data.zone)
    }

    /// Returns whether the change batch deletes the set.
    pub fn deleted(&self) -> bool {
        self.data.deleted
    }

    /// Returns the number of the change batch that somebody wrote and that the set stands in.
    ///
    /// None for a set of CloudFormation, and for one of our own, whose batches are cut when they are sent.
    pub fn batch(&self) -> Option<usize> {
        match self.data.owner {
            Owner::Set(at) => super::nth(&self.view.sets, at)?.input.batch,
            Owner::Resource(_) | Owner::Object(_) | Owner::Outputs(_) => None,
        }
    }

    /// Returns whether all record sets of this one's zone can be seen: it is made here, or the set is in a batch of ours.
    pub fn is_zone_whole(&self) -> bool {
        self.zone().is_some_and(|zone| zone.resource().is_some())
    }

    /// Returns the resource that makes the set, if CloudFormation does.
    pub fn resource(&self) -> Option<Resource<'v>> {
        match self.data.owner {
            Owner::Resource(at) => self.view.resource(at),
            Owner::Object(_) | Owner::Set(_) | Owner::Outputs(_) => None,
        }
    }

    /// Starts a finding about the record set, shown at its name.
    pub fn finding(&self, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.get("Name").unwrap_or(self.prop).finding(title, label)
    }

    /// Returns where the record set was written: its name.
    pub fn at(&self) -> crate::diag::At {
        self.get("Name").unwrap_or(self.prop).at()
    }
}

impl PartialEq for Record<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.data.owner, self.data.member) == (other.data.owner, other.data.member)
    }
}

impl<'v> Alias<'v> {
    /// Returns the DNS name of the target.
    pub fn dns_name(&self) -> Option<Prop<'v>> {
        self.prop.key("DNSName")
    }

    /// Returns the hosted zone id of the target.
    pub fn zone_id(&self) -> Option<Prop<'v>> {
        self.prop.key("HostedZoneId")
    }

    /// Returns the resource whose DNS name it is, if it is one of the view.
    pub fn resource(&self) -> Option<Resource<'v>> {
        self.dns_name()?.mentions().into_iter().next()
    }
}

impl<'v> View<'v> {
    /// Returns the record sets that are written, those of one zone, name and type together.
    ///
    /// Sets whose name or type is not known are left out.
    pub fn record_groups(&'v self) -> Vec<Vec<Record<'v>>> {
        let mut groups: BTreeMap<(u32, String, String), Vec<Record<'v>>> = BTreeMap::new();
        for record in self.records().filter(|record| !record.deleted()) {
            if let (Some(name), Some(kind)) = (record.name(), record.record_type()) {
                groups.entry((record.data.zone, name, kind.into_owned())).or_default().push(record);
            }
        }
        groups.into_values().collect()
    }
}

impl<'v> Zone<'v> {
    pub(super) fn new(view: &'v View<'v>, index: u32, data: &'v ZoneData) -> Self {
        Self { view, index, data }
    }

    /// Returns a number that tells this zone from others of the view.
    pub fn number(&self) -> u32 {
        self.index
    }

    /// Returns the domain in lower case without the final dot, if it is known.
    pub fn domain(&self) -> Option<&'v str> {
        self.data.domain.as_deref()
    }

    /// Returns whether the zone is private, if that is known.
    pub fn private(&self) -> Option<bool> {
        self.data.private
    }

    /// Returns the zone's resource, if it is made here.
    pub fn resource(&self) -> Option<Resource<'v>> {
        self.view.resource(self.data.resource?)
    }

    /// Returns the record sets of the zone that are written.
    pub fn records(&self) -> impl Iterator<Item = Record<'v>> + use<'v> {
        let (view, index) = (self.view, self.index);
        view.records.iter().filter(move |data| data.zone == index).filter_map(move |data| Record::of(view, data))
    }

    /// Returns the record sets of a name and type.
    pub fn sets(&self, name: &str, record_type: &str) -> impl Iterator<Item = Record<'v>> + use<'v> {
        let (name, record_type) = (plain(name), record_type.to_owned());
        self.records()
            .filter(move |record| record.name().is_some_and(|known| known == name) && record.is_type(&[&record_type]))
    }
}

impl PartialEq for Zone<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.name(), self.record_type())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_compared_without_case_and_final_dot() {
        assert_eq!(super::plain("API.Example.com."), "api.example.com");
    }
}
