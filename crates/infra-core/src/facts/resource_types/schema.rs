//! One node of a schema: what the value at a place of a resource must be.

use super::data::{Strings, Table, Value, Words, optional, word};
use super::pattern::pattern_matches;

/// The schema of a value; a cheap copy of where it is.
///
/// Equal schemas are one node, so that comparing two handles compares the schemas. Schemas may contain themselves
/// (`Statement` of `AWS::WAFv2::WebACL`): whoever walks them without a value must remember where they have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schema(u32);

/// The JSON types that a schema admits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    /// `object`.
    pub const OBJECT: Self = Self(1);
    /// `array`.
    pub const ARRAY: Self = Self(1 << 1);
    /// `string`.
    pub const STRING: Self = Self(1 << 2);
    /// `number`, with or without a fraction.
    pub const NUMBER: Self = Self(1 << 3);
    /// `integer`.
    pub const INTEGER: Self = Self(1 << 4);
    /// `boolean`.
    pub const BOOLEAN: Self = Self(1 << 5);
    /// `null`.
    pub const NULL: Self = Self(1 << 6);

    /// Any of those that stand for one value: all but `object`, `array` and `null`.
    pub const SCALAR: Self = Self(Self::STRING.0 | Self::NUMBER.0 | Self::INTEGER.0 | Self::BOOLEAN.0);

    const ALL: [(Self, &'static str); 7] = [
        (Self::OBJECT, "object"),
        (Self::ARRAY, "array"),
        (Self::STRING, "string"),
        (Self::NUMBER, "number"),
        (Self::INTEGER, "integer"),
        (Self::BOOLEAN, "boolean"),
        (Self::NULL, "null"),
    ];

    /// Whether the schema says nothing about types: every type is admitted.
    pub fn is_any(self) -> bool {
        self.0 == 0
    }

    /// Whether a type is named. Of a schema that names none the answer is no; ask [`Types::is_any`] first.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether one of the types of `other` is named.
    pub fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The types of both.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names of the types, in the words of JSON Schema.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(one, _)| self.contains(*one)).map(|(_, name)| name)
    }
}

/// The keywords that have a value, by the number of their bit.
#[derive(Clone, Copy)]
enum Keyword {
    Properties,
    Required,
    Items,
    Enum,
    EnumCaseInsensitive,
    Const,
    Pattern,
    Format,
    MinLength,
    MaxLength,
    MinItems,
    MaxItems,
    MinProperties,
    MaxProperties,
    MaxUniqueItems,
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    MultipleOf,
    AdditionalProperties,
    PatternProperties,
    PropertyNames,
    PrefixItems,
    Contains,
    OneOf,
    AnyOf,
    AllOf,
    Not,
    If,
    Then,
    Else,
    RequiredXor,
    RequiredOr,
    DependentRequired,
    DependentExcluded,
    UniqueKeys,
    DependentSchemas,
}

const fn bits_of<const N: usize>(keywords: [Keyword; N]) -> u64 {
    let mut bits = 0;
    let mut rest: &[Keyword] = &keywords;
    while let [first, others @ ..] = rest {
        bits |= 1 << *first as u32;
        rest = others;
    }
    bits
}

/// The keywords that look at a string or number.
const OF_SCALARS: u64 = bits_of([
    Keyword::Enum,
    Keyword::EnumCaseInsensitive,
    Keyword::Const,
    Keyword::Pattern,
    Keyword::Format,
    Keyword::MinLength,
    Keyword::MaxLength,
    Keyword::Minimum,
    Keyword::Maximum,
    Keyword::ExclusiveMinimum,
    Keyword::ExclusiveMaximum,
    Keyword::MultipleOf,
]);

/// The keywords that look at other properties than the required ones, or at names.
const OF_OBJECTS: u64 = bits_of([
    Keyword::MinProperties,
    Keyword::MaxProperties,
    Keyword::PropertyNames,
    Keyword::RequiredXor,
    Keyword::RequiredOr,
    Keyword::DependentRequired,
    Keyword::DependentExcluded,
    Keyword::DependentSchemas,
]);

