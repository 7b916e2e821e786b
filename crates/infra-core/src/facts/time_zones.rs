//! The names of time zones.

/// Every name, links included, one a line, sorted. A later release may have more.
///
/// Source: the time zone database of IANA, release 2025b, in the public domain, <https://www.iana.org/time-zones> (read
/// 2026-11-30).
const TIME_ZONES: &str = include_str!("../../data/time-zones.txt");

/// Every name.
pub fn time_zones() -> impl Iterator<Item = &'static str> {
    TIME_ZONES.lines()
}

/// Whether there is a zone of this name.
pub fn is_time_zone(name: &str) -> bool {
    time_zones().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(time_zones().is_sorted() && time_zones().count() > 500);
        assert!(is_time_zone("Europe/Vienna") && is_time_zone("Etc/UTC") && !is_time_zone("Europe/Viena"));
    }
}
