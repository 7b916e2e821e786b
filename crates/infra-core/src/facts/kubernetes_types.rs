//! What an API server of Kubernetes says about every kind: its fields, their types and what is validated field by field.
//!
//! The facts are compiled by `scripts/refresh-kubernetes-types` from the `OpenAPI` documents of Kubernetes and the CRDs
//! of the controllers that run beside AWS, and embedded; `data/kubernetes-types.md` says which versions (read
//! 2026-11-30). Finding a kind is a binary search in the file, and what is not looked at costs nothing.

use super::packed::{Packed, search};

/// The facts as compiled by `scripts/refresh-kubernetes-types`, whose `file.py` has the format.
static FILE: Packed = Packed::new(include_bytes!("../../data/kubernetes-types.bin"), 6);

const KINDS: u32 = 2;
const KIND_COUNT: u32 = 3;
const OLDEST: u32 = 4;
const NEWEST: u32 = 5;
const KIND_WORDS: u32 = 6;
const FIELD_WORDS: u32 = 6;

/// A kind in one version of its group; a cheap copy of where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(u32);

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema(u32);

/// A field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(u32);

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A quantity such as `500m` or `512Mi`.
    Quantity,
    /// A whole number or text, such as a port or a share.
    IntOrString,
    /// A time of RFC 3339.
    Time,
    /// Bytes in base64.
    Bytes,
    /// An object with these fields.
    Object,
    /// An object whose keys are names.
    Map,
    /// A list.
    List,
}

/// Texts of a list.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    next: u32,
    end: u32,
}

impl Texts {
    fn at(place: u32) -> Self {
        if place == 0 { Self::default() } else { Self { next: place + 1, end: place + 1 + FILE.word(place) } }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.next == self.end
    }
}

impl Iterator for Texts {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        (self.next < self.end).then(|| {
            self.next += 1;
            FILE.text(FILE.word(self.next - 1))
        })
    }
}

/// Finds a kind by the `apiVersion` and `kind` of an object.
pub fn find(version: &str, kind: &str) -> Option<Kind> {
    let name = format!("{version}/{kind}");
    search(FILE.word(KIND_COUNT), |index| Kind::of(index).name(), &name).map(Kind::of)
}

/// Every kind in every version, sorted by name.
pub fn all() -> impl Iterator<Item = Kind> {
    (0..FILE.word(KIND_COUNT)).map(Kind::of)
}

