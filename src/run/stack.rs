//! A stack: created, updated or deleted as the plan says.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::{Duration, Instant};

use super::watch::{self, Ended};
use super::{End, Event, Notice, Problem, Run, Trouble, cause, memory, unprotect};
use crate::cloud::{NewChangeSet, Pauses, Review, Summary, UNSEEN};
use crate::diff::{self, Action, StackChange};
use crate::plan::is_absent;
use crate::state::{DesiredStack, StackKey, StackStatus, kept};

/// How long a change set may not be seen before we look whether its stack was changed by others.
const SURE: Duration = Duration::from_secs(2);

/// Creates or updates a stack.
pub(super) async fn deploy(run: &Run, step: &str, key: &StackKey) -> Result<End, Trouble> {
    let (Some(desired), Some(change)) = (run.desired.stacks.get(key), run.plan.changes.stack(key)) else {
        return Err(Trouble::Refused(Problem::new("run/not-planned", format!("the assembly has no stack {key}"))));
    };
    if run.plan.templates.get(key) != Some(&desired.sha256) {
        return Err(Trouble::Refused(Problem::new(
            "run/not-planned",
            format!("the template of {key} is not the one that the plan was made with"),
        )));
    }
    if desired.is_memory() {
        return memory::write(run, step, key, desired).await;
    }
    let mut changed = false;
    if needs_change_set(change)
        && let Some(id) = execute(run, step, (key, desired, Some(change)), &Announced::of(run, step)).await?
    {
        changed = true;
        finish(run, step, key, &id).await?;
    }
    let live = settled(run, key).await?;
    if live.stack.termination_protection != desired.termination_protection {
        if !needs_change_set(change) {
            refuse_if_stale(run, key, Some(&live)).await?;
        }
        run.cloud.protect(&key.name, &key.region, desired.termination_protection).await?;
        changed = true;
    }
    run.learn(key, live.stack.outputs);
    Ok(if changed { End::Done } else { End::Unchanged })
}

/// The token of a step's requests, and whether an operation with it was announced before the run was cut off.
pub(super) struct Announced {
    token: String,
    before: bool,
}

impl Announced {
    pub(super) fn of(run: &Run, step: &str) -> Self {
        Self { token: run.token(step), before: run.past.as_ref().is_some_and(|past| past.announced(step)) }
    }
}

/// Waits for the end of an operation, which must be a good one.
pub(super) async fn finish(run: &Run, step: &str, key: &StackKey, id: &str) -> Result<(), Trouble> {
    let ended = watch::wait(run, step, (key, id), &run.token(step)).await?;
    judge(run, key, &ended)
}

/// Whether anything changes that a change set can change: termination protection has a request of its own.
fn needs_change_set(change: &StackChange) -> bool {
    change.action == Action::Create
        || !change.resources.is_empty()
        || !change.parameters.is_empty()
        || !change.outputs.is_empty()
        || change.attributes.iter().any(|it| it.path != diff::TERMINATION_PROTECTION)
}

/// Deletes a stack.
pub(super) async fn delete(run: &Run, step: &str, key: &StackKey) -> Result<End, Trouble> {
    let Announced { token, before: announced } = Announced::of(run, step);
    let Some(live) = run.cloud.stack(&key.name, &key.region).await? else {
        return if announced || run.plan.prints.is_stack(key, None) { Ok(End::Done) } else { Err(stale(key, None)) };
    };
    if !announced {
        refuse_if_stale(run, key, Some(&live)).await?;
        run.journal.write(Event::Operation { step: step.to_owned(), token: token.clone() })?;
    } else if run.cloud.has_begun((&live.stack.id, &key.region), &token).await? {
        let ended = watch::wait(run, step, (key, &live.stack.id), &token).await?;
        return deleted(run, key, &ended);
    } else if !unprotect::has_begun(run, step, (key, &live)).await? {
        // The protection may be off by our own hand.
        let planned = Summary {
            stack: crate::state::DeployedStack {
                termination_protection: live.stack.termination_protection || ends_protection(run, key),
                ..live.stack.clone()
            },
            ..live.clone()
        };
        refuse_if_stale(run, key, Some(&planned)).await?;
    }
    if live.stack.termination_protection {
        run.cloud.protect(&key.name, &key.region, false).await?;
    }
    unprotect::unprotect(run, step, (key, &live)).await?;
    run.cloud.delete_stack((&live.stack.id, &key.region), &[], &token).await?;
    let ended = watch::wait(run, step, (key, &live.stack.id), &token).await?;
    deleted(run, key, &ended)
}

