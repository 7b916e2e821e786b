//! What AWS publishes about every type of CloudFormation resource.
//!
//! The facts are compiled by `scripts/refresh-resource-types` from the schemas of cfn-lint and the service specification
//! of the CDK, and embedded; `data/resource-types.md` says which versions (read 2026-11-23). Finding a type is a binary
//! search in the file, and what is not looked at costs nothing.
//!
//! Paths are dotted, below `Properties`, with `*` for the items of an array: `Rules.*.Name`.

pub mod amended;
mod data;
mod pattern;
mod schema;

use self::data::{REGIONS, TYPE_COUNT, TYPES, Table, Words, optional, search, text, word};
pub use self::data::{Strings, Value};
pub use self::pattern::{MAX_TEXT, pattern_matches};
pub use self::schema::{Schema, Types};

/// A resource type; a cheap copy of where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(u32);

/// Whether a region has a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// The region has it.
    Yes,
    /// The region does not have it.
    No,
    /// The source says nothing: isolated partitions, the European Sovereign Cloud, a region that is newer.
    Unknown,
}

/// What an update of a property does to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// The resource stays.
    Never,
    /// The resource is replaced under conditions, or if a certain part of the value changes.
    Conditional,
    /// The resource is replaced.
    Always,
}

/// What a value refers to: an attribute or identifier of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    /// The type, such as `AWS::IAM::Role`.
    pub kind: &'static str,
    /// The property or attribute of it, dotted, such as `Arn`.
    pub property: &'static str,
}

/// A rule that cfn-lint adds to the schema: what is at `path` must be valid under `schema`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The rule of cfn-lint, such as `E3639`.
    pub rule: &'static str,
    /// Where it holds, dotted; empty for all properties together.
    pub path: &'static str,
    /// What must hold there. It says nothing about places that the value does not have.
    pub schema: Schema,
    /// A property of the value that is compared in lower case, such as `Engine`.
    pub lowercase: Option<&'static str>,
}

impl Condition {
    /// Whether breaking it is advice against, not a mistake.
    pub fn is_warning(self) -> bool {
        self.rule.starts_with('W')
    }
}

/// Finds a type; `Custom::<anything>` is `AWS::CloudFormation::CustomResource`.
pub fn find(kind: &str) -> Option<ResourceType> {
    let name = if kind.starts_with("Custom::") { "AWS::CloudFormation::CustomResource" } else { kind };
    let found = search(word(TYPE_COUNT), |index| ResourceType::of(index).name(), name)?;
    Some(ResourceType::of(found))
}

/// Every type, sorted by name.
pub fn all() -> impl Iterator<Item = ResourceType> {
    (0..word(TYPE_COUNT)).map(ResourceType::of)
}

/// The name of every type, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(ResourceType::name)
}

/// The regions about which the source says which types they have, sorted.
pub fn regions() -> Strings {
    Strings::at(word(REGIONS))
}

/// The words of a type, by their number.
#[derive(Clone, Copy)]
enum Field {
    Name,
    Schema,
    Flags,
    RegionsLow,
    RegionsHigh,
    ReadOnly,
    CreateOnly,
    ConditionalCreateOnly,
    WriteOnly,
    Deprecated,
    PrimaryIdentifier,
    AdditionalIdentifiers,
    TagProperty,
    ReplacementStrategy,
    Handlers,
    Attributes,
    Reference,
    ArnTemplate,
    ReplacedAlways,
    ReplacedSometimes,
    Relationships,
    Conditions,
    Lifecycle,
    Transforms,
}

const FIELDS: u32 = Field::Transforms as u32 + 1;
const STATEFUL: u32 = 0;
const TAGGABLE: u32 = 1;
const TAG_ON_CREATE: u32 = 2;
const TAG_UPDATABLE: u32 = 3;
const SERVERLESS: u32 = 4;

impl ResourceType {
    fn of(index: u32) -> Self {
        Self(word(TYPES) + index * FIELDS)
    }

    fn get(self, field: Field) -> u32 {
        word(self.0 + field as u32)
    }

    fn flag(self, bit: u32) -> bool {
        self.get(Field::Flags) >> bit & 1 == 1
    }

    fn strings(self, field: Field) -> Strings {
        Strings::at(self.get(field))
    }

