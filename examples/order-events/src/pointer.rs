//! Events that are too large for the topic.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Stands for an event whose text lies in a bucket: the message is this instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pointer {
    /// The key of the object; the bucket is that of the environment, whoever wrote the message.
    pub payload_key: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
    /// Length of the text. Unit: bytes.
    pub size: usize,
}

impl Pointer {
    /// Makes the pointer to an event's text.
    pub fn to(event_id: uuid::Uuid, text: &str) -> Self {
        Self { payload_key: format!("events/{event_id}.json"), sha256: digest(text.as_bytes()), size: text.len() }
    }

    /// Reads a message, if it is a pointer.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether this is the text that was pointed to.
    pub fn matches(&self, text: &[u8]) -> bool {
        text.len() == self.size && digest(text) == self.sha256
    }
}

fn digest(text: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text).iter().fold(String::new(), |mut all, byte| {
        // Writing to a string cannot fail.
        let _ = write!(all, "{byte:02x}");
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_knows_its_text_and_an_event_is_no_pointer() {
        let pointer = Pointer::to(uuid::Uuid::nil(), "text");
        assert!(pointer.matches(b"text") && !pointer.matches(b"texT") && !pointer.matches(b"text "));
        let message = serde_json::to_string(&pointer).expect("it is JSON");
        assert_eq!(Pointer::read(&message), Some(pointer));
        assert_eq!(Pointer::read(r#"{"eventType":"OrderCreated"}"#), None);
    }
}
