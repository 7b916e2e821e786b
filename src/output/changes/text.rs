//! Words that the formats share: values, changed values, record sets.

use infra_core::diff::{Action, Impact, Method, RecordChange, ValueChange};
use infra_core::state::fill_text;
use serde_json::Value;

/// What stands for a value that is known only after others were changed.
const LATER: &str = "(known after apply)";

/// Shortest room for a value, or nothing would be left of it.
const LEAST: usize = 16;

/// Returns a value as one line: texts as they are where that is clear, references in their short form, else JSON.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let text = fill_text(text, &|_| Some(LATER.to_owned()));
            let plain = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
            if plain { text } else { Value::String(text).to_string() }
        }
        Value::Object(map) => reference(map).unwrap_or_else(|| compact(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => compact(value),
    }
}

fn compact(value: &Value) -> String {
    fill_text(&value.to_string(), &|_| Some(LATER.to_owned()))
}

/// `!Ref A`, `!GetAtt A.B` and `!Sub text`, as templates in YAML have them.
fn reference(map: &serde_json::Map<String, Value>) -> Option<String> {
    let mut entries = map.iter();
    let (key, value) = entries.next().filter(|_| map.len() == 1)?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?.join("."),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    match key.as_str() {
        "Ref" => Some(format!("!Ref {text}")),
        "Fn::GetAtt" => Some(format!("!GetAtt {text}")),
        "Fn::Sub" if value.is_string() && !text.contains(char::is_control) => Some(format!("!Sub {text}")),
        _ => None,
    }
}

/// Returns a text in at most `room` characters: cut in the middle, or on both sides of `focus` if that is given.
pub(in crate::output) fn cut(text: &str, room: usize, focus: Option<usize>) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= room {
        return text.to_owned();
    }
    let room = room.max(3);
    let part =
        |from: usize, to: usize| chars.get(from..to.min(chars.len())).unwrap_or_default().iter().collect::<String>();
    let start = match focus {
        // What matters is seen from the start, so the end is cut.
        Some(at) if at < room / 2 => return part(0, room - 1) + "…",
        Some(at) => (at - room / 4).min(chars.len() + 1 - room),
        None => {
            let head = (room - 1) / 2;
            let tail = room - 1 - head;
            return part(0, head) + "…" + &part(chars.len() - tail, chars.len());
        }
    };
    let rest = chars.len() - start;
    if rest < room {
        format!("…{}", part(start, chars.len()))
    } else {
        format!("…{}…", part(start, start + room - 2))
    }
}

/// The first character in which two texts differ.
fn differs(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// A changed value, ready to be laid out.
pub(super) struct Changed {
    /// `+`, `~` or `-`.
    pub(super) sign: char,
    /// What changes.
    pub(super) path: String,
    /// The value, or both; each is cut where it must be.
    pub(super) values: Vec<String>,
    /// What is to be said at the end of the line.
    pub(super) note: Option<String>,
}

/// Returns a changed value whose line has `room` characters; values that do not fit have lines of their own.
pub(super) fn changed(change: &ValueChange, room: usize) -> Changed {
    let after = if change.unknown { Some(LATER.to_owned()) } else { change.after.as_ref().map(value) };
    let before = change.before.as_ref().map(value);
    let sign = match (&before, &after) {
        (None, _) => '+',
        (Some(_), None) => '-',
        (Some(_), Some(_)) => '~',
    };
    let impact = match change.impact {
        Impact::InPlace => None,
        Impact::MayInterrupt => Some("may interrupt"),
        Impact::MayReplace => Some("may replace"),
        Impact::Replaces => Some("replaces"),
    };
    let from = change.after.as_ref().filter(|_| change.unknown).map(|from| format!("from {}", value_as_written(from)));
    let notes: Vec<String> = impact.map(str::to_owned).into_iter().chain(from).collect();
    let values = match (before, after) {
        (Some(before), Some(after)) => {
            let focus = differs(&before, &after);
            let half = room.saturating_sub(4) / 2;
            let fits = before.chars().count() + after.chars().count() + 4 <= room;
            let room = if fits { room } else { half.max(LEAST) };
            vec![cut(&before, room, Some(focus)), cut(&after, room, Some(focus))]
        }
        (before, after) => before.or(after).iter().map(|value| cut(value, room.max(LEAST), None)).collect(),
    };
    Changed { sign, path: change.path.clone(), values, note: (!notes.is_empty()).then(|| notes.join(", ")) }
}

/// Where a value comes from: placeholders are names here.
fn value_as_written(value: &Value) -> String {
    match value {
        Value::String(text) => {
            text.strip_prefix("${output:").and_then(|text| text.strip_suffix('}')).unwrap_or(text).to_owned()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => self::value(value),
    }
}

/// Returns the sign of what is done with a thing.
pub(super) fn sign(action: Action, impact: Impact) -> &'static str {
    match (action, impact) {
        (Action::Create, _) => "+",
        (Action::Update, Impact::Replaces) => "-/+",
        (Action::Update, Impact::InPlace | Impact::MayInterrupt | Impact::MayReplace) => "~",
        (Action::Delete, _) => "-",
        (Action::Retain, _) => "=",
    }
}

/// Returns the words for what a statement rests on.
pub(super) fn method(method: Method) -> &'static str {
    match method {
        Method::Template => "by the templates",
        Method::ChangeSet => "by a change set",
        Method::Live => "by what is live",
    }
}

