//! The forms that a text of an object can be asked to have.

use super::values;

/// A form of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The name of an object: a DNS subdomain.
    Name,
    /// The same, and empty text.
    NameOrEmpty,
    /// A DNS label.
    Label,
    /// The key of a label.
    LabelKey,
    /// The same, and empty text.
    LabelKeyOrEmpty,
    /// The value of a label.
    LabelValue,
    /// A name with a domain before a slash.
    WithDomain,
    /// An address.
    Address,
    /// A key of a `ConfigMap` or Secret.
    ConfigKey,
    /// The name of a port.
    PortName,
    /// A host, where a first label may be `*`.
    Host,
    /// A domain in which names are looked up: capitals, underscores and a final dot are taken.
    SearchDomain,
    /// The name of an object, behind it perhaps a dot.
    DottedName,
    /// The name of a driver: a domain in any case, at most 63.
    Driver,
    /// An address that is not of the machine or the link itself.
    AddressElsewhere,
    /// What a volume can show of its own pod.
    FieldOfVolume,
    /// What a variable or a file can show of a container: `limits.cpu`.
    ResourceField,
    /// The name of a header.
    Header,
    /// A path that begins with a slash.
    Path,
    /// What a variable may begin with.
    Variable,
    /// A length of time of Go: `1h30m`.
    Duration,
    /// A length of time of the Gateway API: whole numbers with a unit.
    GatewayDuration,
    /// JSON.
    Json,
    /// A version of an API: `v1`, `v1beta1`.
    ApiVersion,
    /// A domain with a dot in it.
    Domain,
    /// A name of three parts at least, as webhooks have.
    ThreeParts,
    /// A path within a volume.
    RelativePath,
    /// A path of JSON that begins with a dot.
    JsonPath,
    /// An address of the web that begins with `https://`, without user, query and fragment.
    Https,
}

