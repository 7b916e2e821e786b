//! Reads the text of one file into a node tree with byte spans.
//!
//! Depends on the YAML parser's events; no other file outside this room knows them.
//! The parser counts characters, the tree counts bytes: [`Text`] converts.
//! Invariants: keys are unique, the depth is at most [`MAX_DEPTH`], nothing recurses on the way.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as Marks, StrInput};

use super::scalar::{self, Scalar};
use super::text::Text;
use super::{FileId, MAX_FILE_BYTES, Node, Pair, Span, Value, json, repair, syntax, tags};
use crate::diag::{At, Diagnostic, Diagnostics};

/// Deepest nesting of mappings and lists.
///
/// Unit: levels. The deepest IAM policy or Kubernetes object stays below 20.
pub(super) const MAX_DEPTH: usize = 64;

/// Most nodes that copies of anchored values may add to a file.
const MAX_COPIED_NODES: usize = 100_000;

/// Most text that copies of anchored values may add to a file.
///
/// Unit: bytes.
const MAX_COPIED_BYTES: usize = 4 * MAX_FILE_BYTES;

/// Most mistakes that are reported of one file before the rest is left for the next run.
const MAX_REPORTS: usize = 200;

/// Reads the bytes of `file` into a tree.
///
/// Reports every mistake to `diags`. Returns `None` where no tree can be built;
/// a tree may come with errors, of which the doubtful keys and tags were left out.
pub fn parse(file: FileId, text: &[u8], diags: &mut Diagnostics) -> Option<Node> {
    let text = decode(file, text, diags)?;
    read(text, Dialect::Own, diags)?.pop()
}

/// Reads the documents of a `file` that other tools wrote: JSON, or YAML as CloudFormation and Kubernetes take it.
///
/// Short forms of CloudFormation's functions become their long forms (`!Ref a` is `{Ref: a}`), a file may hold several
/// documents (empty ones are left out), and any plain scalar may be a key. Reports every mistake to `diags`; returns
/// `None` where no tree can be built.
pub fn parse_foreign(file: FileId, text: &[u8], diags: &mut Diagnostics) -> Option<Vec<Node>> {
    let text = decode(file, text, diags)?;
    if let Some(node) = json::parse(&text) {
        return Some(vec![node]);
    }
    read(text, Dialect::Foreign, diags)
}

/// Reads the documents of a text; one that YAML 1.2 refuses for its indentation alone is read as other readers do.
fn read(text: Text<'_>, dialect: Dialect, diags: &mut Diagnostics) -> Option<Vec<Node>> {
    let mut found = Diagnostics::default();
    let mut parser = Parser::new_from_str(text.body);
    let mut nodes = Builder::new(&text, dialect, &mut found).run(&mut parser);
    let is_refused = nodes.is_none() && found.iter().any(|finding| finding.id == "source/syntax");
    if let Some(repaired) = is_refused.then(|| repair::indent(text.body)).flatten() {
        let mut again = Diagnostics::default();
        let text = text.with_inserted(repaired.inserted);
        let mut parser = Parser::new_from_str(&repaired.text);
        let second = Builder::new(&text, dialect, &mut again).run(&mut parser);
        if second.is_some() {
            (nodes, found) = (second, again);
        }
    }
    diags.append(found);
    nodes
}

/// Reads the text of a template as it was given to CloudFormation, JSON or YAML with its short forms; nothing if it is
/// neither.
pub fn template(text: &str) -> Option<serde_json::Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut sources = super::Sources::default();
    let file = sources.add("template", text.to_owned());
    let mut diags = Diagnostics::default();
    let documents = parse_foreign(file, text.as_bytes(), &mut diags)?;
    let [one] = documents.as_slice() else { return None };
    (!diags.has_errors()).then(|| one.to_json())
}

/// Reads the objects of Kubernetes in a text of JSON or YAML, as far as it can be read; other documents are none.
pub fn manifests(text: &str) -> Vec<serde_json::Value> {
    let mut sources = super::Sources::default();
    let file = sources.add("manifest", text.to_owned());
    let documents = parse_foreign(file, text.as_bytes(), &mut Diagnostics::default()).unwrap_or_default();
    let is_object = |value: &serde_json::Value| value.get("apiVersion").is_some() && value.get("kind").is_some();
    documents.iter().map(super::Node::to_json).filter(is_object).collect()
}

