//! A day of the calendar.

use std::str::FromStr;

/// A day in the proleptic Gregorian calendar, written `YYYY-MM-DD`.
///
/// Range: 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Why a text is not a [`Date`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a day: write it as `2026-11-23`")]
pub struct DateError {
    text: String,
}

impl Date {
    /// Makes a day of a constant.
    ///
    /// # Panics
    /// At a day that the calendar lacks; in a constant it does not compile.
    #[expect(clippy::panic, reason = "evaluated by the compiler: constants only")]
    pub const fn of(year: u16, month: u8, day: u8) -> Self {
        match Self::checked(year, month, day) {
            Some(date) => date,
            None => panic!("no such day"),
        }
    }

    const fn checked(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let longest = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if year < 1970 || year > 9999 || day == 0 || day > longest {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Returns the number of days since 1970-01-01.
    pub fn days(self) -> i64 {
        // Howard Hinnant's days_from_civil: years start in March, so that the leap day is the last of its year.
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year / 400;
        let year_of_era = year % 400;
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// Returns the day that is `days` after 1970-01-01, or the last day there is.
    pub fn from_days(days: i64) -> Self {
        let days = days.clamp(0, 2_932_896) + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u8::try_from(number).unwrap_or(1);
        Self { year: u16::try_from(year).unwrap_or(9999), month: small(month), day: small(day) }
    }

    /// Returns how many days after `earlier` this day is; negative if it is before.
    pub fn days_after(self, earlier: Self) -> i64 {
        self.days() - earlier.days()
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || DateError { text: text.to_owned() };
        let parts: Vec<&str> = text.split('-').collect();
        let &[year, month, day] = parts.as_slice() else { return Err(refused()) };
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
            return Err(refused());
        }
        let date = match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => Self::checked(year, month, day),
            _ => None,
        };
        date.ok_or_else(refused)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

text_serde!(
    Date, DateError,
    expected: "a day such as 2026-11-23",
    schema: { "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn days_count_both_ways(days in 0_i64..2_932_897) {
            let date = Date::from_days(days);
            prop_assert_eq!(date.days(), days);
            prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        }
    }

    #[test]
    fn known_days_have_known_numbers() {
        assert_eq!(Date::of(1970, 1, 1).days(), 0);
        assert_eq!(Date::of(2000, 3, 1).days(), 11_017);
        assert_eq!(Date::of(2026, 11, 23).days_after(Date::of(2026, 2, 23)), 273);
    }

    #[test]
    fn days_that_the_calendar_lacks_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-01T00:00:00Z", ""] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2024-02-29".parse::<Date>().is_ok());
    }
}
