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

/// Returns whether two patterns with `*` and `?` may hold a text in common.
pub fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut row = vec![false; other.len() + 1];
    for i in 0..=one.len() {
        let mut next = vec![false; other.len() + 1];
        for j in 0..=other.len() {
            let (a, b) = (i.checked_sub(1).and_then(|i| one.get(i)), j.checked_sub(1).and_then(|j| other.get(j)));
            let up = row.get(j).copied().unwrap_or_default();
            let left = j.checked_sub(1).and_then(|j| next.get(j)).copied().unwrap_or_default();
            let both = j.checked_sub(1).and_then(|j| row.get(j)).copied().unwrap_or_default();
            let value = match (a, b) {
                (None, None) => true,
                (Some(b'*'), None) => up,
                (None, Some(b'*')) => left,
                (Some(b'*'), Some(_)) | (Some(_), Some(b'*')) => up || left || both,
                (Some(a), Some(b)) => both && (a == b || *a == b'?' || *b == b'?'),
                (Some(_), None) | (None, Some(_)) => false,
            };
            if let Some(place) = next.get_mut(j) {
                *place = value;
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
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
