//! Indents what stands in brackets and quotes, so that the YAML parser takes what other readers take.
//!
//! YAML 1.2 wants every line of a flow collection and of a quoted scalar to be indented more than the block around it.
//! `CloudFormation`, `PyYAML` and `libyaml` do not ask for it: a closing brace may stand below its key, and quoted text
//! may go on at the margin. Indentation means nothing in either, so adding some changes no value.
//!
//! Source: <https://yaml.org/spec/1.2.2/#74-flow-collection-styles> and section 7.3.1 (read 2026-11-30).

/// A text with blanks added, and where.
pub(super) struct Repaired {
    /// The text.
    pub(super) text: String,
    /// Where blanks were added, in order: the character of the new text where they start, and how many they are.
    pub(super) inserted: Vec<(usize, usize)>,
}

/// Indents the lines that YAML 1.2 wants indented; `None` if there are none or a quote has no end.
pub(super) fn indent(body: &str) -> Option<Repaired> {
    let mut scanner = Scanner::default();
    let mut repaired = Repaired { text: String::with_capacity(body.len()), inserted: Vec::new() };
    let mut characters = 0;
    for line in body.split_inclusive('\n') {
        let missing = scanner.line(line);
        if missing > 0 {
            repaired.inserted.push((characters, missing));
            repaired.text.extend(std::iter::repeat_n(' ', missing));
        }
        repaired.text.push_str(line);
        characters += missing + line.chars().count();
    }
    (scanner.quote.is_none() && !repaired.inserted.is_empty()).then_some(repaired)
}

/// Where a line-by-line reading of YAML stands.
#[derive(Default)]
struct Scanner {
    /// The quote that is open.
    quote: Option<char>,
    /// How many brackets are open.
    depth: usize,
    /// Column of the key or item in which the outermost quote or bracket was opened.
    base: usize,
    /// Column of the key or item that a block scalar belongs to.
    block: Option<usize>,
    /// Whether a value may begin here.
    fresh: bool,
}

impl Scanner {
    /// Reads a line; returns how many blanks it lacks.
    fn line(&mut self, line: &str) -> usize {
        let content = line.trim_start_matches(' ');
        let column = line.len() - content.len();
        let is_blank = content.trim().is_empty();
        if let Some(parent) = self.block {
            if is_blank || column > parent {
                return 0;
            }
            self.block = None;
        }
        let is_inside = self.quote.is_some() || self.depth > 0;
        self.fresh |= !is_inside;
        self.content(content, column, is_inside);
        if is_inside && !is_blank { (self.base + 1).saturating_sub(column) } else { 0 }
    }

    fn content(&mut self, content: &str, start: usize, is_inside: bool) {
        let mut key = if is_inside { self.base } else { start };
        let mut before = ' ';
        let mut characters = (start..).zip(content.chars()).peekable();
        while let Some((column, c)) = characters.next() {
            let next = characters.peek().map_or('\n', |(_, next)| *next);
            let ends = next.is_whitespace();
            if let Some(quote) = self.quote {
                let is_escape = (quote == '"' && c == '\\') || (quote == '\'' && c == '\'' && next == '\'');
                if is_escape {
                    characters.next();
                } else if c == quote {
                    (self.quote, self.fresh) = (None, false);
                }
                before = c;
                continue;
            }
            match c {
                _ if c.is_whitespace() => {}
                '#' if before.is_whitespace() => return,
                '"' | '\'' if self.fresh => {
                    self.open(key);
                    self.quote = Some(c);
                }
                '{' | '[' if self.fresh || self.depth > 0 => {
                    self.open(key);
                    (self.depth, self.fresh) = (self.depth + 1, true);
                }
                '}' | ']' if self.depth > 0 => (self.depth, self.fresh) = (self.depth - 1, false),
                ',' if self.depth > 0 => self.fresh = true,
                '-' | '?' if self.fresh && ends && self.depth == 0 => {
                    let blanks = content.chars().skip(column - start + 1).take_while(|c| *c == ' ').count();
                    key = column + 1 + blanks;
                }
                ':' if !self.fresh && (ends || (self.depth > 0 && matches!(before, '"' | '\''))) => self.fresh = true,
                '!' | '&' if self.fresh => while characters.next_if(|(_, c)| !c.is_whitespace()).is_some() {},
                '|' | '>' if self.fresh && self.depth == 0 => {
                    self.block = Some(key);
                    return;
                }
                _ => self.fresh = false,
            }
            before = c;
        }
    }

    fn open(&mut self, key: usize) {
        if self.quote.is_none() && self.depth == 0 {
            self.base = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> Option<String> {
        indent(text).map(|it| it.text)
    }

    #[test]
    fn brackets_may_be_closed_at_the_column_of_their_key() {
        assert_eq!(repaired("a:\n  b: {\n    x: 1\n  }\n").unwrap(), "a:\n  b: {\n    x: 1\n   }\n");
        assert_eq!(repaired("a: [\n1,\n2\n]\n").unwrap(), "a: [\n 1,\n 2\n ]\n");
        assert_eq!(repaired("- k: [\n  1\n  ]\n").unwrap(), "- k: [\n   1\n   ]\n");
    }

    #[test]
    fn quoted_text_may_go_on_at_the_margin() {
        assert_eq!(repaired("  a: '{\nx: ''y''\n}'\n  b: 1\n").unwrap(), "  a: '{\n   x: ''y''\n   }'\n  b: 1\n");
        assert_eq!(repaired("a: !Sub \"x\\\"\ny\"\n").unwrap(), "a: !Sub \"x\\\"\n y\"\n");
    }

    #[test]
    fn what_is_indented_or_is_no_bracket_stays() {
        for text in [
            "a: { b: 1 }\nc: 'x'\n",
            "a: |\n  {\n  'x\nb: 1\n",
            "a: it's {\nb: 1\n",
            "# don't {\na: 1 # '\nb: 2\n",
            "a: 'never closed\nb: 1\n",
        ] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_counted_in_characters() {
        assert_eq!(indent("ä: {\n}\n").unwrap().inserted, [(5, 1)]);
    }
}