/// Whether the plan says that the stack is protected and goes all the same: somebody agreed to that.
fn ends_protection(run: &Run, key: &StackKey) -> bool {
    let attributes = run.plan.changes.stack(key).map(|change| change.attributes.as_slice()).unwrap_or_default();
    attributes.iter().any(|it| it.path == diff::TERMINATION_PROTECTION && it.before == Some(true.into()))
}

fn deleted(run: &Run, key: &StackKey, ended: &Ended) -> Result<End, Trouble> {
    match ended.status {
        StackStatus::DeleteComplete => Ok(End::Done),
        status => Err(failed(run, key, status, ended)),
    }
}

/// Makes and executes the change set, or finds it executed; returns the stack's ARN, or nothing if nothing changes.
///
/// A stack that remembers what is ours has no change: it must do nothing else.
pub(super) async fn execute(
    run: &Run,
    step: &str,
    (key, desired, change): (&StackKey, &DesiredStack, Option<&StackChange>),
    announced: &Announced,
) -> Result<Option<String>, Trouble> {
    let (token, announced) = (announced.token.as_str(), announced.before);
    let live = run.cloud.stack(&key.name, &key.region).await?;
    if announced
        && let Some(live) = &live
        && run.cloud.has_begun((&live.stack.id, &key.region), token).await?
    {
        return Ok(Some(live.stack.id.clone()));
    }
    refuse_if_stale(run, key, live.as_ref()).await?;
    let creates = live.as_ref().is_none_or(|live| is_absent(&live.stack));
    let new = NewChangeSet {
        key,
        name: token,
        token,
        creates,
        desired,
        tags: kept(&desired.tags, live.as_ref().map(|live| &live.stack.tags)),
        parameters: parameters(run, desired)?,
        url: run.cloud.uploaded(run.bucket.as_deref(), &run.plan.region, (key, desired)).await?,
    };
    if !announced {
        run.journal.write(Event::ChangeSet { step: step.to_owned(), name: token.to_owned() })?;
    }
    if let Err(failure) = run.cloud.create_change_set(&new).await {
        // Another run may have been faster.
        let live = run.cloud.stack(&key.name, &key.region).await?;
        refuse_if_stale(run, key, live.as_ref()).await?;
        return Err(failure.into());
    }
    let (stack, set) = match reviewed(run, key, token).await? {
        Review::Ready { stack, set } => (stack, set),
        Review::Empty => {
            run.cloud.discard(key, token).await?;
            return Ok(None);
        }
        Review::Failed(reason) => {
            run.cloud.discard(key, token).await?;
            let text = format!("CloudFormation refuses the changes of {key}: {reason}");
            let problem = Problem::new("run/change-set-failed", text);
            return Err(Trouble::Failed(Problem { help: cause::remedy(&reason).map(str::to_owned), ..problem }));
        }
        Review::Used(_) if announced => {
            started_by_us(run, (key, &key.name), token).await?;
            return Ok(Some(key.name.clone()));
        }
        Review::Used(status) => {
            return Err(Trouble::Refused(Problem::new(
                "run/stale",
                format!("the change set of {key} cannot be executed any more: {status}"),
            )));
        }
        Review::Pending | Review::Absent => {
            return Err(Trouble::Failed(Problem::new(
                "run/change-set-failed",
                format!("the change set {token} of {key} was not seen in time"),
            )));
        }
    };
    let more = change.map_or_else(|| memory::exceeds(&set), |change| diff::exceeds(change, &set));
    if !more.is_empty() {
        run.cloud.discard(key, token).await?;
        return Err(Trouble::Refused(Problem::new(
            "run/more-than-planned",
            format!(
                "CloudFormation would do more to {key} than the plan says, so nothing was done: {}",
                more.join("; ")
            ),
        )));
    }
    run.journal.write(Event::Operation { step: step.to_owned(), token: token.to_owned() })?;
    if !run.cloud.execute(key, token, token).await? {
        started_by_us(run, (key, &stack), token).await?;
    }
    Ok(Some(stack))
}

