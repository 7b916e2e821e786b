//! Steps side by side, each after those that it needs; a step that fails stops only those that need it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;

use super::{End, Event, Notice, Problem, Run, Trouble, memory, objects, records, stack};
use crate::diff::Action;
use crate::plan::{Step, Target};

/// How a run ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How each step ended, in the order of the plan.
    pub(crate) ends: Vec<(String, End)>,
    /// Whether it was stopped with steps left, to be resumed.
    pub(crate) stopped: bool,
}

impl Outcome {
    /// Whether everything was done.
    pub(crate) fn is_complete(&self) -> bool {
        self.ends.iter().all(|(_, end)| matches!(end, End::Done | End::Unchanged))
    }

    /// Whether a step was refused and none failed.
    pub(crate) fn is_refused(&self) -> bool {
        self.ends.iter().any(|(_, end)| matches!(end, End::Refused(_)))
            && !self.ends.iter().any(|(_, end)| matches!(end, End::Failed(_)))
    }
}

/// Executes the steps of a run.
///
/// # Errors
/// If the journal cannot be written.
pub(crate) async fn execute(run: &Arc<Run>) -> std::io::Result<Outcome> {
    let size = |step: &Step| match &step.target {
        Target::Stack(key) => run.plan.changes.stack(key).map_or(0, |change| change.resources.len()),
        Target::Zone(id) => {
            run.plan.changes.zones.iter().filter(|zone| zone.id == *id).map(|it| it.records.len()).sum()
        }
        Target::Cluster(name) => run.plan.changes.objects.iter().filter(|object| object.cluster == *name).count(),
        Target::Memory(_) => 1,
    };
    let steps = run.plan.steps.iter().map(|step| (step.id.clone(), size(step))).collect();
    run.notice(Notice::Begun { run: run.journal.run.clone(), steps });
    let mut ends: BTreeMap<String, End> = BTreeMap::new();
    let mut begun: BTreeSet<String> = BTreeSet::new();
    if let Some(past) = &run.past {
        for step in run.plan.steps.iter().filter(|step| past.is_done(&step.id)) {
            begun.insert(step.id.clone());
            ends.insert(step.id.clone(), End::Done);
        }
    }
    let mut tasks = JoinSet::new();
    loop {
        for step in &run.plan.steps {
            if run.is_stopping() || tasks.len() >= run.concurrency.max(1) {
                break;
            }
            if begun.contains(&step.id) || !step.needs.iter().all(|need| ends.contains_key(need)) {
                continue;
            }
            begun.insert(step.id.clone());
            if let Some(need) = step.needs.iter().find(|need| ends.get(*need).is_none_or(|end| !is_done(end))) {
                end(run, &mut ends, &step.id, End::Skipped(format!("{need} was not done")))?;
                continue;
            }
            run.journal.write(Event::Step { step: step.id.clone() })?;
            run.notice(Notice::Step { step: step.id.clone() });
            let (run, step) = (Arc::clone(run), step.clone());
            tasks.spawn(async move { (step.id.clone(), one(&run, &step).await) });
        }
        match tasks.join_next().await {
            Some(Ok((id, how))) => end(run, &mut ends, &id, how)?,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            None if run.plan.steps.iter().all(|step| begun.contains(&step.id)) || run.is_stopping() => break,
            // A skipped step may have been the last that others wait for.
            Some(Err(_)) | None => {}
        }
    }
    let outcome = Outcome {
        stopped: ends.len() < run.plan.steps.len() || run.lost.load(Ordering::Relaxed),
        ends: run.plan.steps.iter().filter_map(|step| Some((step.id.clone(), ends.get(&step.id)?.clone()))).collect(),
    };
    if !outcome.stopped {
        let calls = run.cloud.counts().into_iter().map(|(action, count)| (action.to_owned(), count));
        let calls = calls.chain(run.clusters.counts()).collect();
        run.journal.write(Event::Finished { complete: outcome.is_complete(), calls })?;
    }
    Ok(outcome)
}

fn is_done(end: &End) -> bool {
    match end {
        End::Done | End::Unchanged => true,
        End::Failed(_) | End::Refused(_) | End::Skipped(_) => false,
    }
}

fn end(run: &Run, ends: &mut BTreeMap<String, End>, step: &str, how: End) -> std::io::Result<()> {
    run.journal.write(Event::Ended { step: step.to_owned(), end: how.clone() })?;
    run.notice(Notice::Ended { step: step.to_owned(), end: how.clone() });
    ends.insert(step.to_owned(), how);
    Ok(())
}

async fn one(run: &Run, step: &Step) -> End {
    let done = match &step.target {
        Target::Stack(key) => match run.plan.changes.stack(key).map(|change| change.action) {
            Some(Action::Delete) => stack::delete(run, &step.id, key).await,
            Some(Action::Create | Action::Update | Action::Retain) => stack::deploy(run, &step.id, key).await,
            None => Ok(End::Unchanged),
        },
        Target::Zone(id) => records::step(run, &step.id, id).await,
        Target::Cluster(name) => objects::step(run, &step.id, name).await,
        Target::Memory(key) => memory::remember(run, &step.id, key).await,
    };
    match done {
        Ok(end) => end,
        Err(Trouble::Refused(why)) => End::Refused(why),
        Err(Trouble::Failed(why)) => End::Failed(why),
        Err(Trouble::Lost(why)) => {
            run.lost.store(true, Ordering::Relaxed);
            End::Failed(why)
        }
        Err(Trouble::Journal(error)) => {
            run.stopping.store(true, Ordering::Relaxed);
            End::Failed(Problem::new(
                "run/journal",
                format!("the journal cannot be written, so nothing more is begun: {error}"),
            ))
        }
    }
}
