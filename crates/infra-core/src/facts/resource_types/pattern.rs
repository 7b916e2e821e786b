//! The patterns of the schemas: regular expressions of ECMAScript, as JSON Schema has them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use regress::Regex;

/// Longest text that is matched, in bytes. The matcher goes back, so that its time must be bounded by its input.
pub const MAX_TEXT: usize = 4096;

/// The same for patterns with three or more open-ended repetitions: time may grow with the cube of the length.
const MAX_TEXT_REPEATED: usize = 512;

/// The same for patterns that repeat repetitions, such as `([a-z]+)*`: time may double with every byte.
const MAX_TEXT_NESTED: usize = 24;

/// The letters that mean something after a backslash.
const ESCAPES: &str = "dDwWsSbBnrtfvcxukpP";

/// A pattern that has been looked at.
#[derive(Clone)]
struct Compiled {
    /// The longest text that it may be tried on, in bytes.
    longest: usize,
    /// None if it is not understood.
    regex: Option<Arc<Regex>>,
}

/// The patterns that have been compiled, by where their text is: all are in the facts, and most are long and begin
/// alike. A memory of results, not a state: it changes no answer.
static COMPILED: RwLock<BTreeMap<(usize, usize), Compiled>> = RwLock::new(BTreeMap::new());

/// Whether the pattern matches somewhere in the text.
///
/// `None` if the pattern is not one that we understand, or the text is too long for it, at most [`MAX_TEXT`]: then
/// nothing is known.
pub fn pattern_matches(pattern: &'static str, text: &str) -> Option<bool> {
    let compiled = compiled(pattern);
    if text.len() > compiled.longest {
        return None;
    }
    Some(compiled.regex?.find(text).is_some())
}

fn compiled(pattern: &'static str) -> Compiled {
    let place = (pattern.as_ptr().addr(), pattern.len());
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
    known.unwrap_or_else(|| {
        // Outside the lock: another thread that needs the same pattern does this twice, but none waits.
        let compiled = Compiled { longest: longest(pattern), regex: compile(pattern).map(Arc::new) };
        COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(place, compiled.clone());
        compiled
    })
}

/// Compiles as JSON Schema asks, with the `u` flag. Many patterns escape more than that flag allows, such as `\-`.
fn compile(pattern: &str) -> Option<Regex> {
    let pattern = with_known_escapes(pattern)?;
    Regex::with_flags(&pattern, "u")
        .or_else(|error| if pattern.contains("\\p") { Err(error) } else { Regex::new(&pattern) })
        .ok()
}

/// The pattern with `^` and `$` for the `\A` and `\Z` of other dialects; none if it escapes another letter, which
/// would stand for itself here and for something else there.
fn with_known_escapes(pattern: &str) -> Option<String> {
    let mut rewritten = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match if character == '\\' { characters.next() } else { None } {
            None => rewritten.push(character),
            Some('A') => rewritten.push('^'),
            Some('Z' | 'z') => rewritten.push('$'),
            Some(letter) if letter.is_ascii_alphabetic() && !ESCAPES.contains(letter) => return None,
            Some(other) => rewritten.extend(['\\', other]),
        }
    }
    Some(rewritten)
}

/// The longest text that the pattern may be tried on.
fn longest(pattern: &str) -> usize {
    let shape = shape(pattern);
    // Of every open group: where its body begins, and how many open-ended repetitions came before it.
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut n_repeated = 0;
    for (index, token) in shape.iter().enumerate() {
        match token {
            Token::Open => groups.push((index + 1, n_repeated)),
            Token::Repeat => n_repeated += 1,
            Token::Close => {
                let (start, before) = groups.pop().unwrap_or_default();
                let repeated = shape.get(index + 1) == Some(&Token::Repeat);
                let body = shape.get(start..index).unwrap_or_default();
                if repeated && n_repeated > before && !is_separated(body) {
                    return MAX_TEXT_NESTED;
                }
            }
            Token::One(_) | Token::Class(_) | Token::Or | Token::Maybe => {}
        }
    }
    if n_repeated < 3 { MAX_TEXT } else { MAX_TEXT_REPEATED }
}

/// Whether a repeated group starts or ends with a separator that it does not contain elsewhere, as `(-[a-z]+)*` and
/// `([a-z]+[._])*` do: then there is only one way to read a text.
fn is_separated(body: &[Token]) -> bool {
    let optional = matches!(body.get(1), Some(Token::Repeat | Token::Maybe));
    let ends = [body.split_first().filter(|_| !optional), body.split_last()];
    ends.into_iter().flatten().any(|(end, rest)| {
        let separators = match end {
            Token::One(one) => one.to_string(),
            Token::Class(class) => class.clone(),
            Token::Open | Token::Close | Token::Or | Token::Repeat | Token::Maybe => String::new(),
        };
        let foreign = |one: &char| !separators.contains(*one);
        !separators.is_empty()
            && separators.chars().all(|one| one.is_ascii_punctuation() && !"\\^".contains(one))
            && rest.iter().all(|token| match token {
                Token::One(one) => foreign(one),
                Token::Class(class) => !class.contains(['\\', '^']) && class.chars().all(|one| foreign(&one)),
                Token::Or => false,
                Token::Open | Token::Close | Token::Repeat | Token::Maybe => true,
            })
    })
}

