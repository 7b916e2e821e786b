//! IAM policy documents of the view.

use std::borrow::Cow;

use super::{Prop, Resource, View, glob};

/// One statement of a policy document.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'v> {
    /// The statement's object.
    pub prop: Prop<'v>,
}

/// One action pattern of a statement.
#[derive(Clone, Debug)]
pub struct Action<'v> {
    /// The pattern, such as `sqs:Send*`.
    pub pattern: Cow<'v, str>,
    /// Where it is written.
    pub prop: Prop<'v>,
}

impl<'v> Statement<'v> {
    /// Returns the statements of a policy document.
    pub fn of(document: Prop<'v>) -> impl Iterator<Item = Statement<'v>> {
        document.each("Statement").map(|prop| Statement { prop })
    }

    /// Returns whether it allows; a statement whose effect is not known does not.
    pub fn allows(&self) -> bool {
        self.prop.key("Effect").is_some_and(|effect| effect.is("Allow"))
    }

    /// Returns whether it lets an action through, or may do so: what is not known does.
    pub fn may_let(&self, action: &str) -> bool {
        let effect = self.prop.key("Effect");
        let allows = effect.is_none_or(|effect| effect.text().is_none_or(|text| text == "Allow"));
        let unknown = self.prop.each("Action").any(|it| it.text().is_none());
        allows && (unknown || self.covers(action))
    }

    /// Returns whether it denies.
    pub fn denies(&self) -> bool {
        self.prop.key("Effect").is_some_and(|effect| effect.is("Deny"))
    }

    /// Returns the actions; nothing where `NotAction` is written.
    pub fn actions(&self) -> impl Iterator<Item = Action<'v>> + use<'v> {
        self.prop.each("Action").filter_map(|prop| Some(Action { pattern: prop.text()?, prop }))
    }

    /// Returns whether an action is among those named.
    pub fn covers(&self, action: &str) -> bool {
        if self.prop.key("NotAction").is_some() {
            return !self.prop.each("NotAction").any(|it| it.text().is_some_and(|text| action_matches(&text, action)));
        }
        self.actions().any(|pattern| action_matches(&pattern.pattern, action))
    }

    /// Returns the resources that are named.
    pub fn resources(&self) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.prop.each("Resource")
    }

    /// Returns whether a resource is among those named, as far as can be told: by reference or by its ARN.
    pub fn on(&self, resource: &Resource<'v>) -> bool {
        if self.prop.key("Resource").is_none() {
            // Policies of the resource itself may leave it out; `NotResource` names all but a few.
            return true;
        }
        self.resources().any(|prop| {
            let mentioned = prop.mentions();
            if mentioned.iter().any(|other| other.kind() == resource.kind()) {
                // What is put together from another resource of the type names that one.
                return mentioned.contains(resource);
            }
            prop.resource() == Some(*resource) || resource.is_named_by(&prop.pattern()) == Some(true)
        })
    }

    /// Returns the principals of a kind, such as `Service` or `AWS`; `*` counts as `AWS`.
    pub fn principals(&self, kind: &str) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        let principal = self.prop.key("Principal");
        let any = principal.filter(|principal| kind == "AWS" && principal.is("*"));
        let named = principal.and_then(|principal| principal.key(kind));
        any.into_iter().chain(named.into_iter().flat_map(|named| named.items()))
    }

    /// Returns whether anyone is the principal: `*` or `{ AWS: "*" }`.
    pub fn anyone(&self) -> bool {
        self.principals("AWS").any(|principal| principal.is("*"))
    }

    /// Returns whether a service is the principal, such as `sns.amazonaws.com`.
    pub fn service(&self, service: &str) -> bool {
        self.principals("Service").any(|it| it.text().is_some_and(|name| is_service(&name, service)))
    }

    /// Returns whether who may do it cannot be told.
    pub fn is_for_unknown(&self) -> bool {
        let opaque = |it: &Prop<'_>| !it.is_object() && it.text().is_none();
        self.prop.key("Principal").is_some_and(|it| opaque(&it))
            || self.principals("Service").any(|principal| principal.text().is_none())
    }

    /// Returns the conditions as operator, key and value; several values of one key come one by one.
    pub fn conditions(&self) -> impl Iterator<Item = (&'v str, &'v str, Prop<'v>)> + use<'v> {
        let conditions = self.prop.key("Condition").into_iter().flat_map(|conditions| conditions.entries());
        conditions.flat_map(|(operator, keys)| {
            keys.entries().flat_map(move |(key, values)| values.items().map(move |value| (operator, key, value)))
        })
    }

    /// Returns the values of a condition key, in any letter case and with any operator.
    pub fn condition(&self, wanted: &'static str) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.conditions().filter(move |(_, key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, _, value)| value)
    }

    /// Returns whether there is any condition.
    pub fn is_conditional(&self) -> bool {
        self.conditions().next().is_some()
    }
}

