//! What must not be shown: literals that are secrets stand as `*** (before)` and `*** (after)`.
//!
//! References are shown: `{{resolve:…}}`, `Ref` and `Fn::GetAtt` say where a secret is, not what it is.

use serde_json::Value;

use super::normal::intrinsic;
use super::value::Step;
use crate::facts::resource_types::ResourceType;

/// Ends of names, in lower case without `_` and `-`, whose values are secrets.
const ENDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secretstring",
    "secretbinary",
    "secretvalue",
    "secretkey",
    "secretaccesskey",
    "clientsecret",
    "sharedsecret",
    "presharedkey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "oauthtoken",
    "bearertoken",
    "apikey",
    "apitoken",
    "credentials",
    "connectionstring",
];

/// Whole names, in the same spelling, whose values are secrets.
const WHOLE: &[&str] = &["pass", "pwd", "secret", "token"];

/// Words of variables that end with `_KEY` and hold no secret.
const OPEN_KEYS: &[&str] = &[
    "CACHE",
    "FOREIGN",
    "IDEMPOTENCY",
    "KMS",
    "OBJECT",
    "PARTITION",
    "PRIMARY",
    "PUBLIC",
    "PUBLISHABLE",
    "ROUTING",
    "S3",
    "SORT",
];

/// Words of names that make a property a secret if AWS never gives it back.
const WRITE_ONLY_WORDS: &[&str] = &["password", "secret", "token", "privatekey", "credential"];

/// What texts hold that are secrets whatever their name is.
const MARKS: &[&str] =
    &["-----BEGIN ", "AKIA", "ASIA", "ghp_", "github_pat_", "xoxb-", "xoxp-", "sk_live_", "password="];

/// One side of a change.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    /// Before the change.
    Before,
    /// After the change.
    After,
}

impl Side {
    fn mask(self) -> Value {
        match self {
            Self::Before => "*** (before)".into(),
            Self::After => "*** (after)".into(),
        }
    }
}

