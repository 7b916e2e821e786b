//! The name of a variable of an environment.

use std::str::FromStr;

use super::Name;

/// A name such as `alarms-email`, which stack files use as `${env.alarms-email}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

/// Why a text is not a [`VariableName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VariableNameError {
    /// The text is no name.
    #[error("{0}")]
    Name(#[from] super::NameError),
    /// Every environment has a variable of that name.
    #[error("`${{env.{0}}}` is there in every environment; use another name")]
    Taken(String),
}

impl VariableName {
    /// Names of the variables that every environment has.
    pub const TAKEN: [&'static str; 4] = ["account", "domain", "name", "region"];
}

impl FromStr for VariableName {
    type Err = VariableNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Name>()?;
        if Self::TAKEN.contains(&text) {
            Err(VariableNameError::Taken(text.to_owned()))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

text_access!(VariableName);
text_serde!(
    VariableName, VariableNameError,
    expected: "a name in kebab case",
    schema: { "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": 40 }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ones_own_are_taken() {
        assert_eq!("alarms-email".parse::<VariableName>().map(|name| name.to_string()), Ok("alarms-email".to_owned()));
        assert!("Alarms".parse::<VariableName>().is_err());
        assert_eq!("region".parse::<VariableName>(), Err(VariableNameError::Taken("region".to_owned())));
    }
}