/// The change set once it is complete. Those of others go with the one that is executed first.
pub(super) async fn reviewed(run: &Run, key: &StackKey, name: &str) -> Result<Review, Trouble> {
    let since = Instant::now();
    loop {
        let review = run.cloud.reviewed(key, name, SURE).await?;
        if review != Review::Absent || since.elapsed() > UNSEEN {
            return Ok(review);
        }
        let live = run.cloud.stack(&key.name, &key.region).await?;
        refuse_if_stale(run, key, live.as_ref()).await?;
    }
}

/// A change set that cannot be executed may have been executed by a request whose answer was lost.
async fn started_by_us(run: &Run, (key, stack): (&StackKey, &str), token: &str) -> Result<(), Trouble> {
    let since = Instant::now();
    let mut pauses = Pauses::new();
    while since.elapsed() < Duration::from_secs(10) {
        if run.cloud.has_begun((stack, &key.region), token).await? {
            return Ok(());
        }
        pauses.pause().await;
    }
    Err(Trouble::Refused(
        Problem::new("run/stale", format!("someone else began to change {key} while this run did"))
            .help("make the plan again"),
    ))
}

fn parameters(run: &Run, desired: &DesiredStack) -> Result<Vec<(String, Option<String>)>, Trouble> {
    let one = |(name, output): (&String, &crate::state::OutputRef)| match run.output(output) {
        Some(value) => Ok((name.clone(), Some(value))),
        None => Err(Trouble::Failed(Problem::new(
            "run/unknown-value",
            format!("{} has no output {}, which {name} takes", output.stack, output.output),
        ))),
    };
    desired.parameters.iter().map(one).collect()
}

/// Refuses unless the stack is what it was when the plan was made, or what an earlier step of the run made of it.
async fn refuse_if_stale(run: &Run, key: &StackKey, live: Option<&Summary>) -> Result<(), Trouble> {
    let full = match live {
        Some(live) if !is_absent(&live.stack) => Some(run.cloud.template(live).await?),
        Some(_) | None => None,
    };
    let during = run.plan.remembering(key, &run.desired).map(|during| during.sha256);
    let ours = during.is_some() && full.as_ref().map(|full| &full.template_sha256) == during.as_ref();
    if ours || run.plan.prints.is_stack(key, full.as_ref()) { Ok(()) } else { Err(stale(key, live)) }
}

fn stale(key: &StackKey, live: Option<&Summary>) -> Trouble {
    let now = live.map_or("it is not there".to_owned(), |live| format!("it is {}", live.stack.status));
    Trouble::Refused(
        Problem::new("run/stale", format!("{key} is not any more as it was when the plan was made: {now}"))
            .help("make the plan again"),
    )
}

/// The stack once its description agrees with its events.
async fn settled(run: &Run, key: &StackKey) -> Result<Summary, Trouble> {
    let since = Instant::now();
    let mut pauses = Pauses::new();
    loop {
        match run.cloud.stack(&key.name, &key.region).await? {
            Some(live) if !live.stack.status.is_busy() && !is_absent(&live.stack) => return Ok(live),
            Some(_) | None if since.elapsed() > UNSEEN => {
                return Err(Trouble::Failed(Problem::new(
                    "run/stack-failed",
                    format!("{key} is complete by its events and not by its description"),
                )));
            }
            Some(_) | None => pauses.pause().await,
        }
    }
}