/// Refuses what is too large or not text.
fn decode<'a>(file: FileId, text: &'a [u8], diags: &mut Diagnostics) -> Option<Text<'a>> {
    if text.len() > MAX_FILE_BYTES {
        diags.push(too_large(file, text.len()));
        return None;
    }
    match std::str::from_utf8(text) {
        Ok(decoded) => Some(Text::new(file, decoded)),
        Err(error) => {
            diags.push(not_utf8(file, text, error.valid_up_to()));
            None
        }
    }
}

/// Whose files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Ours: one document, no tags, keys that are strings.
    Own,
    /// Templates and manifests of others.
    Foreign,
}

fn too_large(file: FileId, bytes: usize) -> Diagnostic {
    Diagnostic::error("source/too-large", "file is too large")
        .at(At::File(file), format!("{bytes} bytes or more"))
        .note(format!("an input file may have up to {} MiB", MAX_FILE_BYTES / 1024 / 1024))
        .help("split the definition into several stack files")
}

fn not_utf8(file: FileId, text: &[u8], at: usize) -> Diagnostic {
    let byte = text.get(at).copied().unwrap_or_default();
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    let diagnostic = Diagnostic::error("source/not-utf-8", "file is not UTF-8 text")
        .at(
            At::Span(Span { file, start, end: start.saturating_add(1) }),
            format!("byte 0x{byte:02x} does not belong here"),
        )
        .note("YAML files are read as UTF-8");
    match text.get(..2) {
        Some([0xff, 0xfe] | [0xfe, 0xff]) => diagnostic.help("save the file as UTF-8; it looks like UTF-16"),
        _ => diagnostic.help("save the file as UTF-8, or remove the byte"),
    }
}

/// A mapping or list that is not finished.
struct Frame {
    open: Open,
    start: usize,
    anchor: usize,
    tag: Option<(String, Span)>,
}

enum Open {
    List(Vec<Node>),
    Map { pairs: Vec<Pair>, key: Key },
}

/// Where a mapping stands between two values.
enum Key {
    /// The next node is a key.
    Awaited,
    /// The next node is the value of this key.
    Read(String, Span),
    /// The next node is the value of a key that was refused; it is dropped.
    Refused,
}

/// A value with an anchor.
struct Anchored {
    node: Node,
    size: Size,
}

#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// The file cannot be read any further; the reason was reported.
struct Stop;

struct Builder<'a, 'd> {
    text: &'a Text<'a>,
    dialect: Dialect,
    diags: &'d mut Diagnostics,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    copied_nodes: usize,
    copied_bytes: usize,
    roots: Vec<Node>,
    documents: usize,
}

impl<'a, 'd> Builder<'a, 'd> {
    fn new(text: &'a Text<'a>, dialect: Dialect, diags: &'d mut Diagnostics) -> Self {
        Self {
            text,
            dialect,
            diags,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            copied_nodes: 0,
            copied_bytes: 0,
            roots: Vec::new(),
            documents: 0,
        }
    }

    fn run(mut self, parser: &mut Parser<'a, StrInput<'a>>) -> Option<Vec<Node>> {
        let reported = self.diags.len();
        while let Some(event) = parser.next_event() {
            let (event, marks) = match event {
                Ok(event) => event,
                Err(error) => return self.syntax_error(&error),
            };
            if matches!(event, Event::StreamEnd) {
                break;
            }
            if self.event(event, marks).is_err() || self.diags.len() - reported >= MAX_REPORTS {
                return None;
            }
        }
        self.roots.retain(|root| root.value != Value::Plain(String::new()));
        if self.roots.is_empty() {
            self.diags.push(empty_file(self.text));
            return None;
        }
        Some(self.roots)
    }

    fn syntax_error(self, error: &ScanError) -> Option<Vec<Node>> {
        let at = self.text.byte(error.marker().index());
        self.diags.push(syntax::explain(self.text, at, error.info()));
        None
    }

