//! One request to an API server: repeated while the reason that it fails for passes by itself, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{RwLock, Semaphore};
use tokio::time::Instant;

use super::objects::Kind;
use super::transport::{Answer, Lost, Request, Transport};

/// How long a request is repeated while the server throttles or does not answer; as for AWS, see `cloud/call.rs`.
const PATIENCE: Duration = Duration::from_mins(15);
/// The same for a server that has not answered a single request yet, and for an error of the server's own: a webhook
/// that is gone stays gone.
const NO_ANSWER: Duration = Duration::from_secs(10);
/// First pause before a request is repeated, doubled up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(20);
/// Longest pause that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);

/// Requests of a comparison that are under way at a time.
const AT_ONCE: usize = 8;

/// Why a request failed for good.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// Status of HTTP; 0 if there was no answer.
    pub(crate) status: u16,
    /// What the server or the connection said.
    pub(crate) message: String,
    /// What is wrong with which field: `details.causes` of a `Status`.
    pub(crate) causes: Vec<Cause>,
}

/// One cause of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Such as `FieldManagerConflict`.
    pub(crate) reason: String,
    /// Which field, such as `.spec.replicas`.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) message: String,
}

impl Failure {
    /// A failure that is found without an answer.
    pub(crate) fn of(message: impl Into<String>) -> Self {
        Self { status: 0, message: message.into(), causes: Vec::new() }
    }

    /// Whether the object is not there, or no more.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Whether it stands in the way of the credentials or of the connection, and not of what was asked for.
    pub(crate) fn is_of_cluster(&self) -> bool {
        matches!(self.status, 0 | 401)
    }

    /// Whether every field in the way is managed by one manager.
    pub(super) fn conflicts_only_with(&self, manager: &str) -> bool {
        let suffix = format!("is managed by \"{manager}\"");
        let conflicts = self.conflicts();
        !conflicts.is_empty() && conflicts.iter().all(|conflict| conflict.ends_with(&suffix))
    }

    /// What others manage, as `.spec.replicas is managed by "kubectl"`; empty if nobody is in the way.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts> (read 2026-11-25); the
    /// message of a cause is `conflict with "<manager>" using <version>` (apimachinery's `managedfields`).
    pub(crate) fn conflicts(&self) -> Vec<String> {
        let conflicts = self.causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
        let one = |cause: &Cause| {
            let manager = cause.message.split('"').nth(1).unwrap_or(&cause.message);
            format!("{} is managed by \"{manager}\"", cause.field)
        };
        conflicts.map(one).collect()
    }

    /// Whether the object would have to be deleted and made anew, because a field of it cannot be changed.
    ///
    /// Source: the answers of a kube-apiserver 1.36.2 (seen 2026-11-30): a 422 in which every cause says so in one of
    /// these words; of a `StatefulSet`, the words are its own.
    pub(crate) fn is_immutable(&self) -> bool {
        const WORDS: [&str; 4] = [
            "field is immutable",
            "may not change once set",
            "cannot change roleRef",
            "updates to statefulset spec for fields other than",
        ];
        let says = |text: &str| WORDS.iter().any(|words| text.contains(words));
        self.status == 422 && !self.causes.is_empty() && self.causes.iter().all(|cause| says(&cause.message))
    }

