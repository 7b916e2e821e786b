//! What the programs say, line by line.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::spawn;

use serde_json::Value;

/// A line that a program wrote to standard output or standard error.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name of the program's deployment.
    pub program: String,
    /// Process id, which tells a program from itself after a restart.
    pub process: u32,
    /// As it was written.
    pub text: String,
    /// The object of JSON that it should be.
    pub json: Option<Value>,
}

impl Line {
    /// A text of the object.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.json.as_ref()?[key].as_str()
    }
}

/// The lines of all programs, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Log {
    /// Every line until now.
    pub fn lines(&self) -> Vec<Line> {
        self.locked().clone()
    }

    /// The lines of a program.
    pub fn of(&self, program: &str) -> Vec<Line> {
        self.locked().iter().filter(|line| line.program == program).cloned().collect()
    }

    /// The lines that carry a request id.
    pub fn of_request(&self, id: &str) -> Vec<Line> {
        self.locked().iter().filter(|line| line.get("requestId") == Some(id)).cloned().collect()
    }

    /// The lines that are no object of JSON; there should be none.
    pub fn malformed(&self) -> Vec<Line> {
        self.locked().iter().filter(|line| line.json.is_none()).cloned().collect()
    }

    /// The lines that contain a text, such as a secret.
    pub fn containing(&self, text: &str) -> Vec<Line> {
        self.locked().iter().filter(|line| line.text.contains(text)).cloned().collect()
    }

    /// The last lines of a program, for messages.
    pub fn tail(&self, program: &str) -> String {
        let lines = self.of(program);
        let last = lines.iter().skip(lines.len().saturating_sub(30));
        let last: Vec<String> = last.map(|line| format!("{} {}: {}", line.program, line.process, line.text)).collect();
        last.join(
            "
",
        )
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.locked().clear();
    }

    /// Reads a stream to its end, on a thread of its own.
    pub(crate) fn follow(&self, program: &str, process: u32, stream: impl Read + Send + 'static) {
        let (log, program) = (self.clone(), program.to_owned());
        spawn(move || {
            // The stream ends with the program; a line that is cut off then is a line.
            for bytes in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let json = serde_json::from_str(&text).ok().filter(Value::is_object);
                log.locked().push(Line { program: program.clone(), process, text, json });
            }
        });
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