/// The keywords that put schemas together.
const OF_SCHEMAS: u64 = bits_of([Keyword::OneOf, Keyword::AnyOf, Keyword::AllOf, Keyword::Not, Keyword::If]);

const FIRST_TYPE: u32 = 48;
const CLOSED: u32 = 55;
const UNIQUE: u32 = 56;
const UNORDERED: u32 = 57;
const NEVER: u32 = 58;
const ATTRIBUTE_LIST: u32 = 59;

impl Schema {
    pub(super) fn at(place: u32) -> Self {
        Self(place)
    }

    /// How many words the node has.
    #[cfg(test)]
    pub(super) fn words(self) -> u32 {
        2 + (self.bits() & ((1 << FIRST_TYPE) - 1)).count_ones()
    }

    /// The first place behind the node.
    #[cfg(test)]
    pub(super) fn end(self) -> u32 {
        self.0 + self.words()
    }

    fn bits(self) -> u64 {
        u64::from(word(self.0)) | u64::from(word(self.0 + 1)) << 32
    }

    fn flag(self, bit: u32) -> bool {
        self.bits() >> bit & 1 == 1
    }

    /// The word of a keyword; words follow the bits in their order.
    fn get(self, keyword: Keyword) -> Option<u32> {
        let (bits, bit) = (self.bits(), keyword as u32);
        let below = bits & ((1 << bit) - 1);
        (bits >> bit & 1 == 1).then(|| word(self.0 + 2 + below.count_ones()))
    }

    fn schema(self, keyword: Keyword) -> Option<Schema> {
        self.get(keyword).map(Schema)
    }

    fn schemas(self, keyword: Keyword) -> impl Iterator<Item = Schema> + Clone {
        Words::at(self.get(keyword).unwrap_or(0)).map(Schema)
    }

    fn table(self, keyword: Keyword) -> Table {
        Table::at(self.get(keyword).unwrap_or(0))
    }

    fn strings(self, keyword: Keyword) -> Strings {
        Strings::at(self.get(keyword).unwrap_or(0))
    }

    fn number(self, keyword: Keyword) -> Option<f64> {
        self.get(keyword).and_then(|word| Value::of(word).number())
    }

    /// `type`.
    pub fn types(self) -> Types {
        Types(u8::try_from(self.bits() >> FIRST_TYPE & 0x7F).unwrap_or(0))
    }

    /// Whether no value is valid: the schema `false`.
    pub fn is_never(self) -> bool {
        self.flag(NEVER)
    }

    /// Whether every value is valid: the schema `{}`.
    pub fn is_anything(self) -> bool {
        self.bits() == 0
    }

    /// Whether there is a rule about the content of strings or numbers, [`Schema::enumeration`] to
    /// [`Schema::multiple_of`]; if not, looking for each can be saved.
    pub fn restricts_scalars(self) -> bool {
        self.bits() & OF_SCALARS != 0
    }

    /// Whether there is [`Schema::enumeration`] or [`Schema::enumeration_ignoring_case`].
    pub fn has_enumeration(self) -> bool {
        self.bits() & bits_of([Keyword::Enum, Keyword::EnumCaseInsensitive]) != 0
    }

    /// Whether there is a rule about what properties there are together, other than [`Schema::required`].
    pub fn restricts_objects(self) -> bool {
        self.bits() & OF_OBJECTS != 0
    }

    /// Whether there is `allOf`, `anyOf`, `oneOf`, `not` or `if`.
    pub fn has_choices(self) -> bool {
        self.bits() & OF_SCHEMAS != 0
    }

    /// `properties`: the schema of one.
    pub fn property(self, name: &str) -> Option<Schema> {
        self.table(Keyword::Properties).get(name).map(Schema)
    }

    /// `properties`, sorted by name.
    pub fn properties(self) -> impl Iterator<Item = (&'static str, Schema)> + Clone {
        self.table(Keyword::Properties).map(|(name, place)| (name, Schema(place)))
    }

    /// `required`.
    pub fn required(self) -> Strings {
        self.strings(Keyword::Required)
    }

