use infra_core::kinds::{HostedZone, Queue, Record};
use infra_core::model::Ref;
use infra_core::model::build::{BuildError, StackBuilder};
use infra_core::names::DomainName;

fn define(stack: &mut StackBuilder<'_>, zone: &Ref<HostedZone>, name: DomainName) -> Result<(), BuildError> {
    let queue = stack.add("jobs", Queue::standard())?;
    stack.add("jobs", Record::alias(zone, name, queue))?;
    Ok(())
}

fn main() {}