    fn event(&mut self, event: Event<'a>, marks: Marks) -> Result<(), Stop> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(marks),
            Event::Alias(id) => self.alias(id, marks),
            Event::Scalar(value, style, anchor, tag) => {
                let (start, end) = self.text.bytes(marks);
                let (start, tag) = self.properties(start, anchor != 0 || tag.is_some(), tag.is_some());
                let node = self.scalar(value.into_owned(), style, start, end);
                self.finish(node, tag, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let open = Open::List(Vec::new());
                self.open(open, marks, anchor, tag.is_some())
            }
            Event::MappingStart(anchor, tag) => {
                let open = Open::Map { pairs: Vec::new(), key: Key::Awaited };
                self.open(open, marks, anchor, tag.is_some())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(marks),
        }
    }

    fn document(&mut self, marks: Marks) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 || self.dialect == Dialect::Foreign {
            return Ok(());
        }
        let (start, end) = self.text.bytes(marks);
        self.diags.push(
            Diagnostic::error("source/second-document", "file has a second YAML document")
                .at(At::Span(self.text.span(start, end)), "the second document starts here")
                .note("one file holds one document, so that nothing after a `---` is overlooked")
                .help("move the second document to a file of its own, or remove the `---`"),
        );
        Err(Stop)
    }

    /// Returns where a node starts after its anchor and tag, and the tag; our own files have none, so it is reported.
    fn properties(&mut self, start: usize, has_any: bool, has_tag: bool) -> (usize, Option<(String, Span)>) {
        if !has_any {
            return (start, None);
        }
        let mut at = start;
        let mut found = None;
        loop {
            let rest = self.text.from(at);
            let word = rest.len()
                - rest
                    .trim_start_matches(|c: char| !c.is_whitespace() && !matches!(c, ',' | '[' | ']' | '{' | '}'))
                    .len();
            if has_tag && rest.starts_with('!') {
                let tag = rest.get(..word).unwrap_or_default();
                let span = self.text.span(at, at + word);
                match self.dialect {
                    Dialect::Own => self.diags.push(syntax::tag(span, tag)),
                    Dialect::Foreign => found = Some((tag.to_owned(), span)),
                }
            } else if !rest.starts_with(['&', '!']) {
                break;
            }
            at = skip_blank(self.text, at + word.max(1));
        }
        (at, found)
    }

