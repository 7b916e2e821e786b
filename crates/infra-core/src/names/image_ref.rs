//! A container image that stays the same between two deployments.

use std::str::FromStr;

/// An image reference with a tag or a digest: `[registry/]repository[:tag][@sha256:digest]`.
///
/// A reference without either, or with the moving tag `latest` alone, is refused: nodes would run different programs
/// under one name, and a rollback would not roll back.
///
/// Source: <https://github.com/distribution/reference/blob/main/reference.go> (the grammar, from memory) and
/// <https://kubernetes.io/docs/concepts/containers/images/> (read 2026-11-22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef(String);

/// Why a text is not an [`ImageRef`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageRefError {
    /// The text is not an image reference at all.
    #[error("`{0}` is not an image reference: it reads `registry/repository:tag` or `registry/repository@sha256:…`")]
    Form(String),
    /// The text has a scheme.
    #[error("`{0}` is not an image reference: leave out the scheme")]
    Url(String),
    /// The digest is not SHA-256 in lower-case hexadecimal.
    #[error("`{0}` has a bad digest: it is `sha256:` and 64 lower-case hexadecimal digits")]
    Digest(String),
    /// The image moves under its name.
    #[error("`{0}` uses the tag `latest`, which may be another image tomorrow; name a version or a digest")]
    Latest(String),
    /// Neither tag nor digest is given.
    #[error("`{0}` has neither tag nor digest, which means `latest`; name a version or a digest")]
    Unpinned(String),
}

impl ImageRef {
    /// Returns the registry's host and port, unless the reference leaves it to the node (Docker Hub).
    pub fn registry(&self) -> Option<&str> {
        let (host, _) = self.name().split_once('/')?;
        (host.contains(['.', ':']) || host == "localhost").then_some(host)
    }

    /// Returns the repository without registry, tag and digest.
    pub fn repository(&self) -> &str {
        let name = self.name();
        self.registry().and_then(|host| name.strip_prefix(host)?.strip_prefix('/')).unwrap_or(name)
    }

    /// Returns the tag.
    pub fn tag(&self) -> Option<&str> {
        split(&self.0).1
    }

    /// Returns the digest with its `sha256:`.
    pub fn digest(&self) -> Option<&str> {
        split(&self.0).2
    }

    fn name(&self) -> &str {
        split(&self.0).0
    }
}

impl FromStr for ImageRef {
    type Err = ImageRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains("://") {
            return Err(ImageRefError::Url(text.to_owned()));
        }
        let (name, tag, digest) = split(text);
        if !is_name(name) || tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ImageRefError::Form(text.to_owned()));
        }
        match (tag, digest) {
            (_, Some(digest)) if !is_digest(digest) => Err(ImageRefError::Digest(text.to_owned())),
            (Some("latest"), None) => Err(ImageRefError::Latest(text.to_owned())),
            (_, Some(_)) | (Some(_), None) => Ok(Self(text.to_owned())),
            (None, None) => Err(ImageRefError::Unpinned(text.to_owned())),
        }
    }
}

text_access!(ImageRef);
text_serde!(
    ImageRef, ImageRefError,
    expected: "a container image with its tag or digest, such as public.ecr.aws/nginx/nginx:1.29",
    schema: { "pattern": "^[^@\\s]+(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$" }
);

/// Splits into name, tag and digest. A colon before the last slash belongs to the registry's port.
fn split(text: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        Some(_) | None => (rest, None, digest),
    }
}

fn is_name(name: &str) -> bool {
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    let first_is_host = !rest.is_empty() && (first.contains(['.', ':']) || first == "localhost");
    let path = if first_is_host { rest } else { name };
    name.len() <= 255 && (!first_is_host || is_host(first)) && path.split('/').all(is_component)
}

fn is_host(host: &str) -> bool {
    let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    host.split('.').all(label) && port.is_none_or(|port| port.parse::<super::Port>().is_ok())
}

fn is_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = component.trim_matches(alphanumeric).split(alphanumeric).filter(|text| !text.is_empty());
    let edges = component.starts_with(alphanumeric) && component.ends_with(alphanumeric);
    edges && separators.into_iter().all(|text| matches!(text, "." | "_" | "__") || text.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    (1..=128).contains(&tag.len()) && !tag.starts_with(['.', '-']) && tag.bytes().all(inner)
}

fn is_digest(digest: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    digest.strip_prefix("sha256:").is_some_and(|text| text.len() == 64 && text.bytes().all(hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(
            text in r"(([a-z]{1,5}\.){1,2}[a-z]{2}(:[1-9][0-9]{0,3})?/)?[a-z0-9]{1,5}([./-][a-z0-9]{1,5}){0,3}(:v[A-Za-z0-9_.-]{0,9}|@sha256:[0-9a-f]{64})"
        ) {
            prop_assert_eq!(text.parse::<ImageRef>().unwrap().to_string(), text);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<ImageRef>().map_err(|error| error.to_string());
        }
    }

    #[test]
    fn the_parts_are_read() {
        let image: ImageRef = "localhost:5000/team/orders:1.4.2".parse().unwrap();
        assert_eq!(image.registry(), Some("localhost:5000"));
        assert_eq!((image.repository(), image.tag(), image.digest()), ("team/orders", Some("1.4.2"), None));
        let hub: ImageRef = "library/nginx:1.29".parse().unwrap();
        assert_eq!((hub.registry(), hub.repository()), (None, "library/nginx"));
    }

    #[test]
    fn moving_images_are_refused_with_the_reason() {
        let error = |text: &str| text.parse::<ImageRef>().unwrap_err();
        assert!(matches!(error("orders:latest"), ImageRefError::Latest(_)));
        assert!(matches!(error("orders"), ImageRefError::Unpinned(_)));
        assert!(matches!(error("localhost:5000/orders"), ImageRefError::Unpinned(_)));
        assert!(matches!(error("orders@sha256:abc"), ImageRefError::Digest(_)));
        assert!(matches!(error("https://a.example/orders:1"), ImageRefError::Url(_)));
        for text in ["Orders:1", "orders:", "a//b:1", "a/:1", ":1", "a b:1", "orders:-1", "a.b:0/c:1", "-a:1"] {
            assert!(matches!(error(text), ImageRefError::Form(_)), "{text}");
        }
        let pinned = format!("orders:latest@sha256:{}", "0".repeat(64));
        assert!(pinned.parse::<ImageRef>().is_ok());
    }
}