/// What matters for the time that a pattern takes.
#[derive(PartialEq)]
enum Token {
    Open,
    Close,
    Or,
    /// `*`, `+` or `{n,m}`.
    Repeat,
    /// `?`.
    Maybe,
    /// One character.
    One(char),
    /// The inside of brackets, an escape such as `\w`, or the dot; of letters and digits nothing is kept, and what may
    /// be anything is a backslash.
    Class(String),
}

/// The pattern as such tokens; `{n}` and anchors do not matter.
fn shape(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '(' => {
                tokens.push(Token::Open);
                if let Some(rest) =
                    ["?:", "?=", "?!", "?<=", "?<!"].iter().find_map(|start| characters.as_str().strip_prefix(start))
                {
                    characters = rest.chars();
                }
            }
            ')' => tokens.push(Token::Close),
            '|' => tokens.push(Token::Or),
            '*' | '+' => tokens.push(Token::Repeat),
            '{' => {
                let count: String = characters.by_ref().take_while(|inner| *inner != '}').collect();
                tokens.extend(count.contains(',').then_some(Token::Repeat));
            }
            '[' => tokens.push(Token::Class(class(&mut characters))),
            '.' => tokens.push(Token::Class("\\".to_owned())),
            '\\' => match characters.next() {
                Some(letter) if letter.is_ascii_alphanumeric() => tokens.push(Token::Class(escaped(letter).to_owned())),
                other => tokens.extend(other.map(Token::One)),
            },
            '?' => tokens.push(Token::Maybe),
            '^' | '$' => {}
            other => tokens.push(Token::One(other)),
        }
    }
    tokens
}

/// The inside of brackets; escaped punctuation loses its backslash.
fn class(characters: &mut std::str::Chars<'_>) -> String {
    let mut inside = String::new();
    while let Some(character) = characters.next() {
        match character {
            ']' => break,
            '\\' => match characters.next() {
                Some(letter) if letter.is_ascii_alphanumeric() => inside.push_str(escaped(letter)),
                other => inside.extend(other),
            },
            other => inside.push(other),
        }
    }
    // Ranges of letters and digits contain no dash.
    let ranges = ["a-z", "A-Z", "0-9", "a-f", "A-F"];
    let punctuation = ranges.iter().fold(inside, |text, range| text.replace(range, ""));
    punctuation.chars().filter(|one| !one.is_ascii_alphanumeric()).collect()
}

/// The punctuation of an escape.
fn escaped(letter: char) -> &'static str {
    match letter {
        'w' => "_",
        'd' => "",
        _ => "\\",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_not_anchored() {
        assert_eq!(pattern_matches("b+", "abc"), Some(true));
        assert_eq!(pattern_matches("^b+$", "abc"), Some(false));
    }

    #[test]
    fn the_dialect_is_that_of_ecmascript() {
        assert_eq!(pattern_matches(r"^(?!aws:)[\p{L}]+$", "é"), Some(true));
        assert_eq!(pattern_matches(r"^[\w\-]+$", "a-b"), Some(true), "an escape that the u flag refuses");
        assert_eq!(pattern_matches(r"\Aabc\Z", "abc"), Some(true));
        assert_eq!(pattern_matches(r"\Qabc\E", "abc"), None, "would match Q and E");
        assert_eq!(pattern_matches(r"[\p{L}\']+", "p"), None, "would match p without the u flag");
        assert_eq!(pattern_matches("(", "("), None);
    }

    #[test]
    fn a_pattern_that_may_take_forever_is_tried_on_short_texts_only() {
        for pattern in
            ["^([a-z]+)*$", r"^(?:[\w-]+|\$\{[a-z]+\})+$", "^[a-z](?:[._]?[a-z]+)*$", "^(-[a-z-]+)*$", "(a{1,9}){2,}"]
        {
            assert_eq!(longest(pattern), MAX_TEXT_NESTED, "{pattern}");
            assert_eq!(pattern_matches(pattern, &"a".repeat(100)), None, "{pattern}");
        }
        for pattern in [
            "^arn:aws(-[a-z]+)*:s3$",
            r"^([a-z]){1,9}$",
            r"^a+(\.[a-z]+)+$",
            "[(]+[*]+",
            "(a+){2}",
            r"^([\w]+-)*$",
            "([._-][a-z]+)+",
        ] {
            assert_ne!(longest(pattern), MAX_TEXT_NESTED, "{pattern}");
        }
        assert_eq!((longest("a+b+"), longest("a+b+c+")), (MAX_TEXT, MAX_TEXT_REPEATED));
    }

    #[test]
    fn too_long_a_text_is_not_judged() {
        assert_eq!(pattern_matches("a", &"a".repeat(MAX_TEXT)), Some(true));
        assert_eq!(pattern_matches("a", &"a".repeat(MAX_TEXT + 1)), None);
    }
}
