//! Versions and names with numbers in them, of which AWS adds new ones while a list of them stays as it was read.

/// Whether a text is a family of a version: `17` of `17.4`, `8.4` of `8.4.3`. A service takes a family and chooses.
pub(super) fn is_family_of(text: &str, version: &str) -> bool {
    let is_version = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !text.is_empty();
    is_version(text) && version.strip_prefix(text).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether a text is a family of one of these versions.
pub(super) fn is_family(text: &str, versions: &[&str]) -> bool {
    versions.iter().any(|version| is_family_of(text, version))
}

/// Whether a text is newer than every member of a list that is like it: of the members that begin alike, its next number
/// is the largest. Of an instance class the family may be new while the size is known.
pub(super) fn is_newer(text: &str, members: &[&str]) -> bool {
    let parts = parts(text);
    let known: Vec<Vec<Part<'_>>> = members.iter().map(|member| self::parts(member)).collect();
    let is_later = parts.iter().enumerate().any(|(at, part)| {
        let Part::Number(number) = part else { return false };
        let alike = known.iter().filter(|member| member.get(..at) == parts.get(..at));
        let numbers: Vec<u64> = alike.filter_map(|member| member.get(at).and_then(Part::number)).collect();
        numbers.iter().max().is_some_and(|largest| number > largest)
    });
    is_later || is_new_family(text, members)
}

/// Whether a text is a class such as `db.x9.large` whose family is none of the list and whose size is one.
fn is_new_family(text: &str, members: &[&str]) -> bool {
    let split = |text: &str| -> Option<(String, String)> {
        let mut steps = text.rsplitn(2, '.');
        let (size, rest) = (steps.next()?, steps.next()?);
        let start = rest.rfind('.').map_or("", |at| rest.get(..=at).unwrap_or_default());
        let family = rest.strip_prefix(start)?;
        let has_both =
            family.starts_with(|c: char| c.is_ascii_lowercase()) && family.contains(|c: char| c.is_ascii_digit());
        has_both.then(|| (start.to_owned(), size.to_owned()))
    };
    let Some(own) = split(text) else { return false };
    let family = text.strip_suffix(&own.1).unwrap_or_default();
    let is_near = |member: &&&str| {
        let known = split(member).and_then(|(_, size)| member.strip_suffix(size.as_str()).map(str::to_owned));
        known.is_some_and(|known| known == family)
    };
    members.iter().any(|member| split(member).as_ref() == Some(&own)) && members.iter().find(is_near).is_none()
}

/// A run of digits or of anything else.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    Number(u64),
    Text(&'a str),
}

impl Part<'_> {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        found.push(part.parse().ok().filter(|_| is_digit).map_or(Part::Text(part), Part::Number));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_numbers_are_newer() {
        let postgres = ["16.3", "16.10", "17.7", "18.1"];
        for newer in ["17.8", "16.11", "19.1", "19"] {
            assert!(is_newer(newer, &postgres), "{newer}");
        }
        for known in ["16.4", "17.7", "15.9", "seventeen"] {
            assert!(!is_newer(known, &postgres), "{known}");
        }
        assert!(is_newer("nodejs26.x", &["nodejs24.x", "python3.14"]));
        assert!(is_newer("python3.15", &["nodejs24.x", "python3.14"]));
        assert!(!is_newer("nodejs22", &["nodejs24.x"]));
        assert!(!is_newer("pyton3.15", &["python3.14"]));
    }

    #[test]
    fn a_family_of_classes_may_be_new() {
        let classes = ["db.t4g.micro", "db.r8g.large", "cache.t3.small"];
        assert!(is_newer("db.r9g.large", &classes));
        assert!(is_newer("db.x3z.large", &classes));
        assert!(!is_newer("db.t4g.mirco", &classes));
        assert!(!is_newer("db.t4g.small", &["db.t4g.micro", "db.r8g.large"]));
    }

    #[test]
    fn a_family_of_versions_is_taken() {
        assert!(is_family("17", &["17.4"]) && is_family("8.4", &["8.4.3"]));
        assert!(!is_family("1", &["17.4"]) && !is_family("python3", &["python3.13"]) && !is_family("17.4", &["17.4"]));
    }
}
