//! Reads what is deployed of an environment: as few requests as tell it, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use super::call::Failure;
use super::{Cloud, Summary};
use crate::names::Region;
use crate::state::{Deployed, Desired, Holder, OutputRef, Owned, fill_text, home, named_regions};

/// How long a region is waited for that the definition does not name.
const SURVEY: Duration = Duration::from_secs(20);
/// How a region answers that an account does not use.
const NOT_USED: [&str; 4] = ["InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired", "AuthFailure"];

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Stacks with their templates, zones and certificates.
    All,
    /// Stacks without their templates: status and outputs.
    Outputs,
}

/// Reads what is deployed: the stacks that are wanted or carry the environment's tags, the zones and certificates that
/// are wanted or ours.
pub(crate) async fn read(
    cloud: &Arc<Cloud>,
    desired: &Desired,
    extent: Extent,
    account: String,
) -> Result<Deployed, Failure> {
    let mut deployed = Deployed { account, ..Deployed::default() };
    let owner = desired.owner();
    let memory = Owned::key(&desired.project, &desired.environment, &desired.region);
    let (found, silent) = summaries(cloud, desired).await?;
    deployed.silent = silent;
    for Summary { key, stack } in found {
        let wanted = desired.stacks.contains_key(&key) || key == memory;
        if let Some(relative) = owner.relative(&stack).filter(|_| !crate::plan::is_absent(&stack)) {
            deployed.relatives.entry(relative).or_default().insert(key.clone());
        }
        match owner.of_stack(&stack) {
            Holder::Ours => drop(deployed.stacks.insert(key, stack)),
            Holder::Nobody if wanted => drop(deployed.stacks.insert(key, stack)),
            Holder::Other(who) if wanted => drop(deployed.foreign.insert(key, who)),
            Holder::Nobody | Holder::Other(_) => {}
        }
    }
    if extent == Extent::Outputs {
        return Ok(deployed);
    }
    let mut templates = JoinSet::new();
    for (key, stack) in &deployed.stacks {
        let (cloud, summary) = (Arc::clone(cloud), Summary { key: key.clone(), stack: stack.clone() });
        if !crate::plan::is_absent(&summary.stack) {
            templates.spawn(async move { Ok((summary.key.clone(), cloud.template(&summary).await?)) });
        }
    }
    while let Some(done) = templates.join_next().await {
        let (key, stack) = joined(done)?;
        deployed.stacks.insert(key, stack);
    }
    if extent == Extent::All {
        begun_by(cloud, &mut deployed).await;
        zones(cloud, desired, &mut deployed).await?;
        let new: BTreeSet<String> = desired.new_zones(&deployed).map(|(domain, ..)| domain).collect();
        for domain in new {
            let there = cloud.zones_named(&domain).await?;
            deployed.namesakes.extend((!there.is_empty()).then_some((domain, there)));
        }
        certificates(cloud, desired, &mut deployed).await?;
    }
    Ok(deployed)
}

/// Says of stacks that are changing who began it: a run of infra, in this working copy or on another machine, has its name
/// in the token of its requests. Where the events cannot be asked, nobody is named.
async fn begun_by(cloud: &Arc<Cloud>, deployed: &mut Deployed) {
    for (key, stack) in deployed.stacks.iter_mut().filter(|(_, stack)| stack.status.is_busy()) {
        let Ok(page) = cloud.events(&stack.id, &key.region, None).await else { continue };
        let begun = page.events.iter().find(|event| event.of_stack() && !event.token.is_empty());
        let Some(token) = begun.map(|event| event.token.as_str()) else { continue };
        let run = token.strip_prefix("infra-").and_then(|rest| rest.rsplit_once('-')).map(|(run, _)| run);
        stack.reason = Some(match run {
            Some(run) => format!("run {run} of infra, here or on another machine"),
            None => format!("begun by others, under the token {token}"),
        });
    }
}

/// The stacks of every region that the definition names, and of those that the environment's stacks there name.
///
/// Where the environment has nothing in its own region and is to have something there, it may have been in another one:
/// then every region is asked.
async fn summaries(cloud: &Arc<Cloud>, desired: &Desired) -> Result<(Vec<Summary>, BTreeMap<String, String>), Failure> {
    let mut regions: BTreeSet<String> = desired.stacks.keys().map(|key| key.region.clone()).collect();
    regions.insert(desired.region.clone());
    regions.extend(home(&desired.partition).map(str::to_owned));
    let mut found = of_regions(cloud, regions.clone()).await?;
    let owner = desired.owner();
    let ours = |summary: &&Summary| owner.of_stack(&summary.stack) == Holder::Ours;
    let more = named_regions(found.iter().filter(ours).map(|summary| &summary.stack));
    let more: BTreeSet<String> = more.difference(&regions).cloned().collect();
    found.extend(of_regions(cloud, more.clone()).await?);
    regions.extend(more);
    let wants = desired.stacks.keys().any(|key| key.region == desired.region);
    let is_here = |summary: &Summary| summary.key.region == desired.region && !crate::plan::is_absent(&summary.stack);
    let mut silent = BTreeMap::new();
    if wants && desired.is_bound_to_regions() && !found.iter().filter(ours).any(is_here) {
        let all = Region::all().filter(|region| region.partition().as_str() == desired.partition);
        let rest = all.map(|region| region.to_string()).filter(|region| !regions.contains(region));
        let (elsewhere, without_answer) = surveyed(cloud, rest.collect()).await;
        found.extend(elsewhere);
        silent = without_answer;
    }
    Ok((found, silent))
}

