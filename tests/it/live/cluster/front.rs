//! What stands before an API server: counts what is asked, and answers otherwise, later or not at all where a test wants.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

use super::{Answer, MEMBER, Request, Server, TOKEN, User};

/// What happens to requests that match, so many times.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    /// Part of path and query, which end with `$`.
    pub(crate) contains: &'static str,
    pub(crate) times: usize,
    pub(crate) what: What,
}

#[derive(Clone)]
pub(crate) enum What {
    /// This status, headers and body are answered.
    Answer(u16, &'static str, Value),
    /// The answer takes longer.
    Slow(Duration),
    /// It is carried out, and the connection ends without an answer.
    Lost,
}

#[derive(Default)]
pub(super) struct Seen {
    pub(super) calls: Vec<String>,
    pub(super) bodies: Vec<Value>,
    pub(super) faults: Vec<Fault>,
    /// A header with which every apply is answered.
    pub(super) warning: &'static str,
    /// What happens to every request the first time that it is sent.
    first: Option<What>,
    failed: BTreeSet<String>,
}

pub(super) struct Front {
    seen: Arc<Mutex<Seen>>,
    pub(super) port: u16,
}

impl Seen {
    /// Has this happen to every request the first time that it is sent from now on.
    pub(super) fn fail_first(&mut self, what: Option<What>) {
        (self.first, self.failed) = (what, BTreeSet::new());
    }
}

impl Front {
    pub(super) fn start(server: Arc<dyn Server>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let front = Self { seen: Arc::clone(&seen), port };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, server) = (Arc::clone(&seen), Arc::clone(&server));
                std::thread::spawn(move || serve(stream, &seen, &*server));
            }
        });
        front
    }

    pub(super) fn state(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no thread of the front panicked")
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Seen>, server: &dyn Server) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream can be cloned"));
    while let Some(request) = request(&mut reader) {
        let fault = {
            let mut seen = seen.lock().expect("no thread panicked");
            seen.calls.push(format!("{} {}", request.method, request.target));
            if request.method == "PATCH" && !request.target.contains("dryRun=All") {
                seen.bodies.extend(serde_json::from_slice::<Value>(&request.body));
            }
            let matches = |it: &&mut Fault| {
                it.times > 0 && it.method == request.method && format!("{}$", request.target).contains(it.contains)
            };
            let fault = seen.faults.iter_mut().find(matches).map(|fault| {
                fault.times -= 1;
                fault.what.clone()
            });
            let first = seen.first.clone().filter(|_| fault.is_none());
            fault.or(first.filter(|_| seen.failed.insert(format!("{} {}", request.method, request.target))))
        };
        let (answer, more) = match fault {
            Some(What::Answer(status, headers, body)) => {
                if status == 410 {
                    server.answer(&request);
                }
                (Answer { status, headers: Vec::new(), body }, headers)
            }
            Some(What::Lost) => {
                server.answer(&request);
                return;
            }
            other => {
                if let Some(What::Slow(time)) = other {
                    std::thread::sleep(time);
                }
                let warning =
                    if request.method == "PATCH" { seen.lock().expect("no thread panicked").warning } else { "" };
                (server.answer(&request), warning)
            }
        };
        let (kind, body) = match &answer.body {
            Value::String(text) => ("text/plain", text.clone()),
            body => ("application/json", body.to_string()),
        };
        let headers: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "HTTP/1.1 {} X\r\nContent-Type: {kind}\r\n{headers}{more}Content-Length: {}\r\n\r\n",
            answer.status,
            body.len()
        );
        let mut stream = &stream;
        if stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let mut all = lines.iter().filter_map(|line| line.split_once(':'));
        all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let user = match header("authorization") {
        None => User::Anonymous,
        Some(token) if token == format!("Bearer {TOKEN}") => User::Admin,
        Some(token) => match token.strip_prefix("Bearer ").and_then(|token| token.strip_prefix(MEMBER)) {
            Some(group) => User::Named(group.to_owned()),
            None => User::Unknown,
        },
    };
    let mut parts = lines.first()?.split(' ');
    Some(Request {
        method: parts.next()?.to_owned(),
        target: parts.next()?.to_owned(),
        content_type: header("content-type").unwrap_or_default(),
        accept: header("accept").unwrap_or_else(|| "application/json".to_owned()),
        user,
        body,
    })
}
