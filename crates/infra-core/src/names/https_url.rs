//! The address of a server that is asked under TLS.

use std::str::FromStr;

/// An `https` address without user and password, such as `https://hooks.example.com/alarms`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpsUrl(String);

/// Why a text is not an [`HttpsUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpsUrlError {
    /// The text is no such address.
    #[error("`{0}` is not an address that starts with `https://` and a host")]
    Form(String),
    /// The address has a user or a password in it.
    #[error("an address with a user or a password would be readable for everybody who can read the template")]
    Credentials,
}

impl FromStr for HttpsUrl {
    type Err = HttpsUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || HttpsUrlError::Form(text.to_owned());
        let rest = text.strip_prefix("https://").ok_or_else(form)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        if authority.contains('@') {
            return Err(HttpsUrlError::Credentials);
        }
        let host = authority.split(':').next().unwrap_or(authority);
        let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
        if host.is_empty() || !text.chars().all(fits) { Err(form()) } else { Ok(Self(text.to_owned())) }
    }
}

text_access!(HttpsUrl);
text_serde!(
    HttpsUrl, HttpsUrlError,
    expected: "an address that starts with `https://` and a host",
    schema: { "pattern": "^https://[^@\\s]+$" }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_under_tls_are_taken() {
        for right in ["https://hooks.example.com/alarms", "https://example.com", "https://example.com:8443/a?b=c%20d@e"]
        {
            assert_eq!(right.parse::<HttpsUrl>().map(|url| url.to_string()), Ok(right.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_none() {
        for wrong in ["", "https://", "http://example.com", "example.com", "https://exa mple.com", "https:///a"] {
            assert_eq!(wrong.parse::<HttpsUrl>(), Err(HttpsUrlError::Form(wrong.to_owned())));
        }
        assert_eq!("https://user:secret@example.com".parse::<HttpsUrl>(), Err(HttpsUrlError::Credentials));
    }
}
