//! The text of one file, and the way from the YAML parser's characters to bytes.
//!
//! The parser counts characters, the tree counts bytes. For ASCII both are the same; for other text
//! the byte of every 64th character is noted once, so that a look-up costs the same anywhere in the file.

use saphyr_parser::Span as Marks;

use super::{FileId, Span};

/// The text of a file and the way from the parser's characters to its bytes.
pub(super) struct Text<'a> {
    /// The file.
    pub(super) file: FileId,
    /// The text after a byte order mark.
    pub(super) body: &'a str,
    /// Bytes of the byte order mark.
    pub(super) skipped: usize,
    /// The byte of every [`STRIDE`]th character; empty when all characters are one byte.
    table: Vec<usize>,
    /// Blanks that the parser's text has and the body has not, see [`super::repair`]: where they start, how many they
    /// are, and how many there are before.
    inserted: Vec<(usize, usize, usize)>,
}

/// Characters between two entries of [`Text::table`].
const STRIDE: usize = 64;

impl<'a> Text<'a> {
    /// Prepares the text of a file.
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table =
            if body.is_ascii() { Vec::new() } else { body.char_indices().step_by(STRIDE).map(|(at, _)| at).collect() };
        Self { file, body, skipped: text.len() - body.len(), table, inserted: Vec::new() }
    }

    /// Says that the parser reads a text with blanks that this one has not.
    pub(super) fn with_inserted(mut self, inserted: Vec<(usize, usize)>) -> Self {
        let counted = inserted.into_iter().scan(0, |before, (at, count)| {
            let entry = (at, count, *before);
            *before += count;
            Some(entry)
        });
        self.inserted = counted.collect();
        self
    }

    /// Returns the character of the body for a character of the parser's text.
    fn character(&self, index: usize) -> usize {
        let passed = self.inserted.partition_point(|(at, ..)| *at < index);
        let last = passed.checked_sub(1).and_then(|last| self.inserted.get(last));
        last.map_or(index, |(at, count, before)| index - before - (*count).min(index - at))
    }

    /// Returns the byte of [`Self::body`] at which the character `index` of the parser's text starts.
    pub(super) fn byte(&self, index: usize) -> usize {
        let index = self.character(index);
        if self.table.is_empty() {
            return index.min(self.body.len());
        }
        let Some(near) = self.table.get(index / STRIDE).copied() else {
            return self.body.len();
        };
        let mut characters = self.from(near).char_indices();
        characters.nth(index % STRIDE).map_or(self.body.len(), |(at, _)| near + at)
    }

    /// Returns the text from a byte on; nothing where the byte is not the start of a character.
    pub(super) fn from(&self, byte: usize) -> &'a str {
        self.body.get(byte..).unwrap_or_default()
    }

    /// Returns the span of two bytes of [`Self::body`].
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let convert = |byte: usize| u32::try_from(byte.saturating_add(self.skipped)).unwrap_or(u32::MAX);
        Span { file: self.file, start: convert(start), end: convert(end.max(start)) }
    }

    /// Returns the bytes of [`Self::body`] that the parser marked.
    pub(super) fn bytes(&self, marks: Marks) -> (usize, usize) {
        let start = self.byte(marks.start.index());
        (start, self.byte(marks.end.index()).max(start))
    }
}
