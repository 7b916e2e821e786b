//! Reads JSON into the node tree: the fast path for templates, which tools write as JSON without line breaks.
//!
//! JSON is a subset of YAML, so this reader explains nothing: what it does not take, the YAML reader reads or reports.

use super::text::Text;
use super::yaml::MAX_DEPTH;
use super::{Node, Pair, Value};

/// Reads one JSON object; `None` for anything else, be it YAML, a duplicate key, or deeper than the limit.
pub(super) fn parse(text: &Text<'_>) -> Option<Node> {
    let mut reader = Reader { text, bytes: text.body.as_bytes(), at: 0, depth: 0 };
    reader.blank();
    if reader.peek()? != b'{' {
        return None;
    }
    let node = reader.value()?;
    reader.blank();
    (reader.at == reader.bytes.len()).then_some(node)
}

struct Reader<'a> {
    text: &'a Text<'a>,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self) -> Option<Node> {
        match self.peek()? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::list),
            b'"' => {
                let start = self.at;
                let value = Value::Quoted(self.string()?);
                Some(Node { value, span: self.text.span(start, self.at) })
            }
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Node>) -> Option<Node> {
        self.depth += 1;
        let node = if self.depth > MAX_DEPTH { None } else { read(self) };
        self.depth -= 1;
        node
    }

    fn object(&mut self) -> Option<Node> {
        let start = self.at;
        self.at += 1;
        let mut pairs: Vec<Pair> = Vec::new();
        self.blank();
        if self.take(b'}').is_none() {
            loop {
                self.blank();
                let key_start = self.at;
                let key = self.string()?;
                let key_span = self.text.span(key_start, self.at);
                self.blank();
                self.take(b':')?;
                self.blank();
                pairs.push(Pair { key, key_span, value: self.value()? });
                self.blank();
                if self.take(b',').is_none() {
                    self.take(b'}')?;
                    break;
                }
            }
        }
        if has_duplicate(&pairs) {
            return None;
        }
        let span = pairs.first().map_or_else(|| self.text.span(start, self.at), |pair| pair.key_span);
        Some(Node { value: Value::Map(pairs), span })
    }

    fn list(&mut self) -> Option<Node> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.blank();
        if self.take(b']').is_none() {
            loop {
                self.blank();
                items.push(self.value()?);
                self.blank();
                if self.take(b',').is_none() {
                    self.take(b']')?;
                    break;
                }
            }
        }
        let span = items.first().map_or_else(|| self.text.span(start, self.at), |item| item.span);
        Some(Node { value: Value::List(items), span })
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<Node> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.' | b'E')) {
            self.at += 1;
        }
        let word = self.text.body.get(start..self.at)?;
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            return None;
        }
        Some(Node { value: Value::Plain(word.to_owned()), span: self.text.span(start, self.at) })
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        let mut start = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    let rest = self.text.body.get(start..self.at)?;
                    self.at += 1;
                    if text.is_empty() {
                        return Some(rest.to_owned());
                    }
                    text.push_str(rest);
                    return Some(text);
                }
                b'\\' => {
                    text.push_str(self.text.body.get(start..self.at)?);
                    self.at += 1;
                    text.push(self.escape()?);
                    start = self.at;
                }
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let is_high = (0xd800..0xdc00).contains(&first);
                let code = if is_high {
                    self.take(b'\\')?;
                    self.take(b'u')?;
                    let low = self.unit()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    0x10000 + ((first - 0xd800) << 10) + low
                } else {
                    first
                };
                return char::from_u32(code);
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.body.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// Returns whether `word` is a number of JSON, which has no leading zeros or plus signs.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all(whole) && (whole == "0" || !whole.starts_with('0')) && all(fraction) && all(exponent)
}

fn has_duplicate(pairs: &[Pair]) -> bool {
    let is_before = |(index, pair): (usize, &Pair)| pairs.iter().take(index).any(|before| before.key == pair.key);
    if pairs.len() <= 16 {
        return pairs.iter().enumerate().any(is_before);
    }
    let mut keys: Vec<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
    keys.sort_unstable();
    !keys.is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::*;

    fn read(text: &str) -> Option<Node> {
        parse(&Text::new(Sources::default().add("a.json", text), text))
    }

    fn scalar(json: &str) -> Option<String> {
        read(&format!("{{\"a\": {json}}}"))?.pair("a")?.value.scalar().map(str::to_owned)
    }

    #[test]
    fn escapes_are_read_and_pairs_of_surrogates_make_one_character() {
        assert_eq!(scalar(r#""a\n\"\\\/A\ud83d\ude00""#).unwrap(), "a\n\"\\/A😀");
        for wrong in [r#""\ud83d""#, r#""\ude00""#, r#""\u00g0""#, r#""\x""#, "\"a\nb\"", "\"a"] {
            assert_eq!(scalar(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_and_words_keep_their_text() {
        for word in ["0", "-1", "1.50", "1e3", "2E-7", "true", "null"] {
            assert_eq!(scalar(word).as_deref(), Some(word));
        }
        for wrong in ["01", "+1", "1.", ".5", "1e", "yes", "truely", "-"] {
            assert_eq!(scalar(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_bytes_of_the_file() {
        let text = "\u{feff}{\"ä\": [\"b\", {}]}";
        let node = read(text).unwrap();
        let pair = &node.pairs()[0];
        let at = |span: crate::place::Span| &text[span.start as usize..span.end as usize];
        assert_eq!(
            [at(pair.key_span), at(pair.value.items()[0].span), at(pair.value.items()[1].span)],
            ["\"ä\"", "\"b\"", "{}"]
        );
    }

    #[test]
    fn what_is_left_to_the_yaml_reader() {
        for text in ["", "a: b", "{a: b}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1} x", "[1]"] {
            assert_eq!(read(text), None, "{text}");
        }
        let many: Vec<String> = (0..40).map(|n| format!("\"k{}\":1,", n % 39)).collect();
        assert_eq!(read(&format!("{{{}\"z\":1}}", many.concat())), None);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        assert_eq!(read(&deep), None);
    }
}
