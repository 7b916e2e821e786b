//! What a plain scalar means: YAML 1.2's core schema, with the numbers that tools read differently set apart.
//!
//! Depends on nothing. Source: <https://yaml.org/spec/1.2.2/#103-core-schema> (read 2026-11-22).

/// The meaning of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`, in the three spellings of the core schema.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// `0755`, `0o17`: decimal for some tools, octal for others.
    Ambiguous,
    /// `.nan`, `.inf` and their kin.
    NotFinite,
    /// Text.
    Text,
}

/// What a plain scalar means in a file of others, which are read as YAML 1.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// No value.
    Null,
    /// A boolean; `yes`, `no`, `on` and `off` are some too.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number with a fraction or an exponent.
    Float(f64),
    /// Text, and numbers that tools read differently (`0755`) or that are too large.
    Text,
}

/// Returns what the plain scalar `text` of a template or manifest means.
///
/// Source: <https://yaml.org/type/bool.html>; CloudFormation reads YAML 1.1:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html> (read 2026-11-23).
pub fn literal(text: &str) -> Literal {
    match read(text) {
        Scalar::Null => Literal::Null,
        Scalar::Bool(value) => Literal::Bool(value),
        Scalar::Int(value) => i64::try_from(value).map_or(Literal::Text, Literal::Int),
        Scalar::Float(value) if value.is_finite() => Literal::Float(value),
        Scalar::Float(_) | Scalar::Ambiguous | Scalar::NotFinite => Literal::Text,
        Scalar::Text => match text {
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Literal::Bool(true),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" => Literal::Bool(false),
            _ => grouped(text).map_or(Literal::Text, Literal::Int),
        },
    }
}

/// Reads a whole number whose digits are grouped, such as `1_000`, which YAML 1.1 takes.
fn grouped(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.contains('_')
        && digits.starts_with(|c: char| matches!(c, '1'..='9'))
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    is_number.then(|| text.replace('_', "").parse().ok())?
}

/// Returns what the plain scalar `text` means.
pub(super) fn read(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else {
        return Scalar::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' => word(text),
        _ => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => Scalar::Text,
    }
}

fn number(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Scalar::NotFinite;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return if digits.bytes().all(|b| b.is_ascii_hexdigit()) && !digits.is_empty() {
            i128::from_str_radix(digits, 16).map_or(Scalar::Float(f64::INFINITY), Scalar::Int)
        } else {
            Scalar::Text
        };
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        return if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() {
            Scalar::Ambiguous
        } else {
            Scalar::Text
        };
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            return Scalar::Ambiguous;
        }
        return text.parse().map_or(Scalar::Float(f64::INFINITY), Scalar::Int);
    }
    if is_float(unsigned) { text.parse().map_or(Scalar::Text, Scalar::Float) } else { Scalar::Text }
}

/// Returns whether `text`, without its sign, is `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_the_core_schema() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(read(text), Scalar::Null, "{text}");
        }
        assert_eq!(read("TRUE"), Scalar::Bool(true));
        assert_eq!(read("False"), Scalar::Bool(false));
        for text in [
            "yes",
            "on",
            "nULL",
            "tRUE",
            "a",
            "eu-west-1",
            "2012-10-17",
            "1.2.3",
            "-",
            "+",
            ".",
            "0x",
            "0xg",
            "1_000",
            "1:30",
        ] {
            assert_eq!(read(text), Scalar::Text, "{text}");
        }
    }

    #[test]
    fn numbers_follow_the_core_schema() {
        assert_eq!(read("0"), Scalar::Int(0));
        assert_eq!(read("-12"), Scalar::Int(-12));
        assert_eq!(read("+12"), Scalar::Int(12));
        assert_eq!(read("0x1F"), Scalar::Int(31));
        assert_eq!(read("1.30"), Scalar::Float(1.3));
        assert_eq!(read("1."), Scalar::Float(1.0));
        assert_eq!(read(".5"), Scalar::Float(0.5));
        assert_eq!(read("1e3"), Scalar::Float(1000.0));
        assert_eq!(read("1e"), Scalar::Text);
    }

    #[test]
    fn files_of_others_have_the_booleans_of_yaml_1_1() {
        assert_eq!(
            [literal("yes"), literal("Off"), literal("y")],
            [Literal::Bool(true), Literal::Bool(false), Literal::Text]
        );
        assert_eq!([literal("0755"), literal("1e400"), literal("7")], [Literal::Text, Literal::Text, Literal::Int(7)]);
    }

    #[test]
    fn numbers_that_tools_read_differently_are_set_apart() {
        for text in ["0755", "012345678901", "0o17", "-07", "00"] {
            assert_eq!(read(text), Scalar::Ambiguous, "{text}");
        }
        for text in [".inf", "-.INF", "+.Inf", ".nan", ".NaN"] {
            assert_eq!(read(text), Scalar::NotFinite, "{text}");
        }
    }
}
