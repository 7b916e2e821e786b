//! The compiled file, read in place: words, strings, lists and values.
//!
//! The format is described in `scripts/resource_types/file.py`. Nothing is parsed when the program starts, and a place
//! that leads nowhere reads as nothing; the tests look at every place of every type, so that none does.

use crate::facts::packed::Packed;
pub(super) use crate::facts::packed::search;

/// The facts as compiled by `scripts/refresh-resource-types`; `data/resource-types.md` says from what.
static FILE: Packed = Packed::new(include_bytes!("../../../data/resource-types.bin"), STRING_ENDS);

/// Words of the header that say where things are.
pub(super) const TYPES: u32 = 2;
pub(super) const TYPE_COUNT: u32 = 3;
pub(super) const REGIONS: u32 = 4;
const STRING_ENDS: u32 = 5;

/// The word at a place; 0, which always means nothing, behind the end.
pub(super) fn word(place: u32) -> u32 {
    FILE.word(place)
}

fn bytes<const N: usize>(place: u32) -> [u8; N] {
    FILE.bytes(place)
}

/// The string of a number; string 0 is empty.
pub(super) fn text(number: u32) -> &'static str {
    FILE.text(number)
}

/// The string of a number, unless it stands for "none".
pub(super) fn optional(number: u32) -> Option<&'static str> {
    Some(text(number)).filter(|text| !text.is_empty())
}

/// The words of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    next: u32,
    end: u32,
}

impl Words {
    /// The list at a place; 0 is the empty list.
    pub(super) fn at(place: u32) -> Self {
        if place == 0 { Self::default() } else { Self { next: place + 1, end: place + 1 + word(place) } }
    }

    /// The list of pairs at a place, flat.
    fn pairs_at(place: u32) -> Self {
        if place == 0 { Self::default() } else { Self { next: place + 1, end: place + 1 + 2 * word(place) } }
    }

    fn len(&self) -> u32 {
        self.end - self.next
    }
}

impl Iterator for Words {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let place = self.next;
        (place < self.end).then(|| {
            self.next += 1;
            word(place)
        })
    }
}

/// Strings in the order of the source; cloning it is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings(Words);

impl Strings {
    pub(super) fn at(place: u32) -> Self {
        Self(Words::at(place))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len() as usize
    }
}

impl Iterator for Strings {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        self.0.next().map(text)
    }
}

/// A table from names, sorted, to words.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(Words);

impl Table {
    pub(super) fn at(place: u32) -> Self {
        Self(Words::pairs_at(place))
    }

    /// The word of a name.
    pub(super) fn get(&self, name: &str) -> Option<u32> {
        let found = search(self.0.len() / 2, |index| text(word(self.0.next + 2 * index)), name)?;
        Some(word(self.0.next + 2 * found + 1))
    }
}

impl Iterator for Table {
    type Item = (&'static str, u32);

    fn next(&mut self) -> Option<(&'static str, u32)> {
        let name = self.0.next()?;
        Some((text(name), self.0.next()?))
    }
}

/// A scalar of a schema, such as a member of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// A string.
    Text(&'static str),
}

impl Value {
    pub(super) fn of(word: u32) -> Self {
        let rest = word >> 2;
        match word & 3 {
            0 => Self::Text(text(rest)),
            1 => Self::Integer(i64::from_le_bytes(bytes(rest))),
            2 => Self::Number(f64::from_le_bytes(bytes(rest))),
            _ => match rest {
                0 => Self::Null,
                other => Self::Boolean(other == 2),
            },
        }
    }

    /// The value as a number; beyond 2^53 the nearest one.
    #[expect(clippy::cast_precision_loss, reason = "no bound of a schema depends on the last bits")]
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(value as f64),
            Self::Number(value) => Some(value),
            Self::Null | Self::Boolean(_) | Self::Text(_) => None,
        }
    }

    /// The value, if it is text.
    pub fn text(self) -> Option<&'static str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Number(_) => None,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_of_this_format_and_the_text_ends_with_the_file() {
        assert_eq!((word(0), word(1)), (0x3154_5249, 1));
        assert_eq!(word(7) as usize + word(8) as usize, FILE.len());
    }

    #[test]
    fn strings_are_sorted_and_each_is_found_once() {
        let texts: Vec<_> = (0..word(6)).map(text).collect();
        assert!(texts.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_is_behind_the_end_reads_as_nothing() {
        assert_eq!(word(u32::MAX), 0);
        assert_eq!(text(u32::MAX), "");
    }

    #[test]
    fn values_show_themselves_as_they_are_written() {
        let shown = [Value::Null, Value::Boolean(true), Value::Integer(-3), Value::Number(0.5), Value::Text("a")];
        assert_eq!(shown.map(|value| value.to_string()).join(" "), "null true -3 0.5 a");
    }
}
