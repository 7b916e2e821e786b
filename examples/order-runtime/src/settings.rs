//! Settings: environment variables, and files whose paths they hold.
//!
//! A program asks for each of its settings once, good or bad, and ends with everything that is wrong. What it asked for
//! is its contract with whoever deploys it, see [`crate::contract`].

use std::cell::RefCell;
use std::path::PathBuf;
use std::str::FromStr;
use std::{fmt, fs, io};

/// A text that must not be seen: it is `***` wherever it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text itself, to be given to the one who asks for it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A file with a secret. It is read whenever the secret is needed: who rotates a secret writes its file anew, and nobody
/// restarts the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile(PathBuf);

impl SecretFile {
    /// Names one.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Reads the secret as it is now.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is empty.
    pub fn read(&self) -> io::Result<Secret> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.0.display()));
        secret(&fs::read_to_string(&self.0).map_err(named)?).ok_or_else(|| named(io::Error::other("the file is empty")))
    }
}

/// Takes the secret out of its file, which may end with the end of a line; nothing if there is nothing else.
fn secret(text: &str) -> Option<Secret> {
    let text = text.trim_end_matches(['\r', '\n']);
    (!text.is_empty()).then(|| Secret::new(text))
}

/// A setting that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The variable.
    pub name: &'static str,
    /// What it says.
    pub what: &'static str,
    /// What holds without it; nothing if it must be there.
    pub default: Option<String>,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Wrong(pub Vec<String>);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the settings cannot be used:", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// Reads settings.