/// Short names, as `kubectl` takes them.
///
/// Source: `kubectl api-resources`, <https://kubernetes.io/docs/reference/kubectl/#resource-types> (read 2026-11-30).
const SHORT: [(&str, &str); 22] = [
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("crd", "CustomResourceDefinition"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("ep", "Endpoints"),
    ("es", "ExternalSecret"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("ing", "Ingress"),
    ("netpol", "NetworkPolicy"),
    ("no", "Node"),
    ("ns", "Namespace"),
    ("pc", "PriorityClass"),
    ("pdb", "PodDisruptionBudget"),
    ("po", "Pod"),
    ("pv", "PersistentVolume"),
    ("pvc", "PersistentVolumeClaim"),
    ("rs", "ReplicaSet"),
    ("sa", "ServiceAccount"),
    ("sc", "StorageClass"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
];

/// Returns the kind that a word names, as `kubectl` takes it: singular, plural or short, in any case. Of several
/// versions the one that is most settled.
pub fn named(word: &str) -> Option<Kind> {
    let short = SHORT.iter().find(|(short, _)| short.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind);
    let is_meant = |kind: &Kind| {
        let name = kind.kind();
        short.map_or_else(|| is_number_of(word, name), |short| short == name)
    };
    // Names sort `v1alpha1` before `v1beta1`, but `v1` before both, and `v2` behind it.
    let rank = |kind: &Kind| {
        let version = kind.version();
        (!version.contains("alpha"), !version.contains("beta"), version)
    };
    all().filter(is_meant).max_by_key(rank)
}

/// Whether a word is a kind or its plural.
fn is_number_of(word: &str, kind: &str) -> bool {
    let (word, kind) = (word.to_ascii_lowercase(), kind.to_ascii_lowercase());
    let plural = match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    };
    word == kind || word == plural
}

/// The oldest and the newest minor version whose fields are known: 30 for 1.30.
pub fn minors() -> (u32, u32) {
    (FILE.word(OLDEST), FILE.word(NEWEST))
}

impl Kind {
    fn of(index: u32) -> Self {
        Self(FILE.word(KINDS) + index * KIND_WORDS)
    }

    /// Version and kind, such as `apps/v1/Deployment`.
    pub fn name(self) -> &'static str {
        FILE.text(FILE.word(self.0))
    }

    /// The version, such as `apps/v1`.
    pub fn version(self) -> &'static str {
        self.name().rsplit_once('/').map_or("", |(version, _)| version)
    }

    /// The kind, such as `Deployment`.
    pub fn kind(self) -> &'static str {
        self.name().rsplit_once('/').map_or("", |(_, kind)| kind)
    }

    /// What the whole object must be.
    pub fn schema(self) -> Schema {
        Schema(FILE.word(self.0 + 1))
    }

    /// The first minor version that has it, if that is not the oldest one known.
    pub fn since(self) -> Option<u32> {
        Some(FILE.word(self.0 + 2)).filter(|minor| *minor > 0)
    }

    /// The last minor version that has it, if that is not the newest one known.
    pub fn until(self) -> Option<u32> {
        Some(FILE.word(self.0 + 3)).filter(|minor| *minor > 0)
    }

    /// Whether a controller brings it, not Kubernetes itself.
    pub fn is_custom(self) -> bool {
        FILE.word(self.0 + 4) == 1
    }
}

impl Schema {
    fn get(self, word: u32) -> u32 {
        FILE.word(self.0 + word)
    }

    /// The type.
    pub fn tag(self) -> Tag {
        match self.get(0) {
            1 => Tag::Text,
            2 => Tag::Integer,
            3 => Tag::Number,
            4 => Tag::Boolean,
            5 => Tag::Quantity,
            6 => Tag::IntOrString,
            7 => Tag::Time,
            8 => Tag::Bytes,
            9 => Tag::Object,
            10 => Tag::Map,
            11 => Tag::List,
            _ => Tag::Any,
        }
    }

    /// What it is, in the words of Kubernetes; empty if it says nothing.
    pub fn doc(self) -> &'static str {
        FILE.text(self.get(1))
    }

    /// What the items of a list or the values of a map must be.
    pub fn inner(self) -> Option<Self> {
        Some(self.get(2)).filter(|place| *place > 0).map(Self)
    }

    /// The fields of an object, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        let place = self.get(3);
        let count = if place == 0 { 0 } else { FILE.word(place) };
        (0..count).map(move |index| Field(place + 1 + index * FIELD_WORDS))
    }

    /// The field of a name.
    pub fn field(self, name: &str) -> Option<Field> {
        let place = self.get(3);
        let of = |index: u32| Field(place + 1 + index * FIELD_WORDS);
        if place == 0 { None } else { search(FILE.word(place), |index| of(index).name(), name).map(of) }
    }

    /// The values that a text may have; none where it may have any.
    pub fn values(self) -> Texts {
        Texts::at(self.get(4))
    }

    /// The fields by which the items of a list are told apart.
    pub fn keys(self) -> Texts {
        Texts::at(self.get(5))
    }

    /// Whether a list must not hold a value twice.
    pub fn is_set(self) -> bool {
        self.get(6) == 1
    }

    /// The smallest number.
    pub fn low(self) -> Option<i64> {
        (self.get(7) == 1).then(|| i64::from(self.get(8).cast_signed()))
    }

    /// The largest number.
    pub fn high(self) -> Option<i64> {
        (self.get(9) == 1).then(|| i64::from(self.get(10).cast_signed()))
    }
}