/// The stacks of regions that may hold some, and the regions that gave no answer, with the reason. Those that the account
/// does not use, so that its credentials are not known there, hold none.
///
/// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html> (from memory).
async fn surveyed(cloud: &Arc<Cloud>, regions: BTreeSet<String>) -> (Vec<Summary>, BTreeMap<String, String>) {
    let mut asked = JoinSet::new();
    for region in regions {
        let cloud = Arc::clone(cloud);
        asked.spawn(async move {
            let answer = tokio::time::timeout(SURVEY, cloud.stacks(&region)).await;
            (region, answer)
        });
    }
    let (mut found, mut silent) = (Vec::new(), BTreeMap::new());
    while let Some(done) = asked.join_next().await {
        match done {
            Ok((_, Ok(Ok(stacks)))) => found.extend(stacks),
            Ok((_, Ok(Err(error)))) if error.is(&NOT_USED) => {}
            Ok((region, Ok(Err(error)))) => drop(silent.insert(region, error.message)),
            Ok((region, Err(_))) => drop(silent.insert(region, "no answer within 20 seconds".to_owned())),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    (found, silent)
}

async fn of_regions(cloud: &Arc<Cloud>, regions: BTreeSet<String>) -> Result<Vec<Summary>, Failure> {
    let mut asked = JoinSet::new();
    for region in regions {
        let cloud = Arc::clone(cloud);
        asked.spawn(async move { cloud.stacks(&region).await });
    }
    let mut found = Vec::new();
    while let Some(done) = asked.join_next().await {
        found.extend(joined(done)?);
    }
    Ok(found)
}

async fn zones(cloud: &Arc<Cloud>, desired: &Desired, deployed: &mut Deployed) -> Result<(), Failure> {
    let output = |output: &OutputRef| deployed.output(output).map(str::to_owned);
    let owned = deployed.owned();
    let ids = desired.zones.iter().map(|zone| &zone.id).chain(owned.zone_ids());
    let ids: BTreeSet<String> = ids.map(|id| fill_text(id, &output)).filter(|id| !id.contains("${")).collect();
    let mut asked = JoinSet::new();
    for id in ids {
        let cloud = Arc::clone(cloud);
        asked.spawn(async move {
            let zone = cloud.zone(&id).await?;
            Ok((id, zone))
        });
    }
    while let Some(done) = asked.join_next().await {
        let (id, zone) = joined(done)?;
        deployed.zones.extend(zone.map(|zone| (id, zone)));
    }
    Ok(())
}

/// Certificates that templates name, and those that stacks give out.
async fn certificates(cloud: &Arc<Cloud>, desired: &Desired, deployed: &mut Deployed) -> Result<(), Failure> {
    let mut arns = BTreeSet::new();
    desired.stacks.values().for_each(|stack| named(&stack.template, &mut arns));
    for value in deployed.stacks.values().flat_map(|stack| stack.outputs.values()) {
        arns.extend(is_certificate(value).then(|| value.clone()));
    }
    let mut asked = JoinSet::new();
    for arn in arns {
        let cloud = Arc::clone(cloud);
        asked.spawn(async move { cloud.certificate(&arn).await });
    }
    while let Some(done) = asked.join_next().await {
        let certificate = joined(done)?;
        deployed.certificates.extend(certificate.map(|certificate| (certificate.arn.clone(), certificate)));
    }
    Ok(())
}

fn named(value: &Value, arns: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => arns.extend(is_certificate(text).then(|| text.clone())),
        Value::Array(items) => items.iter().for_each(|item| named(item, arns)),
        Value::Object(map) => map.values().for_each(|item| named(item, arns)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_certificate(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "acm", _, _, resource] if resource.starts_with("certificate/"))
}

/// What a task returned; a task that died is our bug, and its panic goes on.
fn joined<T>(done: Result<Result<T, Failure>, tokio::task::JoinError>) -> Result<T, Failure> {
    match done {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Failure::internal("a task was cancelled")),
    }
}