    /// Its name, such as `AWS::SQS::Queue`.
    pub fn name(self) -> &'static str {
        text(self.get(Field::Name))
    }

    /// The schema of `Properties`: an object. It also names what is read-only, see [`ResourceType::read_only`].
    pub fn properties(self) -> Schema {
        Schema::at(self.get(Field::Schema))
    }

    /// What cfn-lint demands beyond the schema.
    pub fn conditions(self) -> impl Iterator<Item = Condition> {
        Words::at(self.get(Field::Conditions)).map(|place| {
            let mut words = Words::at(place);
            let mut next = || words.next().unwrap_or(0);
            Condition {
                rule: text(next()),
                path: text(next()),
                schema: Schema::at(next()),
                lowercase: optional(next()),
            }
        })
    }

    /// Whether a region has the type.
    pub fn available(self, region: &str) -> Availability {
        let offered = u64::from(self.get(Field::RegionsLow)) | u64::from(self.get(Field::RegionsHigh)) << 32;
        match regions().position(|known| known == region) {
            None => Availability::Unknown,
            Some(bit) if offered >> bit & 1 == 1 => Availability::Yes,
            Some(_) => Availability::No,
        }
    }

    /// Whether the type exists only through the transform `AWS::Serverless-2016-10-31`.
    pub fn is_serverless(self) -> bool {
        self.flag(SERVERLESS)
    }

    /// What `Fn::GetAtt` takes, sorted; a name that ends in `*` stands for all names that begin like it.
    pub fn attributes(self) -> impl Iterator<Item = &'static str> {
        Table::at(self.get(Field::Attributes)).map(|(name, _)| name)
    }

    /// The schema of an attribute, if there is such an attribute.
    pub fn attribute(self, name: &str) -> Option<Schema> {
        let table = Table::at(self.get(Field::Attributes));
        let open = || {
            let mut patterns = table.clone().filter_map(|(known, place)| Some((known.strip_suffix('*')?, place)));
            patterns.find(|(start, _)| name.starts_with(start)).map(|(_, place)| place)
        };
        table.get(name).or_else(open).map(Schema::at)
    }

    /// The paths whose values `Ref` gives, joined by `|` if there are several; empty if that is not known.
    pub fn reference(self) -> Strings {
        self.strings(Field::Reference)
    }

    /// What AWS sets: not to be written in a template.
    pub fn read_only(self) -> Strings {
        self.strings(Field::ReadOnly)
    }

    /// What cannot be changed. [`ResourceType::replacement`] knows more.
    pub fn create_only(self) -> Strings {
        self.strings(Field::CreateOnly)
    }

    /// What can be changed under conditions only.
    pub fn conditional_create_only(self) -> Strings {
        self.strings(Field::ConditionalCreateOnly)
    }

    /// What AWS does not give back, such as passwords.
    pub fn write_only(self) -> Strings {
        self.strings(Field::WriteOnly)
    }

    /// What should no longer be used.
    pub fn deprecated(self) -> Strings {
        self.strings(Field::Deprecated)
    }

    /// What changing the value at a path does; items of arrays are `*` or an index.
    pub fn replacement(self, path: &[&str]) -> Replacement {
        let cover =
            |field| self.strings(field).map(|pattern| covers(pattern, path)).max().unwrap_or(Replacement::Never);
        cover(Field::ReplacedAlways).max(cover(Field::ReplacedSometimes).min(Replacement::Conditional))
    }

    /// The paths whose change always replaces the resource.
    pub fn replaced_always(self) -> Strings {
        self.strings(Field::ReplacedAlways)
    }

    /// The paths whose change replaces the resource under conditions.
    pub fn replaced_sometimes(self) -> Strings {
        self.strings(Field::ReplacedSometimes)
    }

    /// `delete_then_create` or `create_then_delete`, if the type says which comes first.
    pub fn replacement_strategy(self) -> Option<&'static str> {
        optional(self.get(Field::ReplacementStrategy))
    }

    /// The parts of the identifier, in order.
    pub fn primary_identifier(self) -> Strings {
        self.strings(Field::PrimaryIdentifier)
    }

    /// Other identifiers, each as its parts.
    pub fn additional_identifiers(self) -> impl Iterator<Item = Strings> {
        Words::at(self.get(Field::AdditionalIdentifiers)).map(Strings::at)
    }

    /// The property that takes tags; none if the type cannot be tagged.
    pub fn tag_property(self) -> Option<&'static str> {
        self.flag(TAGGABLE).then(|| optional(self.get(Field::TagProperty))).flatten()
    }

    /// Whether tags are set when the resource is made, and whether they can be changed later.
    pub fn tags_on_create_and_update(self) -> (bool, bool) {
        (self.flag(TAG_ON_CREATE), self.flag(TAG_UPDATABLE))
    }

    /// Whether the service specification says that the resource holds data.
    pub fn is_stateful(self) -> bool {
        self.flag(STATEFUL)
    }

    /// How its ARN is made, such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
    pub fn arn_template(self) -> Option<&'static str> {
        optional(self.get(Field::ArnTemplate))
    }

    /// The IAM actions that CloudFormation needs to `create`, `read`, `update`, `delete` or `list` it, sorted; none if
    /// the source does not say.
    pub fn permissions(self, handler: &str) -> Option<Strings> {
        Table::at(self.get(Field::Handlers)).find(|(name, _)| *name == handler).map(|(_, place)| Strings::at(place))
    }

    /// What values refer to, by path.
    pub fn relations(self) -> impl Iterator<Item = (&'static str, impl Iterator<Item = Relation>)> {
        Table::at(self.get(Field::Relationships)).map(|(path, place)| {
            (path, Table::at(place).map(|(kind, property)| Relation { kind, property: text(property) }))
        })
    }

    /// Where the type is in its life, such as `sunset`, and the day from which that holds, if the source says so.
    pub fn lifecycle(self) -> Option<(&'static str, Option<&'static str>)> {
        let mut words = Words::at(self.get(Field::Lifecycle));
        Some((optional(words.next()?)?, words.next().and_then(optional)))
    }

    /// How AWS rewrites what is written, as expressions of `JSONata` by path: the two are not a difference.
    pub fn transforms(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        Table::at(self.get(Field::Transforms)).map(|(path, expression)| (path, text(expression)))
    }
}

/// Whether a path lies at or below a pattern (always), above it (conditional), or elsewhere.
fn covers(pattern: &str, path: &[&str]) -> Replacement {
    let mut segments = path.iter();
    for expected in pattern.split('.') {
        match segments.next() {
            None => return Replacement::Conditional,
            Some(segment) if expected == "*" || expected == *segment => {}
            Some(_) => return Replacement::Never,
        }
    }
    Replacement::Always
}

#[cfg(test)]
mod tests;
