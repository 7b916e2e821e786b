//! What is deployed of an environment, as AWS answered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Desired, DesiredStack, Named, OutputRef, Owned, Record, StackKey, StackStatus, fill_text};

/// What is deployed of an environment.
#[derive(Clone, Debug, Default)]
pub struct Deployed {
    /// The account that was asked.
    pub account: String,
    /// The stacks that carry the environment's tags, and those that stand at a wanted name and say nothing of whose
    /// they are.
    pub stacks: BTreeMap<StackKey, DeployedStack>,
    /// Stacks of another project or environment that stand at a wanted name, with whose they are.
    pub foreign: BTreeMap<StackKey, String>,
    /// Stacks of other environments of the project, also of those that were renamed.
    pub relatives: BTreeMap<Named, BTreeSet<StackKey>>,
    /// Regions that were to be asked for stacks of ours and gave no answer, each with the reason.
    pub silent: BTreeMap<String, String>,
    /// The hosted zones whose records are wanted or ours, by id.
    pub zones: BTreeMap<String, DeployedZone>,
    /// Public hosted zones that are there under the name of one that is to be made, by domain.
    pub namesakes: BTreeMap<String, BTreeSet<String>>,
    /// The certificates that stacks hold or refer to, by ARN.
    pub certificates: BTreeMap<String, Certificate>,
    /// Objects of clusters that answered; `None` if no cluster was asked.
    pub objects: Option<Vec<DeployedObject>>,
    /// What others have in a namespace of ours that is wanted no more, as `ConfigMap settings`, by cluster and identity.
    pub others: BTreeMap<(String, [String; 4]), Vec<String>>,
    /// What could not be listed in a cluster, such as `deployments of namespace shop`, by the reason: what is ours there
    /// and nobody remembers is not seen.
    pub hidden: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Whether clusters were left out because somebody said so.
    pub without_clusters: bool,
    /// The clusters that were asked, with the reason where one did not answer.
    pub asked: BTreeMap<String, Option<String>>,
    /// What API servers warned of when they were asked, by cluster.
    pub warnings: BTreeMap<String, BTreeSet<String>>,
}

impl Deployed {
    /// What would be deployed if `desired` were, exactly: to compare two definitions without AWS.
    ///
    /// Values of outputs are not known; each is spelled as its placeholder. Objects are those of `desired`, and would be
    /// those of `next`.
    pub fn assumed(desired: &Desired, next: &Desired) -> Self {
        let stack = |(key, stack): (&StackKey, &super::DesiredStack)| {
            let outputs = stack.template.get("Outputs").and_then(Value::as_object).into_iter().flatten();
            let output = |name: &String| OutputRef { stack: key.clone(), output: name.clone() }.to_string();
            let deployed = DeployedStack {
                id: key.to_string(),
                status: StackStatus::CreateComplete,
                reason: None,
                template: stack.template.clone(),
                template_sha256: stack.sha256.clone(),
                parameters: stack.parameters.iter().map(|(name, from)| (name.clone(), from.to_string())).collect(),
                outputs: outputs.map(|(name, _)| (name.clone(), output(name))).collect(),
                tags: stack.tags.clone(),
                termination_protection: stack.termination_protection,
                changed: String::new(),
            };
            (key.clone(), deployed)
        };
        let mut deployed = Self { account: desired.account.clone(), ..Self::default() };
        deployed.stacks = desired.stacks.iter().map(stack).collect();
        for zone in &desired.zones {
            let id = fill_text(&zone.id, &|output| Some(output.to_string()));
            let records = zone.records.clone();
            deployed.zones.insert(id, DeployedZone { domain: zone.domain.clone(), private: zone.private, records });
        }
        for zone in &next.zones {
            let empty = DeployedZone { domain: zone.domain.clone(), private: zone.private, records: Vec::new() };
            deployed.zones.entry(zone.id.clone()).or_insert(empty);
        }
        let object = |next: &super::DesiredObject| {
            let same = |old: &&super::DesiredObject| old.cluster == next.cluster && old.identity() == next.identity();
            let live = desired.objects.iter().find(same).map_or(Value::Null, |old| old.object.clone());
            let identity = next.identity();
            let applied = match super::made_anew(&identity, &live, &next.object) {
                Some(why) => Applied::Anew(why),
                None => Applied::As(next.object.clone()),
            };
            DeployedObject { cluster: next.cluster.clone(), identity, live, applied }
        };
        deployed.objects = Some(next.objects.iter().map(object).collect());
        let clusters = next.objects.iter().chain(&desired.objects).map(|object| (object.cluster.clone(), None));
        deployed.asked = clusters.collect();
        deployed
    }

