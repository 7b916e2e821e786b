//! The address of an emulator on this machine.

use std::str::FromStr;

/// An `http` address of this machine with a port, such as `http://127.0.0.1:4566`.
///
/// Nothing else is taken, so that neither a plan nor a secret ever goes to somebody else's machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalUrl(String);

/// Why a text is not a [`LocalUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the address of an emulator on this machine, such as http://127.0.0.1:4566")]
pub struct LocalUrlError {
    text: String,
}

impl FromStr for LocalUrl {
    type Err = LocalUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
        let rest = text.strip_prefix("http://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let parts = rest.and_then(|rest| rest.rsplit_once(':'));
        match parts {
            Some((host, port)) if HOSTS.contains(&host) && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(LocalUrlError { text: text.to_owned() }),
        }
    }
}

text_access!(LocalUrl);
text_serde!(
    LocalUrl, LocalUrlError,
    expected: "the address of an emulator on this machine, such as http://127.0.0.1:4566",
    schema: { "pattern": "^http://(127\\.0\\.0\\.1|localhost|\\[::1\\]):[0-9]{1,5}/?$" }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_taken() {
        for right in ["http://127.0.0.1:4566", "http://localhost:1/", "http://[::1]:65535"] {
            assert_eq!(right.parse::<LocalUrl>().map(|url| url.to_string()), Ok(right.to_owned()));
        }
        for wrong in [
            "http://127.0.0.1",
            "https://127.0.0.1:1",
            "http://127.0.0.1:0",
            "http://127.0.0.1:70000",
            "http://example.com:80",
            "http://127.0.0.1@example.com:80",
            "http://127.0.0.1:80/x:1",
            "",
        ] {
            assert!(wrong.parse::<LocalUrl>().is_err(), "{wrong}");
        }
    }
}