    fn scalar(&self, value: String, style: ScalarStyle, start: usize, end: usize) -> Node {
        let raw = self.text.body.get(start..end).unwrap_or_default();
        let written = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => quoted_length(raw),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => raw.trim_end().len(),
        };
        let span = match (style, value.is_empty()) {
            (ScalarStyle::Plain, true) => self.empty_span(start),
            (_, _) => self.text.span(start, start + written),
        };
        let value = match style {
            ScalarStyle::Plain => Value::Plain(value),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted | ScalarStyle::Literal | ScalarStyle::Folded => {
                Value::Quoted(value)
            }
        };
        Node { value, span }
    }

    /// Returns the place of a value that was left out: after the colon of its key, or after the `-`.
    fn empty_span(&self, start: usize) -> Span {
        let key = match self.frames.last() {
            Some(Frame { open: Open::Map { key: Key::Read(_, span), .. }, .. }) => Some(*span),
            Some(_) | None => None,
        };
        let at = match key {
            Some(key) => {
                let end = usize::try_from(key.end).unwrap_or_default().saturating_sub(self.text.skipped);
                let rest = self.text.from(end);
                let blank = rest.len() - rest.trim_start().len();
                if rest.trim_start().starts_with(':') { end + blank + 1 } else { end }
            }
            None => self.text.body.get(..start).unwrap_or_default().trim_end().len(),
        };
        self.text.span(at, at)
    }

    fn open(&mut self, open: Open, marks: Marks, anchor: usize, has_tag: bool) -> Result<(), Stop> {
        let (start, _) = self.text.bytes(marks);
        let (start, tag) = self.properties(start, anchor != 0 || has_tag, has_tag);
        if self.frames.len() >= MAX_DEPTH {
            self.diags.push(too_deep(self.text.span(start, start + 1)));
            return Err(Stop);
        }
        self.frames.push(Frame { open, start, anchor, tag });
        Ok(())
    }

    fn close(&mut self, marks: Marks) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let (_, end) = self.text.bytes(marks);
        let (value, first) = match frame.open {
            Open::List(items) => {
                let first = items.first().map(|item| item.span);
                (Value::List(items), first)
            }
            Open::Map { mut pairs, .. } => {
                refuse_duplicates(&mut pairs, self.diags);
                let first = pairs.first().map(|pair| pair.key_span);
                (Value::Map(pairs), first)
            }
        };
        let span = first.unwrap_or_else(|| self.text.span(frame.start, end));
        self.finish(Node { value, span }, frame.tag, frame.anchor)
    }

    /// Takes a finished node: spells out its tag, stores it if it has an anchor and puts it in its place.
    fn finish(&mut self, node: Node, tag: Option<(String, Span)>, anchor: usize) -> Result<(), Stop> {
        let node = match tag {
            Some((tag, span)) => tags::long_form(&tag, span, node, self.diags),
            None => node,
        };
        if anchor != 0 {
            let size = measure(&node);
            self.charge(size, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        self.place(node);
        Ok(())
    }

    fn place(&mut self, node: Node) {
        let Some(frame) = self.frames.last_mut() else {
            self.roots.push(node);
            return;
        };
        match &mut frame.open {
            Open::List(items) => items.push(node),
            Open::Map { pairs, key } => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited => *key = read_key(node, self.dialect, self.diags),
                Key::Read(name, key_span) => pairs.push(Pair { key: name, key_span, value: node }),
                Key::Refused => {}
            },
        }
    }

    fn alias(&mut self, id: usize, marks: Marks) -> Result<(), Stop> {
        let (start, end) = self.text.bytes(marks);
        let span = self.text.span(start, end);
        let Some(size) = self.anchors.get(&id).map(|anchored| anchored.size) else {
            self.diags.push(
                Diagnostic::error("source/alias-cycle", "alias stands inside the value it stands for")
                    .at(At::Span(span), "would contain itself")
                    .note("an alias copies the whole value of its anchor")
                    .help("write the value out, or move the anchor to an inner value"),
            );
            return Err(Stop);
        };
        if self.frames.len() + size.depth > MAX_DEPTH {
            self.diags.push(too_deep(span));
            return Err(Stop);
        }
        self.charge(size, span)?;
        let Some(node) = self.anchors.get(&id).map(|anchored| Node { span, ..anchored.node.clone() }) else {
            return Ok(());
        };
        self.place(node);
        Ok(())
    }

    fn charge(&mut self, size: Size, span: Span) -> Result<(), Stop> {
        self.copied_nodes = self.copied_nodes.saturating_add(size.nodes);
        self.copied_bytes = self.copied_bytes.saturating_add(size.bytes);
        if self.copied_nodes <= MAX_COPIED_NODES && self.copied_bytes <= MAX_COPIED_BYTES {
            return Ok(());
        }
        self.diags.push(
            Diagnostic::error("source/too-many-copies", "anchors and aliases expand to too much")
                .at(At::Span(span), "the limit is passed here")
                .note(format!(
                    "copies may add up to {MAX_COPIED_NODES} values and {} MiB of text to a file",
                    MAX_COPIED_BYTES / 1024 / 1024
                ))
                .help("write the values out, or put what is shared into an overlay"),
        );
        Err(Stop)
    }
}

fn empty_file(text: &Text<'_>) -> Diagnostic {
    let why = if text.body.trim().is_empty() { "nothing is written in it" } else { "there are only comments in it" };
    Diagnostic::error("source/empty-file", "file is empty")
        .at(At::File(text.file), why)
        .note("an input file holds a mapping of sections")
        .help("write a section such as `queues:`, or remove the file")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("source/too-deep", "values are nested too deeply")
        .at(At::Span(span), format!("level {}", MAX_DEPTH + 1))
        .note(format!("mappings and lists may be nested up to {MAX_DEPTH} levels deep"))
        .help("flatten the value, or write it as a JSON string")
}

