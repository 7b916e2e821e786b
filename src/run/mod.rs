//! Executes a plan: every step as it says or not at all, and nothing twice.

mod cause;
mod journal;
mod memory;
mod objects;
mod problem;
mod records;
mod rollout;
mod schedule;
mod stack;
mod unprotect;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use self::cause::remedy;
pub(crate) use self::journal::{End, Event, Journal, Lock, Past, Unfinished, read, runs, unfinished};
pub(crate) use self::problem::Problem;
pub(crate) use self::schedule::{Outcome, execute};
use crate::cloud::{Cloud, Failure};
use crate::cluster::{self, Clusters};
use crate::plan::Plan;
use crate::state::{Deployed, Desired, OutputRef, StackKey};

/// Everything that the steps of a run share.
pub(crate) struct Run {
    /// AWS.
    pub(crate) cloud: Arc<Cloud>,
    /// Kubernetes.
    pub(crate) clusters: Arc<Clusters>,
    /// What is executed.
    pub(crate) plan: Plan,
    /// What is wanted.
    pub(crate) desired: Desired,
    /// What the run did before it was cut off, if it was.
    pub(crate) past: Option<Past>,
    /// Where it is written down.
    pub(crate) journal: Journal,
    /// Bucket for templates that are too long for a request.
    pub(crate) bucket: Option<String>,
    /// Steps at a time.
    pub(crate) concurrency: usize,
    /// Who is told.
    pub(crate) progress: Arc<dyn Progress>,
    /// Set when nothing new is to be begun.
    pub(crate) stopping: Arc<AtomicBool>,
    /// Set when a step ended by what passes by itself, so that the run can be gone on with.
    pub(crate) lost: AtomicBool,
    /// Outputs of stacks as far as they are known.
    pub(crate) outputs: Outputs,
}

/// Outputs by stack; those of a stack that changes are learned when it did.
pub(crate) type Outputs = Mutex<BTreeMap<StackKey, BTreeMap<String, String>>>;

/// The outputs of what is deployed.
pub(crate) fn outputs(deployed: &Deployed) -> Outputs {
    Mutex::new(deployed.stacks.iter().map(|(key, stack)| (key.clone(), stack.outputs.clone())).collect())
}

/// What people and programs are told while a run goes on.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// The run begins.
    Begun {
        /// Its name.
        run: String,
        /// Names of the steps, with the number of resources that change in each.
        steps: Vec<(String, usize)>,
    },
    /// A step begins.
    Step {
        /// Its name.
        step: String,
    },
    /// Something happened to a resource.
    Resource {
        /// The step.
        step: String,
        /// Logical id.
        id: String,
        /// Type.
        kind: String,
        /// Status, such as `CREATE_IN_PROGRESS`.
        status: String,
        /// Why.
        reason: String,
    },
    /// A step waits for something.
    Waiting {
        /// The step.
        step: String,
        /// For what, and what to do about it.
        text: String,
    },
    /// A step ended.
    Ended {
        /// The step.
        step: String,
        /// How.
        end: End,
    },
    /// Nothing new is begun any more.
    Stopping,
}

/// Told what happens.
pub(crate) trait Progress: Send + Sync {
    /// Takes a notice.
    fn notice(&self, notice: &Notice);
}

/// Why a step did not do what it was to do.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// AWS refused it, or it failed there.
    Failed(Problem),
    /// The network, the load or the credentials failed it: how it ends is not known, and the run can be gone on with.
    Lost(Problem),
    /// Something is not as the plan says; nothing was done.
    Refused(Problem),
    /// The journal cannot be written: nothing more may be begun.
    Journal(std::io::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        if failure.passing {
            Self::Lost(Problem::new("run/lost", text))
        } else {
            Self::Failed(Problem::new("run/aws-refuses", text))
        }
    }
}

impl From<cluster::Failure> for Trouble {
    fn from(failure: cluster::Failure) -> Self {
        if failure.is_of_cluster() {
            Self::Lost(Problem::new("run/lost", failure.message))
        } else {
            Self::Failed(Problem::new("run/object-failed", failure.message))
        }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Journal(error)
    }
}

impl Run {
    fn output(&self, output: &OutputRef) -> Option<String> {
        let outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.get(&output.stack)?.get(&output.output).cloned()
    }

    fn learn(&self, key: &StackKey, outputs: BTreeMap<String, String>) {
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), outputs);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn notice(&self, notice: Notice) {
        self.progress.notice(&notice);
    }

    /// Tells requests of this run and step apart from all others; the same after a resumption.
    fn token(&self, step: &str) -> String {
        let digest = crate::assembly::digest(step.as_bytes());
        format!("infra-{}-{}", self.journal.run, digest.get(..12).unwrap_or_default())
    }
}