impl Form {
    /// Whether a text has the form.
    pub(super) fn fits(self, text: &str) -> bool {
        let all = |extra: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b));
        match self {
            Self::Name => values::is_subdomain(text),
            Self::NameOrEmpty => text.is_empty() || values::is_subdomain(text),
            Self::Label => values::is_label(text),
            Self::LabelKey => values::is_qualified(text),
            Self::LabelKeyOrEmpty => text.is_empty() || values::is_qualified(text),
            Self::LabelValue => values::is_label_value(text),
            Self::WithDomain => text.contains('/') && values::is_qualified(text),
            Self::Address => values::address(text).is_some(),
            Self::ConfigKey => values::is_config_key(text),
            Self::PortName => values::is_port_name(text),
            Self::Host => {
                values::address(text).is_none() && values::is_subdomain(text.strip_prefix("*.").unwrap_or(text))
            }
            Self::SearchDomain => {
                let name = text.strip_suffix('.').unwrap_or(text);
                text == "." || values::is_subdomain(&name.to_ascii_lowercase().replace('_', "a"))
            }
            Self::DottedName => text.is_empty() || values::is_subdomain(text.strip_suffix('.').unwrap_or(text)),
            Self::Driver => text.len() <= 63 && values::is_subdomain(&text.to_ascii_lowercase()),
            Self::AddressElsewhere => values::address(text).is_some_and(|it| {
                let is_link = matches!(it, std::net::IpAddr::V4(it) if it.is_link_local());
                !it.is_loopback() && !it.is_unspecified() && !it.is_multicast() && !is_link
            }),
            Self::FieldOfVolume => {
                let plain =
                    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
                let of_map =
                    ["metadata.labels['", "metadata.annotations['"].iter().any(|start| text.starts_with(start));
                plain.contains(&text) || (of_map && text.ends_with("']"))
            }
            Self::ResourceField => ["limits.", "requests."].iter().any(|side| {
                text.strip_prefix(side).is_some_and(|name| {
                    matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
                })
            }),
            Self::Header => !text.is_empty() && all(b"-"),
            Self::Path => text.starts_with('/'),
            Self::Variable => !text.contains('=') && text.bytes().all(|b| (b' '..=b'~').contains(&b)),
            Self::Duration => seconds(text).is_some(),
            Self::GatewayDuration => !text.contains(['.', '-', '+']) && text != "0" && seconds(text).is_some(),
            Self::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
            Self::ApiVersion => values::is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase()),
            Self::Domain => text.contains('.') && values::is_subdomain(text),
            Self::ThreeParts => text.matches('.').count() >= 2 && values::is_subdomain(text),
            Self::RelativePath => {
                !text.is_empty() && !text.starts_with('/') && !text.split('/').any(|part| part == "..")
            }
            Self::JsonPath => text.starts_with('.'),
            Self::Https => {
                text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '?', '#']))
            }
        }
    }

    /// The id of the finding, what a text is that has not the form, and what to write.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        const NAME: &str = "manifest/name";
        const VALUE: &str = "manifest/value";
        match self {
            Self::Name | Self::NameOrEmpty | Self::DottedName => (
                NAME,
                "which is no name of an object",
                "write lower-case letters, digits, hyphens and dots, at most 253",
            ),
            Self::Label => (NAME, "which is no DNS label", "write lower-case letters, digits and hyphens, at most 63"),
            Self::LabelKey | Self::LabelKeyOrEmpty => (
                "manifest/label",
                "which is no key of a label",
                "write letters, digits, `-`, `_` and `.`, at most 63, before it perhaps a domain and `/`",
            ),
            Self::LabelValue => (
                "manifest/label",
                "which is no value of a label",
                "write at most 63 letters, digits, `-`, `_` and `.`, the first and last a letter or digit",
            ),
            Self::WithDomain => {
                (NAME, "which is no name with a domain", "write a domain before it, such as `example.com/name`")
            }
            Self::Address | Self::AddressElsewhere => {
                ("manifest/address", "which is no address", "write an IP address")
            }
            Self::ConfigKey => {
                ("manifest/key", "which is no key that Kubernetes takes", "write letters, digits, `-`, `_` and `.`")
            }
            Self::PortName => (
                NAME,
                "which is no name of a port",
                "write at most 15 lower-case letters, digits and single hyphens, one of them a letter",
            ),
            Self::Host => (NAME, "which is no name of a host", "write a name without scheme, port and path"),
            Self::SearchDomain | Self::Driver | Self::Domain | Self::ThreeParts => {
                (NAME, "which is no such domain", "write a domain, such as `shop.example.com`")
            }
            Self::FieldOfVolume => (
                "manifest/enum",
                "which no volume can show",
                "write `metadata.labels`, `metadata.annotations`, `metadata.name`, `metadata.namespace` or `metadata.uid`",
            ),
            Self::ResourceField => (
                "manifest/enum",
                "which is no resource of a container",
                "write `limits.cpu`, `limits.memory`, `limits.ephemeral-storage`, or the same under `requests`",
            ),
            Self::Header => (NAME, "which is no name of a header", "write letters, digits and hyphens"),
            Self::Path => (VALUE, "which is no absolute path", "write a path that begins with `/`"),
            Self::Variable => (NAME, "which is no name of a variable", "write letters, digits and `_`"),
            Self::Duration | Self::GatewayDuration => {
                (VALUE, "which is no length of time", "write a number with its unit: `30s`, `5m`, `1h`")
            }
            Self::Json => (VALUE, "which is no JSON", "write JSON"),
            Self::ApiVersion => (NAME, "which is no version of an API", "write a version, such as `v1` or `v1beta1`"),
            Self::RelativePath => (VALUE, "which is no path within a volume", "write a relative path without `..`"),
            Self::JsonPath => (VALUE, "which is no path of JSON", "begin it with a dot: `.spec.replicas`"),
            Self::Https => {
                (VALUE, "which is no plain address of https", "write `https://…` without user, query and fragment")
            }
        }
    }
}

/// The seconds of a length of time as Go writes it: `1h30m`, `-1.5s`, `0`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    if text == "0" {
        return Some(0.0);
    }
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut sum = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit)?;
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * factor;
        rest = next;
    }
    Some(sum)
}