fn read_key(node: Node, dialect: Dialect, diags: &mut Diagnostics) -> Key {
    let (text, plain) = match node.value {
        Value::Quoted(text) => (text, false),
        Value::Plain(text) => (text, true),
        Value::List(_) | Value::Map(_) => {
            diags.push(
                Diagnostic::error("source/complex-key", "key is not a string")
                    .at(At::Span(node.span), "a mapping or list as a key")
                    .note("names are strings; a `{` or `[` before the `:` makes a mapping or list of them")
                    .help("write a string, in quotes if it starts with `{` or `[`"),
            );
            return Key::Refused;
        }
    };
    if plain && text == "<<" {
        diags.push(
            Diagnostic::error("source/merge-key", "merge keys are not supported")
                .at(At::Span(node.span), "`<<` would merge another mapping into this one")
                .note("YAML 1.2 has no merge keys, and tools disagree on which of two values wins")
                .help("write the keys out, or put what differs between environments into an overlay"),
        );
        return Key::Refused;
    }
    let kind = match scalar::read(&text) {
        _ if dialect == Dialect::Foreign => None,
        Scalar::Text => None,
        Scalar::Null => Some("null"),
        Scalar::Bool(_) => Some("a boolean"),
        Scalar::Int(_) | Scalar::Float(_) | Scalar::Ambiguous | Scalar::NotFinite => Some("a number"),
    };
    match kind {
        Some(kind) if plain => {
            diags.push(
                Diagnostic::error("source/non-string-key", "key is not a string")
                    .at(At::Span(node.span), format!("YAML reads this as {kind}"))
                    .note("names are strings")
                    .help(format!("write \"{text}\"")),
            );
            Key::Refused
        }
        Some(_) | None => Key::Read(text, node.span),
    }
}

/// Reports the pairs whose key stands before them, and removes them.
fn refuse_duplicates(pairs: &mut Vec<Pair>, diags: &mut Diagnostics) {
    let mut order: Vec<(&str, usize)> =
        pairs.iter().enumerate().map(|(index, pair)| (pair.key.as_str(), index)).collect();
    order.sort_unstable();
    let is_same = |two: &&[(&str, usize)]| matches!(two, [a, b] if a.0 == b.0);
    if order.windows(2).find(is_same).is_none() {
        return;
    }
    let mut twice = Vec::new();
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        let Some(((key, first), rest)) = same.split_first() else {
            continue;
        };
        let Some(first) = pairs.get(*first).map(|pair| pair.key_span) else {
            continue;
        };
        for (_, index) in rest {
            twice.push(*index);
            if twice.len() > MAX_REPORTS {
                continue;
            }
            let Some(pair) = pairs.get(*index) else {
                continue;
            };
            diags.push(
                Diagnostic::error("source/duplicate-key", format!("key `{key}` is written twice"))
                    .at(At::Span(pair.key_span), "the second time")
                    .also(At::Span(first), "the first time")
                    .note("YAML tools keep one of the two without saying which")
                    .help("remove or rename one of them"),
            );
        }
    }
    twice.sort_unstable();
    let mut index = 0;
    pairs.retain(|_| {
        index += 1;
        twice.binary_search(&(index - 1)).is_err()
    });
}

fn measure(node: &Node) -> Size {
    let mut size = Size { nodes: 0, bytes: 0, depth: 0 };
    let mut pending = vec![(node, 0)];
    while let Some((node, depth)) = pending.pop() {
        size.nodes += 1;
        match &node.value {
            Value::Plain(text) | Value::Quoted(text) => size.bytes += text.len(),
            Value::List(items) => {
                size.depth = size.depth.max(depth + 1);
                pending.extend(items.iter().map(|item| (item, depth + 1)));
            }
            Value::Map(pairs) => {
                size.depth = size.depth.max(depth + 1);
                size.bytes += pairs.iter().map(|pair| pair.key.len()).sum::<usize>();
                pending.extend(pairs.iter().map(|pair| (&pair.value, depth + 1)));
            }
        }
    }
    size
}

/// Returns the length of a quoted string with its quotes; the parser's mark may include what follows on the line.
fn quoted_length(raw: &str) -> usize {
    let quote = raw.bytes().next().unwrap_or_default();
    let mut bytes = raw.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && quote == b'"' {
            bytes.next();
        } else if byte == quote && (quote == b'"' || bytes.next_if(|(_, next)| *next == quote).is_none()) {
            return at + 1;
        }
    }
    raw.trim_end().len()
}