impl Field {
    fn get(self, word: u32) -> u32 {
        FILE.word(self.0 + word)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        FILE.text(self.get(0))
    }

    /// What its value must be.
    pub fn schema(self) -> Schema {
        Schema(self.get(1))
    }

    /// Whether an object without it is refused.
    pub fn is_required(self) -> bool {
        self.get(2) == 1
    }

    /// The first minor version that has it, if that is not the oldest one known.
    pub fn since(self) -> Option<u32> {
        Some(self.get(3)).filter(|minor| *minor > 0)
    }

    /// The last minor version that has it, if that is not the newest one known.
    pub fn until(self) -> Option<u32> {
        Some(self.get(4)).filter(|minor| *minor > 0)
    }

    /// What it is for, in the words of Kubernetes; empty if it says nothing.
    pub fn doc(self) -> &'static str {
        FILE.text(self.get(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_of_this_format_and_the_file_is_small() {
        assert_eq!((FILE.word(0), FILE.word(1)), (0x3153_544b, 1));
        assert_eq!(FILE.word(8) as usize + FILE.word(9) as usize, FILE.len());
        assert!(FILE.len() < 2_000_000);
    }

    #[test]
    fn every_place_of_every_kind_leads_somewhere() {
        let mut seen = std::collections::BTreeSet::new();
        let mut waiting: Vec<Schema> = all().map(Kind::schema).collect();
        assert!(all().map(Kind::name).is_sorted());
        while let Some(schema) = waiting.pop() {
            if !seen.insert(schema.0) {
                continue;
            }
            assert!(schema.0 > 0 && schema.get(0) <= 11);
            match schema.tag() {
                Tag::Object => assert!(schema.fields().next().is_some()),
                Tag::Map | Tag::List => assert!(schema.inner().is_some()),
                _ => {}
            }
            let names: Vec<&str> = schema.fields().map(Field::name).collect();
            assert!(names.is_sorted() && names.iter().all(|name| schema.field(name).unwrap().name() == *name));
            waiting.extend(schema.inner());
            waiting.extend(schema.fields().map(Field::schema));
        }
        assert!(seen.len() > 4_000);
    }

    #[test]
    fn a_deployment_is_known_down_to_its_ports() {
        let mut schema = find("apps/v1", "Deployment").unwrap().schema();
        for name in ["spec", "template", "spec", "containers"] {
            schema = schema.field(name).unwrap().schema();
        }
        assert_eq!(schema.keys().collect::<Vec<_>>(), ["name"]);
        let container = schema.inner().unwrap();
        assert!(container.field("image").unwrap().is_required());
        let port = container.field("ports").unwrap().schema().inner().unwrap();
        let number = port.field("containerPort").unwrap().schema();
        assert_eq!((number.tag(), number.low(), number.high()), (Tag::Integer, Some(1), Some(65_535)));
        assert_eq!(port.field("protocol").unwrap().schema().values().collect::<Vec<_>>(), ["SCTP", "TCP", "UDP"]);
    }

    #[test]
    fn kinds_are_named_as_kubectl_takes_them() {
        for (word, name) in [
            ("deployment", "apps/v1/Deployment"),
            ("Deployments", "apps/v1/Deployment"),
            ("hpa", "autoscaling/v2/HorizontalPodAutoscaler"),
            ("ingresses", "networking.k8s.io/v1/Ingress"),
            ("networkpolicies", "networking.k8s.io/v1/NetworkPolicy"),
            ("externalsecret", "external-secrets.io/v1/ExternalSecret"),
        ] {
            assert_eq!(named(word).map(Kind::name), Some(name), "{word}");
        }
        assert!(named("deploymnet").is_none());
    }

    #[test]
    fn kinds_and_fields_carry_their_versions() {
        assert_eq!(minors(), (30, 37));
        let old = find("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema").unwrap();
        assert_eq!((old.since(), old.until()), (None, Some(31)));
        assert!(find("keda.sh/v1alpha1", "ScaledObject").unwrap().is_custom());
    }
}