    /// `additionalProperties: false`: a property that is neither named nor matches a pattern is a mistake.
    pub fn is_closed(self) -> bool {
        self.flag(CLOSED)
    }

    /// `additionalProperties`, where it is a schema.
    pub fn additional_properties(self) -> Option<Schema> {
        self.schema(Keyword::AdditionalProperties)
    }

    /// `patternProperties`: patterns of names and the schemas of their values.
    pub fn pattern_properties(self) -> impl Iterator<Item = (&'static str, Schema)> + Clone {
        self.table(Keyword::PatternProperties).map(|(pattern, place)| (pattern, Schema(place)))
    }

    /// `propertyNames`.
    pub fn property_names(self) -> Option<Schema> {
        self.schema(Keyword::PropertyNames)
    }

    /// `minProperties`.
    pub fn min_properties(self) -> Option<u32> {
        self.get(Keyword::MinProperties)
    }

    /// `maxProperties`.
    pub fn max_properties(self) -> Option<u32> {
        self.get(Keyword::MaxProperties)
    }

    /// `requiredXor` of cfn-lint: exactly one of these properties must be there; empty if there is no such rule.
    pub fn required_xor(self) -> Strings {
        self.strings(Keyword::RequiredXor)
    }

    /// `requiredOr` of cfn-lint: at least one of these properties must be there; empty if there is no such rule.
    pub fn required_or(self) -> Strings {
        self.strings(Keyword::RequiredOr)
    }

    /// `dependentRequired`: where the first is, the others must be.
    pub fn dependent_required(self) -> impl Iterator<Item = (&'static str, Strings)> + Clone {
        self.table(Keyword::DependentRequired).map(|(name, place)| (name, Strings::at(place)))
    }

    /// `dependentExcluded` of cfn-lint: where the first is, none of the others may be.
    pub fn dependent_excluded(self) -> impl Iterator<Item = (&'static str, Strings)> + Clone {
        self.table(Keyword::DependentExcluded).map(|(name, place)| (name, Strings::at(place)))
    }

    /// `dependentSchemas`: where the property is, the schema must hold for the whole object.
    pub fn dependent_schemas(self) -> impl Iterator<Item = (&'static str, Schema)> + Clone {
        self.table(Keyword::DependentSchemas).map(|(name, place)| (name, Schema(place)))
    }

    /// `items`.
    pub fn items(self) -> Option<Schema> {
        self.schema(Keyword::Items)
    }

    /// `prefixItems`: the schemas of the first items.
    pub fn prefix_items(self) -> impl Iterator<Item = Schema> + Clone {
        self.schemas(Keyword::PrefixItems)
    }

    /// `contains`: at least one item must be valid.
    pub fn contains(self) -> Option<Schema> {
        self.schema(Keyword::Contains)
    }

    /// `minItems`.
    pub fn min_items(self) -> Option<u32> {
        self.get(Keyword::MinItems)
    }

    /// `maxItems`.
    pub fn max_items(self) -> Option<u32> {
        self.get(Keyword::MaxItems)
    }

    /// `maxUniqueItems` of cfn-lint: how many different items there may be.
    pub fn max_unique_items(self) -> Option<u32> {
        self.get(Keyword::MaxUniqueItems)
    }

    /// `uniqueItems: true`.
    pub fn has_unique_items(self) -> bool {
        self.flag(UNIQUE)
    }

    /// `uniqueKeys` of cfn-lint: no two items may agree in all of these properties; empty if there is no such rule.
    pub fn unique_keys(self) -> Strings {
        self.strings(Keyword::UniqueKeys)
    }

    /// Whether the order of the items means something; false where the source says `insertionOrder: false`.
    pub fn is_ordered(self) -> bool {
        !self.flag(UNORDERED)
    }

    /// `arrayType: AttributeList`: the items are attributes of the resource, not things that it owns.
    pub fn is_attribute_list(self) -> bool {
        self.flag(ATTRIBUTE_LIST)
    }

    /// `enum`; empty if there is no such rule.
    pub fn enumeration(self) -> impl Iterator<Item = Value> + Clone {
        Words::at(self.get(Keyword::Enum).unwrap_or(0)).map(Value::of)
    }