/// Whether an operation ended well.
pub(super) fn judge(run: &Run, key: &StackKey, ended: &Ended) -> Result<(), Trouble> {
    match ended.status {
        StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => Ok(()),
        status => Err(failed(run, key, status, ended)),
    }
}

/// The first real cause, where it was written, and what to do.
fn failed(run: &Run, key: &StackKey, status: StackStatus, ended: &Ended) -> Trouble {
    let mut problem = Problem::new("run/stack-failed", format!("{key} is {status}"));
    if let Some(event) = cause::first(&ended.events) {
        let crate::cloud::Event { logical_id, kind, reason, .. } = event;
        let places = run.desired.stacks.get(key).map(|stack| &stack.provenance);
        problem.message = format!("{logical_id} ({kind}): {reason}\n{}", problem.message);
        problem.place = places.and_then(|places| places.get(logical_id)).cloned();
        problem.help = cause::remedy(reason).map(str::to_owned);
    }
    if matches!(
        status,
        StackStatus::RollbackComplete
            | StackStatus::RollbackFailed
            | StackStatus::CreateFailed
            | StackStatus::UpdateRollbackFailed
            | StackStatus::UpdateFailed
            | StackStatus::DeleteFailed
    ) {
        const OUT: &str = "`infra recover` says how the stack gets out of there";
        problem.help = Some(problem.help.map_or(OUT.to_owned(), |help| format!("{help}; {OUT}")));
    }
    Trouble::Failed(problem)
}

/// What is known of the certificates that a stack waits for.
#[derive(Default)]
pub(super) struct Certificates {
    since: BTreeMap<String, Instant>,
    told: BTreeSet<String>,
}

/// How long a certificate may be in progress before it is explained, and before its record is written by us:
/// CloudFormation writes it by itself where the template names the zone, within a minute.
const PATIENT: Duration = Duration::from_secs(5);
const WRITES: Duration = Duration::from_mins(1);

impl Certificates {
    /// Says what a certificate waits for, once for each reason, and writes its record if the zone is ours.
    pub(super) async fn explain(&mut self, run: &Run, step: &str, key: &StackKey, events: &[crate::cloud::Event]) {
        let of = |event: &&crate::cloud::Event| event.kind == "AWS::CertificateManager::Certificate";
        let mut latest: BTreeMap<&str, &crate::cloud::Event> = BTreeMap::new();
        for event in events.iter().filter(of) {
            latest.insert(&event.logical_id, event);
        }
        for event in latest.into_values().filter(|event| event.status == "CREATE_IN_PROGRESS") {
            let since = *self.since.entry(event.logical_id.clone()).or_insert_with(Instant::now);
            if since.elapsed() < run.cloud.patience(PATIENT) {
                continue;
            }
            // What cannot be asked is not explained; the run goes on.
            let Some(certificate) = pending(run, key, event).await else { continue };
            let writes = since.elapsed() > run.cloud.patience(WRITES);
            for validation in certificate.validations.iter().filter(|it| it.status == "PENDING_VALIDATION") {
                let (Some(name), Some(value)) = (&validation.record_name, &validation.record_value) else { continue };
                let text = super::records::explain(run, key, (&validation.domain, name, value), writes).await;
                if self.told.insert(text.clone()) {
                    run.notice(Notice::Waiting { step: step.to_owned(), text });
                }
            }
        }
    }
}

/// The certificate that an event is about: by its ARN, or by the name that the template gives it.
async fn pending(run: &Run, key: &StackKey, event: &crate::cloud::Event) -> Option<crate::state::Certificate> {
    if event.physical_id.starts_with("arn:") {
        return run.cloud.certificate(&event.physical_id).await.ok()?;
    }
    let template = &run.desired.stacks.get(key)?.template;
    let domain = template.pointer(&format!("/Resources/{}/Properties/DomainName", event.logical_id))?.as_str()?;
    let arns = run.cloud.pending_certificates(&key.region, domain).await.ok()?;
    // Of several, which one is the stack's is not known.
    let [arn] = arns.as_slice() else { return None };
    run.cloud.certificate(arn).await.ok()?
}