    /// The fields that cannot be changed, as people are told of them.
    pub(crate) fn unchangeable(&self) -> String {
        let one = |cause: &Cause| {
            // The rejected value, which may be long, stands between the field and the reason.
            let reason = cause.message.rsplit(": ").next().unwrap_or_default();
            if cause.field.is_empty() { reason.to_owned() } else { format!("{}: {reason}", cause.field) }
        };
        self.causes.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// A refusal as people are told of it: conflicts by field and manager, with the ways out.
    pub(crate) fn explained(&self) -> String {
        let conflicts = self.conflicts();
        if conflicts.is_empty() {
            return self.message.clone();
        }
        format!(
            "{}; leave the field out, have that manager give it up, or make the plan again and agree to `object-takeover`",
            conflicts.join(", ")
        )
    }

    /// Reads the `Status` that an API server answers.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/> (read 2026-11-25).
    fn read(answer: &Answer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let causes = body.pointer("/details/causes").and_then(Value::as_array);
        let cause = |cause: &Value| Cause {
            reason: text(cause, "reason"),
            field: text(cause, "field"),
            message: text(cause, "message"),
        };
        let said = text(&body, "message");
        let message = match answer.status {
            401 => "the cluster does not take the credentials".to_owned(),
            status if said.is_empty() => format!("the server answered {status}"),
            _ => said,
        };
        Self { status: answer.status, message, causes: causes.into_iter().flatten().map(cause).collect() }
    }
}

/// A cluster that can be asked.
pub(crate) struct Cluster {
    /// The connection, made anew when its credentials are not taken any more.
    transport: RwLock<Transport>,
    context: String,
    local: bool,
    /// Who we are among those that manage fields.
    pub(super) manager: String,
    answered: AtomicBool,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    warnings: Mutex<BTreeSet<String>>,
    /// Who may ask now, where much is asked side by side.
    pub(super) turns: Semaphore,
    /// What is served, by version of a group.
    pub(super) kinds: Mutex<BTreeMap<String, Vec<Kind>>>,
}

impl Cluster {
    pub(super) async fn connect(context: &str, manager: String) -> Result<Self, Failure> {
        let transport = Transport::connect(context).await.map_err(Failure::of)?;
        Ok(Self {
            local: transport.local,
            transport: RwLock::new(transport),
            context: context.to_owned(),
            manager,
            answered: AtomicBool::new(false),
            counts: Mutex::default(),
            warnings: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
            kinds: Mutex::default(),
        })
    }

    /// How many requests were sent, by action.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the server warned of so far.
    pub(super) fn warnings(&self) -> BTreeSet<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the server is on this machine, where nothing takes long.
    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// Connects anew, which fetches new credentials.
    async fn reconnect(&self) -> Result<(), Failure> {
        let transport = Transport::connect(&self.context).await.map_err(Failure::of)?;
        *self.transport.write().await = transport;
        Ok(())
    }

