//! Why something did not come to pass: told to people and to programs from one value.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a step failed or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub(crate) struct Problem {
    /// Its id, which `infra explain` explains, such as `run/stale`.
    pub(crate) id: String,
    /// What is wrong and why; the first line says it by itself.
    pub(crate) message: String,
    /// Where what failed is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl Problem {
    /// A problem of which no place and no remedy is known yet.
    pub(crate) fn new(id: &'static str, message: impl Into<String>) -> Self {
        Self { id: id.to_owned(), message: message.into(), place: None, help: None }
    }

    /// The same with what to do.
    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same with where it is written.
    #[must_use]
    pub(crate) fn at(self, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..self }
    }

    /// What is wrong, on one line.
    pub(crate) fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())?;
        if let Some(place) = &self.place {
            write!(f, "\nat {place}")?;
        }
        for line in self.message.lines().skip(1) {
            write!(f, "\n{line}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// A problem in a journal; earlier versions wrote only its words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Words(String),
    Whole {
        id: String,
        message: String,
        #[serde(default)]
        place: Option<String>,
        #[serde(default)]
        help: Option<String>,
    },
}

impl From<Written> for Problem {
    fn from(written: Written) -> Self {
        match written {
            Written::Words(words) => Self::new("run/failed", words),
            Written::Whole { id, message, place, help } => Self { id, message, place, help },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_its_place_and_remedy_and_read_as_it_was_written() {
        let problem = Problem::new("run/stale", "it changed\nsince then").at("stacks/a.yaml:1:1").help("plan again");
        assert_eq!(problem.to_string(), "it changed\nat stacks/a.yaml:1:1\nsince then\nhelp: plan again");
        assert_eq!(problem.title(), "it changed");
        let written = serde_json::to_string(&problem).unwrap();
        assert_eq!(serde_json::from_str::<Problem>(&written).unwrap(), problem);
        assert_eq!(serde_json::from_str::<Problem>("\"words\"").unwrap(), Problem::new("run/failed", "words"));
    }
}
