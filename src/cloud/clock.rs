//! A clock of this machine that is off: the right time is learned from an answer, and the next request is signed with it.

use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// From which difference on a refusal is taken for one of the clock, as the SDK does. Unit: seconds. AWS takes
/// signatures of the last and the next five minutes.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html> (from memory).
const SKEWED: i64 = 240;

/// Codes with which services refuse a signature of another time.
const CODES: [&str; 5] = [
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
];

/// Whether an answer refuses a request because of this machine's clock.
pub(super) fn is_off(code: &str, answer: &HttpResponse) -> bool {
    skew(code, answer).is_some()
}

/// How far the service's clock is ahead of this machine's, where it refuses a request for that. Unit: seconds.
pub(super) fn skew(code: &str, answer: &HttpResponse) -> Option<i64> {
    ahead(answer).filter(|ahead| CODES.contains(&code) && ahead.abs() >= SKEWED)
}

/// How far the service's clock is ahead of this machine's, by the date of an answer. Unit: seconds.
pub(super) fn ahead(answer: &HttpResponse) -> Option<i64> {
    let date = answer.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok())?;
    Some(date.secs() - DateTime::from(std::time::SystemTime::now()).secs())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::SystemTime;

    use super::*;
    use crate::cloud::{Cloud, Endpoint};

    /// Reads a request without a body, or with one that fits, and returns the time that it is signed with.
    fn signed(stream: &mut TcpStream) -> i64 {
        let mut buffer = vec![0; 65_536];
        let length = stream.read(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..length]).to_ascii_lowercase();
        let date = text.lines().find_map(|line| line.strip_prefix("x-amz-date: ")).unwrap().trim().to_ascii_uppercase();
        let (day, time) = date.trim_end_matches('Z').split_once('T').unwrap();
        let date = format!("{}-{}-{}T{}:{}:{}Z", &day[..4], &day[4..6], &day[6..], &time[..2], &time[2..4], &time[4..]);
        DateTime::from_str(&date, Format::DateTime).unwrap().secs()
    }

    fn answer(stream: &mut TcpStream, status: &str, at: i64, body: &str) {
        let date = DateTime::from_secs(at).fmt(Format::HttpDate).unwrap();
        let head = format!(
            "HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n",
            body.len()
        );
        stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
    }

    /// AWS, an hour ahead of this machine.
    fn an_hour_ahead(listener: &TcpListener) -> Vec<i64> {
        const REFUSED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>\
            <Message>Signature expired</Message></Error><RequestId>1</RequestId></ErrorResponse>";
        const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000000</Account>\
            </GetCallerIdentityResult></GetCallerIdentityResponse>";
        let mut seen = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let there = DateTime::from(SystemTime::now()).secs() + 3_600;
            let skew = there - signed(&mut stream);
            seen.push(skew);
            if skew.abs() > 300 {
                answer(&mut stream, "403 Forbidden", there, REFUSED);
            } else {
                answer(&mut stream, "200 OK", there, IDENTITY);
            }
        }
        seen
    }

    #[test]
    fn a_clock_that_is_an_hour_late_fails_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint {
            url: Some(format!("http://{}", listener.local_addr().unwrap())),
            account: "000000000000".to_owned(),
        };
        let there = std::thread::spawn(move || an_hour_ahead(&listener));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let account = runtime.block_on(async { Cloud::connect(&endpoint, "eu-west-1", |_| {}).await.account().await });
        assert_eq!(account.unwrap(), "000000000000");
        let seen = there.join().unwrap();
        assert!(seen[0] > 3_500 && seen[1].abs() < 60, "{seen:?}");
    }
}