    /// `enumCaseInsensitive` of cfn-lint: as `enum`, but capitals do not matter; empty if there is no such rule.
    pub fn enumeration_ignoring_case(self) -> impl Iterator<Item = Value> + Clone {
        Words::at(self.get(Keyword::EnumCaseInsensitive).unwrap_or(0)).map(Value::of)
    }

    /// `const`.
    pub fn constant(self) -> Option<Value> {
        self.get(Keyword::Const).map(Value::of)
    }

    /// `pattern`, an unanchored regular expression; see [`super::pattern_matches`].
    pub fn pattern(self) -> Option<&'static str> {
        self.get(Keyword::Pattern).and_then(optional)
    }

    /// `format`: one of JSON Schema, or what kind of identifier a string is, such as `AWS::EC2::SecurityGroup.Id`.
    pub fn format(self) -> Option<&'static str> {
        self.get(Keyword::Format).and_then(optional)
    }

    /// `minLength`, in characters.
    pub fn min_length(self) -> Option<u32> {
        self.get(Keyword::MinLength)
    }

    /// `maxLength`, in characters.
    pub fn max_length(self) -> Option<u32> {
        self.get(Keyword::MaxLength)
    }

    /// `minimum`.
    pub fn minimum(self) -> Option<f64> {
        self.number(Keyword::Minimum)
    }

    /// `maximum`.
    pub fn maximum(self) -> Option<f64> {
        self.number(Keyword::Maximum)
    }

    /// `exclusiveMinimum`.
    pub fn exclusive_minimum(self) -> Option<f64> {
        self.number(Keyword::ExclusiveMinimum)
    }

    /// `exclusiveMaximum`.
    pub fn exclusive_maximum(self) -> Option<f64> {
        self.number(Keyword::ExclusiveMaximum)
    }

    /// `multipleOf`.
    pub fn multiple_of(self) -> Option<f64> {
        self.number(Keyword::MultipleOf)
    }

    /// `oneOf`: exactly one must hold; empty if there is no such rule.
    pub fn one_of(self) -> impl Iterator<Item = Schema> + Clone {
        self.schemas(Keyword::OneOf)
    }

    /// `anyOf`: at least one must hold; empty if there is no such rule.
    pub fn any_of(self) -> impl Iterator<Item = Schema> + Clone {
        self.schemas(Keyword::AnyOf)
    }

    /// `allOf`.
    pub fn all_of(self) -> impl Iterator<Item = Schema> + Clone {
        self.schemas(Keyword::AllOf)
    }

    /// `not`.
    pub fn negation(self) -> Option<Schema> {
        self.schema(Keyword::Not)
    }

    /// `if`: where it holds, [`Schema::then`] must hold, elsewhere [`Schema::otherwise`].
    pub fn condition(self) -> Option<Schema> {
        self.schema(Keyword::If)
    }

    /// `then`.
    pub fn then(self) -> Option<Schema> {
        self.schema(Keyword::Then)
    }

    /// `else`.
    pub fn otherwise(self) -> Option<Schema> {
        self.schema(Keyword::Else)
    }

    /// The schema below a path of property names, with `*` or an index for the items of an array or the values of a
    /// map; also looks into `allOf`, `anyOf` and `oneOf`, and takes the first that knows the path.
    pub fn follow(self, path: &[&str]) -> Option<Schema> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        let own = self.property(first).or_else(|| self.element(first));
        own.and_then(|inner| inner.follow(rest)).or_else(|| {
            let mut parts = self.all_of().chain(self.any_of()).chain(self.one_of());
            parts.find_map(|part| part.follow(path))
        })
    }

    /// The schema of an item or of a value of a map.
    fn element(self, name: &str) -> Option<Schema> {
        let counted = name == "*" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()));
        let item = counted.then(|| self.items()).flatten();
        item.or_else(|| self.additional_properties()).or_else(|| {
            let fits = |pattern| name == "*" || pattern_matches(pattern, name) != Some(false);
            self.pattern_properties().find(|(pattern, _)| fits(pattern)).map(|(_, inner)| inner)
        })
    }
}
