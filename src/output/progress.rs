//! What people and programs see while a run goes on: bars on a terminal, lines elsewhere, NDJSON for machines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::run::{End, Notice, Progress};

/// How the progress of a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Bars on a terminal, lines elsewhere.
    Auto,
    /// Bars, drawn anew.
    Live,
    /// A line for each event.
    Plain,
    /// A JSON object for each event, on standard output.
    Ndjson,
}

/// Makes what a run is shown with.
pub(crate) fn progress(mode: Mode) -> Arc<dyn Progress> {
    let live = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    match mode {
        Mode::Ndjson => Arc::new(Ndjson::default()),
        Mode::Live => Arc::new(Bars::new()),
        Mode::Auto if live => Arc::new(Bars::new()),
        Mode::Auto | Mode::Plain => Arc::new(Lines::new()),
    }
}

/// One line an event.
struct Lines {
    begun: Instant,
    steps: Mutex<BTreeMap<String, Counted>>,
}

/// The resources of a step of which something was heard.
struct Counted {
    since: Instant,
    total: usize,
    done: BTreeSet<String>,
}

impl Counted {
    fn new(total: usize) -> Self {
        Self { since: Instant::now(), total, done: BTreeSet::new() }
    }

    /// Counts a resource once, however often its clean-up is told.
    fn take(&mut self, id: &str, status: &str) {
        if status.ends_with("_COMPLETE") {
            self.done.insert(id.to_owned());
        }
    }

    fn done(&self) -> usize {
        self.done.len().min(self.total)
    }
}

impl Lines {
    fn new() -> Self {
        Self { begun: Instant::now(), steps: Mutex::default() }
    }

    fn line(&self, step: &str, text: &str) {
        let elapsed = self.begun.elapsed().as_secs();
        let mut stderr = anstream::AutoStream::auto(std::io::stderr());
        // Nobody may be left to read; the run goes on.
        let _ = writeln!(stderr, "[{:>2}:{:02}] {step}: {text}", elapsed / 60, elapsed % 60);
    }
}

impl Progress for Lines {
    fn notice(&self, notice: &Notice) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Notice::Begun { run, steps: sizes } => {
                steps.extend(sizes.iter().map(|(step, size)| (step.clone(), Counted::new(*size))));
                self.line("run", &format!("{run}, {}", super::count(sizes.len(), "step")));
            }
            Notice::Step { step } => {
                if let Some(counted) = steps.get_mut(step) {
                    counted.since = Instant::now();
                }
                self.line(step, "begins");
            }
            Notice::Resource { step, id, kind, status, reason } => {
                let count = steps.get_mut(step).map(|counted| {
                    counted.take(id, status);
                    format!(" ({}/{})", counted.done(), counted.total)
                });
                let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                self.line(step, &format!("{status} {id} {kind}{}{reason}", count.unwrap_or_default()));
            }
            Notice::Waiting { step, text } => self.line(step, &format!("waits: {text}")),
            Notice::Ended { step, end } => {
                let since = steps.get(step).map(|counted| counted.since.elapsed()).unwrap_or_default();
                self.line(step, &ended(end, since));
            }
            Notice::Stopping => self.line("run", STOPPING),
        }
    }
}

const STOPPING: &str = "nothing new is begun; what is under way goes on (press Ctrl-C again to leave it to itself)";

fn ended(end: &End, since: Duration) -> String {
    match end {
        End::Done => format!("done in {:.1} s", since.as_secs_f64()),
        End::Unchanged => "nothing to do".to_owned(),
        End::Failed(why) => format!("FAILED: {}", why.title()),
        End::Refused(why) => format!("REFUSED: {}", why.title()),
        End::Skipped(why) => format!("skipped: {why}"),
    }
}

/// A bar for each step that is under way.
struct Bars {
    all: MultiProgress,
    bars: Mutex<BTreeMap<String, (ProgressBar, Counted)>>,
}

impl Bars {
    fn new() -> Self {
        Self { all: MultiProgress::new(), bars: Mutex::default() }
    }

    fn above(&self, text: &str) {
        // Nobody may be left to read; the run goes on.
        let _ = self.all.println(text);
    }
}

/// How often a bar's time is drawn anew.
const TICK: Duration = Duration::from_millis(200);

impl Progress for Bars {
    fn notice(&self, notice: &Notice) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Notice::Begun { run, steps } => {
                for (step, size) in steps {
                    bars.insert(step.clone(), (ProgressBar::hidden(), Counted::new(*size)));
                }
                self.above(&format!("run {run}, {}", super::count(steps.len(), "step")));
            }
            Notice::Step { step } => {
                if let Some((bar, counted)) = bars.get_mut(step) {
                    counted.since = Instant::now();
                    *bar = self.all.add(ProgressBar::new(counted.total as u64));
                    let style = ProgressStyle::with_template("  {bar:16} {pos:>3}/{len:<3} {elapsed:>4} {wide_msg}");
                    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
                    bar.set_message(step.clone());
                    bar.enable_steady_tick(TICK);
                }
            }
            Notice::Resource { step, id, kind: _, status, reason } => {
                if let Some((bar, counted)) = bars.get_mut(step) {
                    counted.take(id, status);
                    bar.set_position(counted.done() as u64);
                    bar.set_message(format!("{step}  {status} {id}"));
                }
                if status.ends_with("_FAILED") {
                    self.above(&format!("  {step}: {status} {id}: {reason}"));
                }
            }
            Notice::Waiting { step, text } => self.above(&format!("  {step} waits: {text}")),
            Notice::Ended { step, end } => {
                if let Some((bar, counted)) = bars.remove(step) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                    let mark = match end {
                        End::Done | End::Unchanged => "\u{2713}",
                        End::Failed(_) | End::Refused(_) => "\u{2717}",
                        End::Skipped(_) => "-",
                    };
                    self.above(&format!("{mark} {step}: {}", ended(end, counted.since.elapsed())));
                }
            }
            Notice::Stopping => self.above(STOPPING),
        }
    }
}

/// A JSON object an event.
#[derive(Default)]
struct Ndjson {
    out: Mutex<()>,
}

impl Progress for Ndjson {
    fn notice(&self, notice: &Notice) {
        let at = jiff::Timestamp::now().to_string();
        let mut value: Value = match notice {
            Notice::Begun { run, steps } => {
                let steps: Vec<Value> = steps.iter().map(|(id, size)| json!({ "id": id, "changes": size })).collect();
                json!({ "event": "begun", "run": run, "steps": steps })
            }
            Notice::Step { step } => json!({ "event": "step", "step": step }),
            Notice::Resource { step, id, kind, status, reason } => json!({
                "event": "resource", "step": step, "logicalId": id, "type": kind, "status": status, "reason": reason
            }),
            Notice::Waiting { step, text } => json!({ "event": "waiting", "step": step, "text": text }),
            Notice::Ended { step, end } => json!({ "event": "ended", "step": step, "end": end }),
            Notice::Stopping => json!({ "event": "stopping" }),
        };
        if let Some(map) = value.as_object_mut() {
            map.insert("at".to_owned(), at.into());
        }
        let _one = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody may be left to read; the run goes on.
        let _ = super::result(&format!("{value}\n"));
    }
}
