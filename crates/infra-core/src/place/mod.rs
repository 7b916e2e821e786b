//! Places in the input: files, bytes, lines.
//!
//! Depends on nothing. Knows no format.

/// Index of an input file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) u32);

/// A range of bytes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// Returns whether another range lies in this one.
    pub fn covers(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// One input file.
#[derive(Clone, Debug)]
pub struct File {
    /// Path relative to the project, with `/`: the same on every machine.
    pub path: String,
    /// Path from where the user stands, for reports.
    pub shown: String,
    /// The bytes as read; empty when the file was refused before reading.
    pub bytes: Vec<u8>,
}

/// All input files of a run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> FileId {
        let path = path.into();
        self.add_shown(path.clone(), path, bytes)
    }

    /// Adds a file that reports call by another path, and returns its id.
    pub fn add_shown(&mut self, path: String, shown: String, bytes: impl Into<Vec<u8>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(File { path, shown, bytes: bytes.into() });
        id
    }

    /// Returns the file of `id`.
    pub fn get(&self, id: FileId) -> Option<&File> {
        self.files.get(usize::try_from(id.0).ok()?)
    }

    /// Returns the ids of all files, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// Returns line and column of a byte, both from 1; the column counts characters.
    pub fn line_column(&self, file: FileId, byte: u32) -> (usize, usize) {
        let Some(file) = self.get(file) else {
            return (1, 1);
        };
        let end = usize::try_from(byte).unwrap_or(usize::MAX).min(file.bytes.len());
        let before = file.bytes.get(..end).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count();
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
        (line, column)
    }
}

/// Line starts of all files, for many look-ups in a row.
#[derive(Debug)]
pub struct Lines<'a> {
    sources: &'a Sources,
    starts: Vec<Vec<u32>>,
}

impl Sources {
    /// Finds the line starts of all files.
    pub fn lines(&self) -> Lines<'_> {
        let starts = |file: &File| {
            let after = file.bytes.iter().zip(1_u32..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next);
            std::iter::once(0).chain(after).collect()
        };
        Lines { sources: self, starts: self.files.iter().map(starts).collect() }
    }
}

impl Lines<'_> {
    /// Returns `path:line:column` of the start of a span; line and column from 1, the column in characters.
    pub fn position(&self, span: Span) -> String {
        let index = usize::try_from(span.file.0).unwrap_or(usize::MAX);
        let (Some(file), Some(starts)) = (self.sources.get(span.file), self.starts.get(index)) else {
            return String::new();
        };
        let line = starts.partition_point(|start| *start <= span.start);
        let start = line.checked_sub(1).and_then(|before| starts.get(before)).copied().unwrap_or(0);
        let range = usize::try_from(start).unwrap_or(0)..usize::try_from(span.start).unwrap_or(0);
        let before = file.bytes.get(range).unwrap_or_default();
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        format!("{}:{line}:{column}", file.path)
    }
}
