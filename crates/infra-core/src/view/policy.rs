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
            prop.target().is_some_and(|target| target.resource == *resource)
                || resource.arn_pattern().is_some_and(|arn| glob(&prop.pattern(), &arn))
                || prop.mentions().contains(resource)
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
        self.principals("Service").any(|principal| principal.is(service))
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
        documents.into_iter().flat_map(Statement::of).collect()
    }

    /// Returns the ARNs of AWS's own policies that are attached to a role, without the partition:
    /// `AmazonEKSClusterPolicy`, `service-role/AmazonEBSCSIDriverPolicy`.
    pub fn managed_policies(&self) -> Vec<String> {
        let arns = self.each("ManagedPolicyArns").map(|arn| arn.pattern());
        arns.filter_map(|arn| arn.split_once(":aws:policy/").map(|(_, name)| name.to_owned())).collect()
    }
}

/// A property that holds a policy document, by type.
const DOCUMENTS: &[(&str, &str)] = &[
    ("AWS::ECR::Repository", "RepositoryPolicyText"),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
    ("AWS::IAM::Policy", "PolicyDocument"),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ("AWS::IAM::RolePolicy", "PolicyDocument"),
    ("AWS::KMS::Key", "KeyPolicy"),
    ("AWS::S3::BucketPolicy", "PolicyDocument"),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument"),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument"),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy"),
];

impl<'v> View<'v> {
    /// Returns every policy document with the resource that it is written in.
    pub fn policies(&'v self) -> impl Iterator<Item = (Resource<'v>, Prop<'v>)> {
        let single = DOCUMENTS.iter().flat_map(move |(kind, path)| {
            self.of(kind).filter_map(move |resource| Some((resource, resource.get(path)?)))
        });
        let inline = self.of("AWS::IAM::Role").flat_map(|role| {
            role.each("Policies").filter_map(move |policy| Some((role, policy.key("PolicyDocument")?)))
        });
        single.chain(inline)
    }
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
