//! What PostgreSQL keeps of a password, so that the password itself is not sent and stands in no log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Rounds of the key derivation, as PostgreSQL itself has it by default.
const ROUNDS: u32 = 4_096;

/// A block of SHA-256. Unit: bytes.
const BLOCK: usize = 64;

/// Returns the verifier of a password: `SCRAM-SHA-256$<rounds>:<salt>$<stored key>:<server key>`.
///
/// Source: <https://www.postgresql.org/docs/current/catalog-pg-authid.html> and RFC 5802, 3 (read 2026-11-30). Passwords of
/// ASCII are taken as they are, which is what `SASLprep` makes of them.
pub fn verifier(password: &str) -> String {
    of_salt(password, &rand::random::<[u8; 16]>())
}

fn of_salt(password: &str, salt: &[u8]) -> String {
    let salted = salted(password.as_bytes(), salt);
    let stored = Sha256::digest(keyed(&salted, &[b"Client Key"]));
    let server = keyed(&salted, &[b"Server Key"]);
    let [salt, stored, server] = [salt, stored.as_slice(), &server].map(|bytes| STANDARD.encode(bytes));
    format!("SCRAM-SHA-256${ROUNDS}:{salt}${stored}:{server}")
}

/// `Hi` of the RFC: PBKDF2 with one block.
fn salted(password: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut last = keyed(password, &[salt, &1_u32.to_be_bytes()]);
    let mut all = last;
    for _ in 1..ROUNDS {
        last = keyed(password, &[&last]);
        all.iter_mut().zip(last).for_each(|(all, last)| *all ^= last);
    }
    all
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // As HMAC has it: a key is as long as a block of the hash, and what is longer is hashed.
    let hashed = Sha256::digest(key);
    let key = if key.len() > BLOCK { &hashed } else { key };
    let mut block = [0; BLOCK];
    block.iter_mut().zip(key).for_each(|(all, own)| *all = *own);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_postgresql_makes_of_the_same_password_and_salt() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").expect("the salt of RFC 7677");
        let expected = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
        assert_eq!(of_salt("pencil", &salt), expected);
    }

    #[test]
    fn each_has_a_salt_of_its_own() {
        assert_ne!(verifier("pencil"), verifier("pencil"));
    }
}
