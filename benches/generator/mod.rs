//! Makes projects of N services, each with what a service of the bundled platform has: a topic, four queues with their
//! dead-letter queues and policies, subscriptions, alarms, a role, and routes of an API.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Services of one stack: more would pass CloudFormation's 500 resources.
pub(crate) const SERVICES_PER_STACK: usize = 10;

const PROJECT: &str = "\
project: scale
environments:
  dev: { account: \"111122223333\", region: eu-west-1, domain: dev.example.com }
";

const BASE: &str = "\
topics: { alarms: {} }
networks:
  main: { cidr: 10.20.0.0/16 }
clusters:
  main:
    network: main
    node-groups: { general: {} }
    provided-by:
      keda: { by: the platform team }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
";

/// Writes a project of `services` services to `folder`.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write(folder: &Path, services: usize) -> io::Result<()> {
    let stacks = folder.join("stacks");
    fs::create_dir_all(&stacks)?;
    fs::write(folder.join("infra.yaml"), PROJECT)?;
    fs::write(stacks.join("base.yaml"), BASE)?;
    for first in (0..services).step_by(SERVICES_PER_STACK) {
        let last = (first + SERVICES_PER_STACK).min(services);
        fs::write(stacks.join(format!("part-{first}.yaml")), stack(first..last))?;
    }
    Ok(())
}

const QUEUES: [&str; 4] = ["payment", "inventory", "email", "audit"];

fn stack(services: std::ops::Range<usize>) -> String {
    let (mut topics, mut queues, mut routes) = (String::new(), String::new(), String::new());
    let (mut workers, mut watched) = (String::new(), String::new());
    for service in services {
        let _ = write!(topics, "  events-{service}:\n    subscriptions:\n");
        for queue in QUEUES {
            let name = format!("{queue}-{service}");
            let _ = writeln!(topics, "      {queue}: {{ queue: {name}, filter: {{ eventType: [Created, Changed] }} }}");
            let _ = writeln!(queues, "  {name}: {{ visibility-timeout: 120 }}");
            let _ = write!(watched, "{}{name}", if watched.is_empty() { "" } else { ", " });
        }
        let route = format!("POST /v1/services/{service}");
        let _ = writeln!(routes, "      \"{route}\": {{ to: {{ queue: {{ queue: payment-{service} }} }} }}");
        let _ = write!(
            workers,
            "  worker-{service}:\n    cluster: base.main\n    image: registry.example.com/worker:1.0.{service}\n    \
             consumes: [payment-{service}]\n    publishes: [events-{service}]\n    processing-time: 60\n"
        );
    }
    format!(
        "topics:\n{topics}queues:\n{queues}workers:\n{workers}monitors:\n  main:\n    notify: base.alarms\n    \
         watch: {{ only: {{ queues: [{watched}] }} }}\n\
         http-apis:\n  main:\n    routes:\n{routes}"
    )
}