impl<'v> Resource<'v> {
    /// Returns the statements of the trust policy of a role.
    pub fn trust(&self) -> impl Iterator<Item = Statement<'v>> + use<'v> {
        self.get("AssumeRolePolicyDocument").into_iter().flat_map(Statement::of)
    }

    /// Returns the statements that a role's identity policies give: its own, and those of policies that name it.
    pub fn identity_statements(&self) -> Vec<Statement<'v>> {
        self.identity_documents().into_iter().flat_map(Statement::of).collect()
    }

    /// Returns the documents of a role's identity policies: its own, and those of policies that name it.
    pub fn identity_documents(&self) -> Vec<Prop<'v>> {
        let inline = self.each("Policies").filter_map(|policy| policy.key("PolicyDocument"));
        let mut documents: Vec<Prop<'v>> = inline.collect();
        for policy in self.referrers() {
            let names_role = match policy.kind() {
                "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
                    policy.each("Roles").any(|role| role.resource() == Some(*self))
                }
                "AWS::IAM::RolePolicy" => policy.get("RoleName").and_then(|role| role.resource()) == Some(*self),
                _ => false,
            };
            if names_role {
                documents.extend(policy.get("PolicyDocument"));
            }
        }
        let attached = self.each("ManagedPolicyArns").filter_map(|arn| arn.resource_of("AWS::IAM::ManagedPolicy"));
        documents.extend(attached.filter_map(|policy| policy.get("PolicyDocument")));
        documents
    }

    /// Returns the ARNs of AWS's own policies that are attached to a role, without the partition:
    /// `AmazonEKSClusterPolicy`, `service-role/AmazonEBSCSIDriverPolicy`.
    pub fn managed_policies(&self) -> Vec<String> {
        let arns = self.each("ManagedPolicyArns").map(|arn| arn.pattern());
        arns.filter_map(|arn| arn.split_once(":aws:policy/").map(|(_, name)| name.to_owned())).collect()
    }
}

/// What a policy document is attached to, and so what its statements say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// A role, user or group: it says what those may do, and on what.
    Identity,
    /// A resource of the service with this prefix, such as `sqs`: it says who may do what.
    Resource(&'static str),
    /// A role, as its trust policy: it says who may become that role.
    Trust,
}

/// One policy document of the view.
#[derive(Clone, Copy, Debug)]
pub struct Document<'v> {
    /// The resource that it is written in.
    pub owner: Resource<'v>,
    /// The document.
    pub prop: Prop<'v>,
    /// What it is attached to.
    pub attached: Attached,
}