pub struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    file: &'a dyn Fn(&str) -> std::io::Result<String>,
    asked: RefCell<Vec<Asked>>,
    wrong: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    /// Reads with functions that return a variable and the contents of a file.
    pub fn new(
        variable: &'a dyn Fn(&str) -> Option<String>,
        file: &'a dyn Fn(&str) -> std::io::Result<String>,
    ) -> Self {
        Self { variable, file, asked: RefCell::default(), wrong: RefCell::default() }
    }

    /// Reads the environment of this process with a function, and returns what that made of it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn environment<T>(read: impl FnOnce(&Reader<'_>) -> Option<T>) -> Result<T, Wrong> {
        let reader = Reader::new(&|name| std::env::var(name).ok(), &|path| std::fs::read_to_string(path));
        reader.finish(read)
    }

    /// Runs a function that reads settings.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn finish<T>(&self, read: impl FnOnce(&Self) -> Option<T>) -> Result<T, Wrong> {
        let value = read(self);
        let wrong = self.wrong.take();
        match value {
            Some(value) if wrong.is_empty() => Ok(value),
            Some(_) | None if wrong.is_empty() => Err(Wrong(vec!["internal error: settings are missing".to_owned()])),
            Some(_) | None => Err(Wrong(wrong)),
        }
    }

    /// Returns what a function asks for, without values.
    pub fn asked<T>(read: impl FnOnce(&Reader<'_>) -> Option<T>) -> Vec<Asked> {
        let reader = Reader::new(&|_| None, &|_| Err(std::io::ErrorKind::NotFound.into()));
        // Without values there is nothing to return; what counts is what was asked.
        let _ = read(&reader);
        reader.asked.into_inner()
    }

    /// Reads a variable that must be there. `None` is a problem that was noted.
    pub fn required<T: FromStr<Err: fmt::Display>>(&self, name: &'static str, what: &'static str) -> Option<T> {
        self.asked.borrow_mut().push(Asked { name, what, default: None });
        match self.value(name) {
            Some(text) => self.parse(name, &text),
            None => self.problem(format!("{name} is not set: {what}")),
        }
    }

    /// Reads a variable that may be missing. `None` is a problem that was noted.
    pub fn or<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
        what: &'static str,
        default: &str,
    ) -> Option<T> {
        self.asked.borrow_mut().push(Asked { name, what, default: Some(default.to_owned()) });
        self.parse(name, &self.value(name).unwrap_or_else(|| default.to_owned()))
    }

    /// Reads a variable that may be missing and then stands for nothing. The outer `None` is a problem that was noted.
    pub fn maybe<T: FromStr<Err: fmt::Display>>(&self, name: &'static str, what: &'static str) -> Option<Option<T>> {
        self.asked.borrow_mut().push(Asked { name, what, default: Some(String::new()) });
        match self.value(name) {
            Some(text) => self.parse(name, &text).map(Some),
            None => Some(None),
        }
    }

    /// Returns the file with a secret that a variable names, which must be there. `None` is a problem that was noted.
    pub fn secret(&self, name: &'static str, what: &'static str) -> Option<SecretFile> {
        let path: String = self.required(name, what)?;
        match (self.file)(&path) {
            Ok(text) if secret(&text).is_none() => self.problem(format!("{name} names {path}, which is empty: {what}")),
            Ok(_) => Some(SecretFile::new(path)),
            Err(error) => self.problem(format!("{name} names {path}, which cannot be read ({error}): {what}")),
        }
    }

    /// Notes a problem that the caller found, and returns `false`.
    pub fn refuse(&self, problem: String) -> bool {
        self.wrong.borrow_mut().push(problem);
        false
    }

    /// An empty variable is one that is not set, as OpenTelemetry and shells have it.
    fn value(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|text| !text.is_empty())
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.problem(format!("{name} is `{text}`: {error}")),
        }
    }

    fn problem<T>(&self, text: String) -> Option<T> {
        self.wrong.borrow_mut().push(text);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "PORT" => "8080",
            "EMPTY" => "",
            "BAD" => "many",
            "TOKEN_FILE" => "/token",
            "GONE_FILE" => "/gone",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn file(path: &str) -> std::io::Result<String> {
        if path == "/token" { Ok("s3cret\n".to_owned()) } else { Err(std::io::ErrorKind::NotFound.into()) }
    }

    #[test]
    fn settings_are_read() {
        let reader = Reader::new(&variable, &file);
        let read = reader.finish(|env| {
            let port = env.required::<u16>("PORT", "port");
            let pool = env.or::<u32>("EMPTY", "connections", "4");
            let bucket = env.maybe::<String>("BUCKET", "bucket");
            let token = env.secret("TOKEN_FILE", "token");
            Some((port?, pool?, bucket?, token?))
        });
        let (port, pool, bucket, token) = read.expect("all is there");
        assert_eq!((port, pool, bucket, token), (8080, 4, None, SecretFile::new("/token")));
    }

    #[test]
    fn a_secret_is_what_its_file_says_now() {
        let path = std::env::temp_dir().join(format!("order-runtime-secret-{}", std::process::id()));
        let file = SecretFile::new(&path);
        for (written, read) in [("one\n", "one"), ("two\r\n", "two"), (" three ", " three ")] {
            fs::write(&path, written).expect("the file can be written");
            let secret = file.read().expect("it is there");
            assert_eq!(secret.reveal(), read);
            assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        }
        fs::write(&path, "\n").expect("the file can be written");
        assert!(file.read().expect_err("it is empty").to_string().ends_with("the file is empty"));
        fs::remove_file(&path).expect("it is there");
        assert_eq!(file.read().expect_err("it is gone").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let reader = Reader::new(&variable, &file);
        let read = reader.finish(|env| {
            let port = env.required::<u16>("EMPTY", "the port");
            let pool = env.or::<u32>("BAD", "connections", "4");
            let token = env.secret("GONE_FILE", "the token");
            let other = env.secret("OTHER_FILE", "another");
            Some((port?, pool?, token?, other?))
        });
        let said = read.expect_err("all of it is wrong").to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "4 of the settings cannot be used:");
        assert_eq!(lines[1], "  EMPTY is not set: the port");
        assert_eq!(lines[2], "  BAD is `many`: invalid digit found in string");
        assert!(lines[3].starts_with("  GONE_FILE names /gone, which cannot be read ("), "{said}");
        assert_eq!(lines[4], "  OTHER_FILE is not set: another");
    }
}
