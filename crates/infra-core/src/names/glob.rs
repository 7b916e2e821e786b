//! Patterns of IAM and of names that are known in part.

/// Returns whether `text` fits `pattern`, in which `*` stands for any text and `?` for any one character.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    (p, t) = (at + 1, eaten + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_policies() {
        assert!(glob("arn:aws:sqs:*:*:orders-?", "arn:aws:sqs:eu-west-1:111122223333:orders-1"));
        assert!(glob("*", ""));
        assert!(glob("a*b*c", "axxbyybzc"));
        assert!(!glob("sqs:Send", "sqs:SendMessage"));
        assert!(!glob("a*b", "a"));
    }
}