/// Returns what a record set answers: `ALIAS -> name`, or the values and their time to live.
pub(super) fn answer(set: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut parts = vec![match set.pointer("/AliasTarget/DNSName") {
        Some(name) => format!("ALIAS -> {}", value(name)),
        None => values(set),
    }];
    parts.extend(set.get("TTL").map(|ttl| format!("TTL {}", text(ttl))));
    let rest = set.as_object().into_iter().flatten().filter(|(key, _)| !KNOWN.contains(&key.as_str()));
    parts.extend(rest.map(|(key, value)| format!("{key} {}", self::value(value))));
    parts.join(", ")
}

/// Keys of a record set that its name and answer say.
const KNOWN: [&str; 6] = ["Name", "Type", "SetIdentifier", "TTL", "ResourceRecords", "AliasTarget"];

fn values(set: &Value) -> String {
    let list = set.get("ResourceRecords").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|record| record.get("Value")).map(value).collect::<Vec<_>>().join(", ")
}

/// Returns the fields of a changed record set.
pub(super) fn record_fields(change: &RecordChange) -> Vec<ValueChange> {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
    let mut fields = Vec::new();
    let mut field = |path: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            fields.push(ValueChange {
                path: path.to_owned(),
                before: before.map(Value::String),
                after: after.map(Value::String),
                unknown: false,
                impact: Impact::InPlace,
            });
        }
    };
    let listed = |set: &Value| set.get("ResourceRecords").map(|_| values(set));
    field("values", listed(before), listed(after));
    let alias = |key: &'static str| move |set: &Value| set.pointer(&format!("/AliasTarget/{key}")).map(value);
    for (path, key) in [("alias", "DNSName"), ("alias zone", "HostedZoneId"), ("target health", "EvaluateTargetHealth")]
    {
        field(path, alias(key)(before), alias(key)(after));
    }
    let keys = |set: &Value| set.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let mut others: Vec<String> = keys(before).into_iter().chain(keys(after)).collect();
    others.sort();
    others.dedup();
    for key in others.iter().filter(|key| *key == "TTL" || !KNOWN.contains(&key.as_str())) {
        field(key, before.get(key).map(value), after.get(key).map(value));
    }
    fields
}

/// Breaks a text at spaces into lines of `width` characters; a word that is longer has a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => line.extend([" ", word]),
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns text without characters that would move the cursor or colour the terminal.
pub(super) fn clean(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn change(before: Option<Value>, after: Option<Value>) -> ValueChange {
        ValueChange { path: "A".into(), before, after, unknown: false, impact: Impact::InPlace }
    }

    #[test]
    fn values_are_short_and_clear() {
        let shown = [
            json!("plain text"),
            json!(""),
            json!("two\nlines"),
            json!(30),
            json!({ "Ref": "Queue" }),
            json!({ "Fn::GetAtt": ["Role", "Arn"] }),
            json!({ "Fn::Sub": "${A}-b" }),
            json!({ "a": [1] }),
            json!("https://${output:a@eu-west-1:Url}/x"),
        ];
        let expected = [
            "plain text",
            "\"\"",
            "\"two\\nlines\"",
            "30",
            "!Ref Queue",
            "!GetAtt Role.Arn",
            "!Sub ${A}-b",
            "{\"a\":[1]}",
            "https://(known after apply)/x",
        ];
        assert_eq!(shown.map(|one| value(&one)), expected);
    }

    #[test]
    fn what_differs_stays_in_sight() {
        let text = |middle: &str| json!(format!("{}{middle}{}", "a".repeat(200), "z".repeat(200)));
        let found = changed(&change(Some(text("old")), Some(text("new"))), 60).values;
        assert!(found[0].contains("old") && found[1].contains("new"), "{found:?}");
        assert!(found.iter().all(|value| value.chars().count() <= 28), "{found:?}");
        assert_eq!(cut("abcdefghij", 5, None), "ab…ij");
        assert_eq!(cut("abcdefghij", 5, Some(9)), "…ghij", "the end is in sight");
    }

    proptest! {
        #[test]
        fn a_cut_text_keeps_to_its_room(text in "\\PC{0,60}", room in 3_usize..40, focus in prop::option::of(0_usize..60)) {
            let focus = focus.map(|at| at.min(text.chars().count()));
            let cut = cut(&text, room, focus);
            prop_assert!(cut.chars().count() <= room.max(text.chars().count().min(room)), "{cut}");
            if let Some(c) = focus.and_then(|at| text.chars().nth(at)) {
                prop_assert!(cut.contains(c), "{cut} has lost {c}");
            }
        }
    }
}
