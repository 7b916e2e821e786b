//! Codes of places that Route 53 routes by.
//!
//! Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_GeoLocation.html> (read 2026-11-30): continents as
//! it lists them, countries of ISO 3166-1 alpha-2, states and possessions of the United States as the Postal Service
//! abbreviates them.

/// Codes and names of continents.
pub const CONTINENTS: &[(&str, &str)] = &[
    ("AF", "Africa"),
    ("AN", "Antarctica"),
    ("AS", "Asia"),
    ("EU", "Europe"),
    ("NA", "North America"),
    ("OC", "Oceania"),
    ("SA", "South America"),
];

/// Codes of countries (ISO 3166-1 alpha-2), and `XK`, which many use for Kosovo.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
     BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI \
     FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
     IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM \
     MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT \
     PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
     TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Codes and names of the states of the United States, and codes of its possessions.
pub const STATES: &[(&str, &str)] = &[
    ("AK", "Alaska"),
    ("AL", "Alabama"),
    ("AR", "Arkansas"),
    ("AZ", "Arizona"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DC", "District of Columbia"),
    ("DE", "Delaware"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("IA", "Iowa"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("MA", "Massachusetts"),
    ("MD", "Maryland"),
    ("ME", "Maine"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MO", "Missouri"),
    ("MS", "Mississippi"),
    ("MT", "Montana"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("NE", "Nebraska"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NV", "Nevada"),
    ("NY", "New York"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VA", "Virginia"),
    ("VT", "Vermont"),
    ("WA", "Washington"),
    ("WI", "Wisconsin"),
    ("WV", "West Virginia"),
    ("WY", "Wyoming"),
    ("AS", "American Samoa"),
    ("GU", "Guam"),
    ("MP", "Northern Mariana Islands"),
    ("PR", "Puerto Rico"),
    ("VI", "Virgin Islands"),
];

/// The country of which Route 53 has parts besides the United States.
pub const OTHER_WITH_PARTS: &str = "UA";

/// Names that are often written in the place of a code.
const MISTAKEN: &[(&str, &str)] = &[("UK", "GB"), ("EN", "GB"), ("EL", "GR"), ("SU", "RU"), ("JA", "JP"), ("DA", "DK")];

/// Whether there is a country of this code.
pub fn is_country(code: &str) -> bool {
    COUNTRIES.split_whitespace().any(|known| known == code)
}

/// Returns the code that was probably meant by one that is none.
pub fn country_meant(code: &str) -> Option<String> {
    let upper = code.to_ascii_uppercase();
    let known = MISTAKEN.iter().find(|(wrong, _)| *wrong == upper).map(|(_, right)| (*right).to_owned());
    known.or_else(|| Some(upper).filter(|upper| is_country(upper)))
}

/// Returns the code of a continent or state that goes by `text`: a name, or the code in other letters.
pub fn code_of(table: &[(&'static str, &'static str)], text: &str) -> Option<&'static str> {
    let is_meant = |(code, name): &&(&str, &str)| code.eq_ignore_ascii_case(text) || name.eq_ignore_ascii_case(text);
    table.iter().find(is_meant).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_names_lead_to_them() {
        let all: Vec<&str> = COUNTRIES.split_whitespace().collect();
        assert_eq!(all.len(), 250);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(country_meant("uk").as_deref(), Some("GB"));
        assert_eq!(country_meant("de").as_deref(), Some("DE"));
        assert_eq!(code_of(STATES, "california"), Some("CA"));
        assert_eq!(code_of(CONTINENTS, "US"), None);
    }
}