/// Properties that hold a policy document: type, list of which each item holds one (none: the properties themselves), key.
///
/// Source: the pages of the types in the CloudFormation Template Reference (read 2026-11-30).
const DOCUMENTS: &[(&str, &str, &str, Attached)] = &[
    ("AWS::ApiGateway::RestApi", "", "Policy", Attached::Resource("execute-api")),
    ("AWS::Backup::BackupVault", "", "AccessPolicy", Attached::Resource("backup")),
    ("AWS::CodeArtifact::Domain", "", "PermissionsPolicyDocument", Attached::Resource("codeartifact")),
    ("AWS::ECR::Repository", "", "RepositoryPolicyText", Attached::Resource("ecr")),
    ("AWS::EFS::FileSystem", "", "FileSystemPolicy", Attached::Resource("elasticfilesystem")),
    ("AWS::IAM::Group", "Policies", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::GroupPolicy", "", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::ManagedPolicy", "", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::Policy", "", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::Role", "", "AssumeRolePolicyDocument", Attached::Trust),
    ("AWS::IAM::Role", "Policies", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::RolePolicy", "", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::User", "Policies", "PolicyDocument", Attached::Identity),
    ("AWS::IAM::UserPolicy", "", "PolicyDocument", Attached::Identity),
    ("AWS::KMS::Key", "", "KeyPolicy", Attached::Resource("kms")),
    ("AWS::KMS::ReplicaKey", "", "KeyPolicy", Attached::Resource("kms")),
    ("AWS::OpenSearchService::Domain", "", "AccessPolicies", Attached::Resource("es")),
    ("AWS::S3::AccessPoint", "", "Policy", Attached::Resource("s3")),
    ("AWS::S3::BucketPolicy", "", "PolicyDocument", Attached::Resource("s3")),
    ("AWS::SNS::TopicInlinePolicy", "", "PolicyDocument", Attached::Resource("sns")),
    ("AWS::SNS::TopicPolicy", "", "PolicyDocument", Attached::Resource("sns")),
    ("AWS::SQS::QueueInlinePolicy", "", "PolicyDocument", Attached::Resource("sqs")),
    ("AWS::SQS::QueuePolicy", "", "PolicyDocument", Attached::Resource("sqs")),
    ("AWS::SSO::PermissionSet", "", "InlinePolicy", Attached::Identity),
    ("AWS::SecretsManager::ResourcePolicy", "", "ResourcePolicy", Attached::Resource("secretsmanager")),
];

impl<'v> View<'v> {
    /// Returns every policy document that is written as an object.
    pub fn documents(&'v self) -> impl Iterator<Item = Document<'v>> {
        DOCUMENTS.iter().flat_map(move |(kind, list, key, attached)| {
            self.of(kind).flat_map(move |owner| {
                let holders: Vec<Prop<'v>> =
                    if list.is_empty() { vec![owner.properties()] } else { owner.each(list).collect() };
                let found = holders.into_iter().filter_map(move |holder| holder.key(key));
                found.filter(Prop::is_object).map(move |prop| Document { owner, prop, attached: *attached })
            })
        })
    }
}

impl<'v> Document<'v> {
    /// Returns the statements whose keys are known: those that a function gives are not.
    pub fn statements(&self) -> impl Iterator<Item = Statement<'v>> + use<'v> {
        let written = Statement::of(self.prop).filter(|it| it.prop.is_object());
        written.filter(|it| !it.prop.entries().any(|(key, _)| key.starts_with("Fn::") || key == "Ref"))
    }
}

/// Returns whether the statements of a policy document can be read: not those that a function gives.
pub fn is_readable(document: &Prop<'_>) -> bool {
    let functions = document.entries().any(|(key, _)| key.starts_with("Fn::") || key == "Ref");
    document.is_object() && !functions && document.key("Statement").is_some()
}

/// Returns whether a principal is a service. `CloudWatch` Logs also goes by a name for each region.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html> (from memory).
pub fn is_service(principal: &str, service: &str) -> bool {
    let regional = || principal.strip_prefix("logs.").is_some_and(|rest| rest.ends_with(".amazonaws.com"));
    principal == service || (service == "logs.amazonaws.com" && regional())
}

/// Returns whether an action fits a pattern of a policy; letter case does not count.
pub fn action_matches(pattern: &str, action: &str) -> bool {
    glob(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_match_without_regard_to_case() {
        assert!(action_matches("SQS:Send*", "sqs:SendMessage"));
        assert!(action_matches("*", "sqs:SendMessage"));
        assert!(!action_matches("sqs:Send", "sqs:SendMessage"));
    }
}