/// Returns the byte of the next thing written after spaces, line breaks and comments.
fn skip_blank(text: &Text<'_>, from: usize) -> usize {
    let mut rest = text.from(from).trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    text.body.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::*;

    /// Parses and returns `id line:column-end text-of-span` and the whole wording of each finding.
    fn findings(text: &[u8]) -> (Option<Node>, Vec<(String, Diagnostic)>) {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let mut diags = Diagnostics::default();
        let node = parse(file, text, &mut diags);
        let list = diags.iter().map(|d| {
            let place = match &d.primary.as_ref().expect("has a place").at {
                At::Span(span) | At::Hidden(span) => {
                    let (line, column) = sources.line_column(file, span.start);
                    let bytes = text.get(span.start as usize..span.end as usize).expect("inside the file");
                    format!("{} {line}:{column} {}", d.id, String::from_utf8_lossy(bytes))
                }
                At::File(_) => format!("{} file", d.id),
                At::Caller { .. } => panic!("no caller in YAML"),
            };
            assert!(!d.notes.is_empty() && !d.help.is_empty(), "{d:?}");
            assert!(!d.title.ends_with('.') && !d.title.starts_with(char::is_uppercase), "{d:?}");
            (place, d.clone())
        });
        (node, list.collect())
    }

    fn one(text: impl AsRef<[u8]>) -> (String, String) {
        let (_, list) = findings(text.as_ref());
        assert_eq!(list.len(), 1, "{list:#?}");
        let (place, d) = list.into_iter().next().unwrap();
        (place, format!("{} | {} | {} | {}", d.title, d.primary.unwrap().text, d.notes.join(" "), d.help.join(" ")))
    }

    fn tree(text: &str) -> Node {
        let (node, list) = findings(text.as_bytes());
        assert!(list.is_empty(), "{list:#?}");
        node.expect("a tree")
    }

    fn written<'a>(text: &'a str, node: &Node) -> &'a str {
        &text[node.span.start as usize..node.span.end as usize]
    }

    #[test]
    fn spans_are_bytes_of_what_was_written() {
        let text =
            "größe: 'ä' # ü\nb: &x  plain text  # c\nc: \"q\\n\"\nd:\n  - 1\n  - *x\ne: |\n  block\n  two\nf: {}\n";
        let node = tree(text);
        let value = |key: &str| &node.pair(key).unwrap().value;
        assert_eq!(written(text, value("größe")), "'ä'");
        assert_eq!(written(text, value("b")), "plain text");
        assert_eq!(written(text, value("c")), "\"q\\n\"");
        assert_eq!(written(text, value("e")), "block\n  two");
        assert_eq!(written(text, value("f")), "{}");
        let Value::List(items) = &value("d").value else { panic!("a list") };
        assert_eq!(items.iter().map(|item| written(text, item)).collect::<Vec<_>>(), ["1", "*x"]);
        assert_eq!(items[1].value, Value::Plain("plain text".to_owned()));
        assert_eq!(written(text, value("d")), "1");
        let key = node.pair("größe").unwrap().key_span;
        assert_eq!(&text[key.start as usize..key.end as usize], "größe");
    }

    #[test]
    fn spans_stay_right_far_into_a_file_that_is_not_ascii() {
        let lines: Vec<_> = (0..500).map(|n| format!("ключ-{n}: значение-{n}")).collect();
        let text = lines.join(
            "
",
        );
        let node = tree(&text);
        for (n, pair) in node.pairs().iter().enumerate() {
            assert_eq!(written(&text, &pair.value), format!("значение-{n}"));
        }
    }

    #[test]
    fn a_value_left_out_stands_after_its_colon() {
        let text = "a:\nb: 1\nc:\n  - # nothing\n  - 2\n";
        let node = tree(text);
        let a = &node.pair("a").unwrap().value;
        assert_eq!((a.span.start, a.span.end, &a.value), (2, 2, &Value::Plain(String::new())));
    }

    #[test]
    fn a_byte_order_mark_is_tolerated() {
        let text = "\u{feff}a: b\n";
        let node = tree(text);
        assert_eq!(written(text, &node.pair("a").unwrap().value), "b");
    }

    #[test]
    fn scalars_keep_their_text() {
        let node = tree("a: 012\nb: '012'\nc: ~\nd: >-\n  x\n  y\n");
        assert_eq!(node.pair("a").unwrap().value.value, Value::Plain("012".to_owned()));
        assert_eq!(node.pair("b").unwrap().value.value, Value::Quoted("012".to_owned()));
        assert_eq!(node.pair("c").unwrap().value.value, Value::Plain("~".to_owned()));
        assert_eq!(node.pair("d").unwrap().value.value, Value::Quoted("x y".to_owned()));
    }

    #[test]
    fn bytes_that_are_not_utf8() {
        let (place, text) = one(b"a: 1\nb: \xe4\n");
        assert_eq!(place, "source/not-utf-8 2:4 \u{fffd}");
        assert!(text.contains("0xe4"), "{text}");
        assert!(one(b"\xff\xfea\0").1.contains("UTF-16"));
    }

    #[test]
    fn too_many_bytes() {
        let (place, text) = one(vec![b'a'; MAX_FILE_BYTES + 1]);
        assert_eq!(place, "source/too-large file");
        assert!(text.contains("4 MiB"), "{text}");
    }

    #[test]
    fn empty_files() {
        for text in ["", "  \n", "\u{feff}", "---\n", "---\n...\n"] {
            assert_eq!(one(text).0, "source/empty-file file", "{text:?}");
        }
        assert!(one("# a\n# b\n").1.contains("only comments"));
    }

    #[test]
    fn a_second_document() {
        let (place, text) = one("a: 1\n---\nb: 2\n");
        assert_eq!(place, "source/second-document 2:1 ---");
        assert!(text.contains("file of its own"), "{text}");
    }

    #[test]
    fn tabs_as_indentation() {
        for (text, at) in [
            ("a:\n\tb: 1\n", "2:1"),
            ("a:\n  b: 1\n\tc: 2\n", "3:1"),
            ("a:\n  b:\n  \t- 1\n", "3:3"),
            ("a:\n  - b: 1\n\t  c: 2\n", "3:1"),
        ] {
            let (place, wording) = one(text);
            assert_eq!(place, format!("source/tab {at} \t"), "{text:?}");
            assert!(wording.contains("spaces"), "{wording}");
        }
    }

    #[test]
    fn tabs_elsewhere_are_fine() {
        tree("a: 1\t# x\nb: |\n  \tx\nc:\n  - a\tb\n");
        let (place, text) = one("a:\t1\n");
        assert_eq!(place, "source/tab 1:3 \t");
        assert!(text.contains("in place of a space"), "{text}");
    }

    #[test]
    fn duplicate_keys_show_both_places_and_the_rest_goes_on() {
        let (node, list) = findings(b"a: 1\nb: {x: 1, x: 2}\na: 2\na: 3\n");
        let places: Vec<_> = list.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["source/duplicate-key 2:11 x", "source/duplicate-key 3:1 a", "source/duplicate-key 4:1 a"]);
        assert_eq!(list[1].1.others[0].at, At::Span(Span { file: FileId(0), start: 0, end: 1 }));
        assert!(list[1].1.title.contains("`a`"));
        let node = node.expect("a tree");
        assert_eq!(node.pairs().len(), 2);
        assert_eq!(node.pair("a").unwrap().value.value, Value::Plain("1".to_owned()));
    }

    #[test]
    fn a_flood_of_mistakes_ends() {
        assert_eq!(findings("- !x y\n".repeat(1_000).as_bytes()).1.len(), MAX_REPORTS);
        assert_eq!(findings("a: 1\n".repeat(1_000).as_bytes()).1.len(), MAX_REPORTS);
    }

    #[test]
    fn keys_that_are_no_strings() {
        assert_eq!(one("? [a, b]\n: 1\nc: 2\n").0, "source/complex-key 1:4 a");
        assert_eq!(one("{a: 1}: 1\n").0, "source/complex-key 1:2 a");
        let (place, text) = one("80: web\n");
        assert_eq!(place, "source/non-string-key 1:1 80");
        assert!(text.contains("write \"80\""), "{text}");
        assert_eq!(one("a: {true: 1}\n").0, "source/non-string-key 1:5 true");
        assert_eq!(one("~: 1\n").0, "source/non-string-key 1:1 ~");
        tree("'80': web\non: 1\n2012-10-17: x\n");
    }

    #[test]
    fn merge_keys() {
        let (place, text) = one("a: &x {k: 1}\nb:\n  <<: *x\n  c: 2\n");
        assert_eq!(place, "source/merge-key 3:3 <<");
        assert!(text.contains("overlay"), "{text}");
        tree("'<<': 1\n");
    }

    #[test]
    fn tags() {
        let (place, text) = one("a: !GetAtt b.c\n");
        assert_eq!(place, "source/tag 1:4 !GetAtt");
        assert!(text.contains("`Fn::GetAtt: …` in full"), "{text}");
        assert!(one("a: !Ref b\n").1.contains("`Ref: …` in full"));
        assert!(one("a: !!str 1\n").1.contains("quotes"));
        assert_eq!(one("a: &x !Sub\n  - b\n").0, "source/tag 1:7 !Sub");
        assert_eq!(one("a: !x!y b\n").0, "source/tag 1:4 !x!y");
        assert_eq!(findings(b"a: !Ref b\nc: [!Ref d, !Sub {e: f}]\n").1.len(), 3);
    }

    #[test]
    fn aliases_copy_but_not_without_end() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e]\n";
        let (place, text) = one(bomb);
        assert!(place.starts_with("source/too-many-copies"), "{place}");
        assert!(text.contains("100000"), "{text}");
        let wide = format!("a: &a '{}'\nb: [{}]\n", "x".repeat(1_000_000), "*a, ".repeat(100));
        assert!(one(wide).0.starts_with("source/too-many-copies 2:"));
        assert_eq!(one("a: &a [*a]\n").0, "source/alias-cycle 1:8 *a");
        assert_eq!(one("a: *nothing\n").0, "source/syntax 1:4 *nothing");
    }

    #[test]
    fn deep_nesting_ends_without_overflow() {
        for text in ["[".repeat(100), "- ".repeat(1_000_000), "{a: ".repeat(70), "[".repeat(1_000_000)] {
            let (place, wording) = one(&text);
            assert!(wording.contains("nested too deeply"), "{place} {wording}");
        }
        let blocks: Vec<_> = (0..80).map(|n| format!("{}a:", " ".repeat(n))).collect();
        let blocks = blocks.join(
            "
",
        );
        assert_eq!(one(&blocks).0, "source/too-deep 65:65 a");
        let alias = format!("a: &a {}1{}\nb: {}*a{}\n", "[".repeat(40), "]".repeat(40), "[".repeat(40), "]".repeat(40));
        assert_eq!(one(&alias).0, "source/too-deep 2:44 *a");
    }

    #[test]
    fn syntax_errors_have_a_place_and_plain_words() {
        for (text, place, words) in [
            ("a: 'x\nb: 1\n", "1:4 '", "quote is never closed"),
            ("a: \"x\\q\"\n", "1:4 \"", "escape"),
            ("a: b: c\n", "1:5 :", "key can stand"),
            ("a: 1\n b: 2\n", "2:3 :", "key can stand"),
            ("a: [1, 2\nb: 3\n", "2:2 :", "close every `[`"),
            ("a: @x\n", "1:4 @", "quotes"),
            ("a:\n  - 1\n b: 2\n", "3:2 b", "line does not fit"),
        ] {
            let (found, wording) = one(text);
            assert!(wording.contains(words), "{text:?} {found} {wording}");
            assert_eq!(found, format!("source/syntax {place}"), "{text:?}");
        }
    }

    #[test]
    fn brackets_and_quotes_at_the_margin_are_read_and_keep_their_places() {
        let text = "ä:\n  b: {\n    x: 1\n  }\n  c: 'one\ntwo'\n  d: end\n";
        let node = tree(text);
        let inner = &node.pair("ä").unwrap().value;
        assert_eq!(written(text, &inner.pair("b").unwrap().value.pair("x").unwrap().value), "1");
        assert_eq!(inner.pair("c").unwrap().value.value, Value::Quoted("one two".to_owned()));
        assert_eq!(written(text, &inner.pair("c").unwrap().value), "'one\ntwo'");
        assert_eq!(written(text, &inner.pair("d").unwrap().value), "end");
        assert_eq!(one("a: {\nb\n").0.split(' ').next(), Some("source/syntax"));
    }
}
