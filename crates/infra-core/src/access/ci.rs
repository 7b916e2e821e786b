//! The roles that a CI service takes without a secret, as a template of CloudFormation.
//!
//! GitHub signs a token for each job, whose subject says what the job is. A role trusts the audience and exact subjects:
//! `repo:<owner>/<name>:pull_request` to look, `…:environment:<name>` or `…:ref:<ref>` to deploy. Owner and name carry
//! their ids, as `owner@1/name@2`, in repositories that were made, renamed or moved since 2026-07-15 or chose so.
//!
//! Sources: <https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws>,
//! <https://docs.github.com/en/actions/reference/openid-connect-reference> and
//! <https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens> with
//! <https://github.com/github/docs/pull/45221> for the date and the spelling (read 2026-11-25).

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::Policy;
use crate::state::Desired;

/// Host of GitHub's issuer.
const ISSUER: &str = "token.actions.githubusercontent.com";
/// The audience of `aws-actions/configure-aws-credentials`.
const AUDIENCE: &str = "sts.amazonaws.com";
/// Path of everything that the template makes: outside of what an environment's own credentials may change.
const PATH: &str = "/infra-ci/";
/// How long a session lasts. Unit: seconds; the least that a role takes.
const SESSION: u32 = 3_600;

/// A repository of GitHub: `owner/name`, or `owner@id/name@id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(String);

/// Why a text is no repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a repository is `owner/name`, or with the ids that its tokens have `owner@1234/name@5678`, without wildcards")]
pub struct RepositoryError;

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, RepositoryError> {
        let part = |text: &str, more: &str| {
            let (name, id) = text.split_once('@').unwrap_or((text, "0"));
            !name.is_empty()
                && name.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
                && !id.is_empty()
                && id.chars().all(|digit| digit.is_ascii_digit())
        };
        match text.split_once('/') {
            // Both have ids or none has.
            Some((owner, name))
                if part(owner, "-") && part(name, "-_.") && owner.contains('@') == name.contains('@') =>
            {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(RepositoryError),
        }
    }
}

impl Repository {
    /// Whether it has the ids that tokens of newer repositories have.
    pub fn has_ids(&self) -> bool {
        self.0.contains('@')
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which jobs may deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Those of an environment of GitHub.
    Environment(String),
    /// Those of a branch or tag that name no environment.
    Ref(String),
}

/// Why a text is no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// It is not of one branch or tag.
    #[error("`{0}` is not one branch or tag: write it as refs/heads/main, without wildcards")]
    Ref(String),
    /// It is not one environment.
    #[error("`{0}` is not the name of one environment of GitHub, without wildcards")]
    Environment(String),
}

impl Subject {
    /// The jobs of a branch or tag, such as `refs/heads/main`.
    ///
    /// # Errors
    /// If it could be several.
    pub fn of_ref(text: &str) -> Result<Self, SubjectError> {
        let start = ["refs/heads/", "refs/tags/"].into_iter().find_map(|start| text.strip_prefix(start));
        match start {
            Some(name) if is_exact(name) => Ok(Self::Ref(text.to_owned())),
            Some(_) | None => Err(SubjectError::Ref(text.to_owned())),
        }
    }

    /// The jobs of an environment of GitHub.
    ///
    /// # Errors
    /// If it could be several.
    pub fn of_environment(text: &str) -> Result<Self, SubjectError> {
        if is_exact(text) {
            Ok(Self::Environment(text.to_owned()))
        } else {
            Err(SubjectError::Environment(text.to_owned()))
        }
    }
}

/// `$` begins a policy variable; a colon would look like another claim.
fn is_exact(text: &str) -> bool {
    !text.is_empty() && !text.contains(|letter: char| letter.is_whitespace() || "*?:$".contains(letter))
}

/// What a CI service gets.
#[derive(Clone, Debug)]
pub struct Ci<'a> {
    /// The environment.
    pub desired: &'a Desired,
    /// The repository.
    pub repository: Repository,
    /// Which jobs may deploy.
    pub deploys: Subject,
    /// Whether the account trusts the service already; an account has one provider of an issuer.
    pub provider_exists: bool,
    /// What looking needs.
    pub diff: &'a [Policy],
    /// What deploying needs.
    pub apply: &'a [Policy],
}

/// The template: the provider, a role that looks, for pull requests, and a role that deploys.
pub fn template(ci: &Ci<'_>) -> Value {
    let Desired { project, environment, partition, account, .. } = ci.desired;
    let mut resources = Map::new();
    let provider = if ci.provider_exists {
        json!(format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}"))
    } else {
        let provider = json!({ "Url": format!("https://{ISSUER}"), "ClientIdList": [AUDIENCE] });
        resources.insert("Provider".to_owned(), json!({ "Type": "AWS::IAM::OIDCProvider", "Properties": provider }));
        json!({ "Ref": "Provider" })
    };
    let deploys = match &ci.deploys {
        Subject::Environment(name) => format!("environment:{name}"),
        Subject::Ref(name) => format!("ref:{name}"),
    };
    let roles = [
        ("Diff", ci.diff, "pull_request".to_owned(), "infra diff for pull requests: looks and changes nothing"),
        ("Apply", ci.apply, deploys, "infra apply"),
    ];
    let mut outputs = Map::new();
    for (name, policies, job, what) in roles {
        let mut attached = Vec::new();
        for (index, policy) in policies.iter().enumerate() {
            let id = format!("{name}Policy{}", index + 1);
            let properties = json!({
                "Path": PATH,
                "Description": format!("{what}: {project} {environment}, part {} of {}", index + 1, policies.len()),
                "PolicyDocument": policy.document,
            });
            resources.insert(id.clone(), json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": properties }));
            attached.push(json!({ "Ref": id }));
        }
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Federated": provider },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": {
                    (format!("{ISSUER}:aud")): AUDIENCE,
                    (format!("{ISSUER}:sub")): format!("repo:{}:{job}", ci.repository),
                } },
            }],
        });
        let role = format!("{name}Role");
        let properties = json!({
            "Path": PATH,
            "Description": format!("{what}: {project} {environment}, for jobs of {}", ci.repository),
            "MaxSessionDuration": SESSION,
            "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": attached,
        });
        resources.insert(role.clone(), json!({ "Type": "AWS::IAM::Role", "Properties": properties }));
        outputs.insert(format!("{role}Arn"), json!({ "Value": { "Fn::GetAtt": [role, "Arn"] } }));
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("Roles that GitHub Actions takes to deploy {environment} of {project}"),
        "Resources": resources,
        "Outputs": outputs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_one_repository() {
        for text in ["shop/orders", "shop-inc@12/orders.web_2@345"] {
            assert_eq!(text.parse::<Repository>().unwrap().to_string(), text);
        }
        for text in ["shop", "shop/*", "*", "*/orders", "shop/", "shop@12/orders", "shop@/orders@1", "a/b/c", "a/b:ref"]
        {
            assert_eq!(text.parse::<Repository>(), Err(RepositoryError), "{text}");
        }
    }

    #[test]
    fn a_subject_is_one_branch_tag_or_environment() {
        assert!(Subject::of_ref("refs/heads/release/1.2").is_ok());
        for text in ["main", "refs/heads/", "refs/heads/*", "refs/heads/v?", "refs/pull/1/merge", "*"] {
            assert_eq!(Subject::of_ref(text), Err(SubjectError::Ref(text.to_owned())));
        }
        for text in ["", "*", "prod:x", "prod*", "${aws:x}"] {
            assert_eq!(Subject::of_environment(text), Err(SubjectError::Environment(text.to_owned())));
        }
    }
}