    /// Sends a request, again and again while the reason that it fails for passes by itself.
    ///
    /// A request whose answer was lost may have been carried out: what is sent through this must be the same when it is
    /// sent twice.
    pub(super) async fn call(&self, action: &'static str, request: &Request) -> Result<Value, Failure> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut renewed = false;
        loop {
            *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(action).or_default() += 1;
            crate::output::trace(|| format!("asks the cluster of context {} for {action}", self.context));
            let sent = self.transport.read().await.send(request).await;
            let (failure, passes, after) = match sent {
                // An expired token is refused as a wrong one is: nothing says which it was.
                Ok(answer) if answer.status == 401 && !renewed => {
                    renewed = true;
                    self.reconnect().await?;
                    continue;
                }
                Ok(answer) => {
                    self.answered.store(true, Ordering::Relaxed);
                    let warnings = answer.warnings.iter().cloned();
                    self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(warnings);
                    if (200..300).contains(&answer.status) {
                        return serde_json::from_slice(&answer.body)
                            .map_err(|error| Failure::of(format!("the answer cannot be read: {error}")));
                    }
                    let passes = match passes(&answer) {
                        // A group whose own server is down: it is asked what it has, and may be down for long.
                        Passes::Soon if answer.status == 503 && action == "kubernetes:discover" => Passes::Perhaps,
                        other => other,
                    };
                    (Failure::read(&answer), passes, answer.retry_after)
                }
                Err(Lost { message, passing }) => (
                    Failure::of(format!("no connection: {message}")),
                    if passing { Passes::Soon } else { Passes::Not },
                    None,
                ),
            };
            let patience = match passes {
                Passes::Not => return Err(failure),
                Passes::Soon if self.answered.load(Ordering::Relaxed) => PATIENCE,
                Passes::Soon | Passes::Perhaps => NO_ANSWER,
            };
            if started.elapsed() > patience {
                return Err(Failure { message: format!("{}, again and again", failure.message), ..failure });
            }
            let own = if self.local { pause / 10 } else { pause };
            tokio::time::sleep(after.map_or(own, |after| after.min(MAX_RETRY_AFTER))).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

/// Whether a failure passes by itself.
enum Passes {
    Soon,
    Perhaps,
    Not,
}

/// Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#http-status-codes>
/// (read 2026-11-25): 429 and 503 name the seconds to wait, 504 and a 500 with them may be tried again.
fn passes(answer: &Answer) -> Passes {
    match answer.status {
        500 if is_of_author(&answer.body) => Passes::Not,
        408 | 429 | 502 | 503 | 504 => Passes::Soon,
        status if status >= 500 && answer.retry_after.is_some() => Passes::Soon,
        500..=599 => Passes::Perhaps,
        _ => Passes::Not,
    }
}

/// Whether an error of the server is about what was sent: a field that the schema does not know, a wrong type or a bad
/// quantity in an apply is a 500 without a reason, in these words.
///
/// Source: what a kube-apiserver 1.36.2 answered (seen 2026-11-30); the words are those of apimachinery's
/// `managedfields/internal/structuredmerge.go`.
fn is_of_author(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = body.get("message").and_then(Value::as_str).unwrap_or_default();
    body.get("reason").is_none()
        && ["failed to create typed patch object", "failed to convert new object", "unable to convert"]
            .iter()
            .any(|words| said.starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kube-apiserver 1.36.2 answered on 2026-11-30, by recording, exchange and request.
    fn recorded() -> Vec<(String, usize, Answer)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/live/recordings");
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let number = entry.file_name().to_string_lossy()[..2].to_owned();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            for (index, line) in text.lines().skip(1).enumerate() {
                let exchange: Value = serde_json::from_str(line).unwrap();
                let body = match &exchange["answer"] {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let status = u16::try_from(exchange["status"].as_u64().unwrap()).unwrap();
                let answer = Answer { status, retry_after: None, body: body.into_bytes(), warnings: Vec::new() };
                all.push((number.clone(), index, answer));
            }
        }
        all
    }

    #[test]
    fn fields_that_cannot_be_changed_are_told_from_values_that_are_wrong() {
        let is_immutable: BTreeSet<String> = recorded()
            .iter()
            .filter(|(_, _, answer)| Failure::read(answer).is_immutable())
            .map(|(number, index, _)| format!("{number}.{index}"))
            .collect();
        let expected = [
            "09.1", "09.2", "09.3", "11.1", "11.2", "12.2", "12.3", "12.4", "13.1", "13.3", "13.5", "13.7", "13.9",
            // A uid that is not that of the object: infra sends none.
            "33.7",
        ];
        assert_eq!(is_immutable, expected.map(str::to_owned).into());
    }

    #[test]
    fn what_the_author_wrote_is_not_sent_again_and_what_the_server_lacks_is() {
        let mut seen = BTreeMap::new();
        for (number, index, answer) in recorded().into_iter().filter(|(_, _, answer)| answer.status >= 429) {
            let word = match passes(&answer) {
                Passes::Soon => "soon",
                Passes::Perhaps => "perhaps",
                Passes::Not => "not",
            };
            let known = seen.insert(number.clone(), word);
            assert!(known.is_none_or(|known| known == word), "{number} {index}");
        }
        let expected = [
            ("15", "not"),
            ("16", "not"),
            ("19", "not"),
            ("27", "perhaps"),
            ("42", "soon"),
            ("45", "not"),
            ("51", "soon"),
            ("52", "soon"),
        ];
        assert_eq!(seen, expected.map(|(number, word)| (number.to_owned(), word)).into());
    }

    #[test]
    fn conflicts_are_told_by_field_and_manager() {
        let conflicts: Vec<String> = recorded()
            .iter()
            .filter(|(number, _, _)| number == "38" || number == "04")
            .flat_map(|(_, _, answer)| Failure::read(answer).conflicts())
            .collect();
        assert!(
            conflicts.contains(&".spec.replicas is managed by \"kube-controller-manager\"".to_owned()),
            "{conflicts:?}"
        );
        let variable =
            ".spec.template.spec.containers[name=\"app\"].env[name=\"LOG_LEVEL\"].value is managed by \"kubectl-edit\"";
        assert!(conflicts.contains(&variable.to_owned()), "{conflicts:?}");
    }
}
