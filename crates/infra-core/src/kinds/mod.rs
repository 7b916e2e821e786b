//! The kinds of resources: one file and one line of the table each.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::{Common, Entry, Origin, Section};
use crate::names::Name;
use crate::resolve::Bound;

/// The field of an entry that becomes a property of one of its resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Part of the resource's logical id; empty for the main one, [`Field::ANY`] for every one of the entry.
    pub part: &'static str,
    /// Path of the property with dots, through the items of lists.
    pub property: &'static str,
    /// Path of the field in the entry, with dots.
    pub field: &'static str,
}

impl Field {
    /// Every resource of the entry.
    pub const ANY: &'static str = "*";
}

/// Says which field of an entry becomes a property.
pub(crate) const fn field(part: &'static str, property: &'static str, field: &'static str) -> Field {
    Field { part, property, field }
}

/// A kind of resource: what the user writes, what must hold, and what it compiles to.
pub trait Kind: Serialize + DeserializeOwned + JsonSchema + Clone + PartialEq + Sized + 'static {
    /// Key of the section in a stack file, such as `queues`.
    const SECTION: &'static str;
    /// What people call one, such as `queue`.
    const NOUN: &'static str;
    /// Start of the logical ids of its resources, such as `Queue`.
    const PREFIX: &'static str;
    /// A stack file that shows the kind in use; loads and compiles without findings.
    const EXAMPLE: &'static str;
    /// Whether `${…}` in its values may be CloudFormation's own.
    const VERBATIM: bool = false;

    /// Where the properties of its resources come from, as far as their names do not say it: findings underline the field.
    const FIELDS: &'static [Field] = &[];

    /// Reports what lowering relies on and types cannot say; every reference is known to be bound.
    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        let _ = (entry, diags);
    }

    /// Compiles one entry.
    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>);
}

/// Index of a kind in [`KINDS`].
pub type KindIndex = u8;

/// Ties a kind to its section.
pub trait Sectioned: Kind {
    /// Position in the table.
    const INDEX: KindIndex;

    /// Returns the kind's section.
    fn section(sections: &Sections) -> &Section<Self>;

    /// Returns the kind's section for change.
    fn section_mut(sections: &mut Sections) -> &mut Section<Self>;
}

mod check;
pub mod existing;
mod security_group;
#[cfg(test)]
pub(crate) mod testing;
pub mod workload;

macro_rules! kinds {
    ($($module:ident :: $kind:ident in $field:ident),* $(,)?) => {
        $(pub mod $module;)*
        $(pub use $module::$kind;)*

        /// The entries of one stack by kind.
        #[derive(Clone, Debug, Default)]
        pub struct Sections { $($field: Section<$kind>,)* }

        enum Position { $($kind,)* }

        $(impl Sectioned for $kind {
            const INDEX: KindIndex = Position::$kind as KindIndex;

            fn section(sections: &Sections) -> &Section<Self> {
                &sections.$field
            }

            fn section_mut(sections: &mut Sections) -> &mut Section<Self> {
                &mut sections.$field
            }
        })*

        /// All kinds in the order in which their resources stand in a template.
        pub const KINDS: &[KindInfo] = &[$(KindInfo::of::<$kind>(),)*];
    };
}

// One line a kind: module, type, field of `Sections`.
kinds! {
    hosted_zone::HostedZone in hosted_zones,
    certificate::Certificate in certificates,
    network::Network in networks,
    key::Key in keys,
    load_balancer::LoadBalancer in load_balancers,
    vpc_link::VpcLink in vpc_links,
    user_pool::UserPool in user_pools,
    http_api::HttpApi in http_apis,
    web_site::WebSite in web_sites,
    queue::Queue in queues,
    topic::Topic in topics,
    table::Table in tables,
    bucket::Bucket in buckets,
    secret::Secret in secrets,
    database::Database in databases,
    cache::Cache in caches,
    repository::Repository in repositories,
    function::Function in functions,
    schedule::Schedule in schedules,
    health_check::HealthCheck in health_checks,
    record::Record in records,
    cluster::Cluster in clusters,
    migration::Migration in migrations,
    job::Job in jobs,
    service::Service in services,
    worker::Worker in workers,
    manifest::Manifest in manifests,
    monitor::Monitor in monitors,
    parameter::Parameter in parameters,
    raw::Raw in raw,
}

/// What generic code does with a kind.
#[derive(Clone, Copy)]
pub struct KindInfo {
    /// Key of the section.
    pub section: &'static str,
    /// What people call one.
    pub noun: &'static str,
    /// Start of the logical ids.
    pub prefix: &'static str,
    /// A stack file that shows the kind in use.
    pub example: &'static str,
    /// Where the properties of its resources come from.
    pub fields: &'static [Field],
    pub(crate) load: fn(&mut crate::model::load::SectionLoader<'_>, crate::source::Pair),
    pub(crate) position: fn(&Sections, &str) -> Option<usize>,
    pub(crate) names: fn(&Sections) -> Vec<&str>,
    pub(crate) references: fn(&Sections, &mut dyn FnMut(usize, &dyn Collectable)),
    pub(crate) entry: fn(&Sections, u32) -> Option<(&Common, &Origin)>,
    pub(crate) retain: fn(&mut Sections, &mut dyn FnMut(&str) -> bool),
    pub(crate) validate: fn(&crate::resolve::Resolved, u16, &mut Diagnostics),
    pub(crate) lower: fn(&crate::resolve::Resolved, u16, &mut Lowering<'_>),
    /// JSON Schema of one entry.
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

/// An entry whose references can be collected.
pub(crate) trait Collectable {
    fn collect(&self, collector: &mut crate::resolve::Collector);
    fn origin(&self) -> &Origin;
}

impl<K: Kind> Collectable for Entry<K> {
    fn collect(&self, collector: &mut crate::resolve::Collector) {
        collector.collect(&self.spec);
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl KindInfo {
    const fn of<K: Sectioned>() -> Self {
        Self {
            section: K::SECTION,
            noun: K::NOUN,
            prefix: K::PREFIX,
            example: K::EXAMPLE,
            fields: K::FIELDS,
            load: crate::model::load::section::<K>,
            position: |sections, name| K::section(sections).get_index_of(name),
            names: |sections| K::section(sections).keys().map(Name::as_str).collect(),
            entry: |sections, index| {
                let (_, entry) = K::section(sections).get_index(usize::try_from(index).ok()?)?;
                Some((&entry.common, &entry.origin))
            },
            references: |sections, visit| {
                K::section(sections).values().enumerate().for_each(|(index, entry)| visit(index, entry));
            },
            retain: |sections, keep| K::section_mut(sections).retain(|name, _| keep(name.as_str())),
            validate: |world, stack, diags| world.each::<K>(stack).for_each(|bound| K::validate(bound, diags)),
            lower: |world, stack, cx| {
                for bound in world.each::<K>(stack) {
                    cx.enter(bound.id);
                    K::lower(bound, cx);
                }
            },
            schema: |generator| generator.subschema_for::<K>(),
        }
    }
}

/// Returns the kind of a section.
pub fn by_section(section: &str) -> Option<(KindIndex, &'static KindInfo)> {
    let index = KINDS.iter().position(|kind| kind.section == section)?;
    Some((KindIndex::try_from(index).ok()?, KINDS.get(index)?))
}
