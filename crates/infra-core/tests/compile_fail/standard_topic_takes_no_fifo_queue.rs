use infra_core::kinds::{Queue, Topic};
use infra_core::model::build::{BuildError, StackBuilder};

fn define(stack: &mut StackBuilder<'_>) -> Result<(), BuildError> {
    let queue = stack.add("jobs", Queue::fifo())?;
    stack.add("events", Topic::standard().subscribe("jobs", &queue, |_| {})?)?;
    Ok(())
}

fn main() {}
