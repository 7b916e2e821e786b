use infra_core::kinds::{Certificate, HostedZone, WebSite};
use infra_core::model::Ref;
use infra_core::model::build::{BuildError, StackBuilder};
use infra_core::names::DomainName;

fn define(stack: &mut StackBuilder<'_>, zone: Ref<HostedZone>, name: DomainName) -> Result<(), BuildError> {
    let certificate = stack.add("web", Certificate::regional(name.clone(), vec![zone]))?;
    stack.add("site", WebSite::new(name, &certificate))?;
    Ok(())
}

fn main() {}
