//! The ids of every finding that this room reports, with one sentence each.

/// Id and meaning of each finding, sorted by id.
pub const FINDINGS: &[(&str, &str)] = &[
    ("schema/deprecated", "A property should no longer be used."),
    ("schema/deprecated-version", "A version of an engine is one that AWS has deprecated."),
    ("schema/enum", "A value is not one of those that the property has."),
    ("schema/format", "A text has another format than the property asks for, such as an ARN or a network."),
    ("schema/items", "A list has too few or too many items, or lacks one that is required."),
    ("schema/length", "A text is too short or too long."),
    ("schema/missing-property", "A required property is missing, or one that others make required."),
    ("schema/name", "A key has a name that is not allowed."),
    ("schema/not-allowed", "A property or value is not allowed as the rest of the resource is."),
    ("schema/not-together", "Properties stand together that exclude each other."),
    ("schema/not-unique", "A list has equal items, or items that agree where they must differ."),
    ("schema/one-of", "An object is none, or several, of the alternatives of which it must be one."),
    ("schema/pattern", "A text does not match the pattern of the property."),
    ("schema/properties", "An object has too few or too many properties."),
    ("schema/range", "A number is too small, too large, or no multiple of what it must be."),
    ("schema/read-only", "A property is written that only AWS sets."),
    ("schema/type-not-in-region", "The region does not have the resource type."),
    ("schema/unknown-attribute", "An attribute is asked for that the resource type does not have."),
    ("schema/unknown-property", "A property is written that the resource type does not have."),
    ("schema/unknown-type", "There is no such resource type."),
    (
        "schema/wrong-reference",
        "A reference gives the name of a resource, or one of another type, where an ARN is meant.",
    ),
    ("schema/wrong-type", "A value is a string, number, boolean, list or object where another of these is needed."),
];