    /// The value of an output, if the stack exists and has it.
    pub fn output(&self, output: &super::OutputRef) -> Option<&str> {
        self.stacks.get(&output.stack)?.outputs.get(&output.output).map(String::as_str)
    }

    /// What earlier runs recorded as ours outside CloudFormation, as far as it can be read; see [`Self::unread`]. Stacks
    /// without tags of ours record nothing.
    pub fn owned(&self) -> Owned {
        let mut owned = Owned::default();
        for part in self.tagged().filter_map(|(_, stack)| Owned::read(&stack.template).ok().flatten()) {
            owned.extend(part);
        }
        owned
    }

    /// The stacks that record what is ours, and cannot be read, each with the reason.
    pub fn unread(&self) -> impl Iterator<Item = (&StackKey, String)> {
        self.tagged().filter_map(|(key, stack)| Some((key, Owned::read(&stack.template).err()?)))
    }

    fn tagged(&self) -> impl Iterator<Item = (&StackKey, &DeployedStack)> {
        self.stacks.iter().filter(|(_, stack)| stack.tags.contains_key("infra:project"))
    }
}

/// A stack as it is deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeployedStack {
    /// Its ARN, which is another one after a deletion and creation.
    pub id: String,
    /// Its status.
    pub status: StackStatus,
    /// Why it has the status, where AWS says so.
    pub reason: Option<String>,
    /// The template as it was given, or `Null` for a stack that has none yet.
    pub template: Value,
    /// SHA-256 of the template's text.
    pub template_sha256: String,
    /// Values of parameters; those of `NoEcho` parameters are `****`.
    pub parameters: BTreeMap<String, String>,
    /// Values of outputs.
    pub outputs: BTreeMap<String, String>,
    /// Tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// Whether deletion is refused.
    pub termination_protection: bool,
    /// When it was last created or updated, as AWS gives it; part of the fingerprint.
    pub changed: String,
}

impl DeployedStack {
    /// The stack as it is, with another template. What it needs of IAM is not known, so all of it is granted.
    pub fn with_template(&self, template: Value) -> DesiredStack {
        let stack = DesiredStack {
            stack: self.tags.get("infra:stack").cloned().unwrap_or_default(),
            path: String::new(),
            body: String::new(),
            template: Value::Null,
            sha256: String::new(),
            needs: BTreeSet::new(),
            parameters: BTreeMap::new(),
            capabilities: ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"].map(str::to_owned).to_vec(),
            tags: self.tags.clone(),
            termination_protection: self.termination_protection,
            provenance: BTreeMap::new(),
        };
        stack.with_template(template)
    }
}

/// A hosted zone and its records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeployedZone {
    /// The domain, with the trailing dot.
    pub domain: String,
    /// Whether it is a private zone.
    pub private: bool,
    /// All record sets.
    pub records: Vec<Record>,
}

/// A certificate of ACM.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// Its ARN.
    pub arn: String,
    /// Its region.
    pub region: String,
    /// `ISSUED`, `PENDING_VALIDATION`, `EXPIRED` and so on.
    pub status: String,
    /// `AMAZON_ISSUED`, `IMPORTED` or `PRIVATE`.
    pub kind: String,
    /// All names, the main one first.
    pub names: Vec<String>,
    /// The day after which it is not valid, `YYYY-MM-DD`.
    pub not_after: Option<String>,
    /// Whether AWS will renew it: `ELIGIBLE` or `INELIGIBLE`.
    pub renewal: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What must be shown for each name.
    pub validations: Vec<DomainValidation>,
}

/// What ACM wants to see before it issues a certificate for a name.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainValidation {
    /// The name.
    pub domain: String,
    /// `PENDING_VALIDATION`, `SUCCESS` or `FAILED`.
    pub status: String,
    /// Name of the CNAME record.
    pub record_name: Option<String>,
    /// Value of the CNAME record.
    pub record_value: Option<String>,
}

/// An object of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct DeployedObject {
    /// The cluster as the assembly names it.
    pub cluster: String,
    /// `apiVersion`, `kind`, namespace (empty if none) and name.
    pub identity: [String; 4],
    /// The object as it is; `Null` if it is not there.
    pub live: Value,
    /// What our server-side apply would make of it.
    pub applied: Applied,
}

/// What a server-side apply would make of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// This, by a dry run.
    As(Value),
    /// This, by a dry run, if fields are taken from others: `.spec.replicas is managed by "kubectl"`.
    Taken(Value, Vec<String>),
    /// It would have to be deleted and made anew: a field cannot be changed, for this reason.
    Anew(String),
    /// Nothing: the dry run was refused, with this reason.
    Refused(String),
    /// What, is not known yet: it needs outputs that are not there, or it is not wanted and was not tried.
    Unknown,
}
