//! Other environments of the project that are deployed: one that nobody knows any more is the same thing under its old
//! name, and a second copy of it would be made beside it.

use std::collections::BTreeSet;

use super::Hazard;
use crate::state::{Deployed, Desired, Phase, StackKey};

/// What is found of environments that the definition does not have.
#[derive(Debug, Default)]
pub(super) struct Kin {
    /// What keeps the environment from being deployed for the first time.
    pub(super) hazards: Vec<Hazard>,
    /// What is there and not compared.
    pub(super) unseen: Vec<String>,
}

/// What keeps an environment from being deployed, or taken away, under a new name.
pub fn renamed(desired: &Desired, deployed: &Deployed) -> Vec<Hazard> {
    kin(desired, deployed).hazards
}

/// Looks at the environments whose stacks are related and whose names the definition does not have.
pub(super) fn kin(desired: &Desired, deployed: &Deployed) -> Kin {
    let mut found = Kin::default();
    let silent = deployed.silent.iter();
    found.unseen.extend(silent.map(|(region, why)| format!("stacks that may be left in {region}: {why}")));
    let is_there = deployed
        .stacks
        .iter()
        .filter(|(_, stack)| !matches!(stack.status.phase(), Phase::Gone | Phase::Review))
        .any(|(key, _)| desired.stacks.get(key).is_none_or(|stack| !stack.is_memory()));
    for ((project, environment), stacks) in &deployed.relatives {
        let known = *project == desired.project && desired.environments.contains(environment);
        if known || desired.environments.is_empty() {
            continue;
        }
        let renamed = if *project == desired.project {
            format!("environment {environment} of this project")
        } else {
            format!("environment {environment} of project {project}, which has the id of this project,")
        };
        let text =
            format!("{renamed} is deployed in this account ({}), and infra.yaml does not have it", listed(stacks));
        if is_there {
            found.unseen.push(format!("{text}: nothing of it is changed"));
            continue;
        }
        found.hazards.push(Hazard {
            subject: format!("environment {}", desired.environment),
            text: format!("{text}: what is to be made now would be a second copy of it, if it was renamed"),
            help: help(desired, project, environment),
            blocking: true,
        });
    }
    found
}

/// How somebody goes on.
fn help(desired: &Desired, project: &str, environment: &str) -> String {
    let Desired { project: now, environment: within, .. } = desired;
    if project == now {
        format!(
            "names of stacks and of what is in them hold the environment's, so it cannot be renamed in place: call it \
             `{environment}` again; or run `infra destroy --env {environment}` from a revision that has it and then \
             deploy `{within}`; if both are to exist, keep `{environment}` in infra.yaml beside `{within}`; if it is of \
             another project that is called so, too, give both an id with `infra id`"
        )
    } else {
        format!(
            "names of stacks hold the project's, so it cannot be renamed in place: call it `{project}` again; or run \
             `infra destroy` from a revision that is called so and then deploy `{now}`; if this is a copy of that \
             project, give it an id of its own with `infra id --new`"
        )
    }
}

fn listed(stacks: &BTreeSet<StackKey>) -> String {
    let first: Vec<String> = stacks.iter().take(2).map(ToString::to_string).collect();
    match stacks.len().saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{deployed, desired, key, stack};

    fn found(environments: &[&str], (project, environment): (&str, &str), is_there: bool) -> Kin {
        let mut wanted = desired(&[("a", json!({}), &[])]);
        wanted.environments = environments.iter().map(|name| (*name).to_owned()).collect();
        let mut there = deployed(if is_there { vec![("a", stack(json!({}), &[], &[]))] } else { Vec::new() });
        let named = (project.to_owned(), environment.to_owned());
        there.relatives.insert(named, ["x", "y", "z"].map(key).into());
        kin(&wanted, &there)
    }

    #[test]
    fn an_environment_that_was_renamed_is_not_made_a_second_time() {
        let renamed = found(&["dev", "prod"], ("shop", "old"), false);
        assert_eq!(renamed.hazards.len(), 1);
        assert!(renamed.hazards[0].blocking);
        assert!(renamed.hazards[0].text.contains("environment old of this project is deployed in this account"));
        assert!(renamed.hazards[0].text.contains("x@eu-west-1, y@eu-west-1 and 1 more"));
        let project = found(&["dev"], ("store", "dev"), false);
        assert!(project.hazards[0].help.contains("`infra id --new`"), "{:?}", project.hazards);
    }

    #[test]
    fn one_that_is_known_is_left_alone_and_one_that_is_forgotten_is_said() {
        let known = found(&["dev", "prod"], ("shop", "prod"), false);
        assert!(known.hazards.is_empty() && known.unseen.is_empty());
        let forgotten = found(&["dev"], ("shop", "old"), true);
        assert!(forgotten.hazards.is_empty());
        assert!(forgotten.unseen[0].contains("nothing of it is changed"), "{:?}", forgotten.unseen);
        let unknown = found(&[], ("shop", "old"), false);
        assert!(unknown.hazards.is_empty(), "a definition that knows no environments says nothing of them");
    }
}
