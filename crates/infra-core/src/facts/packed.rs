//! Compiled facts, read in place: a file of little-endian 32-bit words with its strings at the end.
//!
//! Nothing is parsed when the program starts, and a place that leads nowhere reads as nothing.

/// A compiled file.
#[derive(Debug)]
pub(super) struct Packed {
    data: &'static [u8],
    /// The word of the header that holds the place of the string ends; their number and the first byte of the text
    /// follow it.
    ends: u32,
}

impl Packed {
    pub(super) const fn new(data: &'static [u8], ends: u32) -> Self {
        Self { data, ends }
    }

    /// The word at a place; 0, which always means nothing, behind the end.
    pub(super) fn word(&self, place: u32) -> u32 {
        u32::from_le_bytes(self.bytes::<4>(place))
    }

    pub(super) fn bytes<const N: usize>(&self, place: u32) -> [u8; N] {
        let start = place as usize * 4;
        self.data.get(start..start + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
    }

    /// The string of a number; string 0 is empty.
    pub(super) fn text(&self, number: u32) -> &'static str {
        let ends = self.word(self.ends);
        if number == 0 || number >= self.word(self.ends + 1) {
            return "";
        }
        let first = self.word(self.ends + 2) as usize;
        let range = first + self.word(ends + number - 1) as usize..first + self.word(ends + number) as usize;
        self.data.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// How many bytes there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.data.len()
    }
}

/// Binary search among `count` sorted names.
pub(super) fn search(count: u32, name_at: impl Fn(u32) -> &'static str, wanted: &str) -> Option<u32> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        match name_at(middle).cmp(wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
