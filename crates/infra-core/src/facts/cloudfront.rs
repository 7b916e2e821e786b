//! The ids of CloudFront's managed policies.
//!
//! Depends on nothing. The ids were extracted from aws-cdk-lib 2.276.0 (read 2026-11-22). Of the display names only
//! `AllViewer`, `AllViewerExceptHostHeader`, `HostHeaderOnly`, `CORS-*` and `Elemental-*` were seen in excerpts of the AWS
//! documentation; the others are from memory. Templates carry the id alone.

/// A sorted list of display name and id.
type Table = &'static [(&'static str, &'static str)];

/// The three kinds of managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// What is in the cache key.
    Cache,
    /// What is forwarded to the origin besides the cache key.
    OriginRequest,
    /// What is added to or taken from responses.
    ResponseHeaders,
}

impl PolicyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Cache, Self::OriginRequest, Self::ResponseHeaders];

    /// Returns the page that lists the policies of this kind.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Cache => {
                "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"
            }
            Self::OriginRequest => {
                "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html"
            }
            Self::ResponseHeaders => {
                "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html"
            }
        }
    }

    const fn table(self) -> Table {
        match self {
            Self::Cache => CACHE,
            Self::OriginRequest => ORIGIN_REQUEST,
            Self::ResponseHeaders => RESPONSE_HEADERS,
        }
    }
}

/// Returns the id of a managed policy by its display name, with or without `Managed-` in front.
pub fn managed_policy(kind: PolicyKind, name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("Managed-").unwrap_or(name);
    let table = kind.table();
    let idx = table.binary_search_by_key(&name, |&(row, _)| row).ok()?;
    table.get(idx).map(|&(_, id)| id)
}

/// Returns the kind and the display name of a managed policy by its id.
pub fn managed_policy_name(id: &str) -> Option<(PolicyKind, &'static str)> {
    let named = |kind: PolicyKind| kind.table().iter().find(|&&(_, row)| row == id).map(|&(name, _)| (kind, name));
    PolicyKind::ALL.into_iter().find_map(named)
}

/// Returns the display names of a kind, sorted.
pub fn managed_policy_names(kind: PolicyKind) -> impl Iterator<Item = &'static str> {
    kind.table().iter().map(|&(name, _)| name)
}

/// Managed cache policy `Amplify`.
pub const AMPLIFY: &str = "2e54312d-136d-493c-8eb9-b001f22f67d2";

/// Managed cache policy `CachingOptimized`.
///
/// Strips query strings, cookies and `Authorization`; never for the behaviour of an API.
pub const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/// Managed cache policy `CachingOptimizedForUncompressedObjects`.
pub const CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS: &str = "b2884449-e4de-46a7-ac36-70bc7f1ddd6d";

/// Managed cache policy `CachingDisabled`. For API behaviours and for configuration files.
pub const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// Managed cache policy `Elemental-MediaPackage`.
pub const ELEMENTAL_MEDIA_PACKAGE: &str = "08627262-05a9-4f76-9ded-b50ca2e3a84f";

/// Managed cache policy `UseOriginCacheControlHeaders`. Forwards all viewer headers, `Host` and cookies included.
pub const USE_ORIGIN_CACHE_CONTROL_HEADERS: &str = "83da9c7e-98b4-4e11-a168-04f0df8e2c65";

/// Managed cache policy `UseOriginCacheControlHeaders-QueryStrings`.
pub const USE_ORIGIN_CACHE_CONTROL_HEADERS_QUERY_STRINGS: &str = "4cc15a8a-d715-48a4-82b8-cc0b614638fe";

/// Managed origin request policy `UserAgentRefererHeaders`.
pub const USER_AGENT_REFERER_HEADERS: &str = "acba4595-bd28-49b8-b9fe-13317c0390fa";

/// Managed origin request policy `CORS-CustomOrigin`.
pub const CORS_CUSTOM_ORIGIN: &str = "59781a5b-3903-41f3-afcb-af62929ccde1";

/// Managed origin request policy `CORS-S3Origin`.
pub const CORS_S3_ORIGIN: &str = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf";

/// Managed origin request policy `AllViewer`.
///
/// Forwards the viewer's `Host`, which breaks API Gateway, function URL and S3 origins.
pub const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

/// Managed origin request policy `Elemental-MediaTailor-PersonalizedManifests`.
pub const ELEMENTAL_MEDIA_TAILOR: &str = "775133bc-15f2-49f9-abea-afb2e0bf67d2";