/// A value as it may be shown: what is secret by its name, by the schema or by its looks is masked.
pub(super) fn shown(value: &Value, secret: bool, side: Side) -> Value {
    match value {
        Value::String(text) if is_reference(text) => value.clone(),
        Value::String(text) if secret || looks_secret(text) => side.mask(),
        Value::String(text) => in_text(text, side).unwrap_or_else(|| value.clone()),
        Value::Number(_) if secret => side.mask(),
        Value::Array(items) => items.iter().map(|item| shown(item, secret, side)).collect(),
        Value::Object(_) if names_only(value) => value.clone(),
        Value::Object(map) => {
            let named = names_secret(value);
            let inner = |key: &str| (secret || named && is_value(key) || is_secret_name(key)) && !is_name(key);
            map.iter().map(|(key, item)| (key.clone(), shown(item, inner(key), side))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Text that is JSON with its secrets masked; nothing if it is no JSON or has none.
fn in_text(text: &str, side: Side) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let masked = shown(&value, false, side);
    (masked != value).then(|| masked.to_string().into())
}

/// Whether what stands at a path below `root` is secret by the names along the path or by the schema.
pub(super) fn is_secret(kind: Option<ResourceType>, path: &[Step], roots: [Option<&Value>; 2]) -> bool {
    let last = path.iter().rev().find_map(|step| match step {
        // An output or parameter is named above its value.
        Step::Key(name) if is_value(name) || name == "Default" => None,
        Step::Key(name) | Step::Tag(name) => Some(name),
        Step::Index(_) => None,
    });
    let own = last.is_some_and(|name| is_secret_name(name));
    own || kind.is_some_and(|kind| is_write_only(kind, path))
        || roots.into_iter().flatten().any(|root| named(root, path))
}

/// A value that drifted, as it may be shown; `path` is the JSON pointer that CloudFormation gives, `live` says which side it
/// is.
pub fn drifted(kind: &str, path: &str, value: &str, live: bool) -> String {
    let step = |part: &str| match part.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Key(part.replace("~1", "/").replace("~0", "~")),
    };
    let steps: Vec<Step> = path.split('/').filter(|part| !part.is_empty()).map(step).collect();
    let secret = is_secret(crate::facts::resource_types::find(kind), &steps, [None, None]);
    let side = if live { Side::After } else { Side::Before };
    match shown(&value.into(), secret, side) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Whether the value of a thing with this name is a secret: `MasterUserPassword`, `DB_PASSWORD`, `STRIPE_KEY`, not
/// `PasswordPolicy`, `KmsKey` or `PARTITION_KEY`.
pub(super) fn is_secret_name(name: &str) -> bool {
    let is_variable = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    if is_variable && name.ends_with("_KEY") && !OPEN_KEYS.iter().any(|word| name.contains(word)) {
        return true;
    }
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
    WHOLE.contains(&plain.as_str()) || ENDS.iter().any(|end| plain.ends_with(end))
}

fn is_write_only(kind: ResourceType, path: &[Step]) -> bool {
    let path = super::value::schema_path(path);
    let path = path.strip_prefix(&["Properties"]).unwrap_or(&path);
    let text = path.join(".");
    let lower = text.to_ascii_lowercase();
    kind.write_only().any(|known| known == text) && WRITE_ONLY_WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a path goes through the value of a pair whose name says that it is secret, such as a variable of a container.
fn named(root: &Value, path: &[Step]) -> bool {
    let mut place = root;
    for step in path {
        let next = match step {
            Step::Key(key) if names_secret(place) && is_value(key) => return true,
            Step::Key(key) => place.get(key),
            Step::Index(index) => place.get(index),
            Step::Tag(_) => None,
        };
        let Some(next) = next else { return false };
        place = next;
    }
    false
}

fn names_secret(value: &Value) -> bool {
    ["Name", "name", "Key", "key", "ParameterKey"]
        .iter()
        .filter_map(|key| value.get(key).and_then(Value::as_str))
        .any(is_secret_name)
}

fn is_value(key: &str) -> bool {
    matches!(key, "Value" | "value" | "ParameterValue")
}

fn is_name(key: &str) -> bool {
    matches!(key, "Name" | "name" | "Key" | "key" | "ParameterKey")
}

/// Calls whose arguments are names of other things.
fn names_only(value: &Value) -> bool {
    let names = ["Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::GetStackOutput", "Fn::FindInMap"];
    intrinsic(value).is_some_and(|(name, _)| names.contains(&name))
}

fn is_reference(text: &str) -> bool {
    text.trim_start().starts_with("{{resolve:") && text.trim_end().ends_with("}}") && text.matches("{{").count() == 1
}

fn looks_secret(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark)) || has_login(text)
}

/// Whether a text holds an address with a password in it, such as `postgres://user:password@host`.
fn has_login(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let login = authority.rsplit_once('@').and_then(|(login, _)| login.split_once(':'));
        // A variable says where the password is, not what it is.
        login.is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("${"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::{Changes, stacks::one_template};
    use super::*;
    use crate::state::StackKey;

    fn compared(kind: &str, before: &Value, after: &Value) -> String {
        let template =
            |properties: &Value| json!({ "Resources": { "One": { "Type": kind, "Properties": properties } } });
        let stack = one_template(&StackKey::new("s", "eu-west-1"), &template(before), &template(after));
        serde_json::to_string(&Changes { stacks: vec![stack], ..Changes::default() }).unwrap()
    }

    #[test]
    fn secrets_are_masked_and_their_change_is_seen() {
        let with = |password: &str| json!({ "MasterUserPassword": password });
        let text = compared("AWS::RDS::DBInstance", &with("old-one"), &with("new-one"));
        assert!(text.contains("*** (before)") && text.contains("*** (after)"), "{text}");
        assert!(!text.contains("old-one") && !text.contains("new-one"));
        assert!(!compared("AWS::RDS::DBInstance", &with("same"), &with("same")).contains("MasterUserPassword"));
    }

    #[test]
    fn references_to_secrets_are_shown() {
        let with = |name: &str| json!({ "MasterUserPassword": format!("{{{{resolve:secretsmanager:{name}}}}}") });
        let text = compared("AWS::RDS::DBInstance", &with("a"), &with("b"));
        assert!(
            text.contains("{{resolve:secretsmanager:a}}") && text.contains("{{resolve:secretsmanager:b}}"),
            "{text}"
        );
    }

    #[test]
    fn names_say_what_is_secret() {
        for name in ["MasterUserPassword", "SecretString", "DB_PASSWORD", "client-secret", "AuthToken"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["SecretArn", "PasswordPolicy", "MasterUserSecret", "KeyName", "TokenValidityUnits", "PasswordLength"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_of_hidden_parameters_are_never_shown() {
        let with = |default: &str| {
            json!({
                "Parameters": { "Token": { "Type": "String", "NoEcho": true, "Default": default } },
                "Resources": { "One": { "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": { "Ref": "Token" } } } }
            })
        };
        let key = StackKey::new("s", "eu-west-1");
        for (before, after) in
            [(with("hunter2"), with("hunter3")), (Value::Null, with("hunter3")), (with("hunter2"), Value::Null)]
        {
            let text = serde_json::to_string(&one_template(&key, &before, &after)).unwrap();
            assert!(!text.contains("hunter"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_secret_never_appears_wherever_it_stands(
            name in prop_oneof![Just("MasterUserPassword"), Just("SecretString"), Just("DB_PASSWORD"), Just("apiKey")],
            shape in 0_u8..7, old in prop::option::of("zq[0-9]{6}"), new in "zq[0-9]{6}",
        ) {
            let place = |secret: &str| match shape {
                0 => json!({ name: secret }),
                1 => json!({ "A": { "B": [{ name: secret }] } }),
                2 => json!({ "Environment": [{ "Name": name, "Value": secret }] }),
                3 => json!({ "Tags": [{ "Key": name, "Value": secret }] }),
                4 => json!({ "A": json!({ name: secret }).to_string() }),
                5 => json!({ name: { "Fn::Join": ["", [secret, { "Ref": "X" }]] } }),
                _ => json!({ name: [secret, 1] }),
            };
            let before = old.as_ref().map_or(json!({}), |old| place(old));
            for kind in ["AWS::RDS::DBInstance", "Custom::Thing", "AWS::ECS::TaskDefinition"] {
                let text = compared(kind, &before, &place(&new));
                prop_assert!(!text.contains("zq"), "{}", text);
            }
        }
    }

    #[test]
    fn logins_in_addresses_and_keys_in_variables_are_secrets() {
        assert!(has_login("postgres://u:pw@h/db") && has_login("x amqps://a:b@h:5671 y"));
        for open in ["https://example.com/a:b@c", "postgres://u@h/db", "postgres://u:${Password}@h/db", "http://h:80/"]
        {
            assert!(!has_login(open), "{open}");
        }
        assert!(is_secret_name("STRIPE_KEY") && is_secret_name("SIGNING_KEY"));
        for open in ["PARTITION_KEY", "KmsKey", "S3_KEY", "PUBLIC_KEY", "KEY"] {
            assert!(!is_secret_name(open), "{open}");
        }
    }

    #[test]
    fn what_drifted_is_masked_as_a_change_is() {
        let of = |path: &str, value: &str| drifted("AWS::Lambda::Function", path, value, true);
        assert_eq!(of("/Environment/Variables/DB_PASSWORD", "hunter2"), "*** (after)");
        assert_eq!(of("/Environment/Variables/URL", "postgres://u:pw@h/db"), "*** (after)");
        assert_eq!(of("/Timeout", "30"), "30");
        let json = drifted("AWS::Lambda::Function", "/Environment/Variables", r#"{"STRIPE_KEY":"abc","A":"b"}"#, false);
        assert!(!json.contains("abc") && json.contains(r#""A":"b""#), "{json}");
    }
}
