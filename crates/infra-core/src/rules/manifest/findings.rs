//! The ids of every finding that this room reports, with one sentence each.

/// Id and meaning of each finding, sorted by id.
pub const FINDINGS: &[(&str, &str)] = &[
    ("manifest/address", "An address or a block of addresses of an object cannot be read."),
    ("manifest/bytes", "A value that must be base64 is not."),
    ("manifest/enum", "A value of an object is not one of those that the field has."),
    ("manifest/key", "A key of a ConfigMap or Secret is none that Kubernetes takes, or stands twice."),
    ("manifest/label", "A label, a selector or an annotation is none that Kubernetes takes."),
    ("manifest/missing-field", "A field is missing without which the API server refuses the object."),
    ("manifest/name", "A name is none that Kubernetes takes in this place."),
    ("manifest/not-together", "Fields of an object stand together that exclude each other."),
    ("manifest/quantity", "A quantity of an object has a unit or a form that Kubernetes does not know."),
    ("manifest/range", "A number of an object is too small or too large."),
    ("manifest/schedule", "The schedule of a CronJob cannot be read."),
    ("manifest/selector", "The selector of a workload is empty or does not match its own pods."),
    ("manifest/too-new", "The Kubernetes version of the cluster does not have a field."),
    ("manifest/twice", "A list of an object has two items that its keys cannot tell apart."),
    ("manifest/unknown-field", "An object has a field that its kind does not have."),
    ("manifest/unknown-kind", "There is no such kind in a version of an API of Kubernetes."),
    ("manifest/value", "A value of an object is one that the API server refuses as the rest of the object is."),
    (
        "manifest/wrong-type",
        "A value of an object is text, a number, a boolean, a list or an object where another is needed.",
    ),
];