/// Managed origin request policy `AllViewerAndCloudFrontHeaders-2022-06`. Forwards the viewer's `Host`, too.
pub const ALL_VIEWER_AND_CLOUDFRONT_2022: &str = "33f36d7e-f396-46d9-90e0-52428a34d9dc";

/// Managed origin request policy `AllViewerExceptHostHeader`. The right one for API Gateway and function URL origins.
pub const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// Managed origin request policy `HostHeaderOnly`.
pub const HOST_HEADER_ONLY: &str = "bf0718e1-ba1e-49d1-88b1-f726733018ae";

/// Managed response headers policy `SimpleCORS`.
pub const SIMPLE_CORS: &str = "60669652-455b-4ae9-85a4-c4c02393f86c";

/// Managed response headers policy `CORS-With-Preflight`.
pub const CORS_WITH_PREFLIGHT: &str = "5cc3b908-e619-4b99-88e5-2cf7f45965bd";

/// Managed response headers policy `SecurityHeadersPolicy`. For the default behaviour of a web application.
pub const SECURITY_HEADERS: &str = "67f7725c-6f97-4210-82d7-5512b31e9d03";

/// Managed response headers policy `CORS-and-SecurityHeadersPolicy`.
pub const CORS_AND_SECURITY_HEADERS: &str = "e61eb60c-9c35-4d20-a928-2b84e02af89c";

/// Managed response headers policy `CORS-with-preflight-and-SecurityHeadersPolicy`.
pub const CORS_WITH_PREFLIGHT_AND_SECURITY_HEADERS: &str = "eaab4381-ed33-4a86-88ca-d9558dc6cd63";

/// Managed cache policies.
const CACHE: Table = &[
    ("Amplify", AMPLIFY),
    ("CachingDisabled", CACHING_DISABLED),
    ("CachingOptimized", CACHING_OPTIMIZED),
    ("CachingOptimizedForUncompressedObjects", CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS),
    ("Elemental-MediaPackage", ELEMENTAL_MEDIA_PACKAGE),
    ("UseOriginCacheControlHeaders", USE_ORIGIN_CACHE_CONTROL_HEADERS),
    ("UseOriginCacheControlHeaders-QueryStrings", USE_ORIGIN_CACHE_CONTROL_HEADERS_QUERY_STRINGS),
];

/// Managed origin request policies.
const ORIGIN_REQUEST: Table = &[
    ("AllViewer", ALL_VIEWER),
    ("AllViewerAndCloudFrontHeaders-2022-06", ALL_VIEWER_AND_CLOUDFRONT_2022),
    ("AllViewerExceptHostHeader", ALL_VIEWER_EXCEPT_HOST_HEADER),
    ("CORS-CustomOrigin", CORS_CUSTOM_ORIGIN),
    ("CORS-S3Origin", CORS_S3_ORIGIN),
    ("Elemental-MediaTailor-PersonalizedManifests", ELEMENTAL_MEDIA_TAILOR),
    ("HostHeaderOnly", HOST_HEADER_ONLY),
    ("UserAgentRefererHeaders", USER_AGENT_REFERER_HEADERS),
];

/// Managed response headers policies.
const RESPONSE_HEADERS: Table = &[
    ("CORS-With-Preflight", CORS_WITH_PREFLIGHT),
    ("CORS-and-SecurityHeadersPolicy", CORS_AND_SECURITY_HEADERS),
    ("CORS-with-preflight-and-SecurityHeadersPolicy", CORS_WITH_PREFLIGHT_AND_SECURITY_HEADERS),
    ("SecurityHeadersPolicy", SECURITY_HEADERS),
    ("SimpleCORS", SIMPLE_CORS),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_hold_uuids() {
        for kind in PolicyKind::ALL {
            assert!(kind.source().starts_with("https://docs.aws.amazon.com/"));
            assert!(kind.table().is_sorted_by(|a, b| a.0 < b.0), "{kind:?}");
            for (name, id) in kind.table() {
                let lengths: Vec<usize> = id.split('-').map(str::len).collect();
                assert_eq!(lengths, [8, 4, 4, 4, 12], "{name}");
                assert!(id.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{name}");
                assert_eq!(managed_policy_name(id), Some((kind, *name)));
                assert_eq!(managed_policy(kind, &format!("Managed-{name}")), Some(*id));
            }
        }
    }

    #[test]
    fn a_policy_is_found_by_name_within_its_kind() {
        assert_eq!(managed_policy(PolicyKind::Cache, "CachingDisabled"), Some(CACHING_DISABLED));
        assert_eq!(managed_policy(PolicyKind::OriginRequest, "CachingDisabled"), None);
    }
}
